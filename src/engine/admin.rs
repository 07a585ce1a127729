//! Administration of a store: create, history, verify, backup, restore. (compact.rs cuts its log.) Nothing here changes a policy.
#![forbid(unsafe_code)]

use super::change::{difference, now};
use super::compact::Cut;
use super::snapshot::Snapshot;
use super::store::{first_difference, wrong};
use super::{Engine, OpenOptions, OpenedFrom};
use crate::document::Document;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Party;
use crate::policy::Policy;
use crate::policy::change::{self, Entry};
use crate::store::{Numbers, Store, Written};
use std::path::Path;

pub use crate::store::{ChangeSet, Filter};

/// A new store with more changes than this gets a checkpoint.
const MANY: usize = 256;
/// The most pairs that are compared; of more, a sample of this size.
const PAIRS: u64 = 4_000_000;

/// What [`Engine::verify`] checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The revision. All change sets up to it were replayed, but for those that were cut off.
    pub revision: u64,
    /// What was cut off, if anything was.
    pub cut: Option<Cut>,
    /// The number of pairs compared between image and log.
    pub pairs: u64,
    /// The number of pairs in all domains.
    pub of: u64,
}

impl Engine {
    /// Creates a store from documents and state. Other programs see the complete store or none. Returns its first change set.
    ///
    /// # Errors
    /// As for [`Engine::difference`]; `File` when the path exists, or the folder cannot be written.
    pub fn create_from(
        path: impl AsRef<Path>,
        documents: &[Document],
        state: Option<&str>,
    ) -> Result<(Engine, Vec<Entry>)> {
        let path = path.as_ref();
        let mut snapshot = Snapshot::default();
        let entries = difference(&Policy::default(), &mut snapshot.names, documents, state)?;
        let _ = snapshot.policy.apply(&mut snapshot.names, None, &entries)?;
        snapshot.revision = 1;
        let numbers = snapshot.numbers_beyond(Party::NONE, 0);
        let mut head = None;
        let store = Store::create_with(path, |store| {
            let first = store.append(0, now(), "", &change::print(&entries), &numbers)?;
            if let Written::Done(first) = first {
                head = Some(first);
                if entries.len() > MANY {
                    let _ = store.set_checkpoint(1, &snapshot.checkpoint()?, &Numbers::default())?;
                }
            }
            Ok(())
        })?;
        // The engine need not read what this function has in memory.
        let engine = Engine::over_store(store, head.map(|head| (snapshot, head)), OpenOptions::default())?;
        if entries.len() > MANY {
            engine.snapshot.read().pack(engine.store()?);
        }
        Ok((engine, entries))
    }

    /// Checks that this engine is over a store.
    ///
    /// # Errors
    /// `Argument` when it is not.
    pub fn is_store(&self) -> Result<()> {
        self.store().map(drop)
    }

    /// Change sets, the newest first: who changed what, and when.
    ///
    /// # Errors
    /// `File` when the store cannot be read, `Argument` for an engine over something else.
    pub fn history(&self, filter: &Filter) -> Result<Vec<ChangeSet>> {
        self.store()?.history(filter)
    }

    /// Copies the store to `to`, which must not exist. Other programs may read and write meanwhile. Returns the revision of the copy,
    /// which is verified and on the disk.
    ///
    /// # Errors
    /// `File` when the copy cannot be written or the store is damaged, `Argument` for an engine over something else.
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<u64> {
        let to = to.as_ref();
        self.store()?.backup(to).map(|head| head.revision)
    }

    /// Verifies the file, all hashes, that replaying the log from its first change gives the checkpoint, and the answers of the image.
    /// Other programs may read and write meanwhile.
    ///
    /// # Errors
    /// `File` with the fault; `Argument` for an engine that is not over a store.
    pub fn verify(&self) -> Result<Verified> {
        let store = self.store()?;
        store.verify()?;
        // A change in between makes the result void. After two of them, lock out other writers.
        for _ in 0..2 {
            if let Some(verified) = self.replay(store)? {
                return Ok(verified);
            }
        }
        let _turn = self.writer.lock();
        let _held = self.published.lock(self.options.patience)?;
        self.catch_up_locked(store)?;
        self.replay(store)?.ok_or_else(|| wrong(store, "the image changes while linewarden has it locked"))
    }

    /// Replays the log and compares. `None` if the image changed meanwhile.
    fn replay(&self, store: &Store) -> Result<Option<Verified>> {
        let revision = self.revision();
        let mut snapshot = Snapshot::default();
        let checkpoint = store.checkpoint()?;
        // A checkpoint of revision 0 is the only record of the documents that the log begins from.
        let first = if checkpoint.revision == 0 { Some(checkpoint.clone()) } else { None };
        let cut = store.cut()?;
        if let Err(error) = snapshot.reload(store, revision, first) {
            // Another program has cut the log meanwhile.
            return if store.cut()? == cut { Err(error) } else { Ok(None) };
        }
        if checkpoint.revision > 0 {
            let mut short = Snapshot::default();
            if let Err(error) = short.reload(store, revision, Some(checkpoint)) {
                return if store.cut()? == cut { Err(error) } else { Ok(None) };
            }
            if let Some(what) = first_difference(&snapshot, &short) {
                return Err(wrong(
                    store,
                    &format!("replayed from its beginning, the log does not give the checkpoint: {what}"),
                ));
            }
        }
        if let Some(what) = snapshot.differs_from_packed(store)? {
            let packed = store.packed_path();
            let what = format!("`{}` does not say what the log says, remove it: {what}", packed.display());
            return Err(wrong(store, &what));
        }
        let parties: Vec<Vec<Party>> =
            snapshot.policy.domains.iter().map(|domain| domain.parties().map(|(party, _)| party).collect()).collect();
        let twin = Engine::assemble(OpenedFrom::Memory, snapshot.policy, snapshot.names, 1)?;
        let of = parties.iter().map(|parties| (parties.len() as u64).pow(2)).sum();
        let mut pairs = 0;
        for parties in &parties {
            for (actor, target) in sampled(parties, of) {
                let said = self.published.read(|image| (image.revision(), self.ask(&image, actor, target, None)));
                if said.0 != revision {
                    return Ok(None);
                }
                if said.1 != twin.evaluate(actor, target) {
                    let what = format!(
                        "`{}` towards `{}`: the image in force does not say what the log says; end every program that has the \
                         store open and remove `{}`, which is then made anew",
                        twin.text(actor),
                        twin.text(target),
                        store.image_path().display()
                    );
                    return Err(wrong(store, &what));
                }
                pairs += 1;
            }
        }
        let cut = Cut::of(&cut);
        Ok((self.revision() == revision).then_some(Verified { revision, cut, pairs, of }))
    }

    pub(super) fn store(&self) -> Result<&Store> {
        match &self.opened_from {
            OpenedFrom::Store(store) => Ok(store),
            OpenedFrom::Documents(source) => {
                let message = format!("`{}` is no store, which alone keeps a log", source.display());
                Err(Error::new(ErrorKind::Argument, message))
            }
            OpenedFrom::Memory => Err(Error::new(ErrorKind::Argument, "this engine is not over a store")),
        }
    }
}

/// Copies the backup at `from` to `to`, which does not exist or is a store that no program has open. Returns the revision.
///
/// # Errors
/// `File` when the copy is damaged, the store is in use, or the folder cannot be written; nothing is changed then.
pub fn restore(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<u64> {
    let (from, to) = (from.as_ref(), to.as_ref());
    crate::store::restore(from, to).map(|head| head.revision)
}

/// All pairs of these parties; if there are too many pairs in all (`of`), this domain's share of the sample, with a fixed seed.
fn sampled(parties: &[Party], of: u64) -> Box<dyn Iterator<Item = (Party, Party)> + '_> {
    let count = parties.len() as u64;
    if of <= PAIRS {
        return Box::new(parties.iter().flat_map(|actor| parties.iter().map(|target| (*actor, *target))));
    }
    let share = (u128::from(count * count) * u128::from(PAIRS) / u128::from(of)) as u64;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        parties.get(((u128::from(state) * u128::from(count)) >> 64) as usize).copied().unwrap_or(Party::NONE)
    };
    Box::new((0..share).map(move |_| (next(), next())))
}
