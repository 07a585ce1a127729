//! The keys of a document that have facts of one system, for facts of a system that the domain does not run. It must never decide
//! whether a fact has an effect.
#![forbid(unsafe_code)]

use crate::policy::Domain;
use crate::system::System;
use crate::system::estos::Release;
use crate::system::keevio::NewUsers;
use crate::system::pascom::{Permission, PickupNotification};

/// The keys of `system` that have facts, in the order of the documented example.
pub(super) fn keys(domain: &Domain, system: System) -> Vec<&'static str> {
    let (xphone, estos, pascom, keevio) = (&domain.xphone, &domain.estos, &domain.pascom, &domain.keevio);
    let users = &domain.users;
    // Rules speak of sites and of the agents of teams.
    let by_rules = domain.systems.has(System::Linewarden);
    let facts: Vec<(&'static str, bool)> = match system {
        System::Xphone => vec![
            ("site", !xphone.sites.is_empty() && !by_rules),
            ("workgroup", !xphone.workgroups.is_empty()),
            ("monitoring_group", !xphone.monitoring_groups.is_empty()),
            ("relationship", users.iter().any(|user| !user.xphone.settings.is_empty())),
            ("vip", users.iter().any(|user| user.xphone.vip)),
            ("assistant", users.iter().any(|user| user.xphone.assistant)),
        ],
        System::Estos => {
            let granted =
                users.iter().any(|user| !user.estos.grants.is_empty() || !user.estos.administrative.is_empty());
            vec![
                ("authorization", estos.global.is_some() || !estos.users_may_grant),
                ("authorization_group", !estos.groups.is_empty()),
                ("authorization_grant", granted),
                ("federation", !estos.federation.is_empty()),
                ("calendar_release", users.iter().any(|user| user.estos.release != Release::default())),
                ("private_lines", users.iter().any(|user| !user.estos.private_lines.is_empty())),
            ]
        }
        System::Pascom => {
            let delivered = Permission::all_as_delivered();
            let notifies = |notification| notification != PickupNotification::default();
            vec![
                ("permission", pascom.permissions.iter().any(|permission| *permission != delivered)),
                ("client", pascom.show_numbers),
                ("agents", domain.teams.iter().any(|team| !team.agents.is_empty()) && !by_rules),
                ("pickup_notification", domain.teams.iter().any(|team| notifies(team.pickup_notification))),
            ]
        }
        System::Keevio => vec![
            ("presence", keevio.realm || keevio.new_users != NewUsers::default()),
            ("subscription", !keevio.subscriptions.is_empty()),
            ("company", users.iter().any(|user| user.keevio.company.is_some())),
            ("container", users.iter().any(|user| user.keevio.container.is_some())),
        ],
        System::Linewarden => vec![
            ("group", !domain.linewarden.groups.is_empty()),
            ("rule", !domain.linewarden.rules.is_empty()),
            ("destinations", domain.linewarden.destinations().is_some_and(|held| held.gives_classes())),
            ("exempt", users.iter().any(|user| !user.linewarden.exempt.is_empty())),
        ],
    };
    let matrix = domain.overrides.iter().any(|row| row.system == system);
    let rows = matrix.then_some("matrix");
    facts.into_iter().filter(|(_, has)| *has).map(|(key, _)| key).chain(rows).collect()
}
