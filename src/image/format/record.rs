//! A party's record: four words that say where the party stands and which groups it is in.
//!
//! ```text
//! word 0     see [`PartyAttributes`]; bit 21: the group keys are in a longer list elsewhere
//! word 1     site (16 bits); which keys count for the party as actor, which as target (8 bits each); offset of the list in
//!            [`LIST_UNIT`] words (26 bits); the default label towards callers from outside (4 bits); bit 62: tags of 8 bits;
//!            bit 63: no tags
//! words 2-3  up to 8 keys of 16 bits. With a list: up to 8 tags of 16 bits, or 9 to 16 of 8 bits, or nothing
//! ```
//!
//! A tag is a key's low bits. Where no tags meet, no group is shared and the lists need not be read; where some meet, the lists say
//! whether their keys do: a tag alone never gives anything.
#![forbid(unsafe_code)]

use super::image::{ReadMode, Row};
use crate::id::Kind;
use crate::simd::Lanes;

/// Words of a record.
pub(crate) const RECORD_WORDS: usize = 4;

/// Group keys that fit into a record.
pub(crate) const INLINE_KEYS: usize = 8;

/// Tags that fit into a record.
const MAX_TAGS: usize = 16;
const FIRST_LONG: usize = INLINE_KEYS + 1;
/// In the second word: the tags have 8 bits.
const HAS_BYTE_TAGS: u64 = 1 << 62;
/// In the second word: more keys than tags fit.
const HAS_NO_TAGS: u64 = 1 << 63;
/// A longer list begins at a multiple of so many words.
pub(crate) const LIST_UNIT: usize = 4;
/// The highest offset of a longer list.
pub(crate) const MAX_EXTRA: usize = ((1 << 26) - 1) * LIST_UNIT;
/// Where the label towards callers from outside stands in the second word.
const OUTSIDE_AT: u32 = 58;

/// The kind of a contact that is no longer named: like any address, it stays a contact without entries.
pub(crate) const UNLISTED: u8 = 6;

/// The attributes of a party: the first word of its record, and the site and a label of the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PartyAttributes {
    /// The party's domain.
    pub domain: u16,
    /// The kind's number; 0 when there is no such party.
    pub kind: u8,
    /// The party alone decides who may do what: no candidate but its own setting counts.
    pub decides_alone: bool,
    /// The party has at least the label [`crate::rule::step::RAISED`] towards every user.
    pub raised: bool,
    /// The number of the calendar release, see [`crate::rule::graded::withheld_by_release`].
    pub release: u8,
    /// The default labels towards the party, 0 where it has no site.
    pub same_site: u8,
    /// See `same_site`.
    pub other_sites: u8,
    /// See `same_site`.
    pub outside: u8,
    /// What the party may towards all parties of a kind, as a number of the domain's table; 0 nothing.
    pub actor_class: u16,
    /// What every user of the domain may towards the party, likewise.
    pub target_class: u16,
    /// The number of the party's site, 0 for none.
    pub site: u16,
}

impl PartyAttributes {
    /// What the second word says of the attributes.
    pub const SECOND: u64 = 0xffff | 0xf << OUTSIDE_AT;

    /// As words: the first, and what belongs into the bits [`PartyAttributes::SECOND`] of the second.
    pub fn pack(&self, has_extra: bool) -> (u64, u64) {
        let flags = u64::from(self.decides_alone) | u64::from(self.raised) << 1 | u64::from(has_extra) << 2;
        let first = u64::from(self.domain)
            | u64::from(self.kind) << 16
            | flags << 19
            | u64::from(self.release) << 22
            | u64::from(self.same_site) << 24
            | u64::from(self.other_sites) << 28
            | u64::from(self.actor_class) << 32
            | u64::from(self.target_class) << 48;
        (first, u64::from(self.site) | u64::from(self.outside) << OUTSIDE_AT)
    }
}

/// A record as it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    first: u64,
    second: u64,
    keys: Lanes,
}

impl Record {
    /// A record of these words.
    pub fn new([first, second, low, high]: [u64; RECORD_WORDS]) -> Record {
        Record { first, second, keys: Lanes::new([low, high]) }
    }

    /// The record in a row of words.
    #[inline(always)]
    pub fn read<M: ReadMode>(row: Row<'_, RECORD_WORDS, M>) -> Record {
        Record { first: row.get(0), second: row.get(1), keys: row.lanes::<2>() }
    }

    /// What the record says itself: all but its classes and groups, which are looked up elsewhere.
    pub fn own_bits(&self) -> (u64, u64) {
        const HAS_EXTRA: u64 = 1 << 21;
        (self.first & u64::from(u32::MAX) & !HAS_EXTRA, self.second & PartyAttributes::SECOND)
    }

    /// The memberships that are in the record itself.
    pub fn memberships(&self) -> impl Iterator<Item = Membership> + '_ {
        (0..INLINE_KEYS as u32).filter_map(|index| {
            let (acts, is_target) = (self.acts() >> index & 1 != 0, self.is_target() >> index & 1 != 0);
            (acts || is_target).then(|| Membership { key: self.key(index), acts, is_target })
        })
    }

    /// The number of the party's kind, 0 when there is no such party.
    #[inline]
    pub fn kind(&self) -> u8 {
        (self.first >> 16) as u8 & 0b111
    }

    /// The number of the party's domain.
    #[inline]
    pub fn domain(&self) -> u16 {
        self.first as u16
    }

    #[inline]
    pub fn attributes(&self) -> PartyAttributes {
        let first = self.first;
        PartyAttributes {
            domain: self.domain(),
            kind: self.kind(),
            decides_alone: first >> 19 & 1 != 0,
            raised: first >> 20 & 1 != 0,
            release: (first >> 22) as u8 & 0b11,
            same_site: (first >> 24) as u8 & 0xf,
            other_sites: (first >> 28) as u8 & 0xf,
            outside: (self.second >> OUTSIDE_AT) as u8 & 0xf,
            actor_class: (first >> 32) as u16,
            target_class: (first >> 48) as u16,
            site: self.second as u16,
        }
    }

    /// Whether both are users of one domain.
    #[inline(always)]
    pub fn are_users_together(&self, other: &Record) -> bool {
        const DOMAIN_AND_KIND: u64 = 0x7_ffff;
        (self.first ^ other.first) & DOMAIN_AND_KIND == 0 && self.kind() == Kind::User as u8
    }

    /// See [`PartyAttributes::decides_alone`].
    #[inline(always)]
    pub fn decides_alone(&self) -> bool {
        self.first >> 19 & 1 != 0
    }

    /// See [`PartyAttributes::raised`].
    #[inline(always)]
    pub fn is_raised(&self) -> bool {
        self.first >> 20 & 1 != 0
    }

    /// The default label of viewers of the same site or of another one.
    #[inline(always)]
    pub fn default_label(&self, same_site: bool) -> u8 {
        // Both at once: a shift that waits for the comparison costs more.
        std::hint::select_unpredictable(same_site, (self.first >> 24) as u8 & 0xf, (self.first >> 28) as u8 & 0xf)
    }

    /// The number of the party's site, 0 for none.
    #[inline(always)]
    pub fn site(&self) -> u16 {
        self.second as u16
    }

    /// Whether the group keys are in a longer list elsewhere.
    #[inline]
    pub fn has_extra(&self) -> bool {
        self.first >> 21 & 1 != 0
    }

    /// Offset of the longer list, where there is one.
    #[inline]
    pub fn extra(&self) -> usize {
        (self.second >> 30) as usize & MAX_EXTRA
    }

    /// Whether there are more than eight keys: then the record has no room for them, each with bits that say for whom it counts.
    #[inline(always)]
    pub fn is_long(&self) -> bool {
        self.second & (HAS_BYTE_TAGS | HAS_NO_TAGS) != 0
    }

    /// Whether one of the two has more than eight keys.
    #[inline(always)]
    pub fn is_either_long(&self, other: &Record) -> bool {
        (self.second | other.second) & (HAS_BYTE_TAGS | HAS_NO_TAGS) != 0
    }

    /// Whether more keys than tags fit.
    #[inline]
    pub fn has_no_tags(&self) -> bool {
        self.second & HAS_NO_TAGS != 0
    }

    /// Which of the keys count when the party acts, one bit each.
    #[inline]
    pub fn acts(&self) -> u8 {
        (self.second >> 16) as u8
    }

    /// Which of the keys count when the party is the target, one bit each.
    #[inline]
    pub fn is_target(&self) -> u8 {
        (self.second >> 24) as u8
    }

    /// The key at that index of the record, 0 to 7.
    #[inline]
    pub fn key(&self, index: u32) -> u32 {
        let [low, high] = self.keys.words();
        let word = if index < 4 { low } else { high };
        (word >> (index % 4 * 16)) as u32 & 0xffff
    }

    /// The keys or their tags.
    #[inline(always)]
    pub fn keys(&self) -> Lanes {
        self.keys
    }
}

/// A group key in a party's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Membership {
    /// The key, from 1 on, unique in the domain.
    pub key: u32,
    /// Whether it counts when the party acts.
    pub acts: bool,
    /// Whether it counts when the party is the target.
    pub is_target: bool,
}

impl Membership {
    /// As a word of a longer list.
    pub fn pack(self) -> u64 {
        u64::from(self.key) | u64::from(self.acts) << 32 | u64::from(self.is_target) << 33
    }

    /// From a word of a longer list.
    #[inline]
    pub fn unpack(word: u64) -> Membership {
        Membership { key: word as u32, acts: word >> 32 & 1 != 0, is_target: word >> 33 & 1 != 0 }
    }
}

/// The tag of a key: never 0, which ends a list.
fn tag(key: u32) -> u16 {
    (key as u16).max(1)
}

/// The tag of a key where there are more than eight.
fn byte_tag(key: u32) -> u8 {
    (tag(key) as u8).max(1)
}

/// A record's words; `extra` is the offset of the list when it does not fit, a multiple of [`LIST_UNIT`] and at
/// most [`MAX_EXTRA`].
pub(crate) fn pack(
    attributes: &PartyAttributes,
    memberships: &[Membership],
    extra: Option<usize>,
) -> [u64; RECORD_WORDS] {
    let (first, mut second) = attributes.pack(extra.is_some());
    second |= extra.map_or(0, |offset| ((offset & MAX_EXTRA) as u64) << 30);
    let mut keys = [0u64; 2];
    let mut put = |bit: usize, number: u64| {
        if let Some(word) = keys.get_mut(bit / 64) {
            *word |= number << (bit % 64);
        }
    };
    let tags = memberships.iter().map(|membership| membership.key).enumerate();
    match memberships.len() {
        0..=INLINE_KEYS => {
            for (index, membership) in memberships.iter().enumerate() {
                second |= u64::from(membership.acts) << (16 + index) | u64::from(membership.is_target) << (24 + index);
            }
            // The tag of a key that fits is the key.
            tags.for_each(|(index, key)| put(index * 16, u64::from(tag(key))));
        }
        FIRST_LONG..=MAX_TAGS => {
            second |= HAS_BYTE_TAGS;
            tags.for_each(|(index, key)| put(index * 8, u64::from(byte_tag(key))));
        }
        _ => second |= HAS_NO_TAGS,
    }
    [first, second, keys[0], keys[1]]
}

/// Words that a longer list of so many keys takes: its length, and the keys.
pub(crate) fn list_words(keys: usize) -> usize {
    (1 + keys).next_multiple_of(LIST_UNIT)
}

/// Whether memberships fit into a record.
pub(crate) fn fit(memberships: &[Membership]) -> bool {
    memberships.len() <= INLINE_KEYS && memberships.iter().all(|membership| membership.key <= u32::from(u16::MAX))
}
