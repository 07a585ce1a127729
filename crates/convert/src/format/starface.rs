//! `starface-csv`: STARFACE's list of users. Groups become teams with their members as agents. Of the columns of permissions one has a
//! counterpart: `group_redirect_perm`, the forwarding of one's own groups; the others are about a user's own menus and are listed.
#![forbid(unsafe_code)]

use super::csv::list;
use super::table::{Row, Table};
use crate::builder::Builder;
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{At, Rule};

/// Reads the sources.
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    for input in inputs {
        users(&Table::read(input)?, builder)?;
    }
    Ok(())
}

fn users(table: &Table, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let login = table.needed(&["login", "loginId", "username"])?;
    let first = table.column(&["firstName", "first name"]);
    let family = table.column(&["familyName", "lastName", "last name"]);
    let internal = table.column(&["internalNumbers", "internalPhoneNumbers", "extension"]);
    let external = table.column(&["externalNumbers", "externalPhoneNumbers"]);
    let groups = table.column(&["groups", "userGroups"]);
    let redirect = table.column(&["group_redirect_perm"]);
    table.other_columns(&[Some(login), first, family, internal, external, groups, redirect], builder);
    for row in &table.rows {
        let Some(name) = row.text(Some(login)) else {
            builder.lost(&row.place, "a row without a login", "a user needs one");
            continue;
        };
        let Some(user) = builder.user(name, &row.place) else { continue };
        let full: Vec<&str> = [first, family].into_iter().filter_map(|column| row.text(column)).collect();
        if !full.is_empty() {
            builder.note(user, full.join(" "));
        }
        for number in list(row.text(internal)).chain(list(row.text(external))) {
            builder.number(user, number, &row.place);
        }
        let mut own = Vec::new();
        for group in list(row.text(groups)) {
            if let Some(team) = builder.find_team(group).or_else(|| builder.team(group, &row.place)) {
                builder.agent(team, name, &row.place);
                own.push(At::new(format!("team:{group}"), &row.place));
            }
        }
        if yes(row, redirect, "group_redirect_perm", builder) && !own.is_empty() {
            let at = |text: &str| At::new(text, &row.place);
            builder.document.rules.push(Rule {
                name: At::new(format!("forwarding of the groups of {name}"), &row.place),
                actors: vec![at(name)],
                rights: vec![at("forwarding.set")],
                targets: own,
            });
        }
    }
    Ok(())
}

/// Whether a permission is set; a value that says neither is listed, and is a no.
fn yes(row: &Row, column: Option<usize>, name: &str, builder: &mut Builder<'_>) -> bool {
    let Some(value) = row.text(column) else { return false };
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => true,
        "false" | "0" | "no" => false,
        _ => {
            builder.lost(
                &row.place,
                format!("{} in {}", quote(value), quote(name)),
                "expected true or false; taken as false",
            );
            false
        }
    }
}
