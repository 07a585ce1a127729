//! The model of `src/image/publish/published.rs` and `src/image/format/control.rs`: images of `W` words in two blocks.
//!
//! Left out: finding and mapping blocks (a block named by a root is there), checksums (of the image: read under the lock only; of the
//! journal: a reader that finds them wrong tries again), and waking who waits for a revision. Who may write is settled by a lock, here by there being one writer, who may die before any of its
//! stores and then takes over from itself.

use crate::Flaw;
use loom::sync::atomic::{AtomicU64, Ordering, fence};
use std::cell::Cell;

const BLOCKS: usize = 2;
const ENTRY_WORDS: usize = 3;
/// Often enough for every reader there is: it repeats only for a writer that went on.
const MOST_TRIES: usize = 8;

/// The block in force and which of its builds: `Root` of control.rs.
#[derive(Clone, Copy)]
struct Root(u64);

impl Root {
    fn new(block: usize, build: u32) -> Root {
        Root(block as u64 | u64::from(build) << 32)
    }

    fn block(self) -> usize {
        self.0 as usize % BLOCKS
    }

    fn build(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// How far a block has come: `Stamp` of control.rs, without the count beginning anew.
#[derive(Clone, Copy)]
struct Stamp(u64);

const CHANGING: u64 = 0b11;
const PATCHED: u64 = 3 << 2;

impl Stamp {
    fn begun(build: u32) -> Stamp {
        Stamp(u64::from(build) << 32 | CHANGING)
    }

    fn build(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn is_even(self) -> bool {
        self.0 & CHANGING == 0
    }

    fn is_odd(self) -> bool {
        self.0 & CHANGING == CHANGING
    }

    fn next(self) -> Stamp {
        if self.is_even() { Stamp(self.0 | CHANGING) } else { Stamp((self.0 & !CHANGING) + PATCHED) }
    }
}

const PATCH: u64 = 1;
const FLIP: u64 = 2;

/// The journal's words before its entries: `Part` of control.rs.
struct Journal {
    stamp: AtomicU64,
    block: AtomicU64,
    job: AtomicU64,
    count: AtomicU64,
    root: AtomicU64,
}

/// The images and the control words.
pub struct Published<const W: usize> {
    root: AtomicU64,
    stamps: [AtomicU64; BLOCKS],
    journal: Journal,
    room: [[AtomicU64; ENTRY_WORDS]; W],
    blocks: [[AtomicU64; W]; BLOCKS],
    flaws: &'static [Flaw],
}

/// The writer died.
#[derive(Debug)]
pub struct Died;

/// How many stores a writer still makes before it dies.
pub struct Life(Cell<usize>);

impl Life {
    /// It dies instead of making its `stores`th store, counted from 0.
    pub fn of(stores: usize) -> Life {
        Life(Cell::new(stores))
    }

    pub fn endless() -> Life {
        Life::of(usize::MAX)
    }

    /// Whether any store was still to come when it ended.
    pub fn is_over(&self) -> bool {
        self.0.get() == 0
    }

    fn store(&self, word: &AtomicU64, value: u64, ordering: Ordering) -> Result<(), Died> {
        self.step()?;
        word.store(value, ordering);
        Ok(())
    }

    /// One step of something that is not a store of its own.
    pub fn step(&self) -> Result<(), Died> {
        self.0.set(self.0.get().checked_sub(1).ok_or(Died)?);
        Ok(())
    }
}

/// `Image` of src/image/format/image.rs.
pub struct Image<'a> {
    words: &'a [AtomicU64],
    before: Option<&'a [[AtomicU64; ENTRY_WORDS]]>,
}

impl Image<'_> {
    /// `is_clean`.
    pub fn is_clean(&self) -> bool {
        self.before.is_none()
    }

    /// `word`.
    pub fn word(&self, offset: usize) -> u64 {
        let word = self.words[offset].load(Ordering::Relaxed);
        if self.before.is_some() { self.word_before(offset, word) } else { word }
    }

    /// `word_before`; two entries at most are looked through, not halved.
    fn word_before(&self, offset: usize, is: u64) -> u64 {
        for entry in self.before.unwrap_or(&[]) {
            if entry[0].load(Ordering::Relaxed) == offset as u64 {
                return entry[1].load(Ordering::Relaxed);
            }
        }
        is
    }
}

fn zeros<const N: usize>() -> [AtomicU64; N] {
    std::array::from_fn(|_| AtomicU64::new(0))
}

impl<const W: usize> Published<W> {
    /// State 1 is in force in block 0, of build 1; block 1 was never used.
    pub fn new(flaws: &'static [Flaw]) -> Published<W> {
        let word = AtomicU64::new;
        Published {
            root: word(Root::new(0, 1).0),
            stamps: [word(Stamp::begun(1).next().0), word(0)],
            journal: Journal { stamp: word(0), block: word(0), job: word(0), count: word(0), root: word(0) },
            room: std::array::from_fn(|_| zeros()),
            blocks: [std::array::from_fn(|_| word(1)), zeros()],
            flaws,
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaws.contains(&flaw)
    }

    fn unless(&self, flaw: Flaw, ordering: Ordering) -> Ordering {
        if self.has(flaw) { Ordering::Relaxed } else { ordering }
    }

    fn fence_unless(&self, flaw: Flaw, ordering: Ordering) {
        if !self.has(flaw) {
            fence(ordering);
        }
    }

    /// `Published::read`.
    pub fn read<R>(&self, mut question: impl FnMut(Image<'_>) -> R) -> R {
        for _ in 0..MOST_TRIES {
            let root = Root(self.root.load(Ordering::Acquire));
            let stamp = Stamp(self.stamps[root.block()].load(Ordering::Acquire));
            if stamp.build() == root.build() {
                let words = &self.blocks[root.block()];
                if stamp.is_even() {
                    let answer = question(Image { words, before: None });
                    self.fence_unless(Flaw::NoFenceAfterWords, Ordering::Acquire);
                    if self.has(Flaw::StampNotChecked) || self.stamps[root.block()].load(Ordering::Relaxed) == stamp.0 {
                        return answer;
                    }
                } else if let Some(answer) = self.query_journaled(root.block(), stamp, words, &mut question) {
                    return answer;
                }
            }
            // `spin_loop`: loom must know that others have to go on.
            loom::thread::yield_now();
        }
        panic!("a reader does not end");
    }

    /// `Published::query_journaled`.
    fn query_journaled<R>(
        &self,
        block: usize,
        stamp: Stamp,
        words: &[AtomicU64],
        question: &mut impl FnMut(Image<'_>) -> R,
    ) -> Option<R> {
        let journal_is_ours = |ordering| {
            self.journal.stamp.load(ordering) == stamp.0
                && (self.has(Flaw::JournalBlockNotChecked)
                    || self.journal.block.load(Ordering::Relaxed) == block as u64)
        };
        if !stamp.is_odd() || (!self.has(Flaw::JournalNotChecked) && !journal_is_ours(Ordering::Acquire)) {
            return None;
        }
        let count = self.journal.count.load(Ordering::Relaxed) as usize;
        let answer = question(Image { words, before: Some(&self.room[..count.min(W)]) });
        self.fence_unless(Flaw::NoFenceAfterWords, Ordering::Acquire);
        let unchanged = self.has(Flaw::StampNotChecked) || self.stamps[block].load(Ordering::Relaxed) == stamp.0;
        let again = self.unless(Flaw::JournalCheckedAgainRelaxed, Ordering::Acquire);
        (unchanged && (self.has(Flaw::JournalNotCheckedAgain) || journal_is_ours(again))).then_some(answer)
    }

    /// `Published::prepare` and `Published::publish`, of an image of which each word is `number`.
    pub fn publish(&self, number: u64, life: &Life, invalidate_all: impl FnOnce()) -> Result<(), Died> {
        let prepared = self.prepare(number, life)?;
        let in_force = Root(self.root.load(Ordering::Relaxed)).block();
        life.store(&self.journal.root, prepared.0, Ordering::Relaxed)?;
        let odd = self.begin(in_force, FLIP, &[], life)?;
        self.complete(in_force, odd, life, invalidate_all)
    }

    /// `Published::prepare`.
    fn prepare(&self, number: u64, life: &Life) -> Result<Root, Died> {
        let in_force = Root(self.root.load(Ordering::Relaxed));
        let block = 1 - in_force.block();
        let stamp = &self.stamps[block];
        let build = self.new_build(in_force.build());
        life.store(stamp, Stamp::begun(build).0, Ordering::Relaxed)?;
        self.fence_unless(Flaw::NoFenceInPrepare, Ordering::Release);
        for word in &self.blocks[block] {
            // The zeros in between are left out: a word that is neither old nor new would only be easier to notice.
            life.store(word, number, Ordering::Relaxed)?;
        }
        life.store(stamp, Stamp::begun(build).next().0, Ordering::Release)?;
        Ok(Root::new(block, build))
    }

    /// `Published::new_build`; only the writer stores stamps.
    fn new_build(&self, after: u32) -> u32 {
        let is_taken =
            |build: u32| self.stamps.iter().any(|stamp| Stamp(stamp.load(Ordering::Relaxed)).build() == build);
        (after + 1..).find(|build| !is_taken(*build)).expect("there are few blocks")
    }

    /// `Published::patch`, of every word to `number`.
    pub fn patch(&self, number: u64, life: &Life, invalidate: impl Fn()) -> Result<(), Died> {
        let block = Root(self.root.load(Ordering::Relaxed)).block();
        let entry = |offset: usize| [offset as u64, self.blocks[block][offset].load(Ordering::Relaxed), number];
        let entries: Vec<_> = (0..W).map(entry).collect();
        if self.has(Flaw::EpochsBumpedBefore) {
            invalidate();
        }
        let odd = self.begin(block, PATCH, &entries, life)?;
        self.complete(block, odd, life, || {
            if !self.has(Flaw::EpochsBumpedBefore) {
                invalidate()
            }
        })
    }

    /// `Published::begin`.
    fn begin(&self, block: usize, job: u64, entries: &[[u64; ENTRY_WORDS]], life: &Life) -> Result<Stamp, Died> {
        let set = |word, value| life.store(word, value, Ordering::Relaxed);
        set(&self.journal.stamp, 0)?;
        self.fence_unless(Flaw::NoFenceInBegin, Ordering::Release);
        let odd = Stamp(self.stamps[block].load(Ordering::Relaxed)).next();
        set(&self.journal.block, block as u64)?;
        set(&self.journal.job, job)?;
        set(&self.journal.count, entries.len() as u64)?;
        for (place, entry) in self.room.iter().zip(entries) {
            for (place, word) in place.iter().zip(entry) {
                set(place, *word)?;
            }
        }
        life.store(&self.journal.stamp, odd.0, self.unless(Flaw::JournalStampRelaxed, Ordering::Release))?;
        life.store(&self.stamps[block], odd.0, self.unless(Flaw::OddStampRelaxed, Ordering::Release))?;
        Ok(odd)
    }

    /// `Published::complete`.
    fn complete(&self, block: usize, odd: Stamp, life: &Life, invalidate: impl FnOnce()) -> Result<(), Died> {
        self.fence_unless(Flaw::NoFenceInComplete, Ordering::Release);
        if self.journal.job.load(Ordering::Relaxed) == FLIP {
            life.step()?;
            invalidate();
            let root = self.journal.root.load(Ordering::Relaxed);
            return life.store(&self.root, root, self.unless(Flaw::RootRelaxed, Ordering::Release));
        }
        let count = self.journal.count.load(Ordering::Relaxed) as usize;
        for entry in &self.room[..count] {
            let word = &self.blocks[block][entry[0].load(Ordering::Relaxed) as usize];
            life.store(word, entry[2].load(Ordering::Relaxed), Ordering::Relaxed)?;
        }
        let even = self.unless(Flaw::EvenStampRelaxed, Ordering::Release);
        if self.has(Flaw::EpochsBumpedAfter) {
            life.store(&self.stamps[block], odd.next().0, even)?;
            life.step()?;
            invalidate();
            return Ok(());
        }
        life.step()?;
        invalidate();
        life.store(&self.stamps[block], odd.next().0, even)
    }

    /// `Published::recover`.
    pub fn recover(&self, invalidate_all: impl FnOnce()) {
        if self.has(Flaw::NotRecovered) {
            return;
        }
        let root = Root(self.root.load(Ordering::Acquire));
        let stamp = Stamp(self.stamps[root.block()].load(Ordering::Acquire));
        if stamp.is_odd() {
            self.complete(root.block(), stamp, &Life::endless(), invalidate_all).expect("it lives for ever");
        }
    }
}
