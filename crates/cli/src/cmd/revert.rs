//! `revert`: one change set taken back by a new one.
#![forbid(unsafe_code)]

use super::diff::Counted;
use crate::changes::{self, Answer};
use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use crate::values::revision;
use linewarden::diff;
use std::io::Write;

/// Take back what one change set did, by a new one
///
/// Exactly what that revision changed is as it was before it; everything that came later stays. Where later changes rest on it,
/// or have changed the same again, nothing is changed, and the first of them are named. `linewarden history` lists the revisions.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden revert rights.db 12 --dry-run
  linewarden revert rights.db 12
  linewarden revert rights.db 12 --by alice

EXIT STATUS
  0 done, 1 it cannot be taken back, or the author may not; 2 error

JSON
  {\"revision\":13,\"done\":true,\"changes\":[{\"domain\":\"acme.example\",\"change\":\"set vip alice no\"}]}
  {\"revision\":12,\"done\":false,\"refused\":\"...\",\"changes\":[]}
  With --dry-run `revision` is the one in force, and there is \"answers\" as of `diff`.
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// The revision that is taken back
    #[arg(value_parser = revision)]
    revision: u64,
    /// The user who takes it back; without it the administrator
    #[arg(long, value_name = "USER")]
    by: Option<String>,
    /// Change nothing; say which pairs would gain or lose which right
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::store(&args.store)?;
    let engine = &source.engine;
    let author = source.author(args.by.as_ref())?;
    let made = match args.dry_run {
        true => engine.reverse(args.revision).and_then(|entries| {
            let new = engine.preview(Some(author), &entries)?;
            Ok((engine.revision(), entries, Some(diff(engine, &new))))
        }),
        false => engine.revert(author, args.revision).map(|(revision, entries)| (revision, entries, None)),
    };
    let (revision, entries, answers) = match made {
        Ok(made) => made,
        Err(error) => return changes::refused(error, engine.revision(), &[], args.json.json, out),
    };
    if args.json.json {
        let (done, changes) = (!args.dry_run, changes::rendered(&entries));
        let answers = answers.as_ref().map(Counted::of);
        out.json(&Answer { revision, done, refused: None, changes, token: None, answers })?;
        return Ok(Status::Yes);
    }
    let would = if answers.is_some() { " would be made" } else { "" };
    writeln!(out, "revision {revision}: {}{would}", changes::counted(entries.len()))?;
    changes::print(&entries, answers.is_some(), out)?;
    if let Some(answers) = answers {
        super::diff::print(&answers, false, out)?;
    }
    Ok(Status::Yes)
}
