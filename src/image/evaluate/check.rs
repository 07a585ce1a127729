//! The evaluation: two numbers in, a set of rights out. It allocates nothing, locks nothing and writes nothing.
//!
//! There is one evaluation for checks and for explanations: a [`Trace`] is told of every source that is looked at. With `()` as
//! the trace nothing is recorded and the calls vanish.
#![forbid(unsafe_code)]

use super::alias::Persona;
use super::groups;
use crate::id::{Kind, Party};
use crate::image::format::domain::{DomainView, Flags, Place, applicable};
use crate::image::format::record::Record;
use crate::image::{Image, Look, Resolved};
use crate::right::{Right, RightSet};
use crate::rule::Outcome;
use crate::system::estos;
use crate::system::xphone::{Label, TransferRole};

/// A source of rights that an evaluation looked at, with what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The actor is the target: what XPhone and estos give towards oneself.
    Oneself(RightSet),
    /// XPhone: the owner's own setting, which decides alone.
    OwnSetting(u8),
    /// XPhone: the owner is a VIP and has set nothing: Unknown, or the owner's own default where that is lower.
    Vip(u8),
    /// XPhone: the default for viewers of the same site.
    SameSite(u8),
    /// XPhone: the default for viewers of another site.
    OtherSites(u8),
    /// XPhone: the default for viewers outside.
    Outside(u8),
    /// XPhone: the actor is flagged as assistant.
    Assistant,
    /// XPhone: the actor's part in a transfer.
    Transfer(u8),
    /// XPhone: no candidate at all.
    NoLabel,
    /// XPhone: the label that counts in the end, and what it gives.
    Label(u8, RightSet),
    /// Rules of a shared group, by its key.
    Group(u32, Outcome),
    /// estos: the global preset.
    Global(RightSet, bool),
    /// estos or keevio: the pair's own cell; pascom: an agent's own team.
    Cell(RightSet, RightSet),
    /// estos: composed rights whose parts came from several grants.
    Composed(RightSet),
    /// estos: calendar rights that the owner's release withholds.
    Withheld(RightSet),
    /// estos: numbers of calls that the owner's private lines withhold.
    PrivateLines(RightSet),
    /// pascom: what everybody has towards every party of the target's kind.
    Everybody(RightSet),
    /// pascom: what the actor may towards every party of the target's kind.
    ActorClass(RightSet),
    /// pascom: what everybody may towards the target.
    TargetClass(RightSet),
    /// Changes of relations that the domain allows.
    Relation(RightSet),
    /// The administrator's single rights keep the actor from changing what the target may.
    Fixed,
}

/// Whoever wants to know how an answer came about.
pub trait Trace {
    /// Whether anybody listens: if not, sources that are known to be summed up elsewhere need not be looked at one by one.
    const LISTENS: bool = true;

    /// A source was looked at.
    fn piece(&mut self, piece: Piece);
}

impl Trace for () {
    const LISTENS: bool = false;

    #[inline(always)]
    fn piece(&mut self, _: Piece) {}
}

impl<L: Look> Image<'_, L> {
    /// All rights of `actor` towards `target`, with the actor's part in a transfer, if any.
    #[inline(always)]
    pub fn rights(&self, actor: Party, target: Party, role: Option<TransferRole>) -> RightSet {
        self.evaluate(actor, target, role, &mut ())
    }

    /// The rights of many pairs, one after another, with the memory of those to come asked for ahead: the waits overlap.
    pub fn rights_of_many(
        &self,
        pairs: impl Iterator<Item = (Party, Party)> + Clone,
    ) -> impl Iterator<Item = RightSet> {
        const AHEAD: usize = 8;
        let image = *self;
        let mut coming = pairs.clone();
        coming.by_ref().take(AHEAD).for_each(|(actor, target)| image.prefetch(actor, target));
        pairs.map(move |(actor, target)| {
            if let Some((actor, target)) = coming.next() {
                image.prefetch(actor, target);
            }
            image.rights(actor, target, None)
        })
    }

    /// The same, telling `trace` of every source.
    #[inline(always)]
    pub fn evaluate<T: Trace>(
        &self,
        actor: Party,
        target: Party,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        // Bucket and records need not wait for each other: the three are fetched together.
        let cell = self.pair(actor, target);
        let acting = self.record(actor);
        let aimed = self.record(target);
        if !acting.are_users_together(&aimed) || actor == target {
            return self.rarer((actor, target), cell, role, trace);
        }
        let domain = self.domain(aimed.domain());
        if domain.flags().has(Flags::MORE) {
            return self.with_more((actor, target), cell, role, trace);
        }
        // Nothing but labels. An own setting decides alone, so groups are then of no interest.
        let (own, going_on) = domain.labels(cell);
        let shared = if own == 0 { self.shared_label(&domain, &acting, &aimed, (actor, target), trace) } else { 0 };
        let label = deciding(&acting, &aimed, own, shared, (role, going_on), trace);
        as_a_matter_of_course(&domain, label, trace)
    }

    /// The best label of the groups that hold both, 0 for none.
    #[inline(always)]
    fn shared_label<T: Trace>(
        &self,
        domain: &DomainView<'_, L>,
        acting: &Record,
        aimed: &Record,
        (actor, target): (Party, Party),
        trace: &mut T,
    ) -> u8 {
        let Some(mut lanes) = groups::shared_lanes(acting, aimed) else {
            return self.shared(*domain, actor, target, trace).label;
        };
        let mut best = 0;
        while lanes != 0 {
            let key = acting.key(lanes.trailing_zeros());
            lanes &= lanes - 1;
            best = best.max(domain.labels(domain.group_outcome(key)).0);
            if T::LISTENS {
                trace.piece(Piece::Group(key, domain.group(key)));
            }
        }
        best
    }

    /// All but two different users of one domain.
    #[inline(never)]
    fn rarer<T: Trace>(
        self,
        (actor, target): (Party, Party),
        cell: u32,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        let (acting, aimed) = (self.record(actor), self.record(target));
        if acting.domain() != aimed.domain() {
            return self.across(actor, &acting, target, &aimed, role, trace);
        }
        let domain = self.domain(aimed.domain());
        match (acting.kind(), aimed.kind()) {
            (USER, USER) => self.oneself(&domain, &acting, trace),
            (CONTACT | OUTSIDER, USER) => from_outside(&domain, &aimed, cell, role, trace),
            (USER, CONTACT | OUTSIDER) => to_contact(&domain, cell, trace),
            (USER, TEAM) => {
                let own = domain.outcome(cell).plain;
                trace.piece(Piece::Cell(RightSet::EMPTY, own));
                own | self.with_shared(&domain, Kind::Team, &acting, &aimed, trace)
            }
            (USER, LOCATION) => self.with_shared(&domain, Kind::Location, &acting, &aimed, trace),
            _ => RightSet::EMPTY,
        }
    }

    /// Two users where groups, pairs and classes can give more than labels.
    #[inline(never)]
    fn with_more<T: Trace>(
        self,
        (actor, target): (Party, Party),
        cell: u32,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        let (acting, aimed) = (self.record(actor), self.record(target));
        let domain = self.domain(aimed.domain());
        let flags = domain.flags();
        let own = domain.outcome(cell);
        let shared = if groups::shared_lanes(&acting, &aimed) != Some(0) {
            self.shared(domain, actor, target, trace)
        } else {
            Outcome::default()
        };
        let label = deciding(&acting, &aimed, own.label, shared.label, (role, own.part), trace);
        let mut rights = as_a_matter_of_course(&domain, label, trace);
        let mut fixed = shared.fixed || own.fixed;
        let (actor, target) = (acting.standing(), aimed.standing());
        let target_class = domain.target_class(target.target_class);
        if flags.has(Flags::GRADED) {
            let (global, global_fixed) = domain.graded();
            fixed |= global_fixed;
            trace.piece(Piece::Global(global, global_fixed));
            trace.piece(Piece::Cell(own.graded, own.plain));
            let limits = (target.release, target_class.private);
            rights |= graded(global | shared.graded, own.graded, limits, trace);
        } else if T::LISTENS {
            trace.piece(Piece::Cell(own.graded, own.plain));
        }
        if actor.actor_class | target.target_class != 0 {
            let actor_class = domain.actor_class(actor.actor_class, Kind::User);
            trace.piece(Piece::ActorClass(actor_class));
            trace.piece(Piece::TargetClass(target_class.rights));
            rights |= actor_class | target_class.rights;
        }
        rights |= shared.plain | own.plain;
        if flags.has(Flags::CHANGE_MAY_BE_FIXED) {
            if fixed {
                trace.piece(Piece::Fixed);
            } else {
                trace.piece(Piece::Relation(Right::RELATION_CHANGE.mask()));
                rights |= Right::RELATION_CHANGE.mask();
            }
        }
        rights & applicable::USERS
    }

    /// What the groups that hold both give together.
    #[inline(never)]
    fn shared<T: Trace>(self, domain: DomainView<'_, L>, actor: Party, target: Party, trace: &mut T) -> Outcome {
        let mut shared = Outcome::default();
        groups::shared(&self, &self.record(actor), &self.record(target), |key| {
            let outcome = domain.group(key);
            trace.piece(Piece::Group(key, outcome));
            shared = shared.and(outcome);
        });
        shared
    }

    /// Towards oneself: XPhone and estos give all they have; pascom's formulas count as written; keevio gives nothing.
    #[inline(never)]
    fn oneself<T: Trace>(&self, domain: &DomainView<'_, L>, person: &Record, trace: &mut T) -> RightSet {
        let standing = person.standing();
        let oneself = domain.rights(Place::Oneself);
        trace.piece(Piece::Oneself(oneself));
        let mut plain = domain.rights(Place::Users);
        trace.piece(Piece::Everybody(plain));
        let actor_class = domain.actor_class(standing.actor_class, Kind::User);
        trace.piece(Piece::ActorClass(actor_class));
        let target_class = domain.target_class(standing.target_class).rights;
        trace.piece(Piece::TargetClass(target_class));
        groups::shared(self, person, person, |key| {
            let outcome = domain.group(key);
            // Only a permission realm gives chat by membership, and keevio gives nothing towards oneself.
            if !outcome.plain.has(Right::CHAT_EXCHANGE) {
                trace.piece(Piece::Group(key, outcome));
                plain |= outcome.plain;
            }
        });
        oneself | (plain | actor_class | target_class) & applicable::ONESELF
    }

    /// Towards a team or a location: only pascom's permissions count.
    #[inline(never)]
    fn with_shared<T: Trace>(
        &self,
        domain: &DomainView<'_, L>,
        kind: Kind,
        acting: &Record,
        aimed: &Record,
        trace: &mut T,
    ) -> RightSet {
        let (place, applicable) = match kind {
            Kind::Team => (Place::Teams, applicable::TEAMS),
            _ => (Place::Locations, applicable::LOCATIONS),
        };
        let mut rights = domain.rights(place);
        trace.piece(Piece::Everybody(rights));
        let actor_class = domain.actor_class(acting.standing().actor_class, kind);
        trace.piece(Piece::ActorClass(actor_class));
        let target_class = domain.target_class(aimed.standing().target_class).rights;
        trace.piece(Piece::TargetClass(target_class));
        groups::shared(self, acting, aimed, |key| {
            let outcome = domain.group(key);
            trace.piece(Piece::Group(key, outcome));
            rights |= outcome.plain;
        });
        (rights | actor_class | target_class) & applicable
    }

    /// Across domains everybody is a contact from outside: the one the target's domain names by that address, or one without
    /// entries.
    #[cold]
    fn across<T: Trace>(
        &self,
        actor: Party,
        acting: &Record,
        target: Party,
        aimed: &Record,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        if !matches!(acting.kind(), USER | CONTACT) || aimed.kind() != USER {
            return RightSet::EMPTY;
        }
        match self.persona(actor, aimed.domain()) {
            Persona::Named(contact) => {
                let cell = self.pair(contact, target);
                from_outside(&self.domain(aimed.domain()), aimed, cell, role, trace)
            }
            Persona::Unnamed => from_outside(&self.domain(aimed.domain()), aimed, 0, role, trace),
            Persona::None => RightSet::EMPTY,
        }
    }

    /// The same for those who may be outside addresses that no policy names: contacts without entries of their domain, nobody to
    /// the others.
    pub fn between<T: Trace>(
        &self,
        actor: Resolved,
        target: Resolved,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        match (actor, target) {
            (Resolved::Party(actor), Resolved::Party(target)) => self.evaluate(actor, target, role, trace),
            (Resolved::Outsider(domain), Resolved::Party(target)) => {
                let aimed = self.record(target);
                if aimed.kind() != USER || aimed.domain() != domain.0 {
                    return RightSet::EMPTY;
                }
                from_outside(&self.domain(domain.0), &aimed, 0, role, trace)
            }
            (Resolved::Party(actor), Resolved::Outsider(domain)) => {
                let acting = self.record(actor);
                if acting.kind() != USER || acting.domain() != domain.0 {
                    return RightSet::EMPTY;
                }
                to_contact(&self.domain(domain.0), 0, trace)
            }
            (Resolved::Outsider(_), Resolved::Outsider(_)) => RightSet::EMPTY,
        }
    }
}

const USER: u8 = Kind::User as u8;
const CONTACT: u8 = Kind::Contact as u8;
const OUTSIDER: u8 = crate::image::format::record::OUTSIDER;
const TEAM: u8 = Kind::Team as u8;
const LOCATION: u8 = Kind::Location as u8;

/// The label that counts in the end: the own setting, or the best of default, shared groups, assistant and transfer.
#[inline(always)]
fn deciding<T: Trace>(
    acting: &Record,
    aimed: &Record,
    own: u8,
    shared: u8,
    (role, going_on): (Option<TransferRole>, u8),
    trace: &mut T,
) -> u8 {
    if own != 0 {
        trace.piece(Piece::OwnSetting(own));
        return own;
    }
    let is_same_site = aimed.site() != 0 && acting.site() == aimed.site();
    let default = aimed.default_label(is_same_site);
    if aimed.is_vip() {
        return of_vip(default, trace);
    }
    trace.piece(if is_same_site { Piece::SameSite(default) } else { Piece::OtherSites(default) });
    if acting.is_assistant() {
        trace.piece(Piece::Assistant);
    }
    let flag = if acting.is_assistant() { Label::Assistant as u8 } else { 0 };
    // Wider numbers cost less to compare.
    let candidates = [shared, flag, part(role, going_on, trace)];
    let best = candidates.into_iter().fold(u32::from(default), |best, label| best.max(u32::from(label)));
    at_least_unknown(best as u8, trace)
}

/// What a user has by the label and by what holds for everybody.
#[inline(always)]
fn as_a_matter_of_course<L: Look, T: Trace>(domain: &DomainView<'_, L>, label: u8, trace: &mut T) -> RightSet {
    if T::LISTENS {
        trace.piece(Piece::Label(label, domain.label(label, true)));
        trace.piece(Piece::Everybody(domain.rights(Place::Users)));
        trace.piece(Piece::Relation(domain.rights(Place::RelationUsers)));
    }
    domain.between(label)
}

/// A contact towards a user: the outside default, the owner's own setting and grant, subscriptions.
#[inline(never)]
fn from_outside<L: Look, T: Trace>(
    domain: &DomainView<'_, L>,
    aimed: &Record,
    cell: u32,
    role: Option<TransferRole>,
    trace: &mut T,
) -> RightSet {
    let target = aimed.standing();
    let own = domain.outcome(cell);
    let label = if own.label != 0 {
        trace.piece(Piece::OwnSetting(own.label));
        own.label
    } else if target.vip {
        of_vip(target.outside, trace)
    } else {
        trace.piece(Piece::Outside(target.outside));
        at_least_unknown(target.outside.max(part(role, own.part, trace)), trace)
    };
    let by_label = domain.label(label, false);
    trace.piece(Piece::Label(label, by_label));
    trace.piece(Piece::Cell(own.graded, own.plain));
    let limits = (target.release, domain.target_class(target.target_class).private);
    by_label | graded(RightSet::EMPTY, own.graded, limits, trace) | own.plain
}

/// A user towards a contact: changes of the relation, and subscriptions.
fn to_contact<L: Look, T: Trace>(domain: &DomainView<'_, L>, cell: u32, trace: &mut T) -> RightSet {
    let own = domain.outcome(cell);
    trace.piece(Piece::Cell(RightSet::EMPTY, own.plain));
    let relation = domain.rights(Place::RelationContacts);
    trace.piece(Piece::Relation(relation));
    own.plain | relation
}

/// The label of the actor's part in a transfer, 0 for none: the part that the question names or the one that goes on.
#[inline]
fn part<T: Trace>(role: Option<TransferRole>, going_on: u8, trace: &mut T) -> u8 {
    let label = going_on.max(role.map_or(0, |role| role.label() as u8));
    if label != 0 {
        trace.piece(Piece::Transfer(label));
    }
    label
}

/// The label towards a VIP who has set nothing: the flag is there to show less, so a default below Unknown stays.
#[inline]
fn of_vip<T: Trace>(default: u8, trace: &mut T) -> u8 {
    let label = if default == Label::Blocked as u8 { default } else { Label::Unknown as u8 };
    trace.piece(Piece::Vip(label));
    label
}

/// Whoever has no label at all is unknown.
#[inline]
fn at_least_unknown<T: Trace>(label: u8, trace: &mut T) -> u8 {
    if label != 0 {
        return label;
    }
    trace.piece(Piece::NoLabel);
    Label::Unknown as u8
}

/// Graded rights united, completed with what they compose, and limited by the owner's calendar release and private lines.
#[inline]
fn graded<T: Trace>(administrative: RightSet, own: RightSet, (release, private): (u8, u8), trace: &mut T) -> RightSet {
    let united = administrative | own;
    if united.is_empty() {
        return united;
    }
    let complete = estos::complete(united);
    trace.piece(Piece::Composed(complete.without(united)));
    let withheld = estos::Release::from_number(release).withheld();
    trace.piece(Piece::Withheld(complete & withheld));
    let of_private_lines = estos::withheld_on_private_lines(private);
    trace.piece(Piece::PrivateLines(complete & of_private_lines));
    complete.without(withheld | of_private_lines)
}
