//! Changes as they are printed: lines for people, objects for programs.
#![forbid(unsafe_code)]

use crate::output::{Failure, Out};
use linewarden::Entry;
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

/// Changes for programs.
pub fn rendered(entries: &[Entry]) -> Vec<Rendered<'_>> {
    entries.iter().map(|entry| Rendered { domain: &entry.domain, change: entry.change.to_string() }).collect()
}

/// Changes for people, indented; with `all` every one of them, as they could be applied again.
pub fn print(entries: &[Entry], all: bool, out: &mut Out) -> Result<(), Failure> {
    let mut domain = None;
    for entry in entries.iter().take(if all { usize::MAX } else { SHOWN }) {
        if domain != Some(&entry.domain) {
            writeln!(out, "  in {}", entry.domain)?;
            domain = Some(&entry.domain);
        }
        writeln!(out, "  {}", entry.change)?;
    }
    if !all && entries.len() > SHOWN {
        writeln!(out, "  ... and {} more; --json lists all", entries.len() - SHOWN)?;
    }
    Ok(())
}

/// `1 change`, `2 changes`.
pub fn counted(count: usize) -> String {
    if count == 1 { "1 change".into() } else { format!("{count} changes") }
}
