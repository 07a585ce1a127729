//! From one policy of a domain to another as a list of changes, in an order that keeps the policy valid at every step.
#![forbid(unsafe_code)]

use super::{Assigned, Change, Direction, Entry, List, Scope};
use crate::directory::Directory;
use crate::id::{Kind, Party};
use crate::policy::{Administrator, Area, Domain, Override};
use crate::system::estos::Grant;
use crate::system::pascom::{Permission, RoleType};
use crate::system::xphone::{Label, Site};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The changes that turn `old` into `new`, two policies of one domain whose parties are named in the same directory. What
/// documents do not express (inquiries, favourites, agents, transfers) is left as it is.
pub fn difference(old: &Domain, new: &Domain, names: &Directory) -> Vec<Entry> {
    let mut difference = Difference { old, new, names, changes: Vec::new() };
    difference.settings();
    difference.gone();
    difference.sites();
    difference.people();
    difference.xphone();
    difference.estos();
    difference.pascom();
    difference.keevio();
    difference.administrators();
    difference.entries()
}

/// The changes that turn the state beside the document of `old` into that of `new`, once [`difference`] has been applied. From
/// an empty domain it is the state's form for exports.
pub fn difference_of_state(old: &Domain, new: &Domain, names: &Directory) -> Vec<Entry> {
    let mut difference = Difference { old, new, names, changes: Vec::new() };
    difference.state();
    difference.entries()
}

pub(super) struct Difference<'a> {
    pub old: &'a Domain,
    pub new: &'a Domain,
    names: &'a Directory,
    changes: Vec<Change>,
}

/// Named things by their names.
fn by_name<T>(list: &[T], name_of: fn(&T) -> &String) -> BTreeMap<&str, &T> {
    list.iter().map(|thing| (name_of(thing).as_str(), thing)).collect()
}

impl<'a> Difference<'a> {
    fn entries(self) -> Vec<Entry> {
        self.changes.into_iter().map(|change| Entry { domain: self.new.name.clone(), change }).collect()
    }

    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub fn text(&self, party: Party) -> String {
        self.names.text(party)
    }

    /// A party's name without the prefix of its kind.
    pub fn name(&self, party: Party) -> String {
        self.names.named(party).map_or_else(String::new, |named| named.name.to_string())
    }

    fn settings(&mut self) {
        if self.old.systems != self.new.systems {
            self.push(Change::SetSystems { systems: self.new.systems.iter().collect() });
        }
        self.codes();
        let key = |row: &Override| (row.system, row.key.clone());
        let levels = |row: &Override| row.levels.iter().cloned().collect::<BTreeSet<_>>();
        let old: BTreeMap<_, _> = self.old.overrides.iter().map(|row| (key(row), levels(row))).collect();
        let new: BTreeMap<_, _> = self.new.overrides.iter().map(|row| (key(row), levels(row))).collect();
        for (system, right) in old.keys().filter(|key| !new.contains_key(*key)) {
            self.push(Change::ClearMatrix { system: *system, right: right.clone() });
        }
        for row in &self.new.overrides {
            if old.get(&key(row)) != Some(&levels(row)) {
                let (right, levels) = (row.key.clone(), row.levels.clone());
                self.push(Change::SetMatrix { system: row.system, right, levels });
            }
        }
    }

    /// Codes may change places, and none may begin like another meanwhile: where they do, all are parked first.
    fn codes(&mut self) {
        let changed: Vec<_> =
            self.new.codes.iter().filter(|(function, code)| self.old.codes.code(*function) != *code).collect();
        let alike = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
        let crossing = |(function, code): &(_, &str)| {
            self.old.codes.iter().any(|(other, held)| other != *function && alike(code, held))
        };
        if changed.iter().any(crossing) {
            // Codes of 32 characters that nothing short can begin like, unless a code is `#` and digits of its beginning.
            let all: Vec<&str> = self.old.codes.iter().chain(self.new.codes.iter()).map(|(_, code)| code).collect();
            let mut free = (0..10_000u32).map(|number| format!("#{number:05}{}", "0".repeat(20)));
            let mut parked: Vec<String> = Vec::new();
            for (function, _) in &changed {
                let fits = |code: &String| !all.iter().any(|held| alike(held, code)) && !parked.contains(code);
                if let Some(code) = free.find(fits) {
                    parked.push(code.clone());
                    self.push(Change::SetCode { function: *function, code });
                }
            }
        }
        for (function, code) in changed {
            self.push(Change::SetCode { function, code: code.into() });
        }
    }

    /// Those who go, and extensions that change hands.
    fn gone(&mut self) {
        for (party, kind) in self.old.parties().filter(|(party, _)| self.new.kind(*party).is_none()) {
            let name = self.name(party);
            self.push(match kind {
                Kind::User => Change::RemoveUser { name },
                Kind::Contact => Change::RemoveContact { address: name },
                Kind::Team => Change::RemoveTeam { name },
                Kind::Location => Change::RemoveLocation { name },
                Kind::Device => Change::RemoveDevice { name },
            });
        }
        for (party, old, new) in self.lines() {
            let freed = old.iter().any(|line| !new.contains(line));
            if freed {
                let lines = old.iter().filter(|line| new.contains(line)).cloned().collect();
                self.push(Change::SetLines { party: self.text(party), lines });
            }
        }
    }

    /// Users and teams that stay, with their extensions before and after.
    fn lines(&self) -> Vec<(Party, &'a [String], &'a [String])> {
        let users = self.old.users.iter().filter_map(|user| {
            let new = self.new.user(user.party)?;
            Some((user.party, user.lines.as_slice(), new.lines.as_slice()))
        });
        let teams = self.old.teams.iter().filter_map(|team| {
            let new = self.new.team(team.party)?;
            Some((team.party, team.lines.as_slice(), new.lines.as_slice()))
        });
        users.chain(teams).filter(|(_, old, new)| old != new).collect()
    }

    /// New sites and groups, and the defaults of all. Those that go, go when their users have left.
    fn sites(&mut self) {
        let old = by_name(&self.old.xphone.sites, |site| &site.name);
        for site in &self.new.xphone.sites {
            let defaults = site.defaults;
            let held = old.get(site.name.as_str()).map(|site| site.defaults);
            let name = site.name.clone();
            match held {
                None => {
                    let (same_site, other_sites, outside) =
                        (defaults.same_site, defaults.other_sites, defaults.outside);
                    self.push(Change::AddSite { name: name.clone(), same_site, other_sites, outside });
                    if defaults.agreement != Default::default() {
                        self.push(Change::SetAgreement { site: name, agreement: defaults.agreement });
                    }
                }
                Some(held) => {
                    let scopes = [
                        (Scope::SameSite, held.same_site, defaults.same_site),
                        (Scope::OtherSites, held.other_sites, defaults.other_sites),
                        (Scope::Outside, held.outside, defaults.outside),
                    ];
                    for (scope, _, label) in scopes.into_iter().filter(|(_, held, label)| held != label) {
                        self.push(Change::SetDefault { site: name.clone(), scope, label });
                    }
                    if held.agreement != defaults.agreement {
                        self.push(Change::SetAgreement { site: name, agreement: defaults.agreement });
                    }
                }
            }
            self.site_groups(old.get(site.name.as_str()).copied(), site);
        }
    }

    fn site_groups(&mut self, old: Option<&Site>, new: &Site) {
        let held = by_name(old.map_or(&[], |site| &site.groups), |group| &group.name);
        for group in &new.groups {
            let held = held.get(group.name.as_str()).copied().cloned();
            if held.is_none() {
                self.push(Change::AddSiteGroup { site: new.name.clone(), name: group.name.clone() });
            }
            let held = held.unwrap_or_default();
            let (site, name) = (new.name.clone(), group.name.clone());
            let scopes = [
                (Scope::SameSite, held.same_site, group.same_site),
                (Scope::OtherSites, held.other_sites, group.other_sites),
                (Scope::Outside, held.outside, group.outside),
            ];
            for (scope, _, label) in scopes.into_iter().filter(|(_, held, label)| held != label) {
                let (site, group) = (site.clone(), name.clone());
                self.push(match label {
                    Some(label) => Change::SetGroupDefault { site, group, scope, label },
                    None => Change::ClearGroupDefault { site, group, scope },
                });
            }
            if held.agreement != group.agreement {
                let group_name = name;
                self.push(match group.agreement {
                    Some(agreement) => Change::SetGroupAgreement { site, group: group_name, agreement },
                    None => Change::ClearGroupAgreement { site, group: group_name },
                });
            }
        }
    }

    /// Who is new, everybody's extensions and facts.
    fn people(&mut self) {
        let (old, new) = (self.old, self.new);
        for user in new.users.iter().filter(|user| old.user(user.party).is_none()) {
            self.push(Change::ImportUser { name: self.name(user.party), lines: Vec::new() });
        }
        for team in new.teams.iter().filter(|team| old.team(team.party).is_none()) {
            self.push(Change::AddTeam { name: self.name(team.party), lines: Vec::new() });
        }
        for place in new.places.iter().filter(|place| old.kind(place.party).is_none()) {
            let name = self.name(place.party);
            self.push(match place.kind {
                Kind::Device => Change::AddDevice { name },
                _ => Change::AddLocation { name },
            });
        }
        for contact in new.contacts.iter().filter(|contact| old.contact(contact.party).is_none()) {
            self.push(Change::AddContact { address: self.name(contact.party) });
        }
        for (party, _, lines) in self.lines() {
            self.push(Change::SetLines { party: self.text(party), lines: lines.to_vec() });
        }
        let fresh = new.users.iter().map(|user| (user.party, &user.lines));
        let fresh = fresh.chain(new.teams.iter().map(|team| (team.party, &team.lines)));
        for (party, lines) in fresh.filter(|(party, lines)| old.kind(*party).is_none() && !lines.is_empty()) {
            self.push(Change::SetLines { party: self.text(party), lines: lines.clone() });
        }
        for team in &new.teams {
            let held = old.team(team.party);
            if held.map(|held| held.pickup_notification).unwrap_or_default() != team.pickup_notification {
                let (team, notification) = (self.name(team.party), team.pickup_notification);
                self.push(Change::SetNotification { team, notification });
            }
            let agents = held.map_or(&[][..], |held| &held.agents);
            self.members(List::Agents, &self.name(team.party), agents, &team.agents);
        }
        new.users.iter().for_each(|user| self.user_facts(user));
        self.sites_gone();
    }

    fn user_facts(&mut self, new: &crate::policy::User) {
        let user = self.name(new.party);
        let old = self.old.user(new.party);
        let site = |domain: &Domain, user: &crate::policy::User| {
            let site = domain.xphone.sites.get(usize::from(user.xphone.site?))?;
            let group = user.xphone.group.and_then(|group| site.groups.get(usize::from(group)));
            Some((site.name.clone(), group.map(|group| group.name.clone())))
        };
        let at = site(self.new, new);
        if old.and_then(|old| site(self.old, old)) != at {
            self.push(match at {
                Some((site, group)) => Change::SetSite { user: user.clone(), site, group },
                None => Change::ClearSite { user: user.clone() },
            });
        }
        if old.is_some_and(|old| old.xphone.vip) != new.xphone.vip {
            self.push(Change::SetVip { user: user.clone(), on: new.xphone.vip });
        }
        if old.is_some_and(|old| old.xphone.assistant) != new.xphone.assistant {
            self.push(Change::SetAssistant { user: user.clone(), on: new.xphone.assistant });
        }
        if old.map(|old| old.estos.release).unwrap_or_default() != new.estos.release {
            self.push(Change::SetRelease { user: user.clone(), release: new.estos.release });
        }
        let private = |user: &crate::policy::User, line: &String| user.estos.private_lines.contains(line);
        for line in &new.lines {
            let (held, on) = (old.is_some_and(|old| private(old, line)), private(new, line));
            if held != on {
                self.push(Change::SetPrivateLine { user: user.clone(), line: line.clone(), on });
            }
        }
        if old.and_then(|old| old.keevio.company.as_ref()) != new.keevio.company.as_ref() {
            self.push(match new.keevio.company.clone() {
                Some(company) => Change::SetCompany { user: user.clone(), company },
                None => Change::ClearCompany { user: user.clone() },
            });
        }
        if old.and_then(|old| old.keevio.container.as_ref()) != new.keevio.container.as_ref() {
            self.push(match new.keevio.container.clone() {
                Some(container) => Change::SetContainer { user, container },
                None => Change::ClearContainer { user },
            });
        }
    }

    fn sites_gone(&mut self) {
        let new = by_name(&self.new.xphone.sites, |site| &site.name);
        for site in &self.old.xphone.sites {
            let Some(kept) = new.get(site.name.as_str()) else {
                self.push(Change::RemoveSite { name: site.name.clone() });
                continue;
            };
            let groups = by_name(&kept.groups, |group| &group.name);
            for group in site.groups.iter().filter(|group| !groups.contains_key(group.name.as_str())) {
                self.push(Change::RemoveSiteGroup { site: site.name.clone(), name: group.name.clone() });
            }
        }
    }

    /// Members that come and go. Those who are gone altogether have left the list by that.
    fn members(&mut self, list: List, of: &str, old: &[Party], new: &[Party]) {
        let before: HashSet<Party> = old.iter().copied().collect();
        let after: HashSet<Party> = new.iter().copied().collect();
        let leaving = old.iter().filter(|party| !after.contains(party) && self.new.kind(**party).is_some());
        let leaving: Vec<String> = leaving.map(|party| self.text(*party)).collect();
        let coming: Vec<String> =
            new.iter().filter(|party| !before.contains(party)).map(|party| self.text(*party)).collect();
        if !leaving.is_empty() {
            self.push(Change::RemoveMember { list, of: of.into(), parties: leaving });
        }
        if !coming.is_empty() {
            self.push(Change::AddMember { list, of: of.into(), parties: coming });
        }
    }

    fn xphone(&mut self) {
        let (old, new) = (&self.old.xphone, &self.new.xphone);
        let (held, kept) =
            (by_name(&old.workgroups, |group| &group.name), by_name(&new.workgroups, |group| &group.name));
        for name in held.keys().filter(|name| !kept.contains_key(*name)) {
            self.push(Change::RemoveWorkgroup { name: (*name).into() });
        }
        for group in &new.workgroups {
            let held = held.get(group.name.as_str()).copied();
            let (name, label) = (group.name.clone(), group.label);
            match held.map(|held| held.label) {
                None => self.push(Change::AddWorkgroup { name, label }),
                Some(held) if held != label => self.push(Change::SetWorkgroup { name, label }),
                Some(_) => {}
            }
            self.members(List::Workgroup, &group.name, held.map_or(&[], |held| &held.members), &group.members);
        }
        let held = by_name(&old.monitoring_groups, |group| &group.name);
        let kept = by_name(&new.monitoring_groups, |group| &group.name);
        for name in held.keys().filter(|name| !kept.contains_key(*name)) {
            self.push(Change::RemoveMonitoringGroup { name: (*name).into() });
        }
        for group in &new.monitoring_groups {
            let held = held.get(group.name.as_str()).copied();
            if held.is_none() {
                self.push(Change::AddMonitoringGroup { name: group.name.clone() });
            }
            let held = held.cloned().unwrap_or_default();
            let labels: [(Direction, Option<Label>, Option<Label>); 4] = [
                (Direction::ObserversToMembers, held.observers_to_members, group.observers_to_members),
                (Direction::MembersToObservers, held.members_to_observers, group.members_to_observers),
                (Direction::AmongObservers, held.among_observers, group.among_observers),
                (Direction::AmongMembers, held.among_members, group.among_members),
            ];
            for (direction, _, label) in labels.into_iter().filter(|(_, held, label)| held != label) {
                let name = group.name.clone();
                self.push(match label {
                    Some(label) => Change::SetMonitoringGroup { name, direction, label },
                    None => Change::ClearMonitoringGroup { name, direction },
                });
            }
            self.members(List::Observers, &group.name, &held.observers, &group.observers);
            self.members(List::Monitored, &group.name, &held.members, &group.members);
        }
        for user in &self.new.users {
            let held = self.old.user(user.party).map_or(&[][..], |old| &old.xphone.settings);
            for setting in held.iter().filter(|setting| self.new.kind(setting.viewer).is_some()) {
                if user.xphone.setting(setting.viewer).is_none() {
                    let (owner, viewer) = (self.name(user.party), self.text(setting.viewer));
                    self.push(Change::ClearRelationship { owner, viewer });
                }
            }
            let old = self.old.user(user.party);
            for setting in &user.xphone.settings {
                let held = old.and_then(|old| old.xphone.setting(setting.viewer)).map(|held| held.label);
                if held != Some(setting.label) {
                    let (owner, viewer) = (self.name(user.party), self.text(setting.viewer));
                    self.push(Change::SetRelationship { owner, viewer, label: setting.label });
                }
            }
        }
    }

    fn estos(&mut self) {
        let (old, new) = (&self.old.estos, &self.new.estos);
        if old.global != new.global {
            self.push(new.global.map_or(Change::ClearAuthorization {}, |grant| Change::SetAuthorization { grant }));
        }
        if old.users_may_grant != new.users_may_grant {
            self.push(Change::SetUsersMayGrant { on: new.users_may_grant });
        }
        let (held, kept) = (by_name(&old.groups, |group| &group.name), by_name(&new.groups, |group| &group.name));
        for name in held.keys().filter(|name| !kept.contains_key(*name)) {
            self.push(Change::RemoveAuthorizationGroup { name: (*name).into() });
        }
        for group in &new.groups {
            let held = held.get(group.name.as_str()).copied();
            let name = || group.name.clone();
            if held.is_none() {
                self.push(Change::AddAuthorizationGroup { name: name() });
            }
            let grant: Option<Grant> = held.and_then(|held| held.grant);
            if grant != group.grant {
                self.push(match group.grant {
                    Some(grant) => Change::SetGroupGrant { group: name(), grant },
                    None => Change::ClearGroupGrant { group: name() },
                });
            }
            if held.and_then(|held| held.leader_grant) != group.leader_grant {
                self.push(match group.leader_grant {
                    Some(grant) => Change::SetLeaderGrant { group: name(), grant },
                    None => Change::ClearLeaderGrant { group: name() },
                });
            }
            if held.is_none_or(|held| held.active) != group.active {
                self.push(Change::SetActive { group: name(), on: group.active });
            }
            self.members(List::AuthorizationGroup, &group.name, held.map_or(&[], |held| &held.members), &group.members);
            self.members(List::Leaders, &group.name, held.map_or(&[], |held| &held.leaders), &group.leaders);
        }
        let maximum = |list: &[crate::system::estos::Federation], pattern: &str| {
            list.iter().find(|entry| entry.pattern == pattern).map(|entry| entry.maximum)
        };
        for entry in old.federation.iter().filter(|entry| maximum(&new.federation, &entry.pattern).is_none()) {
            self.push(Change::ClearFederation { pattern: entry.pattern.clone() });
        }
        for entry in &new.federation {
            if maximum(&old.federation, &entry.pattern) != Some(entry.maximum) {
                self.push(Change::SetFederation { pattern: entry.pattern.clone(), maximum: entry.maximum });
            }
        }
        for user in &self.new.users {
            let old = self.old.user(user.party);
            for own in old.map_or(&[][..], |old| &old.estos.grants) {
                if self.new.kind(own.viewer).is_some() && user.estos.grant(own.viewer).is_none() {
                    let (owner, viewer) = (self.name(user.party), self.text(own.viewer));
                    self.push(Change::ClearGrant { owner, viewer });
                }
            }
            for own in &user.estos.grants {
                if old.and_then(|old| old.estos.grant(own.viewer)).map(|held| held.grant) != Some(own.grant) {
                    let (owner, viewer) = (self.name(user.party), self.text(own.viewer));
                    self.push(Change::SetGrant { owner, viewer, grant: own.grant });
                }
            }
            for given in old.map_or(&[][..], |old| &old.estos.administrative) {
                if self.new.kind(given.viewer).is_some() && user.estos.administrative_grant(given.viewer).is_none() {
                    let (owner, viewer) = (self.name(user.party), self.text(given.viewer));
                    self.push(Change::ClearAdministrativeGrant { owner, viewer });
                }
            }
            for given in &user.estos.administrative {
                let held = old.and_then(|old| old.estos.administrative_grant(given.viewer)).map(|held| held.grant);
                if held != Some(given.grant) {
                    let (owner, viewer) = (self.name(user.party), self.text(given.viewer));
                    self.push(Change::SetAdministrativeGrant { owner, viewer, grant: given.grant });
                }
            }
        }
    }

    fn pascom(&mut self) {
        let (old, new) = (&self.old.pascom, &self.new.pascom);
        let held = by_name(&old.permissions, |permission| &permission.name);
        let kept = by_name(&new.permissions, |permission| &permission.name);
        for name in held.keys().filter(|name| !kept.contains_key(*name)) {
            self.push(Change::RemovePermission { name: (*name).into() });
        }
        for permission in &new.permissions {
            let held = held.get(permission.name.as_str()).copied();
            let name = || permission.name.clone();
            if held.is_none() {
                self.push(Change::AddPermission { name: name() });
            }
            let held = held.cloned().unwrap_or_else(Permission::default);
            for role_type in RoleType::ALL.iter().copied() {
                match (held.types.has(role_type), permission.types.has(role_type)) {
                    (false, true) => self.push(Change::AddRoleType { permission: name(), role_type }),
                    (true, false) => self.push(Change::RemoveRoleType { permission: name(), role_type }),
                    _ => {}
                }
            }
            let kinds = [
                (Assigned::Users, Kind::User),
                (Assigned::Teams, Kind::Team),
                (Assigned::Devices, Kind::Device),
                (Assigned::Locations, Kind::Location),
            ];
            for (kind, of) in kinds {
                let on = permission.automatic.of(of);
                if held.automatic.of(of) != on {
                    self.push(Change::SetAutomatic { permission: name(), kind, on });
                }
                self.members(List::Permission, &permission.name, held.manual(of), permission.manual(of));
            }
        }
        if old.show_numbers != new.show_numbers {
            self.push(Change::SetShowNumbers { on: new.show_numbers });
        }
    }

    fn keevio(&mut self) {
        let (old, new) = (&self.old.keevio, &self.new.keevio);
        if old.new_users != new.new_users {
            self.push(Change::SetNewUsers { policy: new.new_users });
        }
        if old.realm != new.realm {
            self.push(Change::SetRealm { on: new.realm });
        }
        for (viewer, owner) in old.subscriptions.keys() {
            let both = self.new.kind(*viewer).is_some() && self.new.kind(*owner).is_some();
            if both && new.state(*viewer, *owner).is_none() {
                let (viewer, owner) = (self.text(*viewer), self.text(*owner));
                self.push(Change::ClearSubscription { viewer, owner });
            }
        }
        for ((viewer, owner), subscription) in &new.subscriptions {
            if old.state(*viewer, *owner) != Some(subscription.state) {
                let (viewer, owner) = (self.text(*viewer), self.text(*owner));
                self.push(Change::SetSubscription { viewer, owner, state: subscription.state });
            }
        }
    }

    /// What is gone is off their lists by now; a list that lost nothing else is written again as it is.
    fn administrators(&mut self) {
        for held in &self.old.administrators {
            if self.new.kind(held.user).is_some() && self.new.administrator(held.user).is_none() {
                self.push(Change::ClearAdministrator { user: self.name(held.user) });
            }
        }
        for administrator in &self.new.administrators {
            let held = self.old.administrator(administrator.user).cloned();
            let is_new = held.is_none();
            let held = held.unwrap_or_else(|| Administrator::new(administrator.user));
            for area in Area::ALL.iter().copied() {
                let same = match area {
                    Area::Teams => held.teams == administrator.teams,
                    area => held.names(area) == administrator.names(area),
                };
                // Who is appointed without anything has an entry all the same.
                if same && !(is_new && area == Area::Sites) {
                    continue;
                }
                let names = match area {
                    Area::Teams => administrator.teams.iter().map(|team| self.name(*team)).collect(),
                    area => administrator.names(area).to_vec(),
                };
                self.push(Change::SetAdministrator { user: self.name(administrator.user), area, names });
            }
        }
    }
}
