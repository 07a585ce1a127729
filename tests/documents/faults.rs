//! How faults are reported: syntax, keys and types, names, extensions and who may stand in a list.

use super::*;

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
