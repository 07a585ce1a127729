//! Entry points: callbacks for a new revision, and for the answers that it flips. No callback may run after the watcher has ended.
#![allow(unsafe_code, reason = "C entry points")]

use super::follower::{Follower, Work};
use super::guard::{Fault, caught, guard};
use super::names;
use super::ptr;
use super::rights::lw_right;
use super::thread::Call;
use super::types::{
    lw_engine, lw_error, lw_flips, lw_party, lw_revision_callback, lw_rights, lw_watch_callback, lw_watcher,
};
use crate::calendar::clock;
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::id::DomainId;
use crate::stream::{Flips, Stream};
use std::collections::BTreeMap;
use std::ffi::{CString, c_void};
use std::time::Duration;

/// How long a watcher waits before it reads a store again after a failed read.
const RETRY: Duration = Duration::from_secs(1);

/// What the callback of C is called with. It lives until the next call.
struct Report {
    call: unsafe extern "C-unwind" fn(*mut c_void, u64, *const lw_flips, usize),
    data: *mut c_void,
    flips: Flips,
    names: BTreeMap<DomainId, CString>,
    sets: Vec<lw_flips>,
}

// SAFETY: the header asks that the callback can be called from a thread of the library with this data; the pointers in `sets` are of
// `flips` and `names` beside them.
unsafe impl Send for Report {}

fn start<T>(list: &[T]) -> *const T {
    if list.is_empty() { std::ptr::null() } else { list.as_ptr() }
}

impl Report {
    fn fill(&mut self, engine: &Engine, flips: Flips) {
        self.sets.clear();
        self.flips = flips;
        if !self.flips.sets.is_empty() {
            let named = |(id, name)| (id, CString::new(name).unwrap_or_default());
            self.names = engine.domains().into_iter().map(named).collect();
        }
        let names = &self.names;
        self.sets.extend(self.flips.sets.iter().map(|set| lw_flips {
            domain: names.get(&set.domain).map_or(c"".as_ptr(), |name| name.as_ptr()),
            rights: lw_rights { words: [set.rights.bits() as u64, (set.rights.bits() >> 64) as u64] },
            actors: start(&set.actors).cast::<lw_party>(),
            actor_count: set.actors.len(),
            targets: start(&set.targets).cast::<lw_party>(),
            target_count: set.targets.len(),
            allowed: set.allowed,
        }));
    }

    /// # Safety
    /// `report` points to a report that was filled.
    unsafe fn make(report: *const c_void) {
        // SAFETY: the caller's promise. The header asks for a function that can be called like this; sets and lists live until it
        // returns, and a party is a transparent number.
        unsafe {
            let report = &*report.cast::<Report>();
            (report.call)(report.data, report.flips.revision, start(&report.sets), report.sets.len());
        }
    }
}

/// # Watching for changes
///
/// Calls a function with exactly the answers that each revision flips, so that a PBX refreshes only the lamps concerned. A flip
/// is in force before it is reported. One call may report several revisions; none is lost, however slow the callback is, and
/// a slow callback delays no other watcher and no change. Watching starts from the revision in force when this returns. Only
/// pairs within one domain are reported, not actors of another domain.
///
/// engine: an open engine, over a store or documents.
/// rights: the rights to watch; NULL with count 0 for all.
/// count: the number of rights.
/// on_change: the function to call.
/// data: passed to on_change unchanged; the library never dereferences it.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// All watchers of one engine share one copy of the image, to compare with.
///
/// Returns: the watcher, which the caller ends with lw_watch_end; NULL on failure, with *error saying why
/// (LW_ERROR_ARGUMENT, LW_ERROR_FILE, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
/// Threads: any. It starts a thread that blocks all signals but SIGBUS and calls on_change, one call at a time. The callback may call every
/// function but lw_close, and must return: a longjmp or C++ exception that leaves it ends the process, and pthread_exit ends its
/// watcher, which then reports nothing more. A forked child has no such thread: watch after the fork. If the callback itself forks, the
/// child ends when it returns.
/// Memory: allocates. A set *error is the caller's to free with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_watch(
    engine: *mut lw_engine,
    rights: *const lw_right,
    count: usize,
    on_change: lw_watch_callback,
    data: *mut c_void,
    error: *mut *mut lw_error,
) -> *mut lw_watcher {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            let wanted = names::rights(rights, count)?;
            let call = on_change.ok_or(Fault::Plain(ErrorKind::Argument, "the function to be called is NULL"))?;
            let open: &'static Engine = ptr::engine(engine)?;
            let stream = Stream::new(open, wanted)?;
            let flips = Flips { revision: 0, sets: Vec::new() };
            // SAFETY: called alike; one that ends its thread unwinds nothing that has to be dropped.
            let call = std::mem::transmute::<
                unsafe extern "C" fn(*mut c_void, u64, *const lw_flips, usize),
                unsafe extern "C-unwind" fn(*mut c_void, u64, *const lw_flips, usize),
            >(call);
            let report = Report { call, data, flips, names: BTreeMap::new(), sets: Vec::new() };
            let begun_with = stream.revision();
            ptr::give_watcher(engine, Follower::start(open, Watching { engine: open, stream, report })?, begun_with)
        })
    }
}

/// The work of a thread that reports flips.
struct Watching {
    engine: &'static Engine,
    stream: Stream<'static>,
    report: Report,
}

impl Work for Watching {
    fn next(&mut self, follower: &Follower) -> Option<Call> {
        while follower.wait(self.engine, self.stream.revision() + 1, self.stream.next_change()) {
            // A defect must not end the process; the stream has lost nothing.
            match caught(|| Ok(self.stream.poll()?)) {
                Ok(Some(flips)) if follower.is_wanted() => {
                    self.report.fill(self.engine, flips);
                    return Some(Call { make: Report::make, with: (&raw const self.report).cast() });
                }
                Ok(_) => {}
                Err(fault) => {
                    log::warn!("a watcher cannot read the changes and tries again: {}", fault.message());
                    follower.sleep(RETRY);
                }
            }
        }
        None
    }
}

/// The callback of C that takes a revision alone, and what it is called with.
struct Notice {
    call: unsafe extern "C-unwind" fn(*mut c_void, u64),
    data: *mut c_void,
    revision: u64,
}

// SAFETY: as for `Report`.
unsafe impl Send for Notice {}

impl Notice {
    /// # Safety
    /// `notice` points to one.
    unsafe fn make(notice: *const c_void) {
        // SAFETY: the caller's promise, and the header asks for a function that can be called like this.
        unsafe {
            let notice = &*notice.cast::<Notice>();
            (notice.call)(notice.data, notice.revision);
        }
    }
}

/// The work of a thread that reports revisions.
struct Noticing {
    engine: &'static Engine,
    notice: Notice,
    /// When a fact begins or ends.
    next: Option<i64>,
}

impl Work for Noticing {
    fn next(&mut self, follower: &Follower) -> Option<Call> {
        while follower.wait(self.engine, self.notice.revision + 1, self.next) {
            let (revision, now) = (self.engine.revision(), clock::now());
            // The wait may end without either.
            if revision != self.notice.revision || self.next.is_some_and(|next| next <= now) {
                self.notice.revision = revision;
                self.next = self.engine.next_change(now);
                return Some(Call { make: Notice::make, with: (&raw const self.notice).cast() });
            }
        }
        None
    }
}

/// Calls a function whenever another revision comes into force, and whenever a fact with dates begins or ends to count (then with the
/// same revision again, within a second), without saying which answers flip: for a PBX that checks its lamps itself. It costs one sleeping thread and copies nothing. It starts from the revision in force when this returns;
/// revisions in quick succession are reported as one, the last.
///
/// engine: an open engine, over a store or documents; documents change by a reload.
/// on_revision: the function to call.
/// data: passed to on_revision unchanged; the library never dereferences it.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: the watcher, which the caller ends with lw_watch_end; NULL on failure, with *error saying why
/// (LW_ERROR_ARGUMENT, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
/// Threads: any. It starts a thread that blocks all signals but SIGBUS and calls on_revision, one call at a time. The callback may call
/// every function but lw_close, and must return, as for lw_watch. A forked child has no such thread: call this after the fork.
/// Memory: allocates. A set *error is the caller's to free with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_on_revision(
    engine: *mut lw_engine,
    on_revision: lw_revision_callback,
    data: *mut c_void,
    error: *mut *mut lw_error,
) -> *mut lw_watcher {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            let call = on_revision.ok_or(Fault::Plain(ErrorKind::Argument, "the function to be called is NULL"))?;
            let open: &'static Engine = ptr::engine(engine)?;
            // SAFETY: as in lw_watch.
            let call = std::mem::transmute::<
                unsafe extern "C" fn(*mut c_void, u64),
                unsafe extern "C-unwind" fn(*mut c_void, u64),
            >(call);
            let begun_with = open.revision();
            let notice = Notice { call, data, revision: begun_with };
            let next = open.next_change(clock::now());
            let follower = Follower::start(open, Noticing { engine: open, notice, next })?;
            ptr::give_watcher(engine, follower, begun_with)
        })
    }
}

/// The revision that a watcher began with: it reports what comes after it. A program that reads its lamps' states after lw_watch, and
/// finds the same revision in force, has missed nothing.
///
/// watcher: a watcher of lw_watch or lw_on_revision that was not ended.
///
/// Returns: the revision; 0 if watcher is NULL.
/// Threads: any, concurrently.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_watch_revision(watcher: *const lw_watcher) -> u64 {
    // SAFETY: NULL, or a watcher that was not ended before, as the header asks.
    guard(|| Ok(unsafe { ptr::watcher(watcher) }?.revision))
}

/// Ends a watcher of lw_watch or lw_on_revision. When it returns, the callback is not running and will not be called again. Called
/// from the callback itself, it returns at once and no further call follows.
///
/// watcher: the watcher; NULL is a harmless no-op. End it even if its engine was closed: closing stops it but does not free it.
///
/// Returns: nothing.
/// Threads: any. It waits for a running callback, so hold no lock that the callback takes.
/// Memory: frees the watcher.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_watch_end(watcher: *mut lw_watcher) {
    guard(|| {
        // SAFETY: NULL, or a watcher that was not ended before, as the header asks.
        unsafe { ptr::take_watcher(watcher) };
        Ok(())
    });
}
