//! Looks up a pair's own entry in the buckets (see `format/pairs.rs`).
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::image::format::Header;
use crate::image::format::image::{Image, ReadMode, Row};
use crate::image::format::pairs::{
    BUCKET_ENTRIES, BUCKET_WORDS, HashParams, Home, IS_WIDE, MAX_DISTANCE, REST_BITS, outcome_at, wide_place,
};
use crate::image::format::record::RECORD_WORDS;
use crate::simd;

type Bucket<'a, M> = Row<'a, BUCKET_WORDS, M>;

impl<M: ReadMode> Image<'_, M> {
    #[inline(always)]
    pub(crate) fn params(&self) -> HashParams {
        HashParams { bits: self.header(Header::Bits).0, buckets: self.header(Header::Buckets).1 }
    }

    /// The number of the pair's outcome in the tables of the target's domain, 0 where the pair has no entry.
    #[inline(always)]
    pub(crate) fn pair(&self, actor: Party, target: Party) -> u32 {
        self.pair_at(self.params().home(actor, target), actor, target)
    }

    /// The same where the pair's home is known already.
    #[inline(always)]
    pub(crate) fn pair_at(&self, home: Home, actor: Party, target: Party) -> u32 {
        let offset = self.header(Header::Buckets).0 as usize;
        let bucket: Bucket<'_, M> = self.row(offset + home.bucket as usize * BUCKET_WORDS);
        let entries = entries_of(bucket, home.rest);
        if entries == 0 {
            return if bucket.get(7) >> 32 & u64::from(MAX_DISTANCE) == 0 { 0 } else { self.rare_pair(actor, target) };
        }
        let entry = entries.trailing_zeros();
        let outcome = (bucket.get(6 + (entry >> 3 & 1) as usize) >> (entry % 8 * 8)) as u32 & 0xff;
        let is_plain = outcome != 0 && outcome != IS_WIDE;
        if is_plain { outcome } else { self.rare_pair(actor, target) }
    }

    /// The same of a pair that may be in a bucket behind its own or in the wide list, or whose tag is that of empty entries.
    #[cold]
    #[inline(never)]
    fn rare_pair(self, actor: Party, target: Party) -> u32 {
        let (offset, buckets) = self.header(Header::Buckets);
        let home = self.params().home(actor, target);
        let at = |distance: u32| {
            let place = (u64::from(home.bucket) + u64::from(distance)) % u64::from(buckets.max(1));
            offset as usize + place as usize * BUCKET_WORDS
        };
        let furthest = (self.word(at(0) + 7) >> 32) as u32 & MAX_DISTANCE;
        let of = |distance: u32| outcome_of(self.row(at(distance)), distance << REST_BITS | home.rest);
        let outcome = (0..=furthest).map(of).find(|outcome| *outcome != 0).unwrap_or(0);
        if outcome == IS_WIDE { self.wide_pair(actor, target) } else { outcome }
    }

    /// Asks for what a question about the pair will read of the other party and of the pair; returns the pair's home.
    #[inline(always)]
    pub(crate) fn prefetch(&self, params: HashParams, (actor, target): (Party, Party), other: Party) -> Home {
        let home = params.home(actor, target);
        self.prefetch_word(self.header(Header::Buckets).0 as usize + home.bucket as usize * BUCKET_WORDS);
        self.prefetch_word(self.header(Header::Records).0 as usize + other.index() * RECORD_WORDS);
        home
    }

    fn wide_pair(&self, actor: Party, target: Party) -> u32 {
        let list = (self.header(Header::Bits).1 as usize, self.header(Header::Wide).0 as usize);
        wide_place(|place| self.word(place), list, (actor, target)).map_or(0, |place| self.word(place) as u32)
    }
}

/// The outcome of the entry with that tag, 0 where there is none.
fn outcome_of<M: ReadMode>(bucket: Bucket<'_, M>, tag: u32) -> u32 {
    // An empty entry has tag 0 and outcome 0, and so has a pair that is not there: of several hits at most one is not empty.
    let entries = entries_of(bucket, tag);
    let words = bucket.all();
    let hits = (0..BUCKET_ENTRIES as u32).filter(|entry| entries >> entry & 1 != 0);
    hits.fold(0, |outcome, entry| outcome | outcome_at(&words, entry))
}

/// The entries with that tag, one bit each.
#[inline(always)]
fn entries_of<M: ReadMode>(bucket: Bucket<'_, M>, tag: u32) -> u32 {
    simd::equal_lanes([bucket.lanes(0), bucket.lanes(2), bucket.lanes(4)], tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::format::pairs::pair_word;
    use crate::image::format::pairs::{Buckets, MAX_SHORT_OUTCOME};
    use crate::image::format::{HEADER_WORDS, joined};
    use proptest::prelude::*;
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// An image of nothing but these pairs.
    fn image(pairs: &HashMap<(u32, u32), u32>, limit: u32, params: HashParams) -> Vec<AtomicU64> {
        let wide: std::collections::BTreeMap<u64, u32> = pairs
            .iter()
            .filter(|(_, outcome)| **outcome > MAX_SHORT_OUTCOME)
            .map(|((actor, target), outcome)| (pair_word(Party(*actor), Party(*target)), *outcome))
            .collect();
        let wide_at = HEADER_WORDS + params.buckets as usize * BUCKET_WORDS;
        let words: Vec<_> = (0..wide_at + wide.len() * 2).map(|_| AtomicU64::new(0)).collect();
        let set = |place: usize, word| words[place].store(word, Ordering::Relaxed);
        set(Header::Records as usize, joined(0, limit));
        set(Header::Buckets as usize, joined(HEADER_WORDS as u32, params.buckets));
        set(Header::Bits as usize, joined(params.bits, wide_at as u32));
        set(Header::Wide as usize, joined(wide.len() as u32, 0));
        for ((pair, outcome), place) in wide.iter().zip(0..) {
            set(wide_at + place * 2, *pair);
            set(wide_at + place * 2 + 1, u64::from(*outcome));
        }
        for ((actor, target), outcome) in pairs {
            let buckets = Buckets { offset: HEADER_WORDS, params };
            assert!(buckets.insert(&mut &words[..], (Party(*actor), Party(*target)), *outcome));
        }
        words
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
        let params = HashParams::new(pairs.len() as u64, 100_000);
        let words = image(&pairs, 100_000, params);
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
            let params = HashParams { bits: 16, buckets: 16 };
            let words = image(&HashMap::new(), 40, params);
            let mut pairs: HashMap<(u32, u32), u32> = HashMap::new();
            for (actor, target, outcome) in steps {
                // Two in three steps empty an entry, so that the table never overflows.
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
            let params = HashParams { bits: 16, buckets: 16 };
            // The fewest buckets whose pairs the rest can tell apart.
            let words = image(&pairs, 40, params);
            for actor in 0..40 {
                for target in 0..40 {
                    let expected = pairs.get(&(actor, target)).copied().unwrap_or(0);
                    prop_assert_eq!(Image::new(&words).pair(Party(actor), Party(target)), expected);
                }
            }
        }
    }
}
