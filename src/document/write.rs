//! Writes a domain as a document, in the order of the documented example, without default values. What a system's facts are
//! written as stands in its own file. The document must load to the same policy. Comments, and whether a login or an extension was written, are lost.
#![forbid(unsafe_code)]

use crate::calendar::{Hours, When};
use crate::directory::Directory;
use crate::id::{Kind, Party};
use crate::policy::codes::CodeTable;
use crate::policy::dated::Fact;
use crate::policy::{Area, Domain};
use crate::system::System;
use crate::system::pascom::PickupNotification;
use std::io::{Result, Write};

/// A list that would make a longer line is written one entry per line.
const WIDTH: usize = 110;

/// Writes `domain`.
pub(super) fn write(domain: &Domain, directory: &Directory, out: &mut dyn Write) -> Result<()> {
    let mut writer = Writer { domain, directory, out };
    writer.text("domain", &domain.name)?;
    writer.list("systems", domain.systems.iter().map(System::name))?;
    if domain.longest_age != 0 {
        writeln!(writer.out, "longest_age = {}", domain.longest_age)?;
    }
    writer.people()?;
    writer.xphone()?;
    writer.estos()?;
    writer.pascom()?;
    writer.keevio()?;
    writer.linewarden()?;
    writer.destinations()?;
    writer.administrators()?;
    writer.settings()
}

pub(super) struct Writer<'w> {
    pub domain: &'w Domain,
    pub directory: &'w Directory,
    pub out: &'w mut dyn Write,
}

impl<'w> Writer<'w> {
    /// A party's plain name, for a list or key that implies its kind.
    pub fn name(&self, party: Party) -> &'w str {
        self.directory.named(party).map_or("", |named| &named.name)
    }

    pub fn names(&self, parties: &'w [Party]) -> Vec<&'w str> {
        parties.iter().map(|party| self.name(*party)).collect()
    }

    pub fn header(&mut self, header: &str) -> Result<()> {
        writeln!(self.out, "\n{header}")
    }

    pub fn text(&mut self, key: &str, text: &str) -> Result<()> {
        writeln!(self.out, "{key} = {}", quoted(text))
    }

    pub fn flag(&mut self, key: &str, flag: bool) -> Result<()> {
        writeln!(self.out, "{key} = {flag}")
    }

    /// Writes a key unless its value is `default`.
    pub fn unless<T: PartialEq>(&mut self, default: T, key: &str, value: T, word: fn(T) -> &'static str) -> Result<()> {
        if value == default { Ok(()) } else { self.text(key, word(value)) }
    }

    pub fn list<'s>(&mut self, key: &str, texts: impl IntoIterator<Item = &'s str>) -> Result<()> {
        let texts: Vec<String> = texts.into_iter().map(quoted).collect();
        let length = texts.iter().map(|text| text.len() + 2).sum::<usize>() + key.len();
        match length > WIDTH {
            false => writeln!(self.out, "{key} = [{}]", texts.join(", ")),
            true => {
                writeln!(self.out, "{key} = [")?;
                texts.iter().try_for_each(|text| writeln!(self.out, "    {text},"))?;
                writeln!(self.out, "]")
            }
        }
    }

    pub fn list_unless_empty<'s>(&mut self, key: &str, texts: impl IntoIterator<Item = &'s str>) -> Result<()> {
        let mut texts = texts.into_iter().peekable();
        if texts.peek().is_none() { Ok(()) } else { self.list(key, texts) }
    }

    fn people(&mut self) -> Result<()> {
        let domain = self.domain;
        for user in &domain.users {
            self.header("[[user]]")?;
            self.text("name", self.name(user.party))?;
            self.list_unless_empty("lines", user.lines.iter().map(String::as_str))?;
            self.private_lines(user)?;
            self.xphone_user(user)?;
            self.estos_user(user)?;
            self.keevio_user(user)?;
            self.linewarden_user(user)?;
        }
        for team in &domain.teams {
            self.header("[[team]]")?;
            self.text("name", self.name(team.party))?;
            self.list_unless_empty("lines", team.lines.iter().map(String::as_str))?;
            self.list_unless_empty("agents", self.names(&team.agents))?;
            let default = PickupNotification::default();
            self.unless(default, "pickup_notification", team.pickup_notification, PickupNotification::word)?;
        }
        for station in &domain.stations {
            self.header(if station.kind == Kind::Device { "[[device]]" } else { "[[location]]" })?;
            self.text("name", self.name(station.party))?;
        }
        Ok(())
    }

    /// A list of members: names, and tables for those with dates, which `of` picks.
    pub fn members(&mut self, key: &str, always: &'w [Party], of: impl Fn(&Fact) -> Option<Party>) -> Result<()> {
        let dated = self.domain.dated.iter().filter_map(|dated| Some((of(&dated.fact)?, &dated.when)));
        let dated: Vec<_> = dated.collect();
        if dated.is_empty() {
            return self.list_unless_empty(key, self.names(always));
        }
        writeln!(self.out, "{key} = [")?;
        always.iter().try_for_each(|party| writeln!(self.out, "    {},", quoted(self.name(*party))))?;
        for (party, when) in dated {
            let mut parts = vec![format!("name = {}", quoted(self.name(party)))];
            parts.extend(when.bounds().map(|(key, bound)| format!("{key} = {bound}")));
            let hours: Vec<String> = when.hours().iter().map(|hours| quoted(&hours.to_string())).collect();
            parts.extend((!hours.is_empty()).then(|| format!("hours = [{}]", hours.join(", "))));
            writeln!(self.out, "    {{ {} }},", parts.join(", "))?;
        }
        writeln!(self.out, "]")
    }

    /// When a fact counts.
    pub fn when(&mut self, when: &When) -> Result<()> {
        when.bounds().try_for_each(|(key, bound)| writeln!(self.out, "{key} = {bound}"))?;
        let hours: Vec<String> = when.hours().iter().map(Hours::to_string).collect();
        self.list_unless_empty("hours", hours.iter().map(String::as_str))
    }

    fn administrators(&mut self) -> Result<()> {
        for administrator in &self.domain.administrators {
            self.header("[[administrator]]")?;
            self.text("user", self.name(administrator.user))?;
            for area in Area::ALL {
                self.list_unless_empty(area.word(), administrator.names(*area).iter().map(String::as_str))?;
            }
            self.list_unless_empty(Area::Teams.word(), self.names(&administrator.teams))?;
        }
        Ok(())
    }

    fn settings(&mut self) -> Result<()> {
        for system in [System::Xphone, System::Estos] {
            let mut rows = self.domain.overrides.iter().filter(|row| row.system == system).peekable();
            if rows.peek().is_some() {
                self.header(&format!("[matrix.{}]", system.name()))?;
            }
            for row in rows {
                self.list(&quoted(&row.key), row.levels.iter().map(String::as_str))?;
            }
        }
        let usual = CodeTable::default();
        let mut codes = self.domain.codes.iter().filter(|(function, code)| usual.code(*function) != *code).peekable();
        if codes.peek().is_some() {
            self.header("[codes]")?;
        }
        codes.try_for_each(|(function, code)| self.text(function.key(), code))
    }
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000A\"");
    }
}
