//! An image with new words laid over it, so that a patch reads what it has written already. It never stores into the image.
#![forbid(unsafe_code)]

use crate::image::format::{Image, WordStore};
use std::collections::BTreeMap;

/// An image with new words laid over it.
pub(super) struct Overlay<'a> {
    pub image: Image<'a>,
    pub words: BTreeMap<u32, u64>,
}

impl WordStore for Overlay<'_> {
    fn get(&self, place: usize) -> u64 {
        let new = u32::try_from(place).ok().and_then(|place| self.words.get(&place));
        new.copied().unwrap_or_else(|| self.image.word(place))
    }

    fn put(&mut self, place: usize, word: u64) {
        if self.get(place) != word
            && let Ok(place) = u32::try_from(place)
        {
            self.words.insert(place, word);
        }
    }
}
