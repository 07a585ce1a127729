//! One test for each of XPhone's rules.
#![forbid(unsafe_code)]

use super::*;

#[test]
fn what_reaches_more_than_ten_thousand() {
    let mut acme = acme();
    for number in 5..=MANY {
        acme.add_user(&format!("user-{number}"));
    }
    let alice = acme.party("alice");
    acme.user("alice").xphone.assistant = true;
    acme.user("bob").xphone.assistant = true;
    acme.pascom.permissions.push(permission("tapi", RoleType::XmppSupervisor, &[alice], &[], &[]));
    assert_eq!(acme.rules(), [""; 0]);
    acme.add_user("one-more");
    let findings = lint(&acme, &acme.directory);
    assert_eq!(findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["wide-assistant", "wide-supervisor"]);
    let assistants = "2 users are flagged as assistants, each towards all 10001 users: `alice`, `bob`";
    assert_eq!(findings[0].message, assistants);
}

#[test]
fn groups_without_members_and_of_one() {
    type Change = fn(&mut Acme);
    let changes: [(Change, &str); 8] = [
        (|acme| acme.xphone.workgroups[0].members.clear(), "empty-group"),
        (|acme| acme.xphone.workgroups[0].members.truncate(1), "one-member-group"),
        (|acme| acme.estos.groups[0].members.clear(), "empty-group"),
        (
            |acme| {
                let group = &mut acme.estos.groups[0];
                (group.leader_grant, group.leaders) = (None, Vec::new());
                group.members.truncate(1);
            },
            "one-member-group",
        ),
        (|acme| acme.user("alice").xphone.group = None, "empty-group"),
        (
            |acme| {
                let group = &mut acme.xphone.monitoring_groups[0];
                (group.observers, group.members) = (Vec::new(), Vec::new());
            },
            "empty-group",
        ),
        (|acme| acme.xphone.monitoring_groups[0].observers.clear(), "empty-subgroup"),
        (|acme| acme.xphone.monitoring_groups[0].members.clear(), "empty-subgroup"),
    ];
    for (index, (change, rule)) in changes.into_iter().enumerate() {
        let mut acme = acme();
        change(&mut acme);
        assert_eq!(acme.rules(), [rule], "change {index}");
    }
    let mut acme = acme();
    acme.estos.groups[0].members.truncate(1);
    assert_eq!(acme.rules(), [""; 0], "one member under a leader");
    let munich = acme.xphone.sites[0].clone();
    acme.xphone.sites.push(Site { name: "berlin".into(), groups: Vec::new(), ..munich });
    assert_eq!(acme.rules(), ["empty-group"], "a site without users");
    acme.xphone.sites.pop();
    acme.xphone.monitoring_groups[0].members = acme.xphone.monitoring_groups[0].observers.clone();
    assert_eq!(acme.rules(), ["one-member-group"]);
}

#[test]
fn groups_that_give_nothing() {
    let mut acme = acme();
    let group = &mut acme.xphone.monitoring_groups[0];
    (group.observers_to_members, group.members_to_observers) = (None, None);
    assert_eq!(acme.rules(), ["group-without-level"]);
    acme.xphone.monitoring_groups.clear();
    let group = &mut acme.estos.groups[0];
    (group.grant, group.leader_grant) = (None, None);
    assert_eq!(acme.rules(), ["group-without-level"]);
}

#[test]
fn a_group_below_the_defaults() {
    let mut acme = acme();
    acme.xphone.workgroups[0].label = Label::External;
    assert_eq!(acme.rules(), ["shadowed-group"]);
    acme.xphone.workgroups[0].label = Label::Employee;
    assert_eq!(acme.rules(), [""; 0], "not below");
    acme.xphone.workgroups[0].label = Label::External;
    let munich = acme.xphone.sites[0].clone();
    let defaults = Defaults { other_sites: Label::External, ..munich.defaults };
    acme.xphone.sites.push(Site { defaults, groups: Vec::new(), ..munich });
    acme.user("bob").xphone.site = Some(1);
    assert_eq!(acme.rules(), [""; 0], "alice towards bob has no more by default");
    acme.user("bob").xphone.vip = true;
    assert_eq!(acme.rules(), ["shadowed-group"], "the group does not reach a VIP");
    acme.user("alice").xphone.vip = true;
    acme.xphone.workgroups[0].label = Label::AssistantPlus;
    assert_eq!(acme.rules(), [""; 0]);
}

#[test]
fn a_monitoring_direction_below_the_defaults() {
    let mut acme = acme();
    acme.xphone.monitoring_groups[0].among_observers = Some(Label::External);
    assert_eq!(acme.rules(), [""; 0], "there is one observer, and no pair");
    acme.xphone.monitoring_groups[0].members_to_observers = Some(Label::External);
    acme.xphone.monitoring_groups[0].among_members = Some(Label::External);
    assert_eq!(acme.rules(), ["shadowed-group"]);
    acme.user("alice").xphone.site = None;
    assert_eq!(
        acme.rules(),
        ["user-without-site", "empty-group", "shadowed-group"],
        "towards alice it gives something"
    );
}

#[test]
fn users_without_a_site() {
    let mut acme = acme();
    acme.user("carol").xphone.site = None;
    acme.user("dave").xphone.site = None;
    let findings = lint(&acme, &acme.directory);
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].rule, findings[0].place.as_str()), ("user-without-site", "acme.toml:30"));
    assert_eq!(findings[0].places, ["acme.toml:30", "acme.toml:40"]);
    assert_eq!(findings[0].message, "2 users have no site: no default applies towards them: `carol`, `dave`");
}

#[test]
fn a_site_open_to_everybody() {
    let mut acme = acme();
    acme.set("carol", "dave", Label::AssistantPlus);
    acme.xphone.sites[0].defaults.same_site = Label::TeamColleague;
    acme.xphone.monitoring_groups[0].members_to_observers = None;
    assert_eq!(acme.rules(), [""; 0]);
    acme.xphone.sites[0].defaults.same_site = Label::Assistant;
    assert_eq!(acme.rules(), ["open-site"]);
    acme.xphone.sites[0].defaults.same_site = Label::Employee;
    acme.xphone.sites[0].groups[0].other_sites = Some(Label::TeamColleague);
    let findings = lint(&acme, &acme.directory);
    assert_eq!((findings[0].rule, findings[0].place.as_str()), ("open-site", "acme.toml:31"));
}

#[test]
fn a_setting_that_the_server_gives_already() {
    let mut acme = acme();
    acme.set("carol", "dave", Label::Employee);
    assert_eq!(acme.rules(), ["setting-without-effect"]);
    acme.set("carol", "sip:bob@partner.example", Label::External);
    assert_eq!(acme.rules(), ["setting-without-effect"]);
    acme.set("carol", "bob", Label::Assistant);
    assert_eq!(acme.rules(), ["setting-without-effect"], "front-desk gives it");
    acme.user("dave").xphone.assistant = true;
    acme.set("carol", "dave", Label::Assistant);
    assert_eq!(acme.rules(), ["setting-without-effect"], "the flag gives it");
    acme.user("carol").xphone.vip = true;
    assert_eq!(acme.rules(), [""; 0], "a VIP's settings are all there is");
}

#[test]
fn a_setting_that_hides_a_group() {
    let mut acme = acme();
    acme.set("carol", "bob", Label::TeamColleague);
    let findings = lint(&acme, &acme.directory);
    assert_eq!((findings[0].rule, findings.len()), ("setting-hides-group", 1));
    assert_eq!(
        findings[0].message,
        "`carol` sets `bob` to `team_colleague`, which hides the `assistant` of group `front-desk`"
    );
    acme.set("bob", "carol", Label::TeamColleague);
    acme.set("carol", "dave", Label::Blocked);
    assert_eq!(acme.rules(), [""; 0], "above the group; below a default, which owners restrict as they like");
    acme.user("bob").xphone.settings.clear();
    acme.set("alice", "bob", Label::Assistant);
    assert_eq!(acme.rules(), ["setting-hides-group"], "the highest of two groups counts");
}

#[test]
fn cells_that_the_vendor_does_not_state() {
    let mut acme = acme();
    acme.xphone.matrix = Default::default();
    let findings = lint(&acme, &acme.directory);
    let found: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.message.as_str())).collect();
    let sure = "not stated by the vendor: set the row in [matrix.xphone] to be sure";
    let symbol = "row 13 (`presence.symbol.read`) for `external`";
    let held = "row 20 (`call.held_party.read`) for `employee`";
    let both = format!("2 cells of XPhone's matrix are inferred, {sure}: {symbol}, {held}");
    assert_eq!(found, [("inferred-cell", both.as_str())]);
    acme.xphone.sites[0].defaults.outside = Label::Blocked;
    let findings = lint(&acme, &acme.directory);
    assert_eq!(findings[0].message, format!("{held} is an inferred cell of the matrix, {sure}"), "what it relies on");
    for (row, labels) in INFERRED {
        acme.xphone.matrix.set_row(row, labels);
    }
    assert_eq!(acme.rules(), [""; 0]);
}
