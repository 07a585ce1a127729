//! Reads the record of a party: what kind of party it is and in which domain. A number without a record must never read as a party.
#![forbid(unsafe_code)]

use crate::id::{DomainId, Kind, Party};
use crate::image::format::Header;
use crate::image::format::image::{Image, NOWHERE, ReadMode};
use crate::image::format::record::{RECORD_WORDS, Record, UNLISTED};

impl<M: ReadMode> Image<'_, M> {
    /// The record of `party`; all zero where there is none.
    #[inline(always)]
    pub(crate) fn record(&self, party: Party) -> Record {
        let (offset, limit) = self.header(Header::Records);
        let at = if party.0 < limit { offset as usize + party.index() * RECORD_WORDS } else { NOWHERE };
        Record::read(self.row(at))
    }

    /// What kind of party it is and in which domain, if there is such a party.
    pub fn party(&self, party: Party) -> Option<(DomainId, Kind)> {
        let record = self.record(party);
        let kind = if record.kind() == UNLISTED { Some(Kind::Contact) } else { Kind::from_number(record.kind()) };
        kind.map(|kind| (DomainId(record.domain()), kind))
    }

    /// What a party of the domain is; `None` when it is not of the domain, or no longer named there.
    pub fn lives_in(&self, domain: DomainId, party: Party) -> Option<Kind> {
        let record = self.record(party);
        Kind::from_number(record.kind()).filter(|_| record.domain() == domain.0)
    }

    /// One more than the highest number that has a record. A torn word may claim more of them than the image has room for.
    pub(crate) fn numbers(&self) -> u32 {
        self.header(Header::Records).1.min((self.words() / RECORD_WORDS) as u32)
    }

    /// The parties of a domain, by their numbers.
    pub fn parties(&self, domain: DomainId) -> impl Iterator<Item = Party> + '_ {
        (0..self.numbers()).map(Party).filter(move |party| self.lives_in(domain, *party).is_some())
    }
}
