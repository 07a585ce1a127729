//! Targets whose inputs have a structure: bytes choose lines of a document, lines of `docs/changes.md`, places in a store. Plain
//! bytes would be refused at the first character and never reach what lies behind the parsers.

use super::entries::{Input, document, repository};
use linewarden::internals::document;
use linewarden::internals::policy::change::{Change, Form};
use linewarden::internals::{directory::Directory, packed, store::Store};
use linewarden::{Author, Document, Engine, Party, Right, RightSet};
use linewarden_testkit::changes::{Pools, written};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The document with every part of all four systems.
fn contract() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| fs::read_to_string(repository().join("tests/data/contract.toml")).expect("a document"))
}

/// The kinds of change that docs/changes.md lists, in its order.
pub fn kinds() -> &'static [&'static Form] {
    static KINDS: OnceLock<Vec<&Form>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let page = fs::read_to_string(repository().join("docs/changes.md")).expect("the page of changes");
        let lines: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")).collect();
        // The longest that fits: `set group_default` is not `set group`.
        let form = |line: &&str| {
            let fits = |form: &&Form| line.strip_prefix(form.verb).is_some_and(|rest| rest.starts_with([' ', '`']));
            Change::FORMS.iter().filter(fits).max_by_key(|form| form.verb.len())
        };
        lines.iter().filter_map(form).collect()
    })
}

/// Change sets of a few lines, by the administrator or a user, some with a byte changed: made whole or not at all. What is in force
/// afterwards can be written, and loads. Returns the kinds that were made.
pub fn changes(data: &[u8]) -> BTreeSet<&'static str> {
    let mut input = Input(data);
    let documents = [Document { name: "fuzz.toml".into(), text: contract().into() }];
    let engine = Engine::from_documents(&documents).expect("the document loads");
    // `answer` and `reject` need someone who waits.
    let waiting = "set inquiry alice bob\nset inquiry bob carol\nset inquiry carol alice";
    engine.apply_text(Author::Administrator, None, waiting).expect("three inquiries");
    let mut names = Directory::default();
    let policy = document::load(&documents, &mut names).expect("the document loads");
    let pools = Pools::new(policy.domains.first().expect("a domain"), &names);
    let mut made = BTreeSet::new();
    while !input.0.is_empty() {
        let [count, author, damage, at] = input.take();
        let mut lines = Vec::new();
        let mut verbs = Vec::new();
        for _ in 0..1 + count % 3 {
            let form = kinds()[usize::from(input.byte()) % kinds().len()];
            lines.push(written(form, &mut |below| usize::from(input.byte()) % below.max(1), &pools));
            verbs.push(form.verb);
        }
        let mut text = lines.join("\n").into_bytes();
        if damage < 32 {
            let at = usize::from(at) % text.len();
            text[at] = damage * 3 + 32;
        }
        let Ok(text) = String::from_utf8(text) else { continue };
        let users = ["alice", "bob", "carol"];
        let user = users.get(usize::from(author)).and_then(|name| engine.find(None, name));
        let author = user.map_or(Author::Administrator, Author::User);
        let before = engine.revision();
        match engine.apply_text(author, Some("acme.example"), &text) {
            Ok(revision) => {
                assert!(revision >= before);
                made.extend(verbs);
            }
            Err(error) => {
                assert!(!error.message().is_empty(), "{text}");
                assert_eq!(engine.revision(), before, "{text}");
            }
        }
    }
    let export = engine.export(None).expect("what is in force can be written");
    // The domain may be gone.
    if !export.documents.is_empty() {
        let again = Engine::from_documents(&export.documents);
        again.unwrap_or_else(|error| panic!("what was written does not load: {error}"));
    }
    made
}

/// Words of documents, chosen by a byte.
const DICTIONARY: &[&str] = &[
    "alice",
    "bob",
    "sip:bob@partner.example",
    "team:support",
    "100",
    "munich",
    "employee",
    "assistant_plus",
    "blocked",
    "business",
    "call.pickup.first",
    "*.partner.example",
    "*",
    "xmpp.group",
    "users",
    "granted",
    "pending",
    "All",
    "\\u0000",
    "\u{e4}",
    "true",
    "0",
    "",
];

/// A document of lines that documents have, in any order, with words of the dictionary in the place of others. True if it loads.
pub fn documents(data: &[u8]) -> bool {
    let mut input = Input(data);
    let lines: Vec<&str> = contract().lines().filter(|line| !line.trim().is_empty()).collect();
    let mut text = String::new();
    let mut next = 0;
    while !input.0.is_empty() && text.len() < 20_000 {
        let [step, change, word] = input.take();
        // Mostly the line that follows, so that tables stay whole.
        next = if step < 200 { next + 1 } else { usize::from(step) * 31 + usize::from(word) } % lines.len();
        let line = lines[next];
        let quoted: Vec<&str> = line.split('"').collect();
        let word = DICTIONARY[usize::from(word) % DICTIONARY.len()];
        match change {
            0..=15 if quoted.len() > 2 => text += &format!("{}\"{word}\"{}", quoted[0], quoted[2..].join("\"")),
            16..=20 => text += word,
            21..=24 => text += &line.replace(['[', ']'], ""),
            25..=28 => {}
            _ => text += line,
        }
        text.push('\n');
    }
    document(text.as_bytes())
}

/// A packed snapshot with bytes changed anywhere, as if its hash still fitted: it is none, or a policy that is packed to the same
/// bytes again and again, and that can be asked and written. True if it was one.
pub fn packed(data: &[u8]) -> bool {
    static WHOLE: OnceLock<Vec<u8>> = OnceLock::new();
    let whole = WHOLE.get_or_init(|| {
        let mut names = Directory::default();
        let documents = [Document { name: "fuzz.toml".into(), text: contract().into() }];
        let policy = document::load(&documents, &mut names).expect("a policy");
        packed::pack(&policy, &names)
    });
    let mut bytes = whole.clone();
    let mut input = Input(data);
    while !input.0.is_empty() {
        let [low, high, value, cut] = input.take();
        let at = (usize::from(low) | usize::from(high) << 8) % bytes.len();
        bytes[at] ^= value;
        if cut == 255 && at > 0 {
            bytes.truncate(at);
        }
    }
    let Some((policy, names)) = packed::unpack(&bytes, &Directory::default()) else { return false };
    let again = packed::pack(&policy, &names);
    let (twin, twin_names) = packed::unpack(&again, &Directory::default()).expect("what was packed");
    assert!(packed::pack(&twin, &twin_names) == again);
    for domain in &policy.domains {
        document::write(domain, &names, &mut Vec::new()).expect("memory");
    }
    if let Ok(engine) = Engine::from_policy(policy, names) {
        engine.lint();
        let parties: Vec<_> = engine.domains().into_iter().flat_map(|(domain, _)| engine.parties(domain)).collect();
        for pair in parties.windows(2).take(8) {
            engine.explain(pair[0], linewarden::Right::CALL_PICKUP, pair[1], None);
        }
    }
    true
}

/// A store with bytes changed anywhere in its file: it opens and is whole, or the damage is reported. Nothing is read that was not
/// written. True if it was found whole.
pub fn store_file(data: &[u8]) -> bool {
    static WHOLE: OnceLock<(Vec<u8>, String)> = OnceLock::new();
    let folder = std::env::temp_dir().join(format!("linewarden-fuzz-{}", std::process::id()));
    let (whole, log) = WHOLE.get_or_init(|| {
        let origin = folder.join("whole.db");
        fs::create_dir_all(&folder).expect("a folder");
        let documents = [Document { name: "fuzz.toml".into(), text: contract().into() }];
        let (engine, _) = Engine::create_from(&origin, &documents, None).expect("a store");
        for line in ["set vip bob yes", "add user dave 130", "set relationship alice bob blocked"] {
            engine.apply_text(Author::Administrator, None, line).expect("a change");
        }
        drop(engine);
        (fs::read(&origin).expect("the store"), said(&Store::open(&origin).expect("a store")).expect("a whole log"))
    });
    let path = folder.join("damaged.db");
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("damaged.db{ending}")));
    }
    let mut bytes = whole.clone();
    let mut input = Input(data);
    while !input.0.is_empty() {
        let [low, middle, high, value] = input.take();
        let at = usize::from(low) | usize::from(middle) << 8 | usize::from(high & 15) << 16;
        let length = bytes.len();
        bytes[at % length] ^= value;
    }
    fs::write(&path, &bytes).expect("a file");
    let Ok(store) = Store::open(&path) else { return false };
    let read = said(&store);
    if store.verify().is_err() {
        return false;
    }
    assert_eq!(read.expect("verify found it whole"), *log, "verify passed what was not written");
    true
}

/// An image with bytes changed anywhere in its file. At rest, it is made anew and says what the log says. In use, no question ends
/// the process or goes on for ever, and the next opening says what the log says. True if it was mapped while it was damaged.
pub fn image_file(data: &[u8]) -> bool {
    // All inputs of a process have one store.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    static WHOLE: OnceLock<(Vec<u8>, Vec<u8>, Vec<RightSet>)> = OnceLock::new();
    let folder = std::env::temp_dir().join(format!("linewarden-image-{}", std::process::id()));
    let (store, image) = (folder.join("rights.db"), folder.join("rights.db-image"));
    let said = |engine: &Engine| -> Vec<RightSet> {
        let parties = (1..=12).map(Party);
        parties
            .flat_map(|actor| (1..=12).map(move |target| (actor, Party(target))))
            .map(|(a, b)| engine.rights(a, b))
            .collect()
    };
    let (whole_store, whole, right) = WHOLE.get_or_init(|| {
        fs::create_dir_all(&folder).expect("a folder");
        let documents = [Document { name: "fuzz.toml".into(), text: contract().into() }];
        let (engine, _) = Engine::create_from(&store, &documents, None).expect("a store");
        for line in ["set vip bob yes", "set relationship alice bob blocked", "add user dave 130"] {
            engine.apply_text(Author::Administrator, None, line).expect("a change");
        }
        let right = said(&engine);
        drop(engine);
        (fs::read(&store).expect("the store"), fs::read(&image).expect("its image"), right)
    });
    let mut input = Input(data);
    let in_use = input.byte() % 2 == 1;
    let mut bytes = whole.clone();
    while !input.0.is_empty() {
        let [low, middle, high, value] = input.take();
        // Half of them in what says where things lie, which is a small part of the file.
        let at = usize::from(low) | usize::from(middle) << 8 | usize::from(high & 15) << 16;
        let at = if high & 16 == 0 { at % 2720 } else { at % bytes.len() };
        bytes[at] ^= value;
    }
    for (path, content) in [(&store, whole_store), (&image, whole)] {
        let _ = fs::remove_file(path);
        fs::write(path, content).expect("a file");
    }
    for ending in ["-wal", "-shm", "-image.damaged-1"] {
        let _ = fs::remove_file(folder.join(format!("rights.db{ending}")));
    }
    if !in_use {
        fs::write(&image, &bytes).expect("a file");
    }
    let engine = Engine::open(&store).expect("a store whose image is damaged opens");
    assert!(said(&engine) == *right, "another answer than the log's");
    if in_use {
        // As long as it is, so that no page goes away.
        let file = fs::OpenOptions::new().write(true).open(&image).expect("the image");
        file.write_all_at(&bytes, 0).expect("room");
        said(&engine);
        (1..=12).for_each(|party| drop((engine.text(Party(party)), engine.who(Right::CALL_PICKUP, Party(party)))));
        let _ = (engine.dial(Party(1), "*8100"), engine.find(None, "alice"), engine.domains(), engine.revision());
        drop(engine);
        assert!(said(&Engine::open(&store).expect("it is made anew")) == *right, "another answer than the log's");
    }
    in_use
}

/// Everything that a load takes from a store.
fn said(store: &Store) -> Option<String> {
    let mut log = Vec::new();
    let mut each = |set| {
        log.push(set);
        Ok(())
    };
    store.since(0, u64::MAX, &mut each).ok()?;
    let numbers = (store.domains().ok()?, store.parties_above(linewarden::Party::NONE).ok()?);
    Some(format!("{log:?} {numbers:?} {:?}", store.checkpoint().ok()?))
}
