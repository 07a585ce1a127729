//! The store: what was acknowledged stays, in order, and what is not what was written is never handed out.
#![cfg(unix)]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::store::{self, ChangeSet, Checkpoint, Filter, Numbers, Store, Written};
use linewarden::{ErrorKind, Party};
use linewarden_testkit::stores::{acme, append, company, done, filled, log, party, scratch};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn all(store: &Store) -> Vec<ChangeSet> {
    log(store).unwrap()
}

#[test]
fn what_was_appended_is_there_after_reopening() {
    let (_folder, path) = scratch();
    let store = filled(&path, 5);
    assert_eq!(store.revision().unwrap(), 5);
    let sets = all(&store);
    let long = "ä".repeat(3 << 20);
    let last = append(&store, "", &long).unwrap();
    drop(store);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "a closed store is one file");
    let store = Store::open(&path).unwrap();
    let again = all(&store);
    assert_eq!(again[..5], sets);
    let ChangeSet { revision, at, author, text, hash, .. } = &again[5];
    assert_eq!((*revision, *at, &**author, text, hash), (6, 1_000, "", &long, &last.hash));
    assert_eq!(store.head().unwrap(), last);
    assert_eq!(store.verify().unwrap(), last);
    assert_eq!(store.checkpoint().unwrap(), company());
    assert_eq!((store.domains().unwrap(), store.parties_above(Party(0)).unwrap()), (acme().domains, acme().parties));
    assert_eq!(store.parties_above(Party(1)).unwrap(), [party(2, "bob")]);
    let mut revisions = Vec::new();
    let end = store.since(2, 4, |set| {
        revisions.push(set.revision);
        Ok(())
    });
    assert_eq!((end.unwrap(), revisions), (4, vec![3, 4]));
    assert_eq!(store.since(6, u64::MAX, |_| panic!("nothing is newer")).unwrap(), 6);
}

#[test]
fn a_new_store_is_empty() {
    let (_folder, path) = scratch();
    let store = Store::create(&path).unwrap();
    assert_eq!((store.revision().unwrap(), store.checkpoint().unwrap()), (0, Checkpoint::default()));
    assert_eq!(store.verify().unwrap(), store.head().unwrap());
    let other = Store::create(&path.with_file_name("other.db")).unwrap();
    assert_ne!(store.id().unwrap(), other.id().unwrap());
    assert_ne!(store.head().unwrap().hash, other.head().unwrap().hash, "the first hash comes from the store's number");
    assert!(Store::create(&path).unwrap_err().message().contains("is there already"));
    assert_eq!(store.image_path(), path.canonicalize().unwrap().with_file_name("rights.db-image"));
}

#[test]
fn a_store_that_cannot_be_filled_leaves_nothing() {
    let (folder, path) = scratch();
    let failed = Store::create_with(&path, |store| {
        append(store, "", "something")?;
        Err(linewarden::Error::new(ErrorKind::Document, "no"))
    });
    assert_eq!(failed.unwrap_err().message(), "no");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_writer_that_is_behind_writes_nothing() {
    let (_folder, path) = scratch();
    let store = filled(&path, 3);
    let before = store.head().unwrap();
    let none = Numbers::default();
    for expected in [0, 2, 4, u64::MAX] {
        assert_eq!(store.append(expected, 1, "", "x", &none).unwrap(), Written::Behind);
        assert_eq!(store.set_checkpoint(expected, &company(), &none).unwrap(), Written::Behind);
    }
    let contact = |number| Numbers { domains: vec![], parties: vec![party(number, "sip:x@y.example")] };
    for wrong in [0, 1, 2, 4] {
        assert_eq!(store.append(3, 1, "", "x", &contact(wrong)).unwrap(), Written::Behind);
    }
    assert_eq!((store.head().unwrap(), store.parties_above(Party(0)).unwrap()), (before, acme().parties));
    // A name has one number for ever.
    let again = Numbers { domains: vec![], parties: vec![party(3, "alice")] };
    let error = store.append(3, 1, "", "x", &again).unwrap_err();
    assert!(error.kind() == ErrorKind::Argument && error.message().contains("user `alice` has a number already"));
    assert_eq!(store.head().unwrap(), before);
}

#[test]
fn time_never_goes_back() {
    let (_folder, path) = scratch();
    let store = Store::create(&path).unwrap();
    let none = Numbers::default();
    for (revision, (at, kept)) in [(500, 500), (900, 900), (100, 900), (899, 900), (901, 901)].into_iter().enumerate() {
        let head = done(store.append(revision as u64, at, "", "x", &none).unwrap());
        assert_eq!((head.at, head.revision), (kept, revision as u64 + 1));
    }
    assert_eq!(all(&store).iter().map(|set| set.at).collect::<Vec<_>>(), [500, 900, 900, 900, 901]);
    store.verify().unwrap();
}

#[test]
fn a_reader_sees_what_was_appended() {
    let (_folder, path) = scratch();
    let store = filled(&path, 0);
    let reader = Store::open_reader(&path).unwrap();
    let since = |revision| {
        let mut sets = Vec::new();
        reader.since(revision, u64::MAX, |set| {
            sets.push(set);
            Ok(())
        })?;
        Ok::<_, linewarden::Error>(sets)
    };
    let numbers = Numbers { domains: reader.domains().unwrap(), parties: reader.parties_above(Party(0)).unwrap() };
    assert_eq!((since(0).unwrap().len(), numbers), (0, acme()));
    let carol = Numbers { domains: vec![], parties: vec![party(3, "carol")] };
    let head = done(store.append(0, 7, "", "add user carol", &carol).unwrap());
    let sets = since(0).unwrap();
    assert_eq!((reader.head().unwrap(), reader.parties_above(Party(2)).unwrap(), sets.len()), (head, carol.parties, 1));
    assert_eq!(sets[0].head(), head);
    assert!(since(1).unwrap().is_empty());
    let lost = since(2).unwrap_err();
    assert!(lost.message().contains("revision 2 was there and is not any more, the last one is 1"), "{lost}");
}

#[test]
fn a_checkpoint_can_be_replaced_at_any_revision_of_the_log() {
    let (_folder, path) = scratch();
    let store = filled(&path, 3);
    let mut checkpoint = company();
    checkpoint.revision = 2;
    checkpoint.documents[0].document = "#".repeat(5 << 20);
    checkpoint.documents[0].state = "paused support alice\n".into();
    assert_eq!(done(store.set_checkpoint(3, &checkpoint, &Numbers::default()).unwrap()).revision, 3);
    assert_eq!(store.checkpoint().unwrap(), checkpoint);
    assert_eq!(all(&store).len(), 3);
    store.verify().unwrap();
    checkpoint.revision = 4;
    let error = store.set_checkpoint(3, &checkpoint, &Numbers::default()).unwrap_err();
    assert!(error.message().contains("a checkpoint of revision 4, the last one is 3"), "{error}");
    checkpoint.revision = 3;
    checkpoint.documents.push(checkpoint.documents[0].clone());
    assert_eq!(store.set_checkpoint(3, &checkpoint, &Numbers::default()).unwrap_err().kind(), ErrorKind::Argument);
    assert_eq!(store.checkpoint().unwrap().revision, 2);
}

#[test]
fn history_tells_the_newest_first() {
    let (_folder, path) = scratch();
    let store = Store::create(&path).unwrap();
    for number in 1..=6 {
        let author = if number % 2 == 0 { "acme.example/alice" } else { "" };
        append(&store, author, &format!("change {number}")).unwrap();
    }
    let revisions = |filter: Filter| {
        let sets = store.history(&filter).unwrap();
        sets.iter().map(|set| set.revision).collect::<Vec<_>>()
    };
    let every = Filter::default();
    assert_eq!(revisions(every.clone()), [6, 5, 4, 3, 2, 1]);
    assert_eq!(revisions(Filter { limit: 2, ..every.clone() }), [6, 5]);
    assert_eq!(revisions(Filter { limit: 2, below: Some(5), ..every.clone() }), [4, 3]);
    assert_eq!(revisions(Filter { above: 4, ..every.clone() }), [6, 5]);
    assert_eq!(revisions(Filter { author: Some(String::new()), ..every.clone() }), [5, 3, 1]);
    assert_eq!(revisions(Filter { author: Some("acme.example/alice".into()), limit: 1, ..every.clone() }), [6]);
    assert_eq!(revisions(Filter { text: Some("change 3".into()), ..every.clone() }), [3]);
    assert!(revisions(Filter { limit: 0, ..every }).is_empty());
}

#[test]
fn other_files_are_refused_in_words() {
    let (folder, path) = scratch();
    let said = |path: &Path| {
        let (write, read) = (Store::open(path).unwrap_err(), Store::open_reader(path).unwrap_err());
        assert_eq!((write.kind(), write.message()), (ErrorKind::File, read.message()));
        write.message().to_owned()
    };
    assert!(said(&path).contains("no such file"), "{}", said(&path));
    assert!(said(folder.path()).contains("is a folder"));
    fs::write(&path, "").unwrap();
    assert!(said(&path).contains("is empty"));
    fs::write(&path, "domain = \"acme.example\"\n").unwrap();
    assert!(said(&path).contains("is no store"));
    assert!(!store::is_store(&path) && !store::is_store(folder.path()) && !store::is_store(Path::new("/nowhere")));
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
    assert!(store::is_store(&other));
    assert!(said(&other).contains("database of another program"), "{}", said(&other));
    let newer = folder.path().join("newer.db");
    drop(filled(&newer, 1));
    assert!(store::is_store(&newer));
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 7).unwrap();
    assert!(said(&newer).contains("newer linewarden (version 7 of the tables"), "{}", said(&newer));
}

/// Version 0 has no tables. A writer brings it up, also when many open it at the same time; a reader says so.
#[test]
fn an_older_store_is_migrated_by_an_opener_that_may_write() {
    let (_folder, path) = scratch();
    drop(Store::create(&path).unwrap());
    let old = rusqlite::Connection::open(&path).unwrap();
    let tables = ["cut_text", "cut", "change", "change_set", "base_text", "base", "party", "domain", "meta"];
    tables.iter().for_each(|table| old.execute_batch(&format!("DROP TABLE {table}")).unwrap());
    old.pragma_update(None, "user_version", 0).unwrap();
    drop(old);
    let error = Store::open_reader(&path).unwrap_err();
    assert!(error.message().contains("was written by an older linewarden: open it once to write"), "{error}");
    std::thread::scope(|threads| {
        (0..8).for_each(|_| drop(threads.spawn(|| append(&Store::open(&path).unwrap(), "", "x").unwrap())));
    });
    assert_eq!(Store::open_reader(&path).unwrap().verify().unwrap().revision, 8);
}

#[test]
fn a_reader_does_not_write() {
    let (_folder, path) = scratch();
    let store = filled(&path, 1);
    let reader = Store::open_reader(&path).unwrap();
    let error = reader.append(1, 1, "", "x", &Numbers::default()).unwrap_err();
    assert!(error.kind() == ErrorKind::Argument && error.message().contains("opened to read only"), "{error}");
    append(&store, "", "x").unwrap();
    assert_eq!(reader.revision().unwrap(), 2, "it follows the writer");
}

#[test]
fn threads_that_race_append_one_after_the_other() {
    let (_folder, path) = scratch();
    drop(filled(&path, 0));
    const EACH: usize = 40;
    std::thread::scope(|threads| {
        for writer in 0..4 {
            let path = &path;
            // Half of them share a connection.
            threads.spawn(move || {
                let store = Store::open(path).unwrap();
                std::thread::scope(|threads| {
                    for half in 0..2 {
                        let store = &store;
                        threads.spawn(move || {
                            for number in 0..EACH / 2 {
                                append(store, "", &format!("{writer} {half} {number}")).unwrap();
                            }
                        });
                    }
                });
            });
        }
    });
    let sets = all(&Store::open(&path).unwrap());
    let texts: BTreeSet<&str> = sets.iter().map(|set| set.text.as_str()).collect();
    assert_eq!((sets.len(), texts.len()), (4 * EACH, 4 * EACH));
    Store::open_reader(&path).unwrap().verify().unwrap();
}
