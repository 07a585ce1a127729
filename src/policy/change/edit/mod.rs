//! Carries changes out: one match for each section of the vocabulary. What a system's changes do stands in the system's own file, the rest
//! in a file here, and in this one what several of them need. It never judges who may make a change.
#![forbid(unsafe_code)]

mod administrators;
mod dated;
mod directory;
mod domain;

use crate::error::Result;
use crate::id::{Kind, Party};
use crate::policy::change::editor::{Editor, Op, fault};
use crate::policy::change::vocabulary::Section;
use crate::policy::change::{Change, DirtyPart};
use crate::policy::state::Pairs;
use crate::policy::valid::name_fault;
use crate::policy::{Domain, User};
use crate::system::System;

impl Editor<'_> {
    /// Makes one change of the domain.
    pub fn make(&mut self, change: &Change) -> Result<()> {
        match change.section() {
            Section::Policy(_) => fault("a domain can only be added to a policy and removed from it"),
            Section::Domain(change) => self.domain_change(change),
            Section::Directory(change) => self.directory_change(change),
            Section::Xphone(change) => self.xphone_change(change),
            Section::Estos(change) => self.estos_change(change),
            Section::Pascom(change) => self.pascom_change(change),
            Section::Keevio(change) => self.keevio_change(change),
            Section::Linewarden(change) => self.linewarden_change(change),
            Section::Dated(change) => self.dated_change(change),
        }?;
        self.settle_dated(change)
    }

    /// Refuses an act of a system that the domain does not run.
    pub fn runs(&self, system: System) -> Result<()> {
        match self.domain.systems.has(system) {
            true => Ok(()),
            false => fault(format!("`{}` does not run {}", self.domain.name, system.name())),
        }
    }

    /// Whether the party is a user of the domain.
    pub fn is_user(&self, party: Party) -> bool {
        self.domain.kind(party) == Some(Kind::User)
    }

    /// Whether the name is new in the list; an error if it is new and no valid name.
    pub fn new_name<T>(&self, what: &str, list: &[T], name_of: fn(&T) -> &String, name: &str) -> Result<bool> {
        if self.look().find(what, list, name_of, name).is_some() {
            return Ok(false);
        }
        name_fault(name).map_or(Ok(true), |wrong| fault(format!("name of a {what} {wrong}")))
    }

    /// Notes that the change altered groups, rules or what holds for all, by a fact of `system`.
    pub fn rules_of(&mut self, system: System) {
        if !self.undo.is_empty() {
            self.written(system);
        }
        self.dirty(DirtyPart::Rules);
    }

    /// Sets a fact of the domain; `part` is what it dirties.
    pub fn domain_fact<T: PartialEq + Send + 'static>(
        &mut self,
        system: System,
        part: DirtyPart,
        value: T,
        field: fn(&mut Domain) -> &mut T,
    ) {
        let before = self.undo.len();
        self.put(value, move |domain| Some(field(domain)));
        if self.undo.len() > before {
            self.written(system);
        }
        self.dirty(part);
    }

    /// Sets a fact of a user that is among the user's attributes.
    pub fn user_fact<T: PartialEq + Send + 'static>(
        &mut self,
        system: System,
        user: &str,
        value: T,
        field: fn(&mut User) -> &mut T,
    ) -> Result<()> {
        let user = self.look().user(user)?;
        let before = self.undo.len();
        self.put(value, move |domain| domain.user_mut(user).map(field));
        if self.undo.len() > before {
            self.written(system);
        }
        self.dirty(DirtyPart::Attributes(user));
        Ok(())
    }

    /// Removes every pair with `party` from a set.
    pub fn remove_pairs(&mut self, party: Party, set: fn(&mut Domain) -> &mut Pairs) {
        let pairs = set(self.domain).iter().filter(|(one, other)| *one == party || *other == party);
        for pair in pairs.copied().collect::<Vec<_>>() {
            self.pair(pair, Op::Remove, set);
        }
    }
}
