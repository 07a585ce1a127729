//! The index: texts that name a party, found without a lock and without an allocation.
//!
//! ```text
//! slot    hash of domain and text (0: empty); offset of the text (low) and number of the party or domain (high)
//! text    domain (16 bits) and length (16 bits) in the first word, then the bytes, eight a word
//! ```
#![forbid(unsafe_code)]

use super::{Header, Image, halves, joined};
use crate::directory::Outsiders;
use crate::id::{DomainId, Party};
use std::sync::atomic::{AtomicU64, Ordering};

/// The longest text that can name a party: prefix, 255 bytes of name, and for a `sip:` address 255 bytes of host.
pub const MAX_TEXT: usize = 520;
/// The namespace of domain names.
const DOMAINS: u16 = u16::MAX;
/// Words of a slot.
pub(crate) const SLOT_WORDS: usize = 2;

/// What a text in a question stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A party the policy knows.
    Party(Party),
    /// An outside address that the domain's policy does not name.
    Outsider(DomainId),
}

fn hash(domain: u16, text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let mut hash = fold(FACTOR ^ u64::from(domain), FACTOR ^ text.len() as u64);
    for word in text_words(text) {
        hash = fold(hash ^ word, FACTOR);
    }
    fold(hash, FACTOR) | 1
}

fn text_words(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    text.chunks(8).map(|chunk| chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

/// A text in a small buffer: a `sip:` address in its one spelling, anything else as it is.
struct Text {
    bytes: [u8; MAX_TEXT],
    length: usize,
}

impl Text {
    fn new(text: &str) -> Option<Text> {
        let mut copy = Text { bytes: [0; MAX_TEXT], length: text.len() };
        copy.bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        if copy.is_sip() {
            copy.bytes.get_mut(..4)?.make_ascii_lowercase();
            let at = text.rfind('@')?;
            copy.bytes.get_mut(at..)?.make_ascii_lowercase();
        }
        Some(copy)
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }

    fn is_sip(&self) -> bool {
        self.bytes().get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"sip:"))
    }

    /// User and host of a `sip:` address.
    fn sip(&self) -> Option<(&[u8], &[u8])> {
        let rest = self.bytes().get(4..).filter(|_| self.is_sip())?;
        let at = rest.iter().rposition(|byte| *byte == b'@')?;
        Some((rest.get(..at)?, rest.get(at + 1..)?))
    }
}

impl Image<'_> {
    /// The domain of that name, compared without regard to case.
    pub fn find_domain(&self, name: &str) -> Option<DomainId> {
        let mut copy = Text::new(name)?;
        copy.bytes.make_ascii_lowercase();
        self.look_up(DOMAINS, copy.bytes()).map(|number| DomainId(number as u16))
    }

    /// What `text` stands for in a domain: a login, an extension, `team:support`, `sip:bob@partner.example`.
    #[inline]
    pub fn find(&self, domain: DomainId, text: &str) -> Option<Resolved> {
        if !text.as_bytes().get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"sip:")) {
            return self.look_up(domain.0, text.as_bytes()).map(|party| Resolved::Party(Party(party)));
        }
        self.find_address(domain, text)
    }

    /// What a number stands for: of an address that got it without being named, whoever bears the address now.
    #[inline]
    pub fn stands_for(&self, outsiders: &Outsiders, party: Party) -> Resolved {
        if Outsiders::is_outsider(party) { self.outsider(outsiders, party) } else { Resolved::Party(party) }
    }

    #[cold]
    fn outsider(&self, outsiders: &Outsiders, party: Party) -> Resolved {
        let found = outsiders.get(party).and_then(|named| self.find(named.domain, &named.name));
        found.unwrap_or(Resolved::Party(Party::NOBODY))
    }

    fn find_address(&self, domain: DomainId, text: &str) -> Option<Resolved> {
        let text = Text::new(text)?;
        let (user, host) = text.sip()?;
        if self.look_up(DOMAINS, host) == Some(u32::from(domain.0)) {
            // The own domain's address names a user by the login, and nobody else.
            let party = Party(self.look_up_login(domain, user)?);
            return Some(Resolved::Party(party));
        }
        if let Some(party) = self.look_up(domain.0, text.bytes()) {
            return Some(Resolved::Party(Party(party)));
        }
        let address = std::str::from_utf8(text.bytes()).ok()?;
        crate::directory::is_sip_address(address).then_some(Resolved::Outsider(domain))
    }

    /// The user with that login; extensions do not count.
    fn look_up_login(&self, domain: DomainId, login: &[u8]) -> Option<u32> {
        let mut address = [0; MAX_TEXT];
        let length = LOGIN_PREFIX.len() + login.len();
        address.get_mut(..LOGIN_PREFIX.len())?.copy_from_slice(LOGIN_PREFIX);
        address.get_mut(LOGIN_PREFIX.len()..length)?.copy_from_slice(login);
        self.look_up(domain.0, address.get(..length)?)
    }

    #[inline]
    fn look_up(&self, domain: u16, text: &[u8]) -> Option<u32> {
        let (offset, slots) = self.header(Header::Index);
        let mask = u64::from(slots).checked_sub(1)?;
        let hash = hash(domain, text);
        let mut place = hash >> 32 & mask;
        // The table is at most half full, so an empty slot ends the search; a torn image ends it by the count.
        for _ in 0..slots {
            let [held, target] = self.row(offset as usize + place as usize * SLOT_WORDS);
            if held == 0 {
                return None;
            }
            let (text_at, number) = halves(target);
            if held == hash && self.text_is(text_at as usize, domain, text) {
                return Some(number);
            }
            place = (place + 1) & mask;
        }
        None
    }

    #[inline]
    fn text_is(&self, offset: usize, domain: u16, text: &[u8]) -> bool {
        let head = self.word(offset) == joined(u32::from(domain), text.len() as u32);
        head && text_words(text).zip(offset + 1..).all(|(word, place)| self.word(place) == word)
    }
}

/// Logins are indexed a second time with this before them, for `sip:login@domain`; no name contains the sign.
pub(crate) const LOGIN_PREFIX: &[u8] = b"/";

/// The index, being put together.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    /// Hash, place of the text among the texts, number.
    entries: Vec<(u64, u32, u32)>,
    texts: Vec<u64>,
}

impl IndexBuilder {
    pub fn add_domain(&mut self, domain: DomainId, name: &str) {
        self.add(DOMAINS, name.as_bytes(), u32::from(domain.0));
    }

    pub fn add_party(&mut self, domain: DomainId, text: &str, party: Party) {
        self.add(domain.0, text.as_bytes(), party.0);
    }

    pub fn add_login(&mut self, domain: DomainId, login: &str, party: Party) {
        self.add(domain.0, &[LOGIN_PREFIX, login.as_bytes()].concat(), party.0);
    }

    fn add(&mut self, domain: u16, text: &[u8], number: u32) {
        self.entries.push((hash(domain, text), self.texts.len() as u32, number));
        self.texts.push(joined(u32::from(domain), text.len() as u32));
        self.texts.extend(text_words(text));
    }

    /// Slots of the table: a power of two, at least twice the entries.
    pub fn slots(&self) -> usize {
        (self.entries.len() * 2).next_power_of_two().max(8)
    }

    /// Words of the table and the texts.
    pub fn words(&self) -> usize {
        self.slots() * SLOT_WORDS + self.texts.len()
    }

    /// Writes table and texts at `offset`.
    pub fn write(&self, words: &[AtomicU64], offset: usize) {
        let slots = self.slots();
        let texts_at = offset + slots * SLOT_WORDS;
        let set = |place: usize, word: u64| {
            if let Some(held) = words.get(place) {
                held.store(word, Ordering::Relaxed);
            }
        };
        for (word, place) in self.texts.iter().zip(texts_at..) {
            set(place, *word);
        }
        for (hash, text, number) in &self.entries {
            let mut place = (hash >> 32) as usize & (slots - 1);
            while words.get(offset + place * SLOT_WORDS).is_some_and(|word| word.load(Ordering::Relaxed) != 0) {
                place = (place + 1) & (slots - 1);
            }
            set(offset + place * SLOT_WORDS, *hash);
            set(offset + place * SLOT_WORDS + 1, joined(texts_at as u32 + text, *number));
        }
    }
}
