//! `schema`: the JSON Schema of a policy document.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use crate::reference::{reference, schema};
use std::io::Write;

/// Print the JSON Schema of a policy document, for editors
///
/// Editors with a language server for TOML (Taplo, Even Better TOML) complete and check keys by it: put
/// `#:schema ./linewarden.schema.json` into the first line of a document. What a schema cannot say, such as names that must exist, says
/// `linewarden lint`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden schema > linewarden.schema.json

EXIT STATUS
  0 done, 2 error
")]
pub struct Args {}

/// Prints it.
pub fn run(_: &Args, out: &mut Out) -> Result<Status, Failure> {
    let text = serde_json::to_string_pretty(&schema(&reference()?)).map_err(std::io::Error::from)?;
    writeln!(out, "{text}")?;
    Ok(Status::Yes)
}
