//! Applies changes of estos' facts: presets, authorization groups, federation, grants, private lines, inquiries and answers. It must
//! never judge who may make them.
#![forbid(unsafe_code)]

use super::authority::preset;
use crate::error::Result;
use crate::id::{Line, Party};
use crate::policy::Domain;
use crate::policy::change::editor::{Editor, Op, fault};
use crate::policy::change::vocabulary::EstosChange;
use crate::policy::change::{Deletion, DirtyPart};
use crate::system::System;
use crate::system::estos::{AuthorizationGroup, Federation, Grant, Level, OwnGrant};
use crate::wording::{expected, quote};

impl Editor<'_> {
    /// Makes a change of estos' facts.
    pub fn estos_change(&mut self, change: EstosChange<'_>) -> Result<()> {
        use EstosChange as C;
        match change {
            C::SetRelease { user, release } => {
                self.user_fact(System::Estos, user, *release, |user| &mut user.estos.release)?;
            }
            C::SetPrivateLine { user, line, on: private } => self.set_private_line(user, line, *private)?,
            C::SetAuthorization { grant } => self.set_authorization(Some(*grant))?,
            C::ClearAuthorization {} => self.set_authorization(None)?,
            C::SetUsersMayGrant { on: may } => {
                self.domain_fact(System::Estos, DirtyPart::Rules, *may, |domain| &mut domain.estos.users_may_grant);
            }
            C::AddAuthorizationGroup { name } => self.add_authorization_group(name)?,
            C::RemoveAuthorizationGroup { name } => self.remove_authorization_group(name),
            C::SetGroupGrant { group, grant } => self.set_group_grant(group, *grant, |group| &mut group.grant)?,
            C::ClearGroupGrant { group } => self.group_fact(group, None, |group| &mut group.grant)?,
            C::SetLeaderGrant { group, grant } => {
                self.set_group_grant(group, *grant, |group| &mut group.leader_grant)?
            }
            C::ClearLeaderGrant { group } => self.group_fact(group, None, |group| &mut group.leader_grant)?,
            C::SetActive { group, on: active } => self.group_fact(group, *active, |group| &mut group.active)?,
            C::SetFederation { pattern, maximum } => self.set_federation(pattern, Some(*maximum))?,
            C::ClearFederation { pattern } => self.set_federation(pattern, None)?,
            C::SetGrant { owner, viewer, grant } => self.set_grant(owner, viewer, *grant)?,
            C::ClearGrant { owner, viewer } => self.clear_grant(owner, viewer)?,
            C::SetAdministrativeGrant { owner, viewer, grant } => {
                self.administrative_grant(owner, viewer, Some(*grant))?
            }
            C::ClearAdministrativeGrant { owner, viewer } => self.administrative_grant(owner, viewer, None)?,
            C::Ask { requester, owner } => self.ask(requester, owner)?,
            C::Withdraw { requester, owner } => self.withdraw(requester, owner)?,
            C::Answer { owner, level, requesters } => self.answer(owner, requesters, *level)?,
            C::Reject { owner, requesters } => self.decide(owner, requesters, Level::Blocked).map(drop)?,
            C::Delete { owner, contact, deletion } => self.delete(owner, contact, *deletion)?,
            C::SetInquiry { owner, requester } => self.inquiry(owner, requester, Op::Add)?,
            C::ClearInquiry { owner, requester } => self.inquiry(owner, requester, Op::Remove)?,
            C::AddFavourite { owner, contact } => self.favourite(owner, contact, Op::Add)?,
            C::RemoveFavourite { owner, contact } => self.favourite(owner, contact, Op::Remove)?,
        }
        Ok(())
    }

    /// R7: makes one of the user's lines private, or ends that.
    fn set_private_line(&mut self, user: &str, line: &str, on: bool) -> Result<()> {
        let party = self.look().user(user)?;
        let Some(person) = self.domain.user(party) else { return Ok(()) };
        if on && !person.lines.iter().any(|held| held == line) {
            let lines: Vec<&str> = person.lines.iter().map(String::as_str).collect();
            let expected = if lines.is_empty() { ", who has none".into() } else { expected(&lines) };
            return fault(format!("{} is no line of {}{expected}", quote(line), quote(user)));
        }
        let mut private = person.estos.private_lines.clone();
        private.retain(|held| held != line);
        if on {
            private.push(line.into());
            private.sort_by_key(|line| person.lines.iter().position(|held| held == line));
        }
        let before = self.undo.len();
        self.put_private_lines(party, private);
        if self.undo.len() > before {
            self.written(System::Estos);
        }
        Ok(())
    }

    pub fn put_private_lines(&mut self, user: Party, lines: Vec<String>) {
        self.put(lines, move |domain| Some(&mut domain.user_mut(user)?.estos.private_lines));
        self.dirty(DirtyPart::Withheld(user));
    }

    pub fn authorization_group(&self, name: &str) -> Result<usize> {
        self.look().index_of("authorization group", &self.domain.estos.groups, |group| &group.name, name)
    }

    fn add_authorization_group(&mut self, name: &str) -> Result<()> {
        let groups = &self.domain.estos.groups;
        let end = groups.len();
        if self.new_name("authorization group", groups, |group| &group.name, name)? {
            let group = AuthorizationGroup { name: name.into(), active: true, ..AuthorizationGroup::default() };
            self.insert(end, group, |domain| Some(&mut domain.estos.groups));
            self.rules_of(System::Estos);
        }
        Ok(())
    }

    fn remove_authorization_group(&mut self, name: &str) {
        if let Ok(at) = self.authorization_group(name) {
            self.take(at, |domain| Some(&mut domain.estos.groups));
            self.dirty(DirtyPart::Rules);
        }
    }

    /// Sets a fact of an authorization group.
    fn group_fact<T: PartialEq + Send + 'static>(
        &mut self,
        name: &str,
        value: T,
        field: fn(&mut AuthorizationGroup) -> &mut T,
    ) -> Result<()> {
        let at = self.authorization_group(name)?;
        self.put(value, move |domain| domain.estos.groups.get_mut(at).map(field));
        self.dirty(DirtyPart::Rules);
        Ok(())
    }

    fn set_group_grant(
        &mut self,
        name: &str,
        grant: Grant,
        field: fn(&mut AuthorizationGroup) -> &mut Option<Grant>,
    ) -> Result<()> {
        administrative(grant, self.domain)?;
        self.group_fact(name, Some(grant), field)
    }

    fn set_authorization(&mut self, grant: Option<Grant>) -> Result<()> {
        grant.map_or(Ok(()), |grant| administrative(grant, self.domain))?;
        self.put(grant, |domain| Some(&mut domain.estos.global));
        self.rules_of(System::Estos);
        Ok(())
    }

    fn set_federation(&mut self, pattern: &str, maximum: Option<Level>) -> Result<()> {
        let Some(pattern) = crate::address::pattern(pattern) else {
            let wanted = "`partner.example`, `*.partner.example` or `*`";
            return fault(format!("federation with {}, expected {wanted}", quote(pattern)));
        };
        if pattern == self.domain.name {
            return fault(format!("federation with the own domain {}, expected another", quote(&pattern)));
        }
        let line = self.domain.estos.federation.get(&pattern).map_or(Line::default(), |held| held.line);
        let entry = maximum.map(|maximum| Federation { maximum, line });
        self.map(pattern, entry, |domain| &mut domain.estos.federation);
        self.rules_of(System::Estos);
        // What owners granted to contacts of that domain is cut off by it.
        self.dirty(DirtyPart::Domain);
        Ok(())
    }

    pub fn set_grant(&mut self, owner: &str, viewer: &str, grant: Grant) -> Result<()> {
        let (owner, viewer) = self.owner_and_viewer(owner, viewer)?;
        single(grant, self.domain)?;
        self.grant(owner, viewer, Some(grant));
        self.written(System::Estos);
        Ok(())
    }

    /// Sets or removes an own grant. An owner with a grant has decided, so a pending inquiry ends.
    fn grant(&mut self, owner: Party, viewer: Party, grant: Option<Grant>) {
        let held = self.domain.user(owner).and_then(|user| user.estos.grant(viewer)).map(|own| own.grant);
        if held != grant {
            let entry = grant.map(|grant| OwnGrant { viewer, grant, line: Line::default() });
            self.own((viewer, owner), entry, |user| &mut user.estos.grants);
        }
        if grant.is_some() {
            self.pair((owner, viewer), Op::Remove, |domain| &mut domain.state.inquiries);
        }
        self.dirty_pairs([(viewer, owner)]);
    }

    pub fn clear_grant(&mut self, owner: &str, viewer: &str) -> Result<()> {
        let owner = self.look().user(owner)?;
        if let Some(viewer) = self.look().person(viewer)?.known() {
            self.grant(owner, viewer, None);
        }
        Ok(())
    }

    /// R6: sets or removes the administrator's grant to one viewer. Both are users: presets hold inside the server only (E20).
    pub fn administrative_grant(&mut self, owner: &str, viewer: &str, grant: Option<Grant>) -> Result<()> {
        let (owner, viewer) = (self.look().user(owner)?, self.look().user(viewer)?);
        self.two(owner, viewer)?;
        grant.map_or(Ok(()), |grant| administrative(grant, self.domain))?;
        let held = self.domain.user(owner).and_then(|user| user.estos.administrative_grant(viewer));
        if held.map(|held| held.grant) != grant {
            let entry = grant.map(|grant| OwnGrant { viewer, grant, line: Line::default() });
            self.own((viewer, owner), entry, |user| &mut user.estos.administrative);
        }
        if grant.is_some() {
            self.written(System::Estos);
        }
        // With single rights the owner cannot change the level, so the opposite pair is dirty too (E4).
        self.dirty_pairs([(viewer, owner), (owner, viewer)]);
        Ok(())
    }

    /// E9, E13: adds the owner to the requester's Favorites, and an inquiry with the owner if nothing is decided yet.
    pub fn ask(&mut self, requester: &str, owner: &str) -> Result<()> {
        self.runs(System::Estos)?;
        let (requester, owner) = (self.person(requester)?, self.person(owner)?);
        self.two(owner, requester)?;
        let users = (self.is_user(requester), self.is_user(owner));
        if users == (false, false) {
            return fault("an inquiry between two outside contacts, expected a user as requester or owner");
        }
        if users.0 {
            self.pair((requester, owner), Op::Add, |domain| &mut domain.state.favourites);
        }
        let entry = self.domain.user(owner).and_then(|user| user.estos.grant(requester));
        let undecided = entry.is_none() && preset(self.domain, requester, owner).rights.is_empty();
        if users.1 && undecided {
            self.pair((owner, requester), Op::Add, |domain| &mut domain.state.inquiries);
        }
        self.dirty(DirtyPart::State);
        Ok(())
    }

    /// Takes a pending inquiry back. The owner leaves the requester's Favorites too, because being there asks again (E9). Without a
    /// pending inquiry nothing changes.
    pub fn withdraw(&mut self, requester: &str, owner: &str) -> Result<()> {
        self.runs(System::Estos)?;
        let (requester, owner) = (self.look().person(requester)?.known(), self.look().person(owner)?.known());
        let (Some(requester), Some(owner)) = (requester, owner) else { return Ok(()) };
        self.two(owner, requester)?;
        if self.domain.state.inquiries.contains(&(owner, requester)) {
            self.pair((owner, requester), Op::Remove, |domain| &mut domain.state.inquiries);
            self.pair((requester, owner), Op::Remove, |domain| &mut domain.state.favourites);
        }
        self.dirty(DirtyPart::State);
        Ok(())
    }

    /// E11: gives pending requesters a level and puts them into the owner's Favorites.
    fn answer(&mut self, owner: &str, requesters: &[String], level: Level) -> Result<()> {
        for pair in self.decide(owner, requesters, level)? {
            self.pair(pair, Op::Add, |domain| &mut domain.state.favourites);
        }
        Ok(())
    }

    /// E11, E12: decides pending inquiries and returns owner and requester of each. An inquiry that is decided in the same way
    /// already is left alone.
    fn decide(&mut self, owner: &str, requesters: &[String], level: Level) -> Result<Vec<(Party, Party)>> {
        self.runs(System::Estos)?;
        let owner = self.look().user(owner)?;
        if requesters.is_empty() {
            return fault("an answer without requesters, expected one or more");
        }
        let mut decided = Vec::new();
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
            decided.push((owner, requester));
            self.written(System::Estos);
        }
        Ok(decided)
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
        self.pair((owner, contact), Op::Remove, |domain| &mut domain.state.favourites);
        self.pair((owner, contact), Op::Remove, |domain| &mut domain.state.inquiries);
        self.grant(owner, contact, (deletion == Deletion::Block).then_some(Grant::Level(Level::Blocked)));
        Ok(())
    }

    pub fn inquiry(&mut self, owner: &str, requester: &str, op: Op) -> Result<()> {
        let (owner, requester) = self.owner_and_viewer(owner, requester)?;
        if op == Op::Add && self.domain.user(owner).is_some_and(|user| user.estos.grant(requester).is_some()) {
            return fault("an inquiry where the owner has decided already");
        }
        self.pair((owner, requester), op, |domain| &mut domain.state.inquiries);
        self.dirty(DirtyPart::State);
        Ok(())
    }

    pub fn favourite(&mut self, owner: &str, contact: &str, op: Op) -> Result<()> {
        let (owner, contact) = self.owner_and_viewer(owner, contact)?;
        self.pair((owner, contact), op, |domain| &mut domain.state.favourites);
        self.dirty(DirtyPart::State);
        Ok(())
    }

    /// Removes a party from groups, grants, inquiries and Favorites. Its own grants go with it.
    pub fn remove_from_estos(&mut self, party: Party) {
        for at in 0..self.domain.estos.groups.len() {
            self.unlist(party, move |domain| Some(&mut domain.estos.groups.get_mut(at)?.members));
            self.unlist(party, move |domain| Some(&mut domain.estos.groups.get_mut(at)?.leaders));
        }
        let viewers = |list: &[OwnGrant]| list.iter().map(|entry| entry.viewer).collect::<Vec<_>>();
        let own = self.domain.user(party).map_or(Vec::new(), |user| viewers(&user.estos.grants));
        let preset = self.domain.user(party).map_or(Vec::new(), |user| viewers(&user.estos.administrative));
        self.dirty_pairs(own.into_iter().map(|viewer| (viewer, party)));
        // The administrator's single rights count in both directions (E4).
        self.dirty_pairs(preset.into_iter().flat_map(|viewer| [(party, viewer), (viewer, party)]));
        let users = self.domain.users.iter();
        let granting = users.clone().filter(|user| user.estos.grant(party).is_some());
        let granting: Vec<Party> = granting.map(|user| user.party).collect();
        let given = users.filter(|user| user.estos.administrative_grant(party).is_some());
        let given: Vec<Party> = given.map(|user| user.party).collect();
        for owner in granting {
            self.own((party, owner), None, |user| &mut user.estos.grants);
            self.dirty_pairs([(party, owner)]);
        }
        for owner in given {
            self.own((party, owner), None, |user| &mut user.estos.administrative);
            self.dirty_pairs([(party, owner), (owner, party)]);
        }
        self.remove_pairs(party, |domain| &mut domain.state.inquiries);
        self.remove_pairs(party, |domain| &mut domain.state.favourites);
    }
}

/// Checks that the administrator may choose the level (E8).
fn administrative(grant: Grant, domain: &Domain) -> Result<()> {
    match grant {
        Grant::Level(level) if !Level::ADMINISTRATIVE.contains(&level) => {
            let words: Vec<&str> = Level::ADMINISTRATIVE.iter().map(|level| level.word()).collect();
            fault(format!("{} is not offered to the administrator{}", quote(level.word()), expected(&words)))
        }
        Grant::Level(_) => Ok(()),
        Grant::Rights(_) => single(grant, domain),
    }
}

/// Checks that single rights are of the function table.
fn single(grant: Grant, domain: &Domain) -> Result<()> {
    match grant {
        Grant::Rights(rights) if !domain.estos.tables.single_rights().contains(rights) => {
            fault("rights that estos cannot give one by one")
        }
        _ => Ok(()),
    }
}
