//! The replica: one copy of the published image per engine, which all streams share and which exists only while there is one. It
//! copies changed words and must never read a policy.
//!
//! Each reader has a cursor. It records the old values of words that changed since its last poll, so that the reader sees the
//! replica as it was then. If another image took the replica's place, the cursor keeps the old words.
#![forbid(unsafe_code)]

use super::Engine;
#[cfg(any(target_os = "linux", windows))]
use super::OpenedFrom;
#[cfg(any(target_os = "linux", windows))]
use super::snapshot::Snapshot;
use crate::calendar::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::heard;
use crate::image::evaluate::delta::{self, Delta};
#[cfg(any(target_os = "linux", windows))]
use crate::image::publish;
use crate::image::publish::copy::Position;
use crate::image::publish::published::Published;
use crate::image::{Image, heard_word, instant_word};
use crate::memory::Words;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Attempts to refresh the replica before it locks out writers.
const TRIES: u32 = 4;

/// A copy of the published image, and the state of each reader.
#[derive(Debug)]
pub(super) struct Replica {
    words: Arc<Words>,
    at: Position,
    readers: BTreeMap<u64, Seen>,
    last: u64,
}

/// What a reader saw at its last poll.
#[derive(Debug)]
struct Seen {
    revision: u64,
    /// The replica's words, or the old ones if another image has been published since.
    words: Arc<Words>,
    /// The old values of changed words, by offset.
    before: BTreeMap<u32, u64>,
    /// The instant of its last poll.
    at: i64,
    /// The next instant at which an answer can change without a change of the policy.
    next: Option<i64>,
}

impl Seen {
    /// What a reader has seen that has just polled.
    fn new(revision: u64, words: Arc<Words>, at: i64) -> Seen {
        let next = Image::new(&words).next_change(at);
        Seen { revision, words, before: BTreeMap::new(), at, next }
    }
}

/// An image before and after changes.
pub(crate) struct Views<'a> {
    /// At the last poll.
    pub old: Image<'a>,
    /// Now.
    pub new: Image<'a>,
    /// The pairs and parties whose answers can differ.
    pub delta: Delta,
}

/// A reader of the replica. The last one that is dropped frees the replica.
#[derive(Debug)]
pub(crate) struct Cursor<'e> {
    engine: &'e Engine,
    number: u64,
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        let mut held = self.engine.replica.lock();
        if let Some(replica) = &mut *held {
            replica.readers.remove(&self.number);
            if replica.readers.is_empty() {
                *held = None;
            }
        }
    }
}

impl Engine {
    /// A new reader that starts at the current revision, or at revision `since`, and there at an instant other than now. Returns the
    /// revision too.
    pub(crate) fn cursor(&self, since: Option<(u64, Option<i64>)>) -> Result<(Cursor<'_>, u64)> {
        let mut held = self.replica.lock();
        let known = held.is_some();
        let replica = match &mut *held {
            Some(replica) => replica,
            None => held.insert(Replica::new(&self.published)?),
        };
        if known {
            self.bring_up_to_date(replica)?;
        }
        let now = replica.revision();
        let at = since.and_then(|(_, at)| at).unwrap_or_else(clock::now);
        let seen = match since {
            Some((revision, _)) if revision != now => self.at_revision(revision, now, at),
            _ => Ok(Seen::new(now, replica.words.clone(), at)),
        };
        let seen = match seen {
            Ok(seen) => seen,
            Err(error) => {
                if replica.readers.is_empty() {
                    *held = None;
                }
                return Err(error);
            }
        };
        let (number, revision) = (replica.last + 1, seen.revision);
        replica.last = number;
        replica.readers.insert(number, seen);
        Ok((Cursor { engine: self, number }, revision))
    }

    /// The image at an older revision of a store's log, as it was asked at that instant.
    fn at_revision(&self, revision: u64, now: u64, at: i64) -> Result<Seen> {
        #[cfg(any(target_os = "linux", windows))]
        if let OpenedFrom::Store(store) = &self.opened_from
            && revision < now
        {
            let snapshot = Snapshot::at(store, revision)?;
            let published = Published::private()?;
            published.publish(publish::prepare(&published, &snapshot.policy, &snapshot.names, 0, revision)?.0, || ());
            let (words, _) = published.copy()?;
            return Ok(Seen::new(revision, Arc::new(words), at));
        }
        let _ = (now, at);
        let message = format!("revision {revision} cannot be had, expected one of the log of a store");
        Err(Error::new(ErrorKind::Argument, message))
    }

    fn bring_up_to_date(&self, replica: &mut Replica) -> Result<()> {
        for _ in 0..TRIES {
            if replica.refresh(&self.published)? {
                return Ok(());
            }
        }
        // Changes come faster than a comparison of all words: lock out writers once.
        let _turn = self.writer.lock();
        #[cfg(any(target_os = "linux", windows))]
        let _held = self.published.lock(self.options.patience);
        // Locked out they cannot come in between, unless another process does not keep to the lock.
        for _ in 0..TRIES {
            if replica.refresh(&self.published)? {
                return Ok(());
            }
        }
        Err(Error::new(ErrorKind::File, "the image changes while linewarden has it locked"))
    }
}

impl Cursor<'_> {
    /// The next instant at which a poll finds something without a change of the policy.
    pub fn next_change(&self) -> Option<i64> {
        self.engine.replica.lock().as_ref()?.readers.get(&self.number)?.next
    }

    /// The instant of the last poll.
    pub fn instant(&self) -> Option<i64> {
        Some(self.engine.replica.lock().as_ref()?.readers.get(&self.number)?.at)
    }

    /// Calls `report` with the image before and after the changes since the last poll. Returns the current revision and the result;
    /// `None` if nothing changed. The changes count as seen when `report` returns.
    pub fn poll<R>(&self, report: impl FnOnce(&Views<'_>) -> R) -> Result<Option<(u64, R)>> {
        let mut held = self.engine.replica.lock();
        let Some(replica) = &mut *held else { return Ok(None) };
        self.engine.bring_up_to_date(replica)?;
        let (revision, now) = (replica.revision(), clock::now());
        // A store that went back to the line of its cluster can have other answers with the same revision.
        let is_new = |seen: &&mut Seen| {
            let other = seen.revision != revision || !Arc::ptr_eq(&seen.words, &replica.words);
            other || seen.next.is_some_and(|next| next <= now)
        };
        let Some(seen) = replica.readers.get_mut(&self.number).filter(is_new) else {
            return Ok(None);
        };
        // The journal's format: offset, old word, new word, ascending by offset. Each image is asked for the instant of its poll.
        let entry = |(offset, word): (u32, u64)| [u64::from(offset), word, 0].map(AtomicU64::new);
        let mut before = seen.before.clone();
        // What flips is the policy, not how old it is.
        let fresh = heard_word(heard::ALWAYS);
        before.extend([instant_word(seen.at), fresh]);
        let journal: Vec<AtomicU64> = before.into_iter().flat_map(entry).collect();
        let asked: Vec<AtomicU64> = [instant_word(now), fresh].into_iter().flat_map(entry).collect();
        let (old, new) = (Image::journaled(&seen.words, &journal), Image::journaled(&replica.words, &asked));
        let mut delta = match Arc::ptr_eq(&seen.words, &replica.words) {
            true => delta::of_patches(&old, &new, seen.before.keys().copied()),
            false => delta::of_images(&old, &new),
        };
        delta.add_clock(&new, seen.at, now);
        let answer = report(&Views { old, new, delta });
        *seen = Seen::new(revision, replica.words.clone(), now);
        Ok(Some((revision, answer)))
    }
}

impl Replica {
    fn new(published: &Published) -> Result<Replica> {
        let (words, at) = published.copy()?;
        Ok(Replica { words: Arc::new(words), at, readers: BTreeMap::new(), last: 0 })
    }

    fn revision(&self) -> u64 {
        Image::new(&self.words).revision()
    }

    /// Copies the changed words of the published image. False if the image changed meanwhile.
    fn refresh(&mut self, published: &Published) -> Result<bool> {
        if published.is_at(self.at) {
            return Ok(true);
        }
        if !published.is_same_build(self.at) {
            let (words, at) = published.copy()?;
            (self.words, self.at) = (Arc::new(words), at);
            return Ok(true);
        }
        let Some((changed, at)) = published.changed_since(self.at, &self.words) else { return Ok(false) };
        for (offset, new) in changed {
            let Some(word) = self.words.get(offset as usize) else { continue };
            let old = word.load(Ordering::Relaxed);
            for seen in self.readers.values_mut().filter(|seen| Arc::ptr_eq(&seen.words, &self.words)) {
                seen.before.entry(offset).or_insert(old);
            }
            word.store(new, Ordering::Relaxed);
        }
        self.at = at;
        Ok(true)
    }
}
