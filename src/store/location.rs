//! Which file a store is and how it is used. It never opens the file.
#![forbid(unsafe_code)]

use super::fault::{self, Fault, of_system};
use crate::error::{Error, Result};
use crate::files;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a call waits for a locked store by default.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Which file, and how it is used.
#[derive(Clone, Debug)]
pub(super) struct Location {
    /// The path as the caller wrote it, for messages.
    pub shown: PathBuf,
    /// The file itself: absolute, links followed.
    pub place: PathBuf,
    /// Whether it is opened to write.
    pub writes: bool,
    /// How long a call waits for a lock.
    pub patience: Duration,
}

impl Location {
    pub(super) fn new(path: &Path, writes: bool) -> Result<Location> {
        let place = files::canonical(path).map_err(|error| of_system(path, "cannot be opened", &error))?;
        Ok(Location { shown: path.to_path_buf(), place, writes, patience: PATIENCE })
    }

    /// A fault as an error that names this file; `doing` is what cannot be done to it.
    pub(super) fn sentence(&self, doing: &str, fault: Fault) -> Error {
        fault::sentence(&self.shown, self.patience, doing, fault)
    }

    /// The error for contents that cannot be right.
    pub(super) fn damaged(&self, what: &str) -> Error {
        fault::damaged(&self.shown, what)
    }
}

/// The path of a file that belongs to the store and lies in the same folder.
pub(super) fn sibling(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(ending);
    name.into()
}
