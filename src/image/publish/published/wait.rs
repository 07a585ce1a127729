//! Waits for revisions. No wait takes a lock, and none spins where control words are damaged.
#![forbid(unsafe_code)]

use super::Published;
use crate::calendar::clock;
use crate::sync;
#[cfg(any(target_os = "linux", windows))]
use crate::sync::LONGEST_SLEEP;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How long a wait sleeps when what it waits for does not fit what is in force.
const A_MOMENT: Duration = Duration::from_millis(20);

/// How long a wait without end sleeps at a time.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// Where there is no store there is no sleep on a file.
#[cfg(not(any(target_os = "linux", windows)))]
const LONGEST_SLEEP: Duration = A_SECOND;

/// How often the clock is looked at.
const A_SECOND: Duration = Duration::from_secs(1);

impl Published {
    /// Waits until `revision` or a later one is in force; false when it has not come within `patience`.
    pub fn wait_for(&self, revision: u64, patience: Duration) -> bool {
        let until = Instant::now().checked_add(patience);
        self.wait(revision, || until.map_or(AN_HOUR, |until| until.saturating_duration_since(Instant::now())))
    }

    /// Waits until `revision` or a later one is in force; false when it is no longer wanted, and once the clock reaches `instant`. The
    /// thread that makes it unwanted rings the bell. The wait polls: each second where there is an instant, and over a file.
    pub fn wait_while_before(&self, revision: u64, instant: Option<i64>, wanted: impl Fn() -> bool) -> bool {
        self.wait(revision, || match instant {
            _ if !wanted() => Duration::ZERO,
            None => AN_HOUR,
            Some(instant) if instant <= clock::now() => Duration::ZERO,
            // The clock may be set meanwhile.
            Some(_) => A_SECOND,
        })
    }

    /// Waits for as long as `left` says; it is called again whenever the thread wakes.
    fn wait(&self, revision: u64, left: impl Fn() -> Duration) -> bool {
        loop {
            if self.read(|image| image.revision()) >= revision {
                return true;
            }
            let seen = self.control.revision().load(Ordering::Acquire);
            let left = left();
            if left.is_zero() {
                return false;
            }
            // The revision was noted after it came into force, unless the words are damaged: then the wait must not spin.
            let longest = match () {
                () if seen >= revision => A_MOMENT,
                // Such a sleep may not end with the change that it waits for.
                () if self.backing.is_shared() => LONGEST_SLEEP,
                () => left,
            };
            sync::wait(self.control.revision(), seen, left.min(longest));
        }
    }
}
