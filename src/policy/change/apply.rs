//! Applies changes to a policy, which is valid before and after each, and takes them back exactly. It asks
//! [`super::authorise`] only where an author is named.
#![forbid(unsafe_code)]

use super::authority::{Author, authorise};
use super::editor::{Editor, Undo};
use super::vocabulary::{PolicyChange, Section};
use super::{Change, Entry, Touch};
use crate::address::{domain_name, is_domain};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Party};
use crate::policy::{Domain, Policy};
use crate::system::System;
use crate::wording::{did_you_mean, nearest, quote};
use std::fmt;

/// Whose answers a change may have altered. It may name too many, never too few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Everything is as it was.
    #[default]
    Nothing,
    /// Something changed that no answer depends on.
    State,
    /// Those of these pairs of an actor and a target.
    Pairs(Vec<(Party, Party)>),
    /// Those in which one of these is actor or target.
    Parties(Vec<Party>),
    /// Any of the domain's.
    Domain,
}

impl Effect {
    /// Both effects together.
    #[must_use]
    pub fn and(self, other: Effect) -> Effect {
        match (self, other) {
            (Effect::Nothing, effect) | (effect, Effect::Nothing) => effect,
            (Effect::State, effect) | (effect, Effect::State) => effect,
            (Effect::Domain, _) | (_, Effect::Domain) => Effect::Domain,
            (Effect::Pairs(mut pairs), Effect::Pairs(more)) => {
                pairs.extend(more);
                Effect::Pairs(pairs)
            }
            (Effect::Parties(mut parties), Effect::Parties(more)) => {
                parties.extend(more);
                Effect::Parties(parties)
            }
            (Effect::Parties(mut parties), Effect::Pairs(pairs))
            | (Effect::Pairs(pairs), Effect::Parties(mut parties)) => {
                parties.extend(pairs.iter().map(|(_, owner)| *owner));
                Effect::Parties(parties)
            }
        }
    }
}

/// Changes that were made, with what is needed to take them back.
#[must_use]
#[derive(Default)]
pub struct Done {
    /// Of each change in order: its domain, where there is one, and whose answers it may have altered.
    pub effects: Vec<(Option<DomainId>, Effect)>,
    /// What the changes altered, part by part, in order.
    pub touched: Vec<(DomainId, Touch)>,
    undo: Vec<Step>,
}

impl Done {
    /// Whether anything changed.
    pub fn changed(&self) -> bool {
        self.effects.iter().any(|(_, effect)| *effect != Effect::Nothing)
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("effects", &self.effects).finish_non_exhaustive()
    }
}

/// How one change is taken back.
enum Step {
    /// Alterations of a domain, the last one first.
    Edits(DomainId, Vec<Undo>),
    /// The last domain goes.
    Added,
    /// A domain comes back to its place.
    Removed(usize, Box<Domain>),
}

impl Policy {
    /// Makes these changes, all of them or none. With an author each is judged at its turn; a document that is imported has
    /// none, for it states what is in force. Names get their numbers in `names`, where they stay even when the changes fail.
    ///
    /// # Errors
    /// `Refused` when the author may not, `Unknown` when a name is nobody's, `Argument` and `Limit` when the policy would
    /// not be valid; with more than one change the message says which one it was.
    pub fn apply(&mut self, names: &mut Directory, author: Option<Author>, entries: &[Entry]) -> Result<Done> {
        let mut done = Done::default();
        for (entry, number) in entries.iter().zip(1..) {
            if let Err(error) = self.step(names, author, entry, &mut done) {
                self.undo(done);
                let place =
                    if entries.len() > 1 { format!("change {number} `{}`: ", entry.change) } else { String::new() };
                return Err(Error::new(error.kind(), format!("nothing is changed: {place}{error}")));
            }
        }
        Ok(done)
    }

    /// Takes changes back; nothing else may have been changed since.
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

    fn step(&mut self, names: &mut Directory, author: Option<Author>, entry: &Entry, done: &mut Done) -> Result<()> {
        let name = domain_name(&entry.domain);
        let at = self.domains.iter().position(|domain| domain.name == name);
        if let Section::Policy(PolicyChange::AddDomain { systems }) = entry.change.section() {
            administrator(author)?;
            return self.add_domain(names, &entry.domain, systems, at, done);
        }
        let Some((at, domain)) = at.and_then(|at| Some((at, self.domains.get_mut(at)?))) else {
            if matches!(entry.change, Change::RemoveDomain {}) {
                administrator(author)?;
                done.effects.push((None, Effect::Nothing));
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
            done.effects.push((Some(id), Effect::Domain));
            done.touched.push((id, Touch::Whole));
            return Ok(());
        }
        let Edited { effect, touched, undo, result } = domain.edit(names, &entry.change);
        done.undo.push(Step::Edits(id, undo));
        result?;
        done.effects.push((Some(id), effect));
        done.touched.extend(touched.into_iter().map(|touch| (id, touch)));
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
            done.effects.push((Some(domain.id), Effect::Nothing));
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
        done.effects.push((Some(id), Effect::Domain));
        done.touched.push((id, Touch::Whole));
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
    pub fn apply(&mut self, names: &mut Directory, change: &Change) -> Result<Effect> {
        let Edited { effect, undo, result, .. } = self.edit(names, change);
        match result {
            Ok(()) => Ok(effect),
            Err(error) => {
                undo.into_iter().rev().for_each(|undo| undo(self));
                Err(error)
            }
        }
    }

    fn edit(&mut self, names: &mut Directory, change: &Change) -> Edited {
        let mut editor = Editor { domain: self, names, undo: Vec::new(), scope: Effect::Nothing, touched: Vec::new() };
        let result = editor.make(change);
        let Editor { undo, scope, mut touched, .. } = editor;
        let effect = match (undo.is_empty(), scope) {
            (true, _) => Effect::Nothing,
            (false, Effect::Nothing) => Effect::State,
            (false, scope) => scope,
        };
        match effect {
            Effect::Nothing => touched.clear(),
            Effect::Domain => touched = vec![Touch::Whole],
            // A change that forgot to say what it touched may have touched anything.
            Effect::Parties(_) | Effect::Pairs(_) if touched.is_empty() => touched.push(Touch::Whole),
            _ => {}
        }
        Edited { effect, touched, undo, result }
    }
}

/// What came of a change.
struct Edited {
    effect: Effect,
    touched: Vec<Touch>,
    undo: Vec<Undo>,
    result: Result<()>,
}
