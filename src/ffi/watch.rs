//! Entry points: being told that other rights are in force, and which answers flip.
#![allow(unsafe_code, reason = "C entry points")]

use super::follower::Follower;
use super::guard::{Fault, Outcome, caught, guard};
use super::names::right;
use super::ptr;
use super::rights::lw_right;
use super::types::{
    lw_engine, lw_error, lw_flips, lw_on_change, lw_party, lw_revision_moved, lw_rights, lw_subscription,
};
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::id::DomainId;
use crate::right::RightSet;
use crate::stream::{Flips, Stream};
use std::collections::BTreeMap;
use std::ffi::{CString, c_void};
use std::sync::Arc;
use std::time::Duration;

/// How long a thread that follows waits before it tries to read a store again that it could not read.
const PAUSE: Duration = Duration::from_secs(1);

/// What C gave to be called, and with what. C has promised that another thread may do so.
struct Callback {
    call: unsafe extern "C" fn(*mut c_void, u64, *const lw_flips, usize),
    data: *mut c_void,
}

// SAFETY: the header asks that the callback can be called from a thread of the library with this data.
unsafe impl Send for Callback {}

impl Callback {
    fn tell(&self, engine: &Engine, flips: &Flips) {
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

/// # Being told
///
/// Asks to be told, revision by revision, exactly which answers flip: so that a PBX refreshes just the lamps that are concerned.
/// Whoever is told can see it already. Several revisions may be told together; none is lost, however slow the callback is,
/// and nobody else waits for it. It begins with what is in force when this returns. Pairs of one domain are told; who acts from
/// another domain is not.
///
/// engine: an open engine, over a store or documents.
/// rights: the rights to be told about; NULL with count 0 for all.
/// count: how many.
/// on_change: the function to be called.
/// data: what it is called with; not looked at.
/// error: where to put what went wrong, or NULL. It is set to NULL on success.
///
/// All subscriptions of an engine keep one copy of the image among them, to compare with.
///
/// Returns: the subscription, the caller's to end with lw_unsubscribe; NULL on failure, with *error saying why
/// (LW_ERROR_ARGUMENT, LW_ERROR_FILE, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
/// Threads: any. It starts a thread that blocks all signals and calls on_change, one call at a time; in there all functions may be
/// used but lw_close. A forked child has no such thread: subscribe after the fork.
/// Memory: allocates. A set *error is the caller's to free with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_subscribe(
    engine: *mut lw_engine,
    rights: *const lw_right,
    count: usize,
    on_change: lw_on_change,
    data: *mut c_void,
    error: *mut *mut lw_error,
) -> *mut lw_subscription {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        ptr::guard_told(error, || {
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
            ptr::give_subscription(engine, follower)
        })
    }
}

fn follow(engine: &'static Engine, rights: RightSet, callback: Callback) -> Outcome<Arc<Follower>> {
    let mut stream = Stream::new(engine, rights)?;
    Follower::start(engine, move |follower| {
        let callback = callback;
        while follower.wait(engine, stream.revision() + 1) {
            // A defect must not end the process; the stream has lost nothing.
            match caught(|| Ok(stream.look()?)) {
                Ok(Some(flips)) if follower.is_wanted() => callback.tell(engine, &flips),
                Ok(_) => {}
                Err(_) => follower.pause(PAUSE),
            }
        }
    })
}

/// What C gave to be called with a revision alone.
struct Notice {
    call: unsafe extern "C" fn(*mut c_void, u64),
    data: *mut c_void,
}

// SAFETY: as for `Callback`.
unsafe impl Send for Notice {}

impl Notice {
    fn tell(&self, revision: u64) {
        // SAFETY: the header asks for a function that can be called like this.
        unsafe { (self.call)(self.data, revision) };
    }
}

/// Asks to be told whenever other rights are in force, and not which answers flip: for a PBX that looks at its lamps itself. It
/// costs a thread that sleeps, and no copy of anything. It begins with what is in force when this returns; several revisions that
/// come quickly are told as one, the last.
///
/// engine: an open engine, over a store or documents; documents change by a reload.
/// on_revision: the function to be called.
/// data: what it is called with; not looked at.
/// error: where to put what went wrong, or NULL. It is set to NULL on success.
///
/// Returns: the subscription, the caller's to end with lw_unsubscribe; NULL on failure, with *error saying why
/// (LW_ERROR_ARGUMENT, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
/// Threads: any. It starts a thread that blocks all signals and calls on_revision, one call at a time; in there all functions may
/// be used but lw_close. A forked child has no such thread: ask after the fork.
/// Memory: allocates. A set *error is the caller's to free with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_on_revision(
    engine: *mut lw_engine,
    on_revision: lw_revision_moved,
    data: *mut c_void,
    error: *mut *mut lw_error,
) -> *mut lw_subscription {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        ptr::guard_told(error, || {
            let call = on_revision.ok_or(Fault::Plain(ErrorKind::Argument, "the function to be called is NULL"))?;
            let (open, notice): (&'static Engine, _) = (ptr::engine(engine)?, Notice { call, data });
            let mut told = open.revision();
            let follower = Follower::start(open, move |follower| {
                let notice = notice;
                while follower.wait(open, told + 1) {
                    told = open.revision();
                    notice.tell(told);
                }
            })?;
            ptr::give_subscription(engine, follower)
        })
    }
}

/// Ends a subscription, of either sort. When it returns, the callback is not running and will not be called again; called from the
/// callback itself, it is the last call.
///
/// subscription: the subscription; NULL is a harmless no-op. It must be ended even if its engine was closed, which has stopped it.
///
/// Returns: nothing.
/// Threads: any; it waits for a callback that is running, so hold no lock that the callback takes.
/// Memory: frees the subscription.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_unsubscribe(subscription: *mut lw_subscription) {
    guard(|| {
        // SAFETY: NULL, or a subscription that was not ended before, as the header asks.
        unsafe { ptr::take_subscription(subscription) };
        Ok(())
    });
}
