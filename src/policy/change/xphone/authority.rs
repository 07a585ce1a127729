//! Who may change XPhone's facts: owners their relationships, within the company's agreement. It alters nothing.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::id::Party;
use crate::policy::change::Change;
use crate::policy::change::authority::{Judge, refused};
use crate::policy::{Area, Domain, User};
use crate::system::System;
use crate::system::xphone::{Agreement, Label};
use crate::wording::{expected, quote};

impl Judge<'_> {
    /// What a user may change of it; `None` where it says nothing.
    pub(in crate::policy::change) fn xphone(&self, author: Party, change: &Change) -> Option<Result<()>> {
        Some(match change {
            Change::SetRelationship { owner, viewer, label } => self
                .own_side(author, owner, "a relationship", "X6")
                .and_then(|()| self.runs(System::Xphone))
                .and_then(|()| self.choice(author, viewer, *label)),
            Change::ClearRelationship { owner, .. } => {
                self.own_side(author, owner, "a relationship", "X13").and_then(|()| self.runs(System::Xphone))
            }
            Change::ResetRelationships { .. } => {
                refused("only the administrator may reset what an owner has set (X14)")
            }
            _ => return None,
        })
    }

    /// X12: what an owner may choose for a viewer.
    fn choice(&self, owner: Party, viewer: &str, label: Label) -> Result<()> {
        let Some(user) = self.domain().user(owner) else { return Ok(()) };
        let known = self.look.person(viewer)?.known();
        let inside = known.and_then(|viewer| self.domain().user(viewer));
        let offered = if inside.is_some() { Label::FOR_USERS } else { Label::FOR_CONTACTS };
        if !offered.contains(&label) {
            let words: Vec<&str> = offered.iter().map(|label| label.word()).collect();
            let whose = if inside.is_some() { "a user" } else { "an outside contact" };
            return refused(format!(
                "{} cannot be chosen for {whose}{} (AMB-22)",
                quote(label.word()),
                expected(&words)
            ));
        }
        let defaults = self.domain().xphone.defaults(&user.xphone);
        if defaults.is_none_or(|defaults| defaults.agreement == Agreement::ExtendAndRestrict) {
            return Ok(());
        }
        let least = server_side(self.domain(), inside, user);
        if label >= least {
            return Ok(());
        }
        let least = least.word();
        refused(format!(
            "the company agreement only lets you extend the relationship: {viewer} is at least {least} (X12)"
        ))
    }

    /// Area and name of the thing of its own that the change concerns, if users can administer it.
    pub(in crate::policy::change) fn xphone_thing(change: &Change) -> Option<(Area, &str)> {
        match change {
            Change::SetDefault { site, .. }
            | Change::SetAgreement { site, .. }
            | Change::AddSiteGroup { site, .. }
            | Change::RemoveSiteGroup { site, .. }
            | Change::SetGroupDefault { site, .. }
            | Change::ClearGroupDefault { site, .. }
            | Change::SetGroupAgreement { site, .. }
            | Change::ClearGroupAgreement { site, .. }
            | Change::SetSite { site, .. } => Some((Area::Sites, site)),
            Change::SetWorkgroup { name, .. } => Some((Area::Workgroups, name)),
            Change::SetMonitoringGroup { name, .. } | Change::ClearMonitoringGroup { name, .. } => {
                Some((Area::MonitoringGroups, name))
            }
            _ => None,
        }
    }
}

/// The label the server gives a viewer towards an owner, transfers left out; unknown towards a VIP (X12, AMB-8).
fn server_side(domain: &Domain, viewer: Option<&User>, owner: &User) -> Label {
    if owner.xphone.vip {
        return Label::Unknown;
    }
    let defaults = domain.xphone.defaults(&owner.xphone);
    let Some(user) = viewer else { return defaults.map_or(Label::Unknown, |defaults| defaults.outside) };
    let mut highest = defaults.map(|defaults| match user.xphone.site == owner.xphone.site {
        true => defaults.same_site,
        false => defaults.other_sites,
    });
    let (viewer, owner) = (user.party, owner.party);
    domain.xphone.lower_groups(|actors, targets, outcome, _| {
        if actors.contains(&viewer) && targets.contains(&owner) {
            highest = highest.max(Label::from_step(outcome.label));
        }
    });
    highest.max(user.xphone.assistant.then_some(Label::Assistant)).unwrap_or(Label::Unknown)
}
