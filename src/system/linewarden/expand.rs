//! Lists of parties expanded to the parties they stand for (L3, L4). Words are left to the lowering, and to
//! the explanation of rules that miss a pair.
#![forbid(unsafe_code)]

use super::{Everyone, Group, Linewarden, List};
use crate::id::{Kind, Party};
use crate::keyed::KeyedHash;
use crate::right::RightSet;
use crate::wording::quote;
use std::collections::{HashMap, HashSet};
use std::fmt;

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
        let mut seen: HashSet<Party, KeyedHash> = HashSet::default();
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

/// How many groups may hold each other one in the other.
const DEEPEST: usize = 64;

/// What is wrong in how groups hold groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nesting<'a> {
    /// These hold each other in a circle, in its order.
    Circle(Vec<&'a str>),
    /// This one has groups in groups more than `DEEPEST` deep.
    Deep(&'a str),
}

impl Nesting<'_> {
    /// The group that a message is about.
    pub fn group(&self) -> &str {
        match self {
            Nesting::Circle(names) => names.first().copied().unwrap_or_default(),
            Nesting::Deep(name) => name,
        }
    }
}

impl fmt::Display for Nesting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Nesting::Circle(names) => {
                let path: Vec<String> = names.iter().chain(names.first()).map(|name| quote(name)).collect();
                write!(f, "groups hold each other: {}", path.join(" holds "))
            }
            Nesting::Deep(name) => {
                write!(f, "group {} has groups in groups, expected at most {DEEPEST} one in the other", quote(name))
            }
        }
    }
}

/// The first fault in how groups hold groups; `None` where there is none. It must not call itself: a document may nest them ten thousand
/// deep.
pub fn nesting(groups: &[Group]) -> Option<Nesting<'_>> {
    let by_name: HashMap<&str, &Group> = groups.iter().map(|group| (group.name.as_str(), group)).collect();
    // The groups that were walked, with how many lie one in the other there.
    let mut depths: HashMap<&str, usize> = HashMap::new();
    for group in groups.iter().filter(|group| !group.members.groups.is_empty()) {
        if depths.contains_key(group.name.as_str()) {
            continue;
        }
        // The path from `group` down, each with its groups that are still to be walked and the depth of those that were.
        let mut path = vec![(group, group.members.groups.iter(), 0)];
        let mut on_path: HashSet<&str> = HashSet::from([group.name.as_str()]);
        while let Some((held, rest, below)) = path.last_mut() {
            let held = *held;
            let Some(next) = rest.next() else {
                let depth = *below + 1;
                if depth > DEEPEST {
                    return Some(Nesting::Deep(&held.name));
                }
                depths.insert(&held.name, depth);
                on_path.remove(held.name.as_str());
                path.pop();
                if let Some((_, _, below)) = path.last_mut() {
                    *below = depth.max(*below);
                }
                continue;
            };
            let Some(next) = by_name.get(next.as_str()).copied() else { continue };
            if on_path.contains(next.name.as_str()) {
                let from = path.iter().position(|(group, _, _)| group.name == next.name).unwrap_or_default();
                return Some(Nesting::Circle(
                    path.iter().skip(from).map(|(group, _, _)| group.name.as_str()).collect(),
                ));
            }
            match depths.get(next.name.as_str()) {
                Some(depth) => *below = (*below).max(*depth),
                None => {
                    on_path.insert(&next.name);
                    path.push((next, next.members.groups.iter(), 0));
                }
            }
        }
    }
    None
}

/// Why a rule that has the right does not give it to an actor towards a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// It reaches the target and excepts the actor.
    ActorExcepted,
    /// It reaches the actor and excepts the target.
    TargetExcepted,
    /// It reaches the target, by other actors.
    OtherActors,
    /// It reaches the actor, towards other targets.
    OtherTargets,
}

impl Linewarden {
    /// Calls `each` with the rules, by their indices, that have any of `rights` and name the actor or the target, but do not give them to
    /// this pair: asked where no rule does. Of the words that depend on both, `same site` and `own team`, no target is known here.
    pub fn missed<'a>(
        &'a self,
        parties: &impl Parties,
        rights: RightSet,
        (actor, target): (Party, Party),
        mut each: impl FnMut(usize, Missed),
    ) {
        let groups = Groups::new(self);
        let (actor_kind, target_kind) = (parties.kind(actor), parties.kind(target));
        let holds =
            |list: &'a List, side, party: Party| groups.expand(list, side, parties).binary_search(&party).is_ok();
        let acts = |list: &'a List| {
            list.words.has(Everyone::Users) && actor_kind == Some(Kind::User) || holds(list, Side::Actors, actor)
        };
        let is_target = |list: &'a List| {
            let by_word = match target_kind {
                Some(Kind::User) => list.words.has(Everyone::Users) || list.words.has(Everyone::UsersAndTeams),
                Some(Kind::Team) => list.words.has(Everyone::UsersAndTeams),
                _ => false,
            };
            by_word || holds(list, Side::Targets, target)
        };
        for (rule, index) in self.rules.iter().zip(0..).filter(|(rule, _)| !(rule.rights & rights).is_empty()) {
            match (acts(&rule.actors), is_target(&rule.targets)) {
                (true, true) if acts(&rule.except_actors) => each(index, Missed::ActorExcepted),
                // Else it gives the right, and another fact withholds it.
                (true, true) if is_target(&rule.except) || !rule.except.words.is_empty() => {
                    each(index, Missed::TargetExcepted);
                }
                (true, true) => {}
                (true, false) => each(index, Missed::OtherTargets),
                (false, true) => each(index, Missed::OtherActors),
                (false, false) => {}
            }
        }
    }
}
