//! Images in force: where they lie, how they are replaced and patched while readers are at work, and the pair cache.
//!
//! Only this folder uses the lock between processes and the file. Of what the words mean it reads the revision and the number of
//! words, nothing else.
#![forbid(unsafe_code)]

pub(crate) mod backing;
pub mod cache;
pub mod copy;
#[cfg(any(target_os = "linux", windows))]
pub mod file;
mod prepare;
pub mod published;
mod whole;

pub use prepare::prepare;
