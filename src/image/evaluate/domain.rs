//! Reads a domain's block and the tables that records and pair entries point into. A word that makes no sense must never give a right.
#![forbid(unsafe_code)]

use crate::calendar::compiled;
use crate::destinations::{self, Lead};
use crate::directory::Directory;
use crate::heard;
use crate::id::{DomainId, Kind, Party};
use crate::image::format::domain::{
    ACTOR_CLASS_WORDS, CODE_WORDS, CONDITION_WORDS, DOMAIN_WORDS, FIXED, Field, Flags, LABELS, OTHERS_ONLY,
    OUTCOME_WORDS, TARGET_CLASS_WORDS, TargetClass, unpack_outcome, unpack_target_class,
};
use crate::image::format::image::{Image, NOWHERE, ReadMode, Row};
use crate::image::format::{Header, halves, wide};
use crate::policy::codes::{CodeTable, Function};
use crate::right::RightSet;
use crate::rule::condition::Condition;
use crate::rule::{Outcome, Sort};

/// What is open to all users until a rule of the domain says who may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Picking up.
    Pickup,
    /// Logging in.
    Login,
}

/// A group key's condition with its dates, as it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditional<'a, M>(Row<'a, CONDITION_WORDS, M>);

impl<M: ReadMode> Conditional<'_, M> {
    #[inline]
    pub fn condition(self) -> Condition {
        Condition::from_bits(self.0.get(0) as u32)
    }

    /// Its offsets in the calendar; the second is the first where there is one date.
    #[inline]
    fn offsets(self) -> [usize; 2] {
        let (one, other) = halves(self.0.get(1));
        let twice = self.condition().has(Condition::IS_TWICE_DATED);
        [one, if twice { other } else { one }].map(|offset| offset as usize)
    }

    /// From when and until when it counts, hours aside.
    #[inline]
    fn bounds(self) -> [i64; 2] {
        [self.0.get(3) as i64, self.0.get(4) as i64]
    }
}

/// A domain's block, as it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DomainView<'a, M> {
    image: Image<'a, M>,
    block: Row<'a, DOMAIN_WORDS, M>,
}

impl<'a, M: ReadMode> Image<'a, M> {
    /// The block of the domain of that number; all zero where there is none.
    #[inline(always)]
    pub(crate) fn domain(&self, domain: u16) -> DomainView<'a, M> {
        let (offset, count) = self.header(Header::Domains);
        let known = u32::from(domain) < count;
        let at = if known { offset as usize + usize::from(domain) * DOMAIN_WORDS } else { NOWHERE };
        DomainView { image: *self, block: self.row(at) }
    }

    /// The block of the domain of that number, if there is one.
    #[inline(always)]
    pub(super) fn known_domain(&self, domain: u16) -> Option<DomainView<'a, M>> {
        let (offset, count) = self.header(Header::Domains);
        if u32::from(domain) >= count {
            return None;
        }
        Some(DomainView { image: *self, block: self.known_row(offset as usize + usize::from(domain) * DOMAIN_WORDS)? })
    }

    /// The name of a domain, if there is such a domain.
    pub fn domain_name(&self, domain: DomainId) -> Option<String> {
        self.domain(domain.0).name().map(|(_, name)| name)
    }

    /// The block of a target's domain.
    pub(crate) fn domain_of_target(&self, target: Party) -> DomainView<'a, M> {
        self.domain(self.record(target).domain())
    }

    /// Whether the policy has the domain.
    pub fn has_domain(&self, domain: DomainId) -> bool {
        self.domain(domain.0).block.get(Field::Name as usize) != 0
    }

    /// Of the graded rights of a pair: what the administrator granted an actor towards a target, and what the target itself did.
    pub fn grants(&self, actor: Party, target: Party) -> (RightSet, RightSet) {
        self.domain_of_target(target).grants(self.pair(actor, target))
    }

    /// What a label gives a viewer, on the server or outside.
    pub fn rights_of_label(&self, domain: DomainId, label: u8, inside: bool) -> RightSet {
        self.domain(domain.0).label(label, inside)
    }

    /// What sort of group a key is.
    pub fn sort_of_group(&self, domain: DomainId, key: u32) -> Option<Sort> {
        let domain = self.domain(domain.0);
        let (at, keys) = (domain.block.get(Field::Sorts as usize) as usize, domain.table(Field::Ends).1);
        match key {
            0 => None,
            _ if key > keys => Some(Sort::Realm),
            _ => Sort::from_number((self.word(at + key as usize / 8) >> (key % 8 * 8)) as u8),
        }
    }

    /// Whether something is open to all users because no rule of the domain says who may.
    pub fn is_open(&self, domain: DomainId, opened: Opened) -> bool {
        let flag = match opened {
            Opened::Pickup => Flags::OPEN_PICKUP,
            Opened::Login => Flags::OPEN_LOGIN,
        };
        self.domain(domain.0).flags().has(flag)
    }

    /// Whether any domain allows nothing when its store has not heard from its log for long. It walks all domains: not for a call.
    pub fn rests_on_age(&self) -> bool {
        self.domain_ids().any(|domain| self.domain(domain.0).flags().has(Flags::LONGEST_AGE))
    }

    /// The next instant after `t` at which an answer can change without a change of the policy; `None` where no answer rests on the
    /// clock.
    pub fn next_change(&self, t: i64) -> Option<i64> {
        self.domain_ids().filter_map(|domain| self.domain(domain.0).next_change(t)).min()
    }

    /// Where a number of a domain leads (see [`destinations::Plan::lead`]), and whether the domain's document says where numbers lead.
    pub fn lead(&self, domain: DomainId, digits: &str) -> (Option<Lead<Party>>, bool) {
        let find = |text: &str| self.extension(domain, text).map(|(party, _)| party);
        let (offset, count) = self.domain(domain.0).table(Field::Destinations);
        // A torn word may claim more than the image has: read no further than its end.
        let count = (count as usize).min(self.words());
        if count == 0 {
            return (destinations::lead_unplanned(digits, find), false);
        }
        let word = |at: usize| if at < count { self.word(offset + at) } else { 0 };
        (destinations::Plan::new(word, count).lead(digits, find), true)
    }

    /// Whether forwardings and calls of a domain need the right for the class of their number.
    pub fn needs_class(&self, domain: DomainId) -> bool {
        self.domain(domain.0).flags().has(Flags::DESTINATIONS)
    }

    /// The function codes of a domain.
    pub fn codes(&self, domain: DomainId) -> CodeTable {
        let block = self.domain(domain.0).block;
        let lengths = block.get(Field::CodeLengths as usize).to_le_bytes();
        let mut codes = CodeTable::default();
        for ((function, length), at) in Function::ALL.into_iter().zip(lengths).zip(0..) {
            let at = Field::Codes as usize + at * CODE_WORDS;
            let bytes: Vec<u8> = (0..CODE_WORDS).flat_map(|word| block.get(at + word).to_le_bytes()).collect();
            let code = bytes.get(..usize::from(length)).and_then(|code| std::str::from_utf8(code).ok());
            codes.set(function, code.unwrap_or_default());
        }
        codes
    }

    /// The locations of a domain.
    pub fn locations(&self, domain: DomainId) -> Vec<Party> {
        let at = self.domain(domain.0).block.get(Field::LocationList as usize) as usize;
        let (count, room) = halves(self.word(at));
        // A torn list is not longer than the image.
        let count = (count.min(room) as usize).min(self.words());
        (1..=count).map(|index| Party(self.word(at + index) as u32)).collect()
    }

    /// The domains by their numbers, those without a policy too.
    pub fn domain_ids(&self) -> impl Iterator<Item = DomainId> + use<M> {
        // A torn word may claim more than can be.
        let count = self.header(Header::Domains).1.min(Directory::MAX_DOMAINS as u32);
        (0..count).map(|number| DomainId(number as u16))
    }

    /// The domains, in their order, with their names.
    pub fn domains(&self) -> Vec<(DomainId, String)> {
        let named = |domain: DomainId| self.domain(domain.0).name().map(|(order, name)| (order, domain, name));
        let mut domains: Vec<_> = self.domain_ids().filter_map(named).collect();
        domains.sort_unstable();
        domains.into_iter().map(|(_, domain, name)| (domain, name)).collect()
    }
}

/// Whether the second date of a key holds, too.
#[inline(never)]
fn in_hours_too(word: &impl Fn(usize) -> u64, place: usize, t: i64) -> bool {
    compiled::in_hours(word, place, t)
}

impl<'a, M: ReadMode> DomainView<'a, M> {
    /// The domain's number among all, from 1 on, and its name.
    fn name(&self) -> Option<(u32, String)> {
        let (at, order) = halves(self.block.get(Field::Name as usize));
        let (_, name) = self.image.text_at(at as usize).filter(|_| order != 0)?;
        Some((order, name))
    }

    #[inline(always)]
    fn bits(&self, field: Field, plus: usize) -> u128 {
        wide(self.block.get(field as usize + plus), self.block.get(field as usize + plus + 1))
    }

    /// A set of rights of the block.
    #[inline]
    pub fn rights(&self, field: Field) -> RightSet {
        RightSet::from_known_bits(self.bits(field, 0))
    }

    /// What every user has towards every user by level.
    #[inline]
    pub fn graded(&self) -> (RightSet, bool) {
        let bits = self.bits(Field::Graded, 0);
        (RightSet::from_bits(bits), bits & FIXED != 0)
    }

    /// What the domain's rules can need.
    #[inline]
    pub fn flags(&self) -> Flags {
        Flags(self.block.get(Field::Flags as usize))
    }

    /// What a user with that label has towards another user without groups and entries.
    #[inline]
    pub fn between(&self, label: u8) -> RightSet {
        RightSet::from_known_bits(self.bits(Field::Between, usize::from(label).min(LABELS - 1) * 2))
    }

    /// The same; `None` where there is no such label.
    #[inline(always)]
    pub(super) fn known_between(&self, label: u8) -> Option<RightSet> {
        let label = usize::from(label);
        (label < LABELS).then(|| RightSet::from_known_bits(self.bits(Field::Between, label * 2)))
    }

    /// What a label gives.
    #[inline]
    pub fn label(&self, label: u8, inside: bool) -> RightSet {
        let label = usize::from(label).min(LABELS - 1);
        RightSet::from_known_bits(self.bits(if inside { Field::Inside } else { Field::Outside }, label * 2))
    }

    /// The word of the block at that offset.
    pub fn word_at(&self, offset: usize) -> u64 {
        self.block.get(offset)
    }

    /// Where a table begins, and how many rows it has.
    pub fn table_at(&self, field: Field) -> (usize, u32) {
        self.table(field)
    }

    #[inline]
    fn table(&self, field: Field) -> (usize, u32) {
        let (offset, count) = halves(self.block.get(field as usize));
        (offset as usize, count)
    }

    /// Of the rights by level of an outcome: what the administrator granted, and what anybody else did.
    fn grants(&self, number: u32) -> (RightSet, RightSet) {
        let (offset, count) = self.table(Field::Outcomes);
        if number == 0 || number >= count {
            return (RightSet::EMPTY, RightSet::EMPTY);
        }
        let [a, b, c, d] = self.image.row(offset + number as usize * OUTCOME_WORDS + OUTCOME_WORDS / 2).all();
        (RightSet::from_bits(wide(a, b)), RightSet::from_bits(wide(c, d)))
    }

    /// The outcome of that number; nothing for 0. The administrator's grants are among the rights by level.
    #[inline]
    pub fn outcome(&self, number: u32) -> Outcome {
        if number == 0 {
            return Outcome::default();
        }
        if number < LABELS as u32 && self.flags().has(Flags::LABELS) {
            return Outcome::label(number as u8);
        }
        let (offset, count) = self.table(Field::Outcomes);
        if number >= count {
            return Outcome::default();
        }
        unpack_outcome(self.image.row(offset + number as usize * OUTCOME_WORDS).all())
    }

    /// Whether each number means the same outcome in the other block.
    pub(crate) fn has_same_outcomes(&self, other: &DomainView<'_, M>) -> bool {
        let ((at, count), (other_at, other_count)) = (self.table(Field::Outcomes), other.table(Field::Outcomes));
        // A torn table is not longer than the image.
        let words = (count as usize * OUTCOME_WORDS).min(self.image.words());
        self.flags().has(Flags::LABELS) == other.flags().has(Flags::LABELS)
            && count == other_count
            && (0..words).all(|word| self.image.word(at + word) == other.image.word(other_at + word))
    }

    /// Whether a group key gives its members nothing towards themselves.
    pub fn is_others_only(&self, key: u32) -> bool {
        let (number, (offset, count)) = (self.group_outcome(key), self.table(Field::Outcomes));
        let in_table = number != 0 && number < count;
        in_table
            && self.image.row::<2>(offset + number as usize * OUTCOME_WORDS).get(1) & (OTHERS_ONLY >> 64) as u64 != 0
    }

    /// The condition of a group key.
    pub fn condition(&self, key: u32) -> Condition {
        self.conditional(key).condition()
    }

    /// The condition of a group key, and what stands for when it counts: equal ones say the same.
    pub fn condition_bits(&self, key: u32) -> (Condition, u64) {
        let row = self.conditional(key);
        (row.condition(), row.0.get(2))
    }

    /// The condition of a group key with its dates; no condition for a key that has none.
    #[inline]
    pub(super) fn conditional(&self, key: u32) -> Conditional<'a, M> {
        let (offset, count) = self.table(Field::Conditions);
        let row = if key < count { offset + key as usize * CONDITION_WORDS } else { NOWHERE };
        Conditional(self.image.row(row))
    }

    /// Whether a key that counts at some times only counts at that instant.
    #[inline]
    pub(super) fn counts(&self, held: Conditional<'a, M>, t: i64) -> bool {
        let [from, until] = held.bounds();
        t >= from && t < until && (!held.condition().has(Condition::HAS_HOURS) || self.counts_by_hours(held, t))
    }

    /// Whether the hours of a key's dates hold.
    #[inline(never)]
    fn counts_by_hours(&self, held: Conditional<'a, M>, t: i64) -> bool {
        let (one, other) = halves(held.0.get(1));
        let calendar = self.calendar();
        let twice = held.condition().has(Condition::IS_TWICE_DATED);
        compiled::in_hours(&calendar, one as usize, t) && (!twice || in_hours_too(&calendar, other as usize, t))
    }

    /// The longest age of an answer in seconds, and whether the last word from the log that the store follows is older.
    #[cold]
    #[inline(never)]
    pub(super) fn age(&self) -> (u32, bool) {
        let longest = self.block.get(Field::LongestAge as usize) as u32;
        (longest, heard::is_too_old(self.image.heard(), longest))
    }

    /// The instant for which facts with dates are asked; `None` is now.
    #[inline]
    pub fn asked(&self) -> Option<i64> {
        self.image.asked()
    }

    /// The next instant after `t` at which any key begins or ceases to count. It walks all keys: not for a call.
    pub fn next_change(&self, t: i64) -> Option<i64> {
        let mut offsets: Vec<usize> = self.dated_keys().flat_map(|(_, offsets)| offsets).collect();
        offsets.sort_unstable();
        offsets.dedup();
        offsets.into_iter().filter_map(|offset| compiled::next_change(self.calendar(), offset, t)).min()
    }

    /// The keys that count at one of two instants and not at the other, or that may have turned in between.
    pub fn keys_that_turn(&self, from: i64, to: i64) -> impl Iterator<Item = u32> {
        let turns = move |offset| compiled::next_change(self.calendar(), offset, from).is_some_and(|turn| turn <= to);
        self.dated_keys().filter(move |(_, offsets)| offsets.iter().any(|offset| turns(*offset))).map(|(key, _)| key)
    }

    /// The keys that count at some times only, with their offsets in the calendar; the second is the first where there is one date.
    fn dated_keys(&self) -> impl Iterator<Item = (u32, [usize; 2])> {
        // A torn table is not longer than the image.
        let keys = self.table(Field::Conditions).1.min(self.image.words() as u32);
        let dated = (1..keys).filter(|key| self.condition(*key).has(Condition::IS_DATED));
        dated.map(|key| (key, self.conditional(key).offsets()))
    }

    /// Reads the words of the calendar.
    fn calendar(&self) -> impl Fn(usize) -> u64 {
        let (offset, count) = self.table(Field::Calendar);
        let span = self.image.span(offset, count);
        move |at| span.word(at)
    }

    /// Calls `each` with every key that is open on both sides. A torn list is not longer than the image.
    pub fn each_open_key(&self, mut each: impl FnMut(u32)) {
        let (offset, count) = self.table(Field::OpenKeys);
        let count = (count as usize).min(self.image.words());
        (0..count).for_each(|index| each(self.image.word(offset + index) as u32));
    }

    /// The classes of numbers to which every forwarding may go that may be set at all.
    pub fn forwarding(&self) -> RightSet {
        self.rights(Field::Forwarding)
    }

    /// The outcome of a group key.
    #[inline]
    pub fn group(&self, key: u32) -> Outcome {
        self.outcome(self.group_outcome(key))
    }

    /// The number of a group key's outcome, 0 for none.
    #[inline(always)]
    pub fn group_outcome(&self, key: u32) -> u32 {
        let (offset, count) = self.table(Field::Groups);
        if key >= count {
            return 0;
        }
        let word = self.image.word(offset + key as usize / 4);
        (word >> (key % 4 * 16)) as u32 & 0xffff
    }

    /// The label of an outcome, and that of a part in a transfer.
    #[inline(always)]
    pub fn labels(&self, number: u32) -> (u8, u8) {
        if number == 0 || (number < LABELS as u32 && self.flags().has(Flags::LABELS)) {
            (number as u8, 0)
        } else {
            self.rare_labels(number)
        }
    }

    /// The label of a group key, 0 for none; `None` where its outcome is more than a label.
    #[inline(always)]
    pub(super) fn plain_label(&self, key: u32) -> Option<u8> {
        let (offset, count) = self.table(Field::Groups);
        if key >= count {
            return Some(0);
        }
        let word = self.image.known_word(offset + key as usize / 4)?;
        let number = (word >> (key % 4 * 16)) as u32 & 0xffff;
        (number < LABELS as u32).then_some(number as u8)
    }

    #[cold]
    #[inline(never)]
    fn rare_labels(self, number: u32) -> (u8, u8) {
        let outcome = self.outcome(number);
        (outcome.label, outcome.part)
    }

    /// What an actor of that class may towards every party of `kind`.
    #[inline]
    pub fn actor_class(&self, class: u16, kind: Kind) -> RightSet {
        let plus = match kind {
            Kind::User => 0,
            Kind::Team => 2,
            Kind::Location => 4,
            Kind::Contact | Kind::Device => return RightSet::EMPTY,
        };
        RightSet::from_known_bits(self.class(Field::ActorClasses, class, ACTOR_CLASS_WORDS, plus))
    }

    /// What holds between every user and a target of that class.
    #[inline]
    pub fn target_class(&self, class: u16) -> TargetClass {
        let bits = self.class(Field::TargetClasses, class, TARGET_CLASS_WORDS, 0);
        unpack_target_class(bits)
    }

    #[inline]
    fn class(&self, table: Field, class: u16, size: usize, plus: usize) -> u128 {
        if class == 0 {
            return 0;
        }
        let (offset, count) = self.table(table);
        if u32::from(class) >= count {
            return 0;
        }
        let [low, high] = self.image.row(offset + usize::from(class) * size + plus).all();
        wide(low, high)
    }
}
