//! Ratios: every claim of speed against its yardstick in the same run, with the goal beside it. `make bench` prints the table
//! and draws it; `SIZES`, `ONLY` and `ROUNDS` make a run smaller (users, a part of the cases' names, rounds).
//!
//! Each figure is the median of interleaved rounds; a round times every case once, so that the machine's moods meet all of
//! them. Before anything is timed, its answers are compared with the full evaluation's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]
#![allow(clippy::undocumented_unsafe_blocks, reason = "engines are never closed here")]

mod support;

use linewarden::internals::directory::Directory;
use linewarden::internals::image::publish;
use linewarden::internals::image::publish::published::Published;
use linewarden::internals::policy::Policy;
use linewarden::internals::system::System;
use linewarden::{Party, Right};
use std::cell::Cell;
use std::ffi::{CString, c_char};
use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;
use support::live::{Turns, beside, stay_on, until_seen};
use support::table::{Goal, Row, markdown, number};
use support::{
    Case, Chase, Company, Loaded, chained, check_answers, clock, company, made_up, median, plot, thread_time, time,
};

const RIGHT: Right = Right::CALL_PICKUP.on_line(1);
const CALLS: u64 = 1 << 17;
const SMALL: u32 = 10_000;
const BIG: u32 = 1_000_000;

const NONE: (Goal, Goal) = (Goal::None, Goal::None);

fn at_most(must: f64, aim: f64) -> (Goal, Goal) {
    (Goal::AtMost(must), Goal::AtMost(aim))
}

fn row(rows: &mut Vec<Row>, what: &str, measured: f64, (must, aim): (Goal, Goal)) {
    rows.push(Row::new(what, measured, "", must, aim));
}

fn rounds() -> usize {
    std::env::var("ROUNDS").map_or(11, |rounds| rounds.parse().unwrap())
}

fn main() {
    let sizes: Vec<u32> = std::env::var("SIZES")
        .map_or_else(|_| vec![SMALL, BIG], |sizes| sizes.split(',').map(|size| size.parse().unwrap()).collect());
    println!("{}", support::processor());
    let loaded = Loaded::open();
    let mut rows = Vec::new();
    let companies: Vec<Company> = sizes.iter().map(|users| company(*users, &[System::Xphone])).collect();
    for (company, users) in companies.iter().zip(&sizes) {
        let seconds = company.compiled.as_secs_f64();
        println!(
            "{} users compiled in {seconds:.2} s, {} bytes of image",
            number(f64::from(*users)),
            company.engine.image_bytes()
        );
    }
    questions(&companies, &sizes, &loaded, &mut rows);
    if std::env::var_os("ONLY").is_none() {
        distances(companies.last());
        two_readers(&mut rows);
        if let (Some(company), Some(BIG)) = (companies.last(), sizes.last().copied()) {
            tails(company, &loaded, &mut rows);
            drop(companies);
            building(&mut rows);
        }
    }
    print!("\n{}", markdown(&rows));
    if std::env::var_os("ONLY").is_none() {
        draw(&rows);
    }
}

/// One thread, every kind of question, all sizes side by side.
fn questions(companies: &[Company], sizes: &[u32], loaded: &Loaded, rows: &mut Vec<Row>) {
    let number_of_right = RIGHT.number();
    let right_name = CString::new(RIGHT.name()).unwrap();
    let mut cases = Vec::new();
    let mut compared = 0;
    for (company, users) in companies.iter().zip(sizes) {
        let (engine, handle) = (company.engine, company.handle);
        let hot = company.mixed(64, 5);
        let thousand = company.mixed(1000, 6);
        let realistic = company.realistic(1 << 17, 7);
        let uniform = company.uniform(1 << 20, 9);
        for pairs in [&hot, &thousand, &realistic, &uniform[..20_000].to_vec()] {
            check_answers(company, loaded, RIGHT, pairs);
            compared += pairs.len();
        }
        let panels: Vec<(Party, Vec<u32>, Vec<bool>)> = uniform
            .chunks(64)
            .take((CALLS / 64) as usize)
            .map(|pairs| {
                let expected = pairs.iter().map(|pair| engine.evaluate(pairs[0].0, pair.1).has(RIGHT)).collect();
                (pairs[0].0, pairs.iter().map(|pair| pair.1.0).collect(), expected)
            })
            .collect();
        // Contacts have no extension.
        let numbered =
            |(actor, target): &(Party, Party)| Some((extension(company, *actor)?, extension(company, *target)?));
        let mut asked_by_extension = company.mixed(512, 8);
        asked_by_extension.retain(|pair| numbered(pair).is_some());
        asked_by_extension.truncate(64);
        let texts: Vec<(CString, CString)> = asked_by_extension.iter().filter_map(numbered).collect();
        assert_eq!(texts.len(), 64);
        for ((actor, target), pair) in texts.iter().zip(&asked_by_extension) {
            let by_text = unsafe {
                (loaded.may_named)(handle, std::ptr::null(), actor.as_ptr(), right_name.as_ptr(), target.as_ptr())
            };
            assert_eq!(by_text, engine.evaluate(pair.0, pair.1).has(RIGHT), "{actor:?} {target:?}");
        }
        for (actor, targets, expected) in &panels {
            let mut out = [false; 64];
            let yes = unsafe {
                (loaded.may_each_target)(
                    handle,
                    actor.0,
                    number_of_right,
                    targets.as_ptr(),
                    targets.len(),
                    out.as_mut_ptr(),
                )
            };
            assert_eq!(&out[..targets.len()], &expected[..]);
            assert_eq!(yes, expected.iter().filter(|yes| **yes).count());
        }
        let by_c =
            move |(actor, target): (Party, Party)| unsafe { (loaded.may)(handle, actor.0, number_of_right, target.0) };
        let evaluated = move |(actor, target): (Party, Party)| engine.evaluate(actor, target).has(RIGHT);
        let no_one = move |(actor, target): (Party, Party)| unsafe {
            (loaded.empty)(std::ptr::null(), actor.0, number_of_right, target.0)
        };
        let right_name = right_name.clone();
        let by_text = move |domain: *const c_char, (actor, target): (&CString, &CString)| unsafe {
            (loaded.may_named)(handle, domain, actor.as_ptr(), right_name.as_ptr(), target.as_ptr())
        };
        let chase = Chase::new(engine.image_bytes());
        let name = |what: &str| format!("{what}, {} users", number(f64::from(*users)));
        let (a, b, c, d, e) = (hot.clone(), hot.clone(), thousand.clone(), hot, thousand);
        let once = |pairs: &[(Party, Party)]| {
            let pairs = pairs.to_vec();
            move || chained(&pairs, pairs.len() as u64, by_c)
        };
        let (hot_once, thousand_once) = (once(&b), once(&c));
        cases.push(Case::new(&name("empty C call"), CALLS, move || chained(&a, CALLS, no_one)));
        cases.push(Case::new(&name("one dependent miss"), CALLS, move || chase.run(CALLS)));
        let asked = Case::new(&name("asked lately, 64 hot pairs"), CALLS, move || chained(&b, CALLS, by_c));
        cases.push(asked.after(hot_once));
        let asked = Case::new(&name("asked lately, 1,000 hot pairs"), CALLS, move || chained(&c, CALLS, by_c));
        cases.push(asked.after(thousand_once));
        cases.push(Case::new(&name("realistic mix"), CALLS, move || chained(&realistic, CALLS, by_c)));
        cases.push(Case::new(&name("evaluation, 64 hot pairs"), CALLS, move || chained(&d, CALLS, evaluated)));
        cases.push(Case::new(&name("evaluation, 1,000 hot pairs"), CALLS, move || chained(&e, CALLS, evaluated)));
        cases.push(Case::new(&name("evaluation, uniform"), CALLS, move || chained(&uniform, CALLS, evaluated)));
        cases.push(Case::new(&name("panel of 64, uniform"), CALLS, move || {
            let mut out = [false; 64];
            let ask = |(actor, targets, _): &(Party, Vec<u32>, _)| unsafe {
                (loaded.may_each_target)(
                    handle,
                    actor.0,
                    number_of_right,
                    targets.as_ptr(),
                    targets.len(),
                    out.as_mut_ptr(),
                )
            };
            panels.iter().map(ask).sum::<usize>() as u64
        }));
        let domain = CString::new(engine.domains().remove(0).1).unwrap();
        for (what, named) in [("by extensions as text", false), ("the same with the domain named", true)] {
            let (texts, domain, by_text) = (texts.clone(), named.then(|| domain.clone()), by_text.clone());
            cases.push(Case::new(&name(what), CALLS / 8, move || {
                let pairs: Vec<(&CString, &CString)> = texts.iter().map(|(a, b)| (a, b)).collect();
                let domain = domain.as_ref().map_or(std::ptr::null(), |domain| domain.as_ptr());
                chained(&pairs, CALLS / 8, |pair| by_text(domain, pair))
            }));
        }
    }
    if let Ok(only) = std::env::var("ONLY") {
        cases.retain(|case| ["empty C call", "one dependent miss", &only].iter().any(|part| case.name.contains(part)));
    }
    time(&mut cases, rounds());
    let named = |what: &str, users: u32| {
        let name = format!("{what}, {} users", number(f64::from(users)));
        cases.iter().find(|case| case.name == name)
    };
    for users in sizes {
        let (empty, miss) = (named("empty C call", *users).unwrap(), named("one dependent miss", *users).unwrap());
        for case in cases.iter().filter(|case| case.name.ends_with(&format!(", {} users", number(f64::from(*users))))) {
            let (ns, to_empty, to_miss) = (case.median(), case.ratio(empty), case.ratio(miss));
            println!("{:52} {ns:8.2} ns  x empty {to_empty:7.2}  x miss {to_miss:7.3}", case.name);
        }
    }
    let goals = [
        ("asked lately, 64 hot pairs", "empty C call", at_most(2.4, 2.0), at_most(2.4, 2.0)),
        ("asked lately, 1,000 hot pairs", "empty C call", at_most(2.9, 2.5), at_most(2.9, 2.5)),
        ("realistic mix", "empty C call", NONE, NONE),
        ("evaluation, 64 hot pairs", "empty C call", at_most(6.3, 5.5), at_most(7.0, 6.0)),
        ("evaluation, uniform", "one dependent miss", NONE, at_most(1.2, 1.1)),
        ("panel of 64, uniform", "one dependent miss", NONE, at_most(0.25, 0.15)),
        ("by extensions as text", "empty C call", at_most(35.0, 25.0), NONE),
        ("the same with the domain named", "empty C call", at_most(45.0, 30.0), NONE),
    ];
    for (what, yardstick, of_small, of_big) in goals {
        for users in sizes {
            let goal = match *users {
                SMALL => of_small,
                BIG => of_big,
                _ => NONE,
            };
            if let (Some(case), Some(to)) = (named(what, *users), named(yardstick, *users)) {
                row(rows, &format!("{} / {yardstick}", case.name), case.ratio(to), goal);
            }
        }
    }
    for what in ["asked lately, 64 hot pairs", "evaluation, 64 hot pairs"] {
        if let (Some(small), Some(big)) = (named(what, SMALL), named(what, BIG)) {
            row(rows, &format!("growth from 10,000 to 1,000,000 users: {what}"), big.ratio(small), at_most(1.15, 1.05));
        }
    }
    println!("answers compared with the full evaluation before timing: {compared} pairs, 0 wrong");
}

/// What the machine takes for accesses like those of the hot questions: where a figure is far from its goal, this says why.
fn distances(company: Option<&Company>) {
    let Some(company) = company else { return };
    let bytes = company.engine.image_bytes();
    let chases = [
        ("one access among 16 KiB: 64 pairs and their marks", Chase::new(16 << 10)),
        ("one access among 80 KiB: 1,000 pairs and their marks", Chase::new(80 << 10)),
        ("one access among 192 lines in 12 KiB: 64 pairs' places, side by side", Chase::new(192 * 64)),
        ("one access among 192 lines all over the image: 64 pairs' places", Chase::scattered(192, bytes)),
        ("one access among 3,000 lines all over the image: 1,000 pairs' places", Chase::scattered(3_000, bytes)),
    ];
    let case = |(name, chase): (&str, Chase)| Case::new(name, CALLS, move || chase.run(CALLS));
    let mut cases: Vec<Case<'_>> = chases.into_iter().map(case).collect();
    time(&mut cases, rounds());
    println!("\nDependent accesses:");
    cases.iter().for_each(|case| println!("  {:72} {:6.2} ns", case.name, case.median()));
}

/// The user's first extension.
fn extension(company: &Company, party: Party) -> Option<CString> {
    let place = company.users.binary_search(&party).ok()?;
    CString::new(company.extensions[place].as_deref()?).ok()
}

/// Two threads at once on one engine, against one thread, and against two threads with an engine each.
fn two_readers(rows: &mut Vec<Row>) {
    let ours = company(100_000, &[System::Xphone]);
    let other = company(100_000, &[System::Xphone]);
    type Ask = fn(&Company, (Party, Party)) -> bool;
    let by_cache: Ask = |company, (actor, target)| company.engine.may(actor, RIGHT, target);
    let by_evaluation: Ask = |company, (actor, target)| company.engine.evaluate(actor, target).has(RIGHT);
    let hot = ours.mixed(512, 5);
    let uniform = ours.uniform(1 << 17, 9);
    type Kind<'a> = (&'a str, Ask, &'a [(Party, Party)]);
    let kinds: [Kind<'_>; 3] = [
        ("asked lately, 512 hot pairs", by_cache, &hot),
        ("evaluation, 512 hot pairs", by_evaluation, &hot),
        ("evaluation, uniform", by_evaluation, &uniform),
    ];
    for (what, ask, pairs) in kinds {
        let run = |company: &Company| {
            let start = thread_time();
            black_box(chained(pairs, CALLS, |pair| ask(company, pair)));
            (thread_time() - start) as f64
        };
        let together = |first: &Company, second: &Company| {
            let ready = Barrier::new(2);
            let both = |company: &Company| {
                // The first round fills the thread's share of the caches.
                run(company);
                ready.wait();
                run(company)
            };
            std::thread::scope(|scope| {
                let second = scope.spawn(|| both(second));
                (both(first) + second.join().unwrap()) / 2.0
            })
        };
        for rate in [0, 1_000] {
            let mut turns = Turns::new(&ours, &hot);
            let (mut scaling, mut shared_to_private) = (Vec::new(), Vec::new());
            beside(rate, &mut turns, || {
                for _ in 0..rounds() {
                    let (alone, shared, private) = (run(&ours), together(&ours, &ours), together(&ours, &other));
                    scaling.push(2.0 * alone / shared);
                    shared_to_private.push(private / shared);
                }
            });
            let what = match rate {
                0 => what.to_string(),
                _ => format!("{what}, {} changes/s", number(rate as f64)),
            };
            let (must, aim) = (Goal::AtLeast(1.9), Goal::AtLeast(1.98));
            row(rows, &format!("two readers, {what}: scaling in thread time"), median(&scaling), (must, aim));
            let (must, aim) = (Goal::AtLeast(0.95), Goal::AtLeast(0.98));
            let what = format!("two readers, {what}: shared engine / an engine each");
            row(rows, &what, median(&shared_to_private), (must, aim));
        }
    }
}

/// A clock that is cheap to read, in its own ticks.
#[cfg(target_arch = "x86_64")]
fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has both; the fence keeps the question between the two readings.
    unsafe {
        std::arch::x86_64::_mm_lfence();
        let ticks = std::arch::x86_64::_rdtsc();
        std::arch::x86_64::_mm_lfence();
        ticks
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn ticks() -> u64 {
    clock(libc::CLOCK_MONOTONIC)
}

/// How long single calls take: one at a time, each between two readings of the clock, whose own cost is subtracted.
fn tails(company: &Company, loaded: &Loaded, rows: &mut Vec<Row>) {
    let (wall, start) = (clock(libc::CLOCK_MONOTONIC), ticks());
    while clock(libc::CLOCK_MONOTONIC) - wall < 200_000_000 {}
    let nanos_a_tick = (clock(libc::CLOCK_MONOTONIC) - wall) as f64 / (ticks() - start) as f64;
    let hot = company.mixed(512, 5);
    let uniform = company.uniform(1 << 20, 10);
    let handle = company.handle;
    let may = |(actor, target): (Party, Party)| unsafe { (loaded.may)(handle, actor.0, RIGHT.number(), target.0) };
    let empty = |(actor, target): (Party, Party)| unsafe {
        (loaded.empty)(std::ptr::null(), actor.0, RIGHT.number(), target.0)
    };
    let evaluated = |(actor, target): (Party, Party)| company.engine.evaluate(actor, target).has(RIGHT);
    let measure = |pairs: &[(Party, Party)], ask: &dyn Fn((Party, Party)) -> bool| -> Vec<u64> {
        stay_on(0);
        hot.iter().for_each(|pair| _ = black_box(ask(*pair)));
        let mut spent: Vec<u64> = pairs
            .iter()
            .cycle()
            .take(1 << 20)
            .map(|pair| {
                let start = ticks();
                black_box(ask(*pair));
                ticks() - start
            })
            .collect();
        spent.sort_unstable();
        spent
    };
    // The clock's own cost: what a pair of readings with an indirect call to nothing between them takes.
    let nothing = |_: (Party, Party)| true;
    let own = measure(&hot, &nothing)[1 << 19];
    let chase = Chase::new(company.engine.image_bytes());
    let place = Cell::new(0u64);
    let miss = |_: (Party, Party)| {
        place.set(chase.step(place.get()));
        true
    };
    let mut turns = Turns::new(company, &hot);
    let beside_changes = beside(1_000, &mut turns, || measure(&hot, &may));
    let curves: [(&str, &str, Vec<u64>); 6] = [
        ("empty C call", "#999999", measure(&hot, &empty)),
        ("one miss", "#000000", measure(&hot, &miss)),
        ("asked lately, 512 hot pairs", "#4a7fb5", measure(&hot, &may)),
        ("the same, 1,000 changes/s", "#8e63b5", beside_changes),
        ("evaluation, 512 hot pairs", "#6aa84f", measure(&hot, &evaluated)),
        ("evaluation, uniform", "#c0504d", measure(&uniform, &evaluated)),
    ];
    let curves: Vec<(&str, &str, Vec<f64>)> = curves
        .into_iter()
        .map(|(name, colour, ticks)| {
            let nanos = |ticks: &u64| ticks.saturating_sub(own) as f64 * nanos_a_tick;
            (name, colour, ticks.iter().map(nanos).collect())
        })
        .collect();
    let of = |list: &[f64], share: f64| list[((list.len() as f64 * share) as usize).min(list.len() - 1)];
    println!(
        "\nSingle calls, 1,000,000 users, nanoseconds (the clock's own {:.0} subtracted):",
        own as f64 * nanos_a_tick
    );
    println!("{:32} {:>8} {:>8} {:>8} {:>8} {:>10}", "", "p50", "p99", "p99.9", "p99.99", "max");
    for (name, _, nanos) in &curves {
        let [a, b, c, d, e] = [0.5, 0.99, 0.999, 0.9999, 1.0].map(|share| of(nanos, share));
        println!("{name:32} {a:8.0} {b:8.0} {c:8.0} {d:8.0} {e:10.0}");
    }
    let (miss, late_miss) = (of(&curves[1].2, 0.5), of(&curves[1].2, 0.999));
    row(rows, "p99.9 asked lately, no writer / one miss", of(&curves[2].2, 0.999) / miss, (Goal::None, Goal::None));
    let what = "p99.9 asked lately, 1,000 changes/s of those pairs / one miss";
    row(rows, what, of(&curves[3].2, 0.999) / miss, at_most(2.5, 0.7));
    let what = "p99.9 evaluation, uniform / p99.9 of one miss";
    row(rows, what, of(&curves[5].2, 0.999) / late_miss, at_most(1.3, 1.1));
    let until_seen = |company: &Company| {
        let mut seen = until_seen(company, RIGHT, company.uniform(1, 12)[0], 5_000);
        seen.sort_by(f64::total_cmp);
        [of(&seen, 0.5) / 1e3, of(&seen, 0.99) / 1e3]
    };
    let ([half, most], [half_of_small, _]) =
        (until_seen(company), until_seen(&support::company(1_000, &[System::Xphone])));
    let micros = |what: &str, measured: f64, must: f64, aim: f64| {
        Row::new(what, measured, " us", Goal::AtMost(must), Goal::AtMost(aim))
    };
    rows.push(micros("a change of one person, until another thread sees it, p50", half, 10.0, 1.0));
    rows.push(micros("the same, p99", most, 50.0, 5.0));
    row(rows, "the same, p50, 1,000,000 users / 1,000 users", half / half_of_small, at_most(3.0, 1.0));
    let curves: Vec<(&str, &str, &[f64])> =
        curves.iter().map(|(name, colour, list)| (*name, *colour, &list[..])).collect();
    plot::tails("latency.svg", "How many single calls take longer than so long, 1,000,000 users", &curves);
}

/// Compiling, and what the image takes.
fn building(rows: &mut Vec<Row>) {
    let (policy, names) = made_up(BIG, &[System::Xphone]);
    let published = Published::private().unwrap();
    let mut compiled = Vec::new();
    for revision in 1..=6 {
        let start = Instant::now();
        let (prepared, _) = publish::prepare(&published, &policy, &names, 0, revision).unwrap();
        published.publish(prepared, || ());
        compiled.push(start.elapsed().as_secs_f64());
    }
    let settings: usize = policy.domains[0].users.iter().map(|user| user.xphone.settings.len()).sum();
    let (words, parts) = published.read(|image| (image.used_words() as usize, image.parts()));
    let copied = {
        let (from, to) = (vec![1u64; words], vec![2u64; words]);
        let mut to = to;
        let times: Vec<f64> = (0..5)
            .map(|_| {
                let start = Instant::now();
                to.copy_from_slice(black_box(&from));
                black_box(&to);
                start.elapsed().as_secs_f64()
            })
            .collect();
        median(&times)
    };
    let a_user = |bytes: usize| bytes as f64 / f64::from(BIG);
    let sizes = [parts.records, parts.tables, parts.pair_entries, parts.names];
    println!("\n1,000,000 users with {settings} own settings, bytes a user in the image:");
    for (name, bytes) in ["records", "domains, tables, long lists", "own settings", "names"].iter().zip(sizes) {
        println!("  {name:28} {:7.1}", a_user(bytes));
    }
    // The first two write to memory that the system has to find first, which copying does not.
    let (first, seconds) = (compiled[0], median(&compiled[2..]));
    println!("compiled in {seconds:.2} s, at first in {first:.2} s; a copy of the image takes {copied:.3} s");
    let mut memory = Row::new(
        "memory a user, names not counted",
        a_user(parts.records + parts.tables + parts.pair_entries),
        " B",
        Goal::AtMost(190.0),
        Goal::AtMost(160.0),
    );
    memory.what += &format!(" ({:.1} own settings)", settings as f64 / f64::from(BIG));
    rows.push(memory);
    row(rows, "compiling 1,000,000 users / copying the image", seconds / copied, at_most(15.0, 8.0));
    #[cfg(target_os = "linux")]
    rows.push(opening(&policy, &names));
}

/// Opening the image that a store has left, as the first process that comes does: mapped, checked against its sum, asked.
#[cfg(target_os = "linux")]
fn opening(policy: &Policy, names: &Directory) -> Row {
    let folder = tempfile::tempdir().unwrap();
    let open = || Published::in_file(&folder.path().join("image"), [1, 2], true).unwrap();
    let published = open();
    published.publish(publish::prepare(&published, policy, names, 0, 7).unwrap().0, || ());
    drop(published);
    let times: Vec<f64> = (0..5)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(open().read(|image| image.revision()), 7);
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    let what = "opening an existing image of 1,000,000 users, checked";
    Row::new(what, median(&times), " ms", Goal::AtMost(30.0), Goal::AtMost(5.0))
}

fn draw(rows: &[Row]) {
    let bars: Vec<plot::Bar> = rows
        .iter()
        .filter_map(|row| {
            let Goal::AtMost(bound) = row.must else { return None };
            let share = row.measured / bound;
            let good = share <= 1.0;
            let text = format!("{} of {}", number(row.measured), number(bound));
            let name = row.what.split(" / ").next().unwrap_or(&row.what);
            let name = name.replace("growth from 10,000 to 1,000,000 users: ", "growth: ");
            Some(plot::Bar { name, value: share, text, mark: Some(1.0), good })
        })
        .collect();
    plot::bars("ratios.svg", "Measured ratio as a part of the bound (the line); logarithmic", 0.05, &bars);
}
