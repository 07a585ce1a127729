//! The policy snapshot: the policy and names that the published image was compiled from. Questions in words and changes read it. A
//! call must never need it: loading it takes seconds.
#![forbid(unsafe_code)]

use super::Engine;
use crate::directory::Directory;
use crate::document::{self, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::heard;
use crate::id::Party;
use crate::image::Image;
use crate::image::compile::Origins;
use crate::image::publish;
use crate::policy::change::{self, Change, Entry};
use crate::policy::{Domain, Policy};

/// Spare parties for which a compiled image has room.
const ROOM: u32 = 1024;
/// Attempts to find snapshot and image at the same revision.
const TRIES: u32 = 10_000;

/// What an image was compiled from.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    pub policy: Policy,
    pub names: Directory,
    pub origins: Origins,
    /// Whether the store has addresses spelled as older versions did.
    pub older: bool,
    /// The revision; 0 before anything was loaded.
    pub revision: u64,
    /// The revision of the packed snapshot that it was loaded from, or that was written from it; 0 for none.
    pub packed: u64,
    /// The head hash of that revision as an image has it, 0 without a log: a store that went back to the line of its cluster has other
    /// change sets with the same numbers.
    pub head: u64,
}

impl Snapshot {
    /// The domain of a party, removed parties included.
    pub(super) fn domain_of(&self, party: Party) -> Option<&Domain> {
        self.policy.domain(self.names.named(party)?.domain)
    }

    /// A domain as a document that loads to the same answers, and the state that documents cannot express, as changes.
    pub(super) fn written(&self, domain: &Domain) -> Result<(Document, String)> {
        let mut text = Vec::new();
        document::write(domain, &self.names, &mut text)
            .map_err(|error| Error::new(ErrorKind::File, format!("domain `{}`: {error}", domain.name)))?;
        let empty = Domain::new(domain.id, &domain.name, "");
        // A document declares a contact by naming it in an entry. A contact without entries is state.
        let related_parties = domain.related_parties();
        let known =
            domain.contacts.iter().map(|contact| contact.party).filter(|contact| !related_parties.contains(contact));
        let known = known.map(|contact| Change::AddContact { address: self.names.text(contact) });
        let mut entries: Vec<_> = known.map(|change| Entry { domain: domain.name.clone(), change }).collect();
        entries.extend(change::difference_of_state(&empty, domain, &self.names));
        let state = change::print(&entries);
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok((Document { name: format!("{}.toml", domain.name), text }, state))
    }
}

impl Engine {
    /// Calls `question` with the image and the snapshot of the same revision. If a store's snapshot cannot be read, both are empty.
    pub(super) fn with_snapshot<R>(&self, mut question: impl FnMut(&Snapshot, Image<'_>) -> R) -> R {
        for _ in 0..TRIES {
            let snapshot = self.snapshot.read();
            let answer = self.published.read(|image| {
                if (image.revision(), image.head_hash()) == (snapshot.revision, snapshot.head) {
                    Ok(question(&snapshot, image))
                } else {
                    Err(image.revision())
                }
            });
            drop(snapshot);
            match answer {
                Ok(answer) => return answer,
                Err(revision) => {
                    if self.reach(revision).is_err() {
                        break;
                    }
                }
            }
        }
        question(&Snapshot::default(), Image::new(&[]))
    }

    /// Brings the snapshot to `revision`. Only a store needs this: other origins change snapshot and image together.
    fn reach(&self, revision: u64) -> Result<()> {
        #[cfg(any(target_os = "linux", windows))]
        if let super::OpenedFrom::Store(store) = &self.opened_from {
            return self.follow_log(store, revision);
        }
        let _ = revision;
        std::thread::yield_now();
        Ok(())
    }

    /// When the log was heard from that this engine's answers follow.
    fn heard(&self) -> u64 {
        #[cfg(any(target_os = "linux", windows))]
        if let super::OpenedFrom::Store(store) = &self.opened_from {
            // What is published is in the log already: it must not fail here.
            return store.heard().unwrap_or(heard::NEVER);
        }
        heard::ALWAYS
    }

    /// Loads the snapshot of the current revision, so that a failure is an error instead of an empty answer.
    ///
    /// # Errors
    /// `File` when the store cannot be read.
    pub(super) fn require_snapshot(&self) -> Result<()> {
        self.reach(self.revision())
    }

    /// Compiles and publishes a snapshot. After it compiles and before it is published, `keep` makes it durable and returns its head
    /// hash. The caller holds `writer`.
    pub(super) fn publish_snapshot(
        &self,
        mut snapshot: Snapshot,
        keep: impl FnOnce(&Snapshot) -> Result<u64>,
    ) -> Result<u64> {
        let revision = snapshot.revision;
        let (prepared, origins) = publish::prepare(&self.published, &snapshot.policy, &snapshot.names, ROOM, revision)?;
        snapshot.origins = origins;
        snapshot.head = keep(&snapshot)?;
        self.published.amend(&prepared, crate::image::head_hash_word(snapshot.head));
        self.published.amend(&prepared, crate::image::heard_word(self.heard()));
        let mut guard = self.snapshot.write();
        self.published.publish(prepared, || self.cache.invalidate_all());
        let old = std::mem::replace(&mut *guard, snapshot);
        drop(guard);
        // Dropping a big policy takes a while: do it after the lock is released.
        drop(old);
        Ok(revision)
    }
}
