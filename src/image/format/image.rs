//! The words of an image as a reader sees them, also while a patch changes them. What the words mean is for `evaluate` to say.
//! It must never read beyond its words: there it reads 0, which refuses.
#![forbid(unsafe_code)]

use super::control::ENTRY_WORDS;
use super::secret::Secret;
use super::{HEADER_WORDS, Header, halves, instant_of};
use crate::id::DomainId;
use crate::simd::Lanes;
use std::sync::atomic::{AtomicU64, Ordering};

/// A compiled set of rights, read through its words.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a, M = Journaled<'a>> {
    words: &'a [AtomicU64],
    head: Row<'a, HEADER_WORDS, M>,
    mode: M,
}

/// How words are read. The compiler makes each query twice, so that reading costs nothing extra while no patch is going on.
pub trait ReadMode: Copy {
    /// Whether no patch is going on: only then may an answer be cached.
    fn is_clean(self) -> bool;
    /// The word at `offset`, which is there and `is` that now.
    fn word(self, offset: usize, is: u64) -> u64;
    /// Of these words, the first of them at `offset`, those at `AT` and behind it, to be compared in parts.
    fn lanes<const AT: usize, const N: usize>(self, offset: usize, words: &[AtomicU64; N]) -> Lanes;
}

/// No patch is going on: the words count as they are.
#[derive(Clone, Copy, Debug)]
pub struct Clean;

/// A patch may be going on: the old words count, where the journal has them (see control.rs).
#[derive(Clone, Copy, Debug)]
pub struct Journaled<'a>(Option<&'a [AtomicU64]>);

impl ReadMode for Clean {
    #[inline(always)]
    fn is_clean(self) -> bool {
        true
    }

    #[inline(always)]
    fn word(self, _: usize, is: u64) -> u64 {
        is
    }

    #[inline(always)]
    fn lanes<const AT: usize, const N: usize>(self, _: usize, words: &[AtomicU64; N]) -> Lanes {
        Lanes::load::<AT, N>(words)
    }
}

impl ReadMode for Journaled<'_> {
    fn is_clean(self) -> bool {
        self.0.is_none()
    }

    fn word(self, offset: usize, is: u64) -> u64 {
        let Some(entries) = self.0 else { return is };
        let part = |entry: usize, part: usize| {
            entries.get(entry * ENTRY_WORDS + part).map_or(0, |word| word.load(Ordering::Relaxed))
        };
        let (mut low, mut high) = (0, entries.len() / ENTRY_WORDS);
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

    fn lanes<const AT: usize, const N: usize>(self, offset: usize, words: &[AtomicU64; N]) -> Lanes {
        let is = |index: usize| words.get(index).map_or(0, |word| word.load(Ordering::Relaxed));
        Lanes::new([self.word(offset + AT, is(AT)), self.word(offset + AT + 1, is(AT + 1))])
    }
}

/// A query of an image in any read mode. It may run several times, and must not keep what an earlier run saw.
pub trait Query {
    /// The answer.
    type Answer;
    /// Runs it.
    fn run<M: ReadMode>(&mut self, image: &Image<'_, M>) -> Self::Answer;
}

/// Neighbouring words, known to be all there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a, const N: usize, M> {
    words: &'a [AtomicU64; N],
    offset: usize,
    mode: M,
}

/// What is read where there are no words.
static NOTHING: [AtomicU64; 128] = [const { AtomicU64::new(0) }; 128];

impl<'a, const N: usize, M: ReadMode> Row<'a, N, M> {
    /// The words from `offset` on, if they are all there.
    #[inline(always)]
    fn known(words: &'a [AtomicU64], offset: usize, mode: M) -> Option<Row<'a, N, M>> {
        let words = words.get(offset..offset.wrapping_add(N)).and_then(|words| words.first_chunk())?;
        Some(Row { words, offset, mode })
    }

    /// The words from `offset` on; zeros when they are not all there.
    #[inline(always)]
    fn new(words: &'a [AtomicU64], offset: usize, mode: M) -> Row<'a, N, M> {
        match Row::known(words, offset, mode) {
            Some(row) => row,
            None => Row { words: const { nothing() }, offset: NOWHERE, mode },
        }
    }

    #[inline(always)]
    pub fn get(self, index: usize) -> u64 {
        let word = self.words.get(index).map_or(0, |word| word.load(Ordering::Relaxed));
        self.mode.word(self.offset + index, word)
    }

    #[inline(always)]
    pub fn all(self) -> [u64; N] {
        std::array::from_fn(|index| self.get(index))
    }

    /// The words at `AT` and behind it, to be compared in parts.
    #[inline(always)]
    pub fn lanes<const AT: usize>(self) -> Lanes {
        self.mode.lanes::<AT, N>(self.offset, self.words)
    }
}

/// Rows side by side, known to be all there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a, const N: usize, M> {
    rows: &'a [[AtomicU64; N]],
    offset: usize,
    mode: M,
}

impl<'a, const N: usize, M: ReadMode> Rows<'a, N, M> {
    /// The row of that number, if there is one.
    #[inline(always)]
    pub fn get(self, number: u32) -> Option<Row<'a, N, M>> {
        let words = self.rows.get(number as usize)?;
        Some(Row { words, offset: self.offset.wrapping_add(number as usize * N), mode: self.mode })
    }

    /// Asks for the row's first words ahead of their use.
    #[inline(always)]
    pub fn prefetch(self, number: u32) {
        if let Some(word) = self.rows.get(number as usize).and_then(|row| row.first()) {
            crate::simd::prefetch(word);
        }
    }
}

/// Neighbouring words, as many as a table has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span<'a, M> {
    words: &'a [AtomicU64],
    offset: usize,
    mode: M,
}

impl<M: ReadMode> Span<'_, M> {
    /// The word at that place of the table, 0 beyond its end.
    #[inline(always)]
    pub fn word(&self, at: usize) -> u64 {
        self.words.get(at).map_or(0, |word| self.mode.word(self.offset + at, word.load(Ordering::Relaxed)))
    }
}

/// Beyond every image.
pub(crate) const NOWHERE: usize = usize::MAX / 2;

const fn nothing<const N: usize>() -> &'static [AtomicU64; N] {
    match NOTHING.first_chunk() {
        Some(words) => words,
        None => unreachable!(),
    }
}

#[cfg(feature = "internals")]
/// Bytes of the parts of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Records of parties.
    pub records: usize,
    /// Domains, their tables, and longer lists of group keys.
    pub tables: usize,
    /// Pairs with an entry of their own.
    pub pair_entries: usize,
    /// Aliases in other domains.
    pub aliases: usize,
    /// Names and extensions, from them to parties and back, spare room included.
    pub names: usize,
}

impl<'a> Image<'a> {
    /// The image in these words.
    pub fn new(words: &'a [AtomicU64]) -> Image<'a> {
        Image::over(words, Journaled(None))
    }

    /// The image that was in these words before the patch in this journal.
    pub(crate) fn journaled(words: &'a [AtomicU64], before: &'a [AtomicU64]) -> Image<'a> {
        Image::over(words, Journaled(Some(before)))
    }
}

impl<'a> Image<'a, Clean> {
    /// The image in these words, while no patch is going on.
    #[inline(always)]
    pub(crate) fn clean(words: &'a [AtomicU64]) -> Image<'a, Clean> {
        Image::over(words, Clean)
    }

    /// The same; `None` where there is none.
    #[inline(always)]
    pub(crate) fn known(words: &'a [AtomicU64]) -> Option<Image<'a, Clean>> {
        Some(Image { words, head: Row::known(words, 0, Clean)?, mode: Clean })
    }
}

impl<'a, M: ReadMode> Image<'a, M> {
    #[inline(always)]
    fn over(words: &'a [AtomicU64], mode: M) -> Image<'a, M> {
        Image { words, head: Row::new(words, 0, mode), mode }
    }

    /// Whether no patch is going on: only then may an answer be cached.
    #[inline]
    pub fn is_clean(&self) -> bool {
        self.mode.is_clean()
    }

    /// How many words there are.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// The word at `offset`, 0 beyond the end.
    #[inline]
    pub fn word(&self, offset: usize) -> u64 {
        self.words.get(offset).map_or(0, |word| self.mode.word(offset, word.load(Ordering::Relaxed)))
    }

    /// `N` words from `offset` on; zeros when they are not all there.
    #[inline(always)]
    pub(crate) fn row<const N: usize>(&self, offset: usize) -> Row<'a, N, M> {
        Row::new(self.words, offset, self.mode)
    }

    /// `N` words from `offset` on, if they are all there.
    #[inline(always)]
    pub(crate) fn known_row<const N: usize>(&self, offset: usize) -> Option<Row<'a, N, M>> {
        Row::known(self.words, offset, self.mode)
    }

    /// `count` rows from `offset` on, if they are all there.
    #[inline(always)]
    pub(crate) fn rows<const N: usize>(&self, offset: u32, count: u32) -> Option<Rows<'a, N, M>> {
        let offset = offset as usize;
        let end = (count as usize).checked_mul(N)?.checked_add(offset)?;
        let words = self.words.get(offset..end)?;
        Some(Rows { rows: words.as_chunks().0, offset, mode: self.mode })
    }

    /// `count` words from `offset` on; none where they are not all there.
    #[inline(always)]
    pub(crate) fn span(&self, offset: usize, count: u32) -> Span<'a, M> {
        let words = self.words.get(offset..offset.wrapping_add(count as usize)).unwrap_or_default();
        Span { words, offset, mode: self.mode }
    }

    /// The word at `offset`, if it is there.
    #[inline(always)]
    pub(crate) fn known_word(&self, offset: usize) -> Option<u64> {
        self.words.get(offset).map(|word| self.mode.word(offset, word.load(Ordering::Relaxed)))
    }

    /// A header word's two numbers.
    #[inline]
    pub(crate) fn header(&self, field: Header) -> (u32, u32) {
        halves(self.head.get(field as usize))
    }

    /// The secret of its hashes.
    #[inline]
    pub(crate) fn secret(&self) -> Secret {
        Secret::new(self.head.get(Header::SecretStart as usize), self.head.get(Header::SecretFactor as usize))
    }

    /// The instant for which facts with dates are asked, in seconds since 1970; `None` is now.
    #[inline]
    pub(crate) fn asked(&self) -> Option<i64> {
        instant_of(self.head.get(Header::Instant as usize))
    }

    /// When the store last heard from the log that it follows.
    pub fn heard(&self) -> u64 {
        self.head.get(Header::Heard as usize)
    }

    /// The revision of the image, 0 when there is none.
    pub fn revision(&self) -> u64 {
        self.word(Header::Revision as usize)
    }

    /// The beginning of the hash of the log that the revision ends, 0 without a log.
    pub fn head_hash(&self) -> u64 {
        self.word(Header::HeadHash as usize)
    }

    /// The fingerprint of the origins of all group keys (see `Origins::fingerprint`).
    pub fn keys(&self) -> u64 {
        self.word(Header::Keys as usize)
    }

    /// The domain, where there is just one.
    pub fn only_domain(&self) -> Option<DomainId> {
        self.header(Header::Wide).1.checked_sub(1).map(|domain| DomainId(domain as u16))
    }

    #[cfg(feature = "internals")]
    /// Bytes of the image, part by part.
    pub fn parts(&self) -> Parts {
        let offset = |field| self.header(field).0 as usize;
        let (domains, buckets) = (offset(Header::Domains), offset(Header::Buckets));
        let (wide, names) = (self.header(Header::Bits).1 as usize, offset(Header::Names));
        let bytes = |from: usize, to: usize| to.saturating_sub(from) * size_of::<u64>();
        Parts {
            records: bytes(offset(Header::Records), domains),
            tables: bytes(domains, buckets),
            pair_entries: bytes(buckets, names.min(offset(Header::Aliases)).max(wide)),
            aliases: bytes(offset(Header::Aliases), names),
            names: bytes(names, self.used_words() as usize),
        }
    }

    /// Words in use.
    pub fn used_words(&self) -> u64 {
        self.word(Header::Words as usize)
    }
}
