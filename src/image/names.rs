//! The index: texts that name a party, found without a lock and without an allocation.
//!
//! ```text
//! slot    hash of domain and text (0: empty, 2: emptied); offset of the text (low) and number of the party or domain (high)
//! text    domain (16 bits) and length (16 bits) in the first word, then the bytes, eight a word
//! ```
#![forbid(unsafe_code)]

use super::{Header, Image, Look, Store, halves, joined};
use crate::directory::Outsiders;
use crate::id::{DomainId, Party};
use crate::simd;
use crate::system::keevio::Realm;
use std::sync::atomic::AtomicU64;

/// The longest text that can name a party: prefix, 255 bytes of name, and for a `sip:` address 255 bytes of host.
pub const MAX_TEXT: usize = 520;
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

impl<L: Look> Image<'_, L> {
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

/// A realm's text in its namespace: a container is never a company.
fn realm_text(realm: &Realm) -> (u8, &[u8]) {
    match realm {
        Realm::Container(name) => (b'<', name.as_bytes()),
        Realm::Company(name) => (b'=', name.as_bytes()),
    }
}

/// A text with the domain it is of.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    namespace: u16,
    bytes: Vec<u8>,
}

impl Key {
    pub fn party(domain: DomainId, text: &str) -> Key {
        Key { namespace: domain.0, bytes: text.as_bytes().to_vec() }
    }

    pub fn login(domain: DomainId, login: &str) -> Key {
        Key { namespace: domain.0, bytes: [LOGIN_PREFIX, login.as_bytes()].concat() }
    }

    pub fn realm(domain: DomainId, realm: &Realm) -> Key {
        let (kind, name) = realm_text(realm);
        Key { namespace: REALMS | domain.0, bytes: [&[kind], name].concat() }
    }
}

/// The slot of a text, or the one where it belongs.
enum Slot {
    Held { at: usize, text: u32, number: u32 },
    Free { at: usize, emptied: bool },
    Full,
}

fn slot(store: &impl Store, key: &Key) -> Slot {
    let (offset, slots) = store.header(Header::Index);
    let Some(mask) = u64::from(slots).checked_sub(1) else { return Slot::Full };
    let hash = hash(key.namespace, &key.bytes);
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
                let head = joined(u32::from(key.namespace), key.bytes.len() as u32);
                let mut words = text_words(&key.bytes).zip(text as usize + 1..);
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
pub(crate) fn number_of(store: &impl Store, key: &Key) -> Option<u32> {
    match slot(store, key) {
        Slot::Held { number, .. } => Some(number),
        Slot::Free { .. } | Slot::Full => None,
    }
}

/// Gives a text that number, or takes it out. `None` when there is no room.
pub(crate) fn set_number(store: &mut impl Store, key: &Key, number: Option<u32>) -> Option<()> {
    match (slot(store, key), number) {
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
            let words = text_words(&key.bytes);
            let text = store.take_spare(1 + key.bytes.len().div_ceil(8))?;
            store.row(text, [joined(u32::from(key.namespace), key.bytes.len() as u32)].into_iter().chain(words));
            store.row(at, [hash(key.namespace, &key.bytes), joined(text as u32, number)]);
        }
        (Slot::Full, Some(_)) => return None,
        (Slot::Free { .. } | Slot::Full, None) => {}
    }
    Some(())
}

/// The index, being put together.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    /// Hash, place of the text among the texts, number.
    entries: Vec<(u64, u32, u32)>,
    texts: Vec<u64>,
    /// The text being added.
    text: Vec<u8>,
}

impl IndexBuilder {
    /// An index of about so many texts.
    pub fn with_capacity(entries: usize) -> IndexBuilder {
        IndexBuilder {
            entries: Vec::with_capacity(entries),
            texts: Vec::with_capacity(entries * 3),
            text: Vec::with_capacity(MAX_TEXT),
        }
    }

    pub fn add_domain(&mut self, domain: DomainId, name: &str) {
        self.add(DOMAINS, &[name.as_bytes()], u32::from(domain.0));
    }

    pub fn add_party(&mut self, domain: DomainId, prefix: &str, name: &str, party: Party) {
        self.add(domain.0, &[prefix.as_bytes(), name.as_bytes()], party.0);
    }

    pub fn add_login(&mut self, domain: DomainId, login: &str, party: Party) {
        self.add(domain.0, &[LOGIN_PREFIX, login.as_bytes()], party.0);
    }

    pub fn add_realm(&mut self, domain: DomainId, realm: &Realm, key: u32) {
        let (kind, name) = realm_text(realm);
        self.add(REALMS | domain.0, &[&[kind], name], key);
    }

    fn add(&mut self, namespace: u16, parts: &[&[u8]], number: u32) {
        self.text.clear();
        parts.iter().for_each(|part| self.text.extend_from_slice(part));
        self.entries.push((hash(namespace, &self.text), self.texts.len() as u32, number));
        self.texts.push(joined(u32::from(namespace), self.text.len() as u32));
        self.texts.extend(text_words(&self.text));
    }

    /// Texts in the index.
    pub fn used(&self) -> usize {
        self.entries.len()
    }

    /// Words that the texts take.
    pub fn text_words(&self) -> usize {
        self.texts.len()
    }

    /// Slots of the table: a power of two, at most two thirds of them used, so that texts to come find room.
    pub fn slots(&self) -> usize {
        (self.entries.len() * 3 / 2).next_power_of_two().max(16)
    }

    /// Words of the table and the texts.
    pub fn words(&self) -> usize {
        self.slots() * SLOT_WORDS + self.texts.len()
    }

    /// Writes table and texts at `offset`.
    pub fn write(&self, words: &[AtomicU64], offset: usize) {
        /// Far enough ahead that a slot has come when its turn is.
        const AHEAD: usize = 24;
        let mut out = words;
        let slots = self.slots();
        let texts_at = offset + slots * SLOT_WORDS;
        out.row(texts_at, self.texts.iter().copied());
        let home = |hash: u64| (hash >> 32) as usize & (slots - 1);
        let mut coming = self.entries.iter().skip(AHEAD);
        for (hash, text, number) in &self.entries {
            if let Some((next, ..)) = coming.next()
                && let Some(word) = words.get(offset + home(*next) * SLOT_WORDS)
            {
                simd::prefetch(word);
            }
            let mut place = home(*hash);
            while Store::get(&out, offset + place * SLOT_WORDS) != 0 {
                place = (place + 1) & (slots - 1);
            }
            out.row(offset + place * SLOT_WORDS, [*hash, joined(texts_at as u32 + text, *number)]);
        }
    }
}
