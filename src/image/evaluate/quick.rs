//! Most answers without a call: two users of a domain that has nothing but labels. Calls cost even where they are not made, because
//! what lives on behind them has to be kept. So what is rare here is `None`, and the whole evaluation (check.rs) answers from the
//! start. It must never say anything else: both decide by [`deciding`], and tests compare them.
#![forbid(unsafe_code)]

use super::check::deciding;
use super::domain::DomainView;
use super::groups::{self, Meeting};
use super::pairs::Bucket;
use crate::id::Party;
use crate::image::format::Header;
use crate::image::format::image::{Image, ReadMode, Rows};
use crate::image::format::record::{RECORD_WORDS, Record};
use crate::right::RightSet;

/// The records of an image.
pub(super) type Records<'a, M> = Rows<'a, RECORD_WORDS, M>;

/// A bucket, and what tells the pair from others there.
#[derive(Clone, Copy)]
pub(super) struct PairBucket<'a, M> {
    pub bucket: Bucket<'a, M>,
    pub rest: u32,
}

impl<'a, M: ReadMode> Image<'a, M> {
    /// What [`Image::rights`] says; `None` says nothing.
    #[inline(always)]
    pub fn quick_rights(&self, actor: Party, target: Party) -> Option<RightSet> {
        // Where no domain has labels alone, the rest need not be tried.
        let (_, is_quick) = self.header(Header::Names);
        if is_quick == 0 {
            return None;
        }
        let records = self.records()?;
        let actor_record = record(records, actor)?;
        let domain = self.known_domain(actor_record.domain())?;
        if !has_labels_alone(&domain) {
            return None;
        }
        let target_record = record(records, target)?;
        if !actor_record.are_users_together(&target_record) || actor == target {
            return None;
        }
        let home = self.params().home(actor, target);
        let pair_bucket = PairBucket { bucket: self.pair_buckets()?.get(home.bucket)?, rest: home.rest };
        self.quick_rights_of_users(&domain, (actor, &actor_record), (target, &target_record), pair_bucket)
    }

    /// Where the records are.
    #[inline(always)]
    pub(super) fn records(&self) -> Option<Records<'a, M>> {
        let (offset, parties) = self.header(Header::Records);
        self.rows(offset, parties)
    }

    /// The same as [`Image::quick_rights`] for two different users of a domain in which labels decide alone.
    #[inline(always)]
    pub(super) fn quick_rights_of_users(
        &self,
        domain: &DomainView<'_, M>,
        (actor, actor_record): (Party, &Record),
        (target, target_record): (Party, &Record),
        PairBucket { bucket, rest }: PairBucket<'_, M>,
    ) -> Option<RightSet> {
        let own = self.own_label(bucket, rest, (actor, target))?;
        // An own setting decides alone, so groups are then of no interest.
        let shared = if own == 0 { shared_label(domain, actor_record, target_record)? } else { 0 };
        domain.known_between(deciding(actor_record, target_record, own, shared, (None, 0), &mut ()))
    }
}

/// A party's record, if it has one.
#[inline(always)]
pub(super) fn record<M: ReadMode>(records: Records<'_, M>, party: Party) -> Option<Record> {
    records.get(party.0).map(Record::read)
}

/// Whether labels decide alone in a domain, and its first outcomes are the labels.
#[inline(always)]
pub(super) fn has_labels_alone<M: ReadMode>(domain: &DomainView<'_, M>) -> bool {
    domain.flags().has_labels_alone()
}

/// The best label of the groups that hold both, 0 for none.
#[inline(always)]
fn shared_label<M: ReadMode>(domain: &DomainView<'_, M>, actor: &Record, target: &Record) -> Option<u8> {
    let mut lanes = match groups::meeting_at_once(actor, target)? {
        Meeting::Nowhere => return Some(0),
        Meeting::Keys(lanes) => lanes,
        Meeting::Lists => return None,
    };
    let mut best = 0;
    while lanes != 0 {
        if let Some(key) = groups::shared_key(actor, target, lanes.trailing_zeros()) {
            best = best.max(domain.plain_label(key)?);
        }
        lanes &= lanes - 1;
    }
    Some(best)
}
