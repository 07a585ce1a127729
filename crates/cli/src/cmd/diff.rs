//! `diff`: which pairs gain or lose which right between two sources. It compares answers, never text.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Colour, Failure, Out};
use crate::source;
use linewarden::{DecisionDiff, DiffGroup, Engine, Error, Upcoming, diff};
use serde::Serialize;
use std::io::Write;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread;

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
  0 nothing changes at that instant, 1 something changes, 2 error

JSON
  {\"groups\":[{\"sentence\":\"...\",\"gains\":true,\"rights\":[\"call.pickup\"],\"pairs\":12}],
   \"gained\":36,\"lost\":0,\"gained_rights\":108,\"lost_rights\":0}
  where exemptions change also \"exemptions\":[{\"domain\":\"acme.example\",\"sentence\":\"...\"}]
  `gained` and `lost` count ordered pairs, as `pairs` does; `gained_rights` and `lost_rights` single rights of single pairs: a
  right that depends on the line counts three times.
")]
pub struct Args {
    /// The source as it is
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    old: PathBuf,
    /// The source as it would be
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    new: PathBuf,
    /// Only the pairs of this domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Name all parties and single rights of every change
    #[arg(long)]
    full: bool,
    /// Compare the answers of this instant, as 2026-12-24T18:00:00+01:00, instead of now
    #[arg(long, value_name = "TIME", value_parser = crate::values::instant)]
    at: Option<i64>,
    #[command(flatten)]
    json: Json,
}

/// A difference and its single rights; its keys are promised in the help.
#[derive(Serialize)]
pub struct Counted<'a> {
    #[serde(flatten)]
    changes: &'a DecisionDiff,
    gained_rights: u64,
    lost_rights: u64,
}

impl<'a> Counted<'a> {
    /// Counts them.
    pub fn of(changes: &'a DecisionDiff) -> Counted<'a> {
        let rights = |gains| {
            let groups = changes.groups.iter().filter(|group| group.gains == gains);
            groups.map(|group| group.pairs * group.rights.len() as u64).sum()
        };
        Counted { changes, gained_rights: rights(true), lost_rights: rights(false) }
    }
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let open = |path| source::at(source::open(path)?, args.at);
    // Reading a large document takes most of the time: both sides at once.
    let (old, new) = thread::scope(|scope| {
        let new = scope.spawn(|| open(&args.new));
        (open(&args.old), new.join())
    });
    let (old, new) = (old?, new.unwrap_or_else(|panic| resume_unwind(panic))?);
    let mut changes = diff(&old, &new);
    if let Some(domain) = &args.domain {
        only(&mut changes, domain, [&old, &new])?;
    }
    if args.json.json {
        out.json(&Counted::of(&changes))?;
    } else {
        print(&changes, args.full, out)?;
        let dates = |engine: &Engine| -> Result<Vec<Upcoming>, Error> {
            let mut dates = engine.upcoming(args.at, usize::MAX)?;
            // Written with another offset, an instant is the same.
            dates.iter_mut().for_each(|next| next.local.clear());
            Ok(dates)
        };
        if dates(&old)? != dates(&new)? {
            let how = "`linewarden upcoming` lists them, and `--at` compares the answers of another instant";
            writeln!(out, "the dates of facts differ: {how}")?;
        }
    }
    Ok(Status::of(changes.is_empty()))
}

/// Leaves what concerns one domain, which at least one side must have.
fn only(changes: &mut DecisionDiff, domain: &str, sides: [&Engine; 2]) -> Result<(), Error> {
    let [old, new] = sides;
    let (side, id) = match (old.domain(domain), new.domain(domain)) {
        (Err(error), Err(_)) => return Err(error),
        (Ok(id), _) => (old, id),
        (_, Ok(id)) => (new, id),
    };
    // As the engine writes it.
    let name = side.domains().into_iter().find(|(known, _)| *known == id).map(|(_, name)| name).unwrap_or_default();
    changes.groups.retain(|group| group.domain == name);
    changes.exemptions.retain(|exemption| exemption.domain == name);
    let pairs = |gains| changes.groups.iter().filter(|group| group.gains == gains).map(|group| group.pairs).sum();
    (changes.gained, changes.lost) = (pairs(true), pairs(false));
    Ok(())
}

/// What changes, for people.
pub fn print(changes: &DecisionDiff, full: bool, out: &mut Out) -> Result<(), Failure> {
    for exemption in &changes.exemptions {
        writeln!(out, "{}", exemption.sentence)?;
    }
    if changes.is_empty() {
        return Ok(writeln!(out, "nothing changes")?);
    }
    for group in &changes.groups {
        let sign = if group.gains { out.paint(Colour::Green, "+") } else { out.paint(Colour::Red, "-") };
        writeln!(out, "{sign} {}", group.sentence)?;
        if full {
            members(group, out)?;
        }
    }
    let Counted { gained_rights, lost_rights, .. } = Counted::of(changes);
    let said = |pairs: u64, verb: &str, rights: u64| {
        let (pair, verb) = if pairs == 1 { ("pair", format!("{verb}s")) } else { ("pairs", verb.to_owned()) };
        let right = if rights == 1 { "single right" } else { "single rights" };
        format!("{pairs} {pair} {verb} {rights} {right}")
    };
    let (gained, lost) = (said(changes.gained, "gain", gained_rights), said(changes.lost, "lose", lost_rights));
    Ok(writeln!(out, "{gained}, {lost}")?)
}

/// Everything that a sentence counts or calls by a group's name.
fn members(group: &DiffGroup, out: &mut Out) -> Result<(), Failure> {
    out.paragraph("    rights", 12, &group.rights)?;
    out.paragraph("    actors", 12, &group.actors)?;
    match group.oneself {
        true => Ok(writeln!(out, "    targets     each actor itself")?),
        false => out.paragraph("    targets", 12, &group.targets),
    }
}
