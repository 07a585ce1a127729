//! Four processes ask over one store while the clock of each is stepped forward and back: a right that has ended is never revived in a
//! process that has seen its end, not from the pair cache and not without a writer. It must never wait for a real clock.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::calendar::{clock, instant_text};
use linewarden::internals::document::Document;
use linewarden::{Author, Engine, Right};
use linewarden_testkit::stores::{given, program, scratch};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// 2060-01-05T00:00:00Z, a Monday: later than any real clock, which the processes may see before they are given another.
const MONDAY: i64 = 2_840_486_400;
const HOUR: i64 = 3_600;

/// Name, from, until, and an hour of each day in UTC.
type Fact = (&'static str, Option<i64>, Option<i64>, Option<i64>);

/// The facts, as the documents have them and as the test counts them.
const FACTS: [Fact; 5] = [
    ("ends", None, Some(MONDAY + 10 * HOUR), None),
    ("begins", Some(MONDAY + 10 * HOUR), None, None),
    ("between", Some(MONDAY + 5 * HOUR), Some(MONDAY + 15 * HOUR), None),
    ("hours", None, None, Some(12)),
    ("always", None, None, None),
];

/// The fact without dates.
const ALWAYS: usize = 4;

fn counts(fact: usize, at: i64) -> bool {
    let (_, from, until, hour) = FACTS[fact];
    from.is_none_or(|from| from <= at)
        && until.is_none_or(|until| at < until)
        && hour.is_none_or(|hour| at.rem_euclid(24 * HOUR) / HOUR == hour)
}

fn document() -> Document {
    let mut text =
        String::from("domain = \"acme.example\"\nsystems = [\"linewarden\", \"xphone\"]\n[[user]]\nname = \"owner\"\n");
    for (name, from, until, hour) in FACTS {
        text += &format!("[[user]]\nname = {name:?}\n[[rule]]\nname = {name:?}\nactors = [{name:?}]\n");
        text += "rights = [\"call.pickup\"]\ntargets = [\"owner\"]\n";
        let bounds = [("from", from), ("until", until)];
        bounds
            .iter()
            .for_each(|(key, at)| text += &at.map_or(String::new(), |at| format!("{key} = {}\n", instant_text(at))));
        text += &hour.map_or(String::new(), |hour| format!("hours = \"{hour}:00-{}:00 UTC\"\n", hour + 1));
    }
    Document { name: "acme.toml".into(), text }
}

/// Reads `CLOCK FACT` lines and answers each: three times the same question, in the three ways there are.
#[test]
#[ignore = "a program that another runs"]
fn answer() {
    let mut engine = None;
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (at, fact) = line.split_once(' ').unwrap();
        clock::pretend(Some(at.parse().unwrap()));
        let engine = engine.get_or_insert_with(|| Engine::open(given()).unwrap());
        let [actor, owner] = [fact, "owner"].map(|name| engine.find(None, name).unwrap());
        let once = engine.may(actor, Right::CALL_PICKUP, owner);
        let again = engine.may(actor, Right::CALL_PICKUP, owner);
        let named = engine.may_named(None, fact, "call.pickup", "owner");
        let mut panel = [false];
        let _ = engine.may_each_target(actor, Right::CALL_PICKUP, &[owner], &mut panel);
        println!("answer {once} {again} {named} {}", panel[0]);
    }
}

struct Process {
    child: Child,
    ask: ChildStdin,
    said: BufReader<ChildStdout>,
    /// The latest instant that it has seen.
    latest: i64,
}

impl Process {
    fn ask(&mut self, at: i64, fact: usize) -> bool {
        writeln!(self.ask, "{at} {}", FACTS[fact].0).unwrap();
        let mut line = String::new();
        while !line.starts_with("answer ") {
            line.clear();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "the process has ended");
        }
        // Only what rests on a date looks at the clock.
        if fact != ALWAYS {
            self.latest = self.latest.max(at);
        }
        let answers: Vec<&str> = line.split_whitespace().skip(1).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{line}");
        answers[0] == "true"
    }
}

#[test]
fn what_has_ended_stays_ended_in_four_processes() {
    let (_folder, path) = scratch();
    clock::pretend(Some(MONDAY));
    drop(Engine::create_from(&path, &[document()], None).unwrap());
    let mut processes: Vec<Process> = (0..4)
        .map(|_| {
            let mut command = program("answer", &path);
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let (ask, said) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
            Process { child, ask, said, latest: i64::MIN }
        })
        .collect();
    let mut seed = 7u64;
    let mut below = |count: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % count
    };
    let (mut yes, mut stepped_back) = (0, 0);
    for round in 0..1_200 {
        // For most of the time nothing writes; then another process does, and goes again.
        if round == 800 {
            let writer = Engine::open(&path).unwrap();
            writer.apply_text(Author::Administrator, None, "in acme.example\nadd user another").unwrap();
        }
        // The clock of each goes on slowly, with steps back to before what has happened.
        let (which, fact) = (below(4), below(FACTS.len()));
        let reached = MONDAY + (round as i64) * 20 * HOUR / 1_200;
        let edge = MONDAY + [5, 10, 12, 13, 15][below(5)] * HOUR;
        let at = match below(4) {
            0 => reached,
            1 => (edge + below(3) as i64 - 1).min(reached),
            _ => reached - below(12 * HOUR as usize) as i64,
        };
        let process = &mut processes[which];
        let latest = process.latest.max(at);
        stepped_back += usize::from(at < latest);
        let expected = counts(fact, at) && counts(fact, latest);
        let found = process.ask(at, fact);
        assert_eq!(found, expected, "{} at {at}, latest {latest}, round {round}, process {which}", FACTS[fact].0);
        yes += usize::from(found);
        if FACTS[fact].2.is_some_and(|until| until <= latest) {
            assert!(!found, "{} was revived at {at}", FACTS[fact].0);
        }
    }
    assert!(yes > 200 && stepped_back > 400, "{yes} yes, {stepped_back} steps back");
    for mut process in processes {
        drop(process.ask);
        assert!(process.child.wait().unwrap().success());
    }
    clock::pretend(None);
}
