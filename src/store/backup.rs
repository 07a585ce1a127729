//! New store files: creation, backup and restore. Each file is written under a temporary name in the same folder and renamed
//! when it is complete. A path must never name an incomplete store.
#![forbid(unsafe_code)]

use super::connect::{Slot, is_store};
use super::fault::{Fault, of_system};
use super::location::{Location, PATIENCE, sibling};
use super::presence::Presence;
use super::{Head, Store, schema};
use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::sync;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Endings of the files that SQLite or the image may have left in the store's folder.
const SIBLINGS: [&str; 4] = ["-image", "-wal", "-shm", "-journal"];

/// Creates a store at `path` and lets `fill` write its contents.
pub(super) fn create(path: &Path, fill: impl FnOnce(&Store) -> Result<()>) -> Result<()> {
    sync::without_size_signal(|| created(path, fill))
}

fn created(path: &Path, fill: impl FnOnce(&Store) -> Result<()>) -> Result<()> {
    files::folder_not_world_writable(path)?;
    nothing_there(path)?;
    let new_file = NewFile::new(path)?;
    let conn = new_file.opened()?;
    conn.pragma_update(None, "journal_mode", "WAL")
        .and_then(|()| conn.pragma_update(None, "application_id", schema::APPLICATION))
        .map_err(Fault::Sql)
        .and_then(|()| schema::migrate(&conn, schema::MIGRATIONS))
        .map_err(|fault| new_file.sentence(fault))?;
    drop(conn);
    let store = Store::attach(new_file.location()?)?;
    fill(&store)?;
    drop(store);
    new_file.place_new()
}

/// Copies the store at `from`, which may be in use, to `to`. `to` does not exist, or is a store that no program has open. The copy
/// is verified before it replaces anything. Returns the head of its log.
///
/// # Errors
/// `File` when `from` cannot be read or is damaged, when `to` cannot be written or is in use, or when `to` is so damaged that its
/// locks cannot be read: move it away then.
pub fn restore(from: &Path, to: &Path) -> Result<Head> {
    sync::without_size_signal(|| restored(from, to))
}

fn restored(from: &Path, to: &Path) -> Result<Head> {
    // The copy is brought up to this version; a backup of an older one may lie where it cannot be written.
    let source = Store::open_reader(from)?;
    let new_file = NewFile::new(to)?;
    if !is_store(&new_file.target) {
        nothing_there(to)?;
        let head = source.copied(&new_file)?;
        return new_file.place_new().map(|()| head);
    }
    if source.path() == new_file.target {
        let message = format!("`{}` cannot be restored from itself", to.display());
        return Err(Error::new(ErrorKind::Argument, message));
    }
    let head = source.copied(&new_file)?;
    // `old` locks the old store until it is dropped. A program that waits for the lock then finds the new store.
    let mut old = Some(exclusive(to, &new_file.target)?);
    // SQLite must not take the old store's files (its log, empty now, and its image) for the new store's.
    let [image, others @ ..] = SIBLINGS;
    files::remove_image(&sibling(&new_file.target, image), &new_file.target)?;
    if cfg!(windows) {
        // There no open file can be removed or replaced. SQLite removes its log as it closes the old store. If another program opens that in
        // between, the system refuses to replace it.
        old = None;
    }
    others.iter().try_for_each(|ending| remove(&sibling(&new_file.target, ending)))?;
    new_file.replace()?;
    drop(old);
    Ok(head)
}

impl Store {
    /// Copies the current state of the store to `to`, which must not exist. Other programs may read and write meanwhile. The copy is
    /// one file, verified and on the disk before it gets its name. Returns the head of its log.
    ///
    /// # Errors
    /// `File` when the copy cannot be written, `to` exists, or this store is damaged.
    pub fn backup(&self, to: &Path) -> Result<Head> {
        nothing_there(to)?;
        let new_file = NewFile::new(to)?;
        let head = sync::without_size_signal(|| self.copied(&new_file))?;
        new_file.place_new().map(|()| head)
    }

    /// Copies this store into the new file and verifies the copy.
    fn copied(&self, new_file: &NewFile) -> Result<Head> {
        let mut conn = new_file.opened()?;
        self.with("read", |source| {
            // One step reads one transaction. Several steps would start again after each write by another program.
            match Backup::new(source, &mut conn).and_then(|copy| copy.step(-1)) {
                Ok(StepResult::Done) => Ok(()),
                Ok(_) => Err(Fault::Sql(busy())),
                Err(error) => Err(error.into()),
            }
        })?;
        conn.close().map_err(|(_, error)| new_file.sentence(error.into()))?;
        let copy = Store::attach(new_file.location()?)?;
        copy.verify()
    }
}

fn busy() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)
}

/// Locks the store at `place` against all other connections and engines, and moves its write-ahead log into the file. The locks last as
/// long as what is returned.
fn exclusive(shown: &Path, place: &Path) -> Result<(Connection, Arc<Slot>, Presence)> {
    let location =
        Location { shown: shown.to_path_buf(), place: place.to_path_buf(), writes: true, patience: PATIENCE };
    let slot = Arc::default();
    let presence = Presence::of(place, location.enter(&slot)?)?;
    if !presence.is_alone() {
        // One that only reads may have no connection that locks anything.
        let message = format!("`{}` is in use: end {} first, then try again", shown.display(), presence.others());
        return Err(Error::new(ErrorKind::File, message));
    }
    let lock = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(place, flags)?;
        // An idle connection keeps its lock, so a longer wait would only help against transactions.
        conn.busy_timeout(Duration::from_secs(1))?;
        // The lock that every open connection shares.
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
                "`{}` is so damaged that linewarden cannot see whether it is in use: move it away, with `{}`, then try again",
                shown.display(),
                sibling(shown, "-wal").display()
            );
            Error::new(ErrorKind::File, message)
        }
        _ => location.sentence("replaced", error.into()),
    });
    let (conn, application) = locked?;
    location.check_application(application)?;
    Ok((conn, slot, presence))
}

/// Checks that `path` does not exist and removes what an older store left there. It refuses a write-ahead log without its store,
/// which SQLite would take for the new store's.
fn nothing_there(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        let message = format!("`{}` is there already, expected a place where nothing is", path.display());
        return Err(Error::new(ErrorKind::File, message));
    }
    for ending in ["-wal", "-journal"] {
        let left = sibling(path, ending);
        if left.symlink_metadata().is_ok() {
            let message = format!("`{}` is left of a store that is gone: move it away", left.display());
            return Err(Error::new(ErrorKind::File, message));
        }
    }
    remove(&sibling(path, "-shm"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    files::remove_image(&sibling(path, "-image"), folder)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(of_system(path, "cannot be removed", &error)),
        _ => Ok(()),
    }
}

/// A new file under a temporary name. Dropping it removes the file unless it got its final name.
struct NewFile {
    path: PathBuf,
    /// The final path as the caller wrote it, for messages.
    shown: PathBuf,
    target: PathBuf,
}

impl NewFile {
    fn new(path: &Path) -> Result<NewFile> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = path
            .file_name()
            .ok_or_else(|| Error::new(ErrorKind::File, format!("`{}` is no name for a file", path.display())))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = files::canonical(folder).map_err(|error| of_system(folder, "cannot be opened", &error))?;
        // A link is followed: restoring over it replaces the file that it names.
        let target = files::canonical(path).unwrap_or_else(|_| folder.join(name));
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(target.file_name().unwrap_or(name));
        hidden.push(format!(".{}-{number}.new", process::id()));
        let new_file = NewFile { path: target.with_file_name(hidden), shown: path.to_path_buf(), target };
        // Read and write for user and group, as far as the umask allows. SQLite gives its own files the same mode.
        files::create_file(&new_file.path).map_err(|error| of_system(path, "cannot be written", &error))?;
        Ok(new_file)
    }

    fn location(&self) -> Result<Location> {
        let location = Location::new(&self.path, true)?;
        Ok(Location { shown: self.shown.clone(), ..location })
    }

    fn sentence(&self, fault: Fault) -> Error {
        let location =
            Location { shown: self.shown.clone(), place: self.path.clone(), writes: true, patience: PATIENCE };
        location.sentence("written", fault)
    }

    fn opened(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(&self.path, flags)
            .and_then(|conn| {
                conn.pragma_update(None, "synchronous", "FULL")?;
                conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
                Ok(conn)
            })
            .map_err(|error| self.sentence(error.into()))
    }

    /// Checks that all contents are in the file itself: its write-ahead log is not renamed with it.
    fn whole(&self) -> Result<()> {
        match sibling(&self.path, "-wal").exists() {
            false => Ok(()),
            true => {
                let message = format!("`{}` cannot be written: its log did not come to the disk", self.shown.display());
                Err(Error::new(ErrorKind::File, message))
            }
        }
    }

    /// Gives it its final name, which must be free.
    fn place_new(self) -> Result<()> {
        self.whole()?;
        match fs::hard_link(&self.path, &self.target) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return nothing_there(&self.shown),
            // A file system without links: a file that another program creates in this moment is replaced.
            Err(_) => {
                nothing_there(&self.shown)?;
                self.renamed()?;
            }
        }
        self.folder_synced()
    }

    /// Gives it its final name and replaces the file that has it.
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
        files::sync_folder(folder).map_err(|error| of_system(&self.shown, "cannot be written", &error))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        for ending in SIBLINGS {
            let _ = fs::remove_file(sibling(&self.path, ending));
        }
    }
}
