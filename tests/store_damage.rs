//! A damaged store: bits flipped, ends cut off, rows altered. Either it is said, or it makes no difference; never is anything
//! handed out that was not written, and nothing panics.
#![cfg(unix)]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::store::{ChangeSet, Checkpoint, Numbers, Store};
use linewarden::{ErrorKind, Party, Result};
use linewarden_testkit::stores::{append, company, filled, given, log, program, scratch, text};
use std::fs;
use std::path::Path;

/// Everything a store holds.
#[derive(Debug, PartialEq)]
struct Contents {
    id: [u8; 16],
    log: Vec<ChangeSet>,
    checkpoint: Checkpoint,
    numbers: Numbers,
}

fn contents(store: &Store) -> Result<Contents> {
    let numbers = Numbers { domains: store.domains()?, parties: store.parties_above(Party(0))? };
    Ok(Contents { id: store.id()?, log: log(store)?, checkpoint: store.checkpoint()?, numbers })
}

/// Leaves a log beside the store, as a program that is killed does.
#[test]
#[ignore = "a program that the others run"]
fn leave() {
    let store = filled(&given(), 3);
    append(&store, "", &text(3)).unwrap();
    std::process::exit(0);
}

/// What a damaged copy of a store with these contents may do. `cut` allows the log's end to be missing. Returns whether the
/// damage was reported.
fn judge(path: &Path, whole: &Contents, cut: bool, how: &str) -> bool {
    let is_clear = |error: linewarden::Error| {
        assert_eq!(error.kind(), ErrorKind::File, "{how}: {error}");
        assert!(error.message().contains("rights.db`"), "{how}: {error}");
        true
    };
    let store = match Store::open(path) {
        Ok(store) => store,
        Err(error) => return is_clear(error),
    };
    // Everything reported before an error is right.
    let mut reported = Vec::new();
    let walked = store.since(0, u64::MAX, |set| {
        reported.push(set);
        Ok(())
    });
    assert!(whole.log.starts_with(&reported), "{how}: the log was altered and nobody said so");
    if let Ok(checkpoint) = store.checkpoint() {
        assert_eq!(checkpoint, whole.checkpoint, "{how}");
    }
    match store.verify() {
        Err(error) => is_clear(error),
        Ok(head) => {
            walked.unwrap_or_else(|error| panic!("{how}: only reading found {error}"));
            let mut found = contents(&store).unwrap_or_else(|error| panic!("{how}: only reading found {error}"));
            if cut && found.log.len() < whole.log.len() {
                assert_ne!(Some(head.hash), whole.log.last().map(|last| last.hash), "{how}: the head hides it");
                found.log.clone_from(&whole.log);
            }
            assert!(found == *whole, "{how}: verify did not find it");
            false
        }
    }
}

fn flipped(bytes: &[u8], at: usize, bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << (bit % 8);
    bytes
}

#[test]
fn a_flipped_bit_in_the_file_is_told_or_changes_nothing() {
    let (_folder, origin) = scratch();
    let store = filled(&origin, 6);
    let whole = contents(&store).unwrap();
    drop(store);
    let bytes = fs::read(&origin).unwrap();
    let (_folder, path) = scratch();
    let (mut tried, mut reported) = (0, 0);
    // All of the header, and samples of the rest, each with another bit.
    let places = (0..100)
        .flat_map(|at| (0..8).map(move |bit| (at, bit)))
        .chain((100..bytes.len()).step_by(23).map(|at| (at, at)));
    for (at, bit) in places {
        fs::write(&path, flipped(&bytes, at, bit)).unwrap();
        reported += usize::from(judge(&path, &whole, false, &format!("bit {} of byte {at}", bit % 8)));
        tried += 1;
    }
    assert!(tried > 1_000 && reported > tried / 10, "{reported} of {tried} were reported");
}

#[test]
fn a_flipped_bit_in_the_log_beside_the_file_is_told_or_cuts_the_end() {
    let (folder, origin) = scratch();
    assert!(program("leave", &origin).status().unwrap().success());
    let beside = folder.path().join("rights.db-wal");
    let (bytes, log) = (fs::read(&origin).unwrap(), fs::read(&beside).unwrap());
    assert!(log.len() > 3 * 4096, "a log of {} bytes", log.len());
    let whole = contents(&Store::open(&origin).unwrap()).unwrap();
    assert_eq!(whole.log.len(), 4);
    let (folder, path) = scratch();
    let write = |log: &[u8]| {
        let _ = fs::remove_file(folder.path().join("rights.db-shm"));
        fs::write(&path, &bytes).unwrap();
        fs::write(folder.path().join("rights.db-wal"), log).unwrap();
        path.clone()
    };
    for at in (0..log.len()).step_by(if cfg!(debug_assertions) { 61 } else { 7 }) {
        let path = write(&flipped(&log, at, at));
        judge(&path, &whole, true, &format!("byte {at} of the log beside it"));
    }
    for length in (0..log.len()).step_by(301) {
        let path = write(&log[..length]);
        judge(&path, &whole, true, &format!("{length} bytes of the log beside it"));
    }
}

#[test]
fn a_file_that_was_cut_off_is_told() {
    let (_folder, origin) = scratch();
    let store = filled(&origin, 6);
    let whole = contents(&store).unwrap();
    drop(store);
    let bytes = fs::read(&origin).unwrap();
    let (_folder, path) = scratch();
    for length in (0..bytes.len()).step_by(509).chain((0..bytes.len()).step_by(4096)) {
        fs::write(&path, &bytes[..length]).unwrap();
        assert!(judge(&path, &whole, false, &format!("{length} bytes")), "{length} bytes pass");
    }
}

#[test]
fn garbage_is_no_store() {
    let (_folder, path) = scratch();
    let mut state = 1u64;
    for length in [16, 100, 512, 4096, 40_000] {
        let mut bytes = b"SQLite format 3\0".to_vec();
        while bytes.len() < length {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.push((state >> 56) as u8);
        }
        fs::write(&path, bytes).unwrap();
        let error = Store::open(&path).unwrap_err();
        assert!(error.kind() == ErrorKind::File && error.message().contains("is damaged"), "{error}");
    }
}

/// Alters rows as an attacker with `sqlite3` would, and returns what verify says.
fn altered(sql: &str) -> (String, Store, tempfile::TempDir) {
    let (folder, path) = scratch();
    drop(filled(&path, 6));
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    conn.execute_batch(sql).unwrap();
    drop(conn);
    let store = Store::open(&path).unwrap();
    let said =
        store.verify().map_or_else(|error| error.to_string(), |head| format!("revision {} is the last", head.revision));
    (said, store, folder)
}

#[test]
fn verify_says_which_row_was_altered() {
    let swap = "UPDATE change_set SET revision = -1 WHERE revision = 2; UPDATE change_set SET revision = 2 WHERE revision = 5;
                UPDATE change_set SET revision = 5 WHERE revision = -1; UPDATE change SET revision = -1 WHERE revision = 2;
                UPDATE change SET revision = 2 WHERE revision = 5; UPDATE change SET revision = 5 WHERE revision = -1;";
    let cases: &[(&str, &[&str])] = &[
        (
            "UPDATE change SET text = replace(text, '3', '4') WHERE revision = 4",
            &["revision 4 is not what was written"],
        ),
        (
            "UPDATE change_set SET author = 'acme.example/bob' WHERE revision = 1",
            &["revision 1 is not what was written"],
        ),
        ("UPDATE change_set SET at = at + 1 WHERE revision = 6", &["revision 6 is not what was written"]),
        (
            "UPDATE change_set SET at = at + 1 WHERE revision = 5",
            &["revision 5 is not", "6 is older than the one before"],
        ),
        ("UPDATE change_set SET hash = zeroblob(32) WHERE revision = 3", &["revision 3 is not what was written"]),
        ("UPDATE change_set SET hash = zeroblob(31) WHERE revision = 3", &["the revision after 2 cannot be read"]),
        ("DELETE FROM change_set WHERE revision = 3", &["revision 3 is missing", "belongs to nothing in `change_set`"]),
        ("DELETE FROM change_set WHERE revision IN (3, 4)", &["revisions 3 to 4 are missing"]),
        ("DELETE FROM change_set WHERE revision = 1", &["revision 1 is missing"]),
        ("DELETE FROM change WHERE revision = 2", &["revision 2 is not what was written"]),
        ("DELETE FROM change_set WHERE revision = 6", &["belongs to nothing in `change_set`"]),
        (swap, &["revision 2 is not what was written", "revision 5 is not what was written"]),
        (
            "UPDATE meta SET value = zeroblob(16) WHERE key = 'store'",
            &["revision 1 is not", "documents it begins from"],
        ),
        ("UPDATE base_text SET text = 'x' WHERE what = 0", &["the documents it begins from are not what was written"]),
        ("DELETE FROM base_text", &["the documents it begins from are not what was written"]),
        ("UPDATE meta SET value = 1 WHERE key = 'base_revision'", &["the documents it begins from are not"]),
        ("DELETE FROM party WHERE id = 1", &["party 1 is missing"]),
        ("UPDATE party SET kind = 77 WHERE id = 2", &["party 2 is of no known kind"]),
        ("UPDATE party SET kind = 777 WHERE id = 2", &["out of range"]),
        ("UPDATE party SET name = 'carol' WHERE id = 2", &["the numbers of its parties were altered"]),
        ("UPDATE party SET kind = 3 WHERE id = 1", &["the numbers of its parties were altered"]),
        ("DELETE FROM party WHERE id = 2", &["the numbers of its parties were altered"]),
        ("UPDATE domain SET name = 'acne.example'", &["the numbers of its domains were altered"]),
        ("UPDATE meta SET value = zeroblob(40) WHERE key = 'party_hash'", &["the numbers of its parties were altered"]),
        ("UPDATE domain SET id = 1", &["domain 0 is missing", "a row of `party` belongs to nothing in `domain`"]),
        ("DELETE FROM meta", &["is damaged"]),
        ("DROP TABLE base", &["is damaged"]),
    ];
    for (sql, expected) in cases {
        let (said, store, _folder) = altered(sql);
        for expected in *expected {
            assert!(said.contains(expected), "{sql}\n{said}");
        }
        // Behind a row in another's place the next one looks like an altered one.
        let named = said.matches("is not what was written").count();
        assert!(named <= expected.len() || *sql == swap, "{sql}: rows that are whole are named too:\n{said}");
        // A reader meets it as well, or meets nothing that was altered.
        let _ = (log(&store).map(drop), store.checkpoint().map(drop), store.head().map(drop));
    }
}

/// Makes it a store of the first version, which kept no hash over its numbers and over `meta`, and whose change sets had no numbers.
fn older(path: &Path) {
    use sha2::{Digest, Sha256};
    let conn = rusqlite::Connection::open(path).unwrap();
    let id: Vec<u8> = conn.query_row("SELECT value FROM meta WHERE key = 'store'", [], |row| row.get(0)).unwrap();
    let mut hash = Sha256::new().chain_update("linewarden log").chain_update(id).finalize();
    let select = "SELECT revision, at, author, (SELECT group_concat(text, '' ORDER BY part) FROM change WHERE revision = s.revision)
                  FROM change_set s ORDER BY revision";
    let sets = conn
        .prepare(select)
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, [row.get(2)?, row.get(3)?])))
        .unwrap()
        .collect::<rusqlite::Result<Vec<(i64, i64, [String; 2])>>>()
        .unwrap();
    for (revision, at, texts) in sets {
        let mut sum = Sha256::new().chain_update(hash);
        sum = sum.chain_update(revision.to_be_bytes()).chain_update(at.to_be_bytes());
        for text in texts {
            sum = sum.chain_update((text.len() as u64).to_be_bytes()).chain_update(text);
        }
        hash = sum.finalize();
        conn.execute("UPDATE change_set SET hash = ?2 WHERE revision = ?1", (revision, hash.as_slice())).unwrap();
    }
    conn.execute_batch(
        "ALTER TABLE change_set DROP COLUMN domains; ALTER TABLE change_set DROP COLUMN parties;
         DELETE FROM meta WHERE key IN ('party_hash', 'domain_hash', 'meta_hash');
         DROP TABLE cut_text; DROP TABLE cut; PRAGMA user_version = 1;",
    )
    .unwrap();
}

/// A store of the first version: readers find it whole as it is. It is covered as soon as it was opened to write.
#[test]
fn an_older_store_is_covered_when_it_is_opened_to_write() {
    let (folder, path) = scratch();
    drop(filled(&path, 6));
    let execute = |sql: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    older(&path);
    let reader = Store::open_reader(&path).unwrap();
    assert_eq!((reader.verify().unwrap().revision, log(&reader).unwrap().len()), (6, 6));
    assert_eq!(reader.cut().unwrap().revision, 0);
    drop(reader);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.verify().unwrap().revision, 6);
    // A cut leaves what no hash of the log covers yet to the first change set after it.
    assert_eq!(store.compact(&Checkpoint { revision: 6, ..company() }).unwrap().revision, 6);
    append(&store, "", &text(6)).unwrap();
    assert_eq!(store.verify().unwrap().revision, 7);
    let batch = store.batch(6, 9).unwrap();
    assert_eq!((batch.sets.len(), batch.sets[0].numbers.parties.len()), (1, 2));
    drop(store);
    let said = |sql| {
        execute(sql);
        Store::open(&path).unwrap().verify().unwrap_err().to_string()
    };
    assert!(said("UPDATE party SET name = 'carol' WHERE id = 2").contains("the numbers of its parties were altered"));
    // Without the hashes it is no older store any more.
    let said = said("DELETE FROM meta WHERE key IN ('party_hash', 'meta_hash')");
    assert!(
        said.contains("hash over the numbers of its parties is missing") && said.contains("`meta` was altered"),
        "{said}"
    );
    drop(folder);
}

/// Every value of every table of a store that has everything, each altered by itself: none may pass. So may no row that is gone, and
/// nothing that linewarden did not make.
#[test]
fn verify_covers_every_value_of_every_table() {
    let (folder, path) = scratch();
    let store = filled(&path, 6);
    assert_eq!(store.compact(&Checkpoint { revision: 3, ..company() }).unwrap().revision, 3);
    assert!(store.set_checkpoint(6, &Checkpoint { revision: 5, ..company() }, &Numbers::default()).is_ok());
    store.verify().unwrap();
    drop(store);
    let whole = fs::read(&path).unwrap();
    let conn = rusqlite::Connection::open(&path).unwrap();
    let mut altered = vec![
        "CREATE TRIGGER t AFTER INSERT ON change_set BEGIN DELETE FROM party; END".to_owned(),
        "CREATE TABLE extra(x)".to_owned(),
        "CREATE VIEW extra AS SELECT * FROM party".to_owned(),
        "INSERT INTO meta VALUES('extra', 1)".to_owned(),
    ];
    let mut tables = 0;
    for table in conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
    {
        let table = table.unwrap();
        tables += 1;
        let columns = conn
            .prepare(&format!("PRAGMA table_info({table})"))
            .unwrap()
            .query_map([], |row| Ok((row.get::<_, String>(1)?, row.get::<_, i64>(5)? > 0)))
            .unwrap()
            .collect::<rusqlite::Result<Vec<_>>>()
            .unwrap();
        let keys: Vec<&str> = columns.iter().filter(|(_, is_key)| *is_key).map(|(name, _)| name.as_str()).collect();
        let rows = format!(
            "SELECT {} FROM {table}",
            keys.iter().map(|key| format!("'{key} = ' || quote({key})")).collect::<Vec<_>>().join(" || ' AND ' || ")
        );
        for row in conn.prepare(&rows).unwrap().query_map([], |row| row.get::<_, String>(0)).unwrap() {
            let row = row.unwrap();
            altered.push(format!("DELETE FROM {table} WHERE {row}"));
            for (column, _) in &columns {
                altered.push(format!(
                    "UPDATE {table} SET {column} = CASE typeof({column}) WHEN 'integer' THEN {column} + 100 WHEN 'text' THEN {column} || 'x'
                     ELSE CAST(substr({column}, 1, length({column}) - 1) || x'00' AS BLOB) END WHERE {row}"
                ));
            }
        }
    }
    drop(conn);
    assert!(tables == 9 && altered.len() > 80, "{tables} tables, {} values", altered.len());
    for sql in altered {
        fs::write(&path, &whole).unwrap();
        let conn = rusqlite::Connection::open(&path).unwrap();
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        let changed = conn.execute(&sql, []).unwrap();
        drop(conn);
        let passed = Store::open_reader(&path).and_then(|store| store.verify());
        // The last revisions can be removed: a hash noted elsewhere finds that.
        assert!(passed.is_err() || sql.contains("x'00'") && fs::read(&path).unwrap() == whole, "{changed} rows: {sql}");
    }
    drop(folder);
}

#[test]
fn readers_find_what_was_altered_too() {
    let (_, store, _folder) = altered("UPDATE change SET text = 'grant everything' WHERE revision = 4");
    let mut reported = Vec::new();
    let error = store.since(0, u64::MAX, |set| {
        reported.push(set.revision);
        Ok(())
    });
    let error = error.unwrap_err();
    assert!(error.message().contains("revision 4 of its log is not what was written"), "{error}");
    assert_eq!(reported, [1, 2, 3]);
    assert!(store.since(3, u64::MAX, |_| Ok(())).is_err() && store.since(4, u64::MAX, |_| Ok(())).is_ok());
    assert!(store.history(&linewarden::internals::store::Filter::default()).is_err());
}

#[test]
fn an_end_that_was_cut_off_cleanly_shows_in_the_head() {
    let (said, store, _folder) =
        altered("DELETE FROM change WHERE revision = 6; DELETE FROM change_set WHERE revision = 6");
    assert_eq!(said, "revision 5 is the last");
    let (_folder, path) = scratch();
    assert_ne!(store.head().unwrap(), filled(&path, 6).head().unwrap());
}
