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

/// Whether a group has enough members does not hang on the dates of those who will count; those who have ended are none.
#[test]
fn members_with_dates_are_members() {
    let said = |facts: &str, at: i64| {
        let text = format!(
            "domain = \"acme.example\"\nsystems = [\"xphone\", \"pascom\"]\n\
             site = [{{ name = \"s\", same_site = \"external\", other_sites = \"external\", outside = \"unknown\" }}]\n\
             user = [{{ name = \"a\", site = \"s\" }}, {{ name = \"b\", site = \"s\" }}]\n\
             team = [{{ name = \"t\", agents = [\"a\"], pickup_notification = \"pickup_group\" }}]\n{facts}"
        );
        let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text }]).unwrap();
        // What the matrix does not state is another matter.
        let findings = engine.at(at).unwrap().lint().into_iter().filter(|finding| finding.rule != "inferred-cell");
        findings.map(|finding| format!("{}: {}", finding.rule, finding.message)).collect::<Vec<_>>()
    };
    let workgroup = |members: &str| {
        let group = format!("[[workgroup]]\nname = \"w\"\nlevel = \"team_colleague\"\nmembers = [{members}]\n");
        let open = "[[permission]]\nname = \"p\"\ntypes = [\"pickup.group\", \"location.group\"]\n\
                    automatic = [\"users\", \"teams\", \"locations\"]\n";
        move |at: i64| said(&format!("{group}{open}"), at)
    };
    let until = |name: &str| format!("{{ name = \"{name}\", until = 2026-12-18T18:00:00+01:00 }}");
    let (first, second) = (until("a"), "{ name = \"b\", from = 2026-12-18T18:00:00+01:00 }");
    // As many as there will be, and as many as are left.
    assert_eq!(workgroup(&format!("\"b\", {first}"))(NOW - 1), Vec::<String>::new());
    let ended = "ended: member `a` in `w` ended today 18:00 +01:00";
    assert_eq!(
        workgroup(&format!("\"b\", {first}"))(NOW),
        [ended.to_owned(), "one-member-group: workgroup `w` has only one member".into()]
    );
    // They never count at the same time.
    let never = "never: workgroup `w` gives nothing: no two of its members count at the same time";
    assert_eq!(workgroup(&format!("{first}, {second}"))(NOW - 1), [never]);
    assert_eq!(workgroup(&format!("\"a\", {second}"))(NOW - 1), Vec::<String>::new());
    let hours = |name: &str, span: &str| format!("{{ name = \"{name}\", hours = \"{span} Europe/Berlin\" }}");
    let two = |one: &str, other: &str| workgroup(&format!("{}, {}", hours("a", one), hours("b", other)))(NOW);
    assert_eq!(two("08:00-12:00", "12:00-18:00"), [never]);
    assert_eq!(two("08:00-12:00", "11:59-18:00"), Vec::<String>::new());
    // A permission.
    let permission = |types: &str, members: &str| {
        let others = "[[permission]]\nname = \"others\"\ntypes = [\"pickup.group\", \"location.group\"]\n\
                      automatic = [\"users\", \"teams\", \"locations\"]\n";
        said(&format!("{others}[[permission]]\nname = \"p\"\ntypes = [{types}]\n{members}\n"), NOW - 1)
    };
    assert_eq!(permission("\"pickup.group\"", &format!("users = [{first}]\nteams = [\"t\"]")), Vec::<String>::new());
    let never = never.replace("workgroup `w`", "permission `p`");
    let apart = format!("users = [{first}]\nteams = [{}]", second.replace("\"b\"", "\"t\""));
    assert_eq!(permission("\"pickup.group\"", &apart), std::slice::from_ref(&never));
    assert_eq!(permission("\"pickup.group\"", &format!("users = [{first}, {second}]")), [never]);
    // This right needs no other.
    assert_eq!(permission("\"pickup.group\", \"xmpp.supervisor\"", &apart), Vec::<String>::new());
}

/// A user may be called `everyone`; a rule that says so means all users.
#[test]
fn a_login_that_is_a_word_is_reported() {
    let text = "domain = \"acme.example\"\nsystems = [\"linewarden\"]\n\
        user = [{ name = \"a\" }, { name = \"everyone\" }]\n";
    let document =
        Document { name: "acme.toml".into(), text: text.to_owned() + &rule("r", "\"everyone\"", "\"a\"", "") };
    let engine = Engine::from_documents(&[document]).unwrap();
    let (a, everyone) = (engine.resolve(None, "a").unwrap(), engine.resolve(None, "everyone").unwrap());
    assert_eq!(engine.who("call.pickup".parse().unwrap(), a), [a, everyone]);
    let found = engine.lint();
    assert_eq!(
        found[0].message,
        "user `everyone` has the name of a word: in a rule `everyone` does not mean this user"
    );
}

/// What a user could once give for the own line, the administrator has taken from all since: the rule still counts, and lint says so.
#[test]
fn a_rule_that_outlives_the_destinations_is_reported() {
    let said = |forwarding: &str, rights: &str, targets: &str| {
        let text = format!(
            "domain = \"acme.example\"\nsystems = [\"linewarden\"]\nuser = [{{ name = \"alice\" }}, {{ name = \"bob\" }}]\n\
             group = [{{ name = \"g\", members = [\"alice\"] }}]\n\
             destinations = {{ country = \"DE\", trunk_prefix = \"0\"{forwarding} }}\n\
             [[rule]]\nname = \"cover\"\nactors = [\"bob\", \"group:g\"]\nrights = [\"forwarding.set\", {rights}]\ntargets = [{targets}]\n"
        );
        let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text }]).unwrap();
        let (alice, bob) = (engine.resolve(None, "alice").unwrap(), engine.resolve(None, "bob").unwrap());
        let counts = engine.may(bob, "forwarding.to.mobile".parse().unwrap(), alice);
        (counts, engine.lint().into_iter().map(|finding| finding.message).collect::<Vec<_>>())
    };
    let narrow = ", forwarding = [\"internal\"]";
    let mobile = "\"forwarding.to.mobile\"";
    assert_eq!(
        said(narrow, mobile, "\"alice\""),
        (true, vec!["rule `cover` gives `forwarding.to.mobile`, which `forwarding` of [destinations] does not have: the rule counts".into()])
    );
    assert_eq!(said("", mobile, "\"alice\"").1, Vec::<String>::new());
    // Rules of an administrator that add what no user has by default, or about many, are meant.
    assert_eq!(said(narrow, "\"forwarding.to.international\"", "\"alice\"").1, Vec::<String>::new());
    assert_eq!(said(narrow, mobile, "\"group:g\"").1, Vec::<String>::new());
}
