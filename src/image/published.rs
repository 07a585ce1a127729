//! How an image becomes the one that is asked, while readers are at work.
//!
//! Images lie in a few blocks of memory that stay mapped as long as the engine is open. One block is in force; a new image is
//! built in another and then named by one store. Readers write nothing and register nowhere: they read, and afterwards make
//! sure that the block they read was not taken for a newer image meanwhile; if it was, they read again. So they need no thread,
//! no thread-local and no lock, and they go on working in a forked child.
#![forbid(unsafe_code)]

use super::Image;
use crate::error::{Error, ErrorKind, Result};
use crate::memory::Words;
use once_cell::sync::OnceCell;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Blocks there can be. Each new one is at least twice as big as the biggest before, so this many are never needed.
const BLOCKS: usize = 64;

/// The image in force and the blocks that images are built in.
#[derive(Debug, Default)]
pub struct Published {
    /// Which block is in force (low 6 bits) and how often it had been taken when its image was complete (the rest).
    root: Line<AtomicU64>,
    /// How often each block has been taken for a new image.
    taken: Line<[AtomicU64; BLOCKS]>,
    blocks: Line<[OnceCell<Words>; BLOCKS]>,
}

/// A value on cache lines of its own, so that nothing written nearby slows its readers.
#[derive(Debug)]
#[repr(align(128))]
struct Line<T>(T);

impl Default for Line<AtomicU64> {
    fn default() -> Self {
        Line(AtomicU64::new(0))
    }
}

impl Default for Line<[AtomicU64; BLOCKS]> {
    fn default() -> Self {
        Line([const { AtomicU64::new(0) }; BLOCKS])
    }
}

impl Default for Line<[OnceCell<Words>; BLOCKS]> {
    fn default() -> Self {
        Line([const { OnceCell::new() }; BLOCKS])
    }
}

const BLOCK_BITS: u32 = BLOCKS.trailing_zeros();

impl Published {
    /// Asks the image in force. `question` may run several times and must not keep what an earlier run saw; before anything is
    /// published it is asked of an empty image.
    #[inline]
    pub fn read<R>(&self, mut question: impl FnMut(Image<'_>) -> R) -> R {
        loop {
            // Pairs with the release store in `publish`: the image's words are visible once its root is.
            let root = self.root.0.load(Ordering::Acquire);
            let block = (root % BLOCKS as u64) as usize;
            let words = self.blocks.0.get(block).and_then(OnceCell::get).map_or(&[][..], |words| words);
            let answer = question(Image::new(words));
            // Pairs with the release fence in `publish`: whoever has read a word of a newer image in this block sees below that
            // the block was taken.
            fence(Ordering::Acquire);
            let taken = self.taken.0.get(block).map_or(0, |taken| taken.load(Ordering::Relaxed));
            if taken == root >> BLOCK_BITS {
                return answer;
            }
            std::hint::spin_loop();
        }
    }

    /// Builds an image of at most `words` words with `build`, which finds that many zero words, and puts it in force. Only one
    /// caller at a time. When `build` fails, the old image stays in force.
    pub fn publish<R>(&self, words: usize, build: impl FnOnce(&[AtomicU64]) -> Result<R>) -> Result<R> {
        let in_force = (self.root.0.load(Ordering::Relaxed) % BLOCKS as u64) as usize;
        let block = self.free_block(in_force, words)?;
        let (Some(taken), Some(memory)) = (self.taken.0.get(block), self.blocks.0.get(block).and_then(OnceCell::get))
        else {
            return Err(Error::new(ErrorKind::Internal, "no block of memory for the image"));
        };
        let mark = taken.load(Ordering::Relaxed) + 1;
        taken.store(mark, Ordering::Relaxed);
        // Pairs with the acquire fence in `read`: the mark above is visible to whoever sees a word written below.
        fence(Ordering::Release);
        if mark > 1 {
            memory.iter().take(words).for_each(|word| word.store(0, Ordering::Relaxed));
        }
        let result = build(memory)?;
        // Pairs with the acquire load in `read`.
        self.root.0.store(mark << BLOCK_BITS | block as u64, Ordering::Release);
        Ok(result)
    }

    /// A block other than the one in force with room for `words` words: the smallest there is, or a new one.
    fn free_block(&self, in_force: usize, words: usize) -> Result<usize> {
        let sizes = || self.blocks.0.iter().map(|block| block.get().map_or(0, |words| words.len()));
        let free = sizes().enumerate().filter(|(block, size)| *block != in_force && *size >= words.max(1));
        if let Some((block, _)) = free.min_by_key(|(_, size)| *size) {
            return Ok(block);
        }
        let biggest = sizes().max().unwrap_or(0);
        // The very first image gets just its size; a bigger one twice the biggest, so that blocks cannot multiply.
        let size = if biggest == 0 || words <= biggest { words.max(biggest) } else { words.max(biggest * 2) };
        // Block 0 stays empty: it is what an engine without an image asks.
        let unused = sizes().enumerate().skip(1).find(|(_, size)| *size == 0);
        let Some((place, block)) = unused.and_then(|(place, _)| Some((place, self.blocks.0.get(place)?))) else {
            return Err(Error::new(ErrorKind::Limit, "too many blocks of memory"));
        };
        block.set(Words::zeroed(size)?).map_err(|_| Error::new(ErrorKind::Internal, "a block was set twice"))?;
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    /// An image that only holds one number, over and over: a torn read would see two.
    fn publish(published: &Published, number: u64, words: usize) {
        published
            .publish(words, |memory| {
                memory.iter().for_each(|word| word.store(number, Ordering::Relaxed));
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn nothing_published_is_an_empty_image() {
        assert_eq!(Published::default().read(|image| image.words().len()), 0);
    }

    #[test]
    fn failed_build_leaves_the_old_image() {
        let published = Published::default();
        publish(&published, 1, 10);
        let fails = published.publish(10, |memory| {
            memory.iter().for_each(|word| word.store(9, Ordering::Relaxed));
            Err::<(), _>(Error::new(ErrorKind::Internal, "no"))
        });
        assert!(fails.is_err());
        assert_eq!(published.read(|image| image.words()[3].load(Ordering::Relaxed)), 1);
    }

    #[test]
    fn few_blocks_serve_many_images() {
        let published = Published::default();
        for number in 1..400 {
            publish(&published, number, 8 + number as usize * 20);
        }
        let blocks = published.blocks.0.iter().filter(|block| block.get().is_some()).count();
        assert!(blocks < 12, "{blocks} blocks");
    }

    #[test]
    fn readers_never_see_two_images_mixed() {
        let published = Published::default();
        publish(&published, 1, 512);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut last = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let (first, same) = published.read(|image| {
                            let mut numbers = image.words().iter().map(|word| word.load(Ordering::Relaxed));
                            let first = numbers.next().unwrap();
                            (first, numbers.all(|number| number == first))
                        });
                        assert!(same, "two images mixed");
                        assert!(first >= last, "an older image after a newer one");
                        last = first;
                    }
                });
            }
            for number in 2..3000 {
                publish(&published, number, 512);
            }
            stop.store(true, Ordering::Relaxed);
        });
    }
}
