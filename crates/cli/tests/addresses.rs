//! Addresses and domains in any spelling, at every door: documents, changes, questions in Rust and C, the command, function codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

use linewarden::ffi::{engine_to_c, lw_close, lw_engine, lw_find, lw_may_named, lw_parties};
use linewarden::internals::document::Document;
use linewarden::internals::policy::change::Author;
use linewarden::{Engine, Right};
use proptest::prelude::*;
use std::ffi::CString;
use std::fs;
use std::process::Command;
use std::ptr::null;
use std::sync::LazyLock;
use tempfile::TempDir;

const RIGHT: &str = "presence.status.read";

/// Alice has one contact of each domain blocked; every other outside contact is an employee.
const ACME: &str = r#"domain = "acme.example"
systems = ["xphone"]
[[user]]
name = "alice"
lines = ["100"]
site = "munich"
[[user]]
name = "anna maria"
site = "munich"
[[site]]
name = "munich"
same_site = "employee"
other_sites = "employee"
outside = "employee"
[[relationship]]
owner = "alice"
viewer = "sip:bob@partner.example"
level = "blocked"
[[relationship]]
owner = "alice"
viewer = "sip:a.b+c!d@xn--zcaj.example"
level = "blocked"
[[relationship]]
owner = "alice"
viewer = "sip:x%20y@partner.example"
level = "blocked"
"#;

fn engine(texts: &[&str]) -> Engine {
    let documents: Vec<Document> = texts
        .iter()
        .zip(1..)
        .map(|(text, place)| Document { name: format!("{place}.toml"), text: (*text).into() })
        .collect();
    Engine::from_documents(&documents).unwrap()
}

/// The engine behind C, for the life of the process.
struct C(*mut lw_engine);
// SAFETY: an engine is shared by all threads.
unsafe impl Send for C {}
// SAFETY: as above.
unsafe impl Sync for C {}

static THROUGH_C: LazyLock<C> = LazyLock::new(|| C(engine_to_c(engine(&[ACME]))));
static IN_RUST: LazyLock<Engine> = LazyLock::new(|| engine(&[ACME]));

fn may_in_c(actor: &str, target: &str) -> bool {
    let [actor, right, target] = [actor, RIGHT, target].map(|text| CString::new(text).unwrap());
    // SAFETY: the engine is open, the texts end in NUL.
    unsafe { lw_may_named(THROUGH_C.0, null(), actor.as_ptr(), right.as_ptr(), target.as_ptr()) }
}

/// A scratch folder with the document in it, and what the command says there.
fn command(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_linewarden")).args(arguments).current_dir(folder.path()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme.toml"), ACME).unwrap();
    folder
}

/// The issue's own input: one contact is blocked in all spellings, through every face.
#[test]
fn a_blocked_contact_is_blocked_in_every_spelling() {
    let folder = folder();
    let spellings = [
        "sip:bob@partner.example",
        "sip:%62ob@partner.example",
        "sip:bob@partner.example.",
        "sip:bob@partner.example;user=phone",
        "\"Bob\" <SIP:%62%6fb@Partner.Example.;user=phone>;tag=1",
    ];
    for bob in spellings {
        assert!(!IN_RUST.may_named(None, bob, RIGHT, "alice"), "{bob}");
        assert!(!IN_RUST.may_named(Some("ACME.example."), bob, RIGHT, "alice"), "{bob}");
        assert_eq!(IN_RUST.find(None, bob), IN_RUST.find(None, spellings[0]), "{bob}");
        assert!(!may_in_c(bob, "alice"), "{bob}");
        assert_eq!(command(&folder, &["check", "acme.toml", bob, RIGHT, "alice"]).0, Some(1), "{bob}");
    }
    let other = "sip:bobby@partner.example";
    assert!(IN_RUST.may_named(None, other, RIGHT, "alice") && may_in_c(other, "alice"));
    assert_eq!(command(&folder, &["check", "acme.toml", other, RIGHT, "alice"]).0, Some(0));
}

#[test]
fn what_is_no_address_names_no_party() {
    let folder = folder();
    for none in [
        "sips:bob@other.example",
        "sip:bob:pw@other.example",
        "sip:bob@other.example:5060",
        "sip:b%00b@other.example",
        "sip:b%2Fb@other.example",
        "sip:b%FFb@other.example",
        "sip:%@other.example",
        "sip:@other.example",
        "sip:bob@",
        "sip:bob@other..example",
        "sip:bob@oth%65r.example",
        "sip:x@[::1]",
        "<sip:bob@other.example",
        "<sip:bob@other.example>,<sip:eve@other.example>",
    ] {
        assert_eq!(IN_RUST.find(None, none), None, "{none}");
        assert!(!IN_RUST.may_named(None, none, RIGHT, "alice"), "{none}");
        assert!(!may_in_c(none, "alice"), "{none}");
        assert_eq!(command(&folder, &["check", "acme.toml", none, RIGHT, "alice"]).0, Some(2), "{none}");
    }
}

/// An address of the own domain names a user by the login, in any spelling; logins and extensions themselves have one.
#[test]
fn own_addresses_name_users_by_their_login() {
    let alice = IN_RUST.find(None, "alice").unwrap();
    let anna = IN_RUST.find(None, "anna maria").unwrap();
    for text in ["sip:alice@acme.example", "SIP:%61lice@ACME.Example.;user=phone", "Alice <sip:alice@acme.example>"] {
        assert_eq!(IN_RUST.find(None, text), Some(alice), "{text}");
        assert_eq!(IN_RUST.find(None, &format!("Acme.EXAMPLE./{text}")), Some(alice), "{text}");
    }
    assert_eq!(IN_RUST.find(None, "sip:anna%20maria@acme.example"), Some(anna));
    for text in [
        "Alice",
        "%61lice",
        "alice ",
        "sip:Alice@acme.example",
        "sip:100@acme.example",
        "sip:anna maria@acme.example",
        "/alice",
        "acme.example//alice",
        "anna%20maria",
        "100.",
        "1%300",
    ] {
        assert_eq!(IN_RUST.find(None, text), None, "{text}");
    }
}

#[test]
fn domains_are_found_in_any_spelling() {
    let engine = engine(&["domain = \"Ä.Example\"\nsystems = [\"xphone\"]\n[[user]]\nname = \"a\"\nlines = [\"1\"]\n"]);
    assert_eq!(engine.domains()[0].1, "xn--4ca.example");
    let a = engine.find(None, "a").unwrap();
    for domain in ["ä.example", "Ä.EXAMPLE.", "A\u{308}.example", "XN--4CA.example", "xn--4ca.example."] {
        assert_eq!(engine.find(Some(domain), "a"), Some(a), "{domain}");
        assert_eq!(engine.find(None, &format!("{domain}/a")), Some(a), "{domain}");
        assert_eq!(engine.find(None, &format!("sip:a@{domain}")), Some(a), "{domain}");
        assert_eq!(engine.line_of(a, &format!("{domain}/1")), 1, "{domain}");
        assert_eq!(engine.text_in(domain, a), "a");
        let done = engine.apply_text(Author::Administrator, Some(domain), "set vip a yes").unwrap();
        engine.apply_text(Author::Administrator, None, &format!("in {domain}\nset vip a no")).unwrap();
        assert_eq!(engine.revision(), done + 1, "{domain}");
    }
    assert_eq!(engine.text_in("other.example", a), "sip:a@xn--4ca.example");
    let handle = engine_to_c(engine);
    for (domain, count) in [(c"\xc3\xa4.example.", 1), (c"xn--4ca.example", 1), (c"a.example", 0)] {
        // SAFETY: an open engine, texts that end in NUL, no room asked for.
        unsafe {
            assert_eq!(lw_parties(handle, domain.as_ptr(), std::ptr::null_mut(), 0), count, "{domain:?}");
            assert_eq!(lw_find(handle, domain.as_ptr(), c"a".as_ptr()) != 0, count == 1, "{domain:?}");
        }
    }
    // SAFETY: closed once, used no more.
    unsafe { lw_close(handle) };
}

#[test]
fn the_command_takes_any_spelling() {
    let folder = folder();
    let name = |text: &str| command(&folder, &["check", "acme.toml", "--domain", text, "anna maria", RIGHT, "alice"]);
    assert_eq!(name("ACME.example.").0, Some(0));
    let (status, said) = name("acme..example");
    assert!(status == Some(2) && said.contains("unknown domain `acme..example`"), "{said}");
    let (status, said) =
        command(&folder, &["rights", "acme.toml", "<sip:%62ob@partner.example.>", "sip:%61lice@acme.example"]);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = command(&folder, &["dial", "acme.toml", "sip:anna%20maria@ACME.example.", "%2A8100"]);
    assert!(status == Some(1) && said.contains("pick up the call that rings at alice"), "{said}");
}

/// Two spellings are one contact and one domain, in documents and in changes.
#[test]
fn a_second_spelling_is_a_second_entry() {
    let faults = |more: &str| {
        let documents = [Document { name: "acme.toml".into(), text: format!("{ACME}{more}") }];
        Engine::from_documents(&documents).map(drop).unwrap_err().message().to_owned()
    };
    let entry =
        |viewer: &str| format!("[[relationship]]\nowner = \"alice\"\nviewer = \"{viewer}\"\nlevel = \"employee\"\n");
    for viewer in ["sip:%62ob@partner.example", "Bob <sip:bob@partner.example.>", "sip:bob@partner.example;user=phone"]
    {
        assert_eq!(
            faults(&entry(viewer)),
            "acme.toml:27:1: a second [[relationship]] of viewer `sip:bob@partner.example` towards owner `alice`, the first is \
             in line 15"
        );
    }
    assert_eq!(
        faults(&entry("sip:%61lice@acme.example.")),
        "acme.toml:29:10: `sip:%61lice@acme.example.` is both owner and viewer of [[relationship]], expected two parties"
    );
    assert!(faults(&entry("sip:b%00b@partner.example")).starts_with(
        "acme.toml:29:10: `sip:b%00b@partner.example` in `viewer` of [[relationship]] is no valid address"
    ));
    let federation = |domain: &str| format!("[[federation]]\ndomain = \"{domain}\"\nmaximum = \"public\"\n");
    let twice = faults(&format!("{}{}", federation("*.Ä.example"), federation("*.xn--4ca.EXAMPLE.")));
    assert!(twice.contains("`*.xn--4ca.example`") && twice.starts_with("acme.toml:31:"), "{twice}");
    assert!(faults(&federation("ACME.example.")).contains("is the own domain"));
    assert!(faults(&federation("a..b")).contains("`domain` of [[federation]] is `a..b`, expected"));

    let engine = engine(&[&ACME.replace("[\"xphone\"]", "[\"xphone\", \"estos\"]")]);
    let change = |text: &str| engine.apply_text(Author::Administrator, None, text);
    let before = engine.revision();
    assert_eq!(change("set relationship alice sip:%62ob@Partner.example. blocked").unwrap(), before, "as it was");
    assert!(change("set relationship alice \"Bob <sip:bob@partner.example;a=b>\" external").unwrap() > before);
    change("set federation Ä.example. public\nset federation xn--4ca.example team\nclear federation a\u{308}.example")
        .unwrap();
    let error = change("clear relationship alice sip:bob@partner.example:5060").unwrap_err();
    assert!(error.message().contains("unknown user `sip:bob@partner.example:5060`"), "{error}");
    let error = change("set federation a..b public").unwrap_err();
    assert!(error.message().contains("federation with `a..b`, expected"), "{error}");
    change("remove contact <sip:%62ob@partner.example>").unwrap();
    assert!(engine.may_named(None, "sip:bob@partner.example", RIGHT, "alice"), "no setting is left");
}

/// A number given for one spelling is the number of all, and stands for the contact when a policy comes to name it.
#[test]
fn spellings_of_an_outside_contact_share_a_number() {
    let engine = engine(&[ACME]);
    let zoe = engine.find(None, "sip:%7aoe@Far.example.;a=/b").unwrap();
    assert_eq!(engine.find(None, "acme.example/\"Zoe / Z\" <sip:zoe@far.example>"), Some(zoe));
    assert_eq!(engine.text(zoe), "sip:zoe@far.example");
    let alice = engine.find(None, "alice").unwrap();
    let right = Right::parse(RIGHT).unwrap();
    assert!(engine.may(zoe, right, alice));
    engine.apply_text(Author::Administrator, None, "set relationship alice <sip:zo%65@FAR.example> blocked").unwrap();
    assert!(!engine.may(zoe, right, alice));
}

/// Another spelling of an address: escapes, case, a dot, parameters, brackets.
fn respelled(address: &str, choices: &[u8]) -> String {
    let (user, host) = address.strip_prefix("sip:").unwrap().rsplit_once('@').unwrap();
    let mut choices = choices.iter().copied().cycle();
    let mut next = || choices.next().unwrap();
    let mut text: String = "sip:".chars().map(|c| if next() % 2 == 0 { c } else { c.to_ascii_uppercase() }).collect();
    let mut bytes = user.bytes();
    while let Some(byte) = bytes.next() {
        match next() % 3 {
            // An escape stays one, in either case of its digits.
            _ if byte == b'%' => {
                let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                text += &if next() % 2 == 0 { format!("%{digits}") } else { format!("%{}", digits.to_lowercase()) };
            }
            0 => text.push(byte.into()),
            1 => text += &format!("%{byte:02X}"),
            _ => text += &format!("%{byte:02x}"),
        }
    }
    text.push('@');
    // The A-label and what it stands for.
    let host = if next() % 2 == 0 { host.to_owned() } else { host.replace("xn--zcaj", "äß") };
    text.extend(host.chars().map(|c| if next() % 2 == 0 { c } else { c.to_ascii_uppercase() }));
    text += ["", "."][usize::from(next() % 2)];
    text += ["", ";user=phone", ";lr;a=/b", "?subject=x", ";a=b?to=c%40d"][usize::from(next() % 5)];
    match next() % 4 {
        0 => format!("<{text}>"),
        1 => format!("Some One <{text}>;tag=abc"),
        2 => format!("\"Eve \\\" <sip:eve@x.example>\" <{text}>"),
        _ => text,
    }
}

const ADDRESSES: [&str; 5] = [
    "sip:bob@partner.example",
    "sip:a.b+c!d@xn--zcaj.example",
    "sip:x%20y@partner.example",
    "sip:carl@partner.example",
    "sip:alice@acme.example",
];

proptest! {
    #[test]
    fn every_spelling_is_answered_like_the_plain_one(place in 0..ADDRESSES.len(), choices in prop::collection::vec(any::<u8>(), 8..40)) {
        let plain = ADDRESSES[place];
        let spelled = respelled(plain, &choices);
        let expected = place >= 3;
        prop_assert_eq!(IN_RUST.may_named(None, plain, RIGHT, "alice"), expected);
        prop_assert_eq!(IN_RUST.may_named(None, &spelled, RIGHT, "alice"), expected, "{}", spelled);
        prop_assert_eq!(IN_RUST.find(None, &spelled), IN_RUST.find(None, plain), "{}", spelled);
        prop_assert_eq!(may_in_c(&spelled, "alice"), expected, "{}", spelled);
        prop_assert_eq!(may_in_c("anna maria", &spelled), may_in_c("anna maria", plain), "{}", spelled);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_command_answers_every_spelling_likewise(place in 0..ADDRESSES.len(), choices in prop::collection::vec(any::<u8>(), 8..40)) {
        let spelled = respelled(ADDRESSES[place], &choices);
        let folder = folder();
        let (status, said) = command(&folder, &["check", "acme.toml", &spelled, RIGHT, "alice"]);
        prop_assert_eq!(status, Some(i32::from(place < 3)), "{}: {}", spelled, said);
    }
}
