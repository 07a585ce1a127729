//! When a store's packed snapshot is written and read. It must never be what an answer rests on where the documents could say otherwise:
//! whatever does not fit, the caller reads the documents.
#![forbid(unsafe_code)]

use super::Engine;
use super::snapshot::Snapshot;
use crate::error::Result;
use crate::packed;
use crate::store::Store;

/// More parties than this are worth a packed snapshot: fewer are read from documents at once.
const MANY_PARTIES: usize = 256;
/// A packed snapshot is written anew where a load had to make more change sets than this after it.
const MANY_SETS: u64 = 1000;

impl Engine {
    /// Writes the packed snapshot after a load that would have been faster with one. A process that may not write the store leaves that
    /// to others.
    pub(super) fn pack_if_worth(&self, store: &Store, snapshot: &mut Snapshot) {
        let missing = snapshot.packed == 0 && snapshot.names.last_party().index() > MANY_PARTIES;
        let old = snapshot.revision.saturating_sub(snapshot.packed) > MANY_SETS;
        if (missing || old) && self.published.is_writable() && store.writable().is_ok() {
            snapshot.packed = snapshot.pack(store);
        }
    }
}

impl Snapshot {
    /// Writes this snapshot as the store's packed one. Returns its revision, or 0.
    pub(super) fn pack(&self, store: &Store) -> u64 {
        // Names of older stores that are spelled otherwise are read from the log alone.
        let kept =
            !self.older && store.keep_packed(packed::FORM, self.revision, &packed::pack(&self.policy, &self.names));
        if kept { self.revision } else { 0 }
    }

    /// Loads the log up to `revision` from the packed snapshot; false where that cannot be, whatever the reason: then this snapshot is of
    /// no use.
    pub(super) fn load_packed(&mut self, store: &Store, revision: u64) -> bool {
        *self = self.emptied();
        self.begin_packed(store, revision)
            && self.learn(store).is_ok()
            && !self.older
            && self.go_on(store, revision).is_ok()
    }

    fn begin_packed(&mut self, store: &Store, revision: u64) -> bool {
        let Some(held) = store.packed(packed::FORM, revision) else { return false };
        let Some((policy, names)) = packed::unpack(held.bytes(), &self.names) else { return false };
        let numbered = (names.domain_count() as i64, names.last_party().index() as i64);
        if numbered != held.numbered {
            return false;
        }
        (self.revision, self.packed) = (held.revision, held.revision);
        (self.policy, self.names) = (policy, names);
        true
    }

    /// What differs between this snapshot and the packed one of its log, if there is one.
    ///
    /// # Errors
    /// `File` when the log cannot be read.
    pub(super) fn differs_from_packed(&self, store: &Store) -> Result<Option<String>> {
        let mut twin = Snapshot::default();
        if !twin.begin_packed(store, self.revision) {
            return Ok(None);
        }
        twin.learn(store)?;
        twin.go_on(store, self.revision)?;
        Ok(super::store::first_difference(self, &twin))
    }
}
