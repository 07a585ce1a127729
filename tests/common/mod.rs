//! What several integration tests share. Each test file takes the parts it needs.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
#![forbid(unsafe_code)]

pub mod cases;
pub mod changes;
pub mod naive;
pub mod random;
pub mod tables;
