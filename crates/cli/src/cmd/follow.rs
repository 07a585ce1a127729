//! `follow`: a store takes over the change sets of another one.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use linewarden::{Batch, Engine, Error, ErrorKind, Result as Answered};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// Put change sets of another store of the same log in force, as `linewarden log` writes them
///
/// They are taken as they are, with time, author, hash and numbers. Each batch is taken whole or not at all, and only if it extends the
/// log here by its hash. The store follows from then on: it refuses changes that are made here. Where there is no store, one
/// is made: from --backup, or empty for a log from its first revision.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden follow rights.db news.jsonl
  linewarden follow rights.db news.jsonl --backup /var/backups/rights.db
  ssh leader linewarden log rights.db --from 120 | linewarden follow rights.db - --upstream leader
  linewarden follow rights.db --end

EXIT STATUS
  0 done, 2 error; then nothing of the batch at fault is in force, and the batches before it are
")]
pub struct Args {
    /// The store
    #[arg(value_hint = clap::ValueHint::FilePath)]
    store: PathBuf,
    /// The batches; `-` is standard input
    #[arg(value_hint = clap::ValueHint::FilePath, required_unless_present = "end")]
    file: Option<PathBuf>,
    /// What messages call the store that is followed; without it the name of the file
    #[arg(long, value_name = "NAME")]
    upstream: Option<String>,
    /// Where there is no store: begin with this copy, as `linewarden backup` made it
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    backup: Option<PathBuf>,
    /// Follow no longer: changes are made here from now on, in a new epoch
    #[arg(long, conflicts_with_all = ["file", "upstream", "backup"])]
    end: bool,
}

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let Some(file) = args.file.as_ref().filter(|_| !args.end) else {
        let epoch = Engine::open(&args.store)?.stand_alone()?;
        writeln!(out, "{} is a store of its own, epoch {epoch}", args.store.display())?;
        return Ok(Status::Yes);
    };
    let mut input: Box<dyn BufRead> = match file.as_os_str() == "-" {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(BufReader::new(opened(file)?)),
    };
    let name = if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() };
    let upstream = args.upstream.clone().unwrap_or(name);
    let mut engine = None;
    while let Some(batch) = Batch::read(&mut input)? {
        let engine = match &engine {
            Some(engine) => engine,
            None => engine.insert(store(args, &batch)?),
        };
        engine.follow(&batch, &upstream)?;
    }
    let Some(engine) = engine else {
        return Err(Error::new(ErrorKind::Argument, "no batch, expected what `linewarden log` writes").into());
    };
    writeln!(out, "revision {}: {} follows {upstream}", engine.revision(), args.store.display())?;
    Ok(Status::Yes)
}

fn opened(file: &Path) -> Answered<File> {
    File::open(file)
        .map_err(|error| Error::new(ErrorKind::File, format!("`{}` cannot be read: {error}", file.display())))
}

/// The store, made where there is none.
fn store(args: &Args, batch: &Batch) -> Answered<Engine> {
    match (&args.backup, args.store.exists()) {
        (_, true) => Engine::open(&args.store),
        (Some(backup), false) => {
            linewarden::restore(backup, &args.store)?;
            Engine::open(&args.store)
        }
        (None, false) => Engine::create_to_follow(&args.store, batch),
    }
}
