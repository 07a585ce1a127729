//! The canonical form of domains and `sip:` addresses, from any spelling (RFC 3261 19.1.4, IDNA).
//!
//! A text that is not certainly an address or a domain must never be taken for one: it would name a party. Parsing must never
//! allocate; only the functions that return a `String` do.
#![forbid(unsafe_code)]

use idna::uts46::{AsciiDenyList, ErrorPolicy, Hyphens, ProcessingSuccess, Uts46};
use std::fmt::{self, Write};
use std::net::Ipv4Addr;

/// The longest user part in canonical form, in bytes.
pub const LONGEST_USER: usize = 255;
/// The longest domain in canonical form, in bytes.
pub const LONGEST_DOMAIN: usize = 253;
const SCHEME: &str = "sip:";
/// Bytes of the longest address.
/// The longest address in its one form.
pub const LONGEST: usize = SCHEME.len() + LONGEST_USER + 1 + LONGEST_DOMAIN;

/// A buffer for one text that is not in canonical form.
pub struct Room {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Room {
    /// An empty buffer.
    pub fn new() -> Room {
        Room { bytes: [0; LONGEST], length: 0 }
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length)? = byte;
        self.length += 1;
        Some(())
    }

    fn push_all(&mut self, text: &str) -> Option<()> {
        text.bytes().try_for_each(|byte| self.push(byte))
    }

    fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes.get(..self.length)?).ok()
    }
}

impl Default for Room {
    fn default() -> Room {
        Room::new()
    }
}

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_all(text).ok_or(fmt::Error)
    }
}

/// An address in canonical form.
#[derive(Clone, Copy, Debug)]
pub struct Address<'a> {
    text: &'a str,
    /// Where the `@` stands.
    at: usize,
}

impl<'a> Address<'a> {
    /// The whole, `sip:bob@partner.example`.
    #[inline]
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The domain after the `@`.
    #[inline]
    pub fn domain(&self) -> &'a str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// The login of the address in its own domain: the user part without escapes. `room` is the buffer for one with escapes.
    #[inline]
    pub fn login<'b>(&self, room: &'b mut Room) -> Option<&'b str>
    where
        'a: 'b,
    {
        let user = self.text.get(SCHEME.len()..self.at)?;
        if user.contains('%') { decoded(user, room) } else { Some(user) }
    }
}

/// Parses an address. Its canonical form is `text` itself or is written to `room`.
pub fn address<'b>(text: &'b str, room: &'b mut Room) -> Option<Address<'b>> {
    plain(text).or_else(|| spelled_anew(text, room))
}

/// Parses an address that is in canonical form, as most are: the fast path. `None` for a user part beyond ASCII or with an escape.
#[inline]
pub fn plain(text: &str) -> Option<Address<'_>> {
    let rest = text.strip_prefix(SCHEME)?;
    let at = rest.bytes().position(|byte| !stands_plainly(byte))?;
    let (user, domain) = rest.split_at_checked(at)?;
    let good = is_plain_number_or_name(user)
        && user.len() <= LONGEST_USER
        && domain.strip_prefix('@').is_some_and(is_canonical);
    good.then_some(Address { text, at: SCHEME.len() + at })
}

/// Whether a byte needs no escape in a user part: `unreserved` and `user-unreserved` of RFC 3261 except `/`, which separates a
/// domain from a name here.
#[inline]
fn stands_plainly(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' | b'&' | b'=' | b'+' | b'$' | b',' | b'?'
        )
}

/// Whether a user part names exactly one account: not empty, and after a `+` only digits. Some servers ignore separators in a
/// number, so that two spellings would be one account.
#[inline]
fn is_plain_number_or_name(user: &str) -> bool {
    match user.strip_prefix('+') {
        Some(number) => !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()),
        None => !user.is_empty(),
    }
}

/// Whether a domain is in canonical form: labels of lower-case letters, digits, `-` and `_`, separated by single dots. If the last
/// label begins with a digit, the domain is an IPv4 address of four decimal numbers; no other form of one is valid (RFC 3261 25.1).
#[inline]
fn is_canonical(domain: &str) -> bool {
    let mut before = b'.';
    let good = domain.bytes().all(|byte| {
        let good = match byte {
            b'.' => before != b'.',
            _ => byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'),
        };
        before = byte;
        good
    });
    let last = domain.rsplit_once('.').map_or(domain, |(_, last)| last);
    let numeric = last.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    good && before != b'.' && domain.len() <= LONGEST_DOMAIN && (!numeric || domain.parse::<Ipv4Addr>().is_ok())
}

#[cold]
fn spelled_anew<'b>(text: &str, room: &'b mut Room) -> Option<Address<'b>> {
    let (scheme, rest) = inside_brackets(text)?.split_at_checked(SCHEME.len())?;
    let strange = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"');
    if !scheme.eq_ignore_ascii_case(SCHEME) || rest.contains(strange) {
        return None;
    }
    let (user, behind) = rest.split_once('@')?;
    // `:` begins a password, which is secret and not part of a name; `/` ends a domain.
    if user.contains([':', '/']) || behind.contains('@') {
        return None;
    }
    // Parameters and headers are ignored. A port is not: another server may listen there.
    let host = behind.split([';', '?']).next()?;
    let mut user_room = Room::new();
    let user = decoded(user, &mut user_room).filter(|user| is_plain_number_or_name(user))?;
    room.length = 0;
    room.push_all(SCHEME)?;
    escaped_into(user, room).ok()?;
    let at = room.length;
    if at - SCHEME.len() > LONGEST_USER {
        return None;
    }
    room.push(b'@')?;
    domain_into(host, room)?;
    Some(Address { text: room.text()?, at })
}

/// The text inside `<...>`, without display name and parameters; without brackets, the whole text.
fn inside_brackets(text: &str) -> Option<&str> {
    if !text.contains('<') {
        return Some(text);
    }
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return None;
    }
    let blank = [' ', '\t'];
    let text = text.trim_matches(blank);
    let opened = match text.strip_prefix('"') {
        Some(quoted) => {
            let mut escaped = false;
            let end = quoted.bytes().position(|byte| {
                let ends = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                ends
            })?;
            quoted.get(end + 1..)?.trim_start_matches(blank).strip_prefix('<')?
        }
        None => {
            let (name, opened) = text.split_once('<')?;
            if name.contains(['"', '>', ':', ';', ',', '@', '\\', '/']) {
                return None;
            }
            opened
        }
    };
    let (inside, behind) = opened.split_once('>')?;
    let behind = behind.trim_start_matches(blank);
    let is_aside = (behind.is_empty() || behind.starts_with(';')) && !behind.contains(['<', '>']);
    is_aside.then_some(inside)
}

/// Decodes the escapes of a user part, once. `None` if one is malformed or stands for a character that no user part has: control
/// characters, `/`, `;` (which begins parameters on some servers), white space other than the space, invalid UTF-8.
fn decoded<'b>(user: &str, room: &'b mut Room) -> Option<&'b str> {
    room.length = 0;
    let mut bytes = user.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || (bytes.next()? as char).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            _ => byte,
        };
        room.push(byte)?;
    }
    let strange = |c: char| c.is_control() || matches!(c, '/' | ';') || (c.is_whitespace() && c != ' ');
    room.text().filter(|text| !text.is_empty() && text.len() <= LONGEST_USER && !text.contains(strange))
}

/// Writes a user part with escapes (`%` and two upper-case digits) for ASCII characters that need one.
fn escaped_into(user: &str, out: &mut impl Write) -> fmt::Result {
    user.chars().try_for_each(|c| match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() && !stands_plainly(byte) => write!(out, "%{byte:02X}"),
        _ => out.write_char(c),
    })
}

/// Parses a domain. Its canonical form is `text` itself or is written to `room`.
pub fn domain<'b>(text: &'b str, room: &'b mut Room) -> Option<&'b str> {
    if is_canonical(text) {
        return Some(text);
    }
    room.length = 0;
    domain_into(text, room)?;
    room.text()
}

/// Appends a domain in canonical form: lower case, `xn--` beyond ASCII, no dot at the end.
fn domain_into(text: &str, room: &mut Room) -> Option<()> {
    let start = room.length;
    if text.is_ascii() {
        room.push_all(text)?;
    } else {
        if !fits_the_stack(text) {
            return None;
        }
        // Unicode's mapping (UTS 46, not transitional) and the rules of IDNA 2008; ASCII is checked below.
        let never_unicode = |_: &[char], _: &[char], _: bool| false;
        let (ascii, hyphens) = (AsciiDenyList::EMPTY, Hyphens::Allow);
        let uts46 = Uts46::new();
        match uts46.process(text.as_bytes(), ascii, hyphens, ErrorPolicy::FailFast, never_unicode, room, None) {
            Ok(ProcessingSuccess::WroteToSink) => {}
            Ok(ProcessingSuccess::Passthrough) | Err(_) => return None,
        }
    }
    let written = room.bytes.get_mut(start..room.length)?;
    written.make_ascii_lowercase();
    if written.last() == Some(&b'.') {
        room.length -= 1;
    }
    let written = std::str::from_utf8(room.bytes.get(start..room.length)?).ok()?;
    is_canonical(written).then_some(())
}

/// Whether IDNA converts a domain without allocating: at most 253 characters even if each maps to the longest possible text, 8
/// labels, and 16 combining characters in a row. Real domains fit; any other can be written with `xn--`.
fn fits_the_stack(text: &str) -> bool {
    const WORDS: usize = 8;
    const IN_A_ROW: usize = 16;
    let (mut words, mut row, mut mapped) = (1, 0, 0);
    text.chars().all(|c| {
        row = if c.is_ascii() { 0 } else { row + 1 };
        words += usize::from(matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}'));
        mapped += match c {
            '\0'..='\x7f' => 1,
            // Whole Arabic phrases.
            '\u{fb50}'..='\u{fdff}' => 18,
            _ => 6,
        };
        // Each of these is two combining characters.
        let doubled = matches!(c, '\u{344}' | '\u{f73}' | '\u{f75}' | '\u{f81}');
        words <= WORDS && row <= IN_A_ROW && mapped <= LONGEST_DOMAIN && !doubled
    })
}

/// An address in canonical form that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipAddress {
    /// The whole, `sip:bob@partner.example`.
    pub text: String,
    /// The login of the address in its own domain.
    pub login: String,
    /// The domain after the `@`.
    pub domain: String,
}

/// Parses an address.
pub fn sip_address(text: &str) -> Option<SipAddress> {
    let (mut room, mut login) = (Room::new(), Room::new());
    let address = address(text, &mut room)?;
    let login = address.login(&mut login)?;
    Some(SipAddress { text: address.text().into(), login: login.into(), domain: address.domain().into() })
}

/// The address of a user; `domain` is in canonical form.
pub fn address_of(login: &str, domain: &str) -> String {
    let mut text = String::from(SCHEME);
    // Writing to a string cannot fail.
    let _ = escaped_into(login, &mut text);
    text + "@" + domain
}

/// Decodes the escapes of a SIP user part; `None` as for the user part of an address.
pub fn unescaped(text: &str) -> Option<String> {
    decoded(text, &mut Room::new()).map(String::from)
}

/// A domain in canonical form; any other text in lower case, so that messages can name it.
pub fn domain_name(text: &str) -> String {
    if is_canonical(text) {
        return text.to_owned();
    }
    domain(text, &mut Room::new()).map_or_else(|| text.to_ascii_lowercase(), String::from)
}

/// Whether `text` is a valid domain.
pub fn is_domain(text: &str) -> bool {
    domain(text, &mut Room::new()).is_some()
}

/// Whether two texts are spellings of one domain.
pub fn is_same_domain(one: &str, other: &str) -> bool {
    one == other || domain_name(one) == domain_name(other)
}

/// Parses a federation pattern: a domain, `*.` and a domain, or `*`. Returns the canonical form.
pub fn pattern(text: &str) -> Option<String> {
    let (prefix, rest) = text.strip_prefix("*.").map_or(("", text), |rest| ("*.", rest));
    match text {
        "*" => Some(text.into()),
        _ => domain(rest, &mut Room::new()).map(|domain| format!("{prefix}{domain}")),
    }
}

/// Splits `acme.example/alice` into domain and name. A slash inside an address is not a separator.
#[inline]
pub fn split(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((domain, name)) if !domain.contains([':', '<', '"']) => (Some(domain), name),
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests;
