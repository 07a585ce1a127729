//! Which groups an actor and a target share: the keys that count for both. A tag must never stand for a key: only the lists decide.
#![forbid(unsafe_code)]

use crate::image::format::image::{Image, ReadMode};
use crate::image::format::record::{INLINE_KEYS, Membership, Record};
use crate::simd::{self, Lanes};

/// What two records say about the groups that both are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    /// No group is shared.
    Nowhere,
    /// These keys of the actor, one bit each, are keys of the target, too: see [`each_shared`].
    Keys(u8),
    /// Tags meet, or there are too many to have any: the longer lists have to be read.
    Lists,
}

/// Whether keys or tags of both records meet.
#[inline(always)]
pub(crate) fn meeting(actor: &Record, target: &Record) -> Meeting {
    let (listed, listed_bytes) = (simd::listed, simd::listed_bytes);
    let listed = |mine, theirs| Some(listed(mine, theirs));
    meeting_by(actor, target, listed, |mine, theirs| Some(listed_bytes(mine, theirs))).unwrap_or(Meeting::Lists)
}

/// The same; `None` where the processor has no one instruction that compares.
#[inline(always)]
pub(crate) fn meeting_at_once(actor: &Record, target: &Record) -> Option<Meeting> {
    meeting_by(actor, target, simd::listed_at_once, simd::listed_bytes_at_once)
}

#[inline(always)]
fn meeting_by(
    actor: &Record,
    target: &Record,
    listed: impl Fn(Lanes, Lanes) -> Option<u8>,
    listed_bytes: impl Fn(Lanes, Lanes) -> Option<u8>,
) -> Option<Meeting> {
    if !actor.is_either_long(target) {
        return Some(match listed(actor.keys(), target.keys())? & actor.acts() {
            0 => Meeting::Nowhere,
            _ if actor.has_extra() || target.has_extra() => Meeting::Lists,
            lanes => Meeting::Keys(lanes),
        });
    }
    // One of the two has more than eight keys: its tags have 8 bits, or there are none.
    let met = match (actor.is_long(), target.is_long()) {
        (true, false) if !actor.has_no_tags() => listed_bytes(target.keys(), actor.keys())? & target.is_target(),
        (false, true) if !target.has_no_tags() => listed_bytes(actor.keys(), target.keys())? & actor.acts(),
        _ => return Some(Meeting::Lists),
    };
    Some(if met == 0 { Meeting::Nowhere } else { Meeting::Lists })
}

/// Calls `found` with every key of the actor that one of these bits stands for and that counts for the target as target.
#[inline(always)]
fn each_shared(actor: &Record, target: &Record, lanes: u8, mut found: impl FnMut(u32)) {
    let mut lanes = lanes;
    while lanes != 0 {
        if let Some(key) = shared_key(actor, target, lanes.trailing_zeros()) {
            found(key);
        }
        lanes &= lanes - 1;
    }
}

/// The key at that index of the actor's record, if it counts for the target as target.
#[inline(always)]
pub(crate) fn shared_key(actor: &Record, target: &Record, index: u32) -> Option<u32> {
    let key = actor.key(index);
    (simd::equal_shorts(target.keys(), key as u16) & target.is_target() != 0).then_some(key)
}

/// Calls `found` with every key that counts for `actor` as actor and for `target` as target.
pub(crate) fn shared<M: ReadMode>(image: &Image<'_, M>, actor: &Record, target: &Record, mut found: impl FnMut(u32)) {
    match meeting(actor, target) {
        Meeting::Nowhere => {}
        Meeting::Keys(lanes) => each_shared(actor, target, lanes, found),
        Meeting::Lists => shared_long(image, actor, target, &mut found),
    }
}

/// Where one of the two has a longer list: the keys of both, sorted, side by side.
#[inline(never)]
fn shared_long<M: ReadMode>(image: &Image<'_, M>, actor: &Record, target: &Record, found: &mut dyn FnMut(u32)) {
    let (short_mine, short_theirs) = (in_record(actor), in_record(target));
    let (my_count, their_count) = (count(image, actor), count(image, target));
    let short = |list: &[u64; INLINE_KEYS], index: usize| list.get(index).copied().unwrap_or(0);
    let long = |record: &Record, index: usize| image.word(record.extra() + 1 + index);
    match (actor.has_extra(), target.has_extra()) {
        (true, true) => {
            merge((my_count, |index| long(actor, index)), (their_count, |index| long(target, index)), found)
        }
        (true, false) => {
            merge((my_count, |index| long(actor, index)), (INLINE_KEYS, |index| short(&short_theirs, index)), found)
        }
        (false, _) => {
            merge((INLINE_KEYS, |index| short(&short_mine, index)), (their_count, |index| long(target, index)), found)
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
    let (mut my_index, mut their_index) = (0, 0);
    while my_index < mine && their_index < theirs {
        let (a, b) = (Membership::unpack(my_word(my_index)), Membership::unpack(their_word(their_index)));
        if a.key == b.key && a.acts && b.is_target {
            found(a.key);
        }
        my_index += usize::from(a.key <= b.key);
        their_index += usize::from(b.key <= a.key);
    }
}

/// Calls `each` with every membership of a party, in the order of the keys.
pub(crate) fn each<M: ReadMode>(image: &Image<'_, M>, record: &Record, mut each: impl FnMut(Membership)) {
    if record.has_extra() {
        (1..=count(image, record)).for_each(|index| each(Membership::unpack(image.word(record.extra() + index))));
    } else {
        record.memberships().for_each(each);
    }
}

/// Whether a key counts for the party as actor.
pub(crate) fn acts<M: ReadMode>(image: &Image<'_, M>, record: &Record, key: u32) -> bool {
    membership(image, record, key).is_some_and(|held| held.acts)
}

/// Whether a key counts for the party as target.
pub(crate) fn is_target<M: ReadMode>(image: &Image<'_, M>, record: &Record, key: u32) -> bool {
    membership(image, record, key).is_some_and(|held| held.is_target)
}

/// The membership of a party under that key. Lists are in the order of their keys: a long one is halved, not walked.
fn membership<M: ReadMode>(image: &Image<'_, M>, record: &Record, key: u32) -> Option<Membership> {
    if !record.has_extra() {
        return record.memberships().find(|held| held.key == key);
    }
    let (mut from, mut to) = (1, count(image, record) + 1);
    while from < to {
        let middle = from.midpoint(to);
        let held = Membership::unpack(image.word(record.extra() + middle));
        match held.key.cmp(&key) {
            std::cmp::Ordering::Equal => return Some(held),
            std::cmp::Ordering::Less => from = middle + 1,
            std::cmp::Ordering::Greater => to = middle,
        }
    }
    None
}

/// The memberships in a record as words of a list; behind them words of a key above all others.
fn in_record(record: &Record) -> [u64; INLINE_KEYS] {
    std::array::from_fn(|index| {
        let (acts, is_target) = (record.acts() >> index & 1 != 0, record.is_target() >> index & 1 != 0);
        let key = if acts || is_target { record.key(index as u32) } else { u32::MAX };
        Membership { key, acts, is_target }.pack()
    })
}

/// How many memberships a longer list has. A list longer than the image can only be a torn word: it is read as empty.
fn count<M: ReadMode>(image: &Image<'_, M>, record: &Record) -> usize {
    let count = image.word(record.extra()) as usize;
    if record.has_extra() && count <= image.words() { count } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Party;
    use crate::image::format::image::Image;
    use crate::image::format::record::{LIST_UNIT, PartyAttributes, RECORD_WORDS, fit, list_words, pack};
    use crate::image::format::{HEADER_WORDS, Header, ImageWords, joined};
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::sync::atomic::AtomicU64;

    /// An image of an actor and a target in these groups.
    fn image(lists: [&[Membership]; 2]) -> Vec<AtomicU64> {
        let extras = (HEADER_WORDS + 2 * RECORD_WORDS).next_multiple_of(LIST_UNIT);
        let all = extras + lists.iter().map(|list| list_words(list.len())).sum::<usize>();
        let words: Vec<_> = (0..all).map(|_| AtomicU64::new(0)).collect();
        let mut out = &words[..];
        out.put(Header::Records as usize, joined(HEADER_WORDS as u32, 2));
        let mut extra = extras;
        for (list, index) in lists.into_iter().zip(0..) {
            let at = (!fit(list)).then_some(extra);
            if at.is_some() {
                out.put(extra, list.len() as u64);
                out.row(extra + 1, list.iter().map(|membership| membership.pack()));
                extra += list_words(list.len());
            }
            let record = pack(&PartyAttributes::default(), list, at);
            out.row(HEADER_WORDS + index * RECORD_WORDS, record);
        }
        words
    }

    /// Keys of which many have their low bits in common with others, or none set: 16 bits, 8 bits.
    fn key() -> impl Strategy<Value = u32> {
        let low = prop::sample::select(vec![0u32, 1, 2, 0x100, 0x101, 0x201, 0xff00, 0xffff]);
        (0u32..4, low, 0u32..3).prop_map(|(high, low, more)| (high << 16 | low) + more + 1)
    }

    fn memberships() -> impl Strategy<Value = Vec<Membership>> {
        let flags = prop::sample::select(vec![(true, false), (false, true), (true, true)]);
        let long = prop::collection::btree_map(key(), flags.clone(), 0..24);
        let short = prop::collection::btree_map(key(), flags, 0..9);
        let list = |list: BTreeMap<u32, (bool, bool)>| {
            list.into_iter().map(|(key, (acts, is_target))| Membership { key, acts, is_target }).collect()
        };
        prop_oneof![long, short].prop_map(list)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn shared_keys_are_those_of_both_lists(mine in memberships(), theirs in memberships()) {
            let words = image([&mine, &theirs]);
            let image = Image::new(&words);
            let (actor, target) = (image.record(Party(0)), image.record(Party(1)));
            let mut found = Vec::new();
            shared(&image, &actor, &target, |key| found.push(key));
            let is_shared = |a: &&Membership| theirs.iter().any(|b| a.key == b.key && a.acts && b.is_target);
            let expected: Vec<u32> = mine.iter().filter(is_shared).map(|membership| membership.key).collect();
            prop_assert_eq!(&found, &expected);
            // No tags meet where no list could say more.
            prop_assert!(meeting(&actor, &target) != Meeting::Nowhere || expected.is_empty());
        }
    }
}
