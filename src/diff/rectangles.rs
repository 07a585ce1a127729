//! Groups changed pairs into rectangles: sets of actors x sets of targets with the same change. Parties are indices here. It must
//! never take memory for a pair that did not change, nor for each pair that did, nor look at a pair that cannot have changed.
#![forbid(unsafe_code)]

use crate::image::{AffectedBlock, Places};
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

/// The pairs that are looked at: all others are known to be unchanged.
#[derive(Debug)]
pub(crate) struct Candidates {
    actors: Lines,
    targets: Lines,
    all: Vec<u32>,
}

/// What each actor is looked at towards, or each target from.
#[derive(Debug, Default)]
struct Lines {
    /// The other sides of the blocks that have every line.
    of_all: Vec<Places>,
    /// Those of the other blocks.
    sets: Vec<Places>,
    by_line: HashMap<u32, Vec<usize>>,
}

impl Lines {
    fn add(&mut self, lines: &Places, others: &Places) {
        match lines {
            Places::All => self.of_all.push(others.clone()),
            Places::These(lines) => {
                for line in lines {
                    self.by_line.entry(*line).or_default().push(self.sets.len());
                }
                self.sets.push(others.clone());
            }
        }
    }

    /// The lines with a candidate, ascending.
    fn lines<'a>(&self, all: &'a [u32]) -> Cow<'a, [u32]> {
        if !self.of_all.is_empty() {
            return Cow::Borrowed(all);
        }
        let mut lines: Vec<u32> = self.by_line.keys().copied().collect();
        lines.sort_unstable();
        Cow::Owned(lines)
    }

    /// The candidates of a line, ascending.
    fn line<'a>(&'a self, line: u32, all: &'a [u32]) -> Cow<'a, [u32]> {
        let own = self.by_line.get(&line).into_iter().flatten().filter_map(|set| self.sets.get(*set));
        let mut sets = Vec::new();
        for set in self.of_all.iter().chain(own) {
            match set {
                Places::All => return Cow::Borrowed(all),
                Places::These(places) => sets.push(places.as_slice()),
            }
        }
        if let [only] = sets.as_slice() {
            return Cow::Borrowed(only);
        }
        let mut places = sets.concat();
        places.sort_unstable();
        places.dedup();
        Cow::Owned(places)
    }
}

impl Candidates {
    /// Every ordered pair of indices below `count`.
    pub(crate) fn all(count: u32) -> Candidates {
        Candidates::new(count, &[(Places::All, Places::All)])
    }

    /// The pairs of these blocks, whose indices are below `count`.
    pub(crate) fn new(count: u32, blocks: &[AffectedBlock]) -> Candidates {
        let (mut actors, mut targets) = (Lines::default(), Lines::default());
        for (actors_of, others) in blocks {
            actors.add(actors_of, others);
            targets.add(others, actors_of);
        }
        Candidates { actors, targets, all: (0..count).collect() }
    }

    /// How many pairs they are.
    pub(crate) fn count(&self) -> u64 {
        self.actors.lines(&self.all).iter().map(|actor| self.targets_of(*actor).len() as u64).sum()
    }

    fn targets_of(&self, actor: u32) -> Cow<'_, [u32]> {
        self.actors.line(actor, &self.all)
    }

    fn actors_of(&self, target: u32) -> Cow<'_, [u32]> {
        self.targets.line(target, &self.all)
    }
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

fn hash_of_one(place: u32) -> SetHash {
    let mix = |mut x: u64| {
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let seed = u64::from(place).wrapping_mul(2).wrapping_add(1);
    let high = mix(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let low = mix(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    u128::from(high) << 64 | u128::from(low)
}

/// The hash of a set.
pub(super) fn hash_of(places: &[u32]) -> SetHash {
    places.iter().fold(0, |hash, place| hash ^ hash_of_one(*place))
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
    let actors = candidates.actors.lines(&candidates.all);
    if actors.is_empty() {
        return Survey::default();
    }
    let hashes: Vec<SetHash> = candidates.all.iter().map(|place| hash_of_one(*place)).collect();
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
    for (place, set) in &lines {
        *common.entry(*set).or_default() += 1;
        *common.entry(set ^ hash_of_one(*place)).or_default() += 1;
    }
    let times = |set: SetHash| common.get(&set).copied().unwrap_or(0);
    let mut places: HashMap<SetHash, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (place, set) in lines {
        let with_oneself = set ^ hash_of_one(place);
        let oneself = times(with_oneself) > times(set);
        let at = *places.entry(if oneself { with_oneself } else { set }).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((members, _)) => members.push(place),
            None => groups.push((vec![place], oneself)),
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
            for (bundle, (places, _)) in groups {
                give(bundle, places, sets.remove(&bundle).unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests;
