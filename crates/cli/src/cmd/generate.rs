//! `generate`: a document of any size to try things on.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use linewarden::System;
use linewarden::{Error, ErrorKind};
use linewarden_testkit::generate::{Options, write};
use std::io;

/// Print a made-up policy document of any size
///
/// The same options give the same document, byte for byte.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden generate --users 1000 --seed 1 > big.toml
  linewarden generate --users 50 --seed 7 --systems xphone,estos --domain acme.example
  linewarden lint big.toml

EXIT STATUS
  0 done, 2 error
")]
pub struct Args {
    /// How many users
    #[arg(long, value_name = "N")]
    users: u32,
    /// Which of the many documents of that size
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The systems of the domain, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "xphone,pascom", value_name = "SYSTEMS", value_parser = systems())]
    systems: Vec<System>,
    /// The domain's name
    #[arg(long, value_name = "DOMAIN", default_value = "acme.example")]
    domain: String,
}

fn systems() -> impl TypedValueParser<Value = System> {
    PossibleValuesParser::new(System::ALL.map(System::name))
        .try_map(|name| System::parse(&name).ok_or("expected a system"))
}

/// Prints it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let systems = args.systems.iter().copied().collect();
    let options = Options { users: args.users, seed: args.seed, systems, domain: args.domain.clone() };
    write(&options, out).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => Failure::Error(Error::new(ErrorKind::Argument, error.to_string())),
        _ => Failure::Output(error),
    })?;
    Ok(Status::Yes)
}
