//! The log on PostgreSQL: the functions of `sql/` do the work. A statement that may have appended must never be cancelled or repeated:
//! PostgreSQL shows what it only committed here, and a lost answer is settled by its attempt.
#![forbid(unsafe_code)]

mod connect;
pub mod schema;

use super::{Appended, Attempt, Cluster, Fault, Hash, Head, Log};
use futures_util::TryStreamExt;
use linewarden::agent::{DomainNumber, Numbers, PartyNumber, Trial};
use linewarden::{BatchSet, ChangeSet, DomainId, Kind, Party};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

pub use connect::{Database, SetupError};

/// How long the database may take to answer a question.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How long an append may take: it waits for the standby.
const APPEND: Duration = Duration::from_secs(10);
/// How long one change set may take on its way: an import is large.
const ROW: Duration = Duration::from_secs(30);
/// One second more for every so many bytes of a change set.
const SECOND: usize = 1 << 20;
/// The most bytes of texts that are read at once, but for the last change set.
const BYTES: usize = 16 << 20;

const HEAD: &str = "SELECT s.store, s.epoch, s.fence, s.revision, s.timeline = linewarden.timeline(),
    CASE WHEN s.revision = $2 THEN s.hash WHEN s.first_revision = $2 THEN s.first_hash
    ELSE (SELECT c.hash FROM linewarden.change_set c WHERE c.shard = s.name AND c.revision = $2) END, s.first_revision
    FROM linewarden.shard s WHERE s.name = $1";
const AFTER: &str = "SELECT c.revision, c.at, c.author, c.text, c.domains, c.party_domains, c.party_kinds, c.party_names, c.hash,
    c.first_domain, c.first_party FROM linewarden.change_set c WHERE c.shard = $1 AND c.revision > $2 ORDER BY c.revision LIMIT $3";
const APPENDING: &str =
    "SELECT revision, hash FROM linewarden.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const SETTLE: &str = "SELECT revision, hash FROM linewarden.settle($1, $2, $3)";

/// A connection to the log of one shard.
#[derive(Debug)]
pub struct Postgres {
    client: Client,
    shard: String,
    statements: Statements,
    heard: Arc<Heard>,
}

#[derive(Debug)]
struct Statements {
    head: Statement,
    after: Statement,
    append: Statement,
    settle: Statement,
}

/// What came from the database beside answers.
#[derive(Debug, Default)]
struct Heard {
    /// Signalled by every notification, and when the connection ends.
    bell: Notify,
    /// How many warnings came.
    warnings: AtomicU64,
}

/// Waits for the database at most so long.
async fn within<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(patience, answer).await {
        Ok(answer) => answer.map_err(|error| fault(&error)),
        Err(_) => Err(Fault::Lost(format!("the database has not answered for {} s", patience.as_secs()))),
    }
}

/// What an error means. PostgreSQL may have committed what it was interrupted in.
fn fault(error: &tokio_postgres::Error) -> Fault {
    let Some(said) = error.as_db_error() else { return Fault::Lost(whole(error)) };
    let code = said.code().code();
    let interrupted = ["08", "57", "58", "XX"].iter().any(|class| code.starts_with(class));
    let read_only = *said.code() == SqlState::READ_ONLY_SQL_TRANSACTION;
    let message = format!("the database says: {}", said.message());
    if interrupted || read_only { Fault::Lost(message) } else { Fault::Said(message) }
}

/// An error with the errors behind it.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(behind) = next {
        let more = behind.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = behind.source();
    }
    text
}

fn damaged(what: &str) -> Fault {
    Fault::Said(format!("the database holds {what}: `linewarden cluster verify` says more"))
}

fn unsigned(number: i64) -> Result<u64, Fault> {
    u64::try_from(number).map_err(|_| damaged("a negative number"))
}

pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// New domains and parties as the columns of the database have them.
pub(crate) struct Columns<'a> {
    pub domains: Vec<&'a str>,
    pub party_domains: Vec<i32>,
    pub party_kinds: Vec<i32>,
    pub party_names: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(numbers: &'a Numbers) -> Columns<'a> {
        let parties = || numbers.parties.iter();
        Columns {
            domains: numbers.domains.iter().map(|domain| domain.name.as_str()).collect(),
            party_domains: parties().map(|party| i32::from(party.domain.0)).collect(),
            party_kinds: parties().map(|party| party.kind as i32).collect(),
            party_names: parties().map(|party| party.name.as_str()).collect(),
        }
    }
}

fn get<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Fault> {
    row.try_get(column).map_err(|error| damaged(&format!("something else than expected ({error})")))
}

fn bytes<const N: usize>(row: &Row, column: usize) -> Result<[u8; N], Fault> {
    get::<&[u8]>(row, column)?.try_into().map_err(|_| damaged("a hash of another length"))
}

fn change_set(row: &Row) -> Result<BatchSet, Fault> {
    let mut numbers = Numbers::default();
    let (first_domain, first_party): (i64, i64) = (get(row, 9)?, get(row, 10)?);
    for (id, name) in (first_domain..).zip(get::<Vec<String>>(row, 4)?) {
        let id = u16::try_from(id).map_err(|_| damaged("too many domains"))?;
        numbers.domains.push(DomainNumber { id: DomainId(id), name });
    }
    let (domains, kinds): (Vec<i32>, Vec<i32>) = (get(row, 5)?, get(row, 6)?);
    let names = get::<Vec<String>>(row, 7)?;
    for (party, ((domain, kind), name)) in (first_party..).zip(domains.into_iter().zip(kinds).zip(names)) {
        let party = u32::try_from(party).map_err(|_| damaged("too many parties"))?;
        let domain = u16::try_from(domain).map_err(|_| damaged("a domain without a number"))?;
        let kind =
            Kind::ALL.into_iter().find(|known| *known as i32 == kind).ok_or_else(|| damaged("an unknown kind"))?;
        numbers.parties.push(PartyNumber { party: Party(party), domain: DomainId(domain), kind, name });
    }
    let set = ChangeSet {
        revision: unsigned(get(row, 0)?)?,
        at: get(row, 1)?,
        author: get(row, 2)?,
        text: get(row, 3)?,
        hash: bytes(row, 8)?,
    };
    Ok(BatchSet { set, numbers })
}

impl Postgres {
    /// Runs a statement that writes. A wait for the standby that was cancelled ends with a warning: a promoted standby may not have
    /// what was written.
    async fn durable(
        &self,
        statement: &Statement,
        parameters: &[&(dyn ToSql + Sync)],
        patience: Duration,
    ) -> Result<Option<Row>, Fault> {
        let warned = self.heard.warnings.load(Ordering::SeqCst);
        let row = within(patience, self.client.query_opt(statement, parameters)).await?;
        match self.heard.warnings.load(Ordering::SeqCst) == warned {
            true => Ok(row),
            false => Err(Fault::Lost("the database did not wait for its standby".into())),
        }
    }

    fn reached(row: Option<&Row>) -> Result<Option<(u64, Hash)>, Fault> {
        row.map(|row| Ok((unsigned(get(row, 0)?)?, bytes(row, 1)?))).transpose()
    }
}

impl Log for Postgres {
    async fn head(&self, revision: u64) -> Result<Head, Fault> {
        let revision = signed(revision);
        let parameters: [&(dyn ToSql + Sync); 2] = [&self.shard, &revision];
        let ask = || within(PATIENCE, self.client.query_opt(&self.statements.head, &parameters));
        let missing = || Fault::Said(format!("the database has no shard `{}` for this role", self.shard));
        let mut row = ask().await?.ok_or_else(missing)?;
        if !get::<bool>(&row, 4)? {
            // The database was promoted since: this is another line of the log.
            let parameters: [&(dyn ToSql + Sync); 1] = [&self.shard];
            let _ = within(APPEND, self.client.query_one("SELECT linewarden.renew($1)", &parameters)).await?;
            row = ask().await?.ok_or_else(missing)?;
        }
        Ok(Head {
            store: bytes(&row, 0)?,
            epoch: unsigned(get(&row, 1)?)?,
            fence: get(&row, 2)?,
            revision: unsigned(get(&row, 3)?)?,
            first: unsigned(get(&row, 6)?)?,
            at: match get::<Option<&[u8]>>(&row, 5)? {
                Some(_) => Some(bytes(&row, 5)?),
                None => None,
            },
        })
    }

    async fn after(&self, revision: u64, most: usize) -> Result<Vec<BatchSet>, Fault> {
        let (revision, most) = (signed(revision), i64::try_from(most).unwrap_or(i64::MAX));
        let parameters: [&(dyn ToSql + Sync); 3] = [&self.shard, &revision, &most];
        let rows = within(PATIENCE, self.client.query_raw(&self.statements.after, parameters)).await?;
        let mut rows = pin!(rows);
        let (mut sets, mut size) = (Vec::new(), 0);
        while let Some(row) = within(ROW, rows.try_next()).await? {
            size += get::<&str>(&row, 3)?.len();
            sets.push(change_set(&row)?);
            if size >= BYTES {
                break;
            }
        }
        Ok(sets)
    }

    async fn append(&self, head: &Head, tried: &Trial, attempt: &Attempt) -> Result<Appended, Fault> {
        let Trial { after, before, author, text, numbers, .. } = tried;
        let Columns { domains, party_domains, party_kinds, party_names } = Columns::of(numbers);
        let (epoch, after, before, attempt) =
            (signed(head.epoch), signed(*after), before.as_slice(), attempt.as_slice());
        let parameters: [&(dyn ToSql + Sync); 12] = [
            &self.shard,
            &epoch,
            &head.fence,
            &after,
            &before,
            &attempt,
            author,
            text,
            &domains,
            &party_domains,
            &party_kinds,
            &party_names,
        ];
        let patience = APPEND.saturating_add(Duration::from_secs((text.len() / SECOND) as u64));
        let row = self.durable(&self.statements.append, &parameters, patience).await?;
        Ok(match Postgres::reached(row.as_ref())? {
            Some((revision, hash)) => Appended::Done(revision, hash),
            None => Appended::Behind,
        })
    }

    async fn settle(&self, after: u64, attempt: &Attempt) -> Result<Option<(u64, Hash)>, Fault> {
        let (after, attempt) = (signed(after), attempt.as_slice());
        let parameters: [&(dyn ToSql + Sync); 3] = [&self.shard, &after, &attempt];
        let row = self.durable(&self.statements.settle, &parameters, APPEND).await?;
        Postgres::reached(row.as_ref())
    }

    async fn woken(&self) {
        self.heard.bell.notified().await;
    }
}

impl Cluster for Database {
    type Log = Postgres;

    async fn connect(&self, shard: &str) -> Result<Postgres, Fault> {
        self.connected(shard).await
    }
}
