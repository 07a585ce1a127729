//! Reads what other telephone systems export and writes linewarden's policy documents: one file a format in `format/`, one model of
//! a document, and a list of what was not carried over. It never guesses: what a format says and a document cannot say, or what was
//! not understood, is listed; a file that its own system would not read is an error with its place. It never writes a store, never
//! runs a command that a file names, and knows nothing of the engine.
//!
//! The rights of a document that is written are never wider than those of its sources.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests may fail"
    )
)]

mod builder;
mod fault;
mod format;
mod input;
mod model;
mod numbers;
mod records;
mod write;

pub use fault::{Fault, NotCarried};
pub use format::Format;
pub use input::Input;
pub use model::{At, Document, Group, Place, Rule, Subscription, Team, User};
pub use numbers::Numbers;
pub use records::{Deed, Done, Learned, learn};

/// What the sources do not say themselves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of the domain that the document describes.
    pub domain: String,
    /// How numbers are read.
    pub numbers: Numbers,
}

/// A document, and what it lacks.
#[derive(Debug)]
pub struct Conversion {
    /// The document.
    pub document: Document,
    /// What was not carried over, in the order in which it was found.
    pub not_carried: Vec<NotCarried>,
}

/// Reads `inputs`, which are all of one format, into one document.
pub fn convert(format: Format, inputs: &[Input], options: &Options) -> Result<Conversion, Fault> {
    let mut builder = builder::Builder::new(options);
    let names: Vec<&str> = inputs.iter().map(|input| &*input.name).collect();
    let head = format!("Written by `linewarden convert {}` from {}.", format.name(), names.join(", "));
    builder.document.head.push(head);
    format.read(inputs, &mut builder)?;
    Ok(builder.finish())
}
