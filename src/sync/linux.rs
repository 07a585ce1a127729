//! Lock and wait on Linux: a robust mutex in the shared words, which a dead owner leaves, and the kernel's futex on a word.
#![allow(unsafe_code, reason = "a shared mutex, the futex and the signal mask of a thread have only a C interface")]

use super::LOCK_WORDS;
use crate::error::{Error, ErrorKind, Result};
use crate::memory::Words;
use std::fs::File;
use std::mem::{MaybeUninit, size_of};
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// So long a thread sleeps at most on a word of a file: once the file was made shorter it can be woken no more.
pub const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// The lock, held. It cannot leave its thread.
#[derive(Debug)]
pub struct Held<'a> {
    mutex: Words,
    _thread: std::marker::PhantomData<(*const (), &'a ())>,
}

const _: () = assert!(size_of::<libc::pthread_mutex_t>() <= LOCK_WORDS * size_of::<AtomicU64>());

fn mutex(words: &Words) -> Result<*mut libc::pthread_mutex_t> {
    match words.first() {
        Some(first) if words.len() >= LOCK_WORDS => Ok(first.as_ptr().cast()),
        _ => Err(Error::new(ErrorKind::Internal, "a lock without words")),
    }
}

/// Makes these words a lock that is free. They must not be in use.
pub fn initialise(words: Words) -> Result<()> {
    let mutex = mutex(&words)?;
    let mut attributes = MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
    // SAFETY: the attributes are initialised before they are used and destroyed after; the words are big enough for a mutex
    // and, as the caller promises, not in use.
    let failed = unsafe {
        libc::pthread_mutexattr_init(attributes.as_mut_ptr())
            | libc::pthread_mutexattr_setpshared(attributes.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED)
            | libc::pthread_mutexattr_setrobust(attributes.as_mut_ptr(), libc::PTHREAD_MUTEX_ROBUST)
            | libc::pthread_mutex_init(mutex, attributes.as_ptr())
            | libc::pthread_mutexattr_destroy(attributes.as_mut_ptr())
    };
    if failed == 0 { Ok(()) } else { Err(Error::new(ErrorKind::Internal, "no lock between processes")) }
}

/// Waits for the lock. An owner that died has left it; what it left half done is for the new owner to find.
///
/// # Errors
/// `File` when it was held for longer than `patience`.
pub fn lock<'a>(words: Words, _: &'a File, patience: Duration) -> Result<Held<'a>> {
    let mutex = mutex(&words)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let until = timespec(now.saturating_add(patience));
    // SAFETY: the words hold a mutex that `initialise` made.
    let mut state = unsafe { libc::pthread_mutex_timedlock(mutex, &until) };
    if state == libc::EOWNERDEAD {
        // SAFETY: this thread holds the mutex now.
        state = unsafe { libc::pthread_mutex_consistent(mutex) };
    }
    match state {
        0 => Ok(Held { mutex: words, _thread: std::marker::PhantomData }),
        libc::ETIMEDOUT => Err(Error::new(
            ErrorKind::File,
            format!("another program has been changing the store for more than {patience:?}; try again"),
        )),
        other => {
            let why = std::io::Error::from_raw_os_error(other);
            Err(Error::new(ErrorKind::Internal, format!("the lock between processes: {why}")))
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Ok(mutex) = mutex(&self.mutex) {
            // SAFETY: this thread holds the mutex: a `Held` is made by its locking and cannot leave the thread.
            unsafe { libc::pthread_mutex_unlock(mutex) };
        }
    }
}

/// Waits until the word is no longer `seen`, at most `patience`; may return early.
pub fn wait(word: &AtomicU64, seen: u64, patience: Duration) {
    let time = timespec(patience);
    // SAFETY: the kernel reads the low half of a live word and the time; it writes nothing.
    unsafe { libc::syscall(libc::SYS_futex, low_half(word), libc::FUTEX_WAIT, seen as u32, &time, 0, 0) };
}

/// Wakes all threads that wait for the word, in every process.
pub fn wake(word: &AtomicU64) {
    // SAFETY: the address is only a name for the kernel here.
    unsafe { libc::syscall(libc::SYS_futex, low_half(word), libc::FUTEX_WAKE, i32::MAX, 0, 0, 0) };
}

/// Runs `work`. A write beyond the limit of file sizes (`ulimit -f`) is an error of that write meanwhile; the signal that would end the
/// process is taken back.
pub fn without_size_signal<T>(work: impl FnOnce() -> T) -> T {
    struct Restore {
        size: libc::sigset_t,
        before: libc::sigset_t,
        was_pending: bool,
    }

    impl Drop for Restore {
        fn drop(&mut self) {
            let now = timespec(Duration::ZERO);
            // SAFETY: initialised sets; the signal is blocked in this thread, and only its mask is changed.
            unsafe {
                while !self.was_pending && libc::sigtimedwait(&self.size, std::ptr::null_mut(), &now) > 0 {}
                libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut());
            }
        }
    }

    let mut sets = [MaybeUninit::<libc::sigset_t>::zeroed(); 3];
    let [size, before, pending] = &mut sets;
    // SAFETY: a zeroed set is a set, and each is written before it is read; only the mask of this thread is changed.
    let restore = unsafe {
        libc::sigemptyset(size.as_mut_ptr());
        libc::sigaddset(size.as_mut_ptr(), libc::SIGXFSZ);
        libc::pthread_sigmask(libc::SIG_BLOCK, size.as_ptr(), before.as_mut_ptr());
        libc::sigpending(pending.as_mut_ptr());
        let was_pending = libc::sigismember(pending.as_ptr(), libc::SIGXFSZ) == 1;
        Restore { size: size.assume_init(), before: before.assume_init(), was_pending }
    };
    let done = work();
    drop(restore);
    done
}

fn timespec(time: Duration) -> libc::timespec {
    let seconds = libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX);
    libc::timespec { tv_sec: seconds, tv_nsec: time.subsec_nanos().into() }
}

/// The half of a word that a futex looks at.
fn low_half(word: &AtomicU64) -> *mut u32 {
    let halves: *mut u32 = word.as_ptr().cast();
    if cfg!(target_endian = "big") { halves.wrapping_add(1) } else { halves }
}
