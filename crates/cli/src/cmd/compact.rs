//! `compact`: cuts off the beginning of a store's log.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use linewarden::Keep;
use linewarden::{Cut, Error, ErrorKind, Result as Answered};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Cut off the beginning of a store's log: who changed what, and when
///
/// What is in force stays, and so do revisions and hashes: the state of the last revision before the cut takes the place of what is
/// cut off, and `verify` goes on from its hash. What is cut off is overwritten and cannot be brought back; with --archive the store is
/// first copied to a file, which `history` reads and `verify --archive` checks. Other programs may go on meanwhile. Names of
/// users who are gone stay, for their numbers are never given again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden compact rights.db
  linewarden compact rights.db --before 2026-01-01 --archive /var/backups/rights-2025.db
  linewarden compact rights.db --before \"$(date -u -d '90 days ago' +%F)\"

EXIT STATUS
  0 done, also when there is nothing to cut off; 2 error, nothing is cut off then

JSON
  {\"cut\":{\"revision\":8,\"hash\":\"...\"},\"new\":true}
  `cut` is null where nothing was ever cut off. `hash` stands for everything that was.
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Cut off only what was made before this revision, or this day in UTC (2026-01-31); without it everything
    #[arg(long, value_name = "REVISION|DATE", value_parser = keep)]
    before: Option<Keep>,
    /// Copy the store to this file first; nothing may be there
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    archive: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer {
    cut: Option<Rendered>,
    new: bool,
}

/// The JSON of a cut, also of `verify`.
#[derive(Serialize)]
pub struct Rendered {
    pub revision: u64,
    pub hash: String,
}

impl Rendered {
    /// That of this cut.
    pub fn of(cut: &Cut) -> Rendered {
        Rendered { revision: cut.revision, hash: cut.hash.iter().map(|byte| format!("{byte:02x}")).collect() }
    }
}

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let engine = Source::store(&args.store)?.engine;
    let done = engine.compact(args.before.unwrap_or(Keep::Nothing), args.archive.as_deref())?;
    let new = done.is_new;
    let cut = done.cut.as_ref().map(Rendered::of);
    if args.json.json {
        out.json(&Answer { cut, new })?;
        return Ok(Status::Yes);
    }
    match (&cut, new) {
        (Some(Rendered { revision, hash }), true) => writeln!(out, "cut off up to revision {revision}, hash {hash}")?,
        _ => writeln!(out, "nothing to cut off")?,
    }
    Ok(Status::Yes)
}

/// Reads a revision or a date.
fn keep(text: &str) -> Answered<Keep> {
    if let Ok(revision) = text.parse() {
        return Ok(Keep::Revision(revision));
    }
    let wrong = || Error::new(ErrorKind::Argument, "expected a revision, or a day as in 2026-01-31");
    let day = day(text).ok_or_else(wrong)?;
    Ok(Keep::Time(day * 86_400_000))
}

/// The days from 1970 to a date written as `2026-01-31`; `None` for anything else.
fn day(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    let number = |text: &str, length: usize| -> Option<i64> {
        let digits = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    if !(1..=length).contains(&day) {
        return None;
    }
    let before: i64 = lengths.iter().take(usize::try_from(month - 1).ok()?).sum();
    let years = year - 1;
    // 719,162 days lie between the years 1 and 1970.
    Some(years * 365 + years / 4 - years / 100 + years / 400 - 719_162 + before + day - 1)
}

#[cfg(test)]
mod tests {
    use super::{day, keep};
    use linewarden::Keep;

    #[test]
    fn days_are_those_of_the_calendar() {
        let known = [("1970-01-01", 0), ("2000-02-29", 11_016), ("2000-03-01", 11_017), ("2024-12-31", 20_088)];
        known.iter().for_each(|(text, expected)| assert_eq!(day(text), Some(*expected), "{text}"));
        for wrong in [
            "",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-1-1",
            "26-01-01",
            "2026-01-01T00",
        ] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
        assert_eq!(keep("12").unwrap(), Keep::Revision(12));
        assert_eq!(keep("1970-01-02").unwrap(), Keep::Time(86_400_000));
        assert!(keep("yesterday").is_err() && keep("-3").is_err());
    }
}
