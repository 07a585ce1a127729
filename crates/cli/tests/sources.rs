//! Sources that are no files: standard input and pipes, for every command that takes a document.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const ACME: &str = r#"domain = "acme.example"
systems = ["xphone", "pascom"]
user = [
    { name = "alice", lines = ["100"], site = "munich" },
    { name = "bob", lines = ["110"], site = "munich" },
]
team = [{ name = "support", lines = ["600"], agents = ["alice"] }]
site = [{ name = "munich", same_site = "employee", other_sites = "employee", outside = "external" }]
relationship = [{ owner = "alice", viewer = "bob", level = "assistant" }]
"#;

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("acme.toml"), ACME).unwrap();
    folder
}

/// A line for bash, which has `<(...)`.
fn shell(folder: &Path, line: &str) -> Output {
    let path = Path::new(env!("CARGO_BIN_EXE_linewarden")).parent().unwrap().display().to_string();
    let path = format!("{path}:{}", std::env::var("PATH").unwrap());
    Command::new("bash").arg("-c").arg(line).current_dir(folder).env("PATH", path).output().unwrap()
}

#[track_caller]
fn ends(folder: &Path, line: &str, status: i32) -> (String, String) {
    let output = shell(folder, line);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(status), "{line}\n{out}{err}");
    (out, err)
}

/// Every command that takes a document answers from a pipe what it answers from the file.
#[test]
fn a_pipe_answers_as_the_file_does() {
    let folder = folder();
    let folder = folder.path();
    for (command, status) in [
        ("check @ bob call.pickup alice", 0),
        ("explain @ alice call.pickup bob", 1),
        ("rights @ bob alice", 0),
        ("who @ call.pickup alice", 0),
        ("whom @ bob call.pickup", 0),
        ("matrix @ --json", 0),
        ("dial @ bob '*8100'", 0),
        ("notified @ support", 0),
        ("lint @", 0),
        ("diff @ acme.toml", 0),
        ("diff acme.toml @", 0),
        ("import --dry-run new.db @", 0),
    ] {
        let of_file = ends(folder, &format!("linewarden {}", command.replace('@', "acme.toml")), status).0;
        for (line, name) in [
            (format!("linewarden {} < acme.toml", command.replace('@', "-")), "standard input"),
            (format!("cat acme.toml | linewarden {}", command.replace('@', "-")), "standard input"),
            (format!("cat acme.toml | linewarden {}", command.replace('@', "/dev/stdin")), "/dev/stdin"),
            (format!("linewarden {} < acme.toml", command.replace('@', "/dev/stdin")), "/dev/stdin"),
            (format!("linewarden {} 5< <(cat acme.toml)", command.replace('@', "/dev/fd/5")), "/dev/fd/5"),
        ] {
            let found = ends(folder, &line, status).0;
            // Places name the source as it was given; columns are as wide as that.
            let plain = |text: &str| text.replace(name, "acme.toml").split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(plain(&found), plain(&of_file), "{line}");
        }
    }
}

#[test]
fn process_substitution_is_a_source() {
    let folder = folder();
    let folder = folder.path();
    let changed = "sed s/assistant/external/ acme.toml";
    assert_eq!(ends(folder, "linewarden diff <(cat acme.toml) acme.toml", 0).0, "nothing changes\n");
    let (out, _) = ends(folder, &format!("linewarden diff <(cat acme.toml) <({changed})"), 1);
    assert!(out.starts_with("- bob may no longer"), "{out}");
    let (out, _) =
        ends(folder, "linewarden import rights.db <(cat acme.toml) && linewarden diff rights.db - < acme.toml", 0);
    assert!(out.ends_with("nothing changes\n"), "{out}");
}

/// Tests from a pipe, and a policy from one, too.
#[test]
fn questions_come_from_a_pipe() {
    let folder = folder();
    let tests = r#"printf '[[ask]]\nactor = "bob"\ntarget = "alice"\nyes = ["call.pickup"]\n'"#;
    for line in [format!("{tests} | linewarden test acme.toml -"), format!("linewarden test - <({tests}) < acme.toml")]
    {
        assert_eq!(ends(folder.path(), &line, 0).0, "1 question: 1 as expected, 0 not\n", "{line}");
    }
}

#[test]
fn what_is_no_document_is_refused() {
    let folder = folder();
    let folder = folder.path();
    ends(folder, "linewarden import rights.db acme.toml && mkfifo -m 666 open && ln -s /dev/null nothing", 0);
    for (line, said) in [
        ("linewarden diff - - < acme.toml", "standard input can be read once only"),
        ("linewarden lint - < /dev/null", "standard input"),
        ("printf 'domain = \\n' | linewarden lint -", "standard input:1:"),
        ("printf '# \\xff' | linewarden lint -", "standard input:1:3: byte `0xff` is not utf-8"),
        ("linewarden lint - < .", "standard input"),
        ("linewarden lint nothing", "nothing"),
        ("linewarden lint open", "everyone on this machine may write"),
        ("linewarden lint /dev/stdin < rights.db", "`/dev/stdin` is a store, expected its path"),
        ("cat rights.db | linewarden lint -", "standard input:1:"),
        ("linewarden lint - <&-", "standard input"),
    ] {
        let (out, err) = ends(folder, line, 2);
        assert!(out.is_empty() && err.starts_with("linewarden: ") && err.contains(said), "{line}: {out}{err}");
    }
}
