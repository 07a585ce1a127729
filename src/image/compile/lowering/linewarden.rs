//! Lowers linewarden's own system: what it says of one pair, party or group, and what it adds to the plan of a domain. It must never look at another
//! system, read an image or write a word.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::image::compile::domain_plan::DomainPlan;
use crate::image::compile::group_rule::Rule;
use crate::image::compile::hash::FastMap;
use crate::image::format::domain::{Field, Flags, TargetClass, exempt_bits};
use crate::policy::Domain;
use crate::rule::condition::Condition;
use crate::rule::{Origin, Outcome};
use crate::system::System;
use crate::system::linewarden::Lowered;

impl<'a> DomainPlan<'a> {
    pub(in crate::image::compile) fn plan_linewarden(
        &mut self,
        domain: &'a Domain,
        targets: &mut FastMap<Party, TargetClass>,
    ) {
        self.block.set_flag(Flags::CONDITIONS);
        self.block.set_flag(Flags::DESTINATIONS);
        self.block.set_rights(Field::Forwarding, domain.linewarden.forwarding());
        for user in domain.users.iter().filter(|user| !user.linewarden.exempt.is_empty()) {
            targets.entry(user.party).or_default().exempt = exempt(domain, user.party);
        }
    }
}

/// The bits of the rights that a user is exempt from, where the domain's systems know them.
pub(crate) fn exempt(domain: &Domain, party: Party) -> u8 {
    match domain.systems.has(System::Linewarden) {
        true => domain.user(party).map_or(0, |user| exempt_bits(user.linewarden.exempt)),
        false => 0,
    }
}

/// Calls `each` with the keys of linewarden's own rules, and of the teams that these speak of. `before` is the key before their
/// first; returns their last.
pub(super) fn rules<'a>(domain: &'a Domain, before: u32, each: &mut impl FnMut(Rule<'a>)) -> u32 {
    let (own, mut key) = (&domain.linewarden, before);
    if !domain.systems.has(System::Linewarden) {
        return before;
    }
    if own.uses_own_teams() {
        for (team, index) in domain.teams.iter().zip(0..) {
            key += 1;
            let targets: Vec<Party> = team.agents.iter().copied().chain([team.party]).collect();
            let rule = Rule::of(key, &team.agents, &[], Outcome::default(), Origin::Team(index));
            each(Rule { targets: targets.into(), condition: Condition::IS_TEAM, ..rule });
        }
    }
    own.lower(domain, |index, Lowered { actors, targets, condition, rights }| {
        key += 1;
        // Whatever a user has towards oneself, the domain or a rule about oneself gives.
        let outcome = Outcome { others_only: true, ..Outcome::plain(rights) };
        let (actors, targets) = (actors.into(), targets.into());
        let when = own.rules.get(index as usize).map(|rule| &rule.when).filter(|when| !when.is_always());
        let when = [when, None];
        each(Rule { key, actors, targets, outcome, origin: Origin::Rule(index), condition, when });
    });
    key
}
