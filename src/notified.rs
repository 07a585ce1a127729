//! Which users a pascom team notifies of a waiting call. A notification gives no right: nothing here decides who may pick up.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind, Result};
use crate::id::{Kind, Party};
use crate::policy::{Domain, Team};
use crate::system::System;
use crate::system::pascom::{PickupNotification, RoleType};
use std::collections::HashSet;

/// The users that `team` notifies of a waiting call, given its logged-out and paused agents; in the order of the document, each
/// once.
///
/// The "others" of a setting are the users who may pick up for the team and are not its agents (AMB-13). A paused agent is
/// unavailable, logged in or not.
///
/// # Errors
/// `Unknown` for an unknown team, `Argument` for a party of another kind or a domain without pascom.
pub fn notified(domain: &Domain, team: Party, logged_out: &[Party], paused: &[Party]) -> Result<Vec<Party>> {
    if !domain.systems.has(System::Pascom) {
        return Err(argument(format!("domain `{}` does not run pascom, which alone has teams", domain.name)));
    }
    let Some(team) = domain.team(team) else {
        return Err(match domain.kind(team) {
            Some(kind) => argument(format!("found a {}, expected a team", kind.word())),
            None => Error::new(ErrorKind::Unknown, format!("no such team in domain `{}`", domain.name)),
        });
    };
    let agents: HashSet<Party> = team.agents.iter().copied().collect();
    let away: HashSet<Party> = logged_out.iter().chain(paused).copied().collect();
    let entitled = Entitled::of(domain, team);
    let is_notified = |user: Party| match (team.pickup_notification, agents.contains(&user)) {
        (PickupNotification::Nobody, _) => false,
        (PickupNotification::PickupGroup, _) => matches!(&entitled, Entitled::These(_)) && entitled.has(user),
        (PickupNotification::AvailableAgentsAndOthers, true) => !away.contains(&user),
        (PickupNotification::UnavailableAgentsAndOthers, true) => away.contains(&user),
        (PickupNotification::Others, true) => false,
        (_, false) => entitled.has(user),
    };
    Ok(domain.users.iter().map(|user| user.party).filter(|user| is_notified(*user)).collect())
}

/// The users who may pick up for a team.
enum Entitled {
    /// All users, by pascom's open default.
    Everybody,
    /// Those of the permissions that carry `pickup.group` and hold the team.
    These(HashSet<Party>),
}

impl Entitled {
    fn of(domain: &Domain, team: &Team) -> Entitled {
        if domain.pickup_is_open() {
            return Entitled::Everybody;
        }
        let permissions = domain.pascom.permissions.iter();
        let holding = permissions.filter(|p| p.types.has(RoleType::PickupGroup) && p.holds(Kind::Team, team.party));
        let mut users = HashSet::new();
        for permission in holding {
            match permission.automatic.users {
                true => users.extend(domain.users.iter().map(|user| user.party)),
                false => users.extend(permission.users.iter().copied()),
            }
        }
        Entitled::These(users)
    }

    fn has(&self, user: Party) -> bool {
        match self {
            Entitled::Everybody => true,
            Entitled::These(users) => users.contains(&user),
        }
    }
}

fn argument(message: String) -> Error {
    Error::new(ErrorKind::Argument, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{DomainId, Line};
    use crate::policy::User;
    use crate::system::pascom::{Automatic, Permission, RoleTypes};

    const U1: Party = Party(1);
    const U2: Party = Party(2);
    const U3: Party = Party(3);
    const U4: Party = Party(4);
    const U5: Party = Party(5);
    const U: [Party; 5] = [U1, U2, U3, U4, U5];
    const T1: Party = Party(11);

    /// Users U1 to U5, teams T1 (agents U3, U4) and T2, as in `vector-p-25` (docs/systems.md).
    fn base(pickup_notification: PickupNotification) -> Domain {
        let mut domain = Domain::new(DomainId(0), "acme.example", "acme.toml");
        domain.systems = domain.systems.with(System::Pascom);
        for party in U {
            domain.add_user(User::new(party, Vec::new(), Line(0)));
        }
        for (party, agents) in [(T1, vec![U4, U3]), (Party(12), vec![U1])] {
            domain.add_team(Team { party, lines: Vec::new(), agents, pickup_notification, line: Line(0) });
        }
        domain
    }

    fn pickup_group(domain: &mut Domain, users: &[Party], teams: &[Party]) {
        domain.pascom.permissions.push(Permission {
            name: "R".into(),
            types: RoleTypes::default().with(RoleType::PickupGroup),
            users: users.into(),
            teams: teams.into(),
            ..Permission::default()
        });
    }

    #[test]
    fn the_table_in_the_open_default() {
        use PickupNotification::*;
        for (setting, users) in [
            (Nobody, vec![]),
            (AvailableAgentsAndOthers, U.to_vec()),
            (UnavailableAgentsAndOthers, vec![U1, U2, U5]),
            (Others, vec![U1, U2, U5]),
            (PickupGroup, vec![]),
        ] {
            assert_eq!(notified(&base(setting), T1, &[], &[]).unwrap(), users, "{setting:?}");
        }
    }

    #[test]
    fn the_table_with_a_permission_and_agents_away() {
        use PickupNotification::*;
        for (setting, logged_out, paused, users) in [
            (Nobody, [U3], [U4], vec![]),
            (AvailableAgentsAndOthers, [U3], [U3], vec![U1, U4, U5]),
            (AvailableAgentsAndOthers, [U3], [U4], vec![U1, U5]),
            (UnavailableAgentsAndOthers, [U3], [U3], vec![U1, U3, U5]),
            (UnavailableAgentsAndOthers, [U4], [U3], vec![U1, U3, U4, U5]),
            (Others, [U3], [U4], vec![U1, U5]),
            (PickupGroup, [U3], [U4], vec![U1, U3, U5]),
        ] {
            let mut domain = base(setting);
            pickup_group(&mut domain, &[U1, U3, U5], &[T1]);
            assert_eq!(
                notified(&domain, T1, &logged_out, &paused).unwrap(),
                users,
                "{setting:?} {logged_out:?} {paused:?}"
            );
        }
    }

    #[test]
    fn p_25() {
        let mut domain = base(PickupNotification::Others);
        pickup_group(&mut domain, &[U1, U3, U5], &[T1]);
        assert_eq!(notified(&domain, T1, &[], &[]).unwrap(), [U1, U5]);
    }

    #[test]
    fn permissions_count_one_by_one_and_only_with_the_team() {
        let mut domain = base(PickupNotification::Others);
        pickup_group(&mut domain, &[U2], &[]);
        assert_eq!(notified(&domain, T1, &[], &[]).unwrap(), [], "closed, and the team is in no permission");
        pickup_group(&mut domain, &[U5], &[T1]);
        assert_eq!(notified(&domain, T1, &[], &[]).unwrap(), [U5]);
        domain.pascom.permissions[2].automatic = Automatic { users: true, ..Automatic::default() };
        assert_eq!(notified(&domain, T1, &[], &[]).unwrap(), [U1, U2, U5]);
    }

    #[test]
    fn with_another_system_no_user_is_a_non_member_until_a_permission_says_so() {
        use PickupNotification::*;
        for system in [System::Xphone, System::Estos] {
            for (setting, users) in [(Others, vec![]), (AvailableAgentsAndOthers, vec![U4]), (PickupGroup, vec![])] {
                let mut domain = base(setting);
                domain.systems = domain.systems.with(system);
                assert_eq!(notified(&domain, T1, &[U3], &[]).unwrap(), users, "{system:?} {setting:?}");
            }
        }
        let mut domain = base(Others);
        domain.systems = domain.systems.with(System::Xphone);
        pickup_group(&mut domain, &[U2], &[T1]);
        assert_eq!(notified(&domain, T1, &[], &[]).unwrap(), [U2]);
    }

    #[test]
    fn wrong_questions_are_errors() {
        let domain = base(PickupNotification::Others);
        let kind = |team, logged_out: &[Party], paused: &[Party]| {
            notified(&domain, team, logged_out, paused).unwrap_err().kind()
        };
        // A PBX passes everybody who is away; who is not an agent of the team makes no difference.
        assert_eq!(notified(&domain, T1, &[U1], &[U2]), notified(&domain, T1, &[], &[]));
        assert_eq!(kind(Party(99), &[], &[]), ErrorKind::Unknown);
        assert_eq!(kind(Party::NONE, &[], &[]), ErrorKind::Unknown);
        assert_eq!(kind(U1, &[], &[]), ErrorKind::Argument);
        let mut domain = base(PickupNotification::Others);
        domain.systems = [System::Xphone, System::Estos, System::Keevio].into_iter().collect();
        assert_eq!(notified(&domain, T1, &[], &[]).unwrap_err().kind(), ErrorKind::Argument);
    }
}
