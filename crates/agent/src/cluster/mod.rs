//! The log that orders the changes of all nodes, as the agent needs it: its end, what comes after a revision, compare and append, and what
//! became of an attempt. PostgreSQL is one implementation; nothing outside its folder knows SQL.
//!
//! An implementation must never answer [`Fault::Said`] for an append that may be in the log.
#![forbid(unsafe_code)]

pub mod postgres;

use linewarden::BatchSet;
use linewarden::agent::Trial;
use std::future::Future;

/// SHA-256, as the stores have it.
pub type Hash = [u8; 32];

/// The identity of one attempt to append: random bytes, drawn anew for each.
pub type Attempt = [u8; 16];

/// The end of a log, and its hash at a revision that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The id of the stores of this log.
    pub store: [u8; 16],
    /// Which line of the log it is.
    pub epoch: u64,
    /// Raised where the fate of an attempt was settled.
    pub fence: i64,
    /// The last revision.
    pub revision: u64,
    /// The revision before its first change set: nodes that are behind it begin with a copy of another store.
    pub first: u64,
    /// The hash of the revision that was asked for, `None` where the log does not have it.
    pub at: Option<Hash>,
}

/// Why something could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The log cannot be reached, or did not answer in time. Whether it did what it was asked for is not known.
    Lost(String),
    /// The log refused: nothing was done.
    Said(String),
}

impl Fault {
    /// The message.
    pub fn message(&self) -> &str {
        match self {
            Fault::Lost(message) | Fault::Said(message) => message,
        }
    }
}

/// The result of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log, with this revision and hash.
    Done(u64, Hash),
    /// The log goes on otherwise by now. Nothing was appended.
    Behind,
}

/// A connection to one log. Calls of one connection take turns.
pub trait Log: Send + Sync + Sized {
    /// The end of the log, and its hash at `revision`.
    fn head(&self, revision: u64) -> impl Future<Output = Result<Head, Fault>> + Send;

    /// The change sets after `revision`, in order, at most `most` and about 16 MiB of them.
    fn after(&self, revision: u64, most: usize) -> impl Future<Output = Result<Vec<BatchSet>, Fault>> + Send;

    /// Appends what was tried, if the log still ends as it did then. It waits until the change set is durable, but not for ever.
    fn append(
        &self,
        head: &Head,
        tried: &Trial,
        attempt: &Attempt,
    ) -> impl Future<Output = Result<Appended, Fault>> + Send;

    /// What became of an attempt whose answer was lost; `None`: it is not in the log and never will be.
    fn settle(&self, after: u64, attempt: &Attempt) -> impl Future<Output = Result<Option<(u64, Hash)>, Fault>> + Send;

    /// Returns when the log may have grown. It is a hint: it may never return, or return without a reason.
    fn woken(&self) -> impl Future<Output = ()> + Send;
}

/// How connections to a log are made.
pub trait Cluster: Send + Sync + 'static {
    /// What it connects to.
    type Log: Log + 'static;

    /// A new connection to a shard's log.
    fn connect(&self, shard: &str) -> impl Future<Output = Result<Self::Log, Fault>> + Send;
}
