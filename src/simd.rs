//! Comparing many small numbers at once, and asking for memory ahead of time. Each comparison has a plain twin that says what
//! it means, which other processors run.
//!
//! Outside `ffi`, only this file, `memory.rs` and `sync.rs` have `unsafe` in them; here the compiler asks for it around
//! instructions that every x86-64 processor has.

use std::sync::atomic::AtomicU64;

#[cfg(not(target_arch = "x86_64"))]
use plain as imp;
#[cfg(target_arch = "x86_64")]
use sse2 as imp;

/// Which of eight 16-bit numbers in `mine` are among those of `theirs`, where numbers whose bit in `counting` is not set are
/// taken for 0.
#[inline(always)]
pub fn shared_lanes(mine: (u64, u64), theirs: (u64, u64), counting: u8) -> u8 {
    imp::shared_lanes(mine, theirs, counting)
}

/// Which of the twelve 32-bit numbers in the first six words equal `wanted`.
#[inline(always)]
pub fn equal_lanes(words: &[u64; 8], wanted: u32) -> u32 {
    imp::equal_lanes(words, wanted)
}

/// Asks for the cache line of `word`, which will be read soon. Nothing happens where a processor cannot.
#[inline]
#[allow(unsafe_code, reason = "a hint that touches nothing")]
pub fn prefetch(word: &AtomicU64) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of the x86-64 baseline, and a prefetch neither faults nor changes anything.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(std::ptr::from_ref(word).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = word;
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "SSE2 instructions, which every x86-64 processor has")]
mod sse2 {
    use std::arch::x86_64::{
        _mm_and_si128, _mm_cmpeq_epi16, _mm_cmpeq_epi32, _mm_movemask_epi8, _mm_or_si128, _mm_packs_epi16,
        _mm_packs_epi32, _mm_set_epi16, _mm_set_epi64x, _mm_set1_epi16, _mm_set1_epi32, _mm_setzero_si128,
        _mm_shuffle_epi32, _mm_shufflehi_epi16, _mm_shufflelo_epi16,
    };

    #[inline(always)]
    pub fn shared_lanes(mine: (u64, u64), theirs: (u64, u64), counting: u8) -> u8 {
        // SAFETY: SSE2 is part of the x86-64 baseline, so the instructions exist.
        unsafe {
            let mine = _mm_set_epi64x(mine.1 as i64, mine.0 as i64);
            let theirs = _mm_set_epi64x(theirs.1 as i64, theirs.0 as i64);
            let bits = _mm_set_epi16(128, 64, 32, 16, 8, 4, 2, 1);
            let counts = _mm_cmpeq_epi16(_mm_and_si128(_mm_set1_epi16(i16::from(counting)), bits), bits);
            let theirs = _mm_and_si128(theirs, counts);
            // The other side in all eight orders: as it is, halves swapped, and each turned by one, two and three.
            let swapped = _mm_shuffle_epi32::<0x4e>(theirs);
            let mut shared = _mm_or_si128(_mm_cmpeq_epi16(mine, theirs), _mm_cmpeq_epi16(mine, swapped));
            macro_rules! turned {
                ($by:literal) => {
                    for half in [theirs, swapped] {
                        let half = _mm_shufflehi_epi16::<$by>(_mm_shufflelo_epi16::<$by>(half));
                        shared = _mm_or_si128(shared, _mm_cmpeq_epi16(mine, half));
                    }
                };
            }
            turned!(0x39);
            turned!(0x4e);
            turned!(0x93);
            _mm_movemask_epi8(_mm_packs_epi16(shared, _mm_setzero_si128())) as u8
        }
    }

    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "fixed places of eight words")]
    pub fn equal_lanes(words: &[u64; 8], wanted: u32) -> u32 {
        // SAFETY: SSE2 is part of the x86-64 baseline, so the instructions exist.
        unsafe {
            let wanted = _mm_set1_epi32(wanted as i32);
            let equal = |place: usize| {
                let four = _mm_set_epi64x(words[place + 1] as i64, words[place] as i64);
                _mm_cmpeq_epi32(four, wanted)
            };
            let (low, high) = (_mm_packs_epi32(equal(0), equal(2)), _mm_packs_epi32(equal(4), _mm_setzero_si128()));
            _mm_movemask_epi8(_mm_packs_epi16(low, high)) as u32
        }
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod plain {
    pub fn shared_lanes(mine: (u64, u64), theirs: (u64, u64), counting: u8) -> u8 {
        let lane = |(low, high): (u64, u64), lane: u32| (if lane < 4 { low } else { high } >> (lane % 4 * 16)) as u16;
        let theirs = |place| if counting >> place & 1 != 0 { lane(theirs, place) } else { 0 };
        let counts = |number: u16| (0..8).any(|place| theirs(place) == number);
        (0..8).filter(|place| counts(lane(mine, *place))).fold(0, |lanes, place| lanes | 1 << place)
    }

    pub fn equal_lanes(words: &[u64; 8], wanted: u32) -> u32 {
        let numbers = words.iter().take(6).flat_map(|word| [*word as u32, (*word >> 32) as u32]);
        numbers.zip(0..).filter(|(number, _)| *number == wanted).fold(0, |lanes, (_, place)| lanes | 1 << place)
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shared_lanes_equals_its_plain_twin(
            mine in prop::array::uniform8(0u16..12), theirs in prop::array::uniform8(0u16..12), counting: u8,
        ) {
            let pack = |lanes: [u16; 8]| {
                let half = |half: &[u16]| half.iter().rev().fold(0u64, |word, lane| word << 16 | u64::from(*lane * 5000));
                (half(&lanes[..4]), half(&lanes[4..]))
            };
            let (mine, theirs) = (pack(mine), pack(theirs));
            prop_assert_eq!(sse2::shared_lanes(mine, theirs, counting), plain::shared_lanes(mine, theirs, counting));
        }

        #[test]
        fn equal_lanes_equals_its_plain_twin(words: [u64; 8], wanted: u32, place in 0usize..6, among: bool) {
            let wanted = if among { words[place] as u32 } else { wanted };
            prop_assert_eq!(sse2::equal_lanes(&words, wanted), plain::equal_lanes(&words, wanted));
        }
    }
}
