//! A store as it was: earlier answers, parts of the history, and change sets taken back by new ones. Taking back must never undo what
//! came later.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod command;

use serde_json::Value;
use std::fs;
use tempfile::TempDir;

const ACME: &str = r#"domain = "acme.example"
systems = ["xphone", "estos", "pascom"]
user = [
    { name = "alice", lines = ["100"], site = "munich" },
    { name = "bob", lines = ["110"], site = "munich" },
    { name = "carol", lines = ["120"], site = "munich" },
]
team = [{ name = "support", agents = ["alice"] }]
site = [{ name = "munich", same_site = "employee", other_sites = "employee", outside = "external" }]
relationship = [{ owner = "alice", viewer = "bob", level = "assistant" }]
"#;

/// A folder with a store `rights.db` of the document.
struct Dir(TempDir);

impl Dir {
    fn new() -> Dir {
        let dir = Dir(TempDir::new().unwrap());
        fs::write(dir.0.path().join("acme.toml"), ACME).unwrap();
        dir.ends(0, "import rights.db acme.toml");
        dir
    }

    fn run(&self, args: &str) -> command::Answer {
        command::answer(self.0.path(), args.split(' '), b"")
    }

    #[track_caller]
    fn ends(&self, status: i32, args: &str) -> String {
        let (found, out, err) = self.run(args);
        assert_eq!(found, Some(status), "linewarden {args}\n{out}{err}");
        out
    }

    fn matrix(&self, option: &str) -> String {
        self.ends(0, &format!("matrix rights.db --json{option}"))
    }
}

/// Each of these changes answers or what an export says; taken back at once, all is as before, and redone it is as after.
const CHANGES: &[&str] = &[
    "set relationship alice bob external",
    "set relationship alice carol assistant",
    "set relationship alice sip:eve@elsewhere.example employee",
    "clear relationship alice bob",
    "set vip alice yes",
    "add user dave 130",
    "set lines bob 111 112",
    "remove user carol",
    "add workgroup sales employee",
    "set grant bob alice team",
    "add member agents support bob",
    "logout support alice",
    "set default munich outside employee",
    "remove team support",
    "set systems xphone",
];

#[test]
fn what_is_taken_back_is_as_it_was() {
    let dir = Dir::new();
    // The order of entries says nothing.
    let export = || {
        let mut lines: Vec<_> = dir.ends(0, "export rights.db").lines().map(String::from).collect();
        lines.sort();
        lines
    };
    let mut revision = 1;
    for change in CHANGES {
        let before = (dir.matrix(""), export());
        let (status, out, err) = dir.run(&format!("apply rights.db {change}"));
        assert_eq!(status, Some(0), "{change}: {out}{err}");
        revision += 1;
        assert_eq!(out, format!("revision {revision}\n"), "{change}");
        let after = (dir.matrix(""), export());
        assert_ne!(after, before, "{change} changes nothing");
        let would = dir.ends(0, &format!("revert rights.db {revision} --dry-run"));
        assert!(would.starts_with(&format!("revision {revision}: ")), "{change}: {would}");
        assert_eq!((dir.matrix(""), export()), after, "{change}: a dry run changes nothing");
        let out = dir.ends(0, &format!("revert rights.db {revision}"));
        revision += 1;
        assert!(out.starts_with(&format!("revision {revision}: ")), "{change}: {out}");
        assert_eq!((dir.matrix(""), export()), before, "{change} is not taken back");
        // And again: what was taken back can itself be.
        dir.ends(0, &format!("revert rights.db {revision}"));
        revision += 1;
        assert_eq!((dir.matrix(""), export()), after, "{change} is not made again");
        dir.ends(0, &format!("revert rights.db {revision}"));
        revision += 1;
        assert_eq!((dir.matrix(""), export()), before, "{change}");
    }
    dir.ends(0, "verify rights.db");
}

/// What came later stays, also where it stands beside what is taken back.
#[test]
fn later_changes_stay() {
    let dir = Dir::new();
    dir.ends(0, "apply rights.db set relationship bob alice assistant");
    dir.ends(0, "apply rights.db set relationship bob carol assistant");
    dir.ends(0, "apply rights.db add user dave 130");
    dir.ends(0, "revert rights.db 2");
    dir.ends(1, "check rights.db alice call.pickup bob");
    dir.ends(0, "check rights.db carol call.pickup bob");
    dir.ends(0, "rights rights.db dave bob");
}

/// Where a later change has changed the same or rests on it, nothing is taken back.
#[test]
fn what_others_rest_on_is_refused() {
    let dir = Dir::new();
    dir.ends(0, "apply rights.db set relationship bob alice assistant");
    dir.ends(0, "apply rights.db set relationship bob alice external");
    dir.ends(0, "apply rights.db add user dave 130");
    dir.ends(0, "apply rights.db set relationship dave bob assistant");
    let before = dir.matrix("");
    for (revision, named) in [(2, "relationship bob alice"), (4, "dave")] {
        for option in ["", " --dry-run"] {
            let out = dir.ends(1, &format!("revert rights.db {revision}{option}"));
            let start = format!("no   revision {revision} is not taken back: ");
            assert!(out.starts_with(&start) && out.contains(named), "{out}");
        }
        let json: Value = serde_json::from_str(&dir.ends(1, &format!("revert rights.db {revision} --json"))).unwrap();
        assert_eq!((&json["done"], &json["revision"]), (&false.into(), &5.into()), "{json}");
    }
    assert_eq!(dir.matrix(""), before);
    // The last ones first: then it can be.
    for revision in [5, 4, 3, 2] {
        dir.ends(0, &format!("revert rights.db {revision}"));
    }
    let out = dir.ends(1, "revert rights.db 2");
    assert!(out.contains("later changes"), "{out}");
    for revision in ["0", "99"] {
        let (status, out, err) = dir.run(&format!("revert rights.db {revision}"));
        assert_eq!((status, out.as_str()), (Some(2), ""), "{err}");
    }
}

/// A user takes back only what the user's own systems let users change.
#[test]
fn the_author_is_judged() {
    let dir = Dir::new();
    dir.ends(0, "apply rights.db set relationship alice carol assistant");
    let out = dir.ends(1, "revert rights.db 2 --by bob");
    assert!(out.starts_with("no   "), "{out}");
    dir.ends(0, "revert rights.db 2 --by alice");
    let history = dir.ends(0, "history rights.db --limit 1");
    assert!(history.contains("acme.example/alice"), "{history}");
}

#[test]
fn earlier_revisions_answer_as_they_did() {
    let dir = Dir::new();
    let mut then = vec![dir.matrix("")];
    for change in ["set relationship alice bob external", "add user dave 130", "set relationship dave bob assistant"] {
        dir.ends(0, &format!("apply rights.db {change}"));
        then.push(dir.matrix(""));
    }
    for (revision, answers) in (1..).zip(&then) {
        assert_eq!(dir.matrix(&format!(" --at-revision {revision}")), *answers, "revision {revision}");
    }
    let json: Value =
        serde_json::from_str(&dir.ends(0, "check rights.db bob call.pickup alice --at-revision 1 --json")).unwrap();
    assert_eq!(json["revision"], 1, "{json}");
    dir.ends(1, "check rights.db bob call.pickup alice");
    dir.ends(1, "explain rights.db bob call.pickup alice --at-revision 2");
    // Who was not there yet is unknown; so is what is still to come.
    for (args, said) in [
        ("check rights.db dave call.pickup alice --at-revision 2", "`dave`"),
        ("check rights.db bob call.pickup alice --at-revision 9", "revision 9 is not there yet, expected at most 4"),
        ("check acme.toml bob call.pickup alice --at-revision 1", "store"),
    ] {
        let (status, out, err) = dir.run(args);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{args}");
        assert!(err.contains(said), "{args}: {err}");
    }
}

#[test]
fn history_ends_where_it_is_asked_to() {
    let dir = Dir::new();
    for user in ["dave", "erin", "fred"] {
        dir.ends(0, &format!("apply rights.db add user {user}"));
    }
    let json: Value = serde_json::from_str(&dir.ends(0, "history rights.db --since 1 --until 3 --json")).unwrap();
    let revisions: Vec<u64> =
        json["sets"].as_array().unwrap().iter().map(|set| set["revision"].as_u64().unwrap()).collect();
    assert_eq!(revisions, [3, 2]);
    assert!(dir.ends(0, "history rights.db --until 1").contains("import"));
}
