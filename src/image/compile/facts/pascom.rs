//! What pascom says of one pair, one party, one group. It must never look at another system, nor read an image.
#![forbid(unsafe_code)]

use super::{ClassPart, Pairs};
use crate::id::{Kind, Party};
use crate::policy::{Domain, Team};
use crate::right::Right;
use crate::rule::Outcome;
use crate::system::pascom::{Members, Pascom};

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
