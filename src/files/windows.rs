//! Files on Windows: links and junctions are not followed, the access list says who may write, a lock is one byte far behind the end.
//!
//! The system keeps what is open from being replaced: [`hold`] asks for that. It does not say which program holds a file.
#![forbid(unsafe_code)]

use super::{Lock, refused};
use crate::error::Result;
use crate::win32;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf, Prefix};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES, FILE_SHARE_READ, FILE_SHARE_WRITE,
};

/// How to take that right away.
pub const CLOSE: &str = "take the right to change it from `Everyone`";

/// Paths of this length and more keep the form that is not limited; what lies beside a store has a longer name.
const SHORT: usize = 200;

/// Whether everyone on the machine may write it.
pub fn is_open_to_all(path: &Path, _: &Metadata) -> io::Result<bool> {
    win32::everyone_may_write(path)
}

/// Which file it is: the volume's number and the file's on it.
pub fn identity(path: &Path, _: &Metadata) -> io::Result<(u64, u64)> {
    looked_at(path).map(|about| about.identity)
}

/// The same of an open file.
pub fn identity_of(file: &File, _: &Metadata) -> io::Result<(u64, u64)> {
    win32::about(file).map(|about| about.identity)
}

/// Within what the numbers of processes and threads are unique: everywhere.
pub fn process_space() -> u64 {
    0
}

/// Absolute, with links followed; `C:\folder\file` where that names the same file as `\\?\C:\folder\file`.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    let whole = path.canonicalize()?;
    let mut parts = whole.components();
    let plain = match parts.next() {
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::VerbatimDisk(disk) => {
                let mut plain = PathBuf::from(format!("{}:", char::from(disk)));
                plain.push(parts.as_path());
                plain
            }
            _ => return Ok(whole),
        },
        _ => return Ok(whole),
    };
    let is_same = plain.as_os_str().len() < SHORT && plain.canonicalize().is_ok_and(|again| again == whole);
    Ok(if is_same { plain } else { whole })
}

/// Refuses a file that is no file of the store: a link, a folder, another file's second name, or one that everyone may write.
pub fn is_ours(path: &Path, about: &Metadata, file: Option<&File>, _: &Path) -> Result<()> {
    let links = file.map_or(Ok(1), |file| win32::about(file).map(|about| about.links));
    let links = links.map_err(|error| super::failed("look at", path, &error))?;
    let other = match () {
        () if about.file_type().is_symlink() => "a link, which is not followed",
        () if about.is_dir() => "a folder",
        () if !about.is_file() => "no file",
        () if links > 1 => "another file's second name",
        () => "",
    };
    if !other.is_empty() {
        return Err(refused(path, &format!("is {other}, expected a file of the store: move it away")));
    }
    super::not_world_writable(path, about)
}

/// How many names a file has.
pub fn names(path: &Path, _: &Metadata) -> io::Result<u64> {
    looked_at(path).map(|about| about.links.into())
}

/// What the system says of a file or folder. Whatever others may do with it meanwhile, they are not disturbed.
fn looked_at(path: &Path) -> io::Result<win32::About> {
    let mut options = OpenOptions::new();
    options.access_mode(FILE_READ_ATTRIBUTES).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
    win32::about(&options.open(path)?)
}

/// Opens a file to append to, made where there is none.
pub fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Opens a file to read, links followed.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Opens a file, to write if `writable`. A link is opened itself.
pub fn open(path: &Path, writable: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(writable).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)
}

/// The same. As long as it is open, no one can remove or replace it.
pub fn hold(path: &Path, writable: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(writable).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    options.share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE).open(path)
}

/// Opens a store's own file to lock it; as long as it is open, no one can remove or replace it.
pub fn hold_store(path: &Path) -> io::Result<File> {
    hold(path, false)
}

/// Makes a file that must not be there yet, for those whom its folder's access list names.
pub fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// NTFS keeps a journal of the names in a folder; there is nothing to do.
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Reads the first bytes.
pub fn read_first(file: &File, bytes: &mut [u8]) -> io::Result<()> {
    match file.seek_read(bytes, 0)? {
        read if read == bytes.len() => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Tries to lock the file; false when others hold it. An exclusive lock becomes a shared one without a moment between them.
pub fn try_lock(file: &File, how: Lock) -> io::Result<bool> {
    if how == Lock::Exclusive {
        return win32::lock(file, win32::USERS, false);
    }
    if !win32::lock(file, win32::USERS, true)? {
        return Ok(false);
    }
    // On top of an exclusive lock: it goes first, and the shared one stays. Else there is none for a moment, and it is asked for again.
    win32::unlock(file, win32::USERS)?;
    win32::lock(file, win32::USERS, true)
}

/// Gives the lock up.
pub fn unlock(file: &File) -> io::Result<()> {
    // A lock that was turned into a shared one is held twice.
    win32::unlock(file, win32::USERS)?;
    while win32::unlock(file, win32::USERS).is_ok() {}
    Ok(())
}

/// The system does not name them.
pub fn holders(_: &File) -> String {
    "another program".to_owned()
}
