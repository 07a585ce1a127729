//! Images in a file beside a store, mapped by every process that has opened the store.
//!
//! The file is only what the store says, compiled: whoever is alone with it and finds it damaged, old or of another store makes
//! it anew. As long as a process lives that has it open, it holds a shared lock on the file, so whoever gets the lock alone knows
//! that nobody looks. The file never becomes shorter while anybody has it open.
#![forbid(unsafe_code)]

use super::backing::Home;
use super::published::Published;
use crate::error::{Error, ErrorKind, Result};
use crate::image::format::control::CONTROL_WORDS;
use crate::memory::{self, PAGE_WORDS, Words};
use crate::sync;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// `lwimage`, and the version of what lies in the file: control words, image, everything.
const MAGIC: u64 = u64::from_le_bytes(*b"lwimage\x02");

/// The file, open and locked against being made anew by others.
#[derive(Debug)]
pub(in crate::image) struct ImageFile {
    file: File,
    path: PathBuf,
    writable: bool,
}

impl Published {
    /// The images in the file at `path`, which belong to the store of that identity; made anew where nobody else has the file
    /// open and it is not that. An image that was in force when everybody had closed the file is in force again; otherwise none
    /// is. With `writable` false nothing is made and nothing can be published.
    ///
    /// # Errors
    /// `File` when it cannot be opened, is full, or others have it open and it is not what it should be.
    pub fn in_file(path: &Path, store: [u64; 2], writable: bool) -> Result<Published> {
        let file = open(path, writable)?;
        let alone = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => {
                // Whoever is alone with it is opening it, and is done soon.
                file.lock_shared().map_err(|error| failed("lock", path, &error))?;
                false
            }
            Err(TryLockError::Error(error)) => return Err(failed("lock", path, &error)),
        };
        let found = if alone { find(&file, path, store, writable) } else { map(&file, path, store, writable) };
        let published = match found {
            Ok(published) => published,
            Err(_) if alone && writable => make(&file, path, store)?,
            Err(error) => return Err(error),
        };
        if alone {
            // Until the shared lock is there somebody else may be alone with the file, who finds nothing wrong with it.
            file.unlock().and_then(|()| file.lock_shared()).map_err(|error| failed("lock", path, &error))?;
        }
        Ok(published)
    }

    /// Whether images can be published here.
    pub fn is_writable(&self) -> bool {
        match self.home() {
            Home::Memory => true,
            Home::File(file) => file.writable,
        }
    }

    /// Waits until this thread alone, of all threads of all processes, may change what is in force. Images in memory of one
    /// process need no such lock.
    ///
    /// # Errors
    /// `File` when somebody else has been at it for longer than `patience`, or the file cannot be written.
    pub fn lock(&self, patience: std::time::Duration) -> Result<Option<sync::Held<'_>>> {
        match self.home() {
            Home::Memory => Ok(None),
            Home::File(file) if !file.writable => {
                Err(Error::new(ErrorKind::File, format!("{}: no permission to write", file.path.display())))
            }
            Home::File(_) => sync::lock(self.control().lock(), patience).map(Some),
        }
    }
}

fn open(path: &Path, writable: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(writable).create(writable).mode(0o660);
    options.open(path).map_err(|error| failed("open", path, &error))
}

/// The images that were there, for one who is alone with the file.
fn find(file: &File, path: &Path, store: [u64; 2], writable: bool) -> Result<Published> {
    let published = map(file, path, store, writable)?;
    if writable {
        // Whoever held it is dead, perhaps since before the machine was last started.
        sync::initialise(published.control().lock())?;
        // Nobody has kept answers.
        published.recover(|| ());
    }
    if published.read(|image| image.revision()) > 0 && !published.is_sound() {
        return Err(Error::new(ErrorKind::File, format!("{}: damaged", path.display())));
    }
    Ok(published)
}

fn map(file: &File, path: &Path, store: [u64; 2], writable: bool) -> Result<Published> {
    let wrong = |what: &str| Err(Error::new(ErrorKind::File, format!("{}: {what}", path.display())));
    let length = file.metadata().map_err(|error| failed("look at", path, &error))?.len();
    if length < (CONTROL_WORDS * size_of::<u64>()) as u64 {
        return wrong("not an image, too short");
    }
    let words = Words::of_file(file, 0, CONTROL_WORDS, writable)?;
    let file = file.try_clone().map_err(|error| failed("open", path, &error))?;
    let home = Home::File(ImageFile { file, path: path.to_path_buf(), writable });
    let published = Published::at(home, words)?;
    let said: Vec<u64> =
        published.control().identity().iter().take(3).map(|word| word.load(Ordering::Acquire)).collect();
    match said.as_slice() {
        [MAGIC, high, low] if [*high, *low] == store => Ok(published),
        [MAGIC, ..] => wrong("the image of another store, and somebody uses it"),
        _ => wrong("used by programs with another version of linewarden: restart them all with the same"),
    }
}

/// An empty file of images, for one who is alone with it.
fn make(file: &File, path: &Path, store: [u64; 2]) -> Result<Published> {
    file.set_len(0).map_err(|error| failed("write", path, &error))?;
    memory::reserve(file, 0, CONTROL_WORDS).map_err(|error| failed("write", path, &error))?;
    let words = Words::of_file(file, 0, CONTROL_WORDS, true)?;
    for (word, value) in words.iter().zip([MAGIC, store[0], store[1]]) {
        word.store(value, Ordering::Release);
    }
    let published = map(file, path, store, true)?;
    sync::initialise(published.control().lock())?;
    Ok(published)
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::File, format!("cannot {what} {}: {error}", path.display()))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: [u64; 2] = [7, 8];

    fn publish(published: &Published, number: u64, words: usize) {
        let build = |memory: &[std::sync::atomic::AtomicU64]| {
            memory.iter().take(words).for_each(|word| word.store(number, Ordering::Relaxed));
            memory[crate::image::Header::Words as usize].store(words as u64, Ordering::Relaxed);
            Ok(())
        };
        let (prepared, ()) = published.prepare(words, build).unwrap();
        published.publish(prepared, || ());
    }

    fn seen(published: &Published) -> u64 {
        published.read(|image| image.word(20))
    }

    #[test]
    fn what_one_publishes_others_see() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db-image");
        let writer = Published::in_file(&path, STORE, true).unwrap();
        let other = Published::in_file(&path, STORE, true).unwrap();
        let reader = Published::in_file(&path, STORE, false).unwrap();
        assert!(reader.lock(std::time::Duration::ZERO).is_err());
        for number in 1..20 {
            let _held = writer.lock(std::time::Duration::from_secs(1)).unwrap();
            publish(&writer, number, 100 * number as usize);
            assert_eq!((seen(&other), seen(&reader)), (number, number));
            writer.patch(&[(20, number + 100)], || ()).unwrap();
            assert_eq!((seen(&other), seen(&reader)), (number + 100, number + 100));
        }
        drop((writer, other, reader));
        let later = Published::in_file(&path, STORE, true).unwrap();
        assert_eq!(seen(&later), 119);
    }

    #[test]
    fn damage_is_found_by_whoever_is_alone_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db-image");
        let first = Published::in_file(&path, STORE, true).unwrap();
        publish(&first, 5, 100);
        drop(first);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = (CONTROL_WORDS + 50) * 8;
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(Published::in_file(&path, STORE, false).is_err());
        let second = Published::in_file(&path, STORE, true).unwrap();
        assert_eq!(seen(&second), 0, "it begins anew");
        publish(&second, 6, 100);
        assert!(Published::in_file(&path, [1, 1], true).unwrap_err().message().contains("another store"));
        drop(second);
        assert_eq!(seen(&Published::in_file(&path, [1, 1], true).unwrap()), 0);
        // What another version of the program has left.
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[..8].copy_from_slice(b"lwimage\x01");
        std::fs::write(&path, &bytes).unwrap();
        assert!(Published::in_file(&path, [1, 1], false).unwrap_err().message().contains("another version"));
        assert_eq!(seen(&Published::in_file(&path, [1, 1], true).unwrap()), 0);
        std::fs::write(&path, b"rubbish").unwrap();
        assert_eq!(seen(&Published::in_file(&path, STORE, true).unwrap()), 0);
    }
}
