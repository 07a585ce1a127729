//! The page over HTTP: who gets in, what a form may do, what is shown and to whom.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod access;
mod browser;
#[allow(dead_code, reason = "the tests of the service use more of it")]
#[path = "../service/client.rs"]
mod client;
mod content;
mod hostile;
mod nodes;
#[allow(dead_code, reason = "the tests of the service use more of it")]
#[path = "../service/server.rs"]
mod server;

use server::{Server, callers, companies};

/// A server with the page, and a proxy at this machine's address that names people in a header.
fn server() -> Server {
    let page = "[page.proxy]\naddresses = [\"127.0.0.1\"]\nheader = \"x-remote-user\"\ndomain = \"acme.example\"\n\
                administrators = [\"root\"]\n";
    Server::new(&companies(), &format!("{}\n{page}", callers()))
}
