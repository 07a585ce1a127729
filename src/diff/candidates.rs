//! The pairs that a difference looks at, as blocks of actors and targets. It must never list a pair that is in no block.
#![forbid(unsafe_code)]

use crate::image::{AffectedBlock, Indices};
use std::borrow::Cow;
use std::collections::HashMap;

/// The pairs that are looked at: all others are known to be unchanged.
#[derive(Debug)]
pub(crate) struct Candidates {
    actors: Lines,
    targets: Lines,
    all: Vec<u32>,
}

/// What each actor is looked at towards, or each target from.
#[derive(Debug, Default)]
struct Lines {
    /// The other sides of the blocks that have every line.
    of_all: Vec<Indices>,
    /// Those of the other blocks.
    sets: Vec<Indices>,
    by_line: HashMap<u32, Vec<usize>>,
}

impl Lines {
    fn add(&mut self, lines: &Indices, others: &Indices) {
        match lines {
            Indices::All => self.of_all.push(others.clone()),
            Indices::These(lines) => {
                for line in lines {
                    self.by_line.entry(*line).or_default().push(self.sets.len());
                }
                self.sets.push(others.clone());
            }
        }
    }

    /// The lines with a candidate, ascending.
    fn lines<'a>(&self, all: &'a [u32]) -> Cow<'a, [u32]> {
        if !self.of_all.is_empty() {
            return Cow::Borrowed(all);
        }
        let mut lines: Vec<u32> = self.by_line.keys().copied().collect();
        lines.sort_unstable();
        Cow::Owned(lines)
    }

    /// The candidates of a line, ascending.
    fn line<'a>(&'a self, line: u32, all: &'a [u32]) -> Cow<'a, [u32]> {
        let own = self.by_line.get(&line).into_iter().flatten().filter_map(|set| self.sets.get(*set));
        let mut sets = Vec::new();
        for set in self.of_all.iter().chain(own) {
            match set {
                Indices::All => return Cow::Borrowed(all),
                Indices::These(indices) => sets.push(indices.as_slice()),
            }
        }
        if let [only] = sets.as_slice() {
            return Cow::Borrowed(only);
        }
        let mut indices = sets.concat();
        indices.sort_unstable();
        indices.dedup();
        Cow::Owned(indices)
    }
}

impl Candidates {
    /// Every ordered pair of indices below `count`.
    pub(crate) fn all(count: u32) -> Candidates {
        Candidates::new(count, &[(Indices::All, Indices::All)])
    }

    /// The pairs of these blocks, whose indices are below `count`.
    pub(crate) fn new(count: u32, blocks: &[AffectedBlock]) -> Candidates {
        let (mut actors, mut targets) = (Lines::default(), Lines::default());
        for (of, others) in blocks {
            actors.add(of, others);
            targets.add(others, of);
        }
        Candidates { actors, targets, all: (0..count).collect() }
    }

    /// The actors with a candidate, ascending.
    pub(super) fn actors(&self) -> Cow<'_, [u32]> {
        self.actors.lines(&self.all)
    }

    /// All indices.
    pub(super) fn indices(&self) -> &[u32] {
        &self.all
    }

    /// How many pairs they are.
    #[cfg(feature = "internals")]
    pub(crate) fn count(&self) -> u64 {
        self.actors().iter().map(|actor| self.targets_of(*actor).len() as u64).sum()
    }

    /// The targets of an actor, ascending.
    pub(super) fn targets_of(&self, actor: u32) -> Cow<'_, [u32]> {
        self.actors.line(actor, &self.all)
    }

    /// The actors of a target, ascending.
    pub(super) fn actors_of(&self, target: u32) -> Cow<'_, [u32]> {
        self.targets.line(target, &self.all)
    }
}
