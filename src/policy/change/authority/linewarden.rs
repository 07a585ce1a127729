//! Who may change the facts of linewarden's own system: users the rules whose only targets are themselves or teams that they administer,
//! and what they are exempt from. It alters nothing.
#![forbid(unsafe_code)]

use super::{Judge, refused};
use crate::error::Result;
use crate::id::Party;
use crate::policy::change::{Change, RuleParts};
use crate::system::System;
use crate::system::linewarden::{CALL_TO, Everyone, FORWARDING_TO};
use crate::wording::quote;

impl Judge<'_> {
    /// What a user may change of it; `None` where it says nothing.
    pub(super) fn linewarden(&self, author: Party, change: &Change) -> Option<Result<()>> {
        Some(match change {
            Change::AddRule { name, parts } => self.own_rule(author, name, Some(parts)),
            Change::SetRule { name, parts } => self
                .look
                .place("rule", &self.domain().linewarden.rules, |rule| &rule.name, name)
                .and_then(|_| self.own_rule(author, name, Some(parts))),
            Change::RemoveRule { name } => self.own_rule(author, name, None),
            Change::SetExempt { user, .. } | Change::ClearExempt { user } => {
                self.own_side(author, user, "an exemption", "L11")
            }
            _ => return None,
        })
    }

    /// L13: whether a user may add, set or remove the rule: before and after, it reaches only the user and teams that the user
    /// administers. Classes of numbers are the administrator's, for they cost money: those that every forwarding has need no rule, and a
    /// rule that named one would go on to give it after the administrator has taken it from all.
    fn own_rule(&self, author: Party, name: &str, parts: Option<&RuleParts>) -> Result<()> {
        let teams = self.domain().administrator(author).map_or(&[][..], |held| &held.teams);
        let own = |party: Party| party == author || teams.contains(&party);
        self.runs(System::Linewarden)?;
        let held = self.domain().linewarden.rule(name);
        let held_is_own = held.is_none_or(|rule| {
            let targets = &rule.targets;
            targets.groups.is_empty()
                && targets.words.is_empty()
                && !targets.parties.is_empty()
                && targets.parties.iter().all(|party| own(*party))
        });
        let set = parts.and_then(|parts| parts.targets.as_deref());
        // A word for many is no party here, even where a user has that login.
        let named = |text: &String| Everyone::parse(text).is_none() && self.look.party(text).is_ok_and(own);
        let set_is_own = match (set, held) {
            (Some(texts), _) => !texts.is_empty() && texts.iter().all(named),
            // Without the part the targets stay; a new rule without targets is no one's.
            (None, held) => held.is_some() || parts.is_none(),
        };
        if !held_is_own || !set_is_own {
            let whose = if teams.is_empty() { "" } else { " or teams that the user administers" };
            return refused(format!(
                "users change rules only whose targets are themselves{whose}, and rule {} has others (L13)",
                quote(name)
            ));
        }
        let rights = parts.and_then(|parts| parts.rights).or(held.map(|rule| rule.rights)).unwrap_or_default();
        match (rights & (FORWARDING_TO | CALL_TO)).shortest().into_iter().next().filter(|_| parts.is_some()) {
            Some(right) => refused(format!("only the administrator may give {} (L13)", quote(right))),
            None => Ok(()),
        }
    }
}
