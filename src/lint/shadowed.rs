//! Rules of linewarden's own system that give nothing more than another one, or nothing at all, by what they write: whom a group holds is
//! not looked at. It must never report a rule whose loss would change an answer.
#![forbid(unsafe_code)]

use super::Report;
use crate::calendar::When;
use crate::id::{Kind, Party};
use crate::policy::Domain;
use crate::system::linewarden::{Everyone, List, Rule};
use crate::wording::quote;
use std::collections::{HashMap, HashSet};

/// The most rules that one rule is held against, so that the time grows with the document.
const TRIED: usize = 64;

/// What a list names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Named<'a> {
    Party(Party),
    Group(&'a str),
    Word(Everyone),
}

fn names(list: &List) -> impl Iterator<Item = Named<'_>> {
    let groups = list.groups.iter().map(|group| Named::Group(group));
    list.parties.iter().map(|party| Named::Party(*party)).chain(groups).chain(list.words.iter().map(Named::Word))
}

pub(super) fn check(report: &mut Report<'_>, at: i64) {
    let domain = report.domain;
    let rules: Vec<&Rule> = domain.linewarden.rules.iter().collect();
    let complete = |rule: &&Rule| !rule.actors.is_empty() && !rule.targets.is_empty();
    let mut by_actor: HashMap<Named<'_>, Vec<usize>> = HashMap::new();
    for (rule, index) in rules.iter().zip(0..).filter(|(rule, _)| complete(rule) && !rule.when.is_over(at)) {
        names(&rule.actors).for_each(|name| by_actor.entry(name).or_default().push(index));
    }
    let open = by_actor.get(&Named::Word(Everyone::Users)).map_or(&[][..], Vec::as_slice);
    for (rule, index) in rules.iter().zip(0..).filter(|(rule, _)| complete(rule) && !rule.when.is_over(at)) {
        if nothing_left(domain, rule) {
            report.add(
                "excepted-rule",
                rule.line,
                "rules except all of their actors or targets, so they give nothing",
                || quote(&rule.name),
                || format!("rule `{}` excepts all of its actors or targets, so it gives nothing", rule.name),
            );
            continue;
        }
        // A rule that holds this one names each of its actors, or everyone: those that name its rarest actor are enough.
        let rarest = names(&rule.actors).filter_map(|name| by_actor.get(&name)).min_by_key(|indices| indices.len());
        let holds = |other: usize| {
            let wider = rules.get(other).filter(|wider| other != index && is_within(domain, rule, wider))?;
            // Of two that are equal the later one is reported.
            (other < index || !is_within(domain, wider, rule)).then_some(*wider)
        };
        let tried = open.iter().take(TRIED).chain(rarest.into_iter().flatten().take(TRIED));
        if let Some(wider) = tried.copied().find_map(holds) {
            report.add(
                "shadowed-rule",
                rule.line,
                "rules give nothing that another rule does not give",
                || quote(&rule.name),
                || format!("rule `{}` gives nothing that rule `{}` does not give", rule.name, wider.name),
            );
        }
    }
}

/// Whether all that `rule` gives is given by `wider`, too.
fn is_within(domain: &Domain, rule: &Rule, wider: &Rule) -> bool {
    wider.rights.contains(rule.rights)
        && lasts_as_long(&rule.when, &wider.when)
        && covers(domain, &wider.actors, &rule.actors, false)
        && covers(domain, &wider.targets, &rule.targets, true)
        && covers(domain, &rule.except_actors, &wider.except_actors, false)
        && covers(domain, &rule.except, &wider.except, true)
}

/// Whether `wider` counts whenever `when` does.
fn lasts_as_long(when: &When, wider: &When) -> bool {
    let begins = wider.from().is_none_or(|from| when.from().is_some_and(|own| own >= from));
    let ends = wider.until().is_none_or(|until| when.until().is_some_and(|own| own <= until));
    begins && ends && (wider.hours().is_empty() || wider.hours() == when.hours())
}

/// Whether `wide` names all that `narrow` stands for.
fn covers(domain: &Domain, wide: &List, narrow: &List, targets: bool) -> bool {
    let everyone = wide.words.has(Everyone::Users) || wide.words.has(Everyone::UsersAndTeams);
    let teams = wide.words.has(Everyone::UsersAndTeams);
    let named: HashSet<Named<'_>> = names(wide).collect();
    names(narrow).all(|name| {
        named.contains(&name)
            || match name {
                Named::Party(party) => match domain.kind(party) {
                    Some(Kind::User) => everyone,
                    // As an actor a team stands for its agents, who are users.
                    Some(Kind::Team) => {
                        if targets {
                            teams
                        } else {
                            everyone
                        }
                    }
                    // Contacts are no targets.
                    _ => targets,
                },
                // A group of actors may hold contacts.
                Named::Group(_) => targets && teams,
                Named::Word(Everyone::Users | Everyone::SameSite) => everyone,
                Named::Word(Everyone::UsersAndTeams | Everyone::OwnTeam) => teams,
                Named::Word(Everyone::Oneself) => false,
            }
    })
}

/// Whether the exceptions of a rule name all of its actors or all of its targets.
fn nothing_left(domain: &Domain, rule: &Rule) -> bool {
    covers(domain, &rule.except_actors, &rule.actors, false) || covers(domain, &rule.except, &rule.targets, true)
}
