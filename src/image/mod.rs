//! The image: compiled rights as flat words, offsets instead of pointers, no table of all pairs.
//!
//! One answer needs three places in memory, and all three addresses follow from the two party numbers alone, so that the
//! processor fetches them together: the actor's record, the target's record, and the bucket where the pair's own cell would be.
//! Beside them there are small tables of the domain, which stay in the cache.
//!
//! ```text
//! header      16 words       where everything is
//! records     4 per party    domain, kind, flags, defaults, site, up to 8 group keys (see record.rs)
//! domains     112 per domain what holds for everybody, what each label gives, function codes (see domain.rs)
//! tables                     per domain: outcomes, outcome of each group key, classes, what each group key is, locations
//! extras                     longer lists of group keys
//! buckets     8 per bucket   pairs with a cell of their own (see pairs.rs)
//! wide                       pairs whose outcome has a number above 254
//! personas                   who a user of one domain is in another
//! names       1/2 per party  where the party's own name lies in the index
//! index                      texts to parties (see names.rs)
//! ```
//!
//! Nothing in this folder knows a lock, a file, or which product a rule came from. A word that does not make sense is read as
//! nothing: it refuses.
#![forbid(unsafe_code)]

pub mod compile;
pub mod evaluate;
mod format;
pub mod publish;

use crate::id::DomainId;
use std::sync::atomic::{AtomicU64, Ordering};

pub use format::domain::Opened;
pub use format::names::Resolved;

/// Words of the header.
pub(crate) const HEADER_WORDS: usize = 16;

/// A compiled set of rights, looked at through its words.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a, L = Before<'a>> {
    words: &'a [AtomicU64],
    head: Row<'a, HEADER_WORDS, L>,
    look: L,
}

/// How words are looked up. The compiler makes each question twice, so that nobody's change costs anything while there is none.
pub trait Look: Copy {
    /// Whether nobody is changing the image: only then may an answer be kept.
    fn is_settled(self) -> bool;
    /// The word at `offset`, which is there and `is` that now.
    fn word(self, offset: usize, is: u64) -> u64;
}

/// Nobody is changing the words: they count as they are.
#[derive(Clone, Copy, Debug)]
pub struct Settled;

/// Somebody may be changing the words: what they were counts, where that is written (see control.rs).
#[derive(Clone, Copy, Debug)]
pub struct Before<'a>(Option<&'a [AtomicU64]>);

impl Look for Settled {
    #[inline(always)]
    fn is_settled(self) -> bool {
        true
    }

    #[inline(always)]
    fn word(self, _: usize, is: u64) -> u64 {
        is
    }
}

impl Look for Before<'_> {
    fn is_settled(self) -> bool {
        self.0.is_none()
    }

    fn word(self, offset: usize, is: u64) -> u64 {
        let Some(entries) = self.0 else { return is };
        let part = |entry: usize, part: usize| {
            entries.get(entry * format::control::ENTRY_WORDS + part).map_or(0, |word| word.load(Ordering::Relaxed))
        };
        let (mut low, mut high) = (0, entries.len() / format::control::ENTRY_WORDS);
        while low < high {
            let middle = low + (high - low) / 2;
            match part(middle, 0).cmp(&(offset as u64)) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return part(middle, 1),
            }
        }
        is
    }
}

/// A question that an image answers, however its words are looked up. It may be asked several times, and must not keep what it
/// saw before.
pub trait Question {
    /// What comes out.
    type Answer;
    /// Asks.
    fn ask<L: Look>(&mut self, image: &Image<'_, L>) -> Self::Answer;
}

/// Neighbouring words, of which it was made sure once that all are there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a, const N: usize, L> {
    words: &'a [AtomicU64; N],
    offset: usize,
    look: L,
}

/// What is read where there are no words.
static NOTHING: [AtomicU64; 128] = [const { AtomicU64::new(0) }; 128];

impl<'a, const N: usize, L: Look> Row<'a, N, L> {
    /// The words from `offset` on; zeros when they are not all there.
    #[inline(always)]
    fn new(words: &'a [AtomicU64], offset: usize, look: L) -> Row<'a, N, L> {
        let found = words.get(offset..offset.wrapping_add(N)).and_then(|words| words.first_chunk());
        match found {
            Some(words) => Row { words, offset, look },
            None => Row { words: const { nothing() }, offset: NOWHERE, look },
        }
    }

    #[inline(always)]
    pub fn get(self, place: usize) -> u64 {
        let word = self.words.get(place).map_or(0, |word| word.load(Ordering::Relaxed));
        self.look.word(self.offset + place, word)
    }

    #[inline(always)]
    pub fn all(self) -> [u64; N] {
        std::array::from_fn(|place| self.get(place))
    }
}

/// Beyond every image.
const NOWHERE: usize = usize::MAX / 2;

const fn nothing<const N: usize>() -> &'static [AtomicU64; N] {
    match NOTHING.first_chunk() {
        Some(words) => words,
        None => unreachable!(),
    }
}

/// How many bytes of an image are for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Records of parties.
    pub records: usize,
    /// Domains, their tables, and longer lists of group keys.
    pub tables: usize,
    /// Pairs with a cell of their own.
    pub cells: usize,
    /// Who is who in another domain.
    pub personas: usize,
    /// Names and extensions, from them to parties and back, with the room to spare.
    pub names: usize,
}

/// Places in the header. Each word holds two 32-bit numbers, the first in the low half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Header {
    /// Offset of the records; one more than the highest party number.
    Records = 0,
    /// Offset of the buckets; how many.
    Buckets = 1,
    /// Offset of the domains; how many.
    Domains = 2,
    /// Bits of a party number; offset of the wide pairs.
    Bits = 3,
    /// How many wide pairs; one more than the number of the only domain, 0 where there are several.
    Wide = 4,
    /// Offset of the personas; how many slots, a power of two.
    Personas = 5,
    /// Offset of the index; how many slots, a power of two.
    Index = 6,
    /// Words in use (64 bits).
    Words = 7,
    /// Revision (64 bits).
    Revision = 8,
    /// Of the log that the revision ends: the beginning of its hash (64 bits), 0 without a log.
    Chain = 14,
    /// A fingerprint of the origins of all group keys (64 bits).
    Keys = 15,
    /// Room at the end for longer lists of keys and texts to come: next free word; end.
    Spare = 9,
    /// Slots of the index in use, and of the personas: those that were emptied count.
    Used = 10,
    /// Offset of the words that say where each party's name lies.
    Names = 11,
}

/// Words of an image that is built or altered.
pub(crate) trait Store {
    /// The word at `place`, 0 beyond the end.
    fn get(&self, place: usize) -> u64;
    /// Alters the word at `place`.
    fn put(&mut self, place: usize, word: u64);

    /// A header word's two numbers.
    fn header(&self, place: Header) -> (u32, u32) {
        halves(self.get(place as usize))
    }

    /// Writes words from `place` on; returns the place behind them.
    fn row(&mut self, place: usize, row: impl IntoIterator<Item = u64>) -> usize {
        let mut place = place;
        for word in row {
            self.put(place, word);
            place += 1;
        }
        place
    }

    /// Takes so many words of the spare room; `None` when there are no more.
    fn take_spare(&mut self, words: usize) -> Option<usize> {
        let (next, end) = self.header(Header::Spare);
        let after =
            u32::try_from(words).ok().and_then(|words| next.checked_add(words)).filter(|after| *after <= end)?;
        self.put(Header::Spare as usize, joined(after, end));
        Some(next as usize)
    }
}

impl Store for &[AtomicU64] {
    #[inline]
    fn get(&self, place: usize) -> u64 {
        <[AtomicU64]>::get(self, place).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    #[inline]
    fn put(&mut self, place: usize, word: u64) {
        if let Some(held) = <[AtomicU64]>::get(self, place) {
            held.store(word, Ordering::Relaxed);
        }
    }
}

impl<'a> Image<'a> {
    /// The image in these words.
    pub fn new(words: &'a [AtomicU64]) -> Image<'a> {
        Image::over(words, Before(None))
    }

    /// The image that was in these words before somebody began to change them.
    pub(crate) fn being_changed(words: &'a [AtomicU64], before: &'a [AtomicU64]) -> Image<'a> {
        Image::over(words, Before(Some(before)))
    }
}

impl<'a> Image<'a, Settled> {
    /// The image in these words, which nobody is changing.
    #[inline(always)]
    pub(crate) fn settled(words: &'a [AtomicU64]) -> Image<'a, Settled> {
        Image::over(words, Settled)
    }
}

impl<'a, L: Look> Image<'a, L> {
    #[inline(always)]
    fn over(words: &'a [AtomicU64], look: L) -> Image<'a, L> {
        Image { words, head: Row::new(words, 0, look), look }
    }

    /// Whether nobody is changing the image: only then may an answer be kept.
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.look.is_settled()
    }

    /// How many words there are.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// The word at `offset`, 0 beyond the end.
    #[inline]
    pub fn word(&self, offset: usize) -> u64 {
        self.words.get(offset).map_or(0, |word| self.look.word(offset, word.load(Ordering::Relaxed)))
    }

    /// `N` words from `offset` on; zeros when they are not all there.
    #[inline(always)]
    pub(crate) fn row<const N: usize>(&self, offset: usize) -> Row<'a, N, L> {
        Row::new(self.words, offset, self.look)
    }

    /// Asks for the word at `offset` ahead of its use.
    #[inline]
    pub(crate) fn prefetch_word(&self, offset: usize) {
        if let Some(word) = self.words.get(offset) {
            crate::simd::prefetch(word);
        }
    }

    /// A header word's two numbers.
    #[inline]
    pub(crate) fn header(&self, place: Header) -> (u32, u32) {
        halves(self.head.get(place as usize))
    }

    /// The revision of the image, 0 when there is none.
    pub fn revision(&self) -> u64 {
        self.word(Header::Revision as usize)
    }

    /// The beginning of the hash of the log that the revision ends, 0 without a log.
    pub fn chain(&self) -> u64 {
        self.word(Header::Chain as usize)
    }

    /// The fingerprint of the origins of all group keys (see `Origins::fingerprint`).
    pub fn keys(&self) -> u64 {
        self.word(Header::Keys as usize)
    }

    /// The domain, where there is just one.
    pub fn only_domain(&self) -> Option<DomainId> {
        self.header(Header::Wide).1.checked_sub(1).map(|domain| DomainId(domain as u16))
    }

    /// Bytes of the image, part by part.
    pub fn parts(&self) -> Parts {
        let offset = |place| self.header(place).0 as usize;
        let (domains, buckets) = (offset(Header::Domains), offset(Header::Buckets));
        let (wide, names) = (self.header(Header::Bits).1 as usize, offset(Header::Names));
        let bytes = |from: usize, to: usize| to.saturating_sub(from) * size_of::<u64>();
        Parts {
            records: bytes(offset(Header::Records), domains),
            tables: bytes(domains, buckets),
            cells: bytes(buckets, names.min(offset(Header::Personas)).max(wide)),
            personas: bytes(offset(Header::Personas), names),
            names: bytes(names, self.used_words() as usize),
        }
    }

    /// Words in use.
    pub fn used_words(&self) -> u64 {
        self.word(Header::Words as usize)
    }
}

/// The word of an image that says where its log ends, with its place.
pub fn chain_word(chain: u64) -> (u32, u64) {
    (Header::Chain as u32, chain)
}

/// The two numbers of a word.
#[inline]
pub(crate) fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

/// A word of two numbers.
#[inline]
pub(crate) fn joined(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

/// A set of rights in two words.
#[inline]
pub(crate) fn wide(low: u64, high: u64) -> u128 {
    u128::from(low) | u128::from(high) << 64
}
