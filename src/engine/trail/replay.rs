//! How a trail is made: the log is made again, change set by change set, and of each it is kept which words of the image it altered and whose
//! answers that can concern. It must never write the store, nor make another state than the log says.
#![forbid(unsafe_code)]

use super::super::change::FEW;
use super::super::snapshot::Snapshot;
use super::super::store::word;
use super::super::{Engine, older};
use super::{Before, Since, Step, Trail, put};
use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;
use crate::image::compile::patch;
use crate::image::evaluate::delta::{self, Delta};
use crate::image::publish;
use crate::image::publish::published::Published;
use crate::memory::Words;
use crate::store::{ChangeSet, Store};
use std::sync::atomic::{AtomicU64, Ordering};

/// Spare parties for which a compiled image has room.
const ROOM: u32 = 1024;
/// The words that a patch altered, with their old values, and whose answers that can concern.
type Small = (Vec<(u32, u64)>, Delta);

/// A trail that was left so far behind is read anew.
const FAR: u64 = 100_000;

impl Engine {
    /// The trail of the store up to the current revision.
    ///
    /// # Errors
    /// `File` when the log cannot be read, `Argument` for an engine that is not over a store, `Limit` when there is no memory.
    pub fn trail(&self) -> Result<Trail> {
        let store = self.store()?;
        let revision = self.revision();
        let mut snapshot = self.snapshot.read().emptied();
        let cut = store.cut()?.revision;
        let begin = cut.max(revision.min(1));
        // Only a checkpoint that is not later than the first state.
        let checkpoint = Some(store.checkpoint()?).filter(|checkpoint| checkpoint.revision <= begin);
        snapshot.reload(store, begin, checkpoint)?;
        let words = compiled(&mut snapshot)?;
        let mut first = None;
        if cut == 0 {
            store.since(0, begin, |set| {
                first = Some(Since::of(&set));
                Ok(())
            })?;
        }
        let mut trail = Trail { snapshot, words, steps: Vec::new(), first };
        trail.go_on(store, revision)?;
        Ok(trail)
    }

    /// Brings a trail of this store to the current revision.
    ///
    /// # Errors
    /// As for [`Engine::trail`]; the trail is read anew next time.
    pub fn extend(&self, trail: &mut Trail) -> Result<()> {
        let store = self.store()?;
        let (from, to) = (trail.revision(), self.revision());
        // A store that went back to the line of its cluster has other change sets with these numbers.
        let hash = store.hash_at(from)?.map(|hash| word(from, &hash));
        let same = hash == Some(trail.snapshot.head) && from <= to && to - from <= FAR;
        if !same || trail.go_on(store, to).is_err() {
            // Half of a set may have been made.
            trail.snapshot.head = 0;
            *trail = self.trail()?;
        }
        Ok(())
    }
}

impl Since {
    fn of(set: &ChangeSet) -> Since {
        Since { revision: set.revision, at: set.at, author: set.author.as_str().into() }
    }
}

impl Trail {
    /// Reads the change sets up to `revision`.
    fn go_on(&mut self, store: &Store, revision: u64) -> Result<()> {
        self.snapshot.learn(store)?;
        let from = self.snapshot.revision;
        store.since(from, revision, |set| self.step(&set))?;
        if self.snapshot.revision != revision {
            let message = format!("the log ends at revision {}, expected {revision}", self.snapshot.revision);
            return Err(Error::new(ErrorKind::File, message));
        }
        self.snapshot.head = store.hash_at(revision)?.map_or(0, |hash| word(revision, &hash));
        Ok(())
    }

    fn step(&mut self, set: &ChangeSet) -> Result<()> {
        let patched = match set.text.lines().take(FEW * 2 + 1).count() <= FEW * 2 {
            true => self.small(set)?,
            false => {
                self.snapshot.apply(set)?;
                None
            }
        };
        self.snapshot.revision = set.revision;
        let (before, delta) = match patched {
            Some((words, delta)) => (Before::Words(words), delta),
            None => {
                let words = compiled(&mut self.snapshot)?;
                let old = std::mem::replace(&mut self.words, words);
                let delta = delta::of_images(&Image::new(&old), &Image::new(&self.words));
                (Before::Image(old), delta)
            }
        };
        self.steps.push(Step { by: Since::of(set), before, delta });
        Ok(())
    }

    /// A small change set by a patch; `None` if the image has to be compiled.
    fn small(&mut self, set: &ChangeSet) -> Result<Option<Small>> {
        let entries = older::parse(&set.text)?;
        let Snapshot { policy, names, origins, .. } = &mut self.snapshot;
        // Permissions were checked when the changes were made.
        let done = policy.apply(names, None, &entries)?;
        let image = Image::new(&self.words);
        if entries.len() > FEW || image.keys() != origins.fingerprint() {
            return Ok(None);
        }
        let patch = patch::update(&image, policy, (names, origins), &done.dirty, set.revision);
        let Some(patch) = patch else { return Ok(None) };
        let mut old: Vec<(u32, u64)> = Vec::with_capacity(patch.words.len());
        for (offset, _) in &patch.words {
            let Some(word) = self.words.get(*offset as usize) else { return Ok(None) };
            old.push((*offset, word.load(Ordering::Relaxed)));
        }
        old.sort_unstable();
        patch.words.iter().for_each(|word| put(&self.words, *word));
        let journal: Vec<AtomicU64> =
            old.iter().flat_map(|(offset, word)| [u64::from(*offset), *word, 0].map(AtomicU64::new)).collect();
        origins.set(patch.origins);
        let (before, after) = (Image::journaled(&self.words, &journal), Image::new(&self.words));
        let delta = delta::of_patches(&before, &after, old.iter().map(|(offset, _)| *offset));
        Ok(Some((old, delta)))
    }
}

/// The image of a snapshot, with its spare room, so that it can be patched.
fn compiled(snapshot: &mut Snapshot) -> Result<Words> {
    let published = Published::private()?;
    let (prepared, origins) = publish::prepare(&published, &snapshot.policy, &snapshot.names, ROOM, snapshot.revision)?;
    published.publish(prepared, || ());
    snapshot.origins = origins;
    published.read(|image| {
        let words = Words::zeroed(image.words())?;
        words.iter().zip(0..image.words()).for_each(|(word, at)| word.store(image.word(at), Ordering::Relaxed));
        Ok(words)
    })
}
