//! `explain`: every source that was looked at, which one decided, and what would make a no a yes.
#![forbid(unsafe_code)]

use super::check::{explanation, line};
#[cfg(any(target_os = "linux", windows))]
use super::{check::since, history};
use crate::options::{Json, Question, Status};
use crate::output::{Colour, Failure, Out};
use linewarden::{Explanation, Source};
use serde::Serialize;
use std::io::Write;

/// Show every source looked at, which one decided, and what would make a no a yes
///
/// The first line is that of `check`. Then come the sources with the place they stand at: those that decided first, marked
/// by `>`, then those that give it, then the others; very many that give nothing are counted, unless --all. For a no, the smallest changes follow that would each make it a yes; where none would,
/// the last line says so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden explain examples/companies/mixed.toml rosa call.pickup martin
  linewarden explain examples/companies/mixed.toml carol call.pickup bob --json
  linewarden explain examples/companies/mixed.toml gerd line.busy.read alice \\
      --in-transfer consulted

EXIT STATUS
  0 yes, 1 no, 2 error

JSON
  {\"allowed\":false,\"domain\":\"...\",\"actor\":\"...\",\"right\":\"...\",\"target\":\"...\",
   \"reason\":\"not_granted\",\"summary\":\"...\",
   \"certainty\":\"stated\",\"rests_on\":\"\",
   \"sources\":[{\"system\":\"xphone\",\"what\":\"...\",\"place\":\"mixed.toml:88\",
               \"level\":\"employee\",\"cell\":\"...\",\"gives\":false,\"decides\":true}],
   \"changes\":[{\"change\":\"...\",\"place\":\"mixed.toml:88\"}],
   \"no_change\":\"\",\"revision\":1,\"lines\":\"\",
   \"since\":{\"revision\":7,\"at\":\"2026-03-01T08:15:00.000Z\",\"by\":\"acme.example/alice\"}}
  `since` is the change set from which on the answer is what it is, by replay of a store's log; `by` is empty for the
  administrator. It is null over documents, and for a big store without --since.
  `place` is empty where no document says so; `changes` is empty for a yes,
  and for a no that nothing would make a yes: then `no_change` says why.
  `lines` as of `check`. `certainty` is stated, inferred or doubtful: how sure it is what the vendor's
  matrix has in the cell that the answer rests on, which `rests_on` then names.
")]
pub struct Args {
    #[command(flatten)]
    question: Question,
    /// List every source, also those that give nothing
    #[arg(long)]
    all: bool,
    /// Over a store: name the change set since which the answer holds, also where reading the whole log takes seconds
    #[cfg(any(target_os = "linux", windows))]
    #[arg(long)]
    since: bool,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Rendered<'a> {
    #[serde(flatten)]
    explanation: &'a Explanation,
    lines: &'a str,
    since: Option<Rested>,
}

/// The change set that the answer rests on.
#[derive(Serialize)]
struct Rested {
    revision: u64,
    at: String,
    by: String,
}

/// Sources that give nothing and are listed all the same.
const FEW: usize = 6;

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let (answered, source) = explanation(&args.question)?;
    #[cfg(any(target_os = "linux", windows))]
    let rests = since(&source, &args.question, args.since)?.map(|since| Rested {
        revision: since.revision,
        at: history::time(since.at, 'T', "Z"),
        by: since.author.to_string(),
    });
    #[cfg(not(any(target_os = "linux", windows)))]
    let rests: Option<Rested> = None;
    let Question { actor, target, .. } = &args.question;
    if !args.json.json {
        source.point_out_unlisted([actor, target], out);
    }
    drop(source);
    let answer = &answered.answer;
    let status = Status::of(answer.allowed);
    if args.json.json {
        let lines = answered.lines.as_deref().unwrap_or_default();
        out.json(&Rendered { explanation: answer, lines, since: rests })?;
        return Ok(status);
    }
    line(&answered, out)?;
    if let Some(Rested { revision, at, by }) = &rests {
        let by = if by.is_empty() { "the administrator" } else { by };
        writeln!(out, "     since revision {revision}, {at}, by {by}")?;
    }
    if !answer.sources.is_empty() {
        let mut sources: Vec<&Source> = answer.sources.iter().collect();
        // Stable: within each, in the order they were looked at.
        sources.sort_by_key(|source| (!source.decides, !source.gives));
        let silent = sources.iter().filter(|source| !source.decides && !source.gives).count();
        let folded = if args.all || silent <= FEW { 0 } else { silent - if silent == sources.len() { FEW } else { 0 } };
        sources.truncate(sources.len() - folded);
        let rows = sources.iter().map(|source| {
            let mark = if source.decides { ">" } else { "" };
            let gives = if source.gives { "yes" } else { "no" };
            let revision = rests.as_ref().filter(|_| source.decides && source.place.is_empty());
            let place = revision.map_or_else(|| source.place.clone(), |rests| format!("revision {}", rests.revision));
            [
                mark,
                source.system.map_or("-", |system| system.name()),
                &source.what,
                &place,
                &source.level,
                gives,
                &source.cell,
            ]
            .map(String::from)
        });
        let rows: Vec<_> = rows.collect();
        writeln!(out)?;
        out.table(["", "SYSTEM", "SOURCE", "PLACE", "SAYS", "GIVES", "BECAUSE"], &rows)?;
        if folded > 0 {
            let more = if sources.iter().all(|source| !source.gives && !source.decides) { "more " } else { "" };
            writeln!(out, "{folded} {more}sources that give nothing; --all lists them")?;
        }
    }
    if !answer.changes.is_empty() {
        let heading = out.paint(Colour::Bold, "Each of these lines would make it a yes:");
        writeln!(out, "\n{heading}")?;
        for suggestion in &answer.changes {
            let place = if suggestion.place.is_empty() { String::new() } else { format!("  ({})", suggestion.place) };
            writeln!(out, "  {}{place}", suggestion.change)?;
        }
    }
    if !answer.no_change.is_empty() {
        writeln!(out, "\n{}", answer.no_change)?;
    }
    Ok(status)
}
