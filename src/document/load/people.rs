//! Users, teams, locations and devices of a document, with their extensions. An extension must never name two parties.
//! The line of an entry is that of its header.
#![forbid(unsafe_code)]

use super::names::Names;
use super::{linewarden, xphone};
use crate::document::fault::{Cx, Pool, expected, quote};
use crate::document::table::{Once, Table, Text, Word};
use crate::error::Result;
use crate::id::Kind;
use crate::policy::valid::{LONGEST_EXTENSION, is_extension};
use crate::policy::{Place, Team, User};
use crate::right::RightSet;
use crate::system::pascom::PickupNotification;
use crate::system::{System, estos, keevio};
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
    private_lines: Vec<Text<'a>>,
    site: Option<Text<'a>>,
    group: Option<Text<'a>>,
    vip: bool,
    assistant: bool,
    estos: estos::Person,
    keevio: keevio::Person,
    exempt: RightSet,
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
pub(super) const USER: &[&str] = &[
    "name",
    "lines",
    "private_lines",
    "site",
    "group",
    "vip",
    "assistant",
    "calendar_release",
    "company",
    "container",
    "exempt",
];
/// Keys of a team.
pub(super) const TEAM: &[&str] = &["name", "lines", "agents", "pickup_notification"];
/// Keys of a location or device.
pub(super) const PLACE: &[&str] = &["name"];

impl<'a> People<'a> {
    /// Reads a `[[user]]`.
    pub fn user(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>, mut written: impl FnMut(System, usize)) {
        let keys: [(System, &[&str]); 4] = [
            (System::Xphone, &["site", "group", "vip", "assistant"]),
            (System::Estos, &["calendar_release", "private_lines"]),
            (System::Keevio, &["company", "container"]),
            (System::Linewarden, &["exempt"]),
        ];
        for (system, keys) in keys {
            table.first_of(keys).into_iter().for_each(|at| written(system, at));
        }
        let release = table.word("calendar_release", estos::Release::WORDS).unwrap_or_default();
        let user = RawUser {
            lines: table.texts("lines"),
            private_lines: table.texts("private_lines"),
            site: table.text("site"),
            group: table.text("group"),
            vip: table.flag("vip").unwrap_or_default(),
            assistant: table.flag("assistant").unwrap_or_default(),
            estos: estos::Person { release, ..Default::default() },
            keevio: keevio::Person { company: table.label("company"), container: table.label("container") },
            exempt: linewarden::exempt(cx, table),
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
        let pickup_notification = table.word("pickup_notification", PickupNotification::WORDS).unwrap_or_default();
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
            let private_lines = private_lines(cx, &raw.private_lines, &lines);
            let (site, group) = sites.find(cx, raw.site.as_ref(), raw.group.as_ref());
            let party = names.directory.add_party(id, Kind::User, &raw.name)?;
            let xphone = crate::system::xphone::Person {
                site,
                group,
                vip: raw.vip,
                assistant: raw.assistant,
                settings: Vec::new(),
            };
            let estos = estos::Person { private_lines, ..raw.estos };
            let (keevio, line) = (raw.keevio, cx.line(raw.at));
            let linewarden = crate::system::linewarden::Person { exempt: raw.exempt };
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
                names.domain.add_place(Place { party, kind, line: cx.line(at) });
            }
        }
        extensions.check_logins(cx, &users);
        Ok(())
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

impl xphone::SiteNames {
    /// Index of a user's site, and of the group in it.
    fn find(&self, cx: &Cx<'_>, site: Option<&Text<'_>>, group: Option<&Text<'_>>) -> (Option<u16>, Option<u16>) {
        let Some(name) = site else {
            if let Some(group) = group {
                cx.fault(group.at, format!("`group` {} of a [[user]] without `site`, expected both", quote(group)));
            }
            return (None, None);
        };
        let Some((place, groups)) = self.get(name) else {
            cx.unknown(name.at, format!("unknown site {} in [[user]]", quote(name)), Pool::Sites, name);
            return (None, None);
        };
        let found = group.and_then(|group| {
            let found = groups.get(&**group).map(|(place, _)| *place);
            if found.is_none() {
                let known: Vec<&str> = groups.keys().map(String::as_str).collect();
                let near = match known.is_empty() {
                    true => ", which has none".to_owned(),
                    false => crate::document::fault::meant(group, &known),
                };
                cx.fault(group.at, format!("unknown group {} of site {}{near}", quote(group), quote(name)));
            }
            found
        });
        (Some(place), found)
    }
}
