//! Pairs with an entry of their own (an owner's setting, a grant, a subscription), in buckets of one cache line.
//!
//! The pair's two numbers are mixed by a bijection, so that the bucket and a 28-bit rest together say exactly which pair it
//! is: a hit is never by chance. A bucket holds 12 entries; what does not fit goes to a bucket behind it, with the distance kept
//! in the entry.
//!
//! ```text
//! words 0-5  12 tags of 32 bits: distance from the home bucket (4 bits), rest of the mixed pair (28 bits)
//! word 6     outcomes of entries 0-7, 8 bits each; 0 is an empty entry, 255 an outcome with a bigger number (see wide)
//! word 7     outcomes of entries 8-11; bits 32-35: the greatest distance of an entry whose home this is
//! ```
#![forbid(unsafe_code)]

use super::{Header, ImageWords};
use crate::error::Result;
use crate::id::Party;
use crate::memory::Words;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of a bucket.
pub(crate) const BUCKET_WORDS: usize = 8;
/// Entries of a bucket.
pub(crate) const BUCKET_ENTRIES: usize = 12;
/// Entries of a hundred that are in use when the table is made: fuller saves memory, emptier saves second looks. With 76 a million
/// users' pairs crowd, and the table has to be made twice.
const FILL_PERCENT: u64 = 71;
pub(crate) const REST_BITS: u32 = 28;
/// What mixes pairs.
pub(crate) const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
pub(crate) const MAX_DISTANCE: u32 = 15;
/// Outcome numbers up to this lie in the bucket; bigger ones in the wide list.
pub(crate) const MAX_SHORT_OUTCOME: u32 = 254;
pub(crate) const IS_WIDE: u32 = 255;

/// How pairs are spread over buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HashParams {
    /// Bits of a party number.
    pub bits: u32,
    /// Buckets, at least 1.
    pub buckets: u32,
}

/// A pair's home bucket and the rest that tells it from the others there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub bucket: u32,
    pub rest: u32,
}

impl HashParams {
    /// For `pairs` pairs of parties below `limit`.
    pub fn new(pairs: u64, limit: u32) -> HashParams {
        let bits = (u32::BITS - limit.leading_zeros()).max(16);
        // With few buckets, more than 2^28 mixed pairs would share one, and the rest could not tell them apart.
        let least = 1u64 << (2 * bits).saturating_sub(REST_BITS - 1).min(31);
        let wanted = pairs * 100 / (BUCKET_ENTRIES as u64 * FILL_PERCENT) + 1;
        HashParams { bits, buckets: wanted.max(least).min(u64::from(u32::MAX)) as u32 }
    }

    /// More buckets, for when some part of the table was too full.
    pub fn roomier(self) -> HashParams {
        HashParams { buckets: (u64::from(self.buckets) * 9 / 8 + 1).min(u64::from(u32::MAX)) as u32, ..self }
    }

    // Whatever the numbers are, there is a home: they may come from a torn image.
    #[inline(always)]
    pub(crate) fn home(self, actor: Party, target: Party) -> Home {
        // Multiplying by an odd number is a bijection of the pair's bits; what is above them has to go.
        let beyond = u64::BITS.wrapping_sub(self.bits.wrapping_mul(2));
        let pair = u64::from(actor.0).wrapping_shl(self.bits) | u64::from(target.0);
        let mixed = pair.wrapping_mul(FACTOR);
        // The pair's number among all pairs, scaled to the buckets: pairs of one bucket lie side by side in the mixed order.
        let bucket = (((mixed.wrapping_shl(beyond) >> 32) * u64::from(self.buckets)) >> 32) as u32;
        Home { bucket, rest: mixed as u32 & ((1 << REST_BITS) - 1) }
    }
}

/// A pair as one number, by which the wide list is sorted.
pub(crate) fn pair_word(actor: Party, target: Party) -> u64 {
    u64::from(target.0) << 32 | u64::from(actor.0)
}

#[inline(always)]
pub(crate) fn outcome_at(bucket: &[u64; BUCKET_WORDS], entry: u32) -> u32 {
    let word = if entry < 8 { bucket[6] } else { bucket[7] };
    (word >> (entry % 8 * 8)) as u32 & 0xff
}

/// The number of an entry as it stands in a bucket.
pub(crate) fn short(outcome: u32) -> u32 {
    if outcome > MAX_SHORT_OUTCOME { IS_WIDE } else { outcome }
}

/// Buckets being filled or altered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buckets {
    /// Where they begin.
    pub offset: usize,
    /// How pairs are spread over them.
    pub params: HashParams,
}

impl Buckets {
    /// The buckets of an image.
    pub fn of(words: &impl ImageWords) -> Buckets {
        let (offset, buckets) = words.header(Header::Buckets);
        let params = HashParams { bits: words.header(Header::Bits).0.clamp(16, 31), buckets };
        Buckets { offset: offset as usize, params }
    }

    #[inline]
    fn at(&self, bucket: u32, distance: u32) -> usize {
        self.offset + self.behind(bucket, distance) as usize * BUCKET_WORDS
    }

    /// The bucket so far behind another one.
    #[inline]
    fn behind(&self, bucket: u32, distance: u32) -> u32 {
        match distance {
            0 => bucket,
            _ => ((u64::from(bucket) + u64::from(distance)) % u64::from(self.params.buckets.max(1))) as u32,
        }
    }

    /// The distances at which a pair may lie.
    #[inline]
    fn distances(&self) -> RangeInclusive<u32> {
        0..=MAX_DISTANCE.min(self.params.buckets.saturating_sub(1))
    }

    /// Puts a pair that is not there yet into the buckets; false when there is no room near its home.
    #[inline]
    pub fn insert(&self, words: &mut impl ImageWords, (actor, target): (Party, Party), outcome: u32) -> bool {
        self.insert_at(words, self.params.home(actor, target), short(outcome))
    }

    #[inline]
    fn insert_at(&self, words: &mut impl ImageWords, home: Home, short: u32) -> bool {
        for distance in self.distances() {
            let at = self.at(home.bucket, distance);
            let Some(entry) = free_entry(words.get(at + 6), words.get(at + 7)) else { continue };
            set_entry(words, at, entry, distance << REST_BITS | home.rest, short);
            if distance > 0 {
                self.reach(words, home.bucket, distance);
            }
            return true;
        }
        false
    }

    /// Notes that an entry lies so far behind the bucket that is its home.
    fn reach(&self, words: &mut impl ImageWords, home: u32, distance: u32) {
        let last = self.at(home, 0) + 7;
        let held = words.get(last);
        let furthest = (held >> 32 & u64::from(MAX_DISTANCE)).max(u64::from(distance));
        words.put(last, held & !(u64::from(MAX_DISTANCE) << 32) | furthest << 32);
    }

    /// Gives a pair that outcome, whether it is there or not; with 0 its entry is emptied. False when there is no room.
    pub fn set(&self, words: &mut impl ImageWords, (actor, target): (Party, Party), outcome: u32) -> bool {
        let home = self.params.home(actor, target);
        let furthest = (words.get(self.at(home.bucket, 0) + 7) >> 32) as u32 & MAX_DISTANCE;
        for distance in 0..=furthest {
            let (at, tag) = (self.at(home.bucket, distance), distance << REST_BITS | home.rest);
            let bucket: [u64; BUCKET_WORDS] = std::array::from_fn(|index| words.get(at + index));
            let is_it = |entry: &u32| {
                let held = bucket.get(*entry as usize / 2).map_or(0, |word| (word >> (entry % 2 * 32)) as u32);
                held == tag && outcome_at(&bucket, *entry) != 0
            };
            if let Some(entry) = (0..BUCKET_ENTRIES as u32).find(is_it) {
                set_entry(words, at, entry, if outcome == 0 { 0 } else { tag }, short(outcome));
                return true;
            }
        }
        outcome == 0 || self.insert(words, (actor, target), outcome)
    }
}

/// Buckets of a part of the table: half a megabyte, which a processor's own cache holds.
const PART_BITS: u32 = 13;

/// Fills buckets with very many entries. They are gathered part by part first: a table of hundreds of megabytes that is written
/// here and there would wait for memory at every entry.
pub(crate) struct TableBuilder<'a> {
    words: &'a [AtomicU64],
    buckets: Buckets,
    /// Entries in use of each bucket.
    used: Vec<u8>,
    /// Of each part a row of entries that wait, each in a word: outcome (8 bits), bucket in the part (13 bits), rest.
    waiting: Words,
    /// Entries in each row.
    counts: Vec<usize>,
    /// Entries that a row has room for.
    room: usize,
    full: bool,
}

impl<'a> TableBuilder<'a> {
    /// A builder of empty buckets for about so many pairs.
    ///
    /// # Errors
    /// `Limit` when there is no memory for them.
    pub fn new(words: &'a [AtomicU64], buckets: Buckets, pairs: u64) -> Result<TableBuilder<'a>> {
        let parts = (buckets.params.buckets >> PART_BITS) as usize + 1;
        // Pairs are spread evenly, so a row is hardly ever full before the end; if it is, it is written out once more.
        let room = pairs as usize / parts * 33 / 32 + 64;
        let waiting = Words::zeroed(parts * room)?;
        let used = vec![0; buckets.params.buckets as usize];
        Ok(TableBuilder { words, buckets, used, waiting, counts: vec![0; parts], room, full: false })
    }

    /// Puts a pair that is not there yet into the buckets, sooner or later.
    #[inline]
    pub fn push(&mut self, actor: Party, target: Party, outcome: u32) {
        let home = self.buckets.params.home(actor, target);
        let part = (home.bucket >> PART_BITS) as usize;
        let Some(count) = self.counts.get_mut(part) else { return };
        let in_part = u64::from(home.bucket & ((1 << PART_BITS) - 1));
        let entry = u64::from(short(outcome)) | in_part << 8 | u64::from(home.rest) << (8 + PART_BITS);
        (&self.waiting[..]).put(part * self.room + *count, entry);
        *count += 1;
        if *count == self.room {
            self.fill(part);
        }
    }

    /// Writes what waits; false when some pair found no room.
    pub fn finish(mut self) -> bool {
        (0..self.counts.len()).for_each(|part| self.fill(part));
        !self.full
    }

    #[inline(never)]
    fn fill(&mut self, part: usize) {
        let Some(count) = self.counts.get_mut(part).map(std::mem::take) else { return };
        let first = part * self.room;
        for entry in self.waiting.get(first..first + count).unwrap_or(&[]) {
            let entry = entry.load(Ordering::Relaxed);
            let bucket = (part as u32) << PART_BITS | (entry >> 8) as u32 & ((1 << PART_BITS) - 1);
            let home = Home { bucket, rest: (entry >> (8 + PART_BITS)) as u32 };
            let mut distances = self.buckets.distances();
            let distance =
                distances.find(|distance| put(self.words, &self.buckets, &mut self.used, home, *distance, entry as u8));
            match distance {
                Some(0) => {}
                Some(distance) => self.buckets.reach(&mut &*self.words, home.bucket, distance),
                None => self.full = true,
            }
        }
    }
}

/// Writes the next free entry of the bucket so far behind its home; false when there is none. All words of free entries are zero.
#[inline(always)]
fn put(mut words: &[AtomicU64], buckets: &Buckets, used: &mut [u8], home: Home, distance: u32, short: u8) -> bool {
    let bucket = buckets.behind(home.bucket, distance);
    let Some(used) = used.get_mut(bucket as usize).filter(|used| usize::from(**used) < BUCKET_ENTRIES) else {
        return false;
    };
    let (at, entry) = (buckets.offset + bucket as usize * BUCKET_WORDS, u32::from(*used));
    let mut add = |offset: usize, bits: u64| {
        let held = ImageWords::get(&words, offset);
        words.put(offset, held | bits);
    };
    add(at + entry as usize / 2, u64::from(distance << REST_BITS | home.rest) << (entry % 2 * 32));
    add(at + if entry < 8 { 6 } else { 7 }, u64::from(short) << (entry % 8 * 8));
    *used += 1;
    true
}

/// The first entry whose outcome is 0.
#[inline]
fn free_entry(first: u64, second: u64) -> Option<u32> {
    // The lowest zero byte: where subtracting one borrows into a top bit that was not set.
    let zeros = |word: u64| word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080;
    let in_first = zeros(first);
    let in_second = zeros(second | 0xffff_ffff_0000_0000);
    match (in_first, in_second) {
        (0, 0) => None,
        (0, entries) => Some(8 + entries.trailing_zeros() / 8),
        (entries, _) => Some(entries.trailing_zeros() / 8),
    }
}

/// Writes an entry of the bucket at `at`.
#[inline]
fn set_entry(words: &mut impl ImageWords, at: usize, entry: u32, tag: u32, outcome: u32) {
    let mut field = |offset: usize, shift: u32, mask: u64, value: u32| {
        let held = words.get(offset);
        words.put(offset, held & !(mask << shift) | u64::from(value) << shift);
    };
    field(at + entry as usize / 2, entry % 2 * 32, 0xffff_ffff, tag);
    field(at + if entry < 8 { 6 } else { 7 }, entry % 8 * 8, 0xff, outcome);
}

/// Gives a pair that stands in the wide list that outcome; false when it has none there.
pub(crate) fn set_wide(words: &mut impl ImageWords, (actor, target): (Party, Party), outcome: u32) -> bool {
    let list = (words.header(Header::Bits).1 as usize, words.header(Header::Wide).0 as usize);
    let Some(offset) = wide_offset(|offset| words.get(offset), list, (actor, target)) else { return false };
    words.put(offset, u64::from(outcome));
    true
}

/// The offset of a pair's outcome in the wide list, which is given by its own offset and how many entries it has; `None` when the pair
/// is not there.
pub(crate) fn wide_offset(
    word: impl Fn(usize) -> u64,
    (offset, count): (usize, usize),
    (actor, target): (Party, Party),
) -> Option<usize> {
    let (mut low, mut high) = (0, count);
    let wanted = pair_word(actor, target);
    while low < high {
        let middle = low + (high - low) / 2;
        match word(offset + middle * 2).cmp(&wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(offset + middle * 2 + 1),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_a_home_of_its_own() {
        for limit in [5, 70_000] {
            let params = HashParams::new(100, limit);
            let mut homes = std::collections::HashSet::new();
            for actor in 0..400 {
                for target in 0..400 {
                    let home = params.home(Party(actor), Party(target));
                    assert!(home.bucket < params.buckets);
                    assert!(homes.insert((home.bucket, home.rest)), "{actor} {target}");
                }
            }
        }
    }
}
