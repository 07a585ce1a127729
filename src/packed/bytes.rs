//! Values as bytes and back: numbers in as few bytes as they need, texts and lists after their lengths. Reading must never panic, never
//! go past the end, and never take memory for more elements than there are bytes.
#![forbid(unsafe_code)]

use crate::system::Choice;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Something that can be written as bytes and read back.
pub(super) trait Packed: Sized {
    /// Appends it.
    fn pack(&self, out: &mut Vec<u8>);

    /// Reads one; `None` where the bytes are not one.
    fn unpack(from: &mut Bytes<'_>) -> Option<Self>;
}

/// Bytes that are read from their beginning.
#[derive(Debug)]
pub(super) struct Bytes<'b>(&'b [u8]);

/// So many elements of a list get memory before they are read.
const AT_ONCE: usize = 1 << 12;

impl<'b> Bytes<'b> {
    pub fn new(bytes: &'b [u8]) -> Bytes<'b> {
        Bytes(bytes)
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.0.len()
    }

    pub fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    #[inline]
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number of at most 64 bits.
    #[inline]
    pub fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        if first < 0x80 {
            return Some(u64::from(first));
        }
        let (mut number, mut shift) = (u64::from(first & 0x7f), 7);
        loop {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            // Ten groups of seven bits have room for six more than there are.
            if shift >= 64 || part << shift >> shift != part {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    /// How many elements follow: each has a byte at least.
    pub fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.left())
    }

    pub fn text(&mut self) -> Option<&'b str> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

/// Appends a number.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a text.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Appends a list.
pub(super) fn list<'p, T: Packed + 'p>(out: &mut Vec<u8>, count: usize, elements: impl Iterator<Item = &'p T>) {
    number(out, count as u64);
    elements.for_each(|element| element.pack(out));
}

/// Reads a structure field by field, and writes it so. A field that is missing in the list does not compile.
macro_rules! packed {
    ($($type:ty { $($field:ident),+ $(,)? })+) => {$(
        impl Packed for $type {
            fn pack(&self, out: &mut Vec<u8>) {
                let Self { $($field),+ } = self;
                $($field.pack(out);)+
            }

            fn unpack(from: &mut Bytes<'_>) -> Option<Self> {
                $(let $field = Packed::unpack(from)?;)+
                Some(Self { $($field),+ })
            }
        }
    )+};
}
pub(super) use packed;

impl<T: Choice> Packed for T {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(self.number());
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<T> {
        let byte = from.byte()?;
        T::ALL.iter().copied().find(|value| value.number() == byte)
    }
}

impl Packed for bool {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<bool> {
        match from.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

macro_rules! packed_numbers {
    ($($type:ty),+) => {$(
        impl Packed for $type {
            fn pack(&self, out: &mut Vec<u8>) {
                number(out, u64::from(*self));
            }

            fn unpack(from: &mut Bytes<'_>) -> Option<$type> {
                from.number()?.try_into().ok()
            }
        }
    )+};
}
packed_numbers!(u16, u32, u64);

impl Packed for i64 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<i64> {
        Some(i64::from_le_bytes(*from.take(8)?.first_chunk()?))
    }
}

impl Packed for u128 {
    fn pack(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<u128> {
        Some(u128::from_le_bytes(*from.take(16)?.first_chunk()?))
    }
}

macro_rules! packed_texts {
    ($($type:ty),+) => {$(
        impl Packed for $type {
            fn pack(&self, out: &mut Vec<u8>) {
                text(out, self);
            }

            fn unpack(from: &mut Bytes<'_>) -> Option<$type> {
                from.text().map(<$type>::from)
            }
        }
    )+};
}
packed_texts!(String, Box<str>, Arc<str>);

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        self.is_some().pack(out);
        self.iter().for_each(|value| value.pack(out));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Option<T>> {
        match bool::unpack(from)? {
            true => T::unpack(from).map(Some),
            false => Some(None),
        }
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        list(out, self.len(), self.iter());
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Vec<T>> {
        let count = from.count()?;
        let mut elements = Vec::with_capacity(count.min(AT_ONCE));
        for _ in 0..count {
            elements.push(T::unpack(from)?);
        }
        Some(elements)
    }
}

impl<T: Packed + Ord> Packed for BTreeSet<T> {
    fn pack(&self, out: &mut Vec<u8>) {
        list(out, self.len(), self.iter());
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<BTreeSet<T>> {
        let elements = Vec::unpack(from)?;
        elements.is_sorted_by(|one, next| one < next).then(|| elements.into_iter().collect())
    }
}

impl<K: Packed + Ord, V: Packed> Packed for BTreeMap<K, V> {
    fn pack(&self, out: &mut Vec<u8>) {
        number(out, self.len() as u64);
        for (key, value) in self {
            key.pack(out);
            value.pack(out);
        }
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<BTreeMap<K, V>> {
        let entries: Vec<(K, V)> = Vec::unpack(from)?;
        entries.is_sorted_by(|one, next| one.0 < next.0).then(|| entries.into_iter().collect())
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<(A, B)> {
        Some((A::unpack(from)?, B::unpack(from)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back<T: Packed + PartialEq + std::fmt::Debug>(value: T) {
        let mut out = Vec::new();
        value.pack(&mut out);
        let mut bytes = Bytes::new(&out);
        assert_eq!(T::unpack(&mut bytes), Some(value));
        assert_eq!(bytes.left(), 0);
        (0..out.len()).for_each(|end| assert!(T::unpack(&mut Bytes::new(&out[..end])).is_none(), "{end}"));
    }

    #[test]
    fn values_come_back_and_their_beginnings_do_not() {
        for shift in 0..64 {
            [0, 1].into_iter().for_each(|less| there_and_back((1u64 << shift) - less));
        }
        there_and_back(u64::MAX);
        there_and_back(i64::MIN);
        there_and_back(u128::MAX - 1);
        there_and_back(vec![Some("ä".to_owned()), None, Some(String::new())]);
        there_and_back(BTreeMap::from([(1u32, true), (70_000, false)]));
        there_and_back(BTreeSet::from([(1u16, 2u16), (1, 3)]));
    }

    #[test]
    fn what_was_never_written_is_refused() {
        let of = |bytes: &[u8]| Bytes::new(bytes).number();
        assert_eq!(of(&[0xff; 9]), None);
        assert_eq!(of(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), None, "more than 64 bits");
        assert_eq!(of(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Some(u64::MAX));
        assert_eq!(of(&[0x80; 40]), None);
        assert_eq!(bool::unpack(&mut Bytes::new(&[2])), None);
        assert_eq!(u16::unpack(&mut Bytes::new(&[0xff, 0xff, 4])), None);
        assert_eq!(String::unpack(&mut Bytes::new(&[1, 0xff])), None, "not UTF-8");
        assert_eq!(Vec::<bool>::unpack(&mut Bytes::new(&[0xff, 0xff, 0xff, 0xff, 7, 1])), None, "more than is there");
        assert_eq!(BTreeSet::<u16>::unpack(&mut Bytes::new(&[2, 5, 5])), None);
        assert_eq!(BTreeMap::<u16, bool>::unpack(&mut Bytes::new(&[2, 6, 0, 5, 0])), None);
    }
}
