//! Images brought up to date word by word against images compiled anew: random companies, random changes, one set after
//! another on the same words. After each set every pair's rights, every name and every address from outside must be the same
//! as in a new image, and each party whose answers changed must be among those that the patch names.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::engine::Reason;
use linewarden::internals::heard;
use linewarden::internals::image::compile::patch::{Invalidate, MAX_WORDS, update};
use linewarden::internals::image::compile::{Origins, origins};
use linewarden::internals::image::{
    Image, Resolved, heard_word,
    publish::{self, published::Published},
};
use linewarden::internals::policy::change::{Change, Entry, parse};
use linewarden::internals::policy::{Domain, Policy};
use linewarden::internals::system::System;
use linewarden::internals::system::keevio::State;
use linewarden::internals::system::xphone::TransferRole;
use linewarden::{DomainId, Engine, Kind, Party, Right, RightSet};
use linewarden_testkit::changes::{Pools, line, written};
use linewarden_testkit::generate::{self, Options};
use linewarden_testkit::naive;
use linewarden_testkit::random::company;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

const ROLES: [Option<TransferRole>; 3] = [None, Some(TransferRole::Consulted), Some(TransferRole::Transferring)];
/// Numbers left for parties to come, so that images last for a while.
const ROOM: u32 = 40;

/// The words of an image compiled from the policy.
fn compiled(policy: &Policy, names: &Directory, revision: u64) -> Vec<AtomicU64> {
    let published = Published::private().unwrap();
    let (prepared, _) = publish::prepare(&published, policy, names, ROOM, revision).unwrap();
    published.amend(&prepared, heard_word(heard::ALWAYS));
    published.publish(prepared, || ());
    published.read(|image| {
        let used = image.used_words() as usize;
        (0..used).map(|place| AtomicU64::new(image.word(place))).collect()
    })
}

/// How often a change was written into the image, and how often the image had to be compiled.
#[derive(Clone, Copy, Default)]
struct Count {
    patched: u32,
    compiled: u32,
}

struct World {
    policy: Policy,
    names: Directory,
    origins: Origins,
    words: Vec<AtomicU64>,
    revision: u64,
    /// Every text that ever named a party, by domain.
    texts: BTreeSet<(u16, String)>,
    rights: BTreeMap<(Party, Party), RightSet>,
}

impl World {
    fn new(documents: &[Document]) -> World {
        let mut names = Directory::default();
        let policy = document::load(documents, &mut names).unwrap();
        World::of(policy, names)
    }

    fn of(policy: Policy, names: Directory) -> World {
        let words = compiled(&policy, &names, 1);
        let (texts, rights) = (BTreeSet::new(), BTreeMap::new());
        let origins = origins(&policy, &names);
        let mut world = World { policy, names, origins, words, revision: 1, texts, rights };
        world.rights = world.all_rights(Image::new(&world.words));
        world
    }

    fn all_rights(&self, image: Image<'_>) -> BTreeMap<(Party, Party), RightSet> {
        let parties = || (1..=self.names.last_party().0).map(Party);
        let pairs = parties().flat_map(|actor| parties().map(move |target| (actor, target)));
        pairs.map(|(actor, target)| ((actor, target), image.rights(actor, target, None))).collect()
    }

    /// Makes changes, brings the image up to date and compares. `None` when they cannot be made; else whether the image was
    /// patched.
    fn step(&mut self, entries: &[Entry]) -> Option<bool> {
        let mut names = self.names.clone();
        let done = self.policy.apply(&mut names, None, entries).ok()?;
        self.names = names;
        self.revision += 1;
        let printed =
            || entries.iter().map(|entry| format!("{}: {}\n", entry.domain, entry.change)).collect::<String>();
        let image = Image::new(&self.words);
        let patch = update(&image, &self.policy, (&self.names, &self.origins), &done.dirty, self.revision);
        let fresh = compiled(&self.policy, &self.names, self.revision);
        let patched = patch.is_some();
        match &patch {
            Some(patch) => {
                assert!(patch.words.len() <= MAX_WORDS + 1, "{}", printed());
                assert!(patch.words.is_sorted_by(|one, other| one.0 < other.0), "{}", printed());
                for (offset, word) in &patch.words {
                    self.words[*offset as usize].store(*word, Ordering::Relaxed);
                }
            }
            None => self.words = compiled(&self.policy, &self.names, self.revision),
        }
        self.origins = origins(&self.policy, &self.names);
        assert_eq!(
            Image::new(&self.words).keys(),
            self.origins.fingerprint(),
            "where keys come from, after\n{}",
            printed()
        );
        self.collect_texts();
        let (image, fresh) = (Image::new(&self.words), Image::new(&fresh));
        assert_eq!(image.revision(), self.revision);
        let after = self.all_rights(image);
        for (pair, rights) in &after {
            let expected = fresh.rights(pair.0, pair.1, None);
            let texts = || (self.names.text(pair.0), self.names.text(pair.1));
            assert_eq!(*rights, expected, "{:?} {pair:?} after\n{}", texts(), printed());
            for role in &ROLES[1..] {
                let (found, expected) = (image.rights(pair.0, pair.1, *role), fresh.rights(pair.0, pair.1, *role));
                assert_eq!(found, expected, "{:?} {role:?} after\n{}", texts(), printed());
            }
            if let Some(patch) = &patch
                && self.rights.get(pair).copied().unwrap_or(RightSet::EMPTY) != *rights
            {
                let invalidated = match &patch.invalidate {
                    Invalidate::Nothing => false,
                    Invalidate::Parties(parties) => parties.contains(&pair.0) || parties.contains(&pair.1),
                    Invalidate::All => true,
                };
                assert!(invalidated, "{:?} changed but {:?} after\n{}", texts(), patch.invalidate, printed());
            }
        }
        self.same_names(&image, &fresh, &printed());
        self.rights = after;
        Some(patched)
    }

    fn collect_texts(&mut self) {
        for domain in &self.policy.domains {
            for (party, kind) in domain.parties() {
                self.texts.insert((domain.id.0, self.names.text(party)));
                if kind == Kind::User {
                    self.texts.insert((domain.id.0, format!("sip:{}@{}", self.names.text(party), domain.name)));
                }
            }
            self.texts.extend(domain.numbers.keys().map(|number| (domain.id.0, number.to_string())));
        }
    }

    fn same_names(&self, image: &Image<'_>, fresh: &Image<'_>, printed: &str) {
        for (domain, text) in &self.texts {
            let domain = DomainId(*domain);
            assert_eq!(image.find(domain, text), fresh.find(domain, text), "{text} of {domain:?} after\n{printed}");
            let of = self.policy.domain(domain);
            let whose = of.and_then(|of| Some((of, *of.numbers.get(text.as_str())?)));
            let extension = whose.map(|(of, party)| (party, of.line_of(party, text)));
            assert_eq!(
                fresh.extension(domain, text),
                extension,
                "{text} of {domain:?} in a new image after\n{printed}"
            );
            assert_eq!(image.extension(domain, text), extension, "{text} of {domain:?} after\n{printed}");
        }
        let domains: Vec<_> = self.policy.domains.iter().map(|domain| (domain.id, domain.name.clone())).collect();
        assert_eq!((image.domains(), fresh.domains()), (domains.clone(), domains), "after\n{printed}");
        for domain in &self.policy.domains {
            let mut parties: Vec<Party> = domain.parties().map(|(party, _)| party).collect();
            parties.sort_unstable();
            assert_eq!(image.parties(domain.id).collect::<Vec<_>>(), parties, "of {} after\n{printed}", domain.name);
            assert_eq!(image.codes(domain.id), domain.codes, "of {} after\n{printed}", domain.name);
            let locations = domain.stations.iter().filter(|station| station.kind == Kind::Location);
            let locations: BTreeSet<Party> = locations.map(|place| place.party).collect();
            let listed = image.locations(domain.id);
            assert_eq!(listed.len(), locations.len(), "of {} after\n{printed}", domain.name);
            assert_eq!(BTreeSet::from_iter(listed), locations, "of {} after\n{printed}", domain.name);
        }
        for party in (1..=self.names.last_party().0).map(Party) {
            let named = self.names.named(party).map(|named| (named.domain, self.names.text(party)));
            assert_eq!(fresh.named(party), named, "in a new image after\n{printed}");
            assert_eq!(image.named(party), named, "after\n{printed}");
            assert_eq!(image.party(party), fresh.party(party), "{} after\n{printed}", self.names.text(party));
            for domain in &self.policy.domains {
                let (outside, known) = (Resolved::Unlisted(domain.id), Resolved::Party(party));
                for role in ROLES {
                    let of = |image: &Image<'_>| image.between(outside, known, role, &mut ());
                    assert_eq!(of(image), of(fresh), "{printed}");
                }
                let to = |image: &Image<'_>| image.between(known, outside, None, &mut ());
                assert_eq!(to(image), to(fresh), "{printed}");
            }
        }
    }

    /// The image against the naive evaluator, which knows neither images nor patches.
    fn same_as_naive(&self) {
        let lives = |party: &Party| self.policy.domains.iter().any(|domain| domain.kind(*party).is_some());
        for ((actor, target), rights) in self.rights.iter().filter(|((one, other), _)| lives(one) && lives(other)) {
            let expected = naive::rights(&self.policy, &self.names, *actor, *target, None);
            let texts = (self.names.text(*actor), self.names.text(*target));
            assert_eq!(*rights, expected, "{texts:?}");
        }
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }
}

/// The kind of a change: its verb, and for lists which list.
fn kind(entry: &Entry) -> String {
    let text = entry.change.to_string();
    let words: Vec<&str> = text.split(' ').collect();
    let single = ["ask", "withdraw", "answer", "reject", "delete", "decline", "login", "logout", "pause", "resume"];
    let single = single.into_iter().chain(["subscribe", "accept", "request", "confirm"]);
    let count = match words[1] {
        _ if single.into_iter().any(|verb| verb == words[0]) => 1,
        "member" => 3,
        _ => 2,
    };
    words[..count.min(words.len())].join(" ")
}

/// Changes that must be written into the image at least once.
const IN_PLACE: &[&str] = &[
    "set relationship",
    "clear relationship",
    "reset relationships",
    "begin transfer",
    "end transfer",
    "set grant",
    "clear grant",
    "set administrative_grant",
    "clear administrative_grant",
    "set exempt",
    "clear exempt",
    "ask",
    "withdraw",
    "decline",
    "answer",
    "reject",
    "delete",
    "subscribe",
    "accept",
    "request",
    "confirm",
    "set subscription",
    "clear subscription",
    "set site",
    "clear site",
    "set vip",
    "set assistant",
    "set release",
    "set company",
    "clear company",
    "set container",
    "clear container",
    "set lines",
    "add user",
    "import user",
    "remove user",
    "add contact",
    "remove contact",
    "add team",
    "remove team",
    "add location",
    "remove location",
    "add device",
    "remove device",
    "add member workgroup",
    "remove member workgroup",
    "add member observers",
    "remove member observers",
    "add member monitored",
    "remove member monitored",
    "add member authorization_group",
    "remove member authorization_group",
    "add member leaders",
    "remove member leaders",
    "add member permission",
    "remove member permission",
    "add member agents",
    "remove member agents",
    "set inquiry",
    "add favourite",
    "logout",
    "login",
    "pause",
    "resume",
    "set agreement",
    "set new_users",
    "set code",
    "set notification",
    "add site_group",
    "set consent",
    "set created",
    "add workgroup",
    "remove workgroup",
    "set workgroup",
    "add monitoring_group",
    "remove monitoring_group",
    "set monitoring_group",
    "set authorization",
    "clear authorization",
    "set users_may_grant",
    "set active",
    "set group_grant",
    "clear group_grant",
    "set leader_grant",
    "clear leader_grant",
    "add permission",
    "remove permission",
    "set automatic",
    "set show_numbers",
    "add role_type",
    "remove role_type",
    "add rule",
    "set rule",
    "remove rule",
    "add group",
    "remove group",
    "add site",
];

/// Changes that chance alone makes too seldom.
const OFTEN: &[&str] = &[
    "add member",
    "add member",
    "remove member",
    "add user",
    "import user",
    "set site",
    "login",
    "logout",
    "pause",
    "resume",
];

/// A change between domains: an address of one of them becomes known in another, gets something there, and goes.
fn across(choose: &mut dyn FnMut(usize) -> usize, policy: &Policy, names: &Directory, at: usize) -> Option<String> {
    let there = &policy.domains[(at + 1 + choose(policy.domains.len() - 1)) % policy.domains.len()];
    let user = match there.users.len() {
        0 => "nobody".to_string(),
        count => names.text(there.users[choose(count + 1) % count].party),
    };
    let address = format!("sip:{user}@{}", there.name);
    let owners = &policy.domains[at].users;
    let owner = names.text(owners.get(choose(owners.len().max(1)))?.party);
    Some(match choose(5) {
        0 => format!("add contact {address}"),
        1 => format!("remove contact {address}"),
        2 => format!("set grant {owner} {address} team"),
        3 => format!("begin transfer call-1 {address} {owner} transferring"),
        _ => format!("set relationship {owner} {address} employee"),
    })
}

/// A change that follows from what is pending, or takes a party off a list, which chance alone seldom finds.
fn following(choose: &mut dyn FnMut(usize) -> usize, domain: &Domain, names: &Directory) -> Option<String> {
    let text = |party: Party| names.text(party);
    let pending = domain.keevio.subscriptions.iter().filter(|(_, held)| held.state == State::Pending);
    let pending: Vec<_> = pending.map(|((viewer, owner), _)| (text(*owner), text(*viewer))).collect();
    let inquiries: Vec<_> =
        domain.state.inquiries.iter().map(|(owner, asking)| (text(*owner), text(*asking))).collect();
    let which = choose(8);
    let given = domain.users.iter().find_map(|user| Some((user.party, user.estos.administrative.first()?.viewer)));
    let mut any = |pairs: &[(String, String)]| pairs.get(choose(pairs.len().max(1))).cloned();
    Some(match which {
        0 => any(&pending).map(|(owner, viewer)| format!("accept {owner} {viewer}"))?,
        1 => any(&pending).map(|(owner, viewer)| format!("confirm {owner} {viewer}"))?,
        2 => any(&inquiries).map(|(owner, asking)| format!("answer {owner} team {asking}"))?,
        3 => any(&inquiries).map(|(owner, asking)| format!("reject {owner} {asking}"))?,
        4 => any(&inquiries).map(|(owner, asking)| format!("withdraw {asking} {owner}"))?,
        5 => any(&pending).map(|(owner, viewer)| format!("decline {owner} {viewer}"))?,
        6 => given.map(|(owner, viewer)| format!("clear administrative_grant {} {}", text(owner), text(viewer)))?,
        _ => {
            let group = domain.estos.groups.iter().find(|group| !group.leaders.is_empty())?;
            format!("remove member leaders {:?} {}", group.name, text(group.leaders[0]))
        }
    })
}

/// Whether a line is of a kind that is compiled anew: few of those, so that patches lie upon patches.
fn is_whole(line: &str) -> bool {
    let verbs = [
        "set systems",
        "set longest_age",
        "set matrix",
        "clear matrix",
        "remove site ",
        "set realm",
        "federation",
        "destinations",
    ];
    verbs.iter().any(|verb| line.contains(verb))
}

#[test]
fn patched_images_answer_like_compiled_ones() {
    let mut random = Random(0x1234_5678);
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    let (mut steps, mut longest, mut aliases) = (0, 0, 0);
    for _ in 0..120 {
        let numbers: Vec<u16> = (0..600).map(|_| random.below(1 << 16) as u16).collect();
        let mut world = World::new(&company(&numbers).documents);
        let mut patched_on = 0;
        for round in 0..150 {
            let at = random.below(world.policy.domains.len());
            let mut text = String::new();
            let mut wanted = if random.below(6) == 0 { 2 + random.below(3) } else { 1 };
            let rare = random.below(12) == 0;
            let pools = Pools::new(&world.policy.domains[at], &world.names);
            let mut choose = |count: usize| random.below(count);
            for _ in 0..40 {
                let line = match choose(16) {
                    0 | 1 if world.policy.domains.len() > 1 => {
                        across(&mut choose, &world.policy, &world.names, at).unwrap_or_default()
                    }
                    2 => following(&mut choose, &world.policy.domains[at], &world.names).unwrap_or_default(),
                    3..=6 => {
                        let verb = OFTEN[choose(OFTEN.len())];
                        let form = Change::FORMS.iter().find(|form| form.verb == verb).unwrap();
                        written(form, &mut choose, &pools)
                    }
                    _ => line(&mut choose, &pools),
                };
                // Companies are to grow, not to shrink.
                if line.starts_with("remove user") && choose(3) != 0 {
                    continue;
                }
                if (!is_whole(&line) || rare) && parse(&line, Some(&world.policy.domains[at].name)).is_ok() {
                    text += &line;
                    text.push('\n');
                    wanted -= 1;
                }
                if wanted == 0 {
                    break;
                }
            }
            let entries = parse(&text, Some(&world.policy.domains[at].name)).unwrap();
            let Some(patched) = world.step(&entries) else { continue };
            steps += 1;
            patched_on = if patched { patched_on + 1 } else { 0 };
            longest = longest.max(patched_on);
            aliases += u32::from(patched && text.contains("@") && world.policy.domains.len() > 1);
            if let [entry] = &entries[..] {
                let count = counts.entry(kind(entry)).or_default();
                if patched { count.patched += 1 } else { count.compiled += 1 }
            }
            if round % 30 == 29 {
                world.same_as_naive();
            }
        }
    }
    for (kind, count) in &counts {
        println!("{kind:36} patched {:5}  compiled {:5}", count.patched, count.compiled);
    }
    println!("{steps} sets of changes, at most {longest} patches one upon another, {aliases} across domains");
    let never: Vec<_> =
        IN_PLACE.iter().filter(|kind| counts.get(**kind).is_none_or(|count| count.patched == 0)).collect();
    assert!(never.is_empty(), "never written in place: {never:?}");
    assert!(steps > 1500 && longest > 20 && aliases > 20);
}

/// A company of one domain that was made up.
fn generated(users: u32, systems: &[System]) -> World {
    let options = Options { users, seed: 3, systems: systems.iter().copied().collect(), ..Options::default() };
    let mut names = Directory::default();
    let policy = generate::policy(&options, &mut names).unwrap();
    World::of(policy, names)
}

impl World {
    fn text(&mut self, text: &str) -> Option<bool> {
        let entries = parse(text, Some(&self.policy.domains[0].name)).unwrap();
        self.step(&entries)
    }

    /// Changes that must be written in place.
    fn patched(&mut self, text: &str) {
        assert_eq!(self.text(text), Some(true), "{text}");
    }

    fn user(&self, at: usize) -> String {
        self.names.text(self.policy.domains[0].users[at].party)
    }

    fn party(&self, name: &str) -> Party {
        self.names.party(self.policy.domains[0].id, Kind::User, name).unwrap()
    }
}

#[test]
fn made_up_companies_of_every_system() {
    let mut patched = 0;
    for systems in [&[System::Xphone][..], &[System::Estos], &[System::Pascom], &[System::Keevio], &System::ALL] {
        let mut world = generated(40, systems);
        let mut random = Random(99);
        for _ in 0..25 {
            let pools = Pools::new(&world.policy.domains[0], &world.names);
            let line = line(&mut |count| random.below(count), &pools);
            if !is_whole(&line) && parse(&line, Some("company.example")).is_ok() {
                patched += u32::from(world.text(&line) == Some(true));
            }
        }
        world.same_as_naive();
    }
    assert!(patched > 20, "{patched}");
}

#[test]
fn many_groups_find_room_elsewhere() {
    let mut world = generated(30, &[System::Xphone]);
    let groups: Vec<String> = (0..14).map(|group| format!("group {group}")).collect();
    let made: String = groups.iter().map(|group| format!("add workgroup \"{group}\" assistant\n")).collect();
    assert_eq!(world.text(&made), Some(false));
    let (one, other) = (world.user(0), world.user(1));
    world.patched(&format!("add member workgroup \"group 13\" {other}"));
    for group in &groups {
        world.patched(&format!("add member workgroup \"{group}\" {one}"));
    }
    world.patched(&format!("set vip {one} yes\nset vip {one} no"));
    for group in &groups {
        world.patched(&format!("remove member workgroup \"{group}\" {one}"));
    }
}

#[test]
fn a_new_party_of_an_old_name_has_nothing_of_the_old_one() {
    let mut world = generated(12, &System::ALL);
    let (one, other) = (world.user(0), world.user(1));
    let far = "sip:zoe@far.example";
    world.patched(&format!(
        "set relationship {one} {other} assistant\nset relationship {other} {one} assistant_plus\nset grant {one} {far} team\n\
         set relationship {one} {far} employee\nset subscription {far} {one} granted\nbegin transfer c {one} {other} consulted"
    ));
    let party = world.party(&other);
    world.patched(&format!("remove user {other}"));
    world.patched(&format!("import user {other} 4711"));
    assert_eq!(world.party(&other), party, "the number stays");
    world.patched(&format!("remove contact {far}"));
    world.patched(&format!("add contact {far}"));
    // In one set: what was said before the removal does not count, what is said after it does.
    world.patched(&format!(
        "set relationship {one} {other} blocked\nremove user {other}\nadd user {other} 4711 4712\nset vip {other} yes"
    ));
    world.patched(&format!("remove user {other}\nimport user {other}\nset relationship {one} {other} employee"));
}

#[test]
fn extensions_and_names_stay_right() {
    let mut world = generated(12, &System::ALL);
    let (one, other) = (world.user(0), world.user(1));
    let party = world.party(&one);
    let domain = world.policy.domains[0].id;
    let line = |world: &World, text: &str| Image::new(&world.words).extension(domain, text);
    world.patched(&format!("set lines {one} 4711 4712 4713 4714"));
    assert_eq!(line(&world, "4714"), Some((party, 3)));
    // None of them is given or freed: only their order is another one.
    world.patched(&format!("set lines {one} 4714 4711 4713 4712"));
    assert_eq!((line(&world, "4714"), line(&world, "4711"), line(&world, "4712")), {
        (Some((party, 1)), Some((party, 2)), Some((party, 3)))
    });
    world.patched(&format!("set lines {one} 4711 {one}"));
    assert_eq!(line(&world, &one), Some((party, 2)), "a login that is an extension too");
    world.patched(&format!("set lines {one} 4711"));
    assert_eq!(line(&world, &one), None, "a login is no extension");
    world.patched("add team night 4799\nadd user brief 4788\nremove user brief");
    let team = world.names.party(domain, Kind::Team, "night").unwrap();
    assert_eq!((line(&world, "4799"), line(&world, "team:night"), line(&world, "4788")), (Some((team, 0)), None, None));
    world.patched(&format!("remove user {other}"));
    let gone = world.names.party(domain, Kind::User, &other).unwrap();
    assert_eq!(Image::new(&world.words).named(gone), Some((domain, other)), "a number keeps its name");
    assert_eq!(Image::new(&world.words).named(Party(5000)), None);
}

#[test]
fn single_rights_by_the_administrator_are_patched_in_both_directions() {
    let mut world = generated(12, &[System::Estos]);
    let may_change = |pair: &&(Party, Party)| world.rights[*pair].has(Right::RELATION_CHANGE);
    let lacks = |(owner, viewer): &(Party, Party)| !world.rights[&(*viewer, *owner)].has(Right::NOTE_SET);
    let users: BTreeSet<Party> = world.policy.domains[0].users.iter().map(|user| user.party).collect();
    let pairs = world.rights.keys().filter(|(one, other)| users.contains(one) && users.contains(other));
    let (owner, viewer) = *pairs.filter(may_change).find(|pair| lacks(pair)).unwrap();
    let (o, v) = (world.names.text(owner), world.names.text(viewer));
    world.text(&format!("clear grant {o} {v}\nclear grant {v} {o}"));
    let before = (world.rights[&(viewer, owner)], world.rights[&(owner, viewer)]);
    world.patched(&format!("set administrative_grant {o} {v} rights note.set"));
    assert!(world.rights[&(viewer, owner)].has(Right::NOTE_SET));
    assert!(!world.rights[&(owner, viewer)].has(Right::RELATION_CHANGE));
    // Beside an own grant, which comes and goes.
    world.patched(&format!("set grant {o} {v} personal"));
    world.patched(&format!("clear grant {o} {v}\nset grant {v} {o} team"));
    assert!(world.rights[&(viewer, owner)].has(Right::NOTE_SET));
    assert!(!world.rights[&(owner, viewer)].has(Right::RELATION_CHANGE));
    world.patched(&format!("clear grant {v} {o}\nset administrative_grant {o} {v} public"));
    assert!(world.rights[&(owner, viewer)].has(Right::RELATION_CHANGE));
    world.patched(&format!("clear administrative_grant {o} {v}"));
    assert_eq!((world.rights[&(viewer, owner)], world.rights[&(owner, viewer)]), before);
    // Whichever of the two goes takes the entry along.
    for gone in [&o, &v] {
        world.patched(&format!("set administrative_grant {o} {v} rights note.set"));
        world.patched(&format!("remove user {gone}\nimport user {gone}"));
        assert!(!world.rights[&(viewer, owner)].has(Right::NOTE_SET), "{gone}");
    }
}

/// A default costs what the site's users cost, however large the rest is.
#[test]
fn the_default_of_a_site_is_written_into_the_records_of_its_users() {
    let mut world = generated(40, &[System::Xphone]);
    let site = world.policy.domains[0].xphone.sites[0].name.clone();
    for label in ["assistant", "employee", "unknown", "team_colleague"] {
        world.patched(&format!("set default {site:?} same_site {label}\nset default {site:?} other_sites {label}"));
    }
    world.patched(&format!("set default {site:?} outside external"));
    // A site that has no user, and one that gets its first in the same set.
    world.patched("add site moon employee employee external");
    world.patched("set default moon same_site assistant");
    let user = world.user(0);
    world.patched(&format!("set site {user} moon\nset default moon other_sites unknown"));
    world.same_as_naive();
}

/// What groups and rules give is written anew for their domain alone, and keys move up where one goes.
#[test]
fn groups_and_rules_come_change_and_go_in_place() {
    let mut world = generated(12, &System::ALL);
    let (one, other, third) = (world.user(0), world.user(1), world.user(2));
    let (actor, target) = (world.party(&one), world.party(&other));
    let text = "set realm no\nset systems xphone estos pascom linewarden";
    assert_eq!(world.text(text), Some(false));
    let steps = [
        "add workgroup atlas assistant".into(),
        format!("add member workgroup atlas {one}\nadd member workgroup atlas {other}"),
        "set workgroup atlas assistant_plus".into(),
        // In one set: the members are those of the group that is left at that place.
        format!("add workgroup borealis team_colleague\nadd member workgroup borealis {third}\nremove workgroup atlas"),
        "add permission night".into(),
        format!("add role_type night pickup.group\nadd member permission night {one}\nset automatic night users yes"),
        format!(
            "add group board\nadd member group board {one}\nadd rule night actors: group:board rights: call.pickup targets: {other}"
        ),
        format!(
            "set rule night actors: group:board rights: call.pickup targets: {other} when: 2026-01-01T00:00:00+01:00/.."
        ),
        format!("add rule all actors: everyone rights: line.busy.read targets: everyone except: {third}"),
        // Who comes is in what is open to all, and who goes is in nothing.
        "add user newcomer 999".into(),
        format!("remove user {third}"),
        "remove rule night\nremove rule all".into(),
        "set authorization team\nset users_may_grant no".into(),
    ];
    for step in &steps {
        world.patched(step);
    }
    assert!(world.rights.contains_key(&(actor, target)));
    world.same_as_naive();
}

/// A realm's key stands in the index beside its name: it must not become the key of a group.
#[test]
fn a_group_beside_realms_is_compiled() {
    let mut world = generated(12, &[System::Xphone, System::Keevio]);
    let user = world.user(0);
    let made = "set realm yes\nset company ".to_string() + &user + " moon";
    assert_eq!(world.text(&made), Some(false));
    assert_eq!(world.text("add workgroup atlas assistant"), Some(false));
    world.patched("set workgroup atlas assistant_plus");
    assert_eq!(world.text("remove workgroup atlas"), Some(false));
    world.patched(&format!("set company {user} sun"));
    world.same_as_naive();
}

#[test]
fn transfers_lift_labels_while_they_last() {
    let mut world = generated(12, &[System::Xphone]);
    let other = world.user(3);
    // A user who shares no group with a user without a site is Unknown: nothing hides the label of the transfer.
    world.patched(&format!("reset relationships {other}\nset vip {other} yes\nset vip {other} no\nclear site {other}"));
    let owner = world.party(&other);
    let role = Some(TransferRole::Transferring);
    let image = Image::new(&world.words);
    let lifted = |party: &Party| image.rights(*party, owner, None) != image.rights(*party, owner, role);
    let one = world.policy.domains[0].users.iter().map(|user| user.party).find(lifted).unwrap();
    let (pair, one) = ((one, owner), world.names.text(one));
    let asked = |world: &World, role| Image::new(&world.words).rights(pair.0, pair.1, role);
    let (nothing, transferring) = (asked(&world, None), asked(&world, Some(TransferRole::Transferring)));
    assert_ne!(nothing, transferring);
    world.patched(&format!("begin transfer call-1 {one} {other} consulted"));
    world.patched(&format!("begin transfer call-2 {one} {other} transferring"));
    assert_eq!(asked(&world, None), transferring);
    world.same_as_naive();
    let engine = Engine::from_policy(world.policy.clone(), world.names.clone()).unwrap();
    let right = transferring.without(nothing).iter().next().unwrap();
    let why = engine.explain(pair.0, right, pair.1, None);
    assert!(why.allowed && why.reason == Reason::Transfer && why.summary.contains("transfers"), "{why:?}");
    world.patched(&format!("set vip {other} yes"));
    world.same_as_naive();
    world.patched(&format!("set vip {other} no\nend transfer call-2"));
    assert_eq!(asked(&world, None), asked(&world, Some(TransferRole::Consulted)));
    world.patched("end transfer call-1");
    assert_eq!(asked(&world, None), nothing);
}

#[test]
fn outcomes_beyond_a_bucket_are_changed_in_place() {
    let mut world = generated(36, &[System::Estos]);
    let single = world.policy.domains[0].estos.tables.single_rights();
    let names: Vec<String> = single.iter().map(|right| right.to_string()).collect();
    let grant = |world: &World, pair: usize, set: usize| {
        let rights: Vec<&str> = (0..9).filter(|bit| set >> bit & 1 != 0).map(|bit| names[bit].as_str()).collect();
        let (owner, viewer) = (world.user(pair % 36), world.user((pair + 1 + pair / 36) % 36));
        format!("set grant {owner} {viewer} rights {}\n", rights.join(" "))
    };
    let many: String = (0..400).map(|at| grant(&world, at, at + 1)).collect();
    assert_eq!(world.text(&many), Some(false), "more new outcomes than rows to spare");
    // Numbers follow the order of the users: the last one's grants have big numbers, the first one's small ones.
    let (last, big, small) = (395, [360, 72], 37);
    for set in [big[0], small, big[1], big[0]] {
        let line = grant(&world, last, set);
        world.patched(&line);
    }
    let (owner, viewer) = (world.user(last % 36), world.user((last + 1 + last / 36) % 36));
    world.patched(&format!("clear grant {owner} {viewer}"));
    let line = grant(&world, last, 401);
    world.patched(&line);
    // A pair that had a small number has no place in the list of big ones.
    let line = grant(&world, 36, big[0]);
    assert_eq!(world.text(&line), Some(false));
}

#[test]
fn what_is_not_small_is_compiled() {
    let options = Options { users: 1500, systems: [System::Keevio].into_iter().collect(), ..Options::default() };
    let mut names = Directory::default();
    let mut policy = generate::policy(&options, &mut names).unwrap();
    let lines = |text: &str| parse(text, Some("company.example")).unwrap();
    let _ = policy.apply(&mut names, None, &lines("set realm no")).unwrap();
    let words = compiled(&policy, &names, 1);
    let entries = lines("set new_users add\nadd user newcomer");
    let done = policy.apply(&mut names, None, &entries).unwrap();
    assert!(update(&Image::new(&words), &policy, (&names, &origins(&policy, &names)), &done.dirty, 2).is_none());
}

#[test]
fn nothing_but_the_revision_changes_with_what_is_only_remembered() {
    let mut world = generated(12, &[System::Estos, System::Pascom]);
    let (one, other) = (world.user(0), world.user(1));
    let text = format!("add favourite {one} {other}\nremove favourite {other} {one}");
    let entries = parse(&text, Some("company.example")).unwrap();
    let done = world.policy.apply(&mut world.names, None, &entries).unwrap();
    let patch =
        update(&Image::new(&world.words), &world.policy, (&world.names, &world.origins), &done.dirty, 9).unwrap();
    assert_eq!((patch.words.len(), &patch.invalidate), (1, &Invalidate::Nothing));
    assert_eq!(patch.words[0].1, 9);
    // Function codes are in the image, and no answer about a pair hangs on them.
    let entries = parse("set code pickup *77", Some("company.example")).unwrap();
    let done = world.policy.apply(&mut world.names, None, &entries).unwrap();
    let patch =
        update(&Image::new(&world.words), &world.policy, (&world.names, &world.origins), &done.dirty, 10).unwrap();
    assert_eq!(patch.invalidate, Invalidate::Nothing);
}
