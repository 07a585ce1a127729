//! The command as people and scripts meet it: the real binary, in a scratch folder.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use serde_json::Value;
use std::fs;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// XPhone and pascom side by side. Bob is Alice's assistant by her own setting, Carol an ordinary employee, and those
/// outside only external; Carol may take the team's calls.
const ACME: &str = r#"domain  = "acme.example"
systems = ["xphone", "pascom"]

[[user]]
name = "alice"
lines = ["100", "101"]
site = "munich"

[[user]]
name = "bob"
lines = ["110"]
site = "munich"

[[user]]
name = "carol"
lines = ["120"]
site = "munich"

[[team]]
name = "support"
lines = ["600"]
agents = ["alice"]
pickup_notification = "available_agents_and_others"

[[location]]
name = "desk-7"

[[device]]
name = "door"

[[site]]
name = "munich"
same_site = "employee"
other_sites = "employee"
outside = "external"

[[relationship]]
owner = "alice"
viewer = "bob"
level = "assistant"

[[permission]]
name = "queue"
types = ["pickup.group"]
users = ["carol"]
teams = ["support"]
"#;

/// How Bob's relationship begins in [`ACME`].
const RELATIONSHIP: &str = "[[relationship]]";

const BETA: &str = r#"domain  = "beta.example"
systems = ["xphone"]

[[user]]
name = "alice"
lines = ["100"]
site = "berlin"

[[user]]
name = "dave"
lines = ["130"]
site = "berlin"

[[site]]
name = "berlin"
same_site = "team_colleague"
other_sites = "employee"
outside = "external"
"#;

const COMMANDS: [&str; 34] = [
    "check",
    "explain",
    "rights",
    "who",
    "whom",
    "matrix",
    "dial",
    "may-forward",
    "may-call",
    "notified",
    "lint",
    "diff",
    "upcoming",
    "test",
    "report",
    "import",
    "apply",
    "history",
    "revert",
    "pending",
    "status",
    "wait",
    "watch",
    "log",
    "follow",
    "export",
    "verify",
    "compact",
    "backup",
    "restore",
    "right-names",
    "generate",
    "completions",
    "man",
];

/// A scratch folder the command runs in.
struct Dir(TempDir);

impl Dir {
    /// A folder with these files.
    fn with(files: &[(&str, &str)]) -> Dir {
        let dir = Dir(TempDir::new().unwrap());
        for (name, text) in files {
            let path = dir.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn acme() -> Dir {
        Dir::with(&[("acme.toml", ACME)])
    }

    /// Two companies in the folder `companies`.
    fn two_companies() -> Dir {
        Dir::with(&[("companies/acme.toml", ACME), ("companies/beta.toml", BETA)])
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
        command.args(args.split_whitespace()).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &str) -> Answer {
        Answer::of(args, self.command(args).output().unwrap())
    }
}

/// What the command said.
struct Answer {
    args: String,
    status: Option<i32>,
    out: String,
    err: String,
}

impl Answer {
    fn of(args: &str, output: Output) -> Answer {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Answer { args: args.into(), status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// It ended with `status`, and said something on standard error exactly where that is 2.
    #[track_caller]
    fn ends(self, status: i32) -> Answer {
        let Answer { args, out, err, .. } = &self;
        assert_eq!(self.status, Some(status), "linewarden {args}\n{out}{err}");
        assert_eq!(err.is_empty(), status != 2, "linewarden {args}\n{err}");
        assert!(!err.contains("defect"), "linewarden {args}\n{err}");
        self
    }

    /// An error whose message holds all of these, and nothing on standard output.
    #[track_caller]
    fn refused(self, parts: &[&str]) -> Answer {
        let answer = self.ends(2);
        assert!(answer.err.starts_with("linewarden: "), "{}", answer.err);
        assert_eq!(answer.out, "");
        for part in parts {
            assert!(answer.err.contains(part), "`{part}` is not in: {}", answer.err);
        }
        answer
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("linewarden {}: {error}: {}", self.args, self.out))
    }
}

/// The keys of an object, sorted.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

#[test]
fn check_says_yes_or_no_and_why() {
    let dir = Dir::acme();
    let yes = dir.run("check acme.toml bob call.pickup alice").ends(0);
    let line = ACME.lines().position(|line| line == RELATIONSHIP).unwrap() + 1;
    let in_its_entry = (line..line + 4).any(|line| yes.out.contains(&format!("acme.toml:{line}")));
    assert!(yes.out.starts_with("yes  ") && in_its_entry, "{}", yes.out);
    assert_eq!(yes.out.lines().count(), 1, "{}", yes.out);
    let no = dir.run("check acme.toml carol call.pickup alice").ends(1);
    assert!(no.out.starts_with("no   "), "{}", no.out);
    assert_eq!(no.out.lines().count(), 1, "{}", no.out);
    // By extension, on one line, and towards what is not a user.
    let _ = dir.run("check acme.toml 110 call.pickup.first 100").ends(0);
    let _ = dir.run("check acme.toml carol call.pickup team:support").ends(0);
    let _ = dir.run("check acme.toml bob call.pickup 600").ends(1);
    let _ = dir.run("check acme.toml sip:eve@elsewhere.example presence.status.read alice").ends(1);
}

#[test]
fn check_in_json() {
    let dir = Dir::acme();
    let answer = dir.run("check acme.toml bob call.pickup alice --json").ends(0).json();
    assert_eq!(
        keys(&answer),
        [
            "actor",
            "allowed",
            "certainty",
            "domain",
            "lines",
            "reason",
            "rests_on",
            "revision",
            "right",
            "target",
            "why"
        ]
    );
    assert_eq!(answer["allowed"], true);
    assert_eq!(answer["domain"], "acme.example");
    assert_eq!(answer["actor"], "bob");
    assert_eq!(answer["right"], "call.pickup");
    assert_eq!(answer["target"], "alice");
    assert_eq!(answer["reason"], "own_setting");
    assert_eq!(answer["revision"], 1);
    let answer = dir.run("check --json acme.toml carol call.pickup alice").ends(1).json();
    assert_eq!((&answer["allowed"], &answer["reason"]), (&false.into(), &"not_granted".into()));
}

#[test]
fn a_part_in_a_transfer_adds_rights() {
    let dir = Dir::with(&[("beta.toml", &BETA.replace("team_colleague", "unknown"))]);
    for command in ["check", "explain"] {
        let question = format!("{command} beta.toml dave line.busy.read alice");
        let _ = dir.run(&question).ends(1);
        let _ = dir.run(&format!("{question} --in-transfer consulted")).ends(0);
        let _ = dir.run(&format!("{question} --in-transfer transferring")).ends(0);
    }
}

#[test]
fn explain_shows_the_sources_and_what_would_help() {
    let dir = Dir::acme();
    let yes = dir.run("explain acme.toml bob call.pickup alice").ends(0);
    assert!(yes.out.starts_with("yes  "), "{}", yes.out);
    let deciding: Vec<_> = yes.out.lines().filter(|line| line.starts_with('>')).collect();
    assert!(deciding.len() == 1 && deciding[0].contains("xphone"), "{}", yes.out);
    let no = dir.run("explain acme.toml carol call.pickup alice").ends(1);
    assert!(no.out.starts_with("no   ") && no.out.contains("make it a yes"), "{}", no.out);

    let yes = dir.run("explain acme.toml bob call.pickup alice --json").ends(0).json();
    #[rustfmt::skip]
    let shape = [
        "actor", "allowed", "certainty", "changes", "domain", "lines", "no_change", "reason", "rests_on", "revision", "right", "since",
        "sources", "summary", "target",
    ];
    assert_eq!(keys(&yes), shape);
    let sources = yes["sources"].as_array().unwrap();
    for source in sources {
        assert_eq!(keys(source), ["cell", "decides", "gives", "level", "place", "system", "what"]);
    }
    assert!(sources.iter().any(|source| source["decides"] == true && source["gives"] == true));
    assert_eq!(yes["changes"], Value::Array(vec![]));
    let no = dir.run("explain acme.toml carol call.pickup alice --json").ends(1).json();
    let changes = no["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    changes.iter().for_each(|change| assert_eq!(keys(change), ["change", "place"]));
    assert_eq!((&yes["no_change"], &no["no_change"]), (&"".into(), &"".into()));
    let never = dir.run("explain acme.toml carol call.pickup device:door").ends(1).out;
    let printed = "no document makes it a yes: the right does not apply between these parties\n";
    assert!(never.ends_with(printed), "{never}");
}

#[test]
fn summaries_are_sentences() {
    let dir = Dir::acme();
    for (question, code, start) in [
        ("carol call.pickup.first alice", 1, "no   carol may not pick up the first line of alice: "),
        ("bob forwarding.set alice", 0, "yes  bob may set the forwarding of alice: "),
        ("carol location.login location:desk-7", 0, "yes  carol may log in at location:desk-7: "),
    ] {
        let printed = dir.run(&format!("check acme.toml {question}")).ends(code).out;
        assert!(printed.starts_with(start), "{printed}");
    }
    // Who logs in is the user, wherever the code is dialled.
    let printed = dir.run("dial acme.toml location:desk-7 *44120").ends(0).out;
    let login = "yes  log carol in at location:desk-7\n     carol may log in at location:desk-7: ";
    assert!(printed.starts_with(login), "{printed}");
    let printed = dir.run("dial acme.toml carol *44120").ends(0).out;
    let login = "yes  log carol in at the terminal that dials\n     carol may log in at every location\n";
    assert_eq!(printed, login);
    let printed = dir.run("dial acme.toml location:desk-7 *44").ends(0).out;
    assert_eq!(printed, "yes  log out at location:desk-7\n     logging out needs no right\n");
    assert!(dir.run("dial acme.toml carol *44").ends(0).out.starts_with("yes  log carol out\n"));
}

#[test]
fn what_was_probably_meant_is_told_in_one_way() {
    let dir = Dir::acme();
    let _ = dir
        .run("check acme.toml alice call.pikup bob")
        .refused(&["unknown right `call.pikup` (did you mean `call.pickup`?)\n"]);
    let _ = dir
        .run("check acme.toml alice fly bob")
        .refused(&["unknown right `fly`, expected one that `linewarden right-names` lists"]);
    let _ = dir
        .run("check acme.toml alise call.pickup bob")
        .refused(&["unknown name `alise` in `acme.example` (did you mean `alice`?)"]);
    let _ = dir
        .run("dial acme.toml alice *8119")
        .refused(&["extension `119` is unknown in `acme.example` (did you mean `110`?)"]);
}

#[test]
fn rights_of_a_pair() {
    let dir = Dir::acme();
    let answer = dir.run("rights acme.toml bob alice --json").ends(0).json();
    assert_eq!(keys(&answer), ["actor", "domain", "inferred", "levels", "rights", "target"]);
    answer["levels"].as_array().unwrap().iter().for_each(|level| assert_eq!(keys(level), ["level", "system"]));
    let xphone = answer["levels"].as_array().unwrap().iter().find(|level| level["system"] == "xphone").unwrap();
    assert!(xphone["level"].as_str().unwrap().contains("assistant"), "{xphone}");
    let rights = strings(&answer["rights"]);
    assert!(rights.is_sorted() && rights.contains(&"call.pickup.first") && !rights.contains(&"call.pickup"));

    let people = dir.run("rights acme.toml bob alice").ends(0).out;
    assert!(people.starts_with("bob towards alice\n") && people.contains("xphone"), "{people}");
    // Held on all three lines, so written once and without its line.
    let pickups: Vec<_> = people.split_whitespace().filter(|word| word.starts_with("pickup")).collect();
    assert_eq!(pickups, ["pickup"], "{people}");
    assert!(dir.run("rights acme.toml bob device:door").ends(0).out.contains("no rights"));
}

#[test]
fn who_and_whom() {
    let dir = Dir::acme();
    assert_eq!(dir.run("who acme.toml call.pickup alice").ends(0).out, "alice\nbob\n");
    assert_eq!(dir.run("whom acme.toml bob call.pickup").ends(0).out, "alice\nbob\n");
    assert_eq!(dir.run("who acme.toml call.pickup device:door").ends(0).out, "");
    let who = dir.run("who acme.toml call.pickup 100 --json").ends(0).out;
    let expected =
        r#"{"domain":"acme.example","right":"call.pickup","target":"alice","actors":["alice","bob"],"some_lines":[]}"#;
    assert_eq!(who.trim_end(), expected);
    let administered = "[[administrator]]\nuser = \"bob\"\npermissions = [\"All\"]\n";
    fs::write(dir.0.path().join("run.toml"), format!("{ACME}{administered}")).unwrap();
    assert_eq!(dir.run("who run.toml --may-administer permission:All").ends(0).out, "bob\n");
    let who = dir.run("who run.toml --may-administer permission:All --json").ends(0).json();
    assert_eq!((&who["thing"], strings(&who["administrators"])), (&"permission:All".into(), vec!["bob"]));
    let _ = dir.run("who run.toml --may-administer permission:Al").refused(&["unknown permission `Al`"]);
    let _ = dir.run("who run.toml --may-administer bob").refused(&["`site:NAME`", "`team:NAME`"]);
    let _ = dir.run("who run.toml call.pickup alice --may-administer permission:All").refused(&["cannot be used with"]);
    let _ = dir.run("who run.toml call.pickup").refused(&["TARGET"]);
    let whom = dir.run("whom acme.toml bob call.pickup --json").ends(0).json();
    assert_eq!(keys(&whom), ["actor", "domain", "right", "some_lines", "targets"]);
    assert_eq!(strings(&whom["targets"]), ["alice", "bob"]);
}

#[test]
fn matrix_has_a_line_for_every_ordered_pair() {
    let dir = Dir::acme();
    let matrix = dir.run("matrix acme.toml --json").ends(0).out;
    let names = ["alice", "bob", "carol", "device:door", "location:desk-7", "team:support"];
    let pairs: Vec<_> = names.iter().flat_map(|actor| names.iter().map(move |target| (*actor, *target))).collect();
    assert_eq!(matrix.lines().count(), pairs.len());
    for (line, (actor, target)) in matrix.lines().zip(pairs) {
        // The order of the keys is part of the promise.
        let start = format!(r#"{{"domain":"acme.example","actor":"{actor}","target":"{target}","rights":["#);
        assert!(line.starts_with(&start), "expected {start} found {line}");
        let value: Value = serde_json::from_str(line).unwrap();
        let rights = strings(&value["rights"]);
        assert!(rights.is_sorted() && value.as_object().unwrap().len() == 4, "{line}");
        match (actor, target) {
            ("bob", "alice") => assert!(rights.contains(&"call.pickup.additional"), "{line}"),
            ("carol", "alice") => assert!(!rights.contains(&"call.pickup.additional"), "{line}"),
            (_, "device:door") => assert!(rights.is_empty(), "{line}"),
            _ => {}
        }
    }
    let _ = dir.run("matrix acme.toml").refused(&["--json"]);
}

#[test]
fn dial_says_what_a_code_means() {
    let dir = Dir::acme();
    let yes = dir.run("dial acme.toml bob *8100").ends(0).out;
    assert!(yes.starts_with("yes  pick up the call that rings at alice\n"), "{yes}");
    let _ = dir.run("dial acme.toml carol *8100").ends(1);
    let answer = dir.run("dial acme.toml bob *74100#120 --json").ends(0).json();
    assert_eq!(keys(&answer), ["allowed", "class", "digits", "function", "line", "right", "subject", "why"]);
    assert_eq!(answer["function"], "forward_set");
    assert_eq!(answer["subject"], "alice");
    assert_eq!(answer["digits"], "120");
    assert_eq!(answer["class"], "internal");
    assert_eq!(answer["allowed"], true);
    assert_eq!(answer["line"], 1);
    assert_eq!(answer["right"], "forwarding.set.first");
    let _ = dir.run("dial acme.toml bob *99").refused(&["*99"]);
}

#[test]
fn numbers_are_allowed_by_their_class() {
    let dir = Dir::with(&[(
        "numbers.toml",
        "domain = \"numbers.example\"\nsystems = [\"linewarden\"]\n\
         [[user]]\nname = \"ann\"\nlines = [\"200\", \"201\"]\n[[user]]\nname = \"bert\"\nlines = [\"210\"]\n\
         [[rule]]\nname = \"cover\"\nactors = [\"bert\"]\nrights = [\"forwarding.set\"]\nlines = [\"second\"]\n\
         targets = [\"ann\"]\n[destinations]\ncountry = \"DE\"\ntrunk_prefix = \"0\"\n",
    )]);
    for (asked, status, said) in [
        ("may-forward numbers.toml ann ann 00171-1234567", 0, "yes  `00171-1234567` is mobile\n"),
        (
            "may-forward numbers.toml bert ann +43123456 --line 2",
            1,
            "no   `+43123456` is international, and bert lacks ",
        ),
        (
            "may-forward numbers.toml bert ann 210 --line 1",
            1,
            "no   bert may not set the forwarding of the first line ",
        ),
        ("may-forward numbers.toml bert ann 200 --line 2", 1, "no   `200` is an extension of ann, so the forwarding "),
        ("may-forward numbers.toml ann ann 0112", 1, "no   `0112` is an emergency number, never the target "),
        ("may-forward numbers.toml ann ann 299", 1, "no   where `299` leads is not known\n"),
        ("may-call numbers.toml ann +43123456", 0, "yes  `+43123456` is international\n"),
        ("may-call numbers.toml ann 112", 0, "yes  `112` is an emergency number\n"),
        ("may-call numbers.toml ann 00900123456", 1, "no   `00900123456` is premium, and ann lacks call.to.premium\n"),
        ("dial numbers.toml bert *74201#00900123456", 1, "no   forward ann (second line) to 00900123456 (premium)\n"),
        ("dial numbers.toml ann *74#210", 0, "yes  forward ann to 210 (internal)\n"),
    ] {
        let out = dir.run(asked).ends(status).out;
        assert!(out.starts_with(said), "{asked}: {out}");
    }
    let answer = dir.run("may-call numbers.toml ann 00900123456 --json").ends(1).json();
    assert_eq!(keys(&answer), ["allowed", "class", "reason", "revision", "why"]);
    assert_eq!((&answer["class"], &answer["reason"]), (&"premium".into(), &2.into()));
    let _ = dir.run("may-forward numbers.toml nobody ann 210").refused(&["nobody"]);
}

#[test]
fn dial_asks_for_the_line_that_was_dialled() {
    let dir = Dir::with(&[(
        "lines.toml",
        "domain = \"lines.example\"\nsystems = [\"estos\"]\n\
         [[user]]\nname = \"boss\"\nlines = [\"100\", \"101\", \"102\"]\n[[user]]\nname = \"sec\"\n\
         [[authorization_grant]]\nowner = \"boss\"\nviewer = \"sec\"\nlevel = \"personal\"\n",
    )]);
    for (code, status, said) in [
        ("*8100", 0, "yes  pick up the call that rings at boss\n     sec may pick up the first line of boss: "),
        (
            "*8101",
            0,
            "yes  pick up the call that rings at boss (second line)\n     sec may pick up the second line of boss: ",
        ),
        (
            "*8102",
            1,
            "no   pick up the call that rings at boss (additional line)\n     sec may not pick up the additional lines of ",
        ),
        ("*74100#300", 0, "yes  forward boss to 300\n     sec may set the forwarding of the first line of boss: "),
        (
            "*74102#300",
            1,
            "no   forward boss (additional line) to 300\n     sec may not set the forwarding of the additional lines of boss: ",
        ),
        ("*71101", 0, "yes  switch the forwarding of boss (second line) off, or on again\n"),
    ] {
        let out = dir.run(&format!("dial lines.toml sec {code}")).ends(status).out;
        assert!(out.starts_with(said), "{code}: {out}");
    }
    let answer = dir.run("dial lines.toml sec *8102 --json").ends(1).json();
    assert_eq!((&answer["line"], &answer["right"]), (&3.into(), &"call.pickup.additional".into()));
}

#[test]
fn notified_follows_the_agents_state() {
    let dir = Dir::acme();
    assert_eq!(dir.run("notified acme.toml team:support").ends(0).out, "alice\ncarol\n");
    assert_eq!(dir.run("notified acme.toml support").ends(0).out, "alice\ncarol\n");
    assert_eq!(dir.run("notified acme.toml 600 --paused alice").ends(0).out, "carol\n");
    let answer = dir.run("notified acme.toml support --logged-out alice,bob --json").ends(0).json();
    assert_eq!(keys(&answer), ["domain", "notified", "team"]);
    assert_eq!(answer["team"], "team:support");
    assert_eq!(strings(&answer["notified"]), ["carol"]);
    let _ = dir.run("notified acme.toml bob").refused(&["`bob`", "expected a team"]);
}

#[test]
fn lint_points_at_what_is_likely_wrong() {
    let group = "\n[[monitoring_group]]\nname = \"nobody-looks\"\nobservers = []\nmembers = [\"alice\"]\n\
        observers_to_members = \"assistant\"\nmembers_to_observers = \"employee\"\n";
    let dir = Dir::with(&[("acme.toml", &format!("{ACME}{group}"))]);
    let answer = dir.run("lint acme.toml --json").ends(0).json();
    assert_eq!(keys(&answer), ["findings"]);
    let findings = answer["findings"].as_array().unwrap();
    findings.iter().for_each(|finding| assert_eq!(keys(finding), ["message", "place", "places", "rule", "severity"]));
    let about_group = |finding: &&Value| finding["message"].as_str().unwrap().contains("nobody-looks");
    let found = findings.iter().find(about_group).expect("a finding about the group");
    assert!(found["place"].as_str().unwrap().starts_with("acme.toml:"), "{found}");
    assert!(dir.run("lint acme.toml").ends(0).out.contains("nobody-looks"));
    let _ = dir.run("lint acme.toml --strict").ends(1);
}

#[test]
fn diff_ends_with_1_when_anything_changes() {
    let start = ACME.find(RELATIONSHIP).unwrap();
    let end = ACME.find("[[permission]]").unwrap();
    let without = format!("{}{}", &ACME[..start], &ACME[end..]);
    let dir = Dir::with(&[("old.toml", ACME), ("new.toml", &without), ("same.toml", &format!("# moved\n{ACME}"))]);
    assert_eq!(dir.run("diff old.toml same.toml").ends(0).out, "nothing changes\n");
    let lost = dir.run("diff old.toml new.toml").ends(1).out;
    assert!(lost.lines().any(|line| line.starts_with("- ")) && !lost.contains("\n+ "), "{lost}");
    let lost = dir.run("diff old.toml new.toml --json").ends(1).json();
    assert_eq!(keys(&lost), ["gained", "gained_rights", "groups", "lost", "lost_rights"]);
    assert!(lost["gained"] == 0 && lost["lost"].as_u64().unwrap() > 0, "{lost}");
    let group = &lost["groups"][0];
    assert!(group["sentence"].is_string() && group["pairs"].is_u64() && group["gains"] == false, "{group}");
    assert!(!strings(&group["rights"]).is_empty());
    // There and back again.
    let gained = dir.run("diff new.toml old.toml --json").ends(1).json();
    assert_eq!((&gained["gained"], &gained["lost"]), (&lost["lost"], &lost["gained"]));
}

/// Another end is no other answer now: the difference says so, and `--at` shows what it is about. So does lint.
#[test]
fn other_dates_are_told() {
    let text = "domain = \"acme.example\"\nsystems = [\"linewarden\"]\nuser = [{ name = \"a\" }, { name = \"b\" }]\n\
        [[rule]]\nname = \"cover\"\nactors = [\"b\"]\nrights = [\"call.pickup\"]\ntargets = [\"a\"]\nuntil = 2098-01-08T00:00:00Z\n";
    let dir = Dir::with(&[("old.toml", text), ("new.toml", &text.replace("2098-01-08", "2098-01-15"))]);
    let said = dir.run("diff old.toml new.toml").ends(0).out;
    assert!(said.starts_with("nothing changes\nthe dates of facts differ: "), "{said}");
    assert_eq!(dir.run("diff old.toml old.toml").ends(0).out, "nothing changes\n");
    // The same instant, written with another offset.
    fs::write(dir.0.path().join("same.toml"), text.replace("2098-01-08T00:00:00Z", "2098-01-08T01:00:00+01:00"))
        .unwrap();
    assert_eq!(dir.run("diff old.toml same.toml").ends(0).out, "nothing changes\n");
    assert!(dir.run("upcoming same.toml").ends(0).out.starts_with("2098-01-08T01:00:00+01:00  ends    acme.example: "));
    let then = dir.run("diff old.toml new.toml --at 2098-01-10T00:00:00Z").ends(1).out;
    assert!(then.contains("b may now pick up") || then.starts_with("+ "), "{then}");
    assert_eq!(dir.run("lint old.toml").ends(0).out, "no finding\n");
    let ended = dir.run("lint old.toml --at 2098-01-08T00:00:00Z").ends(0).out;
    assert!(ended.contains("ended") && ended.contains("rule `cover` ended today 00:00 UTC"), "{ended}");
}

#[test]
fn right_names_are_those_a_question_may_use() {
    let dir = Dir::acme();
    let answer = dir.run("right-names --json").ends(0).json();
    let rights = answer["rights"].as_array().unwrap();
    assert_eq!(rights.len(), 71);
    assert_eq!(rights.iter().filter(|right| right["lines"] == true).count(), 8);
    rights.iter().for_each(|right| assert_eq!(keys(right), ["lines", "name", "reach"]));
    let reaches = |reach: &str| {
        let with = rights.iter().filter(|right| right["reach"] == reach);
        with.map(|right| right["name"].as_str().unwrap()).collect::<Vec<_>>()
    };
    let actors = reaches("actor");
    assert_eq!(actors[..4], ["call.control", "forwarding.bypass", "relation.ask", "profile.manage_own"]);
    let classes = ["internal", "local", "national", "mobile", "international", "premium"];
    assert_eq!(actors[4..], classes.map(|class| format!("call.to.{class}")), "asked towards oneself");
    assert_eq!(reaches("owner"), ["relation.answer", "relation.change"]);
    assert_eq!(reaches("team"), ["roster.see_team"]);
    assert_eq!(reaches("location"), ["location.login"]);
    assert_eq!(reaches("pair").len(), 57);
    let people = dir.run("right-names").ends(0).out;
    assert!(
        people.lines().any(|line| line.starts_with("call.pickup ") && line.ends_with(".first .second .additional"))
    );
    // Columns are aligned, and no line ends in blanks.
    let columns: Vec<_> = people.lines().filter_map(|line| line.find(" pair").or(line.find(" REACH"))).collect();
    assert_eq!(columns.len(), 58);
    assert!(columns.iter().all(|column| column == &columns[0]) && people.lines().all(|line| line == line.trim_end()));
}

#[test]
fn what_is_generated_can_be_loaded() {
    let dir = Dir::acme();
    let options = "generate --users 20 --seed 7 --systems xphone,estos,pascom,keevio --domain made-up.example";
    let document = dir.run(options).ends(0).out;
    assert_eq!(dir.run(options).ends(0).out, document);
    assert_ne!(dir.run(&options.replace("--seed 7", "--seed 8")).ends(0).out, document);
    fs::write(dir.0.path().join("made-up.toml"), document).unwrap();
    let matrix = dir.run("matrix made-up.toml --json").ends(0).out;
    assert!(matrix.lines().count() >= 400 && matrix.starts_with(r#"{"domain":"made-up.example","#));
    let _ = dir.run("generate --users 4000000000").refused(&["`4000000000`"]);
    let _ = dir.run("generate --users 20 --systems fax").refused(&["fax", "xphone"]);
}

#[test]
fn with_several_domains_parties_are_written_with_theirs() {
    let dir = Dir::two_companies();
    let _ = dir.run("check companies acme.example/carol call.pickup acme.example/alice").ends(1);
    let _ = dir.run("check companies beta.example/dave call.pickup beta.example/alice").ends(0);
    let _ = dir.run("check companies dave call.pickup alice --domain beta.example").ends(0);
    let _ = dir.run("check companies --domain acme.example carol call.pickup alice").ends(1);
    let _ = dir.run("check companies bob call.pickup alice").refused(&["`bob`"]);
    let _ = dir.run("check companies bob call.pickup alice --domain acne.example").refused(&["`acme.example`"]);

    let who = dir.run("who companies call.pickup beta.example/alice").ends(0).out;
    assert_eq!(who, "beta.example/alice\nbeta.example/dave\n");
    let who = dir.run("who companies call.pickup beta.example/alice --json").ends(0).json();
    assert_eq!((&who["domain"], strings(&who["actors"])), (&"beta.example".into(), vec!["alice", "dave"]));
    assert_eq!(
        dir.run("notified companies acme.example/support").ends(0).out,
        "acme.example/alice\nacme.example/carol\n"
    );

    let both = dir.run("matrix companies --json").ends(0).out;
    assert_eq!(both.lines().count(), 6 * 6 + 2 * 2);
    let one = dir.run("matrix companies --json --domain beta.example").ends(0).out;
    assert_eq!(one.lines().count(), 2 * 2);
    assert!(both.ends_with(&one));
}

#[test]
fn every_fault_of_a_document_is_told_with_its_place() {
    let faults = "\n[[workgroup]]\nname = \"typos\"\nlevel = \"employee\"\nmembers = [\"alicia\", \"karol\"]\n";
    let dir =
        Dir::with(&[("bad.toml", &format!("{ACME}{faults}")), ("worse.toml", "domain = \n"), ("good.toml", ACME)]);
    let line = ACME.lines().count() + 5;
    let printed = dir.run("check bad.toml bob call.pickup alice").refused(&["`alicia`", "`karol`"]);
    let places = printed.err.lines().filter(|printed| printed.starts_with(&format!("linewarden: bad.toml:{line}:")));
    assert_eq!(places.count(), 2, "{}", printed.err);
    let _ = dir.run("lint worse.toml").refused(&["worse.toml:1"]);
    let _ = dir.run("diff good.toml worse.toml").refused(&["worse.toml:1"]);
    // A folder with one bad document answers nothing at all.
    let _ = dir.run("who . call.pickup alice").refused(&["worse.toml:1"]);
}

#[test]
fn what_is_unknown_is_an_error_and_never_a_no() {
    let dir = Dir::acme();
    let _ = dir.run("check acme.toml alcie call.pickup bob").refused(&["`alcie`", "`alice`"]);
    let _ = dir.run("check acme.toml bob call.pickup carl").refused(&["`carl`", "`carol`"]);
    let _ = dir.run("check acme.toml bob call.pikcup alice").refused(&["`call.pikcup`", "`call.pickup`"]);
    let _ = dir.run("who acme.toml call.eavesdrop alice").refused(&["`call.eavesdrop`", "right-names"]);
    let _ = dir.run("check nowhere.toml bob call.pickup alice").refused(&["nowhere.toml"]);
    let _ = dir.run("check acme.db bob call.pickup alice").refused(&["`acme.db`", "cannot be read"]);
    let _ = dir.run("check acme.toml bob call.pickup").refused(&["<TARGET>"]);
    let _ = dir.run("chek").refused(&["check"]);
    let _ = dir.run("").refused(&["Usage"]);
}

#[test]
fn help_teaches_by_example() {
    let dir = Dir::acme();
    let main = dir.run("--help").ends(0).out;
    for section in ["EXAMPLES", "EXIT STATUS", "SOURCE", "PARTIES", "RIGHTS"] {
        assert!(main.lines().any(|line| line == section), "{section}");
    }
    for command in COMMANDS {
        assert!(main.contains(&format!("\n  {command} ")), "{command}");
        let help = dir.run(&format!("{command} --help")).ends(0).out;
        let examples = help.split_once("\nEXAMPLES\n").map_or("", |(_, rest)| rest);
        assert!(examples.contains(&format!("linewarden {command}")), "{help}");
        assert!(help.contains("\nEXIT STATUS\n"), "{help}");
        assert_eq!(help.contains("--json"), help.contains("\nJSON\n"), "{help}");
    }
    assert!(dir.run("--version").ends(0).out.starts_with("linewarden "));
}

/// A line copied from the help must get an answer.
#[test]
fn examples_of_the_help_work_on_the_sample_company() {
    let dir = Dir::with(&[]);
    let mut tried = 0;
    for command in COMMANDS.into_iter().chain([""]) {
        let help = dir.run(&format!("{command} --help")).ends(0).out.replace("\\\n", " ");
        let examples = help.lines().filter_map(|line| line.trim().strip_prefix("linewarden "));
        for example in examples.filter(|line| line.contains("mixed.toml") && !line.contains('|')) {
            let args: Vec<_> = example.split_whitespace().map(|word| word.trim_matches('\'')).collect();
            let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
            let output = command.args(args).current_dir(linewarden_testkit::native::root()).output().unwrap();
            assert!(matches!(output.status.code(), Some(0 | 1)), "{example}\n{output:?}");
            tried += 1;
        }
    }
    assert!(tried >= 15, "only {tried} examples");
}

#[test]
fn manual_pages_and_completions() {
    let dir = Dir::acme();
    let main = dir.run("man").ends(0).out;
    for section in [".SH NAME", ".SH \"EXIT STATUS\"", ".SH PARTIES", ".SH RIGHTS"] {
        assert!(main.lines().any(|line| line == section), "{section} is not in {main}");
    }
    fs::create_dir(dir.0.path().join("man1")).unwrap();
    let _ = dir.run("man man1").ends(0);
    assert_eq!(fs::read_to_string(dir.0.path().join("man1/linewarden.1")).unwrap(), main);
    for command in COMMANDS {
        let page = fs::read_to_string(dir.0.path().join(format!("man1/linewarden-{command}.1"))).unwrap();
        assert!(page.contains(&format!(".TH linewarden-{command} 1")) && page.contains(".SH EXAMPLES"), "{page}");
    }
    let _ = dir.run("man nowhere").refused(&["nowhere"]);
    for shell in ["bash", "zsh", "fish"] {
        let script = dir.run(&format!("completions {shell}")).ends(0).out;
        for word in COMMANDS.into_iter().chain(["in-transfer"]) {
            assert!(script.contains(word), "{shell} {word}");
        }
        assert!(script.contains("call.pickup.first"), "{shell}");
    }
}

#[test]
fn output_for_programs_has_no_colours() {
    let dir = Dir::acme();
    for args in ["check acme.toml bob call.pickup alice", "explain acme.toml carol call.pickup alice", "--help"] {
        let out = dir.run(args).out;
        assert!(!out.is_empty() && !out.contains('\x1b'), "{args}");
    }
}

/// An answer that was not delivered must not look like a yes.
#[test]
fn a_closed_pipe_is_quiet_and_no_yes() {
    let dir = Dir::acme();
    for args in ["check acme.toml bob call.pickup alice", "matrix acme.toml --json", "right-names", "man", "--help"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = dir.command(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let answer = Answer::of(args, output);
        assert_eq!((answer.status, answer.err.as_str()), (Some(2), ""), "{args}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let dir = Dir::acme();
    for args in ["check acme.toml bob call.pickup alice", "right-names"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = dir.command(args).stdout(full).stderr(Stdio::piped()).output().unwrap();
        let _ = Answer::of(args, output).refused(&["cannot write the answer"]);
    }
}
