//! Candidates in linewarden's own system: a rule for the pair, rules that name it already, and fewer exemptions. It knows no other
//! system.
#![forbid(unsafe_code)]

use super::super::Answered;
use super::super::sources::pending_words;
use super::{Candidates, FEW, Reach, free_name, one};
use crate::calendar::When;
use crate::id::{Kind, Line};
use crate::image::evaluate::check::TraceEvent;
use crate::policy::change::{Change, Exempted, RuleParts};
use crate::rule::Origin;
use crate::system::linewarden::{CALL_TO, EXEMPTABLE, Everyone, IN_RULES, List, Rule, listed_name};

/// Adds a rule for the actor and the target.
pub(super) fn new_rule(answered: &Answered<'_>, candidates: &mut Candidates) {
    let (domain, right) = (answered.domain, answered.question.right);
    let oneself = answered.actor == answered.question.target;
    let of_numbers = CALL_TO.contains(right.mask());
    if oneself != of_numbers || !IN_RULES.contains(right.mask()) {
        return;
    }
    if !matches!(answered.kind, Kind::User | Kind::Contact) {
        return;
    }
    let actor = listed_name(answered.actor_name(), &domain.name);
    let target = match oneself {
        true => Everyone::Oneself.word().to_owned(),
        false => listed_name(answered.target_name(), &domain.name),
    };
    let name = free_name(right.name(), domain.linewarden.rules.iter().map(|rule| rule.name.as_str()));
    let words = format!("add a rule that gives {actor} {right} on {target}");
    let parts = RuleParts {
        rights: Some(right.mask()),
        actors: Some(vec![actor]),
        targets: Some(vec![target]),
        ..RuleParts::default()
    };
    candidates.add(Reach::Pair, words, Line::default(), one(Change::AddRule { name, parts }));
}

/// Lets a rule that names both count now, or give the right, too.
pub(super) fn rules(answered: &Answered<'_>, candidates: &mut Candidates) {
    let (right, rules) = (answered.question.right, &answered.domain.linewarden.rules);
    if !IN_RULES.contains(right.mask()) {
        return;
    }
    let rule_of = |key| match answered.origin(key)? {
        Origin::Rule(index) => rules.get(index as usize),
        _ => None,
    };
    let mut tried: Vec<&str> = Vec::new();
    for event in answered.events.iter() {
        let (rule, parts, words) = match *event {
            TraceEvent::Group(key, _) => {
                let Some(rule) = rule_of(key).filter(|rule| !rule.rights.contains(right.mask())) else { continue };
                let parts = RuleParts { rights: Some(rule.rights | right.mask()), ..RuleParts::default() };
                (rule, parts, format!("rule `{}`: also {right}", rule.name))
            }
            TraceEvent::Dated(key, false) => {
                let Some(rule) = rule_of(key).filter(|rule| rule.rights.contains(right.mask())) else { continue };
                let Some((when, less)) = wider(&rule.when, answered.now()) else { continue };
                let held = pending_words(&[&rule.when], answered.now());
                let parts = RuleParts { when: Some(when), ..RuleParts::default() };
                (rule, parts, format!("rule `{}`, {held}: without {less}", rule.name))
            }
            _ => continue,
        };
        // One rule may have several keys.
        if tried.contains(&rule.name.as_str()) {
            continue;
        }
        tried.push(&rule.name);
        let reach = if is_of_one_pair(rule) { Reach::Pair } else { Reach::Group };
        candidates.add(reach, words, rule.line, one(Change::SetRule { name: rule.name.clone(), parts }));
        if tried.len() == FEW {
            return;
        }
    }
}

/// A when without as much of it as keeps it from counting at the instant, and that in words; `None` where it counts.
fn wider(when: &When, at: i64) -> Option<(When, &'static str)> {
    let ([from, until], hours) = (when.ends(), when.hours().to_vec());
    let less = [
        (When::between(from, None, hours.clone()), "`until`"),
        (When::between(None, until, hours), "`from`"),
        (When::between(from, until, Vec::new()), "`hours`"),
        (Ok(When::default()), "dates"),
    ];
    let of = |(when, less): (Result<When, String>, _)| Some((when.ok()?, less));
    less.into_iter().filter(|_| !when.in_force(at)).filter_map(of).find(|(when, _)| when.in_force(at))
}

fn is_of_one_pair(rule: &Rule) -> bool {
    let one = |list: &List| list.parties.len() == 1 && list.groups.is_empty() && list.words.is_empty();
    one(&rule.actors) && one(&rule.targets)
}

/// Takes the right from what the target is exempt from.
pub(super) fn exempt(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(target) = answered.domain.user(answered.question.target) else { return };
    let (held, right) = (target.linewarden.exempt, answered.question.right);
    if !held.has(right) {
        return;
    }
    let user = answered.target_name();
    let left = held.without(right.mask());
    let rights = EXEMPTABLE.into_iter().filter(|right| left.has(*right)).map(Exempted).collect();
    let words = format!("exempt of {user} without {right}");
    candidates.add(Reach::Party, words, target.line, one(Change::SetExempt { user, rights }));
}
