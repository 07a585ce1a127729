//! Starts threads of the library with all signals blocked but SIGBUS, so that the host's signals go to the host's own threads. It must
//! leave the signal mask of the calling thread as it was, and never change that of another thread.
#![allow(unsafe_code, reason = "the signal mask is set through libc")]

/// Calls `start` while all signals but SIGBUS are blocked in this thread. A thread that `start` creates inherits the mask. The system ends
/// a process whose thread blocks SIGBUS and reads a mapped file that was made shorter, whatever handler there is.
pub(super) fn blocked<T>(start: impl FnOnce() -> T) -> T {
    use std::mem::MaybeUninit;
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are written before they are read; only the mask of this thread is changed.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::sigdelset(all.as_mut_ptr(), libc::SIGBUS);
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        let started = start();
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut());
        started
    }
}
