//! The sources that pascom's permissions, teams and open defaults are for one question. It must never decide a right.
#![forbid(unsafe_code)]

use super::{LazySource, Visitor, when_words};
use crate::calendar::When;
use crate::explain::{Answered, Reason};
use crate::id::{Kind, Line, Party};
use crate::right::{Right, RightSet};
use crate::rule::Origin;
use crate::system::System;
use crate::system::pascom::{Pascom, Permission, RoleType};
use std::ops::ControlFlow;

impl Answered<'_> {
    /// Whether a permission holds a party at the instant that is asked for.
    pub(in crate::explain) fn holds(&self, permission: &Permission, kind: Kind, party: Party) -> bool {
        let dated = self.when_held(permission, kind, party);
        permission.holds(kind, party) || dated.is_some_and(|when| when.in_force(self.now()))
    }

    /// The line of a permission.
    pub(super) fn pascom_group_line(&self, origin: Origin) -> Option<Line> {
        let Origin::Permission(index) = origin else { return None };
        self.domain.pascom.permissions.get(index as usize).map(|permission| permission.line)
    }

    /// A permission by its name.
    pub(super) fn pascom_group_words(&self, origin: Origin) -> Option<String> {
        let Origin::Permission(index) = origin else { return None };
        let permission = self.domain.pascom.permissions.get(index as usize);
        permission.map(|permission| format!("permission `{}`", permission.name))
    }

    pub(super) fn pascom(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        let (right, target) = (self.question.right, self.question.target);
        let Some(kind) = self.domain.kind(target) else { return ControlFlow::Continue(()) };
        let pascom = &self.domain.pascom;
        let mut show = |reason, line: Line, rights: RightSet, awaits: bool, words: &dyn Fn() -> (String, String)| {
            visitor(LazySource { system: Some(System::Pascom), reason, line, rights, words, awaits })
        };
        let wanted = right.mask().bits();
        for permission in &pascom.permissions {
            for role_type in permission.types.iter() {
                let shared = pascom.shared_right(role_type, kind);
                let as_actor = role_type.actor_right().map_or(RightSet::EMPTY, Right::mask);
                let concerns = match kind {
                    Kind::User if role_type == RoleType::ProfilePersonal => self.actor == target,
                    Kind::User => true,
                    _ => as_actor.is_empty(),
                };
                if !concerns || (shared | as_actor).bits() & wanted == 0 {
                    continue;
                }
                let holds_actor = self.holds(permission, Kind::User, self.actor);
                let holds_target = self.holds(permission, kind, target);
                let mut rights = if holds_actor && holds_target { shared } else { RightSet::EMPTY };
                if holds_actor {
                    rights |= as_actor;
                }
                let may_hold = |kind, party| {
                    self.holds(permission, kind, party) || self.when_held(permission, kind, party).is_some()
                };
                let (may_act, may_be_target) = (may_hold(Kind::User, self.actor), may_hold(kind, target));
                let would = (may_act && may_be_target && shared.has(right)) || (may_act && as_actor.has(right));
                show(Reason::Permission, permission.line, rights, would && !rights.has(right), &|| {
                    let level =
                        membership_words(permission, role_type, holds_actor, holds_target, !as_actor.is_empty());
                    let actor = self.when_held(permission, Kind::User, self.actor);
                    let target = self.when_held(permission, kind, target).filter(|_| as_actor.is_empty());
                    let whens: Vec<&When> = actor.into_iter().chain(target).collect();
                    (format!("permission `{}`", permission.name), level + &when_words(&whens, self.now()))
                })?;
            }
        }
        if let Some(team) = self.domain.team(target).filter(|_| Pascom::AGENT.bits() & wanted != 0) {
            let is_agent = team.agents.contains(&self.actor);
            let rights = if is_agent { Pascom::AGENT } else { RightSet::EMPTY };
            let word = if is_agent { "the actor is an agent of it" } else { "the actor is no agent of it" };
            show(Reason::Agent, team.line, rights, false, &|| ("agents of the team".into(), word.into()))?;
        }
        let open = match kind {
            Kind::User | Kind::Team if right.mask().bits() & Right::CALL_PICKUP.mask().bits() != 0 => {
                Some((RoleType::PickupGroup, self.domain.pickup_is_open(), Right::CALL_PICKUP))
            }
            Kind::Location if right == Right::LOCATION_LOGIN => {
                Some((RoleType::LocationGroup, self.domain.login_is_open(), Right::LOCATION_LOGIN))
            }
            _ => None,
        };
        if let Some((role_type, is_open, gives)) = open {
            let rights = if is_open { gives.mask() } else { RightSet::EMPTY };
            show(Reason::OpenDefault, Line::default(), rights, false, &|| {
                let level = match (is_open, pascom.carries(role_type)) {
                    (true, _) => "open: no permission carries it yet",
                    (false, true) => "closed: a permission carries it",
                    (false, false) => "not open: another system of the domain covers the right",
                };
                (format!("default of `{}`", role_type.word()), level.into())
            })?;
        }
        ControlFlow::Continue(())
    }
}

fn membership_words(
    permission: &Permission,
    role_type: RoleType,
    holds_actor: bool,
    holds_target: bool,
    actor_alone: bool,
) -> String {
    let holds = match (holds_actor, holds_target) {
        (true, _) if actor_alone => "holds the actor",
        (false, _) if actor_alone => "does not hold the actor",
        (true, true) => "holds both",
        (true, false) => "does not hold the target",
        (false, true) => "does not hold the actor",
        (false, false) => "holds neither",
    };
    let automatic = if permission.automatic.users { ", users automatic" } else { "" };
    format!("`{}` {holds}{automatic}", role_type.word())
}
