//! The entries of an image one after another, each with the pair that it is of: the mixing of pairs.rs backwards. It is for
//! comparing images, never for the call path.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::image::format::Header;
use crate::image::format::image::{Image, ReadMode};
use crate::image::format::pairs::{BUCKET_ENTRIES, BUCKET_WORDS, FACTOR, HashParams, Home, REST_BITS, outcome_at};

const REST_MASK: u64 = (1 << REST_BITS) - 1;
/// What undoes the multiplication that mixes.
const INVERSE: u64 = inverse(FACTOR);

/// The inverse of an odd number, to 64 bits: each step doubles the bits that are right.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

impl HashParams {
    /// The pair whose home is that bucket and whose rest is that; `None` where no pair is like that, as in a torn image.
    fn pair(self, bucket: u32, rest: u32) -> Option<(Party, Party)> {
        if !(1..u32::BITS).contains(&self.bits) {
            return None;
        }
        let beyond = u64::BITS - 2 * self.bits;
        let buckets = u64::from(self.buckets.max(1));
        // The mixed pairs of a bucket lie side by side, fewer than there are rests: so one of them has this rest.
        let first = (u64::from(bucket) << 32).div_ceil(buckets).checked_shl(32)? >> beyond;
        let mut mixed = first & !REST_MASK | u64::from(rest);
        if mixed < first {
            mixed = mixed.wrapping_add(1 << REST_BITS);
        }
        let pair = mixed.checked_shl(beyond)?.wrapping_mul(INVERSE).checked_shr(beyond)?;
        let pair = (Party((pair >> self.bits) as u32), Party(pair as u32 & ((1 << self.bits) - 1)));
        (self.home(pair.0, pair.1) == Home { bucket, rest }).then_some(pair)
    }
}

impl<M: ReadMode> Image<'_, M> {
    /// The buckets: offset and how many.
    pub(crate) fn buckets(&self) -> (usize, u32) {
        let (offset, count) = self.header(Header::Buckets);
        (offset as usize, count)
    }

    /// How many buckets to walk. A torn word may claim more of them than the image has room for.
    pub(crate) fn buckets_there(&self) -> u32 {
        self.buckets().1.min((self.words() / BUCKET_WORDS) as u32)
    }

    /// The words of a bucket.
    pub(crate) fn bucket(&self, bucket: u32) -> [u64; BUCKET_WORDS] {
        self.row(self.buckets().0 + bucket as usize * BUCKET_WORDS).all()
    }

    /// Calls `each` with every pair that has an entry in that bucket.
    pub(crate) fn each_pair_in(&self, bucket: u32, mut each: impl FnMut(Party, Party)) {
        let (_, count) = self.buckets();
        let words = self.bucket(bucket);
        for entry in 0..BUCKET_ENTRIES as u32 {
            if outcome_at(&words, entry) == 0 {
                continue;
            }
            let tag = words.get(entry as usize / 2).map_or(0, |word| (word >> (entry % 2 * 32)) as u32);
            let distance = tag >> REST_BITS;
            let home =
                (u64::from(bucket) + u64::from(count)).saturating_sub(u64::from(distance)) % u64::from(count.max(1));
            if let Some((actor, target)) = self.params().pair(home as u32, tag & REST_MASK as u32) {
                each(actor, target);
            }
        }
    }

    /// The pairs of the wide list: offset and how many.
    pub(crate) fn wide_list(&self) -> (usize, u32) {
        (self.header(Header::Bits).1 as usize, self.header(Header::Wide).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_found_again() {
        let mut state = 0x5eed_u64;
        for (pairs, limit) in [(0, 2), (1000, 500), (40_000, 70_000), (4_000_000, 100_000), (1, (1 << 26) - 2), (9, 9)]
        {
            let params = HashParams::new(pairs, limit);
            for params in [params, params.roomier()] {
                for _ in 0..20_000 {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let party = |word: u64| Party((word % u64::from(limit)) as u32);
                    let pair = (party(state >> 8), party(state.rotate_left(29) >> 8));
                    let Home { bucket, rest } = params.home(pair.0, pair.1);
                    assert_eq!(params.pair(bucket, rest), Some(pair), "{params:?}");
                }
            }
        }
    }
}
