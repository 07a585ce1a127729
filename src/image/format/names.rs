//! The index: texts that name a party, found without a lock and without an allocation, and the way back from a party to its
//! own name.
//!
//! ```text
//! slot    hash of domain and text (0: empty, 2: emptied); offset of the text (low) and what it stands for (high): the number
//!         of a domain, of a group key, or of a party (26 bits) with an [`Extension`] above it
//! text    namespace (32 bits: a domain, the groups of one, all domains) and length in the first word, then the bytes, eight a word
//! names   of each party number the offset of its own name, two a word; it stays when the party goes
//! ```
#![forbid(unsafe_code)]

use super::secret::Secret;
use super::{Header, ImageWords, halves, joined};
use crate::directory::Directory;
use crate::id::{DomainId, Party};

/// The longest text in an index, about: prefix, 255 bytes of name, and for a `sip:` address 253 bytes of domain.
pub(crate) const MAX_TEXT: usize = 520;
/// The namespace of domain names.
pub(crate) const DOMAINS: u32 = u32::MAX;
/// Added to a domain's number: the namespace of groups that are found by a name; their numbers are group keys.
const GROUPS: u32 = 1 << 16;
/// A slot whose text is gone: no hash is even, and a search goes on behind it.
pub(crate) const EMPTIED: u64 = 2;
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

    /// The extension at that index of a user's lines; further lines share the third number.
    pub fn of_user(index: usize) -> Extension {
        Extension(index.min(2) as u8 + 1)
    }

    /// The extension in a slot's number.
    pub fn of_number(number: u32) -> Extension {
        Extension((number >> PARTY_BITS) as u8)
    }

    /// The line: 1, 2 or 3 of a user; 0 where it has no such number.
    pub fn line(self) -> u32 {
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
    /// A group, by its name: its key.
    Group(u32),
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
            Meaning::Group(key) => key,
        }
    }
}

/// The party of a slot.
#[inline]
pub(crate) fn party_of(number: u32) -> Party {
    Party(number & PARTY_MASK)
}

/// The hash of a text, as it stands in its slot.
#[inline]
pub(crate) fn hash(secret: Secret, namespace: u32, text: &[u8]) -> u64 {
    secret.hash(head(namespace, text.len()), text_words(text)) | 1
}

/// The slot at which the search for a text of that hash begins, before the number of slots is known.
#[inline]
pub(crate) fn home(hash: u64) -> u64 {
    hash >> 32
}

/// The word before a text's bytes.
#[inline]
pub(crate) fn head(namespace: u32, length: usize) -> u64 {
    joined(namespace, length as u32)
}

#[inline]
pub(crate) fn text_words(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    text.chunks(8).map(|chunk| match <[u8; 8]>::try_from(chunk) {
        Ok(whole) => u64::from_le_bytes(whole),
        Err(_) => chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    })
}

/// Logins are indexed a second time with this before them, for `sip:login@domain`; no name contains the sign.
pub(crate) const LOGIN_PREFIX: &[u8] = b"/";

/// A text with the domain it is of, in two parts: most have a prefix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    pub namespace: u32,
    parts: (&'a [u8], &'a [u8]),
}

impl<'a> Text<'a> {
    pub fn domain(name: &'a str) -> Text<'a> {
        Text { namespace: DOMAINS, parts: (b"", name.as_bytes()) }
    }

    pub fn party(domain: DomainId, prefix: &'a str, name: &'a str) -> Text<'a> {
        Text { namespace: domain.0.into(), parts: (prefix.as_bytes(), name.as_bytes()) }
    }

    pub fn login(domain: DomainId, login: &'a str) -> Text<'a> {
        Text { namespace: domain.0.into(), parts: (LOGIN_PREFIX, login.as_bytes()) }
    }

    /// The name of a group, behind what tells one sort of group from another of the same name.
    pub fn group(domain: DomainId, sort: &'a str, name: &'a str) -> Text<'a> {
        Text { namespace: GROUPS | u32::from(domain.0), parts: (sort.as_bytes(), name.as_bytes()) }
    }

    fn length(&self) -> usize {
        self.parts.0.len() + self.parts.1.len()
    }

    /// Words that the text takes.
    pub fn words(&self) -> usize {
        1 + self.length().div_ceil(8)
    }

    /// The word before the bytes.
    pub fn head(&self) -> u64 {
        head(self.namespace, self.length())
    }

    /// The text as one text, put together in `buffer` where it has to be.
    pub fn whole<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        if self.parts.0.is_empty() {
            return self.parts.1;
        }
        buffer.clear();
        buffer.extend_from_slice(self.parts.0);
        buffer.extend_from_slice(self.parts.1);
        buffer
    }
}

/// The slot of a text, or the one where it belongs.
enum Slot {
    Held { at: usize, text: u32, number: u32 },
    Free { at: usize, emptied: bool },
    Full,
}

fn slot(words: &impl ImageWords, text: &Text<'_>, bytes: &[u8]) -> Slot {
    let (offset, slots) = words.header(Header::Index);
    let Some(mask) = u64::from(slots).checked_sub(1) else { return Slot::Full };
    let (hash, head) = (hash(Secret::of(words), text.namespace, bytes), text.head());
    let mut index = home(hash) & mask;
    let mut emptied = None;
    for _ in 0..slots {
        let at = offset as usize + index as usize * SLOT_WORDS;
        match words.get(at) {
            0 => {
                let free = emptied.unwrap_or(at);
                return Slot::Free { at: free, emptied: emptied.is_some() };
            }
            EMPTIED => {
                emptied.get_or_insert(at);
            }
            held if held == hash => {
                let (text, number) = halves(words.get(at + 1));
                let mut wanted = text_words(bytes).zip(text as usize + 1..);
                if words.get(text as usize) == head && wanted.all(|(word, offset)| words.get(offset) == word) {
                    return Slot::Held { at, text, number };
                }
            }
            _ => {}
        }
        index = (index + 1) & mask;
    }
    emptied.map_or(Slot::Full, |at| Slot::Free { at, emptied: true })
}

/// The number that a text has.
pub(crate) fn number_of(words: &impl ImageWords, text: &Text<'_>) -> Option<u32> {
    match slot(words, text, text.whole(&mut Vec::new())) {
        Slot::Held { number, .. } => Some(number),
        Slot::Free { .. } | Slot::Full => None,
    }
}

/// Says what a text stands for, or takes it out. `None` when there is no room.
pub(crate) fn set(words: &mut impl ImageWords, text: &Text<'_>, meaning: Option<Meaning>) -> Option<()> {
    let mut buffer = Vec::new();
    let bytes = text.whole(&mut buffer);
    let lies_at = match (slot(words, text, bytes), meaning.map(Meaning::number)) {
        (Slot::Held { at, text, .. }, Some(number)) => {
            words.put(at + 1, joined(text, number));
            Some(text)
        }
        (Slot::Held { at, .. }, None) => {
            words.row(at, [EMPTIED, 0]);
            None
        }
        (Slot::Free { at, emptied }, Some(number)) => {
            if !emptied {
                let (used, aliases) = words.header(Header::Used);
                let slots = u64::from(words.header(Header::Index).1);
                // Searches stay short, and an empty slot ends them.
                if (u64::from(used) + 1) * 5 > slots * 4 {
                    return None;
                }
                words.put(Header::Used as usize, joined(used + 1, aliases));
            }
            let text_at = write_text(words, text, bytes)?;
            words.row(at, [hash(Secret::of(words), text.namespace, bytes), joined(text_at, number)]);
            Some(text_at)
        }
        (Slot::Full, Some(_)) => return None,
        (Slot::Free { .. } | Slot::Full, None) => None,
    };
    if let (Some(Meaning::Name(party, _)), Some(text_at)) = (meaning, lies_at) {
        set_name(words, party, text_at);
    }
    Some(())
}

/// Makes sure that a party that was never in the index, or no longer is, has its name all the same. `None` when there is no room.
pub(crate) fn keep_name(words: &mut impl ImageWords, text: &Text<'_>, party: Party) -> Option<()> {
    let (word, shift) = name_word(words, party);
    if (words.get(word) >> shift) as u32 == 0 {
        let mut buffer = Vec::new();
        let text_at = write_text(words, text, text.whole(&mut buffer))?;
        set_name(words, party, text_at);
    }
    Some(())
}

/// Writes a text into spare room; returns where it lies.
fn write_text(words: &mut impl ImageWords, text: &Text<'_>, bytes: &[u8]) -> Option<u32> {
    let text_at = words.take_spare(text.words())?;
    words.row(text_at, [text.head()].into_iter().chain(text_words(bytes)));
    u32::try_from(text_at).ok()
}

/// The word that says where the name of a party lies, and by how much to shift it.
fn name_word(words: &impl ImageWords, party: Party) -> (usize, u32) {
    (words.header(Header::Names).0 as usize + party.index() / 2, party.0 % 2 * 32)
}

/// Says where the name of a party lies.
pub(crate) fn set_name(words: &mut impl ImageWords, party: Party, text_at: u32) {
    let (word, shift) = name_word(words, party);
    let rest = words.get(word) & !(u64::from(u32::MAX) << shift);
    words.put(word, rest | u64::from(text_at) << shift);
}
