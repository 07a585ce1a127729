//! The policy document, key by key: one declared table, from which the reference for people and the schema for editors are made. It reads
//! no document.
#![forbid(unsafe_code)]

mod schema;

pub use schema::schema;

use crate::output::Failure;
use serde::Deserialize;
use std::fmt::Write;

const DECLARED: &str = include_str!("document.toml");

/// All tables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    #[serde(rename = "table")]
    pub tables: Vec<Table>,
}

/// A table of the document; the one without a name is the document itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub name: String,
    /// Whether the document has a list of them, `[[name]]`.
    #[serde(default)]
    pub list: bool,
    /// The system without which it has no effect.
    pub system: Option<String>,
    pub about: String,
    #[serde(rename = "key")]
    pub keys: Vec<Key>,
}

/// A key of a table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    #[serde(default)]
    pub needed: bool,
    #[serde(default)]
    pub words: Vec<String>,
    #[serde(default)]
    pub default: String,
    pub system: Option<String>,
    pub about: String,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Texts,
    Flag,
    Number,
    Word,
    Words,
    Rights,
    Time,
    Hours,
    Party,
    Parties,
    Members,
    Tables,
    Rows,
}

impl Kind {
    fn said(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Texts => "list of texts",
            Kind::Flag => "true or false",
            Kind::Number => "whole number",
            Kind::Word => "one of",
            Kind::Words => "list of",
            Kind::Rights => "list of rights",
            Kind::Time => "time with offset",
            Kind::Hours => "hours, or a list of them",
            Kind::Party => "party",
            Kind::Parties => "list of parties",
            Kind::Members => "list of parties, or of tables `{ name, from, until, hours }`",
            Kind::Tables => "list of tables",
            Kind::Rows => "table of lists",
        }
    }
}

impl Table {
    /// As a document writes it: `[[user]]`, `[client]`.
    pub fn header(&self) -> String {
        match (self.name.as_str(), self.list) {
            ("", _) => "The document".into(),
            (name, true) => format!("[[{name}]]"),
            (name, false) => format!("[{name}]"),
        }
    }
}

/// The declared table.
pub fn reference() -> Result<Reference, Failure> {
    // It is part of the program: a test reads it.
    toml::from_str(DECLARED).map_err(|error| Failure::defect(&format!("the reference of documents: {error}")))
}

/// The reference as a page.
pub fn page(reference: &Reference) -> String {
    let mut page = String::from(
        "# The policy document\n\nA document is a TOML file about one domain. `linewarden help document` prints this page, `linewarden schema` \
         a JSON Schema for editors, `linewarden init` a first document. An unknown key is an error with its place. Parties are written as \
         everywhere: `alice`, `team:support`, `location:desk-7`, `device:door`, `sip:laura@lawfirm.example`. What \
         the facts mean stands in [systems.md](systems.md), dates in [dates.md](dates.md). Made from \
         `crates/cli/src/reference/document.toml`: change it there.\n",
    );
    for table in &reference.tables {
        let system =
            table.system.as_ref().map_or_else(String::new, |system| format!(" Only with the system `{system}`."));
        let _ = write!(page, "\n## {}\n\n{}{system}\n", plain(&table.header()), table.about);
        page += "\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
        for key in &table.keys {
            let words: Vec<String> = key.words.iter().map(|word| format!("`{word}`")).collect();
            let value = [key.kind.said().to_owned(), words.join(", ")].join(" ");
            let default = if key.needed { "must be given" } else { &key.default };
            let system = key.system.as_ref().map_or_else(String::new, |system| format!(" ({system})"));
            let _ = writeln!(page, "| `{}` | {} | {default} | {}{system} |", key.name, value.trim_end(), key.about);
        }
    }
    page
}

/// A header as a title.
fn plain(header: &str) -> String {
    if header.starts_with('[') { format!("`{header}`") } else { header.to_owned() }
}
