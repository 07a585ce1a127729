//! A process that opens a store: how long the first call of each sort takes, and what streams of flips cost in memory.
//!
//! `cargo bench --bench first`; `USERS=100000` says for which sizes. Each size is measured in a process of its own, which has asked
//! nothing before. The goals: 50 microseconds for a first call at any size, one more image for the first stream, next to nothing for
//! a second one.
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
    use super::support::made_up;
    use linewarden::internals::engine::Export;
    use linewarden::internals::system::System;
    use linewarden::{Author, Engine, Kind, Party, Right, RightSet, Stream};
    use std::hint::black_box;
    use std::path::Path;
    use std::process::Command;
    use std::time::Instant;

    pub fn main() {
        if let Some(store) = std::env::var_os("LINEWARDEN_STORE") {
            return measure(Path::new(&store));
        }
        let sizes = std::env::var("USERS").unwrap_or_else(|_| "10000,100000".into());
        for users in sizes.split(',') {
            let folder = tempfile::tempdir().unwrap();
            let store = folder.path().join("rights.db");
            {
                let (policy, names) = made_up(users.parse().unwrap(), &[System::Xphone]);
                let Export { documents, .. } = Engine::from_policy(policy, names).unwrap().export(None).unwrap();
                drop(Engine::create_from(&store, &documents, None).unwrap());
            }
            println!("{users} users");
            let status =
                Command::new(std::env::current_exe().unwrap()).env("LINEWARDEN_STORE", &store).status().unwrap();
            assert!(status.success());
        }
    }

    /// Memory of this process that is not of a file, in kB, and all of it.
    fn memory() -> [i64; 2] {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        ["RssAnon:", "VmRSS:"].map(|key| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        })
    }

    type Ask<'a> = (&'a str, &'a dyn Fn(&Engine, [Party; 2], &str));

    fn measure(store: &Path) {
        let asks: [Ask<'_>; 7] = [
            ("may", &|engine, [actor, target], _| _ = black_box(engine.may(actor, Right::CALL_PICKUP, target))),
            ("decide", &|engine, [actor, target], _| _ = black_box(engine.decide(actor, Right::CALL_PICKUP, target))),
            ("line_of", &|engine, [actor, _], line| _ = black_box(engine.line_of(actor, line))),
            ("text", &|engine, [actor, _], _| _ = black_box(engine.text(actor))),
            ("dial", &|engine, [actor, _], line| _ = black_box(engine.dial(actor, &format!("*8{line}")))),
            // An error: nothing is searched for its message.
            ("dial unknown", &|engine, [actor, _], line| _ = black_box(engine.dial(actor, &format!("*8{line}999")))),
            ("dial to log in", &|engine, [actor, _], line| _ = black_box(engine.dial(actor, &format!("*44{line}")))),
        ];
        let line = {
            let engine = Engine::open(store).unwrap();
            let is_line = |line: &String| engine.line_of(engine.find(None, line).unwrap_or(Party(0)), line) == 1;
            (4711..).map(|number: u32| number.to_string()).find(is_line).unwrap()
        };
        for (name, ask) in asks {
            // A mapping of its own, so that no page of it has been read.
            let engine = Engine::open(store).unwrap();
            let parties = [Party(4711), Party(4712)];
            let mut took = [0.0; 2];
            for took in &mut took {
                let begin = Instant::now();
                ask(&engine, parties, &line);
                *took = begin.elapsed().as_secs_f64() * 1e6;
            }
            println!("  {name:16} first {:7.1} us, second {:5.1} us   (goal 50)", took[0], took[1]);
            assert_eq!(engine.policy_reads(), 0);
        }
        let engine = Engine::open(store).unwrap();
        let image = engine.image_bytes() / 1024;
        println!("  the image has {image} kB");
        let all = Right::all().fold(RightSet::EMPTY, |set, right| set | right.mask());
        let mut streams = Vec::new();
        for name in ["the first stream", "a second stream"] {
            let before = memory();
            let mut stream = Stream::new(&engine, all).unwrap();
            let _ = stream.poll().unwrap();
            let after = memory();
            println!("  {name:16} {} kB of its own, {} kB in all", after[0] - before[0], after[1] - before[1]);
            streams.push(stream);
        }
        let before = memory();
        let (domain, name) = engine.domains().remove(0);
        let is_user = |party: &Party| engine.kind(*party).is_some_and(|(_, kind)| kind == Kind::User);
        let users: Vec<String> =
            engine.parties(domain).into_iter().filter(is_user).take(2).map(|party| engine.text(party)).collect();
        let writer = Engine::open(store).unwrap();
        let line = format!("set relationship {} {} assistant_plus", users[0], users[1]);
        let _ = writer.apply_text(Author::Administrator, Some(&name), &line).unwrap();
        drop(writer);
        let made = memory();
        for stream in &mut streams {
            let _ = stream.poll().unwrap();
        }
        let after = memory();
        println!(
            "  a change: {} kB to make it (freed or not), {} kB more for both streams to report it",
            made[0] - before[0],
            after[0] - made[0]
        );
        assert_eq!(engine.policy_reads(), 0);
    }
}
