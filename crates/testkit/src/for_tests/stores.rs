//! Stores for tests: made, filled, read whole; and programs of their own that use them, which are ignored tests of the same file.
#![forbid(unsafe_code)]

use linewarden::internals::store::{
    ChangeSet, Checkpoint, CheckpointDocument, DomainNumber, Head, Numbers, PartyNumber, Store, Written,
};
use linewarden::{DomainId, Kind, Party};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder and the path of a store in it.
pub fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.db");
    (folder, path)
}

pub fn done(written: Written) -> Head {
    match written {
        Written::Done(head) => head,
        Written::Behind => panic!("another writer came first"),
    }
}

/// Appends without numbers, trying again as often as another writer comes first.
pub fn append(store: &Store, author: &str, text: &str) -> linewarden::Result<Head> {
    loop {
        let revision = store.revision()?;
        if let Written::Done(head) = store.append(revision, 1_000, author, text, &Numbers::default())? {
            return Ok(head);
        }
    }
}

/// A company of six users, `u0` to `u5`, to whom each other is external, so that each setting shows.
pub fn six_users() -> Vec<linewarden::Document> {
    let mut text = String::from(
        "domain = \"acme.example\"\nsystems = [\"xphone\"]\n[[site]]\nname = \"s\"\nsame_site = \"external\"\n\
         other_sites = \"external\"\noutside = \"external\"\n",
    );
    for user in 0..6 {
        text += &format!("[[user]]\nname = \"u{user}\"\nlines = [\"{}\"]\nsite = \"s\"\n", 100 + user);
    }
    vec![linewarden::Document { name: "acme.toml".into(), text }]
}

/// The whole log.
pub fn log(store: &Store) -> linewarden::Result<Vec<ChangeSet>> {
    let mut sets = Vec::new();
    store.since(0, u64::MAX, |set| {
        sets.push(set);
        Ok(())
    })?;
    Ok(sets)
}

pub fn party(number: u32, name: &str) -> PartyNumber {
    PartyNumber { party: Party(number), domain: DomainId(0), kind: Kind::User, name: name.into() }
}

/// A domain with two users.
pub fn acme() -> Numbers {
    Numbers {
        domains: vec![DomainNumber { id: DomainId(0), name: "acme.example".into() }],
        parties: vec![party(1, "alice"), party(2, "bob")],
    }
}

pub fn company() -> Checkpoint {
    let document = CheckpointDocument {
        domain: DomainId(0),
        name: "acme.toml".into(),
        document: "domain = \"acme.example\"\n".into(),
        state: String::new(),
    };
    Checkpoint { revision: 0, documents: vec![document] }
}

/// A store with a checkpoint and `count` change sets of different sizes.
pub fn filled(path: &Path, count: usize) -> Store {
    let fill =
        |store: &Store| store.set_checkpoint(0, &company(), &acme()).map(|written| assert!(written != Written::Behind));
    let store = Store::create_with(path, fill).unwrap();
    for number in 0..count {
        append(&store, "acme.example/alice", &text(number)).unwrap();
    }
    store
}

/// The text of the change set `number` of [`filled`].
pub fn text(number: usize) -> String {
    format!("change {number} by a user\n").repeat(1 + (number * number) % 700)
}

/// A program: the ignored test `name` of the file that calls this, on the store at `path`. With `exec` something else runs it.
pub fn program(name: &str, path: &Path) -> Command {
    arguments(Command::new(std::env::current_exe().unwrap()), name, path)
}

/// Lets `command` run the ignored test `name`.
pub fn arguments(mut command: Command, name: &str, path: &Path) -> Command {
    command.args(["--exact", name, "--ignored", "--nocapture", "--quiet", "--test-threads=1"]);
    command.env("LINEWARDEN_TEST_STORE", path);
    command
}

/// In such a program: the store's path.
pub fn given() -> PathBuf {
    std::env::var_os("LINEWARDEN_TEST_STORE").expect("run by another test of this file").into()
}

/// In such a program: a word it was given.
pub fn word(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
