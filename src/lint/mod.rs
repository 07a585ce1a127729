//! What is legal but likely wrong in a domain: open to everybody, without effect, hidden, empty.
//!
//! A rule speaks once for a domain: what it found many of is counted, with the first names. It must never change an answer, and
//! it stays quiet about what was probably meant. Its cost grows with the document, not with the pairs of its users.
#![forbid(unsafe_code)]

mod cells;
mod estos;
mod keevio;
mod names;
mod pascom;
mod xphone;

#[cfg(test)]
mod tests;

use crate::directory::Directory;
use crate::id::{Line, Party};
use crate::policy::Domain;
use crate::system::System;
use crate::wording::quote;
use serde::Serialize;
use std::collections::HashMap;

/// Something legal but likely wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable id: `open-pickup`, `empty-group`, ...
    pub rule: &'static str,
    /// Where: `acme.toml:88`, or the file where no line can be named; of several places the first.
    pub place: String,
    /// All places, in the order of the document, `place` the first of them.
    pub places: Vec<String>,
    /// The finding in a sentence.
    pub message: String,
}

/// From how many users on a flag that reaches everybody is worth a word.
const MANY: usize = 10_000;

/// How many names a finding tells before it counts the rest.
const NAMED: usize = 3;

/// The findings of a domain, in the order of the document; those about the document as a whole come first. There is one for each
/// rule at most.
///
/// | rule | found |
/// | --- | --- |
/// | `unused-facts` | facts of a system the domain does not run |
/// | `open-pickup`, `open-login` | pascom's open defaults: no permission carries `pickup.group` or `location.group` |
/// | `open-actors` | a permission gives every user `xmpp.supervisor` or `redirect.group` |
/// | `closed-pickup`, `closed-login` | a permission carries the role type, but none of them lets anybody do it |
/// | `permission-without-members` | a permission carries a role type for too few members to have an effect |
/// | `shadowed-list` | a permission's manual list, hidden by automatic assignment |
/// | `members-without-effect` | members of a kind that no role type of the permission looks at: devices in `pickup.group` |
/// | `pickup-group-missing` | a team tells its whole pickup group, and is in none |
/// | `team-without-agents` | a team without agents |
/// | `nobody-to-notify` | a team tells others of its calls, and only its agents may pick them up |
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
/// | `blocked-without-effect` | an own `blocked` towards a viewer to whom the administrator gives rights all the same (E2) |
/// | `open-block` | a federation's maximum `blocked`, which passes name and e-mail address (E17) |
/// | `grant-without-federation` | an own estos grant to a contact whose domain has no federation entry |
/// | `subscription-within-realm` | a keevio subscription between users of one permission realm |
/// | `similar-names` | names that differ in letter case, width or invisible characters only |
/// | `undiallable-extension` | an extension with more than digits, which no telephone can dial after a function code |
pub fn lint(domain: &Domain, directory: &Directory) -> Vec<Finding> {
    let mut report = Report { domain, directory, found: Vec::new(), places: HashMap::new() };
    for (system, line) in &domain.written {
        if !domain.systems.has(*system) {
            let one = || format!("this is of {}, which the domain does not run: it has no effect", system.name());
            let many = "systems that the domain does not run have facts, without effect";
            report.add("unused-facts", *line, many, || quote(system.name()), one);
        }
    }
    names::check(&mut report);
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
    report.findings()
}

/// What is found so far, and what is needed to word it.
struct Report<'a> {
    domain: &'a Domain,
    directory: &'a Directory,
    found: Vec<Found>,
    /// The place in `found` of what a rule says in a sentence.
    places: HashMap<(&'static str, String), usize>,
}

/// What a rule found several times in the same words.
struct Found {
    rule: &'static str,
    /// The sentence about the first, were it the only one.
    one: String,
    /// The sentence about all of them, without their number before it.
    many: String,
    names: Vec<String>,
    lines: Vec<Line>,
}

impl Report<'_> {
    /// One thing found: the sentence about it, and for when there are more what they have in common and its name there.
    fn add(
        &mut self,
        rule: &'static str,
        line: Line,
        many: impl Into<String>,
        name: impl FnOnce() -> String,
        one: impl FnOnce() -> String,
    ) {
        let many = many.into();
        let place = *self.places.entry((rule, many.clone())).or_insert(self.found.len());
        if place == self.found.len() {
            self.found.push(Found { rule, one: one(), many, names: Vec::new(), lines: Vec::new() });
        }
        let Some(found) = self.found.get_mut(place) else { return };
        found.lines.push(line);
        if found.names.len() < NAMED {
            found.names.push(name());
        }
    }

    /// Something about the domain as a whole.
    fn add_whole(&mut self, rule: &'static str, message: &str) {
        self.add(rule, Line::default(), message, String::new, || message.into());
    }

    fn name(&self, party: Party) -> String {
        quote(&self.directory.text(party))
    }

    /// A group of nobody or of one; whether it was either.
    fn small_group(&mut self, what: &str, name: &str, members: usize, line: Line) -> bool {
        match members {
            0 => self.add(
                "empty-group",
                line,
                format!("{what}s have no members"),
                || quote(name),
                || format!("{what} `{name}` has no members"),
            ),
            1 => self.add(
                "one-member-group",
                line,
                format!("{what}s have one member, who is alone with it"),
                || quote(name),
                || format!("{what} `{name}` has one member, who is alone with it"),
            ),
            _ => return false,
        }
        true
    }

    /// One finding for each rule.
    fn findings(self) -> Vec<Finding> {
        let file = &self.domain.file;
        let mut rules: Vec<(&'static str, Vec<String>, Vec<Line>)> = Vec::new();
        let mut places: HashMap<&'static str, usize> = HashMap::new();
        for found in self.found {
            let place = *places.entry(found.rule).or_insert(rules.len());
            if place == rules.len() {
                rules.push((found.rule, Vec::new(), Vec::new()));
            }
            if let Some((_, messages, lines)) = rules.get_mut(place) {
                messages.push(found.message());
                lines.extend(found.lines);
            }
        }
        for (_, _, lines) in &mut rules {
            lines.sort_unstable();
            lines.dedup();
        }
        rules.sort_by_key(|(_, _, lines)| lines.first().copied());
        let text = |line: &Line| if *line == Line::default() { file.to_string() } else { format!("{file}:{}", line.0) };
        let finding = |(rule, messages, lines): (_, Vec<String>, Vec<Line>)| {
            let places: Vec<String> = lines.iter().map(text).collect();
            let place = places.first().cloned().unwrap_or_default();
            Finding { rule, place, places, message: messages.join("; ") }
        };
        rules.into_iter().map(finding).collect()
    }
}

impl Found {
    fn message(&self) -> String {
        let count = self.lines.len();
        if count <= 1 {
            return self.one.clone();
        }
        let more = match count.saturating_sub(self.names.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{count} {}: {}{more}", self.many, self.names.join(", "))
    }
}
