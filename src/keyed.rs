//! A fast hash of small numbers for maps in memory. Who writes a document chooses which numbers and pairs of them a map has, so it is
//! mixed with a secret that this process draws once: without it, pairs could be chosen that all begin their search at one place. It must
//! never be stored: another process has another secret.
#![forbid(unsafe_code)]

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// Makes hashers with the secret of this process.
#[derive(Clone, Copy, Debug)]
pub struct KeyedHash {
    start: u64,
    /// Odd, so that a product says all of its other factor.
    factor: u64,
}

impl KeyedHash {
    /// Draws another secret.
    fn drawn() -> KeyedHash {
        let [start, factor] = [0, 1].map(|number: u8| RandomState::new().hash_one(number));
        KeyedHash { start, factor: factor | 1 }
    }
}

impl Default for KeyedHash {
    fn default() -> KeyedHash {
        static OURS: OnceLock<KeyedHash> = OnceLock::new();
        *OURS.get_or_init(KeyedHash::drawn)
    }
}

impl BuildHasher for KeyedHash {
    type Hasher = Folder;

    fn build_hasher(&self) -> Folder {
        Folder { hash: self.start, factor: self.factor }
    }
}

/// Hashes numbers, one product for each.
#[derive(Clone, Copy, Debug)]
pub struct Folder {
    hash: u64,
    factor: u64,
}

impl Hasher for Folder {
    fn finish(&self) -> u64 {
        self.hash
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    /// Both halves of the product folded together: either alone says little of some bits of its factors.
    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.hash ^ number) * u128::from(self.factor);
        self.hash = product as u64 ^ (product >> 64) as u64;
    }

    fn write_u128(&mut self, number: u128) {
        self.write_u64(number as u64);
        self.write_u64((number >> 64) as u64);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: usize = 256;

    /// How many of the pairs begin their search in each 1/256 of a map. A map takes the low bits.
    fn crowds(hash: KeyedHash, pairs: &[(u32, u32)]) -> [usize; PLACES] {
        let mut crowds = [0; PLACES];
        for pair in pairs {
            let place = hash.hash_one(pair) as usize % (1 << 16) / PLACES;
            crowds[place] += 1;
        }
        crowds
    }

    /// All pairs of a company of 1,500 that lie in one place by the secret of one process lie apart in another one.
    #[test]
    fn pairs_chosen_by_the_secret_of_another_process_do_not_crowd() {
        let (other, ours) = (KeyedHash::drawn(), KeyedHash::default());
        let pairs = (1..1500u32).flat_map(|owner| (1..1500).map(move |viewer| (owner, viewer)));
        let chosen: Vec<_> = pairs.filter(|pair| other.hash_one(pair) as usize % (1 << 16) < PLACES).collect();
        assert!(chosen.len() > 5000, "only {} pairs", chosen.len());
        assert_eq!(crowds(other, &chosen)[0], chosen.len());
        let most = *crowds(ours, &chosen).iter().max().unwrap();
        assert!(most < 4 * chosen.len() / PLACES, "{most} of {} in one place", chosen.len());
    }

    /// Numbers in turn, far apart, and pairs that differ in either half lie apart, whatever was drawn.
    #[test]
    fn whatever_is_chosen_is_spread_evenly() {
        let families: [Vec<(u32, u32)>; 4] = [
            (0..8192).map(|number| (number, number)).collect(),
            (0..8192).map(|number| (7, number << 19)).collect(),
            (0..8192).map(|number| (number << 19, 7)).collect(),
            (0..8192).map(|number: u32| (number, number.wrapping_mul(0x9e37_79b9))).collect(),
        ];
        for family in &families {
            for _ in 0..20 {
                let most = *crowds(KeyedHash::drawn(), family).iter().max().unwrap();
                assert!(most < 4 * family.len() / PLACES, "{most} of {} in one place", family.len());
            }
        }
    }
}
