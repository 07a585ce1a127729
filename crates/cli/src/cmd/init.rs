//! `init`: a first policy document. It never overwrites a file.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use linewarden::{Document, Engine};
use std::io::Write;

/// Print a first policy document
///
/// Two users, a team, and one rule, with what may be added as comments. It loads as it is, and lint finds nothing in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden init acme.example > acme.toml
  linewarden lint acme.toml

EXIT STATUS
  0 done, 2 error
")]
pub struct Args {
    /// The name of the domain
    #[arg(value_name = "DOMAIN")]
    domain: String,
}

/// Prints it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let document = FIRST.replace("@DOMAIN@", &args.domain.replace('\\', "\\\\").replace('"', "\\\""));
    // A name that is no domain's is said here, with the loader's words.
    Engine::from_documents(&[Document { name: "the document".into(), text: document.clone() }])?;
    write!(out, "{document}")?;
    Ok(Status::Yes)
}

const FIRST: &str = r#"# Who may do what on whose telephone. `linewarden help document` has every key, `linewarden lint` what is wrong.
domain = "@DOMAIN@"
systems = ["linewarden"]

[[user]]
name = "alice"
lines = ["100"]

[[user]]
name = "bob"
lines = ["110"]

[[team]]
name = "support"
lines = ["600"]

# Those who take each other's calls.
[[group]]
name = "front desk"
members = ["alice", "bob"]

[[rule]]
name = "the front desk takes calls"
actors = ["group:front desk"]
rights = ["call.pickup", "line.busy.read"]
targets = ["group:front desk", "team:support"]

# A cover that ends by itself:
#[[rule]]
#name = "bob covers alice"
#actors = ["bob"]
#rights = ["forwarding.set"]
#targets = ["alice"]
#until = 2027-01-08T00:00:00+01:00
"#;
