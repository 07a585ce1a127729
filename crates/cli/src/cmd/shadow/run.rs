//! `shadow run`: asks, in shadow mode, a list of what was done. It decides nothing for any call.
#![forbid(unsafe_code)]

use crate::cmd::check::Written;
use crate::options::{RightName, Status};
use crate::output::{Failure, Out};
use crate::source;
use linewarden::{Error, ErrorKind, Right, RightSet, Shadow, ShadowAnswer, ShadowLog};
use std::io::Write;
use std::path::PathBuf;

/// Ask what was done on a PBX, and log what the policy would refuse
///
/// Prints `yes`, `no` or `would refuse` for each line. `would refuse` is a no of the policy that shadow mode lets pass; `no` one that it
/// does not, because it is about another right or domain.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden shadow run acme.toml --until 2027-01-31T18:00:00+01:00 --log acme.log --questions calls.tsv
  linewarden shadow run acme.toml --until 2027-01-31T18:00:00+01:00 --log acme.log \\
    --right call.pickup --questions -

QUESTIONS
  As of `linewarden check --questions`: actor, right and target, separated by
  tabs. A name that the domain does not know would be refused.

EXIT STATUS
  0 done, also when something would be refused; 2 error
")]
pub struct Args {
    /// A policy document, a folder of them, or a store
    #[arg(value_name = "SOURCE", value_hint = clap::ValueHint::AnyPath)]
    source: PathBuf,
    /// When the shadow ends, as 2027-01-31T18:00:00+01:00; at most a year ahead
    #[arg(long, value_name = "TIME", value_parser = crate::values::instant)]
    until: i64,
    /// Append what would be refused to this file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    log: PathBuf,
    /// Only this right, several times for several; without it every right
    #[arg(long, value_name = "RIGHT", value_parser = RightName, hide_possible_values = true)]
    right: Vec<Right>,
    /// The domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// What was done, one question a line; `-` for standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    questions: PathBuf,
}

/// Asks.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let engine = source::open(&args.source)?;
    let rights = match args.right.as_slice() {
        [] => RightSet::from_bits(u128::MAX),
        rights => RightSet::of(rights),
    };
    let shadow = Shadow::new(&engine, args.domain.as_deref(), rights, args.until)?;
    let mut log = ShadowLog::open(&args.log, &shadow, &engine)?;
    let (name, mut reader) = source::reader(&args.questions)?;
    let mut bytes = Vec::new();
    for line in 1_usize.. {
        if !source::next_line(&mut *reader, &name, &mut bytes)? {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let at = |error: Error| Error::new(ErrorKind::Document, format!("{name}:{line}: {}", error.message()));
        let asked = Written::read(&bytes).map_err(at)?;
        if asked.part.is_some() {
            return Err(at(Error::new(ErrorKind::Argument, "a part in a transfer, which a shadow is not about")).into());
        }
        let texts = [asked.actor.as_str(), asked.target.as_str()];
        let word = match shadow.ask_named(&engine, args.domain.as_deref(), texts, asked.right) {
            ShadowAnswer::Yes => "yes",
            ShadowAnswer::WouldRefuse => "would refuse",
            _ => "no",
        };
        writeln!(out, "{word:12}  {} {} {}", asked.actor, asked.right, asked.target)?;
        // The queue is short.
        if line % 1000 == 0 {
            log.write_refusals(&shadow, &engine);
        }
    }
    log.end(&shadow, &engine);
    writeln!(out, "{}", shadow.summary())?;
    Ok(Status::Yes)
}
