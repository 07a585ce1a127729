//! The evaluation: two numbers in, a set of rights out. It allocates nothing, locks nothing and writes nothing.
//!
//! Checks and explanations share one evaluation: a [`Trace`] records every source that is looked at. With `()` as the trace
//! nothing is recorded and the calls vanish. What the steps, flags and classes mean in each product, `compile` decides.
#![forbid(unsafe_code)]

use super::domain::DomainView;
use super::groups;
use crate::calendar::clock::{self, Reading};
use crate::id::{Kind, Party};
use crate::image::format::domain::{Field, Flags, applicable};
use crate::image::format::image::{Image, ReadMode};
use crate::image::format::record::Record;
use crate::right::{Right, RightSet};
use crate::rule::{Outcome, TransferRole, graded, step};

/// A source of rights that an evaluation looked at, with what it gives. Steps are those of the ladder of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceEvent {
    /// The actor is the target: what the domain gives everyone towards oneself.
    Oneself(RightSet),
    /// The owner's own setting, which decides alone.
    OwnSetting(u8),
    /// The target decides alone and has set nothing: the default step, or the target's own default where that is lower.
    DecidesAlone(u8),
    /// The default for actors of the same site.
    SameSite(u8),
    /// The default for actors of another site.
    OtherSites(u8),
    /// The default for actors outside.
    Outside(u8),
    /// The actor is raised to a step of its own towards every user.
    Raised,
    /// The actor's part in a transfer.
    Transfer(u8),
    /// No candidate at all.
    NoLabel,
    /// The step that counts in the end, and what it gives.
    Label(u8, RightSet),
    /// Rules of a shared group, by its key. `others_only` is not read here.
    Group(u32, Outcome),
    /// Graded rights that every user has towards every user, and whether they fix the other side's rights.
    Global(RightSet, bool),
    /// The pair's own entry: graded and plain rights.
    PairEntry(RightSet, RightSet),
    /// Composed rights whose parts came from several grants.
    Composed(RightSet),
    /// Graded rights that the target's calendar release withholds.
    Withheld(RightSet),
    /// Graded rights that are withheld on lines of the target.
    LinesWithheld(RightSet),
    /// What every user has towards every party of the target's kind.
    Everybody(RightSet),
    /// What the actor may towards every party of the target's kind.
    ActorClass(RightSet),
    /// What every user may towards the target.
    TargetClass(RightSet),
    /// Changes of relations that the domain allows.
    Relation(RightSet),
    /// A rule keeps the actor from changing what the target may.
    Fixed,
    /// The classes of numbers to which every forwarding may go that may be set at all.
    Destinations(RightSet),
    /// Rights that the target is exempt from.
    Exempt(RightSet),
    /// Nothing is allowed so many seconds after the last word from the log that the store follows, and whether that is so: the answer
    /// rests on the clock.
    Age(u32, bool),
    /// The group key counts at some times only, and whether now is one: the answer rests on the clock.
    Dated(u32, bool),
}

/// Records how an answer came about.
pub trait Trace {
    /// Whether events are recorded. If not, sources that are summed up elsewhere need not be looked at one by one.
    const LISTENS: bool = true;

    /// Records a source.
    fn event(&mut self, event: TraceEvent);

    /// What the clock says. An evaluation reads it once; who evaluates one question several times must give each the same reading.
    #[inline]
    fn clock(&mut self) -> Reading {
        clock::read()
    }
}

impl Trace for () {
    const LISTENS: bool = false;

    #[inline(always)]
    fn event(&mut self, _: TraceEvent) {}
}

/// Notes whether an answer rests on the clock: such an answer must not be cached.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clocked(pub bool);

impl Trace for Clocked {
    const LISTENS: bool = false;

    #[inline(always)]
    fn event(&mut self, event: TraceEvent) {
        if matches!(event, TraceEvent::Dated(..) | TraceEvent::Age(..)) {
            self.0 = true;
        }
    }
}

impl<M: ReadMode> Image<'_, M> {
    /// All rights of `actor` towards `target`, with the actor's part in a transfer, if any.
    #[inline(always)]
    pub fn rights(&self, actor: Party, target: Party, role: Option<TransferRole>) -> RightSet {
        self.evaluate(actor, target, role, &mut ())
    }

    /// The same, and reports every source to `trace`. For most pairs `quick_rights` finds the same without a call.
    #[inline(always)]
    pub fn evaluate<T: Trace>(
        &self,
        actor: Party,
        target: Party,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        // Bucket and records need not wait for each other: the three are fetched together.
        let entry = self.pair(actor, target);
        let actor_record = self.record(actor);
        let target_record = self.record(target);
        if !actor_record.are_users_together(&target_record) || actor == target {
            return self.slow_path((actor, &actor_record), (target, &target_record), entry, role, trace);
        }
        let domain = self.domain(target_record.domain());
        if domain.flags().has(Flags::MORE) {
            return self.evaluate_general(&domain, (&actor_record, &target_record), entry, role, trace);
        }
        // Nothing but labels. An own setting decides alone, so groups are then of no interest.
        let (own, going_on) = domain.labels(entry);
        let shared = if own == 0 { self.shared_label(&domain, &actor_record, &target_record, trace) } else { 0 };
        let label = deciding(&actor_record, &target_record, own, shared, (role, going_on), trace);
        base_rights(&domain, label, trace)
    }

    /// The best label of the groups that hold both, 0 for none.
    #[inline(always)]
    fn shared_label<T: Trace>(
        &self,
        domain: &DomainView<'_, M>,
        actor_record: &Record,
        target_record: &Record,
        trace: &mut T,
    ) -> u8 {
        let mut best = 0;
        groups::shared(self, actor_record, target_record, |key| {
            best = best.max(domain.labels(domain.group_outcome(key)).0);
            if T::LISTENS {
                trace.event(TraceEvent::Group(key, domain.group(key)));
            }
        });
        best
    }

    /// Two users where groups, pairs and classes can give more than labels.
    #[inline(never)]
    fn evaluate_general<T: Trace>(
        &self,
        domain: &DomainView<'_, M>,
        (actor_record, target_record): (&Record, &Record),
        entry: u32,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        let flags = domain.flags();
        let own = domain.outcome(entry);
        let (mut own_label, mut wavering) = (own.label, 0);
        let shared = if flags.has(Flags::CONDITIONS) {
            let found = self.shared_on_conditions(domain, (actor_record, target_record), false, trace);
            own_label = own_label.max(found.own);
            wavering = found.wavering;
            found.all
        } else {
            self.shared(domain, (actor_record, target_record), trace)
        };
        let label = deciding(actor_record, target_record, own_label, shared.label, (role, own.part), trace);
        let mut rights = match wavering {
            0 => base_rights(domain, label, trace),
            other => base_rights_of_both(domain, (label, other), trace),
        };
        let mut fixed = shared.fixed || own.fixed;
        let (actor, target) = (actor_record.attributes(), target_record.attributes());
        let target_class = domain.target_class(target.target_class);
        if flags.has(Flags::GRADED) {
            let (global, global_fixed) = domain.graded();
            fixed |= global_fixed;
            trace.event(TraceEvent::Global(global, global_fixed));
            trace.event(TraceEvent::PairEntry(own.graded, own.plain));
            let limits = (target.release, target_class.withheld_lines);
            rights |= limited(global | shared.graded, own.graded, limits, trace);
        } else if T::LISTENS {
            trace.event(TraceEvent::PairEntry(own.graded, own.plain));
        }
        if actor.actor_class | target.target_class != 0 {
            let actor_class = domain.actor_class(actor.actor_class, Kind::User);
            trace.event(TraceEvent::ActorClass(actor_class));
            trace.event(TraceEvent::TargetClass(target_class.rights));
            rights |= actor_class | target_class.rights;
        }
        rights |= shared.plain | own.plain;
        if flags.has(Flags::CHANGE_MAY_BE_FIXED) {
            if fixed {
                trace.event(TraceEvent::Fixed);
            } else {
                trace.event(TraceEvent::Relation(Right::RELATION_CHANGE.mask()));
                rights |= Right::RELATION_CHANGE.mask();
            }
        }
        let rights = rights & applicable::USERS;
        if flags.has(Flags::CONDITIONS) {
            return self.concluded(domain, rights, target_class.exempt, trace);
        }
        rights
    }

    /// What the groups that hold both give together.
    #[inline(always)]
    fn shared<T: Trace>(
        &self,
        domain: &DomainView<'_, M>,
        (actor, target): (&Record, &Record),
        trace: &mut T,
    ) -> Outcome {
        let mut shared = Outcome::default();
        groups::shared(self, actor, target, |key| {
            let outcome = domain.group(key);
            trace.event(TraceEvent::Group(key, outcome));
            shared = shared.and(outcome);
        });
        shared
    }
}

/// The label that counts in the end: the own setting, or the best of default, shared groups, assistant and transfer.
#[inline(always)]
pub(super) fn deciding<T: Trace>(
    actor_record: &Record,
    target_record: &Record,
    own: u8,
    shared: u8,
    (role, going_on): (Option<TransferRole>, u8),
    trace: &mut T,
) -> u8 {
    if own != 0 {
        trace.event(TraceEvent::OwnSetting(own));
        return own;
    }
    let is_same_site = target_record.site() != 0 && actor_record.site() == target_record.site();
    let default = target_record.default_label(is_same_site);
    if target_record.decides_alone() {
        return of_sole_decider(default, trace);
    }
    trace.event(if is_same_site { TraceEvent::SameSite(default) } else { TraceEvent::OtherSites(default) });
    if actor_record.is_raised() {
        trace.event(TraceEvent::Raised);
    }
    let flag = if actor_record.is_raised() { step::RAISED } else { 0 };
    // Wider numbers cost less to compare.
    let candidates = [shared, flag, part(role, going_on, trace)];
    let best = candidates.into_iter().fold(u32::from(default), |best, label| best.max(u32::from(label)));
    at_least_default(best as u8, trace)
}

/// What a user has by the label and by what holds for all users.
#[inline(always)]
fn base_rights<M: ReadMode, T: Trace>(domain: &DomainView<'_, M>, label: u8, trace: &mut T) -> RightSet {
    if T::LISTENS {
        trace.event(TraceEvent::Label(label, domain.label(label, true)));
        trace.event(TraceEvent::Everybody(domain.rights(Field::Users)));
        trace.event(TraceEvent::Relation(domain.rights(Field::RelationUsers)));
    }
    domain.between(label)
}

/// What both labels give.
#[cold]
#[inline(never)]
fn base_rights_of_both<M: ReadMode, T: Trace>(
    domain: &DomainView<'_, M>,
    (one, other): (u8, u8),
    trace: &mut T,
) -> RightSet {
    base_rights(domain, one, trace) & base_rights(domain, other, trace)
}

/// The label of the actor's part in a transfer, 0 for none: the part that the question names or the one that goes on.
#[inline]
pub(super) fn part<T: Trace>(role: Option<TransferRole>, going_on: u8, trace: &mut T) -> u8 {
    let label = going_on.max(role.map_or(0, |role| role.step()));
    if label != 0 {
        trace.event(TraceEvent::Transfer(label));
    }
    label
}

/// The label towards a target that decides alone and has set nothing: the flag is there to show less, so a lower default stays.
#[inline]
pub(super) fn of_sole_decider<T: Trace>(default: u8, trace: &mut T) -> u8 {
    let label = if default == step::LOWEST { default } else { step::DEFAULT };
    trace.event(TraceEvent::DecidesAlone(label));
    label
}

/// An actor without any label has the default step.
#[inline]
pub(super) fn at_least_default<T: Trace>(label: u8, trace: &mut T) -> u8 {
    if label != 0 {
        return label;
    }
    trace.event(TraceEvent::NoLabel);
    step::DEFAULT
}

/// Graded rights united, completed with what they compose, and limited by the target's calendar release and lines.
#[inline]
pub(super) fn limited<T: Trace>(
    administrative: RightSet,
    own: RightSet,
    (release, lines): (u8, u8),
    trace: &mut T,
) -> RightSet {
    let united = administrative | own;
    if united.is_empty() {
        return united;
    }
    let complete = graded::complete(united);
    trace.event(TraceEvent::Composed(complete.without(united)));
    let withheld = graded::withheld_by_release(release);
    trace.event(TraceEvent::Withheld(complete & withheld));
    let on_lines = graded::withheld_on_lines(lines);
    trace.event(TraceEvent::LinesWithheld(complete & on_lines));
    complete.without(withheld | on_lines)
}
