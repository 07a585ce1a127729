//! The layout of the control words beside the images: the block in force, the patch that is going on, and the old words.
//!
//! ```text
//! 0     what this is (see publish/file.rs), for a mapping that has a file
//! 16    root: the block in force (low 6 bits) and its build (high half)
//! 32    revision: that of the image in force, for threads that wait for it
//! 48    the lock between processes
//! 64    stamps: of each block, its build (high half), patches of that build times two, odd while one is going on
//! 128   places: of each block, first word in the file and number of words
//! 256   sums: of each block, the checksum of its words in use
//! 320   journal: stamp and block it is about (stamp 0 while it is being written), kind, number of entries, root to be, sum to
//!       be; from 336 on the entries: offset, old word, new word
//! 12624 epochs of the pair cache
//! ```
#![forbid(unsafe_code)]

use crate::memory::{FixedWords, PAGE_WORDS, Words};
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
const PLACES: usize = STAMPS + BLOCKS;
const SUMS: usize = PLACES + 2 * BLOCKS;
const JOURNAL: usize = SUMS + BLOCKS;
const ENTRIES: usize = JOURNAL + 16;
const EPOCHS_AT: usize = ENTRIES + MOST_PATCHED * ENTRY_WORDS;
/// Control words, a multiple of what a file is mapped in.
pub(crate) const CONTROL_WORDS: usize = (EPOCHS_AT + EPOCH_WORDS).next_multiple_of(PAGE_WORDS);

const _: () = assert!(LOCK + LOCK_WORDS <= STAMPS && EPOCHS_AT == 12624);

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

impl Stamp {
    /// A build that has just begun: no reader may use it.
    pub fn begun(build: u32) -> Stamp {
        Stamp(u64::from(build) << 32 | 1)
    }

    #[inline]
    pub fn build(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether the words are being changed.
    #[inline]
    pub fn is_odd(self) -> bool {
        self.0 % 2 == 1
    }

    /// One further, within the build.
    pub fn next(self) -> Stamp {
        Stamp(self.0 & !u64::from(u32::MAX) | u64::from((self.0 as u32).wrapping_add(1)))
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
    reason = "there are always CONTROL_WORDS words; a fixed place or a block below 64 is there"
)]
impl Control {
    /// `None` when there are too few words.
    pub fn new(words: Words) -> Option<Control> {
        FixedWords::new(&words).map(|words| Control { words })
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
    pub fn place(&self, block: usize) -> (&AtomicU64, &AtomicU64) {
        let place = PLACES + block % BLOCKS * 2;
        (&self.words[place], &self.words[place + 1])
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
