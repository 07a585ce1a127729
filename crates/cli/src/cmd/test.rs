//! `test`: whether a policy answers as its owners expect. It must never end with 0 while a question could not be asked.
#![forbid(unsafe_code)]

use crate::expectation::{File, Report, Tested, Unasked, ask_all, write_junit};
use crate::options::{Json, Status};
use crate::output::{Colour, Failure, Out};
use crate::source::{self, Source, SourceArgs};
use linewarden::{Engine, Error, ErrorKind};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How many failures of one question people are shown.
const SHOWN: usize = 10;

/// How often files are looked at with --watch.
const POLL: Duration = Duration::from_millis(300);

/// Ask the questions of a file, and point out answers that are not the expected ones
///
/// TESTS has questions with their answers: [[ask]], [[list]], [[dial]] and [[notified]]; docs/testing-policies.md has
/// the keys. For each answer that is another: where it is expected, what was expected, what came, and why.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden test acme.toml acme-tests.toml
  linewarden test companies/ tests/ --junit report.xml
  linewarden test acme.toml acme-tests.toml --watch

EXIT STATUS
  0 every answer is as expected, 1 one is not, 2 an error, also where one question cannot be asked

JSON
  {\"passed\":4,\"failed\":1,\"errors\":0,\"tests\":[{\"file\":\"acme-tests.toml\",\"line\":3,
   \"question\":\"carol -> bob\",\"failures\":[{\"place\":\"acme-tests.toml:6\",\"about\":\"call.pickup\",
   \"expected\":\"yes\",\"came\":\"no\",\"why\":\"...\"}],\"errors\":[{\"place\":\"...\",\"message\":\"...\"}]}]}
")]
pub struct Args {
    #[command(flatten)]
    policy: SourceArgs,
    /// A file of questions, a folder of them, or `-` for standard input
    #[arg(value_name = "TESTS", value_hint = clap::ValueHint::AnyPath)]
    tests: PathBuf,
    /// Write the report as JUnit XML into this file, too
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    junit: Option<PathBuf>,
    /// Ask again whenever a file changes, until the command is stopped
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    json: Json,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    if args.watch {
        return watch(args, out);
    }
    ended(once(args, out)?, out)
}

/// The status; what could not be asked is an error after everything that was.
fn ended(report: Report, out: &mut Out) -> Result<Status, Failure> {
    let errors = report.tests.iter().flat_map(|tested| &tested.errors);
    let errors: Vec<_> = errors.map(|error| format!("{}: {}", error.place, error.message)).collect();
    if errors.is_empty() {
        return Ok(Status::of(report.failed == 0));
    }
    out.flush()?;
    Err(Error::new(ErrorKind::Document, errors.join("\n")).into())
}

/// Asks everything once and prints it.
fn once(args: &Args, out: &mut Out) -> Result<Report, Failure> {
    let policy = args.policy.path().display().to_string();
    let report = match asked(args) {
        Ok(report) => report,
        Err(failure) => {
            // A report of an earlier run must not stand for this one.
            if let (Some(junit), Failure::Error(error)) = (&args.junit, &failure) {
                write_report(&unread(args, error), &policy, junit)?;
            }
            return Err(failure);
        }
    };
    if let Some(junit) = &args.junit {
        write_report(&report, &policy, junit)?;
    }
    match args.json.json {
        true => out.json(&report)?,
        false => print(&report, out)?,
    }
    Ok(report)
}

fn asked(args: &Args) -> Result<Report, Failure> {
    let documents = source::documents(&args.tests)?;
    let files = documents.into_iter().map(File::read).collect::<linewarden::Result<Vec<_>>>()?;
    let source = Source::open(&args.policy)?;
    let mut tests = Vec::new();
    for file in &files {
        tests.extend(ask_all(&source, file)?);
    }
    Ok(Report::of(tests))
}

/// The report where nothing could be asked.
fn unread(args: &Args, error: &Error) -> Report {
    let file = args.tests.display().to_string();
    let errors = vec![Unasked { place: file.clone(), message: error.message().into() }];
    Report::of(vec![Tested { file, line: 1, question: "read the files".into(), failures: Vec::new(), errors }])
}

fn write_report(report: &Report, policy: &str, path: &Path) -> Result<(), Failure> {
    // In memory first: what cannot be written whole is an error.
    let mut xml = Vec::new();
    write_junit(report, policy, &mut xml)?;
    let written = fs::write(path, xml);
    Ok(written.map_err(|error| Error::new(ErrorKind::File, format!("cannot write `{}`: {error}", path.display())))?)
}

fn print(report: &Report, out: &mut Out) -> Result<(), Failure> {
    for tested in &report.tests {
        if tested.failures.is_empty() && tested.errors.is_empty() {
            continue;
        }
        let heading = out.paint(Colour::Bold, &tested.question);
        writeln!(out, "{heading}")?;
        for error in &tested.errors {
            writeln!(out, "  {}: cannot be asked: {}", error.place, error.message)?;
        }
        for failed in tested.failures.iter().take(SHOWN) {
            let came = out.paint(Colour::Red, &format!("expected {}, came {}", failed.expected, failed.came));
            writeln!(out, "  {}: {}: {came}", failed.place, failed.about)?;
            if !failed.why.is_empty() {
                writeln!(out, "    {}", failed.why)?;
            }
        }
        if tested.failures.len() > SHOWN {
            writeln!(out, "  ... and {} more; --json lists all", tested.failures.len() - SHOWN)?;
        }
    }
    let questions = match report.tests.len() {
        1 => "1 question".into(),
        count => format!("{count} questions"),
    };
    let errors = if report.errors == 0 { String::new() } else { format!(", {} cannot be asked", report.errors) };
    Ok(writeln!(out, "{questions}: {} as expected, {} not{errors}", report.passed, report.failed)?)
}

/// Asks again and again. An error is reported, and the next change may mend it.
fn watch(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let policy = args.policy.path();
    for path in [policy, &args.tests] {
        let kept = fs::metadata(path).is_ok_and(|about| about.is_file() || about.is_dir());
        if !kept {
            let message = format!("`{}` cannot be watched, expected a file or a folder", path.display());
            return Err(Error::new(ErrorKind::File, message).into());
        }
    }
    // A store has files beside it that change while it is read; its revision says when it has changed.
    #[cfg(any(target_os = "linux", windows))]
    let store = linewarden::is_store(policy).then(|| Engine::open(policy)).transpose()?;
    #[cfg(not(any(target_os = "linux", windows)))]
    let store: Option<Engine> = None;
    let now = || match &store {
        Some(store) => (store.revision(), files(&[&args.tests])),
        None => (0, files(&[policy, &args.tests])),
    };
    loop {
        // Before the questions: a change during them is noticed.
        let before = now();
        match once(args, out).and_then(|report| ended(report, out)) {
            Ok(_) => out.flush()?,
            Err(Failure::Error(error)) => {
                out.flush()?;
                crate::complain(error.message(), error.kind());
            }
            Err(failure) => return Err(failure),
        }
        while now() == before {
            std::thread::sleep(POLL);
        }
    }
}

/// What shows that a file has changed: its path, its length, when it was written.
type Seen = (PathBuf, u64, Option<SystemTime>);

/// The files at these paths and in these folders.
fn files(paths: &[&Path]) -> Vec<Seen> {
    let mut found = Vec::new();
    for path in paths {
        let inside = fs::read_dir(path).map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()));
        let all = inside.map_or_else(|_| vec![path.to_path_buf()], Iterator::collect);
        for path in all {
            let about = fs::metadata(&path).ok();
            let written = about.as_ref().and_then(|about| about.modified().ok());
            found.push((path, about.map_or(0, |about| about.len()), written));
        }
    }
    found.sort();
    found
}
