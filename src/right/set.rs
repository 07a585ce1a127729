//! Sets of rights: one bit for each single right, and no others.
#![forbid(unsafe_code)]

use super::Right;

/// A set of rights. Bit `n` is the single right number `n`; the other bits are never set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RightSet(pub(super) u128);

impl RightSet {
    /// No right.
    pub const EMPTY: RightSet = RightSet(0);

    /// The set of those bits; bits that stand for no right are dropped.
    pub const fn from_bits(bits: u128) -> RightSet {
        RightSet(bits & (((1 << Right::COUNT) - 1) << 1))
    }

    /// The set of those bits, of which each is known to stand for a right: they come from another set.
    #[inline]
    pub(crate) const fn from_known_bits(bits: u128) -> RightSet {
        RightSet(bits)
    }

    /// The bits.
    #[inline]
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The names that say the set in the fewest words, sorted: a bare name where all three lines are held.
    pub fn shortest(mut self) -> Vec<&'static str> {
        let mut names = Vec::new();
        let bare = |right: &Right| right.mask() != right.on_line(1).mask();
        for right in Right::names().filter_map(Right::parse).filter(bare) {
            if self.has(right) {
                names.push(right.name());
                self = self.without(right.mask());
            }
        }
        names.extend(self.names());
        names.sort_unstable();
        names
    }

    /// The names of which the set has every right: those that may be written where the set says what is offered.
    pub(crate) fn offered_names(self) -> Vec<&'static str> {
        Right::names().filter(|name| Right::parse(name).is_some_and(|right| self.contains(right.mask()))).collect()
    }

    /// The set of these rights.
    #[allow(clippy::indexing_slicing, reason = "const functions have no iterators; the bound is checked in the loop")]
    pub const fn of(rights: &[Right]) -> RightSet {
        let mut set = 0;
        let mut index = 0;
        while index < rights.len() {
            set |= rights[index].mask().0;
            index += 1;
        }
        RightSet(set)
    }

    /// Whether `right` is held; a bare name is held if it is held on all three lines. Right 0 is never held.
    #[inline]
    pub fn has(self, right: Right) -> bool {
        self.has_number(right.number())
    }

    /// The same by the right's number; what is no right's number is never held.
    #[inline]
    pub fn has_number(self, number: u32) -> bool {
        // Most questions are about a single right of the low word: its bit is the answer, without a look into the table.
        match number {
            0..u64::BITS => self.0 as u64 >> number & 1 != 0,
            _ => Right::from_number(number).is_some_and(|right| self.contains(right.mask())),
        }
    }

    /// Whether all of `other` is in this set.
    #[inline]
    pub const fn contains(self, other: RightSet) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// This set without `other`.
    #[must_use]
    pub const fn without(self, other: RightSet) -> RightSet {
        RightSet(self.0 & !other.0)
    }

    /// The single rights in this set, by number.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::all().filter(move |right| self.has(*right))
    }

    /// The names in this set, sorted by bytes.
    pub fn names(self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.iter().map(Right::name).collect();
        names.sort_unstable();
        names
    }
}

impl std::ops::BitOr for RightSet {
    type Output = RightSet;
    #[inline]
    fn bitor(self, other: RightSet) -> RightSet {
        RightSet(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for RightSet {
    #[inline]
    fn bitor_assign(&mut self, other: RightSet) {
        self.0 |= other.0;
    }
}

impl std::ops::BitAnd for RightSet {
    type Output = RightSet;
    #[inline]
    fn bitand(self, other: RightSet) -> RightSet {
        RightSet(self.0 & other.0)
    }
}
