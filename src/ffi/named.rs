//! Entry point: the hot question in text.
#![allow(unsafe_code, reason = "C entry point")]

use super::guard::guard;
use super::ptr;
use super::types::lw_engine;
use std::ffi::c_char;

/// # Checks in text
///
/// The same question as lw_may in names or extensions, for dialplans that hold text. Keep numbers where you can: they are
/// several times as fast.
///
/// engine: an open engine.
/// domain: the domain, or NULL, as for lw_find.
/// actor, target: names or extensions, as for lw_find. An outside `sip:` address gets no number by this.
/// right: the right's name: `call.pickup.first`, or `call.pickup` for all lines.
///
/// Returns: true on a proven yes; false otherwise, which includes unknown names, NULL, text that is not UTF-8 and text longer
/// than LW_TEXT_MAX.
/// Threads: any, concurrently.
/// Memory: keeps nothing of the arguments; allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_named(
    engine: *const lw_engine,
    domain: *const c_char,
    actor: *const c_char,
    right: *const c_char,
    target: *const c_char,
) -> bool {
    guard(|| {
        // SAFETY: `engine` is NULL or open and the texts NULL or valid, as the header asks.
        unsafe {
            let (engine, domain) = (ptr::engine(engine)?, ptr::text_or_null(domain)?);
            Ok(engine.may_named(domain, ptr::text(actor)?, ptr::text(right)?, ptr::text(target)?))
        }
    })
}
