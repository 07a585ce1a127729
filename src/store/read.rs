//! Reads the log, the numbers and the checkpoint. It must never return a change set or a document without checking its hash.
#![forbid(unsafe_code)]

use super::chain::Link;
use super::fault::{Fault, SqlResult};
use super::location::Location;
use super::{
    ChangeSet, Checkpoint, CheckpointDocument, DomainNumber, Filter, Hash, Head, Numbers, PartyNumber, Store, chain,
    schema,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Kind, Party};
use rusqlite::{Connection, OptionalExtension, Row, Statement};

/// The row of `meta` that says what was cut off: revision, time, hash, how many domains and parties the hash covers, and the hash over
/// the documents.
pub(super) const CUT: &str = "cut";

impl Store {
    /// The store's id: random bytes, drawn when it was created. Copies have the same id.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn id(&self) -> Result<[u8; 16]> {
        self.read(id)
    }

    /// The last revision; 0 while nothing was appended.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn revision(&self) -> Result<u64> {
        self.with("read", last_revision)
    }

    /// The head of the log.
    ///
    /// # Errors
    /// `File`, as for every call that reads: the file was removed or replaced, is locked, cannot be read, or is damaged.
    pub fn head(&self) -> Result<Head> {
        self.read(head)
    }

    /// Calls `each` with the change sets above `after`, up to `upto`, in order, from one read transaction. Returns the last revision
    /// passed to `each`, or `after`. An error of `each` stops it. `each` must not call this store, whose calls take turns.
    ///
    /// # Errors
    /// As for [`Store::head`]; also when a change set is missing or its hash does not match. The change sets before it are valid.
    pub fn since(&self, after: u64, upto: u64, mut each: impl FnMut(ChangeSet) -> Result<()>) -> Result<u64> {
        self.read(|conn| walk(&self.location, conn, after, upto, &mut |set, _| each(set).map(|()| true)))
    }

    /// All domains.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn domains(&self) -> Result<Vec<DomainNumber>> {
        self.read(|conn| domains_from(&self.location, conn, 0))
    }

    /// All parties with a higher number than `last`.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn parties_above(&self, last: Party) -> Result<Vec<PartyNumber>> {
        self.read(|conn| parties_above(&self.location, conn, last))
    }

    /// The checkpoint that a load begins from; empty, at revision 0, if none was ever set.
    ///
    /// # Errors
    /// As for [`Store::head`]; also when its hash does not match.
    pub fn checkpoint(&self) -> Result<Checkpoint> {
        self.read(|conn| {
            // A row that is lost there must not pass for a checkpoint that was never set.
            chain::meta::verify(&self.location, conn)?;
            checkpoint(&self.location, conn)
        })
    }

    /// The change sets that match the filter, newest first.
    ///
    /// # Errors
    /// As for [`Store::since`].
    pub fn history(&self, filter: &Filter) -> Result<Vec<ChangeSet>> {
        self.read(|conn| history(&self.location, conn, filter))
    }
}

pub(super) fn id(conn: &Connection) -> SqlResult<[u8; 16]> {
    Ok(conn.prepare_cached("SELECT value FROM meta WHERE key = 'store'")?.query_row([], |row| row.get(0))?)
}

fn last_revision(conn: &Connection) -> SqlResult<u64> {
    let last: Option<i64> =
        conn.prepare_cached("SELECT max(revision) FROM change_set")?.query_row([], |row| row.get(0))?;
    match last {
        Some(last) => Ok(number(last)?),
        None => Ok(cut(conn)?.0.revision),
    }
}

/// The head of the log as stored, not checked.
pub(super) fn head(conn: &Connection) -> SqlResult<Head> {
    Ok(end(conn)?.0)
}

/// The same with what its hashes cover.
pub(super) fn end(conn: &Connection) -> SqlResult<(Head, Link)> {
    let last = conn
        .prepare_cached(&format!(
            "SELECT hash, {}, revision, at FROM change_set ORDER BY revision DESC LIMIT 1",
            covering(conn)?
        ))?
        .query_row([], |row| {
            let link = link_of(row)?;
            Ok((Head { revision: number(row.get(3)?)?, at: row.get(4)?, hash: link.hash }, link))
        })
        .optional()?;
    match last {
        Some(end) => Ok(end),
        None => cut(conn),
    }
}

/// The columns of `change_set` that say how many numbers the hash of a set covers; a store of version 1 has none.
pub(super) fn covering(conn: &Connection) -> rusqlite::Result<&'static str> {
    Ok(if schema::version(conn)? < schema::COVERED { "NULL AS domains, NULL AS parties" } else { "domains, parties" })
}

/// The link in the first three columns: hash, domains, parties.
pub(super) fn link_of(row: &Row<'_>) -> rusqlite::Result<Link> {
    let (domains, parties): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
    Ok(Link { hash: row.get(0)?, covered: (domains.unwrap_or(0), parties.unwrap_or(0)) })
}

/// The stored link of a revision, not checked; `None` if the log has no such revision, or it was cut off.
pub(super) fn link_at(conn: &Connection, revision: u64) -> SqlResult<Option<Link>> {
    let (cut, link) = cut(conn)?;
    if revision == cut.revision {
        return Ok(Some(link));
    }
    let Ok(revision) = i64::try_from(revision) else { return Ok(None) };
    let select = format!("SELECT hash, {} FROM change_set WHERE revision = ?1", covering(conn)?);
    Ok(conn.prepare_cached(&select)?.query_row([revision], link_of).optional()?)
}

/// How many domains and parties have numbers, in this order.
pub(super) type Counted = (i64, i64);

/// The numbers above the first `from` of both kinds, up to `to`. A number that is missing is left out.
pub(super) fn numbers_between(conn: &Connection, from: Counted, to: Counted) -> rusqlite::Result<Numbers> {
    let mut numbers = Numbers::default();
    if from.0 < to.0 {
        let mut domains = conn.prepare_cached("SELECT id, name FROM domain WHERE id >= ?1 AND id < ?2 ORDER BY id")?;
        let domain = |row: &Row<'_>| Ok(DomainNumber { id: DomainId(row.get(0)?), name: row.get(1)? });
        numbers.domains = domains.query_map([from.0, to.0], domain)?.collect::<rusqlite::Result<_>>()?;
    }
    if from.1 < to.1 {
        let select = "SELECT id, domain, kind, name FROM party WHERE id > ?1 AND id <= ?2 ORDER BY id";
        let party = |row: &Row<'_>| {
            let number: i64 = row.get(2)?;
            let kind = u8::try_from(number).ok().and_then(Kind::from_number);
            let kind = kind.ok_or(rusqlite::Error::IntegralValueOutOfRange(2, number))?;
            Ok(PartyNumber { party: Party(row.get(0)?), domain: DomainId(row.get(1)?), kind, name: row.get(3)? })
        };
        let mut parties = conn.prepare_cached(select)?;
        numbers.parties = parties.query_map([from.1, to.1], party)?.collect::<rusqlite::Result<_>>()?;
    }
    Ok(numbers)
}

/// The numbers that the hash of the set in this row covers, columns 4 and 5, and the link that it is; `None` for a set of version 1.
pub(super) fn covers(conn: &Connection, row: &Row<'_>, before: &Link) -> rusqlite::Result<(Option<Numbers>, Counted)> {
    match (row.get(4)?, row.get(5)?) {
        (None::<i64>, None::<i64>) => Ok((None, (0, 0))),
        (domains, parties) => {
            let covered = (domains.unwrap_or(0), parties.unwrap_or(0));
            Ok((Some(numbers_between(conn, before.covered, covered)?), covered))
        }
    }
}

/// Whether a set brings as many numbers as its row says that its hash covers: those that are missing are not under its hash.
pub(super) fn brings_all(before: &Link, numbers: Option<&Numbers>, covered: Counted) -> bool {
    let brought = numbers.map(|numbers| (numbers.domains.len() as i64, numbers.parties.len() as i64));
    brought.is_none_or(|brought| {
        (covered.0.checked_sub(before.covered.0), covered.1.checked_sub(before.covered.1))
            == (Some(brought.0), Some(brought.1))
    })
}

/// The stored hash of a revision, not checked; `None` if the log has no such revision.
pub(super) fn hash_at(conn: &Connection, revision: u64) -> SqlResult<Option<Hash>> {
    Ok(link_at(conn, revision)?.map(|link| link.hash))
}

/// A stored number as the `u64` that was written.
pub(super) fn number(stored: i64) -> rusqlite::Result<u64> {
    u64::try_from(stored).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, stored))
}

/// A change set as stored, without its text, not checked.
pub(super) fn bare(row: &Row<'_>) -> rusqlite::Result<ChangeSet> {
    Ok(ChangeSet {
        revision: number(row.get(0)?)?,
        at: row.get(1)?,
        author: row.get(2)?,
        text: String::new(),
        hash: row.get(3)?,
    })
}

/// Reads a text from its parts, which are numbered from 0 on.
pub(super) fn text(parts: &mut Statement<'_>, of: impl rusqlite::Params) -> rusqlite::Result<String> {
    Ok(counted_text(parts, of)?.0)
}

/// The same, and the number of its parts, which an empty text has too.
fn counted_text(parts: &mut Statement<'_>, of: impl rusqlite::Params) -> rusqlite::Result<(String, i64)> {
    let mut text = String::new();
    let mut rows = parts.query(of)?;
    let mut expected = 0;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(1)?;
        if number != expected {
            return Err(rusqlite::Error::IntegralValueOutOfRange(1, number));
        }
        expected += 1;
        let part = row.get_ref(0)?.as_str();
        text.push_str(part.map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
        })?);
    }
    Ok((text, expected))
}

/// Selects the parts of a change set's text.
pub(super) const PARTS: &str = "SELECT text, part FROM change WHERE revision = ?1 ORDER BY part";

/// Calls `each` with the change sets above `after` and the numbers that each brings, until it returns false.
pub(super) fn walk(
    location: &Location,
    conn: &Connection,
    after: u64,
    upto: u64,
    each: &mut dyn FnMut(ChangeSet, Option<Numbers>) -> Result<bool>,
) -> SqlResult<u64> {
    let Some(mut before) = link_at(conn, after)? else {
        let ((cut, _), last) = (cut(conn)?, last_revision(conn)?);
        if after < cut.revision {
            return Err(location.was_cut(after, &cut).into());
        }
        return Err(location
            .damaged(&format!("revision {after} was there and is not any more, the last one is {last}"))
            .into());
    };
    let mut sets = conn.prepare_cached(&format!(
        "SELECT revision, at, author, hash, {} FROM change_set WHERE revision > ?1 AND revision <= ?2 ORDER BY revision",
        covering(conn)?
    ))?;
    let mut parts = conn.prepare_cached(PARTS)?;
    let mut rows = sets.query([signed(after), signed(upto)])?;
    let mut last = after;
    while let Some(row) = rows.next()? {
        let mut set = bare(row)?;
        if set.revision != last + 1 {
            return Err(location.damaged(&format!("revision {} of its log is missing", last + 1)).into());
        }
        set.text = text(&mut parts, [signed(set.revision)])?;
        let (numbers, covered) = covers(conn, row, &before)?;
        check(location, &before, &set, numbers.as_ref(), covered)?;
        before = Link { hash: set.hash, covered };
        last = set.revision;
        if !each(set, numbers)? {
            break;
        }
    }
    Ok(last)
}

/// Checks a change set's hash.
fn check(
    location: &Location,
    before: &Link,
    set: &ChangeSet,
    numbers: Option<&Numbers>,
    covered: Counted,
) -> SqlResult<()> {
    let hash = chain::link(&before.hash, set.revision, set.at, &set.author, &set.text, numbers);
    if hash == set.hash && brings_all(before, numbers, covered) {
        return Ok(());
    }
    Err(location.damaged(&format!("revision {} of its log is not what was written", set.revision)).into())
}

/// A revision as SQLite stores it. No revision is high enough not to fit.
pub(super) fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

pub(super) fn domains_from(location: &Location, conn: &Connection, first: usize) -> SqlResult<Vec<DomainNumber>> {
    let mut statement = conn.prepare_cached("SELECT id, name FROM domain WHERE id >= ?1 ORDER BY id")?;
    let mut rows = statement.query([signed(first as u64)])?;
    let mut domains = Vec::new();
    while let Some(row) = rows.next()? {
        let id: u16 = row.get(0)?;
        if usize::from(id) != first + domains.len() {
            return Err(location.damaged(&format!("domain {} is missing", first + domains.len())).into());
        }
        domains.push(DomainNumber { id: DomainId(id), name: row.get(1)? });
    }
    Ok(domains)
}

pub(super) fn parties_above(location: &Location, conn: &Connection, last: Party) -> SqlResult<Vec<PartyNumber>> {
    let mut statement = conn.prepare_cached("SELECT id, domain, kind, name FROM party WHERE id > ?1 ORDER BY id")?;
    let mut rows = statement.query([last.0])?;
    let mut parties = Vec::new();
    let mut expected = last.0;
    while let Some(row) = rows.next()? {
        let party: u32 = row.get(0)?;
        expected = expected.wrapping_add(1);
        if party != expected {
            return Err(location.damaged(&format!("party {expected} is missing")).into());
        }
        let Some(kind) = Kind::from_number(row.get(2)?) else {
            return Err(location.damaged(&format!("party {party} is of no known kind")).into());
        };
        parties.push(PartyNumber { party: Party(party), domain: DomainId(row.get(1)?), kind, name: row.get(3)? });
    }
    Ok(parties)
}

pub(super) fn checkpoint(location: &Location, conn: &Connection) -> SqlResult<Checkpoint> {
    let mut meta = conn.prepare("SELECT value FROM meta WHERE key = ?1")?;
    let Some(revision) = meta.query_row(["base_revision"], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(origin(location, conn)?.unwrap_or_default());
    };
    let expected: Hash = meta.query_row(["base_hash"], |row| row.get(0))?;
    documents(location, conn, "base", (number(revision)?, expected))
}

/// The documents in the table `base` or `cut`, checked.
pub(super) fn documents(
    location: &Location,
    conn: &Connection,
    table: &str,
    (revision, expected): (u64, Hash),
) -> SqlResult<Checkpoint> {
    let mut checkpoint = Checkpoint { revision, documents: Vec::new() };
    let mut list = conn.prepare(&format!("SELECT place, domain, name FROM {table} ORDER BY place"))?;
    let select = format!("SELECT text, part FROM {table}_text WHERE place = ?1 AND what = ?2 ORDER BY part");
    let mut parts = conn.prepare(&select)?;
    let mut rows = list.query([])?;
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(0)?;
        let mut part = |what: i64| match counted_text(&mut parts, [place, what])? {
            (_, 0) => Err(Fault::Said(location.damaged("the documents it begins from are not what was written"))),
            (text, _) => Ok(text),
        };
        checkpoint.documents.push(CheckpointDocument {
            domain: DomainId(row.get(1)?),
            name: row.get(2)?,
            document: part(0)?,
            state: part(1)?,
        });
    }
    let at = hash_at(conn, checkpoint.revision)?;
    match at {
        Some(at) if chain::checkpoint(&id(conn)?, &at, &checkpoint) == expected => Ok(checkpoint),
        _ => Err(location.damaged("the documents it begins from are not what was written").into()),
    }
}

fn history(location: &Location, conn: &Connection, filter: &Filter) -> SqlResult<Vec<ChangeSet>> {
    let mut sets = conn.prepare(&format!(
        "SELECT revision, at, author, hash, {} FROM change_set
         WHERE revision > ?1 AND revision < ?2 AND (?3 IS NULL OR author = ?3) ORDER BY revision DESC",
        covering(conn)?
    ))?;
    let mut parts = conn.prepare_cached(PARTS)?;
    let below = filter.below.map_or(i64::MAX, signed);
    let mut rows = sets.query((signed(filter.above), below, &filter.author))?;
    let mut found = Vec::new();
    while found.len() < filter.limit
        && let Some(row) = rows.next()?
    {
        let mut set = bare(row)?;
        set.text = text(&mut parts, [signed(set.revision)])?;
        if filter.text.as_ref().is_some_and(|part| !set.text.contains(part.as_str())) {
            continue;
        }
        let Some(before) = link_at(conn, set.revision.wrapping_sub(1))? else {
            return Err(location
                .damaged(&format!("revision {} of its log is missing", set.revision.wrapping_sub(1)))
                .into());
        };
        let (numbers, covered) = covers(conn, row, &before)?;
        check(location, &before, &set, numbers.as_ref(), covered)?;
        found.push(set);
    }
    Ok(found)
}

impl Location {
    /// The error of asking for a revision that was cut off.
    pub(super) fn was_cut(&self, revision: u64, cut: &Head) -> Error {
        let message = format!(
            "`{}`: revision {revision} was cut off by `linewarden compact`: the log begins after revision {}",
            self.shown.display(),
            cut.revision
        );
        Error::new(ErrorKind::Argument, message)
    }
}

/// What was cut off last, as stored, and the hash over the documents.
fn stored(conn: &Connection) -> SqlResult<Option<(Head, Link, Hash)>> {
    let mut select = conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    let Some(value) = select.query_row([CUT], |row| row.get::<_, [u8; 96]>(0)).optional()? else { return Ok(None) };
    let (mut words, mut hash, mut documents) = ([[0; 8]; 4], [0; 32], [0; 32]);
    let [revision, at, domains, parties] = &mut words;
    let mut rest = &value[..];
    for part in [&mut revision[..], at, domains, parties, &mut hash, &mut documents] {
        let (first, others) = rest.split_at(part.len());
        part.copy_from_slice(first);
        rest = others;
    }
    let [revision, at, domains, parties] = words.map(i64::from_be_bytes);
    let head = Head { revision: number(revision)?, at, hash };
    Ok(Some((head, Link { hash, covered: (domains, parties) }, documents)))
}

/// What [`stored`] reads.
pub(super) fn cut_value(cut: &Head, covered: Counted, documents: &Hash) -> Vec<u8> {
    let mut value = Vec::new();
    for word in [signed(cut.revision), cut.at, covered.0, covered.1] {
        value.extend(word.to_be_bytes());
    }
    value.extend(cut.hash);
    value.extend(documents);
    value
}

/// What was cut off last, as stored, not checked, and the link that the rest of the log goes on from; at revision 0 the one that a log
/// begins with.
pub(super) fn cut(conn: &Connection) -> SqlResult<(Head, Link)> {
    match stored(conn)? {
        Some((head, link, _)) => Ok((head, link)),
        None => {
            let link = Link::start(&id(conn)?);
            Ok((Head { revision: 0, at: 0, hash: link.hash }, link))
        }
    }
}

/// The documents that the rest of the log begins from, checked.
pub(super) fn origin(location: &Location, conn: &Connection) -> SqlResult<Option<Checkpoint>> {
    let Some((head, _, expected)) = stored(conn)? else { return Ok(None) };
    documents(location, conn, "cut", (head.revision, expected)).map(Some)
}
