//! `who`: the parties that have a right on a target, and the users that administer a thing. It changes nothing.
#![forbid(unsafe_code)]

use crate::lines;
use crate::options::{Json, RightName, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::{Error, ErrorKind, Right};
use serde::Serialize;
use std::io::Write;

/// List everyone who has a right towards a target, or who administers a thing
///
/// One name a line, sorted; with its domain where SOURCE holds several. A bare right must be a yes on all lines; a terminal also
/// shows with whom it is one on some lines only. With --may-administer the users who may make the
/// changes of that site, group, permission or team; the administrator, who may make them all, is not listed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden who examples/companies/mixed.toml forwarding.set bob
  linewarden who examples/companies/mixed.toml location.login location:desk-1 --json
  linewarden who rights.db --may-administer site:munich
  linewarden who rights.db --may-administer monitoring_group:front-desk

EXIT STATUS
  0 done, also when the list is empty; 2 error

JSON
  {\"domain\":\"brenner.example\",\"right\":\"forwarding.set\",\"target\":\"bob\",
   \"actors\":[\"alice\",\"bob\",\"carol\"],
   \"some_lines\":[{\"actor\":\"dora\",\"lines\":\"first yes, second yes, additional no\"}]}
  where the target is exempt from the right also \"exempt\":true
  {\"thing\":\"site:munich\",\"administrators\":[\"dora\"]}
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// What: call.pickup, presence.status.read ... (see `linewarden right-names`)
    #[arg(value_parser = RightName, hide_possible_values = true, required_unless_present = "thing")]
    right: Option<Right>,
    /// Whose line or data, or which team or location it is about
    #[arg(required_unless_present = "thing")]
    target: Option<String>,
    /// List who administers this: site:NAME, workgroup:NAME, monitoring_group:NAME, permission:NAME or team:NAME
    #[arg(long = "may-administer", id = "thing", value_name = "THING", conflicts_with_all = ["right", "target"])]
    thing: Option<String>,
    #[command(flatten)]
    json: Json,
}

/// A party with which the right is a yes on some lines only.
#[derive(Serialize)]
struct OnSome {
    actor: String,
    lines: String,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    domain: &'a str,
    right: &'a str,
    target: String,
    actors: Vec<String>,
    some_lines: Vec<OnSome>,
    /// Whether the target is exempt from the right: no rule gives it to another party.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    exempt: bool,
}

/// The JSON answer about a thing that is administered.
#[derive(Serialize)]
struct Administrators<'a> {
    thing: &'a str,
    administrators: Vec<String>,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    if let Some(thing) = &args.thing {
        let users = source.texts(&source.engine.administrators(source.domain(), thing)?);
        match args.json.json {
            true => out.json(&Administrators { thing, administrators: users })?,
            false => out.lines(&users)?,
        }
        return Ok(Status::Yes);
    }
    let (Some(right), Some(target)) = (args.right, &args.target) else {
        return Err(Error::new(ErrorKind::Argument, "expected a right and a target, or --may-administer").into());
    };
    let target = source.party(target)?;
    let actors = source.engine.who(right, target);
    let some =
        lines::of_list(&source.engine, right, |single| source.engine.who(single, target), |actor| (actor, target));
    let exempt = source.engine.exempt(target).has(right);
    if args.json.json {
        let some_lines = some.into_iter().map(|(actor, lines)| OnSome { actor: source.engine.text(actor), lines });
        out.json(&Answer {
            some_lines: some_lines.collect(),
            domain: source.domain_of(target),
            right: right.name(),
            target: source.engine.text(target),
            actors: actors.iter().map(|actor| source.engine.text(*actor)).collect(),
            exempt,
        })?;
    } else {
        out.lines(&source.texts(&actors))?;
        // A program that reads a pipe line by line must not take one of these for a yes.
        if out.screen().is_some() && !some.is_empty() {
            writeln!(out, "\non some lines only:")?;
            for (actor, lines) in some {
                writeln!(out, "  {}  {lines}", source.text(actor))?;
            }
        }
        if out.screen().is_some() && exempt {
            writeln!(out, "\n{} is exempt from {right}: no rule gives it to others", source.text(target))?;
        }
    }
    Ok(Status::Yes)
}
