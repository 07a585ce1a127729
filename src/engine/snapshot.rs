//! The snapshot: the policy and the names that the image in force was compiled from, for questions in words and for changes.
#![forbid(unsafe_code)]

use super::Engine;
use crate::directory::Directory;
use crate::document::{self, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Party;
use crate::image::Image;
use crate::image::compile::Origins;
use crate::image::publish;
use crate::policy::change::{self, Change, Entry};
use crate::policy::{Domain, Policy};

/// Parties more than there are now for which an image has room.
const ROOM: u32 = 1024;
/// How often snapshot and image are looked at again when they are not of one revision.
const TRIES: u32 = 10_000;

/// What an image was compiled from.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    pub policy: Policy,
    pub names: Directory,
    pub origins: Origins,
    /// Whether the store has spellings of an older version.
    pub older: bool,
    /// The revision they are at; 0 before anything was loaded.
    pub revision: u64,
}

impl Snapshot {
    /// The domain that a party is or was of.
    pub(super) fn domain_of(&self, party: Party) -> Option<&Domain> {
        self.policy.domain(self.names.named(party)?.domain)
    }

    /// A domain as a document that loads to the same answers, and as changes what documents cannot express.
    pub(super) fn written(&self, domain: &Domain) -> Result<(Document, String)> {
        let mut text = Vec::new();
        document::write(domain, &self.names, &mut text)
            .map_err(|error| Error::new(ErrorKind::File, format!("domain `{}`: {error}", domain.name)))?;
        let empty = Domain::new(domain.id, &domain.name, "");
        // A document makes a contact known by what it says of it; one that it says nothing of is state.
        let spoken_of = domain.spoken_of();
        let known = domain.contacts.iter().map(|contact| contact.party).filter(|contact| !spoken_of.contains(contact));
        let known = known.map(|contact| Change::AddContact { address: self.names.text(contact) });
        let mut entries: Vec<_> = known.map(|change| Entry { domain: domain.name.clone(), change }).collect();
        entries.extend(change::difference_of_state(&empty, domain, &self.names));
        let state = change::print(&entries);
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok((Document { name: format!("{}.toml", domain.name), text }, state))
    }
}

impl Engine {
    /// Asks the image together with the snapshot it was compiled from. Where the books of a store cannot be read, an image and snapshot
    /// are asked in which there is nobody.
    pub(super) fn with_snapshot<R>(&self, mut question: impl FnMut(&Snapshot, Image<'_>) -> R) -> R {
        for _ in 0..TRIES {
            let snapshot = self.snapshot.read();
            let asked = self.published.read(|image| {
                if image.revision() == snapshot.revision {
                    Ok(question(&snapshot, image))
                } else {
                    Err(image.revision())
                }
            });
            drop(snapshot);
            match asked {
                Ok(answer) => return answer,
                Err(revision) => {
                    if self.follow(revision).is_err() {
                        break;
                    }
                }
            }
        }
        question(&Snapshot::default(), Image::new(&[]))
    }

    /// Brings the snapshot to the revision, where that is not done by whoever changes the image.
    fn follow(&self, revision: u64) -> Result<()> {
        #[cfg(target_os = "linux")]
        if let super::Origin::Store(store) = &self.origin {
            return self.follow_log(store, revision);
        }
        let _ = revision;
        std::thread::yield_now();
        Ok(())
    }

    /// Makes sure that questions in words can be answered: they are refused where the snapshot cannot be read.
    ///
    /// # Errors
    /// `File` when the store cannot be read.
    pub fn require_snapshot(&self) -> Result<()> {
        self.follow(self.revision())
    }

    /// Puts snapshot in force, compiled anew. Before that, once they are known to compile, `keep` makes them durable and says where
    /// their log ends. Only one caller at a time.
    pub(super) fn publish_snapshot(
        &self,
        mut snapshot: Snapshot,
        keep: impl FnOnce(&Snapshot) -> Result<u64>,
    ) -> Result<u64> {
        let revision = snapshot.revision;
        let (prepared, origins) = publish::prepare(&self.published, &snapshot.policy, &snapshot.names, ROOM, revision)?;
        snapshot.origins = origins;
        self.published.amend(&prepared, crate::image::head_hash_word(keep(&snapshot)?));
        let mut guard = self.snapshot.write();
        self.published.publish(prepared, || self.cache.invalidate_all());
        let old = std::mem::replace(&mut *guard, snapshot);
        drop(guard);
        // A big policy takes a while to take down: nobody has to wait for that.
        drop(old);
        Ok(revision)
    }
}
