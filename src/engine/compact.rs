//! Cuts off the beginning of a store's log, and checks what was kept of it. A cut must never lose what the rest of the log needs, nor
//! make another state of what is in force.
#![forbid(unsafe_code)]

use super::Engine;
use super::snapshot::Snapshot;
use super::store::{first_difference, wrong};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Hash, Head, Store};
use std::path::Path;

/// The end of what [`Engine::compact`] cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cut {
    /// The last revision that was cut off.
    pub revision: u64,
    /// When it was made, in milliseconds since 1970.
    pub at: i64,
    /// Its hash, which stands for everything that was cut off.
    pub hash: Hash,
}

impl Cut {
    pub(super) fn of(cut: &Head) -> Option<Cut> {
        let Head { revision, at, hash } = *cut;
        (revision > 0).then_some(Cut { revision, at, hash })
    }
}

/// What [`Engine::compact`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compacted {
    /// The end of what is cut off now; `None` where nothing ever was.
    pub cut: Option<Cut>,
    /// Whether this call cut it off; `false` where everything that was to go had gone before.
    pub is_new: bool,
}

/// Which change sets [`Engine::compact`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keep {
    /// None: what is in force stays.
    Nothing,
    /// That revision and later ones.
    Revision(u64),
    /// Those made at that time, in milliseconds since 1970, and later.
    Time(i64),
}

impl Engine {
    /// What was cut off the log.
    ///
    /// # Errors
    /// `File` when the store cannot be read, `Argument` for an engine over something else.
    pub fn cut(&self) -> Result<Option<Cut>> {
        Ok(Cut::of(&self.store()?.cut()?))
    }

    /// Cuts off the beginning of the log. The documents of the last revision before the cut, and its hash, take its place; what is in
    /// force, its revision and the head hash stay. With `archive`, a path where nothing is, the store is copied there first, with
    /// everything that is cut off. Other programs may read and write meanwhile; writers wait while the cut itself is made. A process
    /// that ends in the middle leaves the store as it was, or cut.
    ///
    /// # Errors
    /// `File` when the store is damaged or cannot be written, or the archive cannot be written: nothing is cut off then. `Argument` for
    /// a revision that is not there, or an engine that is not over a store.
    pub fn compact(&self, keep: Keep, archive: Option<&Path>) -> Result<Compacted> {
        let store = self.store()?;
        self.may_change_source()?;
        store.writable()?;
        let (before, last) = (store.cut()?, store.verify()?);
        let upto = match keep {
            Keep::Nothing => last.revision,
            Keep::Revision(first) if first <= last.revision + 1 => first.saturating_sub(1),
            Keep::Revision(first) => {
                let message = format!("there is no revision {first}, the last one is {}", last.revision);
                return Err(Error::new(ErrorKind::Argument, message));
            }
            Keep::Time(time) => store.last_before(time)?,
        };
        if upto <= before.revision {
            return Ok(Compacted { cut: Cut::of(&before), is_new: false });
        }
        let snapshot = Snapshot::at(store, upto)?;
        let documents = snapshot.checkpoint()?;
        // Nothing else says later what was in force then.
        let mut twin = Snapshot::default();
        twin.learn(store)?;
        twin.begin(documents.clone())?;
        if let Some(what) = first_difference(&snapshot, &twin) {
            return Err(wrong(store, &format!("the state of revision {upto} cannot be written as documents: {what}")));
        }
        if let Some(archive) = archive {
            store.backup(archive)?;
        }
        let _turn = self.writer.lock();
        let _held = self.published.lock(self.options.patience)?;
        let cut = store.compact(&documents)?;
        // The cut is made; the file gets smaller at the next occasion else.
        if let Err(error) = store.shrink() {
            log::warn!("the store's file stays as long as it was: {error}");
        }
        Ok(Compacted { cut: Cut::of(&cut), is_new: cut.revision == upto })
    }

    /// Checks that these archives, stores that [`Engine::compact`] wrote, are whole, and that together they end with what was cut off
    /// this store. Returns the last revision that is in none of them, 0 where the history is complete.
    ///
    /// # Errors
    /// `File` when an archive is damaged, belongs to another store, or does not hold what was cut off; `Argument` for an engine that
    /// is not over a store.
    pub fn verify_archives<P: AsRef<Path>>(&self, archives: &[P]) -> Result<u64> {
        let store = self.store()?;
        let mut opened = archives
            .iter()
            .map(|path| Store::open_reader(path.as_ref()).and_then(|archive| Ok((archive.cut()?, archive))))
            .collect::<Result<Vec<(Head, Store)>>>()?;
        opened.sort_by_key(|(cut, _)| std::cmp::Reverse(cut.revision));
        let mut wanted = store.cut()?;
        for (cut, archive) in opened {
            archive.verify()?;
            if archive.id()? != store.id()? {
                return Err(wrong(&archive, "it is an archive of another store"));
            }
            if wanted.revision <= cut.revision || archive.hash_at(wanted.revision)? != Some(wanted.hash) {
                let what = format!("it does not hold what was cut off up to revision {}", wanted.revision);
                return Err(wrong(&archive, &what));
            }
            wanted = cut;
        }
        Ok(wanted.revision)
    }
}
