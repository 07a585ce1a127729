//! What XPhone adds to the plan of a domain. It must never look at another system, nor write a word.
#![forbid(unsafe_code)]

use super::{DomainPlan, too_many};
use crate::error::Result;
use crate::image::compile::facts;
use crate::image::format::domain::Flags;
use crate::policy::Domain;
use crate::rule::Outcome;
use crate::system::xphone::{Label, TransferRole};

impl<'a> DomainPlan<'a> {
    pub(super) fn plan_xphone(&mut self, domain: &'a Domain) -> Result<()> {
        if domain.xphone.sites.len() >= usize::from(u16::MAX) {
            return Err(too_many(domain, "sites"));
        }
        // Labels come first, so that their outcomes have their own numbers.
        self.block.set_flag(Flags::LABELS);
        for label in Label::ALL {
            for inside in [true, false] {
                self.block.set_label(*label as u8, inside, domain.xphone.matrix.rights(*label, inside));
            }
            let number = self.outcomes.number(&facts::own_setting(*label));
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
