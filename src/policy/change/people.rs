//! Applies changes of who there is and what they are: users, contacts, teams, places, flags, agents' states.
#![forbid(unsafe_code)]

use super::edit::{Editor, fault};
use super::{Effect, Touch};
use crate::address::sip_address;
use crate::error::Result;
use crate::id::{Kind, Line, Party};
use crate::policy::state::{Created, Pairs};
use crate::policy::valid::{LONGEST_EXTENSION, is_extension, is_label, name_fault};
use crate::policy::{Contact, Domain, Place, Team, User};
use crate::system::System;
use crate::system::estos::OwnGrant;
use crate::system::keevio::{NewUsers, State, Subscription};
use crate::system::pascom::PickupNotification;
use crate::system::xphone::Setting;
use crate::wording::{expected, quote};

impl Editor<'_> {
    fn good_name(&self, what: &str, name: &str) -> Result<()> {
        name_fault(name).map_or(Ok(()), |wrong| fault(format!("name of a {what} {wrong}")))
    }

    /// Adds a user; `new` users are subject to keevio's policy (K1 to K3), imported ones are not.
    pub fn add_user(&mut self, name: &str, lines: &[String], new: bool) -> Result<()> {
        if let Some(user) = self.look().live(Kind::User, name) {
            return self.same_lines(user, lines);
        }
        self.good_name("user", name)?;
        if let Some(other) = self.domain.numbers.get(name) {
            let whose = quote(&self.names.text(*other));
            return fault(format!("login {} is an extension of {whose}", quote(name)));
        }
        let party = self.names.add_party(self.domain.id, Kind::User, name)?;
        self.good_lines(party, lines)?;
        self.enlist(User {
            party,
            lines: lines.to_vec(),
            xphone: Default::default(),
            estos: Default::default(),
            keevio: Default::default(),
            line: Line::default(),
        });
        lines.iter().for_each(|line| self.number(line, Some(party)));
        self.created(party, new);
        self.touch(Effect::Parties(vec![party]));
        Ok(())
    }

    /// keevio: what happens when a user is created, and under which policy it was (K1 to K3). In realms there is none (K7).
    fn created(&mut self, party: Party, new: bool) {
        let in_force = new && self.domain.systems.has(System::Keevio) && !self.domain.keevio.realm;
        let policy = if in_force { self.domain.keevio.new_users } else { NewUsers::None };
        let order = self.domain.state.last_created + 1;
        self.put(order, |domain| Some(&mut domain.state.last_created));
        self.map(party, Some(Created { order, policy }), |domain| &mut domain.state.created);
        let state = match policy {
            NewUsers::Add => State::Pending,
            NewUsers::AddAndAuthorise => State::Granted,
            NewUsers::None | NewUsers::Authorise => return,
        };
        let others: Vec<Party> =
            self.domain.users.iter().map(|user| user.party).filter(|user| *user != party).collect();
        for other in others {
            for pair in [(party, other), (other, party)] {
                let subscription = Subscription { state, line: Line::default() };
                self.map(pair, Some(subscription), |domain| &mut domain.keevio.subscriptions);
            }
            self.touch_pairs([(party, other), (other, party)]);
        }
    }

    /// Adding what is there already changes nothing, unless it would have other extensions.
    fn same_lines(&self, party: Party, lines: &[String]) -> Result<()> {
        let held = self.lines_of(party);
        if held != lines {
            let who = self.names.text(party);
            return fault(format!("{} is there with other extensions, expected `set lines {who} ...`", quote(&who)));
        }
        Ok(())
    }

    fn lines_of(&self, party: Party) -> &[String] {
        let user = self.domain.user(party).map(|user| &user.lines);
        user.or_else(|| self.domain.team(party).map(|team| &team.lines)).map_or(&[], Vec::as_slice)
    }

    /// Extensions are each somebody's alone, and nobody else's login.
    fn good_lines(&self, party: Party, lines: &[String]) -> Result<()> {
        for (line, at) in lines.iter().zip(0..) {
            let found = quote(line);
            if !is_extension(line) {
                let wanted =
                    format!("1 to {LONGEST_EXTENSION} letters, digits, `.`, `-` or `_`, with or without a `+` before");
                return fault(format!("extension {found}, expected {wanted}"));
            }
            if lines.iter().take(at).any(|other| other == line) {
                return fault(format!("extension {found} stands twice"));
            }
            if let Some(other) = self.domain.numbers.get(line.as_str()).filter(|other| **other != party) {
                return fault(format!("extension {found} is already {}'s", quote(&self.names.text(*other))));
            }
            if self.look().live(Kind::User, line).is_some_and(|login| login != party) {
                return fault(format!("extension {found} is the login of another user"));
            }
        }
        Ok(())
    }

    pub fn set_lines(&mut self, text: &str, lines: &[String]) -> Result<()> {
        let party = self.look().party(text)?;
        if !matches!(self.domain.kind(party), Some(Kind::User | Kind::Team)) {
            return fault(format!("extensions of {}, expected a user or team", quote(text)));
        }
        self.good_lines(party, lines)?;
        let old = self.lines_of(party).to_vec();
        old.iter().filter(|line| !lines.contains(line)).for_each(|line| self.number(line, None));
        lines.iter().for_each(|line| self.number(line, Some(party)));
        // An extension that stays may be another line now.
        let moved = lines.iter().enumerate().filter(|(place, line)| old.get(*place) != Some(line));
        self.touched.extend(moved.map(|(_, line)| Touch::Line(line.as_str().into())));
        let lines = lines.to_vec();
        let private = self.domain.user(party).map_or(&[][..], |user| &user.estos.private_lines);
        if !private.is_empty() {
            // Which scope a private line closes follows from its place among the lines.
            let left = private.iter().filter(|line| lines.contains(line)).cloned().collect();
            self.put_private_lines(party, left);
        }
        match self.domain.kind(party) {
            Some(Kind::User) => self.put(lines, move |domain| Some(&mut domain.user_mut(party)?.lines)),
            _ => self.put(lines, move |domain| Some(&mut domain.team_mut(party)?.lines)),
        }
        self.touch(Effect::Parties(vec![party]));
        Ok(())
    }

    pub fn add_team(&mut self, name: &str, lines: &[String]) -> Result<()> {
        if let Some(team) = self.look().live(Kind::Team, name) {
            return self.same_lines(team, lines);
        }
        self.good_name("team", name)?;
        let party = self.names.add_party(self.domain.id, Kind::Team, name)?;
        self.good_lines(party, lines)?;
        let lines = lines.to_vec();
        lines.iter().for_each(|line| self.number(line, Some(party)));
        let (agents, pickup_notification) = (Vec::new(), Default::default());
        self.enlist(Team { party, lines, agents, pickup_notification, line: Line::default() });
        self.touch(Effect::Parties(vec![party]));
        Ok(())
    }

    /// An outside contact becomes known.
    pub fn add_contact(&mut self, address: &str) -> Result<()> {
        let party = self.person(address)?;
        match self.domain.kind(party) {
            Some(Kind::Contact) => Ok(()),
            _ => fault(format!("{} is a user, expected an outside contact", quote(address))),
        }
    }

    pub fn set_notification(&mut self, team: &str, notification: PickupNotification) -> Result<()> {
        let team = self.look().of_kind(Kind::Team, team)?;
        self.put(notification, move |domain| Some(&mut domain.team_mut(team)?.pickup_notification));
        if !self.undo.is_empty() {
            self.written(System::Pascom);
        }
        self.touch(Effect::State);
        Ok(())
    }

    pub fn add_place(&mut self, kind: Kind, name: &str) -> Result<()> {
        if self.look().live(kind, name).is_none() {
            self.good_name(kind.word(), name)?;
            let party = self.names.add_party(self.domain.id, kind, name)?;
            self.enlist(Place { party, kind, line: Line::default() });
            self.touch(Effect::Parties(vec![party]));
        }
        Ok(())
    }

    /// Somebody goes, with everything that names them. Who is not there has gone already.
    pub fn remove(&mut self, kind: Kind, text: &str) -> Result<()> {
        let name = text.strip_prefix(kind.prefix()).unwrap_or(text);
        let address = sip_address(name).filter(|_| kind == Kind::Contact).map(|address| address.text);
        let Some(party) = self.look().live(kind, address.as_deref().unwrap_or(name)) else { return Ok(()) };
        self.touch(Effect::Parties(vec![party]));
        match kind {
            Kind::User | Kind::Contact => self.forget_person(party),
            Kind::Team => {
                let agents = self.domain.team(party).map_or(&[][..], |team| &team.agents);
                let pairs: Vec<_> = agents.iter().map(|agent| (*agent, party)).collect();
                self.touch_pairs(pairs);
                self.unadministered_team(party);
            }
            Kind::Location | Kind::Device => {}
        }
        self.forget_in_groups(kind, party);
        for line in self.lines_of(party).to_vec() {
            self.number(&line, None);
        }
        match kind {
            Kind::User => self.delist::<User>(party),
            Kind::Contact => self.delist::<Contact>(party),
            Kind::Team => self.delist::<Team>(party),
            Kind::Location | Kind::Device => self.delist::<Place>(party),
        }
        self.forget_state(party);
        Ok(())
    }

    /// Nobody has a setting, grant or subscription for `party` any more.
    fn forget_person(&mut self, party: Party) {
        self.no_administrator(party);
        let users = self.domain.users.iter();
        let setting = users.clone().filter(|user| user.xphone.setting(party).is_some());
        let setting: Vec<Party> = setting.map(|user| user.party).collect();
        let granting: Vec<Party> =
            users.clone().filter(|user| user.estos.grant(party).is_some()).map(|user| user.party).collect();
        let given = users.filter(|user| user.estos.administrative_grant(party).is_some());
        let given: Vec<Party> = given.map(|user| user.party).collect();
        let owned = self.domain.user(party).into_iter().flat_map(|user| {
            let settings = user.xphone.settings.iter().map(|entry| entry.viewer);
            settings.chain(user.estos.grants.iter().map(|entry| entry.viewer))
        });
        let owned: Vec<Party> = owned.collect();
        let preset = self.domain.user(party).map_or(&[][..], |user| &user.estos.administrative);
        let preset: Vec<Party> = preset.iter().map(|entry| entry.viewer).chain(given.iter().copied()).collect();
        self.touch_pairs(owned.into_iter().map(|viewer| (viewer, party)));
        self.touch_pairs(setting.iter().chain(&granting).map(|owner| (party, *owner)));
        // The administrator's single rights count in both directions (E4).
        self.touch_pairs(preset.into_iter().flat_map(|other| [(party, other), (other, party)]));
        for owner in setting {
            self.own(
                party,
                None,
                |entry: &Setting| entry.viewer,
                move |domain| Some(&mut domain.user_mut(owner)?.xphone.settings),
            );
        }
        for owner in granting {
            self.own(
                party,
                None,
                |entry: &OwnGrant| entry.viewer,
                move |domain| Some(&mut domain.user_mut(owner)?.estos.grants),
            );
        }
        for owner in given {
            self.own(
                party,
                None,
                |entry: &OwnGrant| entry.viewer,
                move |domain| Some(&mut domain.user_mut(owner)?.estos.administrative),
            );
        }
        let pairs =
            self.domain.keevio.subscriptions.keys().filter(|(viewer, owner)| *viewer == party || *owner == party);
        for (viewer, owner) in pairs.copied().collect::<Vec<_>>() {
            self.map((viewer, owner), None, |domain| &mut domain.keevio.subscriptions);
            self.touch_pairs([(viewer, owner), (owner, viewer)]);
        }
    }

    fn forget_in_groups(&mut self, kind: Kind, party: Party) {
        for at in 0..self.domain.pascom.permissions.len() {
            self.list(party, false, move |domain| domain.pascom.permissions.get_mut(at)?.manual_mut(kind));
        }
        if kind != Kind::User {
            return;
        }
        for at in 0..self.domain.xphone.workgroups.len() {
            self.list(party, false, move |domain| Some(&mut domain.xphone.workgroups.get_mut(at)?.members));
        }
        for at in 0..self.domain.xphone.monitoring_groups.len() {
            self.list(party, false, move |domain| Some(&mut domain.xphone.monitoring_groups.get_mut(at)?.observers));
            self.list(party, false, move |domain| Some(&mut domain.xphone.monitoring_groups.get_mut(at)?.members));
        }
        for at in 0..self.domain.estos.groups.len() {
            self.list(party, false, move |domain| Some(&mut domain.estos.groups.get_mut(at)?.members));
            self.list(party, false, move |domain| Some(&mut domain.estos.groups.get_mut(at)?.leaders));
        }
        let teams = self.domain.teams.iter().filter(|team| team.agents.contains(&party));
        let teams: Vec<_> = teams.map(|team| (party, team.party)).collect();
        self.touch_pairs(teams);
        for at in 0..self.domain.teams.len() {
            self.list(party, false, move |domain| Some(&mut domain.teams.get_mut(at)?.agents));
        }
    }

    fn forget_state(&mut self, party: Party) {
        let sets: [fn(&mut Domain) -> &mut Pairs; 5] = [
            |domain| &mut domain.state.inquiries,
            |domain| &mut domain.state.favourites,
            |domain| &mut domain.state.consents,
            |domain| &mut domain.state.logged_out,
            |domain| &mut domain.state.paused,
        ];
        for set in sets {
            let pairs = set(self.domain).iter().filter(|(one, other)| *one == party || *other == party);
            for pair in pairs.copied().collect::<Vec<_>>() {
                self.pair(pair, false, set);
            }
        }
        self.map(party, None, |domain| &mut domain.state.created);
        let all = self.domain.state.transfers.values().flatten();
        let gone = all.filter(|part| part.viewer == party || part.owner == party);
        let gone: Vec<_> = gone.map(|part| (part.viewer, part.owner)).collect();
        self.touch_pairs(gone);
        let calls = self.domain.state.transfers.iter().map(|(call, parts)| {
            let left: Vec<_> =
                parts.iter().filter(|part| part.viewer != party && part.owner != party).copied().collect();
            (call.clone(), left)
        });
        for (call, left) in calls.collect::<Vec<_>>() {
            self.map(call, Some(left).filter(|left| !left.is_empty()), |domain| &mut domain.state.transfers);
        }
    }

    /// Puts a fact of a user in its place.
    pub fn user_fact<T: PartialEq + Send + 'static>(
        &mut self,
        system: System,
        user: &str,
        value: T,
        place: fn(&mut User) -> &mut T,
    ) -> Result<()> {
        let user = self.look().user(user)?;
        let before = self.undo.len();
        self.put(value, move |domain| domain.user_mut(user).map(place));
        if self.undo.len() > before {
            self.written(system);
        }
        self.touched.push(Touch::Standing(user));
        self.touch(Effect::Parties(vec![user]));
        Ok(())
    }

    /// R7: one of the user's lines becomes private, or is so no longer.
    pub fn set_private_line(&mut self, user: &str, line: &str, on: bool) -> Result<()> {
        let party = self.look().user(user)?;
        let Some(person) = self.domain.user(party) else { return Ok(()) };
        if on && !person.lines.iter().any(|held| held == line) {
            let lines: Vec<&str> = person.lines.iter().map(String::as_str).collect();
            let expected = if lines.is_empty() { ", who has none".into() } else { expected(&lines) };
            return fault(format!("{} is no line of {}{expected}", quote(line), quote(user)));
        }
        let mut private = person.estos.private_lines.clone();
        private.retain(|held| held != line);
        if on {
            private.push(line.into());
            private.sort_by_key(|line| person.lines.iter().position(|held| held == line));
        }
        let before = self.undo.len();
        self.put_private_lines(party, private);
        if self.undo.len() > before {
            self.written(System::Estos);
        }
        self.touch(Effect::Parties(vec![party]));
        Ok(())
    }

    fn put_private_lines(&mut self, user: Party, lines: Vec<String>) {
        self.put(lines, move |domain| Some(&mut domain.user_mut(user)?.estos.private_lines));
        self.touched.push(Touch::PrivateLines(user));
    }

    /// keevio's company or container of a user.
    pub fn unit(
        &mut self,
        user: &str,
        unit: Option<&String>,
        place: fn(&mut User) -> &mut Option<String>,
    ) -> Result<()> {
        if let Some(wrong) = unit.filter(|unit| !is_label(unit)) {
            return fault(format!("{}, expected 1 to 255 bytes without control characters", quote(wrong)));
        }
        self.user_fact(System::Keevio, user, unit.cloned(), place)
    }

    pub fn set_site(&mut self, user: &str, at: Option<(&str, Option<&str>)>) -> Result<()> {
        let sites = &self.domain.xphone.sites;
        let place = match at {
            None => (None, None),
            Some((site, group)) => {
                let site = self.look().place("site", sites, |site| &site.name, site)?;
                let groups = sites.get(site).map_or(&[][..], |site| &site.groups);
                let what = "group of the site";
                let group = group.map(|group| self.look().place(what, groups, |group| &group.name, group));
                (Some(site as u16), group.transpose()?.map(|group| group as u16))
            }
        };
        self.user_fact(System::Xphone, user, place.0, |user| &mut user.xphone.site)?;
        self.user_fact(System::Xphone, user, place.1, |user| &mut user.xphone.group)
    }

    /// pascom: an agent's state in a team.
    pub fn agent(&mut self, team: &str, agent: &str, on: bool, set: fn(&mut Domain) -> &mut Pairs) -> Result<()> {
        let look = self.look();
        let (team, agent) = (look.of_kind(Kind::Team, team)?, look.user(agent)?);
        if !self.domain.team(team).is_some_and(|team| team.agents.contains(&agent)) {
            let (team, agent) = (quote(&self.names.text(team)), quote(&self.names.text(agent)));
            return fault(format!("{agent} is no agent of {team}"));
        }
        self.pair((team, agent), on, set);
        self.touch(Effect::State);
        Ok(())
    }
}
