//! Policy documents: TOML to policy (`load`) and back (`write`); a file for each system has its part of both. A document must never be
//! loaded in part.
//!
//! The line of a policy entry is the line of its header, except where one key decides what the entry gives: `level` or
//! `rights` in workgroups, relationships, authorizations and grants, `maximum` in a federation, `state` in a
//! subscription, the row's key in a matrix.
#![forbid(unsafe_code)]

mod again;
mod chunk;
mod estos;
mod fault;
mod keevio;
mod linewarden;
mod load;
mod pascom;
mod read;
mod table;
mod write;
mod xphone;

use crate::directory::Directory;
use crate::error::Result;
use crate::policy::{Domain, Policy};
use std::path::Path;

pub(crate) use again::{Fingerprints, load_again};

/// The file name and text of a document.
#[derive(Clone, Debug)]
pub struct Document {
    /// The name in messages: the path as the caller wrote it.
    pub name: String,
    /// The TOML text.
    pub text: String,
}

impl Document {
    /// Reads a document from a stream to its end: a pipe, standard input. It waits for as long as the writer does, so no program that
    /// answers calls should use it. `name` is its name in messages.
    ///
    /// # Errors
    /// `File` when it cannot be read or is too long, `Document` when it is not UTF-8.
    pub fn read_from(name: &str, reader: impl std::io::Read) -> Result<Document> {
        let mut reader = reader;
        read::text_of(name, &mut reader, 0)
    }
}

/// Reads a document, or every `*.toml` of a folder (sorted by name), from disk.
///
/// # Errors
/// `File` for a file or folder that cannot be read, `Document` for a file that is not UTF-8.
pub fn read(source: impl AsRef<Path>) -> Result<Vec<Document>> {
    read::read(source.as_ref())
}

/// Reads one file that is trusted as a document is: refused where it is no file, everyone may write it, or it is too long.
///
/// # Errors
/// As for [`read`].
pub fn read_file(path: &Path) -> Result<Document> {
    read::read_file(path)
}

/// Builds the policy of these documents and registers their parties in `directory`. On error `directory` is unchanged.
///
/// A login is any name without `/`, `:` and control characters, up to 255 bytes. An extension is up to 32 letters,
/// digits, `.`, `-` and `_`, with or without a `+` before them; `*` and `#` belong to function codes.
///
/// # Errors
/// `Document` with all faults of all documents, each with file, line and column.
pub fn load(documents: &[Document], directory: &mut Directory) -> Result<Policy> {
    load::load(documents, directory, |_| None)
}

/// Writes a domain as a document that loads to the same answers.
///
/// # Errors
/// Those of `out`.
pub fn write(domain: &Domain, directory: &Directory, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    write::write(domain, directory, out)
}
