//! The longest age: a domain that asks for it allows nothing when its store has not heard from its log for longer, and only then; in every
//! process, by every way to ask, and never because a clock was set or a word is missing.
#![cfg(target_os = "linux")]
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::stream::Stream;
use linewarden::internals::{document, heard};
use linewarden::{Author, Document, Engine, Party, Reason, Right, RightSet};
use linewarden_testkit::naive;
use linewarden_testkit::random::company;
use linewarden_testkit::stores::six_users;
use std::sync::Mutex;
use tempfile::TempDir;

/// What passes is pretended for the whole process.
static CLOCK: Mutex<()> = Mutex::new(());

const PICKUP: &str = "call.pickup.first";

/// Passes the time for the tests here, and takes it back.
struct Passed;

impl Passed {
    fn seconds(&self, seconds: u32) {
        heard::pretend_more(u64::from(seconds) * 1000);
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        heard::pretend_more(0);
    }
}

/// A store that follows, as a node of a cluster does; it has not heard from it yet.
fn node(documents: &[Document]) -> (TempDir, Engine) {
    let folder = TempDir::new().unwrap();
    let (engine, _) = Engine::create_from(folder.path().join("node.db"), documents, None).unwrap();
    engine.enter_cluster("main").unwrap();
    (folder, engine)
}

/// The cluster says that it has nothing new.
fn hear(engine: &Engine) {
    let batch = engine.batch(engine.revision(), 0).unwrap();
    engine.follow(&batch, "main").unwrap();
}

fn six(longest: u32) -> Vec<Document> {
    let mut documents = six_users();
    let text = &documents[0].text;
    let (first, rest) = text.split_once('\n').unwrap();
    documents[0].text = match longest {
        0 => text.clone(),
        _ => format!("{first}\nlongest_age = {longest}\n{rest}"),
    };
    documents
}

fn give(engine: &Engine) -> [Party; 2] {
    let text = "in acme.example\nset relationship u0 u1 assistant";
    if engine.cluster().unwrap().is_none() {
        engine.apply_text(Author::Administrator, None, text).unwrap();
    }
    ["u1", "u0"].map(|user| engine.find(Some("acme.example"), user).unwrap())
}

/// A node with a right that is in force, and the pair that has it.
fn given(longest: u32) -> (TempDir, Engine, [Party; 2]) {
    let folder = TempDir::new().unwrap();
    let (engine, _) = Engine::create_from(folder.path().join("node.db"), &six(longest), None).unwrap();
    let pair = give(&engine);
    (folder, engine, pair)
}

fn may(engine: &Engine, [actor, target]: [Party; 2]) -> bool {
    let right = Right::parse(PICKUP).unwrap();
    let one = engine.may(actor, right, target);
    let mut many = [!one];
    let _ = engine.may_each_target(actor, right, &[target], &mut many);
    let decision = engine.decide(actor, right, target);
    assert_eq!((many[0], decision.allowed, engine.evaluate(actor, target).has(right)), (one, one, one));
    assert_eq!(engine.may_named(Some("acme.example"), "u1", PICKUP, "u0"), one);
    one
}

fn reason(engine: &Engine, [actor, target]: [Party; 2]) -> Reason {
    engine.decide(actor, Right::parse(PICKUP).unwrap(), target).reason
}

#[test]
fn a_store_that_stands_alone_is_never_too_old() {
    let _turn = CLOCK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (folder, engine, pair) = given(5);
    let passed = Passed;
    passed.seconds(1_000_000);
    assert!(may(&engine, pair));
    let documents = Engine::from_documents(&six(5)).unwrap();
    let own = ["u1", "u1"].map(|user| documents.find(Some("acme.example"), user).unwrap());
    assert!(!documents.rights(own[0], own[1]).is_empty());
    drop(folder);
}

#[test]
fn a_node_allows_nothing_until_it_has_heard_and_after_it_has_not_for_long() {
    let _turn = CLOCK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (folder, engine, pair) = given(5);
    // A PBX that has the store open all the time.
    let other = Engine::open(folder.path().join("node.db")).unwrap();
    assert!(may(&engine, pair) && may(&other, pair));
    engine.enter_cluster("main").unwrap();
    for engine in [&engine, &other] {
        assert!(!may(engine, pair));
        assert_eq!(reason(engine, pair), Reason::TooOld);
    }
    hear(&engine);
    let passed = Passed;
    for (seconds, allowed) in [(0, true), (4, true), (7, false), (100_000, false), (4, true)] {
        passed.seconds(seconds);
        for engine in [&engine, &other] {
            assert_eq!(may(engine, pair), allowed, "after {seconds} s");
        }
    }
    passed.seconds(7);
    assert_eq!((reason(&other, pair), reason(&engine, pair)), (Reason::TooOld, Reason::TooOld));
    let explained = engine.explain(pair[0], Right::parse(PICKUP).unwrap(), pair[1], None);
    assert_eq!((explained.allowed, explained.reason), (false, Reason::TooOld));
    assert!(explained.changes.is_empty() && explained.no_change.contains("`longest_age`"), "{}", explained.no_change);
    assert_eq!(explained.sources[0].what, "the last word from the cluster");
    passed.seconds(0);
    // What is in the image now counts for who opens the store anew, too.
    let third = Engine::open(folder.path().join("node.db")).unwrap();
    assert!(may(&third, pair));
    // A store of its own again has nobody to hear from.
    engine.stand_alone().unwrap();
    passed.seconds(100_000);
    for engine in [&engine, &other, &third] {
        assert!(may(engine, pair));
    }
}

#[test]
fn the_limit_comes_and_goes_by_a_change() {
    let _turn = CLOCK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (folder, leader, pair) = given(0);
    let path = folder.path().join("follower.db");
    leader.backup(&path).unwrap();
    let follower = Engine::open(&path).unwrap();
    let take = |text: &str| {
        leader.apply_text(Author::Administrator, None, text).unwrap();
        follower.follow(&leader.batch(follower.revision(), 100).unwrap(), "leader").unwrap();
    };
    take("in acme.example\nset vip u4 yes");
    let passed = Passed;
    passed.seconds(100);
    assert!(may(&follower, pair), "without a limit answers go on");
    passed.seconds(0);
    take("in acme.example\nset longest_age 30");
    assert!(may(&follower, pair));
    passed.seconds(100);
    assert!(!may(&follower, pair) && may(&leader, pair));
    // The text of the document says it, too.
    let mut text = Vec::new();
    follower.write_document(follower.domains()[0].0, &mut text).unwrap();
    assert!(String::from_utf8(text).unwrap().contains("\nlongest_age = 30\n"));
    passed.seconds(0);
    take("in acme.example\nset vip u4 no");
    assert!(may(&follower, pair), "a patch says that it was heard from, too");
    take("in acme.example\nset longest_age 0");
    passed.seconds(100);
    assert!(may(&follower, pair));
    let wrong = leader.apply_text(Author::Administrator, None, "in acme.example\nset longest_age 604801").unwrap_err();
    assert!(wrong.message().contains("604800"), "{wrong}");
}

#[test]
fn the_stream_reports_what_flips_in_the_policy_and_not_its_age() {
    let _turn = CLOCK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (folder, leader, _) = given(5);
    let path = folder.path().join("follower.db");
    leader.backup(&path).unwrap();
    let follower = Engine::open(&path).unwrap();
    let take = |text: &str| {
        leader.apply_text(Author::Administrator, None, text).unwrap();
        follower.follow(&leader.batch(follower.revision(), 100).unwrap(), "leader").unwrap();
    };
    take("in acme.example\nset vip u4 yes");
    let mut stream = Stream::new(&follower, Right::parse(PICKUP).unwrap().mask()).unwrap();
    let passed = Passed;
    passed.seconds(60);
    assert!(stream.poll().unwrap().is_none());
    // Between two words of the upstream a minute passes: all that u0 gave was refused meanwhile.
    take("in acme.example\nset relationship u0 u2 assistant");
    let flips = stream.poll().unwrap().unwrap();
    assert_eq!((flips.sets.len(), flips.sets[0].allowed, flips.sets[0].actors.len()), (1, true, 1), "{flips:?}");
}

#[test]
fn every_answer_equals_the_naive_twin_at_every_age() {
    let _turn = CLOCK.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let passed = Passed;
    let mut state = 7u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u16
    };
    let (mut refused, mut allowed) = (0, 0);
    for _ in 0..12 {
        let chosen: Vec<u16> = (0..1500).map(|_| next()).collect();
        let documents = company(&chosen).documents;
        let mut directory = Directory::default();
        let policy = document::load(&documents, &mut directory).unwrap();
        let (_folder, engine) = node(&documents);
        let mut parties = Vec::new();
        for domain in &policy.domains {
            for (party, _) in domain.parties() {
                parties.push((party, engine.find(Some(&domain.name), &directory.text(party)).unwrap()));
            }
        }
        // Half a second beside each edge: the test itself takes time.
        for ago in [None, Some(0), Some(4), Some(9), Some(16), Some(30)] {
            passed.seconds(0);
            if ago.is_some() {
                hear(&engine);
            }
            passed.seconds(ago.unwrap_or(0));
            let limits: Vec<u32> = policy.domains.iter().map(|domain| domain.longest_age).collect();
            if ago.is_some_and(|ago| limits.iter().any(|limit| *limit > 0 && limit.abs_diff(ago) < 3)) {
                continue;
            }
            for _ in 0..2000 {
                let [actor, target] = [0; 2].map(|_| parties[usize::from(next()) % parties.len()]);
                let expected = naive::rights_when_heard(&policy, &directory, (actor.0, target.0), ago);
                let found = engine.rights(actor.1, target.1);
                assert_eq!(
                    found,
                    expected,
                    "{} to {} after {ago:?}",
                    directory.text(actor.0),
                    directory.text(target.0)
                );
                assert_eq!(engine.evaluate(actor.1, target.1), expected);
                let whole = naive::rights(&policy, &directory, actor.0, target.0, None);
                refused += u32::from(expected == RightSet::EMPTY && whole != RightSet::EMPTY);
                allowed += u32::from(expected != RightSet::EMPTY);
            }
        }
    }
    assert!(refused > 1000 && allowed > 1000, "{refused} {allowed}");
}
