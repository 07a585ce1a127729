//! Copies of the image in force, and how one is brought up to date while others change the image. Copying writes nothing that others
//! see and never waits; the orderings are those of published.rs.
#![forbid(unsafe_code)]

use super::published::Published;
use crate::error::{Error, ErrorKind, Result};
use crate::image::format::control::{ENTRY_WORDS, Job, Part, Root, Stamp};
use crate::memory::Words;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// So often an image is copied while writers change it.
const TRIES: u32 = 1000;

/// A state of the images: which one is in force, and how often it was patched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    root: Root,
    /// Even.
    stamp: Stamp,
}

impl Published {
    /// Which state is in force. While words are being changed, it is the one before.
    fn position(&self) -> Position {
        let root = Root(self.control().root().load(Ordering::Acquire));
        let stamp = self.control().stamp(root.block()).load(Ordering::Acquire);
        Position { root, stamp: Stamp(stamp).at_rest() }
    }

    /// Whether that state is in force.
    pub fn is_at(&self, at: Position) -> bool {
        self.position() == at
    }

    /// Whether the image in force is the one of that state, patched or not.
    pub fn is_same_build(&self, at: Position) -> bool {
        self.position().root == at.root
    }

    /// A copy of the image in force, and which state it is.
    ///
    /// # Errors
    /// `Limit` when there is no memory, or writers change the image again and again.
    pub fn copy(&self) -> Result<(Words, Position)> {
        for _ in 0..TRIES {
            let at = self.position();
            let copied = self.read(|image| {
                let count = (image.used_words() as usize).min(image.words());
                let words = Words::zeroed(count)?;
                words.iter().take(count).zip(0..).for_each(|(word, at)| word.store(image.word(at), Ordering::Relaxed));
                Ok(words)
            });
            if self.is_at(at) {
                return Ok((copied?, at));
            }
        }
        Err(Error::new(ErrorKind::Limit, "the image changes too fast to be copied"))
    }

    /// Which words of a copy of that state, patched since, are others now, with the new words; and which state that makes it. `None`
    /// when the image moved on meanwhile.
    pub fn changed_since(&self, at: Position, copy: &[AtomicU64]) -> Option<(Vec<(u32, u64)>, Position)> {
        let now = self.position();
        if now == (Position { stamp: at.stamp.next().next(), ..at })
            && let Some(changed) = self.last_patch(at)
        {
            return Some((changed, now));
        }
        let changed = self.read(|image| {
            let differs = |(word, at): (&AtomicU64, u32)| {
                let new = image.word(at as usize);
                (word.load(Ordering::Relaxed) != new).then_some((at, new))
            };
            copy.iter().zip(0..).take(image.words()).filter_map(differs).collect()
        });
        (now.root == at.root && self.is_at(now)).then_some((changed, now))
    }

    /// The words of the one patch since that state, as long as the journal has them.
    fn last_patch(&self, at: Position) -> Option<Vec<(u32, u64)>> {
        let (block, odd) = (at.root.block(), at.stamp.next());
        let journal = |part| self.control().journal(part);
        let is_in_journal = || {
            // Pairs with the release store of the journal's stamp in `begin`, as in `query_journaled`.
            journal(Part::Stamp).load(Ordering::Acquire) == odd.0
                && journal(Part::Block).load(Ordering::Relaxed) == block as u64
                && journal(Part::Job).load(Ordering::Relaxed) == Job::Patch as u64
        };
        if !is_in_journal() || !self.has_journal() {
            return None;
        }
        let word = |word: &AtomicU64| word.load(Ordering::Relaxed);
        let entries = self.control().entries().chunks_exact(ENTRY_WORDS);
        let changed = entries.filter_map(|entry| match entry {
            [offset, _, new] => Some((word(offset) as u32, word(new))),
            _ => None,
        });
        let changed: Vec<(u32, u64)> = changed.collect();
        // Pairs with the release fence in `begin`: the journal was not taken for another patch meanwhile.
        fence(Ordering::Acquire);
        is_in_journal().then_some(changed)
    }
}
