//! Writes dates: as documents have them, so that reading gives the same again, and as a sentence says them.
#![forbid(unsafe_code)]

use super::zone::civil_of;
use super::{Bound, DAY, Hours, Span, When, Zone, weekday};
use std::fmt;

/// The days as `hours` writes them, from Monday.
pub(super) const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const DAY_NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// An instant as `2026-12-20T23:00:00Z`, which [`super::instant`] reads back.
pub fn instant_text(t: i64) -> String {
    format!("{}Z", civil_of(t))
}

/// As [`super::bound`] reads it: `2027-01-08T00:00:00+01:00`, in UTC with `Z`.
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", civil_of(self.local()))?;
        if self.offset == 0 { f.write_str("Z") } else { f.write_str(&offset_text(self.offset)) }
    }
}

/// `+01:00`.
fn offset_text(offset: i32) -> String {
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

impl Bound {
    fn local(self) -> i64 {
        self.instant.saturating_add(i64::from(self.offset))
    }
}

impl When {
    /// The zone of its hours, where the zone's table has both instants.
    fn zone(&self, t: i64, now: i64) -> Option<&Zone> {
        let zone = self.hours.first().map(Hours::zone)?;
        (zone.local(t).is_some() && zone.local(now).is_some()).then_some(zone)
    }

    /// An instant as this fact's own clock has it: that of the zone of its hours, else with the offset of its end or its beginning.
    pub fn own(&self, t: i64) -> Bound {
        if let Some(local) = self.zone(t, t).and_then(|zone| zone.local(t)) {
            // Offsets of long ago have seconds.
            return Bound { instant: t, offset: ((local - t) / 60 * 60) as i32 };
        }
        let is_there = |bound: &&Bound| bound.instant == t;
        let bounds = || self.until.iter().chain(&self.from);
        let written = bounds().find(is_there).or_else(|| bounds().next()).filter(|_| self.hours.is_empty());
        Bound { instant: t, offset: written.map_or(0, |bound| bound.offset) }
    }

    /// An instant as a sentence about this fact says it at the instant `now`, by the fact's own clock, which it names:
    /// `today 18:00 Europe/Berlin`, `Friday 2026-12-18 18:00 +01:00` for the following six days, else `2027-01-08 00:00 UTC`.
    pub fn moment(&self, t: i64, now: i64) -> String {
        let offset = self.own(t).offset;
        match self.zone(t, now) {
            Some(zone) => {
                let local = |t| zone.local(t).unwrap_or(t);
                moment(local(t), local(now), zone.name())
            }
            None if offset == 0 || !self.hours.is_empty() => moment(t, now, "UTC"),
            None => moment(self.own(t).local(), Bound { instant: now, offset }.local(), &offset_text(offset)),
        }
    }
}

fn moment(then: i64, today: i64, clock: &str) -> String {
    let civil = civil_of(then);
    let date = match then.div_euclid(DAY) - today.div_euclid(DAY) {
        0 => "today".into(),
        1..=6 => {
            let day = DAY_NAMES.get(weekday(then) as usize).copied().unwrap_or_default();
            format!("{day} {}", civil.date())
        }
        _ => civil.date().to_string(),
    };
    format!("{date} {:02}:{:02} {clock}", civil.hour(), civil.minute())
}

/// As a document has it; parsing gives the same again.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = day_ranges(self.days);
        let spans: Vec<String> = self.spans.iter().map(Span::to_string).collect();
        let space = if days.is_empty() { "" } else { " " };
        write!(f, "{}{space}{} {}", days.join(","), spans.join(","), self.zone.name())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.start / 60, self.start % 60, self.end / 60, self.end % 60)
    }
}

/// The runs of days, the one over the end of the week as `Sa-Mo`; nothing for all days.
fn day_ranges(days: u8) -> Vec<String> {
    let has = |day: usize| days >> (day % 7) & 1 == 1;
    let name = |day: usize| DAYS.get(day % 7).copied().unwrap_or_default();
    let mut runs = Vec::new();
    for first in (0..7).filter(|day| has(*day) && !has(day + 6)) {
        let last = (first..first + 7).take_while(|day| has(*day)).last().unwrap_or(first);
        runs.push(if first == last { name(first).into() } else { format!("{}-{}", name(first), name(last)) });
    }
    runs
}
