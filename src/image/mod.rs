//! Compiled rights as flat words, which checks read without a lock.
//!
//! ```text
//! format     where everything lies in the words, and how each part is packed
//! compile    policy -> words: a whole image, or a patch of one; the only folder that knows the systems
//! evaluate   words -> rights, names, and which answers differ between two images
//! publish    which image is in force, in memory or in a file, and the cache of answers
//! ```
//!
//! `compile` and `evaluate` look at `format` only, `publish` at all three (tests/floors.rs). `format` and `evaluate` know no
//! product, take no lock and open no file.
#![forbid(unsafe_code)]

pub mod compile;
pub mod evaluate;
mod format;
pub mod publish;

pub use evaluate::affected::{Block as AffectedBlock, Both, Indices, affected};
pub use evaluate::domain::Opened;
pub use evaluate::find::Resolved;
pub use evaluate::panel::One;
#[cfg(feature = "internals")]
pub use format::image::{Clean, Journaled, Parts};
pub use format::image::{Image, Query, ReadMode};
pub use format::{head_hash_word, heard_word, instant_word};
