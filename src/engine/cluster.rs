//! A node of a cluster: its agent tries a change on the policy here before it is appended elsewhere; every other program hands its
//! changes to the agent; a forked node goes back to the cluster's line. Nothing here appends to the log but what the cluster has, and no
//! lock of the image is held while the cluster is waited for.
#![forbid(unsafe_code)]

use super::Engine;
use super::change::{Attempt, FEW};
use super::snapshot::Snapshot;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Party;
use crate::policy::change::{Author, Entry};
use crate::store::{Batch, Hash, Numbers, Request, Store};
use std::borrow::Cow;
use std::path::PathBuf;

/// How often a change that depends on what is in force is worked out anew where another one came first.
const TRIES: usize = 100;

/// A change set that was tried and is not in any log: what to append to the cluster's, and after what.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trial {
    /// The revision that it was tried on.
    pub after: u64,
    /// The hash of that revision.
    pub before: Hash,
    /// The author: empty for the administrator, else `domain/name`.
    pub author: String,
    /// The changes, one a line, as the log has them.
    pub text: String,
    /// The numbers of its new domains and parties.
    pub numbers: Numbers,
}

impl Engine {
    /// The cluster that the store belongs to; `None` where changes are made here.
    ///
    /// # Errors
    /// `File` when the store cannot be read, `Argument` for an engine over something else.
    pub fn cluster(&self) -> Result<Option<String>> {
        self.store()?.cluster()
    }

    /// Makes the store a node of a cluster: changes are made through its agent from then on. [`Engine::stand_alone`] ends it.
    ///
    /// # Errors
    /// `Follows` when it follows another store, or belongs to another cluster; `File` when it cannot be written.
    pub fn enter_cluster(&self, name: &str) -> Result<()> {
        let store = self.store()?;
        let _turn = self.writer.lock();
        // A writer holds this lock until its change is in the log: there is none behind the mark.
        let _held = self.lock_to_write(store)?;
        // First, so that no answer counts as fresh for ever should this process end here.
        self.note_unheard()?;
        let entered = store.enter_cluster(name);
        self.note_heard(store)?;
        entered
    }

    /// The socket on which the store's agent takes changes: a file beside the store.
    ///
    /// # Errors
    /// `Argument` for an engine that is not over a store.
    #[doc(hidden)]
    pub fn agent_path(&self) -> Result<PathBuf> {
        Ok(self.store()?.agent_path())
    }

    /// For the agent: marks the store as forked. It answers on, and takes no change.
    ///
    /// # Errors
    /// `File` when the store cannot be written, `Argument` for an engine over something else.
    #[doc(hidden)]
    pub fn note_fork(&self, why: &str) -> Result<()> {
        self.store()?.mark_forked(why)
    }

    /// How many domains and parties have numbers that the hash of a revision covers.
    ///
    /// # Errors
    /// `Argument` when the log has no such revision, or it was cut off; else as for [`Engine::cluster`].
    #[doc(hidden)]
    pub fn numbers_at(&self, revision: u64) -> Result<(usize, u32)> {
        Ok(self.store()?.numbers_after(revision)?.1)
    }

    /// For the agent: reads the policy now if it is not here yet, so that no change has to wait for that.
    ///
    /// # Errors
    /// `File` when the store cannot be read.
    #[doc(hidden)]
    pub fn read_policy(&self) -> Result<()> {
        let store = self.store()?;
        let _turn = self.writer.lock();
        self.follow_log(store, self.revision())
    }

    /// For the agent: tries a change that another program asks for, with the permissions that it says, on the policy in force. Nothing is
    /// changed, and no lock of the image is held. `None` where the changes alter nothing.
    ///
    /// # Errors
    /// As for [`Engine::apply`]. `Forked` when the store is forked.
    #[doc(hidden)]
    pub fn try_change(&self, request: &Request) -> Result<(u64, Option<Trial>)> {
        let store = self.store()?;
        let entries = self.entries(None, &request.text)?;
        let author = match (request.checked, request.author.as_str()) {
            (false, _) => None,
            (true, "") => Some(Author::Administrator),
            (true, user) => Some(Author::User(self.resolve(None, user)?)),
        };
        let _turn = self.writer.lock();
        if let Some(why) = store.upstream()?.forked {
            return Err(Error::new(ErrorKind::Forked, format!("`{}` is forked: {why}", store.path().display())));
        }
        let head = store.head()?;
        if self.revision() != head.revision {
            let _ = self.catch_up(store)?;
        }
        self.follow_log(store, head.revision)?;
        let Some(numbers) = self.tried(author, &entries)? else { return Ok((head.revision, None)) };
        let tried = Trial {
            after: head.revision,
            before: head.hash,
            author: request.author.clone(),
            text: super::older::print(&entries),
            numbers,
        };
        Ok((head.revision, Some(tried)))
    }

    /// The numbers that the changes give; `None` where they alter nothing. The snapshot stays as it is.
    fn tried(&self, author: Option<Author>, entries: &[Entry]) -> Result<Option<Numbers>> {
        let known = {
            let snapshot = self.snapshot.read();
            (snapshot.names.last_party(), snapshot.names.domain_count())
        };
        if entries.len() <= FEW {
            match self.try_small(author, entries, known)? {
                Attempt::Same(_) => return Ok(None),
                Attempt::Small(_) => {
                    let mut snapshot = self.snapshot.write();
                    let numbers = snapshot.numbers_beyond(known.0, known.1);
                    snapshot.names.truncate(known.0, known.1);
                    return Ok(Some(numbers));
                }
                Attempt::Big => {}
            }
        }
        let mut snapshot = self.snapshot.read().clone();
        let done = snapshot.policy.apply(&mut snapshot.names, author, entries)?;
        Ok(done.changed().then(|| snapshot.numbers_beyond(known.0, known.1)))
    }

    /// Hands changes to the agent of the cluster that the store belongs to. Returns the revision with them, which is in force here.
    pub(super) fn change_by_agent<'e>(
        &self,
        store: &Store,
        author: Option<Author>,
        entries: impl Fn() -> Result<Cow<'e, [Entry]>>,
    ) -> Result<(u64, Cow<'e, [Entry]>)> {
        for _ in 0..TRIES {
            let revision = store.revision()?;
            {
                // Not while the agent is waited for.
                let _turn = self.writer.lock();
                if self.revision() < revision {
                    let _ = self.catch_up(store)?;
                }
                self.follow_log(store, revision)?;
            }
            let entries = entries()?;
            let text = super::older::print(&entries);
            let after = matches!(entries, Cow::Owned(_)).then_some(revision);
            let request = Request::new(self.author_text(author)?, author.is_some(), text, after);
            let Some(made) = store.ask_agent(&request)? else { continue };
            // The agent has put it in force already, in the image that this process maps.
            if self.wait_for(made, self.options.patience) {
                return Ok((made, entries));
            }
            let patience = self.options.patience;
            let message = format!("revision {made} has the change, and is not in force here after {patience:?}");
            return Err(Error::new(ErrorKind::File, message));
        }
        Err(Error::new(ErrorKind::File, "other changes come all the time: nothing was changed, try again"))
    }

    /// For the agent: takes a forked store back to the line of its cluster. The batch begins with the last revision that both have; what
    /// came after it here is taken off the log, and the batch put in its place. Answers follow at once in every process that has the store
    /// open. Returns the revision in force, which can be lower than before.
    ///
    /// # Errors
    /// `Forked` when the store does not have that revision so, when the batch is of no later epoch, or when parties that were new here
    /// have other numbers on the cluster's line: programs that have the store open would take one for the other. Else as for
    /// [`Engine::follow`]. Nothing is changed then.
    #[doc(hidden)]
    pub fn rejoin(&self, batch: &Batch, cluster: &str) -> Result<u64> {
        let store = self.store()?;
        let _turn = self.writer.lock();
        let _held = self.lock_to_write(store)?;
        let _ = self.catch_up_locked(store)?;
        let (gone, left) = store.numbers_after(batch.after)?;
        let domains = batch.sets.iter().flat_map(|set| &set.numbers.domains).take(gone.domains.len());
        let parties = batch.sets.iter().flat_map(|set| &set.numbers.parties).take(gone.parties.len());
        if !gone.domains.iter().eq(domains) || !gone.parties.iter().eq(parties) {
            let message = format!(
                "parties that were new in `{}` after revision {} have other numbers in `{cluster}`, or none: end all programs that have \
                 it open, move it away and join again",
                store.path().display(),
                batch.after
            );
            return Err(Error::new(ErrorKind::Forked, message));
        }
        let mut snapshot = Snapshot::at(store, batch.after)?;
        snapshot.names.truncate(Party(left.1), left.0);
        self.take_all(&mut snapshot, &batch.sets)?;
        self.publish_snapshot(snapshot, |_| {
            let head = store.rejoin(batch, cluster)?;
            Ok(super::store::head_hash(&head))
        })?;
        Ok(self.revision())
    }
}
