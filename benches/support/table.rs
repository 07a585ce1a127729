//! The table of ratios with the goal beside each.

use std::fmt::Write as _;

/// A measured figure and what it should be.
pub struct Row {
    pub what: String,
    pub measured: f64,
    pub unit: &'static str,
    pub must: Goal,
    pub aim: Goal,
}

/// A bound: at most, or at least.
#[derive(Clone, Copy, PartialEq)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    None,
}

impl Goal {
    pub fn is_met(self, measured: f64) -> bool {
        match self {
            Goal::AtMost(bound) => measured <= bound,
            Goal::AtLeast(bound) => measured >= bound,
            Goal::None => true,
        }
    }

    fn text(self) -> String {
        match self {
            Goal::AtMost(bound) => format!("<= {}", number(bound)),
            Goal::AtLeast(bound) => format!(">= {}", number(bound)),
            Goal::None => String::new(),
        }
    }
}

/// As many digits as say something.
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size >= 1000.0 => {
            let digits = format!("{value:.0}");
            let mut grouped = String::new();
            for (place, digit) in digits.chars().enumerate() {
                if place > 0 && (digits.len() - place) % 3 == 0 {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            grouped
        }
        size if size >= 100.0 => format!("{value:.0}"),
        _ => format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_string(),
    }
}

impl Row {
    pub fn new(what: &str, measured: f64, unit: &'static str, must: Goal, aim: Goal) -> Row {
        Row { what: what.into(), measured, unit, must, aim }
    }

    pub fn verdict(&self) -> &'static str {
        match (self.must, self.aim) {
            (Goal::None, _) => "",
            (must, _) if !must.is_met(self.measured) => "NOT MET",
            (_, Goal::None) => "met",
            (_, aim) if aim.is_met(self.measured) => "met, aim too",
            _ => "met",
        }
    }
}

/// The table as Markdown.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from("| what | measured | must | aim | |\n| --- | ---: | --- | --- | --- |\n");
    for row in rows {
        let measured = format!("{}{}", number(row.measured), row.unit);
        let _ = writeln!(
            text,
            "| {} | {measured} | {} | {} | {} |",
            row.what,
            row.must.text(),
            row.aim.text(),
            row.verdict()
        );
    }
    text
}
