//! Writes keevio's facts: its keys of a user, presence settings and subscriptions. It must never write facts of another system.
#![forbid(unsafe_code)]

use super::Writer;
use crate::policy::User;
use crate::system::keevio::NewUsers;
use std::io::Result;

impl Writer<'_> {
    /// Its keys of a user.
    pub(super) fn keevio_user(&mut self, user: &User) -> Result<()> {
        user.keevio.company.as_ref().map_or(Ok(()), |company| self.text("company", company))?;
        user.keevio.container.as_ref().map_or(Ok(()), |container| self.text("container", container))
    }

    /// Its tables.
    pub(super) fn keevio(&mut self) -> Result<()> {
        let keevio = &self.domain.keevio;
        if keevio.realm || keevio.new_users != NewUsers::default() {
            self.header("[presence]")?;
            self.unless(NewUsers::default(), "new_users", keevio.new_users, NewUsers::word)?;
            if keevio.realm {
                self.flag("realm", true)?;
            }
        }
        for ((viewer, owner), subscription) in &keevio.subscriptions {
            self.header("[[subscription]]")?;
            self.text("viewer", self.name(*viewer))?;
            self.text("owner", self.name(*owner))?;
            self.text("state", subscription.state.word())?;
        }
        Ok(())
    }
}
