//! One test for each rule, and the quiet case: a document that has everything and no fault.
#![forbid(unsafe_code)]

mod estos;
mod pascom;
mod xphone;

use super::*;
use crate::id::Kind;
use crate::policy::codes::Function;
use crate::policy::{Contact, Station, Team, User};
use crate::right::Right;
use crate::system::Systems;
use crate::system::estos::{AuthorizationGroup, Federation, Grant, Level, OwnGrant, Release};
use crate::system::keevio::{State, Subscription};
use crate::system::pascom::{Automatic, Permission, PickupNotification, RoleType, RoleTypes};
use crate::system::xphone::{Agreement, Defaults, Label, MonitoringGroup, Setting, Site, SiteGroup, Workgroup};

/// At the beginning of time, when nothing has ended.
fn lint(domain: &Domain, directory: &Directory) -> Vec<Finding> {
    super::lint(domain, directory, 0)
}

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
        let mut user = User::new(party, Vec::new(), Line(party.0 * 10));
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
    acme.add_station(Station { party: desk, kind: Kind::Location, line: Line(21) });
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
    let partner = Federation { maximum: Level::Business, line: Line(52) };
    acme.estos.federation.insert("partner.example".into(), partner);
    acme.grant("alice", "sip:bob@partner.example", Grant::Level(Level::Team));
    acme.pascom.permissions.push(permission("pickup", RoleType::PickupGroup, &[alice, bob], &[team], &[]));
    acme.pascom.permissions.push(permission("desks", RoleType::LocationGroup, &[alice], &[], &[desk]));
    acme.keevio.realm = true;
    acme.user("alice").keevio.company = Some("acme".into());
    acme.user("bob").keevio.company = Some("umbra".into());
    acme.subscribe("alice", "bob", State::Pending);
    let products = System::ALL.into_iter().filter(|system| *system != System::Linewarden);
    acme.written = products.map(|system| (system, Line(30 + system as u32))).collect();
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
    assert_eq!(lint(&bare, &directory), [], "no party yet");
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
    ];
    assert_eq!(places, wanted);
    assert_eq!(findings[2].message, "`team:support` has no agents");
    assert_eq!(findings[3].places, ["acme.toml:31", "acme.toml:32", "acme.toml:34"]);
    let xphone = "`xphone` (`site`, `workgroup`, `monitoring_group`, `relationship`)";
    let estos = "`estos` (`authorization`, `authorization_group`, `authorization_grant`, `federation`)";
    let keevio = "`keevio` (`presence`, `subscription`, `company`)";
    assert_eq!(
        findings[3].message,
        format!("3 systems that the domain does not run have facts, without effect: {xphone}, {estos}, {keevio}")
    );
    acme.written.reverse();
    assert_eq!(lint(&acme, &acme.directory)[3], findings[3], "whatever came first");
}

#[test]
fn facts_of_a_system_that_does_not_run() {
    let mut acme = acme();
    acme.only(&[System::Xphone, System::Estos, System::Pascom]);
    assert_eq!(acme.rules(), ["unused-facts"]);
    let message = &lint(&acme, &acme.directory)[0].message;
    let keys = "`presence`, `subscription` and `company`";
    assert_eq!(*message, format!("{keys} are for keevio, which the domain does not run: they have no effect"));
    // A document may write what is default anyway: then there is no fact to name.
    let mut bare = self::acme();
    bare.keevio = Default::default();
    bare.domain.users.iter_mut().for_each(|user| user.keevio = Default::default());
    bare.only(&[System::Xphone, System::Estos, System::Pascom]);
    let message = &lint(&bare, &bare.directory)[0].message;
    assert_eq!(*message, "settings for keevio, which the domain does not run, have no effect");
}

/// estos withholds the numbers of a private line, pascom's clients show them (R7).
#[test]
fn a_private_line_that_pascom_shows() {
    let mut acme = acme();
    acme.user("alice").lines = vec!["100".into()];
    acme.user("alice").estos.private_lines = vec!["100".into()];
    assert_eq!(acme.rules(), [""; 0], "pascom shows no numbers");
    acme.pascom.show_numbers = true;
    let findings = lint(&acme, &acme.directory);
    assert_eq!((findings[0].rule, findings.len()), ("private-line-shown", 1));
    assert_eq!(findings[0].message, "private lines of `alice`: pascom's `show_numbers` still shows their numbers");
    for systems in [&[System::Xphone, System::Pascom, System::Keevio][..], &[System::Xphone, System::Estos]] {
        acme.only(systems);
        assert!(!acme.rules().contains(&"private-line-shown"));
    }
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
fn a_rule_speaks_once_and_counts() {
    let mut acme = acme();
    for number in 0..500 {
        let line = Line(1000 + number);
        let (label, members) = (Label::Assistant, Vec::new());
        acme.xphone.workgroups.push(Workgroup { name: format!("group-{number}"), label, members, line });
    }
    let munich = acme.xphone.sites[0].clone();
    acme.xphone.sites.push(Site { name: "berlin".into(), groups: Vec::new(), ..munich });
    let findings = lint(&acme, &acme.directory);
    assert_eq!(findings.len(), 1);
    let [Finding { rule, place, places, message }] = &findings[..] else { panic!() };
    assert_eq!((*rule, place.as_str(), places.len()), ("empty-group", "acme.toml:30", 501));
    assert_eq!(places.last().unwrap(), "acme.toml:1499");
    let workgroups = "500 workgroups have no members: `group-0`, `group-1`, `group-2` and 497 more";
    assert_eq!(*message, format!("site `berlin` has no users; {workgroups}"));
}

#[test]
fn names_that_look_the_same() {
    let mut acme = acme();
    acme.add_user("Alice");
    let findings = lint(&acme, &acme.directory);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule, "similar-names");
    let differ = "differ in letter case, width or invisible characters only";
    assert_eq!(findings[0].message, format!("users `alice` and `Alice` {differ}"));
    acme.add_user("b\u{200b}ob");
    let wide = Workgroup { name: "project-\u{ff41}cme".into(), ..acme.xphone.workgroups[0].clone() };
    acme.xphone.workgroups.push(wide);
    let message = &lint(&acme, &acme.directory)[0].message;
    let how = "in letter case, width or invisible characters only";
    let users =
        format!("2 names of users differ from another one {how}: `alice` and `Alice`, `bob` and `b\\u{{200b}}ob`");
    assert_eq!(*message, format!("{users}; workgroups `project-acme` and `project-\u{ff41}cme` {differ}"));
    let mut acme = self::acme();
    let other = acme.directory.add_party(acme.id, Kind::Contact, "sip:Bob@partner.example").unwrap();
    acme.add_contact(Contact { party: other, host: "partner.example".into() });
    acme.user("alice").lines = vec!["a1".into()];
    acme.teams[0].lines = vec!["A1".into()];
    let message = &lint(&acme, &acme.directory)[0].message;
    let contacts = format!("contacts `sip:bob@partner.example` and `sip:Bob@partner.example` {differ}");
    assert_eq!(*message, format!("{contacts}; extensions `a1` and `A1` {differ}"));
    // A user and a team may well bear one name, and so may groups of two systems.
    let mut acme = self::acme();
    acme.add_user("Support");
    acme.estos.groups[0].name = "Project-ACME".into();
    assert_eq!(acme.rules(), [""; 0]);
}

#[test]
fn extensions_that_no_telephone_dials_after_a_code() {
    let mut acme = acme();
    acme.user("alice").lines = vec!["100".into()];
    acme.teams[0].lines = vec!["600".into()];
    assert_eq!(acme.rules(), [""; 0]);
    acme.user("bob").lines = vec!["110".into(), "+4989110".into()];
    let findings = lint(&acme, &acme.directory);
    assert_eq!((findings[0].rule, findings.len()), ("undiallable-extension", 1));
    let dial = "no telephone can dial it after a function code";
    assert_eq!(findings[0].message, format!("extension `+4989110` of `bob` has more than digits, so {dial}"));
    acme.teams[0].lines = vec!["sales-1".into(), "6.0".into()];
    let message = &lint(&acme, &acme.directory)[0].message;
    assert!(message.starts_with("3 extensions have more than digits"), "{message}");
    assert!(
        message.ends_with("`+4989110` of `bob`, `sales-1` of `team:support`, `6.0` of `team:support`"),
        "{message}"
    );
    Function::ALL.into_iter().for_each(|function| acme.codes.set(function, ""));
    assert_eq!(acme.rules(), [""; 0], "no code, nothing to dial");
}

#[test]
fn a_longest_age_that_a_slow_database_exceeds() {
    let mut acme = acme();
    for (seconds, found) in [(0, 0), (1, 1), (4, 1), (5, 0), (604_800, 0)] {
        acme.longest_age = seconds;
        let findings = lint(&acme, &acme.directory);
        assert_eq!(findings.iter().filter(|finding| finding.rule == "short-longest-age").count(), found, "{seconds}");
    }
}

#[test]
fn names_that_a_dialplan_would_take_apart() {
    let mut acme = acme();
    acme.add_user("frieda.o-neil_2");
    acme.add_user("m\u{fc}ller");
    assert_eq!(acme.rules(), [""; 0]);
    acme.add_user("anna,230");
    let findings = lint(&acme, &acme.directory);
    assert_eq!((findings[0].rule, findings.len()), ("odd-name", 1));
    let holds = "a character that ends an argument in a PBX's dialplan";
    assert_eq!(findings[0].message, format!("the name `anna,230` holds {holds}"));
    acme.add_user("frieda@haus.example");
    let message = &lint(&acme, &acme.directory)[0].message;
    assert_eq!(*message, format!("2 names hold {holds}: `anna,230`, `frieda@haus.example`"));
}
