//! Lowers XPhone: what it says of one pair, party or group, and what it adds to the plan of a domain. It must never look at another
//! system, read an image or write a word.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::id::Party;
use crate::image::compile::domain_plan::{DomainPlan, too_many};
use crate::image::format::domain::Flags;
use crate::image::format::record::PartyAttributes;
use crate::policy::{Domain, User};
use crate::rule::Outcome;
use crate::system::xphone::{Label, TransferRole};

impl<'a> DomainPlan<'a> {
    pub(in crate::image::compile) fn plan_xphone(&mut self, domain: &'a Domain) -> Result<()> {
        if domain.xphone.sites.len() >= usize::from(u16::MAX) {
            return Err(too_many(domain, "sites"));
        }
        // Labels come first, so that their outcomes have their own numbers.
        self.block.set_flag(Flags::LABELS);
        for label in Label::ALL {
            for inside in [true, false] {
                self.block.set_label(*label as u8, inside, domain.xphone.matrix.rights(*label, inside));
            }
            let number = self.outcomes.number(&super::own_setting(*label));
            if let Some(held) = self.label_outcomes.get_mut(*label as usize) {
                *held = number;
            }
        }
        // Transfers begin and end all day: what they give has a number from the start.
        for role in [TransferRole::Consulted, TransferRole::Transferring] {
            self.outcomes.number(&Outcome::part(role.label() as u8));
        }
        Ok(())
    }
}

/// Calls `each` with the parts in transfers.
pub(super) fn sparse(domain: &Domain, each: &mut impl FnMut(Party, Party, Outcome)) {
    for part in domain.state.transfers.values().flatten() {
        each(part.viewer, part.owner, Outcome::part(part.role.step()));
    }
}

/// Adds what it says of a user, the site excepted.
pub(super) fn attributes(domain: &Domain, user: &User, attributes: &mut PartyAttributes) {
    attributes.decides_alone = user.xphone.vip;
    attributes.raised = user.xphone.assistant;
    if let Some(defaults) = domain.xphone.defaults(&user.xphone) {
        attributes.same_site = defaults.same_site as u8;
        attributes.other_sites = defaults.other_sites as u8;
        attributes.outside = defaults.outside as u8;
    }
}
