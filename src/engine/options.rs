//! How an engine is opened: whether it may change its source, and how long it waits for others who change it.
#![forbid(unsafe_code)]

use super::Engine;
use crate::error::{Error, ErrorKind, Result};
use std::path::Path;
use std::time::Duration;

/// How an engine is opened.
///
/// ```
/// use linewarden::{Author, ErrorKind, OpenOptions};
///
/// let engine = OpenOptions::default().read_only().open("examples/companies/mixed.toml")?;
/// let refused = engine.apply_text(Author::Administrator, None, "clear relationship alice bob").unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::Argument);
/// # Ok::<(), linewarden::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    pub(super) patience: Duration,
    pub(super) read_only: bool,
}

impl Default for OpenOptions {
    /// Changes are possible, with a patience of 60 seconds: publishing a million users takes seconds.
    fn default() -> OpenOptions {
        OpenOptions { patience: Duration::from_secs(60), read_only: false }
    }
}

impl OpenOptions {
    /// How long opening a store, a change and a reload wait for another thread or process that changes the store. Checks never wait.
    #[must_use]
    pub fn patience(self, patience: Duration) -> OpenOptions {
        OpenOptions { patience, ..self }
    }

    /// Every change through this engine is refused; it follows those of others. A store's image, which is made from its log, may still
    /// be made anew, so that questions are answered.
    #[must_use]
    pub fn read_only(self) -> OpenOptions {
        OpenOptions { read_only: true, ..self }
    }

    /// Opens a document, a folder of documents, or a store.
    ///
    /// # Errors
    /// As for [`Engine::open`]; `File`, too, when another process has been changing the store for longer than the patience.
    pub fn open(self, source: impl AsRef<Path>) -> Result<Engine> {
        Engine::open_with(source.as_ref(), self)
    }
}

impl Engine {
    /// Checks that the engine was opened to make changes.
    pub(super) fn may_change_source(&self) -> Result<()> {
        if self.options.read_only {
            return Err(Error::new(ErrorKind::Argument, "this engine was opened read-only: nothing was changed"));
        }
        Ok(())
    }
}

#[cfg(all(test, any(target_os = "linux", windows)))]
mod tests {
    use super::*;
    use crate::policy::change::Author;

    const ADMIN: Author = Author::Administrator;

    #[test]
    fn a_change_waits_no_longer_than_the_patience() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rights.db");
        let holder = Engine::create_store(&path).unwrap();
        let (documents, state) = crate::engine::read_source("examples/companies/mixed.toml").unwrap();
        holder.import(&documents, state.as_deref()).unwrap();
        let short = OpenOptions::default().patience(Duration::from_millis(20));
        let hasty = short.open(&path).unwrap();
        let held = holder.published.lock(Duration::from_secs(60)).unwrap();
        let (changed, opened) = std::thread::scope(|scope| {
            let changed =
                scope.spawn(|| hasty.apply_text(ADMIN, None, "set relationship alice bob assistant").map(drop));
            let opened = scope.spawn(|| short.open(&path).map(drop));
            (changed.join().unwrap(), opened.join().unwrap())
        });
        drop(held);
        for refused in [changed, opened] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::File);
            assert!(error.to_string().contains("20ms"), "{error}");
        }
        hasty.apply_text(ADMIN, None, "set relationship alice bob assistant").unwrap();
    }
}
