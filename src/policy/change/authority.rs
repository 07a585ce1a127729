//! Who may make which change. Owners change their own side, within floors, agreements and freezes. Users who administer single
//! things change those. The administrator makes every change except the few that are refused to all authors. It judges by the
//! policy before the change and alters nothing.
#![forbid(unsafe_code)]

use super::editor::Lookup;
use super::{Change, Deletion, List, RuleParts};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Kind, Party};
use crate::policy::{Administrator, Area, Domain, User};
use crate::right::RightSet;
use crate::system::System;
use crate::system::estos::{Grant, Level};
use crate::system::linewarden::{CALL_TO, Everyone, FORWARDING_TO};
use crate::system::xphone::{Agreement, Label};
use crate::wording::{expected, quote};

/// The author of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// The administrator.
    Administrator,
    /// A user, who acts in the own domain only.
    User(Party),
}

fn refused<T>(sentence: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::Refused, sentence))
}

/// Whether `author` may make `change` in `domain` as it is now.
///
/// # Errors
/// `Refused`, with a sentence that names the rule; `Unknown` or `Argument` when a name in it is wrong.
pub fn authorise(domain: &Domain, names: &Directory, author: Author, change: &Change) -> Result<()> {
    let judge = Judge { look: Lookup { domain, names } };
    judge.realm(change)?;
    match (author, change) {
        (_, Change::RemovePermission { name }) if name == "All" => {
            refused("the permission `All` cannot be removed (P1)")
        }
        (Author::Administrator, _) => Ok(()),
        (Author::User(user), _) if domain.user(user).is_none() => {
            refused(format!("the author is no user of `{}`, and users act in their own domain only", domain.name))
        }
        (Author::User(user), change) => match domain.administrator(user) {
            Some(administrator) if judge.administers(administrator, change) => Ok(()),
            _ => judge.user(user, change),
        },
    }
}

struct Judge<'a> {
    look: Lookup<'a>,
}

impl<'a> Judge<'a> {
    fn domain(&self) -> &'a Domain {
        self.look.domain
    }

    fn name(&self, party: Party) -> String {
        self.look.names.text(party)
    }

    /// What a user may change.
    fn user(&self, author: Party, change: &Change) -> Result<()> {
        match change {
            Change::SetRelationship { owner, viewer, label } => {
                self.own_side(author, owner, "a relationship", "X6")?;
                self.runs(System::Xphone)?;
                self.choice(author, viewer, *label)
            }
            Change::ClearRelationship { owner, .. } => {
                self.own_side(author, owner, "a relationship", "X13")?;
                self.runs(System::Xphone)
            }
            Change::SetGrant { owner, viewer, grant } => {
                self.own_side(author, owner, "an authorization", "E1")?;
                self.level(author, viewer, Some(*grant))
            }
            Change::ClearGrant { owner, viewer } => {
                self.own_side(author, owner, "an authorization", "E1")?;
                self.level(author, viewer, None)
            }
            Change::Ask { requester, .. } | Change::Withdraw { requester, .. } => {
                self.own_side(author, requester, "an inquiry", "E9")
            }
            Change::Answer { owner, level, requesters } => {
                self.own_side(author, owner, "an answer", "E11")?;
                requesters.iter().try_for_each(|viewer| self.level(author, viewer, Some(Grant::Level(*level))))
            }
            Change::Reject { owner, requesters } => {
                self.own_side(author, owner, "an answer", "E12")?;
                let blocked = Some(Grant::Level(Level::Blocked));
                requesters.iter().try_for_each(|viewer| self.level(author, viewer, blocked))
            }
            Change::Delete { owner, contact, deletion } => {
                self.own_side(author, owner, "a deletion", "E16")?;
                match deletion {
                    Deletion::Block => self.level(author, contact, Some(Grant::Level(Level::Blocked))),
                    Deletion::Keep => Ok(()),
                }
            }
            Change::AddFavourite { owner, .. } | Change::RemoveFavourite { owner, .. } => {
                self.own_side(author, owner, "the Favorites", "E9")
            }
            Change::SetRelease { user, .. } => self.own_side(author, user, "a calendar's release", "E23"),
            Change::Request { viewer, .. } => self.own_side(author, viewer, "a request", "K4"),
            Change::Confirm { owner, .. } => self.own_side(author, owner, "an acceptance", "K4"),
            Change::LogIn { agent, .. }
            | Change::LogOut { agent, .. }
            | Change::Pause { agent, .. }
            | Change::Resume { agent, .. } => self.own_side(author, agent, "an agent's state", "pascom teams"),
            Change::Subscribe { .. } | Change::Accept { .. } => refused(
                "the keevio client knows `request` and `confirm` only; single steps are the administrator's (K4)",
            ),
            Change::SetSubscription { .. } | Change::ClearSubscription { .. } | Change::Decline { .. } => refused(
                "the keevio client can only create relations; only the administrator may change or remove one (K5)",
            ),
            Change::SetAdministrativeGrant { .. } | Change::ClearAdministrativeGrant { .. } => {
                refused(format!("only the administrator may {} (R6)", quote(change.verb())))
            }
            Change::ResetRelationships { .. } => {
                refused("only the administrator may reset what an owner has set (X14)")
            }
            Change::SetAdministrator { .. } | Change::ClearAdministrator { .. } => {
                refused(format!("only the administrator may {} (R8)", quote(change.verb())))
            }
            Change::AddRule { name, parts } => self.own_rule(author, name, Some(parts)),
            Change::SetRule { name, parts } => {
                self.look.place("rule", &self.domain().linewarden.rules, |rule| &rule.name, name)?;
                self.own_rule(author, name, Some(parts))
            }
            Change::RemoveRule { name } => self.own_rule(author, name, None),
            Change::SetExempt { user, .. } | Change::ClearExempt { user } => {
                self.own_side(author, user, "an exemption", "L11")
            }
            other if self.domain().administrator(author).is_some() => refused(format!(
                "{} is no change of what {} administers, so only the administrator may make it (R8)",
                quote(&other.to_string()),
                self.name(author)
            )),
            Change::SetPrivateLine { .. } => {
                refused(format!("only the administrator may {} (R7)", quote(change.verb())))
            }
            other => {
                let thing = thing_of(other)
                    .map(|(area, name)| format!(", or who administers {} {} (R8)", area.one(), quote(name)));
                refused(format!("only the administrator may {}{}", quote(other.verb()), thing.unwrap_or_default()))
            }
        }
    }

    /// R8: whether the change concerns a thing that the user administers, and only that. Adding and removing things, flags of
    /// users, role types, and moving users from or to other sites reach further.
    fn administers(&self, administrator: &Administrator, change: &Change) -> bool {
        let Some((area, name)) = thing_of(change) else { return false };
        let holds = match area {
            Area::Teams => self.look.of_kind(Kind::Team, name).is_ok_and(|team| administrator.teams.contains(&team)),
            area => administrator.holds(area, name),
        };
        let Change::SetSite { user, .. } = change else { return holds };
        let user = self.look.user(user).ok().and_then(|user| self.domain().user(user));
        let held = user.and_then(|user| self.domain().xphone.sites.get(usize::from(user.xphone.site?)));
        holds && held.is_some_and(|held| administrator.holds(Area::Sites, &held.name))
    }

    /// L13: whether a user may add, set or remove the rule: before and after, it reaches only the user and teams that the user
    /// administers. Classes of numbers beyond the domain's own are the administrator's, for they cost money.
    fn own_rule(&self, author: Party, name: &str, parts: Option<&RuleParts>) -> Result<()> {
        let teams = self.domain().administrator(author).map_or(&[][..], |held| &held.teams);
        let own = |party: Party| party == author || teams.contains(&party);
        self.runs(System::Linewarden)?;
        let held = self.domain().linewarden.rule(name);
        let held_is_own = held.is_none_or(|rule| {
            let targets = &rule.targets;
            targets.groups.is_empty()
                && targets.words.is_empty()
                && !targets.parties.is_empty()
                && targets.parties.iter().all(|party| own(*party))
        });
        let set = parts.and_then(|parts| parts.targets.as_deref());
        // A word for many is no party here, even where a user has that login.
        let named = |text: &String| Everyone::parse(text).is_none() && self.look.party(text).is_ok_and(own);
        let set_is_own = match (set, held) {
            (Some(texts), _) => !texts.is_empty() && texts.iter().all(named),
            // Without the part the targets stay; a new rule without targets is no one's.
            (None, held) => held.is_some() || parts.is_none(),
        };
        if !held_is_own || !set_is_own {
            let whose = if teams.is_empty() { "" } else { " or teams that the user administers" };
            return refused(format!(
                "users change rules only whose targets are themselves{whose}, and rule {} has others (L13)",
                quote(name)
            ));
        }
        let beyond = (FORWARDING_TO | CALL_TO).without(self.domain().linewarden.forwarding());
        let rights = parts.and_then(|parts| parts.rights).or(held.map(|rule| rule.rights)).unwrap_or_default();
        match (rights & beyond).shortest().into_iter().next().filter(|_| parts.is_some()) {
            Some(right) => refused(format!("only the administrator may give {} (L13)", quote(right))),
            None => Ok(()),
        }
    }

    /// Refuses an author who is not `side`: users change their own side only.
    fn own_side(&self, author: Party, side: &str, what: &str, rule: &str) -> Result<()> {
        let side = self.look.person(side)?.known();
        if side == Some(author) {
            return Ok(());
        }
        let whose = side.map_or_else(|| "another party".into(), |side| self.name(side));
        refused(format!(
            "{what} of {whose} is not {}'s to change: users change their own side only ({rule})",
            self.name(author)
        ))
    }

    fn runs(&self, system: System) -> Result<()> {
        match self.domain().systems.has(system) {
            true => Ok(()),
            false => refused(format!("`{}` does not run {}", self.domain().name, system.name())),
        }
    }

    /// X12: what an owner may choose for a viewer.
    fn choice(&self, owner: Party, viewer: &str, label: Label) -> Result<()> {
        let Some(user) = self.domain().user(owner) else { return Ok(()) };
        let known = self.look.person(viewer)?.known();
        let inside = known.and_then(|viewer| self.domain().user(viewer));
        let offered = if inside.is_some() { Label::FOR_USERS } else { Label::FOR_CONTACTS };
        if !offered.contains(&label) {
            let words: Vec<&str> = offered.iter().map(|label| label.word()).collect();
            let whose = if inside.is_some() { "a user" } else { "an outside contact" };
            return refused(format!(
                "{} cannot be chosen for {whose}{} (AMB-22)",
                quote(label.word()),
                expected(&words)
            ));
        }
        let defaults = self.domain().xphone.defaults(&user.xphone);
        if defaults.is_none_or(|defaults| defaults.agreement == Agreement::ExtendAndRestrict) {
            return Ok(());
        }
        let least = server_side(self.domain(), inside, user);
        if label >= least {
            return Ok(());
        }
        let least = least.word();
        refused(format!(
            "the company agreement only lets you extend the relationship: {viewer} is at least {least} (X12)"
        ))
    }

    /// E3, E4, E7: what an owner may grant a viewer; `None` is to take the own grant away.
    fn level(&self, owner: Party, viewer: &str, grant: Option<Grant>) -> Result<()> {
        self.runs(System::Estos)?;
        if !self.domain().estos.users_may_grant {
            return refused("the administrator does not let users grant authorizations (E7)");
        }
        let Some(known) = self.look.person(viewer)?.known() else { return Ok(()) };
        let preset = preset(self.domain(), known, owner);
        if preset.single {
            return refused(format!(
                "the administrator gave {viewer} single rights, so only the administrator may change the level (E4)"
            ));
        }
        match (grant, preset.floor) {
            (Some(Grant::Level(level)), Some(floor)) if level < floor => refused(format!(
                "what the administrator gave is a floor: {viewer} has at least {}, and {} is below it (E3)",
                floor.word(),
                level.word()
            )),
            _ => Ok(()),
        }
    }

    /// K7, K23: within a permission realm nothing can be changed, not even by the administrator.
    fn realm(&self, change: &Change) -> Result<()> {
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

/// Area and name of the thing that the change concerns, if users can administer it.
fn thing_of(change: &Change) -> Option<(Area, &str)> {
    match change {
        Change::SetDefault { site, .. }
        | Change::SetAgreement { site, .. }
        | Change::AddSiteGroup { site, .. }
        | Change::RemoveSiteGroup { site, .. }
        | Change::SetGroupDefault { site, .. }
        | Change::ClearGroupDefault { site, .. }
        | Change::SetGroupAgreement { site, .. }
        | Change::ClearGroupAgreement { site, .. }
        | Change::SetSite { site, .. } => Some((Area::Sites, site)),
        Change::SetWorkgroup { name, .. } => Some((Area::Workgroups, name)),
        Change::SetMonitoringGroup { name, .. } | Change::ClearMonitoringGroup { name, .. } => {
            Some((Area::MonitoringGroups, name))
        }
        Change::SetAutomatic { permission, .. } => Some((Area::Permissions, permission)),
        Change::AddMember { list, of, .. } | Change::RemoveMember { list, of, .. } => match list {
            List::Workgroup => Some((Area::Workgroups, of)),
            List::Observers | List::Monitored => Some((Area::MonitoringGroups, of)),
            List::Permission => Some((Area::Permissions, of)),
            List::Agents => Some((Area::Teams, of)),
            List::AuthorizationGroup | List::Leaders | List::Group => None,
        },
        Change::SetNotification { team, .. }
        | Change::LogIn { team, .. }
        | Change::LogOut { team, .. }
        | Change::Pause { team, .. }
        | Change::Resume { team, .. } => Some((Area::Teams, team)),
        _ => None,
    }
}

/// The label the server gives a viewer towards an owner, transfers left out; unknown towards a VIP (X12, AMB-8).
pub(super) fn server_side(domain: &Domain, viewer: Option<&User>, owner: &User) -> Label {
    if owner.xphone.vip {
        return Label::Unknown;
    }
    let defaults = domain.xphone.defaults(&owner.xphone);
    let Some(user) = viewer else { return defaults.map_or(Label::Unknown, |defaults| defaults.outside) };
    let mut highest = defaults.map(|defaults| match user.xphone.site == owner.xphone.site {
        true => defaults.same_site,
        false => defaults.other_sites,
    });
    let (viewer, owner) = (user.party, owner.party);
    domain.xphone.lower_groups(|actors, targets, outcome, _| {
        if actors.contains(&viewer) && targets.contains(&owner) {
            highest = highest.max(Label::from_step(outcome.label));
        }
    });
    highest.max(user.xphone.assistant.then_some(Label::Assistant)).unwrap_or(Label::Unknown)
}

/// What the administrator gave a viewer over an owner.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Preset {
    /// All of it.
    pub rights: RightSet,
    /// The highest level of it.
    pub floor: Option<Level>,
    /// Whether any of it is single rights (E4).
    pub single: bool,
}

/// The administrative sources of a pair (E1); none for outside contacts (E20).
pub(super) fn preset(domain: &Domain, viewer: Party, owner: Party) -> Preset {
    let mut preset = Preset::default();
    if domain.kind(viewer) != Some(Kind::User) || domain.kind(owner) != Some(Kind::User) {
        return preset;
    }
    let mut add = |grant: Grant| {
        preset.rights |= domain.estos.rights(grant);
        match grant {
            Grant::Level(level) => preset.floor = preset.floor.max(Some(level)),
            Grant::Rights(_) => preset.single = true,
        }
    };
    domain.estos.global.map(&mut add);
    for group in domain.estos.groups.iter().filter(|group| group.active && group.members.contains(&owner)) {
        group.grant.filter(|_| group.members.contains(&viewer)).map(&mut add);
        group.leader_grant.filter(|_| group.leaders.contains(&viewer)).map(&mut add);
    }
    let single = domain.user(owner).and_then(|user| user.estos.administrative_grant(viewer));
    if let Some(given) = single {
        add(given.grant);
    }
    preset
}
