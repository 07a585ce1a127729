//! `compact`: the beginning of a log is cut off. No answer changes, what is left stays verifiable against what was cut, and a process
//! that is killed in the middle leaves the store as it was, or cut.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::document::Document;
use linewarden::{Author, Engine, ErrorKind, Filter, Keep, RightSet, Stream, restore};
use linewarden_testkit::stores::{given, program, scratch};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

const USERS: usize = 8;

/// A store at revision 1.
fn made(path: &Path) -> Engine {
    let mut text = String::from("domain = \"acme.example\"\nsystems = [\"xphone\", \"keevio\"]\n");
    text.push_str("[presence]\nnew_users = \"none\"\n");
    text.push_str(
        "[[site]]\nname = \"s\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"\n",
    );
    for user in 0..USERS {
        text.push_str(&format!("[[user]]\nname = \"u{user}\"\nlines = [\"{}\"]\nsite = \"s\"\n", 100 + user));
    }
    Engine::create_from(path, &[Document { name: "acme.toml".into(), text }], None).unwrap().0
}

/// Makes the store's revision `upto`.
fn change(engine: &Engine, upto: u64) {
    for revision in engine.revision() + 1..=upto {
        let (owner, viewer) = (revision as usize % USERS, (revision as usize + 3) % USERS);
        let level = ["assistant", "blocked", "team_colleague"][revision as usize / USERS % 3];
        let text = format!(
            "in acme.example\nset relationship u{owner} u{viewer} {level}\nset container u1 secret{revision}\n"
        );
        assert_eq!(engine.apply_text(Author::Administrator, None, &text).unwrap(), revision);
    }
}

fn answers(engine: &Engine) -> Vec<RightSet> {
    let users: Vec<_> = (0..USERS).map(|user| engine.find(None, &format!("u{user}")).unwrap()).collect();
    users.iter().flat_map(|actor| users.iter().map(|target| engine.evaluate(*actor, *target))).collect()
}

fn revisions(engine: &Engine) -> Vec<u64> {
    engine.history(&Filter::default()).unwrap().iter().map(|set| set.revision).collect()
}

fn hash_of(engine: &Engine, revision: u64) -> [u8; 32] {
    let filter = Filter { above: revision - 1, below: Some(revision + 1), ..Filter::default() };
    engine.history(&filter).unwrap()[0].hash
}

#[test]
fn a_cut_changes_no_answer_and_no_hash() {
    let (folder, path) = scratch();
    let engine = made(&path);
    change(&engine, 5);
    let other = Engine::open(&path).unwrap();
    let before = (answers(&engine), answers(&other)).0;
    change(&engine, 12);
    let (now, head, at_cut) = (answers(&engine), hash_of(&engine, 12), hash_of(&engine, 8));
    assert_ne!(before, now);
    let done = engine.compact(Keep::Revision(9), None).unwrap();
    let cut = done.cut.unwrap();
    assert_eq!((cut.revision, cut.hash, done.is_new), (8, at_cut, true));
    assert_eq!(engine.cut().unwrap(), Some(cut));
    // One that had it open at an older revision goes on, also where it reads the log.
    assert_eq!((other.revision(), answers(&other)), (12, now.clone()));
    let text = |engine: &Engine| engine.export(None).unwrap().documents[0].text.clone();
    assert_eq!(text(&other), text(&engine));
    for engine in [&engine, &other, &Engine::open(&path).unwrap()] {
        assert_eq!((engine.revision(), answers(engine), hash_of(engine, 12)), (12, now.clone(), head));
        assert_eq!(revisions(engine), [12, 11, 10, 9]);
        let verified = engine.verify().unwrap();
        assert_eq!((verified.revision, verified.cut), (12, Some(cut)));
    }
    // Nothing is left to cut, and no revision that is not there is taken.
    for keep in [Keep::Revision(4), Keep::Time(0)] {
        let again = engine.compact(keep, None).unwrap();
        assert_eq!((again.cut, again.is_new), (Some(cut), false));
    }
    assert_eq!(engine.compact(Keep::Revision(14), None).unwrap_err().kind(), ErrorKind::Argument);
    // Changes of both go on, the whole log may go, and more changes follow.
    change(&other, 14);
    change(&engine, 15);
    let now = answers(&engine);
    assert_eq!(engine.compact(Keep::Nothing, None).unwrap().cut.unwrap().revision, 15);
    for engine in [&other, &Engine::open(&path).unwrap()] {
        assert_eq!((revisions(engine), engine.revision(), answers(engine)), (vec![], 15, now.clone()));
    }
    change(&other, 16);
    assert_eq!(revisions(&engine), [16]);
    assert_eq!(engine.verify().unwrap().cut.unwrap().revision, 15);
    drop(folder);
}

#[test]
fn what_was_cut_off_cannot_be_watched_and_says_so() {
    let (_folder, path) = scratch();
    let engine = made(&path);
    change(&engine, 3);
    let mut running = Stream::new(&engine, RightSet::from_bits(u128::MAX)).unwrap();
    change(&engine, 9);
    engine.compact(Keep::Revision(7), None).unwrap();
    let every = RightSet::from_bits(u128::MAX);
    for revision in 1..=5 {
        let Err(error) = Stream::since(&engine, revision, every) else { panic!("{revision}") };
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.message().contains("was cut off"), "{error}");
    }
    for revision in 6..=9 {
        assert!(Stream::since(&engine, revision, every).is_ok(), "{revision}");
    }
    // One that began before goes on.
    assert_eq!(running.poll().unwrap().unwrap().revision, 9);
    change(&engine, 10);
    assert_eq!(running.next(Duration::from_secs(60)).unwrap().unwrap().revision, 10);
}

#[test]
fn archives_hold_what_was_cut_off() {
    let (folder, path) = scratch();
    let at = |name: &str| folder.path().join(name);
    let engine = made(&path);
    change(&engine, 6);
    engine.compact(Keep::Revision(4), Some(&at("one.db"))).unwrap();
    change(&engine, 12);
    engine.compact(Keep::Revision(10), Some(&at("two.db"))).unwrap();
    change(&engine, 20);
    engine.compact(Keep::Nothing, None).unwrap();
    change(&engine, 21);
    // 10 to 20 were not archived.
    let error = engine.verify_archives(&[at("two.db")]).unwrap_err();
    assert!(error.message().contains("does not hold what was cut off up to revision 20"), "{error}");
    let second = at("second.db");
    restore(at("two.db"), &second).unwrap();
    let engine = Engine::open(&second).unwrap();
    engine.compact(Keep::Revision(10), None).unwrap();
    let all = [at("one.db"), at("two.db")];
    assert_eq!(engine.verify_archives(&all).unwrap(), 0);
    assert_eq!(engine.verify_archives(&all[1..]).unwrap(), 3);
    assert!(engine.verify_archives(&all[..1]).is_err(), "the newest is missing");
    assert!(engine.verify_archives(&[&all[..], &all[..1]].concat()).is_err(), "one twice");
    assert!(engine.verify_archives(&[at("none.db")]).is_err());
    let foreign = at("foreign.db");
    change(&made(&foreign), 12);
    assert!(engine.verify_archives(&[&foreign]).unwrap_err().message().contains("another store"));
    // Nothing is cut off where the archive cannot be written.
    let error = engine.compact(Keep::Revision(12), Some(&all[0])).unwrap_err();
    assert!(error.message().contains("is there already"), "{error}");
    assert_eq!(revisions(&engine), [12, 11, 10]);
    // An archive is a store, with the history.
    assert_eq!(revisions(&Engine::open(&all[0]).unwrap()), [6, 5, 4, 3, 2, 1]);
}

#[test]
fn a_compacted_store_is_backed_up_and_restored() {
    let (folder, path) = scratch();
    let engine = made(&path);
    change(&engine, 9);
    let cut = engine.compact(Keep::Revision(6), None).unwrap().cut;
    let (now, copy, other) = (answers(&engine), folder.path().join("copy.db"), folder.path().join("other.db"));
    assert_eq!(engine.backup(&copy).unwrap(), 9);
    assert_eq!(restore(&copy, &other).unwrap(), 9);
    let restored = Engine::open(&other).unwrap();
    assert_eq!((answers(&restored), revisions(&restored)), (now, vec![9, 8, 7, 6]));
    assert_eq!(restored.verify().unwrap().cut, cut);
}

/// A store that follows one whose log was cut goes on where it is after the cut, and begins with a backup else.
#[test]
fn a_compacted_store_is_followed_from_its_cut_on() {
    let (folder, path) = scratch();
    let at = |name: &str| folder.path().join(name);
    let leader = made(&path);
    change(&leader, 8);
    let mut nodes = Vec::new();
    for known in [3, 6, 8] {
        let batch = leader.batch(0, known).unwrap();
        let node = Engine::create_to_follow(at(&format!("node{known}.db")), &batch).unwrap();
        node.follow(&batch, "leader").unwrap();
        nodes.push(node);
    }
    let (early, late) = (leader.token(5).unwrap(), leader.token(7).unwrap());
    leader.compact(Keep::Revision(7), None).unwrap();
    leader.apply_text(Author::Administrator, None, "in acme.example\nadd user new 190").unwrap();
    change(&leader, 11);
    for after in 0..6 {
        let error = leader.batch(after, 9).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        for part in ["up to revision 6", &format!("after revision {after}"), "compact", "begin with a backup"] {
            assert!(error.message().contains(part), "{part} in {error}");
        }
    }
    let first = leader.batch(6, 9).unwrap();
    assert_eq!((first.after, first.before, first.sets.len()), (6, leader.cut().unwrap().unwrap().hash, 5));
    let error = Engine::create_to_follow(at("none.db"), &first).unwrap_err();
    assert!(error.message().contains("begin with a backup"), "{error}");
    let error = nodes[0].follow(&first, "leader").unwrap_err();
    assert!(error.message().contains("the log here ends at 3"), "{error}");
    assert_eq!(nodes[0].revision(), 3);
    leader.backup(at("copy.db")).unwrap();
    restore(at("copy.db"), at("node3.new.db")).unwrap();
    nodes[0] = Engine::open(at("node3.new.db")).unwrap();
    change(&leader, 12);
    let whole = |engine: &Engine| {
        let verified = engine.verify().unwrap();
        (
            verified.revision,
            engine.upstream().unwrap().hash,
            answers(engine),
            engine.export(None).unwrap().documents[0].text.clone(),
        )
    };
    for node in &nodes {
        let batch = leader.batch(node.revision(), 99).unwrap();
        assert_eq!(node.follow(&batch, "leader").unwrap(), 12);
        assert_eq!(whole(node), whole(&leader));
    }
    // A token of what was cut off cannot be compared any more.
    let error = leader.is_fresh(&early).unwrap_err();
    assert!(error.kind() == ErrorKind::Argument && error.message().contains("revision 5 was cut off"), "{error}");
    assert!(nodes[0].is_fresh(&early).is_err(), "the cut came with the backup");
    assert!(nodes.iter().all(|node| node.is_fresh(&late).unwrap()));
    assert!(nodes[1].is_fresh(&early).unwrap(), "its log is whole");
    assert!(leader.token(5).unwrap_err().message().contains("was cut off"));
    // What was before the cut cannot be looked at or taken back.
    for error in [leader.as_of(5).unwrap_err(), leader.revert(Author::Administrator, 6).unwrap_err()] {
        assert!(error.kind() == ErrorKind::Argument && error.message().contains("revision 5 was cut off"), "{error}");
    }
    assert_eq!((leader.as_of(6).unwrap().revision(), leader.revision()), (6, 12));
}

/// A store that follows may cut its own log: it compares from there on, and still finds a fork.
#[test]
fn a_store_that_follows_is_compacted() {
    let (folder, path) = scratch();
    let at = |name: &str| folder.path().join(name);
    let leader = made(&path);
    change(&leader, 6);
    let other = at("other.db");
    leader.backup(&other).unwrap();
    let other = Engine::open(&other).unwrap();
    change(&leader, 9);
    let all = leader.batch(0, 99).unwrap();
    let node = Engine::create_to_follow(at("node.db"), &all).unwrap();
    node.follow(&all, "leader").unwrap();
    let cut = node.compact(Keep::Revision(9), None).unwrap().cut.unwrap();
    assert_eq!((cut.revision, cut.hash), (8, hash_of(&leader, 8)));
    // What reaches the cut is compared there; what ends before it cannot be.
    assert_eq!(node.follow(&all, "leader").unwrap(), 9);
    let error = node.follow(&leader.batch(2, 3).unwrap(), "leader").unwrap_err();
    assert!(
        error.kind() == ErrorKind::Argument && error.message().contains("the log here begins after revision 8"),
        "{error}"
    );
    change(&leader, 12);
    for (after, most) in [(2, 8), (8, 3), (11, 9)] {
        node.follow(&leader.batch(after, most).unwrap(), "leader").unwrap();
    }
    assert_eq!((node.upstream().unwrap().hash, answers(&node)), (hash_of(&leader, 12), answers(&leader)));
    assert_eq!(node.verify().unwrap().cut, Some(cut));
    assert_eq!(
        node.apply_text(Author::Administrator, None, "in acme.example\nadd user x 7").unwrap_err().kind(),
        ErrorKind::Follows
    );
    // The same with nothing left of its log.
    node.compact(Keep::Nothing, None).unwrap();
    assert_eq!(node.follow(&leader.batch(12, 9).unwrap(), "leader").unwrap(), 12);
    leader.apply_text(Author::Administrator, None, "in acme.example\nadd user new 190").unwrap();
    node.follow(&leader.batch(5, 99).unwrap(), "leader").unwrap();
    assert_eq!((node.verify().unwrap().revision, revisions(&node)), (13, vec![13]));
    // Another line, which parted from this one before the cut.
    other.apply_text(Author::Administrator, None, "in acme.example\nset vip u1 yes").unwrap();
    change(&other, 14);
    let error = node.follow(&other.batch(6, 99).unwrap(), "leader").unwrap_err();
    assert!(error.kind() == ErrorKind::Forked && error.message().contains("revision 12"), "{error}");
    assert_eq!((node.revision(), answers(&node)), (13, answers(&leader)));
}

/// Personal history is gone from the disk, not only from the tables.
#[test]
fn what_was_cut_off_is_in_no_file() {
    let (folder, path) = scratch();
    let engine = made(&path);
    change(&engine, 400);
    let found = || {
        let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let is_in = |path: &Path| {
            let bytes = fs::read(path).unwrap();
            bytes.windows(9).any(|part| part == b"secret123")
        };
        files.filter(|path| is_in(path)).count()
    };
    drop(engine);
    let length = fs::metadata(&path).unwrap().len();
    assert_eq!(found(), 1);
    let engine = Engine::open(&path).unwrap();
    engine.compact(Keep::Revision(390), None).unwrap();
    drop(engine);
    assert_eq!(found(), 0);
    assert!(fs::metadata(&path).unwrap().len() < length);
}

/// Cuts off everything before the last change, again and again.
#[test]
#[ignore = "a program that another runs"]
fn cutter() {
    let engine = Engine::open(given()).unwrap();
    println!("ready");
    for upto in engine.cut().unwrap().map_or(2, |cut| cut.revision + 2)..=engine.revision() {
        engine.compact(Keep::Revision(upto), None).unwrap();
    }
}

#[test]
fn kill_at_any_moment_leaves_it_as_it_was_or_cut() {
    const KILLS: u32 = 30;
    let (_folder, path) = scratch();
    change(&made(&path), 2);
    let (mut last, mut cuts) = (0, 0);
    for kill in 0..KILLS {
        let engine = Engine::open(&path).unwrap();
        change(&engine, engine.revision() + 20);
        let (revision, now, head) = (engine.revision(), answers(&engine), hash_of(&engine, engine.revision()));
        drop(engine);
        let mut child = program("cutter", &path).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.ends_with("ready")));
        std::thread::sleep(Duration::from_micros(u64::from(kill * 7919 % 30) * 1_500));
        child.kill().unwrap();
        child.wait().unwrap();
        let engine = Engine::open(&path).unwrap();
        assert_eq!((engine.revision(), answers(&engine)), (revision, now));
        let verified = engine.verify().unwrap();
        let cut = verified.cut.map_or(0, |cut| cut.revision);
        assert!(cut >= last, "{cut} after {last}");
        assert_eq!(engine.history(&Filter::default()).unwrap().len() as u64, revision - cut);
        assert!(cut == revision || hash_of(&engine, revision) == head);
        cuts += u32::from(cut > last);
        last = cut;
    }
    assert!(cuts > 3, "only {cuts} of {KILLS} programs had cut anything when they were killed");
}
