//! Policy documents: TOML to policy and back. A document that cannot be loaded whole is not loaded at all.
//!
//! Lines that a policy carries for messages are those of the entry's header, except where one key decides what the
//! entry gives: `level` or `rights` in workgroups, relationships, authorizations and grants, `maximum` in a federation,
//! `state` in a subscription, the row's key in a matrix.
#![forbid(unsafe_code)]

mod chunk;
mod fault;
mod load;
mod read;
mod table;
mod write;

use crate::directory::Directory;
use crate::error::Result;
use crate::policy::{Domain, Policy};
use std::path::Path;

/// One document's file name (as it appears in messages) and text.
#[derive(Clone, Debug)]
pub struct Document {
    /// How messages call it: the path as the caller wrote it.
    pub name: String,
    /// The TOML text.
    pub text: String,
}

/// Reads a document, or every `*.toml` of a folder (sorted by name), from disk.
pub fn read(source: impl AsRef<Path>) -> Result<Vec<Document>> {
    read::read(source.as_ref())
}

/// Builds the policy of these documents; names get their numbers in `directory`. All faults of all documents are
/// reported together in one error, each with file, line and column; nothing is half loaded.
///
/// A login is any name without `/`, `:` and control characters, up to 255 bytes. An extension is up to 32 letters,
/// digits, `.`, `-` and `_`, with or without a `+` before them; `*` and `#` belong to function codes.
pub fn load(documents: &[Document], directory: &mut Directory) -> Result<Policy> {
    load::load(documents, directory)
}

/// Writes a domain as a document that loads to the same answers.
pub fn write(domain: &Domain, directory: &Directory, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    write::write(domain, directory, out)
}
