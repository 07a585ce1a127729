//! Users, teams, locations and devices of a document, with their extensions. An extension must never name two parties.
//! The line of an entry is that of its header.
#![forbid(unsafe_code)]

use super::OF_SYSTEMS;
use super::names::Names;
use crate::document::fault::{Cx, quote};
use crate::document::table::{Once, Table, Text};
use crate::document::{estos, keevio, linewarden, xphone};
use crate::error::Result;
use crate::id::Kind;
use crate::policy::valid::{LONGEST_EXTENSION, is_extension};
use crate::policy::{Station, Team, User};
use crate::system::System;
use crate::system::pascom::PickupNotification;
use once_cell::sync::Lazy;
use std::collections::HashMap;

/// People and places as a document writes them.
#[derive(Default)]
pub(super) struct People<'a> {
    users: Vec<RawUser<'a>>,
    teams: Vec<RawTeam<'a>>,
    places: Vec<(Kind, Text<'a>, usize)>,
}

struct RawUser<'a> {
    name: Text<'a>,
    lines: Vec<Text<'a>>,
    xphone: xphone::RawPerson<'a>,
    estos: estos::RawPerson<'a>,
    keevio: crate::system::keevio::Person,
    linewarden: crate::system::linewarden::Person,
    at: usize,
}

struct RawTeam<'a> {
    name: Text<'a>,
    lines: Vec<Text<'a>>,
    agents: Vec<Text<'a>>,
    pickup_notification: PickupNotification,
    at: usize,
}

/// Keys of a user.
pub(super) static USER: Lazy<Vec<&'static str>> = Lazy::new(|| {
    let of_systems = OF_SYSTEMS.iter().flat_map(|keys| keys.user.iter().copied());
    ["name", "lines"].into_iter().chain(of_systems).collect()
});
/// Keys of a team.
pub(super) const TEAM: &[&str] = &["name", "lines", "agents", "pickup_notification"];
/// Keys of a location or device.
pub(super) const PLACE: &[&str] = &["name"];

impl<'a> People<'a> {
    /// Reads a `[[user]]`.
    pub fn user(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>, mut written: impl FnMut(System, usize)) {
        for keys in OF_SYSTEMS {
            table.first_of(keys.user).into_iter().for_each(|at| written(keys.system, at));
        }
        let user = RawUser {
            lines: table.texts("lines"),
            xphone: xphone::RawPerson::read(table),
            estos: estos::RawPerson::read(table),
            keevio: keevio::user(table),
            linewarden: linewarden::user(cx, table),
            at: table.at,
            name: match table.name("name") {
                Some(name) => name,
                None => return,
            },
        };
        self.users.push(user);
    }

    /// Reads a `[[team]]`.
    pub fn team(&mut self, table: &Table<'_, 'a>, mut written: impl FnMut(System, usize)) {
        if let Some(at) = table.first_of(&["agents", "pickup_notification"]) {
            written(System::Pascom, at);
        }
        let (lines, agents) = (table.texts("lines"), table.texts("agents"));
        let pickup_notification = table.word("pickup_notification", PickupNotification::ALL).unwrap_or_default();
        if let Some(name) = table.name("name") {
            self.teams.push(RawTeam { name, lines, agents, pickup_notification, at: table.at });
        }
    }

    /// Reads a `[[location]]` or `[[device]]`.
    pub fn place(&mut self, kind: Kind, table: &Table<'_, 'a>) {
        if let Some(name) = table.name("name") {
            self.places.push((kind, name, table.at));
        }
    }

    /// Registers all parties and checks that names and extensions are unique.
    pub fn resolve(mut self, names: &mut Names<'_, 'a>, sites: &xphone::SiteNames) -> Result<()> {
        let cx = names.cx;
        let (id, mut users, mut teams) = (names.domain.id, Once::default(), Once::default());
        let mut extensions = Extensions::default();
        for raw in self.users {
            if !users.is_new(cx, "user", &raw.name) {
                continue;
            }
            let lines = extensions.take(cx, &raw.lines, &raw.name, "`lines` of [[user]]");
            let (estos, xphone) = (raw.estos.resolve(cx, &lines), raw.xphone.resolve(cx, sites));
            let party = names.directory.add_party(id, Kind::User, &raw.name)?;
            let (keevio, linewarden, line) = (raw.keevio, raw.linewarden, cx.line(raw.at));
            names.domain.add_user(User { party, lines, xphone, estos, keevio, linewarden, line });
        }
        for raw in self.teams {
            if !teams.is_new(cx, "team", &raw.name) {
                continue;
            }
            let lines = extensions.take(cx, &raw.lines, &raw.name, "`lines` of [[team]]");
            let agents = names.users(&raw.agents, "`agents` of [[team]]");
            let (pickup_notification, line) = (raw.pickup_notification, cx.line(raw.at));
            let party = names.directory.add_party(id, Kind::Team, &raw.name)?;
            names.domain.add_team(Team { party, lines, agents, pickup_notification, line });
        }
        self.places.sort_by_key(|(_, _, at)| *at);
        let (mut locations, mut devices) = (Once::default(), Once::default());
        for (kind, name, at) in self.places {
            let once = if kind == Kind::Location { &mut locations } else { &mut devices };
            if once.is_new(cx, kind.word(), &name) {
                let party = names.directory.add_party(id, kind, &name)?;
                names.domain.add_station(Station { party, kind, line: cx.line(at) });
            }
        }
        extensions.check_logins(cx, &users);
        Ok(())
    }
}

/// All extensions so far, with place and owner.
#[derive(Default)]
struct Extensions {
    /// By extension: its place, its owner's name, and the place of that name.
    taken: HashMap<String, (usize, String, usize)>,
}

impl Extensions {
    /// Registers the `lines` of `owner` and returns those that are valid and new.
    fn take(&mut self, cx: &Cx<'_>, lines: &[Text<'_>], owner: &Text<'_>, place: &str) -> Vec<String> {
        let mut taken = Vec::with_capacity(lines.len());
        for line in lines {
            if !is_extension(line) {
                let wanted =
                    format!("1 to {LONGEST_EXTENSION} letters, digits, `.`, `-` or `_`, with or without a `+` before");
                cx.fault(line.at, format!("extension {} in {place}, expected {wanted}", quote(line)));
            } else if let Some((at, name, _)) = self.taken.get(&**line) {
                let (extension, name, line_number) = (quote(line), quote(name), cx.line(*at).0);
                cx.fault(
                    line.at,
                    format!("extension {extension} in {place} is already {name}'s, in line {line_number}"),
                );
            } else {
                self.taken.insert(line.text.to_string(), (line.at, owner.text.to_string(), owner.at));
                taken.push(line.text.to_string());
            }
        }
        taken
    }

    /// Refuses an extension that is another user's login: it would name two parties.
    fn check_logins(&self, cx: &Cx<'_>, users: &Once) {
        for (extension, (at, _, owner_at)) in &self.taken {
            if let Some(login) = users.place(extension).filter(|login| login != owner_at) {
                let line = cx.line(login).0;
                cx.fault(*at, format!("extension {} is the login of another user, in line {line}", quote(extension)));
            }
        }
    }
}
