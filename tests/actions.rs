//! Runs every vector of the rules that is an action as an action: a change by its author, then the state, asked of an engine
//! and the naive evaluator over the changed policy. It must never pass over a file, a step, or anything a step asserts.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::policy::Policy;
use linewarden::internals::policy::change::{Author, parse};
use linewarden::internals::system::System;
use linewarden::{DomainId, Engine, Kind, Party, Right};
use linewarden_testkit::naive;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A document and what is done to it. README.md beside the files explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    id: String,
    source: String,
    #[serde(default)]
    #[allow(dead_code, reason = "for readers")]
    note: String,
    document: String,
    step: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    by: Option<String>,
    #[serde(rename = "do")]
    lines: String,
    refused: Option<String>,
    #[serde(default)]
    nothing: bool,
    #[serde(default)]
    levels: Vec<String>,
    #[serde(default)]
    yes: Vec<String>,
    #[serde(default)]
    no: Vec<String>,
    #[serde(default)]
    pending: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    favourites: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    notified: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    away: Vec<String>,
}

/// Vectors of docs/systems.md with an action in them, and the file that runs each.
#[rustfmt::skip]
const VECTORS: [(&str, &[&str]); 29] = [
    ("vector-x-02", &["X-02"]), ("vector-x-03", &["X-03"]), ("vector-x-04", &["X-04", "X-05", "X-06"]), ("vector-x-07", &["X-07", "X-08"]), ("vector-x-12", &["X-12"]),
    ("vector-x-24", &["X-24"]), ("vector-e-01", &["E-01"]), ("vector-e-03", &["E-03"]), ("vector-e-04", &["E-04"]), ("vector-e-06", &["E-06"]), ("vector-e-07", &["E-07"]),
    ("vector-e-11", &["E-11"]), ("vector-e-15", &["E-15"]), ("vector-e-16", &["E-16"]), ("vector-e-19", &["E-19"]), ("vector-e-22", &["E-22"]), ("vector-e-25", &["E-25"]),
    ("vector-k-01", &["K-01"]), ("vector-k-02", &["K-02", "K-05"]), ("vector-k-06", &["K-06"]), ("vector-k-14", &["K-14"]), ("vector-k-18", &["K-18", "K-19"]), ("vector-k-21", &["K-21"]),
    ("vector-k-23", &["K-23"]), ("vector-p-02", &["P-01", "P-03"]), ("vector-p-05", &["P-05"]), ("vector-p-11", &["P-11"]), ("vector-p-12", &["P-12"]), ("vector-p-25", &["P-25"]),
];

fn load_all() -> Vec<Action> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/actions");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    let load = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let action: Action = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(path.file_stem().unwrap().to_str().unwrap(), action.id.to_lowercase(), "file name and id");
        action
    };
    paths.iter().map(load).collect()
}

#[test]
fn every_vector_with_an_action_has_its_file() {
    let actions = load_all();
    for (file, vectors) in VECTORS {
        let action = actions.iter().find(|action| action.id.to_lowercase() == file);
        let action = action.unwrap_or_else(|| panic!("no file runs {vectors:?}"));
        for vector in vectors {
            assert!(action.source.contains(vector), "{file} does not name {vector}");
        }
    }
    let ids: BTreeSet<_> = actions.iter().map(|action| &action.id).collect();
    assert_eq!(ids.len(), actions.len());
}

#[test]
fn actions_do_what_the_rules_say() {
    let mut faults = Vec::new();
    let mut asserted = 0;
    for action in load_all() {
        let mut names = Directory::default();
        let document = Document { name: format!("{}.toml", action.id), text: action.document.clone() };
        let mut policy =
            document::load(&[document], &mut names).unwrap_or_else(|error| panic!("{}: {error}", action.id));
        for (step, number) in action.step.iter().zip(1..) {
            let mut found = Vec::new();
            asserted += run(step, &mut policy, &mut names, &mut found);
            faults.extend(found.into_iter().map(|fault| format!("{} step {number}: {fault}", action.id)));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(asserted > 400, "only {asserted} claims were looked at");
}

fn run(step: &Step, policy: &mut Policy, names: &mut Directory, faults: &mut Vec<String>) -> usize {
    let author = match &step.by {
        None => Author::Administrator,
        Some(user) => Author::User(names.party(DomainId(0), Kind::User, user).unwrap()),
    };
    let entries = parse(&step.lines, Some("acme.example")).unwrap_or_else(|error| panic!("{}: {error}", step.lines));
    assert!(!entries.is_empty(), "a step that does nothing");
    let mut asserted = 1;
    match (policy.apply(names, Some(author), &entries), &step.refused) {
        (Ok(_), Some(rule)) => faults.push(format!("`{}` is done, but {rule} refuses it", step.lines)),
        (Err(error), None) => faults.push(format!("`{}`: {error}", step.lines)),
        (Err(error), Some(rule)) if !error.message().contains(rule.as_str()) => {
            faults.push(format!("`{}`: {rule} is not in `{error}`", step.lines));
        }
        (Err(_), Some(_)) => {}
        (Ok(done), None) if done.changed() == step.nothing => {
            faults.push(format!("`{}`: changed is {}", step.lines, done.changed()));
        }
        (Ok(_), None) => {}
    }
    let engine = Engine::from_policy(policy.clone(), names.clone()).unwrap();
    let find = |name: &str| engine.resolve(None, name).unwrap_or_else(|error| panic!("{}: {error}", step.lines));
    for (claims, expected) in [(&step.yes, true), (&step.no, false)] {
        for claim in claims {
            let [actor, target, right] = claim.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let right = Right::parse(right).unwrap_or_else(|| panic!("no right is called {right}"));
            // A bare name asks for all lines; to lack it here means to lack it on every line.
            let lines: Vec<Right> = right.mask().iter().collect();
            let (actor, target) = (find(actor), find(target));
            let held = lines.iter().filter(|line| engine.may(actor, **line, target)).count();
            let wanted = if expected { lines.len() } else { 0 };
            if held != wanted {
                faults.push(format!("after `{}`: {claim} should be {expected}", step.lines));
            }
            if (naive::rights(policy, names, actor, target, None) & right.mask()).iter().count() != wanted {
                faults.push(format!("after `{}`: the naive evaluator does not say {expected} to {claim}", step.lines));
            }
            asserted += 1;
        }
    }
    for claim in &step.levels {
        let [actor, target, system, level] = claim.splitn(4, ' ').collect::<Vec<_>>().try_into().unwrap();
        let levels = engine.pair(find(actor), find(target)).levels;
        if !levels.contains(&(System::parse(system).unwrap(), level.to_string())) {
            faults.push(format!("after `{}`: {claim} expected, found {levels:?}", step.lines));
        }
        asserted += 1;
    }
    let domain = &policy.domains[0];
    let text = |parties: Vec<Party>| {
        let mut texts: Vec<String> = parties.iter().map(|party| names.text(*party)).collect();
        texts.sort();
        texts
    };
    for (owner, expected) in &step.pending {
        let found = text(domain.state.pending(find(owner)).collect());
        if found != *expected {
            faults.push(format!("after `{}`: pending with {owner}: {found:?}", step.lines));
        }
        asserted += 1;
    }
    for (owner, expected) in &step.favourites {
        let owners = domain.state.favourites.iter().filter(|(held, _)| *held == find(owner));
        let found = text(owners.map(|(_, contact)| *contact).collect());
        if found != *expected {
            faults.push(format!("after `{}`: favourites of {owner}: {found:?}", step.lines));
        }
        asserted += 1;
    }
    for (team, expected) in &step.notified {
        let team = find(&format!("team:{team}"));
        let away: Vec<Party> = step.away.iter().map(|agent| find(agent)).collect();
        let found = text(engine.notified(team, &away, &[]).unwrap());
        assert_eq!(found, text(engine.notified(team, &[], &away).unwrap()), "paused is as good as logged out");
        if found != *expected {
            faults.push(format!("after `{}`: notified {found:?}", step.lines));
        }
        asserted += 1;
    }
    asserted
}
