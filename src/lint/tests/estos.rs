//! One test for each of estos' rules.
#![forbid(unsafe_code)]

use super::*;

#[test]
fn a_preset_open_to_everybody() {
    let mut acme = acme();
    acme.estos.global = Some(Grant::Level(Level::Team));
    assert_eq!(acme.rules(), ["open-authorization"]);
    acme.estos.global = Some(Grant::Level(Level::Business));
    assert_eq!(acme.rules(), [""; 0]);
}

#[test]
fn a_group_that_is_switched_off() {
    let mut acme = acme();
    acme.estos.groups[0].active = false;
    acme.estos.groups[0].members.clear();
    assert_eq!(acme.rules(), ["inactive-group"]);
}

#[test]
fn leaders_and_their_level() {
    let mut acme = acme();
    acme.estos.groups[0].leader_grant = None;
    assert_eq!(acme.rules(), ["leaders-without-level"]);
    acme.estos.groups[0].leader_grant = Some(Grant::Level(Level::Team));
    acme.estos.groups[0].leaders.clear();
    assert_eq!(acme.rules(), ["level-without-leaders"]);
}

#[test]
fn single_rights_freeze_levels() {
    let single = Some(Grant::Rights(Right::NOTE_READ.mask()));
    let mut acme = acme();
    acme.estos.global = single;
    acme.estos.groups[0].grant = single;
    acme.estos.groups[0].leader_grant = single;
    assert_eq!(acme.rules(), ["frozen-level"]);
    acme.estos.users_may_grant = false;
    assert_eq!(acme.rules(), [""; 0]);
}

#[test]
fn a_grant_that_adds_nothing() {
    let mut acme = acme();
    for (owner, viewer, level, found) in [
        ("alice", "bob", Level::Business, true),
        ("alice", "bob", Level::Team, false),
        ("alice", "carol", Level::Team, true),
        ("carol", "alice", Level::Public, true),
        ("carol", "alice", Level::Business, false),
    ] {
        for name in ["alice", "carol"] {
            acme.user(name).estos.grants.clear();
        }
        acme.grant(owner, viewer, Grant::Level(level));
        assert_eq!(acme.rules() == ["dead-grant"], found, "{owner} {viewer} {level:?} {:?}", acme.rules());
        assert_eq!(acme.rules().len(), usize::from(found));
    }
    acme.estos.global = None;
    assert_eq!(acme.rules(), [""; 0], "a Blocked entry says something where no other entry does");
    acme.grant("carol", "dave", Grant::Rights(Right::CALENDAR_PUBLIC_TIME_READ.mask()));
    assert_eq!(acme.rules(), [""; 0]);
    acme.user("carol").estos.release = Release::Nothing;
    assert_eq!(acme.rules(), ["dead-grant"], "carol releases no calendar");
}

#[test]
fn a_grant_to_a_contact() {
    let mut acme = acme();
    acme.grant("alice", "sip:bob@partner.example", Grant::Rights(Right::FORWARDING_SET.mask()));
    assert_eq!(acme.rules(), ["dead-grant"], "beyond the federation's maximum");
    acme.estos.federation.clear();
    assert_eq!(acme.rules(), ["grant-without-federation"]);
}

#[test]
fn a_block_that_the_administrator_outweighs() {
    let mut acme = acme();
    acme.grant("carol", "dave", Grant::Level(Level::Blocked));
    let findings = lint(&acme, &acme.directory);
    assert_eq!((findings[0].rule, findings.len()), ("blocked-without-effect", 1));
    let message = "`carol` blocks `dave`, who still has what the administrator gives: rights are united";
    assert_eq!(findings[0].message, message);
    acme.estos.global = Some(Grant::Rights(Right::CALL_PICKUP.mask()));
    acme.estos.users_may_grant = false;
    let rules = acme.rules();
    assert_eq!(rules, ["open-authorization", "blocked-without-effect"], "single rights outweigh it as well");
    acme.estos.global = None;
    assert_eq!(acme.rules(), [""; 0], "no entry gives dave a right");
    let entry = OwnGrant { viewer: acme.party("dave"), grant: Grant::Level(Level::Business), line: Line(801) };
    acme.user("carol").estos.administrative = vec![entry];
    assert_eq!(acme.rules(), ["blocked-without-effect"], "what the administrator gives for the one pair counts, too");
}

#[test]
fn a_maximum_that_is_no_wall() {
    let mut acme = acme();
    acme.estos.federation.get_mut("partner.example").unwrap().maximum = Level::Blocked;
    let findings = lint(&acme, &acme.directory);
    assert_eq!((findings[0].rule, findings.len()), ("open-block", 1));
    let effect = "a contact with an own grant still gets display name and e-mail address";
    let message = format!("maximum `blocked` of federation `partner.example` does not shut out: {effect}");
    assert_eq!(findings[0].message, message);
    for key in ["contact.name.read", "contact.email.read"] {
        assert!(acme.estos.tables.set_row(key, &[Level::Public]));
    }
    assert_eq!(acme.rules(), ["dead-grant"], "now it is one");
}

#[test]
fn a_grant_by_the_administrator() {
    let mut acme = acme();
    let viewer = acme.party("dave");
    let given = |grant| vec![OwnGrant { viewer, grant, line: Line(790) }];
    acme.user("carol").estos.administrative = given(Grant::Level(Level::Team));
    acme.grant("carol", "dave", Grant::Level(Level::Business));
    assert_eq!(acme.rules(), ["dead-grant"], "below what the administrator gives");
    acme.grant("carol", "dave", Grant::Level(Level::Personal));
    assert_eq!(acme.rules(), [""; 0]);
    acme.user("carol").estos.administrative = given(Grant::Rights(Right::NOTE_SET.mask()));
    let found = lint(&acme.domain, &acme.directory);
    assert_eq!((found.len(), found[0].rule), (1, "frozen-level"));
    assert!(found[0].place.ends_with(":790"), "{found:?}");
    acme.estos.users_may_grant = false;
    assert_eq!(acme.rules(), [""; 0]);
}
