//! `backup`: a copy of a store as one file. The copy must never have its name before it is whole and verified.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use std::io::Write;
use std::path::PathBuf;

/// Copy a store to a new file, while others go on reading and writing it
///
/// The copy is one file. It gets its name when it is whole, verified and on the disk.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden backup rights.db /var/backups/rights-friday.db

EXIT STATUS
  0 done, 2 error; then there is no copy
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// The copy; nothing may be there
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let revision = Source::store(&args.store)?.engine.backup(&args.file)?;
    writeln!(out, "revision {revision}: copied to {}", args.file.display())?;
    Ok(Status::Yes)
}
