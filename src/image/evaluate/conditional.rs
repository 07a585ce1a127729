//! Group keys with conditions: open sides, exceptions, sites and own teams; and what follows from rights: exemptions, destinations of
//! forwardings. Domains without any never come here. It allocates nothing.
#![forbid(unsafe_code)]

use super::check::{Trace, TraceEvent};
use super::domain::{Conditional, DomainView};
use super::groups;
use crate::calendar::clock::Reading;
use crate::id::{Kind, Party};
use crate::image::format::domain::{Flags, applicable, exempt_rights};
use crate::image::format::image::{Image, ReadMode};
use crate::image::format::record::Record;
use crate::right::RightSet;
use crate::rule::Outcome;
use crate::rule::condition::Condition;

const USER: u8 = Kind::User as u8;
const TEAM: u8 = Kind::Team as u8;
const LOCATION: u8 = Kind::Location as u8;

/// An actor and a target of one domain, as conditions see them.
struct Scene<'r> {
    actor: &'r Record,
    target: &'r Record,
    is_oneself: bool,
    /// Whether the target is a team of the actor's, or another of its agents; looked up where a condition asks.
    own_team: Option<bool>,
}

impl Scene<'_> {
    fn is_same_site(&self) -> bool {
        self.target.kind() == USER && self.actor.site() != 0 && self.actor.site() == self.target.site()
    }

    fn is_own_team<M: ReadMode>(&mut self, image: &Image<'_, M>, domain: &DomainView<'_, M>) -> bool {
        if let Some(known) = self.own_team {
            return known;
        }
        let mut own = false;
        groups::shared(image, self.actor, self.target, |key| {
            own |= domain.condition(key).has(Condition::IS_TEAM);
        });
        self.own_team = Some(own);
        own
    }

    /// Whether the key's words allow this target, for keys whose targets are listed.
    fn is_not_excepted<M: ReadMode>(
        &mut self,
        image: &Image<'_, M>,
        domain: &DomainView<'_, M>,
        condition: Condition,
    ) -> bool {
        if !condition.has(Condition::EXCEPTS) {
            return true;
        }
        let kind = self.target.kind();
        !(condition.has(Condition::NOT_USERS) && kind == USER
            || condition.has(Condition::NOT_TEAMS) && kind == TEAM
            || condition.has(Condition::NOT_SAME_SITE) && self.is_same_site()
            || condition.has(Condition::NOT_OWN_TEAM) && self.is_own_team(image, domain))
    }

    /// Whether the open targets of the key hold this target.
    fn is_opened<M: ReadMode>(
        &mut self,
        image: &Image<'_, M>,
        domain: &DomainView<'_, M>,
        condition: Condition,
    ) -> bool {
        if self.is_oneself {
            return condition.has(Condition::TO_ONESELF);
        }
        let kind = self.target.kind();
        condition.has(Condition::TO_USERS) && kind == USER
            || condition.has(Condition::TO_LOCATIONS) && kind == LOCATION
            || condition.has(Condition::TO_TEAMS) && kind == TEAM
            || condition.has(Condition::TO_SAME_SITE) && self.is_same_site()
            || condition.has(Condition::TO_OWN_TEAM) && self.is_own_team(image, domain)
    }
}

/// Adds up what keys give, one after the other.
struct Gathered<'g, 'i, M, T> {
    domain: &'g DomainView<'i, M>,
    to_team: bool,
    /// The instant, read once: an answer must hold at one, not some of its facts at one and some at the next.
    reading: Option<Reading>,
    found: Shared,
    trace: &'g mut T,
}

/// What keys give that hold both.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shared {
    /// All but own settings, together.
    pub all: Outcome,
    /// The step of an own setting, which decides alone; 0 for none.
    pub own: u8,
    /// The same of one that is in force at the latest instant seen or now, but not at both: the clock has gone back. What it takes must
    /// not come back, so only what both steps give may be given.
    pub wavering: u8,
}

impl<'i, M: ReadMode, T: Trace> Gathered<'_, 'i, M, T> {
    /// Adds what a key gives whose condition is met, if it counts now. The clock is asked last, so that no other answer rests on it.
    #[inline(always)]
    fn give(&mut self, key: u32, held: Conditional<'i, M>) {
        let condition = held.condition();
        if condition.has(Condition::IS_DATED) && !self.counts(key, held) {
            return;
        }
        if condition.has(Condition::IS_OWN_SETTING) {
            self.found.own = condition.step();
            return;
        }
        let mut outcome = self.domain.group(key);
        if self.to_team {
            let by_rule = condition.has(Condition::IS_RULE);
            outcome.plain = outcome.plain & if by_rule { applicable::TEAMS_BY_RULE } else { applicable::TEAMS };
        }
        self.trace.event(TraceEvent::Group(key, outcome));
        self.found.all = self.found.all.and(outcome);
    }

    /// The same of a key with an open side.
    #[inline(never)]
    fn give_open(&mut self, key: u32, held: Conditional<'i, M>) {
        self.give(key, held);
    }

    /// Whether a key with dates counts at the instant that is asked for.
    #[inline(always)]
    fn counts(&mut self, key: u32, held: Conditional<'i, M>) -> bool {
        let reading = match self.reading {
            Some(reading) => reading,
            None => {
                let reading = self.read();
                self.reading = Some(reading);
                reading
            }
        };
        let counts = match reading.now == reading.latest {
            true => self.domain.counts(held, reading.latest),
            false => self.counts_twice((key, held), reading),
        };
        self.trace.event(TraceEvent::Dated(key, counts));
        counts
    }

    /// The instant that is asked for, else what the clock says.
    fn read(&mut self) -> Reading {
        match self.domain.asked() {
            None => self.trace.clock(),
            Some(asked) => Reading { now: asked, latest: asked },
        }
    }

    /// The clock has gone back: a key counts if it does at the latest instant that was seen and now. Of one that does at one of the two,
    /// what it takes counts.
    #[cold]
    #[inline(never)]
    fn counts_twice(&mut self, (key, held): (u32, Conditional<'i, M>), reading: Reading) -> bool {
        let [latest, now] = [reading.latest, reading.now].map(|at| self.domain.counts(held, at));
        let condition = held.condition();
        if latest != now {
            let outcome = self.domain.group(key);
            self.found.all.fixed |= outcome.fixed;
            if condition.has(Condition::IS_OWN_SETTING) {
                self.found.wavering = condition.step();
            }
        }
        latest && now
    }
}

impl<M: ReadMode> Image<'_, M> {
    /// What the group keys of both together give, conditions considered. Both live in `domain`.
    #[inline(never)]
    pub(super) fn shared_on_conditions<T: Trace>(
        &self,
        domain: &DomainView<'_, M>,
        (actor, target): (&Record, &Record),
        is_oneself: bool,
        trace: &mut T,
    ) -> Shared {
        let mut scene = Scene { actor, target, is_oneself, own_team: None };
        let mut gathered =
            Gathered { domain, to_team: target.kind() == TEAM, reading: None, found: Shared::default(), trace };
        groups::shared(self, actor, target, |key| {
            let held = domain.conditional(key);
            let condition = held.condition();
            let is_given = !condition.has(Condition::NEEDS_MORE)
                || !condition.has(Condition::GIVES_ELSEWHERE) && scene.is_not_excepted(self, domain, condition);
            if is_given && (!is_oneself || !domain.is_others_only(key)) {
                gathered.give(key, held);
            }
        });
        if !domain.flags().has(Flags::OPEN_KEYS) {
            return gathered.found;
        }
        groups::each(self, actor, |membership| {
            let held = domain.conditional(membership.key);
            let condition = held.condition();
            if membership.acts
                && condition.is_to_open()
                && !condition.has(Condition::BY_USERS)
                && scene.is_opened(self, domain, condition)
                && scene.is_not_excepted(self, domain, condition)
                && !groups::is_target(self, target, membership.key)
            {
                gathered.give_open(membership.key, held);
            }
        });
        if actor.kind() != USER {
            return gathered.found;
        }
        groups::each(self, target, |membership| {
            let held = domain.conditional(membership.key);
            let condition = held.condition();
            if membership.is_target
                && condition.has(Condition::BY_USERS)
                && !condition.is_to_open()
                && (!is_oneself || !domain.is_others_only(membership.key))
                && scene.is_not_excepted(self, domain, condition)
                && !groups::acts(self, actor, membership.key)
            {
                gathered.give_open(membership.key, held);
            }
        });
        domain.each_open_key(|key| {
            let held = domain.conditional(key);
            let condition = held.condition();
            if scene.is_opened(self, domain, condition)
                && scene.is_not_excepted(self, domain, condition)
                && !groups::acts(self, actor, key)
                && !groups::is_target(self, target, key)
            {
                gathered.give_open(key, held);
            }
        });
        gathered.found
    }

    /// What rights become in the end: those that the target is exempt from go, and a forwarding that may be set may go to the
    /// destinations that are open to all. None are left where the policy is too old.
    pub(super) fn concluded<T: Trace>(
        &self,
        domain: &DomainView<'_, M>,
        rights: RightSet,
        exempt: u8,
        trace: &mut T,
    ) -> RightSet {
        let mut rights = rights;
        if !(rights & applicable::FORWARDING).is_empty() {
            let forwarding = domain.forwarding();
            trace.event(TraceEvent::Destinations(forwarding));
            rights |= forwarding;
        }
        if domain.flags().has(Flags::LONGEST_AGE) {
            let (longest, is_too_old) = domain.age();
            trace.event(TraceEvent::Age(longest, is_too_old));
            if is_too_old {
                return RightSet::EMPTY;
            }
        }
        let exempt = exempt_rights(exempt);
        if !(rights & exempt).is_empty() {
            trace.event(TraceEvent::Exempt(exempt));
        }
        rights.without(exempt)
    }

    /// What a contact has by keys that name it.
    pub(super) fn contact_by_rules<T: Trace>(
        &self,
        domain: &DomainView<'_, M>,
        contact: Party,
        target: &Record,
        trace: &mut T,
    ) -> Shared {
        let contact = self.record(contact);
        self.shared_on_conditions(domain, (&contact, target), false, trace)
    }
}
