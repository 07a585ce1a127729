//! Tests of the one form of addresses and domains.
#![forbid(unsafe_code)]

use super::*;
use proptest::prelude::*;

fn text(of: &str) -> Option<String> {
    sip_address(of).map(|address| address.text)
}

#[test]
fn every_spelling_of_an_address_has_its_one_form() {
    let bob = "sip:bob@partner.example";
    let spelled: &[(&str, &[&str])] = &[
        (
            bob,
            &[
                bob,
                "SIP:bob@partner.example",
                "Sip:bob@Partner.EXAMPLE",
                "sip:bob@partner.example.",
                "sip:%62ob@partner.example",
                "sip:%62%6F%62@partner.example",
                "sip:%62%6f%62@PARTNER.example.",
                "sip:bob@partner.example;user=phone",
                "sip:bob@partner.example.;transport=tcp;lr",
                "sip:bob@partner.example;maddr=10.0.0.1?subject=x&to=a%40b",
                "sip:bob@partner.example?subject=a/b",
                "sip:bob@partner.example;path=/a:b",
                "<sip:bob@partner.example>",
                " \t<sip:bob@partner.example>  ",
                "<sip:bob@partner.example;user=phone>;tag=a73kszlfl",
                "Bob <sip:bob@partner.example> ;tag=1",
                "Bob van de Berg<SIP:%62ob@partner.example.>",
                "J\u{fc}rgen <sip:bob@partner.example>",
                "\"Bob\" <sip:bob@partner.example>",
                "\"a/b \\\" <sip:eve@x.example> \\\\\"<sip:bob@partner.example>",
                "sip:bob@\u{ff50}artner.example",
                "sip:bob@partner\u{3002}example",
            ],
        ),
        ("sip:Bob@partner.example", &["sip:Bob@partner.example", "sip:%42ob@PARTNER.EXAMPLE"]),
        ("sip:+49891@p.example", &["sip:+49891@p.example", "sip:%2B49%38%391@p.example;user=phone"]),
        ("sip:a.b-1@p.example", &["sip:a%2eb%2D1@p.example"]),
        ("sip:ab?c,d=e&f$g@p.example", &["sip:ab?c,d=e&f$g@p.example", "sip:ab%3Fc%2Cd%3de%26f%24g@p.example"]),
        ("sip:*74%23100@p.example", &["sip:*74#100@p.example", "sip:*74%23100@p.example", "sip:%2a74%23100@p.example"]),
        ("sip:a%20b@p.example", &["sip:a%20b@p.example", "sip:%61%20b@p.example"]),
        ("sip:a%40b%3A%3C%25@p.example", &["sip:a%40b%3a%3c%25@p.example"]),
        // Decoded once only.
        ("sip:%2562ob@p.example", &["sip:%2562ob@p.example", "sip:%25%36%32ob@p.example"]),
        (
            "sip:j\u{fc}rgen@p.example",
            &["sip:j\u{fc}rgen@p.example", "sip:j%C3%BCrgen@p.example", "sip:j%c3%bcrgen@P.example"],
        ),
        (
            "sip:bob@xn--4ca.example",
            &[
                "sip:bob@\u{e4}.example",
                "sip:bob@\u{c4}.example",
                "sip:bob@\u{c4}.EXAMPLE.",
                "sip:bob@a\u{308}.example",
                "sip:bob@A\u{308}.example",
                "sip:bob@XN--4CA.example",
            ],
        ),
        ("sip:bob@xn--strae-oqa.example", &["sip:bob@stra\u{df}e.example", "sip:bob@STRA\u{1e9e}E.example"]),
        ("sip:bob@192.0.2.1", &["sip:bob@192.0.2.1"]),
        ("sip:bob@under_score.lan-1", &["sip:bob@Under_Score.LAN-1"]),
    ];
    for (canonical, spellings) in spelled {
        for spelling in *spellings {
            assert_eq!(text(spelling).as_deref(), Some(*canonical), "{spelling}");
        }
        assert_eq!(text(canonical).as_deref(), Some(*canonical));
    }
}

#[test]
fn what_is_no_address_is_none() {
    let long = |user: usize, host: usize| format!("sip:{}@{}", "u".repeat(user), "h".repeat(host));
    let wrong = [
        "",
        "sip",
        "sip:",
        "sip:bob",
        "sip:@x",
        "sip:bob@",
        "bob@x",
        "bob",
        "si",
        "sip:x.example",
        "sip:bob;x=1@partner.example",
        "sip:bob%3Bx=1@partner.example",
        "sip:+49301;isub=1@partner.example;user=phone",
        "sip:+49-301@partner.example",
        "sip:+49(301)@partner.example",
        "sip:%2B49.301@partner.example",
        "sip:+@partner.example",
        "sip:bob@192.168.001.005",
        "sip:bob@192.168.261",
        "sip:bob@3232235781",
        "sip:bob@0300.0250.1.5",
        "sip:bob@0xc0a80105",
        "sip:bob@partner.1",
        "sip:bob@.",
        // Other schemes, passwords, ports.
        "sips:bob@x",
        "tel:+4989",
        "xmpp:bob@x",
        "sip:bob:pw@x",
        "sip:bob:@x",
        "sip:bob@x:5060",
        "sip:bob@x:",
        "sip:bob@[::1]",
        // Hosts that are none; no escape stands in one.
        "sip:bob@x..y",
        "sip:bob@.x",
        "sip:bob@x..",
        "sip:bob@x y",
        "sip:bob@p%61rtner",
        "sip:bob@x!y",
        "sip:bob@x,y",
        "sip:bob@\u{fffd}.example",
        "sip:bob@\u{200d}x.example",
        "sip:bob@\u{1f600}\u{e000}.example",
        // Users that are none.
        "sip:%@x",
        "sip:%6@x",
        "sip:%6g@x",
        "sip:bob%@x",
        "sip:%00@x",
        "sip:b%00b@x",
        "sip:a%2fb@x",
        "sip:a%2Fb@x",
        "sip:a/b@x",
        "sip:%ff@x",
        "sip:%c0%af@x",
        "sip:%c3@x",
        "sip:%0abob@x",
        "sip:%7f@x",
        "sip:%C2%85@x",
        "sip:%C2%A0@x",
        "sip:%e3%80%80@x",
        "sip:b\0b@x",
        "sip:a b@x",
        "sip:a\tb@x",
        "sip:a@b@x",
        "sip:bob@x@y",
        "sip:bob@x;a=b@c",
        "sip:b\"b@x",
        // Blanks and signs around.
        " sip:bob@x",
        "sip:bob@x ",
        "sip:bob@x;a b",
        "sip:bob@x;a\nb",
        "sip:bob@x>",
        "< sip:bob@x>",
        "<sip:bob@x",
        "sip:bob@x <sip:eve@y>",
        "<sip:bob@x> x",
        "<sip:bob@x>, <sip:eve@y>",
        "<sip:bob@x>;a=<sip:eve@y>",
        "\"Bob <sip:bob@x>",
        "\"Bob\" x <sip:bob@x>",
        "alice@y <sip:bob@x>",
        "Bob, Eve <sip:bob@x>",
        "<<sip:bob@x>>",
        "Bob\n <sip:bob@x>",
        "<>",
        "<sip:>",
        "<bob>",
        "<sips:bob@x>",
    ];
    for wrong in wrong.into_iter().map(String::from).chain([long(256, 1), long(1, 254), long(1000, 1000)]) {
        assert_eq!(text(&wrong), None, "{wrong}");
    }
    assert!(text(&long(255, 253)).is_some());
    assert_eq!(text(&format!("sip:{}@x", "%20".repeat(86))), None, "longer than 255 bytes in its one form");
    assert!(text(&format!("sip:{}@x", "%61".repeat(255))).is_some());
}

#[test]
fn a_login_stands_behind_its_escapes() {
    let login = |text: &str| sip_address(text).unwrap().login;
    assert_eq!(login("sip:anna%20maria@acme.example"), "anna maria");
    assert_eq!(login("sip:a%40b@acme.example"), "a@b");
    for login in ["alice", "anna maria", "a@b", "50%", "j\u{fc}rgen", "a#b\"<c>", "%62ob"] {
        let address = sip_address(&address_of(login, "acme.example")).unwrap();
        assert_eq!((address.text, address.login.as_str()), (address_of(login, "acme.example"), login));
    }
}

#[test]
fn domains_and_patterns_have_one_form() {
    for (written, canonical) in [
        ("acme.example", "acme.example"),
        ("ACME.Example.", "acme.example"),
        ("\u{c4}.example", "xn--4ca.example"),
        ("\u{e4}.example.", "xn--4ca.example"),
        ("Xn--4ca.example", "xn--4ca.example"),
    ] {
        assert_eq!(domain(written, &mut Room::new()), Some(canonical), "{written}");
        assert!(is_same_domain(written, canonical));
        assert_eq!(pattern(&format!("*.{written}")), Some(format!("*.{canonical}")));
    }
    for wrong in ["", ".", "a..b", "*", "*.x", "a b", "a/b", "a@b", "a:1", &"a.".repeat(200)] {
        assert!(!is_domain(wrong), "{wrong}");
    }
    assert_eq!(pattern("*").as_deref(), Some("*"));
    for wrong in ["*.", "*.*.x", "*x", "x.*", "**"] {
        assert_eq!(pattern(wrong), None, "{wrong}");
    }
    assert_eq!(domain_name("No Domain"), "no domain");
}

#[test]
fn a_domain_stands_before_a_name() {
    assert_eq!(split("acme.example/alice"), (Some("acme.example"), "alice"));
    assert_eq!(split("acme.example/sip:x@y;a=/b"), (Some("acme.example"), "sip:x@y;a=/b"));
    for whole in ["alice", "sip:x@y;a=/b", "<sip:x@y;a=/b>", "\"a/b\" <sip:x@y>"] {
        assert_eq!(split(whole), (None, whole));
    }
}

proptest! {
    #[test]
    fn the_one_form_is_its_own(text in "(sip:)?[a-z%0-9<>\"@;?.:/ \u{e4}\u{308}]{0,24}(@[a-zA-Z.\u{c4}\u{df}-]{1,12})?") {
        if let Some(address) = sip_address(&text) {
            prop_assert_eq!(sip_address(&address.text), Some(address.clone()), "{}", text);
            prop_assert_eq!(domain_name(&address.domain), address.domain.clone());
            prop_assert_eq!(address_of(&address.login, &address.domain), address.text);
        }
    }

    /// The fast way and the slow one are of one mind.
    #[test]
    fn the_fast_way_is_the_same(text in "sip:[a-z%!*#;?&=+$,'()A-Z0-9 ]{0,8}@[a-z0-9._-]{0,12}") {
        if let Some(plain) = plain(&text) {
            let mut room = Room::new();
            let spelled = spelled_anew(&text, &mut room).unwrap();
            prop_assert_eq!(spelled.text(), plain.text());
            prop_assert_eq!(spelled.domain(), plain.domain());
        }
    }

    #[test]
    fn any_text_is_looked_at_without_a_panic(text in ".{0,80}") {
        let _ = sip_address(&text);
        let _ = domain_name(&text);
    }
}
