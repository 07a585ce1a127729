//! Many programs and one store: they race, are killed, fork, hold it locked, copy it, put another in its place, or may only read.
#![cfg(unix)]
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::store::{self, Numbers, Store, Written};
use linewarden::{ErrorKind, Party};
use linewarden_testkit::stores::{append, arguments, done, filled, given, log, party, program, scratch, word};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Appends as many change sets as WORK_COUNT says, and tells each revision when it has it.
#[test]
#[ignore = "a program that the others run"]
fn work() {
    let store = Store::open(&given()).unwrap();
    for number in 0..word("WORK_COUNT").parse().unwrap() {
        let head = append(&store, "", &format!("{} {number}", word("WORK_NAME"))).unwrap();
        println!("kept {} {number}", head.revision);
        // One that never pauses starves the others, which look for SQLite's lock up to 100 ms apart. An engine's writers queue for the
        // image's lock before that.
        std::thread::sleep(Duration::from_millis(1));
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
        let mut printed = workers.each_mut().map(|worker| BufReader::new(worker.stdout.take().unwrap()).lines());
        let name = |half: usize, line: &str| {
            let (revision, number) = line.strip_prefix("kept ")?.split_once(' ')?;
            Some((revision.parse::<u64>().unwrap(), format!("{round} {half} {number}")))
        };
        let mut seen = 0;
        while seen <= round * 2 {
            let line = printed[0].next().unwrap().unwrap();
            let acknowledged = name(0, &line);
            seen += usize::from(acknowledged.is_some());
            kept.extend(acknowledged);
        }
        for (half, (worker, printed)) in workers.iter_mut().zip(printed).enumerate() {
            worker.kill().unwrap();
            worker.wait().unwrap();
            kept.extend(printed.map_while(|line| line.ok()).filter_map(|line| name(half, &line)));
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

/// Waits for a file that another program makes.
fn wait_for(path: &Path) {
    for _ in 0..3_000 {
        if path.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{} never came", path.display());
}

/// Two children of a process that has the store open twice go on with it; so does the process itself.
#[test]
#[ignore = "a program that another runs"]
fn fork_and_go_on() {
    let path = given();
    let mut open = Some((Store::open(&path).unwrap(), Store::open_reader(&path).unwrap()));
    append(&open.as_ref().unwrap().0, "", "parent").unwrap();
    let children = [0, 1].map(|child| {
        forked(|| {
            let (store, reader) = open.as_ref().unwrap();
            for number in 0..10 {
                append(store, "", &format!("child {child} {number}")).unwrap();
                assert!(reader.revision().unwrap() > 1);
            }
            // It has locks of its own: no process can have the file alone meanwhile.
            assert!(holds_lock(&path), "no lock of its own: {}", fs::read_to_string("/proc/locks").unwrap());
            // One child closes what it inherited, the other ends without a word.
            if child == 0 {
                open = None;
            }
            true
        })
    });
    for number in 0..10 {
        append(&open.as_ref().unwrap().0, "", &format!("parent {number}")).unwrap();
    }
    assert!(children.into_iter().all(succeeded));
    assert!(holds_lock(&path), "a child took the parent's locks");
    append(&open.as_ref().unwrap().0, "", "parent again").unwrap();
    // A child that never looked at it closes it.
    assert!(succeeded(forked(|| {
        open = None;
        true
    })));
    assert!(holds_lock(&path), "a child took the parent's locks");
    let last = append(&open.as_ref().unwrap().0, "", "parent at last").unwrap();
    assert_eq!(last.revision, 33);
}

#[test]
fn a_forked_child_goes_on_with_a_connection_of_its_own() {
    let (_folder, path) = scratch();
    drop(filled(&path, 0));
    let output = program("fork_and_go_on", &path).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let store = Store::open(&path).unwrap();
    store.verify().unwrap();
    let texts: BTreeSet<String> = log(&store).unwrap().into_iter().map(|set| set.text).collect();
    assert_eq!(texts.len(), 33);
}

/// Leaves a child behind that has the store open, and ends as it should.
#[test]
#[ignore = "a program that another runs"]
fn fork_and_leave() {
    let path = given();
    let store = Store::open(&path).unwrap();
    append(&store, "", "parent").unwrap();
    forked(|| {
        assert_eq!(store.revision().unwrap(), 1);
        fs::write(path.with_file_name("ready"), "").unwrap();
        wait_for(&path.with_file_name("go"));
        append(&store, "", "child").unwrap();
        fs::write(path.with_file_name("done"), "").unwrap();
        true
    });
    wait_for(&path.with_file_name("ready"));
}

/// The parent is gone, others come and go: to them the child must count, or the last of them would remove the log it writes to.
#[test]
fn a_child_that_outlives_its_parent_is_not_overlooked() {
    let (_folder, path) = scratch();
    drop(filled(&path, 0));
    // No pipes: the child would keep them open.
    let status = program("fork_and_leave", &path).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success());
    append(&Store::open(&path).unwrap(), "", "another").unwrap();
    assert!(path.with_file_name("rights.db-wal").exists(), "the log was removed under the child");
    fs::write(path.with_file_name("go"), "").unwrap();
    wait_for(&path.with_file_name("done"));
    let store = Store::open(&path).unwrap();
    let texts: Vec<String> = log(&store).unwrap().into_iter().map(|set| set.text).collect();
    assert_eq!(texts, ["parent", "another", "child"]);
    store.verify().unwrap();
}

/// Forks while another thread is in the middle of reading.
#[test]
#[ignore = "a program that another runs"]
fn fork_in_the_middle() {
    let path = given();
    let (store, other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
    let (inside, forked_now) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|threads| {
        threads.spawn(|| {
            store.since(0, 1, |_| {
                inside.store(true, Ordering::SeqCst);
                while !forked_now.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(())
            })
        });
        while !inside.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let child = forked(|| {
            let refused = |error: linewarden::Error| {
                assert!(error.message().contains("was forked while another thread used a store"), "{error}");
            };
            refused(store.revision().unwrap_err());
            refused(other.revision().unwrap_err());
            refused(Store::open(&path).unwrap_err());
            !store::is_store(&path)
        });
        assert!(succeeded(child));
        forked_now.store(true, Ordering::SeqCst);
    });
    append(&store, "", "x").unwrap();
    append(&other, "", "x").unwrap();
}

#[test]
fn a_fork_in_the_middle_of_a_call_is_told() {
    let (_folder, path) = scratch();
    drop(filled(&path, 2));
    let output = program("fork_in_the_middle", &path).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(Store::open(&path).unwrap().verify().unwrap().revision, 4);
}

#[test]
fn a_locked_store_is_told_and_works_afterwards() {
    let (_folder, path) = scratch();
    let mut store = filled(&path, 1);
    store.set_patience(Duration::from_millis(50));
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = store.append(1, 1, "", "x", &Numbers::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(error.message().contains("cannot be written: another program has had it locked for 50ms"), "{error}");
    assert!(error.message().contains(path.to_str().unwrap()), "{error}");
    assert_eq!(store.revision().unwrap(), 1, "readers do not wait");
    assert_eq!(Store::open(&path).unwrap().revision().unwrap(), 1, "nor does who opens");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(append(&store, "", "x").unwrap().revision, 2);
}

#[test]
fn a_file_that_is_gone_is_not_written_to() {
    let (folder, path) = scratch();
    let store = filled(&path, 1);
    fs::rename(&path, folder.path().join("away.db")).unwrap();
    for error in [store.append(1, 1, "", "x", &Numbers::default()).unwrap_err(), store.revision().unwrap_err()] {
        assert!(error.message().contains("was removed or replaced while it was open"), "{error}");
    }
    fs::write(&path, fs::read(folder.path().join("away.db")).unwrap()).unwrap();
    assert!(store.append(1, 1, "", "x", &Numbers::default()).is_err(), "another file of that name");
    fs::rename(folder.path().join("away.db"), &path).unwrap();
    assert_eq!(append(&store, "", "x").unwrap().revision, 2, "back in its place");
}

#[test]
fn a_backup_is_whole_while_others_write() {
    let (folder, path) = scratch();
    let store = filled(&path, 3);
    let enough = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let writer = Store::open(&path).unwrap();
            while !enough.load(Ordering::SeqCst) {
                append(&writer, "", &"x".repeat(20_000)).unwrap();
            }
        });
        for number in 0..5 {
            let copy = folder.path().join(format!("backup-{number}.db"));
            let head = store.backup(&copy).unwrap();
            assert!(!copy.with_file_name(format!("backup-{number}.db-wal")).exists(), "a backup is one file");
            let copy = Store::open_reader(&copy).unwrap();
            assert_eq!(copy.verify().unwrap(), head);
            assert!(log(&store).unwrap().starts_with(&log(&copy).unwrap()));
            assert_eq!(
                (copy.id().unwrap(), copy.checkpoint().unwrap()),
                (store.id().unwrap(), store.checkpoint().unwrap())
            );
        }
        enough.store(true, Ordering::SeqCst);
    });
    assert!(store.backup(&folder.path().join("backup-0.db")).unwrap_err().message().contains("is there already"));
    assert!(store.backup(&path).unwrap_err().message().contains("is there already"));
}

/// Names in the folder of a store.
fn names(path: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(path.parent().unwrap()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn restore_replaces_a_store_that_no_process_has_open() {
    let (_folder, path) = scratch();
    let store = filled(&path, 4);
    let backup = path.with_file_name("backup.db");
    let head = store.backup(&backup).unwrap();
    append(&store, "", "later").unwrap();
    fs::write(store.image_path(), "lwimage of another store").unwrap();
    let before = names(&path);
    let error = store::restore(&backup, &path).unwrap_err();
    assert!(error.message().contains("is in use: end every program that has it open"), "{error}");
    assert_eq!(names(&path), before, "nothing was touched");
    assert_eq!(append(&store, "", "later still").unwrap().revision, 6);
    drop(store);
    // Another one is killed, so that a log lies beside the file.
    let mut worker = worker(&path, "killed", 100_000).spawn().unwrap();
    let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().starts_with("kept 9 ") {}
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert!(path.with_file_name("rights.db-wal").exists());
    assert_eq!(store::restore(&backup, &path).unwrap(), head);
    assert_eq!(names(&path).into_iter().collect::<Vec<_>>(), ["backup.db", "rights.db"]);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.verify().unwrap(), head);
    assert_eq!(append(&store, "", "anew").unwrap().revision, 5);
}

#[test]
fn restore_makes_what_is_not_there_and_nothing_else() {
    let (folder, path) = scratch();
    let store = filled(&path, 4);
    let to = folder.path().join("new.db");
    fs::write(folder.path().join("new.db-image"), "lwimage of another store").unwrap();
    assert_eq!(store::restore(&path, &to).unwrap(), store.head().unwrap(), "from a store in use, too");
    assert!(!folder.path().join("new.db-image").exists());
    assert_eq!(log(&Store::open(&to).unwrap()).unwrap(), log(&store).unwrap());
    assert!(store::restore(&path, &path).is_err());
    // What is no store of ours is never replaced.
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    let text = folder.path().join("text.toml");
    fs::write(&text, "domain = \"acme.example\"").unwrap();
    for there in [&other, &text] {
        let before = fs::read(there).unwrap();
        store::restore(&path, there).unwrap_err();
        assert_eq!(fs::read(there).unwrap(), before);
    }
    // A log without its store would be read into the new one.
    let orphan = folder.path().join("orphan.db");
    fs::write(folder.path().join("orphan.db-wal"), "left").unwrap();
    for error in [store::restore(&path, &orphan).unwrap_err(), Store::create(&orphan).unwrap_err()] {
        assert!(error.message().contains("orphan.db-wal` is left of a store that is gone: move it away"), "{error}");
    }
    // A backup that is damaged replaces nothing.
    let damaged = folder.path().join("damaged.db");
    store.backup(&damaged).unwrap();
    rusqlite::Connection::open(&damaged).unwrap().execute_batch("UPDATE change SET text = 'x'").unwrap();
    let head = Store::open(&to).unwrap().head().unwrap();
    let error = store::restore(&damaged, &to).unwrap_err();
    assert!(error.message().contains("revision 1 is not what was written"), "{error}");
    assert_eq!(Store::open(&to).unwrap().verify().unwrap(), head);
    let drafts: Vec<String> = names(&path).into_iter().filter(|name| name.contains(".new")).collect();
    assert!(drafts.is_empty(), "{drafts:?}");
}

#[test]
fn files_are_for_user_and_group() {
    let (_folder, path) = scratch();
    let store = filled(&path, 1);
    let mode = |ending: &str| {
        let path = path.with_file_name(format!("rights.db{ending}"));
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("") & !0o660, 0, "{:o}", mode(""));
    assert_eq!(mode("") & 0o600, 0o600);
    assert_eq!((mode("-wal"), mode("-shm")), (mode(""), mode("")));
    drop(store);
}

/// Says what a user sees who may only read; once at the beginning and once for each line it gets.
#[test]
#[ignore = "a program that another runs"]
fn look() {
    let path = given();
    match Store::open(&path) {
        Ok(_) => println!("may write"),
        Err(error) => println!("write: {error}"),
    }
    let reader = match Store::open_reader(&path) {
        Ok(reader) => reader,
        Err(error) => return println!("read: {error}"),
    };
    loop {
        match reader.verify().and_then(|head| Ok((head, log(&reader)?.len(), reader.checkpoint()?.documents.len()))) {
            Ok((head, sets, documents)) => println!("sees {} {sets} {documents}", head.revision),
            Err(error) => println!("read: {error}"),
        }
        if std::io::stdin().read(&mut [0]).unwrap() == 0 {
            return;
        }
    }
}

/// The program `look`, as a user who may not write: root may everything, so it runs as nobody.
struct Onlooker {
    program: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    _folder: tempfile::TempDir,
}

/// Starts a copy that was just written. Another test that forks meanwhile holds the copy open for writing until its child runs.
fn spawned(command: &mut Command) -> Child {
    loop {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
}

impl Onlooker {
    fn new(path: &Path) -> Onlooker {
        // That user may not look into the folder that this program lies in.
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let copy = folder.path().join("look");
        fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
        let mut command = arguments(Command::new(&copy), "look", path);
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.uid(65_534).gid(65_534);
        }
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = spawned(&mut command);
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        Onlooker { program, lines, _folder: folder }
    }

    fn says(&mut self) -> String {
        let line = self
            .lines
            .by_ref()
            .map(|line| line.unwrap())
            .find(|line| ["may write", "write: ", "read: ", "sees "].iter().any(|word| line.starts_with(word)));
        line.expect("a line")
    }

    fn looks_again(&mut self) -> String {
        self.program.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        self.says()
    }
}

impl Drop for Onlooker {
    fn drop(&mut self) {
        drop(self.program.stdin.take());
        let _ = self.program.wait();
    }
}

/// Only the owner may write the folder and its files.
fn read_only(path: &Path, on: bool) {
    let folder = path.parent().unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(if on { 0o444 } else { 0o644 })).unwrap();
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(if on { 0o555 } else { 0o755 })).unwrap();
}

#[test]
fn who_may_only_read_sees_everything_all_the_same() {
    let (_folder, path) = scratch();
    drop(filled(&path, 3));
    read_only(&path, true);
    let mut onlooker = Onlooker::new(&path);
    let said = onlooker.says();
    assert!(said.contains("cannot be opened: no permission to write"), "{said}");
    assert_eq!(onlooker.says(), "sees 3 3 1");
    read_only(&path, false);
    let store = Store::open(&path).unwrap();
    append(&store, "", "x").unwrap();
    read_only(&path, true);
    assert_eq!(onlooker.looks_again(), "sees 4 4 1", "while a writer has it open");
    append(&store, "", "x").unwrap();
    assert_eq!(onlooker.looks_again(), "sees 5 5 1");
    read_only(&path, false);
    drop(store);
    read_only(&path, true);
    assert_eq!(onlooker.looks_again(), "sees 5 5 1", "when nobody has it open any more");
    read_only(&path, false);
}

#[test]
fn who_may_only_read_is_told_when_that_is_not_enough() {
    let (_folder, path) = scratch();
    drop(filled(&path, 3));
    let mut worker = worker(&path, "killed", 100_000).spawn().unwrap();
    let mut lines = BufReader::new(worker.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().starts_with("kept 9 ") {}
    worker.kill().unwrap();
    worker.wait().unwrap();
    fs::remove_file(path.with_file_name("rights.db-shm")).unwrap();
    read_only(&path, true);
    let mut onlooker = Onlooker::new(&path);
    onlooker.says();
    let said = onlooker.says();
    assert!(said.starts_with("read: ") && said.contains("rights.db` cannot be opened: no permission"), "{said}");
    read_only(&path, false);
    assert!(Store::open(&path).unwrap().verify().unwrap().revision >= 9);
}

/// Numbers of outside addresses that two programs give at the same time are never the same.
#[test]
fn numbers_are_given_once() {
    let (_folder, path) = scratch();
    drop(filled(&path, 0));
    let mine = |name: String| {
        let store = Store::open(&path).unwrap();
        (0..50).map(move |number| {
            loop {
                let last = store.parties_above(Party(0)).unwrap().len() as u32;
                let contact = party(last + 1, &format!("sip:{name}{number}@elsewhere.example"));
                let numbers = Numbers { domains: vec![], parties: vec![contact] };
                if store.append(u64::from(last) - 2, 1, "", "x", &numbers).unwrap() != Written::Behind {
                    break last + 1;
                }
            }
        })
    };
    let given = std::thread::scope(|threads| {
        let programs = ["a", "b", "c"].map(|name| threads.spawn(move || mine(name.into()).collect::<Vec<u32>>()));
        programs.map(|program| program.join().unwrap()).concat()
    });
    assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), 150);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.parties_above(Party(2)).unwrap().len(), 150);
    assert_eq!(done(store.append(150, 1, "", "x", &Numbers::default()).unwrap()).revision, 151);
    store.verify().unwrap();
}
