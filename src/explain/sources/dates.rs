//! From when and until when the facts count that a source rests on, in words, for every system. It must never decide a right.
#![forbid(unsafe_code)]

use super::{LazySource, Visitor};
use crate::calendar::When;
use crate::explain::Answered;
use crate::id::{Kind, Party};
use crate::image::evaluate::check::TraceEvent;
use crate::policy::dated::Fact;
use crate::right::RightSet;
use crate::rule::Origin;
use crate::system::System;
use crate::system::pascom::Permission;
use std::ops::ControlFlow;

impl Answered<'_> {
    /// The instant that is asked for.
    pub(in crate::explain) fn now(&self) -> i64 {
        self.now
    }

    /// When a group key counts: in all of these. None where it has no dates.
    pub(super) fn whens(&self, key: u32) -> Vec<&When> {
        match self.origin(key) {
            Some(Origin::Rule(index)) => {
                let rule = self.domain.linewarden.rules.get(index as usize);
                rule.map(|rule| &rule.when).filter(|when| !when.is_always()).into_iter().collect()
            }
            Some(Origin::OwnSetting(index) | Origin::OwnGrant(index) | Origin::AdministrativeGrant(index)) => {
                self.domain.dated.get(index as usize).map(|dated| &dated.when).into_iter().collect()
            }
            Some(Origin::Workgroup(index)) => {
                let name = self.domain.xphone.workgroups.get(index as usize).map(|group| group.name.as_str());
                let pair = [self.actor, self.question.target];
                self.whens_of(|fact| match fact {
                    Fact::WorkgroupMember { group, member } => Some(group.as_str()) == name && pair.contains(member),
                    _ => false,
                })
            }
            _ => Vec::new(),
        }
    }

    /// When a member of a permission is one, where that has dates.
    pub(super) fn when_held(&self, permission: &Permission, kind: Kind, party: Party) -> Option<&When> {
        let automatic = permission.automatic.of(kind);
        let found = self.whens_of(|fact| match fact {
            Fact::PermissionMember { permission: name, kind: of, member } => {
                *name == permission.name && *of == kind && *member == party
            }
            _ => false,
        });
        found.into_iter().find(|_| !automatic)
    }

    fn whens_of(&self, wanted: impl Fn(&Fact) -> bool) -> Vec<&When> {
        self.domain.dated.iter().filter(|dated| wanted(&dated.fact)).map(|dated| &dated.when).collect()
    }

    /// Until when a group key counts that counts now: `, until Friday 2026-12-18 18:00 +01:00`.
    pub(super) fn until_words(&self, key: u32) -> String {
        when_words(&self.whens(key), self.now())
    }

    /// The sources of a system that do not count now, because of their dates. `given` has the level of a key in words and the rights that
    /// it would give, nothing for a key that is no source.
    pub(super) fn not_now(
        &self,
        system: System,
        visitor: &mut Visitor<'_>,
        given: &dyn Fn(u32) -> Option<(String, RightSet)>,
    ) -> ControlFlow<()> {
        let mut shown = Vec::new();
        for event in self.events.iter() {
            let TraceEvent::Dated(key, false) = *event else { continue };
            let Some(origin) = self.origin(key).filter(|origin| system_of(*origin) == Some(system)) else { continue };
            // A membership with dates has a key for each pair of dates.
            if shown.contains(&origin) {
                continue;
            }
            shown.push(origin);
            let (reason, line) = self.group(key);
            let Some((level, gives)) = given(key) else { continue };
            let words = || {
                let level = if level.is_empty() { String::new() } else { format!("{level}, ") };
                (self.group_words(key), format!("{level}{}", pending_words(&self.whens(key), self.now())))
            };
            let (awaits, rights) = (gives.has(self.question.right), RightSet::EMPTY);
            visitor(LazySource { system: Some(system), reason, line, rights, words: &words, awaits })?;
        }
        ControlFlow::Continue(())
    }
}

/// The system whose fact an origin is.
fn system_of(origin: Origin) -> Option<System> {
    match origin {
        Origin::Workgroup(_) | Origin::MonitoringGroup(..) | Origin::OwnSetting(_) => Some(System::Xphone),
        Origin::AuthorizationGroup(_)
        | Origin::Leaders(_)
        | Origin::LeadersFixed(_)
        | Origin::OwnGrant(_)
        | Origin::AdministrativeGrant(_) => Some(System::Estos),
        Origin::Rule(_) => Some(System::Linewarden),
        // Its permissions are shown one by one, whether they have dates or not.
        Origin::Permission(_) | Origin::Team(_) => Some(System::Pascom),
        Origin::Realm(_) => None,
    }
}

/// The dates of what counts in all of these, after a comma: until when, or from when, or that it has ended. Empty without dates.
pub(in crate::explain) fn when_words(whens: &[&When], now: i64) -> String {
    if whens.is_empty() {
        return String::new();
    }
    if !counts(whens, now) {
        return format!(", {}", pending_words(whens, now));
    }
    let next = whens.iter().filter_map(|when| Some((when.next_change(now)?, when))).min_by_key(|(at, _)| *at);
    next.map_or_else(String::new, |(at, when)| format!(", until {}", when.moment(at, now)))
}

/// From when counts what does not now: `not before Friday 2026-12-18 18:00 +01:00`.
pub(in crate::explain) fn pending_words(whens: &[&When], now: i64) -> String {
    let ended = |when: &&&When| when.is_over(now) && when.until().is_some_and(|until| until <= now);
    let ended = whens.iter().filter(ended).filter_map(|when| Some((when.until()?, when))).min_by_key(|(at, _)| *at);
    if let Some((until, when)) = ended {
        return format!("ended {}", when.moment(until, now));
    }
    let Some(first) = When::first_together(whens, now) else { return "at no time".into() };
    let begins = whens.iter().find(|when| !when.in_force(first - 1)).or(whens.first());
    begins.map_or_else(String::new, |when| format!("not before {}", when.moment(first, now)))
}

fn counts(whens: &[&When], at: i64) -> bool {
    whens.iter().all(|when| when.in_force(at))
}
