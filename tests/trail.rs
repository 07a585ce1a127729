//! Since when an answer is what it is: the trail of a store against the same store opened at every revision.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::{document, policy::change};
use linewarden::{Author, Engine, Keep, Party, Right, RightSet, Since, Trail, read_documents};
use linewarden_testkit::changes::{Pools, line};
use linewarden_testkit::stores::scratch;
use std::collections::BTreeMap;
use std::path::Path;

struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count.max(1)
    }
}

/// A store of that company after random changes, some of which are made by users or compile the image.
fn store(path: &Path, company: &str, changes: u64, seed: u64) -> Engine {
    let documents = read_documents(format!("examples/companies/{company}.toml")).unwrap();
    let mut names = Directory::default();
    let mut policy = document::load(&documents, &mut names).unwrap();
    let (engine, _) = Engine::create_from(path, &documents, None).unwrap();
    let mut random = Random(seed);
    while engine.revision() < changes {
        let (at, name) = (engine.revision(), policy.domains[0].name.clone());
        let text = line(&mut |count| random.below(count), &Pools::new(&policy.domains[0], &names));
        let users = engine.parties(engine.domains()[0].0);
        let user = users[random.below(users.len())];
        let author = if random.below(3) == 0 { Author::User(user) } else { Author::Administrator };
        if engine.apply_text(author, Some(&name), &text).is_ok() && engine.revision() > at {
            let _ = policy.apply(&mut names, None, &change::parse(&text, Some(&name)).unwrap()).unwrap();
        }
        if at == changes / 2 {
            // Another domain has another image.
            let other = if company == "xphone" { "estos" } else { "xphone" };
            let _ = engine.import(&read_documents(format!("examples/companies/{other}.toml")).unwrap(), None).unwrap();
        }
    }
    engine
}

/// Which revision made each answer what it is; 0 for those that the log does not say.
fn by_opening(engine: &Engine, parties: &[Party], from: u64) -> BTreeMap<(Party, Party), [u64; 128]> {
    let mut found: BTreeMap<(Party, Party), (u128, [u64; 128])> = BTreeMap::new();
    for revision in from..=engine.revision() {
        let past = engine.as_of(revision).unwrap();
        for pair in parties.iter().flat_map(|actor| parties.iter().map(|target| (*actor, *target))) {
            let rights = match [pair.0, pair.1].iter().all(|party| past.kind(*party).is_some()) {
                true => past.evaluate(pair.0, pair.1).bits(),
                false => 0,
            };
            let (before, since) = found.entry(pair).or_insert((rights, [if from == 1 { 1 } else { 0 }; 128]));
            let turned = |right: &usize| (rights ^ *before) >> right & 1 == 1;
            (0..128).filter(turned).for_each(|right| since[right] = revision);
            *before = rights;
        }
    }
    found.into_iter().map(|(pair, (_, since))| (pair, since)).collect()
}

/// The trail says the same, by pairs, by rows and by single rights.
fn agrees(engine: &Engine, trail: &Trail, from: u64) -> usize {
    let parties: Vec<Party> = engine.domains().into_iter().flat_map(|(domain, _)| engine.parties(domain)).collect();
    let expected = by_opening(engine, &parties, from);
    let mut later = 0;
    let revision = |since: &Option<Since>| since.as_ref().map_or(0, |since| since.revision);
    // A pair in three, the rows of a party in two: each is asked at every state.
    for ((actor, target), since) in expected.iter().step_by(3) {
        let said = |rights: RightSet, by: u64| {
            for right in (0..128).filter(|right| rights.bits() >> right & 1 == 1) {
                assert_eq!(by, since[right], "{} {right} {}", engine.text(*actor), engine.text(*target));
            }
        };
        let held = trail.pair(*actor, *target);
        let whole = held.iter().fold(0_u128, |whole, held| whole | held.rights.bits());
        assert_eq!(whole, RightSet::from_bits(u128::MAX).bits(), "each right once");
        held.iter().for_each(|held| said(held.rights, revision(&held.since)));
        later += usize::from(held.iter().any(|held| revision(&held.since) > from));
    }
    let all = RightSet::from_bits(u128::MAX);
    for party in parties.iter().step_by(2) {
        for (is_target, held) in [(true, trail.who(all, *party)), (false, trail.whom(*party, all))] {
            let mut seen: BTreeMap<Party, u128> = BTreeMap::new();
            for held in held {
                let other = if is_target { held.actor } else { held.target };
                *seen.entry(other).or_default() |= held.rights.bits();
                let since = expected[&(held.actor, held.target)];
                for right in (0..128).filter(|right| held.rights.bits() >> right & 1 == 1) {
                    assert_eq!(revision(&held.since), since[right]);
                }
            }
            let domain = engine.kind(*party).unwrap().0;
            for other in engine.parties(domain).into_iter().filter(|other| other != party) {
                let (actor, target) = if is_target { (other, *party) } else { (*party, other) };
                let rights = engine.evaluate(actor, target).bits();
                assert_eq!(seen.remove(&other).unwrap_or_default(), rights, "all of the row, and no more");
            }
            assert!(seen.is_empty());
        }
    }
    later
}

#[test]
fn the_trail_says_what_opening_every_revision_says() {
    let mut later = 0;
    for (company, seed) in [("mixed", 1), ("xphone", 2), ("linewarden", 3)] {
        let (_folder, path) = scratch();
        let engine = store(&path, company, 16, seed);
        later += agrees(&engine, &engine.trail().unwrap(), 1);
    }
    assert!(later > 50, "only {later} pairs changed: the changes alter too little");
}

#[test]
fn a_trail_goes_on_and_begins_where_the_log_was_cut() {
    let (_folder, path) = scratch();
    let engine = store(&path, "estos", 14, 5);
    let mut trail = engine.trail().unwrap();
    let name = engine.domains()[0].1.clone();
    for text in ["add user zed 999", "set vip zed yes", "add user zoe 998"] {
        let _ = engine.apply_text(Author::Administrator, Some(&name), text);
    }
    assert!(trail.revision() < engine.revision());
    engine.extend(&mut trail).unwrap();
    assert_eq!(trail.revision(), engine.revision());
    agrees(&engine, &trail, 1);
    let _ = engine.compact(Keep::Revision(10), None).unwrap();
    agrees(&engine, &engine.trail().unwrap(), 9);
    // One that was read before the cut still knows what was before it, and goes on.
    engine.extend(&mut trail).unwrap();
    assert_eq!(trail.revision(), engine.revision());
}

#[test]
fn turns_are_what_happened_in_order() {
    let (_folder, path) = scratch();
    let documents = read_documents("examples/companies/xphone.toml").unwrap();
    let (engine, _) = Engine::create_from(&path, &documents, None).unwrap();
    let users = engine.parties(engine.domains()[0].0);
    let (one, two) = (users[0], users[1]);
    let [owner, viewer] = [one, two].map(|user| engine.text(user));
    let start = engine.revision();
    for level in ["blocked", "assistant_plus", "blocked"] {
        engine
            .apply_text(Author::User(one), None, &format!("set relationship {owner} {viewer} {level}"))
            .or_else(|_| {
                engine.apply_text(Author::Administrator, None, &format!("set relationship {owner} {viewer} {level}"))
            })
            .unwrap();
    }
    let trail = engine.trail().unwrap();
    let turns: Vec<_> = trail.turns(one, start).into_iter().filter(|turn| turn.actor == two).collect();
    let revisions: Vec<u64> = turns.iter().map(|turn| turn.by.revision).collect();
    assert!(revisions.is_sorted() && turns.len() >= 2, "{turns:?}");
    let pickup = Right::CALL_PICKUP.on_line(1);
    let gained: Vec<bool> =
        turns.iter().filter(|turn| (turn.gained | turn.lost).has(pickup)).map(|turn| turn.gained.has(pickup)).collect();
    assert_eq!(gained[gained.len() - 2..], [true, false]);
    assert_eq!(trail.turns(one, engine.revision()), []);
    // A no has a beginning, too; a name that means no party has none.
    assert_eq!(trail.since(two, pickup, one).map(|since| since.revision), Some(engine.revision()));
    assert_eq!(trail.since(Party(999_999), pickup, one), None);
}
