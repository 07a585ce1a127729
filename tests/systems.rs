//! `docs/systems.md` names every rule, every reading and only cases and files that exist.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::path::Path;

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/systems.md")).unwrap()
}

/// The cells of each row of each table.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with('|') && !line.starts_with("| ---"));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_rule_and_every_reading_has_a_row() {
    let text = page();
    let ids: BTreeSet<&str> = rows(&text).into_iter().map(|cells| cells[0]).collect();
    let counts = [("X", 17), ("E", 24), ("P", 11), ("K", 8), ("AMB-", 25)];
    let expected = counts.into_iter().flat_map(|(system, count)| (1..=count).map(move |n| format!("{system}{n}")));
    let missing: Vec<String> = expected.filter(|id| !ids.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
}

#[test]
fn every_case_named_exists() {
    let text = page();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let exists = |case: &str| {
        let file = format!("{}.toml", case.to_lowercase());
        ["xphone", "estos", "pascom", "keevio", "mixed"].iter().any(|system| cases.join(system).join(&file).exists())
    };
    let tables = rows(&text).into_iter().filter(|cells| cells.len() >= 3);
    let mut named: BTreeSet<&str> = tables.flat_map(|cells| quoted(cells[cells.len() - 1])).collect();
    named.extend(text.lines().filter_map(|line| line.split_once("Cases: ")).flat_map(|(_, cases)| quoted(cases)));
    assert!(named.len() > 150, "{} cases", named.len());
    let missing: Vec<&str> = named.into_iter().filter(|case| !exists(case)).collect();
    assert!(missing.is_empty(), "no such case: {missing:?}");
}

#[test]
fn every_source_file_named_exists() {
    let text = page();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let tables = rows(&text).into_iter().filter(|cells| cells.len() >= 3);
    let places: BTreeSet<&str> = tables.flat_map(|cells| quoted(cells[cells.len() - 2])).collect();
    let files =
        places.into_iter().filter(|place| place.ends_with(".rs") || place.ends_with(".toml") || place.ends_with('/'));
    let missing: Vec<&str> = files.filter(|file| !source.join(file).exists()).collect();
    assert!(missing.is_empty(), "no such file: {missing:?}");
}
