//! Applies changes of facts with dates. A fact is either among those of its system, which always count, or among those with dates: a
//! change that sets one takes away the other. It never judges who may make a change.
#![forbid(unsafe_code)]

use crate::calendar::When;
use crate::error::Result;
use crate::id::{Kind, Line, Party};
use crate::policy::change::editor::{Editor, Op, fault};
use crate::policy::change::vocabulary::DatedChange;
use crate::policy::change::{Change, DirtyPart, List};
use crate::policy::dated::{Dated, Fact, MOST_DATES};
use crate::system::estos::{Grant, Level};
use crate::system::xphone::Label;

impl Editor<'_> {
    /// Makes a change of a fact with dates.
    pub fn dated_change(&mut self, change: DatedChange<'_>) -> Result<()> {
        use DatedChange as C;
        match change {
            C::SetDatedRelationship { owner, viewer, label, when } => {
                let pair = self.owner_and_viewer(owner, viewer)?;
                if self.has_dated(&Fact::Setting { owner: pair.0, viewer: pair.1, label: *label }, when) {
                    return Ok(());
                }
                self.set_relationship(owner, viewer, *label)?;
                self.clear_relationship(owner, viewer)?;
                let (owner, viewer) = self.owner_and_viewer(owner, viewer)?;
                self.add_dated(Fact::Setting { owner, viewer, label: *label }, when)
            }
            C::ClearDatedRelationship { owner, viewer } => {
                self.drop_pair(owner, viewer, |owner, viewer| Fact::Setting { owner, viewer, label: Label::Unknown })
            }
            C::SetDatedGrant { owner, viewer, when, grant } => {
                if self.has_grant(owner, viewer, *grant, false, when)? {
                    return Ok(());
                }
                self.set_grant(owner, viewer, *grant)?;
                self.clear_grant(owner, viewer)?;
                self.add_grant(owner, viewer, *grant, false, when)
            }
            C::ClearDatedGrant { owner, viewer } => self.drop_grant(owner, viewer, false),
            C::SetDatedAdministrativeGrant { owner, viewer, when, grant } => {
                if self.has_grant(owner, viewer, *grant, true, when)? {
                    return Ok(());
                }
                self.administrative_grant(owner, viewer, Some(*grant))?;
                self.administrative_grant(owner, viewer, None)?;
                self.add_grant(owner, viewer, *grant, true, when)
            }
            C::ClearDatedAdministrativeGrant { owner, viewer } => self.drop_grant(owner, viewer, true),
            C::SetDatedMember { list, of, party, when } => {
                let fact = self.member(*list, of, party)?;
                if self.has_dated(&fact, when) {
                    return Ok(());
                }
                self.members(*list, of, std::slice::from_ref(party), Op::Remove)?;
                self.add_dated(fact, when)
            }
            C::ClearDatedMember { list, of, party } => {
                if let Ok(fact) = self.member(*list, of, party) {
                    self.drop_dated(|held| held.is_about_the_same(&fact));
                }
                Ok(())
            }
        }
    }

    /// Takes away the facts with dates that a change of facts without dates replaces or leaves without a party or a group.
    pub fn settle_dated(&mut self, change: &Change) -> Result<()> {
        if self.domain.dated.is_empty() {
            return Ok(());
        }
        let setting = |owner, viewer| Fact::Setting { owner, viewer, label: Label::Unknown };
        let grant = |administrative| {
            move |owner, viewer| Fact::Grant { owner, viewer, grant: Grant::Level(Level::Blocked), administrative }
        };
        match change {
            Change::SetRelationship { owner, viewer, .. } | Change::ClearRelationship { owner, viewer } => {
                self.drop_pair(owner, viewer, setting)?;
            }
            Change::ResetRelationships { owner } => {
                let wanted = self.look().user(owner)?;
                self.drop_dated(|held| matches!(held, Fact::Setting { owner, .. } if *owner == wanted));
            }
            Change::SetGrant { owner, viewer, .. }
            | Change::ClearGrant { owner, viewer }
            | Change::Delete { owner, contact: viewer, .. } => self.drop_pair(owner, viewer, grant(false))?,
            Change::Answer { owner, requesters, .. } | Change::Reject { owner, requesters } => {
                requesters.iter().try_for_each(|viewer| self.drop_pair(owner, viewer, grant(false)))?;
            }
            Change::SetAdministrativeGrant { owner, viewer, .. }
            | Change::ClearAdministrativeGrant { owner, viewer } => self.drop_pair(owner, viewer, grant(true))?,
            Change::AddMember { list: list @ (List::Workgroup | List::Permission), of, parties }
            | Change::RemoveMember { list: list @ (List::Workgroup | List::Permission), of, parties } => {
                for party in parties {
                    let fact = self.member(*list, of, party)?;
                    self.drop_dated(|held| held.is_about_the_same(&fact));
                }
            }
            Change::RemoveWorkgroup { name } => {
                self.drop_dated(|held| matches!(held, Fact::WorkgroupMember { group, .. } if group == name));
            }
            Change::RemovePermission { name } => {
                self.drop_dated(|held| matches!(held, Fact::PermissionMember { permission, .. } if permission == name));
            }
            Change::RemoveUser { .. }
            | Change::RemoveContact { .. }
            | Change::RemoveTeam { .. }
            | Change::RemoveLocation { .. }
            | Change::RemoveDevice { .. } => {
                let facts = self.domain.dated.iter().map(|dated| &dated.fact);
                let gone: Vec<Party> =
                    facts.flat_map(Fact::parties).filter(|party| self.domain.kind(*party).is_none()).collect();
                self.drop_dated(|held| held.parties().any(|party| gone.contains(&party)));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the fact is there with just these dates: to say so again changes nothing.
    fn has_dated(&self, fact: &Fact, when: &When) -> bool {
        self.domain.dated.iter().any(|held| held.fact == *fact && held.when == *when)
    }

    fn has_grant(
        &mut self,
        owner: &str,
        viewer: &str,
        grant: Grant,
        administrative: bool,
        when: &When,
    ) -> Result<bool> {
        let (owner, viewer) = self.owner_and_viewer(owner, viewer)?;
        Ok(self.has_dated(&Fact::Grant { owner, viewer, grant, administrative }, when))
    }

    /// The membership that a change names.
    fn member(&mut self, list: List, of: &str, party: &str) -> Result<Fact> {
        match list {
            List::Workgroup => {
                self.workgroup(of)?;
                Ok(Fact::WorkgroupMember { group: of.into(), member: self.look().user(party)? })
            }
            List::Permission => {
                self.permission(of)?;
                let member = self.look().party(party)?;
                let kind = self.domain.kind(member).unwrap_or(Kind::User);
                Ok(Fact::PermissionMember { permission: of.into(), kind, member })
            }
            _ => fault("only members of a workgroup or a permission can have dates"),
        }
    }

    fn add_grant(&mut self, owner: &str, viewer: &str, grant: Grant, administrative: bool, when: &When) -> Result<()> {
        let (owner, viewer) = self.owner_and_viewer(owner, viewer)?;
        self.add_dated(Fact::Grant { owner, viewer, grant, administrative }, when)
    }

    fn drop_grant(&mut self, owner: &str, viewer: &str, administrative: bool) -> Result<()> {
        let grant = Grant::Level(Level::Blocked);
        self.drop_pair(owner, viewer, |owner, viewer| Fact::Grant { owner, viewer, grant, administrative })
    }

    fn drop_pair(&mut self, owner: &str, viewer: &str, fact: impl Fn(Party, Party) -> Fact) -> Result<()> {
        let owner = self.look().user(owner)?;
        if let Some(viewer) = self.look().person(viewer)?.known() {
            let fact = fact(owner, viewer);
            self.drop_dated(|held| held.is_about_the_same(&fact));
        }
        Ok(())
    }

    fn drop_dated(&mut self, gone: impl Fn(&Fact) -> bool) {
        for at in (0..self.domain.dated.len()).rev() {
            if self.domain.dated.get(at).is_some_and(|dated| gone(&dated.fact)) {
                self.take_unnamed(at, |domain| Some(&mut domain.dated));
                self.dirty(DirtyPart::Rules);
            }
        }
    }

    fn add_dated(&mut self, fact: Fact, when: &When) -> Result<()> {
        if when.is_always() {
            return fault("always is no date, expected a span such as `../2027-01-08T00:00:00+01:00`");
        }
        self.drop_dated(|held| held.is_about_the_same(&fact));
        let group = |fact: &Fact| match fact {
            Fact::WorkgroupMember { group, .. } => Some((0, group.clone())),
            Fact::PermissionMember { permission, .. } => Some((1, permission.clone())),
            Fact::Setting { .. } | Fact::Grant { .. } => None,
        };
        let of = group(&fact);
        let mut dates: Vec<&When> = vec![when];
        for held in self.domain.dated.iter().filter(|held| of.is_some() && group(&held.fact) == of) {
            if !dates.contains(&&held.when) {
                dates.push(&held.when);
            }
        }
        if dates.len() > MOST_DATES {
            return fault(format!("{} different dates in one group, expected at most {MOST_DATES}", dates.len()));
        }
        let (system, index) = (fact.system(), fact.index_in(&self.domain.dated));
        let dated = Dated { fact, when: when.clone(), line: Line::default() };
        self.insert(index, dated, |domain| Some(&mut domain.dated));
        self.rules_of(system);
        Ok(())
    }
}
