//! `check`: yes or no, and why in one line; for one question or for a file of them. A question that has an error is neither.
#![forbid(unsafe_code)]

use crate::lines;
use crate::options::{Json, Part, Question, RightName, Status};
use crate::output::{Failure, Out};
use crate::source::{self, Source, SourceArgs};
use linewarden::{Certainty, Engine, Error, ErrorKind, Explanation, Party, Reason, Right, TransferRole};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Say yes or no, and why in one line
///
/// Prints `yes` or `no`, then why. The exit status says the same. With --questions the same for each line of a file, in its order.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden check examples/companies/mixed.toml carol call.pickup bob
  linewarden check examples/companies/mixed.toml 301 call.pickup.second 201
  linewarden check examples/companies/mixed.toml ida location.login location:desk-1
  if linewarden check acme.toml alice forwarding.set bob; then ...; fi
  linewarden check acme.toml --questions calls.tsv
  linewarden check rights.db alice forwarding.set bob --at-revision 12

QUESTIONS
  One a line: actor, right and target, separated by tabs, and optionally the
  actor's part in a transfer (consulted, transferring):
    carol\tcall.pickup\tbob
  or as JSON, in the same file or another:
    {\"actor\":\"carol\",\"right\":\"call.pickup\",\"target\":\"bob\",\"in_transfer\":\"consulted\"}
  Empty lines are passed over. A line that cannot be asked is answered by
  `error` and its message, which also stands on standard error with its line.

EXIT STATUS
  0 yes, 1 no, 2 error; with --questions 0 all yes, 1 some no, 2 an error in
  a line, or no question at all

JSON
  {\"allowed\":true,\"domain\":\"brenner.example\",\"actor\":\"carol\",
   \"right\":\"call.pickup\",\"target\":\"bob\",\"reason\":\"own_setting\",\"why\":\"...\",\"lines\":\"\",
   \"certainty\":\"stated\",\"rests_on\":\"\",\"revision\":1}
  With --questions one line for each, and {\"line\":3,\"error\":\"...\"} for one that cannot be asked.
  `lines` says of a bare right that not all lines have which have it: first yes, second yes, additional no.
  `reason` is a word that keeps its meaning, `why` a line for people: over a store it names no group, as
  `explain` does. `certainty` and `rests_on` as of `explain`.
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Who would act or look: carol, 301, sip:laura@lawfirm.example
    #[arg(required_unless_present = "questions")]
    actor: Option<String>,
    /// What: call.pickup, presence.status.read.first ... (see `linewarden right-names`)
    #[arg(value_parser = RightName, hide_possible_values = true, required_unless_present = "questions")]
    right: Option<Right>,
    /// Whose line or data, or which team or location it is about
    #[arg(required_unless_present = "questions")]
    target: Option<String>,
    /// The actor's part in a transfer that is going on between the two (XPhone)
    #[arg(long, value_name = "PART")]
    in_transfer: Option<Part>,
    /// Answer the questions of this file, one a line; `-` for standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["actor", "right", "target", "in_transfer"])]
    questions: Option<PathBuf>,
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
    lines: &'a str,
    certainty: Certainty,
    rests_on: &'a str,
    revision: u64,
}

impl<'a> Answer<'a> {
    fn of(answered: &'a Answered) -> Answer<'a> {
        let Answered { answer, lines } = answered;
        Answer {
            allowed: answer.allowed,
            domain: &answer.domain,
            actor: &answer.actor,
            right: &answer.right,
            target: &answer.target,
            reason: answer.reason,
            why: &answer.summary,
            lines: lines.as_deref().unwrap_or_default(),
            certainty: answer.certainty,
            rests_on: &answer.rests_on,
            revision: answer.revision,
        }
    }
}

/// The JSON of a line that cannot be asked.
#[derive(Serialize)]
struct Unasked<'a> {
    line: usize,
    error: &'a str,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    if let Some(file) = &args.questions {
        return all(&source, file, args.json.json, out);
    }
    let (Some(actor), Some(right), Some(target)) = (&args.actor, args.right, &args.target) else {
        return Err(Error::new(ErrorKind::Argument, "expected an actor, a right and a target, or --questions").into());
    };
    let asked = Asked::of(&source, actor, right, target, args.in_transfer)?;
    let answer = asked.answer(&source, Engine::explain_briefly)?;
    print(&answer, args.json.json, out)?;
    if !args.json.json {
        source.point_out_unlisted([actor, target], out);
    }
    Ok(Status::of(answer.answer.allowed))
}

fn print(answered: &Answered, json: bool, out: &mut Out) -> Result<(), Failure> {
    match json {
        true => out.json(&Answer::of(answered)),
        false => line(answered, out),
    }
}

/// The answer in one line; a bare right that not all lines have says which have it.
pub fn line(answered: &Answered, out: &mut Out) -> Result<(), Failure> {
    let Answered { answer, lines } = answered;
    let word = out.answer(answer.allowed);
    let lines = lines.as_ref().map_or_else(String::new, |lines| format!(" ({lines})"));
    Ok(writeln!(out, "{word}  {}{lines}", answer.summary)?)
}

/// The answers to all questions of a file.
fn all(source: &Source, file: &Path, json: bool, out: &mut Out) -> Result<Status, Failure> {
    let (name, mut reader) = source::reader(file)?;
    let (mut questions, mut allowed, mut errors) = (0, true, Vec::new());
    let mut bytes = Vec::new();
    for line in 1.. {
        if !source::next_line(&mut *reader, &name, &mut bytes)? {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        questions += 1;
        match Asked::read(source, &bytes) {
            Ok(asked) => {
                // The line is read from the image where there is one: a file may have very many.
                let answer = asked.answer(source, Engine::explain_briefly)?;
                allowed &= answer.answer.allowed;
                print(&answer, json, out)?;
            }
            Err(error) => {
                match json {
                    true => out.json(&Unasked { line, error: error.message() })?,
                    false => writeln!(out, "error  {}", error.message().lines().next().unwrap_or_default())?,
                }
                errors.push(format!("{name}:{line}: {}", error.message()));
            }
        }
    }
    if questions == 0 {
        return Err(Error::new(ErrorKind::Document, format!("{name}: there is no question in it")).into());
    }
    if errors.is_empty() {
        return Ok(Status::of(allowed));
    }
    out.flush()?;
    Err(Error::new(ErrorKind::Document, errors.join("\n")).into())
}

/// The biggest image whose store is asked since when an answer holds although that was not wanted: some ten thousand users.
#[cfg(any(target_os = "linux", windows))]
const QUICK_IMAGE: usize = 4 << 20;

/// The answer with its reasons.
pub fn explanation(question: &Question) -> Result<(Answered, Source), Failure> {
    let Question { source, actor, right, target, in_transfer } = question;
    let source = Source::open(source)?;
    let answered = Asked::of(&source, actor, *right, target, *in_transfer)?.answer(&source, Engine::explain)?;
    Ok((answered, source))
}

/// Since which change set the answer is what it is, over a store: always where it is `wanted`, else where the log is read at once.
#[cfg(any(target_os = "linux", windows))]
pub fn since(source: &Source, question: &Question, wanted: bool) -> linewarden::Result<Option<linewarden::Since>> {
    let engine = &source.engine;
    let quick = || engine.image_bytes() <= QUICK_IMAGE;
    if engine.is_store().is_err() || question.in_transfer.is_some() || !(wanted || quick()) {
        return Ok(None);
    }
    let (actor, target) = (source.party(&question.actor)?, source.party(&question.target)?);
    Ok(engine.trail()?.since(actor, question.right, target))
}

/// An answer, and what its lines have where they differ.
pub struct Answered {
    pub answer: Explanation,
    pub lines: Option<String>,
}

/// A question as JSON has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    actor: String,
    right: String,
    target: String,
    in_transfer: Option<Part>,
}

/// A question as it is written: parties as texts, which may name none.
pub struct Written {
    pub actor: String,
    pub right: Right,
    pub target: String,
    pub part: Option<Part>,
}

impl Written {
    /// The question of a line.
    pub fn read(line: &[u8]) -> linewarden::Result<Written> {
        let wrong = |message: String| Error::new(ErrorKind::Argument, message);
        let line = std::str::from_utf8(line).map_err(|_| wrong("the line is not utf-8, expected text".into()))?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.starts_with('{') {
            let read = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            let Line { actor, right, target, in_transfer } = read;
            return Ok(Written { actor, right: right.parse()?, target, part: in_transfer });
        }
        let fields: Vec<&str> = line.split('\t').collect();
        let (actor, right, target, part) = match fields[..] {
            [actor, right, target] => (actor, right, target, None),
            [actor, right, target, "consulted"] => (actor, right, target, Some(Part::Consulted)),
            [actor, right, target, "transferring"] => (actor, right, target, Some(Part::Transferring)),
            [_, _, _, part] => {
                return Err(wrong(format!("part `{part}` in a transfer, expected `consulted` or `transferring`")));
            }
            _ => {
                let count = fields.len();
                return Err(wrong(format!("{count} fields, expected actor, right and target separated by tabs")));
            }
        };
        Ok(Written { actor: actor.into(), right: right.parse()?, target: target.into(), part })
    }
}

/// A question about parties that there are.
struct Asked {
    actor: Party,
    right: Right,
    target: Party,
    role: Option<TransferRole>,
}

impl Asked {
    fn of(source: &Source, actor: &str, right: Right, target: &str, part: Option<Part>) -> linewarden::Result<Asked> {
        let role = part.map(|part| match part {
            Part::Consulted => TransferRole::Consulted,
            Part::Transferring => TransferRole::Transferring,
        });
        Ok(Asked { actor: source.party(actor)?, right, target: source.party(target)?, role })
    }

    /// The question of a line.
    fn read(source: &Source, line: &[u8]) -> linewarden::Result<Asked> {
        let Written { actor, right, target, part } = Written::read(line)?;
        Asked::of(source, &actor, right, &target, part)
    }

    /// Where the explanation and the check of the hot path disagree, there is no answer: never a yes.
    fn answer(
        &self,
        source: &Source,
        explain: impl Fn(&Engine, Party, Right, Party, Option<TransferRole>) -> Explanation,
    ) -> Result<Answered, Failure> {
        let Asked { actor, right, target, role } = *self;
        let allowed = match role {
            Some(role) => source.engine.may_in_call(actor, right, target, role),
            None => source.engine.may(actor, right, target),
        };
        let explanation = explain(&source.engine, actor, right, target, role);
        if explanation.allowed != allowed {
            return Err(Failure::defect("defect of this program: the check and its explanation differ"));
        }
        let lines = lines::of_question(&source.engine, actor, right, target, role);
        Ok(Answered { answer: explanation, lines })
    }
}
