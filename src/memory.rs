//! The memory an image lies in: zeroed words that many threads read while one writes.
//!
//! This is the one file outside `ffi` with `unsafe` in it. Every access is an atomic load or store, so a reader that races with
//! the writer gets an old or a new word, never undefined behaviour; what a torn set of words means is for the caller to rule out.

use crate::error::{Error, ErrorKind, Result};
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

/// A block of words, zero at first, page-aligned, returned to the system when dropped.
#[derive(Debug)]
pub struct Words {
    start: NonNull<AtomicU64>,
    count: usize,
}

/// SAFETY: the block is owned by this value alone, and every access to it through a shared reference is atomic.
#[allow(unsafe_code, reason = "owned memory, accessed atomically")]
unsafe impl Send for Words {}
/// SAFETY: as above.
#[allow(unsafe_code, reason = "owned memory, accessed atomically")]
unsafe impl Sync for Words {}

/// Blocks of at least this size ask for huge pages: fewer misses in the address translation of a random access.
const HUGE_PAGE_BYTES: usize = 2 << 20;

impl Words {
    /// A block of at least `count` words. Pages that are never touched take no memory.
    pub fn zeroed(count: usize) -> Result<Words> {
        let bytes = count.max(1).checked_mul(size_of::<AtomicU64>()).ok_or_else(too_big)?;
        let huge = bytes >= HUGE_PAGE_BYTES;
        let bytes = bytes.checked_next_multiple_of(if huge { HUGE_PAGE_BYTES } else { 4096 }).ok_or_else(too_big)?;
        let start = pages::map(bytes, huge).ok_or_else(too_big)?.cast::<AtomicU64>();
        Ok(Words { start, count: bytes / size_of::<AtomicU64>() })
    }
}

/// Zeroed pages from the system.
#[cfg(unix)]
mod pages {
    use std::ptr::NonNull;

    #[allow(unsafe_code, reason = "mmap and madvise")]
    pub fn map(bytes: usize, huge: bool) -> Option<NonNull<u8>> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: an anonymous private mapping at an address of the kernel's choice touches no memory of ours.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return None;
        }
        if huge {
            // SAFETY: the range is the mapping just made. Advice only: where it is not taken, pages stay small.
            unsafe { libc::madvise(start, bytes, libc::MADV_HUGEPAGE) };
        }
        NonNull::new(start.cast())
    }

    /// # Safety
    /// `start` and `bytes` are those of a `map`, and nobody looks at the pages any more.
    #[allow(unsafe_code, reason = "munmap")]
    pub unsafe fn unmap(start: NonNull<u8>, bytes: usize) {
        // SAFETY: as the caller promises.
        unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
    }
}

/// Zeroed pages from the system. Huge pages need a privilege there, so nobody asks for them.
#[cfg(windows)]
mod pages {
    use std::ffi::c_void;
    use std::ptr::NonNull;

    const MEM_COMMIT: u32 = 0x1000;
    const MEM_RESERVE: u32 = 0x2000;
    const MEM_RELEASE: u32 = 0x8000;
    const PAGE_READWRITE: u32 = 0x04;

    #[allow(unsafe_code, reason = "declares VirtualAlloc and VirtualFree")]
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn VirtualAlloc(address: *mut c_void, bytes: usize, kind: u32, protection: u32) -> *mut c_void;
        fn VirtualFree(address: *mut c_void, bytes: usize, kind: u32) -> i32;
    }

    #[allow(unsafe_code, reason = "VirtualAlloc")]
    pub fn map(bytes: usize, _huge: bool) -> Option<NonNull<u8>> {
        // SAFETY: new pages at an address of the system's choice touch no memory of ours.
        let start = unsafe { VirtualAlloc(std::ptr::null_mut(), bytes, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE) };
        NonNull::new(start.cast())
    }

    /// # Safety
    /// `start` is that of a `map`, and nobody looks at the pages any more.
    #[allow(unsafe_code, reason = "VirtualFree")]
    pub unsafe fn unmap(start: NonNull<u8>, _bytes: usize) {
        // SAFETY: as the caller promises; a release takes the whole of what was reserved and wants 0 for its size.
        unsafe { VirtualFree(start.as_ptr().cast(), 0, MEM_RELEASE) };
    }
}

fn too_big() -> Error {
    Error::new(ErrorKind::Limit, "not enough memory for the image")
}

impl Deref for Words {
    type Target = [AtomicU64];

    #[inline]
    #[allow(unsafe_code, reason = "the one place where the block becomes a slice")]
    fn deref(&self) -> &[AtomicU64] {
        // SAFETY: `start` points to `count` words that were mapped zeroed, which is a valid AtomicU64, and stay mapped until drop.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.count) }
    }
}

impl Drop for Words {
    #[allow(unsafe_code, reason = "gives the pages back")]
    fn drop(&mut self) {
        // SAFETY: exactly the range that `zeroed` mapped; `drop` has the only reference.
        unsafe { pages::unmap(self.start.cast(), self.count * size_of::<AtomicU64>()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::Relaxed;

    #[test]
    fn words_are_zero_and_keep_what_is_stored() {
        for count in [0, 1, 600_000] {
            let words = Words::zeroed(count).unwrap();
            assert!(words.len() >= count.max(1));
            let last = &words[words.len() - 1];
            assert_eq!(last.load(Relaxed), 0);
            last.store(7, Relaxed);
            assert_eq!(last.load(Relaxed), 7);
        }
    }
}
