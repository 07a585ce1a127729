//! `may-forward` and `may-call`: whether a forwarding or a call may lead to a number, and why in one line.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::{Class, DestinationExplanation};
use serde::Serialize;
use std::io::Write;

/// Say whether a forwarding may lead to a number, and why
///
/// It needs the right to set the forwarding of that line and, where the domain runs linewarden, the right for the class of
/// the number. The classes are what [destinations] of the owner's document says.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden may-forward acme.toml bob alice '+49 171 1234567'
  linewarden may-forward acme.toml alice alice 0049301234567 --line 2 --json

EXIT STATUS
  0 yes, 1 no, 2 error

JSON
  {\"allowed\":false,\"class\":\"premium\",\"reason\":2,\"why\":\"...\",\"revision\":1}
  `class` is empty where the number has none; `reason` is the number of an LW_DESTINATION_ constant.
")]
pub struct Forward {
    #[command(flatten)]
    source: SourceArgs,
    /// Who would set the forwarding
    actor: String,
    /// Whose calls are forwarded
    owner: String,
    /// Where to, as dialled or written
    digits: String,
    /// The owner's line: 1 the first, 2 the second, 3 an additional one, 0 all lines at once [default: that of OWNER where it is an
    /// extension, else 1]
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=3))]
    line: Option<u32>,
    #[command(flatten)]
    json: Json,
}

/// Say whether a user may call a number, and why
///
/// It needs the right for the class of the number, which is what [destinations] of the user's document says. Emergency
/// numbers need none.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden may-call acme.toml alice '+49 171 1234567'
  linewarden may-call acme.toml alice 112 --json

EXIT STATUS
  0 yes, 1 no, 2 error

JSON
  as of `may-forward`
")]
pub struct Call {
    #[command(flatten)]
    source: SourceArgs,
    /// Who would call
    actor: String,
    /// Which number, as dialled or written
    digits: String,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    allowed: bool,
    class: &'a str,
    reason: u32,
    why: &'a str,
    revision: u64,
}

/// Answers about a forwarding.
pub fn forward(args: &Forward, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let (actor, owner) = (source.party(&args.actor)?, source.party(&args.owner)?);
    let line = args.line.unwrap_or_else(|| source.engine.line_of(owner, &args.owner).max(1));
    print(&source.engine.explain_forward_to(actor, owner, line, &args.digits), args.json.json, out)
}

/// Answers about a call.
pub fn call(args: &Call, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let actor = source.party(&args.actor)?;
    print(&source.engine.explain_call(actor, &args.digits), args.json.json, out)
}

fn print(explained: &DestinationExplanation, json: bool, out: &mut Out) -> Result<Status, Failure> {
    let (answer, why) = (&explained.answer, explained.why.as_str());
    if json {
        let class = answer.class.map_or("", Class::name);
        let (allowed, reason, revision) = (answer.allowed, answer.reason as u32, answer.revision);
        out.json(&Answer { allowed, class, reason, why, revision })?;
    } else {
        let word = out.answer(answer.allowed);
        writeln!(out, "{word}  {why}")?;
    }
    Ok(Status::of(answer.allowed))
}
