//! Shadow mode: what a PBX has allowed so far is still allowed, and what the policy would refuse is written down.
//!
//! Only a caller that asks here gets such an answer: [`Engine::may`] never changes its own. A question takes no lock, allocates nothing
//! and makes no system call; another thread writes the lines. After its end it answers as the engine does.
#![forbid(unsafe_code)]

mod line;
mod log;
mod queue;

use crate::calendar::{clock, instant_text};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::explain::Reason;
use crate::id::{DomainId, Party};
use crate::right::{Right, RightSet};
use queue::{Entry, Queue};
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(feature = "capi")]
pub(crate) use self::log::LONGEST as LONGEST_LOG;
pub use self::log::ShadowLog;

/// The longest that a shadow may last: one that is never ended is a policy that is never in force.
const LONGEST: i64 = 366 * 86_400;

/// What a [`Shadow`] answers. The numbers are part of the C ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum ShadowAnswer {
    /// No, and it is no question of this shadow: another domain or right, or its end has come.
    No = 0,
    /// Yes by the policy.
    Yes = 1,
    /// The policy says no; it is allowed all the same, and written down.
    WouldRefuse = 2,
}

/// What a domain's policy would refuse, for some rights until an instant: allowed as before, and written into a [`ShadowLog`].
///
/// ```
/// use linewarden::{Engine, RightSet, Shadow, ShadowAnswer};
///
/// let engine = Engine::open("examples/companies/mixed.toml")?;
/// let until = linewarden::instant("2099-01-01T00:00:00Z")?;
/// let pickup: linewarden::Right = "call.pickup".parse()?;
/// assert!(Shadow::new(&engine, None, pickup.mask(), until).is_err(), "a year at most");
///
/// let soon = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64 + 60;
/// let shadow = Shadow::new(&engine, None, pickup.mask(), soon)?;
/// let (alice, diana) = (engine.resolve(None, "alice")?, engine.resolve(None, "diana")?);
/// assert!(!engine.may(diana, pickup, alice), "the engine's own answers stay");
/// assert_eq!(shadow.ask(&engine, diana, pickup, alice), ShadowAnswer::WouldRefuse);
/// # Ok::<(), linewarden::Error>(())
/// ```
#[derive(Debug)]
pub struct Shadow {
    domain: DomainId,
    domain_name: String,
    rights: RightSet,
    until: i64,
    queue: Queue,
    would_refuse: AtomicU64,
    written: AtomicU64,
}

/// What a shadow is doing.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    domain: String,
    rights: Vec<&'static str>,
    until: String,
    active: bool,
    would_refuse: u64,
    written: u64,
    lost: u64,
    summary: String,
}

impl Shadow {
    /// A shadow over the rights in the domain, or in the only one.
    ///
    /// # Errors
    /// `Unknown` for an unknown domain; `Argument` without rights, for an end that is past or more than a year ahead, and where a domain
    /// has to be named.
    pub fn new(engine: &Engine, domain: Option<&str>, rights: RightSet, until: i64) -> Result<Shadow> {
        let argument = |message: String| Err(Error::new(ErrorKind::Argument, message));
        let domains = engine.domains();
        let (domain, domain_name) = match (domain, domains.as_slice()) {
            (Some(name), all) => {
                let domain = engine.domain(name)?;
                (domain, all.iter().find(|(own, _)| *own == domain).map_or(name, |(_, own)| own).to_owned())
            }
            (None, [(domain, name)]) => (*domain, name.clone()),
            (None, _) => return argument("the source has several domains, expected the one of the shadow".into()),
        };
        if rights.is_empty() {
            return argument("a shadow over no right".into());
        }
        let now = clock::now();
        if until <= now {
            return argument(format!("the shadow's end {} is past", instant_text(until)));
        }
        if until - now > LONGEST {
            return argument(format!("the shadow's end {} is more than a year ahead", instant_text(until)));
        }
        let (would_refuse, written) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Shadow { domain, domain_name, rights, until, queue: Queue::new(), would_refuse, written })
    }

    /// Whether refusals are allowed now. After a step back of the clock an end that has come stays.
    pub fn is_active(&self) -> bool {
        clock::read().holds(|now| now < self.until)
    }

    /// May `actor` do `right` to `target`, or would it be refused? Takes no lock, allocates nothing and makes no system call.
    pub fn ask(&self, engine: &Engine, actor: Party, right: Right, target: Party) -> ShadowAnswer {
        if engine.may(actor, right, target) {
            return ShadowAnswer::Yes;
        }
        if !self.covers(right) || engine.kind(target).is_none_or(|(domain, _)| domain != self.domain) {
            return ShadowAnswer::No;
        }
        let decision = engine.reason(actor, right, target);
        if decision.allowed {
            // The rights have changed since.
            return ShadowAnswer::Yes;
        }
        // An actor that is no party: a defect of the caller and no telephone.
        if decision.reason == Reason::Unknown {
            return ShadowAnswer::No;
        }
        self.note(Entry::of((actor, target), right, decision.revision))
    }

    /// The same by names. A name that the domain does not know would be refused, too: telephones that the policy lacks are what a shadow
    /// is to find.
    pub fn ask_named(&self, engine: &Engine, domain: Option<&str>, texts: [&str; 2], right: Right) -> ShadowAnswer {
        let found = engine.reason_named(domain, texts, right);
        if found.decision.allowed {
            return ShadowAnswer::Yes;
        }
        if !self.covers(right) || found.domain != Some(self.domain) || texts.iter().any(|text| text.is_empty()) {
            return ShadowAnswer::No;
        }
        let [actor, target] = found.parties;
        let numbers = (actor.unwrap_or_default(), target.unwrap_or_default());
        let mut entry = Entry::of(numbers, right, found.decision.revision);
        entry.name(texts);
        self.note(entry)
    }

    fn covers(&self, right: Right) -> bool {
        right != Right::default() && self.rights.contains(right.mask()) && self.is_active()
    }

    fn note(&self, mut entry: Entry) -> ShadowAnswer {
        entry.at = clock::now();
        self.would_refuse.fetch_add(1, Ordering::Relaxed);
        self.queue.push(&entry);
        ShadowAnswer::WouldRefuse
    }

    /// Counts refusals of [`Shadow::lines`] as written, or as lost.
    fn count(&self, refusals: u64, written: bool) {
        match written {
            true => drop(self.written.fetch_add(refusals, Ordering::Relaxed)),
            false => self.queue.lose(refusals),
        }
    }

    /// What it is doing, in one line for people: where a PBX shows its state, it shows this.
    pub fn summary(&self) -> String {
        self.status().summary
    }

    /// What it is doing, for programs.
    pub(crate) fn status(&self) -> Status {
        let (would_refuse, written) = (self.would_refuse.load(Ordering::Relaxed), self.written.load(Ordering::Relaxed));
        let (active, until, rights) = (self.is_active(), instant_text(self.until), self.rights.shortest());
        let which = match RightSet::from_bits(u128::MAX) == self.rights {
            true => "every right".to_owned(),
            false => rights.join(", "),
        };
        let summary = match active {
            true => format!("SHADOW MODE: {which} in {} is not enforced until {until}", self.domain_name),
            false => format!("the shadow of {which} in {} has ended on {until}", self.domain_name),
        };
        let (domain, lost) = (self.domain_name.clone(), self.queue.lost());
        Status { domain, rights, until, active, would_refuse, written, lost, summary }
    }
}
