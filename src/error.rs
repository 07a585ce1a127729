//! The error type: a kind for programs, a message for people. The kinds are the C status codes, whose meaning must never change.
#![forbid(unsafe_code)]

use std::fmt;
use std::io;
use std::sync::Arc;

/// The kind of an error. The numbers are the C status codes and keep their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorKind {
    /// An argument is NULL, not UTF-8, too long, or outside its range.
    Argument = -1,
    /// A name, number, id or right that does not exist.
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
    /// The author may not make the change; the message names the rule.
    Refused = -9,
    /// What was dialled begins with no function code.
    Unassigned = -10,
    /// The store is not on the line of its upstream: one revision is not the same here and there.
    Forked = -11,
    /// The store follows another one: changes are made there.
    Follows = -12,
    /// The store belongs to a cluster, and cannot reach it now: nothing was changed.
    CutOff = -13,
    /// It is not known whether the change was made: an answer was lost on its way.
    Unsettled = -14,
    /// A bug in this library: a panic was caught.
    Internal = -99,
}

impl ErrorKind {
    /// The kind with that number.
    pub(crate) fn from_code(code: i32) -> Option<ErrorKind> {
        use ErrorKind::*;
        let known = [
            Argument, Unknown, Document, File, Code, Limit, Ambiguous, Closed, Refused, Unassigned, Forked, Follows,
            CutOff, Unsettled, Internal,
        ];
        known.into_iter().find(|kind| *kind as i32 == code)
    }
}

/// An error: a kind for programs, a message for people.
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error. The message is lower case, without a full stop, with the user's input in backticks.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), source: None }
    }

    /// The same error with the error of the operating system or the database behind it. The message must name it already.
    #[must_use]
    pub(crate) fn caused_by(self, source: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error { source: Some(Arc::new(source)), ..self }
    }

    /// The same for an error of the operating system, which cannot be cloned.
    #[must_use]
    pub(crate) fn caused_by_system(self, source: &io::Error) -> Error {
        let copy = source.raw_os_error().map(io::Error::from_raw_os_error);
        self.caused_by(copy.unwrap_or_else(|| io::Error::new(source.kind(), source.to_string())))
    }

    /// The kind, for programs.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The C status code of the kind; always negative.
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

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// Two errors are equal when they say the same; the errors behind them are not compared.
impl PartialEq for Error {
    fn eq(&self, other: &Error) -> bool {
        self.kind == other.kind && self.message == other.message
    }
}

impl Eq for Error {}

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;
