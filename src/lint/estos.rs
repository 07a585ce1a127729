//! What is legal but likely wrong in estos' settings.
#![forbid(unsafe_code)]

use super::Report;
use crate::id::Party;
use crate::policy::User;
use crate::right::{Right, RightSet};
use crate::system::estos::{AuthorizationGroup, Estos, Grant, Level, OwnGrant, complete};
use std::collections::HashMap;

pub(super) fn check(report: &mut Report<'_>) {
    let domain = report.domain;
    global(report);
    for group in &domain.estos.groups {
        self::group(report, group);
    }
    if domain.estos.users_may_grant {
        for user in &domain.users {
            frozen(report, user);
        }
    }
    if domain.users.iter().any(|user| !user.estos.grants.is_empty()) {
        let floor = Floor::of(&domain.estos);
        for user in &domain.users {
            for grant in &user.estos.grants {
                own_grant(report, &floor, user, grant);
            }
        }
    }
}

fn global(report: &mut Report<'_>) {
    let estos = &report.domain.estos;
    let Some(grant) = estos.global else { return };
    let acts = Right::CALL_PICKUP.mask() | Right::FORWARDING_SET.mask();
    if !(estos.rights(grant) & acts).is_empty() {
        let message = "the preset lets every user pick up everybody's calls or set everybody's forwardings";
        report.add("open-authorization", estos.global_line, message.into());
    }
    if estos.users_may_grant && matches!(grant, Grant::Rights(_)) {
        let message = "the preset has single rights, so users may grant but cannot change anybody's level";
        report.add("frozen-level", estos.global_line, message.into());
    }
}

fn group(report: &mut Report<'_>, group: &AuthorizationGroup) {
    let (name, line) = (&group.name, group.line);
    if !group.active {
        report.add("inactive-group", line, format!("authorization group `{name}` is switched off: it has no effect"));
        return;
    }
    // One member under a leader is a group of two.
    if group.members.is_empty() || group.leaders.is_empty() {
        report.small_group("authorization group", name, group.members.len(), line);
    }
    if group.grant.is_none() && group.leader_grant.is_none() {
        report.add("group-without-level", line, format!("authorization group `{name}` gives neither level nor rights"));
    } else if !group.leaders.is_empty() && group.leader_grant.is_none() {
        let message =
            format!("authorization group `{name}` has leaders, but neither `leader_level` nor `leader_rights`");
        report.add("leaders-without-level", line, message);
    }
    if group.leaders.is_empty() && group.leader_grant.is_some() {
        let message = format!("authorization group `{name}` has `leader_level` or `leader_rights`, but no leaders");
        report.add("level-without-leaders", line, message);
    }
    if report.domain.estos.users_may_grant {
        let frozen = [("rights", group.grant, "each other"), ("leader_rights", group.leader_grant, "its leaders")];
        for (key, _, whom) in frozen.into_iter().filter(|(_, grant, _)| matches!(grant, Some(Grant::Rights(_)))) {
            let message =
                format!("`{key}` of authorization group `{name}`: its members cannot change the level of {whom}");
            report.add("frozen-level", line, message);
        }
    }
}

/// Single rights that the administrator gave single viewers.
fn frozen(report: &mut Report<'_>, owner: &User) {
    for given in owner.estos.administrative.iter().filter(|given| matches!(given.grant, Grant::Rights(_))) {
        let (viewer, owner) = (report.name(given.viewer), report.name(owner.party));
        let message = format!("the administrator's single rights: `{owner}` cannot change the level of `{viewer}`");
        report.add("frozen-level", given.line, message);
    }
}

fn own_grant(report: &mut Report<'_>, floor: &Floor, owner: &User, own: &OwnGrant) {
    let estos = &report.domain.estos;
    let (viewer, owner_name) = (report.name(own.viewer), report.name(owner.party));
    let withheld = owner.estos.release.withheld();
    if let Some(contact) = report.domain.contact(own.viewer) {
        if estos.federation(&contact.host).is_none() {
            let message = format!(
                "what `{owner_name}` grants `{viewer}` has no effect: no federation entry covers `{}`",
                contact.host
            );
            report.add("grant-without-federation", own.line, message);
        } else if estos.rights_of_contact(own.grant, &contact.host).without(withheld).is_empty() {
            let message = format!("what `{owner_name}` grants `{viewer}` gives nothing under the federation's maximum");
            report.add("dead-grant", own.line, message);
        }
    } else if floor.rights(own.viewer, owner).contains(floor.given(own.grant).without(withheld)) {
        let message =
            format!("what `{owner_name}` grants `{viewer}` adds nothing to what the administrator gives already");
        report.add("dead-grant", own.line, message);
    }
}

/// What the administrator gives, to be asked by pairs.
struct Floor {
    levels: Vec<RightSet>,
    global: RightSet,
    /// What each group gives its members and its leaders.
    groups: Vec<(RightSet, RightSet)>,
    /// The active groups of a user by place, ascending, and whether as leader.
    of: HashMap<Party, Vec<(usize, bool)>>,
}

impl Floor {
    fn of(estos: &Estos) -> Floor {
        let given = |grant: Option<Grant>| grant.map_or(RightSet::EMPTY, |grant| estos.rights(grant));
        let mut of: HashMap<Party, Vec<(usize, bool)>> = HashMap::new();
        for (place, group) in estos.groups.iter().enumerate().filter(|(_, group)| group.active) {
            for (parties, leads) in [(&group.members, false), (&group.leaders, true)] {
                for party in parties {
                    of.entry(*party).or_default().push((place, leads));
                }
            }
        }
        Floor {
            levels: Level::ALL.iter().map(|level| given(Some(Grant::Level(*level)))).collect(),
            global: given(estos.global),
            groups: estos.groups.iter().map(|group| (given(group.grant), given(group.leader_grant))).collect(),
            of,
        }
    }

    fn given(&self, grant: Grant) -> RightSet {
        match grant {
            Grant::Level(level) => self.levels.get(level as usize - 1).copied().unwrap_or_default(),
            Grant::Rights(rights) => rights,
        }
    }

    /// What `viewer` has towards `owner`, both users.
    fn rights(&self, viewer: Party, owner: &User) -> RightSet {
        let groups = |party| self.of.get(party).map_or(&[][..], Vec::as_slice);
        let owned = groups(&owner.party);
        let given = owner.estos.administrative_grant(viewer);
        let mut rights = self.global | given.map_or(RightSet::EMPTY, |given| self.given(given.grant));
        for (place, leads) in groups(&viewer) {
            if owned.binary_search(&(*place, false)).is_ok() {
                let (members, leaders) = self.groups.get(*place).copied().unwrap_or_default();
                rights |= if *leads { leaders } else { members };
            }
        }
        complete(rights)
    }
}
