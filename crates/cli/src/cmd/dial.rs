//! `dial`: what a dialled function code means, whom it concerns, and whether it is allowed.
#![forbid(unsafe_code)]

use crate::Status;
use crate::args::Json;
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::Function;
use std::io::Write;

/// Say what a dialled function code means, whom it concerns, and whether it is allowed
///
/// Which code stands for what is set in a document's [codes]; these are the defaults:
/// *8EXT picks up, *70EXT forwards to a number asked for by voice, *71EXT switches a forwarding off or on again,
/// *74EXT#TARGET forwards to a target, *44EXT logs in at the terminal one dials from.
/// A pickup or a forwarding is asked for the line that EXT is, and for the first line where EXT is a team's or none is dialled.
/// Quote the code: shells have a meaning of their own for * and #.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden dial examples/companies/mixed.toml carol '*8201'
  linewarden dial examples/companies/mixed.toml alice '*74301#100' --json

EXIT STATUS
  0 allowed, 1 not allowed, 2 error, or a code that means nothing

JSON
  {\"function\":\"forward_set\",\"line\":1,\"subject\":\"carol\",\"digits\":\"100\",
   \"right\":\"forwarding.set.first\",\"allowed\":true,\"why\":\"...\"}
  `function` is pickup, forward_ask, forward_toggle, forward_set or login;
  `line` is 1 for the first line, 2 for the second, 3 for an additional one, and 0 where none
  was dialled or a team's; `right` is empty where none is needed, `digits` where none were dialled.
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Who dials
    actor: String,
    /// What is dialled: '*8201'
    code: String,
    #[command(flatten)]
    json: Json,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let answer = source.engine.dial(source.party(&args.actor)?, &args.code)?;
    if args.json.json {
        out.json(&answer)?;
    } else {
        let (subject, digits) = (&answer.subject_text, &answer.digits);
        let subject = match (answer.function, answer.line) {
            (Function::Login, _) | (_, 0 | 1) => subject.clone(),
            (_, 2) => format!("{subject} (second line)"),
            _ => format!("{subject} (additional line)"),
        };
        let meaning = match answer.function {
            Function::Pickup => format!("pick up the call that rings at {subject}"),
            Function::ForwardAsk => format!("forward {subject} to a number asked for by voice"),
            Function::ForwardToggle => format!("switch the forwarding of {subject} off, or on again"),
            Function::ForwardSet => format!("forward {subject} to {digits}"),
            // No right is needed to log out.
            Function::Login if answer.right.is_empty() => match subject.strip_prefix("location:") {
                Some(_) => format!("log out at {subject}"),
                None => format!("log {subject} out"),
            },
            Function::Login => match args.actor.contains("location:") {
                true => format!("log {subject} in at {}", args.actor),
                false => format!("log {subject} in at the terminal that dials"),
            },
        };
        let word = out.answer(answer.allowed);
        writeln!(out, "{word}  {meaning}\n     {}", answer.why)?;
    }
    Ok(Status::of(answer.allowed))
}
