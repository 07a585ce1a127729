//! Texts to parties and back: found without a lock and without an allocation; a party's own name is the exception, a `String`.
#![forbid(unsafe_code)]

use crate::address::{self, Address};
use crate::directory::UnlistedContacts;
use crate::id::{DomainId, Party};
use crate::image::format::image::{Image, ReadMode};
use crate::image::format::names::{
    DOMAINS, Extension, LOGIN_PREFIX, MAX_TEXT, SLOT_WORDS, hash, head, home, party_of, text_words,
};
use crate::image::format::{Header, halves};

/// What a text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A party the policy knows.
    Party(Party),
    /// An outside address that the domain's policy does not name.
    Unlisted(DomainId),
}

impl<M: ReadMode> Image<'_, M> {
    /// The domain of that name, however it is spelled.
    #[inline]
    pub fn find_domain(&self, name: &str) -> Option<DomainId> {
        // Only domains in their one form are in the index.
        let number = self.look_up(DOMAINS, name.as_bytes()).or_else(|| self.spelled_domain(name))?;
        Some(DomainId(number as u16))
    }

    #[cold]
    fn spelled_domain(&self, name: &str) -> Option<u32> {
        let mut room = address::Room::new();
        self.look_up(DOMAINS, address::domain(name, &mut room)?.as_bytes())
    }

    /// The party that `text` names in a domain: a login, an extension, `team:support`, `sip:bob@partner.example`.
    #[inline]
    pub fn find(&self, domain: DomainId, text: &str) -> Option<Resolved> {
        if text.starts_with("sip:") {
            return match address::plain(text) {
                Some(address) => self.find_address(domain, address),
                None => self.find_spelled(domain, text),
            };
        }
        match self.look_up(domain.0.into(), text.as_bytes()) {
            Some(number) => Some(Resolved::Party(party_of(number))),
            None => self.find_spelled(domain, text),
        }
    }

    /// The same for an address that is not written plainly.
    #[cold]
    fn find_spelled(&self, domain: DomainId, text: &str) -> Option<Resolved> {
        if !text.contains(':') {
            return None;
        }
        let mut room = address::Room::new();
        self.find_address(domain, address::address(text, &mut room)?)
    }

    /// The party that has an extension in a domain, and its line: 1, 2 or 3 of a user, 0 of a team.
    pub fn extension(&self, domain: DomainId, text: &str) -> Option<(Party, u32)> {
        let number = self.look_up(domain.0.into(), text.as_bytes())?;
        let extension = Extension::of_number(number);
        (extension != Extension::NONE).then(|| (party_of(number), extension.line()))
    }

    /// A party's domain and its text as that domain writes it: `alice`, `team:support`, `sip:bob@partner.example`; also of a party
    /// that is no longer there.
    pub fn named(&self, party: Party) -> Option<(DomainId, String)> {
        let (domain, text) = self.text_at(self.name_at(party)?)?;
        Some((DomainId(domain), text))
    }

    /// Where the name of a party lies.
    fn name_at(&self, party: Party) -> Option<usize> {
        if party.0 >= self.header(Header::Records).1 {
            return None;
        }
        let (low, high) = halves(self.word(self.header(Header::Names).0 as usize + party.index() / 2));
        let at = if party.0.is_multiple_of(2) { low } else { high };
        (at != 0).then_some(at as usize)
    }

    /// The text that lies there, and of which domain it is.
    pub(crate) fn text_at(&self, at: usize) -> Option<(u16, String)> {
        let (domain, length) = halves(self.word(at));
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_TEXT)?;
        let mut bytes = Vec::with_capacity(length.next_multiple_of(8));
        (0..length.div_ceil(8)).for_each(|index| bytes.extend(self.word(at + 1 + index).to_le_bytes()));
        bytes.truncate(length);
        Some((domain as u16, String::from_utf8(bytes).ok()?))
    }

    /// The party of a number. An unlisted contact that got a number may be named by now: then it is the contact of that address.
    #[inline]
    pub fn resolve(&self, unlisted: &UnlistedContacts, party: Party) -> Resolved {
        if UnlistedContacts::is_unlisted(party) {
            self.resolve_unlisted(unlisted, party)
        } else {
            Resolved::Party(party)
        }
    }

    #[cold]
    fn resolve_unlisted(&self, unlisted: &UnlistedContacts, party: Party) -> Resolved {
        let found = unlisted.read(party, |domain, address| self.find(domain, address)).flatten();
        found.unwrap_or(Resolved::Party(Party::NONE))
    }

    #[inline(never)]
    fn find_address(&self, domain: DomainId, address: Address<'_>) -> Option<Resolved> {
        if self.look_up(DOMAINS, address.domain().as_bytes()) == Some(u32::from(domain.0)) {
            // The own domain's address names a user by the login, never another party.
            let mut room = address::Room::new();
            let party = party_of(self.look_up_login(domain, address.login(&mut room)?.as_bytes())?);
            return Some(Resolved::Party(party));
        }
        let known = self.look_up(domain.0.into(), address.text().as_bytes());
        Some(known.map_or(Resolved::Unlisted(domain), |number| Resolved::Party(party_of(number))))
    }

    /// The user with that login; extensions do not count.
    fn look_up_login(&self, domain: DomainId, login: &[u8]) -> Option<u32> {
        let mut address = [0; LOGIN_PREFIX.len() + address::LONGEST_USER];
        let length = LOGIN_PREFIX.len() + login.len();
        address.get_mut(..LOGIN_PREFIX.len())?.copy_from_slice(LOGIN_PREFIX);
        address.get_mut(LOGIN_PREFIX.len()..length)?.copy_from_slice(login);
        self.look_up(domain.0.into(), address.get(..length)?)
    }

    #[inline]
    fn look_up(&self, namespace: u32, text: &[u8]) -> Option<u32> {
        let (offset, slots) = self.header(Header::Index);
        let mask = u64::from(slots).checked_sub(1)?;
        let hash = hash(self.secret(), namespace, text);
        let mut index = home(hash) & mask;
        // The table is never full, so an empty slot ends the search; a torn image ends it by the count, which may be torn itself.
        for _ in 0..(slots as usize).min(self.words()) {
            let [held, target] = self.row(offset as usize + index as usize * SLOT_WORDS).all();
            if held == 0 {
                return None;
            }
            let (text_at, number) = halves(target);
            if held == hash && self.text_is(text_at as usize, namespace, text) {
                return Some(number);
            }
            index = (index + 1) & mask;
        }
        None
    }

    #[inline]
    fn text_is(&self, offset: usize, namespace: u32, text: &[u8]) -> bool {
        self.word(offset) == head(namespace, text.len())
            && text_words(text).zip(offset + 1..).all(|(word, at)| self.word(at) == word)
    }
}
