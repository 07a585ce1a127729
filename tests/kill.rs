//! `kill -9` at random moments, while a writer changes rights and readers look. Whatever was acknowledged is there, nothing is
//! half there, readers never see half a change set nor an older state after a newer one, and the next writer takes over.
//!
//! 50 kills, or as many as LINEWARDEN_KILLS says (`make kill-long`).
#![cfg(target_os = "linux")]
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::document::Document;
use linewarden::internals::engine::Filter;
use linewarden::internals::memory::Words;
use linewarden::internals::policy::change::Author;
use linewarden::{Engine, Party, Right};
use linewarden_testkit::stores::{given, program, scratch};
use std::fmt::Write;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const USERS: usize = 60;
/// Owners whose settings for `u0` every change set changes together.
const OWNERS: usize = 24;

fn company() -> Vec<Document> {
    let mut text = String::from("domain = \"acme.example\"\nsystems = [\"xphone\", \"keevio\"]\n");
    text.push_str("[presence]\nnew_users = \"none\"\n");
    text.push_str(
        "[[site]]\nname = \"s\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"\n",
    );
    for user in 0..USERS {
        writeln!(text, "[[user]]\nname = \"u{user}\"\nlines = [\"{}\"]\nsite = \"s\"", 100 + user).unwrap();
    }
    vec![Document { name: "acme.toml".into(), text }]
}

/// The change set that makes this revision: in even ones `u0` may pick up calls of all the owners, in odd ones of none. Now and
/// then a new user comes, or so much changes that the image is compiled anew.
fn text(revision: u64) -> String {
    let level = if revision.is_multiple_of(2) { "assistant" } else { "employee" };
    let mut text = String::from("in acme.example\n");
    for owner in 1..=OWNERS {
        writeln!(text, "set relationship u{owner} u0 {level}").unwrap();
    }
    if revision.is_multiple_of(200) {
        writeln!(text, "add user n{revision} {}", 10_000 + revision).unwrap();
    }
    if revision.is_multiple_of(60) {
        writeln!(text, "set container u1 r{revision}").unwrap();
    }
    if revision.is_multiple_of(300) {
        let level = if revision.is_multiple_of(600) { "team_colleague" } else { "employee" };
        (10..USERS).for_each(|owner| {
            (1..8).for_each(|viewer| writeln!(text, "set relationship u{owner} u{viewer} {level}").unwrap());
        });
    }
    text
}

fn people(engine: &Engine) -> (Party, Vec<Party>) {
    let find = |user: usize| engine.find(None, &format!("u{user}")).unwrap();
    (find(0), (1..=OWNERS).map(find).collect())
}

/// Changes the store for ever, and tells each revision when it has it.
#[test]
#[ignore = "a program that another runs"]
fn writer() {
    let engine = Engine::open(given()).unwrap();
    let mut next = engine.revision() + 1;
    println!("ready {}", next - 1);
    loop {
        assert_eq!(engine.apply_text(Author::Administrator, None, &text(next)).unwrap(), next);
        println!("kept {next}");
        next += 1;
    }
}

/// Looks until it is stopped, with the store open all the time.
#[test]
#[ignore = "a program that another runs"]
fn reader() {
    let path = given();
    let engine = Engine::open(&path).unwrap();
    let (viewer, owners) = people(&engine);
    let stop = path.with_file_name("stop");
    let (mut last, mut reads, mut seen) = (0, 0_u64, 0_u64);
    let mut answers = [false; OWNERS];
    println!("ready");
    while !reads.is_multiple_of(1_000) || !stop.exists() {
        let revision = engine.revision();
        assert!(revision >= last, "revision {revision} after {last}");
        seen += u64::from(revision > last);
        last = revision;
        let yes = engine.may_each_target(viewer, Right::CALL_PICKUP, &owners, &mut answers);
        assert!(yes == 0 || yes == OWNERS, "half of a change set at revision {revision}: {answers:?}");
        let owner = owners[reads as usize % OWNERS];
        let kept = engine.may(viewer, Right::CALL_PICKUP, owner);
        let decided = reads.is_multiple_of(500).then(|| engine.decide(viewer, Right::CALL_PICKUP, owner));
        if engine.revision() == revision {
            assert_eq!(kept, revision.is_multiple_of(2), "an old answer at revision {revision}");
        }
        if let Some(decision) = decided {
            assert_eq!(decision.allowed, decision.revision.is_multiple_of(2), "at revision {}", decision.revision);
        }
        reads += 1;
        if reads.is_multiple_of(50) {
            std::thread::sleep(Duration::from_micros(50));
        }
    }
    println!("read {reads} {seen}");
}

/// A program that ends with its parent.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(name: &str, path: &Path) -> (Program, BufReader<std::process::ChildStdout>) {
    let mut child = program(name, path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (Program(child), out)
}

/// The next line that begins with that word.
fn line(out: &mut impl BufRead, word: &str) -> Option<String> {
    out.lines().map_while(Result::ok).find_map(|line| Some(line.strip_prefix(word)?.trim().to_owned()))
}

/// When the writer is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// While it opens the store, perhaps.
    Opening,
    /// At any time after some changes.
    Any,
    /// While the words of the image are being changed, if it can be met there.
    Patching,
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Whether the words of the image in force are being changed: the control words at the beginning of the file say so (the map is
/// in src/image/format/control.rs).
fn is_odd(control: &Words) -> bool {
    let block = control[16].load(Ordering::Acquire) as usize % 64;
    control[64 + block].load(Ordering::Acquire) % 2 == 1
}

/// Stops the program and says whether `there` holds. If so it stays stopped, else it goes on.
#[allow(unsafe_code, reason = "signals are what is tested")]
fn stopped(child: &Child, there: impl FnOnce() -> bool) -> bool {
    let pid = child.id() as i32;
    // SAFETY: a child of ours that has not been waited for; it is only looked at until it has stopped, not reaped.
    let stopped = unsafe {
        let mut info = std::mem::zeroed::<libc::siginfo_t>();
        libc::kill(pid, libc::SIGSTOP) == 0 && libc::waitid(libc::P_PID, pid as u32, &mut info, libc::WSTOPPED) == 0
    };
    assert!(stopped);
    let there = there();
    if !there {
        // SAFETY: as before.
        unsafe { libc::kill(pid, libc::SIGCONT) };
    }
    there
}

#[test]
fn killed_writers_take_nothing_with_them() {
    let kills: u64 = std::env::var("LINEWARDEN_KILLS").map_or(50, |kills| kills.parse().unwrap());
    let (_folder, path) = scratch();
    let (engine, _) = Engine::create_from(&path, &company(), None).unwrap();
    let (viewer, owners) = people(&engine);
    let control = Words::of_file(&File::open(path.with_file_name("rights.db-image")).unwrap(), 0, 512, false).unwrap();
    let readers = [0, 1].map(|_| {
        let (child, mut out) = start("reader", &path);
        assert!(line(&mut out, "ready").is_some());
        (child, out)
    });
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64 | 1;
    let mut random = Random(seed);
    let (mut acknowledged, mut patching, mut begun, mut slowest) = (1, 0, 0, Duration::ZERO);
    for kill in 0..kills {
        let how = format!("kill {kill} with the seed {seed}");
        let moment = [Moment::Opening, Moment::Any, Moment::Patching, Moment::Any, Moment::Patching][kill as usize % 5];
        let started = Instant::now();
        let (mut child, mut out) = start("writer", &path);
        match moment {
            Moment::Opening => std::thread::sleep(Duration::from_micros(random.below(30_000))),
            Moment::Any | Moment::Patching => {
                let first = line(&mut out, "kept ").unwrap_or_else(|| panic!("{how}: the writer cannot write"));
                acknowledged = acknowledged.max(first.parse().unwrap());
                // The last one died in the middle, and this one did not have to wait until that is certain.
                slowest = slowest.max(started.elapsed());
                (0..random.below(6)).for_each(|_| drop(line(&mut out, "kept ")));
                if moment == Moment::Any {
                    std::thread::sleep(Duration::from_micros(random.below(3_000)));
                } else {
                    // Stopped again and again, until it happens to be there.
                    let until = Instant::now() + Duration::from_millis(300);
                    while !stopped(&child.0, || is_odd(&control)) && Instant::now() < until {
                        let pause = Instant::now() + Duration::from_micros(random.below(200));
                        while Instant::now() < pause {
                            std::hint::spin_loop();
                        }
                    }
                }
            }
        }
        child.0.kill().unwrap();
        assert!(!child.0.wait().unwrap().success());
        let odd = is_odd(&control);
        patching += u64::from(odd);
        while let Some(revision) = line(&mut out, "kept ") {
            acknowledged = acknowledged.max(revision.parse().unwrap());
        }
        // Who stayed open answers, from one revision, whatever the writer was in the middle of.
        let mut answers = [false; OWNERS];
        let (revision, yes) =
            (engine.revision(), engine.may_each_target(viewer, Right::CALL_PICKUP, &owners, &mut answers));
        assert_eq!(yes, if revision.is_multiple_of(2) { OWNERS } else { 0 }, "{how}: revision {revision}");
        assert!(revision >= acknowledged || odd, "{how}: {revision} in force, {acknowledged} acknowledged");
        let logged = engine.history(&Filter { limit: 1, ..Filter::default() }).unwrap()[0].revision;
        assert!(logged >= acknowledged, "{how}: {logged} in the log, {acknowledged} acknowledged");
        begun += u64::from(logged > revision);
        if kill % (kills / 8).max(25) == 24 || kill + 1 == kills {
            // Takes over what the dead writer left.
            assert_eq!(engine.reload().unwrap(), logged, "{how}");
            let verified = engine.verify().unwrap_or_else(|error| panic!("{how}: {error}"));
            assert!(verified.revision == logged && verified.pairs > 0, "{how}: {verified:?}");
            assert!(engine.evaluate(viewer, owners[0]).has(Right::CALL_PICKUP) == (logged.is_multiple_of(2)), "{how}");
        }
    }
    // Each change set is there once, in order, and is what was to be changed at that revision.
    let mut sets = engine.history(&Filter { above: 1, ..Filter::default() }).unwrap();
    sets.reverse();
    for (set, revision) in sets.iter().zip(2..) {
        assert_eq!((set.revision, set.text.as_str()), (revision, text(revision).as_str()), "seed {seed}");
    }
    assert!(kills < 500 || (patching > 0 && begun > 0), "never in the middle of a patch, or never before one");
    let last = sets.len() as u64 + 1;
    assert!(last >= acknowledged && engine.revision() == last);
    fs::write(path.with_file_name("stop"), "").unwrap();
    for (mut child, mut out) in readers {
        let printed = line(&mut out, "read ");
        let mut err = String::new();
        std::io::Read::read_to_string(&mut child.0.stderr.take().unwrap(), &mut err).unwrap();
        assert!(child.0.wait().unwrap().success(), "seed {seed}: {err}");
        let (reads, seen) = printed.as_ref().and_then(|printed| printed.split_once(' ')).expect("what it read");
        println!("a reader asked {reads} times and met {seen} revisions");
        assert!(seen.parse::<u64>().unwrap() >= kills / 2, "it saw hardly any change");
    }
    println!(
        "{kills} kills, {last} revisions; {patching} in the middle of a patch, {begun} between log and image; slowest start of \
         a next writer to its first change {slowest:?}; seed {seed}"
    );
}
