//! Reads documents from disk. It checks only that they are UTF-8 and not too long.
#![forbid(unsafe_code)]

use super::Document;
use super::load::{LONGEST, too_large};
use crate::error::{Error, ErrorKind, Result};
#[cfg(not(any(target_os = "linux", windows)))]
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Reads a document, or every `*.toml` of a folder, sorted by name. Other files of the folder are ignored.
pub(super) fn read(source: &Path) -> Result<Vec<Document>> {
    let about = source.metadata().map_err(|error| file(source, "cannot be read", &error))?;
    if !about.is_dir() {
        return Ok(vec![read_file(source)?]);
    }
    let mut paths = Vec::new();
    for entry in source.read_dir().map_err(|error| file(source, "cannot be listed", &error))? {
        let path = entry.map_err(|error| file(source, "cannot be listed", &error))?.path();
        // As `*.toml` in a shell: names with a leading dot are editors' copies.
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        let message = format!("folder `{}` has no document, expected files named `*.toml`", source.display());
        return Err(Error::new(ErrorKind::File, message));
    }
    // Report all files that cannot be read in one error.
    let read: Vec<Result<Document>> = paths.iter().map(PathBuf::as_path).map(read_file).collect();
    let faults: Vec<&Error> = read.iter().filter_map(|document| document.as_ref().err()).collect();
    match faults.first() {
        None => read.into_iter().collect(),
        Some(first) => {
            let messages: Vec<&str> = faults.iter().map(|fault| fault.message()).collect();
            Err(Error::new(first.kind(), messages.join("\n")))
        }
    }
}

/// The text of one file, refused where it is none, everyone may write it, or it is too long.
///
/// # Errors
/// As for [`read`].
pub(super) fn read_file(path: &Path) -> Result<Document> {
    let Some(name) = path.to_str() else {
        let message = format!("file name `{}` is not utf-8, expected a name that messages can show", path.display());
        return Err(Error::new(ErrorKind::File, message));
    };
    let cannot = |error| file(path, "cannot be read", &error);
    let no_file = || Error::new(ErrorKind::File, format!("`{name}` is not a file, expected a document or a folder"));
    if !path.metadata().map_err(cannot)?.is_file() {
        return Err(no_file());
    }
    #[cfg(any(target_os = "linux", windows))]
    let opened = crate::files::open_to_read(path);
    #[cfg(not(any(target_os = "linux", windows)))]
    let opened = File::open(path);
    let mut file = opened.map_err(cannot)?;
    // Another one may stand there by now: what was opened is looked at again.
    let about = file.metadata().map_err(cannot)?;
    if !about.is_file() {
        return Err(no_file());
    }
    #[cfg(any(target_os = "linux", windows))]
    crate::files::not_world_writable(path, &about)?;
    text_of(name, &mut file, about.len())
}

/// The text of a stream or a file of `length` bytes, which may grow while it is read.
pub(super) fn text_of(name: &str, reader: &mut dyn Read, length: u64) -> Result<Document> {
    let mut bytes = Vec::new();
    reader
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| file(Path::new(name), "cannot be read", &error))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::new(ErrorKind::File, format!("{name}: {}", too_large(length.max(LONGEST + 1)))));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let (before, after) = error.as_bytes().split_at(at);
        let before = String::from_utf8_lossy(before);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let byte = after.first().copied().unwrap_or_default();
        Error::new(
            ErrorKind::Document,
            format!("{name}:{line}:{column}: byte `0x{byte:02x}` is not utf-8, expected text"),
        )
    })?;
    Ok(Document { name: name.into(), text })
}

fn file(path: &Path, what: &str, error: &std::io::Error) -> Error {
    // The system's message ends in its error number, which means nothing to users.
    let why = error.to_string().to_lowercase();
    let why = why.split(" (os error").next().unwrap_or_default();
    Error::new(ErrorKind::File, format!("`{}` {what}: {why}", path.display())).caused_by_system(error)
}
