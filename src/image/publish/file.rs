//! Images in a file beside a store, mapped by every process that has opened the store.
//!
//! The file only has what the store says, compiled. An opener that is alone with the store makes a damaged, outdated or missing file
//! anew, under another name first; one that joins others takes the file that they have locked, or none. A file is never made shorter,
//! and never written before it is known to be an image of this store.
#![forbid(unsafe_code)]

use super::backing::{Backing, ImageFile};
use super::published::Published;
use crate::error::{Error, ErrorKind, Result};
use crate::files::{self, IMAGE_MAGIC, Lock, PATIENCE, failed};
use crate::image::format::control::{CONTROL_WORDS, GONE};
use crate::memory::{self, Words};
use crate::sync;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The version of what lies in the file: control words, image, everything.
const VERSION: u8 = 9;
/// [`IMAGE_MAGIC`] and the version.
const MAGIC: u64 = {
    let [a, b, c, d, e, f, g] = *IMAGE_MAGIC;
    u64::from_le_bytes([a, b, c, d, e, f, g, VERSION])
};
/// Files that were no images are set aside under so many names at most.
const SET_ASIDE: u32 = 8;

/// So often an opener that joins others looks whether they have the image locked.
const LOOKS: u32 = 3;
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// What an opener of images finds.
#[derive(Debug)]
pub enum Found {
    /// The images.
    Images(Published),
    /// Not the images that others use, and why: one who opens or closes the store right now may be the cause, so try again.
    NotYet(Error),
}

/// What is known of others who have the store open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// There are none, and none can come meanwhile.
    None,
    /// There are some.
    Some,
    /// As the lock on the images says.
    #[cfg(any(test, feature = "internals"))]
    Unknown,
}

impl Published {
    /// The images in the file at `path`, of the store of that identity, for a caller who knows of no one else: see
    /// [`Published::beside`].
    ///
    /// # Errors
    /// As there; and when others have the images of another store open.
    #[cfg(any(test, feature = "internals"))]
    pub fn in_file(path: &Path, store: [u64; 2], writable: bool) -> Result<Published> {
        match Published::beside(path, path.parent().unwrap_or(path), store, writable, Others::Unknown)? {
            Found::Images(published) => Ok(published),
            Found::NotYet(why) => Err(why),
        }
    }

    /// The images in the file at `path`, beside the store `beside` of that identity. An image that was in force when the file was last
    /// closed is in force again. With `writable` false, or without permission to write, no file is made and no image can be published.
    ///
    /// # Errors
    /// `File` when it cannot be opened, is no file of ours, is full, or others use it and it is not what it should be.
    pub fn beside(path: &Path, beside: &Path, store: [u64; 2], writable: bool, others: Others) -> Result<Found> {
        let opened = match files::hold(path, beside, writable) {
            Err(error) if writable && is_forbidden(&error) => {
                files::hold(path, beside, false).map(|file| (file, false))
            }
            opened => opened.map(|file| (file, writable)),
        };
        let (file, writable) = opened?;
        let Some(file) = file else {
            return match others {
                Others::Some => Ok(Found::NotYet(refused(path, "is missing, though the store is open"))),
                _ if writable => make(path, store).map(Found::Images),
                _ => Err(refused(path, "is missing, and there is no permission to make it")),
            };
        };
        if is_free(&file, path, others)? {
            if others == Others::Some {
                return Ok(Found::NotYet(refused(path, "is not the image that those who have the store open use")));
            }
            return alone(file, path, store, writable).map(Found::Images);
        }
        if others == Others::None {
            let what = format!("is in use by {}, which does not have this store open: end it", files::holders(&file));
            return Ok(Found::NotYet(refused(path, &what)));
        }
        if !files::lock(&file, path, Lock::Shared, PATIENCE)? {
            let what = format!("has been locked for {PATIENCE:?} by {}", files::holders(&file));
            return Err(refused(path, &format!("{what}: end that program or wait for it, then try again")));
        }
        if writable {
            shares_process_numbers(&file, path)?;
        }
        let holders = files::holders(&file);
        // A process that forks holds the parent's locks until it executes its program: what looks like a damaged image in use may be
        // a closed one a moment later.
        Ok(match map(file, path, store, writable) {
            Ok(published) if published.is_sound() => Found::Images(published),
            Ok(_) => {
                let what =
                    format!("is damaged while it is in use by {holders}: end every program that has the store open");
                Found::NotYet(refused(path, &what))
            }
            Err(error) => Found::NotYet(error),
        })
    }
}

/// The word of the file's identity behind those of the store: within what the numbers of its users' threads are unique.
const SPACE: usize = 3;

/// Checks that the file's users and this process have their numbers from one system. The lock between them is owned by the number of a
/// thread, and the end of one thread would free it for another if both had the same number.
fn shares_process_numbers(file: &File, path: &Path) -> Result<()> {
    // What is too short is found by who maps it.
    let Ok(words) = Words::of_file_or(GONE, file, 0, CONTROL_WORDS, false) else { return Ok(()) };
    let theirs = words.get(SPACE).map_or(0, |word| word.load(Ordering::Acquire));
    let own = files::process_space();
    if theirs == own || theirs == 0 || own == 0 {
        return Ok(());
    }
    let what = format!(
        "is in use by {} in another PID namespace, that of a container perhaps: run all programs that write the store in one \
         (`--pid=host`, or `--pid=container:NAME`)",
        files::holders(file)
    );
    Err(refused(path, &what))
}

/// Whether no one has locked the file; then it is locked exclusively. An opener that joins others looks several times: another one that
/// looks at the same moment must not be taken for those others.
fn is_free(file: &File, path: &Path, others: Others) -> Result<bool> {
    for look in 0..if others == Others::Some { LOOKS } else { 1 } {
        if look > 0 {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        if files::lock(file, path, Lock::Exclusive, Duration::ZERO)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the system has refused to let us write.
fn is_forbidden(error: &Error) -> bool {
    let system = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    system.is_some_and(|error| {
        [std::io::ErrorKind::PermissionDenied, std::io::ErrorKind::ReadOnlyFilesystem].contains(&error.kind())
    })
}

fn refused(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::File, format!("`{}` {what}", path.display()))
}

/// The images of a file that this opener has locked exclusively.
fn alone(file: File, path: &Path, store: [u64; 2], writable: bool) -> Result<Published> {
    let copy = file.try_clone().map_err(|error| failed("open", path, &error))?;
    match find(copy, path, store, writable) {
        Ok(published) => {
            // Between the exclusive lock and the shared one another opener may get the exclusive lock; harmless, it finds a valid file.
            if !files::lock(&file, path, Lock::Shared, PATIENCE)? {
                return Err(refused(path, &format!("has been locked by {}", files::holders(&file))));
            }
            Ok(published)
        }
        Err(_) if writable => {
            let is_image = files::is_image(&file);
            // Windows renames and replaces no file that is open. None comes in between: this opener is alone with the store.
            drop(file);
            if !is_image {
                set_aside(path)?;
            }
            make(path, store)
        }
        Err(error) => Err(error),
    }
}

/// The images that the file has. Needs the exclusive lock.
fn find(file: File, path: &Path, store: [u64; 2], writable: bool) -> Result<Published> {
    let published = map(file, path, store, writable)?;
    let damaged = || refused(path, "is damaged");
    if !published.is_whole() {
        return Err(damaged());
    }
    if writable {
        // A holder is dead, perhaps since before the machine was last started.
        sync::initialise(published.control().lock())?;
        if let Some(space) = published.control().identity().get(SPACE) {
            space.store(files::process_space(), Ordering::Release);
        }
        // No process has cached answers.
        published.recover(|| ())?;
    }
    if !published.is_whole() || !published.is_sound() {
        return Err(damaged());
    }
    Ok(published)
}

fn map(file: File, path: &Path, store: [u64; 2], writable: bool) -> Result<Published> {
    let length = file.metadata().map_err(|error| failed("look at", path, &error))?.len();
    if length < (CONTROL_WORDS * size_of::<u64>()) as u64 {
        return Err(refused(path, "is no image, too short"));
    }
    let words = Words::of_file_or(GONE, &file, 0, CONTROL_WORDS, writable)?;
    let backing =
        Backing::File(ImageFile { file, path: path.to_path_buf(), writable, identity: [MAGIC, store[0], store[1]] });
    let published = Published::at(backing, words)?;
    let said: Vec<u64> =
        published.control().identity().iter().take(3).map(|word| word.load(Ordering::Acquire)).collect();
    match said.as_slice() {
        [MAGIC, high, low] if [*high, *low] == store => Ok(published),
        [MAGIC, ..] => Err(refused(path, "is the image of another store, which another process has open")),
        _ => {
            Err(refused(path, "is used by programs with another version of linewarden: restart them all with the same"))
        }
    }
}

/// A name in the same folder that is not in use.
fn hidden(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.new", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

/// Makes an empty file of images, which no one else has open. It gets its name when it is complete and locked.
fn make(path: &Path, store: [u64; 2]) -> Result<Published> {
    let name = hidden(path);
    let file = files::create(&name)?;
    let made = fill(file, path, store).and_then(|published| named(published, &name, path, store));
    if made.is_err() {
        // It has the name of this process, and was made here.
        let _ = fs::remove_file(&name);
    }
    made
}

fn fill(file: File, path: &Path, store: [u64; 2]) -> Result<Published> {
    if !files::lock(&file, path, Lock::Shared, PATIENCE)? {
        return Err(refused(path, "was locked while it was made"));
    }
    sync::without_size_signal(|| memory::reserve(&file, 0, CONTROL_WORDS))
        .map_err(|error| failed("write", path, &error))?;
    let words = Words::of_file_or(GONE, &file, 0, CONTROL_WORDS, true)?;
    for (word, value) in words.iter().zip([MAGIC, store[0], store[1], files::process_space()]) {
        word.store(value, Ordering::Release);
    }
    let published = map(file, path, store, true)?;
    sync::initialise(published.control().lock())?;
    Ok(published)
}

/// Gives the file its name.
#[cfg(not(windows))]
fn named(published: Published, name: &Path, path: &Path, _: [u64; 2]) -> Result<Published> {
    fs::rename(name, path).map_err(|error| failed("write", path, &error))?;
    Ok(published)
}

/// Gives the file its name, and opens it again so that no one else can give it another one.
#[cfg(windows)]
fn named(published: Published, name: &Path, path: &Path, store: [u64; 2]) -> Result<Published> {
    drop(published);
    fs::rename(name, path).map_err(|error| failed("write", path, &error))?;
    let file = files::hold(path, path, true)?.ok_or_else(|| refused(path, "was removed while it was made"))?;
    if !files::lock(&file, path, Lock::Shared, PATIENCE)? {
        return Err(refused(path, "was locked while it was made"));
    }
    map(file, path, store, true)
}

/// Gives a file that does not begin as an image another name: it may be dear to someone.
fn set_aside(path: &Path) -> Result<()> {
    let mut names = (1..=SET_ASIDE).map(|number| {
        let mut name = path.as_os_str().to_os_string();
        name.push(format!(".damaged-{number}"));
        PathBuf::from(name)
    });
    let free = names.find(|name| name.symlink_metadata().is_err());
    let Some(free) = free else {
        return Err(refused(path, "is no image, and many like it lie beside it: look at them and remove them"));
    };
    fs::rename(path, free).map_err(|error| failed("move", path, &error))
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

    #[cfg(target_os = "linux")]
    #[test]
    fn who_has_other_numbers_of_threads_may_only_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db-image");
        let held = Published::in_file(&path, STORE, true).unwrap();
        drop(Published::in_file(&path, STORE, true).unwrap());
        held.control().identity()[SPACE].fetch_add(1, Ordering::Relaxed);
        let refused = Published::in_file(&path, STORE, true).unwrap_err();
        assert!(refused.message().contains("PID namespace") && refused.message().contains("--pid=host"), "{refused}");
        drop(Published::in_file(&path, STORE, false).unwrap());
        drop(held);
        // Alone it is the one who says which numbers count.
        let alone = Published::in_file(&path, STORE, true).unwrap();
        assert_eq!(alone.control().identity()[SPACE].load(Ordering::Relaxed), files::process_space());
    }

    /// A process maps a block when it first reads it: an extent that is damaged by then must not name an older block.
    #[test]
    fn no_flipped_bit_of_an_extent_brings_an_older_image_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db-image");
        let writer = Published::in_file(&path, STORE, true).unwrap();
        // Blocks of different sizes.
        (1..4).for_each(|number| publish(&writer, number, 9000 * number as usize * number as usize));
        let bytes = std::fs::read(&path).unwrap();
        let in_force = (bytes[16 * 8] % 64) as usize;
        let control = Words::of_file(
            &std::fs::File::options().read(true).write(true).open(&path).unwrap(),
            0,
            CONTROL_WORDS,
            true,
        );
        let control = control.unwrap();
        for (word, bit) in [0, 1].into_iter().flat_map(|part| (0..64).map(move |bit| (128 + in_force * 2 + part, bit)))
        {
            let late = map(std::fs::File::open(&path).unwrap(), &path, STORE, false).unwrap();
            control[word].fetch_xor(1 << bit, Ordering::Relaxed);
            assert!([0, 3].contains(&seen(&late)), "word {word} bit {bit}: {}", seen(&late));
            control[word].fetch_xor(1 << bit, Ordering::Relaxed);
        }
        // The next writer reports it, and gives that block up.
        for word in [128 + in_force * 2, 129 + in_force * 2, 14672 + in_force] {
            let in_force = (control[16].load(Ordering::Relaxed) % 64) as usize;
            let word = word % 2 + 128 + in_force * 2;
            control[word].fetch_xor(1 << 14, Ordering::Relaxed);
            let held = writer.lock(std::time::Duration::from_secs(1)).unwrap();
            assert!(writer.recover(|| ()).is_err());
            publish(&writer, 9, 9000);
            drop(held);
            writer.recover(|| ()).unwrap();
            let late = map(std::fs::File::open(&path).unwrap(), &path, STORE, false).unwrap();
            assert_eq!((seen(&writer), seen(&late)), (9, 9), "word {word}");
        }
    }
}
