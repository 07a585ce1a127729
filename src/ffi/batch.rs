//! Entry points: one question about many parties, answered from one revision into an array of the caller. They must never
//! allocate, and a failure must leave every answer no.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::{Fault, Guarded, guard};
use super::names::right;
use super::ptr;
use super::rights::lw_right;
use super::types::{lw_engine, lw_party};
use crate::error::ErrorKind;
use crate::id::Party;

/// The array for the answers, all set to no, and the array of parties.
///
/// # Safety
/// As `ptr::parties` and `ptr::answers`.
unsafe fn sides<'a>(parties: *const lw_party, count: usize, out: *mut bool) -> Guarded<(&'a [Party], &'a mut [bool])> {
    // Rust must not see one byte as part of both arrays. The answers become refusals first, whatever else is wrong.
    let overlap = ptr::overlap(parties, out, count);
    // SAFETY: the caller's promise; nothing else borrows this array yet.
    let answers = unsafe { ptr::answers(out, count) }?;
    if overlap {
        return Err(Fault::Plain(ErrorKind::Argument, "the answers overlap the parties"));
    }
    // SAFETY: the caller's promise, and the two do not overlap.
    Ok((unsafe { ptr::parties(parties, count) }?, answers))
}

/// # Many at once
///
/// May the actor do this to each of the targets? One call for a whole lamp panel; all answers are from one revision.
///
/// engine: an open engine.
/// actor, right: as for lw_may.
/// targets: an array of count parties. May be NULL if count is 0.
/// count: the number of targets.
/// out: receives count answers, out[i] for targets[i]; must not overlap targets. All are set to false first.
///
/// Returns: the number of answers that are true; 0 with all answers false on any failure.
/// Threads: any, concurrently; no other thread may use out during the call.
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
        Ok(engine.may_each_target(Party(actor), self::right(right)?, targets, out))
    })
}

/// May each of the actors do this to the target? One call for all telephones that show one lamp; all answers are from one revision.
///
/// engine: an open engine.
/// actors: an array of count parties. May be NULL if count is 0.
/// count: the number of actors.
/// right, target: as for lw_may.
/// out: receives count answers, out[i] for actors[i]; must not overlap actors. All are set to false first.
///
/// Returns: the number of answers that are true; 0 with all answers false on any failure.
/// Threads: any, concurrently; no other thread may use out during the call.
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
        Ok(engine.may_each_actor(actors, self::right(right)?, Party(target), out))
    })
}
