//! From changes to the few words of an image that have to change with them.
//!
//! Whatever was touched is read from the policy as it is after all changes and written as it is there, part by part, so that
//! it does not matter what became of it in between. What is not so small that it can be written in place is left to compiling:
//! the answer is then that there is no patch. Nothing here stores into an image, locks or publishes.
#![forbid(unsafe_code)]

use super::facts::{self, Alias};
use super::write::{outsider, two_words};
use crate::directory::Directory;
use crate::id::{DomainId, Kind, Party};
use crate::image::evaluate::alias::{persona_hash, persona_word};
use crate::image::format::domain::{
    ACTOR_CLASS_WORDS, DOMAIN_WORDS, Flags, LABELS, Place, pack_codes, pack_outcome, pack_target_class,
};
use crate::image::format::names::{self, Meaning, Text};
use crate::image::format::pairs::{self, Buckets, MAX_SHORT_OUTCOME};
use crate::image::format::record::{self, Membership, RECORD_WORDS, Record, Standing};
use crate::image::{Header, Image, Store, halves, joined};
use crate::policy::change::{DirtyPart, Group};
use crate::policy::{Domain, Policy};
use crate::rule::Outcome;
use crate::system::{System, keevio};
use std::collections::BTreeMap;

/// Words a patch may have; more than that is compiled as fast.
pub const MAX_WORDS: usize = 4096;
/// Parties whose cached answers a patch may name one by one.
const MAX_FORGOTTEN: usize = 256;
/// A persona's slot that was emptied: the word of party 0, who is nobody.
const NO_PERSONA: u64 = 1;

/// Words to be stored in an image, and whose cached answers they make old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Offset and new word, by offset, each offset once; the revision is among them.
    pub words: Vec<(u32, u64)>,
    /// Whose answers may have changed.
    pub forget: Forget,
}

/// Whose cached answers are old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forget {
    /// Nobody's.
    Nothing,
    /// All of pairs with one of these.
    Parties(Vec<Party>),
    /// Everybody's.
    All,
}

/// The patch that turns `image` (at rest, compiled from the policy before or brought up to date to it) into one of `policy`,
/// which is how it is after the changes that touched `touched`. `None` when it has to be compiled.
pub fn update(
    image: &Image<'_>,
    policy: &Policy,
    directory: &Directory,
    touched: &[(DomainId, DirtyPart)],
    revision: u64,
) -> Option<Patch> {
    let sheet = Sheet { image: *image, words: BTreeMap::new() };
    let mut draft = Draft { sheet, policy, directory, forget: Vec::new() };
    for (domain, touch) in touched {
        draft.touch(policy.domain(*domain)?, touch)?;
        if draft.sheet.words.len() >= MAX_WORDS {
            return None;
        }
    }
    draft.sheet.put(Header::Revision as usize, revision);
    let Draft { sheet, mut forget, .. } = draft;
    forget.sort_unstable();
    forget.dedup();
    let forget = match forget.len() {
        0 => Forget::Nothing,
        count if count > MAX_FORGOTTEN => Forget::All,
        _ => Forget::Parties(forget),
    };
    Some(Patch { words: sheet.words.into_iter().collect(), forget })
}

/// An image with new words laid over it.
struct Sheet<'a> {
    image: Image<'a>,
    words: BTreeMap<u32, u64>,
}

impl Store for Sheet<'_> {
    fn get(&self, place: usize) -> u64 {
        let new = u32::try_from(place).ok().and_then(|place| self.words.get(&place));
        new.copied().unwrap_or_else(|| self.image.word(place))
    }

    fn put(&mut self, place: usize, word: u64) {
        if self.get(place) != word
            && let Ok(place) = u32::try_from(place)
        {
            self.words.insert(place, word);
        }
    }
}

struct Draft<'a> {
    sheet: Sheet<'a>,
    policy: &'a Policy,
    directory: &'a Directory,
    forget: Vec<Party>,
}

impl Draft<'_> {
    fn touch(&mut self, domain: &Domain, part: &DirtyPart) -> Option<()> {
        match part {
            DirtyPart::Domain => None,
            DirtyPart::Pair(actor, target) => self.pair(domain, *actor, *target),
            DirtyPart::Added(party) => self.added(domain, *party),
            DirtyPart::Removed(party) => self.removed(domain, *party),
            DirtyPart::Attributes(party) => self.standing(domain, *party),
            DirtyPart::PrivateLines(party) => self.private_lines(domain, *party),
            DirtyPart::Line(line, _) => self.line(domain, line),
            DirtyPart::Member(group, party) => self.member(domain, *group, *party),
            DirtyPart::Codes => self.codes(domain),
            DirtyPart::State => Some(()),
        }
    }

    // --- pairs ---

    fn pair(&mut self, domain: &Domain, actor: Party, target: Party) -> Option<()> {
        self.forget.push(target);
        let number = self.outcome(domain.id, &facts::cell(domain, actor, target))?;
        if number > MAX_SHORT_OUTCOME && !pairs::set_wide(&mut self.sheet, (actor, target), number) {
            return None;
        }
        Buckets::of(&self.sheet).set(&mut self.sheet, (actor, target), number).then_some(())
    }

    /// The number of an outcome in the domain's table; what is new gets a spare row.
    fn outcome(&mut self, domain: DomainId, outcome: &Outcome) -> Option<u32> {
        if *outcome == Outcome::default() {
            return Some(0);
        }
        let block = self.block(domain)?;
        let labels = Flags(self.sheet.get(block)).has(Flags::LABELS);
        if labels && usize::from(outcome.label) < LABELS && *outcome == Outcome::label(outcome.label) {
            return Some(u32::from(outcome.label));
        }
        self.number(block, Place::Outcomes, Place::Groups, &pack_outcome(outcome))
    }

    /// Where the domain's block begins.
    fn block(&self, domain: DomainId) -> Option<usize> {
        let (offset, count) = self.sheet.header(Header::Domains);
        (u32::from(domain.0) < count).then(|| offset as usize + domain.index() * DOMAIN_WORDS)
    }

    fn table(&self, block: usize, table: Place) -> (usize, u32) {
        let (offset, count) = halves(self.sheet.get(block + table as usize));
        (offset as usize, count)
    }

    /// The number of a row in a table that ends where `next` begins; a row that is not there is added if there is room.
    fn number(&mut self, block: usize, table: Place, next: Place, row: &[u64]) -> Option<u32> {
        let ((offset, count), (end, _)) = (self.table(block, table), self.table(block, next));
        let same = |number: &u32| {
            let at = offset + *number as usize * row.len();
            row.iter().zip(at..).all(|(word, at)| self.sheet.get(at) == *word)
        };
        if let Some(number) = (0..count).find(same) {
            return Some(number);
        }
        let at = offset + count as usize * row.len();
        if at + row.len() > end {
            return None;
        }
        self.sheet.row(at, row.iter().copied());
        self.sheet.put(block + table as usize, joined(offset as u32, count + 1));
        Some(count)
    }

    fn codes(&mut self, domain: &Domain) -> Option<()> {
        let block = self.block(domain.id)?;
        self.sheet.row(block + Place::CodeLengths as usize, pack_codes(&domain.codes));
        Some(())
    }

    // --- parties ---

    fn record_at(&self, party: Party) -> Option<usize> {
        let (offset, limit) = self.sheet.header(Header::Records);
        (party.0 < limit).then(|| offset as usize + party.index() * RECORD_WORDS)
    }

    fn record(&self, at: usize) -> Record {
        Record::new(std::array::from_fn(|place| self.sheet.get(at + place)))
    }

    fn added(&mut self, domain: &Domain, party: Party) -> Option<()> {
        let Some(kind) = domain.kind(party) else { return self.removed(domain, party) };
        self.forget.push(party);
        let at = self.record_at(party)?;
        let standing = facts::standing(domain, kind, domain.user(party));
        self.sheet.row(at, record::pack(&standing, &[], None));
        if kind == Kind::Location {
            self.location(domain, party, true)?;
        }
        self.realm(domain, party)?;
        self.names_and_aliases(domain, kind, party)
    }

    fn removed(&mut self, domain: &Domain, party: Party) -> Option<()> {
        self.forget.push(party);
        let kind = self.directory.named(party)?.kind;
        let at = self.record_at(party)?;
        let left = match kind {
            Kind::Contact => outsider(domain.id).pack(false).0,
            _ => 0,
        };
        self.sheet.row(at, [left, 0, 0, 0]);
        if kind == Kind::Location {
            self.location(domain, party, false)?;
        }
        self.names_and_aliases(domain, kind, party)
    }

    /// A location of the domain, or one no longer; more than there is room for go into spare room, all of them.
    fn location(&mut self, domain: &Domain, party: Party, lives: bool) -> Option<()> {
        let place = self.block(domain.id)? + Place::LocationList as usize;
        let at = self.sheet.get(place) as usize;
        let (count, room) = halves(self.sheet.get(at));
        let mut list: Vec<u64> = (1..=count as usize).map(|place| self.sheet.get(at + place)).collect();
        list.retain(|held| *held != u64::from(party.0));
        if lives {
            list.push(u64::from(party.0));
        }
        let count = list.len() as u32;
        let (at, room) = match count <= room {
            true => (at, room),
            false => {
                let room = count + count / 4 + 8;
                let at = self.sheet.take_spare(1 + room as usize)?;
                self.sheet.put(place, at as u64);
                (at, room)
            }
        };
        self.sheet.row(at, [joined(count, room)].into_iter().chain(list));
        Some(())
    }

    fn names_and_aliases(&mut self, domain: &Domain, kind: Kind, party: Party) -> Option<()> {
        let name = self.directory.text(party);
        let lives = domain.kind(party).is_some();
        let text = Text::party(domain.id, "", &name);
        let meaning = match lives {
            true => Some(Meaning::Name(party, facts::extension(domain, party, &name))),
            false => facts::line(domain, &name),
        };
        names::set(&mut self.sheet, &text, meaning)?;
        names::keep_name(&mut self.sheet, &text, party)?;
        if kind == Kind::User {
            names::set(&mut self.sheet, &Text::login(domain.id, &name), lives.then_some(Meaning::Login(party)))?;
        }
        for (party, there) in facts::aliases_around(self.policy, self.directory, party) {
            let alias = facts::alias(self.policy, self.directory, party, there);
            self.alias(party, there, alias)?;
        }
        Some(())
    }

    fn line(&mut self, domain: &Domain, line: &str) -> Option<()> {
        let login = self.directory.party(domain.id, Kind::User, line).filter(|user| domain.user(*user).is_some());
        let meaning = match login {
            Some(user) => Some(Meaning::Name(user, facts::extension(domain, user, line))),
            None => facts::line(domain, line),
        };
        names::set(&mut self.sheet, &Text::party(domain.id, "", line), meaning)
    }

    fn alias(&mut self, party: Party, there: DomainId, alias: Option<Alias>) -> Option<()> {
        self.forget.push(party);
        let (offset, slots) = self.sheet.header(Header::Personas);
        let mask = u64::from(slots).checked_sub(1)?;
        let wanted = persona_word(party, there.0);
        let contact = alias.map(|alias| match alias {
            Alias::Contact(contact) => u64::from(contact.0),
            Alias::Nobody => 0,
        });
        let mut place = persona_hash(wanted) & mask;
        let mut free = None;
        for _ in 0..slots {
            let at = offset as usize + place as usize * 2;
            match self.sheet.get(at) {
                0 => {
                    free.get_or_insert(at);
                    break;
                }
                NO_PERSONA => {
                    free.get_or_insert(at);
                }
                held if held == wanted => {
                    self.sheet.row(at, contact.map_or([NO_PERSONA, 0], |contact| [wanted, contact]));
                    return Some(());
                }
                _ => {}
            }
            place = (place + 1) & mask;
        }
        let Some(contact) = contact else { return Some(()) };
        let at = free?;
        if self.sheet.get(at) == 0 {
            let (names, used) = self.sheet.header(Header::Used);
            if (u64::from(used) + 1) * 4 > u64::from(slots) * 3 {
                return None;
            }
            self.sheet.put(Header::Used as usize, joined(names, used + 1));
        }
        self.sheet.row(at, [wanted, contact]);
        Some(())
    }

    /// A user's site, flags, release and realm; lists and classes stay.
    fn standing(&mut self, domain: &Domain, party: Party) -> Option<()> {
        // Who has gone since is dealt with where that is told.
        let Some(user) = domain.user(party) else { return Some(()) };
        self.forget.push(party);
        let at = self.record_at(party)?;
        let held = self.record(at);
        let Standing { actor_class, target_class, .. } = held.standing();
        let standing = Standing { actor_class, target_class, ..facts::standing(domain, Kind::User, Some(user)) };
        let (first, site) = standing.pack(held.has_extra());
        let second = self.sheet.get(at + 1) & !0xffff | site;
        self.sheet.row(at, [first, second]);
        self.realm(domain, party)
    }

    fn private_lines(&mut self, domain: &Domain, party: Party) -> Option<()> {
        if domain.user(party).is_none() {
            return Some(());
        }
        self.forget.push(party);
        self.classes(domain, party, self.record_at(party)?)
    }

    // --- lists ---

    fn memberships(&self, at: usize) -> Vec<Membership> {
        let record = self.record(at);
        if record.has_extra() {
            let count = self.sheet.get(record.extra()) as usize;
            return (1..=count).map(|place| Membership::unpack(self.sheet.get(record.extra() + place))).collect();
        }
        record.memberships().collect()
    }

    /// Writes a party's list of keys, into its record where it fits, else into spare room.
    fn write_memberships(&mut self, at: usize, memberships: &[Membership]) -> Option<()> {
        let standing = self.record(at).standing();
        let extra = match record::fit(memberships) {
            true => None,
            false => {
                let place = self.sheet.take_spare(memberships.len() + 1)?;
                self.sheet.put(place, memberships.len() as u64);
                self.sheet.row(place + 1, memberships.iter().map(|membership| membership.pack()));
                Some(place as u32)
            }
        };
        self.sheet.row(at, record::pack(&standing, memberships, extra));
        Some(())
    }

    /// A party came on a list of a group or went off it: the keys of that group are looked at, all others stay.
    fn member(&mut self, domain: &Domain, group: Group, party: Party) -> Option<()> {
        let Some(kind) = domain.kind(party) else { return Some(()) };
        self.forget.push(party);
        let at = self.record_at(party)?;
        let mut list = self.memberships(at);
        let before = list.clone();
        let mut cleared = None;
        facts::rules_of(domain, group, |rule| {
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

    /// pascom: what the party may towards everybody, and everybody towards it.
    fn classes(&mut self, domain: &Domain, party: Party, at: usize) -> Option<()> {
        let (class, towards) = facts::classes(domain, party);
        let block = self.block(domain.id)?;
        let mut row = [0; ACTOR_CLASS_WORDS];
        for (word, new) in row.iter_mut().zip(class.into_iter().flat_map(two_words)) {
            *word = new;
        }
        let actor_class = self.number(block, Place::ActorClasses, Place::TargetClasses, &row)?;
        let row = pack_target_class(&towards);
        let target_class = self.number(block, Place::TargetClasses, Place::Ends, &row)?;
        let (actor_class, target_class) = (u16::try_from(actor_class).ok()?, u16::try_from(target_class).ok()?);
        let held = self.record(at);
        let standing = Standing { actor_class, target_class, ..held.standing() };
        self.sheet.put(at, standing.pack(held.has_extra()).0);
        Some(())
    }

    /// keevio: the realm a user is in; one that nobody was in before gets a key of its own.
    fn realm(&mut self, domain: &Domain, party: Party) -> Option<()> {
        if !domain.systems.has(System::Keevio) || !domain.keevio.realm {
            return Some(());
        }
        let Some(user) = domain.user(party) else { return Some(()) };
        let at = self.record_at(party)?;
        let block = self.block(domain.id)?;
        let (_, group_keys) = self.table(block, Place::Ends);
        let mut list = self.memberships(at);
        let before = list.clone();
        list.retain(|held| held.key <= group_keys);
        if let Some(realm) = user.keevio.realm() {
            let name = Text::realm(domain.id, &realm);
            let key = match names::number_of(&self.sheet, &name) {
                Some(key) => key,
                None => {
                    let key = self.new_realm(domain.id, block)?;
                    names::set(&mut self.sheet, &name, Some(Meaning::Realm(key)))?;
                    key
                }
            };
            list.push(Membership { key, acts: true, is_target: true });
        }
        if list == before { Some(()) } else { self.write_memberships(at, &list) }
    }

    fn new_realm(&mut self, domain: DomainId, block: usize) -> Option<u32> {
        let outcome = self.outcome(domain, &Outcome::plain(keevio::realm_rights()))?;
        let outcome = u16::try_from(outcome).ok()?;
        let ((offset, key), (end, _)) = (self.table(block, Place::Groups), self.table(block, Place::ActorClasses));
        let at = offset + key as usize / 4;
        if at >= end {
            return None;
        }
        let word = self.sheet.get(at) | u64::from(outcome) << (key % 4 * 16);
        self.sheet.put(at, word);
        self.sheet.put(block + Place::Groups as usize, joined(offset as u32, key + 1));
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emptied_personas_are_nobodys() {
        assert!(persona_word(Party(1), 0) > u64::from(u16::MAX) && NO_PERSONA <= u64::from(u16::MAX));
    }
}
