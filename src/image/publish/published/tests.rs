//! Readers and writers of images, alone and at once.
#![forbid(unsafe_code)]

use super::*;
use std::sync::atomic::AtomicBool;

/// An image that only holds one number, over and over: a torn read would see two.
fn publish(published: &Published, number: u64, words: usize) {
    let build = |memory: &[AtomicU64]| {
        memory.iter().for_each(|word| word.store(number, Ordering::Relaxed));
        Ok(())
    };
    let (prepared, ()) = published.prepare(words, build).unwrap();
    published.publish(prepared, || ());
}

fn patch(published: &Published, number: u64, words: u32) {
    let words: Vec<_> = (0..words).rev().map(|offset| (offset, number)).collect();
    published.patch(&words, || ()).unwrap();
}

fn block_in_force(published: &Published) -> usize {
    Root(published.control.root().load(Ordering::Relaxed)).block()
}

/// The number, if it is the same in each of the first words.
fn number(image: Image<'_>, words: usize) -> Option<u64> {
    let first = image.word(0);
    (0..words).all(|offset| image.word(offset) == first).then_some(first)
}

#[test]
fn nothing_published_is_an_empty_image() {
    assert_eq!(Published::private().unwrap().read(|image| image.words()), 0);
}

#[test]
fn failed_build_leaves_the_old_image() {
    let published = Published::private().unwrap();
    publish(&published, 1, 10);
    let fails = published.prepare(10, |memory| {
        memory.iter().for_each(|word| word.store(9, Ordering::Relaxed));
        Err::<(), _>(Error::new(ErrorKind::Internal, "no"))
    });
    assert!(fails.is_err());
    assert_eq!(published.read(|image| image.word(3)), 1);
}

#[test]
fn prepared_is_not_in_force() {
    let published = Published::private().unwrap();
    publish(&published, 1, 10);
    let build = |memory: &[AtomicU64]| {
        memory[3].store(2, Ordering::Relaxed);
        Ok(())
    };
    let (prepared, ()) = published.prepare(10, build).unwrap();
    assert_eq!(published.read(|image| image.word(3)), 1);
    published.publish(prepared, || assert_eq!(published.read(|image| (image.word(3), image.is_clean())), (1, false)));
    assert_eq!(published.read(|image| (image.word(3), image.is_clean())), (2, true));
}

#[test]
fn a_patch_is_visible_at_its_end_only() {
    let published = Published::private().unwrap();
    publish(&published, 1, 100);
    let words: Vec<_> = (0..50).map(|offset| (offset * 2, 7)).collect();
    published
        .patch(&words, || {
            assert_eq!(published.read(|image| (number(image, 100), image.row::<4>(3).all())), (Some(1), [1; 4]));
            assert!(!published.read(|image| image.is_clean()));
        })
        .unwrap();
    assert_eq!(published.read(|image| image.row::<4>(3).all()), [1, 7, 1, 7]);
    assert!(published.patch(&[(u32::MAX, 1)], || ()).is_err());
}

#[test]
fn few_blocks_serve_many_images() {
    let published = Published::private().unwrap();
    for number in 1..400 {
        publish(&published, number, 8 + number as usize * 20);
    }
    let blocks = published.blocks.iter().filter(|block| block.get().is_some()).count();
    assert!(blocks < 12, "{blocks} blocks");
}

/// A writer that dies at any point is a writer that panics in `invalidate`, or never completes.
#[test]
fn who_takes_over_completes_what_was_begun() {
    let published = Published::private().unwrap();
    publish(&published, 1, 64);
    let entries: Vec<_> = (0..64).map(|offset| [offset, 1, 2]).collect();
    published.begin(block_in_force(&published), Job::Patch, &entries, 0);
    assert_eq!(published.read(|image| number(image, 64)), Some(1));
    published.recover(|| ()).unwrap();
    assert_eq!(published.read(|image| (number(image, 64), image.is_clean())), (Some(2), true));
    published.recover(|| panic!("there is nothing to do")).unwrap();
    let build = |memory: &[AtomicU64]| {
        memory.iter().for_each(|word| word.store(3, Ordering::Relaxed));
        Ok(())
    };
    let (prepared, ()) = published.prepare(64, build).unwrap();
    published.control.journal(Part::Root).store(prepared.root.0, Ordering::Relaxed);
    published.begin(block_in_force(&published), Job::Flip, &[], 0);
    assert_eq!(published.read(|image| number(image, 64)), Some(2));
    published.recover(|| ()).unwrap();
    assert_eq!(published.read(|image| (number(image, 64), image.is_clean())), (Some(3), true));
    patch(&published, 4, 64);
    assert_eq!(published.read(|image| number(image, 64)), Some(4));
}

#[test]
fn waiting_ends_when_the_revision_comes() {
    let published = Published::private().unwrap();
    let revision = crate::image::format::Header::Revision as u32;
    publish(&published, 0, 64);
    assert!(!published.wait_for(1, Duration::from_millis(1)));
    std::thread::scope(|scope| {
        scope.spawn(|| assert!(published.wait_for(3, Duration::from_secs(60))));
        for number in 1..=3 {
            published.patch(&[(revision, number)], || ()).unwrap();
        }
    });
    assert!(published.wait_for(2, Duration::ZERO));
}

#[test]
fn readers_never_see_two_states_mixed() {
    let published = Published::private().unwrap();
    publish(&published, 1, 512);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !stop.load(Ordering::Relaxed) {
                    let seen = published.read(|image| number(image, 512)).expect("two states mixed");
                    assert!(seen >= last, "an older state after a newer one");
                    last = seen;
                }
            });
        }
        for number in 2..6000 {
            if number % 3 == 0 { publish(&published, number, 512) } else { patch(&published, number, 512) }
        }
        stop.store(true, Ordering::Relaxed);
    });
}
