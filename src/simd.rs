//! Comparing many small numbers at once, and asking for memory ahead of time. Each comparison has a plain twin that says what
//! it means, which other processors run.
//!
//! One of the few files outside `ffi` with `unsafe` in it (`tests/floors.rs` lists them): the compiler asks for it around
//! instructions that every x86-64 processor has, or that were asked for first.

use std::sync::atomic::AtomicU64;

#[cfg(not(target_arch = "x86_64"))]
use plain as imp;
#[cfg(target_arch = "x86_64")]
use x86 as imp;

/// Two neighbouring words that are compared in parts: four numbers of 32 bits, eight of 16, or sixteen of 8, the lowest first.
#[derive(Clone, Copy, Debug)]
pub struct Lanes(imp::Lanes);

impl Lanes {
    /// These two words.
    #[inline(always)]
    pub fn new(words: [u64; 2]) -> Lanes {
        Lanes(imp::new(words))
    }

    /// The words at `AT` and behind it. Another thread may be storing to them: each is an old or a new one, as by two relaxed loads.
    #[inline(always)]
    pub fn load<const AT: usize, const N: usize>(words: &[AtomicU64; N]) -> Lanes {
        const { assert!(AT + 2 <= N) };
        Lanes(imp::load::<AT, N>(words))
    }

    /// The two words.
    #[inline(always)]
    pub fn words(self) -> [u64; 2] {
        imp::words(self.0)
    }
}

/// Which of the eight 16-bit numbers of `mine` are among those of `theirs`. Both are lists that end at their first 0.
#[inline(always)]
pub fn listed(mine: Lanes, theirs: Lanes) -> u8 {
    imp::listed(mine.0, theirs.0)
}

/// Which of the eight 16-bit numbers of `mine` have a low byte that is among the sixteen bytes of `theirs`, where a low byte of 0
/// counts as 1. `theirs` is a list that ends at its first 0.
#[inline(always)]
pub fn listed_bytes(mine: Lanes, theirs: Lanes) -> u8 {
    imp::listed_bytes(mine.0, theirs.0)
}

/// As [`listed`]; `None` where the processor has no one instruction for it.
#[inline(always)]
pub fn listed_at_once(mine: Lanes, theirs: Lanes) -> Option<u8> {
    imp::listed_at_once(mine.0, theirs.0)
}

/// As [`listed_bytes`]; `None` where the processor has no one instruction for it.
#[inline(always)]
pub fn listed_bytes_at_once(mine: Lanes, theirs: Lanes) -> Option<u8> {
    imp::listed_bytes_at_once(mine.0, theirs.0)
}

/// Which of the eight 16-bit numbers equal `wanted`.
#[inline(always)]
pub fn equal_shorts(lanes: Lanes, wanted: u16) -> u8 {
    imp::equal_shorts(lanes.0, wanted)
}

/// The sum of those of the first twelve bytes of `bytes` whose number among the twelve of 32 bits equals `wanted`: where one does, its
/// byte.
#[inline(always)]
pub fn byte_of(lanes: [Lanes; 3], wanted: u32, bytes: Lanes) -> u32 {
    imp::byte_of(lanes.map(|lanes| lanes.0), wanted, bytes.0)
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
#[allow(unsafe_code, reason = "SSE2 instructions, which every x86-64 processor has, and SSE4.2 where it was asked for")]
mod x86 {
    use std::arch::asm;
    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_and_si128, _mm_cmpeq_epi8, _mm_cmpeq_epi16, _mm_cmpeq_epi32, _mm_cvtsi128_si32,
        _mm_cvtsi128_si64, _mm_max_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_packs_epi16, _mm_packs_epi32,
        _mm_packus_epi16, _mm_sad_epu8, _mm_set_epi64x, _mm_set1_epi8, _mm_set1_epi16, _mm_set1_epi32,
        _mm_setzero_si128, _mm_shuffle_epi32, _mm_shufflehi_epi16, _mm_shufflelo_epi16, _mm_unpackhi_epi64,
    };
    use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

    pub type Lanes = __m128i;

    #[inline(always)]
    pub fn new([low, high]: [u64; 2]) -> Lanes {
        // SAFETY: SSE2 is part of the x86-64 baseline, so the instruction exists.
        unsafe { _mm_set_epi64x(high as i64, low as i64) }
    }

    #[inline(always)]
    pub fn load<const AT: usize, const N: usize>(words: &[AtomicU64; N]) -> Lanes {
        let lanes;
        // SAFETY: the sixteen bytes are there, as the caller has made sure at compile time, and only read. To the compiler the block stands for two relaxed loads of the two
        // words and no plain load of its own could race: x86-64 processors load each aligned eight bytes whole, so that each word is
        // an old or a new one. As a block that reads memory it stays between the acquire load of the stamp before it and the acquire
        // fence behind it, by which the caller throws away what was torn, as it does with relaxed loads.
        unsafe {
            asm!(
                "movdqu {lanes}, xmmword ptr [{words} + {at}]",
                lanes = lateout(xmm_reg) lanes,
                words = in(reg) words.as_ptr(),
                at = const AT * 8,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        lanes
    }

    #[inline(always)]
    pub fn words(lanes: Lanes) -> [u64; 2] {
        // SAFETY: SSE2 is part of the x86-64 baseline, so the instructions exist.
        unsafe { [_mm_cvtsi128_si64(lanes) as u64, _mm_cvtsi128_si64(_mm_unpackhi_epi64(lanes, lanes)) as u64] }
    }

    const YES: u8 = 1;
    const NO: u8 = 2;

    /// Whether the processor has SSE4.2, once that was asked.
    static HAS: AtomicU8 = AtomicU8::new(0);

    /// Whether it is known that the processor has SSE4.2: one comparison.
    #[inline(always)]
    fn is_known_to_have_sse42() -> bool {
        cfg!(target_feature = "sse4.2") || HAS.load(Ordering::Relaxed) == YES
    }

    /// Whether the processor has SSE4.2: asked once.
    #[inline(always)]
    fn has_sse42() -> bool {
        #[cold]
        #[inline(never)]
        fn find_out() -> bool {
            let has = std::arch::is_x86_feature_detected!("sse4.2");
            HAS.store(if has { YES } else { NO }, Ordering::Relaxed);
            has
        }
        is_known_to_have_sse42() || HAS.load(Ordering::Relaxed) != NO && find_out()
    }

    #[inline(always)]
    pub fn listed(mine: Lanes, theirs: Lanes) -> u8 {
        if !has_sse42() {
            return listed_sse2(mine, theirs);
        }
        // SAFETY: the processor has SSE4.2.
        unsafe { equal_to_any::<SHORTS>(mine, theirs) }
    }

    #[inline(always)]
    pub fn listed_at_once(mine: Lanes, theirs: Lanes) -> Option<u8> {
        // SAFETY: the processor has SSE4.2.
        is_known_to_have_sse42().then(|| unsafe { equal_to_any::<SHORTS>(mine, theirs) })
    }

    /// Numbers of 16 bits, equal to any, a bit each.
    const SHORTS: u8 = 1;
    /// The same of 8 bits.
    const BYTES: u8 = 0;

    /// `pcmpistrm`: which of `mine` are among `theirs`. The processor must have SSE4.2.
    #[inline(always)]
    unsafe fn equal_to_any<const HOW: u8>(mine: Lanes, theirs: Lanes) -> u8 {
        let found: __m128i;
        // SAFETY: the processor has SSE4.2, and the instruction touches nothing but the registers named and the flags.
        unsafe {
            asm!(
                "pcmpistrm {theirs}, {mine}, {how}",
                theirs = in(xmm_reg) theirs,
                mine = in(xmm_reg) mine,
                how = const HOW,
                out("xmm0") found,
                options(pure, nomem, nostack),
            );
            _mm_cvtsi128_si32(found) as u8
        }
    }

    /// The same for processors without SSE4.2.
    #[inline(never)]
    pub fn listed_sse2(mine: Lanes, theirs: Lanes) -> u8 {
        // SAFETY: SSE2 is part of the x86-64 baseline, so the instructions exist.
        unsafe {
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
            mask(shared) & !equal_shorts(mine, 0)
        }
    }

    /// The low bytes of the numbers of 16 bits, none of them 0.
    #[inline(always)]
    fn low_bytes(shorts: Lanes) -> Lanes {
        // SAFETY: SSE2 is part of the x86-64 baseline, so the instructions exist.
        unsafe {
            let low = _mm_and_si128(shorts, _mm_set1_epi16(0xff));
            _mm_max_epu8(_mm_packus_epi16(low, low), _mm_set1_epi8(1))
        }
    }

    #[inline(always)]
    pub fn listed_bytes(mine: Lanes, theirs: Lanes) -> u8 {
        if !has_sse42() {
            return listed_bytes_sse2(low_bytes(mine), theirs);
        }
        // SAFETY: the processor has SSE4.2.
        unsafe { equal_to_any::<BYTES>(low_bytes(mine), theirs) }
    }

    #[inline(always)]
    pub fn listed_bytes_at_once(mine: Lanes, theirs: Lanes) -> Option<u8> {
        // SAFETY: the processor has SSE4.2.
        is_known_to_have_sse42().then(|| unsafe { equal_to_any::<BYTES>(low_bytes(mine), theirs) })
    }

    /// The same for processors without SSE4.2, with the low bytes packed already, none of them 0.
    #[inline(never)]
    pub fn listed_bytes_sse2(mine: Lanes, theirs: Lanes) -> u8 {
        let bytes = words(mine)[0].to_le_bytes();
        let is_listed = |byte: &u8| {
            // SAFETY: SSE2 is part of the x86-64 baseline, so the instructions exist.
            unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(theirs, _mm_set1_epi8(*byte as i8))) != 0 }
        };
        bytes.iter().zip(0..).filter(|(byte, _)| is_listed(byte)).fold(0, |lanes, (_, lane)| lanes | 1 << lane)
    }

    #[inline(always)]
    pub fn equal_shorts(lanes: Lanes, wanted: u16) -> u8 {
        // SAFETY: SSE2 is part of the x86-64 baseline, so the instructions exist.
        unsafe { mask(_mm_cmpeq_epi16(lanes, _mm_set1_epi16(wanted as i16))) }
    }

    /// A bit for each 16-bit number that has all its bits.
    #[inline(always)]
    fn mask(lanes: Lanes) -> u8 {
        // SAFETY: SSE2 is part of the x86-64 baseline, so the instructions exist.
        unsafe { _mm_movemask_epi8(_mm_packs_epi16(lanes, _mm_setzero_si128())) as u8 }
    }

    #[inline(always)]
    pub fn byte_of([first, second, third]: [Lanes; 3], wanted: u32, bytes: Lanes) -> u32 {
        // SAFETY: SSE2 is part of the x86-64 baseline, so the instructions exist.
        unsafe {
            let (wanted, zero) = (_mm_set1_epi32(wanted as i32), _mm_setzero_si128());
            let equal = |four: Lanes| _mm_cmpeq_epi32(four, wanted);
            let low = _mm_packs_epi32(equal(first), equal(second));
            let equal = _mm_packs_epi16(low, _mm_packs_epi32(equal(third), zero));
            let sums = _mm_sad_epu8(_mm_and_si128(equal, bytes), zero);
            _mm_cvtsi128_si32(_mm_add_epi32(sums, _mm_unpackhi_epi64(sums, sums))) as u32
        }
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod plain {
    use std::sync::atomic::{AtomicU64, Ordering};

    pub type Lanes = [u64; 2];

    #[cfg_attr(test, allow(dead_code, reason = "other processors' load"))]
    pub fn new(words: [u64; 2]) -> Lanes {
        words
    }

    #[cfg_attr(test, allow(dead_code, reason = "other processors' load"))]
    pub fn load<const AT: usize, const N: usize>(words: &[AtomicU64; N]) -> Lanes {
        let word = |lane: usize| words.get(lane).map_or(0, |word| word.load(Ordering::Relaxed));
        [word(AT), word(AT + 1)]
    }

    #[cfg_attr(test, allow(dead_code, reason = "other processors' load"))]
    pub fn words(lanes: Lanes) -> [u64; 2] {
        lanes
    }

    fn shorts([low, high]: Lanes) -> impl Iterator<Item = u16> + Clone {
        [low, high].into_iter().flat_map(|word| (0..4).map(move |lane| (word >> (lane * 16)) as u16))
    }

    /// A bit for each number that `is` so.
    fn mask<T>(numbers: impl Iterator<Item = T>, is: impl Fn(T) -> bool) -> u32 {
        numbers.zip(0..).fold(0, |lanes, (number, lane)| lanes | u32::from(is(number)) << lane)
    }

    pub fn listed(mine: Lanes, theirs: Lanes) -> u8 {
        mask(shorts(mine), |number| number != 0 && shorts(theirs).any(|other| other == number)) as u8
    }

    #[cfg_attr(test, allow(dead_code, reason = "other processors' comparison"))]
    pub fn listed_at_once(mine: Lanes, theirs: Lanes) -> Option<u8> {
        Some(listed(mine, theirs))
    }

    #[cfg_attr(test, allow(dead_code, reason = "other processors' comparison"))]
    pub fn listed_bytes_at_once(mine: Lanes, theirs: Lanes) -> Option<u8> {
        Some(listed_bytes(mine, theirs))
    }

    pub fn listed_bytes(mine: Lanes, [low, high]: Lanes) -> u8 {
        let bytes = [low.to_le_bytes(), high.to_le_bytes()];
        mask(shorts(mine), |number| bytes.as_flattened().contains(&(number as u8).max(1))) as u8
    }

    pub fn equal_shorts(lanes: Lanes, wanted: u16) -> u8 {
        mask(shorts(lanes), |number| number == wanted) as u8
    }

    pub fn byte_of(lanes: [Lanes; 3], wanted: u32, [low, high]: Lanes) -> u32 {
        let numbers = lanes.as_flattened().iter().flat_map(|word| [*word as u32, (*word >> 32) as u32]);
        let bytes = [low.to_le_bytes(), high.to_le_bytes()];
        numbers
            .zip(bytes.as_flattened())
            .filter(|(number, _)| *number == wanted)
            .map(|(_, byte)| u32::from(*byte))
            .sum()
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers of `bits` bits as two words.
    fn pack(numbers: &[u64], bits: usize) -> [u64; 2] {
        let half = |half: &[u64]| half.iter().rev().fold(0u64, |word, number| word << bits | number);
        let (low, high) = numbers.split_at(numbers.len() / 2);
        [half(low), half(high)]
    }

    /// A list of few different numbers: what is behind its end is 0.
    fn list(size: usize, bits: usize) -> impl Strategy<Value = [u64; 2]> {
        prop::collection::vec(1u64..1 << 5, 0..=size).prop_map(move |mut numbers| {
            // Numbers of 16 bits have something in both bytes, also a low byte of 0.
            numbers.iter_mut().for_each(|number| *number = if bits == 16 { *number * 0x0810 } else { *number });
            numbers.resize(size, 0);
            pack(&numbers, bits)
        })
    }

    proptest! {
        #[test]
        fn listed_equals_its_plain_twin(mine in list(8, 16), theirs in list(8, 16)) {
            let expected = plain::listed(mine, theirs);
            prop_assert_eq!(listed(Lanes::new(mine), Lanes::new(theirs)), expected);
            prop_assert_eq!(x86::listed_sse2(x86::new(mine), x86::new(theirs)), expected);
            // Whether the processor has the instruction is known by now.
            let at_once = std::arch::is_x86_feature_detected!("sse4.2").then_some(expected);
            prop_assert_eq!(listed_at_once(Lanes::new(mine), Lanes::new(theirs)), at_once);
        }

        #[test]
        fn listed_bytes_equals_its_plain_twin(mine: [u64; 2], theirs in list(16, 8), few in list(8, 16), any: bool) {
            let mine = if any { mine } else { few };
            let expected = plain::listed_bytes(mine, theirs);
            prop_assert_eq!(listed_bytes(Lanes::new(mine), Lanes::new(theirs)), expected);
            let at_once = std::arch::is_x86_feature_detected!("sse4.2").then_some(expected);
            prop_assert_eq!(listed_bytes_at_once(Lanes::new(mine), Lanes::new(theirs)), at_once);
            let low = |word: u64| (0..4).map(move |lane| ((word >> (lane * 16)) as u8).max(1));
            let bytes: Vec<u64> = mine.into_iter().flat_map(low).map(u64::from).collect();
            let packed = [pack(&bytes, 8)[0] | pack(&bytes, 8)[1] << 32, 0];
            prop_assert_eq!(x86::listed_bytes_sse2(x86::new(packed), x86::new(theirs)), expected);
        }

        #[test]
        fn equal_shorts_equals_its_plain_twin(words: [u64; 2], wanted: u16, lane in 0usize..2, among: bool) {
            let wanted = if among { words[lane] as u16 } else { wanted };
            prop_assert_eq!(equal_shorts(Lanes::new(words), wanted), plain::equal_shorts(words, wanted));
        }

        #[test]
        fn byte_of_equals_its_plain_twin(
            words: [[u64; 2]; 3], few in prop::array::uniform3(prop::array::uniform2(0u64..2)), bytes: [u64; 2],
            wanted: u32, lane in 0usize..12, among in 0u8..3,
        ) {
            // Any number, one of those that are there, and one that is there several times.
            let words = if among == 2 { few } else { words };
            let there = (words[lane / 4][lane / 2 % 2] >> (lane % 2 * 32)) as u32;
            let wanted = if among == 0 { wanted } else { there };
            let expected = plain::byte_of(words, wanted, bytes);
            prop_assert_eq!(byte_of(words.map(Lanes::new), wanted, Lanes::new(bytes)), expected);
        }

        #[test]
        fn loaded_words_are_those_in_memory(words: [u64; 4]) {
            let held = words.map(AtomicU64::new);
            prop_assert_eq!(Lanes::load::<0, 4>(&held).words(), [words[0], words[1]]);
            prop_assert_eq!(Lanes::load::<2, 4>(&held).words(), [words[2], words[3]]);
            prop_assert_eq!(plain::load::<1, 4>(&held), [words[1], words[2]]);
            prop_assert_eq!(Lanes::new([words[0], words[3]]).words(), [words[0], words[3]]);
        }
    }
}
