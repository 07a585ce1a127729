//! Dates as words of an image: evaluated without the time zone database, without memory and without a lock. A word that does not make
//! sense must never be taken for one in force: all words 0 are never in force.
//!
//! ```text
//! zone        how many rows n; 62 words of index; n rows
//! index       for each 2^24 seconds from 1970 on, the row that holds at its beginning: 16 bits each
//! row         from this instant on: instant (32 bits, below END), offset from UTC in seconds (32 bits, signed, in the low half)
//! when        from; until (each 64 bits, signed); how many weeks; each week as the place of its minutes and that of its zone (32 bits each)
//! minutes     160 bytes of index, 20 words; the masks
//! ```
//!
//! A bit of a mask says whether the week is in force in a minute, of 64 one after the other; the index says which mask each 64 minutes from
//! Monday 00:00 on have. So an answer takes as long for many spans as for one. Places count from where the words begin that the reader is
//! given.
#![forbid(unsafe_code)]

use super::{DAY, END, Hours, WEEK, WEEK_MINUTES, When, Zone, next_change as search};
use std::collections::HashMap;

/// The seconds of a slot of the index, as a power of two: half a year, so that a slot rarely has more than two rows.
const SLOT_BITS: u32 = 24;
const SLOTS: usize = (END >> SLOT_BITS) as usize + 1;
/// Rows of a zone's index in a word, 16 bits each.
const FIELDS: usize = 4;
const INDEX_WORDS: usize = SLOTS.div_ceil(FIELDS);
const ROWS_AT: usize = 1 + INDEX_WORDS;
const WEEKS_AT: usize = 3;
/// Minutes of a mask.
const MASK: usize = 64;
/// Masks of a week, the same ones counted.
const MASKS: usize = (WEEK_MINUTES as usize).div_ceil(MASK);
/// Bytes of the index of masks in a word.
const BYTES: usize = 8;
const MASKS_AT: usize = MASKS.div_ceil(BYTES);

/// The words of a zone. They need no other words and may lie at any place.
pub fn zone_words(zone: &Zone) -> Vec<u64> {
    // The count must fit its 16 bits; a zone with more offsets would be damaged, and none at all is never in force.
    let rows = Some(zone.table()).filter(|rows| rows.len() < 1 << 16).unwrap_or_default();
    let slots = (0..SLOTS as i64).map(|slot| {
        let held = rows.partition_point(|(from, _)| *from <= slot << SLOT_BITS);
        held.saturating_sub(1) as u16
    });
    let mut words = vec![rows.len() as u64];
    let slots: Vec<u16> = slots.collect();
    words.extend(slots.chunks(FIELDS).map(|four| four.iter().rev().fold(0, |word, row| word << 16 | u64::from(*row))));
    words.extend(rows.iter().map(|(from, offset)| (*from as u64) << 32 | u64::from(*offset as u32)));
    words
}

/// The words of a [`When`]; `place_of` says where the minutes of its edges and the words of a zone lie. They may lie at any place.
fn when_words(when: &When, mut place_of: impl FnMut(&Hours) -> [u32; 2]) -> Vec<u64> {
    let bounds = [when.from().unwrap_or(i64::MIN), when.until().unwrap_or(i64::MAX)];
    let mut words: Vec<u64> = bounds.map(|bound| bound as u64).into();
    words.push(when.hours().len() as u64);
    words.extend(when.hours().iter().map(|hours| {
        let [minutes, zone] = place_of(hours);
        u64::from(minutes) | u64::from(zone) << 32
    }));
    words
}

/// The words of the minutes in force, from the edges of a week. They may lie at any place.
fn minute_words(edges: &[u16]) -> Vec<u64> {
    let mut held = [0u64; MASKS];
    for span in edges.chunks(2) {
        let from = span.first().copied().unwrap_or(WEEK_MINUTES);
        for minute in from..span.get(1).copied().unwrap_or(WEEK_MINUTES) {
            if let Some(mask) = held.get_mut(usize::from(minute) / MASK) {
                *mask |= 1 << (usize::from(minute) % MASK);
            }
        }
    }
    let mut masks: Vec<u64> = Vec::new();
    let mut index = [0u64; MASKS_AT];
    for (mask, slot) in held.iter().zip(0..) {
        let which = masks.iter().position(|known| known == mask).unwrap_or_else(|| {
            masks.push(*mask);
            masks.len() - 1
        });
        if let Some(word) = index.get_mut(slot / BYTES) {
            *word |= (which as u64) << (slot % BYTES * 8);
        }
    }
    index.into_iter().chain(masks).collect()
}

/// Whether the when at `place` is in force at the instant: [`When::in_force`], on words. `word` reads the word at a place, 0 beyond the
/// end.
#[inline]
pub fn in_force(word: impl Fn(usize) -> u64, place: usize, t: i64) -> bool {
    let when = Words { word, place };
    when.is_between(t) && (when.weeks() == 0 || when.in_hours(t))
}

/// Whether the hours of the when at `place` hold at the instant, for who knows that it is between `from` and `until`. Words that make no
/// sense hold at none: without hours those two are looked at.
#[inline]
pub fn in_hours(word: impl Fn(usize) -> u64, place: usize, t: i64) -> bool {
    let when = Words { word, place };
    if when.weeks() == 0 { when.is_between(t) } else { when.in_hours(t) }
}

/// The first instant after `t` at which [`in_force`] changes: [`When::next_change`], on words.
pub fn next_change(word: impl Fn(usize) -> u64, place: usize, t: i64) -> Option<i64> {
    let when = Words { word, place };
    search(t, when.from(), |t| in_force(&when.word, place, t), |t| when.next_candidate(t))
}

/// A when in words.
struct Words<W> {
    word: W,
    place: usize,
}

/// A week of a when in words: the places of its minutes and of its zone.
#[derive(Clone, Copy)]
struct Week {
    minutes: usize,
    zone: usize,
}

impl<W: Fn(usize) -> u64> Words<W> {
    #[inline]
    fn from(&self) -> i64 {
        (self.word)(self.place) as i64
    }

    #[inline]
    fn until(&self) -> i64 {
        (self.word)(self.place + 1) as i64
    }

    #[inline]
    fn weeks(&self) -> u64 {
        (self.word)(self.place + 2)
    }

    /// That week of the when; `None` where there are not so many, whatever a torn word claims.
    #[inline]
    fn week(&self, which: u64) -> Option<Week> {
        match (self.word)(self.place + WEEKS_AT + which as usize) {
            0 => None,
            word => Some(Week { minutes: word as u32 as usize, zone: (word >> 32) as usize }),
        }
    }

    #[inline]
    fn is_between(&self, t: i64) -> bool {
        t >= self.from() && t < self.until()
    }

    /// Whether one of the weeks holds.
    #[inline]
    fn in_hours(&self, t: i64) -> bool {
        for which in 0..self.weeks() {
            let Some(week) = self.week(which) else { return false };
            let offset = self.row(week.zone, t).map(|(_, offset)| offset);
            if offset.is_some_and(|offset| self.is_in(week, (week_second(t, offset) / 60) as usize)) {
                return true;
            }
        }
        false
    }

    /// Whether a week is in force in a minute from Monday 00:00 on.
    #[inline]
    fn is_in(&self, week: Week, minute: usize) -> bool {
        self.mask(week, minute / MASK) >> (minute % MASK) & 1 != 0
    }

    /// One of a week's masks.
    #[inline]
    fn mask(&self, week: Week, slot: usize) -> u64 {
        let which = (self.word)(week.minutes + slot / BYTES) >> (slot % BYTES * 8) & 0xff;
        (self.word)(week.minutes + MASKS_AT + which as usize)
    }

    /// The next minute of the week after that one which is in force where it is not, or the other way round; the end of the week where
    /// there is none.
    fn next_turn(&self, week: Week, minute: usize) -> usize {
        let flip = if self.is_in(week, minute) { u64::MAX } else { 0 };
        let first = minute / MASK;
        // The minutes before it do not count.
        let after = |slot: usize| if slot == first { u64::MAX << (minute % MASK) } else { u64::MAX };
        let turned = |slot: usize| Some((self.mask(week, slot) ^ flip) & after(slot)).filter(|turned| *turned != 0);
        let found = (first..MASKS).find_map(|slot| Some(slot * MASK + turned(slot)?.trailing_zeros() as usize));
        found.unwrap_or(usize::from(WEEK_MINUTES)).min(usize::from(WEEK_MINUTES))
    }

    /// The row of a zone that holds at the instant, and its offset; `None` where there is no table.
    #[inline]
    fn row(&self, zone: usize, t: i64) -> Option<(usize, i32)> {
        if !(0..END).contains(&t) {
            return None;
        }
        let slot = (t >> SLOT_BITS) as usize;
        let rows = (self.word)(zone) as u16 as usize;
        let mut row = ((self.word)(zone + 1 + slot / FIELDS) >> (slot % FIELDS * 16)) as u16 as usize;
        if row >= rows {
            return None;
        }
        let mut held = (self.word)(zone + ROWS_AT + row);
        while row + 1 < rows {
            let next = (self.word)(zone + ROWS_AT + row + 1);
            if next >> 32 > t as u64 {
                break;
            }
            (row, held) = (row + 1, next);
        }
        Some((row, held as u32 as i32))
    }

    fn next_candidate(&self, t: i64) -> Option<i64> {
        if t >= self.until() {
            return None;
        }
        let until = Some(self.until()).filter(|until| *until != i64::MAX);
        let weeks = (0..self.weeks()).map_while(|which| self.week(which));
        weeks.filter_map(|week| self.next_in_week(week, t)).chain(until).min()
    }

    fn next_in_week(&self, week: Week, t: i64) -> Option<i64> {
        if t < 0 {
            return Some(0);
        }
        let (row, offset) = self.row(week.zone, t)?;
        let second = week_second(t, offset);
        let edge = self.next_turn(week, (second / 60) as usize) as i64 * 60;
        // A week that is in force throughout, or never, has no edge.
        let is_constant = edge == WEEK && self.next_turn(week, 0) == usize::from(WEEK_MINUTES);
        let edge = (!is_constant).then_some(t - second + edge);
        let rows = (self.word)(week.zone) as u16 as usize;
        let shift = (row + 1 < rows).then(|| ((self.word)(week.zone + ROWS_AT + row + 1) >> 32) as i64);
        edge.into_iter().chain(shift).chain([END]).min()
    }
}

/// The seconds since Monday 00:00 of the local time.
#[inline]
fn week_second(t: i64, offset: i32) -> i64 {
    // 1970 began with a Thursday; a week more, because a zone may be behind UTC.
    ((t + i64::from(offset) + 3 * DAY + WEEK) as u64 % WEEK as u64) as i64
}

/// Words of many whens, each when, each zone and all same minutes once. It only grows: a place that was given stays.
#[derive(Debug, Default)]
pub struct Block {
    words: Vec<u64>,
    zones: HashMap<Zone, u32>,
    minutes: HashMap<Vec<u16>, u32>,
    whens: HashMap<When, u32>,
}

impl Block {
    /// The place of a when, from the block's first word. Its words and its zones' are added if they are new.
    pub fn add(&mut self, when: &When) -> u32 {
        if let Some(place) = self.whens.get(when) {
            return *place;
        }
        let Block { words, zones, minutes, whens } = self;
        let mut add = |added: Vec<u64>| {
            let place = words.len() as u32;
            words.extend(added);
            place
        };
        let laid = when_words(when, |hours| {
            let edges = hours.edges();
            let minutes = *minutes.entry(edges).or_insert_with_key(|edges| add(minute_words(edges)));
            let zone = hours.zone();
            [minutes, *zones.entry(zone.clone()).or_insert_with(|| add(zone_words(zone)))]
        });
        let place = add(laid);
        whens.insert(when.clone(), place);
        place
    }

    /// The words so far.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}
