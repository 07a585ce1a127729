//! The model of `src/image/publish/cache.rs`: one entry, which all pairs share, and the epochs of two parties.
//!
//! Left out: sets and ways (which entry is looked at is computed from numbers that do not change; which one of four is written
//! does not matter, since pairs contend for this one), and wrapping counts.

use crate::Flaw;
use loom::sync::atomic::{AtomicU64, Ordering, fence};

const PARTIES: usize = 2;
const HIGH_BITS: u32 = 24;

/// Rights: two words, and the second has the sum of epochs above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    pub low: u64,
    pub high: u8,
}

/// `PairCache`.
pub struct PairCache {
    version: AtomicU64,
    pair: AtomicU64,
    low: AtomicU64,
    high: AtomicU64,
    /// Of each party, as an actor and as a target.
    epochs: [AtomicU64; 2 * PARTIES],
    flaws: &'static [Flaw],
}

impl PairCache {
    /// `PairCache::new`.
    pub fn new(flaws: &'static [Flaw]) -> PairCache {
        let zero = || AtomicU64::new(0);
        let high = AtomicU64::new(u64::MAX);
        let epochs = std::array::from_fn(|_| zero());
        PairCache { version: zero(), pair: zero(), low: zero(), high, epochs, flaws }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaws.contains(&flaw)
    }

    fn unless(&self, flaw: Flaw, ordering: Ordering) -> Ordering {
        if self.has(flaw) { Ordering::Relaxed } else { ordering }
    }

    /// `PairCache::get_or_evaluate`.
    pub fn get_or_evaluate(&self, actor: usize, target: usize, evaluate: impl FnOnce() -> (Rights, bool)) -> Rights {
        let (found, epochs) = self.look_up(actor, target);
        if let Some(rights) = found {
            return rights;
        }
        let (rights, cacheable) = evaluate();
        if cacheable || self.has(Flaw::UncleanInserted) {
            let epochs = if self.has(Flaw::EpochsReadLate) { self.sum_of_epochs(actor, target) } else { epochs };
            self.insert(pair(actor, target), epochs, rights);
        }
        rights
    }

    fn sum_of_epochs(&self, actor: usize, target: usize) -> u64 {
        let ordering = self.unless(Flaw::EpochsReadRelaxed, Ordering::Acquire);
        let of_actor = self.epochs[actor * 2].load(ordering);
        of_actor.wrapping_add(self.epochs[target * 2 + 1].load(ordering))
    }

    /// `PairCache::look_up`.
    fn look_up(&self, actor: usize, target: usize) -> (Option<Rights>, u64) {
        let epochs = self.sum_of_epochs(actor, target);
        let version = self.version.load(Ordering::Acquire);
        if self.pair.load(Ordering::Relaxed) != pair(actor, target) {
            return (None, epochs);
        }
        let low = self.low.load(Ordering::Relaxed);
        let high = self.high.load(Ordering::Relaxed);
        if !self.has(Flaw::NoFenceInLookUp) {
            fence(Ordering::Acquire);
        }
        let unchanged = (self.has(Flaw::VersionNotChecked) || self.version.load(Ordering::Relaxed) == version)
            && (self.has(Flaw::OddVersionTaken) || version.is_multiple_of(2));
        if unchanged && high >> HIGH_BITS == epochs << HIGH_BITS >> HIGH_BITS {
            return (Some(Rights { low, high: high as u8 }), epochs);
        }
        (None, epochs)
    }

    /// `PairCache::invalidate_target`; that of an actor bumps another epoch in the same way.
    pub fn invalidate_target(&self, party: usize) {
        let bumped = self.unless(Flaw::EpochsBumpedRelaxed, Ordering::Release);
        self.epochs[party * 2 + 1].fetch_add(1, bumped);
    }

    /// `insert`.
    fn insert(&self, pair: u64, epochs: u64, rights: Rights) {
        let version = self.version.load(Ordering::Relaxed);
        let taken = self.unless(Flaw::EntryTakenRelaxed, Ordering::Acquire);
        let taken = version.is_multiple_of(2)
            && self.version.compare_exchange(version, version + 1, taken, Ordering::Relaxed).is_ok();
        if !taken {
            return;
        }
        if !self.has(Flaw::NoFenceInKeep) {
            fence(Ordering::Release);
        }
        self.pair.store(pair, Ordering::Relaxed);
        self.low.store(rights.low, Ordering::Relaxed);
        self.high.store(u64::from(rights.high) | epochs << HIGH_BITS, Ordering::Relaxed);
        self.version.store(version + 2, self.unless(Flaw::VersionRelaxed, Ordering::Release));
    }
}

/// `pair`.
fn pair(actor: usize, target: usize) -> u64 {
    (actor as u64) << 32 | target as u64
}
