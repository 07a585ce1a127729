//! Writes dates: as documents have them, so that reading gives the same again, and as a sentence says them.
#![forbid(unsafe_code)]

use super::zone::civil_of;
use super::{DAY, Hours, Span, Zone, weekday};
use std::fmt;

/// The days as `hours` writes them, from Monday.
pub(super) const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const DAY_NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// An instant as `2026-12-20T23:00:00Z`, which [`super::instant`] reads back.
pub fn instant_text(t: i64) -> String {
    format!("{}Z", civil_of(t))
}

/// An instant as a sentence says it at the instant `now`, in the local time of the zone: `today 18:00`,
/// `Friday 2026-12-18 18:00` for the following six days, else `2027-01-08 00:00`. Without a zone in UTC, which it says.
pub fn moment(t: i64, now: i64, zone: Option<&Zone>) -> String {
    let zone = zone.filter(|zone| zone.local(t).is_some() && zone.local(now).is_some());
    let local = |t| zone.and_then(|zone| zone.local(t)).unwrap_or(t);
    let (then, today) = (local(t), local(now));
    let civil = civil_of(then);
    let date = match then.div_euclid(DAY) - today.div_euclid(DAY) {
        0 => "today".into(),
        1..=6 => {
            let day = DAY_NAMES.get(weekday(then) as usize).copied().unwrap_or_default();
            format!("{day} {}", civil.date())
        }
        _ => civil.date().to_string(),
    };
    let utc = if zone.is_some() { "" } else { " UTC" };
    format!("{date} {:02}:{:02}{utc}", civil.hour(), civil.minute())
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
