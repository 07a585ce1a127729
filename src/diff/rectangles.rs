//! Groups changed pairs into rectangles: sets of actors x sets of targets with the same change. Parties are indices here. It must
//! never take memory for a pair that did not change, nor for each pair that did, nor look at a pair that cannot have changed.
#![forbid(unsafe_code)]

use super::candidates::Candidates;
use crate::right::RightSet;
use std::borrow::Cow;
use std::collections::HashMap;

/// The rights that a pair gained and lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) gained: RightSet,
    pub(crate) lost: RightSet,
}

impl Change {
    pub(crate) fn between(old: RightSet, new: RightSet) -> Change {
        Change { gained: new.without(old), lost: old.without(new) }
    }
}

/// All rights that a pair gained, or all that it lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Bundle {
    pub(crate) gains: bool,
    pub(crate) rights: RightSet,
}

/// Every actor x target, self-pairs excluded, gained or lost the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rectangle {
    pub(crate) bundle: Bundle,
    /// Ascending.
    pub(crate) actors: Vec<u32>,
    /// Ascending; empty if each actor gained or lost it on itself.
    pub(crate) targets: Vec<u32>,
}

impl Rectangle {
    /// The number of ordered pairs.
    pub(super) fn pairs(&self) -> u64 {
        if self.targets.is_empty() {
            return self.actors.len() as u64;
        }
        let oneself = self.actors.iter().filter(|actor| self.targets.binary_search(actor).is_ok()).count();
        (self.actors.len() * self.targets.len() - oneself) as u64
    }
}

/// All changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) rectangles: Vec<Rectangle>,
    /// The number of pairs that gained a right.
    pub(super) gained: u64,
    /// The number of pairs that lost a right.
    pub(super) lost: u64,
}

/// Calls `change` for every candidate, on all processors, and groups the changes.
pub(crate) fn changes<F: Fn(u32, u32) -> Change + Sync>(candidates: &Candidates, change: &F) -> Changes {
    let survey = survey(candidates, change);
    let mut found = Changes { rectangles: Vec::new(), gained: survey.gained, lost: survey.lost };
    let mut along = Unlisted::default();
    let mut across = Unlisted::default();
    for (bundle, id) in survey.bundles.iter().zip(0..) {
        let rows = survey.rows.iter().filter(|row| row.bundle == id).map(|row| (row.actor, row.targets));
        let rows = grouped(rows.collect());
        let columns = survey.columns.get(id).into_iter().flatten().zip(0..).filter(|(hash, _)| **hash != 0);
        let columns = grouped(columns.map(|(hash, target)| (target, *hash)).collect());
        // Group by rows or by columns, whichever makes fewer rectangles.
        if columns.len() < rows.len() {
            across.add(*bundle, columns)
        } else {
            along.add(*bundle, rows)
        }
        let themselves: Vec<u32> = survey.own.iter().filter(|(of, _)| *of == id).map(|(_, actor)| *actor).collect();
        if !themselves.is_empty() {
            found.rectangles.push(Rectangle { bundle: *bundle, actors: themselves, targets: Vec::new() });
        }
    }
    let of_row = |actor| candidates.targets_of(actor);
    along.complete(of_row, change, |bundle, actors, targets| {
        found.rectangles.push(Rectangle { bundle, actors, targets })
    });
    let turned = |one, other| change(other, one);
    let of_column = |target| candidates.actors_of(target);
    across.complete(of_column, &turned, |bundle, targets, actors| {
        found.rectangles.push(Rectangle { bundle, actors, targets })
    });
    for rectangle in &mut found.rectangles {
        rectangle.actors.sort_unstable();
        rectangle.targets.sort_unstable();
    }
    found.rectangles.sort_by(|one, other| {
        (one.bundle, &one.actors, &one.targets).cmp(&(other.bundle, &other.actors, &other.targets))
    });
    found
}

/// A hash of a set of indices: the exclusive or of their hashes. Two different sets collide with a probability of 2^-128.
type SetHash = u128;

fn hash_of_one(index: u32) -> SetHash {
    let mix = |mut x: u64| {
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let seed = u64::from(index).wrapping_mul(2).wrapping_add(1);
    let high = mix(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let low = mix(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    u128::from(high) << 64 | u128::from(low)
}

/// The hash of a set.
pub(super) fn hash_of(indices: &[u32]) -> SetHash {
    indices.iter().fold(0, |hash, index| hash ^ hash_of_one(*index))
}

struct Row {
    bundle: usize,
    actor: u32,
    targets: SetHash,
}

/// The result of one pass over the pairs.
#[derive(Default)]
struct Survey {
    bundles: Vec<Bundle>,
    ids: HashMap<Bundle, usize>,
    /// For each bundle and actor the set of targets.
    rows: Vec<Row>,
    /// For each bundle and target the set of actors; 0 for none.
    columns: Vec<Vec<SetHash>>,
    /// Bundles of self-pairs.
    own: Vec<(usize, u32)>,
    gained: u64,
    lost: u64,
}

impl Survey {
    fn id(&mut self, bundle: Bundle) -> usize {
        let next = self.bundles.len();
        let id = *self.ids.entry(bundle).or_insert(next);
        if id == next {
            self.bundles.push(bundle);
            self.columns.push(Vec::new());
        }
        id
    }

    fn row(&mut self, actor: u32, targets: &[u32], hashes: &[SetHash], change: &impl Fn(u32, u32) -> Change) {
        let mut row: Vec<(usize, SetHash)> = Vec::new();
        let mut last: Option<(Bundle, usize, usize)> = None;
        let hashed = targets.iter().filter_map(|target| Some((*target, hashes.get(*target as usize)?)));
        for (target, hash_of_target) in hashed {
            let Change { gained, lost } = change(actor, target);
            for (gains, rights) in [(true, gained), (false, lost)] {
                if rights.is_empty() {
                    continue;
                }
                *(if gains { &mut self.gained } else { &mut self.lost }) += 1;
                let bundle = Bundle { gains, rights };
                // Neighbours mostly have the same change: try the last bundle before the table.
                let (id, at) = match last {
                    Some((known, id, at)) if known == bundle => (id, at),
                    _ => {
                        let id = self.id(bundle);
                        let at = row.iter().position(|(other, _)| *other == id).unwrap_or(row.len());
                        if at == row.len() {
                            row.push((id, 0));
                        }
                        (id, at)
                    }
                };
                last = Some((bundle, id, at));
                if target == actor {
                    self.own.push((id, actor));
                    continue;
                }
                if let Some((_, set)) = row.get_mut(at) {
                    *set ^= hash_of_target;
                }
                if let Some(columns) = self.columns.get_mut(id) {
                    if columns.is_empty() {
                        columns.resize(hashes.len(), 0);
                    }
                    if let Some(set) = columns.get_mut(target as usize) {
                        *set ^= hash_of_one(actor);
                    }
                }
            }
        }
        let rows = row.into_iter().filter(|(_, targets)| *targets != 0);
        self.rows.extend(rows.map(|(bundle, targets)| Row { bundle, actor, targets }));
    }

    fn join(&mut self, other: Survey) {
        let ids: Vec<usize> = other.bundles.iter().map(|bundle| self.id(*bundle)).collect();
        let renamed = |id: usize| ids.get(id).copied().unwrap_or(usize::MAX);
        self.rows.extend(other.rows.into_iter().map(|row| Row { bundle: renamed(row.bundle), ..row }));
        self.own.extend(other.own.into_iter().map(|(id, actor)| (renamed(id), actor)));
        for (id, theirs) in other.columns.into_iter().enumerate() {
            let Some(ours) = self.columns.get_mut(renamed(id)) else {
                continue;
            };
            ours.resize(ours.len().max(theirs.len()), 0);
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                *ours ^= theirs;
            }
        }
        self.gained += other.gained;
        self.lost += other.lost;
    }
}

fn survey<F: Fn(u32, u32) -> Change + Sync>(candidates: &Candidates, change: &F) -> Survey {
    let actors = candidates.actors();
    if actors.is_empty() {
        return Survey::default();
    }
    let hashes: Vec<SetHash> = candidates.indices().iter().map(|index| hash_of_one(*index)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(16);
    let part = |first: usize| {
        let mut survey = Survey::default();
        for actor in actors.iter().skip(first).step_by(threads) {
            survey.row(*actor, &candidates.targets_of(*actor), &hashes, change);
        }
        survey
    };
    if actors.len() < 64 {
        return (0..threads).map(part).fold(Survey::default(), joined);
    }
    std::thread::scope(|scope| {
        let part = &part;
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(move || part(first))).collect();
        let parts =
            running.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        parts.fold(Survey::default(), joined)
    })
}

fn joined(mut one: Survey, other: Survey) -> Survey {
    one.join(other);
    one
}

/// Lines (rows or columns) with the same set: the indices of the lines, and whether the set also contains the first of them.
type Group = (Vec<u32>, bool);

/// Groups lines by their sets. A line's set never contains the line itself, so "all but myself" differs from line to line. So each
/// set counts both without and with the line itself, and the more common one is used.
fn grouped(mut lines: Vec<(u32, SetHash)>) -> Vec<Group> {
    lines.sort_unstable();
    let mut common: HashMap<SetHash, u32> = HashMap::new();
    for (index, set) in &lines {
        *common.entry(*set).or_default() += 1;
        *common.entry(set ^ hash_of_one(*index)).or_default() += 1;
    }
    let times = |set: SetHash| common.get(&set).copied().unwrap_or(0);
    let mut group_of: HashMap<SetHash, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (index, set) in lines {
        let with_oneself = set ^ hash_of_one(index);
        let oneself = times(with_oneself) > times(set);
        let at = *group_of.entry(if oneself { with_oneself } else { set }).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((members, _)) => members.push(index),
            None => groups.push((vec![index], oneself)),
        }
    }
    groups
}

/// Groups of lines whose sets are not listed yet, by the index of their first line.
#[derive(Default)]
struct Unlisted {
    by_first: HashMap<u32, Vec<(Bundle, Group)>>,
}

impl Unlisted {
    fn add(&mut self, bundle: Bundle, groups: Vec<Group>) {
        for group in groups {
            if let Some(first) = group.0.first() {
                self.by_first.entry(*first).or_default().push((bundle, group));
            }
        }
    }

    /// Evaluates each group's first line again, once for all its bundles, and passes each group with its set to `give`.
    fn complete<'a>(
        self,
        candidates: impl Fn(u32) -> Cow<'a, [u32]>,
        change: &impl Fn(u32, u32) -> Change,
        mut give: impl FnMut(Bundle, Vec<u32>, Vec<u32>),
    ) {
        for (first, groups) in self.by_first {
            let mut sets: HashMap<Bundle, Vec<u32>> = HashMap::new();
            for (bundle, (_, oneself)) in &groups {
                sets.insert(*bundle, if *oneself { vec![first] } else { Vec::new() });
            }
            for other in candidates(first).iter().copied().filter(|other| *other != first) {
                let Change { gained, lost } = change(first, other);
                for (gains, rights) in [(true, gained), (false, lost)] {
                    if !rights.is_empty()
                        && let Some(set) = sets.get_mut(&Bundle { gains, rights })
                    {
                        set.push(other);
                    }
                }
            }
            for (bundle, (indices, _)) in groups {
                give(bundle, indices, sets.remove(&bundle).unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::right::Right;
    use proptest::prelude::*;

    const PICKUP: RightSet = RightSet::from_bits(1 << 48);

    fn gain(rights: RightSet) -> Change {
        Change { gained: rights, lost: RightSet::EMPTY }
    }

    fn found(count: u32, change: impl Fn(u32, u32) -> Change + Sync) -> Vec<(Vec<u32>, Vec<u32>)> {
        let changes = changes(&Candidates::all(count), &change);
        changes.rectangles.into_iter().map(|rectangle| (rectangle.actors, rectangle.targets)).collect()
    }

    #[test]
    fn nothing_changed() {
        assert_eq!(changes(&Candidates::all(100), &|_, _| Change::default()), Changes::default());
        assert_eq!(changes(&Candidates::all(0), &|_, _| gain(PICKUP)), Changes::default());
    }

    #[test]
    fn everybody_towards_everybody_else_is_one_rectangle() {
        for count in [2, 5, 200] {
            let all: Vec<u32> = (0..count).collect();
            let others = |actor, target| {
                if actor == target { Change::default() } else { gain(PICKUP) }
            };
            assert_eq!(found(count, others), [(all.clone(), all.clone())]);
            let changes = changes(&Candidates::all(count), &others);
            assert_eq!(changes.gained, u64::from(count * (count - 1)));
            assert_eq!(changes.rectangles[0].pairs(), changes.gained);
        }
    }

    #[test]
    fn members_towards_each_other_and_one_from_outside() {
        let group = |index| index < 3;
        let change = |actor, target| {
            if actor != target && group(target) && (group(actor) || actor == 7) {
                gain(PICKUP)
            } else {
                Change::default()
            }
        };
        assert_eq!(found(9, change), [(vec![0, 1, 2, 7], vec![0, 1, 2])]);
    }

    #[test]
    fn one_owner_closes_towards_all() {
        let change = |actor, target| {
            let lost = if target == 3 && actor != 3 { PICKUP } else { RightSet::EMPTY };
            Change { gained: RightSet::EMPTY, lost }
        };
        let changes = changes(&Candidates::all(5), &change);
        assert_eq!(changes.rectangles.len(), 1);
        assert_eq!((changes.gained, changes.lost), (0, 4));
        let rectangle = &changes.rectangles[0];
        assert_eq!((&rectangle.targets, rectangle.pairs(), rectangle.bundle.gains), (&vec![3], 4, false));
        assert_eq!(rectangle.actors, [0, 1, 2, 4]);
    }

    #[test]
    fn owners_with_viewers_of_their_own_are_told_by_owner() {
        // Every viewer has another set of owners, but there are only two owners.
        let change = |actor: u32, target: u32| {
            let yes = target == 8 && [1, 2, 3].contains(&actor) || target == 9 && [2, 3, 4].contains(&actor);
            if yes { gain(PICKUP) } else { Change::default() }
        };
        assert_eq!(found(10, change), [(vec![1, 2, 3], vec![8]), (vec![2, 3, 4], vec![9])]);
    }

    #[test]
    fn oneself_and_different_bundles_stand_apart() {
        let busy = Right::LINE_BUSY_READ.mask();
        let change = |actor: u32, target: u32| match (actor, target) {
            (0, 0) | (1, 1) => gain(PICKUP),
            (0, 1) => Change { gained: PICKUP, lost: busy },
            (1, 0) => gain(PICKUP | busy),
            _ => Change::default(),
        };
        let changes = changes(&Candidates::all(2), &change);
        assert_eq!((changes.gained, changes.lost), (4, 1));
        let named: Vec<_> = changes
            .rectangles
            .iter()
            .map(|r| (r.bundle.gains, r.bundle.rights, r.actors.clone(), r.targets.clone()))
            .collect();
        let wanted = [
            (false, busy, vec![0], vec![1]),
            (true, busy | PICKUP, vec![1], vec![0]),
            (true, PICKUP, vec![0], vec![1]),
            (true, PICKUP, vec![0, 1], vec![]),
        ];
        assert_eq!(named.len(), wanted.len());
        for one in wanted {
            assert!(named.contains(&one), "{one:?} is not in {named:?}");
        }
    }

    proptest! {
        /// The rectangles say of every pair exactly what the pair says of itself, once.
        #[test]
        fn rectangles_cover_every_change_once(count in 1u32..12, cells in proptest::collection::vec(0u8..4, 144)) {
            let set = |bits: u8| RightSet::from_bits(u128::from(bits) << 1);
            let change = |actor: u32, target: u32| {
                let cell = cells[(actor * 12 + target) as usize];
                Change { gained: set(cell & 1), lost: set(cell & 2) }
            };
            let changes = changes(&Candidates::all(count), &change);
            let mut covered: HashMap<(u32, u32, bool), Vec<RightSet>> = HashMap::new();
            let mut pairs = 0;
            for rectangle in &changes.rectangles {
                pairs += rectangle.pairs();
                for actor in &rectangle.actors {
                    let oneself = [*actor];
                    let targets = if rectangle.targets.is_empty() { &oneself[..] } else { &rectangle.targets };
                    for target in targets.iter().filter(|target| rectangle.targets.is_empty() || *target != actor) {
                        let gain = (*actor, *target, rectangle.bundle.gains);
                        covered.entry(gain).or_default().push(rectangle.bundle.rights);
                    }
                }
            }
            prop_assert_eq!(pairs, changes.gained + changes.lost);
            for (actor, target) in (0..count).flat_map(|actor| (0..count).map(move |target| (actor, target))) {
                let Change { gained, lost } = change(actor, target);
                for (gains, rights) in [(true, gained), (false, lost)] {
                    let named = covered.remove(&(actor, target, gains)).unwrap_or_default();
                    let wanted = if rights.is_empty() { vec![] } else { vec![rights] };
                    prop_assert_eq!(named, wanted);
                }
            }
            prop_assert!(covered.is_empty());
        }
    }
}
