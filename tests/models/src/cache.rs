//! The model of `src/image/publish/cache.rs`: one entry, which all pairs share, and the marks of two parties.
//!
//! Left out: sets and ways (which entry is looked at is computed from numbers that do not change; which one of four is written
//! does not matter, since pairs contend for this one), and wrapping counts.

use crate::Flaw;
use loom::sync::atomic::{AtomicU64, Ordering, fence};

const PARTIES: usize = 2;
const HIGH_BITS: u32 = 8;

/// Rights: two words, and the second has the sum of marks above it.
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
    marks: [AtomicU64; 2 * PARTIES],
    flaws: &'static [Flaw],
}

impl PairCache {
    /// `PairCache::new`.
    pub fn new(flaws: &'static [Flaw]) -> PairCache {
        let zero = || AtomicU64::new(0);
        let high = AtomicU64::new(u64::MAX);
        let marks = std::array::from_fn(|_| zero());
        PairCache { version: zero(), pair: zero(), low: zero(), high, marks, flaws }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaws.contains(&flaw)
    }

    fn unless(&self, flaw: Flaw, ordering: Ordering) -> Ordering {
        if self.has(flaw) { Ordering::Relaxed } else { ordering }
    }

    /// `PairCache::rights`.
    pub fn rights(&self, actor: usize, target: usize, evaluate: impl FnOnce() -> (Rights, bool)) -> Rights {
        let (found, marks) = self.look_up(actor, target);
        if let Some(rights) = found {
            return rights;
        }
        let (rights, may_be_kept) = evaluate();
        if may_be_kept || self.has(Flaw::UnsettledKept) {
            let marks = if self.has(Flaw::MarksReadLate) { self.sum_of_marks(actor, target) } else { marks };
            self.keep(pair(actor, target), marks, rights);
        }
        rights
    }

    fn sum_of_marks(&self, actor: usize, target: usize) -> u64 {
        let ordering = self.unless(Flaw::MarksReadRelaxed, Ordering::Acquire);
        let acting = self.marks[actor * 2].load(ordering);
        acting.wrapping_add(self.marks[target * 2 + 1].load(ordering))
    }

    /// `PairCache::look_up`.
    fn look_up(&self, actor: usize, target: usize) -> (Option<Rights>, u64) {
        let marks = self.sum_of_marks(actor, target);
        let version = self.version.load(Ordering::Acquire);
        if self.pair.load(Ordering::Relaxed) != pair(actor, target) {
            return (None, marks);
        }
        let low = self.low.load(Ordering::Relaxed);
        let high = self.high.load(Ordering::Relaxed);
        if !self.has(Flaw::NoFenceInLookUp) {
            fence(Ordering::Acquire);
        }
        let unchanged = (self.has(Flaw::VersionNotChecked) || self.version.load(Ordering::Relaxed) == version)
            && (self.has(Flaw::OddVersionTaken) || version.is_multiple_of(2));
        if unchanged && high >> HIGH_BITS == marks << HIGH_BITS >> HIGH_BITS {
            return (Some(Rights { low, high: high as u8 }), marks);
        }
        (None, marks)
    }

    /// `PairCache::forget` of a target; that of an actor raises another mark in the same way.
    pub fn forget_target(&self, party: usize) {
        let raised = self.unless(Flaw::MarksRaisedRelaxed, Ordering::Release);
        self.marks[party * 2 + 1].fetch_add(1, raised);
    }

    /// `keep`.
    fn keep(&self, pair: u64, marks: u64, rights: Rights) {
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
        self.high.store(u64::from(rights.high) | marks << HIGH_BITS, Ordering::Relaxed);
        self.version.store(version + 2, self.unless(Flaw::VersionRelaxed, Ordering::Release));
    }
}

/// `pair`.
fn pair(actor: usize, target: usize) -> u64 {
    (actor as u64) << 32 | target as u64
}
