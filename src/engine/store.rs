//! An engine over a store: the image in a file that every process maps, the snapshot by following the log.
//!
//! Whoever changes something holds the lock of the image file from reading the log to publishing, so what is in force is what the
//! log says, in order. A writer that dies between the two leaves the image a revision behind; whoever writes or opens next
//! publishes what is missing.
#![forbid(unsafe_code)]

use super::snapshot::Snapshot;
use super::{Engine, Origin, PATIENCE, older};
use crate::directory::Directory;
use crate::document::{self, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Party;
use crate::image::compile;
use crate::image::publish::published::Published;
use crate::store::{
    ChangeSet, Checkpoint, CheckpointDocument, Filter, Head, NumberedDomain, NumberedParty, Numbers, Store,
};
use std::path::Path;
use std::sync::atomic::Ordering;

/// Change sets after the checkpoint from which on a writer that has read them all makes a new checkpoint.
const LONG_TAIL: u64 = 10_000;

impl Engine {
    /// Opens a store. Without permission to write, it can be asked and not changed, as long as its image is there.
    ///
    /// # Errors
    /// `File` when it cannot be read, is damaged or locked.
    pub(super) fn open_store(path: &Path) -> Result<Engine> {
        Engine::over_store(Store::open_or_read(path)?, None)
    }

    /// The same of an opened store; `known` is what its log says up to there.
    pub(super) fn over_store(store: Store, known: Option<(Snapshot, Head)>) -> Result<Engine> {
        let images = store.image_path();
        let id = identity(&store.id()?);
        let published = Published::in_file(&images, id, true)
            .or_else(|error| Published::in_file(&images, id, false).map_err(|_| error))?;
        let none = Directory::default();
        let names = known.as_ref().map_or(&none, |(snapshot, _)| &snapshot.names);
        let engine = Engine::over(Origin::Store(store), published, names);
        if let Origin::Store(store) = &engine.origin {
            if engine.published.is_writable() {
                if let Some((snapshot, head)) = known {
                    let _held = engine.published.lock(PATIENCE)?;
                    if store.head()? == head && engine.revision() == 0 {
                        engine.publish_snapshot(snapshot, |_| Ok(head_hash(&head)))?;
                    }
                }
                engine.catch_up(store)?;
            } else {
                engine.is_of_this_log(store)?;
            }
        }
        Ok(engine)
    }

    /// Makes an empty store.
    ///
    /// # Errors
    /// `File` when something is there already, or the folder cannot be written.
    pub fn create_store(path: impl AsRef<Path>) -> Result<Engine> {
        let path = path.as_ref();
        drop(Store::create(path)?);
        Engine::open_store(path)
    }

    /// Puts in force what the log has and the image has not, and returns the revision. The caller has its turn in this process.
    pub(super) fn catch_up(&self, store: &Store) -> Result<u64> {
        let held = self.published.lock(PATIENCE)?;
        let revision = self.catch_up_locked(store)?;
        drop(held);
        Ok(revision)
    }

    /// The same with the lock held.
    pub(super) fn catch_up_locked(&self, store: &Store) -> Result<u64> {
        self.published.recover(|| self.cache.invalidate_all());
        let head = store.head()?;
        let in_force = self.published.read(|image| (image.revision(), image.head_hash()));
        if in_force != (head.revision, head_hash(&head)) {
            let mut snapshot =
                Snapshot { names: Directory::beside(&self.snapshot.read().names), ..Snapshot::default() };
            snapshot.load(store, head.revision)?;
            self.publish_snapshot(snapshot, |_| Ok(head_hash(&head)))?;
        }
        Ok(head.revision)
    }

    /// For whoever cannot write: whether the image is one of this log.
    fn is_of_this_log(&self, store: &Store) -> Result<()> {
        let (revision, chain) = self.published.read(|image| (image.revision(), image.head_hash()));
        let filter = Filter { above: revision.saturating_sub(1), below: Some(revision + 1), ..Filter::default() };
        let set = store.history(&filter)?.into_iter().next();
        if revision == store.revision()? || set.is_some_and(|set| head_hash(&set.head()) == chain) {
            return Ok(());
        }
        let message = format!("`{}` has to be opened once by somebody who may write it", store.path().display());
        Err(Error::new(ErrorKind::File, message))
    }

    /// Brings the snapshot to `revision`.
    pub(super) fn follow_log(&self, store: &Store, revision: u64) -> Result<()> {
        let mut snapshot = self.snapshot.write();
        if snapshot.revision == revision {
            return Ok(());
        }
        self.policy_reads.fetch_add(1, Ordering::Relaxed);
        let followed = snapshot.load(store, revision);
        if followed.is_err() {
            // What is half learned is not kept.
            *snapshot = Snapshot { names: Directory::beside(&snapshot.names), ..Snapshot::default() };
        }
        followed
    }

    /// Makes what is in force the checkpoint of the store, so that whoever opens it has less to read. With the lock held.
    pub(super) fn write_checkpoint(&self, store: &Store) -> Result<()> {
        let snapshot = self.snapshot.read();
        let checkpoint = snapshot.checkpoint()?;
        let _ = store.set_checkpoint(snapshot.revision, &checkpoint, &Numbers::default())?;
        Ok(())
    }
}

/// Whether so much has come since the last checkpoint that there should be a new one.
pub(super) fn is_long(revision: u64) -> bool {
    revision.is_multiple_of(LONG_TAIL)
}

/// The two words of a store's random number.
fn identity(id: &[u8; 16]) -> [u64; 2] {
    let number = u128::from_le_bytes(*id);
    [number as u64, (number >> 64) as u64]
}

/// The beginning of a log's hash as an image keeps it.
pub(super) fn head_hash(head: &Head) -> u64 {
    match head.hash.first_chunk() {
        Some(first) if head.revision > 0 => u64::from_le_bytes(*first),
        _ => 0,
    }
}

impl Snapshot {
    /// Reads what the log has up to `revision`; from the beginning where nothing is loaded yet, or more than that.
    fn load(&mut self, store: &Store, revision: u64) -> Result<()> {
        if self.revision > revision || self.revision == 0 {
            self.reload(store, revision, Some(store.checkpoint()?))
        } else {
            self.learn(store)?;
            self.go_on(store, revision)
        }
    }

    /// Reads everything anew, from the checkpoint or from the very beginning of the log.
    pub(super) fn reload(&mut self, store: &Store, revision: u64, checkpoint: Option<Checkpoint>) -> Result<()> {
        *self = Snapshot { names: Directory::beside(&self.names), ..Snapshot::default() };
        self.learn(store)?;
        // A checkpoint with older spellings would be read as a document of today. The whole log says the same.
        if let Some(checkpoint) =
            checkpoint.filter(|checkpoint| checkpoint.revision <= revision && (!self.older || checkpoint.revision == 0))
        {
            self.begin(&checkpoint)?;
        }
        self.go_on(store, revision)
    }

    fn go_on(&mut self, store: &Store, revision: u64) -> Result<()> {
        store.since(self.revision, revision, |set| self.apply(&set))?;
        self.origins = compile::origins(&self.policy, &self.names);
        if self.revision == revision {
            return Ok(());
        }
        let message = format!("the log ends at revision {}, expected {revision}", self.revision);
        Err(Error::new(ErrorKind::File, message))
    }

    /// Those of a revision of the log; `Argument` for one before the checkpoint.
    pub(super) fn at(store: &Store, revision: u64) -> Result<Snapshot> {
        let mut snapshot = Snapshot::default();
        snapshot.load(store, revision)?;
        Ok(snapshot)
    }

    /// Learns the numbers that the store has given and the snapshot do not know yet.
    pub(super) fn learn(&mut self, store: &Store) -> Result<()> {
        let same = |same: bool, what: &str| match same {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::File, format!("the number of {what} is not what it was"))),
        };
        for domain in &store.domains()? {
            same(self.names.add_domain(&domain.name)? == domain.id, &domain.name)?;
        }
        for named in &store.parties_above(self.names.last_party())? {
            same(self.number(named)? == named.party, &named.name)?;
        }
        Ok(())
    }

    fn begin(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let document = |of: &CheckpointDocument| Document { name: of.name.clone(), text: of.document.clone() };
        let documents: Vec<Document> = checkpoint.documents.iter().map(document).collect();
        if !documents.is_empty() {
            self.policy = document::load(&documents, &mut self.names)?;
        }
        for of in &checkpoint.documents {
            let entries = older::parse(&of.state)?;
            let _ = self.policy.apply(&mut self.names, None, &entries)?;
        }
        self.revision = checkpoint.revision;
        Ok(())
    }

    fn apply(&mut self, set: &ChangeSet) -> Result<()> {
        let entries = older::parse(&set.text)?;
        // Who may change what was decided when it was changed.
        let _ = self.policy.apply(&mut self.names, None, &entries)?;
        self.revision = set.revision;
        Ok(())
    }

    /// As documents, with what documents cannot express beside them.
    pub(super) fn checkpoint(&self) -> Result<Checkpoint> {
        let domains = self.policy.domains.iter().map(|domain| {
            let (document, state) = self.written(domain)?;
            Ok(CheckpointDocument { domain: domain.id, name: document.name, document: document.text, state })
        });
        Ok(Checkpoint { revision: self.revision, documents: domains.collect::<Result<_>>()? })
    }

    /// The numbers that the store does not know yet.
    pub(super) fn numbers_beyond(&self, last: Party, domains: usize) -> Numbers {
        Numbers {
            domains: self
                .names
                .domains_from(domains)
                .map(|(id, name)| NumberedDomain { id, name: name.to_owned() })
                .collect(),
            parties: self
                .names
                .parties_above(last)
                .map(|(party, named)| NumberedParty {
                    party,
                    domain: named.domain,
                    kind: named.kind,
                    name: named.name.to_string(),
                })
                .collect(),
        }
    }
}
