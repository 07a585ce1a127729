//! What an image needs before it can be laid out: each domain's plan, memberships, cross-domain aliases, index size. It writes no
//! word.
#![forbid(unsafe_code)]

use super::domain_plan::DomainPlan;
use super::hash::FastMap;
use super::lowering;
use super::meaning::{self, Alias};
use crate::address::sip_address;
use crate::directory::Directory;
use crate::error::Result;
use crate::id::{DomainId, Kind, Party};
use crate::image::format::index::IndexSize;
use crate::image::format::names::{Extension, Meaning, Text};
use crate::image::format::record::{self, Membership};
use crate::policy::{Policy, User};
use std::collections::HashMap;

/// Everything that has to be known before the words can be laid out.
pub(crate) struct Plan<'a> {
    /// One more than the highest party number there may be.
    pub limit: u32,
    /// Each party's kind by its number, 0 where the policy has no such party.
    pub kinds: Vec<u8>,
    /// By domain number; those that the policy does not have are empty.
    pub domains: Vec<DomainPlan<'a>>,
    pub memberships: Memberships,
    pub pair_count: u64,
    pub wide: Vec<(u64, u32)>,
    /// Party, domain of the alias, and number of the contact; 0 where the address is the domain's own.
    pub aliases: Vec<(Party, DomainId, u32)>,
    pub index: IndexSize,
    pub extra_words: usize,
    /// Whether there can be aliases.
    pub several: bool,
    /// The domain, where the policy has just one.
    pub only_domain: Option<DomainId>,
}

/// Every party's memberships, in the order of their keys.
pub(crate) struct Memberships {
    starts: Vec<u32>,
    ends: Vec<u32>,
    list: Vec<Membership>,
}

impl Memberships {
    fn new(domains: &[DomainPlan<'_>], limit: u32) -> Memberships {
        let mut starts = vec![0u32; limit as usize + 1];
        for_each_membership(domains, |party, _| {
            if let Some(count) = starts.get_mut(party.index() + 1) {
                *count += 1;
            }
        });
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut ends = starts.clone();
        let none = Membership { key: 0, acts: false, is_target: false };
        let mut list = vec![none; sum as usize];
        for_each_membership(domains, |party, membership| {
            let (Some(start), Some(end)) = (starts.get(party.index()), ends.get_mut(party.index())) else { return };
            // Keys come in ascending order, so a key that is there already is the last one.
            match list.get_mut(*start as usize..*end as usize).and_then(|held| held.last_mut()) {
                Some(last) if last.key == membership.key => {
                    last.acts |= membership.acts;
                    last.is_target |= membership.is_target;
                }
                _ => {
                    if let Some(held) = list.get_mut(*end as usize) {
                        *held = membership;
                        *end += 1;
                    }
                }
            }
        });
        Memberships { starts, ends, list }
    }

    pub fn of(&self, party: Party) -> &[Membership] {
        let (Some(start), Some(end)) = (self.starts.get(party.index()), self.ends.get(party.index())) else {
            return &[];
        };
        self.list.get(*start as usize..*end as usize).unwrap_or(&[])
    }
}

fn for_each_membership(domains: &[DomainPlan<'_>], mut each: impl FnMut(Party, Membership)) {
    for domain in domains {
        for rule in &domain.rules {
            let acts = Membership { key: rule.key, acts: true, is_target: false };
            rule.actors.iter().for_each(|party| each(*party, acts));
            let is_target = Membership { key: rule.key, acts: false, is_target: true };
            rule.targets.iter().for_each(|party| each(*party, is_target));
        }
        for (key, _, members) in &domain.realms {
            let both = Membership { key: *key, acts: true, is_target: true };
            members.iter().for_each(|party| each(*party, both));
        }
    }
}

impl<'a> Plan<'a> {
    pub fn new(policy: &'a Policy, directory: &Directory, limit: u32) -> Result<Plan<'a>> {
        let mut kinds = vec![0; limit as usize];
        for (party, kind) in policy.domains.iter().flat_map(|domain| domain.parties()) {
            if let Some(held) = kinds.get_mut(party.index()) {
                *held = kind as u8;
            }
        }
        let mut domains: Vec<_> = (0..directory.domain_count()).map(|_| DomainPlan::empty()).collect();
        for domain in &policy.domains {
            if let Some(plan) = domains.get_mut(domain.id.index()) {
                *plan = DomainPlan::new(domain, &kinds)?;
            }
        }
        let mut index = IndexSize::default();
        each_text(policy, directory, &domains, |text, _| index.add(&text));
        each_gone(directory, &kinds, |text, _| index.add_unlisted(&text));
        let memberships = Memberships::new(&domains, limit);
        let long = (0..limit).map(|party| memberships.of(Party(party))).filter(|list| !record::fit(list));
        let extra_words = long.map(|list| record::list_words(list.len())).sum();
        let mut wide: Vec<_> = domains.iter().flat_map(|domain| domain.wide.iter().copied()).collect();
        wide.sort_unstable();
        Ok(Plan {
            limit,
            pair_count: domains.iter().map(|domain| domain.pair_entry_count).sum(),
            index,
            kinds,
            domains,
            memberships,
            wide,
            aliases: aliases(policy, directory),
            extra_words,
            several: policy.domains.len() > 1,
            only_domain: policy.domains.first().filter(|_| policy.domains.len() == 1).map(|domain| domain.id),
        })
    }

    /// The numbers of a party's actor class and target class.
    pub fn classes(&self, domain: DomainId, party: Party) -> (u16, u16) {
        let Some(plan) = self.domains.get(domain.index()) else { return (0, 0) };
        let of = |classes: &FastMap<Party, u16>| match classes.is_empty() {
            true => 0,
            false => classes.get(&party).copied().unwrap_or(0),
        };
        (of(&plan.actor_class_of), of(&plan.target_class_of))
    }
}

/// Who the users and contacts of each domain are in the others that name their address.
fn aliases(policy: &Policy, directory: &Directory) -> Vec<(Party, DomainId, u32)> {
    if policy.domains.len() < 2 {
        return Vec::new();
    }
    // As [`meaning::aliases_around`] says of each contact, but without looking at every domain for each.
    let domains: HashMap<&str, DomainId> = policy.domains.iter().map(|domain| (&*domain.name, domain.id)).collect();
    let mut namesakes: HashMap<&str, Vec<(Party, DomainId)>> = HashMap::new();
    let mut around: Vec<(Party, DomainId)> = Vec::new();
    for domain in &policy.domains {
        for contact in &domain.contacts {
            let Some(named) = directory.named(contact.party) else { continue };
            namesakes.entry(&*named.name).or_default().push((contact.party, domain.id));
            let Some(host) = domains.get(&*contact.host) else { continue };
            around.push((contact.party, *host));
            let address = sip_address(&named.name);
            let user = address.and_then(|address| directory.party(*host, Kind::User, &address.login));
            around.extend(user.map(|user| (user, domain.id)));
        }
    }
    for same in namesakes.values().filter(|same| same.len() > 1) {
        let pairs = same.iter().flat_map(|(party, home)| same.iter().map(move |(_, there)| (*party, *home, *there)));
        around.extend(pairs.filter(|(_, home, there)| home != there).map(|(party, _, there)| (party, there)));
    }
    around.sort_unstable();
    around.dedup();
    let aliases = around.into_iter().filter_map(|(party, domain)| {
        let number = match meaning::alias(policy, directory, party, domain)? {
            Alias::Contact(contact) => contact.0,
            Alias::OwnAddress => 0,
        };
        Some((party, domain, number))
    });
    aliases.collect()
}

/// Calls `each` with every text of the index, and what it stands for.
pub(crate) fn each_text(
    policy: &Policy,
    directory: &Directory,
    plans: &[DomainPlan<'_>],
    mut each: impl FnMut(Text<'_>, Meaning),
) {
    let name = |party: Party| directory.named(party).map_or("", |named| &*named.name);
    for domain in &policy.domains {
        each(Text::domain(&domain.name), Meaning::Domain(domain.id));
        for User { party, lines, .. } in &domain.users {
            let login = name(*party);
            let mut own = Extension::NONE;
            for (line, index) in lines.iter().zip(0..) {
                let extension = Extension::of_user(index);
                match line == login {
                    true => own = extension,
                    false => each(Text::party(domain.id, "", line), Meaning::Line(*party, extension)),
                }
            }
            each(Text::party(domain.id, "", login), Meaning::Name(*party, own));
            each(Text::login(domain.id, login), Meaning::Login(*party));
        }
        for (party, kind) in domain.parties().skip(domain.users.len()) {
            each(Text::party(domain.id, kind.prefix(), name(party)), Meaning::Name(party, Extension::NONE));
        }
        for team in &domain.teams {
            let meaning = Meaning::Line(team.party, Extension::TEAM);
            team.lines.iter().for_each(|line| each(Text::party(domain.id, "", line), meaning));
        }
        for (key, realm, _) in plans.get(domain.id.index()).map_or(&[][..], |plan| &plan.realms) {
            each(lowering::realm_name(domain.id, realm), Meaning::Group(*key));
        }
    }
}

/// Calls `each` with the name of every party that the policy no longer has. `kinds` are the parties' kinds by number.
pub(crate) fn each_gone(directory: &Directory, kinds: &[u8], mut each: impl FnMut(Text<'_>, Party)) {
    for (party, named) in directory.parties_above(Party::NONE) {
        if kinds.get(party.index()).is_some_and(|kind| *kind == 0) {
            each(Text::party(named.domain, named.kind.prefix(), &named.name), party);
        }
    }
}
