//! What the fuzz targets run, on a few thousand made-up inputs: plain noise, and good input with a few things changed. The
//! targets themselves need cargo-fuzz (`make fuzz`); this keeps them from rotting, and finds what is near.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

#[path = "../fuzz/calls.rs"]
mod calls;
#[path = "../fuzz/entries.rs"]
mod entries;
#[path = "../fuzz/files.rs"]
mod files;
#[path = "../fuzz/grammar.rs"]
mod grammar;
#[path = "../fuzz/sequences.rs"]
mod sequences;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// Numbers from a seed, the same everywhere (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize
    }

    fn below(&mut self, count: usize) -> usize {
        self.next() % count.max(1)
    }

    fn noise(&mut self, longest: usize) -> Vec<u8> {
        (0..self.below(longest)).map(|_| self.next() as u8).collect()
    }

    /// The text with a few bytes, words or lines changed, doubled or taken away.
    fn changed(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..1 + self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(30)).min(bytes.len());
            match self.below(6) {
                0 => drop(bytes.drain(at..end)),
                1 => bytes.extend_from_within(at..end),
                2 => bytes.get_mut(at).into_iter().for_each(|byte| *byte = b"[]{}=\"',.#\n0a*:@-"[end % 17]),
                3 => drop(bytes.splice(at..at, *b"\n[[user]]\nname = \"eve\"\n")),
                // A whole line elsewhere, which is how people edit.
                4 => {
                    let line =
                        |at: usize| bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |line| line + 1);
                    let (from, to) = (line(at), line(self.below(bytes.len())));
                    let until =
                        bytes[from..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| from + end + 1);
                    let copy = bytes[from..until].to_vec();
                    drop(bytes.splice(to..to, copy));
                }
                _ => bytes.truncate(end),
            }
        }
        bytes
    }
}

/// Good documents: one with every part, the samples but the big one, and those of the cases.
fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = vec![fs::read_to_string(root.join("tests/data/contract.toml")).unwrap()];
    for name in ["xphone", "estos", "pascom", "keevio", "keevio-realm"] {
        texts.push(fs::read_to_string(root.join(format!("examples/companies/{name}.toml"))).unwrap());
    }
    texts
}

#[test]
fn documents_changed_here_and_there() {
    let mut random = Random(1);
    let good = documents();
    for text in &good {
        assert!(entries::document(text.as_bytes()));
    }
    let mut loaded = 0;
    for turn in 0..3000 {
        let changed = random.changed(&good[turn % good.len()]);
        loaded += usize::from(entries::document(&changed));
    }
    assert!((200..2800).contains(&loaded), "{loaded} of 3000 changed documents loaded: the changes are no good");
    for _ in 0..1000 {
        entries::document(&random.noise(200));
    }
}

#[test]
fn anything_dialled() {
    let mut random = Random(2);
    let good = ["*8301", "*74301#201", "*74#0049891234", "*70", "*71202", "*44301#1234", "*7415%23100"];
    let mut meant = 0;
    for turn in 0..20_000 {
        let code = if turn % 4 == 0 { random.noise(40) } else { random.changed(good[turn % good.len()]) };
        meant += usize::from(entries::fncode(&[&[random.below(70) as u8][..], &code].concat()));
    }
    assert!((500..19_500).contains(&meant), "{meant} of 20000 dialled texts mean something: the texts are no good");
}

#[test]
fn any_text_as_an_address() {
    let mut random = Random(5);
    let good = [
        "sip:bob@partner.example",
        "\"Bob \\\" B\" <SIP:%62ob%20b@Partner.Example.;user=phone?a=b%40c>;tag=1",
        "sip:j\u{fc}rgen@\u{c4}\u{df}.xn--4ca.example",
        "Laura <sip:laura@lawfirm.example>",
    ];
    let mut addresses = 0;
    for turn in 0..20_000 {
        let text = if turn % 8 == 0 { random.noise(60) } else { random.changed(good[turn % good.len()]) };
        addresses += usize::from(entries::addresses(&text));
    }
    assert!((1000..19_000).contains(&addresses), "{addresses} of 20000 texts are addresses: the texts are no good");
}

#[test]
fn any_numbers_as_questions() {
    let mut random = Random(3);
    for _ in 0..400 {
        entries::image_questions(&random.noise(400));
    }
}

/// Every function of the header is called, and each says yes, succeeds or finds something at least once. A panic, which the library
/// catches and the fuzzer ends at, fails here, too.
#[test]
fn any_calls_through_c() {
    let header = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("include/linewarden.h")).unwrap();
    let code = header
        .split("extern \"C\" {")
        .nth(1)
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with(['*', '/']));
    let code: Vec<&str> = code.collect();
    let declared = |name: &str| code.iter().any(|line| line.contains(&format!("{name}(")));
    let names = code.iter().flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '('));
    let listed: Vec<&str> = calls::reached().iter().map(|(name, ..)| *name).collect();
    for name in
        names.filter_map(|word| word.split_once('(')).map(|(name, _)| name).filter(|name| name.starts_with("lw_"))
    {
        assert!(listed.contains(&name), "{name} of the header is not called");
    }
    assert!(listed.len() > 80 && listed.iter().all(|name| declared(name)), "the lists are of another header");

    static PANICS: AtomicU32 = AtomicU32::new(0);
    let said = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        said(panic);
    }));
    let mut random = Random(4);
    for _ in 0..1500 {
        sequences::c_calls(&random.noise(1500));
    }
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "panics inside the library");
    // What these need is rarely there by chance: an inquiry that waits, a call of which others are notified, two names and a right under
    // a shadow.
    const RARE: [&str; 5] =
        ["lw_pending", "lw_subscription_state", "lw_answer_request", "lw_notified", "lw_may_or_shadow_named"];
    let never =
        calls::reached().into_iter().filter(|(name, made, good)| *made == 0 || *good == 0 && !RARE.contains(name));
    let never: Vec<_> = never.collect();
    assert!(never.is_empty(), "not called, or always refused: {never:?}");
}

/// Every kind of change is reached, by lines made from its row in docs/changes.md.
#[test]
fn changes_of_every_kind() {
    let mut random = Random(6);
    let mut made = std::collections::BTreeSet::new();
    for _ in 0..1500 {
        made.extend(grammar::changes(&random.noise(600)));
    }
    let all: Vec<&str> = grammar::kinds().iter().map(|form| form.verb).collect();
    let missing: Vec<&&str> = all.iter().filter(|verb| !made.contains(*verb)).collect();
    println!("{} of {} kinds of change were made: {made:?}", made.len(), all.len());
    assert!(all.len() > 80, "only {} kinds were read from docs/changes.md", all.len());
    assert!(missing.is_empty(), "never made: {missing:?}");
}

#[test]
fn documents_by_a_grammar() {
    let mut random = Random(7);
    let loaded = (0..2000).filter(|_| grammar::documents(&random.noise(400))).count();
    assert!(loaded > 0, "no document loaded: the grammar is no good");
}

#[test]
fn stores_with_bytes_changed() {
    let mut random = Random(8);
    let whole = (0..300).filter(|_| files::store_file(&random.noise(10))).count();
    assert!((1..300).contains(&whole), "{whole} of 300 damaged stores were found whole");
}

#[test]
fn packed_snapshots_with_bytes_changed() {
    let mut random = Random(9);
    assert!(files::packed(&[]));
    let taken = (0..800).filter(|_| files::packed(&random.noise(6))).count();
    assert!((40..760).contains(&taken), "{taken} of 800 changed snapshots were taken");
}

#[test]
fn images_with_bytes_changed() {
    let mut random = Random(9);
    let mut noise = || [&[random.below(2) as u8][..], &random.noise(24)].concat();
    let in_use = (0..200).filter(|_| files::image_file(&noise())).count();
    assert!((50..150).contains(&in_use), "{in_use} of 200 images were in use");
}

#[test]
fn words_of_an_image_changed_to_anything() {
    let mut random = Random(10);
    for _ in 0..1000 {
        files::image_words(&random.noise(40));
    }
}

/// Inputs of the fuzzers that once found something, or reach far: `fuzz/corpora/TARGET/`.
#[test]
fn inputs_that_were_kept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpora");
    let mut count = 0;
    for target in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        for input in fs::read_dir(&target).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()) {
            match target.file_name().unwrap().to_str().unwrap() {
                "addresses" => drop(entries::addresses(&input)),
                "c_calls" => sequences::c_calls(&input),
                "changes" => drop(grammar::changes(&input)),
                "document" => drop(entries::document(&input)),
                "documents" => drop(grammar::documents(&input)),
                "fncode" => drop(entries::fncode(&input)),
                "image_file" => drop(files::image_file(&input)),
                "image_words" => files::image_words(&input),
                "image_questions" => entries::image_questions(&input),
                "packed" => drop(files::packed(&input)),
                "store_file" => drop(files::store_file(&input)),
                other => panic!("no target `{other}`"),
            }
            count += 1;
        }
    }
    assert!(count >= 8, "only {count} inputs");
}
