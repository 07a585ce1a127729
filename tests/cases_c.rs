//! Every case file once more, through C: each `[[ask]]` goes to `tests/c/cases.c`, which asks it in every way the interface has.
//! It must never pass because nothing was asked: the questions are counted on both sides.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::system::xphone::TransferRole;
use linewarden::{Right, RightSet};
use linewarden_testkit::cases::{Ask, Case, load_all};
use linewarden_testkit::native::{Build, Workshop, built_library, printed, root, run_with_input};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The questions of a case, a line each, in the runner's form; and how many lines.
fn questions(case: &Case) -> (String, usize) {
    let mut lines = String::new();
    let mut count = 0;
    for ask in &case.ask {
        for (right, yes) in expected(ask) {
            let role = match ask.role() {
                None => "-",
                Some(TransferRole::Consulted) => "consulted",
                Some(TransferRole::Transferring) => "transferring",
            };
            let answer = if yes { "yes" } else { "no" };
            writeln!(lines, "{}\t{}\t{}\t{role}\t{answer}", ask.actor, right.name(), ask.target).unwrap();
            count += 1;
        }
    }
    (lines, count)
}

/// Every single right that the question asserts, and every bare name whose answer follows from its three lines.
fn expected(ask: &Ask) -> Vec<(Right, bool)> {
    let (yes, no) = ask.expected();
    let mut all: Vec<(Right, bool)> = yes.iter().map(|right| (right, true)).collect();
    all.extend(no.iter().map(|right| (right, false)));
    for right in Right::names().map(|name| Right::parse(name).unwrap()) {
        let lines: RightSet = right.mask();
        if lines.iter().count() == 3 {
            if lines.without(yes).is_empty() {
                all.push((right, true));
            } else if !(lines & no).is_empty() {
                all.push((right, false));
            }
        }
    }
    all
}

/// Puts the case's documents where the runner can open them, one file or a folder of several.
fn put(case: &Case, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (document, place) in case.documents().iter().zip(1..) {
        fs::write(folder.join(format!("{place}.toml")), &document.text).unwrap();
    }
}

#[test]
fn every_case_is_answered_the_same_through_c() {
    let workshop = Workshop::new(&built_library());
    let program = workshop.build(&root().join("tests/c/cases.c"), Build::Plain);
    let (mut files, mut asked, mut faults) = (0, 0, Vec::new());
    for case in load_all().iter().filter(|case| case.refused.is_none() && !case.ask.is_empty()) {
        let folder = workshop.path(&case.id);
        put(case, &folder);
        let (lines, count) = questions(case);
        assert!(count > 0, "{}: nothing is asked", case.id);
        let output = run_with_input(Command::new(&program).arg(&folder), &lines);
        let out = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() || out != format!("{count} cases, 0 mismatches\n") {
            faults.push(format!(
                "{} ({}): {count} questions\n{lines}{}",
                case.id,
                case.path.display(),
                printed(&output)
            ));
        }
        files += 1;
        asked += count;
    }
    assert!(faults.is_empty(), "{} cases differ through C:\n{}", faults.len(), faults.join("\n"));
    assert!(files > 150 && asked > 5000, "only {asked} questions of {files} files were asked");
}

/// What a case says is not loaded is not loaded through C either, and the message has the same words.
#[test]
fn refused_documents_are_refused_through_c() {
    let workshop = Workshop::new(&built_library());
    let program = workshop.build(&root().join("tests/c/cases.c"), Build::Plain);
    let mut refused = 0;
    for case in load_all() {
        let Some(parts) = &case.refused else { continue };
        let folder = workshop.path(&case.id);
        put(&case, &folder);
        let output = run_with_input(Command::new(&program).arg(&folder), "");
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{}: {}", case.id, printed(&output));
        for part in parts {
            assert!(message.contains(part), "{}: `{part}` is not in the message: {message}", case.id);
        }
        refused += 1;
    }
    assert!(refused > 20, "only {refused} documents were refused");
}

/// The runner does see a wrong answer: the same questions with every answer turned round are all mismatches.
#[test]
fn turned_round_every_answer_is_a_mismatch() {
    let workshop = Workshop::new(&built_library());
    let program = workshop.build(&root().join("tests/c/cases.c"), Build::Plain);
    let case = load_all().into_iter().find(|case| case.id == "vector-X-01").unwrap();
    let folder = workshop.path(&case.id);
    put(&case, &folder);
    let (lines, count) = questions(&case);
    let turned: String = lines
        .lines()
        .map(|line| match line.strip_suffix("\tyes") {
            Some(question) => format!("{question}\tno\n"),
            None => format!("{}\tyes\n", line.strip_suffix("\tno").unwrap()),
        })
        .collect();
    let output = run_with_input(Command::new(&program).arg(&folder), &turned);
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", printed(&output));
    let wrong: std::collections::BTreeSet<&str> = out
        .lines()
        .filter(|line| line.contains("\tlw_may_in_call\t"))
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(wrong.len(), count, "{}", printed(&output));
}
