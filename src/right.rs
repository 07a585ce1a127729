//! Rights: their names, their numbers, and sets of them.
//!
//! A right of 1 to 127 is a single bit of a [`RightSet`]; a right of 128 and above is the bare name of one that depends on the
//! line: it means the right on all three lines. Numbers are part of the C ABI: they are only ever added.
#![forbid(unsafe_code)]

mod parse;
pub mod phrase;
mod set;

pub use set::RightSet;
use std::fmt;

/// The fields that make up `contact.general.read`.
pub const GENERAL_FIELDS: [Right; 9] = [
    Right::CONTACT_JOB_TITLE_READ,
    Right::CONTACT_COMPANY_READ,
    Right::CONTACT_DEPARTMENT_READ,
    Right::CONTACT_OFFICE_READ,
    Right::CONTACT_ADDRESS_BUSINESS_READ,
    Right::CONTACT_PHONE_WORK_READ,
    Right::CONTACT_PHONE_WORK2_READ,
    Right::CONTACT_FAX_BUSINESS_READ,
    Right::CONTACT_WEBSITE_READ,
];

/// The fields that make up `contact.detailed.read`.
pub const DETAILED_FIELDS: [Right; 5] = [
    Right::CONTACT_PHONE_MOBILE_READ,
    Right::CONTACT_PAGER_READ,
    Right::CONTACT_PHONE_PRIVATE_READ,
    Right::CONTACT_PHONE_OTHER_READ,
    Right::CONTACT_SIP_ADDRESS_READ,
];

/// Calls to numbers of each class: asked towards oneself.
pub const CALL_TO: RightSet = RightSet::of(&[
    Right::CALL_TO_INTERNAL,
    Right::CALL_TO_LOCAL,
    Right::CALL_TO_NATIONAL,
    Right::CALL_TO_MOBILE,
    Right::CALL_TO_INTERNATIONAL,
    Right::CALL_TO_PREMIUM,
]);

/// Forwardings to numbers of each class.
pub const FORWARDING_TO: RightSet = RightSet::of(&[
    Right::FORWARDING_TO_INTERNAL,
    Right::FORWARDING_TO_LOCAL,
    Right::FORWARDING_TO_NATIONAL,
    Right::FORWARDING_TO_MOBILE,
    Right::FORWARDING_TO_INTERNATIONAL,
    Right::FORWARDING_TO_PREMIUM,
]);

/// Rights that others may have on a live call, and from which a user can be exempt. Images hold them as bits in this order, which must not change.
pub const EXEMPTABLE: [Right; 4] = [Right::CALL_LISTEN, Right::CALL_WHISPER, Right::CALL_BARGE, Right::CALL_RECORD];

/// One right, by its number. 0 is no right: it is never given.
///
/// ```
/// use linewarden::Right;
///
/// assert_eq!("call.pickup.first".parse::<Right>()?.name(), "call.pickup.first");
/// let error = "call.pikup".parse::<Right>().unwrap_err();
/// assert_eq!(error.message(), "unknown right `call.pikup` (did you mean `call.pickup`?)");
/// # Ok::<(), linewarden::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Right(u8);

impl Right {
    /// `contact.name.read`.
    pub const CONTACT_NAME_READ: Right = Right(1);
    /// `contact.email.read`.
    pub const CONTACT_EMAIL_READ: Right = Right(2);
    /// `contact.photo.read`.
    pub const CONTACT_PHOTO_READ: Right = Right(3);
    /// `contact.general.read`.
    pub const CONTACT_GENERAL_READ: Right = Right(4);
    /// `contact.detailed.read`.
    pub const CONTACT_DETAILED_READ: Right = Right(5);
    /// `contact.job_title.read`.
    pub const CONTACT_JOB_TITLE_READ: Right = Right(6);
    /// `contact.company.read`.
    pub const CONTACT_COMPANY_READ: Right = Right(7);
    /// `contact.department.read`.
    pub const CONTACT_DEPARTMENT_READ: Right = Right(8);
    /// `contact.office.read`.
    pub const CONTACT_OFFICE_READ: Right = Right(9);
    /// `contact.address_business.read`.
    pub const CONTACT_ADDRESS_BUSINESS_READ: Right = Right(10);
    /// `contact.phone_work.read`.
    pub const CONTACT_PHONE_WORK_READ: Right = Right(11);
    /// `contact.phone_work2.read`.
    pub const CONTACT_PHONE_WORK2_READ: Right = Right(12);
    /// `contact.fax_business.read`.
    pub const CONTACT_FAX_BUSINESS_READ: Right = Right(13);
    /// `contact.website.read`.
    pub const CONTACT_WEBSITE_READ: Right = Right(14);
    /// `contact.phone_mobile.read`.
    pub const CONTACT_PHONE_MOBILE_READ: Right = Right(15);
    /// `contact.pager.read`.
    pub const CONTACT_PAGER_READ: Right = Right(16);
    /// `contact.phone_private.read`.
    pub const CONTACT_PHONE_PRIVATE_READ: Right = Right(17);
    /// `contact.phone_other.read`.
    pub const CONTACT_PHONE_OTHER_READ: Right = Right(18);
    /// `contact.sip_address.read`.
    pub const CONTACT_SIP_ADDRESS_READ: Right = Right(19);
    /// `presence.symbol.read`.
    pub const PRESENCE_SYMBOL_READ: Right = Right(20);
    /// `presence.status.read`.
    pub const PRESENCE_STATUS_READ: Right = Right(21);
    /// `presence.text.read`.
    pub const PRESENCE_TEXT_READ: Right = Right(22);
    /// `presence.detailed.read`.
    pub const PRESENCE_DETAILED_READ: Right = Right(23);
    /// `presence.set`.
    pub const PRESENCE_SET: Right = Right(24);
    /// `note.read`.
    pub const NOTE_READ: Right = Right(25);
    /// `note.set`.
    pub const NOTE_SET: Right = Right(26);
    /// `calendar.public.time.read`.
    pub const CALENDAR_PUBLIC_TIME_READ: Right = Right(27);
    /// `calendar.public.subject.read`.
    pub const CALENDAR_PUBLIC_SUBJECT_READ: Right = Right(28);
    /// `calendar.private.time.read`.
    pub const CALENDAR_PRIVATE_TIME_READ: Right = Right(29);
    /// `calendar.private.subject.read`.
    pub const CALENDAR_PRIVATE_SUBJECT_READ: Right = Right(30);
    /// `line.busy.read`.
    pub const LINE_BUSY_READ: Right = Right(31);
    /// `line.numbers.read`.
    pub const LINE_NUMBERS_READ: Right = Right(32);
    /// `av.busy.read`.
    pub const AV_BUSY_READ: Right = Right(33);
    /// `av.participants.read`.
    pub const AV_PARTICIPANTS_READ: Right = Right(34);
    /// `call.detail.read`, on all three lines.
    pub const CALL_DETAIL_READ: Right = Right(128);
    /// `call.number_incoming.read`, on all three lines.
    pub const CALL_NUMBER_INCOMING_READ: Right = Right(129);
    /// `call.number_outgoing.read`, on all three lines.
    pub const CALL_NUMBER_OUTGOING_READ: Right = Right(130);
    /// `call.number_in_call.read`, on all three lines.
    pub const CALL_NUMBER_IN_CALL_READ: Right = Right(131);
    /// `call.held_party.read`.
    pub const CALL_HELD_PARTY_READ: Right = Right(47);
    /// `call.pickup`, on all three lines.
    pub const CALL_PICKUP: Right = Right(132);
    /// `call.control`.
    pub const CALL_CONTROL: Right = Right(51);
    /// `forwarding.state.read`, on all three lines.
    pub const FORWARDING_STATE_READ: Right = Right(133);
    /// `forwarding.target.read`, on all three lines.
    pub const FORWARDING_TARGET_READ: Right = Right(134);
    /// `forwarding.set`, on all three lines.
    pub const FORWARDING_SET: Right = Right(135);
    /// `forwarding.bypass`.
    pub const FORWARDING_BYPASS: Right = Right(61);
    /// `roster.see_user`.
    pub const ROSTER_SEE_USER: Right = Right(62);
    /// `roster.see_team`.
    pub const ROSTER_SEE_TEAM: Right = Right(63);
    /// `chat.exchange`.
    pub const CHAT_EXCHANGE: Right = Right(64);
    /// `relation.ask`.
    pub const RELATION_ASK: Right = Right(65);
    /// `relation.answer`.
    pub const RELATION_ANSWER: Right = Right(66);
    /// `relation.change`.
    pub const RELATION_CHANGE: Right = Right(67);
    /// `location.login`.
    pub const LOCATION_LOGIN: Right = Right(68);
    /// `profile.manage_own`.
    pub const PROFILE_MANAGE_OWN: Right = Right(69);
    /// `call.park`.
    pub const CALL_PARK: Right = Right(70);
    /// `call.retrieve`.
    pub const CALL_RETRIEVE: Right = Right(71);
    /// `call.barge`.
    pub const CALL_BARGE: Right = Right(72);
    /// `call.listen`.
    pub const CALL_LISTEN: Right = Right(73);
    /// `call.whisper`.
    pub const CALL_WHISPER: Right = Right(74);
    /// `call.record`.
    pub const CALL_RECORD: Right = Right(75);
    /// `forwarding.to.internal`.
    pub const FORWARDING_TO_INTERNAL: Right = Right(76);
    /// `forwarding.to.local`.
    pub const FORWARDING_TO_LOCAL: Right = Right(77);
    /// `forwarding.to.national`.
    pub const FORWARDING_TO_NATIONAL: Right = Right(78);
    /// `forwarding.to.mobile`.
    pub const FORWARDING_TO_MOBILE: Right = Right(79);
    /// `forwarding.to.international`.
    pub const FORWARDING_TO_INTERNATIONAL: Right = Right(80);
    /// `forwarding.to.premium`.
    pub const FORWARDING_TO_PREMIUM: Right = Right(81);
    /// `call.to.internal`.
    pub const CALL_TO_INTERNAL: Right = Right(82);
    /// `call.to.local`.
    pub const CALL_TO_LOCAL: Right = Right(83);
    /// `call.to.national`.
    pub const CALL_TO_NATIONAL: Right = Right(84);
    /// `call.to.mobile`.
    pub const CALL_TO_MOBILE: Right = Right(85);
    /// `call.to.international`.
    pub const CALL_TO_INTERNATIONAL: Right = Right(86);
    /// `call.to.premium`.
    pub const CALL_TO_PREMIUM: Right = Right(87);

    /// How many single rights there are; their numbers are 1 to this.
    pub const COUNT: u8 = 87;

    /// The right of that number, if there is one.
    #[allow(clippy::indexing_slicing, reason = "an 8-bit number into a table of 256")]
    pub const fn from_number(number: u32) -> Option<Right> {
        if number <= u8::MAX as u32 && MASKS_BY_NUMBER[number as u8 as usize] != 0 {
            Some(Right(number as u8))
        } else {
            None
        }
    }

    /// The number, as C knows it.
    pub const fn number(self) -> u32 {
        self.0 as u32
    }

    /// The single right of that bit.
    const fn single(bit: u8) -> Right {
        Right(bit)
    }

    /// The right of that name: `call.pickup.first`, or `call.pickup` for all three lines.
    pub fn parse(name: &str) -> Option<Right> {
        let mut slot = name_hash(name.as_bytes())?;
        // A third of the slots is used, so an empty one ends the search.
        loop {
            let number = BY_NAME.get(slot % NAME_SLOTS).copied().filter(|number| *number != 0)?;
            if Right(number).name() == name {
                return Some(Right(number));
            }
            slot += 1;
        }
    }

    /// The right's name.
    pub fn name(self) -> &'static str {
        let single = SINGLE_NAMES.get(usize::from(self.0).wrapping_sub(1));
        let per_line =
            || PER_LINE.get(usize::from(self.0).wrapping_sub(usize::from(FIRST_PER_LINE))).map(|(name, _)| name);
        single.or_else(per_line).copied().unwrap_or("")
    }

    /// The bits that must all be set for this right to be held: one, or three for a bare name; none for no right.
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "an 8-bit number into a table of 256")]
    pub const fn mask(self) -> RightSet {
        RightSet(MASKS_BY_NUMBER[self.0 as usize])
    }

    /// This right on one line: 0 all lines, 1 the first, 2 the second, 3 and above the additional ones. A right that knows no
    /// lines, or one that already names its line, is returned as it is.
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "the bound is checked in the line above")]
    pub const fn on_line(self, line: u32) -> Right {
        let index = (self.0 as usize).wrapping_sub(FIRST_PER_LINE as usize);
        if index >= PER_LINE.len() || line == 0 {
            return self;
        }
        Right(PER_LINE[index].1 + if line > 3 { 2 } else { line as u8 - 1 })
    }

    /// All single rights in the order of their numbers.
    pub fn all() -> impl Iterator<Item = Right> {
        (1..=Right::COUNT).map(Right::single)
    }

    /// Every name a question may use: the single rights and the bare names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SINGLE_NAMES.iter().copied().chain(PER_LINE.iter().map(|(name, _)| *name))
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Names of the single rights; a name's index plus one is its number.
const SINGLE_NAMES: [&str; 87] = [
    "contact.name.read",
    "contact.email.read",
    "contact.photo.read",
    "contact.general.read",
    "contact.detailed.read",
    "contact.job_title.read",
    "contact.company.read",
    "contact.department.read",
    "contact.office.read",
    "contact.address_business.read",
    "contact.phone_work.read",
    "contact.phone_work2.read",
    "contact.fax_business.read",
    "contact.website.read",
    "contact.phone_mobile.read",
    "contact.pager.read",
    "contact.phone_private.read",
    "contact.phone_other.read",
    "contact.sip_address.read",
    "presence.symbol.read",
    "presence.status.read",
    "presence.text.read",
    "presence.detailed.read",
    "presence.set",
    "note.read",
    "note.set",
    "calendar.public.time.read",
    "calendar.public.subject.read",
    "calendar.private.time.read",
    "calendar.private.subject.read",
    "line.busy.read",
    "line.numbers.read",
    "av.busy.read",
    "av.participants.read",
    "call.detail.read.first",
    "call.detail.read.second",
    "call.detail.read.additional",
    "call.number_incoming.read.first",
    "call.number_incoming.read.second",
    "call.number_incoming.read.additional",
    "call.number_outgoing.read.first",
    "call.number_outgoing.read.second",
    "call.number_outgoing.read.additional",
    "call.number_in_call.read.first",
    "call.number_in_call.read.second",
    "call.number_in_call.read.additional",
    "call.held_party.read",
    "call.pickup.first",
    "call.pickup.second",
    "call.pickup.additional",
    "call.control",
    "forwarding.state.read.first",
    "forwarding.state.read.second",
    "forwarding.state.read.additional",
    "forwarding.target.read.first",
    "forwarding.target.read.second",
    "forwarding.target.read.additional",
    "forwarding.set.first",
    "forwarding.set.second",
    "forwarding.set.additional",
    "forwarding.bypass",
    "roster.see_user",
    "roster.see_team",
    "chat.exchange",
    "relation.ask",
    "relation.answer",
    "relation.change",
    "location.login",
    "profile.manage_own",
    "call.park",
    "call.retrieve",
    "call.barge",
    "call.listen",
    "call.whisper",
    "call.record",
    "forwarding.to.internal",
    "forwarding.to.local",
    "forwarding.to.national",
    "forwarding.to.mobile",
    "forwarding.to.international",
    "forwarding.to.premium",
    "call.to.internal",
    "call.to.local",
    "call.to.national",
    "call.to.mobile",
    "call.to.international",
    "call.to.premium",
];

/// Number of the first bare name.
const FIRST_PER_LINE: u8 = 128;

/// Bare names and the number of their first line's right; the second and additional lines follow it.
const PER_LINE: [(&str, u8); 8] = [
    ("call.detail.read", 35),
    ("call.number_incoming.read", 38),
    ("call.number_outgoing.read", 41),
    ("call.number_in_call.read", 44),
    ("call.pickup", 48),
    ("forwarding.state.read", 52),
    ("forwarding.target.read", 55),
    ("forwarding.set", 58),
];

/// The number of each name, in the slot that its hash says or behind it; 0 is an empty slot. Made at compile time, so that the
/// first question by name is as quiet as the others.
#[allow(clippy::indexing_slicing, clippy::panic, reason = "evaluated at compile time: what fails does not build")]
static BY_NAME: [u8; NAME_SLOTS] = {
    let mut slots = [0; NAME_SLOTS];
    let mut name = 0;
    while name < SINGLE_NAMES.len() + PER_LINE.len() {
        let (text, number) = if name < SINGLE_NAMES.len() {
            (SINGLE_NAMES[name], name as u8 + 1)
        } else {
            (PER_LINE[name - SINGLE_NAMES.len()].0, FIRST_PER_LINE + (name - SINGLE_NAMES.len()) as u8)
        };
        let Some(hash) = name_hash(text.as_bytes()) else { panic!("every name has eight bytes") };
        let mut slot = hash % NAME_SLOTS;
        while slots[slot] != 0 {
            slot = (slot + 1) % NAME_SLOTS;
        }
        slots[slot] = number;
        name += 1;
    }
    slots
};

const NAME_SLOTS: usize = 256;

/// `None` for what is shorter than any name.
#[inline]
const fn name_hash(name: &[u8]) -> Option<usize> {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let Some(last) = name.last_chunk() else { return None };
    let mut hash = u64::from_le_bytes(*last) ^ name.len() as u64;
    let (mut words, _) = name.as_chunks::<8>();
    while let [word, rest @ ..] = words {
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
        words = rest;
    }
    Some((hash >> 56) as usize)
}

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time: an index out of range does not build")]
const MASKS_BY_NUMBER: [u128; 256] = {
    let mut masks = [0; 256];
    let mut single = 1;
    while single <= Right::COUNT {
        masks[single as usize] = 1 << single;
        single += 1;
    }
    let mut bare = 0;
    while bare < PER_LINE.len() {
        masks[FIRST_PER_LINE as usize + bare] = 0b111 << PER_LINE[bare].1;
        bare += 1;
    }
    masks
};

#[cfg(test)]
mod tests;
