//! Pages from Windows: zeroed ones, and those of a file. A store to a page of a file without room on the disk would end the process:
//! [`reserve`] comes first. The system lets no file that is mapped become shorter.
#![allow(unsafe_code, reason = "VirtualAlloc, MapViewOfFile and what goes with them")]

use super::Gone;
use crate::error::Result;
use std::fs::File;
use std::io;
use std::os::windows::fs::FileExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::{NonNull, null, null_mut};
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_READ, FILE_MAP_WRITE, MEM_COMMIT, MEM_RELEASE, MEM_RESERVE,
    MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFile, PAGE_READONLY, PAGE_READWRITE, UnmapViewOfFile, VirtualAlloc,
    VirtualFree,
};

/// Pages, page-aligned. Dropping them gives them back.
#[derive(Debug)]
pub struct Pages {
    /// The first byte.
    pub start: NonNull<u8>,
    /// How many there are.
    pub bytes: usize,
    of_file: bool,
}

impl Pages {
    /// Zeroed pages of this process. Huge ones need a privilege here, so they are not asked for.
    pub fn zeroed(bytes: usize, _huge: bool) -> Option<Pages> {
        // SAFETY: new pages at an address of the system's choice touch no memory of ours.
        let start = unsafe { VirtualAlloc(null_mut(), bytes, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE) };
        Some(Pages { start: NonNull::new(start.cast())?, bytes, of_file: false })
    }

    /// Pages of a file from byte `from` on, shared with every process that maps them.
    pub fn of_file(file: &File, from: usize, bytes: usize, writable: bool, _: Gone) -> io::Result<Pages> {
        let (protection, access) =
            if writable { (PAGE_READWRITE, FILE_MAP_READ | FILE_MAP_WRITE) } else { (PAGE_READONLY, FILE_MAP_READ) };
        // SAFETY: an open file; a section of its whole length, without a name and with the usual rights.
        let section = unsafe { CreateFileMappingW(file.as_raw_handle(), null(), protection, 0, 0, null()) };
        if section.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just made, and owned by no one else. The view keeps what it needs of it.
        let section = unsafe { OwnedHandle::from_raw_handle(section) };
        let from = from as u64;
        // SAFETY: a view at an address of the system's choice touches no memory of ours. It fails beyond the section's end.
        let view = unsafe { MapViewOfFile(section.as_raw_handle(), access, (from >> 32) as u32, from as u32, bytes) };
        match NonNull::new(view.Value.cast()) {
            Some(start) => Ok(Pages { start, bytes, of_file: true }),
            None => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let start = self.start.as_ptr().cast();
        // SAFETY: what `zeroed` or `of_file` has made; the last owner is dropping it. A release takes the whole and wants 0 for its size.
        unsafe {
            match self.of_file {
                true => UnmapViewOfFile(MEMORY_MAPPED_VIEW_ADDRESS { Value: start }),
                false => VirtualFree(start, 0, MEM_RELEASE),
            }
        };
    }
}

/// What is written at once.
const ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Makes sure that a file has room on the disk for `count` words from word `from` on, where no word may have been used. It writes zeros,
/// for a longer file alone is no room on every file system.
pub fn reserve(file: &File, from: usize, count: usize) -> io::Result<()> {
    let bytes = |words: usize| words.checked_mul(size_of::<u64>()).ok_or(io::ErrorKind::FileTooLarge);
    let (mut at, mut left) = (bytes(from)? as u64, bytes(count)?);
    while left > 0 {
        let written = file.seek_write(ZEROS.get(..left).unwrap_or(&ZEROS), at)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        at += written as u64;
        left -= written.min(left);
    }
    Ok(())
}

/// There is nothing to survive: see above.
pub fn survive() -> Result<()> {
    Ok(())
}
