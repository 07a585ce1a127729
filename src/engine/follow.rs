//! A store that follows another one of the same log: batches are put in force as they are, tokens say how fresh a store is. A batch must
//! never be in the log unless it can be put in force whole, and nothing of it may be made here: not its time, author, hash or numbers.
#![forbid(unsafe_code)]

use super::change::{Attempt, FEW};
use super::snapshot::Snapshot;
use super::{Engine, OpenOptions, older};
use crate::error::{Error, ErrorKind, Result};
use crate::heard;
use crate::store::{Batch, BatchSet, Numbers, Store, Token, Upstream};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a wait for a token looks whether the store was found to be forked.
const LOOK: Duration = Duration::from_millis(500);

impl Engine {
    /// Puts the change sets of a batch in force that the store lacks: all or none, in one transaction and one publication. When it
    /// returns, they are durable and visible in every process that has the store open. Their times, authors, hashes and numbers are
    /// those of the batch; permissions were checked where they were made. Returns the revision in force.
    ///
    /// The store follows `upstream`, a name for messages, from then on: it refuses changes that are made here. A batch without change
    /// sets notes that the upstream was heard from.
    ///
    /// # Errors
    /// `Forked` when the store and the batch have different change sets with one number; a store that follows is marked as forked then.
    /// `Argument` when the batch is not whole, leaves a gap, belongs to another store, or holds a change that this version does not
    /// know. `File` when the store cannot be written. Nothing of the batch is in force then.
    pub fn follow(&self, batch: &Batch, upstream: &str) -> Result<u64> {
        let store = self.store()?;
        let _turn = self.writer.lock();
        let _held = self.lock_to_write(store)?;
        let revision = self.catch_up_locked(store)?;
        if store.heard()? == heard::ALWAYS {
            // It follows from now on: should this process end here, no answer may count as fresh for ever.
            self.note_unheard()?;
        }
        let followed = self.take_batch(store, batch, upstream, revision);
        // A store that stands alone because the batch was refused is never too old.
        let noted = self.note_heard(store);
        followed.and_then(|revision| noted.map(|()| revision))
    }

    /// Puts the change sets of a batch in force that the store lacks, which is at `revision`. The caller holds both locks.
    fn take_batch(&self, store: &Store, batch: &Batch, upstream: &str, revision: u64) -> Result<u64> {
        let new = store.missing(batch)?;
        let Some(last) = new.last() else {
            store.follow(batch, upstream)?;
            return Ok(revision);
        };
        self.follow_log(store, revision)?;
        let keep = || store.follow(batch, upstream).map(|head| super::store::head_hash(&head));
        let small = match new {
            [only] => self.follow_small(only, keep)?,
            _ => false,
        };
        if !small {
            self.follow_big(new, keep)?;
        }
        let checkpoint = (revision + 1..=last.set.revision).any(super::store::wants_checkpoint);
        if checkpoint || new.iter().any(|numbered| numbered.set.text.lines().count() > FEW) {
            // As for a change: its failure is no error.
            self.checkpoint_if_possible(store);
        }
        Ok(last.set.revision)
    }

    /// One change set by a patch. False, with nothing done, if it needs a compiled image.
    fn follow_small(&self, only: &BatchSet, keep: impl Fn() -> Result<u64>) -> Result<bool> {
        let entries = entries(only)?;
        if entries.len() > FEW {
            return Ok(false);
        }
        let known = {
            let mut snapshot = self.snapshot.write();
            let known = (snapshot.names.last_party(), snapshot.names.domain_count());
            if let Err(error) = snapshot.number_all(&only.numbers) {
                snapshot.names.truncate(known.0, known.1);
                return Err(error);
            }
            known
        };
        // On an error and where there is no patch it takes the numbers back itself.
        let tried = self.try_small(None, &entries, known).map_err(|error| impossible(only, &error))?;
        let Attempt::Small(patch) = tried else { return Ok(false) };
        let kept = self.snapshot.read().gave_no_others(only, known.0, known.1).and_then(|()| keep());
        let chain = kept.inspect_err(|_| self.snapshot.write().names.truncate(known.0, known.1))?;
        self.make_small(&entries, patch, chain)?;
        Ok(true)
    }

    fn follow_big(&self, new: &[BatchSet], keep: impl Fn() -> Result<u64>) -> Result<()> {
        let mut snapshot = self.snapshot.read().clone();
        self.take_all(&mut snapshot, new)?;
        self.publish_snapshot(snapshot, |_| keep()).map(drop)
    }

    /// Applies the change sets of a batch to a snapshot of the revision before them.
    pub(super) fn take_all(&self, snapshot: &mut Snapshot, new: &[BatchSet]) -> Result<()> {
        for numbered in new {
            let known = (snapshot.names.last_party(), snapshot.names.domain_count());
            snapshot.number_all(&numbered.numbers)?;
            snapshot.apply(&numbered.set).map_err(|error| impossible(numbered, &error))?;
            snapshot.gave_no_others(numbered, known.0, known.1)?;
        }
        Ok(())
    }

    /// Creates a store that follows another one from the beginning of its log: it has the same id. Put the batch in force with
    /// [`Engine::follow`] then. To begin later, [`restore`](super::restore) a backup of the other store.
    ///
    /// # Errors
    /// `Argument` when the batch begins later; `File` when the path exists, or the folder cannot be written.
    pub fn create_to_follow(path: impl AsRef<Path>, batch: &Batch) -> Result<Engine> {
        Engine::over_store(Store::create_to_follow(path.as_ref(), batch)?, None, OpenOptions::default())
    }

    /// The change sets above `after`, for stores that follow this one: at most `most` of them, and about 16 MiB.
    ///
    /// # Errors
    /// `Argument` when the log has no such revision, when change sets after it were cut off, or when they carry no numbers, as those of
    /// older versions: a store that follows begins with a backup then. `File` when the store cannot be read.
    pub fn batch(&self, after: u64, most: usize) -> Result<Batch> {
        self.store()?.batch(after, most)
    }

    /// Makes a store that follows another one a store of its own, in which changes are made. Its epoch rises. Returns the epoch.
    ///
    /// # Errors
    /// `Argument` when it follows none, `File` when it cannot be written.
    pub fn stand_alone(&self) -> Result<u64> {
        let store = self.store()?;
        let _turn = self.writer.lock();
        let _held = self.lock_to_write(store)?;
        let epoch = store.stand_alone()?;
        self.note_heard(store)?;
        Ok(epoch)
    }

    /// How the store stands towards the log it belongs to: what it follows, how far behind, and when it last heard from it.
    ///
    /// # Errors
    /// `File` when the store cannot be read, `Argument` for an engine over something else.
    pub fn upstream(&self) -> Result<Upstream> {
        self.store()?.upstream()
    }

    /// The token of a revision: a program that holds it can ask for answers that are at least as fresh.
    ///
    /// # Errors
    /// `Argument` when the log has no such revision, or it was cut off; else as for [`Engine::upstream`].
    pub fn token(&self, revision: u64) -> Result<Token> {
        self.store()?.token(revision)
    }

    /// Whether the answers in force here are at least as fresh as the token: they are of its revision or a later one of the same line.
    /// They stay so, as revisions never go back. It reads the store, so not for the call path unless the disk may be waited for.
    ///
    /// # Errors
    /// `Forked` when this store has another change set with the token's revision, `Argument` for a token of another store, for one of
    /// a revision that was cut off, which cannot be compared any more, and for an engine that is not over a store, `File` when the store
    /// cannot be read.
    pub fn is_fresh(&self, token: &Token) -> Result<bool> {
        let store = self.store()?;
        // What is in force now stays in force: read it first.
        let in_force = self.revision();
        let here = store.upstream()?;
        if here.store != token.store {
            let message = format!("the token `{token}` is of another store; a token of this one is `{}`", here.token());
            return Err(Error::new(ErrorKind::Argument, message));
        }
        if here.revision < token.revision {
            return match here.forked {
                None => Ok(false),
                Some(why) => Err(Error::new(ErrorKind::Forked, format!("this store is forked: {why}"))),
            };
        }
        let held = store.token(token.revision)?;
        if held.hash != token.hash {
            let message = format!(
                "the token `{token}` names a change set that is not in the log here: revision {} is `{held}`",
                token.revision
            );
            return Err(Error::new(ErrorKind::Forked, message));
        }
        Ok(in_force >= token.revision)
    }

    /// Waits until [`Engine::is_fresh`]. False if `patience` passes first.
    ///
    /// # Errors
    /// As for [`Engine::is_fresh`]; also when the store is found to be forked meanwhile.
    pub fn wait_for_token(&self, token: &Token, patience: Duration) -> Result<bool> {
        let started = Instant::now();
        loop {
            if self.is_fresh(token)? {
                return Ok(true);
            }
            let left = patience.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Ok(false);
            }
            self.wait_for(token.revision, left.min(LOOK));
        }
    }
}

/// The changes of a set.
fn entries(numbered: &BatchSet) -> Result<Vec<crate::policy::change::Entry>> {
    older::parse(&numbered.set.text).map_err(|error| impossible(numbered, &error))
}

/// The error for a change set that cannot be put in force here although it is in the log of the upstream.
fn impossible(numbered: &BatchSet, error: &Error) -> Error {
    let message = format!(
        "revision {} of the batch cannot be put in force by this version: {error}; nothing of the batch was, update linewarden here",
        numbered.set.revision
    );
    Error::new(ErrorKind::Argument, message)
}

impl Snapshot {
    /// Registers the numbers of a set before its changes name them.
    fn number_all(&mut self, numbers: &Numbers) -> Result<()> {
        let other = |name: &str| {
            let message = format!("the number of `{name}` in the batch is not the one that it has here");
            Error::new(ErrorKind::Forked, message)
        };
        for domain in &numbers.domains {
            if self.names.add_domain(&domain.name)? != domain.id {
                return Err(other(&domain.name));
            }
        }
        for named in &numbers.parties {
            if self.number(named)? != named.party {
                return Err(other(&named.name));
            }
        }
        Ok(())
    }

    /// Checks that the changes gave no numbers but those of the set: all stores of one log have the same.
    fn gave_no_others(&self, numbered: &BatchSet, known: crate::id::Party, domains: usize) -> Result<()> {
        let given = self.numbers_beyond(known, domains);
        let last = |numbers: &Numbers| {
            (numbers.domains.last().map(|domain| domain.id), numbers.parties.last().map(|named| named.party))
        };
        let (given, brought) = (last(&given), last(&numbered.numbers));
        // Numbers that the store had already may be in the set, but none may be new beside it.
        if (given.0.is_none() || given.0 == brought.0) && (given.1.is_none() || given.1 == brought.1) {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Argument, "its changes name parties that it brings no numbers for");
        Err(impossible(numbered, &error))
    }
}
