//! `shadow`: what a policy would refuse that is allowed today. It changes nothing.
#![forbid(unsafe_code)]

mod log;
pub mod proposal;
pub mod report;
mod run;

use crate::options::Status;
use crate::output::{Failure, Out};

/// Find out what a policy would refuse before it is in force
///
/// In shadow mode a PBX goes on as before, and what the policy would refuse is written into a log: `report` reads it. docs/shadow.md says
/// how a PBX is put into shadow mode. `run` makes the same log from a list of what was done.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Report(report::Args),
    Run(run::Args),
}

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    match &args.command {
        Command::Report(args) => report::run(args, out),
        Command::Run(args) => run::run(args, out),
    }
}
