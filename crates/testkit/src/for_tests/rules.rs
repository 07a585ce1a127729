//! The naive evaluator of linewarden's own rules (docs/systems.md, L1 to L13): one pair at a time, every list walked as it is written.
#![forbid(unsafe_code)]

use super::someone::Someone;
use linewarden::internals::policy::Domain;
use linewarden::internals::system::linewarden::{Everyone, List, Rule};
use linewarden::{Kind, Party, Right, RightSet};

const CLASSES: [&str; 6] = ["internal", "local", "national", "mobile", "international", "premium"];

/// What the other systems and the rules give together (L1), without what the owner is exempt from (L11).
pub(super) fn united(domain: &Domain, viewer: &Someone, owner: &Someone, given: RightSet, at: i64) -> RightSet {
    let mut given = given;
    let oneself = viewer.kind == Kind::User && viewer.party.is_some() && viewer.party == owner.party;
    for right in Right::all() {
        if given.has(right) || !applies(right, viewer, owner, oneself) {
            continue;
        }
        let by_rule = domain
            .linewarden
            .rules
            .iter()
            .any(|rule| rule.when.in_force(at) && gives(domain, rule, right, viewer, owner));
        if by_rule || oneself && towards_oneself(domain, right) {
            given |= right.mask();
        }
    }
    if ["first", "second", "additional"].iter().any(|line| given.has(named(&format!("forwarding.set.{line}")))) {
        given |= domain.linewarden.forwarding();
    }
    if !oneself && let Some(user) = domain.users.iter().find(|user| Some(user.party) == owner.party) {
        given = given.without(user.linewarden.exempt);
    }
    given
}

fn named(name: &str) -> Right {
    Right::parse(name).unwrap()
}

fn is_class(right: Right, prefix: &str) -> bool {
    CLASSES.iter().any(|class| right.name() == format!("{prefix}{class}"))
}

/// Whether a rule can give the right between such parties at all (L3, L4, L6, L7).
fn applies(right: Right, viewer: &Someone, owner: &Someone, oneself: bool) -> bool {
    let name = right.name();
    let never = name.starts_with("relation.") || name == "location.login" || name == "profile.manage_own";
    if never || viewer.kind != Kind::User && viewer.kind != Kind::Contact {
        return false;
    }
    if is_class(right, "call.to.") {
        return oneself;
    }
    match owner.kind {
        Kind::User => name != "roster.see_team",
        Kind::Team => {
            name.starts_with("call.")
                || name.starts_with("forwarding.")
                || name == "line.busy.read"
                || name == "roster.see_team"
        }
        _ => false,
    }
}

/// L8 and L10.
fn towards_oneself(domain: &Domain, right: Right) -> bool {
    let name = right.name();
    if is_class(right, "call.to.") {
        return domain.linewarden.calls().has(right);
    }
    !is_class(right, "forwarding.to.")
        && !["call.barge", "call.listen", "call.whisper", "call.record", "roster.see_team"].contains(&name)
}

/// Whether the rule gives the right (L5).
fn gives(domain: &Domain, rule: &Rule, right: Right, viewer: &Someone, owner: &Someone) -> bool {
    let oneself = viewer.kind == Kind::User && viewer.party == owner.party;
    let (Some(viewer_party), Some(owner_party)) = (viewer.party, owner.party) else { return false };
    if !rule.rights.has(right) || oneself != is_class(right, "call.to.") {
        return false;
    }
    let acts = |list: &List| acts(domain, list, viewer, viewer_party);
    let hit = |list: &List| is_hit(domain, list, viewer_party, owner, owner_party);
    let targets = if oneself { rule.targets.words.has(Everyone::Oneself) } else { hit(&rule.targets) };
    acts(&rule.actors) && !acts(&rule.except_actors) && targets && !hit(&rule.except)
}

/// L3.
fn acts(domain: &Domain, list: &List, viewer: &Someone, party: Party) -> bool {
    let everyone = list.words.has(Everyone::Users) && viewer.kind == Kind::User;
    let is_agent = |team: &Party| {
        domain.teams.iter().find(|known| known.party == *team).is_some_and(|team| team.agents.contains(&party))
    };
    let in_group = |name: &String| {
        let group = domain.linewarden.groups.iter().find(|group| group.name == *name);
        group.is_some_and(|group| acts(domain, &group.members, viewer, party))
    };
    everyone || list.parties.contains(&party) || list.parties.iter().any(is_agent) || list.groups.iter().any(in_group)
}

/// L4. Nothing is asked about contacts as targets here: a rule gives nothing on them.
fn is_hit(domain: &Domain, list: &List, viewer: Party, owner: &Someone, party: Party) -> bool {
    let site = |party: Party| domain.users.iter().find(|user| user.party == party).and_then(|user| user.xphone.site);
    let of_word = |word: Everyone| match word {
        Everyone::Users => owner.kind == Kind::User,
        Everyone::UsersAndTeams => matches!(owner.kind, Kind::User | Kind::Team),
        Everyone::SameSite => owner.kind == Kind::User && site(viewer).is_some() && site(viewer) == site(party),
        Everyone::OwnTeam => domain
            .teams
            .iter()
            .filter(|team| team.agents.contains(&viewer))
            .any(|team| team.party == party || team.agents.contains(&party)),
        Everyone::Oneself => false,
    };
    let in_group = |name: &String| {
        let group = domain.linewarden.groups.iter().find(|group| group.name == *name);
        group.is_some_and(|group| is_hit(domain, &group.members, viewer, owner, party))
    };
    list.words.iter().any(of_word) || list.parties.contains(&party) || list.groups.iter().any(in_group)
}
