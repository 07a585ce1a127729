//! `matrix`: the rights of every pair, for programs; of one right also a grid and a picture.
#![forbid(unsafe_code)]

use crate::grid::{self, Cell, Grid};
use crate::options::{Json, RightName, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::{DomainId, Error, ErrorKind, Kind, Party, Right, RightSet};
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The most actors or targets of a grid in letters, and of a picture.
const GRID: usize = 40;
const PICTURE: usize = 400;

/// Print the rights of every pair, as JSON Lines, as CSV, or those of one right as a grid
///
/// One line for every ordered pair of parties of a domain: users, outside contacts, teams, locations and devices, each
/// towards itself too, and pairs without any right with an empty list. Domains come in the order of their documents,
/// names sorted by bytes. N parties give N x N lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden matrix examples/companies/mixed.toml --json
  linewarden matrix companies/ --domain acme.example --json | gzip > acme.jsonl.gz
  linewarden matrix examples/companies/mixed.toml --right call.pickup --owner bob --csv
  linewarden matrix acme.toml --right call.pickup --grid
  linewarden matrix acme.toml --right call.pickup --svg pickup.svg

EXIT STATUS
  0 done, 2 error

JSON
  One object a line, keys in this order, rights sorted by bytes:
  {\"domain\":\"brenner.example\",\"actor\":\"carol\",\"target\":\"bob\",\"rights\":[\"...\"]}

CSV
  A heading, then domain, actor, target, and the rights separated by blanks

GRID
  A row for each actor, a column for each target: x for yes, . for no, and
  the numbers of the lines where only some have it. Users always stand in
  it, other parties where one cell says yes. At most 40 each way; a picture
  has room for 400.
")]
#[command(group(clap::ArgGroup::new("form").args(["json", "csv", "grid", "svg"])))]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Only this right; a bare name is its three lines
    #[arg(long, value_name = "RIGHT", value_parser = RightName, hide_possible_values = true)]
    right: Option<Right>,
    /// Only pairs with this target: whose line or data it is
    #[arg(long, value_name = "PARTY")]
    owner: Option<String>,
    /// Answer in CSV, for tables
    #[arg(long)]
    csv: bool,
    /// Draw a grid of one right in letters
    #[arg(long, requires = "right")]
    grid: bool,
    /// Draw a grid of one right into this file
    #[arg(long, value_name = "FILE", requires = "right", value_hint = clap::ValueHint::FilePath)]
    svg: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let draws = args.grid || args.svg.is_some();
    if !args.json.json && !args.csv && !draws {
        let message = "expected `--json`, `--csv`, or `--right RIGHT` with `--grid` or `--svg FILE`; \
            for one pair, `linewarden rights` is for people";
        return Err(Error::new(ErrorKind::Argument, message).into());
    }
    let source = Source::open(&args.source)?;
    let owner = args.owner.as_ref().map(|owner| source.party(owner)).transpose()?;
    let mask = args.right.map_or(RightSet::from_bits(u128::MAX), Right::mask);
    let of_owner = owner.and_then(|owner| source.engine.kind(owner)).map(|(domain, _)| domain);
    let domains = source.asked_domains().filter(|(id, _)| of_owner.is_none_or(|of| of == *id));
    let domains: Vec<&(DomainId, String)> = domains.collect();
    if let (Some(right), true) = (args.right, draws) {
        let [(id, name)] = domains[..] else {
            let count = domains.len();
            let message = format!("a grid shows one domain, but there are {count}: name one with --domain");
            return Err(Error::new(ErrorKind::Argument, message).into());
        };
        let grid = grid(&source, *id, name, right, owner);
        return match &args.svg {
            Some(file) => picture(&grid, file),
            None => letters(&grid, out),
        };
    }
    if args.csv {
        writeln!(out, "domain,actor,target,rights")?;
    }
    let mut lists = HashMap::new();
    for (id, name) in domains {
        let parties = source.engine.parties(*id);
        let written = |text: &str| if args.csv { Ok(field(text)) } else { quote(text) };
        let texts = |party: &Party| written(&source.engine.text(*party)).map(|text| (*party, text));
        let parties = parties.iter().map(texts).collect::<io::Result<Vec<_>>>()?;
        let domain = written(name)?;
        for (actor, actor_text) in &parties {
            let start = match args.csv {
                true => format!("{domain},{actor_text},"),
                false => format!("{{\"domain\":{domain},\"actor\":{actor_text},\"target\":"),
            };
            for (target, target_text) in parties.iter().filter(|(target, _)| owner.is_none_or(|of| of == *target)) {
                let rights = source.engine.rights(*actor, *target) & mask;
                out.write_all(start.as_bytes())?;
                out.write_all(target_text.as_bytes())?;
                out.write_all(list(&mut lists, rights, args.csv)?.as_bytes())?;
            }
        }
    }
    Ok(Status::Yes)
}

/// The grid of a right: users, and other parties with a yes.
fn grid(source: &Source, domain: DomainId, name: &str, right: Right, owner: Option<Party>) -> Grid {
    let engine = &source.engine;
    let parties = engine.parties(domain);
    let targets: Vec<Party> = parties.iter().copied().filter(|party| owner.is_none_or(|of| of == *party)).collect();
    let cell = |actor: &Party, target: &Party| {
        let held = engine.rights(*actor, *target) & right.mask();
        match held {
            held if held.is_empty() => Cell::No,
            held if held == right.mask() => Cell::Yes,
            held => Cell::Some([1, 2, 3].map(|line| held.has(right.on_line(line)))),
        }
    };
    let rows: Vec<(Party, Vec<Cell>)> =
        parties.iter().map(|actor| (*actor, targets.iter().map(|target| cell(actor, target)).collect())).collect();
    let is_user = |party: Party| engine.kind(party).is_some_and(|(_, kind)| kind == Kind::User);
    let yes = |cell: &Cell| *cell != Cell::No;
    let shown: Vec<bool> = (0..targets.len())
        .zip(&targets)
        .map(|(at, target)| {
            is_user(*target) || owner.is_some() || rows.iter().any(|(_, cells)| cells.get(at).is_some_and(yes))
        })
        .collect();
    let keep = |cells: Vec<Cell>| cells.into_iter().zip(&shown).filter(|(_, shown)| **shown).map(|(cell, _)| cell);
    let rows = rows.into_iter().filter(|(actor, cells)| is_user(*actor) || cells.iter().any(yes));
    let (actors, cells) = rows.map(|(actor, cells)| (engine.text(actor), keep(cells).collect())).unzip();
    let targets = targets.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(target, _)| engine.text(*target));
    Grid { title: format!("{name}: {right}"), actors, targets: targets.collect(), cells }
}

fn fits(grid: &Grid, most: usize) -> Result<(), Error> {
    let (actors, targets) = (grid.actors.len(), grid.targets.len());
    if actors <= most && targets <= most {
        return Ok(());
    }
    let message = format!("{actors} actors and {targets} targets, expected at most {most} each; `--csv` has no limit");
    Err(Error::new(ErrorKind::Limit, message))
}

fn letters(grid: &Grid, out: &mut Out) -> Result<Status, Failure> {
    fits(grid, GRID)?;
    grid::print(grid, out)?;
    Ok(Status::Yes)
}

fn picture(grid: &Grid, file: &Path) -> Result<Status, Failure> {
    fits(grid, PICTURE)?;
    let mut svg = Vec::new();
    grid::write_svg(grid, &mut svg)?;
    let written = fs::write(file, svg);
    written.map_err(|error| Error::new(ErrorKind::File, format!("cannot write `{}`: {error}", file.display())))?;
    Ok(Status::Yes)
}

/// A field of CSV: in quotes where it holds a sign that ends fields.
fn field(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.into(),
    }
}

/// The end of a line. Few sets differ, so each is written out once.
fn list(lists: &mut HashMap<RightSet, String>, rights: RightSet, csv: bool) -> io::Result<&str> {
    use std::collections::hash_map::Entry;
    Ok(match lists.entry(rights) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) if csv => new.insert(format!(",{}\n", rights.names().join(" "))),
        Entry::Vacant(new) => new.insert(format!(",\"rights\":{}}}\n", serde_json::to_string(&rights.names())?)),
    })
}

fn quote(text: &str) -> io::Result<String> {
    Ok(serde_json::to_string(text)?)
}
