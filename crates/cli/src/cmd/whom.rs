//! `whom`: everyone on whom.
#![forbid(unsafe_code)]

use crate::options::{Json, RightName, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::Right;
use serde::Serialize;

/// List everyone towards whom an actor has a right
///
/// One name a line, sorted; with its domain where SOURCE holds several.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden whom examples/companies/mixed.toml rosa call.pickup
  linewarden whom examples/companies/mixed.toml carol roster.see_user --json

EXIT STATUS
  0 done, also when the list is empty; 2 error

JSON
  {\"domain\":\"brenner.example\",\"actor\":\"rosa\",\"right\":\"call.pickup\",
   \"targets\":[\"alice\",\"bob\"]}
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Who would act or look
    actor: String,
    /// What: call.pickup, presence.status.read ... (see `linewarden right-names`)
    #[arg(value_parser = RightName, hide_possible_values = true)]
    right: Right,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    domain: &'a str,
    actor: String,
    right: &'a str,
    targets: Vec<String>,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let actor = source.party(&args.actor)?;
    let targets = source.engine.whom(actor, args.right);
    if args.json.json {
        out.json(&Answer {
            domain: source.domain_of(actor),
            actor: source.engine.text(actor),
            right: args.right.name(),
            targets: targets.iter().map(|target| source.engine.text(*target)).collect(),
        })?;
    } else {
        out.lines(&source.texts(&targets))?;
    }
    Ok(Status::Yes)
}
