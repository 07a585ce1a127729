//! The lines of a shadow's log: JSON, one object a line. Equal refusals that wait together are one line.
#![forbid(unsafe_code)]

use super::queue::Entry;
use super::{Shadow, Status};
use crate::calendar::{clock, instant_text};
use crate::engine::Engine;
use crate::explain::Reason;
use crate::id::Party;
use crate::right::Right;
use crate::wording::quote;
use serde::Serialize;
use std::collections::BTreeMap;

/// One line of refusals.
#[derive(Serialize)]
struct Refused<'a> {
    at: String,
    domain: &'a str,
    actor: &'a str,
    right: &'a str,
    target: &'a str,
    reason: Reason,
    why: String,
    revision: u64,
    times: u64,
}

/// The first line, and the last.
#[derive(Serialize)]
struct Turn<'a> {
    shadow: &'a str,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(flatten)]
    status: Status,
}

impl Shadow {
    /// The line that begins a log.
    pub(super) fn first_line(&self, engine: &Engine) -> String {
        self.turn("begins", engine.source().map(|path| path.to_string_lossy().into_owned()))
    }

    /// The line that ends it.
    pub(super) fn last_line(&self) -> String {
        self.turn("ends", None)
    }

    fn turn(&self, turn: &str, source: Option<String>) -> String {
        json(&Turn { shadow: turn, at: instant_text(clock::now()), source, status: self.status() })
    }

    /// The lines of what was refused since the last call, and how many refusals they are. They allocate and read the policy.
    pub(super) fn lines(&self, engine: &Engine) -> (String, u64) {
        let mut order = Vec::new();
        let mut times: BTreeMap<_, u64> = BTreeMap::new();
        for entry in self.queue.take_all() {
            let same = (entry.actor, entry.target, entry.right, entry.names());
            let count = times.entry(same.clone()).or_default();
            if *count == 0 {
                order.push((same, entry));
            }
            *count += 1;
        }
        let (mut lines, mut refusals) = (String::new(), 0);
        for (same, entry) in order {
            let times = times.get(&same).copied().unwrap_or_default();
            lines += &self.line(engine, &entry, &same.3, times);
            refusals += times;
        }
        (lines, refusals)
    }

    fn line(&self, engine: &Engine, entry: &Entry, asked: &[String; 2], times: u64) -> String {
        let right = Right::from_number(entry.right).unwrap_or_default();
        let text = |party: Party, asked: &str| match party {
            Party::NONE => asked.to_owned(),
            party => engine.text_in(&self.domain_name, party),
        };
        let (actor, target) = (text(entry.actor, &asked[0]), text(entry.target, &asked[1]));
        let known = entry.actor != Party::NONE && entry.target != Party::NONE;
        let (reason, why) = match known {
            true => {
                let explained = engine.explain_briefly(entry.actor, right, entry.target, None);
                match explained.allowed {
                    true => (Reason::NotGranted, "refused then, allowed since".into()),
                    false => (explained.reason, explained.summary),
                }
            }
            false => {
                let unknown = if entry.actor == Party::NONE { &actor } else { &target };
                (Reason::Unknown, format!("{} does not know {}", self.domain_name, quote(unknown)))
            }
        };
        json(&Refused {
            at: instant_text(entry.at),
            domain: &self.domain_name,
            actor: &actor,
            right: right.name(),
            target: &target,
            reason,
            why,
            revision: entry.revision,
            times,
        })
    }
}

fn json(line: &impl Serialize) -> String {
    // Texts and numbers alone: they always have a form in JSON.
    serde_json::to_string(line).map(|line| line + "\n").unwrap_or_default()
}
