//! `verify`: whether a store is what was written, and answers as its log says.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use serde::Serialize;
use std::io::Write;

/// Look at everything in a store: the file, the log and its hashes, and whether the answers are what the log says
///
/// The log is replayed from its first change. Programs that have the store open may go on; it takes about as long as reading the
/// whole log twice. Where there are more than four million pairs, as many are drawn.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden verify rights.db
  linewarden verify /var/backups/rights-friday.db || echo 'do not rely on this one'

EXIT STATUS
  0 all is well, 2 it is not

JSON
  {\"revision\":12,\"pairs\":3600,\"of\":3600}
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer {
    revision: u64,
    pairs: u64,
    of: u64,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let verified = Source::store(&args.store)?.engine.verify()?;
    let (revision, pairs, of) = (verified.revision, verified.pairs, verified.of);
    if args.json.json {
        out.json(&Answer { revision, pairs, of })?;
    } else {
        writeln!(
            out,
            "revision {revision}: file and log are whole, {pairs} of {of} pairs are answered as the log says"
        )?;
    }
    Ok(Status::Yes)
}
