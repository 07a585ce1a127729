//! Rights and sets of them: names, numbers, lines.
#![forbid(unsafe_code)]

use super::*;

#[test]
fn names_and_numbers_lead_to_each_other() {
    for name in Right::names() {
        let right = Right::parse(name).expect(name);
        assert_eq!(right.name(), name);
        assert_eq!(Right::from_number(right.number()), Some(right));
    }
    assert_eq!(Right::names().count(), 87 + 8);
    for name in Right::names() {
        for other in [&name[1..], &name[..name.len() - 1], &name.to_uppercase(), &format!("{name} ")] {
            assert_eq!(Right::parse(other), None, "{other}");
        }
    }
    assert_eq!(Right::parse(""), None);
}

#[test]
fn no_right_is_never_held() {
    assert!(!RightSet::from_bits(u128::MAX).has(Right::default()));
    assert_eq!(Right::from_number(0), None);
    assert_eq!(Right::from_number(88), None);
    assert_eq!(Right::from_number(u32::MAX), None);
}

#[test]
fn bare_name_asks_for_all_three_lines() {
    let all = Right::CALL_PICKUP.mask();
    assert_eq!(all.names(), ["call.pickup.additional", "call.pickup.first", "call.pickup.second"]);
    assert!(all.has(Right::CALL_PICKUP));
    let first = Right::CALL_PICKUP.on_line(1);
    assert_eq!(first.name(), "call.pickup.first");
    assert_eq!(Right::CALL_PICKUP.on_line(2).name(), "call.pickup.second");
    assert_eq!(Right::CALL_PICKUP.on_line(9).name(), "call.pickup.additional");
    assert!(!first.mask().has(Right::CALL_PICKUP));
}

#[test]
fn rights_are_written_as_shortly_as_they_can_be_read() {
    let rights = Right::CALL_PICKUP.mask() | Right::FORWARDING_SET.on_line(2).mask() | Right::NOTE_SET.mask();
    assert_eq!(rights.shortest(), ["call.pickup", "forwarding.set.second", "note.set"]);
}
