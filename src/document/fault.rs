//! Collects the faults of one document with their places and renders them. It must never decide what a fault is.
#![forbid(unsafe_code)]

use super::Document;
use crate::id::Line;
use crate::wording::did_you_mean;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

pub(super) use crate::wording::{expected, meant, nearest, quote};

/// The most faults that one error reports.
pub(super) const REPORTED: usize = 100;
/// The most faults of one document that are stored for sorting; further ones are only counted.
const STORED: usize = 10_000;

/// Lines between two whose place is stored: a big document has as many lines as it has facts, and four more.
const EVERY: usize = 16;

/// The names of a document among which a suggestion is looked for; searched only for reported faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pool {
    Users,
    Teams,
    Locations,
    Devices,
    Sites,
    Workgroups,
    MonitoringGroups,
    Permissions,
    Groups,
}

struct Fault {
    at: usize,
    message: String,
    near: Option<(Pool, String)>,
}

/// A document being read: its text, the offsets of its lines, and its faults so far.
pub(super) struct Cx<'a> {
    document: &'a Document,
    /// Offset of the first byte of each [`EVERY`]th line, the first line included.
    starts: Vec<u32>,
    /// The entry of `starts` before the last offset that was asked for: most entries are read in their order.
    last: Cell<usize>,
    faults: RefCell<Vec<Fault>>,
    beyond: Cell<usize>,
    muted: Cell<bool>,
}

/// The rendered faults of one document, and the number of further ones.
pub(super) struct Rendered {
    pub lines: Vec<String>,
    pub more: usize,
}

impl<'a> Cx<'a> {
    pub fn new(document: &'a Document) -> Cx<'a> {
        let ends = document.text.match_indices('\n').skip(EVERY - 1).step_by(EVERY);
        Cx {
            document,
            starts: std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect(),
            last: Cell::new(0),
            faults: RefCell::default(),
            beyond: Cell::new(0),
            muted: Cell::new(false),
        }
    }

    /// The document's text.
    pub fn text(&self) -> &'a str {
        &self.document.text
    }

    /// The line of an offset, from 1.
    pub fn line(&self, at: usize) -> Line {
        const NEAR: usize = 4;
        let last = self.last.get();
        let near = self.starts.get(last..).unwrap_or_default();
        let near = near.get(..NEAR).unwrap_or(near);
        let ahead = near.partition_point(|start| *start as usize <= at);
        // Every one before the last one begins before it.
        let stored = match ahead > 0 && ahead < near.len() {
            true => last + ahead - 1,
            false => self.starts.partition_point(|start| *start as usize <= at).saturating_sub(1),
        };
        self.last.set(stored);
        let from = self.starts.get(stored).map_or(0, |start| *start as usize);
        let between = self.text().as_bytes().get(from..at).unwrap_or_default();
        Line((1 + stored * EVERY + between.iter().filter(|byte| **byte == b'\n').count()) as u32)
    }

    /// While muted, faults are dropped: they would only follow from a syntax error that is already noted.
    pub fn mute(&self, muted: bool) {
        self.muted.set(muted);
    }

    /// Notes a fault.
    pub fn fault(&self, at: usize, message: impl Into<String>) {
        self.note(at, message.into(), None);
    }

    /// Notes a fault about a name, with a suggestion from `pool`.
    pub fn unknown(&self, at: usize, message: String, pool: Pool, name: &str) {
        self.note(at, message, Some((pool, name.into())));
    }

    fn note(&self, at: usize, message: String, near: Option<(Pool, String)>) {
        let mut faults = self.faults.borrow_mut();
        if self.muted.get() {
        } else if faults.len() < STORED {
            faults.push(Fault { at, message, near });
        } else {
            self.beyond.set(self.beyond.get() + 1);
        }
    }

    /// The faults in order of place, with suggestions from the names of a pool.
    pub fn render(&self, names: impl Fn(Pool) -> Vec<String>) -> Rendered {
        let document = self.document;
        let mut faults = self.faults.take();
        faults.sort_by_key(|fault| fault.at);
        let more = faults.len().saturating_sub(REPORTED) + self.beyond.get();
        let mut pools: HashMap<Pool, Vec<String>> = HashMap::new();
        let rendered = faults.into_iter().take(REPORTED).map(|fault| {
            let line = self.line(fault.at).0;
            let before = document.text.get(..fault.at).unwrap_or_default();
            let start = before.rfind('\n').map_or(0, |end| end + 1);
            let column = document.text.get(start..fault.at).map_or(0, |text| text.chars().count()) + 1;
            let near = fault.near.and_then(|(pool, name)| {
                let names = pools.entry(pool).or_insert_with(|| names(pool));
                nearest(&name, names.iter().map(String::as_str)).map(did_you_mean)
            });
            format!("{}:{line}:{column}: {}{}", document.name, fault.message, near.unwrap_or_default())
        });
        Rendered { lines: rendered.collect(), more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let document = Document { name: "a.toml".into(), text: "x\nüü?\n".into() };
        let cx = Cx::new(&document);
        cx.fault(6, "second");
        cx.fault(0, "first");
        cx.fault(document.text.len(), "at the end");
        assert_eq!(cx.line(6), Line(2));
        let long = Document { name: "b.toml".into(), text: "a\n\nb".repeat(100) };
        let of_long = Cx::new(&long);
        for at in (0..=long.text.len()).chain((0..=long.text.len()).rev()).chain([7, 333, 8, 200]) {
            assert_eq!(of_long.line(at).0 as usize, 1 + long.text[..at].matches('\n').count(), "{at}");
        }
        let rendered = cx.render(|_| Vec::new());
        assert_eq!(rendered.lines, ["a.toml:1:1: first", "a.toml:2:3: second", "a.toml:3:1: at the end"]);
    }
}
