//! Dates as words of an image: evaluated without the time zone database, without memory and without a lock. A word that does not make
//! sense must never be taken for one in force: all words 0 are never in force.
//!
//! ```text
//! zone        how many rows n; 490 slots; n rows
//! slot        of 2^23 seconds each, from 1970 on: offset from UTC in seconds at its beginning (20 bits, less LEAST_OFFSET); the same
//!             after it has changed (20 bits); the second of the slot in which it changes (23 bits); whether it changes again there (1 bit)
//! row         from this instant on: instant (32 bits, below END), offset from UTC in seconds (32 bits, signed, in the low half)
//! when        from; until (each 64 bits, signed); each week as the start of its minutes and that of its zone (32 bits each), or ALWAYS
//!             where there are no hours; 0
//! minutes     160 bytes of index, 20 words; the masks
//! ```
//!
//! A bit of a mask says whether the week is in force in a minute, of 64 one after the other; the index says which mask each 64 minutes from
//! Monday 00:00 on have. So an answer takes as long for many spans as for one. Starts count from where the words begin that the reader
//! is given.
#![forbid(unsafe_code)]

use super::{DAY, END, Hours, WEEK, WEEK_MINUTES, When, Zone, next_change as search};
use std::collections::HashMap;

/// The seconds of a slot, as a power of two: a quarter of a year, in which an offset rarely changes twice.
const SLOT_BITS: u32 = 23;
const SLOTS: usize = (END >> SLOT_BITS) as usize + 1;
/// What an offset in a slot is counted from, so that a slot with sense is never 0.
const LEAST_OFFSET: i64 = -(1 << 19);
const OFFSET_BITS: u32 = 20;
/// The offset changes more than once in the slot: the rows say it.
const CHANGES_AGAIN: u64 = 1 << 63;
const ROWS_AT: usize = 1 + SLOTS;
const WEEKS_AT: usize = 2;
/// Instead of weeks: there are no hours.
const ALWAYS: u64 = u64::MAX;
/// Minutes of a mask.
const MASK: usize = 64;
/// Masks of a week, the same ones counted.
const MASKS: usize = (WEEK_MINUTES as usize).div_ceil(MASK);
/// Bytes of the index of masks in a word.
const BYTES: usize = 8;
const MASKS_AT: usize = MASKS.div_ceil(BYTES);

/// The words of a zone. They need no other words and may lie anywhere.
pub fn zone_words(zone: &Zone) -> Vec<u64> {
    // The count must fit its 16 bits; a zone with more offsets would be damaged, and none at all is never in force.
    let rows = Some(zone.table()).filter(|rows| rows.len() < 1 << 16).unwrap_or_default();
    let mut words = vec![rows.len() as u64];
    words.extend((0..SLOTS as i64).map(|slot| {
        let start = slot << SLOT_BITS;
        let at = |instant: i64| rows.partition_point(|(from, _)| *from <= instant);
        let (held, ends) = (at(start), at(start + (1 << SLOT_BITS) - 1));
        let offset = |row: usize| row.checked_sub(1).and_then(|row| rows.get(row)).copied();
        let (Some((_, before)), Some((changed, after))) = (offset(held), offset(ends)) else { return 0 };
        let [before, after] = [before, after].map(|offset| (i64::from(offset) - LEAST_OFFSET) as u64);
        let change = (changed - start).max(0) as u64;
        let again = if ends - held > 1 { CHANGES_AGAIN } else { 0 };
        again | change << (2 * OFFSET_BITS) | after << OFFSET_BITS | before
    }));
    words.extend(rows.iter().map(|(from, offset)| (*from as u64) << 32 | u64::from(*offset as u32)));
    words
}

/// The words of a [`When`]; `starts` says where the minutes of its edges and the words of a zone lie. They may lie anywhere.
fn when_words(when: &When, mut starts: impl FnMut(&Hours) -> [u32; 2]) -> Vec<u64> {
    let bounds = [when.from().unwrap_or(i64::MIN), when.until().unwrap_or(i64::MAX)];
    let mut words: Vec<u64> = bounds.map(|bound| bound as u64).into();
    if when.hours().is_empty() {
        words.push(ALWAYS);
    }
    words.extend(when.hours().iter().map(|hours| {
        let [minutes, zone] = starts(hours);
        u64::from(minutes) | u64::from(zone) << 32
    }));
    words.push(0);
    words
}

/// The words of the minutes in force, from the edges of a week. They may lie anywhere.
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

/// Whether the when at `start` is in force at the instant: [`When::in_force`], on words. `word` reads one word of the image, 0 beyond the
/// end.
#[inline]
pub fn in_force(word: impl Fn(usize) -> u64, start: usize, t: i64) -> bool {
    let when = Words { word, start };
    when.is_between(t) && in_hours(&when.word, start, t)
}

/// Whether the hours of the when at `start` hold at the instant, for who knows that it is between `from` and `until`. Words that make no
/// sense hold at none: without hours those two are looked at.
#[inline(always)]
pub fn in_hours(word: impl Fn(usize) -> u64, start: usize, t: i64) -> bool {
    let when = Words { word, start };
    let first = when.week(0);
    if first == ALWAYS {
        return when.is_between(t);
    }
    first != 0 && (0..END).contains(&t) && (when.is_in_week(Week::of(first), t) || when.holds_from(1, t))
}

/// The first instant after `t` at which [`in_force`] changes: [`When::next_change`], on words.
pub fn next_change(word: impl Fn(usize) -> u64, start: usize, t: i64) -> Option<i64> {
    let when = Words { word, start };
    search(t, when.from(), |t| in_force(&when.word, start, t), |t| when.next_candidate(t))
}

/// A when in words.
struct Words<W> {
    word: W,
    start: usize,
}

/// A week of a when in words: the starts of its minutes and of its zone.
#[derive(Clone, Copy)]
struct Week {
    minutes: usize,
    zone: usize,
}

impl Week {
    #[inline]
    fn of(word: u64) -> Week {
        Week { minutes: word as u32 as usize, zone: (word >> 32) as usize }
    }
}

impl<W: Fn(usize) -> u64> Words<W> {
    #[inline]
    fn from(&self) -> i64 {
        (self.word)(self.start) as i64
    }

    #[inline]
    fn until(&self) -> i64 {
        (self.word)(self.start + 1) as i64
    }

    /// The word of that week of the when; 0 behind the last.
    #[inline(always)]
    fn week(&self, which: usize) -> u64 {
        (self.word)(self.start + WEEKS_AT + which)
    }

    #[inline]
    fn is_between(&self, t: i64) -> bool {
        t >= self.from() && t < self.until()
    }

    /// Whether one of the weeks from that one on holds, at an instant that has an offset.
    #[inline(never)]
    fn holds_from(&self, first: usize, t: i64) -> bool {
        let mut weeks = (first..).map(|which| self.week(which)).take_while(|word| *word != 0);
        weeks.any(|word| self.is_in_week(Week::of(word), t))
    }

    /// Whether a week is in force at an instant that has an offset.
    #[inline(always)]
    fn is_in_week(&self, week: Week, t: i64) -> bool {
        let slot = self.slot(week.zone, t);
        if slot as i64 <= 0 {
            return self.rare_offset(week.zone, slot, t).is_some_and(|offset| self.is_in_by(week, t, offset));
        }
        self.is_in_by(week, t, offset_in(slot, t))
    }

    #[inline(always)]
    fn is_in_by(&self, week: Week, t: i64, offset: i64) -> bool {
        self.is_in(week, (week_second(t, offset) / 60) as usize)
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

    /// The slot of a zone at an instant before [`END`].
    #[inline(always)]
    fn slot(&self, zone: usize, t: i64) -> u64 {
        (self.word)(zone + 1 + (t >> SLOT_BITS) as usize)
    }

    /// The offset of a zone at such an instant; `None` where there is no table.
    fn offset(&self, zone: usize, t: i64) -> Option<i64> {
        match self.slot(zone, t) {
            slot if slot as i64 <= 0 => self.rare_offset(zone, slot, t),
            slot => Some(offset_in(slot, t)),
        }
    }

    /// The same where the slot does not say it.
    #[cold]
    #[inline(never)]
    fn rare_offset(&self, zone: usize, slot: u64, t: i64) -> Option<i64> {
        if slot == 0 {
            return None;
        }
        let held = self.rows_until(zone, t).checked_sub(1)?;
        Some(i64::from((self.word)(zone + ROWS_AT + held) as u32 as i32))
    }

    /// How many rows of a zone begin at the instant or before.
    fn rows_until(&self, zone: usize, t: i64) -> usize {
        let (mut low, mut high) = (0, self.rows(zone));
        while low < high {
            let middle = low.midpoint(high);
            match (self.word)(zone + ROWS_AT + middle) >> 32 > t as u64 {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        low
    }

    fn rows(&self, zone: usize) -> usize {
        (self.word)(zone) as u16 as usize
    }

    fn next_candidate(&self, t: i64) -> Option<i64> {
        if t >= self.until() {
            return None;
        }
        let until = Some(self.until()).filter(|until| *until != i64::MAX);
        let weeks = (0..).map(|which| self.week(which)).take_while(|word| *word != 0).filter(|word| *word != ALWAYS);
        weeks.filter_map(|word| self.next_in_week(Week::of(word), t)).chain(until).min()
    }

    fn next_in_week(&self, week: Week, t: i64) -> Option<i64> {
        if t < 0 {
            return Some(0);
        }
        let offset = if t < END { self.offset(week.zone, t) } else { None }?;
        let second = week_second(t, offset);
        let edge = self.next_turn(week, (second / 60) as usize) as i64 * 60;
        // A week that is in force throughout, or never, has no edge.
        let is_constant = edge == WEEK && self.next_turn(week, 0) == usize::from(WEEK_MINUTES);
        let edge = (!is_constant).then_some(t - second + edge);
        let next = self.rows_until(week.zone, t);
        let shift = (next < self.rows(week.zone)).then(|| ((self.word)(week.zone + ROWS_AT + next) >> 32) as i64);
        edge.into_iter().chain(shift).chain([END]).min()
    }
}

/// The offset that a slot says, in which it changes once at most.
#[inline(always)]
fn offset_in(slot: u64, t: i64) -> i64 {
    let second = t as u64 & ((1 << SLOT_BITS) - 1);
    let side = if second >= slot >> (2 * OFFSET_BITS) { OFFSET_BITS } else { 0 };
    (slot >> side & ((1 << OFFSET_BITS) - 1)) as i64 + LEAST_OFFSET
}

/// The seconds since Monday 00:00 of the local time.
#[inline]
fn week_second(t: i64, offset: i64) -> i64 {
    // 1970 began with a Thursday; a week more, because a zone may be behind UTC.
    ((t + offset + 3 * DAY + WEEK) as u64 % WEEK as u64) as i64
}

/// Words of many whens, each when, each zone and all same minutes once. It only grows: what has a start keeps it.
#[derive(Debug, Default)]
pub struct Block {
    words: Vec<u64>,
    zones: HashMap<Zone, u32>,
    minutes: HashMap<Vec<u16>, u32>,
    whens: HashMap<When, u32>,
}

impl Block {
    /// The start of a when, from the block's first word. Its words and its zones' are added if they are new.
    pub fn add(&mut self, when: &When) -> u32 {
        if let Some(start) = self.whens.get(when) {
            return *start;
        }
        let Block { words, zones, minutes, whens } = self;
        let mut add = |added: Vec<u64>| {
            let start = words.len() as u32;
            words.extend(added);
            start
        };
        let laid = when_words(when, |hours| {
            let edges = hours.edges();
            let minutes = *minutes.entry(edges).or_insert_with_key(|edges| add(minute_words(edges)));
            let zone = hours.zone();
            [minutes, *zones.entry(zone.clone()).or_insert_with(|| add(zone_words(zone)))]
        });
        let start = add(laid);
        whens.insert(when.clone(), start);
        start
    }

    /// The words so far.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
}
