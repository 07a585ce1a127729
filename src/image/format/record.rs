//! A party's record: four words that say where the party stands and which groups it is in.
#![forbid(unsafe_code)]

use crate::id::Kind;

/// Words of a record.
pub(crate) const RECORD_WORDS: usize = 4;

/// Group keys that fit into a record.
pub(crate) const INLINE_KEYS: usize = 8;

/// The kind of a contact that is no longer named: like any address, it stays a contact without entries.
pub(crate) const UNLISTED: u8 = 6;

/// The attributes of a party: the first word of its record, and the site of the second.
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
    /// As words: the first, and what belongs into the low 16 bits of the second.
    pub fn pack(&self, has_extra: bool) -> (u64, u64) {
        let flags = u64::from(self.decides_alone) | u64::from(self.raised) << 1 | u64::from(has_extra) << 2;
        let first = u64::from(self.domain)
            | u64::from(self.kind) << 12
            | flags << 15
            | u64::from(self.release) << 18
            | u64::from(self.same_site) << 20
            | u64::from(self.other_sites) << 24
            | u64::from(self.outside) << 28
            | u64::from(self.actor_class) << 32
            | u64::from(self.target_class) << 48;
        (first, u64::from(self.site))
    }
}

/// A record as it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    words: [u64; RECORD_WORDS],
}

impl Record {
    /// A record of these words.
    pub fn new(words: [u64; RECORD_WORDS]) -> Record {
        Record { words }
    }

    /// What the record says itself: all but its classes and groups, which are looked up elsewhere.
    pub fn own_bits(&self) -> (u64, u64) {
        const HAS_EXTRA: u64 = 1 << 17;
        (self.words[0] & u64::from(u32::MAX) & !HAS_EXTRA, self.words[1] & 0xffff)
    }

    /// The memberships that are in the record itself.
    pub fn memberships(&self) -> impl Iterator<Item = Membership> + '_ {
        (0..INLINE_KEYS as u32).filter_map(|place| {
            let (acts, is_target) = (self.acts() >> place & 1 != 0, self.is_target() >> place & 1 != 0);
            (acts || is_target).then(|| Membership { key: self.key(place), acts, is_target })
        })
    }

    /// The number of the party's kind, 0 when there is no such party.
    #[inline]
    pub fn kind(&self) -> u8 {
        (self.words[0] >> 12) as u8 & 0b111
    }

    /// The number of the party's domain.
    #[inline]
    pub fn domain(&self) -> u16 {
        self.words[0] as u16 & 0xfff
    }

    #[inline]
    pub fn attributes(&self) -> PartyAttributes {
        let first = self.words[0];
        PartyAttributes {
            domain: self.domain(),
            kind: self.kind(),
            decides_alone: first >> 15 & 1 != 0,
            raised: first >> 16 & 1 != 0,
            release: (first >> 18) as u8 & 0b11,
            same_site: (first >> 20) as u8 & 0xf,
            other_sites: (first >> 24) as u8 & 0xf,
            outside: (first >> 28) as u8 & 0xf,
            actor_class: (first >> 32) as u16,
            target_class: (first >> 48) as u16,
            site: self.words[1] as u16,
        }
    }

    /// Whether both are users of one domain.
    #[inline(always)]
    pub fn are_users_together(&self, other: &Record) -> bool {
        const DOMAIN_AND_KIND: u64 = 0x7fff;
        (self.words[0] ^ other.words[0]) & DOMAIN_AND_KIND == 0 && self.kind() == Kind::User as u8
    }

    /// See [`PartyAttributes::decides_alone`].
    #[inline(always)]
    pub fn decides_alone(&self) -> bool {
        self.words[0] >> 15 & 1 != 0
    }

    /// See [`PartyAttributes::raised`].
    #[inline(always)]
    pub fn is_raised(&self) -> bool {
        self.words[0] >> 16 & 1 != 0
    }

    /// The default label of viewers of the same site or of another one.
    #[inline(always)]
    pub fn default_label(&self, same_site: bool) -> u8 {
        (self.words[0] >> if same_site { 20 } else { 24 }) as u8 & 0xf
    }

    /// The number of the party's site, 0 for none.
    #[inline(always)]
    pub fn site(&self) -> u16 {
        self.words[1] as u16
    }

    /// Whether the group keys are in a longer list elsewhere.
    #[inline]
    pub fn has_extra(&self) -> bool {
        self.words[0] >> 17 & 1 != 0
    }

    /// Offset of the longer list, where there is one.
    #[inline]
    pub fn extra(&self) -> usize {
        (self.words[1] >> 32) as usize
    }

    /// Which of the keys count when the party acts, one bit each.
    #[inline]
    pub fn acts(&self) -> u8 {
        (self.words[1] >> 16) as u8
    }

    /// Which of the keys count when the party is the target, one bit each.
    #[inline]
    pub fn is_target(&self) -> u8 {
        (self.words[1] >> 24) as u8
    }

    /// The key in that place of the record, 0 to 7.
    #[inline]
    pub fn key(&self, place: u32) -> u32 {
        let (low, high) = self.keys();
        let word = if place < 4 { low } else { high };
        (word >> (place % 4 * 16)) as u32 & 0xffff
    }

    /// The keys, four 16-bit numbers a word.
    #[inline]
    pub fn keys(&self) -> (u64, u64) {
        (self.words[2], self.words[3])
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

/// A record's words; `extra` is the offset of the list when it does not fit.
pub(crate) fn pack(
    attributes: &PartyAttributes,
    memberships: &[Membership],
    extra: Option<u32>,
) -> [u64; RECORD_WORDS] {
    let (first, mut second) = attributes.pack(extra.is_some());
    let mut keys = [0u64; 2];
    match extra {
        Some(offset) => second |= u64::from(offset) << 32,
        None => {
            for (membership, place) in memberships.iter().zip(0..INLINE_KEYS as u32) {
                second |= u64::from(membership.acts) << (16 + place) | u64::from(membership.is_target) << (24 + place);
                if let Some(word) = keys.get_mut(place as usize / 4) {
                    *word |= u64::from(membership.key & 0xffff) << (place % 4 * 16);
                }
            }
        }
    }
    [first, second, keys[0], keys[1]]
}

/// Whether memberships fit into a record.
pub(crate) fn fit(memberships: &[Membership]) -> bool {
    memberships.len() <= INLINE_KEYS && memberships.iter().all(|membership| membership.key <= u32::from(u16::MAX))
}
