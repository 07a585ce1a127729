//! `wait`: until a revision is in force.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use linewarden::{Error, ErrorKind};
use std::io::Write;
use std::time::Duration;

/// Wait until a revision of a store is in force
///
/// Each change prints its revision; a program that waits for that revision sees the change.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden wait rights.db 12 --timeout 2.5

EXIT STATUS
  0 it is in force, 1 the time is over, 2 error
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// The revision
    revision: u64,
    /// How long at most; without it as long as it takes
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<f64>,
}

/// Waits.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let wrong = |_| Error::new(ErrorKind::Argument, "a time that cannot be waited, expected seconds as in `2.5`");
    let patience = args.timeout.map(Duration::try_from_secs_f64).transpose().map_err(wrong)?;
    let engine = Source::store(&args.store)?.engine;
    let come = engine.wait_for(args.revision, patience.unwrap_or(Duration::MAX));
    writeln!(out, "{}  revision {} is in force", out.answer(come), engine.revision())?;
    Ok(Status::of(come))
}
