//! Every function of the C header, each with a call of it by the arguments of a turn (`sequences.rs` makes those up). An error without a
//! failure, a yes beside an error, a text that is not UTF-8 and `LW_ERROR_INTERNAL` are findings.
#![allow(unsafe_code, reason = "this is the C interface")]
#![allow(clippy::undocumented_unsafe_blocks, reason = "each call is made as the promise of `call` says")]

use linewarden::ffi::*;
use linewarden::internals::calendar::instant_text;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

/// The arguments of one call, and what the thread holds until its end.
pub struct Turn<'a> {
    pub engine: *mut lw_engine,
    pub one: u32,
    pub other: u32,
    /// A right, a reason, a count.
    pub number: u32,
    /// A line, a role, a direction: mostly one that there is.
    pub small: u32,
    pub text: *const c_char,
    pub more: *const c_char,
    pub domain: *const c_char,
    /// NULL, or three parties.
    pub list: *const u32,
    pub file: &'a CStr,
    pub source: &'a CStr,
    pub held: &'a mut Held,
}

/// What a thread ends before it is done, in the order in which the header asks for it.
#[derive(Default)]
pub struct Held {
    pub watchers: Vec<*mut lw_watcher>,
    pub shadows: Vec<*mut lw_shadow>,
    pub opened: Vec<*mut lw_engine>,
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: each was given by its function, is ended once, and nothing uses it any more.
        unsafe {
            self.watchers.drain(..).for_each(|watcher| lw_watch_end(watcher));
            self.shadows.drain(..).for_each(|shadow| lw_shadow_end(shadow));
            self.opened.drain(..).for_each(|engine| lw_close(engine));
        }
    }
}

/// A function of the header, and a call of it. True: a yes, a success, something found.
type Call = (&'static str, unsafe fn(&mut Turn) -> bool);

/// A text that the library gave: read, and freed.
unsafe fn told(text: *mut c_char) -> bool {
    if text.is_null() {
        return false;
    }
    // SAFETY: a text of the library that ends in NUL, freed once.
    let read = unsafe { CStr::from_ptr(text) }.to_str().is_ok();
    assert!(read, "a text that is not UTF-8");
    // SAFETY: as above.
    unsafe { lw_string_free(text) };
    true
}

/// A call that reports an error: there is one exactly if it failed, and it says why.
pub unsafe fn reported(call: impl FnOnce(*mut *mut lw_error) -> bool) -> bool {
    let mut error = null_mut();
    let good = call(&mut error);
    assert_eq!(good, error.is_null(), "an error with a success, or a failure without one");
    if !error.is_null() {
        // SAFETY: an error of the library, freed once.
        unsafe {
            assert!(lw_error_code(error) < 0 && lw_error_code(error) != LW_ERROR_INTERNAL, "a defect");
            assert!(
                !CStr::from_ptr(lw_error_message(error)).is_empty() && !lw_status_text(lw_error_code(error)).is_null()
            );
            lw_error_free(error);
        }
    }
    good
}

/// A change: it fails with an error, or says its revision.
unsafe fn changed(call: impl FnOnce(*mut u64, *mut *mut lw_error) -> lw_status) -> bool {
    let mut revision = 0;
    // SAFETY: as the header asks of the call.
    let good = unsafe { reported(|error| call(&mut revision, error) == LW_OK) };
    assert!(!good || revision > 0, "a change without a revision");
    good
}

/// An engine that the thread closes.
unsafe fn opened(turn: &mut Turn, open: impl FnOnce(*mut *mut lw_error) -> *mut lw_engine) -> bool {
    let mut engine = null_mut();
    // SAFETY: as the header asks of the call.
    let good = unsafe {
        reported(|error| {
            engine = open(error);
            !engine.is_null()
        })
    };
    turn.held.opened.extend(good.then_some(engine));
    good
}

unsafe extern "C" fn flipped(_: *mut c_void, _: u64, flips: *const lw_flips, count: usize) {
    assert!(count == 0 || !flips.is_null());
}

unsafe extern "C" fn moved(_: *mut c_void, _: u64) {}

unsafe extern "C" fn logged(_: *mut c_void, _: lw_log_level, message: *const c_char) {
    assert!(!message.is_null());
}

/// When a shadow may end.
fn in_an_hour() -> CString {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs() as i64);
    CString::new(instant_text(now + 3600)).expect("no NUL in it")
}

/// The author of a change: the administrator or a party.
fn author(turn: &Turn) -> u32 {
    if turn.number < 128 { LW_ADMINISTRATOR } else { turn.one }
}

/// Every function of the header that asks an engine, or what was made of one: without it, never a yes. `tests/fuzz_smoke.rs` holds the two
/// lists against the header.
#[rustfmt::skip]
const OF_ENGINE: &[Call] = &[
    ("lw_may", |t| unsafe { lw_may(t.engine, t.one, t.number, t.other) }),
    ("lw_may_in_call", |t| unsafe { lw_may_in_call(t.engine, t.one, t.number, t.other, t.small) }),
    ("lw_may_pick_up", |t| unsafe { lw_may_pick_up(t.engine, t.one, t.other, t.small) }),
    ("lw_may_set_forward", |t| unsafe { lw_may_set_forward(t.engine, t.one, t.other, t.small) }),
    ("lw_may_bypass_forward", |t| unsafe { lw_may_bypass_forward(t.engine, t.one, t.other) }),
    ("lw_may_see_busy", |t| unsafe { lw_may_see_busy(t.engine, t.one, t.other) }),
    ("lw_may_see_caller", |t| unsafe { lw_may_see_caller(t.engine, t.one, t.other, t.small, t.number % 5) }),
    ("lw_may_log_in", |t| unsafe { lw_may_log_in(t.engine, t.one, t.other) }),
    ("lw_may_named", |t| unsafe { lw_may_named(t.engine, t.domain, t.text, lw_right_name(t.number), t.more) }),
    ("lw_may_call", |t| unsafe { lw_may_call(t.engine, t.one, t.text) }),
    ("lw_may_forward_to", |t| unsafe { lw_may_forward_to(t.engine, t.one, t.other, t.small, t.text) }),
    ("lw_decide_call", |t| unsafe {
        let mut found: lw_destination = std::mem::zeroed();
        let status = lw_decide_call(t.engine, t.one, t.text, &mut found);
        assert!(status == LW_OK || !found.allowed);
        found.allowed
    }),
    ("lw_decide_forward_to", |t| unsafe {
        let mut found: lw_destination = std::mem::zeroed();
        let status = lw_decide_forward_to(t.engine, t.one, t.other, t.small, t.text, &mut found);
        assert!(status == LW_OK || !found.allowed);
        found.allowed
    }),
    ("lw_dial", |t| unsafe {
        let mut dialled: lw_dialled = std::mem::zeroed();
        let status = lw_dial(t.engine, t.one, t.text, &mut dialled);
        assert!(status == LW_OK || !dialled.allowed);
        dialled.allowed
    }),
    ("lw_rights_of", |t| unsafe {
        let mut rights = lw_rights { words: [u64::MAX; 2] };
        lw_rights_of(t.engine, t.one, t.other, &mut rights);
        rights.words != [0; 2]
    }),
    ("lw_rights_has", |t| unsafe {
        let mut rights = lw_rights::default();
        lw_rights_of(t.engine, t.one, t.other, &mut rights);
        lw_rights_has(&rights, t.number)
    }),
    ("lw_may_each_target", |t| unsafe {
        let mut answers = [true; 3];
        let yes = lw_may_each_target(t.engine, t.one, t.number, t.list, 3, answers.as_mut_ptr());
        assert_eq!(yes, answers.iter().filter(|answer| **answer).count());
        yes != 0
    }),
    ("lw_may_each_actor", |t| unsafe {
        let mut answers = [true; 3];
        let yes = lw_may_each_actor(t.engine, t.list, 3, t.number, t.other, answers.as_mut_ptr());
        assert_eq!(yes, answers.iter().filter(|answer| **answer).count());
        yes != 0
    }),
    ("lw_decide", |t| unsafe {
        let mut decision = lw_decision::default();
        lw_decide(t.engine, t.one, t.number, t.other, &mut decision) == LW_OK && decision.allowed
    }),
    ("lw_decision_file", |t| unsafe {
        let mut decision = lw_decision::default();
        let _ = lw_decide(t.engine, t.one, t.number, t.other, &mut decision);
        told(lw_decision_file(t.engine, t.other, &decision))
    }),
    ("lw_explain", |t| unsafe { told(lw_explain(t.engine, t.one, t.number, t.other)) }),
    ("lw_explain_in_call", |t| unsafe { told(lw_explain_in_call(t.engine, t.one, t.number, t.other, t.small)) }),
    ("lw_pair", |t| unsafe { told(lw_pair(t.engine, t.one, t.other)) }),
    ("lw_lint", |t| unsafe { told(lw_lint(t.engine)) }),
    ("lw_history", |t| unsafe { told(lw_history(t.engine, t.number.into(), 5)) }),
    ("lw_text", |t| unsafe { told(lw_text(t.engine, t.one)) }),
    ("lw_find", |t| unsafe { lw_find(t.engine, t.domain, t.text) != 0 }),
    ("lw_resolve", |t| unsafe { reported(|error| lw_resolve(t.engine, t.domain, t.text, error) != 0) }),
    ("lw_line_of", |t| unsafe { lw_line_of(t.engine, t.one, t.text) != 0 }),
    ("lw_party_kind", |t| unsafe { lw_party_kind(t.engine, t.one) != 0 }),
    ("lw_party_domain", |t| unsafe { told(lw_party_domain(t.engine, t.one)) }),
    ("lw_domain_count", |t| unsafe { lw_domain_count(t.engine) != 0 }),
    ("lw_domain_name", |t| unsafe { told(lw_domain_name(t.engine, (t.number % 3) as usize)) }),
    ("lw_parties", |t| unsafe { lw_parties(t.engine, t.domain, [0; 8].as_mut_ptr(), (t.small % 9) as usize) != 0 }),
    ("lw_who", |t| unsafe { lw_who(t.engine, t.number, t.other, [0; 8].as_mut_ptr(), (t.small % 9) as usize) != 0 }),
    ("lw_whom", |t| unsafe { lw_whom(t.engine, t.one, t.number, null_mut(), 0) != 0 }),
    ("lw_who_after", |t| unsafe { lw_who_after(t.engine, t.number, t.other, t.one, [0; 8].as_mut_ptr(), 8) != 0 }),
    ("lw_whom_after", |t| unsafe { lw_whom_after(t.engine, t.one, t.number, t.other, [0; 8].as_mut_ptr(), 8) != 0 }),
    ("lw_notified", |t| unsafe {
        // There may be none, which is no failure.
        let (mut list, mut error) = ([0; 8], null_mut());
        let count = lw_notified(t.engine, t.one, t.list, 3, null(), 0, list.as_mut_ptr(), list.len(), &mut error);
        assert!(count == 0 || error.is_null());
        lw_error_free(error);
        count != 0
    }),
    ("lw_pending", |t| unsafe { lw_pending(t.engine, t.one, [0; 8].as_mut_ptr(), 8) != 0 }),
    ("lw_subscription_state", |t| unsafe { lw_subscription_state(t.engine, t.one, t.other) != 0 }),
    ("lw_revision", |t| unsafe { lw_revision(t.engine) != 0 }),
    ("lw_apply", |t| unsafe { changed(|revision, error| lw_apply(t.engine, author(t), t.domain, t.text, revision, error)) }),
    ("lw_set_relationship", |t| unsafe {
        changed(|revision, error| lw_set_relationship(t.engine, author(t), t.one, t.other, t.text, revision, error))
    }),
    ("lw_clear_relationship", |t| unsafe {
        changed(|revision, error| lw_clear_relationship(t.engine, author(t), t.one, t.other, revision, error))
    }),
    ("lw_set_level", |t| unsafe {
        changed(|revision, error| lw_set_level(t.engine, author(t), t.one, t.other, t.text, revision, error))
    }),
    ("lw_clear_level", |t| unsafe {
        changed(|revision, error| lw_clear_level(t.engine, author(t), t.one, t.other, revision, error))
    }),
    ("lw_request_access", |t| unsafe {
        changed(|revision, error| lw_request_access(t.engine, t.one, t.other, revision, error))
    }),
    ("lw_answer_request", |t| unsafe {
        changed(|revision, error| lw_answer_request(t.engine, t.one, t.other, t.text, revision, error))
    }),
    ("lw_begin_transfer", |t| unsafe {
        let call = t.more;
        changed(|revision, error| lw_begin_transfer(t.engine, author(t), call, t.one, t.other, t.small, revision, error))
    }),
    ("lw_end_transfer", |t| unsafe {
        changed(|revision, error| lw_end_transfer(t.engine, author(t), t.domain, t.more, revision, error))
    }),
    ("lw_wait_for", |t| unsafe { lw_wait_for(t.engine, t.number.into(), t.small & 1) }),
    ("lw_import", |t| unsafe { changed(|revision, error| lw_import(t.engine, t.source.as_ptr(), revision, error)) }),
    ("lw_export", |t| unsafe { changed(|revision, error| lw_export(t.engine, t.file.as_ptr(), revision, error)) }),
    ("lw_diff", |t| unsafe {
        let mut found = null_mut();
        reported(|error| { found = lw_diff(t.engine, t.source.as_ptr(), error); !found.is_null() });
        told(found)
    }),
    ("lw_backup", |t| unsafe { changed(|revision, error| lw_backup(t.engine, t.file.as_ptr(), revision, error)) }),
    ("lw_verify", |t| unsafe { changed(|revision, error| lw_verify(t.engine, revision, error)) }),
    ("lw_state", |t| unsafe {
        let mut state: lw_store_state = std::mem::zeroed();
        reported(|error| lw_state(t.engine, 1, &mut state, error) == LW_OK)
    }),
    ("lw_token", |t| unsafe { told(lw_token(t.engine)) }),
    ("lw_is_fresh", |t| unsafe {
        let token = lw_token(t.engine);
        let fresh = lw_is_fresh(t.engine, if t.number < 128 { token.cast_const() } else { t.text });
        lw_string_free(token);
        fresh
    }),
    ("lw_wait_for_token", |t| unsafe {
        let (token, mut error) = (lw_token(t.engine), null_mut());
        let fresh = lw_wait_for_token(t.engine, if t.number < 128 { token.cast_const() } else { t.text }, t.small & 1, &mut error);
        assert!(!fresh || error.is_null());
        lw_error_free(error);
        lw_string_free(token);
        fresh
    }),
    ("lw_shadow_begin", |t| unsafe {
        let mut shadow = null_mut();
        let soon = in_an_hour();
        let until = if t.number < 240 { soon.as_ptr() } else { t.text };
        reported(|error| {
            shadow = lw_shadow_begin(t.engine, t.domain, null(), 0, until, t.file.as_ptr(), error);
            !shadow.is_null()
        });
        t.held.shadows.extend((!shadow.is_null()).then_some(shadow));
        !shadow.is_null()
    }),
    ("lw_watch", |t| unsafe {
        let mut watcher = null_mut();
        reported(|error| { watcher = lw_watch(t.engine, null(), 0, Some(flipped), null_mut(), error); !watcher.is_null() });
        t.held.watchers.extend((!watcher.is_null()).then_some(watcher));
        !watcher.is_null()
    }),
    ("lw_on_revision", |t| unsafe {
        let mut watcher = null_mut();
        reported(|error| { watcher = lw_on_revision(t.engine, Some(moved), null_mut(), error); !watcher.is_null() });
        t.held.watchers.extend((!watcher.is_null()).then_some(watcher));
        !watcher.is_null()
    }),
    ("lw_reload", |t| unsafe { reported(|error| lw_reload(t.engine, error) == LW_OK) }),
];

/// Those that need none, or what the thread holds.
#[rustfmt::skip]
const OTHERS: &[Call] = &[
    ("lw_may_or_shadow", |t| unsafe {
        t.held.shadows.last().is_some_and(|shadow| lw_may_or_shadow(*shadow, t.one, t.number, t.other) == LW_SHADOW_YES)
    }),
    ("lw_may_or_shadow_named", |t| unsafe {
        let right = lw_right_name(t.number);
        t.held.shadows.last().is_some_and(|shadow| {
            lw_may_or_shadow_named(*shadow, t.domain, t.text, right, t.more) == LW_SHADOW_YES
        })
    }),
    ("lw_shadow_status", |t| unsafe { t.held.shadows.last().is_some_and(|shadow| told(lw_shadow_status(*shadow))) }),
    ("lw_shadow_end", |t| unsafe { t.held.shadows.pop().map(|shadow| lw_shadow_end(shadow)).is_some() }),
    ("lw_watch_revision", |t| unsafe { t.held.watchers.last().is_some_and(|watcher| lw_watch_revision(*watcher) != 0) }),
    ("lw_watch_end", |t| unsafe { t.held.watchers.pop().map(|watcher| lw_watch_end(watcher)).is_some() }),
    ("lw_open", |t| unsafe {
        let source = if t.number < 200 { t.source.as_ptr() } else { t.text };
        opened(t, |error| lw_open(source, error))
    }),
    ("lw_open_with", |t| unsafe {
        let size = if t.number < 200 { size_of::<lw_options>() } else { t.number as usize };
        let options = lw_options { size, patience: 1, read_only: t.small & 1 };
        let source = t.source.as_ptr();
        opened(t, |error| lw_open_with(source, &options, error))
    }),
    ("lw_close", |t| unsafe {
        // What follows it on that engine must have been ended.
        t.held.watchers.drain(..).for_each(|watcher| lw_watch_end(watcher));
        t.held.shadows.drain(..).for_each(|shadow| lw_shadow_end(shadow));
        t.held.opened.pop().map(|engine| lw_close(engine)).is_some()
    }),
    ("lw_survive_truncation", |_| unsafe { reported(|error| lw_survive_truncation(error) == LW_OK) }),
    ("lw_set_log", |t| unsafe {
        let callback: lw_log_callback = if t.small & 1 == 0 { Some(logged) } else { None };
        reported(|error| lw_set_log(callback, null_mut(), error) == LW_OK)
    }),
    ("lw_right_by_name", |t| unsafe { lw_right_by_name(t.text) != 0 }),
    ("lw_right_name", |t| !lw_right_name(t.number).is_null()),
    ("lw_right_at", |t| lw_right_at(t.number as usize) != 0),
    ("lw_status_text", |t| !lw_status_text(-(t.number as i32)).is_null()),
    ("lw_reason_text", |t| !lw_reason_text(t.number).is_null()),
    ("lw_error_code", |_| unsafe { lw_error_code(null()) == LW_OK }),
    ("lw_error_message", |_| unsafe { !lw_error_message(null()).is_null() }),
    ("lw_error_free", |_| unsafe { lw_error_free(null_mut()); true }),
    ("lw_string_free", |_| unsafe { lw_string_free(null_mut()); true }),
    ("lw_abi_version", |_| lw_abi_version() != 0),
    ("lw_version", |_| !lw_version().is_null()),
    ("lw_version_number", |_| lw_version_number() != 0),
];

/// Makes the call of that number.
///
/// # Safety
/// As the header asks of its arguments; what is held is used by this thread only.
pub unsafe fn call(number: u8, turn: &mut Turn) {
    let index = usize::from(number) % (OF_ENGINE.len() + OTHERS.len());
    let Some((name, function)) = OF_ENGINE.iter().chain(OTHERS).nth(index) else { return };
    let without = turn.engine.is_null();
    // SAFETY: the caller's promise.
    let good = unsafe { function(turn) };
    REACHED[index][0].fetch_add(1, Ordering::Relaxed);
    REACHED[index][1].fetch_add(good.into(), Ordering::Relaxed);
    assert!(!good || index >= OF_ENGINE.len() || !without, "{name}: NULL got a yes");
}

/// How often each function was called, and how often with success, since the process began.
static REACHED: [[AtomicU32; 2]; 128] = [const { [AtomicU32::new(0), AtomicU32::new(0)] }; 128];

/// Each function with how often it was called and how often that was a yes or a success.
pub fn reached() -> Vec<(&'static str, u32, u32)> {
    let counted = OF_ENGINE.iter().chain(OTHERS).zip(&REACHED);
    counted
        .map(|((name, _), [made, good])| (*name, made.load(Ordering::Relaxed), good.load(Ordering::Relaxed)))
        .collect()
}
