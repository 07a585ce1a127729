//! The command `linewarden`: reads arguments, asks the engine, prints the answer, and ends with its status.
//!
//! It must never end with status 0 (yes) unless the answer was reached and written whole.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests may fail"
    )
)]

mod args;
#[cfg(any(target_os = "linux", windows))]
mod changes;
mod cmd;
mod expectation;
mod grid;
mod lines;
mod options;
mod output;
mod reference;
mod source;
mod values;

use args::{Cli, Command};
use clap::Parser;
use linewarden::{Error, ErrorKind};
use options::Status;
use output::{Failure, Out};
use std::io::Write;
use std::process::ExitCode;

const ERROR: u8 = 2;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| complain(&format!("defect of this program: {panic}"), ErrorKind::Internal)));
    // A damaged image must end in an error of this command, not in SIGBUS.
    #[cfg(any(target_os = "linux", windows))]
    let _ = linewarden::survive_truncation();
    match std::panic::catch_unwind(run) {
        Ok(Ok(status)) => ExitCode::from(status as u8),
        Ok(Err(failure)) => {
            match failure {
                Failure::Error(error) => complain(error.message(), error.kind()),
                // The reader has closed the pipe (`linewarden who ... | head`): no message.
                Failure::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
                Failure::Output(error) => complain(&format!("cannot write the answer: {error}"), ErrorKind::File),
            }
            ExitCode::from(ERROR)
        }
        Err(_) => ExitCode::from(ERROR),
    }
}

fn run() -> Result<Status, Failure> {
    let mut out = Out::stdout();
    let status = match Cli::try_parse() {
        Ok(cli) => {
            out.choose(cli.color, cli.quiet);
            dispatch(cli.command, &mut out)?
        }
        Err(help) if !help.use_stderr() => {
            let text = help.render();
            if out.colour() {
                write!(out, "{}", text.ansi())?
            } else {
                write!(out, "{text}")?
            }
            Status::Yes
        }
        Err(error) => {
            let text = error.render().to_string();
            let message = match error.kind() {
                clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                    format!("expected a command\n\n{text}")
                }
                _ => text.strip_prefix("error: ").unwrap_or(&text).trim_end().to_owned(),
            };
            return Err(Error::new(ErrorKind::Argument, message).into());
        }
    };
    // Only what has left the buffer was answered.
    out.flush()?;
    Ok(status)
}

fn dispatch(command: Command, out: &mut Out) -> Result<Status, Failure> {
    match command {
        Command::Check(args) => cmd::check::run(&args, out),
        Command::Explain(args) => cmd::explain::run(&args, out),
        Command::Rights(args) => cmd::rights::run(&args, out),
        Command::Who(args) => cmd::who::run(&args, out),
        Command::Whom(args) => cmd::whom::run(&args, out),
        Command::Matrix(args) => cmd::matrix::run(&args, out),
        Command::Dial(args) => cmd::dial::run(&args, out),
        Command::MayForward(args) => cmd::destination::forward(&args, out),
        Command::MayCall(args) => cmd::destination::call(&args, out),
        Command::Notified(args) => cmd::notified::run(&args, out),
        Command::Lint(args) => cmd::lint::run(&args, out),
        Command::Diff(args) => cmd::diff::run(&args, out),
        Command::Upcoming(args) => cmd::upcoming::run(&args, out),
        Command::Test(args) => cmd::test::run(&args, out),
        Command::Convert(args) => cmd::convert::run(&args, out),
        Command::Learn(args) => cmd::learn::run(&args, out),
        Command::Shadow(args) => cmd::shadow::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Report(args) => cmd::report::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Import(args) => cmd::import::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Apply(args) => cmd::apply::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::History(args) => cmd::history::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Revert(args) => cmd::revert::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Pending(args) => cmd::pending::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Status(args) => cmd::status::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Wait(args) => cmd::wait::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Watch(args) => cmd::watch::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Log(args) => cmd::log::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Follow(args) => cmd::follow::run(&args, out),
        #[cfg(target_os = "linux")]
        Command::Cluster(args) => cmd::cluster::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Export(args) => cmd::export::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Verify(args) => cmd::verify::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Compact(args) => cmd::compact::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Backup(args) => cmd::backup::run(&args, out),
        #[cfg(any(target_os = "linux", windows))]
        Command::Restore(args) => cmd::restore::run(&args, out),
        Command::Init(args) => cmd::init::run(&args, out),
        Command::Fmt(args) => cmd::fmt::run(&args, out),
        Command::Schema(args) => cmd::schema::run(&args, out),
        Command::Help(args) => cmd::help::run(&args, out),
        Command::RightNames(args) => cmd::right_names::run(&args, out),
        Command::Generate(args) => cmd::generate::run(&args, out),
        Command::Completions(args) => cmd::completions::run(&args, out),
        Command::Man(args) => cmd::man::run(&args, out),
    }
}

/// Writes to standard error what a person should read: every fault of a document is a message of its own, anything else
/// is one. A closed standard error is no further failure.
fn complain(message: &str, kind: ErrorKind) {
    let mut stderr = std::io::stderr().lock();
    for (place, line) in message.lines().enumerate() {
        let prefix = if place == 0 || kind == ErrorKind::Document { "linewarden: " } else { "" };
        let _ = writeln!(stderr, "{prefix}{line}");
    }
}
