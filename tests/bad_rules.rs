//! Faults in groups, rules and destinations: each is an error that names the file, the line and the column, and nothing is loaded.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::{Author, Document, Engine, ErrorKind};
use std::fmt::Write as _;

const HEAD: &str =
    "domain = \"acme.example\"\nsystems = [\"linewarden\"]\nuser = [{ name = \"a\" }, { name = \"b\" }]\n";
const RULE: &str = "[[rule]]\nname = \"r\"\nactors = [\"a\"]\ntargets = [\"b\"]\n";

fn load(text: &str) -> Result<Engine, String> {
    let document = Document { name: "acme.toml".into(), text: format!("{HEAD}{text}") };
    Engine::from_documents(&[document]).map_err(|error| {
        assert_eq!(error.kind(), ErrorKind::Document);
        error.message().to_owned()
    })
}

fn fault(text: &str) -> String {
    load(text).map(|_| ()).expect_err(text)
}

#[test]
fn every_fault_has_its_place() {
    let words = |key: &str, word: &str| {
        let parties = RULE.split('\n').map(|line| match line.starts_with(key) {
            true => format!("{key} = [\"{word}\"]"),
            false => line.to_owned(),
        });
        parties.collect::<Vec<_>>().join("\n") + "rights = [\"call.pickup\"]"
    };
    for (text, place, said) in [
        (format!("{RULE}rights = [\"call.pickup\"]\nhours = \"08:00-18:00 Europe/Atlantis\""), "acme.toml:9:", "Europe/Atlantis"),
        (
            format!("{RULE}rights = [\"call.pickup\"]\nfrom = 2026-12-21T00:00:00Z\nuntil = 2026-12-21T01:00:00+01:00"),
            "acme.toml:10:1:",
            "expected an instant after `from`",
        ),
        (
            "[[group]]\nname = \"one\"\nmembers = [\"group:two\"]\n[[group]]\nname = \"two\"\nmembers = [\"group:one\"]".into(),
            "acme.toml:5:8:",
            "groups hold each other: `one` holds `two` holds `one`",
        ),
        (format!("{RULE}rights = [\"forwarding.to.mars\"]"), "acme.toml:8:11:", "unknown right `forwarding.to.mars`"),
        (format!("{RULE}rights = [\"call.to.moon\"]"), "acme.toml:8:11:", "unknown right `call.to.moon`"),
        // What is likely meant is said, never a list of ninety names.
        (format!("{RULE}rights = [\"pickup\"]"), "acme.toml:8:11:", "unknown right `pickup` in `rights` of [[rule]] (did you mean `call.pickup`?)"),
        (format!("{RULE}rights = [\"fly\"]"), "acme.toml:8:11:", "`fly` in `rights` of [[rule]], expected one that `linewarden right-names` lists"),
        (words("targets", "Everyone"), "acme.toml:7:12:", "unknown user `Everyone` in `targets` of [[rule]] (did you mean `everyone`?)"),
        (words("actors", "all"), "acme.toml:6:11:", "unknown user `all` in `actors` of [[rule]] (did you mean `everyone`?)"),
        (words("targets", "same-site"), "acme.toml:7:12:", "unknown user `same-site` in `targets` of [[rule]] (did you mean `same site`?)"),
        (words("actors", "bbb"), "acme.toml:6:11:", "unknown user `bbb` in `actors` of [[rule]]"),
        (
            format!("{RULE}rights = [\"call.pickup\"]\nuntil = 9999-12-31T23:59:59Z"),
            "acme.toml:9:9:",
            "found `9999-12-31`, expected a date before 9999-12-30, or none at all where it never ends",
        ),
        ("[destinations]\ncountry = \"DE\"\nforwarding = [\"mars\"]".into(), "acme.toml:6:15:", "unknown class `mars`"),
        (
            "[destinations]\ncountry = \"DE\"\n[destinations.prefixes]\nlocal = [\"0137\"]\npremium = [\"0900\", \"0137\"]".into(),
            "acme.toml:8:20:",
            "the prefix `0137` is in `prefixes.local` and in `prefixes.premium`",
        ),
    ] {
        let found = fault(&text);
        assert!(found.starts_with(place) && found.contains(said), "{text}: {found}");
    }
}

/// A chain of groups, each in the next.
fn nested(count: usize) -> String {
    let mut text = "[[group]]\nname = \"g0\"\nmembers = [\"a\"]\n".to_owned();
    (1..count).for_each(|group| {
        writeln!(text, "[[group]]\nname = \"g{group}\"\nmembers = [\"group:g{}\"]", group - 1).unwrap()
    });
    text
}

#[test]
fn groups_nest_sixty_four_deep_and_no_deeper() {
    let rule = "[[rule]]\nname = \"r\"\nactors = [\"group:g63\"]\nrights = [\"call.pickup\"]\ntargets = [\"b\"]";
    let engine = load(&(nested(64) + rule)).unwrap();
    assert!(engine.may_named(None, "a", "call.pickup", "b") && !engine.may_named(None, "b", "call.pickup", "a"));
    let said = "acme.toml:197:8: group `g64` has groups in groups, expected at most 64 one in the other";
    assert_eq!(fault(&nested(65)), said);
    // In whichever order they are written, and however many.
    assert!(fault(&nested(10_000)).contains("expected at most 64 one in the other"));
    let mut groups: Vec<String> = nested(10_000).split_inclusive("[[group]]\n").map(str::to_owned).collect();
    groups.reverse();
    let turned =
        groups.iter().map(|group| format!("[[group]]\n{}", group.trim_end_matches("[[group]]\n"))).collect::<String>();
    let turned = turned.replace("[[group]]\n[[group]]\n", "[[group]]\n");
    let turned = turned.trim_end_matches("[[group]]\n");
    let found = fault(turned);
    assert!(found.starts_with("acme.toml:") && found.contains("expected at most 64 one in the other"), "{found}");
}

#[test]
fn a_change_may_not_nest_deeper_either() {
    let engine = load(&nested(64)).unwrap();
    let change =
        |text: &str| engine.apply_text(Author::Administrator, None, text).map_err(|error| error.message().to_owned());
    change("add group top").unwrap();
    let refused = change("add member group top group:g63").unwrap_err();
    assert!(refused.contains("expected at most 64 one in the other"), "{refused}");
    change("add member group top group:g62").unwrap();
    let circle = change("add member group g0 group:top").unwrap_err();
    assert!(circle.contains("groups hold each other"), "{circle}");
}
