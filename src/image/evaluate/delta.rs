//! The parties and pairs whose answers can differ between two images, from their words alone. It may name too many, never too few;
//! the caller evaluates both images to find out.
//!
//! An answer within a domain depends on the domain's block, on the records of actor and target (their classes and group keys looked up
//! in the domain's tables), and on the pair's entry. Equal words give equal answers.
#![forbid(unsafe_code)]

use crate::directory::Directory;
use crate::id::{DomainId, Kind, Party};
use crate::image::format::domain::{ACTOR_CLASS_WORDS, DOMAIN_WORDS, Field, OUTCOME_WORDS, TARGET_CLASS_WORDS};
use crate::image::format::image::{Image, Journaled, ReadMode};
use crate::image::format::pairs::BUCKET_WORDS;
use crate::image::format::record::{INLINE_KEYS, Membership, RECORD_WORDS, Record};
use crate::image::format::{Header, halves};
use std::collections::{BTreeMap, BTreeSet};

/// The answers that can differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Of all pairs with one of these.
    pub parties: BTreeSet<(DomainId, Party)>,
    /// Of these pairs, in the target's domain.
    pub pairs: BTreeSet<(DomainId, Party, Party)>,
    /// All of these domains.
    pub domains: BTreeSet<DomainId>,
}

type Two<'a> = [&'a Image<'a, Journaled<'a>>; 2];

/// What differs between an image and the same image after the words at `changed` were altered in place, as patches do.
pub fn of_patches(
    old: &Image<'_, Journaled<'_>>,
    new: &Image<'_, Journaled<'_>>,
    changed: impl Iterator<Item = u32>,
) -> Delta {
    let images: Two<'_> = [old, new];
    let at = |field: Header| new.header(field).0 as usize;
    let (records, domains, (buckets, bucket_count)) = (at(Header::Records), at(Header::Domains), new.buckets());
    let (wide, wide_count) = new.wide_list();
    let tables = domains + new.header(Header::Domains).1 as usize * DOMAIN_WORDS;
    let (mut delta, mut of_tables) = (Delta::default(), BTreeSet::new());
    for offset in changed.map(|offset| offset as usize) {
        match offset {
            _ if offset < records => {
                // Revision, log, when it was heard from, what is spare. Whatever else moves, moves everything.
                let harmless =
                    [Header::Revision, Header::HeadHash, Header::Spare, Header::Used, Header::Keys, Header::Heard];
                if !harmless.iter().any(|field| *field as usize == offset) {
                    return of_images(old, new);
                }
            }
            _ if offset < domains => delta.party(images, Party(((offset - records) / RECORD_WORDS) as u32)),
            _ if offset < tables => {
                let (domain, word) = ((offset - domains) / DOMAIN_WORDS, (offset - domains) % DOMAIN_WORDS);
                if is_answered_by(word) {
                    delta.domains.insert(DomainId(domain as u16));
                }
            }
            _ if offset < buckets => {
                let Some(domain) = domain_of_table(old, offset) else { return of_images(old, new) };
                // No record points to a row that was spare before.
                if !was_spare(old, domain, offset) {
                    of_tables.insert(domain);
                }
            }
            _ if offset < buckets + bucket_count as usize * BUCKET_WORDS => {
                delta.bucket(images, ((offset - buckets) / BUCKET_WORDS) as u32);
            }
            _ if offset >= wide && offset < wide + wide_count as usize * 2 => {
                let word = new.word(wide + (offset - wide) / 2 * 2);
                delta.pair(images, Party(word as u32), Party((word >> 32) as u32));
            }
            // Who is who in other domains, names, longer lists of keys, which a record points to.
            _ => {}
        }
    }
    if !of_tables.is_empty() {
        delta.domains_and_parties(images, of_tables.into_iter());
    }
    delta
}

/// The domain in whose tables that word lies: they lie in the order of the domains, and stay where they are.
fn domain_of_table<M: ReadMode>(image: &Image<'_, M>, offset: usize) -> Option<DomainId> {
    let count = image.header(Header::Domains).1.min(Directory::MAX_DOMAINS as u32);
    let begin = |domain: u32| image.domain(domain as u16).table_at(Field::Outcomes).0;
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if begin(middle) <= offset { low = middle + 1 } else { high = middle }
    }
    let domain = DomainId(low.checked_sub(1)? as u16);
    let (at, length) = image.domain(domain.0).table_at(Field::Destinations);
    (offset < at + length as usize).then_some(domain)
}

/// What differs between any two images.
pub fn of_images(old: &Image<'_, Journaled<'_>>, new: &Image<'_, Journaled<'_>>) -> Delta {
    let images: Two<'_> = [old, new];
    let mut delta = Delta::default();
    let domains: BTreeSet<DomainId> = images.into_iter().flat_map(Image::domain_ids).collect();
    delta.domains_and_parties(images, domains.into_iter());
    // Every pair that has an entry in either.
    for image in images {
        for bucket in 0..image.buckets_there() {
            image.each_pair_in(bucket, |actor, target| {
                let [one, other] =
                    images.map(|image| image.domain_of_target(target).outcome(image.pair(actor, target)));
                if one != other {
                    delta.pair(images, actor, target);
                }
            });
        }
    }
    delta
}

impl Delta {
    /// Adds what differs because facts with dates begin or end to count between the two instants. Of keys that both images have, the
    /// new one says when they count: where they differ in it, the words do.
    pub fn add_clock(&mut self, new: &Image<'_, Journaled<'_>>, from: i64, to: i64) {
        for domain in new.domain_ids() {
            let view = new.domain(domain.0);
            let keys: BTreeSet<u32> = view.keys_that_turn(from, to).collect();
            if keys.iter().any(|key| view.condition(*key).is_open()) {
                self.domains.insert(domain);
            } else if !keys.is_empty() {
                for party in new.parties(domain) {
                    if memberships(new, &new.record(party)).iter().any(|held| keys.contains(&held.key)) {
                        self.parties.insert((domain, party));
                    }
                }
            }
        }
    }

    /// What differs in these domains, but for entries of pairs.
    fn domains_and_parties(&mut self, images: Two<'_>, domains: impl Iterator<Item = DomainId>) {
        let mut keys = BTreeMap::new();
        for domain in domains {
            match is_same_block(images, domain) {
                true => drop(keys.insert(domain, changed_keys(images, domain))),
                false => drop(self.domains.insert(domain)),
            }
        }
        let limit = images.map(|image| image.numbers()).into_iter().max().unwrap_or(0);
        for party in (1..limit).map(Party) {
            let [one, other] = images.map(|image| image.record(party));
            let domain = DomainId(if one.kind() == 0 { other.domain() } else { one.domain() });
            if keys.get(&domain).is_some_and(|keys| !is_same_party(images, [&one, &other], keys)) {
                self.parties.insert((domain, party));
            }
        }
    }

    fn party(&mut self, images: Two<'_>, party: Party) {
        for record in images.map(|image| image.record(party)).into_iter().filter(|record| record.kind() != 0) {
            self.parties.insert((DomainId(record.domain()), party));
        }
    }

    fn pair(&mut self, images: Two<'_>, actor: Party, target: Party) {
        for record in images.map(|image| image.record(target)).into_iter().filter(|record| record.kind() != 0) {
            self.pairs.insert((DomainId(record.domain()), actor, target));
        }
    }

    fn bucket(&mut self, images: Two<'_>, bucket: u32) {
        for image in images {
            image.each_pair_in(bucket, |actor, target| self.pair(images, actor, target));
        }
    }
}

/// Whether answers depend on that word of a domain's block itself, and not on what it points to or on names.
pub(super) fn is_answered_by(offset: usize) -> bool {
    let tables = Field::Outcomes as usize..=Field::Ends as usize;
    let codes = Field::Name as usize..=Field::OpenKeys as usize;
    !tables.contains(&offset)
        && !codes.contains(&offset)
        && offset != Field::Calendar as usize
        && offset != Field::Destinations as usize
}

/// Whether that word of the tables said nothing before that answers hang on: it was of a row to spare, or is of a list of locations.
fn was_spare<M: ReadMode>(image: &Image<'_, M>, domain: DomainId, offset: usize) -> bool {
    // Each table with the one behind it, and the quarters of a word that a row takes.
    let tables = [
        (Field::Outcomes, Field::Groups, OUTCOME_WORDS * 4),
        (Field::Groups, Field::ActorClasses, 1),
        (Field::ActorClasses, Field::TargetClasses, ACTOR_CLASS_WORDS * 4),
        (Field::TargetClasses, Field::Ends, TARGET_CLASS_WORDS * 4),
    ];
    let domain = image.domain(domain.0);
    let spare = tables.iter().any(|(field, next, quarters)| {
        let ((at, count), (end, _)) = (domain.table_at(*field), domain.table_at(*next));
        // A word of keys that is in use in part may get one more.
        (at + count as usize * quarters / 4..end).contains(&offset)
    });
    let (list, _) = domain.table_at(Field::LocationList);
    spare || (list..=list + halves(image.word(list)).1 as usize).contains(&offset)
}

fn is_same_block(images: Two<'_>, domain: DomainId) -> bool {
    let [old, new] = images.map(|image| image.domain(domain.0));
    let lives = images.map(|image| image.has_domain(domain));
    lives[0] == lives[1]
        && (0..DOMAIN_WORDS)
            .filter(|offset| is_answered_by(*offset))
            .all(|offset| old.word_at(offset) == new.word_at(offset))
}

/// The group keys of a domain that give something else.
fn changed_keys(images: Two<'_>, domain: DomainId) -> BTreeSet<u32> {
    let domains = images.map(|image| image.domain(domain.0));
    let count = domains.map(|domain| domain.table_at(Field::Groups).1).into_iter().max().unwrap_or(0);
    let gives =
        |key: u32| domains.map(|domain| (domain.group(key), domain.is_others_only(key), domain.condition_bits(key)));
    // A torn table is not longer than the image.
    let count = count.min(images.map(|image| image.words()).into_iter().max().unwrap_or(0) as u32);
    (1..count).filter(|key| gives(*key)[0] != gives(*key)[1]).collect()
}

/// Whether a party is the same in both, and in none of these groups.
fn is_same_party([old, new]: Two<'_>, [one, other]: [&Record; 2], changed: &BTreeSet<u32>) -> bool {
    if one.kind() == 0 && other.kind() == 0 {
        return true;
    }
    let sides = [(old, one), (new, other)];
    let [before, after] = sides.map(|(image, record)| {
        let (domain, attributes) = (image.domain(record.domain()), record.attributes());
        let actor =
            [Kind::User, Kind::Team, Kind::Location].map(|kind| domain.actor_class(attributes.actor_class, kind));
        (record.own_bits(), actor, domain.target_class(attributes.target_class))
    });
    let [held, holds] = sides.map(|(image, record)| memberships(image, record));
    before == after && held == holds && !held.iter().any(|held| changed.contains(&held.key))
}

/// The groups a party is in, wherever they are written.
pub(super) fn memberships<M: ReadMode>(image: &Image<'_, M>, record: &Record) -> Vec<Membership> {
    if !record.has_extra() {
        return record.memberships().take(INLINE_KEYS).collect();
    }
    let count = (image.word(record.extra()) as usize).min(image.words());
    (1..=count).map(|index| Membership::unpack(image.word(record.extra() + index))).collect()
}
