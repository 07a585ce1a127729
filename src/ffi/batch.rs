//! Entry points: one question about many parties.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::{Fault, Outcome, guard};
use super::names::right;
use super::ptr;
use super::rights::lw_right;
use super::types::{lw_engine, lw_party};
use crate::error::ErrorKind;
use crate::id::Party;

/// Room for the answers, all no, and then the parties asked about.
///
/// # Safety
/// As `ptr::parties` and `ptr::answers`.
unsafe fn sides<'a>(parties: *const lw_party, count: usize, out: *mut bool) -> Outcome<(&'a [Party], &'a mut [bool])> {
    // Rust must not see one byte as part of both; the answers are refused first, whatever else is wrong.
    let overlap = ptr::overlap(parties, out, count);
    // SAFETY: the caller's promise; nothing else borrows this room yet.
    let answers = unsafe { ptr::answers(out, count) }?;
    if overlap {
        return Err(Fault::Plain(ErrorKind::Argument, "the answers overlap the parties"));
    }
    // SAFETY: the caller's promise, and the two do not overlap.
    Ok((unsafe { ptr::parties(parties, count) }?, answers))
}

/// # Many at once
///
/// May the actor do this to each of the targets? One call for a whole lamp panel; all answers are of one revision.
///
/// engine: an open engine.
/// actor, right: as for lw_may.
/// targets: count parties. May be NULL if count is 0.
/// count: how many.
/// out: room for count answers, out[i] for targets[i]; must not overlap targets. All are false first.
///
/// Returns: how many of the answers are true; 0 with all answers false on any failure.
/// Threads: any, concurrently; out must be the caller's alone.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_may_each_target(
    engine: *const lw_engine,
    actor: lw_party,
    right: lw_right,
    targets: *const lw_party,
    count: usize,
    out: *mut bool,
) -> usize {
    guard(|| {
        // SAFETY: the arrays are NULL or `count` long and `engine` NULL or open, as the header asks.
        let ((targets, out), engine) = unsafe { (sides(targets, count, out)?, ptr::engine(engine)?) };
        Ok(engine.may_many(Party(actor), self::right(right)?, targets, out))
    })
}

/// May each of the actors do this to the target? For telling many watchers of one change.
///
/// engine: an open engine.
/// actors: count parties. May be NULL if count is 0.
/// count: how many.
/// right, target: as for lw_may.
/// out: room for count answers, out[i] for actors[i]; must not overlap actors. All are false first.
///
/// Returns: how many of the answers are true; 0 with all answers false on any failure.
/// Threads: any, concurrently; out must be the caller's alone.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_may_each_actor(
    engine: *const lw_engine,
    actors: *const lw_party,
    count: usize,
    right: lw_right,
    target: lw_party,
    out: *mut bool,
) -> usize {
    guard(|| {
        // SAFETY: the arrays are NULL or `count` long and `engine` NULL or open, as the header asks.
        let ((actors, out), engine) = unsafe { (sides(actors, count, out)?, ptr::engine(engine)?) };
        Ok(engine.many_may(actors, self::right(right)?, Party(target), out))
    })
}
