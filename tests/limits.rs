//! The table of limits in docs/operate.md says what the library does: each row is tried at its number and one beyond it, or says why it
//! is not tried here.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::{Author, Document, Engine, Party, Right};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const HEAD: &str = "domain = \"acme.example\"\nsystems = [\"xphone\", \"estos\", \"keevio\", \"linewarden\"]\n\
    [[user]]\nname = \"alice\"\nlines = [\"100\"]\n[[user]]\nname = \"bob\"\nlines = [\"110\"]\n";

fn open(text: &str) -> Result<Engine, String> {
    let document = Document { name: "acme.toml".into(), text: text.into() };
    Engine::from_documents(&[document]).map_err(|error| error.message().to_owned())
}

fn lines(line: &str, count: usize) -> String {
    (0..count).fold(HEAD.to_owned(), |mut text, number| {
        writeln!(text, "{}", line.replace('#', &number.to_string())).unwrap();
        text
    })
}

/// A row: how it begins, its number, and what shows that number and one beyond it.
type Row = (&'static str, u64, fn(usize) -> Result<Engine, String>, &'static str);

const SITE: &str =
    "[[site]]\nname = \"s#\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"";
const GROUP: &str =
    "[[site.group]]\nname = \"g#\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"";

/// Rows whose number a document meets.
const TRIED: &[Row] = &[
    ("domains of an engine", 65_536, domains, "more than 65536 domains"),
    ("sites of a domain", 65_534, |count| open(&lines(SITE, count)), "too many sites: 65534 at most"),
    (
        "groups of a site",
        65_535,
        |count| open(&lines(GROUP, count).replacen("[[site.group]]", &(SITE.to_owned() + "\n[[site.group]]"), 1)),
        "more than 65535 groups of a site",
    ),
    (
        "one table of a document",
        16 << 20,
        |count| {
            // From the header's first byte to that of the next one.
            let (before, after) = (
                "[[workgroup]]\nname = \"all\"\nlevel = \"employee\"\nmembers = []\n#",
                "\n[[workgroup]]\nname = \"b\"\nlevel = \"employee\"\n",
            );
            open(&format!("{HEAD}{before}{}{after}", "x".repeat(count - before.len() - 1)))
        },
        "bytes without a table's header between them, expected at most 16777216",
    ),
    (
        "brackets in brackets",
        32,
        |count| kept(&format!("{HEAD}[x]\ny = {}{}\n", "[".repeat(count), "]".repeat(count))),
        "brackets nested more than 32 deep",
    ),
    (
        "a party's name or address",
        513,
        |count| {
            let engine = open(HEAD)?;
            let address = format!("sip:{}@{}", "u".repeat(255), domain_of(count - "sip:".len() - 255 - 1));
            assert_eq!(address.len(), count);
            engine.find(None, &address).map(|_| engine).ok_or_else(|| "no party".into())
        },
        "no party",
    ),
    (
        "a dialled text",
        128,
        |count| {
            let engine = open(&(HEAD.to_owned() + "[codes]\npickup = \"*8\"\n"))?;
            let alice = engine.find(None, "alice").unwrap();
            match engine.dial(alice, &format!("*8{}", "1".repeat(count - 2))) {
                Err(error) if error.message().contains("bytes dialled") => Err(error.message().to_owned()),
                _ => Ok(engine),
            }
        },
        "129 bytes dialled, expected at most 128",
    ),
    (
        "outside addresses that no document names",
        65_536,
        |count| {
            let engine = open(HEAD)?;
            let first = engine.find(None, "sip:0@far.example").unwrap();
            (1..count).for_each(|number| assert!(engine.find(None, &format!("sip:{number}@far.example")).is_some()));
            if engine.kind(first).is_some() { Ok(engine) } else { Err("the first is gone".into()) }
        },
        "the first is gone",
    ),
];

/// A document whose only fault is an unknown table is one whose brackets are not too deep.
fn kept(text: &str) -> Result<Engine, String> {
    match open(text) {
        Err(message) if message.contains("unknown table `x`") => open(HEAD),
        other => other,
    }
}

fn domains(count: usize) -> Result<Engine, String> {
    let document = |number| Document {
        name: format!("{number}.toml"),
        text: format!("domain = \"d{number}.example\"\nsystems = [\"keevio\"]\n[[user]]\nname = \"a\"\n"),
    };
    let documents: Vec<Document> = (0..count).map(document).collect();
    Engine::from_documents(&documents).map_err(|error| error.message().to_owned())
}

/// A domain of that length.
fn domain_of(length: usize) -> String {
    let parts: Vec<String> = (0..length.div_ceil(64)).map(|_| "d".repeat(63)).collect();
    parts.join(".")[..length].to_owned()
}

/// Rows that are tried elsewhere, or that no test can meet.
const ELSEWHERE: &[(&str, &str)] = &[
    ("parties of an engine", "`the_number_is_the_one_that_the_directory_has` below: 67 million take minutes"),
    ("such numbers in an engine's life", "src/directory/unlisted.rs"),
    ("one document", "tests/documents"),
    ("changes handed to `lw_apply`", "tests/c_api.rs"),
    ("time for a change set", "make growth"),
    ("time to load rules", "make growth"),
    ("watchers and streams", "no number"),
    ("pending inquiries", "`a_second_inquiry_changes_nothing` below"),
    ("the log of a store", "tests/durable_faults.rs"),
    ("text handed to a C function", "tests/c"),
    ("single rights", "`there_is_room_for_all_rights` below"),
];

fn rows() -> Vec<Vec<String>> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operate.md")).unwrap();
    let table = page.split("## Limits").nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(2);
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// A number as the page writes it.
fn number(cell: &str) -> u64 {
    let digits: String = cell.chars().take_while(|c| c.is_ascii_digit() || *c == ',').filter(|c| *c != ',').collect();
    let unit = if cell.contains("GiB") {
        1 << 30
    } else if cell.contains("MiB") {
        1 << 20
    } else {
        1
    };
    digits.parse::<u64>().unwrap_or_else(|_| panic!("`{cell}` begins with no number")) * unit
}

#[test]
fn each_row_is_tried() {
    let rows = rows();
    assert!(rows.len() > 15, "only {} rows", rows.len());
    for row in &rows {
        let tried = TRIED.iter().any(|(begins, ..)| row[0].starts_with(begins));
        let elsewhere = ELSEWHERE.iter().any(|(begins, _)| row[0].starts_with(begins));
        assert!(tried != elsewhere, "the row `{}` must be in one of the two lists", row[0]);
    }
    for (begins, ..) in TRIED {
        assert!(rows.iter().any(|row| row[0].starts_with(begins)), "no row `{begins}`");
    }
}

#[test]
fn each_number_is_the_last_that_is_taken() {
    let rows = rows();
    let mut faults = Vec::new();
    for (begins, most, at, beyond) in TRIED {
        let row = rows.iter().find(|row| row[0].starts_with(begins)).unwrap();
        assert_eq!(number(&row[1]), *most, "{begins}");
        let first_line = |message: String| message.lines().next().unwrap_or_default().to_owned();
        if let Err(message) = at(*most as usize) {
            faults.push(format!("{begins}: {most} is refused: {}", first_line(message)));
        }
        match at(*most as usize + 1) {
            Ok(_) => faults.push(format!("{begins}: one more than {most} is taken")),
            Err(message) if !message.contains(beyond) => faults.push(format!("{begins}: {}", first_line(message))),
            Err(_) => {}
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn dots_in_a_key() {
    let row = rows().into_iter().find(|row| row[0].contains("dots in a key")).unwrap();
    assert_eq!(row[1], "32; 8");
    let dotted = |dots: usize| kept(&format!("{HEAD}[x]\n{}a = 1\n", "a.".repeat(dots)));
    assert!(dotted(8).is_ok());
    assert!(dotted(9).err().unwrap().contains("key with more than 8 dots"));
}

#[test]
fn the_number_is_the_one_that_the_directory_has() {
    let row = rows().into_iter().find(|row| row[0].starts_with("parties of an engine")).unwrap();
    assert!(row[1].starts_with("2^26 - 2") && row[2].contains("more than 67108862 parties"));
    assert_eq!(Directory::MAX_PARTIES, (1 << 26) - 2);
}

#[test]
fn there_is_room_for_all_rights() {
    let row = rows().into_iter().find(|row| row[0].starts_with("single rights")).unwrap();
    assert_eq!(number(&row[1]), 127);
    assert!(u64::from(Right::COUNT) <= 127);
}

#[test]
fn a_second_inquiry_changes_nothing() {
    let engine = open(HEAD).unwrap();
    let [alice, bob] = ["alice", "bob"].map(|name| engine.find(None, name).unwrap());
    let waiting = |owner: Party| engine.pending(owner).len();
    let ask = || engine.apply_text(Author::Administrator, None, "set inquiry alice bob").unwrap();
    ask();
    let (after, count) = (engine.revision(), waiting(alice) + waiting(bob));
    ask();
    assert_eq!((engine.revision(), waiting(alice) + waiting(bob), count), (after, 1, 1));
}
