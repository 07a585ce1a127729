//! What linewarden's own system adds to the plan of a domain. It must never look at another system, nor write a word.
#![forbid(unsafe_code)]

use super::DomainPlan;
use crate::id::Party;
use crate::image::compile::facts;
use crate::image::compile::hash::FastMap;
use crate::image::format::domain::{Field, Flags, TargetClass};
use crate::policy::Domain;

impl<'a> DomainPlan<'a> {
    pub(super) fn plan_linewarden(&mut self, domain: &'a Domain, targets: &mut FastMap<Party, TargetClass>) {
        self.block.set_flag(Flags::CONDITIONS);
        self.block.set_flag(Flags::DESTINATIONS);
        self.block.set_rights(Field::Forwarding, domain.linewarden.forwarding());
        for user in domain.users.iter().filter(|user| !user.linewarden.exempt.is_empty()) {
            targets.entry(user.party).or_default().exempt = facts::exempt(domain, user.party);
        }
    }
}
