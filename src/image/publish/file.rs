//! Images in a file beside a store, mapped by every process that has opened the store.
//!
//! The file only has what the store says, compiled. The opener that gets the exclusive lock rebuilds a damaged, outdated or foreign
//! file; every process that has it open holds a shared lock. The file never becomes shorter while a process has it open.
#![forbid(unsafe_code)]

use super::backing::{Backing, ImageFile, failed};
use super::published::Published;
use crate::error::{Error, ErrorKind, Result};
use crate::image::format::control::CONTROL_WORDS;
use crate::memory::{self, Words};
use crate::sync;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::Ordering;

/// `lwimage`, and the version of what lies in the file: control words, image, everything.
const MAGIC: u64 = u64::from_le_bytes(*b"lwimage\x02");

impl Published {
    /// The images in the file at `path`, which belong to the store of that identity. A file of anything else is rebuilt, unless
    /// another process has it open. An image that was in force when the file was last closed is in force again. With `writable`
    /// false no file is made and no image can be published.
    ///
    /// # Errors
    /// `File` when it cannot be opened, is full, or others have it open and it is not what it should be.
    pub fn in_file(path: &Path, store: [u64; 2], writable: bool) -> Result<Published> {
        let file = open(path, writable)?;
        let alone = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => {
                // The process with the exclusive lock is opening the file, and is done soon.
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
            // Between unlock and lock_shared another opener may get exclusive access; harmless, it finds a valid file.
            file.unlock().and_then(|()| file.lock_shared()).map_err(|error| failed("lock", path, &error))?;
        }
        Ok(published)
    }
}

fn open(path: &Path, writable: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(writable).create(writable).mode(0o660);
    options.open(path).map_err(|error| failed("open", path, &error))
}

/// The images that the file has. Needs the exclusive lock.
fn find(file: &File, path: &Path, store: [u64; 2], writable: bool) -> Result<Published> {
    let published = map(file, path, store, writable)?;
    if writable {
        // A holder is dead, perhaps since before the machine was last started.
        sync::initialise(published.control().lock())?;
        // No process has cached answers.
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
    let backing = Backing::File(ImageFile { file, path: path.to_path_buf(), writable });
    let published = Published::at(backing, words)?;
    let said: Vec<u64> =
        published.control().identity().iter().take(3).map(|word| word.load(Ordering::Acquire)).collect();
    match said.as_slice() {
        [MAGIC, high, low] if [*high, *low] == store => Ok(published),
        [MAGIC, ..] => wrong("the image of another store, which another process has open"),
        _ => wrong("used by programs with another version of linewarden: restart them all with the same"),
    }
}

/// Makes an empty file of images. Needs the exclusive lock.
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

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: [u64; 2] = [7, 8];

    fn publish(published: &Published, number: u64, words: usize) {
        let build = |memory: &[std::sync::atomic::AtomicU64]| {
            memory.iter().take(words).for_each(|word| word.store(number, Ordering::Relaxed));
            memory[crate::image::format::Header::Words as usize].store(words as u64, Ordering::Relaxed);
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
    fn the_only_opener_finds_damage() {
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
