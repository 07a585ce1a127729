//! `log`, `follow`, `status` and tokens, as administrators meet them: the real binary, in a scratch folder.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod command;

use linewarden_testkit::acme;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A scratch folder with a store `rights.db` of three revisions.
struct Dir(TempDir);

impl Dir {
    fn new() -> Dir {
        let dir = Dir(TempDir::new().unwrap());
        fs::write(dir.path("acme.toml"), acme(r#"["xphone"]"#, "", "")).unwrap();
        dir.done("import rights.db acme.toml");
        dir.done("apply rights.db set relationship alice bob assistant");
        dir.done("apply rights.db add user zoe 190");
        dir
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run_with(&self, args: &str, input: &str) -> command::Answer {
        command::answer(self.0.path(), args.split(' '), input.as_bytes())
    }

    #[track_caller]
    fn done(&self, args: &str) -> String {
        let (status, out, err) = self.run_with(args, "");
        assert_eq!((status, err.as_str()), (Some(0), ""), "linewarden {args}\n{out}");
        out
    }

    #[track_caller]
    fn fails(&self, args: &str, part: &str) {
        let (status, out, err) = self.run_with(args, "");
        assert_eq!(status, Some(2), "linewarden {args}\n{out}{err}");
        assert!(err.contains(part), "`{part}` in {err}");
    }

    #[track_caller]
    fn status(&self, args: &str, status: i32) -> Value {
        let (code, out, err) = self.run_with(&format!("status {args} --json"), "");
        assert_eq!(code, Some(status), "{out}{err}");
        serde_json::from_str(&out).unwrap()
    }
}

#[test]
fn a_log_is_followed_through_a_file() {
    let dir = Dir::new();
    fs::write(dir.path("all.jsonl"), dir.done("log rights.db")).unwrap();
    assert_eq!(dir.done("follow node.db all.jsonl"), "revision 3: node.db follows all.jsonl\n");
    let (leader, node) = (dir.status("rights.db", 0), dir.status("node.db --longest-age 600", 0));
    for key in ["store", "epoch", "revision", "hash", "token", "lag"] {
        assert_eq!(leader[key], node[key], "{key}");
    }
    assert_eq!((&leader["state"], &node["state"]), (&"alone".into(), &"following".into()));
    assert_eq!((&leader["age"], &node["upstream"]), (&Value::Null, &"all.jsonl".into()));
    assert!(node["age"].as_u64().unwrap() < 600_000);
    assert_eq!(dir.status("node.db --longest-age 0", 1)["state"], "cut_off");
    assert_eq!(dir.done("matrix node.db --json"), dir.done("matrix rights.db --json"));
    // What is cut off later is not there to be followed from the beginning; what comes after it is.
    dir.done("compact rights.db --before 3 --archive old.db");
    dir.fails("log rights.db", "change sets up to revision 2");
    dir.fails("log rights.db --from 2", "begin with a backup");
    let header: Value = serde_json::from_str(dir.done("log rights.db --from 3").lines().next().unwrap()).unwrap();
    assert_eq!((&header["after"], &header["head"]), (&2.into(), &3.into()));
    // From a revision on, from standard input, with a name.
    dir.done("apply rights.db set vip alice yes");
    let news = dir.done("log rights.db --from 4");
    assert_eq!(news.lines().count(), 3, "{news}");
    let (status, out, err) = dir.run_with("follow node.db - --upstream leader", &news);
    assert_eq!((status, out.as_str(), err.as_str()), (Some(0), "revision 4: node.db follows leader\n", ""));
    assert_eq!(dir.status("node.db --longest-age 600", 0)["upstream"], "leader");
    assert!(dir.done("status node.db --longest-age 600").starts_with("following\n  follows   leader\n"));
    // What was there already, and where the log is.
    dir.done("follow node.db all.jsonl");
    fs::write(dir.path("none.jsonl"), dir.done("log rights.db --from 5")).unwrap();
    dir.done("follow node.db none.jsonl");
    dir.fails("log rights.db --from 6", "has no revision 5");
    dir.fails("log rights.db --from 0", "expected 1");
    dir.done("verify node.db");
}

#[test]
fn what_is_no_whole_batch_changes_nothing() {
    let dir = Dir::new();
    let all = dir.done("log rights.db");
    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    let write = |text: String| fs::write(dir.path("bad.jsonl"), text).unwrap();
    for (text, part) in [
        (lines[..3].concat(), "cut off"),
        (all[..all.len() - 9].to_owned(), "cut off"),
        (all.replacen("assistant", "blocked", 1), "altered on its way"),
        ([lines[0], lines[2], lines[1], lines[3], lines[4]].concat(), "altered on its way"),
        (lines[1..].concat(), "expected the first line of a batch"),
        (String::new(), "no batch"),
    ] {
        write(text);
        dir.fails("follow node.db bad.jsonl", part);
        assert!(!dir.path("node.db").exists());
    }
    // The batches before one at fault are in force.
    write(all.clone() + lines[0]);
    dir.fails("follow node.db bad.jsonl", "cut off");
    assert_eq!(dir.status("node.db", 0)["revision"], 3);
}

#[test]
fn a_node_begins_with_a_backup_and_follows_on() {
    let dir = Dir::new();
    dir.done("backup rights.db copy.db");
    dir.done("apply rights.db set vip alice yes");
    fs::write(dir.path("news.jsonl"), dir.done("log rights.db --from 4")).unwrap();
    dir.fails("follow node.db news.jsonl", "begin with a backup");
    assert!(!dir.path("node.db").exists());
    dir.done("follow node.db news.jsonl --backup copy.db");
    assert_eq!(dir.done("matrix node.db --json"), dir.done("matrix rights.db --json"));
    dir.fails("apply node.db set vip alice no", "follows `news.jsonl`");
    dir.fails("import node.db acme.toml", "follows `news.jsonl`");
    assert_eq!(dir.done("follow node.db --end"), "node.db is a store of its own, epoch 1\n");
    dir.done("apply node.db set vip alice no");
    dir.fails("follow node.db --end", "follows no other store");
}

#[test]
fn a_fork_is_said_and_a_token_finds_it() {
    let dir = Dir::new();
    dir.done("backup rights.db old.db");
    let out = dir.done("apply rights.db set vip alice yes --token");
    let token = out.strip_prefix("revision 4\n").unwrap().trim_end().to_owned();
    assert_eq!(dir.status("rights.db", 0)["token"], token.as_str());
    fs::write(dir.path("all.jsonl"), dir.done("log rights.db")).unwrap();
    dir.done("follow node.db all.jsonl");
    assert_eq!(dir.done(&format!("wait node.db {token}")), "yes  revision 4 is in force\n");
    // The machine is lost, and its older backup takes its place.
    dir.done("restore old.db new.db");
    let (status, out, _) = dir.run_with(&format!("wait new.db {token} --timeout 0.05"), "");
    assert_eq!((status, out.as_str()), (Some(1), "no   revision 3 is in force\n"));
    let answer: Value = serde_json::from_str(&dir.done("apply new.db set vip bob yes --token --json")).unwrap();
    assert_ne!(answer["token"], token.as_str());
    dir.fails(&format!("wait new.db {token} --timeout 60"), "not in the log here");
    dir.fails("wait new.db lw1.x --timeout 60", "is no token");
    fs::write(dir.path("new.jsonl"), dir.done("log new.db --from 5")).unwrap();
    dir.fails("follow node.db new.jsonl", "is forked: revision 4 has the hash");
    let node = dir.status("node.db --longest-age 600", 1);
    assert_eq!((&node["state"], &node["revision"]), (&"forked".into(), &4.into()));
    assert!(node["forked"].as_str().unwrap().contains("revision 4"), "{node}");
    assert!(dir.run_with("status node.db", "").1.starts_with("forked\n"));
    dir.fails("apply node.db set vip bob no", "is forked");
    // As the sentence says: a backup of the other one in its place.
    dir.done("backup new.db copy.db");
    dir.done("restore copy.db node.db");
    dir.done("follow node.db new.jsonl");
    assert_eq!(dir.status("node.db --longest-age 600", 0)["hash"], dir.status("new.db", 0)["hash"]);
}

#[test]
fn import_gives_a_token_too() {
    let dir = Dir::new();
    let out = dir.done("import rights.db acme.toml --token");
    let token = out.lines().last().unwrap().to_owned();
    assert_eq!(dir.done(&format!("wait rights.db {token}")), "yes  revision 4 is in force\n");
    let answer: Value = serde_json::from_str(&dir.done("import rights.db acme.toml --token --json")).unwrap();
    assert_eq!(answer["token"], token.as_str());
    let plain: Value = serde_json::from_str(&dir.done("import rights.db acme.toml --json")).unwrap();
    assert_eq!(plain.get("token"), None);
}
