//! The difference of two policies of a domain as a list of changes, in an order that keeps the policy valid at every step. What
//! a system's facts need stands in the system's own file; the order between them is here.
#![forbid(unsafe_code)]

mod administrators;
mod dated;
mod directory;
mod state;

use super::{Change, Entry, List};
use crate::directory::Directory;
use crate::id::Party;
use crate::policy::Domain;
use std::collections::{BTreeMap, HashSet};

/// The changes that turn `old` into `new`, two policies of one domain whose parties are named in the same directory. What
/// documents do not express (inquiries, favourites, agents, transfers) is left as it is.
pub fn difference(old: &Domain, new: &Domain, names: &Directory) -> Vec<Entry> {
    let mut delta = Delta { old, new, names, changes: Vec::new() };
    delta.settings();
    delta.gone();
    delta.sites();
    delta.people();
    delta.sites_gone();
    delta.xphone();
    delta.estos();
    delta.pascom();
    delta.keevio();
    delta.dated();
    delta.linewarden();
    delta.administrators();
    delta.entries()
}

/// The changes that turn the state (what documents do not express) of `old` into that of `new`, once [`difference`] has been applied. From
/// an empty domain it is the state's form for exports.
pub fn difference_of_state(old: &Domain, new: &Domain, names: &Directory) -> Vec<Entry> {
    let mut delta = Delta { old, new, names, changes: Vec::new() };
    delta.state();
    delta.entries()
}

pub(super) struct Delta<'a> {
    pub old: &'a Domain,
    pub new: &'a Domain,
    names: &'a Directory,
    changes: Vec<Change>,
}

/// Named things by their names.
pub(super) fn by_name<T>(list: &[T], name_of: fn(&T) -> &String) -> BTreeMap<&str, &T> {
    list.iter().map(|thing| (name_of(thing).as_str(), thing)).collect()
}

impl<'a> Delta<'a> {
    fn entries(self) -> Vec<Entry> {
        self.changes.into_iter().map(|change| Entry { domain: self.new.name.clone(), change }).collect()
    }

    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub fn text(&self, party: Party) -> String {
        self.names.text(party)
    }

    /// A party's name without the prefix of its kind.
    pub fn name(&self, party: Party) -> String {
        self.names.named(party).map_or_else(String::new, |named| named.name.to_string())
    }

    /// Members added and removed. A party that was removed from the domain has left the list already.
    pub fn members(&mut self, list: List, of: &str, old: &[Party], new: &[Party]) {
        let before: HashSet<Party> = old.iter().copied().collect();
        let after: HashSet<Party> = new.iter().copied().collect();
        let leaving = old.iter().filter(|party| !after.contains(party) && self.new.kind(**party).is_some());
        let leaving: Vec<String> = leaving.map(|party| self.text(*party)).collect();
        let coming: Vec<String> =
            new.iter().filter(|party| !before.contains(party)).map(|party| self.text(*party)).collect();
        if !leaving.is_empty() {
            self.push(Change::RemoveMember { list, of: of.into(), parties: leaving });
        }
        if !coming.is_empty() {
            self.push(Change::AddMember { list, of: of.into(), parties: coming });
        }
    }
}
