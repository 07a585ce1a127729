//! The command, run in a folder with an input. It must never look at what was answered.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Status, standard output, standard error.
pub type Answer = (Option<i32>, String, String);

/// Runs the command and waits for its end.
pub fn answer<A: AsRef<OsStr>>(folder: &Path, args: impl IntoIterator<Item = A>, input: &[u8]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
    command.args(args).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
