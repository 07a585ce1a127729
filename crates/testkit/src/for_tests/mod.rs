//! What only tests need. A failure here fails a test, so these files may panic; nothing else of the crate may.
#![forbid(unsafe_code)]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what fails here fails a test"
)]

mod acme;
pub mod cases;
pub mod changes;
mod in_force;
pub mod naive;
pub mod native;
pub mod random;
mod rules;
mod someone;
#[cfg(any(target_os = "linux", windows))]
pub mod stores;
pub mod tables;

pub use acme::acme;
