//! linewarden's own part of a document, read and written: groups, rules, its key of a user; destinations are written here and read in
//! `load/destinations.rs`. A group may name one that comes later. It must never touch facts of another system.
#![forbid(unsafe_code)]

use super::fault::{Cx, Pool, meant, quote};
use super::load::names::Names;
use super::load::when::when;
use super::table::{Keys, Once, Table, Text, TopLevel};
use super::write::Writer;
use crate::error::Result;
use crate::id::{Kind, Party};
use crate::policy::User;
use crate::right::{Right, RightSet};
use crate::system::System;
use crate::system::linewarden::{
    ACTORS, EXCEPT, EXEMPTABLE, Everyone, Group, IN_RULES, List, Person, Rule, TARGETS, listed_name, nesting,
};
use crate::wording::{did_you_mean, meant_right, nearest};
use std::collections::HashSet;
use std::io;

/// Its keys.
pub(super) const KEYS: Keys =
    Keys { system: System::Linewarden, top: &["group", "rule"], single: &[], user: &["exempt"] };
/// Keys of a group.
const GROUP: &[&str] = &["name", "members"];
/// Keys of a rule.
const RULE: &[&str] =
    &["name", "actors", "except_actors", "rights", "targets", "except", "lines", "from", "until", "hours"];

const LINES: [&str; 3] = ["first", "second", "additional"];

/// The system's facts as a document writes them.
#[derive(Default)]
pub(super) struct Raw<'a> {
    groups: Vec<RawGroup<'a>>,
    rules: Vec<RawRule<'a>>,
    group_names: Once,
    rule_names: Once,
}

struct RawGroup<'a> {
    name: Text<'a>,
    members: Vec<Text<'a>>,
    at: usize,
}

struct RawRule<'a> {
    rule: Rule,
    actors: Vec<Text<'a>>,
    except_actors: Vec<Text<'a>>,
    targets: Vec<Text<'a>>,
    except: Vec<Text<'a>>,
}

/// Which words a list may have.
struct ListForm {
    name: &'static str,
    words: &'static [Everyone],
    /// Whether contacts that are new become parties: as actors, also excepted ones, and in groups.
    adds_contacts: bool,
}

impl<'a> Raw<'a> {
    /// Reads the tables of one of its keys.
    pub fn read(&mut self, cx: &Cx<'a>, top: &TopLevel<'_, 'a>) {
        match top.key {
            "group" => top.tables(GROUP).iter().for_each(|table| self.group(cx, table)),
            _ => top.tables(RULE).iter().for_each(|table| self.rule(cx, table)),
        }
    }

    /// Reads a `[[group]]`.
    fn group(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let members = table.texts("members");
        let name = table.name("name").filter(|name| self.group_names.is_new(cx, "group", name));
        if let Some(name) = name {
            self.groups.push(RawGroup { name, members, at: table.at });
        }
    }

    /// Reads a `[[rule]]`.
    fn rule(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let rights = rights(cx, table);
        let list = |key| table.texts(key);
        let (actors, except_actors) = (list("actors"), list("except_actors"));
        let (targets, except) = (list("targets"), list("except"));
        let name = table.name("name").filter(|name| self.rule_names.is_new(cx, "rule", name));
        if let Some(name) = name {
            let (line, when) = (cx.line(table.at), when(cx, table));
            let rule = Rule { name: name.text.into_owned(), rights, line, when, ..Rule::default() };
            self.rules.push(RawRule { rule, actors, except_actors, targets, except });
        }
    }

    /// Fills the domain, which has its parties already.
    pub fn resolve(self, names: &mut Names<'_, 'a>) -> Result<()> {
        let cx = names.cx;
        let known: HashSet<String> = self.groups.iter().map(|group| group.name.to_string()).collect();
        let form = ListForm { name: "`members` of [[group]]", words: &[], adds_contacts: true };
        let mut groups = Vec::with_capacity(self.groups.len());
        let mut group_names = Vec::with_capacity(self.groups.len());
        for raw in self.groups {
            let members = list(names, &known, &raw.members, &form)?;
            groups.push(Group { name: raw.name.to_string(), members, line: cx.line(raw.at) });
            group_names.push(raw.name);
        }
        if let Some(wrong) = nesting(&groups) {
            let at = group_names.iter().find(|name| wrong.group() == &***name);
            cx.fault(at.map_or(0, |name| name.at), wrong.to_string());
        }
        names.domain.linewarden.groups = groups;
        let form = |name, words, adds_contacts| ListForm { name, words, adds_contacts };
        let actors = form("`actors` of [[rule]]", ACTORS, true);
        let except_actors = form("`except_actors` of [[rule]]", ACTORS, true);
        let targets = form("`targets` of [[rule]]", TARGETS, false);
        let except = form("`except` of [[rule]]", EXCEPT, false);
        for raw in self.rules {
            let mut rule = raw.rule;
            rule.actors = list(names, &known, &raw.actors, &actors)?;
            rule.except_actors = list(names, &known, &raw.except_actors, &except_actors)?;
            rule.targets = list(names, &known, &raw.targets, &targets)?;
            rule.except = list(names, &known, &raw.except, &except)?;
            names.domain.linewarden.rules.push(rule);
        }
        Ok(())
    }
}

/// The parties, groups and words of a list, each once.
fn list(names: &mut Names<'_, '_>, groups: &HashSet<String>, texts: &[Text<'_>], form: &ListForm) -> Result<List> {
    let cx = names.cx;
    let mut list = List::default();
    let mut parties: HashSet<Party> = HashSet::new();
    let mut seen_groups: HashSet<&str> = HashSet::new();
    for text in texts {
        let twice = || cx.fault(text.at, format!("{} stands twice in {}", quote(text), form.name));
        if let Some(word) = Everyone::parse(text) {
            if !form.words.contains(&word) {
                let expected: Vec<&str> = form.words.iter().map(|word| word.word()).collect();
                let end = match expected.is_empty() {
                    true => ", expected users, contacts, teams and groups".to_owned(),
                    false => crate::document::fault::expected(&expected),
                };
                cx.fault(text.at, format!("{} is no word for {}{end}", quote(text), form.name));
            } else if list.words.has(word) {
                twice();
            }
            list.words = list.words.with(word);
        } else if let Some(name) = text.strip_prefix("group:") {
            if !groups.contains(name) {
                let message = format!("unknown group {} in {}", quote(name), form.name);
                cx.unknown(text.at, message, Pool::Groups, name);
            } else if seen_groups.insert(name) {
                list.groups.push(name.to_owned());
            } else {
                twice();
            }
        } else if let Some(word) = meant_word(text, form).filter(|_| names.knows_none(text)) {
            cx.fault(text.at, format!("unknown user {} in {}{}", quote(text), form.name, did_you_mean(word)));
        } else if let Some(party) = names.listed(text, form.name, form.adds_contacts)? {
            if parties.insert(party) {
                list.parties.push(party);
            } else {
                twice();
            }
        }
    }
    Ok(list)
}

/// The word that a text was meant for which is none, of those that the list may have.
fn meant_word(text: &str, form: &ListForm) -> Option<&'static str> {
    /// What others call all users.
    const ALL: [&str; 6] = ["*", "all", "any", "anybody", "anyone", "everybody"];
    let words = || form.words.iter().map(|word| word.word());
    let everyone = || words().next().filter(|_| ALL.iter().any(|all| text.eq_ignore_ascii_case(all)));
    nearest(text, words()).or_else(everyone)
}

impl Names<'_, '_> {
    /// Whether `text` is no login and no extension.
    fn knows_none(&self, text: &str) -> bool {
        self.domain.user_named(self.directory, text).is_none() && !self.domain.numbers.contains_key(text)
    }

    /// The user, contact or team that `text` names. A contact that is new becomes a party only where `adds_contacts`.
    fn listed(&mut self, text: &Text<'_>, place: &str, adds_contacts: bool) -> Result<Option<Party>> {
        if text.starts_with(Kind::Team.prefix()) {
            let name =
                Text { at: text.at, text: text.text.strip_prefix(Kind::Team.prefix()).unwrap_or_default().into() };
            return Ok(self.plain(Kind::Team, &[name], place).first().copied());
        }
        if text.starts_with(Kind::Location.prefix()) || text.starts_with(Kind::Device.prefix()) {
            let message = format!("{} in {place}, expected users, contacts, teams and groups", quote(text));
            self.cx.fault(text.at, message);
            return Ok(None);
        }
        if !adds_contacts && let Some(address) = crate::address::sip_address(text) {
            // A contact is never a target. It is left out even where it is a party, so that no other fact decides what is kept.
            if address.domain != self.domain.name {
                return Ok(None);
            }
        }
        self.person(text, place)
    }
}

/// The rights of a rule (L6).
fn rights(cx: &Cx<'_>, table: &Table<'_, '_>) -> RightSet {
    let (name, mut rights) = (table.name, RightSet::EMPTY);
    let Some(entry) = table.get("rights") else {
        table.missing("rights");
        return rights;
    };
    let texts = table.list("rights", entry.value);
    let lines = lines(cx, table);
    let mut once: HashSet<&str> = HashSet::new();
    for text in &texts {
        let Some(right) = Right::parse(text).filter(|right| IN_RULES.contains(right.mask())) else {
            let message = match Right::parse(text) {
                Some(_) => format!("right {} in `rights` of {name}, which no rule can give", quote(text)),
                None => format!(
                    "unknown right {} in `rights` of {name}{}",
                    quote(text),
                    meant_right(text, &IN_RULES.offered_names())
                ),
            };
            cx.fault(text.at, message);
            continue;
        };
        if !once.insert(text) {
            table.twice("rights", text);
        }
        let by_line = right.on_line(1) != right;
        let is_suffixed = LINES.iter().any(|line| text.ends_with(&format!(".{line}")));
        match &lines {
            Some(_) if is_suffixed => {
                cx.fault(
                    text.at,
                    format!("{} names its line, and {name} has `lines`, expected one of them", quote(text)),
                );
            }
            Some(lines) if by_line => lines.iter().for_each(|line| rights |= right.on_line(*line).mask()),
            _ => rights |= right.mask(),
        }
    }
    if texts.is_empty() {
        cx.fault(entry.key_at, format!("`rights` of {name} is empty, expected at least one right"));
    }
    rights
}

/// The lines of a rule: 1 to 3. `None` without the key.
fn lines(cx: &Cx<'_>, table: &Table<'_, '_>) -> Option<Vec<u32>> {
    let entry = table.get("lines")?;
    let mut lines = Vec::new();
    let texts = table.list("lines", entry.value);
    for text in &texts {
        match LINES.iter().zip(1..).find(|(word, _)| **word == &**text) {
            Some((_, line)) if lines.contains(&line) => table.twice("lines", text),
            Some((_, line)) => lines.push(line),
            None => {
                let end = meant(text, &LINES);
                cx.fault(text.at, format!("unknown line {} in `lines` of {}{end}", quote(text), table.name));
            }
        }
    }
    if texts.is_empty() {
        let end = crate::document::fault::expected(&LINES);
        cx.fault(entry.key_at, format!("`lines` of {} is empty{end}", table.name));
    }
    Some(lines)
}

/// Reads its facts of a user: the rights that the user is exempt from (L11).
pub(super) fn user(cx: &Cx<'_>, table: &Table<'_, '_>) -> Person {
    let names = EXEMPTABLE.map(Right::name);
    let mut exempt = RightSet::EMPTY;
    for text in table.texts("exempt") {
        match EXEMPTABLE.iter().find(|right| right.name() == &*text) {
            Some(right) if exempt.has(*right) => table.twice("exempt", &text),
            Some(right) => exempt |= right.mask(),
            None => {
                let end = meant(&text, &names);
                cx.fault(text.at, format!("{} in `exempt` of {}{end}", quote(&text), table.name));
            }
        }
    }
    Person { exempt }
}

impl Writer<'_> {
    /// Its key of a user.
    pub(super) fn linewarden_user(&mut self, user: &User) -> io::Result<()> {
        self.list_unless_empty("exempt", user.linewarden.exempt.names())
    }

    /// Its groups and rules.
    pub(super) fn linewarden(&mut self) -> io::Result<()> {
        let own = &self.domain.linewarden;
        for group in &own.groups {
            self.header("[[group]]")?;
            self.text("name", &group.name)?;
            self.listed("members", &group.members)?;
        }
        for rule in &own.rules {
            self.header("[[rule]]")?;
            self.text("name", &rule.name)?;
            self.list("rights", rule.rights.shortest())?;
            for (key, list) in rule.lists() {
                self.listed(key, list)?;
            }
            self.when(&rule.when)?;
        }
        Ok(())
    }

    /// Where numbers lead.
    pub(super) fn destinations(&mut self) -> io::Result<()> {
        let Some(destinations) = self.domain.linewarden.destinations() else { return Ok(()) };
        let settings = destinations.settings();
        self.header("[destinations]")?;
        self.text("country", &settings.country)?;
        for (key, text) in [("trunk_prefix", &settings.trunk_prefix), ("area", &settings.area)] {
            if !text.is_empty() {
                self.text(key, text)?;
            }
        }
        let prefixes =
            [("national_prefix", &settings.national_prefix), ("international_prefix", &settings.international_prefix)];
        for (key, text) in prefixes {
            text.as_ref().map_or(Ok(()), |text| self.text(key, text))?;
        }
        let lists = [("blocks", &settings.blocks), ("blocked", &settings.blocked), ("emergency", &settings.emergency)];
        for (key, list) in lists {
            self.list_unless_empty(key, list.iter().map(String::as_str))?;
        }
        for (key, classes) in [("forwarding", &settings.forwarding), ("calls", &settings.calls)] {
            classes.as_ref().map_or(Ok(()), |classes| self.list(key, classes.iter().map(String::as_str)))?;
        }
        for (class, prefixes) in &settings.prefixes {
            self.list(&format!("prefixes.{class}"), prefixes.iter().map(String::as_str))?;
        }
        Ok(())
    }

    /// A list of parties, groups and words.
    fn listed(&mut self, key: &str, list: &List) -> io::Result<()> {
        let words = list.words.iter().map(|word| word.word().to_owned());
        let groups = list.groups.iter().map(|group| format!("group:{group}"));
        let name = |party: &Party| listed_name(self.directory.text(*party).to_string(), &self.domain.name);
        let parties = list.parties.iter().map(name);
        let texts: Vec<String> = words.chain(groups).chain(parties).collect();
        self.list_unless_empty(key, texts.iter().map(String::as_str))
    }
}
