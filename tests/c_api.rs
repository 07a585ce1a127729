//! C programs against the built library, each three times: plainly, under AddressSanitizer and UBSan, and under valgrind with a
//! full leak check. The programs are `tests/c/*.c`; what each proves stands at its head. The examples are built and run as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden_testkit::native::{
    Build, Workshop, built_library, printed, probe_library, root, run, run_with_input, valgrind,
};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A document of `tests/c/documents`.
fn document(name: &str) -> PathBuf {
    root().join("tests/c/documents").join(name)
}

/// Builds `tests/c/<name>.c` against `library` and runs it in all three ways; `arguments` makes the arguments anew for each run.
fn run_everywhere(name: &str, library: &Path, arguments: impl Fn(&Workshop, How) -> Vec<OsString>) {
    let source = root().join("tests/c").join(name).with_extension("c");
    let workshop = Workshop::new(library);
    let plain = workshop.build(&source, Build::Plain);
    let sanitized = workshop.build(&source, Build::Sanitized);
    for (how, mut command) in [
        (How::Plain, Command::new(&plain)),
        (How::Sanitized, Command::new(&sanitized)),
        (How::Valgrind, valgrind(&plain)),
    ] {
        // Backtraces of the panics that are caught would take minutes under valgrind.
        run(command.args(arguments(&workshop, how)).env("RUST_BACKTRACE", "0"));
    }
}

/// How a program is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Plain,
    Sanitized,
    Valgrind,
}

fn args<T: AsRef<OsStr>>(arguments: impl IntoIterator<Item = T>) -> Vec<OsString> {
    arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect()
}

#[test]
fn layout() {
    run_everywhere("layout", &built_library(), |_, _| Vec::new());
}

#[test]
fn refusals() {
    run_everywhere("refuse", &built_library(), |workshop, _| {
        args([document("acme.toml"), workshop.path("there-is-nothing-here.toml")])
    });
}

#[test]
fn answers() {
    run_everywhere("answers", &built_library(), |workshop, _| {
        let both = workshop.path("both");
        fs::create_dir_all(&both).unwrap();
        for name in ["acme.toml", "beta.toml"] {
            fs::copy(document(name), both.join(name)).unwrap();
        }
        args([document("acme.toml"), both, document("lines.toml"), document("numbers.toml")])
    });
}

#[test]
fn reload() {
    run_everywhere("reload", &built_library(), |workshop, _| {
        let broken = workshop.path("broken.toml");
        fs::write(&broken, "domain = \"acme.example\"\nsystems = [\"no-such-system\"]\n").unwrap();
        args([workshop.document("acme.toml"), document("acme.toml"), document("acme-after.toml"), broken])
    });
}

#[test]
fn shadow_mode() {
    for engine_first in ["false", "true"] {
        run_everywhere("shadow", &built_library(), |workshop, _| {
            args([document("acme.toml"), workshop.path("shadow.log"), engine_first.into()])
        });
    }
}

#[test]
fn threads_while_reloading() {
    run_everywhere("threads", &built_library(), |workshop, how| {
        let reloads = match how {
            How::Plain => "200",
            How::Sanitized => "100",
            How::Valgrind => "10",
        };
        let mut all = args([workshop.document("acme.toml"), document("acme.toml"), document("acme-after.toml")]);
        all.push(reloads.into());
        all
    });
}

#[test]
fn fork() {
    run_everywhere("fork", &built_library(), |workshop, _| {
        args([workshop.document("acme.toml"), document("acme-after.toml")])
    });
}

#[test]
#[cfg(target_os = "linux")]
fn changes_of_a_store() {
    run_everywhere("changes", &built_library(), |workshop, how| args([stored(workshop, how), document("acme.toml")]));
}

/// A store of what stored.toml says.
#[cfg(target_os = "linux")]
fn stored(workshop: &Workshop, how: How) -> PathBuf {
    let path = workshop.path(&format!("{how:?}.db"));
    let engine = linewarden::Engine::create_store(&path).unwrap();
    engine.import(&linewarden::read_documents(document("stored.toml")).unwrap(), None).unwrap();
    path
}

#[test]
#[cfg(target_os = "linux")]
fn administration_of_a_store() {
    run_everywhere("admin", &built_library(), |workshop, how| {
        let folder = workshop.path(&format!("{how:?}"));
        fs::create_dir_all(&folder).unwrap();
        let broken = folder.join("broken.toml");
        fs::write(&broken, "domain = \"acme.example\"\nsystems = [\"xphon\"]\n").unwrap();
        args([stored(workshop, how), document("stored.toml"), folder, broken])
    });
}

#[test]
#[cfg(target_os = "linux")]
fn options_pages_and_lists() {
    run_everywhere("options", &built_library(), |workshop, how| args([stored(workshop, how), document("acme.toml")]));
}

#[test]
fn unload() {
    run_everywhere("unload", &built_library(), |_, _| args([built_library(), document("acme.toml")]));
}

#[test]
fn panics_are_refusals() {
    run_everywhere("panic", &probe_library(), |_, _| args([document("acme.toml")]));
}

/// In a release build the program would be undefined, as the header says.
#[test]
#[cfg(debug_assertions)]
fn closed_engines_are_refused() {
    run_everywhere("closed", &built_library(), |_, _| args([document("acme.toml")]));
}

/// The runner of cases, on cases of its own: right ones, wrong ones and malformed ones.
#[test]
fn case_runner_sees_what_is_wrong() {
    let workshop = Workshop::new(&built_library());
    let program = workshop.build(&root().join("tests/c/cases.c"), Build::Sanitized);
    let cases = |input: &str| {
        let output = run_with_input(Command::new(&program).arg(document("acme.toml")), input);
        (output.status.code(), String::from_utf8(output.stdout.clone()).unwrap(), printed(&output))
    };
    let good = "alice\tcall.pickup\tbob\t-\tyes\ncarol\tcall.pickup\tbob\t-\tno\n\
                dave\tline.busy.read\tbob\tconsulted\tyes\ndave\tline.busy.read\tbob\t-\tno\n\
                nobody\tcall.pickup\tbob\t-\tno\nalice\tno.such.right\tbob\t-\tno\n";
    let (status, out, printed) = cases(good);
    assert_eq!((status, out.as_str()), (Some(0), "6 cases, 0 mismatches\n"), "{printed}");

    let (status, out, printed) = cases("alice\tcall.pickup\tbob\t-\tyes\nalice\tcall.pickup\tbob\t-\tno\n");
    assert_eq!(status, Some(1), "{printed}");
    for function in [
        "lw_may",
        "lw_may_named",
        "lw_may_in_call",
        "lw_rights_of",
        "lw_may_each_target",
        "lw_may_each_actor",
        "lw_decide",
    ] {
        assert!(out.contains(&format!("2\t{function}\tyes\tno\n")), "{function}: {printed}");
    }
    assert!(!out.contains("1\tlw_may\t"), "{printed}");

    for malformed in
        ["alice\tcall.pickup\tbob\tyes\n", "a\tb\tc\t-\tmaybe\n", "a\tb\tc\tboss\tyes\n", "a\tb\tc\t-\tyes\t\n"]
    {
        let (status, _, printed) = cases(malformed);
        assert_eq!(status, Some(2), "{malformed:?}: {printed}");
    }
}

/// Builds an example, runs it in all three ways, and gives what it printed, which must be the same each time. An example's exit
/// status 1 is a no.
fn example(name: &str, arguments: &[&str]) -> String {
    let workshop = Workshop::new(&built_library());
    let source = root().join("examples").join(name).with_extension("c");
    let lines = fs::read_to_string(&source).unwrap().lines().count();
    assert!(lines <= 100, "{name}.c has {lines} lines: an example is read in one go");
    let plain = workshop.build(&source, Build::Plain);
    let sanitized = workshop.build(&source, Build::Sanitized);
    let document = document("acme.toml");
    let said = |command: &mut Command| {
        let output = command.arg(&document).args(arguments).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {}", printed(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let said_plainly = said(&mut Command::new(&plain));
    assert_eq!(said(&mut Command::new(&sanitized)), said_plainly);
    assert_eq!(said(&mut valgrind(&plain)), said_plainly);
    said_plainly
}

#[test]
fn example_first() {
    let said = example("first", &["alice", "bob"]);
    assert!(said.contains("pick up a call for bob: yes (a workgroup)"), "{said}");
    assert!(said.contains("set bob's forwarding: yes (a workgroup)"), "{said}");
    let said = example("first", &["carol", "bob"]);
    assert!(said.contains("pick up a call for bob: no (no source gives the right)"), "{said}");
}

#[test]
fn example_check() {
    assert_eq!(example("check", &["alice", "call.pickup.first", "110"]), "yes\n");
    // A no is exit status 1, as with the command.
    let workshop = Workshop::new(&built_library());
    let program = workshop.build(&root().join("examples/check.c"), Build::Plain);
    let status = |arguments: [&str; 3]| {
        Command::new(&program).arg(document("acme.toml")).args(arguments).output().unwrap().status.code()
    };
    assert_eq!(status(["carol", "call.pickup.first", "bob"]), Some(1));
    assert_eq!(status(["nobody", "call.pickup.first", "bob"]), Some(2));
    assert_eq!(status(["carol", "no.such.right", "bob"]), Some(2));
}

#[test]
fn example_explain() {
    let said = example("explain", &["carol", "forwarding.set.first", "bob"]);
    assert!(said.contains("\"allowed\":false"), "{said}");
    assert!(said.contains("no source gives the right"), "{said}");
}

#[test]
fn example_dial() {
    let said = example("dial", &["alice", "*74110#100"]);
    assert!(said.contains("set the forwarding of bob to 100: allowed"), "{said}");
    let said = example("dial", &["bob", "*71102"]);
    assert!(said.contains("switch the forwarding of alice (additional line): allowed"), "{said}");
    let said = example("dial", &["carol", "*8110"]);
    assert!(said.contains("pick up the call that rings at bob: refused"), "{said}");
}

#[test]
fn example_panel() {
    let said = example("panel", &["dave"]);
    assert!(said.lines().any(|line| line.starts_with("alice") && line.ends_with("no lamp")), "{said}");
    let said = example("panel", &["carol"]);
    assert!(said.lines().any(|line| line.starts_with("alice") && line.ends_with("lamp, no pickup")), "{said}");
    let said = example("panel", &["alice"]);
    assert!(said.lines().any(|line| line.starts_with("bob") && line.ends_with("lamp, pickup")), "{said}");
}

#[test]
fn example_threads() {
    let said = example("threads", &["alice", "bob"]);
    assert!(said.contains("4 threads, 400000 checks, all answered yes"), "{said}");
}
