//! The smallest changes that would allow what was refused: one rule for all actors that were refused the same rights on the same
//! targets. They are tried in a copy of the engine, and nothing is applied.
#![forbid(unsafe_code)]

use linewarden::{Change, Engine, Entry, Party, Result, Right};
use std::collections::{BTreeMap, BTreeSet};

/// How many names of rules are tried.
const NAMES: usize = 1000;

/// A refused pair that the engine knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    pub actor: Party,
    pub right: Right,
    pub target: Party,
}

/// Changes that would allow pairs.
#[derive(Debug, Default)]
pub struct Proposal {
    /// The changes, to be applied together.
    pub entries: Vec<Entry>,
    /// The pairs that they allow.
    pub allowed: BTreeSet<Pair>,
}

/// Rights by actors and targets, as names.
pub type Rules = BTreeMap<(BTreeSet<String>, BTreeSet<String>), linewarden::RightSet>;

/// Proposes changes for pairs of one domain that are refused now.
///
/// # Errors
/// As for applying changes, where those of explanations cannot be applied together.
pub fn propose(engine: &Engine, domain: &str, pairs: &BTreeSet<Pair>, label: &str) -> Result<Proposal> {
    let mut single: BTreeMap<(String, String), linewarden::RightSet> = BTreeMap::new();
    let (mut pattern, mut others) = (None, Vec::new());
    for pair in pairs {
        let changes = engine.explain(pair.actor, pair.right, pair.target, None).changes;
        let rule = changes.iter().find_map(|suggestion| match suggestion.edit.as_slice() {
            [rule @ Change::AddRule { parts, .. }] => {
                let [actor] = parts.actors.as_deref()? else { return None };
                let [target] = parts.targets.as_deref()? else { return None };
                Some((rule.clone(), actor.clone(), target.clone(), parts.rights?))
            }
            _ => None,
        });
        if let Some((rule, actor, target, rights)) = rule {
            pattern = Some(rule);
            *single.entry((actor, target)).or_default() |= rights;
        } else if let Some(first) = changes.first() {
            for change in &first.edit {
                let entry = Entry { domain: domain.to_owned(), change: change.clone() };
                if !others.contains(&entry) {
                    others.push(entry);
                }
            }
        }
    }
    named(engine, domain, pairs, &Parts { pattern, rules: rules(&single), others }, label)
}

/// The fewer of two sets of rules: those who act alike together, or those whom the same act on.
pub fn rules(single: &BTreeMap<(String, String), linewarden::RightSet>) -> Rules {
    let by_actor = joined(single, |actor, target| (actor, target));
    let by_target = joined(single, |actor, target| (target, actor));
    match by_target.len() < by_actor.len() {
        true => by_target.into_iter().map(|((targets, actors), rights)| ((actors, targets), rights)).collect(),
        false => by_actor,
    }
}

/// Those who have the same counterparts for the same rights, together. `order` says which of the two comes first.
fn joined(
    single: &BTreeMap<(String, String), linewarden::RightSet>,
    order: impl for<'a> Fn(&'a String, &'a String) -> (&'a String, &'a String),
) -> Rules {
    let mut of: BTreeMap<(&String, linewarden::RightSet), BTreeSet<String>> = BTreeMap::new();
    for ((actor, target), rights) in single {
        let (first, second) = order(actor, target);
        of.entry((first, *rights)).or_default().insert(second.clone());
    }
    let mut joined: BTreeMap<(linewarden::RightSet, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    for ((first, rights), seconds) in of {
        joined.entry((rights, seconds)).or_default().insert(first.clone());
    }
    let mut rules = Rules::new();
    for ((rights, seconds), firsts) in joined {
        *rules.entry((firsts, seconds)).or_default() |= rights;
    }
    rules
}

/// What a proposal is made of.
struct Parts {
    /// A change that adds a rule.
    pattern: Option<Change>,
    rules: Rules,
    others: Vec<Entry>,
}

/// The proposal with names that no rule has yet, and what it allows.
fn named(engine: &Engine, domain: &str, pairs: &BTreeSet<Pair>, parts: &Parts, label: &str) -> Result<Proposal> {
    let mut entries: Vec<Entry> = parts.others.clone();
    let mut number = 0;
    for ((actors, targets), rights) in &parts.rules {
        let Some(pattern) = &parts.pattern else { break };
        let mut change = pattern.clone();
        loop {
            number += 1;
            if let Change::AddRule { name, parts } = &mut change {
                *name = format!("{label} {number}");
                parts.actors = Some(actors.iter().cloned().collect());
                parts.targets = Some(targets.iter().cloned().collect());
                parts.rights = Some(*rights);
            }
            let entry = Entry { domain: domain.to_owned(), change: change.clone() };
            match engine.preview(None, std::slice::from_ref(&entry)) {
                Err(error) if number >= NAMES => return Err(error),
                Err(_) => {}
                Ok(_) => {
                    entries.push(entry);
                    break;
                }
            }
        }
    }
    if entries.is_empty() {
        return Ok(Proposal::default());
    }
    let after = engine.preview(None, &entries)?;
    let allowed = pairs.iter().copied().filter(|pair| after.may(pair.actor, pair.right, pair.target)).collect();
    Ok(Proposal { entries, allowed })
}
