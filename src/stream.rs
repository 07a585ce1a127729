//! The stream of flips: which decisions changed since the last poll. A change is visible before it is reported.
//!
//! A stream compares the published image with a copy of it that all streams of an engine share. It delays no writer and needs no
//! policy. It must never report a flip that did not happen, nor omit one.
#![forbid(unsafe_code)]

use crate::diff::candidates::Candidates;
use crate::diff::rectangles::{self, Bundle, Change};
use crate::engine::{Cursor, Engine, Views};
use crate::error::Result;
use crate::id::{DomainId, Party};
use crate::image::Image;
use crate::right::RightSet;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How often the clock is looked at where facts have dates: it may be set.
const A_SECOND: Duration = Duration::from_secs(1);

/// The largest domain, in pairs, that is compared pair by pair. In a larger one a change that can concern all is reported as such.
const MOST_PAIRS: u64 = 1 << 30;

/// The most single pairs that are compared. Beyond that the whole domain is compared, which costs no more.
const MOST_ONE_BY_ONE: usize = 1 << 20;

/// Decisions that flipped between two revisions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flips {
    /// The current revision.
    pub revision: u64,
    /// The flips since the last poll, each in one set; empty if there are none.
    pub sets: Vec<FlipSet>,
}

/// A block of changed decisions: every actor x right x target (self-pairs excluded) is now `allowed`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlipSet {
    /// The domain.
    pub domain: DomainId,
    /// The rights.
    pub rights: RightSet,
    /// The new answer.
    pub allowed: bool,
    /// The actors. If actors and targets are empty, any answer of the domain may have flipped: ask again.
    pub actors: Vec<Party>,
    /// The targets; empty if each actor is its own target.
    pub targets: Vec<Party>,
}

impl FlipSet {
    /// Whether any answer of the domain may have flipped.
    pub fn is_everything(&self) -> bool {
        self.actors.is_empty()
    }
}

/// Follows an engine: which decisions flipped since the last poll. A change is visible before it is reported.
///
/// ```
/// # #[cfg(any(target_os = "linux", windows))] {
/// use linewarden::{Author, Engine, RightSet, Stream, read_documents};
///
/// let folder = tempfile::tempdir()?;
/// let documents = read_documents("examples/companies/mixed.toml")?;
/// let (engine, _) = Engine::create_from(folder.path().join("rights.db"), &documents, None)?;
/// let mut stream = Stream::new(&engine, RightSet::from_bits(u128::MAX))?;
/// engine.apply_text(Author::Administrator, None, "set relationship diana bob assistant_plus")?;
/// let flips = stream.poll()?.expect("one change set has been made");
/// assert_eq!((flips.revision, flips.sets.is_empty()), (engine.revision(), false));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Stream<'e> {
    engine: &'e Engine,
    cursor: Cursor<'e>,
    revision: u64,
    rights: RightSet,
}

impl<'e> Stream<'e> {
    /// A stream that starts at the current revision and reports flips of these rights.
    ///
    /// # Errors
    /// `Limit` when there is no memory for a copy of the image.
    pub fn new(engine: &'e Engine, rights: RightSet) -> Result<Stream<'e>> {
        let (cursor, revision) = engine.cursor(None)?;
        Ok(Stream { engine, cursor, revision, rights })
    }

    /// A stream that starts at a revision of a store's log. Only stores have older revisions.
    ///
    /// # Errors
    /// As for [`Stream::new`]; `File` when the store cannot be read, `Argument` when the revision is not available.
    pub fn since(engine: &'e Engine, revision: u64, rights: RightSet) -> Result<Stream<'e>> {
        Stream::since_instant(engine, revision, None, rights)
    }

    /// The same, as the answers were at an instant, in seconds since 1970: facts with dates that began or ended after it are reported too.
    /// For programs that go on where another stream ended, see [`Stream::instant`]. `None` stands for now.
    ///
    /// # Errors
    /// As for [`Stream::since`].
    #[doc(hidden)]
    pub fn since_instant(
        engine: &'e Engine,
        revision: u64,
        instant: Option<i64>,
        rights: RightSet,
    ) -> Result<Stream<'e>> {
        let (cursor, revision) = engine.cursor(Some((revision, instant)))?;
        Ok(Stream { engine, cursor, revision, rights })
    }

    /// The instant, in seconds since 1970, up to which facts with dates were reported.
    #[doc(hidden)]
    pub fn instant(&self) -> Option<i64> {
        self.cursor.instant()
    }

    /// The next instant at which an answer flips without a change of the policy, in seconds since 1970: a fact with dates begins or ends.
    pub fn next_change(&self) -> Option<i64> {
        self.cursor.next_change()
    }

    /// The revision up to which all flips were reported.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Waits for a new revision, or for a fact with dates to begin or end, and returns the flips since the last call, of all revisions
    /// together. `None` if `patience` passes first.
    ///
    /// # Errors
    /// As for [`Stream::new`]; no flip is lost, the next call reports it.
    pub fn next(&mut self, patience: Duration) -> Result<Option<Flips>> {
        let until = Instant::now().checked_add(patience);
        loop {
            if let Some(flips) = self.poll()? {
                return Ok(Some(flips));
            }
            let in_time = || until.is_none_or(|until| Instant::now() < until);
            if !in_time() {
                return Ok(None);
            }
            let left = until.map_or(A_SECOND, |until| until.saturating_duration_since(Instant::now()));
            // Only facts with dates have a reason to look at the clock.
            let step = if self.next_change().is_some() || until.is_none() { left.min(A_SECOND) } else { left };
            self.engine.wait_for(self.revision + 1, step);
        }
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

    /// Compares single pairs.
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

    /// Compares all pairs of a domain.
    fn dense(&self, views: &Views<'_>, domain: DomainId) -> Vec<FlipSet> {
        let parties = all_parties(views, domain);
        let count = parties.len() as u64;
        if count * count > MOST_PAIRS {
            let (actors, targets) = (Vec::new(), Vec::new());
            return vec![FlipSet { domain, rights: self.rights, allowed: false, actors, targets }];
        }
        let party = |index: u32| parties.get(index as usize).copied().unwrap_or_default();
        let change = |actor: u32, target: u32| {
            let of = |image| rights(image, domain, party(actor), party(target));
            let change = Change::between(of(&views.old), of(&views.new));
            Change { gained: change.gained & self.rights, lost: change.lost & self.rights }
        };
        let found = rectangles::changes(&Candidates::all(parties.len() as u32), &change);
        let these = |indices: &[u32]| indices.iter().map(|index| party(*index)).collect();
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

/// The parties of a domain in either image, by number.
fn all_parties(views: &Views<'_>, domain: DomainId) -> Vec<Party> {
    let parties: BTreeSet<Party> = views.old.parties(domain).chain(views.new.parties(domain)).collect();
    parties.into_iter().collect()
}

/// Rights of the pair; empty if either party is not in the domain. Unlisted contacts are not reported.
fn rights(image: &Image<'_>, domain: DomainId, actor: Party, target: Party) -> RightSet {
    let both = image.lives_in(domain, actor).is_some() && image.lives_in(domain, target).is_some();
    if both { image.rights(actor, target, None) } else { RightSet::EMPTY }
}
