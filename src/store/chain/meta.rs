//! The hash over `meta`, which holds all that no other table does: the store's id, and the hashes over numbers and documents. It is a
//! row of `meta` itself. Stores of older versions have none until they are opened to write.
#![forbid(unsafe_code)]

use super::super::fault::SqlResult;
use super::super::location::Location;
use super::super::read::id;
use super::super::schema;
use super::{Hash, add, add_bytes};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

/// The row that holds the hash.
const KEY: &str = "meta_hash";

/// Stores the hash over what `meta` holds now.
pub(in super::super) fn cover(conn: &Connection) -> SqlResult<()> {
    let hash = sum(conn)?;
    if held(conn)? != Some(hash) {
        conn.prepare_cached("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")?.execute((KEY, hash))?;
    }
    Ok(())
}

/// Whether `meta` is what was written, as far as that is known.
pub(in super::super) fn is_whole(conn: &Connection) -> SqlResult<bool> {
    Ok(match held(conn)? {
        Some(held) => held == sum(conn)?,
        None => schema::version(conn)? < schema::COVERED,
    })
}

/// A fault unless `meta` is what was written.
pub(in super::super) fn verify(location: &Location, conn: &Connection) -> SqlResult<()> {
    match is_whole(conn)? {
        true => Ok(()),
        false => Err(location.damaged("its table `meta` was altered after it was written").into()),
    }
}

fn held(conn: &Connection) -> SqlResult<Option<Hash>> {
    let mut select = conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(select.query_row([KEY], |row| row.get(0)).optional()?)
}

fn sum(conn: &Connection) -> SqlResult<Hash> {
    let mut sum = Sha256::new().chain_update("linewarden meta").chain_update(id(conn)?);
    let mut select = conn.prepare_cached("SELECT key, value FROM meta WHERE key <> ?1 ORDER BY key")?;
    let mut rows = select.query([KEY])?;
    while let Some(row) = rows.next()? {
        add(&mut sum, &row.get::<_, String>(0)?);
        match row.get_ref(1)? {
            ValueRef::Integer(number) => sum.update(number.to_be_bytes()),
            ValueRef::Blob(bytes) | ValueRef::Text(bytes) => add_bytes(&mut sum, bytes),
            ValueRef::Null | ValueRef::Real(_) => sum.update([0]),
        }
    }
    Ok(sum.finalize().into())
}
