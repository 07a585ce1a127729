//! IPCortex keevio: presence subscriptions of a pair, each direction for itself, and permission realms. It must never know another
//! system.
#![forbid(unsafe_code)]

use super::words;
use crate::id::{Line, Party};
use crate::right::{Right, RightSet};
use std::collections::BTreeMap;

/// The state of a subscription. A pair without an ask has no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum State {
    Pending,
    Granted,
}

words!(State: Pending = "pending", Granted = "granted");

/// What happens when a user is created (K1 to K3); it governs changes, not what is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum NewUsers {
    None,
    Add,
    Authorise,
    #[default]
    AddAndAuthorise,
}

words!(NewUsers:
    None = "none", Add = "add", Authorise = "authorise", AddAndAuthorise = "add_and_authorise",
);

/// The permission realm of a user: the container, else the company, else none. A container never equals a company.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Realm {
    /// All users of the container.
    Container(String),
    /// All users of the company.
    Company(String),
}

/// What keevio knows of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// The user's company.
    pub company: Option<String>,
    /// The user's container, the wider unit.
    pub container: Option<String>,
}

impl Person {
    /// The realm the user is in.
    pub fn realm(&self) -> Option<Realm> {
        let container = self.container.clone().map(Realm::Container);
        container.or_else(|| self.company.clone().map(Realm::Company))
    }
}

/// A subscription: the viewer wants or gets the owner's presence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subscription {
    /// Pending or granted.
    pub state: State,
    /// Where the document says so.
    pub line: Line,
}

/// keevio's part of a domain's policy.
#[derive(Clone, Debug, Default)]
pub struct Keevio {
    /// What happens when a user is created.
    pub new_users: NewUsers,
    /// Whether permission realms are in use (K7).
    pub realm: bool,
    /// Subscriptions by viewer and owner; at least one of the two is a user.
    pub subscriptions: BTreeMap<(Party, Party), Subscription>,
}

impl Keevio {
    /// The state of `viewer`'s subscription to `owner`, if there is one.
    pub fn state(&self, viewer: Party, owner: Party) -> Option<State> {
        self.subscriptions.get(&(viewer, owner)).map(|subscription| subscription.state)
    }

    /// What `viewer` has towards `owner` by the two subscriptions between them.
    pub fn rights(&self, viewer: Party, owner: Party) -> RightSet {
        rights(self.state(viewer, owner), self.state(owner, viewer))
    }
}

/// What a viewer has, by the state of the own subscription and of the other's.
pub fn rights(own: Option<State>, other: Option<State>) -> RightSet {
    const LISTED: [Right; 2] = [Right::CONTACT_NAME_READ, Right::ROSTER_SEE_USER];
    const PRESENT: [Right; 3] = [Right::PRESENCE_SYMBOL_READ, Right::PRESENCE_STATUS_READ, Right::PRESENCE_TEXT_READ];
    let mut given = RightSet::EMPTY;
    if own.is_some() || other == Some(State::Granted) {
        given |= RightSet::of(&LISTED);
    }
    if own == Some(State::Granted) {
        given |= RightSet::of(&PRESENT);
        if other == Some(State::Granted) {
            given |= Right::CHAT_EXCHANGE.mask();
        }
    }
    given
}

/// What users of the same permission realm have towards each other.
pub fn realm_rights() -> RightSet {
    rights(Some(State::Granted), Some(State::Granted))
}
