//! The memory an image lies in: words that many threads, and with a file behind them many processes, read while one writes.
//!
//! What the system does for it is in `system`, which is unix.rs or windows.rs. One of the few files outside `ffi` with `unsafe` in it
//! (`tests/floors.rs` lists them). Every access is an atomic load or store, or one
//! instruction of `simd` that stands for two loads, so a reader that races with the writer gets an old or a new word, never undefined
//! behaviour; what a torn set of words means is for the caller to rule out.

#[cfg(target_os = "linux")]
mod bus;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(target_os = "linux")]
pub use bus::survive;
#[cfg(any(target_os = "linux", windows))]
pub use system::reserve;
#[cfg(windows)]
pub use system::survive;

use crate::error::{Error, ErrorKind, Result};
use std::ops::{Deref, Range};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use system::Pages;

/// Words of a mapping, or of a part of one. The mapping is returned to the system when its last owner is dropped.
#[derive(Clone, Debug)]
pub struct Words {
    start: NonNull<AtomicU64>,
    count: usize,
    /// Keeps the words mapped.
    _mapping: Arc<Pages>,
}

/// What the words of a mapping say when its file is gone: first zeros, then one number. All zeros where the number is 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gone {
    /// How many words are zero.
    pub zeros: usize,
    /// What the others are.
    pub number: u64,
}

/// SAFETY: the mapping is freed by its last owner alone, and every access to it through a shared reference is atomic.
#[allow(unsafe_code, reason = "owned memory, accessed atomically")]
unsafe impl Send for Words {}
/// SAFETY: as above.
#[allow(unsafe_code, reason = "owned memory, accessed atomically")]
unsafe impl Sync for Words {}
/// SAFETY: it is only a range, unmapped once.
#[allow(unsafe_code, reason = "owned memory, accessed atomically")]
unsafe impl Send for Pages {}
/// SAFETY: as above.
#[allow(unsafe_code, reason = "owned memory, accessed atomically")]
unsafe impl Sync for Pages {}

/// Blocks of at least this size ask for huge pages: fewer misses in the address translation of a random access.
const HUGE_PAGE_BYTES: usize = 2 << 20;
/// What file offsets and sizes are multiples of: the biggest page size of the processors we run on.
pub const PAGE_WORDS: usize = (64 << 10) / size_of::<AtomicU64>();

impl Words {
    /// At least `count` zero words of this process. Pages that are never written take no memory.
    pub fn zeroed(count: usize) -> Result<Words> {
        let bytes = bytes_of(count.max(1))?;
        let huge = bytes >= HUGE_PAGE_BYTES;
        let bytes = bytes.checked_next_multiple_of(if huge { HUGE_PAGE_BYTES } else { 4096 }).ok_or_else(too_big)?;
        Ok(Words::over(Pages::zeroed(bytes, huge).ok_or_else(too_big)?))
    }

    /// `count` words of a file, from word `from` on, shared with every process that maps them; both are multiples of
    /// [`PAGE_WORDS`]. The file must be that long. If it becomes shorter, the process is killed when it reads them, or reads zeros
    /// where [`survive`] was called; Windows lets no file become shorter that is mapped. Words of a mapping that is not `writable` must
    /// not be stored to: the process would be killed.
    ///
    /// # Errors
    /// `File` when the system does not map it.
    pub fn of_file(file: &std::fs::File, from: usize, count: usize, writable: bool) -> Result<Words> {
        Words::of_file_or(Gone::default(), file, from, count, writable)
    }

    /// The same, where words of a file that became shorter read as `gone`.
    ///
    /// # Errors
    /// As there.
    pub fn of_file_or(gone: Gone, file: &std::fs::File, from: usize, count: usize, writable: bool) -> Result<Words> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::File, format!("the image file cannot be mapped: {error}")).caused_by(error)
        };
        let (from, bytes) = (bytes_of(from)?, bytes_of(count)?);
        Ok(Words::over(Pages::of_file(file, from, bytes, writable, gone).map_err(failed)?))
    }

    fn over(pages: Pages) -> Words {
        let count = pages.bytes / size_of::<AtomicU64>();
        Words { start: pages.start.cast(), count, _mapping: Arc::new(pages) }
    }

    /// Some of these words; none where the range is not all there.
    #[allow(unsafe_code, reason = "a pointer into the own mapping")]
    pub fn part(&self, range: Range<usize>) -> Words {
        let (from, count) = if range.start <= range.end && range.end <= self.count {
            (range.start, range.end - range.start)
        } else {
            (0, 0)
        };
        // SAFETY: `from` is at most `count` words behind the start of the mapping that holds them.
        let start = unsafe { self.start.add(from) };
        Words { start, count, _mapping: self._mapping.clone() }
    }
}

/// Exactly `N` words: a fixed place among them needs no bounds check.
#[derive(Clone, Debug)]
pub struct FixedWords<const N: usize>(Words);

impl<const N: usize> FixedWords<N> {
    /// The first `N` of these words; `None` where there are fewer.
    pub fn new(words: &Words) -> Option<FixedWords<N>> {
        (words.len() >= N).then(|| FixedWords(words.part(0..N)))
    }

    /// Some of these words; none where the range is not all there.
    pub fn part(&self, range: Range<usize>) -> Words {
        self.0.part(range)
    }
}

impl<const N: usize> Deref for FixedWords<N> {
    type Target = [AtomicU64; N];

    #[inline(always)]
    #[allow(unsafe_code, reason = "a slice whose length was checked when this value was made")]
    fn deref(&self) -> &[AtomicU64; N] {
        // SAFETY: `new` has made sure that `start` points to `N` words, which stay as for `Words`.
        unsafe { self.0.start.cast().as_ref() }
    }
}

fn bytes_of(words: usize) -> Result<usize> {
    words.checked_mul(size_of::<AtomicU64>()).ok_or_else(too_big)
}

fn too_big() -> Error {
    Error::new(ErrorKind::Limit, "not enough memory for the image")
}

impl Deref for Words {
    type Target = [AtomicU64];

    #[inline]
    #[allow(unsafe_code, reason = "the one place where a mapping becomes a slice")]
    fn deref(&self) -> &[AtomicU64] {
        // SAFETY: `start` points to `count` words of a mapping that stays until this value is dropped; any bits are a valid
        // AtomicU64.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.count) }
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

    #[test]
    fn parts_are_the_same_words() {
        let words = Words::zeroed(100).unwrap();
        let part = words.part(10..20);
        assert_eq!(part.len(), 10);
        words[12].store(9, Relaxed);
        drop(words);
        assert_eq!(part[2].load(Relaxed), 9);
        assert_eq!(part.part(5..11).len(), 0);
    }

    #[test]
    fn words_of_a_file_are_shared() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(3 * PAGE_WORDS as u64 * 8).unwrap();
        let one = Words::of_file(&file, 0, 3 * PAGE_WORDS, true).unwrap();
        let other = Words::of_file(&file, PAGE_WORDS, PAGE_WORDS, false).unwrap();
        one[PAGE_WORDS + 7].store(5, Relaxed);
        assert_eq!(other[7].load(Relaxed), 5);
        assert!(Words::of_file(&file, 1, 1, false).is_err());
    }

    /// All mappings of the file, but none of another one, whichever of them is read first; and again after the memory was used anew.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_was_made_shorter_reads_as_gone() {
        survive().unwrap();
        survive().unwrap();
        let new = || {
            let file = tempfile::tempfile().unwrap();
            file.set_len(3 * PAGE_WORDS as u64 * 8).unwrap();
            let first = Words::of_file_or(Gone { zeros: 10, number: 7 }, &file, 0, PAGE_WORDS, true).unwrap();
            let rest = Words::of_file(&file, PAGE_WORDS, 2 * PAGE_WORDS, true).unwrap();
            first.iter().chain(rest.iter()).for_each(|word| word.store(1, Relaxed));
            (file, first, rest)
        };
        for left in [0, 4096, PAGE_WORDS as u64 * 8] {
            let ((file, first, rest), (_other, untouched, _)) = (new(), new());
            file.set_len(left).unwrap();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    // What is read last is what says that the file is gone.
                    let read = || (rest[PAGE_WORDS].load(Relaxed), first[PAGE_WORDS - 1].load(Relaxed));
                    scope.spawn(move || assert_eq!(read(), (0, 7), "{left} bytes are left"));
                }
            });
            assert_eq!((first[9].load(Relaxed), first[10].load(Relaxed)), (0, 7));
            assert!(rest.iter().all(|word| word.load(Relaxed) == 0));
            rest[5].store(3, Relaxed);
            assert_eq!((rest[5].load(Relaxed), untouched[0].load(Relaxed)), (3, 1));
        }
    }
}
