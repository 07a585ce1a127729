//! The outline of a company: names, sites, departments, teams and extensions. Everything else follows from it and the
//! seed, entry by entry. It must stay small (about 40 bytes for each user), because a document is streamed from it.
#![forbid(unsafe_code)]

use super::Options;
use super::draw;
use super::names::{FIRST, HOSTS, LAST, PROJECTS, numbered};
use super::outline::{Department, Lists, Name, Queue, Site};
use super::random::{Purpose, Random};
use linewarden::internals::id::{Kind, Party};
use std::fmt;
use std::ops::Range;

pub(super) struct Company<'a> {
    pub options: &'a Options,
    pub sites: Vec<Site>,
    pub departments: Vec<Department>,
    pub queues: Vec<Queue>,
    names: Vec<Name>,
    teams: Lists,
    teams_of: Lists,
    desks: u32,
    first_extension: u64,
}

impl<'a> Company<'a> {
    pub fn new(options: &'a Options) -> Company<'a> {
        let (users, seed) = (options.users, options.seed);
        let (mut sites, departments) = draw::sites(users, seed);
        let mut queues: Vec<Queue> = (0..sites.len() as u32).map(|site| Queue { site, department: None }).collect();
        for (department, place) in departments.iter().zip(0..) {
            if Random::new(seed, Purpose::Departments, place).chance(300) {
                queues.push(Queue { site: department.site, department: Some(place as u32) });
            }
        }
        let mut desks = 0;
        for site in &mut sites {
            let start = desks;
            desks += (site.users.len() as u32 / 20).max(2);
            site.desks = start..desks;
        }
        let teams = draw::teams(users, seed, &sites);
        let teams_of = teams.inverse(users);
        let extensions = 3 * u64::from(users) + queues.len() as u64;
        let mut first_extension = 100;
        while 9 * first_extension < extensions {
            first_extension *= 10;
        }
        let names = draw::user_names(users, seed);
        Company { options, sites, departments, queues, names, teams, teams_of, desks, first_extension }
    }

    pub fn random(&self, purpose: Purpose, index: u32) -> Random {
        Random::new(self.options.seed, purpose, u64::from(index))
    }

    pub fn user_count(&self) -> u32 {
        self.options.users
    }

    /// One outside contact for each twenty users.
    pub fn contact_count(&self) -> u32 {
        self.user_count().div_ceil(20)
    }

    pub fn team_count(&self) -> u32 {
        self.teams.ends.len() as u32
    }

    pub fn members(&self, team: u32) -> &[u32] {
        self.teams.get(team)
    }

    pub fn team_name(&self, team: u32) -> String {
        format!("project-{}", numbered(&PROJECTS, team as usize))
    }

    pub fn desk_count(&self) -> u32 {
        self.desks
    }

    pub fn user(&self, user: u32) -> Party {
        Party(user + 1)
    }

    pub fn users(&self, users: Range<u32>) -> Vec<Party> {
        users.map(|user| self.user(user)).collect()
    }

    pub fn contact(&self, contact: u32) -> Party {
        Party(self.user_count() + contact + 1)
    }

    pub fn queue(&self, queue: u32) -> Party {
        Party(self.contact(self.contact_count()).0 + queue)
    }

    pub fn desk(&self, desk: u32) -> Party {
        Party(self.queue(self.queues.len() as u32).0 + desk)
    }

    /// The door of a site.
    pub fn door(&self, site: u32) -> Party {
        Party(self.desk(self.desks).0 + site)
    }

    /// What a party of the outline is, and its place among its kind.
    pub fn kind(&self, party: Party) -> (Kind, u32) {
        let firsts = [
            (Kind::Device, self.door(0)),
            (Kind::Location, self.desk(0)),
            (Kind::Team, self.queue(0)),
            (Kind::Contact, self.contact(0)),
        ];
        let found = firsts.into_iter().find(|(_, first)| party >= *first);
        found.map_or((Kind::User, party.0.saturating_sub(1)), |(kind, first)| (kind, party.0 - first.0))
    }

    /// A party's name without the kind's prefix.
    pub fn name(&self, party: Party) -> PartyName<'_> {
        PartyName { company: self, party }
    }

    pub fn site_of(&self, user: u32) -> u32 {
        self.sites.partition_point(|site| site.users.end <= user) as u32
    }

    pub fn department_of(&self, user: u32) -> u32 {
        self.departments.partition_point(|department| department.users.end <= user) as u32
    }

    /// The user's extensions: the first line of all users in one block, further lines behind it.
    pub fn lines(&self, user: u32) -> Vec<String> {
        let mut random = self.random(Purpose::Lines, user);
        let further = random.choose(0, &[(220, 1), (80, 2)]);
        let behind = self.first_extension + u64::from(self.user_count()) + 2 * u64::from(user);
        let first = self.first_extension + u64::from(user);
        std::iter::once(first).chain(behind..behind + further).map(|line| line.to_string()).collect()
    }

    /// The queue's extension, behind those of all users.
    pub fn queue_line(&self, queue: u32) -> String {
        (self.first_extension + 3 * u64::from(self.user_count()) + u64::from(queue)).to_string()
    }

    /// The first user leads the company; beside, one user in a hundred decides alone who may see and do what.
    pub fn is_boss(&self, user: u32) -> bool {
        user == 0 || self.random(Purpose::Flags, user).chance(10)
    }

    /// One user in a hundred assists everybody; the second user always does.
    pub fn is_assistant(&self, user: u32) -> bool {
        let mut random = self.random(Purpose::Flags, user);
        random.chance(10);
        user == 1 || random.chance(10)
    }

    /// The people at the reception of a site: a few, behind the boss and the boss's assistant.
    pub fn reception_of(&self, site: u32) -> Range<u32> {
        let users = self.sites.get(site as usize).map_or(0..0, |site| site.users.clone());
        let start = (users.start + 2).min(users.end);
        start..(start + users.len() as u32 / 60 + 1).min(users.end)
    }

    /// About so many different users whom `user` deals with: mostly of the same teams and the same site. Ascending.
    pub fn acquaintances(&self, random: &mut Random, user: u32, wanted: u32, found: &mut Vec<u32>) {
        found.clear();
        let wanted = wanted.min(self.user_count().saturating_sub(1)) as usize;
        let teams = self.teams_of.get(user);
        let site = self.sites.get(self.site_of(user) as usize).map_or(0..0, |site| site.users.clone());
        for _ in 0..3 {
            for _ in found.len()..wanted {
                let team = teams.get(random.below(teams.len() as u32) as usize);
                let members = team.map_or(&[][..], |team| self.teams.get(*team));
                let other = match (random.below(1000), members.get(random.below(members.len() as u32) as usize)) {
                    (0..600, Some(member)) => *member,
                    (0..950, _) => site.start + random.below(site.len() as u32),
                    _ => random.below(self.user_count()),
                };
                if other != user {
                    found.push(other);
                }
            }
            found.sort_unstable();
            found.dedup();
        }
    }

    /// The outside contacts a user deals with. Each contact has one user who looks after it; one user in three knows
    /// another.
    pub fn contacts_of(&self, user: u32) -> Vec<u32> {
        let own = user / 20;
        let together = (self.user_count() - own * 20).min(20);
        let keeper = own * 20 + self.random(Purpose::Contacts, own).below(together);
        let mut contacts: Vec<u32> = (keeper == user).then_some(own).into_iter().collect();
        let mut random = self.random(Purpose::Contacts, self.contact_count() + user);
        if random.chance(333) {
            contacts.push(random.below(self.contact_count()));
        }
        contacts.sort_unstable();
        contacts.dedup();
        contacts
    }

    /// The part of a contact's address after the `@`.
    pub fn host(&self, contact: u32) -> &'static str {
        let place = self.random(Purpose::Contacts, u32::MAX - contact).below(HOSTS.len() as u32);
        HOSTS.get(place as usize).copied().unwrap_or("")
    }
}

/// A party's name, to be formatted.
pub(super) struct PartyName<'a> {
    company: &'a Company<'a>,
    party: Party,
}

impl fmt::Display for PartyName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let company = self.company;
        let (kind, place) = company.kind(self.party);
        let site = |site: u32| company.sites.get(site as usize).map_or("", |site| site.name.as_str());
        match kind {
            Kind::User => {
                let Some(name) = company.names.get(place as usize) else {
                    return Ok(());
                };
                person(f, name.first.into(), name.last.into(), name.namesakes)
            }
            Kind::Contact => {
                // A step that shares no factor with the number of names meets each name once before any comes again.
                let names = (FIRST.len() * LAST.len()) as u64;
                let (name, before) = (u64::from(place) * 7919 % names, u64::from(place) / names);
                f.write_str("sip:")?;
                person(f, name as usize / LAST.len(), name as usize % LAST.len(), before as u32)?;
                write!(f, "@{}", company.host(place))
            }
            Kind::Team => {
                let Some(queue) = company.queues.get(place as usize) else {
                    return Ok(());
                };
                let department = queue.department.and_then(|place| company.departments.get(place as usize));
                write!(f, "{}-{}", site(queue.site), department.map_or("reception", |department| &department.name))
            }
            Kind::Location => {
                let of = company.sites.partition_point(|site| site.desks.end <= place) as u32;
                let start = company.sites.get(of as usize).map_or(0, |site| site.desks.start);
                write!(f, "{}-desk-{}", site(of), place - start + 1)
            }
            Kind::Device => write!(f, "{}-door", site(place)),
        }
    }
}

fn person(f: &mut fmt::Formatter<'_>, first: usize, last: usize, namesakes: u32) -> fmt::Result {
    f.write_str(FIRST.get(first).copied().unwrap_or(""))?;
    f.write_str(".")?;
    f.write_str(LAST.get(last).copied().unwrap_or(""))?;
    if namesakes == 0 { Ok(()) } else { write!(f, "{}", namesakes + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn options(users: u32) -> Options {
        Options { users, ..Options::default() }
    }

    #[test]
    fn shape_is_that_of_a_company() {
        let options = options(20_000);
        let company = Company::new(&options);
        assert!((60..160).contains(&company.sites.len()), "{} sites", company.sites.len());
        let in_teams: Vec<usize> = (0..20_000).map(|user| company.teams_of.get(user).len()).collect();
        let total: usize = in_teams.iter().sum();
        assert!((48_000..53_000).contains(&total), "{total} memberships");
        assert!(in_teams.contains(&0) && in_teams.iter().all(|teams| *teams <= 8));
        let sizes: Vec<usize> = (0..company.team_count()).map(|team| company.members(team).len()).collect();
        assert!(sizes.iter().all(|size| (3..=300).contains(size)), "{:?}", sizes.iter().min());
        let bosses = (0..20_000).filter(|user| company.is_boss(*user)).count();
        let assistants = (0..20_000).filter(|user| company.is_assistant(*user)).count();
        assert!((120..300).contains(&bosses) && (120..300).contains(&assistants), "{bosses} {assistants}");
    }

    #[test]
    fn every_party_has_a_name_of_its_own() {
        for users in [0, 1, 2, 60, 5000] {
            let options = options(users);
            let company = Company::new(&options);
            let end = company.door(company.sites.len() as u32);
            let named = |number| {
                let (kind, _) = company.kind(Party(number));
                (kind, company.name(Party(number)).to_string())
            };
            let names: HashSet<_> = (1..end.0).map(named).collect();
            assert_eq!(names.len(), end.0 as usize - 1, "{users} users");
            assert!(names.iter().all(|(_, name)| !name.is_empty()));
        }
    }

    #[test]
    fn extensions_are_unique_and_of_one_length() {
        for users in [1, 60, 2999, 5000] {
            let options = options(users);
            let company = Company::new(&options);
            let mut lines: Vec<String> = (0..users).flat_map(|user| company.lines(user)).collect();
            lines.extend((0..company.queues.len() as u32).map(|queue| company.queue_line(queue)));
            assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{users} users");
            assert_eq!(lines.iter().collect::<HashSet<_>>().len(), lines.len());
        }
    }

    #[test]
    fn every_contact_is_known_by_a_user() {
        let options = options(1003);
        let company = Company::new(&options);
        let known: HashSet<u32> = (0..1003).flat_map(|user| company.contacts_of(user)).collect();
        assert_eq!(known.len() as u32, company.contact_count());
    }
}
