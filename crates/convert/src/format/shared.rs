//! `shared-groups`: groups of an XMPP server that show each other. Prosody's sharedgroups.txt: who is in a group sees all others in it. The
//! SQL dump of ejabberd (`sr_group`, `sr_user`): who is in a group sees those groups that it displays, one way. They become rules for
//! `presence.status.read`; who may write to whom is not said by them.
#![forbid(unsafe_code)]

use super::sql;
use super::table::Table;
use crate::builder::{Builder, free_name};
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{At, Group, Place, Rule};
use std::collections::{BTreeMap, BTreeSet};

const RIGHT: &str = "presence.status.read";

/// Reads the sources.
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    for input in inputs {
        match input.base().ends_with(".sql") {
            true => ejabberd(input, builder)?,
            false => prosody(input, builder)?,
        }
    }
    Ok(())
}

/// The user of an address of the domain; a new one is added. Others are listed.
fn member(jid: &str, place: &Place, builder: &mut Builder<'_>) -> Option<String> {
    let (name, host) = jid.split_once('@').unwrap_or((jid, ""));
    if !host.eq_ignore_ascii_case(&builder.document.domain) {
        builder.lost(place, format!("member {}", quote(jid)), "it is of another domain");
        return None;
    }
    let name = name.to_lowercase();
    builder.has_user(&name, place).then_some(name)
}

/// `[Name]` or `[+Name]`, then `user@host` or `user@host=Shown name` a line.
fn prosody(input: &Input, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, line) in input.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let name = header.strip_suffix(']').ok_or_else(|| Fault::new(&place, 1, "`[` without `]`"))?;
            if let Some(public) = name.strip_prefix('+') {
                let why =
                    "all users of the server have it in their rosters: write a rule with `actors = [\"everyone\"]`";
                builder.lost(&place, format!("public group {}", quote(public)), why);
            }
            let name = free_name(name.trim_start_matches('+'));
            groups.push(Group { name: At::new(name, &place), members: Vec::new() });
            continue;
        }
        let Some(group) = groups.last_mut() else {
            return Err(Fault::new(&place, 1, "an address before the first `[group]`"));
        };
        let jid = line.split('=').next().unwrap_or_default().trim();
        if let Some(name) = member(jid, &place, builder)
            && !group.members.iter().any(|known| known.value == name)
        {
            group.members.push(At::new(name, &place));
        }
    }
    let shows =
        groups.iter().map(|group| (group.name.value.clone(), group.name.value.clone(), group.name.place.clone()));
    let shows = shows.collect();
    write(groups, shows, builder);
    Ok(())
}

/// Groups, and which of them see which: viewer, shown, where it is said.
fn write(groups: Vec<Group>, shows: Vec<(String, String, Place)>, builder: &mut Builder<'_>) {
    let mut kept = BTreeSet::new();
    for group in groups {
        let (name, place) = (group.name.value.clone(), group.name.place.clone());
        if group.members.is_empty() {
            builder.lost(&place, format!("group {}", quote(&name)), "no user of the domain is in it");
        } else if !kept.insert(name.clone()) {
            builder.lost(&place, format!("group {}", quote(&name)), "a group of that name is there already");
        } else {
            builder.document.groups.push(group);
        }
    }
    let mut rules = BTreeSet::new();
    for (viewer, shown, place) in shows {
        if !kept.contains(&viewer) {
            continue;
        }
        if !kept.contains(&shown) {
            builder.lost(
                &place,
                format!("group {}", quote(&shown)),
                format!("{} displays it, and there is none", quote(&viewer)),
            );
            continue;
        }
        let name = free_name(&if viewer == shown {
            format!("{viewer} sees itself")
        } else {
            format!("{viewer} sees {shown}")
        });
        if !rules.insert(name.clone()) {
            continue;
        }
        let of = |group: &str| vec![At::new(format!("group:{group}"), &place)];
        let rights = vec![At::new(RIGHT, &place)];
        builder.document.rules.push(Rule {
            name: At::new(name, &place),
            actors: of(&viewer),
            rights,
            targets: of(&shown),
        });
    }
}

/// ejabberd's tables `sr_group` and `sr_user`.
fn ejabberd(input: &Input, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let mut tables = sql::read(input)?;
    let mut table = |name: &str| -> Result<Table, Fault> {
        tables.remove(name).ok_or_else(|| Fault::file(&input.name, format!("holds no table `{name}`")))
    };
    let (described, users) = (table("sr_group")?, table("sr_user")?);
    let mut members: BTreeMap<String, Vec<At<String>>> = BTreeMap::new();
    let (jid, in_group) = (users.needed(&["jid"])?, users.needed(&["grp"])?);
    for row in &users.rows {
        let (Some(jid), Some(group)) = (row.at(Some(jid)), row.at(Some(in_group))) else { continue };
        if let Some(name) = member(&jid.value, &row.place, builder) {
            let list = members.entry(group.value).or_default();
            if !list.iter().any(|known| known.value == name) {
                list.push(At::new(name, &row.place));
            }
        }
    }
    let (name, options) = (described.needed(&["name"])?, described.needed(&["opts"])?);
    let host = described.column(&["host"]);
    let (mut groups, mut shows) = (Vec::new(), Vec::new());
    for row in &described.rows {
        let (Some(name), Some(options)) = (row.at(Some(name)), row.at(Some(options))) else { continue };
        if row.text(host).is_some_and(|host| !host.eq_ignore_ascii_case(&builder.document.domain)) {
            builder.lost(&row.place, format!("group {}", quote(&name.value)), "it is of another domain");
            continue;
        }
        for everyone in ["all_users", "online_users"] {
            if options.value.contains(everyone) && !options.value.contains(&format!("{{{everyone},false}}")) {
                let why = "the server puts users into it by itself: only those that are named are carried";
                builder.lost(&row.place, format!("`{everyone}` of group {}", quote(&name.value)), why);
            }
        }
        let own = free_name(&name.value);
        for shown in displayed(&options.value) {
            shows.push((own.clone(), free_name(&shown), row.place.clone()));
        }
        groups.push(Group { name: At::new(own, &row.place), members: members.remove(&name.value).unwrap_or_default() });
    }
    for (group, left) in members {
        if let Some(first) = left.first() {
            builder.lost(&first.place, format!("group {}", quote(&group)), "users are in it, and it is not described");
        }
    }
    write(groups, shows, builder);
    Ok(())
}

/// The names in `{displayed_groups,[<<"a">>,<<"b">>]}` of Erlang's options.
fn displayed(options: &str) -> Vec<String> {
    let Some((_, rest)) = options.split_once("displayed_groups") else { return Vec::new() };
    let list = rest.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    list.split("<<\"").skip(1).filter_map(|part| part.split_once("\">>")).map(|(name, _)| name.to_owned()).collect()
}
