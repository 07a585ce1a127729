//! Policy documents as their writers meet them: what loads, and how each kind of fault is reported.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod faults;
mod files;
mod systems;
mod written;

use linewarden::internals::directory::Directory;
use linewarden::internals::document::{Document, load, read, write};
use linewarden::internals::id::{Kind, Line, Party};
use linewarden::internals::policy::{Domain, Policy};
use linewarden::internals::right::Right;
use linewarden::internals::system::System;
use linewarden::internals::system::estos::{Grant, Level};
use linewarden::internals::system::keevio::State;
use linewarden::internals::system::pascom::{Permission, RoleType, RoleTypes};
use linewarden::internals::system::xphone::Label;
use linewarden::{Error, ErrorKind};
use std::fmt::Write as _;
use std::path::Path;

const CONTRACT: &str = include_str!("../data/contract.toml");

/// A document of two users that runs every system.
const BASE: &str = r#"domain = "acme.example"
systems = ["xphone", "estos", "pascom", "keevio"]
[[user]]
name = "alice"
lines = ["100"]
[[user]]
name = "bob"
lines = ["110"]
"#;

fn document(name: &str, text: &str) -> Document {
    Document { name: name.into(), text: text.into() }
}

fn try_load(text: &str) -> Result<(Policy, Directory), Error> {
    let mut directory = Directory::default();
    load(&[document("acme.toml", text)], &mut directory).map(|policy| (policy, directory))
}

fn loaded(text: &str) -> (Domain, Directory) {
    let (mut policy, directory) = try_load(text).unwrap_or_else(|error| panic!("{error}"));
    (policy.domains.remove(0), directory)
}

/// The messages of a document that cannot be loaded.
fn faults(text: &str) -> Vec<String> {
    let error = try_load(text).map(|_| ()).expect_err(text);
    assert_eq!(error.kind(), ErrorKind::Document);
    error.message().lines().map(String::from).collect()
}

/// The messages of `BASE` with `more` after it; lines of `more` begin with 9.
fn more_faults(more: &str) -> Vec<String> {
    faults(&format!("{BASE}{more}"))
}

fn user(domain: &Domain, directory: &Directory, name: &str) -> Party {
    directory.party(domain.id, Kind::User, name).unwrap()
}

#[test]
fn the_contracts_example_loads_with_every_part() {
    let (domain, directory) = loaded(CONTRACT);
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| user(&domain, &directory, name));
    assert_eq!(domain.systems.iter().count(), 4);
    assert_eq!(domain.users.len(), 3);
    assert_eq!(domain.numbers["102"], alice);
    assert_eq!(domain.teams[0].agents, [alice]);
    assert_eq!(domain.stations.len(), 2);
    assert_eq!(domain.xphone.sites[0].groups[0].same_site, Some(Label::TeamColleague));
    assert_eq!(domain.users[0].xphone.group, Some(0));
    assert_eq!(domain.xphone.workgroups[0].members, [alice, bob]);
    assert_eq!(domain.xphone.monitoring_groups[0].members, [alice, carol]);
    assert_eq!(domain.user(alice).unwrap().xphone.setting(bob).unwrap().label, Label::Assistant);
    assert_eq!(domain.estos.global, Some(Grant::Level(Level::Public)));
    assert_eq!(domain.estos.groups[0].leader_grant, Some(Grant::Level(Level::Team)));
    let outside = directory.party(domain.id, Kind::Contact, "sip:bob@partner.example").unwrap();
    assert_eq!(&*domain.contact(outside).unwrap().host, "partner.example");
    assert_eq!(domain.user(alice).unwrap().estos.grant(outside).unwrap().grant, Grant::Level(Level::Team));
    assert_eq!(domain.estos.federation["partner.example"].maximum, Level::Business);
    assert_eq!(
        domain.pascom.permissions,
        [Permission {
            line: domain.pascom.permissions[0].line,
            types: RoleTypes::default().with(RoleType::XmppGroup),
            ..Permission::all_as_delivered()
        }]
    );
    assert_eq!(domain.keevio.state(alice, bob), Some(State::Granted));
    assert_eq!(domain.keevio.state(bob, alice), None);
    assert!(!domain.xphone.matrix.rights(Label::Unknown, true).has(Right::PRESENCE_SYMBOL_READ));
    assert_eq!(domain.written.len(), 4);
}

#[test]
fn lines_are_those_of_what_decides() {
    let (domain, directory) = loaded(CONTRACT);
    let line =
        |text: &str| Line(CONTRACT.lines().position(|line| line.trim_start().starts_with(text)).unwrap() as u32 + 1);
    let alice = domain.user(user(&domain, &directory, "alice")).unwrap();
    assert_eq!(alice.line, line("[[user]]"));
    assert_eq!(domain.xphone.sites[0].line, line("[[site]]"));
    assert_eq!(domain.xphone.sites[0].groups[0].line, line("[[site.group]]"));
    assert_eq!(domain.xphone.workgroups[0].line, line("level = \"assistant_plus\""));
    assert_eq!(alice.xphone.settings[0].line, line("level = \"assistant\""));
    assert_eq!(domain.estos.global_line, line("level = \"public\""));
    assert_eq!(domain.estos.groups[0].line, line("level = \"business\""));
    assert_eq!(alice.estos.grants[0].line, line("level = \"team\""));
    assert_eq!(domain.estos.federation["partner.example"].line, line("maximum"));
    assert_eq!(domain.pascom.permissions[0].line, line("[[permission]]"));
    let subscription = domain.keevio.subscriptions.values().next().unwrap();
    assert_eq!(subscription.line, line("state"));
    assert_eq!(domain.overrides[0].line, line("\"presence.symbol.read\""));
    assert!(domain.written.contains(&(System::Xphone, line("site = "))));
    assert!(domain.written.contains(&(System::Estos, line("calendar_release"))));
}

#[test]
fn what_is_not_written_is_default() {
    let (domain, _) = loaded("domain = \"Acme.Example\"\nsystems = [\"pascom\"]");
    assert_eq!(domain.name, "acme.example");
    assert_eq!(domain.pascom.permissions, [Permission::all_as_delivered()]);
    assert!(domain.estos.users_may_grant && domain.written.is_empty());
    // Keys of `All` that are not written stay as delivered; it comes first wherever it stands.
    let more = "[[permission]]\nname = \"pick\"\ntypes = [\"pickup.group\"]\n[[permission]]\nname = \"All\"\nautomatic = [\"users\"]\n";
    let (domain, _) = loaded(&format!("{BASE}{more}"));
    let all = &domain.pascom.permissions[0];
    assert_eq!(all.name, "All");
    assert!(all.types.has(RoleType::XmppGroup) && all.automatic.users && !all.automatic.teams);
    assert_eq!(domain.pascom.permissions[1].name, "pick");
}

#[test]
fn a_user_is_named_by_login_extension_or_address() {
    for bob in ["bob", "110", "sip:bob@acme.example", "SIP:bob@ACME.example"] {
        let more = format!("[[relationship]]\nowner = \"100\"\nviewer = \"{bob}\"\nlevel = \"assistant\"\n");
        let (domain, directory) = loaded(&format!("{BASE}{more}"));
        let (alice, bob) = (user(&domain, &directory, "alice"), user(&domain, &directory, "bob"));
        assert_eq!(domain.user(alice).unwrap().xphone.settings[0].viewer, bob);
    }
}

#[test]
fn groups_of_a_site_may_stand_after_other_entries() {
    let site = "[[site]]\nname = \"m\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"\n";
    let groups = "[[user]]\nname = \"c\"\nsite = \"m\"\ngroup = \"g\"\n[[site.group]]\nname = \"g\"\n";
    let (domain, _) = loaded(&format!("{BASE}{site}{groups}"));
    assert_eq!(domain.xphone.sites[0].groups.len(), 1);
    assert_eq!(domain.users[2].xphone.group, Some(0));
    let again = format!(
        "{BASE}{site}{groups}[[site.group]]\nname = \"g\"\n[[location]]\nname = \"x\"\n[[site.group]]\nname = \"g\""
    );
    let message = "a second group `g` of site `m`, the first is in line 19";
    assert_eq!(faults(&again), [format!("acme.toml:21:8: {message}"), format!("acme.toml:25:8: {message}")]);
}

#[test]
fn tables_may_be_written_inside_a_line() {
    let text =
        "domain = \"a\"\nsystems = [\"pascom\"]\nuser = [{name = \"x\"}, {name = \"y\"}]\nclient.show_numbers = true\n";
    let (domain, _) = loaded(text);
    assert_eq!(domain.users.len(), 2);
    assert!(domain.pascom.show_numbers);
    let mixed = faults(&format!("{text}[[user]]\nname = \"z\"\n[client]\n"));
    assert_eq!(
        mixed,
        [
            "acme.toml:5:3: a second `user` in the document, the first is in line 3",
            "acme.toml:7:2: a second `client` in the document, the first is in line 4",
        ]
    );
}

#[test]
fn what_loads_is_toml() {
    // Entries are parsed one by one; together they must be a document that a TOML parser takes as a whole.
    let lines: Vec<&str> = CONTRACT.lines().filter(|line| !line.is_empty()).collect();
    let (mut state, mut good) = (7u64, 0);
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..400 {
        let mut lines = lines.clone();
        for _ in 0..=random(2) {
            let (from, to) = (random(lines.len()), random(lines.len()));
            match random(4) {
                0 => drop(lines.remove(from)),
                1 => lines.insert(to, lines[from]),
                2 => lines.swap(from, to),
                _ => lines[to] = &lines[to][..lines[to].len() / 2],
            }
        }
        let text = lines.join("\n");
        if try_load(&text).is_ok() {
            good += 1;
            toml::from_str::<toml::Table>(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        }
    }
    assert!(good > 20, "only {good} of the changed documents load, which tests too little");
}

#[test]
fn headers_in_quotes_are_headers() {
    let (domain, _) =
        loaded(&format!("{BASE}[[ \"user\" ]]\nname = \"carol\"\n[\"client\"]\n[matrix]\n[matrix.estos]\n"));
    assert_eq!(domain.users.len(), 3);
    assert_eq!(more_faults("[client]\n[\"client\"]\n[matrix]\n[codes]\n[matrix]\n[site]\nx = 1\n").len(), 3);
}

#[test]
fn the_same_document_gives_the_same_numbers_again() {
    let mut directory = Directory::default();
    let first = load(&[document("a", CONTRACT)], &mut directory).unwrap();
    let last = directory.last_party();
    let again = load(&[document("a", CONTRACT)], &mut directory).unwrap();
    assert_eq!(directory.last_party(), last);
    assert_eq!(first.domains[0].users[1].party, again.domains[0].users[1].party);
}

#[test]
fn a_failed_load_leaves_the_directory_alone() {
    let mut directory = Directory::default();
    let bad = format!("{BASE}[[user]]\nname = \"alice\"\n");
    load(&[document("good.toml", CONTRACT), document("bad.toml", &bad)], &mut directory).unwrap_err();
    assert_eq!((directory.last_party(), directory.domain_count()), (Party::NONE, 0));
}
