//! Writes the facts of linewarden's own system: its key of a user, groups, rules and destinations. It must never write facts of another
//! system.
#![forbid(unsafe_code)]

use super::Writer;
use crate::id::Party;
use crate::policy::User;
use crate::system::linewarden::{List, listed_name};
use std::io::Result;

impl Writer<'_> {
    /// Its key of a user.
    pub(super) fn linewarden_user(&mut self, user: &User) -> Result<()> {
        self.list_unless_empty("exempt", user.linewarden.exempt.names())
    }

    /// Its groups and rules.
    pub(super) fn linewarden(&mut self) -> Result<()> {
        let own = &self.domain.linewarden;
        for group in &own.groups {
            self.header("[[group]]")?;
            self.text("name", &group.name)?;
            self.listed("members", &group.members)?;
        }
        for rule in &own.rules {
            self.header("[[rule]]")?;
            self.text("name", &rule.name)?;
            self.list("rights", rule.rights.shortest())?;
            for (key, list) in rule.lists() {
                self.listed(key, list)?;
            }
            self.when(&rule.when)?;
        }
        Ok(())
    }

    /// Where numbers lead.
    pub(super) fn destinations(&mut self) -> Result<()> {
        let Some(destinations) = self.domain.linewarden.destinations() else { return Ok(()) };
        let settings = destinations.settings();
        self.header("[destinations]")?;
        self.text("country", &settings.country)?;
        for (key, text) in [("trunk_prefix", &settings.trunk_prefix), ("area", &settings.area)] {
            if !text.is_empty() {
                self.text(key, text)?;
            }
        }
        let prefixes =
            [("national_prefix", &settings.national_prefix), ("international_prefix", &settings.international_prefix)];
        for (key, text) in prefixes {
            text.as_ref().map_or(Ok(()), |text| self.text(key, text))?;
        }
        let lists = [("blocks", &settings.blocks), ("blocked", &settings.blocked), ("emergency", &settings.emergency)];
        for (key, list) in lists {
            self.list_unless_empty(key, list.iter().map(String::as_str))?;
        }
        for (key, classes) in [("forwarding", &settings.forwarding), ("calls", &settings.calls)] {
            classes.as_ref().map_or(Ok(()), |classes| self.list(key, classes.iter().map(String::as_str)))?;
        }
        for (class, prefixes) in &settings.prefixes {
            self.list(&format!("prefixes.{class}"), prefixes.iter().map(String::as_str))?;
        }
        Ok(())
    }

    /// A list of parties, groups and words.
    fn listed(&mut self, key: &str, list: &List) -> Result<()> {
        let words = list.words.iter().map(|word| word.word().to_owned());
        let groups = list.groups.iter().map(|group| format!("group:{group}"));
        let name = |party: &Party| listed_name(self.directory.text(*party).to_string(), &self.domain.name);
        let parties = list.parties.iter().map(name);
        let texts: Vec<String> = words.chain(groups).chain(parties).collect();
        self.list_unless_empty(key, texts.iter().map(String::as_str))
    }
}
