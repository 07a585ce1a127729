//! The table of aliases: which contact a user or contact of one domain is in another. Slots of two words: the alias' key, and the
//! number of the contact, 0 where the address is the domain's own.
#![forbid(unsafe_code)]

use crate::id::Party;

/// The key of an alias: never 0, as no party has number 0.
pub(crate) fn alias_key(actor: Party, domain: u16) -> u64 {
    u64::from(actor.0) << 16 | u64::from(domain)
}

pub(crate) fn alias_hash(word: u64) -> u64 {
    word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}
