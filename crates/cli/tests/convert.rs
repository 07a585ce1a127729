//! `convert` as people and scripts meet it: document and list apart, JSON, standard input, and nothing printed of a broken file.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

const PJSIP: &str = "[a]\ntype=endpoint\npickup_group=1,64\n[b]\ntype=endpoint\ncall_group=1\n";

fn convert(folder: &std::path::Path, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
    command.current_dir(folder).arg("convert").args(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn the_document_is_printed_and_the_list_apart() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pjsip.conf"), PJSIP).unwrap();
    let output = convert(folder.path(), &["pjsip", "--domain", "acme.example", "pjsip.conf"], "");
    assert_eq!(output.status.code(), Some(0));
    let document = String::from_utf8(output.stdout).unwrap();
    assert!(document.contains("[[user]] # pjsip.conf:1\nname = \"a\"\n"), "{document}");
    assert!(document.contains("actors = [\n    \"a\", # pjsip.conf:3\n]"), "{document}");
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "not carried over: 1\npjsip.conf:3: `64` in pickup groups `1,64`: Asterisk has the groups 0 to 63 and drops others\n"
    );
}

#[test]
fn the_report_is_json_and_a_dash_is_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["pjsip", "--domain", "acme.example", "--report", "lost.json", "-"];
    let output = convert(folder.path(), &args, PJSIP);
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true));
    let report = fs::read_to_string(folder.path().join("lost.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["not_carried"][0]["file"], "standard input");
    assert_eq!(report["not_carried"][0]["line"], 3);
}

#[test]
fn nothing_is_printed_of_what_cannot_be_read_or_reported() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.conf"), PJSIP).unwrap();
    fs::write(folder.path().join("bad.conf"), "[a]\n[b\n").unwrap();
    for (args, said) in [
        (vec!["pjsip", "--domain", "x", "good.conf", "bad.conf"], "bad.conf:2:1: `[b` has no closing `]`"),
        (vec!["pjsip", "--domain", "x", "gone.conf"], "gone.conf: cannot be read"),
        (vec!["pjsip", "--domain", "x", "--report", "no/such/folder", "good.conf"], "cannot write `no/such/folder`"),
        (vec!["pjsip", "good.conf"], "--domain"),
        (vec!["pbx", "--domain", "x", "good.conf"], "starface-csv"),
        (vec!["pjsip", "--domain", "x", "--extension-length", "4-2", "good.conf"], "expected N or MIN-MAX"),
    ] {
        let output = convert(folder.path(), &args, "");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}: {stderr}");
        assert!(stderr.contains(said), "{args:?}: {stderr}");
    }
}
