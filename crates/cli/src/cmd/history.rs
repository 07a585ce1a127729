//! `history`: who changed what and when, as the log says it, latest first. It must never read the policy: the log
//! alone says it.
#![forbid(unsafe_code)]

use crate::changes::{self, Rendered};
use crate::options::{Json, Status};
use crate::output::{Colour, Failure, Out};
use crate::source::{Source, StoreArgs};
use crate::values::{count, revision};
use linewarden::Filter;
use linewarden::{Author, Error, ErrorKind, Result as Answered};
use serde::Serialize;
use std::io::Write;

/// Who the administrator is here.
pub const ADMINISTRATOR: &str = "administrator";

/// Show who changed what, and when; the newest first
///
/// What `compact` cut off is not there any more: --since before the cut is an error.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden history rights.db --limit 10
  linewarden history rights.db --by alice
  linewarden history rights.db --since 100 --until 120
  linewarden history rights.db --since 120 --match 'relationship alice' --json

EXIT STATUS
  0 done, also when there is nothing; 2 error

JSON
  {\"sets\":[{\"revision\":2,\"at\":\"2026-03-01T08:15:00.000Z\",\"by\":\"acme.example/alice\",
   \"changes\":[{\"domain\":\"acme.example\",\"change\":\"set relationship alice bob assistant\"}],
   \"hash\":\"...\"}]}
  where the log was cut also \"cut\":{\"revision\":8,\"hash\":\"...\"}, see `linewarden compact --help`
  `by` is empty for the administrator. `hash` stands for the log up to there: note it elsewhere to know later that nothing
  of it was altered or cut off.
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Only revisions after this one
    #[arg(long, value_name = "REVISION", value_parser = revision)]
    since: Option<u64>,
    /// Only revisions up to this one
    #[arg(long, value_name = "REVISION", value_parser = revision)]
    until: Option<u64>,
    /// Only what this user changed, also one who is gone; `administrator` for the administrator
    #[arg(long, value_name = "USER")]
    by: Option<String>,
    /// Only change sets with this in their text
    #[arg(long = "match", value_name = "TEXT")]
    text: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = count)]
    limit: Option<usize>,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    sets: Vec<Set<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<super::compact::Rendered>,
}

#[derive(Serialize)]
struct Set<'a> {
    revision: u64,
    at: String,
    by: &'a str,
    changes: Vec<Rendered<'a>>,
    hash: String,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::store(&args.store)?;
    let cut = source.engine.cut()?;
    if let (Some(since), Some(cut)) = (args.since, &cut)
        && since < cut.revision
    {
        let message =
            format!("revision {since} was cut off by `compact`: the log begins after revision {}", cut.revision);
        return Err(Error::new(ErrorKind::Argument, message).into());
    }
    let filter = Filter {
        above: args.since.unwrap_or(0),
        below: args.until.map(|until| until.saturating_add(1)),
        author: args.by.as_ref().map(|by| author(&source, by)).transpose()?,
        text: args.text.clone(),
        limit: args.limit.unwrap_or(usize::MAX),
    };
    let sets = source.engine.history(&filter)?;
    if args.json.json {
        let entries =
            sets.iter().map(|set| linewarden::parse_changes(&set.text, None)).collect::<Answered<Vec<_>>>()?;
        let rendered = sets.iter().zip(&entries).map(|(set, entries)| Set {
            revision: set.revision,
            at: time(set.at, 'T', "Z"),
            by: &set.author,
            changes: changes::rendered(entries),
            hash: set.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        });
        out.json(&Answer { sets: rendered.collect(), cut: cut.as_ref().map(super::compact::Rendered::of) })?;
        return Ok(Status::Yes);
    }
    for set in &sets {
        let by = if set.author.is_empty() { ADMINISTRATOR } else { &set.author };
        let head = out.paint(Colour::Bold, &format!("revision {}", set.revision));
        writeln!(out, "{head}  {}  {by}", time(set.at, ' ', " UTC"))?;
        changes::print_text(&set.text, out)?;
    }
    if let Some(cut) = cut {
        writeln!(out, "revision {} and all before it were cut off", cut.revision)?;
    }
    Ok(Status::Yes)
}

/// How the log names that author: who is gone cannot be looked up any more.
fn author(source: &Source, by: &str) -> Answered<String> {
    if by == ADMINISTRATOR {
        return Ok(String::new());
    }
    if let Ok(Author::User(user)) = source.author(Some(&by.to_owned())) {
        return Ok(format!("{}/{}", source.domain_of(user), source.engine.text(user)));
    }
    match (by.contains('/'), source.asked_domains().collect::<Vec<_>>().as_slice()) {
        (true, _) => Ok(by.to_owned()),
        (false, [(_, domain)]) => Ok(format!("{domain}/{by}")),
        _ => Err(Error::new(ErrorKind::Argument, format!("`{by}` needs its domain, as in `domain/{by}`"))),
    }
}

/// Milliseconds since 1970 as a date and a time of day in UTC.
pub fn time(at: i64, between: char, end: &str) -> String {
    let (seconds, milliseconds) = (at.div_euclid(1000), at.rem_euclid(1000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years that begin in March end with the day that some of them lack; 400 of them are 146,097 days.
    let since = days + 719_468;
    let (era, day) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (era * 400 + year + month / 10, (month + 2) % 12 + 1);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}.{milliseconds:03}{end}")
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (at, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(time(at, 'T', "Z"), expected);
        }
    }
}
