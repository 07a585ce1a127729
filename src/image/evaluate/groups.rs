//! Which groups an actor and a target share: the keys that count for both.
#![forbid(unsafe_code)]

use crate::image::format::image::{Image, ReadMode};
use crate::image::format::record::{INLINE_KEYS, Membership, Record};
use crate::simd;

/// The actor's keys that count for both, one bit each; `None` where one of the two has a longer list.
#[inline(always)]
pub(crate) fn shared_lanes(actor: &Record, target: &Record) -> Option<u8> {
    let short = !actor.has_extra() && !target.has_extra();
    short.then(|| simd::shared_lanes(actor.keys(), target.keys(), target.is_target()) & actor.acts())
}

/// Calls `found` with every key that counts for `actor` as actor and for `target` as target.
pub(crate) fn shared<M: ReadMode>(image: &Image<'_, M>, actor: &Record, target: &Record, mut found: impl FnMut(u32)) {
    let Some(mut lanes) = shared_lanes(actor, target) else { return shared_long(image, actor, target, &mut found) };
    while lanes != 0 {
        let lane = lanes.trailing_zeros();
        lanes &= lanes - 1;
        found(actor.key(lane));
    }
}

/// Where one of the two has a longer list: both lists, sorted by key, side by side.
#[inline(never)]
fn shared_long<M: ReadMode>(image: &Image<'_, M>, actor: &Record, target: &Record, found: &mut dyn FnMut(u32)) {
    let (short_mine, short_theirs) = (in_record(actor), in_record(target));
    let (my_count, their_count) = (count(image, actor), count(image, target));
    let short = |list: &[u64; INLINE_KEYS], place: usize| list.get(place).copied().unwrap_or(0);
    let long = |record: &Record, place: usize| image.word(record.extra() + 1 + place);
    match (actor.has_extra(), target.has_extra()) {
        (true, true) => {
            merge((my_count, |place| long(actor, place)), (their_count, |place| long(target, place)), found)
        }
        (true, false) => {
            merge((my_count, |place| long(actor, place)), (INLINE_KEYS, |place| short(&short_theirs, place)), found)
        }
        (false, _) => {
            merge((INLINE_KEYS, |place| short(&short_mine, place)), (their_count, |place| long(target, place)), found)
        }
    }
}

/// Calls `found` with every key of both lists, each given by its length and its words, that counts for both.
#[inline(always)]
fn merge(
    (mine, my_word): (usize, impl Fn(usize) -> u64),
    (theirs, their_word): (usize, impl Fn(usize) -> u64),
    found: &mut dyn FnMut(u32),
) {
    let (mut my_place, mut their_place) = (0, 0);
    while my_place < mine && their_place < theirs {
        let (a, b) = (Membership::unpack(my_word(my_place)), Membership::unpack(their_word(their_place)));
        if a.key == b.key && a.acts && b.is_target {
            found(a.key);
        }
        my_place += usize::from(a.key <= b.key);
        their_place += usize::from(b.key <= a.key);
    }
}

/// The memberships in a record as words of a list; behind them words of a key above all others.
fn in_record(record: &Record) -> [u64; INLINE_KEYS] {
    std::array::from_fn(|place| {
        let (acts, is_target) = (record.acts() >> place & 1 != 0, record.is_target() >> place & 1 != 0);
        let key = if acts || is_target { record.key(place as u32) } else { u32::MAX };
        Membership { key, acts, is_target }.pack()
    })
}

/// How many memberships a longer list has. A list longer than the image can only be a torn word: it is read as empty.
fn count<M: ReadMode>(image: &Image<'_, M>, record: &Record) -> usize {
    let count = image.word(record.extra()) as usize;
    if record.has_extra() && count <= image.words() { count } else { 0 }
}
