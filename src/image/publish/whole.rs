//! Whether the control words and the image in force can be what was written: for a file that may have been damaged. It reads only, and
//! must never call damage what a writer at work, or one that died, leaves.
#![forbid(unsafe_code)]

use super::published::{Published, sum};
use crate::image::format::Image;
use crate::image::format::control::{BLOCKS, CONTROL_WORDS, Job, Part, Root, Stamp, extent_check};
use crate::memory::PAGE_WORDS;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// So often the image in force is summed up while writers go on.
const TRIES: u32 = 20;
/// How long a patch that is going on is waited for between two tries.
const RETRY: Duration = Duration::from_millis(5);

impl Published {
    /// Whether root, stamps, extents and journal fit each other. The caller holds the lock of writers, or is alone.
    pub(crate) fn is_whole(&self) -> bool {
        self.has_extents() && (self.journal_fits() || self.in_force(Root(self.control.root().load(Ordering::Acquire))))
    }

    /// Whether every block is a part of the file, and no two share a word.
    fn has_extents(&self) -> bool {
        let length = self.backing.words();
        if !(0..BLOCKS).all(|block| self.extent_fits(block)) {
            return false;
        }
        let word = |word: u64| usize::try_from(word).unwrap_or(usize::MAX);
        let extents = (0..BLOCKS).map(|block| self.extent(block)).filter(|(_, count)| *count > 0);
        let mut extents: Vec<(usize, usize)> = extents.map(|(first, count)| (word(first), word(count))).collect();
        extents.sort_unstable();
        let mut free = CONTROL_WORDS;
        extents.iter().all(|(first, count)| {
            let end = first.checked_add(*count);
            let fits = *first >= free && end.is_some_and(|end| end <= length);
            free = end.unwrap_or(usize::MAX);
            let whole_pages =
                !self.backing.is_shared() || (first.is_multiple_of(PAGE_WORDS) && count.is_multiple_of(PAGE_WORDS));
            fits && whole_pages
        })
    }

    fn extent(&self, block: usize) -> (u64, u64) {
        let (first, count) = self.control.extent(block);
        (first.load(Ordering::Acquire), count.load(Ordering::Acquire))
    }

    /// The number of words is stored last: without it there is no block, whatever a writer that died has left.
    fn extent_fits(&self, block: usize) -> bool {
        let (first, count) = self.extent(block);
        count == 0 || extent_check(first, count) == self.control.extent_check(block).load(Ordering::Acquire)
    }

    /// Whether it is known where that block lies.
    pub(super) fn has_extent(&self, block: usize) -> bool {
        self.extent(block).1 > 0 && self.extent_fits(block)
    }

    /// Whether that block was never made.
    pub(super) fn is_unused(&self, block: usize) -> bool {
        self.extent(block).1 == 0 && self.control.stamp(block).load(Ordering::Acquire) == 0
    }

    /// Gives up the blocks of which it is no longer known where they lie. Their numbers must never be used again: other processes may
    /// have their words mapped.
    pub(super) fn retire_lost_blocks(&self) {
        for block in (0..BLOCKS).filter(|block| !self.extent_fits(*block)) {
            let (first, count) = self.control.extent(block);
            [first, count, self.control.extent_check(block)].iter().for_each(|word| word.store(0, Ordering::Release));
            let stamp = self.control.stamp(block);
            if stamp.load(Ordering::Acquire) == 0 {
                stamp.store(Stamp::begun(0).0, Ordering::Release);
            }
        }
    }

    /// Whether that root names an image that is complete. No root names the empty one.
    fn in_force(&self, root: Root) -> bool {
        let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
        root.0 == 0 || (self.is_root(root) && stamp.build() == root.build() && stamp.is_even() && stamp.is_valid())
    }

    /// Whether that is a root of a block that there is.
    fn is_root(&self, root: Root) -> bool {
        root == Root::new(root.block(), root.build()) && root.block() > 0 && self.has_extent(root.block())
    }

    /// Whether the block in force is being changed, as the journal says.
    fn journal_fits(&self) -> bool {
        let root = Root(self.control.root().load(Ordering::Acquire));
        let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
        let part = |part| self.control.journal(part).load(Ordering::Acquire);
        let is_odd = stamp.is_odd() && stamp.is_valid() && self.has_journal();
        let is_ours = is_odd && part(Part::Stamp) == stamp.0 && part(Part::Block) == root.block() as u64;
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
            if now == before && stamp.is_even() {
                return self.in_force(root) && (root.0 == 0 || summed);
            }
            if !stamp.is_even() {
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
    use crate::image::publish::published::Prepared;
    use std::sync::atomic::AtomicU64;
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

    /// A repair bumps the epochs of the pair cache before it names the new image: a no that is found in between must not be cached.
    #[test]
    fn what_is_answered_without_an_image_is_not_cached() {
        let published = published();
        assert!(published.read(|image| image.is_clean()));
        published.control.root().fetch_xor(1 << 40, Ordering::Relaxed);
        let build = |memory: &[AtomicU64]| {
            memory.iter().for_each(|word| word.store(9, Ordering::Relaxed));
            Ok(())
        };
        let (prepared, ()) = published.prepare(100, build).unwrap();
        let mut found = None;
        published.publish(prepared, || found = Some(published.read(|image| (image.word(20), image.is_clean()))));
        assert_eq!(found, Some((0, false)));
        assert_eq!(published.read(|image| (image.word(20), image.is_clean())), (9, true));
    }

    const WORDS: usize = 64;

    /// An image that says `number` in each word.
    fn prepared(published: &Published, number: u64) -> Prepared {
        let build = |memory: &[AtomicU64]| {
            memory.iter().for_each(|word| word.store(number, Ordering::Relaxed));
            Ok(())
        };
        // The first three are too large for each other's blocks: the blocks 2 and 3, which are one bit apart, have both one build.
        let words = if number <= 3 { WORDS << (2 * number) } else { WORDS };
        published.prepare(words, build).unwrap().0
    }

    /// What a writer was doing when the bit flipped.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Stage {
        Rest,
        /// It died in a patch from 4 to 5, with half of the words stored.
        Patch,
        /// It died before 5 came in force instead of 4.
        Flip,
    }

    /// 1 to 3 were in force in blocks of their own, as far as there are so many; 4 is, and was patched before.
    fn at_stage(stage: Stage) -> Published {
        let published = Published::private().unwrap();
        (1..=3).for_each(|number| published.publish(prepared(&published, number), || ()));
        let patched: Vec<(u32, u64)> = (0..WORDS as u32).map(|at| (at, 4)).collect();
        published.patch(&patched, || ()).unwrap();
        let died = |act: &dyn Fn(&dyn Fn())| {
            let act = std::panic::AssertUnwindSafe(|| act(&|| std::panic::resume_unwind(Box::new("dies"))));
            assert!(std::panic::catch_unwind(act).is_err());
        };
        match stage {
            Stage::Rest => {}
            Stage::Patch => {
                let patch: Vec<(u32, u64)> = (0..WORDS as u32).map(|at| (at, 5)).collect();
                died(&|die| published.patch(&patch, die).unwrap());
                let block = Root(published.control.root().load(Ordering::Relaxed)).block();
                published.block(block).iter().skip(WORDS / 2).for_each(|word| word.store(4, Ordering::Relaxed));
            }
            Stage::Flip => died(&|die| published.publish(prepared(&published, 5), die)),
        }
        published
    }

    /// The words, which are all from one state: 0 where there is no image.
    fn state(published: &Published) -> Vec<u64> {
        published.read(|image| (0..WORDS).map(|at| image.word(at)).collect())
    }

    /// Every bit of every word that says what is in force, in every stage: a reader finds what is in force or nothing, and a
    /// writer that comes later does the right thing or says that it is damaged.
    #[test]
    fn no_flipped_bit_brings_an_older_state_back() {
        const ROOT: usize = 16;
        let words = [ROOT].into_iter().chain(64..64 + BLOCKS).chain(320..336 + 12);
        let begun = Instant::now();
        for (stage, word) in words.flat_map(|word| [Stage::Rest, Stage::Patch, Stage::Flip].map(|stage| (stage, word)))
        {
            let published = at_stage(stage);
            assert_eq!(state(&published), [4; WORDS], "{stage:?}");
            for bit in 0..64 {
                let control = published.control.whole();
                control[word].fetch_xor(1 << bit, Ordering::Relaxed);
                let seen = state(&published);
                assert!(seen == [4; WORDS] || seen == [0; WORDS], "{stage:?} word {word} bit {bit}: {seen:?}");
                let clean = published.query(Words);
                assert!(clean == [4; WORDS] || clean == [0; WORDS], "{stage:?} word {word} bit {bit}: {clean:?}");
                control[word].fetch_xor(1 << bit, Ordering::Relaxed);
            }
            for bit in (0..64).filter(|bit| *bit < 40 || bit % 8 == 0) {
                let published = at_stage(stage);
                published.control.whole()[word].fetch_xor(1 << bit, Ordering::Relaxed);
                if published.recover(|| ()).is_err() {
                    published.publish(prepared(&published, 5), || ());
                }
                let now = if stage == Stage::Rest { [4, 5] } else { [5, 5] };
                let seen = state(&published);
                assert!(now.iter().any(|number| seen == [*number; WORDS]), "{stage:?} {word} bit {bit}: {seen:?}");
                assert!(published.is_whole(), "{stage:?} word {word} bit {bit}");
                published.publish(prepared(&published, 6), || ());
                assert_eq!(state(&published), [6; WORDS], "{stage:?} word {word} bit {bit}");
            }
        }
        // A generous limit, for failures only.
        assert!(begun.elapsed() < Duration::from_secs(300));
    }

    struct Words;

    impl crate::image::format::image::Query for Words {
        type Answer = Vec<u64>;
        fn run<M: crate::image::format::image::ReadMode>(&mut self, image: &Image<'_, M>) -> Vec<u64> {
            (0..WORDS).map(|at| image.word(at)).collect()
        }
    }
}
