//! Lowers rules to group keys (L5 to L8). A rule has up to six: named or open actors, each with named targets, open targets, or
//! oneself. Which keys there are follows from what the rule writes, not from who is in its groups.
#![forbid(unsafe_code)]

use super::expand::{Groups, Parties, Side};
use super::{CALL_TO, Everyone, Linewarden, List, Rule};
use crate::id::{Kind, Party};
use crate::right::RightSet;
use crate::rule::condition::Condition;

/// One group key of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Lowered {
    /// The parties listed as actors; where the actors are open, the exceptions.
    pub actors: Vec<Party>,
    /// The parties listed as targets; where the targets are open, the exceptions.
    pub targets: Vec<Party>,
    /// Which sides are open, and what is excepted.
    pub condition: Condition,
    /// What it gives.
    pub rights: RightSet,
}

impl Linewarden {
    /// Calls `each` with the index of every rule in the list and each of its keys, in order.
    pub fn lower(&self, parties: &impl Parties, mut each: impl FnMut(u32, Lowered)) {
        let groups = Groups::new(self);
        for (rule, index) in self.rules.iter().zip(0..) {
            lower_rule(&groups, rule, parties, |lowered| each(index, lowered));
        }
    }
}

fn lower_rule<'a>(groups: &Groups<'a>, rule: &'a Rule, parties: &impl Parties, mut each: impl FnMut(Lowered)) {
    let expand = |list: &'a List, side| groups.expand(list, side, parties);
    let (no_actors, no_targets) = (expand(&rule.except_actors, Side::Actors), expand(&rule.except, Side::Targets));
    let no_user_acts = rule.except_actors.words.has(Everyone::Users);
    let no_user_acts_here = |party: &Party| no_user_acts && parties.kind(*party) == Some(Kind::User);
    let except = excepted(&rule.except);
    let named = |list: Vec<Party>, without: &[Party]| -> Vec<Party> {
        list.into_iter().filter(|party| without.binary_search(party).is_err()).collect()
    };
    let mut targets = Vec::new();
    if rule.targets.names_any() {
        let listed = named(expand(&rule.targets, Side::Targets), &no_targets);
        targets.push((listed, except, rule.rights.without(CALL_TO)));
    }
    let open = opened(&rule.targets);
    if open != Condition::NONE {
        targets.push((no_targets.clone(), open.and(except), rule.rights.without(CALL_TO)));
    }
    if rule.targets.words.has(Everyone::Oneself) {
        targets.push((no_targets.clone(), Condition::TO_ONESELF.and(except), rule.rights & CALL_TO));
    }
    let mut actors = Vec::new();
    if rule.actors.names_any() {
        let mut listed = named(expand(&rule.actors, Side::Actors), &no_actors);
        listed.retain(|party| !no_user_acts_here(party));
        actors.push((listed, Condition::NONE));
    }
    if rule.actors.words.has(Everyone::Users) {
        // Without any user left nothing is open: the key stays, with an empty list.
        actors.push(if no_user_acts { (Vec::new(), Condition::NONE) } else { (no_actors, Condition::BY_USERS) });
    }
    for (listed, by) in &actors {
        for (towards, to, rights) in &targets {
            let condition = by.and(*to).and(Condition::IS_RULE);
            each(Lowered { actors: listed.clone(), targets: towards.clone(), condition, rights: *rights });
        }
    }
}

/// The open targets of a list.
fn opened(list: &List) -> Condition {
    list.words.iter().fold(Condition::NONE, |open, word| {
        open.and(match word {
            Everyone::Users => Condition::TO_USERS,
            Everyone::UsersAndTeams => Condition::TO_USERS.and(Condition::TO_TEAMS),
            Everyone::SameSite => Condition::TO_SAME_SITE,
            Everyone::OwnTeam => Condition::TO_OWN_TEAM,
            Everyone::Oneself => Condition::NONE,
        })
    })
}

/// The targets that a list's words except.
fn excepted(list: &List) -> Condition {
    list.words.iter().fold(Condition::NONE, |except, word| {
        except.and(match word {
            Everyone::Users => Condition::NOT_USERS,
            Everyone::UsersAndTeams => Condition::NOT_USERS.and(Condition::NOT_TEAMS),
            Everyone::SameSite => Condition::NOT_SAME_SITE,
            Everyone::OwnTeam => Condition::NOT_OWN_TEAM,
            Everyone::Oneself => Condition::NONE,
        })
    })
}
