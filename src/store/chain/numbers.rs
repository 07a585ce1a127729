//! The hashes over the tables of numbers, kept in `meta`: how many rows a hash covers, and the hash. Stores of older versions have
//! none until they are opened to write. It must never cover a row whose number does not follow.
#![forbid(unsafe_code)]

use super::super::fault::SqlResult;
use super::super::location::Location;
use super::super::read::id;
use super::super::schema;
use super::{Hash, domain, domains_start, parties_start, party};
use rusqlite::{Connection, OptionalExtension, Row};

/// One of the two tables of numbers.
#[derive(Clone, Copy)]
pub(in super::super) struct Table {
    /// Its key in `meta`.
    key: &'static str,
    /// What its rows are, in messages.
    rows: &'static str,
    /// Selects the rows from a number on, the number first.
    select: &'static str,
    /// The number of the first row.
    first: i64,
    start: fn(&[u8; 16]) -> Hash,
    link: fn(&Hash, &Row<'_>) -> rusqlite::Result<Hash>,
}

/// Both tables.
const TABLES: [Table; 2] = [
    Table {
        key: "domain_hash",
        rows: "domains",
        select: "SELECT id, name FROM domain WHERE id >= ?1 ORDER BY id",
        first: 0,
        start: domains_start,
        link: |before, row| Ok(domain(before, row.get(0)?, row.get_ref(1)?.as_str()?)),
    },
    Table {
        key: "party_hash",
        rows: "parties",
        select: "SELECT id, domain, kind, name FROM party WHERE id >= ?1 ORDER BY id",
        first: 1,
        start: parties_start,
        link: |before, row| Ok(party(before, row.get(0)?, row.get(1)?, row.get(2)?, row.get_ref(3)?.as_str()?)),
    },
];

/// The first rows of a table, and their hash.
struct Covered {
    count: i64,
    hash: Hash,
}

/// Extends the hashes to the rows that none covers yet.
pub(in super::super) fn cover(conn: &Connection) -> SqlResult<()> {
    for table in TABLES {
        let held = table.held(conn)?;
        let from = match &held {
            Some(held) => Covered { count: held.count, hash: held.hash },
            None => table.nothing(conn)?,
        };
        let reached = table.reach(conn, from, i64::MAX)?;
        if held.is_none_or(|held| held.count != reached.count) {
            let mut value = reached.count.to_be_bytes().to_vec();
            value.extend_from_slice(&reached.hash);
            conn.prepare_cached("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")?
                .execute((table.key, value))?;
        }
    }
    Ok(())
}

/// Makes both hashes anew, for a store that nothing has a number in yet.
pub(in super::super) fn begin(conn: &Connection) -> SqlResult<()> {
    for table in TABLES {
        conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([table.key])?;
    }
    cover(conn)
}

/// Whether the tables say what the hashes cover; a fault for each that does not. A store of an older version may have no hash.
pub(in super::super) fn verify(location: &Location, conn: &Connection) -> SqlResult<()> {
    for table in TABLES {
        let Some(held) = table.held(conn)? else {
            if schema::version(conn)? < schema::COVERED {
                continue;
            }
            return Err(location
                .damaged(&format!("the hash over the numbers of its {} is missing", table.rows))
                .into());
        };
        let nothing = table.nothing(conn)?;
        let reached = table.reach(conn, nothing, held.count)?;
        if reached.count != held.count || reached.hash != held.hash {
            let what = format!("the numbers of its {} were altered after they were written", table.rows);
            return Err(location.damaged(&what).into());
        }
    }
    Ok(())
}

impl Table {
    /// What the stored hash covers; `None` where there is none yet.
    fn held(&self, conn: &Connection) -> SqlResult<Option<Covered>> {
        let read = |row: &Row<'_>| row.get::<_, [u8; 40]>(0);
        let mut select = conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        let Some(value) = select.query_row([self.key], read).optional()? else { return Ok(None) };
        let (mut count, mut hash) = ([0; 8], [0; 32]);
        let (head, rest) = value.split_at(count.len());
        count.copy_from_slice(head);
        hash.copy_from_slice(rest);
        Ok(Some(Covered { count: i64::from_be_bytes(count), hash }))
    }

    fn nothing(&self, conn: &Connection) -> SqlResult<Covered> {
        Ok(Covered { count: 0, hash: (self.start)(&id(conn)?) })
    }

    /// The same with the rows after it, up to `most` rows or the first number that is missing.
    fn reach(&self, conn: &Connection, mut covered: Covered, most: i64) -> SqlResult<Covered> {
        let mut select = conn.prepare_cached(self.select)?;
        let mut rows = select.query([self.first.saturating_add(covered.count)])?;
        while covered.count < most
            && let Some(row) = rows.next()?
            && row.get::<_, i64>(0)? == self.first.saturating_add(covered.count)
        {
            covered = Covered { count: covered.count + 1, hash: (self.link)(&covered.hash, row)? };
        }
        Ok(covered)
    }
}
