//! From policy to words: a whole image, or the few words of one that a change alters. Here products are lowered.
#![forbid(unsafe_code)]

pub(in crate::image) mod domain_plan;
pub(in crate::image) mod facts;
pub mod patch;
pub(in crate::image) mod plan;
pub(in crate::image) mod write;

pub use write::{Origins, origins, prepare};
