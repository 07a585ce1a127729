//! The reason code of an answer, from the trace of its evaluation and the image. Calls ask for it, so it must never read a policy,
//! take a lock or allocate. Explanations use the same code.
#![forbid(unsafe_code)]

use super::Reason;
use crate::calendar::clock::{self, Reading};
use crate::id::{DomainId, Kind};
use crate::image::evaluate::check::{Trace, TraceEvent};
use crate::image::{Image, Opened, ReadMode, Resolved};
use crate::right::{Right, RightSet};
use crate::rule::Sort;
use crate::system::estos;
use crate::system::xphone::{Label, TransferRole};

/// What is known of a question: all of one instant.
#[derive(Clone, Copy)]
pub(crate) struct Decided {
    /// All rights of the actor on the target.
    pub rights: RightSet,
    /// Why the right in question is among them or not.
    pub reason: Reason,
    /// What the clock said, if the answer rests on it: an evaluation of the same question must take the same.
    pub reading: Option<Reading>,
}

/// Decides a question; `None` if actor, target or right is unknown.
pub(crate) fn decide<L: ReadMode>(
    image: &Image<'_, L>,
    (actor, target): (Resolved, Resolved),
    right: Right,
    role: Option<TransferRole>,
) -> Option<Decided> {
    let known = |party| match party {
        Resolved::Party(party) => image.party(party),
        Resolved::Unlisted(domain) => Some((domain, Kind::Contact)),
    };
    let ((actor_domain, actor_kind), (domain, _)) = (known(actor)?, known(target)?);
    if right == Right::default() || !image.has_domain(domain) {
        return None;
    }
    let lives = |party, kind| matches!(party, Resolved::Party(party) if image.lives_in(domain, party) == Some(kind));
    // Later events of a trace decide which earlier ones count, so evaluate twice.
    let mut overview = Overview::default();
    let rights = image.between(actor, target, role, &mut overview);
    let question = Context {
        image: *image,
        pair: (actor, target),
        domain,
        right,
        overview,
        is_user: lives(target, Kind::User),
        is_team: lives(target, Kind::Team),
        // A user of another domain is a contact here.
        by_user: actor_domain == domain && actor_kind == Kind::User,
        is_other: actor != target,
    };
    let mut found = Found { question, sources: Sources::default() };
    let _ = image.between(actor, target, role, &mut found);
    let reason = if rights.has(right) { found.granted() } else { found.refused() };
    Some(Decided { rights, reason, reading: overview.reading })
}

/// The facts of a complete evaluation that decide which sources count.
#[derive(Clone, Copy, Debug, Default)]
struct Overview {
    events: u32,
    /// What the clock said, where it was asked.
    reading: Option<Reading>,
    /// Whether nothing is allowed because the policy is too old.
    too_old: bool,
    /// XPhone: the label in force and its rights.
    label: Option<(u8, RightSet)>,
    /// estos: the rights that the calendar release withholds.
    withheld: Option<RightSet>,
    /// estos: the rights that private lines withhold.
    private: Option<RightSet>,
}

impl Trace for Overview {
    fn event(&mut self, event: TraceEvent) {
        // It is no source.
        self.events += u32::from(!matches!(event, TraceEvent::Age(..)));
        match event {
            TraceEvent::Age(_, too_old) => self.too_old |= too_old,
            TraceEvent::Label(label, rights) => drop(self.label.get_or_insert((label, rights))),
            TraceEvent::Withheld(rights) => drop(self.withheld.get_or_insert(rights)),
            TraceEvent::LinesWithheld(rights) => drop(self.private.get_or_insert(rights)),
            _ => {}
        }
    }

    fn clock(&mut self) -> Reading {
        *self.reading.get_or_insert_with(clock::read)
    }
}

/// The question, with the facts that its reason depends on.
#[derive(Clone, Copy)]
struct Context<'a, L> {
    image: Image<'a, L>,
    pair: (Resolved, Resolved),
    domain: DomainId,
    right: Right,
    overview: Overview,
    is_user: bool,
    is_team: bool,
    by_user: bool,
    is_other: bool,
}

impl<L: ReadMode> Context<'_, L> {
    /// XPhone: whether a label is in force and has the right.
    fn by_label(&self, label: u8) -> bool {
        self.overview.label.is_some_and(|(in_force, rights)| in_force == label && rights.has(self.right))
    }

    /// estos: whether these rights give the right, after what is withheld.
    fn by_level(&self, rights: RightSet) -> bool {
        let Overview { withheld, private, .. } = self.overview;
        let withheld = withheld.unwrap_or(RightSet::EMPTY) | private.unwrap_or(RightSet::EMPTY);
        estos::complete(rights).without(withheld).has(self.right)
    }

    /// estos: the rights of the pair's entry, split into the administrator's grant and the target's own grant.
    fn grants(&self, graded: RightSet) -> (RightSet, RightSet) {
        match self.pair {
            // The administrator grants to users alone.
            (Resolved::Party(actor), Resolved::Party(target)) if self.by_user && !graded.is_empty() => {
                self.image.grants(actor, target)
            }
            _ => (RightSet::EMPTY, graded),
        }
    }

    /// XPhone: whether any label has the right.
    fn of_any_label(&self) -> bool {
        let rights = |label: &Label| self.image.rights_of_label(self.domain, *label as u8, self.by_user);
        Label::ALL.iter().any(|label| rights(label).has(self.right))
    }
}

/// The first source of each system that gives the right.
#[derive(Clone, Copy, Debug, Default)]
struct Sources {
    oneself: Option<Reason>,
    xphone: Option<Reason>,
    estos: Option<Reason>,
    permission: Option<Reason>,
    agent: Option<Reason>,
    open: Option<Reason>,
    realm: Option<Reason>,
    subscription: Option<Reason>,
    relation: Option<Reason>,
    rule: Option<Reason>,
    destination: Option<Reason>,
    /// The reason for a no, if one source overrides all others.
    refusal: Option<Reason>,
}

struct Found<'a, L> {
    question: Context<'a, L>,
    sources: Sources,
}

impl<L: ReadMode> Found<'_, L> {
    fn granted(&self) -> Reason {
        let of = &self.sources;
        let pascom = of.permission.or(of.agent).or(of.open);
        let first = of.oneself.or(of.xphone).or(of.estos).or(pascom).or(of.realm).or(of.subscription).or(of.relation);
        first.or(of.rule).or(of.destination).unwrap_or(Reason::SourcesTogether)
    }

    fn refused(&self) -> Reason {
        match self.question.overview.events {
            0 => Reason::NotApplicable,
            _ if self.question.overview.too_old => Reason::TooOld,
            _ => self.sources.refusal.unwrap_or(match self.question.overview.private {
                Some(rights) if rights.bits() & self.question.right.mask().bits() != 0 => Reason::PrivateLine,
                _ => Reason::NotGranted,
            }),
        }
    }

    /// An XPhone source.
    fn label(&mut self, label: u8, reason: Reason) {
        let Context { is_user, is_other, .. } = self.question;
        if is_user && is_other && self.question.by_label(label) {
            self.sources.xphone.get_or_insert(reason);
        }
    }

    /// An estos source.
    fn level(&mut self, rights: RightSet, reason: Reason) {
        let Context { is_user, is_other, .. } = self.question;
        if is_user && is_other && self.question.by_level(rights) {
            self.sources.estos.get_or_insert(reason);
        }
    }

    /// A pascom source: a permission, or the open default.
    fn permitted(&mut self, rights: RightSet) {
        let Context { image, domain, right, by_user, .. } = self.question;
        if !by_user || !rights.has(right) {
            return;
        }
        let open = match right {
            Right::LOCATION_LOGIN => image.is_open(domain, Opened::Login),
            _ => Right::CALL_PICKUP.mask().contains(right.mask()) && image.is_open(domain, Opened::Pickup),
        };
        match open {
            true => self.sources.open.get_or_insert(Reason::OpenDefault),
            false => self.sources.permission.get_or_insert(Reason::Permission),
        };
    }

    /// A source that overrides all other labels.
    fn refuses(&mut self, reason: Reason) {
        if self.sources.refusal.is_none() && self.question.of_any_label() {
            self.sources.refusal = Some(reason);
        }
    }
}

impl<L: ReadMode> Trace for Found<'_, L> {
    fn event(&mut self, event: TraceEvent) {
        let Context { image, domain, right, is_other, .. } = self.question;
        match event {
            TraceEvent::Oneself(rights) if rights.has(right) => {
                self.sources.oneself.get_or_insert(Reason::Oneself);
            }
            TraceEvent::OwnSetting(label) => {
                self.label(label, Reason::OwnSetting);
                self.refuses(Reason::OwnSettingLacks);
            }
            TraceEvent::DecidesAlone(label) => {
                self.label(label, Reason::UnknownLabel);
                self.refuses(Reason::Vip);
            }
            TraceEvent::SameSite(label) | TraceEvent::OtherSites(label) | TraceEvent::Outside(label) => {
                self.label(label, Reason::SiteDefault);
            }
            TraceEvent::Raised => self.label(Label::Assistant as u8, Reason::Assistant),
            TraceEvent::Transfer(label) => self.label(label, Reason::Transfer),
            TraceEvent::NoLabel => self.label(Label::Unknown as u8, Reason::UnknownLabel),
            TraceEvent::Group(key, outcome) => {
                let Some(sort) = image.sort_of_group(domain, key) else { return };
                let reason = of_group(sort);
                if outcome.label != 0 {
                    self.label(outcome.label, reason);
                }
                if !outcome.graded.is_empty() {
                    self.level(outcome.graded, reason);
                }
                match sort {
                    Sort::Permission => self.permitted(outcome.plain),
                    Sort::Rule if outcome.plain.has(right) => {
                        self.sources.rule.get_or_insert(reason);
                    }
                    Sort::Realm if is_other && outcome.plain.has(right) => {
                        self.sources.realm.get_or_insert(reason);
                    }
                    _ => {}
                }
            }
            TraceEvent::Global(rights, _) => self.level(rights, Reason::GlobalAuthorization),
            TraceEvent::PairEntry(graded, plain) => {
                let (administrative, own) = self.question.grants(graded);
                self.level(administrative, Reason::AdministrativeGrant);
                self.level(own, Reason::OwnGrant);
                if is_other && plain.has(right) {
                    match self.question.is_team {
                        true => self.sources.agent.get_or_insert(Reason::Agent),
                        false => self.sources.subscription.get_or_insert(Reason::Subscription),
                    };
                }
            }
            TraceEvent::Everybody(rights) | TraceEvent::ActorClass(rights) | TraceEvent::TargetClass(rights) => {
                self.permitted(rights)
            }
            TraceEvent::Relation(rights) if rights.has(right) => {
                self.sources.relation.get_or_insert(Reason::RelationRule);
            }
            TraceEvent::Destinations(rights) if rights.has(right) => {
                self.sources.destination.get_or_insert(Reason::Destination);
            }
            TraceEvent::Exempt(rights) if rights.has(right) => self.sources.refusal = Some(Reason::Exempt),
            TraceEvent::Age(..)
            | TraceEvent::Destinations(_)
            | TraceEvent::Exempt(_)
            | TraceEvent::Dated(..)
            | TraceEvent::Oneself(_)
            | TraceEvent::Label(..)
            | TraceEvent::Composed(_)
            | TraceEvent::Withheld(_)
            | TraceEvent::LinesWithheld(_)
            | TraceEvent::Relation(_)
            | TraceEvent::Fixed => {}
        }
    }

    fn clock(&mut self) -> Reading {
        self.question.overview.clock()
    }
}

/// The reason code of a group rule.
pub(super) fn of_group(sort: Sort) -> Reason {
    match sort {
        Sort::Workgroup => Reason::Workgroup,
        Sort::MonitoringGroup => Reason::MonitoringGroup,
        Sort::AuthorizationGroup => Reason::AuthorizationGroup,
        Sort::Leaders | Sort::LeadersFixed => Reason::GroupLeader,
        Sort::Permission => Reason::Permission,
        Sort::Realm => Reason::Realm,
        // A team's key gives nothing.
        Sort::Rule | Sort::Team => Reason::Rule,
        Sort::OwnSetting => Reason::OwnSetting,
        Sort::OwnGrant => Reason::OwnGrant,
        Sort::AdministrativeGrant => Reason::AdministrativeGrant,
    }
}
