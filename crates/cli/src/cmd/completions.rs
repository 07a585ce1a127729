//! `completions`: what a shell needs to complete this command.
#![forbid(unsafe_code)]

use crate::args::Cli;
use crate::options::Status;
use crate::output::{Failure, Out};
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

/// Print completions for a shell
///
/// Commands and options are completed; in bash and zsh also the names of rights.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden completions bash > /usr/share/bash-completion/completions/linewarden
  linewarden completions zsh > /usr/share/zsh/vendor-completions/_linewarden
  linewarden completions fish > ~/.config/fish/completions/linewarden.fish

EXIT STATUS
  0 done, 2 error
")]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints them.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "linewarden", &mut script);
    out.write_all(&script)?;
    Ok(Status::Yes)
}
