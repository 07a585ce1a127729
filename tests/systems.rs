//! `docs/systems.md` states every rule and every reading once, names only cases and files that exist, and its matrices are those of
//! `tests/matrices.json` cell by cell, answer and certainty. It must never pass over a row of a table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/systems.md")).unwrap()
}

/// A table: the cells of its head, and of each row.
struct Table<'a> {
    head: Vec<&'a str>,
    rows: Vec<Vec<&'a str>>,
}

/// Every table of the page. A row with more or fewer cells than its head is an error.
fn tables(text: &str) -> Vec<Table<'_>> {
    let mut tables: Vec<Table<'_>> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if !line.starts_with('|') {
            inside = false;
            continue;
        }
        let cells: Vec<&str> =
            line.strip_prefix('|').unwrap().strip_suffix('|').expect(line).split(" | ").map(str::trim).collect();
        if !inside {
            inside = true;
            tables.push(Table { head: cells, rows: Vec::new() });
        } else if !line.starts_with("| ---") {
            let table = tables.last_mut().unwrap();
            assert_eq!(cells.len(), table.head.len(), "cells of {line}");
            table.rows.push(cells);
        }
    }
    assert!(tables.len() > 15, "{} tables", tables.len());
    tables
}

/// The column of that head in every table that has one, row by row: first cell, cell.
fn column<'a>(tables: &[Table<'a>], head: &str) -> Vec<(&'a str, &'a str)> {
    let with = tables.iter().filter_map(|table| Some((table, table.head.iter().position(|cell| *cell == head)?)));
    with.flat_map(|(table, at)| table.rows.iter().map(move |row| (row[0], row[at]))).collect()
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// How many rules and readings there are of each kind.
const RULES: [(&str, usize); 7] = [("X", 17), ("E", 24), ("P", 11), ("K", 8), ("L", 13), ("R", 12), ("AMB-", 26)];

#[test]
fn every_rule_and_every_reading_has_one_row() {
    let text = page();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, _) in column(&tables(&text), "cases") {
        *seen.entry(id).or_default() += 1;
    }
    let rules = RULES.into_iter().flat_map(|(system, count)| (1..=count).map(move |n| format!("{system}{n}")));
    let wrong: Vec<String> = rules.filter(|id| seen.get(id.as_str()) != Some(&1)).collect();
    assert!(wrong.is_empty(), "without a row, or with two: {wrong:?}");
}

/// Rules that no case can prove, because no question and no change is about them.
const UNPROVED: [&str; 1] = ["E22"];

#[test]
fn every_row_names_a_case() {
    let text = page();
    for (id, cases) in column(&tables(&text), "cases") {
        assert_eq!(quoted(cases).next().is_none(), UNPROVED.contains(&id), "cases of {id}: {cases}");
    }
}

#[test]
fn every_case_named_exists() {
    let text = page();
    let tables = tables(&text);
    let mut named: BTreeSet<&str> = column(&tables, "cases").into_iter().flat_map(|(_, cases)| quoted(cases)).collect();
    named.extend(text.lines().filter_map(|line| line.split_once("Cases: ")).flat_map(|(_, cases)| quoted(cases)));
    assert!(named.len() > 250, "{} cases", named.len());
    let exists = |case: &&str| match case.strip_prefix("actions/") {
        Some(action) => root().join(format!("tests/actions/{action}.toml")).exists(),
        None => ["xphone", "estos", "pascom", "keevio", "linewarden", "mixed"]
            .iter()
            .any(|system| root().join(format!("tests/cases/{system}/{case}.toml")).exists()),
    };
    let missing: Vec<&str> = named.into_iter().filter(|case| !exists(case)).collect();
    assert!(missing.is_empty(), "no such case: {missing:?}");
}

#[test]
fn every_source_file_named_exists() {
    let text = page();
    let places: BTreeSet<&str> =
        column(&tables(&text), "where").into_iter().flat_map(|(_, place)| quoted(place)).collect();
    let files: Vec<&str> = places
        .into_iter()
        .filter(|place| place.ends_with(".rs") || place.ends_with(".toml") || place.ends_with('/'))
        .collect();
    assert!(files.len() > 10, "{} files", files.len());
    let missing: Vec<&str> = files.into_iter().filter(|file| !root().join("src").join(file).exists()).collect();
    assert!(missing.is_empty(), "no such file: {missing:?}");
}

// --- The matrices ---

fn data() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrices.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn levels(system: &Value) -> Vec<&str> {
    list(&system["levels"]).iter().map(|level| word(&level["id"])).collect()
}

/// The sign of a cell, as the page's legend explains it.
fn sign(cell: &Value) -> String {
    let answer = match (cell["value"].as_bool().unwrap(), word(&cell["confidence"])) {
        (true, "certain") => "**Y**",
        (true, "high") => "y",
        (true, "medium") => "y?",
        (false, "certain") => "**N**",
        (false, "high") => "-",
        (false, "medium") => "-?",
        (false, "low") => "-??",
        other => panic!("the legend has no sign for {other:?}"),
    };
    let star = if cell["local_only"] == true { "\\*" } else { "" };
    let special = cell["special"].as_str().unwrap_or_default();
    let words = ["masked", "full", "grey", "red"];
    let note = words.iter().find(|word| special.split([' ', ':']).any(|part| part.starts_with(*word)));
    format!("{answer}{star}{}", note.map(|note| format!(" {note}")).unwrap_or_default())
}

/// The rows of the one table whose first head is this one.
fn matrix<'a>(tables: &[Table<'a>], first: &str, columns: usize) -> Vec<Vec<&'a str>> {
    let mut found = tables.iter().filter(|table| table.head[0] == first);
    let table = found.next().unwrap_or_else(|| panic!("no table begins with `{first}`"));
    assert!(found.next().is_none(), "two tables begin with `{first}`");
    assert_eq!(table.head.len(), columns, "{:?}", table.head);
    table.rows.clone()
}

/// Compares a row's rights and cells.
fn compare(what: &str, gives: &str, cells: &[&str], row: &Value, levels: &[&str]) {
    let line = match row["scope"].as_str() {
        Some("first_line") => ".first",
        Some("second_line") => ".second",
        Some("additional_lines") => ".additional",
        _ => "",
    };
    let given: Vec<&str> = quoted(gives).collect();
    for right in list(&row["unified"]) {
        let right = format!("{}{line}", word(right));
        assert!(given.contains(&right.as_str()), "{what}: `{right}` is not among {given:?}");
    }
    let expected: Vec<String> = levels.iter().map(|level| sign(&row["cells"][level])).collect();
    assert_eq!(cells, expected, "{what}: left the page, right tests/matrices.json, of {levels:?}");
}

#[test]
fn matrix_of_xphone_is_the_data() {
    let (text, data) = (page(), data());
    let rows = matrix(&tables(&text), "row", 13);
    let expected = list(&data["xphone"]["rights"]);
    assert_eq!((rows.len(), expected.len()), (20, 20));
    for (cells, row) in rows.iter().zip(expected) {
        assert_eq!(cells[0], row["row"].to_string());
        assert_eq!(cells[1], word(&row["label"]));
        assert_eq!(cells[12], word(&row["rule"]), "row {}", cells[0]);
        compare(&format!("row {}", cells[0]), cells[2], &cells[3..12], row, &levels(&data["xphone"]));
    }
}

#[test]
fn matrices_of_estos_are_the_data() {
    let (text, data) = (page(), data());
    let tables = tables(&text);
    for (first, table, count) in [("contact field", "contact_fields", 17), ("authorization", "authorizations", 29)] {
        let (rows, expected) = (matrix(&tables, first, 7), list(&data["estos"][table]));
        assert_eq!((rows.len(), expected.len()), (count, count), "{first}");
        for (cells, row) in rows.iter().zip(expected) {
            let label = cells[0].to_lowercase();
            assert!(label.ends_with(&word(&row["label"]).to_lowercase()), "{label}, {}", row["label"]);
            compare(&label, cells[1], &cells[2..], row, &levels(&data["estos"]));
        }
    }
}

#[test]
fn legend_explains_every_sign_and_no_other() {
    let (text, data) = (page(), data());
    let tables = tables(&text);
    let legend = tables.iter().find(|table| table.head[0] == "sign").unwrap();
    let explained: BTreeSet<&str> = legend.rows.iter().flat_map(|row| row[0].split(' ')).collect();
    let rows = list(&data["xphone"]["rights"]).iter();
    let rows = rows.chain(list(&data["estos"]["contact_fields"])).chain(list(&data["estos"]["authorizations"]));
    let signs = rows.flat_map(|row| row["cells"].as_object().unwrap().values()).map(|cell| {
        let sign = sign(cell);
        sign.split(['\\', ' ']).next().unwrap().to_owned()
    });
    let used: BTreeSet<String> = signs.collect();
    assert_eq!(explained, used.iter().map(String::as_str).collect());
}
