//! How an image becomes the one that is asked, and how it is changed, while readers are at work.
//!
//! Images lie in a few blocks of words that stay mapped. One block is in force. A new image is built in another block and then
//! named by one store. A small change is made in the block in force: what the words were is written into a journal, the block's
//! stamp goes odd, the words are stored, the stamp goes even. Readers write nothing and register nowhere: they read, and
//! afterwards make sure that the stamp is what it was; if not, they read again. Who meets an odd stamp reads the old words from
//! the journal, and so waits for nobody: the change becomes visible as a whole when the stamp goes even, and a writer that dies
//! before leaves the old answers, and a journal from which the next one completes the change.
//!
//! Only one writer at a time; who that is, is for the caller to see to.
#![forbid(unsafe_code)]

use super::backing::Home;
use crate::error::{Error, ErrorKind, Result};
use crate::image::format::control::{
    BLOCKS, CONTROL_WORDS, Control, ENTRY_WORDS, Job, MOST_PATCHED, Part, Root, Stamp,
};
use crate::image::{Image, Question};
use crate::memory::Words;
use crate::sync;
use once_cell::sync::OnceCell;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::{Duration, Instant};

/// The image in force and the blocks that images are built in.
#[derive(Debug)]
pub struct Published {
    control: Control,
    blocks: Box<[OnceCell<Words>; BLOCKS]>,
    home: Home,
}

/// So long a wait sleeps that has no end.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// Wakes those who wait for a revision, in every process: they look whether they still want it, and wait on. It works as long as
/// it is there, also when what was waited for is not.
#[derive(Clone, Debug)]
pub struct Bell(Words);

impl Bell {
    /// Wakes whoever sleeps at this moment. Who is about to fall asleep is not woken: ring again until it has heard.
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
        Published::at(Home::Memory, Words::zeroed(CONTROL_WORDS)?)
    }

    /// Images at that home, with these control words.
    pub(in crate::image) fn at(home: Home, control: Words) -> Result<Published> {
        let control = Control::new(control);
        let control = control.ok_or_else(|| Error::new(ErrorKind::Internal, "too few control words"))?;
        Ok(Published { control, blocks: Box::new([const { OnceCell::new() }; BLOCKS]), home })
    }

    pub(in crate::image) fn control(&self) -> &Control {
        &self.control
    }

    pub(in crate::image) fn home(&self) -> &Home {
        &self.home
    }

    /// The marks of the pair cache that goes with these images.
    pub fn marks(&self) -> super::cache::Marks {
        self.control.marks()
    }

    /// Asks the image in force, as fast as can be while nobody is changing it. Before anything is published an empty image is
    /// asked. What is found while [`Image::is_settled`] is false must not be kept: the marks of what is just being changed may be
    /// raised already.
    #[inline(always)]
    pub fn ask<Q: Question>(&self, mut question: Q) -> Q::Answer {
        // The orderings are those of `read`.
        let root = Root(self.control.root().load(Ordering::Acquire));
        let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
        if stamp.build() == root.build() && !stamp.is_odd() {
            let answer = question.ask(&Image::settled(self.block(root.block())));
            fence(Ordering::Acquire);
            if self.control.stamp(root.block()).load(Ordering::Relaxed) == stamp.0 {
                return answer;
            }
        }
        self.ask_again(question)
    }

    #[cold]
    #[inline(never)]
    fn ask_again<Q: Question>(&self, mut question: Q) -> Q::Answer {
        self.read(|image| question.ask(&image))
    }

    /// The same for questions that need not be quite as fast. `question` may run several times and must not keep what an earlier
    /// run saw.
    pub fn read<R>(&self, mut question: impl FnMut(Image<'_>) -> R) -> R {
        loop {
            // Pairs with the release store in `put_in_force`: the image's words are visible once its root is.
            let root = Root(self.control.root().load(Ordering::Acquire));
            // Pairs with the release store at the end of `patch`: the new words are visible once the stamp is even again.
            let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
            if stamp.build() == root.build() {
                let words = self.block(root.block());
                if !stamp.is_odd() {
                    let answer = question(Image::new(words));
                    // Pairs with the release fences in `complete` and `prepare`: whoever has read a word that was stored later
                    // sees below that the stamp had moved on before.
                    fence(Ordering::Acquire);
                    if self.control.stamp(root.block()).load(Ordering::Relaxed) == stamp.0 {
                        return answer;
                    }
                } else if let Some(answer) = self.ask_old(root.block(), stamp, words, &mut question) {
                    return answer;
                }
            }
            std::hint::spin_loop();
        }
    }

    /// Asks while the words are being changed: of the words as they were. `None` when they no longer are.
    #[cold]
    fn ask_old<R>(
        &self,
        block: usize,
        stamp: Stamp,
        words: &[AtomicU64],
        question: &mut impl FnMut(Image<'_>) -> R,
    ) -> Option<R> {
        let journal_is_ours = || {
            // Pairs with the release store of the journal's stamp in `begin`. Two blocks may come to have the same stamp, so
            // the block looked at must be the one that was written with it, also the second time.
            self.control.journal(Part::Stamp).load(Ordering::Acquire) == stamp.0
                && self.control.journal(Part::Block).load(Ordering::Relaxed) == block as u64
        };
        if !journal_is_ours() {
            return None;
        }
        let answer = question(Image::being_changed(words, self.control.entries()));
        // Pairs with the release fences in `complete` and `begin`: neither the words nor the journal had moved on.
        fence(Ordering::Acquire);
        let unchanged = self.control.stamp(block).load(Ordering::Relaxed) == stamp.0;
        (unchanged && journal_is_ours()).then_some(answer)
    }

    #[cfg(test)]
    fn read_root(&self) -> Root {
        Root(self.control.root().load(Ordering::Relaxed))
    }

    #[inline(always)]
    fn block(&self, block: usize) -> &[AtomicU64] {
        match self.blocks.get(block).and_then(OnceCell::get) {
            Some(words) => words,
            None => self.find_block(block),
        }
    }

    /// A block that another process has made, or none yet: an empty image refuses everything.
    #[cold]
    #[inline(never)]
    fn find_block(&self, block: usize) -> &[AtomicU64] {
        let (first, count) = self.control.place(block);
        // The number of words is stored last, with release.
        let count = count.load(Ordering::Acquire) as usize;
        let first = first.load(Ordering::Relaxed) as usize;
        let Some(place) = self.blocks.get(block).filter(|_| count > 0) else { return &[] };
        place.get_or_try_init(|| self.home.block(first, count)).map_or(&[][..], |words| words)
    }

    /// Builds an image of at most `words` words with `build`, which finds that many zero words, in a block that is not in force.
    /// When `build` fails, nothing has happened.
    ///
    /// # Errors
    /// What `build` answers; `Limit` and `File` when there is no room.
    pub fn prepare<R>(&self, words: usize, build: impl FnOnce(&[AtomicU64]) -> Result<R>) -> Result<(Prepared, R)> {
        let in_force = Root(self.control.root().load(Ordering::Relaxed)).block();
        let block = self.free_block(in_force, words)?;
        let memory = self.block(block).get(..words).unwrap_or(&[]);
        let stamp = self.control.stamp(block);
        let number = Stamp(stamp.load(Ordering::Relaxed)).build().wrapping_add(1);
        stamp.store(Stamp::begun(number).0, Ordering::Relaxed);
        // Pairs with the acquire fence in `read`: the new stamp is visible to whoever sees a word written below.
        fence(Ordering::Release);
        if number > 1 {
            memory.iter().for_each(|word| word.store(0, Ordering::Relaxed));
        }
        let result = build(memory)?;
        if self.home.is_shared() {
            let used = Image::new(memory).used_words() as usize;
            self.control.sum(block).store(sum(memory.get(..used).unwrap_or(memory)), Ordering::Relaxed);
        }
        stamp.store(Stamp::begun(number).next().0, Ordering::Release);
        Ok((Prepared { root: Root::new(block, number) }, result))
    }

    /// Stores a word in a prepared image.
    pub fn amend(&self, prepared: &Prepared, (offset, new): (u32, u64)) {
        let block = prepared.root.block();
        let Some(word) = self.block(block).get(offset as usize) else { return };
        let (at, old, sum) = (offset as usize, word.load(Ordering::Relaxed), self.control.sum(block));
        let changed = sum.load(Ordering::Relaxed).wrapping_sub(summand(at, old)).wrapping_add(summand(at, new));
        word.store(new, Ordering::Relaxed);
        sum.store(changed, Ordering::Relaxed);
    }

    /// Puts a prepared image in force. `forget_all` raises the marks of all cached answers: it is called when nobody can keep an
    /// old one any more, and the new image is visible after it.
    pub fn publish(&self, prepared: Prepared, forget_all: impl FnOnce()) {
        let in_force = Root(self.control.root().load(Ordering::Relaxed)).block();
        self.control.journal(Part::Root).store(prepared.root.0, Ordering::Relaxed);
        // The old block stays odd: who still reads it may answer, but keeps nothing.
        let odd = self.begin(in_force, Job::Flip, &[], 0);
        self.complete(in_force, odd, forget_all);
    }

    /// Stores words (offset and new word, each offset once) in the image in force, for readers all at once. `forget` raises the
    /// marks of the cached answers that get old by it, as in [`Published::publish`].
    ///
    /// # Errors
    /// `Limit` for more than 4,096 words, `Internal` for a word that the image does not have.
    pub fn patch(&self, words: &[(u32, u64)], forget: impl FnOnce()) -> Result<()> {
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
                sum = sum.wrapping_sub(summand(at, old)).wrapping_add(summand(at, *new));
            }
        }
        // Readers look for a word by halving.
        entries.sort_unstable();
        let odd = self.begin(block, Job::Patch, &entries, sum);
        self.complete(block, odd, forget);
        Ok(())
    }

    /// Writes down what is going to happen, and makes the block's stamp odd. Returns the odd stamp.
    fn begin(&self, block: usize, job: Job, entries: &[[u64; ENTRY_WORDS]], sum: u64) -> Stamp {
        let set = |part, word| self.control.journal(part).store(word, Ordering::Relaxed);
        set(Part::Stamp, 0);
        // Pairs with the acquire fence in `ask_old`: a reader that has read any of what follows sees that the journal was taken.
        fence(Ordering::Release);
        let odd = Stamp(self.control.stamp(block).load(Ordering::Relaxed)).next();
        set(Part::Block, block as u64);
        set(Part::Job, job as u64);
        set(Part::Count, entries.len() as u64);
        set(Part::Sum, sum);
        for (place, entry) in self.control.room().chunks_exact(ENTRY_WORDS).zip(entries) {
            place.iter().zip(entry).for_each(|(place, word)| place.store(*word, Ordering::Relaxed));
        }
        // Pairs with the acquire load in `ask_old`.
        self.control.journal(Part::Stamp).store(odd.0, Ordering::Release);
        // Pairs with the acquire load in `read`: whoever sees the odd stamp sees the journal. From here on nobody keeps answers.
        self.control.stamp(block).store(odd.0, Ordering::Release);
        odd
    }

    /// Does what the journal says. It may be done twice: by one that dies in the middle and by whoever takes over.
    fn complete(&self, block: usize, odd: Stamp, forget: impl FnOnce()) {
        // Pairs with the acquire fence in `read`: whoever sees a word written below sees that the stamp is odd.
        fence(Ordering::Release);
        let is_flip = self.control.journal(Part::Job).load(Ordering::Relaxed) == Job::Flip as u64;
        if is_flip {
            forget();
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
            forget();
            // Pairs with the acquire load in `read`: the change is visible from here on.
            self.control.stamp(block).store(odd.next().0, Ordering::Release);
        }
        self.tell();
    }

    /// Completes what a writer that died has begun; to be called by whoever takes over, before anything else.
    pub fn recover(&self, forget_all: impl FnOnce()) {
        let root = Root(self.control.root().load(Ordering::Acquire));
        let stamp = Stamp(self.control.stamp(root.block()).load(Ordering::Acquire));
        if stamp.is_odd() {
            self.complete(root.block(), stamp, forget_all);
        } else if self.control.revision().load(Ordering::Acquire) != self.read(|image| image.revision()) {
            // It died before it could tell.
            self.tell();
        }
    }

    /// Tells those who wait which revision is in force.
    fn tell(&self) {
        let revision = self.read(|image| image.revision());
        self.control.revision().store(revision, Ordering::Release);
        sync::wake(self.control.revision());
    }

    /// Waits until `revision` or a later one is in force; false when it has not come within `patience`.
    pub fn wait_for(&self, revision: u64, patience: Duration) -> bool {
        let until = Instant::now().checked_add(patience);
        self.wait(revision, || until.map_or(AN_HOUR, |until| until.saturating_duration_since(Instant::now())))
    }

    /// Waits until `revision` or a later one is in force; false when it is no longer wanted. Whoever makes it unwanted rings the
    /// bell. Nothing is looked at while nothing happens.
    pub fn wait_while(&self, revision: u64, wanted: impl Fn() -> bool) -> bool {
        self.wait(revision, || if wanted() { AN_HOUR } else { Duration::ZERO })
    }

    /// Waits for as long as `left` says; it is asked anew whenever the thread wakes.
    fn wait(&self, revision: u64, left: impl Fn() -> Duration) -> bool {
        loop {
            if self.read(|image| image.revision()) >= revision {
                return true;
            }
            let seen = self.control.revision().load(Ordering::Acquire);
            if seen >= revision {
                continue;
            }
            let left = left();
            if left.is_zero() {
                return false;
            }
            sync::wait(self.control.revision(), seen, left);
        }
    }

    /// What wakes those who wait for a revision.
    pub fn bell(&self) -> Bell {
        Bell(self.control.revision_words())
    }

    /// A block other than the one in force with room for `words` words: the smallest there is, or a new one.
    fn free_block(&self, in_force: usize, words: usize) -> Result<usize> {
        let sizes = || (0..BLOCKS).map(|block| self.block(block).len());
        let free = sizes().enumerate().filter(|(block, size)| *block != in_force && *size >= words.max(1));
        if let Some((block, _)) = free.min_by_key(|(_, size)| *size) {
            return Ok(block);
        }
        let biggest = sizes().max().unwrap_or(0);
        // The very first image gets just its size; a bigger one twice the biggest, so that blocks cannot multiply.
        let size = if biggest == 0 || words <= biggest { words.max(biggest) } else { words.max(biggest * 2) };
        // Block 0 stays empty: it is what an engine without an image asks.
        let unused = sizes().enumerate().skip(1).find(|(_, size)| *size == 0);
        let Some((place, block)) = unused.and_then(|(place, _)| Some((place, self.blocks.get(place)?))) else {
            return Err(Error::new(ErrorKind::Limit, "too many blocks of memory"));
        };
        let ends = (1..BLOCKS).map(|block| {
            let (first, count) = self.control.place(block);
            (first.load(Ordering::Relaxed) + count.load(Ordering::Relaxed)) as usize
        });
        let from = ends.max().unwrap_or(0).max(CONTROL_WORDS);
        let made = self.home.new_block(from, size)?;
        let (first, count) = self.control.place(place);
        first.store(from as u64, Ordering::Relaxed);
        // Pairs with the acquire load in `find_block`.
        count.store(made.len() as u64, Ordering::Release);
        block.set(made).map_err(|_| Error::new(ErrorKind::Internal, "a block was set twice"))?;
        Ok(place)
    }

    /// Whether the words of the image in force are what was written: for a file that may have been damaged.
    pub(in crate::image) fn is_sound(&self) -> bool {
        let block = Root(self.control.root().load(Ordering::Acquire)).block();
        let words = self.block(block);
        let used = Image::new(words).used_words() as usize;
        words.get(..used).is_some_and(|words| sum(words) == self.control.sum(block).load(Ordering::Acquire))
    }
}

/// What a word adds to a checksum: the sum can be kept up to date word by word.
fn summand(offset: usize, word: u64) -> u64 {
    let mixed = (word ^ (offset as u64).wrapping_mul(0xd6e8_feb8_6659_fd93)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 32
}

fn sum(words: &[AtomicU64]) -> u64 {
    words
        .iter()
        .zip(0..)
        .fold(0, |sum: u64, (word, offset)| sum.wrapping_add(summand(offset, word.load(Ordering::Relaxed))))
}

#[cfg(test)]
mod tests;
