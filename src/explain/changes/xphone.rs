//! Candidates in XPhone: own settings, flags, groups, defaults, and the matrix. It knows no other system.
#![forbid(unsafe_code)]

use super::super::Answered;
use super::super::sources::when_words;
use super::{Candidates, FEW, Reach, one, row_words};
use crate::id::Kind;
use crate::image::evaluate::check::TraceEvent;
use crate::policy::User;
use crate::policy::change::{Change, Direction, List, Scope};
use crate::policy::dated::{Dated, Fact};
use crate::rule::{Origin, Side};
use crate::system::System;
use crate::system::xphone::Label;

/// The owner, if XPhone has rights between the pair.
fn owner<'a>(answered: &Answered<'a>) -> Option<&'a User> {
    answered.domain.user(answered.question.target).filter(|_| answered.person_to_user())
}

/// The lowest of the labels that has the right.
fn least(answered: &Answered<'_>, offered: &[Label]) -> Option<Label> {
    let matrix = &answered.domain.xphone.matrix;
    let inside = answered.inside();
    offered.iter().copied().find(|label| matrix.rights(*label, inside).has(answered.question.right))
}

fn for_viewer(answered: &Answered<'_>) -> &'static [Label] {
    if answered.inside() { Label::FOR_USERS } else { Label::FOR_CONTACTS }
}

fn pair(answered: &Answered<'_>) -> String {
    format!("{} for {}", answered.target_name(), answered.actor_name())
}

pub(super) fn own_setting(answered: &Answered<'_>, candidates: &mut Candidates) {
    let (Some(person), Some(label)) = (owner(answered), least(answered, for_viewer(answered))) else { return };
    let names = || (answered.target_name(), answered.actor_name());
    let (own, dated) = (person.xphone.setting(answered.actor), answered.dated(&setting(answered)));
    let mut now = own.map_or(String::new(), |own| format!("{} -> ", own.label.word()));
    let line = own.map(|own| own.line).or(dated.map(|dated| dated.line)).unwrap_or_default();
    if let Some((Dated { fact: Fact::Setting { label: held, .. }, when, .. }, at)) = dated.zip(Some(answered.now())) {
        now = format!("{}{} -> ", held.word(), when_words(&[when], at));
        if when.in_force(at) {
            let words = format!("own setting of {}: {now}{} with the same dates", pair(answered), label.word());
            let ((owner, viewer), when) = (names(), when.clone());
            candidates.add(Reach::Pair, words, line, one(Change::SetDatedRelationship { owner, viewer, label, when }));
        }
    }
    let words = format!("own setting of {}: {now}{}", pair(answered), label.word());
    let (owner, viewer) = names();
    candidates.add(Reach::Pair, words, line, one(Change::SetRelationship { owner, viewer, label }));
}

/// The pair's own setting, whatever it says.
fn setting(answered: &Answered<'_>) -> Fact {
    Fact::Setting { owner: answered.question.target, viewer: answered.actor, label: Label::Unknown }
}

pub(super) fn no_own_setting(answered: &Answered<'_>, candidates: &mut Candidates) {
    let own = owner(answered).and_then(|owner| owner.xphone.setting(answered.actor)).map(|own| own.line);
    let dated = answered.dated(&setting(answered)).filter(|_| owner(answered).is_some());
    let Some(line) = own.or(dated.map(|dated| dated.line)) else { return };
    let dates = dated.map_or_else(String::new, |dated| when_words(&[&dated.when], answered.now()));
    let words = format!("remove the own setting of {}{dates}", pair(answered));
    let edit = Change::ClearRelationship { owner: answered.target_name(), viewer: answered.actor_name() };
    candidates.add(Reach::Pair, words, line, one(edit));
}

/// Adds one of the two to a workgroup of the other.
pub(super) fn membership(answered: &Answered<'_>, candidates: &mut Candidates) {
    if owner(answered).is_none() || !answered.inside() {
        return;
    }
    let matrix = &answered.domain.xphone.matrix;
    let gives = |label| matrix.rights(label, true).has(answered.question.right);
    let mut found = 0;
    for group in answered.domain.xphone.workgroups.iter().filter(|group| gives(group.label)) {
        let holds = |party| group.members.contains(&party) || answered.joins_now(&group.name, party);
        let joins = match (holds(answered.actor), holds(answered.question.target)) {
            (true, false) => answered.target_name(),
            (false, true) => answered.actor_name(),
            _ => continue,
        };
        let words = format!("add {joins} to workgroup `{}`", group.name);
        let edit = Change::AddMember { list: List::Workgroup, of: group.name.clone(), parties: vec![joins] };
        candidates.add(Reach::Party, words, group.line, one(edit));
        found += 1;
        if found == FEW {
            return;
        }
    }
}

pub(super) fn flags(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(owner) = owner(answered) else { return };
    if owner.xphone.vip {
        let user = answered.target_name();
        let words = format!("vip of {user}: true -> false");
        candidates.add(Reach::Party, words, owner.line, one(Change::SetVip { user, on: false }));
    }
    if let Some(viewer) = answered.domain.user(answered.actor).filter(|viewer| !viewer.xphone.assistant) {
        let user = answered.actor_name();
        let words = format!("assistant of {user}: false -> true");
        candidates.add(Reach::Party, words, viewer.line, one(Change::SetAssistant { user, on: true }));
    }
}

/// Raises the label of a group of both.
pub(super) fn groups(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(label) = owner(answered).and_then(|_| least(answered, Label::FOR_GROUPS)) else { return };
    let xphone = &answered.domain.xphone;
    let keys = answered.events.iter().filter_map(|event| match event {
        TraceEvent::Group(key, outcome) if outcome.label != 0 => answered.origin(*key),
        _ => None,
    });
    for origin in keys.take(FEW) {
        match origin {
            Origin::Workgroup(index) => {
                let Some(group) = xphone.workgroups.get(index as usize) else { continue };
                let name = group.name.clone();
                let words = format!("level of workgroup `{name}`: {} -> {}", group.label.word(), label.word());
                candidates.add(Reach::Group, words, group.line, one(Change::SetWorkgroup { name, label }));
            }
            Origin::MonitoringGroup(index, from, to) => {
                let Some(group) = xphone.monitoring_groups.get(index as usize) else { continue };
                let Some(now) = group.label(from, to) else { continue };
                let direction = match (from, to) {
                    (Side::Observers, Side::Members) => Direction::ObserversToMembers,
                    (Side::Members, Side::Observers) => Direction::MembersToObservers,
                    (Side::Observers, Side::Observers) => Direction::AmongObservers,
                    (Side::Members, Side::Members) => Direction::AmongMembers,
                };
                let (key, name) = (direction.word(), group.name.clone());
                let words = format!("{key} of monitoring group `{name}`: {} -> {}", now.word(), label.word());
                candidates.add(
                    Reach::Group,
                    words,
                    group.line,
                    one(Change::SetMonitoringGroup { name, direction, label }),
                );
            }
            _ => {}
        }
    }
}

/// Raises the default that applies to the pair.
pub(super) fn defaults(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(person) = owner(answered).map(|user| &user.xphone) else { return };
    let scope = answered.events.iter().find_map(|event| match event {
        TraceEvent::SameSite(_) => Some(Scope::SameSite),
        TraceEvent::OtherSites(_) => Some(Scope::OtherSites),
        TraceEvent::Outside(_) => Some(Scope::Outside),
        _ => None,
    });
    let xphone = &answered.domain.xphone;
    let (Some(scope), Some(index), Some(now)) = (scope, person.site, xphone.defaults(person)) else { return };
    let (Some(label), Some(entry)) = (least(answered, for_viewer(answered)), xphone.sites.get(usize::from(index)))
    else {
        return;
    };
    let now = match scope {
        Scope::SameSite => now.same_site,
        Scope::OtherSites => now.other_sites,
        Scope::Outside => now.outside,
    };
    let group = person.group.and_then(|group| entry.groups.get(usize::from(group)));
    let site = entry.name.clone();
    let (name, line, edit) = match group {
        Some(group) => {
            let edit = Change::SetGroupDefault { site, group: group.name.clone(), scope, label };
            (format!("group `{}` of site `{}`", group.name, entry.name), group.line, edit)
        }
        None => (format!("site `{}`", entry.name), entry.line, Change::SetDefault { site, scope, label }),
    };
    let words = format!("{} of {name}: {} -> {}", scope.word(), now.word(), label.word());
    candidates.add(Reach::Group, words, line, one(edit));
}

/// Rows of the matrix, for the label in force.
pub(super) fn matrix(answered: &Answered<'_>, candidates: &mut Candidates) {
    if answered.domain.kind(answered.question.target) != Some(Kind::User) {
        return;
    }
    let label = answered.label().unwrap_or(Label::Unknown);
    let right = answered.question.right;
    for row in answered.domain.xphone.matrix.rows().iter().filter(|row| row.gives().contains(right.mask())).take(FEW) {
        let Some(key) = row.rights.first() else { continue };
        let has = |held: &Label| row.cell(*held);
        let now: Vec<&str> = Label::ALL.iter().filter(|held| has(held)).map(|held| held.word()).collect();
        let then = Label::ALL.iter().filter(|held| has(held) || **held == label);
        let levels: Vec<String> = then.map(|held| held.word().to_string()).collect();
        let words = row_words(System::Xphone, key.name(), &now, &levels);
        let line = answered.row_line(System::Xphone, key.name()).unwrap_or_default();
        let edit = Change::SetMatrix { system: System::Xphone, right: key.to_string(), levels };
        candidates.add(Reach::Domain, words, line, one(edit));
    }
}
