//! The vendors' tables as the naive evaluator reads them: from `tests/matrices.json`, with what `docs/systems.md`
//! derives from a row, and the rows a document replaces. It must never read the tables under `src/system`.
#![forbid(unsafe_code)]

use linewarden::internals::policy::Domain;
use linewarden::internals::system::System;
use linewarden::{Right, RightSet};
use serde_json::Value;
use std::sync::LazyLock;

/// The right of that name, on all lines where it depends on one.
pub fn named(name: &str) -> RightSet {
    let right = Right::parse(name).unwrap_or_else(|| panic!("no right is called `{name}`"));
    right.mask()
}

pub fn all_of(names: &[&str]) -> RightSet {
    names.iter().fold(RightSet::EMPTY, |set, name| set | named(name))
}

pub const GENERAL_FIELDS: [&str; 9] = [
    "contact.job_title.read",
    "contact.company.read",
    "contact.department.read",
    "contact.office.read",
    "contact.address_business.read",
    "contact.phone_work.read",
    "contact.phone_work2.read",
    "contact.fax_business.read",
    "contact.website.read",
];
pub const DETAILED_FIELDS: [&str; 5] = [
    "contact.phone_mobile.read",
    "contact.pager.read",
    "contact.phone_private.read",
    "contact.phone_other.read",
    "contact.sip_address.read",
];

pub struct Matrices {
    pub labels: Vec<String>,
    pub xphone: Vec<XphoneRow>,
    pub levels: Vec<String>,
    pub estos: Vec<EstosRow>,
}

pub struct XphoneRow {
    pub key: String,
    pub gives: RightSet,
    pub levels: Vec<String>,
    pub inside_only: bool,
}

/// How sure a cell is (R1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Printed by the vendor, or following from what is printed.
    Stated,
    /// Read from the order of the columns and the use of the right: a yes that has to be marked.
    Inferred,
    /// Not clear from the page: a no until a document replaces the row.
    Doubtful,
}

pub struct EstosRow {
    pub key: String,
    pub rights: Vec<Right>,
    pub cells: Vec<Cell>,
}

pub struct Cell {
    pub level: String,
    pub starred: bool,
    pub masked: bool,
}

/// The levels that have a row by the document of the domain, where it replaces the row.
pub fn replaced(domain: &Domain, system: System, key: &str) -> Option<Vec<String>> {
    let replacement =
        domain.overrides.iter().find(|replacement| replacement.system == system && replacement.key == key);
    replacement.map(|replacement| replacement.levels.clone())
}

pub static MATRICES: LazyLock<Matrices> = LazyLock::new(|| {
    let data: Value = serde_json::from_str(include_str!("../../../../tests/matrices.json")).unwrap();
    let estos = [&data["estos"]["contact_fields"], &data["estos"]["authorizations"]];
    Matrices {
        labels: ids(&data["xphone"]["levels"]),
        xphone: list(&data["xphone"]["rights"]).iter().map(|row| xphone_row(row, &data)).collect(),
        levels: ids(&data["estos"]["levels"]),
        estos: estos.into_iter().flat_map(list).map(estos_row).collect(),
    }
});

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_string()
}

fn ids(levels: &Value) -> Vec<String> {
    list(levels).iter().map(|level| text(&level["id"])).collect()
}

/// The certainty of a cell as the file writes it.
fn certainty(cell: &Value) -> Certainty {
    match text(&cell["confidence"]).as_str() {
        "certain" | "high" => Certainty::Stated,
        "medium" => Certainty::Inferred,
        "low" => Certainty::Doubtful,
        other => panic!("no confidence is called `{other}`"),
    }
}

/// The levels whose cell in the row is a yes. A doubtful cell is none, whatever the file says of its value (R1).
fn held(row: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let cells = row["cells"].as_object().unwrap().iter();
    cells.filter(|(_, cell)| cell["value"] == true && certainty(cell) != Certainty::Doubtful)
}

fn xphone_row(row: &Value, data: &Value) -> XphoneRow {
    let names: Vec<String> = list(&row["unified"]).iter().map(text).collect();
    let mut gives = names.iter().fold(RightSet::EMPTY, |set, name| set | named(name));
    gives |= match text(&row["id"]).as_str() {
        "contact_info_general" => all_of(&GENERAL_FIELDS),
        "contact_info_detailed" => all_of(&DETAILED_FIELDS),
        // Its comment names status, status text and end of meeting (R2).
        "presence_general" => all_of(&["presence.text.read", "calendar.public.time.read"]),
        "call_info_detailed" => all_of(&["call.number_incoming.read", "call.number_outgoing.read"]),
        _ => RightSet::EMPTY,
    };
    for other in list(&data["xphone"]["rights"]) {
        if other["implied_by"].as_array().is_some_and(|rows| rows.contains(&row["id"])) {
            gives |= named(&text(&other["unified"][0]));
        }
    }
    let levels = held(row).map(|(level, _)| level.clone()).collect();
    XphoneRow { key: names[0].clone(), gives, levels, inside_only: row["condition"].is_string() }
}

fn estos_row(row: &Value) -> EstosRow {
    let line = match row["scope"].as_str() {
        Some("first_line") => ".first",
        Some("second_line") => ".second",
        Some("additional_lines") => ".additional",
        _ => "",
    };
    let names: Vec<String> = list(&row["unified"]).iter().map(|name| text(name) + line).collect();
    let cells = held(row).map(|(level, cell)| Cell {
        level: level.clone(),
        starred: cell["local_only"] == true,
        masked: cell["special"].as_str().is_some_and(|special| special.starts_with("masked")),
    });
    EstosRow {
        key: names[0].clone(),
        rights: names.iter().map(|name| Right::parse(name).unwrap()).collect(),
        cells: cells.collect(),
    }
}
