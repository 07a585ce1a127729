//! Graded rights: what they compose, and which of them a target withholds. Rights are named here, products are not.
#![forbid(unsafe_code)]

use crate::right::{DETAILED_FIELDS, GENERAL_FIELDS, Right, RightSet};

/// The calendar rights that a target withholds with that release: 0 nothing is released, 1 public appointments, 2 also the times
/// of private ones, 3 everything. Any other number releases nothing.
#[inline]
pub fn withheld_by_release(release: u8) -> RightSet {
    const SUBJECTS: RightSet = Right::CALENDAR_PRIVATE_SUBJECT_READ.mask();
    const PRIVATE: RightSet = RightSet::of(&[Right::CALENDAR_PRIVATE_SUBJECT_READ, Right::CALENDAR_PRIVATE_TIME_READ]);
    const ALL: RightSet = RightSet::of(&[
        Right::CALENDAR_PRIVATE_SUBJECT_READ,
        Right::CALENDAR_PRIVATE_TIME_READ,
        Right::CALENDAR_PUBLIC_SUBJECT_READ,
        Right::CALENDAR_PUBLIC_TIME_READ,
    ]);
    match release {
        1 => PRIVATE,
        2 => SUBJECTS,
        3 => RightSet::EMPTY,
        _ => ALL,
    }
}

/// The rights to numbers and details of calls that are withheld on these lines. Bits: 1 the first line, 2 the second, 4 the
/// additional ones.
#[inline]
pub fn withheld_on_lines(lines: u8) -> RightSet {
    const fn numbers(line: u32) -> RightSet {
        RightSet::of(&[
            Right::CALL_NUMBER_INCOMING_READ.on_line(line),
            Right::CALL_NUMBER_OUTGOING_READ.on_line(line),
            Right::CALL_DETAIL_READ.on_line(line),
            Right::CALL_NUMBER_IN_CALL_READ.on_line(line),
        ])
    }
    const LINES: [(u8, RightSet); 3] = [(1, numbers(1)), (2, numbers(2)), (4, numbers(3))];
    if lines == 0 {
        return RightSet::EMPTY;
    }
    LINES.iter().filter(|(line, _)| lines & line != 0).fold(RightSet::EMPTY, |set, (_, numbers)| set | *numbers)
}

/// Composed rights: given when all their parts are. First what is composed, then its parts.
pub const COMPOSED: [(RightSet, RightSet); 5] = {
    const fn line(line: u32) -> (RightSet, RightSet) {
        let composed = [Right::CALL_DETAIL_READ.on_line(line), Right::CALL_NUMBER_IN_CALL_READ.on_line(line)];
        let parts = [Right::CALL_NUMBER_INCOMING_READ.on_line(line), Right::CALL_NUMBER_OUTGOING_READ.on_line(line)];
        (RightSet::of(&composed), RightSet::of(&parts))
    }
    [
        (Right::CONTACT_GENERAL_READ.mask(), RightSet::of(&GENERAL_FIELDS)),
        (Right::CONTACT_DETAILED_READ.mask(), RightSet::of(&DETAILED_FIELDS)),
        line(1),
        line(2),
        line(3),
    ]
};

/// `rights` with the composed rights whose parts it has.
#[inline]
pub fn complete(rights: RightSet) -> RightSet {
    COMPOSED.iter().filter(|(_, parts)| rights.contains(*parts)).fold(rights, |set, (composed, _)| set | *composed)
}
