//! New files: a store that is made, a backup that is taken, a store that is put back. Each is written under another name in the
//! same folder and gets its own when it is whole, so that nobody ever finds half of it.
#![forbid(unsafe_code)]

use super::connect::{Location, Slot, beside, is_store};
use super::fault::{Fault, of_system};
use super::{Head, PATIENCE, Store, schema};
use crate::error::{Error, ErrorKind, Result};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Files that SQLite or the image may have left beside a store.
const BESIDE: [&str; 4] = ["-wal", "-shm", "-journal", "-image"];

/// Makes a store at `path`, filled by `fill`.
pub(super) fn create(path: &Path, fill: impl FnOnce(&Store) -> Result<()>) -> Result<()> {
    nothing_there(path)?;
    let draft = Draft::new(path)?;
    let conn = draft.opened()?;
    conn.pragma_update(None, "journal_mode", "WAL")
        .and_then(|()| conn.pragma_update(None, "application_id", schema::APPLICATION))
        .map_err(Fault::Sql)
        .and_then(|()| schema::migrate(&conn, schema::MIGRATIONS))
        .map_err(|fault| draft.told(fault))?;
    drop(conn);
    let store = Store::attach(draft.location()?)?;
    fill(&store)?;
    drop(store);
    draft.place_new()
}

/// Copies the store at `from`, which may be in use, to `to`: where nothing is, or over a store that nobody has open. The copy is
/// verified before anything is replaced. Returns where its log ends.
///
/// # Errors
/// `File` when `from` cannot be read or is damaged, when `to` cannot be written or is in use, or when `to` is damaged so that
/// it cannot be told whether it is in use: move it away then.
pub fn restore(from: &Path, to: &Path) -> Result<Head> {
    let source = Store::open_reader(from)?;
    let draft = Draft::new(to)?;
    if !is_store(&draft.target) {
        nothing_there(to)?;
        let head = source.copied(&draft)?;
        return draft.place_new().map(|()| head);
    }
    if source.path() == draft.target {
        let message = format!("`{}` cannot be restored from itself", to.display());
        return Err(Error::new(ErrorKind::Argument, message));
    }
    let head = source.copied(&draft)?;
    // From here until it is dropped nobody else can use the old store: whoever waits for it finds the new one afterwards.
    let old = exclusive(to, &draft.target)?;
    // What is left beside the old file must not be taken for the new one's: its log (empty now) and its image.
    BESIDE.iter().try_for_each(|ending| remove(&beside(&draft.target, ending)))?;
    draft.replace()?;
    drop(old);
    Ok(head)
}

impl Store {
    /// Copies the store as it is at this moment to `to`, where nothing may be, while others go on reading and writing. The copy
    /// is one file, verified and on the disk when it gets its name. Returns where its log ends.
    ///
    /// # Errors
    /// `File` when the copy cannot be written, something is there already, or this store is damaged.
    pub fn backup(&self, to: &Path) -> Result<Head> {
        nothing_there(to)?;
        let draft = Draft::new(to)?;
        let head = self.copied(&draft)?;
        draft.place_new().map(|()| head)
    }

    /// Copies this store into the draft and verifies the copy.
    fn copied(&self, draft: &Draft) -> Result<Head> {
        let mut conn = draft.opened()?;
        self.with("read", |source| {
            // All in one step: this sees one moment and needs not begin anew whenever somebody writes.
            match Backup::new(source, &mut conn).and_then(|copy| copy.step(-1)) {
                Ok(StepResult::Done) => Ok(()),
                Ok(_) => Err(Fault::Sql(busy())),
                Err(error) => Err(error.into()),
            }
        })?;
        conn.close().map_err(|(_, error)| draft.told(error.into()))?;
        let copy = Store::attach(draft.location()?)?;
        copy.verify()
    }
}

fn busy() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)
}

/// Sees to it that no other connection is open on the store at `place`, with all of it in the file itself, and keeps it so.
fn exclusive(shown: &Path, place: &Path) -> Result<(Connection, Arc<Slot>)> {
    let location =
        Location { shown: shown.to_path_buf(), place: place.to_path_buf(), writes: true, patience: PATIENCE };
    let slot = Arc::default();
    location.enter(&slot)?;
    let lock = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(place, flags)?;
        // An idle connection never lets go, so there is nothing to wait for but the end of a transaction.
        conn.busy_timeout(Duration::from_secs(1))?;
        // The lock that every connection holds part of as long as it is open.
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        conn.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let application: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        Ok((conn, application))
    };
    let locked = lock().map_err(|error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseBusy) => {
            let message = format!("`{}` is in use: end every program that has it open, then try again", shown.display());
            Error::new(ErrorKind::File, message)
        }
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
            let message = format!(
                "`{}` is so damaged that it cannot be told whether it is in use: move it away, with `{}`, then try again",
                shown.display(),
                beside(shown, "-wal").display()
            );
            Error::new(ErrorKind::File, message)
        }
        _ => location.told("replaced", error.into()),
    });
    let (conn, application) = locked?;
    location.check_application(application)?;
    Ok((conn, slot))
}

/// Makes sure that neither a file nor what belongs to one lies at `path`. A log without its store would be taken for the new one's.
fn nothing_there(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        let message = format!("`{}` is there already, expected a place where nothing is", path.display());
        return Err(Error::new(ErrorKind::File, message));
    }
    for ending in ["-wal", "-journal"] {
        let left = beside(path, ending);
        if left.symlink_metadata().is_ok() {
            let message = format!("`{}` is left of a store that is gone: move it away", left.display());
            return Err(Error::new(ErrorKind::File, message));
        }
    }
    remove(&beside(path, "-shm"))?;
    remove(&beside(path, "-image"))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(of_system(path, "cannot be removed", &error)),
        _ => Ok(()),
    }
}

/// A file under another name, removed unless it gets its own.
struct Draft {
    path: PathBuf,
    /// The name it is to get, as it was given and as it is.
    shown: PathBuf,
    target: PathBuf,
}

impl Draft {
    fn new(path: &Path) -> Result<Draft> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = path
            .file_name()
            .ok_or_else(|| Error::new(ErrorKind::File, format!("`{}` is no name for a file", path.display())))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().map_err(|error| of_system(folder, "cannot be opened", &error))?;
        // Whoever replaces what a link leads to means that, not the link.
        let target = path.canonicalize().unwrap_or_else(|_| folder.join(name));
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(target.file_name().unwrap_or(name));
        hidden.push(format!(".{}-{number}.new", process::id()));
        let draft = Draft { path: target.with_file_name(hidden), shown: path.to_path_buf(), target };
        // The user's and the group's, as far as the umask allows; SQLite gives the files beside it the same.
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o660)
            .open(&draft.path)
            .map_err(|error| of_system(path, "cannot be written", &error))?;
        Ok(draft)
    }

    fn location(&self) -> Result<Location> {
        let location = Location::new(&self.path, true)?;
        Ok(Location { shown: self.shown.clone(), ..location })
    }

    fn told(&self, fault: Fault) -> Error {
        let location =
            Location { shown: self.shown.clone(), place: self.path.clone(), writes: true, patience: PATIENCE };
        location.told("written", fault)
    }

    fn opened(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(&self.path, flags)
            .and_then(|conn| {
                conn.pragma_update(None, "synchronous", "FULL")?;
                conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
                Ok(conn)
            })
            .map_err(|error| self.told(error.into()))
    }

    /// Everything must be in the file itself: what lies beside it does not come along.
    fn whole(&self) -> Result<()> {
        match beside(&self.path, "-wal").exists() {
            false => Ok(()),
            true => {
                let message = format!("`{}` cannot be written: its log did not come to the disk", self.shown.display());
                Err(Error::new(ErrorKind::File, message))
            }
        }
    }

    /// Gives it its name, where nothing may be.
    fn place_new(self) -> Result<()> {
        self.whole()?;
        match fs::hard_link(&self.path, &self.target) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return nothing_there(&self.shown),
            // A file system without links: then another file of that moment is replaced, which cannot be helped.
            Err(_) => {
                nothing_there(&self.shown)?;
                self.renamed()?;
            }
        }
        self.folder_synced()
    }

    /// Gives it its name, in the place of what bears it.
    fn replace(self) -> Result<()> {
        self.whole()?;
        self.renamed()?;
        self.folder_synced()
    }

    fn renamed(&self) -> Result<()> {
        fs::rename(&self.path, &self.target).map_err(|error| of_system(&self.shown, "cannot be written", &error))
    }

    fn folder_synced(&self) -> Result<()> {
        let folder = self.target.parent().unwrap_or(Path::new("/"));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| of_system(&self.shown, "cannot be written", &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        for ending in BESIDE {
            let _ = fs::remove_file(beside(&self.path, ending));
        }
    }
}
