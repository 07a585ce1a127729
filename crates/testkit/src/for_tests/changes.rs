//! Random changes as text, made from the forms alone: words from a domain's names, some new, some wrong. Most are valid, and
//! those that are not must be refused without a trace.
#![forbid(unsafe_code)]

use linewarden::internals::directory::Directory;
use linewarden::internals::policy::Domain;
use linewarden::internals::policy::change::{Change, Form, Parameter, Shape};
use linewarden::{Kind, Right};

/// Names that a domain has, by what they name.
pub struct Pools {
    people: Vec<String>,
    users: Vec<String>,
    teams: Vec<String>,
    places: Vec<String>,
    sites: Vec<String>,
    site_groups: Vec<String>,
    workgroups: Vec<String>,
    monitoring: Vec<String>,
    authorization: Vec<String>,
    permissions: Vec<String>,
    groups: Vec<String>,
    rules: Vec<String>,
}

impl Pools {
    pub fn new(domain: &Domain, names: &Directory) -> Pools {
        let of = |kinds: &[Kind]| {
            let parties = domain.parties().filter(|(_, kind)| kinds.contains(kind));
            parties.map(|(party, _)| names.text(party)).collect::<Vec<_>>()
        };
        let with = |mut list: Vec<String>, more: &[&str]| {
            list.extend(more.iter().map(|name| name.to_string()));
            list
        };
        let sites = &domain.xphone.sites;
        let strangers = ["sip:zoe@far.example", "SIP:Zoe@Far.Example", "nobody"];
        Pools {
            people: with(of(&[Kind::User, Kind::User, Kind::Contact]), &strangers),
            users: with(of(&[Kind::User]), &["dave", "nobody"]),
            teams: with(of(&[Kind::Team]), &["team:crew", "nobody"]),
            places: with(of(&[Kind::Location, Kind::Device]), &["location:roof"]),
            sites: with(sites.iter().map(|site| site.name.clone()).collect(), &["moon"]),
            site_groups: with(
                sites.iter().flat_map(|site| &site.groups).map(|group| group.name.clone()).collect(),
                &["crater"],
            ),
            workgroups: with(domain.xphone.workgroups.iter().map(|group| group.name.clone()).collect(), &["new work"]),
            monitoring: with(
                domain.xphone.monitoring_groups.iter().map(|group| group.name.clone()).collect(),
                &["new watch"],
            ),
            authorization: with(domain.estos.groups.iter().map(|group| group.name.clone()).collect(), &["new sales"]),
            permissions: with(domain.pascom.permissions.iter().map(|entry| entry.name.clone()).collect(), &["new one"]),
            groups: with(domain.linewarden.groups.iter().map(|group| group.name.clone()).collect(), &["new group"]),
            rules: with(domain.linewarden.rules.iter().map(|rule| rule.name.clone()).collect(), &["new rule"]),
        }
    }
}

/// A random line of any form but those of whole domains.
pub fn line(choose: &mut dyn FnMut(usize) -> usize, pools: &Pools) -> String {
    let forms: Vec<&Form> = Change::FORMS.iter().filter(|form| !form.verb.ends_with(" domain")).collect();
    let form = forms[choose(forms.len())];
    written(form, choose, pools)
}

/// A random line of that form.
pub fn written(form: &Form, choose: &mut dyn FnMut(usize) -> usize, pools: &Pools) -> String {
    let mut line = form.verb.to_string();
    let mut list = String::new();
    for Parameter { name: argument, shape, .. } in form.arguments {
        if *argument == "settings" {
            // Several words: the settings with their keys.
            line += &format!(" {}", word(form, argument, &list, choose, pools));
            continue;
        }
        let count = match shape {
            Shape::One => 1,
            Shape::Optional => choose(2),
            Shape::Rest => choose(3),
            Shape::Grant => {
                line += &grant(choose);
                continue;
            }
            Shape::Rule => {
                line += &parts(choose, pools);
                continue;
            }
        };
        for _ in 0..count {
            let word = word(form, argument, &list, choose, pools);
            if matches!(*argument, "list" | "area") {
                list = word.clone();
            }
            line += &format!(" {}", quoted(&word));
        }
    }
    line
}

/// A word in quotes, whether it needs them or not.
pub fn quoted(word: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", word.chars().map(escape).collect::<String>())
}

fn grant(choose: &mut dyn FnMut(usize) -> usize) -> String {
    let levels = ["public", "business", "team", "personal", "blocked"];
    match choose(6) {
        5 => " rights call.pickup.first note.set".into(),
        level => format!(" {}", levels[level]),
    }
}

/// Parts of a rule, some of them left out.
fn parts(choose: &mut dyn FnMut(usize) -> usize, pools: &Pools) -> String {
    const RIGHTS: [&str; 5] =
        ["call.pickup", "call.pickup.first", "call.listen", "forwarding.to.premium", "call.to.premium"];
    const WORDS: [&str; 5] = ["everyone", "everyone and teams", "same site", "own team", "oneself"];
    let mut text = String::new();
    if choose(5) != 0 {
        text += " rights:";
        (0..1 + choose(2)).for_each(|_| text = format!("{text} {}", RIGHTS[choose(RIGHTS.len())]));
    }
    for (key, words) in [("actors", 1), ("targets", 5), ("except", 4), ("except_actors", 1)] {
        if choose(3) == 0 {
            continue;
        }
        text = format!("{text} {key}:");
        let groups: Vec<String> = pools.groups.iter().map(|group| format!("group:{group}")).collect();
        let mut names = [&pools.people[..], &pools.teams, &groups].concat();
        names.extend(WORDS[..words].iter().map(|word| word.to_string()));
        (0..choose(3)).for_each(|_| text = format!("{text} {}", quoted(&names[choose(names.len())])));
    }
    text
}

#[rustfmt::skip]
fn word(form: &Form, argument: &str, list: &str, choose: &mut dyn FnMut(usize) -> usize, pools: &Pools) -> String {
    let labels = ["blocked", "unknown", "external", "employee", "team_colleague", "assistant", "assistant_plus", "forwarder"];
    let mut pick = |from: &[&str]| from[choose(from.len())].to_string();
    let names = |list: &[String]| list.to_vec();
    let all: Vec<String> = match argument {
        "on" => return pick(&["yes", "no"]),
        "label" | "same_site" | "other_sites" => return pick(&labels),
        "outside" => return pick(&labels[..4]),
        "level" | "maximum" => return pick(&["public", "business", "team", "personal", "blocked"]),
        "levels" => return pick(&["public", "team", "employee", "assistant"]),
        "systems" | "system" => return pick(&["xphone", "estos", "pascom", "keevio", "linewarden", "linewarden"]),
        "settings" => return pick(&[
            "country: DE", "country: DE trunk_prefix: 0 area: 30 blocks: +49301234 blocked: +53 0137",
            "country: US forwarding: calls: internal premium premium: +1900 national: +1555", "country: +420 emergency: 155 national_prefix: 0",
            "country: XX", "country: DE blocked: x", "blocked: +53",
        ]),
        "rights" => return pick(&["call.listen", "call.whisper", "call.barge", "call.record"]),
        "right" => return pick(&["presence.symbol.read", "note.read", "call.pickup", "call.pickup.first", Right::NOTE_SET.name()]),
        "function" => return pick(&["pickup", "login", "forward_set"]),
        "code" => return pick(&["*8", "*9", "*44", "*55", "#1", "8"]),
        "seconds" => return pick(&["0", "5", "30", "604801"]),
        "line" => return pick(&["100", "101", "900"]),
        "lines" => return pick(&["100", "101", "900", "+49-1", "60", "user0", "no line"]),
        "notification" => return pick(&["nobody", "others", "pickup_group"]),
        "release" => return pick(&["nothing", "public", "everything"]),
        "scope" => return pick(&["same_site", "other_sites", "outside"]),
        "agreement" => return pick(&["extend_only", "extend_and_restrict"]),
        "direction" => return pick(&["observers_to_members", "members_to_observers", "among_observers", "among_members"]),
        "role" => return pick(&["consulted", "transferring"]),
        "call" => return pick(&["call-1", "call-2"]),
        "pattern" => return pick(&["*", "partner.example", "*.partner.example", "acme.example", "no pattern"]),
        "deletion" => return pick(&["keep", "block"]),
        "role_type" => return pick(&["pickup.group", "xmpp.group", "location.group", "redirect.group", "xmpp.supervisor"]),
        "kind" => return pick(&["users", "teams", "devices", "locations"]),
        "policy" => return pick(&["none", "add", "authorise", "add_and_authorise"]),
        "state" => return pick(&["pending", "granted"]),
        "when" => return pick(&["../2027-01-01T00:00:00Z", "2026-12-31T23:00:00Z/..", "../2020-01-01T00:00:00Z", "always"]),
        "order" => return pick(&["1", "2", "7"]),
        "company" | "container" => return pick(&["north", "south"]),
        "list" => return pick(&["workgroup", "observers", "monitored", "authorization_group", "leaders", "permission", "agents", "group"]),
        "area" => return pick(&["sites", "workgroups", "monitoring_groups", "permissions", "teams"]),
        "address" => return pick(&["sip:zoe@far.example", "sip:eve@partner.example", "sip:user0@acme.example"]),
        "viewer" if form.verb.ends_with("administrative_grant") && choose(8) != 0 => names(&pools.users),
        "viewer" | "requester" | "requesters" | "contact" | "other" => names(&pools.people),
        "owner" | "user" | "agent" if form.verb != "subscribe" => names(&pools.users),
        "party" if form.verb == "set lines" => [names(&pools.users), names(&pools.teams)].concat(),
        "owner" | "party" => names(&pools.people),
        "parties" if list == "permission" => [names(&pools.users), names(&pools.teams), names(&pools.places)].concat(),
        "parties" if list == "group" => {
            let groups: Vec<String> = pools.groups.iter().map(|group| format!("group:{group}")).collect();
            [names(&pools.people), names(&pools.teams), groups].concat()
        }
        "parties" => names(&pools.users),
        "team" => names(&pools.teams),
        "site" => names(&pools.sites),
        "permission" => names(&pools.permissions),
        "names" => match list {
            "sites" => names(&pools.sites),
            "workgroups" => names(&pools.workgroups),
            "monitoring_groups" => names(&pools.monitoring),
            "permissions" => names(&pools.permissions),
            _ => names(&pools.teams),
        },
        "group" if form.verb.ends_with("grant") || form.verb == "set active" => names(&pools.authorization),
        "group" => names(&pools.site_groups),
        "of" => match list {
            "workgroup" => names(&pools.workgroups),
            "observers" | "monitored" => names(&pools.monitoring),
            "authorization_group" | "leaders" => names(&pools.authorization),
            "permission" => names(&pools.permissions),
            "group" => names(&pools.groups),
            _ => names(&pools.teams),
        },
        "name" => match form.verb.split(' ').next_back().unwrap() {
            "user" => names(&pools.users),
            "team" => names(&pools.teams).iter().map(|name| name.trim_start_matches("team:").into()).collect(),
            "site" => names(&pools.sites),
            "site_group" => names(&pools.site_groups),
            "workgroup" => names(&pools.workgroups),
            "monitoring_group" => names(&pools.monitoring),
            "authorization_group" => names(&pools.authorization),
            "permission" => names(&pools.permissions),
            "group" => names(&pools.groups),
            "rule" => names(&pools.rules),
            _ => vec!["desk-0".into(), "door-0".into(), "roof".into()],
        },
        other => panic!("no words for the argument `{other}` of `{form}`"),
    };
    all[choose(all.len())].clone()
}
