//! `import`: a store becomes what documents say, as one change set; nothing is changed where a document has a fault.
#![forbid(unsafe_code)]

use super::diff::Counted;
use crate::changes::{self, Rendered};
use crate::options::{Json, Status, WithToken};
use crate::output::{Failure, Out};
use crate::source;
use linewarden::Entry;
use linewarden::{DecisionDiff, diff};
use linewarden::{Engine, Result as Answered};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Make a store say what documents say; make the store where there is none
///
/// What differs is changed in one change set, whole or not at all, and printed. Domains that SOURCE does not have stay as they
/// are, and so does what documents cannot express (inquiries, Favorites, logged-in agents), unless SOURCE is a store or a folder
/// that `linewarden export` wrote. Importing the same again changes nothing. A document states what is in force, so
/// no author needs a right for it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden import rights.db acme.toml
  linewarden import rights.db companies/ --dry-run

EXIT STATUS
  0 done, also when nothing had to be changed; 2 error

JSON
  {\"revision\":2,\"changes\":[{\"domain\":\"acme.example\",\"change\":\"add user dave 130\"}]}
  With --dry-run `revision` is the one in force, and there is \"answers\" as of `diff`. With --token there is \"token\",
  that of the revision.
")]
pub struct Args {
    /// The store
    #[arg(value_hint = clap::ValueHint::FilePath)]
    store: PathBuf,
    /// A policy document, a folder of them, or a store; `-` for standard input
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    source: PathBuf,
    /// Change nothing; say what would be changed, and which pairs would gain or lose which right
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run name all parties and single rights of every change
    #[arg(long, requires = "dry_run")]
    full: bool,
    #[command(flatten)]
    token: WithToken,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    revision: u64,
    changes: Vec<Rendered<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<Counted<'a>>,
}

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let (documents, state) = source::read(&args.source)?;
    let state = state.as_deref();
    let there = args.store.exists();
    if args.dry_run {
        let old = if there { stored(&args.store)? } else { Engine::empty()? };
        let entries = old.difference(&documents, state)?;
        let answers = diff(&old, &old.preview(None, &entries)?);
        let revision = if there { old.revision() } else { 0 };
        return report(revision, &entries, Some(&answers), None, args, out);
    }
    if there {
        let engine = stored(&args.store)?;
        let (revision, entries) = engine.import(&documents, state)?;
        return report(revision, &entries, None, args.token.of(&engine, revision)?, args, out);
    }
    let (engine, entries) = Engine::create_from(&args.store, &documents, state)?;
    let token = args.token.of(&engine, engine.revision())?;
    if args.json.json {
        return report(engine.revision(), &entries, None, token, args, out);
    }
    // All of it is new: a list of it would say nothing more.
    let (made, changes) = (args.store.display(), changes::counted(entries.len()));
    writeln!(out, "revision {}: made {made} with {changes}", engine.revision())?;
    if let Some(token) = token {
        writeln!(out, "{token}")?;
    }
    Ok(Status::Yes)
}

fn report(
    revision: u64,
    entries: &[Entry],
    answers: Option<&DecisionDiff>,
    token: Option<String>,
    args: &Args,
    out: &mut Out,
) -> Result<Status, Failure> {
    if args.json.json {
        out.json(&Answer { revision, changes: changes::rendered(entries), token, answers: answers.map(Counted::of) })?;
        return Ok(Status::Yes);
    }
    let would = if answers.is_some() { " would be made" } else { "" };
    match entries.len() {
        0 => writeln!(out, "revision {revision}: nothing to change")?,
        count => writeln!(out, "revision {revision}: {}{would}", changes::counted(count))?,
    }
    changes::print(entries, answers.is_some(), out)?;
    if let Some(answers) = answers.filter(|_| !entries.is_empty()) {
        super::diff::print(answers, args.full, out)?;
    }
    if let Some(token) = token {
        writeln!(out, "{token}")?;
    }
    Ok(Status::Yes)
}

/// The store at `path`, which is there.
fn stored(path: &Path) -> Answered<Engine> {
    let engine = Engine::open(path)?;
    engine.is_store().map(|()| engine)
}
