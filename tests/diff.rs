//! What `diff` tells of two engines: against the engines' own answers pair by pair, and in the sentences people read.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::diff::{DecisionDiff, compared, diff, diff_named};
use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::system::{System, Systems};
use linewarden::{Engine, Party, Right, RightSet};
use linewarden_testkit::changes::{Pools, line};
use linewarden_testkit::generate::{self, Options};
use linewarden_testkit::random::dated_companies;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn engine(texts: &[&str]) -> Engine {
    let document = |(place, text): (usize, &&str)| Document { name: format!("{place}.toml"), text: (*text).into() };
    Engine::from_documents(&texts.iter().enumerate().map(document).collect::<Vec<_>>())
        .expect("the documents are valid")
}

fn sentences(diff: &DecisionDiff) -> Vec<&str> {
    diff.groups.iter().map(|group| group.sentence.as_str()).collect()
}

const XPHONE: &str = r#"
domain = "acme.example"
systems = ["xphone"]
[[site]]
name = "munich"
same_site = "employee"
other_sites = "employee"
outside = "external"
[[user]]
name = "alice"
site = "munich"
[[user]]
name = "bob"
site = "munich"
[[user]]
name = "carol"
site = "munich"
[[user]]
name = "dave"
site = "munich"
"#;

const PASCOM: &str = r#"
domain = "acme.example"
systems = ["pascom"]
[[user]]
name = "alice"
[[user]]
name = "bob"
[[user]]
name = "carol"
[[team]]
name = "support"
agents = ["carol"]
"#;

const RELATIONSHIP: &str = r#"
[[relationship]]
owner = "alice"
viewer = "bob"
level = "assistant"
"#;

const WORKGROUP: &str = r#"
[[workgroup]]
name = "front"
level = "team_colleague"
members = ["alice", "bob", "carol"]
"#;

#[test]
fn the_same_answers_are_no_difference() {
    assert_eq!(diff(&engine(&[XPHONE]), &engine(&[XPHONE])), DecisionDiff::default());
    // Said in other words: a group that gives less than the defaults.
    let more = format!("{XPHONE}{}", WORKGROUP.replace("team_colleague", "external"));
    assert!(diff(&engine(&[XPHONE]), &engine(&[&more])).is_empty());
}

#[test]
fn one_relationship_is_one_sentence() {
    let old = engine(&[XPHONE]);
    let new = engine(&[&format!("{XPHONE}{RELATIONSHIP}")]);
    let found = diff(&old, &new);
    assert_eq!((found.gained, found.lost, found.groups.len()), (1, 0, 1));
    let group = &found.groups[0];
    assert!(group.sentence.starts_with("bob may now pick up, set the forwarding of, set the presence of and have"));
    assert!(group.sentence.ends_with("towards alice"), "{}", group.sentence);
    assert_eq!((group.actors[0].as_str(), group.targets[0].as_str(), group.pairs), ("bob", "alice", 1));
    assert!(group.rights.iter().any(|right| right == "forwarding.set.first"));
    let back = diff(&new, &old);
    assert_eq!((back.gained, back.lost), (0, 1));
    assert!(back.groups[0].sentence.starts_with("bob may no longer pick up"));
    assert_eq!(back.groups[0].rights, group.rights);
}

#[test]
fn a_group_among_themselves() {
    let found = diff_named(
        &engine(&[XPHONE]),
        &engine(&[&format!("{XPHONE}{WORKGROUP}")]),
        &[("acme.example".into(), "Front".into(), ["alice", "bob", "carol"].map(String::from).into())],
    );
    assert_eq!((found.gained, found.lost, found.groups.len()), (6, 0, 1));
    assert!(found.groups[0].sentence.starts_with("Front may now pick up"), "{}", found.groups[0].sentence);
    assert!(found.groups[0].sentence.ends_with("each other"), "{}", found.groups[0].sentence);
}

#[test]
fn one_permission_closes_picking_up_for_everybody() {
    let closed = format!("{PASCOM}\n[[permission]]\nname = \"nobody\"\ntypes = [\"pickup.group\"]\n");
    let found = diff(&engine(&[PASCOM]), &engine(&[&closed]));
    assert_eq!(
        (found.gained, found.lost),
        (0, 11),
        "three users towards each other, themselves and the team, but its agent"
    );
    let mut flips = sentences(&found);
    flips.sort_unstable();
    // Carol is the team's agent, and agents keep their own team (R5).
    let wanted = [
        "alice and bob may no longer pick up everybody and everything",
        "carol may no longer pick up alice and bob",
        "everybody may no longer pick up themselves",
    ];
    assert_eq!(flips, wanted);
    assert_eq!(found.groups.iter().map(|group| group.pairs).sum::<u64>(), 11);
    assert!(found.groups.iter().all(|group| !group.gains), "{flips:?}");
}

#[test]
fn a_new_user_and_a_removed_one() {
    let erin = format!("{XPHONE}\n[[user]]\nname = \"erin\"\nsite = \"munich\"\n");
    let found = diff(&engine(&[XPHONE]), &engine(&[&erin]));
    assert_eq!((found.gained, found.lost), (9, 0), "erin towards four others and back, and towards herself");
    assert!(
        found.groups.iter().all(|group| group.actors == ["erin"] || group.targets == ["erin"]),
        "{:?}",
        found.groups
    );
    let back = diff(&engine(&[&erin]), &engine(&[XPHONE]));
    assert_eq!((back.gained, back.lost), (0, 9));
}

#[test]
fn a_domain_on_one_side_only() {
    let other = PASCOM.replace("acme.example", "other.example");
    let found = diff(&engine(&[XPHONE, &other]), &engine(&[XPHONE]));
    assert!(found.gained == 0 && found.lost > 0);
    assert!(found.groups.iter().all(|group| group.domain == "other.example" && !group.gains));
}

/// Everything the groups say, pair by pair; a pair and direction must be reported once.
fn flips(found: &DecisionDiff, gains: bool) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut flips = BTreeMap::new();
    for group in found.groups.iter().filter(|group| group.gains == gains) {
        let mut pairs = 0;
        for (actor, target) in
            group.actors.iter().flat_map(|actor| group.targets.iter().map(move |target| (actor, target)))
        {
            if (actor == target) == group.oneself {
                let rights = group.rights.iter().cloned().collect();
                let before = flips.insert((actor.clone(), target.clone()), rights);
                assert_eq!(before, None, "{actor} towards {target} is told twice");
                pairs += 1;
            }
        }
        assert_eq!(group.pairs, pairs, "{}", group.sentence);
    }
    flips
}

/// The same from the engines' answers.
fn answered(old: &Engine, new: &Engine) -> BTreeMap<(String, String), BTreeSet<String>> {
    answered_in("acme.example", old, new)
}

fn answered_in(domain: &str, old: &Engine, new: &Engine) -> BTreeMap<(String, String), BTreeSet<String>> {
    let parties = |engine: &Engine| {
        let id = engine.domains().into_iter().find(|(_, name)| name == domain).map(|(id, _)| id);
        id.map_or_else(Vec::new, |id| engine.parties(id).into_iter().map(|party| engine.text(party)).collect())
    };
    let names: BTreeSet<String> = [old, new].into_iter().flat_map(parties).collect();
    let sides: BTreeMap<&String, [Party; 2]> = names
        .iter()
        .map(|name| {
            let of = |engine: &Engine| {
                parties(engine).contains(name).then(|| engine.find(Some(domain), name)).flatten().unwrap_or(Party::NONE)
            };
            (name, [of(old), of(new)])
        })
        .collect();
    let rights = |engine: &Engine, actor: &str, target: &str| {
        let find = |name: &str| sides[&name.to_string()][usize::from(std::ptr::eq(engine, new))];
        engine.rights(find(actor), find(target))
    };
    let mut answered = BTreeMap::new();
    for (actor, target) in names.iter().flat_map(|actor| names.iter().map(move |target| (actor, target))) {
        let gained: RightSet = rights(new, actor, target).without(rights(old, actor, target));
        if !gained.is_empty() {
            answered.insert(
                (actor.clone(), target.clone()),
                gained.iter().map(|right: Right| right.name().into()).collect(),
            );
        }
    }
    answered
}

#[test]
fn sentences_and_answers_agree_on_every_pair() {
    let mixed = XPHONE.replace("\"xphone\"", "\"xphone\", \"pascom\", \"keevio\"");
    let vip = mixed.replace("name = \"carol\"", "name = \"carol\"\nvip = true");
    let secretary = r#"
        [[permission]]
        name = "secretary"
        types = ["redirect.group", "xmpp.supervisor"]
        users = ["dave"]
        [[subscription]]
        viewer = "alice"
        owner = "dave"
        state = "granted"
    "#;
    let versions = [
        XPHONE.to_string(),
        mixed.clone(),
        format!("{vip}{RELATIONSHIP}"),
        format!("{mixed}{WORKGROUP}{secretary}"),
        PASCOM.to_string(),
    ];
    let engines: Vec<Engine> = versions.iter().map(|text| engine(&[text])).collect();
    for (old, new) in engines.iter().flat_map(|old| engines.iter().map(move |new| (old, new))) {
        let found = diff(old, new);
        let (gained, lost) = (flips(&found, true), flips(&found, false));
        assert_eq!(gained, answered(old, new));
        assert_eq!(lost, answered(new, old));
        assert_eq!((found.gained, found.lost), (gained.len() as u64, lost.len() as u64));
    }
}

/// The groups of all domains against the engines' own answers, pair by pair.
fn agrees(old: &Engine, new: &Engine) {
    let found = diff(old, new);
    let domains: BTreeSet<String> =
        [old, new].iter().flat_map(|engine| engine.domains()).map(|(_, name)| name).collect();
    let mut counted = (0, 0);
    for domain in domains {
        let of = |group: &&linewarden::DiffGroup| group.domain == domain;
        let mut of_domain = DecisionDiff::default();
        of_domain.groups = found.groups.iter().filter(of).cloned().collect();
        let (gained, lost) = (flips(&of_domain, true), flips(&of_domain, false));
        assert_eq!(gained, answered_in(&domain, old, new), "{domain}");
        assert_eq!(lost, answered_in(&domain, new, old), "{domain}");
        counted = (counted.0 + gained.len() as u64, counted.1 + lost.len() as u64);
    }
    assert_eq!((found.gained, found.lost), counted);
}

fn from(documents: &[Document]) -> Engine {
    Engine::from_documents(documents).expect("the documents are valid")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever one or two changes alter, and whatever differs between two companies, is found where it is.
    #[test]
    fn random_changes_and_companies(
        (company, other) in (dated_companies(), dated_companies()),
        numbers in proptest::collection::vec(any::<u16>(), 30),
    ) {
        let (old, unlike) = (from(&company.documents), from(&other.documents));
        agrees(&old, &unlike);
        let mut names = Directory::default();
        let policy = document::load(&company.documents, &mut names).unwrap();
        let mut at = 0;
        let mut choose = |count: usize| { at += 1; usize::from(numbers[at % numbers.len()].wrapping_mul(at as u16)) % count };
        let mut newest = None;
        let (mut made, mut made_names) = (policy.clone(), names.clone());
        for domain in policy.domains.iter().cycle().take(6) {
            let text = line(&mut choose, &Pools::new(domain, &names));
            let before = newest.as_ref().unwrap_or(&old);
            let Ok(entries) = before.entries(Some(&domain.name), &text) else { continue };
            if let Ok(new) = before.preview(None, &entries) {
                agrees(before, &new);
                agrees(&new, &old);
                // A preview patches a copy of the image where it can: it answers as one that is compiled.
                let _ = made.apply(&mut made_names, None, &entries).unwrap();
                let compiled = Engine::from_policy(made.clone(), made_names.clone()).unwrap();
                for (_, domain) in compiled.domains() {
                    prop_assert_eq!(answered_in(&domain, &new, &compiled), BTreeMap::new());
                    prop_assert_eq!(answered_in(&domain, &compiled, &new), BTreeMap::new());
                }
                newest = Some(new);
            }
        }
    }
}

/// What is compared is what differs and not every pair.
#[test]
fn only_what_differs_is_compared() {
    let options = Options { users: 600, systems: Systems::default().with(System::Xphone), ..Options::default() };
    let mut text = Vec::new();
    generate::write(&options, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let old = engine(&[&text]);
    let all = (old.parties(old.domains()[0].0).len() as u64).pow(2);
    assert_eq!(compared(&old, &engine(&[&text])), 0);
    let first = text.find("[[user]]").unwrap();
    let (before, behind) = text.split_at(first);
    let user = "[[user]]\nname = \"aaa-new\"\n";
    // One more user in front of all others has a row and a column; no other number of a party counts.
    let more = engine(&[&format!("{before}{user}{behind}")]);
    let count = compared(&old, &more);
    assert!(count <= 2 * all.isqrt() + 4, "{count} of {all}");
    // One more group that is named before all others.
    let name =
        |place: usize| text[first..].split("name = \"").nth(place).unwrap().split('"').next().unwrap().to_owned();
    let group =
        format!("[[workgroup]]\nname = \"aaa\"\nlevel = \"assistant\"\nmembers = [\"{}\", \"{}\"]\n", name(1), name(2));
    let grouped = format!("{before}{group}{behind}");
    assert!(compared(&old, &engine(&[&grouped])) <= 4);
    // The groups move up a number when the first of them goes.
    assert!(compared(&engine(&[&grouped]), &old) <= 4);
    let change = |text: &str| compared(&old, &old.preview(None, &old.entries(None, text).unwrap()).unwrap());
    assert!(change(&format!("set relationship {} {} blocked", name(1), name(2))) <= 1);
    assert!(change(&format!("set vip {} yes", name(1))) <= 2 * all.isqrt());
    agrees(&old, &engine(&[&grouped]));
}
