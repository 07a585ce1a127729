//! The difference of two states: of what documents do not express.
#![forbid(unsafe_code)]

use super::Delta;
use crate::policy::change::Change;
use crate::policy::state::Pairs;

impl Delta<'_> {
    pub fn state(&mut self) {
        let (old, new) = (&self.old.state, &self.new.state);
        for user in old.created.keys().filter(|user| !new.created.contains_key(user)) {
            if self.new.kind(*user).is_some() {
                self.push(Change::ClearCreated { user: self.name(*user) });
            }
        }
        for (user, created) in new.created.iter().filter(|(user, created)| old.created.get(user) != Some(created)) {
            self.push(Change::SetCreated { user: self.name(*user), order: created.order, policy: created.policy });
        }
        type Made = fn(String, String) -> Change;
        type Kind<'p> = (&'p Pairs, &'p Pairs, Made, Made);
        let kinds: [Kind<'_>; 5] = [
            (
                &old.inquiries,
                &new.inquiries,
                |owner, requester| Change::SetInquiry { owner, requester },
                |owner, requester| Change::ClearInquiry { owner, requester },
            ),
            (
                &old.favourites,
                &new.favourites,
                |owner, contact| Change::AddFavourite { owner, contact },
                |owner, contact| Change::RemoveFavourite { owner, contact },
            ),
            (
                &old.consents,
                &new.consents,
                |party, other| Change::SetConsent { party, other },
                |party, other| Change::ClearConsent { party, other },
            ),
            (
                &old.logged_out,
                &new.logged_out,
                |team, agent| Change::LogOut { team, agent },
                |team, agent| Change::LogIn { team, agent },
            ),
            (
                &old.paused,
                &new.paused,
                |team, agent| Change::Pause { team, agent },
                |team, agent| Change::Resume { team, agent },
            ),
        ];
        for (old, new, set, clear) in kinds {
            for (one, other) in old.difference(new) {
                if self.new.kind(*one).is_some() && self.new.kind(*other).is_some() {
                    self.push(clear(self.text(*one), self.text(*other)));
                }
            }
            for (one, other) in new.difference(old) {
                self.push(set(self.text(*one), self.text(*other)));
            }
        }
        for (call, parts) in &old.transfers {
            if new.transfers.get(call) != Some(parts) {
                self.push(Change::EndTransfer { call: call.clone() });
            }
        }
        for (call, parts) in new.transfers.iter().filter(|(call, parts)| old.transfers.get(*call) != Some(parts)) {
            for part in parts {
                let (viewer, owner) = (self.text(part.viewer), self.text(part.owner));
                self.push(Change::BeginTransfer { call: call.clone(), viewer, owner, role: part.role });
            }
        }
    }
}
