//! Applies changes of XPhone's facts: sites and their groups, workgroups, monitoring groups, flags, own settings, transfers. It must
//! never judge who may make them.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind, Result};
use crate::id::{Line, Party};
use crate::policy::change::editor::{Editor, fault};
use crate::policy::change::vocabulary::XphoneChange;
use crate::policy::change::{Direction, DirtyPart, Scope};
use crate::policy::state::Transfer;
use crate::policy::{Area, Domain, User};
use crate::system::System;
use crate::system::xphone::{
    Agreement, Defaults, Label, MonitoringGroup, Person, Setting, Site, SiteGroup, TransferRole, Workgroup,
};
use crate::wording::{expected, quote};

impl Editor<'_> {
    /// Makes a change of XPhone's facts.
    pub fn xphone_change(&mut self, change: XphoneChange<'_>) -> Result<()> {
        use XphoneChange as C;
        match change {
            C::SetSite { user, site, group } => self.set_site(user, Some((site, group.as_deref())))?,
            C::ClearSite { user } => self.set_site(user, None)?,
            C::SetVip { user, on: vip } => self.user_fact(System::Xphone, user, *vip, |user| &mut user.xphone.vip)?,
            C::SetAssistant { user, on: assistant } => {
                self.user_fact(System::Xphone, user, *assistant, |user| &mut user.xphone.assistant)?;
            }
            C::AddSite { name, same_site, other_sites, outside } => {
                self.add_site(name, *same_site, *other_sites, *outside)?
            }
            C::RemoveSite { name } => self.remove_site(name)?,
            C::SetDefault { site, scope, label } => self.set_default(site, *scope, *label)?,
            C::SetAgreement { site, agreement } => self.set_agreement(site, *agreement)?,
            C::AddSiteGroup { site, name } => self.add_site_group(site, name)?,
            C::RemoveSiteGroup { site, name } => self.remove_site_group(site, name)?,
            C::SetGroupDefault { site, group, scope, label } => {
                self.set_group_default(site, group, *scope, Some(*label))?
            }
            C::ClearGroupDefault { site, group, scope } => self.set_group_default(site, group, *scope, None)?,
            C::SetGroupAgreement { site, group, agreement } => {
                self.set_group_agreement(site, group, Some(*agreement))?
            }
            C::ClearGroupAgreement { site, group } => self.set_group_agreement(site, group, None)?,
            C::AddWorkgroup { name, label } => self.add_workgroup(name, *label)?,
            C::RemoveWorkgroup { name } => self.remove_workgroup(name),
            C::SetWorkgroup { name, label } => self.set_workgroup(name, *label)?,
            C::AddMonitoringGroup { name } => self.add_monitoring_group(name)?,
            C::RemoveMonitoringGroup { name } => self.remove_monitoring_group(name),
            C::SetMonitoringGroup { name, direction, label } => {
                self.set_monitoring_group(name, *direction, Some(*label))?
            }
            C::ClearMonitoringGroup { name, direction } => self.set_monitoring_group(name, *direction, None)?,
            C::SetRelationship { owner, viewer, label } => self.set_relationship(owner, viewer, *label)?,
            C::ClearRelationship { owner, viewer } => self.clear_relationship(owner, viewer)?,
            C::ResetRelationships { owner } => self.reset_relationships(owner)?,
            C::BeginTransfer { call, viewer, owner, role } => self.begin_transfer(call, viewer, owner, *role)?,
            C::EndTransfer { call } => self.end_transfer(call),
        }
        Ok(())
    }

    fn set_site(&mut self, user: &str, at: Option<(&str, Option<&str>)>) -> Result<()> {
        let sites = &self.domain.xphone.sites;
        let (site, group) = match at {
            None => (None, None),
            Some((site, group)) => {
                let site = self.look().index_of("site", sites, |site| &site.name, site)?;
                let groups = sites.get(site).map_or(&[][..], |site| &site.groups);
                let what = "group of the site";
                let group = group.map(|group| self.look().index_of(what, groups, |group| &group.name, group));
                (Some(site as u16), group.transpose()?.map(|group| group as u16))
            }
        };
        self.user_fact(System::Xphone, user, site, |user| &mut user.xphone.site)?;
        self.user_fact(System::Xphone, user, group, |user| &mut user.xphone.group)
    }

    fn site(&self, name: &str) -> Result<usize> {
        self.look().index_of("site", &self.domain.xphone.sites, |site| &site.name, name)
    }

    fn site_group(&self, site: &str, name: &str) -> Result<(usize, usize)> {
        let at = self.site(site)?;
        let groups = self.domain.xphone.sites.get(at).map_or(&[][..], |site| &site.groups);
        Ok((at, self.look().index_of("group of the site", groups, |group| &group.name, name)?))
    }

    fn add_site(&mut self, name: &str, same_site: Label, other_sites: Label, outside: Label) -> Result<()> {
        offered(same_site, Label::FOR_USERS, "viewers of the same site")?;
        offered(other_sites, Label::FOR_USERS, "viewers of other sites")?;
        offered(outside, Label::FOR_CONTACTS, "viewers outside")?;
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
        self.rules_of(System::Xphone);
        Ok(())
    }

    fn remove_site(&mut self, name: &str) -> Result<()> {
        let Ok(at) = self.site(name) else { return Ok(()) };
        let index = at as u16;
        if let Some(user) = self.domain.users.iter().find(|user| user.xphone.site == Some(index)) {
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
        self.edit(move |domain| shift(domain, index, -1), move |domain| shift(domain, index, 1));
        self.dirty(DirtyPart::Domain);
        Ok(())
    }

    fn set_default(&mut self, site: &str, scope: Scope, label: Label) -> Result<()> {
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
        self.dirty_users(|user| user.site == Some(at as u16));
        Ok(())
    }

    /// Notes the attributes of the users whose default changed; where they are many, the whole domain.
    fn dirty_users(&mut self, has: impl Fn(&Person) -> bool) {
        /// Beyond so many records, compiling the domain is as fast.
        const FEW: usize = 1024;
        let users = self.domain.users.iter().filter(|user| has(&user.xphone)).map(|user| user.party);
        let users: Vec<Party> = users.take(FEW + 1).collect();
        match users.len() {
            // No answer hangs on the default of a site without users.
            0 => self.dirty(DirtyPart::State),
            count if count > FEW => self.dirty(DirtyPart::Domain),
            _ => users.into_iter().for_each(|user| self.dirty(DirtyPart::Attributes(user))),
        }
    }

    fn set_agreement(&mut self, site: &str, agreement: Agreement) -> Result<()> {
        let at = self.site(site)?;
        self.put(agreement, move |domain| Some(&mut domain.xphone.sites.get_mut(at)?.defaults.agreement));
        self.dirty(DirtyPart::State);
        Ok(())
    }

    fn add_site_group(&mut self, site: &str, name: &str) -> Result<()> {
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
        self.dirty(DirtyPart::State);
        Ok(())
    }

    fn remove_site_group(&mut self, site: &str, name: &str) -> Result<()> {
        let site_at = self.site(site)?;
        let Ok((_, at)) = self.site_group(site, name) else { return Ok(()) };
        let (site_index, index) = (Some(site_at as u16), at as u16);
        let users = &self.domain.users;
        let holds = |user: &&User| user.xphone.site == site_index && user.xphone.group == Some(index);
        if let Some(user) = users.iter().find(holds) {
            let user = quote(&self.names.text(user.party));
            return fault(format!("group {} has users, {user} among them, expected an empty one", quote(name)));
        }
        let shift = move |domain: &mut Domain, by: i32| {
            let users = domain.users.iter_mut().filter(|user| user.xphone.site == site_index);
            for group in users.filter_map(|user| user.xphone.group.as_mut()) {
                if *group >= index {
                    *group = (i32::from(*group) + by) as u16;
                }
            }
        };
        self.take(at, move |domain| Some(&mut domain.xphone.sites.get_mut(site_at)?.groups));
        self.edit(move |domain| shift(domain, -1), move |domain| shift(domain, 1));
        self.dirty(DirtyPart::State);
        Ok(())
    }

    fn set_group_default(&mut self, site: &str, group: &str, scope: Scope, label: Option<Label>) -> Result<()> {
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
        self.dirty_users(|user| user.site == Some(site as u16) && user.group == Some(group as u16));
        Ok(())
    }

    fn set_group_agreement(&mut self, site: &str, group: &str, agreement: Option<Agreement>) -> Result<()> {
        let (site, group) = self.site_group(site, group)?;
        self.put(agreement, move |domain| {
            Some(&mut domain.xphone.sites.get_mut(site)?.groups.get_mut(group)?.agreement)
        });
        self.dirty(DirtyPart::State);
        Ok(())
    }

    pub fn workgroup(&self, name: &str) -> Result<usize> {
        self.look().index_of("workgroup", &self.domain.xphone.workgroups, |group| &group.name, name)
    }

    pub fn monitoring_group(&self, name: &str) -> Result<usize> {
        self.look().index_of("monitoring group", &self.domain.xphone.monitoring_groups, |group| &group.name, name)
    }

    fn add_workgroup(&mut self, name: &str, label: Label) -> Result<()> {
        offered(label, Label::FOR_GROUPS, "a workgroup")?;
        let groups = &self.domain.xphone.workgroups;
        let end = groups.len();
        if self.new_name("workgroup", groups, |group| &group.name, name)? {
            let group = Workgroup { name: name.into(), label, members: Vec::new(), line: Line::default() };
            self.insert(end, group, |domain| Some(&mut domain.xphone.workgroups));
            self.rules_of(System::Xphone);
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

    fn remove_workgroup(&mut self, name: &str) {
        if let Ok(at) = self.workgroup(name) {
            self.take(at, |domain| Some(&mut domain.xphone.workgroups));
            self.unadministered(Area::Workgroups, name);
            self.dirty(DirtyPart::Rules);
        }
    }

    fn set_workgroup(&mut self, name: &str, label: Label) -> Result<()> {
        let at = self.workgroup(name)?;
        offered(label, Label::FOR_GROUPS, "a workgroup")?;
        self.put(label, move |domain| Some(&mut domain.xphone.workgroups.get_mut(at)?.label));
        self.dirty(DirtyPart::Rules);
        Ok(())
    }

    fn add_monitoring_group(&mut self, name: &str) -> Result<()> {
        let groups = &self.domain.xphone.monitoring_groups;
        let end = groups.len();
        if self.new_name("monitoring group", groups, |group| &group.name, name)? {
            let group = MonitoringGroup { name: name.into(), ..MonitoringGroup::default() };
            self.insert(end, group, |domain| Some(&mut domain.xphone.monitoring_groups));
            self.rules_of(System::Xphone);
        }
        Ok(())
    }

    fn remove_monitoring_group(&mut self, name: &str) {
        if let Ok(at) = self.monitoring_group(name) {
            self.take(at, |domain| Some(&mut domain.xphone.monitoring_groups));
            self.unadministered(Area::MonitoringGroups, name);
            self.dirty(DirtyPart::Rules);
        }
    }

    fn set_monitoring_group(&mut self, name: &str, direction: Direction, label: Option<Label>) -> Result<()> {
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
        self.dirty(DirtyPart::Rules);
        Ok(())
    }

    pub fn set_relationship(&mut self, owner: &str, viewer: &str, label: Label) -> Result<()> {
        let (owner, viewer) = self.owner_and_viewer(owner, viewer)?;
        match self.is_user(viewer) {
            true => offered(label, Label::FOR_USERS, "a user")?,
            false => offered(label, Label::FOR_CONTACTS, "an outside contact")?,
        }
        self.relationship(owner, viewer, Some(label));
        self.written(System::Xphone);
        Ok(())
    }

    fn relationship(&mut self, owner: Party, viewer: Party, label: Option<Label>) {
        let held = self.domain.user(owner).and_then(|user| user.xphone.setting(viewer)).map(|setting| setting.label);
        if held != label {
            let entry = label.map(|label| Setting { viewer, label, line: Line::default() });
            self.own((viewer, owner), entry, |user| &mut user.xphone.settings);
        }
        self.dirty_pairs([(viewer, owner)]);
    }

    pub fn clear_relationship(&mut self, owner: &str, viewer: &str) -> Result<()> {
        let owner = self.look().user(owner)?;
        if let Some(viewer) = self.look().person(viewer)?.known() {
            self.relationship(owner, viewer, None);
        }
        Ok(())
    }

    /// X14: removes all own settings of an owner.
    fn reset_relationships(&mut self, owner: &str) -> Result<()> {
        let owner = self.look().user(owner)?;
        let settings = self.domain.user(owner).map_or(&[][..], |user| &user.xphone.settings);
        let pairs: Vec<_> = settings.iter().map(|setting| (setting.viewer, owner)).collect();
        self.put(Vec::new(), move |domain| Some(&mut domain.user_mut(owner)?.xphone.settings));
        self.dirty_pairs(pairs);
        Ok(())
    }

    fn begin_transfer(&mut self, call: &str, viewer: &str, owner: &str, role: TransferRole) -> Result<()> {
        if call.is_empty() || call.len() > 255 {
            return fault(format!("call {}, expected an id of 1 to 255 bytes", quote(call)));
        }
        let (owner, viewer) = self.owner_and_viewer(owner, viewer)?;
        let mut parts = self.domain.state.transfers.get(call).cloned().unwrap_or_default();
        let part = Transfer { viewer, owner, role };
        if !parts.contains(&part) {
            parts.push(part);
        }
        self.map(call.to_owned(), Some(parts), |domain| &mut domain.state.transfers);
        self.dirty_pairs([(viewer, owner)]);
        Ok(())
    }

    fn end_transfer(&mut self, call: &str) {
        let parts = self.domain.state.transfers.get(call).map_or(&[][..], Vec::as_slice);
        let pairs: Vec<_> = parts.iter().map(|part| (part.viewer, part.owner)).collect();
        self.map(call.to_owned(), None, |domain| &mut domain.state.transfers);
        self.dirty_pairs(pairs);
    }

    /// Removes a party from groups, own settings and transfers. Its own settings go with it.
    pub fn remove_from_xphone(&mut self, party: Party) {
        for at in 0..self.domain.xphone.workgroups.len() {
            self.unlist(party, move |domain| Some(&mut domain.xphone.workgroups.get_mut(at)?.members));
        }
        for at in 0..self.domain.xphone.monitoring_groups.len() {
            self.unlist(party, move |domain| Some(&mut domain.xphone.monitoring_groups.get_mut(at)?.observers));
            self.unlist(party, move |domain| Some(&mut domain.xphone.monitoring_groups.get_mut(at)?.members));
        }
        let own = self.domain.user(party).map_or(&[][..], |user| &user.xphone.settings);
        let own: Vec<Party> = own.iter().map(|setting| setting.viewer).collect();
        self.dirty_pairs(own.into_iter().map(|viewer| (viewer, party)));
        let owners = self.domain.users.iter().filter(|user| user.xphone.setting(party).is_some());
        for owner in owners.map(|user| user.party).collect::<Vec<_>>() {
            self.own((party, owner), None, |user| &mut user.xphone.settings);
            self.dirty_pairs([(party, owner)]);
        }
        let names = |part: &Transfer| part.viewer == party || part.owner == party;
        let gone = self.domain.state.transfers.values().flatten().filter(|part| names(part));
        let gone: Vec<_> = gone.map(|part| (part.viewer, part.owner)).collect();
        self.dirty_pairs(gone);
        let calls = self.domain.state.transfers.iter().map(|(call, parts)| {
            let left: Vec<_> = parts.iter().filter(|part| !names(part)).copied().collect();
            (call.clone(), left)
        });
        for (call, left) in calls.collect::<Vec<_>>() {
            self.map(call, Some(left).filter(|left| !left.is_empty()), |domain| &mut domain.state.transfers);
        }
    }
}

/// Checks that the label is in the list offered for it.
fn offered(label: Label, list: &[Label], viewers: &str) -> Result<()> {
    if list.contains(&label) {
        return Ok(());
    }
    let words: Vec<&str> = list.iter().map(|label| label.word()).collect();
    fault(format!("{} is not offered for {viewers}{}", quote(label.word()), expected(&words)))
}

fn labels(scope: Scope) -> &'static [Label] {
    match scope {
        Scope::SameSite | Scope::OtherSites => Label::FOR_USERS,
        Scope::Outside => Label::FOR_CONTACTS,
    }
}
