//! `verify`: whether a store is what was written, and answers as its log says.
#![forbid(unsafe_code)]

use super::compact::Rendered;
use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Look at everything in a store: the file, the log and its hashes, and whether the answers are what the log says
///
/// The log is replayed from its first change, or from where `compact` cut it. Programs that have the store open may go on; it takes about as long as reading the
/// whole log twice. Where there are more than four million pairs, as many are drawn.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden verify rights.db
  linewarden verify /var/backups/rights-friday.db || echo 'do not rely on this one'
  linewarden verify rights.db --archive rights-2024.db --archive rights-2025.db

EXIT STATUS
  0 all is well, 2 it is not

JSON
  {\"revision\":12,\"pairs\":3600,\"of\":3600}
  where the log was cut also \"cut\":{\"revision\":8,\"hash\":\"...\"}: `hash` stands for what was cut off; with --archive also
  \"unarchived\":0, the last revision that is in no archive
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Also look at this archive that `compact` wrote, and whether it holds what was cut off; may be given several times
    #[arg(long = "archive", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    archives: Vec<PathBuf>,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer {
    revision: u64,
    pairs: u64,
    of: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<Rendered>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unarchived: Option<u64>,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let engine = Source::store(&args.store)?.engine;
    let verified = engine.verify()?;
    let unarchived = match args.archives.as_slice() {
        [] => None,
        archives => Some(engine.verify_archives(archives)?),
    };
    let (revision, pairs, of) = (verified.revision, verified.pairs, verified.of);
    let cut = verified.cut.as_ref().map(Rendered::of);
    if args.json.json {
        out.json(&Answer { revision, pairs, of, cut, unarchived })?;
        return Ok(Status::Yes);
    }
    write!(out, "revision {revision}: file and log are whole")?;
    if let Some(cut) = &verified.cut {
        write!(out, " from revision {}, cut before", cut.revision + 1)?;
    }
    writeln!(out, ", {pairs} of {of} pairs are answered as the log says")?;
    if let Some(cut) = &cut {
        writeln!(out, "hash of what was cut off: {}", cut.hash)?;
    }
    match unarchived {
        None => {}
        Some(0) => writeln!(out, "the archives are whole, and hold everything that was cut off")?,
        Some(last) => writeln!(out, "the archives are whole; up to revision {last} nothing is in them")?,
    }
    Ok(Status::Yes)
}
