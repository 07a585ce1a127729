//! Where a dialled number leads: internal, local, national, mobile, international, premium, emergency or blocked. It knows no right and
//! no product. It must never take a number that it cannot place for a cheap one: such a number has no class and is refused.
#![forbid(unsafe_code)]

mod build;
mod number;
mod plan;
#[cfg(test)]
mod tests;

use number::{Digits, E164_DIGITS, read};

/// The kind of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// An extension of the domain.
    Internal = 0,
    /// The own area.
    Local = 1,
    /// The own country, where no other class holds.
    National = 2,
    /// Mobile numbers of the own country.
    Mobile = 3,
    /// Another country.
    International = 4,
    /// What costs more than a call: premium rate and shared cost, satellites, personal numbers, directories, carrier selection.
    Premium = 5,
    /// An emergency number: never a forwarding's target, and a call to it is never asked about.
    Emergency = 6,
    /// Forbidden by the document, for all.
    Blocked = 7,
}

impl Class {
    /// The classes that rights and documents name.
    pub const NAMED: [Class; 6] =
        [Class::Internal, Class::Local, Class::National, Class::Mobile, Class::International, Class::Premium];

    const ALL: [Class; 8] = [
        Class::Internal,
        Class::Local,
        Class::National,
        Class::Mobile,
        Class::International,
        Class::Premium,
        Class::Emergency,
        Class::Blocked,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Class::Internal => "internal",
            Class::Local => "local",
            Class::National => "national",
            Class::Mobile => "mobile",
            Class::International => "international",
            Class::Premium => "premium",
            Class::Emergency => "emergency",
            Class::Blocked => "blocked",
        }
    }
}

/// Several of the classes that rights name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClassSet(u8);

impl ClassSet {
    /// Whether the class is one of them. Emergency and blocked never are.
    pub fn has(self, class: Class) -> bool {
        self.0 >> class as u8 & 1 == 1
    }

    /// The classes, in their order.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        Class::NAMED.into_iter().filter(move |class| self.has(*class))
    }
}

impl FromIterator<Class> for ClassSet {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> ClassSet {
        let named = classes.into_iter().filter(|class| Class::NAMED.contains(class));
        ClassSet(named.fold(0, |set, class| set | 1 << class as u8))
    }
}

/// What a document says under `[destinations]`, as plain values; [`Settings::build`] checks them. Empty texts and lists say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// A country of the library's data, as in `DE`, or any country's code, as in `+420`.
    pub country: String,
    /// The digits that get an outside line, as in `0`.
    pub trunk_prefix: String,
    /// What stands before national numbers, instead of what is usual in the country.
    pub national_prefix: Option<String>,
    /// What stands before country codes, instead of what is usual in the country.
    pub international_prefix: Option<String>,
    /// The own area code, without the national prefix.
    pub area: String,
    /// What the domain's own numbers begin with, extensions following: `+49301234` or `0301234`.
    pub blocks: Vec<String>,
    /// Further prefixes by the name of their class.
    pub prefixes: Vec<(String, Vec<String>)>,
    /// Prefixes that are forbidden.
    pub blocked: Vec<String>,
    /// Emergency numbers beside the country's.
    pub emergency: Vec<String>,
    /// Names of the classes that all may forward to who may forward at all.
    pub forwarding: Option<Vec<String>>,
    /// Names of the classes that all users may call.
    pub calls: Option<Vec<String>>,
}

/// What is wrong in [`Settings`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key, as in `blocked` or `prefixes.premium`.
    pub key: String,
    /// Which entry, where the key has a list; else 0.
    pub entry: usize,
    /// What was found and what was expected.
    pub message: String,
}

/// The destinations of a domain. Asking takes no lock and no memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinations {
    settings: Settings,
    /// The own country code.
    code: String,
    /// The own area code, without the national prefix.
    area: String,
    national_prefix: String,
    international_prefix: String,
    whole: Option<(usize, usize)>,
    closed: bool,
    emergency: Vec<String>,
    /// What own numbers begin with, with the country code.
    blocks: Vec<String>,
    /// Prefixes of numbers with their country code.
    numbers: Prefixes,
    /// Prefixes of what is dialled as it stands.
    short: Prefixes,
    forwarding: ClassSet,
    calls: ClassSet,
}

/// Where a text leads: two texts with the same place call the same telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Extension(Digits),
    Emergency(Digits),
    /// Dialled as it stands.
    Short(Digits),
    /// With the country code.
    Number(Digits),
}

impl Destinations {
    /// What it was built from.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The classes that a forwarding may lead to wherever one may be set.
    pub fn forwarding(&self) -> ClassSet {
        self.forwarding
    }

    /// The classes that every user may call.
    pub fn calls(&self) -> ClassSet {
        self.calls
    }

    /// The class of a number as dialled or written; `None` for what is no number or cannot be placed, which must be refused.
    /// `is_extension` says whether digits are an extension of the domain.
    ///
    /// An extension that is also an emergency number counts as the latter.
    pub fn classify(&self, text: &str, is_extension: impl Fn(&str) -> bool) -> Option<Class> {
        match self.place(text, is_extension)? {
            Place::Extension(_) => Some(Class::Internal),
            Place::Emergency(_) => Some(Class::Emergency),
            Place::Short(digits) => self.short.longest(digits.text()),
            Place::Number(digits) => self.numbers.longest(digits.text()),
        }
    }

    /// Whether both texts call the same telephone; no if either is no number or cannot be placed.
    pub fn same_number(&self, a: &str, b: &str, is_extension: impl Fn(&str) -> bool) -> bool {
        let (a, b) = (self.place(a, &is_extension), self.place(b, &is_extension));
        a.is_some() && a == b
    }

    /// The number with its country code, as in `+49301234567`; `None` for extensions, short numbers and what cannot be placed.
    pub fn e164(&self, text: &str, is_extension: impl Fn(&str) -> bool) -> Option<String> {
        match self.place(text, is_extension)? {
            Place::Number(digits) => Some(format!("+{}", digits.text())),
            _ => None,
        }
    }

    fn place(&self, text: &str, is_extension: impl Fn(&str) -> bool) -> Option<Place> {
        let written = read(text)?;
        let all = written.digits.text();
        if written.plus {
            let digits = written.without_zero.unwrap_or(written.digits);
            return self.number(digits.text(), "", &is_extension);
        }
        if let Some(emergency) = self.as_emergency(all) {
            return Some(Place::Emergency(emergency));
        }
        if is_extension(all) {
            return Some(Place::Extension(written.digits));
        }
        // Behind other sites' prefixes there is no outside line.
        if self.short.longest(all) == Some(Class::Internal) {
            return Some(Place::Short(written.digits));
        }
        let outside = all.strip_prefix(self.settings.trunk_prefix.as_str())?;
        if let Some(emergency) = self.as_emergency(outside) {
            return Some(Place::Emergency(emergency));
        }
        let international = self.international_prefix.as_str();
        if !international.is_empty() && outside.starts_with(international) {
            let all = written.without_zero.as_ref().map_or(all, Digits::text);
            let abroad = all.strip_prefix(self.settings.trunk_prefix.as_str())?.strip_prefix(international)?;
            return self.number(abroad, "", &is_extension);
        }
        let national = self.national_prefix.as_str();
        let (rest, prefixed) = match outside.strip_prefix(national) {
            Some(rest) if !national.is_empty() => (rest, true),
            _ => (outside, false),
        };
        let whole = self.whole.is_some_and(|(least, most)| (least..=most).contains(&rest.len()));
        if prefixed || whole {
            return self.number(&self.code, rest, &is_extension);
        }
        if self.short.longest(outside).is_some() {
            return Some(Place::Short(Digits::joined(&[outside])?));
        }
        // A subscriber of the own area, where those are dialled so.
        if self.closed || self.area.is_empty() || outside.is_empty() {
            return None;
        }
        let area = Digits::joined(&[&self.code, &self.area])?;
        self.number(area.text(), outside, &is_extension)
    }

    /// The digits, if they are an emergency number.
    fn as_emergency(&self, digits: &str) -> Option<Digits> {
        let known = self.emergency.iter().any(|number| number == digits);
        known.then(|| Digits::joined(&[digits])).flatten()
    }

    /// A number with its country code, in two parts.
    fn number(&self, head: &str, tail: &str, is_extension: impl Fn(&str) -> bool) -> Option<Place> {
        let digits = Digits::joined(&[head, tail])?;
        let text = digits.text();
        if let Some(emergency) = text.strip_prefix(self.code.as_str()).and_then(|rest| self.as_emergency(rest)) {
            return Some(Place::Emergency(emergency));
        }
        if !(LEAST_DIGITS..=E164_DIGITS).contains(&text.len()) {
            return None;
        }
        let own = self.blocks.iter().filter_map(|block| text.strip_prefix(block.as_str()));
        let own = own.filter(|rest| !rest.is_empty() && is_extension(rest)).min_by_key(|rest| rest.len());
        match own {
            Some(extension) => Some(Place::Extension(Digits::joined(&[extension])?)),
            None => Some(Place::Number(digits)),
        }
    }
}

/// The least digits of a number with its country code: Niue has 3 and 4.
const LEAST_DIGITS: usize = 7;

/// Classes by the beginning of digits: sorted, each prefix once, packed as its [`key`] and the class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Prefixes(Vec<u64>);

const CLASS_BITS: u32 = 3;

impl Prefixes {
    /// The class of the longest prefix that the digits begin with.
    fn longest(&self, digits: &str) -> Option<Class> {
        let mut found = None;
        for length in 1..=digits.len().min(E164_DIGITS) {
            let key = key(digits.get(..length)?);
            let at = self.0.partition_point(|packed| packed >> CLASS_BITS < key);
            if let Some(packed) = self.0.get(at).filter(|packed| *packed >> CLASS_BITS == key) {
                found = Class::ALL.get((packed & ((1 << CLASS_BITS) - 1)) as usize).copied();
            }
        }
        found
    }

    /// Of two classes of one prefix the later counts.
    fn collect<'p>(entries: impl IntoIterator<Item = (&'p str, Class)>) -> Prefixes {
        let sorted: std::collections::BTreeMap<u64, Class> =
            entries.into_iter().map(|(prefix, class)| (key(prefix), class)).collect();
        Prefixes(sorted.into_iter().map(|(key, class)| key << CLASS_BITS | class as u64).collect())
    }
}

/// At most [`E164_DIGITS`] digits as a number, with a 1 before them, so that leading zeros count.
fn key(digits: &str) -> u64 {
    digits.bytes().fold(1, |key, byte| key * 10 + u64::from(byte.wrapping_sub(b'0') % 10))
}
