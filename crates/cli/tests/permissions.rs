//! The command under an account that may not write: a store can be asked, a change is refused with a sentence.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![cfg(target_os = "linux")]

use linewarden::{Author, Document, Engine};
use linewarden_testkit::acme;
use linewarden_testkit::stores::scratch;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

#[test]
fn an_account_that_may_not_write_can_ask_and_gets_a_sentence() {
    let (folder, path) = scratch();
    let document = Document { name: "acme.toml".into(), text: acme(r#"["xphone"]"#, "", "") };
    let engine = Engine::create_from(&path, &[document], None).unwrap().0;
    engine.apply_text(Author::Administrator, None, "set relationship alice bob assistant").unwrap();
    drop(engine);
    // The unprivileged account cannot search the folder that cargo puts the command in.
    let bin = tempfile::tempdir().unwrap();
    let command = bin.path().join("linewarden");
    fs::copy(env!("CARGO_BIN_EXE_linewarden"), &command).unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(bin.path(), 0o755);
    for entry in fs::read_dir(folder.path()).unwrap() {
        mode(&entry.unwrap().path(), 0o444);
    }
    mode(folder.path(), 0o555);
    let run = |args: &[&str]| {
        let mut command = Command::new(&command);
        command.arg(args[0]).arg(&path).args(&args[1..]).current_dir("/");
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.uid(65_534).gid(65_534);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    };
    let check = run(&["check", "bob", "call.pickup", "alice"]);
    assert_eq!(check.0, Some(0), "{}", check.1);
    let history = run(&["history"]);
    assert!(history.0 == Some(0) && history.1.contains("revision 2"), "{}", history.1);
    assert_eq!(run(&["verify"]).0, Some(0));
    let (status, refused) = run(&["apply", "set", "vip", "alice", "yes"]);
    assert!(status == Some(2) && refused.contains("permission"), "{refused}");
    // Without its image a store cannot be asked: an account that may write has to make it.
    mode(folder.path(), 0o755);
    fs::remove_file(path.with_file_name("rights.db-image")).unwrap();
    mode(folder.path(), 0o555);
    let (status, without) = run(&["check", "bob", "call.pickup", "alice"]);
    assert!(status == Some(2) && without.contains("rights.db"), "{without}");
    mode(folder.path(), 0o755);
    mode(&path, 0o644);
    let engine = Engine::open(&path).unwrap();
    let verified = engine.verify().unwrap();
    assert_eq!((verified.revision, verified.pairs), (2, verified.of));
    assert_eq!(engine.apply_text(Author::Administrator, None, "set vip alice yes").unwrap(), 3);
}
