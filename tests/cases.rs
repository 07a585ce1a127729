//! Runs every case file through the engine. It must never pass over a file, nor over anything a file asserts.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::policy::Policy;
use linewarden::internals::policy::codes::Function;
use linewarden::internals::system::System;
use linewarden::internals::{address, document};
use linewarden::{Engine, ErrorKind, Kind, Party, Right, RightSet};
use linewarden_testkit::cases::{Case, load_all};
use linewarden_testkit::naive;
use std::collections::BTreeSet;

/// The vectors of docs/systems.md: a case file for each, or an action in `tests/actions` where the vector is a refused
/// change.
#[rustfmt::skip]
const VECTORS: [&str; 49] = [
    "X-01", "X-02", "X-03", "X-04", "X-05", "X-06", "X-07", "X-08", "X-12", "X-20", "X-22", "X-24", "X-40", "X-41",
    "X-42", "X-45", "E-01", "E-03", "E-04", "E-06", "E-07", "E-11", "E-15", "E-16", "E-19", "E-22", "E-25", "P-01",
    "P-02", "P-03", "P-05", "P-08", "P-09", "P-11", "P-12", "P-16", "P-18", "P-21", "P-25", "K-01", "K-02", "K-03",
    "K-04", "K-05", "K-06", "K-14", "K-18", "K-19", "K-23",
];

#[test]
fn every_case_asserts_something_and_has_its_own_id() {
    let mut ids = BTreeSet::new();
    for case in load_all() {
        let name = case.path.display();
        assert!(case.asserts(), "{name} asserts nothing");
        assert!(!case.source.is_empty(), "{name} names no source");
        assert!(ids.insert(case.id.clone()), "{name}: the id `{}` stands twice", case.id);
        assert_eq!(case.path.file_stem().unwrap().to_str().unwrap(), case.id.to_lowercase(), "file name and id");
    }
    let missing: Vec<_> = VECTORS.iter().filter(|id| !ids.contains(&format!("vector-{id}"))).collect();
    assert!(missing.is_empty(), "vectors without a case file: {missing:?}");
}

#[test]
fn engine_answers_every_case() {
    let mut faults = Vec::new();
    let mut asserted = 0;
    for case in load_all() {
        let before = faults.len();
        asserted += run(&case, &mut faults);
        for fault in &mut faults[before..] {
            *fault = format!("{} ({}): {fault}", case.id, case.path.display());
        }
    }
    assert!(faults.is_empty(), "{} faults in cases:\n{}", faults.len(), faults.join("\n"));
    assert!(asserted > 5000, "only {asserted} answers were looked at");
}

/// What a case says must be refused is refused by the loader itself, with the word that is wrong in the message.
#[test]
fn documents_with_a_fault_do_not_load() {
    let cases = load_all();
    let refused: Vec<_> = cases.iter().filter_map(|case| Some((case, case.refused.as_ref()?))).collect();
    assert!(refused.len() > 20);
    let mut faults = Vec::new();
    for (case, parts) in refused {
        match document::load(&case.documents(), &mut Directory::default()) {
            Ok(_) => faults.push(format!("{}: the document loads", case.id)),
            Err(error) => {
                let missing = parts.iter().filter(|part| !error.message().contains(*part));
                faults.extend(missing.map(|part| format!("{}: `{part}` is not in the message: {error}", case.id)));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// The naive evaluator is what the engine is compared with, so it has to get every case right itself.
#[test]
fn naive_evaluator_answers_every_case() {
    let mut faults = Vec::new();
    for case in load_all().iter().filter(|case| case.refused.is_none()) {
        let mut directory = Directory::default();
        let policy = match document::load(&case.documents(), &mut directory) {
            Ok(policy) => policy,
            Err(error) => {
                faults.push(format!("{}: the document does not load: {error}", case.id));
                continue;
            }
        };
        for ask in &case.ask {
            let [actor, target] = [&ask.actor, &ask.target].map(|text| party(&policy, &mut directory, text));
            let given = naive::rights(&policy, &directory, actor, target, ask.role());
            let (yes, no) = ask.expected();
            let (lacking, beyond) = (yes.without(given).names(), (no & given).names());
            if !lacking.is_empty() || !beyond.is_empty() {
                let pair = format!("{} -> {} {:?}", ask.actor, ask.target, ask.role());
                faults.push(format!("{}: {pair}: says no to {lacking:?} and yes to {beyond:?}", case.id));
            }
        }
        for list in &case.list {
            let right = Right::parse(&list.right).unwrap();
            let asked = list.actor.as_ref().or(list.target.as_ref()).unwrap();
            let asked = party(&policy, &mut directory, asked);
            let domain = policy.domain(directory.named(asked).unwrap().domain).unwrap();
            let pair = |other| if list.actor.is_some() { (asked, other) } else { (other, asked) };
            let has = |(actor, target)| naive::rights(&policy, &directory, actor, target, None).has(right);
            let found = domain.parties().filter(|(other, _)| has(pair(*other)));
            let mut found: Vec<String> = found.map(|(other, _)| directory.text(other)).collect();
            found.sort_unstable();
            if found != list.are {
                faults.push(format!("{}: {list:?}: {found:?}", case.id));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults in cases:\n{}", faults.len(), faults.join("\n"));
}

/// The party of that text, found by hand; an unlisted address gets a number.
fn party(policy: &Policy, directory: &mut Directory, text: &str) -> Party {
    let (domain, name) = match address::split(text) {
        (Some(domain), name) => (policy.domain_named(domain), name),
        (None, name) => (policy.domains.first(), name),
    };
    let domain = domain.unwrap();
    for (prefix, kind) in [("team:", Kind::Team), ("location:", Kind::Location), ("device:", Kind::Device)] {
        if let Some(name) = name.strip_prefix(prefix) {
            return directory.party(domain.id, kind, name).unwrap();
        }
    }
    let login = match address::sip_address(name) {
        Some(address) if address.domain != domain.name => {
            return directory.add_party(domain.id, Kind::Contact, &address.text).unwrap();
        }
        Some(address) => address.login,
        None => name.to_string(),
    };
    let bears = |user: &&linewarden::internals::policy::User| {
        directory.text(user.party) == login || user.lines.contains(&login)
    };
    domain.users.iter().find(bears).unwrap_or_else(|| panic!("nobody is called {text}")).party
}

/// Runs a case; returns how many answers it looked at.
fn run(case: &Case, faults: &mut Vec<String>) -> usize {
    let engine = match (Engine::from_documents(&case.documents()), &case.refused) {
        (Ok(engine), None) => engine,
        (Ok(_), Some(_)) => {
            faults.push("the document loads, but should be refused".to_string());
            return 1;
        }
        (Err(error), None) => {
            faults.push(format!("the document does not load: {error}"));
            return 1;
        }
        (Err(error), Some(parts)) => {
            if error.kind() != ErrorKind::Document {
                faults.push(format!("refused as {:?}: {error}", error.kind()));
            }
            let missing = parts.iter().filter(|part| !error.message().contains(*part));
            faults.extend(missing.map(|part| format!("`{part}` is not in the message: {error}")));
            return parts.len() + 1;
        }
    };
    let mut asserted = 0;
    let find = |text: &str| engine.resolve(None, text).unwrap_or_else(|error| panic!("{}: {error}", case.id));
    for ask in &case.ask {
        let (actor, target) = (find(&ask.actor), find(&ask.target));
        let (yes, no) = ask.expected();
        let given = match ask.role() {
            None => engine.rights(actor, target),
            Some(role) => {
                let given = Right::all().filter(|right| engine.may_in_call(actor, *right, target, role));
                RightSet::of(&given.collect::<Vec<_>>())
            }
        };
        let pair = format!("{} -> {} {:?}", ask.actor, ask.target, ask.role());
        let (lacking, beyond) = (yes.without(given).names(), (no & given).names());
        if !lacking.is_empty() || !beyond.is_empty() {
            faults.push(format!("{pair}: says no to {lacking:?} and yes to {beyond:?}"));
        }
        asserted += (yes | no).iter().count();
        if ask.role().is_none() {
            for right in (yes | no).iter() {
                let (may, decision) = (engine.may(actor, right, target), engine.decide(actor, right, target));
                let named = engine.may_named(None, &ask.actor, right.name(), &ask.target);
                let explained = engine.explain(actor, right, target, None).allowed;
                if [decision.allowed, named, explained, given.has(right)] != [may; 4] {
                    faults.push(format!("{pair}: check, decide, explain and rights do not agree about {right}"));
                }
            }
        }
        let levels = engine.pair(actor, target).levels;
        for (system, level) in &ask.levels {
            let system = System::parse(system).unwrap();
            if !levels.contains(&(system, level.clone())) {
                faults.push(format!("{pair}: level {level} in {} expected, found {levels:?}", system.name()));
            }
            asserted += 1;
        }
    }
    for dial in &case.dial {
        let function = Function::ALL.into_iter().find(|function| function.key() == dial.function).unwrap();
        match engine.explain_dial(find(&dial.actor), &dial.code) {
            Err(error) => faults.push(format!("{} dials {}: {error}", dial.actor, dial.code)),
            Ok(explanation) => {
                let answer = &explanation.answer;
                let plain = engine.dial(find(&dial.actor), &dial.code);
                let found = (answer.function, answer.target, answer.digits.as_str(), answer.allowed);
                let right = answer.right.map_or_else(String::new, |right| right.to_string());
                let asked = dial.right.as_ref().is_none_or(|asked| *asked == right) && plain.as_ref() == Ok(answer);
                if found != (function, find(&dial.subject), dial.digits.as_str(), dial.allowed) || !asked {
                    faults.push(format!("{} dials {}: {answer:?}", dial.actor, dial.code));
                }
            }
        }
        asserted += 4;
    }
    for notified in &case.notified {
        let parties = |names: &[String]| names.iter().map(|name| find(name)).collect::<Vec<Party>>();
        let answered =
            engine.notified(find(&notified.team), &parties(&notified.logged_out), &parties(&notified.paused));
        if answered.as_deref().ok() != Some(&parties(&notified.who)[..]) {
            faults.push(format!("{notified:?}: {:?}", answered.map(|answered| texts(&engine, &answered))));
        }
        asserted += 1;
    }
    for list in &case.list {
        let right = Right::parse(&list.right).unwrap();
        let found = match (&list.actor, &list.target) {
            (None, Some(target)) => engine.who(right, find(target)),
            (Some(actor), None) => engine.whom(find(actor), right),
            _ => panic!("{}: a list asks by target or by actor", case.id),
        };
        if texts(&engine, &found) != list.are {
            faults.push(format!("{list:?}: {:?}", texts(&engine, &found)));
        }
        asserted += 1;
    }
    for name in &case.unknown {
        if let Some(party) = engine.find(None, name) {
            faults.push(format!("`{name}` should be nobody's name, but is {}", engine.text(party)));
        }
        asserted += 1;
    }
    asserted
}

fn texts(engine: &Engine, parties: &[Party]) -> Vec<String> {
    parties.iter().map(|party| engine.text(*party)).collect()
}
