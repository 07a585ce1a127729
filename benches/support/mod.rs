//! What all benches share: clocks, chance, yardsticks, interleaved rounds, the library as C programs load it.
#![allow(dead_code, reason = "each bench uses its part of it")]

pub mod live;
pub mod plot;
pub mod table;

use linewarden::ffi;
use linewarden::internals::directory::Directory;
use linewarden::internals::engine::Engine;
use linewarden::internals::policy::{Policy, User};
use linewarden::internals::system::System;
use linewarden::{Party, Right};
use linewarden_testkit::generate::{self, Options};
use std::ffi::{CString, c_char, c_void};
use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a thread used of its processor, in nanoseconds: other processes do not count.
pub fn thread_time() -> u64 {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

pub fn clock(which: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours.
    unsafe { libc::clock_gettime(which, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub fn below(&mut self, limit: usize) -> usize {
        ((u128::from(self.next()) * limit as u128) >> 64) as usize
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}

/// A made-up company before it is compiled.
pub fn made_up(users: u32, systems: &[System]) -> (Policy, Directory) {
    let options = Options { users, seed: 7, systems: systems.iter().copied().collect(), ..Options::default() };
    let mut names = Directory::default();
    let policy = generate::policy(&options, &mut names).unwrap();
    (policy, names)
}

/// A company and the pairs it is asked about.
pub struct Company {
    pub engine: &'static Engine,
    /// The same engine as C knows it.
    pub handle: *const ffi::lw_engine,
    pub users: Vec<Party>,
    /// Pairs with a setting of their own or in the same group, as calls have them.
    pub related: Vec<(Party, Party)>,
    /// The first extension of each user.
    pub extensions: Vec<Option<String>>,
    pub compiled: Duration,
}

// SAFETY: a handle may be used from any thread, as the header promises.
unsafe impl Send for Company {}
// SAFETY: the same.
unsafe impl Sync for Company {}

pub fn company(users: u32, systems: &[System]) -> Company {
    let (policy, names) = made_up(users, systems);
    let related = related(&policy);
    let list = policy.domains[0].users.iter().map(|user| user.party).collect();
    let extension = |user: &User| user.lines.first().cloned();
    let extensions = policy.domains[0].users.iter().map(extension).collect();
    let start = Instant::now();
    let engine = Engine::from_policy(policy, names).unwrap();
    let compiled = start.elapsed();
    let (engine, handle) = shared(engine);
    Company { engine, handle, users: list, related, extensions, compiled }
}

/// An engine for Rust and for C at once; it is never closed.
pub fn shared(engine: Engine) -> (&'static Engine, *const ffi::lw_engine) {
    let handle = ffi::engine_to_c(engine);
    // SAFETY: the handle is never closed.
    (unsafe { ffi::engine_from_c(handle) }.unwrap(), handle)
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
    pub fn uniform(&self, count: usize, seed: u64) -> Vec<(Party, Party)> {
        let mut random = Random(seed);
        let user = |random: &mut Random| self.users[random.below(self.users.len())];
        (0..count).map(|_| (user(&mut random), user(&mut random))).collect()
    }

    /// Half uniform, half pairs that a call would have: with a setting of their own or in one group.
    pub fn mixed(&self, count: usize, seed: u64) -> Vec<(Party, Party)> {
        let mut pairs = self.uniform(count / 2, seed);
        let mut random = Random(seed ^ 1);
        pairs.extend((pairs.len()..count).map(|_| self.related[random.below(self.related.len())]));
        random.shuffle(&mut pairs);
        pairs
    }

    /// A day's questions: four of five are about the same twentieth of the pairs.
    pub fn realistic(&self, count: usize, seed: u64) -> Vec<(Party, Party)> {
        let all = self.mixed(20_000, seed);
        let mut random = Random(seed ^ 2);
        let often = all.len() / 20;
        let place = |random: &mut Random| {
            if random.below(5) < 4 { random.below(often) } else { random.below(all.len()) }
        };
        (0..count).map(|_| all[place(&mut random)]).collect()
    }
}

/// `lw_may` as C calls it.
pub type May = unsafe extern "C" fn(*const ffi::lw_engine, u32, u32, u32) -> bool;
/// `lw_may_named`.
pub type MayNamed =
    unsafe extern "C" fn(*const ffi::lw_engine, *const c_char, *const c_char, *const c_char, *const c_char) -> bool;
/// `lw_may_each_target`.
pub type MayEachTarget = unsafe extern "C" fn(*const ffi::lw_engine, u32, u32, *const u32, usize, *mut bool) -> usize;
/// `lw_find`.
pub type Find = unsafe extern "C" fn(*const ffi::lw_engine, *const c_char, *const c_char) -> u32;

#[inline(never)]
unsafe extern "C" fn empty(_: *const ffi::lw_engine, actor: u32, _: u32, target: u32) -> bool {
    actor > target
}

/// The shared library as a PBX loads it. Engines made in this program can be passed to it: cargo builds the library in both
/// forms in one run of the compiler, so a handle means the same to both.
#[derive(Clone, Copy)]
pub struct Loaded {
    pub may: May,
    pub may_named: MayNamed,
    pub may_each_target: MayEachTarget,
    pub find: Find,
    /// The yardstick: a C function that does nothing but look at its arguments, called through a pointer as `may` is. (One that
    /// returned a constant would wait for nothing, and so would not measure how long an answer takes.)
    pub empty: May,
}

impl Loaded {
    pub fn open() -> Loaded {
        let program = std::env::current_exe().unwrap();
        let beside = |folder: PathBuf| folder.join("liblinewarden.so");
        let folders = [program.parent().unwrap().to_path_buf(), program.parent().unwrap().join("deps")];
        let path = folders.map(beside).into_iter().find(|path| path.exists()).expect("the library beside the bench");
        let path = CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: the library has no initialisers of its own.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!library.is_null(), "{path:?} cannot be loaded");
        let symbol = |name: &std::ffi::CStr| -> *mut c_void {
            // SAFETY: the library is loaded and the name ends in NUL.
            let found = unsafe { libc::dlsym(library, name.as_ptr()) };
            assert!(!found.is_null(), "{name:?} is missing");
            black_box(found)
        };
        // SAFETY: the header gives the functions these types.
        unsafe {
            Loaded {
                may: std::mem::transmute::<*mut c_void, May>(symbol(c"lw_may")),
                may_named: std::mem::transmute::<*mut c_void, MayNamed>(symbol(c"lw_may_named")),
                may_each_target: std::mem::transmute::<*mut c_void, MayEachTarget>(symbol(c"lw_may_each_target")),
                find: std::mem::transmute::<*mut c_void, Find>(symbol(c"lw_find")),
                empty: black_box(empty as May),
            }
        }
    }
}

/// One thing to be timed: `run` makes `calls` calls.
pub struct Case<'a> {
    pub name: String,
    run: Box<dyn FnMut() -> u64 + 'a>,
    warm_up: Option<Box<dyn FnMut() -> u64 + 'a>>,
    calls: u64,
    pub nanos: Vec<f64>,
}

impl<'a> Case<'a> {
    pub fn new(name: &str, calls: u64, run: impl FnMut() -> u64 + 'a) -> Case<'a> {
        Case { name: name.into(), run: Box::new(run), warm_up: None, calls, nanos: Vec::new() }
    }

    /// What is done before each round and not timed: the cases before have asked for other things.
    pub fn after(mut self, warm_up: impl FnMut() -> u64 + 'a) -> Case<'a> {
        self.warm_up = Some(Box::new(warm_up));
        self
    }

    /// Nanoseconds a call, the median of the rounds.
    pub fn median(&self) -> f64 {
        median(&self.nanos)
    }

    /// The ratio to another case: the median of the rounds' own ratios, so that both met the same mood of the machine.
    pub fn ratio(&self, to: &Case<'_>) -> f64 {
        let ratios: Vec<f64> = self.nanos.iter().zip(&to.nanos).map(|(mine, theirs)| mine / theirs).collect();
        median(&ratios)
    }
}

/// Times every case once a round, after a first round that does not count.
pub fn time(cases: &mut [Case<'_>], rounds: usize) {
    for round in 0..rounds + 1 {
        for case in cases.iter_mut() {
            if let Some(warm_up) = &mut case.warm_up {
                black_box(warm_up());
            }
            let start = thread_time();
            black_box((case.run)());
            let spent = thread_time() - start;
            if round > 0 {
                case.nanos.push(spent as f64 / case.calls as f64);
            }
        }
    }
}

/// What processor this is.
pub fn processor() -> String {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = |key: &str| about.lines().find(|line| line.starts_with(key)).and_then(|line| line.split(": ").nth(1));
    format!("processor: {}, model {}", line("model name").unwrap_or("unknown"), line("model\t").unwrap_or("unknown"))
}

pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Calls one after another, each waiting for the answer before: latency.
pub fn chained<P: Copy>(pairs: &[P], calls: u64, mut ask: impl FnMut(P) -> bool) -> u64 {
    let mut allowed = 0;
    let mut last = 0usize;
    let mut at = 0;
    for _ in 0..calls {
        let answer = ask(pairs[at ^ last]);
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

/// One dependent miss after another over `bytes` of memory, on the same kind of pages as an image's.
pub struct Chase {
    words: linewarden::internals::memory::Words,
}

impl Chase {
    /// Over all lines of so many bytes.
    pub fn new(bytes: usize) -> Chase {
        Chase::over((0..(bytes / 64).max(64) as u32).collect())
    }

    /// Over so many lines here and there in so many bytes.
    pub fn scattered(lines: usize, bytes: usize) -> Chase {
        let mut random = Random(13);
        Chase::over((0..lines).map(|_| random.below(bytes / 64) as u32).collect())
    }

    fn over(mut order: Vec<u32>) -> Chase {
        use std::sync::atomic::Ordering::Relaxed;
        let last = order.iter().max().copied().unwrap_or(0) as usize;
        order.sort_unstable();
        order.dedup();
        let lines = order.len();
        let words = linewarden::internals::memory::Words::zeroed((last + 1) * 8).unwrap();
        Random(3).shuffle(&mut order);
        // It begins at the first line, wherever the others are.
        words[0].store(u64::from(order[0]) * 8, Relaxed);
        for at in 0..lines {
            words[order[at] as usize * 8].store(u64::from(order[(at + 1) % lines]) * 8, Relaxed);
        }
        Chase { words }
    }

    pub fn run(&self, steps: u64) -> u64 {
        (0..steps).fold(0, |at, _| self.step(at))
    }

    #[inline]
    pub fn step(&self, at: u64) -> u64 {
        let words: &[std::sync::atomic::AtomicU64] = &self.words;
        words[at as usize].load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// Every answer by cache, by C and by batch is that of the full evaluation, before anything is timed. `rights` of the same
/// pair is asked twice, so that the second answer comes from the cache.
pub fn check_answers(company: &Company, loaded: &Loaded, right: Right, pairs: &[(Party, Party)]) {
    for (actor, target) in pairs {
        let expected = company.engine.evaluate(*actor, *target);
        for _ in 0..2 {
            assert_eq!(company.engine.rights(*actor, *target), expected);
        }
        // SAFETY: the handle is that of a live engine.
        let by_c = unsafe { (loaded.may)(company.handle, actor.0, right.number(), target.0) };
        assert_eq!(by_c, expected.has(right));
    }
}
