//! How much a finding matters, by its rule. It never decides whether there is a finding.
#![forbid(unsafe_code)]

use super::Finding;
use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// What is written has no effect, or is worth a look.
    Note,
    /// Something is probably not as it was meant.
    Warning,
    /// Very many, or others than it seems, get a right.
    Open,
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Severity; 3] = [Severity::Note, Severity::Warning, Severity::Open];

    /// Its name: `note`, `warning`, `open`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Open => "open",
        }
    }
}

/// Rules about rights that are wide.
const OPEN: &[&str] = &[
    "open-pickup",
    "open-login",
    "open-actors",
    "open-site",
    "open-authorization",
    "open-block",
    "wide-supervisor",
    "wide-assistant",
    "private-line-shown",
    "similar-names",
];

/// Rules about what gives nothing, or is as the vendor has it.
const NOTES: &[&str] = &[
    "unused-facts",
    "one-member-group",
    "setting-without-effect",
    "inferred-cell",
    "inactive-group",
    "dead-grant",
    "ended",
    "shadowed-rule",
    "subscription-within-realm",
    "undiallable-extension",
    "odd-name",
];

impl Finding {
    /// How much it matters. A rule that is on no list is a warning.
    pub fn severity(&self) -> Severity {
        match self.rule {
            rule if OPEN.contains(&rule) => Severity::Open,
            rule if NOTES.contains(&rule) => Severity::Note,
            _ => Severity::Warning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule that was renamed would become a warning unseen.
    #[test]
    fn every_rule_of_the_lists_is_in_the_table() {
        let table = include_str!("mod.rs");
        for rule in OPEN.iter().chain(NOTES) {
            let row = table.lines().find(|line| line.starts_with("/// | `") && line.contains(&format!("`{rule}`")));
            assert!(row.is_some(), "{rule}");
        }
    }
}
