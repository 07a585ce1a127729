//! Lowers pascom: what it says of one pair, party or group, and what it adds to the plan of a domain. It must never look at another
//! system, read an image or write a word.
#![forbid(unsafe_code)]

use super::{ClassPart, Pairs};
use crate::error::Result;
use crate::id::{Kind, Party};
use crate::image::compile::domain_plan::{DomainPlan, small, sorted};
use crate::image::compile::hash::FastMap;
use crate::image::format::domain::{ActorClass, Field, Flags, TargetClass, add_to};
use crate::policy::{Domain, Team};
use crate::right::{Right, RightSet};
use crate::rule::Outcome;
use crate::system::pascom::{Members, Pascom};

impl<'a> DomainPlan<'a> {
    pub(in crate::image::compile) fn plan_pascom(
        &mut self,
        domain: &'a Domain,
        targets: &mut FastMap<Party, TargetClass>,
    ) -> Result<()> {
        let mut all_users = ActorClass::default();
        let mut actors: FastMap<Party, ActorClass> = FastMap::default();
        class_parts(domain, &mut |part| match part {
            ClassPart::Actors(Members::Every, kind, rights) => add_to(&mut all_users, kind, rights),
            ClassPart::Actors(Members::These(users), kind, rights) => users.iter().for_each(|user| {
                add_to(actors.entry(*user).or_default(), kind, rights);
            }),
            ClassPart::Targets(members, rights) => members.iter().for_each(|member| {
                targets.entry(*member).or_default().rights |= rights;
            }),
        });
        if domain.pickup_is_open() {
            self.block.set_flag(Flags::OPEN_PICKUP);
        }
        if domain.login_is_open() {
            self.block.set_flag(Flags::OPEN_LOGIN);
        }
        for (field, rights) in [Field::Users, Field::Teams, Field::Locations].into_iter().zip(all_users) {
            self.block.set_rights(field, rights);
        }
        let by_formula = RightSet::of(&[Right::FORWARDING_SET, Right::CALL_CONTROL]);
        self.block.set_rights(Field::Oneself, domain.self_rights() | by_formula);
        for (party, class) in sorted(actors) {
            self.actor_class_of.insert(party, small(domain, self.actor_classes.number(&class))?);
        }
        Ok(())
    }
}

/// Calls `each` with what agents have on their teams.
pub(super) fn sparse(domain: &Domain, pairs: Pairs, each: &mut impl FnMut(Party, Party, Outcome)) {
    let mut agents = |team: &Team| {
        team.agents.iter().for_each(|agent| each(*agent, team.party, Outcome::plain(Pascom::AGENT)));
    };
    match pairs {
        Pairs::All => domain.teams.iter().for_each(agents),
        Pairs::One(_, target) => domain.team(target).into_iter().for_each(&mut agents),
    }
}

/// Calls `each` with what permissions and open defaults give without pairs and groups.
pub(super) fn class_parts<'a>(domain: &'a Domain, each: &mut impl FnMut(ClassPart<'a>)) {
    if domain.pickup_is_open() {
        each(ClassPart::Actors(Members::Every, Kind::User, Right::CALL_PICKUP.mask()));
        each(ClassPart::Actors(Members::Every, Kind::Team, Right::CALL_PICKUP.mask()));
    }
    if domain.login_is_open() {
        each(ClassPart::Actors(Members::Every, Kind::Location, Right::LOCATION_LOGIN.mask()));
    }
    domain.pascom.lower_actors(|users, rights| each(ClassPart::Actors(users, Kind::User, rights)));
    domain.pascom.lower_shared(|users, kind, members, outcome, _| match (users, members) {
        (users, Members::Every) => each(ClassPart::Actors(users, kind, outcome.plain)),
        (Members::Every, Members::These(members)) => each(ClassPart::Targets(members, outcome.plain)),
        // These have a group key.
        (Members::These(_), Members::These(_)) => {}
    });
}
