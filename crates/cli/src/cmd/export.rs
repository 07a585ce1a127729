//! `export`: what is in force, as documents that load to the same answers. It changes nothing in force.
#![forbid(unsafe_code)]

use super::import::STATE;
use crate::options::Status;
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::{Error, ErrorKind};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

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
    let mut files: Vec<(String, String)> =
        export.documents.into_iter().map(|document| (document.name, document.text)).collect();
    let documents = files.len();
    files.push((STATE.into(), export.state));
    write(folder, &files).map_err(|(path, error)| {
        Error::new(ErrorKind::File, format!("`{}` cannot be written: {error}", path.display()))
    })?;
    let noun = if documents == 1 { "document" } else { "documents" };
    writeln!(out, "revision {}: {documents} {noun} and {STATE} in {}", export.revision, folder.display())?;
    Ok(Status::Yes)
}

/// Writes the files, each under its name only when it is whole.
fn write(folder: &Path, files: &[(String, String)]) -> Result<(), (PathBuf, io::Error)> {
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |error| (path, error)
    };
    fs::create_dir_all(folder).map_err(at(folder))?;
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let name = path.file_name().unwrap_or_default();
        let hidden = name.as_encoded_bytes().starts_with(b".");
        if !hidden
            && path.extension().is_some_and(|ending| ending == "toml")
            && files.iter().all(|(own, _)| name != own.as_str())
        {
            let message = "it is a document of another domain, which would be imported with the others: move it away";
            return Err((path, io::Error::other(message)));
        }
    }
    for (name, text) in files {
        let (path, draft) = (folder.join(name), folder.join(format!(".{name}.new")));
        let written = File::create(&draft).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&draft, &path)).map_err(at(&path))?;
    }
    Ok(())
}
