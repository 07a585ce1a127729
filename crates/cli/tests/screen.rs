//! What people read at a terminal: counts that are true, what matters first, and nothing wider than the screen.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden_testkit::native::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The command with these arguments, and what a terminal of that size would tell it.
fn run_on(folder: &Path, args: &str, status: i32, size: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
    let output = command.current_dir(folder).args(args.split(' ')).envs(size.iter().copied()).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(status), "linewarden {args}\n{out}{err}");
    out
}

fn run(folder: &Path, args: &str, status: i32) -> String {
    run_on(folder, args, status, &[])
}

type Rights = BTreeMap<(String, String, String), BTreeSet<String>>;

/// The rights of all pairs by domain, actor and target.
fn matrix(folder: &Path, source: &str) -> Rights {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let out = run(folder, &format!("matrix {source} --json"), 0);
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let rights = row["rights"].as_array().unwrap().iter().map(text).collect();
        ((text(&row["domain"]), text(&row["actor"]), text(&row["target"])), rights)
    };
    out.lines().map(row).collect()
}

/// Ordered pairs that have more in `new`, and how many single rights.
fn gained(old: &Rights, new: &Rights, domain: &str) -> (u64, u64) {
    let none = BTreeSet::new();
    let more = new.iter().filter(|((of, ..), _)| domain.is_empty() || of == domain);
    let more = more.map(|(pair, rights)| rights.difference(old.get(pair).unwrap_or(&none)).count() as u64);
    more.filter(|more| *more > 0).fold((0, 0), |(pairs, rights), more| (pairs + 1, rights + more))
}

/// Two companies, each changed in two ways that add and take.
fn companies() -> TempDir {
    let folder = TempDir::new().unwrap();
    for side in ["old", "new"] {
        fs::create_dir(folder.path().join(side)).unwrap();
        for name in ["xphone", "estos"] {
            let mut text = fs::read_to_string(root().join(format!("examples/companies/{name}.toml"))).unwrap();
            if side == "new" {
                text = text.replacen("level = \"assistant\"", "level = \"external\"", 1);
                text = text.replacen("level = \"employee\"", "level = \"assistant_plus\"", 1);
                text = text.replacen("level = \"team\"", "level = \"personal\"", 1);
            }
            fs::write(folder.path().join(side).join(format!("{name}.toml")), text).unwrap();
        }
    }
    folder
}

/// The last line of `diff` counts what it says, compared with the answers themselves.
#[test]
fn diff_counts_pairs_and_single_rights() {
    let folder = companies();
    let folder = folder.path();
    let (old, new) = (matrix(folder, "old"), matrix(folder, "new"));
    let domains: BTreeSet<&String> = old.keys().map(|(domain, ..)| domain).collect();
    assert_eq!(domains.len(), 2);
    let mut of_domains = (0, 0);
    for domain in domains.into_iter().map(String::as_str).chain([""]) {
        let ((gain, gain_rights), (lose, lose_rights)) = (gained(&old, &new, domain), gained(&new, &old, domain));
        let option = if domain.is_empty() { String::new() } else { format!(" --domain {domain}") };
        let out = run(folder, &format!("diff old new{option}"), 1);
        let said = |pairs, verb: &str, rights: u64| {
            let (pair, ending) = if pairs == 1 { ("pair", "s") } else { ("pairs", "") };
            let plural = if rights == 1 { "" } else { "s" };
            format!("{pairs} {pair} {verb}{ending} {rights} single right{plural}")
        };
        let last = format!("{}, {}", said(gain, "gain", gain_rights), said(lose, "lose", lose_rights));
        assert_eq!(out.lines().last().unwrap(), last, "{domain}");
        let json: Value = serde_json::from_str(&run(folder, &format!("diff old new --json{option}"), 1)).unwrap();
        let counts = ["gained", "gained_rights", "lost", "lost_rights"].map(|key| json[key].as_u64().unwrap());
        assert_eq!(counts, [gain, gain_rights, lose, lose_rights], "{domain}");
        if domain.is_empty() {
            assert_eq!(of_domains, (gain_rights, lose_rights));
            assert!(gain_rights > gain && lose_rights > lose && gain > 0 && lose > 0, "{last}");
        } else {
            of_domains = (of_domains.0 + gain_rights, of_domains.1 + lose_rights);
        }
    }
    let refused = run(folder, "diff old new --domain gone.example", 2);
    assert_eq!(refused, "");
}

/// What the sentences count or call by a group's name stands below them.
#[test]
fn diff_in_full_names_every_party() {
    let folder = companies();
    let json: Value = serde_json::from_str(&run(folder.path(), "diff old new --json", 1)).unwrap();
    let full = run(folder.path(), "diff old new --full", 1);
    let words: BTreeSet<&str> = full.split_whitespace().collect();
    let mut named = 0;
    for group in json["groups"].as_array().unwrap() {
        for key in ["actors", "targets", "rights"] {
            for name in group[key].as_array().unwrap() {
                assert!(words.contains(name.as_str().unwrap()), "{name} is not in {full}");
                named += 1;
            }
        }
    }
    assert!(named > 20 && full.lines().count() > run(folder.path(), "diff old new", 1).lines().count());
}

#[test]
fn lint_begins_with_a_summary_and_is_filtered() {
    let folder = companies();
    let folder = folder.path();
    let json = |args: &str| -> Vec<Value> {
        let json: Value = serde_json::from_str(&run(folder, &format!("lint old --json{args}"), 0)).unwrap();
        json["findings"].as_array().unwrap().clone()
    };
    let all = json("");
    let of = |severity: &str| all.iter().filter(|finding| finding["severity"] == severity).count();
    let (open, warning, note) = (of("open"), of("warning"), of("note"));
    assert!(all.len() > 3 && open + warning + note == all.len() && note > 0, "{all:?}");
    let out = run(folder, "lint old", 0);
    let first = out.lines().next().unwrap();
    assert!(
        first.starts_with(&format!("{} findings: ", all.len())) && first.contains(&format!("{note} note")),
        "{first}"
    );
    assert_eq!(out.lines().count(), all.len() + 2);
    // What matters most comes first.
    let order: Vec<&str> = all.iter().map(|finding| finding["severity"].as_str().unwrap()).collect();
    let place = |word: &&str| ["open", "warning", "note"].iter().position(|known| known == word);
    assert!(order.is_sorted_by_key(place), "{order:?}");
    assert_eq!(json(" --severity warning").len(), open + warning);
    let rule = all[0]["rule"].as_str().unwrap();
    let of_rule = json(&format!(" --rule {rule}"));
    assert!(!of_rule.is_empty() && of_rule.iter().all(|finding| finding["rule"] == rule));
    let domains = matrix(folder, "old").into_keys().map(|(domain, ..)| domain).collect::<BTreeSet<_>>();
    let each: usize = domains.iter().map(|domain| json(&format!(" --domain {domain}")).len()).sum();
    assert_eq!((domains.len(), each), (2, all.len()));
    // A screen of seven lines leaves room for the prompt; a limit and a pipe have no screen.
    let small = run_on(folder, "lint old", 0, &[("LINES", "7")]);
    assert!(small.lines().count() <= 7 && small.contains("more; `--limit 0` lists all"), "{small}");
    assert_eq!(run(folder, "lint old --limit 2", 0).lines().count(), 5);
    assert_eq!(run_on(folder, "lint old --limit 0", 0, &[("LINES", "7")]), out);
    for refused in ["lint old --severity grave", "lint old --domain gone.example"] {
        assert_eq!(run(folder, refused, 2), "");
    }
    assert_eq!(run(folder, "lint old --rule no-such-rule --strict", 0), "no finding\n");
}

/// Twenty permissions, of which one gives it.
fn permissions() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut text = String::from("domain = \"p.example\"\nsystems = [\"pascom\"]\n");
    for user in ["alice", "bob", "carol"] {
        text += &format!("[[user]]\nname = \"{user}\"\n");
    }
    text += "[[team]]\nname = \"t\"\n";
    for number in 0..20 {
        let users = if number == 13 { "\"bob\"" } else { "\"carol\"" };
        let teams = if number == 7 { "" } else { "\"t\"" };
        text += &format!(
            "[[permission]]\nname = \"p{number}\"\ntypes = [\"pickup.group\"]\nusers = [{users}]\nteams = [{teams}]\n"
        );
    }
    fs::write(folder.path().join("p.toml"), text).unwrap();
    folder
}

#[test]
fn explain_begins_with_what_decides_and_folds_what_gives_nothing() {
    let folder = permissions();
    let folder = folder.path();
    let out = run(folder, "explain p.toml bob call.pickup team:t", 0);
    let rows: Vec<&str> = out.lines().skip(3).collect();
    assert!(rows[0].starts_with('>') && rows[0].contains("`p13`"), "{out}");
    let json: Value = serde_json::from_str(&run(folder, "explain p.toml bob call.pickup team:t --json", 0)).unwrap();
    let sources = json["sources"].as_array().unwrap();
    let silent = sources.iter().filter(|source| source["gives"] == false && source["decides"] == false).count();
    assert!(silent > 15, "{json}");
    assert_eq!(rows.last().unwrap(), &format!("{silent} sources that give nothing; --all lists them"));
    assert_eq!(rows.len(), sources.len() - silent + 1);
    let all = run(folder, "explain p.toml bob call.pickup team:t --all", 0);
    assert_eq!(all.lines().count(), sources.len() + 3, "{all}");
    // Where nothing gives it, the first few are shown.
    let no = run(folder, "explain p.toml alice call.pickup team:t", 1);
    assert!(no.contains(" more sources that give nothing; --all lists them\n") && no.contains("`p0`"), "{no}");
}

/// Tables are broken to fit a terminal of 80 columns, and are whole lines in a pipe.
#[test]
fn tables_fit_80_columns() {
    let narrow = [("COLUMNS", "80")];
    let folder = root().join("examples/companies");
    let mut seen = 0;
    for (args, status) in [
        ("explain mixed.toml rosa call.pickup martin --all", 1),
        ("lint mixed.toml", 0),
        ("lint estos.toml", 0),
        ("rights mixed.toml carol carol", 0),
    ] {
        let (wide, fitted) = (run(&folder, args, status), run_on(&folder, args, status, &narrow));
        let table = fitted.lines().skip_while(|line| !line.contains("SYSTEM") && !line.contains("SEVERITY"));
        for line in table.take_while(|line| !line.is_empty()) {
            assert!(line.chars().count() <= 80, "{line}\n{fitted}");
            seen += 1;
        }
        // The same words, in another order.
        let words = |text: &str| {
            let mut words: Vec<_> = text.split_whitespace().map(String::from).collect();
            words.sort();
            words
        };
        assert_eq!(words(&wide), words(&fitted), "{args}");
    }
    assert!(seen > 10, "only {seen} lines");
}

/// What a person reads beside the answer, on a terminal or in a pipe.
fn notes(folder: &Path, args: &str, terminal: bool) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
    command.current_dir(folder).args(args.split(' '));
    let output = if terminal { command.env("LINES", "50") } else { &mut command }.output().unwrap();
    assert_ne!(output.status.code(), Some(2), "linewarden {args}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn stored() -> TempDir {
    let folder = TempDir::new().unwrap();
    let document = root().join("tests/c/documents/stored.toml");
    run(folder.path(), &format!("import rights.db {}", document.display()), 0);
    folder
}

#[test]
fn an_inquiry_that_asks_nothing_says_so() {
    let folder = stored();
    let ask = "apply rights.db --by bob ask bob alice";
    assert_eq!(notes(folder.path(), ask, true), "", "an inquiry is pending");
    run(folder.path(), "apply rights.db --by alice answer alice business bob", 0);
    let why = "the administrator or the owner has decided already what the requester may see";
    assert_eq!(notes(folder.path(), ask, true), format!("note: `ask bob alice` asked nothing: {why}\n"));
    assert_eq!(notes(folder.path(), ask, false), "");
}

/// What other changes of the set do to an inquiry is no reason to say something of it, and no failure.
#[test]
fn an_inquiry_beside_other_changes_is_left_alone() {
    for after in ["answer alice business bob", "remove user bob"] {
        let folder = stored();
        let changes = folder.path().join("changes");
        fs::write(&changes, format!("in acme.example\nask bob alice\n{after}\n")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
        command.current_dir(folder.path()).args(["apply", "rights.db"]).env("LINES", "50");
        let output = command.stdin(fs::File::open(&changes).unwrap()).output().unwrap();
        assert_eq!(
            (output.status.code(), String::from_utf8(output.stderr).unwrap()),
            (Some(0), String::new()),
            "{after}"
        );
    }
}

#[test]
fn an_address_that_no_document_names_is_pointed_out() {
    let folder = stored();
    let stranger = "sip:zoe@far.example";
    for command in
        ["check rights.db ZOE call.pickup alice", "explain rights.db alice call.pickup ZOE", "rights rights.db ZOE bob"]
    {
        let command = command.replace("ZOE", stranger);
        let note = format!("note: no document names `{stranger}`: it has what every contact outside has\n");
        assert_eq!(notes(folder.path(), &command, true), note, "{command}");
        assert_eq!(notes(folder.path(), &command, false), "", "{command}");
        assert_eq!(notes(folder.path(), &format!("-q {command}"), true), "", "{command}");
    }
    run(folder.path(), &format!("apply rights.db add contact {stranger}"), 0);
    assert_eq!(notes(folder.path(), &format!("check rights.db {stranger} call.pickup alice"), true), "");
}
