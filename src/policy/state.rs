//! State of a domain that its document does not express: pending inquiries, favourites, agents that are logged out or paused,
//! current transfers. Only transfers give or take rights.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::system::keevio::NewUsers;
use crate::system::xphone::TransferRole;
use std::collections::{BTreeMap, BTreeSet};

/// Pairs of parties; each set documents what the first and the second are.
pub type Pairs = BTreeSet<(Party, Party)>;

/// State that documents do not express; all of it is empty in a domain that was just loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// estos: owner and requester of each inquiry the owner has not decided (E9). An owner with an entry has none.
    pub inquiries: Pairs,
    /// estos: (owner, contact) of each entry in the Favorites.
    pub favourites: Pairs,
    /// keevio: (x, y) where x agreed in advance to y's ask by asking y in the client (K4).
    pub consents: Pairs,
    /// keevio: users that were created by a change, in which order and under which policy (K3).
    pub created: BTreeMap<Party, Created>,
    /// The highest order in `created` so far; never given again.
    pub last_created: u64,
    /// pascom: team and agent, logged out of the team.
    pub logged_out: Pairs,
    /// pascom: team and agent, paused in the team.
    pub paused: Pairs,
    /// XPhone: transfers by the call they belong to.
    pub transfers: BTreeMap<String, Vec<Transfer>>,
}

/// When a user was created, and under which policy for new users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// A higher number is a younger user.
    pub order: u64,
    /// The policy in force at that moment.
    pub policy: NewUsers,
}

/// The part that a viewer has in a transfer towards an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The party with the part.
    pub viewer: Party,
    /// The party it is towards.
    pub owner: Party,
    /// Which part.
    pub role: TransferRole,
}

impl State {
    /// Requesters whose inquiries `owner` has not decided.
    pub fn pending(&self, owner: Party) -> impl Iterator<Item = Party> + '_ {
        second(&self.inquiries, owner)
    }

    /// Agents of `team` that are logged out.
    pub fn logged_out(&self, team: Party) -> impl Iterator<Item = Party> + '_ {
        second(&self.logged_out, team)
    }

    /// Agents of `team` that are paused.
    pub fn paused(&self, team: Party) -> impl Iterator<Item = Party> + '_ {
        second(&self.paused, team)
    }

    /// keevio: whether an ask of `viewer` for `owner`'s presence is granted at once, by the policy under which the younger of
    /// the two users was created (K2, K3). Plain `authorise` speaks for the younger one only (R3).
    pub fn accepts_at_once(&self, owner: Party, viewer: Party) -> bool {
        let (owner, viewer) = (self.created.get(&owner), self.created.get(&viewer));
        let order = |created: Option<&Created>| created.map_or(0, |created| created.order);
        match (owner, viewer) {
            (Some(owner), _) if owner.order > order(viewer) => {
                matches!(owner.policy, NewUsers::Authorise | NewUsers::AddAndAuthorise)
            }
            (_, Some(viewer)) => viewer.policy == NewUsers::AddAndAuthorise,
            (_, None) => false,
        }
    }
}

fn second(pairs: &Pairs, first: Party) -> impl Iterator<Item = Party> + '_ {
    pairs.range((first, Party(0))..=(first, Party(u32::MAX))).map(|(_, second)| *second)
}
