//! The policy: all facts of all domains, valid at all times. It holds facts only and decides nothing: rights are compiled from it.
#![forbid(unsafe_code)]

pub mod change;
pub mod codes;
pub mod dated;
mod overrides;
pub mod state;
pub mod valid;

use crate::address::{domain_name, sip_address};
use crate::directory::Directory;
use crate::id::{DomainId, Kind, Line, Party};
use crate::keyed::KeyedHash;
use crate::right::{Right, RightSet};
use crate::system::pascom::PickupNotification;
use crate::system::{System, Systems, estos, keevio, linewarden, pascom, words, xphone};
use codes::CodeTable;
use state::State;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use overrides::Override;

/// All facts of all domains.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Domains in the order of their documents.
    pub domains: Vec<Domain>,
    /// The instant for which facts with dates are asked, in seconds since 1970; `None` is now.
    pub at: Option<i64>,
}

impl Policy {
    /// The instant that is asked about, in seconds since 1970.
    pub fn instant(&self) -> i64 {
        self.at.unwrap_or_else(crate::calendar::clock::now)
    }

    /// The domain of that name, however it is spelled.
    pub fn domain_named(&self, name: &str) -> Option<&Domain> {
        let name = domain_name(name);
        self.domains.iter().find(|domain| domain.name == name)
    }

    /// The domain of that number, if the policy has it.
    pub fn domain(&self, id: DomainId) -> Option<&Domain> {
        // Domains keep their numbers, so the number is usually the index.
        let usual = self.domains.get(id.index()).filter(|domain| domain.id == id);
        usual.or_else(|| self.domains.iter().find(|domain| domain.id == id))
    }
}

/// One company on the PBX.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The domain's number.
    pub id: DomainId,
    /// The domain's name in its one form.
    pub name: String,
    /// The document it was read from, for messages; empty over a store.
    pub file: Arc<str>,
    /// The systems it runs.
    pub systems: Systems,
    /// Users, in the order of the document.
    pub users: Vec<User>,
    /// Outside contacts the document names as owner or viewer.
    pub contacts: Vec<Contact>,
    /// Teams.
    pub teams: Vec<Team>,
    /// Locations and devices: nothing but names.
    pub stations: Vec<Station>,
    /// XPhone's facts.
    pub xphone: xphone::XPhone,
    /// estos' facts.
    pub estos: estos::Estos,
    /// pascom's facts.
    pub pascom: pascom::Pascom,
    /// keevio's facts.
    pub keevio: keevio::Keevio,
    /// linewarden's own facts.
    pub linewarden: linewarden::Linewarden,
    /// Facts with dates in the order of [`dated::Fact::order`], those of systems that the domain does not run included.
    pub dated: Vec<dated::Dated>,
    /// Single rows of the matrices that the document replaced, for writing it again.
    pub overrides: Vec<Override>,
    /// Function codes.
    pub codes: CodeTable,
    /// So many seconds after the last word from the log that the store follows nothing is allowed any more; 0: answers go on.
    pub longest_age: u32,
    /// Users who administer a part of the domain, in the order of the document.
    pub administrators: Vec<Administrator>,
    /// Which facts of which system the document has, whether it runs that system or not, with the first line of each; for lint.
    pub written: Vec<(System, Line)>,
    /// The user or team that an extension belongs to.
    pub numbers: HashMap<Box<str>, Party>,
    /// Kind of each live party, and its index in its list above.
    pub index_of: HashMap<Party, (Kind, u32), KeyedHash>,
    /// State that documents do not express.
    pub state: State,
}

/// A person with a login and lines.
#[derive(Clone, Debug)]
pub struct User {
    /// The user's number.
    pub party: Party,
    /// Extensions: first, second, then additional lines.
    pub lines: Vec<String>,
    /// XPhone's facts, the own settings among them.
    pub xphone: xphone::Person,
    /// estos' facts, the own grants among them.
    pub estos: estos::Person,
    /// keevio's facts.
    pub keevio: keevio::Person,
    /// linewarden's own facts.
    pub linewarden: linewarden::Person,
    /// Where the document says so.
    pub line: Line,
}

impl User {
    /// A user of whom no system says anything yet.
    pub fn new(party: Party, lines: Vec<String>, line: Line) -> User {
        let (xphone, estos, keevio, linewarden) = Default::default();
        User { party, lines, xphone, estos, keevio, linewarden, line }
    }

    /// Which of the user's lines are private (R7), as bits: 1 the first line, 2 the second, 4 the additional ones. The additional
    /// lines share one bit: any private line among them sets it.
    pub fn private_lines_mask(&self) -> u8 {
        let lines = self.lines.iter().enumerate();
        let private = lines.filter(|(_, line)| self.estos.private_lines.contains(line));
        private.fold(0, |mask, (index, _)| mask | 1 << index.min(2))
    }
}

/// What there is to administer: the lists of an [`Administrator`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Area {
    Sites,
    Workgroups,
    MonitoringGroups,
    Permissions,
    Teams,
}

words!(Area:
    Sites = "sites", Workgroups = "workgroups", MonitoringGroups = "monitoring_groups",
    Permissions = "permissions", Teams = "teams",
);

impl Area {
    /// One of its things in a sentence.
    pub fn one(self) -> &'static str {
        match self {
            Area::Sites => "site",
            Area::Workgroups => "workgroup",
            Area::MonitoringGroups => "monitoring group",
            Area::Permissions => "permission",
            Area::Teams => "team",
        }
    }
}

/// A user who may make the changes of single sites, groups, permissions and teams (R8); one entry for a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Administrator {
    /// The user.
    pub user: Party,
    /// Names of sites.
    pub sites: Vec<String>,
    /// Names of workgroups.
    pub workgroups: Vec<String>,
    /// Names of monitoring groups.
    pub monitoring_groups: Vec<String>,
    /// Names of permissions.
    pub permissions: Vec<String>,
    /// Teams, each once.
    pub teams: Vec<Party>,
    /// Where the document says so.
    pub line: Line,
}

impl Administrator {
    /// An entry for a user who administers nothing yet.
    pub fn new(user: Party) -> Administrator {
        Administrator {
            user,
            sites: Vec::new(),
            workgroups: Vec::new(),
            monitoring_groups: Vec::new(),
            permissions: Vec::new(),
            teams: Vec::new(),
            line: Line::default(),
        }
    }

    /// The names of an area; teams are parties and have none here.
    pub fn names(&self, area: Area) -> &[String] {
        match area {
            Area::Sites => &self.sites,
            Area::Workgroups => &self.workgroups,
            Area::MonitoringGroups => &self.monitoring_groups,
            Area::Permissions => &self.permissions,
            Area::Teams => &[],
        }
    }

    /// The same to change; `None` for teams.
    pub fn names_mut(&mut self, area: Area) -> Option<&mut Vec<String>> {
        match area {
            Area::Sites => Some(&mut self.sites),
            Area::Workgroups => Some(&mut self.workgroups),
            Area::MonitoringGroups => Some(&mut self.monitoring_groups),
            Area::Permissions => Some(&mut self.permissions),
            Area::Teams => None,
        }
    }

    /// Whether the site, group or permission of that name is on the list.
    pub fn holds(&self, area: Area, name: &str) -> bool {
        self.names(area).iter().any(|held| held == name)
    }
}

/// An outside contact.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// The contact's number.
    pub party: Party,
    /// The part of the address after the `@`, in its one form.
    pub host: Box<str>,
}

/// A pascom team or queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// The team's number.
    pub party: Party,
    /// Extensions.
    pub lines: Vec<String>,
    /// Agents, each once.
    pub agents: Vec<Party>,
    /// Which users are notified of its waiting calls.
    pub pickup_notification: PickupNotification,
    /// Where the document says so.
    pub line: Line,
}

/// A location or a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    /// Its number.
    pub party: Party,
    /// Location or device.
    pub kind: Kind,
    /// Where the document says so.
    pub line: Line,
}

impl Domain {
    /// An empty domain of that number and name, running no system.
    pub fn new(id: DomainId, name: &str, file: &str) -> Domain {
        Domain {
            id,
            name: domain_name(name),
            file: file.into(),
            systems: Systems::default(),
            users: Vec::new(),
            contacts: Vec::new(),
            teams: Vec::new(),
            stations: Vec::new(),
            xphone: Default::default(),
            estos: Default::default(),
            pascom: Default::default(),
            keevio: Default::default(),
            linewarden: Default::default(),
            dated: Vec::new(),
            overrides: Vec::new(),
            codes: Default::default(),
            longest_age: 0,
            administrators: Vec::new(),
            written: Vec::new(),
            numbers: HashMap::new(),
            index_of: HashMap::default(),
            state: State::default(),
        }
    }

    /// Adds a user. Party and extensions must be new.
    pub fn add_user(&mut self, user: User) {
        self.add_numbers(user.party, &user.lines);
        self.index_of.insert(user.party, (Kind::User, self.users.len() as u32));
        self.users.push(user);
    }

    /// Adds a contact. It must be new.
    pub fn add_contact(&mut self, contact: Contact) {
        self.index_of.insert(contact.party, (Kind::Contact, self.contacts.len() as u32));
        self.contacts.push(contact);
    }

    /// Adds a team. Party and extensions must be new.
    pub fn add_team(&mut self, team: Team) {
        self.add_numbers(team.party, &team.lines);
        self.index_of.insert(team.party, (Kind::Team, self.teams.len() as u32));
        self.teams.push(team);
    }

    /// Adds a location or device. It must be new.
    pub fn add_station(&mut self, station: Station) {
        self.index_of.insert(station.party, (station.kind, self.stations.len() as u32));
        self.stations.push(station);
    }

    fn add_numbers(&mut self, party: Party, lines: &[String]) {
        self.numbers.extend(lines.iter().map(|line| (line.as_str().into(), party)));
    }

    /// What kind of party it is, if the policy has it.
    pub fn kind(&self, party: Party) -> Option<Kind> {
        self.index_of.get(&party).map(|(kind, _)| *kind)
    }

    /// The party of that kind and plain name, if the policy has it.
    pub fn live(&self, names: &Directory, kind: Kind, name: &str) -> Option<Party> {
        let party = names.party(self.id, kind, name)?;
        (self.kind(party) == Some(kind)).then_some(party)
    }

    /// The user that `text` is: a login, an extension, or `sip:login@domain`.
    pub fn user_named(&self, names: &Directory, text: &str) -> Option<Party> {
        if let Some(party) = self.live(names, Kind::User, text) {
            return Some(party);
        }
        if let Some(party) = self.numbers.get(text) {
            return self.user(*party).map(|user| user.party);
        }
        let address = sip_address(text).filter(|address| address.domain == self.name)?;
        self.live(names, Kind::User, &address.login)
    }

    /// The user of that number.
    pub fn user(&self, party: Party) -> Option<&User> {
        match self.index_of.get(&party)? {
            (Kind::User, index) => self.users.get(*index as usize),
            _ => None,
        }
    }

    /// The user of that number, to change.
    pub fn user_mut(&mut self, party: Party) -> Option<&mut User> {
        match self.index_of.get(&party)? {
            (Kind::User, index) => self.users.get_mut(*index as usize),
            _ => None,
        }
    }

    /// Which of a user's lines an extension is: 1 the first, 2 the second, 3 an additional one; 0 where it is none of them.
    pub fn line_of(&self, party: Party, extension: &str) -> u32 {
        let index = self.user(party).and_then(|user| user.lines.iter().position(|line| line == extension));
        index.map_or(0, |index| index.min(2) as u32 + 1)
    }

    /// The contact of that number.
    pub fn contact(&self, party: Party) -> Option<&Contact> {
        match self.index_of.get(&party)? {
            (Kind::Contact, index) => self.contacts.get(*index as usize),
            _ => None,
        }
    }

    /// Every party that a setting, grant, subscription, rule or group names.
    pub fn related_parties(&self) -> HashSet<Party> {
        let settings = self.users.iter().flat_map(|user| user.xphone.settings.iter().map(|setting| setting.viewer));
        let grants = self.users.iter().flat_map(|user| user.estos.grants.iter().map(|own| own.viewer));
        let subscriptions = self.keevio.subscriptions.keys().flat_map(|(viewer, owner)| [*viewer, *owner]);
        let dated = self.dated.iter().flat_map(|dated| dated.fact.parties());
        settings.chain(grants).chain(subscriptions).chain(self.linewarden.parties()).chain(dated).collect()
    }

    /// The team of that number.
    pub fn team(&self, party: Party) -> Option<&Team> {
        match self.index_of.get(&party)? {
            (Kind::Team, index) => self.teams.get(*index as usize),
            _ => None,
        }
    }

    /// The team of that number, to change.
    pub fn team_mut(&mut self, party: Party) -> Option<&mut Team> {
        match self.index_of.get(&party)? {
            (Kind::Team, index) => self.teams.get_mut(*index as usize),
            _ => None,
        }
    }

    /// What the user administers, where the user is named administrator of anything.
    pub fn administrator(&self, user: Party) -> Option<&Administrator> {
        self.administrators.iter().find(|administrator| administrator.user == user)
    }

    /// The names of everything in an area that has names; teams are parties and have none here.
    pub fn names_in(&self, area: Area) -> Vec<&str> {
        let (xphone, pascom) = (&self.xphone, &self.pascom);
        match area {
            Area::Sites => xphone.sites.iter().map(|site| site.name.as_str()).collect(),
            Area::Workgroups => xphone.workgroups.iter().map(|group| group.name.as_str()).collect(),
            Area::MonitoringGroups => xphone.monitoring_groups.iter().map(|group| group.name.as_str()).collect(),
            Area::Permissions => pascom.permissions.iter().map(|permission| permission.name.as_str()).collect(),
            Area::Teams => Vec::new(),
        }
    }

    /// Every live party: users, contacts, teams, locations and devices.
    pub fn parties(&self) -> impl Iterator<Item = (Party, Kind)> + '_ {
        let users = self.users.iter().map(|user| (user.party, Kind::User));
        let contacts = self.contacts.iter().map(|contact| (contact.party, Kind::Contact));
        let teams = self.teams.iter().map(|team| (team.party, Kind::Team));
        users.chain(contacts).chain(teams).chain(self.stations.iter().map(|station| (station.party, station.kind)))
    }

    /// Whether pascom's open default holds for picking up: no permission carries `pickup.group`, and pascom is the only
    /// system of the domain that covers the right.
    pub fn pickup_is_open(&self) -> bool {
        self.systems.has(System::Pascom)
            && !self.systems.has(System::Xphone)
            && !self.systems.has(System::Estos)
            && !self.pascom.carries(pascom::RoleType::PickupGroup)
    }

    /// Whether pascom's open default holds for logging in: no permission carries `location.group`.
    pub fn login_is_open(&self) -> bool {
        self.systems.has(System::Pascom) && !self.pascom.carries(pascom::RoleType::LocationGroup)
    }

    /// The changes of relations (`relation.*`) a user may make at all towards another user or contact. Whether a level can be
    /// changed also depends on the pair: see [`crate::rule::Outcome::fixed`].
    pub fn relation_rights(&self) -> RightSet {
        let estos = self.systems.has(System::Estos);
        let granting = estos && self.estos.users_may_grant;
        let keevio = self.systems.has(System::Keevio);
        let mut rights = RightSet::EMPTY;
        if estos || keevio {
            rights |= Right::RELATION_ASK.mask();
        }
        if granting || keevio {
            rights |= Right::RELATION_ANSWER.mask();
        }
        if granting || self.systems.has(System::Xphone) {
            rights |= Right::RELATION_CHANGE.mask();
        }
        rights
    }

    /// What a person has towards oneself because of the systems that the domain runs; pascom's and keevio's part is not in it.
    pub fn self_rights(&self) -> RightSet {
        let mut rights = RightSet::EMPTY;
        if self.systems.has(System::Xphone) {
            rights |= self.xphone.matrix.everything();
        }
        if self.systems.has(System::Estos) {
            rights |= self.estos.tables.everything();
        }
        if self.systems.has(System::Linewarden) {
            rights |= self.linewarden.self_rights();
        }
        rights
    }
}

impl linewarden::Parties for Domain {
    fn kind(&self, party: Party) -> Option<Kind> {
        Domain::kind(self, party)
    }

    fn agents(&self, team: Party) -> &[Party] {
        self.team(team).map_or(&[], |team| &team.agents)
    }
}
