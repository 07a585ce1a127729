//! What a domain's administrator and its users have set for all or for themselves, and the named groups, for reports to people. It must
//! never be asked on a call: over a store it reads the whole policy.
#![forbid(unsafe_code)]

use super::Engine;
use crate::id::{DomainId, Kind, Party};
use crate::policy::{Domain, User};
use crate::right::RightSet;
use crate::system::{System, estos, keevio};
use std::collections::BTreeSet;

/// What is set in a domain, of the systems that it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Users who alone decide what others may see (XPhone's VIP flag).
    pub vips: Vec<Party>,
    /// Users who are Assistant towards everyone (XPhone).
    pub assistants: Vec<Party>,
    /// What owners may choose, by site and group of the site; the group is empty for the site itself (XPhone's company agreement).
    pub agreements: Vec<(String, String, &'static str)>,
    /// How many users release how much of their calendar (estos).
    pub releases: Vec<(&'static str, u64)>,
    /// Users with a private line (estos).
    pub private_lines: Vec<Party>,
    /// Whether users may grant (estos).
    pub users_may_grant: Option<bool>,
    /// Whether clients show who talks to whom (pascom).
    pub show_numbers: Option<bool>,
    /// Users and the rights that no other party has on them.
    pub exempt: Vec<(Party, RightSet)>,
    /// Users who administer single sites, groups, permissions or teams.
    pub administrators: Vec<Party>,
}

/// A named group of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// What it is: `site`, `workgroup`, `group`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its users.
    pub members: Vec<Party>,
}

impl Engine {
    /// What is set in a domain; nothing for an unknown one.
    pub fn settings(&self, domain: DomainId) -> Settings {
        self.with_snapshot(|snapshot, _| snapshot.policy.domain(domain).map(settings).unwrap_or_default())
    }

    /// The named groups of a domain's users, sites first; groups of groups with all their members.
    pub fn groups(&self, domain: DomainId) -> Vec<Group> {
        self.with_snapshot(|snapshot, _| snapshot.policy.domain(domain).map_or_else(Vec::new, groups))
    }

    /// The systems that a domain runs; none for an unknown one.
    pub fn systems(&self, domain: DomainId) -> Vec<System> {
        self.with_snapshot(|snapshot, _| {
            snapshot.policy.domain(domain).map_or_else(Vec::new, |domain| domain.systems.iter().collect())
        })
    }

    /// The users of a domain in no order: fewer steps than [`Engine::parties`] takes.
    pub fn users(&self, domain: DomainId) -> Vec<Party> {
        self.with_snapshot(|snapshot, _| {
            let users = snapshot.policy.domain(domain).map(|domain| domain.users.iter());
            users.into_iter().flatten().map(|user| user.party).collect()
        })
    }

    /// All requests of a domain that wait for an answer: owner and requester. As [`Engine::pending`], of all owners at once.
    pub fn inquiries(&self, domain: DomainId) -> Vec<(Party, Party)> {
        self.with_snapshot(|snapshot, _| {
            let Some(domain) = snapshot.policy.domain(domain) else { return Vec::new() };
            let subscriptions = domain.keevio.subscriptions.iter();
            let asked = subscriptions.filter(|(_, subscription)| subscription.state == keevio::State::Pending);
            let asked = asked.map(|((viewer, owner), _)| (*owner, *viewer));
            let all: BTreeSet<_> = domain.state.inquiries.iter().copied().chain(asked).collect();
            all.into_iter().collect()
        })
    }
}

fn settings(domain: &Domain) -> Settings {
    let runs = |system| domain.systems.has(system);
    let users = |wanted: &dyn Fn(&User) -> bool| -> Vec<Party> {
        domain.users.iter().filter(|user| wanted(user)).map(|user| user.party).collect()
    };
    let mut found = Settings {
        administrators: domain.administrators.iter().map(|entry| entry.user).collect(),
        ..Settings::default()
    };
    if runs(System::Xphone) {
        found.vips = users(&|user| user.xphone.vip);
        found.assistants = users(&|user| user.xphone.assistant);
        for site in &domain.xphone.sites {
            found.agreements.push((site.name.clone(), String::new(), site.defaults.agreement.word()));
            let own = site.groups.iter().filter_map(|group| Some((group.name.clone(), group.agreement?)));
            found.agreements.extend(own.map(|(group, agreement)| (site.name.clone(), group, agreement.word())));
        }
    }
    if runs(System::Estos) {
        for release in estos::Release::ALL {
            let count = domain.users.iter().filter(|user| user.estos.release == *release).count() as u64;
            found.releases.push((release.word(), count));
        }
        found.private_lines = users(&|user| !user.estos.private_lines.is_empty());
        found.users_may_grant = Some(domain.estos.users_may_grant);
    }
    found.show_numbers = runs(System::Pascom).then_some(domain.pascom.show_numbers);
    if runs(System::Linewarden) {
        let exempt = domain.users.iter().filter(|user| !user.linewarden.exempt.is_empty());
        found.exempt = exempt.map(|user| (user.party, user.linewarden.exempt)).collect();
    }
    found
}

fn groups(domain: &Domain) -> Vec<Group> {
    let runs = |system| domain.systems.has(system);
    let mut found = Vec::new();
    let mut add = |kind, name: &str, members: Vec<Party>| found.push(Group { kind, name: name.to_owned(), members });
    if runs(System::Xphone) {
        let mut housed = vec![Vec::new(); domain.xphone.sites.len()];
        for user in &domain.users {
            let users = user.xphone.site.and_then(|site| housed.get_mut(usize::from(site)));
            users.into_iter().for_each(|users| users.push(user.party));
        }
        for (site, users) in domain.xphone.sites.iter().zip(housed) {
            add("site", &site.name, users);
        }
        for group in &domain.xphone.workgroups {
            add("workgroup", &group.name, group.members.clone());
        }
        for group in &domain.xphone.monitoring_groups {
            add("observers", &group.name, group.observers.clone());
            add("observed", &group.name, group.members.clone());
        }
    }
    if runs(System::Estos) {
        for group in &domain.estos.groups {
            add("authorization group", &group.name, group.members.clone());
        }
    }
    if runs(System::Pascom) {
        for permission in domain.pascom.permissions.iter().filter(|permission| !permission.automatic.users) {
            add("permission", &permission.name, permission.users.clone());
        }
    }
    if runs(System::Linewarden) {
        let all = &domain.linewarden.groups;
        for group in all {
            // Depth first; a group that was seen is not looked at twice.
            let (mut open, mut seen, mut members) = (vec![group.name.as_str()], Vec::new(), Vec::new());
            while let Some(name) = open.pop() {
                if seen.contains(&name) {
                    continue;
                }
                seen.push(name);
                if let Some(group) = all.iter().find(|group| group.name == name) {
                    members.extend(group.members.parties.iter().copied());
                    open.extend(group.members.groups.iter().map(String::as_str));
                }
            }
            members.sort_unstable();
            members.dedup();
            members.retain(|member| domain.kind(*member) == Some(Kind::User));
            add("group", &group.name, members);
        }
    }
    found
}
