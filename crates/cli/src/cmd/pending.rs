//! `pending`: the requests that wait for an owner's answer. It answers none of them.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use serde::Serialize;

/// List those who have asked an owner and wait for an answer
///
/// Inquiries of estos, which `answer`, `reject` or the requester's `withdraw` ends, and subscriptions of keevio that the owner
/// has not yet confirmed and the administrator may `decline`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden pending rights.db alice
  linewarden apply rights.db --by alice answer alice business bob

EXIT STATUS
  0 done, also when no request waits; 2 error

JSON
  {\"domain\":\"acme.example\",\"owner\":\"alice\",\"pending\":[\"bob\"]}
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Who was asked
    owner: String,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    domain: &'a str,
    owner: String,
    pending: Vec<String>,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::store(&args.store)?;
    let owner = source.party(&args.owner)?;
    let pending = source.engine.pending(owner);
    if args.json.json {
        out.json(&Answer {
            domain: source.domain_of(owner),
            owner: source.engine.text(owner),
            pending: pending.iter().map(|viewer| source.engine.text(*viewer)).collect(),
        })?;
    } else {
        out.lines(&source.texts(&pending))?;
    }
    Ok(Status::Yes)
}
