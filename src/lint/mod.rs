//! What is legal but likely wrong in a domain: open to everybody, without effect, hidden, empty.
//!
//! It must never change an answer, and it stays quiet about what somebody may well have meant. Its cost grows with the document,
//! not with the pairs of its users.
#![forbid(unsafe_code)]

mod cells;
mod estos;
mod keevio;
mod pascom;
mod xphone;

#[cfg(test)]
mod tests;

use crate::directory::Directory;
use crate::id::{Line, Party};
use crate::policy::Domain;
use crate::system::System;
use serde::Serialize;

/// Something legal but likely wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable id: `open-pickup`, `empty-group`, ...
    pub rule: &'static str,
    /// Where: `acme.toml:88`, or the file where no line can be named.
    pub place: String,
    /// The finding in a sentence.
    pub message: String,
}

/// From how many users on a flag that reaches everybody is worth a word.
const MANY: usize = 10_000;

/// The findings of a domain, in the order of the document; those about the document as a whole come first.
///
/// | rule | found |
/// | --- | --- |
/// | `unused-facts` | facts of a system the domain does not run |
/// | `open-pickup`, `open-login` | pascom's open defaults: no permission carries `pickup.group` or `location.group` |
/// | `open-actors` | a permission gives every user `xmpp.supervisor` or `redirect.group` |
/// | `closed-pickup`, `closed-login` | a permission carries the role type, but none of them lets anybody do it |
/// | `permission-without-members` | a permission carries a role type for too few members to have an effect |
/// | `shadowed-list` | a permission's manual list, hidden by automatic assignment |
/// | `pickup-group-missing` | a team tells its whole pickup group, and is in none |
/// | `team-without-agents` | a team without agents |
/// | `wide-supervisor`, `wide-assistant` | one permission or flag that reaches more than 10,000 users |
/// | `empty-group`, `one-member-group` | a group, site or configuration group of nobody, a group of one |
/// | `empty-subgroup` | a monitoring group with one side empty |
/// | `group-without-level` | a group that gives nothing |
/// | `shadowed-group` | an XPhone group whose label is below the defaults between all its members |
/// | `user-without-site` | users to whom no site's defaults apply, in a domain with XPhone |
/// | `open-site` | a site's default lets every colleague set forwardings, or other sites pick up |
/// | `setting-without-effect` | an own XPhone setting equal to what the server gives |
/// | `setting-hides-group` | an own XPhone setting below a group's label for the same viewer |
/// | `inferred-cell` | a row of XPhone's matrix that the document relies on though the vendor does not state the cell (R1) |
/// | `open-authorization` | the estos preset lets everybody pick up or set forwardings |
/// | `inactive-group` | an estos group that is switched off |
/// | `leaders-without-level`, `level-without-leaders` | leaders that get nothing, a leader level for nobody |
/// | `frozen-level` | administrative single rights where users may grant: they cannot change the level (E4) |
/// | `dead-grant` | an own estos grant that adds nothing |
/// | `grant-without-federation` | an own estos grant to a contact whose domain has no federation entry |
/// | `subscription-within-realm` | a keevio subscription between users of one permission realm |
pub fn lint(domain: &Domain, directory: &Directory) -> Vec<Finding> {
    let mut report = Report { domain, directory, findings: Vec::new() };
    for (system, line) in &domain.written {
        if !domain.systems.has(*system) {
            let name = system.name();
            report.add(
                "unused-facts",
                *line,
                format!("this is of {name}, which the domain does not run: it has no effect"),
            );
        }
    }
    for system in domain.systems.iter() {
        match system {
            System::Xphone => {
                cells::check(&mut report);
                xphone::check(&mut report);
            }
            System::Estos => estos::check(&mut report),
            System::Pascom => pascom::check(&mut report),
            System::Keevio => keevio::check(&mut report),
        }
    }
    report.findings.sort_by_key(|(line, _)| *line);
    report.findings.into_iter().map(|(_, finding)| finding).collect()
}

/// The findings so far, and what is needed to word them.
struct Report<'a> {
    domain: &'a Domain,
    directory: &'a Directory,
    findings: Vec<(Line, Finding)>,
}

impl Report<'_> {
    fn add(&mut self, rule: &'static str, line: Line, message: String) {
        let file = &self.domain.file;
        let place = if line == Line::default() { file.to_string() } else { format!("{file}:{}", line.0) };
        self.findings.push((line, Finding { rule, place, message }));
    }

    fn name(&self, party: Party) -> String {
        self.directory.text(party)
    }

    /// One finding about all these parties together.
    fn add_together(&mut self, rule: &'static str, parties: &[(Party, Line)], what: &str) {
        let Some((first, line)) = parties.first() else { return };
        let more = match parties.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let message = format!("`{}`{more} {what}", self.name(*first));
        self.add(rule, *line, message);
    }

    /// A group of nobody or of one; whether it was either.
    fn small_group(&mut self, what: &str, name: &str, members: usize, line: Line) -> bool {
        match members {
            0 => self.add("empty-group", line, format!("{what} `{name}` has no members")),
            1 => self.add("one-member-group", line, format!("{what} `{name}` has one member, who is alone with it")),
            _ => return false,
        }
        true
    }
}
