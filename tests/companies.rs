//! The sample companies answer what `examples/companies/questions.tsv` says, and their README quotes that file rightly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::{Engine, Right};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

struct Question {
    file: String,
    actor: String,
    right: String,
    target: String,
    yes: bool,
    comment: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/companies")
}

fn answer(word: &str) -> bool {
    match word {
        "yes" => true,
        "no" => false,
        other => panic!("`{other}` is neither `yes` nor `no`"),
    }
}

fn questions() -> Vec<Question> {
    let text = std::fs::read_to_string(folder().join("questions.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("file\tactor\tright\ttarget\tanswer\tcomment"));
    let question = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [file, actor, right, target, yes, comment] = fields[..] else { panic!("six fields expected: {line}") };
        Question {
            file: file.into(),
            actor: actor.into(),
            right: right.into(),
            target: target.into(),
            yes: answer(yes),
            comment: comment.into(),
        }
    };
    lines.map(question).collect()
}

#[test]
fn every_question_is_answered_as_written() {
    let mut engines: BTreeMap<String, Engine> = BTreeMap::new();
    let mut wrong = Vec::new();
    for question in questions() {
        let Question { file, actor, right, target, yes, comment } = question;
        let engine = engines
            .entry(file.clone())
            .or_insert_with(|| Engine::open(folder().join(&file)).unwrap_or_else(|error| panic!("{error}")));
        let asked = format!("{file}: {actor} {right} {target} ({comment})");
        // A no must not come from an unknown name.
        let actor = engine.resolve(None, &actor).unwrap_or_else(|error| panic!("{asked}: {error}"));
        let target_party = engine.resolve(None, &target).unwrap_or_else(|error| panic!("{asked}: {error}"));
        let right_asked = Right::parse(&right).unwrap_or_else(|| panic!("{asked}: no such right"));
        let found = engine.may(actor, right_asked, target_party);
        let by_name = engine.may_named(None, &engine.text(actor), &right, &target);
        let decided = engine.decide(actor, right_asked, target_party).allowed;
        if (found, by_name, decided) != (yes, yes, yes) {
            wrong.push(format!("{asked}: expected {yes}; may {found}, by name {by_name}, decided {decided}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_company_is_asked_and_every_question_is_new() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let documents: BTreeSet<String> = files.filter(|name| name.ends_with(".toml")).collect();
    let asked: BTreeSet<String> = questions().into_iter().map(|question| question.file).collect();
    assert_eq!(documents, asked);
    let mut seen = BTreeSet::new();
    for question in questions() {
        let key = (question.file, question.actor, question.right, question.target);
        assert!(seen.insert(key.clone()), "asked twice: {key:?}");
    }
}

#[test]
fn readme_quotes_the_questions_rightly() {
    let text = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let answers: BTreeMap<_, _> = questions()
        .into_iter()
        .map(|question| ((question.file, question.actor, question.right, question.target), question.yes))
        .collect();
    assert!(text.contains(&format!("holds {} questions", answers.len())), "the README's count of questions");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        (cells.len() == 6 && cells[0] != "file" && cells[0] != "---").then_some(cells)
    });
    let mut count = 0;
    for cells in rows {
        let key = (format!("{}.toml", cells[0]), cells[1].to_owned(), cells[2].to_owned(), cells[3].to_owned());
        assert_eq!(answers.get(&key), Some(&answer(cells[4])), "{key:?}");
        count += 1;
    }
    assert!((15..=25).contains(&count), "{count} rows");
}

#[test]
fn vendors_function_code_example_is_understood() {
    let engine = Engine::open(folder().join("pascom.toml")).unwrap();
    let dial = |actor: &str| engine.explain_dial(engine.find(None, actor).unwrap(), "*7415#100").unwrap();
    let explanation = dial("secretary");
    assert!(explanation.answer.allowed);
    assert_eq!((explanation.target.as_str(), explanation.answer.digits.as_str()), ("heinz", "100"));
    assert!(dial("heinz").answer.allowed, "one's own forwarding");
    assert!(!dial("pia").answer.allowed);
}

#[test]
fn function_codes_of_the_estos_company_are_asked_by_line() {
    let engine = Engine::open(folder().join("estos.toml")).unwrap();
    let dial = |actor: &str, code: &str| engine.explain_dial(engine.find(None, actor).unwrap(), code).unwrap();
    for (actor, code, right, allowed) in [
        ("petra", "*810", "call.pickup.first", true),
        ("petra", "*811", "call.pickup.second", true),
        ("petra", "*812", "call.pickup.additional", false),
        ("petra", "*7410#99", "forwarding.set.first", true),
        ("petra", "*7012", "forwarding.set.additional", false),
        ("tamara", "*810", "call.pickup.first", true),
        ("tamara", "*811", "call.pickup.second", false),
        ("tamara", "*7110", "forwarding.set.first", false),
    ] {
        let explanation = dial(actor, code);
        let (answer, why) = (&explanation.answer, &explanation.why);
        assert_eq!((answer.right, answer.allowed), (Right::parse(right), allowed), "{actor} {code}: {why}");
        let line = right.rsplit('.').next().unwrap();
        assert!(why.contains(&format!("the {line} line")), "{actor} {code}: {why}");
        let plain = engine.dial(engine.find(None, actor).unwrap(), code).unwrap();
        assert_eq!(plain, *answer, "{actor} {code}, without its reason");
    }
}

/// The source that decides, found without the words of all others, is the one that an explanation names.
#[test]
fn the_deciding_source_alone_is_that_of_the_explanation() {
    let engine = Engine::open(folder()).unwrap();
    let rights =
        ["call.pickup", "line.busy.read", "presence.symbol.read", "forwarding.set", "forwarding.bypass", "call.park"];
    let mut decided = 0;
    for (domain, _) in engine.domains() {
        let parties = engine.parties(domain);
        let pairs = parties.iter().flat_map(|actor| parties.iter().map(move |target| (*actor, *target)));
        // A step that divides no company's number of parties.
        for (actor, target) in pairs.step_by(7) {
            for right in rights {
                let right: Right = right.parse().unwrap();
                let said = engine.explain(actor, right, target, None);
                let expected = (said.reason, said.sources.into_iter().find(|source| source.decides));
                decided += usize::from(expected.1.is_some());
                assert_eq!(engine.deciding_source(actor, right, target), expected, "{}", said.summary);
            }
        }
    }
    assert!(decided > 500, "{decided} decided");
    let (first, unknown) = (engine.parties(engine.domains()[0].0)[0], linewarden::Party(u32::MAX));
    assert_eq!(engine.deciding_source(first, Right::CALL_PARK, unknown), (linewarden::Reason::Unknown, None));
}
