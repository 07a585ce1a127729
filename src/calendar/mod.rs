//! Dates of a fact: from when until when it counts, and at which hours of the week in which time zone. It knows no fact, no right
//! and no product, and it must never take a doubtful instant for one in force: outside the years 1970 to 2099 no hours count.
//!
//! An instant is in seconds since 1970 in UTC, without leap seconds, as the system's clock has it. [`When`] is what a document says
//! and evaluates it by the system's time zone database, slowly; [`compiled`] is the same as words, which need neither database nor
//! memory. Only `zone.rs` uses the database.
#![forbid(unsafe_code)]

pub mod clock;
pub mod compiled;
mod parse;
mod print;
#[cfg(test)]
mod tests;
mod text;
mod zone;

pub use parse::{bound, instant};
pub use print::instant_text;
pub use zone::Zone;

/// The end of all time zone tables, 2100-01-01T00:00:00Z: what has hours is not in force from here on.
pub const END: i64 = 4_102_444_800;

pub(crate) const DAY: i64 = 86_400;
const DAY_MINUTES: u16 = 1440;
/// From a Monday 00:00 to the next.
pub(crate) const WEEK: i64 = 7 * DAY;
const WEEK_MINUTES: u16 = 7 * DAY_MINUTES;

/// What is wrong in a text, and where it is: an offset in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The offset in the text, at most its length.
    pub at: usize,
    /// What was found and what was expected, lower case, without a full stop.
    pub message: String,
}

/// When a fact counts. The default is always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct When {
    from: Option<Bound>,
    until: Option<Bound>,
    hours: Vec<Hours>,
}

/// A first or last instant, and the offset from UTC that it is written with, by which people read it. Only the instant counts: two of
/// the same one are equal.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// In seconds since 1970.
    pub instant: i64,
    /// In seconds, east positive, whole minutes.
    pub offset: i32,
}

impl From<i64> for Bound {
    /// In UTC.
    fn from(instant: i64) -> Bound {
        Bound { instant, offset: 0 }
    }
}

impl PartialEq for Bound {
    fn eq(&self, other: &Bound) -> bool {
        self.instant == other.instant
    }
}

impl Eq for Bound {}

impl std::hash::Hash for Bound {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.instant.hash(state);
    }
}

/// Spans of the week in one time zone: `Mo-Fr 08:00-18:00 Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hours {
    /// The days on which a span begins: Monday is bit 0. Never 0.
    days: u8,
    /// Sorted, each once, never none.
    spans: Vec<Span>,
    zone: Zone,
}

/// A span of the day in minutes, the end excluded. If `end <= start`, it ends on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Span {
    /// 0 to 1439.
    start: u16,
    /// 1 to 1440, never equal to `start`.
    end: u16,
}

impl When {
    /// From `from` until `until`, the end excluded, at any of `hours`; without hours at all times. Both are written in UTC.
    ///
    /// # Errors
    /// `until` is not after `from`: the fact would never count. The message is about `until`.
    pub fn new(from: Option<i64>, until: Option<i64>, hours: Vec<Hours>) -> Result<When, String> {
        When::between(from.map(Bound::from), until.map(Bound::from), hours)
    }

    /// The same, as they are written.
    ///
    /// # Errors
    /// As there.
    pub fn between(from: Option<Bound>, until: Option<Bound>, hours: Vec<Hours>) -> Result<When, String> {
        match (from, until) {
            (Some(from), Some(until)) if until.instant <= from.instant => {
                Err(format!("`until` is {until}, expected an instant after `from`, {from}"))
            }
            _ => Ok(When { from, until, hours }),
        }
    }

    /// The first instant, if there is one.
    pub fn from(&self) -> Option<i64> {
        self.from.map(|from| from.instant)
    }

    /// The first instant after it, if there is one.
    pub fn until(&self) -> Option<i64> {
        self.until.map(|until| until.instant)
    }

    /// Both, as they are written.
    pub fn ends(&self) -> [Option<Bound>; 2] {
        [self.from, self.until]
    }

    /// Those that there are, by the names that documents have for them.
    pub fn bounds(&self) -> impl Iterator<Item = (&'static str, Bound)> + use<> {
        ["from", "until"].into_iter().zip(self.ends()).filter_map(|(key, bound)| Some((key, bound?)))
    }

    /// The hours, as they were given; none means at all times.
    pub fn hours(&self) -> &[Hours] {
        &self.hours
    }

    /// Whether it says nothing: the fact counts at every instant and needs no clock.
    pub fn is_always(&self) -> bool {
        *self == When::default()
    }

    /// Whether it counts at the instant.
    pub fn in_force(&self, t: i64) -> bool {
        let begun = self.from().is_none_or(|from| from <= t);
        let ended = self.until().is_some_and(|until| until <= t);
        begun && !ended && (self.hours.is_empty() || self.hours.iter().any(|hours| hours.include(t)))
    }

    /// The first instant after `t` at which [`When::in_force`] changes; `None` if it never does.
    pub fn next_change(&self, t: i64) -> Option<i64> {
        next_change(t, self.from().unwrap_or(i64::MIN), |t| self.in_force(t), |t| self.next_candidate(t))
    }

    /// Whether it is not in force and will not be: it has ended, or its hours never occur.
    pub fn is_over(&self, t: i64) -> bool {
        !self.in_force(t) && self.next_change(t).is_none()
    }

    /// The first instant from `t` on at which all of these are in force; `None` if there is none, or none is found in many steps.
    pub fn first_together(whens: &[&When], t: i64) -> Option<i64> {
        /// Hours that never meet are followed for years.
        const STEPS: usize = 4000;
        let mut at = t;
        for _ in 0..STEPS {
            if whens.iter().all(|when| when.in_force(at)) {
                return Some(at);
            }
            at = whens.iter().filter_map(|when| when.next_change(at)).min()?;
        }
        None
    }

    /// The next instant at which something may change.
    fn next_candidate(&self, t: i64) -> Option<i64> {
        if self.until().is_some_and(|until| until <= t) {
            return None;
        }
        self.hours.iter().filter_map(|hours| hours.next_candidate(t)).chain(self.until()).min()
    }
}

/// Looks for the change from candidate to candidate. Before `from` nothing is in force.
fn next_change(
    t: i64,
    from: i64,
    in_force: impl Fn(i64) -> bool,
    next_candidate: impl Fn(i64) -> Option<i64>,
) -> Option<i64> {
    let now = in_force(t);
    let mut at = t;
    if t < from {
        if in_force(from) {
            return Some(from);
        }
        at = from;
    }
    loop {
        at = next_candidate(at)?;
        if in_force(at) != now {
            return Some(at);
        }
    }
}

impl Hours {
    /// The time zone.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Whether the local time of the instant lies in a span.
    pub fn include(&self, t: i64) -> bool {
        let Some(local) = self.zone.local(t) else { return false };
        let minute = (local.rem_euclid(DAY) / 60) as u16;
        let (today, yesterday) = (weekday(local), weekday(local - DAY));
        let begins = |day: u32| self.days >> day & 1 == 1;
        self.spans.iter().any(|span| match span.start < span.end {
            true => begins(today) && (span.start..span.end).contains(&minute),
            false => begins(today) && span.start <= minute || begins(yesterday) && minute < span.end,
        })
    }

    /// The minutes of the week, from Monday 00:00, at which it begins and ends to be in force, in turn: sorted, each once, below
    /// 10080. The first begins; a last one that begins lasts to the end of the week.
    pub fn edges(&self) -> Vec<u16> {
        let mut parts: Vec<(u16, u16)> = Vec::new();
        for day in (0..7).filter(|day| self.days >> day & 1 == 1) {
            for span in &self.spans {
                let length =
                    if span.start < span.end { span.end - span.start } else { DAY_MINUTES - span.start + span.end };
                let start = day * DAY_MINUTES + span.start;
                let end = start + length;
                parts.push((start, end.min(WEEK_MINUTES)));
                if end > WEEK_MINUTES {
                    parts.push((0, end - WEEK_MINUTES));
                }
            }
        }
        parts.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::new();
        for (start, end) in parts {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        merged.into_iter().flat_map(|(start, end)| [start, end]).filter(|edge| *edge < WEEK_MINUTES).collect()
    }

    /// The next instant at which a span or the zone's offset may change.
    fn next_candidate(&self, t: i64) -> Option<i64> {
        let Some(local) = self.zone.local(t) else { return if t < 0 { Some(0) } else { None } };
        let now = week_second(local);
        let edges = self.edges();
        let next = edges.iter().map(|edge| i64::from(*edge) * 60).find(|edge| *edge > now).unwrap_or(WEEK);
        let edge = (edges.len() > 1 || edges.first() != Some(&0)).then_some(t - now + next);
        edge.into_iter().chain(self.zone.next_shift(t)).chain([END]).min()
    }
}

/// The day of the week of a local time in seconds since 1970: Monday is 0.
fn weekday(local: i64) -> u32 {
    (week_second(local) / DAY) as u32
}

/// The seconds since Monday 00:00 of a local time in seconds since 1970, which began with a Thursday.
fn week_second(local: i64) -> i64 {
    (local + 3 * DAY).rem_euclid(WEEK)
}
