//! What estos adds to the plan of a domain. It must never look at another system, nor write a word.
#![forbid(unsafe_code)]

use super::DomainPlan;
use crate::id::Party;
use crate::image::compile::facts;
use crate::image::compile::hash::FastMap;
use crate::image::format::domain::{Flags, TargetClass};
use crate::policy::Domain;
use crate::rule::Outcome;
use crate::system::estos::Grant;

impl<'a> DomainPlan<'a> {
    pub(super) fn plan_estos(&mut self, domain: &'a Domain, targets: &mut FastMap<Party, TargetClass>) {
        let estos = &domain.estos;
        for user in domain.users.iter().filter(|user| !user.estos.private_lines.is_empty()) {
            targets.entry(user.party).or_default().withheld_lines = facts::private_lines(domain, user.party);
        }
        self.block.set_flag(Flags::GRADED);
        if let Some(grant) = estos.global {
            let fixed = matches!(grant, Grant::Rights(_));
            self.block.set_graded(&Outcome { fixed, ..estos.lower(grant) });
        }
    }
}
