//! The trail of a store: since which change set each answer is what it is. It is for people and takes as long as reading the whole log; a
//! call must never need it. It must never name a change set by which the answer did not change.
#![forbid(unsafe_code)]

mod replay;

use super::snapshot::Snapshot;
use crate::calendar::clock;
use crate::directory::UnlistedContacts;
use crate::heard;
use crate::id::{DomainId, Party};
use crate::image::evaluate::delta::Delta;
use crate::image::{Image, heard_word, instant_word};
use crate::memory::Words;
use crate::right::{Right, RightSet};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The change set from which on an answer is what it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Since {
    /// Its revision.
    pub revision: u64,
    /// When it was made, in milliseconds since 1970.
    pub at: i64,
    /// Its author, as `domain/name`; empty for the administrator.
    pub author: Arc<str>,
}

/// Rights of one pair that have been what they are since the same change set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// Who acts.
    pub actor: Party,
    /// Towards whom.
    pub target: Party,
    /// The rights.
    pub rights: RightSet,
    /// The change set; `None` where that was so before the log begins.
    pub since: Option<Since>,
}

/// Rights that one pair gained or lost by one change set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Turn {
    /// Who acts.
    pub actor: Party,
    /// Towards whom.
    pub target: Party,
    /// What was gained.
    pub gained: RightSet,
    /// What was lost.
    pub lost: RightSet,
    /// The change set.
    pub by: Since,
}

/// All states of a store's rights, one for each change set of its log: since when an answer is what it is, and what changed since then.
///
/// All states are asked about one instant, the present: a fact with dates that counts today has counted since the change set that made it.
/// An outside contact without entries counts from the change set that first names it. It takes the memory of the policy, of an image,
/// and of a further image for each change set of more than 256 changes.
///
/// ```
/// # #[cfg(any(target_os = "linux", windows))] {
/// use linewarden::{Author, Engine, Right, read_documents};
///
/// let folder = tempfile::tempdir()?;
/// let documents = read_documents("examples/companies/mixed.toml")?;
/// let (engine, _) = Engine::create_from(folder.path().join("rights.db"), &documents, None)?;
/// engine.apply_text(Author::Administrator, None, "set relationship diana bob assistant_plus")?;
/// let (diana, bob) = (engine.resolve(None, "diana")?, engine.resolve(None, "bob")?);
/// let trail = engine.trail()?;
/// let since = trail.since(bob, Right::FORWARDING_SET.on_line(1), diana).expect("the log has it");
/// assert_eq!((since.revision, &*since.author), (2, ""));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Trail {
    snapshot: Snapshot,
    /// The image of the last state.
    words: Words,
    /// What each change set changed, the oldest first.
    steps: Vec<Step>,
    /// The change set that made the first state; `None` where the log begins later.
    first: Option<Since>,
}

/// From one state to the next.
#[derive(Debug)]
struct Step {
    by: Since,
    before: Before,
    delta: Delta,
}

/// The state before a step.
#[derive(Debug)]
enum Before {
    /// The words that were patched, with their old values.
    Words(Vec<(u32, u64)>),
    /// Another image.
    Image(Words),
}

/// Which pairs of one party.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Actor,
    Target,
}

impl Held {
    /// Rights of which nothing says since when: those of documents.
    pub fn unlogged(actor: Party, target: Party, rights: RightSet) -> Held {
        Held { actor, target, rights, since: None }
    }
}

impl Trail {
    /// The last revision.
    pub fn revision(&self) -> u64 {
        self.snapshot.revision
    }

    /// A party as its domain writes it, also one that is gone; empty for no party.
    pub fn text(&self, party: Party) -> String {
        self.snapshot.names.text(party)
    }

    /// The change set since which that answer, yes or no, is what it is; `None` where that was so before the log begins, or a party is
    /// unknown.
    pub fn since(&self, actor: Party, right: Right, target: Party) -> Option<Since> {
        self.since_each(&[(actor, target)], right).pop().flatten()
    }

    /// The same of one right of many pairs, actor and target, by one walk through the log.
    pub fn since_each(&self, pairs: &[(Party, Party)], right: Right) -> Vec<Option<Since>> {
        let of = |image: &Image<'_>, pair: &(Party, Party)| self.rights(image, pair.0, pair.1).has(right);
        let scratch = self.scratch(&self.words);
        let now: Vec<bool> = pairs.iter().map(|pair| of(&Image::new(&scratch), pair)).collect();
        drop(scratch);
        let mut found: Vec<Option<Since>> = vec![None; pairs.len()];
        let mut open: Vec<usize> = (0..pairs.len()).collect();
        self.walk(0, |step, image| {
            open.retain(|index| {
                let (Some(pair), Some(now)) = (pairs.get(*index), now.get(*index)) else { return false };
                let turned = self.concerns(&step.delta, pair.0, pair.1) && of(image, pair) != *now;
                if let Some(found) = found.get_mut(*index).filter(|_| turned) {
                    *found = Some(step.by.clone());
                }
                !turned
            });
            !open.is_empty()
        });
        let known = |pair: &(Party, Party)| self.domain(pair.0).is_some() && self.domain(pair.1).is_some();
        for index in open {
            if let Some((found, pair)) = found.get_mut(index).zip(pairs.get(index)) {
                *found = self.first.clone().filter(|_| known(pair));
            }
        }
        found
    }

    /// Since when each answer of a pair is what it is: all rights, those that the actor does not have included.
    pub fn pair(&self, actor: Party, target: Party) -> Vec<Held> {
        let of = |image: &Image<'_>| self.rights(image, actor, target);
        let all = RightSet::from_bits(u128::MAX).bits();
        let (mut now, mut open) = (of(&Image::new(&self.scratch(&self.words))).bits(), all);
        let mut held = Vec::new();
        let mut add = |rights: u128, since: Option<Since>| {
            if rights != 0 {
                held.push(Held { actor, target, rights: RightSet::from_bits(rights), since });
            }
        };
        self.walk(0, |step, image| {
            if self.concerns(&step.delta, actor, target) {
                let before = of(image).bits();
                let turned = (now ^ before) & open;
                add(turned, Some(step.by.clone()));
                open &= !turned;
                now = before;
            }
            open != 0
        });
        add(open, self.first.clone());
        held
    }

    /// Who of the target's domain has which of these rights on it, and since when.
    pub fn who(&self, rights: RightSet, target: Party) -> Vec<Held> {
        self.row(Side::Target, target, rights)
    }

    /// On whom of the actor's domain it has which of these rights, and since when.
    pub fn whom(&self, actor: Party, rights: RightSet) -> Vec<Held> {
        self.row(Side::Actor, actor, rights)
    }

    /// What others gained and lost towards `target` by the change sets above `revision`, the oldest first.
    pub fn turns(&self, target: Party, revision: u64) -> Vec<Turn> {
        let mut turns = Vec::new();
        self.each_turn(Side::Target, target, revision, |turn| {
            turns.push(turn);
            true
        });
        turns.reverse();
        turns
    }

    fn row(&self, side: Side, party: Party, mask: RightSet) -> Vec<Held> {
        let scratch = self.scratch(&self.words);
        let image = Image::new(&scratch);
        let mut open: HashMap<Party, u128> = HashMap::new();
        let domain = self.domain(party);
        let listed = |other: &Party| domain.is_some_and(|domain| image.lives_in(domain, *other).is_some());
        for other in self.others(party).into_iter().filter(listed) {
            let (actor, target) = pair(side, party, other);
            let rights = self.rights(&image, actor, target).bits() & mask.bits();
            if rights != 0 {
                open.insert(other, rights);
            }
        }
        drop(scratch);
        let mut held = Vec::new();
        self.each_turn(side, party, 0, |turn| {
            let other = if side == Side::Actor { turn.target } else { turn.actor };
            if let Some(left) = open.get_mut(&other) {
                // Rights that are held now, and were last gained here.
                let rights = *left & turn.gained.bits();
                if rights != 0 {
                    let rights = RightSet::from_bits(rights);
                    held.push(Held { actor: turn.actor, target: turn.target, rights, since: Some(turn.by) });
                }
                *left &= !rights;
                if *left == 0 {
                    open.remove(&other);
                }
            }
            !open.is_empty()
        });
        held.extend(open.into_iter().map(|(other, rights)| {
            let (actor, target) = pair(side, party, other);
            Held { actor, target, rights: RightSet::from_bits(rights), since: self.first.clone() }
        }));
        held.sort_by(|one, two| {
            (one.actor, one.target, one.rights.bits()).cmp(&(two.actor, two.target, two.rights.bits()))
        });
        held
    }

    /// Calls `each` with every turn of the party's pairs, the newest first, until it returns false.
    fn each_turn(&self, side: Side, party: Party, above: u64, mut each: impl FnMut(Turn) -> bool) {
        let others = self.others(party);
        let mut now: HashMap<Party, u128> = HashMap::with_capacity(others.len());
        let scratch = self.scratch(&self.words);
        let of = |image: &Image<'_>, other: Party| {
            let (actor, target) = pair(side, party, other);
            self.rights(image, actor, target).bits()
        };
        now.extend(others.iter().map(|other| (*other, of(&Image::new(&scratch), *other))));
        drop(scratch);
        let Some(domain) = self.domain(party) else { return };
        self.walk(above, |step, image| {
            let delta = &step.delta;
            let all = delta.domains.contains(&domain) || delta.parties.contains(&(domain, party));
            let these: Vec<Party> = match all {
                true => others.clone(),
                false => {
                    let parties = delta.parties.iter().filter(|(of, _)| *of == domain).map(|(_, other)| *other);
                    let pairs = delta.pairs.iter().filter_map(|(_, actor, target)| match side {
                        Side::Actor => (*actor == party).then_some(*target),
                        Side::Target => (*target == party).then_some(*actor),
                    });
                    let mut these: Vec<Party> = parties.chain(pairs).collect();
                    these.sort_unstable();
                    these.dedup();
                    these
                }
            };
            for other in these {
                let Some(after) = now.get_mut(&other) else { continue };
                let before = of(image, other);
                if before != *after {
                    let (actor, target) = pair(side, party, other);
                    let [gained, lost] = [*after & !before, before & !*after].map(RightSet::from_bits);
                    *after = before;
                    if !each(Turn { actor, target, gained, lost, by: step.by.clone() }) {
                        return false;
                    }
                }
            }
            true
        });
    }

    /// Calls `see` with each step above that revision, the newest first, and the image before it, until it returns false.
    fn walk(&self, above: u64, mut see: impl FnMut(&Step, &Image<'_>) -> bool) {
        let mut scratch = self.scratch(&self.words);
        for step in self.steps.iter().rev().take_while(|step| step.by.revision > above) {
            match &step.before {
                Before::Words(words) => words.iter().for_each(|word| put(&scratch, *word)),
                Before::Image(words) => scratch = self.scratch(words),
            }
            if !see(step, &Image::new(&scratch)) {
                return;
            }
        }
    }

    /// A copy of an image that is asked about the present. Without memory it is empty, and every answer a no.
    fn scratch(&self, words: &Words) -> Vec<AtomicU64> {
        let copy: Vec<AtomicU64> = words.iter().map(|word| AtomicU64::new(word.load(Ordering::Relaxed))).collect();
        put(&copy, heard_word(heard::ALWAYS));
        if self.snapshot.policy.at.is_none() {
            put(&copy, instant_word(clock::now()));
        }
        copy
    }

    fn rights(&self, image: &Image<'_>, actor: Party, target: Party) -> RightSet {
        let known = |party| UnlistedContacts::is_unlisted(party) || image.party(party).is_some();
        if !known(actor) || !known(target) {
            return RightSet::EMPTY;
        }
        let of = |party| image.resolve(self.snapshot.names.unlisted(), party);
        image.between(of(actor), of(target), None, &mut ())
    }

    /// Whether the answers of that pair can differ by that.
    fn concerns(&self, delta: &Delta, actor: Party, target: Party) -> bool {
        match (self.domain(actor), self.domain(target)) {
            (Some(one), Some(domain)) if one == domain => {
                delta.domains.contains(&domain)
                    || [actor, target].iter().any(|party| delta.parties.contains(&(domain, *party)))
                    || delta.pairs.contains(&(domain, actor, target))
            }
            // An actor of another domain counts by the contact that stands for it: look at every state.
            _ => true,
        }
    }

    fn domain(&self, party: Party) -> Option<DomainId> {
        self.snapshot.names.named(party).map(|named| named.domain)
    }

    /// Every party that the party's domain has or had, without the party itself.
    fn others(&self, party: Party) -> Vec<Party> {
        let domain = self.domain(party);
        let all = self.snapshot.names.parties_above(Party::NONE);
        let of = |named: &crate::directory::Named| Some(named.domain) == domain;
        all.filter(|(other, named)| of(named) && *other != party).map(|(other, _)| other).collect()
    }
}

fn pair(side: Side, party: Party, other: Party) -> (Party, Party) {
    if side == Side::Actor { (party, other) } else { (other, party) }
}

fn put(words: &[AtomicU64], (offset, word): (u32, u64)) {
    if let Some(at) = words.get(offset as usize) {
        at.store(word, Ordering::Relaxed);
    }
}
