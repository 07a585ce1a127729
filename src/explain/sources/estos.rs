//! The sources of estos: the global preset, groups, grants, the calendar's release and private lines. It must never decide a right.
#![forbid(unsafe_code)]

use super::{LazySource, Visitor};
use crate::explain::{Answered, Reason};
use crate::id::{Kind, Line};
use crate::image::evaluate::check::TraceEvent;
use crate::policy::dated::Fact;
use crate::right::RightSet;
use crate::rule::Origin;
use crate::system::System;
use crate::system::estos::{self, Grant, Level};
use std::ops::ControlFlow;

impl Answered<'_> {
    pub(super) fn estos(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        let (mut withheld, mut private) = (RightSet::EMPTY, RightSet::EMPTY);
        for event in self.events.iter() {
            match event {
                TraceEvent::Withheld(rights) => withheld = *rights,
                TraceEvent::LinesWithheld(rights) => private = *rights,
                _ => {}
            }
        }
        let withheld = withheld | private;
        let mut show = |reason, line: Line, rights: RightSet, words: &dyn Fn() -> (String, String)| {
            let rights = estos::complete(rights).without(withheld);
            visitor(LazySource { system: Some(System::Estos), reason, line, rights, words, awaits: false })
        };
        let estos = &self.domain.estos;
        for event in self.events.iter() {
            match *event {
                TraceEvent::Global(rights, _) => {
                    let words = || ("global preset".into(), grant_words(estos.global));
                    show(Reason::GlobalAuthorization, estos.global_line, rights, &words)?;
                }
                TraceEvent::Group(key, outcome) if !outcome.graded.is_empty() => {
                    let (reason, line) = self.group(key);
                    show(reason, line, outcome.graded, &|| {
                        let grant = match self.origin(key) {
                            Some(Origin::AuthorizationGroup(index)) => {
                                estos.groups.get(index as usize).map(|group| group.grant)
                            }
                            Some(Origin::Leaders(index)) => {
                                estos.groups.get(index as usize).map(|group| group.leader_grant)
                            }
                            Some(Origin::OwnGrant(index) | Origin::AdministrativeGrant(index)) => {
                                Some(self.dated_grant_at(index))
                            }
                            _ => None,
                        };
                        (self.group_words(key), format!("{}{}", grant_words(grant.flatten()), self.until_words(key)))
                    })?;
                }
                TraceEvent::PairEntry(graded, _) => {
                    let owner = self.domain.user(self.question.target).map(|owner| &owner.estos);
                    let own = owner.and_then(|owner| owner.grant(self.actor));
                    let mut rights = graded;
                    if let Some(given) = owner.and_then(|owner| owner.administrative_grant(self.actor)) {
                        // The pair's entry unites the two grants: split it again. Only users have both.
                        let words = || ("grant by the administrator".into(), grant_words(Some(given.grant)));
                        let administrative = graded & estos.rights(given.grant);
                        show(Reason::AdministrativeGrant, given.line, administrative, &words)?;
                        rights = graded & own.map_or(RightSet::EMPTY, |own| estos.rights(own.grant));
                    }
                    show(Reason::OwnGrant, own.map_or(Line::default(), |own| own.line), rights, &|| {
                        let mut level = grant_words(own.map(|own| own.grant));
                        if let Some(contact) = self.domain.contact(self.actor).filter(|_| own.is_some()) {
                            level = match estos.federation(&contact.host) {
                                Some((pattern, entry)) => {
                                    format!("{level}, at most {} for `{pattern}`", entry.maximum.word())
                                }
                                None => format!("{level}, but `{}` has no domain authorization", contact.host),
                            };
                        }
                        ("own grant of the target".into(), level)
                    })?;
                }
                _ => {}
            }
        }
        let wanted = self.question.right.mask().bits();
        if private.bits() & wanted != 0 {
            let owner = self.domain.user(self.question.target);
            let lines = || owner.map_or_else(String::new, |owner| owner.estos.private_lines.join(", "));
            let words = || ("private lines of the target".into(), format!("{}: the numbers are withheld", lines()));
            show(Reason::PrivateLine, owner.map_or(Line::default(), |owner| owner.line), RightSet::EMPTY, &words)?;
        }
        if withheld.without(private).bits() & wanted != 0 {
            let release = self.domain.user(self.question.target).map(|owner| (owner.estos.release.word(), owner.line));
            let (word, line) = release.unwrap_or(("nothing", Line::default()));
            let words = || ("calendar release of the target".into(), format!("{word}: withholds it"));
            show(Reason::NotGranted, line, RightSet::EMPTY, &words)?;
        }
        self.not_now(System::Estos, visitor, &|key| match self.origin(key)? {
            Origin::OwnGrant(index) | Origin::AdministrativeGrant(index) => {
                let grant = self.dated_grant_at(index)?;
                // A contact's is limited by its domain's federation.
                let gives = if self.kind == Kind::User { estos.rights(grant) } else { RightSet::EMPTY };
                Some((grant_words(Some(grant)), gives))
            }
            _ => None,
        })
    }

    /// What a grant with dates gives the actor on the target. Single rights of an administrator have a key of the opposite pair, too,
    /// which gives nothing.
    fn dated_grant_at(&self, index: u32) -> Option<Grant> {
        match self.domain.dated.get(index as usize)?.fact {
            Fact::Grant { owner, viewer, grant, .. } => {
                (owner == self.question.target && viewer == self.actor).then_some(grant)
            }
            _ => None,
        }
    }

    /// estos: the highest level whose rights the actor has, with a note of further single rights.
    pub(in crate::explain) fn estos_level(&self) -> String {
        let inside = self.kind == Kind::User;
        let held = self.events.iter().fold(RightSet::EMPTY, |set, event| match event {
            TraceEvent::Global(rights, _) => set | *rights,
            TraceEvent::Group(_, outcome) => set | outcome.graded,
            TraceEvent::PairEntry(graded, _) => set | *graded,
            _ => set,
        });
        let held = estos::complete(held);
        if held.is_empty() {
            let own = self.domain.user(self.question.target).and_then(|owner| owner.estos.grant(self.actor));
            let blocked = own.is_some_and(|own| own.grant == Grant::Level(Level::Blocked));
            return if blocked { Level::Blocked.word().into() } else { "none".into() };
        }
        let rights = |level: &Level| self.domain.estos.tables.rights(*level, inside);
        let level = Level::ALL.iter().rev().find(|level| held.contains(rights(level)) && !rights(level).is_empty());
        match level {
            Some(level) if held == rights(level) => level.word().into(),
            Some(level) => format!("{} and single rights", level.word()),
            None => "single rights".into(),
        }
    }

    /// The levels that have the right in the matrix.
    pub(super) fn levels_with_it(&self, inside: bool) -> Vec<&'static str> {
        let tables = &self.domain.estos.tables;
        let has = Level::ALL.iter().filter(|level| tables.rights(**level, inside).has(self.question.right));
        has.map(|level| level.word()).collect()
    }

    /// The line of one of its groups.
    pub(super) fn estos_group_line(&self, origin: Origin) -> Option<Line> {
        match origin {
            Origin::AuthorizationGroup(index) | Origin::Leaders(index) | Origin::LeadersFixed(index) => {
                self.domain.estos.groups.get(index as usize).map(|group| group.line)
            }
            _ => None,
        }
    }

    /// The kind and name of one of its groups.
    pub(super) fn estos_group_words(&self, origin: Origin) -> Option<String> {
        let groups = &self.domain.estos.groups;
        match origin {
            Origin::AuthorizationGroup(index) => {
                groups.get(index as usize).map(|group| format!("authorization group `{}`", group.name))
            }
            Origin::Leaders(index) | Origin::LeadersFixed(index) => {
                groups.get(index as usize).map(|group| format!("leader of authorization group `{}`", group.name))
            }
            Origin::OwnGrant(_) => Some("own grant of the target".into()),
            Origin::AdministrativeGrant(_) => Some("grant by the administrator".into()),
            _ => None,
        }
    }
}

/// A grant in words.
pub(in crate::explain) fn grant_words(grant: Option<Grant>) -> String {
    match grant {
        None => "none".into(),
        Some(Grant::Level(level)) => level.word().into(),
        Some(Grant::Rights(rights)) => format!("single rights {}", rights.shortest().join(", ")),
    }
}
