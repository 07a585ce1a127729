//! The numbering plans that come with the library. They are data: `numbering.toml`.
#![forbid(unsafe_code)]

use once_cell::sync::Lazy;
use serde::Deserialize;
use std::collections::BTreeMap;

/// All plans.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numbering {
    pub world: World,
    pub country: BTreeMap<String, Country>,
}

/// Country codes and the codes that are no country.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct World {
    pub premium: Vec<String>,
    pub codes: Vec<String>,
}

/// The plan of a country. Prefixes are of national numbers, without country code and national prefix.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Country {
    pub code: String,
    pub national_prefix: String,
    pub international_prefix: String,
    pub emergency: Vec<String>,
    pub mobile: Vec<String>,
    pub premium: Vec<String>,
    pub international: Vec<String>,
    pub national: Vec<String>,
    pub short: Short,
    pub behind_area: BehindArea,
    /// Lengths of national numbers that are dialled without the national prefix.
    pub whole: Option<(usize, usize)>,
    /// Whether numbers of the own area are dialled with national prefix and area code too.
    pub closed: bool,
}

/// Prefixes of what is dialled without a national prefix and is no subscriber's number.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Short {
    pub premium: Vec<String>,
    pub national: Vec<String>,
}

/// Prefixes of subscribers' numbers that mean the same behind every area code.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BehindArea {
    /// How many digits an area code has; 0 where there are no such prefixes.
    pub digits: usize,
    pub premium: Vec<String>,
}

/// Read at the first use. The tests read it too, so it is never faulty; without it every number would be refused.
pub(super) static NUMBERING: Lazy<Numbering> =
    Lazy::new(|| toml::from_str(include_str!("numbering.toml")).unwrap_or_default());
