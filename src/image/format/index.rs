//! An index of names being written as a whole: how much room it takes, and its slots and texts. It must never look at an index that
//! is in use.
#![forbid(unsafe_code)]

use super::names::{MAX_TEXT, Meaning, SLOT_WORDS, Text, hash, home, text_words};
use super::secret::Secret;
use super::{ImageWords, joined};
use crate::simd;
use std::sync::atomic::AtomicU64;

/// How big an index gets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IndexSize {
    /// Texts in it.
    pub entries: usize,
    /// Words that the texts take.
    pub texts: usize,
}

impl IndexSize {
    pub fn add(&mut self, text: &Text<'_>) {
        self.entries += 1;
        self.texts += text.words();
    }

    /// Adds a text that nothing is found by.
    pub fn add_unlisted(&mut self, text: &Text<'_>) {
        self.texts += text.words();
    }

    /// Slots of the table: a power of two, at most two thirds of them used, so that texts to come find room.
    pub fn slots(&self) -> usize {
        (self.entries * 3 / 2).next_power_of_two().max(16)
    }

    /// Words of the table and the texts.
    pub fn words(&self) -> usize {
        self.slots() * SLOT_WORDS + self.texts
    }
}

/// Slots of a part of the table that lie close enough to be filled in one go.
const PART_BITS: u32 = 17;
/// Entries that wait for their part.
const WAITING: usize = 4096;
/// So far ahead slots are asked for.
const AHEAD: usize = 16;

/// An index being written: slots part by part, for the reason that entries are (see pairs.rs).
pub(crate) struct IndexWriter<'a> {
    words: &'a [AtomicU64],
    secret: Secret,
    offset: usize,
    mask: usize,
    next_text: usize,
    /// Hash, offset of the text, number.
    parts: Vec<Vec<(u64, u32, u32)>>,
    buffer: Vec<u8>,
}

impl<'a> IndexWriter<'a> {
    /// A writer of an index of that size at `offset` of an image that has its secret.
    pub fn new(words: &'a [AtomicU64], offset: usize, size: &IndexSize) -> IndexWriter<'a> {
        let slots = size.slots();
        let parts = (0..(slots >> PART_BITS) + 1).map(|_| Vec::new()).collect();
        let next_text = offset + slots * SLOT_WORDS;
        let (secret, buffer) = (Secret::of(&words), Vec::with_capacity(MAX_TEXT));
        IndexWriter { words, secret, offset, mask: slots - 1, next_text, parts, buffer }
    }

    /// Returns where the text lies.
    pub fn add(&mut self, text: Text<'_>, meaning: Meaning) -> u32 {
        let at = self.add_unlisted(&text);
        let bytes = text.whole(&mut self.buffer);
        let hash = hash(self.secret, text.namespace, bytes);
        let home = home(hash) as usize & self.mask;
        if let Some(part) = self.parts.get_mut(home >> PART_BITS) {
            part.push((hash, at, meaning.number()));
            if part.len() >= WAITING {
                fill(self.words, self.offset, self.mask, part);
            }
        }
        at
    }

    /// A text that nothing is found by; returns where it lies.
    pub fn add_unlisted(&mut self, text: &Text<'_>) -> u32 {
        let bytes = text.whole(&mut self.buffer);
        let at = self.next_text;
        self.next_text = self.words.row(at, [text.head()].into_iter().chain(text_words(bytes)));
        at as u32
    }

    /// Writes what waits.
    pub fn finish(mut self) {
        self.parts.iter_mut().for_each(|part| fill(self.words, self.offset, self.mask, part));
    }
}

fn fill(mut words: &[AtomicU64], offset: usize, mask: usize, part: &mut Vec<(u64, u32, u32)>) {
    let home = |hash: u64| home(hash) as usize & mask;
    let mut coming = part.iter().skip(AHEAD);
    for (hash, text, number) in part.iter() {
        if let Some((next, ..)) = coming.next()
            && let Some(word) = words.get(offset + home(*next) * SLOT_WORDS)
        {
            simd::prefetch(word);
        }
        let mut index = home(*hash);
        while ImageWords::get(&words, offset + index * SLOT_WORDS) != 0 {
            index = (index + 1) & mask;
        }
        words.row(offset + index * SLOT_WORDS, [*hash, joined(*text, *number)]);
    }
    part.clear();
}
