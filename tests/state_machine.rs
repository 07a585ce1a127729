//! Random changes by random authors against a second, plain state machine, written from the rules E, K, P and X of the
//! semantics with names and sets. It shares no code with the library: it splits the lines itself and keeps its own facts.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::policy::change::{Author, parse};
use linewarden::internals::policy::{Domain, Policy};
use linewarden::internals::system::estos::Grant;
use linewarden::internals::system::xphone::TransferRole;
use linewarden::{DomainId, ErrorKind, Kind, Party};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const START: &str = r#"
domain = "acme.example"
systems = ["xphone", "estos", "pascom", "keevio"]
[[user]]
name = "a"
site = "s"
company = "north"
[[user]]
name = "b"
site = "s"
[[user]]
name = "c"
[[user]]
name = "d"
[[site]]
name = "s"
same_site = "employee"
other_sites = "external"
outside = "external"
[[workgroup]]
name = "w"
level = "employee"
[[monitoring_group]]
name = "m"
[[authorization_group]]
name = "g"
[[permission]]
name = "p"
[presence]
new_users = "none"
"#;
const CONTACT: &str = "sip:f@far.example";
const LABELS: [&str; 9] = [
    "blocked",
    "unknown",
    "external",
    "forwarding_participant",
    "forwarder",
    "employee",
    "team_colleague",
    "assistant",
    "assistant_plus",
];
const LEVELS: [&str; 5] = ["blocked", "public", "business", "team", "personal"];

/// What comes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// The author may not.
    Refused,
    /// It makes no sense as things are.
    Wrong,
}
use Outcome::{Done, Refused, Wrong};

type Pair = (String, String);

#[derive(Clone, Debug, PartialEq)]
struct Model {
    users: BTreeSet<String>,
    // XPhone
    settings: BTreeMap<Pair, usize>,
    vip: BTreeSet<String>,
    assistant: BTreeSet<String>,
    same_site: usize,
    extend_only: bool,
    workgroup: (usize, BTreeSet<String>),
    observers: BTreeSet<String>,
    monitored: BTreeSet<String>,
    watching: Option<usize>,
    transfers: BTreeMap<String, BTreeSet<(String, String, String)>>,
    // estos
    global: Option<String>,
    members: BTreeSet<String>,
    leaders: BTreeSet<String>,
    group_grant: Option<String>,
    leader_grant: Option<String>,
    active: bool,
    may_grant: bool,
    grants: BTreeMap<Pair, String>,
    administrative: BTreeMap<Pair, String>,
    pending: BTreeSet<Pair>,
    favourites: BTreeSet<Pair>,
    // pascom
    permissions: BTreeSet<String>,
    everybody: bool,
    listed: BTreeSet<String>,
    // keevio
    new_users: String,
    realm: bool,
    company: BTreeMap<String, String>,
    subscriptions: BTreeMap<Pair, bool>,
    consents: BTreeSet<Pair>,
    created: BTreeMap<String, (u64, String)>,
    count: u64,
}

fn pair(one: &str, other: &str) -> Pair {
    (one.to_string(), other.to_string())
}

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| name.to_string()).collect()
}

impl Model {
    fn new() -> Model {
        Model {
            users: names(&["a", "b", "c", "d"]),
            settings: BTreeMap::new(),
            vip: BTreeSet::new(),
            assistant: BTreeSet::new(),
            same_site: 5,
            extend_only: false,
            workgroup: (5, BTreeSet::new()),
            observers: BTreeSet::new(),
            monitored: BTreeSet::new(),
            watching: None,
            transfers: BTreeMap::new(),
            global: None,
            members: BTreeSet::new(),
            leaders: BTreeSet::new(),
            group_grant: None,
            leader_grant: None,
            active: true,
            may_grant: true,
            grants: BTreeMap::new(),
            administrative: BTreeMap::new(),
            pending: BTreeSet::new(),
            favourites: BTreeSet::new(),
            permissions: names(&["All", "p"]),
            everybody: true,
            listed: BTreeSet::new(),
            new_users: "none".into(),
            realm: false,
            company: [("a".to_string(), "north".to_string())].into(),
            subscriptions: BTreeMap::new(),
            consents: BTreeSet::new(),
            created: BTreeMap::new(),
            count: 0,
        }
    }

    fn is_user(&self, name: &str) -> bool {
        self.users.contains(name)
    }

    fn exists(&self, name: &str) -> bool {
        name == CONTACT || self.is_user(name)
    }

    // --- what the administrator gives ---

    /// What the server says of viewer towards owner, before the owner's own setting (X1 to X4, X9).
    fn server_side(&self, owner: &str, viewer: &str) -> usize {
        if self.vip.contains(owner) {
            return 1;
        }
        let inside = self.is_user(viewer);
        let mut found = vec![1];
        let sited = |name: &str| name == "a" || name == "b";
        let mut candidates = Vec::new();
        if sited(owner) {
            candidates.push(if inside && sited(viewer) { self.same_site } else { 2 });
        }
        let both = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.contains(viewer) && other.contains(owner);
        if inside {
            if both(&self.workgroup.1, &self.workgroup.1) {
                candidates.push(self.workgroup.0);
            }
            if both(&self.observers, &self.monitored) {
                candidates.extend(self.watching);
            }
            if self.assistant.contains(viewer) {
                candidates.push(7);
            }
        }
        if !candidates.is_empty() {
            found = candidates;
        }
        found.into_iter().max().unwrap()
    }

    /// The administrator's grants of a pair (E1, E20, R6).
    fn presets(&self, owner: &str, viewer: &str) -> Vec<String> {
        if !self.is_user(viewer) || !self.is_user(owner) {
            return Vec::new();
        }
        let mut all: Vec<String> = self.global.iter().cloned().collect();
        if self.active && self.members.contains(owner) {
            if self.members.contains(viewer) {
                all.extend(self.group_grant.clone());
            }
            if self.leaders.contains(viewer) {
                all.extend(self.leader_grant.clone());
            }
        }
        all.extend(self.administrative.get(&pair(owner, viewer)).cloned());
        all
    }

    /// E3, E4, E7.
    fn may_choose(&self, owner: &str, viewer: &str, wanted: Option<&str>) -> bool {
        let presets = self.presets(owner, viewer);
        let level = |word: &str| LEVELS.iter().position(|level| *level == word);
        if !self.may_grant || presets.iter().any(|preset| level(preset).is_none()) {
            return false;
        }
        let floor = presets.iter().filter_map(|preset| level(preset)).max();
        match (wanted.and_then(level), floor) {
            (Some(wanted), Some(floor)) => wanted >= floor,
            _ => true,
        }
    }

    fn same_realm(&self, one: &str, other: &str) -> bool {
        self.realm && self.company.contains_key(one) && self.company.get(one) == self.company.get(other)
    }

    // --- who may ---

    fn may(&self, by: Option<&str>, words: &[&str]) -> Outcome {
        let verb = words[0];
        let two = format!("{verb} {}", words.get(1).unwrap_or(&""));
        let relation = match (verb, two.as_str()) {
            ("subscribe" | "accept" | "decline" | "request" | "confirm", _) => Some((words[1], words[2])),
            (_, "set subscription" | "clear subscription") => Some((words[2], words[3])),
            _ => None,
        };
        if relation.is_some_and(|(one, other)| self.same_realm(one, other)) {
            return Refused;
        }
        if two == "remove permission" && words[2] == "All" {
            return Refused;
        }
        let Some(by) = by else { return Done };
        if !self.is_user(by) {
            return Refused;
        }
        // Whose side it is about; everything else is the administrator's.
        let side = match (verb, two.as_str()) {
            (_, "set relationship" | "clear relationship" | "set grant" | "clear grant") => words[2],
            ("ask" | "withdraw" | "answer" | "reject" | "delete" | "request" | "confirm", _) => words[1],
            _ => return Refused,
        };
        if !self.exists(side) {
            return Wrong;
        }
        if side != by {
            return Refused;
        }
        let viewer = match (verb, two.as_str()) {
            (_, "set relationship" | "set grant" | "clear grant") => words[3],
            ("answer", _) => words[3],
            ("reject" | "delete", _) => words[2],
            _ => return Done,
        };
        if verb == "delete" && words[3] == "keep" {
            return Done;
        }
        if two != "set relationship" && !self.may_grant {
            return Refused;
        }
        if !self.exists(viewer) {
            return Wrong;
        }
        let allowed = match (verb, two.as_str()) {
            (_, "set relationship") => {
                let wanted = label(words[4]);
                let offered = self.is_user(viewer) || wanted <= 5;
                offered && (!self.bound(by) || wanted >= self.server_side(by, viewer))
            }
            (_, "set grant") => self.may_choose(by, viewer, Some(words[4])),
            (_, "clear grant") => self.may_choose(by, viewer, None),
            ("answer", _) => self.may_choose(by, viewer, Some(words[2])),
            _ => self.may_choose(by, viewer, Some("blocked")),
        };
        if allowed { Done } else { Refused }
    }

    /// Whether the owner is bound by the agreement: those of the site.
    fn bound(&self, owner: &str) -> bool {
        self.extend_only && (owner == "a" || owner == "b")
    }

    // --- what follows ---

    fn step(&mut self, by: Option<&str>, line: &str) -> Outcome {
        let words: Vec<&str> = line.split(' ').collect();
        match self.may(by, &words) {
            Done => {}
            other => return other,
        }
        let before = self.clone();
        let outcome = self.act(&words);
        if outcome != Done {
            *self = before;
        }
        outcome
    }

    fn act(&mut self, words: &[&str]) -> Outcome {
        let two = format!("{} {}", words[0], words.get(1).unwrap_or(&""));
        match (words[0], two.as_str()) {
            (_, "set relationship") => {
                let wanted = label(words[4]);
                if !self.is_user(words[2]) || !self.exists(words[3]) || (words[3] == CONTACT && wanted > 5) {
                    return Wrong;
                }
                self.settings.insert(pair(words[2], words[3]), wanted);
            }
            (_, "clear relationship") => {
                if !self.is_user(words[2]) || !self.exists(words[3]) {
                    return Wrong;
                }
                self.settings.remove(&pair(words[2], words[3]));
            }
            (_, "reset relationships") => {
                if !self.is_user(words[2]) {
                    return Wrong;
                }
                self.settings.retain(|(owner, _), _| owner != words[2]);
            }
            (_, "set vip" | "set assistant") => {
                if !self.is_user(words[2]) {
                    return Wrong;
                }
                let flags = if two == "set vip" { &mut self.vip } else { &mut self.assistant };
                turn(flags, words[2], words[3] == "yes");
            }
            (_, "set default") => self.same_site = label(words[4]),
            (_, "set agreement") => self.extend_only = words[3] == "extend_only",
            (_, "set workgroup") => match label(words[3]) {
                0 | 1 => return Wrong,
                label => self.workgroup.0 = label,
            },
            (_, "set monitoring_group") => match label(words[4]) {
                0 | 1 => return Wrong,
                label => self.watching = Some(label),
            },
            (_, "add member" | "remove member") => {
                if !self.is_user(words[4]) {
                    return Wrong;
                }
                let list = match words[2] {
                    "workgroup" => &mut self.workgroup.1,
                    "observers" => &mut self.observers,
                    "monitored" => &mut self.monitored,
                    "authorization_group" => &mut self.members,
                    "leaders" => &mut self.leaders,
                    _ => &mut self.listed,
                };
                turn(list, words[4], two == "add member");
            }
            (_, "begin transfer") => {
                if !self.is_user(words[4]) || !self.exists(words[3]) {
                    return Wrong;
                }
                let part = (words[3].to_string(), words[4].to_string(), words[5].to_string());
                self.transfers.entry(words[2].into()).or_default().insert(part);
            }
            (_, "end transfer") => drop(self.transfers.remove(words[2])),
            (_, "set authorization") if words[2] == "blocked" => return Wrong,
            (_, "set group_grant" | "set leader_grant") if words[3] == "blocked" => return Wrong,
            (_, "set authorization") => self.global = Some(words[2].into()),
            (_, "clear authorization") => self.global = None,
            (_, "set group_grant") => self.group_grant = Some(words[3].into()),
            (_, "clear group_grant") => self.group_grant = None,
            (_, "set leader_grant") => self.leader_grant = Some(words[3].into()),
            (_, "set active") => self.active = words[3] == "yes",
            (_, "set users_may_grant") => self.may_grant = words[2] == "yes",
            (_, "set grant") => {
                if !self.is_user(words[2]) || !self.exists(words[3]) {
                    return Wrong;
                }
                self.grant(words[2], words[3], words[4]);
            }
            (_, "clear grant") => {
                if !self.is_user(words[2]) || !self.exists(words[3]) {
                    return Wrong;
                }
                self.grants.remove(&pair(words[2], words[3]));
            }
            (_, "set administrative_grant" | "clear administrative_grant") => {
                // Both sides are users (E20), and Blocked is no preset (E8).
                let grant = words.get(4).copied();
                if !self.is_user(words[2]) || !self.is_user(words[3]) || grant == Some("blocked") {
                    return Wrong;
                }
                match grant {
                    Some(grant) => drop(self.administrative.insert(pair(words[2], words[3]), grant.into())),
                    None => drop(self.administrative.remove(&pair(words[2], words[3]))),
                }
            }
            ("withdraw", _) => {
                let (requester, owner) = (words[1], words[2]);
                if !self.exists(requester) || !self.exists(owner) {
                    return Wrong;
                }
                if self.pending.remove(&pair(owner, requester)) {
                    self.favourites.remove(&pair(requester, owner));
                }
            }
            ("decline", _) => {
                let (owner, viewer) = (words[1], words[2]);
                if !self.exists(viewer) || !self.exists(owner) {
                    return Wrong;
                }
                match self.subscriptions.get(&pair(viewer, owner)) {
                    Some(true) => return Wrong,
                    Some(false) => {
                        self.subscribe(viewer, owner, None);
                        self.consents.remove(&pair(owner, viewer));
                    }
                    None => {}
                }
            }
            ("ask", _) => return self.ask(words[1], words[2]),
            ("answer", _) => return self.decide(words[1], words[3], words[2], true),
            ("reject", _) => return self.decide(words[1], words[2], "blocked", false),
            ("delete", _) => {
                let (owner, contact) = (words[1], words[2]);
                if !self.is_user(owner) || !self.exists(contact) {
                    return Wrong;
                }
                self.favourites.remove(&pair(owner, contact));
                self.pending.remove(&pair(owner, contact));
                self.grants.remove(&pair(owner, contact));
                if words[3] == "block" {
                    self.grant(owner, contact, "blocked");
                }
            }
            (_, "add permission") => drop(self.permissions.insert(words[2].into())),
            (_, "remove permission") => drop(self.permissions.remove(words[2])),
            (_, "set automatic") => self.everybody = words[4] == "yes",
            (_, "set new_users") => self.new_users = words[2].into(),
            (_, "set realm") => self.realm = words[2] == "yes",
            (_, "set company") => {
                if !self.is_user(words[2]) {
                    return Wrong;
                }
                self.company.insert(words[2].into(), words[3].into());
            }
            ("subscribe" | "request", _) => return self.request(words[1], words[2], words[0] == "request"),
            ("accept" | "confirm", _) => return self.accept(words[1], words[2], words[0] == "confirm"),
            (_, "set subscription" | "clear subscription") => {
                if !self.exists(words[2]) || !self.exists(words[3]) {
                    return Wrong;
                }
                let state = words.get(4).map(|state| *state == "granted");
                self.subscribe(words[2], words[3], state);
            }
            (_, "add user") => self.add_user(words[2]),
            (_, "remove user") => self.remove_user(words[2]),
            other => panic!("the model does not know {other:?}"),
        }
        Done
    }

    fn grant(&mut self, owner: &str, viewer: &str, grant: &str) {
        self.grants.insert(pair(owner, viewer), grant.into());
        self.pending.remove(&pair(owner, viewer));
    }

    fn ask(&mut self, requester: &str, owner: &str) -> Outcome {
        if !self.exists(requester) || !self.exists(owner) {
            return Wrong;
        }
        if self.is_user(requester) {
            self.favourites.insert(pair(requester, owner));
        }
        let nothing_given = self.presets(owner, requester).is_empty();
        if self.is_user(owner) && nothing_given && !self.grants.contains_key(&pair(owner, requester)) {
            self.pending.insert(pair(owner, requester));
        }
        Done
    }

    fn decide(&mut self, owner: &str, requester: &str, level: &str, favourite: bool) -> Outcome {
        if !self.is_user(owner) || !self.exists(requester) {
            return Wrong;
        }
        if !self.pending.contains(&pair(owner, requester)) {
            let already = self.grants.get(&pair(owner, requester)).is_some_and(|grant| grant == level);
            return if already { Done } else { Wrong };
        }
        self.grant(owner, requester, level);
        if favourite {
            self.favourites.insert(pair(owner, requester));
        }
        Done
    }

    fn subscribe(&mut self, viewer: &str, owner: &str, state: Option<bool>) {
        match state {
            Some(granted) => drop(self.subscriptions.insert(pair(viewer, owner), granted)),
            None => drop(self.subscriptions.remove(&pair(viewer, owner))),
        }
        match state {
            Some(true) => drop(self.consents.remove(&pair(owner, viewer))),
            Some(false) => {}
            None => drop(self.consents.remove(&pair(viewer, owner))),
        }
    }

    /// K2, K3: whether an ask is granted as soon as it is made. The younger of the two brings the policy, and "authorise" alone
    /// is the consent of that new user, not of the older one (R3).
    fn at_once(&self, viewer: &str, owner: &str) -> bool {
        let policy = |name: &str| self.created.get(name).map_or("none", |(_, policy)| policy.as_str());
        let age = |name: &str| self.created.get(name).map_or(0, |(order, _)| *order);
        match age(owner) > age(viewer) {
            true => ["authorise", "add_and_authorise"].contains(&policy(owner)),
            false => policy(viewer) == "add_and_authorise",
        }
    }

    fn ask_presence(&mut self, viewer: &str, owner: &str) {
        if self.subscriptions.contains_key(&pair(viewer, owner)) {
            return;
        }
        let both = self.is_user(viewer) && self.is_user(owner);
        let granted = (both && self.at_once(viewer, owner)) || self.consents.contains(&pair(owner, viewer));
        self.subscribe(viewer, owner, Some(granted));
    }

    fn request(&mut self, viewer: &str, owner: &str, client: bool) -> Outcome {
        if !self.exists(viewer) || !self.exists(owner) {
            return Wrong;
        }
        self.ask_presence(viewer, owner);
        if client {
            match self.subscriptions.get(&pair(owner, viewer)).copied() {
                Some(false) => self.subscribe(owner, viewer, Some(true)),
                Some(true) => {}
                None => drop(self.consents.insert(pair(viewer, owner))),
            }
        }
        Done
    }

    fn accept(&mut self, owner: &str, viewer: &str, client: bool) -> Outcome {
        if !self.exists(viewer) || !self.exists(owner) || !self.subscriptions.contains_key(&pair(viewer, owner)) {
            return Wrong;
        }
        self.subscribe(viewer, owner, Some(true));
        if client {
            self.ask_presence(owner, viewer);
        }
        Done
    }

    fn add_user(&mut self, name: &str) {
        if self.is_user(name) {
            return;
        }
        self.count += 1;
        let policy = if self.realm { "none".to_string() } else { self.new_users.clone() };
        self.created.insert(name.into(), (self.count, policy.clone()));
        if policy == "add" || policy == "add_and_authorise" {
            for other in self.users.clone() {
                let granted = Some(policy == "add_and_authorise");
                self.subscribe(name, &other, granted);
                self.subscribe(&other, name, granted);
            }
        }
        self.users.insert(name.into());
    }

    fn remove_user(&mut self, name: &str) {
        self.users.remove(name);
        let about = |(one, other): &Pair| one != name && other != name;
        self.settings.retain(|pair, _| about(pair));
        self.grants.retain(|pair, _| about(pair));
        self.administrative.retain(|pair, _| about(pair));
        self.subscriptions.retain(|pair, _| about(pair));
        self.pending.retain(about);
        self.favourites.retain(about);
        self.consents.retain(about);
        for list in
            [&mut self.vip, &mut self.assistant, &mut self.workgroup.1, &mut self.observers, &mut self.monitored]
        {
            list.remove(name);
        }
        for list in [&mut self.members, &mut self.leaders, &mut self.listed] {
            list.remove(name);
        }
        self.company.remove(name);
        self.created.remove(name);
        self.transfers
            .values_mut()
            .for_each(|parts| parts.retain(|(viewer, owner, _)| viewer != name && owner != name));
        self.transfers.retain(|_, parts| !parts.is_empty());
    }
}

fn turn(list: &mut BTreeSet<String>, name: &str, on: bool) {
    if on {
        list.insert(name.into())
    } else {
        list.remove(name)
    };
}

fn label(word: &str) -> usize {
    LABELS.iter().position(|label| *label == word).unwrap()
}

/// The same facts, read from the library's policy.
fn read(domain: &Domain, directory: &Directory) -> Model {
    let text = |party: Party| directory.text(party);
    let list = |parties: &[Party]| parties.iter().map(|party| text(*party)).collect::<BTreeSet<_>>();
    let pairs = |pairs: &BTreeSet<(Party, Party)>| {
        pairs.iter().map(|(one, other)| (text(*one), text(*other))).collect::<BTreeSet<_>>()
    };
    let grant = |grant: Grant| match grant {
        Grant::Level(level) => level.word().to_string(),
        Grant::Rights(_) => "rights".to_string(),
    };
    let role = |role: TransferRole| match role {
        TransferRole::Consulted => "consulted".to_string(),
        TransferRole::Transferring => "transferring".to_string(),
    };
    let (site, watch) = (&domain.xphone.sites[0], &domain.xphone.monitoring_groups[0]);
    let (group, all) = (&domain.estos.groups[0], &domain.pascom.permissions[0]);
    assert_eq!(all.name, "All");
    let flagged = |flag: fn(&linewarden::internals::policy::User) -> bool| {
        domain.users.iter().filter(|user| flag(user)).map(|user| text(user.party)).collect()
    };
    let settings = domain.users.iter().flat_map(|user| user.xphone.settings.iter().map(move |entry| (user, entry)));
    let grants = domain.users.iter().flat_map(|user| user.estos.grants.iter().map(move |entry| (user, entry)));
    let given = domain.users.iter().flat_map(|user| user.estos.administrative.iter().map(move |entry| (user, entry)));
    let companies = domain.users.iter().filter_map(|user| Some((text(user.party), user.keevio.company.clone()?)));
    let transfers = domain.state.transfers.iter().map(|(call, parts)| {
        let parts = parts.iter().map(|part| (text(part.viewer), text(part.owner), role(part.role)));
        (call.clone(), parts.collect())
    });
    Model {
        users: domain.users.iter().map(|user| text(user.party)).collect(),
        settings: settings
            .map(|(user, entry)| ((text(user.party), text(entry.viewer)), label(entry.label.word())))
            .collect(),
        vip: flagged(|user| user.xphone.vip),
        assistant: flagged(|user| user.xphone.assistant),
        same_site: label(site.defaults.same_site.word()),
        extend_only: site.defaults.agreement.word() == "extend_only",
        workgroup: (label(domain.xphone.workgroups[0].label.word()), list(&domain.xphone.workgroups[0].members)),
        observers: list(&watch.observers),
        monitored: list(&watch.members),
        watching: watch.observers_to_members.map(|found| label(found.word())),
        transfers: transfers.collect(),
        global: domain.estos.global.map(grant),
        members: list(&group.members),
        leaders: list(&group.leaders),
        group_grant: group.grant.map(grant),
        leader_grant: group.leader_grant.map(grant),
        active: group.active,
        may_grant: domain.estos.users_may_grant,
        grants: grants.map(|(user, entry)| ((text(user.party), text(entry.viewer)), grant(entry.grant))).collect(),
        administrative: given
            .map(|(user, entry)| ((text(user.party), text(entry.viewer)), grant(entry.grant)))
            .collect(),
        pending: pairs(&domain.state.inquiries),
        favourites: pairs(&domain.state.favourites),
        permissions: domain.pascom.permissions.iter().map(|permission| permission.name.clone()).collect(),
        everybody: all.automatic.users,
        listed: list(&all.users),
        new_users: domain.keevio.new_users.word().into(),
        realm: domain.keevio.realm,
        company: companies.collect(),
        subscriptions: domain
            .keevio
            .subscriptions
            .iter()
            .map(|((viewer, owner), entry)| ((text(*viewer), text(*owner)), entry.state.word() == "granted"))
            .collect(),
        consents: pairs(&domain.state.consents),
        created: domain
            .state
            .created
            .iter()
            .map(|(user, created)| (text(*user), (created.order, created.policy.word().to_string())))
            .collect(),
        count: domain.state.last_created,
    }
}

/// A random change in words.
#[rustfmt::skip]
fn line(next: &mut dyn FnMut(usize) -> usize) -> (Option<&'static str>, String) {
    const USERS: [&str; 5] = ["a", "b", "c", "d", "e"];
    let kind = next(52);
    let owner = USERS[next(5)];
    let mut others: Vec<&str> = USERS.iter().copied().filter(|user| *user != owner).collect();
    others.push(CONTACT);
    let viewer = others[next(5)];
    let user = others[next(4)];
    let on = ["yes", "no"][next(2)];
    let label = ["blocked", "unknown", "external", "employee", "team_colleague", "assistant", "assistant_plus"][next(7)];
    let level = LEVELS[next(5)];
    let grant = if next(4) == 0 { "rights call.pickup".to_string() } else { level.to_string() };
    let list = ["workgroup w", "observers m", "monitored m", "authorization_group g", "leaders g", "permission All"][next(6)];
    let line = match kind {
        0..=5 => format!("set relationship {owner} {viewer} {label}"),
        6 => format!("clear relationship {owner} {viewer}"),
        7 => format!("reset relationships {owner}"),
        8 => format!("set vip {owner} {on}"),
        9 => format!("set assistant {owner} {on}"),
        10 => format!("set default s same_site {label}"),
        11 | 12 => format!("set agreement s {}", ["extend_only", "extend_only", "extend_and_restrict"][next(3)]),
        13 => format!("set workgroup w {label}"),
        14 => format!("set monitoring_group m observers_to_members {label}"),
        15..=17 => format!("add member {list} {owner}"),
        18 => format!("remove member {list} {owner}"),
        19 => format!("begin transfer c{} {viewer} {owner} {}", next(2), ["consulted", "transferring"][next(2)]),
        20 => format!("end transfer c{}", next(2)),
        21 => [format!("set authorization {grant}"), "clear authorization".into(), "clear authorization".into()][next(3)].clone(),
        22 => [format!("set group_grant g {grant}"), "clear group_grant g".into()][next(2)].clone(),
        23 => format!("set leader_grant g {grant}"),
        24 => format!("set active g {on}"),
        25 => format!("set users_may_grant {}", ["yes", "yes", "no"][next(3)]),
        26..=28 => format!("set grant {owner} {viewer} {grant}"),
        29 => format!("clear grant {owner} {viewer}"),
        30 | 31 => if next(2) == 0 { format!("ask {owner} {viewer}") } else { format!("ask {viewer} {owner}") },
        32 | 33 => format!("answer {owner} {level} {viewer}"),
        34 => format!("reject {owner} {viewer}"),
        35 => format!("delete {owner} {viewer} {}", ["keep", "block"][next(2)]),
        36 => ["add permission p", "remove permission p", "remove permission All", "set automatic All users no",
               "set automatic All users yes"][next(5)].into(),
        37 => format!("set new_users {}", ["none", "add", "authorise", "add_and_authorise"][next(4)]),
        38 => format!("set realm {}", ["no", "no", "yes"][next(3)]),
        39 => format!("set company {owner} {}", ["north", "south"][next(2)]),
        40 => if next(2) == 0 { format!("subscribe {owner} {viewer}") } else { format!("subscribe {viewer} {owner}") },
        41 => if next(2) == 0 { format!("accept {owner} {viewer}") } else { format!("accept {viewer} {owner}") },
        42 => format!("request {owner} {viewer}"),
        43 => format!("confirm {owner} {user}"),
        44 => match next(3) {
            0 => format!("set subscription {viewer} {owner} {}", ["pending", "granted"][next(2)]),
            _ => format!("clear subscription {viewer} {owner}"),
        },
        46 | 47 => if next(3) == 0 { format!("clear administrative_grant {owner} {viewer}") } else {
            format!("set administrative_grant {owner} {viewer} {grant}")
        },
        48 | 49 => if next(3) == 0 { format!("withdraw {viewer} {owner}") } else { format!("withdraw {owner} {viewer}") },
        50 => format!("decline {owner} {viewer}"),
        _ => match next(3) {
            0 => format!("remove user {}", ["d", "e"][next(2)]),
            _ => format!("add user {}", ["d", "e"][next(2)]),
        },
    };
    let by = match next(10) {
        0..=4 => None,
        5..=8 => Some(owner),
        _ => Some(USERS[next(5)]),
    };
    (by, line)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn library_and_model_agree(numbers in proptest::collection::vec(any::<u16>(), 100..1500)) {
        let mut directory = Directory::default();
        let document = Document { name: "acme.toml".into(), text: START.into() };
        let mut policy: Policy = document::load(&[document], &mut directory).unwrap();
        let mut model = Model::new();
        prop_assert_eq!(read(&policy.domains[0], &directory), model.clone());
        let mut at = 0;
        let mut history = Vec::new();
        while at < numbers.len() {
            let mut next = |count: usize| {
                at += 1;
                usize::from(numbers.get(at - 1).copied().unwrap_or(0)) % count
            };
            let (by, line) = line(&mut next);
            let author = match by {
                None => Author::Administrator,
                Some(user) => Author::User(directory.add_party(DomainId(0), Kind::User, user).unwrap()),
            };
            history.push(format!("{} {line}", by.unwrap_or("-")));
            let before = model.clone();
            let expected = model.step(by, &line);
            let entries = parse(&line, Some("acme.example")).unwrap();
            let (outcome, changed) = match policy.apply(&mut directory, Some(author), &entries) {
                Ok(done) => (Done, done.changed()),
                Err(error) if error.kind() == ErrorKind::Refused => (Refused, false),
                Err(_) => (Wrong, false),
            };
            prop_assert_eq!(outcome, expected, "{:#?}", history);
            prop_assert_eq!(read(&policy.domains[0], &directory), model.clone(), "{:#?}", history);
            if model != before {
                prop_assert!(changed, "says that nothing changed: {:#?}", history);
            }
        }
    }
}

/// The test above must not pass because everything fails.
#[test]
fn random_changes_are_done_refused_and_wrong_in_fair_parts() {
    let mut seed = 1u64;
    let mut next = |count: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % count
    };
    let mut model = Model::new();
    let mut verbs: BTreeMap<String, [u32; 3]> = BTreeMap::new();
    for _ in 0..20_000 {
        let (by, line) = line(&mut next);
        let outcome = model.step(by, &line) as usize;
        let verb = line.split(' ').take(if line.starts_with(['s', 'c', 'r', 'a']) { 2 } else { 1 });
        verbs.entry(verb.collect::<Vec<_>>().join(" ")).or_default()[outcome] += 1;
    }
    let sums = verbs.values().fold([0; 3], |sum, outcomes| [0, 1, 2].map(|at| sum[at] + outcomes[at]));
    assert!(sums.iter().all(|sum| *sum > 1500), "{sums:?}");
    for verb in [
        "set relationship",
        "set grant",
        "answer",
        "reject",
        "delete",
        "request",
        "confirm",
        "ask",
        "withdraw",
        "decline",
    ] {
        let of_verb = verbs.iter().filter(|(known, _)| known.starts_with(verb));
        let [done, refused, _] = of_verb.fold([0; 3], |sum, (_, one)| [0, 1, 2].map(|at| sum[at] + one[at]));
        assert!(done > 5 && refused > 5, "{verb}: {done} done, {refused} refused");
    }
}
