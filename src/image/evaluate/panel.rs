//! One party and many others, as for a panel of lamps: what concerns the one is read once. Each answer must be that of the pair alone.
#![forbid(unsafe_code)]

use super::domain::DomainView;
use super::pairs::Buckets;
use super::quick::{PairBucket, Records, has_labels_alone, record};
use crate::id::Party;
use crate::image::format::image::{Image, ReadMode};
use crate::image::format::pairs::{HashParams, Home};
use crate::image::format::record::Record;
use crate::right::RightSet;

/// The party that all questions of a panel are about.
#[derive(Clone, Copy, Debug)]
pub enum One {
    /// It acts in all of them.
    Actor(Party),
    /// It is the target of all.
    Target(Party),
}

/// Pairs whose memory is asked for ahead.
const AHEAD: usize = 16;

/// What all questions of a panel share.
struct Panel<'i, 'a, M> {
    image: &'i Image<'a, M>,
    one: One,
    party: Party,
    record: Record,
    domain: DomainView<'a, M>,
    has_labels_alone: bool,
    records: Records<'a, M>,
    buckets: Buckets<'a, M>,
    params: HashParams,
}

impl<M: ReadMode> Panel<'_, '_, M> {
    /// Asks for the memory of a question ahead; returns where the pair's entry would be.
    #[inline(always)]
    fn start(&self, other: Party) -> Home {
        let (actor, target) = self.one.pair(other);
        let home = self.params.home(actor, target);
        self.buckets.prefetch(home.bucket);
        self.records.prefetch(other.0);
        home
    }

    /// The rights of a pair, where they are found at once.
    #[inline(always)]
    fn quick_rights(&self, other: Party, home: Home) -> Option<RightSet> {
        let pair_bucket = PairBucket { bucket: self.buckets.get(home.bucket)?, rest: home.rest };
        let other_record = record(self.records, other)?;
        if !self.has_labels_alone || !self.record.are_users_together(&other_record) || other == self.party {
            return None;
        }
        let (actor, target) = self.one.pair(other);
        let (actor_record, target_record) = match self.one {
            One::Actor(_) => (&self.record, &other_record),
            One::Target(_) => (&other_record, &self.record),
        };
        self.image.quick_rights_of_users(&self.domain, (actor, actor_record), (target, target_record), pair_bucket)
    }
}

impl One {
    /// The pair of the one and another.
    #[inline(always)]
    fn pair(self, other: Party) -> (Party, Party) {
        match self {
            One::Actor(actor) => (actor, other),
            One::Target(target) => (other, target),
        }
    }
}

impl<M: ReadMode> Image<'_, M> {
    /// Calls `each` with the rights of one party and each of the others, in their order. What concerns the one is read once, and the
    /// memory of the pairs to come is asked for ahead: the waits overlap.
    #[inline(always)]
    pub fn rights_of_many(&self, one: One, others: &[Party], mut each: impl FnMut(RightSet)) {
        let (One::Actor(party) | One::Target(party)) = one;
        let record = self.record(party);
        let domain = self.domain(record.domain());
        let has_labels_alone = has_labels_alone(&domain);
        let (Some(records), Some(buckets)) = (self.records(), self.pair_buckets()) else {
            return others.iter().for_each(|other| each(self.rights_of_one(one.pair(*other))));
        };
        let params = self.params();
        let panel = Panel { image: self, one, party, record, domain, has_labels_alone, records, buckets, params };
        let mut homes = [Home { bucket: 0, rest: 0 }; AHEAD];
        for (other, home) in others.iter().zip(&mut homes) {
            *home = panel.start(*other);
        }
        let mut coming = others.iter().skip(AHEAD);
        for (other, index) in others.iter().zip((0..AHEAD).cycle()) {
            let Some(slot) = homes.get_mut(index) else { return };
            let home = *slot;
            if let Some(next) = coming.next() {
                *slot = panel.start(*next);
            }
            each(match panel.quick_rights(*other, home) {
                Some(rights) => rights,
                None => self.rights_of_one(one.pair(*other)),
            });
        }
    }

    /// The whole evaluation of one of many.
    #[inline(never)]
    fn rights_of_one(&self, (actor, target): (Party, Party)) -> RightSet {
        self.rights(actor, target, None)
    }
}
