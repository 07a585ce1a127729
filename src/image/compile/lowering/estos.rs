//! Lowers estos: what it says of one pair, party or group, and what it adds to the plan of a domain. It must never look at another
//! system, read an image or write a word.
#![forbid(unsafe_code)]

use super::Pairs;
use crate::id::Party;
use crate::image::compile::domain_plan::DomainPlan;
use crate::image::compile::hash::FastMap;
use crate::image::format::domain::{Flags, TargetClass};
use crate::policy::{Domain, User};
use crate::rule::Outcome;
use crate::system::System;
use crate::system::estos::{Grant, OwnGrant};

impl<'a> DomainPlan<'a> {
    pub(in crate::image::compile) fn plan_estos(
        &mut self,
        domain: &'a Domain,
        targets: &mut FastMap<Party, TargetClass>,
    ) {
        let estos = &domain.estos;
        for user in domain.users.iter().filter(|user| !user.estos.private_lines.is_empty()) {
            targets.entry(user.party).or_default().withheld_lines = private_lines(domain, user.party);
        }
        self.block.set_flag(Flags::GRADED);
        if let Some(grant) = estos.global {
            let fixed = matches!(grant, Grant::Rights(_));
            self.block.set_graded(&Outcome { fixed, ..estos.lower(grant) });
        }
    }
}

/// The private lines of a user, where the domain's systems know them.
pub(crate) fn private_lines(domain: &Domain, party: Party) -> u8 {
    match domain.systems.has(System::Estos) {
        true => domain.user(party).map_or(0, User::private_lines_mask),
        false => 0,
    }
}

/// Calls `each` with the administrator's grants.
pub(super) fn sparse(domain: &Domain, pairs: Pairs, each: &mut impl FnMut(Party, Party, Outcome)) {
    let mut administrative = |owner: Party, given: &OwnGrant| {
        each(given.viewer, owner, domain.estos.lower(given.grant).administered());
        if matches!(given.grant, Grant::Rights(_)) {
            // The owner cannot change what the viewer may (E4).
            each(owner, given.viewer, Outcome { fixed: true, ..Outcome::default() });
        }
    };
    match pairs {
        Pairs::All => domain.users.iter().for_each(|user| {
            user.estos.administrative.iter().for_each(|given| administrative(user.party, given));
        }),
        Pairs::One(actor, target) => [(actor, target), (target, actor)].into_iter().for_each(|(viewer, owner)| {
            let given = domain.user(owner).and_then(|owner| owner.estos.administrative_grant(viewer));
            given.into_iter().for_each(|given| administrative(owner, given));
        }),
    }
}
