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

/// cargo succeeds where a filter matches no test, so every command of docs/reliability.md is held against the sources.
#[test]
fn every_command_of_the_faults_runs_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/reliability.md")).unwrap();
    let commands: Vec<&str> =
        page.split('`').skip(1).step_by(2).filter(|code| code.starts_with("cargo test ")).collect();
    assert!(commands.len() > 20, "only {} commands", commands.len());
    for command in commands {
        let words: Vec<&str> = command.split(' ').skip(2).collect();
        let sources = match words.as_slice() {
            ["--lib", ..] => sources(&root.join("src")),
            ["--test", name, ..] => {
                let mut found = sources(&root.join("tests").join(name));
                found.extend(fs::read_to_string(root.join(format!("tests/{name}.rs"))).ok());
                found
            }
            _ => panic!("`{command}`: expected --lib or --test NAME"),
        };
        let filter = words.iter().skip(1).rfind(|word| !words[0].ends_with("test") || **word != words[1]).copied();
        let filter = filter.unwrap_or_default();
        let mut names =
            sources.iter().flat_map(|text| text.split("fn ").skip(1)).filter_map(|rest| rest.split('(').next());
        assert!(names.any(|name| name.contains(filter)), "`{command}` runs no test");
    }
}

/// The texts of all Rust files in a folder and below; none where it is not there.
fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| match path.is_dir() {
        true => sources(&path),
        false if path.extension().is_some_and(|end| end == "rs") => vec![fs::read_to_string(path).unwrap()],
        false => Vec::new(),
    };
    entries.flat_map(text).collect()
}
