//! Random changes of rules, groups, exemptions and facts with dates by random authors against a second, plain state machine, written
//! from L2, L11, L13 and docs/dates.md with names and lists. It shares no code with the library: it splits the lines itself.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::calendar::{When, instant_text};
use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::policy::change::{Author, parse};
use linewarden::internals::policy::dated::Fact;
use linewarden::internals::policy::{Domain, Policy};
use linewarden::internals::system::linewarden::List as Listed;
use linewarden::{DomainId, ErrorKind, Kind, Party, Right};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const START: &str = r#"
domain = "acme.example"
systems = ["linewarden", "xphone"]
user = [{ name = "a" }, { name = "b" }, { name = "c" }, { name = "d" }]
[[team]]
name = "t"
agents = ["a", "b"]
[[workgroup]]
name = "w"
level = "employee"
"#;
const CONTACT: &str = "sip:f@far.example";
const WORDS: [&str; 5] = ["everyone", "everyone and teams", "same site", "own team", "oneself"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// The author may not.
    Refused,
    /// It makes no sense as things are.
    Wrong,
}
use Outcome::{Done, Refused, Wrong};

/// A list in the order in which it is written, the words apart.
#[derive(Clone, Debug, Default, PartialEq)]
struct List {
    parties: Vec<String>,
    groups: Vec<String>,
    words: BTreeSet<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Rule {
    rights: BTreeSet<String>,
    /// `actors`, `except_actors`, `targets`, `except`.
    lists: BTreeMap<String, List>,
    when: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    users: BTreeSet<String>,
    groups: BTreeMap<String, List>,
    rules: BTreeMap<String, Rule>,
    exempt: BTreeMap<String, BTreeSet<String>>,
    settings: BTreeMap<(String, String), String>,
    dated_settings: BTreeMap<(String, String), (String, String)>,
    members: BTreeSet<String>,
    dated_members: BTreeMap<String, String>,
}

const LISTS: [&str; 4] = ["actors", "except_actors", "targets", "except"];

/// The parts of a rule as a line writes them: each key with its words.
fn parts(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut parts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut key = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').map(|(word, after)| (word, after.trim_start())).unwrap(),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        match word.strip_suffix(':').filter(|_| !rest.starts_with('"')) {
            Some(name) => {
                key = name.into();
                parts.entry(key.clone()).or_default();
            }
            None => parts.get_mut(&key).unwrap().push(word.into()),
        }
        rest = after;
    }
    parts
}

impl Model {
    fn new() -> Model {
        Model { users: ["a", "b", "c", "d"].map(String::from).into(), ..Model::default() }
    }

    fn is_person(&self, name: &str) -> bool {
        name == CONTACT || self.users.contains(name)
    }

    // --- who may ---

    fn may(&self, by: Option<&str>, verb: &str, rest: &str) -> Outcome {
        let Some(by) = by else { return Done };
        if !self.users.contains(by) {
            return Refused;
        }
        let (name, more) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "add rule" | "set rule" | "remove rule" => {
                let held = self.rules.get(name);
                if verb == "set rule" && held.is_none() {
                    return Wrong;
                }
                self.may_rule(by, held, (verb != "remove rule").then(|| parts(more)))
            }
            "set exempt" | "clear exempt" if !self.is_person(name) => Wrong,
            "set exempt" | "clear exempt" if name == by => Done,
            _ => Refused,
        }
    }

    /// L13: all targets are the author, before and after; classes of numbers are the administrator's.
    fn may_rule(&self, by: &str, held: Option<&Rule>, parts: Option<BTreeMap<String, Vec<String>>>) -> Outcome {
        let alone = |list: &List| list.parties == [by] && list.groups.is_empty() && list.words.is_empty();
        if held.is_some_and(|rule| !rule.lists.get("targets").is_some_and(alone)) {
            return Refused;
        }
        let Some(parts) = parts else { return Done };
        let targets_are_own = match parts.get("targets") {
            Some(targets) => !targets.is_empty() && targets.iter().all(|target| target == by),
            None => held.is_some(),
        };
        let rights = match (parts.get("rights"), held) {
            (Some(rights), _) => rights.iter().cloned().collect(),
            (None, held) => held.map(|rule| rule.rights.clone()).unwrap_or_default(),
        };
        let costs = rights.iter().any(|right| right.starts_with("forwarding.to.") || right.starts_with("call.to."));
        if targets_are_own && !costs { Done } else { Refused }
    }

    // --- what follows ---

    fn step(&mut self, by: Option<&str>, line: &str) -> Outcome {
        let mut words = line.splitn(3, ' ');
        let verb = format!("{} {}", words.next().unwrap(), words.next().unwrap());
        let rest = words.next().unwrap_or("");
        let before = self.clone();
        let outcome = match self.may(by, &verb, rest) {
            Done => self.act(&verb, rest),
            other => other,
        };
        if outcome != Done {
            *self = before;
        }
        outcome
    }

    fn act(&mut self, verb: &str, rest: &str) -> Outcome {
        let (name, more) = rest.split_once(' ').unwrap_or((rest, ""));
        let words: Vec<&str> = rest.split(' ').collect();
        match verb {
            "add group" => drop(self.groups.entry(name.into()).or_default()),
            "remove group" => {
                let named = |list: &List| list.groups.iter().any(|group| group == name);
                let in_rules = self.rules.values().any(|rule| rule.lists.values().any(named));
                if self.groups.contains_key(name) && (in_rules || self.groups.values().any(named)) {
                    return Wrong;
                }
                self.groups.remove(name);
            }
            "add member" | "remove member" if words[0] == "group" => {
                return self.member(words[1], words[2], verb == "add member");
            }
            "add member" | "remove member" => {
                if !self.users.contains(words[2]) {
                    return Wrong;
                }
                self.dated_members.remove(words[2]);
                if verb == "add member" {
                    self.members.insert(words[2].into());
                } else {
                    self.members.remove(words[2]);
                }
            }
            "add rule" | "set rule" => {
                let held = self.rules.get(name);
                let mut rule = match (verb, held) {
                    ("set rule", None) => return Wrong,
                    ("set rule", Some(held)) => held.clone(),
                    _ => Rule { lists: LISTS.map(|key| (key.to_owned(), List::default())).into(), ..Rule::default() },
                };
                if !self.fill(&mut rule, &parts(more)) || (verb == "add rule" && held.is_some_and(|held| *held != rule))
                {
                    return Wrong;
                }
                self.rules.insert(name.into(), rule);
            }
            "remove rule" => drop(self.rules.remove(name)),
            "set exempt" | "clear exempt" => {
                if !self.users.contains(name) {
                    return Wrong;
                }
                let rights: BTreeSet<String> =
                    more.split(' ').filter(|right| !right.is_empty()).map(String::from).collect();
                self.exempt.insert(name.into(), rights);
                self.exempt.retain(|_, rights| !rights.is_empty());
            }
            "set relationship" | "clear relationship" | "set dated_relationship" | "clear dated_relationship" => {
                if !self.users.contains(words[0]) || !self.is_person(words[1]) {
                    return Wrong;
                }
                let pair = (words[0].to_owned(), words[1].to_owned());
                if words.get(2) == Some(&"assistant") && words[1] == CONTACT {
                    return Wrong;
                }
                if verb != "clear dated_relationship" {
                    self.settings.remove(&pair);
                }
                self.dated_settings.remove(&pair);
                match verb {
                    "set relationship" => drop(self.settings.insert(pair, words[2].into())),
                    "set dated_relationship" => {
                        drop(self.dated_settings.insert(pair, (words[2].into(), words[3].into())));
                    }
                    _ => {}
                }
            }
            "set dated_member" => {
                if !self.users.contains(words[2]) {
                    return Wrong;
                }
                self.members.remove(words[2]);
                self.dated_members.insert(words[2].into(), words[3].into());
            }
            "clear dated_member" => drop(self.dated_members.remove(words[2])),
            "add user" => drop(self.users.insert(name.into())),
            "remove user" => self.remove_user(name),
            other => panic!("the model does not know {other:?}"),
        }
        Done
    }

    fn member(&mut self, group: &str, member: &str, on: bool) -> Outcome {
        let inner = member.strip_prefix("group:");
        let known = match inner {
            Some(inner) => self.groups.contains_key(inner),
            None => member == "team:t" || self.is_person(member),
        };
        if !self.groups.contains_key(group) || !known {
            return Wrong;
        }
        let list = self.groups.get_mut(group).unwrap();
        let (side, member) = match inner {
            Some(inner) => (&mut list.groups, inner),
            None => (&mut list.parties, member),
        };
        side.retain(|held| on && !held.is_empty() || held != member);
        if on && !side.iter().any(|held| held == member) {
            side.push(member.into());
        }
        if self.groups.keys().any(|group| self.reaches(group, group, self.groups.len())) { Wrong } else { Done }
    }

    /// Whether a group holds another, at most so many groups down.
    fn reaches(&self, from: &str, to: &str, left: usize) -> bool {
        let inner = self.groups.get(from).map_or(&[][..], |list| &list.groups);
        inner.iter().any(|next| next == to || left > 0 && self.reaches(next, to, left - 1))
    }

    fn fill(&self, rule: &mut Rule, parts: &BTreeMap<String, Vec<String>>) -> bool {
        for (key, words) in parts {
            match key.as_str() {
                "rights" => rule.rights = words.iter().cloned().collect(),
                "when" => rule.when = words[0].replace("always", ""),
                _ => {
                    let mut list = List::default();
                    for word in words {
                        if WORDS.contains(&word.as_str()) {
                            list.words.insert(word.clone());
                        } else if let Some(group) = word.strip_prefix("group:") {
                            if !self.groups.contains_key(group) {
                                return false;
                            }
                            list.groups.push(group.into());
                        } else if word == CONTACT && key.starts_with(['t', 'e']) && key != "except_actors" {
                            // No target: left out.
                        } else if word == "team:t" || self.is_person(word) {
                            list.parties.push(word.clone());
                        } else {
                            return false;
                        }
                    }
                    rule.lists.insert(key.clone(), list);
                }
            }
        }
        true
    }

    fn remove_user(&mut self, name: &str) {
        self.users.remove(name);
        let lists = self.rules.values_mut().flat_map(|rule| rule.lists.values_mut());
        lists.chain(self.groups.values_mut()).for_each(|list| list.parties.retain(|party| party != name));
        self.exempt.remove(name);
        self.members.remove(name);
        self.dated_members.remove(name);
        self.settings.retain(|(owner, viewer), _| owner != name && viewer != name);
        self.dated_settings.retain(|(owner, viewer), _| owner != name && viewer != name);
    }
}

/// Dates as the lines write them: `FROM/UNTIL`, with `..` for an open end.
fn span(when: &When) -> String {
    let end = |at: Option<i64>| at.map_or("..".to_owned(), instant_text);
    if when.is_always() { String::new() } else { format!("{}/{}", end(when.from()), end(when.until())) }
}

/// The same facts, read from the library's policy.
fn read(domain: &Domain, directory: &Directory) -> Model {
    let text = |party: Party| directory.text(party);
    let list = |list: &Listed| List {
        parties: list.parties.iter().map(|party| text(*party)).collect(),
        groups: list.groups.clone(),
        words: list.words.iter().map(|word| word.word().to_owned()).collect(),
    };
    let own = &domain.linewarden;
    let rights = |set: linewarden::RightSet| set.shortest().into_iter().map(String::from).collect::<BTreeSet<_>>();
    let rules = own.rules.iter().map(|rule| {
        let lists = rule.lists().map(|(key, of)| (key.to_owned(), list(of))).into();
        (rule.name.clone(), Rule { rights: rights(rule.rights), lists, when: span(&rule.when) })
    });
    let exempt = domain.users.iter().filter(|user| !user.linewarden.exempt.is_empty());
    let settings = domain.users.iter().flat_map(|user| user.xphone.settings.iter().map(move |entry| (user, entry)));
    let mut model = Model {
        users: domain.users.iter().map(|user| text(user.party)).collect(),
        groups: own.groups.iter().map(|group| (group.name.clone(), list(&group.members))).collect(),
        rules: rules.collect(),
        exempt: exempt.map(|user| (text(user.party), rights(user.linewarden.exempt))).collect(),
        settings: settings.map(|(user, one)| ((text(user.party), text(one.viewer)), one.label.word().into())).collect(),
        members: domain.xphone.workgroups[0].members.iter().map(|party| text(*party)).collect(),
        ..Model::default()
    };
    for dated in &domain.dated {
        let when = span(&dated.when);
        match &dated.fact {
            Fact::Setting { owner, viewer, label } => {
                drop(model.dated_settings.insert((text(*owner), text(*viewer)), (label.word().into(), when)));
            }
            Fact::WorkgroupMember { member, .. } => drop(model.dated_members.insert(text(*member), when)),
            other => panic!("{other:?} was never set"),
        }
    }
    model
}

/// A random change in words.
fn line(next: &mut dyn FnMut(usize) -> usize) -> (Option<&'static str>, String) {
    const USERS: [&str; 5] = ["a", "b", "c", "d", "e"];
    const RIGHTS: [&str; 5] =
        ["call.pickup", "forwarding.set", "forwarding.to.mobile", "forwarding.to.international", "call.to.premium"];
    const SPANS: [&str; 4] = [
        "2026-12-21T00:00:00Z/2027-01-08T00:00:00Z",
        "../2027-01-08T00:00:00Z",
        "2026-12-21T00:00:00Z/..",
        "2020-02-29T00:00:00Z/2028-02-29T00:00:00Z",
    ];
    let by = match next(10) {
        0..=5 => None,
        place => Some(USERS[place % 5]),
    };
    let (user, other) = (USERS[next(5)], USERS[next(5)]);
    let (group, inner) = (format!("g{}", next(3)), format!("group:g{}", next(3)));
    let rule = format!("r{}", next(3));
    let span = SPANS[next(4)];
    let viewer = if next(4) == 0 || other == user { CONTACT } else { other };
    let label = ["employee", "assistant", "external"][next(3)];
    let mut some = |of: &[&str], most: usize| {
        let mut left: Vec<&str> = of.to_vec();
        let count = next(most + 1).min(left.len());
        (0..count).map(|_| left.remove(next(left.len()))).collect::<Vec<_>>().join(" ")
    };
    let text = |key: &str, list: String| if list.is_empty() { String::new() } else { format!(" {key}: {list}") };
    let own = by.unwrap_or("a");
    let actors = some(&["a", "b", "c", "d", "e", "team:t", &inner, CONTACT, "everyone"], 3);
    let targets = match some(&["x"], 1).as_str() {
        "x" => own.to_owned(),
        _ => some(&["a", "b", "c", "team:t", &inner, CONTACT, "\"own team\"", "everyone", "oneself"], 2),
    };
    let rights = match some(&RIGHTS, 2) {
        none if none.is_empty() => RIGHTS[0].to_owned(),
        rights => rights,
    };
    let (except, except_actors) = (some(&["c", "team:t", &inner, "\"same site\""], 1), some(&["d", &inner], 1));
    let exempt = some(&["call.listen", "call.barge", "call.record"], 2);
    let line = match next(24) {
        0 => format!("add group {group}"),
        1 => format!("remove group {group}"),
        2..=4 => {
            let member = [user, "team:t", CONTACT, inner.as_str()][next(4)];
            format!("{} member group {group} {member}", ["add", "add", "remove"][next(3)])
        }
        5..=8 => {
            let lists = text("actors", actors) + &text("targets", targets) + &text("except", except);
            let dates = if next(3) == 0 { format!(" when: {span}") } else { String::new() };
            format!("add rule {rule} rights: {rights}{lists}{}{dates}", text("except_actors", except_actors))
        }
        9..=12 => {
            let part = match next(5) {
                0 => format!("rights: {rights}"),
                1 => format!("actors: {}", if actors.is_empty() { "a".into() } else { actors }),
                2 => format!("targets: {}", if targets.is_empty() { "b".into() } else { targets }),
                3 => format!("except: {}", if except.is_empty() { "c".into() } else { except }),
                _ => format!("when: {}", if next(3) == 0 { "always" } else { span }),
            };
            format!("set rule {rule} {part}")
        }
        13 => format!("remove rule {rule}"),
        14 | 15 => format!("set exempt {user} {exempt}").trim_end().into(),
        16 => format!("clear exempt {user}"),
        17 => format!("set relationship {user} {viewer} {label}"),
        18 => format!("clear relationship {user} {viewer}"),
        19 => format!("set dated_relationship {user} {viewer} {label} {span}"),
        20 => format!("clear dated_relationship {user} {viewer}"),
        21 => format!("{} member workgroup w {user}", ["add", "remove"][next(2)]),
        22 => format!("set dated_member workgroup w {user} {span}"),
        _ => match next(4) {
            0 => format!("clear dated_member workgroup w {user}"),
            1 => format!("remove user {}", ["d", "e"][next(2)]),
            _ => format!("add user {}", ["d", "e"][next(2)]),
        },
    };
    // What XPhone lets its users choose for themselves is not the matter here.
    let by = if line.starts_with("set relationship") || line.starts_with("clear relationship") { None } else { by };
    (by, line)
}

fn apply(policy: &mut Policy, directory: &mut Directory, by: Option<&str>, line: &str) -> Outcome {
    let author = match by {
        None => Author::Administrator,
        Some(user) => Author::User(directory.add_party(DomainId(0), Kind::User, user).unwrap()),
    };
    let entries = parse(line, Some("acme.example")).unwrap_or_else(|error| panic!("{line}: {error}"));
    match policy.apply(directory, Some(author), &entries) {
        Ok(_) => Done,
        Err(error) if error.kind() == ErrorKind::Refused => Refused,
        Err(_) => Wrong,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn library_and_model_agree(numbers in proptest::collection::vec(any::<u16>(), 300..3000)) {
        let mut directory = Directory::default();
        let document = Document { name: "acme.toml".into(), text: START.into() };
        let mut policy: Policy = document::load(&[document], &mut directory).unwrap();
        let mut model = Model::new();
        prop_assert_eq!(read(&policy.domains[0], &directory), model.clone());
        let (mut at, mut history) = (0, Vec::new());
        while at < numbers.len() {
            let mut next = |count: usize| {
                at += 1;
                usize::from(numbers.get(at - 1).copied().unwrap_or(0)) % count
            };
            let (by, line) = line(&mut next);
            history.push(format!("{} {line}", by.unwrap_or("-")));
            let expected = model.step(by, &line);
            let outcome = apply(&mut policy, &mut directory, by, &line);
            prop_assert_eq!(outcome, expected, "{:#?}", history);
            prop_assert_eq!(read(&policy.domains[0], &directory), model.clone(), "{:#?}", history);
        }
    }
}

/// The test above must not pass because everything fails.
#[test]
fn random_changes_are_done_refused_and_wrong_in_fair_parts() {
    let mut seed = 1u64;
    let mut next = |count: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % count
    };
    let (mut model, mut outcomes) = (Model::new(), BTreeMap::<String, [u32; 3]>::new());
    for _ in 0..20_000 {
        let (by, line) = line(&mut next);
        let verb = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        outcomes.entry(verb).or_default()[model.step(by, &line) as usize] += 1;
    }
    for verb in ["add rule", "set rule", "set exempt"] {
        let found = outcomes[verb];
        assert!(found.iter().all(|count| *count > 20), "{verb}: {found:?} done, refused, wrong");
    }
    for verb in ["add group", "remove group", "add member", "set dated_relationship", "set dated_member", "remove rule"]
    {
        let [done, refused, _] = outcomes[verb];
        assert!(done > 20 && refused > 20, "{verb}: {:?} done, refused, wrong", outcomes[verb]);
    }
    // The users of rules are known by the names of the rights that the library has.
    assert!(Right::parse("forwarding.to.international").is_some());
}
