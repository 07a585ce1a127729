//! `check`: yes or no, and why in one line.
#![forbid(unsafe_code)]

use crate::options::{Json, Part, Question, Status};
use crate::output::{Failure, Out};
use crate::source::Source;
use linewarden::{Certainty, Engine, Explanation, Party, Reason, Right, TransferRole};
use serde::Serialize;
use std::io::Write;

/// Say yes or no, and why in one line
///
/// Prints `yes` or `no`, then why. The exit status says the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden check examples/companies/mixed.toml carol call.pickup bob
  linewarden check examples/companies/mixed.toml 301 call.pickup.second 201
  linewarden check examples/companies/mixed.toml ida location.login location:desk-1
  if linewarden check acme.toml alice forwarding.set bob; then ...; fi

EXIT STATUS
  0 yes, 1 no, 2 error

JSON
  {\"allowed\":true,\"domain\":\"brenner.example\",\"actor\":\"carol\",
   \"right\":\"call.pickup\",\"target\":\"bob\",\"reason\":\"own_setting\",\"why\":\"...\",
   \"certainty\":\"stated\",\"rests_on\":\"\",\"revision\":1}
  `reason` is a word that keeps its meaning, `why` a line for people: over a store it names no group, as
  `explain` does. `certainty` and `rests_on` as of `explain`.
")]
pub struct Args {
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    allowed: bool,
    domain: &'a str,
    actor: &'a str,
    right: &'a str,
    target: &'a str,
    reason: Reason,
    why: &'a str,
    certainty: Certainty,
    rests_on: &'a str,
    revision: u64,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let answer = briefly(&args.question)?;
    if args.json.json {
        out.json(&Answer {
            allowed: answer.allowed,
            domain: &answer.domain,
            actor: &answer.actor,
            right: &answer.right,
            target: &answer.target,
            reason: answer.reason,
            why: &answer.summary,
            certainty: answer.certainty,
            rests_on: &answer.rests_on,
            revision: answer.revision,
        })?;
    } else {
        let word = out.answer(answer.allowed);
        writeln!(out, "{word}  {}", answer.summary)?;
    }
    Ok(Status::of(answer.allowed))
}

/// The answer with its reason in one line. Over a store the line is read from the image, without the policy behind it.
fn briefly(question: &Question) -> Result<Explanation, Failure> {
    asked(question, Engine::explain_briefly)
}

/// The answer with its reasons.
pub fn explanation(question: &Question) -> Result<Explanation, Failure> {
    asked(question, Engine::explain)
}

/// Where the explanation and the check of the hot path disagree, there is no answer: never a yes.
fn asked(
    question: &Question,
    explain: impl Fn(&Engine, Party, Right, Party, Option<TransferRole>) -> Explanation,
) -> Result<Explanation, Failure> {
    let source = Source::open(&question.source)?;
    let (actor, target) = (source.party(&question.actor)?, source.party(&question.target)?);
    let role = question.in_transfer.map(|part| match part {
        Part::Consulted => TransferRole::Consulted,
        Part::Transferring => TransferRole::Transferring,
    });
    let allowed = match role {
        Some(role) => source.engine.may_in_call(actor, question.right, target, role),
        None => source.engine.may(actor, question.right, target),
    };
    let explanation = explain(&source.engine, actor, question.right, target, role);
    if explanation.allowed != allowed {
        return Err(Failure::defect("defect of this program: the check and its explanation differ"));
    }
    Ok(explanation)
}
