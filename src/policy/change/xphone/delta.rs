//! The difference of XPhone's facts as changes: sites, workgroups, monitoring groups, own settings. It must never look at another
//! system's facts.
#![forbid(unsafe_code)]

use crate::policy::change::delta::{Delta, by_name};
use crate::policy::change::{Change, Direction, List, Scope};
use crate::policy::{Domain, User};
use crate::system::xphone::{Label, Site};

impl Delta<'_> {
    /// Added sites and groups, and all defaults. Sites are removed after their users have left: see `sites_gone`.
    pub fn sites(&mut self) {
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

    /// Site and flags of a user.
    pub fn xphone_user(&mut self, old: Option<&User>, new: &User) {
        let user = self.name(new.party);
        let site = |domain: &Domain, user: &User| {
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
    }

    pub fn sites_gone(&mut self) {
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

    pub fn xphone(&mut self) {
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
        self.relationships();
    }

    /// Own settings.
    fn relationships(&mut self) {
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
}
