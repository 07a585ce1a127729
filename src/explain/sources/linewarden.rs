//! The sources of linewarden's own system: the rules that give a right, and those that miss a pair. It must never decide a right.
#![forbid(unsafe_code)]

use super::{LazySource, Visitor};
use crate::calendar::{Hours, When, moment};
use crate::explain::{Answered, Reason, Source};
use crate::id::Line;
use crate::image::evaluate::check::TraceEvent;
use crate::right::RightSet;
use crate::rule::Origin;
use crate::system::System;
use crate::system::linewarden::Missed;
use std::ops::ControlFlow;

/// The most rules that miss a pair which one explanation names.
const MISSED: usize = 8;

impl Answered<'_> {
    pub(super) fn linewarden(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        let exempt = self.events.iter().fold(RightSet::EMPTY, |set, event| match event {
            TraceEvent::Exempt(rights) => set | *rights,
            _ => set,
        });
        let mut show = |reason, line: Line, rights: RightSet, words: &dyn Fn() -> (String, String)| {
            let rights = rights.without(exempt);
            visitor(LazySource { system: Some(System::Linewarden), reason, line, rights, words })
        };
        for event in self.events.iter() {
            match *event {
                TraceEvent::Group(key, outcome) if matches!(self.origin(key), Some(Origin::Rule(_))) => {
                    let (reason, line) = self.group(key);
                    show(reason, line, outcome.plain, &|| {
                        let when = self.when(key).map_or_else(String::new, |when| end_words(when, self.now()));
                        (self.group_words(key), format!("{}{when}", outcome.plain.shortest().join(", ")))
                    })?;
                }
                TraceEvent::Dated(key, false) => {
                    let (reason, line) = self.group(key);
                    show(reason, line, RightSet::EMPTY, &|| {
                        let when = self.when(key).map_or_else(String::new, |when| beginning_words(when, self.now()));
                        (self.group_words(key), when)
                    })?;
                }
                TraceEvent::Destinations(rights) => {
                    let words = || ("destinations of every forwarding".into(), rights.shortest().join(", "));
                    show(Reason::Destination, Line::default(), rights, &words)?;
                }
                TraceEvent::Exempt(rights) => {
                    let line = self.domain.user(self.question.target).map_or(Line::default(), |user| user.line);
                    let words = || ("the target is exempt".into(), rights.shortest().join(", "));
                    show(Reason::Exempt, line, RightSet::EMPTY, &words)?;
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    /// When a group key counts, where it has dates.
    pub(in crate::explain) fn when(&self, key: u32) -> Option<&When> {
        match self.origin(key)? {
            Origin::Rule(index) => self.domain.linewarden.rules.get(index as usize).map(|rule| &rule.when),
            Origin::OwnSetting(index) | Origin::OwnGrant(index) | Origin::AdministrativeGrant(index) => {
                self.domain.dated.get(index as usize).map(|dated| &dated.when)
            }
            _ => None,
        }
    }

    /// The line of a rule.
    pub(super) fn rule_line(&self, origin: Origin) -> Option<Line> {
        let Origin::Rule(index) = origin else { return None };
        self.domain.linewarden.rules.get(index as usize).map(|rule| rule.line)
    }

    /// A rule by its name.
    pub(super) fn rule_words(&self, origin: Origin) -> Option<String> {
        let Origin::Rule(index) = origin else { return None };
        self.domain.linewarden.rules.get(index as usize).map(|rule| format!("rule `{}`", rule.name))
    }

    /// The instant that is asked for.
    pub(in crate::explain) fn now(&self) -> i64 {
        self.question.policy.instant()
    }

    /// Rules that have the right and name one of the two.
    pub(super) fn missed_rules(&self, sources: &mut Vec<Source>) {
        let own = &self.domain.linewarden;
        let pair = (self.actor, self.question.target);
        let mut left = MISSED;
        own.missed(self.domain, self.question.right.mask(), pair, |index, missed| {
            let Some(rule) = own.rules.get(index).filter(|_| left > 0 && pair.0 != pair.1) else { return };
            left -= 1;
            let level = match missed {
                Missed::ActorExcepted => "excepts the actor",
                Missed::TargetExcepted => "excepts the target",
                Missed::OtherActors => "gives it to others",
                Missed::OtherTargets => "gives it on others",
            };
            sources.push(Source {
                system: Some(System::Linewarden),
                what: format!("rule `{}`", rule.name),
                place: self.place(rule.line),
                level: level.into(),
                cell: String::new(),
                gives: false,
                decides: false,
                reason: Reason::Rule,
            });
        });
    }
}

/// Until when a fact counts that counts now: `, until Friday 2026-12-18 18:00`.
fn end_words(when: &When, now: i64) -> String {
    let zone = when.hours().first().map(Hours::zone);
    when.next_change(now).map_or_else(String::new, |end| format!(", until {}", moment(end, now, zone)))
}

/// From when a fact counts that does not count now.
fn beginning_words(when: &When, now: i64) -> String {
    let zone = when.hours().first().map(Hours::zone);
    match (when.next_change(now), when.until()) {
        (Some(from), _) => format!("not before {}", moment(from, now, zone)),
        (None, Some(until)) if until <= now => format!("ended {}", moment(until, now, zone)),
        (None, _) => "at no time".into(),
    }
}
