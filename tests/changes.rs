//! The vocabulary of changes: its text, what it does to a policy, how it is taken back, and the way from one policy to another.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::policy::change::{
    Affected, Author, Change, Entry, Parameter, Shape, difference, difference_of_state,
};
use linewarden::internals::policy::change::{parse, parse_line, print};
use linewarden::internals::policy::{Domain, Policy};
use linewarden::{ErrorKind, Party, RightSet};
use linewarden_testkit::changes::{Pools, line, quoted, written};
use linewarden_testkit::{naive, random};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn load(text: &str) -> (Policy, Directory) {
    let mut names = Directory::default();
    let document = Document { name: "acme.toml".into(), text: text.into() };
    let policy = document::load(&[document], &mut names).unwrap();
    (policy, names)
}

fn example() -> (Policy, Directory) {
    load(include_str!("data/contract.toml"))
}

fn write(domain: &Domain, names: &Directory) -> String {
    let mut out = Vec::new();
    document::write(domain, names, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A document's facts without their order.
fn facts(text: &str) -> toml::Value {
    fn sorted(key: &str, value: &mut toml::Value) {
        match value {
            toml::Value::Table(table) => table.iter_mut().for_each(|(key, value)| sorted(key, value)),
            toml::Value::Array(list) if key != "lines" => {
                list.iter_mut().for_each(|value| sorted("", value));
                list.sort_by_key(|value| format!("{value:?}"));
            }
            _ => {}
        }
    }
    let mut value = toml::Value::Table(text.parse().unwrap());
    sorted("", &mut value);
    value
}

/// Everything of a domain, so that nothing can differ unseen.
fn all(domain: &Domain) -> impl PartialEq + std::fmt::Debug + use<> {
    let Domain { id, name, file, systems, users, contacts, teams, stations, .. } = domain;
    let Domain { xphone, estos, pascom, keevio, linewarden, overrides, codes, administrators, written, .. } = domain;
    let Domain { numbers, index_of, state, dated, longest_age, .. } = domain;
    let numbers: BTreeMap<_, _> = numbers.iter().map(|(number, party)| (number.clone(), *party)).collect();
    let index_of: BTreeMap<_, _> = index_of.iter().map(|(party, place)| (*party, *place)).collect();
    let people = format!("{id:?} {name} {file} {systems:?} {users:#?} {contacts:#?} {teams:#?} {stations:#?}");
    let systems = format!(
        "{xphone:?} {estos:?} {pascom:#?} {keevio:#?} {linewarden:#?} {overrides:#?} {codes:?} {administrators:#?} {written:?} {state:#?} {dated:#?} {longest_age}"
    );
    (people, systems, numbers, index_of)
}

fn entries(text: &str) -> Vec<Entry> {
    parse(text, Some("acme.example")).unwrap()
}

fn apply(policy: &mut Policy, names: &mut Directory, text: &str) -> linewarden::Result<()> {
    policy.apply(names, None, &entries(text)).map(drop)
}

/// Choices from a list of numbers.
fn chooser(numbers: &[u16]) -> impl FnMut(usize) -> usize + '_ {
    let mut at = 0;
    move |count| {
        at += 1;
        usize::from(numbers.get(at - 1).copied().unwrap_or(0)) % count
    }
}

// --- text ---

#[test]
fn every_form_is_in_the_manual_and_the_manual_has_no_other() {
    let manual = include_str!("../docs/changes.md");
    let forms: Vec<String> = Change::FORMS.iter().map(|form| form.to_string()).collect();
    let documented: Vec<String> = manual
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |").map(|(form, _)| form.replace("\\|", "|")))
        .collect();
    assert_eq!(documented, forms);
}

#[test]
fn faults_say_where_what_and_what_was_expected() {
    let wrong = |text: &str| parse(text, Some("acme.example")).unwrap_err().to_string();
    let cases = [
        ("set vpi alice yes", "1:1: unknown change `set vpi` (did you mean `set vip`?)"),
        ("\n\nset vip alice maybe", "3:15: unknown word `maybe` for `on`, expected one of `yes`, `no`"),
        ("set vip alice", "1:14: missing ON, expected `set vip USER ON`"),
        ("set vip alice yes no", "1:19: `no` after the end of the change, expected `set vip USER ON`"),
        ("set vip \"alice yes", "1:9: a quote that is never closed, expected `\"` at the end"),
        ("set vip a\"b\" yes", "1:10: a quote inside a word, expected a blank before it"),
        ("set relationship a b asistant", "1:22: unknown word `asistant` for `level` (did you mean `assistant`?)"),
        ("set grant a b rights call.pikup", "1:22: unknown right `call.pikup` (did you mean `call.pickup`?)"),
        (
            "set grant a b rights contact.name.read",
            "1:22: right `contact.name.read`, expected rights of estos' function table only",
        ),
        ("add rule r rights: pickup", "1:20: unknown right `pickup` (did you mean `call.pickup`?)"),
        (
            "add rule r rights: call.pickup lines: first",
            "1:32: `lines:` where a part of a rule begins, expected one of `rights:`, `actors:`, `targets:`, `except:`, `except_actors:`, `when:`",
        ),
        (
            "add rule r actors: a until: 2027-01-08T00:00:00Z",
            "1:22: `until:` where a part of a rule begins, expected one of `rights:`, `actors:`, `targets:`, `except:`, `except_actors:`, `when:`",
        ),
        (
            "add rule r when: \"Mo-Fr 08:00-18:00 Europe/Berlin\"",
            "1:18: WHEN: found `Mo-Fr 08:00-18:00 Europe/Berlin`, expected `always` or a span such as `../2027-01-08T00:00:00+01:00`, and hours behind it",
        ),
        ("add rule r rights: call.pikup", "1:20: unknown right `call.pikup` (did you mean `call.pickup`?)"),
        ("add rule r rights: relation.ask", "1:20: right `relation.ask`, which no rule can give"),
        ("add rule r rights: actors: a", "1:12: no rights, expected at least one"),
        ("set rule r actors: a actors: b", "1:22: `actors:` stands twice"),
        (
            "set rule r actors a",
            "1:12: `actors` where a part of a rule begins, expected one of `rights:`, `actors:`, `targets:`, `except:`, `except_actors:`, `when:`",
        ),
        ("set exempt a call.listn", "1:14: unknown word `call.listn` for `rights` (did you mean `call.listen`?)"),
        ("set administrator a site b", "1:21: unknown word `site` for `area` (did you mean `sites`?)"),
        ("set administrator a", "1:20: missing AREA, expected `set administrator USER AREA [NAMES...]`"),
        (
            "set grant a b high",
            "1:15: unknown word `high` for `level`, expected one of `blocked`, `public`, `business`, `team`, `personal`, `rights`",
        ),
        ("fly", "1:1: unknown change `fly`, expected a change as in `set vip alice yes`"),
        ("in", "1:3: missing DOMAIN, expected `in DOMAIN`"),
        ("set created a x none", "1:15: `x` for ORDER, expected a number"),
    ];
    for (text, message) in cases {
        assert_eq!(wrong(text), message, "{text}");
    }
    let message = parse("set vip alice yes", None).unwrap_err().to_string();
    assert_eq!(message, "1:1: a change without its domain, expected a line `in DOMAIN` before it");
}

#[test]
fn domains_comments_and_quotes_are_read() {
    let text = "# a comment\nin Acme.Example\nset vip alice yes # her wish\n\nin beta.example\nadd workgroup \"project acme\" employee\n";
    let entries = parse(text, None).unwrap();
    assert_eq!(entries[0].domain, "acme.example");
    assert_eq!(
        print(&entries),
        "in acme.example\nset vip alice yes\nin beta.example\nadd workgroup \"project acme\" employee\n"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 400 }))]

    /// What is printed is read again, whatever the names are.
    #[test]
    fn text_round_trips(numbers in proptest::collection::vec(any::<u16>(), 40), strange in "\\PC{0,12}|[\\x00-\\x7f]{0,8}") {
        let (policy, names) = example();
        let pools = Pools::new(&policy.domains[0], &names);
        for form in Change::FORMS {
            let mut choose = chooser(&numbers);
            let usual = written(form, &mut choose, &pools);
            let free = form.arguments.iter().any(|Parameter { name, shape, .. }| {
                *shape == Shape::One && matches!(*name, "user" | "owner" | "name" | "team" | "group" | "site" | "permission" | "of")
            });
            let mut lines = vec![usual];
            if free {
                let plain = parse_line(&lines[0]).unwrap();
                let holds = format!("{plain}");
                let words: Vec<&str> = holds.split(' ').collect();
                let at = form.verb.split(' ').count();
                let mut odd: Vec<String> = words.iter().map(|word| word.to_string()).collect();
                if words.len() > at && !holds.contains('"') {
                    odd[at] = quoted(&strange);
                    if let Ok(change) = parse_line(&odd.join(" ")) {
                        lines.push(change.to_string());
                    }
                }
            }
            for line in lines {
                let change = parse_line(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
                let text = change.to_string();
                prop_assert_eq!(parse_line(&text).unwrap(), change.clone(), "{}", text);
                prop_assert!(text.starts_with(form.verb));
                let entry = Entry { domain: "acme.example".into(), change };
                prop_assert_eq!(parse(&print(std::slice::from_ref(&entry)), None).unwrap(), vec![entry]);
            }
        }
    }
}

// --- application ---

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever is done, the policy stays one that a document could say; what fails leaves no trace, what is taken back was
    /// never there, and no answer changes that `Affected` does not name.
    #[test]
    fn policies_stay_valid_and_changes_can_be_taken_back(
        company in random::dated_companies(),
        numbers in proptest::collection::vec(any::<u16>(), 200),
    ) {
        let mut names = Directory::default();
        let mut policy = document::load(&company.documents[..1], &mut names).unwrap();
        let mut choose = chooser(&numbers);
        for _ in 0..8 {
            let pools = Pools::new(&policy.domains[0], &names);
            let lines: Vec<String> = (0..1 + choose(3)).map(|_| line(&mut choose, &pools)).collect();
            let entries = entries(&lines.join("\n"));
            let before = all(&policy.domains[0]);
            let rights_before = matrix(&policy, &names);
            match policy.apply(&mut names, None, &entries) {
                Err(error) => {
                    prop_assert_eq!(all(&policy.domains[0]), before, "{:?} failed ({}) and left a trace", lines, error);
                    continue;
                }
                Ok(done) => {
                    let rights_after = matrix(&policy, &names);
                    for (pair, rights) in &rights_after {
                        let was = rights_before.get(pair).copied().unwrap_or(RightSet::EMPTY);
                        let covered = done.affected.iter().any(|(_, affected)| covers(affected, *pair));
                        prop_assert!(was == *rights || covered, "{:?} changes {:?} {:?}", lines, pair, done.affected);
                    }
                    for pair in rights_before.keys().filter(|pair| !rights_after.contains_key(*pair)) {
                        prop_assert!(done.affected.iter().any(|(_, affected)| covers(affected, *pair)), "{:?} {:?}", lines, pair);
                    }
                    // Several changes may take each other back.
                    let different = all(&policy.domains[0]) != before;
                    prop_assert!(different || lines.len() > 1 || !done.changed(), "{:?}", lines);
                    prop_assert!(!different || done.changed(), "{:?}", lines);
                    let after = all(&policy.domains[0]);
                    policy.undo(done);
                    prop_assert_eq!(all(&policy.domains[0]), before, "{:?} taken back", lines);
                    let _ = policy.apply(&mut names, None, &entries).unwrap();
                    prop_assert_eq!(all(&policy.domains[0]), after, "{:?} made again", lines);
                }
            }
            let text = write(&policy.domains[0], &names);
            let mut fresh = Directory::default();
            let document = Document { name: "again.toml".into(), text: text.clone() };
            let again = document::load(&[document], &mut fresh);
            let again = again.map_err(|error| TestCaseError::fail(format!("{lines:?}: {error}\n{text}")))?;
            prop_assert_eq!(facts(&write(&again.domains[0], &fresh)), facts(&text));
        }
    }

    /// The difference of two policies turns one into the other, state and all; equal policies have none.
    #[test]
    fn difference_leads_from_one_policy_to_another(
        one in random::dated_companies(),
        other in random::dated_companies(),
        numbers in proptest::collection::vec(any::<u16>(), 120),
    ) {
        let mut names = Directory::default();
        let mut old = document::load(&one.documents[..1], &mut names).unwrap();
        let mut new = document::load(&other.documents[..1], &mut names).unwrap();
        let mut choose = chooser(&numbers);
        for policy in [&mut old, &mut new] {
            for _ in 0..6 {
                let line = line(&mut choose, &Pools::new(&policy.domains[0], &names));
                let _ = policy.apply(&mut names, None, &entries(&line));
            }
        }
        let (mut from, to) = (old.clone(), &new.domains[0]);
        let changes = difference(&from.domains[0], to, &names);
        let read = parse(&print(&changes), None).unwrap();
        prop_assert_eq!(&read, &changes);
        let kept = from.domains[0].state.clone();
        let done = from.apply(&mut names, None, &changes);
        prop_assert!(done.is_ok(), "{}\n{}", done.unwrap_err(), print(&changes));
        prop_assert_eq!(facts(&write(&from.domains[0], &names)), facts(&write(to, &names)));
        prop_assert!(difference(&from.domains[0], to, &names).is_empty());
        prop_assert!(from.domains[0].state.transfers.keys().all(|call| kept.transfers.contains_key(call)));

        let state = difference_of_state(&from.domains[0], to, &names);
        let done = from.apply(&mut names, None, &state);
        prop_assert!(done.is_ok(), "{}\n{}", done.unwrap_err(), print(&state));
        let mut last = to.state.clone();
        last.last_created = from.domains[0].state.last_created;
        prop_assert_eq!(&from.domains[0].state, &last);
        prop_assert!(difference_of_state(&from.domains[0], to, &names).is_empty());

        // A whole domain as changes, replayed where no party has a number yet.
        let empty = Domain::new(to.id, &to.name, "");
        let mut whole = vec![Entry { domain: to.name.clone(), change: Change::AddDomain { systems: to.systems.iter().collect() } }];
        whole.extend(difference(&empty, to, &names).into_iter().filter(|entry| !matches!(entry.change, Change::SetSystems { .. })));
        whole.extend(difference_of_state(&empty, to, &names));
        let (mut replayed, mut fresh) = (Policy::default(), Directory::default());
        let text = print(&whole);
        let done = replayed.apply(&mut fresh, None, &parse(&text, None).unwrap());
        prop_assert!(done.is_ok(), "{}\n{}", done.unwrap_err(), text);
        prop_assert_eq!(facts(&write(&replayed.domains[0], &fresh)), facts(&write(to, &names)));
    }
}

type Rights = BTreeMap<(Party, Party), RightSet>;

fn matrix(policy: &Policy, names: &Directory) -> Rights {
    let parties: Vec<Party> = policy.domains[0].parties().map(|(party, _)| party).collect();
    let pairs = parties.iter().flat_map(|actor| parties.iter().map(move |target| (*actor, *target)));
    pairs.map(|(actor, target)| ((actor, target), naive::rights(policy, names, actor, target, None))).collect()
}

fn covers(affected: &Affected, pair: (Party, Party)) -> bool {
    match affected {
        Affected::Nothing | Affected::State => false,
        Affected::Pairs(pairs) => pairs.contains(&pair),
        Affected::Parties(parties) => parties.contains(&pair.0) || parties.contains(&pair.1),
        Affected::Domain => true,
    }
}

#[test]
fn a_set_is_made_whole_or_not_at_all() {
    let (mut policy, mut names) = example();
    let before = all(&policy.domains[0]);
    let text = "add user dave 130\nset vip dave yes\nremove user alice\nset vip nobody yes\n";
    let error = apply(&mut policy, &mut names, text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unknown);
    assert_eq!(error.to_string(), "nothing is changed: change 4 `set vip nobody yes`: unknown user `nobody`");
    assert_eq!(all(&policy.domains[0]), before);
}

#[test]
fn repeating_an_import_changes_nothing() {
    let (mut policy, mut names) = example();
    let text = "import user dave 130\nadd team crew 601\nadd workgroup w employee\nadd member workgroup w dave alice\nset relationship dave alice assistant\n\
        set grant dave alice team\nset subscription dave alice granted\nadd permission p\nadd role_type p pickup.group\nset matrix xphone presence.symbol.read\n\
        set federation far.example public\nadd site moon employee employee external\nadd site_group moon crater\nset site dave moon crater\n";
    let first = policy.apply(&mut names, None, &entries(text)).unwrap();
    assert!(first.affected.iter().all(|(_, affected)| *affected != Affected::Nothing), "{first:?}");
    let second = policy.apply(&mut names, None, &entries(text)).unwrap();
    assert!(!second.changed(), "{second:?}");
}

#[test]
fn whole_domains_come_and_go() {
    let (mut policy, mut names) = (Policy::default(), Directory::default());
    let text =
        "in beta.example\nadd domain xphone\nadd user bob 10\nin acme.example\nadd domain estos\nadd user bob 10\n";
    let done = policy.apply(&mut names, Some(Author::Administrator), &parse(text, None).unwrap()).unwrap();
    assert_eq!(policy.domains.len(), 2);
    let removed = policy.apply(&mut names, None, &parse("in beta.example\nremove domain\n", None).unwrap()).unwrap();
    assert_eq!(policy.domains.len(), 1);
    policy.undo(removed);
    assert_eq!(policy.domains[0].name, "beta.example");
    policy.undo(done);
    assert!(policy.domains.is_empty());
    let error = apply(&mut policy, &mut names, "set vip bob yes").unwrap_err();
    assert_eq!(error.to_string(), "nothing is changed: unknown domain `acme.example`");
}

#[test]
fn what_documents_refuse_changes_refuse() {
    let cases = [
        ("add user 100", "login `100` is an extension of `alice`"),
        ("add user dave 100", "extension `100` is already `alice`'s"),
        ("add user dave bob", "extension `bob` is the login of another user"),
        ("add user a:b", "name of a user is `a:b`, expected a name without `/` and `:`"),
        ("add user alice 1", "`alice` is there with other extensions, expected `set lines alice ...`"),
        ("set relationship alice alice employee", "`alice` is both owner and viewer, expected two parties"),
        (
            "set relationship alice sip:x@far.example assistant",
            "`assistant` is not offered for an outside contact, expected one of `blocked`, `unknown`, `external`, `employee`",
        ),
        (
            "set relationship alice bob forwarder",
            "`forwarder` is not offered for a user, expected one of `blocked`, `unknown`, `external`, `employee`, `team_colleague`, `assistant`, `assistant_plus`",
        ),
        (
            "set authorization blocked",
            "`blocked` is not offered to the administrator, expected one of `public`, `business`, `team`, `personal`",
        ),
        (
            "set workgroup project-acme blocked",
            "`blocked` is not offered for a workgroup, expected one of `external`, `employee`, `team_colleague`, `assistant`, `assistant_plus`",
        ),
        ("set federation acme.example public", "federation with the own domain `acme.example`, expected another"),
        ("set code pickup *7", "code `*7` and `*70` for `forward_ask` begin alike"),
        (
            "set subscription sip:a@x.example sip:b@x.example granted",
            "a subscription between two outside contacts, expected a user as viewer or owner",
        ),
        ("remove site munich", "site `munich` has users, `alice` among them, expected an empty one"),
        ("set vip alcie yes", "unknown user `alcie` (did you mean `alice`?)"),
        ("set site alice muniche", "unknown site `muniche` (did you mean `munich`?)"),
        ("set matrix pascom call.pickup", "pascom has no matrix, expected `xphone` or `estos`"),
        ("pause support bob", "`bob` is no agent of `team:support`"),
        ("remove permission All", "the permission `All` cannot be removed (P1)"),
        ("set vip sip:x@far.example yes", "`sip:x@far.example` is an outside contact, expected a user"),
        ("accept bob carol", "`carol` has not asked `bob`, so there is nothing to accept"),
        ("answer bob public carol", "no inquiry of `carol` is pending with `bob`"),
        (
            "set administrative_grant alice bob blocked",
            "`blocked` is not offered to the administrator, expected one of `public`, `business`, `team`, `personal`",
        ),
        (
            "set administrative_grant alice sip:x@far.example team",
            "`sip:x@far.example` is an outside contact, expected a user",
        ),
        ("set administrative_grant alice alice team", "`alice` is both owner and viewer, expected two parties"),
        ("set administrator bob sites muniche", "unknown site `muniche` (did you mean `munich`?)"),
        ("set administrator bob workgroups front-desk", "unknown workgroup `front-desk`"),
        ("set administrator bob teams support team:support", "`team:support` stands twice"),
        ("set administrator team:support sites munich", "unknown user `team:support`"),
        ("add member group g a", "unknown group `g`"),
        ("add group g\nadd member group g group:zebra", "unknown group `zebra`"),
        (
            "add group g\nadd member group g location:x",
            "`location:x` in a group, expected users, contacts, teams and groups",
        ),
        (
            "add group g\nadd group h\nadd member group g group:h\nadd member group h alice group:g",
            "groups hold each other: `g` holds `h` holds `g`",
        ),
        (
            "add group g\nadd group h\nadd member group h group:g\nremove group g",
            "group `g` is named by group `h`, expected one that is named nowhere",
        ),
        (
            "add group g\nadd rule r rights: call.pickup except: group:g\nremove group g",
            "group `g` is named by rule `r`, expected one that is named nowhere",
        ),
        ("add rule r actors: bob", "a rule without `rights:`, expected at least one right"),
        ("add rule a:b rights: call.pickup", "name of a rule is `a:b`, expected a name without `/` and `:`"),
        ("add rule r rights: call.pickup actors: bbo", "unknown user `bbo` (did you mean `bob`?)"),
        ("add rule r rights: call.pickup actors: bob 110", "`110` stands twice"),
        ("add rule r rights: call.pickup targets: team:suport", "unknown team `suport` (did you mean `support`?)"),
        (
            "add rule r rights: call.pickup actors: \"own team\"",
            "`own team` is no word for `actors`, expected `everyone`",
        ),
        (
            "add rule r rights: call.pickup\nadd rule r rights: call.park",
            "rule `r` is there with other parts, expected `set rule `r` ...`",
        ),
        (
            "add rule cover rights: call.pickup\nset rule cvoer actors: bob",
            "unknown rule `cvoer` (did you mean `cover`?)",
        ),
        ("withdraw bob nobody", "unknown user `nobody`"),
        ("withdraw bob 110", "`bob` is both owner and viewer, expected two parties"),
        ("decline bob alice", "`bob` has granted `alice` already, expected `clear subscription`"),
    ];
    for (line, message) in cases {
        let (mut policy, mut names) = example();
        let before = all(&policy.domains[0]);
        let error = apply(&mut policy, &mut names, line).unwrap_err();
        let number = line.lines().count();
        let last = line.lines().last().unwrap_or_default();
        let place = if number > 1 { format!("change {number} `{last}`: ") } else { String::new() };
        assert_eq!(error.to_string(), format!("nothing is changed: {place}{message}"), "{line}");
        assert_eq!(all(&policy.domains[0]), before, "{line}");
    }
}

#[test]
fn parties_that_go_leave_rules_and_groups() {
    let (mut policy, mut names) = example();
    let text = "set systems linewarden\nadd group g\nadd group h\nadd member group g alice team:support sip:x@far.example group:h\n\
        add rule r rights: call.pickup actors: alice sip:x@far.example group:g targets: alice team:support except: alice \
        except_actors: sip:y@far.example\nset exempt alice call.listen";
    apply(&mut policy, &mut names, text).unwrap();
    let gone =
        "remove user alice\nremove team support\nremove contact sip:x@far.example\nremove contact sip:y@far.example";
    let done = policy.apply(&mut names, None, &entries(gone)).unwrap();
    assert!(done.affected.iter().all(|(_, affected)| *affected == Affected::Domain), "{done:?}");
    let own = &policy.domains[0].linewarden;
    assert_eq!(own.parties().count(), 0);
    assert_eq!((own.groups[0].members.groups.len(), own.rules[0].actors.groups.len()), (1, 1));
}

/// Rules stand for the agents of teams, so other agents change the rights of more pairs than agent and team.
#[test]
fn agents_dirty_the_domain_where_rules_rest_on_them() {
    let rests = ["actors: team:support", "targets: \"own team\"", "except: \"own team\"", "actors: group:g"];
    for (part, expected) in
        rests.into_iter().zip([true; 4]).chain([("actors: team:other", false), ("actors: bob", false)])
    {
        let (mut policy, mut names) = example();
        let text = "set systems linewarden pascom\nadd team other\nadd group g\nadd rule r rights: call.pickup";
        apply(&mut policy, &mut names, &format!("{text} {part}")).unwrap();
        if part.contains("group") {
            apply(&mut policy, &mut names, "add member group g team:support").unwrap();
        }
        for line in ["add member agents support carol", "remove member agents support carol"] {
            let done = policy.apply(&mut names, None, &entries(line)).unwrap();
            assert_eq!(done.affected[0].1 == Affected::Domain, expected, "{part}, {line}: {done:?}");
        }
        apply(&mut policy, &mut names, "add user new\nadd member agents support new").unwrap();
        let done = policy.apply(&mut names, None, &entries("remove user new")).unwrap();
        assert_eq!(done.affected[0].1 == Affected::Domain, expected, "{part}, remove user: {done:?}");
    }
}

/// A list reads `everyone` as all users; a user of that login is written as an address, in exports and in differences.
#[test]
fn logins_that_are_words_of_rules_keep_their_meaning() {
    for login in ["everyone", "own team"] {
        let (mut policy, mut names) = example();
        let empty = policy.domains[0].clone();
        let text = format!(
            "set systems linewarden\nadd user \"{login}\"\nadd group g\nadd member group g {address}\n\
            add rule r rights: call.pickup actors: {address} targets: {address}",
            address = format!("sip:{}@acme.example", login.replace(' ', "%20")),
        );
        apply(&mut policy, &mut names, &text).unwrap();
        let domain = &policy.domains[0];
        let user = domain.users.last().unwrap().party;
        assert_eq!(domain.linewarden.rules[0].targets.parties, [user]);
        let document = Document { name: "again.toml".into(), text: write(domain, &names) };
        let mut fresh = Directory::default();
        let again = document::load(&[document], &mut fresh).unwrap();
        assert_eq!(again.domains[0].linewarden.rules[0].targets.parties.len(), 1, "{login}");
        let changes = difference(&empty, domain, &names);
        let mut replayed = Policy { domains: vec![empty], at: None };
        let _ = replayed.apply(&mut names, None, &parse(&print(&changes), None).unwrap()).unwrap();
        assert_eq!(replayed.domains[0].linewarden.rules[0].targets.parties, [user], "{login}");
        // An owner with that login must not make a rule about all.
        let rule = entries(&format!("add rule mine rights: call.pickup actors: bob targets: \"{login}\""));
        let error = replayed.apply(&mut names, Some(Author::User(user)), &rule).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    }
}

#[test]
fn who_goes_is_named_nowhere() {
    let (mut policy, mut names) = example();
    let text = "ask alice carol\nlogout support alice\nbegin transfer c1 bob alice consulted\n\
        set administrative_grant alice bob rights note.set\nset administrative_grant carol alice team\n\
        set administrator alice sites munich\nset administrator bob teams support";
    apply(&mut policy, &mut names, text).unwrap();
    apply(&mut policy, &mut names, "remove user alice\nremove team support\nremove contact sip:bob@partner.example")
        .unwrap();
    let text = write(&policy.domains[0], &names);
    assert!(
        !text.contains("alice") && !text.contains("support") && !text.contains("partner.example\"\nlevel"),
        "{text}"
    );
    let state = &policy.domains[0].state;
    let domain = &policy.domains[0];
    assert!(domain.users.iter().all(|user| user.estos.administrative.is_empty()));
    assert!(domain.administrators.len() == 1 && domain.administrators[0].teams.is_empty());
    assert!(state.favourites.is_empty() && state.logged_out.is_empty() && state.transfers.is_empty(), "{state:?}");
    assert!(!policy.domains[0].numbers.contains_key("100") && !policy.domains[0].numbers.contains_key("600"));
    apply(&mut policy, &mut names, "add user dave 100 600").unwrap();
}

#[test]
fn users_act_in_their_own_domain_and_on_their_own_side() {
    let (mut policy, mut names) = (Policy::default(), Directory::default());
    let text = "in acme.example\nadd domain xphone estos\nadd user alice\nadd user bob\nin beta.example\nadd domain xphone estos\nadd user alice\nadd user bob\n";
    let _ = policy.apply(&mut names, None, &parse(text, None).unwrap()).unwrap();
    let alice = policy.domains[0].users[0].party;
    for (line, rule) in [
        ("in beta.example\nset relationship alice bob assistant", "users act in their own domain only"),
        ("in acme.example\nset relationship bob alice assistant", "users change their own side only (X6)"),
        ("in acme.example\nset vip alice yes", "only the administrator may `set vip`"),
        ("in acme.example\nremove domain", "only the administrator may `remove domain`"),
        ("in gamma.example\nadd domain xphone", "only the administrator may add and remove domains"),
        (
            "in acme.example\nset relationship alice bob assistant\nset users_may_grant yes",
            "change 2 `set users_may_grant yes`: only the administrator",
        ),
    ] {
        let before: Vec<_> = policy.domains.iter().map(all).collect();
        let error = policy.apply(&mut names, Some(Author::User(alice)), &parse(line, None).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{line}: {error}");
        assert!(error.message().contains(rule), "{line}: {error}");
        assert!(before == policy.domains.iter().map(all).collect::<Vec<_>>(), "{line} left a trace");
    }
    let own = parse("in acme.example\nset relationship alice bob assistant", None).unwrap();
    assert!(policy.apply(&mut names, Some(Author::User(alice)), &own).unwrap().changed());
}
