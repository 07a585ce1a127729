//! Rules: what the systems lower themselves to. What evaluates them (`image/evaluate`) knows no product; an [`Origin`] says
//! which list of which product a rule came from, for explanations.
#![forbid(unsafe_code)]

pub mod condition;
pub mod graded;

use crate::id::Party;
use crate::right::RightSet;

/// An entry that an owner has for one viewer. Such lists are sorted by viewer, each viewer once.
pub trait OfViewer {
    /// For whom it is.
    fn viewer(&self) -> Party;
}

/// The entry for a viewer.
pub fn of_viewer<T: OfViewer>(entries: &[T], viewer: Party) -> Option<&T> {
    entries.get(entries.binary_search_by_key(&viewer, OfViewer::viewer).ok()?)
}

/// What a rule gives an actor towards a target.
///
/// The three parts differ in how they combine. Labels are steps of a ladder: only the highest counts, and what a step gives is
/// looked up in the domain. Graded rights are united, then completed and limited by the target's calendar release. Plain
/// rights are united.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Step of the relationship ladder, 0 for none.
    pub label: u8,
    /// Step that the actor's part in a transfer gives, 0 for none: one more candidate with those of groups and defaults.
    pub part: u8,
    /// Graded rights, but for those that the administrator granted the pair.
    pub graded: RightSet,
    /// Graded rights that the administrator granted the pair.
    pub administrative: RightSet,
    /// All other rights.
    pub plain: RightSet,
    /// Whether the rule keeps the actor from changing what the target may: the administrator gave the target single rights
    /// over the actor (E4).
    pub fixed: bool,
    /// Whether the rule of a group gives its members nothing towards themselves. Rules of one key agree in this.
    pub others_only: bool,
}

impl Outcome {
    /// A step of the ladder.
    pub fn label(label: u8) -> Outcome {
        Outcome { label, ..Outcome::default() }
    }

    /// A step for as long as a transfer goes on.
    pub fn part(part: u8) -> Outcome {
        Outcome { part, ..Outcome::default() }
    }

    /// Rights by authorization level.
    pub fn graded(graded: RightSet) -> Outcome {
        Outcome { graded, ..Outcome::default() }
    }

    /// The same rights, as the administrator's grant to the pair.
    pub fn administered(self) -> Outcome {
        Outcome { graded: RightSet::EMPTY, administrative: self.graded | self.administrative, ..self }
    }

    /// Plain rights.
    pub fn plain(plain: RightSet) -> Outcome {
        Outcome { plain, ..Outcome::default() }
    }

    /// Both rules together.
    #[must_use]
    pub fn and(self, other: Outcome) -> Outcome {
        Outcome {
            label: self.label.max(other.label),
            part: self.part.max(other.part),
            graded: self.graded | other.graded,
            administrative: self.administrative | other.administrative,
            plain: self.plain | other.plain,
            fixed: self.fixed || other.fixed,
            others_only: self.others_only || other.others_only,
        }
    }
}

/// Steps of the ladder of labels that an evaluation knows by itself; what a step gives, each domain says.
pub mod step {
    /// The lowest.
    pub const LOWEST: u8 = 1;
    /// What an actor has when nothing else gives a step.
    pub const DEFAULT: u8 = 2;
    /// What an actor with the flag `raised` has at least towards every user.
    pub const RAISED: u8 = 8;
}

/// The part that an actor has in a transfer that is going on; it belongs to the call, not to the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TransferRole {
    /// The actor is consulted.
    Consulted = 1,
    /// The actor transfers the call.
    Transferring = 2,
}

impl TransferRole {
    /// The step of the ladder that the part gives.
    #[inline]
    pub const fn step(self) -> u8 {
        match self {
            TransferRole::Consulted => 4,
            TransferRole::Transferring => 5,
        }
    }
}

/// Where a group rule came from: which list of the domain's policy, and the entry's index in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// XPhone workgroup: members among themselves.
    Workgroup(u32),
    /// XPhone monitoring group, with the side of the actors and the side of the targets.
    MonitoringGroup(u32, Side, Side),
    /// estos authorization group: members among themselves.
    AuthorizationGroup(u32),
    /// estos authorization group: leaders over members.
    Leaders(u32),
    /// estos authorization group: leaders hold single rights over members, so members cannot change the level.
    LeadersFixed(u32),
    /// pascom permission.
    Permission(u32),
    /// keevio permission realm.
    Realm(u32),
    /// linewarden rule.
    Rule(u32),
    /// The agents of a team, for rules that speak of own teams.
    Team(u32),
    /// An own setting with dates, by its index among the facts with dates; likewise the next two.
    OwnSetting(u32),
    /// An own grant with dates.
    OwnGrant(u32),
    /// A grant by the administrator with dates.
    AdministrativeGrant(u32),
}

/// The sort of entry a group rule came from. The numbers are stored in images and must not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "as for origins")]
pub enum Sort {
    Workgroup = 1,
    MonitoringGroup = 2,
    AuthorizationGroup = 3,
    Leaders = 4,
    LeadersFixed = 5,
    Permission = 6,
    Realm = 7,
    Rule = 8,
    Team = 9,
    OwnSetting = 10,
    OwnGrant = 11,
    AdministrativeGrant = 12,
}

impl Sort {
    const ALL: [Sort; 12] = [
        Sort::Workgroup,
        Sort::MonitoringGroup,
        Sort::AuthorizationGroup,
        Sort::Leaders,
        Sort::LeadersFixed,
        Sort::Permission,
        Sort::Realm,
        Sort::Rule,
        Sort::Team,
        Sort::OwnSetting,
        Sort::OwnGrant,
        Sort::AdministrativeGrant,
    ];

    /// The sort of that number.
    pub fn from_number(number: u8) -> Option<Sort> {
        Sort::ALL.into_iter().find(|sort| *sort as u8 == number)
    }
}

impl Origin {
    /// What sort of entry it is.
    pub fn sort(self) -> Sort {
        match self {
            Origin::Workgroup(_) => Sort::Workgroup,
            Origin::MonitoringGroup(..) => Sort::MonitoringGroup,
            Origin::AuthorizationGroup(_) => Sort::AuthorizationGroup,
            Origin::Leaders(_) => Sort::Leaders,
            Origin::LeadersFixed(_) => Sort::LeadersFixed,
            Origin::Permission(_) => Sort::Permission,
            Origin::Realm(_) => Sort::Realm,
            Origin::Rule(_) => Sort::Rule,
            Origin::Team(_) => Sort::Team,
            Origin::OwnSetting(_) => Sort::OwnSetting,
            Origin::OwnGrant(_) => Sort::OwnGrant,
            Origin::AdministrativeGrant(_) => Sort::AdministrativeGrant,
        }
    }

    /// As one number.
    pub fn word(self) -> u64 {
        let (index, sides) = match self {
            Origin::MonitoringGroup(index, actors, targets) => (index, actors as u64 * 2 + targets as u64),
            Origin::Workgroup(index)
            | Origin::AuthorizationGroup(index)
            | Origin::Leaders(index)
            | Origin::LeadersFixed(index)
            | Origin::Permission(index)
            | Origin::Realm(index)
            | Origin::Rule(index)
            | Origin::Team(index)
            | Origin::OwnSetting(index)
            | Origin::OwnGrant(index)
            | Origin::AdministrativeGrant(index) => (index, 0),
        };
        self.sort() as u64 | sides << 8 | u64::from(index) << 16
    }
}

/// A subgroup of a monitoring group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The users who observe.
    Observers,
    /// The users who are observed.
    Members,
}
