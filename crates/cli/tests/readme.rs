//! README.md says the truth: its program is compiled and run, its commands are run, and both print what stands there.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden_testkit::native::{Build, Workshop, built_library, root, run, told, valgrind};
use std::fs;
use std::process::Command;

/// The blocks of README.md that are marked with that language.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let fence = format!("```{language}\n");
    let found: Vec<String> =
        readme.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_string()).collect();
    assert!(!found.is_empty(), "README.md has no block marked `{language}`");
    found
}

#[test]
fn first_program_prints_what_the_readme_says() {
    let (programs, prints) = (blocks("c"), blocks("text"));
    assert_eq!((programs.len(), prints.len()), (1, 1));
    let lines = programs[0].lines().count();
    assert!(lines <= 25, "a first program of {lines} lines");
    let workshop = Workshop::new(&built_library());
    let source = workshop.path("first.c");
    fs::write(&source, &programs[0]).unwrap();
    for build in [Build::Plain, Build::Sanitized] {
        let program = workshop.build(&source, build);
        let output = run(Command::new(&program).current_dir(root()));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), prints[0], "{build:?}");
    }
    run(valgrind(&workshop.path("first-Plain")).current_dir(root()));
}

#[test]
fn commands_print_what_the_readme_says() {
    let mut commands = 0;
    // Some make files.
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("examples"), folder.path().join("examples")).unwrap();
    for block in blocks("console") {
        for part in block.split("$ linewarden ").skip(1) {
            let (line, expected) = part.split_once('\n').unwrap();
            let words = line.split(' ').map(|word| word.trim_matches('\''));
            let output =
                Command::new(env!("CARGO_BIN_EXE_linewarden")).args(words).current_dir(&folder).output().unwrap();
            let printed = String::from_utf8_lossy(&output.stdout);
            assert_eq!(timeless(&printed), timeless(expected), "{line}: {}", told(&output));
            commands += 1;
        }
    }
    assert!(commands >= 6, "only {commands} commands were run");
}

/// The same with every day and time of day replaced.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.split_once(" UTC") {
        Some((before, after)) if before.len() > 23 => {
            format!("{}DAY AND TIME UTC{after}", &before[..before.len() - 23])
        }
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The index of the manual names every page beside it, and leads only to what is there.
#[test]
fn index_of_the_manual_is_whole() {
    let docs = root().join("docs");
    let index = fs::read_to_string(docs.join("README.md")).unwrap();
    let links: Vec<&str> = index.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    for link in &links {
        assert!(docs.join(link).exists(), "docs/README.md leads to `{link}`, which does not exist");
    }
    for entry in fs::read_dir(&docs).unwrap() {
        let page = entry.unwrap().file_name().into_string().unwrap();
        if page.ends_with(".md") && page != "README.md" {
            assert!(links.contains(&page.as_str()), "docs/README.md does not name `{page}`");
        }
    }
}

/// Every file that the documents for people point at is there. `target/` and what is to come are not.
#[test]
fn files_that_are_named_exist() {
    let mut seen = 0;
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/design.md",
        "docs/recipes.md",
        "docs/operate.md",
        "docs/performance.md",
        "docs/reliability.md",
    ] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let word = word.trim_end_matches('/');
            let folders = ["src/", "docs/", "tests/", "examples/", "include/", "fuzz/"];
            let named = folders.iter().any(|folder| word.starts_with(folder)) || word.ends_with(".md");
            if named && !word.contains(['<', '*', ' ', '{']) {
                assert!(root().join(word).exists(), "{document} names `{word}`, which does not exist");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "only {seen} names were looked at");
}
