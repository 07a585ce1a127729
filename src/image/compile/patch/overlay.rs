//! An image with new words laid over it, so that a patch reads what it has written already. It never stores into the image.
#![forbid(unsafe_code)]

use crate::image::format::{Image, ImageWords};
use std::collections::BTreeMap;

/// An image with new words laid over it.
pub(super) struct Overlay<'a> {
    pub image: Image<'a>,
    pub words: BTreeMap<u32, u64>,
}

impl ImageWords for Overlay<'_> {
    fn get(&self, offset: usize) -> u64 {
        let new = u32::try_from(offset).ok().and_then(|offset| self.words.get(&offset));
        new.copied().unwrap_or_else(|| self.image.word(offset))
    }

    fn put(&mut self, offset: usize, word: u64) {
        if self.get(offset) != word
            && let Ok(offset) = u32::try_from(offset)
        {
            self.words.insert(offset, word);
        }
    }
}
