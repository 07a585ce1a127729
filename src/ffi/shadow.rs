//! Entry points: shadow mode. The two questions are for the call path: they must take no lock, allocate nothing and make no system call.
#![allow(unsafe_code, reason = "C entry points")]

use super::follower::{Follower, Work};
use super::guard::{Guarded, caught, guard, guard_deep};
use super::names::{self, right};
use super::ptr;
use super::rights::lw_right;
use super::thread::Call;
use super::types::{LW_SHADOW_LOG_MAX, lw_engine, lw_error, lw_party, lw_shadow, lw_shadow_answer};
use crate::calendar;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::id::Party;
use crate::right::Right;
use crate::shadow::{LONGEST_LOG, Shadow, ShadowLog};
use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

const _: () = assert!(LW_SHADOW_LOG_MAX as u64 == LONGEST_LOG);

/// How often what was refused is written.
const PERIOD: Duration = Duration::from_millis(100);

/// The work of a thread that writes a shadow's log. It makes no call of the host.
struct Writing {
    engine: &'static Engine,
    shadow: Arc<Shadow>,
    /// `None` once it has ended.
    log: Option<ShadowLog>,
}

impl Work for Writing {
    fn next(&mut self, follower: &Follower) -> Option<Call> {
        let Writing { engine, shadow, log } = self;
        let mut log = log.take()?;
        // A defect must not end the process.
        while follower.is_wanted() && shadow.is_active() {
            let _ = caught(|| {
                log.write_refusals(shadow, engine);
                Ok(())
            });
            follower.sleep(PERIOD);
        }
        let _ = caught(|| {
            log.end(shadow, engine);
            Ok(())
        });
        None
    }
}

/// # Shadow mode
///
/// Begins a shadow: until an instant, for some rights in one domain, a PBX goes on as before, and what the policy would refuse is
/// written into a log. lw_may and the others never change their answers: only lw_may_or_shadow and lw_may_or_shadow_named look here.
///
/// engine: an open engine. It must stay open until lw_shadow_end.
/// domain: the domain of the targets, or NULL if the engine has only one.
/// rights: the rights; NULL with count 0 for all.
/// count: the number of rights.
/// until: when the shadow ends by itself, as `2026-12-18T18:00:00+01:00`. It must be given, lie ahead, and at most a year.
/// log: path of the log, UTF-8; a link and a pipe are refused. Lines of JSON are appended; a new file is readable by its owner only. Each line has at, domain, actor,
/// right, target, reason, why (one line for people), revision and times; the first and the last line have shadow (`begins`, `ends`).
/// The file never grows beyond LW_SHADOW_LOG_MAX bytes. `linewarden shadow report` reads it.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Show lw_shadow_status where the PBX shows its state, and say it in its log: while a shadow lasts, these rights are open to all.
///
/// Returns: the shadow, which the caller ends with lw_shadow_end; NULL on failure, with *error saying why (LW_ERROR_ARGUMENT,
/// LW_ERROR_UNKNOWN, LW_ERROR_FILE, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
/// Threads: any. It starts a thread that blocks all signals and writes ten times a second. A forked child has no such thread: begin
/// after the fork. Several processes may have one log.
/// Memory: allocates. A set *error is the caller's to free with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_shadow_begin(
    engine: *mut lw_engine,
    domain: *const c_char,
    rights: *const lw_right,
    count: usize,
    until: *const c_char,
    log: *const c_char,
    error: *mut *mut lw_error,
) -> *mut lw_shadow {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            let wanted = names::rights(rights, count)?;
            let open: &'static Engine = ptr::engine(engine)?;
            let until = calendar::instant(ptr::text(until)?)
                .map_err(|fault| Error::new(ErrorKind::Argument, format!("the end of a shadow: {}", fault.message)))?;
            let path = ptr::text(log)?.to_owned();
            let shadow = Arc::new(Shadow::new(open, ptr::text_or_null(domain)?, wanted, until)?);
            let log = ShadowLog::open(&path, &shadow, open)?;
            let written = shadow.clone();
            let follower = Follower::start(open, Writing { engine: open, shadow: written, log: Some(log) })?;
            ptr::give_shadow(lw_shadow { engine, shadow, follower, log: path })
        })
    }
}

/// May the actor do this to the target, or would it be refused and the shadow lets it pass?
///
/// shadow: a shadow that has not been ended, over an open engine.
/// actor, right, target: as for lw_may. Who asks for all lines at once is let pass only if the shadow is about all of them.
///
/// Returns: LW_SHADOW_YES for a yes of lw_may. LW_SHADOW_WOULD_REFUSE where lw_may says no, the target is of the shadow's domain,
/// the right is one of the shadow's, and its end has not come: then a line goes into the log, or is counted as lost. LW_SHADOW_NO
/// otherwise, also for NULL, an unknown number, and on any failure. For an actor in a transfer ask lw_may_in_call first.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_or_shadow(
    shadow: *const lw_shadow,
    actor: lw_party,
    right: lw_right,
    target: lw_party,
) -> lw_shadow_answer {
    guard(|| {
        // SAFETY: `shadow` is NULL or not ended, and its engine open, as the header asks.
        let (engine, handle) = unsafe { ptr::shadow(shadow) }?;
        Ok(handle.shadow.ask(engine, Party(actor), self::right(right)?, Party(target)) as lw_shadow_answer)
    })
}

/// The same by names, as lw_may_named asks. A name that the shadow's domain does not know is let pass and written down, too:
/// telephones that the policy lacks are what a shadow is to find.
///
/// shadow: as for lw_may_or_shadow.
/// domain: the domain of names without one, or NULL if the engine has only one.
/// actor, target: names or extensions.
/// right: the name of a right.
///
/// Returns: as lw_may_or_shadow; LW_SHADOW_NO also for a name that is empty, and for a right that does not exist.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_may_or_shadow_named(
    shadow: *const lw_shadow,
    domain: *const c_char,
    actor: *const c_char,
    right: *const c_char,
    target: *const c_char,
) -> lw_shadow_answer {
    guard(|| {
        // SAFETY: `shadow` is NULL or not ended, its engine open, and all texts NULL or valid, as the header asks.
        let ((engine, handle), domain) = unsafe { (ptr::shadow(shadow)?, ptr::text_or_null(domain)?) };
        // SAFETY: as above.
        let [actor, right, target] = unsafe { [ptr::text(actor)?, ptr::text(right)?, ptr::text(target)?] };
        let right = Right::parse(right).unwrap_or_default();
        Ok(handle.shadow.ask_named(engine, domain, [actor, target], right) as lw_shadow_answer)
    })
}

/// What a shadow is doing.
///
/// shadow: as for lw_may_or_shadow.
///
/// Returns: a JSON object with domain, rights (a list of names), until, active, would_refuse (how often), written and lost (how many of
/// them are in the log, and how many are not because there were too many at once or it could not be written), summary (one line for
/// people) and log; NULL if shadow is NULL.
/// Threads: any, concurrently.
/// Memory: allocates. The caller frees the text with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_shadow_status(shadow: *const lw_shadow) -> *mut c_char {
    guard_deep(|| {
        // SAFETY: `shadow` is NULL or not ended, and its engine open, as the header asks.
        let (_, handle) = unsafe { ptr::shadow(shadow) }?;
        status(handle)
    })
}

fn status(handle: &lw_shadow) -> Guarded<*mut c_char> {
    #[derive(serde::Serialize)]
    struct Answer<'a> {
        #[serde(flatten)]
        status: crate::shadow::Status,
        log: &'a str,
    }
    super::explain::json(&Answer { status: handle.shadow.status(), log: &handle.log })
}

/// Ends a shadow before its time. When it returns, what was refused so far is in the log.
///
/// shadow: the shadow; NULL is a harmless no-op. End it even if its time is over.
///
/// Returns: nothing.
/// Threads: any, but only while no other thread is in a call with this shadow or will make one.
/// Memory: frees the shadow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_shadow_end(shadow: *mut lw_shadow) {
    guard(|| {
        // SAFETY: NULL, or a shadow that was not ended before, as the header asks.
        unsafe { ptr::take_shadow(shadow) };
        Ok(())
    });
}
