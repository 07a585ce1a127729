//! One test for each of pascom's rules.
#![forbid(unsafe_code)]

use super::*;

#[test]
fn open_defaults_of_pascom() {
    let mut acme = acme();
    acme.written.clear();
    acme.only(&[System::Pascom]);
    acme.pascom.permissions.truncate(1);
    acme.teams[0].pickup_notification = PickupNotification::Nobody;
    assert_eq!(acme.rules(), ["open-pickup", "open-login"]);
    acme.only(&[System::Pascom, System::Xphone]);
    assert_eq!(acme.rules(), ["open-login"], "XPhone covers picking up");
    acme.only(&[System::Estos]);
    assert_eq!(acme.rules(), [""; 0], "pascom does not run");
}

#[test]
fn actors_open_to_everybody() {
    for role_type in [RoleType::XmppSupervisor, RoleType::RedirectGroup] {
        let mut acme = acme();
        let all = &mut acme.pascom.permissions[0];
        all.types = all.types.with(role_type);
        assert_eq!(acme.rules(), ["open-actors"], "{role_type:?}");
    }
    let mut acme = acme();
    let alice = acme.party("alice");
    acme.pascom.permissions.push(permission("tapi", RoleType::XmppSupervisor, &[alice], &[], &[]));
    assert_eq!(acme.rules(), [""; 0]);
}

#[test]
fn a_role_type_that_closes_for_every_user() {
    let mut acme = acme();
    acme.teams[0].pickup_notification = PickupNotification::Nobody;
    acme.pascom.permissions[1].users.clear();
    acme.pascom.permissions[2].locations.clear();
    assert_eq!(acme.rules(), ["closed-pickup", "closed-login"]);
    acme.pascom.permissions[1].users = vec![acme.party("alice")];
    assert_eq!(acme.rules(), ["closed-login"], "one user and a team");
    acme.pascom.permissions[1].teams.clear();
    assert_eq!(acme.rules(), ["closed-pickup", "closed-login"], "one user alone");
}

#[test]
fn a_role_type_without_members() {
    let mut acme = acme();
    acme.pascom.permissions.push(permission("empty", RoleType::PickupGroup, &[], &[], &[]));
    acme.pascom.permissions.push(permission("boss", RoleType::RedirectChoice, &[], &[], &[]));
    acme.pascom.permissions.push(permission("plain", RoleType::BillingGroup, &[], &[], &[]));
    assert_eq!(acme.rules(), ["permission-without-members"]);
    acme.pascom.permissions[3].automatic = Automatic::ALL;
    acme.pascom.permissions[4].users = vec![acme.party("alice")];
    assert_eq!(acme.rules(), [""; 0]);
}

#[test]
fn a_list_hidden_by_automatic_assignment() {
    let mut acme = acme();
    acme.pascom.permissions[1].automatic.users = true;
    assert_eq!(acme.rules(), ["shadowed-list"]);
}

#[test]
fn a_pickup_group_that_is_missing() {
    let mut acme = acme();
    acme.pascom.permissions[1].teams.clear();
    assert_eq!(acme.rules(), ["pickup-group-missing"]);
    acme.pascom.permissions[1].automatic.teams = true;
    assert_eq!(acme.rules(), [""; 0]);
}

#[test]
fn members_of_a_kind_that_no_role_type_looks_at() {
    let mut acme = acme();
    let alice = acme.party("alice");
    let door = acme.directory.add_party(acme.domain.id, Kind::Device, "door").unwrap();
    acme.add_station(Station { party: door, kind: Kind::Device, line: Line(22) });
    acme.pascom.permissions[1].devices = vec![door];
    let findings = lint(&acme, &acme.directory);
    assert_eq!((findings[0].rule, findings.len()), ("members-without-effect", 1));
    let effect = "`pickup.group` uses no device";
    assert_eq!(findings[0].message, format!("permission `pickup` holds devices, without effect: {effect}"));
    let team = acme.party("support");
    acme.pascom.permissions.push(permission("boss", RoleType::RedirectGroup, &[alice], &[team], &[]));
    let message = &lint(&acme, &acme.directory)[0].message;
    assert!(
        message.ends_with("permission `boss` holds teams, without effect: `redirect.group` uses no team"),
        "{message}"
    );
    // Shown by the client, charged, or a plain list for what has no role type; hidden by automatic assignment is said already.
    acme.pascom.permissions.pop();
    let types = acme.pascom.permissions[1].types;
    for more in [RoleType::XmppGroup, RoleType::BillingGroup] {
        acme.pascom.permissions[1].types = types.with(more);
        assert_eq!(acme.rules(), [""; 0], "{more:?}");
    }
    acme.pascom.permissions[1].types = types;
    acme.pascom.permissions[1].automatic.devices = true;
    assert_eq!(acme.rules(), ["shadowed-list"]);
    acme.pascom.permissions[1].devices.clear();
    let plain = Permission { name: "recorded".into(), devices: vec![door], ..Permission::default() };
    acme.pascom.permissions.push(plain);
    assert_eq!(acme.rules(), [""; 0]);
}

#[test]
fn a_team_that_notifies_only_its_agents() {
    let mut acme = acme();
    acme.teams[0].pickup_notification = PickupNotification::Others;
    assert_eq!(acme.rules(), [""; 0], "bob is notified");
    let [bob, carol] = ["bob", "carol"].map(|name| acme.party(name));
    acme.teams[0].agents.push(bob);
    let findings = lint(&acme, &acme.directory);
    assert_eq!((findings[0].rule, findings.len()), ("nobody-to-notify", 1));
    let message = "`team:support` notifies others of its calls, but only its agents may pick them up";
    assert_eq!(findings[0].message, message);
    acme.teams[0].pickup_notification = PickupNotification::AvailableAgentsAndOthers;
    acme.pascom.permissions[1].teams.clear();
    assert_eq!(acme.rules(), ["nobody-to-notify"]);
    acme.pascom.permissions[1].automatic.teams = true;
    acme.pascom.permissions[1].users.push(carol);
    assert_eq!(acme.rules(), [""; 0], "carol is notified");
    acme.pascom.permissions.remove(1);
    acme.only(&[System::Pascom]);
    acme.written.clear();
    assert_eq!(acme.rules(), ["open-pickup"], "every user is notified");
}

#[test]
fn a_team_without_agents() {
    let mut acme = acme();
    acme.teams[0].agents.clear();
    assert_eq!(acme.rules(), ["team-without-agents"]);
}
