//! A bare right asks for all three lines; where they differ, every command that is asked for it says which lines have it.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use serde_json::Value;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

const LINES: &str = "first yes, second yes, additional no";

const DOCUMENT: &str = r#"domain = "e.example"
systems = ["estos"]
user = [{ name = "a", lines = ["1", "2", "3"] }, { name = "b", lines = ["4"] }, { name = "c", lines = ["5"] }]
authorization_grant = [
    { owner = "a", viewer = "b", rights = ["call.pickup.first", "call.pickup.second"] },
    { owner = "a", viewer = "c", rights = ["call.pickup.first", "call.pickup.second", "call.pickup.additional"] },
]
"#;

fn run(args: &str, status: i32, terminal: bool) -> String {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("e.toml"), DOCUMENT).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
    command.current_dir(folder.path()).args(args.split(' '));
    // As if a person looked at it.
    let output = if terminal { command.env("LINES", "50") } else { &mut command }.output().unwrap();
    assert_eq!(output.status.code(), Some(status), "{args}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &str, status: i32) -> Value {
    serde_json::from_str(&run(&format!("{args} --json"), status, false)).unwrap()
}

#[test]
fn check_and_explain_say_which_lines() {
    for command in ["check", "explain"] {
        let args = format!("{command} e.toml b call.pickup a");
        let first = run(&args, 1, false).lines().next().unwrap().to_owned();
        assert!(first.starts_with("no   b may not pick up a: ") && first.ends_with(&format!(" ({LINES})")), "{first}");
        assert_eq!(json(&args, 1)["lines"], LINES);
        // Nothing to say where the lines agree, or one was asked for.
        for (question, status) in [("c call.pickup a", 0), ("b call.pickup.first a", 0), ("a call.pickup b", 1)] {
            let args = format!("{command} e.toml {question}");
            assert!(!run(&args, status, false).contains("first yes"), "{args}");
            assert_eq!(json(&args, status)["lines"], "", "{args}");
        }
    }
}

/// Beside the list, and never in it: what reads a pipe takes every line for a yes.
#[test]
fn who_and_whom_show_it_beside_the_list() {
    for (args, yes, other) in [("who e.toml call.pickup a", "a\nc\n", "b"), ("whom e.toml b call.pickup", "b\n", "a")] {
        assert_eq!(run(args, 0, false), yes);
        assert_eq!(run(args, 0, true), format!("{yes}\non some lines only:\n  {other}  {LINES}\n"));
        let key = if args.starts_with("whom") { "target" } else { "actor" };
        assert_eq!(json(args, 0)["some_lines"], serde_json::json!([{ key: other, "lines": LINES }]));
    }
    assert_eq!(json("who e.toml call.pickup.first a", 0)["some_lines"], serde_json::json!([]));
    assert_eq!(run("who e.toml call.pickup.first a", 0, true), "a\nb\nc\n");
}

/// `rights` names the lines that have it: none of them for all three.
#[test]
fn rights_name_the_lines() {
    assert!(run("rights e.toml b a", 0, false).contains("pickup: first yes, second yes, additional no"));
    let all = run("rights e.toml c a", 0, false);
    assert!(all.contains("  pickup") && !all.contains("pickup:") && !all.contains("pickup."), "{all}");
}
