//! The difference between two engines' answers, in sentences for people.
//!
//! It must never compare documents: two documents with the same answers do not differ. Parties are matched by domain and name; a
//! party that only one side has, has no rights on the other.
#![forbid(unsafe_code)]

pub(crate) mod candidates;
pub(crate) mod rectangles;
mod words;

use crate::engine::Engine;
use crate::id::{DomainId, Kind, Party};
use crate::image::{AffectedBlock, Both, affected};
use crate::right::RightSet;
use crate::wording::listed;
use candidates::Candidates;
use rectangles::{Change, Rectangle};
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
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
    /// The users whose exemptions change (L11), whether that takes or gives any pair a right now or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<DiffExemption>,
}

/// A user who becomes exempt from rights, or is so no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiffExemption {
    /// The domain.
    pub domain: String,
    /// The change in a sentence without full stop: `wilma is now exempt from call.listen`.
    pub sentence: String,
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
/// It evaluates, in both engines, the pairs that the facts that differ can concern.
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
    compare(old, new, |domain| {
        let of = |engine: &Engine| {
            let id = engine.domains().into_iter().find(|(_, name)| name == domain).map(|(id, _)| id);
            let groups = id.map_or_else(Vec::new, |id| engine.named_groups(id));
            let texts = |members: Vec<Party>| members.iter().map(|member| engine.text(*member)).collect();
            groups.into_iter().map(|(group, members)| (group, texts(members))).collect::<Vec<_>>()
        };
        [new, old].into_iter().flat_map(of).collect()
    })
}

/// As [`diff`], with names from these groups; of several with the same members the first is used.
pub fn diff_named(old: &Engine, new: &Engine, groups: &[NamedGroup]) -> DecisionDiff {
    compare(old, new, |domain| {
        let groups = groups.iter().filter(|(of, ..)| of == domain);
        groups.map(|(_, name, members)| (name.clone(), members.clone())).collect()
    })
}

/// How many pairs [`diff`] evaluates.
#[cfg(feature = "internals")]
pub fn compared(old: &Engine, new: &Engine) -> u64 {
    let sides = sides(old, new);
    sides.iter().zip(affected_pairs(old, new, &sides)).map(|(side, of)| candidates(side, &of).count()).sum()
}

/// Names of sets of parties: each with its members' texts.
type GroupNames = Vec<(String, Vec<String>)>;

/// `groups` gives the groups that name sets of a domain's parties; it is asked only where something changes.
fn compare(old: &Engine, new: &Engine, groups: impl Fn(&str) -> GroupNames) -> DecisionDiff {
    let mut found = DecisionDiff::default();
    let sides = sides(old, new);
    for (side, blocks) in sides.iter().zip(affected_pairs(old, new, &sides)) {
        let pairs = &side.both.parties;
        let change = |actor: u32, target: u32| match (pairs.get(actor as usize), pairs.get(target as usize)) {
            (Some([old_actor, new_actor]), Some([old_target, new_target])) => {
                Change::between(rights(old, *old_actor, *old_target), rights(new, *new_actor, *new_target))
            }
            _ => Change::default(),
        };
        describe(&mut found, side, &groups, &candidates(side, &blocks), &change);
        exemptions(&mut found, side, old, new);
    }
    found
}

/// The users of a domain who become exempt from rights or cease to be.
fn exemptions(found: &mut DecisionDiff, side: &Side, old: &Engine, new: &Engine) {
    for (party, [before, after]) in side.parties.iter().zip(&side.both.parties) {
        if party.kind != Kind::User {
            continue;
        }
        let (before, after) = (old.exempt(*before), new.exempt(*after));
        for (rights, is) in [(after.without(before), "is now"), (before.without(after), "is no longer")] {
            if !rights.is_empty() {
                let rights = listed(&rights.shortest().into_iter().map(str::to_owned).collect::<Vec<_>>());
                let sentence = format!("{} {is} exempt from {rights}", party.text);
                found.exemptions.push(DiffExemption { domain: side.domain.clone(), sentence });
            }
        }
    }
}

/// A domain of either engine.
struct Side {
    domain: String,
    /// Sorted by text; each is in the order of its numbers in `both`.
    parties: Vec<NamedParty>,
    both: Both,
}

/// The domains of both engines, sorted by name.
fn sides(old: &Engine, new: &Engine) -> Vec<Side> {
    let mut domains: BTreeMap<String, [Option<DomainId>; 2]> = BTreeMap::new();
    for (engine, side) in [old, new].into_iter().zip(0..) {
        for (id, name) in engine.domains() {
            if let Some(of) = domains.entry(name).or_default().get_mut(side) {
                *of = Some(id);
            }
        }
    }
    let sides = domains.into_iter().map(|(domain, ids)| {
        let of = |engine: &Engine, id: Option<DomainId>| id.map_or_else(Vec::new, |id| engine.named_parties(id));
        let (parties, numbers) = joined(of(old, ids[0]), of(new, ids[1]));
        Side { domain, parties, both: Both { domains: ids, parties: numbers } }
    });
    sides.collect()
}

/// A party as an engine lists it, sorted by text.
type Listed = (String, Kind, Party);

/// The parties of both sides by text, each with its numbers on both.
fn joined(old: Vec<Listed>, new: Vec<Listed>) -> (Vec<NamedParty>, Vec<[Party; 2]>) {
    let (mut parties, mut numbers) = (Vec::with_capacity(old.len()), Vec::with_capacity(old.len()));
    let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some((one, ..)), Some((other, ..))) => one.cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return (parties, numbers),
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        let number = |listed: &Option<Listed>| listed.as_ref().map_or(Party::NONE, |(.., party)| *party);
        numbers.push([number(&before), number(&after)]);
        parties.extend(before.or(after).map(|(text, kind, _)| NamedParty { text, kind }));
    }
}

/// The pairs of each domain that can differ.
fn affected_pairs(old: &Engine, new: &Engine, sides: &[Side]) -> Vec<Vec<AffectedBlock>> {
    let both: Vec<&Both> = sides.iter().map(|side| &side.both).collect();
    old.with_image(|old| new.with_image(|new| affected([&old, &new], &both)))
}

fn candidates(side: &Side, blocks: &[AffectedBlock]) -> Candidates {
    Candidates::new(side.parties.len() as u32, blocks)
}

fn rights(engine: &Engine, actor: Party, target: Party) -> RightSet {
    match actor == Party::NONE || target == Party::NONE {
        true => RightSet::EMPTY,
        false => engine.rights(actor, target),
    }
}

/// Groups the changes of a domain and describes them.
fn describe<F: Fn(u32, u32) -> Change + Sync>(
    found: &mut DecisionDiff,
    side: &Side,
    groups: &impl Fn(&str) -> GroupNames,
    candidates: &Candidates,
    change: &F,
) {
    let changes = rectangles::changes(candidates, change);
    found.gained += changes.gained;
    found.lost += changes.lost;
    if changes.rectangles.is_empty() {
        return;
    }
    let (domain, parties) = (&side.domain, side.parties.as_slice());
    let indices: HashMap<&str, u32> = parties.iter().map(|party| party.text.as_str()).zip(0..).collect();
    let groups = groups(domain).into_iter().map(|(name, members)| {
        (name, members.iter().filter_map(|member| indices.get(member.as_str()).copied()).collect())
    });
    let names = Names::new(parties, groups.collect());
    let texts = |set: &[u32]| {
        set.iter().filter_map(|index| parties.get(*index as usize)).map(|party| party.text.clone()).collect::<Vec<_>>()
    };
    let mut described: Vec<DiffGroup> = Vec::with_capacity(changes.rectangles.len());
    for rectangle in changes.rectangles {
        let Rectangle { bundle, actors, targets } = &rectangle;
        let oneself = targets.is_empty();
        described.push(DiffGroup {
            domain: domain.clone(),
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

    fn people(names: &[&str]) -> Side {
        let parties = names.iter().map(|name| NamedParty { text: (*name).into(), kind: Kind::User }).collect();
        let both = Both { domains: [None, None], parties: Vec::new() };
        Side { domain: "acme.example".into(), parties, both }
    }

    #[test]
    fn sentences_of_a_domain_in_order() {
        let side = people(&["alice", "bob", "carol", "dave", "erin"]);
        let groups = |domain: &str| match domain {
            "acme.example" => vec![("Sales".to_string(), ["alice", "bob", "gone"].map(String::from).into())],
            _ => vec![("Not here".to_string(), ["alice", "bob"].map(String::from).into())],
        };
        let [pickup, forward, profile] =
            [Right::CALL_PICKUP, Right::FORWARDING_SET, Right::PROFILE_MANAGE_OWN].map(Right::mask);
        let change = |actor: u32, target: u32| match (actor, target) {
            (0, 1) => Change { gained: forward, lost: RightSet::EMPTY },
            (0 | 1, 3 | 4) => Change { gained: RightSet::EMPTY, lost: pickup },
            (2, 2) => Change { gained: profile, lost: RightSet::EMPTY },
            _ => Change::default(),
        };
        let mut found = DecisionDiff::default();
        describe(&mut found, &side, &groups, &Candidates::all(5), &change);
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
        let side = people(&["alice", "bob"]);
        describe(&mut found, &side, &|_: &str| Vec::new(), &Candidates::all(2), &|_, _| Change::default());
        assert!(found.is_empty());
        assert_eq!(found, DecisionDiff::default());
    }
}
