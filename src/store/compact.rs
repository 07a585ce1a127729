//! Cuts off the beginning of the log, and puts in its place revision, time and hash of the last change set that was
//! cut off, and the documents of that revision. One transaction does it. The hash of what is left must never depend on the cut:
//! it is the same chain.
#![forbid(unsafe_code)]

use super::append::add_documents;
use super::read::{CUT, covering, cut, cut_value, head, id, link_of, number, origin, signed};
use super::upstream::discard_checkpoint;
use super::{Checkpoint, Hash, Head, Store, chain};
use crate::error::{Error, ErrorKind, Result};
use rusqlite::{OptionalExtension, Row};

impl Store {
    /// The last change set that was cut off: its revision is 0 while nothing was.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn cut(&self) -> Result<Head> {
        self.read(|conn| Ok(cut(conn)?.0))
    }

    /// The documents that the log begins from after a cut, `None` without one.
    ///
    /// # Errors
    /// As for [`Store::checkpoint`].
    pub fn origin(&self) -> Result<Option<Checkpoint>> {
        self.read(|conn| {
            chain::meta::verify(&self.location, conn)?;
            origin(&self.location, conn)
        })
    }

    /// The hash of a revision of the log; `None` where it has none, or it was cut off.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn hash_at(&self, revision: u64) -> Result<Option<Hash>> {
        self.read(|conn| super::read::hash_at(conn, revision))
    }

    /// The last revision that was appended before that time, in milliseconds since 1970; that of the cut where none is left.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn last_before(&self, time: i64) -> Result<u64> {
        self.read(|conn| {
            let last: Option<i64> =
                conn.query_row("SELECT max(revision) FROM change_set WHERE at < ?1", [time], |row| row.get(0))?;
            last.map_or_else(|| Ok(cut(conn)?.0.revision), |last| Ok(number(last)?))
        })
    }

    /// Cuts off all change sets up to the revision of these documents, which say what was in force then. Their bytes are
    /// overwritten. Returns what was cut off last; where a later cut was made before, nothing is changed.
    ///
    /// # Errors
    /// As for [`Store::append`]; `Argument` when the log has no such revision.
    pub fn compact(&self, documents: &Checkpoint) -> Result<Head> {
        self.write(|conn| {
            let ((before, _), last) = (cut(conn)?, head(conn)?);
            if documents.revision <= before.revision {
                return Ok((before, false));
            }
            let upto = signed(documents.revision);
            let select = format!("SELECT hash, {}, at FROM change_set WHERE revision = ?1", covering(conn)?);
            let read = |row: &Row<'_>| Ok((link_of(row)?, row.get(3)?));
            let Some((link, at)) = conn.query_row(&select, [upto], read).optional()? else {
                let message = format!("a cut at revision {}, the last one is {}", documents.revision, last.revision);
                return Err(Error::new(ErrorKind::Argument, message).into());
            };
            let cut = Head { revision: documents.revision, at, hash: link.hash };
            conn.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
            conn.execute("DELETE FROM change WHERE revision <= ?1", [upto])?;
            conn.execute("DELETE FROM change_set WHERE revision <= ?1", [upto])?;
            discard_checkpoint(conn, |revision| revision <= upto)?;
            conn.execute_batch("DELETE FROM cut_text; DELETE FROM cut;")?;
            add_documents(conn, "cut", documents)?;
            let value = cut_value(&cut, link.covered, &chain::checkpoint(&id(conn)?, &cut.hash, documents));
            conn.execute("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)", (CUT, value))?;
            Ok((cut, true))
        })
    }

    /// Gives what was cut off back to the file system, and empties the write-ahead log as far as other programs let it.
    ///
    /// # Errors
    /// As for [`Store::append`]; the store is as it was then.
    pub fn shrink(&self) -> Result<()> {
        self.with("written", |conn| {
            conn.execute_batch("VACUUM")?;
            Ok(conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
        })
    }
}
