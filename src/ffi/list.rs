//! Entry points: questions whose answer is a list of parties. They allocate and visit every party, and `lw_notified` reads the
//! policy: a call must never ask them.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::{Fault, Guarded, guard};
use super::names::right;
use super::ptr;
use super::rights::lw_right;
use super::types::{lw_engine, lw_error, lw_party};
use crate::address::is_same_domain;
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::id::Party;
use std::ffi::c_char;

/// # Lists
///
/// All parties of a domain, sorted by the bytes of their names. It visits every party: not for calls.
///
/// engine: an open engine.
/// domain: the domain, or NULL if the engine has only one.
/// out: receives at most capacity parties. May be NULL if capacity is 0, to get the number alone.
/// capacity: the size of out, in parties.
///
/// Returns: the number of parties, which may exceed capacity; at most capacity are written. 0 on any failure.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_parties(
    engine: *const lw_engine,
    domain: *const c_char,
    out: *mut lw_party,
    capacity: usize,
) -> usize {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `domain` NULL or valid, as the header asks.
        let (engine, domain) = unsafe { (ptr::engine(engine)?, ptr::text_or_null(domain)?) };
        let domains = engine.domains();
        let found = match (domain, domains.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(name), all) => all.iter().find(|(_, known)| is_same_domain(known, name)),
        };
        let (id, _) = found.ok_or(Fault::Plain(ErrorKind::Unknown, "no such domain"))?;
        // SAFETY: `out` is NULL or room for `capacity` parties, as the header asks.
        unsafe { ptr::put_parties(&engine.parties(*id), out, capacity) }
    })
}

/// All parties of the target's domain that may do this to the target, sorted by name. It visits every party: not for calls.
///
/// engine: an open engine.
/// right, target: as for lw_may.
/// out, capacity: as for lw_parties.
///
/// Returns: the number of parties, which may exceed capacity; at most capacity are written. 0 if there are none, and on any failure.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_who(
    engine: *const lw_engine,
    right: lw_right,
    target: lw_party,
    out: *mut lw_party,
    capacity: usize,
) -> usize {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `out` NULL or room for `capacity` parties, as the header asks.
        unsafe {
            let found = ptr::engine(engine)?.who(self::right(right)?, Party(target));
            ptr::put_parties(&found, out, capacity)
        }
    })
}

/// All parties of the actor's domain to which the actor may do this, sorted by name. It visits every party: not for calls.
///
/// engine: an open engine.
/// actor, right: as for lw_may.
/// out, capacity: as for lw_parties.
///
/// Returns: the number of parties, which may exceed capacity; at most capacity are written. 0 if there are none, and on any failure.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_whom(
    engine: *const lw_engine,
    actor: lw_party,
    right: lw_right,
    out: *mut lw_party,
    capacity: usize,
) -> usize {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `out` NULL or room for `capacity` parties, as the header asks.
        unsafe {
            let found = ptr::engine(engine)?.whom(Party(actor), self::right(right)?);
            ptr::put_parties(&found, out, capacity)
        }
    })
}

/// The same as lw_who, page by page: those that come behind a party in the order of lw_who. The first page begins behind 0, the next one
/// behind the last party of this page, also where that one has lost the right meanwhile.
///
/// engine, right, target: as for lw_who.
/// after: the party, or 0 for the beginning.
/// out, capacity: as for lw_parties.
///
/// Returns: the number of parties from there to the end, which may exceed capacity; at most capacity are written. 0 if there are none,
/// if the party is not known any more, and on any failure.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates during the call. Each page visits every party.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_who_after(
    engine: *const lw_engine,
    right: lw_right,
    target: lw_party,
    after: lw_party,
    out: *mut lw_party,
    capacity: usize,
) -> usize {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `out` NULL or room for `capacity` parties, as the header asks.
        unsafe {
            let engine = ptr::engine(engine)?;
            let found = engine.who(self::right(right)?, Party(target));
            ptr::put_parties(behind(engine, &found, Party(after))?, out, capacity)
        }
    })
}

/// The same as lw_whom, page by page, as lw_who_after.
///
/// engine, actor, right: as for lw_whom.
/// after, out, capacity: as for lw_who_after.
///
/// Returns: as lw_who_after.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates during the call. Each page visits every party.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_whom_after(
    engine: *const lw_engine,
    actor: lw_party,
    right: lw_right,
    after: lw_party,
    out: *mut lw_party,
    capacity: usize,
) -> usize {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `out` NULL or room for `capacity` parties, as the header asks.
        unsafe {
            let engine = ptr::engine(engine)?;
            let found = engine.whom(Party(actor), self::right(right)?);
            ptr::put_parties(behind(engine, &found, Party(after))?, out, capacity)
        }
    })
}

/// What comes behind a party in parties that are sorted by text; all for party 0.
fn behind<'a>(engine: &Engine, sorted: &'a [Party], after: Party) -> Guarded<&'a [Party]> {
    if after == Party(0) {
        return Ok(sorted);
    }
    let after = (engine.text(after), after);
    if after.0.is_empty() {
        return Err(Fault::Plain(ErrorKind::Unknown, "the party before the page is unknown"));
    }
    let from = sorted.partition_point(|party| (engine.text(*party), *party) <= after);
    Ok(sorted.get(from..).unwrap_or_default())
}

/// The users notified of a waiting call of a team or queue (pascom's pickup notification), sorted by name.
///
/// Not for calls: over a store it reads the policy, which can take seconds in a big company.
///
/// engine: an open engine.
/// team: the team.
/// logged_out, logged_out_count: the agents of the team that are logged out now, and their number; NULL and 0 for none.
/// paused, paused_count: the agents of the team that are paused now, and their number; NULL and 0 for none.
/// out, capacity: as for lw_parties.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: the number of users, which may exceed capacity; at most capacity are written. 0 if there are none, and on failure,
/// with *error saying why (LW_ERROR_ARGUMENT, LW_ERROR_UNKNOWN, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates during the call. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments, reason = "two lists in, one out, and C has no slices")]
pub unsafe extern "C" fn lw_notified(
    engine: *const lw_engine,
    team: lw_party,
    logged_out: *const lw_party,
    logged_out_count: usize,
    paused: *const lw_party,
    paused_count: usize,
    out: *mut lw_party,
    capacity: usize,
    error: *mut *mut lw_error,
) -> usize {
    // SAFETY: `engine` is NULL or open, the arrays are NULL or as long as said, and `error` NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            let logged_out = ptr::parties(logged_out, logged_out_count)?;
            let paused = ptr::parties(paused, paused_count)?;
            let found = ptr::engine(engine)?.notified(Party(team), logged_out, paused)?;
            ptr::put_parties(&found, out, capacity)
        })
    }
}
