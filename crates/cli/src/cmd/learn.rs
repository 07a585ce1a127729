//! `learn`: rules that would allow what call records say was done. It applies nothing.
#![forbid(unsafe_code)]

use super::shadow::proposal::rules;
use super::shadow::report::{list, quoted};
use crate::options::Status;
use crate::output::{Failure, Out};
use crate::values::count;
use linewarden::{Error, ErrorKind, Right, RightSet};
use linewarden_convert::{Deed, Done, Input, learn};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// Propose rules that would allow what call records say was done
///
/// Reads Asterisk's call records (CDR) and channel events (CEL) as CSV: which pickups took place becomes `[[rule]]` tables, to be read and
/// put into a document by hand. Transfers are counted: no right is asked for one. Records that do not say who or whom are listed on
/// standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden learn /var/log/asterisk/cdr-csv/Master.csv
  linewarden learn cel-custom/Master.csv --least 3
  linewarden learn Master.csv --questions > pickups.tsv
  linewarden check acme.toml --questions pickups.tsv

FILES
  CDR: cdr-csv/Master.csv; CEL: cel-custom/Master.csv as Asterisk's sample of
  cel_custom.conf writes it; or any CSV whose first line has the names of the
  columns (lastapp, lastdata, channel, disposition; eventtype, channame,
  eventextra). Only CEL says whose call was taken by pickup groups.

EXIT STATUS
  0 done, 2 error
")]
pub struct Args {
    /// The files; - is standard input
    #[arg(required = true, value_name = "CDR", value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Leave out what was done less often
    #[arg(long, value_name = "COUNT", value_parser = count, default_value = "1")]
    least: usize,
    /// Print each pickup as a question, for `linewarden check --questions` and `linewarden shadow run`
    #[arg(long)]
    questions: bool,
}

/// Proposes.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let fault = |fault: linewarden_convert::Fault| Error::new(ErrorKind::Document, fault.to_string());
    let inputs: Result<Vec<Input>, _> = args.files.iter().map(|file| Input::open(file)).collect();
    let learned = learn(&inputs.map_err(fault)?).map_err(fault)?;
    let mut stderr = io::stderr().lock();
    learned.unclear.iter().try_for_each(|unclear| writeln!(stderr, "{unclear}"))?;
    let mut times: BTreeMap<(Deed, &str, &str), Vec<&Done>> = BTreeMap::new();
    for done in &learned.done {
        times.entry((done.deed, &done.actor, &done.target)).or_default().push(done);
    }
    times.retain(|_, done| done.len() >= args.least);
    let pickups = || times.iter().filter(|((deed, ..), _)| *deed == Deed::Pickup);
    if args.questions {
        let kept = |done: &&Done| times.contains_key(&(Deed::Pickup, done.actor.as_str(), done.target.as_str()));
        for done in learned.done.iter().filter(|done| done.deed == Deed::Pickup).filter(kept) {
            writeln!(out, "{}\tcall.pickup\t{}", done.actor, done.target)?;
        }
        return Ok(Status::Yes);
    }
    let names: Vec<String> = args.files.iter().map(|file| plain(&file.display().to_string())).collect();
    let transfers: usize =
        times.iter().filter(|((deed, ..), _)| *deed == Deed::Transfer).map(|(_, done)| done.len()).sum();
    writeln!(
        out,
        "# Proposed by `linewarden learn` from {}. Read it: it allows what was done, not what should be.",
        names.join(", ")
    )?;
    writeln!(
        out,
        "# {} pickups of {} pairs; {transfers} transfers, for which no right is asked.",
        pickups().map(|(_, done)| done.len()).sum::<usize>(),
        pickups().count()
    )?;
    let right: Right = "call.pickup".parse()?;
    let single: BTreeMap<(String, String), RightSet> =
        pickups().map(|((_, actor, target), _)| (((*actor).into(), (*target).into()), right.mask())).collect();
    for (((actors, targets), rights), number) in rules(&single).iter().zip(1..) {
        let of = actors
            .iter()
            .flat_map(|actor| targets.iter().map(move |target| (Deed::Pickup, actor.as_str(), target.as_str())));
        let done: Vec<&Done> = of.filter_map(|pair| times.get(&pair)).flatten().copied().collect();
        let first = done.first().map_or_else(String::new, |done| plain(&done.place.to_string()));
        writeln!(
            out,
            "\n[[rule]] # {} times, first {first}\nname = {}",
            done.len(),
            quoted(&format!("learned {number}"))
        )?;
        writeln!(out, "actors = {}\nrights = {}\ntargets = {}", list(actors), list(rights.shortest()), list(targets))?;
    }
    Ok(Status::Yes)
}

/// Text for a comment of one line.
fn plain(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
