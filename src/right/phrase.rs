//! What a right allows, in English: one phrase a right, to be followed by the party. Summaries and differences use it.
//! It must never name two rights alike.
#![forbid(unsafe_code)]

use super::{DETAILED_FIELDS, GENERAL_FIELDS, Right, RightSet};
use crate::wording::listed;

/// A phrase for every right, the weightiest first; the party follows it. For a right that depends on the line, `{}` marks where
/// the lines are named; the text between `[` and `]` is left out when it holds for all lines.
const PHRASES: [(Right, &str); 71] = [
    (Right::CALL_PICKUP, "pick up[ the {} of]"),
    (Right::FORWARDING_SET, "set the forwarding[ of the {}] of"),
    (Right::CALL_CONTROL, "control the calls of"),
    (Right::CALL_PARK, "park a call of"),
    (Right::CALL_RETRIEVE, "retrieve a parked or held call of"),
    (Right::CALL_BARGE, "barge into the calls of"),
    (Right::CALL_LISTEN, "listen to the calls of"),
    (Right::CALL_WHISPER, "whisper into the calls of"),
    (Right::CALL_RECORD, "record the calls of"),
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
    (Right::FORWARDING_TO_INTERNAL, "forward to an internal extension the calls of"),
    (Right::FORWARDING_TO_LOCAL, "forward to a local number the calls of"),
    (Right::FORWARDING_TO_NATIONAL, "forward to a national number the calls of"),
    (Right::FORWARDING_TO_MOBILE, "forward to a mobile number the calls of"),
    (Right::FORWARDING_TO_INTERNATIONAL, "forward to a foreign number the calls of"),
    (Right::FORWARDING_TO_PREMIUM, "forward to a premium-rate number the calls of"),
    (Right::CALL_TO_INTERNAL, "call an internal extension as"),
    (Right::CALL_TO_LOCAL, "call a local number as"),
    (Right::CALL_TO_NATIONAL, "call a national number as"),
    (Right::CALL_TO_MOBILE, "call a mobile number as"),
    (Right::CALL_TO_INTERNATIONAL, "call a foreign number as"),
    (Right::CALL_TO_PREMIUM, "call a premium-rate number as"),
];

/// Rights whose phrase covers the phrases of the others.
const SAYS_ALSO: [(Right, &[Right]); 4] = [
    (Right::CONTACT_GENERAL_READ, &GENERAL_FIELDS),
    (Right::CONTACT_DETAILED_READ, &DETAILED_FIELDS),
    (Right::PRESENCE_STATUS_READ, &[Right::PRESENCE_SYMBOL_READ]),
    (Right::CALL_DETAIL_READ, &[Right::CALL_NUMBER_INCOMING_READ, Right::CALL_NUMBER_OUTGOING_READ]),
];

/// How many phrases are said before the rest is counted.
const SPOKEN: usize = 3;

/// What these rights allow, so that a party can follow: `pick up and set the forwarding of`.
pub fn phrase(rights: RightSet) -> String {
    let said = SAYS_ALSO.iter().filter(|(right, _)| rights.has(*right));
    let left = said.fold(rights, |left, (_, others)| left.without(RightSet::of(others)));
    let mut phrases: Vec<String> =
        PHRASES.iter().filter_map(|(right, phrase)| of_lines(left, *right, phrase)).collect();
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

#[cfg(test)]
mod tests {
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
}
