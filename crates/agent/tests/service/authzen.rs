//! The Authorization API 1.0: requests written from the specification and from its certification scenario, on our parties and rights.
#![forbid(unsafe_code)]

use crate::client::Client;
use crate::server::{Seed, Server, caller, companies};
use linewarden::{Engine, Kind, Party, Right};
use linewarden_testkit::random::company;
use serde_json::{Value, json};

const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";

fn entity(of: &str, id: &str) -> Value {
    json!({ "type": of, "id": id })
}

fn user(id: &str) -> Value {
    entity("user", id)
}

/// What the scenario calls `read` by alice on `record-1`: a yes.
fn yes() -> Value {
    json!({ "subject": user("bob"), "action": { "name": "call.pickup.first" }, "resource": user("alice") })
}

fn no() -> Value {
    json!({ "subject": user("alice"), "action": { "name": "call.pickup.first" }, "resource": user("bob") })
}

fn with(mut request: Value, key: &str, value: Value) -> Value {
    request[key] = value;
    request
}

fn without(mut request: Value, keys: &[&str]) -> Value {
    let (last, path) = keys.split_last().unwrap();
    let place = path.iter().fold(&mut request, |value, key| &mut value[*key]);
    place.as_object_mut().unwrap().remove(*last);
    request
}

#[test]
fn one_question_is_decided() {
    let server = Server::usual();
    let mut client = server.client("ask");
    for (request, decision) in [
        (yes(), true),
        (no(), false),
        (with(yes(), "context", json!({ "time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1" })), true),
        (with(yes(), "foo", json!({ "nested": [true] })), true),
        (with(yes(), "resource", json!({ "type": "user", "id": "alice", "properties": { "status": "x" } })), true),
        (with(yes(), "subject", json!({ "type": "user", "id": "bob", "properties": null })), true),
        (with(yes(), "subject", user("sip:bob@acme.example")), true),
        (with(yes(), "subject", user("acme.example/bob")), true),
        (with(yes(), "subject", user("110")), true),
        (with(yes(), "action", json!({ "name": "call.pickup.first", "properties": { "method": "GET" } })), true),
        (with(yes(), "subject", user("nonexistent")), false),
        (with(yes(), "subject", entity("spaceship", "bob")), false),
        (with(yes(), "subject", entity("team", "bob")), false),
        (with(yes(), "resource", user("")), false),
    ] {
        let answer = client.post(EVALUATION, &request);
        assert_eq!((answer.status, answer.json()), (200, json!({ "decision": decision })), "{request}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    let id = [("content-type", "application/json"), ("x-request-id", "bfe9eb29-ab87")];
    let answer = client.request("POST", EVALUATION, &id, yes().to_string().as_bytes());
    assert_eq!(answer.header("x-request-id"), Some("bfe9eb29-ab87"));
    for _ in 0..5 {
        assert_eq!(client.post(EVALUATION, &yes()).json()["decision"], true);
    }
}

#[test]
fn a_reason_is_for_those_who_may_see_it() {
    let server = Server::usual();
    let answer = server.client("reasons").post(EVALUATION, &yes()).json();
    let revision = server.engine.revision();
    assert_eq!(answer, json!({ "decision": true, "context": { "reason": "own_setting", "revision": revision } }));
    let answer = server.client("reasons").post(EVALUATION, &no()).json();
    assert_eq!((&answer["decision"], &answer["context"]["revision"]), (&json!(false), &json!(revision)));
    assert!(server.client("ask").post(EVALUATION, &no()).json().get("context").is_none());
}

#[test]
fn what_is_not_understood_is_400_and_never_true() {
    let server = Server::usual();
    let mut client = server.client("ask");
    let mut wrong: Vec<String> = vec![
        String::new(),
        "{".into(),
        "[]".into(),
        "null".into(),
        "true".into(),
        "\u{feff}{}".into(),
        format!("{}x", yes()),
        "[".repeat(100_000),
        format!("{{\"context\":{}1{}}}", "[".repeat(1000), "]".repeat(1000)),
        // A key that stands twice.
        yes().to_string().replacen('{', "{\"subject\":{\"type\":\"user\",\"id\":\"alice\"},", 1),
        yes().to_string().replace("\"id\":\"bob\"", "\"id\":\"bob\",\"id\":\"alice\""),
        yes()
            .to_string()
            .replace("\"id\":\"bob\"", "\"id\":\"bob\",\"properties\":{\"domain\":\"acme.example\",\"domain\":\"x\"}"),
        yes().to_string().replace("\"call.pickup.first\"", "\"call.pickup.first\",\"name\":\"call.pickup.first\""),
    ];
    for keys in [&["subject"][..], &["action"], &["resource"], &["subject", "type"], &["subject", "id"]] {
        wrong.push(without(yes(), keys).to_string());
    }
    for keys in [&["action", "name"][..], &["resource", "type"], &["resource", "id"]] {
        wrong.push(without(yes(), keys).to_string());
    }
    for (key, value) in [
        ("subject", json!("bob")),
        ("subject", json!(null)),
        ("subject", json!({ "type": 1, "id": "bob" })),
        ("subject", json!({ "type": "user", "id": ["bob"] })),
        ("subject", json!({ "type": "user", "id": "bob", "properties": [] })),
        ("subject", json!({ "type": "user", "id": "bob", "properties": { "domain": 5 } })),
        ("subject", json!({ "type": "user", "id": "acme.example/bob", "properties": { "domain": "b.example" } })),
        ("action", json!({ "name": 123 })),
        ("action", json!({ "name": "call.pikcup" })),
        ("action", json!({ "name": "" })),
        ("action", json!({ "name": "call.pickup.first", "properties": 1 })),
        ("context", json!("now")),
    ] {
        wrong.push(with(yes(), key, value).to_string());
    }
    for text in wrong {
        for path in [EVALUATION, EVALUATIONS] {
            let answer = client.post_text(path, &text);
            let shown: String = text.chars().take(200).collect();
            assert_eq!((answer.status, answer.code().as_str()), (400, "not_understood"), "{path}: {shown}");
        }
    }
    for kind in ["text/plain", "application/jsonx", ""] {
        let answer = client.request("POST", EVALUATION, &[("content-type", kind)], yes().to_string().as_bytes());
        assert_eq!(answer.status, 400, "{kind}");
    }
    let bytes = [b"{\"subject\":\"", &[0xff, 0xfe][..], b"\"}"].concat();
    assert_eq!(client.request("POST", EVALUATION, &[("content-type", "application/json")], &bytes).status, 400);
}

fn decisions(client: &mut Client, request: &Value) -> Vec<bool> {
    let answer = client.post(EVALUATIONS, request);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    let list = answer["evaluations"].as_array().unwrap();
    list.iter().map(|decided| decided["decision"].as_bool().unwrap()).collect()
}

#[test]
fn many_questions_share_what_they_have_in_common() {
    let server = Server::usual();
    let mut client = server.client("ask");
    let common = without(yes(), &["resource"]);
    let each = json!([{ "resource": user("alice") }, { "resource": user("carol") }]);
    assert_eq!(decisions(&mut client, &with(common, "evaluations", each)), [true, false]);
    let each = json!([{ "subject": user("bob") }, { "subject": user("carol") }, {}]);
    assert_eq!(decisions(&mut client, &with(yes(), "evaluations", each)), [true, false, true]);
    assert_eq!(decisions(&mut client, &json!({ "evaluations": [yes(), no(), yes()] })), [true, false, true]);
    // A part of an entity comes from the common one.
    let each = json!([{ "resource": { "id": "carol" } }, { "resource": { "type": "user" } }]);
    assert_eq!(decisions(&mut client, &with(yes(), "evaluations", each)), [false, true]);
    // A question of its own that lacks something is a no with an error, and the others are answered.
    let lacking = json!({ "subject": user("bob"), "action": { "name": "call.pickup.first" },
        "evaluations": [{ "resource": user("alice") }, {}, { "resource": user("alice"), "action": { "name": "nothing" } }] });
    assert_eq!(decisions(&mut client, &lacking), [true, false, false]);
    let answer = client.post(EVALUATIONS, &lacking).json();
    assert_eq!(answer["evaluations"][1]["context"]["error"]["status"], 400);
    // Without questions it is one question.
    assert_eq!(client.post(EVALUATIONS, &yes()).json(), json!({ "decision": true }));
    assert_eq!(client.post(EVALUATIONS, &with(yes(), "evaluations", json!([]))).json(), json!({ "decision": true }));
    assert_eq!(client.post(EVALUATIONS, &with(yes(), "evaluations", json!({}))).status, 400);
    let many = json!({ "evaluations": vec![json!({}); 10_001] });
    assert_eq!(client.post(EVALUATIONS, &many).code(), "not_understood");
}

#[test]
fn the_first_no_or_the_first_yes_ends_an_answer_where_asked() {
    let server = Server::usual();
    let mut client = server.client("ask");
    let of =
        |semantic: Value, each: Value| json!({ "options": { "evaluations_semantic": semantic }, "evaluations": each });
    let mixed = json!([yes(), no(), yes()]);
    assert_eq!(decisions(&mut client, &of(json!("execute_all"), mixed.clone())), [true, false, true]);
    assert_eq!(decisions(&mut client, &of(json!("deny_on_first_deny"), mixed.clone())), [true, false]);
    assert_eq!(decisions(&mut client, &of(json!("permit_on_first_permit"), mixed.clone())), [true]);
    assert_eq!(decisions(&mut client, &of(json!("permit_on_first_permit"), json!([no(), yes(), no()]))), [false, true]);
    // An error is a deny.
    assert_eq!(decisions(&mut client, &of(json!("deny_on_first_deny"), json!([{}, yes()]))), [false]);
    assert_eq!(decisions(&mut client, &of(json!("permit_on_first_permit"), json!([{}, yes()]))), [false, true]);
    for wrong in [json!("all"), json!(1), json!(null)] {
        assert_eq!(client.post(EVALUATIONS, &of(wrong, mixed.clone())).status, 400);
    }
    let other = json!({ "options": { "another": 1 }, "evaluations": mixed });
    assert_eq!(decisions(&mut client, &other), [true, false, true]);
}

/// All results of a search, page by page.
fn search(client: &mut Client, what: &str, request: &Value, limit: usize) -> Vec<Value> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = json!({ "limit": limit, "token": token });
        let answer = client.post(&format!("/access/v1/search/{what}"), &with(request.clone(), "page", page));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer = answer.json();
        let results = answer["results"].as_array().unwrap();
        assert!(results.len() <= limit && answer["page"]["count"] == results.len());
        found.extend(results.iter().cloned());
        token = answer["page"]["next_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            assert_eq!(answer["page"]["total"], found.len());
            return found;
        }
    }
}

#[test]
fn searches_find_who_and_whom_and_what() {
    let server = Server::usual();
    let mut client = server.client("ask");
    let who =
        json!({ "subject": { "type": "user" }, "action": { "name": "call.pickup.first" }, "resource": user("alice") });
    let found = search(&mut client, "subject", &who, 1);
    assert!(found.contains(&user("bob")) && !found.contains(&user("carol")), "{found:?}");
    assert_eq!(found, search(&mut client, "subject", &who, 100));
    let whom =
        json!({ "subject": user("bob"), "action": { "name": "call.pickup.first" }, "resource": { "type": "user" } });
    assert!(search(&mut client, "resource", &whom, 100).contains(&user("alice")));
    let what = json!({ "subject": user("bob"), "resource": user("alice"), "context": {} });
    let found = search(&mut client, "action", &what, 7);
    assert!(found.contains(&json!({ "name": "call.pickup.first" })), "{found:?}");
    // Nothing is found where there is nothing, and that is no error.
    for (path, request) in [
        ("subject", with(who.clone(), "subject", json!({ "type": "spaceship" }))),
        ("subject", with(who.clone(), "resource", user("nonexistent"))),
        ("resource", with(whom.clone(), "subject", user("nonexistent"))),
        ("action", with(what.clone(), "subject", user("nonexistent"))),
        ("action", with(what.clone(), "resource", entity("team", "alice"))),
    ] {
        assert!(search(&mut client, path, &request, 10).is_empty(), "{request}");
    }
    for (path, request) in [
        ("subject", without(who.clone(), &["action"])),
        ("subject", without(who.clone(), &["subject"])),
        ("subject", without(who.clone(), &["resource", "id"])),
        ("resource", without(whom.clone(), &["subject"])),
        ("resource", without(whom.clone(), &["subject", "id"])),
        ("resource", without(whom.clone(), &["resource", "type"])),
        ("action", without(what.clone(), &["resource"])),
        ("subject", with(who.clone(), "page", json!(1))),
        ("subject", with(who.clone(), "page", json!({ "limit": -1 }))),
        ("subject", with(who.clone(), "page", json!({ "token": "1.1.00" }))),
        ("subject", with(who.clone(), "action", json!({ "name": "nothing" }))),
    ] {
        let answer = client.post(&format!("/access/v1/search/{path}"), &request);
        assert_eq!(answer.code(), "not_understood", "{request}");
    }
}

#[test]
fn a_page_is_of_the_revision_and_search_of_the_one_before() {
    let server = Server::usual();
    let mut client = server.client("ask");
    let what = json!({ "subject": user("bob"), "resource": user("alice"), "page": { "limit": 1 } });
    let token = client.post("/access/v1/search/action", &what).json()["page"]["next_token"].clone();
    let other = json!({ "subject": user("carol"), "resource": user("alice"), "page": { "token": token } });
    assert_eq!(client.post("/access/v1/search/action", &other).code(), "not_understood");
    server.engine.apply_text(linewarden::Author::Administrator, Some("acme.example"), "set vip carol yes").unwrap();
    let next = with(what, "page", json!({ "token": token }));
    assert_eq!(client.post("/access/v1/search/action", &next).code(), "changed");
}

#[test]
fn the_discovery_document_leads_to_the_routes() {
    let server = Server::usual();
    let mut client = server.client("");
    let document = client.get("/.well-known/authzen-configuration").json();
    let base = format!("http://{}", server.address.rsplit_once(':').map(|_| "127.0.0.1:0").unwrap());
    assert_eq!(document["policy_decision_point"], base.as_str());
    client.token = Some("ask".into());
    for (key, path) in document.as_object().unwrap().iter().filter(|(key, _)| key.ends_with("_endpoint")) {
        let path = path.as_str().unwrap().strip_prefix(&base).unwrap();
        assert_eq!(client.post(path, &json!({})).status, 400, "{key}");
    }
    let config = format!("public_url = \"https://pdp.example.com/\"\n{}", caller("ask", "ask", "acme.example", ""));
    let server = Server::new(&companies(), &config);
    let document = server.client("").get("/.well-known/authzen-configuration").json();
    assert_eq!(document["policy_decision_point"], "https://pdp.example.com");
    assert_eq!(document["access_evaluation_endpoint"], "https://pdp.example.com/access/v1/evaluation");
}

fn of(engine: &Engine, party: Party) -> Value {
    let domain = engine.domain_name_of(party).unwrap();
    let (_, kind) = engine.kind(party).unwrap();
    let text = engine.text(party);
    let id = text.strip_prefix(kind.prefix()).unwrap();
    json!({ "type": kind.word(), "id": id, "properties": { "domain": domain } })
}

/// Random questions in batches and searches about random companies, against the engine.
fn equals_the_engine(companies: u64, questions: usize, searches: usize) {
    let mut allowed = 0;
    for number in 0..companies {
        let mut seed = Seed(number + 17);
        let numbers: Vec<u16> = (0..600).map(|_| seed.next() as u16).collect();
        let server = Server::new(&company(&numbers).documents, &caller("all", "ask", "*", ""));
        allowed += asks(&server, &mut seed, questions);
        searches_of(&server, &mut seed, searches);
    }
    let all = companies as usize * questions;
    assert!(allowed > all / 100, "only {allowed} of {all} are yes");
}

fn parties(engine: &Engine) -> Vec<Party> {
    engine.domains().iter().flat_map(|(domain, _)| engine.parties(*domain)).collect()
}

fn rights() -> Vec<Right> {
    Right::names().map(|name| name.parse().unwrap()).collect()
}

fn asks(server: &Server, seed: &mut Seed, questions: usize) -> usize {
    let (engine, mut client) = (&server.engine, server.client("all"));
    let (parties, rights) = (parties(engine), rights());
    let (mut asked, mut allowed) = (0, 0);
    while asked < questions {
        let draw = |_| (*seed.pick(&parties), *seed.pick(&rights), *seed.pick(&parties));
        let batch: Vec<_> = (0..1000.min(questions - asked)).map(draw).collect();
        let question = |(actor, right, target): &(Party, Right, Party)| {
            let action = json!({ "name": right.name() });
            json!({ "subject": of(engine, *actor), "action": action, "resource": of(engine, *target) })
        };
        let each: Vec<Value> = batch.iter().map(question).collect();
        let given = decisions(&mut client, &json!({ "evaluations": each }));
        let wanted: Vec<bool> =
            batch.iter().map(|(actor, right, target)| engine.may(*actor, *right, *target)).collect();
        assert_eq!(given, wanted);
        allowed += wanted.iter().filter(|allowed| **allowed).count();
        asked += batch.len();
    }
    allowed
}

fn searches_of(server: &Server, seed: &mut Seed, searches: usize) {
    let (engine, mut client) = (&server.engine, server.client("all"));
    let (parties, rights) = (parties(engine), rights());
    for _ in 0..searches {
        let (party, right, other) = (*seed.pick(&parties), *seed.pick(&rights), *seed.pick(&parties));
        let ids = |found: Vec<Party>, kind: Kind| -> Vec<String> {
            let of_kind = found.into_iter().filter(|party| engine.kind(*party).unwrap().1 == kind);
            of_kind.map(|party| format!("{}/{}", engine.domain_name_of(party).unwrap(), engine.text(party))).collect()
        };
        let texts = |found: Vec<Value>| -> Vec<String> {
            found.iter().map(|found| found["id"].as_str().unwrap().to_owned()).collect()
        };
        let action = json!({ "name": right.name() });
        for kind in Kind::ALL {
            let of_kind = json!({ "type": kind.word() });
            let request = json!({ "subject": of_kind, "action": action, "resource": of(engine, party) });
            let found = texts(search(&mut client, "subject", &request, 50));
            assert_eq!(found, ids(engine.who(right, party), kind));
            let request = json!({ "subject": of(engine, party), "action": action, "resource": of_kind });
            let found = texts(search(&mut client, "resource", &request, 50));
            assert_eq!(found, ids(engine.whom(party, right), kind));
        }
        let request = json!({ "subject": of(engine, party), "resource": of(engine, other) });
        let found = search(&mut client, "action", &request, 50);
        let found: Vec<&str> = found.iter().map(|right| right["name"].as_str().unwrap()).collect();
        let held = engine.rights(party, other);
        let wanted: Vec<&str> = Right::names().filter(|name| held.has(name.parse().unwrap())).collect();
        assert_eq!(found, wanted);
    }
}

#[test]
fn decisions_and_searches_are_the_engines() {
    equals_the_engine(5, 1_000, 5);
}

#[test]
#[ignore = "the long form: make service-long"]
fn decisions_and_searches_are_the_engines_at_length() {
    equals_the_engine(50, 2_000, 20);
}
