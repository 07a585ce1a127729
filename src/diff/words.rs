//! The sentences of a difference: its rights in words, and a name for a set of parties. It must never compare answers.
#![forbid(unsafe_code)]

use super::rectangles::{Rectangle, hash_of};
use crate::id::Kind;
use crate::right::phrase::phrase;
use crate::wording::listed;
use std::collections::HashMap;

/// The most parties that a sentence names; more are counted.
const SPOKEN: usize = 3;

/// A party with its text and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedParty {
    pub(super) text: String,
    pub(super) kind: Kind,
}

/// Names for sets of a domain's parties. A set is a list of ascending indices.
pub(super) struct Names<'a> {
    parties: &'a [NamedParty],
    users: Vec<u32>,
    groups: Vec<(String, Vec<u32>)>,
    by_set: HashMap<u128, usize>,
    /// The given groups of a party, smallest first.
    of_party: HashMap<u32, Vec<usize>>,
}

impl<'a> Names<'a> {
    /// Names from the kinds of the parties and from these groups, whose members are indices in `parties`. Of several groups with the
    /// same members the first is used.
    pub(super) fn new(parties: &'a [NamedParty], groups: Vec<(String, Vec<u32>)>) -> Names<'a> {
        const WHOLE: [(Kind, &str); 5] = [
            (Kind::User, "everybody"),
            (Kind::Contact, "every outside contact"),
            (Kind::Team, "every team"),
            (Kind::Location, "every location"),
            (Kind::Device, "every device"),
        ];
        let of_kind = |kind| (0..).zip(parties).filter(move |(_, party)| party.kind == kind).map(|(index, _)| index);
        let everything = ("everybody and everything".to_string(), (0..parties.len() as u32).collect());
        let whole = WHOLE.map(|(kind, name)| (name.to_string(), of_kind(kind).collect::<Vec<u32>>()));
        let mut names = Names {
            parties,
            users: of_kind(Kind::User).collect(),
            groups: Vec::new(),
            by_set: HashMap::new(),
            of_party: HashMap::new(),
        };
        for (name, members) in whole.into_iter().chain([everything]) {
            names.add(name, members);
        }
        let first_given = names.groups.len();
        for (name, members) in groups {
            names.add(name, members);
        }
        let mut by_size: Vec<usize> = (first_given..names.groups.len()).collect();
        by_size.sort_by_key(|index| names.groups.get(*index).map(|(_, members)| members.len()));
        for index in by_size {
            for member in names.groups.get(index).into_iter().flat_map(|(_, members)| members) {
                names.of_party.entry(*member).or_default().push(index);
            }
        }
        names
    }

    fn add(&mut self, name: String, mut members: Vec<u32>) {
        members.sort_unstable();
        members.dedup();
        // A single party has its own name.
        if members.len() > 1 {
            self.by_set.entry(hash_of(&members)).or_insert(self.groups.len());
            self.groups.push((name, members));
        }
    }

    /// The set in words: a group's name, some names, or a number.
    pub(super) fn of(&self, set: &[u32]) -> String {
        if let Some(name) = self.group(set) {
            return name.into();
        }
        if set.len() <= SPOKEN {
            return self.texts(set);
        }
        if self.users.len() < 2 * set.len() && set.iter().all(|index| self.users.binary_search(index).is_ok()) {
            let others: Vec<u32> = self.users.iter().copied().filter(|user| set.binary_search(user).is_err()).collect();
            match self.group(&others) {
                Some(name) => return format!("everybody but {name}"),
                None if others.len() <= SPOKEN => return format!("everybody but {}", self.texts(&others)),
                None => {}
            }
        }
        let count = format!("{} {}", set.len(), self.noun(set));
        let candidates = set.first().and_then(|first| self.of_party.get(first)).into_iter().flatten();
        let mut groups = candidates.filter_map(|index| self.groups.get(*index));
        let holding = groups.find(|(_, members)| set.iter().all(|index| members.binary_search(index).is_ok()));
        holding.map_or_else(|| count.clone(), |(name, _)| format!("{count} in {name}"))
    }

    fn group(&self, set: &[u32]) -> Option<&str> {
        let (name, members) = self.groups.get(*self.by_set.get(&hash_of(set))?)?;
        (members == set).then_some(name)
    }

    fn texts(&self, set: &[u32]) -> String {
        let texts = set.iter().filter_map(|index| self.parties.get(*index as usize)).map(|party| party.text.clone());
        listed(&texts.collect::<Vec<_>>())
    }

    fn noun(&self, set: &[u32]) -> &'static str {
        let mut kinds = set.iter().filter_map(|index| self.parties.get(*index as usize)).map(|party| party.kind);
        let Some(first) = kinds.next() else { return "parties" };
        match (kinds.all(|kind| kind == first), first) {
            (true, Kind::User) => "people",
            (true, Kind::Contact) => "outside contacts",
            (true, Kind::Team) => "teams",
            (true, Kind::Location) => "locations",
            (true, Kind::Device) => "devices",
            (false, _) => "parties",
        }
    }
}

/// A rectangle as a sentence: `Sales may no longer pick up 12 people in Board`.
pub(super) fn sentence(names: &Names<'_>, rectangle: &Rectangle) -> String {
    let may = if rectangle.bundle.gains { "may now" } else { "may no longer" };
    let whom = match &rectangle.targets {
        targets if targets.is_empty() => "themselves".into(),
        targets if *targets == rectangle.actors => "each other".into(),
        targets => names.of(targets),
    };
    format!("{} {may} {} {whom}", names.of(&rectangle.actors), phrase(rectangle.bundle.rights))
}

#[cfg(test)]
mod tests {
    use super::super::rectangles::Bundle;
    use super::*;
    use crate::right::Right;

    fn parties(users: u32, teams: u32) -> Vec<NamedParty> {
        let user = |n| NamedParty { text: format!("u{n}"), kind: Kind::User };
        let team = |n| NamedParty { text: format!("team:t{n}"), kind: Kind::Team };
        (0..users).map(user).chain((0..teams).map(team)).collect()
    }

    #[test]
    fn sets_get_the_shortest_name() {
        let parties = parties(12, 5);
        let groups = [("Board", 2..8), ("Sales", 0..3), ("Company", 0..11), ("Twins", 4..6), ("Same as Board", 2..8)];
        let groups = groups.map(|(name, members)| (name.to_string(), members.rev().collect()));
        let names = Names::new(&parties, groups.into());
        let of = |set: std::ops::Range<u32>| names.of(&set.collect::<Vec<_>>());
        for (set, name) in [
            (2..8, "Board"),
            (0..3, "Sales"),
            (4..6, "Twins"),
            (0..12, "everybody"),
            (0..17, "everybody and everything"),
            (12..17, "every team"),
            (3..4, "u3"),
            (5..7, "u5 and u6"),
            (5..8, "u5, u6 and u7"),
            (2..7, "5 people in Board"),
            (1..7, "6 people in Company"),
            (3..12, "everybody but Sales"),
            (2..12, "everybody but u0 and u1"),
            (8..12, "4 people"),
            (12..16, "4 teams"),
            (10..14, "4 parties"),
        ] {
            assert_eq!(of(set), name);
        }
    }

    #[test]
    fn sentences() {
        let parties = parties(6, 0);
        let names = Names::new(&parties, vec![("Sales".into(), vec![0, 1, 2])]);
        let say = |gains, rights, actors: &[u32], targets: &[u32]| {
            let bundle = Bundle { gains, rights };
            sentence(&names, &Rectangle { bundle, actors: actors.into(), targets: targets.into() })
        };
        let pickup = Right::CALL_PICKUP.mask();
        assert_eq!(say(false, pickup, &[0, 1, 2], &[4]), "Sales may no longer pick up u4");
        assert_eq!(say(true, Right::FORWARDING_SET.mask(), &[3], &[4]), "u3 may now set the forwarding of u4");
        assert_eq!(say(true, pickup, &[0, 1, 2, 3, 4, 5], &[0, 1, 2, 3, 4, 5]), "everybody may now pick up each other");
        let own = Right::PROFILE_MANAGE_OWN.mask();
        assert_eq!(say(true, own, &[0, 1, 2], &[]), "Sales may now manage the client profiles of themselves");
    }
}
