//! Applies changes to a policy, which is valid before and after each, and takes them back exactly. It asks
//! [`super::authorise`] only where an author is named.
#![forbid(unsafe_code)]

use super::authority::{Author, authorise};
use super::edit::{Editor, Undo};
use super::{Change, Entry, Touch};
use crate::address::{domain_name, is_domain};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Kind, Party};
use crate::policy::{Domain, Policy};
use crate::system::System;
use crate::wording::{did_you_mean, nearest, quote};
use std::fmt;

/// Whose answers a change may have altered. It may name too many, never too few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Everything is as it was.
    #[default]
    Nothing,
    /// Something changed that no answer depends on.
    State,
    /// Those of these pairs of an actor and a target.
    Pairs(Vec<(Party, Party)>),
    /// Those in which one of these is actor or target.
    Parties(Vec<Party>),
    /// Any of the domain's.
    Domain,
}

impl Effect {
    /// Both effects together.
    #[must_use]
    pub fn and(self, other: Effect) -> Effect {
        match (self, other) {
            (Effect::Nothing, effect) | (effect, Effect::Nothing) => effect,
            (Effect::State, effect) | (effect, Effect::State) => effect,
            (Effect::Domain, _) | (_, Effect::Domain) => Effect::Domain,
            (Effect::Pairs(mut pairs), Effect::Pairs(more)) => {
                pairs.extend(more);
                Effect::Pairs(pairs)
            }
            (Effect::Parties(mut parties), Effect::Parties(more)) => {
                parties.extend(more);
                Effect::Parties(parties)
            }
            (Effect::Parties(mut parties), Effect::Pairs(pairs))
            | (Effect::Pairs(pairs), Effect::Parties(mut parties)) => {
                parties.extend(pairs.iter().map(|(_, owner)| *owner));
                Effect::Parties(parties)
            }
        }
    }
}

/// Changes that were made, with what is needed to take them back.
#[must_use]
#[derive(Default)]
pub struct Done {
    /// Of each change in order: its domain, where there is one, and whose answers it may have altered.
    pub effects: Vec<(Option<DomainId>, Effect)>,
    /// What the changes altered, part by part, in order.
    pub touched: Vec<(DomainId, Touch)>,
    undo: Vec<Step>,
}

impl Done {
    /// Whether anything changed.
    pub fn changed(&self) -> bool {
        self.effects.iter().any(|(_, effect)| *effect != Effect::Nothing)
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("effects", &self.effects).finish_non_exhaustive()
    }
}

/// How one change is taken back.
enum Step {
    /// Alterations of a domain, the last one first.
    Edits(DomainId, Vec<Undo>),
    /// The last domain goes.
    Added,
    /// A domain comes back to its place.
    Removed(usize, Box<Domain>),
}

impl Policy {
    /// Makes these changes, all of them or none. With an author each is judged at its turn; a document that is imported has
    /// none, for it states what is in force. Names get their numbers in `names`, where they stay even when the changes fail.
    ///
    /// # Errors
    /// `Refused` when the author may not, `Unknown` when a name is nobody's, `Argument` and `Limit` when the policy would
    /// not be valid; with more than one change the message says which one it was.
    pub fn apply(&mut self, names: &mut Directory, author: Option<Author>, entries: &[Entry]) -> Result<Done> {
        let mut done = Done::default();
        for (entry, number) in entries.iter().zip(1..) {
            if let Err(error) = self.step(names, author, entry, &mut done) {
                self.undo(done);
                let place =
                    if entries.len() > 1 { format!("change {number} `{}`: ", entry.change) } else { String::new() };
                return Err(Error::new(error.kind(), format!("nothing is changed: {place}{error}")));
            }
        }
        Ok(done)
    }

    /// Takes changes back; nothing else may have been changed since.
    pub fn undo(&mut self, done: Done) {
        for step in done.undo.into_iter().rev() {
            match step {
                Step::Edits(id, edits) => {
                    if let Some(domain) = self.domains.iter_mut().find(|domain| domain.id == id) {
                        edits.into_iter().rev().for_each(|undo| undo(domain));
                    }
                }
                Step::Added => drop(self.domains.pop()),
                Step::Removed(at, domain) => self.domains.insert(at.min(self.domains.len()), *domain),
            }
        }
    }

    fn step(&mut self, names: &mut Directory, author: Option<Author>, entry: &Entry, done: &mut Done) -> Result<()> {
        let name = domain_name(&entry.domain);
        let at = self.domains.iter().position(|domain| domain.name == name);
        if let Change::AddDomain { systems } = &entry.change {
            administrator(author)?;
            return self.add_domain(names, &entry.domain, systems, at, done);
        }
        let Some((at, domain)) = at.and_then(|at| Some((at, self.domains.get_mut(at)?))) else {
            if matches!(entry.change, Change::RemoveDomain {}) {
                administrator(author)?;
                done.effects.push((None, Effect::Nothing));
                return Ok(());
            }
            let near = nearest(&entry.domain, self.domains.iter().map(|domain| domain.name.as_str()));
            let near = near.map(did_you_mean).unwrap_or_default();
            return Err(Error::new(ErrorKind::Unknown, format!("unknown domain {}{near}", quote(&entry.domain))));
        };
        if let Some(author) = author {
            authorise(domain, names, author, &entry.change)?;
        }
        let id = domain.id;
        if matches!(entry.change, Change::RemoveDomain {}) {
            let domain = self.domains.remove(at);
            done.undo.push(Step::Removed(at, Box::new(domain)));
            done.effects.push((Some(id), Effect::Domain));
            done.touched.push((id, Touch::Whole));
            return Ok(());
        }
        let Edited { effect, touched, undo, result } = domain.edit(names, &entry.change);
        done.undo.push(Step::Edits(id, undo));
        result?;
        done.effects.push((Some(id), effect));
        done.touched.extend(touched.into_iter().map(|touch| (id, touch)));
        Ok(())
    }

    fn add_domain(
        &mut self,
        names: &mut Directory,
        name: &str,
        systems: &[System],
        at: Option<usize>,
        done: &mut Done,
    ) -> Result<()> {
        if let Some(domain) = at.and_then(|at| self.domains.get(at)) {
            if domain.systems != systems.iter().copied().collect() {
                let message = format!("domain {} is there with other systems, expected `set systems`", quote(name));
                return Err(Error::new(ErrorKind::Argument, message));
            }
            done.effects.push((Some(domain.id), Effect::Nothing));
            return Ok(());
        }
        if !is_domain(name) {
            let message = format!("domain {}, expected a name like `acme.example`, at most 253 bytes", quote(name));
            return Err(Error::new(ErrorKind::Argument, message));
        }
        if systems.is_empty() {
            let known = crate::wording::expected(&System::ALL.map(System::name));
            return Err(Error::new(ErrorKind::Argument, format!("no system{known}")));
        }
        let id = names.add_domain(name)?;
        let mut domain = Domain::new(id, name, "");
        domain.systems = systems.iter().copied().collect();
        self.domains.push(domain);
        done.undo.push(Step::Added);
        done.effects.push((Some(id), Effect::Domain));
        done.touched.push((id, Touch::Whole));
        Ok(())
    }
}

fn administrator(author: Option<Author>) -> Result<()> {
    match author {
        Some(Author::User(_)) => {
            Err(Error::new(ErrorKind::Refused, "only the administrator may add and remove domains"))
        }
        Some(Author::Administrator) | None => Ok(()),
    }
}

impl Domain {
    /// Makes one change of this domain without asking who may; all of it or nothing.
    ///
    /// # Errors
    /// As for [`Policy::apply`].
    pub fn apply(&mut self, names: &mut Directory, change: &Change) -> Result<Effect> {
        let Edited { effect, undo, result, .. } = self.edit(names, change);
        match result {
            Ok(()) => Ok(effect),
            Err(error) => {
                undo.into_iter().rev().for_each(|undo| undo(self));
                Err(error)
            }
        }
    }

    fn edit(&mut self, names: &mut Directory, change: &Change) -> Edited {
        let mut editor = Editor { domain: self, names, undo: Vec::new(), scope: Effect::Nothing, touched: Vec::new() };
        let result = dispatch(&mut editor, change);
        let Editor { undo, scope, mut touched, .. } = editor;
        let effect = match (undo.is_empty(), scope) {
            (true, _) => Effect::Nothing,
            (false, Effect::Nothing) => Effect::State,
            (false, scope) => scope,
        };
        match effect {
            Effect::Nothing => touched.clear(),
            Effect::Domain => touched = vec![Touch::Whole],
            // A change that forgot to say what it touched may have touched anything.
            Effect::Parties(_) | Effect::Pairs(_) if touched.is_empty() => touched.push(Touch::Whole),
            _ => {}
        }
        Edited { effect, touched, undo, result }
    }
}

/// What came of a change.
struct Edited {
    effect: Effect,
    touched: Vec<Touch>,
    undo: Vec<Undo>,
    result: Result<()>,
}

fn dispatch(on: &mut Editor<'_>, change: &Change) -> Result<()> {
    use Change as C;
    match change {
        C::AddDomain { .. } | C::RemoveDomain {} => {
            return Err(Error::new(ErrorKind::Argument, "a domain can only be added to a policy and removed from it"));
        }
        C::SetSystems { systems } => on.set_systems(systems)?,
        C::SetCode { function, code } => on.set_code(*function, code)?,
        C::SetMatrix { system, right, levels } => on.set_matrix(*system, right, Some(levels))?,
        C::ClearMatrix { system, right } => on.set_matrix(*system, right, None)?,
        C::AddUser { name, lines } => on.add_user(name, lines, true)?,
        C::ImportUser { name, lines } => on.add_user(name, lines, false)?,
        C::RemoveUser { name } => on.remove(Kind::User, name)?,
        C::SetLines { party, lines } => on.set_lines(party, lines)?,
        C::AddContact { address } => on.add_contact(address)?,
        C::RemoveContact { address } => on.remove(Kind::Contact, address)?,
        C::AddTeam { name, lines } => on.add_team(name, lines)?,
        C::RemoveTeam { name } => on.remove(Kind::Team, name)?,
        C::SetNotification { team, notification } => on.set_notification(team, *notification)?,
        C::AddLocation { name } => on.add_place(Kind::Location, name)?,
        C::RemoveLocation { name } => on.remove(Kind::Location, name)?,
        C::AddDevice { name } => on.add_place(Kind::Device, name)?,
        C::RemoveDevice { name } => on.remove(Kind::Device, name)?,
        C::AddMember { list, of, parties } => on.members(*list, of, parties, true)?,
        C::RemoveMember { list, of, parties } => on.members(*list, of, parties, false)?,
        C::SetAdministrator { user, area, names } => on.set_administrator(user, *area, names)?,
        C::ClearAdministrator { user } => on.clear_administrator(user)?,
        C::LogIn { team, agent } => on.agent(team, agent, false, |domain| &mut domain.state.logged_out)?,
        C::LogOut { team, agent } => on.agent(team, agent, true, |domain| &mut domain.state.logged_out)?,
        C::Pause { team, agent } => on.agent(team, agent, true, |domain| &mut domain.state.paused)?,
        C::Resume { team, agent } => on.agent(team, agent, false, |domain| &mut domain.state.paused)?,
        C::SetSite { user, site, group } => on.set_site(user, Some((site, group.as_deref())))?,
        C::ClearSite { user } => on.set_site(user, None)?,
        C::SetVip { user, on: vip } => on.user_fact(System::Xphone, user, *vip, |user| &mut user.xphone.vip)?,
        C::SetAssistant { user, on: assistant } => {
            on.user_fact(System::Xphone, user, *assistant, |user| &mut user.xphone.assistant)?;
        }
        C::SetRelease { user, release } => {
            on.user_fact(System::Estos, user, *release, |user| &mut user.estos.release)?;
        }
        C::SetPrivateLine { user, line, on: private } => on.set_private_line(user, line, *private)?,
        C::SetCompany { user, company } => on.unit(user, Some(company), |user| &mut user.keevio.company)?,
        C::ClearCompany { user } => on.unit(user, None, |user| &mut user.keevio.company)?,
        C::SetContainer { user, container } => on.unit(user, Some(container), |user| &mut user.keevio.container)?,
        C::ClearContainer { user } => on.unit(user, None, |user| &mut user.keevio.container)?,
        C::AddSite { name, same_site, other_sites, outside } => {
            on.add_site(name, *same_site, *other_sites, *outside)?
        }
        C::RemoveSite { name } => on.remove_site(name)?,
        C::SetDefault { site, scope, label } => on.set_default(site, *scope, *label)?,
        C::SetAgreement { site, agreement } => on.set_agreement(site, *agreement)?,
        C::AddSiteGroup { site, name } => on.add_site_group(site, name)?,
        C::RemoveSiteGroup { site, name } => on.remove_site_group(site, name)?,
        C::SetGroupDefault { site, group, scope, label } => on.set_group_default(site, group, *scope, Some(*label))?,
        C::ClearGroupDefault { site, group, scope } => on.set_group_default(site, group, *scope, None)?,
        C::SetGroupAgreement { site, group, agreement } => on.set_group_agreement(site, group, Some(*agreement))?,
        C::ClearGroupAgreement { site, group } => on.set_group_agreement(site, group, None)?,
        C::AddWorkgroup { name, label } => on.add_workgroup(name, *label)?,
        C::RemoveWorkgroup { name } => on.remove_workgroup(name),
        C::SetWorkgroup { name, label } => on.set_workgroup(name, *label)?,
        C::AddMonitoringGroup { name } => on.add_monitoring_group(name)?,
        C::RemoveMonitoringGroup { name } => on.remove_monitoring_group(name),
        C::SetMonitoringGroup { name, direction, label } => on.set_monitoring_group(name, *direction, Some(*label))?,
        C::ClearMonitoringGroup { name, direction } => on.set_monitoring_group(name, *direction, None)?,
        C::SetRelationship { owner, viewer, label } => on.set_relationship(owner, viewer, *label)?,
        C::ClearRelationship { owner, viewer } => on.clear_relationship(owner, viewer)?,
        C::ResetRelationships { owner } => on.reset_relationships(owner)?,
        C::BeginTransfer { call, viewer, owner, role } => on.begin_transfer(call, viewer, owner, *role)?,
        C::EndTransfer { call } => on.end_transfer(call),
        C::SetAuthorization { grant } => on.set_authorization(Some(*grant))?,
        C::ClearAuthorization {} => on.set_authorization(None)?,
        C::SetUsersMayGrant { on: may } => {
            on.domain_fact(System::Estos, Effect::Domain, *may, |domain| &mut domain.estos.users_may_grant);
        }
        C::AddAuthorizationGroup { name } => on.add_authorization_group(name)?,
        C::RemoveAuthorizationGroup { name } => on.remove_authorization_group(name),
        C::SetGroupGrant { group, grant } => on.set_group_grant(group, *grant, |group| &mut group.grant)?,
        C::ClearGroupGrant { group } => on.group_fact(group, None, |group| &mut group.grant)?,
        C::SetLeaderGrant { group, grant } => on.set_group_grant(group, *grant, |group| &mut group.leader_grant)?,
        C::ClearLeaderGrant { group } => on.group_fact(group, None, |group| &mut group.leader_grant)?,
        C::SetActive { group, on: active } => on.group_fact(group, *active, |group| &mut group.active)?,
        C::SetFederation { pattern, maximum } => on.set_federation(pattern, Some(*maximum))?,
        C::ClearFederation { pattern } => on.set_federation(pattern, None)?,
        C::SetGrant { owner, viewer, grant } => on.set_grant(owner, viewer, *grant)?,
        C::ClearGrant { owner, viewer } => on.clear_grant(owner, viewer)?,
        C::SetAdministrativeGrant { owner, viewer, grant } => on.administrative_grant(owner, viewer, Some(*grant))?,
        C::ClearAdministrativeGrant { owner, viewer } => on.administrative_grant(owner, viewer, None)?,
        C::Ask { requester, owner } => on.ask(requester, owner)?,
        C::Withdraw { requester, owner } => on.withdraw(requester, owner)?,
        C::Answer { owner, level, requesters } => on.decide(owner, requesters, *level, true)?,
        C::Reject { owner, requesters } => on.decide(owner, requesters, crate::system::estos::Level::Blocked, false)?,
        C::Delete { owner, contact, deletion } => on.delete(owner, contact, *deletion)?,
        C::SetInquiry { owner, requester } => on.inquiry(owner, requester, true)?,
        C::ClearInquiry { owner, requester } => on.inquiry(owner, requester, false)?,
        C::AddFavourite { owner, contact } => on.favourite(owner, contact, true)?,
        C::RemoveFavourite { owner, contact } => on.favourite(owner, contact, false)?,
        C::AddPermission { name } => on.add_permission(name)?,
        C::RemovePermission { name } => on.remove_permission(name)?,
        C::AddRoleType { permission, role_type } => on.role_type(permission, *role_type, true)?,
        C::RemoveRoleType { permission, role_type } => on.role_type(permission, *role_type, false)?,
        C::SetAutomatic { permission, kind, on: automatic } => on.set_automatic(permission, *kind, *automatic)?,
        C::SetShowNumbers { on: show } => {
            on.domain_fact(System::Pascom, Effect::Domain, *show, |domain| &mut domain.pascom.show_numbers);
        }
        C::SetNewUsers { policy } => {
            on.domain_fact(System::Keevio, Effect::State, *policy, |domain| &mut domain.keevio.new_users);
        }
        C::SetRealm { on: realm } => {
            on.domain_fact(System::Keevio, Effect::Domain, *realm, |domain| &mut domain.keevio.realm);
        }
        C::Subscribe { viewer, owner } => on.subscribe(viewer, owner)?,
        C::Accept { owner, viewer } => on.accept(owner, viewer)?,
        C::Decline { owner, viewer } => on.decline(owner, viewer)?,
        C::Request { viewer, owner } => on.request(viewer, owner)?,
        C::Confirm { owner, viewer } => on.confirm(owner, viewer)?,
        C::SetSubscription { viewer, owner, state } => on.set_subscription(viewer, owner, *state)?,
        C::ClearSubscription { viewer, owner } => on.clear_subscription(viewer, owner)?,
        C::SetConsent { party, other } => on.consent(party, other, true)?,
        C::ClearConsent { party, other } => on.consent(party, other, false)?,
        C::SetCreated { user, order, policy } => on.set_created(user, Some((*order, *policy)))?,
        C::ClearCreated { user } => on.set_created(user, None)?,
    }
    Ok(())
}
