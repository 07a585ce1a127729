//! Applies what people do with each other: own settings and grants, inquiries and their answers, subscriptions, transfers.
#![forbid(unsafe_code)]

use super::edit::{Editor, fault};
use super::groups::{administrative, offered, single};
use super::{Deletion, Effect, authority};
use crate::error::Result;
use crate::id::{Kind, Line, Party};
use crate::policy::state::Transfer;
use crate::system::System;
use crate::system::estos::{Grant, Level, OwnGrant};
use crate::system::keevio::{State, Subscription};
use crate::system::xphone::{Label, Setting, TransferRole};
use crate::wording::quote;

impl Editor<'_> {
    fn runs(&self, system: System) -> Result<()> {
        match self.domain.systems.has(system) {
            true => Ok(()),
            false => fault(format!("`{}` does not run {}", self.domain.name, system.name())),
        }
    }

    fn is_user(&self, party: Party) -> bool {
        self.domain.kind(party) == Some(Kind::User)
    }

    // --- XPhone ---

    pub fn set_relationship(&mut self, owner: &str, viewer: &str, label: Label) -> Result<()> {
        let (owner, viewer) = self.owner_and_viewer(owner, viewer)?;
        match self.is_user(viewer) {
            true => offered(label, Label::FOR_INSIDERS, "a user")?,
            false => offered(label, Label::FOR_OUTSIDERS, "an outside contact")?,
        }
        self.relationship(owner, viewer, Some(label));
        self.written(System::Xphone);
        Ok(())
    }

    fn relationship(&mut self, owner: Party, viewer: Party, label: Option<Label>) {
        let held = self.domain.user(owner).and_then(|user| user.xphone.setting(viewer)).map(|setting| setting.label);
        if held != label {
            let entry = label.map(|label| Setting { viewer, label, line: Line::default() });
            self.own(
                viewer,
                entry,
                |entry: &Setting| entry.viewer,
                move |domain| Some(&mut domain.user_mut(owner)?.xphone.settings),
            );
        }
        self.touch(Effect::Pairs(vec![(viewer, owner)]));
    }

    pub fn clear_relationship(&mut self, owner: &str, viewer: &str) -> Result<()> {
        let owner = self.look().user(owner)?;
        if let Some(viewer) = self.look().person(viewer)?.known() {
            self.relationship(owner, viewer, None);
        }
        Ok(())
    }

    /// X14.
    pub fn reset_relationships(&mut self, owner: &str) -> Result<()> {
        let owner = self.look().user(owner)?;
        let settings = self.domain.user(owner).map_or(&[][..], |user| &user.xphone.settings);
        let pairs = settings.iter().map(|setting| (setting.viewer, owner)).collect();
        self.put(Vec::new(), move |domain| Some(&mut domain.user_mut(owner)?.xphone.settings));
        self.touch(Effect::Pairs(pairs));
        Ok(())
    }

    pub fn begin_transfer(&mut self, call: &str, viewer: &str, owner: &str, role: TransferRole) -> Result<()> {
        if call.is_empty() || call.len() > 255 {
            return fault(format!("call {}, expected an id of 1 to 255 bytes", quote(call)));
        }
        let (owner, viewer) = self.owner_and_viewer(owner, viewer)?;
        let mut parts = self.domain.state.transfers.get(call).cloned().unwrap_or_default();
        let part = Transfer { viewer, owner, role };
        if !parts.contains(&part) {
            parts.push(part);
        }
        self.map(call.to_owned(), Some(parts), |domain| &mut domain.state.transfers);
        self.touch(Effect::Pairs(vec![(viewer, owner)]));
        Ok(())
    }

    pub fn end_transfer(&mut self, call: &str) {
        let parts = self.domain.state.transfers.get(call).map_or(&[][..], Vec::as_slice);
        let pairs = parts.iter().map(|part| (part.viewer, part.owner)).collect();
        self.map(call.to_owned(), None, |domain| &mut domain.state.transfers);
        self.touch(Effect::Pairs(pairs));
    }

    // --- estos ---

    pub fn set_grant(&mut self, owner: &str, viewer: &str, grant: Grant) -> Result<()> {
        let (owner, viewer) = self.owner_and_viewer(owner, viewer)?;
        single(grant, self.domain)?;
        self.grant(owner, viewer, Some(grant));
        self.written(System::Estos);
        Ok(())
    }

    /// Where the owner has an entry, no inquiry is pending.
    fn grant(&mut self, owner: Party, viewer: Party, grant: Option<Grant>) {
        let held = self.domain.user(owner).and_then(|user| user.estos.grant(viewer)).map(|own| own.grant);
        if held != grant {
            let entry = grant.map(|grant| OwnGrant { viewer, grant, line: Line::default() });
            self.own(
                viewer,
                entry,
                |entry: &OwnGrant| entry.viewer,
                move |domain| Some(&mut domain.user_mut(owner)?.estos.grants),
            );
        }
        if grant.is_some() {
            self.pair((owner, viewer), false, |domain| &mut domain.state.inquiries);
        }
        self.touch(Effect::Pairs(vec![(viewer, owner)]));
    }

    pub fn clear_grant(&mut self, owner: &str, viewer: &str) -> Result<()> {
        let owner = self.look().user(owner)?;
        if let Some(viewer) = self.look().person(viewer)?.known() {
            self.grant(owner, viewer, None);
        }
        Ok(())
    }

    /// R6: the administrator's grant to one viewer. Both are users: what the administrator presets works inside the server
    /// only (E20).
    pub fn administrative_grant(&mut self, owner: &str, viewer: &str, grant: Option<Grant>) -> Result<()> {
        let (owner, viewer) = (self.look().user(owner)?, self.look().user(viewer)?);
        self.two(owner, viewer)?;
        grant.map_or(Ok(()), |grant| administrative(grant, self.domain))?;
        let held = self.domain.user(owner).and_then(|user| user.estos.administrative_grant(viewer));
        if held.map(|held| held.grant) != grant {
            let entry = grant.map(|grant| OwnGrant { viewer, grant, line: Line::default() });
            self.own(
                viewer,
                entry,
                |entry: &OwnGrant| entry.viewer,
                move |domain| Some(&mut domain.user_mut(owner)?.estos.administrative),
            );
        }
        if grant.is_some() {
            self.written(System::Estos);
        }
        // Single rights also keep the owner from changing what the viewer may (E4).
        self.touch(Effect::Pairs(vec![(viewer, owner), (owner, viewer)]));
        Ok(())
    }

    /// E9, E13: the requester's Favorites get the owner, and the owner an inquiry where nothing is decided.
    pub fn ask(&mut self, requester: &str, owner: &str) -> Result<()> {
        self.runs(System::Estos)?;
        let (requester, owner) = (self.person(requester)?, self.person(owner)?);
        self.two(owner, requester)?;
        let users = (self.is_user(requester), self.is_user(owner));
        if users == (false, false) {
            return fault("an inquiry between two outside contacts, expected a user as requester or owner");
        }
        if users.0 {
            self.pair((requester, owner), true, |domain| &mut domain.state.favourites);
        }
        let entry = self.domain.user(owner).and_then(|user| user.estos.grant(requester));
        let undecided = entry.is_none() && authority::preset(self.domain, requester, owner).rights.is_empty();
        if users.1 && undecided {
            self.pair((owner, requester), true, |domain| &mut domain.state.inquiries);
        }
        self.touch(Effect::State);
        Ok(())
    }

    /// Takes an inquiry back while nothing is decided. The owner leaves the requester's Favorites, for being there is what asks
    /// (E9); without a pending inquiry nothing changes.
    pub fn withdraw(&mut self, requester: &str, owner: &str) -> Result<()> {
        self.runs(System::Estos)?;
        let (requester, owner) = (self.look().person(requester)?.known(), self.look().person(owner)?.known());
        let (Some(requester), Some(owner)) = (requester, owner) else { return Ok(()) };
        self.two(owner, requester)?;
        if self.domain.state.inquiries.contains(&(owner, requester)) {
            self.pair((owner, requester), false, |domain| &mut domain.state.inquiries);
            self.pair((requester, owner), false, |domain| &mut domain.state.favourites);
        }
        self.touch(Effect::State);
        Ok(())
    }

    /// E11, E12: decides pending inquiries; one that is decided so already is left alone.
    pub fn decide(&mut self, owner: &str, requesters: &[String], level: Level, favourite: bool) -> Result<()> {
        self.runs(System::Estos)?;
        let owner = self.look().user(owner)?;
        if requesters.is_empty() {
            return fault("an answer to nobody, expected one or more requesters");
        }
        for text in requesters {
            let requester = self.look().person(text)?.known();
            let pending = requester.filter(|requester| self.domain.state.inquiries.contains(&(owner, *requester)));
            let grant = Grant::Level(level);
            let Some(requester) = pending else {
                let entry = requester.and_then(|requester| self.domain.user(owner)?.estos.grant(requester));
                if entry.is_some_and(|entry| entry.grant == grant) {
                    continue;
                }
                let owner = quote(&self.names.text(owner));
                return fault(format!("no inquiry of {} is pending with {owner}", quote(text)));
            };
            self.grant(owner, requester, Some(grant));
            if favourite {
                self.pair((owner, requester), true, |domain| &mut domain.state.favourites);
            }
            self.written(System::Estos);
        }
        Ok(())
    }

    /// E16.
    pub fn delete(&mut self, owner: &str, contact: &str, deletion: Deletion) -> Result<()> {
        self.runs(System::Estos)?;
        let owner = self.look().user(owner)?;
        let contact = match deletion {
            Deletion::Block => Some(self.person(contact)?),
            Deletion::Keep => self.look().person(contact)?.known(),
        };
        let Some(contact) = contact else { return Ok(()) };
        self.two(owner, contact)?;
        self.pair((owner, contact), false, |domain| &mut domain.state.favourites);
        self.pair((owner, contact), false, |domain| &mut domain.state.inquiries);
        self.grant(owner, contact, (deletion == Deletion::Block).then_some(Grant::Level(Level::Blocked)));
        Ok(())
    }

    pub fn inquiry(&mut self, owner: &str, requester: &str, on: bool) -> Result<()> {
        let (owner, requester) = self.owner_and_viewer(owner, requester)?;
        if on && self.domain.user(owner).is_some_and(|user| user.estos.grant(requester).is_some()) {
            return fault("an inquiry where the owner has decided already");
        }
        self.pair((owner, requester), on, |domain| &mut domain.state.inquiries);
        self.touch(Effect::State);
        Ok(())
    }

    pub fn favourite(&mut self, owner: &str, contact: &str, on: bool) -> Result<()> {
        let (owner, contact) = self.owner_and_viewer(owner, contact)?;
        self.pair((owner, contact), on, |domain| &mut domain.state.favourites);
        self.touch(Effect::State);
        Ok(())
    }

    // --- keevio ---

    /// Two parties, one of them a user.
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
            // What was agreed to in advance has come about, or the ask that agreed to it is gone.
            Some(State::Granted) => self.pair((owner, viewer), false, |domain| &mut domain.state.consents),
            Some(State::Pending) => {}
            None => self.pair((viewer, owner), false, |domain| &mut domain.state.consents),
        }
        // A granted subscription also counts for the other's list, and two of them for chat.
        self.touch(Effect::Pairs(vec![(viewer, owner), (owner, viewer)]));
    }

    pub fn set_subscription(&mut self, viewer: &str, owner: &str, state: State) -> Result<()> {
        let (viewer, owner) = self.subscribers(viewer, owner)?;
        self.subscription(viewer, owner, Some(state));
        self.written(System::Keevio);
        Ok(())
    }

    pub fn clear_subscription(&mut self, viewer: &str, owner: &str) -> Result<()> {
        let (viewer, owner) = (self.look().person(viewer)?.known(), self.look().person(owner)?.known());
        if let (Some(viewer), Some(owner)) = (viewer, owner) {
            self.subscription(viewer, owner, None);
        }
        Ok(())
    }

    /// Steps 1 and 3: asks for the owner's presence, which is granted at once where that was agreed to in advance (K2, K4).
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
        self.written(System::Keevio);
        Ok(())
    }

    pub fn accept(&mut self, owner: &str, viewer: &str) -> Result<()> {
        self.runs(System::Keevio)?;
        let (viewer, owner) = self.subscribers(viewer, owner)?;
        self.accept_presence(owner, viewer)
    }

    /// Steps 2 and 4.
    fn accept_presence(&mut self, owner: Party, viewer: Party) -> Result<()> {
        if self.domain.keevio.state(viewer, owner).is_none() {
            let (owner, viewer) = (quote(&self.names.text(owner)), quote(&self.names.text(viewer)));
            return fault(format!("{viewer} has not asked {owner}, so there is nothing to accept"));
        }
        self.subscription(viewer, owner, Some(State::Granted));
        Ok(())
    }

    /// K5: the administrator declines for the owner. What is granted already is no longer an ask.
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
                // Or the next ask would be granted at once.
                self.pair((owner, viewer), false, |domain| &mut domain.state.consents);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The client's Request (K4): asks, and agrees in advance to the other's ask.
    pub fn request(&mut self, viewer: &str, owner: &str) -> Result<()> {
        self.runs(System::Keevio)?;
        let (viewer, owner) = self.subscribers(viewer, owner)?;
        self.ask_presence(viewer, owner);
        match self.domain.keevio.state(owner, viewer) {
            Some(State::Pending) => self.subscription(owner, viewer, Some(State::Granted)),
            Some(State::Granted) => {}
            None => self.pair((viewer, owner), true, |domain| &mut domain.state.consents),
        }
        self.touch(Effect::State);
        self.written(System::Keevio);
        Ok(())
    }

    /// The client's Accept (K4): steps 2 and 3; step 4 follows from what the other agreed to in advance.
    pub fn confirm(&mut self, owner: &str, viewer: &str) -> Result<()> {
        self.runs(System::Keevio)?;
        let (viewer, owner) = self.subscribers(viewer, owner)?;
        self.accept_presence(owner, viewer)?;
        self.ask_presence(owner, viewer);
        Ok(())
    }

    pub fn consent(&mut self, party: &str, other: &str, on: bool) -> Result<()> {
        let (party, other) = self.subscribers(party, other)?;
        if on && self.domain.keevio.state(other, party) == Some(State::Granted) {
            return fault("a consent in advance to what is granted already");
        }
        self.pair((party, other), on, |domain| &mut domain.state.consents);
        self.touch(Effect::State);
        Ok(())
    }
}
