//! The command and a store, as administrators meet it: the real binary, in a scratch folder.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod command;

use command::Answer;
use linewarden::Engine;
use linewarden_testkit::acme;
use serde_json::{Value, json};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;

/// Owners may only extend; Alice and Bob are agents of the team.
static ACME: LazyLock<String> = LazyLock::new(|| {
    let team = "[[team]]\nname = \"support\"\nagents = [\"alice\", \"bob\"]\npickup_notification = \"available_agents_and_others\"\n";
    acme(r#"["xphone", "estos", "pascom"]"#, "agreement = \"extend_only\"\n", team)
});

const BETA: &str =
    "domain = \"beta.example\"\nsystems = [\"keevio\"]\n[[user]]\nname = \"dave\"\n[[user]]\nname = \"eve\"\n";

/// A scratch folder with a document `acme.toml`.
struct Dir(TempDir);

impl Dir {
    fn new() -> Dir {
        let dir = Dir(TempDir::new().unwrap());
        fs::write(dir.path("acme.toml"), &*ACME).unwrap();
        dir
    }

    /// With a store of the document.
    fn stored() -> Dir {
        let dir = Dir::new();
        dir.done("import rights.db acme.toml");
        dir
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn run_with(&self, args: &str, input: &str) -> Answer {
        command::answer(self.0.path(), args.split(' '), input.as_bytes())
    }

    fn run(&self, args: &str) -> Answer {
        self.run_with(args, "")
    }

    /// What it printed, having ended with 0.
    #[track_caller]
    fn done(&self, args: &str) -> String {
        let (status, out, err) = self.run(args);
        assert_eq!((status, err.as_str()), (Some(0), ""), "linewarden {args}\n{out}");
        out
    }

    #[track_caller]
    fn json(&self, args: &str) -> Value {
        serde_json::from_str(&self.done(args)).unwrap()
    }

    /// Its message, having ended with 2 and without an answer.
    #[track_caller]
    fn fails(&self, args: &str, parts: &[&str]) -> String {
        let (status, out, err) = self.run(args);
        assert_eq!((status, out.as_str()), (Some(2), ""), "linewarden {args}\n{err}");
        for part in parts {
            assert!(err.contains(part), "`{part}` is not in: {err}");
        }
        err
    }

    /// Every answer.
    fn matrix(&self, source: &str) -> String {
        self.done(&format!("matrix {source} --json"))
    }
}

#[test]
fn import_makes_a_store_and_then_changes_what_differs() {
    let dir = Dir::new();
    let would = dir.done("import rights.db acme.toml --dry-run");
    assert!(would.starts_with("revision 0: ") && would.contains("import user alice\n"), "{would}");
    assert!(would.contains("\n+ ") && would.contains(" single rights, 0 pairs lose 0 single rights\n"), "{would}");
    assert_eq!(dir.names(), ["acme.toml"]);
    let made = dir.done("import rights.db acme.toml");
    assert_eq!(made, "revision 1: made rights.db with 15 changes\n");
    assert_eq!(dir.matrix("rights.db"), dir.matrix("acme.toml"));
    assert_eq!(dir.done("import rights.db acme.toml"), "revision 1: nothing to change\n");

    let less = ACME.replace("[[user]]\nname = \"carol\"\nlines = [\"120\"]\nsite = \"munich\"\n", "");
    fs::write(dir.path("acme.toml"), less.replace("same_site = \"employee\"", "same_site = \"assistant\"")).unwrap();
    let would = dir.json("import rights.db acme.toml --dry-run --json");
    let changes = json!([
        {"domain": "acme.example", "change": "remove user carol"},
        {"domain": "acme.example", "change": "set default munich same_site assistant"},
    ]);
    assert_eq!((&would["revision"], &would["changes"]), (&json!(1), &changes));
    assert!(would["answers"]["gained"].as_u64() > Some(0) && would["answers"]["lost"].as_u64() > Some(0), "{would}");
    let people = dir.done("import rights.db acme.toml --dry-run");
    assert!(people.starts_with("revision 1: 2 changes would be made\n  in acme.example\n"), "{people}");
    assert!(dir.done("who rights.db call.pickup alice") == "alice\n", "nothing was changed");
    let made = dir.json("import rights.db acme.toml --json");
    assert_eq!(made, json!({"revision": 2, "changes": changes}));
    assert_eq!(dir.matrix("rights.db"), dir.matrix("acme.toml"));

    // Another domain comes beside it; the first stays.
    fs::write(dir.path("beta.toml"), BETA).unwrap();
    dir.done("import rights.db beta.toml");
    assert_eq!(dir.matrix("rights.db"), dir.matrix("acme.toml") + &dir.matrix("beta.toml"));
    dir.done("verify rights.db");
}

#[test]
fn a_bad_document_makes_no_store_and_changes_none() {
    let dir = Dir::stored();
    let before = dir.matrix("rights.db");
    fs::write(
        dir.path("bad.toml"),
        ACME.replace("\"munich\"\n[[user]]\nname = \"bob\"", "\"minich\"\n[[user]]\nname = \"bob\""),
    )
    .unwrap();
    dir.fails("import new.db bad.toml", &["bad.toml:", "`minich`"]);
    dir.fails("import new.db bad.toml --dry-run", &["bad.toml:"]);
    dir.fails("import rights.db bad.toml", &["bad.toml:"]);
    dir.fails("import nowhere/new.db acme.toml", &["nowhere"]);
    dir.fails("import acme.toml acme.toml", &["`acme.toml`"]);
    assert!(dir.names().iter().all(|name| !name.starts_with("new.db") && !name.contains(".new")), "{:?}", dir.names());
    assert_eq!(fs::read_to_string(dir.path("acme.toml")).unwrap(), *ACME);
    assert_eq!(dir.matrix("rights.db"), before);
}

#[test]
fn apply_makes_changes_whole_or_not_at_all() {
    let dir = Dir::stored();
    let why = |dir: &Dir| dir.run("check rights.db bob call.pickup alice").0;
    assert_eq!(why(&dir), Some(1));
    assert_eq!(dir.done("apply rights.db --by alice set relationship alice bob assistant"), "revision 2\n");
    assert_eq!(why(&dir), Some(0));
    assert_eq!(dir.done("apply rights.db set vip alice no"), "revision 2: nothing to change\n");
    // In one argument, and many from standard input.
    let output = Command::new(env!("CARGO_BIN_EXE_linewarden"))
        .args(["apply", "rights.db", "add user \"van dyke\" 130"])
        .current_dir(dir.0.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "revision 3\n", "{output:?}");
    let many = "# two at once\nadd user erin 140\nin acme.example\nset site erin munich\n";
    assert_eq!(dir.run_with("apply rights.db", many), (Some(0), "revision 4\n".into(), String::new()));
    // A word of several words stays one.
    let output = Command::new(env!("CARGO_BIN_EXE_linewarden"))
        .args(["apply", "rights.db", "set", "site", "van dyke", "munich", "--json"])
        .current_dir(dir.0.path())
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let change = json!([{"domain": "acme.example", "change": "set site \"van dyke\" munich"}]);
    assert_eq!(answer, json!({"revision": 5, "done": true, "changes": change}));
    let half = "add user frank 150\nset vip nobody-knows yes\n";
    let (status, out, err) = dir.run_with("apply rights.db", half);
    assert_eq!((status, out.as_str()), (Some(2), ""));
    assert!(err.contains("`nobody-knows`") && err.contains("nothing is changed"), "{err}");
    dir.fails("check rights.db frank call.pickup alice", &["`frank`"]);
    dir.fails("apply rights.db", &["no change"]);
    dir.fails("apply rights.db sett vip alice yes", &["unknown change", "`set vip`"]);
    dir.fails("apply rights.db --by nobody set vip alice yes", &["`nobody`"]);
    dir.fails("apply rights.db --by team:support set vip alice yes", &["expected a user"]);
    dir.fails("apply acme.toml set vip alice yes", &["`acme.toml`", "store"]);
    dir.fails("apply none.db set vip alice yes", &["no store `none.db`", "linewarden import none.db SOURCE"]);
    dir.done("verify rights.db");
}

#[test]
fn what_the_author_may_not_is_a_no_that_names_the_rule() {
    let dir = Dir::stored();
    let before = dir.matrix("rights.db");
    let (status, out, err) = dir.run("apply rights.db --by bob set relationship alice bob assistant");
    assert_eq!((status, err.as_str()), (Some(1), ""));
    assert!(out.starts_with("no   ") && out.contains("X6"), "{out}");
    // The agreement of the site is to extend only.
    let (status, out, _) = dir.run("apply rights.db --by alice set relationship alice bob blocked --json");
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &answer["done"], &answer["revision"]), (Some(1), &json!(false), &json!(1)));
    assert!(answer["refused"].as_str().unwrap().contains("X12"), "{answer}");
    let (status, out, _) = dir.run("apply rights.db --by alice --dry-run set vip alice yes");
    assert!(status == Some(1) && out.contains("only the administrator may"), "{out}");
    assert_eq!(dir.matrix("rights.db"), before);
    assert_eq!(dir.json("history rights.db --since 1 --json"), json!({"sets": []}));
}

#[test]
fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let dir = Dir::stored();
    let (before, change) = (dir.matrix("rights.db"), "apply rights.db set relationship alice bob assistant --dry-run");
    let out = dir.done(change);
    assert!(out.starts_with("+ ") && out.ends_with(" single rights, 0 pairs lose 0 single rights\n"), "{out}");
    let answer = dir.json(&format!("{change} --json"));
    assert_eq!((&answer["revision"], &answer["done"]), (&json!(1), &json!(false)));
    assert_eq!(answer["answers"]["groups"][0]["actors"], json!(["bob"]));
    assert_eq!(dir.done("apply rights.db set vip alice no --dry-run"), "nothing changes\n");
    assert_eq!(dir.matrix("rights.db"), before);
}

/// Of a long change set the first changes are read, all of them are counted, and `--json` has them.
#[test]
fn history_counts_what_it_does_not_show() {
    let dir = Dir::stored();
    let mut text: String = (0..25).map(|user| format!("add user new-{user:02}\n")).collect();
    text.push_str("in beta.example\nadd domain keevio\nadd user zoe\n");
    let (status, _, err) = dir.run_with("apply rights.db", &format!("in acme.example\n# all at once\n{text}"));
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let out = dir.done("history rights.db --limit 1");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 1 + 1 + 20 + 1, "{out}");
    assert_eq!((lines[1], lines[2], lines[21]), ("  in acme.example", "  add user new-00", "  add user new-19"));
    assert_eq!(lines[22], "  ... and 7 more; --json lists all");
    let set = dir.json("history rights.db --limit 1 --json")["sets"][0].clone();
    assert_eq!(set["changes"].as_array().unwrap().len(), 27);
}

#[test]
fn history_says_who_changed_what_and_when() {
    let dir = Dir::stored();
    dir.done("apply rights.db --by alice set relationship alice bob assistant");
    dir.done("apply rights.db --by carol set relationship carol bob assistant");
    dir.done("apply rights.db remove user carol");
    let out = dir.done("history rights.db");
    let heads: Vec<&str> = out.lines().filter(|line| line.starts_with("revision ")).collect();
    let ends = ["administrator", "acme.example/carol", "acme.example/alice", "administrator"];
    assert_eq!(heads.len(), 4);
    for ((head, end), revision) in heads.iter().zip(ends).zip((1..=4).rev()) {
        assert!(
            head.starts_with(&format!("revision {revision}  20")) && head.ends_with(&format!(" UTC  {end}")),
            "{head}"
        );
    }
    assert!(out.contains("\n  in acme.example\n  set relationship alice bob assistant\n"), "{out}");
    let revisions = |args: &str| -> Vec<u64> {
        let answer = dir.json(&format!("history rights.db --json {args}").trim_end().replace("  ", " "));
        answer["sets"].as_array().unwrap().iter().map(|set| set["revision"].as_u64().unwrap()).collect()
    };
    assert_eq!(revisions(""), [4, 3, 2, 1]);
    assert_eq!(revisions("--since 2"), [4, 3]);
    assert_eq!(revisions("--limit 1"), [4]);
    assert_eq!(revisions("--by administrator"), [4, 1]);
    assert_eq!(revisions("--by 100"), [2], "by extension, too");
    assert_eq!(revisions("--by carol"), [3], "who is gone");
    assert_eq!(revisions("--by acme.example/carol --since 3"), [0_u64; 0]);
    assert_eq!(revisions("--match assistant --limit 1"), [3]);
    let set = dir.json("history rights.db --json --by alice")["sets"][0].clone();
    assert_eq!(set["by"], "acme.example/alice");
    assert_eq!(set["changes"], json!([{"domain": "acme.example", "change": "set relationship alice bob assistant"}]));
    let (at, hash) = (set["at"].as_str().unwrap(), set["hash"].as_str().unwrap());
    assert!(at.len() == 24 && at.ends_with('Z') && hash.len() == 64, "{set}");
    dir.fails("history acme.toml", &["`acme.toml`", "no store"]);
}

#[test]
fn verify_finds_what_was_altered() {
    let dir = Dir::stored();
    dir.done("apply rights.db set relationship alice bob assistant");
    let all = dir.done("verify rights.db");
    assert_eq!(all, "revision 2: file and log are whole, 16 of 16 pairs are answered as the log says\n");
    assert_eq!(dir.json("verify rights.db --json"), json!({"revision": 2, "pairs": 16, "of": 16}));
    // The log, forged so that the administrator seems to have given the right.
    fs::copy(dir.path("rights.db"), dir.path("altered.db")).unwrap();
    let forged = rusqlite::Connection::open(dir.path("altered.db")).unwrap();
    forged.execute("UPDATE change_set SET author = 'acme.example/bob' WHERE revision = 2", []).unwrap();
    drop(forged);
    dir.fails("verify altered.db", &["`altered.db`", "revision 2 of its log is not what was written"]);
}

#[test]
fn compact_cuts_off_and_says_so() {
    let dir = Dir::stored();
    assert_eq!(dir.done("compact rights.db --before 1"), "nothing to cut off\n");
    (0..3).for_each(|number| drop(dir.done(&format!("apply rights.db set vip alice {}", ["yes", "no"][number % 2]))));
    let (matrix, hash) = (dir.matrix("rights.db"), dir.json("history rights.db --json")["sets"][1]["hash"].clone());
    let hash = hash.as_str().unwrap();
    dir.fails("compact rights.db --before 6", &["no revision 6"]);
    dir.fails("compact rights.db --before yesterday", &["as in 2026-01-31"]);
    let out = dir.done("compact rights.db --before 4 --archive old.db");
    assert_eq!(out, format!("cut off up to revision 3, hash {hash}\n"));
    assert_eq!(
        dir.json("compact rights.db --before 2000-01-01 --json"),
        json!({"cut": {"revision": 3, "hash": hash}, "new": false})
    );
    let out = dir.done("verify rights.db");
    let whole =
        "revision 4: file and log are whole from revision 4, cut before, 16 of 16 pairs are answered as the log says\n";
    assert_eq!(out, format!("{whole}hash of what was cut off: {hash}\n"));
    let answer = dir.json("verify rights.db --archive old.db --json");
    assert_eq!((&answer["cut"]["hash"], &answer["unarchived"]), (&json!(hash), &json!(0)));
    assert!(dir.done("history rights.db").ends_with("revision 3 and all before it were cut off\n"));
    assert_eq!(dir.json("history rights.db --json")["cut"], json!({"revision": 3, "hash": hash}));
    dir.fails("history rights.db --since 2", &["revision 2 was cut off"]);
    dir.fails("watch rights.db --since 2 --timeout 0", &["revision 2 was cut off"]);
    dir.fails("verify rights.db --archive rights.db", &["does not hold what was cut off up to revision 3"]);
    assert_eq!(dir.json("history old.db --json")["sets"].as_array().unwrap().len(), 4);
    assert_eq!(dir.matrix("rights.db"), matrix);
}

/// The words of the image that a change altered are put back behind its back, while a program has it open.
#[test]
fn verify_finds_answers_that_are_not_those_of_the_log() {
    let dir = Dir::stored();
    let open = Engine::open(dir.path("rights.db")).unwrap();
    let image = dir.path("rights.db-image");
    let words = || -> Vec<u64> {
        let bytes = fs::read(&image).unwrap();
        bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
    };
    let before = words();
    dir.done("apply rights.db set relationship alice bob assistant");
    dir.done("verify rights.db");
    let after = words();
    // Word 130 says where the first block begins; its first words are the header, with revision and hash.
    let first = after[130] as usize;
    let file = OpenOptions::new().write(true).open(&image).unwrap();
    let mut altered = 0;
    for at in (first + 64..after.len()).filter(|at| before[*at] != after[*at]) {
        file.write_all_at(&before[at].to_le_bytes(), at as u64 * 8).unwrap();
        altered += 1;
    }
    assert!(altered > 0, "the change altered no word behind the header");
    // The program that has it open finds the pair; one that would join does not take such an image at all.
    let error = open.verify().unwrap_err();
    for what in ["`bob` towards `alice`", "rights.db-image"] {
        assert!(error.message().contains(what), "{error}");
    }
    dir.fails("verify rights.db", &["is damaged while it is in use by", "rights.db-image"]);
    // The next opener has it alone, sees the damage and makes it anew.
    drop(open);
    dir.done("verify rights.db");
    assert_eq!(dir.run("check rights.db bob call.pickup alice").0, Some(0));
}

#[test]
fn what_is_exported_can_be_imported_with_everything() {
    let dir = Dir::stored();
    fs::write(dir.path("beta.toml"), BETA).unwrap();
    dir.done("import rights.db beta.toml");
    let changes = "in acme.example\nadd contact sip:zoe@far.example\nlogout support alice\npause support bob\nask bob carol\nset relationship alice bob assistant\n\
        begin transfer call-1 alice carol consulted\nset grant carol alice team\n\
        set administrative_grant alice carol rights note.set\nset administrator carol sites munich\n\
        set administrator carol teams support\nin beta.example\nsubscribe dave eve\n";
    assert_eq!(dir.run_with("apply rights.db", changes).1, "revision 3\n");
    let out = dir.done("export rights.db exported");
    assert_eq!(out, "revision 3: 2 documents and state.changes in exported\n");
    let mut files: Vec<_> = fs::read_dir(dir.path("exported"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["acme.example.toml", "beta.example.toml", "state.changes"]);
    let read = |folder: &str| -> Vec<String> {
        files.iter().map(|file| fs::read_to_string(dir.path(&format!("{folder}/{file}"))).unwrap()).collect()
    };
    for line in [
        "add contact sip:zoe@far.example",
        "logout team:support alice",
        "pause team:support bob",
        "set inquiry carol bob",
        "begin transfer call-1",
    ] {
        assert!(read("exported")[2].contains(line), "`{line}` is not in {}", read("exported")[2]);
    }
    let again = dir.done("import copy.db exported");
    assert!(again.starts_with("revision 1: "), "{again}");
    assert_eq!(dir.matrix("copy.db"), dir.matrix("rights.db"));
    dir.done("export copy.db exported-again");
    assert_eq!(read("exported-again"), read("exported"));
    for command in
        ["pending STORE acme.example/carol", "notified STORE acme.example/support", "pending STORE beta.example/eve"]
    {
        let [one, other] = ["rights.db", "copy.db"].map(|store| dir.done(&command.replace("STORE", store)));
        assert_eq!(one, other, "{command}");
    }
    assert_eq!(dir.done("pending copy.db acme.example/carol"), "acme.example/bob\n");
    assert_eq!(dir.done("who copy.db --may-administer acme.example/team:support"), "acme.example/carol\n");
    assert!(read("exported")[0].contains("viewer = \"carol\"\nadministrative = true\nrights = [\"note.set\"]\n"));
    // A store is a source, too; and what was changed since is changed back.
    dir.done("apply copy.db --domain acme.example login support alice");
    assert_eq!(
        dir.done("import copy.db rights.db"),
        "revision 3: 1 change\n  in acme.example\n  logout team:support alice\n"
    );
    dir.done("export copy.db exported");
    assert_eq!(read("exported"), read("exported-again"));
    // One domain to standard output.
    dir.fails("export rights.db", &["--domain"]);
    let text = dir.done("export rights.db --domain acme.example");
    assert!(text.contains("\n#   pause team:support bob\n"), "{text}");
    fs::write(dir.path("one.toml"), &text).unwrap();
    // Neither a transfer nor a contact that no fact names can be in a document.
    dir.done("apply rights.db --domain acme.example end transfer call-1");
    dir.done("apply rights.db --domain acme.example remove contact sip:zoe@far.example");
    assert_eq!(dir.matrix("one.toml"), dir.done("matrix rights.db --json --domain acme.example"));
    // Documents of other domains would come along with the next import.
    fs::write(dir.path("exported/gamma.toml"), "").unwrap();
    dir.fails("export rights.db exported", &["gamma.toml", "another domain"]);
    dir.fails("export rights.db exported --domain beta.example", &["leave out"]);
}

#[test]
fn a_copy_takes_the_stores_place() {
    let dir = Dir::stored();
    let before = dir.matrix("rights.db");
    assert_eq!(dir.done("backup rights.db copy.db"), "revision 1: copied to copy.db\n");
    dir.fails("backup rights.db copy.db", &["`copy.db` is there already"]);
    dir.done("apply rights.db set relationship alice bob assistant");
    assert_ne!(dir.matrix("rights.db"), before);
    let open = Engine::open(dir.path("rights.db")).unwrap();
    dir.fails("restore copy.db rights.db", &["`rights.db` is in use"]);
    assert_eq!(open.revision(), 2);
    drop(open);
    assert_eq!(dir.done("restore copy.db rights.db"), "revision 1: rights.db is what copy.db is\n");
    assert_eq!(dir.matrix("rights.db"), before);
    assert_eq!(dir.done("apply rights.db set vip alice yes"), "revision 2\n");
    dir.done("restore rights.db another.db");
    assert_eq!(dir.matrix("another.db"), dir.matrix("rights.db"));
    dir.done("verify another.db");
    File::create(dir.path("empty.db")).unwrap();
    dir.fails("restore empty.db rights.db", &["`empty.db`"]);
    dir.fails("verify empty.db", &[]);
}

#[test]
fn what_was_asked_is_taken_back_or_declined() {
    let dir = Dir::stored();
    fs::write(dir.path("beta.toml"), BETA).unwrap();
    dir.done("import rights.db beta.toml");
    let changes = "in acme.example\nask bob alice\nin beta.example\nrequest dave eve\n";
    dir.run_with("apply rights.db", changes);
    assert_eq!(dir.done("pending rights.db acme.example/alice"), "acme.example/bob\n");
    assert_eq!(dir.done("pending rights.db beta.example/eve"), "beta.example/dave\n");
    let apply =
        |by: &str, domain: &str, change: &str| dir.run(&format!("apply rights.db --domain {domain} {by} {change}"));
    let (status, out, _) = apply("--by alice", "acme.example", "withdraw bob alice");
    assert!(status == Some(1) && out.contains("(E9)"), "{out}");
    assert_eq!(apply("--by bob", "acme.example", "withdraw bob alice").0, Some(0));
    assert_eq!(dir.done("pending rights.db acme.example/alice"), "");
    let (status, out, _) = apply("--by eve", "beta.example", "decline eve dave");
    assert!(status == Some(1) && out.contains("(K5)"), "{out}");
    dir.done("apply rights.db --domain beta.example decline eve dave");
    assert_eq!(dir.done("pending rights.db beta.example/eve"), "");
}

#[test]
fn a_user_administers_what_the_administrator_says() {
    let dir = Dir::stored();
    let change = "set default munich same_site team_colleague";
    let (status, out, _) = dir.run(&format!("apply rights.db --by carol {change}"));
    assert!(status == Some(1) && out.contains("only the administrator may"), "{out}");
    dir.done("apply rights.db set administrator carol sites munich");
    assert_eq!(dir.done("who rights.db --may-administer site:munich"), "carol\n");
    assert_eq!(dir.run("check rights.db carol call.pickup bob").0, Some(1));
    dir.done(&format!("apply rights.db --by carol {change}"));
    assert_eq!(dir.run("check rights.db carol call.pickup bob").0, Some(0));
    let (status, out, _) = dir.run("apply rights.db --by carol set vip alice yes");
    assert!(status == Some(1) && out.contains("(R8)"), "{out}");
    dir.done("apply rights.db clear administrator carol");
    assert_eq!(dir.done("who rights.db --may-administer site:munich"), "");
}

#[test]
fn pending_and_wait() {
    let dir = Dir::stored();
    assert_eq!(dir.done("pending rights.db alice"), "");
    dir.done("apply rights.db --by bob ask bob alice");
    assert_eq!(dir.done("pending rights.db alice"), "bob\n");
    let answer = json!({"domain": "acme.example", "owner": "alice", "pending": ["bob"]});
    assert_eq!(dir.json("pending rights.db 100 --json"), answer);
    dir.done("apply rights.db --by alice answer alice business bob");
    assert_eq!(dir.done("pending rights.db alice"), "");

    assert_eq!(dir.done("wait rights.db 3"), "yes  revision 3 is in force\n");
    assert_eq!(dir.run("wait rights.db 4 --timeout 0.05").0, Some(1));
    dir.fails("wait rights.db 4 --timeout -1", &[]);
    let waiting = std::thread::scope(|threads| {
        let waiting = threads.spawn(|| dir.run("wait rights.db 4 --timeout 60"));
        dir.done("apply rights.db set vip alice yes");
        waiting.join().unwrap()
    });
    assert_eq!(waiting, (Some(0), "yes  revision 4 is in force\n".into(), String::new()));
}

/// Opening a store leaves its image beside it; verifying a backup leaves nothing.
#[test]
fn verify_leaves_nothing_beside_a_backup() {
    let dir = Dir::new();
    dir.done("import rights.db acme.toml");
    dir.done("backup rights.db backup.db");
    let before = std::fs::read_dir(&dir.0).unwrap().count();
    assert!(dir.done("verify backup.db").contains("file and log are whole"));
    assert_eq!(std::fs::read_dir(&dir.0).unwrap().count(), before);
}
