//! Tokens: one state of one log, as text. A program hands a token on with what depends on a change; who gets it asks a store that is
//! at least as fresh. A text that is not exactly a token must never be read as one.
#![forbid(unsafe_code)]

use super::Hash;
use crate::error::{Error, ErrorKind};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Which state of which log: `lw1.STORE.EPOCH.REVISION.HASH`. STORE is the store's id, 32 hexadecimal digits; EPOCH and REVISION are
/// decimal numbers without leading zeros; HASH is the first 8 bytes of the revision's hash, 16 hexadecimal digits. Digits are lower
/// case. Two tokens name the same state if and only if their texts are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// The store's id, which all stores of one log share.
    pub store: [u8; 16],
    /// Which line of the log: it rises where a store that followed becomes a store of its own.
    pub epoch: u64,
    /// The revision.
    pub revision: u64,
    /// The first bytes of the revision's hash.
    pub hash: [u8; 8],
}

/// The first bytes of a hash.
pub(super) fn prefix(hash: &Hash) -> [u8; 8] {
    let mut prefix = [0; 8];
    prefix.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
    prefix
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from exactly as many lower-case hexadecimal digits.
pub(super) fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = match pair {
            [high, low] => digit(*high)? << 4 | digit(*low)?,
            _ => return None,
        };
    }
    Some(out)
}

/// A number in its one form: digits without a sign or leading zeros.
fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

impl Token {
    /// The token that a text is.
    pub fn parse(text: &str) -> Option<Token> {
        let mut parts = text.split('.');
        let token = match (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()) {
            ("lw1", store, epoch, revision, hash, None) => {
                Token { store: bytes(store)?, epoch: number(epoch)?, revision: number(revision)?, hash: bytes(hash)? }
            }
            _ => return None,
        };
        Some(token)
    }
}

impl FromStr for Token {
    type Err = Error;

    fn from_str(text: &str) -> Result<Token, Error> {
        Token::parse(text).ok_or_else(|| {
            let message = format!("`{text}` is no token, expected `lw1.STORE.EPOCH.REVISION.HASH`");
            Error::new(ErrorKind::Argument, message)
        })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lw1.{}.{}.{}.{}", hex(&self.store), self.epoch, self.revision, hex(&self.hash))
    }
}

/// By revision, within one epoch of one store. Everything else cannot be compared; nor can two states of one revision.
impl PartialOrd for Token {
    fn partial_cmp(&self, other: &Token) -> Option<Ordering> {
        if (self.store, self.epoch) != (other.store, other.epoch) {
            return None;
        }
        match self.revision.cmp(&other.revision) {
            Ordering::Equal if self.hash != other.hash => None,
            order => Some(order),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_one_text_and_a_text_one_token() {
        let token = Token { store: *b"0123456789abcdef", epoch: 2, revision: 1048, hash: *b"\x00\xffhashed" };
        let text = "lw1.30313233343536373839616263646566.2.1048.00ff686173686564";
        assert_eq!(token.to_string(), text);
        assert_eq!(Token::parse(text), Some(token));
        assert_eq!(Token::parse(&format!("{text} ")), None);
        for (from, to) in [
            ("lw1", "lw2"),
            (".2.", ".02."),
            (".2.", ".+2."),
            (".2.", "..2."),
            (".1048.", "."),
            ("ff", "FF"),
            ("1048", "18446744073709551616"),
            ("564", "56"),
            ("564", "5644"),
            ("564", "564.1"),
        ] {
            let wrong = text.replacen(from, to, 1);
            assert!(wrong.parse::<Token>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn tokens_of_one_epoch_are_ordered() {
        let token = |epoch, revision, hash| Token { store: [1; 16], epoch, revision, hash: [hash; 8] };
        assert!(token(1, 2, 9) < token(1, 3, 4));
        assert_eq!(token(1, 2, 9).partial_cmp(&token(1, 2, 9)), Some(Ordering::Equal));
        for other in [token(2, 3, 9), token(1, 2, 8), Token { store: [2; 16], ..token(1, 3, 9) }] {
            assert_eq!(token(1, 2, 9).partial_cmp(&other), None);
        }
    }
}
