//! The index: texts that name a party, found without a lock and without an allocation.
//!
//! ```text
//! slot    hash of domain and text (0: empty, 2: emptied); offset of the text (low) and number of the party or domain (high)
//! text    domain (16 bits) and length (16 bits) in the first word, then the bytes, eight a word
//! ```
#![forbid(unsafe_code)]

use super::{Header, Image, Look, Store, halves, joined};
use crate::address::{self, Address};
use crate::directory::Outsiders;
use crate::id::{DomainId, Party};
use crate::simd;
use crate::system::keevio::Realm;
use std::sync::atomic::AtomicU64;

/// The longest text in an index, about: prefix, 255 bytes of name, and for a `sip:` address 253 bytes of domain.
const MAX_TEXT: usize = 520;
/// The namespace of domain names.
const DOMAINS: u16 = u16::MAX;
/// Added to a domain's number: the namespace of its permission realms, whose numbers are group keys.
const REALMS: u16 = 1 << 15;
/// A slot whose text is gone: no hash is even, and a search goes on behind it.
const EMPTIED: u64 = 2;
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

#[inline]
fn text_words(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    text.chunks(8).map(|chunk| match <[u8; 8]>::try_from(chunk) {
        Ok(whole) => u64::from_le_bytes(whole),
        Err(_) => chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    })
}

impl<L: Look> Image<'_, L> {
    /// The domain of that name, however it is spelled.
    #[inline]
    pub fn find_domain(&self, name: &str) -> Option<DomainId> {
        // Only domains in their one form are in the index.
        let number = self.look_up(DOMAINS, name.as_bytes()).or_else(|| self.spelled_domain(name))?;
        Some(DomainId(number as u16))
    }

    #[cold]
    fn spelled_domain(&self, name: &str) -> Option<u32> {
        let mut room = address::Room::new();
        self.look_up(DOMAINS, address::domain(name, &mut room)?.as_bytes())
    }

    /// What `text` stands for in a domain: a login, an extension, `team:support`, `sip:bob@partner.example`.
    #[inline]
    pub fn find(&self, domain: DomainId, text: &str) -> Option<Resolved> {
        if text.starts_with("sip:") {
            return match address::plain(text) {
                Some(address) => self.find_address(domain, address),
                None => self.find_spelled(domain, text),
            };
        }
        match self.look_up(domain.0, text.as_bytes()) {
            Some(party) => Some(Resolved::Party(Party(party))),
            None => self.find_spelled(domain, text),
        }
    }

    /// What an address stands for that is not written plainly.
    #[cold]
    fn find_spelled(&self, domain: DomainId, text: &str) -> Option<Resolved> {
        if !text.contains(':') {
            return None;
        }
        let mut room = address::Room::new();
        self.find_address(domain, address::address(text, &mut room)?)
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

    #[inline(never)]
    fn find_address(&self, domain: DomainId, address: Address<'_>) -> Option<Resolved> {
        if self.look_up(DOMAINS, address.domain().as_bytes()) == Some(u32::from(domain.0)) {
            // The own domain's address names a user by the login, and nobody else.
            let mut room = address::Room::new();
            let party = Party(self.look_up_login(domain, address.login(&mut room)?.as_bytes())?);
            return Some(Resolved::Party(party));
        }
        let known = self.look_up(domain.0, address.text().as_bytes());
        Some(known.map_or(Resolved::Outsider(domain), |party| Resolved::Party(Party(party))))
    }

    /// The user with that login; extensions do not count.
    fn look_up_login(&self, domain: DomainId, login: &[u8]) -> Option<u32> {
        let mut address = [0; LOGIN_PREFIX.len() + address::LONGEST_USER];
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
        // The table is never full, so an empty slot ends the search; a torn image ends it by the count.
        for _ in 0..slots {
            let [held, target] = self.row(offset as usize + place as usize * SLOT_WORDS).all();
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

/// A text with the domain it is of, in two pieces: most have a prefix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    namespace: u16,
    pieces: (&'a [u8], &'a [u8]),
}

impl<'a> Text<'a> {
    pub fn domain(name: &'a str) -> Text<'a> {
        Text { namespace: DOMAINS, pieces: (b"", name.as_bytes()) }
    }

    pub fn party(domain: DomainId, prefix: &'a str, name: &'a str) -> Text<'a> {
        Text { namespace: domain.0, pieces: (prefix.as_bytes(), name.as_bytes()) }
    }

    pub fn login(domain: DomainId, login: &'a str) -> Text<'a> {
        Text { namespace: domain.0, pieces: (LOGIN_PREFIX, login.as_bytes()) }
    }

    /// A container is never a company.
    pub fn realm(domain: DomainId, realm: &'a Realm) -> Text<'a> {
        let pieces: (&[u8], &[u8]) = match realm {
            Realm::Container(name) => (b"<", name.as_bytes()),
            Realm::Company(name) => (b"=", name.as_bytes()),
        };
        Text { namespace: REALMS | domain.0, pieces }
    }

    fn length(&self) -> usize {
        self.pieces.0.len() + self.pieces.1.len()
    }

    /// Words that the text takes.
    fn words(&self) -> usize {
        1 + self.length().div_ceil(8)
    }

    fn head(&self) -> u64 {
        joined(u32::from(self.namespace), self.length() as u32)
    }

    /// The text in one piece, put together in `buffer` where it has to be.
    fn whole<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        if self.pieces.0.is_empty() {
            return self.pieces.1;
        }
        buffer.clear();
        buffer.extend_from_slice(self.pieces.0);
        buffer.extend_from_slice(self.pieces.1);
        buffer
    }
}

/// The slot of a text, or the one where it belongs.
enum Slot {
    Held { at: usize, text: u32, number: u32 },
    Free { at: usize, emptied: bool },
    Full,
}

fn slot(store: &impl Store, text: &Text<'_>, bytes: &[u8]) -> Slot {
    let (offset, slots) = store.header(Header::Index);
    let Some(mask) = u64::from(slots).checked_sub(1) else { return Slot::Full };
    let (hash, head) = (hash(text.namespace, bytes), text.head());
    let mut place = hash >> 32 & mask;
    let mut emptied = None;
    for _ in 0..slots {
        let at = offset as usize + place as usize * SLOT_WORDS;
        match store.get(at) {
            0 => {
                let free = emptied.unwrap_or(at);
                return Slot::Free { at: free, emptied: emptied.is_some() };
            }
            EMPTIED => {
                emptied.get_or_insert(at);
            }
            held if held == hash => {
                let (text, number) = halves(store.get(at + 1));
                let mut words = text_words(bytes).zip(text as usize + 1..);
                if store.get(text as usize) == head && words.all(|(word, place)| store.get(place) == word) {
                    return Slot::Held { at, text, number };
                }
            }
            _ => {}
        }
        place = (place + 1) & mask;
    }
    emptied.map_or(Slot::Full, |at| Slot::Free { at, emptied: true })
}

/// The number that a text has.
pub(crate) fn number_of(store: &impl Store, text: &Text<'_>) -> Option<u32> {
    match slot(store, text, text.whole(&mut Vec::new())) {
        Slot::Held { number, .. } => Some(number),
        Slot::Free { .. } | Slot::Full => None,
    }
}

/// Gives a text that number, or takes it out. `None` when there is no room.
pub(crate) fn set_number(store: &mut impl Store, text: &Text<'_>, number: Option<u32>) -> Option<()> {
    let mut buffer = Vec::new();
    let bytes = text.whole(&mut buffer);
    match (slot(store, text, bytes), number) {
        (Slot::Held { at, text, .. }, Some(number)) => store.put(at + 1, joined(text, number)),
        (Slot::Held { at, .. }, None) => {
            store.row(at, [EMPTIED, 0]);
        }
        (Slot::Free { at, emptied }, Some(number)) => {
            if !emptied {
                let (used, personas) = store.header(Header::Used);
                let slots = u64::from(store.header(Header::Index).1);
                // Searches stay short, and an empty slot ends them.
                if (u64::from(used) + 1) * 5 > slots * 4 {
                    return None;
                }
                store.put(Header::Used as usize, joined(used + 1, personas));
            }
            let place = store.take_spare(text.words())?;
            store.row(place, [text.head()].into_iter().chain(text_words(bytes)));
            store.row(at, [hash(text.namespace, bytes), joined(place as u32, number)]);
        }
        (Slot::Full, Some(_)) => return None,
        (Slot::Free { .. } | Slot::Full, None) => {}
    }
    Some(())
}

/// How big an index gets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IndexSize {
    /// Texts in it.
    pub entries: usize,
    /// Words that the texts take.
    pub texts: usize,
}

impl IndexSize {
    pub fn add(&mut self, text: &Text<'_>) {
        self.entries += 1;
        self.texts += text.words();
    }

    /// Slots of the table: a power of two, at most two thirds of them used, so that texts to come find room.
    pub fn slots(&self) -> usize {
        (self.entries * 3 / 2).next_power_of_two().max(16)
    }

    /// Words of the table and the texts.
    pub fn words(&self) -> usize {
        self.slots() * SLOT_WORDS + self.texts
    }
}

/// Slots of a part of the table that lie close enough to be filled in one go.
const PART_BITS: u32 = 17;
/// Entries that wait for their part.
const WAITING: usize = 4096;
/// So far ahead slots are asked for.
const AHEAD: usize = 16;

/// An index being written: slots part by part, for the reason that cells are (see pairs.rs).
pub(crate) struct IndexWriter<'a> {
    words: &'a [AtomicU64],
    offset: usize,
    mask: usize,
    next_text: usize,
    /// Hash, place of the text, number.
    parts: Vec<Vec<(u64, u32, u32)>>,
    buffer: Vec<u8>,
}

impl<'a> IndexWriter<'a> {
    /// A writer of an index of that size at `offset`.
    pub fn new(words: &'a [AtomicU64], offset: usize, size: &IndexSize) -> IndexWriter<'a> {
        let slots = size.slots();
        let parts = (0..(slots >> PART_BITS) + 1).map(|_| Vec::new()).collect();
        let next_text = offset + slots * SLOT_WORDS;
        IndexWriter { words, offset, mask: slots - 1, next_text, parts, buffer: Vec::with_capacity(MAX_TEXT) }
    }

    pub fn add(&mut self, text: Text<'_>, number: u32) {
        let bytes = text.whole(&mut self.buffer);
        let hash = hash(text.namespace, bytes);
        let place = self.next_text;
        self.next_text = self.words.row(place, [text.head()].into_iter().chain(text_words(bytes)));
        let home = (hash >> 32) as usize & self.mask;
        let Some(part) = self.parts.get_mut(home >> PART_BITS) else { return };
        part.push((hash, place as u32, number));
        if part.len() >= WAITING {
            fill(self.words, self.offset, self.mask, part);
        }
    }

    /// Writes what waits.
    pub fn finish(mut self) {
        self.parts.iter_mut().for_each(|part| fill(self.words, self.offset, self.mask, part));
    }
}

fn fill(mut words: &[AtomicU64], offset: usize, mask: usize, part: &mut Vec<(u64, u32, u32)>) {
    let home = |hash: u64| (hash >> 32) as usize & mask;
    let mut coming = part.iter().skip(AHEAD);
    for (hash, text, number) in part.iter() {
        if let Some((next, ..)) = coming.next()
            && let Some(word) = words.get(offset + home(*next) * SLOT_WORDS)
        {
            simd::prefetch(word);
        }
        let mut place = home(*hash);
        while Store::get(&words, offset + place * SLOT_WORDS) != 0 {
            place = (place + 1) & mask;
        }
        words.row(offset + place * SLOT_WORDS, [*hash, joined(*text, *number)]);
    }
    part.clear();
}
