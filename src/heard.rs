//! When a store last heard from the log that it follows, as one word of its image, and whether that is too long ago. It makes no system
//! call but the clock's, takes no lock, and must never call a word fresh that is missing, of another start of the machine, or of a moment
//! to come.
#![forbid(unsafe_code)]

use crate::tick;
use std::fs;
use std::sync::OnceLock;
#[cfg(any(test, feature = "internals"))]
use std::sync::atomic::{AtomicU64, Ordering};

/// The word of what follows no log: it is never too old.
pub const ALWAYS: u64 = u64::MAX;
/// The word of what follows a log and has not heard from it since the machine started.
pub const NEVER: u64 = 0;

/// The bits of the milliseconds since the machine started; above them stands which start it was.
const BITS: u32 = 40;
/// So many milliseconds a word may be ahead: it and the clock are not read at the same moment.
const SLACK: u64 = 1000;

/// Which start of the machine this is.
static START: OnceLock<u64> = OnceLock::new();

/// For tests: so many milliseconds more have passed.
#[cfg(any(test, feature = "internals"))]
static MORE: AtomicU64 = AtomicU64::new(0);

/// Reads which start of the machine this is. Before it was called every word is too old; on a call no file is read.
pub fn begin() {
    START.get_or_init(|| fs::read_to_string("/proc/sys/kernel/random/boot_id").map_or(0, |boot| start(boot.trim())));
}

/// The number of a start: 24 bits, which are neither all clear nor all set.
fn start(boot: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    (boot.bytes().fold(0xcbf2_9ce4_8422_2325, mix) >> BITS).clamp(1, (1 << (u64::BITS - BITS)) - 2)
}

/// The word of a moment: milliseconds since the machine started, and which start that was.
pub fn word(milliseconds: u64, boot: &str) -> u64 {
    start(boot) << BITS | milliseconds & ((1 << BITS) - 1)
}

/// Whether that word is older than so many seconds.
pub fn is_too_old(word: u64, longest: u32) -> bool {
    if word == ALWAYS {
        return false;
    }
    let Some(now) = now() else { return true };
    let (start, then) = (word >> BITS, word & ((1 << BITS) - 1));
    start == 0
        || START.get() != Some(&start)
        || then > now.saturating_add(SLACK)
        || now.saturating_sub(then) > u64::from(longest) * 1000
}

/// Milliseconds since the machine started.
fn now() -> Option<u64> {
    let now = tick::since_start()?;
    #[cfg(any(test, feature = "internals"))]
    let now = now + MORE.load(Ordering::Relaxed);
    Some(now)
}

/// For tests: from here on so many milliseconds more have passed for every word.
#[cfg(any(test, feature = "internals"))]
pub fn pretend_more(milliseconds: u64) {
    MORE.store(milliseconds, Ordering::Relaxed);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_of_this_start_that_is_young_enough_counts() {
        begin();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        let (boot, now) = (boot.trim(), tick::since_start().unwrap());
        let heard = |milliseconds| word(milliseconds, boot);
        assert!(!is_too_old(heard(now), 3));
        assert!(!is_too_old(heard(now - 2000), 3));
        assert!(is_too_old(heard(now - 4000), 3), "four seconds ago");
        assert!(is_too_old(heard(now + 60_000), 3), "not yet");
        assert!(is_too_old(word(now, "another start"), 3), "before the machine was started again");
        assert!(is_too_old(NEVER, u32::MAX) && !is_too_old(ALWAYS, 1));
        // No flipped bit makes a word of what is too old one that never is, or one of now.
        let old = heard(now.saturating_sub(40_000));
        for bit in 0..u64::BITS {
            let other = old ^ 1 << bit;
            let then = other & ((1 << BITS) - 1);
            assert!(is_too_old(other, 3) || (other >> BITS == old >> BITS && now.abs_diff(then) <= 4000), "bit {bit}");
        }
        for boot in ["", "a", "6ff0d64d-68f5-4f7b-8cb5-3e1d4a1b9c11"] {
            assert!((1..0xff_ffff).contains(&start(boot)), "{boot}");
        }
    }
}
