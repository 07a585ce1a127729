//! Entry points: callbacks for a new revision, and for the answers that it flips.
#![allow(unsafe_code, reason = "C entry points")]

use super::follower::Follower;
use super::guard::{Fault, Outcome, caught, guard};
use super::names::right;
use super::ptr;
use super::rights::lw_right;
use super::types::{
    lw_engine, lw_error, lw_flips, lw_party, lw_revision_callback, lw_rights, lw_watch_callback, lw_watcher,
};
use crate::calendar::clock;
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::id::DomainId;
use crate::right::RightSet;
use crate::stream::{Flips, Stream};
use std::collections::BTreeMap;
use std::ffi::{CString, c_void};
use std::sync::Arc;
use std::time::Duration;

/// How long a watcher waits before it reads a store again after a failed read.
const RETRY: Duration = Duration::from_secs(1);

/// The callback of C and its data. The header demands that another thread may call it.
struct Callback {
    call: unsafe extern "C" fn(*mut c_void, u64, *const lw_flips, usize),
    data: *mut c_void,
}

// SAFETY: the header asks that the callback can be called from a thread of the library with this data.
unsafe impl Send for Callback {}

impl Callback {
    fn report(&self, engine: &Engine, flips: &Flips) {
        fn start<T>(list: &[T]) -> *const T {
            if list.is_empty() { std::ptr::null() } else { list.as_ptr() }
        }
        let names: BTreeMap<DomainId, CString> = match flips.sets.is_empty() {
            true => BTreeMap::new(),
            false => {
                let named = |(id, name)| (id, CString::new(name).unwrap_or_default());
                engine.domains().into_iter().map(named).collect()
            }
        };
        let sets: Vec<lw_flips> = flips
            .sets
            .iter()
            .map(|set| lw_flips {
                domain: names.get(&set.domain).map_or(c"".as_ptr(), |name| name.as_ptr()),
                rights: lw_rights { words: [set.rights.bits() as u64, (set.rights.bits() >> 64) as u64] },
                actors: start(&set.actors).cast::<lw_party>(),
                actor_count: set.actors.len(),
                targets: start(&set.targets).cast::<lw_party>(),
                target_count: set.targets.len(),
                allowed: set.allowed,
            })
            .collect();
        // SAFETY: the header asks for a function that can be called like this; sets and lists live until it returns, and a party
        // is a transparent number.
        unsafe { (self.call)(self.data, flips.revision, start(&sets), sets.len()) };
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
/// function but lw_close, and must return: no pthread_exit, longjmp or C++ exception may leave it, which would end the process. A
/// forked child has no such thread: watch after the fork. If the callback itself forks, the child ends when it returns.
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
            let wanted = match ptr::parties(rights, count)? {
                [] => RightSet::from_bits(u128::MAX),
                list => {
                    let mut wanted = RightSet::EMPTY;
                    for number in list {
                        wanted |= right(number.0)?.mask();
                    }
                    wanted
                }
            };
            let call = on_change.ok_or(Fault::Plain(ErrorKind::Argument, "the function to be called is NULL"))?;
            let open: &'static Engine = ptr::engine(engine)?;
            let follower = follow(open, wanted, Callback { call, data })?;
            ptr::give_watcher(engine, follower)
        })
    }
}

fn follow(engine: &'static Engine, rights: RightSet, callback: Callback) -> Outcome<Arc<Follower>> {
    let mut stream = Stream::new(engine, rights)?;
    Follower::start(engine, move |follower| {
        let callback = callback;
        while follower.wait(engine, stream.revision() + 1, stream.next_change()) {
            // A defect must not end the process; the stream has lost nothing.
            match caught(|| Ok(stream.poll()?)) {
                Ok(Some(flips)) if follower.is_wanted() => callback.report(engine, &flips),
                Ok(_) => {}
                Err(_) => follower.sleep(RETRY),
            }
        }
    })
}

/// The callback of C that takes a revision alone.
struct Notice {
    call: unsafe extern "C" fn(*mut c_void, u64),
    data: *mut c_void,
}

// SAFETY: as for `Callback`.
unsafe impl Send for Notice {}

impl Notice {
    fn report(&self, revision: u64) {
        // SAFETY: the header asks for a function that can be called like this.
        unsafe { (self.call)(self.data, revision) };
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
            let (open, notice): (&'static Engine, _) = (ptr::engine(engine)?, Notice { call, data });
            let mut reported = open.revision();
            let follower = Follower::start(open, move |follower| {
                let notice = notice;
                let mut next = open.next_change(clock::now());
                while follower.wait(open, reported + 1, next) {
                    let (revision, now) = (open.revision(), clock::now());
                    // The wait may end without either.
                    if revision != reported || next.is_some_and(|next| next <= now) {
                        reported = revision;
                        next = open.next_change(now);
                        notice.report(reported);
                    }
                }
            })?;
            ptr::give_watcher(engine, follower)
        })
    }
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
