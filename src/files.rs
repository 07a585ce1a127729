//! Files whose place others may have prepared: opened without following a link, checked before they are used, locked for a limited
//! time. What is not ours by owner, mode and beginning must never be written or removed.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind, Result};
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// What every image begins with; the version follows it.
pub const IMAGE_MAGIC: &[u8; 7] = b"lwimage";

/// How long a lock on a file is waited for.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is tried meanwhile.
const RETRY: Duration = Duration::from_millis(5);

/// Everyone on the machine may write it.
const WORLD_WRITABLE: u32 = 0o002;

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
    if about.mode() & WORLD_WRITABLE == 0 {
        return Ok(());
    }
    let what = if about.is_dir() { "is a folder" } else { "is a file" };
    let message = format!("{what} that everyone on this machine may write, so that it proves nothing: `chmod o-w` it");
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

/// Whether a file that is there may be used as the image beside the store `beside`.
fn is_ours(path: &Path, about: &Metadata, beside: &Path) -> Result<()> {
    let kind = about.file_type();
    let other = match () {
        () if kind.is_symlink() => "a link, which is not followed",
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a pipe",
        () if !kind.is_file() => "no file",
        () if about.nlink() > 1 => "another file's second name",
        () => "",
    };
    if !other.is_empty() {
        return Err(refused(path, &format!("is {other}, expected the image of the store: move it away")));
    }
    not_world_writable(path, about)?;
    // Who may write the folder or the store could change the rights anyway; it must not have come from anyone else.
    let store = fs::metadata(beside).map_err(|error| failed("look at", beside, &error))?;
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok());
    let folder = folder.as_ref().unwrap_or(&store);
    let owner = [0, store.uid(), folder.uid()].contains(&about.uid());
    if owner || [store.gid(), folder.gid()].contains(&about.gid()) {
        return Ok(());
    }
    let message = format!("belongs to user {}, who owns neither the store nor its folder: move it away", about.uid());
    Err(refused(path, &message))
}

/// Opens the image beside the store `beside`, to write if `writable`. `None` when there is none.
///
/// # Errors
/// `File` when it is no file of ours, or cannot be opened.
pub fn open(path: &Path, beside: &Path, writable: bool) -> Result<Option<File>> {
    let missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    match path.symlink_metadata() {
        Err(error) if missing(&error) => return Ok(None),
        Err(error) => return Err(failed("look at", path, &error)),
        Ok(about) => is_ours(path, &about, beside)?,
    }
    // Another one may stand there by now: a link is an error, a pipe is not waited for, and what was opened is looked at again.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = match OpenOptions::new().read(true).write(writable).custom_flags(flags).open(path) {
        Err(error) if missing(&error) => return Ok(None),
        opened => opened.map_err(|error| failed("open", path, &error))?,
    };
    let about = file.metadata().map_err(|error| failed("look at", path, &error))?;
    is_ours(path, &about, beside)?;
    Ok(Some(file))
}

/// Makes a file that must not be there yet, for user and group.
///
/// # Errors
/// `File` when it is there, or the folder cannot be written.
pub fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o660).custom_flags(libc::O_NOFOLLOW);
    options.open(path).map_err(|error| failed("make", path, &error))
}

/// Whether a file is an image, of any version, or nothing: then it may be replaced.
pub fn is_image(file: &File) -> bool {
    let mut first = [0; IMAGE_MAGIC.len()];
    file.metadata().is_ok_and(|about| about.len() == 0)
        || file.read_exact_at(&mut first, 0).is_ok_and(|()| first == *IMAGE_MAGIC)
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
        let tried = match how {
            Lock::Exclusive => file.try_lock(),
            Lock::Shared => file.try_lock_shared(),
        };
        match tried {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() >= until => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(RETRY),
            Err(TryLockError::Error(error)) => return Err(failed("lock", path, &error)),
        }
    }
}

/// The programs that hold a lock on the file, as far as the system names them: `asterisk (4711) and kamailio (4712)`.
pub fn holders(file: &File) -> String {
    let unknown = || String::from("another program");
    let (Ok(about), Ok(locks)) = (file.metadata(), fs::read_to_string("/proc/locks")) else { return unknown() };
    let device = about.dev();
    let device = format!("{:02x}:{:02x}", libc::major(device), libc::minor(device));
    // `1: FLOCK  ADVISORY  WRITE 4711 fd:01:1234 0 EOF`; one who waits has `->` behind the number.
    let holder = |line: &str, exact: bool| {
        let mut words = line.split_whitespace().skip(1);
        if words.next()? != "FLOCK" {
            return None;
        }
        let (process, place) = (words.nth(2)?.parse::<u32>().ok()?, words.next()?);
        let (on, inode) = place.rsplit_once(':')?;
        (inode.parse() == Ok(about.ino()) && (on == device || !exact) && process > 0).then_some(process)
    };
    // Some file systems show another device number here than there.
    let found = |exact| locks.lines().filter_map(|line| holder(line, exact)).collect::<std::collections::BTreeSet<_>>();
    let mut processes = found(true);
    if processes.is_empty() {
        processes = found(false);
    }
    let named = |process: &u32| match fs::read_to_string(format!("/proc/{process}/comm")) {
        Ok(name) => format!("{} ({process})", name.trim_end()),
        Err(_) => format!("process {process}"),
    };
    match processes.iter().take(8).map(named).collect::<Vec<_>>() {
        names if names.is_empty() => unknown(),
        names => names.join(" and "),
    }
}

#[cfg(test)]
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
