//! Settings as the words of a change: `country: DE blocked: +53 +87 premium: 0137`. It must never leave out a key: what is not read
//! back would change where numbers lead.
#![forbid(unsafe_code)]

use super::{Class, Fault, Settings};
use crate::wording::{meant, quote};

/// The keys that have one text.
const TEXTS: [&str; 5] = ["country", "trunk_prefix", "national_prefix", "international_prefix", "area"];
/// The keys that have a list.
const LISTS: [&str; 5] = ["blocks", "blocked", "emergency", "forwarding", "calls"];

impl Settings {
    /// The words: each key with a colon, and its entries behind it. A class is the key of its prefixes.
    pub fn to_words(&self) -> Vec<String> {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let texts = [
            Some(self.country.clone()),
            some(&self.trunk_prefix),
            self.national_prefix.clone(),
            self.international_prefix.clone(),
            some(&self.area),
        ];
        let list = |list: &Vec<String>| Some(list.clone()).filter(|list| !list.is_empty());
        let lists = [
            list(&self.blocks),
            list(&self.blocked),
            list(&self.emergency),
            self.forwarding.clone(),
            self.calls.clone(),
        ];
        let texts = TEXTS.into_iter().zip(texts).filter_map(|(key, text)| Some((key, vec![text?])));
        let lists = LISTS.into_iter().zip(lists).filter_map(|(key, list)| Some((key, list?)));
        let prefixes = self.prefixes.iter().map(|(class, prefixes)| (class.as_str(), prefixes.clone()));
        let keys = texts.chain(lists).chain(prefixes);
        keys.flat_map(|(key, entries)| [format!("{key}:")].into_iter().chain(entries)).collect()
    }

    /// The settings of such words.
    ///
    /// # Errors
    /// The key that is unknown, is there twice or has another number of entries than it can have.
    pub fn from_words(words: &[String]) -> Result<Settings, Fault> {
        let mut settings = Settings::default();
        let mut seen: Vec<&str> = Vec::new();
        let mut rest = words.iter().peekable();
        while let Some(word) = rest.next() {
            let fault = |message: String| Fault { key: word.trim_end_matches(':').to_owned(), entry: 0, message };
            let Some(key) = word.strip_suffix(':') else {
                return Err(fault("a value without a key before it, as in `blocked: +53`".into()));
            };
            if seen.contains(&key) {
                return Err(fault("is there twice".into()));
            }
            seen.push(key);
            let mut entries = Vec::new();
            while let Some(entry) = rest.next_if(|word| !word.ends_with(':')) {
                entries.push(entry.clone());
            }
            if TEXTS.contains(&key) {
                let [text] = <[String; 1]>::try_from(entries)
                    .map_err(|entries| fault(format!("has {} values, expected one", entries.len())))?;
                match key {
                    "country" => settings.country = text,
                    "trunk_prefix" => settings.trunk_prefix = text,
                    "national_prefix" => settings.national_prefix = Some(text),
                    "international_prefix" => settings.international_prefix = Some(text),
                    _ => settings.area = text,
                }
            } else if LISTS.contains(&key) {
                match key {
                    "blocks" => settings.blocks = entries,
                    "blocked" => settings.blocked = entries,
                    "emergency" => settings.emergency = entries,
                    "forwarding" => settings.forwarding = Some(entries),
                    _ => settings.calls = Some(entries),
                }
            } else if Class::NAMED.iter().any(|class| class.name() == key) {
                settings.prefixes.push((key.to_owned(), entries));
            } else {
                let known: Vec<&str> = TEXTS.into_iter().chain(LISTS).chain(Class::NAMED.map(Class::name)).collect();
                return Err(fault(format!("unknown key {}{}", quote(key), meant(key, &known))));
            }
        }
        Ok(settings)
    }
}
