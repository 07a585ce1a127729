//! Every fault as one sentence: which file, what cannot be done, why, and what to do. It never hides that something failed.
#![forbid(unsafe_code)]

use super::connect::Location;
use crate::error::{Error, ErrorKind};
use rusqlite::{ErrorCode, ffi};
use std::path::Path;

/// What went wrong inside: SQLite's words, which still need the file's name, or a sentence.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Said(Error),
}

/// What may still need the file's name.
pub(super) type Tried<T> = std::result::Result<T, Fault>;

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

impl Location {
    /// A fault as a sentence.
    pub(super) fn told(&self, doing: &str, fault: Fault) -> Error {
        let error = match fault {
            Fault::Said(error) => return error,
            Fault::Sql(error) => error,
        };
        let shown = self.shown.display();
        let cannot = |why: &str| Error::new(ErrorKind::File, format!("`{shown}` cannot be {doing}: {why}"));
        let Some(code) = error.sqlite_error() else {
            return match error {
                // A table that is not there although the version says so, or is another one.
                rusqlite::Error::SqlInputError { msg, .. } => self.damaged(&msg.to_lowercase()),
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::QueryReturnedNoRows => self.damaged(&error.to_string().to_lowercase()),
                other => Error::new(ErrorKind::Internal, format!("`{shown}`: {}", other.to_string().to_lowercase())),
            };
        };
        match code.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                cannot(&format!(
                    "another program has had it locked for {:?}; end that program or wait for it (`fuser` names it), then try again",
                    self.patience
                ))
            }
            ErrorCode::DiskFull => cannot("the disk is full; nothing was changed: make room, then try again"),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                cannot("no permission to write the file and to make files beside it")
            }
            ErrorCode::CannotOpen => cannot("no permission to read it or to make files beside it, or it is gone"),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => self.damaged(&error.to_string().to_lowercase()),
            ErrorCode::SystemIoFailure => cannot(&format!(
                "the disk reports an error ({}); what was acknowledged before stays",
                io_failure(code.extended_code)
            )),
            ErrorCode::OutOfMemory => {
                Error::new(ErrorKind::Limit, format!("`{shown}` cannot be {doing}: no memory left"))
            }
            ErrorCode::TooBig => {
                Error::new(ErrorKind::Limit, format!("`{shown}` cannot be {doing}: a text is too long"))
            }
            ErrorCode::Unknown | ErrorCode::SchemaChanged => self.damaged(&error.to_string().to_lowercase()),
            _ => Error::new(ErrorKind::Internal, format!("`{shown}`: {}", error.to_string().to_lowercase())),
        }
    }

    /// What is in the file cannot be true.
    pub(super) fn damaged(&self, what: &str) -> Error {
        let message = format!("`{}` is damaged: {what}; restore it from a backup", self.shown.display());
        Error::new(ErrorKind::File, message)
    }
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

/// What the system says about a file.
pub(super) fn of_system(path: &Path, what: &str, error: &std::io::Error) -> Error {
    // The system's words end in its number, which says nothing to a reader.
    let why = error.to_string().to_lowercase();
    let why = why.split(" (os error").next().unwrap_or_default();
    Error::new(ErrorKind::File, format!("`{}` {what}: {why}", path.display()))
}
