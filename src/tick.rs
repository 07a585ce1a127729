//! The system's clock in whole seconds, as the kernel's last tick left it. It makes no system call, whatever the machine's clock source
//! is, and must never be taken for a clock of more than seconds: it is behind by up to one tick, 10 ms at most. And how long the machine
//! runs, which cannot be set.

/// Seconds since 1970. Any thread; no lock, no allocation.
#[cfg(target_os = "linux")]
#[inline]
#[allow(unsafe_code, reason = "the clock of the last tick has only a C interface")]
pub fn seconds() -> i64 {
    let mut now = std::mem::MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: one timespec is written, which lives here.
    if unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, now.as_mut_ptr()) } != 0 {
        return by_call();
    }
    // SAFETY: it was written, or the call would not have said 0.
    unsafe { now.assume_init() }.tv_sec
}

/// The same. The system may be called.
#[cfg(not(target_os = "linux"))]
pub fn seconds() -> i64 {
    by_call()
}

#[cold]
fn by_call() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}

/// Milliseconds since the machine started, sleep included. Any thread; no lock, no allocation. `None` where that is not known.
#[cfg(target_os = "linux")]
#[inline(never)]
#[allow(unsafe_code, reason = "the clock has only a C interface")]
pub fn since_start() -> Option<u64> {
    let mut now = std::mem::MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: one timespec is written, which lives here.
    if unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, now.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: it was written, or the call would not have said 0.
    let now = unsafe { now.assume_init() };
    u64::try_from(now.tv_sec).ok()?.checked_mul(1000)?.checked_add(u64::try_from(now.tv_nsec / 1_000_000).ok()?)
}

/// The same: not known here.
#[cfg(not(target_os = "linux"))]
pub fn since_start() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_systems_clock_and_never_ahead_of_it() {
        for _ in 0..1_000 {
            let (before, tick, after) = (by_call(), seconds(), by_call());
            assert!(before - 1 <= tick && tick <= after, "{before} {tick} {after}");
        }
    }
}
