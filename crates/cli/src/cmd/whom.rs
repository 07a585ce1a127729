//! `whom`: the parties on whom an actor has a right. A party without it on all lines is never in the list itself.
#![forbid(unsafe_code)]

use crate::lines;
use crate::options::{Json, RightName, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::Right;
use serde::Serialize;
use std::io::Write;

/// List everyone towards whom an actor has a right
///
/// One name a line, sorted; with its domain where SOURCE holds several. A bare right must be a yes on all lines; a terminal also
/// shows with whom it is one on some lines only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden whom examples/companies/mixed.toml rosa call.pickup
  linewarden whom examples/companies/mixed.toml carol roster.see_user --json

EXIT STATUS
  0 done, also when the list is empty; 2 error

JSON
  {\"domain\":\"brenner.example\",\"actor\":\"rosa\",\"right\":\"call.pickup\",
   \"targets\":[\"alice\",\"bob\"],
   \"some_lines\":[{\"target\":\"dora\",\"lines\":\"first yes, second yes, additional no\"}]}
  where users of the domain are exempt from the right also \"exempt\":[\"wilma\"]
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

/// A party with which the right is a yes on some lines only.
#[derive(Serialize)]
struct OnSome {
    target: String,
    lines: String,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    domain: &'a str,
    actor: String,
    right: &'a str,
    targets: Vec<String>,
    some_lines: Vec<OnSome>,
    /// The users of the domain who are exempt from the right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exempt: Vec<String>,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let actor = source.party(&args.actor)?;
    let targets = source.engine.whom(actor, args.right);
    let some = lines::of_list(
        &source.engine,
        args.right,
        |single| source.engine.whom(actor, single),
        |target| (actor, target),
    );
    let exempt = match source.engine.kind(actor) {
        Some((domain, _)) => source.engine.parties(domain),
        None => Vec::new(),
    };
    let exempt: Vec<_> = exempt.into_iter().filter(|user| source.engine.exempt(*user).has(args.right)).collect();
    if args.json.json {
        let some_lines = some.into_iter().map(|(target, lines)| OnSome { target: source.engine.text(target), lines });
        out.json(&Answer {
            some_lines: some_lines.collect(),
            domain: source.domain_of(actor),
            actor: source.engine.text(actor),
            right: args.right.name(),
            targets: targets.iter().map(|target| source.engine.text(*target)).collect(),
            exempt: exempt.iter().map(|user| source.engine.text(*user)).collect(),
        })?;
    } else {
        out.lines(&source.texts(&targets))?;
        // A program that reads a pipe line by line must not take one of these for a yes.
        if out.screen().is_some() && !some.is_empty() {
            writeln!(out, "\non some lines only:")?;
            for (target, lines) in some {
                writeln!(out, "  {}  {lines}", source.text(target))?;
            }
        }
        if out.screen().is_some() && !exempt.is_empty() {
            writeln!(out, "\nexempt from {}: {}", args.right, source.texts(&exempt).join(", "))?;
        }
    }
    Ok(Status::Yes)
}
