//! `log`: change sets as a batch, with the hashes that a store that follows this one checks. It changes nothing.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use linewarden::{Error, ErrorKind};
use std::io::Write;

/// Change sets of one batch.
const MOST: usize = 10_000;

/// Write change sets with their hashes and numbers, for `linewarden follow` on another machine
///
/// The output is JSON Lines in batches: a header, a line for each change set, an end. With no change set after REV it is one empty
/// batch, which says where the log is. What `compact` cut off cannot be had: a store that is before the cut begins with a backup.
/// docs/cluster.md has the form.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden log rights.db --from 120 > news.jsonl
  linewarden log rights.db --from 120 | ssh other linewarden follow rights.db -

EXIT STATUS
  0 done, 2 error
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// The first revision that is written
    #[arg(long, value_name = "REV", default_value_t = 1)]
    from: u64,
}

/// Writes.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let engine = Source::store(&args.store)?.engine;
    let none = || Error::new(ErrorKind::Argument, "revision 0 has no change set, expected 1 or a later one");
    let mut after = args.from.checked_sub(1).ok_or_else(none)?;
    // As far as the log is now: a store that changes all the time must not keep this running.
    let end = engine.upstream()?.revision;
    loop {
        let batch = engine.batch(after, MOST)?;
        write!(out, "{}", batch.print())?;
        after = batch.sets.last().map_or(after, |last| last.set.revision);
        if after >= end || batch.sets.is_empty() {
            return Ok(Status::Yes);
        }
    }
}
