//! Builds destinations from what a document says and the country's plan. It must never pass over an entry that it cannot place.
#![forbid(unsafe_code)]

use super::compiled::{self, BEHIND_AREA, Parts};
use super::number::{E164_DIGITS, Written, read};
use super::plan::{Country, NUMBERING};
use super::{Class, ClassSet, Destinations, Fault, Settings};
use crate::wording::{meant, quote};
use std::collections::BTreeMap;

/// The classes of forwardings where the document says nothing.
const FORWARDING: [Class; 4] = [Class::Internal, Class::Local, Class::National, Class::Mobile];
/// The classes of calls where the document says nothing.
const CALLS: [Class; 5] = [Class::Internal, Class::Local, Class::National, Class::Mobile, Class::International];
/// The most digits of a trunk prefix, another prefix or an area code.
const PREFIX_DIGITS: usize = 8;

impl Settings {
    /// Checks the settings and joins them with the country's plan.
    ///
    /// # Errors
    /// The first key and entry that is wrong: an unknown country or class, something other than digits, a prefix in two classes.
    pub fn build(self) -> Result<Destinations, Fault> {
        let country = country(&self.country)?;
        digits("trunk_prefix", &self.trunk_prefix)?;
        let national_prefix = self.national_prefix.clone().unwrap_or_else(|| country.national_prefix.clone());
        digits("national_prefix", &national_prefix)?;
        let international_prefix =
            self.international_prefix.clone().unwrap_or_else(|| country.international_prefix.clone());
        digits("international_prefix", &international_prefix)?;
        digits("area", &self.area)?;
        let area = Some(self.area.as_str()).filter(|_| !national_prefix.is_empty());
        let area = area.and_then(|area| area.strip_prefix(national_prefix.as_str())).unwrap_or(&self.area).to_owned();
        let dialling = Dialling {
            code: &country.code,
            national: &national_prefix,
            international: &international_prefix,
            area: if country.closed { "" } else { &area },
            whole: country.whole.is_some(),
        };
        let mut blocks = Vec::new();
        for (entry, text) in self.blocks.iter().enumerate() {
            let number = dialling.number(text).filter(|number| number.starts_with(&country.code));
            let expected = "expected a number of the own country with its area code, as in `+49301234`";
            blocks.push(number.ok_or_else(|| fault("blocks", entry, format!("found {}, {expected}", quote(text))))?);
        }
        let mut emergency = country.emergency.clone();
        for (entry, text) in self.emergency.iter().enumerate() {
            let plain =
                !text.is_empty() && text.len() <= PREFIX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
            if !plain {
                let message = format!("found {}, expected at most {PREFIX_DIGITS} digits", quote(text));
                return Err(fault("emergency", entry, message));
            }
            emergency.push(text.clone());
        }
        let mut own = Own::default();
        for (name, entries) in &self.prefixes {
            let key = format!("prefixes.{name}");
            let class = class(&key, 0, name)?;
            for (entry, text) in entries.iter().enumerate() {
                own.add(&dialling, &key, entry, text, class)?;
            }
        }
        for (entry, text) in self.blocked.iter().enumerate() {
            own.add(&dialling, "blocked", entry, text, Class::Blocked)?;
        }
        let mut numbers = of_the_world(&country);
        if !area.is_empty() {
            numbers.push((format!("{}{area}", country.code), Class::Local));
        }
        let behind = country.behind_area.premium.iter();
        numbers.extend(behind.map(|prefix| (format!("{BEHIND_AREA}{prefix}"), Class::Premium)));
        let mut short = Vec::new();
        short.extend(country.short.premium.iter().map(|prefix| (prefix.clone(), Class::Premium)));
        short.extend(country.short.national.iter().map(|prefix| (prefix.clone(), Class::National)));
        numbers.extend(own.numbers.into_iter().map(|(prefix, (class, _))| (prefix, class)));
        short.extend(own.short.into_iter().map(|(prefix, (class, _))| (prefix, class)));
        let forwarding = classes("forwarding", self.forwarding.as_deref(), &FORWARDING)?;
        let calls = classes("calls", self.calls.as_deref(), &CALLS)?;
        let words = compiled::words(&Parts {
            trunk_prefix: &self.trunk_prefix,
            national_prefix: &national_prefix,
            international_prefix: &international_prefix,
            code: &country.code,
            area: &area,
            whole: country.whole,
            closed: country.closed,
            area_digits: country.behind_area.digits,
            emergency: &emergency,
            blocks: &blocks,
            numbers: &numbers,
            short: &short,
        });
        Ok(Destinations { settings: self, words, forwarding, calls })
    }
}

fn fault(key: &str, entry: usize, message: String) -> Fault {
    Fault { key: key.into(), entry, message }
}

/// The plan of `DE`, or of a code such as `+420`, of which nothing else is known.
fn country(name: &str) -> Result<Country, Fault> {
    let plans = &NUMBERING.country;
    if let Some(plan) = plans.get(&name.to_uppercase()) {
        return Ok(plan.clone());
    }
    if let Some(code) = name.strip_prefix('+').filter(|code| NUMBERING.world.codes.iter().any(|known| known == code)) {
        return Ok(Country { code: code.into(), international_prefix: "00".into(), ..Country::default() });
    }
    let names: Vec<&str> = plans.keys().map(String::as_str).collect();
    let message = format!("unknown country {}{}, or a country code such as `+420`", quote(name), meant(name, &names));
    Err(fault("country", 0, message))
}

fn digits(key: &str, text: &str) -> Result<(), Fault> {
    match text.len() <= PREFIX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(()),
        false => Err(fault(key, 0, format!("found {}, expected at most {PREFIX_DIGITS} digits", quote(text)))),
    }
}

fn class(key: &str, entry: usize, name: &str) -> Result<Class, Fault> {
    let names = Class::NAMED.map(Class::name);
    let found = Class::NAMED.into_iter().find(|class| class.name() == name);
    found.ok_or_else(|| fault(key, entry, format!("unknown class {}{}", quote(name), meant(name, &names))))
}

fn classes(key: &str, names: Option<&[String]>, usual: &[Class]) -> Result<ClassSet, Fault> {
    match names {
        Some(names) => names.iter().enumerate().map(|(entry, name)| class(key, entry, name)).collect(),
        None => Ok(usual.iter().copied().collect()),
    }
}

/// The prefixes of all countries, seen from one; later ones count. The longest prefix of a number decides, so every country's own
/// prefixes are there: what is mobile there must not be found under a shorter one that is premium.
fn of_the_world(own: &Country) -> Vec<(String, Class)> {
    let world = &NUMBERING.world;
    let mut all = Vec::new();
    all.extend(world.codes.iter().map(|code| (code.clone(), Class::International)));
    all.extend(world.premium.iter().map(|code| (code.clone(), Class::Premium)));
    for country in NUMBERING.country.values() {
        let at_home = |class| if country.code == own.code { class } else { Class::International };
        let mut add = |prefixes: &[String], class: Class| {
            all.extend(prefixes.iter().map(|prefix| (format!("{}{prefix}", country.code), class)));
        };
        add(&country.premium, Class::Premium);
        add(&country.mobile, at_home(Class::Mobile));
        add(&country.national, at_home(Class::National));
        add(&country.international, Class::International);
        // The national prefix is never dialled behind the country code. Some networks pass over it: `+490900...` must not be taken for
        // anything cheaper than `+49900...`.
        if !country.national_prefix.is_empty() && !country.premium.contains(&country.national_prefix) {
            all.push((format!("{}{}", country.code, country.national_prefix), Class::Blocked));
        }
    }
    all.push((own.code.clone(), Class::National));
    all
}

/// How numbers are written in the domain.
struct Dialling<'a> {
    code: &'a str,
    national: &'a str,
    international: &'a str,
    /// The own area code where subscribers of the area are dialled without it; else empty.
    area: &'a str,
    whole: bool,
}

impl Dialling<'_> {
    /// A prefix that begins with `+`, the international or the national prefix, with the country code.
    fn number(&self, text: &str) -> Option<String> {
        let written = prefix(text)?;
        let all = written.without_zero.filter(|_| written.plus).unwrap_or(written.digits);
        let after =
            |prefix: &str| all.text().strip_prefix(prefix).filter(|rest| !prefix.is_empty() && !rest.is_empty());
        let number = match (after(self.international), after(self.national)) {
            _ if written.plus => all.text().to_owned(),
            (Some(rest), _) => rest.to_owned(),
            (None, Some(rest)) => format!("{}{rest}", self.code),
            (None, None) => return None,
        };
        (number.len() <= E164_DIGITS).then_some(number)
    }
}

/// A prefix has no parameters.
fn prefix(text: &str) -> Option<Written> {
    read(text).filter(|_| !text.contains(';'))
}

/// The document's own prefixes, each with its class and the key that has it.
#[derive(Default)]
struct Own {
    numbers: BTreeMap<String, (Class, String)>,
    short: BTreeMap<String, (Class, String)>,
}

impl Own {
    fn add(&mut self, dialling: &Dialling<'_>, key: &str, entry: usize, text: &str, class: Class) -> Result<(), Fault> {
        if let Some(number) = dialling.number(text) {
            return insert(&mut self.numbers, number, key, entry, text, class);
        }
        let written = prefix(text).filter(|written| !written.plus && written.digits.text().len() <= PREFIX_DIGITS);
        let Some(written) = written else {
            let message =
                format!("found {}, expected a prefix of digits, as in `+49900` or as it is dialled", quote(text));
            return Err(fault(key, entry, message));
        };
        // As it is dialled, it is the beginning of a short number, of a whole one, and of a subscriber's in the own area.
        let digits = written.digits.text();
        if dialling.whole {
            insert(&mut self.numbers, format!("{}{digits}", dialling.code), key, entry, text, class)?;
        }
        if !dialling.area.is_empty() && class != Class::Internal {
            let number = format!("{}{}{digits}", dialling.code, dialling.area);
            insert(&mut self.numbers, number, key, entry, text, class)?;
        }
        insert(&mut self.short, digits.to_owned(), key, entry, text, class)
    }
}

fn insert(
    map: &mut BTreeMap<String, (Class, String)>,
    prefix: String,
    key: &str,
    entry: usize,
    text: &str,
    class: Class,
) -> Result<(), Fault> {
    match map.get(&prefix) {
        Some((other, at)) if *other != class => {
            let message = format!("the prefix {} is in `{at}` and in `{key}`, expected one of them", quote(text));
            Err(fault(key, entry, message))
        }
        _ => {
            map.insert(prefix, (class, key.to_owned()));
            Ok(())
        }
    }
}
