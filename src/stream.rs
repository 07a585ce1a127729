//! The stream of decision changes: which answers are others since the last look. Whoever is told can see it already.
//!
//! A stream follows a shadow of the engine, an engine of its own in memory, so it delays nobody and loses nothing: it reads what
//! happened from the log. It never says that an answer flipped that did not, nor leaves one out.
#![forbid(unsafe_code)]

use crate::diff::rectangles::{self, Bundle, Change};
use crate::engine::{Engine, Scope};
use crate::error::Result;
use crate::id::{DomainId, Party};
use crate::right::RightSet;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Pairs of a domain that are compared one by one; in a bigger domain a change that can concern everybody is told as such.
const MOST_PAIRS: u64 = 1 << 30;

/// Answers that flipped between two revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flips {
    /// The revision in force now.
    pub revision: u64,
    /// What flipped since the last look, each answer in one set; none when no answer did.
    pub sets: Vec<FlipSet>,
}

/// Answers that flipped alike: each of the actors may now, or may no longer, do each of the rights to each of the targets other
/// than itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlipSet {
    /// The domain.
    pub domain: DomainId,
    /// The rights.
    pub rights: RightSet,
    /// What the answers are now.
    pub allowed: bool,
    /// Who acts. Empty, with no targets, where any answer of the domain may have flipped: then ask again.
    pub actors: Vec<Party>,
    /// Towards whom; empty where each actor towards itself.
    pub targets: Vec<Party>,
}

impl FlipSet {
    /// Whether any answer of the domain may have flipped.
    pub fn is_everything(&self) -> bool {
        self.actors.is_empty()
    }
}

/// Follows an engine.
#[derive(Debug)]
pub struct Stream<'e> {
    engine: &'e Engine,
    shadow: Engine,
    revision: u64,
    rights: RightSet,
}

impl<'e> Stream<'e> {
    /// Begins with what is in force now, and tells of these rights.
    ///
    /// # Errors
    /// `File` when a store cannot be read, `Limit` when there is no memory for a shadow.
    pub fn new(engine: &'e Engine, rights: RightSet) -> Result<Stream<'e>> {
        let (shadow, revision) = engine.shadow(None)?;
        Ok(Stream { engine, shadow, revision, rights })
    }

    /// Begins with what was in force at a revision of a store's log; only stores know older revisions than the last.
    ///
    /// # Errors
    /// As for [`Stream::new`]; `Argument` for a revision that cannot be had.
    pub fn since(engine: &'e Engine, revision: u64, rights: RightSet) -> Result<Stream<'e>> {
        let (shadow, revision) = engine.shadow(Some(revision))?;
        Ok(Stream { engine, shadow, revision, rights })
    }

    /// The revision up to which everything was told.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What flipped since the last time, several revisions together if there were several. `None` when nothing happened within
    /// `patience`.
    ///
    /// # Errors
    /// As for [`Stream::new`]; nothing is lost, and the next call tells it.
    pub fn next(&mut self, patience: Duration) -> Result<Option<Flips>> {
        if !self.engine.wait_for(self.revision + 1, patience) {
            return Ok(None);
        }
        let news = self.engine.news_for(&self.shadow, self.revision)?;
        let revision = news.revision;
        let sets = match &news.scope {
            Scope::Pairs(pairs) => self.sparse(&news.entries, pairs)?,
            Scope::Domains(domains) => {
                let domains = domains.clone();
                let next = self.shadow.shadow_after(news)?;
                let sets = domains.iter().flat_map(|domain| self.dense(&next, *domain)).collect();
                self.shadow = next;
                sets
            }
        };
        self.revision = revision;
        Ok(Some(Flips { revision, sets }))
    }

    /// Few pairs, one by one.
    fn sparse(
        &mut self,
        entries: &[crate::policy::change::Entry],
        pairs: &BTreeSet<(DomainId, Party, Party)>,
    ) -> Result<Vec<FlipSet>> {
        let before = self.shadow.rights_of_the_living(pairs);
        self.shadow.repeat(entries)?;
        let after = self.shadow.rights_of_the_living(pairs);
        // First the targets of each actor, then the actors with the same targets.
        let mut rows: BTreeMap<(DomainId, Bundle, Party), Vec<Party>> = BTreeMap::new();
        let mut sets: BTreeMap<(DomainId, Bundle, Vec<Party>), Vec<Party>> = BTreeMap::new();
        for ((domain, actor, target), (old, new)) in pairs.iter().zip(before.into_iter().zip(after)) {
            for bundle in self.bundles(Change::between(old, new)) {
                if actor == target {
                    sets.entry((*domain, bundle, Vec::new())).or_default().push(*actor);
                } else {
                    rows.entry((*domain, bundle, *actor)).or_default().push(*target);
                }
            }
        }
        for ((domain, bundle, actor), targets) in rows {
            sets.entry((domain, bundle, targets)).or_default().push(actor);
        }
        let set = |((domain, bundle, targets), actors): ((DomainId, Bundle, Vec<Party>), Vec<Party>)| FlipSet {
            domain,
            rights: bundle.rights,
            allowed: bundle.gains,
            actors,
            targets,
        };
        Ok(sets.into_iter().map(set).collect())
    }

    /// All pairs of a domain.
    fn dense(&self, next: &Engine, domain: DomainId) -> Vec<FlipSet> {
        let mut parties: BTreeMap<Party, (bool, bool)> = BTreeMap::new();
        self.shadow.parties(domain).into_iter().for_each(|party| parties.entry(party).or_default().0 = true);
        next.parties(domain).into_iter().for_each(|party| parties.entry(party).or_default().1 = true);
        let parties: Vec<(Party, (bool, bool))> = parties.into_iter().collect();
        let count = parties.len() as u64;
        if count * count > MOST_PAIRS {
            let (actors, targets) = (Vec::new(), Vec::new());
            return vec![FlipSet { domain, rights: self.rights, allowed: false, actors, targets }];
        }
        let party = |place: u32| parties.get(place as usize).copied().unwrap_or_default();
        let change = |actor: u32, target: u32| {
            let ((actor, acts), (target, aimed)) = (party(actor), party(target));
            let rights = |engine: &Engine, both: bool| match both {
                true => engine.evaluate(actor, target),
                false => RightSet::EMPTY,
            };
            let change = Change::between(rights(&self.shadow, acts.0 && aimed.0), rights(next, acts.1 && aimed.1));
            Change { gained: change.gained & self.rights, lost: change.lost & self.rights }
        };
        let found = rectangles::changes(parties.len() as u32, &change);
        let these = |places: &[u32]| places.iter().map(|place| party(*place).0).collect();
        let set = |rectangle: &rectangles::Rectangle| FlipSet {
            domain,
            rights: rectangle.bundle.rights,
            allowed: rectangle.bundle.gains,
            actors: these(&rectangle.actors),
            targets: these(&rectangle.targets),
        };
        found.rectangles.iter().map(set).collect()
    }

    fn bundles(&self, change: Change) -> impl Iterator<Item = Bundle> + use<> {
        let bundles = [(true, change.gained & self.rights), (false, change.lost & self.rights)];
        bundles.into_iter().filter(|(_, rights)| !rights.is_empty()).map(|(gains, rights)| Bundle { gains, rights })
    }
}
