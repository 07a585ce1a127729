//! The pair cache: rights of pairs that were asked lately. A hit reads two epochs and one entry and writes nothing.
//!
//! An entry carries the sum of two epochs, the actor's and the target's. A writer bumps a party's epoch after readers stop caching
//! the old image and before the new one becomes visible (see published.rs), so an entry whose sum still matches was computed from
//! rights in force now. Parties whose numbers have the same low bits share an epoch: a change invalidates only parties that share
//! one of 1,024 epochs. The epochs lie beside the images, for all processes; each process has its own entries.
//!
//! Epochs go up in steps of three. A flipped bit changes an epoch's remainder by three, so a damaged epoch equals no older one.
//!
//! A version guards each entry: even at rest, odd while it is written. A reader that sees it move does without the entry. No thread
//! ever waits. A writer that dies in the middle leaves an entry that is never used again.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::image::format::control::{EPOCHS, Epochs};
use crate::right::{Right, RightSet};
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Sets of entries; a pair can be in one set only. So many that a pair is usually in way 0, which the branch predictor favours.
const SETS: usize = 2048;
/// Entries of a set: so many that of 1,000 pairs hardly any has to make room for another.
const WAYS: usize = 4;

/// Rights of pairs that were asked lately.
#[derive(Debug)]
pub struct PairCache {
    sets: Box<[Set; SETS]>,
    /// Of each party whose number is alike in the low bits: how often what it may has changed, and what may be done to it.
    epochs: Epochs,
}

/// Two cache lines of entries.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Set([Entry; WAYS]);

#[derive(Debug)]
struct Entry {
    /// Even at rest, odd while being written.
    version: AtomicU64,
    /// Actor (high) and target (low).
    pair: AtomicU64,
    /// Rights number 0 to 63.
    low: AtomicU64,
    /// Rights number 64 and above in the low bits, the sum of the two epochs above them.
    high: AtomicU64,
}

impl Default for Entry {
    /// An entry of no pair, without rights.
    fn default() -> Entry {
        let zero = || AtomicU64::new(0);
        Entry { version: zero(), pair: zero(), low: zero(), high: AtomicU64::new(u64::MAX << HIGH_BITS) }
    }
}

/// Bits of a right set in the high word. The rest is the sum of epochs: at a thousand changes a second it wraps after 17 years, and
/// only an entry that is as old would then count again.
const HIGH_BITS: u32 = 24;

const _: () = assert!((Right::COUNT as u32) < u64::BITS + HIGH_BITS);

/// An array made on the heap: it is too big for the stack.
fn boxed<T: Default, const N: usize>() -> Box<[T; N]> {
    let list: Box<[T]> = (0..N).map(|_| T::default()).collect();
    list.try_into().unwrap_or_else(|_| unreachable!("a list of N things has N things"))
}

fn pair(actor: Party, target: Party) -> u64 {
    u64::from(actor.0) << 32 | u64::from(target.0)
}

impl PairCache {
    /// An empty cache with these epochs.
    pub fn new(epochs: Epochs) -> PairCache {
        PairCache { sets: boxed(), epochs }
    }

    /// The rights of the pair: cached, or what `evaluate` finds in the image in force when it is called. `evaluate` also returns
    /// whether the rights may be cached.
    #[inline]
    pub fn get_or_evaluate(
        &self,
        actor: Party,
        target: Party,
        evaluate: impl FnOnce() -> (RightSet, bool),
    ) -> RightSet {
        let (found, epochs) = self.look_up(actor, target);
        if let Some(rights) = found {
            return rights;
        }
        let (rights, cacheable) = evaluate();
        if cacheable {
            insert(self.set(actor, target), pair(actor, target), epochs, rights);
        }
        rights
    }

    /// The cached rights of the pair, if they are still in force. It cannot panic.
    #[inline]
    pub fn get(&self, actor: Party, target: Party) -> Option<RightSet> {
        self.look_up(actor, target).0
    }

    /// The cached rights, and the sum of epochs as it was before the entry was read.
    #[inline(always)]
    fn look_up(&self, actor: Party, target: Party) -> (Option<RightSet>, u64) {
        let pair = pair(actor, target);
        // Read before the entry and before any evaluation: rights found afterwards are at least as new as these epochs. Pairs
        // with the release in `invalidate`.
        let epochs = self.actor_epoch(actor).load(Ordering::Acquire);
        let epochs = epochs.wrapping_add(self.target_epoch(target).load(Ordering::Acquire));
        let holds_pair = |entry: &&Entry| entry.pair.load(Ordering::Relaxed) == pair;
        let Some(entry) = self.set(actor, target).0.iter().find(holds_pair) else { return (None, epochs) };
        let version = entry.version.load(Ordering::Acquire);
        // What is left of the same sums is the rights below them.
        let high = entry.high.load(Ordering::Relaxed) ^ epochs << HIGH_BITS;
        if !holds_pair(&entry) || high >= 1 << HIGH_BITS {
            return (None, epochs);
        }
        let low = entry.low.load(Ordering::Relaxed);
        // Pairs with the release fence in `insert`: words of a newer writing are not taken with the older version.
        fence(Ordering::Acquire);
        if entry.version.load(Ordering::Relaxed) != version || version % 2 != 0 {
            return (None, epochs);
        }
        (Some(RightSet::from_known_bits(u128::from(low) | u128::from(high) << 64)), epochs)
    }

    /// Invalidates every pair in which `party` is the actor or the target, in every process.
    pub fn invalidate(&self, party: Party) {
        // Pairs with the acquire in `look_up`: a reader that sees the new epoch sees that the rights are being changed.
        bump(self.actor_epoch(party));
        self.invalidate_target(party);
    }

    /// Invalidates every pair in which `party` is the target, in every process.
    pub fn invalidate_target(&self, party: Party) {
        bump(self.target_epoch(party));
    }

    /// Invalidates every pair, in every process.
    pub fn invalidate_all(&self) {
        self.epochs.iter().for_each(bump);
    }

    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "the rest of a division by EPOCHS: no check is left")]
    fn actor_epoch(&self, party: Party) -> &AtomicU64 {
        &self.epochs[party.index() % EPOCHS * 2]
    }

    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "the rest of a division by EPOCHS: no check is left")]
    fn target_epoch(&self, party: Party) -> &AtomicU64 {
        &self.epochs[party.index() % EPOCHS * 2 + 1]
    }

    /// The pair's set, found without a multiplication, which a hit would have to wait for. Targets side by side are in sets side
    /// by side, so are actors (65 is odd), and no two pairs of 65 neighbours are in one.
    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "the rest of a division by SETS: no check is left")]
    fn set(&self, actor: Party, target: Party) -> &Set {
        let sum = (actor.index() << 6).wrapping_add(actor.index().wrapping_add(target.index()));
        &self.sets[sum % SETS]
    }
}

/// What a change adds to an epoch.
const BUMP: u64 = 3;

fn bump(epoch: &AtomicU64) {
    epoch.fetch_add(BUMP, Ordering::Release);
}

/// Puts rights into the set: over an older entry of the pair, else over the ways in turn.
#[inline(never)]
fn insert(set: &Set, pair: u64, epochs: u64, rights: RightSet) {
    let writings = set.0.iter().map(|entry| entry.version.load(Ordering::Relaxed)).fold(0u64, u64::wrapping_add);
    let same = set.0.iter().find(|entry| entry.pair.load(Ordering::Relaxed) == pair);
    let Some(entry) = same.or_else(|| set.0.get((writings / 2) as usize % WAYS)) else { return };
    let version = entry.version.load(Ordering::Relaxed);
    // Only one thread writes an entry; another one that wants to does without. Pairs with the release store at the end: the
    // words of the writer before are stored before those below.
    let taken = version % 2 == 0
        && entry.version.compare_exchange(version, version + 1, Ordering::Acquire, Ordering::Relaxed).is_ok();
    if !taken {
        return;
    }
    // Pairs with the acquire fence in `look_up`: a reader that sees a word below sees the odd version.
    fence(Ordering::Release);
    entry.pair.store(pair, Ordering::Relaxed);
    entry.low.store(rights.bits() as u64, Ordering::Relaxed);
    entry.high.store((rights.bits() >> 64) as u64 | epochs << HIGH_BITS, Ordering::Relaxed);
    // Pairs with the acquire load of the version in `look_up`.
    entry.version.store(version + 2, Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::format::control::EPOCH_WORDS;
    use crate::memory::{FixedWords, Words};
    use crate::right::Right;

    fn epochs() -> Epochs {
        FixedWords::new(&Words::zeroed(EPOCH_WORDS).unwrap()).unwrap()
    }

    fn some(number: u32) -> RightSet {
        // All bits of a set are needed, the highest too.
        RightSet::from_bits(u128::from(number) << 1 | 1 << 69)
    }

    #[test]
    fn entries_last_until_they_are_invalidated() {
        let cache = PairCache::new(epochs());
        let (actor, target) = (Party(5), Party(6));
        assert_eq!(cache.get_or_evaluate(actor, target, || (some(1), true)), some(1));
        assert_eq!(cache.get_or_evaluate(actor, target, || (some(2), true)), some(1));
        cache.invalidate(target);
        assert_eq!(cache.get_or_evaluate(actor, target, || (some(3), true)), some(3));
        cache.invalidate(actor);
        assert_eq!(cache.get_or_evaluate(actor, target, || (some(4), true)), some(4));
        cache.invalidate_all();
        assert_eq!(cache.get_or_evaluate(actor, target, || (some(5), true)), some(5));
        assert!(cache.get_or_evaluate(actor, target, || (some(6), true)).has(Right::from_number(69).unwrap()));
    }

    /// A pair whose rights were withdrawn after each of many changes; then any bit of either epoch flips.
    #[test]
    fn no_flipped_bit_of_an_epoch_brings_withdrawn_rights_back() {
        let (actor, target) = (Party(5), Party(6));
        for changes in 0..70 {
            let cache = PairCache::new(epochs());
            (0..changes).for_each(|_| cache.invalidate_target(target));
            assert_eq!(cache.get_or_evaluate(actor, target, || (some(1), true)), some(1));
            for _ in 0..70 {
                cache.invalidate_target(target);
                for (epoch, bit) in (0..64)
                    .flat_map(|bit| [cache.actor_epoch(actor), cache.target_epoch(target)].map(|epoch| (epoch, bit)))
                {
                    epoch.fetch_xor(1 << bit, Ordering::Relaxed);
                    assert_eq!(cache.get(actor, target), None, "{changes} changes, bit {bit}");
                    epoch.fetch_xor(1 << bit, Ordering::Relaxed);
                }
            }
        }
    }

    #[test]
    fn the_pair_of_zeros_is_a_pair_like_others() {
        let cache = PairCache::new(epochs());
        assert_eq!(cache.get_or_evaluate(Party(0), Party(0), || (some(7), true)), some(7));
        assert_eq!(cache.get_or_evaluate(Party(0), Party(0), || (some(8), true)), some(7));
    }

    #[test]
    fn pairs_are_never_mixed_up() {
        let cache = PairCache::new(epochs());
        for round in 0..3 {
            for actor in 0..200 {
                for target in 0..200 {
                    let expected = some(actor * 1000 + target);
                    assert_eq!(
                        cache.get_or_evaluate(Party(actor), Party(target), || (expected, true)),
                        expected,
                        "{round}"
                    );
                }
            }
        }
    }

    /// Rights that only ever grow: a reader may see them as old as its own start, never older, and never those of another pair.
    #[test]
    fn readers_never_see_rights_older_than_a_finished_change() {
        let cache = PairCache::new(epochs());
        let in_force: Vec<AtomicU64> = (0..64).map(|_| AtomicU64::new(0)).collect();
        let finished: Vec<AtomicU64> = (0..64).map(|_| AtomicU64::new(0)).collect();
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for reader in 0..2u32 {
                let (cache, in_force, finished, stop) = (&cache, &in_force, &finished, &stop);
                scope.spawn(move || {
                    let mut asked = 0u32;
                    while !stop.load(Ordering::Relaxed) {
                        asked = asked.wrapping_mul(1664525).wrapping_add(1013904223 + reader);
                        let target = asked >> 26;
                        let least = finished[target as usize].load(Ordering::SeqCst);
                        let word = |now: u64| RightSet::from_bits(u128::from(now << 7 | u64::from(target)) << 1);
                        let found = cache.get_or_evaluate(Party(asked >> 20 & 7), Party(target), || {
                            (word(in_force[target as usize].load(Ordering::SeqCst)), true)
                        });
                        let bits = (found.bits() >> 1) as u64;
                        assert_eq!(bits & 127, u64::from(target), "another pair's rights");
                        assert!(bits >> 7 >= least, "older than a finished change");
                    }
                });
            }
            for change in 0..200_000u64 {
                let target = change % 64;
                let now = in_force[target as usize].fetch_add(1, Ordering::SeqCst) + 1;
                cache.invalidate(Party(target as u32));
                finished[target as usize].store(now, Ordering::SeqCst);
            }
            stop.store(true, Ordering::Relaxed);
        });
    }
}
