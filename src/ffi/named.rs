//! Entry point: lw_may by names. It must take no lock, allocate nothing and make no system call.
#![allow(unsafe_code, reason = "C entry point")]

use super::guard::guard;
use super::ptr;
use super::types::lw_engine;
use std::ffi::c_char;

/// # Checks in text
///
/// The question of lw_may by names or extensions, for dialplans that hold text. Use party numbers where possible: they are several
/// times as fast.
///
/// engine: an open engine.
/// domain: the domain, or NULL, as for lw_find.
/// actor, target: names or extensions, as for lw_find. This call gives no number to an outside `sip:` address.
/// right: the name of the right: `call.pickup.first`, or `call.pickup` for all lines.
///
/// Returns: true on a proven yes; false otherwise, also for unknown names, NULL, text that is not UTF-8 and text longer than
/// LW_TEXT_MAX.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
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
