//! `verify`: whether a store is what was written, and answers as its log says.
#![forbid(unsafe_code)]

use super::compact::Rendered;
use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use linewarden::{Engine, Error, ErrorKind, Verified};
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Look at everything in a store: the file, the log and its hashes, and whether the answers are what the log says
///
/// The log is replayed from its first change, or from where `compact` cut it. Programs that have the store open may go on; it takes about as long as reading the
/// whole log twice. Where there are more than four million pairs, as many are drawn.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden verify rights.db
  linewarden verify /var/backups/rights-friday.db || echo 'do not rely on this one'
  linewarden verify rights.db --archive rights-2024.db --archive rights-2025.db

EXIT STATUS
  0 all is well, 2 it is not

JSON
  {\"revision\":12,\"pairs\":3600,\"of\":3600}
  where the log was cut also \"cut\":{\"revision\":8,\"hash\":\"...\"}: `hash` stands for what was cut off; with --archive also
  \"unarchived\":0, the last revision that is in no archive
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// Also look at this archive that `compact` wrote, and whether it holds what was cut off; may be given several times
    #[arg(long = "archive", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    archives: Vec<PathBuf>,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer {
    revision: u64,
    pairs: u64,
    of: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<Rendered>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unarchived: Option<u64>,
}

fn verify(engine: &Engine, args: &Args) -> Result<(Verified, Option<u64>), Failure> {
    let verified = engine.verify()?;
    let unarchived = match args.archives.as_slice() {
        [] => None,
        archives => Some(engine.verify_archives(archives)?),
    };
    Ok((verified, unarchived))
}

#[cfg(unix)]
fn is_open_to_all(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).is_ok_and(|about| about.mode() & 0o002 != 0)
}

/// The store says so when it is opened.
#[cfg(windows)]
fn is_open_to_all(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(folder)
}

/// Folders for temporary files are a user's own there.
#[cfg(windows)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir(folder)
}

/// A copy of a store that no process has open, such as a backup: opening a store leaves its image beside it.
struct Copy {
    folder: PathBuf,
    path: PathBuf,
    original: PathBuf,
}

impl Copy {
    /// Copies the store, with its journal where a crash has left one. `None` where its image is there, or it is none: then it is opened.
    fn of(store: &Path) -> Result<Option<Copy>, Failure> {
        let beside = |ending: &str| {
            let mut path = store.as_os_str().to_owned();
            path.push(ending);
            PathBuf::from(path)
        };
        let folder = store.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Anyone could have put it there: opening it says so.
        let is_open_to_all = is_open_to_all(folder);
        let is_alone = !beside("-image").exists() && linewarden::is_store(store);
        let Some(name) = store.file_name().filter(|_| is_alone && !is_open_to_all) else { return Ok(None) };
        let unique = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let folder = std::env::temp_dir().join(format!("linewarden-verify-{}-{unique}", std::process::id()));
        make_private(&folder)?;
        let copy = Copy { path: folder.join(name), folder, original: store.to_owned() };
        for ending in ["", "-wal", "-journal"] {
            let from = beside(ending);
            if ending.is_empty() || from.exists() {
                let mut to = copy.path.clone().into_os_string();
                to.push(ending);
                let copied = fs::copy(&from, to);
                let failed = |error| Error::new(ErrorKind::File, format!("cannot copy `{}`: {error}", from.display()));
                copied.map_err(failed)?;
            }
        }
        Ok(Some(copy))
    }

    /// An error about the store itself.
    fn named(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Error(error) => {
                let (copy, store) = (self.path.display().to_string(), self.original.display().to_string());
                Error::new(error.kind(), error.message().replace(&copy, &store)).into()
            }
            other => other,
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let (verified, unarchived) = match Copy::of(args.store.path())? {
        Some(copy) => {
            let verified = Engine::open(&copy.path).map_err(Failure::from).and_then(|engine| verify(&engine, args));
            verified.map_err(|failure| copy.named(failure))?
        }
        None => verify(&Source::store(&args.store)?.engine, args)?,
    };
    let (revision, pairs, of) = (verified.revision, verified.pairs, verified.of);
    let cut = verified.cut.as_ref().map(Rendered::of);
    if args.json.json {
        out.json(&Answer { revision, pairs, of, cut, unarchived })?;
        return Ok(Status::Yes);
    }
    write!(out, "revision {revision}: file and log are whole")?;
    if let Some(cut) = &verified.cut {
        write!(out, " from revision {}, cut before", cut.revision + 1)?;
    }
    writeln!(out, ", {pairs} of {of} pairs are answered as the log says")?;
    if let Some(cut) = &cut {
        writeln!(out, "hash of what was cut off: {}", cut.hash)?;
    }
    match unarchived {
        None => {}
        Some(0) => writeln!(out, "the archives are whole, and hold everything that was cut off")?,
        Some(last) => writeln!(out, "the archives are whole; up to revision {last} nothing is in them")?,
    }
    Ok(Status::Yes)
}
