//! The difference between two engines' answers, in sentences for people.
//!
//! It must never compare documents: two documents with the same answers do not differ. Parties are matched by domain and name; a
//! party that only one side has, has no rights on the other.
#![forbid(unsafe_code)]

pub(crate) mod rectangles;
mod words;

use crate::engine::Engine;
use crate::id::{DomainId, Kind, Party};
use crate::right::RightSet;
use rectangles::{Change, Rectangle};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use words::{NamedParty, Names};

/// The difference between two engines; see [`diff`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DecisionDiff {
    /// The changes by domain; in a domain gains first, then by number of pairs.
    pub groups: Vec<DiffGroup>,
    /// The number of ordered pairs that gained at least one right.
    pub gained: u64,
    /// The number of ordered pairs that lost at least one right.
    pub lost: u64,
}

impl DecisionDiff {
    /// Whether both engines give the same answers.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

/// Pairs that gained, or lost, exactly the same rights: every actor x target, self-pairs excluded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiffGroup {
    /// The domain.
    pub domain: String,
    /// The change in a sentence without full stop: `Sales may no longer pick up 12 people in Board`.
    pub sentence: String,
    /// Whether the rights were gained; otherwise they were lost.
    pub gains: bool,
    /// The rights, sorted names.
    pub rights: Vec<String>,
    /// The actors, sorted.
    pub actors: Vec<String>,
    /// The targets, sorted; equal to the actors if `oneself`.
    pub targets: Vec<String>,
    /// Whether each actor gained or lost them on itself only.
    pub oneself: bool,
    /// The number of ordered pairs.
    pub pairs: u64,
}

/// A group that names a set of parties: its domain, its name, its members' texts.
pub type NamedGroup = (String, String, Vec<String>);

/// The pairs that gain or lose rights from `old` to `new`, grouped, with names from the groups of both policies.
///
/// It evaluates every ordered pair of every domain in both engines.
///
/// ```
/// use linewarden::{Engine, diff, read_documents};
///
/// let mut documents = read_documents("examples/companies/xphone.toml")?;
/// let old = Engine::from_documents(&documents)?;
/// documents[0].text = documents[0].text.replacen("level = \"assistant\"", "level = \"employee\"", 1);
/// let new = Engine::from_documents(&documents)?;
/// for group in diff(&old, &new).groups {
///     println!("{}", group.sentence);
/// }
/// # Ok::<(), linewarden::Error>(())
/// ```
pub fn diff(old: &Engine, new: &Engine) -> DecisionDiff {
    let mut groups = Vec::new();
    for engine in [new, old] {
        for (domain, name) in engine.domains() {
            for (group, members) in engine.named_groups(domain) {
                groups.push((name.clone(), group, members.iter().map(|member| engine.text(*member)).collect()));
            }
        }
    }
    diff_named(old, new, &groups)
}

/// As [`diff`], with names from these groups; of several with the same members the first is used.
pub fn diff_named(old: &Engine, new: &Engine, groups: &[NamedGroup]) -> DecisionDiff {
    let mut found = DecisionDiff::default();
    let [old_domains, new_domains] = [old, new].map(|engine| {
        engine.domains().into_iter().map(|(id, name)| (name, id)).collect::<BTreeMap<String, DomainId>>()
    });
    for domain in old_domains.keys().chain(new_domains.keys()).collect::<BTreeSet<_>>() {
        let mut sides: BTreeMap<String, (Kind, Party, Party)> = BTreeMap::new();
        for party in old_domains.get(domain).into_iter().flat_map(|id| old.parties(*id)) {
            let kind = old.kind(party).map_or(Kind::User, |(_, kind)| kind);
            sides.insert(old.text(party), (kind, party, Party::NONE));
        }
        for party in new_domains.get(domain).into_iter().flat_map(|id| new.parties(*id)) {
            let kind = new.kind(party).map_or(Kind::User, |(_, kind)| kind);
            sides.entry(new.text(party)).or_insert((kind, Party::NONE, Party::NONE)).2 = party;
        }
        let pairs: Vec<(Party, Party)> = sides.values().map(|(_, old, new)| (*old, *new)).collect();
        let named: Vec<NamedParty> = sides.into_iter().map(|(text, (kind, ..))| NamedParty { text, kind }).collect();
        let change = |actor: u32, target: u32| match (pairs.get(actor as usize), pairs.get(target as usize)) {
            (Some((old_actor, new_actor)), Some((old_target, new_target))) => {
                Change::between(rights(old, *old_actor, *old_target), rights(new, *new_actor, *new_target))
            }
            _ => Change::default(),
        };
        describe(&mut found, domain, &named, groups, &change);
    }
    found
}

fn rights(engine: &Engine, actor: Party, target: Party) -> RightSet {
    match actor == Party::NONE || target == Party::NONE {
        true => RightSet::EMPTY,
        false => engine.rights(actor, target),
    }
}

/// Groups the changes of a domain and describes them. `parties` is sorted by text.
fn describe<F: Fn(u32, u32) -> Change + Sync>(
    found: &mut DecisionDiff,
    domain: &str,
    parties: &[NamedParty],
    groups: &[NamedGroup],
    change: &F,
) {
    let changes = rectangles::changes(parties.len() as u32, change);
    found.gained += changes.gained;
    found.lost += changes.lost;
    if changes.rectangles.is_empty() {
        return;
    }
    let places: HashMap<&str, u32> = parties.iter().map(|party| party.text.as_str()).zip(0..).collect();
    let groups = groups.iter().filter(|(of, ..)| of == domain).map(|(_, name, members)| {
        (name.clone(), members.iter().filter_map(|member| places.get(member.as_str()).copied()).collect())
    });
    let names = Names::new(parties, groups.collect());
    let texts = |set: &[u32]| {
        set.iter().filter_map(|place| parties.get(*place as usize)).map(|party| party.text.clone()).collect::<Vec<_>>()
    };
    let mut described: Vec<DiffGroup> = Vec::with_capacity(changes.rectangles.len());
    for rectangle in changes.rectangles {
        let Rectangle { bundle, actors, targets } = &rectangle;
        let oneself = targets.is_empty();
        described.push(DiffGroup {
            domain: domain.into(),
            sentence: words::sentence(&names, &rectangle),
            gains: bundle.gains,
            rights: bundle.rights.names().into_iter().map(String::from).collect(),
            actors: texts(actors),
            targets: texts(if oneself { actors } else { targets }),
            oneself,
            pairs: rectangle.pairs(),
        });
    }
    described.sort_by(|one, other| {
        let order = |group: &DiffGroup| (!group.gains, std::cmp::Reverse(group.pairs));
        order(one).cmp(&order(other)).then_with(|| one.sentence.cmp(&other.sentence))
    });
    found.groups.extend(described);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::right::Right;

    fn people(names: &[&str]) -> Vec<NamedParty> {
        names.iter().map(|name| NamedParty { text: (*name).into(), kind: Kind::User }).collect()
    }

    #[test]
    fn sentences_of_a_domain_in_order() {
        let parties = people(&["alice", "bob", "carol", "dave", "erin"]);
        let sales =
            ("acme.example".to_string(), "Sales".to_string(), ["alice", "bob", "gone"].map(String::from).into());
        let elsewhere =
            ("other.example".to_string(), "Not here".to_string(), ["alice", "bob"].map(String::from).into());
        let [pickup, forward, profile] =
            [Right::CALL_PICKUP, Right::FORWARDING_SET, Right::PROFILE_MANAGE_OWN].map(Right::mask);
        let change = |actor: u32, target: u32| match (actor, target) {
            (0, 1) => Change { gained: forward, lost: RightSet::EMPTY },
            (0 | 1, 3 | 4) => Change { gained: RightSet::EMPTY, lost: pickup },
            (2, 2) => Change { gained: profile, lost: RightSet::EMPTY },
            _ => Change::default(),
        };
        let mut found = DecisionDiff::default();
        describe(&mut found, "acme.example", &parties, &[elsewhere, sales], &change);
        let sentences: Vec<_> = found.groups.iter().map(|group| group.sentence.as_str()).collect();
        assert_eq!(
            sentences,
            [
                "alice may now set the forwarding of bob",
                "carol may now manage the client profiles of themselves",
                "Sales may no longer pick up dave and erin",
            ]
        );
        assert_eq!((found.gained, found.lost), (2, 4));
        let own = &found.groups[1];
        assert!(own.oneself && own.actors == ["carol"] && own.targets == ["carol"] && own.pairs == 1);
        let lost = &found.groups[2];
        assert_eq!((lost.gains, lost.pairs, lost.oneself), (false, 4, false));
        assert_eq!(lost.rights, ["call.pickup.additional", "call.pickup.first", "call.pickup.second"]);
        assert_eq!(lost.targets, ["dave", "erin"]);
    }

    #[test]
    fn nothing_changed() {
        let mut found = DecisionDiff::default();
        describe(&mut found, "acme.example", &people(&["alice", "bob"]), &[], &|_, _| Change::default());
        assert!(found.is_empty());
        assert_eq!(found, DecisionDiff::default());
    }
}
