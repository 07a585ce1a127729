//! The layout of the control words beside the images: the block in force, the patch that is going on, and the old words.
//!
//! ```text
//! 0     what this is (see publish/file.rs), for a mapping that has a file
//! 16    root: the block in force (low 6 bits) and its build (high half)
//! 32    revision: that of the image in force, for threads that wait for it
//! 48    the lock between processes
//! 64    stamps: of each block, its build (high half), patches of that build (times three, from bit 2 on), and the two lowest bits:
//!       both clear at rest (even), both set while it is being changed (odd)
//! 128   extents: of each block, first word in the file and number of words
//! 256   sums: of each block, the checksum of its words in use
//! 320   journal: stamp and block it is about (stamp 0 while it is being written), kind, number of entries, root to be, sum to
//!       be, check of all of these; from 336 on the entries: offset, old word, new word
//! 12624 epochs of the pair cache
//! 14672 checks of the extents
//! ```
//!
//! One flipped bit must never make another state of these words that a reader takes: no two blocks have the same build, so a root
//! names one block or none; a stamp is never one bit from another state of its block; journal and extents have checks; epochs go up
//! in threes. What does not fit is damage.
#![forbid(unsafe_code)]

use crate::memory::{FixedWords, Gone, PAGE_WORDS, Words};
use crate::sync::LOCK_WORDS;
use std::sync::atomic::{AtomicU64, Ordering};

/// Blocks there can be. Each new one is at least twice as big as the biggest before, so this many are never needed.
pub(crate) const BLOCKS: usize = 64;
/// Epochs for actors, and as many for targets.
pub(crate) const EPOCHS: usize = 1024;
/// Words that the epochs take: of each, that of the actor and that of the target.
pub(crate) const EPOCH_WORDS: usize = 2 * EPOCHS;
/// The epochs of the pair cache.
pub type Epochs = FixedWords<EPOCH_WORDS>;
/// Words of a patch at most.
pub(crate) const MOST_PATCHED: usize = 4096;
/// Words of an entry of the journal.
pub(crate) const ENTRY_WORDS: usize = 3;

const ROOT: usize = 16;
const REVISION: usize = 32;
const LOCK: usize = 48;
const STAMPS: usize = 64;
const EXTENTS: usize = STAMPS + BLOCKS;
const SUMS: usize = EXTENTS + 2 * BLOCKS;
const JOURNAL: usize = SUMS + BLOCKS;
const ENTRIES: usize = JOURNAL + 16;
const EPOCHS_AT: usize = ENTRIES + MOST_PATCHED * ENTRY_WORDS;
const EXTENT_CHECKS: usize = EPOCHS_AT + EPOCH_WORDS;
/// Control words, a multiple of what a file is mapped in.
pub(crate) const CONTROL_WORDS: usize = (EXTENT_CHECKS + BLOCKS).next_multiple_of(PAGE_WORDS);

/// What these words say when the file is gone. No root, no identity, a free lock; stamps and extents that are damage; epochs that no
/// cached answer has, as long as there were fewer than a tenth of a million million changes.
pub(crate) const GONE: Gone = Gone { zeros: STAMPS, number: 1 << 38 | 1 };

const _: () = assert!(LOCK + LOCK_WORDS <= STAMPS && EPOCHS_AT == 12624 && EXTENT_CHECKS == 14672);

/// The block in force and which of its builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Root(pub u64);

impl Root {
    pub fn new(block: usize, build: u32) -> Root {
        Root(block as u64 | u64::from(build) << 32)
    }

    #[inline]
    pub fn block(self) -> usize {
        self.0 as usize % BLOCKS
    }

    #[inline]
    pub fn build(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// How far a block has come: its build, and how often that was patched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(pub u64);

/// Set while a block is being changed, clear while it is not. Just one of them is damage.
const CHANGING: u64 = 0b11;
/// What a patch adds, above these bits: sums of threes are never one bit from each other.
const PATCHED: u32 = 3 << 2;
/// Here the count of patches begins anew: a multiple of three, too.
const MOST_COUNTED: u32 = PATCHED << 28;

impl Stamp {
    /// A build that has just begun: no reader may use it.
    pub fn begun(build: u32) -> Stamp {
        Stamp(u64::from(build) << 32 | CHANGING)
    }

    #[inline]
    pub fn build(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether the words are at rest.
    #[inline]
    pub fn is_even(self) -> bool {
        self.0 & CHANGING == 0
    }

    /// Whether the words are being changed.
    #[inline]
    pub fn is_odd(self) -> bool {
        self.0 & CHANGING == CHANGING
    }

    /// Whether it is a stamp that was written, at rest or not.
    pub fn is_valid(self) -> bool {
        (self.is_even() || self.is_odd()) && (self.0 as u32 >> 2).is_multiple_of(3)
    }

    /// The last one at rest, which is this one or the one before.
    pub fn at_rest(self) -> Stamp {
        Stamp(self.0 & !CHANGING)
    }

    /// One further, within the build: from rest to change, and from there to rest again.
    pub fn next(self) -> Stamp {
        if self.is_even() {
            return Stamp(self.0 | CHANGING);
        }
        let low = self.at_rest().0 as u32;
        let counted = if low >= MOST_COUNTED - PATCHED { 0 } else { low + PATCHED };
        Stamp(self.0 & !u64::from(u32::MAX) | u64::from(counted))
    }
}

/// The words of the journal before its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Part {
    /// The odd stamp it is about; 0 while it is being written.
    Stamp,
    /// The block that has the stamp.
    Block,
    /// A [`Job`].
    Job,
    /// How many entries.
    Count,
    /// The root to be.
    Root,
    /// The checksum to be.
    Sum,
    /// The check of the journal, see [`Control::journal_check`].
    Check,
}

/// What the journal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Job {
    /// Words of the block in force get new values.
    Patch = 1,
    /// Another block comes in force.
    Flip = 2,
}

/// The control words, by their names.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    words: FixedWords<CONTROL_WORDS>,
}

#[allow(
    clippy::indexing_slicing,
    reason = "there are always CONTROL_WORDS words; a fixed extent or a block below 64 is there"
)]
impl Control {
    /// `None` when there are too few words.
    pub fn new(words: Words) -> Option<Control> {
        FixedWords::new(&words).map(|words| Control { words })
    }

    #[cfg(test)]
    pub fn whole(&self) -> &[AtomicU64] {
        &*self.words
    }

    /// The words that identify a file; see publish/file.rs.
    pub fn identity(&self) -> &[AtomicU64] {
        &self.words[..ROOT]
    }

    #[inline(always)]
    pub fn root(&self) -> &AtomicU64 {
        &self.words[ROOT]
    }

    pub fn revision(&self) -> &AtomicU64 {
        &self.words[REVISION]
    }

    pub fn revision_words(&self) -> Words {
        self.words.part(REVISION..REVISION + 1)
    }

    pub fn lock(&self) -> Words {
        self.words.part(LOCK..LOCK + LOCK_WORDS)
    }

    #[inline(always)]
    pub fn stamp(&self, block: usize) -> &AtomicU64 {
        &self.words[STAMPS + block % BLOCKS]
    }

    /// First word in the file, and number of words.
    pub fn extent(&self, block: usize) -> (&AtomicU64, &AtomicU64) {
        let extent = EXTENTS + block % BLOCKS * 2;
        (&self.words[extent], &self.words[extent + 1])
    }

    /// What fits the extent of that block, see [`extent_check`].
    pub fn extent_check(&self, block: usize) -> &AtomicU64 {
        &self.words[EXTENT_CHECKS + block % BLOCKS]
    }

    pub fn sum(&self, block: usize) -> &AtomicU64 {
        &self.words[SUMS + block % BLOCKS]
    }

    /// A word of the journal.
    pub fn journal(&self, part: Part) -> &AtomicU64 {
        &self.words[JOURNAL + part as usize]
    }

    /// The entries of the journal, three words each.
    pub fn entries(&self) -> &[AtomicU64] {
        let count = self.journal(Part::Count).load(Ordering::Relaxed) as usize;
        &self.words[ENTRIES..ENTRIES + count.min(MOST_PATCHED) * ENTRY_WORDS]
    }

    /// The check of the journal as it lies there, entries included, with that stamp.
    pub fn journal_check(&self, stamp: u64) -> u64 {
        let parts = self.words[JOURNAL + 1..JOURNAL + Part::Check as usize].iter();
        let mixed = |sum: u64, (word, at): (&AtomicU64, u64)| sum.wrapping_add(mix(at, word.load(Ordering::Relaxed)));
        parts.chain(self.entries()).zip(1..).fold(mix(0, stamp), mixed)
    }

    /// Room for entries.
    pub fn room(&self) -> &[AtomicU64] {
        &self.words[ENTRIES..EPOCHS_AT]
    }

    /// The epochs of the pair cache.
    pub fn epochs(&self) -> Epochs {
        match FixedWords::new(&self.words.part(EPOCHS_AT..EPOCHS_AT + EPOCH_WORDS)) {
            Some(epochs) => epochs,
            None => unreachable!("so many words are there"),
        }
    }
}

/// What a word adds to a checksum: the sum can be kept up to date word by word.
pub(crate) fn mix(offset: u64, word: u64) -> u64 {
    let mixed = (word ^ offset.wrapping_mul(0xd6e8_feb8_6659_fd93)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 32
}

/// The check of a block's extent; 0 for a block that is not there.
pub(crate) fn extent_check(first: u64, count: u64) -> u64 {
    if (first, count) == (0, 0) { 0 } else { mix(1, first).wrapping_add(mix(2, count)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_stamp_is_one_bit_from_another_of_its_build() {
        let mut stamps = vec![Stamp::begun(7)];
        (0..3000).for_each(|at| stamps.push(stamps[at].next()));
        let known: std::collections::HashSet<u64> = stamps.iter().map(|stamp| stamp.0).collect();
        assert_eq!(known.len(), stamps.len());
        for stamp in stamps {
            assert!(stamp.is_valid());
            for bit in 0..32 {
                let flipped = Stamp(stamp.0 ^ 1 << bit);
                assert!(!known.contains(&flipped.0) && !flipped.is_valid(), "{stamp:?} bit {bit}");
            }
        }
        // The count begins anew without leaving the build.
        let last = Stamp(7 << 32 | u64::from(MOST_COUNTED - PATCHED));
        assert!(last.is_valid());
        assert_eq!(last.next().next(), Stamp(7 << 32));
    }
}
