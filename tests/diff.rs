//! What `diff` tells of two engines: against the engines' own answers pair by pair, and in the sentences people read.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::diff::{DecisionDiff, diff, diff_named};
use linewarden::internals::document::Document;
use linewarden::{Engine, Party, Right, RightSet};
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
    let mut told = sentences(&found);
    told.sort_unstable();
    // Carol is the team's agent, and agents keep their own team (R5).
    let wanted = [
        "alice and bob may no longer pick up everybody and everything",
        "carol may no longer pick up alice and bob",
        "everybody may no longer pick up themselves",
    ];
    assert_eq!(told, wanted);
    assert_eq!(found.groups.iter().map(|group| group.pairs).sum::<u64>(), 11);
    assert!(found.groups.iter().all(|group| !group.gains), "{told:?}");
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

/// Everything the groups say, pair by pair; a pair and direction must be told once.
fn told(found: &DecisionDiff, gains: bool) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut told = BTreeMap::new();
    for group in found.groups.iter().filter(|group| group.gains == gains) {
        let mut pairs = 0;
        for (actor, target) in
            group.actors.iter().flat_map(|actor| group.targets.iter().map(move |target| (actor, target)))
        {
            if (actor == target) == group.oneself {
                let rights = group.rights.iter().cloned().collect();
                let before = told.insert((actor.clone(), target.clone()), rights);
                assert_eq!(before, None, "{actor} towards {target} is told twice");
                pairs += 1;
            }
        }
        assert_eq!(group.pairs, pairs, "{}", group.sentence);
    }
    told
}

/// The same from the engines' answers.
fn answered(old: &Engine, new: &Engine) -> BTreeMap<(String, String), BTreeSet<String>> {
    let names: BTreeSet<String> = [old, new]
        .iter()
        .flat_map(|engine| engine.domains().into_iter().flat_map(|(id, _)| engine.parties(id)).map(|p| engine.text(p)))
        .collect();
    let rights = |engine: &Engine, actor: &str, target: &str| {
        let domain = Some("acme.example");
        let find = |name| engine.find(domain, name).unwrap_or(Party::NONE);
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
        let (gained, lost) = (told(&found, true), told(&found, false));
        assert_eq!(gained, answered(old, new));
        assert_eq!(lost, answered(new, old));
        assert_eq!((found.gained, found.lost), (gained.len() as u64, lost.len() as u64));
    }
}
