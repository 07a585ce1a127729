//! Reads a parsed table: checks its keys, types and words. Every value it returns has its offset. It must never accept
//! an unknown key.
#![forbid(unsafe_code)]

use super::fault::{Cx, expected, meant, quote};
use crate::policy::valid::{LONGEST_NAME, is_label, name_fault};
use crate::system::{Choice, System};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A string of the document and its offset.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    pub at: usize,
    pub text: Cow<'a, str>,
}

impl std::ops::Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

/// The keys of one system.
pub(super) struct Keys {
    pub system: System,
    /// At the top of a document.
    pub top: &'static [&'static str],
    /// Those of them that hold one table; the others hold a list of tables.
    pub single: &'static [&'static str],
    /// Of a user.
    pub user: &'static [&'static str],
}

/// A top-level key with its value, for the file of its system.
pub(super) struct TopLevel<'t, 'a> {
    pub root: &'t Table<'t, 'a>,
    pub key: &'static str,
    /// Its name in messages: `[[rule]]`.
    pub name: &'t str,
    pub value: &'t Spanned<DeValue<'a>>,
}

impl<'t, 'a> TopLevel<'t, 'a> {
    /// Its tables, which may have these keys.
    pub fn tables(&self, keys: &[&str]) -> Vec<Table<'t, 'a>> {
        self.root.tables(self.value, self.name, keys)
    }

    /// Its one table, which may have these keys.
    pub fn table(&self, keys: &[&str]) -> Option<Table<'t, 'a>> {
        self.root.table(self.value, self.name, keys)
    }
}

/// A table of the document. Offsets inside it count from the start of its chunk, which is at `offset`.
pub(super) struct Table<'t, 'a> {
    cx: &'t Cx<'a>,
    map: &'t DeTable<'a>,
    offset: usize,
    /// Its name in messages: `[[workgroup]]`.
    pub name: &'t str,
    /// Its offset in the document.
    pub at: usize,
}

/// A value, and its key's offset.
#[derive(Clone, Copy)]
pub(super) struct Entry<'t, 'a> {
    pub key_at: usize,
    pub value: &'t Spanned<DeValue<'a>>,
}

impl<'t, 'a> Table<'t, 'a> {
    /// The root table of a chunk; the caller checks its keys.
    pub fn root(cx: &'t Cx<'a>, map: &'t DeTable<'a>, offset: usize) -> Table<'t, 'a> {
        Table { cx, map, offset, name: "the document", at: offset }
    }

    /// A table inside this one; keys other than `keys` are faults.
    pub fn table(&self, value: &'t Spanned<DeValue<'a>>, name: &'t str, keys: &[&str]) -> Option<Table<'t, 'a>> {
        let table = self.any_table(value, name)?;
        for (key, value) in table.map {
            if !keys.contains(&&**key.get_ref()) {
                let word = key.get_ref();
                self.cx.fault(table.offset + key.span().start, unknown_key(word, value.get_ref(), name, keys));
            }
        }
        Some(table)
    }

    /// A table inside this one, with any keys.
    pub fn any_table(&self, value: &'t Spanned<DeValue<'a>>, name: &'t str) -> Option<Table<'t, 'a>> {
        let at = self.offset + value.span().start;
        match value.get_ref() {
            DeValue::Table(map) => Some(Table { cx: self.cx, map, offset: self.offset, name, at }),
            other => {
                self.cx.fault(at, format!("found {}, expected a table {name}", found(other)));
                None
            }
        }
    }

    /// The tables of a list of tables; keys other than `keys` are faults.
    pub fn tables(&self, value: &'t Spanned<DeValue<'a>>, name: &'t str, keys: &[&str]) -> Vec<Table<'t, 'a>> {
        match value.get_ref() {
            DeValue::Array(list) => list.iter().filter_map(|value| self.table(value, name, keys)).collect(),
            other => {
                let at = self.offset + value.span().start;
                self.cx.fault(at, format!("found {}, expected a list of tables {name}", found(other)));
                Vec::new()
            }
        }
    }

    /// All keys and values.
    pub fn entries(&self) -> impl Iterator<Item = (Text<'a>, &'t Spanned<DeValue<'a>>)> + use<'t, 'a> {
        let offset = self.offset;
        self.map
            .iter()
            .map(move |(key, value)| (Text { at: offset + key.span().start, text: key.get_ref().clone() }, value))
    }

    /// The key and value, if the table has the key.
    pub fn get(&self, key: &str) -> Option<Entry<'t, 'a>> {
        let (key, value) = self.map.get_key_value(key)?;
        Some(Entry { key_at: self.offset + key.span().start, value })
    }

    /// The offset of the key, or of the table if it lacks the key.
    pub fn place(&self, key: &str) -> usize {
        self.get(key).map_or(self.at, |entry| entry.key_at)
    }

    /// The offset of the first of these keys that the table has.
    pub fn first_of(&self, keys: &[&str]) -> Option<usize> {
        keys.iter().filter_map(|key| self.get(key)).map(|entry| entry.key_at).min()
    }

    /// Notes that a required key is missing.
    pub fn missing(&self, key: &str) {
        self.cx.fault(self.at, format!("missing key `{key}` in {}", self.name));
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'a>>, wanted: &str) {
        let what = format!("`{key}` in {} is {}, expected {wanted}", self.name, found(value.get_ref()));
        self.cx.fault(self.offset + value.span().start, what);
    }

    /// The string of `key`.
    pub fn text(&self, key: &str) -> Option<Text<'a>> {
        let value = self.get(key)?.value;
        match value.get_ref() {
            DeValue::String(text) => Some(Text { at: self.offset + value.span().start, text: text.clone() }),
            _ => {
                self.wrong(key, value, "a string");
                None
            }
        }
    }

    /// The string of `key`, which is required.
    pub fn need(&self, key: &str) -> Option<Text<'a>> {
        if self.get(key).is_none() {
            self.missing(key);
        }
        self.text(key)
    }

    /// The name under `key`, which is required and must be valid.
    pub fn name(&self, key: &str) -> Option<Text<'a>> {
        self.need(key).filter(|name| self.good_name(key, name))
    }

    /// Whether a name is valid: it must not look like another form of a party.
    fn good_name(&self, key: &str, name: &Text<'a>) -> bool {
        let Some(fault) = name_fault(name) else { return true };
        self.cx.fault(name.at, format!("`{key}` in {} {fault}", self.name));
        false
    }

    /// Free text under `key`: not empty, no control characters, at most as long as a name.
    pub fn label(&self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        if !is_label(&text) {
            let wanted = format!("1 to {LONGEST_NAME} bytes without control characters");
            self.cx.fault(text.at, format!("`{key}` in {} is {}, expected {wanted}", self.name, quote(&text)));
            return None;
        }
        Some(text.text.into_owned())
    }

    /// The strings of the list `key`; none if the key is missing.
    pub fn texts(&self, key: &str) -> Vec<Text<'a>> {
        let Some(entry) = self.get(key) else { return Vec::new() };
        self.list(key, entry.value)
    }

    /// The strings of a list.
    pub fn list(&self, key: &str, value: &Spanned<DeValue<'a>>) -> Vec<Text<'a>> {
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong(key, value, "a list of strings");
            return Vec::new();
        };
        let mut texts = Vec::with_capacity(list.len());
        texts.extend(list.iter().filter_map(|value| self.element(key, value)));
        texts
    }

    /// A string of a list.
    pub fn element(&self, key: &str, value: &Spanned<DeValue<'a>>) -> Option<Text<'a>> {
        match value.get_ref() {
            DeValue::String(text) => Some(Text { at: self.offset + value.span().start, text: text.clone() }),
            _ => {
                self.wrong(key, value, "only strings in the list");
                None
            }
        }
    }

    /// The offset of an entry's value.
    pub fn value_at(&self, entry: &Entry<'t, 'a>) -> usize {
        self.offset + entry.value.span().start
    }

    /// The strings under `key`: one, or a list; none if the key is missing.
    pub fn text_or_list(&self, key: &str) -> Vec<Text<'a>> {
        match self.get(key) {
            Some(entry) if entry.value.get_ref().is_str() => self.text(key).into_iter().collect(),
            Some(entry) => self.list(key, entry.value),
            None => Vec::new(),
        }
    }

    /// `true` or `false` under `key`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        let value = self.get(key)?.value;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong(key, value, "`true` or `false`");
        }
        flag
    }

    /// The whole number under `key`, one of these.
    pub fn number(&self, key: &str, offered: RangeInclusive<u32>) -> Option<u32> {
        let value = self.get(key)?.value;
        let integer = value.get_ref().as_integer();
        let number = integer.and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok());
        let number = number.filter(|number| offered.contains(number));
        if number.is_none() {
            self.wrong(key, value, &format!("a whole number from {} to {}", offered.start(), offered.end()));
        }
        number
    }

    /// The word under `key`, one of those `offered`.
    pub fn word<W: Choice>(&self, key: &str, offered: &[W]) -> Option<W> {
        let text = self.text(key)?;
        self.choose(key, &text, offered)
    }

    /// The word under `key`, which is required, one of those `offered`.
    pub fn need_word<W: Choice>(&self, key: &str, offered: &[W]) -> Option<W> {
        let text = self.need(key)?;
        self.choose(key, &text, offered)
    }

    /// The words of the list `key`, each one of those `offered` and each once.
    pub fn words<W: Choice>(&self, key: &str, offered: &[W]) -> Vec<W> {
        let texts = self.texts(key);
        self.choose_all(key, &texts, offered)
    }

    /// `texts` as words, each one of those `offered` and each once.
    pub fn choose_all<W: Choice>(&self, key: &str, texts: &[Text<'a>], offered: &[W]) -> Vec<W> {
        let mut words = Vec::new();
        for text in texts {
            match self.choose(key, text, offered) {
                Some(word) if words.contains(&word) => self.twice(key, text),
                word => words.extend(word),
            }
        }
        words
    }

    /// Notes that a list has a word twice.
    pub fn twice(&self, key: &str, text: &Text<'a>) {
        self.cx.fault(text.at, format!("{} stands twice in `{key}` of {}", quote(text), self.name));
    }

    fn choose<W: Choice>(&self, key: &str, text: &Text<'a>, offered: &[W]) -> Option<W> {
        choose(self.cx, format_args!("`{key}` of {}", self.name), text, offered)
    }
}

/// `text` as a word, one of those `offered`; `what` names its key in messages.
pub(super) fn choose<W: Choice>(cx: &Cx<'_>, what: impl Display, text: &Text<'_>, offered: &[W]) -> Option<W> {
    if let Some(word) = offered.iter().find(|word| word.text() == &**text) {
        return Some(*word);
    }
    let words: Vec<&str> = offered.iter().map(|word| word.text()).collect();
    let message = match W::ALL.iter().any(|word| word.text() == &**text) {
        true => format!("{} is not offered for {what}{}", quote(text), expected(&words)),
        false => format!("unknown word {} for {what}{}", quote(text), meant(text, &words)),
    };
    cx.fault(text.at, message);
    None
}

/// The message about a key that is none of `keys`.
pub(super) fn unknown_key(key: &str, value: &DeValue<'_>, name: &str, keys: &[&str]) -> String {
    let kind = if value.is_table() { "table" } else { "key" };
    format!("unknown {kind} {} in {name}{}", quote(key), meant(key, keys))
}

/// A value in a message.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string {}", quote(text)),
        DeValue::Integer(number) => format!("the integer {}", quote(&number.to_string())),
        DeValue::Float(number) => format!("the number {}", quote(number.as_str())),
        DeValue::Boolean(flag) => format!("`{flag}`"),
        DeValue::Datetime(time) => format!("the time {}", quote(&time.to_string())),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

/// Names that may be defined once: records each with where it stands.
#[derive(Default)]
pub(super) struct Once {
    places: HashMap<String, usize>,
}

impl Once {
    /// Whether `name` is new; notes a fault with the line of the first one if not.
    pub fn is_new(&mut self, cx: &Cx<'_>, what: &str, name: &Text<'_>) -> bool {
        match self.places.get(&**name) {
            Some(first) => {
                let line = cx.line(*first).0;
                cx.fault(name.at, format!("a second {what} {}, the first is in line {line}", quote(name)));
                false
            }
            None => {
                self.places.insert(name.text.clone().into_owned(), name.at);
                true
            }
        }
    }

    /// The offset of `name`'s definition.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }
}
