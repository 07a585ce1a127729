//! Where a dialled number leads: internal, local, national, mobile, international, premium, emergency or blocked. It knows no right and
//! no product. It must never take a number that it cannot place for a cheap one: such a number has no class and is refused.
#![forbid(unsafe_code)]

mod build;
pub mod compiled;
mod number;
mod plan;
#[cfg(test)]
mod tests;
mod words;

pub use compiled::Plan;
use compiled::Reached;
use number::{Digits, read};

/// The kind of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
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
    /// See [`compiled`].
    words: Vec<u64>,
    forwarding: ClassSet,
    calls: ClassSet,
}

/// Where a number leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead<T> {
    /// Its class.
    pub class: Class,
    /// The extension of the domain that it calls.
    pub extension: Option<T>,
}

impl<T> Lead<T> {
    /// It leads to a class, and to no extension.
    fn to(class: Class) -> Lead<T> {
        Lead { class, extension: None }
    }
}

/// Emergency numbers where a domain has no destinations: those of every mobile network.
const EMERGENCY: [&str; 2] = ["112", "911"];

/// Where a number of a domain without destinations leads: to an extension, or to an emergency number. Of all others only the document
/// could tell.
pub fn lead_unplanned<T>(text: &str, find: impl Fn(&str) -> Option<T>) -> Option<Lead<T>> {
    let written = read(text);
    let plain = written.as_ref().filter(|written| !written.plus).map_or("", |written| written.digits.text());
    if EMERGENCY.contains(&plain) {
        return Some(Lead::to(Class::Emergency));
    }
    // Behind a number that may be the own, an extension may be one of ours.
    let behind = written.as_ref().and_then(|written| written.behind);
    let behind = || behind.and_then(|behind| find(behind.text()));
    let extension = find(text).or_else(|| find(plain).filter(|_| !plain.is_empty())).or_else(behind)?;
    Some(Lead { class: Class::Internal, extension: Some(extension) })
}

/// Whether a text can be a number at all.
pub fn is_number(text: &str) -> bool {
    read(text).is_some()
}

impl Destinations {
    /// What it was built from.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether it says which classes are open to all.
    pub fn gives_classes(&self) -> bool {
        self.settings.forwarding.is_some() || self.settings.calls.is_some()
    }

    /// The words of its plan, for [`Plan`].
    pub fn words(&self) -> &[u64] {
        &self.words
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
        self.plan().lead(text, |digits| is_extension(digits).then_some(())).map(|lead| lead.class)
    }

    /// Whether both texts call the same telephone; no if either is no number or cannot be placed.
    pub fn same_number(&self, a: &str, b: &str, is_extension: impl Fn(&str) -> bool) -> bool {
        let extension = |digits: &str| Digits::joined(&[digits]).filter(|_| is_extension(digits));
        let (a, b) = (self.plan().reached(a, &extension), self.plan().reached(b, &extension));
        a.is_some() && a == b
    }

    /// The number with its country code, as in `+49301234567`; `None` for extensions, short numbers and what cannot be placed.
    pub fn e164(&self, text: &str, is_extension: impl Fn(&str) -> bool) -> Option<String> {
        match self.plan().reached(text, &|digits: &str| is_extension(digits).then_some(()))? {
            Reached::Number(digits) => Some(format!("+{}", digits.text())),
            _ => None,
        }
    }

    fn plan(&self) -> Plan<impl Fn(usize) -> u64> {
        Plan::new(|at| self.words.get(at).copied().unwrap_or(0), self.words.len())
    }
}
