//! What an explanation says of facts with dates, of every system: from when, until when, that they have ended; and the changes that it
//! suggests. It must never look at the clock.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::{Document, Engine, Right};

/// A Friday: 2026-12-18T18:00:00+01:00. Then Thursday of the week before, and New Year's Eve.
const FRIDAY: i64 = 1_797_613_200;
const BEFORE: i64 = FRIDAY - 8 * 86_400;
const DURING: i64 = FRIDAY;
const AFTER: i64 = FRIDAY + 13 * 86_400;

/// Whatever gives the right: an explanation says from when, until when, or that it has ended, by the offset that it is written with.
#[test]
fn explanations_say_the_dates_of_every_kind_of_fact() {
    let dates = "from = 2026-12-14T00:00:00+01:00\nuntil = 2026-12-21T00:00:00+01:00\n";
    let member = |name: &str| format!("{{ name = {name:?}, {} }}", dates.trim_end().replace('\n', ", "));
    let relationship = format!("[[relationship]]\nowner = \"alice\"\nviewer = \"bob\"\nlevel = \"assistant\"\n{dates}");
    let grant = "[[authorization_grant]]\nowner = \"alice\"\nviewer = \"bob\"\nlevel = \"team\"\n";
    let workgroup = "[[workgroup]]\nname = \"w\"\nlevel = \"team_colleague\"\n";
    let permission = "[[permission]]\nname = \"p\"\ntypes = [\"pickup.group\"]\n";
    let bob = member("bob");
    let until = "{ name = \"alice\", until = 2026-12-21T00:00:00+01:00 }";
    for (system, facts, what) in [
        ("xphone", relationship, "own setting of the target: assistant"),
        ("xphone", format!("{workgroup}members = [\"alice\", {bob}]\n"), "workgroup `w`: team_colleague"),
        (
            "xphone",
            format!("{workgroup}members = [{until}, {}]\n", bob.replace(", until = 2026-12-21T00:00:00+01:00", "")),
            "workgroup `w`: team_colleague",
        ),
        ("estos", format!("{grant}{dates}"), "own grant of the target: team"),
        ("estos", format!("{grant}administrative = true\n{dates}"), "grant by the administrator: team"),
        ("pascom", format!("{permission}users = [\"alice\", {bob}]\n"), "permission `p`: `pickup.group`"),
        ("pascom", format!("{permission}users = [\"bob\", {}]\n", member("alice")), "permission `p`: `pickup.group`"),
        (
            "linewarden",
            format!(
                "[[rule]]\nname = \"r\"\nactors = [\"bob\"]\nrights = [\"call.pickup.first\"]\ntargets = [\"alice\"]\n{dates}"
            ),
            "rule `r`",
        ),
    ] {
        let text = format!(
            "domain = \"acme.example\"\nsystems = [{system:?}]\nuser = [{{ name = \"alice\" }}, {{ name = \"bob\" }}]\n{facts}"
        );
        let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text }]).unwrap();
        let party = |name: &str| engine.resolve(None, name).unwrap();
        let pickup: Right = "call.pickup.first".parse().unwrap();
        for (at, allowed, dates) in [
            (BEFORE, false, "not before Monday 2026-12-14 00:00 +01:00"),
            (DURING, true, "until Monday 2026-12-21 00:00 +01:00"),
            (AFTER, false, "ended 2026-12-21 00:00 +01:00"),
        ] {
            let said = engine.at(at).unwrap().explain(party("bob"), pickup, party("alice"), None);
            assert_eq!(said.allowed, allowed, "{facts}{said:?}");
            let sources: Vec<String> =
                said.sources.iter().map(|source| format!("{}: {}", source.what, source.level)).collect();
            let shown = |source: &String| source.starts_with(what) && source.ends_with(dates);
            assert!(sources.iter().any(shown), "{facts}{dates}: {sources:?}");
            assert!(said.summary.contains(dates), "{}", said.summary);
            assert_eq!(said.summary.contains("no source gives it now; "), !allowed, "{}", said.summary);
            let others = ["not before", "until", "ended"].into_iter().filter(|word| !dates.starts_with(word));
            others.for_each(|word| assert!(!sources.iter().any(|said| said.contains(word)), "{word}: {sources:?}"));
        }
    }
}

/// Single rights of the administrator freeze the owner's level, by a key of the opposite pair: it is no source there.
#[test]
fn a_grant_is_a_source_of_its_own_pair_only() {
    let text = "domain = \"acme.example\"\nsystems = [\"estos\"]\nuser = [{ name = \"alice\" }, { name = \"bob\" }]\n\
        [[authorization_grant]]\nowner = \"alice\"\nviewer = \"bob\"\nadministrative = true\nrights = [\"note.set\"]\n\
        from = 2026-12-21T00:00:00+01:00\n";
    let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text: text.into() }]).unwrap();
    let then = engine.at(FRIDAY).unwrap();
    let why = |actor: &str, target: &str| {
        let party = |name: &str| engine.resolve(None, name).unwrap();
        then.explain(party(actor), Right::NOTE_SET, party(target), None).summary
    };
    assert!(why("bob", "alice").contains("now; grant by the administrator: single rights note.set, not before Monday"));
    assert!(why("alice", "bob").ends_with("no source gives it"), "{}", why("alice", "bob"));
}

/// A label that lacks the right, and hides what a group gives, says until when it does.
#[test]
fn an_own_setting_that_takes_says_until_when() {
    let text = "domain = \"acme.example\"\nsystems = [\"xphone\"]\nuser = [{ name = \"alice\" }, { name = \"bob\" }]\n\
        [[workgroup]]\nname = \"w\"\nlevel = \"team_colleague\"\nmembers = [\"alice\", \"bob\"]\n\
        [[relationship]]\nowner = \"alice\"\nviewer = \"bob\"\nlevel = \"blocked\"\nuntil = 2026-12-21T00:00:00+01:00\n";
    let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text: text.into() }]).unwrap();
    let party = |name: &str| engine.resolve(None, name).unwrap();
    let then = engine.at(FRIDAY).unwrap();
    let said = then.explain(party("bob"), "call.pickup".parse().unwrap(), party("alice"), None);
    assert_eq!(
        said.summary,
        "bob may not pick up alice: the target's own setting `blocked` at acme.toml:11, until Monday 2026-12-21 00:00 +01:00, \
         lacks it and overrides the rest"
    );
    let edits: Vec<String> = said.changes.iter().map(|change| change.edit[0].to_string()).collect();
    assert!(edits.contains(&"clear relationship alice bob".into()), "{edits:?}");
    let dated = said.changes.iter().find(|change| change.change.ends_with("with the same dates")).unwrap();
    assert_eq!(
        dated.change,
        "own setting of alice for bob: blocked, until Monday 2026-12-21 00:00 +01:00 -> team_colleague with the same dates"
    );
    // A workgroup does not help while the own setting counts: it is not suggested.
    assert!(!edits.iter().any(|edit| edit.contains("workgroup")), "{edits:?}");
}

/// An exemption is said with its place, where a rule would give the right and where none does, and in a difference of its own.
#[test]
fn exemptions_are_said_in_words() {
    let text = "domain = \"acme.example\"\nsystems = [\"linewarden\"]\n[[user]]\nname = \"lead\"\n[[user]]\nname = \"wilma\"\n\
        [[rule]]\nname = \"hotline\"\nactors = [\"lead\"]\nrights = [\"call.listen\"]\ntargets = [\"everyone\"]\n";
    let exempt = text.replace("\"wilma\"", "\"wilma\"\nexempt = [\"call.listen\", \"call.record\"]");
    let open =
        |text: &str| Engine::from_documents(&[Document { name: "acme.toml".into(), text: text.into() }]).unwrap();
    let (old, new) = (open(text), open(&exempt));
    let explain = |actor: &str, right: &str, target: &str| {
        let party = |name: &str| new.resolve(None, name).unwrap();
        new.explain(party(actor), right.parse().unwrap(), party(target), None)
    };
    let listen = explain("lead", "call.listen", "wilma");
    assert_eq!(
        listen.summary,
        "lead may not listen to the calls of wilma: the target is exempt from it at acme.toml:5, whatever a rule says"
    );
    let said = |explanation: &linewarden::Explanation| {
        let sources = explanation.sources.iter().filter(|source| source.what == "the target is exempt");
        sources.map(|source| (source.level.clone(), source.place.clone(), source.gives)).collect::<Vec<_>>()
    };
    let shown = vec![("call.listen, call.record".to_owned(), "acme.toml:5".to_owned(), false)];
    assert_eq!(said(&listen), shown);
    // No rule gives it, and none could.
    let record = explain("lead", "call.record", "wilma");
    assert_eq!(said(&record), shown);
    assert!(said(&explain("lead", "call.pickup", "wilma")).is_empty());
    assert!(said(&explain("lead", "call.listen", "lead")).is_empty());
    let wilma = new.resolve(None, "wilma").unwrap();
    assert_eq!(new.exempt(wilma).shortest(), ["call.listen", "call.record"]);
    assert!(old.exempt(old.resolve(None, "wilma").unwrap()).is_empty());
    // The difference says what answers change, and what the exemption is, also where no answer changes.
    let sentences = |old: &Engine, new: &Engine| {
        let changes = linewarden::diff(old, new);
        let groups = changes.groups.into_iter().map(|group| group.sentence);
        groups.chain(changes.exemptions.into_iter().map(|exemption| exemption.sentence)).collect::<Vec<_>>()
    };
    let now = "wilma is now exempt from call.listen and call.record";
    assert_eq!(sentences(&old, &new), ["lead may no longer listen to the calls of wilma", now]);
    assert_eq!(sentences(&new, &old)[1], now.replace("now", "no longer"));
    let without = |text: &str| open(text.split("[[rule]]").next().unwrap());
    assert_eq!(sentences(&without(text), &without(&exempt)), [now]);
    assert!(sentences(&new, &new).is_empty());
}

/// Every kind of fact is among what comes next: the soonest first, whether it begins or ends, from an instant on, and no more than asked.
#[test]
fn upcoming_lists_every_kind_of_fact() {
    let text = "domain = \"acme.example\"\nsystems = [\"xphone\", \"estos\", \"pascom\", \"linewarden\"]\n\
        user = [{ name = \"alice\" }, { name = \"bob\" }]\n\
        [[relationship]]\nowner = \"alice\"\nviewer = \"bob\"\nlevel = \"assistant\"\nuntil = 2026-12-21T00:00:00Z\n\
        [[authorization_grant]]\nowner = \"alice\"\nviewer = \"bob\"\nlevel = \"team\"\nfrom = 2026-12-22T00:00:00Z\n\
        [[authorization_grant]]\nowner = \"bob\"\nviewer = \"alice\"\nlevel = \"team\"\nadministrative = true\nuntil = 2026-12-23T00:00:00Z\n\
        [[workgroup]]\nname = \"w\"\nlevel = \"team_colleague\"\nmembers = [\"alice\", { name = \"bob\", until = 2026-12-24T00:00:00Z }]\n\
        [[permission]]\nname = \"p\"\ntypes = [\"pickup.group\"]\nusers = [\"alice\", { name = \"bob\", from = 2026-12-25T00:00:00Z }]\n\
        [[rule]]\nname = \"r\"\nactors = [\"bob\"]\nrights = [\"call.pickup\"]\ntargets = [\"alice\"]\n\
        hours = \"Mo 08:00-09:00 Europe/Berlin\"\n\
        [[rule]]\nname = \"over\"\nactors = [\"bob\"]\nrights = [\"call.pickup\"]\ntargets = [\"alice\"]\nuntil = 2026-12-01T00:00:00Z\n";
    let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text: text.into() }]).unwrap();
    let listed = |from: i64, limit: usize| -> Vec<(String, bool, String)> {
        let found = engine.upcoming(Some(from), limit).unwrap();
        found.into_iter().map(|next| (next.local, next.begins, next.what)).collect()
    };
    let expected = [
        ("2026-12-21T00:00:00Z", false, "relationship of bob to alice: assistant"),
        ("2026-12-21T08:00:00+01:00", true, "rule `r`"),
        ("2026-12-22T00:00:00Z", true, "grant by alice to bob"),
        ("2026-12-23T00:00:00Z", false, "grant by the administrator to alice on bob"),
        ("2026-12-24T00:00:00Z", false, "bob in workgroup `w`"),
        ("2026-12-25T00:00:00Z", true, "bob in permission `p`"),
    ]
    .map(|(at, begins, what)| (at.to_owned(), begins, what.to_owned()));
    assert_eq!(listed(FRIDAY, usize::MAX), expected);
    assert_eq!(listed(FRIDAY, 2), expected[..2]);
    let later = listed(linewarden::instant("2026-12-24T00:00:00Z").unwrap(), usize::MAX);
    let monday = ("2026-12-28T08:00:00+01:00".to_owned(), true, "rule `r`".to_owned());
    assert_eq!(later, [expected[5].clone(), monday]);
}

/// A rule that names both already is the smaller change: without what keeps it from counting now, or with the right that it lacks.
#[test]
fn rules_that_name_the_pair_are_suggested() {
    let rule = |name: &str, targets: &str, more: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\nactors = [\"bob\"]\nrights = [\"call.pickup.first\"]\ntargets = [{targets}]\n{more}\n"
        )
    };
    let suggested = |rules: &str, right: &str| {
        let text = format!(
            "domain = \"acme.example\"\nsystems = [\"linewarden\"]\nuser = [{{ name = \"alice\" }}, {{ name = \"bob\" }}]\n{rules}"
        );
        let engine =
            Engine::from_documents(&[Document { name: "acme.toml".into(), text }]).unwrap().at(FRIDAY).unwrap();
        let party = |name: &str| engine.resolve(None, name).unwrap();
        let said = engine.explain(party("bob"), right.parse().unwrap(), party("alice"), None);
        assert!(!said.allowed && said.changes[0].change.starts_with("add a rule that gives bob"), "{said:?}");
        let rest = said.changes.into_iter().skip(1);
        rest.map(|change| (change.change, change.place, change.edit[0].to_string())).collect::<Vec<_>>()
    };
    let alice = "\"alice\"";
    let bounds = "from = 2026-12-01T00:00:00+01:00\nuntil = 2026-12-18T18:00:00+01:00";
    for (dates, words, when) in [
        (bounds, "ended today 18:00 +01:00: without `until`", "2026-12-01T00:00:00+01:00/.."),
        ("from = 2026-12-21T00:00:00+01:00", "not before Monday 2026-12-21 00:00 +01:00: without `from`", "always"),
        (
            "hours = \"Mo-Th 08:00-18:00 Europe/Berlin\"",
            "not before Monday 2026-12-21 08:00 Europe/Berlin: without `hours`",
            "always",
        ),
        (
            "until = 2026-12-01T00:00:00+01:00\nhours = \"Mo-Th 08:00-18:00 Europe/Berlin\"",
            "ended 2026-12-01 00:00 Europe/Berlin: without dates",
            "always",
        ),
    ] {
        assert_eq!(
            suggested(&rule("cover", alice, dates), "call.pickup.first"),
            [(format!("rule `cover`, {words}"), "acme.toml:4".to_owned(), format!("set rule cover when: {when}"))]
        );
    }
    // What counts gives one right more.
    let more = "rule `cover`: also call.pickup".to_owned();
    let edit = "set rule cover rights: call.pickup".to_owned();
    assert_eq!(suggested(&rule("cover", alice, ""), "call.pickup"), [(more, "acme.toml:4".to_owned(), edit)]);
    // What excepts one of the two, or has ended and lacks the right, does not help by one change.
    assert!(suggested(&rule("cover", "\"everyone\"", "except = [\"alice\"]"), "call.park").is_empty());
    assert!(suggested(&rule("cover", alice, "until = 2026-12-01T00:00:00+01:00"), "call.park").is_empty());
}
