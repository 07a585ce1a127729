//! Who may make which change. Owners change their own side, within floors, agreements and freezes. Users who administer single
//! things change those. The administrator makes every change except the few that are refused to all authors. What a system says of
//! its changes stands in its own file. It judges by the policy before the change and alters nothing.
#![forbid(unsafe_code)]

use super::editor::Lookup;
use super::{Change, List};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Kind, Party};
use crate::policy::{Administrator, Area, Domain};
use crate::system::System;
use crate::wording::quote;

/// The author of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Author {
    /// The administrator.
    Administrator,
    /// A user, who acts in the own domain only.
    User(Party),
}

pub(super) fn refused<T>(sentence: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::Refused, sentence))
}

/// Whether `author` may make `change` in `domain` as it is now.
///
/// # Errors
/// `Refused`, with a sentence that names the rule; `Unknown` or `Argument` when a name in it is wrong.
pub fn authorise(domain: &Domain, names: &Directory, author: Author, change: &Change) -> Result<()> {
    let judge = Judge { look: Lookup { domain, names, indices: None } };
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

pub(super) struct Judge<'a> {
    pub look: Lookup<'a>,
}

impl<'a> Judge<'a> {
    pub fn domain(&self) -> &'a Domain {
        self.look.domain
    }

    pub fn name(&self, party: Party) -> String {
        self.look.names.text(party)
    }

    /// What a user may change: what a system says of its changes, else nothing that the user does not administer.
    fn user(&self, author: Party, change: &Change) -> Result<()> {
        type OfSystem<'a> = fn(&Judge<'a>, Party, &Change) -> Option<Result<()>>;
        let systems: [OfSystem<'a>; System::ALL.len()] =
            [Judge::xphone, Judge::estos, Judge::pascom, Judge::keevio, Judge::linewarden];
        if let Some(judged) = systems.iter().find_map(|judge| judge(self, author, change)) {
            return judged;
        }
        match change {
            Change::SetAdministrator { .. } | Change::ClearAdministrator { .. } => {
                refused(format!("only the administrator may {} (R8)", quote(change.verb())))
            }
            other if self.domain().administrator(author).is_some() => refused(format!(
                "{} is no change of what {} administers, so only the administrator may make it (R8)",
                quote(&other.to_string()),
                self.name(author)
            )),
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

    /// Refuses an author who is not `side`: users change their own side only.
    pub fn own_side(&self, author: Party, side: &str, what: &str, rule: &str) -> Result<()> {
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

    pub fn runs(&self, system: System) -> Result<()> {
        match self.domain().systems.has(system) {
            true => Ok(()),
            false => refused(format!("`{}` does not run {}", self.domain().name, system.name())),
        }
    }
}

/// Area and name of the thing that the change concerns, if users can administer it.
fn thing_of(change: &Change) -> Option<(Area, &str)> {
    match change {
        Change::AddMember { list, of, .. } | Change::RemoveMember { list, of, .. } => match list {
            List::Workgroup => Some((Area::Workgroups, of)),
            List::Observers | List::Monitored => Some((Area::MonitoringGroups, of)),
            List::Permission => Some((Area::Permissions, of)),
            List::Agents => Some((Area::Teams, of)),
            List::AuthorizationGroup | List::Leaders | List::Group => None,
        },
        _ => Judge::xphone_thing(change).or_else(|| Judge::pascom_thing(change)),
    }
}
