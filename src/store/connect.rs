//! Connections to SQLite, with the settings the store relies on. A process must never use a connection that another process opened.
//!
//! POSIX file locks belong to a process, which has two consequences:
//!
//! - Closing *any* descriptor of the file releases the process's locks. So this file never opens a file that SQLite may have open.
//! - A forked child inherits SQLite's records of the locks but not the locks. It can neither use the parent's connections nor
//!   leak them: a new connection to the same file would rely on locks that are not held. So the child first closes all of them,
//!   without the WAL checkpoint of a last connection; closing does not touch the parent's locks. This needs every connection to be
//!   idle; otherwise the child gets no connection at all.
#![forbid(unsafe_code)]

use super::fault::{SqlResult, of_system};
use super::location::{Location, sibling};
use super::{Store, chain, schema};
use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::sync;
use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, SystemTime};

/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Holds a store's connection. The list `OPEN` leads to it, so that a forked child can close it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    conn: Connection,
    file: Inode,
    /// For a connection that reads without locks: the state of the file when it was opened.
    immutable: Option<FileState>,
    /// The process that opened it.
    process: u32,
}

/// Identifies a file on this machine: the device and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inode(pub(super) u64, pub(super) u64);

/// Differs after every write to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileState {
    length: u64,
    written: Option<SystemTime>,
    /// Whether the file has a write-ahead log or journal with contents.
    has_log: bool,
}

/// All open connections of this process, each with its file.
static OPEN: Mutex<Vec<(Weak<Slot>, Inode)>> = Mutex::new(Vec::new());
/// The process that opened the connections in `OPEN`; 0 before the first one.
static PROCESS: AtomicU32 = AtomicU32::new(0);
/// A process that was forked while another thread was inside SQLite, and can never use a store.
static LOST: AtomicU32 = AtomicU32::new(0);

/// After a fork, closes the connections that the parent opened. Does nothing in the process that opened them.
pub(super) fn close_inherited() -> Result<()> {
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
    // If another thread of this child holds the lock, it releases it soon. If a thread of the parent held it, nothing ever does.
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

/// Closes a connection of the parent: frees memory and descriptors, does not touch the file.
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
            // `close_inherited` could not close it: a thread that does not exist here may hold one of SQLite's mutexes.
            std::mem::forget(open);
        }
    }
}

/// Closes a descriptor of the file, unless this process has a connection to it.
pub(super) fn unless_connected(file: Inode, close: impl FnOnce()) {
    let open = OPEN.lock();
    if !open.iter().any(|(slot, known)| *known == file && slot.strong_count() > 0) {
        close();
    }
}

/// Whether the file at `path` is an SQLite database, linewarden's or not. `false` also if it cannot be read.
pub fn is_store(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    close_inherited().is_ok() && find(path, &OPEN.lock()).is_ok_and(|(_, sqlite)| sqlite)
}

/// The file at `path`, and whether it begins as an SQLite file does. The caller holds the lock of `OPEN`, so that no connection to
/// the file is opened meanwhile. A file that this process has open is not opened a second time.
fn find(path: &Path, open: &[(Weak<Slot>, Inode)]) -> Result<(Inode, bool)> {
    let cannot = |error| of_system(path, "cannot be read", &error);
    let about = fs::metadata(path).map_err(cannot)?;
    let file = Inode::at(path, &about).map_err(cannot)?;
    if open.iter().any(|(slot, known)| *known == file && slot.strong_count() > 0) {
        return Ok((file, true));
    }
    // Opening a pipe would block until a writer opens it.
    if !about.is_file() || about.len() < MAGIC.len() as u64 {
        return Ok((file, false));
    }
    let mut first = [0; MAGIC.len()];
    files::open_to_read(path).and_then(|mut file| file.read_exact(&mut first)).map_err(cannot)?;
    Ok((file, first == *MAGIC))
}

impl Store {
    /// The file that the connection is to.
    pub(super) fn inode(&self) -> Result<Inode> {
        self.with_open("opened", |open| Ok(open.file))
    }

    /// Connects, if there is no connection yet.
    pub(super) fn connected(&self) -> Result<()> {
        self.with("opened", |_| Ok(()))
    }

    /// Calls `work` with the connection. `doing` completes the message of a failure: the store cannot be `read`, `written`.
    pub(super) fn with<T>(&self, doing: &str, work: impl FnOnce(&Connection) -> SqlResult<T>) -> Result<T> {
        self.with_open(doing, |open| work(&open.conn))
    }

    fn with_open<T>(&self, doing: &str, work: impl FnOnce(&Open) -> SqlResult<T>) -> Result<T> {
        sync::without_size_signal(|| self.with_connection(doing, work))
    }

    fn with_connection<T>(&self, doing: &str, work: impl FnOnce(&Open) -> SqlResult<T>) -> Result<T> {
        close_inherited()?;
        let mut slot = self.slot.open.lock();
        let current = slot.as_ref().map(|open| self.is_current(open)).transpose()?;
        if current == Some(false) {
            *slot = None;
        }
        if slot.is_none() {
            *slot = Some(self.connect()?);
        }
        let Some(open) = slot.as_ref() else { return Err(Error::new(ErrorKind::Internal, "no connection")) };
        let fault = |fault| self.location.sentence(doing, fault);
        open.conn.busy_timeout(self.location.patience).map_err(|error| fault(error.into()))?;
        let done = work(open).map_err(fault);
        // Without locks, another program may have written meanwhile: then neither the result nor an error is valid.
        if open.immutable.is_some() && !self.is_current(open)? {
            let message = format!("`{}` was written while it was read: try again", self.location.shown.display());
            return Err(Error::new(ErrorKind::File, message));
        }
        done
    }

    /// The same in a read transaction, which sees one state of the store.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> SqlResult<T>) -> Result<T> {
        self.with("read", |conn| {
            let moment = Transaction::new_unchecked(conn, TransactionBehavior::Deferred)?;
            work(&moment)
        })
    }

    /// The same in a write transaction, which is committed if `work` returns true and rolled back otherwise. When it returns, it is on
    /// the disk.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Connection) -> SqlResult<(T, bool)>) -> Result<T> {
        self.write_as("FULL", work)
    }

    /// The same without waiting for the disk, for what may be lost where the machine loses its power. What [`Store::write`] writes
    /// later is not on the disk without it.
    pub(super) fn write_soon<T>(&self, work: impl FnOnce(&Connection) -> SqlResult<(T, bool)>) -> Result<T> {
        self.write_as("NORMAL", work)
    }

    fn write_as<T>(&self, synchronous: &str, work: impl FnOnce(&Connection) -> SqlResult<(T, bool)>) -> Result<T> {
        if !self.location.writes {
            let message = format!("`{}` was opened to read only", self.location.shown.display());
            return Err(Error::new(ErrorKind::Argument, message));
        }
        self.with("written", |conn| {
            // Said each time, as the write before may have been of the other sort.
            conn.pragma_update(None, "synchronous", synchronous)?;
            let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
            self.location.check_version(schema::version(&transaction)?)?;
            let is_whole = chain::meta::is_whole(&transaction)?;
            let (done, commit) = work(&transaction)?;
            if commit {
                // What was altered before must stay found.
                if is_whole {
                    chain::meta::cover(&transaction)?;
                }
                transaction.commit()?;
            }
            Ok(done)
        })
    }

    /// Whether the connection still shows the current file. Fails if the file was removed or replaced: further writes would be
    /// lost.
    fn is_current(&self, open: &Open) -> Result<bool> {
        let location = &self.location;
        let place = &location.place;
        let now = fs::metadata(place).and_then(|about| Inode::at(place, &about));
        if now.is_ok_and(|now| now == open.file) {
            return Ok(match open.immutable {
                Some(state) => state == location.file_state()?,
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
            // While the store has no write-ahead log, a reader opens the file as immutable: it needs only permission to read and
            // leaves no files. It notices a writer by the changed state of the file.
            let state = location.file_state()?;
            let (opened, immutable) = match location.writes || state.has_log {
                true => (location.connect(), None),
                false => (location.connect_immutable(), Some(state)),
            };
            match opened {
                Ok(conn) => {
                    let open = Open { conn, file, immutable, process: process::id() };
                    // Another program may have replaced the file meanwhile.
                    if self.is_current(&open).is_ok_and(|current| current) {
                        return Ok(open);
                    }
                }
                // An error is not valid if another program wrote the file meanwhile: try again.
                Err(_) if immutable.is_some() && location.file_state()? != state => {}
                Err(fault) => return Err(location.sentence("opened", fault)),
            }
        }
        let message = format!("`{}` is being replaced again and again", location.shown.display());
        Err(Error::new(ErrorKind::File, message))
    }
}

impl Location {
    /// Adds the file to `OPEN`. Must be called before SQLite opens it.
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
        let about = fs::metadata(&self.place).map_err(|error| of_system(&self.shown, "cannot be read", &error))?;
        files::has_one_name(&self.place, &about)?;
        // SQLite would write to them, and remove them.
        for ending in ["-wal", "-shm", "-journal"] {
            files::is_ours(&sibling(&self.place, ending), &self.place)?;
        }
        let this = Arc::downgrade(slot);
        open.retain(|(other, _)| other.strong_count() > 0 && !other.ptr_eq(&this));
        open.push((this, file));
        Ok(file)
    }

    fn connect(&self) -> SqlResult<Connection> {
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

    /// A read-only connection that takes no locks and opens no other file.
    fn connect_immutable(&self) -> SqlResult<Connection> {
        let mut name = String::from("file:");
        for byte in self.place.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => name.push(char::from(*byte)),
                _ => name.push_str(&format!("%{byte:02x}")),
            }
        }
        name.push_str("?immutable=1");
        let access = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        self.opened(Path::new(&name), access)
    }

    fn file_state(&self) -> Result<FileState> {
        let cannot = |error| of_system(&self.shown, "cannot be read", &error);
        let about = fs::metadata(&self.place).map_err(cannot)?;
        let written = |ending| fs::metadata(sibling(&self.place, ending)).is_ok_and(|about| about.len() > 0);
        Ok(FileState {
            length: about.len(),
            written: about.modified().ok(),
            has_log: written("-wal") || written("-journal"),
        })
    }

    /// Opens a connection with the store's settings and checks that the file is a store of this version or an older one.
    fn opened(&self, name: &Path, access: OpenFlags) -> SqlResult<Connection> {
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let conn = Connection::open_with_flags(name, flags)?;
        conn.busy_timeout(self.patience)?;
        // FULL: a change set is on the disk when `append` returns. The automatic WAL checkpoint does not wait for readers.
        // trusted_schema OFF: a hostile file cannot call functions from its schema.
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
        if !self.writes && version < schema::READABLE {
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
