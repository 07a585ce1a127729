//! The audit: a line of JSON for each change set, whichever program made it, and for decisions where that is switched on. It goes to a file
//! and to the system's log.
//!
//! It must never name a party or number unless the configuration says so, nor pass over a change set.
#![forbid(unsafe_code)]

use super::Service;
use super::caller::Caller;
use super::config::{self, Decisions};
use super::journal;
use super::metrics::Metrics;
use super::problem::Problem;
use linewarden::{ChangeSet, Decision, Engine, Error, ErrorKind, Filter, Party, Reason, Result, Right};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How much of the file's end is read to find where the audit ended.
const END: u64 = 1 << 20;
/// The most change sets that are read at once.
const MOST: usize = 1000;
/// Facility authpriv, severity info: `10 * 8 + 6`.
const PRIORITY: u32 = 86;
/// `EMSGSIZE`: what the system says of a datagram that is too long.
const TOO_LONG: i32 = 90;

/// Where lines go.
#[derive(Debug)]
pub struct Audit {
    config: config::Audit,
    file: Option<Mutex<File>>,
    syslog: Option<UnixDatagram>,
    journald: Option<UnixDatagram>,
    asked: AtomicU64,
}

#[derive(Serialize)]
struct Changed<'a> {
    event: &'static str,
    at: String,
    revision: u64,
    hash: String,
    author: String,
    changes: usize,
    domains: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// Change sets that were cut off before they were written.
#[derive(Serialize)]
struct Gap {
    event: &'static str,
    after: u64,
    to: u64,
}

#[derive(Serialize)]
struct Requested<'a> {
    event: &'static str,
    at: String,
    caller: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct Decided<'a> {
    event: &'static str,
    at: String,
    caller: &'a str,
    revision: u64,
    domain: String,
    actor: String,
    right: &'static str,
    target: String,
    allowed: bool,
    reason: Reason,
}

fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    linewarden::instant_text(i64::try_from(since.as_secs()).unwrap_or(0))
}

impl Audit {
    /// Opens what the configuration names.
    ///
    /// # Errors
    /// `File` when the file cannot be opened for appending, or the socket cannot be reached.
    pub fn open(config: &config::Audit) -> Result<Audit> {
        let failed = |path: &std::path::Path, error: std::io::Error| {
            Error::new(ErrorKind::File, format!("`{}`: {error}", path.display()))
        };
        let file = config.file.as_ref().map(|path| {
            use std::os::unix::fs::OpenOptionsExt;
            let opened = OpenOptions::new().read(true).append(true).create(true).mode(0o640).open(path);
            opened.map(Mutex::new).map_err(|error| failed(path, error))
        });
        let socket = |path: &std::path::PathBuf| {
            let connected = UnixDatagram::unbound().and_then(|socket| {
                socket.connect(path)?;
                // A log socket whose reader is slow must not hold up answers.
                socket.set_write_timeout(Some(Duration::from_millis(100)))?;
                Ok(socket)
            });
            connected.map_err(|error| failed(path, error))
        };
        let [syslog, journald] = [&config.syslog, &config.journald].map(|path| path.as_ref().map(socket).transpose());
        let (file, syslog, journald) = (file.transpose()?, syslog?, journald?);
        Ok(Audit { config: config.clone(), file, syslog, journald, asked: AtomicU64::new(0) })
    }

    /// Whether anything is written.
    pub fn is_on(&self) -> bool {
        self.file.is_some() || self.syslog.is_some() || self.journald.is_some()
    }

    /// Writes a line; what cannot be written is counted and said.
    fn write(&self, line: &impl Serialize, metrics: &Metrics) {
        let Ok(line) = serde_json::to_string(line) else { return };
        let failed = |error: std::io::Error| {
            if metrics.unwritten.fetch_add(1, Ordering::Relaxed) == 0 {
                eprintln!("the audit cannot be written: {error}");
            }
        };
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
                failed(error);
            }
        }
        let of_syslog =
            |line: &str| format!("<{PRIORITY}>linewarden-agent[{}]: {line}", std::process::id()).into_bytes();
        let _ = self.syslog.as_ref().map(|log| sent(log, &line, of_syslog).map_err(failed));
        let _ = self.journald.as_ref().map(|log| sent(log, &line, journal::datagram).map_err(failed));
    }

    /// The revision of the last change set in the file.
    fn last_revision(&self) -> Option<u64> {
        let mut file = self.file.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let length = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(END))).ok()?;
        let mut end = Vec::new();
        file.read_to_end(&mut end).ok()?;
        let revision = |line: &[u8]| {
            let value: serde_json::Value = serde_json::from_slice(line).ok()?;
            value.get("event").filter(|event| *event == "change")?;
            value.get("revision")?.as_u64()
        };
        end.split(|byte| *byte == b'\n').rev().find_map(revision)
    }

    /// Writes a decision, where it is one of those that are written.
    pub fn decided(&self, service: &Service, caller: &Caller, asked: (Party, Right, Party), decision: &Decision) {
        let wanted = self.is_on()
            && match self.config.decisions {
                Decisions::None => false,
                Decisions::Refusals => !decision.allowed,
                Decisions::Sampled => self.asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.config.one_of),
                Decisions::All => true,
            };
        if !wanted {
            return;
        }
        let (actor, right, target) = asked;
        let shown = |party| match self.config.names {
            true => service.engine.text(party),
            false => masked(&service.engine, party),
        };
        let line = Decided {
            event: "decision",
            at: now(),
            caller: &caller.name,
            revision: decision.revision,
            domain: service.engine.domain_name_of(target).unwrap_or_default(),
            actor: shown(actor),
            right: right.name(),
            target: shown(target),
            allowed: decision.allowed,
            reason: decision.reason,
        };
        self.write(&line, &service.metrics);
    }

    /// Writes who asked for a change over HTTP, and its result.
    pub fn requested(
        &self,
        service: &Service,
        caller: &Caller,
        uid: Option<u32>,
        made: std::result::Result<u64, &Problem>,
    ) {
        if self.is_on() {
            let problem = made.err();
            // The sentence names parties.
            let why = problem.map(|problem| problem.detail.as_str()).filter(|_| self.config.names);
            let (revision, refused) = (made.ok(), problem.map(|problem| problem.code));
            let line = Requested { event: "request", at: now(), caller: &caller.name, uid, revision, refused, why };
            self.write(&line, &service.metrics);
        }
    }

    fn changed(&self, service: &Service, set: &ChangeSet) {
        let entries = linewarden::parse_changes(&set.text, None).unwrap_or_default();
        let mut domains: Vec<String> = entries.iter().map(|entry| entry.domain.clone()).collect();
        domains.sort_unstable();
        domains.dedup();
        let author = match (set.author.as_str(), self.config.names) {
            ("", _) => "administrator".to_owned(),
            (author, true) => author.to_owned(),
            (author, false) => match service.engine.find(None, author) {
                Some(party) => masked(&service.engine, party),
                None => "user".to_owned(),
            },
        };
        let line = Changed {
            event: "change",
            at: linewarden::instant_text(set.at.div_euclid(1000)),
            revision: set.revision,
            hash: set.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            author,
            changes: entries.len(),
            domains,
            text: self.config.names.then_some(&set.text),
        };
        self.write(&line, &service.metrics);
    }
}

/// Sends a line as one datagram. Where it is longer than a datagram may be, the text of its change is left out: the log has it under the same
/// revision and hash.
fn sent(log: &UnixDatagram, line: &str, datagram: impl Fn(&str) -> Vec<u8>) -> std::io::Result<()> {
    match log.send(&datagram(line)) {
        Err(error) if error.raw_os_error() == Some(TOO_LONG) => {
            let mut value: serde_json::Value = serde_json::from_str(line)?;
            if let Some(text) = value.get_mut("text") {
                *text = serde_json::Value::Null;
            }
            log.send(&datagram(&value.to_string())).map(|_| ())
        }
        sent => sent.map(|_| ()),
    }
}

/// A party without its name: its kind and the number that it has in this store.
fn masked(engine: &Engine, party: Party) -> String {
    let kind = engine.kind(party).map_or("unknown", |(_, kind)| kind.word());
    format!("{kind}#{}", party.0)
}

/// Writes every change set from where the file ended, until the service has gone.
pub fn follow(service: Arc<Service>) {
    let mut last = service.audit.last_revision().unwrap_or_else(|| service.engine.revision());
    let weak = Arc::downgrade(&service);
    drop(service);
    while let Some(service) = weak.upgrade() {
        if let Err(error) = catch_up(&service, &mut last)
            && service.metrics.unwritten.fetch_add(1, Ordering::Relaxed) == 0
        {
            eprintln!("the audit cannot read the log: {error}");
        }
        let waited = service.engine.wait_for(last.saturating_add(1), Duration::from_millis(500));
        if !waited && service.engine.revision() < last {
            // A node went back to its cluster's line: what comes is another line.
            last = service.engine.revision();
        }
    }
}

fn catch_up(service: &Service, last: &mut u64) -> Result<()> {
    while service.engine.revision() > *last {
        let below = last.saturating_add(MOST as u64).saturating_add(1);
        let mut sets = service.engine.history(&Filter {
            above: *last,
            below: Some(below),
            author: None,
            text: None,
            limit: MOST,
        })?;
        sets.reverse();
        match sets.last() {
            None => {
                // `compact` cut them off before they were written.
                let to = below.saturating_sub(1).min(service.engine.revision());
                service.audit.write(&Gap { event: "gap", after: *last, to }, &service.metrics);
                *last = to;
            }
            Some(newest) => {
                for set in &sets {
                    service.audit.changed(service, set);
                }
                *last = newest.revision;
            }
        }
    }
    Ok(())
}
