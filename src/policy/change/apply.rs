//! Applies changes to a policy and undoes them exactly. The policy is valid before and after each change. It asks
//! [`super::authorise`] only if there is an author.
#![forbid(unsafe_code)]

use super::authority::{Author, authorise};
use super::editor::{Editor, Undo};
use super::indices::Indices;
use super::vocabulary::{PolicyChange, Section};
use super::{Affected, Change, DirtyPart, Entry};
use crate::address::{domain_name, is_domain};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::id::DomainId;
use crate::policy::{Domain, Policy};
use crate::system::System;
use crate::wording::{did_you_mean, nearest, quote};
use std::fmt;

/// Changes that were made, with what is needed to undo them.
#[must_use]
#[derive(Default)]
pub struct Done {
    /// Of each change in order: its domain, if it has one, and whose answers it may have altered.
    pub affected: Vec<(Option<DomainId>, Affected)>,
    /// The parts that the changes altered, in order.
    pub dirty: Vec<(DomainId, DirtyPart)>,
    undo: Vec<Step>,
}

impl Done {
    /// Whether anything changed.
    pub fn changed(&self) -> bool {
        self.affected.iter().any(|(_, affected)| *affected != Affected::Nothing)
    }

    /// Notes the dirty parts of one change.
    fn note(&mut self, domain: DomainId, parts: Vec<DirtyPart>) {
        self.affected.push((Some(domain), Affected::by(&parts)));
        self.dirty.extend(parts.into_iter().map(|part| (domain, part)));
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("affected", &self.affected).finish_non_exhaustive()
    }
}

/// How one change is undone.
enum Step {
    /// Undo steps of a domain, to be run in reverse order.
    Edits(DomainId, Vec<Undo>),
    /// The last domain was added.
    Added,
    /// The domain was removed from that index.
    Removed(usize, Box<Domain>),
}

impl Policy {
    /// Makes these changes, all of them or none. With an author each change is judged before it is made; an imported
    /// document has no author, because it states what is in force. Names get their numbers in `names`, where they stay even when the changes fail.
    ///
    /// # Errors
    /// `Refused` when the author may not, `Unknown` when a name is unknown, `Argument` and `Limit` when the policy would
    /// not be valid; with more than one change the message says which one it was.
    pub fn apply(&mut self, names: &mut Directory, author: Option<Author>, entries: &[Entry]) -> Result<Done> {
        let mut done = Done::default();
        let indices = Indices::worth_it(entries);
        for (entry, number) in entries.iter().zip(1..) {
            if let Err(error) = self.step(names, author, entry, indices.as_ref(), &mut done) {
                self.undo(done);
                let which =
                    if entries.len() > 1 { format!("change {number} `{}`: ", entry.change) } else { String::new() };
                return Err(Error::new(error.kind(), format!("nothing is changed: {which}{error}")));
            }
        }
        Ok(done)
    }

    /// Undoes changes; nothing else may have been changed since.
    pub fn undo(&mut self, done: Done) {
        for step in done.undo.into_iter().rev() {
            match step {
                Step::Edits(id, edits) => {
                    if let Some(domain) = self.domains.iter_mut().find(|domain| domain.id == id) {
                        edits.into_iter().rev().for_each(|undo| undo(domain));
                    }
                }
                Step::Added => drop(self.domains.pop()),
                Step::Removed(at, domain) => self.domains.insert(at.min(self.domains.len()), *domain),
            }
        }
    }

    fn step(
        &mut self,
        names: &mut Directory,
        author: Option<Author>,
        entry: &Entry,
        indices: Option<&Indices>,
        done: &mut Done,
    ) -> Result<()> {
        let name = domain_name(&entry.domain);
        let at = self.domains.iter().position(|domain| domain.name == name);
        if let Section::Policy(PolicyChange::AddDomain { systems }) = entry.change.section() {
            administrator(author)?;
            return self.add_domain(names, &entry.domain, systems, at, done);
        }
        let Some((at, domain)) = at.and_then(|at| Some((at, self.domains.get_mut(at)?))) else {
            if matches!(entry.change, Change::RemoveDomain {}) {
                administrator(author)?;
                done.affected.push((None, Affected::Nothing));
                return Ok(());
            }
            let near = nearest(&entry.domain, self.domains.iter().map(|domain| domain.name.as_str()));
            let near = near.map(did_you_mean).unwrap_or_default();
            return Err(Error::new(ErrorKind::Unknown, format!("unknown domain {}{near}", quote(&entry.domain))));
        };
        if let Some(author) = author {
            authorise(domain, names, author, &entry.change)?;
        }
        let id = domain.id;
        if matches!(entry.change, Change::RemoveDomain {}) {
            let domain = self.domains.remove(at);
            done.undo.push(Step::Removed(at, Box::new(domain)));
            done.note(id, vec![DirtyPart::Domain]);
            return Ok(());
        }
        let Edited { dirty, undo, result } = domain.edit(names, &entry.change, indices);
        done.undo.push(Step::Edits(id, undo));
        result?;
        done.note(id, dirty);
        Ok(())
    }

    fn add_domain(
        &mut self,
        names: &mut Directory,
        name: &str,
        systems: &[System],
        at: Option<usize>,
        done: &mut Done,
    ) -> Result<()> {
        if let Some(domain) = at.and_then(|at| self.domains.get(at)) {
            if domain.systems != systems.iter().copied().collect() {
                let message = format!("domain {} is there with other systems, expected `set systems`", quote(name));
                return Err(Error::new(ErrorKind::Argument, message));
            }
            done.note(domain.id, Vec::new());
            return Ok(());
        }
        if !is_domain(name) {
            let message = format!("domain {}, expected a name like `acme.example`, at most 253 bytes", quote(name));
            return Err(Error::new(ErrorKind::Argument, message));
        }
        if systems.is_empty() {
            let known = crate::wording::expected(&System::ALL.map(System::name));
            return Err(Error::new(ErrorKind::Argument, format!("no system{known}")));
        }
        let id = names.add_domain(name)?;
        let mut domain = Domain::new(id, name, "");
        domain.systems = systems.iter().copied().collect();
        self.domains.push(domain);
        done.undo.push(Step::Added);
        done.note(id, vec![DirtyPart::Domain]);
        Ok(())
    }
}

fn administrator(author: Option<Author>) -> Result<()> {
    match author {
        Some(Author::User(_)) => {
            Err(Error::new(ErrorKind::Refused, "only the administrator may add and remove domains"))
        }
        Some(Author::Administrator) | None => Ok(()),
    }
}

impl Domain {
    /// Makes one change of this domain without asking who may; all of it or nothing.
    ///
    /// # Errors
    /// As for [`Policy::apply`].
    pub fn apply(&mut self, names: &mut Directory, change: &Change) -> Result<Affected> {
        let Edited { dirty, undo, result } = self.edit(names, change, None);
        match result {
            Ok(()) => Ok(Affected::by(&dirty)),
            Err(error) => {
                undo.into_iter().rev().for_each(|undo| undo(self));
                Err(error)
            }
        }
    }

    fn edit(&mut self, names: &mut Directory, change: &Change, indices: Option<&Indices>) -> Edited {
        let mut editor = Editor { domain: self, names, undo: Vec::new(), dirty: Vec::new(), indices };
        let result = editor.make(change);
        let Editor { undo, mut dirty, .. } = editor;
        match undo.is_empty() {
            // Nothing was altered: what was noted is as it was.
            true => dirty.clear(),
            // An edit that noted nothing may have altered anything.
            false if dirty.is_empty() => dirty.push(DirtyPart::Domain),
            false if dirty.contains(&DirtyPart::Domain) => dirty = vec![DirtyPart::Domain],
            false => {}
        }
        Edited { dirty, undo, result }
    }
}

/// What one change did to its domain.
struct Edited {
    dirty: Vec<DirtyPart>,
    undo: Vec<Undo>,
    result: Result<()>,
}
