//! Entry points: from names of parties, domains and rights to their numbers, and back. An unknown name must never get the number
//! of another one: it is 0, which is refused everywhere.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::{Fault, Guarded, guard};
use super::ptr;
use super::rights::lw_right;
use super::types::{lw_engine, lw_error, lw_kind, lw_party};
use crate::error::ErrorKind;
use crate::id::Party;
use crate::right::{Right, RightSet};
use once_cell::sync::Lazy;
use std::ffi::{CString, c_char, c_uint};

/// The names of the rights as C strings, indexed by number.
static RIGHT_NAMES: Lazy<Vec<CString>> = Lazy::new(|| {
    let name = |number| Right::from_number(number).map_or("", Right::name);
    (0..256).map(|number| CString::new(name(number)).unwrap_or_default()).collect()
});

/// Builds the lazy table now, so that no later call takes a lock for it and a fork never copies a half-built one.
pub(super) fn warm_up() {
    Lazy::force(&RIGHT_NAMES);
}

/// The rights with those numbers; all where there are none.
///
/// # Safety
/// As for [`ptr::parties`].
pub(super) unsafe fn rights(numbers: *const lw_right, count: usize) -> Guarded<RightSet> {
    // SAFETY: the caller's promise; both are plain numbers.
    match unsafe { ptr::parties(numbers, count) }? {
        [] => Ok(RightSet::from_bits(u128::MAX)),
        list => list.iter().try_fold(RightSet::EMPTY, |set, number| Ok(set | right(number.0)?.mask())),
    }
}

/// The right with that number.
#[inline]
pub(super) fn right(number: lw_right) -> Guarded<Right> {
    Right::from_number(number).ok_or(Fault::Plain(ErrorKind::Unknown, "no right has that number"))
}

/// # Names and numbers
///
/// Finds the party of a name or extension. Call it once, store the number, and check by number.
///
/// engine: an open engine.
/// domain: the domain, or NULL if the engine has only one or the text begins with the domain and a slash.
/// name_or_number: a user's login or any of its extensions, `team:support`, `location:desk-7`, `device:door`,
/// `sip:bob@partner.example`, each also as `acme.example/alice`.
///
/// Addresses and domains are accepted in any spelling: escapes, upper and lower case in the domain, a dot after it, non-ASCII
/// letters or `xn--`, `<...>` with a display name, parameters and headers. An address with a port, a password, `sips:` or anything
/// else that may mean another account is unknown. Logins and extensions have exactly one spelling. docs/embed.md has the rules.
///
/// A `sip:` address that no document names is an outside contact without entries. It gets a number of its own. The last
/// 65,536 of these have one, those found again before those found once: find such a caller again for each call. A number that had to
/// go for another address names no party any more; every answer about it is no, and it is never given to another. lw_may_named
/// asks about such an address without giving it a number.
///
/// Returns: the number of the party; 0 if there is none, if the name matches several parties, or if an argument is NULL, too long
/// or not UTF-8.
/// Threads: any, concurrently.
/// Memory: takes a lock and allocates only for a `sip:` address that no document names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_find(
    engine: *const lw_engine,
    domain: *const c_char,
    name_or_number: *const c_char,
) -> lw_party {
    guard(|| {
        // SAFETY: `engine` is NULL or open and the texts NULL or valid, as the header asks.
        let (engine, domain, text) =
            unsafe { (ptr::engine(engine)?, ptr::text_or_null(domain)?, ptr::text(name_or_number)?) };
        Ok(engine.find(domain, text).unwrap_or_default().0)
    })
}

/// As lw_find, with an error message that names the problem and a similar known name. For configuration, not for the call path.
///
/// engine, domain, name_or_number: as for lw_find.
/// error: receives the error, or NULL. It is set to NULL on success.
///
/// Returns: the number of the party; 0 on failure, with *error saying why (LW_ERROR_ARGUMENT, LW_ERROR_UNKNOWN,
/// LW_ERROR_AMBIGUOUS, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
/// Threads: any, concurrently.
/// Memory: may allocate. The caller frees a set *error with lw_error_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_resolve(
    engine: *const lw_engine,
    domain: *const c_char,
    name_or_number: *const c_char,
    error: *mut *mut lw_error,
) -> lw_party {
    // SAFETY: `engine` is NULL or open, the texts and `error` NULL or valid, as the header asks.
    unsafe {
        ptr::guard_reporting(error, || {
            let (engine, domain) = (ptr::engine(engine)?, ptr::text_or_null(domain)?);
            Ok(engine.resolve(domain, ptr::text(name_or_number)?)?.0)
        })
    }
}

/// The name of a party as its own domain writes it: `alice`, `team:support`, `sip:bob@partner.example`.
///
/// engine: an open engine.
/// party: the party.
///
/// Returns: the name; NULL if no party has that number.
/// Threads: any, concurrently.
/// Memory: the caller frees the text with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_text(engine: *const lw_engine, party: lw_party) -> *mut c_char {
    guard(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let text = unsafe { ptr::engine(engine) }?.text(Party(party));
        if text.is_empty() {
            Err(Fault::Plain(ErrorKind::Unknown, "no party has that number"))
        } else {
            ptr::give_text(text)
        }
    })
}

/// The line of a user that an extension is. Eight rights depend on the line; pass the result as `line` to their questions.
///
/// engine: an open engine.
/// party: the user.
/// extension: one of the user's extensions, alone or with its domain (`101`, `acme.example/101`).
///
/// Returns: 1 the first line, 2 the second, 3 an additional one; 0 if the extension is not one of the party's. As `line`, 0 asks
/// for all lines.
/// Threads: any, concurrently.
/// Memory: allocates nothing, locks nothing, makes no system call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_line_of(engine: *const lw_engine, party: lw_party, extension: *const c_char) -> c_uint {
    guard(|| {
        // SAFETY: `engine` is NULL or open and `extension` NULL or valid, as the header asks.
        let (engine, extension) = unsafe { (ptr::engine(engine)?, ptr::text(extension)?) };
        Ok(engine.line_of(Party(party), extension))
    })
}

/// The kind of a party.
///
/// engine: an open engine.
/// party: the party.
///
/// Returns: one of the LW_KIND_ constants; 0 if no party has that number.
/// Threads: any, concurrently.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_party_kind(engine: *const lw_engine, party: lw_party) -> lw_kind {
    guard(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let kind = unsafe { ptr::engine(engine) }?.kind(Party(party));
        Ok(kind.map_or(0, |(_, kind)| kind as lw_kind))
    })
}

/// The name of the domain a party belongs to.
///
/// engine: an open engine.
/// party: the party.
///
/// Returns: the domain's name; NULL if no party has that number.
/// Threads: any, concurrently.
/// Memory: the caller frees the name with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_party_domain(engine: *const lw_engine, party: lw_party) -> *mut c_char {
    guard(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let name = unsafe { ptr::engine(engine) }?.domain_name_of(Party(party));
        ptr::give_text(name.ok_or(Fault::Plain(ErrorKind::Unknown, "no party has that number"))?)
    })
}

/// The number of domains.
///
/// engine: an open engine.
///
/// Returns: the number of domains; 0 if engine is NULL.
/// Threads: any, concurrently.
/// Memory: allocates during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_domain_count(engine: *const lw_engine) -> usize {
    // SAFETY: `engine` is NULL or open, as the header asks.
    guard(|| Ok(unsafe { ptr::engine(engine) }?.domains().len()))
}

/// The name of a domain by its index, from 0 to lw_domain_count - 1, in the order of the documents.
///
/// engine: an open engine.
/// index: the index. A reload may change it; lw_revision shows whether there was one.
///
/// Returns: the name, in lower case; NULL if the index is too large.
/// Threads: any, concurrently.
/// Memory: the caller frees the name with lw_string_free.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_domain_name(engine: *const lw_engine, index: usize) -> *mut c_char {
    guard(|| {
        // SAFETY: `engine` is NULL or open, as the header asks.
        let domain = unsafe { ptr::engine(engine) }?.domains().into_iter().nth(index);
        ptr::give_text(domain.ok_or(Fault::Plain(ErrorKind::Unknown, "no domain has that index"))?.1)
    })
}

/// Finds a right by its name: `call.pickup.first`, or `call.pickup` for all lines.
///
/// name: the name.
///
/// Returns: the number of the right, one of the LW_ constants; 0 if no right has that name.
/// Threads: any, concurrently.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_right_by_name(name: *const c_char) -> lw_right {
    // SAFETY: `name` is NULL or valid, as the header asks.
    guard(|| Ok(Right::parse(unsafe { ptr::text(name) }?).unwrap_or_default().number()))
}

/// The name of a right.
///
/// right: the number of the right.
///
/// Returns: the name; NULL if no right has that number.
/// Threads: any, concurrently.
/// Memory: the name is static; never free it.
#[unsafe(no_mangle)]
pub extern "C" fn lw_right_name(right: lw_right) -> *const c_char {
    guard(|| {
        let right = self::right(right)?;
        RIGHT_NAMES
            .get(right.number() as usize)
            .map(|name| name.as_ptr())
            .ok_or(Fault::Plain(ErrorKind::Internal, "a right without a name"))
    })
}

/// The rights one after another, by number: a list with a known end, so that a program can show or ask all that this library knows.
///
/// index: 0 for the first.
///
/// Returns: the right; 0, which is no right, from the end on.
/// Threads: any, concurrently.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub extern "C" fn lw_right_at(index: usize) -> lw_right {
    guard(|| Ok(Right::all().nth(index).unwrap_or_default().number()))
}
