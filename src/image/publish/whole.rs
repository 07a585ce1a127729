//! Whether the control words and the image in force can be what was written: for a file that may have been damaged. It reads only, and
//! must never call damage what a writer at work, or one that died, leaves.
#![forbid(unsafe_code)]

use super::published::{Published, sum};
use crate::image::format::Image;
use crate::image::format::control::{BLOCKS, CONTROL_WORDS, Job, Part, Root, Stamp};
use crate::memory::PAGE_WORDS;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// So often the image in force is summed up while writers go on.
const TRIES: u32 = 20;
/// How long a patch that is going on is waited for between two tries.
const RETRY: Duration = Duration::from_millis(5);

impl Published {
    /// Whether root, stamps, places and journal fit each other. The caller holds the lock of writers, or is alone.
    pub(crate) fn is_whole(&self) -> bool {
        self.has_places() && (self.journal_fits() || self.in_force(Root(self.control.root().load(Ordering::Acquire))))
    }

    /// Whether every block is a part of the file, and no two share a word.
    fn has_places(&self) -> bool {
        let length = self.backing.words();
        let load = |word: &AtomicU64| usize::try_from(word.load(Ordering::Acquire)).unwrap_or(usize::MAX);
        let places = (0..BLOCKS).map(|block| {
            let (first, count) = self.control.place(block);
            (load(first), load(count))
        });
        let mut places: Vec<(usize, usize)> = places.filter(|place| *place != (0, 0)).collect();
        places.sort_unstable();
        let mut free = CONTROL_WORDS;
        places.iter().all(|(first, count)| {
            let end = first.checked_add(*count);
            let fits = *first >= free && *count > 0 && end.is_some_and(|end| end <= length);
            free = end.unwrap_or(usize::MAX);
            let whole_pages =
                !self.backing.is_shared() || (first.is_multiple_of(PAGE_WORDS) && count.is_multiple_of(PAGE_WORDS));
            fits && whole_pages
        })
    }

    /// Whether that root names an image that is complete. No root names the empty one.
    fn in_force(&self, root: Root) -> bool {
        let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
        root.0 == 0 || (self.is_root(root) && stamp.build() == root.build() && !stamp.is_odd())
    }

    /// Whether that is a root of a block that there is.
    fn is_root(&self, root: Root) -> bool {
        root == Root::new(root.block(), root.build()) && root.block() > 0 && !self.block(root.block()).is_empty()
    }

    /// Whether the block in force is being changed, as the journal says.
    fn journal_fits(&self) -> bool {
        let root = Root(self.control.root().load(Ordering::Acquire));
        let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
        let part = |part| self.control.journal(part).load(Ordering::Acquire);
        let is_ours = stamp.is_odd() && part(Part::Stamp) == stamp.0 && part(Part::Block) == root.block() as u64;
        let job = match part(Part::Job) {
            job if job == Job::Patch as u64 => self.is_root(root),
            // The first image follows the empty one.
            job if job == Job::Flip as u64 => {
                self.in_force(Root(part(Part::Root))) && (root.0 == 0 || self.is_root(root))
            }
            _ => false,
        };
        is_ours && job && stamp.build() == root.build()
    }

    /// Whether the words of the image in force are what was written. Writers may be at work: while they go on, or one has died in the
    /// middle, nothing can be said, which is no damage.
    pub(crate) fn is_sound(&self) -> bool {
        let state = || {
            let root = Root(self.control.root().load(Ordering::Acquire));
            (root, Stamp(self.control.stamp(root.block()).load(Ordering::Acquire)))
        };
        let mut before = state();
        for _ in 0..TRIES {
            let (root, stamp) = before;
            let words = self.block(root.block());
            let used = Image::new(words).used_words() as usize;
            let summed = words.get(..used).map(sum) == Some(self.control.sum(root.block()).load(Ordering::Acquire));
            let now = state();
            if now == before && !stamp.is_odd() {
                return self.in_force(root) && (root.0 == 0 || summed);
            }
            if stamp.is_odd() {
                if now == before && !self.journal_fits() {
                    return false;
                }
                std::thread::sleep(RETRY);
            }
            before = state();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn published() -> Published {
        let published = Published::private().unwrap();
        for number in 1..4 {
            let build = |memory: &[AtomicU64]| {
                memory.iter().for_each(|word| word.store(number, Ordering::Relaxed));
                Ok(())
            };
            let (prepared, ()) = published.prepare(100, build).unwrap();
            published.publish(prepared, || ());
            published.patch(&[(20, 7)], || ()).unwrap();
        }
        published
    }

    /// Any one bit of the root, and of the stamp of the block in force.
    #[test]
    fn readers_of_damaged_control_words_end_and_answer_no() {
        for bit in 0..128 {
            let published = published();
            let block = Root(published.control.root().load(Ordering::Relaxed)).block();
            let word = if bit < 64 { published.control.root() } else { published.control.stamp(block) };
            word.fetch_xor(1 << (bit % 64), Ordering::Relaxed);
            let begun = Instant::now();
            let found = (0..2000).map(|_| published.read(|image| image.word(20))).max().unwrap();
            // A generous limit, for failures only.
            assert!(begun.elapsed() < Duration::from_secs(20), "bit {bit}");
            let whole = published.is_whole();
            assert!(whole || [0, 7, 1, 2, 3].contains(&found), "bit {bit}: {found}");
            let waited = published.wait_for(u64::MAX, Duration::from_millis(1));
            assert!(!waited);
            // What a writer does about it.
            if published.recover(|| ()).is_err() {
                let build = |memory: &[AtomicU64]| {
                    memory.iter().for_each(|word| word.store(9, Ordering::Relaxed));
                    Ok(())
                };
                let (prepared, ()) = published.prepare(100, build).unwrap();
                published.publish(prepared, || ());
                assert_eq!(published.read(|image| image.word(20)), 9, "bit {bit}");
            }
        }
    }
}
