//! `who`: everyone who may.
#![forbid(unsafe_code)]

use crate::Status;
use crate::args::{Json, RightName};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::Right;
use serde::Serialize;

/// List everyone who has a right towards a target
///
/// One name a line, sorted; with its domain where SOURCE holds several.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden who examples/companies/mixed.toml forwarding.set bob
  linewarden who examples/companies/mixed.toml location.login location:desk-1 --json

EXIT STATUS
  0 done, also when there is nobody; 2 error

JSON
  {\"domain\":\"brenner.example\",\"right\":\"forwarding.set\",\"target\":\"bob\",
   \"actors\":[\"alice\",\"bob\",\"carol\"]}
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// What: call.pickup, presence.status.read ... (see `linewarden right-names`)
    #[arg(value_parser = RightName, hide_possible_values = true)]
    right: Right,
    /// Whose line or data, or which team or location it is about
    target: String,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    domain: &'a str,
    right: &'a str,
    target: String,
    actors: Vec<String>,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let target = source.party(&args.target)?;
    let actors = source.engine.who(args.right, target);
    if args.json.json {
        out.json(&Answer {
            domain: source.domain_of(target),
            right: args.right.name(),
            target: source.engine.text(target),
            actors: actors.iter().map(|actor| source.engine.text(*actor)).collect(),
        })?;
    } else {
        out.lines(&source.texts(&actors))?;
    }
    Ok(Status::Yes)
}
