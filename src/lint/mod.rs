//! Lint: finds settings that are legal but likely wrong: open to every user, without effect, hidden, empty.
//!
//! Each rule makes at most one finding for a domain, which counts the cases and names the first ones. Lint must never change an
//! answer, nor report what is probably intended. Its cost grows with the document, not with the pairs of users.
#![forbid(unsafe_code)]

mod cells;
mod dates;
mod estos;
mod keevio;
mod linewarden;
mod names;
mod pascom;
mod people;
mod severity;
mod shadowed;
mod unused;
mod xphone;

#[cfg(test)]
mod tests;

pub use severity::Severity;

use crate::directory::Directory;
use crate::id::{Line, Party};
use crate::policy::Domain;
use crate::system::System;
use crate::wording::{listed, quote};
use serde::Serialize;
use std::collections::HashMap;

/// Something legal but likely wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The rule's stable id: `open-pickup`, `empty-group`, ...
    pub rule: &'static str,
    /// The first place: `acme.toml:88`, or the file if no line can be named.
    pub place: String,
    /// All places in the order of the document, `place` first.
    pub places: Vec<String>,
    /// The finding in one sentence.
    pub message: String,
}

/// With more users than this, a flag that reaches all of them is reported.
const MANY: usize = 10_000;

/// How many names a finding lists before it counts the rest.
const NAMED: usize = 3;

/// The findings of a domain at an instant in seconds since 1970, at most one for each rule, in the order of the document. Findings about the whole document come first.
///
/// | rule | found |
/// | --- | --- |
/// | `unused-facts` | facts of a system the domain does not run |
/// | `open-pickup`, `open-login` | pascom's open defaults: no permission carries `pickup.group` or `location.group` |
/// | `open-actors` | a permission gives every user `xmpp.supervisor` or `redirect.group` |
/// | `closed-pickup`, `closed-login` | a permission carries the role type, but no user may do it |
/// | `permission-without-members` | a permission carries a role type for too few members to have an effect |
/// | `shadowed-list` | a permission's manual list, hidden by automatic assignment |
/// | `members-without-effect` | members of a kind that no role type of the permission uses: devices in `pickup.group` |
/// | `pickup-group-missing` | a team notifies its whole pickup group, and is in none |
/// | `team-without-agents` | a team without agents |
/// | `nobody-to-notify` | a team notifies others of its calls, and only its agents may pick them up |
/// | `wide-supervisor`, `wide-assistant` | one permission or flag that reaches more than 10,000 users |
/// | `empty-group`, `one-member-group` | a group, site or configuration group without members, a group of one |
/// | `empty-subgroup` | a monitoring group with one side empty |
/// | `group-without-level` | a group that gives nothing |
/// | `shadowed-group` | an XPhone group whose label is below the defaults between all its members |
/// | `user-without-site` | users to whom no site's defaults apply, in a domain with XPhone |
/// | `open-site` | a site's default lets every colleague set forwardings, or other sites pick up |
/// | `setting-without-effect` | an own XPhone setting equal to the server's |
/// | `setting-hides-group` | an own XPhone setting below a group's label for the same viewer |
/// | `inferred-cell` | a row of XPhone's matrix that the document relies on though the vendor does not state the cell (R1) |
/// | `open-authorization` | the estos preset lets every user pick up or set forwardings |
/// | `inactive-group` | an estos group that is switched off |
/// | `leaders-without-level`, `level-without-leaders` | leaders that get nothing, a leader level without leaders |
/// | `frozen-level` | administrative single rights where users may grant: they cannot change the level (E4) |
/// | `dead-grant` | an own estos grant that adds nothing |
/// | `blocked-without-effect` | an own `blocked` towards a viewer who has rights from the administrator (E2) |
/// | `open-block` | a federation's maximum `blocked`, which passes name and e-mail address (E17) |
/// | `grant-without-federation` | an own estos grant to a contact whose domain has no federation entry |
/// | `subscription-within-realm` | a keevio subscription between users of one permission realm |
/// | `rule-without-parties` | a rule without actors or without targets, which gives nothing (L12) |
/// | `rule-without-effect` | a rule with only rights that nothing has towards its targets |
/// | `excepted-rule` | a rule that excepts all of its actors or targets |
/// | `shadowed-rule` | a rule that gives nothing that another rule does not give |
/// | `ended`, `never` | a fact with dates that has ended, one whose hours do not occur between its dates; a group no two of whose members count at the same time |
/// | `word-as-login` | a user called `everyone` or the like: in a rule that is a word for many |
/// | `class-beyond-forwarding` | a rule that gives a class of numbers on one owner or team which `forwarding` of `[destinations]` does not have, though it has it by default |
/// | `unused-group` | a group of rules that no rule and no group names |
/// | `private-line-shown` | private lines of estos whose numbers pascom's `show_numbers` still shows (R7) |
/// | `similar-names` | names that differ in letter case, width or invisible characters only |
/// | `undiallable-extension` | an extension with more than digits, which no telephone can dial after a function code |
/// | `short-longest-age` | a longest age below five seconds, which a short disturbance of the network exceeds |
/// | `odd-name` | the name of a user, team, location or device with a character that ends an argument in a PBX's dialplan |
pub fn lint(domain: &Domain, directory: &Directory, at: i64) -> Vec<Finding> {
    let whole = people::with_members(domain, at);
    let mut report = Report { domain, directory, found: Vec::new(), indices: HashMap::new() };
    // In one order: changes note systems as they come, documents all at once.
    for system in System::ALL {
        let Some((_, line)) = domain.written.iter().find(|(known, _)| *known == system) else { continue };
        if !domain.systems.has(system) {
            let keys: Vec<String> = unused::keys(domain, system).into_iter().map(quote).collect();
            if keys.is_empty() && domain.systems.has(System::Linewarden) {
                continue;
            }
            let name = system.name();
            let one = || match keys.as_slice() {
                [] => format!("settings for {name}, which the domain does not run, have no effect"),
                [key] => format!("{key} is for {name}, which the domain does not run: it has no effect"),
                keys => format!("{} are for {name}, which the domain does not run: they have no effect", listed(keys)),
            };
            let many = "systems that the domain does not run have facts, without effect";
            let listed = if keys.is_empty() { String::new() } else { format!(" ({})", keys.join(", ")) };
            report.add("unused-facts", *line, many, || format!("{}{listed}", quote(name)), one);
        }
    }
    names::check(&mut report);
    dates::check(&mut report, at);
    people::apart(&mut report, at);
    private_lines(&mut report);
    for system in domain.systems.iter() {
        match system {
            System::Xphone => {
                cells::check(&mut report);
                xphone::check(&mut report, &whole);
            }
            System::Estos => estos::check(&mut report),
            System::Pascom => {
                report.domain = &whole;
                pascom::check(&mut report);
                report.domain = domain;
            }
            System::Keevio => keevio::check(&mut report),
            System::Linewarden => {
                linewarden::check(&mut report);
                shadowed::check(&mut report, at);
            }
        }
    }
    report.findings()
}

/// estos withholds the numbers of a private line; pascom's `show_numbers` gives them again (R7).
fn private_lines(report: &mut Report<'_>) {
    let domain = report.domain;
    if !domain.systems.has(System::Estos) || !domain.systems.has(System::Pascom) || !domain.pascom.show_numbers {
        return;
    }
    for user in domain.users.iter().filter(|user| !user.estos.private_lines.is_empty()) {
        let name = report.name(user.party);
        let shown = "pascom's `show_numbers` still shows their numbers";
        report.add(
            "private-line-shown",
            user.line,
            format!("users have private lines, but {shown}"),
            || name.clone(),
            || format!("private lines of {name}: {shown}"),
        );
    }
}

/// The cases found so far, and the domain and names to describe them.
struct Report<'a> {
    domain: &'a Domain,
    directory: &'a Directory,
    found: Vec<Found>,
    /// The index in `found` of a rule's sentence.
    indices: HashMap<(&'static str, String), usize>,
}

/// Cases of a rule that share one sentence.
struct Found {
    rule: &'static str,
    /// The sentence if there is only the first case.
    one: String,
    /// The sentence about all cases, without their number before it.
    many: String,
    names: Vec<String>,
    lines: Vec<Line>,
}

impl Report<'_> {
    /// Adds a case. `one` is the sentence if it stays the only one; otherwise `many` is the common sentence, which lists `name`.
    fn add(
        &mut self,
        rule: &'static str,
        line: Line,
        many: impl Into<String>,
        name: impl FnOnce() -> String,
        one: impl FnOnce() -> String,
    ) {
        let many = many.into();
        let index = *self.indices.entry((rule, many.clone())).or_insert(self.found.len());
        if index == self.found.len() {
            self.found.push(Found { rule, one: one(), many, names: Vec::new(), lines: Vec::new() });
        }
        let Some(found) = self.found.get_mut(index) else { return };
        found.lines.push(line);
        if found.names.len() < NAMED {
            found.names.push(name());
        }
    }

    /// Adds a case about the whole domain.
    fn add_whole(&mut self, rule: &'static str, message: &str) {
        self.add(rule, Line::default(), message, String::new, || message.into());
    }

    fn name(&self, party: Party) -> String {
        quote(&self.directory.text(party))
    }

    /// Reports a group with no member or one; returns whether it did.
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
                format!("{what}s have only one member"),
                || quote(name),
                || format!("{what} `{name}` has only one member"),
            ),
            _ => return false,
        }
        true
    }

    /// One finding for each rule.
    fn findings(self) -> Vec<Finding> {
        let file = &self.domain.file;
        let mut rules: Vec<(&'static str, Vec<String>, Vec<Line>)> = Vec::new();
        let mut indices: HashMap<&'static str, usize> = HashMap::new();
        for found in self.found {
            let index = *indices.entry(found.rule).or_insert(rules.len());
            if index == rules.len() {
                rules.push((found.rule, Vec::new(), Vec::new()));
            }
            if let Some((_, messages, lines)) = rules.get_mut(index) {
                messages.push(found.message());
                lines.extend(found.lines);
            }
        }
        for (_, _, lines) in &mut rules {
            if file.is_empty() {
                // From a store: its lines are of no document.
                lines.fill(Line::default());
            }
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
