//! `shadow report`: who would have been refused what on whom, how often, and the smallest changes that would allow it.
#![forbid(unsafe_code)]

use super::log::{self, Log};
use super::proposal::{Pair, Proposal, propose};
use crate::options::{Json, Status};
use crate::output::{Colour, Failure, Out};
use crate::source;
use linewarden::{Change, Engine, Entry, Error, ErrorKind};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

/// Rows that are shown; more with --all.
const SHOWN: usize = 40;

/// Group what a shadow's log has, and propose the changes that would allow it
///
/// Each actor, right and target once, the most frequent first, with the reason; then one rule for all that can stand in one. Nothing is
/// applied: --changes prints lines for `linewarden apply`, --rules `[[rule]]` tables for a document.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden shadow report /var/log/asterisk/linewarden-shadow.log
  linewarden shadow report acme.log --source acme-new.toml
  linewarden shadow report acme.log --rules >> acme.toml
  linewarden shadow report acme.log --changes | linewarden apply rights.db

EXIT STATUS
  0 nothing would be refused by the source as it is now; 1 something would;
  2 error

JSON
  {\"refused\":[{\"domain\":\"acme.example\",\"actor\":\"bob\",\"right\":\"call.pickup\",\"target\":\"alice\",\"times\":3,
    \"first\":\"2026-11-27T08:00:00Z\",\"last\":\"...\",\"why\":\"...\",\"now\":\"no\"}],
   \"changes\":[{\"domain\":\"acme.example\",\"change\":\"add rule ...\"}],\"times\":3,\"lost\":0}
  `now` is what the source says: yes, no, or unknown where it lacks a name.
")]
pub struct Args {
    /// The log; `-` for standard input
    #[arg(value_name = "LOG", value_hint = clap::ValueHint::FilePath)]
    log: PathBuf,
    /// Ask this document, folder or store instead of that which the log names
    #[arg(long, value_name = "SOURCE", value_hint = clap::ValueHint::AnyPath)]
    source: Option<PathBuf>,
    /// Print the changes alone, as `linewarden apply` reads them
    #[arg(long, conflicts_with_all = ["rules", "json"])]
    changes: bool,
    /// Print the rules alone, as a document has them
    #[arg(long, conflicts_with = "json")]
    rules: bool,
    /// Show all rows
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    json: Json,
}

/// One row.
#[derive(Serialize)]
struct Row<'a> {
    domain: &'a str,
    actor: &'a str,
    right: &'a str,
    target: &'a str,
    times: u64,
    first: &'a str,
    last: &'a str,
    why: &'a str,
    now: &'static str,
}

/// A change for programs.
#[derive(Serialize)]
struct Rendered<'a> {
    domain: &'a str,
    change: String,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    refused: &'a [Row<'a>],
    changes: Vec<Rendered<'a>>,
    times: u64,
    lost: u64,
}

/// Reports.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let log = log::read(&args.log)?;
    let missing = || Error::new(ErrorKind::Argument, "the log names no source, expected --source");
    let path = args.source.as_ref().or(log.source.as_ref()).ok_or_else(missing)?;
    let engine = source::open(path)?;
    let (rows, pairs) = rows(&engine, &log);
    let label = log.refused.values().map(|count| count.last.as_str()).max().unwrap_or_default();
    let label = format!("as before {}", label.split('T').next().unwrap_or_default());
    let mut proposal = Proposal::default();
    for (domain, pairs) in &pairs {
        let more = propose(&engine, domain, pairs, &label)?;
        proposal.entries.extend(more.entries);
        proposal.allowed.extend(more.allowed);
    }
    let wanted = pairs.values().map(BTreeSet::len).sum();
    let refused = rows.iter().filter(|row| row.now != "yes").count();
    if args.json.json {
        let changes = proposal.entries.iter();
        let changes = changes.map(|entry| Rendered { domain: &entry.domain, change: entry.change.to_string() });
        out.json(&Answer { refused: &rows, changes: changes.collect(), times: log.times, lost: log.lost })?;
    } else if args.changes {
        write!(out, "{}", as_changes(&proposal.entries))?;
    } else if args.rules {
        write!(out, "{}", as_rules(&proposal.entries)?)?;
    } else {
        print(args, &log, &rows, &proposal, wanted, out)?;
    }
    Ok(Status::of(refused == 0))
}

/// The rows, the most frequent first, and the pairs that are refused now, by domain.
fn rows<'a>(engine: &Engine, log: &'a Log) -> (Vec<Row<'a>>, BTreeMap<&'a str, BTreeSet<Pair>>) {
    let (mut rows, mut pairs) = (Vec::new(), BTreeMap::<_, BTreeSet<Pair>>::new());
    for ((domain, actor, right, target), count) in &log.refused {
        let found = |text: &str| engine.find(Some(domain), text);
        let now = match (found(actor), right.parse(), found(target)) {
            (Some(actor), Ok(right), Some(target)) if engine.may(actor, right, target) => "yes",
            (Some(actor), Ok(right), Some(target)) => {
                pairs.entry(domain.as_str()).or_default().insert(Pair { actor, right, target });
                "no"
            }
            _ => "unknown",
        };
        let (times, first, last, why) = (count.times, count.first.as_str(), count.last.as_str(), count.why.as_str());
        rows.push(Row { domain, actor, right, target, times, first, last, why, now });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.times));
    (rows, pairs)
}

fn print(
    args: &Args,
    log: &Log,
    rows: &[Row<'_>],
    proposal: &Proposal,
    wanted: usize,
    out: &mut Out,
) -> Result<(), Failure> {
    let of = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let until = if log.until.is_empty() { String::new() } else { format!(" (until {})", log.until) };
    let times = usize::try_from(log.times).unwrap_or(usize::MAX);
    writeln!(out, "{} would have been refused, of {}{until}", of(times, "question"), of(rows.len(), "pair"))?;
    if log.lost > 0 {
        writeln!(out, "{} more were not written: there were too many at once, or no room", log.lost)?;
    }
    if log.open > 0 {
        writeln!(out, "the log has no last line: the shadow still lasts, or the process ended in it")?;
    }
    if rows.is_empty() {
        return Ok(());
    }
    let shown = if args.all { rows.len() } else { SHOWN };
    let cells = rows.iter().take(shown).map(|row| {
        let why = match row.now {
            "yes" => "allowed by now",
            "unknown" => row.why,
            _ => row.why.split_once(": ").map_or(row.why, |(_, why)| why),
        };
        [row.times.to_string(), row.actor.into(), row.right.into(), row.target.into(), why.into()]
    });
    writeln!(out)?;
    out.table(["TIMES", "ACTOR", "RIGHT", "TARGET", "WHY"], &cells.collect::<Vec<_>>())?;
    if rows.len() > shown {
        writeln!(out, "{} more; --all shows them", rows.len() - shown)?;
    }
    let unknown = rows.iter().filter(|row| row.now == "unknown").count();
    if unknown > 0 {
        writeln!(out, "\n{} of a name that the source lacks: add the user or telephone first", of(unknown, "pair"))?;
    }
    if !proposal.entries.is_empty() {
        let (all, allowed) = (of(wanted, "pair"), proposal.allowed.len());
        let which = if allowed == wanted { format!("all {all}") } else { format!("{allowed} of {all}") };
        let heading = format!("{} would allow {which} that would be refused:", of(proposal.entries.len(), "change"));
        writeln!(out, "\n{}", out.paint(Colour::Bold, &heading))?;
        for line in as_changes(&proposal.entries).lines() {
            writeln!(out, "  {line}")?;
        }
    } else if wanted > 0 {
        writeln!(out, "\nno change allows it: `linewarden explain` says why")?;
    }
    Ok(())
}

/// As `linewarden apply` reads them.
fn as_changes(entries: &[Entry]) -> String {
    let (mut text, mut domain) = (String::new(), None);
    for entry in entries {
        if domain != Some(&entry.domain) {
            text += &format!("in {}\n", entry.domain);
            domain = Some(&entry.domain);
        }
        text += &format!("{}\n", entry.change);
    }
    text
}

/// As a document has them.
fn as_rules(entries: &[Entry]) -> Result<String, Failure> {
    let mut text = String::new();
    for Entry { change, .. } in entries {
        let Change::AddRule { name, parts } = change else {
            let message = format!("`{change}` is no rule: import the source into a store, and apply --changes");
            return Err(Error::new(ErrorKind::Argument, message).into());
        };
        let rights: Vec<String> = parts.rights.unwrap_or_default().shortest().into_iter().map(String::from).collect();
        let (actors, targets) = (parts.actors.as_deref(), parts.targets.as_deref());
        text += &format!(
            "\n[[rule]]\nname = {}\nactors = {}\nrights = {}\ntargets = {}\n",
            quoted(name),
            list(actors.unwrap_or_default()),
            list(&rights),
            list(targets.unwrap_or_default()),
        );
    }
    Ok(text)
}

/// A list of TOML.
pub fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    format!("[{}]", texts.into_iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", "))
}

/// A string of TOML.
pub fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
