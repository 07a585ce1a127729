//! Settings of estos that are legal but likely wrong. It knows no other system.
#![forbid(unsafe_code)]

use super::Report;
use crate::id::Party;
use crate::policy::{Domain, User};
use crate::right::{Right, RightSet};
use crate::system::estos::{AuthorizationGroup, Estos, Grant, Level, OwnGrant, Release, complete};
use crate::wording::quote;
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
    federation(report);
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
    let line = estos.global_line;
    if !(estos.rights(grant) & acts).is_empty() {
        let message = "the preset lets every user pick up all calls or set all forwardings";
        report.add("open-authorization", line, "", String::new, || message.into());
    }
    if estos.users_may_grant && matches!(grant, Grant::Rights(_)) {
        let message = "the preset has single rights, so users may grant but cannot change a level";
        report.add("frozen-level", line, "preset", String::new, || message.into());
    }
}

/// E17: by the table, the level Blocked passes name and e-mail address.
fn federation(report: &mut Report<'_>) {
    let estos = &report.domain.estos;
    if estos.tables.rights(Level::Blocked, false).is_empty() {
        return;
    }
    for (pattern, entry) in estos.federation.iter().filter(|(_, entry)| entry.maximum == Level::Blocked) {
        let effect = "a contact with an own grant still gets display name and e-mail address";
        report.add(
            "open-block",
            entry.line,
            format!("federations have the maximum `blocked`, which does not shut out: {effect}"),
            || quote(pattern),
            || format!("maximum `blocked` of federation `{pattern}` does not shut out: {effect}"),
        );
    }
}

fn group(report: &mut Report<'_>, group: &AuthorizationGroup) {
    let (name, line) = (&group.name, group.line);
    let mut say = |rule, many: &str, one: String| report.add(rule, line, many, || quote(name), || one);
    if !group.active {
        let one = format!("authorization group `{name}` is switched off: it has no effect");
        return say("inactive-group", "authorization groups are switched off, without effect", one);
    }
    // One member under a leader is a group of two.
    if group.members.is_empty() || group.leaders.is_empty() {
        report.small_group("authorization group", name, group.members.len(), line);
    }
    let mut say = |rule, many: &str, one: String| report.add(rule, line, many, || quote(name), || one);
    if group.grant.is_none() && group.leader_grant.is_none() {
        let one = format!("authorization group `{name}` gives neither level nor rights");
        say("group-without-level", "authorization groups give neither level nor rights", one);
    } else if !group.leaders.is_empty() && group.leader_grant.is_none() {
        let one = format!("authorization group `{name}` has leaders, but neither `leader_level` nor `leader_rights`");
        let many = "authorization groups have leaders, but neither `leader_level` nor `leader_rights`";
        say("leaders-without-level", many, one);
    }
    if group.leaders.is_empty() && group.leader_grant.is_some() {
        let one = format!("authorization group `{name}` has `leader_level` or `leader_rights`, but no leaders");
        say("level-without-leaders", "authorization groups have a level or rights for leaders, but no leaders", one);
    }
    if report.domain.estos.users_may_grant {
        let frozen = [("rights", group.grant, "each other"), ("leader_rights", group.leader_grant, "their leaders")];
        for (key, _, whom) in frozen.into_iter().filter(|(_, grant, _)| matches!(grant, Some(Grant::Rights(_)))) {
            report.add(
                "frozen-level",
                line,
                format!("authorization groups have `{key}`, so their members cannot change the level of {whom}"),
                || quote(name),
                || format!("`{key}` of authorization group `{name}`: its members cannot change the level of {whom}"),
            );
        }
    }
}

/// Administrative grants of single rights.
fn frozen(report: &mut Report<'_>, owner: &User) {
    for given in owner.estos.administrative.iter().filter(|given| matches!(given.grant, Grant::Rights(_))) {
        let (viewer, owner) = (report.name(given.viewer), report.name(owner.party));
        let pair = || format!("{owner} for {viewer}");
        let one = || format!("the administrator's single rights: {owner} cannot change the level of {viewer}");
        let many = "grants by the administrator have single rights, so the owner cannot change the viewer's level";
        report.add("frozen-level", given.line, many, pair, one);
    }
}

fn own_grant(report: &mut Report<'_>, floor: &Floor, owner: &User, own: &OwnGrant) {
    let estos = &report.domain.estos;
    let (viewer, owner_name) = (report.name(own.viewer), report.name(owner.party));
    let pair = || format!("{owner_name} to {viewer}");
    let withheld = owner.estos.release.withheld();
    let Some(contact) = report.domain.contact(own.viewer) else {
        let given = floor.rights(own.viewer, owner);
        if own.grant == Grant::Level(Level::Blocked) && !given.without(withheld).is_empty() {
            let one = || {
                format!("{owner_name} blocks {viewer}, who still has what the administrator gives: rights are united")
            };
            let many = "own grants of `blocked` take nothing away from what the administrator gives";
            report.add("blocked-without-effect", own.line, many, pair, one);
        } else if given.contains(floor.given(own.grant).without(withheld)) {
            let one =
                || format!("what {owner_name} grants {viewer} adds nothing to what the administrator gives already");
            report.add("dead-grant", own.line, "own grants add nothing to what the administrator gives", pair, one);
        }
        return;
    };
    if estos.federation(&contact.host).is_none() {
        let one = || {
            let host = &contact.host;
            format!("what {owner_name} grants {viewer} has no effect: no federation entry covers `{host}`")
        };
        let many = "own grants have no effect, for no federation entry covers the contact";
        report.add("grant-without-federation", own.line, many, pair, one);
    } else if estos.rights_of_contact(own.grant, &contact.host).without(withheld).is_empty() {
        let one = || format!("what {owner_name} grants {viewer} gives nothing under the federation's maximum");
        report.add("dead-grant", own.line, "own grants give nothing under the federation's maximum", pair, one);
    }
}

/// The rights that the administrator gives, by pair.
struct Floor {
    levels: Vec<RightSet>,
    global: RightSet,
    /// The rights that each group gives its members and its leaders.
    groups: Vec<(RightSet, RightSet)>,
    /// The active groups of a user by index, ascending, and whether as leader.
    of: HashMap<Party, Vec<(usize, bool)>>,
}

impl Floor {
    fn of(estos: &Estos) -> Floor {
        let given = |grant: Option<Grant>| grant.map_or(RightSet::EMPTY, |grant| estos.rights(grant));
        let mut of: HashMap<Party, Vec<(usize, bool)>> = HashMap::new();
        for (index, group) in estos.groups.iter().enumerate().filter(|(_, group)| group.active) {
            for (parties, leads) in [(&group.members, false), (&group.leaders, true)] {
                for party in parties {
                    of.entry(*party).or_default().push((index, leads));
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

    /// The rights of `viewer` on `owner`, both users.
    fn rights(&self, viewer: Party, owner: &User) -> RightSet {
        let groups = |party| self.of.get(party).map_or(&[][..], Vec::as_slice);
        let owned = groups(&owner.party);
        let given = owner.estos.administrative_grant(viewer);
        let mut rights = self.global | given.map_or(RightSet::EMPTY, |given| self.given(given.grant));
        for (index, leads) in groups(&viewer) {
            if owned.binary_search(&(*index, false)).is_ok() {
                let (members, leaders) = self.groups.get(*index).copied().unwrap_or_default();
                rights |= if *leads { leaders } else { members };
            }
        }
        complete(rights)
    }
}

/// Its keys of a document, each with whether there are facts.
pub(super) fn facts(domain: &Domain) -> [(&'static str, bool); 6] {
    let (estos, users) = (&domain.estos, &domain.users);
    let granted = users.iter().any(|user| !user.estos.grants.is_empty() || !user.estos.administrative.is_empty());
    [
        ("authorization", estos.global.is_some() || !estos.users_may_grant),
        ("authorization_group", !estos.groups.is_empty()),
        ("authorization_grant", granted),
        ("federation", !estos.federation.is_empty()),
        ("calendar_release", users.iter().any(|user| user.estos.release != Release::default())),
        ("private_lines", users.iter().any(|user| !user.estos.private_lines.is_empty())),
    ]
}
