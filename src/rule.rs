//! Rules: what the four systems lower themselves to. Beyond this floor nobody knows which product a rule came from.
#![forbid(unsafe_code)]

use crate::right::RightSet;

/// What a rule gives an actor towards a target.
///
/// The three parts differ in how they combine. Labels are steps of a ladder: only the highest counts, and what a step gives is
/// looked up in the domain. Graded rights are united, then completed and limited by the target's calendar release. Plain
/// rights are united.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Step of the relationship ladder, 0 for none.
    pub label: u8,
    /// Step that the actor's part in a transfer gives, 0 for none: a candidate beside those of groups and defaults.
    pub part: u8,
    /// Rights by authorization level (estos).
    pub graded: RightSet,
    /// All other rights.
    pub plain: RightSet,
    /// Whether the rule keeps the actor from changing what the target may: the administrator gave the target single rights
    /// over the actor (estos E4).
    pub fixed: bool,
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
            plain: self.plain | other.plain,
            fixed: self.fixed || other.fixed,
        }
    }
}

/// Where a group rule came from: which list of the domain's policy, and the entry's place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// XPhone workgroup: members among themselves.
    Workgroup(u32),
    /// XPhone monitoring group, with the side that acts and the side that is looked at.
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
}

impl Origin {
    /// As one number.
    pub fn word(self) -> u64 {
        let (kind, place, sides) = match self {
            Origin::Workgroup(place) => (1, place, 0),
            Origin::MonitoringGroup(place, acting, aimed) => (2, place, acting as u64 * 2 + aimed as u64),
            Origin::AuthorizationGroup(place) => (3, place, 0),
            Origin::Leaders(place) => (4, place, 0),
            Origin::LeadersFixed(place) => (5, place, 0),
            Origin::Permission(place) => (6, place, 0),
            Origin::Realm(place) => (7, place, 0),
        };
        kind | sides << 8 | u64::from(place) << 16
    }
}

/// A subgroup of a monitoring group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Those who watch.
    Observers,
    /// Those who are watched.
    Members,
}
