//! Loads documents into a policy in two passes: read every entry, then resolve names. All faults of all documents make
//! one error. The caller's directory must never change when there is a fault.
#![forbid(unsafe_code)]

mod administrators;
mod destinations;
pub(super) mod names;
mod people;
pub(super) mod plain;
mod settings;
pub(super) mod when;

use super::Document;
use super::chunk::{Chunk, chunks};
use super::fault::{Cx, REPORTED, Rendered, quote};
use super::table::{Entry, Keys, Table, Text, TopLevel, unknown_key};
use super::{estos, keevio, linewarden, pascom, xphone};
use crate::address::{domain_name, is_domain};
use crate::destinations::Destinations;
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Kind, Line};
use crate::policy::codes::Function;
use crate::policy::valid::MOST_AGE;
use crate::policy::{Domain, Policy};
use crate::system::{System, Systems};
use names::Names;
use once_cell::sync::Lazy;
use std::borrow::Cow;
use std::collections::HashMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys of each system.
const OF_SYSTEMS: [&Keys; System::ALL.len()] =
    [&xphone::KEYS, &estos::KEYS, &pascom::KEYS, &keevio::KEYS, &linewarden::KEYS];

/// Every key a document may have at its top.
static KEYS: Lazy<Vec<&'static str>> = Lazy::new(|| {
    let before = ["domain", "systems", "longest_age", "user", "team", "location", "device"];
    let of_systems = OF_SYSTEMS.iter().flat_map(|keys| keys.top.iter().copied());
    let after = ["destinations", "administrator", "matrix", "codes"];
    before.into_iter().chain(of_systems).chain(after).collect()
});

/// Top-level keys beside those of systems that hold one table or value; all others hold a list of tables.
const SINGLE: &[&str] =
    &["domain", "systems", "longest_age", "destinations", "matrix", "codes", "matrix.xphone", "matrix.estos"];

/// The longest text of which all syntax errors are reported. Of a longer one only the first is, because hostile text can
/// have as many errors as bytes.
const ALL_ERRORS: usize = 64 << 10;

/// The longest document in bytes: offsets are stored in 32 bits.
pub(super) const LONGEST: u64 = 2 << 30;

/// Builds the policy of these documents.
/// `known` gives the domain of a document whose text was loaded before, with numbers of this directory.
pub(super) fn load(
    documents: &[Document],
    directory: &mut Directory,
    known: impl Fn(&Document) -> Option<Domain>,
) -> Result<Policy> {
    let mut grown = directory.clone();
    let mut policy = Policy::default();
    let mut first: HashMap<String, (&str, Line)> = HashMap::new();
    let mut rendered = Rendered { lines: Vec::new(), more: 0 };
    for document in documents {
        if document.text.len() as u64 > LONGEST {
            rendered.lines.push(format!("{}: {}", document.name, too_large(document.text.len() as u64)));
            continue;
        }
        if let Some(domain) = known(document) {
            // Without the line: after a fault, all documents are read.
            if first.insert(domain.name.clone(), (&document.name, Line::default())).is_some() {
                return Err(Error::new(ErrorKind::Document, "one domain in two documents"));
            }
            let _ = grown.add_domain(&domain.name)?;
            policy.domains.push(domain);
            continue;
        }
        let cx = Cx::new(document);
        let mut raw = Raw::default();
        raw.read(&cx);
        if let Some(domain) = &raw.domain {
            let name = domain_name(domain);
            if let Some((file, line)) = first.get(&name) {
                let message = format!("domain {} is already in {file}:{}", quote(&name), line.0);
                cx.fault(domain.at, format!("{message}, expected one document for a domain"));
            } else {
                first.insert(name, (&document.name, cx.line(domain.at)));
            }
        }
        let (domain, of_document) = raw.resolve(cx, document, &mut grown)?;
        policy.domains.push(domain);
        rendered.lines.extend(of_document.lines);
        rendered.more += of_document.more;
    }
    if rendered.lines.is_empty() && policy.domains.is_empty() {
        return Err(Error::new(ErrorKind::Document, "no document"));
    }
    if rendered.lines.is_empty() {
        *directory = grown;
        return Ok(policy);
    }
    rendered.more += rendered.lines.len().saturating_sub(REPORTED);
    rendered.lines.truncate(REPORTED);
    if rendered.more > 0 {
        rendered.lines.push(format!("and {} more", rendered.more));
    }
    Err(Error::new(ErrorKind::Document, rendered.lines.join("\n")))
}

/// The message for a document that is too long.
pub(super) fn too_large(bytes: u64) -> String {
    format!("document of {bytes} bytes, expected at most {LONGEST}")
}

/// A document after the first pass, its names not resolved.
#[derive(Default)]
struct Raw<'a> {
    domain: Option<Text<'a>>,
    systems: Systems,
    /// The offset of each top-level key's first occurrence.
    seen: HashMap<&'static str, usize>,
    written: [Option<usize>; System::ALL.len()],
    /// Whether the chunk before the first header could not be parsed.
    broken_start: bool,
    /// Whether a relationship with a header of its own came, as all others must have.
    has_relationship: bool,
    people: people::People<'a>,
    xphone: xphone::Raw<'a>,
    estos: estos::Raw<'a>,
    pascom: pascom::Raw<'a>,
    keevio: keevio::Raw<'a>,
    linewarden: linewarden::Raw<'a>,
    destinations: Option<Destinations>,
    administrators: administrators::Raw<'a>,
    settings: settings::Settings,
}

impl<'a> Raw<'a> {
    /// First pass: reads all chunks.
    fn read(&mut self, cx: &Cx<'a>) {
        // The headers that begin an entry of their own. `[[site.group]]` belongs to the site before it.
        let headers: Vec<&str> = KEYS.iter().copied().chain(["matrix.xphone", "matrix.estos"]).collect();
        for (chunk, number) in chunks(cx.text(), &headers).zip(0..) {
            self.chunk(cx, chunk, number);
        }
        for key in ["domain", "systems"] {
            // A syntax error before the first header may have hidden it.
            if !self.seen.contains_key(key) && !self.broken_start {
                cx.fault(0, format!("missing key `{key}` in the document"));
            }
        }
        self.settings.check_codes(cx);
    }

    fn chunk(&mut self, cx: &Cx<'a>, chunk: Chunk, number: usize) {
        let offset = chunk.range.start;
        if let Some((at, why)) = chunk.refused {
            self.broken_start |= number == 0;
            return cx.fault(at, why);
        }
        let Some(text) = cx.text().get(chunk.range) else { return };
        // The first one is the parser's, which notes where it stands.
        if self.has_relationship
            && let Some(plain) = plain::Plain::of(text, offset)
        {
            return self.xphone.plain(plain);
        }
        let (map, errors) = match text.len() <= ALL_ERRORS {
            true => {
                let (map, errors) = DeTable::parse_recoverable(text);
                (map.into_inner(), errors)
            }
            false => match DeTable::parse(text) {
                Ok(map) => (map.into_inner(), Vec::new()),
                Err(error) => (Default::default(), vec![error]),
            },
        };
        self.broken_start |= number == 0 && !errors.is_empty();
        errors.iter().for_each(|error| syntax(cx, offset, text, error));
        // An entry with syntax errors is still read for its names, so that others can refer to them.
        cx.mute(!errors.is_empty());
        let root = Table::root(cx, &map, offset);
        for (key, value) in root.entries() {
            match KEYS.iter().find(|known| **known == &*key) {
                Some(known) => self.part(cx, &root, known, Entry { key_at: key.at, value }),
                None => cx.fault(key.at, unknown_key(&key, value.get_ref(), "the document", &KEYS)),
            }
        }
        cx.mute(false);
    }

    /// Reads one top-level key.
    fn part<'t>(&mut self, cx: &Cx<'a>, root: &Table<'t, 'a>, key: &'static str, entry: Entry<'t, 'a>) {
        let value = entry.value;
        if key == "site" && is_implied(cx, root, value) {
            // `[[site.group]]` after another entry: it belongs to the last site.
            if let Some(table) = root.table(value, "[[site]]", &["group"]) {
                self.xphone.groups(cx, &table);
            }
            return;
        }
        let implied = key == "matrix" && is_implied(cx, root, value);
        if !implied && self.is_second(cx, key, entry.key_at) {
            return;
        }
        let mut written = self.written;
        let mut write = |system: System, at: usize| {
            if let Some(first) = written.get_mut(system as usize - 1) {
                *first = Some(first.map_or(at, |first| first.min(at)));
            }
        };
        let system = OF_SYSTEMS.iter().find(|keys| keys.top.contains(&key)).map(|keys| keys.system);
        system.into_iter().for_each(|system| write(system, entry.key_at));
        let name: Cow<'_, str> = match key {
            // A large document has more of these than of all others.
            "relationship" => "[[relationship]]".into(),
            _ if is_list(key) => format!("[[{key}]]").into(),
            _ => format!("[{key}]").into(),
        };
        self.has_relationship |= key == "relationship" && is_header(cx, entry.key_at);
        let top = TopLevel { root, key, name: &name, value };
        match key {
            "domain" => self.domain = root.text(key).filter(|domain| good_domain(cx, domain)),
            "systems" => self.systems = systems(cx, root, entry),
            "longest_age" => self.settings.longest_age = root.number(key, 1..=MOST_AGE).unwrap_or(0),
            "user" => top.tables(&people::USER).iter().for_each(|table| self.people.user(cx, table, &mut write)),
            "team" => top.tables(people::TEAM).iter().for_each(|table| self.people.team(table, &mut write)),
            "location" => top.tables(people::PLACE).iter().for_each(|table| self.people.place(Kind::Location, table)),
            "device" => top.tables(people::PLACE).iter().for_each(|table| self.people.place(Kind::Device, table)),
            "destinations" => {
                if let Some(table) = top.table(destinations::DESTINATIONS) {
                    // Without the system, all but these keys have an effect.
                    table.first_of(&["forwarding", "calls"]).iter().for_each(|at| write(System::Linewarden, *at));
                    self.destinations = destinations::destinations(cx, &table);
                }
            }
            "administrator" => top
                .tables(administrators::ADMINISTRATOR)
                .iter()
                .for_each(|table| self.administrators.administrator(table)),
            "matrix" => {
                if let Some(table) = root.any_table(value, &name) {
                    self.matrix(cx, &table, &mut write);
                }
            }
            "codes" => {
                let table = top.table(&Function::ALL.map(Function::key));
                table.iter().for_each(|table| self.settings.codes(cx, table));
            }
            _ => match system {
                Some(System::Xphone) => self.xphone.read(cx, &top),
                Some(System::Estos) => self.estos.read(cx, &top),
                Some(System::Pascom) => self.pascom.read(cx, &top),
                Some(System::Keevio) => self.keevio.read(cx, &top),
                Some(System::Linewarden) => self.linewarden.read(cx, &top),
                None => {}
            },
        }
        self.written = written;
    }

    /// Whether a key that may occur once occurs again. The parser detects that only inside one chunk.
    fn is_second(&mut self, cx: &Cx<'a>, key: &'static str, at: usize) -> bool {
        match self.seen.get(key) {
            // Every header adds to a list of tables, but `key = [...]` may occur once.
            Some(first) if !is_list(key) || !is_header(cx, *first) || !is_header(cx, at) => {
                let line = cx.line(*first).0;
                cx.fault(at, format!("a second `{key}` in the document, the first is in line {line}"));
                true
            }
            Some(_) => false,
            None => {
                self.seen.insert(key, at);
                false
            }
        }
    }

    fn matrix(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>, write: &mut impl FnMut(System, usize)) {
        for (key, value) in table.entries() {
            let (system, name, path) = match &*key {
                "xphone" => (System::Xphone, "[matrix.xphone]", "matrix.xphone"),
                "estos" => (System::Estos, "[matrix.estos]", "matrix.estos"),
                other => {
                    let message = match System::parse(other) {
                        Some(_) => format!("{} in [matrix] has no matrix, expected `xphone` or `estos`", quote(other)),
                        None => unknown_key(other, value.get_ref(), "[matrix]", &["xphone", "estos"]),
                    };
                    cx.fault(key.at, message);
                    continue;
                }
            };
            if self.is_second(cx, path, key.at) {
                continue;
            }
            write(system, key.at);
            if let Some(table) = table.any_table(value, name) {
                self.settings.matrix(cx, system, &table);
            }
        }
    }

    /// Second pass: resolves the names. Returns the domain and the faults of the document.
    fn resolve(mut self, cx: Cx<'a>, document: &Document, directory: &mut Directory) -> Result<(Domain, Rendered)> {
        let name = self.domain.as_deref().unwrap_or_default();
        let id = directory.add_domain(name)?;
        let mut domain = Domain::new(id, name, &document.name);
        domain.systems = self.systems;
        domain.overrides = std::mem::take(&mut self.settings.overrides);
        domain.codes = std::mem::take(&mut self.settings.codes);
        domain.longest_age = self.settings.longest_age;
        let written = System::ALL.into_iter().zip(self.written);
        domain.written = written.filter_map(|(system, at)| Some((system, cx.line(at?)))).collect();
        let mut names = Names { cx: &cx, directory, domain, last_owner: None };
        let sites = self.xphone.take_sites(&mut names);
        self.people.resolve(&mut names, &sites)?;
        self.xphone.resolve(&mut names)?;
        self.estos.resolve(&mut names)?;
        self.pascom.resolve(&mut names);
        self.keevio.resolve(&mut names)?;
        self.linewarden.resolve(&mut names)?;
        names.domain.linewarden.numbers = self.destinations.into();
        self.administrators.resolve(&mut names);
        names.domain.dated.sort_by(|one, other| one.fact.order().cmp(&other.fact.order()));
        names.domain.xphone.matrix = self.settings.matrix;
        names.domain.estos.tables = self.settings.tables;
        let Names { directory, domain, .. } = names;
        let rendered = cx.render(|pool| names::pool(directory, &domain, pool));
        Ok((domain, rendered))
    }
}

/// Whether the key at this offset is part of a header.
fn is_header(cx: &Cx<'_>, at: usize) -> bool {
    cx.text().get(..at).is_some_and(|before| before.trim_end_matches([' ', '\t']).ends_with('['))
}

/// Whether a table exists only because a header or key names something inside it.
fn is_implied(cx: &Cx<'_>, root: &Table<'_, '_>, value: &Spanned<DeValue<'_>>) -> bool {
    let text = cx.text().get(root.at + value.span().start..).unwrap_or_default();
    value.get_ref().is_table() && !text.starts_with(['[', '{'])
}

/// Whether a top-level key holds a list of tables.
fn is_list(key: &str) -> bool {
    !SINGLE.contains(&key) && !OF_SYSTEMS.iter().any(|keys| keys.single.contains(&key))
}

fn systems<'a>(cx: &Cx<'a>, root: &Table<'_, 'a>, entry: Entry<'_, 'a>) -> Systems {
    let systems: Systems = root.words("systems", &System::ALL).into_iter().collect();
    if matches!(entry.value.get_ref(), DeValue::Array(list) if list.is_empty()) {
        let words: Vec<&str> = System::ALL.map(System::name).to_vec();
        cx.fault(entry.key_at, format!("`systems` is empty{}", super::fault::expected(&words)));
    }
    systems
}

fn good_domain(cx: &Cx<'_>, domain: &Text<'_>) -> bool {
    let good = is_domain(domain);
    if !good {
        let wanted = "expected a name like `acme.example`, at most 253 bytes";
        cx.fault(domain.at, format!("`domain` is {}, {wanted}", quote(domain)));
    }
    good
}

/// Notes a syntax error with the text at its place.
fn syntax(cx: &Cx<'_>, offset: usize, text: &str, error: &toml::de::Error) {
    let span = error.span().unwrap_or(text.len()..text.len());
    let found = text.get(span.clone()).unwrap_or_default();
    let end = match found.is_empty() {
        true if span.start >= text.len() => ", found the end of the entry".to_owned(),
        true => String::new(),
        false => format!(", found {}", quote(found)),
    };
    cx.fault(offset + span.start, format!("{}{end}", error.message()));
}
