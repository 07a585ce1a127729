//! Entry point: function codes.
#![allow(unsafe_code, reason = "C entry point")]

use super::guard::{Fault, guard};
use super::ptr;
use super::types::{LW_DIGITS_SIZE, LW_OK, lw_dialled, lw_engine, lw_party, lw_status};
use crate::error::ErrorKind;
use crate::id::Party;
use crate::right::Right;
use std::ffi::c_char;

/// # Function codes
///
/// What a dialled function code means, whom it concerns, and whether the actor may.
///
/// engine: an open engine.
/// actor: who dials.
/// code: what was dialled, with the code itself: `*8100`, `*7415#100`, `*44`. The codes are those of the actor's domain.
/// out: where to put the meaning; it is a refusal first, and stays so on any failure.
///
/// A pickup or a forwarding is asked for the line that was dialled, and allowed holds for that line only: pick up what rings
/// there, forward what goes there. An extension that is no line of a user's, such as a team's, and a code without an extension
/// are asked as the first line. out->right is the right that was asked, with its line.
///
/// A team's call that rings at the telephone of one of its agents is the team's: whether the actor may pick it up with the
/// agent's extension, lw_may_pick_up says of the team and not of the agent. Which call rings there, only the PBX knows.
///
/// Returns: LW_OK if the code means something: look at out->allowed. LW_ERROR_UNASSIGNED if what was dialled begins with no
/// function code of the domain, LW_ERROR_CODE if what follows the code is malformed, LW_ERROR_UNKNOWN if it names an extension
/// nobody has or actor is unknown, LW_ERROR_LIMIT if its digits do not fit LW_DIGITS_SIZE (they are never cut);
/// LW_ERROR_ARGUMENT, LW_ERROR_AMBIGUOUS, LW_ERROR_CLOSED or LW_ERROR_INTERNAL.
/// Threads: any, concurrently; out must be the caller's alone.
/// Memory: keeps nothing of the arguments; may allocate for the time of the call.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn lw_dial(
    engine: *const lw_engine,
    actor: lw_party,
    code: *const c_char,
    out: *mut lw_dialled,
) -> lw_status {
    guard(|| {
        // SAFETY: `out` is NULL or room for the meaning, `engine` NULL or open and `code` NULL or valid, as the header asks.
        let (out, engine, code) = unsafe { (ptr::refused(out)?, ptr::engine(engine)?, ptr::text(code)?) };
        let answer = engine.dialled(Party(actor), code)?;
        let right = if answer.right.is_empty() {
            0
        } else {
            let right = Right::parse(&answer.right);
            right.ok_or(Fault::Plain(ErrorKind::Internal, "a function code asks for a right that is none"))?.number()
        };
        out.put(lw_dialled {
            function: answer.function as u32,
            subject: answer.subject.0,
            right,
            allowed: answer.allowed,
            line: answer.line as u8,
            digits: digits(&answer.digits).ok_or(Fault::Plain(ErrorKind::Limit, "the digits do not fit"))?,
        });
        Ok(LW_OK)
    })
}

/// The text with its NUL and zeros after it; none if it does not fit whole, or C would see less than all of it.
fn digits(text: &str) -> Option<[c_char; LW_DIGITS_SIZE]> {
    let mut out = [0; LW_DIGITS_SIZE];
    if text.len() >= LW_DIGITS_SIZE || text.contains('\0') {
        return None;
    }
    for (place, byte) in out.iter_mut().zip(text.bytes()) {
        *place = byte as c_char;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_whole_or_refused() {
        let fits = "1".repeat(LW_DIGITS_SIZE - 1);
        let out = digits(&fits).unwrap();
        assert_eq!((out[0], out[LW_DIGITS_SIZE - 2], out[LW_DIGITS_SIZE - 1]), (b'1' as c_char, b'1' as c_char, 0));
        assert!(digits(&"1".repeat(LW_DIGITS_SIZE)).is_none());
        assert!(digits("1\x002").is_none());
    }
}
