//! The difference of linewarden's own facts. A group is removed after everything that names it, and added before.
#![forbid(unsafe_code)]

use super::{Delta, by_name};
use crate::id::Party;
use crate::policy::User;
use crate::policy::change::{Change, Exempted, List, RuleParts};
use crate::system::linewarden::{self, EXEMPTABLE, Rule, listed_name};
use std::collections::HashSet;

impl Delta<'_> {
    /// What a user is exempt from.
    pub fn linewarden_user(&mut self, old: Option<&User>, new: &User) {
        let held = old.map(|old| old.linewarden.exempt).unwrap_or_default();
        let exempt = new.linewarden.exempt;
        if held != exempt {
            let user = self.name(new.party);
            self.push(match exempt.is_empty() {
                true => Change::ClearExempt { user },
                false => {
                    let rights = EXEMPTABLE.into_iter().filter(|right| exempt.has(*right)).map(Exempted).collect();
                    Change::SetExempt { user, rights }
                }
            });
        }
    }

    pub fn linewarden(&mut self) {
        let (old, new) = (&self.old.linewarden, &self.new.linewarden);
        let settings = |own: &linewarden::Linewarden| own.destinations().map(|held| held.settings().to_words());
        match (settings(old), settings(new)) {
            (held, kept) if held == kept => {}
            (_, Some(settings)) => self.push(Change::SetDestinations { settings }),
            (_, None) => self.push(Change::ClearDestinations {}),
        }
        let held_rules = by_name(&old.rules, |rule| &rule.name);
        let kept_rules = by_name(&new.rules, |rule| &rule.name);
        for name in held_rules.keys().filter(|name| !kept_rules.contains_key(*name)) {
            self.push(Change::RemoveRule { name: (*name).into() });
        }
        let held = by_name(&old.groups, |group| &group.name);
        let kept = by_name(&new.groups, |group| &group.name);
        let empty = linewarden::List::default();
        // All leave before any come: so no groups hold each other meanwhile.
        for group in &old.groups {
            let members = kept.get(group.name.as_str()).map_or(&empty, |kept| &kept.members);
            let parties = self.leaving(&group.members, members);
            if !parties.is_empty() {
                self.push(Change::RemoveMember { list: List::Group, of: group.name.clone(), parties });
            }
        }
        for group in new.groups.iter().filter(|group| !held.contains_key(group.name.as_str())) {
            self.push(Change::AddGroup { name: group.name.clone() });
        }
        for group in &new.groups {
            let members = held.get(group.name.as_str()).map_or(&empty, |held| &held.members);
            let parties = self.coming(members, &group.members);
            if !parties.is_empty() {
                self.push(Change::AddMember { list: List::Group, of: group.name.clone(), parties });
            }
        }
        for rule in &new.rules {
            let name = rule.name.clone();
            match held_rules.get(name.as_str()) {
                None => {
                    let parts = self.parts(&Rule::default(), rule);
                    self.push(Change::AddRule { name, parts });
                }
                Some(held) => {
                    let parts = self.parts(held, rule);
                    if parts != RuleParts::default() {
                        self.push(Change::SetRule { name, parts });
                    }
                }
            }
        }
        for name in held.keys().filter(|name| !kept.contains_key(*name)) {
            self.push(Change::RemoveGroup { name: (*name).into() });
        }
    }

    /// What a rule has that `held` has not. A party that was removed from the domain has left its lists already.
    fn parts(&self, held: &Rule, rule: &Rule) -> RuleParts {
        let mut parts = RuleParts::default();
        if held.rights != rule.rights {
            parts.rights = Some(rule.rights);
        }
        if held.when != rule.when {
            parts.when = Some(rule.when.clone());
        }
        for ((key, held), (_, list)) in held.lists().into_iter().zip(rule.lists()) {
            let left = held.parties.iter().copied().filter(|party| self.new.kind(*party).is_some());
            let left = linewarden::List { parties: left.collect(), ..held.clone() };
            if left != *list
                && let Some(part) = parts.list_mut(key)
            {
                *part = Some(self.texts(list));
            }
        }
        parts
    }

    /// A list as a change writes it.
    fn texts(&self, list: &linewarden::List) -> Vec<String> {
        let words = list.words.iter().map(|word| word.word().to_owned());
        let groups = list.groups.iter().map(|group| format!("group:{group}"));
        let name = |party: &Party| listed_name(self.text(*party), &self.new.name);
        words.chain(groups).chain(list.parties.iter().map(name)).collect()
    }

    /// What is on `list` and not on `held`.
    fn coming(&self, held: &linewarden::List, list: &linewarden::List) -> Vec<String> {
        let parties: HashSet<Party> = held.parties.iter().copied().collect();
        let groups: HashSet<&String> = held.groups.iter().collect();
        let mut coming = list.clone();
        coming.parties.retain(|party| !parties.contains(party));
        coming.groups.retain(|group| !groups.contains(group));
        self.texts(&coming)
    }

    /// What is on `held` and not on `list`, without parties that were removed from the domain.
    fn leaving(&self, held: &linewarden::List, list: &linewarden::List) -> Vec<String> {
        let mut held = held.clone();
        held.parties.retain(|party| self.new.kind(*party).is_some());
        self.coming(list, &held)
    }
}
