//! The changes of pascom's facts: permissions, notifications, and which agents are logged in. What they do, who may make them (agents
//! set their own state), and which of them lead from one policy to another. It must never look at another system's facts.
#![forbid(unsafe_code)]

use super::authority::Judge;
use super::delta::{Delta, by_name};
use super::editor::{Editor, Op, fault};
use super::vocabulary::PascomChange;
use super::{Assigned, Change, DirtyPart, List};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Kind, Party};
use crate::policy::state::Pairs;
use crate::policy::{Area, Domain, Team};
use crate::system::System;
use crate::system::pascom::{Permission, PickupNotification, RoleType};
use crate::wording::quote;

impl Editor<'_> {
    /// Makes a change of pascom's facts.
    pub fn pascom_change(&mut self, change: PascomChange<'_>) -> Result<()> {
        use PascomChange as C;
        match change {
            C::SetNotification { team, notification } => self.set_notification(team, *notification)?,
            C::LogIn { team, agent } => self.agent(team, agent, Op::Remove, |domain| &mut domain.state.logged_out)?,
            C::LogOut { team, agent } => self.agent(team, agent, Op::Add, |domain| &mut domain.state.logged_out)?,
            C::Pause { team, agent } => self.agent(team, agent, Op::Add, |domain| &mut domain.state.paused)?,
            C::Resume { team, agent } => self.agent(team, agent, Op::Remove, |domain| &mut domain.state.paused)?,
            C::AddPermission { name } => self.add_permission(name)?,
            C::RemovePermission { name } => self.remove_permission(name)?,
            C::AddRoleType { permission, role_type } => self.role_type(permission, *role_type, Op::Add)?,
            C::RemoveRoleType { permission, role_type } => self.role_type(permission, *role_type, Op::Remove)?,
            C::SetAutomatic { permission, kind, on: automatic } => self.set_automatic(permission, *kind, *automatic)?,
            C::SetShowNumbers { on: show } => {
                self.domain_fact(System::Pascom, DirtyPart::Rules, *show, |domain| &mut domain.pascom.show_numbers);
            }
        }
        Ok(())
    }

    fn set_notification(&mut self, team: &str, notification: PickupNotification) -> Result<()> {
        let team = self.look().of_kind(Kind::Team, team)?;
        self.put(notification, move |domain| Some(&mut domain.team_mut(team)?.pickup_notification));
        if !self.undo.is_empty() {
            self.written(System::Pascom);
        }
        self.dirty(DirtyPart::State);
        Ok(())
    }

    /// pascom: an agent's state in a team.
    pub fn agent(&mut self, team: &str, agent: &str, op: Op, set: fn(&mut Domain) -> &mut Pairs) -> Result<()> {
        let look = self.look();
        let (team, agent) = (look.of_kind(Kind::Team, team)?, look.user(agent)?);
        if !self.domain.team(team).is_some_and(|team| team.agents.contains(&agent)) {
            let (team, agent) = (quote(&self.names.text(team)), quote(&self.names.text(agent)));
            return fault(format!("{agent} is no agent of {team}"));
        }
        self.pair((team, agent), op, set);
        self.dirty(DirtyPart::State);
        Ok(())
    }

    pub fn permission(&self, name: &str) -> Result<usize> {
        self.look().index_of("permission", &self.domain.pascom.permissions, |permission| &permission.name, name)
    }

    fn add_permission(&mut self, name: &str) -> Result<()> {
        let permissions = &self.domain.pascom.permissions;
        let end = permissions.len();
        if self.new_name("permission", permissions, |permission| &permission.name, name)? {
            let permission = Permission { name: name.into(), ..Permission::default() };
            self.insert(end, permission, |domain| Some(&mut domain.pascom.permissions));
            self.rules_of(System::Pascom);
        }
        Ok(())
    }

    fn remove_permission(&mut self, name: &str) -> Result<()> {
        if name == Permission::ALL {
            return Err(Error::new(ErrorKind::Refused, "the permission `All` cannot be removed (P1)"));
        }
        if let Ok(at) = self.permission(name) {
            self.take(at, |domain| Some(&mut domain.pascom.permissions));
            self.unadministered(Area::Permissions, name);
            self.dirty(DirtyPart::Rules);
        }
        Ok(())
    }

    pub fn role_type(&mut self, permission: &str, role_type: RoleType, op: Op) -> Result<()> {
        let at = self.permission(permission)?;
        let types = self.domain.pascom.permissions.get(at).map(|permission| permission.types).unwrap_or_default();
        let types = match op {
            Op::Add => types.with(role_type),
            Op::Remove => types.without(role_type),
        };
        self.put(types, move |domain| Some(&mut domain.pascom.permissions.get_mut(at)?.types));
        self.rules_of(System::Pascom);
        Ok(())
    }

    fn set_automatic(&mut self, permission: &str, kind: Assigned, on: bool) -> Result<()> {
        let at = self.permission(permission)?;
        self.put(on, move |domain| {
            let automatic = &mut domain.pascom.permissions.get_mut(at)?.automatic;
            Some(match kind {
                Assigned::Users => &mut automatic.users,
                Assigned::Teams => &mut automatic.teams,
                Assigned::Devices => &mut automatic.devices,
                Assigned::Locations => &mut automatic.locations,
            })
        });
        self.rules_of(System::Pascom);
        Ok(())
    }

    pub fn agents(&mut self, team: &str, parties: &[String], op: Op) -> Result<()> {
        let team = self.look().of_kind(Kind::Team, team)?;
        let mut pairs = Vec::new();
        for text in parties {
            let agent: Party = self.look().user(text)?;
            pairs.push((agent, team));
            self.enter((List::Agents, team.index(), Kind::User), agent, op, move |domain| {
                Some(&mut domain.team_mut(team)?.agents)
            });
            if op == Op::Remove {
                self.pair((team, agent), Op::Remove, |domain| &mut domain.state.logged_out);
                self.pair((team, agent), Op::Remove, |domain| &mut domain.state.paused);
            }
        }
        if !self.undo.is_empty() {
            self.written(System::Pascom);
        }
        self.dirty_pairs(pairs);
        self.agents_changed(team);
        Ok(())
    }

    /// Removes a party from permissions, teams and agents' states. A team's agents go with it.
    pub fn remove_from_pascom(&mut self, kind: Kind, party: Party) {
        for at in 0..self.domain.pascom.permissions.len() {
            self.unlist(party, move |domain| domain.pascom.permissions.get_mut(at)?.manual_mut(kind));
        }
        let agents = self.domain.team(party).map_or(&[][..], |team| &team.agents);
        let agents: Vec<_> = agents.iter().map(|agent| (*agent, party)).collect();
        self.dirty_pairs(agents);
        let teams = self.domain.teams.iter().filter(|team| team.agents.contains(&party));
        let teams: Vec<_> = teams.map(|team| (party, team.party)).collect();
        self.dirty_pairs(teams);
        for at in 0..self.domain.teams.len() {
            self.unlist(party, move |domain| Some(&mut domain.teams.get_mut(at)?.agents));
        }
        self.remove_pairs(party, |domain| &mut domain.state.logged_out);
        self.remove_pairs(party, |domain| &mut domain.state.paused);
    }
}

impl Judge<'_> {
    /// What a user may change of it; `None` where it says nothing.
    pub(super) fn pascom(&self, author: Party, change: &Change) -> Option<Result<()>> {
        Some(match change {
            Change::LogIn { agent, .. }
            | Change::LogOut { agent, .. }
            | Change::Pause { agent, .. }
            | Change::Resume { agent, .. } => self.own_side(author, agent, "an agent's state", "pascom teams"),
            _ => return None,
        })
    }

    /// Area and name of the thing of its own that the change concerns, if users can administer it.
    pub(in crate::policy::change) fn pascom_thing(change: &Change) -> Option<(Area, &str)> {
        match change {
            Change::SetAutomatic { permission, .. } => Some((Area::Permissions, permission)),
            Change::SetNotification { team, .. }
            | Change::LogIn { team, .. }
            | Change::LogOut { team, .. }
            | Change::Pause { team, .. }
            | Change::Resume { team, .. } => Some((Area::Teams, team)),
            _ => None,
        }
    }
}

impl Delta<'_> {
    /// Notification and agents of a team.
    pub fn pascom_team(&mut self, team: &Team) {
        let held = self.old.team(team.party);
        let name = self.name(team.party);
        if held.map(|held| held.pickup_notification).unwrap_or_default() != team.pickup_notification {
            self.push(Change::SetNotification { team: name.clone(), notification: team.pickup_notification });
        }
        self.members(List::Agents, &name, held.map_or(&[][..], |held| &held.agents), &team.agents);
    }

    pub fn pascom(&mut self) {
        let (old, new) = (&self.old.pascom, &self.new.pascom);
        let held = by_name(&old.permissions, |permission| &permission.name);
        let kept = by_name(&new.permissions, |permission| &permission.name);
        for name in held.keys().filter(|name| !kept.contains_key(*name)) {
            self.push(Change::RemovePermission { name: (*name).into() });
        }
        for permission in &new.permissions {
            let held = held.get(permission.name.as_str()).copied();
            let name = || permission.name.clone();
            if held.is_none() {
                self.push(Change::AddPermission { name: name() });
            }
            let held = held.cloned().unwrap_or_else(Permission::default);
            for role_type in RoleType::ALL.iter().copied() {
                match (held.types.has(role_type), permission.types.has(role_type)) {
                    (false, true) => self.push(Change::AddRoleType { permission: name(), role_type }),
                    (true, false) => self.push(Change::RemoveRoleType { permission: name(), role_type }),
                    _ => {}
                }
            }
            let kinds = [
                (Assigned::Users, Kind::User),
                (Assigned::Teams, Kind::Team),
                (Assigned::Devices, Kind::Device),
                (Assigned::Locations, Kind::Location),
            ];
            for (kind, of) in kinds {
                let on = permission.automatic.of(of);
                if held.automatic.of(of) != on {
                    self.push(Change::SetAutomatic { permission: name(), kind, on });
                }
                self.members(List::Permission, &permission.name, held.manual(of), permission.manual(of));
            }
        }
        if old.show_numbers != new.show_numbers {
            self.push(Change::SetShowNumbers { on: new.show_numbers });
        }
    }
}
