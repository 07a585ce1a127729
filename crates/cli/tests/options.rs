//! Options that all commands have, values that do not parse, and what a checkout is left with.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod command;

use linewarden_testkit::native::root;
use std::fs;
use std::process::{Command, Output};

fn run(args: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
    command.current_dir(root()).args(args.split(' ')).output().unwrap()
}

/// A value that does not parse: the message names what was expected, and the value.
#[test]
fn a_wrong_value_names_what_was_expected() {
    for (args, expected) in [
        ("wait no.db 1 --timeout x", "expected seconds as in `2.5`"),
        ("wait no.db 1 --timeout=-1", "expected seconds as in `2.5`"),
        ("wait no.db 1 --timeout inf", "expected seconds as in `2.5`"),
        ("wait no.db x", "expected a revision as in `12`"),
        ("watch no.db --timeout x", "expected seconds as in `2.5`"),
        ("watch no.db --since x", "expected a revision as in `12`"),
        ("history no.db --since x", "expected a revision as in `12`"),
        ("history no.db --until x", "expected a revision as in `12`"),
        ("history no.db --limit x", "expected a number as in `20`"),
        ("lint no.db --limit x", "expected a number as in `20`"),
        ("revert no.db x", "expected a revision as in `12`"),
        ("check no.db a call.pickup b --at-revision x", "expected a revision as in `12`"),
    ] {
        let output = run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args}: {said}");
        let value = args.rsplit([' ', '=']).next().unwrap();
        let value = if args.starts_with("check") || args.starts_with("lint") { "x" } else { value };
        assert!(said.contains(expected) && said.contains(&format!("'{value}'")), "{args}: {said}");
        assert!(!said.contains("invalid digit") && !said.contains("invalid float"), "{args}: {said}");
    }
}

/// `-q` leaves the status and errors, and nothing else.
#[test]
fn quiet_leaves_the_status() {
    let company = "examples/companies/mixed.toml";
    for (args, status) in [
        (format!("check {company} carol call.pickup bob"), 0),
        (format!("check {company} rosa call.pickup martin"), 1),
        (format!("lint {company} --strict"), 1),
        (format!("diff {company} {company} --json"), 0),
    ] {
        for quiet in [format!("-q {args}"), format!("{args} --quiet")] {
            let output = run(&quiet);
            let found = (output.status.code(), output.stdout.len(), output.stderr.len());
            assert_eq!(found, (Some(status), 0, 0), "{quiet}");
        }
        assert!(!run(&args).stdout.is_empty(), "{args}");
    }
    let output = run(&format!("-q check {company} rosa call.pickup martn"));
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(2), false));
}

#[test]
fn colours_can_be_chosen() {
    let check = "check examples/companies/mixed.toml carol call.pickup bob";
    let coloured = |args: &str| String::from_utf8(run(args).stdout).unwrap().contains('\x1b');
    assert!(coloured(&format!("{check} --color always")) && coloured(&format!("--color=always {check}")));
    assert!(!coloured(&format!("{check} --color never")) && !coloured(check));
    let output = run(&format!("{check} --color red"));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("always"));
}

/// What the lines of README.md make in a checkout is ignored by git.
#[test]
fn what_the_readme_makes_is_ignored() {
    let ignored = fs::read_to_string(root().join(".gitignore")).unwrap();
    let ignored: Vec<&str> = ignored.lines().collect();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let words: Vec<&str> = readme.split_whitespace().collect();
    let made = words.windows(2).filter(|pair| pair[0] == "-o" || pair[0] == "import").map(|pair| pair[1]);
    let mut seen = 0;
    for name in made.filter(|name| !name.contains(['/', '`', '<', '('])) {
        let lines = [format!("/{name}"), format!("/{name}*")];
        assert!(lines.iter().any(|line| ignored.contains(&line.as_str())), "{name} is not in .gitignore");
        seen += 1;
    }
    assert!(seen >= 2, "only {seen} files");
}

/// Questions about a team are written `team:NAME`; its plain name is pointed there.
#[test]
fn a_plain_name_of_a_team_is_pointed_to_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let acme = "domain = \"acme.example\"\nsystems = [\"linewarden\"]\n[[user]]\nname = \"supporter\"\n[[team]]\nname = \"support\"\n\
        [[location]]\nname = \"desk\"\n";
    std::fs::write(folder.path().join("acme.toml"), acme).unwrap();
    for (plain, meant) in [("support", "team:support"), ("desk", "location:desk"), ("suporter", "supporter")] {
        let (status, _, said) = command::answer(folder.path(), ["who", "acme.toml", "call.pickup", plain], b"");
        assert_eq!(status, Some(2));
        assert!(said.contains(&format!("did you mean `{meant}`")), "{said}");
    }
}
