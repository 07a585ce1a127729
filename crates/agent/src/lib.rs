//! The agent of a linewarden node: the only program of a machine that talks to the database which orders the changes of all machines. It
//! follows the database's log into the node's store and takes changes from programs of its machine. Checks of a PBX never come here: it
//! answers them from the image that it maps, whatever the agent and the database do. Programs that cannot map it ask over HTTP, with a
//! database or without.
//!
//! ```text
//! cluster   the log of all nodes: a trait, and PostgreSQL
//! node      one store, and its way along the log
//! change    a change: tried here, appended there, followed, answered
//! socket    changes from programs of this machine
//! http      questions and changes from programs that cannot load the library
//! random    random bytes of the system
//! admin     making a cluster, joining, leaving, promoting, looking at it
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests may fail"
    )
)]

pub mod admin;
pub mod change;
pub mod cluster;
pub mod http;
pub mod node;
mod random;
pub mod socket;
