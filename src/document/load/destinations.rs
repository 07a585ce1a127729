//! `[destinations]` of a document. It must never decide what a prefix means: that is `crate::destinations`.
#![forbid(unsafe_code)]

use crate::destinations::{Destinations, Settings};
use crate::document::fault::Cx;
use crate::document::table::{Table, Text};

/// The keys of the table.
pub(super) const DESTINATIONS: &[&str] = &[
    "country",
    "trunk_prefix",
    "national_prefix",
    "international_prefix",
    "area",
    "blocks",
    "prefixes",
    "blocked",
    "emergency",
    "forwarding",
    "calls",
];

/// What is written: each key with the places of its entries.
struct Places(Vec<(String, usize, Vec<usize>)>);

impl Places {
    fn text(&mut self, table: &Table<'_, '_>, key: &str) -> Option<String> {
        let text = table.text(key)?;
        self.0.push((key.to_owned(), table.place(key), vec![text.at]));
        Some(text.text.into_owned())
    }

    fn list(&mut self, table: &Table<'_, '_>, key: &str) -> Option<Vec<String>> {
        table.get(key)?;
        Some(self.add(key.to_owned(), table.place(key), table.texts(key)))
    }

    fn add(&mut self, key: String, at: usize, texts: Vec<Text<'_>>) -> Vec<String> {
        self.0.push((key, at, texts.iter().map(|text| text.at).collect()));
        texts.into_iter().map(|text| text.text.into_owned()).collect()
    }

    /// The place of an entry, else of its key.
    fn of(&self, key: &str, entry: usize) -> Option<usize> {
        let (_, at, entries) = self.0.iter().find(|(known, ..)| known == key)?;
        Some(entries.get(entry).copied().unwrap_or(*at))
    }
}

/// Reads `[destinations]`; `None` after a fault.
pub(super) fn destinations(cx: &Cx<'_>, table: &Table<'_, '_>) -> Option<Destinations> {
    let mut places = Places(Vec::new());
    if table.get("country").is_none() {
        table.missing("country");
        return None;
    }
    let mut settings = Settings {
        country: places.text(table, "country")?,
        trunk_prefix: places.text(table, "trunk_prefix").unwrap_or_default(),
        national_prefix: places.text(table, "national_prefix"),
        international_prefix: places.text(table, "international_prefix"),
        area: places.text(table, "area").unwrap_or_default(),
        blocks: places.list(table, "blocks").unwrap_or_default(),
        prefixes: Vec::new(),
        blocked: places.list(table, "blocked").unwrap_or_default(),
        emergency: places.list(table, "emergency").unwrap_or_default(),
        forwarding: places.list(table, "forwarding"),
        calls: places.list(table, "calls"),
    };
    if let Some(prefixes) = table.get("prefixes")
        && let Some(prefixes) = table.any_table(prefixes.value, "[destinations.prefixes]")
    {
        let mut entries: Vec<_> = prefixes.entries().collect();
        entries.sort_by_key(|(class, _)| class.at);
        for (class, value) in entries {
            let texts = prefixes.list(&class, value);
            let texts = places.add(format!("prefixes.{}", &*class), class.at, texts);
            settings.prefixes.push((class.text.into_owned(), texts));
        }
    }
    match settings.build() {
        Ok(destinations) => Some(destinations),
        Err(fault) => {
            // An unknown class is the fault of its key.
            let is_class = fault.key.starts_with("prefixes.") && fault.message.starts_with("unknown class");
            let entry = if is_class { usize::MAX } else { fault.entry };
            let at = places.of(&fault.key, entry).unwrap_or(table.at);
            cx.fault(at, format!("`{}` of [destinations]: {}", fault.key, fault.message));
            None
        }
    }
}
