//! Who may change estos' facts: owners their grants and answers, above what the administrator gave, and users their own inquiries.
//! It alters nothing.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::id::{Kind, Party};
use crate::policy::Domain;
use crate::policy::change::authority::{Judge, refused};
use crate::policy::change::{Change, Deletion};
use crate::right::RightSet;
use crate::system::System;
use crate::system::estos::{Grant, Level};
use crate::wording::quote;

impl Judge<'_> {
    /// What a user may change of it; `None` where it says nothing.
    pub(in crate::policy::change) fn estos(&self, author: Party, change: &Change) -> Option<Result<()>> {
        let levels = |viewers: &[String], level: Level| {
            viewers.iter().try_for_each(|viewer| self.level(author, viewer, Some(Grant::Level(level))))
        };
        Some(match change {
            Change::SetGrant { owner, viewer, grant } => self
                .own_side(author, owner, "an authorization", "E1")
                .and_then(|()| self.level(author, viewer, Some(*grant))),
            Change::ClearGrant { owner, viewer } => {
                self.own_side(author, owner, "an authorization", "E1").and_then(|()| self.level(author, viewer, None))
            }
            Change::Ask { requester, .. } | Change::Withdraw { requester, .. } => {
                self.own_side(author, requester, "an inquiry", "E9")
            }
            Change::Answer { owner, level, requesters } => {
                self.own_side(author, owner, "an answer", "E11").and_then(|()| levels(requesters, *level))
            }
            Change::Reject { owner, requesters } => {
                self.own_side(author, owner, "an answer", "E12").and_then(|()| levels(requesters, Level::Blocked))
            }
            Change::Delete { owner, contact, deletion } => {
                self.own_side(author, owner, "a deletion", "E16").and_then(|()| match deletion {
                    Deletion::Block => self.level(author, contact, Some(Grant::Level(Level::Blocked))),
                    Deletion::Keep => Ok(()),
                })
            }
            Change::AddFavourite { owner, .. } | Change::RemoveFavourite { owner, .. } => {
                self.own_side(author, owner, "the Favorites", "E9")
            }
            Change::SetRelease { user, .. } => self.own_side(author, user, "a calendar's release", "E23"),
            Change::SetAdministrativeGrant { .. } | Change::ClearAdministrativeGrant { .. } => {
                refused(format!("only the administrator may {} (R6)", quote(change.verb())))
            }
            // An administrator of single things gets the sentence that says so.
            Change::SetPrivateLine { .. } if self.domain().administrator(author).is_none() => {
                refused(format!("only the administrator may {} (R7)", quote(change.verb())))
            }
            _ => return None,
        })
    }

    /// E3, E4, E7: what an owner may grant a viewer; `None` is to take the own grant away.
    fn level(&self, owner: Party, viewer: &str, grant: Option<Grant>) -> Result<()> {
        self.runs(System::Estos)?;
        if !self.domain().estos.users_may_grant {
            return refused("the administrator does not let users grant authorizations (E7)");
        }
        let Some(known) = self.look.person(viewer)?.known() else { return Ok(()) };
        let preset = preset(self.domain(), known, owner);
        if preset.single {
            return refused(format!(
                "the administrator gave {viewer} single rights, so only the administrator may change the level (E4)"
            ));
        }
        match (grant, preset.floor) {
            (Some(Grant::Level(level)), Some(floor)) if level < floor => refused(format!(
                "what the administrator gave is a floor: {viewer} has at least {}, and {} is below it (E3)",
                floor.word(),
                level.word()
            )),
            _ => Ok(()),
        }
    }
}

/// What the administrator gave a viewer over an owner.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Preset {
    /// All of it.
    pub rights: RightSet,
    /// The highest level of it.
    pub floor: Option<Level>,
    /// Whether any of it is single rights (E4).
    pub single: bool,
}

/// The administrative sources of a pair (E1); none for outside contacts (E20).
pub(super) fn preset(domain: &Domain, viewer: Party, owner: Party) -> Preset {
    let mut preset = Preset::default();
    if domain.kind(viewer) != Some(Kind::User) || domain.kind(owner) != Some(Kind::User) {
        return preset;
    }
    let mut add = |grant: Grant| {
        preset.rights |= domain.estos.rights(grant);
        match grant {
            Grant::Level(level) => preset.floor = preset.floor.max(Some(level)),
            Grant::Rights(_) => preset.single = true,
        }
    };
    domain.estos.global.map(&mut add);
    for group in domain.estos.groups.iter().filter(|group| group.active && group.members.contains(&owner)) {
        group.grant.filter(|_| group.members.contains(&viewer)).map(&mut add);
        group.leader_grant.filter(|_| group.leaders.contains(&viewer)).map(&mut add);
    }
    let single = domain.user(owner).and_then(|user| user.estos.administrative_grant(viewer));
    if let Some(given) = single {
        add(given.grant);
    }
    preset
}
