//! Readers see whole states, newer and newer ones, and those that were published before they began; whatever the writer does,
//! and wherever it dies.
#![forbid(unsafe_code)]

use linewarden_models::published::{Life, Published};
use linewarden_models::{Flaw, failure, model};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use std::sync::atomic::AtomicBool;

/// What a writer does, one after the other. Each makes the next state.
#[derive(Clone, Copy, Debug)]
enum Work {
    Patch,
    Flip,
}
use Work::{Flip, Patch};

/// The images, and the state that was reported to be in force.
struct World {
    published: Published<2>,
    told: AtomicU64,
}

impl World {
    fn new(flaws: &'static [Flaw]) -> Arc<World> {
        Arc::new(World { published: Published::new(flaws), told: AtomicU64::new(1) })
    }

    /// The state that is in force, which is not older than `least` nor what was reported.
    fn read(&self, least: u64) -> u64 {
        let least = least.max(self.told.load(Ordering::Acquire));
        let words = self.published.read(|image| [image.word(0), image.word(1)]);
        assert!(words[0] == words[1], "torn: {words:?}");
        assert!(words[0] >= least, "older than known: {} instead of {least}", words[0]);
        words[0]
    }

    fn read_often(&self, reads: usize) {
        (0..reads).fold(0, |last, _| self.read(last));
    }

    /// Makes state `number`; whether the writer lived through it.
    fn make(&self, work: Work, number: u64, life: &Life) -> bool {
        let done = match work {
            Patch => self.published.patch(number, life, || ()),
            Flip => self.published.publish(number, life, || ()),
        };
        if done.is_ok() {
            self.told.store(number, Ordering::Release);
        }
        done.is_ok()
    }
}

/// A writer does the work while readers read, each as often as its number says.
fn at_work(preemptions: usize, flaws: &'static [Flaw], works: &'static [Work], readers: &'static [usize]) {
    model(preemptions, move || {
        let world = World::new(flaws);
        let read = |reads: &usize| {
            let (world, reads) = (world.clone(), *reads);
            thread::spawn(move || world.read_often(reads))
        };
        let readers: Vec<_> = readers.iter().map(read).collect();
        for (work, number) in works.iter().zip(2..) {
            assert!(world.make(*work, number, &Life::endless()));
        }
        assert_eq!(world.read(0), works.len() as u64 + 1);
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
}

/// The writer dies at each of its stores in turn, and the writer that takes over does more work.
fn deaths(preemptions: usize, flaws: &'static [Flaw], first: Work, then: Work) {
    for steps in 0.. {
        let died = std::sync::Arc::new(AtomicBool::new(false));
        let dies = died.clone();
        model(preemptions, move || {
            let world = World::new(flaws);
            let reader = {
                let world = world.clone();
                thread::spawn(move || world.read_often(1))
            };
            dies.store(!world.make(first, 2, &Life::of(steps)), Ordering::Relaxed);
            // No reader has to wait for the next writer.
            let left = world.read(0);
            world.published.recover(|| ());
            let recovered = world.read(left);
            assert!(recovered <= 2);
            assert!(world.make(then, 3, &Life::endless()));
            assert_eq!(world.read(recovered), 3);
            reader.join().unwrap();
        });
        if !died.load(Ordering::Relaxed) {
            assert!(steps > 10, "a writer has more than {steps} steps");
            return;
        }
    }
}

#[test]
fn patch() {
    at_work(2, &[], &[Patch], &[2]);
}

#[test]
fn patch_for_two_readers() {
    at_work(1, &[], &[Patch], &[1, 1]);
}

#[test]
fn patch_after_patch() {
    at_work(1, &[], &[Patch, Patch], &[1]);
}

#[test]
fn flips_take_the_old_block_again() {
    at_work(1, &[], &[Flip, Flip], &[2]);
}

#[test]
fn patch_after_flip() {
    at_work(1, &[], &[Flip, Patch], &[1]);
}

#[test]
fn flip_after_patch() {
    at_work(1, &[], &[Patch, Flip], &[2]);
}

#[test]
fn death_in_a_patch() {
    deaths(1, &[], Patch, Flip);
}

#[test]
fn death_in_a_flip() {
    deaths(1, &[], Flip, Patch);
}

/// Each of the flaws alone, and what it leads to.
#[test]
fn flaws_are_noticed() {
    use Flaw::*;
    let cases: [(&'static [Flaw], &'static [Work]); 8] = [
        (&[StampNotChecked], &[Patch]),
        (&[NoFenceAfterWords], &[Patch]),
        (&[NoFenceInComplete], &[Patch]),
        (&[EvenStampRelaxed], &[Patch]),
        (&[NoFenceInPrepare], &[Flip, Flip]),
        (&[NoFenceInBegin], &[Flip, Patch]),
        (&[JournalNotCheckedAgain], &[Flip, Patch]),
        // The one stamp makes up for the other.
        (&[JournalStampRelaxed, OddStampRelaxed], &[Patch]),
    ];
    for (flaws, works) in cases {
        let failure = failure(|| at_work(2, flaws, works, &[2]));
        assert!(failure.starts_with("torn"), "{flaws:?}: {failure}");
    }
}

/// Who sees the block's odd stamp sees the journal, and so does who sees the journal's stamp; and what the first look at the
/// journal notices, the second notices too. No two blocks ever have the same stamp, so its block need not be looked at.
#[test]
fn what_one_of_two_is_enough_for() {
    use Flaw::*;
    for flaws in [
        &[OddStampRelaxed],
        &[JournalStampRelaxed],
        &[JournalNotChecked],
        &[JournalCheckedAgainRelaxed],
        &[JournalBlockNotChecked],
    ] {
        at_work(1, flaws, &[Flip, Patch], &[1]);
        at_work(2, flaws, &[Patch], &[1]);
    }
}

#[test]
fn who_takes_over_must_recover() {
    let failure = failure(|| deaths(1, &[Flaw::NotRecovered], Patch, Patch));
    // The stamp of the next patch would be even while it goes on, and odd for ever afterwards.
    assert_eq!(failure, "a reader does not end");
}
