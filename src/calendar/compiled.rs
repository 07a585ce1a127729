//! Dates as words of an image: evaluated without the time zone database, without memory and without a lock. A word that does not make
//! sense must never be taken for one in force: all words 0 are never in force.
//!
//! ```text
//! zone        how many rows n; 62 words of index; n rows
//! index       for each 2^24 seconds from 1970 on, the row that holds at its beginning: 16 bits each
//! row         from this instant on: instant (32 bits, below END), offset from UTC in seconds (32 bits, signed, in the low half)
//! when        from; until (each 64 bits, signed); how many weeks; the weeks, one after the other
//! week        how many edges, place of the zone (32 bits each, the place in the low half); the edges, 16 bits each
//! ```
//!
//! The edges of a week are the minutes from Monday 00:00 at which it begins and ends to be in force, in turn. Places count from where the
//! words begin that the reader is given.
#![forbid(unsafe_code)]

use super::{DAY, END, WEEK, When, Zone, next_change as search};
use std::collections::HashMap;

/// The seconds of a slot of the index, as a power of two: half a year, so that a slot rarely has more than two rows.
const SLOT_BITS: u32 = 24;
const SLOTS: usize = (END >> SLOT_BITS) as usize + 1;
/// Fields of 16 bits in a word.
const FIELDS: usize = 4;
const INDEX_WORDS: usize = SLOTS.div_ceil(FIELDS);
const ROWS_AT: usize = 1 + INDEX_WORDS;
const WEEKS_AT: usize = 3;

/// The words of a zone. They need no other words and may lie at any place.
pub fn zone_words(zone: &Zone) -> Vec<u64> {
    // The count must fit its 16 bits; a zone with more offsets would be damaged, and none at all is never in force.
    let rows = Some(zone.table()).filter(|rows| rows.len() < 1 << 16).unwrap_or_default();
    let slots = (0..SLOTS as i64).map(|slot| {
        let held = rows.partition_point(|(from, _)| *from <= slot << SLOT_BITS);
        held.saturating_sub(1) as u16
    });
    let mut words = vec![rows.len() as u64];
    words.extend(packed(&slots.collect::<Vec<u16>>()));
    words.extend(rows.iter().map(|(from, offset)| (*from as u64) << 32 | u64::from(*offset as u32)));
    words
}

/// The words of a [`When`]; `zone_at` says where the words of a zone lie. They may lie at any place.
pub fn when_words(when: &When, mut zone_at: impl FnMut(&Zone) -> u32) -> Vec<u64> {
    let bounds = [when.from().unwrap_or(i64::MIN), when.until().unwrap_or(i64::MAX)];
    let mut words: Vec<u64> = bounds.map(|bound| bound as u64).into();
    words.push(when.hours().len() as u64);
    for hours in when.hours() {
        let edges = hours.edges();
        words.push((edges.len() as u64) << 32 | u64::from(zone_at(hours.zone())));
        words.extend(packed(&edges));
    }
    words
}

fn packed(fields: &[u16]) -> impl Iterator<Item = u64> {
    fields.chunks(FIELDS).map(|chunk| chunk.iter().rev().fold(0, |word, field| word << 16 | u64::from(*field)))
}

/// Whether the when at `place` is in force at the instant: [`When::in_force`], on words. `word` reads the word at a place, 0 beyond the
/// end.
#[inline]
pub fn in_force(word: impl Fn(usize) -> u64, place: usize, t: i64) -> bool {
    let when = Words { word, place };
    t >= when.from() && t < when.until() && (when.weeks() == 0 || when.in_hours(t))
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

/// A week of a when in words.
#[derive(Clone, Copy)]
struct Week {
    /// Where its edges lie.
    edges_at: usize,
    edges: usize,
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

    /// The week at a place, and the place of the next one.
    #[inline]
    fn week(&self, place: usize) -> (Week, usize) {
        let head = (self.word)(place);
        let (zone, edges) = (head as u32 as usize, (head >> 32) as u16 as usize);
        (Week { edges_at: place + 1, edges, zone }, place + 1 + edges.div_ceil(FIELDS))
    }

    #[inline]
    fn in_hours(&self, t: i64) -> bool {
        let mut place = self.place + WEEKS_AT;
        for _ in 0..self.weeks() {
            let (week, next) = self.week(place);
            if week.edges == 0 {
                return false;
            }
            let second = self.row(week.zone, t).map(|(_, offset)| week_second(t, offset));
            if second.is_some_and(|second| self.edges_until(week, (second / 60) as u16) % 2 == 1) {
                return true;
            }
            place = next;
        }
        false
    }

    /// How many edges lie at or before a minute.
    #[inline]
    fn edges_until(&self, week: Week, minute: u16) -> usize {
        let (mut low, mut high) = (0, week.edges);
        while low < high {
            let middle = (low + high) / 2;
            if self.edge(week, middle) <= minute { low = middle + 1 } else { high = middle }
        }
        low
    }

    #[inline]
    fn edge(&self, week: Week, which: usize) -> u16 {
        ((self.word)(week.edges_at + which / FIELDS) >> (which % FIELDS * 16)) as u16
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
        let mut place = self.place + WEEKS_AT;
        let mut least = Some(self.until()).filter(|until| *until != i64::MAX);
        for _ in 0..self.weeks() {
            let (week, next) = self.week(place);
            if week.edges == 0 {
                break;
            }
            least = self.next_in_week(week, t).into_iter().chain(least).min();
            place = next;
        }
        least
    }

    fn next_in_week(&self, week: Week, t: i64) -> Option<i64> {
        if t < 0 {
            return Some(0);
        }
        let (row, offset) = self.row(week.zone, t)?;
        let second = week_second(t, offset);
        let next = self.edges_until(week, (second / 60) as u16);
        let edge = if next < week.edges { i64::from(self.edge(week, next)) * 60 } else { WEEK };
        // A week without an end has no edge that changes anything.
        let edge = (week.edges > 1 || self.edge(week, 0) != 0).then_some(t - second + edge);
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

/// Words of many whens, each zone and each when once. It only grows: a place that was given stays.
#[derive(Debug, Default)]
pub struct Block {
    words: Vec<u64>,
    zones: HashMap<Zone, u32>,
    whens: HashMap<When, u32>,
}

impl Block {
    /// The place of a when, from the block's first word. Its words and its zones' are added if they are new.
    pub fn add(&mut self, when: &When) -> u32 {
        if let Some(place) = self.whens.get(when) {
            return *place;
        }
        let Block { words, zones, whens } = self;
        let laid = when_words(when, |zone| {
            *zones.entry(zone.clone()).or_insert_with(|| {
                let place = words.len() as u32;
                words.extend(zone_words(zone));
                place
            })
        });
        let place = words.len() as u32;
        words.extend(laid);
        whens.insert(when.clone(), place);
        place
    }

    /// The words so far.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}
