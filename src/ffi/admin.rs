//! Entry points: what an administrator's program does to a store. None of it is for the call path.
#![allow(unsafe_code, reason = "C entry points")]

use super::change::changed;
use super::explain::json;
use super::ptr;
use super::types::{lw_engine, lw_error, lw_status};
use crate::diff::diff;
use crate::engine::{Engine, read_source};
use std::ffi::c_char;
use std::path::Path;

/// # Administration
///
/// Makes a store say what a source says, as one change set of the administrator: whole or not at all. Domains that the source does not have stay
/// as they are, and so does what documents cannot express, unless the source is a store or a folder that lw_export wrote.
///
/// engine: an engine over a store.
/// source: path of a document, a folder or a store, UTF-8.
/// revision: receives the revision with which it is in force, or NULL. Where nothing differs, it is the one that was.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: as lw_apply; also LW_ERROR_DOCUMENT with all faults of the documents, each with file, line and column.
/// Threads: any. Changes of all processes run one after the other; it waits for the disk, so not for the call path.
/// Memory: allocates about twice the documents' size. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_import(
    engine: *mut lw_engine,
    source: *const c_char,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            let (engine, source) = (ptr::engine(engine)?, ptr::text(source)?);
            // An engine over documents is refused before anything is read.
            engine.is_store()?;
            let (documents, state) = read_source(Path::new(source))?;
            Ok(engine.import(&documents, state.as_deref())?.0)
        })
    }
}

/// Writes what is in force as documents that load to the same answers, one for each domain, and a file state.changes with what documents
/// cannot express. lw_import takes the folder again.
///
/// engine: an open engine.
/// folder: where to write, UTF-8; it is made if it is not there. Files of an earlier export are replaced.
/// revision: receives the revision that was written, or NULL.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: LW_OK; LW_ERROR_ARGUMENT; LW_ERROR_FILE if something cannot be written, or the folder has a document of another domain;
/// LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL. Each file is whole or as it was.
/// Threads: any, concurrently. It waits for the disk, so not for the call path.
/// Memory: allocates the size of the documents. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_export(
    engine: *const lw_engine,
    folder: *const c_char,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        changed(revision, error, || {
            let (engine, folder) = (ptr::engine(engine)?, ptr::text(folder)?);
            let export = engine.export(None)?;
            export.write_to(folder)?;
            Ok(export.revision)
        })
    }
}

/// Which pairs would gain or lose which right if the engine said what a source says. It compares answers, not text, and changes nothing.
///
/// engine: an open engine.
/// source: path of a document, a folder or a store, UTF-8.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: a JSON object: groups (a list of objects with sentence, gains, rights and pairs), gained and lost (ordered pairs); NULL on
/// failure, with *error saying why (as lw_open).
/// Threads: any, concurrently. It compiles the source, so not for the call path.
/// Memory: allocates as another engine does. The caller frees the text with lw_string_free and a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_diff(
    engine: *const lw_engine,
    source: *const c_char,
    error: *mut *mut lw_error,
) -> *mut c_char {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            let (engine, source) = (ptr::engine(engine)?, ptr::text(source)?);
            json(&diff(engine, &Engine::open(Path::new(source))?))
        })
    }
}

/// Copies a store while it is in use. The copy is verified and on the disk when this returns; a store is only ever copied this way.
///
/// engine: an engine over a store.
/// to: path of the copy, UTF-8; nothing may be there.
/// revision: receives the revision of the copy, or NULL.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: LW_OK; LW_ERROR_ARGUMENT if a pointer is NULL or the engine is not over a store; LW_ERROR_FILE if the copy cannot be written
/// or the store is damaged; LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL. On an error there is no copy.
/// Threads: any, concurrently. It waits for the disk, so not for the call path.
/// Memory: allocates. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_backup(
    engine: *const lw_engine,
    to: *const c_char,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe { changed(revision, error, || Ok(ptr::engine(engine)?.backup(ptr::text(to)?)?)) }
}

/// Verifies a store: its file, all hashes, that its log gives what is in force, and the answers of its image. It repairs nothing.
///
/// engine: an engine over a store.
/// revision: receives the revision that was verified, or NULL.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: LW_OK; LW_ERROR_FILE with what is wrong, a line each; LW_ERROR_ARGUMENT if the engine is not over a store; LW_ERROR_LIMIT,
/// LW_ERROR_CLOSED or LW_ERROR_INTERNAL.
/// Threads: any, concurrently. It replays the whole log, so not for the call path.
/// Memory: allocates as another engine does. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_verify(
    engine: *const lw_engine,
    revision: *mut u64,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe { changed(revision, error, || Ok(ptr::engine(engine)?.verify()?.revision)) }
}
