//! The presence lock: every engine over a store holds it, on the store's own file. So the maker of an image knows whether another
//! process may still map an older one, even if that has lost its name.
//!
//! It is a `flock`, which SQLite's locks have nothing to do with. But closing *any* descriptor of the file releases SQLite's locks
//! in this process, so the descriptor is never closed while this process has a connection to the file: it is kept for later then.
#![forbid(unsafe_code)]

use super::Store;
use super::connect::{Inode, unless_connected};
use crate::error::{Error, ErrorKind, Result};
use crate::files::{self, Lock, PATIENCE};
use parking_lot::{Mutex, MutexGuard};
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// A descriptor of a store's file. It has one lock for all engines of this process.
#[derive(Debug)]
struct Held {
    inode: Inode,
    file: Arc<File>,
    engines: usize,
    /// Whether it is locked: until then engines of other threads wait.
    locked: bool,
    /// The process that opened it: a forked child shares the lock with its parent.
    process: u32,
}

/// How often a thread looks whether another one has locked the file.
const RETRY: Duration = Duration::from_millis(5);

static HELD: Mutex<Vec<Held>> = Mutex::new(Vec::new());

/// Waits for the list; a forked child may never get it.
fn held() -> Result<MutexGuard<'static, Vec<Held>>> {
    let message = "this process was forked while another thread opened or closed a store: fork first, or start it anew";
    HELD.try_lock_for(PATIENCE).ok_or_else(|| Error::new(ErrorKind::File, message))
}

/// A shared lock on the store's file: this process has the store open. Dropping the last one of a process releases the lock.
#[derive(Debug)]
pub struct Presence {
    inode: Inode,
    /// There until it is dropped.
    file: Option<Arc<File>>,
    alone: bool,
    place: PathBuf,
}

impl Store {
    /// Notes that an engine is over this store. Where it is alone, it stays so until [`Presence::join`].
    ///
    /// # Errors
    /// `File` when everyone may write the store or its folder, another program has locked the file alone for too long, or it cannot
    /// be opened.
    pub fn presence(&self) -> Result<Presence> {
        Presence::of(self.path(), self.inode()?)
    }
}

impl Presence {
    pub(super) fn of(place: &Path, inode: Inode) -> Result<Presence> {
        let new = |file| Presence { inode, file: Some(file), alone: false, place: place.to_path_buf() };
        let until = Instant::now() + PATIENCE;
        let mut held = held()?;
        while let Some(known) = held.iter_mut().find(|known| known.inode == inode && known.engines > 0) {
            if known.locked {
                known.engines += 1;
                return Ok(new(known.file.clone()));
            }
            if Instant::now() >= until {
                let message =
                    format!("`{}` is being opened by another thread all the time: try again", place.display());
                return Err(Error::new(ErrorKind::File, message));
            }
            drop(held);
            thread::sleep(RETRY);
            held = self::held()?;
        }
        let parked = held.iter().position(|known| known.inode == inode && known.process == process::id());
        let file = match parked.map(|at| held.swap_remove(at)) {
            Some(parked) => parked.file,
            None => Arc::new(files::open_store(place).map_err(|error| files::failed("open", place, &error))?),
        };
        // From here on it is closed by dropping the presence only.
        held.push(Held { inode, file: file.clone(), engines: 1, locked: false, process: process::id() });
        drop(held);
        let mut presence = new(file.clone());
        let about = file.metadata().map_err(|error| files::failed("look at", place, &error))?;
        presence.lock(&file, &about)?;
        if let Some(own) = self::held()?.iter_mut().find(|held| Arc::ptr_eq(&held.file, &file)) {
            own.locked = true;
        }
        Ok(presence)
    }

    fn lock(&mut self, file: &File, about: &Metadata) -> Result<()> {
        let place = &self.place;
        let inode = Inode::of(file, about).map_err(|error| files::failed("look at", place, &error))?;
        if self.inode != inode {
            let message = format!("`{}` was replaced while it was opened: try again", place.display());
            return Err(Error::new(ErrorKind::File, message));
        }
        files::not_world_writable(place, about)?;
        files::folder_not_world_writable(place)?;
        if files::lock(file, place, Lock::Exclusive, Duration::ZERO)? {
            self.alone = true;
            return Ok(());
        }
        self.share(file)
    }

    fn share(&self, file: &File) -> Result<()> {
        if files::lock(file, &self.place, Lock::Shared, PATIENCE)? {
            return Ok(());
        }
        let message = format!(
            "`{}` has been locked for {PATIENCE:?} by {}: end that program or wait for it, then try again",
            self.place.display(),
            self.others()
        );
        Err(Error::new(ErrorKind::File, message))
    }

    /// Whether no other engine has the store open, and none can open it meanwhile: what lies beside the store is not in use then.
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Lets others in.
    ///
    /// # Errors
    /// `File` when another program has locked the file alone.
    pub fn join(&mut self) -> Result<()> {
        if let Some(file) = self.file.clone().filter(|_| self.alone) {
            self.share(&file)?;
            self.alone = false;
        }
        Ok(())
    }

    /// The programs that have the store open.
    pub fn others(&self) -> String {
        self.file.as_ref().map_or_else(String::new, |file| files::holders(file))
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let (Some(file), Ok(mut held)) = (self.file.take(), held()) else { return };
        let Some(at) = held.iter().position(|held| Arc::ptr_eq(&held.file, &file)) else { return };
        let Some(known) = held.get_mut(at) else { return };
        known.engines = known.engines.saturating_sub(1);
        if known.engines > 0 {
            return;
        }
        let own = known.process == process::id();
        let mut file = Some(file);
        let mut close = || drop((file.take(), held.swap_remove(at)));
        // Windows has locks of its own for each descriptor.
        if cfg!(windows) {
            close()
        } else {
            unless_connected(self.inode, close)
        }
        // The connections depend on the descriptor staying open. A forked child must not release the lock of its parent.
        if let Some(file) = file.filter(|_| own) {
            let _ = files::unlock(&file);
        }
    }
}

impl Inode {
    /// That of an open file.
    pub(super) fn of(file: &File, about: &Metadata) -> io::Result<Inode> {
        files::identity_of(file, about).map(|(device, number)| Inode(device, number))
    }

    /// That of the file with that path.
    pub(super) fn at(path: &Path, about: &Metadata) -> io::Result<Inode> {
        files::identity(path, about).map(|(device, number)| Inode(device, number))
    }
}
