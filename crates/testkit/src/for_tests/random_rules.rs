//! Random groups and rules of linewarden's own system, as the text of a policy document.
#![forbid(unsafe_code)]

use super::{Choices, Names, put, put_list, put_table};

#[rustfmt::skip]
const RIGHTS: [&str; 36] = [
    "call.pickup", "call.pickup.first", "call.pickup.additional", "forwarding.set", "forwarding.set.second",
    "forwarding.bypass", "call.control", "line.busy.read", "call.number_incoming.read", "call.detail.read.first",
    "contact.name.read", "roster.see_team", "roster.see_user", "presence.status.read", "call.park", "call.retrieve",
    "call.barge", "call.listen", "call.whisper", "call.record", "forwarding.to.internal", "forwarding.to.local",
    "forwarding.to.national", "forwarding.to.mobile", "forwarding.to.international", "forwarding.to.premium",
    "call.to.internal", "call.to.local", "call.to.national", "call.to.mobile", "call.to.international",
    "call.to.premium", "contact.photo.read", "calendar.private.time.read", "note.set", "forwarding.target.read",
];
const WORDS: [&str; 4] = ["everyone", "everyone and teams", "same site", "own team"];

pub(super) fn write(text: &mut String, own: &Names, contacts: &[String], choose: &mut Choices<'_>) {
    let groups: Vec<String> = (0..choose.below(6)).map(|group| format!("group{group}")).collect();
    for (group, place) in groups.iter().zip(0..) {
        put_table(text, "group", group);
        // Groups hold only those behind them: no circle.
        let inner: Vec<String> = groups.iter().skip(place + 1).map(|inner| format!("group:{inner}")).collect();
        let mut members = parties(own, contacts, 30, choose);
        members.extend(choose.some(&inner, 40));
        put_list(text, "members", &members);
    }
    let groups: Vec<String> = groups.iter().map(|group| format!("group:{group}")).collect();
    for rule in 0..choose.below(8) {
        put_table(text, "rule", &format!("rule{rule}"));
        let mut rights = choose.some(&RIGHTS, 15);
        if rights.is_empty() {
            rights = vec![choose.pick(&RIGHTS)];
        }
        put_list(text, "rights", &rights);
        let by_line = rights
            .iter()
            .any(|right| right.ends_with(".first") || right.ends_with(".second") || right.ends_with(".additional"));
        if !by_line && choose.chance(25) {
            put_list(text, "lines", &[choose.pick(&["first", "second", "additional"])]);
        }
        let mut list = |key: &str, words: &[&str], percent: usize, choose: &mut Choices<'_>| {
            let mut list = parties(own, contacts, percent, choose);
            list.extend(choose.some(&groups, percent));
            list.extend(choose.some(words, percent + 10).iter().map(|word| word.to_string()));
            put_list(text, key, &list);
        };
        list("actors", &WORDS[..1], 25, choose);
        list("targets", &[&WORDS[..], &["oneself"]].concat(), 20, choose);
        if choose.chance(40) {
            list("except_actors", &WORDS[..1], 10, choose);
        }
        if choose.chance(50) {
            list("except", &WORDS, 10, choose);
        }
        when(text, choose);
    }
}

/// Users, contacts and teams.
fn parties(own: &Names, contacts: &[String], percent: usize, choose: &mut Choices<'_>) -> Vec<String> {
    let mut parties = own.members(percent, choose);
    parties.extend(choose.some(contacts, percent));
    let teams: Vec<String> = own.teams.iter().map(|team| format!("team:{team}")).collect();
    parties.extend(choose.some(&teams, percent));
    parties
}

/// The members of a list: names, and tables for some that have dates.
pub(super) fn put_members(text: &mut String, key: &str, members: &[String], choose: &mut Choices<'_>) {
    let members: Vec<String> = members
        .iter()
        .map(|member| match choose.dated && choose.chance(20) {
            true => {
                let mut table = String::new();
                when(&mut table, choose);
                let keys: Vec<&str> = table.lines().collect();
                let rest = if keys.is_empty() { String::new() } else { format!(", {}", keys.join(", ")) };
                format!("{{ name = {member:?}{rest} }}")
            }
            false => format!("{member:?}"),
        })
        .collect();
    text.push_str(&format!("{key} = [{}]\n", members.join(", ")));
}

/// The instants at which facts of random companies begin and end, in their order: leap days, both changes of the clocks in Berlin and
/// New York, years' ends, and instants one second apart.
pub const EDGES: [&str; 13] = [
    "2024-02-29T00:00:00Z",
    "2026-03-08T02:00:00-05:00",
    "2026-03-29T00:59:59Z",
    "2026-03-29T02:00:00+01:00",
    "2026-03-29T01:30:00Z",
    "2026-10-25T02:30:00+02:00",
    "2026-10-25T01:00:00Z",
    "2026-11-01T06:00:00Z",
    "2026-12-31T22:59:59Z",
    "2027-01-01T00:00:00+01:00",
    "2026-12-31T23:00:01Z",
    "2028-02-29T00:00:00Z",
    "2028-03-01T00:00:00Z",
];

const HOURS: [&str; 9] = [
    "Mo-Fr 08:00-18:00 Europe/Berlin",
    "Fr 22:00-06:00 America/New_York",
    "00:00-24:00 Asia/Kathmandu",
    "Sa-Mo 02:00-03:00 Europe/Berlin",
    "Su 02:15-02:45 Europe/Berlin",
    "Sa 22:00-03:00 Europe/Berlin",
    "Th 23:30-00:30 Europe/Berlin",
    "Su 01:30-02:30 Australia/Lord_Howe",
    "We 12:00-11:59 UTC",
];

/// Dates of which some end, some begin, and some go on at the instants that tests ask for: [`EDGES`].
pub(super) fn when(text: &mut String, choose: &mut Choices<'_>) {
    if !choose.dated {
        return;
    }
    let (one, other) = (choose.below(EDGES.len()), choose.below(EDGES.len()));
    if one != other && choose.chance(45) {
        put(text, "from", EDGES[one.min(other)]);
    }
    if one != other && choose.chance(45) {
        put(text, "until", EDGES[one.max(other)]);
    }
    if choose.chance(35) {
        let mut some = choose.some(&HOURS, 25);
        if some.is_empty() {
            some.push(choose.pick(&HOURS));
        }
        put_list(text, "hours", &some);
    }
}
