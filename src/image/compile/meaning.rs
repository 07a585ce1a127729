//! What texts mean in a policy: extensions, and who a user or contact of one domain is in another. Compiling and patching both ask here.
//! It never reads an image.
#![forbid(unsafe_code)]

use crate::address::{address_of, sip_address};
use crate::directory::Directory;
use crate::id::{DomainId, Kind, Party};
use crate::image::format::names::{Extension, Meaning};
use crate::policy::{Domain, Policy};

/// Whether a text is an extension of that party, and of which line.
pub(crate) fn extension(domain: &Domain, party: Party, text: &str) -> Extension {
    if domain.numbers.get(text) != Some(&party) {
        return Extension::NONE;
    }
    match domain.user(party) {
        Some(user) => user.lines.iter().position(|line| line == text).map_or(Extension::NONE, Extension::of_user),
        None => Extension::TEAM,
    }
}

/// What an extension that is no user's login stands for.
pub(crate) fn line(domain: &Domain, text: &str) -> Option<Meaning> {
    domain.numbers.get(text).map(|party| Meaning::Line(*party, extension(domain, *party, text)))
}

/// Who a user or contact is in another domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alias {
    /// The contact that the domain names by that address.
    Contact(Party),
    /// No party: the address is the domain's own.
    OwnAddress,
}

/// Who `party` is in `there`; `None` where that domain does not name the address, and for a party that is gone.
pub(crate) fn alias(policy: &Policy, directory: &Directory, party: Party, there: DomainId) -> Option<Alias> {
    let named = directory.named(party)?;
    let (home, there) = (policy.domain(named.domain)?, policy.domain(there)?);
    if home.id == there.id || home.kind(party) != Some(named.kind) {
        return None;
    }
    let contact = match named.kind {
        Kind::User => directory.party(there.id, Kind::Contact, &address_of(&named.name, &home.name)),
        Kind::Contact if home.contact(party).is_some_and(|contact| *contact.host == *there.name) => {
            return Some(Alias::OwnAddress);
        }
        Kind::Contact => directory.party(there.id, Kind::Contact, &named.name),
        Kind::Team | Kind::Location | Kind::Device => None,
    };
    contact.filter(|contact| there.contact(*contact).is_some()).map(Alias::Contact)
}

/// The parties whose aliases may change when a party comes or goes, each with the domain it is about.
pub(crate) fn aliases_around(policy: &Policy, directory: &Directory, party: Party) -> Vec<(Party, DomainId)> {
    let Some(named) = directory.named(party).filter(|_| policy.domains.len() > 1) else { return Vec::new() };
    if !matches!(named.kind, Kind::User | Kind::Contact) {
        return Vec::new();
    }
    let others = policy.domains.iter().filter(|domain| domain.id != named.domain);
    let mut around: Vec<_> = others.clone().map(|domain| (party, domain.id)).collect();
    if named.kind == Kind::Contact {
        let namesakes = others.filter_map(|domain| directory.party(domain.id, Kind::Contact, &named.name));
        around.extend(namesakes.map(|namesake| (namesake, named.domain)));
        let user = sip_address(&named.name)
            .and_then(|address| directory.party(policy.domain_named(&address.domain)?.id, Kind::User, &address.login));
        around.extend(user.map(|user| (user, named.domain)));
    }
    around
}
