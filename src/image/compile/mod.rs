//! From policy to words: a whole image (write.rs), or the few words of one that a change alters (patch.rs). Both ask `lowering`.
//!
//! Here the five systems are lowered: what a label, a flag, a class or a group key means in each of them, this folder alone
//! knows. It publishes nothing.
#![forbid(unsafe_code)]

pub(crate) mod dated;
mod domain_plan;
mod group_rule;
mod hash;
mod levels;
mod lowering;
mod meaning;
pub mod patch;
pub(crate) mod plan;
pub(crate) mod write;

pub(crate) use write::Compiled;
pub use write::{Origins, origins};
