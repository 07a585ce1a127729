//! The evaluation of all pairs but two different users of one domain: oneself, teams, locations, contacts, and other domains.
//! Like `check.rs` it allocates nothing, locks nothing and writes nothing.
#![forbid(unsafe_code)]

use super::alias::Alias;
use super::check::{Trace, TraceEvent, at_least_default, limited, of_sole_decider, part};
use super::domain::DomainView;
use super::find::Resolved;
use super::groups;
use crate::id::{Kind, Party};
use crate::image::format::domain::{Field, Flags, applicable, exempt_rights};
use crate::image::format::image::{Image, ReadMode};
use crate::image::format::record::Record;
use crate::right::RightSet;
use crate::rule::{Outcome, TransferRole};

const USER: u8 = Kind::User as u8;
const CONTACT: u8 = Kind::Contact as u8;
const UNLISTED: u8 = crate::image::format::record::UNLISTED;
const TEAM: u8 = Kind::Team as u8;
const LOCATION: u8 = Kind::Location as u8;

impl<M: ReadMode> Image<'_, M> {
    /// All but two different users of one domain.
    #[inline(never)]
    pub(super) fn slow_path<T: Trace>(
        &self,
        (actor, actor_record): (Party, &Record),
        (target, target_record): (Party, &Record),
        entry: u32,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        if actor_record.domain() != target_record.domain() {
            return self.across(actor, actor_record, target, target_record, role, trace);
        }
        let domain = self.domain(target_record.domain());
        match (actor_record.kind(), target_record.kind()) {
            (USER, USER) => self.oneself(&domain, actor_record, trace),
            (CONTACT | UNLISTED, USER) => self.of_contact((actor, target_record), &domain, entry, role, trace),
            (CONTACT, TEAM) => self.contact_to_team(actor, &domain, target_record, trace),
            (USER, CONTACT | UNLISTED) => {
                let rights = to_contact(&domain, entry, trace);
                self.if_conditions(&domain, rights, 0, trace)
            }
            (USER, TEAM) => {
                let own = domain.outcome(entry).plain;
                trace.event(TraceEvent::PairEntry(RightSet::EMPTY, own));
                let shared = self.towards_shared(&domain, Kind::Team, actor_record, target_record, trace);
                self.if_conditions(&domain, own | shared, 0, trace)
            }
            (USER, LOCATION) => {
                let rights = self.towards_shared(&domain, Kind::Location, actor_record, target_record, trace);
                self.if_conditions(&domain, rights, 0, trace)
            }
            _ => RightSet::EMPTY,
        }
    }

    /// Towards oneself: what the domain gives everyone, and what classes and groups give; groups for others only give nothing.
    #[inline(never)]
    fn oneself<T: Trace>(&self, domain: &DomainView<'_, M>, person: &Record, trace: &mut T) -> RightSet {
        let attributes = person.attributes();
        let oneself = domain.rights(Field::Oneself);
        trace.event(TraceEvent::Oneself(oneself));
        let mut plain = domain.rights(Field::Users);
        trace.event(TraceEvent::Everybody(plain));
        let actor_class = domain.actor_class(attributes.actor_class, Kind::User);
        trace.event(TraceEvent::ActorClass(actor_class));
        let target_class = domain.target_class(attributes.target_class).rights;
        trace.event(TraceEvent::TargetClass(target_class));
        if domain.flags().has(Flags::CONDITIONS) {
            plain |= self.shared_on_conditions(domain, (person, person), true, trace).all.plain;
        } else {
            groups::shared(self, person, person, |key| {
                let outcome = domain.group(key);
                if !domain.is_others_only(key) {
                    trace.event(TraceEvent::Group(key, outcome));
                    plain |= outcome.plain;
                }
            });
        }
        let rights = oneself | (plain | actor_class | target_class) & applicable::ONESELF;
        self.if_conditions(domain, rights, 0, trace)
    }

    /// Towards a team or a location: only what holds for all users, classes and groups count.
    #[inline(never)]
    fn towards_shared<T: Trace>(
        &self,
        domain: &DomainView<'_, M>,
        kind: Kind,
        actor_record: &Record,
        target_record: &Record,
        trace: &mut T,
    ) -> RightSet {
        let (field, applicable) = match kind {
            Kind::Team => (Field::Teams, applicable::TEAMS),
            _ => (Field::Locations, applicable::LOCATIONS),
        };
        let mut rights = domain.rights(field);
        trace.event(TraceEvent::Everybody(rights));
        let actor_class = domain.actor_class(actor_record.attributes().actor_class, kind);
        trace.event(TraceEvent::ActorClass(actor_class));
        let target_class = domain.target_class(target_record.attributes().target_class).rights;
        trace.event(TraceEvent::TargetClass(target_class));
        let known = (rights | actor_class | target_class) & applicable;
        if domain.flags().has(Flags::CONDITIONS) {
            let found = self.shared_on_conditions(domain, (actor_record, target_record), false, trace).all.plain;
            // Towards a team each key has been limited to what it can give there.
            return known | if kind == Kind::Team { found } else { found & applicable };
        }
        rights = RightSet::EMPTY;
        groups::shared(self, actor_record, target_record, |key| {
            let outcome = domain.group(key);
            trace.event(TraceEvent::Group(key, outcome));
            rights |= outcome.plain;
        });
        known | rights & applicable
    }

    /// The end of an evaluation whose domain may have conditions.
    fn if_conditions<T: Trace>(
        &self,
        domain: &DomainView<'_, M>,
        rights: RightSet,
        exempt: u8,
        trace: &mut T,
    ) -> RightSet {
        match domain.flags().has(Flags::CONDITIONS) {
            true => self.concluded(domain, rights, exempt, trace),
            false => rights,
        }
    }

    /// The rights that no other party has on this one, whatever a key gives.
    pub fn exempt(&self, party: Party) -> RightSet {
        let record = self.record(party);
        let domain = self.domain(record.domain());
        match record.kind() == Kind::User as u8 && domain.flags().has(Flags::CONDITIONS) {
            true => exempt_rights(domain.target_class(record.attributes().target_class).exempt),
            false => RightSet::EMPTY,
        }
    }

    /// A contact that the team's domain names: only rules give it anything.
    fn contact_to_team<T: Trace>(
        &self,
        contact: Party,
        domain: &DomainView<'_, M>,
        team: &Record,
        trace: &mut T,
    ) -> RightSet {
        if !domain.flags().has(Flags::CONDITIONS) {
            return RightSet::EMPTY;
        }
        let rights = self.contact_by_rules(domain, contact, team, trace).all.plain;
        self.concluded(domain, rights, 0, trace)
    }

    /// An outside address that no policy names, towards a user.
    fn of_unnamed<T: Trace>(
        &self,
        domain: &DomainView<'_, M>,
        target_record: &Record,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        let rights = from_outside(domain, target_record, Outcome::default(), role, trace);
        let exempt = domain.target_class(target_record.attributes().target_class).exempt;
        self.if_conditions(domain, rights, exempt, trace)
    }

    /// A contact that the target's domain names, towards a user: what holds for all from outside, and rules that name it.
    fn of_contact<T: Trace>(
        &self,
        (contact, target_record): (Party, &Record),
        domain: &DomainView<'_, M>,
        entry: u32,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        let own = domain.outcome(entry);
        if !domain.flags().has(Flags::CONDITIONS) {
            return from_outside(domain, target_record, own, role, trace);
        }
        let found = self.contact_by_rules(domain, contact, target_record, trace);
        let label = own.label.max(found.own);
        let own = Outcome { label, graded: own.graded | found.all.graded, ..own };
        let mut rights = from_outside(domain, target_record, own, role, trace);
        if found.wavering != 0 {
            let other = Outcome { label: found.wavering, ..own };
            rights = rights & from_outside(domain, target_record, other, role, trace);
        }
        let rights = rights | found.all.plain & applicable::USERS;
        let exempt = domain.target_class(target_record.attributes().target_class).exempt;
        self.concluded(domain, rights, exempt, trace)
    }

    /// Across domains the actor is a contact from outside: the one that the target's domain names by that address, or one without
    /// entries.
    #[cold]
    fn across<T: Trace>(
        &self,
        actor: Party,
        actor_record: &Record,
        target: Party,
        target_record: &Record,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        if !matches!(actor_record.kind(), USER | CONTACT) || !matches!(target_record.kind(), USER | TEAM) {
            return RightSet::EMPTY;
        }
        if target_record.kind() == TEAM {
            return match self.alias(actor, target_record.domain()) {
                Alias::Named(contact) => {
                    self.contact_to_team(contact, &self.domain(target_record.domain()), target_record, trace)
                }
                Alias::Unnamed | Alias::None => RightSet::EMPTY,
            };
        }
        match self.alias(actor, target_record.domain()) {
            Alias::Named(contact) => {
                let entry = self.pair(contact, target);
                let domain = self.domain(target_record.domain());
                self.of_contact((contact, target_record), &domain, entry, role, trace)
            }
            Alias::Unnamed => self.of_unnamed(&self.domain(target_record.domain()), target_record, role, trace),
            Alias::None => RightSet::EMPTY,
        }
    }

    /// The same where actor or target may be an unlisted contact: an outside address that no policy names. It has no entries, and
    /// no rights in a domain other than the one it was resolved in.
    pub fn between<T: Trace>(
        &self,
        actor: Resolved,
        target: Resolved,
        role: Option<TransferRole>,
        trace: &mut T,
    ) -> RightSet {
        match (actor, target) {
            (Resolved::Party(actor), Resolved::Party(target)) => self.evaluate(actor, target, role, trace),
            (Resolved::Unlisted(domain), Resolved::Party(target)) => {
                let target_record = self.record(target);
                if target_record.kind() != USER || target_record.domain() != domain.0 {
                    return RightSet::EMPTY;
                }
                self.of_unnamed(&self.domain(domain.0), &target_record, role, trace)
            }
            (Resolved::Party(actor), Resolved::Unlisted(domain)) => {
                let actor_record = self.record(actor);
                if actor_record.kind() != USER || actor_record.domain() != domain.0 {
                    return RightSet::EMPTY;
                }
                let domain = self.domain(domain.0);
                let rights = to_contact(&domain, 0, trace);
                self.if_conditions(&domain, rights, 0, trace)
            }
            (Resolved::Unlisted(_), Resolved::Unlisted(_)) => RightSet::EMPTY,
        }
    }
}

/// A contact towards a user: the outside default, the owner's own setting and grant, subscriptions.
#[inline(never)]
fn from_outside<M: ReadMode, T: Trace>(
    domain: &DomainView<'_, M>,
    target_record: &Record,
    own: Outcome,
    role: Option<TransferRole>,
    trace: &mut T,
) -> RightSet {
    let target = target_record.attributes();
    let label = if own.label != 0 {
        trace.event(TraceEvent::OwnSetting(own.label));
        own.label
    } else if target.decides_alone {
        of_sole_decider(target.outside, trace)
    } else {
        trace.event(TraceEvent::Outside(target.outside));
        at_least_default(target.outside.max(part(role, own.part, trace)), trace)
    };
    let by_label = domain.label(label, false);
    trace.event(TraceEvent::Label(label, by_label));
    trace.event(TraceEvent::PairEntry(own.graded, own.plain));
    let limits = (target.release, domain.target_class(target.target_class).withheld_lines);
    by_label | limited(RightSet::EMPTY, own.graded, limits, trace) | own.plain
}

/// A user towards a contact: changes of the relation, and subscriptions.
fn to_contact<M: ReadMode, T: Trace>(domain: &DomainView<'_, M>, entry: u32, trace: &mut T) -> RightSet {
    let own = domain.outcome(entry);
    trace.event(TraceEvent::PairEntry(RightSet::EMPTY, own.plain));
    let relation = domain.rights(Field::RelationContacts);
    trace.event(TraceEvent::Relation(relation));
    own.plain | relation
}
