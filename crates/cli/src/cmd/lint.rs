//! `lint`: what is legal but likely wrong.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source;
use crate::values::count;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use linewarden::{Finding, Severity};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

/// Point out what is legal but likely wrong
///
/// Open to everybody, dead grants, shadowed settings and rules, what has ended, empty groups, names that look the same, settings of a system the
/// domain does not run. Each rule speaks once for a domain: what it finds many of is counted, with the first names. What
/// matters most comes first; on a terminal, as many findings as it has lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden lint examples/companies/mixed.toml
  linewarden lint companies/ --strict || echo 'have a look first'
  linewarden lint examples/companies/mixed.toml --severity warning
  linewarden lint examples/companies/mixed.toml --rule inferred-cell

EXIT STATUS
  0 done; with --strict 1 when there is a finding that --rule, --severity and --domain leave; 2 error

JSON
  {\"findings\":[{\"severity\":\"warning\",\"rule\":\"empty-group\",\"place\":\"mixed.toml:88\",
    \"places\":[\"mixed.toml:88\",\"mixed.toml:93\"],\"message\":\"...\"}]}
  `severity` is open (very many, or others than it seems, get a right),
  warning or note. `rule` is a word that keeps its meaning; `places` are all places, `place`
  is the first of them.
")]
pub struct Args {
    /// A policy document, a folder of them, or a store; `-` for standard input
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    source: PathBuf,
    /// Only findings of this domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// What has ended at this instant, as 2026-12-24T18:00:00+01:00, instead of now
    #[arg(long, value_name = "TIME", value_parser = crate::values::instant)]
    at: Option<i64>,
    /// Only findings of this rule; may be given several times
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,
    /// Only findings that matter as much: note, warning, open
    #[arg(long, value_name = "SEVERITY", value_parser = severity(), default_value = "note", hide_default_value = true)]
    severity: Severity,
    /// At most so many, 0 for all; without it as many as the terminal has lines
    #[arg(long, value_name = "N", value_parser = count)]
    limit: Option<usize>,
    /// End with status 1 when there is a finding
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    findings: Vec<Rendered<'a>>,
}

#[derive(Serialize)]
struct Rendered<'a> {
    severity: Severity,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// Reads a severity by its name.
fn severity() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(Severity::word))
        .map(|word| Severity::ALL.into_iter().find(|severity| severity.word() == word).unwrap_or(Severity::Note))
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let engine = source::at(source::open(&args.source)?, args.at)?;
    let mut findings = match &args.domain {
        Some(domain) => engine.lint_domain(engine.domain(domain)?),
        None => engine.lint(),
    };
    let wanted = |finding: &Finding| {
        let rule = args.rules.is_empty() || args.rules.iter().any(|rule| rule == finding.rule);
        rule && finding.severity() >= args.severity
    };
    findings.retain(wanted);
    // Stable: within a severity in the order of the document.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
    let status = Status::of(findings.is_empty() || !args.strict);
    if args.json.json {
        let limit = args.limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
        let findings = findings.iter().take(limit);
        out.json(&Answer {
            findings: findings.map(|finding| Rendered { severity: finding.severity(), finding }).collect(),
        })?;
        return Ok(status);
    }
    writeln!(out, "{}", summary(&findings))?;
    if findings.is_empty() {
        return Ok(status);
    }
    // The summary, the heading, the line about the rest, and the shell's next prompt.
    let screen = || out.screen().map_or(usize::MAX, |lines| lines.saturating_sub(4).max(1));
    let limit = match args.limit {
        Some(0) => usize::MAX,
        Some(limit) => limit,
        None => screen(),
    };
    let row = |finding: &Finding| {
        let severity = finding.severity().word().into();
        [finding.place.clone(), severity, finding.rule.into(), finding.message.clone()]
    };
    let rows: Vec<_> = findings.iter().take(limit).map(row).collect();
    out.table(["PLACE", "SEVERITY", "RULE", "FINDING"], &rows)?;
    if findings.len() > rows.len() {
        writeln!(out, "... and {} more; `--limit 0` lists all", findings.len() - rows.len())?;
    }
    Ok(status)
}

/// `3 findings: 1 open, 2 warnings`.
fn summary(findings: &[Finding]) -> String {
    let counted = |severity: &Severity| {
        let count = findings.iter().filter(|finding| finding.severity() == *severity).count();
        let ending = if count == 1 || *severity == Severity::Open { "" } else { "s" };
        (count > 0).then(|| format!("{count} {}{ending}", severity.word()))
    };
    let counts: Vec<_> = Severity::ALL.iter().rev().filter_map(counted).collect();
    match findings.len() {
        0 => "no finding".into(),
        1 => format!("1 finding: {}", counts.join(", ")),
        count => format!("{count} findings: {}", counts.join(", ")),
    }
}
