//! `restore`: a copy takes a store's place. It must never do so while a process has the store open, or before the copy is verified.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use std::io::Write;
use std::path::PathBuf;

/// Put a copy of a store in its place
///
/// Only while no process has the store open, or where there is none. The copy is verified first, and stays where it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden restore /var/backups/rights-friday.db rights.db

EXIT STATUS
  0 done; 2 error, then nothing was replaced
")]
pub struct Args {
    /// The copy, as `linewarden backup` made it
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// The store
    #[arg(value_hint = clap::ValueHint::FilePath)]
    store: PathBuf,
}

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let revision = linewarden::restore(&args.file, &args.store)?;
    writeln!(out, "revision {revision}: {} is what {} is", args.store.display(), args.file.display())?;
    Ok(Status::Yes)
}
