//! Writes pascom's facts: permissions and client settings; teams and locations are written with the people. It must never write facts
//! of another system.
#![forbid(unsafe_code)]

use super::Writer;
use crate::id::{Kind, Party};
use crate::policy::dated::Fact;
use crate::system::pascom::{Automatic, Permission};
use std::io::Result;

impl Writer<'_> {
    /// Its tables.
    pub(super) fn pascom(&mut self) -> Result<()> {
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
