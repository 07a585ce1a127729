//! linewarden's own system: rules that give rights to actors towards targets, and named groups (L1 to L12). It must never know
//! another system.
#![forbid(unsafe_code)]

mod expand;
mod lower;

pub use expand::{Missed, Parties, nesting};
pub use lower::Lowered;

pub use crate::right::{CALL_TO, EXEMPTABLE, FORWARDING_TO};

use super::words;
use crate::address::address_of;
use crate::calendar::When;
use crate::destinations::{Class, ClassSet, Destinations};
use crate::id::{Line, Party};
use crate::right::{Right, RightSet};

/// A word that stands for parties in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Everyone {
    Users,
    UsersAndTeams,
    SameSite,
    OwnTeam,
    Oneself,
}

words!(Everyone:
    Users = "everyone", UsersAndTeams = "everyone and teams", SameSite = "same site", OwnTeam = "own team",
    Oneself = "oneself",
);

/// The words that may stand for actors and for those excepted from them.
pub const ACTORS: &[Everyone] = &[Everyone::Users];
/// The words that may stand for targets.
pub const TARGETS: &[Everyone] =
    &[Everyone::Users, Everyone::UsersAndTeams, Everyone::SameSite, Everyone::OwnTeam, Everyone::Oneself];
/// The words that may stand for excepted targets.
pub const EXCEPT: &[Everyone] = &[Everyone::Users, Everyone::UsersAndTeams, Everyone::SameSite, Everyone::OwnTeam];

/// A party's name as a list writes it: a user with such a word as login is written as an address.
pub fn listed_name(name: String, domain: &str) -> String {
    match Everyone::parse(&name) {
        Some(_) => address_of(&name, domain),
        None => name,
    }
}

/// A set of such words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words(u8);

impl Words {
    /// With `word` added.
    #[must_use]
    pub fn with(self, word: Everyone) -> Words {
        Words(self.0 | 1 << word as u8)
    }

    /// Whether the set has `word`.
    pub fn has(self, word: Everyone) -> bool {
        self.0 & (1 << word as u8) != 0
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The words in the set.
    pub fn iter(self) -> impl Iterator<Item = Everyone> {
        Everyone::ALL.iter().copied().filter(move |word| self.has(*word))
    }
}

/// A list of parties as a rule or a group writes it (L2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// Users, contacts and teams, each once.
    pub parties: Vec<Party>,
    /// Names of groups, each once.
    pub groups: Vec<String>,
    /// Words; a group has none.
    pub words: Words,
}

impl List {
    /// Whether the list names parties or groups.
    pub fn names_any(&self) -> bool {
        !self.parties.is_empty() || !self.groups.is_empty()
    }

    /// Whether nothing is on the list.
    pub fn is_empty(&self) -> bool {
        !self.names_any() && self.words.is_empty()
    }
}

/// A named group of users, contacts, teams and other groups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// The group's name.
    pub name: String,
    /// Its members.
    pub members: List,
    /// Where the document says so.
    pub line: Line,
}

/// A rule: what its actors have towards its targets (L5).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// The rule's name.
    pub name: String,
    /// Who acts.
    pub actors: List,
    /// Who does not, although `actors` may say so.
    pub except_actors: List,
    /// What they may.
    pub rights: RightSet,
    /// Towards whom.
    pub targets: List,
    /// Towards whom not, although `targets` may say so.
    pub except: List,
    /// When it counts (L9).
    pub when: When,
    /// Where the document says so.
    pub line: Line,
}

impl Rule {
    /// The lists of the rule with their keys in documents.
    pub fn lists(&self) -> [(&'static str, &List); 4] {
        [
            ("actors", &self.actors),
            ("except_actors", &self.except_actors),
            ("targets", &self.targets),
            ("except", &self.except),
        ]
    }

    /// The same, to change.
    pub fn lists_mut(&mut self) -> [&mut List; 4] {
        [&mut self.actors, &mut self.except_actors, &mut self.targets, &mut self.except]
    }
}

/// The system's facts of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Rights that no other party has on the user, whatever a rule says (L11).
    pub exempt: RightSet,
}

/// The system's part of a domain's policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Linewarden {
    /// Named groups.
    pub groups: Vec<Group>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Where numbers lead. It holds without this system, too.
    pub numbers: Numbers,
}

/// What the document says about numbers, and the classes that are open to all by it (L8).
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    destinations: Option<Destinations>,
    forwarding: RightSet,
    calls: RightSet,
}

impl Default for Numbers {
    fn default() -> Numbers {
        Numbers {
            destinations: None,
            forwarding: RightSet::of(&[
                Right::FORWARDING_TO_INTERNAL,
                Right::FORWARDING_TO_LOCAL,
                Right::FORWARDING_TO_NATIONAL,
                Right::FORWARDING_TO_MOBILE,
            ]),
            calls: CALL_TO.without(Right::CALL_TO_PREMIUM.mask()),
        }
    }
}

impl From<Option<Destinations>> for Numbers {
    fn from(destinations: Option<Destinations>) -> Numbers {
        let Some(held) = &destinations else { return Numbers::default() };
        let rights = |right: fn(Class) -> Option<Right>, classes: ClassSet| {
            classes.iter().filter_map(right).fold(RightSet::EMPTY, |set, right| set | right.mask())
        };
        let (forwarding, calls) = (rights(forwarding_to, held.forwarding()), rights(call_to, held.calls()));
        Numbers { destinations, forwarding, calls }
    }
}

impl Numbers {
    /// Where numbers lead, if the document says so.
    pub fn destinations(&self) -> Option<&Destinations> {
        self.destinations.as_ref()
    }
}

/// The right that a forwarding to numbers of a class needs. No right is enough for emergency numbers and for blocked ones.
pub fn forwarding_to(class: Class) -> Option<Right> {
    match class {
        Class::Internal => Some(Right::FORWARDING_TO_INTERNAL),
        Class::Local => Some(Right::FORWARDING_TO_LOCAL),
        Class::National => Some(Right::FORWARDING_TO_NATIONAL),
        Class::Mobile => Some(Right::FORWARDING_TO_MOBILE),
        Class::International => Some(Right::FORWARDING_TO_INTERNATIONAL),
        Class::Premium => Some(Right::FORWARDING_TO_PREMIUM),
        Class::Emergency | Class::Blocked => None,
    }
}

/// The right that a call to numbers of a class needs, towards oneself. Emergency numbers need none, for blocked ones none is enough.
pub fn call_to(class: Class) -> Option<Right> {
    match class {
        Class::Internal => Some(Right::CALL_TO_INTERNAL),
        Class::Local => Some(Right::CALL_TO_LOCAL),
        Class::National => Some(Right::CALL_TO_NATIONAL),
        Class::Mobile => Some(Right::CALL_TO_MOBILE),
        Class::International => Some(Right::CALL_TO_INTERNATIONAL),
        Class::Premium => Some(Right::CALL_TO_PREMIUM),
        Class::Emergency | Class::Blocked => None,
    }
}

/// The rights that a rule may name (L6).
pub const IN_RULES: RightSet = RightSet::from_bits(u128::MAX).without(RightSet::of(&[
    Right::RELATION_ASK,
    Right::RELATION_ANSWER,
    Right::RELATION_CHANGE,
    Right::LOCATION_LOGIN,
    Right::PROFILE_MANAGE_OWN,
]));

impl Linewarden {
    /// What a user has towards oneself (L8, L10). Defaults of forwardings come with `forwarding.set`.
    pub fn self_rights(&self) -> RightSet {
        const ALL: RightSet = IN_RULES
            .without(RightSet::of(&EXEMPTABLE))
            .without(CALL_TO)
            .without(FORWARDING_TO)
            .without(Right::ROSTER_SEE_TEAM.mask());
        ALL | self.numbers.calls
    }

    /// Where numbers lead, if the document says so.
    pub fn destinations(&self) -> Option<&Destinations> {
        self.numbers.destinations()
    }

    /// The classes of numbers to which every forwarding may go that may be set at all (L8).
    pub fn forwarding(&self) -> RightSet {
        self.numbers.forwarding
    }

    /// The classes of numbers that every user may call (L8).
    pub fn calls(&self) -> RightSet {
        self.numbers.calls
    }

    /// The group of that name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The rule of that name.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// Every party that a rule or group names.
    pub fn parties(&self) -> impl Iterator<Item = Party> + '_ {
        let lists = self.rules.iter().flat_map(|rule| rule.lists().map(|(_, list)| list));
        lists.chain(self.groups.iter().map(|group| &group.members)).flat_map(|list| list.parties.iter().copied())
    }

    /// Whether what the rules give follows from the agents of `team`: it is named, or any actor's own team is.
    pub fn rests_on(&self, team: Party) -> bool {
        self.uses_own_teams() || self.parties().any(|party| party == team)
    }

    /// Whether a rule speaks of the actor's own teams.
    pub fn uses_own_teams(&self) -> bool {
        let own = |list: &List| list.words.has(Everyone::OwnTeam);
        self.rules.iter().any(|rule| own(&rule.targets) || own(&rule.except))
    }
}
