//! The index: texts that name a party, found without a lock and without an allocation, and the way back from a party to its
//! own name.
//!
//! ```text
//! slot    hash of domain and text (0: empty, 2: emptied); offset of the text (low) and what it stands for (high): the number
//!         of a domain, of a group key, or of a party (26 bits) with an [`Extension`] above it
//! text    domain (16 bits) and length (16 bits) in the first word, then the bytes, eight a word
//! names   of each party number the offset of its own name, two a word; it stays when the party goes
//! ```
#![forbid(unsafe_code)]

use crate::address::{self, Address};
use crate::directory::{Directory, Outsiders};
use crate::id::{DomainId, Party};
use crate::image::{Header, Image, Look, Store, halves, joined};
use crate::system::keevio::Realm;

/// The longest text in an index, about: prefix, 255 bytes of name, and for a `sip:` address 253 bytes of domain.
pub(in crate::image) const MAX_TEXT: usize = 520;
/// The namespace of domain names.
const DOMAINS: u16 = u16::MAX;
/// Added to a domain's number: the namespace of its permission realms, whose numbers are group keys.
const REALMS: u16 = 1 << 15;
/// A slot whose text is gone: no hash is even, and a search goes on behind it.
const EMPTIED: u64 = 2;
/// Words of a slot.
pub(crate) const SLOT_WORDS: usize = 2;

/// Bits of a party's number in a slot.
const PARTY_BITS: u32 = 26;
const PARTY_MASK: u32 = (1 << PARTY_BITS) - 1;

const _: () = assert!(Directory::MAX_PARTIES < PARTY_MASK as usize);

/// Whether a text is an extension, and of which line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extension(u8);

impl Extension {
    /// The text is no extension.
    pub const NONE: Extension = Extension(0);
    /// An extension of a team, whose lines are not told apart.
    pub const TEAM: Extension = Extension(4);

    /// The extension at that place of a user's lines; further lines share the third number.
    pub fn of_user(place: usize) -> Extension {
        Extension(place.min(2) as u8 + 1)
    }

    /// The line: 1, 2 or 3 of a user; 0 where there is none to tell.
    fn line(self) -> u32 {
        if self == Extension::TEAM { 0 } else { u32::from(self.0) }
    }
}

/// What a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A domain, by its name.
    Domain(DomainId),
    /// A party by its own name, which may be one of its extensions too.
    Name(Party, Extension),
    /// A party by an extension that is not its name.
    Line(Party, Extension),
    /// A user by the login alone.
    Login(Party),
    /// A permission realm, whose number is its group key.
    Realm(u32),
}

impl Meaning {
    /// As the number in a slot.
    pub fn number(self) -> u32 {
        match self {
            Meaning::Domain(domain) => u32::from(domain.0),
            Meaning::Name(party, extension) | Meaning::Line(party, extension) => {
                party.0 & PARTY_MASK | u32::from(extension.0) << PARTY_BITS
            }
            Meaning::Login(party) => party.0,
            Meaning::Realm(key) => key,
        }
    }
}

/// The party of a slot.
#[inline]
fn party_of(number: u32) -> Party {
    Party(number & PARTY_MASK)
}

/// What a text in a question stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A party the policy knows.
    Party(Party),
    /// An outside address that the domain's policy does not name.
    Outsider(DomainId),
}

pub(in crate::image) fn hash(domain: u16, text: &[u8]) -> u64 {
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
pub(in crate::image) fn text_words(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
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
            Some(number) => Some(Resolved::Party(party_of(number))),
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

    /// Whose extension a text is in a domain, and of which line: 1, 2 or 3 of a user, 0 of a team.
    pub fn extension(&self, domain: DomainId, text: &str) -> Option<(Party, u32)> {
        let number = self.look_up(domain.0, text.as_bytes())?;
        let extension = Extension((number >> PARTY_BITS) as u8);
        (extension != Extension::NONE).then(|| (party_of(number), extension.line()))
    }

    /// A party's domain and its text as that domain writes it: `alice`, `team:support`, `sip:bob@partner.example`; also of a party
    /// that is no longer there.
    pub fn named(&self, party: Party) -> Option<(DomainId, String)> {
        let (domain, text) = self.text_at(self.name_at(party)?)?;
        Some((DomainId(domain), text))
    }

    /// Where the name of a party lies.
    fn name_at(&self, party: Party) -> Option<usize> {
        if party.0 >= self.header(Header::Records).1 {
            return None;
        }
        let (low, high) = halves(self.word(self.header(Header::Names).0 as usize + party.index() / 2));
        let at = if party.0.is_multiple_of(2) { low } else { high };
        (at != 0).then_some(at as usize)
    }

    /// The text that lies there, and of which domain it is.
    pub(crate) fn text_at(&self, at: usize) -> Option<(u16, String)> {
        let (domain, length) = halves(self.word(at));
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_TEXT)?;
        let mut bytes = Vec::with_capacity(length.next_multiple_of(8));
        (0..length.div_ceil(8)).for_each(|place| bytes.extend(self.word(at + 1 + place).to_le_bytes()));
        bytes.truncate(length);
        Some((domain as u16, String::from_utf8(bytes).ok()?))
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
            let party = party_of(self.look_up_login(domain, address.login(&mut room)?.as_bytes())?);
            return Some(Resolved::Party(party));
        }
        let known = self.look_up(domain.0, address.text().as_bytes());
        Some(known.map_or(Resolved::Outsider(domain), |number| Resolved::Party(party_of(number))))
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
    pub namespace: u16,
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
    pub fn words(&self) -> usize {
        1 + self.length().div_ceil(8)
    }

    /// The word before the bytes.
    pub fn head(&self) -> u64 {
        joined(u32::from(self.namespace), self.length() as u32)
    }

    /// The text in one piece, put together in `buffer` where it has to be.
    pub fn whole<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8]
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

/// Says what a text stands for, or takes it out. `None` when there is no room.
pub(crate) fn set(store: &mut impl Store, text: &Text<'_>, meaning: Option<Meaning>) -> Option<()> {
    let mut buffer = Vec::new();
    let bytes = text.whole(&mut buffer);
    let lies_at = match (slot(store, text, bytes), meaning.map(Meaning::number)) {
        (Slot::Held { at, text, .. }, Some(number)) => {
            store.put(at + 1, joined(text, number));
            Some(text)
        }
        (Slot::Held { at, .. }, None) => {
            store.row(at, [EMPTIED, 0]);
            None
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
            let place = write_text(store, text, bytes)?;
            store.row(at, [hash(text.namespace, bytes), joined(place, number)]);
            Some(place)
        }
        (Slot::Full, Some(_)) => return None,
        (Slot::Free { .. } | Slot::Full, None) => None,
    };
    if let (Some(Meaning::Name(party, _)), Some(place)) = (meaning, lies_at) {
        set_name(store, party, place);
    }
    Some(())
}

/// Makes sure that a party that was never in the index, or no longer is, has its name all the same. `None` when there is no room.
pub(crate) fn keep_name(store: &mut impl Store, text: &Text<'_>, party: Party) -> Option<()> {
    let (word, shift) = name_place(store, party);
    if (store.get(word) >> shift) as u32 == 0 {
        let mut buffer = Vec::new();
        let place = write_text(store, text, text.whole(&mut buffer))?;
        set_name(store, party, place);
    }
    Some(())
}

/// Writes a text into spare room; returns where it lies.
fn write_text(store: &mut impl Store, text: &Text<'_>, bytes: &[u8]) -> Option<u32> {
    let place = store.take_spare(text.words())?;
    store.row(place, [text.head()].into_iter().chain(text_words(bytes)));
    u32::try_from(place).ok()
}

/// The word that says where the name of a party lies, and by how much to shift it.
fn name_place(store: &impl Store, party: Party) -> (usize, u32) {
    (store.header(Header::Names).0 as usize + party.index() / 2, party.0 % 2 * 32)
}

/// Says where the name of a party lies.
pub(crate) fn set_name(store: &mut impl Store, party: Party, place: u32) {
    let (word, shift) = name_place(store, party);
    let rest = store.get(word) & !(u64::from(u32::MAX) << shift);
    store.put(word, rest | u64::from(place) << shift);
}
