//! `freepbx`: the database of FreePBX as a SQL dump. Extensions are users; pickup groups become rules as of `pjsip`; ring groups and
//! queues are teams; groups of the user manager are groups. What another table says is passed over.
#![forbid(unsafe_code)]

use super::dialplan::Extensions;
use super::endpoint::{Endpoint, LISTS};
use super::groups::is_null;
use super::pjsip::{Refusal, carry};
use super::queues::device;
use super::sql;
use super::table::{Row, Table};
use crate::builder::{Builder, free_name};
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{At, Group};
use std::collections::{BTreeMap, HashMap};

/// Reads the sources. A dump without extensions is a fault.
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    for input in inputs {
        if input.text.starts_with("\u{1f}\u{8b}") || input.base().ends_with("gz") || input.base().ends_with(".tar") {
            return Err(Fault::file(&input.name, "a backup is an archive, expected the SQL dump in it"));
        }
        let tables = sql::read(input)?;
        let users = tables.get("users").ok_or_else(|| Fault::file(&input.name, "holds no table `users`"))?;
        extensions(users, tables.get("sip"), builder)?;
        if let Some(table) = tables.get("ringgroups") {
            ring_groups(table, builder)?;
        }
        if let Some(table) = tables.get("queues_config") {
            queues(table, tables.get("queues_details"), builder)?;
        }
        if let (Some(groups), Some(people)) = (tables.get("userman_groups"), tables.get("userman_users")) {
            user_groups(groups, people, builder)?;
        }
    }
    Ok(())
}

/// A field that says something.
fn said(row: &Row, column: Option<usize>) -> Option<At<String>> {
    row.at(column).filter(|text| !is_null(&text.value))
}

/// Extensions with their groups, which stand in `sip` as one row a keyword.
fn extensions(users: &Table, sip: Option<&Table>, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let mut settings: HashMap<String, BTreeMap<String, At<String>>> = HashMap::new();
    if let Some(table) = sip {
        let columns = [table.needed(&["id"])?, table.needed(&["keyword"])?, table.needed(&["data"])?].map(Some);
        for row in &table.rows {
            let [Some(id), Some(keyword), Some(data)] = columns.map(|column| said(row, column)) else { continue };
            settings.entry(id.value).or_default().insert(keyword.value.to_lowercase(), data);
        }
    }
    let (extension, name) = (users.needed(&["extension"])?, users.column(&["name"]));
    let mut endpoints = Vec::new();
    for row in &users.rows {
        let Some(id) = said(row, Some(extension)) else {
            builder.lost(&row.place, "a row of `users` without `extension`", "an extension needs a number");
            continue;
        };
        let own = settings.remove(&id.value).unwrap_or_default();
        let shown = said(row, name).map(|name| At::new(format!("{} <{}>", name.value, id.value), &name.place));
        endpoints.push(Endpoint {
            lists: LISTS.map(|list| own.get(list).or_else(|| own.get(&list.replace('_', ""))).cloned()),
            callerid: shown,
            context: own.get("context").cloned(),
            trunk: None,
            name: id.value,
            place: id.place,
        });
    }
    carry(endpoints, &Extensions::default(), Refusal::NotLoaded, builder);
    Ok(())
}

/// A ring group is a team of the extensions in it.
fn ring_groups(table: &Table, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let (number, list) = (table.needed(&["grpnum"])?, table.needed(&["grplist"])?);
    let about = table.column(&["description"]);
    for row in &table.rows {
        let Some(number) = said(row, Some(number)) else { continue };
        let Some(team) = team(&number, said(row, about), "ring group", builder) else { continue };
        for member in said(row, Some(list)).iter().flat_map(|list| list.value.split('-')).map(str::trim) {
            agent(team, member, &At::new(member, &row.place), builder);
        }
    }
    Ok(())
}

/// A queue with its static agents.
fn queues(table: &Table, details: Option<&Table>, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let (extension, about) = (table.needed(&["extension"])?, table.column(&["descr"]));
    let mut teams = HashMap::new();
    for row in &table.rows {
        let Some(number) = said(row, Some(extension)) else { continue };
        if let Some(team) = team(&number, said(row, about), "queue", builder) {
            teams.insert(number.value, team);
        }
    }
    let Some(details) = details else { return Ok(()) };
    let columns = [details.needed(&["id"])?, details.needed(&["keyword"])?, details.needed(&["data"])?].map(Some);
    for row in &details.rows {
        let [Some(id), Some(keyword), Some(data)] = columns.map(|column| said(row, column)) else { continue };
        if keyword.value != "member" {
            continue;
        }
        let Some(team) = teams.get(&id.value) else { continue };
        let interface = data.value.split(',').next().unwrap_or_default();
        let local = interface.strip_prefix("Local/").and_then(|rest| rest.split('@').next()).map(str::to_owned);
        let member = device(interface).or(local).unwrap_or_else(|| interface.to_owned());
        agent(*team, &member, &data, builder);
    }
    Ok(())
}

/// A team by its number, with the description as its name where it has one.
fn team(number: &At<String>, about: Option<At<String>>, what: &str, builder: &mut Builder<'_>) -> Option<usize> {
    let named = about.map_or_else(|| format!("{what} {}", number.value), |about| about.value);
    let team = builder.team(&free_name(&named), &number.place)?;
    builder.team_line(team, &number.value, &number.place);
    Some(team)
}

/// An agent, who must be an extension; any other number is listed.
fn agent(team: usize, member: &str, at: &At<String>, builder: &mut Builder<'_>) {
    if member.is_empty() {
        return;
    }
    match builder.find(member) {
        Some(_) => builder.agent(team, member, &at.place),
        None => builder.lost(&at.place, format!("member {}", quote(&at.value)), "it is no extension of this system"),
    }
}

/// Groups of the user manager, by the extension of each user.
fn user_groups(groups: &Table, people: &Table, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let (id, extension) = (people.needed(&["id"])?, people.needed(&["default_extension"])?);
    let mut extensions = HashMap::new();
    for row in &people.rows {
        if let (Some(id), Some(extension)) = (said(row, Some(id)), said(row, Some(extension))) {
            extensions.insert(id.value, extension.value);
        }
    }
    let (name, members) = (groups.needed(&["groupname"])?, groups.needed(&["users"])?);
    for row in &groups.rows {
        let Some(name) = said(row, Some(name)) else { continue };
        let text = said(row, Some(members)).map_or_else(|| "[]".to_owned(), |members| members.value);
        let Ok(ids) = serde_json::from_str::<Vec<serde_json::Value>>(&text) else {
            builder.lost(&row.place, format!("group {}", quote(&name.value)), "its users are no list");
            continue;
        };
        let mut group = Group { name: At::new(free_name(&name.value), &name.place), members: Vec::new() };
        for id in ids.iter().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)) {
            let extension = extensions.get(&id).filter(|extension| builder.find(extension).is_some());
            match extension {
                Some(extension) if group.members.iter().any(|known| known.value == *extension) => {}
                Some(extension) => group.members.push(At::new(extension.clone(), &row.place)),
                None => builder.lost(
                    &row.place,
                    format!("user {} in group {}", quote(&id), quote(&name.value)),
                    "it has no extension",
                ),
            }
        }
        if group.members.is_empty() {
            builder.lost(&row.place, format!("group {}", quote(&name.value)), "no user with an extension is in it");
        } else if builder.document.groups.iter().any(|known| known.name.value == group.name.value) {
            builder.lost(&row.place, format!("group {}", quote(&name.value)), "a group of that name is there already");
        } else {
            builder.document.groups.push(group);
        }
    }
    Ok(())
}
