//! Many programs and one store: they race, are killed, fork, hold it locked, copy it, put another in its place, or may only read.
#![cfg(unix)]
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

#[path = "common/stores.rs"]
mod stores;

use linewarden::store::{self, Numbers, Store, Written};
use linewarden::{ErrorKind, Party};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use stores::{append, arguments, done, filled, given, log, party, program, scratch, word};

/// Appends as many change sets as WORK_COUNT says, and tells each revision when it has it.
#[test]
#[ignore = "a program that the others run"]
fn work() {
    let store = Store::open(&given()).unwrap();
    for number in 0..word("WORK_COUNT").parse().unwrap() {
        let head = append(&store, "", &format!("{} {number}", word("WORK_NAME"))).unwrap();
        println!("kept {} {number}", head.revision);
    }
}

fn worker(path: &Path, name: &str, count: usize) -> Command {
    let mut command = program("work", path);
    command.env("WORK_NAME", name).env("WORK_COUNT", count.to_string()).stdout(Stdio::piped());
    command
}

#[test]
fn processes_that_race_append_one_after_the_other() {
    let (_folder, path) = scratch();
    drop(filled(&path, 0));
    const EACH: usize = 30;
    let workers: Vec<Child> = (0..4).map(|name| worker(&path, &name.to_string(), EACH).spawn().unwrap()).collect();
    for worker in workers {
        assert!(worker.wait_with_output().unwrap().status.success());
    }
    let store = Store::open(&path).unwrap();
    let sets = log(&store).unwrap();
    let texts: BTreeSet<&str> = sets.iter().map(|set| set.text.as_str()).collect();
    assert_eq!((sets.len(), texts.len()), (4 * EACH, 4 * EACH));
    // Each one's own are in its order.
    for name in 0..4 {
        let own = sets.iter().filter_map(|set| set.text.strip_prefix(&format!("{name} ")));
        assert!(own.map(|number| number.parse::<usize>().unwrap()).eq(0..EACH));
    }
    store.verify().unwrap();
}

#[test]
fn a_process_that_is_killed_takes_nothing_with_it() {
    let (_folder, path) = scratch();
    drop(filled(&path, 0));
    let mut kept = BTreeMap::new();
    for round in 0..8usize {
        let mut workers = [0, 1].map(|half| worker(&path, &format!("{round} {half}"), 100_000).spawn().unwrap());
        let mut told = workers.each_mut().map(|worker| BufReader::new(worker.stdout.take().unwrap()).lines());
        let name = |half: usize, line: &str| {
            let (revision, number) = line.strip_prefix("kept ")?.split_once(' ')?;
            Some((revision.parse::<u64>().unwrap(), format!("{round} {half} {number}")))
        };
        let mut seen = 0;
        while seen <= round * 2 {
            let line = told[0].next().unwrap().unwrap();
            let acknowledged = name(0, &line);
            seen += usize::from(acknowledged.is_some());
            kept.extend(acknowledged);
        }
        for (half, (worker, told)) in workers.iter_mut().zip(told).enumerate() {
            worker.kill().unwrap();
            worker.wait().unwrap();
            kept.extend(told.map_while(|line| line.ok()).filter_map(|line| name(half, &line)));
        }
        let store = Store::open(&path).unwrap();
        store.verify().unwrap();
        let sets = log(&store).unwrap();
        for (revision, text) in &kept {
            assert_eq!(&sets[*revision as usize - 1].text, text, "round {round}");
        }
    }
    assert!(kept.len() > 60, "only {} were acknowledged", kept.len());
}

/// What a child of fork() does, and how it ends.
#[allow(unsafe_code, reason = "a fork is what is tested")]
fn forked(child: impl FnOnce() -> bool) -> i32 {
    // SAFETY: the program that calls this has one thread, or one more that is known not to be inside the allocator for long.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(false);
        // SAFETY: ends the child without running what belongs to its parent.
        unsafe { libc::_exit(i32::from(!done)) };
    }
    pid
}

#[allow(unsafe_code, reason = "a fork is what is tested")]
fn succeeded(pid: i32) -> bool {
    let mut status = 0;
    // SAFETY: a child of ours, and a place for its status.
    unsafe { libc::waitpid(pid, &mut status, 0) == pid && status == 0 }
}

/// Whether this process holds a lock on the file.
fn holds_lock(path: &Path) -> bool {
    let about = fs::metadata(path).unwrap();
    let (process, file) = (std::process::id().to_string(), format!(":{}", about.ino()));
    let locks = fs::read_to_string("/proc/locks").unwrap();
    locks.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.contains(&process.as_str()) && words.iter().any(|word| word.ends_with(&file))
    })
}

/// Two children of a process that has the store open twice go on with it; so does the process itself.
#[test]
#[ignore = "a program that another runs"]
fn fork_and_go_on() {
    let path = given();
    let (store, reader) = (Store::open(&path).unwrap(), Store::open_reader(&path).unwrap());
    append(&store, "", "parent").unwrap();
    let children = [0, 1].map(|child| {
        forked(|| {
            for number in 0..10 {
                append(&store, "", &format!("child {child} {number}")).unwrap();
                assert!(reader.revision().unwrap() > 1);
            }
            // It has locks of its own: nobody can think to be alone meanwhile.
            assert!(holds_lock(&path), "no lock of its own: {}", fs::read_to_string("/proc/locks").unwrap());
            // One child ends as it should, the other without a word.
            if child == 0 {
                drop((store, reader));
            }
            true
        })
    });
    todo_parent(&path, children);
}

fn todo_parent(_path: &Path, _children: [i32; 2]) {}
