//! One party and many others, as for a panel of lamps: what concerns the one is read once.
#![forbid(unsafe_code)]

use crate::id::Party;
use crate::image::format::image::{Image, ReadMode};
use crate::image::format::pairs::Home;
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

impl<M: ReadMode> Image<'_, M> {
    /// Calls `each` with the rights of one party and each of the others, in their order. What concerns the one is read once, and the
    /// memory of the pairs to come is asked for ahead: the waits overlap.
    #[inline(always)]
    pub fn rights_of_many(&self, one: One, others: &[Party], mut each: impl FnMut(RightSet)) {
        let pair = |other| match one {
            One::Actor(actor) => (actor, other),
            One::Target(target) => (other, target),
        };
        let (One::Actor(party) | One::Target(party)) = one;
        let record = self.record(party);
        let domain = self.domain(record.domain());
        let params = self.params();
        let mut homes = [Home { bucket: 0, rest: 0 }; AHEAD];
        for (other, home) in others.iter().zip(&mut homes) {
            *home = self.prefetch(params, pair(*other), *other);
        }
        let mut coming = others.iter().skip(AHEAD);
        for (other, place) in others.iter().zip((0..AHEAD).cycle()) {
            let (actor, target) = pair(*other);
            let Some(slot) = homes.get_mut(place) else { return };
            let home = *slot;
            if let Some(next) = coming.next() {
                *slot = self.prefetch(params, pair(*next), *next);
            }
            let entry = self.pair_at(home, actor, target);
            let other_record = self.record(*other);
            let (actor_record, target_record) = match one {
                One::Actor(_) => (record, other_record),
                One::Target(_) => (other_record, record),
            };
            each(if !record.are_users_together(&other_record) || actor == target {
                self.slow_path((actor, target), entry, None, &mut ())
            } else {
                self.of_users(&domain, (actor, &actor_record), (target, &target_record), (entry, None), &mut ())
            });
        }
    }
}
