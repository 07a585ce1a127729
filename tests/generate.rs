//! A made-up company says the same as facts and as a document, and the same seed always says the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::policy::{Domain, Policy};
use linewarden::internals::rule::Side;
use linewarden::internals::system::estos::Grant;
use linewarden::internals::system::{System, Systems};
use linewarden::{Kind, Party};
use linewarden_testkit::generate::{self, Options};
use std::collections::BTreeSet;

fn options(users: u32, systems: &[System]) -> Options {
    Options { users, systems: systems.iter().copied().collect(), ..Options::default() }
}

fn text(options: &Options) -> String {
    let mut text = Vec::new();
    generate::write(options, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// Every fact of a domain as a sentence, parties by name: what order and numbers they came in does not count.
fn facts(domain: &Domain, directory: &Directory) -> BTreeSet<String> {
    let name = |party: Party| directory.text(party);
    let names = |parties: &[Party]| parties.iter().map(|party| name(*party)).collect::<BTreeSet<_>>();
    let grant = |grant: Grant| match grant {
        Grant::Level(level) => level.word().to_owned(),
        Grant::Rights(rights) => rights.names().join("+"),
    };
    let mut facts = BTreeSet::new();
    let mut say = |fact: String| assert!(facts.insert(fact.clone()), "said twice: {fact}");
    say(format!("{} runs {:?} with {:?}", domain.name, domain.systems, domain.codes));
    let number = |line: &String| (line.clone(), domain.numbers.get(line.as_str()).map(|party| name(*party)));
    for user in &domain.users {
        let who = name(user.party);
        assert_eq!(domain.kind(user.party), Some(Kind::User));
        say(format!("user {who} has {:?}", user.lines.iter().map(number).collect::<Vec<_>>()));
        let site = user.xphone.site.map(|site| &domain.xphone.sites[usize::from(site)]);
        let group = user.xphone.group.map(|group| &site.unwrap().groups[usize::from(group)].name);
        let (vip, assistant) = (user.xphone.vip, user.xphone.assistant);
        say(format!("user {who} is at {:?} in {group:?}, {vip} {assistant}", site.map(|site| &site.name)));
        say(format!("user {who} releases {:?}, is of {:?}", user.estos.release, user.keevio));
        for setting in &user.xphone.settings {
            say(format!("{} is {:?} for {who}", name(setting.viewer), setting.label));
        }
        for own in &user.estos.grants {
            say(format!("{} has {} from {who}", name(own.viewer), grant(own.grant)));
        }
        for entry in &user.estos.administrative {
            say(format!("{} has {} over {who} from the administrator", name(entry.viewer), grant(entry.grant)));
        }
        say(format!("user {who} keeps {:?} private", user.estos.private_lines));
    }
    for contact in &domain.contacts {
        say(format!("contact {} at {}", name(contact.party), contact.host));
    }
    for team in &domain.teams {
        let lines: Vec<_> = team.lines.iter().map(number).collect();
        let notification = team.pickup_notification;
        say(format!("team {} {lines:?} {:?} {notification:?}", name(team.party), names(&team.agents)));
    }
    for station in &domain.stations {
        say(format!("{:?} {}", station.kind, name(station.party)));
    }
    for site in &domain.xphone.sites {
        say(format!("site {} {:?}", site.name, site.defaults));
        for group in &site.groups {
            let labels = (group.same_site, group.other_sites, group.outside, group.agreement);
            say(format!("group {} of {} {labels:?}", group.name, site.name));
        }
    }
    for group in &domain.xphone.workgroups {
        say(format!("workgroup {} {:?} {:?}", group.name, group.label, names(&group.members)));
    }
    for group in &domain.xphone.monitoring_groups {
        let sides = [Side::Observers, Side::Members];
        let labels: Vec<_> = sides.iter().flat_map(|from| sides.map(|to| group.label(*from, to))).collect();
        let (observers, members) = (names(&group.observers), names(&group.members));
        say(format!("monitoring group {} {labels:?} {observers:?} {members:?}", group.name));
    }
    say(format!("global {:?} {}", domain.estos.global.map(grant), domain.estos.users_may_grant));
    for group in &domain.estos.groups {
        let (members, leaders) = (names(&group.members), names(&group.leaders));
        let grants = (group.grant.map(grant), group.leader_grant.map(grant), group.active);
        say(format!("authorization group {} {grants:?} {members:?} {leaders:?}", group.name));
    }
    for (pattern, entry) in &domain.estos.federation {
        say(format!("federation {pattern} {:?}", entry.maximum));
    }
    say(format!("numbers shown {}", domain.pascom.show_numbers));
    for permission in &domain.pascom.permissions {
        let lists = Kind::ALL.map(|kind| names(permission.manual(kind)));
        say(format!("permission {} {:?} {:?} {lists:?}", permission.name, permission.types, permission.automatic));
    }
    for user in domain.users.iter().filter(|user| !user.linewarden.exempt.is_empty()) {
        say(format!("user {} is exempt from {:?}", name(user.party), user.linewarden.exempt.names()));
    }
    for group in &domain.linewarden.groups {
        say(format!("group {} {:?} {:?}", group.name, names(&group.members.parties), group.members.groups));
    }
    for rule in &domain.linewarden.rules {
        let lists = rule.lists().map(|(key, list)| (key, names(&list.parties), list.groups.clone(), list.words));
        say(format!("rule {} {:?} {lists:?} {:?}", rule.name, rule.rights.names(), rule.when));
    }
    say(format!("new users {:?}, realm {}", domain.keevio.new_users, domain.keevio.realm));
    for ((viewer, owner), subscription) in &domain.keevio.subscriptions {
        say(format!("{} of {} is {:?}", name(*viewer), name(*owner), subscription.state));
    }
    facts
}

fn only(policy: &Policy) -> &Domain {
    assert_eq!(policy.domains.len(), 1);
    &policy.domains[0]
}

fn same_as_facts_and_as_text(options: &Options) {
    let mut directory = Directory::default();
    let built = generate::policy(options, &mut directory).unwrap();
    let built = facts(only(&built), &directory);
    let mut directory = Directory::default();
    let document = Document { name: "made-up.toml".into(), text: text(options) };
    let loaded = document::load(&[document], &mut directory).unwrap();
    let loaded = facts(only(&loaded), &directory);
    let differing: Vec<_> = built.symmetric_difference(&loaded).take(6).collect();
    assert!(differing.is_empty(), "{differing:#?}");
}

#[test]
fn facts_and_text_of_all_systems_together_agree() {
    same_as_facts_and_as_text(&options(300, &System::ALL));
    same_as_facts_and_as_text(&options(60, &System::ALL));
}

#[test]
fn facts_and_text_of_each_system_agree() {
    for system in System::ALL {
        same_as_facts_and_as_text(&options(300, &[system]));
    }
}

#[test]
fn smallest_companies_load() {
    for users in [0, 1, 2, 3, 21] {
        same_as_facts_and_as_text(&options(users, &System::ALL));
    }
}

#[test]
fn same_seed_same_company() {
    let one = options(300, &System::ALL);
    let other = Options { seed: 2, ..one.clone() };
    assert_eq!(text(&one), text(&one));
    assert_ne!(text(&one), text(&other));
}

#[test]
fn numbers_already_given_do_not_disturb() {
    let options = options(120, &System::ALL);
    let mut fresh = Directory::default();
    let expected = generate::policy(&options, &mut fresh).unwrap();
    let mut used = Directory::default();
    let domain = used.add_domain(&options.domain).unwrap();
    // The last user was known before all others, so numbers and places do not run in parallel.
    let last = expected.domains[0].users.last().unwrap().party;
    used.add_party(domain, Kind::User, &fresh.text(last)).unwrap();
    let found = generate::policy(&options, &mut used).unwrap();
    assert_eq!(facts(only(&found), &used), facts(only(&expected), &fresh));
    for user in &found.domains[0].users {
        assert!(user.xphone.settings.is_sorted_by(|a, b| a.viewer < b.viewer));
        assert!(user.estos.grants.is_sorted_by(|a, b| a.viewer < b.viewer));
        assert!(user.estos.administrative.is_sorted_by(|a, b| a.viewer < b.viewer));
    }
}

#[test]
fn entries_are_of_the_size_that_was_asked_for() {
    let mut directory = Directory::default();
    let policy = generate::policy(&options(5000, &System::ALL), &mut directory).unwrap();
    let domain = only(&policy);
    let settings: usize = domain.users.iter().map(|user| user.xphone.settings.len()).sum();
    let grants: usize = domain.users.iter().map(|user| user.estos.grants.len()).sum();
    assert!((85_000..115_000).contains(&settings) && (85_000..115_000).contains(&grants), "{settings} {grants}");
    assert_eq!((domain.users.len(), domain.contacts.len()), (5000, 250));
    let administrative: usize = domain.users.iter().map(|user| user.estos.administrative.len()).sum();
    let private = domain.users.iter().filter(|user| !user.estos.private_lines.is_empty()).count();
    assert!((500..800).contains(&administrative) && (200..400).contains(&private), "{administrative} {private}");
    let rules = &domain.linewarden.rules;
    let dated = rules.iter().filter(|rule| !rule.when.is_always()).count();
    assert!((100..250).contains(&dated) && rules.len() > dated + 10, "{dated} of {} rules", rules.len());
    let exempt = domain.users.iter().filter(|user| !user.linewarden.exempt.is_empty()).count();
    assert!((20..100).contains(&exempt), "{exempt}");
    let with_oneself = |user: &&linewarden::internals::policy::User| user.xphone.setting(user.party).is_some();
    assert_eq!(domain.users.iter().filter(with_oneself).count(), 0);
}

#[test]
fn too_large_a_company_is_refused() {
    let options = Options { users: Options::MAX_USERS + 1, systems: Systems::default(), ..Options::default() };
    assert!(generate::policy(&options, &mut Directory::default()).is_err());
    assert!(generate::write(&options, &mut Vec::new()).is_err());
}
