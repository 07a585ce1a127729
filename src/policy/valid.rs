//! The syntax of names, extensions, addresses and codes, the same for a document and for a change. It never looks at a policy.
#![forbid(unsafe_code)]

use crate::wording::quote;

/// The longest name, in bytes.
pub const LONGEST_NAME: usize = 255;
/// The longest extension, in characters.
pub const LONGEST_EXTENSION: usize = 32;
/// The longest address of a contact, in bytes.
pub const LONGEST_ADDRESS: usize = 320;
/// The longest function code, in characters.
pub const LONGEST_CODE: usize = 32;

/// The longest age that a domain can ask for, in seconds: a week.
pub const MOST_AGE: u32 = 604_800;

/// What is wrong with a name, if anything: it must not look like anything else a party is written as.
pub fn name_fault(name: &str) -> Option<String> {
    match name.chars().find(|c| c.is_control() || matches!(c, '/' | ':')) {
        _ if name.is_empty() => Some("is empty".into()),
        _ if name.len() > LONGEST_NAME => Some(format!("has {} bytes, expected at most {LONGEST_NAME}", name.len())),
        Some('/' | ':') => Some(format!("is {}, expected a name without `/` and `:`", quote(name))),
        Some(_) => Some(format!("is {}, expected a name without control characters", quote(name))),
        None if name.trim() != name => Some(format!("is {}, expected a name without blanks around it", quote(name))),
        None => None,
    }
}

/// Whether `text` can be free text such as a company: not empty, no control characters, no longer than a name.
pub fn is_label(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

/// Whether `text` can be an extension. `*` and `#` belong to function codes, `:`, `/` and `@` to the ways of writing a
/// party.
pub fn is_extension(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    plain && !digits.is_empty() && text.len() <= LONGEST_EXTENSION
}

/// Whether `text` can be a function code.
pub fn is_code(text: &str) -> bool {
    let good = |byte| matches!(byte, b'*' | b'#' | b'0'..=b'9');
    text.starts_with(['*', '#']) && text.bytes().all(good) && text.len() <= LONGEST_CODE
}
