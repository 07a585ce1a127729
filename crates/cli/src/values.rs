//! Values of options that several commands read; a message about one that does not parse says what was expected.
#![forbid(unsafe_code)]

use std::time::Duration;

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Also in files and pipes
    Always,
    /// Nowhere
    Never,
}

/// Reads seconds: `2.5`.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "expected seconds as in `2.5`".into())
}

/// Reads a revision.
pub fn revision(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a revision as in `12`".into())
}

/// Reads how many.
pub fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "expected a number as in `20`".into())
}

/// Reads an instant.
pub fn instant(text: &str) -> Result<i64, String> {
    linewarden::instant(text).map_err(|error| error.to_string())
}
