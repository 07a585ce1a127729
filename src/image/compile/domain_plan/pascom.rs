//! What pascom adds to the plan of a domain. It must never look at another system, nor write a word.
#![forbid(unsafe_code)]

use super::{DomainPlan, small, sorted};
use crate::error::Result;
use crate::id::Party;
use crate::image::compile::facts::{self, ClassPart};
use crate::image::compile::hash::FastMap;
use crate::image::format::domain::{ActorClass, Field, Flags, TargetClass, add_to};
use crate::policy::Domain;
use crate::right::{Right, RightSet};
use crate::system::pascom::Members;

impl<'a> DomainPlan<'a> {
    pub(super) fn plan_pascom(&mut self, domain: &'a Domain, targets: &mut FastMap<Party, TargetClass>) -> Result<()> {
        let mut all_users = ActorClass::default();
        let mut actors: FastMap<Party, ActorClass> = FastMap::default();
        facts::class_parts(domain, |part| match part {
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
