//! Case files: a policy, questions about it with their answers, and where each claim comes from. The Rust runner
//! (`tests/cases.rs`) and every other runner read them through here. A runner must never skip what a file asserts.
#![forbid(unsafe_code)]

use linewarden::internals::document::Document;
use linewarden::internals::system::xphone::TransferRole;
use linewarden::{Right, RightSet};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One case file. README.md beside the cases explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    pub source: String,
    #[serde(default)]
    pub note: String,
    pub document: String,
    /// Documents of further domains of the same source.
    #[serde(default)]
    pub more: Vec<String>,
    #[serde(default)]
    pub ask: Vec<Ask>,
    #[serde(default)]
    pub dial: Vec<Dial>,
    #[serde(default)]
    pub notified: Vec<Notified>,
    #[serde(default)]
    pub list: Vec<List>,
    /// Names of no party.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// The document is refused, and the message has each of these.
    pub refused: Option<Vec<String>>,
    #[serde(skip)]
    pub path: PathBuf,
}

/// Which rights a pair has and lacks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    pub actor: String,
    pub target: String,
    role: Option<Role>,
    #[serde(default)]
    yes: Vec<String>,
    #[serde(default)]
    no: Vec<String>,
    /// Every right that `yes` does not name is a no.
    #[serde(default)]
    only: bool,
    /// Asserts about the file itself: `yes` and `no` together spell out every right.
    #[serde(default)]
    whole: bool,
    /// The level the pair has in a system.
    #[serde(default)]
    pub levels: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    Consulted,
    Transferring,
}

/// What a dialled code means and whether the actor may.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dial {
    pub actor: String,
    pub code: String,
    pub function: String,
    pub subject: String,
    #[serde(default)]
    pub digits: String,
    pub allowed: bool,
    /// The right that was asked, with its line.
    pub right: Option<String>,
}

/// The users notified of a team's waiting call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notified {
    pub team: String,
    #[serde(default)]
    pub logged_out: Vec<String>,
    #[serde(default)]
    pub paused: Vec<String>,
    pub who: Vec<String>,
}

/// All who have a right on `target`, or all on whom `actor` has it; sorted by bytes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub right: String,
    pub target: Option<String>,
    pub actor: Option<String>,
    pub are: Vec<String>,
}

impl Ask {
    /// The part in a transfer.
    pub fn role(&self) -> Option<TransferRole> {
        self.role.map(|role| match role {
            Role::Consulted => TransferRole::Consulted,
            Role::Transferring => TransferRole::Transferring,
        })
    }

    /// The single rights asserted as held and as not held.
    pub fn expected(&self) -> (RightSet, RightSet) {
        let yes = rights(&self.yes);
        let no = rights(&self.no);
        assert!((yes & no).is_empty(), "{:?} stand under both yes and no", (yes & no).names());
        if self.whole {
            let missing = OF_FOUR.without(yes | no);
            assert!(missing.is_empty(), "`whole`, but {:?} stand under neither yes nor no", missing.names());
        }
        let of_rules = if self.whole { ALL.without(OF_FOUR | yes) } else { RightSet::EMPTY };
        (yes, if self.only { ALL.without(yes) } else { no | of_rules })
    }

    fn asserts(&self) -> bool {
        let (yes, no) = self.expected();
        !yes.is_empty() || !no.is_empty() || !self.levels.is_empty()
    }
}

/// The rights that the four products know: those before the first of linewarden's own.
pub const OF_FOUR: RightSet = RightSet::from_bits((1 << Right::CALL_PARK.number()) - 1);

/// Every single right.
pub const ALL: RightSet = RightSet::from_bits(u128::MAX);

/// The single rights of these names; a bare name is its three lines.
fn rights(names: &[String]) -> RightSet {
    let parse = |name: &String| Right::parse(name).unwrap_or_else(|| panic!("no right is called `{name}`"));
    names.iter().fold(RightSet::EMPTY, |set, name| set | parse(name).mask())
}

impl Case {
    /// The documents, for an engine.
    pub fn documents(&self) -> Vec<Document> {
        let texts = std::iter::once(&self.document).chain(&self.more);
        let named = texts
            .enumerate()
            .map(|(place, text)| Document { name: format!("{}#{}", self.id, place + 1), text: text.clone() });
        named.collect()
    }

    /// Whether the file asserts anything, in every one of its parts.
    pub fn asserts(&self) -> bool {
        let any = !self.dial.is_empty()
            || !self.notified.is_empty()
            || !self.list.is_empty()
            || !self.unknown.is_empty()
            || !self.ask.is_empty()
            || self.refused.is_some();
        any && self.ask.iter().all(Ask::asserts)
    }
}

/// The folder of the case files.
pub fn folder() -> PathBuf {
    crate::native::root().join("tests/cases")
}

/// Every case, sorted by path.
pub fn load_all() -> Vec<Case> {
    let mut paths = Vec::new();
    for system in std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()) {
        if system.is_dir() {
            paths.extend(std::fs::read_dir(system).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    paths.sort();
    paths.iter().map(|path| load(path)).collect()
}

/// One case.
pub fn load(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).unwrap();
    let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Case { path: path.to_path_buf(), ..case }
}
