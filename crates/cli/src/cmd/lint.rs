//! `lint`: what is legal but likely wrong.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source;
use linewarden::Finding;
use serde::Serialize;
use std::path::PathBuf;

/// Point out what is legal but likely wrong
///
/// Open to everybody, dead grants, shadowed settings, empty groups, names that look the same, settings of a system the
/// domain does not run. Each rule speaks once for a domain: what it finds many of is counted, with the first names.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden lint examples/companies/mixed.toml
  linewarden lint companies/ --strict || echo 'have a look first'

EXIT STATUS
  0 done; with --strict 1 when there is a finding; 2 error

JSON
  {\"findings\":[{\"rule\":\"empty-group\",\"place\":\"mixed.toml:88\",
    \"places\":[\"mixed.toml:88\",\"mixed.toml:93\"],\"message\":\"...\"}]}
  `rule` is a word that keeps its meaning; `places` are all places, `place`
  is the first of them.
")]
pub struct Args {
    /// A policy document, a folder of them, or a store; `-` for standard input
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    source: PathBuf,
    /// End with status 1 when there is a finding
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    findings: &'a [Finding],
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let findings = source::open(&args.source)?.lint();
    if args.json.json {
        out.json(&Answer { findings: &findings })?;
    } else if !findings.is_empty() {
        let row = |finding: &Finding| [finding.place.clone(), finding.rule.into(), finding.message.clone()];
        let rows: Vec<_> = findings.iter().map(row).collect();
        out.table(["PLACE", "RULE", "FINDING"], &rows)?;
    }
    Ok(Status::of(findings.is_empty() || !args.strict))
}
