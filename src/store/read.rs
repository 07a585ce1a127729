//! Reading: the log in order, the numbers, the base. Every change set and every document is checked against its hash before it
//! is handed out.
#![forbid(unsafe_code)]

use super::connect::Location;
use super::fault::Tried;
use super::{
    Base, BaseDocument, ChangeSet, Filter, Hash, Head, News, NumberedDomain, NumberedParty, Numbers, Store, chain,
};
use crate::error::Result;
use crate::id::{DomainId, Kind, Party};
use rusqlite::{Connection, OptionalExtension, Row, Statement};

impl Store {
    /// The random number that this store got when it was made. Copies have the same.
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

    /// Where the log ends.
    ///
    /// # Errors
    /// `File`, as for every call that reads: the file was removed or replaced, is locked, cannot be read, or is damaged.
    pub fn head(&self) -> Result<Head> {
        self.read(head)
    }

    /// Tells the change sets above `after`, up to `upto`, in order, as of one moment, and returns the last revision told (`after`
    /// if there was none). An error of `tell` ends it. `tell` must not call this store, whose calls take turns.
    ///
    /// # Errors
    /// As for [`Store::head`]; also when a change set is missing or is not what was appended. What was told before is right.
    pub fn since(&self, after: u64, upto: u64, mut tell: impl FnMut(ChangeSet) -> Result<()>) -> Result<u64> {
        self.read(|conn| walk(&self.location, conn, after, upto, &mut tell))
    }

    /// Everything newer than what a reader knows: change sets above `after`, and numbers beyond the `domains` and `parties`
    /// (the highest number) it has.
    ///
    /// # Errors
    /// As for [`Store::since`].
    pub fn news(&self, after: u64, domains: usize, parties: Party) -> Result<News> {
        self.read(|conn| {
            let mut sets = Vec::new();
            walk(&self.location, conn, after, u64::MAX, &mut |set| {
                sets.push(set);
                Ok(())
            })?;
            let head = match sets.last() {
                Some(last) => last.head(),
                None => head(conn)?,
            };
            let numbers = Numbers {
                domains: domains_from(&self.location, conn, domains)?,
                parties: parties_above(&self.location, conn, parties)?,
            };
            Ok(News { head, sets, numbers })
        })
    }

    /// All domains.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn domains(&self) -> Result<Vec<NumberedDomain>> {
        self.read(|conn| domains_from(&self.location, conn, 0))
    }

    /// All parties with a higher number than `last`.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn parties_above(&self, last: Party) -> Result<Vec<NumberedParty>> {
        self.read(|conn| parties_above(&self.location, conn, last))
    }

    /// The documents that a load begins from; empty, at revision 0, if none were ever set.
    ///
    /// # Errors
    /// As for [`Store::head`]; also when they are not what was set.
    pub fn base(&self) -> Result<Base> {
        self.read(|conn| base(&self.location, conn))
    }

    /// Tells change sets, the newest first.
    ///
    /// # Errors
    /// As for [`Store::since`].
    pub fn history(&self, filter: &Filter) -> Result<Vec<ChangeSet>> {
        self.read(|conn| history(&self.location, conn, filter))
    }
}

pub(super) fn id(conn: &Connection) -> Tried<[u8; 16]> {
    Ok(conn.query_row("SELECT value FROM meta WHERE key = 'store'", [], |row| row.get(0))?)
}

fn last_revision(conn: &Connection) -> Tried<u64> {
    let last: Option<i64> =
        conn.prepare_cached("SELECT max(revision) FROM change_set")?.query_row([], |row| row.get(0))?;
    Ok(number(last.unwrap_or(0))?)
}

/// Where the log ends, as the rows say.
pub(super) fn head(conn: &Connection) -> Tried<Head> {
    let last = conn
        .prepare_cached("SELECT revision, at, hash FROM change_set ORDER BY revision DESC LIMIT 1")?
        .query_row([], |row| Ok(Head { revision: number(row.get(0)?)?, at: row.get(1)?, hash: row.get(2)? }))
        .optional()?;
    match last {
        Some(head) => Ok(head),
        None => Ok(Head { revision: 0, at: 0, hash: chain::start(&id(conn)?) }),
    }
}

/// The hash that the rows say revision `revision` has, if there is such a revision.
pub(super) fn hash_at(conn: &Connection, revision: u64) -> Tried<Option<Hash>> {
    if revision == 0 {
        return Ok(Some(chain::start(&id(conn)?)));
    }
    let Ok(revision) = i64::try_from(revision) else { return Ok(None) };
    let hash =
        conn.prepare_cached("SELECT hash FROM change_set WHERE revision = ?1")?.query_row([revision], |row| row.get(0));
    Ok(hash.optional()?)
}

/// A number that was written from a `u64`.
fn number(stored: i64) -> rusqlite::Result<u64> {
    u64::try_from(stored).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, stored))
}

/// A change set as the rows say, without its text.
pub(super) fn bare(row: &Row<'_>) -> rusqlite::Result<ChangeSet> {
    Ok(ChangeSet {
        revision: number(row.get(0)?)?,
        at: row.get(1)?,
        author: row.get(2)?,
        text: String::new(),
        hash: row.get(3)?,
    })
}

/// Reads the parts of one text.
pub(super) fn text(parts: &mut Statement<'_>, of: impl rusqlite::Params) -> rusqlite::Result<String> {
    let mut text = String::new();
    let mut rows = parts.query(of)?;
    while let Some(row) = rows.next()? {
        let part = row.get_ref(0)?.as_str();
        text.push_str(part.map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
        })?);
    }
    Ok(text)
}

/// The parts of a change set's text.
pub(super) const PARTS: &str = "SELECT text FROM change WHERE revision = ?1 ORDER BY part";

fn walk(
    location: &Location,
    conn: &Connection,
    after: u64,
    upto: u64,
    tell: &mut dyn FnMut(ChangeSet) -> Result<()>,
) -> Tried<u64> {
    let Some(mut before) = hash_at(conn, after)? else {
        let last = last_revision(conn)?;
        return Err(location
            .damaged(&format!("revision {after} was there and is not any more, the last one is {last}"))
            .into());
    };
    let mut sets = conn.prepare_cached(
        "SELECT revision, at, author, hash FROM change_set WHERE revision > ?1 AND revision <= ?2 ORDER BY revision",
    )?;
    let mut parts = conn.prepare_cached(PARTS)?;
    let mut rows = sets.query([signed(after), signed(upto)])?;
    let mut last = after;
    while let Some(row) = rows.next()? {
        let mut set = bare(row)?;
        if set.revision != last + 1 {
            return Err(location.damaged(&format!("revision {} of its log is missing", last + 1)).into());
        }
        set.text = text(&mut parts, [signed(set.revision)])?;
        check(location, &before, &set)?;
        before = set.hash;
        last = set.revision;
        tell(set)?;
    }
    Ok(last)
}

/// Makes sure that a change set is what was appended.
fn check(location: &Location, before: &Hash, set: &ChangeSet) -> Tried<()> {
    if chain::link(before, set.revision, set.at, &set.author, &set.text) == set.hash {
        return Ok(());
    }
    Err(location.damaged(&format!("revision {} of its log is not what was written", set.revision)).into())
}

/// As SQLite has it; no revision is as high as what does not fit.
pub(super) fn signed(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}

pub(super) fn domains_from(location: &Location, conn: &Connection, first: usize) -> Tried<Vec<NumberedDomain>> {
    let mut statement = conn.prepare_cached("SELECT id, name FROM domain WHERE id >= ?1 ORDER BY id")?;
    let mut rows = statement.query([signed(first as u64)])?;
    let mut domains = Vec::new();
    while let Some(row) = rows.next()? {
        let id: u16 = row.get(0)?;
        if usize::from(id) != first + domains.len() {
            return Err(location.damaged(&format!("domain {} is missing", first + domains.len())).into());
        }
        domains.push(NumberedDomain { id: DomainId(id), name: row.get(1)? });
    }
    Ok(domains)
}

pub(super) fn parties_above(location: &Location, conn: &Connection, last: Party) -> Tried<Vec<NumberedParty>> {
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
        parties.push(NumberedParty { party: Party(party), domain: DomainId(row.get(1)?), kind, name: row.get(3)? });
    }
    Ok(parties)
}

pub(super) fn base(location: &Location, conn: &Connection) -> Tried<Base> {
    let mut meta = conn.prepare("SELECT value FROM meta WHERE key = ?1")?;
    let Some(revision) = meta.query_row(["base_revision"], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(Base::default());
    };
    let expected: Hash = meta.query_row(["base_hash"], |row| row.get(0))?;
    let mut base = Base { revision: number(revision)?, documents: Vec::new() };
    let mut list = conn.prepare("SELECT place, domain, name FROM base ORDER BY place")?;
    let mut parts = conn.prepare("SELECT text FROM base_text WHERE place = ?1 AND what = ?2 ORDER BY part")?;
    let mut rows = list.query([])?;
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(0)?;
        base.documents.push(BaseDocument {
            domain: DomainId(row.get(1)?),
            name: row.get(2)?,
            document: text(&mut parts, [place, 0])?,
            state: text(&mut parts, [place, 1])?,
        });
    }
    let at = hash_at(conn, base.revision)?;
    match at {
        Some(at) if chain::base(&id(conn)?, &at, &base) == expected => Ok(base),
        _ => Err(location.damaged("the documents it begins from are not what was written").into()),
    }
}

fn history(location: &Location, conn: &Connection, filter: &Filter) -> Tried<Vec<ChangeSet>> {
    let mut sets = conn.prepare(
        "SELECT revision, at, author, hash FROM change_set
         WHERE revision > ?1 AND revision < ?2 AND (?3 IS NULL OR author = ?3) ORDER BY revision DESC",
    )?;
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
        let Some(before) = hash_at(conn, set.revision.wrapping_sub(1))? else {
            return Err(location
                .damaged(&format!("revision {} of its log is missing", set.revision.wrapping_sub(1)))
                .into());
        };
        check(location, &before, &set)?;
        found.push(set);
    }
    Ok(found)
}
