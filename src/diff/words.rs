//! How a difference is told: a phrase for every right, a name for a set of parties.
#![forbid(unsafe_code)]

use super::rectangles::{Rectangle, hash_of};
use crate::id::Kind;
use crate::right::{Right, RightSet};
use std::collections::HashMap;

/// A phrase for every right, the weightiest first; the party follows it. For a right that depends on the line `{}` stands where
/// the lines are named; the text between `[` and `]` is left out when it holds for all lines.
const PHRASES: [(Right, &str); 53] = [
    (Right::CALL_PICKUP, "pick up[ the {} of]"),
    (Right::FORWARDING_SET, "set the forwarding[ of the {}] of"),
    (Right::CALL_CONTROL, "control the calls of"),
    (Right::LOCATION_LOGIN, "log in at"),
    (Right::FORWARDING_BYPASS, "ring through the forwarding of"),
    (Right::PRESENCE_SET, "set the presence of"),
    (Right::NOTE_SET, "set the note of"),
    (Right::RELATION_CHANGE, "change the level of"),
    (Right::RELATION_ANSWER, "answer the requests of"),
    (Right::RELATION_ASK, "ask for the presence of"),
    (Right::PROFILE_MANAGE_OWN, "manage the client profiles of"),
    (Right::CHAT_EXCHANGE, "chat with"),
    (Right::LINE_BUSY_READ, "see the busy lamp of"),
    (Right::CALL_DETAIL_READ, "see the calls[ on the {}] of"),
    (Right::CALL_NUMBER_IN_CALL_READ, "see the number during a call[ on the {}] of"),
    (Right::CALL_NUMBER_INCOMING_READ, "see the incoming numbers[ on the {}] of"),
    (Right::CALL_NUMBER_OUTGOING_READ, "see the outgoing numbers[ on the {}] of"),
    (Right::CALL_HELD_PARTY_READ, "see whom a transfer keeps on hold at"),
    (Right::FORWARDING_TARGET_READ, "see the forwarding target[ of the {}] of"),
    (Right::FORWARDING_STATE_READ, "see the forwarding state[ of the {}] of"),
    (Right::PRESENCE_DETAILED_READ, "see the detailed presence of"),
    (Right::PRESENCE_STATUS_READ, "see the presence of"),
    (Right::PRESENCE_TEXT_READ, "see the presence text of"),
    (Right::PRESENCE_SYMBOL_READ, "see the presence symbol of"),
    (Right::NOTE_READ, "see the note of"),
    (Right::CALENDAR_PRIVATE_SUBJECT_READ, "see the subjects of private appointments of"),
    (Right::CALENDAR_PRIVATE_TIME_READ, "see the times of private appointments of"),
    (Right::CALENDAR_PUBLIC_SUBJECT_READ, "see the subjects of appointments of"),
    (Right::CALENDAR_PUBLIC_TIME_READ, "see the times of appointments of"),
    (Right::LINE_NUMBERS_READ, "see the line numbers of"),
    (Right::AV_PARTICIPANTS_READ, "see the audio and video partners of"),
    (Right::AV_BUSY_READ, "see the audio and video state of"),
    (Right::CONTACT_DETAILED_READ, "see the private contact data of"),
    (Right::CONTACT_GENERAL_READ, "see the business contact data of"),
    (Right::CONTACT_PHONE_PRIVATE_READ, "see the private phone of"),
    (Right::CONTACT_PHONE_MOBILE_READ, "see the mobile number of"),
    (Right::CONTACT_PHONE_OTHER_READ, "see the further numbers of"),
    (Right::CONTACT_PAGER_READ, "see the pager of"),
    (Right::CONTACT_SIP_ADDRESS_READ, "see the SIP address of"),
    (Right::CONTACT_PHONE_WORK_READ, "see the work phone of"),
    (Right::CONTACT_PHONE_WORK2_READ, "see the second work phone of"),
    (Right::CONTACT_FAX_BUSINESS_READ, "see the fax number of"),
    (Right::CONTACT_EMAIL_READ, "see the e-mail address of"),
    (Right::CONTACT_PHOTO_READ, "see the photo of"),
    (Right::CONTACT_JOB_TITLE_READ, "see the job title of"),
    (Right::CONTACT_COMPANY_READ, "see the company of"),
    (Right::CONTACT_DEPARTMENT_READ, "see the department of"),
    (Right::CONTACT_OFFICE_READ, "see the office of"),
    (Right::CONTACT_ADDRESS_BUSINESS_READ, "see the business address of"),
    (Right::CONTACT_WEBSITE_READ, "see the website of"),
    (Right::CONTACT_NAME_READ, "see the name of"),
    (Right::ROSTER_SEE_USER, "see the contact entry of"),
    (Right::ROSTER_SEE_TEAM, "see the team entry of"),
];

/// Rights whose phrase says that of the others, too.
const SAYS_ALSO: [(Right, &[Right]); 4] = [
    (
        Right::CONTACT_GENERAL_READ,
        &[
            Right::CONTACT_JOB_TITLE_READ,
            Right::CONTACT_COMPANY_READ,
            Right::CONTACT_DEPARTMENT_READ,
            Right::CONTACT_OFFICE_READ,
            Right::CONTACT_ADDRESS_BUSINESS_READ,
            Right::CONTACT_PHONE_WORK_READ,
            Right::CONTACT_PHONE_WORK2_READ,
            Right::CONTACT_FAX_BUSINESS_READ,
            Right::CONTACT_WEBSITE_READ,
        ],
    ),
    (
        Right::CONTACT_DETAILED_READ,
        &[
            Right::CONTACT_PHONE_MOBILE_READ,
            Right::CONTACT_PAGER_READ,
            Right::CONTACT_PHONE_PRIVATE_READ,
            Right::CONTACT_PHONE_OTHER_READ,
            Right::CONTACT_SIP_ADDRESS_READ,
        ],
    ),
    (Right::PRESENCE_STATUS_READ, &[Right::PRESENCE_SYMBOL_READ]),
    (Right::CALL_DETAIL_READ, &[Right::CALL_NUMBER_INCOMING_READ, Right::CALL_NUMBER_OUTGOING_READ]),
];

/// How many phrases a sentence says before it counts the rest.
const SPOKEN: usize = 3;

/// What these rights allow, so that a party can follow: `pick up and set the forwarding of`.
pub(super) fn phrase(rights: RightSet) -> String {
    let said = SAYS_ALSO.iter().filter(|(right, _)| rights.has(*right));
    let told = said.fold(rights, |told, (_, others)| told.without(RightSet::of(others)));
    let mut phrases: Vec<String> =
        PHRASES.iter().filter_map(|(right, phrase)| of_lines(told, *right, phrase)).collect();
    let more = phrases.len().saturating_sub(SPOKEN);
    if more > 0 {
        phrases.truncate(SPOKEN);
        phrases.push(format!("have {more} more {} towards", if more == 1 { "right" } else { "rights" }));
    }
    listed(&phrases)
}

/// The phrase of a right for the lines on which it is in the set.
fn of_lines(rights: RightSet, right: Right, phrase: &str) -> Option<String> {
    const LINES: [(u32, &str); 3] = [(1, "first"), (2, "second"), (3, "additional")];
    let (head, rest) = phrase.split_once('[').unwrap_or((phrase, "]"));
    let (inner, tail) = rest.split_once(']').unwrap_or((rest, ""));
    if rights.has(right) {
        return Some(format!("{head}{tail}"));
    }
    let lines = LINES.iter().filter(|(line, _)| rights.has(right.on_line(*line)));
    let lines: Vec<String> = lines.map(|(_, word)| (*word).to_string()).collect();
    let word = if lines.len() > 1 || lines.iter().any(|line| line == "additional") { "lines" } else { "line" };
    (!lines.is_empty()).then(|| format!("{head}{}{tail}", inner.replace("{}", &format!("{} {word}", listed(&lines)))))
}

/// `a`, `a and b`, `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// A party as a difference tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) kind: Kind,
}

/// Names for sets of a domain's parties, which are given by their places, ascending.
pub(super) struct Names<'a> {
    parties: &'a [Told],
    users: Vec<u32>,
    groups: Vec<(String, Vec<u32>)>,
    by_set: HashMap<u128, usize>,
    /// The given groups a party is in, the smallest first.
    of_party: HashMap<u32, Vec<usize>>,
}

impl<'a> Names<'a> {
    /// Names by the kinds of the parties and by these groups, whose members are places in `parties`. Of several groups with the
    /// same members the first gives the name.
    pub(super) fn new(parties: &'a [Told], groups: Vec<(String, Vec<u32>)>) -> Names<'a> {
        const WHOLE: [(Kind, &str); 5] = [
            (Kind::User, "everybody"),
            (Kind::Contact, "every outside contact"),
            (Kind::Team, "every team"),
            (Kind::Location, "every location"),
            (Kind::Device, "every device"),
        ];
        let of_kind = |kind| (0..).zip(parties).filter(move |(_, party)| party.kind == kind).map(|(place, _)| place);
        let everything = ("everybody and everything".to_string(), (0..parties.len() as u32).collect());
        let whole = WHOLE.map(|(kind, name)| (name.to_string(), of_kind(kind).collect::<Vec<u32>>()));
        let mut names = Names {
            parties,
            users: of_kind(Kind::User).collect(),
            groups: Vec::new(),
            by_set: HashMap::new(),
            of_party: HashMap::new(),
        };
        for (name, members) in whole.into_iter().chain([everything]) {
            names.add(name, members);
        }
        let first_given = names.groups.len();
        for (name, members) in groups {
            names.add(name, members);
        }
        let mut by_size: Vec<usize> = (first_given..names.groups.len()).collect();
        by_size.sort_by_key(|place| names.groups.get(*place).map(|(_, members)| members.len()));
        for place in by_size {
            for member in names.groups.get(place).into_iter().flat_map(|(_, members)| members) {
                names.of_party.entry(*member).or_default().push(place);
            }
        }
        names
    }

    fn add(&mut self, name: String, mut members: Vec<u32>) {
        members.sort_unstable();
        members.dedup();
        // One party is called by its own name.
        if members.len() > 1 {
            self.by_set.entry(hash_of(&members)).or_insert(self.groups.len());
            self.groups.push((name, members));
        }
    }

    /// The set in words: a group's name, some names, or a number.
    pub(super) fn of(&self, set: &[u32]) -> String {
        if let Some(name) = self.group(set) {
            return name.into();
        }
        if set.len() <= SPOKEN {
            return self.texts(set);
        }
        if self.users.len() < 2 * set.len() && set.iter().all(|place| self.users.binary_search(place).is_ok()) {
            let others: Vec<u32> = self.users.iter().copied().filter(|user| set.binary_search(user).is_err()).collect();
            match self.group(&others) {
                Some(name) => return format!("everybody but {name}"),
                None if others.len() <= SPOKEN => return format!("everybody but {}", self.texts(&others)),
                None => {}
            }
        }
        let count = format!("{} {}", set.len(), self.noun(set));
        let candidates = set.first().and_then(|first| self.of_party.get(first)).into_iter().flatten();
        let mut groups = candidates.filter_map(|place| self.groups.get(*place));
        let holding = groups.find(|(_, members)| set.iter().all(|place| members.binary_search(place).is_ok()));
        holding.map_or_else(|| count.clone(), |(name, _)| format!("{count} in {name}"))
    }

    fn group(&self, set: &[u32]) -> Option<&str> {
        let (name, members) = self.groups.get(*self.by_set.get(&hash_of(set))?)?;
        (members == set).then_some(name)
    }

    fn texts(&self, set: &[u32]) -> String {
        let texts = set.iter().filter_map(|place| self.parties.get(*place as usize)).map(|party| party.text.clone());
        listed(&texts.collect::<Vec<_>>())
    }

    fn noun(&self, set: &[u32]) -> &'static str {
        let mut kinds = set.iter().filter_map(|place| self.parties.get(*place as usize)).map(|party| party.kind);
        let Some(first) = kinds.next() else { return "parties" };
        match (kinds.all(|kind| kind == first), first) {
            (true, Kind::User) => "people",
            (true, Kind::Contact) => "outside contacts",
            (true, Kind::Team) => "teams",
            (true, Kind::Location) => "locations",
            (true, Kind::Device) => "devices",
            (false, _) => "parties",
        }
    }
}

/// What a rectangle says: `Sales may no longer pick up 12 people in Board`.
pub(super) fn sentence(names: &Names<'_>, rectangle: &Rectangle) -> String {
    let may = if rectangle.bundle.gains { "may now" } else { "may no longer" };
    let whom = match &rectangle.targets {
        targets if targets.is_empty() => "themselves".into(),
        targets if *targets == rectangle.actors => "each other".into(),
        targets => names.of(targets),
    };
    format!("{} {may} {} {whom}", names.of(&rectangle.actors), phrase(rectangle.bundle.rights))
}

#[cfg(test)]
mod tests {
    use super::super::rectangles::Bundle;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_right_has_a_phrase_of_its_own() {
        let mut phrases = HashSet::new();
        for right in Right::all() {
            let phrase = phrase(right.mask());
            assert!(!phrase.is_empty() && !phrase.contains(['[', ']', '{', '}']), "{right}: {phrase:?}");
            assert!(phrases.insert(phrase.clone()), "{phrase} twice");
        }
        let weighed: RightSet = PHRASES.iter().fold(RightSet::EMPTY, |set, (right, _)| set | right.mask());
        assert_eq!(weighed, RightSet::from_bits(u128::MAX));
    }

    #[test]
    fn phrases_name_lines_only_where_they_differ() {
        let pickup = |line| Right::CALL_PICKUP.on_line(line).mask();
        assert_eq!(phrase(Right::CALL_PICKUP.mask()), "pick up");
        assert_eq!(phrase(pickup(1)), "pick up the first line of");
        assert_eq!(phrase(pickup(1) | pickup(2)), "pick up the first and second lines of");
        assert_eq!(phrase(pickup(3)), "pick up the additional lines of");
        assert_eq!(phrase(Right::FORWARDING_SET.mask()), "set the forwarding of");
        assert_eq!(phrase(Right::FORWARDING_SET.on_line(2).mask()), "set the forwarding of the second line of");
        assert_eq!(phrase(Right::LINE_BUSY_READ.mask()), "see the busy lamp of");
    }

    #[test]
    fn phrases_say_the_weightiest_and_count_the_rest() {
        let two = RightSet::of(&[Right::NOTE_READ, Right::CALL_PICKUP]);
        assert_eq!(phrase(two), "pick up and see the note of");
        let general = SAYS_ALSO[0].1.iter().fold(Right::CONTACT_GENERAL_READ.mask(), |set, right| set | right.mask());
        assert_eq!(phrase(general), "see the business contact data of");
        let four = two | RightSet::of(&[Right::NOTE_SET, Right::FORWARDING_SET]);
        assert_eq!(phrase(four), "pick up, set the forwarding of, set the note of and have 1 more right towards");
    }

    fn parties(users: u32, teams: u32) -> Vec<Told> {
        let user = |n| Told { text: format!("u{n}"), kind: Kind::User };
        let team = |n| Told { text: format!("team:t{n}"), kind: Kind::Team };
        (0..users).map(user).chain((0..teams).map(team)).collect()
    }

    #[test]
    fn sets_get_the_shortest_name() {
        let parties = parties(12, 5);
        let groups = [("Board", 2..8), ("Sales", 0..3), ("Company", 0..11), ("Twins", 4..6), ("Same as Board", 2..8)];
        let groups = groups.map(|(name, members)| (name.to_string(), members.rev().collect()));
        let names = Names::new(&parties, groups.into());
        let of = |set: std::ops::Range<u32>| names.of(&set.collect::<Vec<_>>());
        for (set, name) in [
            (2..8, "Board"),
            (0..3, "Sales"),
            (4..6, "Twins"),
            (0..12, "everybody"),
            (0..17, "everybody and everything"),
            (12..17, "every team"),
            (3..4, "u3"),
            (5..7, "u5 and u6"),
            (5..8, "u5, u6 and u7"),
            (2..7, "5 people in Board"),
            (1..7, "6 people in Company"),
            (3..12, "everybody but Sales"),
            (2..12, "everybody but u0 and u1"),
            (8..12, "4 people"),
            (12..16, "4 teams"),
            (10..14, "4 parties"),
        ] {
            assert_eq!(of(set), name);
        }
    }

    #[test]
    fn sentences() {
        let parties = parties(6, 0);
        let names = Names::new(&parties, vec![("Sales".into(), vec![0, 1, 2])]);
        let say = |gains, rights, actors: &[u32], targets: &[u32]| {
            let bundle = Bundle { gains, rights };
            sentence(&names, &Rectangle { bundle, actors: actors.into(), targets: targets.into() })
        };
        let pickup = Right::CALL_PICKUP.mask();
        assert_eq!(say(false, pickup, &[0, 1, 2], &[4]), "Sales may no longer pick up u4");
        assert_eq!(say(true, Right::FORWARDING_SET.mask(), &[3], &[4]), "u3 may now set the forwarding of u4");
        assert_eq!(say(true, pickup, &[0, 1, 2, 3, 4, 5], &[0, 1, 2, 3, 4, 5]), "everybody may now pick up each other");
        let own = Right::PROFILE_MANAGE_OWN.mask();
        assert_eq!(say(true, own, &[0, 1, 2], &[]), "Sales may now manage the client profiles of themselves");
    }
}
