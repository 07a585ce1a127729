//! What goes wrong: a source that cannot be read ends the conversion with a place; what is read and not carried over is listed and
//! ends nothing.
#![forbid(unsafe_code)]

use crate::model::Place;
use serde::Serialize;
use std::fmt;

/// A source that its own system would not read either, or that is not of the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// The column in characters, from 1; 0 for the line as a whole.
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
}

impl Fault {
    /// A fault in a line.
    pub fn new(place: &Place, column: usize, message: impl Into<String>) -> Fault {
        Fault { file: place.file.to_string(), line: place.line, column, message: message.into() }
    }

    /// A fault of a file as a whole.
    pub fn file(file: &str, message: impl Into<String>) -> Fault {
        Fault { file: file.to_owned(), line: 0, column: 0, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { file, line, column, message } = self;
        match (line, column) {
            (0, _) => write!(f, "{file}: {message}"),
            (_, 0) => write!(f, "{file}:{line}: {message}"),
            _ => write!(f, "{file}:{line}:{column}: {message}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Something that the sources say and the document does not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct NotCarried {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What was found.
    pub what: String,
    /// Why it is not in the document, or what of it is.
    pub why: String,
}

impl fmt::Display for NotCarried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.what, self.why)
    }
}

/// A text as a message shows it: in backticks, without control characters, at most 60 characters of it.
pub(crate) fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(60).flat_map(|c| c.escape_debug_unless_plain()).collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

trait Plain {
    fn escape_debug_unless_plain(self) -> Vec<char>;
}

impl Plain for char {
    fn escape_debug_unless_plain(self) -> Vec<char> {
        if self.is_control() { self.escape_default().collect() } else { vec![self] }
    }
}
