//! The difference of keevio's facts as changes: realms with their companies and containers, subscriptions, and what new
//! users begin with. It must never look at another system's facts.
#![forbid(unsafe_code)]

use super::Delta;
use crate::policy::User;
use crate::policy::change::Change;

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
