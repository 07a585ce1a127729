//! Where everything lies in an image and beside it: words, offsets, tables, and how each is packed and written. An image has
//! offsets instead of pointers and no table of all pairs.
//!
//! One answer needs three rows of words, and the addresses of all three follow from the two party numbers alone, so that the
//! processor fetches them together: the actor's record, the target's record, and the bucket where the pair's own entry would
//! be. Beside them there are small tables of the domain, which stay in the cache.
//!
//! ```text
//! header      24 words       where everything is, and the secret of the hashes (see secret.rs)
//! records     4 per party    domain, kind, flags, defaults, site, up to 8 group keys (see record.rs)
//! domains     112 per domain what holds for all users, what each label gives, function codes (see domain.rs)
//! tables                     per domain: outcomes, outcome of each group key, classes, what each group key is, locations
//! extras                     longer lists of group keys
//! buckets     8 per bucket   pairs with an entry of their own (see pairs.rs)
//! wide                       pairs whose outcome has a number above 254
//! aliases                    which contact a user of one domain is in another (see alias.rs)
//! names       1/2 per party  where the party's own name lies in the index
//! index                      texts to parties (see names.rs)
//! ```
//!
//! This folder knows no product, takes no lock and opens no file. A word that does not make sense reads as 0: it refuses.
#![forbid(unsafe_code)]

pub(crate) mod alias;
pub(crate) mod control;
pub(crate) mod domain;
pub(crate) mod image;
pub(crate) mod index;
pub(crate) mod names;
pub(crate) mod pairs;
pub(crate) mod record;
pub(crate) mod secret;

use crate::right::RightSet;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use image::Image;

/// Words of the header.
pub(crate) const HEADER_WORDS: usize = 24;

/// Fields of the header, by their offsets. Each word holds two 32-bit numbers, the first in the low half.
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
    /// Offset of the aliases; how many slots, a power of two.
    Aliases = 5,
    /// Offset of the index; how many slots, a power of two.
    Index = 6,
    /// Words in use (64 bits).
    Words = 7,
    /// Revision (64 bits).
    Revision = 8,
    /// Of the log that the revision ends: the beginning of its hash (64 bits), 0 without a log.
    HeadHash = 14,
    /// A fingerprint of the origins of all group keys (64 bits).
    Keys = 15,
    /// Room at the end for longer lists of keys and texts to come: next free word; end.
    Spare = 9,
    /// Slots of the index in use, and of the aliases: those that were emptied count.
    Used = 10,
    /// Offset of the words that say where each party's name lies; not 0 where some domain may have labels alone (a hint for `quick`).
    Names = 11,
    /// When the store last heard from the log that it follows (64 bits, see [`crate::heard`]).
    Heard = 13,
    /// The instant for which facts with dates are asked (64 bits, see [`instant_word`]); 0 is now.
    Instant = 12,
    /// The secret start of the hashes, and their secret factor (64 bits each; see secret.rs).
    SecretStart = 16,
    SecretFactor = 17,
}

/// Words of an image that is built or altered.
pub(crate) trait ImageWords {
    /// The word at `offset`, 0 beyond the end.
    fn get(&self, offset: usize) -> u64;
    /// Alters the word at `offset`.
    fn put(&mut self, offset: usize, word: u64);

    /// A header word's two numbers.
    fn header(&self, field: Header) -> (u32, u32) {
        halves(self.get(field as usize))
    }

    /// Writes words from `offset` on; returns the offset behind them.
    fn row(&mut self, offset: usize, row: impl IntoIterator<Item = u64>) -> usize {
        let mut offset = offset;
        for word in row {
            self.put(offset, word);
            offset += 1;
        }
        offset
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

impl ImageWords for &[AtomicU64] {
    #[inline]
    fn get(&self, offset: usize) -> u64 {
        <[AtomicU64]>::get(self, offset).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    #[inline]
    fn put(&mut self, offset: usize, word: u64) {
        if let Some(held) = <[AtomicU64]>::get(self, offset) {
            held.store(word, Ordering::Relaxed);
        }
    }
}

/// The word of an image that says where its log ends, with its offset.
pub fn head_hash_word(chain: u64) -> (u32, u64) {
    (Header::HeadHash as u32, chain)
}

/// The word of an image that says for which instant facts with dates are asked, with its offset. It is 0 for no instant, not for 1970.
pub fn instant_word(instant: i64) -> (u32, u64) {
    (Header::Instant as u32, instant.max(i64::MIN + 1) as u64 ^ FROM_LEAST)
}

/// The word of an image that says when its store last heard from the log that it follows, with its offset.
pub fn heard_word(heard: u64) -> (u32, u64) {
    (Header::Heard as u32, heard)
}

/// Makes instants count from the least one on.
const FROM_LEAST: u64 = 1 << 63;

/// The instant that such a word says; `None` is now.
#[inline]
fn instant_of(word: u64) -> Option<i64> {
    (word != 0).then_some((word ^ FROM_LEAST) as i64)
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

/// A set of rights as words.
pub(crate) fn two_words(set: RightSet) -> [u64; 2] {
    [set.bits() as u64, (set.bits() >> 64) as u64]
}
