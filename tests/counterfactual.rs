//! What an explanation suggests must work: every suggested change, made in the whole policy, turns the no into a yes.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod common;

use common::random;
use linewarden::directory::Directory;
use linewarden::engine::Reason;
use linewarden::policy::change::{Entry, parse, print};
use linewarden::{Engine, Party, Right, document};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn suggested_changes_flip_the_answer(
        company in random::companies(),
        questions in proptest::collection::vec((any::<u16>(), any::<u16>(), any::<u16>()), 40),
    ) {
        let mut names = Directory::default();
        let policy = document::load(&company.documents, &mut names).unwrap();
        let engine = Engine::from_policy(policy.clone(), names.clone()).unwrap();
        let rights: Vec<Right> = Right::all().collect();
        let domain = &policy.domains[0];
        let parties: Vec<Party> = domain.parties().map(|(party, _)| party).collect();
        let mut tried = 0;
        for (actor, right, target) in questions {
            let actor = parties[usize::from(actor) % parties.len()];
            let target = parties[usize::from(target) % parties.len()];
            let right = rights[usize::from(right) % rights.len()];
            let explanation = engine.explain(actor, right, target, None);
            prop_assert!(!explanation.allowed || explanation.changes.is_empty(), "changes to a yes");
            for suggestion in explanation.changes.iter().take(3) {
                let edits = suggestion.edit.iter().map(|change| Entry { domain: domain.name.clone(), change: change.clone() });
                let edits: Vec<Entry> = edits.collect();
                let text = print(&edits);
                // The way a caller goes: as text, by the vocabulary, in the whole policy.
                let (mut changed, mut names) = (policy.clone(), names.clone());
                let done = changed.apply(&mut names, None, &parse(&text, None).unwrap());
                let question = format!("{} {right} {}", names.text(actor), names.text(target));
                prop_assert!(done.is_ok(), "{}: `{}`: {}", question, text, done.unwrap_err());
                prop_assert!(done.unwrap().changed(), "{}: `{}` changes nothing", question, text);
                let engine = Engine::from_policy(changed, names).unwrap();
                prop_assert!(engine.may(actor, right, target), "{}: no yes after {} (`{}`)", question, suggestion.change, text);
                tried += 1;
            }
            if tried > 12 {
                break;
            }
        }
    }
}

/// The test above must not pass because nothing is ever suggested.
#[test]
fn every_system_suggests_something() {
    let text = include_str!("data/contract.toml");
    for (system, actor, right, target, wanted) in [
        ("xphone", "carol", "presence.set", "alice", "set relationship alice carol assistant"),
        ("estos", "bob", "note.set", "carol", "set grant carol bob team"),
        ("pascom", "carol", "call.control", "bob", "add permission xmpp.supervisor"),
        ("keevio", "carol", "presence.status.read", "bob", "set subscription carol bob granted"),
    ] {
        let only = format!("systems = [\"{system}\"]");
        let text = text.replace("systems = [\"xphone\", \"estos\", \"pascom\", \"keevio\"]", &only);
        let documents = [document::Document { name: "acme.toml".into(), text }];
        let engine = Engine::from_documents(&documents).unwrap();
        let find = |name: &str| engine.resolve(None, name).unwrap();
        let explanation = engine.explain(find(actor), Right::parse(right).unwrap(), find(target), None);
        assert!(!explanation.allowed, "{system}");
        let edits: Vec<String> =
            explanation.changes.iter().flat_map(|change| &change.edit).map(|edit| edit.to_string()).collect();
        assert!(edits.iter().any(|edit| edit == wanted), "{system}: {edits:?}");
    }
}

/// A grant by the administrator is a source of its own, can be raised, and can be what freezes a level.
#[test]
fn grants_by_the_administrator_are_explained() {
    let text = "domain = \"acme.example\"\nsystems = [\"estos\"]\n[[user]]\nname = \"o\"\n[[user]]\nname = \"v\"\n[[user]]\nname = \"w\"\n\
        [[authorization_grant]]\nowner = \"o\"\nviewer = \"v\"\nadministrative = true\nlevel = \"business\"\n\
        [[authorization_grant]]\nowner = \"o\"\nviewer = \"v\"\nrights = [\"note.set\"]\n\
        [[authorization_grant]]\nowner = \"o\"\nviewer = \"w\"\nadministrative = true\nrights = [\"note.set\"]\n";
    let documents = [document::Document { name: "acme.toml".into(), text: text.into() }];
    let engine = Engine::from_documents(&documents).unwrap();
    let find = |name: &str| engine.resolve(None, name).unwrap();
    let asked = |actor: &str, right: &str, target: &str| {
        engine.explain(find(actor), Right::parse(right).unwrap(), find(target), None)
    };
    let decides = |actor: &str, right: &str, target: &str| {
        let why = asked(actor, right, target);
        let source = why.sources.into_iter().find(|source| source.decides).unwrap();
        (why.reason, source.what, source.place)
    };
    let administrative =
        |place: &str| (Reason::AdministrativeGrant, "grant by the administrator".to_string(), place.to_string());
    assert_eq!(decides("v", "line.busy.read", "o"), administrative("acme.toml:13"));
    assert_eq!(
        decides("v", "note.set", "o"),
        (Reason::OwnGrant, "own grant of the target".into(), "acme.toml:17".into())
    );
    assert_eq!(decides("w", "note.set", "o"), administrative("acme.toml:22"));
    assert_eq!(engine.decide(find("w"), Right::NOTE_SET, find("o")).line, 22);
    let edits = |actor: &str, right: &str, target: &str| -> Vec<String> {
        let changes = asked(actor, right, target).changes;
        changes.iter().flat_map(|change| &change.edit).map(|edit| edit.to_string()).collect()
    };
    let raised = edits("v", "presence.set", "o");
    assert!(raised.contains(&"set administrative_grant o v team".into()), "{raised:?}");
    let raised = edits("w", "presence.set", "o");
    assert!(raised.contains(&"set administrative_grant o w rights note.set presence.set".into()), "{raised:?}");
    assert_eq!(edits("o", "relation.change", "w"), ["clear administrative_grant o w"]);
    let frozen = asked("o", "relation.change", "w").sources;
    assert!(frozen.iter().any(|source| source.place == "acme.toml:22"), "{frozen:?}");
    assert!(asked("w", "relation.change", "o").allowed && asked("o", "relation.change", "v").allowed);
}
