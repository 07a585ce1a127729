//! A domain's block: what holds for all users, what each label gives, and the tables that records point into.
#![forbid(unsafe_code)]

use super::{joined, wide};
use crate::id::Kind;
use crate::policy::codes::{CodeTable, Function};
use crate::policy::valid::LONGEST_CODE;
use crate::right::{CALL_TO, EXEMPTABLE, FORWARDING_TO, Right, RightSet};
use crate::rule::Outcome;

/// Words of a domain's block.
pub(crate) const DOMAIN_WORDS: usize = 112;
/// Words of an outcome in a domain's table: what it gives, then what reasons tell apart, the administrator's grant and the rest.
pub(crate) const OUTCOME_WORDS: usize = 8;
/// Words of an actor class: what the actor may towards every other user, team and location.
pub(crate) const ACTOR_CLASS_WORDS: usize = 6;
/// Words of a target class: what every user may towards the target, and the lines whose calls are withheld.
pub(crate) const TARGET_CLASS_WORDS: usize = 2;
/// Words of a key's condition, see [`Field::Conditions`].
pub(crate) const CONDITION_WORDS: usize = 5;
/// Words of a function code.
pub(crate) const CODE_WORDS: usize = LONGEST_CODE.div_ceil(8);
/// Labels 0 (none) to 9, inside and outside.
pub(crate) const LABELS: usize = 10;

/// What a user may towards every user, team and location.
pub(crate) type ActorClass = [RightSet; 3];

/// The index of a kind in an [`ActorClass`].
pub(crate) fn column(kind: Kind) -> usize {
    match kind {
        Kind::User => 0,
        Kind::Team => 1,
        _ => 2,
    }
}

/// Adds rights towards every party of `kind`.
pub(crate) fn add_to(class: &mut ActorClass, kind: Kind, rights: RightSet) {
    if let Some(set) = class.get_mut(column(kind)) {
        *set |= rights;
    }
}

/// What holds between every user of the domain and one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct TargetClass {
    /// What every user may towards the target.
    pub rights: RightSet,
    /// Lines whose calls are withheld: bits, see [`crate::rule::graded`].
    pub withheld_lines: u8,
    /// Rights that no other party has on the target: bits in the order of [`EXEMPTABLE`].
    pub exempt: u8,
}

/// Words of a domain's block, by their offsets in it.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(crate) enum Field {
    /// See [`Flags`].
    Flags = 0,
    /// Offset of the outcomes; how many.
    Outcomes = 1,
    /// Offset of the outcome of each group key, four a word; how many keys.
    Groups = 2,
    /// Offset of the actor classes; how many.
    ActorClasses = 3,
    /// Offset of the target classes; how many.
    TargetClasses = 4,
    /// Where the tables end, spare rows included; how many keys are those of groups with lists: realms have those behind.
    Ends = 5,
    /// Towards oneself (two words, like all that follow).
    Oneself = 6,
    /// What every user has towards every user by level; bit 127: single rights.
    Graded = 8,
    /// What every user has towards every user, oneself included.
    Users = 10,
    /// What every user has towards every team.
    Teams = 12,
    /// What every user has towards every location.
    Locations = 14,
    /// Relations: what every user may towards every other user.
    RelationUsers = 16,
    /// Relations: what every user may towards every contact.
    RelationContacts = 18,
    /// What each label gives a viewer on the server.
    Inside = 20,
    /// What each label gives a viewer outside.
    Outside = 40,
    /// What a user with each label has towards another user without groups and entries: by the label, by what holds for all users,
    /// and by the rules for relations.
    Between = 60,
    /// Offset of the domain's name; one more than its number among the domains, 0 where there is no such domain.
    Name = 80,
    /// Offset of the list of locations: how many and room for how many in the first word, then their numbers, one a word.
    LocationList = 81,
    /// How many bytes each function code has, a byte each, in the order of the functions.
    CodeLengths = 82,
    /// The function codes, four words each.
    Codes = 83,
    /// Offset of what sort of group each key is, a byte each.
    Sorts = 103,
    /// Offset of the condition of each group key, five words a key, and how many keys; nothing where no key has one: the condition;
    /// two offsets in the calendar; what stands for that which is written there; from when and until when both count, hours aside (64
    /// bits each, signed).
    Conditions = 104,
    /// Offset of the keys whose rules are open on both sides, one a word, and how many.
    OpenKeys = 105,
    /// A fingerprint of what the open keys give, and to whom: answers of parties hang on it that no key lists.
    OpenHash = 106,
    /// So many seconds after the last word from the log that the store follows nothing is allowed any more; 0 where answers go on.
    LongestAge = 107,
    /// The classes of numbers to which every forwarding may go that may be set at all (two words).
    Forwarding = 108,
    /// Offset of the calendar: when keys count; how many words.
    Calendar = 110,
    /// Offset of the destinations: where numbers lead; how many words, none where the document does not say it.
    Destinations = 111,
}

/// What a domain's rules can need, so that a check does not look for what is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(pub u64);

impl Flags {
    /// `relation.change` needs that the administrator gave no single rights.
    pub const CHANGE_MAY_BE_FIXED: u64 = 1;
    /// Outcomes 1 to 9 are the labels of those numbers and nothing else.
    pub const LABELS: u64 = 2;
    /// There are graded rights.
    pub const GRADED: u64 = 4;
    /// Groups, pairs and classes can give more than labels.
    pub const MORE: u64 = 8;
    /// Picking up is open to all users, see `evaluate::domain::Opened`.
    pub const OPEN_PICKUP: u64 = 16;
    /// Logging in is open to all users, likewise.
    pub const OPEN_LOGIN: u64 = 32;
    /// Keys have conditions, targets are exempt from rights, forwardings depend on their destination, or answers on the age.
    pub const CONDITIONS: u64 = 64;
    /// Some keys have an open side.
    pub const OPEN_KEYS: u64 = 128;
    /// Forwardings and calls need the right for the class of their number.
    pub const DESTINATIONS: u64 = 256;

    /// Nothing is allowed when the last word from the log that the store follows is too old. It comes with [`Flags::MORE`] and
    /// [`Flags::CONDITIONS`], so that others need not look.
    pub const LONGEST_AGE: u64 = 512;

    #[inline]
    pub fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    /// Whether labels decide alone, and the first outcomes are the labels.
    #[inline(always)]
    pub fn has_labels_alone(self) -> bool {
        self.0 & (Flags::MORE | Flags::LABELS) == Flags::LABELS
    }
}

/// Single rights by the administrator keep the other side from changing the level: a mark in a set of graded rights, where no
/// right is.
pub(crate) const FIXED: u128 = 1 << 127;
/// A rule that gives members nothing towards themselves: likewise in a set of graded rights.
pub(crate) const OTHERS_ONLY: u128 = 1 << 126;
/// Where the label stands in an outcome's plain rights, and the step that a part in a transfer gives.
const LABEL_SHIFT: u32 = 120;
const PART_SHIFT: u32 = 124;
/// Where the withheld lines stand in a target class.
const LINES_SHIFT: u32 = 120;
/// Where the exempt rights stand, above the withheld lines.
const EXEMPT_SHIFT: u32 = 123;

/// The bits of these rights in a target class.
pub(crate) fn exempt_bits(rights: RightSet) -> u8 {
    EXEMPTABLE.iter().zip(0..).fold(0, |bits, (right, bit)| bits | u8::from(rights.has(*right)) << bit)
}

/// The rights that these bits stand for.
pub(crate) fn exempt_rights(bits: u8) -> RightSet {
    let held = EXEMPTABLE.iter().zip(0..).filter(|(_, bit)| bits >> bit & 1 != 0);
    held.fold(RightSet::EMPTY, |set, (right, _)| set | right.mask())
}

/// An outcome as words.
pub(crate) fn pack_outcome(outcome: &Outcome) -> [u64; OUTCOME_WORDS] {
    let fixed = if outcome.fixed { FIXED } else { 0 };
    let others_only = if outcome.others_only { OTHERS_ONLY } else { 0 };
    let graded = (outcome.graded | outcome.administrative).bits() | fixed | others_only;
    let plain =
        outcome.plain.bits() | u128::from(outcome.label) << LABEL_SHIFT | u128::from(outcome.part) << PART_SHIFT;
    let [administrative, own] = [outcome.administrative, outcome.graded].map(RightSet::bits);
    let halves = |bits: u128| [bits as u64, (bits >> 64) as u64];
    let ([a, b], [c, d], [e, f], [g, h]) = (halves(graded), halves(plain), halves(administrative), halves(own));
    [a, b, c, d, e, f, g, h]
}

/// The outcome in the first four words of a row. The administrator's grants are among the graded rights, and `others_only` is not
/// read: see [`OTHERS_ONLY`].
#[inline(always)]
pub(crate) fn unpack_outcome([a, b, c, d]: [u64; OUTCOME_WORDS / 2]) -> Outcome {
    let (graded, plain) = (wide(a, b), wide(c, d));
    Outcome {
        label: (plain >> LABEL_SHIFT) as u8 & 0xf,
        part: (plain >> PART_SHIFT) as u8 & 0xf,
        graded: RightSet::from_bits(graded),
        administrative: RightSet::EMPTY,
        plain: RightSet::from_bits(plain),
        fixed: graded & FIXED != 0,
        others_only: false,
    }
}

const _: () = assert!(Field::Codes as usize + Function::ALL.len() * CODE_WORDS <= Field::Sorts as usize);
const _: () = assert!((Field::Destinations as usize) < DOMAIN_WORDS);

/// The function codes as words of the block, from [`Field::CodeLengths`] on.
pub(crate) fn pack_codes(codes: &CodeTable) -> impl Iterator<Item = u64> + '_ {
    let lengths = Function::ALL.map(|function| codes.code(function).len().min(LONGEST_CODE) as u8);
    let lengths = lengths.into_iter().rev().fold(0, |word, length| word << 8 | u64::from(length));
    let words = codes.iter().flat_map(|(_, code)| {
        let mut bytes = [0; CODE_WORDS * 8];
        bytes.iter_mut().zip(code.bytes()).for_each(|(held, byte)| *held = byte);
        let words: [u64; CODE_WORDS] = std::array::from_fn(|word| {
            let of = |index: usize| bytes.get(word * 8 + index).copied().unwrap_or(0);
            u64::from_le_bytes(std::array::from_fn(of))
        });
        words
    });
    [lengths].into_iter().chain(words)
}

/// What applies to each kind of target; whatever a rule gives beside it is without effect.
pub(crate) mod applicable {
    use super::*;

    const NOT_TO_USERS: RightSet =
        RightSet::of(&[Right::ROSTER_SEE_TEAM, Right::LOCATION_LOGIN, Right::PROFILE_MANAGE_OWN]);
    /// To another user.
    pub(crate) const USERS: RightSet = RightSet::from_bits(u128::MAX).without(NOT_TO_USERS).without(CALL_TO);
    /// To oneself.
    pub(crate) const ONESELF: RightSet =
        RightSet::from_bits(u128::MAX).without(RightSet::of(&[Right::ROSTER_SEE_TEAM, Right::LOCATION_LOGIN]));
    /// To a team.
    pub(crate) const TEAMS: RightSet = RightSet::of(&[Right::CALL_PICKUP, Right::ROSTER_SEE_TEAM]);
    /// To a team, by a rule.
    pub(crate) const TEAMS_BY_RULE: RightSet = RightSet::from_bits(BY_RULE.bits() | FORWARDING_TO.bits());
    const BY_RULE: RightSet = RightSet::of(&[
        Right::CALL_PICKUP,
        Right::ROSTER_SEE_TEAM,
        Right::LINE_BUSY_READ,
        Right::CALL_DETAIL_READ,
        Right::CALL_NUMBER_INCOMING_READ,
        Right::CALL_NUMBER_OUTGOING_READ,
        Right::CALL_NUMBER_IN_CALL_READ,
        Right::CALL_HELD_PARTY_READ,
        Right::CALL_CONTROL,
        Right::CALL_PARK,
        Right::CALL_RETRIEVE,
        Right::CALL_BARGE,
        Right::CALL_LISTEN,
        Right::CALL_WHISPER,
        Right::CALL_RECORD,
        Right::FORWARDING_STATE_READ,
        Right::FORWARDING_TARGET_READ,
        Right::FORWARDING_SET,
        Right::FORWARDING_BYPASS,
    ]);
    /// Setting a forwarding on any line.
    pub(crate) const FORWARDING: RightSet = Right::FORWARDING_SET.mask();
    /// To a location.
    pub(crate) const LOCATIONS: RightSet = Right::LOCATION_LOGIN.mask();
}

/// A target class as words: above its rights stand the withheld lines and the exempt rights.
pub(crate) fn pack_target_class(class: &TargetClass) -> [u64; TARGET_CLASS_WORDS] {
    let bits = class.rights.bits()
        | u128::from(class.withheld_lines) << LINES_SHIFT
        | u128::from(class.exempt) << EXEMPT_SHIFT;
    [bits as u64, (bits >> 64) as u64]
}

/// The target class in these bits.
#[inline(always)]
pub(crate) fn unpack_target_class(bits: u128) -> TargetClass {
    TargetClass {
        rights: RightSet::from_bits(bits),
        withheld_lines: (bits >> LINES_SHIFT) as u8 & 0b111,
        exempt: (bits >> EXEMPT_SHIFT) as u8 & 0b1111,
    }
}

/// A domain's block as words, being put together.
#[derive(Clone)]
pub(crate) struct DomainBlock {
    words: [u64; DOMAIN_WORDS],
}

impl DomainBlock {
    pub fn new() -> DomainBlock {
        DomainBlock { words: [0; DOMAIN_WORDS] }
    }

    pub fn set_rights(&mut self, field: Field, rights: RightSet) {
        self.set_bits(field, 0, rights.bits());
    }

    pub fn set_graded(&mut self, outcome: &Outcome) {
        self.set_bits(Field::Graded, 0, outcome.graded.bits() | if outcome.fixed { FIXED } else { 0 });
    }

    pub fn set_label(&mut self, label: u8, inside: bool, rights: RightSet) {
        self.set_bits(if inside { Field::Inside } else { Field::Outside }, usize::from(label) * 2, rights.bits());
    }

    pub fn set_table(&mut self, field: Field, offset: u32, count: u32) {
        self.set(field as usize, joined(offset, count));
    }

    pub fn set_codes(&mut self, codes: &CodeTable) {
        for (word, offset) in pack_codes(codes).zip(Field::CodeLengths as usize..) {
            self.set(offset, word);
        }
    }

    /// Sets a word that is neither a table nor a set of rights.
    pub fn set_word(&mut self, field: Field, word: u64) {
        self.set(field as usize, word);
    }

    pub fn set_flag(&mut self, flag: u64) {
        if let Some(flags) = self.words.get_mut(Field::Flags as usize) {
            *flags |= flag;
        }
    }

    pub fn flags(&self) -> Flags {
        Flags(self.words.get(Field::Flags as usize).copied().unwrap_or(0))
    }

    pub fn set_between(&mut self, label: u8, rights: RightSet) {
        self.set_bits(Field::Between, usize::from(label) * 2, rights.bits());
    }

    pub fn rights(&self, field: Field, plus: usize) -> RightSet {
        let word = |more: usize| self.words.get(field as usize + plus + more).copied().unwrap_or(0);
        RightSet::from_bits(wide(word(0), word(1)))
    }

    fn set_bits(&mut self, field: Field, plus: usize, bits: u128) {
        self.set(field as usize + plus, bits as u64);
        self.set(field as usize + plus + 1, (bits >> 64) as u64);
    }

    fn set(&mut self, offset: usize, word: u64) {
        if let Some(held) = self.words.get_mut(offset) {
            *held = word;
        }
    }

    pub fn words(&self) -> &[u64; DOMAIN_WORDS] {
        &self.words
    }
}
