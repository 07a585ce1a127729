//! estos UCServer: ordered authorization levels, united from the server's, the groups' and the owner's grants. It must never know
//! another system.
#![forbid(unsafe_code)]

use super::words;
use crate::id::{Line, Party};
use crate::right::{Right, RightSet};
use crate::rule::{OfViewer, Origin, Outcome, graded, of_viewer};
use once_cell::sync::Lazy;
use serde::Deserialize;
use std::collections::BTreeMap;

/// An authorization level, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Level {
    Blocked = 1,
    Public,
    Business,
    Team,
    Personal,
}

words!(Level: Blocked = "blocked", Public = "public", Business = "business", Team = "team", Personal = "personal");

impl Level {
    /// How many levels there are.
    pub const COUNT: usize = 5;
    /// Offered to the administrator: at the global and group stage Blocked and no level are the same (E8).
    pub const ADMINISTRATIVE: &'static [Level] = &[Level::Public, Level::Business, Level::Team, Level::Personal];
}

/// What a source grants: a level, or rights set one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A level of the tables.
    Level(Level),
    /// Single rights; each gives exactly itself.
    Rights(RightSet),
}

/// How much of the calendar the owner releases to the server (E23).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Release {
    Nothing = 0,
    Public = 1,
    #[default]
    PublicAndPrivateTimes = 2,
    Everything = 3,
}

words!(Release:
    Nothing = "nothing", Public = "public", PublicAndPrivateTimes = "public_and_private_times", Everything = "everything",
);

impl Release {
    /// The calendar rights that can have no effect under this release.
    #[inline]
    pub fn withheld(self) -> RightSet {
        graded::withheld_by_release(self as u8)
    }
}

/// What no other party sees of the calls on private lines (R7), see [`graded::withheld_on_lines`].
pub use crate::rule::graded::withheld_on_lines as withheld_on_private_lines;
pub use crate::rule::graded::{COMPOSED, complete};

/// A group whose members are authorized among themselves, with leaders over them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthorizationGroup {
    /// The group's name.
    pub name: String,
    /// Users, each once.
    pub members: Vec<Party>,
    /// What members have towards each other.
    pub grant: Option<Grant>,
    /// Leader and deputies; they need not be members.
    pub leaders: Vec<Party>,
    /// What leaders have towards members.
    pub leader_grant: Option<Grant>,
    /// An inactive group has no effect.
    pub active: bool,
    /// Where the document says so.
    pub line: Line,
}

impl AuthorizationGroup {
    /// How many rules the group is lowered to.
    pub fn rules(&self) -> u32 {
        let of_leaders = self.leader_grant.map_or(0, |grant| 1 + u32::from(matches!(grant, Grant::Rights(_))));
        if self.active { u32::from(self.grant.is_some()) + of_leaders } else { 0 }
    }
}

/// The domain authorization: the most that contacts of a federated domain can get.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Federation {
    /// The maximum.
    pub maximum: Level,
    /// Where the document says so.
    pub line: Line,
}

/// What estos knows of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// What the user releases of the calendar.
    pub release: Release,
    /// The user's own grants as owner, sorted by viewer, one each.
    pub grants: Vec<OwnGrant>,
    /// What the administrator granted single viewers towards the user, sorted by viewer, one each: a floor for the user's own
    /// grant to the same viewer (R6).
    pub administrative: Vec<OwnGrant>,
    /// Extensions of the user that hide the numbers of their calls from all others (R7); each is one of the user's lines.
    pub private_lines: Vec<String>,
}

/// A grant to one viewer: the owner's own or the administrator's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OwnGrant {
    /// User or contact.
    pub viewer: Party,
    /// What is granted.
    pub grant: Grant,
    /// Where the document says so.
    pub line: Line,
}

impl OfViewer for OwnGrant {
    fn viewer(&self) -> Party {
        self.viewer
    }
}

impl Person {
    /// The user's own grant to `viewer`.
    pub fn grant(&self, viewer: Party) -> Option<&OwnGrant> {
        of_viewer(&self.grants, viewer)
    }

    /// What the administrator granted `viewer` towards the user (R6).
    pub fn administrative_grant(&self, viewer: Party) -> Option<&OwnGrant> {
        of_viewer(&self.administrative, viewer)
    }
}

/// estos' part of a domain's policy.
#[derive(Clone, Debug)]
pub struct Estos {
    /// The global preset: what all users have towards each other.
    pub global: Option<Grant>,
    /// Where the document says so.
    pub global_line: Line,
    /// Whether users may grant at all (E7); it governs changes, not what is in force.
    pub users_may_grant: bool,
    /// Groups.
    pub groups: Vec<AuthorizationGroup>,
    /// Domain authorizations by pattern: `partner.example`, `*.partner.example` or `*`, in lower case.
    pub federation: BTreeMap<String, Federation>,
    /// The tables with the domain's overrides.
    pub tables: Tables,
}

impl Default for Estos {
    fn default() -> Estos {
        Estos {
            global: None,
            global_line: Line::default(),
            users_may_grant: true,
            groups: Vec::new(),
            federation: BTreeMap::new(),
            tables: Tables::default(),
        }
    }
}

impl Estos {
    /// The domain authorization for contacts of `host` (lower case), with its pattern: exact, then the longest wildcard that covers
    /// it (the domain itself and its subdomains), then the global one (E19, AMB-17). It takes as long as the host has parts, however
    /// many domain authorizations there are.
    pub fn federation(&self, host: &str) -> Option<(&str, Federation)> {
        let of =
            |pattern: &str| self.federation.get_key_value(pattern).map(|(pattern, entry)| (pattern.as_str(), *entry));
        let mut wildcard = String::with_capacity("*.".len() + host.len());
        let mut covering = |base: &str| {
            wildcard.clear();
            wildcard.push_str("*.");
            wildcard.push_str(base);
            of(&wildcard)
        };
        let parents = std::iter::successors(Some(host), |domain| domain.split_once('.').map(|(_, parent)| parent));
        of(host).or_else(|| parents.into_iter().find_map(&mut covering)).or_else(|| of("*"))
    }

    /// What a grant gives a user of the same server.
    pub fn rights(&self, grant: Grant) -> RightSet {
        match grant {
            Grant::Level(level) => self.tables.rights(level, true),
            Grant::Rights(rights) => rights,
        }
    }

    /// What an owner's grant gives a contact of `host`: at most the domain authorization, no starred cell, and the note only
    /// from Team up (E18 to E21).
    pub fn rights_of_contact(&self, grant: Grant, host: &str) -> RightSet {
        let Some(maximum) = self.federation(host).map(|(_, entry)| entry.maximum) else { return RightSet::EMPTY };
        let given = match grant {
            Grant::Level(level) => self.tables.rights(level.min(maximum), false),
            Grant::Rights(rights) => rights & self.tables.rights(maximum, false),
        };
        if maximum < Level::Team { given.without(Right::NOTE_READ.mask()) } else { given }
    }

    /// Lowers a grant between users.
    pub fn lower(&self, grant: Grant) -> Outcome {
        Outcome::graded(self.rights(grant))
    }

    /// Lowers one of the groups (E1), at that index: calls `rule` with actors, targets, what it gives, and its origin.
    pub fn lower_group<'a>(
        &self,
        group: &'a AuthorizationGroup,
        index: u32,
        mut rule: impl FnMut(&'a [Party], &'a [Party], Outcome, Origin),
    ) {
        if !group.active {
            return;
        }
        if let Some(grant) = group.grant {
            let gives = Outcome { fixed: matches!(grant, Grant::Rights(_)), ..self.lower(grant) };
            rule(&group.members, &group.members, gives, Origin::AuthorizationGroup(index));
        }
        if let Some(grant) = group.leader_grant {
            rule(&group.leaders, &group.members, self.lower(grant), Origin::Leaders(index));
            if matches!(grant, Grant::Rights(_)) {
                let fixed = Outcome { fixed: true, ..Outcome::default() };
                rule(&group.members, &group.leaders, fixed, Origin::LeadersFixed(index));
            }
        }
    }
}

/// The two tables: which level has which contact field and which function, with a domain's overrides.
#[derive(Clone, Debug, PartialEq)]
pub struct Tables {
    rows: Vec<Row>,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The vendor's id of the row.
    pub id: String,
    /// The rights the row gives; the first is its key in an override.
    pub rights: Vec<Right>,
    /// Whether the row is of the function table, whose rights can be given one by one.
    pub function: bool,
    /// One cell for each level.
    cells: [Cell; Level::COUNT],
}

/// A cell of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Whether the level has the row.
    pub given: bool,
    /// Starred: only for viewers on the same server (E18).
    pub local: bool,
    /// Only the first of the row's rights: a private appointment's time without its subject.
    pub masked: bool,
}

impl Row {
    /// The cell of `level`.
    pub fn cell(&self, level: Level) -> Cell {
        self.cells.get(level as usize - 1).copied().unwrap_or_default()
    }

    fn gives(&self, level: Level, local: bool) -> RightSet {
        let cell = self.cell(level);
        match self.rights.first() {
            Some(first) if cell.given && cell.masked && (local || !cell.local) => first.mask(),
            Some(_) if cell.given && (local || !cell.local) => RightSet::of(&self.rights),
            _ => RightSet::EMPTY,
        }
    }
}

#[derive(Deserialize)]
struct RowData {
    id: String,
    table: String,
    rights: Vec<String>,
    levels: Vec<String>,
    #[serde(default)]
    local: Vec<String>,
    #[serde(default)]
    masked: Vec<String>,
}

#[derive(Deserialize)]
struct TablesData {
    row: Vec<RowData>,
}

/// The vendor's tables. A fault in the embedded data would leave them empty, which refuses everything; a test rules that out.
static VENDOR: Lazy<Tables> = Lazy::new(|| {
    let data = toml::from_str(include_str!("estos.toml")).unwrap_or(TablesData { row: Vec::new() });
    let row = |row: RowData| {
        let mut cells = [Cell::default(); Level::COUNT];
        for (cell, level) in cells.iter_mut().zip(Level::ALL) {
            let listed = |list: &[String]| list.iter().any(|word| word == level.word());
            *cell = Cell { given: listed(&row.levels), local: listed(&row.local), masked: listed(&row.masked) };
        }
        let rights = row.rights.iter().filter_map(|name| Right::parse(name)).collect();
        Row { id: row.id, rights, function: row.table == "function", cells }
    };
    Tables { rows: data.row.into_iter().map(row).collect() }
});

impl Default for Tables {
    fn default() -> Tables {
        VENDOR.clone()
    }
}

impl Tables {
    /// The rows, in the vendor's order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The keys an override may use: the first right of each row, with its line.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.rows.iter().filter_map(|row| row.rights.first()).map(|right| right.name())
    }

    /// Replaces the levels that have the rows of that key; false when no row has it. A cell that stays keeps its star and its
    /// mask, a new one has neither.
    pub fn set_row(&mut self, key: &str, levels: &[Level]) -> bool {
        let mut found = false;
        for row in self.rows.iter_mut().filter(|row| row.rights.first().is_some_and(|right| right.name() == key)) {
            found = true;
            for (cell, level) in row.cells.iter_mut().zip(Level::ALL) {
                let given = levels.contains(level);
                *cell = Cell { given, local: given && cell.local, masked: given && cell.masked };
            }
        }
        found
    }

    /// What `level` gives a viewer on the same server (`local`) or elsewhere, composed rights included.
    pub fn rights(&self, level: Level, local: bool) -> RightSet {
        complete(self.rows.iter().fold(RightSet::EMPTY, |set, row| set | row.gives(level, local)))
    }

    /// Everything the tables name: what a person has towards oneself.
    pub fn everything(&self) -> RightSet {
        complete(self.rows.iter().fold(RightSet::EMPTY, |set, row| set | RightSet::of(&row.rights)))
    }

    /// The rights that can be given one by one: those of the function table.
    pub fn single_rights(&self) -> RightSet {
        let functions = self.rows.iter().filter(|row| row.function);
        functions.fold(RightSet::EMPTY, |set, row| set | RightSet::of(&row.rights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_tables_are_whole() {
        let tables = Tables::default();
        assert_eq!(tables.rows().len(), 17 + 29);
        assert_eq!(tables.rows().iter().filter(|row| row.function).count(), 29);
        assert!(tables.rows().iter().all(|row| !row.rights.is_empty()));
        let business = tables.rights(Level::Business, true);
        assert!(business.has(Right::CALENDAR_PRIVATE_TIME_READ) && !business.has(Right::CALENDAR_PRIVATE_SUBJECT_READ));
        assert!(business.has(Right::CALL_DETAIL_READ.on_line(1)) && !business.has(Right::CALL_DETAIL_READ));
        assert!(!tables.rights(Level::Business, false).has(Right::LINE_BUSY_READ));
    }

    #[test]
    fn federation_prefers_exact_then_longest_wildcard_then_global() {
        let entry = |pattern: &str, maximum| (pattern.into(), Federation { maximum, line: Line(0) });
        let estos = Estos {
            federation: BTreeMap::from([
                entry("*", Level::Public),
                entry("*.partner.example", Level::Business),
                entry("*.sales.partner.example", Level::Personal),
                entry("sales.partner.example", Level::Team),
            ]),
            ..Estos::default()
        };
        let maximum = |host| estos.federation(host).map(|(_, entry)| entry.maximum);
        assert_eq!(maximum("sales.partner.example"), Some(Level::Team));
        assert_eq!(maximum("x.sales.partner.example"), Some(Level::Personal));
        assert_eq!(maximum("partner.example"), Some(Level::Business));
        assert_eq!(maximum("notpartner.example"), Some(Level::Public));
    }

    #[test]
    fn release_withholds_step_by_step() {
        assert_eq!(Release::Everything.withheld(), RightSet::EMPTY);
        assert_eq!(Release::default().withheld().names(), ["calendar.private.subject.read"]);
        assert_eq!(Release::Nothing.withheld().iter().count(), 4);
    }
}
