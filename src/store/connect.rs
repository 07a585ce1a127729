//! Connections to SQLite: opened with the settings the store relies on, never used in a process that did not open them.
//!
//! SQLite keeps its locks per process, with two consequences that this file lives by:
//!
//! - Closing *any* descriptor of the file takes the process's locks away. So nothing here opens a file that SQLite may have open.
//! - A forked child has its parent's notion of which locks are held, and none of the locks. Neither using nor merely forgetting
//!   the parent's connections is safe: a new connection to the same file would rely on locks that are not there. So before
//!   a child does anything, it closes all of them, without the checkpoint that a last connection does otherwise; closing
//!   does not touch the parent's locks. That needs every connection to be idle, or the child gets no connection at all.
#![forbid(unsafe_code)]

use super::fault::{Tried, of_system};
use super::{PATIENCE, Store, schema};
use crate::error::{Error, ErrorKind, Result};
use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::cell::Cell;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Which file, and how it is used.
#[derive(Clone, Debug)]
pub(super) struct Location {
    /// The path as it was given, for messages.
    pub shown: PathBuf,
    /// The file itself: absolute, links followed.
    pub place: PathBuf,
    /// Whether it is written.
    pub writes: bool,
    /// How long a lock is waited for.
    pub patience: Duration,
}

impl Location {
    pub(super) fn new(path: &Path, writes: bool) -> Result<Location> {
        let place = path.canonicalize().map_err(|error| of_system(path, "cannot be opened", &error))?;
        Ok(Location { shown: path.to_path_buf(), place, writes, patience: PATIENCE })
    }
}

/// Where a connection lives. The registry finds it here after a fork.
#[derive(Debug, Default)]
pub(super) struct Slot {
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    conn: Connection,
    file: Inode,
    /// Read as it lies there, without locks: how the file was then.
    snapshot: Option<Stamp>,
    /// What SQLite was last told successfully; `None` while that is not known.
    sync: Cell<Option<Sync>>,
    process: u32,
}

impl Open {
    /// Says when the writes that follow must be on the disk, unless SQLite knows.
    fn set_sync(&self, sync: Sync) -> rusqlite::Result<()> {
        if self.sync.get() != Some(sync) {
            self.sync.set(None);
            self.conn.pragma_update(None, "synchronous", if sync == Sync::Now { "FULL" } else { "NORMAL" })?;
            self.sync.set(Some(sync));
        }
        Ok(())
    }
}

/// When a write must be on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sync {
    /// When the call returns.
    Now,
    /// With the next one that must.
    Later,
}

/// Which file on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inode(u64, u64);

/// Changes when the store is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    written: (i64, i64),
    /// Whether something is written in a log beside the file.
    beside: bool,
}

/// All connections of this process, with the file that each has open.
static OPEN: Mutex<Vec<(Weak<Slot>, Inode)>> = Mutex::new(Vec::new());
/// The process whose connections they are; 0 before there was one.
static PROCESS: AtomicU32 = AtomicU32::new(0);
/// A process that was forked while another thread was inside SQLite.
static LOST: AtomicU32 = AtomicU32::new(0);

/// Makes sure that no connection of another process is left. In the process that opened them all it does nothing.
pub(super) fn settle() -> Result<()> {
    let this = process::id();
    let owner = PROCESS.load(Ordering::Acquire);
    if owner == this {
        return Ok(());
    }
    if owner == 0 && PROCESS.compare_exchange(0, this, Ordering::AcqRel, Ordering::Acquire).is_ok() {
        return Ok(());
    }
    let lost = || {
        LOST.store(this, Ordering::Release);
        let message = "this process was forked while another thread used a store: fork first, or start it anew";
        Error::new(ErrorKind::File, message)
    };
    if LOST.load(Ordering::Acquire) == this {
        return Err(lost());
    }
    // Another thread of this child may be in here; one of the parent never comes back.
    let Some(open) = (0..200).find_map(|_| {
        let open = OPEN.try_lock();
        if open.is_none() {
            thread::sleep(Duration::from_millis(5));
        }
        open
    }) else {
        return Err(lost());
    };
    if PROCESS.load(Ordering::Acquire) == this {
        return Ok(());
    }
    let slots: Vec<Arc<Slot>> = open.iter().filter_map(|(slot, _)| slot.upgrade()).collect();
    let Some(mut idle) = slots.iter().map(|slot| slot.open.try_lock()).collect::<Option<Vec<_>>>() else {
        return Err(lost());
    };
    idle.iter_mut().filter_map(|open| open.take()).for_each(retire);
    PROCESS.store(this, Ordering::Release);
    Ok(())
}

/// Closes a connection of the parent: memory and descriptors go, the file is not touched.
fn retire(open: Open) {
    match open.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        Ok(_) => drop(open),
        Err(_) => std::mem::forget(open),
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(open) = self.open.get_mut().take() else { return };
        if open.process != process::id() {
            // `settle` could not take it: a lock of SQLite's may be held by a thread that is not there.
            std::mem::forget(open);
        }
    }
}

/// Whether the file at `path` is an SQLite database, ours or not. `false` also where it cannot be read.
pub fn is_store(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    settle().is_ok() && find(path, &OPEN.lock()).is_ok_and(|(_, sqlite)| sqlite)
}

/// Which file is at `path`, and whether it begins as SQLite's do. With the list locked nobody opens it meanwhile, and one
/// that this process has open is not opened a second time.
fn find(path: &Path, open: &[(Weak<Slot>, Inode)]) -> Result<(Inode, bool)> {
    let cannot = |error| of_system(path, "cannot be read", &error);
    let about = fs::metadata(path).map_err(cannot)?;
    let file = Inode(about.dev(), about.ino());
    if open.iter().any(|(slot, known)| *known == file && slot.strong_count() > 0) {
        return Ok((file, true));
    }
    // Opening a pipe would wait for its writer.
    if !about.is_file() || about.len() < MAGIC.len() as u64 {
        return Ok((file, false));
    }
    let mut first = [0; MAGIC.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut first)).map_err(cannot)?;
    Ok((file, first == *MAGIC))
}

impl Store {
    /// Makes sure that there is a connection.
    pub(super) fn connected(&self) -> Result<()> {
        self.with("opened", |_| Ok(()))
    }

    /// Calls `work` with the connection; `doing` is what cannot be done to the store when it fails.
    pub(super) fn with<T>(&self, doing: &str, work: impl FnOnce(&Connection) -> Tried<T>) -> Result<T> {
        self.with_open(doing, |open| work(&open.conn))
    }

    fn with_open<T>(&self, doing: &str, work: impl FnOnce(&Open) -> Tried<T>) -> Result<T> {
        settle()?;
        let mut slot = self.slot.open.lock();
        let current = slot.as_ref().map(|open| self.is_current(open)).transpose()?;
        if current == Some(false) {
            *slot = None;
        }
        if slot.is_none() {
            *slot = Some(self.connect()?);
        }
        let Some(open) = slot.as_ref() else { return Err(Error::new(ErrorKind::Internal, "no connection")) };
        let fault = |fault| self.location.told(doing, fault);
        open.conn.busy_timeout(self.location.patience).map_err(|error| fault(error.into()))?;
        let done = work(open).map_err(fault);
        // What is read without locks may have been written meanwhile, and then both what was read and what seems wrong about it
        // mean nothing.
        if open.snapshot.is_some() && !self.is_current(open)? {
            let message = format!("`{}` was written while it was read: try again", self.location.shown.display());
            return Err(Error::new(ErrorKind::File, message));
        }
        done
    }

    /// The same inside a transaction that sees one moment and writes nothing.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Tried<T>) -> Result<T> {
        self.with("read", |conn| {
            let moment = Transaction::new_unchecked(conn, TransactionBehavior::Deferred)?;
            work(&moment)
        })
    }

    /// The same inside a transaction that is in force as a whole, when `work` says so, or not at all.
    pub(super) fn write<T>(&self, sync: Sync, work: impl FnOnce(&Connection) -> Tried<(T, bool)>) -> Result<T> {
        if !self.location.writes {
            let message = format!("`{}` was opened to read only", self.location.shown.display());
            return Err(Error::new(ErrorKind::Argument, message));
        }
        self.with_open("written", |open| {
            open.set_sync(sync)?;
            let transaction = Transaction::new_unchecked(&open.conn, TransactionBehavior::Immediate)?;
            self.location.check_version(schema::version(&transaction)?)?;
            let (done, keep) = work(&transaction)?;
            if keep {
                transaction.commit()?;
            }
            Ok(done)
        })
    }

    /// Whether the connection still is to the file of that name. Fails if a file that is written has gone: whoever writes on
    /// would write into nothing.
    fn is_current(&self, open: &Open) -> Result<bool> {
        let location = &self.location;
        let now = fs::metadata(&location.place).map(|about| Inode(about.dev(), about.ino()));
        if now.is_ok_and(|now| now == open.file) {
            return Ok(match open.snapshot {
                Some(stamp) => stamp == location.stamp()?,
                None => true,
            });
        }
        let message =
            format!("`{}` was removed or replaced while it was open: open it again", location.shown.display());
        Err(Error::new(ErrorKind::File, message))
    }

    fn connect(&self) -> Result<Open> {
        let location = &self.location;
        for _ in 0..8 {
            let file = location.enter(&self.slot)?;
            // A reader looks at the file as it lies there while nobody has written beside it. So it needs no permission but to
            // read, leaves nothing behind, and a writer that comes is found by the stamp.
            let stamp = location.stamp()?;
            let (opened, snapshot) = match location.writes || stamp.beside {
                true => (location.connect(), None),
                false => (location.connect_snapshot(), Some(stamp)),
            };
            match opened {
                Ok(conn) => {
                    let open = Open { conn, file, snapshot, sync: Cell::new(None), process: process::id() };
                    // Somebody may have put another file in its place just now.
                    if self.is_current(&open).is_ok_and(|current| current) {
                        return Ok(open);
                    }
                }
                // What seems wrong about a file that is being written means nothing.
                Err(_) if snapshot.is_some() && location.stamp()? != stamp => {}
                Err(fault) => return Err(location.told("opened", fault)),
            }
        }
        let message = format!("`{}` is being replaced again and again", location.shown.display());
        Err(Error::new(ErrorKind::File, message))
    }
}

impl Location {
    /// Puts the file on the list of those that are open, before SQLite opens it.
    pub(super) fn enter(&self, slot: &Arc<Slot>) -> Result<Inode> {
        let mut open = OPEN.lock();
        let (file, sqlite) = find(&self.place, &open)?;
        if !sqlite {
            let shown = self.shown.display();
            let message = match fs::metadata(&self.place) {
                Ok(about) if about.is_dir() => format!("`{shown}` is a folder, expected a store"),
                Ok(about) if about.len() == 0 => format!("`{shown}` is empty, expected a store"),
                _ => format!("`{shown}` is no store: it does not begin as an SQLite file does"),
            };
            return Err(Error::new(ErrorKind::File, message));
        }
        let this = Arc::downgrade(slot);
        open.retain(|(other, _)| other.strong_count() > 0 && !other.ptr_eq(&this));
        open.push((this, file));
        Ok(file)
    }

    fn connect(&self) -> Tried<Connection> {
        let access = if self.writes { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
        let conn = self.opened(&self.place, access)?;
        if self.writes {
            // SQLite would go on and only read.
            if conn.is_readonly("main")? {
                let message = format!("`{}` cannot be opened: no permission to write it", self.shown.display());
                return Err(Error::new(ErrorKind::File, message).into());
            }
            if schema::version(&conn)? != schema::MIGRATIONS.len() as i64 {
                schema::migrate(&conn, schema::MIGRATIONS)?;
            }
            let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
            if mode != "wal" {
                let message = format!(
                    "`{}` cannot be opened: its file system gives programs no shared memory, expected a local disk",
                    self.shown.display()
                );
                return Err(Error::new(ErrorKind::File, message).into());
            }
        }
        Ok(conn)
    }

    /// A connection that takes no locks and looks at nothing but the file.
    fn connect_snapshot(&self) -> Tried<Connection> {
        let mut name = String::from("file:");
        for byte in self.place.as_os_str().as_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => name.push(char::from(*byte)),
                _ => name.push_str(&format!("%{byte:02x}")),
            }
        }
        name.push_str("?immutable=1");
        let access = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        self.opened(Path::new(&name), access)
    }

    fn stamp(&self) -> Result<Stamp> {
        let cannot = |error| of_system(&self.shown, "cannot be read", &error);
        let about = fs::metadata(&self.place).map_err(cannot)?;
        let written = |ending| fs::metadata(beside(&self.place, ending)).is_ok_and(|about| about.len() > 0);
        Ok(Stamp {
            length: about.len(),
            written: (about.mtime(), about.mtime_nsec()),
            beside: written("-wal") || written("-journal"),
        })
    }

    /// Opened, with the settings everything relies on, and known to be a store of this version or an older one.
    fn opened(&self, name: &Path, access: OpenFlags) -> Tried<Connection> {
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let conn = Connection::open_with_flags(name, flags)?;
        conn.busy_timeout(self.patience)?;
        // A change set is on the disk when its append returns (FULL), and the checkpoint that follows now and then waits for
        // no reader. What stands in the file is never run: no function is called by its schema.
        conn.execute_batch(
            "PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 1000;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA foreign_keys = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA cell_size_check = ON;
             PRAGMA temp_store = MEMORY;",
        )?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        let application: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        self.check_application(application)?;
        let version = schema::version(&conn)?;
        self.check_version(version)?;
        if !self.writes && usize::try_from(version).is_ok_and(|version| version < schema::MIGRATIONS.len()) {
            let message = format!(
                "`{}` was written by an older linewarden: open it once to write, which brings it up to this version",
                self.shown.display()
            );
            return Err(Error::new(ErrorKind::File, message).into());
        }
        Ok(conn)
    }

    pub(super) fn check_application(&self, application: i32) -> Result<()> {
        if application == schema::APPLICATION {
            return Ok(());
        }
        let shown = self.shown.display();
        let message = format!("`{shown}` is the SQLite database of another program, expected a linewarden store");
        Err(Error::new(ErrorKind::File, message))
    }

    fn check_version(&self, version: i64) -> Result<()> {
        if usize::try_from(version).is_ok_and(|version| version <= schema::MIGRATIONS.len()) {
            return Ok(());
        }
        let message = format!(
            "`{}` was written by a newer linewarden (version {version} of the tables, this one knows {}): update this one",
            self.shown.display(),
            schema::MIGRATIONS.len()
        );
        Err(Error::new(ErrorKind::File, message))
    }
}

/// A file that belongs to the store, beside it.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(ending);
    name.into()
}
