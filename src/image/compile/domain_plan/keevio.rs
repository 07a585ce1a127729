//! What keevio adds to the plan of a domain. It must never look at another system, nor write a word.
#![forbid(unsafe_code)]

use super::DomainPlan;
use crate::id::Party;
use crate::image::compile::facts;
use crate::policy::Domain;
use crate::system::keevio::Realm;
use std::collections::BTreeMap;

impl<'a> DomainPlan<'a> {
    pub(super) fn plan_keevio(&mut self, domain: &'a Domain) {
        if domain.keevio.realm {
            let mut realms: BTreeMap<Realm, Vec<Party>> = BTreeMap::new();
            for user in &domain.users {
                if let Some(realm) = user.keevio.realm() {
                    realms.entry(realm).or_default().push(user.party);
                }
            }
            for (realm, members) in realms {
                let key = self.keys.len() as u32;
                self.keys.push(self.outcomes.number(&facts::realm_outcome()));
                self.realms.push((key, realm, members));
            }
        }
    }
}
