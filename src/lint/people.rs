//! Members with dates, as the rules about members see them. It must never hide a member that counts now or will.
#![forbid(unsafe_code)]

use super::Report;
use crate::calendar::When;
use crate::id::{Kind, Line, Party};
use crate::policy::Domain;
use crate::policy::dated::{Dated, Fact};
use crate::system::System;
use crate::system::pascom::{Permission, RoleType};
use crate::wording::quote;
use std::borrow::Cow;
use std::collections::HashMap;

/// The domain with each member that counts at some times, or will, among the members of its group: whether a group has enough of them
/// does not hang on their dates.
pub(super) fn with_members(domain: &Domain, at: i64) -> Cow<'_, Domain> {
    let is_member = |fact: &Fact| matches!(fact, Fact::WorkgroupMember { .. } | Fact::PermissionMember { .. });
    let mut facts = domain.dated.iter().filter(|dated| is_member(&dated.fact) && !dated.when.is_over(at)).peekable();
    if facts.peek().is_none() {
        return Cow::Borrowed(domain);
    }
    let mut whole = domain.clone();
    for Dated { fact, .. } in facts {
        match fact {
            Fact::WorkgroupMember { group, member } => {
                if let Some(held) = whole.xphone.workgroups.iter_mut().find(|held| held.name == *group) {
                    held.members.push(*member);
                }
            }
            Fact::PermissionMember { permission, kind, member } => {
                let held = whole.pascom.permissions.iter_mut().find(|held| held.name == *permission);
                if let Some(list) = held.and_then(|held| held.manual_mut(*kind)) {
                    list.push(*member);
                }
            }
            Fact::Setting { .. } | Fact::Grant { .. } => {}
        }
    }
    Cow::Owned(whole)
}

/// A member, and when it is one; `None` for always.
type Member<'a> = (Party, Option<&'a When>);

/// Reports the groups no two of whose members ever count at the same time.
pub(super) fn apart(report: &mut Report<'_>, at: i64) {
    let domain = report.domain;
    let mut dated: HashMap<(System, &str), Vec<(Kind, Member<'_>)>> = HashMap::new();
    for Dated { fact, when, .. } in domain.dated.iter().filter(|dated| !dated.when.is_over(at)) {
        match fact {
            Fact::WorkgroupMember { group, member } => {
                dated.entry((System::Xphone, group)).or_default().push((Kind::User, (*member, Some(when))));
            }
            Fact::PermissionMember { permission, kind, member } => {
                dated.entry((System::Pascom, permission)).or_default().push((*kind, (*member, Some(when))));
            }
            Fact::Setting { .. } | Fact::Grant { .. } => {}
        }
    }
    let of = |system, name: &str, kind: Kind, always: &[Party]| -> Vec<Member<'_>> {
        let dated = dated.get(&(system, name)).map_or(&[][..], Vec::as_slice);
        let dated = dated.iter().filter(|(of, _)| *of == kind).map(|(_, member)| *member);
        always.iter().map(|party| (*party, None)).chain(dated).collect()
    };
    if domain.systems.has(System::Xphone) {
        for group in domain.xphone.workgroups.iter().filter(|group| group.members.is_empty()) {
            let members = of(System::Xphone, &group.name, Kind::User, &[]);
            report_apart(report, &members, &members, at, "workgroup", &group.name, group.line);
        }
    }
    if domain.systems.has(System::Pascom) {
        for permission in domain.pascom.permissions.iter().filter(|held| held.users.is_empty() && !held.automatic.users)
        {
            let members = |kind| of(System::Pascom, &permission.name, kind, permission.manual(kind));
            let users = members(Kind::User);
            let Some(targets) = targets(permission) else { continue };
            let targets: Vec<Member<'_>> = targets.iter().flat_map(|kind| members(*kind)).collect();
            report_apart(report, &users, &targets, at, "permission", &permission.name, permission.line);
        }
    }
}

/// The kinds of members of whom one must count together with a user, where every role type needs one of them that is listed.
fn targets(permission: &Permission) -> Option<&'static [Kind]> {
    let (mut persons, mut places) = (false, false);
    for role_type in permission.types.iter() {
        match role_type {
            RoleType::PickupGroup | RoleType::XmppGroup => persons = true,
            RoleType::LocationGroup => places = true,
            _ => return None,
        }
    }
    match (persons && !permission.automatic.teams, places && !permission.automatic.locations) {
        (true, false) if !places => Some(&[Kind::User, Kind::Team]),
        (false, true) if !persons => Some(&[Kind::Location]),
        (true, true) => Some(&[Kind::User, Kind::Team, Kind::Location]),
        _ => None,
    }
}

fn report_apart(
    report: &mut Report<'_>,
    some: &[Member<'_>],
    others: &[Member<'_>],
    at: i64,
    what: &str,
    name: &str,
    line: Line,
) {
    /// Pairs that are tried at most: of more members some meet.
    const TRIED: usize = 10_000;
    let pairs = || some.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
    let mut pairs = pairs().filter(|(one, other)| one.0 != other.0).take(TRIED + 1);
    let (mut count, mut meet) = (0, false);
    for ((_, one), (_, other)) in &mut pairs {
        count += 1;
        let whens: Vec<&When> = one.iter().chain(other).copied().collect();
        if When::first_together(&whens, at).is_some() {
            meet = true;
            break;
        }
    }
    if count == 0 || meet || count > TRIED {
        return;
    }
    report.add(
        "never",
        line,
        format!("{what}s give nothing: no two of their members count at the same time"),
        || quote(name),
        || format!("{what} `{name}` gives nothing: no two of its members count at the same time"),
    );
}
