//! `shadow run` and `shadow report`: the report has each refusal, and what it proposes allows exactly what it says.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod command;

use linewarden_testkit::native::root;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const ACME: &str = r#"domain = "acme.example"
systems = ["linewarden"]
[[user]]
name = "alice"
lines = ["100"]
[[user]]
name = "bob"
lines = ["110"]
[[user]]
name = "carol"
[[user]]
name = "dave"
[[rule]]
name = "front"
actors = ["bob"]
rights = ["call.pickup"]
targets = ["alice"]
"#;

/// An hour from now.
fn until() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    linewarden::instant_text(i64::try_from(now).unwrap() + 3600)
}

fn folder(acme: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("acme.toml"), acme).unwrap();
    folder
}

fn run(folder: &Path, more: &[&str], questions: &str) -> command::Answer {
    let until = until();
    let args = ["shadow", "run", "acme.toml", "--until", &until, "--log", "acme.log", "--questions", "-"];
    command::answer(folder, args.iter().chain(more), questions.as_bytes())
}

fn report(folder: &Path, more: &[&str]) -> command::Answer {
    command::answer(folder, ["shadow", "report", "acme.log"].iter().chain(more), b"")
}

#[test]
fn report_has_each_refusal_and_its_rules_allow_them() {
    let folder = folder(ACME);
    let folder = folder.path();
    let questions = "bob\tcall.pickup\talice\ncarol\tcall.pickup\talice\ncarol\tcall.pickup\talice\n\ndave\tcall.pickup\t100\n\
        carol\tcall.pickup\tbob\ndave\tcall.pickup\tbob\nlobby\tcall.pickup\talice\ncarol\tline.busy.read\talice\n";
    let (status, out, err) = run(folder, &["--right", "call.pickup"], questions);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let words: Vec<&str> = out.lines().map(|line| line.split("  ").next().unwrap().trim()).collect();
    let refuse = "would refuse";
    assert_eq!(words[..8], ["yes", refuse, refuse, refuse, refuse, refuse, refuse, "no"], "{out}");
    assert!(words[8].starts_with("SHADOW MODE: call.pickup in acme.example"), "{out}");

    let (status, out, err) = report(folder, &[]);
    assert_eq!((status, err.as_str()), (Some(1), ""));
    assert!(out.starts_with("6 questions would have been refused, of 5 pairs"), "{out}");
    assert!(out.contains("2      carol  call.pickup  alice   no source gives it"), "{out}");
    assert!(out.contains("acme.example does not know `lobby`"), "{out}");
    assert!(out.contains("1 change would allow all 4 pairs"), "{out}");
    assert!(out.contains("rights: call.pickup actors: carol dave targets: alice bob"), "{out}");

    let (_, json, _) = report(folder, &["--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["times"], &json["lost"], json["refused"].as_array().unwrap().len()), (&6.into(), &0.into(), 5));
    assert_eq!(json["refused"][0]["now"], "no");

    // The rules in the document: only the telephone that it lacks is left.
    let (status, rules, _) = report(folder, &["--rules"]);
    assert_eq!(status, Some(1));
    fs::write(folder.join("acme.toml"), format!("{ACME}{rules}")).unwrap();
    let (status, out, _) = report(folder, &[]);
    assert_eq!(status, Some(1), "{out}");
    assert_eq!(out.matches("allowed by now").count(), 4, "{out}");
    assert!(!out.contains("would allow"), "{out}");
    let with_lobby = format!("{ACME}{rules}\n[[user]]\nname = \"lobby\"\n");
    fs::write(folder.join("acme.toml"), with_lobby).unwrap();
    let (status, out, _) = report(folder, &[]);
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("targets: alice\n") && out.contains("actors: lobby"), "{out}");
    // Its name is free: the other is in use.
    let (_, rules, _) = report(folder, &["--rules"]);
    let mut whole = fs::read_to_string(folder.join("acme.toml")).unwrap();
    whole.push_str(&rules);
    fs::write(folder.join("acme.toml"), whole).unwrap();
    assert_eq!(report(folder, &[]).0, Some(0));
}

#[test]
fn changes_of_a_report_are_what_apply_reads() {
    let folder = folder(
        "domain = \"acme.example\"\nsystems = [\"xphone\", \"estos\"]\n\
         user = [{ name = \"alice\", lines = [\"100\"] }, { name = \"bob\" }, { name = \"carol\" }]\n",
    );
    let folder = folder.path();
    assert_eq!(run(folder, &[], "bob\tcall.pickup.first\talice\ncarol\tforwarding.set.first\talice\n").0, Some(0));
    let (status, changes, err) = report(folder, &["--changes"]);
    assert_eq!((status, err.as_str()), (Some(1), ""));
    assert_eq!(command::answer(folder, ["import", "rights.db", "acme.toml"], b"").0, Some(0));
    let (status, _, err) = command::answer(folder, ["apply", "rights.db"], changes.as_bytes());
    assert_eq!((status, err.as_str()), (Some(0), ""), "{changes}");
    let (status, out, _) = report(folder, &["--source", "rights.db"]);
    assert_eq!(status, Some(0), "{out}");
    // They are no rules of a document.
    let (status, out, err) = report(folder, &["--rules"]);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(err.contains("is no rule"), "{err}");
}

#[test]
fn what_is_no_log_and_no_end_is_an_error() {
    let folder = folder(ACME);
    let folder = folder.path();
    let past = ["shadow", "run", "acme.toml", "--until", "2020-01-01T00:00:00Z", "--log", "x", "--questions", "-"];
    let (status, _, err) = command::answer(folder, past, b"");
    assert_eq!(status, Some(2));
    assert!(err.contains("is past"), "{err}");
    let (status, _, err) = command::answer(folder, &past[..3], b"");
    assert!(status == Some(2) && err.contains("--until"), "{err}");
    let (status, _, err) = run(folder, &[], "bob\tcall.pikup\talice\n");
    assert!(status == Some(2) && err.contains("standard input:1: "), "{err}");
    fs::write(folder.join("acme.log"), "{\"at\":\"\",\"domain\":\"acme.example\"}\nno JSON\n").unwrap();
    let (status, _, err) = report(folder, &["--source", "acme.toml"]);
    assert!(status == Some(2) && err.contains("acme.log:2: no line of a log"), "{err}");
    fs::write(folder.join("acme.log"), "").unwrap();
    let (status, _, err) = report(folder, &[]);
    assert!(status == Some(2) && err.contains("expected --source"), "{err}");
    assert_eq!(report(folder, &["--source", "acme.toml"]).0, Some(0));
}

/// The sample company of docs/first-hour.md is what its description says.
#[test]
fn the_sample_has_two_hundred_telephones() {
    let sample = root().join("examples/first-hour");
    let convert = ["convert", "pjsip", "--domain", "acme.example", "pjsip.conf", "extensions.conf"];
    let (status, document, lost) = command::answer(&sample, convert, b"");
    assert_eq!(status, Some(0), "{lost}");
    assert_eq!(document.matches("\n[[user]]").count(), 200);
    let lines: Vec<&str> = lost.lines().collect();
    let unique: std::collections::BTreeSet<_> = lines.iter().collect();
    assert_eq!(unique.len(), lines.len(), "each is listed once: {lost}");
}
