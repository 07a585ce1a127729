//! The compiled engine against the naive evaluator, over random companies: every ordered pair of parties, across
//! domains too, every right, every part in a transfer. It must never compare the engine with anything that shares code
//! with it.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document;
use linewarden::internals::engine::Reason;
use linewarden::internals::policy::{Domain, Policy};
use linewarden::internals::system::System;
use linewarden::internals::system::linewarden::CALL_TO;
use linewarden::internals::system::xphone::TransferRole;
use linewarden::{DomainId, Engine, Kind, Party, Right, RightSet};
use linewarden_testkit::cases::ALL;
use linewarden_testkit::naive;
use linewarden_testkit::random::{Company, companies, company, dated_companies};
use proptest::prelude::*;

const ROLES: [Option<TransferRole>; 3] = [None, Some(TransferRole::Consulted), Some(TransferRole::Transferring)];

/// Names a question may use: all single rights and the bare names of those that depend on the line.
fn questions() -> Vec<Right> {
    Right::names().map(|name| Right::parse(name).unwrap()).collect()
}

/// A company as the naive evaluator and as the engine know it.
struct Both {
    /// With its dates.
    written: Policy,
    /// As it is now.
    policy: Policy,
    directory: Directory,
    engine: Engine,
    /// Every live party: its domain, its text, the naive evaluator's number and the engine's.
    parties: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    domain: DomainId,
    domain_name: String,
    text: String,
    naive: Party,
    engine: Party,
}

impl Both {
    fn new(company: &Company) -> Both {
        let mut directory = Directory::default();
        let written = document::load(&company.documents, &mut directory).unwrap();
        let policy = naive::in_force(&written);
        let engine = Engine::from_documents(&company.documents).unwrap();
        let mut parties = Vec::new();
        for domain in &policy.domains {
            for (party, _) in domain.parties() {
                let text = directory.text(party);
                let number = engine.find(Some(&domain.name), &text).expect(&text);
                assert_eq!(engine.text(number), text);
                let (domain, domain_name) = (domain.id, domain.name.clone());
                parties.push(Known { domain, domain_name, text, naive: party, engine: number });
            }
        }
        Both { written, policy, directory, engine, parties }
    }

    fn naive(&self, actor: &Known, target: &Known, role: Option<TransferRole>) -> RightSet {
        naive::rights(&self.policy, &self.directory, actor.naive, target.naive, role)
    }

    fn pairs(&self) -> impl Iterator<Item = (&Known, &Known)> {
        self.parties.iter().flat_map(|actor| self.parties.iter().map(move |target| (actor, target)))
    }

    /// The parties of `domain` whom `keep` keeps, sorted by text: what a list of the engine must be.
    fn sorted(&self, domain: DomainId, keep: impl Fn(&Known) -> bool) -> Vec<Party> {
        let mut kept: Vec<&Known> = self.parties.iter().filter(|known| known.domain == domain && keep(known)).collect();
        kept.sort_by(|one, other| one.text.as_bytes().cmp(other.text.as_bytes()));
        kept.into_iter().map(|known| known.engine).collect()
    }
}

fn differ(engine: RightSet, naive: RightSet) -> String {
    let (more, less) = (engine.without(naive).names(), naive.without(engine).names());
    format!("the engine alone says yes to {more:?}, the naive evaluator alone to {less:?}")
}

fn config(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    ProptestConfig {
        cases: wanted.unwrap_or(cases),
        failure_persistence: None,
        max_shrink_iters: 2000,
        max_shrink_time: 60_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn engine_equals_naive(company in companies()) {
        let both = Both::new(&company);
        let engine = &both.engine;
        let questions = questions();
        for (actor, target) in both.pairs() {
            for role in ROLES {
                let naive = both.naive(actor, target, role);
                let given = Right::all().filter(|right| match role {
                    None => engine.may(actor.engine, *right, target.engine),
                    Some(role) => engine.may_in_call(actor.engine, *right, target.engine, role),
                });
                let given = RightSet::of(&given.collect::<Vec<_>>());
                prop_assert!(given == naive, "{actor:?} on {target:?} as {role:?}: {}", differ(given, naive));
                for right in &questions {
                    let may = match role {
                        None => engine.may(actor.engine, *right, target.engine),
                        Some(role) => engine.may_in_call(actor.engine, *right, target.engine, role),
                    };
                    prop_assert_eq!(may, naive.has(*right), "{:?} {} {:?} as {:?}", actor, right, target, role);
                }
            }
            let naive = both.naive(actor, target, None);
            let all = engine.rights(actor.engine, target.engine);
            prop_assert!(all == naive, "rights of {actor:?} on {target:?}: {}", differ(all, naive));
            let pair = engine.pair(actor.engine, target.engine);
            prop_assert_eq!(pair.rights, naive, "pair {:?} {:?}", actor, target);
            if let Some(label) = naive::label(&both.policy, &both.directory, actor.naive, target.naive) {
                let level = (System::Xphone, label.word().to_owned());
                prop_assert!(pair.levels.contains(&level), "{actor:?} on {target:?}: {:?}, not {level:?}", pair.levels);
            }
        }
    }

    #[test]
    fn dated_answers_equal_naive_at_every_edge(company in dated_companies(), shift in -3700i64..3700) {
        let both = Both::new(&company);
        let edges = [
            1_772_323_200, // 2026-03-01T00:00:00Z
            1_774_744_200, // 2026-03-29T00:30:00Z, an hour before the spring's jump in Berlin and in a rule's `from`
            1_792_886_400, // 2026-10-25T00:00:00Z, the autumn's in Berlin
            1_798_758_000, // 2026-12-31T23:00:00Z, the year's end in Berlin and in rules
            1_835_395_200, // 2028-02-29T00:00:00Z
        ];
        for edge in edges {
            for at in [edge - 1, edge, edge + 1, edge + shift] {
                let engine = both.engine.at(at).unwrap();
                let policy = naive::in_force(&Policy { at: Some(at), ..both.written.clone() });
                for (actor, target) in both.pairs() {
                    let naive = naive::rights(&policy, &both.directory, actor.naive, target.naive, None);
                    let given = engine.rights(actor.engine, target.engine);
                    prop_assert!(given == naive, "{actor:?} on {target:?} at {at}: {}", differ(given, naive));
                    // What rests on the clock is not cached: asked again, the answer is the same.
                    prop_assert_eq!(engine.rights(actor.engine, target.engine), given);
                }
            }
        }
    }

    #[test]
    fn lists_equal_single_checks(company in companies()) {
        let both = Both::new(&company);
        let engine = &both.engine;
        for (domain, _) in engine.domains() {
            prop_assert_eq!(engine.parties(domain), both.sorted(domain, |_| true));
        }
        let everybody: Vec<Party> = both.parties.iter().map(|known| known.engine).collect();
        for (place, known) in both.parties.iter().enumerate() {
            // A few rights for each party, other ones for the next: a company has enough parties to reach them all.
            for right in questions().into_iter().skip(place % 5).step_by(5) {
                let on: Vec<bool> = everybody.iter().map(|other| engine.may(known.engine, right, *other)).collect();
                let by: Vec<bool> = everybody.iter().map(|other| engine.may(*other, right, known.engine)).collect();
                let count = |answers: &[bool]| answers.iter().filter(|answer| **answer).count();
                let mut out = vec![true; everybody.len()];
                prop_assert_eq!(engine.may_each_target(known.engine, right, &everybody, &mut out), count(&on));
                prop_assert_eq!(&out, &on, "may_each_target of {:?} {}", known, right);
                prop_assert_eq!(engine.may_each_actor(&everybody, right, known.engine, &mut out), count(&by));
                prop_assert_eq!(&out, &by, "may_each_actor on {:?} {}", known, right);
                let may = |one: &Known, other: &Known| engine.may(one.engine, right, other.engine);
                prop_assert_eq!(engine.who(right, known.engine), both.sorted(known.domain, |other| may(other, known)));
                prop_assert_eq!(engine.whom(known.engine, right), both.sorted(known.domain, |other| may(known, other)));
            }
        }
        let mut few = [true; 2];
        let (right, asker) = (Right::CALL_PICKUP, both.parties[0].engine);
        let yes = engine.may_each_target(asker, right, &everybody, &mut few);
        prop_assert_eq!(few, [engine.may(asker, right, everybody[0]), engine.may(asker, right, everybody[1])]);
        prop_assert_eq!(yes, few.iter().filter(|answer| **answer).count(), "one answer for each target that fits");
    }

    #[test]
    fn names_lead_to_the_same_answers(company in companies()) {
        let both = Both::new(&company);
        let engine = &both.engine;
        let questions = questions();
        for (place, (actor, target)) in both.pairs().enumerate() {
            for right in questions.iter().skip(place % 7).step_by(7) {
                let may = engine.may(actor.engine, *right, target.engine);
                let (one, other) = (full(actor), full(target));
                prop_assert_eq!(engine.may_named(None, &one, right.name(), &other), may, "{} {} {}", one, right, other);
                if actor.domain == target.domain {
                    let domain = Some(actor.domain_name.as_str());
                    prop_assert_eq!(engine.may_named(domain, &actor.text, right.name(), &target.text), may);
                }
            }
        }
        for known in &both.parties {
            let domain = both.policy.domain(known.domain).unwrap();
            let own = domain.user(known.naive).map(|user| &user.lines[..]);
            let lines = own.or(domain.team(known.naive).map(|team| &team.lines[..])).unwrap_or_default();
            for line in lines {
                prop_assert_eq!(engine.find(Some(&domain.name), line), Some(known.engine), "extension {}", line);
            }
            if own.is_some() {
                let address = format!("sip:{}@{}", known.text, domain.name);
                prop_assert_eq!(engine.find(Some(&domain.name), &address), Some(known.engine), "{}", address);
            }
            prop_assert!(!engine.may_named(Some(&domain.name), &known.text, "call.pickup", "nobody-at-all"));
            prop_assert!(!engine.may_named(Some(&domain.name), &known.text, "no.such.right", &known.text));
        }
    }

    #[test]
    fn unlisted_addresses_are_contacts_without_entries(company in companies()) {
        let both = Both::new(&company);
        let questions = questions();
        for domain in &both.policy.domains {
            let stranger = "sip:stranger@nowhere.invalid";
            let mut directory = both.directory.clone();
            let naive = directory.add_party(domain.id, Kind::Contact, stranger).unwrap();
            let expect = |actor, target, right| naive::rights(&both.policy, &directory, actor, target, None).has(right);
            let ask = |actor: &str, right: Right, target: &str| {
                both.engine.may_named(Some(&domain.name), actor, right.name(), target)
            };
            for known in both.parties.iter().filter(|known| known.domain == domain.id) {
                for right in &questions {
                    let as_actor = expect(naive, known.naive, *right);
                    let as_target = expect(known.naive, naive, *right);
                    prop_assert_eq!(ask(stranger, *right, &known.text), as_actor, "{} on {:?}", right, known);
                    prop_assert_eq!(ask(&known.text, *right, stranger), as_target, "{:?} {}", known, right);
                }
            }
            let found = both.engine.find(Some(&domain.name), stranger).unwrap();
            let first = both.sorted(domain.id, |_| true)[0];
            prop_assert_eq!(both.engine.rights(found, first), {
                let naive_first = both.parties.iter().find(|known| known.engine == first).unwrap().naive;
                naive::rights(&both.policy, &directory, naive, naive_first, None)
            });
            prop_assert!(!both.engine.parties(domain.id).contains(&found), "nobody names it");
        }
    }
}

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn reasons_agree_with_answers(company in companies()) {
        let both = Both::new(&company);
        let engine = &both.engine;
        let questions = questions();
        for (place, (actor, target)) in both.pairs().enumerate() {
            for right in &questions {
                let may = engine.may(actor.engine, *right, target.engine);
                let decision = engine.decide(actor.engine, *right, target.engine);
                let asked = || format!("{actor:?} {right} {target:?}: {decision:?}");
                prop_assert!(decision.allowed == may, "{}", asked());
                prop_assert!(fits(decision.reason, may), "{}", asked());
                prop_assert_eq!(decision.revision, engine.revision());
            }
            let few = questions.iter().skip(place % 19).step_by(19);
            for (right, role) in few.flat_map(|right| ROLES.map(|role| (right, role))) {
                let may = match role {
                    None => engine.may(actor.engine, *right, target.engine),
                    Some(role) => engine.may_in_call(actor.engine, *right, target.engine, role),
                };
                let explanation = engine.explain(actor.engine, *right, target.engine, role);
                let asked = || format!("{actor:?} {right} {target:?} as {role:?}: {explanation:?}");
                prop_assert!(explanation.allowed == may, "{}", asked());
                prop_assert!(fits(explanation.reason, may), "{}", asked());
                prop_assert!(!explanation.summary.is_empty(), "{}", asked());
                if role.is_none() {
                    let decision = engine.decide(actor.engine, *right, target.engine);
                    prop_assert!(explanation.reason == decision.reason, "{} but {:?}", asked(), decision);
                }
            }
        }
        let known = both.parties[0].engine;
        for unknown in [Party::NONE, Party(u32::MAX), Party(1 << 27)] {
            for right in &questions {
                for (one, other) in [(unknown, known), (known, unknown), (unknown, unknown)] {
                    let decision = engine.decide(one, *right, other);
                    prop_assert!(!decision.allowed && decision.reason == Reason::Unknown, "{} {:?}", right, decision);
                    prop_assert!(!engine.may(one, *right, other));
                    prop_assert!(!engine.explain(one, *right, other, None).allowed);
                }
            }
            prop_assert!(engine.rights(unknown, known).is_empty() && engine.rights(known, unknown).is_empty());
        }
    }
}

/// No right is no right at all: no party has it, and the reason says that the question is unknown.
#[test]
fn no_right_is_unknown() {
    let both = Both::new(&company(&[]));
    let (engine, known) = (&both.engine, both.parties[0].engine);
    assert!(!engine.may(known, Right::default(), known));
    let decision = engine.decide(known, Right::default(), known);
    assert_eq!((decision.allowed, decision.reason), (false, Reason::Unknown));
}

/// Whether a known question may have that reason: sources give, the rest refuses.
fn fits(reason: Reason, allowed: bool) -> bool {
    match reason {
        Reason::Unknown => false,
        _ => (reason as u32 >= Reason::Oneself as u32) == allowed,
    }
}

/// A party with its domain before it, as a question to a source of several domains writes it.
fn full(known: &Known) -> String {
    format!("{}/{}", known.domain_name, known.text)
}

/// The comparison proves nothing about what random companies never contain: over many of them every right must be both
/// given and refused between two users, and contacts, teams and other domains' users must be given something.
#[test]
fn random_companies_reach_every_right() {
    let (mut given, mut refused, mut outside, mut across, mut lifted) =
        (RightSet::EMPTY, RightSet::EMPTY, RightSet::EMPTY, RightSet::EMPTY, RightSet::EMPTY);
    let mut seed: u64 = 0x2545_F491_4F6C_DD1D;
    for _ in 0..60 {
        let company = seeded(&mut seed);
        let mut directory = Directory::default();
        let policy = naive::in_force(&document::load(&company.documents, &mut directory).unwrap());
        let parties: Vec<_> = policy.domains.iter().flat_map(|domain| domain.parties()).collect();
        for (actor, kind) in &parties {
            for (target, _) in parties.iter().filter(|(target, _)| target != actor) {
                let [plain, consulted, _] = ROLES.map(|role| naive::rights(&policy, &directory, *actor, *target, role));
                let same = directory.named(*actor).unwrap().domain == directory.named(*target).unwrap().domain;
                match kind {
                    Kind::User if same => {
                        given |= plain;
                        refused |= ALL.without(plain);
                        lifted |= consulted.without(plain);
                    }
                    Kind::Contact if same => outside |= plain,
                    Kind::User => across |= plain,
                    _ => {}
                }
            }
        }
    }
    let only_oneself = Right::PROFILE_MANAGE_OWN.mask() | CALL_TO;
    assert_eq!(ALL.without(given), only_oneself, "never given");
    assert_eq!(refused, ALL);
    for right in ["presence.set", "call.pickup.first", "chat.exchange", "contact.email.read", "note.read"] {
        let right = Right::parse(right).unwrap();
        assert!(outside.has(right), "no outside contact ever has {right}");
        assert!(across.has(right), "no user of another domain ever has {right}");
    }
    assert!(lifted.has(Right::LINE_BUSY_READ), "no transfer ever lifts a label");
}

/// Nor does it prove anything about facts that never decide: without private lines, without the administrator's entries,
/// without the agents and without the VIP flags, some random company must be answered differently.
#[test]
fn random_companies_rest_on_every_fact() {
    type Clear = fn(&mut Domain);
    let facts: [(&str, Clear); 4] = [
        ("private lines", |domain| domain.users.iter_mut().for_each(|user| user.estos.private_lines.clear())),
        ("administrative grants", |domain| domain.users.iter_mut().for_each(|user| user.estos.administrative.clear())),
        ("agents", |domain| domain.teams.iter_mut().for_each(|team| team.agents.clear())),
        ("VIP flags", |domain| domain.users.iter_mut().for_each(|user| user.xphone.vip = false)),
    ];
    let mut decided = [0; 4];
    let mut seed = 7;
    for _ in 0..20 {
        let company = seeded(&mut seed);
        let mut directory = Directory::default();
        let policy = document::load(&company.documents, &mut directory).unwrap();
        let parties: Vec<Party> = policy.domains.iter().flat_map(Domain::parties).map(|(party, _)| party).collect();
        for ((_, clear), decided) in facts.iter().zip(&mut decided) {
            let mut other = policy.clone();
            other.domains.iter_mut().for_each(clear);
            for (actor, target) in parties.iter().flat_map(|actor| parties.iter().map(move |target| (*actor, *target)))
            {
                let given = |policy| {
                    let label = naive::label(policy, &directory, actor, target);
                    (naive::rights(policy, &directory, actor, target, None), label)
                };
                *decided += usize::from(given(&policy) != given(&other));
            }
        }
    }
    let idle: Vec<&str> =
        facts.iter().zip(decided).filter(|(_, count)| *count == 0).map(|((name, _), _)| *name).collect();
    assert!(idle.is_empty(), "{idle:?} never decide: {decided:?}");
}

/// A large random company, the next of the row that `seed` stands in.
fn seeded(seed: &mut u64) -> Company {
    let numbers = (0..700).map(|_| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 48) as u16
    });
    company(&numbers.collect::<Vec<_>>())
}
