//! A domain's block: what holds for everybody, what each label gives, and the tables that records point into.
#![forbid(unsafe_code)]

use super::facts::TargetClass;
use super::{Header, Image, Look, NOWHERE, Row, halves, joined, wide};
use crate::id::Kind;
use crate::right::{Right, RightSet};
use crate::rule::Outcome;

/// Words of a domain's block.
pub(crate) const DOMAIN_WORDS: usize = 96;
/// Words of an outcome in a domain's table.
pub(crate) const OUTCOME_WORDS: usize = 4;
/// Words of an actor class: what the actor may towards every other user, team and location.
pub(crate) const ACTOR_CLASS_WORDS: usize = 6;
/// Words of a target class: what every user may towards the target, and its private lines.
pub(crate) const TARGET_CLASS_WORDS: usize = 2;
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

    #[inline]
    pub fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }
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
    let graded = outcome.graded.bits() | if outcome.fixed { FIXED } else { 0 };
    let plain =
        outcome.plain.bits() | u128::from(outcome.label) << LABEL_SHIFT | u128::from(outcome.part) << PART_SHIFT;
    [graded as u64, (graded >> 64) as u64, plain as u64, (plain >> 64) as u64]
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
}

impl<L: Look> DomainView<'_, L> {
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

    #[inline]
    fn table(&self, place: Place) -> (usize, u32) {
        let (offset, count) = halves(self.block.get(place as usize));
        (offset as usize, count)
    }

    /// The outcome of that number; nothing for 0.
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
