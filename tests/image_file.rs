//! The image file in hostile or clumsy hands: removed, replaced, linked, damaged and locked. No change is acknowledged that a process
//! with the store open may not see, nothing that is not ours is written or removed, and every wait and loop ends.
#![cfg(target_os = "linux")]
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::document::Document;
use linewarden::internals::memory::Words;
use linewarden::internals::policy::change::Author;
use linewarden::{Engine, ErrorKind, Right};
use linewarden_testkit::stores::{given, program, scratch};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::Ordering::SeqCst;

const YES: &str = "set relationship u0 u1 assistant";
const NO: &str = "set relationship u0 u1 employee";

fn stored(path: &Path) -> Engine {
    let text = r#"
        domain = "acme.example"
        systems = ["xphone"]
        site = [{ name = "s", same_site = "employee", other_sites = "employee", outside = "external" }]
        user = [{ name = "u0", site = "s" }, { name = "u1", site = "s" }]
    "#;
    Engine::create_from(path, &[Document { name: "acme.toml".into(), text: text.into() }], None).unwrap().0
}

fn apply(engine: &Engine, text: &str) -> linewarden::Result<u64> {
    engine.apply_text(Author::Administrator, None, text)
}

/// Whether `u1` may pick up what rings at `u0`; the image is asked, not the pair cache. An unknown name is a no.
fn may(engine: &Engine) -> bool {
    match ["u1", "u0"].map(|name| engine.find(None, name)) {
        [Some(viewer), Some(owner)] => engine.evaluate(viewer, owner).has(Right::CALL_PICKUP),
        _ => false,
    }
}

fn image(path: &Path) -> PathBuf {
    path.with_file_name("rights.db-image")
}

#[track_caller]
fn refused(path: &Path, what: &[&str]) {
    let error = Engine::open(path).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::File, "{error}");
    what.iter().for_each(|what| assert!(error.message().contains(what), "`{what}` is not in: {error}"));
}

/// Opens the store, and answers each line with revision and answer, and with what came of a change if it asks for one.
#[test]
#[ignore = "a program that the others run"]
fn hold() {
    linewarden::survive_truncation().unwrap();
    let engine = Engine::open(given()).unwrap();
    println!("open");
    let cached = || {
        let [viewer, owner] = ["u1", "u0"].map(|name| engine.find(None, name).unwrap_or_default());
        engine.may(viewer, Right::CALL_PICKUP, owner)
    };
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if line != "?" {
            println!("says {}", apply(&engine, &line).map_or_else(|error| error.to_string(), |made| made.to_string()));
            continue;
        }
        assert!(cached() || !may(&engine), "the pair cache and the image differ");
        println!("says {} {}", engine.revision(), may(&engine) || cached());
    }
}

struct Holder {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Holder {
    fn new(path: &Path) -> Holder {
        let mut child = program("hold", path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut holder = Holder { child, input, output };
        assert!(holder.line("open").is_empty());
        holder
    }

    fn line(&mut self, word: &str) -> String {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if let Some(at) = line.find(word) {
                return line[at + word.len()..].trim().to_owned();
            }
            line.clear();
        }
        panic!("it has ended");
    }

    fn says(&mut self) -> String {
        self.does("?")
    }

    fn does(&mut self, text: &str) -> String {
        writeln!(self.input, "{text}").unwrap();
        self.line("says ")
    }

    fn end(self) {
        let Holder { mut child, input, .. } = self;
        drop(input);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn no_change_is_made_that_a_process_with_a_removed_image_would_not_see() {
    let (_folder, path) = scratch();
    let engine = stored(&path);
    apply(&engine, YES).unwrap();
    drop(engine);
    let mut holder = Holder::new(&path);
    let own = format!("({})", holder.child.id());
    let away = path.with_file_name("away");
    fs::rename(image(&path), &away).unwrap();
    refused(&path, &["is missing, though the store is open", &own]);
    // A copy that says the same, but is not what the process has mapped.
    fs::copy(&away, image(&path)).unwrap();
    refused(&path, &["is not the image that those who have the store open use", &own]);
    assert_eq!(holder.says(), "2 true");
    // The right one again.
    fs::rename(&away, image(&path)).unwrap();
    assert_eq!(apply(&Engine::open(&path).unwrap(), NO).unwrap(), 3);
    assert_eq!(holder.says(), "3 false");
    fs::remove_file(image(&path)).unwrap();
    refused(&path, &["is missing"]);
    holder.end();
    let engine = Engine::open(&path).unwrap();
    assert!(apply(&engine, YES).unwrap() == 4 && may(&engine));
}

/// The same, where the other engine is one of this process.
#[test]
fn no_change_is_made_that_another_engine_of_the_process_would_not_see() {
    let (_folder, path) = scratch();
    let engine = stored(&path);
    fs::remove_file(image(&path)).unwrap();
    refused(&path, &["is missing"]);
    assert_eq!(apply(&engine, YES).unwrap(), 2, "the one that has it open goes on");
    drop(engine);
    assert!(may(&Engine::open(&path).unwrap()));
}

/// A store that is replaced, with the old image left beside it and in use.
#[test]
fn the_image_of_a_store_that_was_replaced_is_not_shared() {
    let (folder, path) = scratch();
    let engine = stored(&path);
    let backup = folder.path().join("backup.db");
    engine.backup(&backup).unwrap();
    apply(&engine, YES).unwrap();
    drop(engine);
    let mut holder = Holder::new(&path);
    fs::rename(&path, folder.path().join("old.db")).unwrap();
    fs::copy(&backup, &path).unwrap();
    refused(&path, &["is in use by", &format!("({})", holder.child.id()), "which does not have this store open"]);
    assert_eq!(holder.says(), "2 true");
    holder.end();
    assert!(!may(&Engine::open(&path).unwrap()));
}

#[test]
fn what_is_not_ours_is_neither_followed_nor_written_nor_removed() {
    let (folder, path) = scratch();
    drop(stored(&path));
    fs::remove_file(image(&path)).unwrap();
    let foreign = folder.path().join("foreign");
    fs::write(&foreign, "dear to someone").unwrap();
    symlink(&foreign, image(&path)).unwrap();
    refused(&path, &["rights.db-image", "is a link, which is not followed"]);
    fs::remove_file(image(&path)).unwrap();
    fs::hard_link(&foreign, image(&path)).unwrap();
    refused(&path, &["rights.db-image", "second name"]);
    assert!(linewarden::restore(&path, folder.path().join("other.db")).is_ok());
    fs::remove_file(image(&path)).unwrap();
    assert_eq!(fs::read_to_string(&foreign).unwrap(), "dear to someone");
    // A file of ours by owner and mode that is no image keeps its contents under another name.
    fs::rename(&foreign, image(&path)).unwrap();
    drop(Engine::open(&path).unwrap());
    let aside = path.with_file_name("rights.db-image.damaged-1");
    assert_eq!(fs::read_to_string(aside).unwrap(), "dear to someone");
    fs::set_permissions(image(&path), Permissions::from_mode(0o666)).unwrap();
    refused(&path, &["rights.db-image", "everyone on this machine may write"]);
}

#[test]
fn what_everyone_may_write_is_refused() {
    let (folder, path) = scratch();
    drop(stored(&path));
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let what = "that everyone on this machine may write";
    mode(folder.path(), 0o1777);
    refused(&path, &["is a folder", what]);
    let new = folder.path().join("new.db");
    assert!(Engine::create_store(&new).unwrap_err().message().contains(what));
    assert!(!new.exists());
    mode(folder.path(), 0o755);
    mode(&path, 0o666);
    refused(&path, &["rights.db", "is a file", what]);
    mode(&path, 0o660);
    drop(Engine::open(&path).unwrap());
    let document = folder.path().join("acme.toml");
    fs::write(&document, "domain = \"a.example\"\nsystems = [\"keevio\"]\n").unwrap();
    mode(&document, 0o646);
    refused(&document, &["acme.toml", what]);
    mode(&document, 0o644);
    drop(Engine::open(&document).unwrap());
}

#[test]
fn a_lock_of_a_stranger_is_waited_for_a_while_and_he_is_named() {
    let (_folder, path) = scratch();
    drop(stored(&path));
    let own = format!("({})", std::process::id());
    let mut strangers =
        Command::new("flock").arg("--no-fork").arg(image(&path)).args(["sleep", "600"]).spawn().unwrap();
    let locked = |path: &Path| File::open(path).unwrap().try_lock_shared().is_err();
    while !locked(&image(&path)) {
        std::thread::yield_now();
    }
    refused(&path, &["rights.db-image", "is in use by", &format!("({})", strangers.id())]);
    strangers.kill().unwrap();
    strangers.wait().unwrap();
    // The store's own file; the descriptor is this process's, which has no connection to it now.
    let file = OpenOptions::new().read(true).open(&path).unwrap();
    file.lock().unwrap();
    refused(&path, &["rights.db", "has been locked for 5s by", &own]);
    drop(file);
    fs::remove_file(image(&path)).unwrap();
    fs::create_dir(image(&path)).unwrap();
    refused(&path, &["is a folder"]);
    fs::remove_dir(image(&path)).unwrap();
    assert!(Command::new("mkfifo").arg(image(&path)).status().unwrap().success());
    refused(&path, &["is a pipe"]);
    fs::remove_file(image(&path)).unwrap();
    drop(Engine::open(&path).unwrap());
}

/// The control words that say where what is in force lies, see `image/format/control.rs`.
fn control_bits() -> impl Iterator<Item = (usize, u32)> {
    let words =
        (0..3).chain(16..17).chain(32..33).chain(48..54).chain(64..68).chain(128..136).chain(256..260).chain(320..330);
    words.flat_map(|word| (0..64).map(move |bit| (word, bit)))
}

#[test]
fn a_closed_image_with_any_damaged_bit_is_made_anew() {
    let (_folder, path) = scratch();
    let engine = stored(&path);
    let mut said = false;
    // Three blocks have been in force, and the one that is was patched.
    for _ in 0..3 {
        apply(&engine, &format!("set site s same_site {}", if said { "employee" } else { "colleague" })).ok();
        apply(&engine, if said { NO } else { YES }).unwrap();
        said = !said;
    }
    drop(engine);
    let whole = fs::read(image(&path)).unwrap();
    for (word, bit) in control_bits().filter(|(word, bit)| (word * 7 + *bit as usize).is_multiple_of(3)) {
        let mut bytes = whole.clone();
        bytes[word * 8 + bit as usize / 8] ^= 1 << (bit % 8);
        fs::write(image(&path), &bytes).unwrap();
        let engine = Engine::open(&path).unwrap_or_else(|error| panic!("word {word} bit {bit}: {error}"));
        assert_eq!(may(&engine), said, "word {word} bit {bit}");
        drop(engine);
        for number in 1..9 {
            let _ = fs::remove_file(path.with_file_name(format!("rights.db-image.damaged-{number}")));
        }
    }
    // And a change can be made after each kind.
    let engine = Engine::open(&path).unwrap();
    apply(&engine, if said { NO } else { YES }).unwrap();
    assert_eq!(may(&engine), !said);
    engine.verify().unwrap();
}

#[test]
fn a_live_image_with_damaged_control_words_refuses_is_reported_once_and_made_anew() {
    const ROOT: usize = 16;
    const STAMPS: usize = 64;
    let (_folder, path) = scratch();
    let engine = stored(&path);
    apply(&engine, YES).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(image(&path)).unwrap();
    let control = Words::of_file(&file, 0, 512, true).unwrap();
    for bit in 32..64 {
        for of_root in [true, false] {
            let block = control[ROOT].load(SeqCst) as usize % 64;
            let word = &control[if of_root { ROOT } else { STAMPS + block }];
            assert!(may(&engine), "bit {bit}");
            word.fetch_xor(1 << bit, SeqCst);
            assert!((0..100).all(|_| !may(&engine)), "bit {bit}");
            let error = engine.reload().unwrap_err();
            assert!(error.message().contains("was damaged while it was in use"), "{error}");
            engine.reload().unwrap();
            assert!(may(&engine), "bit {bit}");
        }
    }
    // A program that joins does not take such an image.
    let root = control[ROOT].load(SeqCst);
    control[ROOT].store(root ^ 1 << 40, SeqCst);
    refused(&path, &["is damaged while it is in use by"]);
    assert!(apply(&engine, NO).unwrap_err().message().contains("nothing else was done"));
    assert_eq!(apply(&engine, NO).unwrap(), 3);
    assert!(!may(&engine));
    engine.verify().unwrap();
}

/// The block in force says no, another one still has the image that said yes.
#[test]
fn no_flipped_bit_of_a_live_image_brings_a_withdrawn_yes_back() {
    const ROOT: usize = 16;
    const STAMPS: usize = 64;
    let (_folder, path) = scratch();
    let engine = stored(&path);
    let file = OpenOptions::new().read(true).write(true).open(image(&path)).unwrap();
    let control = Words::of_file(&file, 0, 512, true).unwrap();
    // Bits that no reader looks at, and the count of patches, change no answer; they are damage all the same.
    let (read_of_root, read_of_stamp) = ((0..6).chain(32..64), (0..2).chain(32..64));
    let root = (0..64).map(|bit| (true, bit, read_of_root.clone().any(|read| read == bit)));
    let stamp = (0..64).map(|bit| (false, bit, read_of_stamp.clone().any(|read| read == bit)));
    for (of_root, bit, is_read) in root.chain(stamp) {
        apply(&engine, YES).unwrap();
        assert!(may(&engine));
        // A whole new image, in another block.
        let other = if bit % 2 == 0 { "external" } else { "unknown" };
        apply(&engine, &format!("set default s same_site {other}")).unwrap();
        apply(&engine, NO).unwrap();
        let revision = engine.revision();
        let block = control[ROOT].load(SeqCst) as usize % 64;
        let word = &control[if of_root { ROOT } else { STAMPS + block }];
        word.fetch_xor(1 << bit, SeqCst);
        assert!((0..20).all(|_| !may(&engine)), "root {of_root} bit {bit}");
        assert_eq!(engine.revision(), if is_read { 0 } else { revision }, "root {of_root} bit {bit}");
        let error = engine.reload().expect_err(&format!("root {of_root} bit {bit}"));
        assert!(error.message().contains("was damaged while it was in use"), "{error}");
        assert_eq!(engine.reload().unwrap(), revision);
        assert!(!may(&engine));
    }
    engine.verify().unwrap();
}

/// By two programs that have it mapped, after a yes was withdrawn that one of them has in its pair cache. Until both have ended, nothing
/// is acknowledged.
#[test]
fn an_image_that_is_made_shorter_refuses_and_ends_no_program() {
    for (turn, left) in [0, 8, 4096, 60_000, 128 << 10, u64::MAX].into_iter().enumerate() {
        let (_folder, path) = scratch();
        drop(stored(&path));
        let (mut one, mut other) = (Holder::new(&path), Holder::new(&path));
        assert_eq!(one.does(YES), "2");
        assert_eq!((one.says(), other.says()), ("2 true".into(), "2 true".into()));
        let last = if turn % 2 == 0 { one.does(NO) } else { other.does("set vip u0 yes") };
        assert_eq!(last, "3");
        let said = one.says();
        assert_eq!(said, format!("3 {}", turn % 2 == 1));
        let file = OpenOptions::new().write(true).open(image(&path)).unwrap();
        let whole = file.metadata().unwrap().len();
        if left == u64::MAX {
            // As `cp` of a file that is no image would.
            let copy = path.with_file_name("copy");
            fs::write(&copy, vec![0xa5; whole as usize / 2]).unwrap();
            fs::copy(&copy, image(&path)).unwrap();
        } else {
            file.set_len(left).unwrap();
        }
        // A writer first, then one who asks: both learn of it, neither ends.
        let refused = other.does(YES);
        assert!(refused.contains("was made shorter or written over while it was in use"), "{left}: {refused}");
        let answers = [one.says(), other.says(), one.says()];
        assert!(answers.iter().all(|answer| answer.ends_with("false")), "{left} bytes are left: {answers:?}");
        assert!(one.does(YES).contains("was made shorter or written over"));
        // Not even when the file is long again.
        file.set_len(whole).unwrap();
        assert!(one.says().ends_with("false") && other.says().ends_with("false"), "{left}");
        // It waits for a while before it says so.
        assert!(turn > 0 || Engine::open(&path).is_err());
        one.end();
        other.end();
        let engine = Engine::open(&path).unwrap();
        assert_eq!((engine.revision(), may(&engine)), (3, turn % 2 == 1), "{left}");
        assert_eq!(apply(&engine, YES).unwrap(), if turn % 2 == 1 { 3 } else { 4 });
        engine.verify().unwrap();
    }
}
