//! What a change altered, part by part, and whose answers that affects. A part is named, never its value: the value is read
//! from the policy after all changes are made.
//!
//! An edit notes dirty parts and nothing else; [`Affected`] is derived. Naming too many parts costs time, naming too few leaves an
//! answer of the old policy in force: a change that altered something and notes no part counts as [`DirtyPart::Domain`].
#![forbid(unsafe_code)]

use crate::id::Party;

/// A part of a domain that a change altered. It may name parts that are unchanged, never too few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirtyPart {
    /// Any of it.
    Domain,
    /// What holds for every party, which groups and rules exist, who is on their lists and what they give. Parties, names and what
    /// single pairs have are parts of their own.
    Rules,
    /// What depends on this actor and this target: own setting, own grant, subscription, part in a transfer.
    Pair(Party, Party),
    /// A party was added, on no list and without facts except those in other parts.
    Added(Party),
    /// A party was removed, from every list too. Its pairs are parts of their own.
    Removed(Party),
    /// A user's attributes: site, flags, release, company.
    Attributes(Party),
    /// What is withheld from every party on this user: by private lines, and by what the user is exempt from.
    Withheld(Party),
    /// An extension was given to this party, taken from it, or moved among its lines.
    Line(Box<str>, Party),
    /// A party was put on a list of that group or taken off it.
    Member(Group, Party),
    /// The function codes. They decide what a dialled text means, not which rights a pair has.
    Codes,
    /// Facts that no answer depends on and no image holds: inquiries, consents, agents' states, administrators.
    State,
}

/// A group by its index in the policy's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// XPhone workgroup.
    Workgroup(usize),
    /// XPhone monitoring group, either side.
    Monitoring(usize),
    /// estos authorization group, members or leaders.
    Authorization(usize),
    /// pascom permission, any kind.
    Permission(usize),
}

/// Whose answers a change may have altered. It may name too many, never too few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Affected {
    /// The change altered nothing.
    #[default]
    Nothing,
    /// The change altered something, but no answer.
    State,
    /// The answers of these pairs of an actor and a target.
    Pairs(Vec<(Party, Party)>),
    /// The answers in which one of these is actor or target.
    Parties(Vec<Party>),
    /// Every answer of the domain.
    Domain,
}

impl Affected {
    /// Whose answers these parts of one domain may alter.
    pub fn by(parts: &[DirtyPart]) -> Affected {
        if parts.iter().any(|part| matches!(part, DirtyPart::Domain | DirtyPart::Rules)) {
            return Affected::Domain;
        }
        let (mut pairs, mut parties) = (Vec::new(), Vec::new());
        for part in parts {
            match part {
                DirtyPart::Domain | DirtyPart::Rules | DirtyPart::Codes | DirtyPart::State => {}
                DirtyPart::Pair(actor, target) => pairs.push((*actor, *target)),
                DirtyPart::Added(party)
                | DirtyPart::Removed(party)
                | DirtyPart::Attributes(party)
                | DirtyPart::Withheld(party)
                | DirtyPart::Line(_, party)
                | DirtyPart::Member(_, party) => parties.push(*party),
            }
        }
        match (pairs.is_empty(), parties.is_empty(), parts.is_empty()) {
            (_, _, true) => Affected::Nothing,
            (true, true, _) => Affected::State,
            (false, true, _) => Affected::Pairs(pairs),
            (_, false, _) => {
                parties.extend(pairs.into_iter().map(|(_, target)| target));
                parties.sort_unstable();
                parties.dedup();
                Affected::Parties(parties)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn affected_follows_from_the_dirty_parts() {
        let (one, two, three) = (Party(1), Party(2), Party(3));
        assert_eq!(Affected::by(&[]), Affected::Nothing);
        assert_eq!(Affected::by(&[DirtyPart::State, DirtyPart::Codes]), Affected::State);
        let pair = DirtyPart::Pair(one, two);
        assert_eq!(Affected::by(&[DirtyPart::State, pair.clone()]), Affected::Pairs(vec![(one, two)]));
        let line = DirtyPart::Line("110".into(), three);
        assert_eq!(Affected::by(&[line, pair.clone()]), Affected::Parties(vec![two, three]));
        assert_eq!(Affected::by(&[pair.clone(), DirtyPart::Domain]), Affected::Domain);
        assert_eq!(Affected::by(&[DirtyPart::Rules, pair]), Affected::Domain);
    }
}
