//! Entry points: whether a forwarding or a call may lead to a number. They must take no lock, allocate nothing and make no system call.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::{Fault, Guarded, guard};
use super::ptr;
use super::types::*;
use crate::engine::{Destination, DestinationReason};
use crate::error::ErrorKind;
use crate::id::Party;
use std::ffi::{c_char, c_uint};

/// # Destinations
///
/// May the actor set a forwarding of the owner's calls to this number? (`forwarding.set`, unless a user forwards their own calls, and
/// `forwarding.to.` with the class of the number)
///
/// engine: an open engine.
/// actor: the party that would set it.
/// owner: the party whose calls are forwarded; the actor itself for its own.
/// line: the owner's line, as for lw_may_pick_up.
/// digits: the number as dialled or written: `201`, `0049 30 1234567`, `+49301234567`.
///
/// The class of a number is what `[destinations]` in the document of the owner's domain says. A number that has no class is refused, an
/// emergency number and a blocked one, and so is an extension of the owner: the forwarding would lead back. A domain that does not run
/// linewarden needs no right for the class, but refuses premium numbers; if it has no `[destinations]` either, any number is taken.
///
/// Returns: true on a proven yes; false otherwise.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_forward_to(
    engine: *const lw_engine,
    actor: lw_party,
    owner: lw_party,
    line: c_uint,
    digits: *const c_char,
) -> bool {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `digits` NULL or valid, as the header asks.
        let (engine, digits) = unsafe { (ptr::engine(engine)?, ptr::text(digits)?) };
        Ok(engine.may_forward_to(Party(actor), Party(owner), line, digits).allowed)
    })
}

/// As lw_may_forward_to, with the class of the number and the reason.
///
/// engine, actor, owner, line, digits: as for lw_may_forward_to.
/// out: receives the answer. It is set to a refusal first, and stays one on any failure.
///
/// Returns: LW_OK for an answer, yes or no; LW_ERROR_UNKNOWN if a party is unknown, LW_ERROR_ARGUMENT, LW_ERROR_CLOSED or
/// LW_ERROR_INTERNAL.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_decide_forward_to(
    engine: *const lw_engine,
    actor: lw_party,
    owner: lw_party,
    line: c_uint,
    digits: *const c_char,
    out: *mut lw_destination,
) -> lw_status {
    guard(|| {
        // SAFETY: `out` is NULL or room for an answer, `engine` NULL or open and `digits` NULL or valid, as the header asks.
        let (out, engine, digits) = unsafe { (ptr::refused(out)?, ptr::engine(engine)?, ptr::text(digits)?) };
        out.put(destination(engine.may_forward_to(Party(actor), Party(owner), line, digits))?);
        Ok(LW_OK)
    })
}

/// May the actor call this number? (`call.to.` with the class of the number)
///
/// engine: an open engine.
/// actor: the user that calls.
/// digits: the dialled number, as for lw_may_forward_to.
///
/// Emergency numbers need no right: never wait for this answer before such a call. In a domain that does not run linewarden there
/// is no right to call, so the answer is false.
///
/// Returns: true on a proven yes; false otherwise.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_call(engine: *const lw_engine, actor: lw_party, digits: *const c_char) -> bool {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `digits` NULL or valid, as the header asks.
        let (engine, digits) = unsafe { (ptr::engine(engine)?, ptr::text(digits)?) };
        Ok(engine.may_call(Party(actor), digits).allowed)
    })
}

/// As lw_may_call, with the class of the number and the reason.
///
/// engine, actor, digits: as for lw_may_call.
/// out: receives the answer. It is set to a refusal first, and stays one on any failure.
///
/// Returns: LW_OK for an answer, yes or no; LW_ERROR_UNKNOWN if a party is unknown, LW_ERROR_ARGUMENT, LW_ERROR_CLOSED or
/// LW_ERROR_INTERNAL.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_decide_call(
    engine: *const lw_engine,
    actor: lw_party,
    digits: *const c_char,
    out: *mut lw_destination,
) -> lw_status {
    guard(|| {
        // SAFETY: `out` is NULL or room for an answer, `engine` NULL or open and `digits` NULL or valid, as the header asks.
        let (out, engine, digits) = unsafe { (ptr::refused(out)?, ptr::engine(engine)?, ptr::text(digits)?) };
        out.put(destination(engine.may_call(Party(actor), digits))?);
        Ok(LW_OK)
    })
}

/// An answer as C has it: classes count from 1.
fn destination(answer: Destination) -> Guarded<lw_destination> {
    if answer.reason == DestinationReason::Unknown {
        return Err(Fault::Plain(ErrorKind::Unknown, "a party is unknown"));
    }
    Ok(lw_destination {
        allowed: answer.allowed,
        number_class: answer.class.map_or(0, |class| class as u32 + 1),
        reason: answer.reason as u32,
        revision: answer.revision,
    })
}
