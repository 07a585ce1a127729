//! Entry points: reasons. All but lw_decide answer in JSON and allocate: for people, not for the call path.
#![allow(unsafe_code, reason = "C entry points")]

use super::check::role;
use super::guard::{Fault, Guarded, guard, guard_deep};
use super::names::right;
use super::ptr;
use super::rights::lw_right;
use super::types::{LW_OK, LW_ROLE_NONE, lw_call_role, lw_decision, lw_engine, lw_party, lw_status};
#[cfg(any(target_os = "linux", windows))]
use crate::engine::{ChangeSet, Filter};
use crate::engine::{Engine, Reason};
use crate::error::ErrorKind;
use crate::id::Party;
use std::ffi::c_char;

pub(super) fn json(value: &impl serde::Serialize) -> Guarded<*mut c_char> {
    let text =
        serde_json::to_string(value).map_err(|_| Fault::Plain(ErrorKind::Internal, "an answer that is no JSON"))?;
    ptr::give_text(text)
}

/// # Why
///
/// The answer of lw_may with its reason, revision and deciding entry, for call records and logs.
///
/// engine: an open engine.
/// actor, right, target: as for lw_may.
/// out: receives the decision. It is set to a refusal first, and stays one on any failure.
///
/// Returns: LW_OK if there is a decision, yes or no: see out->allowed. LW_ERROR_UNKNOWN if actor, right or target is
/// unknown; LW_ERROR_ARGUMENT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: over a store it allocates nothing, locks nothing and makes no system call. Over documents it may allocate, and takes a
/// lock that a reload holds for the moment in which it puts the new rights in force.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_decide(
    engine: *const lw_engine,
    actor: lw_party,
    right: lw_right,
    target: lw_party,
    out: *mut lw_decision,
) -> lw_status {
    guard(|| {
        // SAFETY: `out` is NULL or room for a decision and `engine` NULL or open, as the header asks.
        let (out, engine) = unsafe { (ptr::refused(out)?, ptr::engine(engine)?) };
        let decision = engine.decide(Party(actor), self::right(right)?, Party(target));
        if decision.reason == Reason::Unknown {
            return Err(Fault::Plain(ErrorKind::Unknown, "actor or target is unknown"));
        }
        out.put(lw_decision {
            allowed: decision.allowed,
            reason: decision.reason as u32,
            revision: decision.revision,
            line: decision.line,
        });
        Ok(LW_OK)
    })
}

/// The document with the deciding entry, whose line the decision names. Not for calls.
///
/// engine: an open engine.
/// target: the target of the question.
/// decision: what lw_decide answered.
///
/// Returns: the path, as the engine was opened with it; NULL if the decision names no line, as always over a store, if documents were reloaded
/// since, so that the line may be another, and on any failure.
/// Threads: any, concurrently.
/// Memory: allocates. The caller frees the text with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_decision_file(
    engine: *const lw_engine,
    target: lw_party,
    decision: *const lw_decision,
) -> *mut c_char {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `decision` NULL or a decision, as the header asks.
        let (engine, decision) = unsafe { (ptr::engine(engine)?, ptr::decision(decision)?) };
        let file = if decision.line == 0 { None } else { engine.file_of(Party(target), decision.revision) };
        ptr::give_text(file.ok_or(Fault::Plain(ErrorKind::Unknown, "the decision names no line of a document"))?)
    })
}

/// Explains the answer of lw_may: every source that was consulted, the deciding one with file and line, and for a no the smallest
/// changes that would make it a yes.
///
/// Not for calls: over a store it reads the policy, which can take seconds in a big company.
///
/// engine: an open engine.
/// actor, right, target: as for lw_may.
///
/// Returns: a JSON object with allowed, domain, actor, right, target, reason, summary (one line for people), sources, changes,
/// no_change (for a no without changes: why there are none) and revision; NULL if engine is NULL or right is no right.
/// Threads: any, concurrently.
/// Memory: allocates. The caller frees the text with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_explain(
    engine: *const lw_engine,
    actor: lw_party,
    right: lw_right,
    target: lw_party,
) -> *mut c_char {
    // SAFETY: as for lw_explain_in_call.
    unsafe { lw_explain_in_call(engine, actor, right, target, LW_ROLE_NONE) }
}

/// As lw_explain, while the actor has a role in a transfer with the target.
///
/// engine, actor, right, target, role: as for lw_may_in_call.
///
/// Returns: as lw_explain; also NULL if role is no LW_ROLE_ constant.
/// Threads: any, concurrently.
/// Memory: allocates. The caller frees the text with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_explain_in_call(
    engine: *const lw_engine,
    actor: lw_party,
    right: lw_right,
    target: lw_party,
    role: lw_call_role,
) -> *mut c_char {
    guard_deep(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let engine = unsafe { ptr::engine(engine) }?;
        json(&engine.explain(Party(actor), self::right(right)?, Party(target), self::role(role)?))
    })
}

/// All rights of a pair by name, and the level of the actor in each system of the target's domain.
///
/// Not for calls: over a store it reads the policy, which can take seconds in a big company.
///
/// engine: an open engine.
/// actor, target: as for lw_may.
///
/// Returns: a JSON object: rights is a sorted list of names, levels a list of objects with system and level. NULL if engine is
/// NULL.
/// Threads: any, concurrently.
/// Memory: allocates. The caller frees the text with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_pair(engine: *const lw_engine, actor: lw_party, target: lw_party) -> *mut c_char {
    guard_deep(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let pair = unsafe { ptr::engine(engine) }?.pair(Party(actor), Party(target));
        let level = |(system, level): &(_, String)| serde_json::json!({ "system": system, "level": level });
        let levels: Vec<_> = pair.levels.iter().map(level).collect();
        json(&serde_json::json!({ "rights": pair.rights.names(), "levels": levels }))
    })
}

/// Findings about documents that are legal but probably wrong: open to everyone, dead grants, shadowed settings, empty groups.
///
/// Not for calls: over a store it reads the policy, which can take seconds in a big company.
///
/// engine: an open engine.
///
/// Returns: a JSON list of objects with rule (a stable id, at most once per domain), place (file and line), places (all places, if
/// there are several) and message; `[]` without findings; NULL if engine is NULL.
/// Threads: any, concurrently.
/// Memory: allocates. The caller frees the text with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_lint(engine: *const lw_engine) -> *mut c_char {
    // SAFETY: `engine` is NULL or open, as the header asks.
    guard_deep(|| json(&unsafe { ptr::engine(engine) }?.lint()))
}

/// The changes of a store with author and time, newest first.
///
/// engine: an open engine.
/// above: lists only revisions above this one; 0 for all.
/// limit: the maximum number of revisions; 0 for all.
///
/// Returns: a JSON list of objects with revision, at (milliseconds since 1970), by (`domain/name`, or empty for the administrator)
/// and changes (a list of lines, as lw_apply takes them); NULL if engine is NULL or not over a store, or the store cannot be read.
/// Threads: any, concurrently. It reads the store, so not for the call path.
/// Memory: allocates. The caller frees the text with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_history(engine: *const lw_engine, above: u64, limit: u32) -> *mut c_char {
    guard_deep(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let engine = unsafe { ptr::engine(engine) }?;
        let limit = if limit == 0 { usize::MAX } else { limit as usize };
        history(engine, above, limit)
    })
}

#[cfg(any(target_os = "linux", windows))]
fn history(engine: &Engine, above: u64, limit: usize) -> Guarded<*mut c_char> {
    let sets = engine.history(&Filter { above, limit, ..Filter::default() })?;
    let rendered = |set: &ChangeSet| {
        let changes: Vec<&str> = set.text.lines().collect();
        serde_json::json!({ "revision": set.revision, "at": set.at, "by": set.author, "changes": changes })
    };
    json(&sets.iter().map(rendered).collect::<Vec<_>>())
}

#[cfg(not(any(target_os = "linux", windows)))]
fn history(_: &Engine, _: u64, _: usize) -> Guarded<*mut c_char> {
    Err(Fault::Plain(ErrorKind::Argument, "stores need Linux or Windows"))
}
