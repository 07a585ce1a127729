//! Ratios: every claim of speed against its yardstick in the same run. `make bench` prints the table.
//!
//! Each row is the median of interleaved rounds; a round times every case once, so that the machine's moods meet all of them.
//! Before anything is timed, its answers are compared with the full evaluation's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

use linewarden::directory::Directory;
use linewarden::engine::Engine;
use linewarden::generate::{self, Options};
use linewarden::policy::Policy;
use linewarden::system::System;
use linewarden::{Party, Right, ffi};
use std::hint::black_box;
use std::time::Instant;

/// What a thread used of its processor, in nanoseconds: other processes do not count.
fn thread_time() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
    fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }
}

/// A company and the pairs it is asked about.
struct Company {
    engine: &'static Engine,
    /// The same engine as C knows it.
    handle: *const ffi::lw_engine,
    users: Vec<Party>,
    /// Pairs with a setting of their own or in the same group, as calls have them.
    related: Vec<(Party, Party)>,
}

fn company(users: u32, systems: &[System]) -> Company {
    let options = Options { users, seed: 7, systems: systems.iter().copied().collect(), ..Options::default() };
    let mut names = Directory::default();
    let start = Instant::now();
    let policy = generate::policy(&options, &mut names).unwrap();
    let made = start.elapsed();
    let related = related(&policy);
    let list = policy.domains[0].users.iter().map(|user| user.party).collect();
    let start = Instant::now();
    let engine = Engine::from_policy(policy, names).unwrap();
    let compiled = start.elapsed();
    eprintln!(
        "{users} users: made in {made:.2?}, compiled in {compiled:.2?}, image {:.0} bytes a user",
        engine.image_bytes() as f64 / f64::from(users)
    );
    let handle = ffi::engine_to_c(engine);
    // SAFETY: the handle is never closed.
    let engine = unsafe { ffi::engine_from_c(handle) }.unwrap();
    Company { engine, handle, users: list, related }
}

fn related(policy: &Policy) -> Vec<(Party, Party)> {
    let mut random = Random(11);
    let domain = &policy.domains[0];
    let mut pairs = Vec::new();
    while pairs.len() < 100_000 {
        let user = &domain.users[random.below(domain.users.len())];
        if !user.xphone.settings.is_empty() && random.below(2) == 0 {
            pairs.push((user.xphone.settings[random.below(user.xphone.settings.len())].viewer, user.party));
        } else if let Some(group) = domain.xphone.workgroups.get(random.below(domain.xphone.workgroups.len().max(1))) {
            let member = |random: &mut Random| group.members[random.below(group.members.len())];
            pairs.push((member(&mut random), member(&mut random)));
        } else {
            pairs.push((domain.users[random.below(domain.users.len())].party, user.party));
        }
    }
    pairs
}

impl Company {
    fn uniform(&self, count: usize, seed: u64) -> Vec<(Party, Party)> {
        let mut random = Random(seed);
        let user = |random: &mut Random| self.users[random.below(self.users.len())];
        (0..count).map(|_| (user(&mut random), user(&mut random))).collect()
    }
    /// Half uniform, a quarter each with a setting of their own and in one group.
    fn mixed(&self, count: usize, seed: u64) -> Vec<(Party, Party)> {
        let mut pairs = self.uniform(count / 2, seed);
        let mut random = Random(seed ^ 1);
        pairs.extend((pairs.len()..count).map(|_| self.related[random.below(self.related.len())]));
        for at in (1..pairs.len()).rev() {
            pairs.swap(at, random.below(at + 1));
        }
        pairs
    }
}

struct Case<'a> {
    name: String,
    run: Box<dyn FnMut() -> u64 + 'a>,
    calls: u64,
    nanos: Vec<f64>,
}

impl<'a> Case<'a> {
    fn new(name: &str, calls: u64, run: impl FnMut() -> u64 + 'a) -> Case<'a> {
        Case { name: name.into(), run: Box::new(run), calls, nanos: Vec::new() }
    }
}

fn time(cases: &mut [Case<'_>], rounds: usize) {
    for round in 0..rounds + 1 {
        for case in cases.iter_mut() {
            let start = thread_time();
            black_box((case.run)());
            let spent = thread_time() - start;
            if round > 0 {
                case.nanos.push(spent as f64 / case.calls as f64);
            }
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

extern "C" fn empty(_: *const (), actor: u32, _: u32, target: u32) -> bool {
    actor > target
}

/// Calls one after another, each waiting for the answer before: latency.
fn chained(pairs: &[(Party, Party)], calls: u64, mut ask: impl FnMut(Party, Party) -> bool) -> u64 {
    let mut allowed = 0;
    let mut last = 0usize;
    let mut at = 0;
    for _ in 0..calls {
        let (actor, target) = pairs[at ^ last];
        let answer = ask(actor, target);
        allowed += u64::from(answer);
        // 0 in the end, but the processor cannot know before the answer is there.
        last = usize::from(answer) & black_box(0);
        at += 1;
        if at == pairs.len() {
            at = 0;
        }
    }
    allowed
}

fn chase(bytes: usize, huge: bool) -> Vec<u64> {
    let lines = (bytes / 64).max(64);
    let mut words = vec![0u64; lines * 8];
    if huge {
        // SAFETY: advice for memory of ours.
        unsafe { libc::madvise(words.as_mut_ptr().cast(), words.len() * 8, libc::MADV_HUGEPAGE) };
    }
    let mut order: Vec<usize> = (0..lines).collect();
    let mut random = Random(3);
    for at in (1..lines).rev() {
        order.swap(at, random.below(at + 1));
    }
    for at in 0..lines {
        words[order[at] * 8] = (order[(at + 1) % lines] * 8) as u64;
    }
    words
}

fn main() {
    let sizes: Vec<u32> = std::env::var("SIZES")
        .map_or_else(|_| vec![10_000, 1_000_000], |sizes| sizes.split(',').map(|size| size.parse().unwrap()).collect());
    let systems: Vec<System> = std::env::var("SYSTEMS").map_or_else(
        |_| vec![System::Xphone],
        |names| names.split(',').map(|name| System::parse(name).unwrap()).collect(),
    );
    let right = Right::CALL_PICKUP.on_line(1);
    for size in sizes {
        let company = company(size, &systems);
        let (engine, handle) = (company.engine, company.handle);
        let may = black_box(ffi::lw_may as unsafe extern "C" fn(_, _, _, _) -> bool);
        let empty = black_box(empty as extern "C" fn(*const (), u32, u32, u32) -> bool);
        let hot = company.mixed(64, 5);
        let thousand = company.mixed(1000, 6);
        let uniform = company.uniform(1 << 20, 9);
        for (actor, target) in hot.iter().chain(&thousand).chain(uniform.iter().take(10_000)) {
            let expected = engine.evaluate(*actor, *target);
            assert_eq!(engine.rights(*actor, *target), expected);
            // SAFETY: the handle is that of a live engine.
            assert_eq!(unsafe { may(handle, actor.0, right.number(), target.0) }, expected.has(right));
        }
        let lines = chase(engine.image_bytes(), true);
        let number = right.number();
        let calls = 1 << 18;
        // SAFETY: the handle is that of an engine that is never closed.
        let by_c = |actor: Party, target: Party| unsafe { may(handle, actor.0, number, target.0) };
        let evaluated = |actor: Party, target: Party| engine.evaluate(actor, target).has(right);
        let chase = || (0..calls).fold(0, |at, _| lines[at as usize]);
        let nobody = |actor: Party, target: Party| empty(std::ptr::null(), actor.0, number, target.0);
        let batches: Vec<(Party, Vec<Party>)> = uniform
            .chunks(64)
            .take((calls / 64) as usize)
            .map(|pairs| (pairs[0].0, pairs.iter().map(|pair| pair.1).collect()))
            .collect();
        let panels = || {
            let mut out = [false; 64];
            batches.iter().map(|(actor, targets)| engine.may_many(*actor, right, targets, &mut out) as u64).sum()
        };
        let mut cases = vec![
            Case::new("empty C call", calls, || chained(&hot, calls, nobody)),
            Case::new("one dependent miss", calls, chase),
            Case::new("through C, 64 hot pairs", calls, || chained(&hot, calls, by_c)),
            Case::new("through C, 1,000 hot pairs", calls, || chained(&thousand, calls, by_c)),
            Case::new("evaluation, 64 hot pairs", calls, || chained(&hot, calls, evaluated)),
            Case::new("evaluation, 1,000 hot pairs", calls, || chained(&thousand, calls, evaluated)),
            Case::new("evaluation, uniform", calls, || chained(&uniform, calls, evaluated)),
            Case::new("panel of 64, uniform, an answer", calls, panels),
        ];
        if let Ok(only) = std::env::var("ONLY") {
            let mut place = 0;
            cases.retain(|case| {
                place += 1;
                place <= 2 || case.name.contains(&only)
            });
        }
        time(&mut cases, 9);
        let empty_ns = median(&cases[0].nanos);
        let miss_ns = median(&cases[1].nanos);
        for case in &cases {
            let ns = median(&case.nanos);
            println!(
                "{size:>8} {:32} {ns:8.2} ns  x empty {:6.2}  x miss {:6.3}",
                case.name,
                ns / empty_ns,
                ns / miss_ns
            );
        }
    }
}
