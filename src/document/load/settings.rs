//! Settings of a whole domain: overrides of the matrices, and function codes. No code may be the beginning of another.
#![forbid(unsafe_code)]

use crate::document::fault::{Cx, meant, quote};
use crate::document::table::Table;
use crate::policy::Override;
use crate::policy::codes::{CodeTable, Function};
use crate::policy::valid::{LONGEST_CODE, is_code};
use crate::system::System;
use crate::system::estos::{Level, Tables};
use crate::system::xphone::{Label, Matrix};

/// Overrides and codes as a document writes them.
#[derive(Default)]
pub(super) struct Settings {
    pub overrides: Vec<Override>,
    pub matrix: Matrix,
    pub tables: Tables,
    pub codes: CodeTable,
    pub longest_age: u32,
    /// The offset of each function's code in the document.
    code_places: Vec<(Function, usize)>,
}

impl Settings {
    /// Reads a `[matrix.xphone]` or `[matrix.estos]`.
    pub fn matrix(&mut self, cx: &Cx<'_>, system: System, table: &Table<'_, '_>) {
        let keys: Vec<&str> = match system {
            System::Xphone => self.matrix.keys().collect(),
            _ => self.tables.keys().collect(),
        };
        let mut entries: Vec<_> = table.entries().collect();
        entries.sort_by_key(|(key, _)| key.at);
        for (key, value) in entries {
            if !keys.contains(&&*key) {
                let hint = match value.get_ref().is_table() {
                    true => ", expected a right's name in quotes".to_owned(),
                    false => match keys
                        .iter()
                        .find(|known| known.strip_prefix(&*key).is_some_and(|line| line.starts_with('.')))
                    {
                        Some(known) => format!(", expected the right with its line, as in {}", quote(known)),
                        None if crate::right::Right::parse(&key).is_some() => ", which is no row of its own".to_owned(),
                        None => near(&key, &keys),
                    },
                };
                cx.fault(key.at, format!("unknown row {} in {}{hint}", quote(&key), table.name));
                continue;
            }
            let texts = table.list(&key, value);
            let levels = match system {
                System::Xphone => {
                    let labels = table.choose_all(&key, &texts, Label::ALL);
                    self.matrix.set_row(&key, &labels);
                    labels.into_iter().map(Label::word).map(String::from).collect()
                }
                _ => {
                    let levels = table.choose_all(&key, &texts, Level::ALL);
                    self.tables.set_row(&key, &levels);
                    levels.into_iter().map(Level::word).map(String::from).collect()
                }
            };
            self.overrides.push(Override { system, key: key.text.into_owned(), levels, line: cx.line(key.at) });
        }
    }

    /// Reads `[codes]`.
    pub fn codes(&mut self, cx: &Cx<'_>, table: &Table<'_, '_>) {
        for function in Function::ALL {
            let Some(code) = table.text(function.key()) else {
                continue;
            };
            if is_code(&code) {
                self.codes.set(function, &code);
                self.code_places.push((function, code.at));
            } else {
                let wanted = format!("`*` or `#`, then digits, `*` and `#`, at most {LONGEST_CODE} in all");
                let message =
                    format!("code {} for `{}` in {}, expected {wanted}", quote(&code), function.key(), table.name);
                cx.fault(code.at, message);
            }
        }
    }

    /// Refuses a code that is the beginning of another: a dialled text would mean two things.
    pub fn check_codes(&self, cx: &Cx<'_>) {
        for (function, at) in &self.code_places {
            let code = self.codes.code(*function);
            for (other, other_code) in self.codes.iter() {
                // A conflict of two written codes is reported once, at the later one.
                let later = self.code_places.iter().any(|(written, place)| *written == other && place > at);
                if other != *function && !later && (code.starts_with(other_code) || other_code.starts_with(code)) {
                    let (code, other_code, key) = (quote(code), quote(other_code), other.key());
                    let message = format!("code {code} for `{}` and {other_code} for `{key}`", function.key());
                    cx.fault(*at, format!("{message} begin alike, expected no code to be the beginning of another"));
                }
            }
        }
    }
}

/// The nearest key, without listing all the rows.
fn near(key: &str, keys: &[&str]) -> String {
    let meant = meant(key, keys);
    if meant.starts_with(" (") { meant } else { ", expected a row's first right in quotes".into() }
}
