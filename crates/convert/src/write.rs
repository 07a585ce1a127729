//! Writes a document as TOML, each fact with a comment that says where it comes from. Whatever the sources hold, the text must load:
//! nothing of a source stands outside a quoted string or a comment of one line.
#![forbid(unsafe_code)]

use crate::model::{At, Document, Place};
use std::fmt;

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.head {
            writeln!(f, "# {}", comment(line))?;
        }
        writeln!(f, "domain = {}", quoted(&self.domain))?;
        let systems: Vec<String> = self.systems().into_iter().map(quoted).collect();
        writeln!(f, "systems = [{}]", systems.join(", "))?;
        for user in &self.users {
            header(f, "user", &user.name.place, &user.notes)?;
            writeln!(f, "name = {}", quoted(&user.name.value))?;
            lines(f, &user.lines, &user.name.place)?;
        }
        for team in &self.teams {
            header(f, "team", &team.name.place, &[])?;
            writeln!(f, "name = {}", quoted(&team.name.value))?;
            lines(f, &team.lines, &team.name.place)?;
            list(f, "agents", &team.agents)?;
        }
        for group in &self.groups {
            header(f, "group", &group.name.place, &[])?;
            writeln!(f, "name = {}", quoted(&group.name.value))?;
            list(f, "members", &group.members)?;
        }
        for rule in &self.rules {
            header(f, "rule", &rule.name.place, &[])?;
            writeln!(f, "name = {}", quoted(&rule.name.value))?;
            list(f, "actors", &rule.actors)?;
            rights(f, &rule.rights, &rule.name.place)?;
            list(f, "targets", &rule.targets)?;
        }
        for subscription in &self.subscriptions {
            header(f, "subscription", &subscription.place, &[])?;
            writeln!(f, "viewer = {}", quoted(&subscription.viewer))?;
            writeln!(f, "owner = {}", quoted(&subscription.owner))?;
            writeln!(f, "state = {}", quoted(if subscription.granted { "granted" } else { "pending" }))?;
        }
        Ok(())
    }
}

fn header(f: &mut fmt::Formatter<'_>, name: &str, place: &Place, notes: &[String]) -> fmt::Result {
    let mut said = vec![place.to_string()];
    said.extend(notes.iter().cloned());
    writeln!(f, "\n[[{name}]] # {}", comment(&said.join(", ")))
}

/// A list on one line if all of it comes from the line of its table, else one entry a line with its place.
fn list_of(f: &mut fmt::Formatter<'_>, key: &str, entries: &[At<String>], of: Option<&Place>) -> fmt::Result {
    if of.is_some_and(|of| entries.iter().all(|entry| entry.place == *of)) || entries.is_empty() {
        let entries: Vec<String> = entries.iter().map(|entry| quoted(&entry.value)).collect();
        return writeln!(f, "{key} = [{}]", entries.join(", "));
    }
    writeln!(f, "{key} = [")?;
    for entry in entries {
        writeln!(f, "    {}, # {}", quoted(&entry.value), comment(&entry.place.to_string()))?;
    }
    writeln!(f, "]")
}

fn list(f: &mut fmt::Formatter<'_>, key: &str, entries: &[At<String>]) -> fmt::Result {
    list_of(f, key, entries, None)
}

fn rights(f: &mut fmt::Formatter<'_>, entries: &[At<String>], of: &Place) -> fmt::Result {
    list_of(f, "rights", entries, Some(of))
}

fn lines(f: &mut fmt::Formatter<'_>, entries: &[At<String>], of: &Place) -> fmt::Result {
    match entries {
        [] => Ok(()),
        [only] if only.place != *of => {
            writeln!(f, "lines = [{}] # {}", quoted(&only.value), comment(&only.place.to_string()))
        }
        _ => list_of(f, "lines", entries, Some(of)),
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            char if char.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(char))),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// Text for a comment: of one line, without control characters.
fn comment(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
