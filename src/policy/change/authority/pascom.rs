//! Who may change pascom's facts: agents their own state. It alters nothing.
#![forbid(unsafe_code)]

use super::Judge;
use crate::error::Result;
use crate::id::Party;
use crate::policy::Area;
use crate::policy::change::Change;

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
}

/// Area and name of the thing of its own that the change concerns, if users can administer it.
pub(super) fn thing_of(change: &Change) -> Option<(Area, &str)> {
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
