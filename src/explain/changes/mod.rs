//! What would make a no a yes: candidates facts, each tried in a world of two before it is suggested, the smallest first.
//!
//! It must never suggest what has not been tried there.
#![forbid(unsafe_code)]

mod estos;
mod keevio;
mod pascom;
mod xphone;

use super::sandbox::Sandbox;
use super::{Answered, Suggestion};
use crate::id::{Kind, Line, Party};
use crate::policy::change::Change;
use crate::right::RightSet;
use crate::system::System;

/// Suggestions of one answer at most: the rest would be noise.
const MOST: usize = 8;
/// Facts that are tried for one answer at most: an explanation must end soon.
const TRIED: usize = 64;
/// Facts of one sort at most: of five hundred groups that could be changed a few are enough.
const FEW: usize = 3;

/// Finds facts that may help.
type Source = fn(&Answered<'_>, &mut Candidates);

/// Where candidates facts come from, by system: one line each.
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
];

/// Whose answers a fact changes beside the pair's: suggestions are sorted by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// None.
    Pair,
    /// Those of one party with others.
    Party,
    /// Those of all members of a group, permission or site.
    Group,
    /// Everybody's.
    Domain,
}

/// A fact that may help.
#[derive(Clone)]
struct Fact {
    reach: Reach,
    words: String,
    line: Line,
    edit: Vec<Change>,
}

/// The facts that may help, as they are found.
#[derive(Default)]
struct Candidates(Vec<Fact>);

impl Candidates {
    /// One more: how far it reaches, what it is, where it stands (no line for something new), and the changes that make it.
    fn add(&mut self, reach: Reach, words: impl Into<String>, line: Line, edit: impl Into<Vec<Change>>) {
        self.0.push(Fact { reach, words: words.into(), line, edit: edit.into() });
    }
}

/// One change as a fact's edit.
fn one(change: Change) -> [Change; 1] {
    [change]
}

impl Answered<'_> {
    /// The changes that would each turn the answer into a yes, the smallest first: those that reach fewer others, then those of
    /// fewer steps, then those that give the pair less. Where no single fact does it, the facts that do it together. Empty when there are none.
    pub(super) fn changes(&self) -> Vec<Suggestion> {
        let Ok(sandbox) = Sandbox::new(self) else { return Vec::new() };
        if self.actor == Party::NOBODY && self.actor_name().ends_with(&format!("@{}", self.domain.name)) {
            return Vec::new(); // an address of the domain itself that none of its users has
        }
        let mut candidates = Candidates::default();
        for (_, facts) in SOURCES.iter().filter(|(system, _)| self.domain.systems.has(*system)) {
            facts(self, &mut candidates);
        }
        let mut candidates = candidates.0;
        candidates.sort_by_key(|fact| (fact.reach, fact.edit.len()));
        candidates.truncate(TRIED);
        let right = self.question.right;
        let gives = |fact: Fact| {
            let rights = sandbox.rights_after(&fact.edit).ok().filter(|rights| rights.has(right))?;
            Some((fact.reach, rights.bits().count_ones(), fact))
        };
        let mut found: Vec<_> = candidates.iter().cloned().filter_map(gives).collect();
        found.sort_by_key(|(reach, rights, fact)| (*reach, fact.edit.len(), *rights));
        found.dedup_by(|(_, _, one), (_, _, other)| one.edit == other.edit);
        let mut suggestions: Vec<_> = found.into_iter().take(MOST).map(|(_, _, fact)| self.suggestion(fact)).collect();
        if suggestions.is_empty() {
            suggestions.extend(self.together(&sandbox, &candidates).map(|fact| self.suggestion(fact)));
        }
        suggestions
    }

    /// Why there is no change that would make the answer a yes; for a no without [`Answered::changes`].
    pub(super) fn no_change(&self) -> String {
        match self.events.count {
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

    /// Facts of which each is needed and that give the right together.
    fn together(&self, sandbox: &Sandbox, candidates: &[Fact]) -> Option<Fact> {
        let right = self.question.right;
        let flips = |facts: &Vec<&Fact>| sandbox.flips(&edits(facts), right);
        // Of two that exclude each other the later counts: first without what loses anything, then with all of them.
        let careful = gathered(self.rights, sandbox, candidates.iter(), |rights, held| rights.contains(held));
        let all = || gathered(self.rights, sandbox, candidates.iter(), |_, _| true);
        let backwards = || gathered(self.rights, sandbox, candidates.iter().rev(), |_, _| true);
        let found = Some(careful).filter(flips).or_else(|| Some(all()).filter(flips));
        let mut facts = found.or_else(|| Some(backwards()).filter(flips))?;
        // What is not needed goes, what reaches far before what does not.
        for place in (0..facts.len()).rev() {
            let mut fewer = facts.clone();
            fewer.remove(place);
            if sandbox.flips(&edits(&fewer), right) {
                facts = fewer;
            }
        }
        let words: Vec<&str> = facts.iter().map(|fact| fact.words.as_str()).collect();
        let line = facts.iter().map(|fact| fact.line).find(|line| *line != Line::default()).unwrap_or_default();
        let reach = facts.iter().map(|fact| fact.reach).max()?;
        Some(Fact { reach, words: words.join(", and "), line, edit: edits(&facts) })
    }

    fn suggestion(&self, fact: Fact) -> Suggestion {
        let place = if fact.line == Line::default() { self.domain.file.to_string() } else { self.place(fact.line) };
        Suggestion { change: fact.words, place, edit: fact.edit }
    }

    /// The actor as the target's domain names it, an outside address without entries among them.
    fn actor_name(&self) -> String {
        match self.actor {
            Party::NOBODY => self.question.address().unwrap_or_default(),
            actor => self.question.names.text(actor),
        }
    }

    fn target_name(&self) -> String {
        self.question.names.text(self.question.target)
    }

    /// Whether the actor is a person, and the target another one who is a user.
    fn person_to_user(&self) -> bool {
        matches!(self.kind, Kind::User | Kind::Contact)
            && self.domain.kind(self.question.target) == Some(Kind::User)
            && self.actor != self.question.target
    }

    /// Where a row of a matrix is replaced already.
    fn row_line(&self, system: System, key: &str) -> Option<Line> {
        let row = self.domain.overrides.iter().find(|row| row.system == system && row.key == key)?;
        Some(row.line)
    }

    /// Whether the actor is of the target's domain.
    fn inside(&self) -> bool {
        self.kind == Kind::User
    }
}

/// The changes of these facts, in order.
fn edits(facts: &[&Fact]) -> Vec<Change> {
    facts.iter().flat_map(|fact| fact.edit.iter().cloned()).collect()
}

/// One fact after another as far as they can be made together and `keeps` likes what is held with it.
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

/// A name that none of `taken` is: `wanted`, or `wanted 2`, `wanted 3`, ...
fn free_name<'a>(wanted: &str, taken: impl Iterator<Item = &'a str> + Clone) -> String {
    let more = (2..u32::MAX).map(|number| format!("{wanted} {number}"));
    let free = |name: &String| !taken.clone().any(|taken| taken == name);
    std::iter::once(wanted.to_owned()).chain(more).find(free).unwrap_or_default()
}

/// Words of a row of a matrix.
fn row_words(system: System, key: &str, now: &[&str], then: &[String]) -> String {
    let now = if now.is_empty() { "none".into() } else { now.join(", ") };
    format!("row `{key}` of [matrix.{}]: {now} -> {}", system.name(), then.join(", "))
}

/// The part of a right that can be missing: for a right put together from others, those.
fn parts(rights: RightSet, composed: &[(RightSet, RightSet)]) -> RightSet {
    composed.iter().fold(rights, |parts, (whole, of)| match (parts & *whole).is_empty() {
        true => parts,
        false => parts.without(*whole) | *of,
    })
}
