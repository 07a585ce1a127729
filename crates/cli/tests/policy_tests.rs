//! `test` as people and build servers meet it: what is expected where, what came and why, JUnit, JSON, exit status; and the page about it.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden_testkit::cases;
use linewarden_testkit::native::root;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const ACME: &str = r#"domain = "acme.example"
systems = ["xphone", "pascom"]
user = [
    { name = "alice", lines = ["100"], site = "munich" },
    { name = "bob", lines = ["110"], site = "munich" },
    { name = "carol", lines = ["120"], site = "munich" },
]
team = [{ name = "support", lines = ["600"], agents = ["alice"], pickup_notification = "available_agents_and_others" }]
site = [{ name = "munich", same_site = "employee", other_sites = "employee", outside = "external" }]
relationship = [{ owner = "alice", viewer = "bob", level = "assistant" }]
permission = [{ name = "queue", types = ["pickup.group"], users = ["carol"], teams = ["support"] }]
"#;

/// All of it is so.
const RIGHT: &str = r#"note = "who takes whose calls"
unknown = ["dave"]
[[ask]]
actor = "bob"
target = "100"
yes = ["call.pickup", "forwarding.set.first"]
levels = { xphone = "assistant" }
[[ask]]
actor = "carol"
target = "alice"
no = ["call.pickup"]
[[list]]
right = "call.pickup"
target = "alice"
are = ["bob", "alice"]
[[dial]]
actor = "bob"
code = "*8100"
function = "pickup"
subject = "alice"
right = "call.pickup.first"
allowed = true
[[notified]]
team = "support"
who = ["alice", "carol"]
"#;

/// One question of each sort with an answer that is another.
const WRONG: &str = r#"[[ask]]
actor = "carol"
target = "alice"
yes = [
    "presence.status.read",
    "call.pickup",
]
[[ask]]
actor = "sip:eve@elsewhere.example"
target = "alice"
only = true
levels = { xphone = "assistant" }
[[list]]
right = "call.pickup"
target = "alice"
are = ["carol"]
[[dial]]
actor = "carol"
code = "*8100"
function = "pickup"
subject = "bob"
allowed = true
[[notified]]
team = "team:support"
who = ["bob"]
"#;

struct Answer {
    status: Option<i32>,
    out: String,
    err: String,
}

fn run(folder: &Path, args: &[&str]) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_linewarden")).current_dir(folder).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files.iter().chain([&("acme.toml", ACME)]) {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn answers_as_expected_end_with_0() {
    let folder = folder(&[("t/a.toml", RIGHT), ("t/notes.txt", "no questions")]);
    for tests in ["t", "t/a.toml"] {
        let answer = run(folder.path(), &["test", "acme.toml", tests]);
        assert_eq!((answer.status, answer.out.as_str()), (Some(0), "6 questions: 6 as expected, 0 not\n"), "{tests}");
    }
}

#[test]
fn another_answer_is_shown_with_its_place_and_reason() {
    let folder = folder(&[("t.toml", WRONG)]);
    let answer = run(folder.path(), &["test", "acme.toml", "t.toml"]);
    assert_eq!((answer.status, answer.err.as_str()), (Some(1), ""), "{}", answer.out);
    for said in [
        "carol -> alice\n  t.toml:6: call.pickup: expected yes, came no\n    carol ",
        "sip:eve@elsewhere.example -> alice\n",
        "  t.toml:12: level in xphone: expected assistant, came external\n",
        "who may call.pickup on alice\n  t.toml:16: carol: expected listed, came not listed\n    carol ",
        "  t.toml:16: bob: expected not listed, came listed\n    bob ",
        "carol dials *8100\n  t.toml:21: subject: expected bob, came alice\n",
        "  t.toml:22: allowed: expected yes, came no\n",
        "notified of team:support\n  t.toml:25: bob: expected listed, came not listed\n  t.toml:25: ",
        "\n5 questions: 0 as expected, 5 not\n",
    ] {
        assert!(answer.out.contains(said), "`{said}` is not in:\n{}", answer.out);
    }
    // `only` points at itself.
    assert!(answer.out.contains("  t.toml:11: ") && answer.out.contains("expected no, as `only` is set, came yes"));
}

/// A bare right that is a yes on some lines only is no yes, and the report says on which.
#[test]
fn a_right_that_splits_by_line_says_so() {
    let estos = "domain = \"e.example\"\nsystems = [\"estos\"]\n\
        user = [{ name = \"a\", lines = [\"1\", \"2\", \"3\"] }, { name = \"b\", lines = [\"4\"] }]\n\
        authorization_grant = [{ owner = \"a\", viewer = \"b\", rights = [\"call.pickup.first\", \"call.pickup.second\"] }]\n";
    let tests = "[[ask]]\nactor = \"b\"\ntarget = \"a\"\nyes = [\"call.pickup\"]\n\
        [[ask]]\nactor = \"b\"\ntarget = \"a\"\nno = [\"call.pickup\"]\n";
    let folder = folder(&[("e.toml", estos), ("t.toml", tests)]);
    let answer = run(folder.path(), &["test", "e.toml", "t.toml"]);
    assert_eq!(answer.status, Some(1), "{}{}", answer.out, answer.err);
    for said in [
        "t.toml:4: call.pickup: expected yes, came first yes, second yes, additional no\n",
        "t.toml:8: call.pickup: expected no, came first yes, second yes, additional no\n",
    ] {
        assert!(answer.out.contains(said), "{}", answer.out);
    }
}

/// A question about a name that is gone is not passed: the rest is answered, and the status is 2.
#[test]
fn what_cannot_be_asked_is_an_error() {
    let tests = "[[ask]]\nactor = \"bob\"\ntarget = \"alcie\"\nno = [\"call.pickup\"]\n\
        [[ask]]\nactor = \"bob\"\ntarget = \"alice\"\nyes = [\"call.pikcup\"]\n\
        [[ask]]\nactor = \"bob\"\ntarget = \"alice\"\nyes = [\"call.pickup\"]\nno = [\"call.pickup.first\"]\n\
        [[list]]\nright = \"call.pickup\"\nare = []\n";
    let files =
        [("t.toml", tests), ("none.toml", "note = \"later\"\n"), ("empty/readme", ""), ("bad.toml", "[[ask]\n")];
    let folder = folder(&files);
    let answer = run(folder.path(), &["test", "acme.toml", "t.toml", "--junit", "report.xml"]);
    assert_eq!(answer.status, Some(2), "{}", answer.out);
    for said in ["t.toml:3: ", "`alice`", "t.toml:8: ", "`call.pickup`", "t.toml:13: ", "both", "t.toml:15: "] {
        assert!(answer.err.contains(said), "`{said}` is not in: {}", answer.err);
    }
    assert!(answer.out.ends_with("4 questions: 0 as expected, 0 not, 4 cannot be asked\n"), "{}", answer.out);
    let report = fs::read_to_string(folder.path().join("report.xml")).unwrap();
    assert!(report.contains("failures=\"0\" errors=\"4\"") && report.matches("<error ").count() == 4, "{report}");
    for (tests, said) in [
        ("none.toml", "none.toml:1: expects nothing"),
        ("empty", "folder `empty` has no document"),
        ("bad.toml", "bad.toml:1:"),
        ("gone.toml", "gone.toml"),
        ("acme.toml", "acme.toml:1:1: unknown field `domain`"),
    ] {
        let answer = run(folder.path(), &["test", "acme.toml", tests, "--junit", "report.xml"]);
        assert_eq!((answer.status, answer.out.as_str()), (Some(2), ""), "{tests}");
        assert!(answer.err.contains(said), "{}", answer.err);
        // The report of the run before does not stand for this one.
        let report = fs::read_to_string(folder.path().join("report.xml")).unwrap();
        assert!(report.contains("tests=\"1\" failures=\"0\" errors=\"1\""), "{report}");
    }
}

#[test]
fn reports_for_programs() {
    let folder = folder(&[("t.toml", WRONG)]);
    let answer = run(folder.path(), &["test", "acme.toml", "t.toml", "--json", "--junit", "r.xml"]);
    assert_eq!(answer.status, Some(1));
    let json: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((&json["passed"], &json["failed"], &json["errors"]), (&0.into(), &5.into(), &0.into()));
    let first = &json["tests"][0];
    assert_eq!((&first["line"], &first["question"]), (&1.into(), &"carol -> alice".into()));
    assert_eq!(first["failures"][0]["place"], "t.toml:6");
    assert!(first["failures"][0]["why"].as_str().unwrap().contains("carol"));
    let xml = fs::read_to_string(folder.path().join("r.xml")).unwrap();
    assert!(xml.contains("<testsuite name=\"acme.toml\" tests=\"5\" failures=\"5\" errors=\"0\">"), "{xml}");
    assert!(xml.contains("name=\"carol -&gt; alice\" file=\"t.toml\" line=\"1\">"), "{xml}");
    assert_eq!((xml.matches("<failure ").count(), xml.matches("</testcase>").count()), (5, 5), "{xml}");
    // Where it cannot be written there is no report that looks whole.
    let answer = run(folder.path(), &["test", "acme.toml", "t.toml", "--junit", "no/such/r.xml"]);
    assert_eq!((answer.status, answer.err.contains("cannot write `no/such/r.xml`")), (Some(2), true));
}

/// Our own cases are in this form: their questions pass, asked of their documents.
#[test]
fn cases_of_the_engine_pass() {
    let (mut asked, mut skipped) = (0, 0);
    for case in cases::load_all() {
        let text = fs::read_to_string(&case.path).unwrap();
        let mut table: toml::Table = toml::from_str(&text).unwrap();
        for key in ["document", "more", "refused"] {
            table.remove(key);
        }
        for ask in table.get_mut("ask").into_iter().flat_map(|asks| asks.as_array_mut().unwrap()) {
            ask.as_table_mut().unwrap().remove("whole");
        }
        // Every tenth: each starts two programs.
        let questions = case.ask.len() + case.list.len() + case.dial.len() + case.notified.len();
        asked += 1;
        if case.refused.is_some() || questions == 0 || (asked % 10 != 0 && case.dial.is_empty()) {
            skipped += 1;
            continue;
        }
        let tests = toml::to_string(&table).unwrap();
        let folder = folder(&[("t.toml", &tests)]);
        fs::create_dir(folder.path().join("policy")).unwrap();
        for (place, document) in case.documents().iter().enumerate() {
            fs::write(folder.path().join(format!("policy/{place}.toml")), &document.text).unwrap();
        }
        let answer = run(folder.path(), &["test", "policy", "t.toml"]);
        assert_eq!(answer.status, Some(0), "{}: {}{}", case.path.display(), answer.out, answer.err);
    }
    assert!(asked - skipped > 15, "only {} cases", asked - skipped);
}

#[test]
fn watching_asks_again_when_a_file_changes() {
    let folder = folder(&[("t.toml", "[[ask]]\nactor = \"bob\"\ntarget = \"alice\"\nyes = [\"call.pickup\"]\n")]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
    command.current_dir(folder.path()).args(["test", "acme.toml", "t.toml", "--watch"]).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut errors = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "1 question: 1 as expected, 0 not");
    // A document with a fault is reported, and does not end it.
    fs::write(folder.path().join("acme.toml"), "domain = \n").unwrap();
    assert!(errors.next().unwrap().contains("acme.toml:1:"));
    fs::write(folder.path().join("acme.toml"), ACME.replace("level = \"assistant\"", "level = \"external\"")).unwrap();
    let found = lines.by_ref().find(|line| line.starts_with("1 question: ")).unwrap();
    assert_eq!(found, "1 question: 0 as expected, 1 not");
    child.kill().unwrap();
    child.wait().unwrap();
    let answer = run(folder.path(), &["test", "acme.toml", "/dev/null", "--watch"]);
    assert_eq!((answer.status, answer.err.contains("cannot be watched")), (Some(2), true), "{}", answer.err);
}

/// The blocks of the page, by what stands behind the fence.
fn blocks() -> Vec<(String, String)> {
    let page = fs::read_to_string(root().join("docs/testing-policies.md")).unwrap();
    let fenced = page.split("```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').map(|(info, text)| (info.into(), text.into())).unwrap()).collect()
}

#[test]
fn the_page_goes_as_it_says() {
    let folder = TempDir::new().unwrap();
    let path = format!(
        "{}:{}",
        Path::new(env!("CARGO_BIN_EXE_linewarden")).parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let shell = |script: &str| {
        let mut shell = Command::new("bash");
        shell.arg("-c").arg(script).current_dir(folder.path()).env("PATH", &path).output().unwrap()
    };
    let (mut files, mut commands, mut steps) = (0, 0, 0);
    for (info, text) in blocks() {
        match info.split(' ').collect::<Vec<_>>()[..] {
            ["toml", file] => {
                fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
                fs::write(folder.path().join(file), text).unwrap();
                files += 1;
            }
            ["console"] => {
                let (line, expected) = text.strip_prefix("$ ").unwrap().split_once('\n').unwrap();
                let output = shell(&format!("{{ {line}\n}} 2>&1"));
                assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{line}");
                commands += 1;
            }
            ["yaml", file] => {
                // What the workflow has checked out, and what it runs that is linewarden's.
                fs::create_dir(folder.path().join("before")).unwrap();
                fs::copy(folder.path().join("policy/acme.toml"), folder.path().join("before/acme.toml")).unwrap();
                assert!(file.ends_with(".yml"));
                for line in text.lines().filter_map(|line| line.trim().strip_prefix("- run: linewarden ")) {
                    let output = shell(&format!("linewarden {line}"));
                    assert!(output.status.success(), "{line}: {output:?}");
                    steps += 1;
                }
            }
            _ => panic!("docs/testing-policies.md has a block `{info}` that this test does not run"),
        }
    }
    assert_eq!((files, commands, steps), (3, 2, 3));
}
