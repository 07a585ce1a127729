//! The editor of a domain: resolves names, alters lists, maps and sets, and records an undo step for each alteration. It never
//! judges who may alter what.
#![forbid(unsafe_code)]

use super::DirtyPart;
use super::indices::{Indices, ListId, scan};
use crate::address::sip_address;
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Kind, Line, Party};
use crate::policy::state::Pairs;
use crate::policy::valid::LONGEST_ADDRESS;
use crate::policy::{Contact, Domain, Station, Team, User};
use crate::rule::OfViewer;
use crate::system::System;
use crate::wording::{did_you_mean, nearest, quote};
use std::collections::BTreeMap;

/// Takes one alteration back.
pub(super) type Undo = Box<dyn FnOnce(&mut Domain) + Send>;

/// A list of one user, found in the domain.
fn list_of<T: 'static>(
    owner: Party,
    list: fn(&mut User) -> &mut Vec<T>,
) -> impl for<'d> Fn(&'d mut Domain) -> Option<&'d mut Vec<T>> + Copy + Send + 'static {
    move |domain| Some(list(domain.user_mut(owner)?))
}

/// The error for a change that is not valid.
pub(super) fn fault<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::Argument, message))
}

/// The error for an unknown name, with the nearest known one.
pub(super) fn unknown<'n, T>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Result<T> {
    let near = nearest(name, known).map(did_you_mean).unwrap_or_default();
    Err(Error::new(ErrorKind::Unknown, format!("unknown {what} {}{near}", quote(name))))
}

/// Resolves names in a domain.
#[derive(Clone, Copy)]
pub(super) struct Lookup<'a> {
    pub domain: &'a Domain,
    pub names: &'a Directory,
    /// What is known of the lists' names, while a long change set is made.
    pub indices: Option<&'a Indices>,
}

impl Lookup<'_> {
    /// The live party of that kind and plain name.
    pub fn live(&self, kind: Kind, name: &str) -> Option<Party> {
        self.domain.live(self.names, kind, name)
    }

    /// The user that `text` names.
    pub fn user(&self, text: &str) -> Result<Party> {
        self.domain.user_named(self.names, text).map_or_else(|| self.unknown(Kind::User, text), Ok)
    }

    /// The party that `text` is: a user, or `team:`, `location:` or `device:` and a name.
    pub fn party(&self, text: &str) -> Result<Party> {
        for kind in [Kind::Team, Kind::Location, Kind::Device] {
            if let Some(name) = text.strip_prefix(kind.prefix()) {
                return self.of_kind(kind, name);
            }
        }
        self.user(text)
    }

    /// The party of that kind, its prefix written or not.
    pub fn of_kind(&self, kind: Kind, text: &str) -> Result<Party> {
        let name = text.strip_prefix(kind.prefix()).unwrap_or(text);
        self.live(kind, name).map_or_else(|| self.unknown(kind, name), Ok)
    }

    fn unknown(&self, kind: Kind, text: &str) -> Result<Party> {
        if kind == Kind::User && sip_address(text).is_some_and(|address| address.domain != self.domain.name) {
            return fault(format!("{} is an outside contact, expected a user", quote(text)));
        }
        let parties = self.domain.parties().filter(|(_, of)| *of == kind);
        let names = parties.filter_map(|(party, _)| self.names.named(party)).map(|named| &*named.name);
        unknown(kind.word(), text, names)
    }

    /// The user or outside contact that `text` names. A contact that the policy does not know yet has only an address.
    pub fn person(&self, text: &str) -> Result<Person> {
        if let Some(user) = self.domain.user_named(self.names, text) {
            return Ok(Person::Known(user));
        }
        let Some(address) = sip_address(text).filter(|address| address.domain != self.domain.name) else {
            return self.user(text).map(Person::Known);
        };
        if address.text.len() > LONGEST_ADDRESS {
            return fault(format!("address of {} bytes, expected at most {LONGEST_ADDRESS}", address.text.len()));
        }
        let known = self.live(Kind::Contact, &address.text).map(Person::Known);
        Ok(known.unwrap_or(Person::New { address: address.text, host: address.domain.into() }))
    }

    /// The index of that name in a list of named things, if it is there.
    pub fn find<T>(&self, what: &str, list: &[T], name_of: fn(&T) -> &String, name: &str) -> Option<usize> {
        match self.indices {
            Some(indices) => indices.find(self.domain.id, what, list, name_of, name),
            None => scan(list, name_of, name),
        }
    }

    /// The index of that name in a list of named things.
    pub fn index_of<T>(&self, what: &str, list: &[T], name_of: fn(&T) -> &String, name: &str) -> Result<usize> {
        let index = self.find(what, list, name_of, name);
        index.map_or_else(|| unknown(what, name, list.iter().map(|thing| name_of(thing).as_str())), Ok)
    }
}

/// A user or outside contact, as named by a text.
pub(super) enum Person {
    /// A party of the policy.
    Known(Party),
    /// The address of a contact that is no party yet.
    New { address: String, host: Box<str> },
}

impl Person {
    /// The party, if it is one already.
    pub fn known(&self) -> Option<Party> {
        match self {
            Person::Known(party) => Some(*party),
            Person::New { .. } => None,
        }
    }
}

/// What a change does with an entry of a list or set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Remove,
}

/// A domain, the undo steps of one change, and the parts it has altered so far.
pub(super) struct Editor<'a> {
    pub domain: &'a mut Domain,
    pub names: &'a mut Directory,
    pub undo: Vec<Undo>,
    pub dirty: Vec<DirtyPart>,
    pub indices: Option<&'a Indices>,
}

impl Editor<'_> {
    pub fn look(&self) -> Lookup<'_> {
        Lookup { domain: self.domain, names: self.names, indices: self.indices }
    }

    /// Runs `alter` and records `back` as its undo step.
    pub fn edit(&mut self, alter: impl FnOnce(&mut Domain), back: impl FnOnce(&mut Domain) + Send + 'static) {
        alter(self.domain);
        self.undo.push(Box::new(back));
    }

    /// Replaces the value that `field` finds.
    pub fn put<T: PartialEq + Send + 'static>(
        &mut self,
        value: T,
        field: impl for<'d> Fn(&'d mut Domain) -> Option<&'d mut T> + Send + 'static,
    ) {
        let Some(at) = field(self.domain).filter(|at| **at != value) else { return };
        let old = std::mem::replace(at, value);
        self.undo.push(Box::new(move |domain| {
            if let Some(at) = field(domain) {
                *at = old;
            }
        }));
    }

    /// Inserts `value` into a list.
    pub fn insert<T: Send + 'static>(
        &mut self,
        at: usize,
        value: T,
        list: impl for<'d> Fn(&'d mut Domain) -> Option<&'d mut Vec<T>> + Send + 'static,
    ) {
        let Some(entries) = list(self.domain).filter(|entries| at <= entries.len()) else { return };
        entries.insert(at, value);
        self.undo.push(Box::new(move |domain| {
            if let Some(entries) = list(domain).filter(|entries| at < entries.len()) {
                entries.remove(at);
            }
        }));
    }

    /// Removes the entry at `at` from a list, which may be one of named things.
    pub fn take<T: Send + 'static>(
        &mut self,
        at: usize,
        list: impl for<'d> Fn(&'d mut Domain) -> Option<&'d mut Vec<T>> + Send + 'static,
    ) {
        self.indices.into_iter().for_each(Indices::clear);
        self.take_unnamed(at, list);
    }

    /// The same for a list without names.
    pub fn take_unnamed<T: Send + 'static>(
        &mut self,
        at: usize,
        list: impl for<'d> Fn(&'d mut Domain) -> Option<&'d mut Vec<T>> + Send + 'static,
    ) {
        let Some(entries) = list(self.domain).filter(|entries| at < entries.len()) else { return };
        let old = entries.remove(at);
        self.undo.push(Box::new(move |domain| {
            if let Some(entries) = list(domain).filter(|entries| at <= entries.len()) {
                entries.insert(at, old);
            }
        }));
    }

    /// Adds a party to the list of that id, which holds each party once, or removes it.
    pub fn enter(
        &mut self,
        id: ListId,
        party: Party,
        op: Op,
        list: impl for<'d> Fn(&'d mut Domain) -> Option<&'d mut Vec<Party>> + Send + 'static,
    ) {
        let domain = self.domain.id;
        let Some(entries) = list(self.domain) else { return };
        match op {
            Op::Add => {
                let end = entries.len();
                let is_there = match self.indices {
                    Some(indices) => indices.holds(domain, id, entries, party),
                    None => entries.contains(&party),
                };
                if is_there {
                    return;
                }
                self.insert(end, party, list);
                self.indices.into_iter().for_each(|indices| indices.came(domain, id, party));
            }
            Op::Remove => {
                let Some(at) = entries.iter().position(|entry| *entry == party) else { return };
                self.take_unnamed(at, list);
                self.indices.into_iter().for_each(|indices| indices.left(domain, id, party));
            }
        }
    }

    /// Removes a party from a list that holds each party once, whichever it is.
    pub fn unlist(
        &mut self,
        party: Party,
        list: impl for<'d> Fn(&'d mut Domain) -> Option<&'d mut Vec<Party>> + Send + 'static,
    ) {
        let at = list(self.domain).and_then(|entries| entries.iter().position(|entry| *entry == party));
        if let Some(at) = at {
            self.take_unnamed(at, list);
            self.indices.into_iter().for_each(Indices::clear_parties);
        }
    }

    /// Sets the entry for `viewer` in a list of the owner's that is sorted by viewer, or removes it.
    pub fn own<T: OfViewer + PartialEq + Send + 'static>(
        &mut self,
        (viewer, owner): (Party, Party),
        entry: Option<T>,
        list: fn(&mut User) -> &mut Vec<T>,
    ) {
        let list = list_of(owner, list);
        let Some(entries) = list(self.domain) else { return };
        match (entries.binary_search_by_key(&viewer, OfViewer::viewer), entry) {
            (Ok(at), Some(entry)) => self.put(entry, move |domain| list(domain)?.get_mut(at)),
            (Err(at), Some(entry)) => self.insert(at, entry, list),
            (Ok(at), None) => self.take_unnamed(at, list),
            (Err(_), None) => {}
        }
    }

    /// Sets or removes an entry of a map.
    pub fn map<K: Ord + Clone + Send + 'static, V: PartialEq + Send + 'static>(
        &mut self,
        key: K,
        value: Option<V>,
        map: fn(&mut Domain) -> &mut BTreeMap<K, V>,
    ) {
        let entries = map(self.domain);
        if entries.get(&key) == value.as_ref() {
            return;
        }
        let old = match value {
            Some(value) => entries.insert(key.clone(), value),
            None => entries.remove(&key),
        };
        self.undo.push(Box::new(move |domain| {
            match old {
                Some(old) => map(domain).insert(key, old),
                None => map(domain).remove(&key),
            };
        }));
    }

    /// Adds a pair to a set or removes it.
    pub fn pair(&mut self, pair: (Party, Party), op: Op, set: fn(&mut Domain) -> &mut Pairs) {
        let pairs = set(self.domain);
        let back: fn(&mut Pairs, (Party, Party)) = match op {
            Op::Add if pairs.insert(pair) => |pairs, pair| _ = pairs.remove(&pair),
            Op::Remove if pairs.remove(&pair) => |pairs, pair| _ = pairs.insert(pair),
            _ => return,
        };
        self.undo.push(Box::new(move |domain| back(set(domain), pair)));
    }

    /// Gives an extension to a party, or frees it.
    pub fn number(&mut self, line: &str, party: Option<Party>) {
        let line: Box<str> = line.into();
        let old = match party {
            Some(party) => self.domain.numbers.insert(line.clone(), party),
            None => self.domain.numbers.remove(&line),
        };
        if old != party {
            let concerned = [old, party].into_iter().flatten();
            self.dirty.extend(concerned.map(|party| DirtyPart::Line(line.clone(), party)));
            self.undo.push(Box::new(move |domain| {
                match old {
                    Some(old) => domain.numbers.insert(line, old),
                    None => domain.numbers.remove(&line),
                };
            }));
        }
    }

    /// Adds a party to its list.
    pub fn enlist<T: Listed>(&mut self, thing: T) {
        let (party, kind) = (thing.party(), thing.kind());
        self.dirty(DirtyPart::Added(party));
        let index = T::list(self.domain).len() as u32;
        self.edit(
            |domain| {
                T::list(domain).push(thing);
                domain.index_of.insert(party, (kind, index));
            },
            move |domain| {
                T::list(domain).pop();
                domain.index_of.remove(&party);
            },
        );
    }

    /// Removes a party from its list; the last of the list takes its index.
    pub fn delist<T: Listed>(&mut self, party: Party) {
        let Some((kind, index)) = self.domain.index_of.remove(&party) else { return };
        self.dirty(DirtyPart::Removed(party));
        let at = index as usize;
        let list = T::list(self.domain);
        if at >= list.len() {
            return;
        }
        let thing = list.swap_remove(at);
        if let Some((moved, kind)) = list.get(at).map(|moved| (moved.party(), moved.kind())) {
            self.domain.index_of.insert(moved, (kind, index));
        }
        self.undo.push(Box::new(move |domain| {
            let list = T::list(domain);
            list.push(thing);
            let last = list.len() - 1;
            list.swap(at, last);
            let moved = list.get(last).map(|moved| (moved.party(), (moved.kind(), last as u32)));
            domain.index_of.extend(moved);
            domain.index_of.insert(party, (kind, index));
        }));
    }

    /// The user or contact that `text` names. A new contact becomes a party.
    pub fn person(&mut self, text: &str) -> Result<Party> {
        match self.look().person(text)? {
            Person::Known(party) => Ok(party),
            Person::New { address, host } => {
                let party = self.names.add_party(self.domain.id, Kind::Contact, &address)?;
                self.enlist(Contact { party, host });
                Ok(party)
            }
        }
    }

    /// An owner, who is a user, and a viewer, who is another party.
    pub fn owner_and_viewer(&mut self, owner: &str, viewer: &str) -> Result<(Party, Party)> {
        let owner = self.look().user(owner)?;
        let viewer = self.person(viewer)?;
        self.two(owner, viewer).map(|()| (owner, viewer))
    }

    /// Refuses a pair of a party with itself.
    pub fn two(&self, one: Party, other: Party) -> Result<()> {
        if one == other {
            return fault(format!("{} is both owner and viewer, expected two parties", quote(&self.names.text(one))));
        }
        Ok(())
    }

    /// Notes a part that the change altered.
    pub fn dirty(&mut self, part: DirtyPart) {
        self.dirty.push(part);
    }

    /// Notes that what depends on these pairs of an actor and a target has changed.
    pub fn dirty_pairs(&mut self, pairs: impl IntoIterator<Item = (Party, Party)>) {
        self.dirty.extend(pairs.into_iter().map(|(actor, target)| DirtyPart::Pair(actor, target)));
    }

    /// Notes that the domain has facts of `system`.
    pub fn written(&mut self, system: System) {
        if !self.domain.written.iter().any(|(known, _)| *known == system) {
            self.domain.written.push((system, Line::default()));
            self.undo.push(Box::new(|domain| domain.written.truncate(domain.written.len().saturating_sub(1))));
        }
    }
}

/// An entry of one of a domain's lists of parties.
pub(super) trait Listed: Send + Sized + 'static {
    fn party(&self) -> Party;
    fn kind(&self) -> Kind;
    fn list(domain: &mut Domain) -> &mut Vec<Self>;
}

macro_rules! listed {
    ($($type:ty: $kind:expr, $list:ident;)+) => {$(
        impl Listed for $type {
            fn party(&self) -> Party {
                self.party
            }

            fn kind(&self) -> Kind {
                let kind: fn(&$type) -> Kind = $kind;
                kind(self)
            }

            fn list(domain: &mut Domain) -> &mut Vec<$type> {
                &mut domain.$list
            }
        }
    )+};
}

listed! {
    User: |_| Kind::User, users;
    Contact: |_| Kind::Contact, contacts;
    Team: |_| Kind::Team, teams;
    Station: |station| station.kind, stations;
}
