//! The stream of decision changes: which answers are others since the last look. Whoever is told can see it already.
//!
//! A stream compares the image in force with a copy of it, which all streams of an engine share: it delays nobody, loses nothing and
//! needs no policy. It never says that an answer flipped that did not, nor leaves one out.
#![forbid(unsafe_code)]

use crate::diff::rectangles::{self, Bundle, Change};
use crate::engine::{Cursor, Engine, Views};
use crate::error::Result;
use crate::id::{DomainId, Party};
use crate::image::Image;
use crate::right::RightSet;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Pairs of a domain that are compared one by one; in a bigger domain a change that can concern everybody is told as such.
const MOST_PAIRS: u64 = 1 << 30;

/// Pairs that are looked at one by one; beyond that a whole domain is as good.
const MOST_ONE_BY_ONE: usize = 1 << 20;

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

/// Cursor an engine.
#[derive(Debug)]
pub struct Stream<'e> {
    engine: &'e Engine,
    cursor: Cursor<'e>,
    revision: u64,
    rights: RightSet,
}

impl<'e> Stream<'e> {
    /// Begins with what is in force now, and tells of these rights.
    ///
    /// # Errors
    /// `Limit` when there is no memory for a copy of the image.
    pub fn new(engine: &'e Engine, rights: RightSet) -> Result<Stream<'e>> {
        let (cursor, revision) = engine.cursor(None)?;
        Ok(Stream { engine, cursor, revision, rights })
    }

    /// Begins with what was in force at a revision of a store's log; only stores know older revisions than the last.
    ///
    /// # Errors
    /// As for [`Stream::new`]; `File` when the store cannot be read, `Argument` for a revision that cannot be had.
    pub fn since(engine: &'e Engine, revision: u64, rights: RightSet) -> Result<Stream<'e>> {
        let (cursor, revision) = engine.cursor(Some(revision))?;
        Ok(Stream { engine, cursor, revision, rights })
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
        if self.engine.wait_for(self.revision + 1, patience) { self.poll() } else { Ok(None) }
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// As for [`Stream::next`].
    pub fn poll(&mut self) -> Result<Option<Flips>> {
        let found = self.cursor.poll(|views| self.flips(views))?;
        Ok(found.map(|(revision, sets)| {
            self.revision = revision;
            Flips { revision, sets }
        }))
    }

    fn flips(&self, views: &Views<'_>) -> Vec<FlipSet> {
        let Views { old, new, delta } = views;
        let mut domains = delta.domains.clone();
        let mut pairs: BTreeSet<_> = delta.pairs.clone();
        let mut parties: BTreeMap<DomainId, Vec<Party>> = BTreeMap::new();
        let mut count = 0;
        for (domain, party) in &delta.parties {
            let others = parties.entry(*domain).or_insert_with(|| all_parties(views, *domain));
            count += others.len();
            if count > MOST_ONE_BY_ONE || domains.contains(domain) {
                domains.insert(*domain);
                continue;
            }
            pairs.extend(others.iter().flat_map(|other| [(*domain, *party, *other), (*domain, *other, *party)]));
        }
        pairs.retain(|(domain, ..)| !domains.contains(domain));
        let mut sets = self.sparse((old, new), &pairs);
        sets.extend(domains.iter().flat_map(|domain| self.dense(views, *domain)));
        sets
    }

    /// Few pairs, one by one.
    fn sparse(&self, (old, new): (&Image<'_>, &Image<'_>), pairs: &BTreeSet<(DomainId, Party, Party)>) -> Vec<FlipSet> {
        // First the targets of each actor, then the actors with the same targets.
        let mut rows: BTreeMap<(DomainId, Bundle, Party), Vec<Party>> = BTreeMap::new();
        let mut sets: BTreeMap<(DomainId, Bundle, Vec<Party>), Vec<Party>> = BTreeMap::new();
        for (domain, actor, target) in pairs {
            let change = Change::between(rights(old, *domain, *actor, *target), rights(new, *domain, *actor, *target));
            for bundle in self.bundles(change) {
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
        sets.into_iter().map(set).collect()
    }

    /// All pairs of a domain.
    fn dense(&self, views: &Views<'_>, domain: DomainId) -> Vec<FlipSet> {
        let parties = all_parties(views, domain);
        let count = parties.len() as u64;
        if count * count > MOST_PAIRS {
            let (actors, targets) = (Vec::new(), Vec::new());
            return vec![FlipSet { domain, rights: self.rights, allowed: false, actors, targets }];
        }
        let party = |place: u32| parties.get(place as usize).copied().unwrap_or_default();
        let change = |actor: u32, target: u32| {
            let of = |image| rights(image, domain, party(actor), party(target));
            let change = Change::between(of(&views.old), of(&views.new));
            Change { gained: change.gained & self.rights, lost: change.lost & self.rights }
        };
        let found = rectangles::changes(parties.len() as u32, &change);
        let these = |places: &[u32]| places.iter().map(|place| party(*place)).collect();
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

/// Everybody who is or was of a domain, by number.
fn all_parties(views: &Views<'_>, domain: DomainId) -> Vec<Party> {
    let parties: BTreeSet<Party> = views.old.parties(domain).chain(views.new.parties(domain)).collect();
    parties.into_iter().collect()
}

/// What an actor has towards a target; nothing where one of the two is not, or no longer, in the domain: an address that nobody
/// names has answers, but none that a stream tells of.
fn rights(image: &Image<'_>, domain: DomainId, actor: Party, target: Party) -> RightSet {
    let both = image.lives_in(domain, actor).is_some() && image.lives_in(domain, target).is_some();
    if both { image.rights(actor, target, None) } else { RightSet::EMPTY }
}
