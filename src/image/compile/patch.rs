//! From changes to the few words of an image that change with them.
//!
//! Each dirty part is read from the policy as it is after all changes, so what happened to it in between does not matter. Returns
//! `None` when a change is too large to patch; the caller recompiles. Nothing here stores into an image, locks or publishes.
#![forbid(unsafe_code)]

mod classes;
mod overlay;
mod rules;

use self::overlay::Overlay;
use super::lowering;
use super::meaning::{self, Alias};
use super::write::{Origins, unlisted};
use crate::directory::Directory;
use crate::id::{DomainId, Kind, Party};
use crate::image::format::alias::{alias_home, alias_key};
use crate::image::format::domain::{DOMAIN_WORDS, Field, Flags, LABELS, pack_codes, pack_outcome};
use crate::image::format::names::{self, Meaning, Text};
use crate::image::format::pairs::{self, Buckets, MAX_SHORT_OUTCOME};
use crate::image::format::record::{self, Membership, PartyAttributes, RECORD_WORDS, Record};
use crate::image::format::secret::Secret;
use crate::image::format::{Header, Image, ImageWords, halves, joined};
use crate::policy::change::{DirtyPart, Group};
use crate::policy::{Domain, Policy};
use crate::rule::{Origin, Outcome};
use crate::system::System;
use std::collections::{BTreeMap, BTreeSet};

/// Words a patch may have; more than that is compiled as fast.
pub const MAX_WORDS: usize = 4096;
/// Parties whose cached answers a patch may name one by one.
const MAX_INVALIDATED: usize = 256;
/// An alias' slot that was emptied: the key of party 0, which is no party.
const EMPTIED_ALIAS: u64 = 1;

/// Words to be stored in an image, and the parties whose cached answers they invalidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Offset and new word, by offset, each offset once; the revision is among them.
    pub words: Vec<(u32, u64)>,
    /// The answers that may have changed.
    pub invalidate: Invalidate,
    /// Where the keys of these domains come from, if it is not where they came from before.
    pub origins: Vec<(DomainId, Vec<Origin>)>,
}

/// The cached answers that a patch invalidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalidate {
    /// None.
    Nothing,
    /// Those of pairs with one of these.
    Parties(Vec<Party>),
    /// All.
    All,
}

/// The patch that turns `image` (at rest, compiled from the policy before or brought up to date to it) into one of `policy`,
/// as it is after the changes of the `dirty` parts; `origins` are those of the keys before. `None` when it has to be compiled.
pub fn update(
    image: &Image<'_>,
    policy: &Policy,
    (directory, origins): (&Directory, &Origins),
    dirty: &[(DomainId, DirtyPart)],
    revision: u64,
) -> Option<Patch> {
    let overlay = Overlay { image: *image, words: BTreeMap::new() };
    let mut builder = PatchBuilder { overlay, policy, directory, invalidate: Vec::new(), origins: Vec::new() };
    // Rules come last, and bring every list of their domain.
    let mut with_rules = BTreeSet::new();
    for (domain, part) in dirty {
        if is_of_rules(policy.domain(*domain)?, directory, part) {
            with_rules.insert(*domain);
        }
    }
    for (domain, part) in dirty {
        let is_member = matches!(part, DirtyPart::Member(..));
        if !is_member || !with_rules.contains(domain) {
            builder.part(policy.domain(*domain)?, part)?;
        }
        if builder.is_too_long() {
            return None;
        }
    }
    for domain in with_rules {
        builder.rules(policy.domain(domain)?)?;
        if builder.is_too_long() {
            return None;
        }
    }
    builder.overlay.put(Header::Revision as usize, revision);
    let PatchBuilder { mut overlay, mut invalidate, origins: brought, .. } = builder;
    let mut keys = origins.fingerprint();
    brought.iter().for_each(|(domain, of_domain)| keys = origins.moved(keys, *domain, of_domain));
    overlay.put(Header::Keys as usize, keys);
    invalidate.sort_unstable();
    invalidate.dedup();
    let invalidate = match invalidate.len() {
        0 => Invalidate::Nothing,
        count if count > MAX_INVALIDATED => Invalidate::All,
        _ => Invalidate::Parties(invalidate),
    };
    Some(Patch { words: overlay.words.into_iter().collect(), invalidate, origins: brought })
}

struct PatchBuilder<'a> {
    overlay: Overlay<'a>,
    policy: &'a Policy,
    directory: &'a Directory,
    invalidate: Vec<Party>,
    origins: Vec<(DomainId, Vec<Origin>)>,
}

/// Whether more lists may change with that part than it names: those of linewarden's own rules, which stand for agents and for groups,
/// and those of members with dates, whose keys hold the other members, too.
fn is_of_rules(domain: &Domain, directory: &Directory, part: &DirtyPart) -> bool {
    let own = &domain.linewarden;
    let has_rules = domain.systems.has(System::Linewarden) && !own.rules.is_empty();
    let is_team_of_rules =
        |party: &Party| directory.named(*party).is_some_and(|named| named.kind == Kind::Team) && own.rests_on(*party);
    match part {
        DirtyPart::Added(_) | DirtyPart::Removed(_) => has_rules || !domain.dated.is_empty(),
        DirtyPart::Member(..) => !domain.dated.is_empty(),
        // A team's agents.
        DirtyPart::Pair(actor, target) => has_rules && (is_team_of_rules(actor) || is_team_of_rules(target)),
        DirtyPart::Rules => true,
        DirtyPart::Domain | DirtyPart::Attributes(_) | DirtyPart::Withheld(_) | DirtyPart::Line(..) => false,
        DirtyPart::Codes | DirtyPart::State => false,
    }
}

impl PatchBuilder<'_> {
    fn part(&mut self, domain: &Domain, part: &DirtyPart) -> Option<()> {
        match part {
            DirtyPart::Domain => None,
            DirtyPart::Pair(actor, target) => self.pair(domain, *actor, *target),
            DirtyPart::Added(party) => self.added(domain, *party),
            DirtyPart::Removed(party) => self.removed(domain, *party),
            DirtyPart::Attributes(party) => self.attributes(domain, *party),
            DirtyPart::Withheld(party) => self.withheld(domain, *party),
            DirtyPart::Line(line, _) => self.line(domain, line),
            DirtyPart::Member(group, party) => self.member(domain, *group, *party),
            DirtyPart::Codes => self.codes(domain),
            DirtyPart::Rules | DirtyPart::State => Some(()),
        }
    }

    fn is_too_long(&self) -> bool {
        self.overlay.words.len() >= MAX_WORDS
    }

    // --- pairs ---

    fn pair(&mut self, domain: &Domain, actor: Party, target: Party) -> Option<()> {
        self.invalidate.push(target);
        let number = self.outcome(domain.id, &lowering::pair_entry(domain, actor, target))?;
        if number > MAX_SHORT_OUTCOME && !pairs::set_wide(&mut self.overlay, (actor, target), number) {
            return None;
        }
        Buckets::of(&self.overlay).set(&mut self.overlay, (actor, target), number).then_some(())
    }

    /// The number of an outcome in the domain's table; what is new gets a spare row.
    fn outcome(&mut self, domain: DomainId, outcome: &Outcome) -> Option<u32> {
        if *outcome == Outcome::default() {
            return Some(0);
        }
        let block = self.block(domain)?;
        let labels = Flags(self.overlay.get(block)).has(Flags::LABELS);
        if labels && usize::from(outcome.label) < LABELS && *outcome == Outcome::label(outcome.label) {
            return Some(u32::from(outcome.label));
        }
        self.number(block, Field::Outcomes, Field::Groups, &pack_outcome(outcome))
    }

    /// Where the domain's block begins.
    fn block(&self, domain: DomainId) -> Option<usize> {
        let (offset, count) = self.overlay.header(Header::Domains);
        (u32::from(domain.0) < count).then(|| offset as usize + domain.index() * DOMAIN_WORDS)
    }

    fn table(&self, block: usize, table: Field) -> (usize, u32) {
        let (offset, count) = halves(self.overlay.get(block + table as usize));
        (offset as usize, count)
    }

    /// The number of a row in a table that ends where `next` begins; a row that is not there is added if there is room.
    fn number(&mut self, block: usize, table: Field, next: Field, row: &[u64]) -> Option<u32> {
        let ((offset, count), (end, _)) = (self.table(block, table), self.table(block, next));
        let same = |number: &u32| {
            let at = offset + *number as usize * row.len();
            row.iter().zip(at..).all(|(word, at)| self.overlay.get(at) == *word)
        };
        if let Some(number) = (0..count).find(same) {
            return Some(number);
        }
        let at = offset + count as usize * row.len();
        if at + row.len() > end {
            return None;
        }
        self.overlay.row(at, row.iter().copied());
        self.overlay.put(block + table as usize, joined(offset as u32, count + 1));
        Some(count)
    }

    fn codes(&mut self, domain: &Domain) -> Option<()> {
        let block = self.block(domain.id)?;
        self.overlay.row(block + Field::CodeLengths as usize, pack_codes(&domain.codes));
        Some(())
    }

    // --- parties ---

    fn record_at(&self, party: Party) -> Option<usize> {
        let (offset, limit) = self.overlay.header(Header::Records);
        (party.0 < limit).then(|| offset as usize + party.index() * RECORD_WORDS)
    }

    fn record(&self, at: usize) -> Record {
        Record::new(std::array::from_fn(|index| self.overlay.get(at + index)))
    }

    fn added(&mut self, domain: &Domain, party: Party) -> Option<()> {
        let Some(kind) = domain.kind(party) else { return self.removed(domain, party) };
        self.invalidate.push(party);
        let at = self.record_at(party)?;
        let attributes = lowering::attributes(domain, kind, domain.user(party));
        self.overlay.row(at, record::pack(&attributes, &[], None));
        if kind == Kind::Location {
            self.location(domain, party, true)?;
        }
        self.realm(domain, party)?;
        self.names_and_aliases(domain, kind, party)
    }

    fn removed(&mut self, domain: &Domain, party: Party) -> Option<()> {
        self.invalidate.push(party);
        let kind = self.directory.named(party)?.kind;
        let at = self.record_at(party)?;
        let left = match kind {
            Kind::Contact => unlisted(domain.id).pack(false).0,
            _ => 0,
        };
        self.overlay.row(at, [left, 0, 0, 0]);
        if kind == Kind::Location {
            self.location(domain, party, false)?;
        }
        self.names_and_aliases(domain, kind, party)
    }

    /// A location of the domain, or one no longer; more than there is room for go into spare room, all of them.
    fn location(&mut self, domain: &Domain, party: Party, lives: bool) -> Option<()> {
        let field = self.block(domain.id)? + Field::LocationList as usize;
        let at = self.overlay.get(field) as usize;
        let (count, room) = halves(self.overlay.get(at));
        let mut list: Vec<u64> = (1..=count as usize).map(|index| self.overlay.get(at + index)).collect();
        list.retain(|held| *held != u64::from(party.0));
        if lives {
            list.push(u64::from(party.0));
        }
        let count = list.len() as u32;
        let (at, room) = match count <= room {
            true => (at, room),
            false => {
                let room = count + count / 4 + 8;
                let at = self.overlay.take_spare(1 + room as usize)?;
                self.overlay.put(field, at as u64);
                (at, room)
            }
        };
        self.overlay.row(at, [joined(count, room)].into_iter().chain(list));
        Some(())
    }

    fn names_and_aliases(&mut self, domain: &Domain, kind: Kind, party: Party) -> Option<()> {
        let name = self.directory.text(party);
        let lives = domain.kind(party).is_some();
        let text = Text::party(domain.id, "", &name);
        let meaning = match lives {
            true => Some(Meaning::Name(party, meaning::extension(domain, party, &name))),
            false => meaning::line(domain, &name),
        };
        names::set(&mut self.overlay, &text, meaning)?;
        names::keep_name(&mut self.overlay, &text, party)?;
        if kind == Kind::User {
            names::set(&mut self.overlay, &Text::login(domain.id, &name), lives.then_some(Meaning::Login(party)))?;
        }
        for (party, there) in meaning::aliases_around(self.policy, self.directory, party) {
            let alias = meaning::alias(self.policy, self.directory, party, there);
            self.alias(party, there, alias)?;
        }
        Some(())
    }

    fn line(&mut self, domain: &Domain, line: &str) -> Option<()> {
        let login = self.directory.party(domain.id, Kind::User, line).filter(|user| domain.user(*user).is_some());
        let meaning = match login {
            Some(user) => Some(Meaning::Name(user, meaning::extension(domain, user, line))),
            None => meaning::line(domain, line),
        };
        names::set(&mut self.overlay, &Text::party(domain.id, "", line), meaning)
    }

    fn alias(&mut self, party: Party, there: DomainId, alias: Option<Alias>) -> Option<()> {
        self.invalidate.push(party);
        let (offset, slots) = self.overlay.header(Header::Aliases);
        let mask = u64::from(slots).checked_sub(1)?;
        let wanted = alias_key(party, there.0);
        let contact = alias.map(|alias| match alias {
            Alias::Contact(contact) => u64::from(contact.0),
            Alias::OwnAddress => 0,
        });
        let mut index = alias_home(Secret::of(&self.overlay), wanted) & mask;
        let mut free = None;
        for _ in 0..slots {
            let at = offset as usize + index as usize * 2;
            match self.overlay.get(at) {
                0 => {
                    free.get_or_insert(at);
                    break;
                }
                EMPTIED_ALIAS => {
                    free.get_or_insert(at);
                }
                held if held == wanted => {
                    self.overlay.row(at, contact.map_or([EMPTIED_ALIAS, 0], |contact| [wanted, contact]));
                    return Some(());
                }
                _ => {}
            }
            index = (index + 1) & mask;
        }
        let Some(contact) = contact else { return Some(()) };
        let at = free?;
        if self.overlay.get(at) == 0 {
            let (names, used) = self.overlay.header(Header::Used);
            if (u64::from(used) + 1) * 4 > u64::from(slots) * 3 {
                return None;
            }
            self.overlay.put(Header::Used as usize, joined(names, used + 1));
        }
        self.overlay.row(at, [wanted, contact]);
        Some(())
    }

    /// A user's site, flags, release and realm; lists and classes stay.
    fn attributes(&mut self, domain: &Domain, party: Party) -> Option<()> {
        // The removal of a user is a dirty part of its own.
        let Some(user) = domain.user(party) else { return Some(()) };
        self.invalidate.push(party);
        let at = self.record_at(party)?;
        let held = self.record(at);
        let PartyAttributes { actor_class, target_class, .. } = held.attributes();
        let attributes =
            PartyAttributes { actor_class, target_class, ..lowering::attributes(domain, Kind::User, Some(user)) };
        let (first, second) = attributes.pack(held.has_extra());
        let second = self.overlay.get(at + 1) & !PartyAttributes::SECOND | second;
        self.overlay.row(at, [first, second]);
        self.realm(domain, party)
    }

    fn withheld(&mut self, domain: &Domain, party: Party) -> Option<()> {
        if domain.user(party).is_none() {
            return Some(());
        }
        self.invalidate.push(party);
        self.classes(domain, party, self.record_at(party)?)
    }

    // --- lists ---

    fn memberships(&self, at: usize) -> Vec<Membership> {
        let record = self.record(at);
        if record.has_extra() {
            let count = self.overlay.get(record.extra()) as usize;
            return (1..=count).map(|index| Membership::unpack(self.overlay.get(record.extra() + index))).collect();
        }
        record.memberships().collect()
    }

    /// Writes a party's list of keys, into its record where it fits, else into spare room.
    fn write_memberships(&mut self, at: usize, memberships: &[Membership]) -> Option<()> {
        let attributes = self.record(at).attributes();
        let extra = match record::fit(memberships) {
            true => None,
            false => {
                let words = record::list_words(memberships.len()) + record::LIST_UNIT - 1;
                let offset = self.overlay.take_spare(words)?.next_multiple_of(record::LIST_UNIT);
                if offset > record::MAX_EXTRA {
                    return None;
                }
                self.overlay.put(offset, memberships.len() as u64);
                self.overlay.row(offset + 1, memberships.iter().map(|membership| membership.pack()));
                Some(offset)
            }
        };
        self.overlay.row(at, record::pack(&attributes, memberships, extra));
        Some(())
    }

    /// A party came on a list of a group or went off it: the keys of that group are read anew, all others stay.
    fn member(&mut self, domain: &Domain, group: Group, party: Party) -> Option<()> {
        let Some(kind) = domain.kind(party) else { return Some(()) };
        self.invalidate.push(party);
        let at = self.record_at(party)?;
        let mut list = self.memberships(at);
        let before = list.clone();
        let mut cleared = None;
        lowering::rules_of(domain, group, |rule| {
            // A permission may have several rules of one key.
            if cleared != Some(rule.key) {
                list.retain(|held| held.key != rule.key);
                cleared = Some(rule.key);
            }
            let (acts, is_target) = (rule.actors.contains(&party), rule.targets.contains(&party));
            match list.iter_mut().find(|held| held.key == rule.key) {
                Some(held) => {
                    held.acts |= acts;
                    held.is_target |= is_target;
                }
                None if acts || is_target => list.push(Membership { key: rule.key, acts, is_target }),
                None => {}
            }
        });
        list.sort_unstable_by_key(|held| held.key);
        if list != before {
            self.write_memberships(at, &list)?;
        }
        match group {
            Group::Permission(_) if kind != Kind::Contact => self.classes(domain, party, at),
            _ => Some(()),
        }
    }

    /// keevio: the realm a user is in; a realm that had no user before gets a key of its own.
    fn realm(&mut self, domain: &Domain, party: Party) -> Option<()> {
        if !domain.systems.has(System::Keevio) || !domain.keevio.realm {
            return Some(());
        }
        let Some(user) = domain.user(party) else { return Some(()) };
        let at = self.record_at(party)?;
        let block = self.block(domain.id)?;
        let (_, group_keys) = self.table(block, Field::Ends);
        let mut list = self.memberships(at);
        let before = list.clone();
        list.retain(|held| held.key <= group_keys);
        if let Some(realm) = user.keevio.realm() {
            let name = lowering::realm_name(domain.id, &realm);
            let key = match names::number_of(&self.overlay, &name) {
                Some(key) => key,
                None => {
                    let key = self.new_realm(domain.id, block)?;
                    names::set(&mut self.overlay, &name, Some(Meaning::Group(key)))?;
                    key
                }
            };
            list.push(Membership { key, acts: true, is_target: true });
        }
        if list == before { Some(()) } else { self.write_memberships(at, &list) }
    }

    fn new_realm(&mut self, domain: DomainId, block: usize) -> Option<u32> {
        let outcome = self.outcome(domain, &lowering::realm_outcome())?;
        let outcome = u16::try_from(outcome).ok()?;
        let ((offset, key), (end, _)) = (self.table(block, Field::Groups), self.table(block, Field::ActorClasses));
        let at = offset + key as usize / 4;
        if at >= end {
            return None;
        }
        let word = self.overlay.get(at) | u64::from(outcome) << (key % 4 * 16);
        self.overlay.put(at, word);
        self.overlay.put(block + Field::Groups as usize, joined(offset as u32, key + 1));
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emptied_alias_has_no_partys_key() {
        assert!(alias_key(Party(1), 0) > u64::from(u16::MAX) && EMPTIED_ALIAS <= u64::from(u16::MAX));
    }
}
