//! What the policy says of one pair, one party, one group. Compiling and patching both ask here, so that a fact has one road into
//! the words; a file for each system. [`rules`] numbers the keys, [`class_parts`] makes the classes, [`sparse`] and [`own_setting`] the
//! entries of pairs. It never reads an image.
#![forbid(unsafe_code)]

mod estos;
mod keevio;
mod linewarden;
mod pascom;
mod xphone;

pub(crate) use estos::private_lines;
pub(crate) use keevio::{realm_name, realm_outcome};
pub(crate) use linewarden::exempt;

use super::dated;
use super::group_rule::Rule;
use super::levels::granted;
use crate::id::{Kind, Party};
use crate::image::format::domain::{ActorClass, TargetClass, add_to};
use crate::image::format::record::PartyAttributes;
use crate::policy::change::Group;
use crate::policy::{Domain, User};
use crate::right::RightSet;
use crate::rule::Outcome;
use crate::system::System;
use crate::system::estos::AuthorizationGroup;
use crate::system::pascom::{Members, Permission};
use crate::system::xphone::{Label, MonitoringGroup, Workgroup};

/// A group, where the policy has it.
#[derive(Clone, Copy)]
enum Listed<'a> {
    Workgroup(&'a Workgroup),
    Monitoring(&'a MonitoringGroup),
    Authorization(&'a AuthorizationGroup),
    Permission(&'a Permission),
}

/// All groups of a domain, each with its name in changes and the key before its first, in the order of their keys, which count
/// from 1. Keys follow from which groups there are and what they give, not from who is in them.
fn groups(domain: &Domain) -> impl Iterator<Item = (Group, Listed<'_>, u32)> {
    let (xphone, estos, pascom) = (&domain.xphone, &domain.estos, &domain.pascom);
    let runs = |system| usize::from(domain.systems.has(system)).wrapping_neg();
    let (in_xphone, in_estos, in_pascom) = (runs(System::Xphone), runs(System::Estos), runs(System::Pascom));
    let workgroups = xphone.workgroups.iter().take(in_xphone).enumerate();
    let monitoring = xphone.monitoring_groups.iter().take(in_xphone).enumerate();
    let authorization = estos.groups.iter().take(in_estos).enumerate();
    let permissions = pascom.permissions.iter().take(in_pascom).enumerate();
    let all = workgroups
        .map(|(at, group)| (Group::Workgroup(at), Listed::Workgroup(group)))
        .chain(monitoring.map(|(at, group)| (Group::Monitoring(at), Listed::Monitoring(group))))
        .chain(authorization.map(|(at, group)| (Group::Authorization(at), Listed::Authorization(group))))
        .chain(permissions.map(|(at, group)| (Group::Permission(at), Listed::Permission(group))));
    let mut keys = 0;
    all.map(move |(group, listed)| {
        let before = keys;
        keys += match listed {
            Listed::Workgroup(_) => 1,
            Listed::Monitoring(group) => group.rules(),
            Listed::Authorization(group) => group.rules(),
            // All rules of a permission have one key: what applies to a kind is sorted out in the evaluation.
            Listed::Permission(permission) => u32::from(permission.has_listed_pairs()),
        };
        (group, listed, before)
    })
}

/// Calls `each` with the rules of a group, and returns its last key. `before` is the key before its first.
fn lower<'a>(
    domain: &'a Domain,
    (group, listed, before): (Group, Listed<'a>, u32),
    each: &mut impl FnMut(Rule<'a>),
) -> u32 {
    let (Group::Workgroup(at) | Group::Monitoring(at) | Group::Authorization(at) | Group::Permission(at)) = group;
    let (index, mut key) = (at as u32, before);
    let mut add = |actors, targets, outcome, origin| {
        key += 1;
        each(Rule::of(key, actors, targets, outcome, origin));
    };
    match listed {
        Listed::Workgroup(group) => group.lower(index, add),
        Listed::Monitoring(group) => group.lower(index, add),
        Listed::Authorization(group) => domain.estos.lower_group(group, index, &mut add),
        Listed::Permission(permission) => {
            domain.pascom.lower_permission(permission, index, |users, _, members, outcome, origin| {
                if let (Members::These(actors), Members::These(targets)) = (users, members) {
                    key = before + 1;
                    each(Rule::of(key, actors, targets, outcome, origin));
                }
            });
        }
    }
    key
}

/// Calls `each` with every group rule, in the order of their keys. Returns how many keys there are.
pub(crate) fn rules<'a>(domain: &'a Domain, mut each: impl FnMut(Rule<'a>)) -> u32 {
    let keys = groups(domain).fold(0, |_, group| lower(domain, group, &mut each));
    let keys = linewarden::rules(domain, keys, &mut each);
    dated::rules(domain, keys, &mut each)
}

/// Calls `each` with the rules of one group.
pub(crate) fn rules_of<'a>(domain: &'a Domain, group: Group, mut each: impl FnMut(Rule<'a>)) {
    if let Some(found) = groups(domain).find(|(other, ..)| *other == group) {
        lower(domain, found, &mut each);
    }
}

/// The pairs that are asked for.
#[derive(Clone, Copy)]
pub(crate) enum Pairs {
    /// All pairs of the domain.
    All,
    /// One actor towards one target.
    One(Party, Party),
}

/// What the pair's own entry gives.
pub(crate) fn pair_entry(domain: &Domain, actor: Party, target: Party) -> Outcome {
    let mut outcome = Outcome::default();
    if let Some(owner) = domain.user(target) {
        let setting = owner.xphone.setting(actor).filter(|_| domain.systems.has(System::Xphone));
        let grant = owner.estos.grant(actor).filter(|_| domain.systems.has(System::Estos));
        outcome = setting.map_or(outcome, |setting| outcome.and(own_setting(setting.label)));
        outcome = grant.map_or(outcome, |own| outcome.and(Outcome::graded(granted(domain, own))));
    }
    sparse(domain, Pairs::One(actor, target), |_, _, gives| outcome = outcome.and(gives));
    effective(outcome)
}

/// What an owner's own setting gives the pair.
pub(crate) fn own_setting(label: Label) -> Outcome {
    Outcome::label(label as u8)
}

/// Calls `each` with actor, target and outcome of what gives pairs an entry and is not in the owner's own lists: parts in
/// transfers, the administrator's grants, subscriptions, agents of teams. A pair may come several times.
pub(crate) fn sparse(domain: &Domain, pairs: Pairs, mut each: impl FnMut(Party, Party, Outcome)) {
    let has = |system| domain.systems.has(system);
    let mut each = |actor, target, outcome| match pairs {
        Pairs::One(wanted, towards) if (wanted, towards) != (actor, target) => {}
        Pairs::All | Pairs::One(..) => each(actor, target, outcome),
    };
    if has(System::Xphone) {
        xphone::sparse(domain, &mut each);
    }
    if has(System::Estos) {
        estos::sparse(domain, pairs, &mut each);
    }
    if has(System::Keevio) {
        keevio::sparse(domain, pairs, &mut each);
    }
    if has(System::Pascom) {
        pascom::sparse(domain, pairs, &mut each);
    }
}

/// An entry without what has no effect: an own setting decides alone, so a transfer does not count beside it.
pub(crate) fn effective(outcome: Outcome) -> Outcome {
    Outcome { part: if outcome.label != 0 { 0 } else { outcome.part }, ..outcome }
}

/// The attributes of a party, but for its classes.
pub(crate) fn attributes(domain: &Domain, kind: Kind, user: Option<&User>) -> PartyAttributes {
    let mut attributes = PartyAttributes { domain: domain.id.0, kind: kind as u8, ..PartyAttributes::default() };
    let Some(user) = user else { return attributes };
    attributes.release = user.estos.release as u8;
    if domain.systems.has(System::Xphone) || domain.systems.has(System::Linewarden) {
        attributes.site = user.xphone.site.map_or(0, |site| site + 1);
    }
    if domain.systems.has(System::Xphone) {
        xphone::attributes(domain, user, &mut attributes);
    }
    attributes
}

/// One contribution to what holds without pairs and groups.
#[derive(Clone, Copy)]
pub(crate) enum ClassPart<'a> {
    /// What these users may towards every party of the kind.
    Actors(Members<'a>, Kind, RightSet),
    /// What every user may towards these parties.
    Targets(&'a [Party], RightSet),
}

/// Calls `each` with everything that actor and target classes, and the rights of all users, are made of; private lines come
/// beside it.
pub(crate) fn class_parts<'a>(domain: &'a Domain, mut each: impl FnMut(ClassPart<'a>)) {
    if domain.systems.has(System::Pascom) {
        pascom::class_parts(domain, &mut each);
    }
}

/// The classes of one party.
pub(crate) fn classes(domain: &Domain, party: Party) -> (ActorClass, TargetClass) {
    let mut class = ActorClass::default();
    let mut towards = TargetClass {
        rights: RightSet::EMPTY,
        withheld_lines: private_lines(domain, party),
        exempt: exempt(domain, party),
    };
    class_parts(domain, |part| match part {
        ClassPart::Actors(Members::These(users), kind, rights) if users.contains(&party) => {
            add_to(&mut class, kind, rights);
        }
        ClassPart::Targets(members, rights) if members.contains(&party) => towards.rights |= rights,
        ClassPart::Actors(..) | ClassPart::Targets(..) => {}
    });
    (class, towards)
}
