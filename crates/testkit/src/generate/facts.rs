//! A made-up company as a policy. It must say the same as `text`.
#![forbid(unsafe_code)]

use super::company::Company;
use linewarden::internals::directory::Directory;
use linewarden::internals::error::{Error, ErrorKind, Result};
use linewarden::internals::id::{Kind, Line, Party};
use linewarden::internals::policy::{Contact, Domain, Policy, Station, User};
use linewarden::internals::system::{System, estos, keevio, xphone};

/// The directory's number of each party of the outline.
struct Numbers(Vec<Party>);

impl Numbers {
    fn of(&self, party: Party) -> Party {
        self.0.get(party.index().wrapping_sub(1)).copied().unwrap_or_default()
    }

    fn replace(&self, parties: &mut [Party]) {
        for party in parties {
            *party = self.of(*party);
        }
    }
}

pub(super) fn policy(company: &Company<'_>, directory: &mut Directory) -> Result<Policy> {
    let id = directory.add_domain(&company.options.domain)?;
    let mut domain = Domain::new(id, &company.options.domain, "generated");
    domain.systems = company.options.systems;
    domain.written = domain.systems.iter().map(|system| (system, Line::default())).collect();
    let runs = |system| company.options.systems.has(system);
    // A contact is a party where a fact names it; made-up rules name users only.
    let names_contacts = |system: System| !matches!(system, System::Pascom | System::Linewarden);
    let has_contacts = domain.systems.iter().any(names_contacts);
    let has_teams = runs(System::Pascom);
    let last = company.door(company.sites.len() as u32).0;
    let mut numbers = Numbers(Vec::with_capacity(last as usize));
    for party in (1..last).map(Party) {
        let (kind, _) = company.kind(party);
        let named = match kind {
            Kind::User => true,
            Kind::Contact => has_contacts,
            Kind::Team | Kind::Location | Kind::Device => has_teams,
        };
        let mut number = || directory.add_party(id, kind, &company.name(party).to_string());
        numbers.0.push(if named { number()? } else { Party::NONE });
    }
    domain.users.reserve_exact(company.user_count() as usize);
    domain.index_of.reserve(last as usize);
    domain.numbers.reserve(company.user_count() as usize * 7 / 5 + company.queues.len());
    let mut found = Vec::new();
    for user in 0..company.user_count() {
        domain.add_user(person(company, &numbers, user, &mut found)?);
    }
    if has_contacts {
        for contact in 0..company.contact_count() {
            domain.add_contact(Contact {
                party: numbers.of(company.contact(contact)),
                host: company.host(contact).into(),
            });
        }
    }
    if runs(System::Xphone) {
        add_xphone(company, &numbers, &mut domain);
    }
    if runs(System::Estos) {
        add_estos(company, &numbers, &mut domain);
    }
    if has_teams {
        add_pascom(company, &numbers, &mut domain);
    }
    if runs(System::Linewarden) {
        domain.linewarden.groups = company.groups().collect();
        domain.linewarden.rules = company.rules().collect();
        let own = &mut domain.linewarden;
        let groups = own.groups.iter_mut().map(|group| &mut group.members);
        for list in groups.chain(own.rules.iter_mut().flat_map(|rule| rule.lists_mut())) {
            numbers.replace(&mut list.parties);
        }
    }
    if runs(System::Keevio) {
        domain.keevio.realm = company.realm();
        domain.keevio.new_users = company.new_users();
        let mut all = Vec::new();
        for user in 0..company.user_count() {
            let of_user = company.subscriptions(user, &mut found).into_iter();
            all.extend(of_user.map(|((viewer, owner), state)| ((numbers.of(viewer), numbers.of(owner)), state)));
        }
        domain.keevio.subscriptions = all.into_iter().collect();
    }
    Ok(Policy { domains: vec![domain], at: None })
}

fn person(company: &Company<'_>, numbers: &Numbers, user: u32, found: &mut Vec<u32>) -> Result<User> {
    let runs = |system| company.options.systems.has(system);
    let mut xphone = xphone::Person::default();
    if runs(System::Xphone) {
        let site = u16::try_from(company.site_of(user));
        let site = site.map_err(|_| Error::new(ErrorKind::Limit, "more than 65536 sites"))?;
        let mut settings = company.settings(user, found);
        settings.iter_mut().for_each(|setting| setting.viewer = numbers.of(setting.viewer));
        settings.sort_unstable_by_key(|setting| setting.viewer);
        xphone = xphone::Person {
            site: Some(site),
            group: company.xphone_group(user),
            vip: company.is_boss(user),
            assistant: company.is_assistant(user),
            settings,
        };
    }
    let mut estos = estos::Person::default();
    if runs(System::Estos) {
        let numbered = |mut grants: Vec<estos::OwnGrant>| {
            grants.iter_mut().for_each(|grant| grant.viewer = numbers.of(grant.viewer));
            grants.sort_unstable_by_key(|grant| grant.viewer);
            grants
        };
        estos = estos::Person {
            release: company.calendar_release(user),
            grants: numbered(company.grants(user, found)),
            administrative: numbered(company.administrative_grants(user, found)),
            private_lines: company.private_lines(user),
        };
    }
    let keevio = if runs(System::Keevio) { company.keevio_person(user) } else { keevio::Person::default() };
    let party = numbers.of(company.user(user));
    Ok(User {
        party,
        lines: company.lines(user),
        xphone,
        estos,
        keevio,
        linewarden: if runs(System::Linewarden) { company.linewarden_person(user) } else { Default::default() },
        line: Line::default(),
    })
}

fn add_xphone(company: &Company<'_>, numbers: &Numbers, domain: &mut Domain) {
    domain.xphone.sites = (0..company.sites.len() as u32).filter_map(|site| company.xphone_site(site)).collect();
    domain.xphone.workgroups = (0..company.team_count()).map(|team| company.workgroup(team)).collect();
    for group in &mut domain.xphone.workgroups {
        numbers.replace(&mut group.members);
    }
    let receptions = (0..company.sites.len() as u32).filter_map(|site| company.reception(site));
    let secretaries = (0..company.departments.len() as u32).filter_map(|place| company.secretaries(place));
    domain.xphone.monitoring_groups = receptions.chain(secretaries).collect();
    for group in &mut domain.xphone.monitoring_groups {
        numbers.replace(&mut group.observers);
        numbers.replace(&mut group.members);
    }
}

fn add_estos(company: &Company<'_>, numbers: &Numbers, domain: &mut Domain) {
    domain.estos.global = Some(company.global_authorization());
    domain.estos.groups = (0..company.team_count()).map(|team| company.authorization_group(team)).collect();
    for group in &mut domain.estos.groups {
        numbers.replace(&mut group.members);
        numbers.replace(&mut group.leaders);
    }
    domain.estos.federation = company.federation();
}

fn add_pascom(company: &Company<'_>, numbers: &Numbers, domain: &mut Domain) {
    for mut team in (0..company.queues.len() as u32).filter_map(|queue| company.team(queue)) {
        team.party = numbers.of(team.party);
        numbers.replace(&mut team.agents);
        domain.add_team(team);
    }
    let desks = (0..company.desk_count()).map(|desk| company.desk(desk));
    for party in desks.chain((0..company.sites.len() as u32).map(|site| company.door(site))) {
        let (kind, _) = company.kind(party);
        domain.add_station(Station { party: numbers.of(party), kind, line: Line::default() });
    }
    domain.pascom.permissions = company.permissions().collect();
    for permission in &mut domain.pascom.permissions {
        for list in [&mut permission.users, &mut permission.teams, &mut permission.locations, &mut permission.devices] {
            numbers.replace(list);
        }
    }
}
