//! The command's report and the change set that `explain` names over a store: the real binary on a store that it has made itself.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod command;

use command::answer;
use serde_json::Value;
use std::path::Path;

/// A store of the sample company, changed once by Diana.
fn store(folder: &Path) {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/companies/mixed.toml");
    for args in [
        vec!["import", "rights.db", document],
        vec!["apply", "rights.db", "--by", "diana", "set", "relationship", "diana", "bob", "assistant_plus"],
    ] {
        let (status, _, err) = answer(folder, &args, b"");
        assert_eq!(status, Some(0), "{err}");
    }
}

fn run(folder: &Path, args: &str, status: i32) -> String {
    let (ended, out, err) = answer(folder, args.split_whitespace(), b"");
    assert_eq!(ended, Some(status), "{args}: {out}{err}");
    if status == 2 { err } else { out }
}

#[test]
fn a_report_is_text_html_or_json_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let english = run(folder.path(), "report rights.db --for diana --since 1", 0);
    assert!(english.contains("Who may listen in") && english.contains("revision 2"), "{english}");
    assert!(english.contains("What changed since revision 1"), "{english}");
    let german = run(folder.path(), "report rights.db --for diana --lang de --html", 0);
    assert!(german.starts_with("<!DOCTYPE html>") && german.contains("Wer darf mithören"), "{german}");
    let json: Value =
        serde_json::from_str(&run(folder.path(), "report rights.db --for diana --since 1 --json", 0)).unwrap();
    assert_eq!((&json["person"], &json["changed"][0]["by"]["revision"]), (&"diana".into(), &2.into()));
    let company: Value =
        serde_json::from_str(&run(folder.path(), "report rights.db --company --since 2020-01-01T00:00:00Z --json", 0))
            .unwrap();
    assert_eq!((&company["above"], company["made"].as_array().unwrap().len()), (&0.into(), 2));
    assert!(run(folder.path(), "report rights.db --company --lang de", 0).contains("Betriebsvereinbarung"));
    assert!(run(folder.path(), "report rights.db", 2).contains("--for"));
    assert!(run(folder.path(), "report rights.db --for diana --since Friday", 2).contains("no revision"));
    assert!(run(folder.path(), "report rights.db --for dianna", 2).contains("diana"));
}

#[test]
fn explain_names_the_change_set_that_decided() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let said = run(folder.path(), "explain rights.db bob forwarding.set.first diana", 0);
    assert!(said.contains("since revision 2, ") && said.contains("by ") && said.contains("/diana"), "{said}");
    let decides = said.lines().find(|line| line.starts_with('>')).unwrap();
    assert!(decides.contains("revision 2"), "{said}");
    let json = run(folder.path(), "explain rights.db bob forwarding.set.first diana --json", 0);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["since"]["revision"], 2);
    assert!(json["since"]["by"].as_str().unwrap().ends_with("/diana"));
    // A no has a beginning, too; a document has none.
    let no = run(folder.path(), "explain rights.db diana forwarding.set.first bob --json", 1);
    assert_eq!(serde_json::from_str::<Value>(&no).unwrap()["since"]["revision"], 1);
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/companies/mixed.toml");
    let said = run(folder.path(), &format!("explain {document} bob forwarding.set.first diana --json"), 1);
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap()["since"], Value::Null);
}
