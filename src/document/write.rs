//! Writes a domain as a document, in the order of the documented example, without default values. The document must load
//! to the same policy. Comments, and whether a login or an extension was written, are lost.
#![forbid(unsafe_code)]

use crate::calendar::{Hours, When, instant_text};
use crate::directory::Directory;
use crate::id::{Kind, Party};
use crate::policy::codes::CodeTable;
use crate::policy::dated::Fact;
use crate::policy::{Area, Domain};
use crate::system::estos::Grant;
use crate::system::keevio::NewUsers;
use crate::system::linewarden::{List, listed_name};
use crate::system::pascom::{Automatic, Permission, PickupNotification};
use crate::system::xphone::{Agreement, Label};
use crate::system::{System, estos};
use std::io::{Result, Write};

/// A list that would make a longer line is written one entry per line.
const WIDTH: usize = 110;

/// Writes `domain`.
pub(super) fn write(domain: &Domain, directory: &Directory, out: &mut dyn Write) -> Result<()> {
    let mut writer = Writer { domain, directory, out };
    writer.text("domain", &domain.name)?;
    writer.list("systems", domain.systems.iter().map(System::name))?;
    writer.people()?;
    writer.xphone()?;
    writer.estos()?;
    writer.pascom()?;
    writer.keevio()?;
    writer.linewarden()?;
    writer.destinations()?;
    writer.administrators()?;
    writer.settings()
}

struct Writer<'w> {
    domain: &'w Domain,
    directory: &'w Directory,
    out: &'w mut dyn Write,
}

impl<'w> Writer<'w> {
    /// A party's plain name, for a list or key that implies its kind.
    fn name(&self, party: Party) -> &'w str {
        self.directory.named(party).map_or("", |named| &named.name)
    }

    fn names(&self, parties: &'w [Party]) -> Vec<&'w str> {
        parties.iter().map(|party| self.name(*party)).collect()
    }

    fn header(&mut self, header: &str) -> Result<()> {
        writeln!(self.out, "\n{header}")
    }

    fn text(&mut self, key: &str, text: &str) -> Result<()> {
        writeln!(self.out, "{key} = {}", quoted(text))
    }

    fn flag(&mut self, key: &str, flag: bool) -> Result<()> {
        writeln!(self.out, "{key} = {flag}")
    }

    /// Writes a key unless its value is `default`.
    fn unless<T: PartialEq>(&mut self, default: T, key: &str, value: T, word: fn(T) -> &'static str) -> Result<()> {
        if value == default { Ok(()) } else { self.text(key, word(value)) }
    }

    fn list<'s>(&mut self, key: &str, texts: impl IntoIterator<Item = &'s str>) -> Result<()> {
        let texts: Vec<String> = texts.into_iter().map(quoted).collect();
        let length = texts.iter().map(|text| text.len() + 2).sum::<usize>() + key.len();
        match length > WIDTH {
            false => writeln!(self.out, "{key} = [{}]", texts.join(", ")),
            true => {
                writeln!(self.out, "{key} = [")?;
                texts.iter().try_for_each(|text| writeln!(self.out, "    {text},"))?;
                writeln!(self.out, "]")
            }
        }
    }

    fn list_unless_empty<'s>(&mut self, key: &str, texts: impl IntoIterator<Item = &'s str>) -> Result<()> {
        let mut texts = texts.into_iter().peekable();
        if texts.peek().is_none() { Ok(()) } else { self.list(key, texts) }
    }

    fn people(&mut self) -> Result<()> {
        let domain = self.domain;
        for user in &domain.users {
            self.header("[[user]]")?;
            self.text("name", self.name(user.party))?;
            self.list_unless_empty("lines", user.lines.iter().map(String::as_str))?;
            self.list_unless_empty("private_lines", user.estos.private_lines.iter().map(String::as_str))?;
            let site = user.xphone.site.and_then(|site| domain.xphone.sites.get(usize::from(site)));
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
            self.unless(estos::Release::default(), "calendar_release", user.estos.release, estos::Release::word)?;
            user.keevio.company.as_ref().map_or(Ok(()), |company| self.text("company", company))?;
            user.keevio.container.as_ref().map_or(Ok(()), |container| self.text("container", container))?;
            self.list_unless_empty("exempt", user.linewarden.exempt.names())?;
        }
        for team in &domain.teams {
            self.header("[[team]]")?;
            self.text("name", self.name(team.party))?;
            self.list_unless_empty("lines", team.lines.iter().map(String::as_str))?;
            self.list_unless_empty("agents", self.names(&team.agents))?;
            let default = PickupNotification::default();
            self.unless(default, "pickup_notification", team.pickup_notification, PickupNotification::word)?;
        }
        for place in &domain.places {
            self.header(if place.kind == Kind::Device { "[[device]]" } else { "[[location]]" })?;
            self.text("name", self.name(place.party))?;
        }
        Ok(())
    }

    fn xphone(&mut self) -> Result<()> {
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

    /// A list of members: names, and tables for those with dates, which `of` picks.
    fn members(&mut self, key: &str, always: &'w [Party], of: impl Fn(&Fact) -> Option<Party>) -> Result<()> {
        let dated = self.domain.dated.iter().filter_map(|dated| Some((of(&dated.fact)?, &dated.when)));
        let dated: Vec<_> = dated.collect();
        if dated.is_empty() {
            return self.list_unless_empty(key, self.names(always));
        }
        writeln!(self.out, "{key} = [")?;
        always.iter().try_for_each(|party| writeln!(self.out, "    {},", quoted(self.name(*party))))?;
        for (party, when) in dated {
            let mut parts = vec![format!("name = {}", quoted(self.name(party)))];
            let instants = [("from", when.from()), ("until", when.until())];
            let instants = instants.into_iter().filter_map(|(key, instant)| Some((key, instant?)));
            parts.extend(instants.map(|(key, instant)| format!("{key} = {}", instant_text(instant))));
            let hours: Vec<String> = when.hours().iter().map(|hours| quoted(&hours.to_string())).collect();
            parts.extend((!hours.is_empty()).then(|| format!("hours = [{}]", hours.join(", "))));
            writeln!(self.out, "    {{ {} }},", parts.join(", "))?;
        }
        writeln!(self.out, "]")
    }

    fn label(&mut self, key: &str, label: Option<Label>) -> Result<()> {
        label.map_or(Ok(()), |label| self.text(key, label.word()))
    }

    fn estos(&mut self) -> Result<()> {
        let estos = &self.domain.estos;
        if estos.global.is_some() || !estos.users_may_grant {
            self.header("[authorization]")?;
            self.grant("level", "rights", estos.global)?;
            if !estos.users_may_grant {
                self.flag("users_may_grant", false)?;
            }
        }
        for group in &estos.groups {
            self.header("[[authorization_group]]")?;
            self.text("name", &group.name)?;
            self.list_unless_empty("members", self.names(&group.members))?;
            self.grant("level", "rights", group.grant)?;
            self.list_unless_empty("leaders", self.names(&group.leaders))?;
            self.grant("leader_level", "leader_rights", group.leader_grant)?;
            if !group.active {
                self.flag("active", false)?;
            }
        }
        for user in &self.domain.users {
            let administrative = user.estos.administrative.iter().map(|grant| (grant, true));
            for (grant, administrative) in administrative.chain(user.estos.grants.iter().map(|grant| (grant, false))) {
                self.header("[[authorization_grant]]")?;
                self.text("owner", self.name(user.party))?;
                self.text("viewer", self.name(grant.viewer))?;
                if administrative {
                    self.flag("administrative", true)?;
                }
                self.grant("level", "rights", Some(grant.grant))?;
            }
        }
        for dated in &self.domain.dated {
            if let Fact::Grant { owner, viewer, grant, administrative } = dated.fact {
                self.header("[[authorization_grant]]")?;
                self.text("owner", self.name(owner))?;
                self.text("viewer", self.name(viewer))?;
                if administrative {
                    self.flag("administrative", true)?;
                }
                self.grant("level", "rights", Some(grant))?;
                self.when(&dated.when)?;
            }
        }
        for (pattern, entry) in &estos.federation {
            self.header("[[federation]]")?;
            self.text("domain", pattern)?;
            self.text("maximum", entry.maximum.word())?;
        }
        Ok(())
    }

    fn grant(&mut self, level_key: &str, rights_key: &str, grant: Option<Grant>) -> Result<()> {
        match grant {
            None => Ok(()),
            Some(Grant::Level(level)) => self.text(level_key, level.word()),
            Some(Grant::Rights(rights)) => self.list(rights_key, rights.shortest()),
        }
    }

    fn pascom(&mut self) -> Result<()> {
        for permission in &self.domain.pascom.permissions {
            let mut usual = Permission::default();
            if permission.name == Permission::ALL {
                usual = Permission::all_as_delivered();
                let manual = [Kind::User, Kind::Team, Kind::Device, Kind::Location];
                let unchanged = permission.types == usual.types && permission.automatic == usual.automatic;
                let dated = |kind: &Kind| {
                    self.domain.dated.iter().any(|dated| member_of(&dated.fact, Permission::ALL, *kind).is_some())
                };
                let empty = |kind: &Kind| permission.manual(*kind).is_empty() && !dated(kind);
                if unchanged && manual.iter().all(empty) {
                    continue;
                }
            }
            self.header("[[permission]]")?;
            self.text("name", &permission.name)?;
            if permission.types != usual.types {
                self.list("types", permission.types.iter().map(|role_type| role_type.word()))?;
            }
            if permission.automatic != usual.automatic {
                let Automatic { users, teams, devices, locations } = permission.automatic;
                let words = [(users, "users"), (teams, "teams"), (devices, "devices"), (locations, "locations")];
                self.list("automatic", words.into_iter().filter(|(on, _)| *on).map(|(_, word)| word))?;
            }
            self.members("users", &permission.users, |fact| member_of(fact, &permission.name, Kind::User))?;
            self.members("teams", &permission.teams, |fact| member_of(fact, &permission.name, Kind::Team))?;
            self.members("devices", &permission.devices, |fact| member_of(fact, &permission.name, Kind::Device))?;
            self.members("locations", &permission.locations, |fact| member_of(fact, &permission.name, Kind::Location))?;
        }
        if self.domain.pascom.show_numbers {
            self.header("[client]")?;
            self.flag("show_numbers", true)?;
        }
        Ok(())
    }

    fn keevio(&mut self) -> Result<()> {
        let keevio = &self.domain.keevio;
        if keevio.realm || keevio.new_users != NewUsers::default() {
            self.header("[presence]")?;
            self.unless(NewUsers::default(), "new_users", keevio.new_users, NewUsers::word)?;
            if keevio.realm {
                self.flag("realm", true)?;
            }
        }
        for ((viewer, owner), subscription) in &keevio.subscriptions {
            self.header("[[subscription]]")?;
            self.text("viewer", self.name(*viewer))?;
            self.text("owner", self.name(*owner))?;
            self.text("state", subscription.state.word())?;
        }
        Ok(())
    }

    fn linewarden(&mut self) -> Result<()> {
        let own = &self.domain.linewarden;
        for group in &own.groups {
            self.header("[[group]]")?;
            self.text("name", &group.name)?;
            self.listed("members", &group.members)?;
        }
        for rule in &own.rules {
            self.header("[[rule]]")?;
            self.text("name", &rule.name)?;
            self.list("rights", rule.rights.shortest())?;
            for (key, list) in rule.lists() {
                self.listed(key, list)?;
            }
            self.when(&rule.when)?;
        }
        Ok(())
    }

    fn destinations(&mut self) -> Result<()> {
        let Some(destinations) = self.domain.linewarden.destinations() else { return Ok(()) };
        let settings = destinations.settings();
        self.header("[destinations]")?;
        self.text("country", &settings.country)?;
        for (key, text) in [("trunk_prefix", &settings.trunk_prefix), ("area", &settings.area)] {
            if !text.is_empty() {
                self.text(key, text)?;
            }
        }
        let prefixes =
            [("national_prefix", &settings.national_prefix), ("international_prefix", &settings.international_prefix)];
        for (key, text) in prefixes {
            text.as_ref().map_or(Ok(()), |text| self.text(key, text))?;
        }
        let lists = [("blocks", &settings.blocks), ("blocked", &settings.blocked), ("emergency", &settings.emergency)];
        for (key, list) in lists {
            self.list_unless_empty(key, list.iter().map(String::as_str))?;
        }
        for (key, classes) in [("forwarding", &settings.forwarding), ("calls", &settings.calls)] {
            classes.as_ref().map_or(Ok(()), |classes| self.list(key, classes.iter().map(String::as_str)))?;
        }
        for (class, prefixes) in &settings.prefixes {
            self.list(&format!("prefixes.{class}"), prefixes.iter().map(String::as_str))?;
        }
        Ok(())
    }

    /// When a fact counts.
    fn when(&mut self, when: &When) -> Result<()> {
        for (key, instant) in [("from", when.from()), ("until", when.until())] {
            if let Some(instant) = instant {
                writeln!(self.out, "{key} = {}", instant_text(instant))?;
            }
        }
        let hours: Vec<String> = when.hours().iter().map(Hours::to_string).collect();
        self.list_unless_empty("hours", hours.iter().map(String::as_str))
    }

    /// A list of parties, groups and words.
    fn listed(&mut self, key: &str, list: &List) -> Result<()> {
        let words = list.words.iter().map(|word| word.word().to_owned());
        let groups = list.groups.iter().map(|group| format!("group:{group}"));
        let name = |party: &Party| listed_name(self.directory.text(*party).to_string(), &self.domain.name);
        let parties = list.parties.iter().map(name);
        let texts: Vec<String> = words.chain(groups).chain(parties).collect();
        self.list_unless_empty(key, texts.iter().map(String::as_str))
    }

    fn administrators(&mut self) -> Result<()> {
        for administrator in &self.domain.administrators {
            self.header("[[administrator]]")?;
            self.text("user", self.name(administrator.user))?;
            for area in Area::ALL {
                self.list_unless_empty(area.word(), administrator.names(*area).iter().map(String::as_str))?;
            }
            self.list_unless_empty(Area::Teams.word(), self.names(&administrator.teams))?;
        }
        Ok(())
    }

    fn settings(&mut self) -> Result<()> {
        for system in [System::Xphone, System::Estos] {
            let mut rows = self.domain.overrides.iter().filter(|row| row.system == system).peekable();
            if rows.peek().is_some() {
                self.header(&format!("[matrix.{}]", system.name()))?;
            }
            for row in rows {
                self.list(&quoted(&row.key), row.levels.iter().map(String::as_str))?;
            }
        }
        let usual = CodeTable::default();
        let mut codes = self.domain.codes.iter().filter(|(function, code)| usual.code(*function) != *code).peekable();
        if codes.peek().is_some() {
            self.header("[codes]")?;
        }
        codes.try_for_each(|(function, code)| self.text(function.key(), code))
    }
}

/// The party with dates that a fact puts on that list of a permission.
fn member_of(fact: &Fact, name: &str, of: Kind) -> Option<Party> {
    match fact {
        Fact::PermissionMember { permission, kind, member } if permission == name && *kind == of => Some(*member),
        _ => None,
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000A\"");
    }
}
