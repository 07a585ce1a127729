//! Applies changes of linewarden's own facts: groups, rules and exemptions. It never judges who may make a change.
#![forbid(unsafe_code)]

use crate::destinations::{Destinations, Settings};
use crate::error::Result;
use crate::id::{Kind, Party};
use crate::policy::Domain;
use crate::policy::change::editor::{Editor, Op, Person, fault};
use crate::policy::change::vocabulary::LinewardenChange;
use crate::policy::change::{DirtyPart, Exempted, RuleParts};
use crate::right::RightSet;
use crate::system::System;
use crate::system::linewarden::{ACTORS, EXCEPT, Everyone, Group, List, Rule, TARGETS, nesting};
use crate::wording::{expected, quote};

/// What a list of a group or rule may hold.
struct Place {
    /// Where it stands, for messages.
    name: &'static str,
    words: &'static [Everyone],
    /// Whether contacts are kept, and become parties where they are new: as actors and in groups. A contact is never a target, and
    /// is left out there.
    adds_contacts: bool,
}

const MEMBERS: Place = Place { name: "a group", words: &[], adds_contacts: true };

/// The place of a rule's list.
fn place(key: &'static str) -> Place {
    let (words, adds_contacts) = match key {
        "targets" => (TARGETS, false),
        "except" => (EXCEPT, false),
        // Also an exception: the contact may come into a group later, and must then be excepted.
        _ => (ACTORS, true),
    };
    Place { name: key, words, adds_contacts }
}

impl Editor<'_> {
    /// Makes a change of linewarden's own facts.
    pub fn linewarden_change(&mut self, change: LinewardenChange<'_>) -> Result<()> {
        use LinewardenChange as C;
        match change {
            C::AddGroup { name } => self.add_group(name),
            C::RemoveGroup { name } => self.remove_group(name),
            C::AddRule { name, parts } => self.add_rule(name, parts),
            C::SetRule { name, parts } => self.set_rule(name, parts),
            C::RemoveRule { name } => {
                if let Ok(at) = self.rule(name) {
                    self.take(at, |domain| Some(&mut domain.linewarden.rules));
                    self.dirty(DirtyPart::Rules);
                }
                Ok(())
            }
            C::SetExempt { user, rights } => {
                let rights = rights.iter().fold(RightSet::EMPTY, |all, Exempted(right)| all | right.mask());
                self.set_exempt(user, rights)
            }
            C::ClearExempt { user } => self.set_exempt(user, RightSet::EMPTY),
            C::SetDestinations { settings } => {
                let built = Settings::from_words(settings).and_then(Settings::build);
                match built {
                    Ok(destinations) => self.set_destinations(Some(destinations)),
                    Err(wrong) => return fault(format!("`{}`: {}", wrong.key, wrong.message)),
                }
                Ok(())
            }
            C::ClearDestinations {} => {
                self.set_destinations(None);
                Ok(())
            }
        }
    }

    fn set_destinations(&mut self, destinations: Option<Destinations>) {
        let gives_classes = destinations.as_ref().is_some_and(Destinations::gives_classes);
        self.put(destinations.into(), |domain| Some(&mut domain.linewarden.numbers));
        // Without the system the rest has an effect, too.
        if gives_classes {
            self.written(System::Linewarden);
        }
        self.dirty(DirtyPart::Rules);
    }

    fn own_group(&self, name: &str) -> Result<usize> {
        self.look().place("group", &self.domain.linewarden.groups, |group| &group.name, name)
    }

    fn rule(&self, name: &str) -> Result<usize> {
        self.look().place("rule", &self.domain.linewarden.rules, |rule| &rule.name, name)
    }

    fn add_group(&mut self, name: &str) -> Result<()> {
        let groups = &self.domain.linewarden.groups;
        let end = groups.len();
        if self.new_name("group", groups, |group| &group.name, name)? {
            let group = Group { name: name.into(), ..Group::default() };
            self.insert(end, group, |domain| Some(&mut domain.linewarden.groups));
            self.rules_of(System::Linewarden);
        }
        Ok(())
    }

    /// Removes a group that no rule and no group names: a rule that lost an exception would give more.
    fn remove_group(&mut self, name: &str) -> Result<()> {
        let Ok(at) = self.own_group(name) else { return Ok(()) };
        let own = &self.domain.linewarden;
        let names_it = |list: &List| list.groups.iter().any(|group| group == name);
        let rule = own.rules.iter().find(|rule| rule.lists().iter().any(|(_, list)| names_it(list)));
        let holder = own.groups.iter().find(|group| names_it(&group.members));
        let by = rule.map(|rule| format!("rule {}", quote(&rule.name)));
        if let Some(by) = by.or_else(|| holder.map(|group| format!("group {}", quote(&group.name)))) {
            return fault(format!("group {} is named by {by}, expected one that is named nowhere", quote(name)));
        }
        self.take(at, |domain| Some(&mut domain.linewarden.groups));
        self.dirty(DirtyPart::Rules);
        Ok(())
    }

    /// Puts parties and groups into a group or takes them out.
    pub fn group_members(&mut self, name: &str, texts: &[String], op: Op) -> Result<()> {
        let at = self.own_group(name)?;
        let mut members = self.domain.linewarden.groups.get(at).map(|group| group.members.clone()).unwrap_or_default();
        for text in texts {
            if let Some(name) = text.strip_prefix("group:") {
                self.own_group(name)?;
                let held = members.groups.iter().position(|held| held == name);
                match (held, op) {
                    (None, Op::Add) => members.groups.push(name.into()),
                    (Some(at), Op::Remove) => drop(members.groups.remove(at)),
                    _ => {}
                }
                continue;
            }
            // A contact that is no party is in no group: it need not become one to be removed.
            if op == Op::Remove && matches!(self.look().person(text), Ok(Person::New { .. })) {
                continue;
            }
            let Some(party) = self.listed(text, &MEMBERS)? else { continue };
            let held = members.parties.iter().position(|held| *held == party);
            match (held, op) {
                (None, Op::Add) => members.parties.push(party),
                (Some(at), Op::Remove) => drop(members.parties.remove(at)),
                _ => {}
            }
        }
        self.put(members, move |domain| Some(&mut domain.linewarden.groups.get_mut(at)?.members));
        if let Some(wrong) = nesting(&self.domain.linewarden.groups) {
            return fault(wrong.to_string());
        }
        self.rules_of(System::Linewarden);
        Ok(())
    }

    fn add_rule(&mut self, name: &str, parts: &RuleParts) -> Result<()> {
        let rules = &self.domain.linewarden.rules;
        let end = rules.len();
        let is_new = self.new_name("rule", rules, |rule| &rule.name, name)?;
        if parts.rights.is_none() {
            return fault("a rule without `rights:`, expected at least one right");
        }
        let mut rule = Rule { name: name.into(), ..Rule::default() };
        self.fill(&mut rule, parts)?;
        if is_new {
            self.insert(end, rule, |domain| Some(&mut domain.linewarden.rules));
        } else if let Some(held) = self.domain.linewarden.rule(name) {
            rule.line = held.line;
            if *held != rule {
                let message = format!("rule {0} is there with other parts, expected `set rule {0} ...`", quote(name));
                return fault(message);
            }
        }
        self.rules_of(System::Linewarden);
        Ok(())
    }

    fn set_rule(&mut self, name: &str, parts: &RuleParts) -> Result<()> {
        let at = self.rule(name)?;
        let Some(mut rule) = self.domain.linewarden.rules.get(at).cloned() else { return Ok(()) };
        self.fill(&mut rule, parts)?;
        self.put(rule, move |domain| domain.linewarden.rules.get_mut(at));
        self.rules_of(System::Linewarden);
        Ok(())
    }

    /// Sets the parts of a rule that are there.
    fn fill(&mut self, rule: &mut Rule, parts: &RuleParts) -> Result<()> {
        rule.rights = parts.rights.unwrap_or(rule.rights);
        rule.when = parts.when.clone().unwrap_or(std::mem::take(&mut rule.when));
        for (key, texts) in parts.lists() {
            let Some(texts) = texts else { continue };
            let list = self.rule_list(texts, &place(key))?;
            match key {
                "actors" => rule.actors = list,
                "targets" => rule.targets = list,
                "except" => rule.except = list,
                _ => rule.except_actors = list,
            }
        }
        Ok(())
    }

    /// The parties, groups and words of a list, each once.
    fn rule_list(&mut self, texts: &[String], place: &Place) -> Result<List> {
        let mut list = List::default();
        for text in texts {
            let is_new = if let Some(word) = Everyone::parse(text) {
                if !place.words.contains(&word) {
                    let words: Vec<&str> = place.words.iter().map(|word| word.word()).collect();
                    return fault(format!("{} is no word for `{}`{}", quote(text), place.name, expected(&words)));
                }
                let is_new = !list.words.has(word);
                list.words = list.words.with(word);
                is_new
            } else if let Some(name) = text.strip_prefix("group:") {
                self.own_group(name)?;
                let is_new = !list.groups.iter().any(|held| held == name);
                list.groups.push(name.into());
                is_new
            } else {
                let Some(party) = self.listed(text, place)? else { continue };
                let is_new = !list.parties.contains(&party);
                list.parties.push(party);
                is_new
            };
            if !is_new {
                return fault(format!("{} stands twice", quote(text)));
            }
        }
        Ok(list)
    }

    /// The user, contact or team that `text` names; `None` for a contact where none is kept.
    fn listed(&mut self, text: &str, place: &Place) -> Result<Option<Party>> {
        if text.starts_with(Kind::Team.prefix()) {
            return self.look().of_kind(Kind::Team, text).map(Some);
        }
        if text.starts_with(Kind::Location.prefix()) || text.starts_with(Kind::Device.prefix()) {
            return fault(format!("{} in {}, expected users, contacts, teams and groups", quote(text), place.name));
        }
        match self.look().person(text)? {
            Person::Known(party) if !place.adds_contacts && self.domain.kind(party) == Some(Kind::Contact) => Ok(None),
            Person::Known(party) => Ok(Some(party)),
            Person::New { .. } if place.adds_contacts => self.person(text).map(Some),
            Person::New { .. } => Ok(None),
        }
    }

    fn set_exempt(&mut self, user: &str, rights: RightSet) -> Result<()> {
        let user = self.look().user(user)?;
        let before = self.undo.len();
        self.put(rights, move |domain| Some(&mut domain.user_mut(user)?.linewarden.exempt));
        if self.undo.len() > before {
            self.written(System::Linewarden);
        }
        self.dirty(DirtyPart::Withheld(user));
        Ok(())
    }

    /// Notes what follows from other agents of a team: rules that name teams or the actor's own stand for the agents.
    pub fn agents_changed(&mut self, team: Party) {
        if self.domain.systems.has(System::Linewarden) && self.domain.linewarden.rests_on(team) {
            self.dirty(DirtyPart::Rules);
        }
    }

    /// Removes a party from all lists of rules and groups. To be called while the party is still an agent of its teams.
    pub fn remove_from_linewarden(&mut self, party: Party) {
        let teams = self.domain.teams.iter().filter(|team| team.party == party || team.agents.contains(&party));
        for team in teams.map(|team| team.party).collect::<Vec<_>>() {
            self.agents_changed(team);
        }
        let before = self.undo.len();
        for at in 0..self.domain.linewarden.groups.len() {
            self.list(party, Op::Remove, move |domain| {
                Some(&mut domain.linewarden.groups.get_mut(at)?.members.parties)
            });
        }
        for at in 0..self.domain.linewarden.rules.len() {
            for which in 0..4 {
                self.list(party, Op::Remove, move |domain| rule_parties(domain, at, which));
            }
        }
        if self.undo.len() > before {
            self.dirty(DirtyPart::Rules);
        }
    }
}

/// The parties of a rule's list.
fn rule_parties(domain: &mut Domain, at: usize, which: usize) -> Option<&mut Vec<Party>> {
    let lists = domain.linewarden.rules.get_mut(at)?.lists_mut();
    lists.into_iter().nth(which).map(|list| &mut list.parties)
}
