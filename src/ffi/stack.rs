//! Whether a thread has stack enough for the functions that open, change and explain. It must never refuse a check: those need little.
#![allow(unsafe_code, reason = "the bounds of a stack have only a C interface")]

use crate::error::Result;
#[cfg(target_os = "linux")]
use crate::error::{Error, ErrorKind};

/// What those functions need, with a reserve for the debug build.
#[cfg(target_os = "linux")]
const LEAST: usize = 96 << 10;

/// Refuses when this thread has less than that left: the process would end at the guard page.
#[cfg(target_os = "linux")]
#[inline(never)]
pub(super) fn enough() -> Result<()> {
    use std::cell::Cell;
    thread_local!(static BOUNDS: Cell<(usize, usize)> = const { Cell::new((0, 0)) });
    let local = 0_u8;
    let here = std::hint::black_box(&raw const local).addr();
    let (lowest, end) = BOUNDS.with(|bounds| {
        if bounds.get() == (0, 0) {
            bounds.set(bounds_of_thread());
        }
        bounds.get()
    });
    // Outside these bounds: a stack that the program allocated itself. Its size is unknown, so it is not refused.
    if here < lowest || here >= end || here - lowest >= LEAST {
        return Ok(());
    }
    let message = format!(
        "this thread has {} bytes of stack left, expected at least {LEAST}: call from a thread with a bigger stack",
        here - lowest
    );
    Err(Error::new(ErrorKind::Limit, message))
}

/// The lowest address of this thread's stack, and the one behind it; nothing when the system does not say.
#[cfg(target_os = "linux")]
fn bounds_of_thread() -> (usize, usize) {
    use std::mem::MaybeUninit;
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut start, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the attributes are written by the first call before the others read and destroy them.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return (1, 1);
        }
        let found = libc::pthread_attr_getstack(attributes.as_ptr(), &mut start, &mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        if found != 0 {
            return (1, 1);
        }
    }
    (start.addr(), start.addr().saturating_add(size))
}

/// Other systems do not say where a stack ends.
#[cfg(not(target_os = "linux"))]
pub(super) fn enough() -> Result<()> {
    Ok(())
}
