//! Lowers keevio: what it says of one pair, party or group, and what it adds to the plan of a domain. It must never look at another
//! system, read an image or write a word.
#![forbid(unsafe_code)]

use super::Pairs;
use crate::id::{DomainId, Party};
use crate::image::compile::domain_plan::DomainPlan;
use crate::image::format::names::Text;
use crate::policy::Domain;
use crate::rule::Outcome;
use crate::system::keevio::{Realm, realm_rights};
use std::collections::BTreeMap;

impl<'a> DomainPlan<'a> {
    pub(in crate::image::compile) fn plan_keevio(&mut self, domain: &'a Domain) {
        if domain.keevio.realm {
            let mut realms: BTreeMap<Realm, Vec<Party>> = BTreeMap::new();
            for user in &domain.users {
                if let Some(realm) = user.keevio.realm() {
                    realms.entry(realm).or_default().push(user.party);
                }
            }
            for (realm, members) in realms {
                let key = self.keys.len() as u32;
                self.keys.push(self.outcomes.number(&realm_outcome()));
                self.realms.push((key, realm, members));
            }
        }
    }
}

/// What the members of a permission realm have towards each other (K7); towards oneself it gives nothing.
pub(crate) fn realm_outcome() -> Outcome {
    Outcome { others_only: true, ..Outcome::plain(realm_rights()) }
}

/// The name that the group of a permission realm is found by. A container is never a company.
pub(crate) fn realm_name(domain: DomainId, realm: &Realm) -> Text<'_> {
    match realm {
        Realm::Container(name) => Text::group(domain, "<", name),
        Realm::Company(name) => Text::group(domain, "=", name),
    }
}

/// Calls `each` with what subscriptions give.
pub(super) fn sparse(domain: &Domain, pairs: Pairs, each: &mut impl FnMut(Party, Party, Outcome)) {
    let keevio = &domain.keevio;
    let mut subscription = |viewer: Party, owner: Party| {
        each(viewer, owner, Outcome::plain(keevio.rights(viewer, owner)));
        // Where both have subscribed, the other subscription gives the other direction.
        if keevio.state(owner, viewer).is_none() {
            each(owner, viewer, Outcome::plain(keevio.rights(owner, viewer)));
        }
    };
    match pairs {
        Pairs::All => keevio.subscriptions.keys().for_each(|(viewer, owner)| subscription(*viewer, *owner)),
        Pairs::One(actor, target) => [(actor, target), (target, actor)]
            .into_iter()
            .filter(|(viewer, owner)| keevio.state(*viewer, *owner).is_some())
            .for_each(|(viewer, owner)| subscription(viewer, owner)),
    }
}
