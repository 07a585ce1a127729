//! Who a user or contact of one domain is in another: the contact that the other domain names by that address, or a contact
//! without entries. It looks at the table of such names and at nothing else.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::image::format::Header;
use crate::image::format::alias::{alias_home, alias_key};
use crate::image::format::image::{Image, ReadMode};

/// What a party of another domain is.
pub(crate) enum Alias {
    /// The contact that the domain names by that address.
    Named(Party),
    /// A contact without entries.
    Unnamed,
    /// No party: the address is the domain's own, so the contact is not from outside.
    None,
}

impl<M: ReadMode> Image<'_, M> {
    /// Who a user or contact of another domain is in `domain`.
    pub(crate) fn alias(&self, actor: Party, domain: u16) -> Alias {
        let (offset, slots) = self.header(Header::Aliases);
        let Some(mask) = u64::from(slots).checked_sub(1) else { return Alias::Unnamed };
        let wanted = alias_key(actor, domain);
        let mut index = alias_home(self.secret(), wanted) & mask;
        // A torn count may claim more slots than the image has words.
        for _ in 0..(slots as usize).min(self.words()) {
            let [held, contact] = self.row(offset as usize + index as usize * 2).all();
            if held == 0 {
                break;
            }
            if held == wanted {
                return if contact == 0 { Alias::None } else { Alias::Named(Party(contact as u32)) };
            }
            index = (index + 1) & mask;
        }
        Alias::Unnamed
    }
}
