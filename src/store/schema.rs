//! The tables, and the upgrade of older stores. It must never change a store of a newer version.
#![forbid(unsafe_code)]

use super::chain;
use super::fault::SqlResult;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::BTreeSet;

/// The application id in SQLite's file header: "LWdb".
pub(super) const APPLICATION: i32 = 0x4c57_6462;

/// Entry `n` upgrades version `n` to `n + 1`. Entries may only be added. The table `base` has the checkpoint, `cut`
/// the state that the rest of a log begins from whose beginning was cut off.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO meta VALUES('store', randomblob(16));

    CREATE TABLE change_set(
        revision INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        author TEXT NOT NULL,
        hash BLOB NOT NULL
    ) STRICT;
    CREATE TABLE change(
        revision INTEGER NOT NULL REFERENCES change_set,
        part INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY(revision, part)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE domain(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE party(
        id INTEGER PRIMARY KEY,
        domain INTEGER NOT NULL REFERENCES domain,
        kind INTEGER NOT NULL,
        name TEXT NOT NULL,
        UNIQUE(domain, kind, name)
    ) STRICT;

    CREATE TABLE base(
        place INTEGER PRIMARY KEY,
        domain INTEGER NOT NULL UNIQUE REFERENCES domain,
        name TEXT NOT NULL
    ) STRICT;
    CREATE TABLE base_text(
        place INTEGER NOT NULL REFERENCES base,
        what INTEGER NOT NULL, -- 0 document, 1 state
        part INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY(place, what, part)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- How many domains and parties the hashes of the log cover from this set on; NULL: the set is of version 1, whose hash covers none.
    ALTER TABLE change_set ADD COLUMN domains INTEGER;
    ALTER TABLE change_set ADD COLUMN parties INTEGER;

    CREATE TABLE cut(
        place INTEGER PRIMARY KEY,
        domain INTEGER NOT NULL UNIQUE REFERENCES domain,
        name TEXT NOT NULL
    ) STRICT;
    CREATE TABLE cut_text(
        place INTEGER NOT NULL REFERENCES cut,
        what INTEGER NOT NULL, -- 0 document, 1 state
        part INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY(place, what, part)
    ) STRICT, WITHOUT ROWID;
",
];
/// The oldest version that is read without an upgrade: nothing was cut from it, and no hash is over its `meta` and its numbers.
pub(super) const READABLE: i64 = 1;
/// The first version whose change sets have numbers, and whose stores always have the hashes over their numbers and over `meta`.
pub(super) const COVERED: i64 = 2;

/// The version of the store in this transaction.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))
}

/// Applies the missing `migrations` in one transaction.
pub(super) fn migrate(conn: &Connection, migrations: &[&str]) -> SqlResult<()> {
    let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    // Another program may have upgraded it meanwhile: read the version inside the transaction.
    let version = version(&transaction)?;
    for (migration, number) in migrations.iter().zip(1..).skip(usize::try_from(version).unwrap_or(usize::MAX)) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    if (version..COVERED).contains(&(COVERED - 1)) && migrations.len() as i64 >= COVERED {
        chain::numbers::cover(&transaction)?;
        chain::meta::cover(&transaction)?;
    }
    Ok(transaction.commit()?)
}

/// Whether the tables are those that the migrations make, and nothing else is there, such as a trigger; what is not as it should be
/// otherwise.
pub(super) fn unexpected(conn: &Connection) -> SqlResult<Vec<String>> {
    let made = Connection::open_in_memory()?;
    let known = usize::try_from(version(conn)?).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().take(known) {
        made.execute_batch(migration)?;
    }
    let (expected, found) = (parts(&made)?, parts(conn)?);
    let differ = expected.symmetric_difference(&found);
    let mut names: Vec<String> = differ.map(|(name, _)| format!("`{name}` is not as linewarden makes it")).collect();
    names.dedup();
    Ok(names)
}

/// Tables, indexes and triggers: name and SQL.
fn parts(conn: &Connection) -> rusqlite::Result<BTreeSet<(String, Option<String>)>> {
    let mut select = conn.prepare("SELECT name, sql FROM sqlite_schema")?;
    select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(migrations: &[&str]) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        migrate(&conn, migrations).unwrap();
        conn
    }

    fn id(conn: &Connection) -> Vec<u8> {
        conn.query_row("SELECT value FROM meta WHERE key = 'store'", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_store_keeps_what_it_has() {
        let conn = made(MIGRATIONS);
        let (before, now) = (id(&conn), version(&conn).unwrap());
        let mut later = MIGRATIONS.to_vec();
        later.push("ALTER TABLE domain ADD COLUMN note TEXT NOT NULL DEFAULT ''");
        conn.execute("INSERT INTO domain VALUES(0, 'acme.example')", []).unwrap();
        migrate(&conn, &later).unwrap();
        migrate(&conn, &later).unwrap();
        assert_eq!(version(&conn).unwrap(), now + 1);
        assert_eq!(id(&conn), before);
        conn.query_row("SELECT note FROM domain WHERE name = 'acme.example'", [], |row| row.get::<_, String>(0))
            .unwrap();
        migrate(&conn, MIGRATIONS).unwrap();
        assert_eq!(version(&conn).unwrap(), now + 1, "a newer store is left alone");
    }

    #[test]
    fn a_migration_that_fails_leaves_the_old_version() {
        let conn = made(MIGRATIONS);
        let now = version(&conn).unwrap();
        let mut later = MIGRATIONS.to_vec();
        later.extend(["CREATE TABLE extra(x) STRICT", "CREATE TABLE extra(x INTEGER) STRICT"]);
        assert!(migrate(&conn, &later).is_err());
        assert_eq!(version(&conn).unwrap(), now);
        assert!(conn.prepare("SELECT x FROM extra").is_err());
        conn.execute("INSERT INTO domain VALUES(0, 'acme.example')", []).unwrap();
    }

    #[test]
    fn version_nothing_becomes_this_one() {
        assert_eq!(version(&made(MIGRATIONS)).unwrap(), MIGRATIONS.len() as i64);
    }
}
