//! `matrix`: the rights of every pair, for programs.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::{Error, ErrorKind, Party, RightSet};
use std::collections::HashMap;
use std::io::{self, Write};

/// Print the rights of every pair, as JSON Lines
///
/// One line for every ordered pair of parties of a domain: users, outside contacts, teams, locations and devices, each
/// towards itself too, and pairs without any right with an empty list. Domains come in the order of their documents,
/// names sorted by bytes. N parties give N x N lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden matrix examples/companies/mixed.toml --json
  linewarden matrix companies/ --domain acme.example --json | gzip > acme.jsonl.gz

EXIT STATUS
  0 done, 2 error

JSON
  One object a line, keys in this order, rights sorted by bytes:
  {\"domain\":\"brenner.example\",\"actor\":\"carol\",\"target\":\"bob\",\"rights\":[\"...\"]}
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    json: Json,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    if !args.json.json {
        let message = "the matrix is for programs: add `--json`; for one pair, `linewarden rights` is for people";
        return Err(Error::new(ErrorKind::Argument, message).into());
    }
    let source = Source::open(&args.source)?;
    let mut lists = HashMap::new();
    for (id, name) in source.asked_domains() {
        let parties = source.engine.parties(*id);
        let quoted = |party: &Party| quote(&source.engine.text(*party)).map(|text| (*party, text));
        let parties = parties.iter().map(quoted).collect::<io::Result<Vec<_>>>()?;
        let domain = quote(name)?;
        for (actor, actor_text) in &parties {
            let start = format!("{{\"domain\":{domain},\"actor\":{actor_text},\"target\":");
            for (target, target_text) in &parties {
                out.write_all(start.as_bytes())?;
                out.write_all(target_text.as_bytes())?;
                out.write_all(list(&mut lists, source.engine.rights(*actor, *target))?.as_bytes())?;
            }
        }
    }
    Ok(Status::Yes)
}

/// The end of a line. Few sets differ, so each is written out once.
fn list(lists: &mut HashMap<RightSet, String>, rights: RightSet) -> io::Result<&str> {
    use std::collections::hash_map::Entry;
    Ok(match lists.entry(rights) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert(format!(",\"rights\":{}}}\n", serde_json::to_string(&rights.names())?)),
    })
}

fn quote(text: &str) -> io::Result<String> {
    Ok(serde_json::to_string(text)?)
}
