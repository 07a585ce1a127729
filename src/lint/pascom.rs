//! What is legal but likely wrong in pascom's settings.
#![forbid(unsafe_code)]

use super::{MANY, Report};
use crate::id::{Kind, Line};
use crate::system::pascom::{Permission, PickupNotification, RoleType};

pub(super) fn check(report: &mut Report<'_>) {
    open(report);
    closed(report, RoleType::PickupGroup, "closed-pickup", "pick up a call");
    closed(report, RoleType::LocationGroup, "closed-login", "log in at a location");
    for permission in &report.domain.pascom.permissions {
        members(report, permission);
        reach(report, permission);
    }
    teams(report);
}

fn open(report: &mut Report<'_>) {
    let domain = report.domain;
    if domain.pickup_is_open() && domain.users.len() > 1 {
        let message = "everybody may pick up every call: no permission carries `pickup.group`";
        report.add("open-pickup", Line::default(), message.into());
    }
    if domain.login_is_open() && domain.places.iter().any(|place| place.kind == Kind::Location) {
        let message = "everybody may log in at every location: no permission carries `location.group`";
        report.add("open-login", Line::default(), message.into());
    }
}

/// A role type that closes for everybody, because it exists and nowhere has the members it needs.
fn closed(report: &mut Report<'_>, role_type: RoleType, rule: &'static str, what: &str) {
    let carriers = || report.domain.pascom.permissions.iter().filter(|permission| permission.types.has(role_type));
    if carriers().any(|permission| has_effect(permission, role_type)) {
        return;
    }
    if let Some(first) = carriers().next() {
        let word = role_type.word();
        let message =
            format!("nobody may {what}: permission `{}` carries `{word}` without the members it needs", first.name);
        report.add(rule, first.line, message);
    }
}

fn members(report: &mut Report<'_>, permission: &Permission) {
    for role_type in permission.types.iter().filter(|role_type| !has_effect(permission, *role_type)) {
        let closes = matches!(role_type, RoleType::PickupGroup | RoleType::LocationGroup);
        let mut carriers = report.domain.pascom.permissions.iter().filter(|other| other.types.has(role_type));
        if closes && !carriers.any(|other| has_effect(other, role_type)) {
            continue; // said once, by `closed`
        }
        let message = format!(
            "permission `{}` carries `{}` without the members it needs, {}",
            permission.name,
            role_type.word(),
            needs(role_type)
        );
        report.add("permission-without-members", permission.line, message);
    }
    for kind in [Kind::User, Kind::Team, Kind::Location, Kind::Device] {
        if permission.automatic.of(kind) && !permission.manual(kind).is_empty() {
            let (name, word) = (&permission.name, kind.word());
            let message =
                format!("permission `{name}` holds every {word} automatically, so its list of {word}s is not used");
            report.add("shadowed-list", permission.line, message);
        }
    }
}

/// Whether the members suffice for the role type to give anybody anything. Automatic kinds count as many: they grow.
fn has_effect(permission: &Permission, role_type: RoleType) -> bool {
    let count = |kind| {
        if permission.automatic.of(kind) { usize::MAX } else { permission.manual(kind).len() }
    };
    let users = count(Kind::User);
    match role_type {
        RoleType::PickupGroup | RoleType::XmppGroup => users > 1 || users == 1 && count(Kind::Team) > 0,
        RoleType::LocationGroup => users > 0 && count(Kind::Location) > 0,
        RoleType::BillingGroup => true,
        _ => users > 0,
    }
}

fn needs(role_type: RoleType) -> &'static str {
    match role_type {
        RoleType::PickupGroup | RoleType::XmppGroup => "two users or a user and a team",
        RoleType::LocationGroup => "a user and a location",
        _ => "a user",
    }
}

/// Role types that reach every user of the domain.
fn reach(report: &mut Report<'_>, permission: &Permission) {
    for (role_type, what) in [
        (RoleType::XmppSupervisor, "control everybody's calls"),
        (RoleType::RedirectGroup, "set everybody's forwardings"),
    ] {
        if permission.types.has(role_type) && permission.automatic.users {
            let message =
                format!("everybody may {what}: permission `{}` holds every user automatically", permission.name);
            report.add("open-actors", permission.line, message);
        }
    }
    let users = report.domain.users.len();
    if permission.types.has(RoleType::XmppSupervisor)
        && has_effect(permission, RoleType::XmppSupervisor)
        && users > MANY
    {
        let message = format!("each user of permission `{}` controls the calls of {users} users", permission.name);
        report.add("wide-supervisor", permission.line, message);
    }
}

fn teams(report: &mut Report<'_>) {
    let permissions = report.domain.pascom.permissions.iter().filter(|p| p.types.has(RoleType::PickupGroup));
    let automatic = permissions.clone().any(|permission| permission.automatic.teams);
    let listed: std::collections::HashSet<_> = permissions.flat_map(|permission| &permission.teams).collect();
    for team in &report.domain.teams {
        let name = report.name(team.party);
        if team.pickup_notification == PickupNotification::PickupGroup && !automatic && !listed.contains(&team.party) {
            let message =
                format!("`{name}` tells its whole pickup group, but no permission with `pickup.group` holds it");
            report.add("pickup-group-missing", team.line, message);
        }
        if team.agents.is_empty() {
            report.add("team-without-agents", team.line, format!("`{name}` has no agents"));
        }
    }
}
