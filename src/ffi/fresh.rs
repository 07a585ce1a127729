//! Entry points: tokens, and how a store stands towards the log it belongs to.
#![allow(unsafe_code, reason = "C entry points")]

#[cfg(not(any(target_os = "linux", windows)))]
use super::guard::Fault;
use super::guard::{Guarded, guard_deep};
use super::ptr;
use super::types::{LW_OK, lw_engine, lw_error, lw_status, lw_store_state};
#[cfg(any(target_os = "linux", windows))]
use crate::engine::Token;
#[cfg(not(any(target_os = "linux", windows)))]
use crate::error::ErrorKind;
use std::ffi::c_char;
use std::time::Duration;

/// # Freshness
///
/// How a store stands towards the log it belongs to: alone, following another store, cut off from it, or forked.
///
/// engine: an open engine over a store.
/// longest: after so many milliseconds without a word from the store it follows, it is cut off. Answers go on by the last revision.
/// out: receives the state; set to zero on failure.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: LW_OK; LW_ERROR_ARGUMENT if a pointer is NULL or the engine is not over a store; LW_ERROR_FILE, LW_ERROR_LIMIT or
/// LW_ERROR_INTERNAL.
/// Threads: any, concurrently; no other thread may use out during the call. It reads the store, so not for the call path.
/// Memory: allocates. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_state(
    engine: *const lw_engine,
    longest: u64,
    out: *mut lw_store_state,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            let out = ptr::refused(out)?;
            out.put(state(engine, Duration::from_millis(longest))?);
            Ok(LW_OK)
        })
    }
}

/// The token of the revision in force: `lw1.STORE.EPOCH.REVISION.HASH`. Hand it on with what depends on a change that was just made, and
/// ask where it arrives with lw_is_fresh or lw_wait_for_token. Two tokens name the same state exactly if the texts are equal.
///
/// engine: an open engine over a store.
///
/// Returns: the token; NULL on any failure.
/// Threads: any, concurrently. It reads the store, so not for the call path.
/// Memory: allocates. The caller frees the text with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_token(engine: *const lw_engine) -> *mut c_char {
    // SAFETY: `engine` is NULL or open, as the header asks.
    guard_deep(|| unsafe { token(engine) })
}

/// Whether the answers of an engine are at least as fresh as a token: of its revision or a later one, of the same log. Ask this first,
/// then the question: revisions never go back, so the answer is as fresh, too. Refuse where this is false.
///
/// engine: an open engine over a store.
/// token: the token.
///
/// Returns: true if they are; false if they are not yet, if the store has another change set there, for a token of another store or of a
/// revision that `linewarden compact` cut off the log here, and on any failure. lw_wait_for_token says which.
/// Threads: any, concurrently. It reads the store: on the call path only where the disk may be waited for.
/// Memory: may allocate during the call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_is_fresh(engine: *const lw_engine, token: *const c_char) -> bool {
    // SAFETY: both are NULL or valid, as the header asks.
    guard_deep(|| unsafe { wait(engine, token, Duration::ZERO) })
}

/// Waits until lw_is_fresh.
///
/// engine: an open engine over a store.
/// token: the token.
/// milliseconds: the maximum time to wait, in milliseconds; 0 does not wait.
/// error: receives the error, or NULL. It is set to NULL where the engine is fresh and where only the time has passed.
///
/// Returns: true if it is; false after the time, and on failure, with *error saying why: LW_ERROR_FORKED if the store has another change
/// set there, LW_ERROR_ARGUMENT for a text that is no token, for one of another store and for one of a revision that was cut off
/// the log here, LW_ERROR_FILE, LW_ERROR_LIMIT or LW_ERROR_INTERNAL.
/// Threads: any, concurrently; lw_close must not run beside it. Not for the call path.
/// Memory: allocates. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_wait_for_token(
    engine: *const lw_engine,
    token: *const c_char,
    milliseconds: u32,
    error: *mut *mut lw_error,
) -> bool {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe { ptr::guard_reporting(error, || wait(engine, token, Duration::from_millis(milliseconds.into()))) }
}

/// # Safety
/// `engine` is NULL or open.
#[cfg(any(target_os = "linux", windows))]
unsafe fn state(engine: *const lw_engine, longest: Duration) -> Guarded<lw_store_state> {
    // SAFETY: the caller's promise.
    let state = unsafe { ptr::engine(engine) }?.upstream()?;
    let age = match (&state.name, state.age) {
        (None, _) => 0,
        (_, None) => u64::MAX,
        (_, Some(age)) => u64::try_from(age.as_millis()).unwrap_or(u64::MAX),
    };
    let kind = state.kind(longest) as u32;
    Ok(lw_store_state { kind, epoch: state.epoch, revision: state.revision, lag: state.lag, age })
}

/// # Safety
/// `engine` is NULL or open.
#[cfg(any(target_os = "linux", windows))]
unsafe fn token(engine: *const lw_engine) -> Guarded<*mut c_char> {
    // SAFETY: the caller's promise.
    let engine = unsafe { ptr::engine(engine) }?;
    ptr::give_text(engine.token(engine.revision())?.to_string())
}

/// # Safety
/// `engine` is NULL or open, `token` NULL or a text.
#[cfg(any(target_os = "linux", windows))]
unsafe fn wait(engine: *const lw_engine, token: *const c_char, patience: Duration) -> Guarded<bool> {
    // SAFETY: the caller's promise.
    let (engine, token) = unsafe { (ptr::engine(engine)?, ptr::text(token)?) };
    Ok(engine.wait_for_token(&token.parse::<Token>()?, patience)?)
}

#[cfg(not(any(target_os = "linux", windows)))]
fn none<T>() -> Guarded<T> {
    Err(Fault::Plain(ErrorKind::Argument, "stores need Linux or Windows"))
}

#[cfg(not(any(target_os = "linux", windows)))]
unsafe fn state(_: *const lw_engine, _: Duration) -> Guarded<lw_store_state> {
    none()
}

#[cfg(not(any(target_os = "linux", windows)))]
unsafe fn token(_: *const lw_engine) -> Guarded<*mut c_char> {
    none()
}

#[cfg(not(any(target_os = "linux", windows)))]
unsafe fn wait(_: *const lw_engine, _: *const c_char, _: Duration) -> Guarded<bool> {
    none()
}
