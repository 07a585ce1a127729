//! Cross-process robust mutex and futex wait: a lock whose owner may die, and waiting for a word to change; and writing without the
//! signal that ends a process at its limit of file sizes.
//!
//! Lock and wait live in words of a mapping that the processes share. Readers of rights need none of these.

#[cfg(target_os = "linux")]
use crate::error::{Error, ErrorKind, Result};
#[cfg(target_os = "linux")]
use crate::memory::Words;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Words that a lock takes.
pub const LOCK_WORDS: usize = 16;

/// The lock, held. It cannot leave its thread.
#[derive(Debug)]
pub struct Held<'a> {
    #[cfg(target_os = "linux")]
    mutex: Words,
    _thread: std::marker::PhantomData<(*const (), &'a ())>,
}

#[cfg(target_os = "linux")]
mod lock {
    use super::*;
    use std::mem::{MaybeUninit, size_of};
    use std::time::{SystemTime, UNIX_EPOCH};

    const _: () = assert!(size_of::<libc::pthread_mutex_t>() <= LOCK_WORDS * size_of::<AtomicU64>());

    fn mutex(words: &Words) -> Result<*mut libc::pthread_mutex_t> {
        match words.first() {
            Some(first) if words.len() >= LOCK_WORDS => Ok(first.as_ptr().cast()),
            _ => Err(Error::new(ErrorKind::Internal, "a lock without words")),
        }
    }

    /// Makes these words a lock that is free. They must not be in use.
    #[allow(unsafe_code, reason = "a mutex that processes share has only a C interface")]
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
    #[allow(unsafe_code, reason = "a mutex that processes share has only a C interface")]
    pub fn lock<'a>(words: Words, patience: Duration) -> Result<Held<'a>> {
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
        #[allow(unsafe_code, reason = "a mutex that processes share has only a C interface")]
        fn drop(&mut self) {
            if let Ok(mutex) = mutex(&self.mutex) {
                // SAFETY: this thread holds the mutex: a `Held` is made by its locking and cannot leave the thread.
                unsafe { libc::pthread_mutex_unlock(mutex) };
            }
        }
    }
}

#[cfg(target_os = "linux")]
pub use lock::{initialise, lock};

/// Waits until the word is no longer `seen`, at most `patience`; may return early.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "futex")]
pub fn wait(word: &AtomicU64, seen: u64, patience: Duration) {
    let time = timespec(patience);
    // SAFETY: the kernel reads the low half of a live word and the time; it writes nothing.
    unsafe { libc::syscall(libc::SYS_futex, low_half(word), libc::FUTEX_WAIT, seen as u32, &time, 0, 0) };
}

/// Wakes all threads that wait for the word, in every process.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "futex")]
pub fn wake(word: &AtomicU64) {
    // SAFETY: the address is only a name for the kernel here.
    unsafe { libc::syscall(libc::SYS_futex, low_half(word), libc::FUTEX_WAKE, i32::MAX, 0, 0, 0) };
}

/// Runs `work`. A write beyond the limit of file sizes (`ulimit -f`) is an error of that write meanwhile; the signal that would end the
/// process is taken back.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "the signal mask of this thread has only a C interface")]
pub fn without_size_signal<T>(work: impl FnOnce() -> T) -> T {
    use std::mem::MaybeUninit;

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

#[cfg(target_os = "linux")]
fn timespec(time: Duration) -> libc::timespec {
    let seconds = libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX);
    libc::timespec { tv_sec: seconds, tv_nsec: time.subsec_nanos().into() }
}

/// The half of a word that a futex looks at.
#[cfg(target_os = "linux")]
fn low_half(word: &AtomicU64) -> *mut u32 {
    let halves: *mut u32 = word.as_ptr().cast();
    if cfg!(target_endian = "big") { halves.wrapping_add(1) } else { halves }
}

/// Where processes share nothing, all threads that wait share one condition.
#[cfg(not(target_os = "linux"))]
static WOKEN: (parking_lot::Mutex<()>, parking_lot::Condvar) =
    (parking_lot::Mutex::new(()), parking_lot::Condvar::new());

/// Waits until the word is no longer `seen`, at most `patience`; may return early.
#[cfg(not(target_os = "linux"))]
pub fn wait(word: &AtomicU64, seen: u64, patience: Duration) {
    let mut held = WOKEN.0.lock();
    // The waking thread takes the lock after storing the word, so not between this load and the sleep.
    if word.load(std::sync::atomic::Ordering::Acquire) == seen {
        let _ = WOKEN.1.wait_for(&mut held, patience);
    }
}

/// Wakes all threads that wait for a word.
#[cfg(not(target_os = "linux"))]
pub fn wake(_word: &AtomicU64) {
    drop(WOKEN.0.lock());
    WOKEN.1.notify_all();
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::SeqCst;

    #[test]
    fn one_holds_it_at_a_time() {
        let words = Words::zeroed(LOCK_WORDS + 1).unwrap();
        initialise(words.clone()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let _held = lock(words.clone(), Duration::from_secs(60)).unwrap();
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
        let _held = lock(words.clone(), Duration::from_secs(60)).unwrap();
        let failed = std::thread::scope(|scope| {
            scope
                .spawn(|| lock(words.clone(), Duration::from_millis(10)).map(|_| ()).unwrap_err().kind())
                .join()
                .unwrap()
        });
        assert_eq!(failed, ErrorKind::File);
    }

    #[test]
    fn a_dead_owner_leaves_it() {
        let words = Words::zeroed(LOCK_WORDS).unwrap();
        initialise(words.clone()).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| std::mem::forget(lock(words.clone(), Duration::from_secs(60)).unwrap())).join().unwrap();
        });
        drop(lock(words.clone(), Duration::from_secs(60)).unwrap());
        drop(lock(words.clone(), Duration::from_secs(60)).unwrap());
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
