//! What durable changes cost: commits against SQLite's own, import, how soon a change is seen, and what readers notice of changes.
//!
//! `cargo bench --bench durable`, on a machine that does nothing else; `USERS=1000,100000` says for which sizes. Everything is a
//! ratio to something measured in the same run, or a time between two events on one clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod support;

#[cfg(target_os = "linux")]
mod linux {
    use super::support::live::stay_on;
    use super::support::{clock, made_up, median, thread_time};
    use linewarden::internals::engine::Export;
    use linewarden::internals::policy::change::{Author, Change, Entry};
    use linewarden::internals::store::{Numbers, Store};
    use linewarden::internals::system::System;
    use linewarden::internals::system::xphone::Label;
    use linewarden::{Engine, Party, Right};
    use std::io::{BufRead, BufReader, Read, Write};
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    fn now() -> u64 {
        clock(libc::CLOCK_MONOTONIC)
    }

    fn company(users: u32) -> Engine {
        let (policy, names) = made_up(users, &[System::Xphone]);
        Engine::from_policy(policy, names).unwrap()
    }

    /// One setting of the first user for the second, given and taken in turn.
    struct Turns {
        domain: String,
        viewer: Party,
        owner: Party,
        names: [String; 2],
        on: bool,
    }

    impl Turns {
        fn of(engine: &Engine) -> Turns {
            let (domain, name) = engine.domains().remove(0);
            let users: Vec<Party> = engine
                .parties(domain)
                .into_iter()
                .filter(|party| engine.kind(*party).is_some_and(|(_, kind)| kind == linewarden::Kind::User))
                .collect();
            let (owner, viewer) = (users[1], users[users.len() / 2]);
            let names = [engine.text(owner), engine.text(viewer)];
            Turns { domain: name, viewer, owner, names, on: false }
        }

        fn next(&mut self) -> Vec<Entry> {
            self.on = !self.on;
            let [owner, viewer] = self.names.clone();
            let label = if self.on { Label::AssistantPlus } else { Label::Blocked };
            vec![Entry { domain: self.domain.clone(), change: Change::SetRelationship { owner, viewer, label } }]
        }

        fn holds(&self, engine: &Engine) -> bool {
            engine.may(self.viewer, Right::CALL_PICKUP, self.owner)
        }
    }

    fn apply(engine: &Engine, turns: &mut Turns) -> u64 {
        engine.apply(Author::Administrator, &turns.next()).unwrap()
    }

    /// p50, p99 and the longest, in microseconds.
    fn told(mut nanoseconds: Vec<u64>) -> String {
        nanoseconds.sort_unstable();
        let at = |part: f64| nanoseconds[((nanoseconds.len() - 1) as f64 * part) as usize] as f64 / 1e3;
        format!("p50 {:8.1} us   p99 {:8.1} us   max {:8.1} us", at(0.5), at(0.99), at(1.0))
    }

    /// A store of that company in a new folder, with what making it took.
    fn stored(users: u32, folder: &Path) -> Engine {
        let Export { documents, .. } = company(users).export(None).unwrap();
        let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
        let start = Instant::now();
        let (engine, entries) = Engine::create_from(folder.join("rights.db"), &documents, None).unwrap();
        let took = start.elapsed();
        println!(
            "{users:>8} import of {} facts ({:.0} MB of documents) into a new store: {took:.2?}, {:.0} facts/s (goal 50,000)",
            entries.len(),
            bytes as f64 / 1e6,
            entries.len() as f64 / took.as_secs_f64()
        );
        engine
    }

    /// Change sets a second, against SQLite's own commits with the same settings and about the same rows.
    fn commits(folder: &Path) {
        let engine = stored(1_000, folder);
        let mut turns = Turns::of(&engine);
        let log = Store::create(&folder.join("log.db")).unwrap();
        let plain = rusqlite::Connection::open(folder.join("plain.db")).unwrap();
        plain
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000;
                 CREATE TABLE log(revision INTEGER PRIMARY KEY, at INTEGER, author TEXT, hash BLOB) STRICT;
                 CREATE TABLE text(revision INTEGER, part INTEGER, text TEXT, PRIMARY KEY(revision, part)) STRICT, WITHOUT ROWID;",
            )
            .unwrap();
        let mut rows = [
            plain.prepare("INSERT INTO log VALUES(?1, 1, 'acme.example/alice', ?2)").unwrap(),
            plain.prepare("INSERT INTO text VALUES(?1, 0, ?2)").unwrap(),
        ];
        const BATCH: u64 = 100;
        let (mut revision, mut ratios, mut rates) =
            (0_u64, [Vec::new(), Vec::new()], <[(Vec<f64>, Vec<f64>); 3]>::default());
        let text = linewarden::internals::policy::change::print(&turns.next());
        for _ in 0..15 {
            let timed = |work: &mut dyn FnMut()| {
                let (start, used) = (Instant::now(), thread_time());
                (0..BATCH).for_each(|_| work());
                let rate = BATCH as f64 / start.elapsed().as_secs_f64();
                (rate, (thread_time() - used) as f64 / 1e3 / BATCH as f64)
            };
            let sqlite = timed(&mut || {
                revision += 1;
                plain.execute_batch("BEGIN IMMEDIATE").unwrap();
                rows[0].execute((revision as i64, [7_u8; 32])).unwrap();
                rows[1].execute((revision as i64, &text)).unwrap();
                plain.execute_batch("COMMIT").unwrap();
            });
            let mut head = log.revision().unwrap();
            let appended = timed(&mut || {
                let _ = log.append(head, 1, "acme.example/alice", &text, &Numbers::default()).unwrap();
                head += 1;
            });
            let applied = timed(&mut || {
                apply(&engine, &mut turns);
            });
            ratios[0].push(appended.0 / sqlite.0);
            ratios[1].push(applied.0 / sqlite.0);
            for ((rate, time), (rates, times)) in [sqlite, appended, applied].into_iter().zip(&mut rates) {
                rates.push(rate);
                times.push(time);
            }
        }
        let names = ["SQLite's own commits", "the log alone", "change sets"];
        for ((rates, times), (name, at)) in rates.iter_mut().zip(names.into_iter().zip(0..)) {
            let ratio = if at == 0 { 1.0 } else { median(&ratios[at - 1]) };
            println!(
                "         {name:20} {:6.0}/s, {:5.0} us of the processor each   x SQLite {ratio:.2} (goal 0.8)",
                median(rates),
                median(times)
            );
        }
    }

    /// Looks until the answer is another one, and notes when; as often as it runs.
    fn look(engine: &Engine, turns: &Turns, times: usize, mut note: impl FnMut(u64)) {
        let mut last = turns.holds(engine);
        for _ in 0..times {
            while turns.holds(engine) == last {
                std::hint::spin_loop();
            }
            note(now());
            last = !last;
        }
    }

    const TIMES: usize = 2_000;

    /// How long after the change has returned others see it, in a thread and in another program.
    fn seen(users: u32, folder: &Path) {
        let engine = stored(users, folder);
        let mut turns = Turns::of(&engine);
        apply(&engine, &mut turns);
        let watched = Turns::of(&engine);
        let mut change = |times: usize, before: &mut dyn FnMut(usize)| -> Vec<u64> {
            (0..times)
                .map(|number| {
                    before(number);
                    apply(&engine, &mut turns);
                    now()
                })
                .collect()
        };
        // Only the next change when the last one was seen, or it would be missed.
        let count = AtomicU64::new(0);
        let mut saw = Vec::new();
        let returned = std::thread::scope(|threads| {
            let looking = threads.spawn(|| {
                let mut saw = Vec::new();
                look(&engine, &watched, TIMES, |at| {
                    saw.push(at);
                    count.fetch_add(1, Ordering::Release);
                });
                saw
            });
            std::thread::sleep(Duration::from_millis(50));
            let returned = change(TIMES, &mut |number| {
                while count.load(Ordering::Acquire) < number as u64 {
                    std::hint::spin_loop();
                }
            });
            saw = looking.join().unwrap();
            returned
        });
        let late =
            |saw: &[u64]| saw.iter().zip(&returned).map(|(saw, returned)| saw.saturating_sub(*returned)).collect();
        println!(
            "{users:>8} seen by another thread   {} after the change returned (goal p99 100 us)",
            told(late(&saw))
        );

        // What the scheduler adds: the same, but one bare word is changed after the change has returned.
        let (flag, count) = (AtomicU64::new(0), AtomicU64::new(0));
        let mut stored = Vec::new();
        let mut saw = Vec::new();
        std::thread::scope(|threads| {
            let looking = threads.spawn(|| {
                let mut saw = Vec::new();
                for number in 0..TIMES as u64 {
                    while flag.load(Ordering::Acquire) <= number {
                        std::hint::spin_loop();
                    }
                    saw.push(now());
                    count.fetch_add(1, Ordering::Release);
                }
                saw
            });
            for number in 0..TIMES as u64 {
                while count.load(Ordering::Acquire) < number {
                    std::hint::spin_loop();
                }
                change(1, &mut |_| ());
                stored.push(now());
                flag.store(number + 1, Ordering::Release);
            }
            saw = looking.join().unwrap();
        });
        let late = saw.iter().zip(&stored).map(|(saw, stored)| saw.saturating_sub(*stored)).collect();
        println!("{users:>8} a bare word, by a thread  {} after it was stored", told(late));

        let mut child = Command::new(std::env::current_exe().unwrap());
        child.env("LOOK_AT", folder.join("rights.db")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        let mut saw = Vec::new();
        let returned = change(TIMES, &mut |number| {
            while saw.len() < number {
                saw.push(lines.next().unwrap().unwrap().parse::<u64>().unwrap());
            }
        });
        saw.push(lines.next().unwrap().unwrap().parse().unwrap());
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
        let late = saw.iter().zip(&returned).map(|(saw, returned)| saw.saturating_sub(*returned)).collect();
        println!("{users:>8} seen by another program  {} after the change returned (goal p99 2,000 us)", told(late));
        let start = Instant::now();
        (0..200).for_each(|_| {
            apply(&engine, &mut turns);
        });
        println!("{users:>8} a change of one person   {:.1?} each, durable", start.elapsed() / 200);
    }

    /// The other program of [`seen`].
    fn look_at(path: &Path) {
        let engine = Engine::open(path).unwrap();
        let turns = Turns::of(&engine);
        let mut out = std::io::stdout().lock();
        let _ = turns.holds(&engine);
        writeln!(out, "ready").unwrap();
        out.flush().unwrap();
        look(&engine, &turns, TIMES, |at| {
            writeln!(out, "{at}").unwrap();
            out.flush().unwrap();
        });
        let _ = std::io::stdin().read(&mut [0]);
    }

    /// Checks a reader manages in its processor time, with and without a thousand changes a second beside it.
    fn readers(users: u32) {
        let engine = company(users);
        let mut turns = Turns::of(&engine);
        let (domain, _) = engine.domains().remove(0);
        let parties = engine.parties(domain);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut party = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            parties[(state % parties.len() as u64) as usize]
        };
        let all: Vec<(Party, Party)> = (0..1 << 16).map(|_| (party(), party())).collect();
        for (what, pairs) in [("1,000 pairs asked again and again", &all[..1_000]), ("65,536 pairs", &all[..])] {
            let round = |rate: u64, turns: &mut Turns| -> (f64, f64) {
                let stop = AtomicBool::new(false);
                std::thread::scope(|threads| {
                    stay_on(1);
                    let reader = threads.spawn(|| {
                        stay_on(0);
                        let (start, mut checks, mut yes) = (thread_time(), 0_u64, 0_u64);
                        while !stop.load(Ordering::Relaxed) {
                            for (actor, target) in pairs {
                                yes += u64::from(engine.may(*actor, Right::CALL_PICKUP, *target));
                            }
                            checks += pairs.len() as u64;
                        }
                        std::hint::black_box(yes);
                        checks as f64 / (thread_time() - start) as f64 * 1e9
                    });
                    let (start, mut made) = (Instant::now(), 0_u64);
                    while start.elapsed() < Duration::from_millis(400) {
                        if rate > 0 && start.elapsed().as_nanos() as u64 * rate / 1_000_000_000 > made {
                            apply(&engine, turns);
                            made += 1;
                        } else {
                            std::thread::sleep(Duration::from_micros(100));
                        }
                    }
                    let rate = made as f64 / start.elapsed().as_secs_f64();
                    stop.store(true, Ordering::Relaxed);
                    (reader.join().unwrap(), rate)
                })
            };
            let _ = round(0, &mut turns);
            let (mut ratios, mut rates, mut quiet) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..9 {
                let alone = round(0, &mut turns).0;
                let (beside, rate) = round(1_000, &mut turns);
                ratios.push(beside / alone);
                rates.push(rate);
                quiet.push(alone / 1e6);
            }
            println!(
                "{users:>8} checks of {what}: {:.1} million/s, with {:.0} changes/s x {:.3} (goal 0.9)",
                median(&quiet),
                median(&rates),
                median(&ratios)
            );
        }
    }

    pub fn main() {
        if let Some(path) = std::env::var_os("LOOK_AT") {
            return look_at(Path::new(&path));
        }
        let sizes = std::env::var("USERS").unwrap_or_else(|_| "1000,100000".into());
        let sizes: Vec<u32> = sizes.split(',').map(|size| size.parse().unwrap()).collect();
        let folder = || tempfile::tempdir().unwrap();
        commits(folder().path());
        for users in &sizes {
            seen(*users, folder().path());
        }
        for users in &sizes {
            readers(*users);
        }
    }
}
