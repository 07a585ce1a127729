//! `ldif`: people and groups of a directory (RFC 2849). People with a telephone become users, groups become `[[group]]` with their
//! people, those of the groups in them included. It reads content only, no changes, and follows no URL.
#![forbid(unsafe_code)]

use crate::builder::{Builder, name_fault};
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{At, Group, Place};
use base64::Engine as _;
use std::collections::{BTreeMap, HashMap, HashSet};

/// An entry: its attributes by their names in small letters, options such as `;lang-de` cut off.
struct Entry {
    dn: At<String>,
    attributes: HashMap<String, Vec<At<String>>>,
}

impl Entry {
    fn all(&self, name: &str) -> &[At<String>] {
        self.attributes.get(name).map_or(&[], Vec::as_slice)
    }

    fn first(&self, names: &[&str]) -> Option<&At<String>> {
        names.iter().find_map(|name| self.all(name).iter().find(|value| !value.value.trim().is_empty()))
    }

    fn is(&self, classes: &[&str]) -> bool {
        let known = |class: &At<String>| classes.iter().any(|known| class.value.trim().eq_ignore_ascii_case(known));
        self.all("objectclass").iter().any(known)
    }
}

const PEOPLE: [&str; 4] = ["person", "inetorgperson", "organizationalperson", "user"];
const GROUPS: [&str; 4] = ["group", "groupofnames", "groupofuniquenames", "posixgroup"];
/// What a user is called: the first of these that is there.
const LOGINS: [&str; 3] = ["samaccountname", "uid", "cn"];
/// Whose values are telephone numbers, the first line first.
const NUMBERS: [&str; 4] = ["ipphone", "telephonenumber", "otheripphone", "othertelephone"];

/// Reads the sources.
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    let mut entries = Vec::new();
    for input in inputs {
        entries.extend(records(input, builder)?);
    }
    let people = people(&entries, builder);
    groups(&entries, &people, builder);
    Ok(())
}

/// Users by their DN in the form for comparing.
fn people(entries: &[Entry], builder: &mut Builder<'_>) -> HashMap<String, String> {
    let mut people = HashMap::new();
    let mut users = Vec::new();
    for entry in entries.iter().filter(|entry| entry.is(&PEOPLE) && !entry.is(&["computer"]) && !entry.is(&GROUPS)) {
        let shown = format!("person {}", quote(&entry.dn.value));
        if let Some(control) = entry.first(&["useraccountcontrol"]) {
            match control.value.trim().parse::<i64>() {
                Ok(flags) if flags & 2 == 0 => {}
                Ok(_) => {
                    builder.lost(&control.place, shown, "the account is disabled (userAccountControl)");
                    continue;
                }
                Err(_) => {
                    builder.lost(
                        &control.place,
                        shown,
                        "userAccountControl is no number: whether the account is disabled is not known",
                    );
                    continue;
                }
            }
        }
        if !NUMBERS.iter().any(|name| entry.first(&[name]).is_some()) {
            builder.lost(&entry.dn.place, shown, "it has no telephoneNumber and no ipPhone");
            continue;
        }
        let Some(login) = entry.first(&LOGINS) else {
            builder.lost(&entry.dn.place, shown, "it has no sAMAccountName, uid or cn to be called by");
            continue;
        };
        let Some(user) = builder.user(login.value.trim(), &entry.dn.place) else { continue };
        people.insert(folded(&entry.dn.value), login.value.trim().to_owned());
        for note in ["displayname", "department"].iter().filter_map(|name| entry.first(&[name])) {
            builder.note(user, note.value.trim());
        }
        users.push((entry, user));
    }
    for name in NUMBERS {
        for (entry, user) in &users {
            for number in entry.all(name) {
                builder.number(*user, &number.value, &number.place);
            }
        }
    }
    for (entry, user) in &users {
        let Some(manager) = entry.first(&["manager"]) else { continue };
        match people.get(&folded(&manager.value)) {
            Some(manager) => builder.note(*user, format!("manager {manager}")),
            None => builder.lost(
                &manager.place,
                format!("manager {}", quote(&manager.value)),
                "no user of the document has this DN",
            ),
        }
    }
    if let Some((entry, _)) = users.iter().find(|(entry, _)| entry.first(&["manager", "department"]).is_some()) {
        let why = "what a manager or a department may is no fact of a directory: they stand as comments; write a [[rule]] for it";
        builder.lost(&entry.dn.place, "manager and department", why);
    }
    people
}

fn groups(entries: &[Entry], people: &HashMap<String, String>, builder: &mut Builder<'_>) {
    let groups: Vec<&Entry> = entries.iter().filter(|entry| entry.is(&GROUPS)).collect();
    let known: HashMap<String, usize> =
        groups.iter().enumerate().map(|(at, group)| (folded(&group.dn.value), at)).collect();
    let mut direct: Vec<Vec<At<String>>> = groups.iter().map(|_| Vec::new()).collect();
    let mut inside: Vec<Vec<usize>> = groups.iter().map(|_| Vec::new()).collect();
    let logins: HashSet<&str> = people.values().map(String::as_str).collect();
    for ((group, direct), inside) in groups.iter().zip(&mut direct).zip(&mut inside) {
        for member in ["member", "uniquemember"].iter().flat_map(|name| group.all(name)) {
            let dn = folded(&member.value);
            match (people.get(&dn), known.get(&dn)) {
                (Some(login), _) => direct.push(At::new(login.as_str(), &member.place)),
                (_, Some(group)) => inside.push(*group),
                _ => builder.lost(
                    &member.place,
                    format!("member {}", quote(&member.value)),
                    "it is no user or group of the document",
                ),
            }
        }
        for member in group.all("memberuid") {
            match logins.get(member.value.trim()) {
                Some(login) => direct.push(At::new(*login, &member.place)),
                None => builder.lost(
                    &member.place,
                    format!("memberUid {}", quote(&member.value)),
                    "it is no user of the document",
                ),
            }
        }
    }
    primary(entries, &groups, people, &mut direct, builder);
    for entry in entries {
        let Some(login) = people.get(&folded(&entry.dn.value)) else { continue };
        for group in entry.all("memberof") {
            let Some(at) = known.get(&folded(&group.value)) else {
                builder.lost(
                    &group.place,
                    format!("memberOf {}", quote(&group.value)),
                    "the group is not in the files",
                );
                continue;
            };
            if let Some(direct) = direct.get_mut(*at).filter(|direct| !direct.iter().any(|known| known.value == *login))
            {
                direct.push(At::new(login.as_str(), &group.place));
            }
        }
    }
    let mut names: BTreeMap<String, Place> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        let Some(name) = group.first(&["cn", "samaccountname"]).map(|name| name.value.trim().to_owned()) else {
            builder.lost(&group.dn.place, format!("group {}", quote(&group.dn.value)), "it has no cn");
            continue;
        };
        let members = members(at, &direct, &inside);
        let fault = match names.get(&name) {
            Some(first) => Some(format!("another group has this cn, in {first}")),
            None if members.is_empty() => Some("it has no user of the document in it".into()),
            None => name_fault(&name),
        };
        if let Some(fault) = fault {
            builder.lost(&group.dn.place, format!("group {}", quote(&group.dn.value)), fault);
            continue;
        }
        names.insert(name.clone(), group.dn.place.clone());
        builder.document.groups.push(Group { name: At::new(name, &group.dn.place), members });
    }
}

/// Members by primary group: `primaryGroupID` is the last part of the group's SID, `gidNumber` the group's own.
fn primary(
    entries: &[Entry],
    groups: &[&Entry],
    people: &HashMap<String, String>,
    direct: &mut [Vec<At<String>>],
    builder: &mut Builder<'_>,
) {
    for entry in entries {
        let Some(login) = people.get(&folded(&entry.dn.value)) else { continue };
        for name in ["primarygroupid", "gidnumber"] {
            let Some(wanted) = entry.first(&[name]) else { continue };
            let same = |group: &&Entry| match name {
                "gidnumber" => group.first(&["gidnumber"]).is_some_and(|gid| gid.value.trim() == wanted.value.trim()),
                _ => {
                    let token = group.first(&["primarygrouptoken"]).map(|token| token.value.trim().to_owned());
                    let sid = group
                        .first(&["objectsid"])
                        .and_then(|sid| sid.value.rsplit_once('-').map(|(_, last)| last.to_owned()));
                    token.or(sid).is_some_and(|last| last == wanted.value.trim())
                }
            };
            match groups.iter().position(same).and_then(|at| direct.get_mut(at)) {
                Some(direct) => direct.push(At::new(login.as_str(), &wanted.place)),
                None => {
                    let why = "no group of the files has it (primaryGroupToken, objectSid or gidNumber)";
                    builder.lost(
                        &wanted.place,
                        format!("primary group {} of {}", quote(&wanted.value), quote(login)),
                        why,
                    );
                }
            }
        }
    }
}

/// The people of a group and of the groups in it, each once. Circles of groups end.
fn members(group: usize, direct: &[Vec<At<String>>], inside: &[Vec<usize>]) -> Vec<At<String>> {
    let (mut open, mut seen, mut names, mut members) =
        (vec![group], HashSet::from([group]), HashSet::new(), Vec::new());
    while let Some(group) = open.pop() {
        for member in direct.get(group).into_iter().flatten() {
            if names.insert(member.value.as_str()) {
                members.push(member.clone());
            }
        }
        open.extend(inside.get(group).into_iter().flatten().copied().filter(|group| seen.insert(*group)));
    }
    members
}

/// A DN for comparing: in small letters, without blanks around `,` and `=`.
fn folded(dn: &str) -> String {
    let part = |part: &str| {
        let sides: Vec<String> = part.splitn(2, '=').map(|side| side.trim().to_lowercase()).collect();
        sides.join("=")
    };
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for char in dn.chars() {
        if char == ',' && !escaped {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(char);
        }
        escaped = char == '\\' && !escaped;
    }
    parts.iter().map(|text| part(text)).collect::<Vec<_>>().join(",")
}

/// The entries of a file.
fn records(input: &Input, builder: &mut Builder<'_>) -> Result<Vec<Entry>, Fault> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut open = false;
    for (place, line) in unfolded(input)? {
        if line.trim().is_empty() {
            open = false;
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            return Err(Fault::new(&place, 1, format!("{} has no `:`, expected `attribute: value`", quote(&line))));
        };
        let name = name.split(';').next().unwrap_or_default().trim().to_lowercase();
        let column = name.chars().count() + 2;
        let value = match value.chars().next() {
            Some(':') => {
                let coded = value.get(1..).unwrap_or_default().trim();
                let bytes = base64::engine::general_purpose::STANDARD.decode(coded);
                let bytes = bytes.map_err(|error| Fault::new(&place, column + 1, format!("no base64: {error}")))?;
                match String::from_utf8(bytes) {
                    Ok(text) => text,
                    // Pictures, SIDs, certificates: nothing that is read here, but a DN or name must be text.
                    Err(error) => match sid(&name, error.as_bytes()) {
                        Some(sid) => sid,
                        None if name == "dn" || LOGINS.contains(&name.as_str()) || name == "member" => {
                            return Err(Fault::new(&place, column + 1, format!("the value of `{name}` is not UTF-8")));
                        }
                        None => continue,
                    },
                }
            }
            Some('<') => {
                builder.lost(&place, format!("the file that {} names", quote(&name)), "no URL is followed");
                continue;
            }
            _ => value.trim_start_matches(' ').to_owned(),
        };
        if name == "version" && !open {
            if value.trim() != "1" {
                return Err(Fault::new(&place, column, format!("LDIF of version {}, expected 1", quote(value.trim()))));
            }
        } else if name == "dn" {
            entries.push(Entry { dn: At::new(value, &place), attributes: HashMap::new() });
            open = true;
        } else if name == "changetype" {
            return Err(Fault::new(&place, 1, "a list of changes, expected the content of a directory"));
        } else if let Some(entry) = entries.last_mut().filter(|_| open) {
            entry.attributes.entry(name).or_default().push(At::new(value, &place));
        } else {
            return Err(Fault::new(&place, 1, format!("{} before `dn:`, which an entry begins with", quote(&line))));
        }
    }
    Ok(entries)
}

/// A binary SID as text; its last part is what primary groups are named by.
fn sid(name: &str, bytes: &[u8]) -> Option<String> {
    let (_, last) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    let last = u32::from_le_bytes(last.try_into().ok()?);
    (name == "objectsid").then(|| format!("S-{last}"))
}

/// The lines of a file: one that begins with a blank goes on with the line before it.
fn unfolded(input: &Input) -> Result<Vec<(Place, String)>, Fault> {
    let mut lines: Vec<(Place, String)> = Vec::new();
    for (place, line) in input.lines() {
        match (line.strip_prefix(' '), lines.last_mut()) {
            (Some(_), None) => {
                return Err(Fault::new(
                    &place,
                    1,
                    "the first line begins with a blank: there is no line to go on with",
                ));
            }
            (Some(rest), Some((_, last))) if !last.is_empty() => last.push_str(rest),
            (Some(rest), Some(_)) if !rest.trim().is_empty() => {
                return Err(Fault::new(
                    &place,
                    1,
                    "a line that begins with a blank after an empty line: there is no line to go on with",
                ));
            }
            _ => lines.push((place, line.to_owned())),
        }
    }
    Ok(lines)
}
