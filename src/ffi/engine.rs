//! Entry points: opening, reloading and closing an engine. A source that cannot be read whole must never be put in force.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::guard;
use super::ptr;
use super::types::{LW_OK, lw_engine, lw_error, lw_options, lw_status};
use crate::engine::{Engine, OpenOptions};
use std::ffi::c_char;
use std::path::Path;
use std::time::Duration;

/// # Opening and closing
///
/// Opens a document, a folder whose `*.toml` files hold one document per domain, or a store.
///
/// A document, a store, or a store's folder that everyone on the machine may write is refused. A store's image (its name with `-image`
/// behind it) is mapped by every process that has it open. Only root and its owner and group can write to it. Never do so: never
/// make that file shorter, and never copy another one over it. Where it was made shorter, the system ends every process that asks
/// it then (SIGBUS), but for those that have called lw_survive_truncation: they answer no. If it is removed, replaced or
/// locked instead, this process goes on, and others get an error that names it.
///
/// source: path of the file or folder, UTF-8. It is copied; lw_reload reads the same path again, so pass an absolute path if
/// the process changes its working directory.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: the engine, which the caller ends with lw_close; NULL on failure, with *error saying why (LW_ERROR_ARGUMENT,
/// LW_ERROR_FILE, LW_ERROR_DOCUMENT, LW_ERROR_LIMIT or LW_ERROR_INTERNAL). Nothing is half loaded.
/// Threads: any, with at least 96 KiB of stack left, or it is LW_ERROR_LIMIT; so for every function with an error parameter and those
/// that return text. Checks need less than 16 KiB. It starts no thread and installs nothing in the process.
/// Memory: allocates. The caller frees a set *error with lw_error_free.
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

/// The same as lw_open, with options.
///
/// source, error: as for lw_open.
/// options: the options, copied; NULL for those of lw_open. Set them to zero first, then size to sizeof(lw_options).
///
/// Returns: as lw_open; LW_ERROR_ARGUMENT also where size is another, that is where this library is of another version than the
/// header that the program was built with.
/// Threads: as lw_open.
/// Memory: as lw_open.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_open_with(
    source: *const c_char,
    options: *const lw_options,
    error: *mut *mut lw_error,
) -> *mut lw_engine {
    // SAFETY: all pointers are NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            let options = ptr::options(options)?.map_or_else(OpenOptions::default, open_options);
            let engine = options.open(Path::new(ptr::text(source)?))?;
            super::names::warm_up();
            Ok(ptr::give_engine(engine))
        })
    }
}

fn open_options(options: lw_options) -> OpenOptions {
    let patience = match options.patience {
        0 => OpenOptions::default(),
        milliseconds => OpenOptions::default().patience(Duration::from_millis(milliseconds.into())),
    };
    if options.read_only != 0 { patience.read_only() } else { patience }
}

/// Closes an engine and frees its memory. Texts and errors that it returned stay valid until they are freed.
///
/// engine: the engine; NULL is a harmless no-op.
///
/// Never use a closed engine. Debug builds of the library refuse every use of one (LW_ERROR_CLOSED where there is a status or an
/// error) and ignore a second close; in release builds both are undefined behaviour, as with free().
///
/// Returns: nothing.
/// Threads: any, but only while no other thread is in a call with this engine or will make one. It waits for a running callback of
/// a watcher.
/// Memory: frees the engine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_close(engine: *mut lw_engine) {
    guard(|| {
        // SAFETY: NULL, or an engine that is no longer in use, as the header asks.
        unsafe { ptr::take_engine(engine) };
        Ok(())
    });
}

/// Makes this process survive when the image of a store that it has open is made shorter (truncate, cp or > over it), or its disk can
/// no longer be read. Without this call the system ends the process (SIGBUS). With it, every check of that store is refused from
/// then on, and every change and lw_reload fails with LW_ERROR_FILE, until the process closes the engine and opens the store again.
/// Nothing is answered by half of an image. What is left to the caller: never copy another image of the same store over the file;
/// where no check meets the moment in which it is short, checks follow the copy until the next change.
///
/// It installs a handler for SIGBUS on the alternate stack, where the thread has one. Call it once, after the program has installed a handler of its own,
/// if it has one: every SIGBUS that is not about an image goes there. A thread that blocks SIGBUS is ended by the system all the same.
/// The handler stays until the process ends, in forked children too; a second call changes nothing.
///
/// On Windows it does nothing: no program can make a mapped file shorter there.
///
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: LW_OK, also where there is nothing to do; LW_ERROR_INTERNAL where the system takes no handler.
/// Threads: any.
/// Memory: the caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_survive_truncation(error: *mut *mut lw_error) -> lw_status {
    // SAFETY: `error` is NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            #[cfg(any(target_os = "linux", windows))]
            crate::memory::survive()?;
            Ok(LW_OK)
        })
    }
}

/// Reads the source again and puts it in force as a whole. On failure the old answers stay in force.
///
/// engine: an open engine. An engine over a store needs no reload: it is always up to date; this call only catches up with the log.
/// If the store's image was damaged meanwhile, every check was refused: this call makes it anew, and fails once with LW_ERROR_FILE to say
/// so. Every change does that, too, and then changes nothing else.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Checks in other threads continue meanwhile and never wait: each answer comes entirely from the old state or entirely from the
/// new one. A removed party keeps its number and is refused everything.
///
/// Returns: LW_OK; LW_ERROR_ARGUMENT, LW_ERROR_FILE, LW_ERROR_DOCUMENT, LW_ERROR_LIMIT, LW_ERROR_CLOSED or
/// LW_ERROR_INTERNAL.
/// Threads: any; reloads of one engine run one after the other.
/// Memory: allocates. The caller frees a set *error with lw_error_free.
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

/// The revision in force. Over a store it is the number of the last change set; over documents it is 1 after opening and grows by
/// one with every successful reload. A caller that stores answers compares it to know when they are out of date.
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

/// Hands an engine that was opened in Rust to C code, which closes it with [`lw_close`].
pub fn engine_to_c(engine: Engine) -> *mut lw_engine {
    ptr::give_engine(engine)
}

/// The engine behind a handle that Rust code got from C. `None` for NULL.
///
/// # Safety
/// `engine` is NULL or a handle that is not closed while `'a` lasts.
#[allow(unsafe_code, reason = "a pointer from C")]
pub unsafe fn engine_from_c<'a>(engine: *const lw_engine) -> Option<&'a Engine> {
    // SAFETY: the caller's promise.
    unsafe { ptr::engine(engine) }.ok()
}
