//! What others have put in the place of a file that linewarden writes, removes or reads: a link, a pipe, a folder, a file of theirs. It is
//! refused with a sentence, at once, and stays as it was.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::{Author, Document, Engine};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

const DOCUMENT: &str =
    "domain = \"acme.example\"\nsystems = [\"xphone\"]\n[[user]]\nname = \"alice\"\nlines = [\"100\"]\n";
const DEAR: &str = "dear to someone";

fn stored() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.db");
    drop(Engine::create_from(&path, &[Document { name: "acme.toml".into(), text: DOCUMENT.into() }], None).unwrap());
    (folder, path)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    path.with_file_name(format!("rights.db{ending}"))
}

/// The result of what must not wait for anybody.
fn at_once<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || done.send(work()));
    wait.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{what}: it waits"))
}

fn refused(path: &Path, what: &str) {
    let (path, sentence) = (path.to_path_buf(), what.to_owned());
    let error = at_once(what, move || Engine::open(&path).err()).unwrap_or_else(|| panic!("not refused: {what}"));
    assert!(error.message().contains(&sentence), "{error}");
}

/// Puts each kind of foreign thing at `place`, calls `look` with what is said of it, and takes it away.
fn each_foreign(place: &Path, mut look: impl FnMut(&str)) {
    let foreign = place.with_file_name("foreign");
    fs::write(&foreign, DEAR).unwrap();
    symlink(&foreign, place).unwrap();
    look("is a link, which is not followed");
    fs::remove_file(place).unwrap();
    fs::hard_link(&foreign, place).unwrap();
    look("is another file's second name");
    fs::remove_file(place).unwrap();
    assert!(Command::new("mkfifo").arg(place).status().unwrap().success());
    look("is a pipe");
    fs::remove_file(place).unwrap();
    fs::create_dir(place).unwrap();
    look("is a folder");
    fs::remove_dir(place).unwrap();
    fs::write(place, "").unwrap();
    fs::set_permissions(place, fs::Permissions::from_mode(0o666)).unwrap();
    look("that everyone on this machine may write");
    fs::remove_file(place).unwrap();
    assert_eq!(fs::read_to_string(&foreign).unwrap(), DEAR);
    fs::remove_file(&foreign).unwrap();
}

#[test]
fn in_the_place_of_a_file_of_sqlite() {
    let (_folder, path) = stored();
    for ending in ["-wal", "-shm", "-journal"] {
        let place = beside(&path, ending);
        each_foreign(&place, |what| {
            refused(&path, what);
            assert!(place.symlink_metadata().is_ok(), "{ending}: removed");
        });
        drop(Engine::open(&path).unwrap());
    }
}

#[test]
fn a_store_with_two_names_is_refused_by_both() {
    let (folder, path) = stored();
    let second = folder.path().join("second.db");
    fs::hard_link(&path, &second).unwrap();
    refused(&path, "is one of several names");
    refused(&second, "is one of several names");
    assert!(!folder.path().join("second.db-image").exists());
    fs::remove_file(&second).unwrap();
    Engine::open(&path).unwrap().verify().unwrap();
}

#[test]
fn in_the_place_of_a_packed_snapshot_to_be() {
    let (_folder, path) = stored();
    let (place, packed) = (beside(&path, "-packed.new"), beside(&path, "-packed"));
    let _ = fs::remove_file(&packed);
    fs::write(&place, DEAR).unwrap();
    let engine = Engine::open(&path).unwrap();
    engine.apply_text(Author::Administrator, None, "add user bob").unwrap();
    engine.lint();
    drop(engine);
    assert_eq!(fs::read_to_string(&place).unwrap(), DEAR);
    fs::remove_file(&place).unwrap();
    drop(Engine::open(&path).map(|engine| engine.lint()).unwrap());
}

#[test]
fn in_the_place_of_the_state_beside_documents() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme.toml"), DOCUMENT).unwrap();
    let place = folder.path().join(linewarden::STATE_FILE);
    let read = |what: &str| {
        let folder = folder.path().to_path_buf();
        at_once(what, move || linewarden::read_source(folder).map_err(|error| error.message().to_owned()))
    };
    assert!(read("nothing").unwrap().1.is_none());
    assert!(Command::new("mkfifo").arg(&place).status().unwrap().success());
    assert!(read("a pipe").unwrap_err().contains("is not a file"));
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    assert!(read("a folder").unwrap_err().contains("is not a file"));
    fs::remove_dir(&place).unwrap();
    fs::write(&place, "in acme.example\n").unwrap();
    assert_eq!(read("a file").unwrap().1.as_deref(), Some("in acme.example\n"));
    fs::set_permissions(&place, fs::Permissions::from_mode(0o646)).unwrap();
    assert!(read("a file of everyone").unwrap_err().contains("everyone on this machine may write"));
}

/// What everyone can guess is the name that a file has until it is whole.
#[test]
fn in_the_place_of_a_draft_of_an_export() {
    let (folder, path) = stored();
    let (out, foreign) = (folder.path().join("out"), folder.path().join("foreign"));
    fs::create_dir(&out).unwrap();
    fs::write(&foreign, DEAR).unwrap();
    for name in [".acme.example.toml.new".to_owned(), format!(".acme.example.toml.{}.new", std::process::id())] {
        symlink(&foreign, out.join(name)).unwrap();
    }
    let engine = Engine::open(&path).unwrap();
    let written = engine.export(None).unwrap().write_to(&out);
    assert_eq!(fs::read_to_string(&foreign).unwrap(), DEAR);
    assert!(written.is_err());
    fs::remove_file(out.join(format!(".acme.example.toml.{}.new", std::process::id()))).unwrap();
    engine.export(None).unwrap().write_to(&out).unwrap();
    assert_eq!(fs::read_to_string(&foreign).unwrap(), DEAR);
}
