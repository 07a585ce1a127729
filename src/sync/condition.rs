//! Waiting for a word where the system wakes threads of one process only: one condition for all that wait. A change that another process
//! makes is seen when a thread looks again, so none may sleep on a word of a file for long.
#![forbid(unsafe_code)]

use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// What all threads sleep on.
static WOKEN: (parking_lot::Mutex<()>, parking_lot::Condvar) =
    (parking_lot::Mutex::new(()), parking_lot::Condvar::new());

/// Waits until the word is no longer `seen`, at most `patience`; may return early.
pub fn wait(word: &AtomicU64, seen: u64, patience: Duration) {
    let mut held = WOKEN.0.lock();
    // The waking thread takes the lock after storing the word, so not between this load and the sleep.
    if word.load(std::sync::atomic::Ordering::Acquire) == seen {
        let _ = WOKEN.1.wait_for(&mut held, patience);
    }
}

/// Wakes all threads that wait for a word.
pub fn wake(_word: &AtomicU64) {
    drop(WOKEN.0.lock());
    WOKEN.1.notify_all();
}
