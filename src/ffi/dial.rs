//! Entry point: what a dialled text asks for, of whom, and whether the actor may. It must never shorten digits: a number cut short
//! is another number.
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
/// The meaning of a dialled function code, the party it concerns, and whether the actor may use it.
///
/// engine: an open engine.
/// actor: the party that dials.
/// code: the dialled text including the code: `*8100`, `*7415#100`, `*44`. The codes are those of the actor's domain.
/// out: receives the meaning. It is set to a refusal first, and stays one on any failure.
///
/// A pickup or a forwarding is checked for the dialled line, and allowed is valid for that line only: pick up a call that rings
/// there, forward calls to it. An extension that is not a user's line, such as a team's, and a code without an extension are checked
/// as the first line. out->right is the right that was checked, with its line.
///
/// A call of a team that rings at the telephone of an agent belongs to the team. If the actor dials the agent's extension to pick it
/// up, ask lw_may_pick_up about the team, not about the agent. Only the PBX knows which call rings there.
///
/// Returns: LW_OK if the code has a meaning: see out->allowed. LW_ERROR_UNASSIGNED if the text begins with no function code of the
/// domain, LW_ERROR_CODE if the digits after the code are malformed, LW_ERROR_UNKNOWN if the extension or the actor is unknown,
/// LW_ERROR_LIMIT if the digits do not fit into LW_DIGITS_SIZE (they are never truncated); LW_ERROR_ARGUMENT, LW_ERROR_AMBIGUOUS,
/// LW_ERROR_CLOSED or LW_ERROR_INTERNAL.
/// Threads: any, concurrently; no other thread may use out during the call.
/// Memory: may allocate during the call.
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
        let answer = engine.dial(Party(actor), code)?;
        let right = answer.right.map_or(0, Right::number);
        out.put(lw_dialled {
            function: answer.function as u32,
            subject: answer.target.0,
            right,
            allowed: answer.allowed,
            line: answer.line as u8,
            digits: digits(&answer.digits).ok_or(Fault::Plain(ErrorKind::Limit, "the digits do not fit"))?,
        });
        Ok(LW_OK)
    })
}

/// The text, padded with NUL; `None` if it does not fit or contains a NUL, which would truncate it for C.
fn digits(text: &str) -> Option<[c_char; LW_DIGITS_SIZE]> {
    let mut out = [0; LW_DIGITS_SIZE];
    if text.len() >= LW_DIGITS_SIZE || text.contains('\0') {
        return None;
    }
    for (held, byte) in out.iter_mut().zip(text.bytes()) {
        *held = byte as c_char;
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
