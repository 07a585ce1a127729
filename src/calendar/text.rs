//! A [`When`] as one text, for changes: `FROM/UNTIL; HOURS; HOURS`, with `..` where there is no beginning or end, or `always`.
#![forbid(unsafe_code)]

use super::{Bound, Hours, When, bound};
use std::fmt;
use std::str::FromStr;

/// The text of a fact without dates.
const ALWAYS: &str = "always";
const OPEN: &str = "..";

impl FromStr for When {
    type Err = String;

    /// Reads what [`When`] prints.
    ///
    /// # Errors
    /// What was found and what was expected.
    fn from_str(text: &str) -> Result<When, String> {
        if text == ALWAYS {
            return Ok(When::default());
        }
        let mut parts = text.split(';').map(str::trim);
        let span = parts.next().unwrap_or_default();
        // Hours alone have a stroke, too: that of their zone.
        let Some((from, until)) = span.split_once('/').filter(|_| Hours::parse(span).is_err()) else {
            return Err(format!(
                "found `{span}`, expected `always` or a span such as `../2027-01-08T00:00:00+01:00`, and hours behind it"
            ));
        };
        let edge = |text: &str| match text.trim() {
            OPEN => Ok(None),
            text => bound(text).map(Some).map_err(|fault| fault.message),
        };
        let hours = parts.map(|text| Hours::parse(text).map_err(|fault| fault.message)).collect::<Result<_, _>>()?;
        When::between(edge(from)?, edge(until)?, hours)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_always() {
            return f.write_str(ALWAYS);
        }
        let edge = |edge: Option<Bound>| edge.map_or_else(|| OPEN.into(), |edge| edge.to_string());
        write!(f, "{}/{}", edge(self.from), edge(self.until))?;
        self.hours().iter().try_for_each(|hours| write!(f, "; {hours}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        for text in [
            "always",
            "../2027-01-07T23:00:00Z",
            "2026-12-20T23:00:00Z/..",
            "../2027-01-08T00:00:00+01:00",
            "2026-12-20T17:30:00-05:30/..",
            "2026-12-20T23:00:00Z/2027-01-07T23:00:00Z; Mo-Fr 08:00-18:00 Europe/Berlin",
            "../..; Sa-Su 22:00-06:00 Europe/Berlin; 12:00-13:00 UTC",
        ] {
            assert_eq!(text.parse::<When>().unwrap().to_string(), text);
        }
        for text in
            ["", "never", "2027-01-07", "../2027-01-07", "../..; Mo-Fr", "2027-01-02T00:00:00Z/2027-01-01T00:00:00Z"]
        {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
    }
}
