//! The store: one SQLite file with everything that must outlive a process. A log of change sets, each bound to the one before
//! by a hash; the numbers of domains and parties; and the documents that the log begins from.
//!
//! It knows text and numbers and never looks at a policy: what a change set means, and whether it may be made, is decided
//! before it comes here. It never hands out a change set or a document whose hash does not fit, and what it has acknowledged
//! stays.
//!
//! The file must lie on a disk of this machine: SQLite's write-ahead log needs memory that all its users share. No other code
//! of the process may open and close the file, because that would take away SQLite's locks ([`is_store`] takes care of it).
#![forbid(unsafe_code)]

mod append;
mod backup;
mod chain;
mod connect;
mod fault;
mod read;
mod schema;
mod verify;

use crate::error::{Error, Result};
use crate::id::{DomainId, Kind, Party};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use backup::restore;
pub use connect::is_store;

/// SHA-256 over a change set and the hash of the one before it.
pub type Hash = [u8; 32];

/// How long a locked store is waited for, if nothing else is said.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// An open store. Any number of threads may share it: their calls take turns. After `fork()` a child goes on with a connection of
/// its own; it must not be forked while another thread is inside a call, or every call in the child is an error.
#[derive(Debug)]
pub struct Store {
    location: connect::Location,
    slot: Arc<connect::Slot>,
    /// Why it is only read although it was to be written.
    only_reads: Option<Error>,
}

/// Where the log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last revision; 0 while nothing was appended.
    pub revision: u64,
    /// When it was appended, in milliseconds since 1970; 0 while nothing was.
    pub at: i64,
    /// Its hash. It stands for the whole log up to here: two stores with the same hash have the same log.
    pub hash: Hash,
}

/// Changes that were made together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeSet {
    /// Its place in the log, from 1 on, without gaps.
    pub revision: u64,
    /// When, in milliseconds since 1970; never less than that of the revision before.
    pub at: i64,
    /// Who: empty for the administrator, else `domain/name`.
    pub author: String,
    /// The changes, one a line.
    pub text: String,
    /// Binds it to everything before it.
    pub hash: Hash,
}

impl ChangeSet {
    /// The end of a log whose last change set this is.
    pub fn head(&self) -> Head {
        Head { revision: self.revision, at: self.at, hash: self.hash }
    }
}

/// A domain and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedDomain {
    /// The number; the first domain has 0, and there are no gaps.
    pub id: DomainId,
    /// The name, lower case.
    pub name: String,
}

/// A party and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedParty {
    /// The number; the first party has 1, and there are no gaps.
    pub party: Party,
    /// The domain that knows it.
    pub domain: DomainId,
    /// What it is.
    pub kind: Kind,
    /// Its name without the kind's prefix.
    pub name: String,
}

/// Numbers that were given, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Those of domains.
    pub domains: Vec<NumberedDomain>,
    /// Those of parties.
    pub parties: Vec<NumberedParty>,
}

/// What a load begins from: the state of all domains at one revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// The revision whose state this is: the log goes on after it.
    pub revision: u64,
    /// One document a domain, in the order they are loaded in.
    pub documents: Vec<BaseDocument>,
}

/// One domain of a base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseDocument {
    /// The domain's number.
    pub domain: DomainId,
    /// What messages call the document.
    pub name: String,
    /// The document.
    pub document: String,
    /// What documents cannot express, one change a line.
    pub state: String,
}

/// Everything that is newer than what a reader knows, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Where the log ends now.
    pub head: Head,
    /// The change sets, in order.
    pub sets: Vec<ChangeSet>,
    /// The numbers, those of every party the change sets name among them: learn them before the change sets are applied.
    pub numbers: Numbers,
}

/// Which change sets [`Store::history`] tells.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Only revisions above this one.
    pub above: u64,
    /// Only revisions below this one, to go on where the last answer ended.
    pub below: Option<u64>,
    /// Only those of this author; empty for the administrator's.
    pub author: Option<String>,
    /// Only those whose text holds this.
    pub text: Option<String>,
    /// At most so many.
    pub limit: usize,
}

impl Default for Filter {
    fn default() -> Filter {
        Filter { above: 0, below: None, author: None, text: None, limit: usize::MAX }
    }
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Written {
    /// It is in the store; where the log ends now.
    Done(Head),
    /// Nothing was written: another writer came first, and the caller does not know what it wrote. Read the news and try again.
    Behind,
}

impl Store {
    /// Makes an empty store. Whoever looks finds the whole store or none.
    ///
    /// # Errors
    /// `File` when something is there already, or the folder cannot be written.
    pub fn create(path: &Path) -> Result<Store> {
        Store::create_with(path, |_| Ok(()))
    }

    /// Makes a store and fills it before anybody can see it: if `fill` fails, nothing is left behind.
    ///
    /// # Errors
    /// As for [`Store::create`], and whatever `fill` says.
    pub fn create_with(path: &Path, fill: impl FnOnce(&Store) -> Result<()>) -> Result<Store> {
        backup::create(path, fill)?;
        Store::open(path)
    }

    /// Opens a store to read and write, and brings an older one up to this version.
    ///
    /// # Errors
    /// `File` when it is missing, is no store, is damaged at its beginning, comes from a newer version, may not be written, or
    /// is locked for longer than [`PATIENCE`].
    pub fn open(path: &Path) -> Result<Store> {
        Store::attach(connect::Location::new(path, true)?)
    }

    /// Opens a store to read. It follows what others write. While nobody has the store open it takes no more than permission to
    /// read the file, and leaves nothing beside it.
    ///
    /// # Errors
    /// As for [`Store::open`], and `File` when it needs an upgrade first, or when it was not closed properly and only somebody
    /// with permission to write can recover it.
    pub fn open_reader(path: &Path) -> Result<Store> {
        Store::attach(connect::Location::new(path, false)?)
    }

    fn attach(location: connect::Location) -> Result<Store> {
        let store = Store { location, slot: Arc::default(), only_reads: None };
        store.connected()?;
        Ok(store)
    }

    /// How long a call waits while another program has the store locked, before it is an error.
    pub fn set_patience(&mut self, patience: Duration) {
        self.location.patience = patience;
    }

    /// Opens a store to read and write, or where that cannot be, to read; then [`Store::writable`] says why.
    ///
    /// # Errors
    /// As for [`Store::open`], when it cannot be read either.
    pub fn open_or_read(path: &Path) -> Result<Store> {
        Store::open(path).or_else(|error| match Store::open_reader(path) {
            Ok(mut store) => {
                store.only_reads = Some(error);
                Ok(store)
            }
            Err(_) => Err(error),
        })
    }

    /// Makes sure that it was opened to be written.
    ///
    /// # Errors
    /// What was wrong when it was opened.
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

    /// Where the compiled image of this store is kept.
    pub fn image_path(&self) -> PathBuf {
        connect::beside(&self.location.place, "-image")
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // In a forked child: lets go of the parent's connections, this one among them, while it can still be found.
        let _ = connect::settle();
    }
}
