//! `dial`: what a dialled function code means, whom it concerns, and whether it is allowed.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
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
/// A target must be allowed, too: its class is what [destinations] says.
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
   \"class\":\"internal\",\"right\":\"forwarding.set.first\",\"allowed\":true,\"why\":\"...\"}
  `function` is pickup, forward_ask, forward_toggle, forward_set or login;
  `line` is 1 for the first line, 2 for the second, 3 for an additional one, and 0 where none
  was dialled or a team's; `right` is empty where none is needed, `digits` where none were dialled,
  `class` where the target has none.
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
    let explanation = source.engine.explain_dial(source.party(&args.actor)?, &args.code)?;
    let answer = &explanation.answer;
    if args.json.json {
        out.json(&explanation)?;
    } else {
        let (target, digits) = (&explanation.target, &answer.digits);
        let target = match (answer.function, answer.line) {
            (Function::Login, _) | (_, 0 | 1) => target.clone(),
            (_, 2) => format!("{target} (second line)"),
            _ => format!("{target} (additional line)"),
        };
        let meaning = match answer.function {
            Function::Pickup => format!("pick up the call that rings at {target}"),
            Function::ForwardAsk => format!("forward {target} to a number asked for by voice"),
            Function::ForwardToggle => format!("switch the forwarding of {target} off, or on again"),
            Function::ForwardSet => {
                let class = answer.destination.and_then(|destination| destination.class);
                let class = class.map_or_else(String::new, |class| format!(" ({})", class.name()));
                format!("forward {target} to {digits}{class}")
            }
            // No right is needed to log out.
            Function::Login if answer.right.is_none() => match target.strip_prefix("location:") {
                Some(_) => format!("log out at {target}"),
                None => format!("log {target} out"),
            },
            Function::Login => match args.actor.contains("location:") {
                true => format!("log {target} in at {}", args.actor),
                false => format!("log {target} in at the terminal that dials"),
            },
            other => format!("{} {target}", other.key()),
        };
        let word = out.answer(answer.allowed);
        writeln!(out, "{word}  {meaning}\n     {}", explanation.why)?;
    }
    Ok(Status::of(answer.allowed))
}
