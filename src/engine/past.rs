//! A store as it was: an engine over an earlier revision, and the changes that take one change set back. The log is only read here;
//! what is taken back is a new change set. It must never take back more or less than that one set did.
#![forbid(unsafe_code)]

use super::change::to_domain;
use super::snapshot::Snapshot;
use super::{Engine, OpenedFrom};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::policy::Policy;
use crate::policy::change::{Author, Change, Entry};
use crate::store::Store;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A change that stands in the way, at most so many of them.
const NAMED: usize = 3;

impl Engine {
    /// The answers of an earlier revision, in memory: changes of it are not durable. It replays the log, which takes as long as
    /// opening a store without its image.
    ///
    /// # Errors
    /// `Argument` for a revision that there is not or that was cut off, and for an engine that is not over a store; `File` when the log cannot be read.
    pub fn as_of(&self, revision: u64) -> Result<Engine> {
        let Snapshot { policy, names, .. } = self.snapshot_at(revision)?;
        Engine::assemble(OpenedFrom::Memory, policy, names, revision)
    }

    /// The changes that take back what the change set of that revision did, and nothing else.
    ///
    /// # Errors
    /// `Refused` with the reason where later changes rest on it or have changed the same; as for [`Engine::as_of`].
    pub fn reverse(&self, revision: u64) -> Result<Vec<Entry>> {
        if revision == 0 {
            return Err(Error::new(ErrorKind::Argument, "revision 0 has no changes, expected one from 1"));
        }
        let (before, after) = (self.snapshot_at(revision - 1)?, self.snapshot_at(revision)?);
        self.require_snapshot()?;
        self.with_snapshot(|now, _| reverse(&before.policy, &after.policy, now, revision))
    }

    /// Takes back the change set of a revision by a new one. Returns the revision that has it, and the changes.
    ///
    /// # Errors
    /// As for [`Engine::reverse`] and [`Engine::apply`].
    pub fn revert(&self, author: Author, revision: u64) -> Result<(u64, Vec<Entry>)> {
        // Under the writer's lock, so that no other change comes in between.
        let (made, entries) = self.change(Some(author), || self.reverse(revision).map(Cow::Owned))?;
        Ok((made, entries.into_owned()))
    }

    fn snapshot_at(&self, revision: u64) -> Result<Snapshot> {
        let store: &Store = self.store()?;
        let last = self.revision();
        if revision > last {
            let message = format!("revision {revision} is not there yet, expected at most {last}");
            return Err(Error::new(ErrorKind::Argument, message));
        }
        Snapshot::at(store, revision)
    }
}

/// The changes from `after` to `before`, where `now` still has all that the change set did: making it again must give `now`.
fn reverse(before: &Policy, after: &Policy, now: &Snapshot, revision: u64) -> Result<Vec<Entry>> {
    let refused = |why: String| Error::new(ErrorKind::Refused, format!("revision {revision} is not taken back: {why}"));
    let (made, back) = (between(before, after, &now.names), between(after, before, &now.names));
    if made.is_empty() || back.is_empty() {
        return Err(refused("nothing is left that it changed".into()));
    }
    let (mut policy, mut names) = (now.policy.clone(), now.names.clone());
    let _ = policy
        .apply(&mut names, None, &back)
        .map_err(|error| refused(format!("later changes rest on it: {}", error.message())))?;
    let (made, again) = (lines(&made), lines(&between(&policy, &now.policy, &names)));
    if made == again {
        return Ok(back);
    }
    let other: Vec<String> = again.symmetric_difference(&made).take(NAMED).map(|line| format!("`{line}`")).collect();
    Err(refused(format!("later changes rest on it or have changed the same: {}", other.join(", "))))
}

/// The changes from one policy to another, with what documents do not express.
fn between(old: &Policy, new: &Policy, names: &Directory) -> Vec<Entry> {
    let mut entries = Vec::new();
    for domain in old.domains.iter().filter(|domain| new.domain_named(&domain.name).is_none()) {
        entries.push(Entry { domain: domain.name.clone(), change: Change::RemoveDomain {} });
    }
    for domain in &new.domains {
        to_domain(old, domain, names, true, &mut entries);
    }
    entries
}

fn lines(entries: &[Entry]) -> BTreeSet<String> {
    entries.iter().map(|Entry { domain, change }| format!("in {domain} {change}")).collect()
}
