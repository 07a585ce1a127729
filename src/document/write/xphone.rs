//! Writes XPhone's facts: its keys of a user, sites, groups and own settings. It must never write facts of another system.
#![forbid(unsafe_code)]

use super::Writer;
use crate::policy::User;
use crate::policy::dated::Fact;
use crate::system::xphone::{Agreement, Label};
use std::io::Result;

impl Writer<'_> {
    /// Its keys of a user.
    pub(super) fn xphone_user(&mut self, user: &User) -> Result<()> {
        let site = user.xphone.site.and_then(|site| self.domain.xphone.sites.get(usize::from(site)));
        if let Some(site) = site {
            self.text("site", &site.name)?;
            let group = user.xphone.group.and_then(|group| site.groups.get(usize::from(group)));
            group.map_or(Ok(()), |group| self.text("group", &group.name))?;
        }
        if user.xphone.vip {
            self.flag("vip", true)?;
        }
        if user.xphone.assistant {
            self.flag("assistant", true)?;
        }
        Ok(())
    }

    /// Its tables.
    pub(super) fn xphone(&mut self) -> Result<()> {
        let xphone = &self.domain.xphone;
        for site in &xphone.sites {
            self.header("[[site]]")?;
            self.text("name", &site.name)?;
            self.text("same_site", site.defaults.same_site.word())?;
            self.text("other_sites", site.defaults.other_sites.word())?;
            self.text("outside", site.defaults.outside.word())?;
            self.unless(Agreement::default(), "agreement", site.defaults.agreement, Agreement::word)?;
            for group in &site.groups {
                self.header("[[site.group]]")?;
                self.text("name", &group.name)?;
                self.label("same_site", group.same_site)?;
                self.label("other_sites", group.other_sites)?;
                self.label("outside", group.outside)?;
                group.agreement.map_or(Ok(()), |agreement| self.text("agreement", agreement.word()))?;
            }
        }
        for group in &xphone.workgroups {
            self.header("[[workgroup]]")?;
            self.text("name", &group.name)?;
            self.text("level", group.label.word())?;
            self.members("members", &group.members, |fact| match fact {
                Fact::WorkgroupMember { group: name, member } if *name == group.name => Some(*member),
                _ => None,
            })?;
        }
        for group in &xphone.monitoring_groups {
            self.header("[[monitoring_group]]")?;
            self.text("name", &group.name)?;
            self.list_unless_empty("observers", self.names(&group.observers))?;
            self.list_unless_empty("members", self.names(&group.members))?;
            self.label("observers_to_members", group.observers_to_members)?;
            self.label("members_to_observers", group.members_to_observers)?;
            self.label("among_observers", group.among_observers)?;
            self.label("among_members", group.among_members)?;
        }
        for user in &self.domain.users {
            for setting in &user.xphone.settings {
                self.header("[[relationship]]")?;
                self.text("owner", self.name(user.party))?;
                self.text("viewer", self.name(setting.viewer))?;
                self.text("level", setting.label.word())?;
            }
        }
        for dated in &self.domain.dated {
            if let Fact::Setting { owner, viewer, label } = dated.fact {
                self.header("[[relationship]]")?;
                self.text("owner", self.name(owner))?;
                self.text("viewer", self.name(viewer))?;
                self.text("level", label.word())?;
                self.when(&dated.when)?;
            }
        }
        Ok(())
    }

    fn label(&mut self, key: &str, label: Option<Label>) -> Result<()> {
        label.map_or(Ok(()), |label| self.text(key, label.word()))
    }
}
