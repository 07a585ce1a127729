//! Changes of a store: made by one engine, in force in all, durable, and whole.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::document::{self, Document};
use linewarden::internals::policy::change::Author;
use linewarden::{Engine, ErrorKind, Party, Right, RightSet};
use linewarden_testkit::acme;
use std::path::PathBuf;
use std::time::Duration;

const WORKGROUP: &str = "[[workgroup]]\nname = \"core\"\nlevel = \"assistant\"\nmembers = [\"alice\"]\n";

fn company() -> Vec<Document> {
    vec![Document { name: "acme.toml".into(), text: acme(r#"["xphone", "estos", "keevio"]"#, "", WORKGROUP) }]
}

/// A store of the company in a folder of its own.
fn store() -> (tempfile::TempDir, PathBuf, Engine) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.db");
    let engine = Engine::create_store(&path).unwrap();
    engine.import(&company(), None).unwrap();
    (folder, path, engine)
}

fn party(engine: &Engine, name: &str) -> Party {
    engine.find(None, name).unwrap_or_else(|| panic!("no {name}"))
}

fn all(engine: &Engine) -> Vec<(String, String, RightSet)> {
    let mut all = Vec::new();
    for (domain, _) in engine.domains() {
        for actor in engine.parties(domain) {
            for target in engine.parties(domain) {
                assert_eq!(engine.rights(actor, target), engine.evaluate(actor, target));
                all.push((engine.text(actor), engine.text(target), engine.rights(actor, target)));
            }
        }
    }
    all
}

#[test]
fn an_imported_document_answers_as_it_does_alone() {
    let (_folder, path, engine) = store();
    let alone = Engine::from_documents(&company()).unwrap();
    assert_eq!(all(&engine), all(&alone));
    assert_eq!(engine.revision(), 1);
    assert!(engine.difference(&company(), None).unwrap().is_empty(), "importing is repeatable");
    assert_eq!(engine.import(&company(), None).unwrap(), (1, vec![]));
    drop(engine);
    let later = Engine::open(&path).unwrap();
    assert_eq!((all(&later), later.revision()), (all(&alone), 1));
}

#[test]
fn a_change_is_in_force_in_every_engine_when_it_returns() {
    let (_folder, path, engine) = store();
    let other = Engine::open(&path).unwrap();
    let (alice, bob) = (party(&other, "alice"), party(&other, "bob"));
    assert_eq!((alice, bob), (party(&engine, "alice"), party(&engine, "bob")));
    assert!(!other.may(bob, Right::CALL_PICKUP, alice));
    let change = "set relationship alice bob assistant_plus";
    assert_eq!(engine.apply_text(Author::User(alice), None, change).unwrap(), 2);
    assert!(other.may(bob, Right::CALL_PICKUP, alice) && engine.may(bob, Right::CALL_PICKUP, alice));
    assert_eq!(other.revision(), 2);
    assert!(other.explain(bob, Right::CALL_PICKUP, alice, None).allowed);
    // The other one goes on.
    assert_eq!(
        other.apply_text(Author::Administrator, None, "add user dave 130\nadd member workgroup core dave").unwrap(),
        3
    );
    let dave = party(&engine, "130");
    assert_eq!((engine.text(dave), other.text(dave)), ("dave".into(), "dave".into()));
    assert!(engine.may(dave, Right::CALL_PICKUP, alice));
    assert_eq!(all(&engine), all(&other));
    drop((engine, other));
    let later = Engine::open(&path).unwrap();
    assert!(later.may(bob, Right::CALL_PICKUP, alice) && later.may(dave, Right::CALL_PICKUP, alice));
}

#[test]
fn what_is_refused_changes_nothing_and_leaves_no_trace() {
    let (_folder, path, engine) = store();
    let other = Engine::open(&path).unwrap();
    let before = all(&engine);
    let bob = party(&engine, "bob");
    let refused = engine.apply_text(Author::User(bob), None, "set relationship alice bob assistant_plus").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
    let half = "add user zed 140\nset relationship alice nobody assistant_plus";
    assert_eq!(engine.apply_text(Author::Administrator, None, half).unwrap_err().kind(), ErrorKind::Unknown);
    assert_eq!((engine.revision(), all(&engine)), (1, before.clone()));
    assert_eq!(engine.find(None, "zed"), None);
    // Numbers that a failed change gave are not lost and not given twice.
    other.apply_text(Author::Administrator, None, "add user yan 150").unwrap();
    engine.apply_text(Author::Administrator, None, "add user zed 140").unwrap();
    assert_ne!(party(&engine, "yan"), party(&other, "zed"));
    assert_eq!((engine.text(party(&other, "yan")), other.text(party(&engine, "zed"))), ("yan".into(), "zed".into()));
    assert_eq!(engine.apply_text(Author::Administrator, None, "set vip alice no").unwrap(), 3, "nothing to do");
    assert_eq!(all(&engine), all(&other));
}

#[test]
fn a_thread_that_waits_for_a_revision_sees_it() {
    let (_folder, path, engine) = store();
    let other = Engine::open(&path).unwrap();
    let (alice, bob) = (party(&engine, "alice"), party(&engine, "bob"));
    assert!(!other.wait_for(2, Duration::from_millis(5)));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(other.wait_for(2, Duration::from_secs(60)));
            assert!(other.may(bob, Right::CALL_PICKUP, alice));
        });
        engine.apply_text(Author::Administrator, None, "set relationship alice bob assistant").unwrap();
    });
}

#[test]
fn documents_are_not_changed_from_here() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.toml");
    std::fs::write(&path, &company()[0].text).unwrap();
    let engine = Engine::open(&path).unwrap();
    let error = engine.apply_text(Author::Administrator, None, "set vip alice yes").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(error.message().contains("linewarden import"), "{error}");
}

#[test]
fn a_base_answers_as_the_log_does() {
    let (_folder, path, engine) = store();
    let admin = |text: &str| engine.apply_text(Author::Administrator, None, text).unwrap();
    admin("add workgroup second employee\nadd workgroup third team_colleague\nadd member workgroup third bob carol");
    admin("remove workgroup core\nset relationship carol alice assistant\nask alice carol\nset grant bob carol team");
    let before = all(&engine);
    let pending: Vec<_> = engine.pending(party(&engine, "carol")).iter().map(|party| engine.text(*party)).collect();
    assert_eq!(pending, ["alice"]);
    // A document with more facts than a small change makes a base.
    let mut text = String::from("domain = \"far.example\"\nsystems = [\"pascom\"]\n");
    (0..400).for_each(|user| text.push_str(&format!("[[user]]\nname = \"u{user}\"\nlines = [\"{user}\"]\n")));
    let (revision, entries) = engine.import(&[Document { name: "far.toml".into(), text }], None).unwrap();
    assert!(entries.len() > 400);
    assert_eq!(engine.domains().len(), 2);
    drop(engine);
    let later = Engine::open(&path).unwrap();
    let acme: Vec<_> = all(&later).into_iter().take(before.len()).collect();
    assert_eq!((acme, later.revision()), (before, revision));
    let carol = later.find(Some("acme.example"), "carol").unwrap();
    let pending: Vec<_> = later.pending(carol).iter().map(|party| later.text(*party)).collect();
    assert_eq!(pending, ["alice"]);
    let next =
        later.apply_text(Author::Administrator, Some("acme.example"), "add member workgroup second carol").unwrap();
    assert_eq!(next, revision + 1);
    let mut document = Vec::new();
    later.write_document(later.domains()[0].0, &mut document).unwrap();
    let text = String::from_utf8(document).unwrap();
    assert!(
        document::load(&[Document { name: "x".into(), text: text.clone() }], &mut Default::default()).is_ok(),
        "{text}"
    );
}
