//! Where forwardings and calls may lead: documents, the engine, function codes, and the same over a store without its policy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::destinations::{Destinations, Plan, Settings};
use linewarden::internals::directory::Directory;
use linewarden::internals::document;
use linewarden::{Class, DestinationReason as Why, Document, Engine, Party};
use proptest::prelude::*;

/// Alice and Bob in Berlin behind `0`. Bob may set Alice's forwarding on the first line, and to foreign countries; Carol may call
/// them. `EXTRA` stands for more.
const BERLIN: &str = r#"
domain = "acme.example"
systems = ["linewarden"]
user = [
    { name = "alice", lines = ["100", "101"] },
    { name = "bob", lines = ["130"] },
    { name = "carol", lines = ["120", "+49891234567"] },
    { name = "eve", lines = ["112"] },
]
[[team]]
name = "support"
lines = ["600"]
[[location]]
name = "desk"
[[rule]]
name = "cover"
actors = ["bob"]
rights = ["forwarding.set", "forwarding.to.international"]
lines = ["first"]
targets = ["alice"]
[[rule]]
name = "abroad"
actors = ["carol"]
rights = ["call.to.premium"]
targets = ["oneself"]
[destinations]
country = "DE"
trunk_prefix = "0"
area = "030"
blocks = ["+49 30 2234"]
blocked = ["+53"]
calls = ["internal", "local", "national"]
"#;

fn engine(text: &str) -> Engine {
    Engine::from_documents(&[Document { name: "acme.toml".into(), text: text.into() }]).unwrap()
}

fn fault(text: &str) -> String {
    let document = Document { name: "acme.toml".into(), text: text.into() };
    Engine::from_documents(&[document]).unwrap_err().message().to_owned()
}

fn party(engine: &Engine, name: &str) -> Party {
    engine.find(None, name).unwrap()
}

#[test]
fn forwardings_need_the_class_of_their_number() {
    let engine = engine(BERLIN);
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| party(&engine, name));
    let asked = |actor, owner, line, digits: &str| {
        let answer = engine.may_forward_to(actor, owner, line, digits);
        assert_eq!(answer.allowed, answer.reason as u32 >= 16);
        let explained = engine.explain_forward_to(actor, owner, line, digits);
        assert_eq!(explained.answer, answer);
        assert!(!explained.why.is_empty());
        (answer.class, answer.reason)
    };
    for (actor, owner, line, digits, class, reason) in [
        (alice, alice, 0, "130", Some(Class::Internal), Why::Granted),
        (alice, alice, 1, "600", Some(Class::Internal), Why::Granted),
        (alice, alice, 1, "0 5678901", Some(Class::Local), Why::Granted),
        (alice, alice, 1, "00171 1234567", Some(Class::Mobile), Why::Granted),
        (alice, alice, 1, "+43 1 234567", Some(Class::International), Why::ClassNotGranted),
        (alice, alice, 1, "00900 1234567", Some(Class::Premium), Why::ClassNotGranted),
        (bob, alice, 1, "+43 1 234567", Some(Class::International), Why::Granted),
        (bob, alice, 1, "00171 1234567", Some(Class::Mobile), Why::Granted),
        (bob, alice, 1, "00900 1234567", Some(Class::Premium), Why::ClassNotGranted),
        (bob, alice, 2, "+43 1 234567", Some(Class::International), Why::NotGranted),
        (bob, alice, 0, "130", Some(Class::Internal), Why::NotGranted),
        (bob, bob, 1, "+43 1 234567", Some(Class::International), Why::ClassNotGranted),
        (carol, alice, 1, "130", Some(Class::Internal), Why::NotGranted),
        (bob, alice, 1, "+5371234567", Some(Class::Blocked), Why::Blocked),
        (bob, alice, 1, "112", Some(Class::Emergency), Why::Emergency),
        (bob, alice, 1, "00112", Some(Class::Emergency), Why::Emergency),
        (bob, alice, 1, "0110", Some(Class::Emergency), Why::Emergency),
        // To oneself, however it is written, and on whichever line.
        (bob, alice, 1, "100", Some(Class::Internal), Why::Oneself),
        (bob, alice, 1, "101", Some(Class::Internal), Why::Oneself),
        (bob, alice, 1, "+49 30 2234-100", Some(Class::Internal), Why::Oneself),
        (bob, alice, 1, "000 49 (0)30 2234 101", Some(Class::Internal), Why::Oneself),
        (bob, alice, 1, "0 2234100", Some(Class::Internal), Why::Oneself),
        (carol, carol, 1, "+49 89 1234567", Some(Class::Internal), Why::Oneself),
        (carol, carol, 1, "+49891234567", Some(Class::Internal), Why::Oneself),
        (carol, carol, 1, "0089 1234567", Some(Class::Internal), Why::Oneself),
        (bob, alice, 1, "0089 1234567", Some(Class::Internal), Why::Granted),
        // What is no number, or leads to no known place.
        (bob, alice, 1, "", None, Why::NoClass),
        (bob, alice, 1, "43", None, Why::NoClass),
        (bob, alice, 1, "*21*0900#", None, Why::NoClass),
        (bob, alice, 1, "+999 1234567", None, Why::NoClass),
        (bob, alice, 1, "bob", None, Why::NoClass),
        (Party(0), alice, 1, "130", None, Why::Unknown),
        (bob, Party(0), 1, "130", None, Why::Unknown),
        (bob, Party(70_000), 1, "112", None, Why::Unknown),
    ] {
        assert_eq!(asked(actor, owner, line, digits), (class, reason), "{digits} by {actor:?} for {owner:?}");
    }
}

/// What PBXs were defrauded with, as it was reported: foreign and premium numbers in every way of writing them.
#[test]
fn no_way_of_writing_gets_round_the_class() {
    let engine = engine(BERLIN);
    let alice = party(&engine, "alice");
    for digits in [
        "+43 900 123456",
        "00043900123456",
        "000 43 (0)900 123456",
        "tel:+43900123456",
        "+49 900 1234567",
        "+49 (0)900 1234567",
        "00900-1234567",
        "00 900 12 34 567",
        "+88213123456",
        "+8816 12345678",
        "+870 123456789",
        "+979 123456789",
        "0118 33",
        "00137 8123456",
        "+371 90001234",
        "+252 612345678",
        "0 010 1234 0043 1 234567",
        "\u{660}\u{660}900",
        "0090012345671234567890",
        "0171#1234567",
        "00171 1234567,,,0900",
    ] {
        let answer = engine.may_forward_to(alice, alice, 1, digits);
        assert!(!answer.allowed, "{digits}: {answer:?}");
    }
}

#[test]
fn calls_need_the_class_of_their_number() {
    let engine = engine(BERLIN);
    let [alice, carol, desk, support] =
        ["alice", "carol", "location:desk", "team:support"].map(|name| party(&engine, name));
    let stranger = party(&engine, "sip:x@far.example");
    for (actor, digits, class, reason) in [
        (alice, "110", Some(Class::Emergency), Why::EmergencyCall),
        (alice, "101", Some(Class::Internal), Why::Granted),
        (alice, "0 5678901", Some(Class::Local), Why::Granted),
        (alice, "00171 1234567", Some(Class::Mobile), Why::ClassNotGranted),
        (alice, "00900 1234567", Some(Class::Premium), Why::ClassNotGranted),
        (carol, "00900 1234567", Some(Class::Premium), Why::Granted),
        (carol, "+5371234567", Some(Class::Blocked), Why::Blocked),
        (carol, "x", None, Why::NoClass),
        (desk, "112", Some(Class::Emergency), Why::EmergencyCall),
        (support, "0112", Some(Class::Emergency), Why::EmergencyCall),
        (desk, "110 ", Some(Class::Emergency), Why::EmergencyCall),
        (desk, "101", Some(Class::Internal), Why::ClassNotGranted),
        (stranger, "101", Some(Class::Internal), Why::ClassNotGranted),
        (stranger, "112", Some(Class::Emergency), Why::ClassNotGranted),
        (Party(0), "112", None, Why::Unknown),
    ] {
        let answer = engine.may_call(actor, digits);
        assert_eq!((answer.class, answer.reason), (class, reason), "{digits}");
        assert_eq!(answer.allowed, reason as u32 >= 16);
        assert_eq!(engine.explain_call(actor, digits).answer, answer);
    }
}

/// Without the system no class needs a right: what a forwarding must not reach is refused all the same. Without a plan nothing but
/// extensions and emergency numbers is known.
#[test]
fn domains_without_the_system_or_without_a_plan() {
    let text = BERLIN.replace("\"linewarden\"]", "\"xphone\"]");
    let plan_at = BERLIN.find("[destinations]").unwrap();
    let unplanned = text.split("[destinations]").next().unwrap().to_owned();
    for (text, rows) in [
        (
            text,
            &[
                ("+43 1 234567", Why::Granted),
                ("00900 1234567", Why::ClassNotGranted),
                ("112", Why::Emergency),
                ("+5371234567", Why::Blocked),
                ("100", Why::Oneself),
                ("43", Why::NoClass),
            ][..],
        ),
        (
            unplanned,
            &[
                ("+43 1 234567", Why::Granted),
                ("00900 1234567", Why::Granted),
                ("130", Why::Granted),
                ("112", Why::Emergency),
                ("101", Why::Oneself),
                ("*21#", Why::NoClass),
            ],
        ),
        (
            BERLIN[..plan_at].to_owned(),
            &[("130", Why::Granted), ("00171 1234567", Why::NoClass), ("911", Why::Emergency), ("100", Why::Oneself)],
        ),
    ] {
        let engine = engine(&text);
        let alice = party(&engine, "alice");
        for (digits, reason) in rows {
            let answer = engine.may_forward_to(alice, alice, 1, digits);
            assert_eq!(answer.reason, *reason, "{digits} in {text}");
        }
        let runs = text.contains("[\"linewarden\"]");
        let call = engine.may_call(alice, "130");
        assert_eq!(call.allowed, runs, "{call:?}");
        assert!(engine.may_call(alice, "112").allowed);
    }
}

#[test]
fn function_codes_count_with_their_target() {
    let engine = engine(BERLIN);
    let [alice, bob] = ["alice", "bob"].map(|name| party(&engine, name));
    for (actor, code, allowed, class, why) in [
        (bob, "*74100#00043123456", true, Some(Class::International), "`00043123456` is international"),
        (bob, "*74100#009001234567", false, Some(Class::Premium), "bob lacks forwarding.to.premium on alice"),
        (bob, "*74100#112", false, Some(Class::Emergency), "emergency number"),
        (bob, "*74100#101", false, Some(Class::Internal), "so the forwarding would lead back"),
        (bob, "*74101#130", false, Some(Class::Internal), "alice"),
        (bob, "*74100#43", false, None, "where `43` leads is not known"),
        (alice, "*74#130", true, Some(Class::Internal), "needs no right; `130` is internal"),
        (
            alice,
            "*74#00043123456",
            false,
            Some(Class::International),
            "alice lacks forwarding.to.international on alice",
        ),
        (alice, "*74#+5371234567", false, Some(Class::Blocked), "blocked"),
    ] {
        let answer = engine.dial(actor, code).unwrap();
        let explained = engine.explain_dial(actor, code).unwrap();
        assert_eq!(explained.answer, answer, "{code}");
        assert_eq!((answer.allowed, answer.destination.and_then(|held| held.class)), (allowed, class), "{code}");
        assert!(explained.why.contains(why), "{code}: {}", explained.why);
    }
    for code in ["*70100", "*71100", "*8100"] {
        assert_eq!(engine.dial(bob, code).unwrap().destination, None);
    }
}

#[test]
fn faults_have_their_place() {
    let head = "domain = \"acme.example\"\nsystems = [\"linewarden\"]\n[destinations]\n";
    for (text, expected) in [
        ("area = \"30\"", "3:1: missing key `country` in [destinations]"),
        ("country = 49", "4:11: `country` in [destinations] is the integer `49`, expected a string"),
        (
            "country = \"DEU\"",
            "4:11: `country` of [destinations]: unknown country `DEU` (did you mean `DE`?), or a country code such as `+420`",
        ),
        ("country = \"DE\"\ncountri = \"x\"", "5:1: unknown key `countri` in [destinations] (did you mean `country`?)"),
        (
            "country = \"DE\"\nblocked = [\"+53\",\n  \"x\"]",
            "6:3: `blocked` of [destinations]: found `x`, expected a prefix of digits, as in `+49900` or as it is dialled",
        ),
        (
            "country = \"DE\"\nprefixes.premum = []",
            "5:10: `prefixes.premum` of [destinations]: unknown class `premum` (did you mean `premium`?)",
        ),
        (
            "country = \"DE\"\n[destinations.prefixes]\nnational = [\"0137\"]\npremium = [\"0900\", \"0137\"]",
            "7:20: `prefixes.premium` of [destinations]: the prefix `0137` is in `prefixes.national` and in `prefixes.premium`, expected one of them",
        ),
        (
            "country = \"DE\"\ncalls = [\"local\", \"emergency\"]",
            "5:19: `calls` of [destinations]: unknown class `emergency`, expected one of `internal`, `local`, `national`, `mobile`, `international`, `premium`",
        ),
        (
            "country = \"DE\"\n[destinations]\ncountry = \"AT\"",
            "a second `destinations` in the document, the first is in line 3",
        ),
    ] {
        let found = fault(&format!("{head}{text}"));
        assert!(found.contains(expected), "{text}: {found}");
    }
}

/// A document that is written from a domain loads to the same destinations.
#[test]
fn documents_keep_their_destinations() {
    let text = r#"
        domain = "acme.example"
        systems = ["linewarden"]
        [destinations]
        country = "DE"
        trunk_prefix = "9"
        national_prefix = "0"
        international_prefix = "00"
        area = "30"
        blocks = ["+49301234", "0305678"]
        blocked = ["+53", "0137"]
        emergency = ["115"]
        forwarding = []
        calls = ["internal", "premium"]
        [destinations.prefixes]
        premium = ["+49900", "0180"]
        internal = ["7"]
    "#;
    let load = |text: &str| {
        let (document, mut names) = (Document { name: "a".into(), text: text.into() }, Directory::default());
        let policy = document::load(&[document], &mut names).unwrap();
        (policy.domains[0].linewarden.destinations().unwrap().clone(), policy.domains[0].linewarden.forwarding())
    };
    let engine = engine(text);
    let mut written = Vec::new();
    engine.write_document(engine.domains()[0].0, &mut written).unwrap();
    let written = String::from_utf8(written).unwrap();
    assert_eq!(load(&written), load(text), "{written}");
    assert!(load(text).1.is_empty());
}

/// keevio knows no right to set forwardings. One's own needs none, dialled as a code or asked for by itself; its target is still limited.
#[test]
fn own_forwarding_needs_no_right_to_set_it() {
    let engine = engine(
        "domain = \"a.example\"\nsystems = [\"keevio\"]\nuser = [{ name = \"a\", lines = [\"200\"] }, { name = \"b\", lines = [\"210\"] }]\n\
         destinations = { country = \"DE\", trunk_prefix = \"0\" }\n",
    );
    let [a, b] = ["a", "b"].map(|name| party(&engine, name));
    for (owner, digits, reason) in [
        (a, "210", Why::Granted),
        (a, "00171 1234567", Why::Granted),
        (a, "00900 1234567", Why::ClassNotGranted),
        (a, "200", Why::Oneself),
        (a, "112", Why::Emergency),
        (b, "200", Why::NotGranted),
    ] {
        let answer = engine.may_forward_to(a, owner, 1, digits);
        assert_eq!(answer.reason, reason, "{digits}");
        if owner == a {
            let code = format!("*74#{}", digits.replace(' ', ""));
            assert_eq!(engine.dial(a, &code).unwrap().allowed, answer.allowed, "{code}");
        }
    }
}

/// `[destinations]` has an effect in every domain, but the open classes only with the system.
#[test]
fn lint_reports_open_classes_without_the_system() {
    let findings = |text: &str| {
        let found = engine(text).lint();
        found.iter().map(|finding| finding.message.clone()).filter(|text| text.contains("destinations")).count()
    };
    let plain = "domain = \"a.example\"\nsystems = [\"keevio\"]\n[destinations]\ncountry = \"DE\"\n";
    assert_eq!(findings(plain), 0);
    assert_eq!(findings(&format!("{plain}calls = [\"internal\"]\n")), 1);
    assert_eq!(findings(&format!("{}calls = [\"internal\"]\n", plain.replace("keevio", "linewarden"))), 0);
}

/// The answers over a store come from the image, and are those over documents.
#[cfg(target_os = "linux")]
#[test]
fn a_store_answers_without_its_policy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.db");
    drop(Engine::create_from(&path, &[Document { name: "acme.toml".into(), text: BERLIN.into() }], None).unwrap());
    let (stored, plain) = (Engine::open(&path).unwrap(), engine(BERLIN));
    let digits = ["130", "100", "+431234567", "00171 1234567", "009001234567", "112", "43", "+5371234567", "600", "x"];
    for actor in ["alice", "bob", "carol", "location:desk"] {
        for digits in digits {
            let of = |engine: &Engine| {
                let call = engine.may_call(party(engine, actor), digits);
                let forwardings = ["alice", "bob", "carol"].map(|owner| {
                    let answer = engine.may_forward_to(party(engine, actor), party(engine, owner), 1, digits);
                    (answer.allowed, answer.class, answer.reason)
                });
                (call.allowed, call.class, call.reason, forwardings)
            };
            assert_eq!(of(&stored), of(&plain), "{actor} {digits}");
        }
    }
    let bob = party(&stored, "bob");
    assert!(!stored.dial(bob, "*74100#009001234567").unwrap().allowed);
    assert_eq!(stored.policy_reads(), 0);
}

fn berlin() -> Destinations {
    let mut names = Directory::default();
    let document = Document { name: "acme.toml".into(), text: BERLIN.into() };
    let policy = document::load(&[document], &mut names).unwrap();
    policy.domains[0].linewarden.destinations().unwrap().clone()
}

proptest! {
    /// Words that are torn or make no sense lead nowhere or somewhere, but end, and never panic; all words 0 lead to no number.
    #[test]
    fn words_that_make_no_sense_are_read(
        changed in prop::collection::vec((0usize..2000, any::<u64>()), 0..8),
        cut in any::<usize>(),
        digits in "[+0-9 ]{0,24}",
    ) {
        let berlin = berlin();
        let mut words = berlin.words().to_vec();
        for (at, word) in changed {
            let at = at % words.len();
            words[at] = word;
        }
        words.truncate(cut % (words.len() + 1));
        let plan = Plan::new(|at| words.get(at).copied().unwrap_or(0), words.len());
        let _ = plan.lead(&digits, |_| None::<()>);
        let nothing = Plan::new(|_| 0, words.len());
        prop_assert!(nothing.lead(&digits, |_| None::<()>).is_none());
    }

    /// The classes of numbers in the image are those of the destinations that it was compiled from.
    #[test]
    fn the_image_has_the_same_classes(
        numbers in prop::collection::vec("(\\+|0|00|000)?(49|43|53|30|900|171|112|1)?[0-9]{1,9}", 1..30),
        prefixes in prop::collection::vec(("\\+[1-9][0-9]{1,6}", 0usize..6), 0..10),
        area in "[1-9][0-9]{0,3}",
    ) {
        let mut by_class = vec![Vec::new(); 6];
        prefixes.iter().for_each(|(prefix, class)| by_class[*class].push(prefix.clone()));
        let names = ["internal", "local", "national", "mobile", "international", "premium"].map(String::from);
        let settings = Settings {
            country: "DE".into(),
            trunk_prefix: "0".into(),
            area: area.clone(),
            prefixes: names.iter().cloned().zip(by_class.clone()).collect(),
            ..Settings::default()
        };
        let Ok(built) = settings.build() else { return Ok(()) };
        let lists: Vec<String> = names.iter().zip(by_class).map(|(name, list)| format!("{name} = {list:?}\n")).collect();
        let head = BERLIN.split("[destinations]").next().unwrap();
        let text = format!(
            "{head}[destinations]\ncountry = \"DE\"\ntrunk_prefix = \"0\"\narea = \"{area}\"\n[destinations.prefixes]\n{}",
            lists.concat()
        );
        let engine = engine(&text);
        let alice = party(&engine, "alice");
        let lines = ["100", "101", "130", "120", "112", "600"];
        for number in numbers {
            let expected = built.classify(&number, |digits| lines.contains(&digits));
            prop_assert_eq!(engine.may_call(alice, &number).class, expected, "{}", number);
        }
    }
}

/// RFC 3966 writes an extension behind the number of the company: that is an extension of the domain, perhaps of the owner.
#[test]
fn an_extension_behind_the_own_number_is_found_or_refused() {
    let planned = engine(BERLIN);
    let unplanned = engine(&BERLIN.split("[destinations]").next().unwrap().replace("\"linewarden\"", "\"xphone\""));
    for (engine, rows) in [
        (
            &planned,
            &[
                ("tel:+49-30-2234;ext=100", Some(Class::Internal), Why::Oneself),
                ("00302234;ext=101", Some(Class::Internal), Why::Oneself),
                ("tel:+49-30-2234;ext=130", Some(Class::Internal), Why::Granted),
                ("tel:+49-30-2234100;isub=1", Some(Class::Internal), Why::Oneself),
                ("tel:+49-30-2234;ext=999", None, Why::NoClass),
                ("tel:+49-30-2234100;ext=1", None, Why::NoClass),
                ("100;ext=1", None, Why::NoClass),
                ("tel:+49-30-99887766;ext=100", Some(Class::Local), Why::Granted),
            ][..],
        ),
        (
            &unplanned,
            &[
                ("tel:+49-30-2234;ext=100", Some(Class::Internal), Why::Oneself),
                ("100;ext=130", Some(Class::Internal), Why::Oneself),
                ("tel:+49-30-2234;ext=999", None, Why::Granted),
            ][..],
        ),
    ] {
        let alice = party(engine, "alice");
        for (digits, class, reason) in rows {
            let found = engine.may_forward_to(alice, alice, 1, digits);
            assert_eq!((found.class, found.reason), (*class, *reason), "{digits}");
        }
    }
}
