//! What one domain needs in an image: its group keys, outcomes and classes, and how many pairs have an entry. What a system
//! adds stands in its own file below `lowering`. It writes no word.
#![forbid(unsafe_code)]

use super::group_rule::Rule;
use super::hash::{FastMap, Mixer};
use super::levels::Levels;
use super::lowering::{self, Pairs};
use crate::calendar::When;
use crate::calendar::compiled::Block;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Kind, Party};
use crate::image::format::domain::{
    ActorClass, CONDITION_WORDS, DomainBlock, Field, Flags, LABELS, TargetClass, applicable,
};
use crate::image::format::joined;
use crate::image::format::pairs::{self, MAX_SHORT_OUTCOME};
use crate::policy::Domain;
use crate::right::Right;
use crate::rule::condition::Condition;
use crate::rule::{Outcome, Sort};
use crate::system::System;
use crate::system::keevio::Realm;
use crate::system::xphone::Label;
use std::hash::{Hash, Hasher};

/// Numbers different things, each once.
pub(crate) struct Interner<T> {
    pub list: Vec<T>,
    numbers: FastMap<T, u32>,
}

impl<T: Clone + Eq + Hash + Default> Default for Interner<T> {
    /// Number 0 is nothing.
    fn default() -> Interner<T> {
        Interner { list: vec![T::default()], numbers: FastMap::from_iter([(T::default(), 0)]) }
    }
}

impl<T: Clone + Eq + Hash + Default> Interner<T> {
    pub fn number(&mut self, thing: &T) -> u32 {
        if let Some(number) = self.numbers.get(thing) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(thing.clone());
        self.numbers.insert(thing.clone(), number);
        number
    }
}

/// What a pair's own entry gives. By far the most are an owner's own setting and nothing else.
#[derive(Clone, Copy)]
pub(crate) enum PairEntry<'a> {
    Label(Label),
    Outcome(&'a Outcome),
}

/// The condition of a group key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyCondition {
    pub condition: Condition,
    /// Where in the calendar it stands when the key counts, for one date or two.
    pub when: [u32; 2],
    /// Stands for what is written there.
    pub hash: u64,
    /// From when and until when both dates count, hours aside.
    pub bounds: [i64; 2],
}

impl KeyCondition {
    /// As words of an image.
    pub fn words(&self) -> [u64; CONDITION_WORDS] {
        let ([first, second], [from, until]) = (self.when, self.bounds.map(|bound| bound as u64));
        [u64::from(self.condition.bits()), joined(first, second), self.hash, from, until]
    }

    /// Adds a date: the key counts where all of its dates do.
    fn add(&mut self, when: &When) {
        let [from, until] = self.bounds;
        self.bounds = [from.max(when.from().unwrap_or(i64::MIN)), until.min(when.until().unwrap_or(i64::MAX))];
        if !when.hours().is_empty() {
            self.condition = self.condition.and(Condition::HAS_HOURS);
        }
    }
}

/// A domain, planned.
pub(crate) struct DomainPlan<'a> {
    pub block: DomainBlock,
    pub outcomes: Interner<Outcome>,
    /// Outcome of each key; key 0 is unused.
    pub keys: Vec<u32>,
    /// What sort of group each key is, those of realms excepted.
    pub sorts: Vec<Option<Sort>>,
    /// The condition of each key; empty where none has one.
    pub conditions: Vec<KeyCondition>,
    /// When keys count.
    pub calendar: Block,
    /// Where numbers lead; empty where the document does not say it.
    pub destinations: &'a [u64],
    /// Keys that are open on both sides.
    pub open_keys: Vec<u32>,
    /// How many of them are those of groups with lists; realms have those behind.
    pub group_keys: u32,
    /// Rows to leave free in each table, for what changes will bring.
    pub spare: usize,
    pub locations: Vec<Party>,
    pub rules: Vec<Rule<'a>>,
    pub realms: Vec<(u32, Realm, Vec<Party>)>,
    pub actor_classes: Interner<ActorClass>,
    pub actor_class_of: FastMap<Party, u16>,
    pub target_classes: Interner<TargetClass>,
    pub target_class_of: FastMap<Party, u16>,
    /// Which outcome each label has that is an owner's own setting and nothing else.
    pub(super) label_outcomes: [u32; LABELS],
    /// Entries that owners' own lists do not hold, by target and actor: the administrator's grants, subscriptions, parts in
    /// transfers, agents of teams.
    sparse: Vec<((Party, Party), Outcome)>,
    /// Pairs with an entry of their own.
    pub pair_entry_count: u64,
    /// Those whose outcome does not fit a bucket.
    pub wide: Vec<(u64, u32)>,
}

impl<'a> DomainPlan<'a> {
    pub fn empty() -> DomainPlan<'a> {
        DomainPlan {
            block: DomainBlock::new(),
            outcomes: Interner::default(),
            keys: vec![0],
            sorts: vec![None],
            conditions: Vec::new(),
            calendar: Block::default(),
            destinations: &[],
            open_keys: Vec::new(),
            group_keys: 0,
            spare: 0,
            locations: Vec::new(),
            rules: Vec::new(),
            realms: Vec::new(),
            actor_classes: Interner::default(),
            actor_class_of: FastMap::default(),
            target_classes: Interner::default(),
            target_class_of: FastMap::default(),
            label_outcomes: [0; LABELS],
            sparse: Vec::new(),
            pair_entry_count: 0,
            wide: Vec::new(),
        }
    }

    pub fn new(domain: &'a Domain, kinds: &[u8]) -> Result<DomainPlan<'a>> {
        let mut plan = DomainPlan::of_rules(domain)?;
        lowering::sparse(domain, Pairs::All, |actor, target, outcome| {
            if outcome != Outcome::default() {
                plan.sparse.push(((target, actor), outcome));
            }
        });
        plan.sparse.sort_unstable_by_key(|(pair, _)| *pair);
        plan.number_entries(domain, kinds);
        Ok(plan)
    }

    /// A plan without the entries of pairs.
    ///
    /// # Errors
    /// `Limit` when the domain has too many different things of a kind.
    pub fn of_rules(domain: &'a Domain) -> Result<DomainPlan<'a>> {
        let mut plan = DomainPlan::empty();
        plan.spare = 8 + (domain.users.len() / 16).min(40);
        plan.block.set_rights(Field::Oneself, domain.self_rights());
        plan.block.set_codes(&domain.codes);
        if domain.longest_age != 0 {
            plan.block.set_word(Field::LongestAge, u64::from(domain.longest_age));
            plan.block.set_flag(Flags::LONGEST_AGE | Flags::CONDITIONS | Flags::MORE);
        }
        plan.destinations = domain.linewarden.destinations().map_or(&[], |destinations| destinations.words());
        let locations = domain.stations.iter().filter(|station| station.kind == Kind::Location);
        plan.locations = locations.map(|location| location.party).collect();
        plan.plan_relations(domain);
        if domain.systems.has(System::Xphone) {
            plan.plan_xphone(domain)?;
        }
        let mut targets = FastMap::default();
        if domain.systems.has(System::Estos) {
            plan.plan_estos(domain, &mut targets);
        }
        if domain.systems.has(System::Pascom) {
            plan.plan_pascom(domain, &mut targets)?;
        }
        if domain.systems.has(System::Linewarden) {
            plan.plan_linewarden(domain, &mut targets);
        }
        plan.number_target_classes(domain, targets)?;
        let mut add = |rule: Rule<'a>| plan.add_rule(rule);
        plan.group_keys = lowering::rules(domain, &mut add);
        plan.sum_up_open_keys();
        if !plan.conditions.is_empty() {
            plan.block.set_flag(Flags::CONDITIONS | Flags::MORE);
        }
        if domain.systems.has(System::Keevio) {
            plan.plan_keevio(domain);
        }
        if domain.systems.iter().any(|system| system != System::Xphone) {
            plan.block.set_flag(Flags::MORE);
        }
        plan.sum_up();
        // Group keys keep their outcome in 16 bits.
        let most = plan.keys.iter().max().copied().unwrap_or(0);
        if most > u32::from(u16::MAX) {
            return Err(too_many(domain, "different sets of rights"));
        }
        Ok(plan)
    }

    /// What a user with each label has towards another user without groups and entries.
    fn sum_up(&mut self) {
        let always = self.block.rights(Field::Users, 0) | self.block.rights(Field::RelationUsers, 0);
        for label in 0..LABELS as u8 {
            let by_label = self.block.rights(Field::Inside, usize::from(label) * 2);
            self.block.set_between(label, (by_label | always) & applicable::USERS);
        }
    }

    fn plan_relations(&mut self, domain: &Domain) {
        let relations = domain.relation_rights();
        self.block.set_rights(Field::RelationContacts, relations);
        let change = Right::RELATION_CHANGE.mask();
        if domain.systems.has(System::Xphone) || !relations.contains(change) {
            self.block.set_rights(Field::RelationUsers, relations);
        } else {
            self.block.set_rights(Field::RelationUsers, relations.without(change));
            self.block.set_flag(Flags::CHANGE_MAY_BE_FIXED);
        }
    }

    /// Hashes the open keys with their conditions and outcomes: answers depend on them, though no party has them as a membership. Two
    /// images with the same hash agree in them.
    fn sum_up_open_keys(&mut self) {
        let mut hash = Mixer::default();
        let open = |held: &KeyCondition| held.condition.is_open();
        for (held, key) in self.conditions.iter().zip(0u32..).filter(|(held, _)| open(held)) {
            let number = self.keys.get(key as usize).copied().unwrap_or(0);
            let outcome = self.outcomes.list.get(number as usize).copied().unwrap_or_default();
            (held.condition, held.hash, outcome).hash(&mut hash);
            if held.condition.has(Condition::BY_USERS) && held.condition.is_to_open() {
                self.open_keys.push(key);
            }
            self.block.set_flag(Flags::OPEN_KEYS);
        }
        self.block.set_word(Field::OpenHash, hash.finish());
    }

    fn number_target_classes(&mut self, domain: &Domain, targets: FastMap<Party, TargetClass>) -> Result<()> {
        for (party, class) in sorted(targets) {
            self.target_class_of.insert(party, small(domain, self.target_classes.number(&class))?);
        }
        Ok(())
    }

    /// A rule with the previous rule's key is merged into that key's outcome.
    fn add_rule(&mut self, rule: Rule<'a>) {
        let held = self.keys.get(rule.key as usize).and_then(|number| self.outcomes.list.get(*number as usize));
        let number = self.outcomes.number(&held.copied().unwrap_or_default().and(rule.outcome));
        match self.keys.get_mut(rule.key as usize) {
            Some(key) => *key = number,
            None => {
                self.keys.push(number);
                self.sorts.push(Some(rule.origin.sort()));
            }
        }
        let bounds = [i64::MIN, i64::MAX];
        let mut condition = KeyCondition { condition: rule.condition, bounds, ..KeyCondition::default() };
        let mut hash = Mixer::default();
        for (when, index) in rule.when.into_iter().flatten().zip(0..) {
            when.hash(&mut hash);
            condition.add(when);
            if let Some(held) = condition.when.get_mut(index) {
                *held = self.calendar.add(when);
            }
        }
        if rule.when != [None; 2] {
            condition.hash = hash.finish();
            condition.condition = condition.condition.and(Condition::IS_DATED);
        }
        if rule.when[1].is_some() {
            condition.condition = condition.condition.and(Condition::IS_TWICE_DATED);
        }
        if condition.condition != Condition::NONE {
            self.conditions.resize(rule.key as usize + 1, KeyCondition::default());
            if let Some(last) = self.conditions.last_mut() {
                *last = condition;
            }
        }
        self.rules.push(rule);
    }

    /// Gives every entry's outcome its number, counts the entries, and lists those whose number does not fit a bucket.
    fn number_entries(&mut self, domain: &Domain, kinds: &[u8]) {
        let mut outcomes = std::mem::take(&mut self.outcomes);
        let (mut count, mut wide) = (0, Vec::new());
        if self.only_settings(domain) {
            count = domain.users.iter().map(|user| user.xphone.settings.len() as u64).sum();
        } else {
            self.each_pair_entry(domain, kinds, |actor, target, entry| {
                count += 1;
                let number = match entry {
                    PairEntry::Label(label) => self.number_of_label(label),
                    PairEntry::Outcome(outcome) => outcomes.number(outcome),
                };
                if number > MAX_SHORT_OUTCOME {
                    wide.push((pairs::pair_word(actor, target), number));
                }
            });
        }
        (self.outcomes, self.pair_entry_count, self.wide) = (outcomes, count, wide);
    }

    /// Whether all entries are owners' own settings.
    fn only_settings(&self, domain: &Domain) -> bool {
        let systems = domain.systems;
        systems.has(System::Xphone) && !systems.has(System::Estos) && self.sparse.is_empty()
    }

    /// The number of what an entry gives, once all have theirs.
    #[inline]
    pub fn number_of(&self, entry: PairEntry<'_>) -> u32 {
        match entry {
            PairEntry::Label(label) => self.number_of_label(label),
            PairEntry::Outcome(outcome) => self.outcomes.numbers.get(outcome).copied().unwrap_or(0),
        }
    }

    #[inline]
    fn number_of_label(&self, label: Label) -> u32 {
        self.label_outcomes.get(label as usize).copied().unwrap_or(0)
    }

    /// Calls `entry` with actor and target of every pair that has an entry of its own, and what the entry gives. `kinds` are the
    /// parties' kinds by number.
    pub fn each_pair_entry(&self, domain: &Domain, kinds: &[u8], mut entry: impl FnMut(Party, Party, PairEntry<'_>)) {
        let mut levels = Levels::default();
        let mut entries: Vec<(Party, Outcome)> = Vec::new();
        for user in &domain.users {
            let settings = if domain.systems.has(System::Xphone) { &user.xphone.settings[..] } else { &[] };
            let grants = if domain.systems.has(System::Estos) { &user.estos.grants[..] } else { &[] };
            let sparse = self.sparse_of(user.party);
            if grants.is_empty() && sparse.is_empty() {
                settings.iter().for_each(|setting| entry(setting.viewer, user.party, PairEntry::Label(setting.label)));
                continue;
            }
            let alone = settings.is_empty() && sparse.is_empty();
            let grants = grants.iter().map(|own| (own.viewer, Outcome::graded(levels.granted(domain, kinds, own))));
            if alone {
                grants.for_each(|(viewer, outcome)| entry(viewer, user.party, PairEntry::Outcome(&outcome)));
                continue;
            }
            entries.clear();
            entries.extend(settings.iter().map(|setting| (setting.viewer, lowering::own_setting(setting.label))));
            entries.extend(grants);
            entries.extend(sparse.iter().map(|((_, actor), outcome)| (*actor, *outcome)));
            merged(&mut entries, |actor, outcome| entry(actor, user.party, PairEntry::Outcome(&outcome)));
        }
        let others = domain.contacts.iter().map(|contact| contact.party);
        for target in others.chain(domain.teams.iter().map(|team| team.party)) {
            entries.clear();
            entries.extend(self.sparse_of(target).iter().map(|((_, actor), outcome)| (*actor, *outcome)));
            merged(&mut entries, |actor, outcome| entry(actor, target, PairEntry::Outcome(&outcome)));
        }
    }

    fn sparse_of(&self, target: Party) -> &[((Party, Party), Outcome)] {
        if self.sparse.is_empty() {
            return &[];
        }
        let first = self.sparse.partition_point(|((other, _), _)| *other < target);
        let rest = self.sparse.get(first..).unwrap_or(&[]);
        let count = rest.iter().take_while(|((other, _), _)| *other == target).count();
        rest.get(..count).unwrap_or(&[])
    }
}

/// Calls `entry` for each actor once, with everything that was found for it.
fn merged(entries: &mut [(Party, Outcome)], mut entry: impl FnMut(Party, Outcome)) {
    entries.sort_by_key(|(actor, _)| *actor);
    for same in entries.chunk_by(|one, other| one.0 == other.0) {
        let Some((actor, _)) = same.first() else { continue };
        let all = same.iter().fold(Outcome::default(), |all, (_, outcome)| all.and(*outcome));
        entry(*actor, lowering::effective(all));
    }
}

/// The number of a class, which a record keeps in 16 bits.
pub(super) fn small(domain: &Domain, number: u32) -> Result<u16> {
    u16::try_from(number).map_err(|_| too_many(domain, "different sets of permissions"))
}

pub(super) fn too_many(domain: &Domain, what: &str) -> Error {
    Error::new(
        ErrorKind::Limit,
        format!("{}: domain `{}` has too many {what}: 65534 at most", domain.file, domain.name),
    )
}

/// Numbers are given in the order of the parties, so that the same policy makes the same image.
pub(super) fn sorted<T>(map: FastMap<Party, T>) -> Vec<(Party, T)> {
    let mut list: Vec<_> = map.into_iter().collect();
    list.sort_unstable_by_key(|(party, _)| *party);
    list
}
