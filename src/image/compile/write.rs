//! A whole image: the layout of its words, and the words.
//!
//! The work is proportional to the facts. First every domain is planned (see plan.rs), then the words are laid out, then
//! written. Every table gets some room to spare, so that small changes can be written into the image later (see patch.rs).
#![forbid(unsafe_code)]

use super::domain_plan::{DomainPlan, KeyCondition};
use super::group_rule::Rule;
use super::lowering;
use super::plan::{self, Plan};
use crate::directory::Directory;
use crate::error::{Error, ErrorKind, Result};
use crate::heard;
use crate::id::{DomainId, Kind, Party};
use crate::image::format::alias::{alias_home, alias_key};
use crate::image::format::domain::{
    ACTOR_CLASS_WORDS, CONDITION_WORDS, DOMAIN_WORDS, Field, OUTCOME_WORDS, TARGET_CLASS_WORDS, pack_outcome,
    pack_target_class,
};
use crate::image::format::index::IndexWriter;
use crate::image::format::names::{self, Meaning};
use crate::image::format::pairs::{BUCKET_WORDS, Buckets, HashParams, TableBuilder};
use crate::image::format::record::{self, PartyAttributes, RECORD_WORDS, UNLISTED};
use crate::image::format::secret::Secret;
use crate::image::format::{HEADER_WORDS, Header, ImageWords, instant_word, joined, two_words};
use crate::policy::Policy;
use crate::rule::{Origin, Sort};
use std::sync::atomic::AtomicU64;

/// Which entry of the policy each group key came from, for explanations.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// By domain number, then by key; key 0 is unused. Keys behind these are realms'.
    keys: Vec<Vec<Origin>>,
    fingerprint: u64,
}

impl Origins {
    fn new(keys: Vec<Vec<Origin>>) -> Origins {
        let parts = keys.iter().enumerate().map(|(number, keys)| fingerprint(DomainId(number as u16), keys));
        let fingerprint = parts.fold(1, u64::wrapping_add);
        Origins { keys, fingerprint }
    }

    /// Replaces the origins of the keys of single domains.
    pub(crate) fn set(&mut self, new: Vec<(DomainId, Vec<Origin>)>) {
        for (domain, keys) in new {
            self.fingerprint = self.moved(self.fingerprint, domain, &keys);
            self.keys.resize(self.keys.len().max(domain.index() + 1), Vec::new());
            if let Some(held) = self.keys.get_mut(domain.index()) {
                *held = keys;
            }
        }
    }

    /// What a fingerprint in which that domain has its keys becomes if they come from these.
    pub(super) fn moved(&self, whole: u64, domain: DomainId, keys: &[Origin]) -> u64 {
        let held = self.keys.get(domain.index()).map_or(&[][..], Vec::as_slice);
        whole.wrapping_sub(fingerprint(domain, held)).wrapping_add(fingerprint(domain, keys))
    }

    /// A number by which two lists of origins can be distinguished: only with the same ones do keys mean the same.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The entry a key came from.
    pub fn of(&self, domain: DomainId, key: u32) -> Option<Origin> {
        let (keys, index) = (self.keys.get(domain.index())?, key.checked_sub(1)?);
        Some(keys.get(index as usize).copied().unwrap_or(Origin::Realm(index.saturating_sub(keys.len() as u32))))
    }
}

/// Which entry each key of an image of `policy` came from, wherever the image was compiled: keys follow from the groups there
/// are, not from who is in them.
pub fn origins(policy: &Policy, directory: &Directory) -> Origins {
    let mut keys = vec![Vec::new(); directory.domain_count()];
    for domain in &policy.domains {
        let Some(keys) = keys.get_mut(domain.id.index()) else { continue };
        lowering::rules(domain, |rule| add_origin(keys, &rule));
    }
    Origins::new(keys)
}

/// Adds where a rule's key came from. Rules come in the order of their keys; a permission may have several of one key.
pub(super) fn add_origin(keys: &mut Vec<Origin>, rule: &Rule<'_>) {
    if keys.len() < rule.key as usize {
        keys.push(rule.origin);
    }
}

/// What stands for the origins of one domain's keys; 0 where there are none.
fn fingerprint(domain: DomainId, keys: &[Origin]) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let start = mix(u64::from(domain.0) + 1, keys.len() as u64);
    if keys.is_empty() { 0 } else { keys.iter().fold(start, |hash, origin| mix(hash, origin.word())) }
}

/// A policy that is ready to be written as an image, wherever its words are to lie.
pub(crate) struct Compiled<'a> {
    plan: Plan<'a>,
    policy: &'a Policy,
    directory: &'a Directory,
    pub origins: Origins,
    revision: u64,
}

impl<'a> Compiled<'a> {
    /// Plans the image of `policy`, as [`prepare`] does.
    ///
    /// # Errors
    /// `Limit` when it is too big.
    pub fn new(policy: &'a Policy, directory: &'a Directory, room: u32, revision: u64) -> Result<Compiled<'a>> {
        let limit = directory.last_party().0 + 1 + room;
        let plan = Plan::new(policy, directory, limit)?;
        Ok(Compiled { plan, policy, directory, origins: origins(policy, directory), revision })
    }

    /// How pairs are spread over buckets at first; where they crowd, [`HashParams::roomier`] is next.
    pub fn params(&self) -> HashParams {
        HashParams::new(self.plan.pair_count, self.plan.limit)
    }

    /// Words the image takes.
    pub fn words(&self, params: HashParams) -> usize {
        Layout::new(&self.plan, params).words
    }

    /// Writes the image into zero words, as many as [`Compiled::words`] says.
    ///
    /// # Errors
    /// `Limit` where pairs crowd: then roomier parameters are needed.
    pub fn write(&self, words: &[AtomicU64], params: HashParams) -> Result<()> {
        let layout = Layout::new(&self.plan, params);
        let plan = &self.plan;
        if layout.buckets > record::MAX_EXTRA {
            return Err(Error::new(ErrorKind::Limit, "the lists of groups lie too far behind the records"));
        }
        // First what may turn out to be too crowded.
        self.write_pairs(words, &layout)?;
        let mut out = words;
        self.write_records(&mut out, &layout);
        write_tables(&mut out, plan, &layout);
        for ((pair, outcome), index) in plan.wide.iter().zip(0..) {
            out.row(layout.wide + index * 2, [*pair, u64::from(*outcome)]);
        }
        write_header(&mut out, plan, &layout, self.revision);
        // Names and aliases are hashed with it.
        Secret::drawn().put(&mut out);
        write_aliases(&mut out, plan, &layout);
        out.put(Header::Instant as usize, self.policy.at.map_or(0, |at| instant_word(at).1));
        // Who follows no log, or knows when it was heard from, says so. Else it is as if never.
        out.put(Header::Heard as usize, heard::NEVER);
        out.put(Header::Keys as usize, self.origins.fingerprint());
        self.write_names(words, &layout);
        Ok(())
    }

    fn write_names(&self, words: &[AtomicU64], layout: &Layout) {
        let mut out = words;
        let mut index = IndexWriter::new(words, layout.index, &self.plan.index);
        // Domains come in the order of the policy.
        let mut order = 0;
        plan::each_text(self.policy, self.directory, &self.plan.domains, |text, meaning| {
            let text_at = index.add(text, meaning);
            match meaning {
                Meaning::Name(party, _) => names::set_name(&mut out, party, text_at),
                Meaning::Domain(domain) => {
                    order += 1;
                    let block = layout.domains + domain.index() * DOMAIN_WORDS;
                    out.put(block + Field::Name as usize, joined(text_at, order));
                }
                Meaning::Line(..) | Meaning::Login(_) | Meaning::Group(_) => {}
            }
        });
        plan::each_gone(self.directory, &self.plan.kinds, |text, party| {
            let text_at = index.add_unlisted(&text);
            names::set_name(&mut out, party, text_at);
        });
        index.finish();
    }

    fn write_records(&self, out: &mut impl ImageWords, layout: &Layout) {
        let mut extra = layout.extras;
        let mut put_record = |party: Party, attributes: &PartyAttributes| {
            let memberships = self.plan.memberships.of(party);
            let at = (!record::fit(memberships)).then_some(extra);
            if at.is_some() {
                out.put(extra, memberships.len() as u64);
                out.row(extra + 1, memberships.iter().map(|membership| membership.pack()));
                extra += record::list_words(memberships.len());
            }
            out.row(layout.records + party.index() * RECORD_WORDS, record::pack(attributes, memberships, at));
        };
        // Addresses that the policy does not name stay contacts without entries.
        for (party, kind) in (0..).map(Party).zip(&self.plan.kinds).skip(1) {
            if *kind == 0
                && let Some(named) = self.directory.named(party).filter(|named| named.kind == Kind::Contact)
                && self.policy.domain(named.domain).is_some()
            {
                put_record(party, &unlisted(named.domain));
            }
        }
        for domain in &self.policy.domains {
            let classed = |party, attributes| {
                let (actor_class, target_class) = self.plan.classes(domain.id, party);
                PartyAttributes { actor_class, target_class, ..attributes }
            };
            for user in &domain.users {
                put_record(user.party, &classed(user.party, lowering::attributes(domain, Kind::User, Some(user))));
            }
            for (party, kind) in domain.parties().skip(domain.users.len()) {
                put_record(party, &classed(party, lowering::attributes(domain, kind, None)));
            }
        }
    }

    fn write_pairs(&self, words: &[AtomicU64], layout: &Layout) -> Result<()> {
        let buckets = Buckets { offset: layout.buckets, params: layout.params };
        let mut filler = TableBuilder::new(words, buckets, self.plan.pair_count)?;
        for domain in &self.policy.domains {
            let Some(plan) = self.plan.domains.get(domain.id.index()) else { continue };
            plan.each_pair_entry(domain, &self.plan.kinds, |actor, target, entry| {
                // An outcome that gives nothing has number 0, and no entry is as good as that.
                let number = plan.number_of(entry);
                if number != 0 {
                    filler.push(actor, target, number);
                }
            });
        }
        match filler.finish() {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Limit, "no room for a pair near its bucket")),
        }
    }
}

/// The attributes of an address that the policy does not name.
pub(crate) fn unlisted(domain: DomainId) -> PartyAttributes {
    PartyAttributes { domain: domain.0, kind: UNLISTED, ..PartyAttributes::default() }
}

fn write_tables(out: &mut impl ImageWords, plan: &Plan<'_>, layout: &Layout) {
    let mut at = layout.tables;
    for (plan, index) in plan.domains.iter().zip(0..) {
        let mut block = plan.block.clone();
        let sizes = Tables::new(plan);
        block.set_table(Field::Outcomes, at as u32, plan.outcomes.list.len() as u32);
        out.row(at, plan.outcomes.list.iter().flat_map(pack_outcome));
        at += sizes.outcomes;
        block.set_table(Field::Groups, at as u32, plan.keys.len() as u32);
        let word = |four: &[u32]| four.iter().rev().fold(0, |word, outcome| word << 16 | u64::from(*outcome & 0xffff));
        out.row(at, plan.keys.chunks(4).map(word));
        at += sizes.keys;
        block.set_table(Field::ActorClasses, at as u32, plan.actor_classes.list.len() as u32);
        out.row(at, plan.actor_classes.list.iter().flatten().flat_map(|set| two_words(*set)));
        at += sizes.actor_classes;
        block.set_table(Field::TargetClasses, at as u32, plan.target_classes.list.len() as u32);
        out.row(at, plan.target_classes.list.iter().flat_map(pack_target_class));
        at += sizes.target_classes;
        block.set_table(Field::Ends, at as u32, plan.group_keys);
        block.set_table(Field::LocationList, at as u32, 0);
        let room = sizes.locations as u32 - 1;
        let count = joined(plan.locations.len() as u32, room);
        out.row(at, [count].into_iter().chain(plan.locations.iter().map(|location| u64::from(location.0))));
        at += sizes.locations;
        block.set_table(Field::Sorts, at as u32, 0);
        let word = |eight: &[Option<Sort>]| {
            eight.iter().rev().fold(0, |word, sort| word << 8 | sort.map_or(0, |sort| sort as u64))
        };
        out.row(at, plan.sorts.chunks(8).map(word));
        at += sizes.sorts;
        block.set_table(Field::Conditions, at as u32, plan.conditions.len() as u32);
        out.row(at, plan.conditions.iter().flat_map(KeyCondition::words));
        at += sizes.conditions;
        block.set_table(Field::OpenKeys, at as u32, plan.open_keys.len() as u32);
        out.row(at, plan.open_keys.iter().map(|key| u64::from(*key)));
        at += sizes.open_keys;
        block.set_table(Field::Calendar, at as u32, plan.calendar.words().len() as u32);
        out.row(at, plan.calendar.words().iter().copied());
        at += sizes.calendar;
        block.set_table(Field::Destinations, at as u32, sizes.destinations as u32);
        out.row(at, plan.destinations.iter().copied());
        at += sizes.destinations;
        out.row(layout.domains + index * DOMAIN_WORDS, block.words().iter().copied());
    }
}

fn write_aliases(out: &mut impl ImageWords, plan: &Plan<'_>, layout: &Layout) {
    let mask = (layout.alias_slots as u64).saturating_sub(1);
    let secret = Secret::of(out);
    for (party, domain, contact) in &plan.aliases {
        let word = alias_key(*party, domain.0);
        let mut index = alias_home(secret, word) & mask;
        while out.get(layout.aliases + index as usize * 2) != 0 {
            index = (index + 1) & mask;
        }
        out.row(layout.aliases + index as usize * 2, [word, u64::from(*contact)]);
    }
}

fn write_header(out: &mut impl ImageWords, plan: &Plan<'_>, layout: &Layout, revision: u64) {
    let mut set = |field: Header, low: usize, high: usize| out.put(field as usize, joined(low as u32, high as u32));
    set(Header::Records, layout.records, plan.limit as usize);
    set(Header::Buckets, layout.buckets, layout.params.buckets as usize);
    set(Header::Domains, layout.domains, plan.domains.len());
    set(Header::Bits, layout.params.bits as usize, layout.wide);
    set(Header::Wide, plan.wide.len(), plan.only_domain.map_or(0, |only| only.index() + 1));
    set(Header::Aliases, layout.aliases, layout.alias_slots);
    let is_quick = plan.domains.iter().any(|domain| domain.block.flags().has_labels_alone());
    set(Header::Names, layout.names, usize::from(is_quick));
    set(Header::Index, layout.index, plan.index.slots());
    set(Header::Spare, layout.spare, layout.words);
    set(Header::Used, plan.index.entries, plan.aliases.len());
    out.put(Header::Words as usize, layout.words as u64);
    out.put(Header::Revision as usize, revision);
}

/// Words to spare in a calendar for each row to spare in the table of conditions.
const CALENDAR_SPARE: usize = 8;

/// Words of a domain's tables, spare rows included.
struct Tables {
    outcomes: usize,
    keys: usize,
    actor_classes: usize,
    target_classes: usize,
    locations: usize,
    sorts: usize,
    conditions: usize,
    open_keys: usize,
    calendar: usize,
    destinations: usize,
}

impl Tables {
    fn new(plan: &DomainPlan<'_>) -> Tables {
        // Where the domain has conditions, changes will bring more.
        let conditional = if plan.conditions.is_empty() { 0 } else { plan.spare };
        Tables {
            outcomes: (plan.outcomes.list.len() + plan.spare) * OUTCOME_WORDS,
            keys: (plan.keys.len() + plan.spare).div_ceil(4),
            actor_classes: (plan.actor_classes.list.len() + plan.spare) * ACTOR_CLASS_WORDS,
            target_classes: (plan.target_classes.list.len() + plan.spare) * TARGET_CLASS_WORDS,
            locations: 1 + plan.locations.len() + plan.spare,
            sorts: (plan.sorts.len() + plan.spare).div_ceil(8),
            conditions: (plan.conditions.len() + conditional) * CONDITION_WORDS,
            open_keys: plan.open_keys.len() + conditional,
            calendar: plan.calendar.words().len() + conditional * CALENDAR_SPARE,
            destinations: plan.destinations.len(),
        }
    }

    fn words(&self) -> usize {
        let fixed = self.locations + self.sorts + self.conditions + self.open_keys + self.calendar + self.destinations;
        self.outcomes + self.keys + self.actor_classes + self.target_classes + fixed
    }
}

/// Where everything goes.
struct Layout {
    params: HashParams,
    records: usize,
    domains: usize,
    tables: usize,
    extras: usize,
    buckets: usize,
    wide: usize,
    aliases: usize,
    alias_slots: usize,
    names: usize,
    index: usize,
    spare: usize,
    words: usize,
}

impl Layout {
    fn new(plan: &Plan<'_>, params: HashParams) -> Layout {
        let records = HEADER_WORDS;
        let domains = records + plan.limit as usize * RECORD_WORDS;
        let tables = domains + plan.domains.len() * DOMAIN_WORDS;
        let behind_tables = tables + plan.domains.iter().map(|domain| Tables::new(domain).words()).sum::<usize>();
        let extras = behind_tables.next_multiple_of(record::LIST_UNIT);
        // Buckets are cache lines.
        let buckets = (extras + plan.extra_words).next_multiple_of(BUCKET_WORDS);
        let wide = buckets + params.buckets as usize * BUCKET_WORDS;
        let aliases = wide + plan.wide.len() * 2;
        let alias_slots = if plan.several { (plan.aliases.len() * 2).next_power_of_two().max(32) } else { 0 };
        let names = aliases + alias_slots * 2;
        let index = names + (plan.limit as usize).div_ceil(2);
        let spare = index + plan.index.words();
        let words = spare + 512 + (plan.index.texts + plan.extra_words) / 16;
        Layout {
            params,
            records,
            domains,
            tables,
            extras,
            buckets,
            wide,
            aliases,
            alias_slots,
            names,
            index,
            spare,
            words,
        }
    }
}
