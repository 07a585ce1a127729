//! Facts with dates over time: answers, the pair cache, streams and processes that map one image. It must never wait for a clock
//! where the clock can be set.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::calendar::{clock, instant, instant_text};
use linewarden::internals::document::Document;
use linewarden::{Engine, Party, Reason, Right, RightSet, Stream};
use std::time::Duration;

/// 2026-12-18T17:00:00Z, a Friday at 18:00 in Berlin.
const FRIDAY: i64 = 1_797_613_200;

fn document(when: &str) -> Document {
    let text = format!(
        "domain = \"acme.example\"\nsystems = [\"linewarden\"]\n[[user]]\nname = \"alice\"\n[[user]]\nname = \"bob\"\n\
         [[user]]\nname = \"carol\"\n[[rule]]\nname = \"cover for alice\"\nactors = [\"bob\"]\nrights = [\"call.pickup\"]\n\
         targets = [\"alice\"]\n{when}\n[[rule]]\nname = \"lamps\"\nactors = [\"everyone\"]\nrights = [\"line.busy.read\"]\n\
         targets = [\"everyone\"]\n"
    );
    Document { name: "acme.toml".into(), text }
}

fn parties(engine: &Engine) -> [Party; 3] {
    ["alice", "bob", "carol"].map(|name| engine.resolve(None, name).unwrap())
}

fn flips(stream: &mut Stream<'_>) -> Vec<(bool, Vec<Party>, Vec<Party>)> {
    let found = stream.poll().unwrap().map_or_else(Vec::new, |flips| flips.sets);
    found.into_iter().map(|set| (set.allowed, set.actors, set.targets)).collect()
}

/// One test, because the clock is the process's.
#[test]
fn a_right_that_ends_is_gone_and_does_not_come_back() {
    let friday = instant("2026-12-18T17:00:00Z").unwrap();
    assert_eq!((friday, instant_text(FRIDAY).as_str()), (FRIDAY, "2026-12-18T17:00:00Z"));
    clock::pretend(Some(FRIDAY - 100));
    let engine = Engine::from_documents(&[document("until = 2026-12-18T18:00:00+01:00")]).unwrap();
    let [alice, bob, carol] = parties(&engine);
    let (pickup, lamp) = (Right::CALL_PICKUP, Right::LINE_BUSY_READ);
    let mut stream = Stream::new(&engine, RightSet::from_bits(u128::MAX)).unwrap();
    assert_eq!(stream.next_change(), Some(FRIDAY));
    clock::pretend(Some(FRIDAY - 1));
    // Asked twice, so that a cached answer would be found.
    for _ in 0..2 {
        assert!(engine.may(bob, pickup, alice) && engine.may_named(None, "bob", "call.pickup", "alice"));
    }
    assert!(engine.decide(bob, pickup, alice).allowed);
    assert!(flips(&mut stream).is_empty());
    let said =
        engine.explain(bob, pickup, alice, None).sources.iter().map(|source| source.level.clone()).collect::<Vec<_>>();
    assert!(said.iter().any(|said| said.contains("until today 18:00 +01:00")), "{said:?}");
    clock::pretend(Some(FRIDAY));
    assert!(!engine.may(bob, pickup, alice) && !engine.may_named(None, "bob", "call.pickup", "alice"));
    assert!(!engine.decide(bob, pickup, alice).allowed);
    let mut panel = [true];
    assert_eq!(engine.may_each_target(bob, pickup, &[alice], &mut panel), 0);
    assert!(engine.may(bob, lamp, alice) && engine.may(carol, lamp, alice), "other rules go on");
    assert_eq!(flips(&mut stream), [(false, vec![bob], vec![alice])]);
    assert!(flips(&mut stream).is_empty() && stream.next_change().is_none(), "once");
    // The clock goes back: what has ended does not come back, neither in an engine that is opened only now.
    clock::pretend(Some(FRIDAY - 50));
    assert!(!engine.may(bob, pickup, alice));
    let later = Engine::from_documents(&[document("until = 2026-12-18T18:00:00+01:00")]).unwrap();
    let [alice, bob, _] = parties(&later);
    assert!(!later.may(bob, pickup, alice));
    // At another instant, asked on purpose, it is as it was then.
    assert!(
        engine.at(FRIDAY - 1).unwrap().may(bob, pickup, alice) && !engine.at(FRIDAY).unwrap().may(bob, pickup, alice)
    );

    // 1970 is an instant like any other.
    let ended = Engine::from_documents(&[document("until = 1970-01-01T00:00:01Z")]).unwrap();
    let begun = Engine::from_documents(&[document("from = 1970-01-01T00:00:01Z")]).unwrap();
    for (at, before) in [(i64::MIN, true), (-1, true), (0, true), (1, false), (i64::MAX - 1, false)] {
        let may = |engine: &Engine| engine.at(at).unwrap().may(parties(engine)[1], pickup, parties(engine)[0]);
        assert_eq!((may(&ended), may(&begun)), (before, !before), "{at}");
    }
    assert!(!ended.may(bob, pickup, alice) && begun.may(bob, pickup, alice));

    // Begins, by hours, with a change in between that has nothing to do with it.
    clock::pretend(Some(FRIDAY + 1000));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.db");
    let documents = [document("hours = \"Sa 00:00-01:00 Europe/Berlin\"")];
    let (engine, _) = Engine::create_from(&path, &documents, None).unwrap();
    let other = &Engine::open(&path).unwrap();
    let [alice, bob, _] = parties(&engine);
    let mut stream = Stream::new(other, RightSet::from_bits(u128::MAX)).unwrap();
    let midnight = FRIDAY + 6 * 3600;
    assert_eq!(stream.next_change(), Some(midnight));
    assert!(!engine.may(bob, pickup, alice) && !other.may(bob, pickup, alice));
    clock::pretend(Some(midnight));
    assert!(engine.may(bob, pickup, alice) && other.may(bob, pickup, alice), "nobody wrote anything");
    assert_eq!(stream.next(Duration::ZERO).unwrap().unwrap().sets.len(), 1);
    assert_eq!(stream.next_change(), Some(midnight + 3600));
    engine.apply_text(linewarden::Author::Administrator, None, "add user dave").unwrap();
    clock::pretend(Some(midnight + 3600));
    let sets = stream.next(Duration::from_secs(5)).unwrap().unwrap().sets;
    assert!(sets.iter().any(|set| !set.allowed && set.actors == [bob] && set.targets == [alice]), "{sets:?}");
    assert!(!engine.may(bob, pickup, alice) && !other.may(bob, pickup, alice));

    // An own setting decides alone: what it has taken does not come back with the clock, and what it has given does not either.
    let settings = [("blocked", "from", true), ("blocked", "until", false), ("assistant", "until", true)];
    for ((level, dates, before), later) in settings.into_iter().zip((1..).map(|hour| midnight + 7200 * hour)) {
        let text = format!(
            "domain = \"acme.example\"\nsystems = [\"xphone\"]\n[[user]]\nname = \"alice\"\n[[user]]\nname = \"bob\"\n\
             [[workgroup]]\nname = \"w\"\nlevel = \"team_colleague\"\nmembers = [\"alice\", \"bob\"]\n\
             [[relationship]]\nowner = \"alice\"\nviewer = \"bob\"\nlevel = \"{level}\"\n{dates} = {}\n",
            instant_text(later)
        );
        clock::pretend(Some(later - 1));
        let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text }]).unwrap();
        let (alice, bob) = (engine.resolve(None, "alice").unwrap(), engine.resolve(None, "bob").unwrap());
        let all = |engine: &Engine| engine.rights(bob, alice);
        let at = |t: i64| all(&engine.at(t).unwrap());
        let (first, second) = (at(later - 1), at(later));
        assert!(first != second && first.has(pickup) == before, "{level} {dates}");
        clock::pretend(Some(later));
        assert_eq!(all(&engine), second, "{level} {dates}");
        clock::pretend(Some(later - 1));
        assert_eq!(all(&engine), first & second, "{level} {dates}: the clock went back");
    }

    // One question has one instant: of two rules the one takes over from the other, whichever of them is looked at first.
    let turn = midnight + 100_000;
    let [until, from] = [("until", "one"), ("from", "other")].map(|(key, name)| {
        format!(
            "[[rule]]\nname = \"{name} NAME\"\nactors = [\"bob\"]\nrights = [\"call.pickup\"]\ntargets = [\"NAME\"]\n{key} = {}\n",
            instant_text(turn)
        )
    });
    let pair = |first: &str, second: &str, name: &str| format!("{first}{second}").replace("NAME", name);
    let rules = pair(&until, &from, "alice") + &pair(&from, &until, "carol");
    let head = document("").text.split("[[rule]]").next().unwrap().to_owned();
    clock::pretend(Some(turn - 10));
    let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text: head + &rules }]).unwrap();
    let [alice, bob, carol] = parties(&engine);
    clock::pretend_ticking(true);
    for start in turn - 5..turn + 5 {
        for target in [alice, carol] {
            clock::pretend(Some(start));
            assert!(engine.may(bob, pickup, target), "{start}");
        }
    }
    // The reason and the sources, too, are of the instant of the answer: an engine over documents, and one over a store.
    let ends = [document(&format!("until = {}", instant_text(turn)))];
    let (over_documents, path) = (Engine::from_documents(&ends).unwrap(), folder.path().join("ends.db"));
    let (over_store, _) = Engine::create_from(&path, &ends, None).unwrap();
    for engine in [&over_documents, &over_store] {
        let [alice, bob, _] = parties(engine);
        for start in turn - 5..turn + 5 {
            clock::pretend(Some(start));
            let decided = engine.decide(bob, pickup, alice);
            let because = if decided.allowed { Reason::Rule } else { Reason::NotGranted };
            assert_eq!(decided.reason, because, "{start}");
            for explain in [Engine::explain, Engine::explain_briefly] {
                clock::pretend(Some(start));
                let said = explain(engine, bob, pickup, alice, None);
                let because = if said.allowed { Reason::Rule } else { Reason::NotGranted };
                assert_eq!(said.reason, because, "{start}");
                let mut dated = said.sources.iter().filter(|source| source.what.contains("cover for alice"));
                let until = |level: &str| level.contains("until") == said.allowed;
                assert!(dated.all(|source| until(&source.level)), "{start} {said:?}");
            }
        }
    }
    clock::pretend_ticking(false);

    // An hour passes without a question that rests on a date, and the clock goes back half an hour: what has ended is not there again.
    let opened = turn + 100;
    clock::pretend(Some(opened));
    clock::pretend_passed(Some(0));
    let until = format!("until = {}", instant_text(opened + 2000));
    let engine = Engine::from_documents(&[document(&until)]).unwrap();
    let [alice, bob, carol] = parties(&engine);
    clock::pretend_passed(Some(3600));
    clock::pretend(Some(opened + 1800));
    assert!(engine.may(carol, lamp, alice) && !engine.may(bob, pickup, alice));
    clock::pretend_passed(None);
    clock::pretend(None);
}

/// The lines of the page, as they are pasted.
#[test]
fn six_lines_of_the_page_cover_until_a_date() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/dates.md")).unwrap();
    let lines = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!((lines.lines().count(), lines.lines().next()), (6, Some("[[rule]]")));
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(&format!("```toml\n{lines}```")), "README.md has other lines");
    let text = format!(
        "domain = \"acme.example\"\nsystems = [\"linewarden\"]\nuser = [{{ name = \"alice\", lines = [\"100\"] }}, \
         {{ name = \"bob\", lines = [\"110\"] }}]\ndestinations = {{ country = \"DE\", trunk_prefix = \"0\" }}\n{lines}"
    );
    let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text }]).unwrap();
    let [alice, bob] = ["alice", "bob"].map(|name| engine.resolve(None, name).unwrap());
    let end = instant("2027-01-08T00:00:00+01:00").unwrap();
    for (at, covers) in [(end - 1, true), (end, false)] {
        let engine = engine.at(at).unwrap();
        assert_eq!(engine.may(bob, Right::CALL_PICKUP, alice), covers, "{at}");
        let to = |digits: &str| engine.may_forward_to(bob, alice, 1, digits).allowed;
        assert_eq!((to("00171 1234567"), to("000431234567")), (covers, false), "{at}");
    }
}
