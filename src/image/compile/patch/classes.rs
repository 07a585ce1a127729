//! What a party may towards all parties of a kind, and every user towards it, as numbers of rows in the domain's tables. A row that is
//! there is never changed: other parties may have its number.
#![forbid(unsafe_code)]

use super::PatchBuilder;
use crate::id::Party;
use crate::image::compile::lowering;
use crate::image::format::domain::{ActorClass, Field, TargetClass, pack_target_class};
use crate::image::format::record::PartyAttributes;
use crate::image::format::{ImageWords, two_words};
use crate::policy::Domain;

impl PatchBuilder<'_> {
    /// pascom: what the party may towards all parties of a kind, and every user towards it.
    pub(super) fn classes(&mut self, domain: &Domain, party: Party, at: usize) -> Option<()> {
        let (class, towards) = lowering::classes(domain, party);
        let block = self.block(domain.id)?;
        let classes = (self.actor_class(block, &class)?, self.target_class(block, &towards)?);
        self.write_classes(at, classes);
        Some(())
    }

    pub(super) fn actor_class(&mut self, block: usize, class: &ActorClass) -> Option<u16> {
        let row: Vec<u64> = class.iter().flat_map(|set| two_words(*set)).collect();
        u16::try_from(self.number(block, Field::ActorClasses, Field::TargetClasses, &row)?).ok()
    }

    pub(super) fn target_class(&mut self, block: usize, class: &TargetClass) -> Option<u16> {
        u16::try_from(self.number(block, Field::TargetClasses, Field::Ends, &pack_target_class(class))?).ok()
    }

    pub(super) fn write_classes(&mut self, at: usize, (actor_class, target_class): (u16, u16)) {
        let held = self.record(at);
        let attributes = PartyAttributes { actor_class, target_class, ..held.attributes() };
        self.overlay.put(at, attributes.pack(held.has_extra()).0);
    }
}
