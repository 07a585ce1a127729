//! Files on Linux: links are not followed, the mode says who may write, a lock is a `flock`.
#![forbid(unsafe_code)]

use super::{Lock, refused};
use crate::error::Result;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Everyone on the machine may write it.
const WORLD_WRITABLE: u32 = 0o002;

/// How to take that right away.
pub const CLOSE: &str = "`chmod o-w` it";

/// Whether everyone on the machine may write it.
pub fn is_open_to_all(_: &Path, about: &Metadata) -> io::Result<bool> {
    Ok(about.mode() & WORLD_WRITABLE != 0)
}

/// Which file it is: device and inode.
pub fn identity(_: &Path, about: &Metadata) -> io::Result<(u64, u64)> {
    Ok((about.dev(), about.ino()))
}

/// The same of an open file.
pub fn identity_of(_: &File, about: &Metadata) -> io::Result<(u64, u64)> {
    Ok((about.dev(), about.ino()))
}

/// Within what the numbers of processes and threads are unique: a container may have numbers of its own. 0 where that is not known.
pub fn process_space() -> u64 {
    fs::metadata("/proc/self/ns/pid").map_or(0, |about| about.ino())
}

/// Absolute, with links followed.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// Refuses a file that is no file of the store `beside`, by what it is and whose.
pub fn is_ours(path: &Path, about: &Metadata, _: Option<&File>, beside: &Path) -> Result<()> {
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
        return Err(refused(path, &format!("is {other}, expected a file of the store: move it away")));
    }
    super::not_world_writable(path, about)?;
    // Who may write the folder or the store could change the rights anyway; it must not have come from anyone else.
    let store = fs::metadata(beside).map_err(|error| super::failed("look at", beside, &error))?;
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok());
    let folder = folder.as_ref().unwrap_or(&store);
    let owner = [0, store.uid(), folder.uid()].contains(&about.uid());
    if owner || [store.gid(), folder.gid()].contains(&about.gid()) {
        return Ok(());
    }
    let message = format!("belongs to user {}, who owns neither the store nor its folder: move it away", about.uid());
    Err(refused(path, &message))
}

/// How many names a file has.
pub fn names(_: &Path, about: &Metadata) -> io::Result<u64> {
    Ok(about.nlink())
}

/// Opens a file, to write if `writable`. A link is an error, and a pipe is not waited for.
pub fn open(path: &Path, writable: bool) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    OpenOptions::new().read(true).write(writable).custom_flags(flags).open(path)
}

/// Opens a file to append to, made for its owner only where there is none. A link is an error, and a pipe is not waited for.
pub fn append(path: &Path) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file")) }
}

/// Opens a file to read, links followed. A pipe is not waited for.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

/// The same as `open`. Nothing here keeps others from removing or replacing it.
pub fn hold(path: &Path, writable: bool) -> io::Result<File> {
    open(path, writable)
}

/// Opens a store's own file to lock it.
pub fn hold_store(path: &Path) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Makes a file that must not be there yet, for user and group as far as the umask allows.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o660).custom_flags(libc::O_NOFOLLOW);
    options.open(path)
}

/// Writes down on the disk which files a folder has.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Reads the first bytes.
pub fn read_first(file: &File, bytes: &mut [u8]) -> io::Result<()> {
    file.read_exact_at(bytes, 0)
}

/// Tries to lock the file; false when others hold it.
pub fn try_lock(file: &File, how: Lock) -> io::Result<bool> {
    let tried = match how {
        Lock::Exclusive => file.try_lock(),
        Lock::Shared => file.try_lock_shared(),
    };
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Gives the lock up.
pub fn unlock(file: &File) -> io::Result<()> {
    file.unlock()
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
