//! Lint of linewarden's own rules and of facts with dates: within another rule, all excepted, ended, at no time.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::{Document, Engine};

/// 2026-12-18T17:00:00Z, a Friday.
const NOW: i64 = 1_797_613_200;

fn findings(rules: &str) -> Vec<String> {
    let head = "domain = \"acme.example\"\nsystems = [\"linewarden\"]\nuser = [{ name = \"a\" }, { name = \"b\" }, { name = \"c\" }]\n\
        [[team]]\nname = \"t\"\nagents = [\"a\"]\n[[group]]\nname = \"g\"\nmembers = [\"a\", \"b\"]\n";
    let document = Document { name: "acme.toml".into(), text: format!("{head}{rules}") };
    let findings = Engine::from_documents(&[document]).unwrap().at(NOW).unwrap().lint();
    let own = findings.into_iter().filter(|finding| ["shadowed-rule", "excepted-rule"].contains(&finding.rule));
    own.map(|finding| finding.message).collect()
}

fn rule(name: &str, actors: &str, targets: &str, more: &str) -> String {
    format!(
        "[[rule]]\nname = \"{name}\"\nactors = [{actors}]\ntargets = [{targets}]\nrights = [\"call.pickup\"]\n{more}\n"
    )
}

#[test]
fn a_rule_within_another_is_reported() {
    let wide = rule("wide", "\"everyone\"", "\"everyone\"", "");
    let within = |narrow: String| findings(&(wide.clone() + &narrow));
    let said = ["rule `r` gives nothing that rule `wide` does not give"];
    assert_eq!(within(rule("r", "\"a\"", "\"b\", \"c\"", "")), said);
    assert_eq!(within(rule("r", "\"team:t\"", "\"same site\"", "")), said);
    assert_eq!(within(rule("r", "\"everyone\"", "\"everyone\"", "")), said, "of two equal ones the later");
    assert_eq!(within(rule("r", "\"a\"", "\"b\"", "until = 2100-01-01T00:00:00Z")), said);
    assert_eq!(within(rule("r", "\"a\"", "\"b\"", "hours = \"08:00-09:00 UTC\"")), said);
    // A group may hold a contact, and a team is no user.
    for narrow in
        [("\"group:g\"", "\"b\""), ("\"a\"", "\"team:t\""), ("\"a\"", "\"own team\""), ("\"a\"", "\"group:g\"")]
    {
        assert!(within(rule("r", narrow.0, narrow.1, "")).is_empty(), "{narrow:?}");
    }
}

#[test]
fn exceptions_rights_and_dates_make_a_difference() {
    let pair = |wide: &str, narrow: &str| {
        findings(&(rule("wide", "\"everyone\"", "\"everyone\"", wide) + &rule("r", "\"a\"", "\"b\"", narrow)))
    };
    assert!(pair("except = [\"b\"]", "").is_empty() && pair("except_actors = [\"a\"]", "").is_empty());
    assert!(pair("except = [\"c\"]", "").is_empty(), "the exception is not this rule's");
    assert_eq!(pair("except = [\"c\"]", "except = [\"c\"]").len(), 1);
    assert!(pair("until = 2099-01-01T00:00:00Z", "").is_empty());
    assert!(pair("from = 2098-01-01T00:00:00Z", "").is_empty());
    assert!(pair("hours = \"08:00-09:00 UTC\"", "").is_empty());
    assert!(pair("lines = [\"first\"]", "").is_empty());
    assert_eq!(pair("", "lines = [\"first\"]").len(), 1);
    assert!(pair("until = 2020-01-01T00:00:00Z", "until = 2019-01-01T00:00:00Z").is_empty(), "both have ended");
}

#[test]
fn a_rule_that_excepts_all_is_reported() {
    let said = ["rule `r` excepts all of its actors or targets, so it gives nothing"];
    for (actors, targets, except) in [
        ("\"a\"", "\"b\", \"c\"", "except = [\"c\", \"b\"]"),
        ("\"a\"", "\"everyone\"", "except = [\"everyone and teams\"]"),
        ("\"a\"", "\"b\"", "except = [\"everyone\"]"),
        ("\"a\"", "\"group:g\"", "except = [\"group:g\"]"),
        ("\"everyone\"", "\"b\"", "except_actors = [\"everyone\"]"),
        ("\"team:t\"", "\"b\"", "except_actors = [\"everyone\"]"),
    ] {
        assert_eq!(findings(&rule("r", actors, targets, except)), said, "{actors} {targets} {except}");
    }
    for (actors, targets, except) in [
        ("\"a\"", "\"everyone and teams\"", "except = [\"everyone\"]"),
        ("\"a\"", "\"b\", \"c\"", "except = [\"c\"]"),
        ("\"a\"", "\"team:t\"", "except = [\"everyone\"]"),
        ("\"group:g\"", "\"c\"", "except_actors = [\"everyone\"]"),
        ("\"sip:x@far.example\"", "\"b\"", "except_actors = [\"everyone\"]"),
    ] {
        assert!(findings(&rule("r", actors, targets, except)).is_empty(), "{actors} {targets} {except}");
    }
}

#[test]
fn what_has_ended_or_never_counts_is_reported_by_the_instant() {
    let text = r#"
domain = "acme.example"
systems = ["linewarden", "xphone", "estos", "pascom"]
user = [{ name = "a" }, { name = "b" }, { name = "c" }]
[[rule]]
name = "summer"
actors = ["a"]
rights = ["call.pickup"]
targets = ["b"]
until = 2026-09-01T00:00:00+02:00
[[rule]]
name = "a Sunday that is none"
actors = ["a"]
rights = ["call.pickup"]
targets = ["c"]
from = 2027-01-04T00:00:00Z
until = 2027-01-05T00:00:00Z
hours = "Su 08:00-18:00 UTC"
[[relationship]]
owner = "a"
viewer = "b"
level = "assistant"
until = 2026-12-18T17:00:00Z
[[workgroup]]
name = "w"
level = "assistant"
members = ["a", "b", { name = "c", until = 2026-12-01T00:00:00Z }]
"#;
    let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text: text.into() }]).unwrap();
    let said = |at: i64| {
        let findings = engine.at(at).unwrap().lint();
        let dated = findings.into_iter().filter(|finding| ["ended", "never"].contains(&finding.rule));
        dated.map(|finding| (finding.rule, finding.message)).collect::<Vec<_>>()
    };
    let never = ("never", "rule `a Sunday that is none` counts at no time: its hours do not occur".to_owned());
    let first = said(1_780_000_000);
    assert_eq!(first, std::slice::from_ref(&never), "nothing has ended yet");
    let before = said(NOW - 1);
    assert_eq!(before.len(), 2, "{before:?}");
    assert_eq!(before[0].0, "ended");
    assert!(
        before[0].1.contains("rule `summer` ended") && before[0].1.contains("member `c` in `w` ended"),
        "{before:?}"
    );
    assert!(!before[0].1.contains("relationship"), "{before:?}");
    let now = said(NOW);
    assert!(now[0].1.contains("relationship `a` for `b` ended"), "{now:?}");
    // After its dates it has ended, like all others.
    assert!(said(NOW + 100_000_000).iter().all(|(rule, _)| *rule == "ended"));
}
