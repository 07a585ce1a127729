//! Entry points: errors, and texts for statuses and reasons.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::guard;
use super::ptr;
use super::types::*;
use std::ffi::{CStr, c_char};

/// # Errors and text
///
/// The message of an error, for people: one or more lines, lower case, without a full stop. The error of a document lists every
/// fault with file, line, column, what was found and what was expected.
///
/// error: an error, or NULL.
///
/// Returns: the message; "" if error is NULL.
/// Threads: any, concurrently.
/// Memory: the text belongs to the error and is freed with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_error_message(error: *const lw_error) -> *const c_char {
    // SAFETY: `error` is NULL or not freed yet, as the header asks.
    guard(|| Ok(unsafe { ptr::error(error) }.map_or(c"", |error| &*error.message).as_ptr()))
}

/// The code of an error.
///
/// error: an error, or NULL.
///
/// Returns: one of the LW_ERROR_ constants; LW_OK if error is NULL.
/// Threads: any, concurrently.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_error_code(error: *const lw_error) -> lw_status {
    // SAFETY: `error` is NULL or not freed yet, as the header asks.
    guard(|| Ok(unsafe { ptr::error(error) }.map_or(LW_OK, |error| error.code)))
}

/// Frees an error and its message.
///
/// error: an error; NULL is a harmless no-op.
///
/// Returns: nothing.
/// Threads: any.
/// Memory: frees the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_error_free(error: *mut lw_error) {
    guard(|| {
        // SAFETY: `error` is NULL or not freed yet, as the header asks.
        unsafe { ptr::take_error(error) };
        Ok(())
    });
}

/// Frees a text that a function returned as `char *`. Never use free(): the library may use another allocator.
///
/// text: the text, unchanged; NULL is a harmless no-op.
///
/// Returns: nothing.
/// Threads: any.
/// Memory: frees the text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_string_free(text: *mut c_char) {
    guard(|| {
        // SAFETY: `text` is NULL or made by the library and not freed yet, as the header asks.
        unsafe { ptr::take_text(text) };
        Ok(())
    });
}

/// A short text for a status.
///
/// status: any number.
///
/// Returns: the text; "unknown status" for a number that is no status.
/// Threads: any, concurrently.
/// Memory: the text is static; never free it.
#[unsafe(no_mangle)]
pub extern "C" fn lw_status_text(status: lw_status) -> *const c_char {
    guard(|| Ok(status_text(status).as_ptr()))
}

/// A short text for a reason.
///
/// reason: any number.
///
/// Returns: the text; "another reason" for a number this library does not use.
/// Threads: any, concurrently.
/// Memory: the text is static; never free it.
#[unsafe(no_mangle)]
pub extern "C" fn lw_reason_text(reason: lw_reason) -> *const c_char {
    guard(|| Ok(reason_text(reason).as_ptr()))
}

fn status_text(status: lw_status) -> &'static CStr {
    match status {
        LW_OK => c"done",
        LW_ERROR_ARGUMENT => c"invalid argument",
        LW_ERROR_UNKNOWN => c"unknown name or number",
        LW_ERROR_DOCUMENT => c"a document cannot be loaded",
        LW_ERROR_FILE => c"a file or folder cannot be read",
        LW_ERROR_CODE => c"malformed digits after the function code",
        LW_ERROR_LIMIT => c"a limit would be exceeded",
        LW_ERROR_AMBIGUOUS => c"the name fits several parties",
        LW_ERROR_CLOSED => c"the engine has been closed",
        LW_ERROR_UNASSIGNED => c"no such function code",
        LW_ERROR_REFUSED => c"the author may not make this change",
        LW_ERROR_FORKED => c"the store is not on the line of its upstream",
        LW_ERROR_FOLLOWS => c"the store follows another one",
        LW_ERROR_CUT_OFF => c"the store cannot reach its cluster",
        LW_ERROR_UNSETTLED => c"it is not known whether the change was made",
        LW_ERROR_INTERNAL => c"a defect of linewarden was caught",
        _ => c"unknown status",
    }
}

fn reason_text(reason: lw_reason) -> &'static CStr {
    match reason {
        LW_REASON_UNKNOWN => c"actor, right or target is unknown",
        LW_REASON_NOT_GRANTED => c"no source gives the right",
        LW_REASON_NOT_APPLICABLE => c"the right does not apply between these kinds of parties",
        LW_REASON_OWN_SETTING_LACKS => c"the owner's own setting lacks the right",
        LW_REASON_VIP => c"the owner is a VIP and has set nothing for the actor",
        LW_REASON_PRIVATE_LINE => c"the line is private",
        LW_REASON_ONESELF => c"towards oneself",
        LW_REASON_OWN_SETTING => c"the owner's own setting",
        LW_REASON_SITE_DEFAULT => c"the default of the owner's site or configuration group",
        LW_REASON_WORKGROUP => c"a workgroup",
        LW_REASON_MONITORING_GROUP => c"a monitoring group",
        LW_REASON_ASSISTANT => c"the actor is an assistant",
        LW_REASON_TRANSFER => c"the actor's part in a transfer",
        LW_REASON_UNKNOWN_LABEL => c"the label unknown has the right",
        LW_REASON_GLOBAL_AUTHORIZATION => c"the global authorization",
        LW_REASON_AUTHORIZATION_GROUP => c"an authorization group",
        LW_REASON_GROUP_LEADER => c"the actor leads an authorization group",
        LW_REASON_OWN_GRANT => c"the owner's own grant",
        LW_REASON_SOURCES_TOGETHER => c"several sources together",
        LW_REASON_ADMINISTRATIVE_GRANT => c"the administrator's grant to the actor",
        LW_REASON_PERMISSION => c"a permission",
        LW_REASON_OPEN_DEFAULT => c"open until the first permission carries the role type",
        LW_REASON_AGENT => c"an agent of the team",
        LW_REASON_SUBSCRIPTION => c"a subscription",
        LW_REASON_REALM => c"a permission realm",
        LW_REASON_RELATION_RULE => c"the domain allows such a change of relations",
        LW_REASON_EXEMPT => c"the target is exempt from the right",
        LW_REASON_TOO_OLD => c"the store has not heard from its log for longer than the domain allows",
        LW_REASON_RULE => c"a rule",
        LW_REASON_DESTINATION => c"the domain opens this class of destinations to every forwarding",
        _ => c"another reason",
    }
}
