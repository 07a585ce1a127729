//! Following: change sets of another store of the same log, with their revision, time, author, hash and numbers. Nothing of them is
//! made here. A batch is taken whole or not at all, and only where it extends the log by its hash: a change set that the upstream
//! does not have must never be joined by one that it has.
#![forbid(unsafe_code)]

use super::append::insert;
use super::chain::{self, Link};
use super::fault::SqlResult;
use super::read::{Counted, cut, end, id, link_at, numbers_between, walk};
use super::token::hex;
use super::{ChangeSet, Hash, Head, Numbers, Store, backup, checkpoint_of, upstream};
use crate::error::{Error, ErrorKind, Result};
use rusqlite::Connection;
use std::path::Path;

/// The most bytes of texts in one batch, but for its last change set.
const BYTES: usize = 16 << 20;

/// A change set with the numbers that its hash covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchSet {
    /// The change set.
    pub set: ChangeSet,
    /// The numbers of its new domains and parties; with the first set of a newer version in an older store, all. They are of the log's
    /// own form, and no part of the Rust interface.
    #[doc(hidden)]
    pub numbers: Numbers,
}

/// A part of a log for another store of the same log: the change sets after a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The id of the store.
    pub store: [u8; 16],
    /// Its epoch.
    pub epoch: u64,
    /// The revision before the first change set.
    pub after: u64,
    /// The hash of that revision.
    pub before: Hash,
    /// The change sets, without gaps. A batch without any says where the log is.
    pub sets: Vec<BatchSet>,
    /// The last revision of the log that the batch was read from.
    pub head: u64,
}

/// Why a batch is not taken.
enum Refusal {
    /// The logs differ: the sentence says where.
    Forked(String),
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Error(error)
    }
}

fn wrong(message: String) -> Refusal {
    Refusal::Error(Error::new(ErrorKind::Argument, message))
}

impl Batch {
    /// Checks what the batch says of itself: no gaps, times that do not go back, and every hash.
    fn whole(&self) -> std::result::Result<(), Refusal> {
        let (mut last, mut at, mut before) = (self.after, i64::MIN, self.before);
        for BatchSet { set, numbers } in &self.sets {
            if set.revision.checked_sub(1) != Some(last) {
                return Err(wrong(format!(
                    "revision {} comes after {last} in the batch, expected {}",
                    set.revision,
                    last.saturating_add(1)
                )));
            }
            if chain::link(&before, set.revision, set.at, &set.author, &set.text, Some(numbers)) != set.hash {
                let message = format!(
                    "revision {} of the batch does not match its hash: it was damaged on its way",
                    set.revision
                );
                return Err(wrong(message));
            }
            if set.at < at {
                return Err(wrong(format!("revision {} of the batch is older than the one before it", set.revision)));
            }
            (last, at, before) = (set.revision, set.at, set.hash);
        }
        match last <= self.head {
            true => Ok(()),
            false => {
                Err(wrong(format!("the batch ends at revision {last}, and says that the log ends at {}", self.head)))
            }
        }
    }
}

impl Store {
    /// The change sets above `after`, at most `most` of them and about 16 MiB, for stores that follow this one.
    ///
    /// # Errors
    /// `Argument` when the log has no revision `after`, when change sets after it were cut off, or when they carry no numbers: those of
    /// older versions, and of a store that began from documents. A store that follows begins with a backup then. Else as for
    /// [`Store::since`].
    pub fn batch(&self, after: u64, most: usize) -> Result<Batch> {
        let shown = self.location.shown.display();
        self.read(|conn| {
            let (head, _) = end(conn)?;
            let refused = |message: String| Error::new(ErrorKind::Argument, message);
            let Some(link) = link_at(conn, after)? else {
                let (cut, _) = cut(conn)?;
                if after < cut.revision {
                    let message = format!(
                        "`{shown}` has no change sets up to revision {} any more, they were cut off by `linewarden compact`, asked for \
                         those after revision {after}: begin with a backup of it",
                        cut.revision
                    );
                    return Err(refused(message).into());
                }
                let message = format!("`{shown}` has no revision {after}, its last one is {}", head.revision);
                return Err(refused(message).into());
            };
            if after == 0 && head.revision > 0 {
                let checkpoint = checkpoint_of(&self.location, conn)?;
                if checkpoint.revision == 0 && !checkpoint.documents.is_empty() {
                    let message = format!("the log of `{shown}` begins from documents: begin with a backup of it");
                    return Err(refused(message).into());
                }
            }
            let mut batch = Batch {
                store: id(conn)?,
                epoch: upstream::epoch(conn)?,
                after,
                before: link.hash,
                sets: Vec::new(),
                head: head.revision,
            };
            let mut bytes = 0;
            let mut take = |set: ChangeSet, numbers: Option<Numbers>| {
                let Some(numbers) = numbers else {
                    let message = format!(
                        "revision {} of `{shown}` was written by an older version, which kept no numbers with it: begin with a \
                         backup",
                        set.revision
                    );
                    return Err(refused(message));
                };
                bytes += set.text.len();
                batch.sets.push(BatchSet { set, numbers });
                Ok(bytes < BYTES && batch.sets.len() < most)
            };
            if most > 0 {
                walk(&self.location, conn, after, u64::MAX, &mut take)?;
            }
            Ok(batch)
        })
    }

    /// The change sets of a batch that this store lacks.
    ///
    /// # Errors
    /// `Forked` when the batch is of another line than this store: they have different change sets with one number, or different
    /// numbers for one party. A store that follows is marked then, and makes no changes. `Argument` when the batch is not whole, leaves
    /// a gap, or is another store's. `File` as for [`Store::head`].
    pub fn missing<'b>(&self, batch: &'b Batch) -> Result<&'b [BatchSet]> {
        let new = self.read(|conn| compared(conn, batch));
        self.or_refused(new)
    }

    /// Appends the change sets of a batch that this store lacks, in one transaction, and notes that it follows `name`. With none it only
    /// notes that the upstream was heard from.
    ///
    /// # Errors
    /// As for [`Store::missing`]; `File` as for [`Store::append`]. Nothing of the batch is in the store then.
    pub fn follow(&self, batch: &Batch, name: &str) -> Result<Head> {
        let followed = |conn: &Connection| match self.followed_by(conn, name).and_then(|()| compared(conn, batch))? {
            Err(refusal) => Ok((Err(refusal), false)),
            Ok(new) => match take(conn, batch, new, name)? {
                Ok(head) => Ok((Ok(head), true)),
                Err(refusal) => Ok((Err(refusal), false)),
            },
        };
        // An agent says each second that it heard from its cluster: that is not worth a turn of the disk.
        let is_word_only = batch.sets.is_empty() && self.read(|conn| is_upstream(conn, name, batch.epoch))?;
        let followed = if is_word_only { self.write_soon(followed) } else { self.write(followed) };
        self.or_refused(followed)
    }

    /// A refusal as an error; a fork is noted in the store first.
    fn or_refused<T>(&self, outcome: Result<std::result::Result<T, Refusal>>) -> Result<T> {
        match outcome? {
            Ok(done) => Ok(done),
            Err(Refusal::Error(error)) => Err(error),
            Err(Refusal::Forked(why)) => {
                if self.location.writes {
                    self.mark_forked(&why)?;
                }
                let message = format!("`{}` is forked: {why}", self.location.shown.display());
                Err(Error::new(ErrorKind::Forked, message))
            }
        }
    }

    /// Creates a store without a log for the log of `batch`, which must begin at revision 0.
    ///
    /// # Errors
    /// `Argument` when the batch begins later; else as for [`Store::create`].
    pub fn create_to_follow(path: &Path, batch: &Batch) -> Result<Store> {
        if batch.after > 0 {
            let message = format!(
                "there is no store `{}`, and the batch begins after revision {}: begin with a backup of its store",
                path.display(),
                batch.after
            );
            return Err(Error::new(ErrorKind::Argument, message));
        }
        backup::create(path, |store| store.take_id(&batch.store))?;
        Store::open(path)
    }
}

/// Whether the store follows `name` already, in this epoch, and is not forked.
fn is_upstream(conn: &Connection, name: &str, epoch: u64) -> SqlResult<bool> {
    let is_forked = upstream::value::<String>(conn, "forked")?.is_some();
    let is_same = upstream::value::<String>(conn, "upstream")?.is_some_and(|known| known == name);
    Ok(is_same && !is_forked && upstream::epoch(conn)? == epoch)
}

/// The change sets of the batch above the head.
fn compared<'b>(conn: &Connection, batch: &'b Batch) -> SqlResult<std::result::Result<&'b [BatchSet], Refusal>> {
    let own = id(conn)?;
    if own != batch.store {
        let message = format!("the batch is of store {}, this one is {}", hex(&batch.store), hex(&own));
        return Ok(Err(wrong(message)));
    }
    if let Err(refusal) = batch.whole() {
        return Ok(Err(refusal));
    }
    let (head, link) = end(conn)?;
    if batch.after > head.revision {
        let message = format!(
            "the batch begins after revision {}, the log here ends at {}: {} are missing",
            batch.after,
            head.revision,
            batch.after - head.revision
        );
        return Ok(Err(wrong(message)));
    }
    // What was cut off here cannot be compared; the hash at the cut stands for it, so the batch has to come to it.
    let (cut, _) = cut(conn)?;
    let last = batch.sets.last().map_or(batch.after, |numbered| numbered.set.revision);
    if last < cut.revision {
        let message = format!(
            "the batch ends at revision {last}, the log here begins after revision {}: what was before was cut off by `linewarden \
             compact` and cannot be compared",
            cut.revision
        );
        return Ok(Err(wrong(message)));
    }
    let differs = |revision: u64, here: &Hash, there: &Hash| {
        let (here, there) = (hex(here), hex(there));
        Refusal::Forked(format!("revision {revision} has the hash {here} here and {there} in its upstream"))
    };
    let known = batch.sets.iter().map(|numbered| (numbered.set.revision, &numbered.set.hash));
    let mut new = 0;
    for (revision, there) in std::iter::once((batch.after, &batch.before)).chain(known) {
        if revision > head.revision {
            break;
        }
        if revision < cut.revision {
            continue;
        }
        match link_at(conn, revision)? {
            Some(here) if here.hash == *there => new = (revision - batch.after) as usize,
            Some(here) => return Ok(Err(differs(revision, &here.hash, there))),
            None => {
                let message = format!("revision {revision} of its log is missing: `linewarden verify` says more");
                return Ok(Err(Refusal::Error(Error::new(ErrorKind::File, message))));
            }
        }
    }
    let new = batch.sets.get(new..).unwrap_or_default();
    let epoch = upstream::epoch(conn)?;
    if !new.is_empty() && batch.epoch < epoch {
        let message =
            format!("the batch is of epoch {}, this store of {epoch}: its upstream was replaced", batch.epoch);
        return Ok(Err(Refusal::Error(Error::new(ErrorKind::Forked, message))));
    }
    if let Some(first) = new.first()
        && first.set.at < head.at
    {
        let message = format!("revision {} of the batch is older than the one before it", first.set.revision);
        return Ok(Err(wrong(message)));
    }
    Ok(follow_on(link.covered, new).map(|()| new))
}

/// Checks that the numbers of the sets follow on those that the log covers, without gaps.
fn follow_on(mut covered: Counted, sets: &[BatchSet]) -> std::result::Result<(), Refusal> {
    for BatchSet { set, numbers } in sets {
        let domains = numbers.domains.iter().zip(covered.0..).all(|(domain, next)| i64::from(domain.id.0) == next);
        let parties = numbers.parties.iter().zip(covered.1 + 1..).all(|(party, next)| i64::from(party.party.0) == next);
        if !domains || !parties {
            return Err(wrong(format!("revision {} of the batch brings numbers that do not follow", set.revision)));
        }
        covered = after(covered, numbers);
    }
    Ok(())
}

fn after(covered: Counted, numbers: &Numbers) -> Counted {
    (covered.0 + numbers.domains.len() as i64, covered.1 + numbers.parties.len() as i64)
}

/// Takes a batch that begins after the last revision of this log; a refusal is an error.
pub(super) fn taken(conn: &Connection, batch: &Batch, name: &str) -> SqlResult<Head> {
    let refused = |refusal: Refusal| match refusal {
        Refusal::Error(error) => error,
        Refusal::Forked(why) => Error::new(ErrorKind::Forked, why),
    };
    let new = compared(conn, batch)?.map_err(refused)?;
    Ok(take(conn, batch, new, name)?.map_err(refused)?)
}

/// Writes the sets, whose hashes and revisions were compared.
fn take(
    conn: &Connection,
    batch: &Batch,
    new: &[BatchSet],
    name: &str,
) -> SqlResult<std::result::Result<Head, Refusal>> {
    let (mut head, mut link) = end(conn)?;
    for BatchSet { set, numbers } in new {
        let covered = after(link.covered, numbers);
        // An older store has numbers already that no hash covers yet.
        let held = numbers_between(conn, link.covered, covered)?;
        let more = Numbers {
            domains: numbers.domains.get(held.domains.len()..).unwrap_or_default().to_vec(),
            parties: numbers.parties.get(held.parties.len()..).unwrap_or_default().to_vec(),
        };
        let same = numbers.domains.starts_with(&held.domains) && numbers.parties.starts_with(&held.parties);
        if !same || !super::append::add_numbers(conn, &more)? {
            let message = format!("the numbers of parties that revision {} brings are others here", set.revision);
            return Ok(Err(Refusal::Forked(message)));
        }
        head = set.head();
        insert(conn, &head, &set.author, &set.text, covered)?;
        link = Link { hash: set.hash, covered };
    }
    upstream::hear(conn, name, batch.epoch.max(upstream::epoch(conn)?), batch.head)?;
    Ok(Ok(head))
}
