//! The sources of one question, system by system, in the order of evaluation; a file for each system. It must never decide a right.
#![forbid(unsafe_code)]

mod dates;
mod estos;
mod keevio;
mod linewarden;
mod pascom;
mod xphone;

pub(super) use dates::{pending_words, when_words};
pub(super) use estos::grant_words;

use super::reason::of_group;
use super::{Answered, Reason, Source};
use crate::id::{Kind, Line};
use crate::image::evaluate::check::TraceEvent;
use crate::right::{Right, RightSet};
use crate::rule::Origin;
use crate::system::System;
use crate::system::estos::{Grant, complete};
use std::ops::ControlFlow;

/// A source before it is known whether it decides. Its words are built only when needed.
pub(super) struct LazySource<'a> {
    pub system: Option<System>,
    pub reason: Reason,
    pub line: Line,
    /// The rights it gives.
    pub rights: RightSet,
    /// Whether it would give the right, and does not count now.
    pub awaits: bool,
    /// Its kind and name, and the level it gives.
    pub words: &'a dyn Fn() -> (String, String),
}

/// Called with one source after another; it can stop early.
pub(super) type Visitor<'v> = dyn FnMut(LazySource<'_>) -> ControlFlow<()> + 'v;

impl Answered<'_> {
    /// Every source, in order; the first that gives the right decides.
    pub(super) fn sources(&self) -> Vec<Source> {
        let right = self.question.right;
        let allowed = self.allowed();
        let mut sources = Vec::new();
        let mut decided = false;
        let _ = self.visit(&mut |source| {
            let gives = allowed && source.rights.has(right);
            let decides = gives && !decided;
            decided |= decides;
            sources.push(Source { decides, ..self.source(&source, gives) });
            ControlFlow::Continue(())
        });
        if !decided && self.domain.systems.has(System::Linewarden) {
            self.missed_rules(&mut sources);
        }
        sources
    }

    /// The line of the deciding source; builds no words.
    pub fn line(&self) -> Line {
        self.deciding(|source| source.line).unwrap_or_default()
    }

    /// The deciding source; builds the words of no other.
    pub fn deciding_source(&self) -> Option<Source> {
        self.deciding(|source| Source { decides: true, ..self.source(source, true) })
    }

    fn deciding<R>(&self, look: impl Fn(&LazySource<'_>) -> R) -> Option<R> {
        let mut deciding = None;
        if self.allowed() {
            let _ = self.visit(&mut |source| {
                if !source.rights.has(self.question.right) {
                    return ControlFlow::Continue(());
                }
                deciding = Some(look(&source));
                ControlFlow::Break(())
            });
        }
        deciding
    }

    /// A source in words, of which it is not known whether it decides.
    fn source(&self, source: &LazySource<'_>, gives: bool) -> Source {
        let (what, level) = (source.words)();
        Source {
            system: source.system,
            what,
            place: self.place(source.line),
            level,
            cell: source.system.map_or_else(String::new, |system| self.cell(system, gives)),
            gives,
            decides: false,
            awaits: source.awaits,
            reason: source.reason,
        }
    }

    /// Whether the sources of other systems give the right too.
    pub(super) fn gives_without(&self, system: System) -> bool {
        let mut given = RightSet::EMPTY;
        let _ = self.visit(&mut |source| {
            if source.system != Some(system) {
                given |= source.rights;
            }
            ControlFlow::Continue(())
        });
        complete(given).has(self.question.right)
    }

    fn visit(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        self.age(visitor)?;
        self.oneself(visitor)?;
        let systems = self.domain.systems;
        let is_user = self.domain.kind(self.question.target) == Some(Kind::User);
        let other = self.actor != self.question.target;
        if systems.has(System::Xphone) && is_user && other {
            self.xphone(visitor)?;
        }
        if systems.has(System::Estos) && is_user && other {
            self.estos(visitor)?;
        }
        if systems.has(System::Pascom) && self.kind == Kind::User {
            self.pascom(visitor)?;
        }
        if systems.has(System::Keevio) && other {
            self.keevio(visitor)?;
        }
        if systems.has(System::Linewarden) {
            self.linewarden(visitor)?;
        }
        self.relation(visitor)
    }

    /// That the policy is too old to allow anything.
    fn age(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        let too_old = |event: &TraceEvent| matches!(event, TraceEvent::Age(_, true));
        if !self.events.iter().any(too_old) {
            return ControlFlow::Continue(());
        }
        let words = || ("the last word from the cluster".into(), format!("older than {} s", self.domain.longest_age));
        let (line, rights) = (Line::default(), RightSet::EMPTY);
        visitor(LazySource { system: None, reason: Reason::TooOld, line, rights, words: &words, awaits: false })
    }

    /// The levels that have the right in the system's matrix. A right that no level has but a source gives is a single right.
    fn cell(&self, system: System, gives: bool) -> String {
        let right = self.question.right;
        let inside = self.kind == Kind::User;
        let (words, of) = match system {
            System::Xphone => (self.labels_with_it(inside), "labels"),
            System::Estos => (self.levels_with_it(inside), "levels"),
            System::Pascom | System::Keevio | System::Linewarden => return String::new(),
        };
        match (words.is_empty(), gives) {
            (true, true) => format!("{right}: a single right"),
            (true, false) => format!("{right}: no {} has it", of.trim_end_matches('s')),
            (false, _) => format!("{right}: {of} {}", words.join(", ")),
        }
    }

    fn oneself(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        for event in self.events.iter() {
            if let TraceEvent::Oneself(rights) = event {
                visitor(LazySource {
                    system: None,
                    reason: Reason::Oneself,
                    line: Line::default(),
                    rights: *rights,
                    awaits: false,
                    words: &|| ("towards oneself".into(), String::new()),
                })?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Reason and line of a group rule.
    pub(super) fn group(&self, key: u32) -> (Reason, Line) {
        let Some(origin) = self.origin(key) else { return (Reason::NotGranted, Line::default()) };
        let line = match origin {
            Origin::OwnSetting(index) | Origin::OwnGrant(index) | Origin::AdministrativeGrant(index) => {
                self.domain.dated.get(index as usize).map(|dated| dated.line)
            }
            Origin::Workgroup(_) | Origin::MonitoringGroup(..) => self.xphone_group_line(origin),
            Origin::AuthorizationGroup(_) | Origin::Leaders(_) | Origin::LeadersFixed(_) => {
                self.estos_group_line(origin)
            }
            Origin::Permission(_) | Origin::Team(_) => self.pascom_group_line(origin),
            Origin::Realm(_) => None,
            Origin::Rule(_) => self.rule_line(origin),
        };
        (of_group(origin.sort()), line.unwrap_or_default())
    }

    /// The kind and name of a group rule.
    pub(super) fn group_words(&self, key: u32) -> String {
        let words = self.origin(key).and_then(|origin| match origin {
            Origin::Workgroup(_) | Origin::MonitoringGroup(..) | Origin::OwnSetting(_) => {
                self.xphone_group_words(origin)
            }
            Origin::AuthorizationGroup(_)
            | Origin::Leaders(_)
            | Origin::LeadersFixed(_)
            | Origin::OwnGrant(_)
            | Origin::AdministrativeGrant(_) => self.estos_group_words(origin),
            Origin::Permission(_) | Origin::Team(_) => self.pascom_group_words(origin),
            Origin::Realm(_) => Some("permission realm".to_string()),
            Origin::Rule(_) => self.rule_words(origin),
        });
        words.unwrap_or_else(|| "a group".into())
    }

    fn relation(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        const RELATIONS: RightSet =
            RightSet::of(&[Right::RELATION_ASK, Right::RELATION_ANSWER, Right::RELATION_CHANGE]);
        if !RELATIONS.contains(self.question.right.mask()) {
            return ControlFlow::Continue(());
        }
        let given = self.domain.user(self.actor).and_then(|user| user.estos.administrative_grant(self.question.target));
        let single = given.filter(|given| matches!(given.grant, Grant::Rights(_))).map(|given| given.line);
        for event in self.events.iter() {
            let (level, line, rights) = match event {
                TraceEvent::Fixed => {
                    let line = single.unwrap_or_default();
                    ("the administrator gave the target single rights", line, RightSet::EMPTY)
                }
                TraceEvent::Relation(rights) => ("changes the domain's systems allow", Line::default(), *rights),
                _ => continue,
            };
            visitor(LazySource {
                system: None,
                reason: Reason::RelationRule,
                line,
                rights,
                awaits: false,
                words: &|| ("changes of relations".into(), level.into()),
            })?;
        }
        ControlFlow::Continue(())
    }
}
