//! Writes anew what the groups, rules and defaults of one domain give, with all lists of keys that its parties hold. It must never
//! add or drop the entry of a pair, nor change a name: those are dirty parts of their own.
#![forbid(unsafe_code)]

use super::PatchBuilder;
use crate::id::Party;
use crate::image::compile::domain_plan::{DomainPlan, KeyCondition};
use crate::image::compile::hash::FastMap;
use crate::image::compile::write::add_origin;
use crate::image::format::domain::Field;
use crate::image::format::record::Membership;
use crate::image::format::{ImageWords, joined};
use crate::policy::Domain;
use crate::rule::Sort;

/// Words of the block that say what holds for all, by ranges; the others point to tables, or are names and codes.
const GENERAL: [std::ops::Range<usize>; 3] = [
    Field::Flags as usize..Field::Outcomes as usize,
    Field::Oneself as usize..Field::Name as usize,
    Field::OpenHash as usize..Field::Calendar as usize,
];

impl PatchBuilder<'_> {
    /// `None` where it does not fit.
    pub(super) fn rules(&mut self, domain: &Domain) -> Option<()> {
        let block = self.block(domain.id)?;
        let plan = DomainPlan::of_rules(domain).ok()?;
        for offset in GENERAL.into_iter().flatten() {
            self.overlay.put(block + offset, plan.block.words().get(offset).copied()?);
        }
        self.keys(domain, block, &plan)?;
        self.when_keys_count(block, &plan)?;
        self.lists(domain, block, &plan)?;
        let mut origins = Vec::new();
        plan.rules.iter().for_each(|rule| add_origin(&mut origins, rule));
        self.origins.push((domain.id, origins));
        Some(())
    }

    /// What each key gives, and what sort of group it is. Realms have the keys behind those of groups, and keep them: a realm's name in
    /// the index says which.
    fn keys(&mut self, domain: &Domain, block: usize, plan: &DomainPlan<'_>) -> Option<()> {
        let ((_, held), (ends, held_groups)) = (self.table(block, Field::Groups), self.table(block, Field::Ends));
        let has_realms = held > held_groups + 1 || !plan.realms.is_empty();
        if has_realms && plan.group_keys != held_groups {
            return None;
        }
        let count = if has_realms { held } else { plan.group_keys + 1 };
        let mut outcomes: Vec<u64> = Vec::with_capacity(count as usize);
        for number in plan.keys.iter().take(plan.group_keys as usize + 1) {
            let outcome = plan.outcomes.list.get(*number as usize)?;
            outcomes.push(u64::from(u16::try_from(self.outcome(domain.id, outcome)?).ok()?));
        }
        // Numbering may have moved the end of the outcomes, never the beginning of the keys.
        let ((at, _), (end, _)) = (self.table(block, Field::Groups), self.table(block, Field::ActorClasses));
        for key in outcomes.len()..count as usize {
            outcomes.push(self.overlay.get(at + key / 4) >> (key % 4 * 16) & 0xffff);
        }
        self.fill(
            at,
            end,
            outcomes.chunks(4).map(|four| four.iter().rev().fold(0, |word, number| word << 16 | number)),
        )?;
        self.overlay.put(block + Field::Groups as usize, joined(at as u32, count));
        self.overlay.put(block + Field::Ends as usize, joined(ends as u32, plan.group_keys));
        let ((at, _), (end, _)) = (self.table(block, Field::Sorts), self.table(block, Field::Conditions));
        let byte = |sort: &Option<Sort>| sort.map_or(0, |sort| sort as u64);
        let word = |eight: &[Option<Sort>]| eight.iter().rev().fold(0, |word, sort| word << 8 | byte(sort));
        self.fill(at, end, plan.sorts.chunks(8).map(word))
    }

    /// Conditions of keys, the keys that are open on both sides, the calendar, and where numbers lead.
    fn when_keys_count(&mut self, block: usize, plan: &DomainPlan<'_>) -> Option<()> {
        let words = plan.conditions.iter().flat_map(KeyCondition::words);
        self.counted(block, [Field::Conditions, Field::OpenKeys], words, plan.conditions.len())?;
        let keys = plan.open_keys.iter().map(|key| u64::from(*key));
        self.counted(block, [Field::OpenKeys, Field::Calendar], keys, plan.open_keys.len())?;
        let calendar = plan.calendar.words();
        self.counted(block, [Field::Calendar, Field::Destinations], calendar.iter().copied(), calendar.len())?;
        // What lies behind them belongs to the next domain.
        let (at, count) = self.table(block, Field::Destinations);
        if plan.destinations.len() != count as usize {
            return None;
        }
        self.fill(at, at + count as usize, plan.destinations.iter().copied())
    }

    /// Writes a table that has so many rows and ends where the next one begins.
    fn counted(
        &mut self,
        block: usize,
        [table, next]: [Field; 2],
        words: impl Iterator<Item = u64>,
        rows: usize,
    ) -> Option<()> {
        let ((at, _), (end, _)) = (self.table(block, table), self.table(block, next));
        self.fill(at, end, words)?;
        self.overlay.put(block + table as usize, joined(at as u32, u32::try_from(rows).ok()?));
        Some(())
    }

    fn fill(&mut self, at: usize, end: usize, words: impl Iterator<Item = u64>) -> Option<()> {
        for (word, offset) in words.zip(at..) {
            if offset >= end {
                return None;
            }
            self.overlay.put(offset, word);
        }
        Some(())
    }

    /// The keys and classes of every party of the domain.
    fn lists(&mut self, domain: &Domain, block: usize, plan: &DomainPlan<'_>) -> Option<()> {
        let mut lists: FastMap<Party, Vec<Membership>> = FastMap::default();
        for rule in &plan.rules {
            let actors = rule.actors.iter().map(|party| (party, true));
            for (party, acts) in actors.chain(rule.targets.iter().map(|party| (party, false))) {
                let list = lists.entry(*party).or_default();
                match list.last_mut().filter(|last| last.key == rule.key) {
                    Some(last) => {
                        last.acts |= acts;
                        last.is_target |= !acts;
                    }
                    None => list.push(Membership { key: rule.key, acts, is_target: !acts }),
                }
            }
        }
        // The image has them under other numbers.
        let acts: Vec<u16> =
            plan.actor_classes.list.iter().map(|class| self.actor_class(block, class)).collect::<Option<_>>()?;
        let is_target: Vec<u16> =
            plan.target_classes.list.iter().map(|class| self.target_class(block, class)).collect::<Option<_>>()?;
        for (party, _) in domain.parties() {
            self.invalidate.push(party);
            let at = self.record_at(party)?;
            let held = self.memberships(at);
            let mut list = lists.remove(&party).unwrap_or_default();
            list.extend(held.iter().filter(|held| held.key > plan.group_keys && !plan.realms.is_empty()));
            if list != held {
                self.write_memberships(at, &list)?;
            }
            let [actor, target] = [&plan.actor_class_of, &plan.target_class_of]
                .map(|of| usize::from(of.get(&party).copied().unwrap_or(0)));
            self.write_classes(at, (*acts.get(actor)?, *is_target.get(target)?));
            if self.is_too_long() {
                return None;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_general_words_are_no_table_no_name_and_no_code() {
        let general: Vec<usize> = GENERAL.into_iter().flatten().collect();
        let others = [
            Field::Outcomes,
            Field::Groups,
            Field::ActorClasses,
            Field::TargetClasses,
            Field::Ends,
            Field::Name,
            Field::LocationList,
            Field::CodeLengths,
            Field::Codes,
            Field::Sorts,
            Field::Conditions,
            Field::OpenKeys,
            Field::Calendar,
            Field::Destinations,
        ];
        assert!(others.iter().all(|field| !general.contains(&(*field as usize))));
        let said = [Field::Flags, Field::Users, Field::Between, Field::OpenHash, Field::Forwarding];
        assert!(said.iter().all(|field| general.contains(&(*field as usize))));
    }
}
