//! The decision service as its callers see it: a real service on the loopback, in this process.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod attackers;
mod audit;
mod authzen;
#[allow(dead_code, reason = "the tests of the page use more of it")]
#[path = "../page/browser.rs"]
mod browser;
mod changes;
mod client;
mod config;
mod damage;
mod flips;
mod front;
mod manual;
mod openapi;
mod proofs;
mod questions;
mod server;
