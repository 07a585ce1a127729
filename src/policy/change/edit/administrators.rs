//! Applies changes of users who administer single things (R8): their appointment, and the removal of things from their lists. It
//! never judges who may appoint.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::id::{Kind, Party};
use crate::policy::change::DirtyPart;
use crate::policy::change::editor::{Editor, fault, unknown};
use crate::policy::{Administrator, Area};
use crate::wording::quote;

impl Editor<'_> {
    /// Replaces what a user administers of one area.
    pub fn set_administrator(&mut self, user: &str, area: Area, texts: &[String]) -> Result<()> {
        let user = self.look().user(user)?;
        let (mut names, mut teams) = (Vec::new(), Vec::new());
        for text in texts {
            let is_new = match area {
                Area::Teams => {
                    let team = self.look().of_kind(Kind::Team, text)?;
                    let is_new = !teams.contains(&team);
                    teams.push(team);
                    is_new
                }
                area => {
                    let known = self.domain.names_in(area);
                    if !known.contains(&text.as_str()) {
                        return unknown(area.one(), text, known.into_iter());
                    }
                    let is_new = !names.contains(text);
                    names.push(text.clone());
                    is_new
                }
            };
            if !is_new {
                return fault(format!("{} stands twice", quote(text)));
            }
        }
        let end = self.domain.administrators.len();
        let at = self.domain.administrators.iter().position(|held| held.user == user).unwrap_or(end);
        if at == end {
            self.insert(end, Administrator::new(user), |domain| Some(&mut domain.administrators));
        }
        match area {
            Area::Teams => self.put(teams, move |domain| Some(&mut domain.administrators.get_mut(at)?.teams)),
            area => self.put(names, move |domain| domain.administrators.get_mut(at)?.names_mut(area)),
        }
        self.dirty(DirtyPart::State);
        Ok(())
    }

    /// Removes all that a user administers.
    pub fn clear_administrator(&mut self, user: &str) -> Result<()> {
        let user = self.look().user(user)?;
        self.no_administrator(user);
        self.dirty(DirtyPart::State);
        Ok(())
    }

    /// Removes a user's entry.
    pub fn no_administrator(&mut self, user: Party) {
        if let Some(at) = self.domain.administrators.iter().position(|held| held.user == user) {
            self.take(at, |domain| Some(&mut domain.administrators));
        }
    }

    /// Removes a team from all lists.
    pub fn unadministered_team(&mut self, team: Party) {
        for at in 0..self.domain.administrators.len() {
            self.unlist(team, move |domain| Some(&mut domain.administrators.get_mut(at)?.teams));
        }
    }

    /// Removes a site, group or permission from all lists, so that a later one of the same name is not administered.
    pub fn unadministered(&mut self, area: Area, name: &str) {
        for at in 0..self.domain.administrators.len() {
            let held = self.domain.administrators.get(at).map_or(&[][..], |held| held.names(area));
            if let Some(index) = held.iter().position(|held| held == name) {
                self.take(index, move |domain| domain.administrators.get_mut(at)?.names_mut(area));
            }
        }
    }
}
