//! A second, slow opinion: who may do what, computed for one pair at a time straight from the evaluation blocks of the
//! systems. It must never call anything that combines, lowers or compiles rules, nor the matrices under `src/`: it
//! reads plain facts, `tests/matrices.json` and the overrides of the document, so that a mistake there cannot repeat
//! itself here.
#![forbid(unsafe_code)]

pub use super::in_force::in_force;
use super::in_force::now;
use super::rules;
use super::someone::{Someone, host, is_oneself, user};
use crate::tables::{DETAILED_FIELDS, GENERAL_FIELDS, MATRICES, all_of, named, replaced};
use linewarden::internals::address::address_of;
use linewarden::internals::directory::{Directory, Named};
use linewarden::internals::policy::{Domain, Policy, User};
use linewarden::internals::system::System;
use linewarden::internals::system::estos::{Grant, Release};
use linewarden::internals::system::keevio::State;
use linewarden::internals::system::pascom::{Permission, RoleType};
use linewarden::internals::system::xphone::{Label, TransferRole};
use linewarden::{Kind, Party, RightSet};

/// All rights `actor` has towards `target`, while it has `role` in a transfer.
pub fn rights(
    policy: &Policy,
    directory: &Directory,
    actor: Party,
    target: Party,
    role: Option<TransferRole>,
) -> RightSet {
    if policy.domains.iter().any(|domain| !domain.dated.is_empty()) {
        return rights(&in_force(policy), directory, actor, target, role);
    }
    let (Some(actor_named), Some(target_named)) = (directory.named(actor), directory.named(target)) else {
        return RightSet::EMPTY;
    };
    if !exists(policy, actor, actor_named) || !exists(policy, target, target_named) {
        return RightSet::EMPTY;
    }
    let Some(domain) = domain_of(policy, target_named) else { return RightSet::EMPTY };
    let at = policy.at.unwrap_or_else(now);
    let owner = Someone::new(Some(target), target_named);
    if actor_named.domain == target_named.domain {
        return within(domain, &Someone::new(Some(actor), actor_named), &owner, role, at);
    }
    // Another domain's user or contact is, here, the outside contact of that address. Its other parties are unknown.
    let address = match actor_named.kind {
        Kind::User => address_of(&actor_named.name, directory.domain_name(actor_named.domain)),
        Kind::Contact => actor_named.name.to_string(),
        Kind::Team | Kind::Location | Kind::Device => return RightSet::EMPTY,
    };
    if host(&address) == domain.name {
        return RightSet::EMPTY;
    }
    let listed = domain.contacts.iter().map(|contact| contact.party);
    let listed = listed.into_iter().find(|party| directory.named(*party).is_some_and(|named| *named.name == *address));
    let viewer = Someone { kind: Kind::Contact, party: listed, host: host(&address) };
    within(domain, &viewer, &owner, role, at)
}

/// The same in a store that follows another one and heard from it so many seconds ago; `None`: never.
pub fn rights_when_heard(
    policy: &Policy,
    directory: &Directory,
    (actor, target): (Party, Party),
    ago: Option<u32>,
) -> RightSet {
    let longest = directory.named(target).and_then(|named| domain_of(policy, named)).map_or(0, |host| host.longest_age);
    let is_too_old = longest > 0 && ago.is_none_or(|ago| ago > longest);
    if is_too_old { RightSet::EMPTY } else { rights(policy, directory, actor, target, None) }
}

/// The label that `actor` carries towards `target` in XPhone: two parties of one domain that runs it, a person and another
/// user. `None` for all others.
pub fn label(policy: &Policy, directory: &Directory, actor: Party, target: Party) -> Option<Label> {
    if policy.domains.iter().any(|domain| !domain.dated.is_empty()) {
        return label(&in_force(policy), directory, actor, target);
    }
    let (viewer, owner) = (directory.named(actor)?, directory.named(target)?);
    let domain = domain_of(policy, owner).filter(|domain| domain.id == viewer.domain)?;
    let viewer = Someone::new(Some(actor), viewer);
    let owner = user(domain, &Someone::new(Some(target), owner))?;
    let asked = domain.systems.has(System::Xphone)
        && matches!(viewer.kind, Kind::User | Kind::Contact)
        && viewer.party != Some(owner.party);
    asked.then(|| relationship(domain, &viewer, owner, None))
}

fn domain_of<'a>(policy: &'a Policy, named: &Named) -> Option<&'a Domain> {
    policy.domains.iter().find(|domain| domain.id == named.domain)
}

/// Users, teams, locations and devices exist when the policy lists them; any contact may be asked about.
fn exists(policy: &Policy, party: Party, named: &Named) -> bool {
    let Some(domain) = domain_of(policy, named) else { return false };
    match named.kind {
        Kind::User => domain.users.iter().any(|user| user.party == party),
        Kind::Team => domain.teams.iter().any(|team| team.party == party),
        Kind::Location | Kind::Device => domain.stations.iter().any(|station| station.party == party),
        Kind::Contact => host(&named.name) != domain.name,
    }
}

/// The union of a domain's systems, and what it lets people change.
fn within(domain: &Domain, viewer: &Someone, owner: &Someone, role: Option<TransferRole>, at: i64) -> RightSet {
    let mut given = relations(domain, viewer, owner);
    if domain.systems.has(System::Xphone) {
        given |= xphone(domain, viewer, owner, role);
    }
    if domain.systems.has(System::Estos) {
        given |= estos(domain, viewer, owner);
    }
    if domain.systems.has(System::Pascom) {
        given |= pascom(domain, viewer, owner);
    }
    if domain.systems.has(System::Keevio) {
        given |= keevio(domain, viewer, owner);
    }
    if domain.systems.has(System::Linewarden) {
        given = rules::united(domain, viewer, owner, given, at);
    }
    given
}

// --- XPhone (docs/systems.md) ---

fn xphone(domain: &Domain, viewer: &Someone, owner: &Someone, role: Option<TransferRole>) -> RightSet {
    let Some(owner_user) = user(domain, owner) else { return RightSet::EMPTY };
    if viewer.kind != Kind::User && viewer.kind != Kind::Contact {
        return RightSet::EMPTY;
    }
    let inside = viewer.kind == Kind::User;
    let mut given = RightSet::EMPTY;
    if is_oneself(viewer, owner) {
        for row in &MATRICES.xphone {
            given |= row.gives;
        }
        return given;
    }
    let label = relationship(domain, viewer, owner_user, role);
    for row in &MATRICES.xphone {
        let levels = replaced(domain, System::Xphone, &row.key).unwrap_or_else(|| row.levels.clone());
        let counts = inside || !row.inside_only;
        if counts && levels.iter().any(|level| level == label.word()) {
            given |= row.gives;
        }
    }
    given
}

/// The label a viewer carries towards an owner.
fn relationship(domain: &Domain, viewer: &Someone, owner: &User, role: Option<TransferRole>) -> Label {
    let own = owner.xphone.settings.iter().find(|setting| Some(setting.viewer) == viewer.party);
    if let Some(setting) = own {
        return setting.label;
    }
    let step = |label: &Label| MATRICES.labels.iter().position(|word| word == label.word());
    let default = default_label(domain, viewer, owner);
    if owner.xphone.vip {
        return default.into_iter().chain([Label::Unknown]).min_by_key(step).unwrap();
    }
    let mut candidates: Vec<Label> = default.into_iter().collect();
    if let Some(viewer_user) = user(domain, viewer) {
        let (v, o) = (viewer_user.party, owner.party);
        for group in &domain.xphone.workgroups {
            if group.members.contains(&v) && group.members.contains(&o) {
                candidates.push(group.label);
            }
        }
        for group in &domain.xphone.monitoring_groups {
            if group.observers.contains(&v) && group.members.contains(&o) {
                candidates.extend(group.observers_to_members);
            }
            if group.members.contains(&v) && group.observers.contains(&o) {
                candidates.extend(group.members_to_observers);
            }
            if group.observers.contains(&v) && group.observers.contains(&o) {
                candidates.extend(group.among_observers);
            }
            if group.members.contains(&v) && group.members.contains(&o) {
                candidates.extend(group.among_members);
            }
        }
        if viewer_user.xphone.assistant {
            candidates.push(Label::Assistant);
        }
    }
    // The part the question names, and those of transfers that are going on.
    let going_on = domain.state.transfers.values().flatten();
    let parts = going_on.filter(|part| Some(part.viewer) == viewer.party && part.owner == owner.party);
    for part in parts.map(|part| part.role).chain(role) {
        candidates.push(match part {
            TransferRole::Consulted => Label::ForwardingParticipant,
            TransferRole::Transferring => Label::Forwarder,
        });
    }
    candidates.into_iter().max_by_key(step).unwrap_or(Label::Unknown)
}

/// The default of the owner's site, or of the owner's group there, for viewers who come from where this one does.
fn default_label(domain: &Domain, viewer: &Someone, owner: &User) -> Option<Label> {
    let site_place = owner.xphone.site?;
    let site = &domain.xphone.sites[usize::from(site_place)];
    let group = owner.xphone.group.map(|place| &site.groups[usize::from(place)]);
    Some(if viewer.kind != Kind::User {
        group.and_then(|group| group.outside).unwrap_or(site.defaults.outside)
    } else if user(domain, viewer).is_some_and(|viewer| viewer.xphone.site == Some(site_place)) {
        group.and_then(|group| group.same_site).unwrap_or(site.defaults.same_site)
    } else {
        group.and_then(|group| group.other_sites).unwrap_or(site.defaults.other_sites)
    })
}

// --- estos (docs/systems.md) ---

fn estos(domain: &Domain, viewer: &Someone, owner: &Someone) -> RightSet {
    let Some(owner_user) = user(domain, owner) else { return RightSet::EMPTY };
    if is_oneself(viewer, owner) {
        let every = MATRICES.estos.iter().flat_map(|row| &row.rights);
        return composed(every.fold(RightSet::EMPTY, |set, right| set | right.mask()));
    }
    let own = owner_user.estos.grants.iter().find(|entry| Some(entry.viewer) == viewer.party).map(|entry| entry.grant);
    let mut given = RightSet::EMPTY;
    match viewer.kind {
        Kind::User => {
            for grant in administrative(domain, viewer, owner).into_iter().chain(own) {
                given |= match grant {
                    Grant::Level(level) => table(domain, level.word(), true),
                    Grant::Rights(rights) => rights,
                };
            }
        }
        // Federated viewers are governed by the owner's grant and the domain maximum alone (E20).
        Kind::Contact => {
            let (Some(own), Some(maximum)) = (own, domain_maximum(domain, &viewer.host)) else {
                return RightSet::EMPTY;
            };
            let step = |word: &str| MATRICES.levels.iter().position(|level| level == word).unwrap();
            given = match own {
                Grant::Level(level) if step(level.word()) < step(&maximum) => table(domain, level.word(), false),
                Grant::Level(_) => table(domain, &maximum, false),
                Grant::Rights(rights) => rights & table(domain, &maximum, false),
            };
            if step(&maximum) < step("team") {
                given = given.without(named("note.read"));
            }
        }
        Kind::Team | Kind::Location | Kind::Device => return RightSet::EMPTY,
    }
    let public = ["calendar.public.time.read", "calendar.public.subject.read"];
    let (time, subject) = ("calendar.private.time.read", "calendar.private.subject.read");
    let kept_back = match owner_user.estos.release {
        Release::Nothing => all_of(&public) | named(time) | named(subject),
        Release::Public => named(time) | named(subject),
        Release::PublicAndPrivateTimes => named(subject),
        Release::Everything => RightSet::EMPTY,
    };
    composed(given.without(kept_back)).without(of_private_lines(owner_user))
}

/// What only the owner has through estos, because the line is private (R7). The third scope has all further lines.
fn of_private_lines(owner: &User) -> RightSet {
    let mut closed = RightSet::EMPTY;
    for (place, line) in owner.lines.iter().enumerate() {
        let scope = [".first", ".second"].get(place).unwrap_or(&".additional");
        if owner.estos.private_lines.iter().any(|private| private == line) {
            for right in [
                "call.number_incoming.read",
                "call.number_outgoing.read",
                "call.detail.read",
                "call.number_in_call.read",
            ] {
                closed |= named(&format!("{right}{scope}"));
            }
        }
    }
    closed
}

/// What the administrator grants `viewer`, a user, towards `owner`, another user: the presets, and the entry in the owner's
/// list (R6). None of it reaches outside the server (E20).
fn administrative(domain: &Domain, viewer: &Someone, owner: &Someone) -> Vec<Grant> {
    let (Some(viewer), Some(owner)) = (user(domain, viewer), user(domain, owner)) else { return Vec::new() };
    let mut grants: Vec<Grant> = domain.estos.global.into_iter().collect();
    let entry = owner.estos.administrative.iter().find(|entry| entry.viewer == viewer.party);
    grants.extend(entry.map(|entry| entry.grant));
    for group in &domain.estos.groups {
        if group.active && group.members.contains(&owner.party) {
            if group.members.contains(&viewer.party) {
                grants.extend(group.grant);
            }
            if group.leaders.contains(&viewer.party) {
                grants.extend(group.leader_grant);
            }
        }
    }
    grants
}

/// The domain authorization for contacts of `host`: its own entry, else the longest wildcard that covers it, else `*`.
fn domain_maximum(domain: &Domain, host: &str) -> Option<String> {
    let entry = |pattern: &str| domain.estos.federation.iter().find(|(held, _)| *held == pattern);
    let mut patterns = vec![host.to_string(), format!("*.{host}")];
    let mut rest = host;
    while let Some((_, parent)) = rest.split_once('.') {
        patterns.push(format!("*.{parent}"));
        rest = parent;
    }
    patterns.push("*".to_string());
    patterns.iter().find_map(|pattern| entry(pattern)).map(|(_, entry)| entry.maximum.word().to_string())
}

/// Everything a level has in the two tables; what is starred only for a viewer on the same server.
fn table(domain: &Domain, level: &str, same_server: bool) -> RightSet {
    let mut given = RightSet::EMPTY;
    for row in &MATRICES.estos {
        let cell = row.cells.iter().find(|cell| cell.level == level);
        let has = match replaced(domain, System::Estos, &row.key) {
            Some(levels) => levels.iter().any(|word| word == level),
            None => cell.is_some(),
        };
        let (starred, masked) = cell.map_or((false, false), |cell| (cell.starred, cell.masked));
        if has && (same_server || !starred) {
            let rights = if masked { &row.rights[..1] } else { &row.rights[..] };
            given |= RightSet::of(rights);
        }
    }
    given
}

/// With the rights that are given when all their parts are.
fn composed(rights: RightSet) -> RightSet {
    let mut given = rights;
    let mut compose = |whole: &str, parts: RightSet| {
        if rights.contains(parts) {
            given |= named(whole);
        }
    };
    compose("contact.general.read", all_of(&GENERAL_FIELDS));
    compose("contact.detailed.read", all_of(&DETAILED_FIELDS));
    for line in ["first", "second", "additional"] {
        let incoming = named(&format!("call.number_incoming.read.{line}"));
        let outgoing = named(&format!("call.number_outgoing.read.{line}"));
        compose(&format!("call.detail.read.{line}"), incoming | outgoing);
        compose(&format!("call.number_in_call.read.{line}"), incoming | outgoing);
    }
    given
}

// --- pascom (docs/systems.md) ---

fn pascom(domain: &Domain, viewer: &Someone, target: &Someone) -> RightSet {
    let (Kind::User, Some(u), Some(x)) = (viewer.kind, viewer.party, target.party) else { return RightSet::EMPTY };
    let carrying = |role_type| {
        let carries = move |p: &&Permission| p.types.iter().any(|carried| carried == role_type);
        domain.pascom.permissions.iter().filter(carries).collect::<Vec<_>>()
    };
    let in_users = |p: &Permission, party: Party| p.automatic.users || p.users.contains(&party);
    let in_teams = |p: &Permission, party: Party| p.automatic.teams || p.teams.contains(&party);
    let in_locations = |p: &Permission, party: Party| p.automatic.locations || p.locations.contains(&party);
    let holds = |role_type| carrying(role_type).iter().any(|p| in_users(p, u));
    let mut given = RightSet::EMPTY;

    let pickup = carrying(RoleType::PickupGroup);
    let covered_elsewhere = domain.systems.has(System::Xphone) || domain.systems.has(System::Estos);
    let may_pickup = match target.kind {
        // What waits in a team is its agents', whatever the permissions say (R5).
        Kind::Team if agents(domain, x).contains(&u) => true,
        Kind::User | Kind::Team if pickup.is_empty() => !covered_elsewhere,
        Kind::User => pickup.iter().any(|p| in_users(p, u) && in_users(p, x)),
        Kind::Team => pickup.iter().any(|p| in_users(p, u) && in_teams(p, x)),
        _ => false,
    };
    if may_pickup {
        given |= named("call.pickup");
    }
    match target.kind {
        Kind::Location => {
            let login = carrying(RoleType::LocationGroup);
            if login.is_empty() || login.iter().any(|p| in_users(p, u) && in_locations(p, x)) {
                given |= named("location.login");
            }
        }
        Kind::Team => {
            if carrying(RoleType::XmppGroup).iter().any(|p| in_users(p, u) && in_teams(p, x)) {
                given |= named("roster.see_team");
            }
        }
        Kind::User => {
            if carrying(RoleType::XmppGroup).iter().any(|p| in_users(p, u) && in_users(p, x)) {
                given |= all_of(&[
                    "contact.name.read",
                    "presence.symbol.read",
                    "presence.status.read",
                    "presence.text.read",
                    "line.busy.read",
                    "roster.see_user",
                ]);
                if domain.pascom.show_numbers {
                    given |= all_of(&[
                        "call.detail.read",
                        "call.number_incoming.read",
                        "call.number_outgoing.read",
                        "call.number_in_call.read",
                    ]);
                }
            }
            if holds(RoleType::RedirectChoice) {
                given |= named("forwarding.bypass");
            }
            if u == x || holds(RoleType::RedirectGroup) {
                given |= named("forwarding.set");
            }
            if u == x || holds(RoleType::XmppSupervisor) {
                given |= named("call.control");
            }
            if u == x && holds(RoleType::ProfilePersonal) {
                given |= named("profile.manage_own");
            }
        }
        Kind::Contact | Kind::Device => {}
    }
    given
}

fn agents(domain: &Domain, team: Party) -> &[Party] {
    domain.teams.iter().find(|known| known.party == team).map_or(&[], |team| &team.agents)
}

// --- keevio (docs/systems.md) ---

fn keevio(domain: &Domain, viewer: &Someone, owner: &Someone) -> RightSet {
    let people = (user(domain, viewer), user(domain, owner));
    let between = match (viewer.kind, owner.kind) {
        (Kind::User, Kind::User) => viewer.party != owner.party,
        (Kind::User, Kind::Contact) | (Kind::Contact, Kind::User) => true,
        _ => false,
    };
    let (true, Some(x), Some(y)) = (between, viewer.party, owner.party) else { return RightSet::EMPTY };
    let same_realm = match people {
        (Some(x), Some(y)) if domain.keevio.realm => match (&x.keevio.container, &y.keevio.container) {
            (Some(one), Some(other)) => one == other,
            (None, None) => x.keevio.company.is_some() && x.keevio.company == y.keevio.company,
            _ => false,
        },
        _ => false,
    };
    let state = |from, to| domain.keevio.subscriptions.get(&(from, to)).map(|subscription| subscription.state);
    let (asked, gets) = (state(x, y).is_some(), state(x, y) == Some(State::Granted));
    let is_seen = state(y, x) == Some(State::Granted);
    let mut given = RightSet::EMPTY;
    if same_realm || asked || is_seen {
        given |= all_of(&["contact.name.read", "roster.see_user"]);
    }
    if same_realm || gets {
        given |= all_of(&["presence.symbol.read", "presence.status.read", "presence.text.read"]);
    }
    if same_realm || (gets && is_seen) {
        given |= named("chat.exchange");
    }
    given
}

// --- changes of relations ---

/// Which changes `actor`, a user, may make at all towards another user or a contact.
fn relations(domain: &Domain, actor: &Someone, target: &Someone) -> RightSet {
    let towards = matches!(target.kind, Kind::User | Kind::Contact) && actor.party != target.party;
    if actor.kind != Kind::User || !towards {
        return RightSet::EMPTY;
    }
    let runs = |system| domain.systems.has(system);
    let single = |grant: Grant| matches!(grant, Grant::Rights(_));
    let set_one_by_one = administrative(domain, target, actor).into_iter().any(single);
    let mut given = RightSet::EMPTY;
    if runs(System::Estos) || runs(System::Keevio) {
        given |= named("relation.ask");
    }
    if runs(System::Estos) && domain.estos.users_may_grant || runs(System::Keevio) {
        given |= named("relation.answer");
    }
    if runs(System::Xphone) || runs(System::Estos) && domain.estos.users_may_grant && !set_one_by_one {
        given |= named("relation.change");
    }
    given
}
