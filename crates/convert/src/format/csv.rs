//! `csv`: plain tables by documented columns. A table with a column `right` holds grants (`actor`, `right`, `target`), any other holds
//! users (`name`, `lines`, `groups`, `teams`). Tables of users are read before tables of grants.
#![forbid(unsafe_code)]

use super::table::Table;
use crate::builder::{Builder, free_name, unused};
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{At, Group, Rule};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Reads the sources.
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    let mut grants = Vec::new();
    for input in inputs {
        let table = Table::read(input)?;
        match table.column(&["right"]) {
            Some(_) => grants.push(table),
            None => users(&table, builder)?,
        }
    }
    let mut given = Vec::new();
    for table in &grants {
        given.extend(rows(table, builder)?);
    }
    rules(given, builder);
    Ok(())
}

fn users(table: &Table, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let name = table.needed(&["name"])?;
    let columns = ["lines", "groups", "teams"].map(|name| table.column(&[name]));
    let [lines, groups, teams] = columns;
    table.other_columns(&[Some(name), lines, groups, teams], builder);
    for row in &table.rows {
        let Some(login) = row.text(Some(name)) else {
            builder.lost(&row.place, "a row without `name`", "a user needs one");
            continue;
        };
        let Some(user) = builder.user(login, &row.place) else { continue };
        for line in list(row.text(lines)) {
            builder.number(user, line, &row.place);
        }
        for group in list(row.text(groups)) {
            builder.member(group, login, &row.place);
        }
        for team in list(row.text(teams)) {
            if let Some(team) = builder.find_team(team).or_else(|| builder.team(team, &row.place)) {
                builder.agent(team, login, &row.place);
            }
        }
    }
    Ok(())
}

/// The entries of a field, separated by `|`.
pub fn list(field: Option<&str>) -> impl Iterator<Item = &str> {
    field.unwrap_or_default().split('|').map(str::trim).filter(|entry| !entry.is_empty())
}

/// A right of an actor on a target.
type Grant = (At<String>, String, String);

fn rows(table: &Table, builder: &mut Builder<'_>) -> Result<Vec<Grant>, Fault> {
    let (actor, right, target) = (table.needed(&["actor"])?, table.needed(&["right"])?, table.needed(&["target"])?);
    table.other_columns(&[Some(actor), Some(right), Some(target)], builder);
    let mut found = Vec::new();
    for row in &table.rows {
        let cells = [actor, right, target].map(|column| row.text(Some(column)).unwrap_or_default());
        let [actor, right, target] = cells;
        let shown = || format!("{} {} {}", quote(actor), quote(right), quote(target));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if cells.iter().any(|cell| cell.is_empty()) {
            builder.lost(&row.place, shown(), "a grant needs actor, right and target");
        } else if !right.contains('.') || !right.bytes().all(plain) {
            builder.lost(&row.place, shown(), "the right has no name such as `call.pickup`");
        } else {
            match [(actor, false), (target, true)].into_iter().find_map(|(name, target)| unknown(name, target, builder))
            {
                Some(why) => builder.lost(&row.place, shown(), why),
                None => found.push((At::new(actor, &row.place), right.to_owned(), target.to_owned())),
            }
        }
    }
    Ok(found)
}

/// Why a name is no party that the document has.
fn unknown(name: &str, target: bool, builder: &Builder<'_>) -> Option<String> {
    let document = &builder.document;
    let known = match name.split_once(':') {
        Some(("team", team)) => builder.find_team(team).is_some(),
        Some(("group", group)) => document.groups.iter().any(|known| known.name.value == group),
        Some(("sip", address)) => {
            if target {
                return Some("an outside contact is no target".into());
            }
            address.contains('@') && !address.contains(char::is_whitespace)
        }
        Some(_) => false,
        None => builder.find(name).is_some() || builder.user_by_line(name).is_some(),
    };
    (!known).then(|| format!("no user, extension, `team:`, `group:` or `sip:` address is called {}", quote(name)))
}

/// One rule for all actors that have the same rights on one target: exact, and shorter than a rule a row.
fn rules(grants: Vec<Grant>, builder: &mut Builder<'_>) {
    let mut pairs: Vec<(At<String>, String, BTreeSet<String>)> = Vec::new();
    let mut places = BTreeMap::new();
    for (actor, right, target) in grants {
        let at = *places.entry((actor.value.clone(), target.clone())).or_insert(pairs.len());
        match pairs.get_mut(at) {
            Some((_, _, rights)) => drop(rights.insert(right)),
            None => pairs.push((actor, target, BTreeSet::from([right]))),
        }
    }
    let mut rules: Vec<Rule> = Vec::new();
    let mut places = BTreeMap::new();
    let mut names = HashSet::new();
    for (actor, target, rights) in pairs {
        let at = *places.entry((target.clone(), rights.clone())).or_insert(rules.len());
        if let Some(rule) = rules.get_mut(at) {
            rule.actors.push(actor);
            continue;
        }
        let name = unused(&mut names, free_name(&format!("on {target}")));
        let place = actor.place.clone();
        rules.push(Rule {
            name: At::new(name, &place),
            rights: rights.into_iter().map(|right| At::new(right, &place)).collect(),
            targets: vec![At::new(target, &place)],
            actors: vec![actor],
        });
    }
    builder.document.rules.append(&mut rules);
}

impl Builder<'_> {
    /// Puts a user into a group, which is made with its first member.
    pub fn member(&mut self, group: &str, member: &str, place: &crate::model::Place) {
        let groups = &mut self.document.groups;
        match groups.iter_mut().find(|known| known.name.value == group) {
            Some(known) if known.members.iter().any(|known| known.value == member) => {}
            Some(known) => known.members.push(At::new(member, place)),
            None => match crate::builder::name_fault(group) {
                Some(fault) => self.lost(place, format!("group {}", quote(group)), fault),
                None => groups.push(Group { name: At::new(group, place), members: vec![At::new(member, place)] }),
            },
        }
    }

    /// The index of the team of that name.
    pub fn find_team(&self, name: &str) -> Option<usize> {
        self.document.teams.iter().position(|team| team.name.value == name)
    }
}

impl Table {
    /// Lists the columns that are not among `read`, if a row has something in them.
    pub fn other_columns(&self, read: &[Option<usize>], builder: &mut Builder<'_>) {
        for (at, name) in self.columns.iter().enumerate() {
            if read.contains(&Some(at)) {
                continue;
            }
            let filled = self.rows.iter().filter(|row| row.text(Some(at)).is_some()).count();
            if filled > 0 {
                let rows = if filled == 1 { "1 row has".into() } else { format!("{filled} rows have") };
                builder.lost(
                    &self.place,
                    format!("column {}", quote(name)),
                    format!("it is not read; {rows} a value in it"),
                );
            }
        }
    }
}
