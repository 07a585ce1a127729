//! How an image comes in force, and how it is patched, while readers are at work.
//!
//! Images lie in a few blocks of words that stay mapped. One block is in force. A new image is built in another block and then
//! named by one store. A small change is made in the block in force: the old words are written into a journal, the block's stamp
//! (a seqlock version) turns odd, the new words are stored, the stamp turns even. Readers write nothing and register nowhere: they
//! read, and read again if the stamp has moved meanwhile.
//!
//! A reader that sees an odd stamp reads old words from the journal, without waiting. The change becomes visible when the stamp
//! turns even. If the writer dies first, old answers stay and the next writer replays the journal.
//!
//! A reader tries a limited number of times. A root and a stamp that do not fit each other are damage: then the answer is no, and the
//! damage is noted for the next writer (see whole.rs).
//!
//! There must be only one writer at a time: callers hold [`Published::lock`], or a lock of their own in one process.
#![forbid(unsafe_code)]

use super::backing::Backing;
use crate::calendar::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::image::format::control::{
    BLOCKS, CONTROL_WORDS, Control, ENTRY_WORDS, Job, MOST_PATCHED, Part, Root, Stamp, extent_check, mix,
};
use crate::image::format::image::{Image, Query};
use crate::memory::{PAGE_WORDS, Words};
use crate::sync;
use once_cell::sync::OnceCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::time::Duration;

/// The image in force and the blocks that images are built in.
#[derive(Debug)]
pub struct Published {
    pub(super) control: Control,
    blocks: Box<[OnceCell<Words>; BLOCKS]>,
    pub(super) backing: Backing,
    /// The last read found no image.
    stuck: AtomicBool,
    /// A read has found no image since a writer asked last.
    damaged: AtomicBool,
}

/// So often a reader tries. It repeats for a writer that went on meanwhile, so this many are never needed while all is well.
const MOST_TRIES: u32 = 10_000;
/// The same when the last read was in vain.
const FEW_TRIES: u32 = 16;
/// Wakes the threads that wait for a revision, in every process: they check whether they still want it, and wait on. It outlives the
/// images that it belongs to.
#[derive(Clone, Debug)]
pub struct Bell(Words);

impl Bell {
    /// Wakes the threads that sleep at this moment, not one that is about to: ring again until it has returned.
    pub fn ring(&self) {
        self.0.first().into_iter().for_each(sync::wake);
    }
}

/// An image that is complete but not yet in force.
#[derive(Debug)]
#[must_use]
pub struct Prepared {
    root: Root,
}

impl Published {
    /// Images in memory of this process.
    ///
    /// # Errors
    /// `Limit` when there is no memory.
    pub fn private() -> Result<Published> {
        Published::at(Backing::Memory, Words::zeroed(CONTROL_WORDS)?)
    }

    /// Images with that backing and these control words.
    pub(crate) fn at(backing: Backing, control: Words) -> Result<Published> {
        clock::read(); // From here on it is known how far the clock goes on, whether or not a fact with dates is asked about.
        crate::heard::begin();
        let too_few = || Error::new(ErrorKind::Internal, "too few control words");
        let control = Control::new(control).ok_or_else(too_few)?;
        let (blocks, stuck, damaged) = (Box::new([const { OnceCell::new() }; BLOCKS]), false.into(), false.into());
        Ok(Published { control, blocks, backing, stuck, damaged })
    }

    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    /// Whether images can be published here.
    pub fn is_writable(&self) -> bool {
        self.backing.is_writable()
    }

    /// Waits until this thread alone, of all threads of all processes, may change what is in force. Images in memory of one
    /// process need no such lock.
    ///
    /// # Errors
    /// `File` when another thread or process has held it for longer than `patience`, or the file cannot be written, was made shorter or
    /// written over.
    #[cfg(any(target_os = "linux", windows))]
    pub fn lock(&self, patience: Duration) -> Result<Option<sync::Held<'_>>> {
        match &self.backing {
            Backing::Memory => Ok(None),
            Backing::File(file) if !file.writable => {
                Err(Error::new(ErrorKind::File, format!("{}: no permission to write", file.path.display())))
            }
            Backing::File(file) => {
                let held = sync::lock(self.control.lock(), &file.file, patience)?;
                self.has_its_file()?;
                Ok(Some(held))
            }
        }
    }

    /// Whether the file that is mapped is as long as it was, and still the image of this store. A writer makes sure of it before and
    /// after a change: others may be reading words that are gone, and would not see the change.
    ///
    /// # Errors
    /// `File` when it is not.
    #[cfg(any(target_os = "linux", windows))]
    pub fn has_its_file(&self) -> Result<()> {
        let Backing::File(file) = &self.backing else { return Ok(()) };
        // One flipped bit is damage, which is made good.
        let others = self.control.identity().iter().zip(file.identity);
        let others = others.map(|(word, said)| (word.load(Ordering::Acquire) ^ said).count_ones()).sum::<u32>();
        let end = (1..BLOCKS).filter(|block| self.has_extent(*block)).map(|block| self.end_of(block)).max();
        if others <= 1 && end.unwrap_or(CONTROL_WORDS) <= file.words() {
            return Ok(());
        }
        let message = format!(
            "`{}` was made shorter or written over while it was in use: programs that have the store open answer no or by what was \
             written; end them all, the next one makes it anew",
            file.path.display()
        );
        Err(Error::new(ErrorKind::File, message))
    }

    /// The epochs of the pair cache that goes with these images.
    pub fn epochs(&self) -> crate::image::format::control::Epochs {
        self.control.epochs()
    }

    /// Runs a query on the image in force, fastest while no change is going on. Before anything is published it runs on an empty
    /// image. Answers found while [`Image::is_clean`] is false must not be cached: epochs of the parties that are being changed may
    /// be bumped already.
    #[inline(always)]
    pub fn query<Q: Query>(&self, mut query: Q) -> Q::Answer {
        // The orderings are those of `read`.
        let root = Root(self.control.root().load(Ordering::Acquire));
        let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
        if stamp.build() == root.build() && stamp.is_even() {
            let answer = query.run(&Image::clean(self.block(root.block())));
            fence(Ordering::Acquire);
            if self.control.stamp(root.block()).load(Ordering::Relaxed) == stamp.0 {
                return answer;
            }
        }
        self.query_again(query)
    }

    /// Runs a query once. `None` where the query says so, and while a change is going on: then [`Published::query`] answers.
    #[inline(always)]
    pub fn look<R>(&self, mut query: impl Query<Answer = Option<R>>) -> Option<R> {
        let root = Root(self.control.root().load(Ordering::Acquire));
        let held = self.control.stamp(root.block());
        let stamp = Stamp(held.load(Ordering::Acquire));
        (stamp.build() == root.build() && stamp.is_even()).then_some(())?;
        let answer = query.run(&Image::known(self.blocks.get(root.block())?.get()?)?)?;
        fence(Ordering::Acquire);
        (held.load(Ordering::Relaxed) == stamp.0).then_some(answer)
    }

    #[cold]
    #[inline(never)]
    fn query_again<Q: Query>(&self, mut query: Q) -> Q::Answer {
        self.read(|image| query.run(&image))
    }

    /// The same for callers that need not be quite as fast. `read` may run several times and must not keep what an earlier run saw.
    /// Where the control words are damaged it runs on an empty image.
    pub fn read<R>(&self, mut read: impl FnMut(Image<'_>) -> R) -> R {
        let stuck = self.stuck.load(Ordering::Relaxed);
        for _ in 0..if stuck { FEW_TRIES } else { MOST_TRIES } {
            if let Some(answer) = self.try_read(&mut read) {
                if stuck {
                    self.stuck.store(false, Ordering::Relaxed);
                }
                return answer;
            }
            std::hint::spin_loop();
        }
        self.stuck.store(true, Ordering::Relaxed);
        self.damaged.store(true, Ordering::Relaxed);
        // Not a clean one: its no must not be cached under epochs that a repair has bumped already.
        read(Image::journaled(&[], &[]))
    }

    /// Whether the last read found no image.
    pub fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Relaxed)
    }

    /// Whether a read has found no image since this was called last.
    pub fn take_damage(&self) -> bool {
        self.damaged.swap(false, Ordering::Relaxed)
    }

    /// One try; `None` when a writer went on meanwhile.
    fn try_read<R>(&self, read: &mut impl FnMut(Image<'_>) -> R) -> Option<R> {
        // Pairs with the release store in `complete`: the image's words are visible once its root is.
        let root = Root(self.control.root().load(Ordering::Acquire));
        // Pairs with the release store at the end of `complete`: the new words are visible once the stamp is even again.
        let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
        if stamp.build() != root.build() {
            return None;
        }
        let words = self.block(root.block());
        if !stamp.is_even() {
            return self.query_journaled(root.block(), stamp, words, read);
        }
        let answer = read(Image::new(words));
        // Pairs with the release fences in `complete` and `prepare`: a reader that has read a word stored later sees below that the
        // stamp had moved on before.
        fence(Ordering::Acquire);
        (self.control.stamp(root.block()).load(Ordering::Relaxed) == stamp.0).then_some(answer)
    }

    /// Reads while the words are being changed: the words as they were. `None` when the journal no longer has them.
    #[cold]
    fn query_journaled<R>(
        &self,
        block: usize,
        stamp: Stamp,
        words: &[AtomicU64],
        read: &mut impl FnMut(Image<'_>) -> R,
    ) -> Option<R> {
        let journal_is_ours = || {
            // Pairs with the release store of the journal's stamp in `begin`.
            self.control.journal(Part::Stamp).load(Ordering::Acquire) == stamp.0
                && self.control.journal(Part::Block).load(Ordering::Relaxed) == block as u64
        };
        // A writer that died leaves the journal for a long time: a damaged one must not be read.
        if !stamp.is_odd() || !journal_is_ours() || !self.has_journal() {
            return None;
        }
        let answer = read(Image::journaled(words, self.control.entries()));
        // Pairs with the release fences in `complete` and `begin`: neither the words nor the journal had moved on.
        fence(Ordering::Acquire);
        let unchanged = self.control.stamp(block).load(Ordering::Relaxed) == stamp.0;
        (unchanged && journal_is_ours()).then_some(answer)
    }

    /// Whether the journal is as it was written.
    pub(super) fn has_journal(&self) -> bool {
        let of = |part| self.control.journal(part).load(Ordering::Relaxed);
        self.control.journal_check(of(Part::Stamp)) == of(Part::Check)
    }

    #[inline(always)]
    pub(super) fn block(&self, block: usize) -> &[AtomicU64] {
        match self.blocks.get(block).and_then(OnceCell::get) {
            Some(words) => words,
            None => self.find_block(block),
        }
    }

    /// A block that another process has made, or none yet: an empty image refuses everything.
    #[cold]
    #[inline(never)]
    fn find_block(&self, block: usize) -> &[AtomicU64] {
        let (first, count) = self.control.extent(block);
        // The number of words is stored last, with release.
        let count = count.load(Ordering::Acquire);
        let first = first.load(Ordering::Relaxed);
        let fits = extent_check(first, count) == self.control.extent_check(block).load(Ordering::Relaxed);
        let Some(held) = self.blocks.get(block).filter(|_| count > 0 && fits) else { return &[] };
        held.get_or_try_init(|| self.backing.block(first as usize, count as usize)).map_or(&[][..], |words| words)
    }

    /// Builds an image of at most `words` words with `build`, which finds that many zero words, in a block that is not in force.
    /// When `build` fails, nothing has happened.
    ///
    /// # Errors
    /// What `build` answers; `Limit` and `File` when there is no room.
    pub fn prepare<R>(&self, words: usize, build: impl FnOnce(&[AtomicU64]) -> Result<R>) -> Result<(Prepared, R)> {
        let in_force = Root(self.control.root().load(Ordering::Relaxed));
        let block = self.free_block(in_force.block(), words)?;
        let memory = self.block(block).get(..words).unwrap_or(&[]);
        let stamp = self.control.stamp(block);
        let is_new = stamp.load(Ordering::Relaxed) == 0;
        let number = self.new_build(in_force.build());
        stamp.store(Stamp::begun(number).0, Ordering::Relaxed);
        // Pairs with the acquire fence in `read`: a reader that sees a word written below sees the new stamp.
        fence(Ordering::Release);
        if !is_new {
            memory.iter().for_each(|word| word.store(0, Ordering::Relaxed));
        }
        let result = build(memory)?;
        if self.backing.is_shared() {
            let used = Image::new(memory).used_words() as usize;
            self.control.sum(block).store(sum(memory.get(..used).unwrap_or(memory)), Ordering::Relaxed);
        }
        stamp.store(Stamp::begun(number).next().0, Ordering::Release);
        Ok((Prepared { root: Root::new(block, number) }, result))
    }

    /// The next number of a build after that one that no block has: a damaged root must not name an older image.
    fn new_build(&self, after: u32) -> u32 {
        let mut build = after;
        loop {
            build = build.wrapping_add(1);
            let is_taken = |block| Stamp(self.control.stamp(block).load(Ordering::Relaxed)).build() == build;
            if build > 0 && !(0..BLOCKS).any(is_taken) {
                return build;
            }
        }
    }

    /// Stores a word in a prepared image.
    pub fn amend(&self, prepared: &Prepared, (offset, new): (u32, u64)) {
        let block = prepared.root.block();
        let Some(word) = self.block(block).get(offset as usize) else { return };
        let (at, old, sum) = (offset as usize, word.load(Ordering::Relaxed), self.control.sum(block));
        let changed = sum.load(Ordering::Relaxed).wrapping_sub(mix(at as u64, old)).wrapping_add(mix(at as u64, new));
        word.store(new, Ordering::Relaxed);
        sum.store(changed, Ordering::Relaxed);
    }

    /// Puts a prepared image in force. `invalidate_all` bumps the epochs of all cached answers: it is called after readers stop
    /// caching answers of the old image and before the new one becomes visible.
    pub fn publish(&self, prepared: Prepared, invalidate_all: impl FnOnce()) {
        let in_force = Root(self.control.root().load(Ordering::Relaxed)).block();
        self.control.journal(Part::Root).store(prepared.root.0, Ordering::Relaxed);
        // The old block stays odd: a reader that is still there may answer, but caches nothing.
        let odd = self.begin(in_force, Job::Flip, &[], 0);
        self.complete(in_force, odd, invalidate_all);
    }

    /// Stores words (offset and new word, each offset once) in the image in force; readers see all of them or none. `invalidate`
    /// bumps the epochs of the parties whose answers change, as in [`Published::publish`].
    ///
    /// # Errors
    /// `Limit` for more than 4,096 words, `Internal` for a word that the image does not have.
    pub fn patch(&self, words: &[(u32, u64)], invalidate: impl FnOnce()) -> Result<()> {
        if words.len() > MOST_PATCHED {
            return Err(Error::new(ErrorKind::Limit, "too many words for a patch"));
        }
        let block = Root(self.control.root().load(Ordering::Relaxed)).block();
        let memory = self.block(block);
        let mut sum = self.control.sum(block).load(Ordering::Relaxed);
        let mut entries: Vec<[u64; ENTRY_WORDS]> = Vec::with_capacity(words.len());
        for (offset, new) in words {
            let Some(old) = memory.get(*offset as usize).map(|word| word.load(Ordering::Relaxed)) else {
                return Err(Error::new(ErrorKind::Internal, "a patch beyond the image"));
            };
            if old != *new {
                entries.push([u64::from(*offset), old, *new]);
                let at = *offset as usize;
                sum = sum.wrapping_sub(mix(at as u64, old)).wrapping_add(mix(at as u64, *new));
            }
        }
        // Readers look for a word by halving.
        entries.sort_unstable();
        let odd = self.begin(block, Job::Patch, &entries, sum);
        self.complete(block, odd, invalidate);
        Ok(())
    }

    /// Writes down what is going to happen, and makes the block's stamp odd. Returns the odd stamp.
    fn begin(&self, block: usize, job: Job, entries: &[[u64; ENTRY_WORDS]], sum: u64) -> Stamp {
        let set = |part, word| self.control.journal(part).store(word, Ordering::Relaxed);
        set(Part::Stamp, 0);
        // Pairs with the acquire fence in `query_journaled`: a reader that has read any of what follows sees that the journal was taken.
        fence(Ordering::Release);
        let stamp = Stamp(self.control.stamp(block).load(Ordering::Relaxed));
        // It is even, unless a damaged root names an old block, or the stamp is damaged.
        let odd = if stamp.is_even() { stamp.next() } else { stamp.next().next() };
        set(Part::Block, block as u64);
        set(Part::Job, job as u64);
        set(Part::Count, entries.len() as u64);
        set(Part::Sum, sum);
        for (room, entry) in self.control.room().chunks_exact(ENTRY_WORDS).zip(entries) {
            room.iter().zip(entry).for_each(|(room, word)| room.store(*word, Ordering::Relaxed));
        }
        set(Part::Check, self.control.journal_check(odd.0));
        // Pairs with the acquire load in `query_journaled`.
        self.control.journal(Part::Stamp).store(odd.0, Ordering::Release);
        // Pairs with the acquire load in `read`: a reader that sees the odd stamp sees the journal. From here on no reader
        // caches answers.
        self.control.stamp(block).store(odd.0, Ordering::Release);
        odd
    }

    /// Does what the journal says. It may be done twice: by a writer that dies in the middle and by the next one.
    fn complete(&self, block: usize, odd: Stamp, invalidate: impl FnOnce()) {
        // Pairs with the acquire fence in `read`: a reader that sees a word written below sees the odd stamp.
        fence(Ordering::Release);
        let is_flip = self.control.journal(Part::Job).load(Ordering::Relaxed) == Job::Flip as u64;
        if is_flip {
            invalidate();
            let root = self.control.journal(Part::Root).load(Ordering::Relaxed);
            // Pairs with the acquire load in `read`: the new image is visible from here on.
            self.control.root().store(root, Ordering::Release);
        } else {
            let memory = self.block(block);
            for entry in self.control.entries().chunks_exact(ENTRY_WORDS) {
                if let [offset, _, new] = entry
                    && let Some(word) = memory.get(offset.load(Ordering::Relaxed) as usize)
                {
                    word.store(new.load(Ordering::Relaxed), Ordering::Relaxed);
                }
            }
            let sum = self.control.journal(Part::Sum).load(Ordering::Relaxed);
            self.control.sum(block).store(sum, Ordering::Relaxed);
            invalidate();
            // Pairs with the acquire load in `read`: the change is visible from here on.
            self.control.stamp(block).store(odd.next().0, Ordering::Release);
        }
        self.notify();
    }

    /// Completes what a writer that died has begun. A writer calls it first after it got the lock of a dead one.
    ///
    /// # Errors
    /// `File` when the control words are damaged: nothing was done. A new image must be published then.
    pub fn recover(&self, invalidate_all: impl FnOnce()) -> Result<()> {
        if !self.is_whole() {
            self.retire_lost_blocks();
            return Err(Error::new(ErrorKind::File, "the image's control words are damaged"));
        }
        let root = Root(self.control.root().load(Ordering::Acquire));
        let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
        if stamp.is_odd() {
            self.complete(root.block(), stamp, invalidate_all);
        } else if self.control.revision().load(Ordering::Acquire) != self.read(|image| image.revision()) {
            // It died before it could notify.
            self.notify();
        }
        Ok(())
    }

    /// Notifies waiters of the revision in force.
    fn notify(&self) {
        let revision = self.read(|image| image.revision());
        self.control.revision().store(revision, Ordering::Release);
        sync::wake(self.control.revision());
    }

    /// Wakes the threads that wait for a revision.
    pub fn bell(&self) -> Bell {
        Bell(self.control.revision_words())
    }

    /// The word behind that block.
    fn end_of(&self, block: usize) -> usize {
        let (first, count) = self.control.extent(block);
        first.load(Ordering::Relaxed).saturating_add(count.load(Ordering::Relaxed)) as usize
    }

    /// A block other than the one in force with room for `words` words: the smallest there is, or a new one.
    fn free_block(&self, in_force: usize, words: usize) -> Result<usize> {
        let sizes = || (0..BLOCKS).map(|block| if self.has_extent(block) { self.block(block).len() } else { 0 });
        let free = sizes().enumerate().filter(|(block, size)| *block != in_force && *size >= words.max(1));
        if let Some((block, _)) = free.min_by_key(|(_, size)| *size) {
            return Ok(block);
        }
        let biggest = sizes().max().unwrap_or(0);
        // The very first image gets just its size; a bigger one twice the biggest, so that blocks cannot multiply.
        let size = if biggest == 0 || words <= biggest { words.max(biggest) } else { words.max(biggest * 2) };
        // Block 0 stays empty: an engine without an image reads it.
        let unused = (1..BLOCKS).find(|block| self.is_unused(*block));
        let Some((number, block)) = unused.and_then(|number| Some((number, self.blocks.get(number)?))) else {
            return Err(Error::new(ErrorKind::Limit, "too many blocks of memory"));
        };
        let ends = (1..BLOCKS).map(|block| self.end_of(block));
        // Where a retired block lies is not known.
        let is_retired = |block| !self.has_extent(block) && !self.is_unused(block);
        let retired = if self.backing.is_shared() && (1..BLOCKS).any(is_retired) { self.backing.words() } else { 0 };
        let from = ends.max().unwrap_or(0).max(retired.next_multiple_of(PAGE_WORDS)).max(CONTROL_WORDS);
        let made = self.backing.new_block(from, size)?;
        let (first, count) = self.control.extent(number);
        first.store(from as u64, Ordering::Relaxed);
        let check = extent_check(from as u64, made.len() as u64);
        self.control.extent_check(number).store(check, Ordering::Relaxed);
        // Pairs with the acquire load in `find_block`.
        count.store(made.len() as u64, Ordering::Release);
        block.set(made).map_err(|_| Error::new(ErrorKind::Internal, "a block was set twice"))?;
        Ok(number)
    }
}

pub(super) fn sum(words: &[AtomicU64]) -> u64 {
    words
        .iter()
        .zip(0..)
        .fold(0, |sum: u64, (word, offset)| sum.wrapping_add(mix(offset, word.load(Ordering::Relaxed))))
}

#[cfg(test)]
mod tests;
mod wait;
