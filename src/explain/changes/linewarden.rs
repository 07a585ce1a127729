//! Candidates in linewarden's own system: a rule for the pair, and fewer exemptions. It knows no other system.
#![forbid(unsafe_code)]

use super::super::Answered;
use super::{Candidates, Reach, free_name, one};
use crate::id::{Kind, Line};
use crate::policy::change::{Change, Exempted, RuleParts};
use crate::system::linewarden::{CALL_TO, EXEMPTABLE, Everyone, IN_RULES, listed_name};

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
