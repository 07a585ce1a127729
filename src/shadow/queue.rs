//! A bounded queue of refusals from any thread to the one that writes them. Pushing must never wait: where there is no room, the refusal
//! is counted and lost.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::right::Right;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many refusals wait at most. They are taken ten times a second.
const SLOTS: usize = 2048;
/// The most of a name that is kept, in words of eight bytes.
const NAME: usize = 16;
/// An entry in words: the instant, the parties, the right, the revision, and the two names.
const WORDS: usize = 4 + 2 * NAME;

/// One refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The instant, in seconds since 1970.
    pub at: i64,
    pub actor: Party,
    pub target: Party,
    pub right: u32,
    pub revision: u64,
    names: [[u64; NAME]; 2],
}

impl Entry {
    /// A refusal without names.
    pub fn of((actor, target): (Party, Party), right: Right, revision: u64) -> Entry {
        Entry { at: 0, actor, target, right: right.number(), revision, names: [[0; NAME]; 2] }
    }

    /// Adds the names of actor and target, as far as they fit.
    pub fn name(&mut self, texts: [&str; 2]) {
        for (words, text) in self.names.iter_mut().zip(texts) {
            let mut end = text.len().min(8 * NAME);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let bytes = text.as_bytes().get(..end).unwrap_or_default();
            for (word, bytes) in words.iter_mut().zip(bytes.chunks(8)) {
                let mut eight = [0; 8];
                eight.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                *word = u64::from_le_bytes(eight);
            }
        }
    }

    /// The names of actor and target; empty where there are none.
    pub fn names(&self) -> [String; 2] {
        self.names.map(|words| {
            let bytes: Vec<u8> =
                words.iter().flat_map(|word| word.to_le_bytes()).take_while(|byte| *byte != 0).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        })
    }

    fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        [self.at as u64, pair(self.actor.0, self.target.0), self.right.into(), self.revision]
            .into_iter()
            .chain(self.names.iter().flatten().copied())
    }

    fn from_words(mut words: impl Iterator<Item = u64>) -> Entry {
        let mut next = || words.next().unwrap_or_default();
        let halves = |word: u64| ((word >> 32) as u32, word as u32);
        let at = next() as i64;
        let ((actor, target), (_, right), revision) = (halves(next()), halves(next()), next());
        let names = std::array::from_fn(|_| std::array::from_fn(|_| next()));
        Entry { at, actor: Party(actor), target: Party(target), right, revision, names }
    }
}

/// A slot of the queue. Its turn says who may use it: `n` the push number `n`, `n + 1` the taking of that entry.
#[derive(Debug)]
struct Slot {
    turn: AtomicU64,
    words: [AtomicU64; WORDS],
}

#[derive(Debug)]
pub(super) struct Queue {
    slots: Box<[Slot]>,
    /// The number of the next push.
    pushed: AtomicU64,
    /// The number of the next entry to be taken.
    taken: Mutex<u64>,
    lost: AtomicU64,
}

impl Queue {
    pub fn new() -> Queue {
        let slot = |turn| Slot { turn: AtomicU64::new(turn), words: std::array::from_fn(|_| AtomicU64::new(0)) };
        let slots = (0..SLOTS as u64).map(slot).collect();
        Queue { slots, pushed: AtomicU64::new(0), taken: Mutex::new(0), lost: AtomicU64::new(0) }
    }

    fn slot(&self, number: u64) -> Option<&Slot> {
        self.slots.get(number as usize % SLOTS)
    }

    /// Puts an entry in, or counts it as lost. Any thread; no lock, no allocation, no system call.
    pub fn push(&self, entry: &Entry) {
        let mut number = self.pushed.load(Ordering::Relaxed);
        while let Some(slot) = self.slot(number) {
            let turn = slot.turn.load(Ordering::Acquire);
            if turn < number {
                break;
            }
            if turn > number {
                number = self.pushed.load(Ordering::Relaxed);
                continue;
            }
            match self.pushed.compare_exchange_weak(number, number + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    slot.words.iter().zip(entry.words()).for_each(|(to, word)| to.store(word, Ordering::Relaxed));
                    slot.turn.store(number + 1, Ordering::Release);
                    return;
                }
                Err(now) => number = now,
            }
        }
        self.lose(1);
    }

    /// Takes what is there, the oldest first. It locks out other takers, and no pusher.
    pub fn take_all(&self) -> Vec<Entry> {
        let mut taken = self.taken.lock();
        let mut entries = Vec::new();
        while let Some(slot) = self.slot(*taken).filter(|slot| slot.turn.load(Ordering::Acquire) == *taken + 1) {
            entries.push(Entry::from_words(slot.words.iter().map(|word| word.load(Ordering::Relaxed))));
            slot.turn.store(*taken + SLOTS as u64, Ordering::Release);
            *taken += 1;
        }
        entries
    }

    /// Counts refusals that are written nowhere.
    pub fn lose(&self, refusals: u64) {
        self.lost.fetch_add(refusals, Ordering::Relaxed);
    }

    /// How many are written nowhere.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn entry(number: u32) -> Entry {
        let mut entry = Entry::of((Party(number), Party(number + 1)), Right::CALL_PICKUP, 9);
        entry.name([&format!("name {number}"), "ä".repeat(200).as_str()]);
        Entry { at: i64::from(number), ..entry }
    }

    #[test]
    fn an_entry_comes_out_as_it_went_in_and_names_are_cut_between_letters() {
        let queue = Queue::new();
        queue.push(&entry(7));
        assert_eq!(queue.take_all(), [entry(7)]);
        assert_eq!(entry(7).names(), ["name 7".to_owned(), "ä".repeat(64)]);
        assert_eq!(queue.take_all(), []);
    }

    #[test]
    fn a_full_queue_loses_the_newest_and_counts_them() {
        let queue = Queue::new();
        (0..SLOTS as u32 + 5).for_each(|number| queue.push(&entry(number)));
        assert_eq!(queue.lost(), 5);
        let taken: Vec<u32> = queue.take_all().iter().map(|entry| entry.actor.0).collect();
        assert_eq!(taken, (0..SLOTS as u32).collect::<Vec<_>>());
        queue.push(&entry(1));
        assert_eq!((queue.take_all().len(), queue.lost()), (1, 5));
    }

    #[test]
    fn threads_lose_none_that_is_not_counted_and_no_entry_is_torn() {
        let queue = Queue::new();
        let mut seen = BTreeSet::new();
        std::thread::scope(|scope| {
            let queue = &queue;
            let pushers: Vec<_> = (0..4_u32)
                .map(|thread| scope.spawn(move || (0..20_000).for_each(|n| queue.push(&entry(thread * 100_000 + n)))))
                .collect();
            let mut ended = false;
            while !ended {
                ended = pushers.iter().all(|pusher| pusher.is_finished());
                for taken in queue.take_all() {
                    assert_eq!(taken, entry(taken.actor.0));
                    assert!(seen.insert(taken.actor.0));
                }
            }
        });
        assert_eq!(seen.len() as u64 + queue.lost(), 80_000);
    }
}
