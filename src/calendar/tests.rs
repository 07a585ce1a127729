//! Tests of dates: texts, every edge of every rule, and words against the database, minute by minute and at random.
#![forbid(unsafe_code)]

use super::compiled::{Block, zone_words};
use super::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::sync::OnceLock;

/// Daylight saving north and south, by an hour and by half an hour, offsets of 30 and 45 minutes, one that left a day out, one behind
/// Greenwich with seconds, one with two changes in a month, and none.
const ZONES: [&str; 16] = [
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "America/Caracas",
    "UTC",
];

fn at(text: &str) -> i64 {
    instant(text).unwrap()
}

fn hours(text: &str) -> Hours {
    Hours::parse(text).unwrap()
}

fn when(texts: &[&str]) -> When {
    When::new(None, None, texts.iter().map(|text| hours(text)).collect()).unwrap()
}

/// A when as words, asked by the words alone.
struct Compiled(Block, usize);

impl Compiled {
    fn of(when: &When) -> Compiled {
        let mut block = Block::default();
        // Places other than 0 must work as well.
        block.add(&When::new(Some(7), Some(8), Vec::new()).unwrap());
        let place = block.add(when);
        assert_eq!(block.add(when), place);
        Compiled(block, place as usize)
    }

    fn word(&self, place: usize) -> u64 {
        self.0.words().get(place).copied().unwrap_or(0)
    }

    fn in_force(&self, t: i64) -> bool {
        compiled::in_force(|place| self.word(place), self.1, t)
    }

    fn in_hours(&self, t: i64) -> bool {
        compiled::in_hours(|place| self.word(place), self.1, t)
    }

    fn next_change(&self, t: i64) -> Option<i64> {
        compiled::next_change(|place| self.word(place), self.1, t)
    }
}

/// Both forms agree at the instant, and on the next change, which is one, and the first within two days, counted out.
fn agree(when: &When, compiled: &Compiled, t: i64, count: bool) {
    let now = when.in_force(t);
    assert_eq!(compiled.in_force(t), now, "{when:?} at {t}");
    let is_between = when.from().is_none_or(|from| from <= t) && when.until().is_none_or(|until| t < until);
    assert!(!is_between || compiled.in_hours(t) == now, "the hours of {when:?} at {t}");
    let next = when.next_change(t);
    assert_eq!(compiled.next_change(t), next, "{when:?} after {t}");
    if let Some(next) = next {
        assert!(next > t);
        assert_eq!(when.in_force(next), !now, "{when:?} at {t}, then {next}");
        assert_eq!(when.in_force(next - 1), now, "{when:?} at {t}, then {next}");
    }
    if count {
        let far = next.unwrap_or(i64::MAX).min(t.saturating_add(2 * DAY));
        let mut step = t;
        while step < far {
            assert_eq!(when.in_force(step), now, "{when:?} at {step}, between {t} and {next:?}");
            step += 59;
        }
    }
}

#[test]
fn instants_are_read() {
    assert_eq!(instant("1970-01-01T00:00:00Z"), Ok(0));
    assert_eq!(instant("2026-12-21T00:00:00+01:00"), Ok(1_797_807_600));
    for same in ["2026-12-20 23:00:00z", "2026-12-20t23:00Z", "2026-12-20T23:00:00.000Z", "2026-12-20T17:30-05:30"] {
        assert_eq!(instant(same), Ok(1_797_807_600), "{same}");
    }
    assert_eq!(instant("2028-02-29T12:00:00Z").map(instant_text).unwrap(), "2028-02-29T12:00:00Z");
    assert_eq!(instant("1969-12-31T23:59:59Z"), Ok(-1));
}

#[test]
fn instants_that_are_none_say_why() {
    for (text, place, message) in [
        ("", 0, "found the end, expected a year of 4 digits, as in `2026-12-21T08:00:00+01:00`"),
        (
            "2026-12-21",
            10,
            "found a date alone, expected a time and an offset after it, as in `2026-12-21T08:00:00+01:00`",
        ),
        (
            "2026-12-21T08:00:00",
            19,
            "found no offset from UTC, expected one after the time, as in `2026-12-21T08:00:00+01:00`",
        ),
        ("2026-12-21T08:00 Europe/Berlin", 16, "found ` `, expected an offset from UTC: `Z`, or as in `+01:00`"),
        ("21.12.2026", 0, "found `21.12.2026`, expected a year of 4 digits, as in `2026-12-21T08:00:00+01:00`"),
        ("2026-2-21", 5, "found `2-21`, expected a month of 2 digits, as in `2026-12-21T08:00:00+01:00`"),
        ("2026-02-29T00:00:00Z", 0, "found `2026-02-29`, which is no date"),
        ("2026-13-01T00:00:00Z", 0, "found `2026-13-01`, which is no date"),
        ("2026-12-21T24:00:00Z", 11, "found `24:00:00Z`, expected a time from 00:00:00 to 23:59:59"),
        ("2026-12-21T23:59:60Z", 11, "found `23:59:60Z`, expected a time from 00:00:00 to 23:59:59"),
        ("2026-12-21T08:00:00.5Z", 20, "found `5Z`, expected whole seconds"),
        ("2026-12-21T08:00:00+24:00", 20, "found `24:00`, expected an offset of at most 23:59"),
        (
            "2026-12-21T08:00:00+1",
            20,
            "found `1`, expected the hours of an offset of 2 digits, as in `2026-12-21T08:00:00+01:00`",
        ),
        ("2026-12-21T08:00:00Z ", 20, "found ` `, expected the end"),
        ("2026-12-21x", 10, "found `x`, expected `T` and a time"),
    ] {
        assert_eq!(instant(text), Err(Fault { at: place, message: message.into() }), "{text}");
    }
}

#[test]
fn hours_are_read_and_written() {
    for (text, written) in [
        ("Mo-Fr 08:00-18:00 Europe/Berlin", "Mo-Fr 08:00-18:00 Europe/Berlin"),
        ("Mo, We 13:00-17:00, 08:00-12:00  europe/berlin ", "Mo,We 08:00-12:00,13:00-17:00 Europe/Berlin"),
        ("Sa-Su 00:00-24:00 UTC", "Sa-Su 00:00-24:00 UTC"),
        ("Fr-Mo 09:00-10:00 UTC", "Fr-Mo 09:00-10:00 UTC"),
        ("Mo,Su,Sa,Fr 09:00-10:00 UTC", "Fr-Mo 09:00-10:00 UTC"),
        ("22:00-06:00 UTC", "22:00-06:00 UTC"),
        ("Mo-Su 22:00-00:00 UTC", "22:00-24:00 UTC"),
        ("Tu,Tu,Mo 08:00-09:00,08:00-09:00 UTC", "Mo-Tu 08:00-09:00 UTC"),
        ("Fr 22:00-06:00 America/Argentina/Buenos_Aires", "Fr 22:00-06:00 America/Argentina/Buenos_Aires"),
    ] {
        assert_eq!(hours(text).to_string(), written);
        assert_eq!(hours(written), hours(text));
    }
}

#[test]
fn hours_that_are_none_say_why() {
    for (text, place, message) in [
        ("", 0, "found nothing, expected hours such as `Mo-Fr 08:00-18:00 Europe/Berlin`"),
        ("Di 08:00-18:00 UTC", 0, "unknown day `Di`, expected one of `Mo`, `Tu`, `We`, `Th`, `Fr`, `Sa`, `Su`"),
        ("Mo-So 08:00-18:00 UTC", 3, "unknown day `So` (did you mean `Mo`?)"),
        ("mo 08:00-18:00 UTC", 0, "unknown day `mo` (did you mean `Mo`?)"),
        ("Mo-Mo 08:00-18:00 UTC", 2, "the range begins and ends on `Mo`, expected two days"),
        ("Mo 8:00-18:00 UTC", 3, "found `8:00-18:00`, expected a time of four digits, as in `08:00`"),
        ("Mo 08:00-25:00 UTC", 9, "found `25:00`, expected a time from `00:00` to `24:00`"),
        ("Mo 24:00-08:00 UTC", 3, "a span begins at `24:00`, expected `00:00` of the next day"),
        ("Mo 08:00-08:00 UTC", 3, "the span `08:00-08:00` is empty, expected `00:00-24:00` for the whole day"),
        ("Mo 00:00-00:00 UTC", 3, "the span `00:00-00:00` is empty, expected `00:00-24:00` for the whole day"),
        ("Mo 08:00 UTC", 8, "found ` `, expected `-` and the end of the span"),
        ("Mo-Fr 08:00-18:00", 17, "found no time zone, expected one after the hours, as in `Europe/Berlin`"),
        ("Mo-Fr 08:00-18:00 ", 18, "found no time zone, expected one after the hours, as in `Europe/Berlin`"),
        ("Mo-Fr 08:00-18:00 Berlin", 18, "unknown time zone `Berlin` (did you mean `Europe/Berlin`?)"),
        ("Mo-Fr 08:00-18:00 Europe/Berln", 18, "unknown time zone `Europe/Berln` (did you mean `Europe/Berlin`?)"),
        ("Mo-Fr 08:00-18:00 x", 18, "unknown time zone `x`, expected a name such as `Europe/Berlin`"),
        ("Mo-Fr 08:00-18:00 localtime", 18, "unknown time zone `localtime`, expected a name such as `Europe/Berlin`"),
        ("Mo-Fr", 5, "found the end, expected a space and a span such as `08:00-18:00`"),
        ("Mo-Fr Europe/Berlin", 6, "found `Europe/Berlin`, expected a time of four digits, as in `08:00`"),
        (
            "Mo-Fr 08:00-18:00, Sa 08:00-12:00 UTC",
            19,
            "found `Sa`, expected another span (other days are an `hours` text of their own)",
        ),
        (
            "Mo-Fr 08:00-18:00 UTC, Sa 08:00-12:00 UTC",
            18,
            "unknown time zone `UTC, Sa 08:00-12:00 UTC`: other days are an `hours` text of their own",
        ),
        ("Mö 08:00-18:00 UTC", 0, "unknown day `Mö` (did you mean `Mo`?)"),
        ("Mo 08:00-18:00/UTC", 14, "found `/UTC`, expected a space and a time zone such as `Europe/Berlin`"),
    ] {
        assert_eq!(Hours::parse(text), Err(Fault { at: place, message: message.into() }), "{text}");
    }
    for name in [
        "../../etc/passwd",
        "/usr/share/zoneinfo/UTC",
        "posix/UTC",
        "right/UTC",
        "Etc/Unknown",
        "Factory",
        "zone.tab",
        "",
    ] {
        assert!(Zone::named(name).is_err(), "{name}");
    }
}

#[test]
fn an_end_before_the_beginning_is_an_error() {
    let message = "`until` is 1970-01-01T00:00:05Z, expected an instant after `from`, 1970-01-01T00:00:05Z";
    assert_eq!(When::new(Some(5), Some(5), Vec::new()), Err(message.into()));
    assert!(When::new(Some(5), Some(6), Vec::new()).is_ok());
    assert!(When::default().is_always() && !When::new(Some(5), None, Vec::new()).unwrap().is_always());
}

#[test]
fn a_span_over_midnight_belongs_to_the_day_it_begins() {
    let friday = when(&["Fr 22:00-06:00 Europe/Berlin"]);
    for (text, expected) in [
        ("2026-11-27T05:00:00+01:00", false),
        ("2026-11-27T21:59:59+01:00", false),
        ("2026-11-27T22:00:00+01:00", true),
        ("2026-11-28T05:59:59+01:00", true),
        ("2026-11-28T06:00:00+01:00", false),
        ("2026-11-28T22:00:00+01:00", false),
    ] {
        assert_eq!(friday.in_force(at(text)), expected, "{text}");
        assert_eq!(Compiled::of(&friday).in_force(at(text)), expected, "{text}");
    }
}

/// 2026-03-29 02:00 to 03:00 does not exist in Berlin, 2026-10-25 02:00 to 03:00 occurs twice.
#[test]
fn local_times_are_skipped_and_repeated() {
    let skipped = when(&["Su 02:15-02:45 Europe/Berlin"]);
    assert_eq!(skipped.next_change(at("2026-03-28T12:00:00Z")), Some(at("2026-04-05T02:15:00+02:00")));
    let over = when(&["Su 02:30-03:30 Europe/Berlin"]);
    assert_eq!(over.next_change(at("2026-03-29T00:00:00Z")), Some(at("2026-03-29T03:00:00+02:00")));
    let changes: Vec<i64> =
        std::iter::successors(Some(at("2026-10-24T12:00:00Z")), |t| skipped.next_change(*t)).skip(1).take(5).collect();
    let expected = [
        "2026-10-25T02:15:00+02:00",
        "2026-10-25T02:45:00+02:00",
        "2026-10-25T02:15:00+01:00",
        "2026-10-25T02:45:00+01:00",
        "2026-11-01T02:15:00+01:00",
    ];
    assert_eq!(changes, expected.map(at));
}

#[test]
fn bounds_are_exact_and_fail_closed() {
    let bounded = When::new(Some(100), Some(200), Vec::new()).unwrap();
    assert_eq!([99, 100, 199, 200].map(|t| bounded.in_force(t)), [false, true, true, false]);
    assert_eq!([0, 100, 199, 200].map(|t| bounded.next_change(t)), [Some(100), Some(200), Some(200), None]);
    assert_eq!([0, 100, 200].map(|t| bounded.is_over(t)), [false, false, true]);
    let always = when(&["00:00-24:00 Europe/Berlin"]);
    assert_eq!([-1, 0, END - 1, END].map(|t| always.in_force(t)), [false, true, true, false]);
    assert_eq!(always.next_change(0), Some(END));
    assert_eq!(always.next_change(-5), Some(0));
    let late = When::new(Some(END), None, vec![hours("08:00-18:00 UTC")]).unwrap();
    assert_eq!((late.in_force(END + 9 * 3600), late.next_change(0), late.is_over(0)), (false, None, true));
    let never = When::new(
        Some(at("2026-03-28T12:00:00Z")),
        Some(at("2026-03-30T00:00:00Z")),
        vec![hours("Su 02:15-02:45 Europe/Berlin")],
    );
    assert!(never.unwrap().is_over(0));
    for when in [bounded, always, late, When::default()] {
        let compiled = Compiled::of(&when);
        for t in [i64::MIN, -5, -1, 0, 1, 99, 100, 199, 200, END - 1, END, END + 1, i64::MAX - 1] {
            agree(&when, &compiled, t, false);
        }
    }
}

/// An answer takes as long for many spans as for one: it reads as many words, six for a yes.
#[test]
fn many_spans_cost_what_one_costs() {
    let many: Vec<String> = (0..24).map(|hour| format!("{hour:02}:07-{hour:02}:38")).collect();
    let [one, many] = ["Mo-Fr 08:00-18:00 Europe/Berlin".to_owned(), format!("{} Europe/Berlin", many.join(","))]
        .map(|text| Compiled::of(&when(&[&text])));
    let reads = |compiled: &Compiled, t: i64| {
        let count = std::cell::Cell::new(0);
        let word = |place| {
            count.set(count.get() + 1);
            compiled.word(place)
        };
        (compiled::in_force(word, compiled.1, t), count.get())
    };
    let mut answers = std::collections::BTreeSet::new();
    for t in (at("2026-11-23T00:00:00Z")..at("2026-11-30T00:00:00Z")).step_by(601) {
        let ((held, few), (often, more)) = (reads(&one, t), reads(&many, t));
        // A no has read the end of the list, too.
        assert_eq!(few + usize::from(held), more + usize::from(often), "{t}");
        assert!(!held || few == 6, "{t}");
        answers.insert((held, often));
    }
    assert_eq!(answers.len(), 4);
}

#[test]
fn words_without_sense_are_never_in_force() {
    for t in [-1, 0, 1, END - 1, END, i64::MAX] {
        assert!(!compiled::in_force(|_| 0, 0, t) && !compiled::in_hours(|_| 0, 0, t));
    }
    // A zone that has no slots, a week that has none of its minutes, a week too many, and neither weeks nor the word for none.
    let no_zone = [i64::MIN as u64, i64::MAX as u64, 50 << 32 | 4];
    let mut no_minutes = vec![i64::MIN as u64, i64::MAX as u64, 4 << 32 | 900, 0];
    no_minutes.extend(zone_words(&Zone::named("UTC").unwrap()));
    let no_more = [i64::MIN as u64, i64::MAX as u64, 50 << 32 | 4, u64::MAX];
    let no_weeks = [i64::MIN as u64, i64::MAX as u64];
    for words in [no_zone.as_slice(), &no_minutes, &no_more, &no_weeks] {
        let word = |place: usize| words.get(place).copied().unwrap_or(0);
        assert!(!compiled::in_force(word, 0, 1_000_000) && !compiled::in_hours(word, 0, 1_000_000));
        assert_eq!(compiled::next_change(word, 0, END), None);
    }
    for random in 0..2000u64 {
        let word = |place: usize| {
            if place < 500 { (random + place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (random % 64) } else { 0 }
        };
        compiled::in_force(word, random as usize % 500, random as i64 * 2_000_000);
    }
}

/// The rows are all changes and nothing else: between two rows the database has one offset, looked at every quarter of an hour near
/// the rows and every day elsewhere.
#[test]
fn tables_have_every_change() {
    for name in ZONES {
        let zone = Zone::named(name).unwrap();
        let table = zone.table();
        assert_eq!(table[0].0, 0);
        assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1), "{name}");
        let offset = |t: i64| (zone.local(t).unwrap() - t) as i32;
        let row = |t: i64| table[table.partition_point(|(from, _)| *from <= t) - 1].1;
        let near = table.iter().flat_map(|(from, _)| (-200..200).map(move |step| from + step * 900));
        let edges = table.iter().flat_map(|(from, _)| [from - 1, *from]);
        for t in (0..END).step_by(DAY as usize).chain(near).chain(edges).filter(|t| (0..END).contains(t)) {
            assert_eq!(offset(t), row(t), "{name} at {t}");
        }
    }
    assert_eq!(zone_words(&Zone::named("UTC").unwrap()).len(), 492);
}

#[test]
fn a_moment_is_said_shortly() {
    let berlin = when(&["08:00-18:00 Europe/Berlin"]);
    let now = at("2026-11-26T21:00:00+01:00");
    let said = |text: &str, when: &When| when.moment(at(text), now);
    assert_eq!(said("2026-11-26T23:30:00+01:00", &berlin), "today 23:30 Europe/Berlin");
    assert_eq!(said("2026-11-27T18:00:00+01:00", &berlin), "Friday 2026-11-27 18:00 Europe/Berlin");
    assert_eq!(said("2026-12-02T00:00:00+01:00", &berlin), "Wednesday 2026-12-02 00:00 Europe/Berlin");
    assert_eq!(said("2026-12-03T00:00:00+01:00", &berlin), "2026-12-03 00:00 Europe/Berlin");
    assert_eq!(said("2026-11-25T00:00:00+01:00", &berlin), "2026-11-25 00:00 Europe/Berlin");
    // Without hours as it is written, also where that is another day than in UTC.
    let until = |text: &str| text.parse::<When>().unwrap();
    assert_eq!(said("2027-01-08T00:00:00+01:00", &until("../2027-01-08T00:00:00+01:00")), "2027-01-08 00:00 +01:00");
    assert_eq!(said("2027-01-08T00:00:00+01:00", &until("../2027-01-07T23:00:00Z")), "2027-01-07 23:00 UTC");
    assert_eq!(said("2026-11-26T23:30:00-05:30", &until("2026-11-26T23:30:00-05:30/..")), "today 23:30 -05:30");
    let both = until("2026-12-21T00:00:00+02:00/2027-01-08T00:00:00+01:00");
    assert_eq!(both.own(at("2026-12-21T00:00:00+02:00")).to_string(), "2026-12-21T00:00:00+02:00");
    assert_eq!(both.own(at("2027-01-08T00:00:00+01:00")).to_string(), "2027-01-08T00:00:00+01:00");
    assert_eq!(berlin.own(at("2026-07-01T06:00:00Z")).to_string(), "2026-07-01T08:00:00+02:00");
    for t in [i64::MIN, i64::MAX, END, -1] {
        for when in [&berlin, &both, &When::default()] {
            assert!(!when.moment(t, t).is_empty() && !when.own(t).to_string().is_empty());
        }
        assert!(!instant_text(t).is_empty());
    }
}

fn any_span() -> impl Strategy<Value = Span> {
    // Many on the edges of days and in the hours of daylight saving.
    let minute = || prop_oneof![0..1440u16, 0..240u16, Just(0), Just(1439)];
    (minute(), prop_oneof![minute(), Just(1440)]).prop_map(|(start, end)| {
        let end = if end == start || end == 0 { 1440 } else { end };
        Span { start, end }
    })
}

fn any_hours() -> impl Strategy<Value = Hours> {
    let zone = prop::sample::select(&ZONES[..]);
    (1..128u8, prop::collection::vec(any_span(), 1..4), zone).prop_map(|(days, mut spans, zone)| {
        spans.sort_unstable();
        spans.dedup();
        Hours { days, spans, zone: Zone::named(zone).unwrap() }
    })
}

/// All changes of offsets of the zones.
fn shifts() -> &'static [i64] {
    static SHIFTS: OnceLock<Vec<i64>> = OnceLock::new();
    let rows = |zone: &&str| Zone::named(zone).unwrap().table();
    SHIFTS.get_or_init(|| ZONES.iter().flat_map(rows).map(|(from, _)| from).collect())
}

/// An instant near something that happens: the ends of years, 29 February, changes of offsets, or anything.
fn any_instant() -> impl Strategy<Value = i64> {
    let year = (1970..2100i64).prop_map(|year| at(&format!("{year}-01-01T00:00:00Z")));
    let leap = (1..33i64).prop_map(|leap| at(&format!("{}-02-29T00:00:00Z", 1968 + 4 * leap)));
    let shift = prop::sample::select(shifts());
    let near = prop_oneof![-2..3i64, -90_000..90_000i64, -400_000..400_000i64];
    prop_oneof![(prop_oneof![year, leap, shift], near).prop_map(|(t, near)| t + near), -100..END + 100]
}

fn any_when() -> impl Strategy<Value = When> {
    let bound = || prop::option::weighted(0.3, any_instant());
    (bound(), bound(), prop::collection::vec(any_hours(), 0..4)).prop_map(|(from, until, hours)| {
        let (from, until) = match (from, until) {
            (Some(from), Some(until)) if until < from => (Some(until), Some(from)),
            (Some(from), Some(until)) if until == from => (Some(from), None),
            bounds => bounds,
        };
        When::new(from, until, hours).unwrap()
    })
}

/// The instant, and its nearest edges to both sides.
fn around(when: &When, compiled: &Compiled, t: i64) {
    agree(when, compiled, t, true);
    if let Some(next) = when.next_change(t) {
        for near in [-61, -60, -1, 0, 1, 59, 60] {
            agree(when, compiled, next + near, false);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_reads_the_same(hours in any_hours(), t in any_instant()) {
        prop_assert_eq!(Hours::parse(&hours.to_string()), Ok(hours));
        prop_assert_eq!(instant(&instant_text(t)), Ok(t));
    }

    #[test]
    fn words_agree_with_the_database(when in any_when(), instants in prop::collection::vec(any_instant(), 4)) {
        let compiled = Compiled::of(&when);
        for t in instants.into_iter().chain(when.from()).chain(when.until()) {
            around(&when, &compiled, t);
        }
    }

    #[test]
    fn no_text_panics(text in ".{0,60}", likely in "[MoTuSa,: 0-9+TZ-]{0,30}") {
        for text in [text, likely] {
            for fault in [Hours::parse(&text).err(), instant(&text).err()].into_iter().flatten() {
                prop_assert!(fault.at <= text.len() && text.is_char_boundary(fault.at));
            }
        }
    }
}

/// A million instants, in all zones: `cargo test --lib calendar -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn a_million_instants_agree() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..10_000 {
        let when = any_when().new_tree(&mut runner).unwrap().current();
        let compiled = Compiled::of(&when);
        for _ in 0..100 {
            agree(&when, &compiled, any_instant().new_tree(&mut runner).unwrap().current(), false);
        }
    }
}
