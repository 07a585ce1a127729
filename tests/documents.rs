//! Policy documents as their writers meet them: what loads, and how each kind of fault is reported.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

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

const CONTRACT: &str = include_str!("data/contract.toml");

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

// Faults, each with its exact text.

#[test]
fn several_errors_are_told_together_in_order_of_place() {
    let text = r#"domain = "acme.example"
systems = ["xphone", "estas"]

[[user]]
name = "alice"
lines = [100]

[[workgroup]]
name = "project"
lvel = "assistant"
members = ["alice", "bbo"]

[[user]]
name = "bob"

[[relationship]]
owner = "alice"
viewer = "bob"
level = "forwarder"
"#;
    assert_eq!(
        faults(text),
        [
            "acme.toml:2:22: unknown word `estas` for `systems` of the document (did you mean `estos`?)",
            "acme.toml:6:10: `lines` in [[user]] is the integer `100`, expected only strings in the list",
            "acme.toml:8:1: missing key `level` in [[workgroup]]",
            "acme.toml:10:1: unknown key `lvel` in [[workgroup]] (did you mean `level`?)",
            "acme.toml:11:21: unknown user `bbo` in `members` of [[workgroup]] (did you mean `bob`?)",
            "acme.toml:19:9: `forwarder` is not offered for `level` of [[relationship]], expected one of `blocked`, `unknown`, \
             `external`, `employee`, `team_colleague`, `assistant`, `assistant_plus`",
        ]
    );
}

#[test]
fn syntax_errors_stay_in_their_entry() {
    let text = format!(
        "{BASE}[[user]]\nname = \"carol\nlines = [\"1\"\n[[team]]\nname = \"x\"\nagents = [\"carl\"]\n[[location]]\nname = x\n"
    );
    let faults = faults(&text);
    let places: Vec<&str> = faults.iter().map(|fault| fault.split(':').nth(1).unwrap()).collect();
    assert!(places.contains(&"10") && places.contains(&"14") && places.contains(&"16"), "{faults:#?}");
    assert!(faults.iter().all(|fault| !fault.contains("unknown key")), "{faults:#?}");
}

#[test]
fn unknown_keys_and_tables() {
    let unknown = more_faults("[[usr]]\nname = \"x\"\n");
    assert_eq!(unknown, ["acme.toml:9:3: unknown key `usr` in the document (did you mean `user`?)"]);
    let unknown = more_faults("[matrix.pascom]\n\"call.pickup\" = []\n[client.more]\n");
    assert_eq!(
        unknown,
        [
            "acme.toml:9:9: `pascom` in [matrix] has no matrix, expected `xphone` or `estos`",
            "acme.toml:11:9: unknown table `more` in [client], expected `show_numbers`",
        ]
    );
}

#[test]
fn wrong_types() {
    let wrong = more_faults(
        "[client]\nshow_numbers = \"yes\"\n[[location]]\nname = 7\n[[user]]\nname = \"x\"\nlines = \"1\"\n",
    );
    assert_eq!(
        wrong,
        [
            "acme.toml:10:16: `show_numbers` in [client] is the string `yes`, expected `true` or `false`",
            "acme.toml:12:8: `name` in [[location]] is the integer `7`, expected a string",
            "acme.toml:15:9: `lines` in [[user]] is the string `1`, expected a list of strings",
        ]
    );
    assert_eq!(
        faults("domain = 1\nsystems = []\nuser = \"x\"\nclient = 1.5\n"),
        [
            "acme.toml:1:10: `domain` in the document is the integer `1`, expected a string",
            "acme.toml:2:1: `systems` is empty, expected one of `xphone`, `estos`, `pascom`, `keevio`, `linewarden`",
            "acme.toml:3:8: found the string `x`, expected a list of tables [[user]]",
            "acme.toml:4:10: found the number `1.5`, expected a table [client]",
        ]
    );
}

#[test]
fn domain_and_systems_are_required() {
    let missing = faults("");
    assert_eq!(
        missing,
        ["acme.toml:1:1: missing key `domain` in the document", "acme.toml:1:1: missing key `systems` in the document"]
    );
    let wrong = faults("domain = \"a b\"\nsystems = [\"pascom\", \"pascom\"]\n");
    assert_eq!(
        wrong,
        [
            "acme.toml:1:10: `domain` is `a b`, expected a name like `acme.example`, at most 253 bytes",
            "acme.toml:2:22: `pascom` stands twice in `systems` of the document",
        ]
    );
}

#[test]
fn names_that_cannot_be_names() {
    for (name, why) in [
        ("", "is empty"),
        ("a/b", "is `a/b`, expected a name without `/` and `:`"),
        ("team:x", "is `team:x`, expected a name without `/` and `:`"),
        ("a\\u0007", "is `a\\u{7}`, expected a name without control characters"),
        (" x", "is ` x`, expected a name without blanks around it"),
        (&"x".repeat(256), "has 256 bytes, expected at most 255"),
    ] {
        let faults = more_faults(&format!("[[device]]\nname = \"{name}\"\n"));
        assert_eq!(faults, [format!("acme.toml:10:8: `name` in [[device]] {why}")]);
    }
    loaded(&format!("{BASE}[[device]]\nname = \"Tür 1 (Hof)\"\n"));
}

#[test]
fn duplicate_users_teams_and_groups() {
    for (header, what, rest) in [
        ("user", "user", ""),
        ("team", "team", ""),
        ("location", "location", ""),
        ("device", "device", ""),
        ("workgroup", "workgroup", "level = \"employee\"\n"),
        ("monitoring_group", "monitoring group", ""),
        ("authorization_group", "authorization group", ""),
        ("permission", "permission", ""),
        ("site", "site", "same_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"\n"),
    ] {
        let entry = format!("[[{header}]]\n{rest}name = \"zoe\"\n");
        let shift = rest.lines().count();
        let message =
            format!("acme.toml:{}:8: a second {what} `zoe`, the first is in line {}", 12 + 2 * shift, 10 + shift);
        assert_eq!(more_faults(&format!("{entry}{entry}")), [message]);
    }
}

#[test]
fn duplicate_extensions() {
    let duplicate = more_faults(
        "[[user]]\nname = \"carol\"\nlines = [\"110\", \"120\", \"120\", \"alice\"]\n[[team]]\nname = \"t\"\nlines = [\"100\"]\n",
    );
    assert_eq!(
        duplicate,
        [
            "acme.toml:11:10: extension `110` in `lines` of [[user]] is already `bob`'s, in line 8",
            "acme.toml:11:24: extension `120` in `lines` of [[user]] is already `carol`'s, in line 11",
            "acme.toml:11:31: extension `alice` is the login of another user, in line 4",
            "acme.toml:14:10: extension `100` in `lines` of [[team]] is already `alice`'s, in line 5",
        ]
    );
    loaded(&format!("{BASE}[[user]]\nname = \"120\"\nlines = [\"120\"]\n"));
}

#[test]
fn extensions_are_what_can_be_dialled_after_a_code() {
    for bad in ["", "*8", "1#2", "+", "1 2", "a/b", "sip:x", &"1".repeat(33)] {
        let faults = more_faults(&format!("[[user]]\nname = \"carol\"\nlines = [\"{bad}\"]\n"));
        assert!(faults[0].starts_with(&format!(
            "acme.toml:11:10: extension `{bad}` in `lines` of [[user]], expected 1 to 32 letters"
        )));
    }
    loaded(&format!("{BASE}[[user]]\nname = \"carol\"\nlines = [\"+4989123\", \"c.arol-2\"]\n"));
}

#[test]
fn membership_of_a_missing_user() {
    let members = "members = [\"alice\", \"carol\", \"alice\", \"100\"]\n";
    assert_eq!(
        more_faults(&format!("[[workgroup]]\nname = \"w\"\nlevel = \"employee\"\n{members}")),
        [
            "acme.toml:12:21: unknown user `carol` in `members` of [[workgroup]]",
            "acme.toml:12:30: `alice` stands twice in `members` of [[workgroup]]",
            "acme.toml:12:39: `100`, which is `alice`, stands twice in `members` of [[workgroup]]",
        ]
    );
    let permission = "[[team]]\nname = \"t\"\nlines = [\"600\"]\nagents = [\"sip:x@y\", \"600\"]\n[[permission]]\nname = \"p\"\nusers = [\"ali\"]\nteams = [\"team:t\", \"600\"]\ndevices = [\"d\"]\nlocations = [\"l\"]\n";
    assert_eq!(
        more_faults(permission),
        [
            "acme.toml:12:11: `sip:x@y` in `agents` of [[team]] is an outside contact, expected a user",
            "acme.toml:12:22: unknown user `600` in `agents` of [[team]]",
            "acme.toml:15:10: unknown user `ali` in `users` of [[permission]]",
            "acme.toml:16:10: unknown team `team:t` in `teams` of [[permission]], expected the plain name `t`",
            "acme.toml:16:20: unknown team `600` in `teams` of [[permission]]",
            "acme.toml:17:12: unknown device `d` in `devices` of [[permission]]",
            "acme.toml:18:14: unknown location `l` in `locations` of [[permission]]",
        ]
    );
}

#[test]
fn a_viewer_that_is_no_address() {
    let entry =
        |viewer: &str| format!("[[authorization_grant]]\nowner = \"alice\"\nviewer = \"{viewer}\"\nlevel = \"team\"\n");
    let faults = more_faults(&[entry("sip:bob@"), entry("tel:+4989100"), entry("bbo")].concat());
    let wanted = "is no valid address, expected a user, or an address like `sip:bob@partner.example`";
    assert_eq!(faults.len(), 3, "{faults:?}");
    for (fault, viewer) in faults.iter().zip(["sip:bob@", "tel:+4989100"]) {
        let said = format!("`{viewer}` in `viewer` of [[authorization_grant]] {wanted}");
        assert!(fault.ends_with(&said), "{fault}");
    }
    assert!(faults[2].contains("unknown user `bbo`"), "{faults:?}");
}

#[test]
fn levels_that_a_list_does_not_offer() {
    let insiders = "`blocked`, `unknown`, `external`, `employee`, `team_colleague`, `assistant`, `assistant_plus`";
    let outside = "`blocked`, `unknown`, `external`, `employee`";
    let groups = "`external`, `employee`, `team_colleague`, `assistant`, `assistant_plus`";
    let administrative = "`public`, `business`, `team`, `personal`";
    let site = "[[site]]\nname = \"m\"\nsame_site = \"forwarder\"\nother_sites = \"forwarding_participant\"\noutside = \"assistant\"\n";
    let more = format!(
        "{site}[[workgroup]]\nname = \"w\"\nlevel = \"blocked\"\n[[relationship]]\nowner = \"alice\"\nviewer = \"sip:x@y.example\"\n\
         level = \"assistant\"\n[authorization]\nlevel = \"blocked\"\n[[authorization_grant]]\nowner = \"alice\"\nviewer = \"bob\"\n\
         level = \"publik\"\n"
    );
    assert_eq!(
        more_faults(&more),
        [
            format!(
                "acme.toml:11:13: `forwarder` is not offered for `same_site` of [[site]], expected one of {insiders}"
            ),
            format!(
                "acme.toml:12:15: `forwarding_participant` is not offered for `other_sites` of [[site]], expected one of {insiders}"
            ),
            format!("acme.toml:13:11: `assistant` is not offered for `outside` of [[site]], expected one of {outside}"),
            format!("acme.toml:16:9: `blocked` is not offered for `level` of [[workgroup]], expected one of {groups}"),
            format!(
                "acme.toml:20:9: `assistant` is not offered for `level` of [[relationship]] for an outside contact, expected one of {outside}"
            ),
            format!(
                "acme.toml:22:9: `blocked` is not offered for `level` of [authorization], expected one of {administrative}"
            ),
            "acme.toml:26:9: unknown word `publik` for `level` of [[authorization_grant]] (did you mean `public`?)"
                .to_owned(),
        ]
    );
    let blocked = "[[authorization_grant]]\nowner = \"alice\"\nviewer = \"bob\"\nlevel = \"blocked\"\n";
    loaded(&format!("{BASE}{blocked}"));
}

#[test]
fn self_relationships_and_second_entries() {
    for (header, rest) in [
        ("relationship", "level = \"employee\"\n"),
        ("authorization_grant", "rights = []\n"),
        ("subscription", "state = \"pending\"\n"),
    ] {
        let entry = |viewer: &str| format!("[[{header}]]\nowner = \"alice\"\nviewer = \"{viewer}\"\n{rest}");
        let second = more_faults(&format!("{}{}{}", entry("100"), entry("bob"), entry("sip:bob@acme.example")));
        assert_eq!(
            second,
            [
                format!("acme.toml:11:10: `100` is both owner and viewer of [[{header}]], expected two parties"),
                format!(
                    "acme.toml:17:1: a second [[{header}]] of viewer `bob` towards owner `alice`, the first is in line 13"
                ),
            ]
        );
    }
}

#[test]
fn owners_are_users() {
    let entry = |header: &str, owner: &str, rest: &str| {
        format!("[[{header}]]\nowner = \"{owner}\"\nviewer = \"sip:x@y.example\"\n{rest}\n")
    };
    let more = [
        entry("relationship", "sip:z@y.example", "level = \"employee\""),
        entry("authorization_grant", "sip:zoe@acme.example", "level = \"team\""),
        entry("subscription", "sip:z@y.example", "state = \"granted\""),
    ];
    assert_eq!(
        more_faults(&more.concat()),
        [
            "acme.toml:10:9: `sip:z@y.example` in `owner` of [[relationship]] is an outside contact, expected a user",
            "acme.toml:14:9: unknown user `sip:zoe@acme.example` in `owner` of [[authorization_grant]]",
            "acme.toml:17:1: [[subscription]] between two outside contacts, expected a user as owner or viewer",
        ]
    );
    let (domain, _) = loaded(&format!("{BASE}{}", entry("subscription", "alice", "state = \"granted\"")));
    assert_eq!(domain.contacts.len(), 1);
}

#[test]
fn grants_by_the_administrator() {
    let entry = |viewer: &str, rest: &str| {
        format!("[[authorization_grant]]\nowner = \"alice\"\nviewer = \"{viewer}\"\n{rest}\n")
    };
    let both = entry("110", "administrative = true\nlevel = \"public\"") + &entry("bob", "rights = [\"note.set\"]");
    let (domain, directory) =
        loaded(&format!("{BASE}{both}{}", entry("sip:x@y.example", "administrative = false\nlevel = \"team\"")));
    let (alice, bob) = (user(&domain, &directory, "alice"), user(&domain, &directory, "bob"));
    let person = &domain.user(alice).unwrap().estos;
    let given = person.administrative_grant(bob).unwrap();
    assert_eq!((given.grant, given.line), (Grant::Level(Level::Public), Line(13)));
    assert_eq!((person.grant(bob).unwrap().line, person.grants.len(), person.administrative.len()), (Line(17), 2, 1));
    let more = [
        entry("bob", "administrative = true\nlevel = \"blocked\""),
        entry("sip:x@y.example", "administrative = true\nlevel = \"team\""),
        entry("zoe", "administrative = true\nlevel = \"team\""),
        entry("alice", "administrative = true\nrights = []"),
        entry("bob", "administrative = \"yes\"\nlevel = \"team\""),
        entry("bob", "administrative = true\nrights = [\"contact.email.read\"]"),
        entry("bob", "administrative = true"),
    ];
    assert_eq!(
        more_faults(&more.concat()),
        [
            "acme.toml:13:9: `blocked` is not offered for `level` of [[authorization_grant]], expected one of `public`, `business`, `team`, `personal`",
            "acme.toml:16:10: `sip:x@y.example` in `viewer` of administrative [[authorization_grant]] is an outside contact, expected a user",
            "acme.toml:21:10: unknown user `zoe` in `viewer` of administrative [[authorization_grant]]",
            "acme.toml:26:10: `alice` is both owner and viewer of administrative [[authorization_grant]], expected two parties",
            "acme.toml:32:18: `administrative` in [[authorization_grant]] is the string `yes`, expected `true` or `false`",
            "acme.toml:34:1: a second administrative [[authorization_grant]] of viewer `bob` towards owner `alice`, the first is in line 9",
            "acme.toml:38:11: right `contact.email.read` in `rights` of [[authorization_grant]], expected rights of estos' function table only",
            "acme.toml:39:1: missing key `level` or `rights` in [[authorization_grant]]",
            "acme.toml:39:1: a second administrative [[authorization_grant]] of viewer `bob` towards owner `alice`, the first is in line 9",
        ]
    );
}

#[test]
fn administrators_of_single_things() {
    let things = "[[site]]\nname = \"s\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"\n\
                  [[workgroup]]\nname = \"w\"\nlevel = \"employee\"\n[[monitoring_group]]\nname = \"m\"\n[[team]]\nname = \"t\"\n";
    let entry = |user: &str, rest: &str| format!("[[administrator]]\nuser = \"{user}\"\n{rest}\n");
    // An administrator may stand before what is administered.
    let all =
        "sites = [\"s\"]\nworkgroups = [\"w\"]\nmonitoring_groups = [\"m\"]\npermissions = [\"All\"]\nteams = [\"t\"]";
    let (domain, directory) = loaded(&format!("{BASE}{}{things}{}", entry("110", all), entry("alice", "")));
    let bob = domain.administrator(user(&domain, &directory, "bob")).unwrap();
    assert_eq!(
        (&bob.sites[..], &bob.workgroups[..], bob.line),
        (&["s".to_string()][..], &["w".to_string()][..], Line(9))
    );
    assert_eq!((bob.monitoring_groups.len(), &bob.permissions[..]), (1, &["All".to_string()][..]));
    assert_eq!(bob.teams, [domain.teams[0].party]);
    assert_eq!(domain.administrators.len(), 2);
    let more = [
        entry("zoe", "sites = [\"s\"]"),
        entry("alice", "sites = [\"s\", \"s\", \"t\"]\nworkgroups = [\"v\"]"),
        entry("alice", "teams = [\"team:t\", \"600\"]\npermissions = [\"Al\"]"),
        entry("bob", "monitoring_groups = \"m\"\nsite = [\"s\"]"),
        "[[administrator]]\n".into(),
    ];
    assert_eq!(
        more_faults(&format!("{things}{}", more.concat())),
        [
            "acme.toml:22:8: unknown user `zoe` in `user` of [[administrator]]",
            "acme.toml:26:15: `s` stands twice in `sites` of [[administrator]]",
            "acme.toml:26:20: unknown site `t` in `sites` of [[administrator]] (did you mean `s`?)",
            "acme.toml:27:15: unknown workgroup `v` in `workgroups` of [[administrator]] (did you mean `w`?)",
            "acme.toml:29:8: a second [[administrator]] of user `alice`, the first is in line 24",
            "acme.toml:30:10: unknown team `team:t` in `teams` of [[administrator]], expected the plain name `t`",
            "acme.toml:30:20: unknown team `600` in `teams` of [[administrator]]",
            "acme.toml:31:16: unknown permission `Al` in `permissions` of [[administrator]] (did you mean `All`?)",
            "acme.toml:34:21: `monitoring_groups` in [[administrator]] is the string `m`, expected a list of strings",
            "acme.toml:35:1: unknown key `site` in [[administrator]] (did you mean `sites`?)",
            "acme.toml:36:1: missing key `user` in [[administrator]]",
        ]
    );
}

#[test]
fn levels_and_rights_exclude_each_other() {
    let more = "[[authorization_group]]\nname = \"g\"\nlevel = \"team\"\nrights = [\"call.pickup\"]\nleader_level = \"team\"\nleader_rights = []\n\
                [[authorization_grant]]\nowner = \"alice\"\nviewer = \"bob\"\n";
    assert_eq!(
        more_faults(more),
        [
            "acme.toml:12:1: `level` and `rights` in [[authorization_group]], expected one of them",
            "acme.toml:14:1: `leader_level` and `leader_rights` in [[authorization_group]], expected one of them",
            "acme.toml:15:1: missing key `level` or `rights` in [[authorization_grant]]",
        ]
    );
}

#[test]
fn single_rights_are_those_of_the_function_table() {
    let more = "[authorization]\nrights = [\"call.pickup\", \"forwarding.set.second\", \"call.detail.read\", \"contact.email.read\", \"call.pikup\", \"call.pickup\"]\n";
    assert_eq!(
        more_faults(more),
        [
            "acme.toml:10:51: right `call.detail.read` in `rights` of [authorization], expected rights of estos' function table only",
            "acme.toml:10:71: right `contact.email.read` in `rights` of [authorization], expected rights of estos' function table only",
            "acme.toml:10:93: unknown right `call.pikup` in `rights` of [authorization] (did you mean `call.pickup`?)",
            "acme.toml:10:107: `call.pickup` stands twice in `rights` of [authorization]",
        ]
    );
    let (domain, _) =
        loaded(&format!("{BASE}[authorization]\nrights = [\"call.pickup\", \"forwarding.set.second\"]\n"));
    let rights = Right::CALL_PICKUP.mask() | Right::FORWARDING_SET.on_line(2).mask();
    assert_eq!(domain.estos.global, Some(Grant::Rights(rights)));
}

#[test]
fn federation_patterns() {
    let entry = |domain: &str| format!("[[federation]]\ndomain = \"{domain}\"\nmaximum = \"team\"\n");
    let more =
        ["*", "*.x.example", "X.example", "x.Example", "*x.example", "x..example", "ACME.example", ""].map(entry);
    let wanted = "expected `partner.example`, `*.partner.example` or `*`";
    assert_eq!(
        more_faults(&more.concat()),
        [
            "acme.toml:19:10: a second federation with `x.example`, the first is in line 16".to_owned(),
            format!("acme.toml:22:10: `domain` of [[federation]] is `*x.example`, {wanted}"),
            format!("acme.toml:25:10: `domain` of [[federation]] is `x..example`, {wanted}"),
            "acme.toml:28:10: `domain` of [[federation]] is the own domain, expected another than `acme.example`"
                .to_owned(),
            format!("acme.toml:31:10: `domain` of [[federation]] is ``, {wanted}"),
        ]
    );
}

#[test]
fn sites_and_groups_of_users() {
    let more = "[[site]]\nname = \"munich\"\n[[user]]\nname = \"c\"\nsite = \"munch\"\n[[user]]\nname = \"d\"\ngroup = \"g\"\n[[user]]\nname = \"e\"\nsite = \"munich\"\ngroup = \"g\"\n";
    assert_eq!(
        more_faults(more),
        [
            "acme.toml:9:1: missing key `same_site` in [[site]]",
            "acme.toml:9:1: missing key `other_sites` in [[site]]",
            "acme.toml:9:1: missing key `outside` in [[site]]",
            "acme.toml:13:8: unknown site `munch` in [[user]] (did you mean `munich`?)",
            "acme.toml:16:9: `group` `g` of a [[user]] without `site`, expected both",
            "acme.toml:20:9: unknown group `g` of site `munich`, which has none",
        ]
    );
    assert_eq!(
        more_faults("[[site.group]]\nname = \"x\"\n"),
        ["acme.toml:9:3: [[site.group]] without a [[site]] before it"]
    );
}

#[test]
fn matrix_overrides() {
    let more = "[matrix.xphone]\n\"note.read\" = []\npresence.symbol.read = []\n\"call.pickup\" = [\"team\", \"assistant\", \"assistant\"]\n\
                [matrix.estos]\n\"call.pickup\" = [\"team\"]\n\"call.pikup.first\" = []\n";
    assert_eq!(
        more_faults(more),
        [
            "acme.toml:10:1: unknown row `note.read` in [matrix.xphone], which is no row of its own",
            "acme.toml:11:1: unknown row `presence` in [matrix.xphone], expected a right's name in quotes",
            "acme.toml:12:18: unknown word `team` for `call.pickup` of [matrix.xphone], expected one of `blocked`, `unknown`, `external`, \
             `forwarding_participant`, `forwarder`, `employee`, `team_colleague`, `assistant`, `assistant_plus`",
            "acme.toml:12:39: `assistant` stands twice in `call.pickup` of [matrix.xphone]",
            "acme.toml:14:1: unknown row `call.pickup` in [matrix.estos], expected the right with its line, as in `call.pickup.first`",
            "acme.toml:15:1: unknown row `call.pikup.first` in [matrix.estos] (did you mean `call.pickup.first`?)",
        ]
    );
    let (domain, _) = loaded(&format!("{BASE}[matrix.estos]\n\"call.pickup.first\" = [\"public\"]\n"));
    assert!(domain.estos.tables.rights(Level::Public, true).has(Right::CALL_PICKUP.on_line(1)));
    assert!(!domain.estos.tables.rights(Level::Personal, true).has(Right::CALL_PICKUP.on_line(1)));
}

#[test]
fn function_codes() {
    let more = "[codes]\npickup = \"8\"\nforward_ask = \"\"\nforward_toggle = \"*7\"\nlogin = \"*44a\"\n";
    let wanted = "expected `*` or `#`, then digits, `*` and `#`, at most 32 in all";
    assert_eq!(
        more_faults(more),
        [
            format!("acme.toml:10:10: code `8` for `pickup` in [codes], {wanted}"),
            format!("acme.toml:11:15: code `` for `forward_ask` in [codes], {wanted}"),
            "acme.toml:12:18: code `*7` for `forward_toggle` and `*70` for `forward_ask` begin alike, expected no code to be the beginning of another".to_owned(),
            "acme.toml:12:18: code `*7` for `forward_toggle` and `*74` for `forward_set` begin alike, expected no code to be the beginning of another".to_owned(),
            format!("acme.toml:13:9: code `*44a` for `login` in [codes], {wanted}"),
        ]
    );
    let swapped = more_faults("[codes]\npickup = \"*9\"\nlogin = \"*9\"\n");
    assert_eq!(
        swapped,
        [
            "acme.toml:11:9: code `*9` for `login` and `*9` for `pickup` begin alike, expected no code to be the beginning of another"
        ]
    );
    loaded(&format!("{BASE}[codes]\nforward_ask = \"*71\"\nforward_toggle = \"*70\"\n"));
}

#[test]
fn words_of_closed_lists() {
    let more = "[[team]]\nname = \"t\"\npickup_notification = \"other\"\n[[permission]]\nname = \"p\"\ntypes = [\"pickup\"]\nautomatic = [\"user\"]\n\
                [presence]\nnew_users = \"all\"\n[[subscription]]\nviewer = \"alice\"\nowner = \"bob\"\nstate = \"grant\"\n";
    assert_eq!(
        more_faults(more),
        [
            "acme.toml:11:23: unknown word `other` for `pickup_notification` of [[team]] (did you mean `others`?)",
            "acme.toml:14:10: unknown word `pickup` for `types` of [[permission]], expected one of `pickup.group`, `location.group`, \
             `xmpp.group`, `redirect.choice`, `redirect.group`, `xmpp.supervisor`, `profile.personal`, `billing.group`",
            "acme.toml:15:14: unknown kind `user` in `automatic` of [[permission]] (did you mean `users`?)",
            "acme.toml:17:13: unknown word `all` for `new_users` of [presence], expected one of `none`, `add`, `authorise`, \
             `add_and_authorise`",
            "acme.toml:21:9: unknown word `grant` for `state` of [[subscription]], expected one of `pending`, `granted`",
        ]
    );
}

#[test]
fn two_domains_of_one_name() {
    let documents = [document("a.toml", BASE), document("b.toml", &BASE.replace("acme", "ACME"))];
    let error = load(&documents, &mut Directory::default()).unwrap_err();
    let message = "b.toml:1:10: domain `acme.example` is already in a.toml:1, expected one document for a domain";
    assert_eq!(error.message(), message);
    let documents = [document("a.toml", BASE), document("b.toml", &BASE.replace("acme", "other"))];
    let policy = load(&documents, &mut Directory::default()).unwrap();
    assert_eq!(policy.domains.len(), 2);
}

#[test]
fn faults_of_all_documents_are_told_together_and_not_without_end() {
    let bad = |name: &str| document(name, &format!("domain = \"{name}\"\nsystems = [\"pascom\"]\nx = 1\ny = 2\n"));
    let error = load(&[bad("a"), bad("b")], &mut Directory::default()).unwrap_err();
    let places: Vec<&str> = error.message().lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(places, ["a:3:1:", "a:4:1:", "b:3:1:", "b:4:1:"]);
    let mut text = BASE.to_owned();
    for number in 0..250 {
        write!(text, "[[workgroup]]\nname = \"{number}\"\nlevel = \"employee\"\nmembers = [\"nobody\"]\n").unwrap();
    }
    let faults = faults(&text);
    assert_eq!(faults.len(), 101);
    assert_eq!(faults[99], "acme.toml:408:12: unknown user `nobody` in `members` of [[workgroup]]");
    assert_eq!(faults[100], "and 150 more");
}

// Hostile text.

#[test]
fn deep_nesting_is_refused() {
    let deep = [
        format!("x = {}", "[".repeat(1_000_000)),
        format!("x = {}", "{a=".repeat(1_000_000)),
        format!("{}x = 1", "a.".repeat(1_000_000)),
        format!("[{}a]\nx = 1", "a.".repeat(1_000_000)),
        format!("# \r{}x = 1", "\"a\".".repeat(1_000_000)),
    ];
    for text in deep {
        let faults = faults(&text);
        assert!(faults[0].contains("deep") || faults[0].contains("dots"), "{}", faults[0]);
    }
    // The deepest tree that is parsed fits the small stack of a PBX's thread.
    let deepest = format!(
        "[{0}a]\n{0}a = {1}1{2}\n",
        "a.".repeat(8),
        format!("{{{}a=", "a.".repeat(8)).repeat(31),
        "}".repeat(31)
    );
    let thread = std::thread::Builder::new().stack_size(496 << 10);
    let told = thread.spawn(move || faults(&deepest)).unwrap().join().unwrap();
    assert!(told.iter().any(|fault| fault.contains("unknown table `a`")), "{told:?}");
}

#[test]
fn a_line_of_100_megabytes_is_refused() {
    // The others are as long as it takes to be refused: the answer does not depend on the rest.
    for (text, length) in [("[],", 100_000_000), ("x", 17 << 20), (",", 17 << 20), ("\"", 17 << 20), ("'\\", 17 << 20)]
    {
        let faults = faults(&text.repeat(length / text.len()));
        assert!(faults[0].starts_with("acme.toml:1:1: "), "{}", faults[0]);
        assert!(faults[0].contains("bytes without a table's header between them"), "{}", faults[0]);
    }
}

#[test]
fn a_long_list_on_one_line_loads() {
    let (mut text, mut members) = (String::from("domain = \"a\"\nsystems = [\"xphone\"]\n"), String::new());
    for number in 0..50_000 {
        write!(text, "[[user]]\nname = \"u{number}\"\n").unwrap();
        write!(members, "\"u{number}\",").unwrap();
    }
    write!(text, "[[workgroup]]\nname = \"all\"\nlevel = \"employee\"\nmembers = [{members}]\n").unwrap();
    let (domain, _) = loaded(&text);
    assert_eq!(domain.xphone.workgroups[0].members.len(), 50_000);
}

#[test]
fn binary_garbage_in_memory() {
    let mut state = 1u32;
    let mut garbage = String::new();
    for _ in 0..20_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        garbage.extend(char::from_u32(state >> 24));
    }
    assert!(faults(&garbage)[0].starts_with("acme.toml:1:"));
    assert!(!faults(&"\0".repeat(10_000)).is_empty());
}

// From disk.

fn read_error(path: &Path) -> (ErrorKind, String) {
    let error = read(path).unwrap_err();
    (error.kind(), error.message().replace(path.to_str().unwrap(), "PATH"))
}

#[test]
fn folders_are_read_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, domain) in [("b.toml", "b.example"), ("a.toml", "a.example"), ("c.txt", "c"), (".#a.toml", "d")] {
        std::fs::write(folder.path().join(name), format!("domain = \"{domain}\"\nsystems = [\"pascom\"]\n")).unwrap();
    }
    let documents = read(folder.path()).unwrap();
    let names: Vec<&str> = documents.iter().map(|document| document.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["a.toml", "b.toml"]);
    let policy = load(&documents, &mut Directory::default()).unwrap();
    assert_eq!(policy.domains[0].name, "a.example");
    assert_eq!(
        read(folder.path().join("c.txt")).unwrap().len(),
        1,
        "a file named by the caller may be called anything"
    );
}

#[test]
fn empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let message = "folder `PATH` has no document, expected files named `*.toml`".to_owned();
    assert_eq!(read_error(folder.path()), (ErrorKind::File, message));
}

#[test]
fn missing_and_unreadable_files() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    assert_eq!(read_error(&missing), (ErrorKind::File, "`PATH` cannot be read: no such file or directory".into()));
    // A folder where a file is expected cannot be read by anybody, root included.
    std::fs::create_dir(folder.path().join("x.toml")).unwrap();
    let (kind, message) = read_error(folder.path());
    assert_eq!(kind, ErrorKind::File);
    assert_eq!(message, "`PATH/x.toml` is not a file, expected a document or a folder");
}

#[test]
fn files_that_are_not_text() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("garbage.toml");
    std::fs::write(&path, b"domain = \"x\"\n# \xc3\xbc \xff\x00").unwrap();
    let message = "PATH:2:5: byte `0xff` is not utf-8, expected text".to_owned();
    assert_eq!(read_error(&path), (ErrorKind::Document, message));
    std::fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"\xff.toml")), "").unwrap();
    let (kind, message) = read_error(folder.path());
    assert_eq!((kind, message.lines().count()), (ErrorKind::Document, 2), "{message}");
}

// Writing.

/// What a domain says, without lines, with names for numbers.
fn facts(domain: &Domain, directory: &Directory) -> String {
    let debug = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        domain.name,
        domain.systems,
        domain.users,
        domain.contacts,
        domain.teams,
        domain.stations,
        domain.xphone,
        domain.estos,
        domain.pascom,
        domain.keevio,
        domain.overrides,
        domain.codes,
        domain.administrators
    );
    let mut text = String::new();
    let mut rest = debug.as_str();
    while let Some(at) = rest.find("Line(").into_iter().chain(rest.find("Party(")).min() {
        let open = at + rest[at..].find('(').unwrap();
        let close = open + rest[open..].find(')').unwrap();
        text.push_str(&rest[..at]);
        if rest[at..].starts_with("Party") {
            text.push_str(&directory.text(Party(rest[open + 1..close].parse().unwrap())));
        }
        rest = &rest[close + 1..];
    }
    text + rest
}

fn assert_round_trip(text: &str) -> String {
    let (domain, directory) = loaded(text);
    let mut written = Vec::new();
    write(&domain, &directory, &mut written).unwrap();
    let written = String::from_utf8(written).unwrap();
    let (again, names) = loaded(&written);
    assert_eq!(facts(&again, &names), facts(&domain, &directory), "{written}");
    written
}

#[test]
fn what_is_written_loads_to_the_same_facts() {
    let written = assert_round_trip(CONTRACT);
    assert!(
        !written.contains("vip") && !written.contains("[codes]") && !written.contains("automatic"),
        "defaults: {written}"
    );
    let delivered = CONTRACT.replace("types = [\"xmpp.group\"]", "types = [\"xmpp.group\", \"profile.personal\"]");
    let written = assert_round_trip(&delivered);
    assert!(!written.contains("All"), "as delivered: {written}");
    assert_round_trip(BASE);
    assert_round_trip("domain = \"a\"\nsystems = [\"keevio\"]\n");
    let full = r##"
[[user]]
name = "o\"brien \\ x"
vip = true
assistant = true
calendar_release = "nothing"
company = "a/b:c"
container = "all"
site = "s"
group = "g"
[[location]]
name = "l"
[[device]]
name = "d"
[[location]]
name = "m"
[[team]]
name = "t"
lines = ["600", "601"]
agents = ["bob"]
pickup_notification = "others"
[[site]]
name = "s"
same_site = "assistant_plus"
other_sites = "blocked"
outside = "unknown"
agreement = "extend_only"
[[site.group]]
name = "h"
[[site.group]]
name = "g"
outside = "blocked"
agreement = "extend_and_restrict"
[[monitoring_group]]
name = "m"
observers = ["bob", "alice"]
among_observers = "external"
[[relationship]]
owner = "bob"
viewer = "sip:Zed@Y.example"
level = "blocked"
[[relationship]]
owner = "bob"
viewer = "alice"
level = "unknown"
[authorization]
rights = ["presence.set", "call.pickup", "forwarding.set.first"]
users_may_grant = false
[[authorization_group]]
name = "none"
rights = []
leader_rights = ["note.set"]
leaders = ["alice"]
active = false
[[authorization_grant]]
owner = "bob"
viewer = "alice"
level = "blocked"
[[authorization_grant]]
owner = "bob"
viewer = "sip:w@y.example"
rights = ["call.pickup.additional"]
[[authorization_grant]]
owner = "bob"
viewer = "alice"
administrative = true
rights = ["note.set"]
[[authorization_grant]]
owner = "alice"
viewer = "bob"
administrative = true
level = "personal"
[[federation]]
domain = "*"
maximum = "public"
[[federation]]
domain = "*.y.example"
maximum = "personal"
[[permission]]
name = "p"
types = ["pickup.group", "billing.group"]
users = ["bob"]
teams = ["t"]
devices = ["d"]
locations = ["l", "m"]
[[permission]]
name = "All"
types = []
automatic = []
users = ["alice"]
[client]
show_numbers = true
[presence]
new_users = "none"
realm = true
[[subscription]]
viewer = "sip:v@y.example"
owner = "alice"
state = "pending"
[[administrator]]
user = "alice"
[[administrator]]
user = "bob"
sites = ["s"]
monitoring_groups = ["m"]
permissions = ["p", "All"]
teams = ["t"]
[matrix.xphone]
"call.pickup" = []
[matrix.estos]
"call.pickup.additional" = ["team", "personal"]
[codes]
pickup = "#8"
login = "*8"
"##;
    assert_round_trip(&format!("{BASE}{full}"));
}
