//! The agent of a linewarden node: the only program of a machine that talks to the database which orders the changes of all machines. It
//! follows the database's log into the node's store and takes changes from programs of its machine. Checks never come here: every program
//! answers them from the image that it maps, whatever the agent and the database do.
//!
//! ```text
//! cluster   the log of all nodes: a trait, and PostgreSQL
//! node      one store, and its way along the log
//! change    a change: tried here, appended there, followed, answered
//! socket    changes from programs of this machine
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
pub mod node;
pub mod socket;
