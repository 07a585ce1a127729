//! Entry points: changes of a store, and requests that wait for an answer. A change must never be made for an author that is unknown.
#![allow(unsafe_code, reason = "C entry points")]

use super::check::role;
use super::guard::{Fault, Guarded, guard};
use super::ptr;
use super::types::{
    LW_ADMINISTRATOR, LW_OK, LW_SUBSCRIPTION_GRANTED, LW_SUBSCRIPTION_NONE, LW_SUBSCRIPTION_PENDING, lw_call_role,
    lw_engine, lw_error, lw_party, lw_status, lw_subscription_kind,
};
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::id::Party;
use crate::policy::change::{Author, Change, Entry};
use crate::system::System;
use crate::system::estos::{Grant, Level};
use crate::system::keevio;
use crate::system::words_of;
use crate::system::xphone::Label;
use std::ffi::c_char;
use std::time::Duration;

/// The author of a change. 0, the result of a failed lookup, is refused and never taken for the administrator.
fn author(party: lw_party) -> Guarded<Author> {
    match party {
        0 => Err(Fault::Plain(
            ErrorKind::Refused,
            "party 0 may not change anything; the administrator is LW_ADMINISTRATOR",
        )),
        LW_ADMINISTRATOR => Ok(Author::Administrator),
        user => Ok(Author::User(Party(user))),
    }
}

/// Runs the body of an entry point that reports a revision: `make` returns it, and it goes to `*revision`.
///
/// # Safety
/// `revision` is NULL or room for a number, and `error` NULL or room for a pointer, that no other code uses.
pub(super) unsafe fn changed(
    revision: *mut u64,
    error: *mut *mut lw_error,
    make: impl FnOnce() -> Guarded<u64>,
) -> lw_status {
    let body = || {
        let out = match revision.is_null() {
            true => None,
            // SAFETY: the caller's promise.
            false => Some(unsafe { ptr::refused(revision) }?),
        };
        let made = make()?;
        if let Some(out) = out {
            out.put(made);
        }
        Ok(LW_OK)
    };
    // SAFETY: the caller's promise.
    unsafe { ptr::guard_reporting(error, body) }
}

/// Makes one change in the domain of `owner`; `change` gets both parties as that domain writes them.
fn between(
    engine: &Engine,
    by: lw_party,
    owner: lw_party,
    viewer: lw_party,
    change: impl FnOnce(&[System], String, String) -> Guarded<Change>,
) -> Guarded<u64> {
    let author = author(by)?;
    let unknown = Fault::Plain(ErrorKind::Unknown, "owner or viewer is unknown");
    let Some((domain, systems)) = engine.domain_of(Party(owner)) else { return Err(unknown) };
    let (owner, viewer) = (engine.text_in(&domain, Party(owner)), engine.text_in(&domain, Party(viewer)));
    if owner.is_empty() || viewer.is_empty() {
        return Err(unknown);
    }
    let change = change(&systems, owner, viewer)?;
    Ok(engine.apply(author, &[Entry { domain, change }])?)
}

fn label(text: &str) -> Guarded<Label> {
    words_of(text, Label::parse, Label::ALL.iter().map(|label| label.word()), "relationship").map_err(Fault::from)
}

fn level(text: &str) -> Guarded<Level> {
    words_of(text, Level::parse, Level::ALL.iter().map(|level| level.word()), "level").map_err(Fault::from)
}

/// # Changes
///
/// Makes changes: all of them or none. When it returns LW_OK they are on disk and in force in every process that has the store
/// open. A change without effect makes no revision.
///
/// engine: an engine over a store. Documents change by editing them.
/// author: the author of the changes: a user of the engine, or LW_ADMINISTRATOR. The engine decides what a user may change.
/// domain: the domain of the changes, or NULL if the engine has only one or the text names it.
/// changes: one change per line, as listed in docs/changes.md: `set relationship alice bob assistant`. A line `in DOMAIN` sets the
/// domain of the lines after it. At most LW_CHANGES_MAX bytes.
/// revision: receives the revision with which the changes are in force, or NULL.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: LW_OK; LW_ERROR_REFUSED if the author may not (the message names the rule); LW_ERROR_UNKNOWN for an unknown name;
/// LW_ERROR_ARGUMENT for text that is no change, for an impossible change, and for an engine over documents; LW_ERROR_FILE if the
/// store cannot be written; LW_ERROR_CUT_OFF if it belongs to a cluster that cannot be reached; LW_ERROR_FORKED or LW_ERROR_FOLLOWS;
/// LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL. On an error nothing was changed, but for LW_ERROR_UNSETTLED: it is not known
/// whether the cluster made the change.
/// Threads: any. Changes of all processes run one after the other; a call waits for up to a minute. It waits for the disk, so not
/// for the call path.
/// Memory: allocates. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_apply(
    engine: *mut lw_engine,
    author: lw_party,
    domain: *const c_char,
    changes: *const c_char,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            let (engine, domain) = (ptr::engine(engine)?, ptr::text_or_null(domain)?);
            Ok(engine.apply_text(self::author(author)?, domain, ptr::changes(changes)?)?)
        })
    }
}

/// XPhone: sets the owner's own relationship for a viewer.
///
/// engine, author, revision, error: as for lw_apply.
/// owner: the owner of the setting.
/// viewer: the party it is for, possibly an outside address that lw_find has just given a number.
/// relationship: the relationship as documents write it: `assistant`, `blocked`.
///
/// Returns: as for lw_apply.
/// Threads: as for lw_apply.
/// Memory: as for lw_apply.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_set_relationship(
    engine: *mut lw_engine,
    author: lw_party,
    owner: lw_party,
    viewer: lw_party,
    relationship: *const c_char,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            let (engine, label) = (ptr::engine(engine)?, label(ptr::text(relationship)?)?);
            between(engine, author, owner, viewer, |_, owner, viewer| {
                Ok(Change::SetRelationship { owner, viewer, label })
            })
        })
    }
}

/// XPhone: removes the owner's own relationship for a viewer; the default applies again.
///
/// engine, author, owner, viewer, revision, error: as for lw_set_relationship.
///
/// Returns: as for lw_apply.
/// Threads: as for lw_apply.
/// Memory: as for lw_apply.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_clear_relationship(
    engine: *mut lw_engine,
    author: lw_party,
    owner: lw_party,
    viewer: lw_party,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            between(ptr::engine(engine)?, author, owner, viewer, |_, owner, viewer| {
                Ok(Change::ClearRelationship { owner, viewer })
            })
        })
    }
}

/// estos: sets the level that an owner gives a viewer. It also answers a pending inquiry of the viewer.
///
/// engine, author, owner, viewer, revision, error: as for lw_set_relationship.
/// level: the level as documents write it: `team`, `blocked`.
///
/// Returns: as for lw_apply.
/// Threads: as for lw_apply.
/// Memory: as for lw_apply.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_set_level(
    engine: *mut lw_engine,
    author: lw_party,
    owner: lw_party,
    viewer: lw_party,
    level: *const c_char,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            let (engine, level) = (ptr::engine(engine)?, self::level(ptr::text(level)?)?);
            between(engine, author, owner, viewer, |_, owner, viewer| {
                Ok(Change::SetGrant { owner, viewer, grant: Grant::Level(level) })
            })
        })
    }
}

/// estos: removes the owner's own level for a viewer.
///
/// engine, author, owner, viewer, revision, error: as for lw_set_relationship.
///
/// Returns: as for lw_apply.
/// Threads: as for lw_apply.
/// Memory: as for lw_apply.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_clear_level(
    engine: *mut lw_engine,
    author: lw_party,
    owner: lw_party,
    viewer: lw_party,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            between(ptr::engine(engine)?, author, owner, viewer, |_, owner, viewer| {
                Ok(Change::ClearGrant { owner, viewer })
            })
        })
    }
}

/// A user asks an owner for more rights: the inquiry of estos, or the client's Request if the domain runs keevio without estos.
///
/// engine, revision, error: as for lw_apply.
/// viewer: the party that asks, and the author.
/// owner: the user who is asked.
///
/// Returns: as for lw_apply.
/// Threads: as for lw_apply.
/// Memory: as for lw_apply.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_request_access(
    engine: *mut lw_engine,
    viewer: lw_party,
    owner: lw_party,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            between(ptr::engine(engine)?, viewer, owner, viewer, |systems, owner, viewer| {
                Ok(match systems.contains(&System::Estos) {
                    true => Change::Ask { requester: viewer, owner },
                    false => Change::Request { viewer, owner },
                })
            })
        })
    }
}

/// An owner answers a request of lw_request_access; lw_pending lists the open ones. An unanswered request has no effect.
///
/// engine, revision, error: as for lw_apply.
/// owner: the user who was asked, and the author.
/// viewer: the party that has asked.
/// level: estos: the level to give; NULL or `blocked` rejects. In a domain with keevio and without estos it must be NULL: the answer
/// is the client's Accept, and a client cannot reject.
///
/// Returns: as for lw_apply.
/// Threads: as for lw_apply.
/// Memory: as for lw_apply.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_answer_request(
    engine: *mut lw_engine,
    owner: lw_party,
    viewer: lw_party,
    level: *const c_char,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            let (engine, level) = (ptr::engine(engine)?, ptr::text_or_null(level)?);
            let level = level.map(self::level).transpose()?;
            between(engine, owner, owner, viewer, |systems, owner, viewer| {
                Ok(match (systems.contains(&System::Estos), level) {
                    (true, None | Some(Level::Blocked)) => Change::Reject { owner, requesters: vec![viewer] },
                    (true, Some(level)) => Change::Answer { owner, level, requesters: vec![viewer] },
                    (false, None) => Change::Confirm { owner, viewer },
                    (false, Some(_)) => {
                        return Err(Fault::Plain(
                            ErrorKind::Argument,
                            "the domain does not run estos, which has levels",
                        ));
                    }
                })
            })
        })
    }
}

/// The parties with an open request to an owner, sorted by name.
///
/// Not for calls: over a store it reads the policy, which can take seconds in a big company.
///
/// engine: an open engine.
/// owner: the user who was asked.
/// out, capacity: as for lw_parties.
///
/// Returns: the number of parties, which may exceed capacity; at most capacity are written. 0 if there are none, and on any failure.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: allocates during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_pending(
    engine: *const lw_engine,
    owner: lw_party,
    out: *mut lw_party,
    capacity: usize,
) -> usize {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `out` NULL or room for `capacity` parties, as the header asks.
        unsafe { ptr::put_parties(&ptr::engine(engine)?.pending(Party(owner)), out, capacity) }
    })
}

/// The state of a keevio subscription.
///
/// Not for calls: over a store it reads the policy, which can take seconds in a big company.
///
/// engine: an open engine.
/// viewer: the party that has asked for the presence.
/// owner: the party whose presence it is.
///
/// Returns: one of the LW_SUBSCRIPTION_ constants; LW_SUBSCRIPTION_NONE also on any failure.
/// Threads: any, concurrently.
/// Memory: may allocate during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_subscription_state(
    engine: *const lw_engine,
    viewer: lw_party,
    owner: lw_party,
) -> lw_subscription_kind {
    guard(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let engine = unsafe { ptr::engine(engine) }?;
        Ok(match engine.subscription(Party(viewer), Party(owner)) {
            None => LW_SUBSCRIPTION_NONE,
            Some(keevio::State::Pending) => LW_SUBSCRIPTION_PENDING,
            Some(keevio::State::Granted) => LW_SUBSCRIPTION_GRANTED,
        })
    })
}

/// XPhone: gives a party a role in a transfer until lw_end_transfer. A PBX that passes the role with each question (lw_may_in_call)
/// does not need it.
///
/// engine, author, revision, error: as for lw_apply; the author is most often LW_ADMINISTRATOR, the PBX itself.
/// call: the PBX's id of the call; pass the same to lw_end_transfer.
/// viewer: the party that has the role.
/// owner: the other party of the transfer, towards which the viewer has the role.
/// role: LW_ROLE_CONSULTED or LW_ROLE_TRANSFERRING.
///
/// Returns: as for lw_apply.
/// Threads: as for lw_apply.
/// Memory: as for lw_apply.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_begin_transfer(
    engine: *mut lw_engine,
    author: lw_party,
    call: *const c_char,
    viewer: lw_party,
    owner: lw_party,
    role: lw_call_role,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            let (engine, call) = (ptr::engine(engine)?, ptr::text(call)?.to_owned());
            let none = Fault::Plain(ErrorKind::Argument, "a transfer needs a role");
            let role = self::role(role)?.ok_or(none)?;
            between(engine, author, owner, viewer, |_, owner, viewer| {
                Ok(Change::BeginTransfer { call, viewer, owner, role })
            })
        })
    }
}

/// XPhone: a call has ended: removes all roles in its transfers.
///
/// engine, author, domain, revision, error: as for lw_apply.
/// call: the id given to lw_begin_transfer. An unknown call is no error.
///
/// Returns: as for lw_apply.
/// Threads: as for lw_apply.
/// Memory: as for lw_apply.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_end_transfer(
    engine: *mut lw_engine,
    author: lw_party,
    domain: *const c_char,
    call: *const c_char,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            let (engine, domain) = (ptr::engine(engine)?, ptr::text_or_null(domain)?);
            let change = Change::EndTransfer { call: ptr::text(call)?.to_owned() };
            Ok(engine.apply_text(self::author(author)?, domain, &change.to_string())?)
        })
    }
}

/// Waits until a revision, or a later one, is in force. Use it to see a change of another process: pass the revision that lw_apply
/// returned there.
///
/// engine: an open engine.
/// revision: the revision to wait for.
/// milliseconds: the maximum time to wait, in milliseconds; 0 does not wait.
///
/// Returns: true if the revision is in force; false after the time, or if engine is NULL.
/// Threads: any, concurrently; lw_close must not run beside it. Not for the call path.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_wait_for(engine: *const lw_engine, revision: u64, milliseconds: u32) -> bool {
    guard(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let engine = unsafe { ptr::engine(engine) }?;
        Ok(engine.wait_for(revision, Duration::from_millis(milliseconds.into())))
    })
}
