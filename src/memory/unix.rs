//! Pages from a Unix system: zeroed ones, and those of a file. A store to a page of a file without room on the disk would kill the
//! process: [`reserve`] comes first.
#![allow(unsafe_code, reason = "mmap and what goes with it")]

use super::Gone;
#[cfg(target_os = "linux")]
use super::bus;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::{NonNull, null_mut};

/// Pages, page-aligned. Dropping them gives them back.
#[derive(Debug)]
pub struct Pages {
    /// The first byte.
    pub start: NonNull<u8>,
    /// How many there are.
    pub bytes: usize,
    /// Of a file.
    #[cfg(target_os = "linux")]
    noted: Option<&'static bus::Noted>,
}

impl Pages {
    /// Zeroed pages of this process.
    pub fn zeroed(bytes: usize, huge: bool) -> Option<Pages> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: an anonymous private mapping at an address of the kernel's choice touches no memory of ours.
        let start = unsafe { libc::mmap(null_mut(), bytes, protection, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return None;
        }
        if huge {
            // SAFETY: the range is the mapping just made. Advice only: where it is not taken, pages stay small.
            unsafe { libc::madvise(start, bytes, libc::MADV_HUGEPAGE) };
        }
        Some(Pages {
            start: NonNull::new(start.cast())?,
            bytes,
            #[cfg(target_os = "linux")]
            noted: None,
        })
    }

    /// Pages of a file from byte `from` on, shared with every process that maps them.
    pub fn of_file(
        file: &File,
        from: usize,
        bytes: usize,
        writable: bool,
        #[allow(unused_variables, reason = "for Linux")] gone: Gone,
    ) -> io::Result<Pages> {
        let protection = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        let from = libc::off_t::try_from(from).map_err(|_| io::ErrorKind::FileTooLarge)?;
        #[cfg(target_os = "linux")]
        let about = file.metadata()?;
        // SAFETY: a shared mapping at an address of the kernel's choice touches no memory of ours.
        let start = unsafe { libc::mmap(null_mut(), bytes, protection, libc::MAP_SHARED, file.as_raw_fd(), from) };
        let start = match NonNull::new(start.cast()) {
            Some(pages) if start != libc::MAP_FAILED => pages,
            _ => return Err(io::Error::last_os_error()),
        };
        Ok(Pages {
            start,
            bytes,
            #[cfg(target_os = "linux")]
            noted: Some({
                use std::os::unix::fs::MetadataExt;
                bus::note(start, bytes, (about.dev(), about.ino()), gone)
            }),
        })
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        if self.noted.is_some_and(|noted| !noted.discard()) {
            return;
        }
        // SAFETY: exactly the range that was mapped; the last owner is dropping it.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}

/// Makes sure that a file has room on the disk for `count` words from word `from` on: a store to a mapped word without would
/// kill the process.
#[cfg(target_os = "linux")]
pub fn reserve(file: &File, from: usize, count: usize) -> io::Result<()> {
    let offset = |words: usize| {
        let bytes = words.checked_mul(size_of::<u64>()).and_then(|bytes| libc::off_t::try_from(bytes).ok());
        bytes.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))
    };
    // SAFETY: an open file and two numbers.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), offset(from)?, offset(count)?) } {
        0 => Ok(()),
        failed => Err(io::Error::from_raw_os_error(failed)),
    }
}
