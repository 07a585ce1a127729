//! pascom's part of a document, read and written: permissions and client settings; teams and locations are among the people. It must
//! never touch facts of another system. A permission's line is that of its header.
#![forbid(unsafe_code)]

use super::fault::{Cx, expected, meant, quote};
use super::load::names::Names;
use super::load::when::{members, split};
use super::table::{Keys, Once, Table, Text, TopLevel};
use super::write::Writer;
use crate::calendar::When;
use crate::id::{Kind, Party};
use crate::policy::dated::Fact;
use crate::system::System;
use crate::system::pascom::{Automatic, Permission, RoleType};
use std::io;

/// Its keys.
pub(super) const KEYS: Keys =
    Keys { system: System::Pascom, top: &["permission", "client"], single: &["client"], user: &[] };
/// Keys of a permission.
const PERMISSION: &[&str] = &["name", "types", "automatic", "users", "teams", "devices", "locations"];
/// Keys of the client's table.
const CLIENT: &[&str] = &["show_numbers"];
/// Words of `automatic`.
const KINDS: &[&str] = &["users", "teams", "devices", "locations"];

/// pascom's facts as a document writes them.
#[derive(Default)]
pub(super) struct Raw<'a> {
    permissions: Vec<RawPermission<'a>>,
    names: Once,
    show_numbers: bool,
}

struct RawPermission<'a> {
    permission: Permission,
    users: Vec<(Text<'a>, When)>,
    teams: Vec<(Text<'a>, When)>,
    devices: Vec<(Text<'a>, When)>,
    locations: Vec<(Text<'a>, When)>,
    at: usize,
}

impl<'a> Raw<'a> {
    /// Reads the tables of one of its keys.
    pub fn read(&mut self, cx: &Cx<'a>, top: &TopLevel<'_, 'a>) {
        match top.key {
            "permission" => top.tables(PERMISSION).iter().for_each(|table| self.permission(cx, table)),
            _ => top.table(CLIENT).iter().for_each(|table| self.client(table)),
        }
    }

    /// Reads a `[[permission]]`. Keys that `All` lacks are as delivered.
    fn permission(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let name = table.name("name").filter(|name| self.names.is_new(cx, "permission", name));
        let name = name.map_or_else(String::new, |name| name.text.into_owned());
        let mut permission = match name == Permission::ALL {
            true => Permission::all_as_delivered(),
            false => Permission { name, ..Permission::default() },
        };
        permission.line = cx.line(table.at);
        if table.get("types").is_some() {
            permission.types = table.words("types", RoleType::ALL).into_iter().collect();
        }
        if table.get("automatic").is_some() {
            permission.automatic = automatic(cx, table);
        }
        let list = |key| members(cx, table, key);
        let (users, teams, devices, locations) = (list("users"), list("teams"), list("devices"), list("locations"));
        self.permissions.push(RawPermission { permission, users, teams, devices, locations, at: table.at });
    }

    /// Reads `[client]`.
    fn client(&mut self, table: &Table<'_, 'a>) {
        self.show_numbers = table.flag("show_numbers").unwrap_or_default();
    }

    /// Fills the domain, which has its parties already. `All` comes first wherever it is written.
    pub fn resolve(self, names: &mut Names<'_, 'a>) {
        names.domain.pascom.show_numbers = self.show_numbers;
        for raw in self.permissions {
            let mut permission = raw.permission;
            let lists = [
                (Kind::User, raw.users, "`users` of [[permission]]"),
                (Kind::Team, raw.teams, "`teams` of [[permission]]"),
                (Kind::Device, raw.devices, "`devices` of [[permission]]"),
                (Kind::Location, raw.locations, "`locations` of [[permission]]"),
            ];
            for (kind, list, place) in lists {
                let (always, dated) = split(list, |texts| match kind {
                    Kind::User => names.users_of(texts, place),
                    _ => names.plain_of(kind, texts, place),
                });
                if let Some(held) = permission.manual_mut(kind) {
                    *held = always;
                }
                let name = permission.name.clone();
                let fact = |member| Fact::PermissionMember { permission: name.clone(), kind, member };
                names.add_dated(dated, permission.line, raw.at, fact);
            }
            let permissions = &mut names.domain.pascom.permissions;
            match permissions.first_mut().filter(|_| permission.name == Permission::ALL) {
                Some(all) => *all = permission,
                None => permissions.push(permission),
            }
        }
    }
}

fn automatic(cx: &Cx<'_>, table: &Table<'_, '_>) -> Automatic {
    let mut automatic = Automatic::default();
    for text in table.texts("automatic") {
        let switch = match &*text {
            "users" => &mut automatic.users,
            "teams" => &mut automatic.teams,
            "devices" => &mut automatic.devices,
            "locations" => &mut automatic.locations,
            _ => {
                let end = if text.is_empty() { expected(KINDS) } else { meant(&text, KINDS) };
                cx.fault(text.at, format!("unknown kind {} in `automatic` of {}{end}", quote(&text), table.name));
                continue;
            }
        };
        if *switch {
            table.twice("automatic", &text);
        }
        *switch = true;
    }
    automatic
}

impl Writer<'_> {
    /// Its tables.
    pub(super) fn pascom(&mut self) -> io::Result<()> {
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
}

/// The party with dates that a fact puts on that list of a permission.
fn member_of(fact: &Fact, name: &str, of: Kind) -> Option<Party> {
    match fact {
        Fact::PermissionMember { permission, kind, member } if permission == name && *kind == of => Some(*member),
        _ => None,
    }
}
