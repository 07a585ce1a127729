//! The one error type. Its kinds are the numbers C sees; its message is a sentence for the person who has to act on it.
#![forbid(unsafe_code)]

use std::fmt;

/// What went wrong, as a number that never changes its meaning. The numbers are the C status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorKind {
    /// An argument is NULL, not UTF-8, too long, or outside its range.
    Argument = -1,
    /// A name, number, id or right that nobody bears.
    Unknown = -2,
    /// A document says something that cannot be loaded.
    Document = -3,
    /// A file or folder cannot be read or written.
    File = -4,
    /// What follows a function code is malformed.
    Code = -5,
    /// A documented limit would be exceeded.
    Limit = -6,
    /// A name or number fits several parties.
    Ambiguous = -7,
    /// The engine has been closed.
    Closed = -8,
    /// A change that the author may not make; the message names the rule.
    Refused = -9,
    /// What was dialled begins with no function code.
    Unassigned = -10,
    /// A defect of this library: a panic was caught.
    Internal = -99,
}

/// An error: a kind for programs, a message for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// An error of `kind`; the message is lower case, without a full stop, with what was found in backticks.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into() }
    }

    /// The kind, for programs.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The C status number of the kind; always negative.
    pub fn code(&self) -> i32 {
        self.kind as i32
    }

    /// The message, possibly of several lines: one for each fault of a document.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What every fallible function of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;
