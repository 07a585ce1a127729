//! `docs/threat-model.md` promises by tests that exist: every file it names is there, and every test in parentheses behind a file
//! stands in that file.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::fs;
use std::path::Path;

#[test]
fn every_promise_names_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let table = page.split("## Who attacks").nth(1).unwrap().split("\nNot promised").next().unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert!(rows.len() > 10, "only {} rows", rows.len());
    for row in rows {
        let tried = row.trim_matches('|').rsplit(" | ").next().unwrap();
        let mut file = None;
        for word in tried.split('`').skip(1).step_by(2).filter(|word| !word.starts_with("make ")) {
            if word.contains('/') {
                let path = root.join(word);
                assert!(path.exists(), "{word}: {row}");
                file = Some(path).filter(|path| path.is_file());
            } else if let Some(file) = &file {
                let source = fs::read_to_string(file).unwrap();
                assert!(source.contains(&format!("fn {word}(")), "no test `{word}` in {}", file.display());
            }
        }
        assert!(tried.contains('`'), "no test: {row}");
    }
}
