//! The difference of facts with dates. A fact that has lost its dates is none of them: the other sections set it, and setting it
//! removes the dates.
#![forbid(unsafe_code)]

use super::Delta;
use crate::policy::change::{Change, List};
use crate::policy::dated::{Dated, Fact};

impl Delta<'_> {
    pub fn dated(&mut self) {
        let (old, new) = (&self.old.dated, &self.new.dated);
        for held in old {
            let lives = held.fact.parties().all(|party| self.new.kind(party).is_some());
            if lives && !new.iter().any(|kept| kept.fact.is_about_the_same(&held.fact)) {
                let change = self.clear(&held.fact);
                self.push(change);
            }
        }
        for dated in new {
            if !old.iter().any(|held| held.fact == dated.fact && held.when == dated.when) {
                let change = self.set(dated);
                self.push(change);
            }
        }
    }

    fn set(&self, dated: &Dated) -> Change {
        let (when, text) = (dated.when.clone(), |party| self.text(party));
        match &dated.fact {
            Fact::Setting { owner, viewer, label } => {
                let (owner, viewer) = (text(*owner), text(*viewer));
                Change::SetDatedRelationship { owner, viewer, label: *label, when }
            }
            Fact::Grant { owner, viewer, grant, administrative } => {
                let (owner, viewer, grant) = (text(*owner), text(*viewer), *grant);
                match administrative {
                    true => Change::SetDatedAdministrativeGrant { owner, viewer, when, grant },
                    false => Change::SetDatedGrant { owner, viewer, when, grant },
                }
            }
            Fact::WorkgroupMember { group, member } => {
                Change::SetDatedMember { list: List::Workgroup, of: group.clone(), party: text(*member), when }
            }
            Fact::PermissionMember { permission, member, .. } => {
                Change::SetDatedMember { list: List::Permission, of: permission.clone(), party: text(*member), when }
            }
        }
    }

    fn clear(&self, fact: &Fact) -> Change {
        let text = |party| self.text(party);
        match fact {
            Fact::Setting { owner, viewer, .. } => {
                Change::ClearDatedRelationship { owner: text(*owner), viewer: text(*viewer) }
            }
            Fact::Grant { owner, viewer, administrative, .. } => {
                let (owner, viewer) = (text(*owner), text(*viewer));
                match administrative {
                    true => Change::ClearDatedAdministrativeGrant { owner, viewer },
                    false => Change::ClearDatedGrant { owner, viewer },
                }
            }
            Fact::WorkgroupMember { group, member } => {
                Change::ClearDatedMember { list: List::Workgroup, of: group.clone(), party: text(*member) }
            }
            Fact::PermissionMember { permission, member, .. } => {
                Change::ClearDatedMember { list: List::Permission, of: permission.clone(), party: text(*member) }
            }
        }
    }
}
