//! `help`: pages of the manual. The help of a command stands behind its `--help`.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use crate::reference::{page, reference};
use std::io::Write;

/// Print a page of the manual: `document`, every key of a policy document
///
/// Each table with its keys, what they take, their defaults and what they mean.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden help document | less
  linewarden check --help

EXIT STATUS
  0 done, 2 error
")]
pub struct Args {
    /// Which page
    #[arg(value_name = "PAGE")]
    page: Page,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Page {
    /// The policy document, key by key
    Document,
}

/// Prints it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    match args.page {
        Page::Document => write!(out, "{}", page(&reference()?))?,
    }
    Ok(Status::Yes)
}
