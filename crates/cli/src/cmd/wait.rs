//! `wait`: until a revision, or the state that a token names, is in force in a store. It changes nothing.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use crate::values::{revision, seconds};
use linewarden::Token;
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
    #[arg(value_name = "REVISION|TOKEN", value_parser = wanted)]
    wanted: Wanted,
    /// How long at most; without it as long as it takes
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
}

/// What is waited for.
#[derive(Clone, Debug)]
enum Wanted {
    Revision(u64),
    Token(Token),
}

fn wanted(text: &str) -> Result<Wanted, String> {
    match text.parse() {
        Ok(token) => Ok(Wanted::Token(token)),
        Err(error) if text.starts_with("lw") => Err(error.to_string()),
        Err(_) => revision(text).map(Wanted::Revision).map_err(|wrong| format!("{wrong}, or a token")),
    }
}

/// Waits.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let engine = Source::store(&args.store)?.engine;
    let patience = args.timeout.unwrap_or(Duration::MAX);
    let come = match &args.wanted {
        Wanted::Revision(revision) => engine.wait_for(*revision, patience),
        Wanted::Token(token) => engine.wait_for_token(token, patience)?,
    };
    writeln!(out, "{}  revision {} is in force", out.answer(come), engine.revision())?;
    Ok(Status::of(come))
}
