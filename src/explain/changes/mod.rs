//! Suggests changes that turn a no into a yes, smallest first. Each candidate is tried in the sandbox.
//!
//! It must never suggest a change that has not been tried.
#![forbid(unsafe_code)]

mod estos;
mod keevio;
mod linewarden;
mod pascom;
mod xphone;

use super::sandbox::Sandbox;
use super::{Answered, Reason, Suggestion};
use crate::id::{Kind, Line, Party};
use crate::policy::change::Change;
use crate::policy::dated::{self, Dated};
use crate::right::RightSet;
use crate::system::System;

/// The most suggestions for one answer.
const MOST: usize = 8;
/// The most candidates that are tried for one answer, which bounds the time of an explanation.
const TRIED: usize = 64;
/// The most candidates of one kind: of hundreds of groups that could be changed a few are enough.
const FEW: usize = 3;

/// Adds candidates of one kind.
type Source = fn(&Answered<'_>, &mut Candidates);

/// The sources of candidates, by system.
const SOURCES: &[(System, Source)] = &[
    (System::Xphone, xphone::own_setting),
    (System::Xphone, xphone::no_own_setting),
    (System::Xphone, xphone::membership),
    (System::Xphone, xphone::flags),
    (System::Xphone, xphone::groups),
    (System::Xphone, xphone::defaults),
    (System::Xphone, xphone::matrix),
    (System::Estos, estos::own_grant),
    (System::Estos, estos::administrative_grant),
    (System::Estos, estos::release),
    (System::Estos, estos::private_lines),
    (System::Estos, estos::new_group),
    (System::Estos, estos::groups),
    (System::Estos, estos::membership),
    (System::Estos, estos::federation),
    (System::Estos, estos::preset),
    (System::Estos, estos::matrix),
    (System::Estos, estos::users_may_grant),
    (System::Estos, estos::single_rights),
    (System::Pascom, pascom::agent),
    (System::Pascom, pascom::members),
    (System::Pascom, pascom::new_permission),
    (System::Pascom, pascom::role_type),
    (System::Pascom, pascom::show_numbers),
    (System::Keevio, keevio::subscriptions),
    (System::Linewarden, linewarden::new_rule),
    (System::Linewarden, linewarden::rules),
    (System::Linewarden, linewarden::exempt),
];

/// How many other answers a fact changes; suggestions are sorted by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Only those of the pair.
    Pair,
    /// Those of one party.
    Party,
    /// Those of all members of a group, permission or site.
    Group,
    /// Those of the whole domain.
    Domain,
}

/// A candidate.
#[derive(Clone)]
struct Fact {
    reach: Reach,
    words: String,
    line: Line,
    edit: Vec<Change>,
    /// Whether an owner's own act is needed that the domain's settings forbid: such a fact comes last among those of its reach.
    forbidden: bool,
}

/// The candidates found so far.
#[derive(Default)]
struct Candidates(Vec<Fact>);

impl Candidates {
    /// Adds a candidate: its reach, words, line (none for a new entry) and changes.
    fn add(&mut self, reach: Reach, words: impl Into<String>, line: Line, edit: impl Into<Vec<Change>>) {
        self.0.push(Fact { reach, words: words.into(), line, edit: edit.into(), forbidden: false });
    }

    /// Marks the last candidate as one that the owner may not make.
    fn forbid(&mut self) {
        if let Some(fact) = self.0.last_mut() {
            fact.forbidden = true;
        }
    }
}

/// One change as a fact's edit.
fn one(change: Change) -> [Change; 1] {
    [change]
}

impl Answered<'_> {
    /// The changes that would each turn the answer into a yes, smallest first: by reach, then by number of steps, then by the rights
    /// they give the pair. If no single fact does it, the facts that do it together. Empty if there are none.
    pub(super) fn changes(&self) -> Vec<Suggestion> {
        if self.reason == Reason::TooOld {
            return Vec::new();
        }
        let Ok(sandbox) = Sandbox::new(self) else { return Vec::new() };
        if self.actor == Party::NONE && self.actor_name().ends_with(&format!("@{}", self.domain.name)) {
            return Vec::new(); // an address of the own domain without such a user
        }
        let mut candidates = Candidates::default();
        for (_, facts) in SOURCES.iter().filter(|(system, _)| self.domain.systems.has(*system)) {
            facts(self, &mut candidates);
        }
        let mut candidates = candidates.0;
        candidates.sort_by_key(|fact| (fact.reach, fact.forbidden, fact.edit.len()));
        candidates.truncate(TRIED);
        let right = self.question.right;
        let gives = |fact: Fact| {
            let rights = sandbox.rights_after(&fact.edit).ok().filter(|rights| rights.has(right))?;
            Some((fact.reach, rights.bits().count_ones(), fact))
        };
        let mut found: Vec<_> = candidates.iter().cloned().filter_map(gives).collect();
        found.sort_by_key(|(reach, rights, fact)| (*reach, fact.forbidden, fact.edit.len(), *rights));
        found.dedup_by(|(_, _, one), (_, _, other)| one.edit == other.edit);
        let mut suggestions: Vec<_> = found.into_iter().take(MOST).map(|(_, _, fact)| self.suggestion(fact)).collect();
        if suggestions.is_empty() {
            suggestions.extend(self.together(&sandbox, &candidates).map(|fact| self.suggestion(fact)));
        }
        suggestions
    }

    /// Why there is no change that would make the answer a yes. For a no without [`Answered::changes`].
    pub(super) fn no_change(&self) -> String {
        match self.events.count {
            _ if self.reason == Reason::TooOld => format!(
                "no change is needed: the domain allows nothing when its cluster was not heard from for {} s (`longest_age`)",
                self.domain.longest_age
            ),
            0 => "no document makes it a yes: the right does not apply between these parties".into(),
            _ => {
                let systems: Vec<&str> = self.domain.systems.iter().map(System::name).collect();
                format!(
                    "no document makes it a yes: {} no such right between these parties",
                    match systems.as_slice() {
                        [only] => format!("{only} gives"),
                        _ => format!("{} give", systems.join(" and ")),
                    }
                )
            }
        }
    }

    /// A minimal set of facts that give the right together.
    fn together(&self, sandbox: &Sandbox, candidates: &[Fact]) -> Option<Fact> {
        let right = self.question.right;
        let flips = |facts: &Vec<&Fact>| sandbox.flips(&edits(facts), right);
        // Of two facts that exclude each other the later counts. Try first without facts that lose a right, then with all.
        let careful = gathered(self.rights, sandbox, candidates.iter(), |rights, held| rights.contains(held));
        let all = || gathered(self.rights, sandbox, candidates.iter(), |_, _| true);
        let backwards = || gathered(self.rights, sandbox, candidates.iter().rev(), |_, _| true);
        let found = Some(careful).filter(flips).or_else(|| Some(all()).filter(flips));
        let mut facts = found.or_else(|| Some(backwards()).filter(flips))?;
        // Remove facts that are not needed, those with the largest reach first.
        for index in (0..facts.len()).rev() {
            let mut fewer = facts.clone();
            fewer.remove(index);
            if sandbox.flips(&edits(&fewer), right) {
                facts = fewer;
            }
        }
        let words: Vec<&str> = facts.iter().map(|fact| fact.words.as_str()).collect();
        let line = facts.iter().map(|fact| fact.line).find(|line| *line != Line::default()).unwrap_or_default();
        let reach = facts.iter().map(|fact| fact.reach).max()?;
        let forbidden = facts.iter().any(|fact| fact.forbidden);
        Some(Fact { reach, words: words.join(", and "), line, edit: edits(&facts), forbidden })
    }

    fn suggestion(&self, fact: Fact) -> Suggestion {
        let place = if fact.line == Line::default() { self.domain.file.to_string() } else { self.place(fact.line) };
        Suggestion { change: fact.words, place, edit: fact.edit }
    }

    /// The actor as the target's domain names it, unlisted contacts included.
    fn actor_name(&self) -> String {
        match self.actor {
            Party::NONE => self.question.address().unwrap_or_default(),
            actor => self.question.names.text(actor),
        }
    }

    fn target_name(&self) -> String {
        self.question.names.text(self.question.target)
    }

    /// The fact with dates that says the same of the same parties, whatever it gives.
    fn dated(&self, fact: &dated::Fact) -> Option<&Dated> {
        self.domain.dated.iter().find(|held| held.fact.is_about_the_same(fact))
    }

    /// The same if it counts at the instant that is asked for.
    fn dated_now(&self, fact: &dated::Fact) -> Option<&Dated> {
        self.dated(fact).filter(|held| held.when.in_force(self.now()))
    }

    /// Whether a fact with dates makes a party a member of a workgroup at the instant that is asked for.
    fn joins_now(&self, group: &str, member: Party) -> bool {
        self.dated_now(&dated::Fact::WorkgroupMember { group: group.into(), member }).is_some()
    }

    /// Whether the actor is a user or contact and the target is another user.
    fn person_to_user(&self) -> bool {
        matches!(self.kind, Kind::User | Kind::Contact)
            && self.domain.kind(self.question.target) == Some(Kind::User)
            && self.actor != self.question.target
    }

    /// The line that overrides a row of a matrix, if there is one.
    fn row_line(&self, system: System, key: &str) -> Option<Line> {
        let row = self.domain.overrides.iter().find(|row| row.system == system && row.key == key)?;
        Some(row.line)
    }

    /// Whether the actor is a user of the target's domain.
    fn inside(&self) -> bool {
        self.kind == Kind::User
    }
}

/// The changes of these facts, in order.
fn edits(facts: &[&Fact]) -> Vec<Change> {
    facts.iter().flat_map(|fact| fact.edit.iter().cloned()).collect()
}

/// Adds fact after fact, and drops those that cannot be applied with the others or whose result `keeps` rejects.
fn gathered<'f>(
    held: RightSet,
    sandbox: &Sandbox,
    candidates: impl Iterator<Item = &'f Fact>,
    keeps: impl Fn(RightSet, RightSet) -> bool,
) -> Vec<&'f Fact> {
    let mut held = held;
    let mut facts: Vec<&Fact> = Vec::new();
    for fact in candidates {
        facts.push(fact);
        match sandbox.rights_after(&edits(&facts)) {
            Ok(rights) if keeps(rights, held) => held = rights,
            _ => drop(facts.pop()),
        }
    }
    facts
}

/// A free name: `wanted`, or `wanted 2`, `wanted 3`, ...
fn free_name<'a>(wanted: &str, taken: impl Iterator<Item = &'a str> + Clone) -> String {
    let more = (2..u32::MAX).map(|number| format!("{wanted} {number}"));
    let free = |name: &String| !taken.clone().any(|taken| taken == name);
    std::iter::once(wanted.to_owned()).chain(more).find(free).unwrap_or_default()
}

/// The change of a matrix row in words.
fn row_words(system: System, key: &str, now: &[&str], then: &[String]) -> String {
    let now = if now.is_empty() { "none".into() } else { now.join(", ") };
    format!("row `{key}` of [matrix.{}]: {now} -> {}", system.name(), then.join(", "))
}

/// The rights that a right is composed of; the right itself if it is not composed.
fn parts(rights: RightSet, composed: &[(RightSet, RightSet)]) -> RightSet {
    composed.iter().fold(rights, |parts, (whole, of)| match (parts & *whole).is_empty() {
        true => parts,
        false => parts.without(*whole) | *of,
    })
}
