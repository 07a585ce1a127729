//! The guard around the body of every C entry point: every failure inside, a panic included, becomes a refusal. The only code of an
//! entry point outside it is the pair cache lookup of `check::may`, which cannot panic.
//!
//! It must never let a panic through (C cannot be unwound), never print, and never touch the process-wide panic hook: the hook
//! belongs to the program that loaded the library.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a call is refused. Most refusals on the call path have no reader for a message, so `Plain` allocates nothing.
#[derive(Debug)]
pub(super) enum Fault {
    /// A fixed message.
    Plain(ErrorKind, &'static str),
    /// An error of the engine, with its own message.
    Error(Error),
}

/// What the body of an entry point returns to the guard.
pub(super) type Guarded<T> = Result<T, Fault>;

impl Fault {
    /// The kind, for the status code.
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Fault::Plain(kind, _) => *kind,
            Fault::Error(error) => error.kind(),
        }
    }

    /// The message, for people.
    pub(super) fn message(&self) -> &str {
        match self {
            Fault::Plain(_, message) => message,
            Fault::Error(error) => error.message(),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Error(error)
    }
}

/// The value that says no. It is zero for every type but a status, which carries the error's number.
pub(super) trait FailClosed {
    /// The refusal for this fault.
    fn fail(fault: &Fault) -> Self;
}

/// `lw_status`.
impl FailClosed for i32 {
    #[inline]
    fn fail(fault: &Fault) -> i32 {
        fault.kind() as i32
    }
}

impl<T> FailClosed for *mut T {
    #[inline]
    fn fail(_: &Fault) -> *mut T {
        std::ptr::null_mut()
    }
}

impl<T> FailClosed for *const T {
    #[inline]
    fn fail(_: &Fault) -> *const T {
        std::ptr::null()
    }
}

macro_rules! zero_refuses {
    ($($refusal:ty),*) => { $(impl FailClosed for $refusal {
        #[inline]
        fn fail(_: &Fault) -> $refusal {
            Default::default()
        }
    })* };
}
zero_refuses!(bool, u32, u64, usize, ());

/// Runs the body of an entry point; if it fails, returns the refusal of its type.
#[inline]
pub(super) fn guard<T: FailClosed>(body: impl FnOnce() -> Guarded<T>) -> T {
    caught(body).unwrap_or_else(|fault| T::fail(&fault))
}

/// The same for what needs more stack than a check.
#[inline]
pub(super) fn guard_deep<T: FailClosed>(body: impl FnOnce() -> Guarded<T>) -> T {
    guard(|| {
        super::stack::enough()?;
        body()
    })
}

/// Runs `body`; a panic becomes a fault. `AssertUnwindSafe` holds because a body that is left half way breaks no state: the
/// engine publishes its state whole or not at all.
#[inline]
pub(super) fn caught<T>(body: impl FnOnce() -> Guarded<T>) -> Guarded<T> {
    let run = || {
        #[cfg(feature = "panic-probe")]
        probe::go_off();
        body()
    };
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(outcome) => outcome,
        Err(payload) => Err(defect(payload)),
    }
}

/// Whether a test has armed the panic probe: then the pair cache must not answer outside the guard.
#[inline]
pub(super) fn probing() -> bool {
    #[cfg(feature = "panic-probe")]
    return probe::is_set();
    #[cfg(not(feature = "panic-probe"))]
    false
}

/// The fault of a caught panic.
#[cold]
fn defect(payload: Box<dyn std::any::Any + Send>) -> Fault {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = format!("a defect of linewarden was caught: {}", text.unwrap_or("no message"));
    // Dropping a payload may panic again; the payload of that second panic is leaked.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
    Fault::Error(Error::new(ErrorKind::Internal, message))
}

/// Test only: arms a panic inside the next guarded call of the same thread.
#[cfg(feature = "panic-probe")]
pub(super) mod probe {
    use std::cell::Cell;

    thread_local!(static SET: Cell<bool> = const { Cell::new(false) });

    /// Arms the panic.
    pub(in crate::ffi) fn set() {
        SET.with(|set| set.set(true));
    }

    pub(super) fn is_set() -> bool {
        SET.with(Cell::get)
    }

    #[allow(
        clippy::panic,
        reason = "a panic is what the probe is for; the feature is off in every build that is shipped"
    )]
    pub(super) fn go_off() {
        if SET.with(|set| set.replace(false)) {
            panic!("set by lw_test_panic");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panics<T>() -> Guarded<T> {
        panic!("boom {}", 1)
    }

    #[test]
    fn panic_is_a_refusal_of_every_type() {
        assert!(!guard(panics::<bool>));
        assert_eq!(guard(panics::<u32>), 0);
        assert_eq!(guard(panics::<u64>), 0);
        assert_eq!(guard(panics::<usize>), 0);
        assert_eq!(guard(panics::<i32>), ErrorKind::Internal as i32);
        assert!(guard(panics::<*mut u8>).is_null());
        assert!(guard(panics::<*const u8>).is_null());
        guard(panics::<()>);
    }

    #[test]
    fn panic_message_is_kept() {
        let fault = caught(panics::<bool>).expect_err("it panics");
        assert_eq!(fault.kind(), ErrorKind::Internal);
        assert_eq!(fault.message(), "a defect of linewarden was caught: boom 1");
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_caught_too() {
        struct Spiteful;
        impl Drop for Spiteful {
            fn drop(&mut self) {
                std::panic::panic_any(Again);
            }
        }
        // Without a size, so that what is leaked takes no memory.
        struct Again;
        impl Drop for Again {
            fn drop(&mut self) {
                panic!("once more");
            }
        }
        assert!(!guard::<bool>(|| std::panic::panic_any(Spiteful)));
    }

    #[test]
    fn what_goes_well_is_handed_on() {
        assert!(guard(|| Ok(true)));
        assert_eq!(guard(|| Ok(7_u32)), 7);
        assert_eq!(guard(|| Err::<i32, _>(Fault::Plain(ErrorKind::Limit, "too many"))), -6);
    }
}
