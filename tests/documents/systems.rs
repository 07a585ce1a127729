//! What each system's part of a document may say: grants, administrators, levels, sites, matrices, codes, closed lists.

use super::*;

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
