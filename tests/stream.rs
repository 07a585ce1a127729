//! The stream of decision changes: exactly the answers that flipped, whatever changed.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::policy::change::{Author, parse};
use linewarden::internals::stream::{Flips, Stream};
use linewarden::{DomainId, Engine, Party, Right, RightSet};
#[allow(dead_code, reason = "others use more of it")]
use linewarden_testkit::changes::{Pools, line};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const EVERY: RightSet = RightSet::from_bits(u128::MAX);
const SOON: Duration = Duration::from_secs(30);

const ACME: &str = r#"
domain = "acme.example"
systems = ["xphone", "estos", "pascom", "keevio"]
[[site]]
name = "munich"
same_site = "employee"
other_sites = "unknown"
outside = "external"
[[site]]
name = "berlin"
same_site = "team_colleague"
other_sites = "external"
outside = "unknown"
[[workgroup]]
name = "core"
level = "assistant"
members = ["alice"]
[[authorization_group]]
name = "sales"
level = "business"
members = ["bob"]
[[team]]
name = "support"
lines = ["600"]
agents = ["carol"]
[[location]]
name = "desk"
[[user]]
name = "alice"
lines = ["100"]
site = "munich"
[[user]]
name = "bob"
lines = ["110"]
site = "munich"
[[user]]
name = "carol"
lines = ["120"]
site = "berlin"
"#;

const OTHER: &str = r#"
domain = "other.example"
systems = ["pascom"]
[[user]]
name = "alice"
lines = ["100"]
[[user]]
name = "zed"
"#;

fn documents() -> Vec<Document> {
    let document = |name: &str, text: &str| Document { name: name.into(), text: text.into() };
    vec![document("acme.toml", ACME), document("other.toml", OTHER)]
}

fn store() -> (tempfile::TempDir, Engine) {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::create_store(folder.path().join("rights.db")).unwrap();
    engine.import(&documents(), None).unwrap();
    (folder, engine)
}

type Matrix = BTreeMap<(DomainId, Party, Party), RightSet>;

fn matrix(engine: &Engine) -> Matrix {
    let mut matrix = Matrix::new();
    for (domain, _) in engine.domains() {
        let parties = engine.parties(domain);
        for actor in &parties {
            for target in &parties {
                matrix.insert((domain, *actor, *target), engine.rights(*actor, *target));
            }
        }
    }
    matrix
}

/// What flipped, worked out from two full matrices.
fn expected(old: &Matrix, new: &Matrix) -> BTreeMap<(DomainId, Party, Party), (RightSet, RightSet)> {
    let pairs: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    let rights = |matrix: &Matrix, pair: &_| matrix.get(pair).copied().unwrap_or(RightSet::EMPTY);
    let flips = pairs.into_iter().map(|pair| {
        let (old, new) = (rights(old, &pair), rights(new, &pair));
        (pair, (new.without(old), old.without(new)))
    });
    flips.filter(|(_, (gained, lost))| !gained.is_empty() || !lost.is_empty()).collect()
}

fn reported(flips: &Flips) -> BTreeMap<(DomainId, Party, Party), (RightSet, RightSet)> {
    let mut reported: BTreeMap<_, (RightSet, RightSet)> = BTreeMap::new();
    let mut tell = |domain, actor, target, allowed: bool, rights: RightSet| {
        let (gained, lost) = reported.entry((domain, actor, target)).or_default();
        let into = if allowed { gained } else { lost };
        assert!((*into & rights).is_empty(), "an answer is told twice");
        *into |= rights;
    };
    for set in &flips.sets {
        assert!(!set.is_everything() && !set.rights.is_empty());
        for actor in &set.actors {
            if set.targets.is_empty() {
                tell(set.domain, *actor, *actor, set.allowed, set.rights);
            }
            for target in set.targets.iter().filter(|target| *target != actor) {
                tell(set.domain, *actor, *target, set.allowed, set.rights);
            }
        }
    }
    reported
}

/// Changes of every reach, from one pair to everything.
const CHANGES: &[&str] = &[
    "in acme.example\nset relationship alice bob assistant_plus",
    "in acme.example\nset relationship alice bob employee\nset grant bob alice team",
    "in acme.example\nset vip bob yes",
    "in acme.example\nadd user dave 130\nset site dave berlin",
    "in acme.example\nadd member workgroup core dave carol",
    "in acme.example\nset default munich same_site assistant",
    "in acme.example\nadd permission front\nadd role_type front pickup.group\nadd member permission front alice team:support",
    "in acme.example\nadd contact sip:eve@far.example\nset relationship alice sip:eve@far.example blocked",
    "in acme.example\nask bob carol\nadd favourite carol bob",
    "in acme.example\nbegin transfer c1 carol alice transferring",
    "in acme.example\nend transfer c1",
    "in acme.example\nremove user bob",
    "in other.example\nadd user yan\nin acme.example\nset assistant carol yes",
    "in acme.example\nadd user bob 110\nclear relationship alice bob",
    "in new.example\nadd domain xphone\nadd site s employee unknown external\nadd user x\nset site x s",
    "remove domain",
    "in acme.example\nset systems estos pascom",
];

#[test]
fn the_flips_are_the_difference_of_two_full_matrices() {
    let (_folder, engine) = store();
    let mut stream = Stream::new(&engine, EVERY).unwrap();
    assert_eq!(stream.next(Duration::ZERO).unwrap(), None);
    for change in CHANGES {
        let before = matrix(&engine);
        let revision = engine.apply_text(Author::Administrator, Some("new.example"), change).unwrap();
        let flips = stream.next(SOON).unwrap().unwrap();
        assert_eq!((flips.revision, stream.revision()), (revision, revision));
        assert_eq!(reported(&flips), expected(&before, &matrix(&engine)), "{change}");
        assert_eq!(stream.next(Duration::ZERO).unwrap(), None);
    }
}

#[test]
fn a_slow_subscriber_is_told_all_at_once_and_loses_nothing() {
    let (_folder, engine) = store();
    let first = matrix(&engine);
    let mut slow = Stream::new(&engine, EVERY).unwrap();
    let begun = engine.revision();
    for change in CHANGES {
        engine.apply_text(Author::Administrator, Some("new.example"), change).unwrap();
    }
    let flips = slow.next(SOON).unwrap().unwrap();
    assert_eq!(flips.revision, engine.revision());
    assert_eq!(reported(&flips), expected(&first, &matrix(&engine)));
    let mut late = Stream::since(&engine, begun, EVERY).unwrap();
    assert_eq!(reported(&late.next(SOON).unwrap().unwrap()), reported(&flips));
    assert!(Stream::since(&engine, 1_000_000, EVERY).is_err());
}

#[test]
fn only_the_rights_that_were_asked_for_are_told() {
    let (_folder, engine) = store();
    let busy = Right::LINE_BUSY_READ;
    let mut lamps = Stream::new(&engine, busy.mask()).unwrap();
    for change in CHANGES {
        let before = matrix(&engine);
        engine.apply_text(Author::Administrator, Some("new.example"), change).unwrap();
        let mut wanted = expected(&before, &matrix(&engine));
        wanted.values_mut().for_each(|(gained, lost)| (*gained, *lost) = (*gained & busy.mask(), *lost & busy.mask()));
        wanted.retain(|_, (gained, lost)| !gained.is_empty() || !lost.is_empty());
        assert_eq!(reported(&lamps.next(SOON).unwrap().unwrap()), wanted, "{change}");
    }
}

#[test]
fn a_reload_of_documents_is_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.toml");
    std::fs::write(&path, ACME).unwrap();
    let engine = Engine::open(&path).unwrap();
    let mut stream = Stream::new(&engine, EVERY).unwrap();
    let before = matrix(&engine);
    std::fs::write(&path, ACME.replace("\"team_colleague\"", "\"assistant\"")).unwrap();
    engine.reload().unwrap();
    let flips = stream.next(SOON).unwrap().unwrap();
    assert_eq!(reported(&flips), expected(&before, &matrix(&engine)));
}

#[test]
fn another_process_would_see_the_same() {
    let (folder, engine) = store();
    let other = Engine::open(folder.path().join("rights.db")).unwrap();
    let before = matrix(&engine);
    std::thread::scope(|scope| {
        let told_there = scope.spawn(|| Stream::new(&other, EVERY).unwrap().next(SOON).unwrap());
        // The stream begins with what is in force then, which may already be the change.
        std::thread::sleep(Duration::from_millis(300));
        engine.apply_text(Author::Administrator, None, "in acme.example\nset vip alice yes").unwrap();
        let flips = told_there.join().unwrap().expect("the change came after the stream began");
        assert_eq!(reported(&flips), expected(&before, &matrix(&engine)));
    });
}

/// A stream of a process that has just opened the store reads neither policy nor log, whatever is changed.
#[test]
fn a_stream_reads_no_policy() {
    let (folder, engine) = store();
    let other = Engine::open(folder.path().join("rights.db")).unwrap();
    let mut streams = [Stream::new(&other, EVERY).unwrap(), Stream::new(&other, EVERY).unwrap()];
    for change in CHANGES {
        let before = matrix(&engine);
        engine.apply_text(Author::Administrator, Some("new.example"), change).unwrap();
        let wanted = expected(&before, &matrix(&engine));
        for stream in &mut streams {
            assert_eq!(reported(&stream.next(SOON).unwrap().unwrap()), wanted, "{change}");
        }
    }
    assert_eq!(other.policy_reads(), 0);
}

/// A listener beside writers that change things as fast as they can gets the whole difference, in whatever portions.
#[test]
fn what_is_told_during_a_storm_adds_up() {
    let (folder, engine) = store();
    let other = Engine::open(folder.path().join("rights.db")).unwrap();
    let mut answers = matrix(&engine);
    let mut stream = Stream::new(&other, EVERY).unwrap();
    let last = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut last = 0;
            for round in 0..60 {
                for change in [
                    "set relationship alice bob assistant_plus",
                    "add user zoe 190\nset site zoe munich\nadd member workgroup core zoe",
                    "set default munich same_site assistant",
                    "set grant bob alice team\nset vip carol yes",
                    "clear relationship alice bob\nset default munich same_site employee",
                    "remove user zoe\nclear grant bob alice\nset vip carol no",
                ] {
                    let change = if round % 2 == 0 { change.to_string() } else { change.replace("bob", "carol") };
                    last = engine.apply_text(Author::Administrator, Some("acme.example"), &change).unwrap();
                }
            }
            last
        });
        let mut add_up = |flips: &Flips| {
            for (pair, (gained, lost)) in reported(flips) {
                let held = answers.entry(pair).or_insert(RightSet::EMPTY);
                assert!((*held & gained).is_empty() && held.contains(lost), "what flipped was otherwise before");
                *held = (*held | gained).without(lost);
            }
        };
        while !writer.is_finished() {
            stream.next(Duration::from_millis(50)).unwrap().iter().for_each(&mut add_up);
        }
        let last = writer.join().unwrap();
        stream.next(Duration::ZERO).unwrap().iter().for_each(&mut add_up);
        last
    });
    assert_eq!(stream.revision(), last);
    assert_eq!(expected(&answers, &matrix(&other)), BTreeMap::new());
}

/// Random companies and random changes: the sum of the reported flips is the difference, revision by revision, for a listener
/// that always listens and for one that listens now and then.
#[test]
fn random_changes_are_told_exactly() {
    let mut state = 0x0dd_ba11_u64;
    let mut below = |count: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % count
    };
    let (mut steps, mut flipped) = (0, 0);
    for _ in 0..14 {
        let numbers: Vec<u16> = (0..600).map(|_| below(1 << 16) as u16).collect();
        let documents = linewarden_testkit::random::company(&numbers).documents;
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::create_store(folder.path().join("rights.db")).unwrap();
        engine.import(&documents, None).unwrap();
        // The same company once more, to find words for changes in.
        let mut names = Directory::default();
        let mut policy = document::load(&documents, &mut names).unwrap();
        let mut always = Stream::new(&engine, EVERY).unwrap();
        let mut rarely = Stream::new(&engine, EVERY).unwrap();
        let (mut before, mut long_before) = (matrix(&engine), matrix(&engine));
        for _ in 0..40 {
            let at = below(policy.domains.len());
            let name = policy.domains[at].name.clone();
            let text = line(&mut below, &Pools::new(&policy.domains[at], &names));
            let Ok(entries) = parse(&text, Some(&name)) else { continue };
            let revision = engine.revision();
            match (
                policy.apply(&mut names, Some(Author::Administrator), &entries),
                engine.apply(Author::Administrator, &entries),
            ) {
                (Ok(_), Ok(now)) if now > revision => {}
                (Ok(_), Ok(_)) | (Err(_), Err(_)) => continue,
                (one, other) => panic!("{text}: {one:?} and {other:?}"),
            }
            steps += 1;
            let after = matrix(&engine);
            let flips = always.next(SOON).unwrap().unwrap();
            let wanted = expected(&before, &after);
            assert_eq!(reported(&flips), wanted, "{text}");
            flipped += usize::from(!wanted.is_empty());
            if below(7) == 0 {
                assert_eq!(reported(&rarely.next(SOON).unwrap().unwrap()), expected(&long_before, &after));
                long_before = after.clone();
            }
            before = after;
        }
    }
    assert!(steps > 60 && flipped > 20, "{steps} changes, {flipped} of them with flips");
}
