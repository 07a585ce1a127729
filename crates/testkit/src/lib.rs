//! What tests, benches and `linewarden generate` share; it is not published.
//!
//! `generate` makes up companies of any size. The rest is for tests: `naive` is the slow twin that answers from plain facts,
//! `random` draws companies and `changes` draws changes for property tests, `cases` reads the case files, `native` builds C
//! programs against the library, `stores` makes stores, `acme` is the small company that most tests begin with. A test must never depend on another test's files.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::indexing_slicing, reason = "tests may fail"))]

#[cfg(feature = "tests")]
mod acme;
#[cfg(feature = "tests")]
pub mod cases;
#[cfg(feature = "tests")]
pub mod changes;
pub mod generate;
#[cfg(feature = "tests")]
pub mod naive;
#[cfg(feature = "tests")]
pub mod native;
#[cfg(feature = "tests")]
pub mod random;
#[cfg(all(feature = "tests", target_os = "linux"))]
pub mod stores;
#[cfg(feature = "tests")]
pub mod tables;

#[cfg(feature = "tests")]
pub use acme::acme;
