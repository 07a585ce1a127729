//! keevio's facts of a company. It must never look at another system's.
#![forbid(unsafe_code)]

use super::company::Company;
use super::random::Purpose;
use linewarden::internals::id::{Line, Party};
use linewarden::internals::system::keevio::{NewUsers, Person, State, Subscription};

/// Sites that belong to one company of the group, and companies to one container.
const SITES_OF_COMPANY: u32 = 3;
const COMPANIES_OF_CONTAINER: u32 = 2;

impl Company<'_> {
    /// Realms are in use where there is more than one company.
    pub fn realm(&self) -> bool {
        self.sites.len() as u32 > SITES_OF_COMPANY
    }

    pub fn new_users(&self) -> NewUsers {
        NewUsers::Add
    }

    /// The user's company; every third pair of companies shares a container.
    pub fn keevio_person(&self, user: u32) -> Person {
        let company = self.site_of(user) / SITES_OF_COMPANY;
        let container = company / COMPANIES_OF_CONTAINER;
        Person {
            company: Some(format!("company-{}", company + 1)),
            container: (container % 3 == 1).then(|| format!("container-{}", container + 1)),
        }
    }

    /// Subscriptions between the user and others of higher number, both ways, sorted by the other.
    pub fn subscriptions(&self, user: u32, found: &mut Vec<u32>) -> Vec<((Party, Party), Subscription)> {
        let mut random = self.random(Purpose::Subscriptions, user);
        let wanted = random.between(0, 8);
        self.acquaintances(&mut random, user, wanted, found);
        let others = found.iter().filter(|other| **other > user).map(|other| self.user(*other));
        let contacts = self.contacts_of(user).into_iter().map(|contact| self.contact(contact));
        let mut subscriptions = Vec::new();
        for other in others.chain(contacts) {
            let state = Subscription { state: random.choose(State::Granted, &[(150, State::Pending)]), line: Line(0) };
            let back = Subscription { state: random.choose(State::Granted, &[(200, State::Pending)]), line: Line(0) };
            subscriptions.push(((self.user(user), other), state));
            if random.chance(700) {
                subscriptions.push(((other, self.user(user)), back));
            }
        }
        subscriptions
    }
}
