//! Looks up a pair's own entry in the buckets (see `format/pairs.rs`). It must never find the entry of another pair.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::image::format::Header;
use crate::image::format::domain::LABELS;
use crate::image::format::image::{Image, ReadMode, Row, Rows};
use crate::image::format::pairs::{BUCKET_WORDS, HashParams, Home, IS_WIDE, MAX_DISTANCE, REST_BITS, wide_offset};
use crate::simd;

pub(super) type Bucket<'a, M> = Row<'a, BUCKET_WORDS, M>;
/// The buckets of an image.
pub(super) type Buckets<'a, M> = Rows<'a, BUCKET_WORDS, M>;

impl<'a, M: ReadMode> Image<'a, M> {
    #[inline(always)]
    pub(crate) fn params(&self) -> HashParams {
        HashParams { bits: self.header(Header::Bits).0, buckets: self.header(Header::Buckets).1 }
    }

    /// The number of the pair's outcome in the tables of the target's domain, 0 where the pair has no entry.
    #[inline(always)]
    pub(crate) fn pair(&self, actor: Party, target: Party) -> u32 {
        self.pair_at(self.params().home(actor, target), actor, target)
    }

    #[inline(always)]
    fn pair_at(&self, home: Home, actor: Party, target: Party) -> u32 {
        let offset = self.header(Header::Buckets).0 as usize;
        let bucket: Bucket<'_, M> = self.row(offset + home.bucket as usize * BUCKET_WORDS);
        match short_outcome(bucket, home.rest) {
            0 if furthest(bucket) == 0 => 0,
            0 | IS_WIDE => self.rare_pair(actor, target),
            outcome => outcome,
        }
    }

    /// The same of a pair that may be in a bucket behind its own or in the wide list, or whose tag is that of empty entries.
    #[cold]
    #[inline(never)]
    fn rare_pair(self, actor: Party, target: Party) -> u32 {
        let (offset, buckets) = self.header(Header::Buckets);
        let home = self.params().home(actor, target);
        let at = |distance: u32| {
            let bucket = (u64::from(home.bucket) + u64::from(distance)) % u64::from(buckets.max(1));
            offset as usize + bucket as usize * BUCKET_WORDS
        };
        let of = |distance: u32| short_outcome(self.row(at(distance)), distance << REST_BITS | home.rest);
        let outcome = (0..=furthest(self.row(at(0)))).map(of).find(|outcome| *outcome != 0).unwrap_or(0);
        if outcome == IS_WIDE { self.wide_pair(actor, target) } else { outcome }
    }

    /// Where the buckets are.
    #[inline(always)]
    pub(super) fn pair_buckets(&self) -> Option<Buckets<'a, M>> {
        let (offset, buckets) = self.header(Header::Buckets);
        self.rows(offset, buckets)
    }

    /// The label of the pair's own entry, 0 where it has none; `None` where the outcome is more than a label, or not found at once. It is
    /// for domains whose first outcomes are the labels.
    #[inline(always)]
    pub(super) fn own_label(&self, bucket: Bucket<'_, M>, rest: u32, (actor, target): (Party, Party)) -> Option<u8> {
        let mut short = short_outcome(bucket, rest);
        if short == 0 {
            let furthest = furthest(bucket);
            if furthest == 0 {
                return Some(0);
            }
            // All is found anew, so that nothing has to be kept for it.
            let (buckets, home) = (self.pair_buckets()?, self.params().home(actor, target));
            let mut distance = 0;
            while distance < furthest && short == 0 {
                distance += 1;
                let bucket = buckets.get(home.bucket.wrapping_add(distance))?;
                short = short_outcome(bucket, distance << REST_BITS | home.rest);
            }
        }
        (short < LABELS as u32).then_some(short as u8)
    }

    fn wide_pair(&self, actor: Party, target: Party) -> u32 {
        let list = (self.header(Header::Bits).1 as usize, self.header(Header::Wide).0 as usize);
        wide_offset(|offset| self.word(offset), list, (actor, target)).map_or(0, |offset| self.word(offset) as u32)
    }
}

/// What stands in the entry with that tag, 0 where there is none. An empty entry has tag 0 and outcome 0: of several with that tag at most
/// one is not empty.
#[inline(always)]
fn short_outcome<M: ReadMode>(bucket: Bucket<'_, M>, tag: u32) -> u32 {
    simd::byte_of([bucket.lanes::<0>(), bucket.lanes::<2>(), bucket.lanes::<4>()], tag, bucket.lanes::<6>())
}

/// The greatest distance of an entry whose home this is.
#[inline(always)]
fn furthest<M: ReadMode>(bucket: Bucket<'_, M>) -> u32 {
    (bucket.get(7) >> 32) as u32 & MAX_DISTANCE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::format::pairs::pair_word;
    use crate::image::format::pairs::{self, MAX_SHORT_OUTCOME};
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
        let set = |offset: usize, word| words[offset].store(word, Ordering::Relaxed);
        set(Header::Records as usize, joined(0, limit));
        set(Header::Buckets as usize, joined(HEADER_WORDS as u32, params.buckets));
        set(Header::Bits as usize, joined(params.bits, wide_at as u32));
        set(Header::Wide as usize, joined(wide.len() as u32, 0));
        for ((pair, outcome), index) in wide.iter().zip(0..) {
            set(wide_at + index * 2, *pair);
            set(wide_at + index * 2 + 1, u64::from(*outcome));
        }
        for ((actor, target), outcome) in pairs {
            let buckets = pairs::Buckets { offset: HEADER_WORDS, params };
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
                let buckets = pairs::Buckets::of(&&words[..]);
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
