//! The backing of images: memory of one process, or a file that every process maps that opened the same store. It gives out
//! blocks of words and never looks into them.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind, Result};
use crate::memory::Words;
#[cfg(target_os = "linux")]
use crate::memory::{self, PAGE_WORDS};
#[cfg(target_os = "linux")]
use std::fs::File;
#[cfg(target_os = "linux")]
use std::path::{Path, PathBuf};

/// Where images lie.
#[derive(Debug)]
pub(crate) enum Backing {
    /// In memory of this process.
    Memory,
    /// In a file.
    #[cfg(target_os = "linux")]
    File(ImageFile),
}

impl Backing {
    /// Whether images can be published here.
    pub fn is_writable(&self) -> bool {
        match self {
            Backing::Memory => true,
            #[cfg(target_os = "linux")]
            Backing::File(file) => file.writable,
        }
    }

    /// Whether other processes, and later ones, find the images here.
    pub fn is_shared(&self) -> bool {
        !matches!(self, Backing::Memory)
    }

    /// `words` zero words or more for a new block, in a file from word `from` on.
    #[allow(unused_variables, reason = "`from` is of a file")]
    pub fn new_block(&self, from: usize, words: usize) -> Result<Words> {
        match self {
            Backing::Memory => Words::zeroed(words),
            #[cfg(target_os = "linux")]
            Backing::File(file) => file.new_block(from, words),
        }
    }

    /// A block that is there.
    #[allow(unused_variables, reason = "of a file")]
    pub fn block(&self, from: usize, words: usize) -> Result<Words> {
        match self {
            Backing::Memory => Err(Error::new(ErrorKind::Internal, "a block of memory that was never made")),
            #[cfg(target_os = "linux")]
            Backing::File(file) => file.block(from, words),
        }
    }
}

/// The file, open and locked so that no other process rebuilds it.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(crate) struct ImageFile {
    pub file: File,
    pub path: PathBuf,
    pub writable: bool,
}

#[cfg(target_os = "linux")]
impl ImageFile {
    pub fn new_block(&self, from: usize, words: usize) -> Result<Words> {
        let words = words.max(1).next_multiple_of(PAGE_WORDS);
        memory::reserve(&self.file, from, words).map_err(|error| failed("write", &self.path, &error))?;
        self.block(from, words)
    }

    pub fn block(&self, from: usize, words: usize) -> Result<Words> {
        let length = self.file.metadata().map_err(|error| failed("look at", &self.path, &error))?.len();
        if ((from + words) * size_of::<u64>()) as u64 > length {
            return Err(Error::new(ErrorKind::File, format!("{}: too short", self.path.display())));
        }
        Words::of_file(&self.file, from, words, self.writable)
    }
}

/// The refusal of a file that the system does not let us use.
#[cfg(target_os = "linux")]
pub(crate) fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::File, format!("cannot {what} {}: {error}", path.display())).caused_by_system(error)
}
