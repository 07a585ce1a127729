//! From words to rights: the evaluation of a pair, names to parties, and which answers differ between two images.
//!
//! This folder knows no product, takes no lock, opens no file and writes no word.
#![forbid(unsafe_code)]

pub(crate) mod affected;
pub(crate) mod alias;
pub mod check;
mod conditional;
pub mod delta;
pub(crate) mod domain;
pub(crate) mod find;
pub(crate) mod groups;
mod others;
pub(crate) mod pair_entries;
pub(crate) mod pairs;
pub mod panel;
mod quick;
pub(crate) mod record;
