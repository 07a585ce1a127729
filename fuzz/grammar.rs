//! Texts with a structure: bytes choose lines of a document, or lines of `docs/changes.md` and their words. Plain bytes would be refused
//! at the first character and never reach what lies behind the parsers.

use super::entries::{Input, document, repository};
use linewarden::internals::directory::Directory;
use linewarden::internals::document;
use linewarden::internals::policy::change::{Change, Form};
use linewarden::{Author, Document, Engine};
use linewarden_testkit::changes::{Pools, written};
use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;

/// The document with every part of all four systems.
pub fn contract() -> &'static str {
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

/// The names that the document has, and some that it has not.
fn pools() -> &'static Pools {
    static POOLS: OnceLock<Pools> = OnceLock::new();
    POOLS.get_or_init(|| {
        let mut names = Directory::default();
        let documents = [Document { name: "fuzz.toml".into(), text: contract().into() }];
        let policy = document::load(&documents, &mut names).expect("the document loads");
        Pools::new(policy.domains.first().expect("a domain"), &names)
    })
}

/// One to three lines of changes of any kind; the kinds are added to `verbs`.
fn chosen_lines(input: &mut Input, verbs: &mut Vec<&'static str>) -> String {
    let mut lines = Vec::new();
    for _ in 0..1 + input.byte() % 3 {
        let form = kinds()[usize::from(input.byte()) % kinds().len()];
        lines.push(written(form, &mut |below| usize::from(input.byte()) % below.max(1), pools()));
        verbs.push(form.verb);
    }
    lines.join("\n")
}

/// One to three lines of changes of any kind.
pub fn lines(input: &mut Input) -> String {
    chosen_lines(input, &mut Vec::new())
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
    let mut made = BTreeSet::new();
    while !input.0.is_empty() {
        let [author, damage, at] = input.take();
        let mut verbs = Vec::new();
        let mut text = chosen_lines(&mut input, &mut verbs).into_bytes();
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
