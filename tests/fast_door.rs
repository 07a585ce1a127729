//! What calls ask is answered from the image, also the first time: over a store no function that a call may ask reads the policy,
//! and reasons, lines, function codes and names are those that the policy gives.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

use linewarden::ffi::*;
use linewarden::internals::document::Document;
use linewarden::internals::engine::Reason;
use linewarden::internals::policy::change::{Author, parse};
use linewarden::internals::system::System;
use linewarden::{DomainId, Engine, ErrorKind, Kind, Party, Right, TransferRole};
use linewarden_testkit::changes::{Pools, line};
use linewarden_testkit::generate::{self, Options};
use linewarden_testkit::random::company;
use std::collections::BTreeSet;
use std::ffi::CString;
use std::path::{Path, PathBuf};

struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }
}

fn company_at_random(random: &mut Random) -> Vec<Document> {
    let numbers: Vec<u16> = (0..600).map(|_| random.below(1 << 16) as u16).collect();
    company(&numbers).documents
}

/// A store of these documents that no engine has open, and its folder.
fn store(documents: &[Document]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.db");
    drop(Engine::create_from(&path, documents, None).unwrap());
    (folder, path)
}

/// A made-up company of every system as a store.
fn generated(users: u32) -> (tempfile::TempDir, PathBuf) {
    let options = Options { users, systems: System::ALL.into_iter().collect(), ..Options::default() };
    let mut text = Vec::new();
    generate::write(&options, &mut text).unwrap();
    store(&[Document { name: "company.toml".into(), text: String::from_utf8(text).unwrap() }])
}

fn everybody(engine: &Engine) -> Vec<Party> {
    let of = |(domain, _): (DomainId, String)| engine.parties(domain);
    engine.domains().into_iter().flat_map(of).collect()
}

/// A random change, perhaps none that can be made.
fn change(
    engine: &Engine,
    policy: &linewarden::internals::policy::Policy,
    names: &linewarden::internals::directory::Directory,
    random: &mut Random,
) {
    let domain = &policy.domains[random.below(policy.domains.len())];
    let line = line(&mut |count| random.below(count), &Pools::new(domain, names));
    if let Ok(entries) = parse(&line, Some(&domain.name)) {
        let _ = engine.apply(Author::Administrator, &entries);
    }
}

/// A yes or no that comes with a reason is the evaluation's, and the reason is that of the source which an explanation, made from
/// the policy, says has decided.
#[test]
fn reasons_are_those_of_explanations() {
    let mut random = Random(7);
    let mut seen = BTreeSet::new();
    for round in 0..30 {
        // The first one has what chance seldom makes: a leader, a transfer that alone gives something, parts of a right from several, a
        // private line, a realm, rules beside an exemption and classes of destinations, a monitoring group alone.
        let documents = match round {
            0 => [("rare.toml", RARE), ("realm.toml", REALM), ("rules.toml", RULES), ("observed.toml", OBSERVED)]
                .map(|(name, text)| Document { name: name.into(), text: text.into() })
                .into(),
            _ => company_at_random(&mut random),
        };
        let (_folder, path) = store(&documents);
        let mut names = linewarden::internals::directory::Directory::default();
        let policy = linewarden::internals::document::load(&documents, &mut names).unwrap();
        let writer = Engine::open(&path).unwrap();
        match round {
            0 => {
                let transfer = "begin transfer c alice bob transferring";
                let _ = writer.apply_text(Author::Administrator, Some("acme.example"), transfer).unwrap();
            }
            _ => (0..40).for_each(|_| change(&writer, &policy, &names, &mut random)),
        }
        drop(writer);
        let asked = Engine::open(&path).unwrap();
        let explains = Engine::open(&path).unwrap();
        let stranger = asked
            .find(None, "sip:nobody@far.example")
            .or_else(|| asked.find(Some(&asked.domains()[0].1), "sip:nobody@far.example"));
        let mut parties = everybody(&asked);
        parties.extend(stranger.into_iter().chain([Party(0), Party(70_000)]));
        let rights: Vec<Right> = Right::all().collect();
        let mut draw = || {
            let [actor, target] = [0; 2].map(|_| parties[random.below(parties.len())]);
            let held: Vec<Right> = rights.iter().copied().filter(|right| asked.may(actor, *right, target)).collect();
            // Most rights are refused: every other question is about one that is not.
            let right = match held.is_empty() || random.below(2) == 0 {
                true => rights[random.below(rights.len())],
                false => held[random.below(held.len())],
            };
            (actor, right, target)
        };
        let every = |actor: Party| {
            let each = |right: &Right| parties.iter().map(|target| (actor, *right, *target)).collect::<Vec<_>>();
            rights.iter().flat_map(each).collect::<Vec<_>>()
        };
        let questions: Vec<(Party, Right, Party)> = match round {
            0 => parties.iter().flat_map(|actor| every(*actor)).collect(),
            _ => (0..500).map(|_| draw()).collect(),
        };
        for (actor, right, target) in questions {
            let decision = asked.decide(actor, right, target);
            // The other engine has numbers of its own for strangers.
            let same = |party: Party| match Some(party) == stranger {
                true => explains.find(Some(&asked.domains()[0].1), "sip:nobody@far.example").unwrap(),
                false => party,
            };
            let why = explains.explain(same(actor), right, same(target), None);
            let printed = || format!("{} {right} {}: {decision:?}\n{why:#?}", asked.text(actor), asked.text(target));
            assert_eq!(decision.allowed, asked.may(actor, right, target), "{}", printed());
            assert_eq!((decision.allowed, decision.reason), (why.allowed, why.reason), "{}", printed());
            assert_eq!((decision.revision, decision.line), (asked.revision(), 0), "{}", printed());
            match why.sources.iter().find(|source| source.decides) {
                Some(source) => assert_eq!(source.reason, decision.reason, "{}", printed()),
                None if decision.allowed => assert_eq!(decision.reason, Reason::SourcesTogether, "{}", printed()),
                None => assert!((decision.reason as u32) < 16, "{}", printed()),
            }
            seen.insert(decision.reason as u32);
        }
        assert_eq!(asked.policy_reads(), 0);
        assert!(explains.policy_reads() > 0, "explanations read the policy");
    }
    // No store here follows another one: tests/longest_age.rs has those.
    let possible = Reason::ALL.iter().filter(|reason| **reason != Reason::TooOld);
    let missing: Vec<u32> = possible.map(|reason| *reason as u32).filter(|reason| !seen.contains(reason)).collect();
    assert_eq!(missing, [] as [u32; 0], "reasons that no answer had");
}

const REALM: &str = "domain = \"realm.example\"\nsystems = [\"keevio\"]\n\
    [[user]]\nname = \"carol\"\ncompany = \"x\"\n[[user]]\nname = \"dave\"\ncompany = \"x\"\n\
    [presence]\nnew_users = \"none\"\nrealm = true\n";

const RARE: &str = "domain = \"acme.example\"\nsystems = [\"xphone\", \"estos\"]\n\
    [[user]]\nname = \"alice\"\nlines = [\"100\"]\nprivate_lines = [\"100\"]\n[[user]]\nname = \"bob\"\n\
    [[authorization_group]]\nname = \"g\"\nrights = [\"call.number_incoming.read\"]\nmembers = [\"alice\", \"bob\"]\nleaders = [\"alice\"]\nleader_rights = [\"note.set\"]\n\
    [[authorization_grant]]\nowner = \"alice\"\nviewer = \"bob\"\nrights = [\"call.number_outgoing.read.second\"]\n";

const OBSERVED: &str = "domain = \"observed.example\"\nsystems = [\"xphone\"]\n\
    [[user]]\nname = \"gina\"\n[[user]]\nname = \"hugo\"\n\
    [[monitoring_group]]\nname = \"m\"\nobservers = [\"gina\"]\nmembers = [\"hugo\"]\n\
    observers_to_members = \"assistant\"\nmembers_to_observers = \"employee\"\n";

const RULES: &str = "domain = \"rules.example\"\nsystems = [\"linewarden\", \"pascom\"]\n\
    [[user]]\nname = \"erin\"\n[[user]]\nname = \"frank\"\nexempt = [\"call.listen\"]\n\
    [destinations]\ncountry = \"DE\"\n\
    [[permission]]\nname = \"redirect\"\ntypes = [\"redirect.group\"]\nautomatic = []\nusers = [\"erin\"]\n\
    [[rule]]\nname = \"r\"\nactors = [\"erin\"]\nrights = [\"call.pickup\", \"call.listen\"]\ntargets = [\"frank\"]\n";

/// Over documents the decision has the line that the explanation tells.
#[test]
fn decisions_over_documents_have_a_line() {
    let mut random = Random(11);
    let mut lines = 0;
    for _ in 0..6 {
        let engine = Engine::from_documents(&company_at_random(&mut random)).unwrap();
        let (parties, rights) = (everybody(&engine), Right::all().collect::<Vec<_>>());
        for _ in 0..2000 {
            let [actor, target] = [0; 2].map(|_| parties[random.below(parties.len())]);
            let decision = engine.decide(actor, rights[random.below(rights.len())], target);
            lines += usize::from(decision.line > 0);
            assert!(decision.allowed || decision.line == 0);
        }
    }
    assert!(lines > 50, "{lines} decisions have a line");
}

/// Numbers of lines, texts and the meaning of what is dialled, against those of an engine that has the policy at hand.
#[test]
fn names_lines_and_codes_are_those_of_the_policy() {
    let mut random = Random(23);
    let (mut dialled, mut extensions) = (0, 0);
    for _ in 0..25 {
        let documents = company_at_random(&mut random);
        let (_folder, path) = store(&documents);
        let mut names = linewarden::internals::directory::Directory::default();
        let policy = linewarden::internals::document::load(&documents, &mut names).unwrap();
        let engine = Engine::open(&path).unwrap();
        for domain in &policy.domains {
            let pairs = domain.parties().map(|(party, _)| names.text(party));
            let numbers: Vec<String> = domain.numbers.keys().map(|number| number.to_string()).collect();
            for text in pairs.chain(numbers.iter().cloned()) {
                let party = engine.find(Some(&domain.name), &text).unwrap();
                let expected = match domain.numbers.get(text.as_str()) {
                    Some(whose) => (names.text(*whose), domain.line_of(*whose, &text)),
                    None => (text.clone(), 0),
                };
                assert_eq!((engine.text(party), engine.line_of(party, &text)), expected, "{text}");
                let whole = format!("{}/{text}", domain.name.to_ascii_uppercase());
                assert_eq!(engine.line_of(party, &whole), expected.1, "{whole}");
                assert_eq!(engine.line_of(party, &format!("else.example/{text}")), 0);
                extensions += usize::from(expected.1 > 0);
            }
            let actor =
                domain.users.first().map(|user| engine.find(Some(&domain.name), &names.text(user.party)).unwrap());
            for (code, number) in
                domain.codes.iter().flat_map(|code| numbers.iter().map(move |number| (code.1, number)))
            {
                let Some(actor) = actor else { continue };
                match engine.dial(actor, &format!("{code}{number}")) {
                    Ok(answer) => {
                        let whose = domain.numbers[number.as_str()];
                        assert_eq!(engine.text(answer.target), names.text(whose), "{code}{number}");
                        assert_eq!(answer.line, domain.line_of(whose, number), "{code}{number}");
                        dialled += 1;
                    }
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Code, "{code}{number}: {error}"),
                }
            }
        }
        assert_eq!(engine.policy_reads(), 0);
    }
    assert!(extensions > 100 && dialled > 100, "{extensions} extensions, {dialled} codes");
}

/// What `check` says over a store: the answer, reason and certainty of the explanation, nearly always without the policy.
#[test]
fn brief_answers_are_those_of_the_explanation() {
    let mut random = Random(7);
    let (mut brief, mut asked) = (0, 0);
    for round in 0..10 {
        let (_folder, path) = match round {
            0 => generated(200),
            _ => store(&company_at_random(&mut random)),
        };
        let explains = Engine::open(&path).unwrap();
        let parties = everybody(&explains);
        let rights: Vec<Right> = Right::all().collect();
        let mut engine = Engine::open(&path).unwrap();
        for number in 0..300 {
            let [actor, target] = [0; 2].map(|_| parties[random.below(parties.len())]);
            let right = rights[random.below(rights.len())];
            let role = [None, None, Some(TransferRole::Consulted), Some(TransferRole::Transferring)][number % 4];
            let before = engine.policy_reads();
            let one = engine.explain_briefly(actor, right, target, role);
            let whole = explains.explain(actor, right, target, role);
            let printed = format!("{one:#?}\n{whole:#?}");
            assert_eq!(
                (one.allowed, one.reason, one.certainty),
                (whole.allowed, whole.reason, whole.certainty),
                "{printed}"
            );
            assert_eq!(
                (&one.domain, &one.actor, &one.target),
                (&whole.domain, &whole.actor, &whole.target),
                "{printed}"
            );
            assert_eq!(
                (&one.right, &one.rests_on, one.revision),
                (&whole.right, &whole.rests_on, whole.revision),
                "{printed}"
            );
            let start = whole.summary.split(": ").next().unwrap();
            assert!(one.summary.starts_with(start), "{printed}");
            asked += 1;
            if engine.policy_reads() == before {
                brief += 1;
            } else {
                engine = Engine::open(&path).unwrap();
            }
        }
    }
    // Companies at random often have a matrix of their own, which only the policy knows.
    assert!(brief * 5 >= asked * 4, "{brief} of {asked} without the policy");
}

/// A name that nothing has is answered with the nearest one, from the image.
#[test]
fn unknown_names_are_answered_without_the_policy() {
    let text = "domain = \"acme.example\"\nsystems = [\"pascom\"]\n[[user]]\nname = \"zofia\"\nlines = [\"4711\"]\n\
                [[team]]\nname = \"support\"\nlines = [\"600\"]\n";
    let (_folder, path) = store(&[Document { name: "acme.toml".into(), text: text.into() }]);
    let engine = Engine::open(&path).unwrap();
    let said = |domain: Option<&str>, text: &str| engine.resolve(domain, text).unwrap_err().message().to_owned();
    for (text, near) in
        [("zofa", "`zofia`"), ("4712", "`4711`"), ("47111", "`4711`"), ("6OO", ""), ("team:suport", "`team:support`")]
    {
        let near = if near.is_empty() { String::new() } else { format!(" (did you mean {near}?)") };
        assert_eq!(said(None, text), format!("unknown name `{text}` in `acme.example`{near}"));
    }
    assert_eq!(said(Some("acme.exmaple"), "x"), "unknown domain `acme.exmaple` (did you mean `acme.example`?)");
    assert_eq!(engine.policy_reads(), 0);
}

/// An unknown extension is the same error on a call and for a person, who also sees a near one.
#[test]
fn wrong_numbers_are_searched_for_people_only() {
    let (_folder, path) = generated(100);
    let (engine, explains) = (Engine::open(&path).unwrap(), Engine::open(&path).unwrap());
    let actor = everybody(&engine).into_iter().find(|party| engine.kind(*party).unwrap().1 == Kind::User).unwrap();
    let mut suggested = 0;
    for code in ["*8", "*70", "*71", "*44"] {
        for number in 0..2000 {
            let dialled = format!("{code}{number}");
            let (plain, why) = (engine.dial(actor, &dialled), explains.explain_dial(actor, &dialled));
            match (plain, why) {
                (Ok(plain), Ok(why)) => assert_eq!(plain, why.answer, "{dialled}"),
                (Err(plain), Err(why)) => {
                    assert_eq!(plain.kind(), why.kind(), "{dialled}");
                    let near = why.message().strip_prefix(plain.message()).expect("the same error");
                    assert!(near.is_empty() || near.starts_with(" (did you mean `"), "{dialled}: {why}");
                    assert!(!plain.message().contains("did you mean"), "{dialled}: {plain}");
                    suggested += usize::from(!near.is_empty());
                }
                differing => panic!("{dialled}: {differing:?}"),
            }
        }
    }
    assert!(suggested > 20, "{suggested} near extensions");
    assert_eq!(engine.policy_reads(), 0);
}

/// A code that logs in is allowed where the location cannot matter: only then must all of them allow it.
#[test]
fn locations_that_come_and_go_count_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.db");
    let text = "domain = \"acme.example\"\nsystems = [\"pascom\"]\n[[user]]\nname = \"bob\"\nlines = [\"15\"]\n\
                [[permission]]\nname = \"desks\"\ntypes = [\"location.group\"]\nusers = [\"bob\"]\nlocations = [\"one\"]\n\
                [[location]]\nname = \"one\"\n";
    let document = Document { name: "acme.toml".into(), text: text.into() };
    drop(Engine::create_from(&path, &[document], None).unwrap());
    let (writer, engine) = (Engine::open(&path).unwrap(), Engine::open(&path).unwrap());
    let bob = engine.find(None, "bob").unwrap();
    let anywhere = || engine.dial(bob, "*4415").unwrap().allowed;
    let make = |change: &str| writer.apply_text(Author::Administrator, Some("acme.example"), change).unwrap();
    assert!(anywhere());
    make("add location two");
    assert!(!anywhere(), "bob may not log in at the second one");
    make("remove location two");
    assert!(anywhere());
    for number in 0..40 {
        make(&format!("add location \"desk {number}\"\nadd member permission desks \"location:desk {number}\""));
    }
    assert!(anywhere());
    make("add location last");
    assert!(!anywhere());
    make("set code login *55");
    assert_eq!(engine.dial(bob, "*4415").unwrap_err().kind(), ErrorKind::Unassigned);
    assert!(!engine.dial(bob, "*5515").unwrap().allowed);
    assert_eq!(engine.policy_reads(), 0);
}

/// Every function that the header and docs/embed.md allow where a call is handled, asked first by a process that has just opened the store.
#[test]
fn no_function_that_calls_may_ask_reads_the_policy() {
    let (_folder, path) = generated(300);
    let company = CString::new("company.example").unwrap();
    type Ask<'a> = &'a dyn Fn(*const lw_engine, &Known) -> bool;
    // SAFETY: the engine is open, texts end in NUL, and arrays are as long as said.
    let asks: &[(&str, Ask<'_>)] = unsafe {
        &[
            ("lw_may", &|engine, known| {
                let _ = lw_may(engine, known.user, Right::CALL_PICKUP.number(), known.other);
                true
            }),
            ("lw_may_in_call", &|engine, known| {
                let _ = lw_may_in_call(engine, known.user, Right::CALL_PICKUP.number(), known.other, LW_ROLE_CONSULTED);
                true
            }),
            (
                "lw_may_pick_up, lw_may_set_forward, lw_may_bypass_forward, lw_may_see_busy and lw_may_log_in",
                &|engine, known| {
                    let (actor, target) = (known.user, known.other);
                    let _ = [
                        lw_may_pick_up(engine, actor, target, 1),
                        lw_may_set_forward(engine, actor, target, 1),
                        lw_may_bypass_forward(engine, actor, target),
                        lw_may_see_busy(engine, actor, target),
                        lw_may_log_in(engine, actor, target),
                    ];
                    true
                },
            ),
            ("lw_may_see_caller", &|engine, known| {
                let _ = lw_may_see_caller(engine, known.user, known.other, 1, LW_INCOMING);
                true
            }),
            ("lw_may_each_target and lw_may_each_actor", &|engine, known| {
                let mut out = [false; 2];
                let targets = [known.user, known.other];
                lw_may_each_target(engine, known.user, 31, targets.as_ptr(), 2, out.as_mut_ptr());
                lw_may_each_actor(engine, targets.as_ptr(), 2, 31, known.user, out.as_mut_ptr());
                true
            }),
            ("lw_may_named", &|engine, known| {
                let _ = lw_may_named(
                    engine,
                    company.as_ptr(),
                    known.login.as_ptr(),
                    c"call.pickup".as_ptr(),
                    known.line.as_ptr(),
                );
                true
            }),
            ("lw_rights_of and lw_rights_has", &|engine, known| {
                let mut set = lw_rights::default();
                lw_rights_of(engine, known.user, known.other, &mut set);
                let _ = lw_rights_has(&set, Right::CALL_PICKUP.number());
                true
            }),
            ("lw_find", &|engine, known| lw_find(engine, company.as_ptr(), known.line.as_ptr()) == known.user),
            ("lw_find of a stranger", &|engine, _| {
                lw_find(engine, company.as_ptr(), c"sip:x@far.example".as_ptr()) != 0
            }),
            ("lw_decide", &|engine, known| {
                let mut out = lw_decision::default();
                let status = lw_decide(engine, known.user, Right::CALL_PICKUP.number(), known.user, &mut out);
                status == LW_OK && out.allowed && out.reason == LW_REASON_ONESELF && out.line == 0
            }),
            ("lw_decide_forward_to", &|engine, known| {
                let mut out = lw_destination::default();
                let status = lw_decide_forward_to(engine, known.user, known.user, 1, known.line.as_ptr(), &mut out);
                status == LW_OK && out.reason == LW_DESTINATION_ONESELF && out.number_class == LW_CLASS_INTERNAL
            }),
            ("lw_decide_call", &|engine, known| {
                let mut out = lw_destination::default();
                let status = lw_decide_call(engine, known.user, known.line.as_ptr(), &mut out);
                status == LW_OK && out.allowed && out.reason == LW_DESTINATION_GRANTED
            }),
            ("lw_may_forward_to and lw_may_call", &|engine, known| {
                lw_may_call(engine, known.user, c"112".as_ptr())
                    && !lw_may_forward_to(engine, known.user, known.user, 1, c"112".as_ptr())
            }),
            ("lw_dial to forward", &|engine, known| {
                let mut out = std::mem::zeroed::<lw_dialled>();
                let code = CString::new(format!("*74#{}", known.line.to_str().unwrap())).unwrap();
                lw_dial(engine, known.user, code.as_ptr(), &mut out) == LW_OK && !out.allowed
            }),
            ("lw_dial", &|engine, known| {
                let mut out = std::mem::zeroed::<lw_dialled>();
                let code = CString::new(format!("*8{}", known.line.to_str().unwrap())).unwrap();
                lw_dial(engine, known.other, code.as_ptr(), &mut out) == LW_OK
                    && out.subject == known.user
                    && out.line == 1
            }),
            ("lw_dial to log in", &|engine, known| {
                let mut out = std::mem::zeroed::<lw_dialled>();
                let code = CString::new(format!("*44{}", known.line.to_str().unwrap())).unwrap();
                lw_dial(engine, known.user, code.as_ptr(), &mut out) == LW_OK
            }),
            ("lw_line_of", &|engine, known| lw_line_of(engine, known.user, known.line.as_ptr()) == 1),
            ("lw_text", &|engine, known| {
                let text = lw_text(engine, known.user);
                let same = std::ffi::CStr::from_ptr(text) == known.login.as_c_str();
                lw_string_free(text);
                same
            }),
            ("lw_party_kind", &|engine, known| lw_party_kind(engine, known.user) == LW_KIND_USER),
            ("lw_party_domain", &|engine, known| {
                let text = lw_party_domain(engine, known.user);
                let same = std::ffi::CStr::from_ptr(text) == company.as_c_str();
                lw_string_free(text);
                same && lw_domain_count(engine) == 1
            }),
            ("lw_who", &|engine, known| {
                lw_who(engine, Right::LINE_BUSY_READ.number(), known.user, std::ptr::null_mut(), 0) > 0
            }),
            ("lw_whom", &|engine, known| {
                lw_whom(engine, known.user, Right::LINE_BUSY_READ.number(), std::ptr::null_mut(), 0) > 0
            }),
            ("lw_parties", &|engine, _| lw_parties(engine, company.as_ptr(), std::ptr::null_mut(), 0) > 300),
            ("lw_revision", &|engine, _| lw_revision(engine) == 1),
        ]
    };
    let asked: BTreeSet<&str> = asks.iter().flat_map(|(name, _)| names_in(name)).collect();
    let header = include_str!("../include/linewarden.h");
    let page = include_str!("../docs/embed.md");
    for name in allowed_in_calls(header, page) {
        assert!(asked.contains(name), "calls may ask {name}, and it is not asked here");
    }
    for (name, ask) in asks {
        let engine = engine_to_c(Engine::open(&path).unwrap());
        let known = Known::new(&path);
        assert!(ask(engine, &known), "{name}");
        // SAFETY: opened above, closed once below.
        let reads = unsafe { engine_from_c(engine) }.unwrap().policy_reads();
        assert_eq!(reads, 0, "{name} read the policy");
        // SAFETY: as above.
        unsafe { lw_close(engine) };
    }
}

/// The header says of each function that reads the policy, as docs/embed.md lists them, that it is not for calls.
#[test]
fn the_header_says_what_is_not_for_calls() {
    let (header, page) = (include_str!("../include/linewarden.h"), include_str!("../docs/embed.md"));
    let functions = reading_the_policy(page);
    assert!(functions.contains("lw_notified") && functions.len() >= 6, "only {functions:?} were read");
    for function in functions {
        let declared =
            header.find(&format!(" {function}(")).or_else(|| header.find(&format!("*{function}("))).expect(function);
        let comment = header[..declared].rsplit("/**").next().unwrap();
        let said = "Not for calls: over a store it reads the policy";
        assert!(comment.contains(said), "{function}: {comment}");
    }
}

/// The functions that docs/embed.md says load the policy.
fn reading_the_policy(page: &str) -> BTreeSet<&str> {
    let loads =
        page.split("these functions load the policy").nth(1).unwrap().split(", and every change").next().unwrap();
    names_in(loads.split_once("):").unwrap().1).collect()
}

/// The sample dialplan, which runs on the threads of calls, uses no function that asks what the page forbids there.
#[test]
fn the_dialplan_asks_only_what_calls_may_ask() {
    let page = include_str!("../docs/embed.md");
    let row = page.lines().find(|line| line.starts_with("| a SIP message handler")).unwrap();
    let mut forbidden = reading_the_policy(page);
    forbidden.extend(names_in(row.split(" | ").nth(2).unwrap()));
    assert!(forbidden.contains("lw_pair") && forbidden.contains("lw_who"), "only {forbidden:?} were read");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("integrations/asterisk/res_linewarden");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "c"));
    let module: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let sample = include_str!("../integrations/asterisk/extensions.conf.sample");
    let mut slow = BTreeSet::new();
    let mut functions = 0;
    for row in module.lines().filter(|line| line.trim_start().starts_with("{ .name = \"")) {
        let name = row.split('"').nth(1).unwrap();
        let reader = row.split(['=', ',', ' ']).find(|word| word.starts_with("function_")).unwrap();
        let body = module
            .split(&format!("int {reader}("))
            .find(|text| text.split('\n').nth(1) == Some("{"))
            .unwrap_or_else(|| panic!("no {reader}"));
        let body = body.split("\n}\n").next().unwrap();
        if names_in(body).any(|name| forbidden.contains(name)) {
            slow.insert(name);
        }
        functions += 1;
    }
    assert!(functions > 5 && slow.contains("LINEWARDEN_NOTIFIED"), "{functions} functions, slow: {slow:?}");
    for (at, line) in sample.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with(';')) {
        for name in &slow {
            assert!(!line.contains(&format!("{name}(")), "extensions.conf.sample:{}: {name} on a call", at + 1);
        }
    }
}

/// The names of C functions in a text.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_');
    words.filter(|word| word.starts_with("lw_"))
}

/// The functions that calls may ask: all of these sections of the header, and those of the page's first two rows.
fn allowed_in_calls<'t>(header: &'t str, page: &'t str) -> BTreeSet<&'t str> {
    let sections =
        ["Checks on the call path", "Many at once", "Checks in text", "Function codes", "Destinations"].map(|title| {
            let start = header.find(&format!("/* ---- {title} ---")).expect(title);
            header[start + 8..].split("/* ---- ").next().unwrap()
        });
    // A declaration begins its line, and its name stands before the bracket.
    let declared =
        sections.into_iter().flat_map(str::lines).filter(|line| line.starts_with(|c: char| c.is_alphabetic()));
    let declared = declared.filter_map(|line| names_in(line.split('(').next()?).last());
    let rows = ["| a media or audio thread", "| a SIP message handler"].map(|row| {
        let row = page.lines().find(|line| line.starts_with(row)).expect(row);
        row.split(" | ").nth(1).expect("what may be called")
    });
    let allowed: BTreeSet<&str> = declared.chain(rows.into_iter().flat_map(names_in)).collect();
    assert!(allowed.len() >= 22, "only {allowed:?} were read");
    allowed
}

/// Two users and what they are called.
struct Known {
    user: lw_party,
    other: lw_party,
    login: CString,
    line: CString,
}

impl Known {
    fn new(path: &Path) -> Known {
        let engine = Engine::open(path).unwrap();
        let documents = engine.export(None).unwrap().documents;
        let mut names = linewarden::internals::directory::Directory::default();
        let policy = linewarden::internals::document::load(&documents, &mut names).unwrap();
        let mut users = policy.domains[0].users.iter().filter(|user| !user.lines.is_empty());
        let (user, other) = (users.next().unwrap(), users.next().unwrap());
        let login = names.text(user.party);
        let number = |login: &str| engine.find(None, login).unwrap();
        assert_eq!(engine.kind(number(&login)).unwrap().1, Kind::User);
        Known {
            user: number(&login).0,
            other: number(&names.text(other.party)).0,
            login: CString::new(login).unwrap(),
            line: CString::new(user.lines[0].as_str()).unwrap(),
        }
    }
}
