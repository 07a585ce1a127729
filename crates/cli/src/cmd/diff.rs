//! `diff`: which pairs gain or lose which right.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Colour, Failure, Out};
use crate::source;
use linewarden::{DecisionDiff, diff};
use std::io::Write;
use std::path::PathBuf;

/// Show which pairs gain or lose which right between two sources
///
/// Compares answers, not text: a document that says the same in other words differs in nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden diff acme.toml acme-new.toml
  linewarden diff companies/ companies-new/ --json
  linewarden diff <(git show HEAD:acme.toml) acme.toml

EXIT STATUS
  0 nothing changes, 1 something changes, 2 error

JSON
  {\"groups\":[{\"sentence\":\"...\",\"gains\":true,\"rights\":[\"call.pickup\"],\"pairs\":12}],
   \"gained\":36,\"lost\":0}
  `gained` and `lost` count pairs, as `pairs` does.
")]
pub struct Args {
    /// The source as it is
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    old: PathBuf,
    /// The source as it would be
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    new: PathBuf,
    #[command(flatten)]
    json: Json,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let (old, new) = (source::open(&args.old)?, source::open(&args.new)?);
    let changes = diff(&old, &new);
    if args.json.json {
        out.json(&changes)?;
    } else {
        print(&changes, out)?;
    }
    Ok(Status::of(changes.is_empty()))
}

/// What changes, for people.
pub fn print(changes: &DecisionDiff, out: &mut Out) -> Result<(), Failure> {
    if changes.is_empty() {
        return Ok(writeln!(out, "nothing changes")?);
    }
    for group in &changes.groups {
        let sign = if group.gains { out.paint(Colour::Green, "+") } else { out.paint(Colour::Red, "-") };
        writeln!(out, "{sign} {}", group.sentence)?;
    }
    Ok(writeln!(out, "{} gained, {} lost (pairs)", changes.gained, changes.lost)?)
}
