//! C callers in odd states: at the limit of file sizes, on small stacks, forking inside a callback. An error, never the end of the
//! process that carries the calls.
#![cfg(target_os = "linux")]
#![allow(unsafe_code, reason = "C functions are what is tested")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![allow(clippy::undocumented_unsafe_blocks, reason = "all pointers are of live values or NULL")]

use linewarden::ffi::{self, lw_engine, lw_error};
use linewarden::{Author, Engine, ErrorKind, Right, Shadow, ShadowLog};
use linewarden_testkit::stores::{arguments, given, scratch};
use std::ffi::{CStr, CString, c_void};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::time::Duration;

const COMPANY: &str = r#"
    domain = "acme.example"
    systems = ["xphone"]
    user = [{ name = "alice" }, { name = "bob" }]
    relationship = [{ owner = "alice", viewer = "bob", level = "assistant" }]
"#;

/// Adds users until that is refused, and goes on asking.
#[test]
#[ignore = "a program that the other runs"]
fn grow() {
    let engine = Engine::open(given()).unwrap();
    let (mut error, mut kept) = (None, 0);
    for set in 0..2000 {
        let text: String = (0..40).map(|user| format!("add user somewhat-long-name-{set}-{user}\n")).collect();
        match engine.apply_text(Author::Administrator, None, &text) {
            Ok(_) => kept += 1,
            Err(refused) => {
                error = Some(refused);
                break;
            }
        }
    }
    let error = error.expect("the limit is met");
    assert_eq!(error.kind(), ErrorKind::File, "{error}");
    let name = |set: usize| format!("somewhat-long-name-{set}-39");
    assert!(kept > 0 && engine.find(None, &name(kept - 1)).is_some() && engine.find(None, &name(kept)).is_none());
    assert!(engine.backup(given().with_file_name("copy.db")).is_err() || kept > 0);
    println!("lives, {kept} kept: {error}");
}

/// Writes what a program may write beside its store: documents, a backup, the log of a shadow.
#[test]
#[ignore = "a program that the other runs"]
fn write() {
    let engine = Engine::open(given()).unwrap();
    let [out, copy, log] = ["out", "copy.db", "shadow.log"].map(|name| given().with_file_name(name));
    let export = engine.export(None).unwrap().write_to(out).unwrap_err();
    assert!(export.message().contains("File too large"), "{export}");
    let backup = engine.backup(copy).unwrap_err();
    let until = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap() + 3600;
    let shadow = Shadow::new(&engine, None, Right::CALL_PICKUP.mask(), until).unwrap();
    let log = ShadowLog::open(log, &shadow, &engine).unwrap_err();
    assert_eq!([backup.kind(), log.kind()], [ErrorKind::File; 2], "{backup}, {log}");
    println!("lives: {log}");
}

/// Runs one of the programs with that limit, in blocks of 512 bytes.
fn limited(blocks: u32, program: &str, path: &Path) {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -f {blocks}; exec \"$0\" \"$@\"")]).arg(std::env::current_exe().unwrap());
    let output = arguments(limited, program, path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("lives"), "{:?} {said} {:?}", output.status, output.stderr);
}

#[test]
fn at_the_limit_of_file_sizes_other_writes_are_errors() {
    let (_folder, path) = scratch();
    let document = linewarden::Document { name: "acme.toml".into(), text: COMPANY.into() };
    drop(Engine::create_from(&path, &[document], None).unwrap());
    limited(0, "write", &path);
}

#[test]
fn at_the_limit_of_file_sizes_a_change_is_an_error() {
    let (_folder, path) = scratch();
    let document = linewarden::Document { name: "acme.toml".into(), text: COMPANY.into() };
    drop(Engine::create_from(&path, &[document], None).unwrap());
    limited(1400, "grow", &path);
}

fn opened(source: &str) -> (*mut lw_engine, Option<(i32, String)>) {
    let source = CString::new(source).unwrap();
    let mut error: *mut lw_error = null_mut();
    unsafe {
        let engine = ffi::lw_open(source.as_ptr(), &mut error);
        let said = (!error.is_null()).then(|| {
            let text = CStr::from_ptr(ffi::lw_error_message(error)).to_str().unwrap().to_owned();
            (ffi::lw_error_code(error), text)
        });
        ffi::lw_error_free(error);
        (engine, said)
    }
}

fn on_stack<T: Send>(bytes: usize, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

#[test]
fn a_small_stack_is_enough_for_checks_and_refused_for_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.toml");
    fs::write(&file, COMPANY).unwrap();
    let source = file.to_str().unwrap();
    let (engine, error) = opened(source);
    assert_eq!(error, None);
    let address = engine as usize;
    on_stack(16 << 10, || {
        let engine = address as *mut lw_engine;
        let [alice, bob] = [c"alice", c"bob"].map(|name| unsafe { ffi::lw_find(engine, null_mut(), name.as_ptr()) });
        let right = c"call.pickup.first";
        unsafe {
            let number = ffi::lw_right_by_name(right.as_ptr());
            assert!(ffi::lw_may(engine, bob, number, alice) && !ffi::lw_may(engine, alice, number, bob));
            assert!(ffi::lw_may_named(engine, null_mut(), c"bob".as_ptr(), right.as_ptr(), c"alice".as_ptr()));
        }
        // Here a yes would be an accident, the end of the process another.
        let (none, error) = opened("/");
        assert!(none.is_null());
        let (code, text) = error.unwrap();
        assert!(code == ErrorKind::Limit as i32 && text.contains("bytes of stack left"), "{code} {text}");
    });
    // One that is said to be enough is.
    on_stack(128 << 10, || {
        let (engine, error) = opened(source);
        assert_eq!(error, None);
        unsafe { ffi::lw_close(engine) };
        let (_folder, path) = scratch();
        drop(Engine::create_store(&path).unwrap());
        let (engine, error) = opened(path.to_str().unwrap());
        assert_eq!(error, None);
        unsafe { ffi::lw_close(engine) };
    });
    assert!(Engine::open(&file).is_ok_and(|engine| {
        let [alice, bob] = ["alice", "bob"].map(|name| engine.find(None, name).unwrap());
        engine.may(bob, Right::parse("call.pickup.first").unwrap(), alice)
    }));
    unsafe { ffi::lw_close(engine) };
}

static FORKED: AtomicI32 = AtomicI32::new(0);

unsafe extern "C" fn fork_once(_: *mut c_void, _: u64) {
    if FORKED.load(SeqCst) == 0 {
        let child = unsafe { libc::fork() };
        if child != 0 {
            FORKED.store(child, SeqCst);
        }
    }
}

/// The child returns from the callback, where nothing waits for it.
#[test]
fn a_callback_that_forks_ends_in_the_child() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.toml");
    fs::write(&file, COMPANY).unwrap();
    let (engine, _) = opened(file.to_str().unwrap());
    unsafe {
        let watcher = ffi::lw_on_revision(engine, Some(fork_once), null_mut(), null_mut());
        assert!(!watcher.is_null());
        assert_eq!(ffi::lw_reload(engine, null_mut()), 0);
        while FORKED.load(SeqCst) == 0 {
            std::thread::yield_now();
        }
        let mut status = 0;
        // A generous limit, for failures only.
        let ended = (0..6000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            libc::waitpid(FORKED.load(SeqCst), &mut status, libc::WNOHANG) != 0
        });
        if !ended {
            libc::kill(FORKED.load(SeqCst), libc::SIGKILL);
        }
        assert!(ended, "the child goes on as a watcher");
        ffi::lw_watch_end(watcher);
        ffi::lw_close(engine);
    }
}

static CALLED: AtomicI32 = AtomicI32::new(0);

/// As a callback in C would.
unsafe extern "C-unwind" fn exit_thread(_: *mut c_void, _: u64) {
    println!("called");
    CALLED.fetch_add(1, SeqCst);
    unsafe { libc::pthread_exit(null_mut()) }
}

/// Its callback leaves its thread.
#[test]
#[ignore = "a program that the other runs"]
fn leave_the_thread() {
    let (engine, _) = opened(given().to_str().unwrap());
    unsafe {
        let callback: unsafe extern "C" fn(*mut c_void, u64) =
            std::mem::transmute(exit_thread as unsafe extern "C-unwind" fn(*mut c_void, u64));
        // One that is ended by its watcher, and one that is ended with its engine.
        for turn in 1..=2 {
            let watcher = ffi::lw_on_revision(engine, Some(callback), null_mut(), null_mut());
            assert_eq!(ffi::lw_reload(engine, null_mut()), 0);
            while CALLED.load(SeqCst) < turn {
                std::thread::yield_now();
            }
            assert_eq!(ffi::lw_reload(engine, null_mut()), 0);
            if turn == 2 {
                ffi::lw_close(engine);
            }
            ffi::lw_watch_end(watcher);
        }
    }
    println!("lives");
}

/// As the header says, it ends its watcher: neither the process, nor does `lw_watch_end` wait for ever for a thread that is gone.
#[test]
fn a_callback_that_leaves_its_thread_ends_its_watcher_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.toml");
    fs::write(&file, COMPANY).unwrap();
    let mut limited = Command::new("timeout");
    limited.args(["-s", "KILL", "60"]).arg(std::env::current_exe().unwrap());
    let output = arguments(limited, "leave_the_thread", &file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{:?} {said} {:?}", output.status, output.stderr);
    assert_eq!((said.matches("called").count(), said.matches("lives").count()), (2, 1), "{said}");
}

/// A store with a watcher whose image is made shorter: the thread of the watcher is the first that reads what is gone.
#[test]
#[ignore = "a program that the other runs"]
fn close_what_is_gone() {
    assert_eq!(unsafe { ffi::lw_survive_truncation(null_mut()) }, 0);
    let (engine, fault) = opened(given().to_str().unwrap());
    assert!(!engine.is_null(), "{fault:?}");
    unsafe {
        let watcher = ffi::lw_on_revision(engine, Some(nothing), null_mut(), null_mut());
        assert!(!watcher.is_null());
        // It falls asleep.
        std::thread::sleep(Duration::from_millis(200));
        fs::File::options().write(true).open(given().with_file_name("rights.db-image")).unwrap().set_len(0).unwrap();
        ffi::lw_watch_end(watcher);
        ffi::lw_close(engine);
    }
    println!("lives");
}

unsafe extern "C" fn nothing(_: *mut c_void, _: u64) {}

#[test]
fn a_watcher_survives_an_image_that_is_made_shorter() {
    let (_folder, path) = scratch();
    let document = linewarden::Document { name: "acme.toml".into(), text: COMPANY.into() };
    drop(Engine::create_from(&path, &[document], None).unwrap());
    let output =
        arguments(Command::new(std::env::current_exe().unwrap()), "close_what_is_gone", &path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("lives"), "{:?} {said} {:?}", output.status, output.stderr);
}
