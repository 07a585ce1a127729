//! The table of aliases: which contact a user or contact of one domain is in another. Slots of two words: the alias' key, and the
//! number of the contact, 0 where the address is the domain's own.
#![forbid(unsafe_code)]

use super::secret::Secret;
use crate::id::Party;

/// The key of an alias: never 0, as no party has number 0.
pub(crate) fn alias_key(actor: Party, domain: u16) -> u64 {
    u64::from(actor.0) << 16 | u64::from(domain)
}

/// The slot at which the search for an alias begins, before the number of slots is known. Keyed as names are: who may name outside
/// addresses chooses among the numbers of parties.
#[inline]
pub(crate) fn alias_home(secret: Secret, word: u64) -> u64 {
    secret.hash(word, std::iter::empty()) >> 32
}
