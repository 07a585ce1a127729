//! XPhone Connect: directed relationships (labels), and a matrix of labels and rights. It must never know another system.
#![forbid(unsafe_code)]

use super::words;
use crate::id::{Line, Party};
use crate::right::{Right, RightSet};
use crate::rule::{OfViewer, Origin, Outcome, Side, of_viewer, step};
use once_cell::sync::Lazy;
use serde::Deserialize;

/// The relationship a viewer has towards an owner, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Label {
    Blocked = 1,
    Unknown,
    External,
    ForwardingParticipant,
    Forwarder,
    Employee,
    TeamColleague,
    Assistant,
    AssistantPlus,
}

words!(Label:
    Blocked = "blocked", Unknown = "unknown", External = "external",
    ForwardingParticipant = "forwarding_participant", Forwarder = "forwarder", Employee = "employee",
    TeamColleague = "team_colleague", Assistant = "assistant", AssistantPlus = "assistant_plus",
);

impl Label {
    /// How many labels there are; their numbers are 1 to this.
    pub const COUNT: usize = 9;
    /// Offered as a location default for viewers on the server, and as an individual setting for them.
    pub const FOR_USERS: &'static [Label] = &[
        Label::Blocked,
        Label::Unknown,
        Label::External,
        Label::Employee,
        Label::TeamColleague,
        Label::Assistant,
        Label::AssistantPlus,
    ];
    /// Offered as a location default for viewers outside, and as an individual setting for an outside contact (AMB-22).
    pub const FOR_CONTACTS: &'static [Label] = &[Label::Blocked, Label::Unknown, Label::External, Label::Employee];
    /// Offered in workgroups and monitoring groups.
    pub const FOR_GROUPS: &'static [Label] =
        &[Label::External, Label::Employee, Label::TeamColleague, Label::Assistant, Label::AssistantPlus];

    /// The label of that step, 1 to 9.
    pub fn from_step(step: u8) -> Option<Label> {
        Label::ALL.get(usize::from(step).checked_sub(1)?).copied()
    }
}

/// What an owner may choose in the client; it governs changes made later, not what is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Agreement {
    ExtendOnly,
    #[default]
    ExtendAndRestrict,
}

words!(Agreement: ExtendOnly = "extend_only", ExtendAndRestrict = "extend_and_restrict");

pub use crate::rule::TransferRole;

words!(TransferRole: Consulted = "consulted", Transferring = "transferring");

impl TransferRole {
    /// The label the role gives (X7, X16).
    #[doc(hidden)]
    pub fn label(self) -> Label {
        match self {
            TransferRole::Consulted => Label::ForwardingParticipant,
            TransferRole::Transferring => Label::Forwarder,
        }
    }
}

// The steps that an evaluation knows by itself are those of these labels.
const _: () = assert!(
    step::LOWEST == Label::Blocked as u8
        && step::DEFAULT == Label::Unknown as u8
        && step::RAISED == Label::Assistant as u8
        && TransferRole::Consulted.step() == Label::ForwardingParticipant as u8
        && TransferRole::Transferring.step() == Label::Forwarder as u8
);

/// A location with its defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// The site's name.
    pub name: String,
    /// The defaults of its users that are in no group with defaults of its own.
    pub defaults: Defaults,
    /// Configuration groups.
    pub groups: Vec<SiteGroup>,
    /// Where the document says so.
    pub line: Line,
}

/// Default relationships towards an owner, by the viewer's site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// For viewers of the same site.
    pub same_site: Label,
    /// For viewers of another site, or of none.
    pub other_sites: Label,
    /// For viewers outside the server.
    pub outside: Label,
    /// What owners may choose.
    pub agreement: Agreement,
}

/// A configuration group of a site: it takes from its site what it does not set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SiteGroup {
    /// The group's name, unique in its site.
    pub name: String,
    /// See [`Defaults::same_site`].
    pub same_site: Option<Label>,
    /// See [`Defaults::other_sites`].
    pub other_sites: Option<Label>,
    /// See [`Defaults::outside`].
    pub outside: Option<Label>,
    /// See [`Defaults::agreement`].
    pub agreement: Option<Agreement>,
    /// Where the document says so.
    pub line: Line,
}

/// A group whose members have one label towards each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Workgroup {
    /// The group's name.
    pub name: String,
    /// The label.
    pub label: Label,
    /// Users, each once.
    pub members: Vec<Party>,
    /// Where the document says so.
    pub line: Line,
}

/// Two subgroups with a label for each direction.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonitoringGroup {
    /// The group's name.
    pub name: String,
    /// Users who watch, each once.
    pub observers: Vec<Party>,
    /// Users who are watched, each once.
    pub members: Vec<Party>,
    /// Label of observers towards members.
    pub observers_to_members: Option<Label>,
    /// Label of members towards observers.
    pub members_to_observers: Option<Label>,
    /// Label of observers among themselves.
    pub among_observers: Option<Label>,
    /// Label of members among themselves.
    pub among_members: Option<Label>,
    /// Where the document says so.
    pub line: Line,
}

impl Workgroup {
    /// Lowers the group, at that index, to its one rule (X2).
    pub fn lower<'a>(&'a self, index: u32, mut rule: impl FnMut(&'a [Party], &'a [Party], Outcome, Origin)) {
        rule(&self.members, &self.members, Outcome::label(self.label as u8), Origin::Workgroup(index));
    }
}

impl MonitoringGroup {
    const SIDES: [Side; 2] = [Side::Observers, Side::Members];

    fn directions() -> impl Iterator<Item = (Side, Side)> {
        Self::SIDES.into_iter().flat_map(|from| Self::SIDES.map(|to| (from, to)))
    }

    /// Lowers the group, at that index (X3).
    pub fn lower<'a>(&'a self, index: u32, mut rule: impl FnMut(&'a [Party], &'a [Party], Outcome, Origin)) {
        for (from, to) in Self::directions() {
            if let Some(label) = self.label(from, to) {
                let origin = Origin::MonitoringGroup(index, from, to);
                rule(self.side(from), self.side(to), Outcome::label(label as u8), origin);
            }
        }
    }

    /// How many rules that are.
    pub fn rules(&self) -> u32 {
        Self::directions().filter(|(from, to)| self.label(*from, *to).is_some()).count() as u32
    }

    /// The users of a side.
    pub fn side(&self, side: Side) -> &[Party] {
        match side {
            Side::Observers => &self.observers,
            Side::Members => &self.members,
        }
    }

    /// The label from one side towards another.
    pub fn label(&self, from: Side, to: Side) -> Option<Label> {
        match (from, to) {
            (Side::Observers, Side::Members) => self.observers_to_members,
            (Side::Members, Side::Observers) => self.members_to_observers,
            (Side::Observers, Side::Observers) => self.among_observers,
            (Side::Members, Side::Members) => self.among_members,
        }
    }
}

/// What XPhone knows of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// Index of the user's site in [`XPhone::sites`].
    pub site: Option<u16>,
    /// Index of the user's group in the site's groups.
    pub group: Option<u16>,
    /// The user alone decides who may see and do what.
    pub vip: bool,
    /// The user is Assistant towards every owner.
    pub assistant: bool,
    /// The user's own settings as owner, sorted by viewer, one each.
    pub settings: Vec<Setting>,
}

/// An owner's own setting for one viewer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// User or contact.
    pub viewer: Party,
    /// The label.
    pub label: Label,
    /// Where the document says so.
    pub line: Line,
}

impl OfViewer for Setting {
    fn viewer(&self) -> Party {
        self.viewer
    }
}

impl Person {
    /// The user's own setting for `viewer`.
    pub fn setting(&self, viewer: Party) -> Option<&Setting> {
        of_viewer(&self.settings, viewer)
    }
}

/// XPhone's part of a domain's policy.
#[derive(Clone, Debug, Default)]
pub struct XPhone {
    /// Locations.
    pub sites: Vec<Site>,
    /// Workgroups.
    pub workgroups: Vec<Workgroup>,
    /// Monitoring groups.
    pub monitoring_groups: Vec<MonitoringGroup>,
    /// The matrix with the domain's overrides.
    pub matrix: Matrix,
}

impl XPhone {
    /// The defaults in force towards `owner` (X1), `None` when the owner has no site.
    pub fn defaults(&self, owner: &Person) -> Option<Defaults> {
        let site = self.sites.get(usize::from(owner.site?))?;
        let group = owner.group.and_then(|group| site.groups.get(usize::from(group)));
        Some(group.map_or(site.defaults, |group| Defaults {
            same_site: group.same_site.unwrap_or(site.defaults.same_site),
            other_sites: group.other_sites.unwrap_or(site.defaults.other_sites),
            outside: group.outside.unwrap_or(site.defaults.outside),
            agreement: group.agreement.unwrap_or(site.defaults.agreement),
        }))
    }

    /// Lowers the groups (X2, X3): calls `rule` with actors, targets, what it gives, and its origin.
    pub fn lower_groups<'a>(&'a self, mut rule: impl FnMut(&'a [Party], &'a [Party], Outcome, Origin)) {
        for (group, index) in self.workgroups.iter().zip(0..) {
            group.lower(index, &mut rule);
        }
        for (group, index) in self.monitoring_groups.iter().zip(0..) {
            group.lower(index, &mut rule);
        }
    }
}

/// How sure it is what the vendor's matrix has in a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Certainty {
    /// The vendor or the document states it, or nothing else fits what the vendor states.
    #[default]
    Stated,
    /// The likely reading; what rests on it says so.
    Inferred,
    /// A guess: the cell is empty until a document overrides the row.
    Doubtful,
}

/// The rights matrix: which label has which row, with a domain's overrides.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: Vec<Row>,
}

/// A row of the matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The rights the row names; the first is its key in an override.
    pub rights: Vec<Right>,
    /// The row's number in the vendor's table.
    pub number: u8,
    /// Further rights that the row gives.
    also: Vec<Right>,
    /// One cell for each label.
    cells: [bool; Label::COUNT],
    /// How sure each cell is.
    certainties: [Certainty; Label::COUNT],
    /// Only for viewers on the server (rows 17 and 18).
    inside_only: bool,
}

impl Row {
    /// Whether `label` has the row.
    pub fn cell(&self, label: Label) -> bool {
        self.cells.get(label as usize - 1).copied().unwrap_or(false)
    }

    /// How sure the cell of `label` is.
    pub fn certainty(&self, label: Label) -> Certainty {
        self.certainties.get(label as usize - 1).copied().unwrap_or_default()
    }

    /// Everything the row gives.
    pub fn gives(&self) -> RightSet {
        RightSet::of(&self.rights) | RightSet::of(&self.also)
    }
}

#[derive(Deserialize)]
struct RowData {
    row: u8,
    rights: Vec<String>,
    #[serde(default)]
    also: Vec<String>,
    levels: Vec<String>,
    #[serde(default)]
    inferred: Vec<String>,
    #[serde(default)]
    doubtful: Vec<String>,
    #[serde(default)]
    inside_only: bool,
}

#[derive(Deserialize)]
struct MatrixData {
    row: Vec<RowData>,
}

/// The vendor's matrix. A fault in the embedded data would leave it empty, which refuses everything; a test rules that out.
static VENDOR: Lazy<Matrix> = Lazy::new(|| {
    let rights = |names: &[String]| names.iter().filter_map(|name| Right::parse(name)).collect();
    let data = toml::from_str(include_str!("xphone.toml")).unwrap_or(MatrixData { row: Vec::new() });
    let labels = |words: &[String]| cells(&words.iter().filter_map(|word| Label::parse(word)).collect::<Vec<_>>());
    let row = |row: RowData| {
        let (inferred, doubtful) = (labels(&row.inferred), labels(&row.doubtful));
        let mut certainties = [Certainty::Stated; Label::COUNT];
        for (certainty, unsure) in certainties.iter_mut().zip(inferred.into_iter().zip(doubtful)) {
            *certainty = match unsure {
                (_, true) => Certainty::Doubtful,
                (true, false) => Certainty::Inferred,
                (false, false) => Certainty::Stated,
            };
        }
        // A doubtful cell is never given, whatever the data say.
        let mut cells = labels(&row.levels);
        for (cell, certainty) in cells.iter_mut().zip(certainties) {
            *cell &= certainty != Certainty::Doubtful;
        }
        Row {
            rights: rights(&row.rights),
            number: row.row,
            also: rights(&row.also),
            cells,
            certainties,
            inside_only: row.inside_only,
        }
    };
    Matrix { rows: data.row.into_iter().map(row).collect() }
});

fn cells(labels: &[Label]) -> [bool; Label::COUNT] {
    let mut cells = [false; Label::COUNT];
    for (cell, label) in cells.iter_mut().zip(Label::ALL) {
        *cell = labels.contains(label);
    }
    cells
}

impl Default for Matrix {
    fn default() -> Matrix {
        VENDOR.clone()
    }
}

impl Matrix {
    /// The rows, in the vendor's order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The keys an override may use: the first right of each row.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.rows.iter().filter_map(|row| row.rights.first()).map(|right| right.name())
    }

    /// Replaces the labels that have the row of that key; false when no row has it.
    pub fn set_row(&mut self, key: &str, labels: &[Label]) -> bool {
        match self.rows.iter_mut().find(|row| row.rights.first().is_some_and(|right| right.name() == key)) {
            Some(row) => {
                row.cells = cells(labels);
                row.certainties = [Certainty::Stated; Label::COUNT];
                true
            }
            None => false,
        }
    }

    /// What `label` gives a viewer who is a user of the server (`inside`) or outside it.
    pub fn rights(&self, label: Label, inside: bool) -> RightSet {
        let given = self.rows.iter().filter(|row| row.cell(label) && (inside || !row.inside_only));
        given.fold(RightSet::EMPTY, |set, row| set | row.gives())
    }

    /// How sure the matrix is that `label` gives the right, or that it does not, and the row that this hangs on where it is not
    /// sure. Of several rows that give the right, the surest counts; of several that might, the least sure.
    pub fn certainty(&self, label: Label, inside: bool, right: Right) -> (Certainty, Option<&Row>) {
        let rows = || self.rows.iter().filter(|row| row.gives().has(right) && (inside || !row.inside_only));
        let sure = |row: &&Row| row.certainty(label);
        let row = match rows().filter(|row| row.cell(label)).min_by_key(sure) {
            Some(row) => Some(row),
            None => rows().max_by_key(sure),
        };
        let certainty = row.map_or(Certainty::Stated, |row| row.certainty(label));
        (certainty, row.filter(|_| certainty != Certainty::Stated))
    }

    /// Everything the matrix can give: what a person has towards oneself (X17).
    pub fn everything(&self) -> RightSet {
        self.rows.iter().fold(RightSet::EMPTY, |set, row| set | row.gives())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_matrix_is_whole() {
        let matrix = Matrix::default();
        assert_eq!(matrix.rows().len(), 20);
        assert!(matrix.rows().iter().all(|row| !row.rights.is_empty()));
        assert!(matrix.rights(Label::Assistant, true).has(Right::FORWARDING_SET));
        assert!(!matrix.rights(Label::TeamColleague, true).has(Right::FORWARDING_SET));
        assert!(!matrix.rights(Label::Employee, false).has(Right::CONTACT_EMAIL_READ));
    }

    #[test]
    fn an_unsure_cell_is_a_no_until_a_document_overrides_it() {
        let mut matrix = Matrix::default();
        let symbol = |matrix: &Matrix, label| {
            let (certainty, row) = matrix.certainty(label, true, Right::PRESENCE_SYMBOL_READ);
            let has = matrix.rights(label, true).has(Right::PRESENCE_SYMBOL_READ);
            (has, certainty, row.map(|row| row.number))
        };
        assert_eq!(symbol(&matrix, Label::Unknown), (false, Certainty::Doubtful, Some(13)));
        assert_eq!(symbol(&matrix, Label::External), (true, Certainty::Inferred, Some(13)));
        assert_eq!(symbol(&matrix, Label::Employee), (true, Certainty::Stated, None), "row 4 has it for sure");
        assert!(matrix.set_row("presence.symbol.read", &[Label::Unknown]));
        assert_eq!(symbol(&matrix, Label::Unknown), (true, Certainty::Stated, None));
        assert_eq!(symbol(&matrix, Label::Blocked), (false, Certainty::Stated, None));
    }

    #[test]
    fn override_replaces_the_labels_and_keeps_what_other_rows_imply() {
        let mut matrix = Matrix::default();
        assert!(matrix.set_row("presence.symbol.read", &[]));
        assert!(!matrix.rights(Label::External, true).has(Right::PRESENCE_SYMBOL_READ));
        assert!(matrix.rights(Label::Employee, true).has(Right::PRESENCE_SYMBOL_READ));
        assert!(!matrix.set_row("note.read", &[]), "not the first right of its row");
    }
}
