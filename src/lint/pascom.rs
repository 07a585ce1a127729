//! Settings of pascom that are legal but likely wrong. It knows no other system.
#![forbid(unsafe_code)]

use super::{MANY, Report};
use crate::id::{Kind, Party};
use crate::policy::Domain;
use crate::system::System;
use crate::system::pascom::{Permission, PickupNotification, RoleType};
use crate::wording::{listed, quote};
use std::collections::{HashMap, HashSet};

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
        report.add_whole("open-pickup", "every user may pick up every call: no permission carries `pickup.group`");
    }
    if domain.login_is_open() && domain.stations.iter().any(|station| station.kind == Kind::Location) {
        report
            .add_whole("open-login", "every user may log in at every location: no permission carries `location.group`");
    }
}

/// A role type that closes the open default and lets no user act, because no permission has the members it needs.
fn closed(report: &mut Report<'_>, role_type: RoleType, rule: &'static str, what: &str) {
    let carriers = || report.domain.pascom.permissions.iter().filter(|permission| permission.types.has(role_type));
    if carriers().any(|permission| has_effect(permission, role_type)) {
        return;
    }
    let word = role_type.word();
    let who = if role_type == RoleType::PickupGroup { "only a team's agents" } else { "no user" };
    let carriers: Vec<_> = carriers().map(|carrier| (carrier.name.clone(), carrier.line)).collect();
    for (name, line) in carriers {
        report.add(
            rule,
            line,
            format!("permissions carry `{word}` without the members it needs, so by pascom {who} may {what}"),
            || quote(&name),
            || format!("by pascom {who} may {what}: permission `{name}` carries `{word}` without the members it needs"),
        );
    }
}

fn members(report: &mut Report<'_>, permission: &Permission) {
    for role_type in permission.types.iter().filter(|role_type| !has_effect(permission, *role_type)) {
        let closes = matches!(role_type, RoleType::PickupGroup | RoleType::LocationGroup);
        let mut carriers = report.domain.pascom.permissions.iter().filter(|other| other.types.has(role_type));
        if closes && !carriers.any(|other| has_effect(other, role_type)) {
            continue; // `closed` reports it
        }
        let (name, word, needs) = (&permission.name, role_type.word(), needs(role_type));
        report.add(
            "permission-without-members",
            permission.line,
            format!("permissions carry `{word}` without the members it needs, {needs}"),
            || quote(name),
            || format!("permission `{name}` carries `{word}` without the members it needs, {needs}"),
        );
    }
    for kind in [Kind::User, Kind::Team, Kind::Location, Kind::Device] {
        let (name, word) = (&permission.name, kind.word());
        if permission.manual(kind).is_empty() {
            continue;
        }
        if permission.automatic.of(kind) {
            report.add(
                "shadowed-list",
                permission.line,
                format!("permissions hold every {word} automatically, so their lists of {word}s are not used"),
                || quote(name),
                || format!("permission `{name}` holds every {word} automatically, so its list of {word}s is not used"),
            );
            continue;
        }
        let types: Vec<String> = permission.types.iter().map(|role_type| quote(role_type.word())).collect();
        if !types.is_empty() && !permission.types.iter().any(|role_type| uses(role_type, kind)) {
            let types = listed(&types);
            report.add(
                "members-without-effect",
                permission.line,
                format!("permissions hold {word}s, which none of their role types uses"),
                || quote(name),
                || format!("permission `{name}` holds {word}s, without effect: {types} uses no {word}"),
            );
        }
    }
}

/// Whether the role type uses members of that kind (P3). pascom's own client shows the devices of an `xmpp.group`.
fn uses(role_type: RoleType, kind: Kind) -> bool {
    match role_type {
        RoleType::PickupGroup => matches!(kind, Kind::User | Kind::Team),
        RoleType::LocationGroup => matches!(kind, Kind::User | Kind::Location),
        RoleType::XmppGroup => matches!(kind, Kind::User | Kind::Team | Kind::Device),
        RoleType::BillingGroup => true,
        _ => kind == Kind::User,
    }
}

/// Whether the members suffice for the role type to give a right. An automatic kind counts as many, because it grows.
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
    for (role_type, what) in
        [(RoleType::XmppSupervisor, "control all calls"), (RoleType::RedirectGroup, "set all forwardings")]
    {
        if permission.types.has(role_type) && permission.automatic.users {
            let name = &permission.name;
            report.add(
                "open-actors",
                permission.line,
                format!("permissions hold every user automatically, so that every user may {what}"),
                || quote(name),
                || format!("every user may {what}: permission `{name}` holds every user automatically"),
            );
        }
    }
    let users = report.domain.users.len();
    if permission.types.has(RoleType::XmppSupervisor)
        && has_effect(permission, RoleType::XmppSupervisor)
        && users > MANY
    {
        let name = &permission.name;
        report.add(
            "wide-supervisor",
            permission.line,
            format!("permissions let each of their users control the calls of {users} users"),
            || quote(name),
            || format!("each user of permission `{name}` controls the calls of {users} users"),
        );
    }
}

fn teams(report: &mut Report<'_>) {
    let domain = report.domain;
    let pickup = domain.pascom.permissions.iter().filter(|permission| permission.types.has(RoleType::PickupGroup));
    let mut holding: HashMap<Party, Vec<&Permission>> = HashMap::new();
    for permission in pickup.clone().filter(|permission| !permission.automatic.teams) {
        permission.teams.iter().for_each(|team| holding.entry(*team).or_default().push(permission));
    }
    let automatic: Vec<&Permission> = pickup.filter(|permission| permission.automatic.teams).collect();
    for team in &domain.teams {
        let name = report.name(team.party);
        let listed = holding.get(&team.party).map_or(&[][..], Vec::as_slice);
        let mut carriers = automatic.iter().chain(listed).copied();
        let whole_group = team.pickup_notification == PickupNotification::PickupGroup;
        if whole_group && automatic.is_empty() && listed.is_empty() {
            report.add(
                "pickup-group-missing",
                team.line,
                "teams notify their whole pickup group, but no permission with `pickup.group` holds them",
                || name.clone(),
                || format!("{name} notifies its whole pickup group, but no permission with `pickup.group` holds it"),
            );
        } else if !whole_group && team.pickup_notification != PickupNotification::Nobody && !domain.pickup_is_open() {
            let agents: HashSet<&Party> = team.agents.iter().collect();
            let other = |permission: &Permission| {
                permission.automatic.users || permission.users.iter().any(|user| !agents.contains(user))
            };
            if !carriers.any(other) {
                report.add(
                    "nobody-to-notify",
                    team.line,
                    "teams notify others of their calls, but only their agents may pick them up",
                    || name.clone(),
                    || format!("{name} notifies others of its calls, but only its agents may pick them up"),
                );
            }
        }
        if team.agents.is_empty() {
            report.add(
                "team-without-agents",
                team.line,
                "teams have no agents",
                || name.clone(),
                || format!("{name} has no agents"),
            );
        }
    }
}

/// Its keys of a document, each with whether there are facts.
pub(super) fn facts(domain: &Domain) -> [(&'static str, bool); 4] {
    let (pascom, teams) = (&domain.pascom, &domain.teams);
    let delivered = Permission::all_as_delivered();
    let notifies = |notification| notification != PickupNotification::default();
    // Rules speak of the agents of teams.
    let agents = teams.iter().any(|team| !team.agents.is_empty()) && !domain.systems.has(System::Linewarden);
    [
        ("permission", pascom.permissions.iter().any(|permission| *permission != delivered)),
        ("client", pascom.show_numbers),
        ("agents", agents),
        ("pickup_notification", teams.iter().any(|team| notifies(team.pickup_notification))),
    ]
}
