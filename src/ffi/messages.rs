//! Entry points: what the library has to say outside any call's answer, for a program that keeps a log.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::Fault;
use super::ptr;
use super::types::{
    LW_LOG_ERROR, LW_LOG_INFO, LW_LOG_WARNING, LW_OK, lw_error, lw_log_callback, lw_log_level, lw_status,
};
use crate::error::ErrorKind;
use log::{Level, LevelFilter, Log, Metadata, Record};
use parking_lot::RwLock;
use std::ffi::{CString, c_char, c_void};
use std::sync::OnceLock;

/// Where messages go. Read while the callback runs, so that no call outlives the callback's end.
static SINK: RwLock<Option<Sink>> = RwLock::new(None);

/// Whether the process's logger is this library's.
static IS_OURS: OnceLock<bool> = OnceLock::new();

#[derive(Clone, Copy)]
struct Sink {
    call: unsafe extern "C" fn(*mut c_void, lw_log_level, *const c_char),
    data: *mut c_void,
}

// SAFETY: the header asks for a function that any thread can call with this data.
unsafe impl Send for Sink {}
// SAFETY: as above.
unsafe impl Sync for Sink {}

/// Passes messages of this library to the callback of C.
struct ToC;

impl Log for ToC {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Info && metadata.target().starts_with(env!("CARGO_PKG_NAME"))
    }

    fn log(&self, record: &Record<'_>) {
        // Recursive: a callback that asks the library something may meet the next message.
        let sink = SINK.read_recursive();
        let Some(Sink { call, data }) = *sink else { return };
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            Level::Error => LW_LOG_ERROR,
            Level::Warn => LW_LOG_WARNING,
            _ => LW_LOG_INFO,
        };
        let text = CString::new(record.args().to_string().replace('\0', " ")).unwrap_or_default();
        // SAFETY: the header asks for a function that can be called like this; the text lives until it returns.
        unsafe { call(data, level, text.as_ptr()) };
    }

    fn flush(&self) {}
}

/// # The log
///
/// Passes what the library has to say outside any answer to a function, for the whole process: that a store is opened, that it can only
/// be read, that a damaged image was made anew, that a watcher cannot read the store and tries again. No check says anything: a
/// refused call is no message. No message has a name or number of a person.
///
/// callback: the function to call; NULL for none any more. When this returns, the one before is not running and will not be called again.
/// data: passed to callback unchanged; the library never dereferences it.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: LW_OK; LW_ERROR_INTERNAL where the program is written in Rust, too, and has a logger of its own: that one has the messages.
/// Threads: any. The callback is called by any thread that is in a call of this library, or by a watcher's, with locks held: it may call
/// lw_ functions that ask, but none that opens, changes, reloads or closes, nor this one. It must return.
/// Memory: allocates. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_set_log(
    callback: lw_log_callback,
    data: *mut c_void,
    error: *mut *mut lw_error,
) -> lw_status {
    // SAFETY: `error` is NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            // A logger of others is not replaced.
            let is_ours = || log::set_logger(&ToC).map(|()| log::set_max_level(LevelFilter::Info)).is_ok();
            if !*IS_OURS.get_or_init(is_ours) {
                return Err(Fault::Plain(ErrorKind::Internal, "this process has a logger of its own"));
            }
            *SINK.write() = callback.map(|call| Sink { call, data });
            Ok(LW_OK)
        })
    }
}
