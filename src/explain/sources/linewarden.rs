//! The sources of linewarden's own system: the rules that give a right, and those that miss a pair. It must never decide a right.
#![forbid(unsafe_code)]

use super::{LazySource, Visitor};
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
        let own = &self.domain.linewarden;
        let mut show = |reason, line: Line, rights: RightSet, words: &dyn Fn() -> (String, String)| {
            let rights = rights.without(exempt);
            visitor(LazySource { system: Some(System::Linewarden), reason, line, rights, words, awaits: false })
        };
        for event in self.events.iter() {
            match *event {
                TraceEvent::Group(key, outcome) if matches!(self.origin(key), Some(Origin::Rule(_))) => {
                    let (reason, line) = self.group(key);
                    show(reason, line, outcome.plain, &|| {
                        let level = format!("{}{}", outcome.plain.shortest().join(", "), self.until_words(key));
                        (self.group_words(key), level)
                    })?;
                }
                TraceEvent::Destinations(rights) => {
                    let words = || ("destinations of every forwarding".into(), rights.shortest().join(", "));
                    show(Reason::Destination, Line::default(), rights, &words)?;
                }
                _ => {}
            }
        }
        // Also where no rule gives it: it would give nothing.
        let target = self.domain.user(self.question.target).filter(|user| user.party != self.actor);
        if let Some(target) = target.filter(|user| user.linewarden.exempt.has(self.question.right)) {
            let words = || ("the target is exempt".into(), target.linewarden.exempt.shortest().join(", "));
            show(Reason::Exempt, target.line, RightSet::EMPTY, &words)?;
        }
        self.not_now(System::Linewarden, visitor, &|key| match self.origin(key)? {
            Origin::Rule(index) => Some((String::new(), own.rules.get(index as usize)?.rights.without(exempt))),
            _ => None,
        })
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
                awaits: false,
                reason: Reason::Rule,
            });
        });
    }
}
