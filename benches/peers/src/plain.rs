//! What a PBX has of its own: maps keyed by text behind a lock, and a bitmask of call groups.

use crate::facts::{Facts, Person};
use std::collections::{HashMap, HashSet};
use std::sync::RwLock;

/// A user in a module's tables: names throughout, as they come from the configuration.
struct Entry {
    site: String,
    same_site: bool,
    other_sites: bool,
    vip: bool,
    assistant: bool,
    acts: HashSet<String>,
    targets: HashSet<String>,
    settings: HashMap<String, bool>,
}

/// The whole rule over string-keyed maps, as a PBX module would keep it.
pub struct Maps(RwLock<HashMap<String, Entry>>);

impl Maps {
    pub fn new(facts: &Facts) -> Maps {
        let groups = |list: &[u32]| list.iter().map(|group| format!("group-{group}")).collect();
        let entry = |person: &Person| {
            let setting = |allowed: bool| move |place: &usize| (facts.people[*place].name.clone(), allowed);
            Entry {
                site: person.site.map_or_else(String::new, |site| format!("site-{site}")),
                same_site: person.same_site,
                other_sites: person.other_sites,
                vip: person.vip,
                assistant: person.assistant,
                acts: groups(&person.acts),
                targets: groups(&person.targets),
                settings: person.yes.iter().map(setting(true)).chain(person.no.iter().map(setting(false))).collect(),
            }
        };
        Maps(RwLock::new(facts.people.iter().map(|person| (person.name.clone(), entry(person))).collect()))
    }

    pub fn may(&self, actor: &str, target: &str) -> bool {
        let users = self.0.read().unwrap();
        let (Some(of_actor), Some(of_target)) = (users.get(actor), users.get(target)) else { return false };
        if let Some(own) = of_target.settings.get(actor) {
            return *own;
        }
        let by_site = if of_actor.site == of_target.site { of_target.same_site } else { of_target.other_sites };
        !of_target.vip && (of_actor.assistant || by_site || of_actor.acts.iter().any(|group| of_target.targets.contains(group)))
    }
}

/// Asterisk's `callgroup` and `pickupgroup`: 64 groups, and nothing else counts. More groups than that share a bit.
pub struct Bitmask(Vec<(u64, u64)>);

impl Bitmask {
    pub fn new(facts: &Facts) -> Bitmask {
        Bitmask(facts.people.iter().map(|person| (mask(&person.acts), mask(&person.targets))).collect())
    }

    #[inline(never)]
    pub fn may(&self, (actor, target): (usize, usize)) -> bool {
        self.0[actor].0 & self.0[target].1 != 0
    }
}

pub fn mask(groups: &[u32]) -> u64 {
    groups.iter().fold(0, |mask, group| mask | 1 << (group % 64))
}
