//! What was written or dialled, as digits. It must never pass over a character that it does not know.
#![forbid(unsafe_code)]

use std::fmt;

/// The most digits that are read; E.164 has 15, and prefixes stand before them.
const MOST: usize = 24;

/// The most digits of a number with its country code.
pub(super) const E164_DIGITS: usize = 15;

/// At least one digit, at most [`MOST`]. It takes no memory of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Digits {
    /// ASCII digits, then zero bytes.
    bytes: [u8; MOST],
    length: usize,
}

impl Digits {
    /// The parts, one after the other; `None` if they are none or too many, or not digits.
    pub fn joined(parts: &[&str]) -> Option<Digits> {
        let mut digits = Digits { bytes: [0; MOST], length: 0 };
        for byte in parts.iter().flat_map(|part| part.bytes()) {
            digits.push(byte)?;
        }
        (digits.length > 0).then_some(digits)
    }

    /// The digits of a key (see [`super::compiled`]), perhaps none.
    pub fn of_key(key: u64) -> Digits {
        let mut digits = Digits { bytes: [0; MOST], length: key.checked_ilog10().unwrap_or(0) as usize };
        let mut rest = key;
        for byte in digits.bytes.get_mut(..digits.length).unwrap_or_default().iter_mut().rev() {
            *byte = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        digits
    }

    /// The digits with a `+` before them.
    pub fn with_plus(&self) -> Plus {
        let mut bytes = [b'+'; MOST + 1];
        bytes.iter_mut().skip(1).zip(self.bytes).for_each(|(held, byte)| *held = byte);
        Plus { bytes, length: self.length + 1 }
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length).filter(|_| byte.is_ascii_digit())? = byte;
        self.length += 1;
        Some(())
    }

    /// The digits.
    pub fn text(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Digits with a `+` before them.
pub(super) struct Plus {
    bytes: [u8; MOST + 1],
    length: usize,
}

impl Plus {
    /// The text.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// A number as it was written, and whether a `+` stands before it.
pub(super) struct Written {
    pub plus: bool,
    pub digits: Digits,
    /// The digits without those that stand as `(0)`, if it stands anywhere: a national prefix that is not dialled from abroad.
    pub without_zero: Option<Digits>,
    /// What `;ext=` says: an extension behind the number, which may be one of ours.
    pub behind: Option<Digits>,
}

/// Reads a number: digits with spaces, `-`, `/`, `.` and brackets between them, `+` in front or not, `tel:` before it, `;ext=` or
/// `;isub=` after it, each once. Anything else is no number: letters, `*` and `#`, digits of other scripts, another parameter.
pub(super) fn read(text: &str) -> Option<Written> {
    let scheme = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:"));
    let text = text.get(scheme.map_or(0, str::len)..)?;
    let mut parts = text.split(';');
    let text = parts.next()?;
    // A subaddress is of the same telephone; an extension may be of another.
    let (mut behind, mut subaddress) = (None, None);
    for parameter in parts {
        let (name, value) = parameter.split_once('=')?;
        let held = match () {
            () if name.eq_ignore_ascii_case("ext") => &mut behind,
            () if name.eq_ignore_ascii_case("isub") => &mut subaddress,
            () => return None,
        };
        if held.replace(Digits::joined(&[value])?).is_some() {
            return None;
        }
    }
    let text = text.trim_matches(' ');
    let plus = text.starts_with('+');
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = plain(text)?;
    let without_zero = match text.split_once("(0)") {
        // Which of them is dialled is anyone's guess.
        Some((_, tail)) if tail.contains("(0)") => return None,
        Some((head, tail)) => Some(Digits::joined(&[plain(head)?.text(), plain(tail)?.text()])?),
        None => None,
    };
    Some(Written { plus, digits, without_zero, behind })
}

fn plain(text: &str) -> Option<Digits> {
    let mut digits = Digits { bytes: [0; MOST], length: 0 };
    for byte in text.bytes() {
        if !b" -/.()".contains(&byte) {
            digits.push(byte)?;
        }
    }
    (digits.length > 0).then_some(digits)
}
