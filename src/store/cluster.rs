//! A store that belongs to a cluster: the mark, the exchange with its agent, and the way back to the cluster's line after a fork. The
//! mark forbids changes here for every program. What is taken off the log here must never be what the cluster has.
#![forbid(unsafe_code)]

use super::chain;
use super::fault::SqlResult;
use super::follow::{self, Batch};
use super::read::{cut, end, id, link_at, numbers_between, signed};
use super::upstream::{self, discard, discard_checkpoint, set, value};
use super::{Head, Numbers, Store, location};
use crate::error::{Error, ErrorKind, Result};
use rusqlite::Connection;
use std::path::PathBuf;

impl Store {
    /// The cluster that the store belongs to.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn cluster(&self) -> Result<Option<String>> {
        self.read(|conn| value(conn, upstream::CLUSTER))
    }

    /// Notes that the store belongs to a cluster from now on: changes are made by its agent only.
    ///
    /// # Errors
    /// `Follows` when it follows another store or belongs to another cluster; else as for [`Store::append`].
    pub fn enter_cluster(&self, name: &str) -> Result<()> {
        self.write(|conn| {
            let (cluster, follows) = (value::<String>(conn, upstream::CLUSTER)?, value::<String>(conn, "upstream")?);
            let other = cluster.or(follows).filter(|other| other != name);
            if let Some(other) = other {
                let message = format!("`{}` follows `{other}` already", self.location.shown.display());
                return Err(Error::new(ErrorKind::Follows, message).into());
            }
            set(conn, upstream::CLUSTER, name)?;
            set(conn, "upstream", name)?;
            Ok(((), true))
        })
    }

    /// The socket on which the store's agent takes changes.
    pub fn agent_path(&self) -> PathBuf {
        location::sibling(&self.location.place, "-agent")
    }

    /// The numbers that a return to `revision` takes away, and how many domains and parties are left.
    ///
    /// # Errors
    /// `Argument` when the log has no such revision, or it was cut off; else as for [`Store::head`].
    pub fn numbers_after(&self, revision: u64) -> Result<(Numbers, (usize, u32))> {
        self.read(|conn| {
            let link = self.link_or(conn, revision)?;
            let numbers = numbers_between(conn, link.covered, (i64::MAX, i64::MAX))?;
            let left = (usize::try_from(link.covered.0), u32::try_from(link.covered.1));
            match left {
                (Ok(domains), Ok(parties)) => Ok((numbers, (domains, parties))),
                _ => Err(self.location.damaged("its log covers more numbers than there can be").into()),
            }
        })
    }

    /// Takes everything after the first revision of the batch off the log, and puts the batch there, in one transaction. The store has
    /// that revision with that hash, and the batch is of a later epoch.
    ///
    /// # Errors
    /// `Forked` when the batch begins with a revision that the store does not have so, or is not of a later epoch; `Argument` when it is not
    /// whole, or of another store. Nothing is changed then. `File` as for [`Store::append`].
    pub fn rejoin(&self, batch: &Batch, name: &str) -> Result<Head> {
        self.write(|conn| {
            if value::<String>(conn, upstream::CLUSTER)?.as_deref() != Some(name) {
                let message = format!("`{}` does not belong to `{name}`", self.location.shown.display());
                return Err(Error::new(ErrorKind::Argument, message).into());
            }
            let own = id(conn)?;
            let link = self.link_or(conn, batch.after)?;
            if own != batch.store || link.hash != batch.before || batch.epoch <= upstream::epoch(conn)? {
                let message = format!(
                    "`{}` cannot go back to revision {} of `{name}`: it needs that revision with the same hash, and a later epoch",
                    self.location.shown.display(),
                    batch.after
                );
                return Err(Error::new(ErrorKind::Forked, message).into());
            }
            let after = signed(batch.after);
            conn.execute("DELETE FROM change WHERE revision > ?1", [after])?;
            conn.execute("DELETE FROM change_set WHERE revision > ?1", [after])?;
            discard_checkpoint(conn, |revision| revision > after)?;
            conn.execute("DELETE FROM party WHERE id > ?1", [link.covered.1])?;
            conn.execute("DELETE FROM domain WHERE id >= ?1", [link.covered.0])?;
            chain::numbers::begin(conn)?;
            discard(conn, "forked")?;
            let head = follow::taken(conn, batch, name)?;
            Ok((head, true))
        })
    }

    /// Checks that the store may follow `name`: one of a cluster follows that only.
    pub(super) fn followed_by(&self, conn: &Connection, name: &str) -> SqlResult<()> {
        match value::<String>(conn, upstream::CLUSTER)?.filter(|cluster| cluster != name) {
            None => Ok(()),
            Some(cluster) => {
                let message = format!(
                    "`{}` belongs to the cluster `{cluster}`, whose log it follows by its agent",
                    self.location.shown.display()
                );
                Err(Error::new(ErrorKind::Follows, message).into())
            }
        }
    }

    fn link_or(&self, conn: &Connection, revision: u64) -> SqlResult<chain::Link> {
        match link_at(conn, revision)? {
            Some(link) => Ok(link),
            None => {
                let ((cut, _), (head, _)) = (cut(conn)?, end(conn)?);
                if revision < cut.revision {
                    return Err(self.location.was_cut(revision, &cut).into());
                }
                let message = format!(
                    "`{}` has no revision {revision}, its last one is {}",
                    self.location.shown.display(),
                    head.revision
                );
                Err(Error::new(ErrorKind::Argument, message).into())
            }
        }
    }
}
