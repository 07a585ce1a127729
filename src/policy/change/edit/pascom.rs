//! Applies changes of pascom's facts: permissions, notifications, and which agents are logged in.
#![forbid(unsafe_code)]

use crate::error::{Error, ErrorKind, Result};
use crate::id::{Kind, Party};
use crate::policy::change::editor::{Editor, Op, fault};
use crate::policy::change::vocabulary::PascomChange;
use crate::policy::change::{Assigned, DirtyPart};
use crate::policy::state::Pairs;
use crate::policy::{Area, Domain};
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

    pub fn set_notification(&mut self, team: &str, notification: PickupNotification) -> Result<()> {
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
        self.look().place("permission", &self.domain.pascom.permissions, |permission| &permission.name, name)
    }

    pub fn add_permission(&mut self, name: &str) -> Result<()> {
        let permissions = &self.domain.pascom.permissions;
        let end = permissions.len();
        if self.new_name("permission", permissions, |permission| &permission.name, name)? {
            let permission = Permission { name: name.into(), ..Permission::default() };
            self.insert(end, permission, |domain| Some(&mut domain.pascom.permissions));
            self.rules_of(System::Pascom);
        }
        Ok(())
    }

    pub fn remove_permission(&mut self, name: &str) -> Result<()> {
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

    pub fn set_automatic(&mut self, permission: &str, kind: Assigned, on: bool) -> Result<()> {
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
            self.list(agent, op, move |domain| Some(&mut domain.team_mut(team)?.agents));
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
            self.list(party, Op::Remove, move |domain| domain.pascom.permissions.get_mut(at)?.manual_mut(kind));
        }
        let agents = self.domain.team(party).map_or(&[][..], |team| &team.agents);
        let agents: Vec<_> = agents.iter().map(|agent| (*agent, party)).collect();
        self.dirty_pairs(agents);
        let teams = self.domain.teams.iter().filter(|team| team.agents.contains(&party));
        let teams: Vec<_> = teams.map(|team| (party, team.party)).collect();
        self.dirty_pairs(teams);
        for at in 0..self.domain.teams.len() {
            self.list(party, Op::Remove, move |domain| Some(&mut domain.teams.get_mut(at)?.agents));
        }
        self.remove_pairs(party, |domain| &mut domain.state.logged_out);
        self.remove_pairs(party, |domain| &mut domain.state.paused);
    }
}
