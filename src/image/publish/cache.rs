//! The pair cache: rights of pairs that were asked lately. A hit reads two marks and one entry and writes nothing.
//!
//! An entry carries the sum of two marks: the actor's and the target's, each shared by the parties whose numbers are alike in
//! their low bits. Whoever changes what a party has or gives raises its mark while nobody can keep what was found in the old
//! rights any more and nobody sees the new ones yet (see `image/published.rs`). So an entry whose sum is still right was computed
//! from rights in force now, and nobody's entries are lost to somebody else's change but those of a thousandth of all parties.
//! The marks lie beside the images, for all processes; the entries are each process's own.
//!
//! Entries are guarded by a version, even when the entry is at rest, so that a reader notices one that is being written; it
//! then does without. Nobody ever waits. A writer that dies in the middle leaves an entry that is never used again.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::memory::FixedWords;
use crate::right::RightSet;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Sets of entries; a pair can be in one set only. So many that a pair is mostly in the first place of its set, which is what the
/// processor foretells.
const SETS: usize = 2048;
/// Entries of a set: so many that of 1,000 pairs hardly any has to make room for another.
const WAYS: usize = 4;
/// Marks for actors, and as many for targets.
const MARKS: usize = 1024;
/// Words that the marks take: of each, that of the actor and that of the target.
pub const MARK_WORDS: usize = 2 * MARKS;
/// The marks.
pub type Marks = FixedWords<MARK_WORDS>;

/// Rights of pairs that were asked lately.
#[derive(Debug)]
pub struct PairCache {
    sets: Box<[Set; SETS]>,
    /// Of each party whose number is alike in the low bits: how often what it may has changed, and what may be done to it.
    marks: Marks,
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
    /// Rights number 64 and above in the low bits, the sum of the two marks above them.
    high: AtomicU64,
}

impl Default for Entry {
    /// An entry of no pair: its sum of marks is one that is never reached.
    fn default() -> Entry {
        let zero = || AtomicU64::new(0);
        Entry { version: zero(), pair: zero(), low: zero(), high: AtomicU64::new(u64::MAX) }
    }
}

/// Bits of a right set in the high word; the rest is the sum of marks, which wraps after centuries.
const HIGH_BITS: u32 = 8;

/// An array made on the heap: it is too big for the stack.
fn boxed<T: Default, const N: usize>() -> Box<[T; N]> {
    let list: Box<[T]> = (0..N).map(|_| T::default()).collect();
    list.try_into().unwrap_or_else(|_| unreachable!("a list of N things has N things"))
}

fn pair(actor: Party, target: Party) -> u64 {
    u64::from(actor.0) << 32 | u64::from(target.0)
}

impl PairCache {
    /// An empty cache that goes by these marks.
    pub fn new(marks: Marks) -> PairCache {
        PairCache { sets: boxed(), marks }
    }

    /// The rights of the pair: those kept, or those that `evaluate` finds in what is in force when it is called. `evaluate` also
    /// says whether they may be kept.
    #[inline]
    pub fn rights(&self, actor: Party, target: Party, evaluate: impl FnOnce() -> (RightSet, bool)) -> RightSet {
        let (found, marks) = self.look_up(actor, target);
        if let Some(rights) = found {
            return rights;
        }
        let (rights, may_be_kept) = evaluate();
        if may_be_kept {
            keep(self.set(actor, target), pair(actor, target), marks, rights);
        }
        rights
    }

    /// The rights of the pair, if they are kept and still in force. It cannot panic.
    #[inline]
    pub fn kept(&self, actor: Party, target: Party) -> Option<RightSet> {
        self.look_up(actor, target).0
    }

    /// Also the sum of marks as it was before the look.
    #[inline(always)]
    fn look_up(&self, actor: Party, target: Party) -> (Option<RightSet>, u64) {
        let pair = pair(actor, target);
        // Read before the entry and before any evaluation: rights found afterwards are at least as new as these marks. Pairs
        // with the release in `forget`.
        let marks = self.acting(actor).load(Ordering::Acquire);
        let marks = marks.wrapping_add(self.aimed_at(target).load(Ordering::Acquire));
        let holds_pair = |entry: &&Entry| entry.pair.load(Ordering::Relaxed) == pair;
        let Some(entry) = self.set(actor, target).0.iter().find(holds_pair) else { return (None, marks) };
        let version = entry.version.load(Ordering::Acquire);
        // What is left of the same sums is the rights below them.
        let high = entry.high.load(Ordering::Relaxed) ^ marks << HIGH_BITS;
        if !holds_pair(&entry) || high >= 1 << HIGH_BITS {
            return (None, marks);
        }
        let low = entry.low.load(Ordering::Relaxed);
        // Pairs with the release fence in `keep`: words of a newer writing are not taken with the older version.
        fence(Ordering::Acquire);
        if entry.version.load(Ordering::Relaxed) != version || version % 2 != 0 {
            return (None, marks);
        }
        (Some(RightSet::from_known_bits(u128::from(low) | u128::from(high) << 64)), marks)
    }

    /// Forgets every pair in which `party` acts or is the target, in every process.
    pub fn forget(&self, party: Party) {
        // Pairs with the acquire in `look_up`: whoever sees the raised mark sees that the rights are being changed.
        raise(self.acting(party));
        self.forget_target(party);
    }

    /// Forgets every pair in which `party` is the target, in every process.
    pub fn forget_target(&self, party: Party) {
        raise(self.aimed_at(party));
    }

    /// Forgets every pair, in every process.
    pub fn forget_all(&self) {
        self.marks.iter().for_each(raise);
    }

    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "the rest of a division by MARKS: no check is left")]
    fn acting(&self, party: Party) -> &AtomicU64 {
        &self.marks[party.index() % MARKS * 2]
    }

    #[inline(always)]
    #[allow(clippy::indexing_slicing, reason = "the rest of a division by MARKS: no check is left")]
    fn aimed_at(&self, party: Party) -> &AtomicU64 {
        &self.marks[party.index() % MARKS * 2 + 1]
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

fn raise(mark: &AtomicU64) {
    mark.fetch_add(1, Ordering::Release);
}

/// Puts rights into the set: over an older entry of the pair, else in turn.
#[inline(never)]
fn keep(set: &Set, pair: u64, marks: u64, rights: RightSet) {
    let writings = set.0.iter().map(|entry| entry.version.load(Ordering::Relaxed)).fold(0u64, u64::wrapping_add);
    let same = set.0.iter().find(|entry| entry.pair.load(Ordering::Relaxed) == pair);
    let Some(entry) = same.or_else(|| set.0.get((writings / 2) as usize % WAYS)) else { return };
    let version = entry.version.load(Ordering::Relaxed);
    // Only one thread writes an entry; another one that wants to does without. Pairs with the release store at the end: the
    // words of the writer before are in their places before those below.
    let taken = version % 2 == 0
        && entry.version.compare_exchange(version, version + 1, Ordering::Acquire, Ordering::Relaxed).is_ok();
    if !taken {
        return;
    }
    // Pairs with the acquire fence in `rights`: whoever sees a word below sees the odd version.
    fence(Ordering::Release);
    entry.pair.store(pair, Ordering::Relaxed);
    entry.low.store(rights.bits() as u64, Ordering::Relaxed);
    entry.high.store((rights.bits() >> 64) as u64 | marks << HIGH_BITS, Ordering::Relaxed);
    // Pairs with the acquire load of the version in `rights`.
    entry.version.store(version + 2, Ordering::Release);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Words;
    use crate::right::Right;

    fn marks() -> Marks {
        FixedWords::new(&Words::zeroed(MARK_WORDS).unwrap()).unwrap()
    }

    fn some(number: u32) -> RightSet {
        // All bits of a set are needed, the highest too.
        RightSet::from_bits(u128::from(number) << 1 | 1 << 69)
    }

    #[test]
    fn keeps_what_was_found_until_it_is_forgotten() {
        let cache = PairCache::new(marks());
        let (actor, target) = (Party(5), Party(6));
        assert_eq!(cache.rights(actor, target, || (some(1), true)), some(1));
        assert_eq!(cache.rights(actor, target, || (some(2), true)), some(1));
        cache.forget(target);
        assert_eq!(cache.rights(actor, target, || (some(3), true)), some(3));
        cache.forget(actor);
        assert_eq!(cache.rights(actor, target, || (some(4), true)), some(4));
        cache.forget_all();
        assert_eq!(cache.rights(actor, target, || (some(5), true)), some(5));
        assert!(cache.rights(actor, target, || (some(6), true)).has(Right::from_number(69).unwrap()));
    }

    #[test]
    fn nobody_and_zero_are_pairs_like_others() {
        let cache = PairCache::new(marks());
        assert_eq!(cache.rights(Party(0), Party(0), || (some(7), true)), some(7));
        assert_eq!(cache.rights(Party(0), Party(0), || (some(8), true)), some(7));
    }

    #[test]
    fn pairs_are_never_mixed_up() {
        let cache = PairCache::new(marks());
        for round in 0..3 {
            for actor in 0..200 {
                for target in 0..200 {
                    let expected = some(actor * 1000 + target);
                    assert_eq!(cache.rights(Party(actor), Party(target), || (expected, true)), expected, "{round}");
                }
            }
        }
    }

    /// Rights that only ever grow: a reader may see them as old as its own start, never older, and never those of another pair.
    #[test]
    fn readers_never_see_less_than_what_they_could_have_been_told() {
        let cache = PairCache::new(marks());
        let in_force: Vec<AtomicU64> = (0..64).map(|_| AtomicU64::new(0)).collect();
        let told: Vec<AtomicU64> = (0..64).map(|_| AtomicU64::new(0)).collect();
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for reader in 0..2u32 {
                let (cache, in_force, told, stop) = (&cache, &in_force, &told, &stop);
                scope.spawn(move || {
                    let mut asked = 0u32;
                    while !stop.load(Ordering::Relaxed) {
                        asked = asked.wrapping_mul(1664525).wrapping_add(1013904223 + reader);
                        let target = asked >> 26;
                        let least = told[target as usize].load(Ordering::SeqCst);
                        let word = |now: u64| RightSet::from_bits(u128::from(now << 7 | u64::from(target)) << 1);
                        let found = cache.rights(Party(asked >> 20 & 7), Party(target), || {
                            (word(in_force[target as usize].load(Ordering::SeqCst)), true)
                        });
                        let bits = (found.bits() >> 1) as u64;
                        assert_eq!(bits & 127, u64::from(target), "another pair's rights");
                        assert!(bits >> 7 >= least, "older than what somebody was told");
                    }
                });
            }
            for change in 0..200_000u64 {
                let target = change % 64;
                let now = in_force[target as usize].fetch_add(1, Ordering::SeqCst) + 1;
                cache.forget(Party(target as u32));
                told[target as usize].store(now, Ordering::SeqCst);
            }
            stop.store(true, Ordering::Relaxed);
        });
    }
}
