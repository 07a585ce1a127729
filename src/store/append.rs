//! Appends to the log and replaces the checkpoint. Each call is one transaction. It must never alter an entry of the log.
#![forbid(unsafe_code)]

use super::fault::{Fault, SqlResult};
use super::read::{Counted, end, hash_at, head, id, numbers_between, signed};
use super::{Checkpoint, Head, Numbers, Store, Written, chain};
use crate::error::{Error, ErrorKind, Result};
use rusqlite::Connection;
use std::borrow::Cow;

/// Texts are stored in parts of at most this many bytes, because SQLite limits the size of a row.
const PART: usize = 1 << 20;

impl Store {
    /// Appends a change set as revision `expected + 1`, with the numbers of its new domains and parties. When it returns `Done`,
    /// the change set is on the disk. If the clock has gone back, `at` is raised to the time of the revision before; the returned
    /// head has the time that was stored.
    ///
    /// Returns `Behind` and writes nothing unless the last revision is `expected` and the new numbers are the next free ones.
    ///
    /// # Errors
    /// `Follows` or `Forked` when the store follows another one. `File` when the store cannot be written: the file was removed or replaced, another program has it locked, the disk is full
    /// or reports an error. Readers do not see the change set then. Only a power failure at that moment can make it appear later.
    pub fn append(&self, expected: u64, at: i64, author: &str, text: &str, numbers: &Numbers) -> Result<Written> {
        self.write(|conn| {
            self.stands_alone(conn)?;
            let (last, link) = end(conn)?;
            if last.revision != expected || !add_numbers(conn, numbers)? {
                return Ok((Written::Behind, false));
            }
            let revision = last.revision + 1;
            let at = at.max(last.at);
            let now = counted(conn)?;
            let brought = (numbers.domains.len() as i64, numbers.parties.len() as i64);
            let new = match (link.covered.0 + brought.0, link.covered.1 + brought.1) == now {
                true => Cow::Borrowed(numbers),
                false => Cow::Owned(numbers_between(conn, link.covered, now)?),
            };
            let hash = chain::link(&last.hash, revision, at, author, text, Some(&new));
            insert(conn, &Head { revision, at, hash }, author, text, now)?;
            Ok((Written::Done(Head { revision, at, hash }), true))
        })
    }

    /// Replaces the checkpoint. `checkpoint.revision` need not be the last revision; the log is not changed. `numbers` are those of
    /// the documents' new domains and parties.
    ///
    /// Returns `Behind` and writes nothing unless the last revision is `expected` and the new numbers are the next free ones.
    ///
    /// # Errors
    /// As for [`Store::append`]; `Argument` when the log has no revision `checkpoint.revision` or two documents have one domain.
    pub fn set_checkpoint(&self, expected: u64, checkpoint: &Checkpoint, numbers: &Numbers) -> Result<Written> {
        self.write(|conn| {
            let last = head(conn)?;
            if last.revision != expected || !add_numbers(conn, numbers)? {
                return Ok((Written::Behind, false));
            }
            let Some(at) = hash_at(conn, checkpoint.revision)? else {
                let message =
                    format!("a checkpoint of revision {}, the last one is {}", checkpoint.revision, last.revision);
                return Err(Error::new(ErrorKind::Argument, message).into());
            };
            conn.execute_batch("DELETE FROM base_text; DELETE FROM base;")?;
            add_documents(conn, "base", checkpoint)?;
            let mut meta = conn.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")?;
            meta.execute(("base_revision", signed(checkpoint.revision)))?;
            meta.execute(("base_hash", chain::checkpoint(&id(conn)?, &at, checkpoint)))?;
            Ok((Written::Done(last), true))
        })
    }
}

/// How many domains and parties have numbers.
fn counted(conn: &Connection) -> SqlResult<Counted> {
    let select = "SELECT (SELECT coalesce(max(id) + 1, 0) FROM domain), (SELECT coalesce(max(id), 0) FROM party)";
    Ok(conn.prepare_cached(select)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Writes a change set, which the caller has checked; `head` is that of the log then, and its hashes cover `covered`.
pub(super) fn insert(conn: &Connection, head: &Head, author: &str, text: &str, covered: Counted) -> SqlResult<()> {
    let revision = signed(head.revision);
    conn.prepare_cached(
        "INSERT INTO change_set(revision, at, author, hash, domains, parties) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((revision, head.at, author, head.hash, covered.0, covered.1))?;
    let mut insert = conn.prepare_cached("INSERT INTO change(revision, part, text) VALUES(?1, ?2, ?3)")?;
    for (part, place) in parts(text).zip(0i64..) {
        insert.execute((revision, place, part))?;
    }
    Ok(())
}

/// Stores the documents in the table `base` or `cut`, which is empty.
pub(super) fn add_documents(conn: &Connection, table: &str, checkpoint: &Checkpoint) -> SqlResult<()> {
    let mut insert = conn.prepare(&format!("INSERT INTO {table}(place, domain, name) VALUES(?1, ?2, ?3)"))?;
    let insert_text = format!("INSERT INTO {table}_text(place, what, part, text) VALUES(?1, ?2, ?3, ?4)");
    let mut insert_text = conn.prepare(&insert_text)?;
    for (document, place) in checkpoint.documents.iter().zip(0i64..) {
        insert.execute((place, document.domain.0, &document.name)).map_err(|error| {
            let domain = document.domain.0;
            or_argument(error, format!("the checkpoint has domain {domain} twice, or the store has no such domain"))
        })?;
        for (what, text) in [(0i64, &document.document), (1, &document.state)] {
            for (part, number) in parts(text).zip(0i64..) {
                insert_text.execute((place, what, number, part))?;
            }
        }
    }
    Ok(())
}

/// Stores the numbers. Returns false if they are not the next free ones.
pub(super) fn add_numbers(conn: &Connection, numbers: &Numbers) -> SqlResult<bool> {
    if !numbers.domains.is_empty() {
        let count: i64 = conn.prepare_cached("SELECT count(*) FROM domain")?.query_row([], |row| row.get(0))?;
        if numbers.domains.iter().zip(count..).any(|(domain, next)| i64::from(domain.id.0) != next) {
            return Ok(false);
        }
        let mut insert = conn.prepare("INSERT INTO domain(id, name) VALUES(?1, ?2)")?;
        for domain in &numbers.domains {
            insert
                .execute((domain.id.0, &domain.name))
                .map_err(|error| or_argument(error, format!("domain `{}` has a number already", domain.name)))?;
        }
    }
    if !numbers.parties.is_empty() {
        let last: Option<i64> = conn.prepare_cached("SELECT max(id) FROM party")?.query_row([], |row| row.get(0))?;
        if numbers.parties.iter().zip(last.unwrap_or(0) + 1..).any(|(party, next)| i64::from(party.party.0) != next) {
            return Ok(false);
        }
        let mut insert = conn.prepare_cached("INSERT INTO party(id, domain, kind, name) VALUES(?1, ?2, ?3, ?4)")?;
        for party in &numbers.parties {
            insert.execute((party.party.0, party.domain.0, party.kind as u8, &party.name)).map_err(|error| {
                let (kind, name, domain) = (party.kind.word(), &party.name, party.domain.0);
                or_argument(error, format!("{kind} `{name}` has a number already, or domain {domain} has none"))
            })?;
        }
    }
    chain::numbers::cover(conn)?;
    Ok(true)
}

/// A violated table constraint is the caller's mistake; any other error stays as it is.
fn or_argument(error: rusqlite::Error, message: String) -> Fault {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => Error::new(ErrorKind::Argument, message).into(),
        _ => error.into(),
    }
}

/// Splits a text into parts, at least one.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = (0..=PART.min(text.len())).rev().find(|end| text.is_char_boundary(*end))?;
        let (part, others) = text.split_at(end);
        rest = Some(others).filter(|others| !others.is_empty());
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_whole_text() {
        for text in [String::new(), "a".into(), "ä".repeat(PART), "abc".repeat(PART), "x".repeat(PART)] {
            let found: Vec<&str> = parts(&text).collect();
            assert!(!found.is_empty() && found.iter().all(|part| part.len() <= PART));
            assert_eq!(found.concat(), text);
            assert_eq!(found.len(), text.len().div_ceil(PART).max(1));
        }
    }
}
