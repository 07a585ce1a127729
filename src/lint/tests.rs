//! One test for each rule, and the quiet case: a document that has everything and no fault.
#![forbid(unsafe_code)]

use super::*;
use crate::id::Kind;
use crate::policy::{Contact, Place, Team, User};
use crate::right::Right;
use crate::system::Systems;
use crate::system::estos::{AuthorizationGroup, Federation, Grant, Level, OwnGrant, Release};
use crate::system::keevio::{State, Subscription};
use crate::system::pascom::{Automatic, Permission, PickupNotification, RoleType, RoleTypes};
use crate::system::xphone::{Agreement, Defaults, Label, MonitoringGroup, Setting, Site, SiteGroup, Workgroup};

struct Acme {
    domain: Domain,
    directory: Directory,
}

impl std::ops::Deref for Acme {
    type Target = Domain;
    fn deref(&self) -> &Domain {
        &self.domain
    }
}

impl std::ops::DerefMut for Acme {
    fn deref_mut(&mut self) -> &mut Domain {
        &mut self.domain
    }
}

impl Acme {
    fn party(&self, name: &str) -> Party {
        let kinds = [(Kind::User, name), (Kind::Contact, name), (Kind::Team, name), (Kind::Location, name)];
        kinds.iter().find_map(|(kind, name)| self.directory.party(self.domain.id, *kind, name)).unwrap()
    }

    fn user(&mut self, name: &str) -> &mut User {
        let party = self.party(name);
        self.domain.user_mut(party).unwrap()
    }

    fn add_user(&mut self, name: &str) {
        let party = self.directory.add_party(self.domain.id, Kind::User, name).unwrap();
        let (xphone, estos, keevio) = Default::default();
        let mut user = User { party, lines: Vec::new(), xphone, estos, keevio, line: Line(party.0 * 10) };
        user.xphone.site = Some(0);
        self.domain.add_user(user);
    }

    fn set(&mut self, owner: &str, viewer: &str, label: Label) {
        let viewer = self.party(viewer);
        self.user(owner).xphone.settings = vec![Setting { viewer, label, line: Line(700) }];
    }

    fn grant(&mut self, owner: &str, viewer: &str, grant: Grant) {
        let viewer = self.party(viewer);
        self.user(owner).estos.grants = vec![OwnGrant { viewer, grant, line: Line(800) }];
    }

    fn subscribe(&mut self, viewer: &str, owner: &str, state: State) {
        let pair = (self.party(viewer), self.party(owner));
        self.keevio.subscriptions.insert(pair, Subscription { state, line: Line(900) });
    }

    fn only(&mut self, systems: &[System]) {
        self.domain.systems = systems.iter().copied().collect::<Systems>();
    }

    fn rules(&self) -> Vec<&'static str> {
        lint(&self.domain, &self.directory).into_iter().map(|finding| finding.rule).collect()
    }
}

/// A company that uses everything and has no fault.
fn acme() -> Acme {
    let mut directory = Directory::default();
    let id = directory.add_domain("acme.example").unwrap();
    let mut acme = Acme { domain: Domain::new(id, "acme.example", "acme.toml"), directory };
    acme.only(&System::ALL);
    for name in ["alice", "bob", "carol", "dave"] {
        acme.add_user(name);
    }
    let contact = acme.directory.add_party(id, Kind::Contact, "sip:bob@partner.example").unwrap();
    acme.add_contact(Contact { party: contact, host: "partner.example".into() });
    let team = acme.directory.add_party(id, Kind::Team, "support").unwrap();
    let desk = acme.directory.add_party(id, Kind::Location, "desk-7").unwrap();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| acme.party(name));
    acme.add_team(Team {
        party: team,
        lines: Vec::new(),
        agents: vec![alice],
        pickup_notification: PickupNotification::PickupGroup,
        line: Line(20),
    });
    acme.add_place(Place { party: desk, kind: Kind::Location, line: Line(21) });
    let defaults = Defaults {
        same_site: Label::Employee,
        other_sites: Label::Employee,
        outside: Label::External,
        agreement: Agreement::ExtendAndRestrict,
    };
    let groups = vec![SiteGroup { name: "development".into(), line: Line(31), ..SiteGroup::default() }];
    acme.xphone.sites.push(Site { name: "munich".into(), defaults, groups, line: Line(30) });
    for (row, labels) in INFERRED {
        acme.xphone.matrix.set_row(row, labels);
    }
    acme.user("alice").xphone.group = Some(0);
    acme.xphone.workgroups.push(Workgroup {
        name: "project-acme".into(),
        label: Label::AssistantPlus,
        members: vec![alice, bob],
        line: Line(40),
    });
    acme.xphone.monitoring_groups.push(MonitoringGroup {
        name: "front-desk".into(),
        observers: vec![bob],
        members: vec![alice, carol],
        observers_to_members: Some(Label::Assistant),
        members_to_observers: Some(Label::Employee),
        line: Line(41),
        ..MonitoringGroup::default()
    });
    acme.set("carol", "dave", Label::Assistant);
    acme.estos.global = Some(Grant::Level(Level::Public));
    acme.estos.global_line = Line(50);
    acme.estos.groups.push(AuthorizationGroup {
        name: "sales".into(),
        members: vec![alice, bob],
        grant: Some(Grant::Level(Level::Business)),
        leaders: vec![carol],
        leader_grant: Some(Grant::Level(Level::Team)),
        active: true,
        line: Line(51),
    });
    acme.estos.federation.push(Federation {
        pattern: "partner.example".into(),
        maximum: Level::Business,
        line: Line(52),
    });
    acme.grant("alice", "sip:bob@partner.example", Grant::Level(Level::Team));
    acme.pascom.permissions.push(permission("pickup", RoleType::PickupGroup, &[alice, bob], &[team], &[]));
    acme.pascom.permissions.push(permission("desks", RoleType::LocationGroup, &[alice], &[], &[desk]));
    acme.keevio.realm = true;
    acme.user("alice").keevio.company = Some("acme".into());
    acme.user("bob").keevio.company = Some("umbra".into());
    acme.subscribe("alice", "bob", State::Pending);
    acme.written = System::ALL.map(|system| (system, Line(30 + system as u32))).into();
    acme
}

/// Rows that the labels of `acme` have by an inferred cell only, stated by the document.
const INFERRED: [(&str, &[Label]); 2] = [
    ("presence.symbol.read", &[Label::External]),
    ("call.held_party.read", &[Label::Employee, Label::TeamColleague, Label::Assistant, Label::AssistantPlus]),
];

fn permission(name: &str, role_type: RoleType, users: &[Party], teams: &[Party], locations: &[Party]) -> Permission {
    Permission {
        name: name.into(),
        types: RoleTypes::default().with(role_type),
        users: users.into(),
        teams: teams.into(),
        locations: locations.into(),
        line: Line(60),
        ..Permission::default()
    }
}

#[test]
fn a_clean_document_is_quiet() {
    assert_eq!(lint(&acme(), &acme().directory), []);
    let mut directory = Directory::default();
    let id = directory.add_domain("bare.example").unwrap();
    let mut bare = Domain::new(id, "bare.example", "bare.toml");
    bare.systems = System::ALL.into_iter().collect();
    assert_eq!(lint(&bare, &directory), [], "nobody is there yet");
}

#[test]
fn a_finding_says_where_and_what_in_the_order_of_the_document() {
    let mut acme = acme();
    acme.only(&[System::Pascom]);
    acme.pascom.permissions.remove(1);
    acme.teams[0].agents.clear();
    let findings = lint(&acme, &acme.directory);
    let places: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.place.as_str())).collect();
    let wanted = [
        ("open-pickup", "acme.toml"),
        ("pickup-group-missing", "acme.toml:20"),
        ("team-without-agents", "acme.toml:20"),
        ("unused-facts", "acme.toml:31"),
        ("unused-facts", "acme.toml:32"),
        ("unused-facts", "acme.toml:34"),
    ];
    assert_eq!(places, wanted);
    assert_eq!(findings[2].message, "`team:support` has no agents");
}

#[test]
fn facts_of_a_system_that_does_not_run() {
    let mut acme = acme();
    acme.only(&[System::Xphone, System::Estos, System::Pascom]);
    assert_eq!(acme.rules(), ["unused-facts"]);
}

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
fn a_role_type_that_closes_for_everybody() {
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
    assert_eq!(acme.rules(), ["permission-without-members"; 2]);
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
fn a_team_without_agents() {
    let mut acme = acme();
    acme.teams[0].agents.clear();
    assert_eq!(acme.rules(), ["team-without-agents"]);
}

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
    assert!(findings[0].message.starts_with("`alice` and 1 more flagged"), "{}", findings[0].message);
}

#[test]
fn groups_of_nobody_and_of_one() {
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
    for (place, (change, rule)) in changes.into_iter().enumerate() {
        let mut acme = acme();
        change(&mut acme);
        assert_eq!(acme.rules(), [rule], "change {place}");
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
    assert_eq!(acme.rules(), ["shadowed-group"; 2]);
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
    assert_eq!(findings[0].message, "`carol` and 1 more without a site: no default applies towards them");
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
    assert_eq!(acme.rules(), ["frozen-level"; 3]);
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
        ("carol", "dave", Level::Blocked, true),
    ] {
        for name in ["alice", "carol"] {
            acme.user(name).estos.grants.clear();
        }
        acme.grant(owner, viewer, Grant::Level(level));
        assert_eq!(acme.rules() == ["dead-grant"], found, "{owner} {viewer} {level:?} {:?}", acme.rules());
        assert_eq!(acme.rules().len(), usize::from(found));
    }
    acme.estos.global = None;
    assert_eq!(acme.rules(), [""; 0], "a Blocked entry says something where nobody else does");
    acme.grant("carol", "dave", Grant::Rights(Right::CALENDAR_PUBLIC_TIME_READ.mask()));
    assert_eq!(acme.rules(), [""; 0]);
    acme.user("carol").estos.release = Release::Nothing;
    assert_eq!(acme.rules(), ["dead-grant"], "carol releases no calendar");
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

#[test]
fn a_grant_to_a_contact() {
    let mut acme = acme();
    acme.grant("alice", "sip:bob@partner.example", Grant::Rights(Right::FORWARDING_SET.mask()));
    assert_eq!(acme.rules(), ["dead-grant"], "beyond the federation's maximum");
    acme.estos.federation.clear();
    assert_eq!(acme.rules(), ["grant-without-federation"]);
}

#[test]
fn a_subscription_within_a_realm() {
    let mut acme = acme();
    acme.user("bob").keevio.company = Some("acme".into());
    assert_eq!(acme.rules(), ["subscription-within-realm"]);
    acme.user("bob").keevio.container = Some("acme".into());
    assert_eq!(acme.rules(), [""; 0], "a container is no company");
    acme.user("alice").keevio.container = Some("acme".into());
    acme.user("alice").keevio.company = None;
    assert_eq!(acme.rules(), ["subscription-within-realm"]);
    acme.keevio.realm = false;
    assert_eq!(acme.rules(), [""; 0]);
}

#[test]
fn cells_that_the_vendor_does_not_state() {
    let mut acme = acme();
    acme.xphone.matrix = Default::default();
    let findings = lint(&acme, &acme.directory);
    let told: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.message.as_str())).collect();
    let sure = "is inferred, the vendor does not state it; set the row in [matrix.xphone] to be sure";
    let row_13 = format!("row 13 of the matrix, `presence.symbol.read`: that `external` has it {sure}");
    let row_20 = format!("row 20 of the matrix, `call.held_party.read`: that `employee` has it {sure}");
    assert_eq!(told, [("inferred-cell", row_13.as_str()), ("inferred-cell", row_20.as_str())]);
    acme.xphone.sites[0].defaults.outside = Label::Blocked;
    assert_eq!(acme.rules(), ["inferred-cell"], "only what the document relies on");
    for (row, labels) in INFERRED {
        acme.xphone.matrix.set_row(row, labels);
    }
    assert_eq!(acme.rules(), [""; 0]);
}
