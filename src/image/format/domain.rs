//! A domain's block: what holds for everybody, what each label gives, and the tables that records point into.
#![forbid(unsafe_code)]

use crate::directory::Directory;
use crate::id::{DomainId, Kind, Party};
use crate::image::compile::facts::TargetClass;
use crate::image::{Header, Image, Look, NOWHERE, Row, halves, joined, wide};
use crate::policy::codes::{CodeTable, Function};
use crate::policy::valid::LONGEST_CODE;
use crate::right::{Right, RightSet};
use crate::rule::{Outcome, Sort};

/// Words of a domain's block.
pub(crate) const DOMAIN_WORDS: usize = 112;
/// Words of an outcome in a domain's table: what it gives, then what reasons tell apart, the administrator's grant and the rest.
pub(crate) const OUTCOME_WORDS: usize = 8;
/// Words of an actor class: what the actor may towards every other user, team and location.
pub(crate) const ACTOR_CLASS_WORDS: usize = 6;
/// Words of a target class: what every user may towards the target, and its private lines.
pub(crate) const TARGET_CLASS_WORDS: usize = 2;
/// Words of a function code.
const CODE_WORDS: usize = LONGEST_CODE.div_ceil(8);
/// Labels 0 (none) to 9, inside and outside.
pub(crate) const LABELS: usize = 10;

/// Places in a domain's block.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(crate) enum Place {
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
    /// What a user with each label has towards another user as a matter of course: by the label, by what holds for everybody,
    /// and by the rules for relations.
    Between = 60,
    /// Offset of the domain's name; one more than its place among the domains, 0 where there is no such domain.
    Name = 80,
    /// Offset of the list of locations: how many and room for how many in the first word, then their numbers, one a word.
    LocationList = 81,
    /// How many bytes each function code has, a byte each, in the order of the functions.
    CodeLengths = 82,
    /// The function codes, four words each.
    Codes = 83,
    /// Offset of what sort of group each key is, a byte each.
    Sorts = 103,
}

/// What a domain's rules can need, so that a check does not look for what is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(pub u64);

impl Flags {
    /// `relation.change` needs that the administrator gave no single rights.
    pub const CHANGE_MAY_BE_FIXED: u64 = 1;
    /// The domain runs XPhone: outcomes 1 to 9 are the labels of those numbers and nothing else.
    pub const LABELS: u64 = 2;
    /// There are graded rights.
    pub const GRADED: u64 = 4;
    /// Groups, pairs and classes can give more than labels.
    pub const MORE: u64 = 8;
    /// pascom: picking up is open to all users.
    pub const OPEN_PICKUP: u64 = 16;
    /// pascom: logging in is open to all users.
    pub const OPEN_LOGIN: u64 = 32;

    #[inline]
    pub fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }
}

/// pascom: what is open until the first permission carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Picking up.
    Pickup,
    /// Logging in.
    Login,
}

/// Single rights by the administrator keep the other side from changing the level: a mark in a set of graded rights, where no
/// right is.
pub(crate) const FIXED: u128 = 1 << 127;
/// Where the label stands in an outcome's plain rights, and the step that a part in a transfer gives.
const LABEL_SHIFT: u32 = 120;
const PART_SHIFT: u32 = 124;
/// Where the private lines stand in a target class.
const PRIVATE_SHIFT: u32 = 120;

/// An outcome as words.
pub(crate) fn pack_outcome(outcome: &Outcome) -> [u64; OUTCOME_WORDS] {
    let graded = (outcome.graded | outcome.administrative).bits() | if outcome.fixed { FIXED } else { 0 };
    let plain =
        outcome.plain.bits() | u128::from(outcome.label) << LABEL_SHIFT | u128::from(outcome.part) << PART_SHIFT;
    let [administrative, own] = [outcome.administrative, outcome.graded].map(RightSet::bits);
    let halves = |bits: u128| [bits as u64, (bits >> 64) as u64];
    let ([a, b], [c, d], [e, f], [g, h]) = (halves(graded), halves(plain), halves(administrative), halves(own));
    [a, b, c, d, e, f, g, h]
}

const _: () = assert!(Place::Codes as usize + Function::ALL.len() * CODE_WORDS <= Place::Sorts as usize);
const _: () = assert!((Place::Sorts as usize) < DOMAIN_WORDS);

/// The function codes as words of the block, from [`Place::CodeLengths`] on.
pub(crate) fn pack_codes(codes: &CodeTable) -> impl Iterator<Item = u64> + '_ {
    let lengths = Function::ALL.map(|function| codes.code(function).len().min(LONGEST_CODE) as u8);
    let lengths = lengths.into_iter().rev().fold(0, |word, length| word << 8 | u64::from(length));
    let words = codes.iter().flat_map(|(_, code)| {
        let mut bytes = [0; CODE_WORDS * 8];
        bytes.iter_mut().zip(code.bytes()).for_each(|(place, byte)| *place = byte);
        let words: [u64; CODE_WORDS] = std::array::from_fn(|word| {
            let of = |place: usize| bytes.get(word * 8 + place).copied().unwrap_or(0);
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
    pub(crate) const USERS: RightSet = RightSet::from_bits(u128::MAX).without(NOT_TO_USERS);
    /// To oneself.
    pub(crate) const ONESELF: RightSet =
        RightSet::from_bits(u128::MAX).without(RightSet::of(&[Right::ROSTER_SEE_TEAM, Right::LOCATION_LOGIN]));
    /// To a team.
    pub(crate) const TEAMS: RightSet = RightSet::of(&[Right::CALL_PICKUP, Right::ROSTER_SEE_TEAM]);
    /// To a location.
    pub(crate) const LOCATIONS: RightSet = Right::LOCATION_LOGIN.mask();
}

/// A domain's block, looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DomainView<'a, L> {
    image: Image<'a, L>,
    block: Row<'a, DOMAIN_WORDS, L>,
}

impl<'a, L: Look> Image<'a, L> {
    /// The block of the domain of that number; all zero where there is none.
    #[inline(always)]
    pub(crate) fn domain(&self, domain: u16) -> DomainView<'a, L> {
        let (offset, count) = self.header(Header::Domains);
        let known = u32::from(domain) < count;
        let place = if known { offset as usize + usize::from(domain) * DOMAIN_WORDS } else { NOWHERE };
        DomainView { image: *self, block: self.row(place) }
    }

    /// The name of a domain, if there is such a domain.
    pub fn domain_name(&self, domain: DomainId) -> Option<String> {
        self.domain(domain.0).name().map(|(_, name)| name)
    }

    /// The block of a target's domain.
    pub(crate) fn domain_of_target(&self, target: Party) -> DomainView<'a, L> {
        self.domain(self.record(target).domain())
    }

    /// Whether the policy has the domain.
    pub fn has_domain(&self, domain: DomainId) -> bool {
        self.domain(domain.0).block.get(Place::Name as usize) != 0
    }

    /// estos: what the administrator granted an actor towards a target, and what the target itself did.
    pub fn grants(&self, actor: Party, target: Party) -> (RightSet, RightSet) {
        self.domain_of_target(target).grants(self.pair(actor, target))
    }

    /// What a label gives a viewer, on the server or outside.
    pub fn rights_of_label(&self, domain: DomainId, label: u8, inside: bool) -> RightSet {
        self.domain(domain.0).label(label, inside)
    }

    /// What sort of group a key is.
    pub fn sort_of_group(&self, domain: DomainId, key: u32) -> Option<Sort> {
        let domain = self.domain(domain.0);
        let (at, keys) = (domain.block.get(Place::Sorts as usize) as usize, domain.table(Place::Ends).1);
        match key {
            0 => None,
            _ if key > keys => Some(Sort::Realm),
            _ => Sort::from_number((self.word(at + key as usize / 8) >> (key % 8 * 8)) as u8),
        }
    }

    /// pascom: whether something is open to all users because no permission carries it yet.
    pub fn is_open(&self, domain: DomainId, opened: Opened) -> bool {
        let flag = match opened {
            Opened::Pickup => Flags::OPEN_PICKUP,
            Opened::Login => Flags::OPEN_LOGIN,
        };
        self.domain(domain.0).flags().has(flag)
    }

    /// The function codes of a domain.
    pub fn codes(&self, domain: DomainId) -> CodeTable {
        let block = self.domain(domain.0).block;
        let lengths = block.get(Place::CodeLengths as usize).to_le_bytes();
        let mut codes = CodeTable::default();
        for ((function, length), at) in Function::ALL.into_iter().zip(lengths).zip(0..) {
            let at = Place::Codes as usize + at * CODE_WORDS;
            let bytes: Vec<u8> = (0..CODE_WORDS).flat_map(|word| block.get(at + word).to_le_bytes()).collect();
            let code = bytes.get(..usize::from(length)).and_then(|code| std::str::from_utf8(code).ok());
            codes.set(function, code.unwrap_or_default());
        }
        codes
    }

    /// The locations of a domain.
    pub fn locations(&self, domain: DomainId) -> Vec<Party> {
        let at = self.domain(domain.0).block.get(Place::LocationList as usize) as usize;
        let (count, room) = halves(self.word(at));
        // A torn list is not longer than the image.
        let count = (count.min(room) as usize).min(self.words());
        (1..=count).map(|place| Party(self.word(at + place) as u32)).collect()
    }

    /// The domains, in their order, with their names.
    pub fn domains(&self) -> Vec<(DomainId, String)> {
        let count = self.header(Header::Domains).1.min(Directory::MAX_DOMAINS as u32) as u16;
        let named = |domain: u16| self.domain(domain).name().map(|(order, name)| (order, DomainId(domain), name));
        let mut domains: Vec<_> = (0..count).filter_map(named).collect();
        domains.sort_unstable();
        domains.into_iter().map(|(_, domain, name)| (domain, name)).collect()
    }
}

impl<L: Look> DomainView<'_, L> {
    /// The domain's place among all, from 1 on, and its name.
    fn name(&self) -> Option<(u32, String)> {
        let (at, order) = halves(self.block.get(Place::Name as usize));
        let (_, name) = self.image.text_at(at as usize).filter(|_| order != 0)?;
        Some((order, name))
    }

    #[inline(always)]
    fn bits(&self, place: Place, plus: usize) -> u128 {
        wide(self.block.get(place as usize + plus), self.block.get(place as usize + plus + 1))
    }

    /// A set of rights of the block.
    #[inline]
    pub fn rights(&self, place: Place) -> RightSet {
        RightSet::from_known_bits(self.bits(place, 0))
    }

    /// What every user has towards every user by level.
    #[inline]
    pub fn graded(&self) -> (RightSet, bool) {
        let bits = self.bits(Place::Graded, 0);
        (RightSet::from_bits(bits), bits & FIXED != 0)
    }

    /// What the domain's rules can need.
    #[inline]
    pub fn flags(&self) -> Flags {
        Flags(self.block.get(Place::Flags as usize))
    }

    /// What a user with that label has towards another user as a matter of course.
    #[inline]
    pub fn between(&self, label: u8) -> RightSet {
        RightSet::from_known_bits(self.bits(Place::Between, usize::from(label).min(LABELS - 1) * 2))
    }

    /// What a label gives.
    #[inline]
    pub fn label(&self, label: u8, inside: bool) -> RightSet {
        let label = usize::from(label).min(LABELS - 1);
        RightSet::from_known_bits(self.bits(if inside { Place::Inside } else { Place::Outside }, label * 2))
    }

    /// The word of the block at that place.
    pub fn word_at(&self, place: usize) -> u64 {
        self.block.get(place)
    }

    /// Where a table begins, and how many rows it has.
    pub fn table_at(&self, place: Place) -> (usize, u32) {
        self.table(place)
    }

    #[inline]
    fn table(&self, place: Place) -> (usize, u32) {
        let (offset, count) = halves(self.block.get(place as usize));
        (offset as usize, count)
    }

    /// Of the rights by level of an outcome: what the administrator granted, and what anybody else did.
    fn grants(&self, number: u32) -> (RightSet, RightSet) {
        let (offset, count) = self.table(Place::Outcomes);
        if number == 0 || number >= count {
            return (RightSet::EMPTY, RightSet::EMPTY);
        }
        let [a, b, c, d] = self.image.row(offset + number as usize * OUTCOME_WORDS + OUTCOME_WORDS / 2).all();
        (RightSet::from_bits(wide(a, b)), RightSet::from_bits(wide(c, d)))
    }

    /// The outcome of that number; nothing for 0. The administrator's grants are among the rights by level.
    #[inline]
    pub fn outcome(&self, number: u32) -> Outcome {
        if number == 0 {
            return Outcome::default();
        }
        if number < LABELS as u32 && self.flags().has(Flags::LABELS) {
            return Outcome::label(number as u8);
        }
        let (offset, count) = self.table(Place::Outcomes);
        if number >= count {
            return Outcome::default();
        }
        let [a, b, c, d] = self.image.row(offset + number as usize * OUTCOME_WORDS).all();
        let (graded, plain) = (wide(a, b), wide(c, d));
        Outcome {
            label: (plain >> LABEL_SHIFT) as u8 & 0xf,
            part: (plain >> PART_SHIFT) as u8 & 0xf,
            graded: RightSet::from_bits(graded),
            administrative: RightSet::EMPTY,
            plain: RightSet::from_bits(plain),
            fixed: graded & FIXED != 0,
        }
    }

    /// The outcome of a group key.
    #[inline]
    pub fn group(&self, key: u32) -> Outcome {
        self.outcome(self.group_outcome(key))
    }

    /// The number of a group key's outcome, 0 for none.
    #[inline(always)]
    pub fn group_outcome(&self, key: u32) -> u32 {
        let (offset, count) = self.table(Place::Groups);
        if key >= count {
            return 0;
        }
        let word = self.image.word(offset + key as usize / 4);
        (word >> (key % 4 * 16)) as u32 & 0xffff
    }

    /// The label of an outcome, and that of a part in a transfer.
    #[inline(always)]
    pub fn labels(&self, number: u32) -> (u8, u8) {
        if number == 0 || (number < LABELS as u32 && self.flags().has(Flags::LABELS)) {
            (number as u8, 0)
        } else {
            self.rare_labels(number)
        }
    }

    #[cold]
    #[inline(never)]
    fn rare_labels(self, number: u32) -> (u8, u8) {
        let outcome = self.outcome(number);
        (outcome.label, outcome.part)
    }

    /// What an actor of that class may towards every party of `kind`.
    #[inline]
    pub fn actor_class(&self, class: u16, kind: Kind) -> RightSet {
        let place = match kind {
            Kind::User => 0,
            Kind::Team => 2,
            Kind::Location => 4,
            Kind::Contact | Kind::Device => return RightSet::EMPTY,
        };
        RightSet::from_known_bits(self.class(Place::ActorClasses, class, ACTOR_CLASS_WORDS, place))
    }

    /// What holds between every user and a target of that class.
    #[inline]
    pub fn target_class(&self, class: u16) -> TargetClass {
        let bits = self.class(Place::TargetClasses, class, TARGET_CLASS_WORDS, 0);
        TargetClass { rights: RightSet::from_bits(bits), private: (bits >> PRIVATE_SHIFT) as u8 & 0b111 }
    }

    #[inline]
    fn class(&self, table: Place, class: u16, size: usize, place: usize) -> u128 {
        if class == 0 {
            return 0;
        }
        let (offset, count) = self.table(table);
        if u32::from(class) >= count {
            return 0;
        }
        let [low, high] = self.image.row(offset + usize::from(class) * size + place).all();
        wide(low, high)
    }
}

/// A target class as words: above its rights stand the private lines.
pub(crate) fn pack_target_class(class: &TargetClass) -> [u64; TARGET_CLASS_WORDS] {
    let bits = class.rights.bits() | u128::from(class.private) << PRIVATE_SHIFT;
    [bits as u64, (bits >> 64) as u64]
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

    pub fn set_rights(&mut self, place: Place, rights: RightSet) {
        self.set_bits(place, 0, rights.bits());
    }

    pub fn set_graded(&mut self, outcome: &Outcome) {
        self.set_bits(Place::Graded, 0, outcome.graded.bits() | if outcome.fixed { FIXED } else { 0 });
    }

    pub fn set_label(&mut self, label: u8, inside: bool, rights: RightSet) {
        self.set_bits(if inside { Place::Inside } else { Place::Outside }, usize::from(label) * 2, rights.bits());
    }

    pub fn set_table(&mut self, place: Place, offset: u32, count: u32) {
        self.set(place as usize, joined(offset, count));
    }

    pub fn set_codes(&mut self, codes: &CodeTable) {
        for (word, place) in pack_codes(codes).zip(Place::CodeLengths as usize..) {
            self.set(place, word);
        }
    }

    pub fn set_flag(&mut self, flag: u64) {
        if let Some(flags) = self.words.get_mut(Place::Flags as usize) {
            *flags |= flag;
        }
    }

    pub fn set_between(&mut self, label: u8, rights: RightSet) {
        self.set_bits(Place::Between, usize::from(label) * 2, rights.bits());
    }

    pub fn rights(&self, place: Place, plus: usize) -> RightSet {
        let word = |more: usize| self.words.get(place as usize + plus + more).copied().unwrap_or(0);
        RightSet::from_bits(wide(word(0), word(1)))
    }

    fn set_bits(&mut self, place: Place, plus: usize, bits: u128) {
        self.set(place as usize + plus, bits as u64);
        self.set(place as usize + plus + 1, (bits >> 64) as u64);
    }

    fn set(&mut self, place: usize, word: u64) {
        if let Some(held) = self.words.get_mut(place) {
            *held = word;
        }
    }

    pub fn words(&self) -> &[u64; DOMAIN_WORDS] {
        &self.words
    }
}
