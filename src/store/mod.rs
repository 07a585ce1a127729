//! The store: one SQLite file with everything that must outlive a process. It has a log of change sets, chained by hashes; the
//! numbers of domains and parties; and a checkpoint, the documents that a load begins from. The beginning of the log can be cut off:
//! then the documents of the last revision before the cut, and its hash, stand in its place.
//!
//! A store may follow another one of the same log: `follow` takes change sets as they are there, `upstream` holds the mark.
//!
//! It stores text and numbers. It must never interpret them: the caller decides what a change set means and whether it is
//! allowed. It must never return a change set or a document whose hash does not match, and never lose an acknowledged one.
//!
//! The file must lie on a local disk: SQLite's write-ahead log needs memory shared by all its users. No other code of the
//! process may open and close the file, because closing it releases SQLite's locks ([`is_store`] avoids that).
#![forbid(unsafe_code)]

mod agent;
mod append;
mod backup;
mod chain;
mod cluster;
mod compact;
mod connect;
mod fault;
mod follow;
mod location;
mod packed;
mod presence;
mod read;
mod schema;
mod token;
mod upstream;
mod verify;
mod wire;

use crate::error::{Error, Result};
use crate::id::{DomainId, Kind, Party};
use location::Location;
use read::checkpoint as checkpoint_of;
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(feature = "internals")]
use std::time::Duration;

pub use agent::{Answer, Request};
pub use backup::restore;
pub use connect::is_store;
pub use follow::{Batch, BatchSet};
#[cfg(feature = "internals")]
pub use location::PATIENCE;
pub use presence::Presence;
pub use token::Token;
pub use upstream::{Following, Upstream};

/// SHA-256 over a change set and the hash of the one before it.
pub type Hash = [u8; 32];

/// An open store. Any number of threads may share it: their calls take turns. After `fork()` the child uses a connection of its
/// own. If the process forks while another thread is inside a call, every call in the child is an error.
#[derive(Debug)]
pub struct Store {
    location: Location,
    slot: Arc<connect::Slot>,
    /// Why it was opened to read although the caller wanted to write.
    only_reads: Option<Error>,
}

/// The end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last revision; 0 while nothing was appended.
    pub revision: u64,
    /// When it was appended, in milliseconds since 1970; 0 while nothing was.
    pub at: i64,
    /// Its hash, which covers the whole log: two stores with the same hash have the same log, and the same numbers.
    pub hash: Hash,
}

/// Changes that took effect together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSet {
    /// Its revision: 1 for the first, without gaps.
    pub revision: u64,
    /// When, in milliseconds since 1970; never less than that of the revision before.
    pub at: i64,
    /// The author: empty for the administrator, else `domain/name`.
    pub author: String,
    /// The changes, one a line.
    pub text: String,
    /// Its hash, over the change set, the numbers it brings and the hash before it.
    pub hash: Hash,
}

impl ChangeSet {
    /// The head of a log that ends with this change set.
    #[doc(hidden)]
    pub fn head(&self) -> Head {
        Head { revision: self.revision, at: self.at, hash: self.hash }
    }
}

/// A domain and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainNumber {
    /// The number; the first domain has 0, and there are no gaps.
    pub id: DomainId,
    /// The name, lower case.
    pub name: String,
}

/// A party and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyNumber {
    /// The number; the first party has 1, and there are no gaps.
    pub party: Party,
    /// The domain it belongs to.
    pub domain: DomainId,
    /// What it is.
    pub kind: Kind,
    /// Its name without the kind's prefix.
    pub name: String,
}

/// Newly given numbers, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Those of domains.
    pub domains: Vec<DomainNumber>,
    /// Those of parties.
    pub parties: Vec<PartyNumber>,
}

/// The state of all domains at one revision, so that a load need not replay the whole log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The revision of this state. A load replays the log after it.
    pub revision: u64,
    /// One document for each domain, in the order of loading.
    pub documents: Vec<CheckpointDocument>,
}

/// One domain of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointDocument {
    /// The domain's number.
    pub domain: DomainId,
    /// What messages call the document.
    pub name: String,
    /// The document.
    pub document: String,
    /// What documents cannot express, one change a line.
    pub state: String,
}

/// Which change sets [`Store::history`] returns.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Only revisions above this one.
    pub above: u64,
    /// Only revisions below this one; set it to continue after the last answer.
    pub below: Option<u64>,
    /// Only those of this author; empty for the administrator's.
    pub author: Option<String>,
    /// Only those whose text contains this.
    pub text: Option<String>,
    /// At most this many.
    pub limit: usize,
}

impl Default for Filter {
    fn default() -> Filter {
        Filter { above: 0, below: None, author: None, text: None, limit: usize::MAX }
    }
}

/// The result of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// It is in the store, whose log has this head.
    Done(Head),
    /// Nothing was written: another writer has added revisions that the caller does not know. Read them and try again.
    Behind,
}

impl Store {
    /// Creates an empty store. Other programs see the complete store or none.
    ///
    /// # Errors
    /// `File` when the path exists, or the folder cannot be written.
    pub fn create(path: &Path) -> Result<Store> {
        Store::create_with(path, |_| Ok(()))
    }

    /// Creates a store that `fill` fills before it gets its name. If `fill` fails, no file is left.
    ///
    /// # Errors
    /// As for [`Store::create`], and the errors of `fill`.
    pub fn create_with(path: &Path, fill: impl FnOnce(&Store) -> Result<()>) -> Result<Store> {
        backup::create(path, fill)?;
        Store::open(path)
    }

    /// Opens a store to read and write. A store of an older version is upgraded.
    ///
    /// # Errors
    /// `File` when it is missing, is no store, is damaged at its beginning, comes from a newer version, may not be written, or
    /// stays locked for longer than [`PATIENCE`].
    pub fn open(path: &Path) -> Result<Store> {
        Store::attach(Location::new(path, true)?)
    }

    /// Opens a store to read. It sees what other programs write. While no other program has the store open, it needs only permission
    /// to read the file and creates no other file.
    ///
    /// # Errors
    /// As for [`Store::open`], and `File` when it needs an upgrade first, or when it was not closed properly and its recovery needs
    /// permission to write.
    pub fn open_reader(path: &Path) -> Result<Store> {
        Store::attach(Location::new(path, false)?)
    }

    fn attach(location: Location) -> Result<Store> {
        let store = Store { location, slot: Arc::default(), only_reads: None };
        store.connected()?;
        Ok(store)
    }

    /// Sets how long a call waits for a locked store before it fails; [`location::PATIENCE`] by default. Only tests need less.
    #[cfg(feature = "internals")]
    pub fn set_patience(&mut self, patience: Duration) {
        self.location.patience = patience;
    }

    /// Opens a store to read and write, or else to read only; then [`Store::writable`] returns the reason.
    ///
    /// # Errors
    /// As for [`Store::open`], when it cannot be opened to read either.
    pub fn open_or_read(path: &Path) -> Result<Store> {
        Store::open(path).or_else(|error| match Store::open_reader(path) {
            Ok(mut store) => {
                store.only_reads = Some(error);
                Ok(store)
            }
            Err(_) => Err(error),
        })
    }

    /// Checks that the store was opened to write.
    ///
    /// # Errors
    /// The error of opening it to write.
    pub fn writable(&self) -> Result<()> {
        match &self.only_reads {
            None => Ok(()),
            Some(error) => {
                let message = format!("{error}; when that is mended, open it again, for now it is only read");
                Err(Error::new(error.kind(), message))
            }
        }
    }

    /// The file, with links followed.
    pub fn path(&self) -> &Path {
        &self.location.place
    }

    /// The path of this store's compiled image.
    pub fn image_path(&self) -> PathBuf {
        location::sibling(&self.location.place, "-image")
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // In a forked child: closes the parent's connections, this one included, while the list still has it.
        let _ = connect::close_inherited();
    }
}
