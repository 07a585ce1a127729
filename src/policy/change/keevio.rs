//! The changes of keevio's facts: companies and containers, subscriptions and consents, the policy for new users. What they do, who may
//! make them (users ask and accept; single steps, and any removal, are the administrator's), and which of them lead from one policy to
//! another. It must never look at another system's facts.
#![forbid(unsafe_code)]

use super::authority::{Judge, refused};
use super::delta::Delta;
use super::editor::{Editor, Op, fault};
use super::vocabulary::KeevioChange;
use super::{Change, DirtyPart};
use crate::error::Result;
use crate::id::{Line, Party};
use crate::policy::User;
use crate::policy::state::Created;
use crate::policy::valid::is_label;
use crate::system::System;
use crate::system::keevio::{NewUsers, State, Subscription};
use crate::wording::quote;

/// How a user came into the domain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Creation {
    /// Created now: keevio's policy for new users applies.
    New,
    /// Taken over from a document, which lists the subscriptions itself.
    Imported,
}

impl Editor<'_> {
    /// Makes a change of keevio's facts.
    pub fn keevio_change(&mut self, change: KeevioChange<'_>) -> Result<()> {
        use KeevioChange as C;
        match change {
            C::SetCompany { user, company } => self.set_unit(user, company, |user| &mut user.keevio.company)?,
            C::ClearCompany { user } => self.clear_unit(user, |user| &mut user.keevio.company)?,
            C::SetContainer { user, container } => self.set_unit(user, container, |user| &mut user.keevio.container)?,
            C::ClearContainer { user } => self.clear_unit(user, |user| &mut user.keevio.container)?,
            C::SetNewUsers { policy } => {
                self.domain_fact(System::Keevio, DirtyPart::State, *policy, |domain| &mut domain.keevio.new_users);
            }
            C::SetRealm { on: realm } => {
                self.domain_fact(System::Keevio, DirtyPart::Domain, *realm, |domain| &mut domain.keevio.realm);
            }
            C::Subscribe { viewer, owner } => self.subscribe(viewer, owner)?,
            C::Accept { owner, viewer } => self.accept(owner, viewer)?,
            C::Decline { owner, viewer } => self.decline(owner, viewer)?,
            C::Request { viewer, owner } => self.request(viewer, owner)?,
            C::Confirm { owner, viewer } => self.confirm(owner, viewer)?,
            C::SetSubscription { viewer, owner, state } => self.set_subscription(viewer, owner, *state)?,
            C::ClearSubscription { viewer, owner } => self.clear_subscription(viewer, owner)?,
            C::SetConsent { party, other } => self.consent(party, other, Op::Add)?,
            C::ClearConsent { party, other } => self.consent(party, other, Op::Remove)?,
            C::SetCreated { user, order, policy } => self.set_created(user, Some((*order, *policy)))?,
            C::ClearCreated { user } => self.set_created(user, None)?,
        }
        Ok(())
    }

    /// Sets the company or container of a user.
    fn set_unit(&mut self, user: &str, unit: &str, field: fn(&mut User) -> &mut Option<String>) -> Result<()> {
        if !is_label(unit) {
            return fault(format!("{}, expected 1 to 255 bytes without control characters", quote(unit)));
        }
        self.user_fact(System::Keevio, user, Some(unit.into()), field)
    }

    /// Clears the company or container of a user.
    fn clear_unit(&mut self, user: &str, field: fn(&mut User) -> &mut Option<String>) -> Result<()> {
        self.user_fact(System::Keevio, user, None, field)
    }

    /// Applies the policy for new users to a user that was just added, and records it (K1 to K3). In realms no policy applies (K7).
    pub fn created(&mut self, party: Party, creation: Creation) {
        let in_force =
            creation == Creation::New && self.domain.systems.has(System::Keevio) && !self.domain.keevio.realm;
        let policy = if in_force { self.domain.keevio.new_users } else { NewUsers::None };
        let order = self.domain.state.last_created + 1;
        self.put(order, |domain| Some(&mut domain.state.last_created));
        self.map(party, Some(Created { order, policy }), |domain| &mut domain.state.created);
        let state = match policy {
            NewUsers::Add => State::Pending,
            NewUsers::AddAndAuthorise => State::Granted,
            NewUsers::None | NewUsers::Authorise => return,
        };
        let others: Vec<Party> =
            self.domain.users.iter().map(|user| user.party).filter(|user| *user != party).collect();
        for other in others {
            for pair in [(party, other), (other, party)] {
                let subscription = Subscription { state, line: Line::default() };
                self.map(pair, Some(subscription), |domain| &mut domain.keevio.subscriptions);
            }
            self.dirty_pairs([(party, other), (other, party)]);
        }
    }

    /// Two parties, at least one of them a user.
    fn subscribers(&mut self, viewer: &str, owner: &str) -> Result<(Party, Party)> {
        let (viewer, owner) = (self.person(viewer)?, self.person(owner)?);
        self.two(viewer, owner)?;
        if !self.is_user(viewer) && !self.is_user(owner) {
            return fault("a subscription between two outside contacts, expected a user as viewer or owner");
        }
        Ok((viewer, owner))
    }

    fn subscription(&mut self, viewer: Party, owner: Party, state: Option<State>) {
        if self.domain.keevio.state(viewer, owner) != state {
            let entry = state.map(|state| Subscription { state, line: Line::default() });
            self.map((viewer, owner), entry, |domain| &mut domain.keevio.subscriptions);
        }
        match state {
            // The grant fulfils the owner's consent in advance; removing the ask ends the viewer's.
            Some(State::Granted) => self.pair((owner, viewer), Op::Remove, |domain| &mut domain.state.consents),
            Some(State::Pending) => {}
            None => self.pair((viewer, owner), Op::Remove, |domain| &mut domain.state.consents),
        }
        // A granted subscription also gives rights in the opposite direction, and two of them give chat.
        self.dirty_pairs([(viewer, owner), (owner, viewer)]);
    }

    fn set_subscription(&mut self, viewer: &str, owner: &str, state: State) -> Result<()> {
        let (viewer, owner) = self.subscribers(viewer, owner)?;
        self.subscription(viewer, owner, Some(state));
        self.written(System::Keevio);
        Ok(())
    }

    fn clear_subscription(&mut self, viewer: &str, owner: &str) -> Result<()> {
        let (viewer, owner) = (self.look().person(viewer)?.known(), self.look().person(owner)?.known());
        if let (Some(viewer), Some(owner)) = (viewer, owner) {
            self.subscription(viewer, owner, None);
        }
        Ok(())
    }

    /// Steps 1 and 3: asks for the owner's presence. It is granted at once with the owner's consent in advance (K2, K4).
    fn ask_presence(&mut self, viewer: Party, owner: Party) {
        if self.domain.keevio.state(viewer, owner).is_some() {
            return;
        }
        let state = &self.domain.state;
        let automatic = self.is_user(viewer) && self.is_user(owner) && state.accepts_at_once(owner, viewer);
        let agreed = automatic || state.consents.contains(&(owner, viewer));
        self.subscription(viewer, owner, Some(if agreed { State::Granted } else { State::Pending }));
    }

    pub fn subscribe(&mut self, viewer: &str, owner: &str) -> Result<()> {
        self.runs(System::Keevio)?;
        let (viewer, owner) = self.subscribers(viewer, owner)?;
        self.ask_presence(viewer, owner);
        self.dirty(DirtyPart::State);
        self.written(System::Keevio);
        Ok(())
    }

    pub fn accept(&mut self, owner: &str, viewer: &str) -> Result<()> {
        self.runs(System::Keevio)?;
        let (viewer, owner) = self.subscribers(viewer, owner)?;
        self.accept_presence(owner, viewer)
    }

    /// Steps 2 and 4: grants what the viewer has asked for.
    fn accept_presence(&mut self, owner: Party, viewer: Party) -> Result<()> {
        if self.domain.keevio.state(viewer, owner).is_none() {
            let (owner, viewer) = (quote(&self.names.text(owner)), quote(&self.names.text(viewer)));
            return fault(format!("{viewer} has not asked {owner}, so there is nothing to accept"));
        }
        self.subscription(viewer, owner, Some(State::Granted));
        Ok(())
    }

    /// K5: the administrator declines for the owner. A granted subscription cannot be declined.
    pub fn decline(&mut self, owner: &str, viewer: &str) -> Result<()> {
        self.runs(System::Keevio)?;
        let (viewer, owner) = (self.look().person(viewer)?.known(), self.look().person(owner)?.known());
        let (Some(viewer), Some(owner)) = (viewer, owner) else { return Ok(()) };
        self.two(viewer, owner)?;
        match self.domain.keevio.state(viewer, owner) {
            Some(State::Granted) => {
                let (owner, viewer) = (quote(&self.names.text(owner)), quote(&self.names.text(viewer)));
                fault(format!("{owner} has granted {viewer} already, expected `clear subscription`"))
            }
            Some(State::Pending) => {
                self.subscription(viewer, owner, None);
                // Otherwise the next ask would be granted at once.
                self.pair((owner, viewer), Op::Remove, |domain| &mut domain.state.consents);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The client's Request (K4): asks, and consents in advance to the other's ask.
    pub fn request(&mut self, viewer: &str, owner: &str) -> Result<()> {
        self.runs(System::Keevio)?;
        let (viewer, owner) = self.subscribers(viewer, owner)?;
        self.ask_presence(viewer, owner);
        match self.domain.keevio.state(owner, viewer) {
            Some(State::Pending) => self.subscription(owner, viewer, Some(State::Granted)),
            Some(State::Granted) => {}
            None => self.pair((viewer, owner), Op::Add, |domain| &mut domain.state.consents),
        }
        self.dirty(DirtyPart::State);
        self.written(System::Keevio);
        Ok(())
    }

    /// The client's Accept (K4): steps 2 and 3. Step 4 follows from the other's consent in advance.
    pub fn confirm(&mut self, owner: &str, viewer: &str) -> Result<()> {
        self.runs(System::Keevio)?;
        let (viewer, owner) = self.subscribers(viewer, owner)?;
        self.accept_presence(owner, viewer)?;
        self.ask_presence(owner, viewer);
        Ok(())
    }

    pub fn consent(&mut self, party: &str, other: &str, op: Op) -> Result<()> {
        let (party, other) = self.subscribers(party, other)?;
        if op == Op::Add && self.domain.keevio.state(other, party) == Some(State::Granted) {
            return fault("a consent in advance to what is granted already");
        }
        self.pair((party, other), op, |domain| &mut domain.state.consents);
        self.dirty(DirtyPart::State);
        Ok(())
    }

    fn set_created(&mut self, user: &str, created: Option<(u64, NewUsers)>) -> Result<()> {
        let user = self.look().user(user)?;
        let created = created.map(|(order, policy)| Created { order, policy });
        let last = created.map_or(0, |created| created.order).max(self.domain.state.last_created);
        self.map(user, created, |domain| &mut domain.state.created);
        self.put(last, |domain| Some(&mut domain.state.last_created));
        self.dirty(DirtyPart::State);
        Ok(())
    }

    /// Removes a party from subscriptions and consents, and what is remembered of its creation.
    pub fn remove_from_keevio(&mut self, party: Party) {
        let pairs =
            self.domain.keevio.subscriptions.keys().filter(|(viewer, owner)| *viewer == party || *owner == party);
        for (viewer, owner) in pairs.copied().collect::<Vec<_>>() {
            self.map((viewer, owner), None, |domain| &mut domain.keevio.subscriptions);
            self.dirty_pairs([(viewer, owner), (owner, viewer)]);
        }
        self.remove_pairs(party, |domain| &mut domain.state.consents);
        self.map(party, None, |domain| &mut domain.state.created);
    }
}

impl Judge<'_> {
    /// What a user may change of it; `None` where it says nothing.
    pub(super) fn keevio(&self, author: Party, change: &Change) -> Option<Result<()>> {
        Some(match change {
            Change::Request { viewer, .. } => self.own_side(author, viewer, "a request", "K4"),
            Change::Confirm { owner, .. } => self.own_side(author, owner, "an acceptance", "K4"),
            Change::Subscribe { .. } | Change::Accept { .. } => refused(
                "the keevio client knows `request` and `confirm` only; single steps are the administrator's (K4)",
            ),
            Change::SetSubscription { .. } | Change::ClearSubscription { .. } | Change::Decline { .. } => refused(
                "the keevio client can only create relations; only the administrator may change or remove one (K5)",
            ),
            _ => return None,
        })
    }

    /// K7, K23: within a permission realm nothing can be changed, not even by the administrator.
    pub(super) fn realm(&self, change: &Change) -> Result<()> {
        let (one, other) = match change {
            Change::Subscribe { viewer, owner }
            | Change::Accept { owner, viewer }
            | Change::Decline { owner, viewer }
            | Change::Request { viewer, owner }
            | Change::Confirm { owner, viewer }
            | Change::SetSubscription { viewer, owner, .. }
            | Change::ClearSubscription { viewer, owner } => (viewer, owner),
            _ => return Ok(()),
        };
        let keevio = &self.domain().keevio;
        if !keevio.realm || !self.domain().systems.has(System::Keevio) {
            return Ok(());
        }
        let realm = |text: &str| {
            let user = self.look.person(text).ok()?.known().and_then(|party| self.domain().user(party));
            user.and_then(|user| user.keevio.realm())
        };
        match (realm(one), realm(other)) {
            (Some(realm), Some(same)) if realm == same => refused(format!(
                "{one} and {other} are in the same permission realm; their relation cannot be changed (K7)"
            )),
            _ => Ok(()),
        }
    }
}

impl Delta<'_> {
    /// Company and container of a user.
    pub fn keevio_user(&mut self, old: Option<&User>, new: &User) {
        let user = self.name(new.party);
        if old.and_then(|old| old.keevio.company.as_ref()) != new.keevio.company.as_ref() {
            self.push(match new.keevio.company.clone() {
                Some(company) => Change::SetCompany { user: user.clone(), company },
                None => Change::ClearCompany { user: user.clone() },
            });
        }
        if old.and_then(|old| old.keevio.container.as_ref()) != new.keevio.container.as_ref() {
            self.push(match new.keevio.container.clone() {
                Some(container) => Change::SetContainer { user, container },
                None => Change::ClearContainer { user },
            });
        }
    }

    pub fn keevio(&mut self) {
        let (old, new) = (&self.old.keevio, &self.new.keevio);
        if old.new_users != new.new_users {
            self.push(Change::SetNewUsers { policy: new.new_users });
        }
        if old.realm != new.realm {
            self.push(Change::SetRealm { on: new.realm });
        }
        for (viewer, owner) in old.subscriptions.keys() {
            let both = self.new.kind(*viewer).is_some() && self.new.kind(*owner).is_some();
            if both && new.state(*viewer, *owner).is_none() {
                let (viewer, owner) = (self.text(*viewer), self.text(*owner));
                self.push(Change::ClearSubscription { viewer, owner });
            }
        }
        for ((viewer, owner), subscription) in &new.subscriptions {
            if old.state(*viewer, *owner) != Some(subscription.state) {
                let (viewer, owner) = (self.text(*viewer), self.text(*owner));
                self.push(Change::SetSubscription { viewer, owner, state: subscription.state });
            }
        }
    }
}
