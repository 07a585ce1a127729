//! The sandbox: a domain reduced to the two parties of a question, in which changes are tried. It must never change the policy.
#![forbid(unsafe_code)]

use super::Answered;
use crate::directory::Directory;
use crate::error::Result;
use crate::id::{Kind, Party};
use crate::image::publish;
use crate::image::publish::published::Published;
use crate::policy::change::Change;
use crate::policy::dated::Dated;
use crate::policy::state::Transfer;
use crate::policy::{Contact, Domain, Policy, Station, Team, User};
use crate::right::{Right, RightSet};
use crate::system::System;
use crate::system::linewarden::{Group, Linewarden, List};
use crate::system::xphone::TransferRole;
use std::collections::{HashMap, HashSet};

/// A domain with only the actor, the target and what rules need of their teams. Every fact about the two is as in the full domain.
pub(super) struct Sandbox {
    directory: Directory,
    domain: Domain,
    /// The two parties in the full domain.
    outer: [Party; 2],
    /// The same two in the sandbox.
    inner: [Party; 2],
    /// Teams that have either as agent: in the full domain, in the sandbox. Rules stand for a team's agents.
    teams: Vec<(Party, Party)>,
    role: Option<TransferRole>,
    /// The instant that is asked for, as in [`Policy::at`].
    at: Option<i64>,
}

impl Sandbox {
    /// The sandbox of an answered question. An unlisted contact becomes a contact.
    pub fn new(answered: &Answered<'_>) -> Result<Sandbox> {
        let whole = answered.domain;
        let mut directory = Directory::default();
        let id = directory.add_domain(&whole.name)?;
        let target = answered.question.target;
        let actor_kind = answered.kind;
        let target_kind = whole.kind(target).unwrap_or(Kind::Device);
        // Both keep their names, so that a change can be applied in the sandbox and in the full domain.
        let named = |party| answered.question.names.named_or_unlisted(party).map(|named| named.name.to_string());
        let address = || answered.question.address();
        let actor = named(answered.actor).or_else(address).unwrap_or_default();
        let host = actor.rsplit_once('@').map_or(String::new(), |(_, host)| host.to_ascii_lowercase());
        let actor = directory.add_party(id, actor_kind, &actor)?;
        let inner_target = match answered.actor == target {
            true => actor,
            false => directory.add_party(id, target_kind, &named(target).unwrap_or_default())?,
        };
        // An unlisted contact has the outer number NONE, under which there are no facts.
        let mut sandbox = Sandbox {
            directory,
            domain: Domain::new(id, &whole.name, &whole.file),
            outer: [answered.actor, target],
            inner: [actor, inner_target],
            teams: Vec::new(),
            role: answered.question.role,
            at: answered.question.policy.at,
        };
        sandbox.domain.systems = whole.systems;
        sandbox.domain.overrides = whole.overrides.clone();
        match answered.actor {
            Party::NONE if actor_kind == Kind::Contact => {
                sandbox.domain.add_contact(Contact { party: actor, host: host.into() });
            }
            outer => sandbox.add(whole, outer, actor, actor_kind),
        }
        if actor != inner_target {
            sandbox.add(whole, target, inner_target, target_kind);
        }
        sandbox.copy_dated(whole);
        sandbox.copy_groups(whole);
        if whole.systems.has(System::Linewarden) {
            sandbox.copy_rules(whole, answered)?;
        }
        Ok(sandbox)
    }

    fn inner(&self, outer: Party) -> Option<Party> {
        self.outer
            .iter()
            .zip(self.inner)
            .find(|(known, _)| **known == outer && outer != Party::NONE)
            .map(|(_, inner)| inner)
    }

    fn these(&self, parties: &[Party]) -> Vec<Party> {
        let mut these: Vec<_> =
            self.outer.iter().filter(|party| parties.contains(party)).filter_map(|party| self.inner(*party)).collect();
        these.dedup();
        these
    }

    fn add(&mut self, whole: &Domain, outer: Party, inner: Party, kind: Kind) {
        match kind {
            Kind::User => {
                let Some(user) = whole.user(outer) else { return };
                let mut user = User { party: inner, ..user.clone() };
                user.xphone.settings.retain_mut(|setting| match self.inner(setting.viewer) {
                    Some(viewer) => {
                        setting.viewer = viewer;
                        true
                    }
                    None => false,
                });
                for grants in [&mut user.estos.grants, &mut user.estos.administrative] {
                    grants.retain_mut(|own| match self.inner(own.viewer) {
                        Some(viewer) => {
                            own.viewer = viewer;
                            true
                        }
                        None => false,
                    });
                }
                self.domain.add_user(user);
            }
            Kind::Contact => {
                let Some(contact) = whole.contact(outer) else { return };
                self.domain.add_contact(Contact { party: inner, host: contact.host.clone() });
            }
            Kind::Team => {
                let Some(team) = whole.team(outer) else { return };
                let agents = self.these(&team.agents);
                self.domain.add_team(Team { party: inner, agents, ..team.clone() });
            }
            Kind::Location | Kind::Device => {
                self.domain.add_station(Station { party: inner, kind, line: Default::default() });
            }
        }
    }

    /// Facts with dates of the two.
    fn copy_dated(&mut self, whole: &Domain) {
        let mut inside: Vec<Dated> = Vec::new();
        for dated in &whole.dated {
            let mut fact = dated.fact.clone();
            if fact.parties_mut().all(|party| match self.inner(*party) {
                Some(inner) => {
                    *party = inner;
                    true
                }
                None => false,
            }) {
                inside.push(Dated { fact, ..dated.clone() });
            }
        }
        // Their order follows from the parties' numbers, which are others here.
        inside.sort_by(|one, other| one.fact.order().cmp(&other.fact.order()));
        self.domain.dated = inside;
    }

    fn copy_groups(&mut self, whole: &Domain) {
        let mut xphone = whole.xphone.clone();
        for group in &mut xphone.workgroups {
            group.members = self.these(&group.members);
        }
        for group in &mut xphone.monitoring_groups {
            group.observers = self.these(&group.observers);
            group.members = self.these(&group.members);
        }
        // Drop groups that hold neither of the two.
        let dated: HashSet<&str> = self.domain.dated.iter().filter_map(|dated| dated.fact.workgroup()).collect();
        xphone.workgroups.retain(|group| !group.members.is_empty() || dated.contains(group.name.as_str()));
        xphone.monitoring_groups.retain(|group| !group.members.is_empty() || !group.observers.is_empty());
        self.domain.xphone = xphone;
        let mut estos = whole.estos.clone();
        for group in &mut estos.groups {
            group.members = self.these(&group.members);
            group.leaders = self.these(&group.leaders);
        }
        estos.groups.retain(|group| !group.members.is_empty() || !group.leaders.is_empty());
        self.domain.estos = estos;
        let mut pascom = whole.pascom.clone();
        for permission in &mut pascom.permissions {
            permission.users = self.these(&permission.users);
            permission.teams = self.these(&permission.teams);
            permission.locations = self.these(&permission.locations);
            permission.devices = self.these(&permission.devices);
        }
        self.domain.pascom = pascom;
        self.domain.keevio.realm = whole.keevio.realm;
        for (outer_viewer, outer_owner) in [(self.outer[0], self.outer[1]), (self.outer[1], self.outer[0])] {
            let (Some(viewer), Some(owner)) = (self.inner(outer_viewer), self.inner(outer_owner)) else { continue };
            let all = whole.state.transfers.values().flatten();
            let parts = all.filter(|part| part.viewer == outer_viewer && part.owner == outer_owner);
            let parts: Vec<_> = parts.map(|part| Transfer { viewer, owner, ..*part }).collect();
            if !parts.is_empty() {
                self.domain.state.transfers.entry("call".into()).or_default().extend(parts);
            }
            if let Some(subscription) = whole.keevio.subscriptions.get(&(outer_viewer, outer_owner)) {
                self.domain.keevio.subscriptions.insert((viewer, owner), *subscription);
            }
        }
    }

    /// Groups and rules with what they hold of the two and of their teams. Lists that hold no more of them are empty, and what no
    /// list reaches either of them by is left out.
    fn copy_rules(&mut self, whole: &Domain, answered: &Answered<'_>) -> Result<()> {
        let parties = self.outer.into_iter().filter(|party| *party != Party::NONE);
        let parties: Vec<Party> = parties.collect();
        for team in whole.teams.iter().filter(|team| team.agents.iter().any(|agent| parties.contains(agent))) {
            if self.inner(team.party).is_some() {
                continue;
            }
            let name = answered.question.names.named(team.party).map(|named| named.name.to_string());
            let inner = self.directory.add_party(self.domain.id, Kind::Team, &name.unwrap_or_default())?;
            let agents = self.these(&team.agents);
            self.domain.add_team(Team { party: inner, agents, ..team.clone() });
            self.teams.push((team.party, inner));
        }
        let mut own = Linewarden { groups: Vec::new(), rules: Vec::new(), ..whole.linewarden.clone() };
        // The groups that hold any of them, and those that hold such a group.
        let mut holders: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut open: Vec<&str> = Vec::new();
        for group in &whole.linewarden.groups {
            for inner in &group.members.groups {
                holders.entry(inner).or_default().push(&group.name);
            }
            if group.members.parties.iter().any(|party| self.known(*party).is_some()) {
                open.push(&group.name);
            }
        }
        let mut kept: HashSet<&str> = HashSet::new();
        while let Some(name) = open.pop() {
            if kept.insert(name) {
                open.extend(holders.get(name).into_iter().flatten());
            }
        }
        let cut = |list: &List| List {
            parties: list.parties.iter().filter_map(|party| self.known(*party)).collect(),
            groups: list.groups.iter().filter(|name| kept.contains(name.as_str())).cloned().collect(),
            words: list.words,
        };
        for group in whole.linewarden.groups.iter().filter(|group| kept.contains(group.name.as_str())) {
            own.groups.push(Group { members: cut(&group.members), ..group.clone() });
        }
        for rule in &whole.linewarden.rules {
            let mut rule = rule.clone();
            for list in rule.lists_mut() {
                *list = cut(list);
            }
            if !rule.actors.is_empty() && !rule.targets.is_empty() {
                own.rules.push(rule);
            }
        }
        self.domain.linewarden = own;
        Ok(())
    }

    /// The number in the sandbox of one of the two or of a team of theirs.
    fn known(&self, outer: Party) -> Option<Party> {
        let team = self.teams.iter().find(|(team, _)| *team == outer).map(|(_, inner)| *inner);
        self.inner(outer).or(team)
    }

    /// The actor's rights on the target after `changes`.
    pub fn rights_after(&self, changes: &[Change]) -> Result<RightSet> {
        let (mut domain, mut directory) = (self.domain.clone(), self.directory.clone());
        for change in changes {
            domain.apply(&mut directory, change)?;
        }
        let published = Published::private()?;
        let policy = Policy { domains: vec![domain], at: self.at };
        published.publish(publish::prepare(&published, &policy, &directory, 0, 1)?.0, || ());
        Ok(published.read(|image| image.rights(self.inner[0], self.inner[1], self.role)))
    }

    /// Whether `changes` give the right.
    pub fn flips(&self, changes: &[Change], right: Right) -> bool {
        self.rights_after(changes).is_ok_and(|rights| rights.has(right))
    }
}
