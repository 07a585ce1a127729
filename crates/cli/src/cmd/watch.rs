//! `watch`: which answers flip, revision by revision, as changes are made. It changes nothing.
#![forbid(unsafe_code)]

use crate::options::{Json, RightName, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use crate::values::{revision, seconds};
use linewarden::{Engine, Party, Right, RightSet};
use linewarden::{FlipSet, Flips, Stream};
use serde::Serialize;
use std::io::Write;
use std::time::{Duration, Instant};

/// Report which answers flip, revision by revision
///
/// Exactly those that changed, and only after every process can see them. Revisions that come faster than they are written are
/// reported together. With --since it begins with what was in force then and reports everything that has changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden watch rights.db
  linewarden watch rights.db --right line.busy.read --right call.pickup --json
  linewarden watch rights.db --since 12 --timeout 0

EXIT STATUS
  0 the time given by --timeout is over, 2 error

JSON
  one line for each set of answers that flipped alike: each actor, each right, each target other than the actor
  {\"revision\":13,\"domain\":\"brenner.example\",\"allowed\":true,\"rights\":[\"line.busy.read\"],\"actors\":[\"bob\"],
   \"targets\":[\"alice\"]}; \"targets\" is empty where each actor towards itself, both are where anything may have flipped
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Only this right; may be given several times
    #[arg(long = "right", value_name = "RIGHT", value_parser = RightName, hide_possible_values = true)]
    rights: Vec<Right>,
    /// Begin with what was in force at this revision
    #[arg(long, value_name = "REVISION", value_parser = revision)]
    since: Option<u64>,
    /// End when nothing has happened for so long; without it, never
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    #[command(flatten)]
    json: Json,
}

/// The JSON of a set; its keys are promised in the help.
#[derive(Serialize)]
struct Rendered<'a> {
    revision: u64,
    domain: &'a str,
    allowed: bool,
    rights: Vec<&'static str>,
    actors: Vec<String>,
    targets: Vec<String>,
}

/// Tells.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let engine = Source::store(&args.store)?.engine;
    let every = RightSet::from_bits(u128::MAX);
    let wanted = args.rights.iter().fold(RightSet::EMPTY, |set, right| set | right.mask());
    let wanted = if args.rights.is_empty() { every } else { wanted };
    let mut stream = match args.since {
        Some(revision) => Stream::since(&engine, revision, wanted)?,
        None => Stream::new(&engine, wanted)?,
    };
    let patience = args.timeout;
    let mut quiet_since = Instant::now();
    loop {
        let left = patience.map(|patience| patience.saturating_sub(quiet_since.elapsed()));
        match stream.next(left.unwrap_or(Duration::MAX))? {
            Some(flips) => {
                report(&engine, &flips, args.json.json, out)?;
                out.flush()?;
                quiet_since = Instant::now();
            }
            None if left.is_some_and(|left| left.is_zero()) => return Ok(Status::Yes),
            None => {}
        }
    }
}

fn report(engine: &Engine, flips: &Flips, json: bool, out: &mut Out) -> Result<(), Failure> {
    let domains = engine.domains();
    let texts = |parties: &[Party]| -> Vec<String> { parties.iter().map(|party| engine.text(*party)).collect() };
    if flips.sets.is_empty() && !json {
        writeln!(out, "{:>6}  no answer is another", flips.revision)?;
    }
    for set in &flips.sets {
        let domain = domains.iter().find(|(id, _)| *id == set.domain).map_or("", |(_, name)| name);
        let (actors, targets) = (texts(&set.actors), texts(&set.targets));
        if json {
            let FlipSet { allowed, rights, .. } = *set;
            out.json(&Rendered { revision: flips.revision, domain, allowed, rights: rights.names(), actors, targets })?;
            continue;
        }
        if set.is_everything() {
            writeln!(out, "{:>6}  {domain}: any answer may be another", flips.revision)?;
            continue;
        }
        let may = if set.allowed { "may now" } else { "may no longer" };
        let targets = if targets.is_empty() { "themselves".into() } else { targets.join(", ") };
        let (actors, rights) = (actors.join(", "), set.rights.names().join(", "));
        writeln!(out, "{:>6}  {domain}: {actors} {may} {rights} on {targets}", flips.revision)?;
    }
    Ok(())
}
