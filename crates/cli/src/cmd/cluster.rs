//! `cluster`: handed on to `linewarden-agent`, which alone talks to the database. This command must never link what does.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use linewarden::{Error, ErrorKind};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// The program that does it.
const AGENT: &str = "linewarden-agent";

/// Make a cluster of a store, join, leave, promote, look at it, verify it: `linewarden-agent cluster`
///
/// Several machines have one order of changes in a PostgreSQL database; each answers from its own store. docs/cluster.md tells how.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden cluster init rights.db --database 'host=/run/postgresql user=postgres' --agent node1
  linewarden cluster join rights.db --database-file /etc/linewarden/database
  linewarden cluster status rights.db --database-file /etc/linewarden/database
  linewarden cluster join --help

EXIT STATUS
  as of linewarden-agent: 0 done, 1 cut off or forked (status), 2 error
")]
pub struct Args {
    /// init, join, leave, promote, status or verify, and its own arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Becomes the other program.
pub fn run(args: &Args, _: &mut Out) -> Result<Status, Failure> {
    // The one of this installation, if it has one.
    let beside =
        std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(AGENT))).filter(|path| path.exists());
    let program = beside.unwrap_or_else(|| PathBuf::from(AGENT));
    let error = Command::new(&program).arg("cluster").args(&args.command).exec();
    let message = format!("`{}` cannot be run: {error}; the package linewarden-agent has it", program.display());
    Err(Error::new(ErrorKind::File, message).into())
}
