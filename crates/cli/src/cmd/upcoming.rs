//! `upcoming`: what begins and ends next.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use crate::values::count;
use linewarden::instant_text;
use serde::Serialize;
use std::io::Write;

/// List the facts with dates that begin or end next
///
/// Rules, relationships, grants and members that count at some times only, each with its next beginning or end, in the
/// time zone of its hours, else as its dates are written. `at` of the JSON is the same in UTC.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden upcoming examples/companies/mixed.toml
  linewarden upcoming examples/companies/mixed.toml --at 2026-12-24T00:00:00+01:00 --limit 3

EXIT STATUS
  0 done, also when nothing begins or ends; 2 error

JSON
  [{\"at\":\"2027-01-07T23:00:00Z\",\"local\":\"2027-01-08T00:00:00+01:00\",\"begins\":false,\"domain\":\"acme.example\",\"what\":\"rule `cover for alice`\"}]
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// How many at most
    #[arg(long, value_name = "COUNT", value_parser = count, default_value = "20")]
    limit: usize,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    at: String,
    local: &'a str,
    begins: bool,
    domain: &'a str,
    what: &'a str,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let upcoming = source.engine.upcoming(args.source.at(), args.limit)?;
    if args.json.json {
        let answers = upcoming.iter().map(|next| Answer {
            at: instant_text(next.at),
            local: &next.local,
            begins: next.begins,
            domain: &next.domain,
            what: &next.what,
        });
        out.json(&answers.collect::<Vec<_>>())?;
        return Ok(Status::Yes);
    }
    for next in &upcoming {
        let turns = if next.begins { "begins" } else { "ends  " };
        writeln!(out, "{}  {turns}  {}: {}", next.local, next.domain, next.what)?;
    }
    if upcoming.is_empty() {
        writeln!(out, "nothing begins or ends")?;
    }
    Ok(Status::Yes)
}
