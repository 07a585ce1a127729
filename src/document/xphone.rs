//! XPhone's part of a document, read and written: sites, groups, its keys of a user and the owners' own settings. It must never touch
//! facts of another system. The line of a workgroup and of a relationship is that of its `level`; that of a site, a site's group and a
//! monitoring group is the line of its header.
#![forbid(unsafe_code)]

use super::fault::{Cx, Pool, meant, quote};
use super::load::names::{Names, Pair, Pairs};
use super::load::plain::{Parsed, Plain};
use super::load::when::{members, split};
use super::table::{Keys, Once, Table, Text, TopLevel, choose};
use super::write::Writer;
use crate::calendar::When;
use crate::error::Result;
use crate::id::{Kind, Party};
use crate::keyed::KeyedHash;
use crate::policy::User;
use crate::policy::dated::{Dated, Fact};
use crate::system::System;
use crate::system::xphone::{Agreement, Defaults, Label, MonitoringGroup, Person, Setting, Site, SiteGroup, Workgroup};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

/// A site's groups by name: their index in the site, and the offset of their name.
type Groups = BTreeMap<String, (u16, usize)>;

/// Its keys.
pub(super) const KEYS: Keys = Keys {
    system: System::Xphone,
    top: &["site", "workgroup", "monitoring_group", "relationship"],
    single: &[],
    user: &["site", "group", "vip", "assistant"],
};
/// Keys of a site.
const SITE: &[&str] = &["name", "same_site", "other_sites", "outside", "agreement", "group"];
/// Keys of a site's group.
const GROUP: &[&str] = &["name", "same_site", "other_sites", "outside", "agreement"];
/// Keys of a workgroup.
const WORKGROUP: &[&str] = &["name", "level", "members"];
/// Keys of a monitoring group.
const MONITORING_GROUP: &[&str] = &[
    "name",
    "observers",
    "members",
    "observers_to_members",
    "members_to_observers",
    "among_observers",
    "among_members",
];
/// Keys of a relationship.
const RELATIONSHIP: &[&str] = &["owner", "viewer", "level", "from", "until", "hours"];

/// XPhone's facts as a document writes them.
#[derive(Default)]
pub(super) struct Raw<'a> {
    sites: Vec<Site>,
    site_names: SiteNames,
    once: Once,
    workgroups: Vec<RawWorkgroup<'a>>,
    workgroup_names: Once,
    monitoring_groups: Vec<RawMonitoringGroup<'a>>,
    monitoring_names: Once,
    relationships: Vec<Relationship<'a>>,
}

/// A relationship in the order of the document.
enum Relationship<'a> {
    Plain(Plain),
    Other(Box<Parsed<'a>>),
}

impl<'a> Relationship<'a> {
    fn read(&self, cx: &Cx<'a>) -> Parsed<'a> {
        match self {
            Relationship::Plain(plain) => plain.read(cx),
            Relationship::Other(read) => (**read).clone(),
        }
    }
}

struct RawWorkgroup<'a> {
    group: Workgroup,
    members: Vec<(Text<'a>, When)>,
    at: usize,
}

struct RawMonitoringGroup<'a> {
    group: MonitoringGroup,
    observers: Vec<Text<'a>>,
    members: Vec<Text<'a>>,
}

/// Indices of sites, and of the groups in each, by name.
#[derive(Default)]
pub(super) struct SiteNames {
    sites: HashMap<String, (u16, Groups)>,
    last: Option<String>,
}

impl SiteNames {
    /// The site of that name and its groups.
    pub fn get(&self, name: &str) -> Option<(u16, &Groups)> {
        self.sites.get(name).map(|(index, groups)| (*index, groups))
    }
}

impl<'a> Raw<'a> {
    /// Reads the tables of one of its keys.
    pub fn read(&mut self, cx: &Cx<'a>, top: &TopLevel<'_, 'a>) {
        match top.key {
            "site" => top.tables(SITE).iter().for_each(|table| self.site(cx, table)),
            "workgroup" => top.tables(WORKGROUP).iter().for_each(|table| self.workgroup(cx, table)),
            "monitoring_group" => {
                top.tables(MONITORING_GROUP).iter().for_each(|table| self.monitoring_group(cx, table));
            }
            _ => top.tables(RELATIONSHIP).iter().for_each(|table| self.relationship(cx, table)),
        }
    }

    /// Reads a `[[site]]` with its groups.
    fn site(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let same_site = table.need_word("same_site", Label::FOR_USERS);
        let other_sites = table.need_word("other_sites", Label::FOR_USERS);
        let outside = table.need_word("outside", Label::FOR_CONTACTS);
        let agreement = table.word("agreement", Agreement::ALL).unwrap_or_default();
        let name = table.name("name").filter(|name| self.once.is_new(cx, "site", name));
        if let Some(name) = name {
            // A site with faulty defaults is still registered, so that its users do not get a second fault.
            let unset = Label::Unknown;
            let defaults = Defaults {
                same_site: same_site.unwrap_or(unset),
                other_sites: other_sites.unwrap_or(unset),
                outside: outside.unwrap_or(unset),
                agreement,
            };
            let Some(index) = u16::try_from(self.sites.len()).ok().filter(|index| *index < u16::MAX) else {
                return cx.fault(table.at, format!("more than {} sites", u16::MAX));
            };
            self.sites.push(Site { name: name.to_string(), defaults, groups: Vec::new(), line: cx.line(table.at) });
            self.site_names.sites.insert(name.to_string(), (index, Groups::new()));
            self.site_names.last = Some(name.to_string());
            self.groups(cx, table);
        }
    }

    /// Reads the groups in `table`, which are the last site's.
    pub fn groups(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let Some(groups) = table.get("group") else { return };
        let names = self.site_names.last.as_ref().and_then(|last| self.site_names.sites.get_mut(last));
        let (Some(site), Some((_, names))) = (self.sites.last_mut(), names) else {
            return cx.fault(table.at, "[[site.group]] without a [[site]] before it");
        };
        for table in table.tables(groups.value, "[[site.group]]", GROUP) {
            let Some(name) = table.name("name") else { continue };
            if let Some((_, first)) = names.get(&*name) {
                let (group, site, line) = (quote(&name), quote(&site.name), cx.line(*first).0);
                cx.fault(name.at, format!("a second group {group} of site {site}, the first is in line {line}"));
                continue;
            }
            let Some(index) = u16::try_from(site.groups.len()).ok().filter(|index| *index < u16::MAX) else {
                return cx.fault(table.at, format!("more than {} groups of a site", u16::MAX));
            };
            names.insert(name.to_string(), (index, name.at));
            site.groups.push(SiteGroup {
                name: name.to_string(),
                same_site: table.word("same_site", Label::FOR_USERS),
                other_sites: table.word("other_sites", Label::FOR_USERS),
                outside: table.word("outside", Label::FOR_CONTACTS),
                agreement: table.word("agreement", Agreement::ALL),
                line: cx.line(table.at),
            });
        }
    }

    /// Reads a `[[workgroup]]`.
    fn workgroup(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let members = members(cx, table, "members");
        let label = table.need_word("level", Label::FOR_GROUPS);
        let name = table.name("name").filter(|name| self.workgroup_names.is_new(cx, "workgroup", name));
        // Without a valid name or level the members are still resolved, to report all faults together.
        let group = Workgroup {
            name: name.map_or_else(String::new, |name| name.text.into_owned()),
            label: label.unwrap_or(Label::External),
            members: Vec::new(),
            line: cx.line(table.place("level")),
        };
        self.workgroups.push(RawWorkgroup { group, members, at: table.at });
    }

    /// Reads a `[[monitoring_group]]`.
    fn monitoring_group(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let name = table.name("name").filter(|name| self.monitoring_names.is_new(cx, "monitoring group", name));
        let label = |key| table.word(key, Label::FOR_GROUPS);
        let group = MonitoringGroup {
            name: name.map_or_else(String::new, |name| name.text.into_owned()),
            observers: Vec::new(),
            members: Vec::new(),
            observers_to_members: label("observers_to_members"),
            members_to_observers: label("members_to_observers"),
            among_observers: label("among_observers"),
            among_members: label("among_members"),
            line: cx.line(table.at),
        };
        let (observers, members) = (table.texts("observers"), table.texts("members"));
        self.monitoring_groups.push(RawMonitoringGroup { group, observers, members });
    }

    /// Reads a `[[relationship]]`.
    fn relationship(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let (pair, level) = (Pair::read(cx, table), table.need("level"));
        if let Some((pair, level)) = pair.zip(level) {
            self.relationships.push(Relationship::Other(Box::new((pair, level, table.place("level")))));
        }
    }

    /// Takes a relationship that needed no parser.
    pub fn plain(&mut self, plain: Plain) {
        self.relationships.push(Relationship::Plain(plain));
    }

    /// Moves the sites to the domain and returns their names, which users refer to.
    pub fn take_sites(&mut self, names: &mut Names<'_, 'a>) -> SiteNames {
        names.domain.xphone.sites = std::mem::take(&mut self.sites);
        std::mem::take(&mut self.site_names)
    }

    /// Fills the domain, which has its users already.
    pub fn resolve(self, names: &mut Names<'_, 'a>) -> Result<()> {
        for RawWorkgroup { mut group, members, at } in self.workgroups {
            let (always, dated) = split(members, |texts| names.users_of(texts, "`members` of [[workgroup]]"));
            group.members = always;
            let (name, line) = (group.name.clone(), group.line);
            names.add_dated(dated, line, at, |member| Fact::WorkgroupMember { group: name.clone(), member });
            names.domain.xphone.workgroups.push(group);
        }
        for RawMonitoringGroup { mut group, observers, members } in self.monitoring_groups {
            group.observers = names.users(&observers, "`observers` of [[monitoring_group]]");
            group.members = names.users(&members, "`members` of [[monitoring_group]]");
            names.domain.xphone.monitoring_groups.push(group);
        }
        resolve_relationships(&self.relationships, names)
    }
}

/// Its facts of a user as a document writes them.
pub(super) struct RawPerson<'a> {
    site: Option<Text<'a>>,
    group: Option<Text<'a>>,
    vip: bool,
    assistant: bool,
}

impl<'a> RawPerson<'a> {
    /// Reads its keys of a `[[user]]`.
    pub fn read(table: &Table<'_, 'a>) -> RawPerson<'a> {
        RawPerson {
            site: table.text("site"),
            group: table.text("group"),
            vip: table.flag("vip").unwrap_or_default(),
            assistant: table.flag("assistant").unwrap_or_default(),
        }
    }

    /// The facts of a user, where these sites exist.
    pub fn resolve(self, cx: &Cx<'_>, sites: &SiteNames) -> Person {
        let (site, group) = sites.find(cx, self.site.as_ref(), self.group.as_ref());
        Person { site, group, vip: self.vip, assistant: self.assistant, settings: Vec::new() }
    }
}

impl SiteNames {
    /// Index of a user's site, and of the group in it.
    fn find(&self, cx: &Cx<'_>, site: Option<&Text<'_>>, group: Option<&Text<'_>>) -> (Option<u16>, Option<u16>) {
        let Some(name) = site else {
            if let Some(group) = group {
                cx.fault(group.at, format!("`group` {} of a [[user]] without `site`, expected both", quote(group)));
            }
            return (None, None);
        };
        let Some((index, groups)) = self.get(name) else {
            cx.unknown(name.at, format!("unknown site {} in [[user]]", quote(name)), Pool::Sites, name);
            return (None, None);
        };
        let found = group.and_then(|group| {
            let found = groups.get(&**group).map(|(index, _)| *index);
            if found.is_none() {
                let known: Vec<&str> = groups.keys().map(String::as_str).collect();
                let near = match known.is_empty() {
                    true => ", which has none".to_owned(),
                    false => meant(group, &known),
                };
                cx.fault(group.at, format!("unknown group {} of site {}{near}", quote(group), quote(name)));
            }
            found
        });
        (Some(index), found)
    }
}

/// Gives each owner the settings. Pairs that are there twice show when the settings lie side by side; which of them came first is
/// looked up only then.
fn resolve_relationships<'a>(relationships: &[Relationship<'a>], names: &mut Names<'_, 'a>) -> Result<()> {
    const NAME: &str = "[[relationship]]";
    let mut doubtful = false;
    let mut dated: HashSet<(Party, Party), KeyedHash> = HashSet::default();
    for relationship in relationships {
        let (pair, level, at) = relationship.read(names.cx);
        let both = names.both(&pair, NAME)?;
        let outside = both.is_some_and(|(_, viewer)| names.domain.kind(viewer) == Some(Kind::Contact));
        let (offered, whose) = match outside {
            true => (Label::FOR_CONTACTS, "`level` of [[relationship]] for an outside contact"),
            false => (Label::FOR_USERS, "`level` of [[relationship]]"),
        };
        let label = choose(names.cx, whose, &level, offered);
        doubtful |= both.is_some_and(|(owner, viewer)| owner == viewer || label.is_none());
        if let (Some((owner, viewer)), Some(label)) = (both, label) {
            let line = names.cx.line(at);
            if !pair.when.is_always() {
                doubtful |= !dated.insert((owner, viewer));
                let (fact, when) = (Fact::Setting { owner, viewer, label }, pair.when);
                names.domain.dated.push(Dated { fact, when, line });
            } else if let Some(user) = names.domain.user_mut(owner) {
                user.xphone.settings.push(Setting { viewer, label, line });
            }
        }
    }
    for user in &mut names.domain.users {
        let settings = &mut user.xphone.settings;
        settings.sort_unstable_by_key(|setting| setting.viewer);
        settings.shrink_to_fit();
        let twice = settings.windows(2).any(|two| matches!(two, [one, next] if one.viewer == next.viewer));
        doubtful |= twice || settings.iter().any(|setting| dated.contains(&(user.party, setting.viewer)));
    }
    if doubtful {
        // There is a fault already, or the loop finds one.
        let mut pairs = Pairs::default();
        for relationship in relationships {
            let (pair, ..) = relationship.read(names.cx);
            names.cx.mute(true);
            let both = names.both(&pair, NAME)?;
            names.cx.mute(false);
            if let Some(both) = both {
                let _ = names.is_new(both, &pair, NAME, &mut pairs);
            }
        }
    }
    Ok(())
}

impl Writer<'_> {
    /// Its keys of a user.
    pub(super) fn xphone_user(&mut self, user: &User) -> io::Result<()> {
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
    pub(super) fn xphone(&mut self) -> io::Result<()> {
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

    fn label(&mut self, key: &str, label: Option<Label>) -> io::Result<()> {
        label.map_or(Ok(()), |label| self.text(key, label.word()))
    }
}
