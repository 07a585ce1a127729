//! A damaged store: bits flipped, ends cut off, rows altered. Either it is said, or it makes no difference; never is anything
//! handed out that was not written, and nothing panics.
#![cfg(unix)]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::store::{ChangeSet, Checkpoint, Numbers, Store};
use linewarden::{ErrorKind, Party, Result};
use linewarden_testkit::stores::{append, filled, given, log, program, scratch, text};
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
/// damage was told.
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
    let mut told = Vec::new();
    let walked = store.since(0, u64::MAX, |set| {
        told.push(set);
        Ok(())
    });
    assert!(whole.log.starts_with(&told), "{how}: the log was altered and nobody said so");
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
    let (mut tried, mut told) = (0, 0);
    // All of the header, and samples of the rest, each with another bit.
    let places = (0..100)
        .flat_map(|at| (0..8).map(move |bit| (at, bit)))
        .chain((100..bytes.len()).step_by(23).map(|at| (at, at)));
    for (at, bit) in places {
        fs::write(&path, flipped(&bytes, at, bit)).unwrap();
        told += usize::from(judge(&path, &whole, false, &format!("bit {} of byte {at}", bit % 8)));
        tried += 1;
    }
    assert!(tried > 1_000 && told > tried / 10, "{told} of {tried} were told");
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
        // Behind a row in another's place the next one cannot be told from an altered one.
        let named = said.matches("is not what was written").count();
        assert!(named <= expected.len() || *sql == swap, "{sql}: rows that are whole are named too:\n{said}");
        // A reader meets it as well, or meets nothing that was altered.
        let _ = (log(&store).map(drop), store.checkpoint().map(drop), store.head().map(drop));
    }
}

/// A store of a version that kept no hash of the numbers: it opens, is whole, and is covered from the next change on.
#[test]
fn an_older_store_is_covered_by_its_next_change() {
    let (said, store, folder) = altered("DELETE FROM meta WHERE key IN ('party_hash', 'domain_hash')");
    assert_eq!(said, "revision 6 is the last");
    append(&store, "", &text(6)).unwrap();
    assert_eq!(store.verify().unwrap().revision, 7);
    drop(store);
    let path = folder.path().join("rights.db");
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("UPDATE party SET name = 'carol' WHERE id = 2").unwrap();
    drop(conn);
    let error = Store::open(&path).unwrap().verify().unwrap_err();
    assert!(error.message().contains("the numbers of its parties were altered"), "{error}");
}

#[test]
fn readers_find_what_was_altered_too() {
    let (_, store, _folder) = altered("UPDATE change SET text = 'grant everything' WHERE revision = 4");
    let mut told = Vec::new();
    let error = store.since(0, u64::MAX, |set| {
        told.push(set.revision);
        Ok(())
    });
    let error = error.unwrap_err();
    assert!(error.message().contains("revision 4 of its log is not what was written"), "{error}");
    assert_eq!(told, [1, 2, 3]);
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
