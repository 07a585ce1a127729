//! `right-names`: what a question may ask for.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use linewarden::Right;
use serde::Serialize;

/// List the names of all rights
///
/// With what each is attached to: a `pair` (an actor towards a target), the `actor` alone, the `owner` of the data, a
/// user and a `team`, a user and a `location`; and whether it depends on the line. Such a right takes .first, .second
/// or .additional at the end, and asks for all three lines without.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden right-names
  linewarden right-names | grep forwarding
  linewarden check examples/companies/mixed.toml carol forwarding.set.second bob

EXIT STATUS
  0 done

JSON
  {\"rights\":[{\"name\":\"call.pickup\",\"reach\":\"pair\",\"lines\":true}]}
")]
pub struct Args {
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer {
    rights: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    name: &'static str,
    reach: &'static str,
    lines: bool,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let rights: Vec<Named> = Right::all().filter_map(named).collect();
    if args.json.json {
        out.json(&Answer { rights })?;
        return Ok(Status::Yes);
    }
    let row = |right: &Named| {
        let lines = if right.lines { ".first .second .additional" } else { "" };
        [right.name, right.reach, lines].map(String::from)
    };
    let rows: Vec<_> = rights.iter().map(row).collect();
    out.table(["RIGHT", "REACH", "LINES"], &rows)?;
    Ok(Status::Yes)
}

/// A right with its bare name; of one that depends on the line only the first line's counts.
fn named(right: Right) -> Option<Named> {
    let name = right.name();
    let bare = name.rsplit_once('.').filter(|(bare, _)| Right::parse(bare).is_some());
    let (name, lines) = match bare {
        Some((bare, "first")) => (bare, true),
        Some(_) => return None,
        None => (name, false),
    };
    Some(Named { name, reach: reach(name), lines })
}

fn reach(name: &'static str) -> &'static str {
    match name {
        // Asked towards oneself (L8).
        name if name.starts_with("call.to.") => "actor",
        "call.control" | "forwarding.bypass" | "relation.ask" | "profile.manage_own" => "actor",
        "relation.answer" | "relation.change" => "owner",
        "roster.see_team" => "team",
        "location.login" => "location",
        _ => "pair",
    }
}
