//! Entry points: changes of a store, and what waits for an answer.
#![allow(unsafe_code, reason = "C entry points")]

use super::check::role;
use super::guard::{Fault, Outcome, guard};
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

/// Who changes something. Nobody is not the administrator.
fn author(party: lw_party) -> Outcome<Author> {
    match party {
        0 => Err(Fault::Plain(ErrorKind::Refused, "nobody may change anything; the administrator is LW_ADMINISTRATOR")),
        LW_ADMINISTRATOR => Ok(Author::Administrator),
        user => Ok(Author::User(Party(user))),
    }
}

/// Runs the body of an entry point that changes something; it returns the revision with the change, which is told where it is
/// asked for.
///
/// # Safety
/// `revision` is NULL or room for a number, and `error` NULL or room for a pointer, that nobody else uses.
unsafe fn changed(revision: *mut u64, error: *mut *mut lw_error, make: impl FnOnce() -> Outcome<u64>) -> lw_status {
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

/// Makes one change in the domain of `owner`; `change` gets the two as that domain writes them.
fn between(
    engine: &Engine,
    by: lw_party,
    owner: lw_party,
    viewer: lw_party,
    change: impl FnOnce(&[System], String, String) -> Outcome<Change>,
) -> Outcome<u64> {
    let author = author(by)?;
    let nobody = Fault::Plain(ErrorKind::Unknown, "owner or viewer is nobody");
    let Some((domain, systems)) = engine.domain_of(Party(owner)) else { return Err(nobody) };
    let (owner, viewer) = (engine.text_in(&domain, Party(owner)), engine.text_in(&domain, Party(viewer)));
    if owner.is_empty() || viewer.is_empty() {
        return Err(nobody);
    }
    let change = change(&systems, owner, viewer)?;
    Ok(engine.apply(author, &[Entry { domain, change }])?)
}

fn label(text: &str) -> Outcome<Label> {
    words_of(text, Label::parse, Label::ALL.iter().map(|label| label.word()), "relationship").map_err(Fault::from)
}

fn level(text: &str) -> Outcome<Level> {
    words_of(text, Level::parse, Level::ALL.iter().map(|level| level.word()), "level").map_err(Fault::from)
}

/// # Changes
///
/// Makes changes: all of them or none. When it returns LW_OK they are on the disk, and every process that has the store open
/// answers by them. A change that alters nothing makes no revision.
///
/// engine: an engine over a store; documents are changed by editing them.
/// author: who changes: a user of the engine, or LW_ADMINISTRATOR. What a user may change is the engine's to decide.
/// domain: the domain of the changes, or NULL where the engine has only one or the text says it.
/// changes: one change a line, as docs/changes.md lists them: `set relationship alice bob assistant`. A line `in DOMAIN` says which
/// domain those after it are of. At most LW_CHANGES_MAX bytes.
/// revision: where to put the revision in force with the changes, or NULL.
/// error: where to put what went wrong, or NULL. It is set to NULL on success.
///
/// Returns: LW_OK; LW_ERROR_REFUSED if the author may not (the message names the rule); LW_ERROR_UNKNOWN for a name that nobody
/// bears; LW_ERROR_ARGUMENT for text that is no change, for what cannot be, and for an engine over documents; LW_ERROR_FILE if the
/// store cannot be written; LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL. Nothing is changed then.
/// Threads: any; changes wait for each other, in all processes, for up to a minute. It waits for the disk: not for the call path.
/// Memory: allocates. A set *error is the caller's to free with lw_error_free.
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

/// XPhone: an owner's own setting for a viewer.
///
/// engine, author, revision, error: as for lw_apply.
/// owner: whose setting it is.
/// viewer: whom it is for; an outside address may be one that lw_find has just given a number.
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

/// XPhone: a viewer back to the owner's default relationship.
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

/// estos: the level that an owner gives a viewer. A pending inquiry of the viewer is decided by it.
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

/// estos: no level of the owner's own for a viewer.
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

/// A user asks an owner for more than the user has: estos' inquiry; where only keevio runs, the client's Request.
///
/// engine, revision, error: as for lw_apply.
/// viewer: who asks, and is the author.
/// owner: who is asked.
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

/// An owner answers whoever has asked: see lw_pending. Not answering decides nothing.
///
/// engine, revision, error: as for lw_apply.
/// owner: who was asked, and is the author.
/// viewer: who has asked.
/// level: estos: the level to give; NULL or `blocked` rejects. Where only keevio runs it must be NULL: the answer is the client's
/// Accept, and a client cannot reject.
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

/// Those who have asked an owner and wait for an answer, sorted by name.
///
/// engine: an open engine.
/// owner: who was asked.
/// out, capacity: as for lw_parties.
///
/// Returns: how many there are, which may be more than fit; at most capacity are written. 0 if there are none, and on any
/// failure.
/// Threads: any, concurrently; out must be the caller's alone.
/// Memory: allocates for the time of the call.
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
/// engine: an open engine.
/// viewer: who has asked for the presence.
/// owner: whose presence it is.
///
/// Returns: one of the LW_SUBSCRIPTION_ constants; LW_SUBSCRIPTION_NONE also on any failure.
/// Threads: any, concurrently.
/// Memory: may allocate for the time of the call.
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

/// XPhone: somebody gets a part in a transfer, for as long as the call lasts. Where the PBX passes the part with each question
/// (lw_may_in_call), this is not needed; it is for those who cannot.
///
/// engine, author, revision, error: as for lw_apply; the author is most often LW_ADMINISTRATOR, the PBX itself.
/// call: what the PBX calls the call; to be given again to lw_end_transfer.
/// viewer: who has the part.
/// owner: towards whom.
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
            let none = Fault::Plain(ErrorKind::Argument, "a transfer needs a part in it");
            let role = self::role(role)?.ok_or(none)?;
            between(engine, author, owner, viewer, |_, owner, viewer| {
                Ok(Change::BeginTransfer { call, viewer, owner, role })
            })
        })
    }
}

/// XPhone: a call has ended, and with it all parts in its transfers.
///
/// engine, author, domain, revision, error: as for lw_apply.
/// call: as it was given to lw_begin_transfer. A call that nobody has begun is no error.
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

/// Waits until a revision, or a later one, is in force: what another process was told by lw_apply can be asked here after this.
///
/// engine: an open engine.
/// revision: the revision to wait for.
/// milliseconds: how long at most; 0 does not wait.
///
/// Returns: true once it is in force; false if it has not come, or engine is NULL.
/// Threads: any, concurrently; lw_close may not run beside it. Not for the call path.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_wait_for(engine: *const lw_engine, revision: u64, milliseconds: u32) -> bool {
    guard(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let engine = unsafe { ptr::engine(engine) }?;
        Ok(engine.wait_for(revision, Duration::from_millis(milliseconds.into())))
    })
}
