//! Files whose place others may have prepared: opened without following a link, checked before they are used, locked for a limited
//! time. What is not ours by owner, mode and beginning must never be written or removed.
#![forbid(unsafe_code)]

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub use system::create as create_file;
pub use system::hold_store as open_store;
pub use system::{append, open_to_read};
pub use system::{canonical, holders, identity, identity_of, process_space, sync_folder, unlock};

use crate::error::{Error, ErrorKind, Result};
use std::fs::{self, File, Metadata};
use std::path::Path;
use std::time::{Duration, Instant};

/// What every image begins with; the version follows it.
pub const IMAGE_MAGIC: &[u8; 7] = b"lwimage";

/// How long a lock on a file is waited for.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is tried meanwhile.
const RETRY: Duration = Duration::from_millis(5);

/// The refusal of a file that the system does not let us use.
pub fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::File, format!("cannot {what} {}: {error}", path.display())).caused_by_system(error)
}

fn refused(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::File, format!("`{}` {what}", path.display()))
}

/// Refuses a file or folder that everyone on the machine may write; `what` names it in the message.
///
/// # Errors
/// `File` with what to do.
pub fn not_world_writable(path: &Path, about: &Metadata) -> Result<()> {
    if !system::is_open_to_all(path, about).map_err(|error| failed("look at", path, &error))? {
        return Ok(());
    }
    let what = if about.is_dir() { "is a folder" } else { "is a file" };
    let close = system::CLOSE;
    let message = format!("{what} that everyone on this machine may write, so that it proves nothing: {close}");
    Err(refused(path, &message))
}

/// The same for the folder that a file lies in.
///
/// # Errors
/// As there, or when the folder cannot be looked at.
pub fn folder_not_world_writable(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let about = fs::metadata(folder).map_err(|error| failed("look at", folder, &error))?;
    not_world_writable(folder, &about)
}

/// Opens a file beside the store `beside`, to write if `writable`. `None` when there is none.
///
/// # Errors
/// `File` when it is no file of ours, or cannot be opened.
pub fn open(path: &Path, beside: &Path, writable: bool) -> Result<Option<File>> {
    opened(path, beside, || system::open(path, writable))
}

/// The same for the image. Where the system can, it keeps others from removing or replacing the file as long as it is open.
///
/// # Errors
/// As there.
pub fn hold(path: &Path, beside: &Path, writable: bool) -> Result<Option<File>> {
    opened(path, beside, || system::hold(path, writable))
}

/// Refuses what stands in the place of a file beside the store `beside` and is no file of ours; whether there is one. It is not opened: a
/// process that closes a file loses its locks on it.
///
/// # Errors
/// `File` when it is no file of ours, or cannot be looked at.
pub fn is_ours(path: &Path, beside: &Path) -> Result<bool> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("look at", path, &error)),
        Ok(about) => system::is_ours(path, &about, None, beside).map(|()| true),
    }
}

/// Refuses a store's own file that has a second name: who opens it by that one would write another log beside it.
///
/// # Errors
/// `File` with what to do, or when the system does not say.
pub fn has_one_name(path: &Path, about: &Metadata) -> Result<()> {
    match system::names(path, about).map_err(|error| failed("look at", path, &error))? {
        0 | 1 => Ok(()),
        _ => Err(refused(
            path,
            "is one of several names of a file, by each of which it would be another store: remove the others",
        )),
    }
}

fn opened(path: &Path, beside: &Path, open: impl FnOnce() -> std::io::Result<File>) -> Result<Option<File>> {
    let missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    if !is_ours(path, beside)? {
        return Ok(None);
    }
    // Another one may stand there by now: what was opened is looked at again.
    let file = match open() {
        Err(error) if missing(&error) => return Ok(None),
        opened => opened.map_err(|error| failed("open", path, &error))?,
    };
    let about = file.metadata().map_err(|error| failed("look at", path, &error))?;
    system::is_ours(path, &about, Some(&file), beside)?;
    Ok(Some(file))
}

/// Makes a file that must not be there yet, for user and group.
///
/// # Errors
/// `File` when it is there, or the folder cannot be written.
pub fn create(path: &Path) -> Result<File> {
    system::create(path).map_err(|error| failed("make", path, &error))
}

/// Whether a file is an image, of any version, or nothing: then it may be replaced.
pub fn is_image(file: &File) -> bool {
    begins_with(file, IMAGE_MAGIC)
}

/// Whether a file begins so, or is empty.
pub fn begins_with<const N: usize>(file: &File, magic: &[u8; N]) -> bool {
    let mut first = [0; N];
    file.metadata().is_ok_and(|about| about.len() == 0)
        || system::read_first(file, &mut first).is_ok_and(|()| first == *magic)
}

/// Removes an image beside the store `beside` that no program has open.
///
/// # Errors
/// `File` when something else is there: it stays.
pub fn remove_image(path: &Path, beside: &Path) -> Result<()> {
    let Some(file) = open(path, beside, false)? else { return Ok(()) };
    if !is_image(&file) {
        return Err(refused(path, "is no image of linewarden: move it away"));
    }
    drop(file);
    fs::remove_file(path).map_err(|error| failed("remove", path, &error))
}

/// How a file is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// By this process alone.
    Exclusive,
    /// With others.
    Shared,
}

/// Tries to lock the file for at most `patience`. False when others hold it.
///
/// # Errors
/// `File` when the system locks no files there.
pub fn lock(file: &File, path: &Path, how: Lock, patience: Duration) -> Result<bool> {
    let until = Instant::now() + patience;
    loop {
        match system::try_lock(file, how) {
            Ok(true) => return Ok(true),
            Ok(false) if Instant::now() >= until => return Ok(false),
            Ok(false) => std::thread::sleep(RETRY),
            Err(error) => return Err(failed("lock", path, &error)),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// A folder with a store in it, and where its image is to be.
    fn place() -> (tempfile::TempDir, std::path::PathBuf, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (store, image) = (folder.path().join("x.db"), folder.path().join("x.db-image"));
        fs::write(&store, "").unwrap();
        (folder, store, image)
    }

    #[test]
    fn what_is_not_ours_is_neither_opened_nor_removed() {
        let (folder, store, image) = place();
        let foreign = folder.path().join("foreign");
        fs::write(&foreign, "lwimage of another").unwrap();
        let refused = |what: &str| {
            assert!(open(&image, &store, true).unwrap_err().message().contains(what), "{what}");
            assert!(remove_image(&image, &store).unwrap_err().message().contains(what), "{what}");
            assert!(image.symlink_metadata().is_ok());
        };
        symlink(&foreign, &image).unwrap();
        refused("a link");
        fs::remove_file(&image).unwrap();
        fs::hard_link(&foreign, &image).unwrap();
        refused("second name");
        fs::remove_file(&image).unwrap();
        fs::create_dir(&image).unwrap();
        refused("a folder");
        fs::remove_dir(&image).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&image).status().unwrap().success());
        refused("a pipe");
        fs::remove_file(&image).unwrap();
        fs::write(&image, "lwimage").unwrap();
        fs::set_permissions(&image, fs::Permissions::from_mode(0o666)).unwrap();
        refused("everyone on this machine");
        fs::set_permissions(&image, fs::Permissions::from_mode(0o660)).unwrap();
        assert!(open(&image, &store, true).unwrap().is_some());
        remove_image(&image, &store).unwrap();
        assert!(open(&image, &store, true).unwrap().is_none());
        fs::write(&image, "a letter").unwrap();
        assert!(remove_image(&image, &store).unwrap_err().message().contains("no image"));
        assert_eq!(fs::read_to_string(&foreign).unwrap(), "lwimage of another");
    }

    #[test]
    fn a_lock_is_waited_for_a_while_and_its_holder_named() {
        let (_folder, _store, image) = place();
        let (mine, other) = (create(&image).unwrap(), File::open(&image).unwrap());
        assert!(lock(&other, &image, Lock::Exclusive, Duration::ZERO).unwrap());
        assert!(!lock(&mine, &image, Lock::Shared, Duration::from_millis(20)).unwrap());
        let own = format!("({})", std::process::id());
        let named = holders(&mine);
        assert!(named.contains(&own) || named == "another program", "{named}");
        drop(other);
        assert!(lock(&mine, &image, Lock::Shared, Duration::ZERO).unwrap());
    }
}
