//! The company as facts for one question, may they pick up the first line: what every peer is given, and the plain reference.
//!
//! Peers are asked about one right, so they get only whether a site, a group or a setting gives that right. Working
//! this out beforehand is to their advantage: linewarden answers with all rights of the pair.

use linewarden::Party;
use linewarden::internals::policy::Policy;
use linewarden::internals::right::Right;
use linewarden::internals::system::xphone::Label;
use std::collections::HashMap;

pub const RIGHT: Right = Right::CALL_PICKUP.on_line(1);

/// A user, as far as the question goes. Groups are numbers; people are places in the list.
#[derive(Default)]
pub struct Person {
    pub party: Party,
    pub name: String,
    pub site: Option<u16>,
    /// Whether viewers of the same site, and of others, may as a matter of course.
    pub same_site: bool,
    pub other_sites: bool,
    pub vip: bool,
    pub assistant: bool,
    /// Groups by which this person may, and those by which others may at this person's line.
    pub acts: Vec<u32>,
    pub targets: Vec<u32>,
    /// Who may by this person's own setting, and who may not.
    pub yes: Vec<usize>,
    pub no: Vec<usize>,
}

pub struct Facts {
    pub people: Vec<Person>,
    pub groups: u32,
}

impl Facts {
    pub fn new(policy: &Policy, name: impl Fn(Party) -> String) -> Facts {
        let domain = &policy.domains[0];
        let gives = |label: Label| domain.xphone.matrix.rights(label, true).has(RIGHT);
        let place: HashMap<Party, usize> = domain.users.iter().map(|user| user.party).zip(0..).collect();
        let mut people: Vec<Person> = domain
            .users
            .iter()
            .map(|user| {
                let defaults = domain.xphone.defaults(&user.xphone);
                let mut person = Person {
                    party: user.party,
                    name: name(user.party),
                    site: user.xphone.site,
                    same_site: defaults.is_some_and(|defaults| gives(defaults.same_site)),
                    other_sites: defaults.is_some_and(|defaults| gives(defaults.other_sites)),
                    vip: user.xphone.vip,
                    assistant: user.xphone.assistant,
                    ..Person::default()
                };
                for setting in &user.xphone.settings {
                    if let Some(viewer) = place.get(&setting.viewer) {
                        if gives(setting.label) { &mut person.yes } else { &mut person.no }.push(*viewer);
                    }
                }
                person
            })
            .collect();
        let mut groups = 0;
        domain.xphone.lower_groups(|actors, targets, outcome, _| {
            if Label::from_step(outcome.label).is_some_and(gives) {
                actors.iter().for_each(|party| people[place[party]].acts.push(groups));
                targets.iter().for_each(|party| people[place[party]].targets.push(groups));
                groups += 1;
            }
        });
        Facts { people, groups }
    }

    /// The whole rule: an own setting decides, a VIP is out of reach, and else one source is enough.
    pub fn may(&self, (actor, target): (usize, usize)) -> bool {
        let (of_actor, of_target) = (&self.people[actor], &self.people[target]);
        if of_target.yes.contains(&actor) || of_target.no.contains(&actor) {
            return of_target.yes.contains(&actor);
        }
        let by_site = if of_actor.site == of_target.site { of_target.same_site } else { of_target.other_sites };
        !of_target.vip && (of_actor.assistant || by_site || self.share_a_group((actor, target)))
    }

    /// The part of the rule that group membership decides.
    pub fn share_a_group(&self, (actor, target): (usize, usize)) -> bool {
        self.people[actor].acts.iter().any(|group| self.people[target].targets.contains(group))
    }
}
