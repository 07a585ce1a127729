//! The backing of images: memory of one process, or a file that every process maps that opened the same store. It gives out
//! blocks of words and never looks into them.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind, Result};
#[cfg(any(target_os = "linux", windows))]
use crate::files::failed;
use crate::memory::Words;
#[cfg(any(target_os = "linux", windows))]
use crate::memory::{self, PAGE_WORDS};
#[cfg(any(target_os = "linux", windows))]
use crate::sync;
#[cfg(any(target_os = "linux", windows))]
use std::fs::File;
#[cfg(any(target_os = "linux", windows))]
use std::path::PathBuf;

/// Where images lie.
#[derive(Debug)]
pub(crate) enum Backing {
    /// In memory of this process.
    Memory,
    /// In a file.
    #[cfg(any(target_os = "linux", windows))]
    File(ImageFile),
}

impl Backing {
    /// Whether images can be published here.
    pub fn is_writable(&self) -> bool {
        match self {
            Backing::Memory => true,
            #[cfg(any(target_os = "linux", windows))]
            Backing::File(file) => file.writable,
        }
    }

    /// Whether other processes, and later ones, find the images here.
    pub fn is_shared(&self) -> bool {
        !matches!(self, Backing::Memory)
    }

    /// Words that there are; in memory every block is there that was made.
    pub fn words(&self) -> usize {
        match self {
            Backing::Memory => usize::MAX,
            #[cfg(any(target_os = "linux", windows))]
            Backing::File(file) => file.words(),
        }
    }

    /// `words` zero words or more for a new block, in a file from word `from` on.
    #[allow(unused_variables, reason = "`from` is of a file")]
    pub fn new_block(&self, from: usize, words: usize) -> Result<Words> {
        match self {
            Backing::Memory => Words::zeroed(words),
            #[cfg(any(target_os = "linux", windows))]
            Backing::File(file) => file.new_block(from, words),
        }
    }

    /// A block that is there.
    #[allow(unused_variables, reason = "of a file")]
    pub fn block(&self, from: usize, words: usize) -> Result<Words> {
        match self {
            Backing::Memory => Err(Error::new(ErrorKind::Internal, "a block of memory that was never made")),
            #[cfg(any(target_os = "linux", windows))]
            Backing::File(file) => file.block(from, words),
        }
    }
}

/// The file, open and locked so that no other process rebuilds it.
#[cfg(any(target_os = "linux", windows))]
#[derive(Debug)]
pub(crate) struct ImageFile {
    pub file: File,
    pub path: PathBuf,
    pub writable: bool,
    /// What its first words say: an image, and of which store.
    pub identity: [u64; 3],
}

#[cfg(any(target_os = "linux", windows))]
impl ImageFile {
    pub fn new_block(&self, from: usize, words: usize) -> Result<Words> {
        let words = words.max(1).next_multiple_of(PAGE_WORDS);
        sync::without_size_signal(|| memory::reserve(&self.file, from, words))
            .map_err(|error| failed("write", &self.path, &error))?;
        self.block(from, words)
    }

    pub fn block(&self, from: usize, words: usize) -> Result<Words> {
        if from.checked_add(words).is_none_or(|end| end > self.words()) {
            return Err(Error::new(ErrorKind::File, format!("{}: too short", self.path.display())));
        }
        Words::of_file(&self.file, from, words, self.writable)
    }

    /// Whole words in the file; 0 when the system does not say.
    pub fn words(&self) -> usize {
        let length = self.file.metadata().map_or(0, |about| about.len());
        usize::try_from(length).unwrap_or(usize::MAX) / size_of::<u64>()
    }
}
