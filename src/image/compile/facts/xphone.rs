//! What XPhone says of one pair, one party, one group. It must never look at another system, nor read an image.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::image::format::record::PartyAttributes;
use crate::policy::{Domain, User};
use crate::rule::Outcome;
use crate::system::xphone::Label;

/// What an owner's own setting gives the pair.
pub(crate) fn own_setting(label: Label) -> Outcome {
    Outcome::label(label as u8)
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
