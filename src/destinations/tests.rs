//! Tests of destinations: numbers of each country, faults, and the packed prefixes against plain ones.
#![forbid(unsafe_code)]

use super::plan::NUMBERING;
use super::*;
use proptest::prelude::*;

fn settings(country: &str) -> Settings {
    Settings { country: country.into(), ..Settings::default() }
}

/// A company in Berlin behind `0`, with extensions of two digits and one that is an emergency number.
fn berlin() -> Destinations {
    let settings = Settings {
        trunk_prefix: "0".into(),
        area: "030".into(),
        blocks: vec!["+49 30 2234".into()],
        prefixes: vec![
            ("internal".into(), vec!["7".into()]),
            ("premium".into(), vec!["+49 32".into(), "0137".into()]),
            ("national".into(), vec!["0137 1".into()]),
        ],
        blocked: vec!["+53".into(), "0160 5".into(), "99".into()],
        ..settings("DE")
    };
    settings.build().unwrap()
}

fn is_extension(digits: &str) -> bool {
    ["10", "42", "112", "005"].contains(&digits)
}

fn class(destinations: &Destinations, text: &str) -> Option<Class> {
    destinations.classify(text, is_extension)
}

#[test]
fn a_company_behind_a_trunk_prefix() {
    let berlin = berlin();
    for (text, expected) in [
        ("42", Some(Class::Internal)),
        ("+49 30 2234-42", Some(Class::Internal)),
        ("0223442", Some(Class::Internal)),
        ("005", Some(Class::Internal)),
        ("71234", Some(Class::Internal)),
        ("43", None),
        ("+4930223443", Some(Class::Local)),
        ("0 5678901", Some(Class::Local)),
        ("00 30 5678901", Some(Class::Local)),
        ("+49 (0)30/5678901", Some(Class::Local)),
        ("000 49 (0) 30 5678901", Some(Class::Local)),
        ("tel:+49-30-5678901;ext=5", Some(Class::Local)),
        ("tel:+49-30-5678901;ext=42", Some(Class::Local)),
        ("tel:+49-30-2234;ext=42", Some(Class::Internal)),
        ("tel:00302234;ext=42", Some(Class::Internal)),
        ("+49 30 2234-42;isub=1", Some(Class::Internal)),
        ("112;ext=1", Some(Class::Emergency)),
        ("0089123456", Some(Class::National)),
        ("00171 1234567", Some(Class::Mobile)),
        ("+4916012345", Some(Class::Mobile)),
        ("+4916052345", Some(Class::Blocked)),
        ("0 99123456", Some(Class::Blocked)),
        ("000 43 1 234567", Some(Class::International)),
        ("+43 664 1234567", Some(Class::International)),
        ("+43 900 123456", Some(Class::Premium)),
        ("+5371234567", Some(Class::Blocked)),
        ("00900 1234567", Some(Class::Premium)),
        ("+49 32 1234567", Some(Class::Premium)),
        ("00137 2345678", Some(Class::Premium)),
        ("00137 1345678", Some(Class::National)),
        ("0118 33", Some(Class::Premium)),
        ("0116117", Some(Class::National)),
        ("00 1013 0043 1234", Some(Class::Premium)),
        ("+8816 12345678", Some(Class::Premium)),
        ("+979 1 23456789", Some(Class::Premium)),
        ("+800 12345678", Some(Class::Premium)),
        // Some networks pass over a national prefix behind the country code.
        ("+490900123456", Some(Class::Blocked)),
        ("000490900123456", Some(Class::Blocked)),
        ("+49/0900/123456", Some(Class::Blocked)),
        ("+49 (0)0900 12345", Some(Class::Blocked)),
        ("+49 ( 0 )900123456", Some(Class::Blocked)),
        ("+490302234100", Some(Class::Blocked)),
        ("+44 0909 8790000", Some(Class::Blocked)),
        ("+430900123456", Some(Class::Blocked)),
        ("+49 (0)30 (0)5678901", None),
        ("+39 06 1234567", Some(Class::International)),
        ("112", Some(Class::Emergency)),
        ("0112", Some(Class::Emergency)),
        ("0110", Some(Class::Emergency)),
        ("00112", Some(Class::Emergency)),
        ("+49110", Some(Class::Emergency)),
        ("+999 1234567", None),
        ("+210 1234567", None),
        ("+49", None),
        ("+4930", None),
        ("+49 30 1234567890123", None),
    ] {
        assert_eq!(class(&berlin, text), expected, "{text}");
    }
}

#[test]
fn what_is_no_number_is_refused() {
    let berlin = berlin();
    for text in [
        "",
        " ",
        "+",
        "0",
        "00",
        "000",
        "*21#",
        "#31#0301234567",
        "0301234567#",
        "+49 30 x12",
        "٠٣٠١٢٣٤٥٦٧",
        "０３０１２３４５６７",
        "++4930123456",
        "0030123456;phone-context=example.com",
        "0030123456;ext=",
        "0030123456;ext=a",
        "tel:+49305678901;ext=5;ext=6",
        "tel:+49305678901;isub=5;isub=6",
        // What is behind an extension, or behind a number that is perhaps the own, cannot be placed.
        "42;ext=5",
        "42;ext=42",
        "71234;ext=5",
        "+49 30 2234-42;ext=1",
        "+49 30 2234;ext=43",
        "+49 30 223;ext=442",
        "+49 30 22349999;ext=42",
        "0030123456,,1",
        "sip:0030123456@example.com",
        "tel:",
        "0030\u{a0}123456",
        "0030\n123456",
        "00301234567890123456789012345",
    ] {
        assert_eq!(class(&berlin, text), None, "{text:?}");
        assert!(!berlin.same_number(text, text, is_extension));
    }
}

/// What holds behind every area code holds in the own country only, and behind what the document says of numbers of one area.
#[test]
fn prefixes_behind_every_area_code() {
    let abroad = settings("DE").build().unwrap();
    assert_eq!(class(&abroad, "+12129761234"), Some(Class::International));
    let own = Settings {
        area: "212".into(),
        prefixes: vec![("national".into(), vec!["1 212 976 1".into()])],
        blocked: vec!["1 313".into()],
        ..settings("US")
    };
    let own = own.build().unwrap();
    assert_eq!(class(&own, "+12129761234"), Some(Class::National));
    assert_eq!(class(&own, "+12129762234"), Some(Class::Premium));
    assert_eq!(class(&own, "+13139762234"), Some(Class::Blocked));
    assert_eq!(class(&own, "+1212976223"), Some(Class::Premium));
}

#[test]
fn numbers_of_each_country() {
    for (country, area, rows) in [
        (
            "AT",
            "1",
            &[
                ("0664123456", Class::Mobile),
                ("0662123456", Class::National),
                ("0732123456", Class::National),
                ("06541123456", Class::National),
                ("0720123456", Class::National),
                ("0718123456", Class::Premium),
                ("0862123456", Class::Premium),
                ("5123456", Class::Local),
                ("0900123456", Class::Premium),
                ("144", Class::Emergency),
            ][..],
        ),
        (
            "CH",
            "44",
            &[
                ("0791234567", Class::Mobile),
                ("0721234567", Class::Mobile),
                ("0741234567", Class::Premium),
                ("0441234567", Class::Local),
                ("0311234567", Class::National),
                ("0901123456", Class::Premium),
                ("1811", Class::Premium),
                ("117", Class::Emergency),
            ],
        ),
        (
            "GB",
            "20",
            &[
                ("07700900123", Class::International),
                ("07400123456", Class::Mobile),
                ("02079460000", Class::Local),
                ("01614960000", Class::National),
                ("09098790000", Class::Premium),
                ("07012345678", Class::Premium),
                ("999", Class::Emergency),
            ],
        ),
        (
            "US",
            "212",
            &[
                ("12125550123", Class::Local),
                ("2125550123", Class::Local),
                ("5550123", Class::Local),
                ("13125550123", Class::National),
                ("18765550123", Class::International),
                ("12735550123", Class::International),
                ("4165550123", Class::International),
                ("19005550123", Class::Premium),
                ("2129761234", Class::Premium),
                ("9761234", Class::Premium),
                ("13129761234", Class::Premium),
                ("14169761234", Class::Premium),
                ("12129501234", Class::Premium),
                ("13125551212", Class::Premium),
                ("13125551213", Class::National),
                ("12125976123", Class::Local),
                ("01149301234567", Class::International),
                ("1010288", Class::Premium),
                ("911", Class::Emergency),
            ],
        ),
        (
            "FR",
            "1",
            &[
                ("0612345678", Class::Mobile),
                ("0123456789", Class::Local),
                ("0234567890", Class::National),
                ("0899123456", Class::Premium),
                ("0692123456", Class::International),
                ("0695123456", Class::Mobile),
                ("0947612345", Class::International),
                ("0947012345", Class::National),
                ("3900", Class::Premium),
                ("15", Class::Emergency),
            ],
        ),
        (
            "NL",
            "20",
            &[
                ("0612345678", Class::Mobile),
                ("0201234567", Class::Local),
                ("0301234567", Class::National),
                ("0101234567", Class::National),
                ("0881234567", Class::National),
                ("0841234567", Class::Premium),
                ("09001234", Class::Premium),
                ("911", Class::Emergency),
            ],
        ),
        (
            "IT",
            "06",
            &[
                ("3331234567", Class::Mobile),
                ("0612345678", Class::Local),
                ("0212345678", Class::National),
                ("899123456", Class::Premium),
                ("0878123456", Class::Premium),
                ("118", Class::Emergency),
            ],
        ),
        (
            "ES",
            "91",
            &[
                ("612345678", Class::Mobile),
                ("912345678", Class::Local),
                ("932345678", Class::National),
                ("806123456", Class::Premium),
                ("11888", Class::Premium),
                ("112", Class::Emergency),
            ],
        ),
        (
            "PL",
            "22",
            &[
                ("501234567", Class::Mobile),
                ("221234567", Class::Local),
                ("121234567", Class::National),
                ("261234567", Class::National),
                ("700123456", Class::Premium),
                ("118912", Class::Premium),
                ("998", Class::Emergency),
            ],
        ),
        ("+420", "", &[("+420234567890", Class::National), ("0049301234567", Class::International)]),
    ] {
        let destinations = Settings { area: area.into(), ..settings(country) }.build().unwrap();
        for (text, expected) in rows {
            assert_eq!(destinations.classify(text, |_| false), Some(*expected), "{country} {text}");
        }
    }
    let czech = settings("+420").build().unwrap();
    assert_eq!(czech.classify("234567890", |_| false), None);
    assert_eq!(settings("CH").build().unwrap().classify("1234567", |_| false), Some(Class::Premium));
    assert_eq!(settings("CH").build().unwrap().classify("4123456", |_| false), None);
    assert_eq!(settings("de").build().unwrap().classify("5678901", |_| false), None, "no area is known");
}

#[test]
fn one_telephone_has_many_numbers() {
    let berlin = berlin();
    let same = |a, b| berlin.same_number(a, b, is_extension);
    for text in ["+49302234 42", "00049302234-42", "0 0 30 223442", "0223442"] {
        assert!(same("42", text), "{text}");
    }
    assert!(same("+49 89 123456", "00 89 12 34 56") && same("0112", "112"));
    assert!(!same("42", "10") && !same("+49891234567", "+49891234568") && !same("43", "43"));
    assert_eq!(berlin.e164("00 89 12 34 56", is_extension).as_deref(), Some("+4989123456"));
    assert_eq!(berlin.e164("42", is_extension), None);
}

#[test]
fn what_holds_for_all() {
    let berlin = berlin();
    let names = |set: ClassSet| set.iter().map(Class::name).collect::<Vec<_>>().join(" ");
    assert_eq!(names(berlin.forwarding()), "internal local national mobile");
    assert_eq!(names(berlin.calls()), "internal local national mobile international");
    let none = Settings { forwarding: Some(Vec::new()), calls: Some(vec!["premium".into()]), ..settings("DE") }
        .build()
        .unwrap();
    assert_eq!((names(none.forwarding()), names(none.calls())), (String::new(), "premium".into()));
    let all: ClassSet = Class::ALL.into_iter().collect();
    assert!(!all.has(Class::Emergency) && !all.has(Class::Blocked) && all.has(Class::Premium));
}

#[test]
fn faults_name_key_and_entry() {
    let texts = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect::<Vec<String>>();
    let of = |class: &str, entries: &[&str]| (class.to_owned(), texts(entries));
    let de = || settings("DE");
    let digits = "expected at most 8 digits";
    let prefix = "expected a prefix of digits, as in `+49900` or as it is dialled";
    for (settings, key, entry, message) in [
        (settings("DEU"), "country", 0, "unknown country `DEU` (did you mean `DE`?), or a country code such as `+420`".to_owned()),
        (settings("+999"), "country", 0, "unknown country `+999`, expected one of `AT`, `CH`, `DE`, `ES`, `FR`, `GB`, `IT`, `NL`, `PL`, `US`, or a country code such as `+420`".into()),
        (Settings { trunk_prefix: "x".into(), ..de() }, "trunk_prefix", 0, format!("found `x`, {digits}")),
        (Settings { national_prefix: Some("+".into()), ..de() }, "national_prefix", 0, format!("found `+`, {digits}")),
        (Settings { international_prefix: Some("000000000".into()), ..de() }, "international_prefix", 0, format!("found `000000000`, {digits}")),
        (Settings { area: "3 0".into(), ..de() }, "area", 0, format!("found `3 0`, {digits}")),
        (Settings { blocks: texts(&["030123", "+43123"]), ..de() }, "blocks", 1, "found `+43123`, expected a number of the own country with its area code, as in `+49301234`".into()),
        (Settings { emergency: texts(&["115", ""]), ..de() }, "emergency", 1, format!("found ``, {digits}")),
        (Settings { prefixes: vec![of("premum", &[])], ..de() }, "prefixes.premum", 0, "unknown class `premum` (did you mean `premium`?)".into()),
        (Settings { prefixes: vec![of("premium", &["+49900", "0137*"])], ..de() }, "prefixes.premium", 1, format!("found `0137*`, {prefix}")),
        (Settings { blocked: texts(&[""]), ..de() }, "blocked", 0, format!("found ``, {prefix}")),
        (Settings { blocked: texts(&["+1234567890123456"]), ..de() }, "blocked", 0, format!("found `+1234567890123456`, {prefix}")),
        (Settings { prefixes: vec![of("national", &["+49 137"]), of("premium", &["0900", "0137"])], ..de() }, "prefixes.premium", 1, "the prefix `0137` is in `prefixes.national` and in `prefixes.premium`, expected one of them".into()),
        (Settings { prefixes: vec![of("national", &["0137"])], blocked: texts(&["0049137"]), ..de() }, "blocked", 0, "the prefix `0049137` is in `prefixes.national` and in `blocked`, expected one of them".into()),
        (Settings { forwarding: Some(texts(&["local", "emergency"])), ..de() }, "forwarding", 1, "unknown class `emergency`, expected one of `internal`, `local`, `national`, `mobile`, `international`, `premium`".into()),
        (Settings { calls: Some(texts(&["blocked"])), ..de() }, "calls", 0, "unknown class `blocked`, expected one of `internal`, `local`, `national`, `mobile`, `international`, `premium`".into()),
    ] {
        assert_eq!(settings.build(), Err(Fault { key: key.into(), entry, message }));
    }
    assert!(Settings { blocked: texts(&["0137", "0049137"]), ..de() }.build().is_ok());
}

/// The data: codes and prefixes are digits, none is in two classes, and no country code begins another.
#[test]
fn the_numbering_is_sound() {
    let world = &NUMBERING.world;
    assert!(world.codes.len() > 200 && NUMBERING.country.len() == 10);
    let codes: Vec<&String> = world.codes.iter().chain(&world.premium).collect();
    for (at, code) in codes.iter().enumerate() {
        let others = codes.iter().enumerate().filter(|(other, _)| *other != at);
        assert!(others.into_iter().all(|(_, other)| !other.starts_with(code.as_str())), "{code}");
    }
    for (name, country) in &NUMBERING.country {
        assert!(world.codes.contains(&country.code), "{name}");
        let lists = [&country.mobile, &country.premium, &country.international, &country.national];
        let mut all: Vec<&String> = lists.into_iter().flatten().collect();
        let texts =
            all.iter().copied().chain(&country.emergency).chain(&country.short.premium).chain(&country.short.national);
        assert!(
            texts.into_iter().all(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())),
            "{name}"
        );
        let before = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), before, "a prefix of {name} is there twice");
        assert!(settings(name).build().is_ok());
    }
}

/// The obvious way: of all prefixes that the digits begin with, the longest.
fn longest_plainly(entries: &[(String, Class)], digits: &str) -> Option<Class> {
    let fitting = entries.iter().filter(|(prefix, _)| digits.starts_with(prefix.as_str()));
    fitting.max_by_key(|(prefix, _)| prefix.len()).map(|(_, class)| *class)
}

proptest! {
    #[test]
    fn the_longest_prefix_counts(
        entries in prop::collection::btree_map("[0-2]{1,6}", prop::sample::select(&Class::ALL[..]), 0..60),
        numbers in prop::collection::vec("[0-2]{1,15}", 1..50),
    ) {
        let entries: Vec<(String, Class)> = entries.into_iter().collect();
        for number in numbers {
            prop_assert_eq!(compiled::longest(&entries, &number), longest_plainly(&entries, &number), "{}", number);
        }
    }

    #[test]
    fn no_text_panics_and_signs_do_not_matter(text in ".{0,40}", digits in "[+0-9*#;=() -]{0,30}", plain in "[0-9]{1,18}") {
        let berlin = berlin();
        for text in [&text, &digits] {
            let class = class(&berlin, text);
            let refused = text.contains(['*', '#', ',']) || !text.is_ascii();
            prop_assert!(!refused || class.is_none());
            let _ = Settings { blocked: vec![text.clone()], blocks: vec![text.clone()], ..settings("US") }.build();
        }
        let signs: String = plain.chars().flat_map(|digit| [digit, '-', ' ']).collect();
        prop_assert_eq!(class(&berlin, &plain), class(&berlin, &signs));
        prop_assert_eq!(class(&berlin, &format!("+{plain}")), class(&berlin, &format!("000{plain}")));
    }
}
