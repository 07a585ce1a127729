//! Lists of parties expanded to the parties they stand for (L3, L4). Words are left to the lowering.
#![forbid(unsafe_code)]

use super::{Group, Linewarden, List};
use crate::id::{Kind, Party, PartyHash};
use std::collections::{HashMap, HashSet};

/// What the expansion has to know of the domain's parties.
pub trait Parties {
    /// The kind of a party, if the policy has it.
    fn kind(&self, party: Party) -> Option<Kind>;
    /// The agents of a team.
    fn agents(&self, team: Party) -> &[Party];
}

/// The side of a rule that a list stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// A team stands for its agents; users and contacts act.
    Actors,
    /// A team stands for itself; users and teams are targets.
    Targets,
}

/// The groups by name, for the time of a compilation.
pub(super) struct Groups<'a> {
    by_name: HashMap<&'a str, &'a Group>,
}

impl<'a> Groups<'a> {
    pub fn new(linewarden: &'a Linewarden) -> Groups<'a> {
        Groups { by_name: linewarden.groups.iter().map(|group| (group.name.as_str(), group)).collect() }
    }

    /// The parties that `list` stands for on that side, each once. Each group is walked once, so a cycle ends, too.
    pub fn expand(&self, list: &'a List, side: Side, parties: &impl Parties) -> Vec<Party> {
        let mut seen: HashSet<Party, PartyHash> = HashSet::default();
        let mut found = Vec::new();
        let mut walked: HashSet<&str> = HashSet::new();
        let mut open = vec![list];
        let mut add = |party: Party| {
            if seen.insert(party) {
                found.push(party);
            }
        };
        while let Some(list) = open.pop() {
            for party in &list.parties {
                match (parties.kind(*party), side) {
                    (Some(Kind::Team), Side::Actors) => parties.agents(*party).iter().for_each(|agent| add(*agent)),
                    (Some(Kind::User), _) | (Some(Kind::Team), Side::Targets) | (Some(Kind::Contact), Side::Actors) => {
                        add(*party);
                    }
                    (Some(Kind::Contact | Kind::Location | Kind::Device) | None, _) => {}
                }
            }
            for name in &list.groups {
                if walked.insert(name)
                    && let Some(group) = self.by_name.get(name.as_str())
                {
                    open.push(&group.members);
                }
            }
        }
        found.sort_unstable();
        found
    }
}

/// The names of groups that hold each other in a circle, in its order; `None` where there is no circle. It must not call itself:
/// groups may be nested ten thousand deep.
pub fn cycle(groups: &[Group]) -> Option<Vec<&str>> {
    let by_name: HashMap<&str, &Group> = groups.iter().map(|group| (group.name.as_str(), group)).collect();
    let mut done: HashSet<&str> = HashSet::new();
    for group in groups {
        // The path from `group` down, each with its groups that are still to be walked.
        let mut path = vec![(group, group.members.groups.iter())];
        let mut on_path: HashSet<&str> = HashSet::from([group.name.as_str()]);
        if done.contains(group.name.as_str()) {
            continue;
        }
        while let Some((held, rest)) = path.last_mut() {
            let held = *held;
            let Some(next) = rest.next() else {
                done.insert(&held.name);
                on_path.remove(held.name.as_str());
                path.pop();
                continue;
            };
            let Some(next) = by_name.get(next.as_str()).copied() else { continue };
            if on_path.contains(next.name.as_str()) {
                let from = path.iter().position(|(group, _)| group.name == next.name).unwrap_or_default();
                return Some(path.iter().skip(from).map(|(group, _)| group.name.as_str()).collect());
            }
            if !done.contains(next.name.as_str()) {
                on_path.insert(&next.name);
                path.push((next, next.members.groups.iter()));
            }
        }
    }
    None
}
