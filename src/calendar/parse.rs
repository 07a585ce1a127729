//! Reads dates: instants as RFC 3339 and TOML write them, and `hours`. It must never guess: an instant without an offset from UTC is an
//! error, and so is a time of one digit.
#![forbid(unsafe_code)]

use super::print::DAYS;
use super::zone::instant_of;
use super::{Bound, DAY_MINUTES, Fault, Hours, Span, Zone};
use crate::wording::{expected, meant, quote};

const EXAMPLE: &str = "`2026-12-21T08:00:00+01:00`";

/// The instant that `text` says: a date, a time and an offset from UTC, as in `2026-12-21T08:00:00+01:00` or `2026-12-21 07:00:00Z`.
/// The seconds may be left out.
///
/// # Errors
/// Anything else, a fraction of a second other than zero and a second 60 included, with what was expected there.
pub fn instant(text: &str) -> Result<i64, Fault> {
    bound(text).map(|bound| bound.instant)
}

/// The same, with the offset that the text has.
///
/// # Errors
/// As there.
pub fn bound(text: &str) -> Result<Bound, Fault> {
    let c = &mut Cursor { text, at: 0 };
    let date = [c.number(4, "a year")?, c.after("-", 2, "a month")?, c.after("-", 2, "a day")?];
    if c.rest().is_empty() {
        return Err(c.fault(format!("found a date alone, expected a time and an offset after it, as in {EXAMPLE}")));
    }
    if !["T", "t", " "].iter().any(|mark| c.take(mark)) {
        return Err(c.unexpected("`T` and a time"));
    }
    let time_at = c.at;
    let (hour, minute) = (c.number(2, "an hour")?, c.after(":", 2, "a minute")?);
    let second = if c.rest().starts_with(':') { c.after(":", 2, "a second")? } else { 0 };
    if c.take(".") {
        let digits = c.rest().find(|char: char| !char.is_ascii_digit()).unwrap_or(c.rest().len());
        let (fraction, rest) = c.rest().split_at(digits);
        if fraction.is_empty() || fraction.contains(|digit| digit != '0') {
            return Err(c.unexpected("whole seconds"));
        }
        c.at = text.len() - rest.len();
    }
    let ahead = match c.rest().chars().next() {
        Some('Z' | 'z') => {
            c.at += 1;
            0
        }
        Some(sign @ ('+' | '-')) => {
            c.at += 1;
            let at = c.at;
            let (hours, minutes) =
                (c.number(2, "the hours of an offset")?, c.after(":", 2, "the minutes of an offset")?);
            if hours > 23 || minutes > 59 {
                let found = quote(text.get(at..c.at).unwrap_or_default());
                return Err(Fault { at, message: format!("found {found}, expected an offset of at most 23:59") });
            }
            let seconds = (hours * 60 + minutes) as i32 * 60;
            if sign == '-' { -seconds } else { seconds }
        }
        None => return Err(c.fault(format!("found no offset from UTC, expected one after the time, as in {EXAMPLE}"))),
        Some(_) => return Err(c.unexpected("an offset from UTC: `Z`, or as in `+01:00`")),
    };
    if !c.rest().is_empty() {
        return Err(c.unexpected("the end"));
    }
    if hour > 23 || minute > 59 || second > 59 {
        let message = format!(
            "found {}, expected a time from 00:00:00 to 23:59:59",
            quote(text.get(time_at..).unwrap_or_default())
        );
        return Err(Fault { at: time_at, message });
    }
    let fault =
        |why: &str| Fault { at: 0, message: format!("found {}, {why}", quote(text.get(..10).unwrap_or_default())) };
    if date >= [9999, 12, 30] {
        return Err(fault("expected a date before 9999-12-30, or none at all where it never ends"));
    }
    let instant = instant_of(date, [hour, minute, second], ahead).ok_or_else(|| fault("which is no date"))?;
    Ok(Bound { instant, offset: ahead })
}

impl Hours {
    /// Reads `Mo-Fr 08:00-18:00 Europe/Berlin`: days, spans and a time zone.
    ///
    /// Days and spans may be several, with commas: `Mo,We-Fr 08:00-12:00,13:00-17:00 Europe/Berlin`. Without days they hold on every
    /// day. A range of days may go over Sunday. A span that ends at or before its beginning ends on the next day.
    ///
    /// # Errors
    /// What is found and expected, at its offset; for an unknown day or zone the nearest one.
    pub fn parse(text: &str) -> Result<Hours, Fault> {
        let c = &mut Cursor { text, at: 0 };
        c.spaces();
        if c.rest().is_empty() {
            return Err(c.fault("found nothing, expected hours such as `Mo-Fr 08:00-18:00 Europe/Berlin`".into()));
        }
        let days = if c.at_digit() { 0b111_1111 } else { c.days()? };
        let mut spans = c.spans()?;
        spans.sort_unstable();
        spans.dedup();
        let at = c.at;
        let name = c.rest().trim_end_matches(' ');
        if name.is_empty() {
            return Err(c.fault("found no time zone, expected one after the hours, as in `Europe/Berlin`".into()));
        }
        let zone = Zone::named(name).map_err(|message| Fault { at, message })?;
        Ok(Hours { days, spans, zone })
    }
}

/// A text being read.
struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault(&self, message: String) -> Fault {
        Fault { at: self.at, message }
    }

    /// The fault that something else stands here.
    fn unexpected(&self, what: &str) -> Fault {
        let end = |char| [' ', ','].contains(&char);
        match self.rest().split(end).next().unwrap_or_default() {
            "" if self.rest().is_empty() => self.fault(format!("found the end, expected {what}")),
            "" => self.fault(format!("found {}, expected {what}", quote(self.rest().get(..1).unwrap_or_default()))),
            word => self.fault(format!("found {}, expected {what}", quote(word))),
        }
    }

    fn take(&mut self, mark: &str) -> bool {
        let there = self.rest().starts_with(mark);
        self.at += if there { mark.len() } else { 0 };
        there
    }

    fn spaces(&mut self) {
        while self.take(" ") {}
    }

    fn at_digit(&self) -> bool {
        self.rest().starts_with(|char: char| char.is_ascii_digit())
    }

    /// A number of just so many digits.
    fn number(&mut self, digits: usize, what: &str) -> Result<u32, Fault> {
        let plain = self.rest().get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(number) = plain.and_then(|text| text.parse().ok()) else {
            return Err(self.unexpected(&format!("{what} of {digits} digits, as in {EXAMPLE}")));
        };
        self.at += digits;
        Ok(number)
    }

    fn after(&mut self, mark: &str, digits: usize, what: &str) -> Result<u32, Fault> {
        if !self.take(mark) {
            return Err(self.unexpected(&format!("{} and {what}, as in {EXAMPLE}", quote(mark))));
        }
        self.number(digits, what)
    }

    /// Whether a comma follows, and after it another item.
    fn comma(&mut self) -> bool {
        let there = self.take(",");
        if there {
            self.spaces();
        }
        there
    }

    fn gap(&mut self, what: &str) -> Result<(), Fault> {
        if !self.rest().starts_with(' ') {
            return Err(self.unexpected(what));
        }
        self.spaces();
        Ok(())
    }

    /// `Mo,We-Fr` and the space after it, as a bit for each day.
    fn days(&mut self) -> Result<u8, Fault> {
        let mut days = 0;
        loop {
            let first = self.day()?;
            let range_at = self.at;
            let last = if self.take("-") { self.day()? } else { first };
            if last == first && self.at - range_at > 0 {
                let message = format!(
                    "the range begins and ends on {}, expected two days",
                    quote(DAYS.get(first).unwrap_or(&""))
                );
                return Err(Fault { at: range_at, message });
            }
            let length = (last + 7 - first) % 7;
            for day in first..=first + length {
                days |= 1 << (day % 7);
            }
            if !self.comma() {
                self.gap("a space and a span such as `08:00-18:00`")?;
                return Ok(days);
            }
        }
    }

    fn day(&mut self) -> Result<usize, Fault> {
        let word = self.rest().split(|char: char| !char.is_alphanumeric()).next().unwrap_or_default();
        match DAYS.iter().position(|day| *day == word) {
            Some(day) => {
                self.at += word.len();
                Ok(day)
            }
            None if word.is_empty() => {
                let days = expected(&DAYS);
                let days = days.trim_start_matches(", expected ");
                Err(self.unexpected(&format!("a day, {days}")))
            }
            None => {
                let near = meant(word, &DAYS);
                Err(self.fault(format!("unknown day {}{near}", quote(word))))
            }
        }
    }

    /// `08:00-12:00,13:00-17:00` and the space after it.
    fn spans(&mut self) -> Result<Vec<Span>, Fault> {
        let mut spans = Vec::new();
        loop {
            if !spans.is_empty() && !self.at_digit() {
                return Err(self.unexpected("another span (other days are an `hours` text of their own)"));
            }
            spans.push(self.span()?);
            if !self.comma() {
                if !self.rest().is_empty() {
                    self.gap("a space and a time zone such as `Europe/Berlin`")?;
                }
                return Ok(spans);
            }
        }
    }

    fn span(&mut self) -> Result<Span, Fault> {
        let at = self.at;
        let start = self.minute()?;
        if start == DAY_MINUTES {
            return Err(Fault { at, message: "a span begins at `24:00`, expected `00:00` of the next day".into() });
        }
        if !self.take("-") {
            return Err(self.unexpected("`-` and the end of the span"));
        }
        let end = self.minute()?;
        let end = if end == 0 { DAY_MINUTES } else { end };
        if start == end
            || (start, end) == (0, DAY_MINUTES)
                && !self.text.get(at..self.at).is_some_and(|text| text.ends_with("24:00"))
        {
            let found = quote(self.text.get(at..self.at).unwrap_or_default());
            let message = format!("the span {found} is empty, expected `00:00-24:00` for the whole day");
            return Err(Fault { at, message });
        }
        Ok(Span { start, end })
    }

    /// `08:00`, from `00:00` to `24:00`.
    fn minute(&mut self) -> Result<u16, Fault> {
        let at = self.at;
        let word = self.rest().split(|char: char| !char.is_alphanumeric() && char != ':').next().unwrap_or_default();
        let number = |text: &str| {
            text.parse::<u16>().ok().filter(|_| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let parts = word.split_once(':').and_then(|(hour, minute)| Some((number(hour)?, number(minute)?)));
        match parts {
            Some((hour, minute)) if hour < 24 && minute < 60 || (hour, minute) == (24, 0) => {
                self.at += word.len();
                Ok(hour * 60 + minute)
            }
            Some(_) => {
                Err(Fault { at, message: format!("found {}, expected a time from `00:00` to `24:00`", quote(word)) })
            }
            None => Err(self.unexpected("a time of four digits, as in `08:00`")),
        }
    }
}
