//! What goes out of an engine as files, and what comes back: documents, and beside them a file with the state that they cannot express.
#![forbid(unsafe_code)]

use super::Engine;
use crate::document::{self, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::id::DomainId;
use crate::sync;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file of an exported folder that holds what documents cannot express.
pub const STATE_FILE: &str = "state.changes";

/// A policy as files.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Export {
    /// The revision.
    pub revision: u64,
    /// A document for each domain; together they load to the same answers.
    pub documents: Vec<Document>,
    /// The state that documents cannot express, as changes.
    pub state: String,
}

impl Export {
    /// Writes the folder that [`read_source`] reads: the documents, and [`STATE_FILE`]. Each file gets its name when it is whole; files of an earlier
    /// export are replaced.
    ///
    /// # Errors
    /// `File` when something cannot be written, or the folder has a document of another domain, which would be imported with the others.
    pub fn write_to(&self, folder: impl AsRef<Path>) -> Result<()> {
        let documents = self.documents.iter().map(|document| (document.name.as_str(), document.text.as_str()));
        let files: Vec<_> = documents.chain([(STATE_FILE, self.state.as_str())]).collect();
        sync::without_size_signal(|| write(folder.as_ref(), &files)).map_err(|(path, error)| {
            Error::new(ErrorKind::File, format!("`{}` cannot be written: {error}", path.display()))
        })
    }
}

impl Engine {
    /// A domain, or all of them, as documents and changes for [`Engine::import`]; all of one revision.
    ///
    /// # Errors
    /// `File` when the store cannot be read.
    pub fn export(&self, domain: Option<DomainId>) -> Result<Export> {
        self.require_snapshot()?;
        self.with_snapshot(|snapshot, _| {
            let asked = snapshot.policy.domains.iter().filter(|of| domain.is_none_or(|asked| of.id == asked));
            let written = asked.map(|of| snapshot.written(of)).collect::<Result<Vec<_>>>()?;
            let (documents, states): (_, Vec<String>) = written.into_iter().unzip();
            Ok(Export { revision: snapshot.revision, documents, state: states.concat() })
        })
    }

    /// Writes a domain as a document that loads to the same answers.
    ///
    /// # Errors
    /// The errors of `out`; `NotFound` when there is no such domain.
    pub fn write_document(&self, domain: DomainId, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        let mut text = Vec::new();
        self.with_snapshot(|snapshot, _| {
            text.clear();
            let domain = snapshot.policy.domain(domain).ok_or(std::io::ErrorKind::NotFound)?;
            document::write(domain, &snapshot.names, &mut text)
        })?;
        out.write_all(&text)
    }
}

/// What a source says, for [`Engine::import`]: its documents, and the state where it is a store or a folder that [`Export::write_to`] wrote.
///
/// # Errors
/// As for [`Engine::open`].
pub fn read_source(path: impl AsRef<Path>) -> Result<(Vec<Document>, Option<String>)> {
    let path = path.as_ref();
    #[cfg(any(target_os = "linux", windows))]
    if crate::store::is_store(path) {
        let export = Engine::open(path)?.export(None)?;
        return Ok((export.documents, Some(export.state)));
    }
    let documents = document::read(path)?;
    let state = path.join(STATE_FILE);
    // It is trusted and read as a document is.
    let text = if state.exists() { Some(document::read_file(&state)?.text) } else { None };
    Ok((documents, text))
}

/// Writes the files, each under its name only when it is whole.
fn write(folder: &Path, files: &[(&str, &str)]) -> std::result::Result<(), (PathBuf, io::Error)> {
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
            && files.iter().all(|(own, _)| name != *own)
        {
            let message = "it is a document of another domain, which would be imported with the others: move it away";
            return Err((path, io::Error::other(message)));
        }
    }
    for (name, text) in files {
        let (path, draft) = (folder.join(name), folder.join(format!(".{name}.{}.new", std::process::id())));
        // A link that stands there is not followed, and nothing is written over.
        let written = File::create_new(&draft).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&draft, &path)).map_err(at(&path))?;
    }
    Ok(())
}
