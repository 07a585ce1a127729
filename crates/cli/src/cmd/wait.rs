//! `wait`: until a revision, or what a token names, is in force.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use linewarden::{Error, ErrorKind, Token};
use std::io::Write;
use std::time::Duration;

/// Wait until a revision of a store, or what a token names, is in force
///
/// Each change prints its revision; a program that waits for that revision sees the change. On another machine, wait for the token that
/// `apply --token` and `import --token` print: it names the change set itself, not only its number.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden wait rights.db 12 --timeout 2.5
  linewarden wait rights.db lw1.30313233343536373839616263646566.0.12.00ff686173686564

EXIT STATUS
  0 it is in force, 1 the time is over, 2 error; also when the store is forked: it has another change set there
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// The revision, or a token
    #[arg(value_name = "REVISION|TOKEN")]
    revision: String,
    /// How long at most; without it as long as it takes
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<f64>,
}

/// Waits.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let wrong = |_| Error::new(ErrorKind::Argument, "a time that cannot be waited, expected seconds as in `2.5`");
    let patience = args.timeout.map(Duration::try_from_secs_f64).transpose().map_err(wrong)?;
    let engine = Source::store(&args.store)?.engine;
    let patience = patience.unwrap_or(Duration::MAX);
    let come = match (args.revision.parse(), args.revision.parse::<Token>()) {
        (Ok(revision), _) => engine.wait_for(revision, patience),
        (_, Ok(token)) => engine.wait_for_token(&token, patience)?,
        (_, Err(error)) => return Err(error.into()),
    };
    writeln!(out, "{}  revision {} is in force", out.answer(come), engine.revision())?;
    Ok(Status::of(come))
}
