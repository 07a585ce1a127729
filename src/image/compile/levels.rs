//! What the levels of own grants give a viewer, each worked out once. It must never decide where a grant counts.
#![forbid(unsafe_code)]

use super::hash::FastMap;
use crate::id::{Kind, Party};
use crate::policy::Domain;
use crate::right::RightSet;
use crate::system::estos::{Grant, Level, OwnGrant};

/// What an owner's own grant gives.
pub(crate) fn granted(domain: &Domain, own: &OwnGrant) -> RightSet {
    match domain.contact(own.viewer) {
        Some(contact) => domain.estos.rights_of_contact(own.grant, &contact.host),
        None => domain.estos.rights(own.grant),
    }
}

/// What levels give, looked up once each: a company has millions of own grants.
#[derive(Default)]
pub(super) struct Levels {
    inside: [Option<RightSet>; Level::COUNT + 1],
    /// By level and by the domain authorization of the contact's host.
    outside: [[Option<RightSet>; Level::COUNT + 1]; Level::COUNT + 1],
    /// The domain authorization of each contact's host, 0 for none.
    maximum: FastMap<Party, u8>,
}

impl Levels {
    pub(super) fn granted(&mut self, domain: &Domain, kinds: &[u8], own: &OwnGrant) -> RightSet {
        let Grant::Level(level) = own.grant else { return granted(domain, own) };
        let is_contact = kinds.get(own.viewer.index()).is_some_and(|kind| *kind == Kind::Contact as u8);
        if !is_contact {
            return match self.inside.get_mut(level as usize) {
                Some(held) => *held.get_or_insert_with(|| granted(domain, own)),
                None => granted(domain, own),
            };
        }
        let maximum = self.maximum.entry(own.viewer).or_insert_with(|| {
            let federation = domain.contact(own.viewer).and_then(|contact| domain.estos.federation(&contact.host));
            federation.map_or(0, |(_, entry)| entry.maximum as u8)
        });
        match self.outside.get_mut(level as usize).and_then(|row| row.get_mut(usize::from(*maximum))) {
            Some(held) => *held.get_or_insert_with(|| granted(domain, own)),
            None => granted(domain, own),
        }
    }
}
