//! Candidates in pascom: members, role types and permissions, a team's agents, `show_numbers`. It knows no other system.
#![forbid(unsafe_code)]

use super::super::Answered;
use super::{Candidates, FEW, Reach, free_name, one};
use crate::id::{Kind, Line, Party};
use crate::policy::change::{Change, List};
use crate::right::{Right, RightSet};
use crate::system::pascom::{Pascom, Permission, RoleType};

/// A role type that could give the right, and the members it needs.
struct Wanted {
    role_type: RoleType,
    /// The target's kind.
    kind: Kind,
    /// The actor, and the target if it has to be a member.
    parties: Vec<Party>,
}

impl Wanted {
    /// The members the permission lacks.
    fn missing(&self, answered: &Answered<'_>, permission: &Permission) -> Vec<Party> {
        let holds = |(index, party): (usize, &Party)| {
            answered.holds(permission, if index == 0 { Kind::User } else { self.kind }, *party)
        };
        let parties = self.parties.iter().enumerate().filter(|(index, party)| !holds((*index, party)));
        parties.map(|(_, party)| *party).collect()
    }
}

/// The role type that gives the right, with `show_numbers` assumed.
fn wanted(answered: &Answered<'_>) -> Option<Wanted> {
    let (actor, target) = (answered.actor, answered.question.target);
    let kind = answered.domain.kind(target).filter(|_| answered.inside())?;
    let shown = Pascom { show_numbers: true, permissions: Vec::new() };
    let actor_right = |role_type: RoleType| role_type.actor_right().map_or(RightSet::EMPTY, Right::mask);
    let right = answered.question.right.mask();
    let gives =
        |role_type: &&RoleType| (shown.shared_right(**role_type, kind) | actor_right(**role_type)).contains(right);
    let role_type = *RoleType::ALL.iter().find(gives)?;
    let alone = role_type.actor_right().is_some() || actor == target;
    let parties = if alone { vec![actor] } else { vec![actor, target] };
    Some(Wanted { role_type, kind, parties })
}

fn names(answered: &Answered<'_>, parties: &[Party]) -> Vec<String> {
    parties.iter().map(|party| answered.question.names.text(*party)).collect()
}

/// Makes the actor an agent of the team.
pub(super) fn agent(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(team) = answered.domain.team(answered.question.target).filter(|_| answered.inside()) else { return };
    let (of, parties) = (answered.target_name().replace("team:", ""), vec![answered.actor_name()]);
    let words = format!("add {} to the agents of {}", answered.actor_name(), answered.target_name());
    candidates.add(Reach::Party, words, team.line, one(Change::AddMember { list: List::Agents, of, parties }));
}

/// Adds members to a permission that has the role type.
pub(super) fn members(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(wanted) = wanted(answered) else { return };
    let carriers = answered.domain.pascom.permissions.iter().filter(|entry| entry.types.has(wanted.role_type));
    let lacking = carriers.map(|permission| (permission, wanted.missing(answered, permission)));
    let mut found: Vec<_> = lacking.filter(|(_, missing)| !missing.is_empty()).collect();
    found.sort_by_key(|(_, missing)| missing.len());
    for (permission, missing) in found.into_iter().take(FEW) {
        let (parties, of) = (names(answered, &missing), permission.name.clone());
        let words = format!("add {} to permission `{of}`", parties.join(" and "));
        candidates.add(
            Reach::Party,
            words,
            permission.line,
            one(Change::AddMember { list: List::Permission, of, parties }),
        );
    }
}

/// Adds a permission.
pub(super) fn new_permission(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(wanted) = wanted(answered) else { return };
    let permissions = &answered.domain.pascom.permissions;
    let role_type = wanted.role_type;
    let parties = names(answered, &wanted.parties);
    let words = format!("add a permission with `{}` that holds {}", role_type.word(), parties.join(" and "));
    let name = free_name(role_type.word(), permissions.iter().map(|permission| permission.name.as_str()));
    // The first permission with the role type ends the open default.
    let reach = if answered.domain.pascom.carries(role_type) { Reach::Pair } else { Reach::Party };
    let edit = [
        Change::AddPermission { name: name.clone() },
        Change::AddRoleType { permission: name.clone(), role_type },
        Change::AddMember { list: List::Permission, of: name, parties },
    ];
    candidates.add(reach, words, Line::default(), edit);
}

/// Adds the role type to a permission that has the members.
pub(super) fn role_type(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(wanted) = wanted(answered) else { return };
    let permissions = answered.domain.pascom.permissions.iter();
    let holding = permissions.filter(|permission| {
        !permission.types.has(wanted.role_type) && wanted.missing(answered, permission).is_empty()
    });
    for permission in holding.take(FEW) {
        let (role_type, permission_name) = (wanted.role_type, permission.name.clone());
        let words = format!("add `{}` to permission `{permission_name}`", role_type.word());
        let edit = Change::AddRoleType { permission: permission_name, role_type };
        candidates.add(Reach::Group, words, permission.line, one(edit));
    }
}

pub(super) fn show_numbers(answered: &Answered<'_>, candidates: &mut Candidates) {
    if !answered.domain.pascom.show_numbers && wanted(answered).is_some() {
        candidates.add(Reach::Domain, "show_numbers = true", Line::default(), one(Change::SetShowNumbers { on: true }));
    }
}
