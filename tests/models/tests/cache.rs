//! Cached rights are those of the pair, whole, and never older than what was known before the question.
#![forbid(unsafe_code)]

use linewarden_models::cache::{PairCache, Rights};
use linewarden_models::published::{Life, Published};
use linewarden_models::{Flaw, failure, model};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use std::sync::atomic::AtomicBool;

/// Rights that tell whose they are and in which state.
fn of(target: usize, state: u64) -> Rights {
    Rights { low: state << 8 | target as u64, high: (state as u8) << 4 | target as u8 }
}

/// The state, if the rights are whole and those of the target.
fn state(target: usize, rights: Rights) -> u64 {
    let state = rights.low >> 8;
    assert_eq!(rights, of(target, state), "torn, or another pair's");
    state
}

/// Three threads insert and look up rights of two pairs that share the entry.
fn pairs(preemptions: usize, flaws: &'static [Flaw]) {
    model(preemptions, move || {
        let cache = Arc::new(PairCache::new(flaws));
        let ask =
            move |cache: &PairCache, target| state(target, cache.get_or_evaluate(0, target, || (of(target, 1), true)));
        let others: Vec<_> = [0, 1]
            .into_iter()
            .map(|target| {
                let cache = cache.clone();
                thread::spawn(move || ask(&cache, target))
            })
            .collect();
        ask(&cache, 1);
        others.into_iter().for_each(|other| assert_eq!(other.join().unwrap(), 1));
    });
}

/// The images, the cache, and the state that was reported to be in force.
struct World {
    published: Published<1>,
    cache: PairCache,
    told: AtomicU64,
}

impl World {
    fn new(flaws: &'static [Flaw]) -> Arc<World> {
        Arc::new(World { published: Published::new(flaws), cache: PairCache::new(flaws), told: AtomicU64::new(1) })
    }

    /// `Engine::evaluate_cacheable`: the state in force, and whether it may be cached.
    fn evaluate(&self) -> (u64, bool) {
        // The first word stands for all: that none is torn is shown in published.rs.
        self.published.read(|image| (image.word(0), image.is_clean()))
    }

    fn rights(&self) -> u64 {
        let rights = self.cache.get_or_evaluate(0, 1, || {
            let (state, clean) = self.evaluate();
            (of(1, state), clean)
        });
        state(1, rights)
    }

    fn knows(&self, state: u64, before: u64) -> u64 {
        assert!(state >= before, "older than known: {state} instead of {before}");
        state
    }

    /// Asks the cache; the answer is as new as what was known when it was asked.
    fn ask(&self, last: u64) -> u64 {
        let least = last.max(self.told.load(Ordering::Acquire));
        self.knows(self.rights(), least)
    }
}

#[derive(Clone, Copy)]
enum Work {
    Patch,
    Flip,
}
use Work::{Flip, Patch};

/// A change while a reader asks. With `steps` the writer dies at that store, and with `recovered` the change is completed.
/// Answers whether it died.
fn change(preemptions: usize, flaws: &'static [Flaw], work: Work, steps: Option<usize>, recovered: bool) -> bool {
    let died = std::sync::Arc::new(AtomicBool::new(false));
    let dies = died.clone();
    model(preemptions, move || {
        let world = World::new(flaws);
        let reader = {
            let world = world.clone();
            thread::spawn(move || {
                // What it finds in the image itself binds the cache as well.
                let first = world.rights();
                let second = world.knows(world.evaluate().0, first);
                world.ask(second)
            })
        };
        let invalidate = || world.cache.invalidate_target(1);
        let life = steps.map_or(Life::endless(), Life::of);
        let done = match work {
            Patch => world.published.patch(2, &life, invalidate),
            Flip => world.published.publish(2, &life, invalidate),
        };
        dies.store(done.is_err(), Ordering::Relaxed);
        if recovered {
            world.published.recover(invalidate);
        }
        if done.is_ok() {
            world.told.store(2, Ordering::Release);
            assert_eq!(world.ask(2), 2);
        }
        let last = reader.join().unwrap();
        world.ask(last);
    });
    died.load(Ordering::Relaxed)
}

/// The writer dies at each of its stores in turn.
fn deaths(work: Work, recovered: bool) {
    let lived = (0..).find(|steps| !change(1, &[], work, Some(*steps), recovered)).unwrap();
    assert!(lived > 10, "a writer has more than {lived} steps");
}

#[test]
fn three_askers_of_two_pairs() {
    pairs(1, &[]);
}

#[test]
fn patch() {
    change(1, &[], Patch, None, false);
}

#[test]
fn flip() {
    change(1, &[], Flip, None, false);
}

#[test]
fn death_in_a_patch() {
    deaths(Patch, false);
    deaths(Patch, true);
}

#[test]
fn death_in_a_flip() {
    deaths(Flip, false);
    deaths(Flip, true);
}

#[test]
fn flaws_of_an_entry_are_noticed() {
    use Flaw::*;
    let cases: [&'static [Flaw]; 6] = [
        &[VersionNotChecked],
        &[OddVersionTaken],
        &[NoFenceInLookUp],
        &[NoFenceInKeep],
        &[EntryTakenRelaxed],
        &[VersionRelaxed],
    ];
    for flaws in cases {
        let failure = failure(|| pairs(2, flaws));
        assert!(failure.contains("torn, or another pair's"), "{flaws:?}: {failure}");
    }
}

#[test]
fn flaws_of_epochs_are_noticed() {
    use Flaw::*;
    let cases: [(&'static [Flaw], Work); 6] = [
        (&[EpochsBumpedBefore], Patch),
        (&[EpochsBumpedAfter], Patch),
        (&[UncleanInserted], Patch),
        (&[EpochsReadLate], Patch),
        (&[UncleanInserted], Flip),
        (&[RootRelaxed], Flip),
    ];
    for (flaws, work) in cases {
        let failure = failure(|| assert!(!change(2, flaws, work, None, false)));
        assert!(failure.contains("older than known"), "{flaws:?}: {failure}");
    }
}

/// The writer dies when its change can be seen and nothing has been forgotten.
#[test]
fn epochs_bumped_after_a_death() {
    let failure = failure(|| assert!(change(2, &[Flaw::EpochsBumpedAfter], Patch, Some(11), true)));
    assert!(failure.contains("older than known"), "{failure}");
}

/// The fences of published.rs make up for the epochs' own orderings: the release fence in `complete` comes before the epochs are
/// bumped, and the acquire fence in `read` after they are read. The cache does not know them and keeps its own.
#[test]
fn fences_of_images_are_enough_for_the_epochs() {
    assert!(!change(1, &[Flaw::EpochsBumpedRelaxed], Patch, None, false));
    assert!(!change(1, &[Flaw::EpochsReadRelaxed], Patch, None, false));
}
