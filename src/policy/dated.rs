//! Facts that count at some times only. Those that always count stand in the lists of their systems; a fact stands in one list alone.
#![forbid(unsafe_code)]

use crate::calendar::When;
use crate::id::{Kind, Line, Party};
use crate::system::System;
use crate::system::estos::Grant;
use crate::system::xphone::Label;

/// The most different dates that the members of one group may have: pairs of members need a key for each pair of dates.
pub const MOST_DATES: usize = 64;

/// A fact with its dates.
#[derive(Clone, Debug, PartialEq)]
pub struct Dated {
    /// The fact.
    pub fact: Fact,
    /// When it counts; never always.
    pub when: When,
    /// Where the document says so.
    pub line: Line,
}

/// A fact that can have dates.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// XPhone: an owner's own setting for a viewer.
    Setting {
        /// Whose setting it is.
        owner: Party,
        /// User or contact.
        viewer: Party,
        /// The label.
        label: Label,
    },
    /// estos: a grant to one viewer.
    Grant {
        /// Whose rights are granted.
        owner: Party,
        /// User or contact.
        viewer: Party,
        /// What is granted.
        grant: Grant,
        /// Whether the administrator granted it.
        administrative: bool,
    },
    /// XPhone: a member of a workgroup.
    WorkgroupMember {
        /// The workgroup's name.
        group: String,
        /// A user.
        member: Party,
    },
    /// pascom: a member of a permission, where the kind is not automatic.
    PermissionMember {
        /// The permission's name.
        permission: String,
        /// The member's kind.
        kind: Kind,
        /// A user, team, location or device.
        member: Party,
    },
}

impl Fact {
    /// The system whose fact it is.
    pub fn system(&self) -> System {
        match self {
            Fact::Setting { .. } | Fact::WorkgroupMember { .. } => System::Xphone,
            Fact::Grant { .. } => System::Estos,
            Fact::PermissionMember { .. } => System::Pascom,
        }
    }

    /// The parties it is about.
    pub fn parties(&self) -> impl Iterator<Item = Party> + use<> {
        let (one, other) = match self {
            Fact::Setting { owner, viewer, .. } | Fact::Grant { owner, viewer, .. } => (*owner, Some(*viewer)),
            Fact::WorkgroupMember { member, .. } | Fact::PermissionMember { member, .. } => (*member, None),
        };
        [one].into_iter().chain(other)
    }

    /// The same, to be set.
    pub fn parties_mut(&mut self) -> impl Iterator<Item = &mut Party> {
        let (one, other) = match self {
            Fact::Setting { owner, viewer, .. } | Fact::Grant { owner, viewer, .. } => (owner, Some(viewer)),
            Fact::WorkgroupMember { member, .. } | Fact::PermissionMember { member, .. } => (member, None),
        };
        [one].into_iter().chain(other)
    }

    /// The workgroup that it is a member of.
    pub fn workgroup(&self) -> Option<&str> {
        match self {
            Fact::WorkgroupMember { group, .. } => Some(group),
            _ => None,
        }
    }

    /// What the list of facts with dates is sorted by: group keys follow from its order, and must not hang on how it came about.
    pub fn order(&self) -> (u8, &str, Party, Party) {
        match self {
            Fact::Setting { owner, viewer, .. } => (0, "", *owner, *viewer),
            Fact::Grant { owner, viewer, administrative, .. } => (1 + u8::from(*administrative), "", *owner, *viewer),
            Fact::WorkgroupMember { group, member } => (3, group, *member, Party::NONE),
            Fact::PermissionMember { permission, member, .. } => (4, permission, *member, Party::NONE),
        }
    }

    /// Its index in a sorted list.
    pub fn index_in(&self, list: &[Dated]) -> usize {
        list.partition_point(|held| held.fact.order() < self.order())
    }

    /// Whether both are the same fact, whatever they give and whenever.
    pub fn is_about_the_same(&self, other: &Fact) -> bool {
        match (self, other) {
            (Fact::Setting { owner, viewer, .. }, Fact::Setting { owner: o, viewer: v, .. }) => {
                (owner, viewer) == (o, v)
            }
            (
                Fact::Grant { owner, viewer, administrative, .. },
                Fact::Grant { owner: o, viewer: v, administrative: a, .. },
            ) => (owner, viewer, administrative) == (o, v, a),
            _ => self == other,
        }
    }
}

/// Facts of one group by their dates: each different date once, with the members that have it.
pub fn by_dates<'a, T>(facts: impl Iterator<Item = (&'a When, T)>) -> Vec<(&'a When, Vec<T>)> {
    let mut groups: Vec<(&When, Vec<T>)> = Vec::new();
    for (when, member) in facts {
        match groups.iter_mut().find(|(known, _)| *known == when) {
            Some((_, members)) => members.push(member),
            None => groups.push((when, vec![member])),
        }
    }
    groups
}
