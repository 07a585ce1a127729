//! The reference of the policy document says what the loader takes: every key, what is needed, every word, every default. The schema takes
//! what the loader takes, `init` prints what loads, and `fmt` changes no fact and loses no comment.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod command;

use linewarden::{Document, Engine};
use linewarden_testkit::native::root;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "table")]
    tables: Vec<Table>,
}

#[derive(Deserialize)]
struct Table {
    name: String,
    #[serde(default)]
    list: bool,
    #[serde(rename = "key")]
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    needed: bool,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    default: String,
}

const HEAD: &str =
    "domain = \"acme.example\"\nsystems = [\"xphone\", \"estos\", \"pascom\", \"keevio\", \"linewarden\"]\n";
const PEOPLE: &str = "[[user]]\nname = \"a\"\n[[user]]\nname = \"b\"\n";

fn reference() -> Reference {
    let text = fs::read_to_string(root().join("crates/cli/src/reference/document.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

fn load(text: &str) -> Result<Engine, String> {
    let document = Document { name: "acme.toml".into(), text: text.into() };
    Engine::from_documents(&[document]).map_err(|error| error.to_string())
}

/// The document as the engine writes it.
fn written(engine: &Engine) -> String {
    let mut text = Vec::new();
    engine.write_document(engine.domains()[0].0, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// A value that a key may have.
fn good(table: &Table, key: &Key) -> String {
    match (key.kind.as_str(), key.name.as_str(), key.words.first()) {
        ("word", _, Some(first)) => format!("\"{first}\""),
        ("words", _, Some(first)) => format!("[\"{first}\"]"),
        ("rights", ..) => "[\"call.pickup.first\"]".into(),
        ("number", ..) => "30".into(),
        (_, "country", _) => "\"DE\"".into(),
        (_, "domain", _) if table.name == "federation" => "\"partner.example\"".into(),
        (_, "viewer", _) => "\"b\"".into(),
        (_, "owner" | "user", _) => "\"a\"".into(),
        _ => "\"x\"".into(),
    }
}

/// A document with that table: its needed keys but for `without`, and `more` lines in it.
fn document(reference: &Reference, table: &Table, without: &str, more: &str) -> String {
    if table.name.is_empty() {
        let head: Vec<&str> = HEAD.lines().filter(|line| without.is_empty() || !line.starts_with(without)).collect();
        return format!("{more}{}\n{PEOPLE}", head.join("\n"));
    }
    let before = match table.name.split_once('.') {
        Some((outer, _)) => {
            let outer = reference.tables.iter().find(|table| table.name == outer).unwrap();
            format!("[[{}]]\n{}", outer.name, needed(outer, ""))
        }
        None => String::new(),
    };
    let (open, close) = if table.list { ("[[", "]]") } else { ("[", "]") };
    format!("{HEAD}{PEOPLE}{before}{open}{}{close}\n{}{more}", table.name, needed(table, without))
}

/// The needed keys of a table, but for `without`.
fn needed(table: &Table, without: &str) -> String {
    let keys = table.keys.iter().filter(|key| key.needed && key.name != without);
    keys.map(|key| format!("{} = {}\n", key.name, good(table, key))).collect()
}

/// The words in backticks behind `expected` in the line that has `found`.
fn expected(error: &str, found: &str) -> BTreeSet<String> {
    let line = error.lines().find(|line| line.contains(found)).unwrap_or_else(|| panic!("no `{found}` in: {error}"));
    let (_, list) = line.rsplit_once("expected ").unwrap_or_else(|| panic!("{line}"));
    list.split('`').skip(1).step_by(2).map(String::from).collect()
}

#[test]
fn keys_are_those_that_the_loader_takes() {
    let reference = reference();
    for table in &reference.tables {
        let error = load(&document(&reference, table, "", "qzqzqzqz = 1\n")).unwrap_err();
        let mut taken = expected(&error, "unknown key `qzqzqzqz`");
        if table.name.is_empty() {
            let tables = reference.tables.iter().filter(|table| !table.name.is_empty() && !table.name.contains('.'));
            assert!(tables.map(|table| &table.name).all(|name| taken.remove(name)), "{error}");
        }
        let declared: BTreeSet<String> = table.keys.iter().map(|key| key.name.clone()).collect();
        assert_eq!(declared, taken, "[{}]", table.name);
        assert_eq!(declared.len(), table.keys.len(), "[{}]: a key stands twice", table.name);
    }
    assert!(reference.tables.len() > 20);
}

#[test]
fn keys_that_must_be_given_and_no_others_are_missed() {
    let reference = reference();
    let mut seen = 0;
    for table in reference.tables.iter().filter(|table| table.name != "matrix") {
        let whole = document(&reference, table, "", "");
        // A grant needs one of two keys.
        if table.name != "authorization_grant" {
            assert!(load(&whole).is_ok(), "{}\n{whole}", load(&whole).unwrap_err());
        }
        for key in table.keys.iter().filter(|key| key.needed) {
            let error = load(&document(&reference, table, &key.name, "")).unwrap_err();
            assert!(error.contains(&format!("missing key `{}`", key.name)), "[{}] {}: {error}", table.name, key.name);
            seen += 1;
        }
    }
    assert!(seen > 25, "only {seen}");
}

#[test]
fn words_are_those_that_the_loader_takes() {
    let reference = reference();
    let mut seen = 0;
    for table in &reference.tables {
        for key in table.keys.iter().filter(|key| ["word", "words"].contains(&key.kind.as_str())) {
            let wrong = if key.kind == "word" { "\"qzqzqzqz\"" } else { "[\"qzqzqzqz\"]" };
            let error =
                load(&document(&reference, table, &key.name, &format!("{} = {wrong}\n", key.name))).unwrap_err();
            let declared: BTreeSet<String> = key.words.iter().cloned().collect();
            assert_eq!(declared, expected(&error, "`qzqzqzqz`"), "[{}] {}", table.name, key.name);
            seen += 1;
        }
        // And a value of a type that no key has.
        for key in table.keys.iter().filter(|key| key.kind != "time") {
            let more = format!("{} = 1.5\n", key.name);
            assert!(load(&document(&reference, table, &key.name, &more)).is_err(), "[{}] {more}", table.name);
        }
    }
    assert!(seen > 20, "only {seen}");
}

/// Writing a default changes nothing.
#[test]
fn defaults_are_the_loaders() {
    let reference = reference();
    let mut seen = 0;
    for table in &reference.tables {
        let grant = if table.name == "authorization_grant" { "level = \"public\"\n" } else { "" };
        let plain = document(&reference, table, "", grant);
        for key in table.keys.iter().filter(|key| !key.needed) {
            let value = match (key.kind.as_str(), key.default.as_str()) {
                ("flag", default) => default.to_owned(),
                ("word", default) if key.words.iter().any(|word| word == default) => format!("\"{default}\""),
                ("text", default) if default.starts_with('`') => default.replace('`', "\""),
                _ => continue,
            };
            let with = document(&reference, table, "", &format!("{grant}{} = {value}\n", key.name));
            assert_eq!(
                written(&load(&with).unwrap()),
                written(&load(&plain).unwrap()),
                "[{}] {}",
                table.name,
                key.name
            );
            // Another value does change something, or the default says nothing.
            let other = match key.kind.as_str() {
                "flag" => (value != "true").to_string(),
                "word" => format!("\"{}\"", key.words.iter().find(|word| **word != key.default).unwrap()),
                _ => "\"*99\"".into(),
            };
            let other = document(&reference, table, "", &format!("{grant}{} = {other}\n", key.name));
            assert_ne!(
                written(&load(&other).unwrap()),
                written(&load(&plain).unwrap()),
                "[{}] {}",
                table.name,
                key.name
            );
            seen += 1;
        }
    }
    assert!(seen > 12, "only {seen}");
}

/// `LINEWARDEN_WRITE=1` writes the page.
#[test]
fn the_page_is_the_one_that_the_command_prints() {
    let (status, page, err) = command::answer(root(), ["help", "document"], b"");
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let path = root().join("docs/documents.md");
    if std::env::var_os("LINEWARDEN_WRITE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap() == page,
        "docs/documents.md is old: LINEWARDEN_WRITE=1 cargo test --test reference"
    );
}

/// Every document below `examples/`.
fn examples() -> Vec<PathBuf> {
    let mut folders = vec![root().join("examples")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 20, "only {}", found.len());
    found
}

#[test]
fn schema_takes_the_examples_and_refuses_what_the_loader_refuses() {
    let (status, schema, _) = command::answer(root(), ["schema"], b"");
    assert_eq!(status, Some(0));
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("linewarden.schema.json", schema).unwrap();
    let index = compiler.compile("linewarden.schema.json", &mut schemas).unwrap();
    let check = |document: &serde_json::Value| schemas.validate(document, index).map_err(|error| error.to_string());
    let json = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    for path in examples() {
        let text = fs::read_to_string(&path).unwrap();
        let checked = check(&json(&text));
        assert!(checked.is_ok(), "{}: {checked:?}", path.display());
    }
    let reference = reference();
    for table in &reference.tables {
        let unknown = document(&reference, table, "", "qzqzqzqz = 1\n");
        assert!(check(&json(&unknown)).is_err(), "{unknown}");
        for key in table.keys.iter().filter(|key| key.needed) {
            let without = document(&reference, table, &key.name, "");
            assert!(check(&json(&without)).is_err(), "{without}");
        }
        for key in table.keys.iter().filter(|key| !key.words.is_empty()) {
            let wrong = if key.kind == "word" { "\"qzqzqzqz\"" } else { "[\"qzqzqzqz\"]" };
            let wrong = document(&reference, table, &key.name, &format!("{} = {wrong}\n", key.name));
            assert!(check(&json(&wrong)).is_err(), "{wrong}");
        }
    }
}

#[test]
fn a_first_document_loads_and_lint_finds_nothing() {
    let folder = TempDir::new().unwrap();
    let (status, document, _) = command::answer(folder.path(), ["init", "acme.example"], b"");
    assert_eq!(status, Some(0));
    fs::write(folder.path().join("acme.toml"), &document).unwrap();
    let (status, out, err) = command::answer(folder.path(), ["lint", "acme.toml"], b"");
    assert_eq!((status, out.as_str(), err.as_str()), (Some(0), "no finding\n", ""));
    assert_eq!(command::answer(folder.path(), ["fmt", "--check", "acme.toml"], b"").0, Some(0));
    // The comments load, too.
    let all = document.replace("\n#", "\n").replace("\n A cover", "\n# A cover").replace("\n Those", "\n# Those");
    assert!(load(&all).is_ok(), "{all}");
    for wrong in ["", "no domain", "a\"b", "a\nb"] {
        let (status, out, err) = command::answer(folder.path(), ["init", wrong], b"");
        assert_eq!((status, out.as_str()), (Some(2), ""), "{wrong:?}: {err}");
    }
}

/// All comments of a text, in order.
fn comments(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut quoted = false;
        for (at, char) in line.char_indices() {
            match char {
                '"' => quoted = !quoted,
                '#' if !quoted => {
                    found.push(line[at..].trim_end().to_owned());
                    break;
                }
                _ => {}
            }
        }
    }
    found
}

fn fmt(folder: &Path, text: &str) -> String {
    let (status, out, err) = command::answer(folder, ["fmt", "-"], text.as_bytes());
    assert_eq!((status, err.as_str()), (Some(0), ""), "{text}");
    out
}

#[test]
fn a_document_in_its_form_has_its_facts_and_comments() {
    let folder = TempDir::new().unwrap();
    let mut seen = BTreeMap::new();
    for path in examples() {
        let text = fs::read_to_string(&path).unwrap();
        if load(&text).is_err() {
            continue;
        }
        let once = fmt(folder.path(), &text);
        assert_eq!(written(&load(&once).unwrap()), written(&load(&text).unwrap()), "{}", path.display());
        assert_eq!(comments(&once), comments(&text), "{}", path.display());
        assert_eq!(fmt(folder.path(), &once), once, "{}: twice is once", path.display());
        seen.insert(path, once == text);
    }
    assert!(seen.len() > 20, "{seen:?}");
}

#[test]
fn the_form_is_this_one() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let text = "\n# Acme.\ndomain=\"acme.example\" # its domain\nsystems =   [ 'linewarden', ]\n\n\n[[user]]\n  name = \"alice\"\n\
        lines = [\n  \"100\",\n  \"101\"\n]\n# The second.\n[[user]]\nname=\"bob\"\n[[rule]]\nname = \"r\"\nactors = [\n\
        \"bob\", # because\n]\nrights = [\"call.pickup\"]\n\n# on whom\ntargets = [\"alice\"]";
    let expected = "# Acme.\ndomain = \"acme.example\" # its domain\nsystems = ['linewarden']\n\n[[user]]\nname = \"alice\"\n\
        lines = [\"100\", \"101\"]\n\n# The second.\n[[user]]\nname = \"bob\"\n\n[[rule]]\nname = \"r\"\nactors = [\n\
        \"bob\", # because\n]\nrights = [\"call.pickup\"]\n# on whom\ntargets = [\"alice\"]\n";
    assert_eq!(fmt(folder, text), expected);
    let file = folder.join("acme.toml");
    fs::write(&file, text).unwrap();
    assert_eq!(command::answer(folder, ["fmt", "--check", "acme.toml"], b"").0, Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert_eq!(command::answer(folder, ["fmt", "--write", "acme.toml"], b""), (Some(0), String::new(), String::new()));
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    assert_eq!(command::answer(folder, ["fmt", "--check", "acme.toml"], b"").0, Some(0));
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "nothing beside it");
    // A list that is too long stands one entry a line.
    let lines: Vec<String> = (100..130).map(|line| format!("\"{line}\"")).collect();
    let long = format!(
        "domain = \"acme.example\"\nsystems = [\"linewarden\"]\n\n[[user]]\nname = \"alice\"\nlines = [{}]\n",
        lines.join(", ")
    );
    assert!(fmt(folder, &long).ends_with("    \"128\",\n    \"129\",\n]\n"), "{}", fmt(folder, &long));
    // With a fault nothing is written.
    fs::write(&file, "domain = \"acme.example\"\n").unwrap();
    let (status, out, err) = command::answer(folder, ["fmt", "--write", "acme.toml"], b"");
    assert_eq!((status, out.as_str()), (Some(2), ""), "{err}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "domain = \"acme.example\"\n");
}
