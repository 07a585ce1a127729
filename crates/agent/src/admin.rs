//! What administrators do with a cluster: make one of a store, join, leave, promote, look at it, verify it.
//!
//! A store must never be changed on its own once its log is in the database: it is marked as a node before anything is copied.
#![forbid(unsafe_code)]

use crate::cluster::postgres::{Columns, Database, schema, signed};
use crate::cluster::{Cluster, Fault, Log};
use crate::node::{Node, Stop};
use crate::socket::is_served;
use linewarden::{Batch, Engine, Error, ErrorKind, Result, Upstream};
use std::path::Path;
use std::pin::pin;
use tokio::task::block_in_place;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Transaction};

/// How many change sets are read at once.
const MOST: usize = 10_000;

const COPY: &str =
    "COPY linewarden.change_set(shard, revision, epoch, at, author, text, first_domain, domains, first_party,
    party_domains, party_kinds, party_names, hash, attempt) FROM STDIN BINARY";
const TYPES: [Type; 14] = [
    Type::TEXT,
    Type::INT8,
    Type::INT8,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::INT8,
    Type::TEXT_ARRAY,
    Type::INT8,
    Type::INT4_ARRAY,
    Type::INT4_ARRAY,
    Type::TEXT_ARRAY,
    Type::BYTEA,
    Type::BYTEA,
];
const INSERT: &str = "INSERT INTO linewarden.shard(name, store, epoch, timeline, first_revision, first_hash, first_domains, first_parties,
    revision, hash, at, domains, parties) VALUES($1, $2, $3, linewarden.timeline(), $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const STATE: &str = "SELECT epoch, revision, hash, store FROM linewarden.shard WHERE name = $1";

fn database(fault: Fault) -> Error {
    Error::new(ErrorKind::File, fault.message())
}

fn sql(error: &tokio_postgres::Error) -> Error {
    let message =
        error.as_db_error().map_or_else(|| error.to_string(), |said| format!("the database says: {}", said.message()));
    Error::new(ErrorKind::File, message)
}

fn stopped(stop: Stop) -> Error {
    match stop {
        Stop::Log(fault) => database(fault),
        Stop::Store(error) => error,
    }
}

fn argument(message: String) -> Error {
    Error::new(ErrorKind::Argument, message)
}

/// The end of a shard's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Which line of the log it is.
    pub epoch: i64,
    /// The last revision.
    pub revision: i64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// The id of its stores.
    pub store: Vec<u8>,
}

/// The state of a shard's log; `None` where the database has no such shard for this role.
///
/// # Errors
/// `File` when the database cannot be asked.
pub async fn state(client: &Client, shard: &str) -> Result<Option<State>> {
    schema::is_current(client).await.map_err(database)?;
    let row = client.query_opt(STATE, &[&shard]).await.map_err(|error| sql(&error))?;
    Ok(row.map(|row| State { epoch: row.get(0), revision: row.get(1), hash: row.get(2), store: row.get(3) }))
}

/// Makes a cluster of a store: its tables, its log, and the roles of its agents. It may be called again after a failure. Returns the revision.
///
/// # Errors
/// `Follows` when the store follows another one, `Argument` when the shard is another store's, `File` when the database or the store cannot
/// be written. The store stays marked as a node once its log may be in the database: call it again, or leave the cluster.
pub async fn init(store: &Path, at: &Database, shard: &str, agents: &[String]) -> Result<u64> {
    let mut client = at.client().await.map_err(database)?;
    schema::migrate(&client).await.map_err(database)?;
    let engine = Engine::open(store)?;
    engine.enter_cluster(shard)?;
    let here = engine.upstream()?;
    match state(&client, shard).await? {
        None => copy(&mut client, &engine, &here, shard).await?,
        Some(there) if there.store != here.store => {
            return Err(argument(format!("the shard `{shard}` in the database is of another store")));
        }
        Some(_) => {}
    }
    for role in agents {
        admit(&client, role, shard).await?;
    }
    Ok(here.revision)
}

/// Lets a role serve a shard.
async fn admit(client: &Client, role: &str, shard: &str) -> Result<()> {
    let grant = format!("GRANT linewarden_agent TO \"{}\"", role.replace('"', "\"\""));
    client.batch_execute(&grant).await.map_err(|error| sql(&error))?;
    let insert = "INSERT INTO linewarden.member(role, shard) VALUES($1::text::name, $2) ON CONFLICT DO NOTHING";
    client.execute(insert, &[&role, &shard]).await.map(drop).map_err(|error| sql(&error))
}

/// Copies the log of a store into the database, in one transaction, which checks every hash.
async fn copy(client: &mut Client, engine: &Engine, here: &Upstream, shard: &str) -> Result<()> {
    let said = |error| sql(&error);
    // A log whose beginning cannot be followed begins in the database where it is now.
    let first = match engine.batch(0, 1) {
        Ok(batch) => batch,
        Err(error) if error.kind() == ErrorKind::Argument => engine.batch(here.revision, 0)?,
        Err(error) => return Err(error),
    };
    let counted = |revision| {
        let (domains, parties) = engine.numbers_at(revision)?;
        Ok::<_, Error>((i64::try_from(domains).unwrap_or(i64::MAX), i64::from(parties)))
    };
    let (begin, end) = (counted(first.after)?, counted(here.revision)?);
    let last = engine.history(&linewarden::Filter { limit: 1, ..Default::default() })?;
    let at = last.first().map_or(0, |set| set.at);
    let transaction = client.transaction().await.map_err(said)?;
    transaction.batch_execute("SET LOCAL ROLE linewarden_owner").await.map_err(said)?;
    let (epoch, store) = (signed(here.epoch.saturating_add(1)), here.store.as_slice());
    let (first_revision, first_hash) = (signed(first.after), first.before.as_slice());
    let (revision, hash) = (signed(here.revision), here.hash.as_slice());
    let values: [&(dyn ToSql + Sync); 12] = [
        &shard,
        &store,
        &epoch,
        &first_revision,
        &first_hash,
        &begin.0,
        &begin.1,
        &revision,
        &hash,
        &at,
        &end.0,
        &end.1,
    ];
    transaction.execute(INSERT, &values).await.map_err(said)?;
    fill(&transaction, engine, shard, epoch, first.after, here.revision, begin).await?;
    let verified = transaction.query_one("SELECT linewarden.verify($1)", &[&shard]).await.map_err(said)?;
    let whole: i64 = verified.get(0);
    if whole != revision {
        return Err(Error::new(
            ErrorKind::Internal,
            format!("the copy of the log is whole up to revision {whole} only"),
        ));
    }
    transaction.commit().await.map_err(said)
}

/// Writes the change sets from `after` to `last`.
async fn fill(
    transaction: &Transaction<'_>,
    engine: &Engine,
    shard: &str,
    epoch: i64,
    mut after: u64,
    last: u64,
    (mut domains, mut parties): (i64, i64),
) -> Result<()> {
    let said = |error| sql(&error);
    let sink = transaction.copy_in(COPY).await.map_err(said)?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &TYPES));
    while after < last {
        let Batch { sets, .. } = block_in_place(|| engine.batch(after, MOST))?;
        for numbered in sets.iter().take_while(|numbered| numbered.set.revision <= last) {
            let (set, numbers) = (&numbered.set, &numbered.numbers);
            let Columns { domains: names, party_domains, party_kinds, party_names } = Columns::of(numbers);
            let (revision, first_party) = (signed(set.revision), parties.saturating_add(1));
            let (hash, attempt): (&[u8], &[u8]) = (&set.hash, &[]);
            let row: [&(dyn ToSql + Sync); 14] = [
                &shard,
                &revision,
                &epoch,
                &set.at,
                &set.author,
                &set.text,
                &domains,
                &names,
                &first_party,
                &party_domains,
                &party_kinds,
                &party_names,
                &hash,
                &attempt,
            ];
            writer.as_mut().write(&row).await.map_err(said)?;
            domains += i64::try_from(names.len()).unwrap_or(i64::MAX);
            parties += i64::try_from(party_names.len()).unwrap_or(i64::MAX);
            after = set.revision;
        }
    }
    writer.as_mut().finish().await.map(drop).map_err(said)
}

/// Makes a node: a store that has the shard's log, from its beginning or from a copy of another node. Returns the revision.
///
/// # Errors
/// `Argument` when there is a store already, or the log has no beginning; `File` when the database cannot be read or the store written.
pub async fn join(store: &Path, at: &Database, shard: &str, backup: Option<&Path>) -> Result<u64> {
    if store.exists() {
        return Err(argument(format!("`{}` is there already", store.display())));
    }
    let log = at.connect(shard).await.map_err(database)?;
    let head = log.head(0).await.map_err(database)?;
    let engine = match backup {
        Some(backup) => {
            block_in_place(|| linewarden::restore(backup, store))?;
            Engine::open(store)?
        }
        None => {
            let Some(before) = head.at else {
                let message = format!("the log of `{shard}` begins after revision {}: join with --backup", head.first);
                return Err(argument(message));
            };
            let sets = Vec::new();
            let empty = Batch { store: head.store, epoch: head.epoch, after: 0, before, sets, head: head.revision };
            Engine::create_to_follow(store, &empty)?
        }
    };
    if engine.cluster()?.is_none() {
        engine.enter_cluster(shard)?;
    }
    drop(engine);
    let node = Node::open(store, at.clone(), 0)?;
    node.catch_up(&log).await.map_err(stopped)?;
    Ok(node.engine.revision())
}

/// Makes a store of its own of a node. Its agent must not run. Returns the epoch.
///
/// # Errors
/// `Argument` when it belongs to no cluster, or its agent runs.
pub fn leave(store: &Path) -> Result<u64> {
    let engine = Engine::open(store)?;
    if engine.cluster()?.is_none() {
        return Err(argument(format!("`{}` belongs to no cluster", store.display())));
    }
    if is_served(&engine.agent_path()?) {
        return Err(argument(format!("the agent of `{}` runs: stop it first", store.display())));
    }
    engine.stand_alone()
}

/// Raises the epoch of a shard: nodes of another line go back to the database's. Returns the epoch.
///
/// # Errors
/// `Argument` when there is no such shard, `File` when the role may not.
pub async fn promote(at: &Database, shard: &str) -> Result<i64> {
    let client = at.client().await.map_err(database)?;
    let row = client.query_one("SELECT linewarden.promote($1)", &[&shard]).await.map_err(|error| sql(&error))?;
    row.get::<_, Option<i64>>(0).ok_or_else(|| argument(format!("the database has no shard `{shard}`")))
}

/// Computes every hash of the database's log anew, and compares a store with it. Returns the last revision of the log.
///
/// # Errors
/// `File` with the first revision at fault, `Forked` when the store has another change set than the log.
pub async fn verify(at: &Database, shard: &str, store: Option<&Path>) -> Result<u64> {
    let client = at.client().await.map_err(database)?;
    let Some(state) = state(&client, shard).await? else {
        return Err(argument(format!("the database has no shard `{shard}` for this role")));
    };
    let row = client.query_one("SELECT linewarden.verify($1)", &[&shard]).await.map_err(|error| sql(&error))?;
    let whole: i64 = row.get(0);
    // The log may have grown meanwhile.
    if whole < state.revision {
        let message = format!("the log of `{shard}` is whole up to revision {whole}, and ends at {}", state.revision);
        return Err(Error::new(ErrorKind::File, message));
    }
    let whole = u64::try_from(whole).unwrap_or(0);
    if let Some(store) = store {
        let engine = Engine::open(store)?;
        block_in_place(|| engine.verify())?;
        let log = at.connect(shard).await.map_err(database)?;
        let here = engine.upstream()?;
        if log.head(here.revision).await.map_err(database)?.at != Some(here.hash) {
            let message = format!("revision {} of `{}` is not what the log has", here.revision, store.display());
            return Err(Error::new(ErrorKind::Forked, message));
        }
    }
    Ok(whole)
}
