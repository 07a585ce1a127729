//! All work with pointers from and to C: every dereference, every conversion between a box and a handle, every read of text.
//!
//! It must never trust a pointer further than the header asks of the caller: NULL, misaligned pointers, impossible lengths and
//! text that is too long or not UTF-8 are refused here, once, for all entry points.
#![allow(unsafe_code, reason = "this is the file that works with pointers")]

use super::follower::Follower;
use super::guard::{FailClosed, Fault, Guarded, caught};
use super::stack;
use super::types::{
    LW_CHANGES_MAX, LW_TEXT_MAX, lw_decision, lw_engine, lw_error, lw_options, lw_party, lw_shadow, lw_watcher,
};
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::id::Party;
use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::sync::Arc;

const fn argument(message: &'static str) -> Fault {
    Fault::Plain(ErrorKind::Argument, message)
}

/// Hands an engine to C.
pub(super) fn give_engine(engine: Engine) -> *mut lw_engine {
    Box::into_raw(Box::new(lw_engine {
        #[cfg(debug_assertions)]
        open: true.into(),
        engine: MaybeUninit::new(engine),
        followers: Default::default(),
    }))
}

/// The engine behind a handle.
///
/// # Safety
/// `engine` is NULL or a handle from [`give_engine`] that is not closed while `'a` lasts; in debug builds it may be closed.
#[inline]
pub(super) unsafe fn engine<'a>(engine: *const lw_engine) -> Guarded<&'a Engine> {
    // SAFETY: the caller's promise; a closed handle of a debug build still points to its shell, see `take_engine`.
    let Some(handle) = (unsafe { engine.as_ref() }) else {
        return Err(argument("the engine is NULL"));
    };
    #[cfg(debug_assertions)]
    if !handle.open.load(std::sync::atomic::Ordering::Acquire) {
        return Err(Fault::Plain(ErrorKind::Closed, "the engine has been closed"));
    }
    // SAFETY: set by `give_engine`, and ended only by `take_engine`, which has not been called: in debug builds the word says
    // so, in release builds the caller's promise.
    Ok(unsafe { handle.engine.assume_init_ref() })
}

/// Takes an engine back from C and drops it; NULL is a no-op. A debug build keeps the empty shell for ever, so that a later use
/// reads "closed" instead of freed memory.
///
/// # Safety
/// As [`engine`], and no other thread uses the handle.
pub(super) unsafe fn take_engine(engine: *mut lw_engine) {
    // SAFETY: NULL, or a shell that is there, by the caller's promise or because it is never freed.
    let Some(handle) = (unsafe { engine.as_ref() }) else { return };
    std::mem::take(&mut *handle.followers.lock()).iter().for_each(|follower| follower.end());
    #[cfg(debug_assertions)]
    {
        static CLOSED: parking_lot::Mutex<Vec<&lw_engine>> = parking_lot::Mutex::new(Vec::new());
        // SAFETY: not NULL, and a shell is never freed; a shared borrow, because `open` is atomic.
        if !unsafe { (*engine).open.swap(false, std::sync::atomic::Ordering::AcqRel) } {
            return;
        }
        // SAFETY: the swap lets exactly one call come here, and by the caller's promise no other thread uses the engine.
        unsafe { (*engine).engine.assume_init_drop() };
        // SAFETY: the shell lives for ever from here on. The list keeps it reachable for leak checkers.
        CLOSED.lock().push(unsafe { &*engine });
    }
    #[cfg(not(debug_assertions))]
    {
        // SAFETY: made by `give_engine`, and by the caller's promise neither closed before nor in use.
        drop(unsafe { Box::from_raw(engine).engine.assume_init() });
    }
}

/// Closing the engine ends this follower, too.
///
/// # Safety
/// As [`engine`].
unsafe fn tie(engine: *const lw_engine, follower: &Arc<Follower>) -> Guarded<()> {
    // SAFETY: the caller's promise.
    let handle = unsafe { engine.as_ref() }.ok_or(argument("the engine is NULL"))?;
    let mut followers = handle.followers.lock();
    followers.retain(|follower| !follower.has_ended());
    followers.push(follower.clone());
    Ok(())
}

/// Hands a follower of an engine to C as a watcher; closing the engine ends it, too.
///
/// # Safety
/// As [`engine`].
pub(super) unsafe fn give_watcher(
    engine: *const lw_engine,
    follower: Arc<Follower>,
    revision: u64,
) -> Guarded<*mut lw_watcher> {
    // SAFETY: the caller's promise.
    unsafe { tie(engine, &follower) }?;
    Ok(Box::into_raw(Box::new(lw_watcher { follower, revision })))
}

/// A watcher.
///
/// # Safety
/// `watcher` is NULL or comes from [`give_watcher`] and is not taken back while `'a` lasts.
pub(super) unsafe fn watcher<'a>(watcher: *const lw_watcher) -> Guarded<&'a lw_watcher> {
    // SAFETY: the caller's promise.
    unsafe { watcher.as_ref() }.ok_or_else(|| argument("the watcher is NULL"))
}

/// A decision that was answered before.
///
/// # Safety
/// `decision` is NULL or points to one.
pub(super) unsafe fn decision(decision: *const lw_decision) -> Guarded<lw_decision> {
    match decision.is_null() || !decision.is_aligned() {
        true => Err(argument("the decision is NULL or misaligned")),
        // SAFETY: the caller's promise. Its bool was written by this library.
        false => Ok(unsafe { decision.read() }),
    }
}

/// The options of an engine; `None` for NULL.
///
/// # Safety
/// `options` is NULL or points to a size, and to options where the size is theirs.
pub(super) unsafe fn options(options: *const lw_options) -> Guarded<Option<lw_options>> {
    if options.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise; the size comes first.
    if unsafe { options.cast::<usize>().read() } != size_of::<lw_options>() {
        return Err(argument("the size of the options is not that of this library's lw_options"));
    }
    // SAFETY: the caller's promise. What C left in the place of a bool is read as a number.
    Ok(Some(unsafe { options.read() }))
}

/// Hands a shadow to C; closing its engine ends the thread that writes, too.
///
/// # Safety
/// As [`engine`] for the engine inside.
pub(super) unsafe fn give_shadow(shadow: lw_shadow) -> Guarded<*mut lw_shadow> {
    // SAFETY: the caller's promise.
    unsafe { tie(shadow.engine, &shadow.follower) }?;
    Ok(Box::into_raw(Box::new(shadow)))
}

/// A shadow and its engine.
///
/// # Safety
/// `shadow` is NULL or comes from [`give_shadow`], was not taken back and its engine not closed while `'a` lasts; in debug builds the
/// engine may be closed.
#[inline]
pub(super) unsafe fn shadow<'a>(shadow: *const lw_shadow) -> Guarded<(&'a Engine, &'a lw_shadow)> {
    // SAFETY: the caller's promise.
    let Some(handle) = (unsafe { shadow.as_ref() }) else { return Err(argument("the shadow is NULL")) };
    // SAFETY: as above.
    Ok((unsafe { engine(handle.engine) }?, handle))
}

/// Takes a shadow back from C and ends it; NULL is a no-op.
///
/// # Safety
/// `shadow` is NULL or comes from [`give_shadow`] and was not taken back before.
pub(super) unsafe fn take_shadow(shadow: *mut lw_shadow) {
    if !shadow.is_null() {
        // SAFETY: made by `Box::into_raw`, and not freed before by the caller's promise.
        unsafe { Box::from_raw(shadow) }.follower.end();
    }
}

/// Takes a watcher back from C and ends it; NULL is a no-op.
///
/// # Safety
/// `watcher` is NULL or comes from [`give_watcher`] and was not taken back before.
pub(super) unsafe fn take_watcher(watcher: *mut lw_watcher) {
    if !watcher.is_null() {
        // SAFETY: made by `Box::into_raw`, and not freed before by the caller's promise.
        unsafe { Box::from_raw(watcher) }.follower.end();
    }
}

/// Text from C.
///
/// # Safety
/// `text` is NULL or points to bytes that end in NUL and do not change while `'a` lasts.
#[inline]
pub(super) unsafe fn text<'a>(text: *const c_char) -> Guarded<&'a str> {
    // SAFETY: the caller's promise.
    unsafe { text_or_null(text) }?.ok_or(argument("a text is NULL"))
}

/// Text from C that may be NULL.
///
/// # Safety
/// As [`text`].
#[inline]
pub(super) unsafe fn text_or_null<'a>(text: *const c_char) -> Guarded<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller promises.
    unsafe { bounded(text, LW_TEXT_MAX, "a text is longer than 4096 bytes") }.map(Some)
}

/// Changes from C: text with a higher limit.
///
/// # Safety
/// As [`text`].
pub(super) unsafe fn changes<'a>(text: *const c_char) -> Guarded<&'a str> {
    if text.is_null() {
        return Err(argument("a text is NULL"));
    }
    // SAFETY: as the caller promises.
    unsafe { bounded(text, LW_CHANGES_MAX, "the changes are longer than 16 MiB") }
}

/// # Safety
/// As [`text`], and not NULL.
#[inline]
unsafe fn bounded<'a>(text: *const c_char, most: usize, longer: &'static str) -> Guarded<&'a str> {
    // SAFETY: `strnlen` reads up to the NUL that the caller promises, and never more than one byte over the limit.
    let length = unsafe { libc::strnlen(text, most + 1) };
    if length > most {
        return Err(argument(longer));
    }
    // SAFETY: `strnlen` has just found that many bytes before the NUL.
    let bytes = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length) };
    std::str::from_utf8(bytes).map_err(|_| argument("a text is not UTF-8"))
}

/// Parties from C. With a count of 0 the pointer is not looked at.
///
/// # Safety
/// `parties` is NULL or points to `count` numbers that do not change while `'a` lasts.
#[inline]
pub(super) unsafe fn parties<'a>(parties: *const lw_party, count: usize) -> Guarded<&'a [Party]> {
    if count == 0 {
        return Ok(&[]);
    }
    usable(parties, count)?;
    // SAFETY: not NULL, aligned, of a possible size, and `count` long by the caller's promise; `Party` is a transparent u32.
    Ok(unsafe { std::slice::from_raw_parts(parties.cast::<Party>(), count) })
}

/// Room for answers, every one of them no to begin with.
///
/// # Safety
/// `out` is NULL or points to room for `count` bools that no other code uses while `'a` lasts.
#[inline]
pub(super) unsafe fn answers<'a>(out: *mut bool, count: usize) -> Guarded<&'a mut [bool]> {
    if count == 0 {
        return Ok(&mut []);
    }
    usable(out, count)?;
    // SAFETY: not NULL, of a possible size, and room for `count` bools by the caller's promise. C need not have written
    // there; after this every byte is a valid bool, `false`.
    unsafe {
        out.write_bytes(0, count);
        Ok(std::slice::from_raw_parts_mut(out, count))
    }
}

/// Writes as many of `found` as fit and returns how many there are.
///
/// # Safety
/// `out` is NULL or points to room for `capacity` numbers that no other code uses.
pub(super) unsafe fn put_parties(found: &[Party], out: *mut lw_party, capacity: usize) -> Guarded<usize> {
    let written = found.len().min(capacity);
    if written > 0 {
        usable(out, written)?;
        // SAFETY: not NULL, aligned, room for `written` numbers by the caller's promise; ours are not in C's memory.
        unsafe { std::ptr::copy_nonoverlapping(found.as_ptr().cast::<lw_party>(), out, written) };
    }
    Ok(found.len())
}

fn usable<T>(pointer: *const T, count: usize) -> Guarded<()> {
    if pointer.is_null() || !pointer.is_aligned() {
        return Err(argument("an array is NULL or misaligned"));
    }
    match count.checked_mul(size_of::<T>()) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(()),
        _ => Err(argument("an array is longer than memory")),
    }
}

/// Whether two arrays of a possible size share a byte.
pub(super) fn overlap<A, B>(a: *const A, b: *const B, count: usize) -> bool {
    let (a, b) = (a.addr(), b.addr());
    a < b.saturating_add(count.saturating_mul(size_of::<B>()))
        && b < a.saturating_add(count.saturating_mul(size_of::<A>()))
}

/// A set from C, by value.
///
/// # Safety
/// `value` is NULL or points to a value that does not change during the call.
#[inline]
pub(super) unsafe fn read<T: Copy>(value: *const T) -> Guarded<T> {
    if value.is_null() || !value.is_aligned() {
        return Err(argument("a pointer is NULL or misaligned"));
    }
    // SAFETY: not NULL, aligned, and valid by the caller's promise.
    Ok(unsafe { *value })
}

/// Room for one answer, which is a refusal until [`Out::put`] says otherwise.
pub(super) struct Out<T>(*mut T);

/// Makes `*out` a refusal.
///
/// # Safety
/// `out` is NULL or points to room for a `T` that no other code uses during the call; all zero is a valid `T`.
#[inline]
pub(super) unsafe fn refused<T: Copy>(out: *mut T) -> Guarded<Out<T>> {
    if out.is_null() || !out.is_aligned() {
        return Err(argument("the place for the answer is NULL or misaligned"));
    }
    // SAFETY: not NULL, aligned, room for a `T` by the caller's promise.
    unsafe { out.write_bytes(0, 1) };
    Ok(Out(out))
}

impl<T: Copy> Out<T> {
    /// Writes the answer.
    #[inline]
    pub(super) fn put(self, value: T) {
        // SAFETY: `refused` has checked the pointer, and its caller promised the room for the whole call.
        unsafe { self.0.write(value) };
    }
}

/// Hands text to C, to be freed with lw_string_free.
pub(super) fn give_text(text: String) -> Guarded<*mut c_char> {
    let text = CString::new(text).map_err(|_| Fault::Plain(ErrorKind::Internal, "a text with a NUL inside"))?;
    Ok(text.into_raw())
}

/// Takes text back from C and frees it; NULL is a no-op.
///
/// # Safety
/// `text` is NULL or comes from [`give_text`], is as it was given, and was not taken back before.
pub(super) unsafe fn take_text(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { CString::from_raw(text) });
    }
}

/// The error behind a handle; NULL is none.
///
/// # Safety
/// `error` is NULL or a handle of [`guard_reporting`] that is not freed while `'a` lasts.
pub(super) unsafe fn error<'a>(error: *const lw_error) -> Option<&'a lw_error> {
    // SAFETY: the caller's promise.
    unsafe { error.as_ref() }
}

/// Takes an error back from C and frees it; NULL is a no-op.
///
/// # Safety
/// `error` is NULL or a handle of [`guard_reporting`] that was not taken back before.
pub(super) unsafe fn take_error(error: *mut lw_error) {
    if !error.is_null() {
        // SAFETY: made by `Box::into_raw` in `guard_reporting`, and not freed before by the caller's promise.
        drop(unsafe { Box::from_raw(error) });
    }
}

/// As [`super::guard::guard`] for what needs more stack than a check, and puts the error into `report` if that is not NULL: NULL after a success.
///
/// # Safety
/// `report` is NULL or points to room for a pointer that no other code uses during the call.
pub(super) unsafe fn guard_reporting<T: FailClosed>(
    report: *mut *mut lw_error,
    body: impl FnOnce() -> Guarded<T>,
) -> T {
    let report = if report.is_aligned() { report } else { std::ptr::null_mut() };
    if !report.is_null() {
        // SAFETY: not NULL, aligned, and valid by the caller's promise.
        unsafe { report.write(std::ptr::null_mut()) };
    }
    let body = || {
        stack::enough()?;
        body()
    };
    caught(body).unwrap_or_else(|fault| {
        // Making the error may fail, too; then the caller learns the status only.
        let _ = caught(|| {
            if !report.is_null() {
                let message = CString::new(fault.message().replace('\0', "\u{fffd}")).unwrap_or_default();
                let error = Box::new(lw_error { code: fault.kind() as i32, message });
                // SAFETY: as above.
                unsafe { report.write(Box::into_raw(error)) };
            }
            Ok(())
        });
        T::fail(&fault)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_bounded_and_utf8() {
        let longest = CString::new(vec![b'a'; LW_TEXT_MAX]).unwrap();
        let longer = CString::new(vec![b'a'; LW_TEXT_MAX + 1]).unwrap();
        // SAFETY: all of them are live C strings, or NULL.
        unsafe {
            assert_eq!(text(longest.as_ptr()).unwrap().len(), LW_TEXT_MAX);
            assert_eq!(text(longer.as_ptr()).unwrap_err().kind(), ErrorKind::Argument);
            assert_eq!(text(c"\xff".as_ptr()).unwrap_err().kind(), ErrorKind::Argument);
            assert_eq!(text(std::ptr::null()).unwrap_err().kind(), ErrorKind::Argument);
            assert_eq!(text(c"".as_ptr()).unwrap(), "");
            assert!(text_or_null(std::ptr::null()).unwrap().is_none());
        }
    }

    #[test]
    fn arrays_are_checked() {
        let numbers = [1, 2, 3];
        let misaligned = numbers.as_ptr().wrapping_byte_add(1);
        // SAFETY: the first is live; the others are refused before they are read.
        unsafe {
            assert_eq!(parties(numbers.as_ptr(), 3).unwrap(), [Party(1), Party(2), Party(3)]);
            assert!(parties(std::ptr::null(), 0).unwrap().is_empty());
            assert!(parties(std::ptr::null(), 1).is_err());
            assert!(parties(misaligned, 1).is_err());
            assert!(parties(numbers.as_ptr(), usize::MAX).is_err());
            assert!(parties(numbers.as_ptr(), isize::MAX as usize).is_err());
        }
    }

    #[test]
    fn list_is_cut_to_the_room_but_counted_whole() {
        let mut out = [9; 3];
        let found = [Party(1), Party(2), Party(4)];
        // SAFETY: `out` has room for three.
        unsafe {
            assert_eq!(put_parties(&found, out.as_mut_ptr(), 2).unwrap(), 3);
            assert_eq!(out, [1, 2, 9]);
            assert_eq!(put_parties(&found, std::ptr::null_mut(), 0).unwrap(), 3);
            assert!(put_parties(&found, std::ptr::null_mut(), 1).is_err());
        }
    }

    #[test]
    fn overlap_is_seen_byte_for_byte() {
        let room = [0_u32; 4];
        let start = room.as_ptr();
        assert!(overlap(start, start.cast::<bool>(), 1));
        assert!(overlap(start, start.cast::<bool>().wrapping_add(7), 2));
        assert!(!overlap(start, start.cast::<bool>().wrapping_add(8), 2));
        assert!(!overlap(start.wrapping_add(1), start.cast::<bool>(), 2));
    }
}
