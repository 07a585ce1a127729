//! Names that look the same and extensions that cannot be dialled, in every system. It must never read rights.
#![forbid(unsafe_code)]

use super::Report;
use crate::id::Line;
use crate::policy::codes::Function;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Below so many seconds the longest age is in reach of a database that is only slow.
const SHORT: u32 = 5;

pub(super) fn check(report: &mut Report<'_>) {
    let domain = report.domain;
    let party = |party| report.directory.named(party).map_or("", |named| &*named.name);
    let of_users = domain.users.iter().flat_map(|user| user.lines.iter().map(|line| (line.as_str(), user.line)));
    let of_teams = domain.teams.iter().flat_map(|team| team.lines.iter().map(|line| (line.as_str(), team.line)));
    let lists: [(&str, Vec<(&str, Line)>); 10] = [
        ("users", domain.users.iter().map(|user| (party(user.party), user.line)).collect()),
        ("contacts", domain.contacts.iter().map(|contact| (party(contact.party), Line::default())).collect()),
        ("extensions", of_users.chain(of_teams).collect()),
        ("teams", domain.teams.iter().map(|team| (party(team.party), team.line)).collect()),
        ("locations and devices", domain.stations.iter().map(|station| (party(station.party), station.line)).collect()),
        ("sites", domain.xphone.sites.iter().map(|site| (&*site.name, site.line)).collect()),
        ("workgroups", domain.xphone.workgroups.iter().map(|group| (&*group.name, group.line)).collect()),
        ("monitoring groups", domain.xphone.monitoring_groups.iter().map(|group| (&*group.name, group.line)).collect()),
        ("authorization groups", domain.estos.groups.iter().map(|group| (&*group.name, group.line)).collect()),
        ("permissions", domain.pascom.permissions.iter().map(|entry| (&*entry.name, entry.line)).collect()),
    ];
    for (what, names) in &lists {
        similar(report, what, names);
    }
    undiallable(report);
    odd(report);
    if (1..SHORT).contains(&domain.longest_age) {
        let message = format!(
            "a `longest_age` of {} s: a node hears each second from its cluster and connects anew after 2 s of silence, so a short \
             disturbance stops all calls; expected {SHORT} at least",
            domain.longest_age
        );
        report.add_whole("short-longest-age", &message);
    }
}

/// Names of one list that look the same. Each later one is reported with the first.
fn similar(report: &mut Report<'_>, what: &str, names: &[(&str, Line)]) {
    let mut seen: HashMap<String, &str> = HashMap::with_capacity(names.len());
    for (name, line) in names {
        let first = *seen.entry(look(name)).or_insert(name);
        if first == *name {
            continue;
        }
        let pair = format!("{} and {}", shown(first), shown(name));
        let how = "in letter case, width or invisible characters only";
        let differ = format!("differ {how}");
        let names = if what == "extensions" { what.to_owned() } else { format!("names of {what}") };
        let many = format!("{names} differ from another one {how}");
        report.add("similar-names", *line, many, || pair.clone(), || format!("{what} {pair} {differ}"));
    }
}

/// The look of a name without letter case and width: compatibility forms unified (NFKC), case folded, invisible characters
/// removed.
fn look(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let seen = |text: &str| text.chars().filter(|c| !is_invisible(*c)).nfkc().collect::<String>();
    // Upper case first, which unifies more letters: `\u{df}` and `ss`.
    seen(&seen(name).to_uppercase().to_lowercase())
}

/// Unicode's Default_Ignorable_Code_Point: shown as nothing.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f | 0x202a..=0x202e
        | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfff8 | 0x1bca0..=0x1bca3
        | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// A name in backticks, its invisible characters escaped.
fn shown(name: &str) -> String {
    let visible = |c: char| if is_invisible(c) { c.escape_unicode().to_string() } else { c.to_string() };
    crate::wording::quote(&name.chars().map(visible).collect::<String>())
}

/// Extensions with more than digits: a telephone sends only digits after a function code.
fn undiallable(report: &mut Report<'_>) {
    let domain = report.domain;
    if Function::ALL.iter().all(|function| domain.codes.code(*function).is_empty()) {
        return;
    }
    let users = domain.users.iter().map(|user| (user.party, &user.lines, user.line));
    let teams = domain.teams.iter().map(|team| (team.party, &team.lines, team.line));
    for (party, lines, line) in users.chain(teams) {
        for extension in lines.iter().filter(|extension| !extension.bytes().all(|byte| byte.is_ascii_digit())) {
            let whose = report.name(party);
            report.add(
                "undiallable-extension",
                line,
                "extensions have more than digits, so no telephone can dial them after a function code",
                || format!("`{extension}` of {whose}"),
                || format!("extension `{extension}` of {whose} has more than digits, so no telephone can dial it after a function code"),
            );
        }
    }
}

/// What ends an argument, a mark or an expression in a PBX's dialplan. A dialplan that is handed such a name in plain text takes
/// part of it for another name.
const DIALPLAN: &[char] = &[',', '&', '|', '@', '^', '$', ';', '"', '\\', '(', ')', '{', '}', '[', ']'];

fn odd(report: &mut Report<'_>) {
    let domain = report.domain;
    let users = domain.users.iter().map(|user| (user.party, user.line));
    let teams = domain.teams.iter().map(|team| (team.party, team.line));
    let stations = domain.stations.iter().map(|station| (station.party, station.line));
    for (party, line) in users.chain(teams).chain(stations) {
        let holds = report.directory.named(party).is_some_and(|named| named.name.contains(DIALPLAN));
        if holds {
            let whose = report.name(party);
            report.add(
                "odd-name",
                line,
                "names hold a character that ends an argument in a PBX's dialplan",
                || whose.clone(),
                || format!("the name {whose} holds a character that ends an argument in a PBX's dialplan"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_meet_where_readers_see_no_difference() {
        for (one, other) in [
            ("Bob", "bob"),
            ("bob", "\u{ff42}\u{ff4f}\u{ff42}"),
            ("bob", "b\u{200b}ob"),
            ("\u{ff76}\u{ff9e}", "\u{30ac}"),
            ("Jos\u{e9}", "jose\u{301}"),
            ("Stra\u{df}e", "STRASSE"),
            ("sales\u{3000}west", "sales west"),
        ] {
            assert_eq!(look(one), look(other), "{one:?} {other:?}");
        }
        // Names that a careful reader can distinguish stay distinct, letters of other scripts included.
        for (one, other) in [("bob", "rob"), ("jose", "jos\u{e9}"), ("a", "\u{430}"), ("sales west", "saleswest")] {
            assert_ne!(look(one), look(other), "{one:?} {other:?}");
        }
        assert_eq!(shown("b\u{200b}ob"), "`b\\u{200b}ob`");
    }
}
