//! Pairs with a cell of their own (an owner's setting, a grant, a subscription), in buckets of one cache line.
//!
//! The pair's two numbers are mixed by a bijection, so that the bucket and a 28-bit rest together say exactly which pair it
//! is: a hit is never by chance. A bucket holds 12 cells; what does not fit goes to a bucket behind it, with the distance kept
//! in the cell.
//!
//! ```text
//! words 0-5  12 tags of 32 bits: distance from the home bucket (4 bits), rest of the mixed pair (28 bits)
//! word 6     outcomes of cells 0-7, 8 bits each; 0 is an empty cell, 255 an outcome with a bigger number (see wide)
//! word 7     outcomes of cells 8-11; bits 32-35: the greatest distance of a cell whose home this is
//! ```
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::id::Party;
use crate::image::{Header, Image, Look, Store};
use crate::memory::Words;
use crate::simd;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of a bucket.
pub(crate) const BUCKET_WORDS: usize = 8;
/// Cells of a bucket.
pub(in crate::image) const CELLS: usize = 12;
/// Cells of a hundred that are in use when the table is made: fuller saves memory, emptier saves second looks. With 76 a million
/// users' pairs crowd, and the table has to be made twice.
const FILL_PERCENT: u64 = 71;
pub(in crate::image) const REST_BITS: u32 = 28;
/// What mixes pairs.
pub(in crate::image) const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
const MAX_DISTANCE: u32 = 15;
/// Outcome numbers up to this lie in the bucket; bigger ones in the wide list.
pub(crate) const MAX_SHORT_OUTCOME: u32 = 254;
const IS_WIDE: u32 = 255;

/// How pairs are spread over buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spread {
    /// Bits of a party number.
    pub bits: u32,
    /// Buckets, at least 1.
    pub buckets: u32,
}

/// A pair's home bucket and the rest that tells it from the others there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image) struct Home {
    pub bucket: u32,
    pub rest: u32,
}

impl Spread {
    /// For `pairs` pairs of parties below `limit`.
    pub fn new(pairs: u64, limit: u32) -> Spread {
        let bits = (u32::BITS - limit.leading_zeros()).max(16);
        // With few buckets, more than 2^28 mixed pairs would share one, and the rest could not tell them apart.
        let least = 1u64 << (2 * bits).saturating_sub(REST_BITS - 1).min(31);
        let wanted = pairs * 100 / (CELLS as u64 * FILL_PERCENT) + 1;
        Spread { bits, buckets: wanted.max(least).min(u64::from(u32::MAX)) as u32 }
    }

    /// More buckets, for when some part of the table was too full.
    pub fn roomier(self) -> Spread {
        Spread { buckets: (u64::from(self.buckets) * 9 / 8 + 1).min(u64::from(u32::MAX)) as u32, ..self }
    }

    // Whatever the numbers are, there is a home: they may come from a torn image.
    #[inline(always)]
    pub(in crate::image) fn home(self, actor: Party, target: Party) -> Home {
        // The pair in the upper bits of a word: multiplying by an odd number is a bijection of them, and what would have to be
        // masked off falls out at the top.
        let beyond = u64::BITS.wrapping_sub(self.bits.wrapping_mul(2));
        let pair = (u64::from(actor.0).wrapping_shl(self.bits) | u64::from(target.0)).wrapping_shl(beyond);
        let mixed = pair.wrapping_mul(FACTOR);
        // The pair's place among all, scaled to the buckets: pairs of one bucket lie side by side in the mixed order.
        let bucket = (((mixed >> 32) * u64::from(self.buckets)) >> 32) as u32;
        Home { bucket, rest: mixed.wrapping_shr(beyond) as u32 & ((1 << REST_BITS) - 1) }
    }
}

impl<L: Look> Image<'_, L> {
    #[inline(always)]
    pub(in crate::image) fn spread(&self) -> Spread {
        Spread { bits: self.header(Header::Bits).0, buckets: self.header(Header::Buckets).1 }
    }

    /// The number of the pair's outcome in the tables of the target's domain, 0 where the pair has no cell.
    #[inline(always)]
    pub(crate) fn pair(&self, actor: Party, target: Party) -> u32 {
        let offset = self.header(Header::Buckets).0 as usize;
        let home = self.spread().home(actor, target);
        let bucket = self.row(offset + home.bucket as usize * BUCKET_WORDS).all();
        let cells = simd::equal_lanes(&bucket, home.rest);
        if cells == 0 {
            return if bucket[7] >> 32 & u64::from(MAX_DISTANCE) == 0 { 0 } else { self.rare_pair(actor, target) };
        }
        let outcome = outcome_at(&bucket, cells.trailing_zeros());
        let is_plain = outcome != 0 && outcome != IS_WIDE;
        if is_plain { outcome } else { self.rare_pair(actor, target) }
    }

    /// The same of a pair that may be in a bucket behind its own or in the wide list, or whose tag is that of empty cells.
    #[cold]
    #[inline(never)]
    fn rare_pair(self, actor: Party, target: Party) -> u32 {
        let (offset, buckets) = self.header(Header::Buckets);
        let home = self.spread().home(actor, target);
        let at = |distance: u32| {
            let place = (u64::from(home.bucket) + u64::from(distance)) % u64::from(buckets.max(1));
            offset as usize + place as usize * BUCKET_WORDS
        };
        let furthest = (self.word(at(0) + 7) >> 32) as u32 & MAX_DISTANCE;
        let of = |distance: u32| outcome_of(&self.row(at(distance)).all(), distance << REST_BITS | home.rest);
        let outcome = (0..=furthest).map(of).find(|outcome| *outcome != 0).unwrap_or(0);
        if outcome == IS_WIDE { self.wide_pair(actor, target) } else { outcome }
    }

    /// Asks for everything a question about the pair will read.
    #[inline(always)]
    pub(crate) fn prefetch(&self, actor: Party, target: Party) {
        let home = self.spread().home(actor, target);
        let bucket = self.header(Header::Buckets).0 as usize + home.bucket as usize * BUCKET_WORDS;
        let records = self.header(Header::Records).0 as usize;
        let record = |party: Party| records + party.index() * super::record::RECORD_WORDS;
        for place in [bucket, record(actor), record(target)] {
            self.prefetch_word(place);
        }
    }

    fn wide_pair(&self, actor: Party, target: Party) -> u32 {
        let offset = self.header(Header::Bits).1 as usize;
        let (mut low, mut high) = (0, self.header(Header::Wide).0 as usize);
        let wanted = pair_word(actor, target);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.word(offset + middle * 2).cmp(&wanted) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.word(offset + middle * 2 + 1) as u32,
            }
        }
        0
    }
}

/// A pair as one number, by which the wide list is sorted.
pub(crate) fn pair_word(actor: Party, target: Party) -> u64 {
    u64::from(target.0) << 32 | u64::from(actor.0)
}

/// The outcome of the cell with that tag, 0 where there is none.
fn outcome_of(bucket: &[u64; BUCKET_WORDS], tag: u32) -> u32 {
    // An empty cell has tag 0 and outcome 0, and so has whoever is not found: of several hits at most one is not empty.
    let cells = simd::equal_lanes(bucket, tag);
    let hits = (0..CELLS as u32).filter(|cell| cells >> cell & 1 != 0);
    hits.fold(0, |outcome, cell| outcome | outcome_at(bucket, cell))
}

#[inline(always)]
pub(in crate::image) fn outcome_at(bucket: &[u64; BUCKET_WORDS], cell: u32) -> u32 {
    let word = if cell < 8 { bucket[6] } else { bucket[7] };
    (word >> (cell % 8 * 8)) as u32 & 0xff
}

/// The number of a cell as it stands in a bucket.
pub(crate) fn short(outcome: u32) -> u32 {
    if outcome > MAX_SHORT_OUTCOME { IS_WIDE } else { outcome }
}

/// Buckets being filled or altered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buckets {
    /// Where they begin.
    pub offset: usize,
    /// How pairs are spread over them.
    pub spread: Spread,
}

impl Buckets {
    /// The buckets of an image.
    pub fn of(store: &impl Store) -> Buckets {
        let (offset, buckets) = store.header(Header::Buckets);
        let spread = Spread { bits: store.header(Header::Bits).0.clamp(16, 31), buckets };
        Buckets { offset: offset as usize, spread }
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
            _ => ((u64::from(bucket) + u64::from(distance)) % u64::from(self.spread.buckets.max(1))) as u32,
        }
    }

    /// The distances at which a pair may lie.
    #[inline]
    fn distances(&self) -> RangeInclusive<u32> {
        0..=MAX_DISTANCE.min(self.spread.buckets.saturating_sub(1))
    }

    /// Puts a pair that is not there yet into the buckets; false when there is no room near its home.
    #[inline]
    pub fn insert(&self, store: &mut impl Store, (actor, target): (Party, Party), outcome: u32) -> bool {
        self.insert_at(store, self.spread.home(actor, target), short(outcome))
    }

    #[inline]
    fn insert_at(&self, store: &mut impl Store, home: Home, short: u32) -> bool {
        for distance in self.distances() {
            let at = self.at(home.bucket, distance);
            let Some(cell) = free_cell(store.get(at + 6), store.get(at + 7)) else { continue };
            set_cell(store, at, cell, distance << REST_BITS | home.rest, short);
            if distance > 0 {
                self.reach(store, home.bucket, distance);
            }
            return true;
        }
        false
    }

    /// Notes that a cell lies so far behind the bucket that is its home.
    fn reach(&self, store: &mut impl Store, home: u32, distance: u32) {
        let last = self.at(home, 0) + 7;
        let held = store.get(last);
        let furthest = (held >> 32 & u64::from(MAX_DISTANCE)).max(u64::from(distance));
        store.put(last, held & !(u64::from(MAX_DISTANCE) << 32) | furthest << 32);
    }

    /// Gives a pair that outcome, whether it is there or not; with 0 its cell is emptied. False when there is no room.
    pub fn set(&self, store: &mut impl Store, (actor, target): (Party, Party), outcome: u32) -> bool {
        let home = self.spread.home(actor, target);
        let furthest = (store.get(self.at(home.bucket, 0) + 7) >> 32) as u32 & MAX_DISTANCE;
        for distance in 0..=furthest {
            let (at, tag) = (self.at(home.bucket, distance), distance << REST_BITS | home.rest);
            let bucket: [u64; BUCKET_WORDS] = std::array::from_fn(|place| store.get(at + place));
            let is_it = |cell: &u32| {
                let held = bucket.get(*cell as usize / 2).map_or(0, |word| (word >> (cell % 2 * 32)) as u32);
                held == tag && outcome_at(&bucket, *cell) != 0
            };
            if let Some(cell) = (0..CELLS as u32).find(is_it) {
                set_cell(store, at, cell, if outcome == 0 { 0 } else { tag }, short(outcome));
                return true;
            }
        }
        outcome == 0 || self.insert(store, (actor, target), outcome)
    }
}

/// Buckets of a part of the table: half a megabyte, which a processor's own cache holds.
const PART_BITS: u32 = 13;

/// Fills buckets with very many cells. They are gathered part by part first: a table of hundreds of megabytes that is written
/// here and there would wait for memory at every cell.
pub(crate) struct Filler<'a> {
    words: &'a [AtomicU64],
    buckets: Buckets,
    /// Cells in use of each bucket.
    used: Vec<u8>,
    /// Of each part a row of cells that wait, each in a word: outcome (8 bits), bucket in the part (13 bits), rest.
    waiting: Words,
    /// Cells in each row.
    counts: Vec<usize>,
    /// Cells that a row has room for.
    room: usize,
    full: bool,
}

impl<'a> Filler<'a> {
    /// A filler of empty buckets for about so many pairs.
    ///
    /// # Errors
    /// `Limit` when there is no memory for them.
    pub fn new(words: &'a [AtomicU64], buckets: Buckets, pairs: u64) -> Result<Filler<'a>> {
        let parts = (buckets.spread.buckets >> PART_BITS) as usize + 1;
        // Pairs are spread evenly, so a row is hardly ever full before the end; if it is, it is emptied once more.
        let room = pairs as usize / parts * 33 / 32 + 64;
        let waiting = Words::zeroed(parts * room)?;
        let used = vec![0; buckets.spread.buckets as usize];
        Ok(Filler { words, buckets, used, waiting, counts: vec![0; parts], room, full: false })
    }

    /// Puts a pair that is not there yet into the buckets, sooner or later.
    #[inline]
    pub fn push(&mut self, actor: Party, target: Party, outcome: u32) {
        let home = self.buckets.spread.home(actor, target);
        let part = (home.bucket >> PART_BITS) as usize;
        let Some(count) = self.counts.get_mut(part) else { return };
        let in_part = u64::from(home.bucket & ((1 << PART_BITS) - 1));
        let cell = u64::from(short(outcome)) | in_part << 8 | u64::from(home.rest) << (8 + PART_BITS);
        (&self.waiting[..]).put(part * self.room + *count, cell);
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
        for cell in self.waiting.get(first..first + count).unwrap_or(&[]) {
            let cell = cell.load(Ordering::Relaxed);
            let bucket = (part as u32) << PART_BITS | (cell >> 8) as u32 & ((1 << PART_BITS) - 1);
            let home = Home { bucket, rest: (cell >> (8 + PART_BITS)) as u32 };
            let mut distances = self.buckets.distances();
            let distance =
                distances.find(|distance| put(self.words, &self.buckets, &mut self.used, home, *distance, cell as u8));
            match distance {
                Some(0) => {}
                Some(distance) => self.buckets.reach(&mut &*self.words, home.bucket, distance),
                None => self.full = true,
            }
        }
    }
}

/// Puts a cell into the next free place of the bucket so far behind its home; false when there is none. All words of free places
/// are zero.
#[inline(always)]
fn put(mut words: &[AtomicU64], buckets: &Buckets, used: &mut [u8], home: Home, distance: u32, short: u8) -> bool {
    let bucket = buckets.behind(home.bucket, distance);
    let Some(used) = used.get_mut(bucket as usize).filter(|used| usize::from(**used) < CELLS) else { return false };
    let (at, cell) = (buckets.offset + bucket as usize * BUCKET_WORDS, u32::from(*used));
    let mut add = |place: usize, bits: u64| {
        let held = Store::get(&words, place);
        words.put(place, held | bits);
    };
    add(at + cell as usize / 2, u64::from(distance << REST_BITS | home.rest) << (cell % 2 * 32));
    add(at + if cell < 8 { 6 } else { 7 }, u64::from(short) << (cell % 8 * 8));
    *used += 1;
    true
}

/// The first cell whose outcome is 0.
#[inline]
fn free_cell(first: u64, second: u64) -> Option<u32> {
    // The lowest zero byte: where subtracting one borrows into a top bit that was not set.
    let zeros = |word: u64| word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080;
    let in_first = zeros(first);
    let in_second = zeros(second | 0xffff_ffff_0000_0000);
    match (in_first, in_second) {
        (0, 0) => None,
        (0, cells) => Some(8 + cells.trailing_zeros() / 8),
        (cells, _) => Some(cells.trailing_zeros() / 8),
    }
}

/// Writes a cell of the bucket at `at`.
#[inline]
fn set_cell(store: &mut impl Store, at: usize, cell: u32, tag: u32, outcome: u32) {
    let mut field = |place: usize, shift: u32, mask: u64, value: u32| {
        let held = store.get(place);
        store.put(place, held & !(mask << shift) | u64::from(value) << shift);
    };
    field(at + cell as usize / 2, cell % 2 * 32, 0xffff_ffff, tag);
    field(at + if cell < 8 { 6 } else { 7 }, cell % 8 * 8, 0xff, outcome);
}

/// Gives a pair that has a place in the wide list that outcome; false when it has none there.
pub(crate) fn set_wide(store: &mut impl Store, (actor, target): (Party, Party), outcome: u32) -> bool {
    let offset = store.header(Header::Bits).1 as usize;
    let (mut low, mut high) = (0, store.header(Header::Wide).0 as usize);
    let wanted = pair_word(actor, target);
    while low < high {
        let middle = low + (high - low) / 2;
        match store.get(offset + middle * 2).cmp(&wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => {
                store.put(offset + middle * 2 + 1, u64::from(outcome));
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{HEADER_WORDS, joined};
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// An image of nothing but these pairs.
    fn image(pairs: &HashMap<(u32, u32), u32>, limit: u32, spread: Spread) -> Vec<AtomicU64> {
        let wide: std::collections::BTreeMap<u64, u32> = pairs
            .iter()
            .filter(|(_, outcome)| **outcome > MAX_SHORT_OUTCOME)
            .map(|((actor, target), outcome)| (pair_word(Party(*actor), Party(*target)), *outcome))
            .collect();
        let wide_at = HEADER_WORDS + spread.buckets as usize * BUCKET_WORDS;
        let words: Vec<_> = (0..wide_at + wide.len() * 2).map(|_| AtomicU64::new(0)).collect();
        let set = |place: usize, word| words[place].store(word, Ordering::Relaxed);
        set(Header::Records as usize, joined(0, limit));
        set(Header::Buckets as usize, joined(HEADER_WORDS as u32, spread.buckets));
        set(Header::Bits as usize, joined(spread.bits, wide_at as u32));
        set(Header::Wide as usize, joined(wide.len() as u32, 0));
        for ((pair, outcome), place) in wide.iter().zip(0..) {
            set(wide_at + place * 2, *pair);
            set(wide_at + place * 2 + 1, u64::from(*outcome));
        }
        for ((actor, target), outcome) in pairs {
            let buckets = Buckets { offset: HEADER_WORDS, spread };
            assert!(buckets.insert(&mut &words[..], (Party(*actor), Party(*target)), *outcome));
        }
        words
    }

    #[test]
    fn every_pair_has_a_home_of_its_own() {
        for limit in [5, 70_000] {
            let spread = Spread::new(100, limit);
            let mut homes = std::collections::HashSet::new();
            for actor in 0..400 {
                for target in 0..400 {
                    let home = spread.home(Party(actor), Party(target));
                    assert!(home.bucket < spread.buckets);
                    assert!(homes.insert((home.bucket, home.rest)), "{actor} {target}");
                }
            }
        }
    }

    #[test]
    fn all_of_many_pairs_are_found_and_no_others() {
        let mut pairs = HashMap::new();
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u32
        };
        for _ in 0..200_000 {
            pairs.insert((next() % 100_000, next() % 100_000), next() % 600 + 1);
        }
        let spread = Spread::new(pairs.len() as u64, 100_000);
        let words = image(&pairs, 100_000, spread);
        let image = Image::new(&words);
        for ((actor, target), outcome) in &pairs {
            assert_eq!(image.pair(Party(*actor), Party(*target)), *outcome);
        }
        for _ in 0..200_000 {
            let pair = (next() % 100_000, next() % 100_000);
            assert_eq!(image.pair(Party(pair.0), Party(pair.1)), pairs.get(&pair).copied().unwrap_or(0));
        }
    }

    proptest! {
        #[test]
        fn pairs_come_change_and_go(steps in prop::collection::vec((0u32..30, 0u32..30, 0u32..255), 0..600)) {
            let spread = Spread { bits: 16, buckets: 16 };
            let words = image(&HashMap::new(), 40, spread);
            let mut pairs: HashMap<(u32, u32), u32> = HashMap::new();
            for (actor, target, outcome) in steps {
                // Two in three steps empty a cell, so that the table never overflows.
                let outcome = if outcome % 3 == 0 { outcome } else { 0 };
                let buckets = Buckets::of(&&words[..]);
                prop_assert!(buckets.set(&mut &words[..], (Party(actor), Party(target)), outcome));
                pairs.insert((actor, target), outcome);
            }
            for actor in 0..40 {
                for target in 0..40 {
                    let expected = pairs.get(&(actor, target)).copied().unwrap_or(0);
                    prop_assert_eq!(Image::new(&words).pair(Party(actor), Party(target)), expected);
                }
            }
        }

        #[test]
        fn crowded_buckets_lose_nothing(pairs in prop::collection::hash_map((0u32..40, 0u32..40), 1u32..300, 0..190)) {
            let spread = Spread { bits: 16, buckets: 16 };
            // The fewest buckets whose pairs the rest can tell apart.
            let words = image(&pairs, 40, spread);
            for actor in 0..40 {
                for target in 0..40 {
                    let expected = pairs.get(&(actor, target)).copied().unwrap_or(0);
                    prop_assert_eq!(Image::new(&words).pair(Party(actor), Party(target)), expected);
                }
            }
        }
    }
}
