//! What the policy says of one pair, one party, one group: the same answer whether a whole image is compiled or a few words of
//! one are brought up to date. It never reads an image.
#![forbid(unsafe_code)]

use crate::address::{address_of, sip_address};
use crate::directory::Directory;
use crate::id::{DomainId, Kind, Party};
use crate::image::format::domain::{ActorClass, TargetClass, add_to};
use crate::image::format::names::{Extension, Meaning, Text};
use crate::image::format::record::PartyAttributes;
use crate::policy::change::Group;
use crate::policy::{Domain, Policy, User};
use crate::right::RightSet;
use crate::rule::{Origin, Outcome};
use crate::system::System;
use crate::system::estos::{Grant, OwnGrant};
use crate::system::keevio::{self, Realm};
use crate::system::pascom::{Members, Pascom, Permission};

/// A group rule: a key that counts for some as actors and for some as targets. A permission may have several rules of one key.
pub(crate) struct Rule<'a> {
    pub key: u32,
    pub actors: &'a [Party],
    pub targets: &'a [Party],
    pub outcome: Outcome,
    pub origin: Origin,
}

/// Calls `each` with every group rule, in the order of their keys, which count from 1. Keys follow from which groups there are
/// and what they give, not from who is in them. Returns how many keys there are.
pub(crate) fn rules<'a>(domain: &'a Domain, mut each: impl FnMut(Rule<'a>)) -> u32 {
    let mut keys = 0;
    let mut add = |actors, targets, outcome, origin| {
        keys += 1;
        each(Rule { key: keys, actors, targets, outcome, origin });
    };
    if domain.systems.has(System::Xphone) {
        domain.xphone.lower_groups(&mut add);
    }
    if domain.systems.has(System::Estos) {
        domain.estos.lower_groups(&mut add);
    }
    if domain.systems.has(System::Pascom) {
        for (permission, place) in domain.pascom.permissions.iter().zip(0..) {
            let first = keys + 1;
            permission_rules(domain, permission, place, first, |rule| {
                keys = first;
                each(rule);
            });
        }
    }
    keys
}

/// The rules of a permission, all of one key: what applies to a kind is sorted out when it is checked.
fn permission_rules<'a>(
    domain: &'a Domain,
    permission: &'a Permission,
    place: u32,
    key: u32,
    mut each: impl FnMut(Rule<'a>),
) {
    domain.pascom.lower_permission(permission, place, |users, _, members, outcome, origin| {
        if let (Members::These(actors), Members::These(targets)) = (users, members) {
            each(Rule { key, actors, targets, outcome, origin });
        }
    });
}

/// Calls `each` with the rules of one group; the keys are those that [`rules`] gives them.
pub(crate) fn rules_of<'a>(domain: &'a Domain, group: Group, mut each: impl FnMut(Rule<'a>)) {
    let (xphone, estos, pascom) = (&domain.xphone, &domain.estos, &domain.pascom);
    let has = |system| domain.systems.has(system);
    let mut key = 0;
    let mut add = |key: &mut u32, actors, targets, outcome, origin| {
        *key += 1;
        each(Rule { key: *key, actors, targets, outcome, origin });
    };
    if let Group::Workgroup(at) = group {
        let Some(group) = xphone.workgroups.get(at).filter(|_| has(System::Xphone)) else { return };
        key = at as u32;
        return group
            .lower(at as u32, |actors, targets, outcome, origin| add(&mut key, actors, targets, outcome, origin));
    }
    if has(System::Xphone) {
        key += xphone.workgroups.len() as u32;
        if let Group::Monitoring(at) = group {
            key += xphone.monitoring_groups.iter().take(at).map(|group| group.rules()).sum::<u32>();
            if let Some(group) = xphone.monitoring_groups.get(at) {
                group.lower(at as u32, |actors, targets, outcome, origin| {
                    add(&mut key, actors, targets, outcome, origin);
                });
            }
            return;
        }
        key += xphone.monitoring_groups.iter().map(|group| group.rules()).sum::<u32>();
    }
    if has(System::Estos) {
        if let Group::Authorization(at) = group {
            key += estos.groups.iter().take(at).map(|group| group.rules()).sum::<u32>();
            if let Some(group) = estos.groups.get(at) {
                estos.lower_group(group, at as u32, |actors, targets, outcome, origin| {
                    add(&mut key, actors, targets, outcome, origin);
                });
            }
            return;
        }
        key += estos.groups.iter().map(|group| group.rules()).sum::<u32>();
    }
    if has(System::Pascom)
        && let Group::Permission(at) = group
        && let Some(permission) = pascom.permissions.get(at)
    {
        key +=
            pascom.permissions.iter().take(at).map(|permission| u32::from(permission.has_listed_pairs())).sum::<u32>();
        permission_rules(domain, permission, at as u32, key + 1, each);
    }
}

/// What the pair's own entry gives: the owner's setting and grant, the administrator's grants, subscriptions, a part in a
/// transfer, a team to its agent.
pub(crate) fn pair_entry(domain: &Domain, actor: Party, target: Party) -> Outcome {
    let mut outcome = Outcome::default();
    let owner = domain.user(target);
    if domain.systems.has(System::Xphone)
        && let Some(owner) = owner
    {
        outcome.label = owner.xphone.setting(actor).map_or(0, |setting| setting.label as u8);
        if !domain.state.transfers.is_empty() {
            outcome.part = domain.state.transfer(actor, target).map_or(0, |role| role.label() as u8);
        }
    }
    if domain.systems.has(System::Estos) {
        if let Some(own) = owner.and_then(|owner| owner.estos.grant(actor)) {
            outcome.graded = granted(domain, own);
        }
        if let Some(given) = owner.and_then(|owner| owner.estos.administrative_grant(actor)) {
            outcome = outcome.and(domain.estos.lower(given.grant).administered());
        }
        // The target's single rights over the actor.
        let back = domain.user(actor).and_then(|actor| actor.estos.administrative_grant(target));
        outcome.fixed = back.is_some_and(|given| matches!(given.grant, Grant::Rights(_)));
    }
    if domain.systems.has(System::Keevio) {
        outcome.plain = domain.keevio.rights(actor, target);
    }
    if domain.systems.has(System::Pascom) && domain.team(target).is_some_and(|team| team.agents.contains(&actor)) {
        outcome.plain |= Pascom::AGENT;
    }
    settled(outcome)
}

/// An entry without what has no effect: an own setting decides alone, so a transfer does not count beside it.
pub(crate) fn settled(outcome: Outcome) -> Outcome {
    Outcome { part: if outcome.label != 0 { 0 } else { outcome.part }, ..outcome }
}

/// What the members of a permission realm have towards each other (K7); towards oneself it gives nothing.
pub(crate) fn realm_outcome() -> Outcome {
    Outcome { others_only: true, ..Outcome::plain(keevio::realm_rights()) }
}

/// What an owner's own grant gives.
pub(crate) fn granted(domain: &Domain, own: &OwnGrant) -> RightSet {
    match domain.contact(own.viewer) {
        Some(contact) => domain.estos.rights_of_contact(own.grant, &contact.host),
        None => domain.estos.rights(own.grant),
    }
}

/// The attributes of a party, but for its classes.
pub(crate) fn attributes(domain: &Domain, kind: Kind, user: Option<&User>) -> PartyAttributes {
    let mut attributes = PartyAttributes { domain: domain.id.0, kind: kind as u8, ..PartyAttributes::default() };
    let Some(user) = user else { return attributes };
    attributes.release = user.estos.release as u8;
    if domain.systems.has(System::Xphone) {
        attributes.decides_alone = user.xphone.vip;
        attributes.raised = user.xphone.assistant;
        attributes.site = user.xphone.site.map_or(0, |site| site + 1);
        if let Some(defaults) = domain.xphone.defaults(&user.xphone) {
            attributes.same_site = defaults.same_site as u8;
            attributes.other_sites = defaults.other_sites as u8;
            attributes.outside = defaults.outside as u8;
        }
    }
    attributes
}

/// The private lines of a user, where the domain's systems know them.
pub(crate) fn private_lines(domain: &Domain, party: Party) -> u8 {
    match domain.systems.has(System::Estos) {
        true => domain.user(party).map_or(0, User::private_scopes),
        false => 0,
    }
}

/// What a party may towards all parties of a kind because a list of pascom's names it, and what every user may towards it.
pub(crate) fn classes(domain: &Domain, party: Party) -> (ActorClass, TargetClass) {
    let mut class = ActorClass::default();
    let mut towards = TargetClass { rights: RightSet::EMPTY, withheld_lines: private_lines(domain, party) };
    if !domain.systems.has(System::Pascom) {
        return (class, towards);
    }
    domain.pascom.lower_actors(|users, rights| {
        if let Members::These(users) = users
            && users.contains(&party)
        {
            add_to(&mut class, Kind::User, rights);
        }
    });
    domain.pascom.lower_shared(|users, kind, members, outcome, _| match (users, members) {
        (Members::Every, Members::These(members)) if members.contains(&party) => towards.rights |= outcome.plain,
        (Members::These(users), Members::Every) if users.contains(&party) => add_to(&mut class, kind, outcome.plain),
        _ => {}
    });
    (class, towards)
}

/// The name that the group of a permission realm is found by. A container is never a company.
pub(crate) fn realm_name(domain: DomainId, realm: &Realm) -> Text<'_> {
    match realm {
        Realm::Container(name) => Text::group(domain, "<", name),
        Realm::Company(name) => Text::group(domain, "=", name),
    }
}

/// Whether a text is an extension of that party, and of which line.
pub(crate) fn extension(domain: &Domain, party: Party, text: &str) -> Extension {
    if domain.numbers.get(text) != Some(&party) {
        return Extension::NONE;
    }
    match domain.user(party) {
        Some(user) => user.lines.iter().position(|line| line == text).map_or(Extension::NONE, Extension::of_user),
        None => Extension::TEAM,
    }
}

/// What an extension that is no user's login stands for.
pub(crate) fn line(domain: &Domain, text: &str) -> Option<Meaning> {
    domain.numbers.get(text).map(|party| Meaning::Line(*party, extension(domain, *party, text)))
}

/// Who a user or contact is in another domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alias {
    /// The contact that the domain names by that address.
    Contact(Party),
    /// No party: the address is the domain's own.
    OwnAddress,
}

/// Who `party` is in `there`; `None` where that domain does not name the address, and for a party that is gone.
pub(crate) fn alias(policy: &Policy, directory: &Directory, party: Party, there: DomainId) -> Option<Alias> {
    let named = directory.named(party)?;
    let (home, there) = (policy.domain(named.domain)?, policy.domain(there)?);
    if home.id == there.id || home.kind(party) != Some(named.kind) {
        return None;
    }
    let contact = match named.kind {
        Kind::User => directory.party(there.id, Kind::Contact, &address_of(&named.name, &home.name)),
        Kind::Contact if home.contact(party).is_some_and(|contact| *contact.host == *there.name) => {
            return Some(Alias::OwnAddress);
        }
        Kind::Contact => directory.party(there.id, Kind::Contact, &named.name),
        Kind::Team | Kind::Location | Kind::Device => None,
    };
    contact.filter(|contact| there.contact(*contact).is_some()).map(Alias::Contact)
}

/// The parties whose aliases may change when a party comes or goes, each with the domain it is about.
pub(crate) fn aliases_around(policy: &Policy, directory: &Directory, party: Party) -> Vec<(Party, DomainId)> {
    let Some(named) = directory.named(party).filter(|_| policy.domains.len() > 1) else { return Vec::new() };
    if !matches!(named.kind, Kind::User | Kind::Contact) {
        return Vec::new();
    }
    let others = policy.domains.iter().filter(|domain| domain.id != named.domain);
    let mut around: Vec<_> = others.clone().map(|domain| (party, domain.id)).collect();
    if named.kind == Kind::Contact {
        let namesakes = others.filter_map(|domain| directory.party(domain.id, Kind::Contact, &named.name));
        around.extend(namesakes.map(|namesake| (namesake, named.domain)));
        let user = sip_address(&named.name)
            .and_then(|address| directory.party(policy.domain_named(&address.domain)?.id, Kind::User, &address.login));
        around.extend(user.map(|user| (user, named.domain)));
    }
    around
}
