//! The clock by which facts with dates count. It makes no system call, takes no lock, and must never revive what has ended when the
//! system's clock goes back.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The latest instant that this process has seen.
static LATEST: AtomicI64 = AtomicI64::new(i64::MIN);

/// What the system's clock is taken to say, for tests; `i64::MIN` for what it says.
#[cfg(any(test, feature = "internals"))]
static PRETENDED: AtomicI64 = AtomicI64::new(i64::MIN);

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
        self.each(in_force) == [true; 2]
    }

    /// Whether something is in force at the latest instant, and now.
    #[inline]
    pub fn each(self, in_force: impl Fn(i64) -> bool) -> [bool; 2] {
        let latest = in_force(self.latest);
        [latest, if self.now == self.latest { latest } else { in_force(self.now) }]
    }
}

/// Reads the clock. Any thread; no lock, no allocation.
#[inline]
pub fn read() -> Reading {
    let now = system();
    let latest = LATEST.load(Ordering::Relaxed);
    if now > latest {
        // Others may have seen a later instant meanwhile.
        return Reading { now, latest: LATEST.fetch_max(now, Ordering::Relaxed).max(now) };
    }
    Reading { now, latest }
}

/// The latest instant that this process has seen, now included, in seconds since 1970. It never goes back.
#[inline]
pub fn now() -> i64 {
    read().latest
}

/// The system's clock in seconds; before 1970 and beyond all years it is 1970, when no hours count.
#[inline]
fn system() -> i64 {
    #[cfg(any(test, feature = "internals"))]
    {
        let pretended = PRETENDED.load(Ordering::Relaxed);
        if pretended != i64::MIN {
            return pretended;
        }
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

/// For tests: from here on the system's clock says this in the whole process; `None` for what it says. The latest instant seen stays.
#[cfg(any(test, feature = "internals"))]
pub fn pretend(t: Option<i64>) {
    PRETENDED.store(t.unwrap_or(i64::MIN), Ordering::Relaxed);
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
