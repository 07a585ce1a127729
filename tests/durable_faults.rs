//! What can go wrong around an engine over a store: disks, permissions, files that are damaged, removed or replaced, other programs,
//! forks, clocks. A clear error, the old answers stay in force, nothing that was acknowledged is lost.
#![cfg(target_os = "linux")]
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::document::Document;
use linewarden::internals::engine::Filter;
use linewarden::internals::policy::change::Author;
use linewarden::internals::store::{self, Numbers, Store};
use linewarden::{Engine, ErrorKind, Right};
use linewarden_testkit::native;
use linewarden_testkit::stores::{self, arguments, given, program, scratch, word};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn company(users: usize) -> Vec<Document> {
    let mut text = String::from("domain = \"acme.example\"\nsystems = [\"xphone\"]\n");
    text.push_str(
        "[[site]]\nname = \"s\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"\n",
    );
    for user in 0..users {
        writeln!(text, "[[user]]\nname = \"u{user}\"\nlines = [\"{}\"]\nsite = \"s\"", 1000 + user).unwrap();
    }
    vec![Document { name: "acme.toml".into(), text }]
}

fn stored(path: &Path) -> Engine {
    Engine::create_from(path, &company(20), None).unwrap().0
}

fn apply(engine: &Engine, text: &str) -> linewarden::Result<u64> {
    engine.apply_text(Author::Administrator, None, text)
}

/// Whether `u1` may pick up what rings at `u0`.
fn may(engine: &Engine) -> bool {
    let [viewer, owner] = ["u1", "u0"].map(|name| engine.find(None, name).unwrap());
    assert_eq!(engine.may(viewer, Right::CALL_PICKUP, owner), engine.evaluate(viewer, owner).has(Right::CALL_PICKUP));
    engine.may(viewer, Right::CALL_PICKUP, owner)
}

const YES: &str = "set relationship u0 u1 assistant";
const NO: &str = "set relationship u0 u1 employee";

/// Everything is whole, and can be changed.
#[track_caller]
fn sound(engine: &Engine, how: &str) {
    let verified = engine.verify().unwrap_or_else(|error| panic!("{how}: {error}"));
    let all = verified.pairs == verified.of || verified.of > 4_000_000;
    assert!(verified.revision == engine.revision() && all, "{how}: {verified:?}");
    let next = apply(engine, if may(engine) { NO } else { YES }).unwrap_or_else(|error| panic!("{how}: {error}"));
    assert_eq!(next, verified.revision + 1, "{how}");
}

/// Makes WORK_COUNT change sets of WORK_SIZE new users, and goes on when one fails.
#[test]
#[ignore = "a program that the others run"]
fn work() {
    let number = |name: &str| word(name).parse::<usize>().unwrap();
    let engine = match Engine::open(given()) {
        Ok(engine) => engine,
        Err(error) => return println!("error {} {}\nended", error.code(), error.message().replace('\n', " ")),
    };
    let mut expected = may(&engine);
    for set in 0..number("WORK_COUNT") {
        let (name, before) = (word("WORK_NAME"), engine.revision());
        let mut text = String::from(if expected { NO } else { YES });
        (0..number("WORK_SIZE")).for_each(|user| write!(text, "\nadd user {name}-{set}-{user}").unwrap());
        match apply(&engine, &text) {
            Ok(revision) => {
                println!("kept {revision} {name}-{set}-0");
                expected = !expected;
            }
            Err(error) => {
                println!("error {} {}", error.code(), error.message().replace('\n', " "));
                assert_eq!(engine.revision(), before, "an error, and yet another revision");
                assert!(engine.find(None, &format!("{name}-{set}-0")).is_none());
            }
        }
        if word("WORK_ALONE") == "yes" {
            assert_eq!(may(&engine), expected);
        } else {
            expected = may(&engine);
        }
    }
    println!("ended");
}

fn worker(mut command: Command, path: &Path, name: &str, count: usize, size: usize) -> Command {
    command = arguments(command, "work", path);
    command.env("WORK_NAME", name).env("WORK_COUNT", count.to_string()).env("WORK_SIZE", size.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn this() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// What [`work`] said: the users it added, by revision, and its errors.
#[track_caller]
fn said(output: &Output, how: &str) -> (BTreeMap<u64, String>, Vec<String>) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success() && text.contains("ended\n"), "{how}: {}", native::printed(output));
    let (mut kept, mut errors) = (BTreeMap::new(), Vec::new());
    for line in text.lines() {
        if let Some((revision, name)) = line.strip_prefix("kept ").and_then(|kept| kept.split_once(' ')) {
            assert!(kept.insert(revision.parse().unwrap(), name.to_owned()).is_none(), "{how}: {line} twice");
        } else if let Some((kind, message)) = line.strip_prefix("error ").and_then(|error| error.split_once(' ')) {
            assert_eq!(kind, (ErrorKind::File as i32).to_string(), "{how}: {message}");
            assert!(message.contains("rights.db"), "{how}: an error that does not say which file: {message}");
            errors.push(message.to_owned());
        }
    }
    (kept, errors)
}

/// What was acknowledged is there, once, and in force.
#[track_caller]
fn kept_is_there(path: &Path, kept: &BTreeMap<u64, String>, how: &str) {
    let engine = Engine::open(path).unwrap_or_else(|error| panic!("{how}: {error}"));
    let sets = engine.history(&Filter::default()).unwrap();
    for (revision, name) in kept {
        let with: Vec<u64> =
            sets.iter().filter(|set| set.text.contains(&format!("user {name}\n"))).map(|set| set.revision).collect();
        assert_eq!(with, [*revision], "{how}: {name}");
        assert!(engine.find(None, name).is_some(), "{how}: {name}");
    }
    sound(&engine, how);
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let (_folder, origin) = scratch();
    drop(stored(&origin));
    let (mut of_log, mut of_image, mut none) = (0, 0, 0);
    for limit in [16, 64, 150, 300, 600, 1_200, 1 << 20] {
        for (count, size) in [(100, 1), (12, 300)] {
            let (_folder, path) = scratch();
            fs::copy(&origin, &path).unwrap();
            let how = format!("files of {limit} KiB, {size} users at a time");
            let mut shell = Command::new("bash");
            shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"")]);
            shell.arg(std::env::current_exe().unwrap());
            let output = worker(shell, &path, "w", count, size).env("WORK_ALONE", "yes").output().unwrap();
            let (kept, errors) = said(&output, &how);
            let image = |error: &&String| error.contains("rights.db-image");
            of_image += errors.iter().filter(image).count();
            of_log += errors.iter().filter(|error| !image(error)).count();
            none += usize::from(errors.is_empty());
            assert!(!errors.is_empty() || kept.len() == count, "{how}");
            kept_is_there(&path, &kept, &how);
        }
    }
    assert!(of_log > 0 && of_image > 0 && none >= 2, "{of_log} of the log, {of_image} of the image, {none} without");
}

/// A file system of its own that is really full, and not only a file that may not grow. Needs root or user namespaces;
/// LINEWARDEN_NO_MOUNT=1 leaves it out where there are neither.
#[test]
fn a_small_disk_that_fills_up_loses_nothing() {
    if std::env::var_os("LINEWARDEN_NO_MOUNT").is_some() {
        return eprintln!("left out: nothing may be mounted here");
    }
    let (_folder, origin) = scratch();
    drop(stored(&origin));
    let (mut full, mut enough) = (0, 0);
    for size in [700, 1_000, 2_000, 4_000, 64_000] {
        let (disk, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let how = format!("a disk of {size} KiB");
        let mut shell = Command::new("unshare");
        let root = fs::metadata("/proc/self").unwrap().uid() == 0;
        shell.arg(if root { "-m" } else { "-rm" });
        shell.args(["bash", "-ec"]).arg(format!(
            "mount -t tmpfs -o size={size}k,mode=755 tmpfs '{0}'; cp '{1}' '{0}/rights.db'; \"$0\" \"$@\" || failed=$?; \
             cp -a '{0}/.' '{2}'; exit ${{failed:-0}}",
            disk.path().display(),
            origin.display(),
            out.path().display()
        ));
        shell.arg(std::env::current_exe().unwrap());
        let mut work = worker(shell, &disk.path().join("rights.db"), "w", 100, 20);
        let output = work.env("WORK_ALONE", "yes").output().unwrap();
        assert!(output.status.success(), "{how}: {}", String::from_utf8_lossy(&output.stderr));
        let (kept, errors) = said(&output, &how);
        full += usize::from(errors.iter().any(|error| error.contains("full") || error.contains("space")));
        enough += usize::from(errors.is_empty());
        assert!(!errors.is_empty() || kept.len() == 100, "{how}");
        kept_is_there(&out.path().join("rights.db"), &kept, &how);
    }
    assert!(full >= 2 && enough >= 1, "{full} full, {enough} without an error");
}

#[test]
fn a_disk_that_fails_at_any_call_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("faults.so");
    let mut gcc = native::tool("gcc");
    gcc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]).arg(native::root().join("tests/c/faults.c"));
    native::run(gcc.arg("-o").arg(&library).arg("-ldl"));
    let (_folder, origin) = scratch();
    drop(stored(&origin));
    const EIO: &str = "5";
    const ENOSPC: &str = "28";
    for (call, errno, ever) in
        [("write", ENOSPC, true), ("write", EIO, false), ("sync", EIO, false), ("read", EIO, false)]
    {
        // The very first read only asks what kind of source it is.
        let (mut nth, mut met) = (1 + usize::from(call == "read"), 0);
        loop {
            let (_folder, path) = scratch();
            fs::copy(&origin, &path).unwrap();
            let how = format!("{call} {nth} with errno {errno}{}", if ever { " and ever after" } else { "" });
            let mut command = worker(this(), &path, "w", 4, 3);
            command.env("LD_PRELOAD", &library).env("FAULT_NAME", "rights.db").env("FAULT_CALL", call);
            command.env("FAULT_NTH", nth.to_string()).env("FAULT_ERRNO", errno).env("WORK_ALONE", "yes");
            if ever {
                command.env("FAULT_EVER", "1");
            }
            let output = command.output().unwrap();
            let (kept, errors) = said(&output, &how);
            kept_is_there(&path, &kept, &how);
            if !String::from_utf8_lossy(&output.stderr).contains("fault: ") {
                assert!(errors.is_empty() && kept.len() == 4, "{how}: {errors:?}");
                break;
            }
            met += 1;
            nth += 1 + nth / 4;
        }
        assert!(met > 4, "{call}: only {met} were met");
    }
}

#[test]
fn an_image_that_is_gone_or_damaged_is_made_anew() {
    let (_folder, path) = scratch();
    let engine = stored(&path);
    apply(&engine, YES).unwrap();
    drop(engine);
    let image = path.with_file_name("rights.db-image");
    let whole = fs::read(&image).unwrap();
    let mut older = whole.clone();
    older.truncate(whole.len() / 2);
    let mut random = 7_u64;
    let mut flipped = |_: usize| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let mut bytes = whole.clone();
        let at = (random >> 33) as usize % bytes.len();
        bytes[at] ^= 1 << (random % 8);
        bytes
    };
    let mut damaged: Vec<Option<Vec<u8>>> = vec![
        None,
        Some(Vec::new()),
        Some(vec![0; 8]),
        Some(vec![0xff; whole.len()]),
        Some(older),
        Some(b"rubbish".into()),
    ];
    damaged.extend((0..60).map(|number| Some(flipped(number))));
    for (bytes, number) in damaged.iter().zip(0..) {
        let how = format!("damage {number}");
        match bytes {
            Some(bytes) => fs::write(&image, bytes).unwrap(),
            None => fs::remove_file(&image).unwrap(),
        }
        let engine = Engine::open(&path).unwrap_or_else(|error| panic!("{how}: {error}"));
        assert!(may(&engine) == (engine.revision().is_multiple_of(2)), "{how}");
        sound(&engine, &how);
    }
    // That of another store.
    let (_folder, other) = scratch();
    drop(stored(&other));
    fs::copy(other.with_file_name("rights.db-image"), &image).unwrap();
    sound(&Engine::open(&path).unwrap(), "the image of another store");
    // One that the store has left behind: as if it were restored from a backup with the log, or the other way round.
    fs::write(&image, &whole).unwrap();
    sound(&Engine::open(&path).unwrap(), "an old image");
}

#[test]
fn a_store_that_is_replaced_while_open_is_told() {
    let (folder, path) = scratch();
    let engine = stored(&path);
    apply(&engine, YES).unwrap();
    let backup = folder.path().join("backup.db");
    engine.backup(&backup).unwrap();
    apply(&engine, NO).unwrap();
    assert!(store::restore(&backup, &path).unwrap_err().message().contains("is in use"));
    assert_eq!(apply(&engine, YES).unwrap(), 4, "nothing happened to it");
    // By force.
    fs::rename(&path, folder.path().join("away.db")).unwrap();
    fs::copy(&backup, &path).unwrap();
    for error in
        [apply(&engine, NO).unwrap_err(), engine.history(&Filter::default()).unwrap_err(), engine.verify().unwrap_err()]
    {
        assert_eq!(error.kind(), ErrorKind::File);
        assert!(error.message().contains("was removed or replaced while it was open"), "{error}");
    }
    assert!((engine.revision(), may(&engine)) == (4, true), "the old answers stay");
    fs::rename(folder.path().join("away.db"), &path).unwrap();
    sound(&engine, "back in its place");
}

#[test]
fn a_database_that_another_program_has_locked_is_told() {
    let (_folder, path) = scratch();
    let engine = stored(&path);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = apply(&engine, YES).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File);
    assert!(error.message().contains("another program has had it locked"), "{error}");
    assert_eq!((engine.revision(), may(&engine)), (1, false));
    assert_eq!(engine.history(&Filter::default()).unwrap().len(), 1, "who only reads does not wait");
    assert!(Engine::open(&path).is_ok());
    other.execute_batch("ROLLBACK").unwrap();
    sound(&engine, "afterwards");
}

#[test]
fn two_programs_that_write_at_once_take_turns() {
    let (_folder, path) = scratch();
    let engine = stored(&path);
    const EACH: usize = 60;
    let workers = ["a", "b", "c"].map(|name| worker(this(), &path, name, EACH, 1).spawn().unwrap());
    let mut kept = BTreeMap::new();
    for worker in workers {
        let (own, errors) = said(&worker.wait_with_output().unwrap(), "racing");
        assert!(errors.is_empty() && own.len() == EACH, "{errors:?}");
        for (revision, name) in own {
            assert!(kept.insert(revision, name).is_none(), "revision {revision} was acknowledged twice");
        }
    }
    assert_eq!(kept.keys().copied().collect::<Vec<_>>(), (2..2 + 3 * EACH as u64).collect::<Vec<_>>());
    assert_eq!(engine.revision(), 1 + 3 * EACH as u64, "who stayed open sees them");
    let names: BTreeSet<_> = kept.values().map(|name| engine.find(None, name).unwrap()).collect();
    assert_eq!(names.len(), kept.len(), "each has a number of its own");
    kept_is_there(&path, &kept, "racing");
}

/// What a child of fork() does, and how it ends.
#[allow(unsafe_code, reason = "a fork is what is tested")]
fn forked(child: impl FnOnce()) -> i32 {
    // SAFETY: the program that calls this has one thread, beside the test harness's, which only waits for it.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).is_ok();
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

#[test]
#[ignore = "a program that another runs"]
fn fork_and_go_on() {
    let engine = Engine::open(given()).unwrap();
    assert!(!may(&engine));
    // The child changes, the parent sees it.
    assert!(succeeded(forked(|| assert_eq!(apply(&engine, YES).unwrap(), 2))));
    assert_eq!((engine.revision(), may(&engine)), (2, true));
    let [viewer, owner] = ["u1", "u0"].map(|name| engine.find(None, name).unwrap());
    assert!(engine.explain(viewer, Right::CALL_PICKUP, owner, None).allowed);
    // The parent changes, a child that waits sees it.
    let child = forked(|| {
        assert!(engine.wait_for(3, Duration::from_secs(60)) && !may(&engine));
        assert!(!engine.explain(viewer, Right::CALL_PICKUP, owner, None).allowed);
    });
    assert_eq!(apply(&engine, NO).unwrap(), 3);
    assert!(succeeded(child));
    // Four children read while the parent and a fifth one change.
    const LAST: u64 = 203;
    let readers = [0; 4].map(|_| {
        forked(|| {
            let mut last = 0;
            while last < LAST {
                let before = engine.revision();
                let yes = engine.may(viewer, Right::CALL_PICKUP, owner);
                let decision = engine.decide(viewer, Right::CALL_PICKUP, owner);
                assert!(before >= last && decision.revision >= before);
                assert_eq!(decision.allowed, decision.revision.is_multiple_of(2));
                assert!(engine.revision() != before || yes == (before.is_multiple_of(2)));
                last = before;
            }
        })
    });
    let change = || loop {
        // The second to make the same change has changed nothing.
        let revision = engine.revision();
        if revision >= LAST {
            break;
        }
        apply(&engine, if revision.is_multiple_of(2) { NO } else { YES }).unwrap();
    };
    let writer = forked(change);
    change();
    assert!(succeeded(writer));
    assert!(readers.into_iter().all(succeeded));
    assert!(engine.revision() >= LAST);
}

#[test]
fn forked_programs_see_each_others_changes() {
    let (_folder, path) = scratch();
    drop(stored(&path));
    let output = program("fork_and_go_on", &path).output().unwrap();
    assert!(output.status.success(), "{}", native::printed(&output));
    sound(&Engine::open(&path).unwrap(), "after the forks");
}

#[test]
fn a_clock_that_goes_back_is_not_followed() {
    let (_folder, path) = scratch();
    let engine = stored(&path);
    // A clock was in the next century.
    const LATER: i64 = 4_102_444_800_000;
    let text = format!("in acme.example\n{YES}\n");
    let written = Store::open(&path).unwrap().append(1, LATER, "", &text, &Numbers::default()).unwrap();
    assert_eq!(stores::done(written).revision, 2);
    assert_eq!(apply(&engine, NO).unwrap(), 3);
    let times: Vec<i64> = engine.history(&Filter::default()).unwrap().iter().map(|set| set.at).collect();
    assert!(times[..2] == [LATER, LATER] && times[2] < LATER, "{times:?}");
    sound(&engine, "with clocks that differ");
}
