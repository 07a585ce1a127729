//! Names and policy as bytes, which load in a tenth of the time that documents take. They are a copy for speed only: what
//! they say is what the documents and the log say, and where they are missing, cut off or of another form, nothing but time is lost.
//!
//! Reading must never panic and never give half a policy, whatever the bytes are. Whether the bytes are those that were written is for
//! the caller to know (`store/packed.rs` has a hash over them): here only their form is checked, and the order of lists that are searched.
#![forbid(unsafe_code)]

mod bytes;
mod facts;
mod systems;

use crate::directory::Directory;
use crate::id::{DomainId, Kind};
use crate::policy::{Domain, Policy};
use bytes::{Bytes, Packed, number, text};

/// The form of the bytes: one more whenever a field comes, goes or means something else. `tests/packed.rs` notices.
pub const FORM: u8 = 3;

/// The policy and its names. Facts with dates are those of all times, whatever instant is asked about.
pub fn pack(policy: &Policy, names: &Directory) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, names.domain_count() as u64);
    names.domains_from(0).for_each(|(_, name)| text(&mut out, name));
    number(&mut out, names.last_party().index() as u64);
    for (_, named) in names.parties_above(Default::default()) {
        number(&mut out, u64::from(named.domain.0));
        named.kind.pack(&mut out);
        text(&mut out, &named.name);
    }
    policy.domains.pack(&mut out);
    out
}

/// What [`pack`] wrote; the directory shares the unlisted contacts of `other`. `None` where the bytes are anything else.
pub fn unpack(bytes: &[u8], other: &Directory) -> Option<(Policy, Directory)> {
    let mut from = Bytes::new(bytes);
    let mut names = Directory::sharing_unlisted(other);
    for index in 0..from.count()? {
        let domain = names.add_domain(from.text()?).ok()?;
        (domain.index() == index).then_some(())?;
    }
    for last in 0..from.count()? {
        let domain = DomainId(from.number()?.try_into().ok()?);
        let kind = Kind::unpack(&mut from)?;
        let party = names.add_party(domain, kind, from.text()?).ok()?;
        (party.index() == last + 1).then_some(())?;
    }
    let domains = Vec::<Domain>::unpack(&mut from)?;
    let known = |domain: &Domain| names.domain(&domain.name) == Some(domain.id);
    (from.left() == 0 && domains.iter().all(known)).then_some((Policy { domains, at: None }, names))
}
