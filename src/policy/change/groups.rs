//! Applies changes of what holds many people: sites, groups, permissions, and who is on their lists.
#![forbid(unsafe_code)]

use super::edit::{Editor, fault};
use super::{Assigned, Direction, Effect, Group, List, Scope, Touch};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Kind, Line, Party};
use crate::policy::valid::name_fault;
use crate::policy::{Area, Domain};
use crate::system::estos::{AuthorizationGroup, Grant, Level};
use crate::system::pascom::{Permission, RoleType};
use crate::system::xphone::{Agreement, Defaults, Label, MonitoringGroup, Site, SiteGroup, Workgroup};
use crate::system::{System, estos};
use crate::wording::{expected, quote};

/// A label that its list offers.
pub(super) fn offered(label: Label, list: &[Label], whose: &str) -> Result<()> {
    if list.contains(&label) {
        return Ok(());
    }
    let words: Vec<&str> = list.iter().map(|label| label.word()).collect();
    fault(format!("{} is not offered for {whose}{}", quote(label.word()), expected(&words)))
}

fn labels(scope: Scope) -> &'static [Label] {
    match scope {
        Scope::SameSite | Scope::OtherSites => Label::FOR_INSIDERS,
        Scope::Outside => Label::FOR_OUTSIDERS,
    }
}

/// A level that is offered to the administrator (E8).
pub(super) fn administrative(grant: Grant, domain: &Domain) -> Result<()> {
    match grant {
        Grant::Level(level) if !Level::ADMINISTRATIVE.contains(&level) => {
            let words: Vec<&str> = Level::ADMINISTRATIVE.iter().map(|level| level.word()).collect();
            fault(format!("{} is not offered to the administrator{}", quote(level.word()), expected(&words)))
        }
        Grant::Level(_) => Ok(()),
        Grant::Rights(_) => single(grant, domain),
    }
}

/// Single rights are of the function table.
pub(super) fn single(grant: Grant, domain: &Domain) -> Result<()> {
    match grant {
        Grant::Rights(rights) if !domain.estos.tables.single_rights().contains(rights) => {
            fault("rights that estos cannot give one by one")
        }
        _ => Ok(()),
    }
}

impl Editor<'_> {
    fn new_name<T>(&self, what: &str, list: &[T], name_of: fn(&T) -> &String, name: &str) -> Result<bool> {
        if list.iter().any(|thing| name_of(thing) == name) {
            return Ok(false);
        }
        name_fault(name).map_or(Ok(true), |wrong| fault(format!("name of a {what} {wrong}")))
    }

    fn whole(&mut self, system: System) {
        if !self.undo.is_empty() {
            self.written(system);
        }
        self.touch(Effect::Domain);
    }

    // --- sites ---

    fn site(&self, name: &str) -> Result<usize> {
        self.look().place("site", &self.domain.xphone.sites, |site| &site.name, name)
    }

    fn site_group(&self, site: &str, name: &str) -> Result<(usize, usize)> {
        let at = self.site(site)?;
        let groups = self.domain.xphone.sites.get(at).map_or(&[][..], |site| &site.groups);
        Ok((at, self.look().place("group of the site", groups, |group| &group.name, name)?))
    }

    pub fn add_site(&mut self, name: &str, same_site: Label, other_sites: Label, outside: Label) -> Result<()> {
        offered(same_site, Label::FOR_INSIDERS, "viewers of the same site")?;
        offered(other_sites, Label::FOR_INSIDERS, "viewers of other sites")?;
        offered(outside, Label::FOR_OUTSIDERS, "viewers outside")?;
        let sites = &self.domain.xphone.sites;
        let at = sites.len();
        if at >= usize::from(u16::MAX) {
            return Err(Error::new(ErrorKind::Limit, format!("more than {} sites", u16::MAX)));
        }
        if !self.new_name("site", sites, |site| &site.name, name)? {
            return Ok(());
        }
        let defaults = Defaults { same_site, other_sites, outside, agreement: Agreement::default() };
        let site = Site { name: name.into(), defaults, groups: Vec::new(), line: Line::default() };
        self.insert(at, site, |domain| Some(&mut domain.xphone.sites));
        self.whole(System::Xphone);
        Ok(())
    }

    pub fn remove_site(&mut self, name: &str) -> Result<()> {
        let Ok(at) = self.site(name) else { return Ok(()) };
        let place = at as u16;
        if let Some(user) = self.domain.users.iter().find(|user| user.xphone.site == Some(place)) {
            let user = quote(&self.names.text(user.party));
            return fault(format!("site {} has users, {user} among them, expected an empty one", quote(name)));
        }
        let shift = |domain: &mut Domain, from: u16, by: i32| {
            for site in domain.users.iter_mut().filter_map(|user| user.xphone.site.as_mut()) {
                if *site >= from {
                    *site = (i32::from(*site) + by) as u16;
                }
            }
        };
        self.take(at, |domain| Some(&mut domain.xphone.sites));
        self.unadministered(Area::Sites, name);
        self.edit(move |domain| shift(domain, place, -1), move |domain| shift(domain, place, 1));
        self.touch(Effect::Domain);
        Ok(())
    }

    pub fn set_default(&mut self, site: &str, scope: Scope, label: Label) -> Result<()> {
        let at = self.site(site)?;
        offered(label, labels(scope), scope.word())?;
        self.put(label, move |domain| {
            let defaults = &mut domain.xphone.sites.get_mut(at)?.defaults;
            Some(match scope {
                Scope::SameSite => &mut defaults.same_site,
                Scope::OtherSites => &mut defaults.other_sites,
                Scope::Outside => &mut defaults.outside,
            })
        });
        self.touch(Effect::Domain);
        Ok(())
    }

    pub fn set_agreement(&mut self, site: &str, agreement: Agreement) -> Result<()> {
        let at = self.site(site)?;
        self.put(agreement, move |domain| Some(&mut domain.xphone.sites.get_mut(at)?.defaults.agreement));
        self.touch(Effect::State);
        Ok(())
    }

    pub fn add_site_group(&mut self, site: &str, name: &str) -> Result<()> {
        let at = self.site(site)?;
        let groups = self.domain.xphone.sites.get(at).map_or(&[][..], |site| &site.groups);
        let end = groups.len();
        if end >= usize::from(u16::MAX) {
            return Err(Error::new(ErrorKind::Limit, format!("more than {} groups of a site", u16::MAX)));
        }
        if self.new_name("group of a site", groups, |group| &group.name, name)? {
            let group = SiteGroup { name: name.into(), ..SiteGroup::default() };
            self.insert(end, group, move |domain| Some(&mut domain.xphone.sites.get_mut(at)?.groups));
        }
        self.touch(Effect::State);
        Ok(())
    }

    pub fn remove_site_group(&mut self, site: &str, name: &str) -> Result<()> {
        let site_at = self.site(site)?;
        let Ok((_, at)) = self.site_group(site, name) else { return Ok(()) };
        let (site_place, place) = (Some(site_at as u16), at as u16);
        let users = &self.domain.users;
        let holds = |user: &&crate::policy::User| user.xphone.site == site_place && user.xphone.group == Some(place);
        if let Some(user) = users.iter().find(holds) {
            let user = quote(&self.names.text(user.party));
            return fault(format!("group {} has users, {user} among them, expected an empty one", quote(name)));
        }
        let shift = move |domain: &mut Domain, by: i32| {
            let users = domain.users.iter_mut().filter(|user| user.xphone.site == site_place);
            for group in users.filter_map(|user| user.xphone.group.as_mut()) {
                if *group >= place {
                    *group = (i32::from(*group) + by) as u16;
                }
            }
        };
        self.take(at, move |domain| Some(&mut domain.xphone.sites.get_mut(site_at)?.groups));
        self.edit(move |domain| shift(domain, -1), move |domain| shift(domain, 1));
        self.touch(Effect::State);
        Ok(())
    }

    pub fn set_group_default(&mut self, site: &str, group: &str, scope: Scope, label: Option<Label>) -> Result<()> {
        let (site, group) = self.site_group(site, group)?;
        label.map_or(Ok(()), |label| offered(label, labels(scope), scope.word()))?;
        self.put(label, move |domain| {
            let group = domain.xphone.sites.get_mut(site)?.groups.get_mut(group)?;
            Some(match scope {
                Scope::SameSite => &mut group.same_site,
                Scope::OtherSites => &mut group.other_sites,
                Scope::Outside => &mut group.outside,
            })
        });
        self.touch(Effect::Domain);
        Ok(())
    }

    pub fn set_group_agreement(&mut self, site: &str, group: &str, agreement: Option<Agreement>) -> Result<()> {
        let (site, group) = self.site_group(site, group)?;
        self.put(agreement, move |domain| {
            Some(&mut domain.xphone.sites.get_mut(site)?.groups.get_mut(group)?.agreement)
        });
        self.touch(Effect::State);
        Ok(())
    }

    // --- workgroups and monitoring groups ---

    fn workgroup(&self, name: &str) -> Result<usize> {
        self.look().place("workgroup", &self.domain.xphone.workgroups, |group| &group.name, name)
    }

    fn monitoring_group(&self, name: &str) -> Result<usize> {
        self.look().place("monitoring group", &self.domain.xphone.monitoring_groups, |group| &group.name, name)
    }

    pub fn add_workgroup(&mut self, name: &str, label: Label) -> Result<()> {
        offered(label, Label::FOR_GROUPS, "a workgroup")?;
        let groups = &self.domain.xphone.workgroups;
        let end = groups.len();
        if self.new_name("workgroup", groups, |group| &group.name, name)? {
            let group = Workgroup { name: name.into(), label, members: Vec::new(), line: Line::default() };
            self.insert(end, group, |domain| Some(&mut domain.xphone.workgroups));
            self.whole(System::Xphone);
            return Ok(());
        }
        match groups.iter().find(|group| group.name == name).filter(|group| group.label != label) {
            Some(group) => fault(format!(
                "workgroup {} is there with label {}, expected `set workgroup`",
                quote(name),
                quote(group.label.word())
            )),
            None => Ok(()),
        }
    }

    pub fn remove_workgroup(&mut self, name: &str) {
        if let Ok(at) = self.workgroup(name) {
            self.take(at, |domain| Some(&mut domain.xphone.workgroups));
            self.unadministered(Area::Workgroups, name);
            self.touch(Effect::Domain);
        }
    }

    pub fn set_workgroup(&mut self, name: &str, label: Label) -> Result<()> {
        let at = self.workgroup(name)?;
        offered(label, Label::FOR_GROUPS, "a workgroup")?;
        self.put(label, move |domain| Some(&mut domain.xphone.workgroups.get_mut(at)?.label));
        self.touch(Effect::Domain);
        Ok(())
    }

    pub fn add_monitoring_group(&mut self, name: &str) -> Result<()> {
        let groups = &self.domain.xphone.monitoring_groups;
        let end = groups.len();
        if self.new_name("monitoring group", groups, |group| &group.name, name)? {
            let group = MonitoringGroup { name: name.into(), ..MonitoringGroup::default() };
            self.insert(end, group, |domain| Some(&mut domain.xphone.monitoring_groups));
            self.whole(System::Xphone);
        }
        Ok(())
    }

    pub fn remove_monitoring_group(&mut self, name: &str) {
        if let Ok(at) = self.monitoring_group(name) {
            self.take(at, |domain| Some(&mut domain.xphone.monitoring_groups));
            self.unadministered(Area::MonitoringGroups, name);
            self.touch(Effect::Domain);
        }
    }

    pub fn set_monitoring_group(&mut self, name: &str, direction: Direction, label: Option<Label>) -> Result<()> {
        let at = self.monitoring_group(name)?;
        label.map_or(Ok(()), |label| offered(label, Label::FOR_GROUPS, "a monitoring group"))?;
        self.put(label, move |domain| {
            let group = domain.xphone.monitoring_groups.get_mut(at)?;
            Some(match direction {
                Direction::ObserversToMembers => &mut group.observers_to_members,
                Direction::MembersToObservers => &mut group.members_to_observers,
                Direction::AmongObservers => &mut group.among_observers,
                Direction::AmongMembers => &mut group.among_members,
            })
        });
        self.touch(Effect::Domain);
        Ok(())
    }

    // --- authorization groups ---

    fn authorization_group(&self, name: &str) -> Result<usize> {
        self.look().place("authorization group", &self.domain.estos.groups, |group| &group.name, name)
    }

    pub fn add_authorization_group(&mut self, name: &str) -> Result<()> {
        let groups = &self.domain.estos.groups;
        let end = groups.len();
        if self.new_name("authorization group", groups, |group| &group.name, name)? {
            let group = AuthorizationGroup { name: name.into(), active: true, ..AuthorizationGroup::default() };
            self.insert(end, group, |domain| Some(&mut domain.estos.groups));
            self.whole(System::Estos);
        }
        Ok(())
    }

    pub fn remove_authorization_group(&mut self, name: &str) {
        if let Ok(at) = self.authorization_group(name) {
            self.take(at, |domain| Some(&mut domain.estos.groups));
            self.touch(Effect::Domain);
        }
    }

    /// A fact of an authorization group.
    pub fn group_fact<T: PartialEq + Send + 'static>(
        &mut self,
        name: &str,
        value: T,
        place: fn(&mut AuthorizationGroup) -> &mut T,
    ) -> Result<()> {
        let at = self.authorization_group(name)?;
        self.put(value, move |domain| domain.estos.groups.get_mut(at).map(place));
        self.touch(Effect::Domain);
        Ok(())
    }

    pub fn set_group_grant(
        &mut self,
        name: &str,
        grant: Grant,
        place: fn(&mut AuthorizationGroup) -> &mut Option<Grant>,
    ) -> Result<()> {
        administrative(grant, self.domain)?;
        self.group_fact(name, Some(grant), place)
    }

    pub fn set_authorization(&mut self, grant: Option<Grant>) -> Result<()> {
        grant.map_or(Ok(()), |grant| administrative(grant, self.domain))?;
        self.put(grant, |domain| Some(&mut domain.estos.global));
        self.whole(System::Estos);
        Ok(())
    }

    pub fn set_federation(&mut self, pattern: &str, maximum: Option<Level>) -> Result<()> {
        let Some(pattern) = crate::address::pattern(pattern) else {
            let wanted = "`partner.example`, `*.partner.example` or `*`";
            return fault(format!("federation with {}, expected {wanted}", quote(pattern)));
        };
        if pattern == self.domain.name {
            return fault(format!("federation with the own domain {}, expected another", quote(&pattern)));
        }
        let entries = &self.domain.estos.federation;
        match (entries.iter().position(|entry| entry.pattern == pattern), maximum) {
            (Some(at), Some(maximum)) => {
                self.put(maximum, move |domain| Some(&mut domain.estos.federation.get_mut(at)?.maximum));
            }
            (Some(at), None) => self.take(at, |domain| Some(&mut domain.estos.federation)),
            (None, Some(maximum)) => {
                let (end, line) = (entries.len(), Line::default());
                let entry = estos::Federation { pattern, maximum, line };
                self.insert(end, entry, |domain| Some(&mut domain.estos.federation));
            }
            (None, None) => {}
        }
        self.whole(System::Estos);
        Ok(())
    }

    // --- permissions ---

    fn permission(&self, name: &str) -> Result<usize> {
        self.look().place("permission", &self.domain.pascom.permissions, |permission| &permission.name, name)
    }

    pub fn add_permission(&mut self, name: &str) -> Result<()> {
        let permissions = &self.domain.pascom.permissions;
        let end = permissions.len();
        if self.new_name("permission", permissions, |permission| &permission.name, name)? {
            let permission = Permission { name: name.into(), ..Permission::default() };
            self.insert(end, permission, |domain| Some(&mut domain.pascom.permissions));
            self.whole(System::Pascom);
        }
        Ok(())
    }

    pub fn remove_permission(&mut self, name: &str) -> Result<()> {
        if name == Permission::ALL {
            return Err(Error::new(ErrorKind::Refused, "the permission `All` cannot be removed, by nobody (P1)"));
        }
        if let Ok(at) = self.permission(name) {
            self.take(at, |domain| Some(&mut domain.pascom.permissions));
            self.unadministered(Area::Permissions, name);
            self.touch(Effect::Domain);
        }
        Ok(())
    }

    pub fn role_type(&mut self, permission: &str, role_type: RoleType, on: bool) -> Result<()> {
        let at = self.permission(permission)?;
        let types = self.domain.pascom.permissions.get(at).map(|permission| permission.types).unwrap_or_default();
        let types = if on { types.with(role_type) } else { types.without(role_type) };
        self.put(types, move |domain| Some(&mut domain.pascom.permissions.get_mut(at)?.types));
        self.whole(System::Pascom);
        Ok(())
    }

    pub fn set_automatic(&mut self, permission: &str, kind: Assigned, on: bool) -> Result<()> {
        let at = self.permission(permission)?;
        self.put(on, move |domain| {
            let automatic = &mut domain.pascom.permissions.get_mut(at)?.automatic;
            Some(match kind {
                Assigned::Users => &mut automatic.users,
                Assigned::Teams => &mut automatic.teams,
                Assigned::Devices => &mut automatic.devices,
                Assigned::Locations => &mut automatic.locations,
            })
        });
        self.whole(System::Pascom);
        Ok(())
    }

    // --- lists ---

    /// Puts parties on a list or takes them off.
    pub fn members(&mut self, list: List, of: &str, parties: &[String], on: bool) -> Result<()> {
        let at = match list {
            List::Workgroup => self.workgroup(of)?,
            List::Observers | List::Monitored => self.monitoring_group(of)?,
            List::AuthorizationGroup | List::Leaders => self.authorization_group(of)?,
            List::Permission => self.permission(of)?,
            List::Agents => return self.agents(of, parties, on),
        };
        let group = match list {
            List::Workgroup => Group::Workgroup(at),
            List::Observers | List::Monitored => Group::Monitoring(at),
            List::AuthorizationGroup | List::Leaders => Group::Authorization(at),
            List::Permission | List::Agents => Group::Permission(at),
        };
        let mut touched = Vec::new();
        for text in parties {
            let party = if list == List::Permission { self.look().party(text)? } else { self.look().user(text)? };
            let kind = self.domain.kind(party).unwrap_or(Kind::Contact);
            self.list(party, on, move |domain| match list {
                List::Workgroup => Some(&mut domain.xphone.workgroups.get_mut(at)?.members),
                List::Observers => Some(&mut domain.xphone.monitoring_groups.get_mut(at)?.observers),
                List::Monitored => Some(&mut domain.xphone.monitoring_groups.get_mut(at)?.members),
                List::AuthorizationGroup => Some(&mut domain.estos.groups.get_mut(at)?.members),
                List::Leaders => Some(&mut domain.estos.groups.get_mut(at)?.leaders),
                List::Permission => domain.pascom.permissions.get_mut(at)?.manual_mut(kind),
                List::Agents => None,
            });
            self.touched.push(Touch::Member(group, party));
            touched.push(party);
        }
        self.touch(Effect::Parties(touched));
        Ok(())
    }

    fn agents(&mut self, team: &str, parties: &[String], on: bool) -> Result<()> {
        let team = self.look().of_kind(Kind::Team, team)?;
        let mut pairs = Vec::new();
        for text in parties {
            let agent: Party = self.look().user(text)?;
            pairs.push((agent, team));
            self.list(agent, on, move |domain| Some(&mut domain.team_mut(team)?.agents));
            if !on {
                self.pair((team, agent), false, |domain| &mut domain.state.logged_out);
                self.pair((team, agent), false, |domain| &mut domain.state.paused);
            }
        }
        if !self.undo.is_empty() {
            self.written(System::Pascom);
        }
        self.touch(Effect::Pairs(pairs));
        Ok(())
    }
}
