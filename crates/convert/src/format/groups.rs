//! Asterisk's call and pickup groups. An endpoint may take the calls of another if its pickup list and the other's call list have a
//! group in common; a number is one of 64, and names are a space of their own. Each group becomes one rule: from those who have it in
//! their pickup list to those who have it in their call list, and never the other way. An empty list is no group.
#![forbid(unsafe_code)]

use crate::builder::{Builder, free_name, unused};
use crate::fault::quote;
use crate::model::{At, Place, Rule};
use std::collections::{BTreeMap, HashSet};

/// Asterisk has the groups 0 to 63.
const MOST: i64 = 63;

/// A group's key: numbers and names never meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Name(String),
}

/// Members of one group.
#[derive(Default)]
struct Members {
    pickers: Vec<At<String>>,
    called: Vec<At<String>>,
}

/// All groups so far.
#[derive(Default)]
pub struct Groups {
    groups: BTreeMap<Key, Members>,
}

/// Which of the two lists of an endpoint.
#[derive(Clone, Copy)]
pub enum List {
    /// Groups whose calls it may take.
    Pickup,
    /// Groups that its own calls belong to.
    Call,
}

impl Groups {
    /// Puts a user into numbered groups.
    pub fn numbered(&mut self, user: &str, list: List, groups: &[i64], place: &Place) {
        for group in groups {
            self.put(Key::Number(*group), list, user, place);
        }
    }

    /// Puts a user into named groups.
    pub fn named(&mut self, user: &str, list: List, groups: &[String], place: &Place) {
        for group in groups {
            self.put(Key::Name(group.clone()), list, user, place);
        }
    }

    fn put(&mut self, key: Key, list: List, user: &str, place: &Place) {
        let members = self.groups.entry(key).or_default();
        let members = match list {
            List::Pickup => &mut members.pickers,
            List::Call => &mut members.called,
        };
        // All groups of a user are added in a row, so a repeated user is the last one.
        if members.last().is_none_or(|last| last.value != user) {
            members.push(At::new(user, place));
        }
    }

    /// Writes one rule for each group that gives something.
    pub fn write(self, builder: &mut Builder<'_>) {
        let mut names = HashSet::new();
        for (key, Members { pickers, called }) in self.groups {
            let (shown, name) = match &key {
                Key::Number(number) => (format!("group {number}"), format!("pickup group {number}")),
                Key::Name(name) => {
                    (format!("named group {}", quote(name)), free_name(&format!("named pickup group {name}")))
                }
            };
            let (Some(first), Some(_)) = (pickers.first(), called.first()) else {
                let (place, why) = match (pickers.first(), called.first()) {
                    (Some(picker), _) => (&picker.place, "only pickup lists have it, no call list: it gives nothing"),
                    (_, Some(called)) => (&called.place, "only call lists have it, no pickup list: it gives nothing"),
                    _ => continue,
                };
                builder.lost(place, shown, why);
                continue;
            };
            if pickers.len() == 1 && called.len() == 1 && called.iter().all(|called| called.value == first.value) {
                let why = format!("only {} has it: it gives nothing", quote(&first.value));
                builder.lost(&first.place, shown, why);
                continue;
            }
            let place = first.place.clone();
            let name = unused(&mut names, name);
            let rights = vec![At::new("call.pickup", &place)];
            builder.document.rules.push(Rule { name: At::new(name, &place), actors: pickers, rights, targets: called });
        }
    }
}

/// The groups of a list such as `1-3,7`, as Asterisk reads it: blanks, a sign and letters after a number are passed over, a part
/// without a number is skipped, and groups above 63 do not exist. What is not carried over is listed.
pub fn numbers(text: &At<String>, what: &str, builder: &mut Builder<'_>) -> Vec<i64> {
    let mut groups = Vec::new();
    if is_null(&text.value) {
        builder.lost(&text.place, format!("{what} {}", quote(&text.value)), "an empty value is no group");
        return groups;
    }
    for part in text.value.split(',') {
        let shown = || format!("{} in {what} {}", quote(part.trim()), quote(&text.value));
        let Some((first, rest)) = number(part) else {
            if !text.value.trim().is_empty() {
                builder.lost(&text.place, shown(), "no group: expected numbers from 0 to 63 and ranges such as `1-3`");
            }
            continue;
        };
        let (last, rest) = match rest.strip_prefix('-').and_then(number) {
            Some((last, rest)) => (last, rest),
            None => (first, rest),
        };
        if !rest.trim().is_empty() {
            let read = if first == last { format!("{first}") } else { format!("{first}-{last}") };
            builder.lost(&text.place, shown(), format!("Asterisk reads {} and passes over the rest", quote(&read)));
        }
        if first > last {
            builder.lost(&text.place, shown(), "the range is empty: its end is before its beginning");
        } else if first < 0 || last > MOST {
            builder.lost(&text.place, shown(), "Asterisk has the groups 0 to 63 and drops others");
        }
        groups.extend((first.max(0)..=last.min(MOST)).filter(|group| !groups.contains(group)).collect::<Vec<_>>());
    }
    groups
}

/// The groups of a list of names. Names count in their case.
pub fn names(text: &At<String>, what: &str, builder: &mut Builder<'_>) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    if is_null(&text.value) {
        builder.lost(&text.place, format!("{what} {}", quote(&text.value)), "an empty value is no group");
        return groups;
    }
    for name in text.value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !groups.iter().any(|known| known == name) {
            groups.push(name.to_owned());
        }
    }
    groups
}

/// Whether a text is how databases write "none". As a group it would hold every endpoint without a group.
pub fn is_null(text: &str) -> bool {
    let text = text.trim();
    ["NULL", "(NULL)", "\\N"].iter().any(|null| text.eq_ignore_ascii_case(null))
}

/// The number at the beginning of a text, after blanks and a sign, and what follows it.
fn number(text: &str) -> Option<(i64, &str)> {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at_checked(end)?;
    // Nine digits: what is longer is no group in any case.
    let value = if digits.len() > 9 { i64::from(i32::MAX) } else { digits.parse().ok()? };
    Some((sign * value, rest))
}
