//! Settings of XPhone that are legal but likely wrong. It knows no other system.
#![forbid(unsafe_code)]

use super::{MANY, Report};
use crate::id::{Line, Party};
use crate::policy::{Domain, User};
use crate::right::Right;
use crate::rule::Side;
use crate::system::System;
use crate::system::xphone::{Defaults, Label, MonitoringGroup, Setting};
use crate::wording::quote;
use std::collections::HashMap;

/// `whole` also has the members with dates.
pub(super) fn check<'a>(report: &mut Report<'a>, whole: &'a Domain) {
    sites(report);
    let domain = std::mem::replace(&mut report.domain, whole);
    groups(report);
    // What an own setting hides or repeats hangs on dates, so only members without any are looked at.
    report.domain = domain;
    users(report);
    settings(report);
}

fn sites(report: &mut Report<'_>) {
    let domain = report.domain;
    let mut housed: HashMap<(u16, Option<u16>), usize> = HashMap::new();
    for user in &domain.users {
        if let Some(site) = user.xphone.site {
            *housed.entry((site, None)).or_default() += 1;
            if user.xphone.group.is_some() {
                *housed.entry((site, user.xphone.group)).or_default() += 1;
            }
        }
    }
    for (site, index) in domain.xphone.sites.iter().zip(0..) {
        if !housed.contains_key(&(index, None)) {
            let one = || format!("site `{}` has no users", site.name);
            report.add("empty-group", site.line, "sites have no users", || quote(&site.name), one);
        }
        open_site(
            report,
            "site",
            &site.name,
            Some(site.defaults.same_site),
            Some(site.defaults.other_sites),
            site.line,
        );
        for (group, inner) in site.groups.iter().zip(0..) {
            if !housed.contains_key(&(index, Some(inner))) {
                let one = || format!("configuration group `{}` of site `{}` has no users", group.name, site.name);
                report.add("empty-group", group.line, "configuration groups have no users", || quote(&group.name), one);
            }
            open_site(report, "configuration group", &group.name, group.same_site, group.other_sites, group.line);
        }
    }
}

/// A default that gives all users a right that a default rarely should. Pickup within a site is common and not reported.
fn open_site(report: &mut Report<'_>, what: &str, name: &str, same: Option<Label>, other: Option<Label>, line: Line) {
    let matrix = &report.domain.xphone.matrix;
    let gives = |label: Option<Label>, right| label.is_some_and(|label| matrix.rights(label, true).has(right));
    let may = if gives(same, Right::FORWARDING_SET) {
        "every user of the same site may set the forwardings"
    } else if gives(other, Right::CALL_PICKUP) {
        "every user of other sites may pick up the calls"
    } else {
        return;
    };
    let one = || format!("{may} of the users of {what} `{name}`, by its default");
    report.add("open-site", line, format!("{what}s: {may} of their users, by the default"), || quote(name), one);
}

fn groups(report: &mut Report<'_>) {
    let domain = report.domain;
    for group in &domain.xphone.workgroups {
        let few = report.small_group("workgroup", &group.name, group.members.len(), group.line);
        if !few && shadowed(domain, &group.members, &group.members, group.label) {
            let (name, word) = (&group.name, group.label.word());
            let one = || format!("workgroup `{name}` gives `{word}`, less than the defaults between all its members");
            let many = "workgroups give less than the defaults between all their members";
            report.add("shadowed-group", group.line, many, || quote(name), one);
        }
    }
    for group in &domain.xphone.monitoring_groups {
        monitoring_group(report, group);
    }
}

fn monitoring_group(report: &mut Report<'_>, group: &MonitoringGroup) {
    let (name, line) = (&group.name, group.line);
    let mut say = |rule, many: &str, one: String| report.add(rule, line, many, || quote(name), || one);
    match (group.observers.as_slice(), group.members.as_slice()) {
        ([], []) => {
            let one = format!("monitoring group `{name}` has neither observers nor members");
            say("empty-group", "monitoring groups have neither observers nor members", one);
        }
        ([], _) => {
            let one = format!("monitoring group `{name}` has no observers");
            say("empty-subgroup", "monitoring groups have no observers", one);
        }
        (_, []) => {
            let one = format!("monitoring group `{name}` has no members");
            say("empty-subgroup", "monitoring groups have no members", one);
        }
        ([one], [other]) if one == other => {
            let one = format!("monitoring group `{name}` has one user, on both sides");
            say("one-member-group", "monitoring groups have one user, on both sides", one);
        }
        _ => {}
    }
    let keys = [
        ("observers_to_members", Side::Observers, Side::Members),
        ("members_to_observers", Side::Members, Side::Observers),
        ("among_observers", Side::Observers, Side::Observers),
        ("among_members", Side::Members, Side::Members),
    ];
    if keys.iter().all(|(_, from, to)| group.label(*from, *to).is_none()) {
        let one = format!("monitoring group `{name}` sets no level between its subgroups");
        say("group-without-level", "monitoring groups set no level between their subgroups", one);
    }
    for (key, from, to) in keys {
        let Some(label) = group.label(from, to) else { continue };
        if shadowed(report.domain, group.side(from), group.side(to), label) {
            let word = label.word();
            report.add(
                "shadowed-group",
                line,
                "levels of monitoring groups are less than the defaults they could raise",
                || format!("`{key}` of {}", quote(name)),
                || format!("`{key}` of monitoring group `{name}` is `{word}`, less than the defaults it could raise"),
            );
        }
    }
}

/// Whether the defaults of all these owners towards these viewers are above `label`. VIPs do not count: no group applies to them.
fn shadowed(domain: &Domain, viewers: &[Party], owners: &[Party], label: Label) -> bool {
    let mut sites: HashMap<Option<u16>, usize> = HashMap::new();
    for viewer in viewers.iter().filter_map(|viewer| domain.user(*viewer)) {
        *sites.entry(viewer.xphone.site).or_default() += 1;
    }
    let inside: std::collections::HashSet<&Party> = viewers.iter().collect();
    let mut pairs = false;
    for owner in owners.iter().filter_map(|owner| domain.user(*owner)).filter(|owner| !owner.xphone.vip) {
        let oneself = usize::from(inside.contains(&owner.party));
        let Some(Defaults { same_site, other_sites, .. }) = domain.xphone.defaults(&owner.xphone) else {
            return false; // towards an owner without a site only groups give a label
        };
        let neighbours = sites.get(&owner.xphone.site).copied().unwrap_or(0);
        let strangers = viewers.len().saturating_sub(neighbours);
        for (count, default) in [(neighbours.saturating_sub(oneself), same_site), (strangers, other_sites)] {
            if count > 0 && default <= label {
                return false;
            }
            pairs |= count > 0;
        }
    }
    pairs
}

fn users(report: &mut Report<'_>) {
    let domain = report.domain;
    for user in domain.users.iter().filter(|user| user.xphone.site.is_none()) {
        let name = report.name(user.party);
        let one = || format!("{name} has no site: no default applies towards this user");
        let many = "users have no site: no default applies towards them";
        report.add("user-without-site", user.line, many, || name.clone(), one);
    }
    let count = domain.users.len();
    if count > MANY {
        for user in domain.users.iter().filter(|user| user.xphone.assistant) {
            let name = report.name(user.party);
            let one = || format!("{name} is flagged as assistant, towards all {count} users");
            let many = format!("users are flagged as assistants, each towards all {count} users");
            report.add("wide-assistant", user.line, many, || name.clone(), one);
        }
    }
}

fn settings(report: &mut Report<'_>) {
    let domain = report.domain;
    // Towards a VIP only own settings count.
    let owners = || domain.users.iter().filter(|user| !user.xphone.vip && !user.xphone.settings.is_empty());
    if owners().next().is_none() {
        return;
    }
    let memberships = Memberships::of(domain);
    for owner in owners() {
        for setting in &owner.xphone.settings {
            own_setting(report, &memberships, owner, setting);
        }
    }
}

fn own_setting(report: &mut Report<'_>, memberships: &Memberships<'_>, owner: &User, setting: &Setting) {
    let xphone = &report.domain.xphone;
    let defaults = xphone.defaults(&owner.xphone);
    let viewer = report.domain.user(setting.viewer);
    let default = match viewer {
        None => defaults.map(|defaults| defaults.outside),
        Some(viewer) if viewer.xphone.site == owner.xphone.site => defaults.map(|defaults| defaults.same_site),
        Some(_) => defaults.map(|defaults| defaults.other_sites),
    };
    let group = viewer.and_then(|viewer| memberships.label(viewer.party, owner.party));
    let assistant = viewer.filter(|viewer| viewer.xphone.assistant).map(|_| Label::Assistant);
    let server = default.max(group.map(|(label, _)| label)).max(assistant).unwrap_or(Label::Unknown);
    let (owner, viewer, word) = (report.name(owner.party), report.name(setting.viewer), setting.label.word());
    let pair = || format!("{owner} for {viewer}");
    match group {
        _ if setting.label == server => {
            let one = || format!("{owner} sets {viewer} to `{word}`, which the server gives already");
            let many = "own settings are what the server gives already";
            report.add("setting-without-effect", setting.line, many, pair, one);
        }
        Some((label, name)) if setting.label < label => {
            let given = label.word();
            let one = || format!("{owner} sets {viewer} to `{word}`, which hides the `{given}` of group `{name}`");
            let many = "own settings hide the higher level of a group";
            report.add("setting-hides-group", setting.line, many, pair, one);
        }
        _ => {}
    }
}

/// The groups of each user by index (monitoring groups after workgroups), ascending.
struct Memberships<'a> {
    domain: &'a Domain,
    of: HashMap<Party, Vec<(usize, Option<Side>)>>,
}

impl<'a> Memberships<'a> {
    fn of(domain: &'a Domain) -> Memberships<'a> {
        let mut of: HashMap<Party, Vec<(usize, Option<Side>)>> = HashMap::new();
        let mut add = |parties: &[Party], index, side| {
            for party in parties {
                of.entry(*party).or_default().push((index, side));
            }
        };
        let groups = &domain.xphone.workgroups;
        for (index, group) in groups.iter().enumerate() {
            add(&group.members, index, None);
        }
        for (index, group) in (groups.len()..).zip(&domain.xphone.monitoring_groups) {
            add(&group.observers, index, Some(Side::Observers));
            add(&group.members, index, Some(Side::Members));
        }
        Memberships { domain, of }
    }

    /// The highest label a group gives, with the group's name.
    fn label(&self, viewer: Party, owner: Party) -> Option<(Label, &'a str)> {
        let groups = |party| self.of.get(&party).map_or(&[][..], Vec::as_slice);
        let owned = groups(owner);
        let xphone = &self.domain.xphone;
        let mut best = None;
        for (index, from) in groups(viewer) {
            let start = owned.partition_point(|(other, _)| other < index);
            for (_, to) in owned.iter().skip(start).take_while(|(other, _)| other == index) {
                let given = match (from, to) {
                    (Some(from), Some(to)) => {
                        let group = xphone.monitoring_groups.get(index.wrapping_sub(xphone.workgroups.len()));
                        group.and_then(|group| Some((group.label(*from, *to)?, group.name.as_str())))
                    }
                    _ => xphone.workgroups.get(*index).map(|group| (group.label, group.name.as_str())),
                };
                best = best.max(given);
            }
        }
        best
    }
}

/// Its keys of a document, each with whether there are facts.
pub(super) fn facts(domain: &Domain) -> [(&'static str, bool); 6] {
    let (xphone, users) = (&domain.xphone, &domain.users);
    [
        // Rules speak of sites.
        ("site", !xphone.sites.is_empty() && !domain.systems.has(System::Linewarden)),
        ("workgroup", !xphone.workgroups.is_empty()),
        ("monitoring_group", !xphone.monitoring_groups.is_empty()),
        ("relationship", users.iter().any(|user| !user.xphone.settings.is_empty())),
        ("vip", users.iter().any(|user| user.xphone.vip)),
        ("assistant", users.iter().any(|user| user.xphone.assistant)),
    ]
}
