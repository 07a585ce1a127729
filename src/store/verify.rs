//! Verifies a store: the file's structure, every hash, every number. It must never repair anything.
#![forbid(unsafe_code)]

use super::chain::Link;
use super::fault::{Fault, SqlResult};
use super::location::Location;
use super::read::{
    PARTS, bare, brings_all, checkpoint, covering, covers, cut, domains_from, head, origin, parties_above, signed, text,
};
use super::{Head, Store, chain, schema};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Party;
use rusqlite::Connection;

/// The most faults that one error lists.
const MOST: usize = 20;

impl Store {
    /// Checks the file's structure, its tables, the hashes of all change sets, of the checkpoint and the cut, the
    /// numbers and their hashes, and `meta`. Returns the head of the
    /// log. A log whose last revisions were removed passes: compare the head's hash with one noted elsewhere to detect that.
    ///
    /// # Errors
    /// `File` with one line for each fault, or as for [`Store::head`].
    pub fn verify(&self) -> Result<Head> {
        self.read(|conn| {
            let mut faults = integrity(&self.location, conn)?;
            faults.extend(schema::unexpected(conn)?);
            faults.extend(cut_short(&self.location, conn)?);
            if let Err(fault) = log(conn, &mut faults) {
                faults.push(self.location.sentence("read", fault).message().to_owned());
            }
            let rest = [
                domains_from(&self.location, conn, 0).err(),
                parties_above(&self.location, conn, Party::NONE).err(),
                chain::numbers::verify(&self.location, conn).err(),
                chain::meta::verify(&self.location, conn).err(),
                checkpoint(&self.location, conn).err(),
                origin(&self.location, conn).err(),
            ];
            let sentence = |fault| self.location.sentence("read", fault).message().to_owned();
            faults.extend(rest.into_iter().flatten().map(sentence));
            refuse(&self.location, &faults)?;
            head(conn)
        })
    }
}

/// An error that lists the faults, unless there are none.
fn refuse(location: &Location, faults: &[String]) -> SqlResult<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let mut message = format!("`{}` is damaged, restore it from a backup:", location.shown.display());
    for fault in faults.iter().take(MOST) {
        message.push_str("\n  ");
        message.push_str(fault);
    }
    if faults.len() > MOST {
        message.push_str(&format!("\n  and {} more", faults.len() - MOST));
    }
    Err(Error::new(ErrorKind::File, message).into())
}

/// SQLite takes what is missing of the last page for zeros.
fn cut_short(location: &Location, conn: &Connection) -> SqlResult<Option<String>> {
    let page: u32 = conn.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let length = std::fs::metadata(&location.place).map_or(0, |about| about.len());
    Ok((!length.is_multiple_of(u64::from(page))).then(|| format!("its file ends within a page, after {length} bytes")))
}

fn integrity(location: &Location, conn: &Connection) -> SqlResult<Vec<String>> {
    let mut faults = Vec::new();
    let mut look = |query: &str, say: &dyn Fn(&rusqlite::Row<'_>) -> rusqlite::Result<Option<String>>| {
        let mut statement = conn.prepare(query)?;
        let mut rows = statement.query([])?;
        while faults.len() <= MOST
            && let Some(row) = rows.next()?
        {
            faults.extend(say(row)?);
        }
        Ok(())
    };
    let looked = look("PRAGMA integrity_check(30)", &|row| {
        let line: String = row.get(0)?;
        Ok(Some(line.to_lowercase()).filter(|line| line != "ok"))
    })
    .and_then(|()| {
        look("PRAGMA foreign_key_check", &|row| {
            let (table, of): (String, String) = (row.get(0)?, row.get(2)?);
            Ok(Some(format!("a row of `{table}` belongs to nothing in `{of}`")))
        })
    });
    match looked {
        Ok(()) => Ok(faults),
        // Damage that stops the check is a fault; a lock or a disk error is not.
        Err(error) => {
            let error = location.sentence("read", Fault::Sql(error));
            match error.message().contains("is damaged") {
                true => faults.push(error.message().to_owned()),
                false => return Err(error.into()),
            }
            Ok(faults)
        }
    }
}

fn log(conn: &Connection, faults: &mut Vec<String>) -> SqlResult<()> {
    let (cut, mut link) = cut(conn)?;
    // The stored hash of the row before, and the hash of its contents. If only the stored hash was altered, the next row still
    // matches the other one.
    let mut before = Some((cut.hash, cut.hash));
    let (mut last, mut last_at) = (cut.revision, if cut.revision > 0 { cut.at } else { i64::MIN });
    let select = format!("SELECT revision, at, author, hash, {} FROM change_set ORDER BY revision", covering(conn)?);
    let mut sets = conn.prepare(&select)?;
    let mut parts = conn.prepare(PARTS)?;
    let mut rows = sets.query([])?;
    while faults.len() <= MOST
        && let Some(row) = rows.next()?
    {
        let set = bare(row).and_then(|mut set| {
            set.text = text(&mut parts, [signed(set.revision)])?;
            Ok((set, covers(conn, row, &link)?))
        });
        let (set, (numbers, covered)) = match set {
            Ok(set) => set,
            Err(error) if error.sqlite_error().is_none() => {
                faults.push(format!("the revision after {last} cannot be read: {error}"));
                before = None;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if set.revision != last + 1 && before.is_some() {
            faults.push(match set.revision.wrapping_sub(last) {
                0 => format!("revision {last} is there twice"),
                2 => format!("revision {} is missing", last + 1),
                _ => format!("revisions {} to {} are missing", last + 1, set.revision.wrapping_sub(1)),
            });
            before = None;
        }
        if set.at < last_at {
            faults.push(format!("revision {} is older than the one before it", set.revision));
        }
        let hash = |before| chain::link(before, set.revision, set.at, &set.author, &set.text, numbers.as_ref());
        let brings_all = brings_all(&link, numbers.as_ref(), covered);
        let mut computed = set.hash;
        if let Some((said, true_one)) = &before {
            computed = hash(said);
            if !brings_all || computed != set.hash && hash(true_one) != set.hash {
                let revision = set.revision;
                faults.push(format!(
                    "revision {revision} is not what was written: its text, author, time, numbers, hash or place in the log was altered"
                ));
            }
        }
        before = Some((set.hash, computed));
        link = Link { hash: set.hash, covered };
        (last, last_at) = (set.revision, set.at);
    }
    Ok(())
}
