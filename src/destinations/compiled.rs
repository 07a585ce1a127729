//! Destinations as words of an image, and where a number leads by them, without memory and without a lock. It must never take a number
//! whose class it does not know for a cheap one, not even by words that make no sense: by all words 0 no number has a class.
//!
//! ```text
//! marks       whether numbers of the own area are dialled whole (bit 0), the least and the most digits of national numbers that are
//!             dialled without their prefix (bits 8 and 16, 8 each)
//! texts       trunk prefix, national prefix, international prefix, country code, area code: one key each
//! counts      emergency numbers and own blocks; prefixes of numbers and of what is dialled as it stands (32 bits each)
//! lists       emergency numbers, own blocks: one key each; the prefixes: sorted, key and class
//! ```
//!
//! A key is digits as a number, with a 1 before them, so that leading zeros count.
#![forbid(unsafe_code)]

use super::number::{Digits, E164_DIGITS, Written, read};
use super::{Class, Lead};
use std::collections::BTreeMap;

/// The least digits of a number with its country code: Niue has 3 and 4.
const LEAST_DIGITS: usize = 7;
const CLASS_BITS: u32 = 3;
/// Words before the lists.
const HEAD: usize = 8;
const CLOSED: u64 = 1;
const LEAST_SHIFT: u32 = 8;
const MOST_SHIFT: u32 = 16;
const AREA_SHIFT: u32 = 24;

/// Stands before prefixes that hold behind every area code of the own country: no country code begins so.
pub(super) const BEHIND_AREA: &str = "0";

/// What the words are written from. The texts are digits.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    pub trunk_prefix: &'a str,
    pub national_prefix: &'a str,
    pub international_prefix: &'a str,
    /// The own country code.
    pub code: &'a str,
    /// The own area code, without the national prefix.
    pub area: &'a str,
    /// The least and most digits of national numbers that are dialled without the national prefix.
    pub whole: Option<(usize, usize)>,
    /// Whether numbers of the own area are dialled with national prefix and area code.
    pub closed: bool,
    /// How many digits an area code has where there are prefixes behind [`BEHIND_AREA`], else 0.
    pub area_digits: usize,
    pub emergency: &'a [String],
    /// What own numbers begin with, with the country code.
    pub blocks: &'a [String],
    /// Classes by the beginning of numbers with their country code; of two of one prefix the later counts.
    pub numbers: &'a [(String, Class)],
    /// The same by the beginning of what is dialled as it stands.
    pub short: &'a [(String, Class)],
}

/// The words of the parts.
pub(super) fn words(parts: &Parts<'_>) -> Vec<u64> {
    let (least, most) = parts.whole.unwrap_or((0, 0));
    let marks = u64::from(parts.closed) | (least as u64) << LEAST_SHIFT | (most as u64) << MOST_SHIFT;
    let marks = marks | (parts.area_digits as u64) << AREA_SHIFT;
    let texts =
        [parts.trunk_prefix, parts.national_prefix, parts.international_prefix, parts.code, parts.area].map(key);
    let (numbers, short) = (prefixes(parts.numbers), prefixes(parts.short));
    let count = |low: usize, high: usize| (high as u64) << 32 | low as u64;
    let counts = [count(parts.emergency.len(), parts.blocks.len()), count(numbers.len(), short.len())];
    let keys = parts.emergency.iter().chain(parts.blocks).map(|digits| key(digits));
    [marks].into_iter().chain(texts).chain(counts).chain(keys).chain(numbers).chain(short).collect()
}

fn prefixes(entries: &[(String, Class)]) -> Vec<u64> {
    // No number begins with a longer one.
    let fitting = entries.iter().filter(|(prefix, _)| prefix.len() <= E164_DIGITS);
    let sorted: BTreeMap<u64, Class> = fitting.map(|(prefix, class)| (key(prefix), *class)).collect();
    sorted.into_iter().map(|(key, class)| key << CLASS_BITS | class as u64).collect()
}

/// At most [`E164_DIGITS`] digits as a number.
fn key(digits: &str) -> u64 {
    digits.bytes().fold(1, |key, byte| key * 10 + u64::from(byte.wrapping_sub(b'0') % 10))
}

/// What a text reaches. Two texts with equal values call the same telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached<T> {
    Extension(T),
    Emergency(Digits),
    /// Dialled as it stands.
    Short(Digits),
    /// With the country code.
    Number(Digits),
}

/// A table of the words: where it begins, and how many rows it has.
#[derive(Clone, Copy)]
struct List {
    at: usize,
    count: usize,
}

/// The plan in words. `word` reads the word at an offset.
pub struct Plan<W> {
    word: W,
    emergency: List,
    blocks: List,
    numbers: List,
    short: List,
}

impl<W: Fn(usize) -> u64> Plan<W> {
    /// The plan in these words, `length` of them. Lists of words that are torn are not longer than all words.
    pub fn new(word: W, length: usize) -> Plan<W> {
        let mut at = HEAD;
        let mut list = |count: u64| {
            let list = List { at, count: (count as usize).min(length.saturating_sub(at)) };
            at += list.count;
            list
        };
        let [first, second] = [word(6), word(7)];
        let low = |word: u64| word & u64::from(u32::MAX);
        let (emergency, blocks) = (list(low(first)), list(first >> 32));
        let (numbers, short) = (list(low(second)), list(second >> 32));
        Plan { word, emergency, blocks, numbers, short }
    }

    /// Where a number as dialled or written leads; `None` for what is no number or cannot be placed, which must be refused. `find` finds
    /// the extensions of the domain. One of the same digits as an emergency number counts as the latter.
    pub fn lead<T>(&self, text: &str, find: impl Fn(&str) -> Option<T>) -> Option<Lead<T>> {
        let class = match self.reached(text, &find) {
            Some(Reached::Extension(extension)) => {
                return Some(Lead { class: Class::Internal, extension: Some(extension) });
            }
            Some(Reached::Emergency(_)) => return Some(Lead::to(Class::Emergency)),
            Some(Reached::Short(digits)) => self.longest(self.short, digits.text()),
            Some(Reached::Number(digits)) => self.class(digits.text()),
            None => None,
        };
        // A document may write an extension otherwise than in digits.
        match find(text) {
            Some(extension) => Some(Lead { class: Class::Internal, extension: Some(extension) }),
            None => class.map(Lead::to),
        }
    }

    pub(super) fn reached<T>(&self, text: &str, find: &impl Fn(&str) -> Option<T>) -> Option<Reached<T>> {
        let written = read(text)?;
        let reached = self.reached_of(&written, find)?;
        match written.behind {
            Some(behind) => self.reached_behind(behind, reached, find),
            None => Some(reached),
        }
    }

    /// Where an extension behind a number leads that is written apart from it. Behind a number of the own it is an extension of the
    /// domain, or cannot be placed.
    fn reached_behind<T>(
        &self,
        behind: Digits,
        reached: Reached<T>,
        find: &impl Fn(&str) -> Option<T>,
    ) -> Option<Reached<T>> {
        let digits = match reached {
            Reached::Number(digits) => digits,
            // It must never keep a call from help.
            Reached::Emergency(digits) => return Some(Reached::Emergency(digits)),
            Reached::Extension(_) | Reached::Short(_) => return None,
        };
        let mut blocks = (self.blocks.at..self.blocks.at + self.blocks.count).map(|at| self.digits(at)).peekable();
        let (number, extension) = (digits.text(), find(behind.text()));
        if blocks.peek().is_none() {
            // Nothing says which numbers are the own.
            return extension.is_none().then_some(Reached::Number(digits));
        }
        let mut own = false;
        for block in blocks {
            if block.text() == number {
                return extension.map(Reached::Extension);
            }
            own |= number.starts_with(block.text()) || block.text().starts_with(number);
        }
        (!own).then_some(Reached::Number(digits))
    }

    fn reached_of<T>(&self, written: &Written, find: &impl Fn(&str) -> Option<T>) -> Option<Reached<T>> {
        let all = written.digits.text();
        if written.plus {
            let digits = written.without_zero.unwrap_or(written.digits);
            return self.number(digits.text(), "", find);
        }
        if let Some(emergency) = self.as_emergency(all) {
            return Some(Reached::Emergency(emergency));
        }
        if let Some(extension) = find(all) {
            return Some(Reached::Extension(extension));
        }
        // Behind other sites' prefixes there is no outside line.
        if self.longest(self.short, all) == Some(Class::Internal) {
            return Some(Reached::Short(written.digits));
        }
        let [trunk, national, international] = [1, 2, 3].map(|at| self.digits(at));
        let outside = all.strip_prefix(trunk.text())?;
        if let Some(emergency) = self.as_emergency(outside) {
            return Some(Reached::Emergency(emergency));
        }
        if !international.text().is_empty() && outside.starts_with(international.text()) {
            let all = written.without_zero.as_ref().map_or(all, Digits::text);
            let abroad = all.strip_prefix(trunk.text())?.strip_prefix(international.text())?;
            return self.number(abroad, "", find);
        }
        let (code, area) = (self.digits(4), self.digits(5));
        let (rest, prefixed) = match outside.strip_prefix(national.text()) {
            Some(rest) if !national.text().is_empty() => (rest, true),
            _ => (outside, false),
        };
        let marks = (self.word)(0);
        let [least, most] = [LEAST_SHIFT, MOST_SHIFT].map(|shift| usize::from((marks >> shift) as u8));
        let whole = most > 0 && (least..=most).contains(&rest.len());
        if prefixed || whole {
            return self.number(code.text(), rest, find);
        }
        if self.longest(self.short, outside).is_some() {
            return Some(Reached::Short(Digits::joined(&[outside])?));
        }
        // A subscriber of the own area, where those are dialled so.
        if marks & CLOSED != 0 || area.text().is_empty() || outside.is_empty() {
            return None;
        }
        let area = Digits::joined(&[code.text(), area.text()])?;
        self.number(area.text(), outside, find)
    }

    /// The digits, if they are an emergency number.
    fn as_emergency(&self, digits: &str) -> Option<Digits> {
        let List { at, count } = self.emergency;
        let wanted = Some(digits).filter(|digits| digits.len() <= E164_DIGITS).map(key)?;
        let known = (at..at + count).any(|at| (self.word)(at) == wanted);
        known.then(|| Digits::joined(&[digits])).flatten()
    }

    /// A number with its country code, in two parts.
    fn number<T>(&self, head: &str, tail: &str, find: &impl Fn(&str) -> Option<T>) -> Option<Reached<T>> {
        let digits = Digits::joined(&[head, tail])?;
        let (text, code) = (digits.text(), self.digits(4));
        if let Some(emergency) = text.strip_prefix(code.text()).and_then(|rest| self.as_emergency(rest)) {
            return Some(Reached::Emergency(emergency));
        }
        if !(LEAST_DIGITS..=E164_DIGITS).contains(&text.len()) {
            return None;
        }
        let mut own: Option<(usize, T)> = None;
        for at in self.blocks.at..self.blocks.at + self.blocks.count {
            let block = self.digits(at);
            // A word that is no block must not make every number one of the own.
            let rest = text.strip_prefix(block.text()).filter(|rest| !rest.is_empty() && !block.text().is_empty());
            if let Some(rest) = rest.filter(|rest| own.as_ref().is_none_or(|(length, _)| rest.len() < *length))
                && let Some(extension) = find(rest)
            {
                own = Some((rest.len(), extension));
            }
        }
        // An extension may be written as a number of the whole world.
        match own.map(|(_, extension)| extension).or_else(|| find(digits.with_plus().as_str())) {
            Some(extension) => Some(Reached::Extension(extension)),
            None => Some(Reached::Number(digits)),
        }
    }

    /// The class of a number with its country code.
    fn class(&self, number: &str) -> Option<Class> {
        let (class, length) = self.longest_of(self.numbers, number)?;
        let (code, area) = (self.digits(4), usize::from(((self.word)(0) >> AREA_SHIFT) as u8));
        // What is known of numbers of that area goes before what holds behind all areas.
        if area == 0 || length > code.text().len() + area || matches!(class, Class::Blocked | Class::Premium) {
            return Some(class);
        }
        let rest = number.strip_prefix(code.text()).and_then(|national| national.get(area..));
        let behind = rest.and_then(|rest| Digits::joined(&[BEHIND_AREA, rest]));
        Some(behind.and_then(|behind| self.longest(self.numbers, behind.text())).unwrap_or(class))
    }

    /// The class of the longest prefix of a list that the digits begin with.
    fn longest(&self, list: List, digits: &str) -> Option<Class> {
        self.longest_of(list, digits).map(|(class, _)| class)
    }

    /// The same, and how long the prefix is.
    fn longest_of(&self, list: List, digits: &str) -> Option<(Class, usize)> {
        let mut found = None;
        for length in 1..=digits.len().min(E164_DIGITS) {
            let key = key(digits.get(..length)?);
            let (mut low, mut high) = (list.at, list.at + list.count);
            while low < high {
                let middle = low + (high - low) / 2;
                if (self.word)(middle) >> CLASS_BITS < key {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            let packed = Some(low).filter(|at| *at < list.at + list.count).map(|at| (self.word)(at));
            if let Some(packed) = packed.filter(|packed| packed >> CLASS_BITS == key) {
                let class = Class::ALL.get((packed & ((1 << CLASS_BITS) - 1)) as usize).copied();
                found = class.map(|class| (class, length));
            }
        }
        found
    }

    /// The digits of the key at an offset, perhaps none.
    fn digits(&self, at: usize) -> Digits {
        Digits::of_key((self.word)(at))
    }
}

#[cfg(test)]
pub(super) fn longest(entries: &[(String, Class)], digits: &str) -> Option<Class> {
    let words = words(&Parts { numbers: entries, ..Parts::default() });
    let plan = Plan::new(|at| words.get(at).copied().unwrap_or(0), words.len());
    plan.longest(plan.numbers, digits)
}
