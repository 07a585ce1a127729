//! `check --questions`: many questions in one call, answered in their order; what cannot be asked is never a yes.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod command;

use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const ACME: &str = r#"domain = "acme.example"
systems = ["xphone", "pascom"]
user = [
    { name = "alice", lines = ["100"], site = "munich" },
    { name = "bob", lines = ["110"], site = "munich" },
    { name = "carol", lines = ["120"], site = "munich" },
]
site = [{ name = "munich", same_site = "employee", other_sites = "employee", outside = "external" }]
relationship = [{ owner = "alice", viewer = "bob", level = "assistant" }]
"#;

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("acme.toml"), ACME).unwrap();
    folder
}

/// Status, standard output, standard error.
fn ask(folder: &Path, args: &[&str], input: &[u8]) -> command::Answer {
    command::answer(folder, ["check"].iter().chain(args), input)
}

#[test]
fn answers_stand_in_the_order_of_the_questions() {
    let folder = folder();
    let folder = folder.path();
    let questions = "bob\tcall.pickup\talice\r\n\n{\"actor\":\"120\",\"right\":\"call.pickup\",\"target\":\"alice\"}\n\
        alice\tline.busy.read\tbob\tconsulted";
    fs::write(folder.join("q.tsv"), questions).unwrap();
    let single = |question: &[&str]| ask(folder, &[&["acme.toml"], question].concat(), b"").1;
    let expected = [
        single(&["bob", "call.pickup", "alice"]),
        single(&["carol", "call.pickup", "alice"]),
        single(&["alice", "line.busy.read", "bob", "--in-transfer", "consulted"]),
    ];
    for (args, input) in [(["acme.toml", "--questions", "q.tsv"], ""), (["acme.toml", "--questions", "-"], questions)] {
        let (status, out, err) = ask(folder, &args, input.as_bytes());
        assert_eq!((status, out, err), (Some(1), expected.concat(), String::new()), "{args:?}");
    }
    let (status, out, _) = ask(folder, &["acme.toml", "--questions", "q.tsv", "--json"], b"");
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((status, answers.len()), (Some(1), 3));
    let alone: Value = serde_json::from_str(&single(&["bob", "call.pickup", "alice", "--json"])).unwrap();
    assert_eq!(answers[0], alone);
    assert_eq!((&answers[1]["actor"], &answers[1]["allowed"]), (&"carol".into(), &false.into()));
}

#[test]
fn the_status_is_0_only_where_all_are_yes() {
    let folder = folder();
    let yes = "bob\tcall.pickup\talice\n";
    let ask = |input: &str| ask(folder.path(), &["acme.toml", "--questions", "-"], input.as_bytes());
    assert_eq!(ask(&yes.repeat(3)).0, Some(0));
    assert_eq!(ask(&format!("{yes}carol\tcall.pickup\talice\n{yes}")).0, Some(1));
    // No question is no yes.
    for none in ["", "\n \n"] {
        let (status, out, err) = ask(none);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains("standard input: there is no question in it"), "{err}");
    }
}

#[test]
fn a_line_that_cannot_be_asked_is_named_and_is_no_yes() {
    let folder = folder();
    for (line, said) in [
        ("alcie\tcall.pickup\tbob", "`alice`"),
        ("bob\tcall.pikcup\talice", "`call.pickup`"),
        ("bob call.pickup alice", "1 fields, expected actor, right and target"),
        ("bob\tcall.pickup\talice\tboth", "part `both` in a transfer"),
        ("bob\tcall.pickup\talice\tconsulted\t", "5 fields"),
        ("{\"actor\":\"bob\",\"right\":\"call.pickup\"}", "missing field `target`"),
        ("{\"actor\":\"bob\",\"right\":\"call.pickup\",\"target\":\"alice\",\"part\":1}", "unknown field `part`"),
    ] {
        let input = format!("bob\tcall.pickup\talice\n{line}\nbob\tcall.pickup\talice\n");
        let (status, out, err) = ask(folder.path(), &["acme.toml", "--questions", "-"], input.as_bytes());
        assert_eq!(status, Some(2), "{line}: {out}{err}");
        assert!(err.starts_with("linewarden: standard input:2: ") && err.contains(said), "{line}: {err}");
        let words: Vec<&str> = out.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(words, ["yes", "error", "yes"], "{line}: {out}");
        let args = ["acme.toml", "--questions", "-", "--json"];
        let (_, out, _) = ask(folder.path(), &args, input.as_bytes());
        let second: Value = serde_json::from_str(out.lines().nth(1).unwrap()).unwrap();
        assert_eq!(second["line"], 2, "{second}");
        assert!(second["error"].as_str().unwrap().contains(said) && second.get("allowed").is_none(), "{second}");
    }
    let (status, _, err) = ask(folder.path(), &["acme.toml", "--questions", "-"], b"bob\tcall.pickup\t\xff\n");
    assert_eq!((status, err.contains("standard input:1: the line is not utf-8")), (Some(2), true), "{err}");
    for args in [
        &["acme.toml", "--questions", "gone.tsv"][..],
        &["acme.toml", "bob", "--questions", "-"],
        &["-", "--questions", "-"],
        &["acme.toml", "bob", "call.pickup"],
    ] {
        let (status, out, err) = ask(folder.path(), args, ACME.as_bytes());
        assert_eq!((status, out.as_str(), err.is_empty()), (Some(2), "", false), "{args:?}");
    }
}

/// Every command that answers takes another instant than now.
#[test]
fn another_instant_is_asked_with_at() {
    let folder = TempDir::new().unwrap();
    let text = "domain = \"acme.example\"\nsystems = [\"linewarden\"]\nuser = [{ name = \"a\" }, { name = \"b\" }]\n\
        destinations = { country = \"DE\", trunk_prefix = \"0\" }\n\
        [[rule]]\nname = \"cover\"\nactors = [\"b\"]\nrights = [\"call.pickup\", \"forwarding.set\"]\ntargets = [\"a\"]\n\
        from = 2090-03-01T00:00:00Z\nuntil = 2090-03-02T00:00:00Z\n";
    fs::write(folder.path().join("acme.toml"), text).unwrap();
    let commands = [
        ("check acme.toml b call.pickup a", 1),
        ("explain acme.toml b call.pickup a", 1),
        ("may-forward acme.toml b a 001711234567", 1),
        ("who acme.toml call.pickup a", 0),
        ("whom acme.toml b call.pickup", 0),
        ("rights acme.toml b a", 0),
        ("matrix acme.toml --json", 0),
    ];
    for (command, without) in commands {
        let at = |instant: Option<&str>| {
            let at = instant.map(|instant| ["--at", instant]).into_iter().flatten();
            let (status, out, err) = command::answer(folder.path(), command.split(' ').chain(at), b"");
            (status, out + &err)
        };
        let (status, said) = at(None);
        assert_eq!(status, Some(without), "{command}: {said}");
        let [before, during, ended] =
            ["2090-02-28T23:59:59Z", "2090-03-01T00:00:00Z", "2090-03-02T00:00:00Z"].map(|instant| at(Some(instant)));
        assert!(during != before && during != ended, "{command}: {during:?}");
        assert_eq!(during.0, Some(0), "{command}: {during:?}");
        assert_eq!((before.0, ended.0), (status, status), "{command}: {before:?} {ended:?}");
    }
}
