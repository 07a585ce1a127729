//! The portable part of the TAPI service provider, `integrations/tapi`: its link to a PBX, built and run here in all three ways. The
//! provider itself runs under wine (`make test-windows`), the link with a real Asterisk in `tests/asterisk/by_provider.py`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden_testkit::native::{Build, Workshop, built_library, root, run, valgrind};
use std::path::PathBuf;
use std::process::Command;

/// Builds a program of `integrations/tapi/tests` with files beside it, and runs it plainly, under the sanitizers and under valgrind, with
/// an argument for each.
fn run_everywhere(program: &str, with: &[&str], arguments: [&[&str]; 3]) {
    let folder = root().join("integrations/tapi");
    let mut sources: Vec<PathBuf> = vec![folder.join("tests").join(program)];
    sources.extend(with.iter().map(|file| folder.join(file)));
    let workshop = Workshop::new(&built_library());
    let plain = workshop.build_all(&sources, Build::Plain);
    let sanitized = workshop.build_all(&sources, Build::Sanitized);
    for (mut command, arguments) in
        [Command::new(&plain), Command::new(&sanitized), valgrind(&plain)].into_iter().zip(arguments)
    {
        run(command.args(arguments));
    }
}

const MESSAGES: [&str; 3] = ["ami_line.c", "ami_action.c", "ami_md5.c"];

#[test]
fn messages_of_the_manager_interface() {
    run_everywhere("ami_test.c", &MESSAGES, [&[], &[], &[]]);
}

#[test]
fn damaged_messages_of_the_manager_interface() {
    run_everywhere("ami_fuzz.c", &MESSAGES, [&["50000", "1"], &["50000", "2"], &["1000", "3"]]);
}

#[test]
fn settings_and_lines_of_the_link() {
    let beside = ["ami_lines.c", "ami_settings.c", "ami_action.c", "ami_line.c", "ami_md5.c"];
    run_everywhere("lines_test.c", &beside, [&[], &[], &[]]);
}
