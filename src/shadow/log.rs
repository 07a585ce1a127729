//! The log of a shadow: a file that whole lines are appended to. It must never grow without end, and no failure of it may stop a call.
#![forbid(unsafe_code)]

use super::Shadow;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::sync;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// The most bytes that a log grows to: 64 MiB.
pub(crate) const LONGEST: u64 = 1 << 26;

/// The log of a [`Shadow`]: lines of JSON, one for equal refusals, with a first and a last line.
#[derive(Debug)]
pub struct ShadowLog {
    file: File,
}

impl ShadowLog {
    /// Opens a log and writes its first line. A new file is readable by its owner only; to another one lines are appended.
    ///
    /// # Errors
    /// `File` when it cannot be written, or has 64 MiB already.
    pub fn open(path: impl AsRef<Path>, shadow: &Shadow, engine: &Engine) -> Result<ShadowLog> {
        let path = path.as_ref();
        #[cfg(any(target_os = "linux", windows))]
        let opened = crate::files::append(path);
        #[cfg(not(any(target_os = "linux", windows)))]
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(path);
        let opened = opened.and_then(|file| {
            let mut log = ShadowLog { file };
            log.write(&shadow.first_line(engine)).map(|()| log)
        });
        let cannot = |error| Error::new(ErrorKind::File, format!("cannot write `{}`: {error}", path.display()));
        opened.map_err(cannot)
    }

    /// Writes what was refused since the last time. It waits for the disk, so never on a call. What cannot be written is counted as lost.
    pub fn write_refusals(&mut self, shadow: &Shadow, engine: &Engine) {
        let (lines, refusals) = shadow.lines(engine);
        if refusals > 0 {
            shadow.count(refusals, self.write(&lines).is_ok());
        }
    }

    /// Writes the rest and the last line.
    pub fn end(mut self, shadow: &Shadow, engine: &Engine) {
        self.write_refusals(shadow, engine);
        // The log says by its missing last line that it is not whole.
        let _ = self.write(&shadow.last_line());
    }

    /// Writes whole lines at once, so that processes with one log do not mix theirs; none where the log would become too long.
    fn write(&mut self, lines: &str) -> io::Result<()> {
        if self.file.metadata()?.len() + lines.len() as u64 > LONGEST {
            return Err(io::Error::other("it has 64 MiB already"));
        }
        sync::without_size_signal(|| self.file.write_all(lines.as_bytes()))
    }
}
