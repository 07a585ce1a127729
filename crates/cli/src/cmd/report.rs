//! `report`: what a works council is shown, as text, HTML or JSON, in English or German. It only asks.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::{Engine, Error, ErrorKind, Filter};
use linewarden_report as report;
use std::io::Write;

/// The language of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// English
    En,
    /// German
    De,
}

/// Write what a works council is shown: who may see and do what, since when, granted by whom
///
/// For a person: who may listen in, pick up, see the lamp and all else, each with the change set since which they may, its author and the
/// rule. For the company: settings that a works agreement usually fixes, exemptions, and the rights that reveal behaviour, counted.
/// Since when is found by replay of the store's log, which takes as long as reading it all; documents have no log.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden report rights.db --for alice
  linewarden report rights.db --for alice --lang de --html > alice.html
  linewarden report rights.db --company --since 2026-01-01T00:00:00+01:00
  linewarden report rights.db --company --json

EXIT STATUS
  0 done, 2 error

JSON
  {\"origin\":{\"domain\":\"...\",\"revision\":12,\"made\":1797613200000,\"hash\":\"...\",\"logged\":true,\"cut\":0},
   \"person\":\"alice\",\"access\":[{\"topic\":\"lamp\",\"rights\":[\"line.busy.read\"],\"actors\":[\"bob\"],
    \"reason\":\"own_setting\",\"rule\":\"...\",\"since\":{\"revision\":2,\"at\":1797613200000,\"author\":\"\"}}],
   \"exempt\":[],\"vip\":false,\"private_line\":false,\"above\":null,\"changed\":[]}
  with --company \"users\", \"rights\", \"groups\", \"listeners\", \"exempt\", \"agreed\", \"made\" and \"gained_and_lost\".
  Times are milliseconds since 1970. `author` is empty for the administrator, `since` null without a log or where that was so
  before the log begins. Counts have `yes` of `asked` pairs; where `asked` is less than `of`, they are a sample.
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// For this party: what others may see and do towards it
    #[arg(long = "for", value_name = "PARTY", required_unless_present = "company")]
    party: Option<String>,
    /// For the whole company; the one that --domain names
    #[arg(long, conflicts_with = "party")]
    company: bool,
    /// List what changed after this revision, or since this instant as 2026-12-24T18:00:00+01:00
    #[arg(long, value_name = "REVISION|TIME")]
    since: Option<String>,
    /// The language
    #[arg(long, value_name = "LANG", default_value = "en")]
    lang: Lang,
    /// As an HTML file that needs no other, for a browser or for paper
    #[arg(long, conflicts_with = "json")]
    html: bool,
    #[command(flatten)]
    json: Json,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let engine = &source.engine;
    let above = args.since.as_deref().map(|since| above(engine, since)).transpose()?;
    let lang = match args.lang {
        Lang::En => report::Lang::En,
        Lang::De => report::Lang::De,
    };
    let layout = match &args.party {
        Some(party) => {
            let party = source.party(party)?;
            let trail = engine.is_store().is_ok().then(|| engine.trail()).transpose()?;
            let report = report::personal(engine, trail.as_ref(), party, above)?;
            if args.json.json {
                out.json(&report)?;
                return Ok(Status::Yes);
            }
            report.layout(lang)
        }
        None => {
            let mut asked = source.asked_domains();
            let (domain, more) = (asked.next(), asked.next());
            let Some((domain, _)) = domain.filter(|_| more.is_none()) else {
                let message = "a report is of one company: name it with --domain";
                return Err(Error::new(ErrorKind::Argument, message).into());
            };
            let report = report::company(engine, *domain, above)?;
            if args.json.json {
                out.json(&report)?;
                return Ok(Status::Yes);
            }
            report.layout(lang)
        }
    };
    match args.html {
        true => writeln!(out, "{}", report::page(&layout))?,
        false => write!(out, "{}", report::text(&layout))?,
    }
    Ok(Status::Yes)
}

/// The revision that an option names: by its number, or the last one before an instant.
fn above(engine: &Engine, since: &str) -> linewarden::Result<u64> {
    engine.is_store()?;
    if let Ok(revision) = since.parse() {
        return Ok(revision);
    }
    let instant = linewarden::instant(since).map_err(|error| {
        let message = format!("`{since}` is no revision, and as an instant: {}", error.message());
        Error::new(ErrorKind::Argument, message)
    })?;
    let (cut, milliseconds) = (engine.cut()?.map_or(0, |cut| cut.revision), instant.saturating_mul(1000));
    let sets = engine.history(&Filter::default())?;
    Ok(sets.iter().find(|set| set.at < milliseconds).map_or(cut, |set| set.revision))
}
