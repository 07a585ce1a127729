//! The secret of an image: what its hashes of texts and of numbers of parties are mixed with. It must never be made from what someone
//! outside knows, and never change while an image is patched: what lies there would not be found again.
//!
//! Without it, who may add names could choose ones that all begin their search at one slot, for every caller of every domain. With
//! it, a name can only be chosen without knowing where it will lie. Each step is a product of 64 by 64 bits, both halves of it folded
//! together. Neither factor is known to who chooses the text: one is the secret factor, and the other is what went before, which began
//! with the secret start, exclusive-or a word of the text. So a choice fixes at most the difference of two first factors, and no
//! difference of theirs is known that makes such products equal for more than a few of the 2^127 secrets. That is no proof, as there is
//! none for SipHash, which by its rounds would take some seventy instructions more, a fifth of finding a login. Who can read the image can read
//! the secret, and who measured very many questions to the nanosecond could learn of it: `docs/threat-model.md`.
#![forbid(unsafe_code)]

use super::{Header, ImageWords};
use std::hash::{BuildHasher, RandomState};

/// The secret of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    start: u64,
    /// Odd, so that a product says all of its other factor.
    factor: u64,
}

impl Secret {
    /// Draws one for a new image, from what the system gives each process for its own maps.
    pub fn drawn() -> Secret {
        let [start, factor] = [(); 2].map(|()| RandomState::new().hash_one(Header::SecretStart as usize));
        Secret::new(start, factor)
    }

    #[inline]
    pub fn new(start: u64, factor: u64) -> Secret {
        Secret { start, factor: factor | 1 }
    }

    /// That of the image in these words.
    pub fn of(words: &impl ImageWords) -> Secret {
        Secret::new(words.get(Header::SecretStart as usize), words.get(Header::SecretFactor as usize))
    }

    /// Writes it into an image that is made.
    pub fn put(self, words: &mut impl ImageWords) {
        words.put(Header::SecretStart as usize, self.start);
        words.put(Header::SecretFactor as usize, self.factor);
    }

    /// A hash of words, the first of which says how many there are.
    #[inline]
    pub fn hash(self, first: u64, words: impl Iterator<Item = u64>) -> u64 {
        let hash = words.fold(self.fold(self.start ^ first), |hash, word| self.fold(hash ^ word));
        // Once more: of a product's bits, the middle ones depend on all bits of its factors, those at its ends do not.
        self.fold(hash)
    }

    #[inline]
    fn fold(self, word: u64) -> u64 {
        let product = u128::from(word) * u128::from(self.factor);
        product as u64 ^ (product >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_image_draws_a_secret_of_its_own() {
        let drawn: Vec<Secret> = (0..64).map(|_| Secret::drawn()).collect();
        let distinct = |part: fn(&Secret) -> u64| drawn.iter().map(part).collect::<HashSet<u64>>().len();
        assert_eq!((distinct(|secret| secret.start), distinct(|secret| secret.factor)), (64, 64));
        assert!(drawn.iter().all(|secret| secret.factor % 2 == 1 && secret.start != secret.factor));
    }

    /// What differs in one bit, in the lowest bits of neighbouring numbers or in the top bits only lies as far apart as what is drawn.
    #[test]
    fn whatever_is_chosen_is_spread_evenly() {
        let bits = (0..64).flat_map(|one| (0..64).map(move |other| 1u64 << one ^ 1 << other));
        let families: [Vec<u64>; 5] = [
            (0..4096).collect(),
            (0..4096).map(|number| number << 52).collect(),
            (0..4096).map(|number| number << 26).collect(),
            // Multiples of the bigger factor of 2^64 + 1, whose products fold to 0 where the secret is a multiple of the other.
            (0..4096).map(|number: u64| number.wrapping_mul(67_280_421_310_721)).collect(),
            bits.collect::<HashSet<u64>>().into_iter().collect(),
        ];
        for family in &families {
            for _ in 0..20 {
                let secret = Secret::drawn();
                let mut slots = [0u32; 256];
                for word in family {
                    slots[(secret.hash(8, [*word].into_iter()) >> 32) as usize % 256] += 1;
                }
                let even = family.len() as f64 / 256.0;
                // The sum of squares, which pairs that lie together make; by chance about 1 + 1/even.
                let squares: f64 = slots.iter().map(|count| (f64::from(*count) / even).powi(2)).sum::<f64>() / 256.0;
                assert!(squares < 1.0 + 2.0 / even, "{squares} of {} words", family.len());
            }
        }
    }
}
