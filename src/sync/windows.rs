//! The lock between processes on Windows: a byte of the image file, which the system releases when a process ends.
//!
//! What Linux can do and this cannot: a thread that is ended in the middle of a change, while its process goes on, keeps the lock until
//! the engine is closed. Others wait for it in vain meanwhile, and readers have the old answers.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind, Result};
use crate::memory::Words;
use crate::win32;
use std::fs::File;
use std::thread;
use std::time::{Duration, Instant};

/// So long a thread sleeps at most on a word of a file: another process does not wake it.
pub const LONGEST_SLEEP: Duration = Duration::from_millis(20);

/// How often the lock is tried without a pause, and how long a pause is after that.
const SPINS: u32 = 20;
const RETRY: Duration = Duration::from_millis(1);

/// The lock, held. It cannot leave its thread.
#[derive(Debug)]
pub struct Held<'a> {
    file: &'a File,
    _thread: std::marker::PhantomData<*const ()>,
}

/// The lock needs no words here.
pub fn initialise(_: Words) -> Result<()> {
    Ok(())
}

/// Waits for the lock. An owner that died has left it; what it left half done is for the new owner to find.
///
/// # Errors
/// `File` when it was held for longer than `patience`.
pub fn lock(_: Words, file: &File, patience: Duration) -> Result<Held<'_>> {
    let until = Instant::now() + patience;
    for tries in 0.. {
        let locked = win32::lock(file, win32::WRITER, false).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("the lock between processes: {error}")).caused_by(error)
        })?;
        if locked {
            return Ok(Held { file, _thread: std::marker::PhantomData });
        }
        if Instant::now() >= until {
            break;
        }
        if tries < SPINS { thread::yield_now() } else { thread::sleep(RETRY) }
    }
    let message = format!("another program has been changing the store for more than {patience:?}; try again");
    Err(Error::new(ErrorKind::File, message))
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let _ = win32::unlock(self.file, win32::WRITER);
    }
}

/// Runs `work`: there is no such signal here.
pub fn without_size_signal<T>(work: impl FnOnce() -> T) -> T {
    work()
}
