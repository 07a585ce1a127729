//! What tests, benches and `linewarden generate` share; it is not published.
//!
//! `generate` makes up companies of any size. The rest is for tests: `naive` is the slow twin that answers from plain facts,
//! `random` draws companies and `changes` draws changes for property tests, `cases` reads the case files, `native` builds C
//! programs against the library, `stores` makes stores, `acme` is the small company that most tests begin with. A test
//! must never depend on another test's files.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::indexing_slicing, reason = "tests may fail"))]

#[cfg(feature = "tests")]
mod for_tests;
pub mod generate;

#[cfg(feature = "tests")]
pub use for_tests::*;
