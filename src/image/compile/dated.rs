//! Lowers facts with dates to group keys that count at their times. The keys follow from the facts and their order.
#![forbid(unsafe_code)]

use super::group_rule::Rule;
use super::levels::granted;
use crate::calendar::When;
use crate::id::{Kind, Party};
use crate::policy::Domain;
use crate::policy::dated::{Fact, by_dates};
use crate::rule::condition::Condition;
use crate::rule::{Origin, Outcome};
use crate::system::System;
use crate::system::estos::{Grant, OwnGrant};
use crate::system::pascom::Permission;
use std::borrow::Cow;
use std::collections::HashMap;

const KINDS: [(Kind, Condition); 3] = [
    (Kind::User, Condition::TO_USERS.and(Condition::TO_ONESELF)),
    (Kind::Team, Condition::TO_TEAMS),
    (Kind::Location, Condition::TO_LOCATIONS),
];

/// Calls `each` with every key of a fact with dates, in order. `before` is the key before their first; returns their last.
pub(super) fn rules<'a>(domain: &'a Domain, before: u32, each: &mut impl FnMut(Rule<'a>)) -> u32 {
    let mut keys = Keys { last: before, each };
    for (dated, index) in domain.dated.iter().zip(0..) {
        if domain.systems.has(dated.fact.system()) {
            of_pair(domain, &dated.fact, &dated.when, index, &mut keys);
        }
    }
    let members = members(domain);
    if domain.systems.has(System::Xphone) {
        workgroups(domain, &members, &mut keys);
    }
    if domain.systems.has(System::Pascom) {
        for (permission, index) in domain.pascom.permissions.iter().zip(0..) {
            let dated = members.get(&(System::Pascom, permission.name.as_str()));
            of_permission(domain, (permission, index), dated.map_or(&[], Vec::as_slice), &mut keys);
        }
    }
    keys.last
}

/// Members with dates, by system and name of their group.
type Members<'a> = HashMap<(System, &'a str), Vec<(&'a When, (Kind, Party))>>;

fn members(domain: &Domain) -> Members<'_> {
    let mut members = Members::new();
    for dated in &domain.dated {
        let (system, name, member) = match &dated.fact {
            Fact::WorkgroupMember { group, member } => (System::Xphone, group, (Kind::User, *member)),
            Fact::PermissionMember { permission, kind, member } => (System::Pascom, permission, (*kind, *member)),
            Fact::Setting { .. } | Fact::Grant { .. } => continue,
        };
        members.entry((system, name)).or_default().push((&dated.when, member));
    }
    members
}

struct Keys<'k, E> {
    last: u32,
    each: &'k mut E,
}

impl<E> Keys<'_, E> {
    fn add<'a>(
        &mut self,
        (actors, targets): (Vec<Party>, Vec<Party>),
        outcome: Outcome,
        origin: Origin,
        condition: Condition,
        when: [Option<&'a When>; 2],
    ) where
        E: FnMut(Rule<'a>),
    {
        self.last += 1;
        let (actors, targets) = (Cow::Owned(actors), Cow::Owned(targets));
        (self.each)(Rule { key: self.last, actors, targets, outcome, origin, condition, when });
    }
}

/// What an owner or the administrator says of one viewer.
fn of_pair<'a, E: FnMut(Rule<'a>)>(
    domain: &'a Domain,
    fact: &'a Fact,
    when: &'a When,
    index: u32,
    keys: &mut Keys<'_, E>,
) {
    let when = [Some(when), None];
    match *fact {
        Fact::Setting { owner, viewer, label } => {
            let (outcome, condition) = (Outcome::label(label as u8), Condition::own_setting(label as u8));
            keys.add((vec![viewer], vec![owner]), outcome, Origin::OwnSetting(index), condition, when);
        }
        Fact::Grant { owner, viewer, grant, administrative: false } => {
            let own = OwnGrant { viewer, grant, line: Default::default() };
            let outcome = Outcome::graded(granted(domain, &own));
            keys.add((vec![viewer], vec![owner]), outcome, Origin::OwnGrant(index), Condition::NONE, when);
        }
        Fact::Grant { owner, viewer, grant, administrative: true } => {
            // The rights by level are united in any case; who granted them, the origin says.
            let (outcome, origin) = (domain.estos.lower(grant), Origin::AdministrativeGrant(index));
            keys.add((vec![viewer], vec![owner]), outcome, origin, Condition::NONE, when);
            if matches!(grant, Grant::Rights(_)) {
                let outcome = Outcome { fixed: true, ..Outcome::default() };
                keys.add((vec![owner], vec![viewer]), outcome, origin, Condition::NONE, when);
            }
        }
        Fact::WorkgroupMember { .. } | Fact::PermissionMember { .. } => {}
    }
}

fn workgroups<'a, E: FnMut(Rule<'a>)>(domain: &'a Domain, members: &Members<'a>, keys: &mut Keys<'_, E>) {
    for (group, index) in domain.xphone.workgroups.iter().zip(0..) {
        let Some(dated) = members.get(&(System::Xphone, group.name.as_str())) else { continue };
        let dated = dated.iter().map(|(when, (_, member))| (*when, *member));
        let (dates, origin) = (by_dates(dated), Origin::Workgroup(index));
        let outcome = Outcome::label(group.label as u8);
        for (at, (when, some)) in dates.iter().enumerate() {
            let all: Vec<Party> = group.members.iter().chain(some).copied().collect();
            keys.add((all.clone(), all), outcome, origin, Condition::NONE, [Some(when), None]);
            for (other, others) in dates.iter().skip(at + 1) {
                let both: Vec<Party> = some.iter().chain(others).copied().collect();
                keys.add((both.clone(), both), outcome, origin, Condition::NONE, [Some(when), Some(other)]);
            }
        }
    }
}

fn of_permission<'a, E: FnMut(Rule<'a>)>(
    domain: &'a Domain,
    (permission, index): (&'a Permission, u32),
    dated: &[(&'a When, (Kind, Party))],
    keys: &mut Keys<'_, E>,
) {
    // A list beside an automatic kind is without effect.
    let dated = dated.iter().copied().filter(|(_, (kind, _))| !permission.automatic.of(*kind));
    let (dates, origin) = (by_dates(dated), Origin::Permission(index));
    let of = |members: &[(Kind, Party)], wanted: Kind| -> Vec<Party> {
        members.iter().filter(|(kind, _)| *kind == wanted).map(|(_, member)| *member).collect()
    };
    let listed = |kind: Kind| !permission.automatic.of(kind);
    let actor_rights = permission.actor_rights();
    for (when, members) in &dates {
        let users = of(members, Kind::User);
        if !users.is_empty() && !actor_rights.is_empty() {
            let (outcome, to) = (Outcome::plain(actor_rights), KINDS[0].1);
            keys.add((users, Vec::new()), outcome, origin, to, [Some(when), None]);
        }
    }
    for (kind, open) in KINDS {
        let given = domain.pascom.shared_rights(permission, kind);
        if given.is_empty() {
            continue;
        }
        let outcome = Outcome::plain(given);
        for (at, (when, members)) in dates.iter().enumerate() {
            let (users, targets) = (of(members, Kind::User), of(members, kind));
            let once = [Some(*when), None];
            match (listed(Kind::User), listed(kind)) {
                (true, true) => {
                    let actors = permission.users.iter().chain(&users).copied().collect();
                    let all = permission.manual(kind).iter().chain(&targets).copied().collect();
                    keys.add((actors, all), outcome, origin, Condition::NONE, once);
                    for (_, (other, others)) in dates.iter().enumerate().filter(|(other, _)| *other != at) {
                        let twice = [Some(*when), Some(*other)];
                        keys.add((users.clone(), of(others, kind)), outcome, origin, Condition::NONE, twice);
                    }
                }
                (true, false) => keys.add((users, Vec::new()), outcome, origin, open, once),
                (false, true) => keys.add((Vec::new(), targets), outcome, origin, Condition::BY_USERS, once),
                (false, false) => {}
            }
        }
    }
}
