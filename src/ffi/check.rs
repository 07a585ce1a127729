//! Entry points: the questions of the call path. They must take no lock, allocate nothing and make no system call.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::{Fault, Guarded, guard};
use super::names::right;
use super::ptr;
use super::rights::lw_right;
use super::types::*;
use crate::error::ErrorKind;
use crate::id::Party;
use crate::right::{Right, RightSet};
use crate::system::xphone::TransferRole;
use std::ffi::c_uint;

/// The role in a transfer with that number.
pub(super) fn role(role: lw_call_role) -> Guarded<Option<TransferRole>> {
    match role {
        LW_ROLE_NONE => Ok(None),
        LW_ROLE_CONSULTED => Ok(Some(TransferRole::Consulted)),
        LW_ROLE_TRANSFERRING => Ok(Some(TransferRole::Transferring)),
        _ => Err(Fault::Plain(ErrorKind::Argument, "no role in a transfer has that number")),
    }
}

/// The question behind seven of the functions; a number that is no right is refused.
///
/// # Safety
/// `engine` is NULL or open.
#[inline(always)]
unsafe fn may(engine: *const lw_engine, actor: lw_party, right: lw_right, target: lw_party) -> bool {
    // Cache hits skip the guard, which would double their cost; the lookup cannot panic.
    // SAFETY: the caller's promise.
    if let Ok(open) = unsafe { ptr::engine(engine) }
        && !super::guard::probing()
        && let Some(rights) = open.cached(Party(actor), Party(target))
    {
        return rights.has_number(right);
    }
    // SAFETY: the caller's promise.
    unsafe { may_guarded(engine, actor, right, target) }
}

/// The same behind the guard. `extern "C"` cannot unwind, so the compiler may tail-call it.
///
/// # Safety
/// `engine` is NULL or open.
#[inline(never)]
unsafe extern "C" fn may_guarded(engine: *const lw_engine, actor: lw_party, right: lw_right, target: lw_party) -> bool {
    // SAFETY: the caller's promise.
    guard(|| Ok(unsafe { ptr::engine(engine) }?.may(Party(actor), self::right(right)?, Party(target))))
}

/// # Checks on the call path
///
/// May the actor do this to the target?
///
/// engine: an open engine.
/// actor: the party that would act or look.
/// right: the right, one of the LW_ constants.
/// target: the party whose data, line or place it is.
///
/// Returns: true on a proven yes; false otherwise, also for a NULL engine and any unknown number.
/// Threads: any, concurrently, also a thread that has never called the library before.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may(engine: *const lw_engine, actor: lw_party, right: lw_right, target: lw_party) -> bool {
    // SAFETY: `engine` is NULL or open, as the header asks.
    unsafe { may(engine, actor, right, target) }
}

/// As lw_may, while the actor has a role in a transfer with the target. XPhone then adds a label to the pair. The role belongs to
/// the call, so pass it with every question about that call.
///
/// engine, actor, right, target: as for lw_may.
/// role: the actor's role. LW_ROLE_NONE asks the same as lw_may; a number that is no LW_ROLE_ constant is refused.
///
/// Returns: true on a proven yes; false otherwise.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_in_call(
    engine: *const lw_engine,
    actor: lw_party,
    right: lw_right,
    target: lw_party,
    role: lw_call_role,
) -> bool {
    guard(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let engine = unsafe { ptr::engine(engine) }?;
        let (actor, right, target) = (Party(actor), self::right(right)?, Party(target));
        Ok(match self::role(role)? {
            None => engine.may(actor, right, target),
            Some(role) => engine.may_in_call(actor, right, target, role),
        })
    })
}

/// May the actor pick up a call that rings at the target? (`call.pickup`)
///
/// engine: an open engine.
/// actor: the party that would pick up.
/// target: the party that is called: the user at whose telephone the call rings; for a call of a team or queue the team, also if
/// it rings at an agent's telephone.
/// line: the target's line that rings: 1 the first, 2 the second, 3 and above an additional one. 0 asks for all lines at once; no
/// level of estos gives that, because none gives additional lines. lw_line_of returns the line of an extension; for a team, or a
/// user called by login name, pass 1.
///
/// Returns: true on a proven yes; false otherwise.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_pick_up(
    engine: *const lw_engine,
    actor: lw_party,
    target: lw_party,
    line: c_uint,
) -> bool {
    // SAFETY: `engine` is NULL or open, as the header asks.
    unsafe { may(engine, actor, Right::CALL_PICKUP.on_line(line).number(), target) }
}

/// May the actor set, change or switch off the target's forwarding? (`forwarding.set`)
///
/// engine: an open engine.
/// actor: the party that would set it.
/// target: the party whose calls are forwarded. For the actor's own forwarding pass the actor: that is a right, too.
/// line: the target's line, as for lw_may_pick_up.
///
/// Returns: true on a proven yes; false otherwise.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_set_forward(
    engine: *const lw_engine,
    actor: lw_party,
    target: lw_party,
    line: c_uint,
) -> bool {
    // SAFETY: `engine` is NULL or open, as the header asks.
    unsafe { may(engine, actor, Right::FORWARDING_SET.on_line(line).number(), target) }
}

/// May the actor ring the target in spite of the target's forwarding? (`forwarding.bypass`)
///
/// engine: an open engine.
/// actor: the party that calls.
/// target: the party that is called and has a forwarding.
///
/// Returns: true on a proven yes; false otherwise, and then the call follows the forwarding.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_bypass_forward(engine: *const lw_engine, actor: lw_party, target: lw_party) -> bool {
    // SAFETY: `engine` is NULL or open, as the header asks.
    unsafe { may(engine, actor, Right::FORWARDING_BYPASS.number(), target) }
}

/// May the actor see whether the target is on the phone, the busy lamp? (`line.busy.read`)
///
/// engine: an open engine.
/// actor: the party that would see the lamp.
/// target: the party whose state the lamp shows.
///
/// Returns: true on a proven yes; false otherwise.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_see_busy(engine: *const lw_engine, actor: lw_party, target: lw_party) -> bool {
    // SAFETY: `engine` is NULL or open, as the header asks.
    unsafe { may(engine, actor, Right::LINE_BUSY_READ.number(), target) }
}

/// May the actor see the number of the other side of the target's call? (`call.number_incoming.read`,
/// `call.number_outgoing.read`, `call.number_in_call.read`)
///
/// engine: an open engine.
/// actor: the party that would see the number.
/// target: the party that has the call.
/// line: the target's line, as for lw_may_pick_up.
/// direction: LW_INCOMING, LW_OUTGOING or LW_IN_CALL; any other number is refused.
///
/// Returns: true on a proven yes; false otherwise.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_see_caller(
    engine: *const lw_engine,
    actor: lw_party,
    target: lw_party,
    line: c_uint,
    direction: lw_direction,
) -> bool {
    let right = match direction {
        LW_INCOMING => Right::CALL_NUMBER_INCOMING_READ,
        LW_OUTGOING => Right::CALL_NUMBER_OUTGOING_READ,
        LW_IN_CALL => Right::CALL_NUMBER_IN_CALL_READ,
        _ => Right::default(),
    };
    // SAFETY: `engine` is NULL or open, as the header asks.
    unsafe { may(engine, actor, right.on_line(line).number(), target) }
}

/// May the user log in at the location? (`location.login`)
///
/// engine: an open engine.
/// user: the user who would log in.
/// location: the location, found as `location:desk-7`.
///
/// Returns: true on a proven yes; false otherwise.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_log_in(engine: *const lw_engine, user: lw_party, location: lw_party) -> bool {
    // SAFETY: `engine` is NULL or open, as the header asks.
    unsafe { may(engine, user, Right::LOCATION_LOGIN.number(), location) }
}

/// All rights of a pair at once. Cheaper than one question per right where a client window needs many.
///
/// engine: an open engine.
/// actor, target: as for lw_may.
/// out: receives the set. It is emptied first and stays empty on any failure. NULL is a no-op.
///
/// Returns: nothing.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_rights_of(
    engine: *const lw_engine,
    actor: lw_party,
    target: lw_party,
    out: *mut lw_rights,
) {
    guard(|| {
        // SAFETY: `out` is NULL or room for a set and `engine` NULL or open, as the header asks.
        let (out, engine) = unsafe { (ptr::refused(out)?, ptr::engine(engine)?) };
        let bits = engine.rights(Party(actor), Party(target)).bits();
        out.put(lw_rights { words: [bits as u64, (bits >> 64) as u64] });
        Ok(())
    });
}

/// Whether a set contains a right. A right that depends on the line, asked without a line, must be held on all lines.
///
/// rights: a set that lw_rights_of has filled.
/// right: the right.
///
/// Returns: true if the set contains it; false otherwise, also for NULL and a number that is no right.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_rights_has(rights: *const lw_rights, right: lw_right) -> bool {
    guard(|| {
        // SAFETY: `rights` is NULL or a set, as the header asks.
        let [low, high] = unsafe { ptr::read(rights) }?.words;
        Ok(RightSet::from_bits(u128::from(low) | u128::from(high) << 64).has(self::right(right)?))
    })
}
