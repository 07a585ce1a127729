//! Random companies, as the text of policy documents. Every document is valid: what a document may not say has tests of
//! its own. A company is built from a list of numbers that proptest makes and shrinks; when the list is used up every
//! further choice is the plainest one, so that a shorter list is a smaller company.
#![forbid(unsafe_code)]

use linewarden::internals::document::Document;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::{self, Debug, Write};

#[path = "random_rules.rs"]
mod random_rules;
pub use random_rules::EDGES;

/// One to three domains of one source.
#[derive(Clone)]
pub struct Company {
    pub documents: Vec<Document>,
}

impl Debug for Company {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.documents.iter().try_for_each(|document| writeln!(f, "\n# --- {}\n{}", document.name, document.text))
    }
}

/// Companies for proptest.
pub fn companies() -> impl Strategy<Value = Company> {
    proptest::collection::vec(any::<u16>(), 40..700).prop_map(|numbers| company(&numbers))
}

/// Companies whose facts may have dates.
pub fn dated_companies() -> impl Strategy<Value = Company> {
    proptest::collection::vec(any::<u16>(), 40..700).prop_map(|numbers| dated_company(&numbers))
}

/// The company that these numbers choose; facts may have dates.
pub fn dated_company(numbers: &[u16]) -> Company {
    chosen(numbers, true)
}

/// The company that these numbers choose; no fact has dates.
pub fn company(numbers: &[u16]) -> Company {
    chosen(numbers, false)
}

fn chosen(numbers: &[u16], dated: bool) -> Company {
    let mut choose = Choices { numbers, at: 0, dated };
    let count = 1 + choose.below(3);
    // The second name lies below the first, so that wildcards of federations have something to cover.
    let mut names = vec!["acme.example", "lab.acme.example", "globex.test"];
    names.truncate(count);
    let domains: Vec<Names> = names.iter().map(|name| Names::new(name, &mut choose)).collect();
    let write = |at: usize| Document { name: format!("{}.toml", names[at]), text: document(&domains, at, &mut choose) };
    Company { documents: (0..count).map(write).collect() }
}

/// Choices driven by a list of numbers.
struct Choices<'a> {
    numbers: &'a [u16],
    at: usize,
    /// Whether facts may have dates.
    dated: bool,
}

impl Choices<'_> {
    fn next(&mut self) -> usize {
        self.at += 1;
        self.numbers.get(self.at - 1).copied().unwrap_or(0).into()
    }

    fn below(&mut self, count: usize) -> usize {
        self.next() % count
    }

    /// True in about `percent` of a hundred; false when the numbers are used up.
    fn chance(&mut self, percent: usize) -> bool {
        self.next() % 100 >= 100 - percent
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn some<T: Clone>(&mut self, from: &[T], percent: usize) -> Vec<T> {
        from.iter().filter(|_| self.chance(percent)).cloned().collect()
    }
}

/// The names of a domain's parties, and every way to write each user.
struct Names {
    domain: &'static str,
    users: Vec<String>,
    lines: Vec<Vec<String>>,
    teams: Vec<String>,
    locations: Vec<String>,
    devices: Vec<String>,
}

impl Names {
    fn new(domain: &'static str, choose: &mut Choices<'_>) -> Names {
        let users = 2 + choose.below(7);
        let lines = |user: usize, count: usize| (0..count).map(|line| format!("{}{user}", line + 1)).collect();
        Names {
            domain,
            users: (0..users).map(|user| format!("user{user}")).collect(),
            lines: (0..users).map(|user| lines(user, choose.below(5))).collect(),
            teams: (0..choose.below(3)).map(|team| format!("team{team}")).collect(),
            locations: (0..choose.below(3)).map(|place| format!("desk-{place}")).collect(),
            devices: (0..choose.below(2)).map(|place| format!("door-{place}")).collect(),
        }
    }

    /// A user as documents may write one: by login, by an extension, by address.
    fn written(&self, user: usize, choose: &mut Choices<'_>) -> String {
        match choose.below(6) {
            4 if !self.lines[user].is_empty() => choose.pick(&self.lines[user]),
            5 => format!("sip:{}@{}", self.users[user], self.domain),
            _ => self.users[user].clone(),
        }
    }

    fn members(&self, percent: usize, choose: &mut Choices<'_>) -> Vec<String> {
        let all: Vec<usize> = (0..self.users.len()).collect();
        choose.some(&all, percent).into_iter().map(|user| self.written(user, choose)).collect()
    }
}

#[rustfmt::skip]
const INSIDE: [&str; 7] =
    ["employee", "unknown", "external", "blocked", "team_colleague", "assistant", "assistant_plus"];
const OUTSIDE: [&str; 4] = ["external", "unknown", "blocked", "employee"];
const GROUPS: [&str; 5] = ["employee", "external", "team_colleague", "assistant", "assistant_plus"];
#[rustfmt::skip]
const LABELS: [&str; 9] = [
    "blocked", "unknown", "external", "forwarding_participant", "forwarder", "employee", "team_colleague", "assistant",
    "assistant_plus",
];
#[rustfmt::skip]
const XPHONE_KEYS: [&str; 20] = [
    "contact.detailed.read", "contact.general.read", "presence.detailed.read", "presence.status.read",
    "forwarding.target.read", "forwarding.state.read", "call.detail.read", "calendar.public.subject.read",
    "presence.text.read", "calendar.public.time.read", "calendar.private.time.read", "presence.set",
    "presence.symbol.read", "forwarding.set", "call.pickup", "line.busy.read", "contact.email.read",
    "contact.photo.read", "call.number_in_call.read", "call.held_party.read",
];
const LEVELS: [&str; 5] = ["public", "business", "team", "personal", "blocked"];
#[rustfmt::skip]
const FIELDS: [&str; 17] = [
    "contact.photo.read", "contact.name.read", "contact.job_title.read", "contact.company.read",
    "contact.department.read", "contact.office.read", "contact.address_business.read", "contact.phone_work.read",
    "contact.phone_work2.read", "contact.phone_mobile.read", "contact.pager.read", "contact.phone_private.read",
    "contact.phone_other.read", "contact.fax_business.read", "contact.email.read", "contact.sip_address.read",
    "contact.website.read",
];
#[rustfmt::skip]
const FUNCTIONS: [&str; 7] = [
    "presence.set", "note.read", "note.set", "line.numbers.read", "line.busy.read", "av.busy.read",
    "av.participants.read",
];
#[rustfmt::skip]
const PAIRED: [&str; 6] = [
    "presence.symbol.read", "presence.status.read", "calendar.private.time.read", "calendar.private.subject.read",
    "calendar.public.time.read", "calendar.public.subject.read",
];
#[rustfmt::skip]
const SCOPED: [&str; 6] = [
    "call.number_outgoing.read", "call.number_incoming.read", "forwarding.state.read", "forwarding.target.read",
    "forwarding.set", "call.pickup",
];
const LINES: [&str; 3] = [".first", ".second", ".additional"];
const RELEASES: [&str; 4] = ["everything", "public_and_private_times", "public", "nothing"];
#[rustfmt::skip]
const TYPES: [&str; 8] = [
    "xmpp.group", "pickup.group", "location.group", "redirect.group", "redirect.choice", "xmpp.supervisor",
    "profile.personal", "billing.group",
];
const KINDS: [&str; 4] = ["users", "teams", "devices", "locations"];
#[rustfmt::skip]
const STRANGERS: [&str; 5] = [
    "sip:eve@partner.example", "sip:bob@sales.partner.example", "SIP:kim@Other.Example", "sip:max@notpartner.example",
    "sip:user0@partner.example",
];

/// The document of the domain at that place.
fn document(domains: &[Names], at: usize, choose: &mut Choices<'_>) -> String {
    let own = &domains[at];
    let mut text = String::new();
    let mut systems = choose.some(&["xphone", "estos", "pascom", "keevio", "linewarden"], 45);
    if systems.is_empty() {
        systems = vec![choose.pick(&["xphone", "estos", "pascom", "keevio", "linewarden"])];
    }
    put(&mut text, "domain", own.domain);
    put_list(&mut text, "systems", &systems);
    // Some have none, which is as if it were 0.
    text += ["", "", "longest_age = 9\n", "longest_age = 25\n"][choose.below(4)];
    // Contacts: strangers, users of the other domains, and an address of another domain that no user there has.
    let mut contacts: Vec<String> = STRANGERS.iter().map(|stranger| stranger.to_string()).collect();
    for other in domains.iter().filter(|other| other.domain != own.domain) {
        contacts.extend(other.users.iter().map(|user| format!("sip:{user}@{}", other.domain)));
        contacts.push(format!("sip:unknown@{}", other.domain));
    }
    let contacts = choose.some(&contacts, 40);

    let sites = choose.below(3);
    let groups: Vec<usize> = (0..sites).map(|_| choose.below(3)).collect();
    users(&mut text, own, &groups, choose);
    for (team, place) in own.teams.iter().zip(0..) {
        put_table(&mut text, "team", team);
        if choose.chance(60) {
            put_list(&mut text, "lines", &[format!("60{place}")]);
        }
        let agents = choose.some(&own.users, 40);
        put_list(&mut text, "agents", &agents);
    }
    own.locations.iter().for_each(|name| put_table(&mut text, "location", name));
    own.devices.iter().for_each(|name| put_table(&mut text, "device", name));

    let mut groups_of_users = xphone(&mut text, own, &groups, &contacts, choose);
    estos(&mut text, own, &contacts, choose);
    groups_of_users.push(("permissions", pascom(&mut text, own, choose)));
    groups_of_users.push(("teams", own.teams.clone()));
    keevio(&mut text, own, &contacts, choose);
    random_rules::write(&mut text, own, &contacts, choose);
    overrides(&mut text, choose);
    administrators(&mut text, own, &groups_of_users, choose);
    text
}

fn users(text: &mut String, own: &Names, groups: &[usize], choose: &mut Choices<'_>) {
    for (name, lines) in own.users.iter().zip(&own.lines) {
        put_table(text, "user", name);
        if !lines.is_empty() {
            put_list(text, "lines", lines);
            if choose.chance(30) {
                put_list(text, "private_lines", &choose.some(lines, 45));
            }
        }
        if !groups.is_empty() && choose.chance(80) {
            let site = choose.below(groups.len());
            put(text, "site", format!("site{site}"));
            if groups[site] > 0 && choose.chance(60) {
                put(text, "group", format!("group{}", choose.below(groups[site])));
            }
        }
        put_flag(text, "vip", choose.chance(20));
        put_flag(text, "assistant", choose.chance(10));
        if choose.chance(25) {
            put_list(text, "exempt", &choose.some(&["call.listen", "call.whisper", "call.barge", "call.record"], 50));
        }
        if choose.chance(60) {
            put(text, "calendar_release", choose.pick(&RELEASES));
        }
        // The same words for companies and containers: a container never equals a company.
        for key in ["company", "container"] {
            if choose.chance(40) {
                put(text, key, choose.pick(&["north", "south"]));
            }
        }
    }
}

/// Names of one kind that an administrator may be named for, under their key.
type Administered = (&'static str, Vec<String>);

/// Writes XPhone's facts; returns the names of sites and groups.
fn xphone(
    text: &mut String,
    own: &Names,
    groups: &[usize],
    contacts: &[String],
    choose: &mut Choices<'_>,
) -> Vec<Administered> {
    let (mut sites, mut workgroups, mut monitoring_groups) = (Vec::new(), Vec::new(), Vec::new());
    for (site, groups) in groups.iter().enumerate() {
        sites.push(format!("site{site}"));
        put_table(text, "site", &sites[site]);
        // Sites that block everybody by default are where a VIP could only lose by the flag.
        let closed = choose.chance(20);
        for (key, labels) in [("same_site", &INSIDE[..]), ("other_sites", &INSIDE), ("outside", &OUTSIDE)] {
            put(text, key, if closed { "blocked" } else { choose.pick(labels) });
        }
        for group in 0..*groups {
            put_table(text, "site.group", &format!("group{group}"));
            for (key, labels) in [("same_site", &INSIDE[..]), ("other_sites", &INSIDE), ("outside", &OUTSIDE)] {
                if choose.chance(40) {
                    put(text, key, choose.pick(labels));
                }
            }
        }
    }
    for group in 0..choose.below(3) {
        workgroups.push(format!("work{group}"));
        put_table(text, "workgroup", &workgroups[group]);
        put(text, "level", choose.pick(&GROUPS));
        random_rules::put_members(text, "members", &own.members(40, choose), choose);
    }
    for group in 0..choose.below(3) {
        monitoring_groups.push(format!("watch{group}"));
        put_table(text, "monitoring_group", &monitoring_groups[group]);
        put_list(text, "observers", &own.members(40, choose));
        put_list(text, "members", &own.members(40, choose));
        for key in ["observers_to_members", "members_to_observers", "among_observers", "among_members"] {
            if choose.chance(50) {
                put(text, key, choose.pick(&GROUPS));
            }
        }
    }
    for (owner, viewer, outside) in pairs(own, contacts, choose) {
        let _ = writeln!(text, "[[relationship]]");
        put(text, "owner", &owner);
        put(text, "viewer", &viewer);
        put(text, "level", choose.pick(if outside { &OUTSIDE[..] } else { &INSIDE }));
        random_rules::when(text, choose);
    }
    vec![("sites", sites), ("workgroups", workgroups), ("monitoring_groups", monitoring_groups)]
}

fn estos(text: &mut String, own: &Names, contacts: &[String], choose: &mut Choices<'_>) {
    let _ = writeln!(text, "[authorization]");
    if choose.chance(40) {
        grant(text, "", 4, choose);
    }
    put_flag(text, "users_may_grant", !choose.chance(25));
    for group in 0..choose.below(3) {
        put_table(text, "authorization_group", &format!("team{group}"));
        put_list(text, "members", &own.members(45, choose));
        if choose.chance(70) {
            grant(text, "", 4, choose);
        }
        if choose.chance(60) {
            put_list(text, "leaders", &own.members(25, choose));
            grant(text, "leader_", 4, choose);
        }
        put_flag(text, "active", !choose.chance(20));
    }
    for (owner, viewer, outside) in pairs(own, contacts, choose) {
        // The owner's entry, the administrator's, or both in either order. The administrator enters users only.
        let kinds = [&[false][..], &[true], &[false, true], &[true, false]];
        let entries = choose.pick(if outside { &kinds[..1] } else { &kinds });
        for administrative in entries {
            let _ = writeln!(text, "[[authorization_grant]]");
            put(text, "owner", &owner);
            put(text, "viewer", &viewer);
            grant(text, "", if *administrative { 4 } else { 5 }, choose);
            if *administrative || choose.chance(20) {
                put_flag(text, "administrative", *administrative);
            }
            random_rules::when(text, choose);
        }
    }
    let patterns = [
        "*",
        "*.partner.example",
        "partner.example",
        "sales.partner.example",
        "*.example",
        "*.acme.example",
        "acme.example",
        "globex.test",
        "Lab.Acme.Example",
    ];
    for pattern in choose.some(&patterns, 35) {
        if pattern.eq_ignore_ascii_case(own.domain) {
            continue;
        }
        let _ = writeln!(text, "[[federation]]");
        put(text, "domain", pattern);
        put(text, "maximum", choose.pick(&LEVELS[..4]));
    }
}

/// A level of the first `levels`, or single rights.
fn grant(text: &mut String, prefix: &str, levels: usize, choose: &mut Choices<'_>) {
    if !choose.chance(35) {
        return put(text, &format!("{prefix}level"), choose.pick(&LEVELS[..levels]));
    }
    let mut rights = vec![choose.pick(&FUNCTIONS).to_string()];
    rights.extend(choose.some(&PAIRED, 25).into_iter().map(String::from));
    for right in choose.some(&SCOPED, 40) {
        let line = if choose.chance(30) { choose.pick(&LINES) } else { "" };
        rights.push(format!("{right}{line}"));
    }
    put_list(text, &format!("{prefix}rights"), &rights);
}

/// Writes pascom's facts; returns the names of the permissions.
fn pascom(text: &mut String, own: &Names, choose: &mut Choices<'_>) -> Vec<String> {
    let mut names = choose.some(&["All"], 35);
    names.extend(["first", "second", "third", "fourth"].iter().take(choose.below(5)));
    for name in names.iter().copied() {
        put_table(text, "permission", name);
        if name != "All" || choose.chance(70) {
            put_list(text, "types", &choose.some(&TYPES, 30));
        }
        if name != "All" || choose.chance(70) {
            put_list(text, "automatic", &choose.some(&KINDS, if name == "All" { 60 } else { 15 }));
        }
        random_rules::put_members(text, "users", &own.members(40, choose), choose);
        random_rules::put_members(text, "teams", &choose.some(&own.teams, 50), choose);
        random_rules::put_members(text, "locations", &choose.some(&own.locations, 50), choose);
        random_rules::put_members(text, "devices", &choose.some(&own.devices, 50), choose);
    }
    if choose.chance(50) {
        let _ = writeln!(text, "[client]");
        put_flag(text, "show_numbers", choose.chance(60));
    }
    names.into_iter().map(String::from).collect()
}

/// Users who administer a part. It gives no right.
fn administrators(text: &mut String, own: &Names, groups: &[Administered], choose: &mut Choices<'_>) {
    for user in 0..own.users.len() {
        if !choose.chance(15) {
            continue;
        }
        let parts: Vec<Administered> = groups.iter().map(|(key, names)| (*key, choose.some(names, 40))).collect();
        if parts.iter().any(|(_, names)| !names.is_empty()) {
            let _ = writeln!(text, "[[administrator]]");
            put(text, "user", own.written(user, choose));
            parts.iter().for_each(|(key, names)| put_list(text, key, names));
        }
    }
}

fn keevio(text: &mut String, own: &Names, contacts: &[String], choose: &mut Choices<'_>) {
    if choose.chance(60) {
        let _ = writeln!(text, "[presence]");
        put(text, "new_users", choose.pick(&["none", "add", "authorise", "add_and_authorise"]));
        put_flag(text, "realm", choose.chance(50));
    }
    for (one, other, _) in pairs(own, contacts, choose) {
        for (viewer, owner) in [(&one, &other), (&other, &one)] {
            if choose.chance(70) {
                let _ = writeln!(text, "[[subscription]]");
                put(text, "viewer", viewer);
                put(text, "owner", owner);
                put(text, "state", choose.pick(&["granted", "pending"]));
            }
        }
    }
}

fn overrides(text: &mut String, choose: &mut Choices<'_>) {
    if choose.chance(25) {
        let _ = writeln!(text, "[matrix.xphone]");
        for key in choose.some(&XPHONE_KEYS, 20) {
            put_list(text, &format!("{key:?}"), &choose.some(&LABELS, 45));
        }
    }
    if choose.chance(25) {
        let _ = writeln!(text, "[matrix.estos]");
        let mut keys: Vec<String> = FIELDS.iter().chain(&FUNCTIONS).map(|key| key.to_string()).collect();
        keys.extend([PAIRED[0], PAIRED[2], PAIRED[4]].map(String::from));
        keys.extend(SCOPED.iter().flat_map(|key| LINES.map(|line| format!("{key}{line}"))));
        for key in choose.some(&keys, 20) {
            put_list(text, &format!("{key:?}"), &choose.some(&LEVELS, 50));
        }
    }
}

/// Distinct pairs of an owner and a viewer, who may be an outside contact; no user with oneself, and each pair in one order
/// only.
fn pairs(own: &Names, contacts: &[String], choose: &mut Choices<'_>) -> Vec<(String, String, bool)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for _ in 0..choose.below(7) {
        let owner = choose.below(own.users.len());
        let viewer = choose.below(own.users.len() + contacts.len());
        if owner == viewer || !seen.insert((owner.min(viewer), owner.max(viewer))) {
            continue;
        }
        let contact = viewer.checked_sub(own.users.len());
        let viewer = match contact {
            Some(place) => contacts[place].clone(),
            None => own.written(viewer, choose),
        };
        found.push((own.written(owner, choose), viewer, contact.is_some()));
    }
    found
}

fn put(text: &mut String, key: &str, value: impl AsRef<str>) {
    let _ = writeln!(text, "{key} = {:?}", value.as_ref());
}

fn put_flag(text: &mut String, key: &str, value: bool) {
    let _ = writeln!(text, "{key} = {value}");
}

fn put_list(text: &mut String, key: &str, values: &[impl AsRef<str>]) {
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    let _ = writeln!(text, "{key} = {values:?}");
}

fn put_table(text: &mut String, table: &str, name: &str) {
    let _ = writeln!(text, "[[{table}]]");
    put(text, "name", name);
}
