//! The difference of what users administer (R8).
#![forbid(unsafe_code)]

use super::Delta;
use crate::policy::change::Change;
use crate::policy::{Administrator, Area};

impl Delta<'_> {
    /// A removed thing has left the lists by then; a list that lost nothing else is set again to what it is.
    pub fn administrators(&mut self) {
        for held in &self.old.administrators {
            if self.new.kind(held.user).is_some() && self.new.administrator(held.user).is_none() {
                self.push(Change::ClearAdministrator { user: self.name(held.user) });
            }
        }
        for administrator in &self.new.administrators {
            let held = self.old.administrator(administrator.user).cloned();
            let is_new = held.is_none();
            let held = held.unwrap_or_else(|| Administrator::new(administrator.user));
            for area in Area::ALL.iter().copied() {
                let same = match area {
                    Area::Teams => held.teams == administrator.teams,
                    area => held.names(area) == administrator.names(area),
                };
                // An administrator of nothing has an entry too.
                if same && !(is_new && area == Area::Sites) {
                    continue;
                }
                let names = match area {
                    Area::Teams => administrator.teams.iter().map(|team| self.name(*team)).collect(),
                    area => administrator.names(area).to_vec(),
                };
                self.push(Change::SetAdministrator { user: self.name(administrator.user), area, names });
            }
        }
    }
}
