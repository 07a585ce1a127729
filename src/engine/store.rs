//! An engine over a store: every process maps one image file; a snapshot follows the log.
//!
//! A writer holds the image file's lock from reading the log to publishing, so that changes are published in the log's order. A
//! writer that dies in between leaves the image one revision behind; the next process that writes or opens publishes it. An image
//! must never be ahead of the log.
#![forbid(unsafe_code)]

use super::snapshot::Snapshot;
use super::{Engine, OpenOptions, OpenedFrom, older};
use crate::directory::Directory;
use crate::document::{self, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::files;
use crate::heard;
use crate::id::Party;
use crate::image::compile;
use crate::image::heard_word;
use crate::image::publish::file::{Found, Others};
use crate::image::publish::published::Published;
use crate::policy::change;
use crate::store::{
    ChangeSet, Checkpoint, CheckpointDocument, DomainNumber, Filter, Hash, Head, Numbers, PartyNumber, Presence, Store,
};
use crate::sync;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// A checkpoint is written every so many revisions.
const CHECKPOINT_EVERY: u64 = 10_000;
/// How often the image is looked for while others open or close the store.
const RETRY: Duration = Duration::from_millis(7);

impl Engine {
    /// Opens a store. Without permission to write it is read-only, and needs an existing image.
    ///
    /// # Errors
    /// `File` when it cannot be read, is damaged or locked.
    pub(super) fn open_store(path: &Path, options: OpenOptions) -> Result<Engine> {
        Engine::over_store(Store::open_or_read(path)?, None, options)
    }

    /// The same for an opened store; `known` is a snapshot of its log up to that head.
    pub(super) fn over_store(store: Store, known: Option<(Snapshot, Head)>, options: OpenOptions) -> Result<Engine> {
        let (published, presence) = opened_images(&store)?;
        let none = Directory::default();
        let names = known.as_ref().map_or(&none, |(snapshot, _)| &snapshot.names);
        let engine = Engine::over(OpenedFrom::Store(store), published, names);
        let engine = Engine { options, _presence: Some(presence), ..engine };
        if let OpenedFrom::Store(store) = &engine.opened_from {
            if engine.published.is_writable() {
                if let Some((snapshot, head)) = known {
                    let _held = engine.published.lock(options.patience)?;
                    if store.head()? == head && engine.revision() == 0 {
                        engine.publish_snapshot(snapshot, |_| Ok(head_hash(&head)))?;
                    }
                }
                engine.catch_up(store)?;
            } else {
                engine.is_of_this_log(store)?;
            }
            if let Err(why) = store.writable() {
                log::warn!("`{}` is opened to be read: {why}", store.path().display());
            }
            log::info!("`{}` is open, revision {}", store.path().display(), engine.revision());
        }
        Ok(engine)
    }

    /// Creates an empty store.
    ///
    /// # Errors
    /// `File` when the path exists, or the folder cannot be written.
    pub fn create_store(path: impl AsRef<Path>) -> Result<Engine> {
        let path = path.as_ref();
        drop(Store::create(path)?);
        Engine::open_store(path, OpenOptions::default())
    }

    /// Takes the lock of the one who changes the store, if this engine may.
    pub(super) fn lock_to_write(&self, store: &Store) -> Result<Option<sync::Held<'_>>> {
        self.may_change_source()?;
        store.writable()?;
        self.published.lock(self.options.patience)
    }

    /// Publishes what the log has and the image lacks, and returns the revision. The caller holds `writer`.
    pub(super) fn catch_up(&self, store: &Store) -> Result<u64> {
        let held = self.published.lock(self.options.patience)?;
        let revision = self.catch_up_locked(store)?;
        drop(held);
        Ok(revision)
    }

    /// The same for a caller that also holds the image file's lock.
    pub(super) fn catch_up_locked(&self, store: &Store) -> Result<u64> {
        let damaged = self.published.recover(|| self.cache.invalidate_all()).is_err() | self.published.take_damage();
        let head = store.head()?;
        let in_force = self.published.read(|image| (image.revision(), image.head_hash()));
        if damaged || in_force != (head.revision, head_hash(&head)) {
            let mut snapshot = self.snapshot.read().emptied();
            snapshot.load(store, head.revision)?;
            self.pack_if_worth(store, &mut snapshot);
            self.publish_snapshot(snapshot, |_| Ok(head_hash(&head)))?;
        }
        if damaged {
            let _ = self.published.take_damage();
            let message = format!(
                "`{}` was damaged while it was in use, and answered no; it was made anew from the log, nothing else was done: try \
                 again, and look after this machine's memory and disk",
                store.image_path().display()
            );
            log::error!("{message}");
            return Err(Error::new(ErrorKind::File, message));
        }
        self.note_heard(store)?;
        Ok(head.revision)
    }

    /// Says in the image when the log was heard from that the store follows, if an answer rests on that. The caller holds the image's lock.
    pub(super) fn note_heard(&self, store: &Store) -> Result<()> {
        self.say_heard(|| store.heard())
    }

    /// The same for a store that is about to follow one: as if it was never heard from.
    pub(super) fn note_unheard(&self) -> Result<()> {
        self.say_heard(|| Ok(heard::NEVER))
    }

    fn say_heard(&self, heard: impl FnOnce() -> Result<u64>) -> Result<()> {
        let said = self.published.read(|image| image.rests_on_age().then(|| image.heard()));
        let Some(said) = said else { return Ok(()) };
        let heard = heard()?;
        // Such answers are in no pair cache.
        if heard == said { Ok(()) } else { self.published.patch(&[heard_word(heard)], || ()) }
    }

    /// For a read-only engine: checks that the image belongs to this log.
    fn is_of_this_log(&self, store: &Store) -> Result<()> {
        let (revision, chain) = self.published.read(|image| (image.revision(), image.head_hash()));
        let filter = Filter { above: revision.saturating_sub(1), below: Some(revision + 1), ..Filter::default() };
        let set = store.history(&filter)?.into_iter().next();
        let cut = store.cut()?;
        let is_cut = cut.revision == revision && head_hash(&cut) == chain;
        if revision == store.revision()? || is_cut || set.is_some_and(|set| head_hash(&set.head()) == chain) {
            return Ok(());
        }
        let message = format!("`{}` must be opened once with permission to write it", store.path().display());
        Err(Error::new(ErrorKind::File, message))
    }

    /// Brings the snapshot to `revision`.
    pub(super) fn follow_log(&self, store: &Store, revision: u64) -> Result<()> {
        let head = head_of(store, revision)?;
        let mut snapshot = self.snapshot.write();
        if (snapshot.revision, snapshot.head) == (revision, head) {
            return Ok(());
        }
        self.policy_reads.fetch_add(1, Ordering::Relaxed);
        let anew = snapshot.revision == 0;
        let followed = snapshot.load(store, revision);
        if followed.is_ok() && anew {
            self.pack_if_worth(store, &mut snapshot);
        }
        if followed.is_err() {
            // Discard a partly loaded snapshot.
            *snapshot = snapshot.emptied();
        }
        followed
    }

    /// The same where its failure is no error, because the log has the changes.
    pub(super) fn checkpoint_if_possible(&self, store: &Store) {
        if let Err(error) = self.write_checkpoint(store) {
            log::warn!("no checkpoint was written, so that the store opens more slowly: {error}");
        }
    }

    /// Writes the current snapshot as the store's checkpoint, so that the next load replays less. The caller holds the lock.
    pub(super) fn write_checkpoint(&self, store: &Store) -> Result<()> {
        let snapshot = self.snapshot.read();
        let checkpoint = snapshot.checkpoint()?;
        let _ = store.set_checkpoint(snapshot.revision, &checkpoint, &Numbers::default())?;
        snapshot.pack(store);
        Ok(())
    }
}

/// The images of a store, and the lock that says that this process uses them.
fn opened_images(store: &Store) -> Result<(Published, Presence)> {
    let (images, id) = (store.image_path(), identity(&store.id()?));
    let until = Instant::now() + files::PATIENCE;
    loop {
        let mut presence = store.presence()?;
        let others = if presence.is_alone() { Others::None } else { Others::Some };
        match Published::beside(&images, store.path(), id, true, others)? {
            Found::Images(published) => {
                presence.join()?;
                return Ok((published, presence));
            }
            // Another opener, or one who closes it, may be in the middle of that.
            Found::NotYet(_) if Instant::now() < until => {}
            Found::NotYet(why) if others == Others::None => return Err(why),
            Found::NotYet(why) => {
                let message = format!(
                    "{why}; so that no change is made that they would not see, end {} first, or put the image back",
                    presence.others()
                );
                return Err(Error::new(why.kind(), message));
            }
        }
        drop(presence);
        std::thread::sleep(RETRY);
    }
}

/// Whether this revision should get a checkpoint.
pub(super) fn wants_checkpoint(revision: u64) -> bool {
    revision.is_multiple_of(CHECKPOINT_EVERY)
}

/// The two words of a store's random number.
fn identity(id: &[u8; 16]) -> [u64; 2] {
    let number = u128::from_le_bytes(*id);
    [number as u64, (number >> 64) as u64]
}

/// The first eight bytes of a log's head hash, as an image stores them; 0 for an empty log.
pub(super) fn head_hash(head: &Head) -> u64 {
    word(head.revision, &head.hash)
}

/// The same of any revision.
pub(super) fn word(revision: u64, hash: &Hash) -> u64 {
    match hash.first_chunk() {
        Some(first) if revision > 0 => u64::from_le_bytes(*first),
        _ => 0,
    }
}

/// The same of a revision of the log.
fn head_of(store: &Store, revision: u64) -> Result<u64> {
    match store.hash_at(revision)? {
        Some(hash) => Ok(word(revision, &hash)),
        None if revision == 0 => Ok(0),
        None => Err(wrong(store, &format!("the log has no revision {revision} any more"))),
    }
}

/// The first difference between two snapshots of one revision with the same numbers.
pub(super) fn first_difference(snapshot: &Snapshot, other: &Snapshot) -> Option<String> {
    let [count, expected] = [snapshot, other].map(|snapshot| snapshot.policy.domains.len());
    if count != expected {
        return Some(format!("{count} domains, expected {expected}"));
    }
    other.policy.domains.iter().find_map(|domain| {
        let Some(twin) = snapshot.policy.domain_named(&domain.name) else {
            return Some(format!("domain `{}` is missing", domain.name));
        };
        let mut entries = change::difference(twin, domain, &other.names);
        entries.extend(change::difference_of_state(twin, domain, &other.names));
        entries.first().map(|entry| format!("in `{}`, `{}` is missing", domain.name, entry.change))
    })
}

pub(super) fn wrong(store: &Store, what: &str) -> Error {
    Error::new(ErrorKind::File, format!("`{}`: {what}", store.path().display()))
}

impl Snapshot {
    /// An empty one with the same unlisted contacts.
    pub(super) fn emptied(&self) -> Snapshot {
        Snapshot { names: Directory::sharing_unlisted(&self.names), ..Snapshot::default() }
    }

    /// Loads the log up to `revision`. It starts again if nothing is loaded, a later revision, or one that was cut off since.
    fn load(&mut self, store: &Store, revision: u64) -> Result<()> {
        let cut = store.cut()?;
        // What it has is not in the log any more: the store went back to the line of its cluster.
        let other = store.hash_at(self.revision)?.is_none_or(|hash| word(self.revision, &hash) != self.head);
        let loaded = if self.revision > revision || self.revision == 0 || self.revision < cut.revision || other {
            match self.load_packed(store, revision) {
                true => Ok(()),
                false => store.checkpoint().and_then(|checkpoint| self.reload(store, revision, Some(checkpoint))),
            }
        } else {
            self.learn(store).and_then(|()| self.go_on(store, revision))
        };
        match loaded {
            // Another program has cut the log meanwhile. Half of a set may have been made: begin anew.
            Err(_) if store.cut()? != cut => {
                *self = self.emptied();
                self.load(store, revision)
            }
            loaded => loaded,
        }
    }

    /// Loads from the checkpoint, or from the beginning of the log: the documents at the cut, or nothing.
    pub(super) fn reload(&mut self, store: &Store, revision: u64, checkpoint: Option<Checkpoint>) -> Result<()> {
        *self = self.emptied();
        self.learn(store)?;
        // A checkpoint is parsed as a current document, which older spellings are not. Replaying the whole log gives the same.
        if let Some(checkpoint) =
            checkpoint.filter(|checkpoint| checkpoint.revision <= revision && (!self.older || checkpoint.revision == 0))
        {
            let first = checkpoint.revision;
            let begun = self.begin(checkpoint);
            // An older version may have accepted a document that this one refuses. Replaying the whole log gives the same state.
            if begun.is_err() && first > store.cut()?.revision {
                return self.reload(store, revision, None);
            }
            begun?;
        } else if let Some(origin) = store.origin()? {
            if origin.revision > revision {
                let message = format!(
                    "revision {revision} was cut off by `linewarden compact`: what is left begins with revision {}",
                    origin.revision
                );
                return Err(Error::new(ErrorKind::Argument, message));
            }
            self.begin(origin)?;
        }
        self.go_on(store, revision)
    }

    pub(super) fn go_on(&mut self, store: &Store, revision: u64) -> Result<()> {
        store.since(self.revision, revision, |set| self.apply(&set))?;
        self.origins = compile::origins(&self.policy, &self.names);
        if self.revision == revision {
            self.head = head_of(store, revision)?;
            return Ok(());
        }
        let message = format!("the log ends at revision {}, expected {revision}", self.revision);
        Err(Error::new(ErrorKind::File, message))
    }

    /// The snapshot of one revision of the log; `Argument` for a revision that was cut off.
    pub(super) fn at(store: &Store, revision: u64) -> Result<Snapshot> {
        let mut snapshot = Snapshot::default();
        snapshot.load(store, revision)?;
        Ok(snapshot)
    }

    /// Loads the numbers that this snapshot lacks.
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

    /// Loads a checkpoint. Its documents are large: there must never be a second copy of them, and none once they are read.
    pub(super) fn begin(&mut self, checkpoint: Checkpoint) -> Result<()> {
        let document = |of: CheckpointDocument| (Document { name: of.name, text: of.document }, of.state);
        let (documents, states): (Vec<Document>, Vec<String>) = checkpoint.documents.into_iter().map(document).unzip();
        if !documents.is_empty() {
            self.policy = document::load(&documents, &mut self.names)?;
        }
        // What is in a store comes from its log: the checkpoint's documents are no file that has lines for people.
        self.policy.domains.iter_mut().for_each(|domain| domain.file = "".into());
        drop(documents);
        states.iter().try_for_each(|state| self.make_all(state))?;
        self.revision = checkpoint.revision;
        Ok(())
    }

    pub(super) fn apply(&mut self, set: &ChangeSet) -> Result<()> {
        self.make_all(&set.text)?;
        self.revision = set.revision;
        Ok(())
    }

    /// Makes the changes of a text, of which some may be made when it fails: then the snapshot is of no use.
    fn make_all(&mut self, text: &str) -> Result<()> {
        // Permissions were checked when the changes were made.
        older::parse_in_parts(text, |entries| self.policy.apply(&mut self.names, None, entries).map(drop))
    }

    /// This snapshot as a checkpoint.
    pub(super) fn checkpoint(&self) -> Result<Checkpoint> {
        let domains = self.policy.domains.iter().map(|domain| {
            let (document, state) = self.written(domain)?;
            Ok(CheckpointDocument { domain: domain.id, name: document.name, document: document.text, state })
        });
        Ok(Checkpoint { revision: self.revision, documents: domains.collect::<Result<_>>()? })
    }

    /// The numbers above those that the store has.
    pub(super) fn numbers_beyond(&self, last: Party, domains: usize) -> Numbers {
        Numbers {
            domains: self
                .names
                .domains_from(domains)
                .map(|(id, name)| DomainNumber { id, name: name.to_owned() })
                .collect(),
            parties: self
                .names
                .parties_above(last)
                .map(|(party, named)| PartyNumber {
                    party,
                    domain: named.domain,
                    kind: named.kind,
                    name: named.name.to_string(),
                })
                .collect(),
        }
    }
}
