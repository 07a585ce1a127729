//! Changes while readers are at work: one setting given and taken, so many times a second, or as fast as it is seen.

use super::{Company, clock};
use linewarden::internals::policy::change::{Author, Change, Entry};
use linewarden::internals::system::xphone::Label;
use linewarden::{Party, Right};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Keeps the thread on one processor, where there are as many: what the scheduler does is not what is measured.
pub fn stay_on(processor: usize) {
    #[cfg(target_os = "linux")]
    // SAFETY: a set of processors is plain bits, all zero to begin with; the call reads nothing else.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = processor;
}

/// Settings of one pair after another, given and taken in turn.
pub struct Turns<'a> {
    company: &'a Company,
    domain: String,
    pairs: Vec<(Party, Party)>,
    made: usize,
}

impl<'a> Turns<'a> {
    /// `pairs` are viewers with owners.
    pub fn new(company: &'a Company, pairs: &[(Party, Party)]) -> Turns<'a> {
        let (_, domain) = company.engine.domains().remove(0);
        let is_user = |party| company.users.binary_search(&party).is_ok();
        let users = |(viewer, owner): &(Party, Party)| viewer != owner && is_user(*viewer) && is_user(*owner);
        let pairs = pairs.iter().copied().filter(users).collect();
        Turns { company, domain, pairs, made: 0 }
    }

    /// Makes the next change: of a pair, first given, then taken.
    pub fn make(&mut self) {
        let (viewer, owner) = self.pairs[self.made / 2 % self.pairs.len()];
        let text = |party| self.company.engine.text(party);
        let label = if self.made.is_multiple_of(2) { Label::AssistantPlus } else { Label::Blocked };
        let change = Change::SetRelationship { owner: text(owner), viewer: text(viewer), label };
        let entry = Entry { domain: self.domain.clone(), change };
        self.company.engine.apply(Author::Administrator, &[entry]).unwrap();
        self.made += 1;
    }
}

/// Runs `work` while another thread makes so many changes a second.
pub fn beside<R>(rate: u64, turns: &mut Turns<'_>, work: impl FnOnce() -> R) -> R {
    let stop = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let (start, mut made) = (clock(libc::CLOCK_MONOTONIC), 0);
            while !stop.load(Ordering::Relaxed) {
                if (clock(libc::CLOCK_MONOTONIC) - start) * rate / 1_000_000_000 > made {
                    turns.make();
                    made += 1;
                } else {
                    std::thread::sleep(Duration::from_micros(100));
                }
            }
        });
        let result = work();
        stop.store(true, Ordering::Relaxed);
        result
    })
}

/// Nanoseconds from the call that makes a change of one person until another thread has the new answer.
pub fn until_seen(company: &Company, right: Right, pair: (Party, Party), times: usize) -> Vec<f64> {
    let mut turns = Turns::new(company, &[pair]);
    let holds = || company.engine.may(pair.0, right, pair.1);
    turns.make();
    let seen = AtomicU64::new(0);
    std::thread::scope(|threads| {
        let looking = threads.spawn(|| {
            stay_on(1);
            let mut last = true;
            let look = |_| {
                while holds() == last {
                    std::hint::spin_loop();
                }
                let at = clock(libc::CLOCK_MONOTONIC);
                last = !last;
                seen.fetch_add(1, Ordering::Release);
                at
            };
            (0..times).map(look).collect::<Vec<u64>>()
        });
        let made: Vec<u64> = (0..times as u64)
            .map(|number| {
                while seen.load(Ordering::Acquire) < number {
                    std::hint::spin_loop();
                }
                let at = clock(libc::CLOCK_MONOTONIC);
                turns.make();
                at
            })
            .collect();
        looking.join().unwrap().iter().zip(made).map(|(saw, made)| (saw - made) as f64).collect()
    })
}
