//! The golden questions through the C interface: the answers that every binding must give too, see `bindings/`. With the address
//! and undefined behaviour sanitizers, so that all those calls leak and overrun nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden_testkit::native::{Build, Workshop, built_library, printed, root, run_with_input};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

fn questions() -> String {
    fs::read_to_string(root().join("tests/golden/questions.tsv")).unwrap()
}

#[test]
fn every_question_is_answered_as_written() {
    let workshop = Workshop::new(&built_library());
    for build in [Build::Plain, Build::Sanitized] {
        let program = workshop.build(&root().join("tests/golden/ask.c"), build);
        let output = run_with_input(Command::new(program).arg(root().join("tests/golden/companies")), &questions());
        assert!(output.status.success(), "{}", printed(&output));
    }
}

#[test]
fn a_wrong_answer_is_noticed() {
    let workshop = Workshop::new(&built_library());
    let program = workshop.build(&root().join("tests/golden/ask.c"), Build::Plain);
    let questions = questions();
    let turned = questions.replacen("\tyes\n", "\tno\n", 1);
    assert_ne!(questions, turned);
    let output = run_with_input(Command::new(program).arg(root().join("tests/golden/companies")), &turned);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 wrong"), "{}", printed(&output));
}

#[test]
fn both_answers_are_expected_of_every_kind_of_check() {
    let questions = questions();
    let rows: Vec<Vec<&str>> = questions
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(rows.iter().all(|row| row.len() == 7), "seven fields expected");
    let kinds: BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
    for kind in kinds {
        let answers: BTreeSet<&str> = rows.iter().filter(|row| row[0] == kind).map(|row| row[6]).collect();
        assert!(answers.len() > 1, "every answer to `{kind}` is {answers:?}: a binding that always says so would pass");
    }
    let unique: BTreeSet<&Vec<&str>> = rows.iter().collect();
    assert_eq!(unique.len(), rows.len(), "a question stands twice");
}
