//! The difference of pascom's facts as changes: permissions with role types and members, whom teams notify, and whether numbers
//! are shown. It must never look at another system's facts.
#![forbid(unsafe_code)]

use super::{Delta, by_name};
use crate::id::Kind;
use crate::policy::Team;
use crate::policy::change::{Assigned, Change, List};
use crate::system::pascom::{Permission, RoleType};

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
