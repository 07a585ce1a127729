//! The directory: names of domains and parties, and the numbers they keep while an engine is open.
//!
//! A number that was given out is never reused: a party that a policy no longer names keeps its number, so that a handle never
//! comes to mean another party. Only numbers that no caller has seen are taken back.
#![forbid(unsafe_code)]

use crate::address;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Kind, Party};
use std::collections::HashMap;
use std::sync::Arc;

mod unlisted;

pub use unlisted::UnlistedContacts;

/// The names that an engine knows, with their numbers.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    domains: Vec<DomainNames>,
    domain_numbers: HashMap<Arc<str>, DomainId>,
    /// The party of number `n` at index `n - 1`.
    parties: Vec<Named>,
    /// Addresses that no policy names.
    unlisted: Arc<UnlistedContacts>,
}

#[derive(Clone, Debug)]
struct DomainNames {
    name: Arc<str>,
    numbers: [HashMap<Arc<str>, Party>; Kind::ALL.len()],
}

/// A party's domain, kind and name.
#[derive(Clone, Debug)]
pub struct Named {
    /// The domain that knows the party.
    pub domain: DomainId,
    /// What the party is.
    pub kind: Kind,
    /// The name without the kind's prefix; a contact's begins with `sip:`.
    pub name: Arc<str>,
}

impl Directory {
    /// Parties and domains there can be: their numbers fit 26 and 16 bits, which an image relies on.
    pub const MAX_PARTIES: usize = (1 << 26) - 2;
    /// See [`Directory::MAX_PARTIES`].
    pub const MAX_DOMAINS: usize = 1 << 16;

    /// A directory without names that shares the numbers of unlisted contacts.
    pub fn sharing_unlisted(other: &Directory) -> Directory {
        Directory { unlisted: other.unlisted.clone(), ..Directory::default() }
    }

    /// The number of the domain of that name, however it is spelled, given now if it has none.
    pub fn add_domain(&mut self, name: &str) -> Result<DomainId> {
        if let Some(known) = self.domain(name) {
            return Ok(known);
        }
        if self.domains.len() >= Directory::MAX_DOMAINS {
            return Err(Error::new(ErrorKind::Limit, format!("more than {} domains", Directory::MAX_DOMAINS)));
        }
        let name: Arc<str> = address::domain_name(name).into();
        let id = DomainId(self.domains.len() as u16);
        self.domain_numbers.insert(name.clone(), id);
        self.domains.push(DomainNames { name, numbers: Default::default() });
        Ok(id)
    }

    /// The number of the party of that kind and name, given now if it has none.
    pub fn add_party(&mut self, domain: DomainId, kind: Kind, name: &str) -> Result<Party> {
        if let Some(known) = self.party(domain, kind, name) {
            return Ok(known);
        }
        if self.parties.len() >= Directory::MAX_PARTIES {
            return Err(Error::new(ErrorKind::Limit, format!("more than {} parties", Directory::MAX_PARTIES)));
        }
        let Some(names) = self.domains.get_mut(domain.index()) else {
            return Err(Error::new(ErrorKind::Internal, "a party of an unknown domain"));
        };
        let name: Arc<str> = name.into();
        let party = Party(self.parties.len() as u32 + 1);
        if let Some(numbers) = names.numbers.get_mut(kind as usize - 1) {
            numbers.insert(name.clone(), party);
        }
        self.parties.push(Named { domain, kind, name });
        Ok(party)
    }

    /// The domain of that name, however it is spelled.
    pub fn domain(&self, name: &str) -> Option<DomainId> {
        match self.domain_numbers.get(name) {
            Some(id) => Some(*id),
            None => self.domain_numbers.get(address::domain_name(name).as_str()).copied(),
        }
    }

    /// The party of that kind and name.
    pub fn party(&self, domain: DomainId, kind: Kind, name: &str) -> Option<Party> {
        self.domains.get(domain.index())?.numbers.get(kind as usize - 1)?.get(name).copied()
    }

    /// Domain, kind and name of a party; `None` for an unlisted contact.
    pub fn named(&self, party: Party) -> Option<&Named> {
        self.parties.get(party.index().checked_sub(1)?)
    }

    /// The same, also of an unlisted contact while it has its number.
    pub fn named_or_unlisted(&self, party: Party) -> Option<Named> {
        self.named(party).cloned().or_else(|| self.unlisted.named(party))
    }

    /// The unlisted contacts: addresses that got a number without being named by a policy.
    pub fn unlisted(&self) -> &Arc<UnlistedContacts> {
        &self.unlisted
    }

    /// Parties with a number above `party`, in the order of their numbers; unlisted contacts have none of these numbers.
    pub fn parties_above(&self, party: Party) -> impl Iterator<Item = (Party, &Named)> {
        let above = self.parties.get(party.index()..).unwrap_or(&[]);
        above.iter().zip(party.0 + 1..).map(|(named, number)| (Party(number), named))
    }

    /// Domains from number `count` on.
    pub fn domains_from(&self, count: usize) -> impl Iterator<Item = (DomainId, &str)> {
        let from = self.domains.get(count..).unwrap_or(&[]);
        from.iter().zip(count..).map(|(names, number)| (DomainId(number as u16), &*names.name))
    }

    /// Removes the parties above `last` and the domains from number `domains` on. No caller may have seen their numbers.
    pub fn truncate(&mut self, last: Party, domains: usize) {
        for named in self.parties.drain(last.index().min(self.parties.len())..) {
            let names = self.domains.get_mut(named.domain.index());
            if let Some(numbers) = names.and_then(|names| names.numbers.get_mut(named.kind as usize - 1)) {
                numbers.remove(&named.name);
            }
        }
        for names in self.domains.drain(domains.min(self.domains.len())..) {
            self.domain_numbers.remove(&names.name);
        }
    }

    /// A domain's name in its one form.
    pub fn domain_name(&self, domain: DomainId) -> &str {
        self.domains.get(domain.index()).map_or("", |names| &names.name)
    }

    /// A party as it is written in a document of its domain: `alice`, `team:support`, `sip:bob@partner.example`.
    pub fn text(&self, party: Party) -> String {
        self.named_or_unlisted(party).map_or_else(String::new, |named| format!("{}{}", named.kind.prefix(), named.name))
    }

    /// The highest number given so far.
    pub fn last_party(&self) -> Party {
        Party(self.parties.len() as u32)
    }

    /// How many domains have been named so far.
    pub fn domain_count(&self) -> usize {
        self.domains.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_and_are_never_shared() {
        let mut directory = Directory::default();
        let acme = directory.add_domain("Acme.example").unwrap();
        let other = directory.add_domain("other.example").unwrap();
        let alice = directory.add_party(acme, Kind::User, "alice").unwrap();
        let namesake = directory.add_party(other, Kind::User, "alice").unwrap();
        let team = directory.add_party(acme, Kind::Team, "alice").unwrap();
        assert_eq!(directory.add_party(acme, Kind::User, "alice").unwrap(), alice);
        assert!(alice != namesake && alice != team && alice != Party::NONE);
        assert_eq!(directory.domain("ACME.EXAMPLE."), Some(acme));
        assert_eq!(directory.text(team), "team:alice");
        assert_eq!(directory.text(Party::NONE), "");
    }

    #[test]
    fn unlisted_contacts_have_numbers_of_their_own() {
        let directory = Directory::default();
        let (one, other) = (DomainId(0), DomainId(1));
        let bob = directory.unlisted().admit(one, "sip:bob@x.example").unwrap();
        assert_eq!(directory.unlisted().admit(one, "sip:bob@x.example"), Some(bob));
        assert_ne!(directory.unlisted().admit(other, "sip:bob@x.example"), Some(bob));
        assert!(UnlistedContacts::is_unlisted(bob) && bob.0 > Directory::MAX_PARTIES as u32);
        assert_eq!(directory.text(bob), "sip:bob@x.example");
        assert!(directory.named(bob).is_none());
    }

    #[test]
    fn numbers_that_no_caller_has_seen_are_given_again() {
        let mut directory = Directory::default();
        let acme = directory.add_domain("acme.example").unwrap();
        let alice = directory.add_party(acme, Kind::User, "alice").unwrap();
        directory.add_domain("other.example").unwrap();
        let bob = directory.add_party(acme, Kind::User, "bob").unwrap();
        assert_eq!(directory.parties_above(alice).map(|(party, _)| party).collect::<Vec<_>>(), [bob]);
        directory.truncate(alice, 1);
        assert_eq!((directory.last_party(), directory.domain_count()), (alice, 1));
        assert_eq!(directory.party(acme, Kind::User, "bob"), None);
        assert_eq!(directory.domain("other.example"), None);
        assert_eq!(directory.add_party(acme, Kind::User, "carol").unwrap(), bob);
    }
}
