//! Changes as they are printed: lines for people, objects for programs.
#![forbid(unsafe_code)]

use crate::cmd::diff::Counted;
use crate::options::Status;
use crate::output::{Failure, Out};
use linewarden::{Entry, Error, ErrorKind};
use serde::Serialize;
use std::io::Write;

/// Lines of one change set that people are shown.
const SHOWN: usize = 20;

/// A change for programs.
#[derive(Serialize)]
pub struct Rendered<'a> {
    domain: &'a str,
    change: String,
}

/// The JSON answer of commands that make one change set; its keys are promised in their help.
#[derive(Serialize)]
pub struct Answer<'a> {
    /// The revision that has the changes; the one in force where none were made.
    pub revision: u64,
    /// Whether they were made.
    pub done: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<&'a str>,
    /// The changes.
    pub changes: Vec<Rendered<'a>>,
    /// The token of the revision, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What would change, where nothing was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Counted<'a>>,
}

/// Says that a change set was refused, with the changes that were asked for; any other error is passed on.
pub fn refused(error: Error, revision: u64, entries: &[Entry], json: bool, out: &mut Out) -> Result<Status, Failure> {
    if error.kind() != ErrorKind::Refused {
        return Err(error.into());
    }
    if json {
        let (refused, changes) = (Some(error.message()), rendered(entries));
        out.json(&Answer { revision, done: false, refused, changes, token: None, answers: None })?;
    } else {
        writeln!(out, "{}  {error}", out.answer(false))?;
    }
    Ok(Status::No)
}

/// Changes for programs.
pub fn rendered(entries: &[Entry]) -> Vec<Rendered<'_>> {
    entries.iter().map(|entry| Rendered { domain: &entry.domain, change: entry.change.to_string() }).collect()
}

/// Changes for people, indented; with `all` every one of them, as they could be applied again.
pub fn print(entries: &[Entry], all: bool, out: &mut Out) -> Result<(), Failure> {
    let shown = entries.get(..SHOWN).filter(|_| !all).unwrap_or(entries);
    print_some(shown, entries.len(), out)
}

/// The text of a change set for people, likewise: of an import the first lines are read, and the others only counted.
pub fn print_text(text: &str, out: &mut Out) -> Result<(), Failure> {
    let is_change = |line: &str| {
        let first = line.split_whitespace().next();
        first.is_some_and(|word| word != "in" && !word.starts_with('#'))
    };
    let (mut count, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        count += usize::from(is_change(line));
        if count <= SHOWN {
            end += line.len();
        }
    }
    let shown = linewarden::parse_changes(text.get(..end).unwrap_or_default(), None)?;
    print_some(&shown, count, out)
}

/// The first of so many changes.
fn print_some(shown: &[Entry], count: usize, out: &mut Out) -> Result<(), Failure> {
    let mut domain = None;
    for entry in shown {
        if domain != Some(&entry.domain) {
            writeln!(out, "  in {}", entry.domain)?;
            domain = Some(&entry.domain);
        }
        writeln!(out, "  {}", entry.change)?;
    }
    if count > shown.len() {
        writeln!(out, "  ... and {} more; --json lists all", count - shown.len())?;
    }
    Ok(())
}

/// `1 change`, `2 changes`.
pub fn counted(count: usize) -> String {
    if count == 1 { "1 change".into() } else { format!("{count} changes") }
}
