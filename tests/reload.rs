//! Reloading: whole or not at all, numbers stay, nothing stale is answered, readers go on meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::engine::Engine;
use linewarden::{ErrorKind, Kind, Party, Right};
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const PICKUP: Right = Right::CALL_PICKUP;
const SEE: Right = Right::PRESENCE_STATUS_READ;

/// A folder of documents that can be changed.
struct Folder(TempDir);

impl Folder {
    fn new(documents: &[(&str, &str)]) -> Folder {
        let folder = Folder(TempDir::new().unwrap());
        documents.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }
    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }
    fn path(&self) -> PathBuf {
        self.0.path().to_path_buf()
    }
    fn open(&self) -> Engine {
        Engine::open(self.path()).unwrap()
    }
}

/// Two users and a level between them, `bob` towards `alice`.
fn company(domain: &str, level: &str) -> String {
    format!(
        "domain = \"{domain}\"\nsystems = [\"xphone\"]\n\
         [[user]]\nname = \"alice\"\nlines = [\"100\"]\nsite = \"hq\"\n\
         [[user]]\nname = \"bob\"\nlines = [\"110\"]\nsite = \"hq\"\n\
         [[site]]\nname = \"hq\"\nsame_site = \"external\"\nother_sites = \"external\"\noutside = \"external\"\n\
         [[relationship]]\nowner = \"alice\"\nviewer = \"bob\"\nlevel = \"{level}\"\n"
    )
}

#[test]
fn a_change_is_answered_at_once_and_numbers_stay() {
    let folder = Folder::new(&[("acme.toml", &company("acme.example", "assistant"))]);
    let engine = folder.open();
    let (alice, bob) = (engine.find(None, "alice").unwrap(), engine.find(None, "110").unwrap());
    assert_eq!((engine.revision(), engine.may(bob, PICKUP, alice)), (1, true));
    folder.write("acme.toml", &company("acme.example", "employee"));
    assert_eq!(engine.reload().unwrap(), 2);
    assert!(!engine.may(bob, PICKUP, alice), "a pair asked before must not be remembered");
    assert_eq!((engine.find(None, "alice"), engine.find(None, "bob")), (Some(alice), Some(bob)));
    assert_eq!(engine.decide(bob, PICKUP, alice).revision, 2);
}

#[test]
fn one_bad_document_among_good_ones_leaves_every_old_answer_in_force() {
    let folder = Folder::new(&[
        ("a.toml", &company("a.example", "assistant")),
        ("b.toml", &company("b.example", "assistant")),
        ("c.toml", &company("c.example", "assistant")),
    ]);
    let engine = folder.open();
    let pair = |domain: &str| {
        let find = |name| engine.find(Some(domain), name).unwrap();
        (find("bob"), find("alice"))
    };
    let pairs = [pair("a.example"), pair("b.example"), pair("c.example")];
    folder.write("a.toml", &company("a.example", "employee"));
    folder.write("b.toml", &company("b.example", "assistent"));
    let error = engine.reload().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Document);
    assert!(error.message().contains("b.toml:19:9"), "{error}");
    assert!(error.message().contains("`assistent`") && error.message().contains("`assistant`"), "{error}");
    assert_eq!(engine.revision(), 1);
    assert!(pairs.iter().all(|(bob, alice)| engine.may(*bob, PICKUP, *alice)), "the good ones too stay as they were");
    fs::remove_file(folder.path().join("b.toml")).unwrap();
    assert_eq!(engine.reload().unwrap(), 2);
    let answers = pairs.map(|(bob, alice)| engine.may(bob, PICKUP, alice));
    assert_eq!(answers, [false, false, true]);
}

#[test]
fn who_is_gone_is_refused_and_gets_the_old_number_back() {
    let folder = Folder::new(&[("acme.toml", &company("acme.example", "assistant"))]);
    let engine = folder.open();
    let (alice, bob) = (engine.find(None, "alice").unwrap(), engine.find(None, "bob").unwrap());
    folder.write("acme.toml", "domain = \"acme.example\"\nsystems = [\"pascom\"]\n[[user]]\nname = \"carol\"\n");
    engine.reload().unwrap();
    assert!(engine.rights(bob, alice).is_empty() && engine.kind(bob).is_none() && engine.find(None, "bob").is_none());
    let carol = engine.find(None, "carol").unwrap();
    assert!(carol != alice && carol != bob, "a number is never given to somebody else");
    folder.write("acme.toml", &company("acme.example", "assistant"));
    engine.reload().unwrap();
    assert!(engine.may(bob, PICKUP, alice));
    assert!(engine.rights(carol, alice).is_empty());
}

#[test]
fn the_number_of_an_outside_address_resolves_to_its_present_party() {
    let folder = Folder::new(&[("acme.toml", &company("acme.example", "assistant"))]);
    let engine = folder.open();
    let alice = engine.find(None, "alice").unwrap();
    let eve = engine.find(None, "sip:eve@Elsewhere.example").unwrap();
    assert_eq!(engine.find(None, "SIP:eve@elsewhere.example"), Some(eve));
    assert_eq!(engine.kind(eve).unwrap().1, Kind::Contact);
    let symbol = Right::PRESENCE_SYMBOL_READ;
    assert!(
        engine.may(eve, symbol, alice)
            && engine.may_named(None, "sip:eve@elsewhere.example", "presence.symbol.read", "alice")
    );
    let blocked = "[[relationship]]\nowner = \"alice\"\nviewer = \"sip:eve@elsewhere.example\"\nlevel = \"blocked\"\n";
    folder.write("acme.toml", &(company("acme.example", "assistant") + blocked));
    engine.reload().unwrap();
    assert!(!engine.may(eve, symbol, alice), "the number asked before must not escape the block");
    let named = engine.find(None, "sip:eve@elsewhere.example").unwrap();
    assert_eq!((engine.rights(named, alice), engine.text(named)), (engine.rights(eve, alice), engine.text(eve)));
    folder.write("acme.toml", &company("acme.example", "assistant"));
    engine.reload().unwrap();
    assert!(engine.may(eve, symbol, alice), "nobody is named any more");
    assert!(
        engine.find(None, "sip:alice@acme.example") == Some(alice) && engine.find(None, "sip:x@acme.example").is_none()
    );
}

/// Strangers by the thousand take no number from a caller who is found again, and what they leave behind is never a yes.
#[test]
fn strangers_use_up_no_numbers_of_others() {
    let engine = Folder::new(&[("acme.toml", &company("acme.example", "assistant"))]).open();
    let alice = engine.find(None, "alice").unwrap();
    let (symbol, may) = (Right::PRESENCE_SYMBOL_READ, |party| engine.may(party, Right::PRESENCE_SYMBOL_READ, alice));
    let regular = engine.find(None, "sip:regular@far.example").unwrap();
    let first = engine.find(None, "sip:0@far.example").unwrap();
    assert!(may(regular) && may(first));
    let mut numbers = HashSet::from([regular, first]);
    for number in 1..140_000 {
        let party = engine.find(None, &format!("sip:{number}@far.example")).unwrap();
        assert!(numbers.insert(party), "sip:{number}@far.example has the number of another");
        assert!(may(party));
        if number % 1000 == 0 {
            assert_eq!(engine.find(None, "sip:regular@far.example"), Some(regular));
        }
    }
    assert!(may(regular) && engine.text(regular) == "sip:regular@far.example");
    // A number whose address had to go is no party, whatever is asked about it, and stays so.
    let anew = engine.find(None, "sip:0@far.example").unwrap();
    assert!(anew != first && may(anew));
    assert!(!may(first) && engine.kind(first).is_none() && engine.text(first).is_empty());
    assert!(!engine.explain(first, symbol, alice, None).allowed && !engine.decide(first, symbol, alice).allowed);
    assert!(engine.may_named(None, "sip:one-more@far.example", "presence.symbol.read", "alice"));
}

/// A question in words takes no number: after more of them than there are numbers at the same time, the first number still has its
/// party, and a question in words about a new address has the answer of the first.
#[test]
fn questions_in_words_need_no_number() {
    let engine = Folder::new(&[("acme.toml", &company("acme.example", "assistant"))]).open();
    let alice = engine.find(None, "alice").unwrap();
    let first = engine.find(None, "sip:first@far.example").unwrap();
    let asked = |address: &str| engine.may_named(None, address, "presence.symbol.read", "alice");
    assert!((0..70_000).all(|number| asked(&format!("sip:{number}@far.example"))));
    assert_eq!(engine.text(first), "sip:first@far.example");
    assert!(engine.may(first, Right::PRESENCE_SYMBOL_READ, alice));
    assert!(!engine.may_named(None, "sip:0@far.example", "call.pickup", "alice"));
}

/// Two companies change together: a reader must see both before or both after.
#[test]
fn readers_see_a_reload_whole_or_not_at_all() {
    let both = |level: &str| [company("a.example", level), company("b.example", level)];
    let (yes, no) = (both("assistant"), both("blocked"));
    let folder = Folder::new(&[("a.toml", &yes[0]), ("b.toml", &yes[1])]);
    let engine = folder.open();
    let find = |domain: &str, name: &str| engine.find(Some(domain), name).unwrap();
    let (bob, alice) = (find("a.example", "bob"), find("a.example", "alice"));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut answers = [false; 2];
                while !stop.load(Ordering::Relaxed) {
                    // One batch is answered from one revision.
                    engine.may_each_target(bob, SEE, &[alice, alice], &mut answers);
                    assert_eq!(answers[0], answers[1]);
                    let before = engine.revision();
                    let decision = engine.decide(bob, PICKUP, alice);
                    let _ = (engine.may(bob, PICKUP, alice), engine.who(PICKUP, alice));
                    assert!(decision.revision >= before);
                    assert_eq!(decision.allowed, decision.revision % 2 == 1, "an answer of another revision");
                }
            });
        }
        for round in 0..300 {
            let documents = if round % 2 == 0 { &no } else { &yes };
            folder.write("a.toml", &documents[0]);
            folder.write("b.toml", &documents[1]);
            let revision = engine.reload().unwrap();
            assert_eq!(engine.may(bob, PICKUP, alice), revision % 2 == 1, "whoever is told can see it");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// Explaining reads names while look-ups of new addresses write them: neither may wait for the other for ever.
#[test]
fn explanations_and_new_addresses_do_not_block_each_other() {
    let engine = Folder::new(&[("acme.toml", &company("acme.example", "assistant"))]).open();
    let alice = engine.find(None, "alice").unwrap();
    std::thread::scope(|scope| {
        for reader in 0..2 {
            let engine = &engine;
            scope.spawn(move || {
                for round in 0..3000 {
                    let actor = if round % 2 == reader { Party::NONE } else { alice };
                    let explanation = engine.explain(actor, PICKUP, alice, None);
                    assert_eq!(explanation.allowed, actor == alice);
                }
            });
        }
        for number in 0..3000 {
            engine.find(None, &format!("sip:{number}@far.example"));
        }
    });
}
