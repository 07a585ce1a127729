//! The pairs whose answers can differ between two images that may number domains, parties and groups differently. It may name too
//! many, never too few; the caller evaluates both images to find out. The cost is that of the facts, never that of all pairs.
//!
//! An answer depends on the domain's block, on both records, on what the groups give that hold both, and on the pair's entry. Any
//! one-to-one match of the group keys of both sides will do: what does not match is compared. A good match keeps that small.
#![forbid(unsafe_code)]

use super::delta::{is_answered_by, memberships};
use crate::id::{DomainId, Kind, Party};
use crate::image::format::domain::{DOMAIN_WORDS, Field, Flags};
use crate::image::format::image::{Image, ReadMode};
use crate::image::format::record::Membership;
use crate::rule::condition::Condition;
use std::collections::{BTreeMap, HashMap};

/// A set of a domain's parties, by their indices in [`Both::parties`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Indices {
    /// All of them.
    All,
    /// These, ascending.
    These(Vec<u32>),
}

/// Pairs that can differ: each of the actors with each of the targets.
pub type Block = (Indices, Indices);

/// A domain on both sides.
#[derive(Clone, Debug)]
pub struct Both {
    /// Its numbers; `None` on the side that lacks it.
    pub domains: [Option<DomainId>; 2],
    /// Its parties by their numbers on both sides; `NONE` on the side that lacks one.
    pub parties: Vec<[Party; 2]>,
}

/// A group's members by their indices.
#[derive(Clone, Debug, Default)]
struct Members {
    actors: Vec<u32>,
    targets: Vec<u32>,
    /// Stands for the members; equal for equal ones.
    hash: u64,
}

/// The members of each group key; key 0 is no group.
type Groups = Vec<Members>;

/// The pairs of each of these domains that can differ.
pub fn affected<M: ReadMode>(images: [&Image<'_, M>; 2], domains: &[&Both]) -> Vec<Vec<Block>> {
    let mut found: Vec<Vec<Block>> = domains.iter().map(|domain| of_domain(images, domain)).collect();
    // The entries of all domains lie in one table: it is read once.
    let mut found_at: [Vec<Option<(u32, u32)>>; 2] = Default::default();
    for (domain, at) in domains.iter().zip(0..) {
        for (parties, index) in domain.parties.iter().zip(0..) {
            for (found_at, party) in found_at.iter_mut().zip(parties).filter(|(_, party)| **party != Party::NONE) {
                found_at.resize(found_at.len().max(party.index() + 1), None);
                if let Some(of) = found_at.get_mut(party.index()) {
                    *of = Some((at, index));
                }
            }
        }
    }
    let find = |found_at: &[Option<(u32, u32)>], party: Party| found_at.get(party.index()).copied().flatten();
    let party = |(at, index): (u32, u32), side: usize| -> Party {
        let parties = domains.get(at as usize).and_then(|domain| domain.parties.get(index as usize));
        parties.and_then(|parties| parties.get(side)).copied().unwrap_or(Party::NONE)
    };
    let mut pairs: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
    let alike = is_same_numbering(images, domains);
    let counts = images.map(|image| image.buckets_there());
    for bucket in 0..counts.into_iter().max().unwrap_or_default() {
        if alike && images[0].bucket(bucket) == images[1].bucket(bucket) {
            continue;
        }
        for ((image, found_at), _) in images.into_iter().zip(&found_at).zip(counts).filter(|(_, count)| bucket < *count)
        {
            image.each_pair_in(bucket, |actor, target| {
                let (Some(actor), Some(target)) = (find(found_at, actor), find(found_at, target)) else { return };
                let [one, other] = [0, 1].map(|side| {
                    let image = images.get(side).copied().unwrap_or(image);
                    let (actor, target) = (party(actor, side), party(target, side));
                    image.domain_of_target(target).outcome(image.pair(actor, target))
                });
                if one != other && actor.0 == target.0 {
                    pairs.entry(actor).or_default().push(target.1);
                }
            });
        }
    }
    for ((at, actor), mut targets) in pairs {
        targets.sort_unstable();
        targets.dedup();
        if let Some(blocks) = found.get_mut(at as usize) {
            blocks.push((Indices::These(vec![actor]), Indices::These(targets)));
        }
    }
    found
}

/// Whether a bucket with the same words has the same entries of the same pairs on both sides, as after a small change.
fn is_same_numbering<M: ReadMode>([old, new]: [&Image<'_, M>; 2], domains: &[&Both]) -> bool {
    let is_same = |domain: &&Both| match domain.domains {
        [Some(one), Some(other)] => one == other && old.domain(one.0).has_same_outcomes(&new.domain(other.0)),
        _ => false,
    };
    // Parties that only one side has are in the way of nothing, where the other side has none such: no number means two parties then.
    let mut parties = domains.iter().flat_map(|domain| &domain.parties);
    let lacks = |side: usize| move |parties: &[Party; 2]| parties.get(side) == Some(&Party::NONE);
    let both_lack = parties.clone().any(lacks(0)) && parties.clone().any(lacks(1));
    // An outcome in the wide list is not in the bucket.
    old.params() == new.params()
        && old.buckets().1 == new.buckets().1
        && [old, new].iter().all(|image| image.wide_list().1 == 0)
        && !both_lack
        && parties.all(|[one, other]| one == other || *one == Party::NONE || *other == Party::NONE)
        && domains.iter().all(is_same)
}

/// The pairs of a domain that can differ, but for those with entries of their own.
fn of_domain<M: ReadMode>(images: [&Image<'_, M>; 2], domain: &Both) -> Vec<Block> {
    let [Some(old), Some(new)] = domain.domains else { return vec![(Indices::All, Indices::All)] };
    let numbers = [old, new];
    if !is_same_block(images, numbers) {
        return vec![(Indices::All, Indices::All)];
    }
    let [old_groups, new_groups] = [(0, old), (1, new)].map(|(side, number)| groups(images, domain, side, number));
    let keys = matched(&old_groups, &new_groups);
    let mut blocks = Vec::new();
    // Groups that only one side has, or that give something else there.
    let gives = |side: usize, key: usize| {
        let number = numbers.get(side).map_or(0, |domain| domain.0);
        images.get(side).map(|image| {
            let domain = image.domain(number);
            (domain.group(key as u32), domain.is_others_only(key as u32), domain.condition_bits(key as u32))
        })
    };
    // Where a side is open, and where others ask who is in a team, a member is affected towards all.
    let reaches_all = |side: usize, key: usize| {
        gives(side, key).is_some_and(|(_, _, (condition, _))| condition.is_open() || condition.has(Condition::IS_TEAM))
    };
    let mut whole: Vec<bool> = vec![true; new_groups.len()];
    for (key, members) in old_groups.iter().enumerate().skip(1) {
        let other = keys.get(key).copied().flatten();
        let twin = other.and_then(|other| new_groups.get(other));
        if let (Some(other), Some(twin)) = (other, twin)
            && gives(0, key) == gives(1, other)
        {
            if let Some(whole) = whole.get_mut(other) {
                *whole = false;
            }
            if members.hash != twin.hash && reaches_all(0, key) {
                push_all(
                    &mut blocks,
                    differing(&members.actors, &twin.actors),
                    differing(&members.targets, &twin.targets),
                );
            } else if members.hash != twin.hash {
                let actors = either(&members.actors, &twin.actors);
                let targets = either(&members.targets, &twin.targets);
                let (actor_changes, target_changes) =
                    (differing(&members.actors, &twin.actors), differing(&members.targets, &twin.targets));
                push(&mut blocks, actor_changes, targets);
                push(&mut blocks, actors, target_changes);
            }
            continue;
        }
        push_whole(&mut blocks, members, reaches_all(0, key));
    }
    for ((key, members), _) in new_groups.iter().enumerate().zip(&whole).skip(1).filter(|(_, whole)| **whole) {
        push_whole(&mut blocks, members, reaches_all(1, key));
    }
    let differs = |parties: &[Party; 2]| own(images[0], parties[0]) != own(images[1], parties[1]);
    let changed: Vec<u32> =
        domain.parties.iter().zip(0..).filter(|(parties, _)| differs(parties)).map(|(_, index)| index).collect();
    if !changed.is_empty() {
        blocks.push((Indices::These(changed.clone()), Indices::All));
        blocks.push((Indices::All, Indices::These(changed)));
    }
    blocks
}

/// A group that only one side has.
fn push_whole(blocks: &mut Vec<Block>, members: &Members, reaches_all: bool) {
    let (actors, targets) = (members.actors.clone(), members.targets.clone());
    if reaches_all { push_all(blocks, actors, targets) } else { push(blocks, actors, targets) }
}

/// Each of these actors towards all, and all towards each of these targets.
fn push_all(blocks: &mut Vec<Block>, actors: Vec<u32>, targets: Vec<u32>) {
    if !actors.is_empty() {
        blocks.push((Indices::These(actors), Indices::All));
    }
    if !targets.is_empty() {
        blocks.push((Indices::All, Indices::These(targets)));
    }
}

fn push(blocks: &mut Vec<Block>, actors: Vec<u32>, targets: Vec<u32>) {
    if !actors.is_empty() && !targets.is_empty() {
        blocks.push((Indices::These(actors), Indices::These(targets)));
    }
}

/// Whether the block of a domain gives the same on both sides. Most flags only say what need not be looked for.
fn is_same_block<M: ReadMode>(images: [&Image<'_, M>; 2], numbers: [DomainId; 2]) -> bool {
    let [old, new] = [(images[0], numbers[0]), (images[1], numbers[1])].map(|(image, number)| image.domain(number.0));
    let hints = Flags::LABELS | Flags::MORE | Flags::GRADED;
    (0..DOMAIN_WORDS).filter(|offset| is_answered_by(*offset)).all(|offset| {
        let ignored = if offset == Field::Flags as usize { hints } else { 0 };
        old.word_at(offset) & !ignored == new.word_at(offset) & !ignored
    })
}

/// What a party's record says without its groups; the domain's number is another one on the other side.
fn own<M: ReadMode>(image: &Image<'_, M>, party: Party) -> impl PartialEq + use<M> {
    let record = image.record(party);
    let domain = image.domain(record.domain());
    let mut attributes = record.attributes();
    let acts = [Kind::User, Kind::Team, Kind::Location].map(|kind| domain.actor_class(attributes.actor_class, kind));
    let is_target = domain.target_class(attributes.target_class);
    (attributes.domain, attributes.actor_class, attributes.target_class) = (0, 0, 0);
    (attributes, acts, is_target)
}

/// The groups of one side.
fn groups<M: ReadMode>(images: [&Image<'_, M>; 2], domain: &Both, side: usize, number: DomainId) -> Groups {
    let mut groups = Groups::new();
    let Some(image) = images.get(side) else { return groups };
    let count = image.domain(number.0).table_at(Field::Groups).1 as usize;
    groups.resize(count, Members::default());
    for (parties, index) in domain.parties.iter().zip(0..) {
        let party = parties.get(side).copied().unwrap_or(Party::NONE);
        for Membership { key, acts, is_target } in memberships(image, &image.record(party)) {
            // A key above all gives nothing.
            let Some(group) = groups.get_mut(key as usize) else { continue };
            if acts {
                group.actors.push(index);
            }
            if is_target {
                group.targets.push(index);
            }
            group.hash ^= mixed(u64::from(index) << 2 | u64::from(is_target) << 1 | u64::from(acts));
        }
    }
    groups
}

/// The new key of each old one: the same number where its members are the same, else any group with the same members, else the next
/// that is left.
fn matched(old: &Groups, new: &Groups) -> Vec<Option<usize>> {
    let mut keys: Vec<Option<usize>> = vec![None; old.len()];
    let mut taken = vec![false; new.len()];
    for (at, (group, key)) in old.iter().zip(&mut keys).enumerate().skip(1) {
        if let (Some(twin), Some(taken)) = (new.get(at), taken.get_mut(at))
            && twin.hash == group.hash
        {
            (*taken, *key) = (true, Some(at));
        }
    }
    let free =
        |taken: &[bool]| -> Vec<usize> { (1..taken.len()).filter(|at| taken.get(*at) == Some(&false)).collect() };
    let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::new();
    for at in free(&taken).into_iter().rev() {
        if let Some(group) = new.get(at) {
            by_hash.entry(group.hash).or_default().push(at);
        }
    }
    for (group, key) in old.iter().zip(&mut keys).skip(1).filter(|(_, key)| key.is_none()) {
        if let Some(at) = by_hash.get_mut(&group.hash).and_then(Vec::pop)
            && let Some(taken) = taken.get_mut(at)
        {
            (*taken, *key) = (true, Some(at));
        }
    }
    let rest = free(&taken);
    for (key, at) in keys.iter_mut().skip(1).filter(|key| key.is_none()).zip(rest) {
        *key = Some(at);
    }
    keys
}

fn mixed(mut x: u64) -> u64 {
    x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// What either list has; both are ascending.
fn either(one: &[u32], other: &[u32]) -> Vec<u32> {
    let mut all: Vec<u32> = one.iter().chain(other).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What only one of the lists has; both are ascending.
fn differing(one: &[u32], other: &[u32]) -> Vec<u32> {
    let lacks = |list: &[u32], index: &&u32| list.binary_search(index).is_err();
    let only = one.iter().filter(|index| lacks(other, index)).chain(other.iter().filter(|index| lacks(one, index)));
    let mut all: Vec<u32> = only.copied().collect();
    all.sort_unstable();
    all
}
