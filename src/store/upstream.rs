//! What a store follows: the mark that forbids local changes, the epoch, when it last heard from its upstream, and whether it is
//! forked. The mark is in the store, so that it holds for every program. A store must never lose it but by [`Store::stand_alone`].
#![forbid(unsafe_code)]

use super::fault::SqlResult;
use super::read::{cut, end, id, link_at, signed};
use super::token::{Token, prefix};
use super::{Hash, Store, chain};
use crate::error::{Error, ErrorKind, Result};
use crate::heard;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, ToSql};
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What [`Upstream::kind`] says of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum Following {
    /// It follows no other store: changes are made here.
    Alone = 1,
    /// It follows another one, and heard from it lately.
    Following = 2,
    /// It follows another one, and heard nothing for too long. Answers are those of the last revision.
    CutOff = 3,
    /// It holds change sets that its upstream does not: it has to be made anew from a copy of the upstream.
    Forked = 4,
}

impl Following {
    /// The word for it in messages and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Following::Alone => "alone",
            Following::Following => "following",
            Following::CutOff => "cut_off",
            Following::Forked => "forked",
        }
    }
}

/// How a store stands towards the log it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upstream {
    /// The store's id.
    pub store: [u8; 16],
    /// The epoch; 0 until a store that followed became one of its own.
    pub epoch: u64,
    /// The last revision of the log here.
    pub revision: u64,
    /// Its hash.
    pub hash: Hash,
    /// What the store follows, as its follower named it; `None` for a store that stands alone.
    pub name: Option<String>,
    /// The cluster that the store belongs to: its agent makes the changes.
    pub cluster: Option<String>,
    /// How many revisions the upstream had more when it was last heard from.
    pub lag: u64,
    /// How long ago the upstream was last heard from; `None` if the store stands alone, or if the clock cannot say.
    pub age: Option<Duration>,
    /// Why it is forked.
    pub forked: Option<String>,
}

impl Upstream {
    /// In one word; after `longest` without a word from its upstream a store is cut off.
    pub fn kind(&self, longest: Duration) -> Following {
        match (&self.name, &self.forked, self.age) {
            (None, ..) => Following::Alone,
            (_, Some(_), _) => Following::Forked,
            (.., Some(age)) if age <= longest => Following::Following,
            _ => Following::CutOff,
        }
    }

    /// The token of the last revision.
    pub fn token(&self) -> Token {
        Token { store: self.store, epoch: self.epoch, revision: self.revision, hash: prefix(&self.hash) }
    }
}

/// A moment, by both clocks of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moment {
    /// Milliseconds since 1970, which can be set.
    wall: u64,
    /// Milliseconds since the machine started, and which start it was: this clock cannot be set.
    running: Option<(u64, String)>,
}

impl Moment {
    fn now() -> Moment {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let read = |path| fs::read_to_string(path).ok();
        let uptime = read("/proc/uptime").and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
        let boot = read("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned());
        let running = uptime.map(|seconds| (seconds * 1000.0) as u64).zip(boot.filter(|boot| !boot.is_empty()));
        Moment { wall: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX), running }
    }

    fn print(&self) -> String {
        match &self.running {
            Some((running, boot)) => format!("{} {running} {boot}", self.wall),
            None => self.wall.to_string(),
        }
    }

    fn parse(text: &str) -> Option<Moment> {
        let mut words = text.split(' ');
        let wall = words.next()?.parse().ok()?;
        let running = words.next().and_then(|running| running.parse().ok());
        Some(Moment { wall, running: running.zip(words.next().map(str::to_owned)) })
    }

    /// How long it is from `earlier` to this moment. Across a restart only the wall clock can say; a clock that was set back cannot.
    fn since(&self, earlier: &Moment) -> Option<Duration> {
        let milliseconds = match (&self.running, &earlier.running) {
            (Some((now, boot)), Some((then, same))) if boot == same => now.checked_sub(*then)?,
            _ => self.wall.checked_sub(earlier.wall)?,
        };
        Some(Duration::from_millis(milliseconds))
    }
}

/// The row of `meta` that names the cluster that the store belongs to.
pub(super) const CLUSTER: &str = "cluster";

pub(super) fn value<T: FromSql>(conn: &Connection, key: &str) -> SqlResult<Option<T>> {
    let mut select = conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(select.query_row([key], |row| row.get(0)).optional()?)
}

pub(super) fn set(conn: &Connection, key: &str, value: impl ToSql) -> SqlResult<()> {
    let mut insert = conn.prepare_cached("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")?;
    insert.execute((key, value))?;
    Ok(())
}

/// Removes the checkpoint, if `is_gone` says so of its revision.
pub(super) fn discard_checkpoint(conn: &Connection, is_gone: impl FnOnce(i64) -> bool) -> SqlResult<()> {
    if value::<i64>(conn, "base_revision")?.is_some_and(is_gone) {
        conn.execute_batch(
            "DELETE FROM base_text; DELETE FROM base;
             DELETE FROM meta WHERE key IN ('base_revision', 'base_hash');",
        )?;
    }
    Ok(())
}

pub(super) fn discard(conn: &Connection, key: &str) -> SqlResult<()> {
    conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?;
    Ok(())
}

/// The epoch of the store.
pub(super) fn epoch(conn: &Connection) -> SqlResult<u64> {
    Ok(value::<i64>(conn, "epoch")?.and_then(|epoch| u64::try_from(epoch).ok()).unwrap_or(0))
}

/// Notes that the store holds what its upstream holds, whose log ended at `head`.
pub(super) fn hear(conn: &Connection, name: &str, epoch: u64, head: u64) -> SqlResult<()> {
    set(conn, "upstream", name)?;
    set(conn, "epoch", signed(epoch))?;
    set(conn, "upstream_head", signed(head))?;
    set(conn, "heard", Moment::now().print())?;
    discard(conn, "forked")
}

impl Store {
    /// How the store stands towards the log it belongs to.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn upstream(&self) -> Result<Upstream> {
        self.read(|conn| {
            let (head, _) = end(conn)?;
            let name: Option<String> = value(conn, "upstream")?;
            let known = value::<i64>(conn, "upstream_head")?.and_then(|head| u64::try_from(head).ok()).unwrap_or(0);
            let heard = value::<String>(conn, "heard")?.and_then(|text| Moment::parse(&text));
            let follows = name.is_some();
            Ok(Upstream {
                store: id(conn)?,
                epoch: epoch(conn)?,
                revision: head.revision,
                hash: head.hash,
                lag: if follows { known.saturating_sub(head.revision) } else { 0 },
                age: heard.filter(|_| follows).and_then(|heard| Moment::now().since(&heard)),
                forked: value(conn, "forked")?,
                cluster: value(conn, CLUSTER)?,
                name,
            })
        })
    }

    /// When the upstream was last heard from, as a word of an image; of a store that stands alone, always.
    ///
    /// # Errors
    /// As for [`Store::head`].
    pub fn heard(&self) -> Result<u64> {
        self.read(|conn| {
            if value::<String>(conn, "upstream")?.is_none() && value::<String>(conn, CLUSTER)?.is_none() {
                return Ok(heard::ALWAYS);
            }
            let moment = value::<String>(conn, "heard")?.and_then(|text| Moment::parse(&text));
            // Only the clock that cannot be set counts here.
            let running = moment.and_then(|moment| moment.running);
            Ok(running.map_or(heard::NEVER, |(milliseconds, boot)| heard::word(milliseconds, &boot)))
        })
    }

    /// The token of a revision.
    ///
    /// # Errors
    /// `Argument` when the log has no such revision, or it was cut off; else as for [`Store::head`].
    pub fn token(&self, revision: u64) -> Result<Token> {
        self.read(|conn| match link_at(conn, revision)? {
            Some(link) => Ok(Token { store: id(conn)?, epoch: epoch(conn)?, revision, hash: prefix(&link.hash) }),
            None => {
                let (cut, _) = cut(conn)?;
                if revision < cut.revision {
                    return Err(self.location.was_cut(revision, &cut).into());
                }
                let message = format!("`{}` has no revision {revision}", self.location.shown.display());
                Err(Error::new(ErrorKind::Argument, message).into())
            }
        })
    }

    /// Checks that changes may be made in this store.
    ///
    /// # Errors
    /// `Follows` when it follows another one, `Forked` when it is forked from it; else as for [`Store::head`].
    pub fn may_change(&self) -> Result<()> {
        self.read(|conn| self.stands_alone(conn))
    }

    /// The same inside a transaction.
    pub(super) fn stands_alone(&self, conn: &Connection) -> SqlResult<()> {
        let Some(name) = value::<String>(conn, "upstream")? else { return Ok(()) };
        let shown = self.location.shown.display();
        let error = match value::<String>(conn, "forked")? {
            Some(why) => {
                let message = format!(
                    "`{shown}` is forked from `{name}`, which it follows: {why}; put a backup of `{name}` in its place, nothing was \
                     changed"
                );
                Error::new(ErrorKind::Forked, message)
            }
            None => {
                let message = format!(
                    "`{shown}` follows `{name}`: make the change there; `linewarden follow {shown} --end` makes it a store of its own"
                );
                Error::new(ErrorKind::Follows, message)
            }
        };
        Err(error.into())
    }

    /// Marks a store that follows another one as forked. A store that stands alone is no one's copy and stays as it is.
    ///
    /// # Errors
    /// As for [`Store::append`].
    pub fn mark_forked(&self, why: &str) -> Result<()> {
        self.write(|conn| {
            let follows = value::<String>(conn, "upstream")?.is_some();
            if follows {
                set(conn, "forked", why)?;
            }
            Ok(((), follows))
        })
    }

    /// Makes a store that follows another one a store of its own, in which changes are made; its epoch rises. Returns the epoch.
    ///
    /// # Errors
    /// `Argument` when it follows none; else as for [`Store::append`].
    pub fn stand_alone(&self) -> Result<u64> {
        self.write(|conn| {
            if value::<String>(conn, "upstream")?.is_none() {
                let message = format!("`{}` follows no other store", self.location.shown.display());
                return Err(Error::new(ErrorKind::Argument, message).into());
            }
            let epoch = epoch(conn)?.saturating_add(1);
            set(conn, "epoch", signed(epoch))?;
            ["upstream", "upstream_head", "heard", "forked", CLUSTER].iter().try_for_each(|key| discard(conn, key))?;
            Ok((epoch, true))
        })
    }

    /// Gives a store without a log the id of another one, which it is going to follow.
    pub(super) fn take_id(&self, id: &[u8; 16]) -> Result<()> {
        self.write(|conn| {
            let empty = end(conn)?.0.revision == 0;
            if empty {
                set(conn, "store", id)?;
                // They begin with the id.
                chain::numbers::begin(conn)?;
            }
            Ok(((), empty))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_does_not_make_a_store_fresh() {
        let moment = |wall, running, boot: &str| Moment { wall, running: Some((running, boot.to_owned())) };
        let heard = moment(1_000_000, 5_000, "a");
        assert_eq!(Moment::parse(&heard.print()), Some(heard.clone()));
        let after = |now: Moment| now.since(&heard).map(|age| age.as_millis());
        assert_eq!(after(moment(0, 9_000, "a")), Some(4_000), "the wall clock was set back");
        assert_eq!(after(moment(u64::MAX, 5_001, "a")), Some(1), "and forward");
        assert_eq!(after(moment(1_060_000, 10, "b")), Some(60_000), "the machine was started again");
        assert_eq!(after(moment(999_999, 10, "b")), None, "started again, and set back");
        let blind = Moment { wall: 1_000_500, running: None };
        assert_eq!((after(blind.clone()), Moment::parse(&blind.print())), (Some(500), Some(blind)));
        let upstream = |age, forked: Option<&str>| Upstream {
            store: [0; 16],
            epoch: 0,
            revision: 0,
            hash: [0; 32],
            name: Some("rights".into()),
            cluster: None,
            lag: 0,
            age,
            forked: forked.map(str::to_owned),
        };
        let longest = Duration::from_secs(3);
        assert_eq!(upstream(None, None).kind(longest), Following::CutOff);
        assert_eq!(upstream(Some(longest), None).kind(longest), Following::Following);
        assert_eq!(upstream(Some(longest * 2), None).kind(longest), Following::CutOff);
        assert_eq!(upstream(Some(longest), Some("why")).kind(longest), Following::Forked);
    }
}
