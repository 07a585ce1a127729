//! A sum of what an image has, the same in every process. It must never place the keys of a map: who chooses them could make them
//! crowd (`keyed.rs` is for that).
#![forbid(unsafe_code)]

use crate::keyed::KeyedHash;
use std::collections::HashMap;
use std::hash::Hasher;

/// Sums numbers up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u128(&mut self, number: u128) {
        self.write_u64(number as u64);
        self.write_u64((number >> 64) as u64);
    }
}

/// A map while an image is compiled.
pub(crate) type FastMap<K, V> = HashMap<K, V, KeyedHash>;
