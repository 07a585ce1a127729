//! Every cell of the vendors' tables (`tests/matrices.json`) asked of a real engine: one small company for each level.
//! It must never take its expectations from `src/system`.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::document::Document;
use linewarden::internals::system::xphone::{Certainty, Label, Matrix, TransferRole};
use linewarden::{Engine, Party, Right, RightSet};
use serde_json::Value;

const GENERAL: &str =
    "job_title company department office address_business phone_work phone_work2 fax_business website";
const DETAILED: &str = "phone_mobile pager phone_private phone_other sip_address";

fn data() -> Value {
    serde_json::from_str(include_str!("matrices.json")).unwrap()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn set(names: &[impl AsRef<str>]) -> RightSet {
    names.iter().fold(RightSet::EMPTY, |set, name| set | Right::parse(name.as_ref()).unwrap().mask())
}

fn fields(names: &str) -> RightSet {
    set(&names.split(' ').map(|name| format!("contact.{name}.read")).collect::<Vec<_>>())
}

/// What a question about the pair is answered, without the changes of relations, which are no cells of any table.
fn ask(document: &str, actor: &str, target: &str, role: Option<TransferRole>) -> RightSet {
    let document = Document { name: "matrix.toml".into(), text: document.into() };
    let engine = Engine::from_documents(&[document]).unwrap();
    let [actor, target]: [Party; 2] = [actor, target].map(|name| engine.find(None, name).unwrap());
    let given = Right::all().filter(|right| match role {
        None => engine.may(actor, *right, target),
        Some(role) => engine.may_in_call(actor, *right, target, role),
    });
    let changes = set(&["relation.ask", "relation.answer", "relation.change"]);
    RightSet::of(&given.collect::<Vec<_>>()).without(changes)
}

/// Compares what was given with the rows one by one, so that a failure names its cell, then as a whole.
fn compare(what: &str, given: RightSet, rows: &[(String, bool, RightSet)], composed: RightSet) {
    let held = rows.iter().filter(|(_, has, _)| *has).fold(composed, |set, (_, _, gives)| set | *gives);
    for (row, has, gives) in rows {
        for right in gives.iter() {
            let because = if *has { "its cell is filled" } else { "its cell is empty" };
            assert_eq!(given.has(right), held.has(right), "{what}, row {row} ({because}), {right}");
        }
    }
    assert_eq!(given.names(), held.names(), "{what}, all rows together");
}

// --- XPhone ---

/// Each row with what it gives: its rights, and what docs/systems.md derives from it.
fn xphone_rows(label: &str, inside: bool) -> Vec<(String, bool, RightSet)> {
    let data = data();
    let rows = list(&data["xphone"]["rights"]);
    assert_eq!(rows.len(), 20);
    let row = |row: &Value| {
        let names: Vec<&str> = list(&row["unified"]).iter().map(word).collect();
        let also = match row["row"].as_u64().unwrap() {
            1 => fields(DETAILED),
            2 => fields(GENERAL),
            3 => set(&["presence.symbol.read"]),
            4 => set(&["presence.symbol.read", "presence.text.read", "calendar.public.time.read"]),
            7 => set(&["call.number_incoming.read", "call.number_outgoing.read"]),
            _ => RightSet::EMPTY,
        };
        let for_users_only = row.get("condition").is_some();
        let has = row["cells"][label]["value"].as_bool().unwrap() && (inside || !for_users_only);
        (format!("{} {}", row["row"], word(&row["id"])), has, set(&names) | also)
    };
    rows.iter().map(row).collect()
}

fn xphone_document(insiders: &str, outside: &str, settings: &[(&str, &str)]) -> String {
    let site = format!("same_site = '{insiders}'\nother_sites = '{insiders}'\noutside = '{outside}'");
    let users = "[[user]]\nname = 'v'\nsite = 's'\n[[user]]\nname = 'o'\nsite = 's'";
    let setting = |(viewer, label): &(&str, &str)| {
        format!("\n[[relationship]]\nowner = 'o'\nviewer = '{viewer}'\nlevel = '{label}'")
    };
    let settings: String = settings.iter().map(setting).collect();
    format!("domain = 'd.example'\nsystems = ['xphone']\n{users}\n[[site]]\nname = 's'\n{site}{settings}")
}

const OUTSIDE: &str = "sip:v@elsewhere.example";

/// How the label is brought about; the two that no list offers are the system's, in a transfer over a blocked default.
fn role_of(label: &str) -> Option<TransferRole> {
    match label {
        "forwarding_participant" => Some(TransferRole::Consulted),
        "forwarder" => Some(TransferRole::Transferring),
        _ => None,
    }
}

#[test]
fn xphone_cells_for_users_of_the_server() {
    for level in list(&data()["xphone"]["levels"]) {
        let (label, rows) = (word(&level["id"]), xphone_rows(word(&level["id"]), true));
        let role = role_of(label);
        let default = if role.is_some() { "blocked" } else { label };
        let by_default = xphone_document(default, "blocked", &[]);
        compare(&format!("{label} as a default"), ask(&by_default, "v", "o", role), &rows, RightSet::EMPTY);
        if role.is_none() {
            let by_owner = xphone_document("employee", "blocked", &[("v", label)]);
            compare(&format!("{label} set by the owner"), ask(&by_owner, "v", "o", None), &rows, RightSet::EMPTY);
        }
    }
}

#[test]
fn xphone_cells_for_viewers_outside() {
    let mut asked = 0;
    for level in list(&data()["xphone"]["levels"]) {
        let (label, rows) = (word(&level["id"]), xphone_rows(word(&level["id"]), false));
        let role = role_of(label);
        // Team colleague, Assistant and Assistant+ cannot be given to anybody outside.
        if role.is_none() && level["selectable"]["location_default_outside"] != true {
            continue;
        }
        let default = if role.is_some() { "blocked" } else { label };
        let by_default = xphone_document("assistant_plus", default, &[]);
        compare(&format!("{label}, default outside"), ask(&by_default, OUTSIDE, "o", role), &rows, RightSet::EMPTY);
        if role.is_none() {
            let by_owner = xphone_document("assistant_plus", "blocked", &[(OUTSIDE, label)]);
            compare(&format!("{label} set by the owner"), ask(&by_owner, OUTSIDE, "o", None), &rows, RightSet::EMPTY);
        }
        asked += 1;
    }
    assert_eq!(asked, 6);
}

/// How sure each cell is: low confidence is doubtful, a yes of medium confidence is inferred, every other yes is stated (R1).
#[test]
fn xphone_cells_are_as_sure_as_the_table_says() {
    let (data, matrix) = (data(), Matrix::default());
    let (mut inferred, mut doubtful) = (0, Vec::new());
    for row in list(&data["xphone"]["rights"]) {
        let ours = matrix.rows().iter().find(|ours| u64::from(ours.number) == row["row"].as_u64().unwrap()).unwrap();
        for label in Label::ALL {
            let cell = &row["cells"][label.word()];
            let (yes, confidence) = (cell["value"] == true, word(&cell["confidence"]));
            let (found, what) = (ours.certainty(*label), format!("row {}, {}", row["row"], label.word()));
            assert_eq!(found == Certainty::Doubtful, confidence == "low", "{what}");
            assert!(!(yes && confidence == "low"), "{what} is a yes that nobody is sure of");
            if yes {
                assert_eq!(found == Certainty::Inferred, confidence == "medium", "{what}");
                inferred += usize::from(confidence == "medium");
            }
            if found == Certainty::Doubtful {
                assert!(!ours.cell(*label), "{what} is doubtful, and a yes");
                doubtful.push(what);
            }
        }
    }
    assert_eq!(doubtful, ["row 13, unknown", "row 20, forwarding_participant", "row 20, forwarder"]);
    assert_eq!(inferred, 8);
}

/// A row that a document replaces is as sure as the document.
#[test]
fn replaced_rows_are_stated() {
    let mut matrix = Matrix::default();
    assert!(matrix.set_row("presence.symbol.read", &[Label::Unknown, Label::External]));
    let row = matrix.rows().iter().find(|row| row.number == 13).unwrap();
    assert!(row.cell(Label::Unknown) && row.cell(Label::External) && !row.cell(Label::ForwardingParticipant));
    assert!(Label::ALL.iter().all(|label| row.certainty(*label) == Certainty::Stated));
}

// --- estos ---

/// Nothing in the two tables is less than sure, so nothing of estos has to be flagged.
#[test]
fn estos_cells_are_all_sure() {
    let data = data();
    for row in ["contact_fields", "authorizations"].iter().flat_map(|table| list(&data["estos"][table])) {
        for cell in row["cells"].as_object().unwrap().values() {
            assert!(["certain", "high"].contains(&word(&cell["confidence"])), "{}: {cell}", row["id"]);
        }
    }
}

/// Each row of both tables with what its cell gives; `local` for a viewer on the same server.
fn estos_rows(level: &str, local: bool) -> Vec<(String, bool, RightSet)> {
    let data = data();
    let tables = ["contact_fields", "authorizations"].map(|table| list(&data["estos"][table]));
    assert_eq!(tables.map(Vec::len), [17, 29]);
    let row = |row: &Value| {
        let line = match row["scope"].as_str() {
            Some("first_line") => ".first",
            Some("second_line") => ".second",
            Some("additional_lines") => ".additional",
            _ => "",
        };
        let mut names: Vec<String> = list(&row["unified"]).iter().map(|name| word(name).to_string() + line).collect();
        let cell = &row["cells"][level];
        let has = cell["value"].as_bool().unwrap() && (local || cell["local_only"] != true);
        if has && cell["special"].as_str().is_some_and(|special| special.starts_with("masked")) {
            assert_eq!(names[0], "calendar.private.time.read");
            names.truncate(1);
        }
        (word(&row["id"]).to_string(), has, set(&names))
    };
    tables.into_iter().flatten().map(row).collect()
}

/// The rights made of several cells, worked out by hand.
fn estos_composed(level: &str, local: bool) -> RightSet {
    let mut names: Vec<&str> = Vec::new();
    if matches!(level, "business" | "team" | "personal") {
        names.push("contact.general.read");
    }
    if level == "personal" {
        names.push("contact.detailed.read");
    }
    if level == "team" || level == "personal" {
        names.extend(["call.detail.read", "call.number_in_call.read"]);
    }
    if level == "business" && local {
        names.extend(["call.detail.read.first", "call.number_in_call.read.first"]);
    }
    set(&names)
}

fn estos_document(rest: &str) -> String {
    let users = "[[user]]\nname = 'v'\n[[user]]\nname = 'o'\ncalendar_release = 'everything'";
    format!("domain = 'd.example'\nsystems = ['estos']\n{users}\n{rest}")
}

fn own(viewer: &str, level: &str) -> String {
    format!("[[authorization_grant]]\nowner = 'o'\nviewer = '{viewer}'\nlevel = '{level}'\n")
}

fn maximum(level: &str) -> String {
    format!("[[federation]]\ndomain = 'elsewhere.example'\nmaximum = '{level}'\n")
}

#[test]
fn estos_cells_for_users_of_the_server() {
    for level in list(&data()["estos"]["levels"]).iter().map(|level| word(&level["id"])) {
        let (rows, composed) = (estos_rows(level, true), estos_composed(level, true));
        let mut sources = vec![own("v", level)];
        if level != "blocked" {
            sources.push(format!("[authorization]\nlevel = '{level}'\nusers_may_grant = false\n"));
            let group = "[[authorization_group]]\nname = 'g'";
            sources.push(format!("{group}\nmembers = ['v', 'o']\nlevel = '{level}'\n"));
            sources.push(format!("{group}\nmembers = ['o']\nleaders = ['v']\nleader_level = '{level}'\n"));
        }
        for source in sources {
            let given = ask(&estos_document(&source), "v", "o", None);
            compare(&format!("{level} by {source}"), given, &rows, composed);
        }
    }
}

#[test]
fn estos_cells_for_federated_viewers() {
    for level in list(&data()["estos"]["levels"]).iter().map(|level| word(&level["id"])) {
        let (rows, composed) = (estos_rows(level, false), estos_composed(level, false));
        let granted = estos_document(&(own(OUTSIDE, level) + &maximum("personal")));
        compare(&format!("{level} granted"), ask(&granted, OUTSIDE, "o", None), &rows, composed);
        if level == "blocked" {
            continue;
        }
        let capped = estos_document(&(own(OUTSIDE, "personal") + &maximum(level)));
        let note = set(&["note.read"]);
        let below_team = level == "public" || level == "business";
        let expected =
            |(row, has, gives): (String, bool, RightSet)| (row, has && !(below_team && gives == note), gives);
        let rows: Vec<_> = rows.into_iter().map(expected).collect();
        compare(&format!("{level} as the maximum"), ask(&capped, OUTSIDE, "o", None), &rows, composed);
    }
}
