//! The changes of linewarden's own facts: groups, rules and exemptions. What they do, who may make them (users set the rules whose only
//! targets are themselves or teams that they administer, and what they are exempt from), and which of them lead from one policy to
//! another. It must never look at another system's facts.
#![forbid(unsafe_code)]

use super::authority::{Judge, refused};
use super::delta::{Delta, by_name};
use super::editor::{Editor, Op, Person, fault};
use super::vocabulary::LinewardenChange;
use super::{Change, DirtyPart, Exempted, List, RuleParts};
use crate::destinations::{Destinations, Settings};
use crate::error::Result;
use crate::id::{Kind, Party};
use crate::policy::{Domain, User};
use crate::right::RightSet;
use crate::system::System;
use crate::system::linewarden::{
    self, ACTORS, CALL_TO, EXCEPT, EXEMPTABLE, Everyone, FORWARDING_TO, Group, Rule, TARGETS, listed_name, nesting,
};
use crate::wording::{expected, quote};
use std::collections::HashSet;

/// What a list of a group or rule may hold.
struct ListForm {
    /// Where it stands, for messages.
    name: &'static str,
    words: &'static [Everyone],
    /// Whether contacts are kept, and become parties where they are new: as actors and in groups. A contact is never a target, and
    /// is left out there.
    adds_contacts: bool,
}

const MEMBERS: ListForm = ListForm { name: "a group", words: &[], adds_contacts: true };

/// What a list of a rule may hold.
fn list_form(key: &'static str) -> ListForm {
    let (words, adds_contacts) = match key {
        "targets" => (TARGETS, false),
        "except" => (EXCEPT, false),
        // Also an exception: the contact may come into a group later, and must then be excepted.
        _ => (ACTORS, true),
    };
    ListForm { name: key, words, adds_contacts }
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
        self.look().index_of("group", &self.domain.linewarden.groups, |group| &group.name, name)
    }

    fn rule(&self, name: &str) -> Result<usize> {
        self.look().index_of("rule", &self.domain.linewarden.rules, |rule| &rule.name, name)
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
        let names_it = |list: &linewarden::List| list.groups.iter().any(|group| group == name);
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
        for text in texts {
            if let Some(name) = text.strip_prefix("group:") {
                self.group_in_group(at, name, op)?;
                continue;
            }
            // A contact that is no party is in no group: it need not become one to be removed.
            if op == Op::Remove && matches!(self.look().person(text), Ok(Person::New { .. })) {
                continue;
            }
            let Some(party) = self.listed(text, &MEMBERS)? else { continue };
            self.enter((List::Group, at, Kind::User), party, op, move |domain| {
                Some(&mut domain.linewarden.groups.get_mut(at)?.members.parties)
            });
        }
        self.rules_of(System::Linewarden);
        Ok(())
    }

    /// Puts a group into another one or takes it out.
    fn group_in_group(&mut self, at: usize, name: &str, op: Op) -> Result<()> {
        let inner = self.own_group(name)?;
        let groups = |at: usize| self.domain.linewarden.groups.get(at).map_or(&[][..], |group| &group.members.groups);
        let (held, end) = (groups(at).iter().position(|held| held == name), groups(at).len());
        // A group of parties alone lies no deeper than another group that is there, and leads back to none.
        let is_harmless = end > 0 && groups(inner).is_empty();
        fn list(domain: &mut Domain, at: usize) -> Option<&mut Vec<String>> {
            Some(&mut domain.linewarden.groups.get_mut(at)?.members.groups)
        }
        match (held, op) {
            (None, Op::Add) => self.insert(end, name.into(), move |domain| list(domain, at)),
            (Some(held), Op::Remove) => self.take_unnamed(held, move |domain| list(domain, at)),
            _ => {}
        }
        let new = op == Op::Add && held.is_none() && !is_harmless;
        let wrong = new.then(|| nesting(&self.domain.linewarden.groups)).flatten();
        wrong.map_or(Ok(()), |wrong| fault(wrong.to_string()))
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
            let list = self.rule_list(texts, &list_form(key))?;
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
    fn rule_list(&mut self, texts: &[String], form: &ListForm) -> Result<linewarden::List> {
        let mut list = linewarden::List::default();
        let (mut parties, mut groups) = (HashSet::new(), HashSet::new());
        for text in texts {
            let is_new = if let Some(word) = Everyone::parse(text) {
                if !form.words.contains(&word) {
                    let words: Vec<&str> = form.words.iter().map(|word| word.word()).collect();
                    return fault(format!("{} is no word for `{}`{}", quote(text), form.name, expected(&words)));
                }
                let is_new = !list.words.has(word);
                list.words = list.words.with(word);
                is_new
            } else if let Some(name) = text.strip_prefix("group:") {
                self.own_group(name)?;
                list.groups.push(name.into());
                groups.insert(name)
            } else {
                let Some(party) = self.listed(text, form)? else { continue };
                list.parties.push(party);
                parties.insert(party)
            };
            if !is_new {
                return fault(format!("{} stands twice", quote(text)));
            }
        }
        Ok(list)
    }

    /// The user, contact or team that `text` names; `None` for a contact where none is kept.
    fn listed(&mut self, text: &str, form: &ListForm) -> Result<Option<Party>> {
        if text.starts_with(Kind::Team.prefix()) {
            return self.look().of_kind(Kind::Team, text).map(Some);
        }
        if text.starts_with(Kind::Location.prefix()) || text.starts_with(Kind::Device.prefix()) {
            return fault(format!("{} in {}, expected users, contacts, teams and groups", quote(text), form.name));
        }
        match self.look().person(text)? {
            Person::Known(party) if !form.adds_contacts && self.domain.kind(party) == Some(Kind::Contact) => Ok(None),
            Person::Known(party) => Ok(Some(party)),
            Person::New { .. } if form.adds_contacts => self.person(text).map(Some),
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
            self.unlist(party, move |domain| Some(&mut domain.linewarden.groups.get_mut(at)?.members.parties));
        }
        for at in 0..self.domain.linewarden.rules.len() {
            for which in 0..4 {
                self.unlist(party, move |domain| rule_parties(domain, at, which));
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

impl Judge<'_> {
    /// What a user may change of it; `None` where it says nothing.
    pub(super) fn linewarden(&self, author: Party, change: &Change) -> Option<Result<()>> {
        Some(match change {
            Change::AddRule { name, parts } => self.own_rule(author, name, Some(parts)),
            Change::SetRule { name, parts } => self
                .look
                .index_of("rule", &self.domain().linewarden.rules, |rule| &rule.name, name)
                .and_then(|_| self.own_rule(author, name, Some(parts))),
            Change::RemoveRule { name } => self.own_rule(author, name, None),
            Change::SetExempt { user, .. } | Change::ClearExempt { user } => {
                self.own_side(author, user, "an exemption", "L11")
            }
            _ => return None,
        })
    }

    /// L13: whether a user may add, set or remove the rule: before and after, it reaches only the user and teams that the user
    /// administers. Classes of numbers are the administrator's, for they cost money: those that every forwarding has need no rule, and a
    /// rule that named one would go on to give it after the administrator has taken it from all.
    fn own_rule(&self, author: Party, name: &str, parts: Option<&RuleParts>) -> Result<()> {
        let teams = self.domain().administrator(author).map_or(&[][..], |held| &held.teams);
        let own = |party: Party| party == author || teams.contains(&party);
        self.runs(System::Linewarden)?;
        let held = self.domain().linewarden.rule(name);
        let held_is_own = held.is_none_or(|rule| {
            let targets = &rule.targets;
            targets.groups.is_empty()
                && targets.words.is_empty()
                && !targets.parties.is_empty()
                && targets.parties.iter().all(|party| own(*party))
        });
        let set = parts.and_then(|parts| parts.targets.as_deref());
        // A word for many is no party here, even where a user has that login.
        let named = |text: &String| Everyone::parse(text).is_none() && self.look.party(text).is_ok_and(own);
        let set_is_own = match (set, held) {
            (Some(texts), _) => !texts.is_empty() && texts.iter().all(named),
            // Without the part the targets stay; a new rule without targets is no one's.
            (None, held) => held.is_some() || parts.is_none(),
        };
        if !held_is_own || !set_is_own {
            let whose = if teams.is_empty() { "" } else { " or teams that the user administers" };
            return refused(format!(
                "users change rules only whose targets are themselves{whose}, and rule {} has others (L13)",
                quote(name)
            ));
        }
        let rights = parts.and_then(|parts| parts.rights).or(held.map(|rule| rule.rights)).unwrap_or_default();
        match (rights & (FORWARDING_TO | CALL_TO)).shortest().into_iter().next().filter(|_| parts.is_some()) {
            Some(right) => refused(format!("only the administrator may give {} (L13)", quote(right))),
            None => Ok(()),
        }
    }
}

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
