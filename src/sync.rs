//! A lock of processes whose owner may die, and waiting for a word to change; and writing without the signal that ends a process at its
//! limit of file sizes. What the system does for it is in `system`.
//!
//! Lock and wait belong to a mapping that the processes share. Readers of rights need none of these.

#[cfg(not(target_os = "linux"))]
mod condition;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(windows)]
use windows as system;

#[cfg(not(target_os = "linux"))]
pub use condition::{wait, wake};
#[cfg(any(target_os = "linux", windows))]
pub use system::{Held, LONGEST_SLEEP, initialise, lock, without_size_signal};
#[cfg(target_os = "linux")]
pub use system::{wait, wake};

/// Words that a lock takes.
pub const LOCK_WORDS: usize = 16;

#[cfg(all(test, any(target_os = "linux", windows)))]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::memory::Words;
    use std::sync::atomic::AtomicU64;
    use std::sync::atomic::Ordering::SeqCst;
    use std::time::Duration;

    #[test]
    fn one_holds_it_at_a_time() {
        let words = Words::zeroed(LOCK_WORDS + 1).unwrap();
        initialise(words.clone()).unwrap();
        let file = tempfile::tempfile().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let _held = lock(words.clone(), &file, Duration::from_secs(60)).unwrap();
                        let seen = words[LOCK_WORDS].load(SeqCst);
                        std::hint::spin_loop();
                        words[LOCK_WORDS].store(seen + 1, SeqCst);
                    }
                });
            }
        });
        assert_eq!(words[LOCK_WORDS].load(SeqCst), 4000);
    }

    #[test]
    fn a_wait_that_takes_too_long_fails() {
        let words = Words::zeroed(LOCK_WORDS).unwrap();
        initialise(words.clone()).unwrap();
        let file = tempfile::tempfile().unwrap();
        let _held = lock(words.clone(), &file, Duration::from_secs(60)).unwrap();
        let failed = std::thread::scope(|scope| {
            scope
                .spawn(|| lock(words.clone(), &file, Duration::from_millis(10)).map(|_| ()).unwrap_err().kind())
                .join()
                .unwrap()
        });
        assert_eq!(failed, ErrorKind::File);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_dead_owner_leaves_it() {
        // A static one, as the lock that its owner leaves keeps the words for ever: so they are no leak.
        static WORDS: std::sync::OnceLock<Words> = std::sync::OnceLock::new();
        let words = WORDS.get_or_init(|| Words::zeroed(LOCK_WORDS).unwrap());
        initialise(words.clone()).unwrap();
        let file = tempfile::tempfile().unwrap();
        std::thread::scope(|scope| {
            scope
                .spawn(|| std::mem::forget(lock(words.clone(), &file, Duration::from_secs(60)).unwrap()))
                .join()
                .unwrap();
        });
        drop(lock(words.clone(), &file, Duration::from_secs(60)).unwrap());
        drop(lock(words.clone(), &file, Duration::from_secs(60)).unwrap());
    }

    #[test]
    fn waiting_ends_when_the_word_changes() {
        let word = AtomicU64::new(7);
        wait(&word, 8, Duration::from_secs(60));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while word.load(SeqCst) == 7 {
                    wait(&word, 7, Duration::from_secs(60));
                }
            });
            std::thread::sleep(Duration::from_millis(20));
            word.store(8, SeqCst);
            wake(&word);
        });
    }
}
