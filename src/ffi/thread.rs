//! A thread of the library that calls functions of the host, which may even end it (`pthread_exit`). No value with a destructor may be
//! on the stack of such a call.
#![allow(unsafe_code, reason = "threads that a function of C may end have only a C interface")]

use super::guard::caught;
use std::ffi::c_void;

/// A call of a function of the host.
#[derive(Clone, Copy)]
pub(super) struct Call {
    /// Makes the call; it has nothing to drop.
    pub make: unsafe fn(*const c_void),
    /// What it is made with; the work keeps it until it is asked for the next call.
    pub with: *const c_void,
}

/// What a thread does. Dropping it says that the thread has ended.
pub(super) trait Body: Send {
    /// Sleeps until there is a call to make; `None` when the thread is to end.
    fn next(&mut self) -> Option<Call>;
}

/// What a thread owns.
pub(super) struct Own(pub Box<dyn Body>);

impl Own {
    fn next(&mut self) -> Option<Call> {
        // A defect ends this thread, never the process.
        caught(|| Ok(self.0.next())).ok().flatten()
    }
}

#[cfg(unix)]
pub(super) use posix::Thread;
#[cfg(not(unix))]
pub(super) use standard::Thread;

#[cfg(unix)]
mod posix {
    use super::super::signals;
    use super::{Call, Own};
    use std::ffi::c_void;
    use std::mem::MaybeUninit;
    use std::ptr::null_mut;
    use std::sync::OnceLock;

    /// A thread that was started and not waited for yet.
    #[derive(Debug)]
    pub(in crate::ffi) struct Thread(libc::pthread_t);

    // SAFETY: it is a number.
    unsafe impl Send for Thread {}

    /// The key whose value of a thread is dropped when the thread ends, in whichever way.
    fn key() -> Option<libc::pthread_key_t> {
        static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();
        *KEY.get_or_init(|| {
            let mut key = 0;
            // SAFETY: the key is written before it is read.
            (unsafe { libc::pthread_key_create(&mut key, Some(left)) } == 0).then_some(key)
        })
    }

    /// Called where a function of the host has ended the thread.
    extern "C" fn left(own: *mut c_void) {
        // SAFETY: the value that `run` has set, once.
        let own = unsafe { Box::from_raw(own.cast::<Own>()) };
        let _ = super::caught(move || {
            drop(own);
            Ok(())
        });
    }

    impl Thread {
        /// Starts a thread that makes the calls of its work, with signals blocked as `signals` says.
        pub fn start(own: Own) -> std::io::Result<Thread> {
            let own: *mut Own = Box::into_raw(Box::new(own));
            let Some(_) = key() else {
                // SAFETY: just made, and given to no thread.
                drop(unsafe { Box::from_raw(own) });
                return Err(std::io::Error::from_raw_os_error(libc::EAGAIN));
            };
            let mut thread = MaybeUninit::uninit();
            let run: extern "C-unwind" fn(*mut c_void) -> *mut c_void = run;
            // SAFETY: the two kinds of function are called alike; the new thread owns what it gets.
            let failed = unsafe {
                let run = std::mem::transmute::<
                    extern "C-unwind" fn(*mut c_void) -> *mut c_void,
                    extern "C" fn(*mut c_void) -> *mut c_void,
                >(run);
                signals::blocked(|| libc::pthread_create(thread.as_mut_ptr(), std::ptr::null(), run, own.cast()))
            };
            if failed != 0 {
                // SAFETY: no thread has got it.
                drop(unsafe { Box::from_raw(own) });
                return Err(std::io::Error::from_raw_os_error(failed));
            }
            // SAFETY: written by the call that succeeded.
            Ok(Thread(unsafe { thread.assume_init() }))
        }

        /// Whether this is the thread that asks.
        pub fn is_current(&self) -> bool {
            // SAFETY: only compares.
            unsafe { libc::pthread_equal(self.0, libc::pthread_self()) != 0 }
        }

        /// Waits until it has ended.
        pub fn join(self) {
            // SAFETY: neither waited for nor let go before.
            unsafe { libc::pthread_join(self.0, null_mut()) };
        }

        /// Lets it end by itself.
        pub fn let_go(self) {
            // SAFETY: as above.
            unsafe { libc::pthread_detach(self.0) };
        }
    }

    extern "C-unwind" fn run(own: *mut c_void) -> *mut c_void {
        begin(own);
        while let Some(Call { make, with }) = next(own) {
            // SAFETY: as the work says; nothing on this stack has a destructor, so the function may end the thread.
            unsafe { make(with) };
        }
        end(own);
        null_mut()
    }

    fn begin(own: *mut c_void) {
        if let Some(key) = key() {
            // SAFETY: a key that was made.
            unsafe { libc::pthread_setspecific(key, own) };
        }
        #[cfg(target_os = "linux")]
        // SAFETY: the name of this thread, at most 15 bytes.
        unsafe {
            libc::prctl(libc::PR_SET_NAME, c"linewarden".as_ptr())
        };
    }

    fn next(own: *mut c_void) -> Option<Call> {
        // SAFETY: this thread owns it until it ends.
        unsafe { own.cast::<Own>().as_mut() }.and_then(Own::next)
    }

    fn end(own: *mut c_void) {
        if let Some(key) = key() {
            // SAFETY: a key that was made; from here on the thread's end drops nothing.
            unsafe { libc::pthread_setspecific(key, null_mut()) };
        }
        left(own);
    }
}

/// Other systems have no function that ends a thread in the middle and keeps the process.
#[cfg(not(unix))]
mod standard {
    use super::{Call, Own};
    use std::thread::{self, JoinHandle};

    #[derive(Debug)]
    pub(in crate::ffi) struct Thread(JoinHandle<()>);

    impl Thread {
        pub fn start(mut own: Own) -> std::io::Result<Thread> {
            let run = move || {
                while let Some(Call { make, with }) = own.next() {
                    // SAFETY: as the work says.
                    unsafe { make(with) };
                }
            };
            thread::Builder::new().name("linewarden".into()).spawn(run).map(Thread)
        }

        pub fn is_current(&self) -> bool {
            self.0.thread().id() == thread::current().id()
        }

        pub fn join(self) {
            let _ = self.0.join();
        }

        pub fn let_go(self) {}
    }
}
