//! `apply`: changes of a store, made whole or not at all, by an author who may make each of them.
#![forbid(unsafe_code)]

use super::diff::Counted;
use crate::changes::{self, Answer};
use crate::options::{Json, Status, WithToken};
use crate::output::{Failure, Out};
use crate::source::{self, Source, StoreArgs};
use linewarden::{Change, Engine, Entry, Error, ErrorKind, Filter, Result as Answered, diff, parse_changes};
use std::io::{Read, Write};

/// Change a store: one change as words, or many from standard input
///
/// All changes of one call are one change set, made whole or not at all. A user may change what the user's own systems let users
/// change; without --by it is the administrator who does. docs/changes.md lists the changes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden apply rights.db --by alice set relationship alice bob assistant
  linewarden apply rights.db 'add user dave 130' --dry-run
  linewarden apply rights.db < changes.txt

EXIT STATUS
  0 done, also when nothing had to be changed; 1 the author may not; 2 error

JSON
  {\"revision\":3,\"done\":true,\"changes\":[{\"domain\":\"acme.example\",\"change\":\"set vip alice yes\"}]}
  {\"revision\":2,\"done\":false,\"refused\":\"... (X12)\",\"changes\":[...]}
  `changes` are those that were asked for. With --dry-run `revision` is the one in force, and there is \"answers\" as of
  `diff`. With --token there is \"token\", that of the revision.
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// The change, in one argument or in several; without it, changes are read from standard input, one a line
    #[arg(value_name = "CHANGE", num_args = 0..)]
    change: Vec<String>,
    /// The user whose change it is; without it the administrator's
    #[arg(long, value_name = "USER")]
    by: Option<String>,
    /// Change nothing; say which pairs would gain or lose which right
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

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let text = text(args)?;
    let source = Source::store(&args.store)?;
    let engine = &source.engine;
    engine.is_store()?;
    let author = source.author(args.by.as_ref())?;
    let entries = engine.entries(source.domain(), &text)?;
    if entries.is_empty() {
        return Err(Error::new(ErrorKind::Argument, "no change, expected one as in `set vip alice yes`").into());
    }
    let before = engine.revision();
    let made = match args.dry_run {
        true => engine.preview(Some(author), &entries).map(|new| (before, Some(diff(engine, &new)))),
        false => engine.apply(author, &entries).map(|revision| (revision, None)),
    };
    let (revision, answers) = match made {
        Ok(made) => made,
        Err(error) => return changes::refused(error, before, &entries, args.json.json, out),
    };
    let token = args.token.of(engine, revision)?;
    if args.json.json {
        let (done, changes) = (!args.dry_run, changes::rendered(&entries));
        out.json(&Answer {
            revision,
            done,
            refused: None,
            changes,
            token,
            answers: answers.as_ref().map(Counted::of),
        })?;
        return Ok(Status::Yes);
    } else if let Some(answers) = answers {
        super::diff::print(&answers, args.full, out)?;
    } else if revision == before || !is_made(engine, revision, &entries)? {
        writeln!(out, "revision {revision}: nothing to change")?;
    } else {
        writeln!(out, "revision {revision}")?;
    }
    if let Some(token) = token {
        writeln!(out, "{token}")?;
    }
    if !args.dry_run {
        say_what_asked_nothing(engine, &entries, out);
    }
    Ok(Status::Yes)
}

/// Points out each `ask` after which no inquiry waits for an answer (E5, E9): the administrator or the owner has decided already. Beside
/// other changes, which may have answered it or removed one of the two, nothing is said. The changes are made: nothing here may fail.
fn say_what_asked_nothing(engine: &Engine, entries: &[Entry], out: &Out) {
    if !entries.iter().all(|entry| matches!(entry.change, Change::Ask { .. })) {
        return;
    }
    for entry in entries {
        let Change::Ask { requester, owner } = &entry.change else { continue };
        let party = |text: &str| engine.find(Some(&entry.domain), text);
        let (Some(requester), Some(owner)) = (party(requester), party(owner)) else { continue };
        if !engine.pending(owner).contains(&requester) {
            let why = "the administrator or the owner has decided already what the requester may see";
            out.note(&format!("`{}` asked nothing: {why}", entry.change));
        }
    }
}

/// Whether the change set of that revision is these changes. Where they alter nothing, the revision is the one in force, which another
/// program may have made in the meantime.
fn is_made(engine: &Engine, revision: u64, entries: &[Entry]) -> Answered<bool> {
    let filter = Filter { above: revision.saturating_sub(1), below: revision.checked_add(1), ..Filter::default() };
    let sets = engine.history(&filter)?;
    Ok(sets.iter().any(|set| parse_changes(&set.text, None).is_ok_and(|made| made == entries)))
}

fn text(args: &Args) -> Answered<String> {
    match args.change.as_slice() {
        [] => {
            let mut text = String::new();
            let read = source::standard_input()?.read_to_string(&mut text);
            read.map_err(|error| Error::new(ErrorKind::File, format!("cannot read standard input: {error}")))?;
            Ok(text)
        }
        [whole] => Ok(whole.clone()),
        words => Ok(linewarden::change_line(words)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linewarden::{Author, Document};

    #[test]
    fn a_revision_that_another_program_made_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let text = "domain = \"a.example\"\nsystems = [\"xphone\"]\n[[user]]\nname = \"alice\"\n";
        let documents = [Document { name: "a.toml".into(), text: text.into() }];
        let (engine, _) = Engine::create_from(folder.path().join("rights.db"), &documents, None).unwrap();
        let [vip, none] = ["set vip alice yes", "set vip alice no"].map(|text| engine.entries(None, text).unwrap());
        let made = engine.apply(Author::Administrator, &vip).unwrap();
        assert!(is_made(&engine, made, &vip).unwrap() && !is_made(&engine, made, &none).unwrap());
        let later = engine.apply(Author::Administrator, &none).unwrap();
        assert!(later > made && !is_made(&engine, later, &vip).unwrap() && is_made(&engine, later, &none).unwrap());
        // Nothing to change: the revision in force is the other change set's.
        let same = engine.apply(Author::Administrator, &none).unwrap();
        assert_eq!(same, later);
    }
}
