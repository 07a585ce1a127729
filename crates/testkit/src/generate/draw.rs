//! Draws what a company's outline is made of: names, sites with their departments, teams. It must never keep anything
//! that can be derived from the seed later.
#![forbid(unsafe_code)]

use super::names::{CITIES, DEPARTMENTS, FIRST, LAST, numbered};
use super::outline::{Department, Lists, Name, Site};
use super::random::{Purpose, Random};

/// Users at a site: few small and few large ones, about 200 on average.
const SITE_SIZES: [u32; 16] = [40, 65, 85, 105, 125, 140, 160, 180, 200, 225, 255, 290, 340, 410, 520, 800];
const DEPARTMENT_SIZES: [u32; 8] = [6, 8, 10, 13, 17, 22, 30, 45];
/// Members of a team, spread evenly over the logarithm.
const TEAM_SIZES: [u32; 21] = [3, 4, 5, 6, 8, 10, 12, 15, 19, 24, 30, 38, 48, 60, 75, 95, 120, 150, 190, 240, 300];
/// Teams a user can be in.
const TEAMS_OF_ONE: u8 = 8;

pub(super) fn user_names(users: u32, seed: u64) -> Vec<Name> {
    let mut bearers = vec![0; FIRST.len() * LAST.len()];
    let draw = |user| {
        let mut random = Random::new(seed, Purpose::Names, u64::from(user));
        // The lesser of two numbers: names at the front of the lists are frequent.
        let mut lesser = |end: usize| random.below(end as u32).min(random.below(end as u32)) as usize;
        let (first, last) = (lesser(FIRST.len()), lesser(LAST.len()));
        let mut namesakes = 0;
        if let Some(bearers) = bearers.get_mut(first * LAST.len() + last) {
            namesakes = *bearers;
            *bearers += 1;
        }
        Name { first: first as u8, last: last as u8, namesakes }
    };
    (0..users).map(draw).collect()
}

pub(super) fn sites(users: u32, seed: u64) -> (Vec<Site>, Vec<Department>) {
    let mut random = Random::new(seed, Purpose::Sites, 0);
    let (mut sites, mut departments) = (Vec::new(), Vec::new());
    let mut start = 0;
    while start < users {
        // A small company has several sites too.
        let size = random.along(&SITE_SIZES).min((users / 3).max(10));
        // No site of a handful at the end.
        let end = if users - start < size + size / 4 { users } else { start + size };
        let (site, first) = (sites.len() as u32, departments.len() as u32);
        let mut from = start;
        while from < end {
            let size = random.along(&DEPARTMENT_SIZES);
            let to = if end - from < size + 5 { end } else { from + size };
            let name = numbered(&DEPARTMENTS, departments.len() - first as usize);
            departments.push(Department { site, name, users: from..to });
            from = to;
        }
        let name = numbered(&CITIES, sites.len());
        sites.push(Site { name, users: start..end, departments: first..departments.len() as u32, desks: 0..0 });
        start = end;
    }
    (sites, departments)
}

/// Teams until a user is in two and a half on average. Most are of one site, the largest go across.
pub(super) fn teams(users: u32, seed: u64, sites: &[Site]) -> Lists {
    let wanted = u64::from(users) * 5 / 2;
    let largest = (users / 3).max(3);
    let mut teams = Lists { ends: Vec::new(), numbers: Vec::with_capacity(wanted as usize + 300) };
    let mut memberships = vec![0u8; users as usize];
    let mut newest = vec![0u32; users as usize];
    for team in 1..=users {
        if teams.numbers.len() as u64 >= wanted || users < 3 {
            break;
        }
        let mut random = Random::new(seed, Purpose::Teams, u64::from(team));
        let size = random.along(&TEAM_SIZES).min(largest) as usize;
        let anchor = random.below(users);
        let site = sites.get(sites.partition_point(|site| site.users.end <= anchor));
        let site = site.map_or(0..users, |site| site.users.clone());
        let from_site = if size * 4 <= site.len() * 3 { 900 } else { 400 };
        let start = teams.numbers.len();
        for _ in 0..4 * size {
            let near = random.chance(from_site);
            let user = if near { site.start + random.below(site.len() as u32) } else { random.below(users) };
            let (Some(memberships), Some(newest)) = (memberships.get_mut(user as usize), newest.get_mut(user as usize))
            else {
                continue;
            };
            if *memberships < TEAMS_OF_ONE && *newest != team {
                (*memberships, *newest) = (*memberships + 1, team);
                teams.numbers.push(user);
            }
            if teams.numbers.len() - start == size {
                break;
            }
        }
        if let Some(members) = teams.numbers.get_mut(start..) {
            members.sort_unstable();
        }
        teams.ends.push(teams.numbers.len() as u32);
    }
    teams.numbers.shrink_to_fit();
    teams
}
