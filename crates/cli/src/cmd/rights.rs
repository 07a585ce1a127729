//! `rights`: all rights of a pair, and the level it holds in each system.
#![forbid(unsafe_code)]

use crate::lines;
use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::System;
use linewarden::{Right, RightSet};
use serde::Serialize;
use std::io::Write;

/// List all rights of a pair, and the level it holds in each system
///
/// Rights are grouped by their first word; one that is held on some lines only has them beside it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden rights examples/companies/mixed.toml alice diana
  linewarden rights examples/companies/mixed.toml sip:laura@lawfirm.example diana --json

EXIT STATUS
  0 done, also when there are none; 2 error

JSON
  {\"domain\":\"brenner.example\",\"actor\":\"alice\",\"target\":\"diana\",
   \"levels\":[{\"system\":\"xphone\",\"level\":\"assistant_plus\"}],
   \"rights\":[\"call.detail.read.additional\",\"call.detail.read.first\"],
   \"inferred\":[]}
  `rights` is sorted; a right that depends on the line stands once for each.
  `inferred` are those of them that rest on an inferred cell of the vendor's matrix.
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Who would act or look
    actor: String,
    /// Whose line or data, or which team or location it is about
    target: String,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    domain: &'a str,
    actor: String,
    target: String,
    levels: Vec<Level<'a>>,
    rights: Vec<&'static str>,
    inferred: Vec<&'static str>,
}

#[derive(Serialize)]
struct Level<'a> {
    system: System,
    level: &'a str,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let (actor, target) = (source.party(&args.actor)?, source.party(&args.target)?);
    let pair = source.engine.pair(actor, target);
    if args.json.json {
        out.json(&Answer {
            domain: source.domain_of(target),
            actor: source.engine.text(actor),
            target: source.engine.text(target),
            levels: pair.levels.iter().map(|(system, level)| Level { system: *system, level }).collect(),
            rights: pair.rights.names(),
            inferred: pair.inferred.names(),
        })?;
        return Ok(Status::Yes);
    }
    source.point_out_unlisted([&args.actor, &args.target], out);
    writeln!(out, "{} towards {}", source.text(actor), source.text(target))?;
    for (system, level) in &pair.levels {
        writeln!(out, "  {:6}  {level}", system.name())?;
    }
    writeln!(out)?;
    if pair.rights.is_empty() {
        writeln!(out, "no rights")?;
    }
    for (group, rights) in grouped(pair.rights) {
        out.paragraph(group, 10, &rights)?;
    }
    if !pair.inferred.is_empty() {
        writeln!(out)?;
        writeln!(out, "resting on an inferred cell of the matrix: {}", pair.inferred.shortest().join(", "))?;
    }
    Ok(Status::Yes)
}

/// The rights by their first word, in the order of their numbers; one held on some lines with them.
fn grouped(rights: RightSet) -> Vec<(&'static str, Vec<String>)> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for right in rights.iter() {
        let name = right.name();
        let bare = name.rsplit_once('.').map_or(name, |(bare, _)| bare);
        let all = Right::parse(bare);
        let lines = all.and_then(|all| lines::split(rights, all));
        let name = if all.is_some() { bare } else { name };
        let (group, rest) = name.split_once('.').unwrap_or((name, ""));
        let rest = lines.map_or_else(|| rest.to_owned(), |lines| format!("{rest}: {lines}"));
        if groups.last().is_none_or(|(last, _)| *last != group) {
            groups.push((group, Vec::new()));
        }
        if let Some((_, names)) = groups.last_mut()
            && names.last() != Some(&rest)
        {
            names.push(rest);
        }
    }
    groups
}
