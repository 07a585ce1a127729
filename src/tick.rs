//! The system's clock in whole seconds, as the kernel's last tick left it. It makes no system call, whatever the machine's clock source
//! is, and must never be taken for a clock of more than seconds: it is behind by up to one tick, 10 ms at most.

/// Seconds since 1970; 0 where the system's clock is before that. Any thread; no lock, no allocation.
#[cfg(target_os = "linux")]
#[inline]
#[allow(unsafe_code, reason = "the clock of the last tick has only a C interface")]
pub fn seconds() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: one timespec is written, which lives here.
    match unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, &mut now) } {
        0 => now.tv_sec.max(0),
        _ => by_call(),
    }
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
