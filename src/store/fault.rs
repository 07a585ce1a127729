//! Turns SQLite's and the system's errors into sentences: which file, what cannot be done, why, and what to do. It never turns
//! a failure into a success.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind};
use rusqlite::{ErrorCode, ffi};
use std::path::Path;
use std::time::Duration;

/// An error inside the store: SQLite's, which still needs the file's name, or a finished sentence.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Said(Error),
}

/// A result whose error may still need the file's name.
pub(super) type SqlResult<T> = std::result::Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Said(error)
    }
}

/// A fault as an error for the user. `shown` is the file as the caller wrote it, `patience` how long a lock was waited for, `doing`
/// what cannot be done to the file: `read`, `written`.
pub(super) fn sentence(shown: &Path, patience: Duration, doing: &str, fault: Fault) -> Error {
    match fault {
        Fault::Said(error) => error,
        Fault::Sql(error) => of_sqlite(shown, patience, doing, &error).caused_by(error),
    }
}

fn of_sqlite(shown: &Path, patience: Duration, doing: &str, error: &rusqlite::Error) -> Error {
    let name = shown.display();
    let words = || error.to_string().to_lowercase();
    let cannot = |why: &str| Error::new(ErrorKind::File, format!("`{name}` cannot be {doing}: {why}"));
    let limit = |why: &str| Error::new(ErrorKind::Limit, format!("`{name}` cannot be {doing}: {why}"));
    let internal = || Error::new(ErrorKind::Internal, format!("`{name}`: {}", words()));
    let Some(code) = error.sqlite_error() else {
        return match error {
            // A table is missing although the version says it exists, or has other columns.
            rusqlite::Error::SqlInputError { msg, .. } => damaged(shown, &msg.to_lowercase()),
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::QueryReturnedNoRows => damaged(shown, &words()),
            _ => internal(),
        };
    };
    match code.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => cannot(&format!(
            "another program has had it locked for {patience:?}; end that program or wait for it (`fuser` names it), then try again"
        )),
        ErrorCode::DiskFull => cannot("the disk is full; nothing was changed: make room, then try again"),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
            cannot("no permission to write the file and to make files beside it")
        }
        ErrorCode::CannotOpen => cannot("no permission to read it or to make files beside it, or it is gone"),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown | ErrorCode::SchemaChanged => {
            damaged(shown, &words())
        }
        ErrorCode::SystemIoFailure => cannot(&format!(
            "the disk reports an error ({}); what was acknowledged before stays",
            io_failure(code.extended_code)
        )),
        ErrorCode::OutOfMemory => limit("no memory left"),
        ErrorCode::TooBig => limit("a text is too long"),
        _ => internal(),
    }
}

/// The error for contents that cannot be right.
pub(super) fn damaged(shown: &Path, what: &str) -> Error {
    let message = format!("`{}` is damaged: {what}; restore it from a backup", shown.display());
    Error::new(ErrorKind::File, message)
}

fn io_failure(extended: i32) -> &'static str {
    match extended {
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS => "while reading",
        ffi::SQLITE_IOERR_WRITE => "while writing",
        ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC => "while making sure that it is on the disk",
        ffi::SQLITE_IOERR_TRUNCATE => "while shortening a file",
        ffi::SQLITE_IOERR_LOCK | ffi::SQLITE_IOERR_SHMLOCK | ffi::SQLITE_IOERR_RDLOCK => "while locking",
        ffi::SQLITE_IOERR_SHMOPEN | ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_SHMMAP => "while sharing memory",
        _ => "input or output failed",
    }
}

/// The error for a file that the operating system refuses; `what` is what cannot be done.
pub(super) fn of_system(path: &Path, what: &str, error: &std::io::Error) -> Error {
    // The system's message ends in its error number, which means nothing to users.
    let why = error.to_string().to_lowercase();
    let why = why.split(" (os error").next().unwrap_or_default();
    Error::new(ErrorKind::File, format!("`{}` {what}: {why}", path.display())).caused_by_system(error)
}
