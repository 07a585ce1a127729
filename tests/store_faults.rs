//! The disk fails: at each write, each read, each `fsync`, once and for good, with an error or because it is full. Whatever was
//! acknowledged is there afterwards, and the log is whole.
#![cfg(unix)]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::store::Store;
use linewarden::{ErrorKind, Result};
use linewarden_testkit::native::{self, root, run, tool};
use linewarden_testkit::stores::{self, append, arguments, filled, given, log, program, scratch, word};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Opens and appends, twice, so that the checkpoints of closing lie in between; says what was acknowledged and what failed.
#[test]
#[ignore = "a program that the others run"]
fn work() {
    let path = given();
    let mut number = 0;
    let mut round = || -> Result<()> {
        let mut store = Store::open(&path)?;
        store.set_patience(std::time::Duration::from_millis(20));
        for _ in 0..3 {
            number += 1;
            match append(&store, "", &stores::text(number)) {
                Ok(head) => println!("kept {} {number}", head.revision),
                Err(error) => println!("error {} {error}", error.code()),
            }
        }
        Ok(())
    };
    for _ in 0..2 {
        if let Err(error) = round() {
            println!("error {} {error}", error.code());
        }
    }
    println!("ended");
}

/// What [`work`] said.
struct Said {
    kept: BTreeMap<u64, usize>,
    errors: Vec<String>,
}

fn said(output: &Output) -> Said {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success() && text.contains("\nended\n"), "{}", native::printed(output));
    let mut said = Said { kept: BTreeMap::new(), errors: Vec::new() };
    for line in text.lines() {
        if let Some(kept) = line.strip_prefix("kept ") {
            let (revision, number) = kept.split_once(' ').unwrap();
            let twice = said.kept.insert(revision.parse().unwrap(), number.parse().unwrap());
            assert!(twice.is_none(), "revision {revision} was acknowledged twice:\n{text}");
        } else if let Some(error) = line.strip_prefix("error ") {
            let (kind, message) = error.split_once(' ').unwrap();
            assert_eq!(kind, (ErrorKind::File as i32).to_string(), "{message}");
            assert!(message.contains("rights.db` "), "an error that does not say which file: {message}");
            said.errors.push(message.to_owned());
        }
    }
    said
}

/// Everything acknowledged is in the store, which is whole and can be written.
fn check(path: &Path, before: u64, said: &Said, how: &str) {
    let store = Store::open(path).unwrap_or_else(|error| panic!("{how}: {error}"));
    store.verify().unwrap_or_else(|error| panic!("{how}: {error}"));
    let sets = log(&store).unwrap();
    for (revision, number) in &said.kept {
        let set = sets.get(*revision as usize - 1).unwrap_or_else(|| panic!("{how}: revision {revision} is lost"));
        assert!(set.text == stores::text(*number), "{how}: revision {revision} is another one");
    }
    assert!(sets.len() as u64 >= before && sets.len() as u64 <= before + 6, "{how}: {} revisions", sets.len());
    let mut texts: Vec<&str> = sets.iter().skip(before as usize).map(|set| set.text.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len() as u64 + before, sets.len() as u64, "{how}: a change set is there twice");
    append(&store, "", "afterwards").unwrap_or_else(|error| panic!("{how}: {error}"));
}

fn preloaded() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("faults.so");
    let mut gcc = tool("gcc");
    gcc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]).arg(root().join("tests/c/faults.c"));
    run(gcc.arg("-o").arg(&library).arg("-ldl"));
    (folder, library)
}

/// Lets the calls of one kind fail, one after the other, until all were met. Returns the errors that were returned.
fn fail_each(call: &str, errno: i32, ever: bool) -> Vec<String> {
    let (_library_folder, library) = preloaded();
    let (_folder, origin) = scratch();
    drop(filled(&origin, 4));
    let mut errors = Vec::new();
    let mut nth = 1;
    // Early calls are met one by one, later ones by samples, until there is none any more.
    loop {
        let (_folder, path) = scratch();
        fs::copy(&origin, &path).unwrap();
        let mut command = program("work", &path);
        command.env("LD_PRELOAD", &library).env("FAULT_NAME", "rights.db").env("FAULT_CALL", call);
        command.env("FAULT_NTH", nth.to_string()).env("FAULT_ERRNO", errno.to_string());
        if ever {
            command.env("FAULT_EVER", "1");
        }
        let how = format!("{call} {nth} with errno {errno}{}", if ever { " and ever after" } else { "" });
        let output = command.output().unwrap();
        let said = said(&output);
        check(&path, 4, &said, &how);
        if !String::from_utf8_lossy(&output.stderr).contains("fault: ") {
            assert!(said.errors.is_empty() && said.kept.len() == 6, "{how}: {:?}", said.errors);
            break;
        }
        errors.extend(said.errors);
        nth += 1 + nth / 12;
        assert!(nth < 5_000, "{call}: it never ends");
    }
    assert!(nth > 6, "{call}: only {nth} calls were met, is the preloaded library in force?");
    errors
}

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

#[test]
fn a_write_that_fails_loses_nothing() {
    let errors = fail_each("write", EIO, false);
    assert!(errors.iter().any(|error| error.contains("the disk reports an error (while writing)")), "{errors:#?}");
}

#[test]
fn a_full_disk_loses_nothing() {
    let errors = fail_each("write", ENOSPC, true);
    assert!(
        errors.iter().any(|error| error.contains("the disk is full; nothing was changed: make room")),
        "{errors:#?}"
    );
}

#[test]
fn an_fsync_that_fails_loses_nothing() {
    let errors = fail_each("sync", EIO, false);
    assert!(errors.iter().any(|error| error.contains("while making sure that it is on the disk")), "{errors:#?}");
    fail_each("sync", EIO, true);
}

/// Notes so many times that the upstream was heard from, and then that the store is forked, if that is asked for.
#[test]
#[ignore = "a program that another one runs"]
fn hear() {
    let store = Store::open(&given()).unwrap();
    let batch = store.batch(store.head().unwrap().revision, 0).unwrap();
    let wanted = |name: &str| std::env::var(name).unwrap().parse::<u32>().unwrap();
    for _ in 0..wanted("TEST_WORDS") {
        store.follow(&batch, "upstream").unwrap();
    }
    for _ in 0..wanted("TEST_FORKS") {
        store.mark_forked("for a test").unwrap();
    }
}

/// How often it waits for the disk.
fn syncs(words: u32, forks: u32) -> u32 {
    let (_library_folder, library) = preloaded();
    let (_folder, origin) = scratch();
    drop(filled(&origin, 4));
    let counts = (1..100).take_while(|nth| {
        let (_folder, path) = scratch();
        fs::copy(&origin, &path).unwrap();
        let mut command = program("hear", &path);
        command.env("LD_PRELOAD", &library).env("FAULT_NAME", "rights.db").env("FAULT_CALL", "sync");
        command.env("FAULT_NTH", nth.to_string()).env("FAULT_ERRNO", EIO.to_string());
        command.env("TEST_WORDS", words.to_string()).env("TEST_FORKS", forks.to_string());
        String::from_utf8_lossy(&command.output().unwrap().stderr).contains("fault: ")
    });
    u32::try_from(counts.count()).unwrap()
}

/// An agent notes each second and for each store that it has heard from the log.
#[test]
fn a_word_from_the_upstream_does_not_wait_for_the_disk_and_a_fork_does() {
    let (one, many, forked) = (syncs(1, 0), syncs(20, 0), syncs(20, 1));
    assert_eq!(one, many);
    assert!((1..50).contains(&one), "that a store follows is on the disk: {one}");
    assert!(forked > many, "{forked} {many}");
}

#[test]
fn a_read_that_fails_loses_nothing() {
    let errors = fail_each("read", EIO, false);
    assert!(errors.iter().any(|error| error.contains("the disk reports an error (while reading)")), "{errors:#?}");
}

/// A limit on the size of files, as a quota would set it.
#[test]
fn a_file_that_may_not_grow_loses_nothing() {
    let (_folder, origin) = scratch();
    drop(filled(&origin, 4));
    let mut failed = 0;
    for limit in [8, 16, 32, 1 << 20] {
        let (_folder, path) = scratch();
        fs::copy(&origin, &path).unwrap();
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"")]);
        let output = arguments(
            {
                shell.arg(std::env::current_exe().unwrap());
                shell
            },
            "work",
            &path,
        )
        .output()
        .unwrap();
        let said = said(&output);
        failed += usize::from(!said.errors.is_empty());
        check(&path, 4, &said, &format!("a limit of {limit} KiB"));
    }
    assert!((1..4).contains(&failed), "{failed} of four limits were met");
    assert!(word("LINEWARDEN_TEST_STORE").is_empty());
}
