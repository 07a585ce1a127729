//! Resolves the names of a document to parties. An unknown name is a fault. It must never create a party, except
//! outside contacts.
#![forbid(unsafe_code)]

use super::when::when;
use crate::address::sip_address;
use crate::calendar::When;
use crate::directory::Directory;
use crate::document::fault::{Cx, Pool, quote};
use crate::document::table::{Table, Text};
use crate::error::Result;
use crate::id::{Kind, Line, Party};
use crate::keyed::KeyedHash;
use crate::policy::dated::{Dated, Fact, MOST_DATES};
use crate::policy::valid::LONGEST_ADDRESS;
use crate::policy::{Area, Contact, Domain};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;

/// The domain being filled, with the directory of its parties.
pub(in crate::document) struct Names<'n, 'a> {
    pub cx: &'n Cx<'a>,
    pub directory: &'n mut Directory,
    pub domain: Domain,
    /// The owner of the last entry: those of one owner mostly stand together.
    pub last_owner: Option<(String, Party)>,
}

/// An owner and a viewer as a document names them.
#[derive(Clone, Debug)]
pub(in crate::document) struct Pair<'a> {
    pub owner: Text<'a>,
    pub viewer: Text<'a>,
    /// The offset of the entry.
    pub at: usize,
    /// When it counts.
    pub when: When,
}

impl<'a> Pair<'a> {
    /// The owner and the viewer of an entry.
    pub fn read(cx: &Cx<'_>, table: &Table<'_, 'a>) -> Option<Pair<'a>> {
        let when = when(cx, table);
        let (owner, viewer) = (table.need("owner"), table.need("viewer"));
        Some(Pair { owner: owner?, viewer: viewer?, at: table.at, when })
    }
}

/// Pairs of owner and viewer in the entries of one kind, with the entries' offsets: a document is shorter than 4 GB.
pub(in crate::document) type Pairs = HashMap<(Party, Party), u32, KeyedHash>;

impl Names<'_, '_> {
    /// The party of that kind and plain name.
    fn live(&self, kind: Kind, name: &str) -> Option<Party> {
        self.domain.live(self.directory, kind, name)
    }

    /// The user that `text` names; `place` is the place in messages.
    pub fn user(&self, text: &Text<'_>, place: impl Display) -> Option<Party> {
        let party = self.domain.user_named(self.directory, text);
        if party.is_none() {
            self.unknown_user(text, place);
        }
        party
    }

    fn unknown_user(&self, text: &Text<'_>, place: impl Display) {
        let found = quote(text);
        if sip_address(text).is_some_and(|address| address.domain != self.domain.name) {
            return self.cx.fault(text.at, format!("{found} in {place} is an outside contact, expected a user"));
        }
        match self.domain.numbers.get(&**text) {
            Some(team) => {
                let team = quote(&self.directory.text(*team));
                self.cx.fault(text.at, format!("{found} in {place} is an extension of {team}, expected a user"));
            }
            None => self.cx.unknown(text.at, format!("unknown user {found} in {place}"), Pool::Users, text),
        }
    }

    /// The user or outside contact that `text` names; a new contact becomes a party.
    pub fn person(&mut self, text: &Text<'_>, place: impl Display) -> Result<Option<Party>> {
        if let Some(user) = self.domain.user_named(self.directory, text) {
            return Ok(Some(user));
        }
        let address = sip_address(text);
        // No name has a colon: such a text was meant as an address.
        if address.is_none() && text.contains(':') {
            let wanted = "expected a user, or an address like `sip:bob@partner.example`";
            self.cx.fault(text.at, format!("{} in {place} is no valid address, {wanted}", quote(text)));
            return Ok(None);
        }
        let Some(address) = address.filter(|address| address.domain != self.domain.name) else {
            self.unknown_user(text, place);
            return Ok(None);
        };
        if address.text.len() > LONGEST_ADDRESS {
            let length = address.text.len();
            let message = format!("address in {place} has {length} bytes, expected at most {LONGEST_ADDRESS}");
            self.cx.fault(text.at, message);
            return Ok(None);
        }
        let party = self.directory.add_party(self.domain.id, Kind::Contact, &address.text)?;
        if self.domain.contact(party).is_none() {
            self.domain.add_contact(Contact { party, host: address.domain.into() });
        }
        Ok(Some(party))
    }

    /// Owner and viewer of an owner's own entry: the owner is a user, the viewer is another party, and the pair is new in
    /// `pairs`.
    pub fn own(&mut self, pair: &Pair<'_>, name: &str, pairs: &mut Pairs) -> Result<Option<(Party, Party)>> {
        Ok(self.both(pair, name)?.filter(|both| self.is_new(*both, pair, name, pairs)))
    }

    /// Owner and viewer of such an entry, be it new or not.
    pub fn both(&mut self, pair: &Pair<'_>, name: &str) -> Result<Option<(Party, Party)>> {
        let owner = match &self.last_owner {
            Some((text, owner)) if *text == *pair.owner => Some(*owner),
            _ => self.user(&pair.owner, format_args!("`owner` of {name}")),
        };
        if self.last_owner.as_ref().map(|(_, last)| *last) != owner {
            self.last_owner = owner.map(|owner| (pair.owner.to_string(), owner));
        }
        let viewer = self.person(&pair.viewer, format_args!("`viewer` of {name}"))?;
        Ok(owner.zip(viewer))
    }

    /// The same for two users: an administrator's grant has effect inside the server only (E20).
    pub fn users_only(&self, pair: &Pair<'_>, name: &str, pairs: &mut Pairs) -> Option<(Party, Party)> {
        let owner = self.user(&pair.owner, format_args!("`owner` of {name}"));
        let viewer = self.user(&pair.viewer, format_args!("`viewer` of {name}"));
        owner.zip(viewer).filter(|both| self.is_new(*both, pair, name, pairs))
    }

    /// Whether owner and viewer are different and new in `pairs`; notes a fault otherwise.
    pub fn is_new(&self, both: (Party, Party), pair: &Pair<'_>, name: &str, pairs: &mut Pairs) -> bool {
        if both.0 == both.1 {
            let who = quote(&pair.viewer);
            self.cx.fault(pair.viewer.at, format!("{who} is both owner and viewer of {name}, expected two parties"));
            return false;
        }
        match pairs.entry(both) {
            Entry::Occupied(first) => {
                let (viewer, owner) = (self.directory.text(both.1), self.directory.text(both.0));
                let (viewer, owner, line) = (quote(&viewer), quote(&owner), self.cx.line(*first.get() as usize).0);
                let message = format!("a second {name} of viewer {viewer} towards owner {owner}");
                self.cx.fault(pair.at, format!("{message}, the first is in line {line}"));
                false
            }
            Entry::Vacant(place) => {
                place.insert(pair.at as u32);
                true
            }
        }
    }

    /// The users of a list, each once.
    pub fn users(&self, texts: &[Text<'_>], place: &str) -> Vec<Party> {
        self.users_of(texts, place).into_iter().flatten().collect()
    }

    /// The same, one for each text; `None` for one that is a fault.
    pub fn users_of(&self, texts: &[Text<'_>], place: &str) -> Vec<Option<Party>> {
        self.each_once(texts, place, |text| self.user(text, place))
    }

    /// The teams, locations or devices of a list of plain names, each once.
    pub fn plain(&self, kind: Kind, texts: &[Text<'_>], place: &str) -> Vec<Party> {
        self.plain_of(kind, texts, place).into_iter().flatten().collect()
    }

    /// The same, one for each text; `None` for one that is a fault.
    pub fn plain_of(&self, kind: Kind, texts: &[Text<'_>], place: &str) -> Vec<Option<Party>> {
        let pool = match kind {
            Kind::Team => Pool::Teams,
            Kind::Location => Pool::Locations,
            Kind::Device => Pool::Devices,
            Kind::User | Kind::Contact => Pool::Users,
        };
        self.each_once(texts, place, |text| {
            let party = self.live(kind, text);
            if party.is_none() {
                let plain = text.strip_prefix(kind.prefix()).filter(|name| self.live(kind, name).is_some());
                let message = format!("unknown {} {} in {place}", kind.word(), quote(text));
                match plain {
                    Some(name) => self.cx.fault(text.at, format!("{message}, expected the plain name {}", quote(name))),
                    None => self.cx.unknown(text.at, message, pool, text),
                }
            }
            party
        })
    }

    fn each_once(
        &self,
        texts: &[Text<'_>],
        place: &str,
        find: impl Fn(&Text<'_>) -> Option<Party>,
    ) -> Vec<Option<Party>> {
        let mut seen = HashSet::with_capacity_and_hasher(texts.len(), KeyedHash::default());
        let each = texts.iter().map(|text| {
            let party = find(text)?;
            if seen.insert(party) {
                return Some(party);
            }
            let name = self.directory.named(party).map_or("", |named| &named.name);
            let who = if name == &**text { String::new() } else { format!(", which is {},", quote(name)) };
            self.cx.fault(text.at, format!("{}{who} stands twice in {place}", quote(text)));
            None
        });
        each.collect()
    }

    /// Adds members with dates. More different dates than a group can have are a fault.
    pub fn add_dated(&mut self, members: Vec<(Party, When)>, line: Line, at: usize, fact: impl Fn(Party) -> Fact) {
        let mut dates: Vec<&When> = Vec::new();
        for (_, when) in &members {
            if !dates.contains(&when) {
                dates.push(when);
            }
        }
        if dates.len() > MOST_DATES {
            let message = format!("{} different dates in one group, expected at most {MOST_DATES}", dates.len());
            self.cx.fault(at, message);
        }
        let dated = members.into_iter().map(|(member, when)| Dated { fact: fact(member), when, line });
        self.domain.dated.extend(dated);
    }
}

/// The names of a pool, for suggestions.
pub(super) fn pool(directory: &Directory, domain: &Domain, pool: Pool) -> Vec<String> {
    let named = |area| domain.names_in(area).into_iter().map(String::from).collect();
    let kind = match pool {
        Pool::Users => Kind::User,
        Pool::Teams => Kind::Team,
        Pool::Locations => Kind::Location,
        Pool::Devices => Kind::Device,
        Pool::Sites => return named(Area::Sites),
        Pool::Workgroups => return named(Area::Workgroups),
        Pool::MonitoringGroups => return named(Area::MonitoringGroups),
        Pool::Permissions => return named(Area::Permissions),
        Pool::Groups => return domain.linewarden.groups.iter().map(|group| group.name.clone()).collect(),
    };
    let parties = domain.parties().filter(|(_, of)| *of == kind);
    parties.filter_map(|(party, _)| directory.named(party)).map(|named| named.name.to_string()).collect()
}
