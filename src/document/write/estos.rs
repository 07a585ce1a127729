//! Writes estos' facts: its keys of a user, the global preset, groups, grants and federations. It must never write facts of another
//! system.
#![forbid(unsafe_code)]

use super::Writer;
use crate::policy::User;
use crate::policy::dated::Fact;
use crate::system::estos::{Grant, Release};
use std::io::Result;

impl Writer<'_> {
    /// The lines of a user that are private; they stand below the lines.
    pub(super) fn private_lines(&mut self, user: &User) -> Result<()> {
        self.list_unless_empty("private_lines", user.estos.private_lines.iter().map(String::as_str))
    }

    /// Its other keys of a user.
    pub(super) fn estos_user(&mut self, user: &User) -> Result<()> {
        self.unless(Release::default(), "calendar_release", user.estos.release, Release::word)
    }

    /// Its tables.
    pub(super) fn estos(&mut self) -> Result<()> {
        let estos = &self.domain.estos;
        if estos.global.is_some() || !estos.users_may_grant {
            self.header("[authorization]")?;
            self.grant("level", "rights", estos.global)?;
            if !estos.users_may_grant {
                self.flag("users_may_grant", false)?;
            }
        }
        for group in &estos.groups {
            self.header("[[authorization_group]]")?;
            self.text("name", &group.name)?;
            self.list_unless_empty("members", self.names(&group.members))?;
            self.grant("level", "rights", group.grant)?;
            self.list_unless_empty("leaders", self.names(&group.leaders))?;
            self.grant("leader_level", "leader_rights", group.leader_grant)?;
            if !group.active {
                self.flag("active", false)?;
            }
        }
        for user in &self.domain.users {
            let administrative = user.estos.administrative.iter().map(|grant| (grant, true));
            for (grant, administrative) in administrative.chain(user.estos.grants.iter().map(|grant| (grant, false))) {
                self.header("[[authorization_grant]]")?;
                self.text("owner", self.name(user.party))?;
                self.text("viewer", self.name(grant.viewer))?;
                if administrative {
                    self.flag("administrative", true)?;
                }
                self.grant("level", "rights", Some(grant.grant))?;
            }
        }
        for dated in &self.domain.dated {
            if let Fact::Grant { owner, viewer, grant, administrative } = dated.fact {
                self.header("[[authorization_grant]]")?;
                self.text("owner", self.name(owner))?;
                self.text("viewer", self.name(viewer))?;
                if administrative {
                    self.flag("administrative", true)?;
                }
                self.grant("level", "rights", Some(grant))?;
                self.when(&dated.when)?;
            }
        }
        for (pattern, entry) in &estos.federation {
            self.header("[[federation]]")?;
            self.text("domain", pattern)?;
            self.text("maximum", entry.maximum.word())?;
        }
        Ok(())
    }

    fn grant(&mut self, level_key: &str, rights_key: &str, grant: Option<Grant>) -> Result<()> {
        match grant {
            None => Ok(()),
            Some(Grant::Level(level)) => self.text(level_key, level.word()),
            Some(Grant::Rights(rights)) => self.list(rights_key, rights.shortest()),
        }
    }
}
