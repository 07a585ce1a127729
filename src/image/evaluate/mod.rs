//! From words to rights: the evaluation of a pair, and which answers differ between two images.
#![forbid(unsafe_code)]

pub(in crate::image) mod alias;
pub(in crate::image) mod cells;
pub mod check;
pub mod delta;
pub(in crate::image) mod groups;
