//! Who may change keevio's facts: users ask and accept; single steps, and any removal, are the administrator's. It alters nothing.
#![forbid(unsafe_code)]

use super::{Judge, refused};
use crate::error::Result;
use crate::id::Party;
use crate::policy::change::Change;
use crate::system::System;

impl Judge<'_> {
    /// What a user may change of it; `None` where it says nothing.
    pub(super) fn keevio(&self, author: Party, change: &Change) -> Option<Result<()>> {
        Some(match change {
            Change::Request { viewer, .. } => self.own_side(author, viewer, "a request", "K4"),
            Change::Confirm { owner, .. } => self.own_side(author, owner, "an acceptance", "K4"),
            Change::Subscribe { .. } | Change::Accept { .. } => refused(
                "the keevio client knows `request` and `confirm` only; single steps are the administrator's (K4)",
            ),
            Change::SetSubscription { .. } | Change::ClearSubscription { .. } | Change::Decline { .. } => refused(
                "the keevio client can only create relations; only the administrator may change or remove one (K5)",
            ),
            _ => return None,
        })
    }

    /// K7, K23: within a permission realm nothing can be changed, not even by the administrator.
    pub(super) fn realm(&self, change: &Change) -> Result<()> {
        let (one, other) = match change {
            Change::Subscribe { viewer, owner }
            | Change::Accept { owner, viewer }
            | Change::Decline { owner, viewer }
            | Change::Request { viewer, owner }
            | Change::Confirm { owner, viewer }
            | Change::SetSubscription { viewer, owner, .. }
            | Change::ClearSubscription { viewer, owner } => (viewer, owner),
            _ => return Ok(()),
        };
        let keevio = &self.domain().keevio;
        if !keevio.realm || !self.domain().systems.has(System::Keevio) {
            return Ok(());
        }
        let realm = |text: &str| {
            let user = self.look.person(text).ok()?.known().and_then(|party| self.domain().user(party));
            user.and_then(|user| user.keevio.realm())
        };
        match (realm(one), realm(other)) {
            (Some(realm), Some(same)) if realm == same => refused(format!(
                "{one} and {other} are in the same permission realm; their relation cannot be changed (K7)"
            )),
            _ => Ok(()),
        }
    }
}
