//! Where images lie: in memory of one process, or in a file that every process maps that opened the same store.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind, Result};
use crate::memory::Words;

/// Where images lie.
#[derive(Debug)]
pub(in crate::image) enum Home {
    /// In memory of this process.
    Memory,
    /// In a file.
    #[cfg(target_os = "linux")]
    File(super::file::ImageFile),
}

impl Home {
    /// Whether other processes, and later ones, find the images here.
    pub fn is_shared(&self) -> bool {
        !matches!(self, Home::Memory)
    }

    /// `words` zero words or more for a new block, in a file from word `from` on.
    #[allow(unused_variables, reason = "`from` is of a file")]
    pub fn new_block(&self, from: usize, words: usize) -> Result<Words> {
        match self {
            Home::Memory => Words::zeroed(words),
            #[cfg(target_os = "linux")]
            Home::File(file) => file.new_block(from, words),
        }
    }

    /// A block that is there.
    #[allow(unused_variables, reason = "of a file")]
    pub fn block(&self, from: usize, words: usize) -> Result<Words> {
        match self {
            Home::Memory => Err(Error::new(ErrorKind::Internal, "a block of memory that nobody made")),
            #[cfg(target_os = "linux")]
            Home::File(file) => file.block(from, words),
        }
    }
}
