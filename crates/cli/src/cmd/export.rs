//! `export`: what is in force, as documents that load to the same answers. It changes nothing in force.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::{Error, ErrorKind, STATE_FILE};
use std::io::Write;
use std::path::PathBuf;

/// Write what is in force as documents that load to the same answers
///
/// With FOLDER one document for each domain, and a file state.changes with what documents cannot express: inquiries, Favorites,
/// logged-out and paused agents, transfers. `linewarden import` takes the folder again, with that. Without FOLDER one domain's
/// document is printed; what it cannot express stands at its end as comments.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden export rights.db exported/
  linewarden export rights.db --domain acme.example > acme.toml
  linewarden export examples/companies/mixed.toml

EXIT STATUS
  0 done, 2 error
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Where to write; documents of the same domains are replaced, and no others may be there
    #[arg(value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let asked: Vec<_> = source.asked_domains().map(|(id, _)| *id).collect();
    let Some(folder) = &args.folder else {
        let [only] = asked.as_slice() else {
            let message = "there are several domains, expected one of them after `--domain`, or a folder for all";
            return Err(Error::new(ErrorKind::Argument, message).into());
        };
        let export = source.engine.export(Some(*only))?;
        export.documents.iter().try_for_each(|document| out.write_all(document.text.as_bytes()))?;
        if !export.state.is_empty() {
            writeln!(out, "\n# What documents cannot express, as changes:")?;
            export.state.lines().try_for_each(|line| writeln!(out, "#   {line}"))?;
        }
        return Ok(Status::Yes);
    };
    if args.source.names_domain() {
        let message = "a folder is for all domains: leave out `--domain`, or leave out the folder";
        return Err(Error::new(ErrorKind::Argument, message).into());
    }
    let export = source.engine.export(None)?;
    export.write_to(folder)?;
    let documents = export.documents.len();
    let noun = if documents == 1 { "document" } else { "documents" };
    writeln!(out, "revision {}: {documents} {noun} and {STATE_FILE} in {}", export.revision, folder.display())?;
    Ok(Status::Yes)
}
