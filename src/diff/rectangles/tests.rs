//! Rectangles beside the pairs they stand for, one by one.
#![forbid(unsafe_code)]

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
    let group = |place| place < 3;
    let change = |actor, target| {
        if actor != target && group(target) && (group(actor) || actor == 7) { gain(PICKUP) } else { Change::default() }
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
                    let place = (*actor, *target, rectangle.bundle.gains);
                    covered.entry(place).or_default().push(rectangle.bundle.rights);
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
