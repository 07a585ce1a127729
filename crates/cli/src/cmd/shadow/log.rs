//! Reads the log of a shadow: what would have been refused, pair for pair.
#![forbid(unsafe_code)]

use crate::source;
use linewarden::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// A line, of either kind.
#[derive(Deserialize)]
struct Line {
    at: String,
    domain: String,
    /// `begins` or `ends`; empty for a refusal.
    #[serde(default)]
    shadow: String,
    #[serde(default)]
    source: Option<PathBuf>,
    #[serde(default)]
    until: String,
    #[serde(default)]
    lost: u64,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    right: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    times: u64,
}

/// What was refused: domain, actor, right, target.
pub type Refused = (String, String, String, String);

/// How often, first and last, and the last reason.
#[derive(Clone, Debug, Default)]
pub struct Count {
    pub times: u64,
    pub first: String,
    pub last: String,
    pub why: String,
}

/// A whole log.
#[derive(Debug, Default)]
pub struct Log {
    pub refused: BTreeMap<Refused, Count>,
    /// The source that it was last begun with.
    pub source: Option<PathBuf>,
    /// The end that it was last begun with.
    pub until: String,
    pub times: u64,
    /// Refusals that the log lacks.
    pub lost: u64,
    /// How many shadows began and did not end.
    pub open: u64,
}

/// Reads a log, or standard input for `-`.
///
/// # Errors
/// `Document` with the line that is none of a log.
pub fn read(path: &Path) -> Result<Log> {
    let (name, reader) = source::reader(path)?;
    let mut log = Log::default();
    let mut begun = 0_u64;
    for (line, number) in reader.lines().zip(1..) {
        let line = line.map_err(|error| Error::new(ErrorKind::File, format!("`{name}` cannot be read: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |what: String| Error::new(ErrorKind::Document, format!("{name}:{number}: {what}"));
        let line: Line = serde_json::from_str(&line).map_err(|error| wrong(format!("no line of a log: {error}")))?;
        match line.shadow.as_str() {
            "begins" => {
                begun += 1;
                log.source = line.source.or(log.source);
                log.until = line.until;
            }
            "ends" => {
                begun = begun.saturating_sub(1);
                log.lost += line.lost;
            }
            "" => {
                let count = log.refused.entry((line.domain, line.actor, line.right, line.target)).or_default();
                if count.times == 0 {
                    count.first.clone_from(&line.at);
                }
                count.times += line.times;
                count.last = line.at;
                count.why = line.why;
                log.times += line.times;
            }
            other => return Err(wrong(format!("shadow `{other}`, expected `begins` or `ends`"))),
        }
    }
    log.open = begun;
    Ok(log)
}
