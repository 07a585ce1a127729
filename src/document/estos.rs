//! estos' part of a document, read and written: the global preset, groups, grants to single viewers, federations, and its keys of a user.
//! It must never touch facts of another system. An entry's line is that of its `level` or `rights` (`maximum` of a federation), if it
//! has one.
#![forbid(unsafe_code)]

use super::fault::{Cx, expected, quote};
use super::load::names::{Names, Pair, Pairs};
use super::table::{Keys, Once, Table, Text, TopLevel};
use super::write::Writer;
use crate::address::pattern;
use crate::error::Result;
use crate::policy::User;
use crate::policy::dated::{Dated, Fact};
use crate::right::{Right, RightSet};
use crate::system::System;
use crate::system::estos::{AuthorizationGroup, Estos, Federation, Grant, Level, OwnGrant, Person, Release};
use crate::wording::meant_right;
use std::io;

/// Its keys.
pub(super) const KEYS: Keys = Keys {
    system: System::Estos,
    top: &["authorization", "authorization_group", "authorization_grant", "federation"],
    single: &["authorization"],
    user: &["private_lines", "calendar_release"],
};
/// Keys of the global preset.
const AUTHORIZATION: &[&str] = &["level", "rights", "users_may_grant"];
/// Keys of a group.
const GROUP: &[&str] = &["name", "members", "level", "rights", "leaders", "leader_level", "leader_rights", "active"];
/// Keys of a grant to one viewer.
const GRANT: &[&str] = &["owner", "viewer", "administrative", "level", "rights", "from", "until", "hours"];
/// A grant by the administrator in messages (R6).
const ADMINISTRATIVE: &str = "administrative [[authorization_grant]]";
/// Keys of a federation.
const FEDERATION: &[&str] = &["domain", "maximum"];

/// estos' facts as a document writes them.
#[derive(Default)]
pub(super) struct Raw<'a> {
    pub estos: Estos,
    groups: Vec<RawGroup<'a>>,
    group_names: Once,
    grants: Vec<RawGrant<'a>>,
    federation: Vec<(Text<'a>, Option<Level>, usize)>,
}

struct RawGroup<'a> {
    group: AuthorizationGroup,
    members: Vec<Text<'a>>,
    leaders: Vec<Text<'a>>,
}

struct RawGrant<'a> {
    pair: Pair<'a>,
    administrative: bool,
    grant: Option<Grant>,
    at: usize,
}

impl<'a> Raw<'a> {
    /// Reads the tables of one of its keys.
    pub fn read(&mut self, cx: &Cx<'a>, top: &TopLevel<'_, 'a>) {
        match top.key {
            "authorization" => top.table(AUTHORIZATION).iter().for_each(|table| self.authorization(cx, table)),
            "authorization_group" => top.tables(GROUP).iter().for_each(|table| self.group(cx, table)),
            "authorization_grant" => top.tables(GRANT).iter().for_each(|table| self.single_grant(cx, table)),
            _ => top.tables(FEDERATION).iter().for_each(|table| self.federation(table)),
        }
    }

    /// Reads `[authorization]`.
    fn authorization(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        self.estos.global = self.grant(cx, table, ["level", "rights"], Level::ADMINISTRATIVE);
        self.estos.global_line = cx.line(table.first_of(&["level", "rights"]).unwrap_or(table.at));
        self.estos.users_may_grant = table.flag("users_may_grant").unwrap_or(true);
    }

    /// Reads an `[[authorization_group]]`.
    fn group(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let name = table.name("name").filter(|name| self.group_names.is_new(cx, "authorization group", name));
        let group = AuthorizationGroup {
            name: name.map_or_else(String::new, |name| name.text.into_owned()),
            members: Vec::new(),
            grant: self.grant(cx, table, ["level", "rights"], Level::ADMINISTRATIVE),
            leaders: Vec::new(),
            leader_grant: self.grant(cx, table, ["leader_level", "leader_rights"], Level::ADMINISTRATIVE),
            active: table.flag("active").unwrap_or(true),
            line: cx.line(table.first_of(&["level", "rights"]).unwrap_or(table.at)),
        };
        let (members, leaders) = (table.texts("members"), table.texts("leaders"));
        self.groups.push(RawGroup { group, members, leaders });
    }

    /// Reads an `[[authorization_grant]]`.
    fn single_grant(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let administrative = table.flag("administrative").unwrap_or_default();
        let offered = if administrative { Level::ADMINISTRATIVE } else { Level::ALL };
        let grant = self.grant(cx, table, ["level", "rights"], offered);
        let at = table.first_of(&["level", "rights"]);
        if at.is_none() {
            cx.fault(table.at, format!("missing key `level` or `rights` in {}", table.name));
        }
        if let Some(pair) = Pair::read(cx, table) {
            self.grants.push(RawGrant { pair, administrative, grant, at: at.unwrap_or(table.at) });
        }
    }

    /// Reads a `[[federation]]`.
    fn federation(&mut self, table: &Table<'_, 'a>) {
        let maximum = table.need_word("maximum", Level::ALL);
        if let Some(pattern) = table.need("domain") {
            self.federation.push((pattern, maximum, table.place("maximum")));
        }
    }

    /// A level or single rights, under the two keys.
    fn grant(&self, cx: &Cx<'a>, table: &Table<'_, 'a>, keys: [&str; 2], offered: &[Level]) -> Option<Grant> {
        let [level_key, rights_key] = keys;
        let level = table.word(level_key, offered);
        let Some(entry) = table.get(rights_key) else {
            return level.map(Grant::Level);
        };
        if table.get(level_key).is_some() {
            let message = format!("`{level_key}` and `{rights_key}` in {}, expected one of them", table.name);
            cx.fault(entry.key_at, message);
        }
        let single = self.estos.tables.single_rights();
        let mut rights = RightSet::EMPTY;
        let mut once = Vec::new();
        for text in table.list(rights_key, entry.value) {
            let right = Right::parse(&text).filter(|right| single.contains(right.mask()));
            match right {
                Some(right) if once.contains(&right) => table.twice(rights_key, &text),
                Some(right) => {
                    once.push(right);
                    rights |= right.mask();
                }
                None => self.wrong_right(cx, table, rights_key, &text),
            }
        }
        Some(Grant::Rights(rights))
    }

    fn wrong_right(&self, cx: &Cx<'a>, table: &Table<'_, 'a>, key: &str, text: &Text<'a>) {
        let (found, name) = (quote(text), table.name);
        if Right::parse(text).is_some() {
            let message = format!("right {found} in `{key}` of {name}, expected rights of estos' function table only");
            return cx.fault(text.at, message);
        }
        let single = self.estos.tables.single_rights();
        let end = meant_right(text, &single.offered_names());
        cx.fault(text.at, format!("unknown right {found} in `{key}` of {name}{end}"));
    }

    /// Fills the domain, which has its users already.
    pub fn resolve(mut self, names: &mut Names<'_, 'a>) -> Result<()> {
        let cx = names.cx;
        for RawGroup { mut group, members, leaders } in self.groups {
            group.members = names.users(&members, "`members` of [[authorization_group]]");
            group.leaders = names.users(&leaders, "`leaders` of [[authorization_group]]");
            self.estos.groups.push(group);
        }
        let mut patterns = Once::default();
        for (mut text, maximum, at) in self.federation {
            let Some(pattern) = pattern(&text) else {
                let wanted = "`partner.example`, `*.partner.example` or `*`";
                cx.fault(text.at, format!("`domain` of [[federation]] is {}, expected {wanted}", quote(&text)));
                continue;
            };
            text.text = pattern.into();
            if *text == *names.domain.name {
                let message = "`domain` of [[federation]] is the own domain, expected another";
                cx.fault(text.at, format!("{message} than {}", quote(&text)));
            } else if let (true, Some(maximum)) = (patterns.is_new(cx, "federation with", &text), maximum) {
                self.estos.federation.insert(text.text.into_owned(), Federation { maximum, line: cx.line(at) });
            }
        }
        names.domain.estos = self.estos;
        let (mut own, mut administrative) = (Pairs::default(), Pairs::default());
        for raw in self.grants {
            let both = match raw.administrative {
                true => names.users_only(&raw.pair, ADMINISTRATIVE, &mut administrative),
                false => names.own(&raw.pair, "[[authorization_grant]]", &mut own)?,
            };
            if let (Some((owner, viewer)), Some(grant), false) = (both, raw.grant, raw.pair.when.is_always()) {
                let fact = Fact::Grant { owner, viewer, grant, administrative: raw.administrative };
                names.domain.dated.push(Dated { fact, when: raw.pair.when, line: cx.line(raw.at) });
            } else if let (Some((owner, viewer)), Some(grant)) = (both, raw.grant)
                && let Some(user) = names.domain.user_mut(owner)
            {
                let grants = if raw.administrative { &mut user.estos.administrative } else { &mut user.estos.grants };
                grants.push(OwnGrant { viewer, grant, line: cx.line(raw.at) });
            }
        }
        for user in &mut names.domain.users {
            user.estos.grants.sort_unstable_by_key(|grant| grant.viewer);
            user.estos.administrative.sort_unstable_by_key(|grant| grant.viewer);
        }
        Ok(())
    }
}

/// Its facts of a user as a document writes them.
pub(super) struct RawPerson<'a> {
    release: Release,
    private_lines: Vec<Text<'a>>,
}

impl<'a> RawPerson<'a> {
    /// Reads its keys of a `[[user]]`.
    pub fn read(table: &Table<'_, 'a>) -> RawPerson<'a> {
        let release = table.word("calendar_release", Release::ALL).unwrap_or_default();
        RawPerson { release, private_lines: table.texts("private_lines") }
    }

    /// The facts of a user with these lines.
    pub fn resolve(self, cx: &Cx<'_>, lines: &[String]) -> Person {
        let private_lines = private_lines(cx, &self.private_lines, lines);
        Person { release: self.release, private_lines, ..Person::default() }
    }
}

/// The `texts` that are lines of the user, each once.
fn private_lines(cx: &Cx<'_>, texts: &[Text<'_>], lines: &[String]) -> Vec<String> {
    let mut private: Vec<String> = Vec::with_capacity(texts.len());
    for text in texts {
        let line = text.text.to_string();
        if private.contains(&line) {
            cx.fault(text.at, format!("{} stands twice in `private_lines` of [[user]]", quote(text)));
        } else if !lines.contains(&line) {
            let known: Vec<&str> = lines.iter().map(String::as_str).collect();
            let expected = if known.is_empty() { ", who has none".into() } else { expected(&known) };
            let message = format!("{} in `private_lines` is no line of this [[user]]{expected}", quote(text));
            cx.fault(text.at, message);
        } else {
            private.push(line);
        }
    }
    private
}

impl Writer<'_> {
    /// The lines of a user that are private; they stand below the lines.
    pub(super) fn private_lines(&mut self, user: &User) -> io::Result<()> {
        self.list_unless_empty("private_lines", user.estos.private_lines.iter().map(String::as_str))
    }

    /// Its other keys of a user.
    pub(super) fn estos_user(&mut self, user: &User) -> io::Result<()> {
        self.unless(Release::default(), "calendar_release", user.estos.release, Release::word)
    }

    /// Its tables.
    pub(super) fn estos(&mut self) -> io::Result<()> {
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

    fn grant(&mut self, level_key: &str, rights_key: &str, grant: Option<Grant>) -> io::Result<()> {
        match grant {
            None => Ok(()),
            Some(Grant::Level(level)) => self.text(level_key, level.word()),
            Some(Grant::Rights(rights)) => self.list(rights_key, rights.shortest()),
        }
    }
}
