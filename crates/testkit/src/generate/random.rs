//! A small random number generator (splitmix64), so that a seed gives the same company on every platform and in every
//! release. It must never use floating point, the clock or the order of a hash map.
#![forbid(unsafe_code)]

/// What a row of random numbers is for: each purpose has rows of its own, so that one more draw here changes nothing
/// there.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(super) enum Purpose {
    Names = 1,
    Sites,
    Departments,
    Teams,
    Flags,
    Lines,
    Contacts,
    Settings,
    Grants,
    Groups,
    Subscriptions,
    Places,
    Rules,
}

/// A row of random numbers.
pub(super) struct Random(u64);

impl Random {
    /// The row for the thing number `index` of that purpose.
    pub fn new(seed: u64, purpose: Purpose, index: u64) -> Random {
        let start = mix(seed ^ mix((purpose as u64) << 56 | index));
        Random(start)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number from 0 to `end` without `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u32) -> u32 {
        (((self.next() >> 32) * u64::from(end)) >> 32) as u32
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in that many of a thousand cases.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// One of a table's values, each in so many of a thousand cases, and `otherwise` in all other cases.
    pub fn choose<T: Copy>(&mut self, otherwise: T, table: &[(u32, T)]) -> T {
        let mut at = self.below(1000);
        for (per_mille, value) in table {
            if at < *per_mille {
                return *value;
            }
            at -= per_mille;
        }
        otherwise
    }

    /// A number between two neighbours of an ascending table, every gap as likely as another: a table whose gaps widen
    /// makes small numbers frequent and large ones rare.
    pub fn along(&mut self, table: &[u32]) -> u32 {
        let gap = self.below(table.len().saturating_sub(1) as u32) as usize;
        match (table.get(gap), table.get(gap + 1)) {
            (Some(low), Some(high)) => self.between(*low, *high),
            _ => 0,
        }
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_forever() {
        let mut random = Random::new(1, Purpose::Names, 0);
        let drawn: Vec<u32> = (0..4).map(|_| random.below(1_000_000)).collect();
        assert_eq!(drawn, [584_087, 729_863, 641_260, 139_429]);
    }

    #[test]
    fn numbers_stay_in_their_bounds() {
        let mut random = Random::new(7, Purpose::Teams, 3);
        assert_eq!(random.below(0), 0);
        assert!((0..1000).all(|_| (3..=5).contains(&random.between(3, 5))));
        assert!((0..1000).all(|_| (10..=90).contains(&random.along(&[10, 20, 90]))));
        assert!((0..1000).all(|_| random.choose('c', &[(500, 'a'), (500, 'b')]) != 'c'));
    }
}
