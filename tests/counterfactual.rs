//! What an explanation suggests must work: every suggested change, made in the whole policy, turns the no into a yes. And where
//! a fact of the systems that run could give the right, something is suggested; where none could, the explanation says so.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document;
use linewarden::internals::engine::{Explanation, Reason};
use linewarden::internals::policy::change::{Entry, parse, print};
use linewarden::internals::policy::{Domain, Policy};
use linewarden::internals::system::System;
use linewarden::{Engine, Kind, Party, Right, RightSet};
use linewarden_testkit::random;
use proptest::prelude::*;

/// Whether some fact of the systems that the domain runs could give the right, by what the two are. `actor` is the kind by which
/// the domain knows the actor: a user of another domain is a contact.
fn could(domain: &Domain, actor: Kind, target: Kind, oneself: bool, right: Right) -> bool {
    let runs = |system| domain.systems.has(system);
    let names =
        |names: &[&str]| names.iter().fold(RightSet::EMPTY, |set, name| set | Right::parse(name).unwrap().mask());
    let person = matches!(actor, Kind::User | Kind::Contact) && !oneself;
    let mut could = RightSet::EMPTY;
    if runs(System::Xphone) && person && target == Kind::User {
        could |= domain.xphone.matrix.everything();
        if actor == Kind::Contact {
            could = could.without(names(&["contact.email.read", "contact.photo.read"]));
        }
    }
    if runs(System::Estos) && person && target == Kind::User {
        could |= domain.estos.tables.everything();
    }
    if runs(System::Pascom) && actor == Kind::User {
        could |= match target {
            Kind::Team => names(&["call.pickup", "roster.see_team"]),
            Kind::Location => names(&["location.login"]),
            Kind::User => names(&[
                "call.pickup",
                "contact.name.read",
                "presence.symbol.read",
                "presence.status.read",
                "presence.text.read",
                "line.busy.read",
                "roster.see_user",
                "call.detail.read",
                "call.number_incoming.read",
                "call.number_outgoing.read",
                "call.number_in_call.read",
                "forwarding.bypass",
                "forwarding.set",
                "call.control",
            ]),
            Kind::Contact | Kind::Device => RightSet::EMPTY,
        };
        if oneself {
            could |= names(&["profile.manage_own"]);
        }
    }
    if runs(System::Linewarden) && matches!(actor, Kind::User | Kind::Contact) {
        let all = Right::all().fold(RightSet::EMPTY, |set, right| set | right.mask());
        let begins = |prefix: &str| {
            Right::all()
                .filter(|right| right.name().starts_with(prefix))
                .fold(RightSet::EMPTY, |set, right| set | right.mask())
        };
        let never = begins("relation.") | names(&["location.login", "profile.manage_own"]);
        could |= match (target, oneself) {
            (Kind::User, true) => begins("call.to."),
            (Kind::User, false) => all.without(never).without(begins("call.to.")).without(names(&["roster.see_team"])),
            (Kind::Team, _) => {
                let some = begins("call.") | begins("forwarding.") | names(&["line.busy.read", "roster.see_team"]);
                some.without(begins("call.to."))
            }
            _ => RightSet::EMPTY,
        };
    }
    let between = matches!((actor, target), (Kind::User, Kind::User | Kind::Contact) | (Kind::Contact, Kind::User));
    if runs(System::Keevio) && between && !oneself {
        could |= names(&["contact.name.read", "roster.see_user", "chat.exchange"]);
        could |= names(&["presence.symbol.read", "presence.status.read", "presence.text.read"]);
    }
    if actor == Kind::User && matches!(target, Kind::User | Kind::Contact) && !oneself {
        if runs(System::Estos) || runs(System::Keevio) {
            could |= names(&["relation.ask", "relation.answer"]);
        }
        if runs(System::Estos) || runs(System::Xphone) {
            could |= names(&["relation.change"]);
        }
    }
    could.has(right)
}

struct Asked<'a> {
    policy: &'a Policy,
    names: &'a Directory,
    question: String,
    explanation: &'a Explanation,
}

impl Asked<'_> {
    /// Makes the change of that place the way a caller does, as text by the vocabulary, in the whole policy; the answer then.
    fn after(&self, place: usize, domain: &str, actor: Party, right: Right, target: Party) -> Result<bool, String> {
        let suggestion = &self.explanation.changes[place];
        let edits = suggestion.edit.iter().map(|change| Entry { domain: domain.into(), change: change.clone() });
        let text = print(&edits.collect::<Vec<_>>());
        let (mut changed, mut names) = (self.policy.clone(), self.names.clone());
        let done = changed.apply(&mut names, None, &parse(&text, None).unwrap());
        let done = done.map_err(|error| format!("{}: `{text}`: {error}", self.question))?;
        if !done.changed() {
            return Err(format!("{}: `{text}` changes nothing", self.question));
        }
        Ok(Engine::from_policy(changed, names).unwrap().may(actor, right, target))
    }
}

type Question = (u16, u16, u16);

/// Asks the questions of the company at an instant, or now, and tries whatever is suggested. How many suggestions there were.
fn try_suggestions(company: &random::Company, at: Option<i64>, questions: &[Question]) -> Result<usize, TestCaseError> {
    let mut names = Directory::default();
    let policy = Policy { at, ..document::load(&company.documents, &mut names).unwrap() };
    let engine = Engine::from_policy(policy.clone(), names.clone()).unwrap();
    let rights: Vec<Right> = Right::names().map(|name| Right::parse(name).unwrap()).collect();
    let home = &policy.domains[0];
    let targets: Vec<(Party, Kind)> = home.parties().collect();
    // Actors are of all domains, and one is of none.
    let mut actors: Vec<(Party, Kind)> = policy
        .domains
        .iter()
        .flat_map(|domain| {
            let as_contact = |kind| if domain.id == home.id || kind != Kind::User { kind } else { Kind::Contact };
            domain.parties().map(move |(party, kind)| (party, as_contact(kind)))
        })
        .collect();
    let stranger = engine.find(Some(&home.name), "sip:nobody@nowhere.example");
    actors.extend(stranger.map(|stranger| (stranger, Kind::Contact)));
    let mut tried = 0;
    for (actor, right, target) in questions.iter().copied() {
        // Most questions are those of users of the domain: there are many outside contacts.
        let users = home.users.len();
        let actor = if actor % 3 == 0 {
            actors[usize::from(actor / 3) % actors.len()]
        } else {
            (home.users[usize::from(actor) % users].party, Kind::User)
        };
        let target = targets[usize::from(target) % targets.len()];
        let right = rights[usize::from(right) % rights.len()];
        let explanation = engine.explain(actor.0, right, target.0, None);
        prop_assert!(!explanation.allowed || explanation.changes.is_empty(), "changes to a yes");
        prop_assert_eq!(explanation.no_change.is_empty(), explanation.allowed || !explanation.changes.is_empty());
        let question = format!("{} {right} {}", names.text(actor.0), names.text(target.0));
        if !explanation.allowed {
            // No document can make a party of an unknown name of this domain, nor of a foreign name that is no person.
            let foreign = home.kind(actor.0).is_none();
            let own_address = names.text(actor.0).ends_with("@acme.example");
            let unknown = foreign && (actor.1 != Kind::Contact || own_address);
            let could = !unknown && could(home, actor.1, target.1, actor.0 == target.0, right);
            prop_assert_eq!(!explanation.changes.is_empty(), could, "{}: {:?}", question, explanation);
        }
        let asked = Asked { policy: &policy, names: &names, question, explanation: &explanation };
        for place in 0..explanation.changes.len() {
            match asked.after(place, &home.name, actor.0, right, target.0) {
                Ok(flips) => prop_assert!(flips, "{}: no yes after {:?}", asked.question, explanation.changes[place]),
                Err(message) => prop_assert!(false, "{}", message),
            }
            tried += 1;
        }
        if tried > 60 {
            break;
        }
    }
    Ok(tried)
}

fn questions() -> impl Strategy<Value = Vec<Question>> {
    proptest::collection::vec((any::<u16>(), any::<u16>(), any::<u16>()), 60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn suggested_changes_flip_the_answer(company in random::companies(), questions in questions()) {
        try_suggestions(&company, None, &questions)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// Where facts of every system have dates: at an edge of theirs, or a second before it.
    #[test]
    fn suggested_changes_flip_the_answer_where_facts_have_dates(
        company in random::dated_companies(),
        edge in proptest::sample::select(&random::EDGES[..]),
        before in 0..2i64,
        questions in questions(),
    ) {
        let at = linewarden::instant(edge).unwrap() - before;
        try_suggestions(&company, Some(at), &questions)?;
    }
}

fn engine(text: &str) -> Engine {
    Engine::from_documents(&[document::Document { name: "acme.toml".into(), text: text.into() }]).unwrap()
}

fn explain(engine: &Engine, actor: &str, right: &str, target: &str) -> Explanation {
    let find = |name: &str| engine.resolve(None, name).unwrap();
    engine.explain(find(actor), Right::parse(right).unwrap(), find(target), None)
}

/// The suggestions, each as its changes in a line.
fn edits(explanation: &Explanation) -> Vec<String> {
    let line = |edit: &[linewarden::internals::policy::change::Change]| {
        edit.iter().map(|edit| edit.to_string()).collect::<Vec<_>>().join("; ")
    };
    explanation.changes.iter().map(|change| line(&change.edit)).collect()
}

/// The test above must not pass because nothing is ever suggested.
#[test]
fn every_system_suggests_something() {
    let text = include_str!("data/contract.toml");
    for (system, actor, right, target, wanted) in [
        ("xphone", "carol", "presence.set", "alice", "set relationship alice carol assistant"),
        ("estos", "bob", "note.set", "carol", "set grant carol bob team"),
        ("pascom", "carol", "call.control", "bob", "add permission xmpp.supervisor"),
        ("keevio", "carol", "presence.status.read", "bob", "set subscription carol bob granted"),
    ] {
        let only = format!("systems = [\"{system}\"]");
        let text = text.replace("systems = [\"xphone\", \"estos\", \"pascom\", \"keevio\"]", &only);
        let explanation = explain(&engine(&text), actor, right, target);
        assert!(!explanation.allowed, "{system}");
        let edits: Vec<String> =
            explanation.changes.iter().flat_map(|change| &change.edit).map(|edit| edit.to_string()).collect();
        assert!(edits.iter().any(|edit| edit == wanted), "{system}: {edits:?}");
    }
}

/// A grant by the administrator is a source of its own, can be raised, and can be what freezes a level.
#[test]
fn grants_by_the_administrator_are_explained() {
    let text = "domain = \"acme.example\"\nsystems = [\"estos\"]\n[[user]]\nname = \"o\"\n[[user]]\nname = \"v\"\n[[user]]\nname = \"w\"\n\
        [[authorization_grant]]\nowner = \"o\"\nviewer = \"v\"\nadministrative = true\nlevel = \"business\"\n\
        [[authorization_grant]]\nowner = \"o\"\nviewer = \"v\"\nrights = [\"note.set\"]\n\
        [[authorization_grant]]\nowner = \"o\"\nviewer = \"w\"\nadministrative = true\nrights = [\"note.set\"]\n";
    let documents = [document::Document { name: "acme.toml".into(), text: text.into() }];
    let engine = Engine::from_documents(&documents).unwrap();
    let find = |name: &str| engine.resolve(None, name).unwrap();
    let asked = |actor: &str, right: &str, target: &str| {
        engine.explain(find(actor), Right::parse(right).unwrap(), find(target), None)
    };
    let decides = |actor: &str, right: &str, target: &str| {
        let why = asked(actor, right, target);
        let source = why.sources.into_iter().find(|source| source.decides).unwrap();
        (why.reason, source.what, source.place)
    };
    let administrative =
        |place: &str| (Reason::AdministrativeGrant, "grant by the administrator".to_string(), place.to_string());
    assert_eq!(decides("v", "line.busy.read", "o"), administrative("acme.toml:13"));
    assert_eq!(
        decides("v", "note.set", "o"),
        (Reason::OwnGrant, "own grant of the target".into(), "acme.toml:17".into())
    );
    assert_eq!(decides("w", "note.set", "o"), administrative("acme.toml:22"));
    assert_eq!(engine.decide(find("w"), Right::NOTE_SET, find("o")).line, 22);
    let edits = |actor: &str, right: &str, target: &str| -> Vec<String> {
        let changes = asked(actor, right, target).changes;
        changes.iter().flat_map(|change| &change.edit).map(|edit| edit.to_string()).collect()
    };
    let raised = edits("v", "presence.set", "o");
    assert!(raised.contains(&"set administrative_grant o v team".into()), "{raised:?}");
    let raised = edits("w", "presence.set", "o");
    assert!(raised.contains(&"set administrative_grant o w rights note.set presence.set".into()), "{raised:?}");
    assert_eq!(edits("o", "relation.change", "w"), ["clear administrative_grant o w"]);
    let frozen = asked("o", "relation.change", "w").sources;
    assert!(frozen.iter().any(|source| source.place == "acme.toml:22"), "{frozen:?}");
    assert!(asked("w", "relation.change", "o").allowed && asked("o", "relation.change", "v").allowed);
}

fn acme(systems: &str, more: &str) -> Engine {
    let users = "[[user]]\nname = \"alice\"\n[[user]]\nname = \"bob\"\n";
    engine(&format!("domain = \"acme.example\"\nsystems = [{systems:?}]\n{users}{more}"))
}

#[test]
fn a_holder_of_a_level_learns_what_is_missing() {
    let grant = "[[authorization_grant]]\nowner = \"alice\"\nviewer = \"bob\"\nlevel = \"team\"\n";
    let estos = acme("estos", grant);
    let second = edits(&explain(&estos, "bob", "call.pickup.second", "alice"));
    assert!(second.contains(&"set grant alice bob personal".into()), "{second:?}");
    // No level gives it, and the own level stays beside what the administrator gives.
    let given = "set administrative_grant alice bob rights call.pickup.additional";
    let additional = edits(&explain(&estos, "bob", "call.pickup.additional", "alice"));
    assert_eq!(additional, [given, "set matrix estos call.pickup.additional team"]);
    // Where a level of the administrator's stands already, a group of two gives the right beside it.
    let led = "add authorization_group \"bob for alice\"; set leader_grant \"bob for alice\" rights call.pickup.additional; \
               add member authorization_group \"bob for alice\" alice; add member leaders \"bob for alice\" bob";
    let both = acme("estos", &format!("{grant}{}administrative = true\n", grant.replace("team", "public")));
    let additional = edits(&explain(&both, "bob", "call.pickup.additional", "alice"));
    assert_eq!(additional[0], led);
    // First and second are a yes, the bare name asks for all three.
    let personal = acme("estos", &grant.replace("team", "personal"));
    let all = edits(&explain(&personal, "bob", "call.pickup", "alice"));
    assert_eq!(all[0], given.replace("call.pickup.additional", "call.pickup"));
    assert_eq!(all[1], "set matrix estos call.pickup.additional personal");
}

#[test]
fn the_smallest_change_comes_first() {
    let estos = acme("estos", "");
    let note = edits(&explain(&estos, "bob", "note.read", "alice"));
    let wanted = ["set grant alice bob rights note.read", "set administrative_grant alice bob rights note.read"];
    assert_eq!(note[..2], wanted);
    assert_eq!(note[2], "set grant alice bob public");
    // Where users may not grant, what the owner may not do comes after what the administrator can (E7).
    let closed = acme("estos", "[authorization]\nusers_may_grant = false\n");
    let note = edits(&explain(&closed, "bob", "note.read", "alice"));
    assert_eq!(note[..2], [wanted[1], wanted[0]]);
    assert_eq!(note[2], "set grant alice bob public");
}

#[test]
fn rows_of_the_matrix_can_be_what_is_missing() {
    let none = "[matrix.xphone]\n\"call.pickup\" = []\n";
    let xphone = acme("xphone", none);
    assert_eq!(edits(&explain(&xphone, "bob", "call.pickup", "alice")), ["set matrix xphone call.pickup unknown"]);
    let explanation = explain(&xphone, "bob", "call.pickup", "alice");
    assert_eq!(explanation.changes[0].change, "row `call.pickup` of [matrix.xphone]: none -> unknown");
}

#[test]
fn facts_that_are_needed_together_are_one_suggestion() {
    let estos = acme("estos", "");
    let bob = "sip:bob@partner.example";
    let explanation = explain(&estos, bob, "presence.status.read", "alice");
    let wanted = format!("set grant alice {bob} rights presence.status.read; set federation partner.example public");
    assert_eq!(edits(&explanation), [wanted]);
    assert!(explanation.changes[0].change.contains(", and "), "{}", explanation.changes[0].change);
    let keevio = acme("keevio", "");
    let chat = edits(&explain(&keevio, "bob", "chat.exchange", "alice"));
    assert_eq!(chat, ["set subscription bob alice granted; set subscription alice bob granted"]);
}

#[test]
fn what_no_document_can_give_is_said_to_be_so() {
    let keevio = acme("keevio", "");
    let explanation = explain(&keevio, "bob", "call.pickup", "alice");
    assert!(explanation.changes.is_empty());
    assert_eq!(explanation.no_change, "no document makes it a yes: keevio gives no such right between these parties");
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["no_change"], explanation.no_change.as_str());
    let yes = explain(&keevio, "bob", "relation.ask", "alice");
    assert!(yes.allowed && yes.no_change.is_empty());
}

#[test]
fn a_group_that_gives_the_right_can_be_joined() {
    let group = "[[authorization_group]]\nname = \"desk\"\nmembers = [\"alice\"]\nleader_rights = [\"call.pickup\"]\n";
    let led = edits(&explain(&acme("estos", group), "bob", "call.pickup", "alice"));
    assert!(led.contains(&"add member leaders desk bob".into()), "{led:?}");
    let among = group.replace("leader_rights = [\"call.pickup\"]", "level = \"team\"");
    let among = edits(&explain(&acme("estos", &among), "bob", "call.pickup.first", "alice"));
    assert!(among.contains(&"add member authorization_group desk bob".into()), "{among:?}");
}

/// For a no, the rules that name one of the two say in words why they do not give the right; a yes has none of them.
#[test]
fn rules_that_miss_a_pair_say_why() {
    let text = r#"
        domain = "acme.example"
        systems = ["linewarden"]
        user = [{ name = "alice" }, { name = "bob" }, { name = "carol", exempt = ["call.listen"] }, { name = "dave" }]
        team = [{ name = "crew", agents = ["bob"] }]
        group = [{ name = "all", members = ["group:inner"] }, { name = "inner", members = ["alice", "bob"] }]
        [[rule]]
        name = "cover"
        actors = ["carol"]
        rights = ["call.pickup"]
        targets = ["group:all"]
        except = ["bob"]
        [[rule]]
        name = "watch"
        actors = ["everyone"]
        except_actors = ["team:crew"]
        rights = ["call.listen"]
        targets = ["everyone"]
    "#;
    let engine =
        Engine::from_documents(&[linewarden::Document { name: "acme.toml".into(), text: text.into() }]).unwrap();
    let explain = |actor: &str, right: &str, target: &str| {
        let party = |name: &str| engine.resolve(None, name).unwrap();
        engine.explain(party(actor), right.parse().unwrap(), party(target), None)
    };
    let misses = |source: &linewarden::Source| source.level.contains("gives it") || source.level.contains("excepts");
    let said = |actor: &str, right: &str, target: &str| {
        let explanation = explain(actor, right, target);
        assert!(!explanation.allowed && explanation.sources.iter().all(|source| !source.gives && !source.decides));
        // Rules that give the pair other rights stand before them.
        let missed = explanation.sources.iter().filter(|source| misses(source));
        missed.map(|source| format!("{}: {}", source.what, source.level)).collect::<Vec<_>>()
    };
    assert_eq!(said("dave", "call.pickup", "alice"), ["rule `cover`: gives it to others"]);
    assert_eq!(said("carol", "call.pickup", "dave"), ["rule `cover`: gives it on others"]);
    assert_eq!(said("carol", "call.pickup", "bob"), ["rule `cover`: excepts the target"]);
    assert_eq!(said("bob", "call.listen", "dave"), ["rule `watch`: excepts the actor"]);
    assert_eq!(said("dave", "call.pickup", "carol"), Vec::<String>::new());
    let exempt = explain("dave", "call.listen", "carol");
    assert!(!exempt.sources.iter().any(misses), "{exempt:?}");
    let edits: Vec<String> =
        exempt.changes.iter().flat_map(|change| &change.edit).map(|edit| edit.to_string()).collect();
    assert_eq!(edits, ["set exempt carol"]);
    let edits: Vec<String> =
        explain("dave", "call.pickup", "alice").changes[0].edit.iter().map(|edit| edit.to_string()).collect();
    assert_eq!(edits, ["add rule call.pickup rights: call.pickup actors: dave targets: alice"]);
    let yes = explain("carol", "call.pickup", "alice");
    assert!(yes.allowed && !yes.sources.iter().any(misses), "{yes:?}");
}

/// Rules and groups that give nothing are reported, each kind once; those that do are not.
#[test]
fn lint_reports_rules_and_groups_without_effect() {
    let lint = |facts: &str| {
        let head = "domain = \"acme.example\"\nsystems = [\"linewarden\"]\nuser = [{ name = \"alice\" }, { name = \"bob\" }]\n";
        let document = linewarden::Document { name: "acme.toml".into(), text: format!("{head}{facts}") };
        let findings = Engine::from_documents(&[document]).unwrap().lint();
        findings.into_iter().map(|finding| format!("{}: {}", finding.rule, finding.message)).collect::<Vec<_>>()
    };
    let rule = |parts: &str| lint(&format!("[[rule]]\nname = \"r\"\n{parts}"));
    let good = "[[group]]\nname = \"g\"\nmembers = [\"bob\"]\n[[rule]]\nname = \"r\"\nactors = [\"group:g\"]\n\
        rights = [\"call.pickup\"]\ntargets = [\"alice\"]\n[[rule]]\nname = \"abroad\"\nactors = [\"bob\"]\n\
        rights = [\"call.to.premium\"]\ntargets = [\"oneself\"]";
    assert_eq!(lint(good), Vec::<String>::new());
    assert_eq!(
        rule("rights = [\"call.pickup\"]\ntargets = [\"alice\"]"),
        ["rule-without-parties: rule `r` has no actors, so it gives nothing"]
    );
    assert_eq!(
        rule("rights = [\"call.pickup\"]\nactors = [\"alice\"]\ntargets = [\"sip:x@far.example\"]"),
        ["rule-without-parties: rule `r` has no targets, so it gives nothing"]
    );
    let effectless = ["rule-without-effect: rule `r` has only rights that nothing has towards its targets"];
    assert_eq!(rule("rights = [\"call.pickup\"]\nactors = [\"alice\"]\ntargets = [\"oneself\"]"), effectless);
    assert_eq!(rule("rights = [\"call.to.premium\"]\nactors = [\"alice\"]\ntargets = [\"bob\"]"), effectless);
    assert_eq!(
        lint("[[group]]\nname = \"g\""),
        ["empty-group: group `g` has no members", "unused-group: group `g` is named by no rule and no group"]
    );
}
