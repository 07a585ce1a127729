//! A node: one store of a cluster, and its way along the cluster's log. It takes what the log has, in order; it finds that it is forked, says
//! so, and goes back to the log's line where little is lost by that. Changes are `change`.
//!
//! It must never take a log for its own that is of an older epoch, or note that it heard from the cluster when it did not.
#![forbid(unsafe_code)]

use crate::cluster::{Cluster, Fault, Head, Log};
use linewarden::{Batch, BatchSet, Engine, Error, ErrorKind, Upstream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// A node that has not heard from its log for longer is cut off.
pub const LONGEST_AGE: Duration = Duration::from_secs(3);
/// How many change sets are taken in one transaction.
const MOST: usize = 10_000;
/// How often the log is looked at without a hint.
const POLL: Duration = Duration::from_secs(1);
/// How long it waits before it connects again.
const AGAIN: Duration = Duration::from_millis(300);

/// Why a node does not go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// The log does not answer, or not as it should.
    Log(Fault),
    /// The store cannot go on.
    Store(Error),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Log(fault)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Store(error)
    }
}

impl Stop {
    /// The message.
    pub fn message(&self) -> &str {
        match self {
            Stop::Log(fault) => fault.message(),
            Stop::Store(error) => error.message(),
        }
    }
}

/// Since when a node is cut off from the log, and why.
#[derive(Clone, Debug)]
struct CutOff {
    since: SystemTime,
    why: String,
}

/// One store, and what connects it with its cluster.
#[derive(Debug)]
pub struct Node<C: Cluster> {
    /// The store.
    pub engine: Engine,
    /// The cluster's log that it is a node of.
    pub shard: String,
    /// How many change sets it may give up by itself where it is forked.
    pub most_lost: u64,
    pub(crate) cluster: C,
    path: PathBuf,
    /// Held while the store follows.
    following: tokio::sync::Mutex<()>,
    /// The connection for changes, and the turn of the one that uses it.
    pub(crate) writer: tokio::sync::Mutex<Option<C::Log>>,
    cut_off: Mutex<Option<CutOff>>,
    /// When the log was last seen on the line of the store, or was reached: a fork can be known from then on.
    on_line: Mutex<Instant>,
}

impl<C: Cluster> Node<C> {
    /// A node over the store at `path`, which belongs to a cluster.
    ///
    /// # Errors
    /// `Argument` when it belongs to none; as for [`Engine::open`].
    pub fn open(path: &Path, cluster: C, most_lost: u64) -> Result<Node<C>, Error> {
        let engine = Engine::open(path)?;
        let Some(shard) = engine.cluster()? else {
            let message = format!(
                "`{}` belongs to no cluster: `linewarden cluster init` makes one of it, `linewarden cluster join` another node",
                path.display()
            );
            return Err(Error::new(ErrorKind::Argument, message));
        };
        Ok(Node {
            engine,
            shard,
            most_lost,
            cluster,
            path: path.to_path_buf(),
            following: tokio::sync::Mutex::new(()),
            writer: tokio::sync::Mutex::new(None),
            cut_off: Mutex::new(None),
            on_line: Mutex::new(Instant::now()),
        })
    }

    /// The store's path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it connects.
    pub fn cluster(&self) -> &C {
        &self.cluster
    }

    fn state(&self) -> MutexGuard<'_, Option<CutOff>> {
        self.cut_off.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_on_line(&self) {
        *self.on_line.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Says once that the log is reached again.
    pub(crate) fn reached(&self) {
        if self.state().take().is_some() {
            eprintln!("{}: follows `{}` again, revision {}", self.path.display(), self.shard, self.engine.revision());
        }
    }

    /// Says once why the log is not reached.
    pub(crate) fn lost(&self, why: &str) {
        let mut state = self.state();
        if state.as_ref().is_none_or(|known| known.why != why) {
            eprintln!("{}: {why}", self.path.display());
        }
        let since = state.as_ref().map_or_else(SystemTime::now, |known| known.since);
        *state = Some(CutOff { since, why: why.to_owned() });
    }

    /// The refusal of a change while the log is not reached.
    pub(crate) fn refusal(&self, why: &str) -> Error {
        let since = self.state().as_ref().map_or_else(SystemTime::now, |known| known.since);
        let seconds = since.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let since = linewarden::instant_text(i64::try_from(seconds).unwrap_or(0));
        let message = format!("`{}` is cut off since {since}: {why}; nothing was changed", self.path.display());
        Error::new(ErrorKind::CutOff, message)
    }

    /// Reads the policy, which takes half a second where it is large: the first change must not wait for that. Its failure is said by
    /// whatever needs the policy.
    fn read_policy(&self) {
        let before = self.engine.policy_reads();
        let read = block_in_place(|| self.engine.read_policy()).is_ok();
        if read && self.engine.policy_reads() > before {
            eprintln!("{}: has read the policy, revision {}", self.path.display(), self.engine.revision());
        }
    }

    /// Follows the log for ever.
    pub async fn follow(&self) {
        loop {
            match self.cluster.connect(&self.shard).await {
                Ok(log) => {
                    self.is_on_line();
                    self.follow_by(&log).await;
                }
                Err(fault) => self.lost(fault.message()),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Follows by one connection until it is lost.
    async fn follow_by(&self, log: &C::Log) {
        let mut is_read = false;
        loop {
            match self.catch_up(log).await {
                Ok(_) => {
                    self.reached();
                    // Behind the first word of the log: what it said counts already.
                    if !std::mem::replace(&mut is_read, true) {
                        self.read_policy();
                    }
                }
                Err(stop) => {
                    self.lost(stop.message());
                    if matches!(stop, Stop::Log(Fault::Lost(_))) {
                        return;
                    }
                }
            }
            let _ = tokio::time::timeout(POLL, log.woken()).await;
        }
    }

    /// Takes what the log has and the store lacks, and notes that it heard from the log. When it returns, the store had all of the log at
    /// one moment after the call.
    ///
    /// # Errors
    /// The reason why the store does not go on; a forked store is marked as that.
    pub async fn catch_up(&self, log: &C::Log) -> Result<Head, Stop> {
        self.caught_up(log, true).await
    }

    /// The same; without `note` nothing is written where there is nothing new.
    pub(crate) async fn caught_up(&self, log: &C::Log, note: bool) -> Result<Head, Stop> {
        let _turn = self.following.lock().await;
        let mut fetched = Vec::new();
        loop {
            let here = self.here()?;
            let head = log.head(here.revision).await?;
            self.is_ours(&here, &head)?;
            if head.at != Some(here.hash) {
                fetched.clear();
                self.go_back(log, &here, &head).await?;
                continue;
            }
            self.is_on_line();
            if !note && (head.revision, head.epoch) == (here.revision, here.epoch) {
                return Ok(head);
            }
            let sets = match std::mem::take(&mut fetched) {
                sets if !sets.is_empty() => sets,
                _ if head.revision > here.revision => log.after(here.revision, MOST).await?,
                none => none,
            };
            let last = sets.last().map_or(here.revision, |last| last.set.revision);
            let batch = Batch {
                store: head.store,
                epoch: head.epoch,
                after: here.revision,
                before: here.hash,
                sets,
                head: head.revision.max(last),
            };
            let revision = if last < head.revision {
                let (revision, next) = block_in_place(|| self.follow_and_fetch(&batch, log, last));
                let revision = revision?;
                fetched = next?;
                revision
            } else {
                block_in_place(|| self.engine.follow(&batch, &self.shard))?
            };
            if revision >= head.revision {
                return Ok(head);
            }
        }
    }

    /// Takes a batch while the change sets after it come over the network: a node that is far behind has work for both sides.
    fn follow_and_fetch(
        &self,
        batch: &Batch,
        log: &C::Log,
        last: u64,
    ) -> (Result<u64, Error>, Result<Vec<BatchSet>, Fault>) {
        std::thread::scope(|scope| {
            let following = scope.spawn(|| self.engine.follow(batch, &self.shard));
            let next = Handle::current().block_on(log.after(last, MOST));
            let followed = following
                .join()
                .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "the thread that takes a batch has panicked")));
            (followed, next)
        })
    }

    /// Where the store is.
    fn here(&self) -> Result<Upstream, Stop> {
        let here = block_in_place(|| self.engine.upstream())?;
        match here.cluster.as_ref() == Some(&self.shard) {
            true => Ok(here),
            false => {
                let message = format!("`{}` does not belong to `{}` any more", self.path.display(), self.shard);
                Err(Error::new(ErrorKind::Argument, message).into())
            }
        }
    }

    /// Checks that the log is that of the store, and not of an older epoch.
    fn is_ours(&self, here: &Upstream, head: &Head) -> Result<(), Stop> {
        if head.store != here.store {
            let message = format!("the log of `{}` is of another store than `{}`", self.shard, self.path.display());
            return Err(Error::new(ErrorKind::Argument, message).into());
        }
        if head.epoch < here.epoch {
            let message = format!(
                "the database is of epoch {}, and `{}` has heard of {}: it is a primary that was replaced, or an old backup of it",
                head.epoch,
                self.path.display(),
                here.epoch
            );
            return Err(Fault::Said(message).into());
        }
        if here.revision < head.first {
            let message = format!(
                "`{}` is at revision {}, the log begins after {}: join again with a newer copy",
                self.path.display(),
                here.revision,
                head.first
            );
            return Err(Error::new(ErrorKind::Argument, message).into());
        }
        Ok(())
    }

    /// Takes a forked store back to the line of the log. What it had is kept in a copy beside it.
    async fn go_back(&self, log: &C::Log, here: &Upstream, head: &Head) -> Result<(), Stop> {
        let shown = |hash: &[u8; 32]| hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>();
        let why = match head.at {
            Some(there) => format!(
                "revision {} has the hash {} here and {} in the cluster's log",
                here.revision,
                shown(&here.hash),
                shown(&there)
            ),
            None => {
                format!("the log here ends at revision {}, that of the cluster at {}", here.revision, head.revision)
            }
        };
        if here.forked.as_deref() != Some(why.as_str()) {
            block_in_place(|| self.engine.note_fork(&why))?;
            // Said when the store is marked: so long it answered without the mark though the fork could be seen.
            let since = self.on_line.lock().unwrap_or_else(PoisonError::into_inner).elapsed().as_millis();
            eprintln!("{}: FORKED, marked after {since} ms: {why}", self.path.display());
        }
        let stays = |what: String| {
            let message = format!("`{}` is forked: {why}; {what}", self.path.display());
            Stop::Store(Error::new(ErrorKind::Forked, message))
        };
        if head.epoch <= here.epoch {
            return Err(stays(format!(
                "the epoch is {} on both sides: if the cluster is right, order it by `linewarden cluster promote`",
                head.epoch
            )));
        }
        let lowest = here.revision.saturating_sub(self.most_lost).max(head.first);
        let mut common = None;
        for revision in (lowest..=here.revision.min(head.revision)).rev() {
            let at = log.head(revision).await?.at;
            let Ok(own) = block_in_place(|| self.engine.batch(revision, 0)) else { break };
            if at == Some(own.before) {
                common = Some(own);
                break;
            }
        }
        let Some(common) = common else {
            return Err(stays(format!(
                "more than {} change sets would be lost here: join again with a copy of another node, or allow it by --most-lost",
                self.most_lost
            )));
        };
        let copy = PathBuf::from(format!("{}-forked-{}-{}", self.path.display(), here.revision, shown(&here.hash)));
        if !copy.exists() {
            block_in_place(|| self.engine.backup(&copy))?;
        }
        let sets = log.after(common.after, MOST).await?;
        let last = sets.last().map_or(common.after, |last| last.set.revision);
        let batch = Batch { epoch: head.epoch, head: head.revision.max(last), sets, ..common };
        let revision = block_in_place(|| self.engine.rejoin(&batch, &self.shard))?;
        eprintln!(
            "{}: is on the cluster's line again, revision {revision}; what was after revision {} is in {}",
            self.path.display(),
            batch.after,
            copy.display()
        );
        Ok(())
    }
}
