//! Who a user or contact of one domain is in another: the contact that the other domain names by that address, or a contact
//! without entries. It looks at the table of such names and at nothing else.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::image::{Header, Image, Look};

/// Who somebody of another domain is.
pub(in crate::image) enum Persona {
    /// The contact that the domain names by that address.
    Named(Party),
    /// A contact without entries.
    Unnamed,
    /// Nobody: the address is the domain's own, so the contact is not from outside.
    None,
}

/// The key of a persona: never 0, as no party has number 0.
pub(crate) fn persona_word(actor: Party, domain: u16) -> u64 {
    u64::from(actor.0) << 16 | u64::from(domain)
}

pub(crate) fn persona_hash(word: u64) -> u64 {
    word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

impl<L: Look> Image<'_, L> {
    /// Who a user or contact of another domain is in `domain`.
    pub(in crate::image) fn persona(&self, actor: Party, domain: u16) -> Persona {
        let (offset, slots) = self.header(Header::Personas);
        let Some(mask) = u64::from(slots).checked_sub(1) else { return Persona::Unnamed };
        let wanted = persona_word(actor, domain);
        let mut place = persona_hash(wanted) & mask;
        for _ in 0..slots {
            let [held, contact] = self.row(offset as usize + place as usize * 2).all();
            if held == 0 {
                break;
            }
            if held == wanted {
                return if contact == 0 { Persona::None } else { Persona::Named(Party(contact as u32)) };
            }
            place = (place + 1) & mask;
        }
        Persona::Unnamed
    }
}
