//! Explains an answer: the trace of its evaluation, in words, with places in the documents.
//!
//! Nothing here may decide: the verdict is the evaluation's, and these files only describe what the evaluation read.
#![forbid(unsafe_code)]

mod brief;
mod changes;
mod levels;
mod reason;
mod sandbox;
mod sources;

pub(crate) use brief::brief;
pub(crate) use reason::{Decided, decide};

use crate::address::address_of;
use crate::calendar::clock::{self, Reading};
use crate::directory::Directory;
use crate::id::{Kind, Line, Party};
use crate::image::compile::Origins;
use crate::image::evaluate::check::{Trace, TraceEvent};
use crate::image::{Image, Resolved};
use crate::policy::change::Change;
use crate::policy::{Domain, Policy};
use crate::right::phrase::phrase;
use crate::right::{Right, RightSet};
use crate::rule::Origin;
use crate::system::System;
use crate::system::xphone::{Certainty, TransferRole};
use serde::Serialize;

/// The reason for an answer. The numbers are part of the C ABI: they are only added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u32)]
#[non_exhaustive]
pub enum Reason {
    /// Actor, right or target is unknown, or the engine is closed.
    #[default]
    Unknown = 0,
    /// No source gives the right.
    NotGranted = 1,
    /// The right does not apply between these kinds of parties.
    NotApplicable = 2,
    /// The owner's own XPhone setting decides, and its label lacks the right.
    OwnSettingLacks = 3,
    /// The owner is a VIP without an own setting for the actor.
    Vip = 4,
    /// The owner's line is private: no other party sees the numbers of its calls.
    PrivateLine = 5,
    /// The target is exempt from the right, whatever a rule says.
    Exempt = 6,
    /// The store has not heard from the log that it follows for longer than the domain allows.
    TooOld = 7,
    /// Towards oneself.
    Oneself = 16,
    /// The owner's own XPhone setting.
    OwnSetting = 17,
    /// The default of the owner's site or configuration group.
    SiteDefault = 18,
    /// An XPhone workgroup.
    Workgroup = 19,
    /// An XPhone monitoring group.
    MonitoringGroup = 20,
    /// The actor is flagged as assistant.
    Assistant = 21,
    /// The actor's role in a transfer.
    Transfer = 22,
    /// No label of XPhone applies, so the actor is unknown to the owner, and the label Unknown has the right.
    UnknownLabel = 23,
    /// The estos global preset.
    GlobalAuthorization = 32,
    /// An estos authorization group.
    AuthorizationGroup = 33,
    /// Leader of an estos authorization group.
    GroupLeader = 34,
    /// The owner's own estos grant.
    OwnGrant = 35,
    /// Several sources together give all parts of the right, and no single one does.
    SourcesTogether = 36,
    /// The administrator's grant to this viewer towards this owner (estos).
    AdministrativeGrant = 37,
    /// A pascom permission.
    Permission = 48,
    /// pascom: open until the first permission carries the role type.
    OpenDefault = 49,
    /// pascom: an agent may pick up calls that wait in the own team.
    Agent = 50,
    /// keevio subscriptions.
    Subscription = 64,
    /// A keevio permission realm.
    Realm = 65,
    /// The domain's settings allow such a change of relations.
    RelationRule = 80,
    /// A rule of linewarden's own system.
    Rule = 96,
    /// The forwarding may be set, and the domain opens this class of destinations to every forwarding.
    Destination = 97,
}

impl Reason {
    /// Every reason, in the order of the numbers.
    pub const ALL: &'static [Reason] = &[
        Reason::Unknown,
        Reason::NotGranted,
        Reason::NotApplicable,
        Reason::OwnSettingLacks,
        Reason::Vip,
        Reason::PrivateLine,
        Reason::Exempt,
        Reason::TooOld,
        Reason::Oneself,
        Reason::OwnSetting,
        Reason::SiteDefault,
        Reason::Workgroup,
        Reason::MonitoringGroup,
        Reason::Assistant,
        Reason::Transfer,
        Reason::UnknownLabel,
        Reason::GlobalAuthorization,
        Reason::AuthorizationGroup,
        Reason::GroupLeader,
        Reason::OwnGrant,
        Reason::SourcesTogether,
        Reason::AdministrativeGrant,
        Reason::Permission,
        Reason::OpenDefault,
        Reason::Agent,
        Reason::Subscription,
        Reason::Realm,
        Reason::RelationRule,
        Reason::Rule,
        Reason::Destination,
    ];
}

/// The reason for an answer in words, with every source that was read.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The answer, equal to that of `Engine::may`.
    pub allowed: bool,
    /// The target's domain.
    pub domain: String,
    /// The actor.
    pub actor: String,
    /// The right.
    pub right: String,
    /// The target.
    pub target: String,
    /// The reason code.
    pub reason: Reason,
    /// The answer and its reason in one line, for people.
    pub summary: String,
    /// Whether the vendor states the matrix cell that the answer rests on.
    pub certainty: Certainty,
    /// That cell, if the vendor does not state it: `row 20, employee`; else empty.
    pub rests_on: String,
    /// Every source that was read, in order.
    pub sources: Vec<Source>,
    /// For a no: the changes that would each make it a yes, smallest first.
    pub changes: Vec<Suggestion>,
    /// For a no without such changes: the reason why there are none. Empty otherwise.
    pub no_change: String,
    /// The revision of the answer.
    pub revision: u64,
}

/// A source of rights that the evaluation read.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// Its system; `None` for rules about oneself and about relations.
    pub system: Option<System>,
    /// Its kind and name: `own setting`, ``workgroup `project-acme` ``.
    pub what: String,
    /// Its place: `acme.toml:88`; empty if it is in no document.
    pub place: String,
    /// The level or label it gives, or its content in a few words.
    pub level: String,
    /// The levels that have the right in the system's matrix.
    pub cell: String,
    /// Whether it gives the right in question.
    pub gives: bool,
    /// Whether it decided: it is the first that gives the right.
    pub decides: bool,
    /// Whether it would give the right, and does not count now: it has not begun, or has ended.
    #[serde(skip)]
    pub awaits: bool,
    /// The reason code of the answer if it decides.
    #[serde(skip)]
    pub reason: Reason,
}

/// A change that would turn a no into a yes: one fact, or several that are all needed.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Suggestion {
    /// The change in words: `level business -> team`.
    pub change: String,
    /// Its place: `acme.toml:88`; the document alone for a new entry.
    pub place: String,
    /// The changes to apply to the target's domain, all of them together.
    #[serde(skip)]
    pub edit: Vec<Change>,
}

/// A question, with the policy, names and origins that explain its answer.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub policy: &'a Policy,
    pub names: &'a Directory,
    pub origins: &'a Origins,
    pub actor: Party,
    pub right: Right,
    pub target: Party,
    pub role: Option<TransferRole>,
}

/// A question with the answer and trace of its evaluation.
pub(crate) struct Answered<'a> {
    pub question: Question<'a>,
    /// The target's domain.
    pub domain: &'a Domain,
    /// The actor as the target's domain knows it; `NONE` for an unlisted contact.
    pub actor: Party,
    /// The actor's kind there.
    pub kind: Kind,
    pub rights: RightSet,
    pub reason: Reason,
    pub events: TraceEvents,
    /// The instant that is asked for: of words about dates, too.
    now: i64,
}

/// The trace of an evaluation, in order. It allocates only for pairs with very many common groups.
pub(crate) struct TraceEvents {
    few: [TraceEvent; TraceEvents::FEW],
    count: usize,
    more: Vec<TraceEvent>,
    /// What the clock said, where it was asked.
    reading: Option<Reading>,
}

impl TraceEvents {
    const FEW: usize = 24;

    fn at(reading: Option<Reading>) -> TraceEvents {
        TraceEvents { few: [TraceEvent::NoLabel; TraceEvents::FEW], count: 0, more: Vec::new(), reading }
    }

    pub fn iter(&self) -> impl Iterator<Item = &TraceEvent> {
        self.few.iter().take(self.count).chain(&self.more)
    }
}

impl Trace for TraceEvents {
    fn event(&mut self, event: TraceEvent) {
        match self.few.get_mut(self.count) {
            Some(held) => {
                *held = event;
                self.count += 1;
            }
            None => self.more.push(event),
        }
    }

    fn clock(&mut self) -> Reading {
        *self.reading.get_or_insert_with(clock::read)
    }
}

impl<'a> Question<'a> {
    /// Evaluates the question with its trace; `None` if actor, target or right is unknown.
    pub fn ask(mut self, image: Image<'_>) -> Option<Answered<'a>> {
        let unlisted = self.names.unlisted();
        let resolved = (image.resolve(unlisted, self.actor), image.resolve(unlisted, self.target));
        let Decided { rights, reason, reading } = reason::decide(&image, resolved, self.right, self.role)?;
        let known = |party| match party {
            Resolved::Party(party) => image.party(party),
            Resolved::Unlisted(domain) => Some((domain, Kind::Contact)),
        };
        let ((actor_domain, actor_kind), (target_domain, _)) = (known(resolved.0)?, known(resolved.1)?);
        let domain = self.policy.domain(target_domain)?;
        let mut events = TraceEvents::at(reading);
        let _ = image.between(resolved.0, resolved.1, self.role, &mut events);
        let actor = match resolved.0 {
            Resolved::Party(actor) => {
                self.actor = actor;
                if actor_domain == target_domain { actor } else { self.alias(domain) }
            }
            Resolved::Unlisted(_) => Party::NONE,
        };
        if let Resolved::Party(target) = resolved.1 {
            self.target = target;
        }
        let same = actor_domain == target_domain;
        let kind = if !same && actor_kind == Kind::User { Kind::Contact } else { actor_kind };
        let now = reading.map_or_else(|| self.policy.instant(), |reading| reading.latest);
        Some(Answered { question: self, domain, actor, kind, rights, reason, events, now })
    }

    /// The actor's address in other domains.
    fn address(&self) -> Option<String> {
        let named = self.names.named_or_unlisted(self.actor)?;
        Some(match named.kind {
            Kind::User => address_of(&named.name, self.names.domain_name(named.domain)),
            _ => named.name.to_string(),
        })
    }

    /// The contact of `domain` that is the actor of another domain; `NONE` if it is unlisted there.
    fn alias(&self, domain: &Domain) -> Party {
        let Some(address) = self.address() else { return Party::NONE };
        let contact = self.names.party(domain.id, Kind::Contact, &address);
        contact.filter(|contact| domain.contact(*contact).is_some()).unwrap_or(Party::NONE)
    }

    /// A party for people: with its domain if actor and target are of different domains.
    fn text(&self, party: Party) -> String {
        let domain = |party| self.names.named_or_unlisted(party).map(|named| named.domain);
        match domain(party) {
            Some(own) if domain(self.actor) != domain(self.target) => {
                format!("{}/{}", self.names.domain_name(own), self.names.text(party))
            }
            _ => self.names.text(party),
        }
    }
}

impl Answered<'_> {
    /// Whether the answer is yes.
    pub fn allowed(&self) -> bool {
        self.rights.has(self.question.right)
    }

    /// A place in the domain's document, for messages; empty for what is in no document, or comes from a store.
    pub(crate) fn place(&self, line: Line) -> String {
        match line == Line::default() || self.domain.file.is_empty() {
            true => String::new(),
            false => format!("{}:{}", self.domain.file, line.0),
        }
    }

    /// Whether the vendor states the matrix cell that the answer rests on, and which one it is if not. A yes that another source
    /// gives too is certain.
    pub fn certainty(&self) -> (Certainty, String) {
        let label = self.label().filter(|_| self.domain.systems.has(System::Xphone));
        let Some(label) = label else { return Default::default() };
        let (inside, right) = (self.kind == Kind::User, self.question.right);
        let (certainty, row) = self.domain.xphone.matrix.certainty(label, inside, right);
        if certainty == Certainty::Stated || self.allowed() && self.gives_without(System::Xphone) {
            return Default::default();
        }
        (certainty, row.map_or_else(String::new, |row| format!("row {}, {}", row.number, label.word())))
    }

    /// The rights of the pair that rest on an inferred cell.
    pub fn inferred(mut self) -> RightSet {
        let mut unsure = RightSet::EMPTY;
        for right in self.rights.iter() {
            self.question.right = right;
            if self.certainty().0 != Certainty::Stated {
                unsure |= right.mask();
            }
        }
        unsure
    }

    /// The answer and its reason in one line, without suggestions.
    pub fn verdict(&self) -> (bool, String) {
        let (certainty, rests_on) = self.certainty();
        (self.allowed(), self.summary(&self.sources(), self.reason, certainty, &rests_on))
    }

    /// The answer with its sources and suggestions.
    pub fn explanation(self, revision: u64) -> Explanation {
        let (sources, reason) = (self.sources(), self.reason);
        let allowed = self.allowed();
        let (certainty, rests_on) = self.certainty();
        let question = self.question;
        let changes = if allowed { Vec::new() } else { self.changes() };
        let no_change = if allowed || !changes.is_empty() { String::new() } else { self.no_change() };
        Explanation {
            allowed,
            domain: self.domain.name.clone(),
            actor: question.text(question.actor),
            right: question.right.to_string(),
            target: question.text(question.target),
            reason,
            summary: self.summary(&sources, reason, certainty, &rests_on),
            certainty,
            rests_on,
            sources,
            changes,
            no_change,
            revision,
        }
    }

    fn summary(&self, sources: &[Source], reason: Reason, certainty: Certainty, cell: &str) -> String {
        let question = self.question;
        let (actor, target) = (question.text(question.actor), question.text(question.target));
        let verb = if self.allowed() { "may" } else { "may not" };
        let unsure = match certainty {
            Certainty::Stated => String::new(),
            Certainty::Inferred => format!("; rests on an inferred cell of the matrix ({cell})"),
            Certainty::Doubtful => format!("; the cell of the matrix is doubtful, so it is a no ({cell})"),
        };
        format!("{actor} {verb} {} {target}: {}{unsure}", phrase(question.right.mask()), self.why(sources, reason))
    }

    fn why(&self, sources: &[Source], reason: Reason) -> String {
        if let Some(source) = sources.iter().find(|source| source.decides) {
            let level = if source.level.is_empty() { String::new() } else { format!(": {}", source.level) };
            let place = if source.place.is_empty() { String::new() } else { format!(" at {}", source.place) };
            return format!("{}{level}{place}", source.what);
        }
        match reason {
            Reason::SourcesTogether => "several sources together give all parts of it".into(),
            Reason::NotApplicable => "the right does not apply between these parties".into(),
            Reason::PrivateLine => "the line is private, so only the target sees the numbers of its calls".into(),
            Reason::Vip => "the target is a VIP and has set nothing for the actor".into(),
            Reason::OwnSettingLacks => {
                let own = sources.iter().find(|source| source.reason == Reason::OwnSetting);
                let label = own.map(|own| {
                    let (label, dates) = own.level.split_once(", ").unwrap_or((&own.level, ""));
                    let place = if own.place.is_empty() { String::new() } else { format!(" at {}", own.place) };
                    let dates = if dates.is_empty() { String::new() } else { format!(", {dates},") };
                    format!(" `{label}`{place}{dates}")
                });
                let label = label.unwrap_or_default();
                format!("the target's own setting{label} lacks it and overrides the rest")
            }
            Reason::Exempt => {
                let line = self.domain.user(self.question.target).map_or(Line::default(), |user| user.line);
                let place = self.place(line);
                let place = if place.is_empty() { place } else { format!(" at {place}") };
                format!("the target is exempt from it{place}, whatever a rule says")
            }
            _ => match sources.iter().find(|source| source.awaits) {
                Some(Source { what, level, place, .. }) if place.is_empty() => {
                    format!("no source gives it now; {what}: {level}")
                }
                Some(Source { what, level, place, .. }) => {
                    format!("no source gives it now; {what}: {level} at {place}")
                }
                None => "no source gives it".into(),
            },
        }
    }

    /// The policy entry that a group key was compiled from.
    pub(crate) fn origin(&self, key: u32) -> Option<Origin> {
        self.question.origins.of(self.domain.id, key)
    }
}

/// The answer if actor, target or right is unknown.
pub(crate) fn unknown(names: &Directory, actor: Party, right: Right, target: Party, revision: u64) -> Explanation {
    let known = |party| names.named_or_unlisted(party).is_some();
    let name = |party| if known(party) { names.text(party) } else { "an unknown party".to_string() };
    let domain = names.named_or_unlisted(target).map_or("", |named| names.domain_name(named.domain));
    let what = match (known(actor), known(target)) {
        _ if right == Right::default() => "the right",
        (false, _) => "the actor",
        (_, false) => "the target",
        _ => "one of the two",
    };
    let (actor, target) = (name(actor), name(target));
    let verb = if right == Right::default() { "act on".into() } else { phrase(right.mask()) };
    Explanation {
        allowed: false,
        domain: domain.to_string(),
        summary: format!("{actor} may not {verb} {target}: {what} is not known"),
        actor,
        right: right.to_string(),
        target,
        reason: Reason::Unknown,
        certainty: Certainty::Stated,
        rests_on: String::new(),
        sources: Vec::new(),
        changes: Vec::new(),
        no_change: format!("no document makes it a yes: {what} is not known"),
        revision,
    }
}
