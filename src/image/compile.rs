//! From policy to image: the one place where rules become words.
//!
//! The work is proportional to the facts. First every domain is planned (which group keys, outcomes and classes it needs), then
//! the words are laid out, then written.
#![forbid(unsafe_code)]

use super::check::{persona_hash, persona_word};
use super::domain::{
    ACTOR_CLASS_WORDS, DOMAIN_WORDS, DomainBlock, Flags, LABELS, OUTCOME_WORDS, Place, TARGET_CLASS_WORDS, applicable,
    pack_outcome,
};
use super::names::IndexBuilder;
use super::pairs::{self, BUCKET_WORDS, MAX_SHORT_OUTCOME, Spread};
use super::published::{Prepared, Published};
use super::record::{self, Membership, RECORD_WORDS, Standing};
use super::{HEADER_WORDS, Header, joined};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Kind, Party};
use crate::policy::{Domain, Policy, User};
use crate::right::{Right, RightSet};
use crate::rule::{Origin, Outcome};
use crate::system::pascom::Members;
use crate::system::xphone::Label;
use crate::system::{System, keevio};
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which entry of the policy each group key came from, for explanations.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// By domain number, then by key; key 0 is unused.
    keys: Vec<Vec<Origin>>,
}

impl Origins {
    /// The entry a key came from.
    pub fn of(&self, domain: DomainId, key: u32) -> Option<Origin> {
        self.keys.get(domain.index())?.get((key as usize).checked_sub(1)?).copied()
    }
}

/// Compiles `policy` into an image that is to be put in force as `revision`. `room` is for how many parties more than the
/// directory has numbers for, so that a party can be added without compiling anew.
pub fn prepare(
    published: &Published,
    policy: &Policy,
    directory: &Directory,
    room: u32,
    revision: u64,
) -> Result<(Prepared, Origins)> {
    let limit = directory.last_party().0 + 1 + room;
    let plan = Plan::new(policy, directory, limit)?;
    let mut spread = Spread::new(plan.pair_count, limit);
    loop {
        let layout = Layout::new(&plan, spread);
        let built = published.prepare(layout.words, |words| plan.write(words, &layout, policy, revision));
        match built {
            Ok((prepared, ())) => {
                return Ok((
                    prepared,
                    Origins { keys: plan.domains.into_iter().map(|domain| domain.origins).collect() },
                ));
            }
            Err(error) if error.kind() == ErrorKind::Limit && plan.pair_count > 0 => {
                if spread.roomier() == spread {
                    return Err(error);
                }
                spread = spread.roomier();
            }
            Err(error) => return Err(error),
        }
    }
}

/// A list of different things, each with its number.
struct Numbered<T> {
    list: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash + Default> Default for Numbered<T> {
    /// Number 0 is nothing.
    fn default() -> Numbered<T> {
        Numbered { list: vec![T::default()], numbers: HashMap::from([(T::default(), 0)]) }
    }
}

impl<T: Clone + Eq + Hash + Default> Numbered<T> {
    fn number(&mut self, thing: &T) -> u32 {
        if let Some(number) = self.numbers.get(thing) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(thing.clone());
        self.numbers.insert(thing.clone(), number);
        number
    }
}

/// What a user may towards every user, team and location.
type ActorClass = [RightSet; 3];

/// A group rule: a key that counts for some as actors and for some as targets.
struct GroupRule<'a> {
    key: u32,
    actors: &'a [Party],
    targets: &'a [Party],
}

/// A domain, planned.
struct DomainPlan<'a> {
    block: DomainBlock,
    outcomes: Numbered<Outcome>,
    /// Outcome of each key; key 0 is unused.
    keys: Vec<u32>,
    origins: Vec<Origin>,
    rules: Vec<GroupRule<'a>>,
    realms: Vec<(u32, Vec<Party>)>,
    actor_classes: Numbered<ActorClass>,
    actor_class_of: HashMap<Party, u16>,
    target_classes: Numbered<RightSet>,
    target_class_of: HashMap<Party, u16>,
    /// Which outcome each label has that is an owner's own setting and nothing else.
    label_outcomes: [u32; LABELS],
    /// keevio's cells by target and actor.
    subscriptions: BTreeMap<(Party, Party), RightSet>,
    /// Pairs with a cell of their own.
    cell_count: u64,
    /// Those whose outcome does not fit a bucket.
    wide: Vec<(u64, u32)>,
}

impl<'a> DomainPlan<'a> {
    fn empty() -> DomainPlan<'a> {
        DomainPlan {
            block: DomainBlock::new(),
            outcomes: Numbered::default(),
            keys: vec![0],
            origins: Vec::new(),
            rules: Vec::new(),
            realms: Vec::new(),
            actor_classes: Numbered::default(),
            actor_class_of: HashMap::new(),
            target_classes: Numbered::default(),
            target_class_of: HashMap::new(),
            label_outcomes: [0; LABELS],
            subscriptions: BTreeMap::new(),
            cell_count: 0,
            wide: Vec::new(),
        }
    }

    fn new(domain: &'a Domain) -> Result<DomainPlan<'a>> {
        let mut plan = DomainPlan::empty();
        plan.block.set_rights(Place::Oneself, domain.self_rights());
        plan.plan_relations(domain);
        if domain.systems.has(System::Xphone) {
            plan.plan_xphone(domain)?;
        }
        if domain.systems.has(System::Estos) {
            plan.plan_estos(domain);
        }
        if domain.systems.has(System::Pascom) {
            plan.plan_pascom(domain)?;
        }
        if domain.systems.has(System::Keevio) {
            plan.plan_keevio(domain);
        }
        if domain.systems.iter().any(|system| system != System::Xphone) {
            plan.block.set_flag(Flags::MORE);
        }
        plan.sum_up();
        plan.number_cells(domain);
        // Group keys keep their outcome in 16 bits.
        let most = plan.keys.iter().max().copied().unwrap_or(0);
        if most > u32::from(u16::MAX) {
            return Err(too_many(domain, "different sets of rights"));
        }
        Ok(plan)
    }

    /// What a user with each label has towards another user as a matter of course.
    fn sum_up(&mut self) {
        let always = self.block.rights(Place::Users, 0) | self.block.rights(Place::RelationUsers, 0);
        for label in 0..LABELS as u8 {
            let by_label = self.block.rights(Place::Inside, usize::from(label) * 2);
            self.block.set_between(label, (by_label | always) & applicable::USERS);
        }
    }

    fn plan_relations(&mut self, domain: &Domain) {
        let relations = domain.relation_rights();
        self.block.set_rights(Place::RelationContacts, relations);
        let change = Right::RELATION_CHANGE.mask();
        if domain.systems.has(System::Xphone) || !relations.contains(change) {
            self.block.set_rights(Place::RelationUsers, relations);
        } else {
            self.block.set_rights(Place::RelationUsers, relations.without(change));
            self.block.set_flag(Flags::CHANGE_MAY_BE_FIXED);
        }
    }

    fn plan_xphone(&mut self, domain: &'a Domain) -> Result<()> {
        if domain.xphone.sites.len() >= usize::from(u16::MAX) {
            return Err(too_many(domain, "sites"));
        }
        // Labels come first, so that their outcomes have their own numbers.
        self.block.set_flag(Flags::LABELS);
        for label in Label::ALL {
            for inside in [true, false] {
                self.block.set_label(*label as u8, inside, domain.xphone.matrix.rights(*label, inside));
            }
            let number = self.outcomes.number(&Outcome::label(*label as u8));
            if let Some(place) = self.label_outcomes.get_mut(*label as usize) {
                *place = number;
            }
        }
        domain.xphone.lower_groups(|actors, targets, outcome, origin| self.add_group(actors, targets, outcome, origin));
        Ok(())
    }

    fn plan_estos(&mut self, domain: &'a Domain) {
        let estos = &domain.estos;
        self.block.set_flag(Flags::GRADED);
        if let Some(grant) = estos.global {
            let fixed = matches!(grant, crate::system::estos::Grant::Rights(_));
            self.block.set_graded(&Outcome { fixed, ..estos.lower(grant) });
        }
        estos.lower_groups(|actors, targets, outcome, origin| self.add_group(actors, targets, outcome, origin));
    }

    fn plan_pascom(&mut self, domain: &'a Domain) -> Result<()> {
        let mut everybody: ActorClass = Default::default();
        let mut actors: HashMap<Party, ActorClass> = HashMap::new();
        let mut targets: HashMap<Party, RightSet> = HashMap::new();
        let column = |kind| match kind {
            Kind::User => 0,
            Kind::Team => 1,
            _ => 2,
        };
        let add = |class: &mut ActorClass, kind: Kind, rights: RightSet| {
            if let Some(set) = class.get_mut(column(kind)) {
                *set |= rights;
            }
        };
        if domain.pickup_is_open() {
            add(&mut everybody, Kind::User, Right::CALL_PICKUP.mask());
            add(&mut everybody, Kind::Team, Right::CALL_PICKUP.mask());
        }
        if domain.login_is_open() {
            add(&mut everybody, Kind::Location, Right::LOCATION_LOGIN.mask());
        }
        domain.pascom.lower_actors(|users, rights| match users {
            Members::Every => add(&mut everybody, Kind::User, rights),
            Members::These(users) => users.iter().for_each(|user| {
                add(actors.entry(*user).or_default(), Kind::User, rights);
            }),
        });
        domain.pascom.lower_shared(|users, kind, members, outcome, origin| match (users, members) {
            (Members::Every, Members::Every) => add(&mut everybody, kind, outcome.plain),
            (Members::Every, Members::These(members)) => members.iter().for_each(|member| {
                *targets.entry(*member).or_default() |= outcome.plain;
            }),
            (Members::These(users), Members::Every) => users.iter().for_each(|user| {
                add(actors.entry(*user).or_default(), kind, outcome.plain);
            }),
            (Members::These(users), Members::These(members)) => self.add_shared(users, members, outcome, origin),
        });
        for (place, rights) in [Place::Users, Place::Teams, Place::Locations].into_iter().zip(everybody) {
            self.block.set_rights(place, rights);
        }
        let by_formula = RightSet::of(&[Right::FORWARDING_SET, Right::CALL_CONTROL]);
        self.block.set_rights(Place::Oneself, domain.self_rights() | by_formula);
        let small = |number: u32| u16::try_from(number).map_err(|_| too_many(domain, "different sets of permissions"));
        for (party, class) in sorted(actors) {
            self.actor_class_of.insert(party, small(self.actor_classes.number(&class))?);
        }
        for (party, class) in sorted(targets) {
            self.target_class_of.insert(party, small(self.target_classes.number(&class))?);
        }
        Ok(())
    }

    fn plan_keevio(&mut self, domain: &'a Domain) {
        if domain.keevio.realm {
            let mut realms: BTreeMap<keevio::Realm, Vec<Party>> = BTreeMap::new();
            for user in &domain.users {
                if let Some(realm) = user.keevio.realm() {
                    realms.entry(realm).or_default().push(user.party);
                }
            }
            for (members, place) in realms.into_values().zip(0..) {
                let key = self.new_key(Outcome::plain(keevio::realm_rights()), Origin::Realm(place));
                self.realms.push((key, members));
            }
        }
        for (viewer, owner) in domain.keevio.subscriptions.keys() {
            for (actor, target) in [(*viewer, *owner), (*owner, *viewer)] {
                let rights = domain.keevio.rights(actor, target);
                if !rights.is_empty() {
                    self.subscriptions.insert((target, actor), rights);
                }
            }
        }
    }

    fn new_key(&mut self, outcome: Outcome, origin: Origin) -> u32 {
        let key = self.keys.len() as u32;
        self.keys.push(self.outcomes.number(&outcome));
        self.origins.push(origin);
        key
    }

    fn add_group(&mut self, actors: &'a [Party], targets: &'a [Party], outcome: Outcome, origin: Origin) {
        let key = self.new_key(outcome, origin);
        self.rules.push(GroupRule { key, actors, targets });
    }

    /// A permission has one key for all kinds of members; what applies to a kind is sorted out when it is checked.
    fn add_shared(&mut self, actors: &'a [Party], targets: &'a [Party], outcome: Outcome, origin: Origin) {
        if self.origins.last() != Some(&origin) {
            return self.add_group(actors, targets, outcome, origin);
        }
        let key = self.keys.len() as u32 - 1;
        let held = self.keys.last().and_then(|number| self.outcomes.list.get(*number as usize)).copied();
        let number = self.outcomes.number(&held.unwrap_or_default().and(outcome));
        if let Some(last) = self.keys.last_mut() {
            *last = number;
        }
        self.rules.push(GroupRule { key, actors: &[], targets });
    }

    /// Gives every cell's outcome its number, counts the cells, and lists those whose number does not fit a bucket.
    fn number_cells(&mut self, domain: &Domain) {
        let mut outcomes = std::mem::take(&mut self.outcomes);
        let (mut count, mut wide) = (0, Vec::new());
        self.each_cell(domain, |actor, target, outcome| {
            count += 1;
            let number = self.label_outcome(outcome).unwrap_or_else(|| outcomes.number(outcome));
            if number > MAX_SHORT_OUTCOME {
                wide.push((pairs::pair_word(actor, target), number));
            }
        });
        (self.outcomes, self.cell_count, self.wide) = (outcomes, count, wide);
    }

    /// The number of a cell's outcome, once all have theirs.
    fn outcome_number(&self, outcome: &Outcome) -> u32 {
        self.label_outcome(outcome).or_else(|| self.outcomes.numbers.get(outcome).copied()).unwrap_or(0)
    }

    /// By far the most cells are a label and nothing else.
    fn label_outcome(&self, outcome: &Outcome) -> Option<u32> {
        let only_label = outcome.label != 0 && outcome.graded.is_empty() && outcome.plain.is_empty();
        self.label_outcomes.get(usize::from(outcome.label)).copied().filter(|_| only_label)
    }

    /// Calls `cell` with actor and target of every pair that has a cell of its own, and what the cell gives.
    fn each_cell(&self, domain: &Domain, mut cell: impl FnMut(Party, Party, &Outcome)) {
        for user in &domain.users {
            let settings = if domain.systems.has(System::Xphone) { &user.xphone.settings[..] } else { &[] };
            let grants = if domain.systems.has(System::Estos) { &user.estos.grants[..] } else { &[] };
            let labels = settings.iter().map(|setting| (setting.viewer, Outcome::label(setting.label as u8)));
            if grants.is_empty() && self.subscriptions.is_empty() {
                labels.for_each(|(viewer, outcome)| cell(viewer, user.party, &outcome));
                continue;
            }
            let grants = grants.iter().map(|own| {
                let rights = match domain.contact(own.viewer) {
                    Some(contact) => domain.estos.rights_of_contact(own.grant, &contact.host),
                    None => domain.estos.rights(own.grant),
                };
                (own.viewer, Outcome::graded(rights))
            });
            let mut cells: BTreeMap<Party, Outcome> = BTreeMap::new();
            for (viewer, outcome) in labels.chain(grants).chain(self.subscribed(user.party)) {
                let held = cells.entry(viewer).or_default();
                *held = held.and(outcome);
            }
            cells.iter().for_each(|(viewer, outcome)| cell(*viewer, user.party, outcome));
        }
        for contact in &domain.contacts {
            self.subscribed(contact.party).for_each(|(actor, outcome)| cell(actor, contact.party, &outcome));
        }
    }

    fn subscribed(&self, target: Party) -> impl Iterator<Item = (Party, Outcome)> + '_ {
        let all = (target, Party::NOBODY)..=(target, Party(u32::MAX));
        self.subscriptions.range(all).map(|((_, actor), rights)| (*actor, Outcome::plain(*rights)))
    }
}

fn too_many(domain: &Domain, what: &str) -> Error {
    Error::new(
        ErrorKind::Limit,
        format!("{}: domain `{}` has too many {what}: 65534 at most", domain.file, domain.name),
    )
}

fn sorted<T>(map: HashMap<Party, T>) -> BTreeMap<Party, T> {
    map.into_iter().collect()
}

/// Everything that has to be known before the words can be laid out.
struct Plan<'a> {
    limit: u32,
    /// By domain number; those that the policy does not have are empty.
    domains: Vec<DomainPlan<'a>>,
    memberships: Memberships,
    pair_count: u64,
    wide: Vec<(u64, u32)>,
    personas: Vec<(u64, u32)>,
    index: IndexBuilder,
    extra_words: usize,
    /// The domain, where the policy has just one.
    only_domain: Option<DomainId>,
}

/// Every party's memberships, in the order of their keys.
struct Memberships {
    starts: Vec<u32>,
    ends: Vec<u32>,
    list: Vec<Membership>,
}

impl Memberships {
    fn new(domains: &[DomainPlan<'_>], limit: u32) -> Memberships {
        let mut starts = vec![0u32; limit as usize + 1];
        for_each_membership(domains, |party, _| {
            if let Some(count) = starts.get_mut(party.index() + 1) {
                *count += 1;
            }
        });
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut ends = starts.clone();
        let none = Membership { key: 0, acts: false, is_target: false };
        let mut list = vec![none; sum as usize];
        for_each_membership(domains, |party, membership| {
            let (Some(start), Some(end)) = (starts.get(party.index()), ends.get_mut(party.index())) else { return };
            // Keys come in ascending order, so a key that is there already is the last one.
            match list.get_mut(*start as usize..*end as usize).and_then(|held| held.last_mut()) {
                Some(last) if last.key == membership.key => {
                    last.acts |= membership.acts;
                    last.is_target |= membership.is_target;
                }
                _ => {
                    if let Some(place) = list.get_mut(*end as usize) {
                        *place = membership;
                        *end += 1;
                    }
                }
            }
        });
        Memberships { starts, ends, list }
    }

    fn of(&self, party: Party) -> &[Membership] {
        let (Some(start), Some(end)) = (self.starts.get(party.index()), self.ends.get(party.index())) else {
            return &[];
        };
        self.list.get(*start as usize..*end as usize).unwrap_or(&[])
    }
}

fn for_each_membership(domains: &[DomainPlan<'_>], mut each: impl FnMut(Party, Membership)) {
    for domain in domains {
        for rule in &domain.rules {
            let acts = Membership { key: rule.key, acts: true, is_target: false };
            rule.actors.iter().for_each(|party| each(*party, acts));
            let is_target = Membership { key: rule.key, acts: false, is_target: true };
            rule.targets.iter().for_each(|party| each(*party, is_target));
        }
        for (key, members) in &domain.realms {
            let both = Membership { key: *key, acts: true, is_target: true };
            members.iter().for_each(|party| each(*party, both));
        }
    }
}

impl<'a> Plan<'a> {
    fn new(policy: &'a Policy, directory: &Directory, limit: u32) -> Result<Plan<'a>> {
        let mut domains: Vec<_> = (0..directory.domain_count()).map(|_| DomainPlan::empty()).collect();
        for domain in &policy.domains {
            if let Some(place) = domains.get_mut(domain.id.index()) {
                *place = DomainPlan::new(domain)?;
            }
        }
        let memberships = Memberships::new(&domains, limit);
        let long = (0..limit).map(|party| memberships.of(Party(party))).filter(|list| !record::fit(list));
        let extra_words = long.map(|list| list.len() + 1).sum();
        let mut wide: Vec<_> = domains.iter().flat_map(|domain| domain.wide.iter().copied()).collect();
        wide.sort_unstable();
        Ok(Plan {
            limit,
            pair_count: domains.iter().map(|domain| domain.cell_count).sum(),
            domains,
            memberships,
            wide,
            personas: personas(policy, directory),
            index: index(policy, directory),
            extra_words,
            only_domain: policy.domains.first().filter(|_| policy.domains.len() == 1).map(|domain| domain.id),
        })
    }

    fn standing(&self, domain: &Domain, party: Party, kind: Kind, user: Option<&User>) -> Standing {
        let plan = self.domains.get(domain.id.index());
        let class = |classes: Option<&HashMap<Party, u16>>| classes.and_then(|of| of.get(&party)).copied().unwrap_or(0);
        let mut standing = Standing {
            domain: domain.id.0,
            kind: kind as u8,
            actor_class: class(plan.map(|plan| &plan.actor_class_of)),
            target_class: class(plan.map(|plan| &plan.target_class_of)),
            ..Standing::default()
        };
        let Some(user) = user else { return standing };
        standing.release = user.estos.release as u8;
        if domain.systems.has(System::Xphone) {
            standing.vip = user.xphone.vip;
            standing.assistant = user.xphone.assistant;
            standing.site = user.xphone.site.map_or(0, |site| site + 1);
            if let Some(defaults) = domain.xphone.defaults(&user.xphone) {
                standing.same_site = defaults.same_site as u8;
                standing.other_sites = defaults.other_sites as u8;
                standing.outside = defaults.outside as u8;
            }
        }
        standing
    }

    fn write(&self, words: &[AtomicU64], layout: &Layout, policy: &Policy, revision: u64) -> Result<()> {
        let out = Out { words };
        let mut extra = layout.extras;
        let mut put_record = |party: Party, standing: &Standing| {
            let memberships = self.memberships.of(party);
            let at = (!record::fit(memberships)).then_some(extra as u32);
            if at.is_some() {
                out.set(extra, memberships.len() as u64);
                out.row(extra + 1, memberships.iter().map(|membership| membership.pack()));
                extra += memberships.len() + 1;
            }
            out.row(layout.records + party.index() * RECORD_WORDS, record::pack(standing, memberships, at));
        };
        for domain in &policy.domains {
            for user in &domain.users {
                put_record(user.party, &self.standing(domain, user.party, Kind::User, Some(user)));
            }
            for (party, kind) in domain.parties().filter(|(_, kind)| *kind != Kind::User) {
                put_record(party, &self.standing(domain, party, kind, None));
            }
        }
        self.write_tables(&out, layout);
        for ((pair, outcome), place) in self.wide.iter().zip(0..) {
            out.set(layout.wide + place * 2, *pair);
            out.set(layout.wide + place * 2 + 1, u64::from(*outcome));
        }
        self.write_personas(&out, layout);
        self.index.write(words, layout.index);
        self.write_pairs(words, layout, policy)?;
        self.write_header(&out, layout, revision);
        Ok(())
    }

    fn write_pairs(&self, words: &[AtomicU64], layout: &Layout, policy: &Policy) -> Result<()> {
        for domain in &policy.domains {
            let Some(plan) = self.domains.get(domain.id.index()) else { continue };
            let mut result = Ok(());
            plan.each_cell(domain, |actor, target, outcome| {
                let number = plan.outcome_number(outcome);
                // An outcome that gives nothing has number 0, and no cell is as good as that.
                if result.is_ok() && number != 0 {
                    result = pairs::insert(words, layout.buckets, layout.spread, (actor, target), number);
                }
            });
            result?;
        }
        Ok(())
    }

    fn write_tables(&self, out: &Out<'_>, layout: &Layout) {
        let mut at = layout.tables;
        for (plan, place) in self.domains.iter().zip(0..) {
            let mut block = plan.block.clone();
            block.set_table(Place::Outcomes, at as u32, plan.outcomes.list.len() as u32);
            for outcome in &plan.outcomes.list {
                at = out.row(at, pack_outcome(outcome));
            }
            block.set_table(Place::Groups, at as u32, plan.keys.len() as u32);
            at = out.row(
                at,
                plan.keys
                    .chunks(4)
                    .map(|four| four.iter().rev().fold(0, |word, outcome| word << 16 | u64::from(*outcome & 0xffff))),
            );
            block.set_table(Place::ActorClasses, at as u32, plan.actor_classes.list.len() as u32);
            for class in &plan.actor_classes.list {
                at = out.row(at, class.iter().flat_map(|set| two_words(*set)));
            }
            block.set_table(Place::TargetClasses, at as u32, plan.target_classes.list.len() as u32);
            for class in &plan.target_classes.list {
                at = out.row(at, two_words(*class));
            }
            out.row(layout.domains + place * DOMAIN_WORDS, block.words().iter().copied());
        }
    }

    fn write_personas(&self, out: &Out<'_>, layout: &Layout) {
        let mask = (layout.persona_slots as u64).saturating_sub(1);
        for (word, contact) in &self.personas {
            let mut place = persona_hash(*word) & mask;
            while out.get(layout.personas + place as usize * 2) != 0 {
                place = (place + 1) & mask;
            }
            out.row(layout.personas + place as usize * 2, [*word, u64::from(*contact)]);
        }
    }

    fn write_header(&self, out: &Out<'_>, layout: &Layout, revision: u64) {
        let set = |place: Header, low: usize, high: usize| out.set(place as usize, joined(low as u32, high as u32));
        set(Header::Records, layout.records, self.limit as usize);
        set(Header::Buckets, layout.buckets, layout.spread.buckets as usize);
        set(Header::Domains, layout.domains, self.domains.len());
        set(Header::Bits, layout.spread.bits as usize, layout.wide);
        set(Header::Wide, self.wide.len(), self.only_domain.map_or(0, |only| only.index() + 1));
        set(Header::Personas, layout.personas, layout.persona_slots);
        set(Header::Index, layout.index, self.index.slots());
        out.set(Header::Words as usize, layout.words as u64);
        out.set(Header::Revision as usize, revision);
    }
}

fn two_words(set: RightSet) -> [u64; 2] {
    [set.bits() as u64, (set.bits() >> 64) as u64]
}

/// Who the users and contacts of each domain are in the others that name their address.
fn personas(policy: &Policy, directory: &Directory) -> Vec<(u64, u32)> {
    let mut personas = Vec::new();
    let named: Vec<_> = policy
        .domains
        .iter()
        .flat_map(|domain| domain.contacts.iter().map(move |contact| (domain, contact)))
        .filter_map(|(domain, contact)| Some((domain, contact, directory.named(contact.party)?)))
        .collect();
    for (domain, contact, name) in &named {
        // The same address as a user of the domain it belongs to.
        let home = policy.domains.iter().find(|home| *home.name == *contact.host);
        let login = name.name.get(4..).and_then(|rest| rest.rsplit_once('@')).map(|(login, _)| login);
        if let (Some(home), Some(login)) = (home, login) {
            let user = directory.party(home.id, Kind::User, login).filter(|party| home.user(*party).is_some());
            if let Some(user) = user {
                personas.push((persona_word(user, domain.id.0), contact.party.0));
            }
            // In that domain itself nobody is a contact from outside.
            personas.push((persona_word(contact.party, home.id.0), 0));
        }
        for other in policy.domains.iter().filter(|other| other.id != domain.id) {
            let there = directory.party(other.id, Kind::Contact, &name.name);
            if let Some(there) = there.filter(|party| other.contact(*party).is_some()) {
                personas.push((persona_word(contact.party, other.id.0), there.0));
            }
        }
    }
    personas
}

/// Every text that names a party.
fn index(policy: &Policy, directory: &Directory) -> IndexBuilder {
    let mut index = IndexBuilder::default();
    for domain in &policy.domains {
        index.add_domain(domain.id, &domain.name);
        for (party, kind) in domain.parties() {
            let text = directory.text(party);
            index.add_party(domain.id, &text, party);
            if kind == Kind::User {
                index.add_login(domain.id, &text, party);
            }
        }
        let numbers = domain.users.iter().map(|user| (user.party, &user.lines));
        let numbers = numbers.chain(domain.teams.iter().map(|team| (team.party, &team.lines)));
        for (party, lines) in numbers {
            let own = directory.text(party);
            lines.iter().filter(|line| **line != own).for_each(|line| index.add_party(domain.id, line, party));
        }
    }
    index
}

/// Where everything goes.
struct Layout {
    spread: Spread,
    records: usize,
    domains: usize,
    tables: usize,
    extras: usize,
    buckets: usize,
    wide: usize,
    personas: usize,
    persona_slots: usize,
    index: usize,
    words: usize,
}

impl Layout {
    fn new(plan: &Plan<'_>, spread: Spread) -> Layout {
        let records = HEADER_WORDS;
        let domains = records + plan.limit as usize * RECORD_WORDS;
        let tables = domains + plan.domains.len() * DOMAIN_WORDS;
        let table_words = |plan: &DomainPlan<'_>| {
            plan.outcomes.list.len() * OUTCOME_WORDS
                + plan.keys.len().div_ceil(4)
                + plan.actor_classes.list.len() * ACTOR_CLASS_WORDS
                + plan.target_classes.list.len() * TARGET_CLASS_WORDS
        };
        let extras = tables + plan.domains.iter().map(table_words).sum::<usize>();
        // Buckets are cache lines.
        let buckets = (extras + plan.extra_words).next_multiple_of(BUCKET_WORDS);
        let wide = buckets + spread.buckets as usize * BUCKET_WORDS;
        let personas = wide + plan.wide.len() * 2;
        let persona_slots = if plan.personas.is_empty() { 0 } else { (plan.personas.len() * 2).next_power_of_two() };
        let index = personas + persona_slots * 2;
        let words = index + plan.index.words();
        Layout { spread, records, domains, tables, extras, buckets, wide, personas, persona_slots, index, words }
    }
}

/// Words being written.
struct Out<'a> {
    words: &'a [AtomicU64],
}

impl Out<'_> {
    fn set(&self, place: usize, word: u64) {
        if let Some(held) = self.words.get(place) {
            held.store(word, Ordering::Relaxed);
        }
    }

    fn get(&self, place: usize) -> u64 {
        self.words.get(place).map_or(0, |word| word.load(Ordering::Relaxed))
    }

    /// Writes words from `place` on; returns the place behind them.
    fn row(&self, place: usize, row: impl IntoIterator<Item = u64>) -> usize {
        let mut place = place;
        for word in row {
            self.set(place, word);
            place += 1;
        }
        place
    }
}
