//! The report for one person: who may see and do what towards them, since when, granted by whom, by which rule. It must never name a
//! right that the engine does not give, nor leave one out.
#![forbid(unsafe_code)]

use crate::rights::Topic;
use linewarden::{Engine, Held, Party, Reason, Result, Right, RightSet, Since, Trail};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// The most explanations of a report: beyond that, rules are named by their kind alone.
const EXPLAINED: usize = 20_000;

/// The change set that something rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct By {
    /// Its revision.
    pub revision: u64,
    /// When it was made, in milliseconds since 1970.
    pub at: i64,
    /// Its author, `domain/name`; empty for the administrator.
    pub author: String,
}

impl From<&Since> for By {
    fn from(since: &Since) -> By {
        By { revision: since.revision, at: since.at, author: since.author.to_string() }
    }
}

/// People who have the same rights since the same change set and by the same rule.
#[derive(Clone, Debug, Serialize)]
pub struct Access {
    /// What the rights are about.
    pub topic: Topic,
    /// The rights by name; bare names where all lines have them.
    pub rights: Vec<&'static str>,
    /// Who has them, sorted.
    pub actors: Vec<String>,
    /// By which kind of rule.
    pub reason: Reason,
    /// The rule in words and what it says; empty where only its kind is known.
    pub rule: String,
    /// Since when and by whom; `None` without a log, or where that was so before it begins.
    pub since: Option<By>,
}

/// What one change set gave and took.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// The change set.
    pub by: By,
    /// Who gained or lost.
    pub actors: Vec<String>,
    /// What was gained, by name.
    pub gained: Vec<&'static str>,
    /// What was lost, by name.
    pub lost: Vec<&'static str>,
}

/// Where an answer comes from: the source, its state, its log.
#[derive(Clone, Debug, Serialize)]
pub struct Origin {
    /// The domain.
    pub domain: String,
    /// The revision.
    pub revision: u64,
    /// When the report was made, in milliseconds since 1970.
    pub made: i64,
    /// The hash of the log up to there, in hexadecimal digits; empty without a log.
    pub hash: String,
    /// Whether there is a log.
    pub logged: bool,
    /// The last revision that was cut off the log; 0 for none.
    pub cut: u64,
}

/// The report for one person.
#[derive(Clone, Debug, Serialize)]
pub struct Personal {
    /// Where it comes from.
    pub origin: Origin,
    /// For whom it is.
    pub person: String,
    /// Who may do what.
    pub access: Vec<Access>,
    /// Rights that no other party has on the person, by name.
    pub exempt: Vec<&'static str>,
    /// Whether the person is flagged as VIP.
    pub vip: bool,
    /// Whether the person has a private line.
    pub private_line: bool,
    /// The revision that changes are counted from.
    pub above: Option<u64>,
    /// What changed above that revision, the newest first.
    pub changed: Vec<Changed>,
}

impl Origin {
    /// Of the party's domain, over a store or documents.
    ///
    /// # Errors
    /// `File` when the store cannot be read.
    pub fn of(engine: &Engine, domain: &str) -> Result<Origin> {
        let (mut hash, mut cut) = (String::new(), 0);
        let logged = engine.is_store().is_ok();
        if logged {
            cut = engine.cut()?.map_or(0, |cut| cut.revision);
            let last = linewarden::Filter { limit: 1, ..linewarden::Filter::default() };
            if let Some(set) = engine.history(&last)?.first() {
                hash = set.hash.iter().map(|byte| format!("{byte:02x}")).collect();
            }
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let made = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        Ok(Origin { domain: domain.to_owned(), revision: engine.revision(), made, hash, logged, cut })
    }
}

/// What the log knows of a party: since when others have their rights towards it, and what changed.
#[derive(Clone, Debug)]
pub struct Past {
    held: Vec<Held>,
    above: Option<u64>,
    changed: Vec<Changed>,
}

impl Past {
    /// What `trail` knows of `party`. `above` is the revision after which changes are listed.
    pub fn of(trail: &Trail, party: Party, above: Option<u64>) -> Past {
        let held = trail.who(RightSet::from_bits(u128::MAX), party);
        let changed = above.map_or_else(Vec::new, |above| changed(trail, party, above));
        Past { held, above, changed }
    }

    /// Of a party without a log: who has what now.
    pub fn unlogged(engine: &Engine, party: Party) -> Past {
        let others = engine.kind(party).map_or_else(Vec::new, |(domain, _)| engine.parties(domain));
        let others = others.into_iter().filter(|other| *other != party);
        let held = others.map(|actor| Held::unlogged(actor, party, engine.evaluate(actor, party)));
        Past { held: held.collect(), above: None, changed: Vec::new() }
    }

    /// The report for the party that it is of.
    ///
    /// # Errors
    /// `File` when the store cannot be read.
    pub fn report(self, engine: &Engine, party: Party) -> Result<Personal> {
        let domain = engine.domain_name_of(party).unwrap_or_default();
        let settings = engine.kind(party).map(|(domain, _)| engine.settings(domain)).unwrap_or_default();
        let exempt = settings.exempt.iter().find(|(user, _)| *user == party);
        Ok(Personal {
            origin: Origin::of(engine, &domain)?,
            person: engine.text(party),
            access: access(engine, &self.held, party),
            exempt: exempt.map_or_else(Vec::new, |(_, rights)| rights.shortest()),
            vip: settings.vips.contains(&party),
            private_line: settings.private_lines.contains(&party),
            above: self.above,
            changed: self.changed,
        })
    }
}

/// The report for a party. `trail` is that of the engine's store; without one nothing says since when. `above` is the revision after
/// which changes are listed.
///
/// # Errors
/// `File` when the store cannot be read.
pub fn personal(engine: &Engine, trail: Option<&Trail>, party: Party, above: Option<u64>) -> Result<Personal> {
    match trail {
        Some(trail) => Past::of(trail, party, above).report(engine, party),
        None => Past::unlogged(engine, party).report(engine, party),
    }
}

/// People with the same rights by the same rule since the same change set, as one entry.
fn access(engine: &Engine, held: &[Held], target: Party) -> Vec<Access> {
    let mut budget = EXPLAINED;
    let mut named = Named::default();
    /// Topic, change set, kind of rule, rule.
    type Key = (Topic, std::cmp::Reverse<Option<By>>, u32, String);
    let mut found: BTreeMap<Key, (Reason, BTreeMap<Party, RightSet>)> = BTreeMap::new();
    for Held { actor, rights, since, .. } in held {
        let since = since.as_ref().map(By::from);
        for (right, topic) in named.of(*rights) {
            let (reason, rule) = rule(engine, *actor, *right, target, &mut budget);
            let key = (*topic, std::cmp::Reverse(since.clone()), reason as u32, rule);
            let (_, actors) = found.entry(key).or_insert_with(|| (reason, BTreeMap::new()));
            *actors.entry(*actor).or_default() |= right.mask();
        }
    }
    let mut entries = Vec::new();
    for ((topic, since, _, rule), (reason, actors)) in found {
        let mut same: BTreeMap<u128, Vec<String>> = BTreeMap::new();
        for (actor, rights) in actors {
            same.entry(rights.bits()).or_default().push(engine.text(actor));
        }
        for (rights, mut actors) in same {
            actors.sort_unstable();
            let rights = RightSet::from_bits(rights).shortest();
            entries.push(Access { topic, rights, actors, reason, rule: rule.clone(), since: since.0.clone() });
        }
    }
    entries
}

/// Sets of rights as a report names them. Of a hundred thousand people most have one of a few sets.
#[derive(Default)]
struct Named(HashMap<u128, Vec<(Right, Topic)>>);

impl Named {
    fn of(&mut self, rights: RightSet) -> &[(Right, Topic)] {
        self.0.entry(rights.bits()).or_insert_with(|| {
            let named = |name: &str| Some((Right::parse(name)?, Topic::of(name)));
            rights.shortest().into_iter().filter_map(named).collect()
        })
    }
}

/// By which rule the actor has the right: its kind, and in words.
fn rule(engine: &Engine, actor: Party, right: Right, target: Party, budget: &mut usize) -> (Reason, String) {
    let Some(left) = budget.checked_sub(1) else {
        return (engine.decide(actor, right, target).reason, String::new());
    };
    *budget = left;
    let answer = engine.explain(actor, right, target, None);
    let rule = answer.sources.iter().find(|source| source.decides).map_or_else(String::new, |source| {
        match source.level.as_str() {
            "" => source.what.clone(),
            level => format!("{}: {level}", source.what),
        }
    });
    (answer.reason, rule)
}

/// What changed towards `target` above a revision, the newest first; people with the same gains and losses together.
fn changed(trail: &Trail, target: Party, above: u64) -> Vec<Changed> {
    let mut found: BTreeMap<(u64, u128, u128), (By, Vec<String>)> = BTreeMap::new();
    for turn in trail.turns(target, above) {
        let key = (turn.by.revision, turn.gained.bits(), turn.lost.bits());
        let (_, actors) = found.entry(key).or_insert_with(|| (By::from(&turn.by), Vec::new()));
        actors.push(trail.text(turn.actor));
    }
    let entry = |((_, gained, lost), (by, mut actors)): ((u64, u128, u128), (By, Vec<String>))| {
        actors.sort_unstable();
        let [gained, lost] = [gained, lost].map(|rights| RightSet::from_bits(rights).shortest());
        Changed { by, actors, gained, lost }
    };
    found.into_iter().rev().map(entry).collect()
}
