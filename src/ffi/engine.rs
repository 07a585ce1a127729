//! Entry points: the life of an engine.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::guard;
use super::ptr;
use super::types::{LW_OK, lw_engine, lw_error, lw_status};
use crate::engine::Engine;
use std::ffi::c_char;
use std::path::Path;

/// # Opening and closing
///
/// Opens a document, a folder whose `*.toml` files are one document for each domain, or a store.
///
/// source: path of the file or folder, UTF-8. It is copied; lw_reload reads the same path again, so give an absolute one if
/// the process changes its working directory.
/// error: where to put what went wrong, or NULL. It is set to NULL on success.
///
/// Returns: the engine, the caller's to end with lw_close; NULL on failure, with *error saying why (LW_ERROR_ARGUMENT,
/// LW_ERROR_FILE, LW_ERROR_DOCUMENT, LW_ERROR_LIMIT or LW_ERROR_INTERNAL). Nothing is half loaded.
/// Threads: any. Starts none, installs nothing in the process.
/// Memory: allocates. A set *error is the caller's to free with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_open(source: *const c_char, error: *mut *mut lw_error) -> *mut lw_engine {
    // SAFETY: `error` and `source` are NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            let engine = Engine::open(Path::new(ptr::text(source)?))?;
            super::names::warm_up();
            Ok(ptr::give_engine(engine))
        })
    }
}

/// Closes an engine and frees all it holds. Strings and errors that came from it stay valid until they are freed.
///
/// engine: the engine; NULL is a harmless no-op.
///
/// A closed engine must not be used again. In debug builds of the library every use of one is refused (LW_ERROR_CLOSED where
/// there is a status or an error), and closing it again does nothing; in release builds it is undefined behaviour, as with
/// free().
///
/// Returns: nothing.
/// Threads: any, but only when no other thread is in a call with this engine or will make one.
/// Memory: frees the engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_close(engine: *mut lw_engine) {
    guard(|| {
        // SAFETY: NULL, or an engine that nobody uses any more, as the header asks.
        unsafe { ptr::take_engine(engine) };
        Ok(())
    });
}

/// Reads the source again and puts it in force as a whole. On failure the old answers stay in force.
///
/// engine: an open engine. One over a store needs no reload: it is always up to date, and this makes sure of it.
/// error: where to put what went wrong, or NULL. It is set to NULL on success.
///
/// Checks go on meanwhile in other threads and are never held up: each is answered entirely from the old state or entirely
/// from the new one. A party that is gone keeps its number and is refused everything.
///
/// Returns: LW_OK; LW_ERROR_ARGUMENT, LW_ERROR_FILE, LW_ERROR_DOCUMENT, LW_ERROR_LIMIT, LW_ERROR_CLOSED or
/// LW_ERROR_INTERNAL.
/// Threads: any; reloads of one engine wait for each other.
/// Memory: allocates. A set *error is the caller's to free with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_reload(engine: *mut lw_engine, error: *mut *mut lw_error) -> lw_status {
    // SAFETY: `error` is NULL or valid and `engine` NULL or open, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            ptr::engine(engine)?.reload()?;
            Ok(LW_OK)
        })
    }
}

/// The revision in force: of a store the number of the last change set, of documents 1 after opening and one more with every
/// reload that succeeded. A caller that keeps answers compares it
/// to know when they are old.
///
/// engine: an open engine.
///
/// Returns: the revision; 0 if engine is NULL.
/// Threads: any, concurrently.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_revision(engine: *const lw_engine) -> u64 {
    // SAFETY: `engine` is NULL or open, as the header asks.
    guard(|| Ok(unsafe { ptr::engine(engine) }?.revision()))
}

/// Hands an engine that was opened in Rust to C code; to be closed with [`lw_close`].
pub fn engine_to_c(engine: Engine) -> *mut lw_engine {
    ptr::give_engine(engine)
}

/// The engine behind a handle, for Rust code that was given one by C. `None` for NULL.
///
/// # Safety
/// `engine` is NULL or a handle that is not closed while `'a` lasts.
#[allow(unsafe_code, reason = "a pointer from C")]
pub unsafe fn engine_from_c<'a>(engine: *const lw_engine) -> Option<&'a Engine> {
    // SAFETY: the caller's promise.
    unsafe { ptr::engine(engine) }.ok()
}
