//! Applies changes of the directory of parties: users, contacts, teams, places, their extensions, and the lists they are on. Each
//! system's file removes what that system knows of a party.
#![forbid(unsafe_code)]

use crate::address::sip_address;
use crate::error::Result;
use crate::id::{Kind, Line, Party};
use crate::policy::change::editor::{Editor, Op, fault};
use crate::policy::change::keevio::Creation;
use crate::policy::change::vocabulary::DirectoryChange;
use crate::policy::change::{DirtyPart, Group, List};
use crate::policy::valid::{LONGEST_EXTENSION, is_extension, name_fault};
use crate::policy::{Contact, Station, Team, User};
use crate::wording::quote;

impl Editor<'_> {
    /// Makes a change of the directory.
    pub fn directory_change(&mut self, change: DirectoryChange<'_>) -> Result<()> {
        use DirectoryChange as C;
        match change {
            C::AddUser { name, lines } => self.add_user(name, lines, Creation::New)?,
            C::ImportUser { name, lines } => self.add_user(name, lines, Creation::Imported)?,
            C::RemoveUser { name } => self.remove(Kind::User, name)?,
            C::SetLines { party, lines } => self.set_lines(party, lines)?,
            C::AddContact { address } => self.add_contact(address)?,
            C::RemoveContact { address } => self.remove(Kind::Contact, address)?,
            C::AddTeam { name, lines } => self.add_team(name, lines)?,
            C::RemoveTeam { name } => self.remove(Kind::Team, name)?,
            C::AddLocation { name } => self.add_station(Kind::Location, name)?,
            C::RemoveLocation { name } => self.remove(Kind::Location, name)?,
            C::AddDevice { name } => self.add_station(Kind::Device, name)?,
            C::RemoveDevice { name } => self.remove(Kind::Device, name)?,
            C::AddMember { list, of, parties } => self.members(*list, of, parties, Op::Add)?,
            C::RemoveMember { list, of, parties } => self.members(*list, of, parties, Op::Remove)?,
            C::SetAdministrator { user, area, names } => self.set_administrator(user, *area, names)?,
            C::ClearAdministrator { user } => self.clear_administrator(user)?,
        }
        Ok(())
    }

    fn good_name(&self, what: &str, name: &str) -> Result<()> {
        name_fault(name).map_or(Ok(()), |wrong| fault(format!("name of a {what} {wrong}")))
    }

    /// Adds a user. Adding a user that exists with the same extensions changes nothing.
    fn add_user(&mut self, name: &str, lines: &[String], creation: Creation) -> Result<()> {
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
        self.enlist(User::new(party, lines.to_vec(), Line::default()));
        lines.iter().for_each(|line| self.number(line, Some(party)));
        self.created(party, creation);
        Ok(())
    }

    /// Accepts adding a party that exists, if its extensions are the same.
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

    /// Checks extensions: each belongs to one party only and is no login of another user.
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

    fn set_lines(&mut self, text: &str, lines: &[String]) -> Result<()> {
        let party = self.look().party(text)?;
        if !matches!(self.domain.kind(party), Some(Kind::User | Kind::Team)) {
            return fault(format!("extensions of {}, expected a user or team", quote(text)));
        }
        self.good_lines(party, lines)?;
        let old = self.lines_of(party).to_vec();
        old.iter().filter(|line| !lines.contains(line)).for_each(|line| self.number(line, None));
        lines.iter().for_each(|line| self.number(line, Some(party)));
        // An extension that stays may have another index: first, second or additional line.
        let moved = lines.iter().enumerate().filter(|(place, line)| old.get(*place) != Some(line));
        for (_, line) in moved {
            self.dirty(DirtyPart::Line(line.as_str().into(), party));
        }
        let lines = lines.to_vec();
        let private = self.domain.user(party).map_or(&[][..], |user| &user.estos.private_lines);
        if !private.is_empty() {
            // The rights that a private line withholds follow from its index among the lines.
            let left = private.iter().filter(|line| lines.contains(line)).cloned().collect();
            self.put_private_lines(party, left);
        }
        match self.domain.kind(party) {
            Some(Kind::User) => self.put(lines, move |domain| Some(&mut domain.user_mut(party)?.lines)),
            _ => self.put(lines, move |domain| Some(&mut domain.team_mut(party)?.lines)),
        }
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
        self.agents_changed(party);
        Ok(())
    }

    /// Makes an outside contact a party of the domain.
    pub fn add_contact(&mut self, address: &str) -> Result<()> {
        let party = self.person(address)?;
        match self.domain.kind(party) {
            Some(Kind::Contact) => Ok(()),
            _ => fault(format!("{} is a user, expected an outside contact", quote(address))),
        }
    }

    pub fn add_station(&mut self, kind: Kind, name: &str) -> Result<()> {
        if self.look().live(kind, name).is_none() {
            self.good_name(kind.word(), name)?;
            let party = self.names.add_party(self.domain.id, kind, name)?;
            self.enlist(Station { party, kind, line: Line::default() });
        }
        Ok(())
    }

    /// Removes a party with everything that names it. A party that is not there has been removed already.
    pub fn remove(&mut self, kind: Kind, text: &str) -> Result<()> {
        let name = text.strip_prefix(kind.prefix()).unwrap_or(text);
        let address = sip_address(name).filter(|_| kind == Kind::Contact).map(|address| address.text);
        let Some(party) = self.look().live(kind, address.as_deref().unwrap_or(name)) else { return Ok(()) };
        if kind == Kind::Team {
            self.unadministered_team(party);
        }
        self.no_administrator(party);
        self.remove_from_linewarden(party);
        self.remove_from_xphone(party);
        self.remove_from_estos(party);
        self.remove_from_pascom(kind, party);
        self.remove_from_keevio(party);
        for line in self.lines_of(party).to_vec() {
            self.number(&line, None);
        }
        match kind {
            Kind::User => self.delist::<User>(party),
            Kind::Contact => self.delist::<Contact>(party),
            Kind::Team => self.delist::<Team>(party),
            Kind::Location | Kind::Device => self.delist::<Station>(party),
        }
        Ok(())
    }

    /// Adds parties to a list or removes them.
    pub fn members(&mut self, list: List, of: &str, parties: &[String], op: Op) -> Result<()> {
        let at = match list {
            List::Workgroup => self.workgroup(of)?,
            List::Observers | List::Monitored => self.monitoring_group(of)?,
            List::AuthorizationGroup | List::Leaders => self.authorization_group(of)?,
            List::Permission => self.permission(of)?,
            List::Agents => return self.agents(of, parties, op),
            List::Group => return self.group_members(of, parties, op),
        };
        let group = match list {
            List::Workgroup => Group::Workgroup(at),
            List::Observers | List::Monitored => Group::Monitoring(at),
            List::AuthorizationGroup | List::Leaders => Group::Authorization(at),
            List::Permission | List::Agents | List::Group => Group::Permission(at),
        };
        for text in parties {
            let party = if list == List::Permission { self.look().party(text)? } else { self.look().user(text)? };
            let kind = self.domain.kind(party).unwrap_or(Kind::Contact);
            self.enter((list, at, kind), party, op, move |domain| match list {
                List::Workgroup => Some(&mut domain.xphone.workgroups.get_mut(at)?.members),
                List::Observers => Some(&mut domain.xphone.monitoring_groups.get_mut(at)?.observers),
                List::Monitored => Some(&mut domain.xphone.monitoring_groups.get_mut(at)?.members),
                List::AuthorizationGroup => Some(&mut domain.estos.groups.get_mut(at)?.members),
                List::Leaders => Some(&mut domain.estos.groups.get_mut(at)?.leaders),
                List::Permission => domain.pascom.permissions.get_mut(at)?.manual_mut(kind),
                List::Agents | List::Group => None,
            });
            self.dirty(DirtyPart::Member(group, party));
        }
        Ok(())
    }
}
