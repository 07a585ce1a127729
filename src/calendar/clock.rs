//! The clock by which facts with dates count. It makes no system call, takes no lock, and must never revive what has ended when the
//! system's clock goes back, not even where it went back between two readings: the time that has passed since says so.
#![forbid(unsafe_code)]

use crate::tick;
use std::sync::OnceLock;
#[cfg(any(test, feature = "internals"))]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The latest instant that this process has seen.
static LATEST: AtomicI64 = AtomicI64::new(i64::MIN);

/// How far the system's clock was ahead of the time that had passed, in milliseconds, when this was last compared. It changes only when
/// the clock is set.
static AHEAD: AtomicI64 = AtomicI64::new(i64::MIN);

/// So many milliseconds the clock may lose before it counts as set back: the two are not read at the same moment.
const SLACK: i64 = 50;

/// Whether the system's clock is taken to say something, for tests, and what.
#[cfg(any(test, feature = "internals"))]
static IS_PRETENDED: AtomicBool = AtomicBool::new(false);
#[cfg(any(test, feature = "internals"))]
static PRETENDED: AtomicI64 = AtomicI64::new(0);

/// Whether the clock that is pretended goes on by a second with each reading.
#[cfg(any(test, feature = "internals"))]
static TICKS: AtomicBool = AtomicBool::new(false);

/// What time is taken to have passed where the clock is pretended, in seconds; `i64::MIN` for as much as the clock has gone on.
#[cfg(any(test, feature = "internals"))]
static PASSED: AtomicI64 = AtomicI64::new(i64::MIN);

/// What the clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Now, in seconds since 1970.
    pub now: i64,
    /// The latest instant that this process has seen: `now`, unless the clock has gone back.
    pub latest: i64,
}

impl Reading {
    /// Whether something is in force by this reading: now, and also at the latest instant where the clock has gone back. So what has
    /// ended does not come back with the clock, and what begins later than the corrected clock says has not begun.
    #[inline]
    pub fn holds(self, in_force: impl Fn(i64) -> bool) -> bool {
        in_force(self.latest) && (self.now == self.latest || in_force(self.now))
    }
}

/// Reads the clock. Any thread; no lock, no allocation.
#[inline]
pub fn read() -> Reading {
    let now = system();
    let latest = LATEST.load(Ordering::Relaxed);
    if now > latest {
        return Reading { now, latest: advance(now) };
    }
    Reading { now, latest }
}

/// Notes a later instant, which happens once a second, and returns the latest. Where the clock has lost time since the last one, it was
/// set back, from what it would say now at the latest: that much may have been seen.
#[cold]
fn advance(now: i64) -> i64 {
    let mut latest = now;
    if let Some((clock, passed)) = compared() {
        let (before, ahead) = (AHEAD.load(Ordering::Acquire), clock - passed);
        if before > ahead + SLACK {
            latest = before.saturating_add(passed).div_euclid(1000);
        }
        // Others may have seen a later instant meanwhile. It comes first: who finds the new comparison must find the instant, too.
        latest = LATEST.fetch_max(latest, Ordering::AcqRel).max(latest);
        AHEAD.store(ahead, Ordering::Release);
        return latest;
    }
    LATEST.fetch_max(latest, Ordering::AcqRel).max(latest)
}

/// The system's clock, and the time that has passed since this was first asked, both in milliseconds.
fn compared() -> Option<(i64, i64)> {
    #[cfg(any(test, feature = "internals"))]
    {
        let (clock, passed) = (PRETENDED.load(Ordering::Relaxed), PASSED.load(Ordering::Relaxed));
        if IS_PRETENDED.load(Ordering::Acquire) {
            return (passed != i64::MIN).then(|| (clock * 1000, passed * 1000));
        }
    }
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let passed = || i64::try_from(FIRST.get_or_init(Instant::now).elapsed().as_millis()).ok();
    let before = passed()?;
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    // A thread that was held up in between has read two different moments.
    let after = passed().filter(|after| after - before < SLACK / 2)?;
    Some((i64::try_from(clock.as_millis()).ok()?, after))
}

/// The latest instant that this process has seen, now included, in seconds since 1970. It never goes back.
#[inline]
pub fn now() -> i64 {
    read().latest
}

/// The system's clock in seconds since 1970.
#[inline]
fn system() -> i64 {
    #[cfg(any(test, feature = "internals"))]
    {
        if IS_PRETENDED.load(Ordering::Acquire) {
            return pretended();
        }
    }
    tick::seconds()
}

/// What the clock is taken to say. It may have gone on before the next reading.
#[cfg(any(test, feature = "internals"))]
#[cold]
fn pretended() -> i64 {
    PRETENDED.fetch_add(i64::from(TICKS.load(Ordering::Relaxed)), Ordering::Relaxed)
}

/// For tests: from here on the system's clock says this in the whole process; `None` for what it says. The latest instant seen stays.
#[cfg(any(test, feature = "internals"))]
pub fn pretend(t: Option<i64>) {
    PRETENDED.store(t.unwrap_or_default(), Ordering::Relaxed);
    IS_PRETENDED.store(t.is_some(), Ordering::Release);
}

/// For tests that pretend: the clock goes on by a second with each reading.
#[cfg(any(test, feature = "internals"))]
pub fn pretend_ticking(ticks: bool) {
    TICKS.store(ticks, Ordering::Relaxed);
}

/// For tests that pretend: so many seconds have passed since some moment; `None` for as many as the clock says.
#[cfg(any(test, feature = "internals"))]
pub fn pretend_passed(seconds: Option<i64>) {
    PASSED.store(seconds.unwrap_or(i64::MIN), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, because the clock is the process's.
    #[test]
    fn the_clock_never_goes_back() {
        let real = read();
        assert_eq!(real.now, real.latest);
        let ahead = real.now + 1_000_000;
        pretend(Some(ahead));
        assert_eq!(read(), Reading { now: ahead, latest: ahead });
        pretend(Some(ahead - 10));
        assert_eq!(read(), Reading { now: ahead - 10, latest: ahead });
        assert_eq!(now(), ahead);
        pretend(Some(ahead + 1));
        assert_eq!(now(), ahead + 1);
        // An hour passes without a look, in which the clock is set back by half an hour: it is later than what was seen, and earlier
        // than what could have been.
        let start = ahead + 100;
        pretend_passed(Some(0));
        pretend(Some(start));
        assert_eq!(read(), Reading { now: start, latest: start });
        pretend_passed(Some(3600));
        pretend(Some(start + 1800));
        assert_eq!(read(), Reading { now: start + 1800, latest: start + 3600 });
        pretend_passed(Some(3700));
        pretend(Some(start + 1900));
        assert_eq!(read(), Reading { now: start + 1900, latest: start + 3600 });
        // It is the latest until the clock has come there. Set forward, it is what it says.
        pretend_passed(Some(5401));
        pretend(Some(start + 3601));
        assert_eq!(read(), Reading { now: start + 3601, latest: start + 3601 });
        pretend_passed(Some(5402));
        pretend(Some(start + 9000));
        assert_eq!(read(), Reading { now: start + 9000, latest: start + 9000 });
        pretend_passed(Some(5403));
        pretend(Some(start + 9001));
        assert_eq!(read(), Reading { now: start + 9001, latest: start + 9001 });
        let ahead = start + 9000;
        pretend_passed(None);
        pretend(None);
        assert_eq!(now(), ahead + 1);
        assert!(read().now < ahead);
    }

    #[test]
    fn what_has_ended_or_not_begun_does_not_hold_after_a_step_back() {
        let stepped = Reading { now: 100, latest: 200 };
        assert!(!stepped.holds(|t| t < 150), "ended");
        assert!(!stepped.holds(|t| t >= 150), "not begun");
        assert!(stepped.holds(|t| t >= 50));
        assert!(Reading { now: 100, latest: 100 }.holds(|t| t < 150));
    }
}
