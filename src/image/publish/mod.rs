//! Images in force: where they lie, how they are replaced and patched while readers are at work, and the pair cache.
#![forbid(unsafe_code)]

pub(in crate::image) mod backing;
pub mod cache;
pub mod copy;
#[cfg(target_os = "linux")]
pub mod file;
pub mod published;
