//! Time zones by the system's database. It is the only file that uses `jiff`, and must never be used on the path of a call: the
//! database is read from files.
#![forbid(unsafe_code)]

use super::END;
use crate::wording::{meant_name, quote};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Names of the database that are no zones of a place: this machine's own, and the one of a machine that is not set up.
const NOT_ZONES: &[&str] = &["localtime", "posixrules", "Factory"];

/// A time zone: a name of the database, and its rules as they were when it was looked up. Two of one name are equal.
#[derive(Clone)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
}

impl Zone {
    /// The zone of that name, in any case, as the database spells it. Reads files at the first use of a name. `UTC` is always there.
    ///
    /// # Errors
    /// The name is unknown; the message names the nearest one. Or the system has no database.
    pub fn named(name: &str) -> Result<Zone, String> {
        let found = jiff::tz::db().get(name).ok();
        let found = found.as_ref().and_then(|rules| Some((rules, rules.iana_name()?)));
        match found {
            Some((rules, name)) if !NOT_ZONES.contains(&name) => Ok(Zone { name: name.into(), rules: rules.clone() }),
            _ => Err(unknown(name)),
        }
    }

    /// Its name, as in `Europe/Berlin`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local time of an instant in seconds since 1970; `None` before 1970 and from [`END`] on.
    pub fn local(&self, t: i64) -> Option<i64> {
        if !(0..END).contains(&t) {
            return None;
        }
        let instant = Timestamp::from_second(t).ok()?;
        Some(t + i64::from(self.rules.to_offset(instant).seconds()))
    }

    /// The next instant at which its offset may change, if one comes before [`END`].
    pub fn next_shift(&self, t: i64) -> Option<i64> {
        let instant = Timestamp::from_second(t).ok()?;
        let next = self.rules.following(instant).next()?.timestamp().as_second();
        (next < END).then_some(next)
    }

    /// Its offsets from UTC in seconds, east positive, each with the instant from which it holds: sorted, the first from 1970 on,
    /// then each change before [`END`].
    pub fn table(&self) -> Vec<(i64, i32)> {
        let mut rows = Vec::new();
        let mut at = Some(0);
        while let Some(t) = at {
            let offset = self.local(t).map_or(0, |local| (local - t) as i32);
            if rows.last().is_none_or(|(_, last)| *last != offset) {
                rows.push((t, offset));
            }
            at = self.next_shift(t);
        }
        rows
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Zone").field(&self.name).finish()
    }
}

/// The message for a name that is no zone.
fn unknown(name: &str) -> String {
    if name.contains([',', ';']) {
        return format!("unknown time zone {}: other days are an `hours` text of their own", quote(name));
    }
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let names = || names.iter().map(String::as_str).filter(|name| !NOT_ZONES.contains(name));
    if names().all(|name| name == "UTC") {
        let zone = quote(name);
        return format!("unknown time zone {zone}: the system has no time zone database (/usr/share/zoneinfo)");
    }
    let near = meant_name(name, names());
    // `Berlin` is a city of the database, and too far from `Europe/Berlin` to be near.
    let city = |zone: &&str| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name));
    let near = match names().find(city) {
        Some(zone) if near.is_empty() => crate::wording::did_you_mean(zone),
        _ if near.is_empty() => ", expected a name such as `Europe/Berlin`".into(),
        _ => near,
    };
    format!("unknown time zone {}{near}", quote(name))
}

/// The instant of a date and time that are `offset` seconds ahead of UTC; `None` if there is no such date or time.
pub(super) fn instant_of(date: [u32; 3], time: [u32; 3], offset: i32) -> Option<i64> {
    let [year, month, day] = date;
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let [hour, minute, second] = time.map(|part| i8::try_from(part).ok());
    let civil = date.to_datetime(jiff::civil::Time::new(hour?, minute?, second?, 0).ok()?);
    Some(Offset::from_seconds(offset).ok()?.to_timestamp(civil).ok()?.as_second())
}

/// The date and time of a local time in seconds since 1970; the nearest one if the years 0000 to 9999 end before it.
pub(super) fn civil_of(local: i64) -> DateTime {
    let low = DateTime::constant(0, 1, 1, 0, 0, 0, 0);
    let high = DateTime::constant(9999, 12, 30, 0, 0, 0, 0);
    let instant = Timestamp::from_second(local).ok();
    let end = if local < 0 { low } else { high };
    instant.map_or(end, |instant| Offset::UTC.to_datetime(instant)).clamp(low, high)
}
