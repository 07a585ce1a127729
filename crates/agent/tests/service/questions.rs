//! Our own questions, and what callers of one domain or of one user get to see.
#![forbid(unsafe_code)]

use crate::server::Server;
use linewarden::{Author, Right};
use serde_json::json;

const PICKUP: &str = "right=call.pickup.first";

#[test]
fn an_explanation_is_that_of_the_engine() {
    let server = Server::usual();
    let engine = &server.engine;
    let answer = server.client("reasons").get(&format!("/v1/explain?actor=bob&{PICKUP}&target=alice")).json();
    assert_eq!((&answer["allowed"], &answer["reason"]), (&json!(true), &json!("own_setting")));
    let party = |name| engine.resolve(Some("acme.example"), name).unwrap();
    let right: Right = "call.pickup.first".parse().unwrap();
    let wanted = engine.explain(party("carol"), right, party("alice"), None);
    let answer = server.client("reasons").get(&format!("/v1/explain?actor=carol&{PICKUP}&target=alice")).json();
    assert_eq!((&answer["allowed"], &answer["why"]), (&json!(false), &json!(wanted.summary)));
    assert_eq!(answer["sources"], serde_json::to_value(&wanted.sources).unwrap());
    // Its first suggestion does what it says.
    let lines = answer["changes"][0]["lines"].clone();
    let made = server.client("admin").post("/v1/changes", &json!({ "changes": lines }));
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(engine.may(party("carol"), right, party("alice")));
}

#[test]
fn lists_are_those_of_the_engine() {
    let server = Server::usual();
    let engine = &server.engine;
    let (alice, bob) =
        (engine.resolve(None, "acme.example/alice").unwrap(), engine.resolve(None, "acme.example/bob").unwrap());
    let right: Right = "call.pickup.first".parse().unwrap();
    let texts =
        |parties: Vec<linewarden::Party>| -> Vec<String> { parties.iter().map(|party| engine.text(*party)).collect() };
    let mut client = server.client("ask");
    let who = client.get(&format!("/v1/who?{PICKUP}&target=alice")).json();
    assert_eq!(who["parties"], json!(texts(engine.who(right, alice))));
    let part = client.get(&format!("/v1/who?{PICKUP}&target=alice&from=1&limit=1")).json();
    assert_eq!((&part["parties"][0], &part["total"]), (&who["parties"][1], &who["total"]));
    let whom = client.get(&format!("/v1/whom?{PICKUP}&actor=bob")).json();
    assert_eq!(whom["parties"], json!(texts(engine.whom(bob, right))));
    let held = client.get("/v1/rights?actor=bob&target=alice").json();
    assert_eq!((&held["rights"], held.get("levels")), (&json!(engine.rights(bob, alice).names()), None));
    let held = server.client("reasons").get("/v1/rights?actor=bob&target=alice").json();
    assert_eq!(held["levels"][0], json!({ "system": "xphone", "level": engine.pair(bob, alice).levels[0].1 }));
}

#[test]
fn a_caller_of_a_lower_role_is_refused() {
    let server = Server::usual();
    let change = json!({ "changes": "set vip alice yes", "user": "alice" });
    let explain = format!("/v1/explain?actor=bob&{PICKUP}&target=alice");
    let before = server.engine.revision();
    for (path, body) in [("/v1/changes", &change), ("/v1/preview", &change)] {
        assert_eq!(server.client("").post(path, body).code(), "unauthorized");
        assert_eq!(server.client("wrong").post(path, body).code(), "unauthorized");
        assert_eq!(server.client("ask").post(path, body).code(), "forbidden");
        assert_eq!(server.client("reasons").post(path, body).code(), "forbidden");
    }
    for path in [explain.as_str(), "/v1/history", "/v1/pending?owner=alice"] {
        assert_eq!(server.client("").get(path).code(), "unauthorized");
        assert_eq!(server.client("ask").get(path).code(), "forbidden");
    }
    for path in ["/v1/status", "/v1/flips", "/v1/who?right=call.pickup&target=alice", "/metrics"] {
        assert_eq!(server.client("").get(path).code(), "unauthorized", "{path}");
    }
    assert_eq!(server.client("admin").get("/metrics").code(), "forbidden");
    // The word before the token, and two of them.
    let mut client = server.client("");
    for headers in [
        &[("authorization", "Basic ask")][..],
        &[("authorization", "ask")],
        &[("authorization", "Bearer ")],
        &[("authorization", "Bearer ask"), ("authorization", "Bearer admin")],
    ] {
        assert_eq!(client.request("GET", "/v1/status", headers, b"").code(), "unauthorized", "{headers:?}");
    }
    assert_eq!(client.request("GET", "/v1/status", &[("authorization", "bearer ask")], b"").status, 200);
    // As whom a caller changes, which is no administrator.
    assert_eq!(
        server.client("change").post("/v1/changes", &json!({ "changes": "set vip bob yes" })).code(),
        "not_understood"
    );
    let other = json!({ "changes": "set vip bob yes", "user": "bob" });
    assert_eq!(server.client("alice").post("/v1/changes", &other).code(), "forbidden");
    assert_eq!(server.engine.revision(), before);
}

#[test]
fn no_word_of_another_domain_gets_out() {
    let server = Server::usual();
    let admin = |changes: &str| server.engine.apply_text(Author::Administrator, None, changes).unwrap();
    admin("in other.example\nset vip olga yes");
    let last = admin("in acme.example\nset vip bob yes\nin other.example\nset vip otto yes");
    let mut client = server.client("admin");
    // A party that another domain has, and one that no domain has: the same words.
    for path in [
        "/v1/who?right=call.pickup&target=NAME",
        "/v1/whom?right=call.pickup&actor=NAME",
        "/v1/rights?actor=bob&target=NAME",
        "/v1/explain?actor=NAME&right=call.pickup&target=alice",
        "/v1/pending?owner=NAME",
        "/v1/who?right=call.pickup&target=WHO&domain=DOMAIN",
    ] {
        let mut answers = Vec::new();
        for (domain, name) in [("other.example", "olga"), ("other.example", "zzzz"), ("nodomain.test", "olga")] {
            let asked =
                path.replace("NAME", &format!("{domain}%2F{name}")).replace("DOMAIN", domain).replace("WHO", name);
            let answer = client.get(&asked);
            answers.push((answer.status, answer.body.replace(domain, "D").replace(name, "N")));
        }
        assert!(answers[0].0 == 404 || answers[0].0 == 403, "{answers:?}");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    // Names that are near in another domain only.
    let near = client.get("/v1/who?right=call.pickup&target=olgaa");
    assert!(near.status == 404 && !near.body.contains("`olga`"), "{}", near.body);
    let near = client.get("/v1/who?right=call.pickup&target=alicee");
    assert!(near.body.contains("`alice`"), "{}", near.body);
    // A decision about another domain's party as about one that is not there.
    let question = |id: &str| {
        json!({ "subject": { "type": "user", "id": "bob" }, "action": { "name": "call.pickup.first" },
        "resource": { "type": "user", "id": id } })
    };
    let decided = |id: &str| server.client("reasons").post("/access/v1/evaluation", &question(id)).json();
    assert_eq!(decided("other.example/olga"), decided("other.example/zzzz"));
    assert_eq!(decided("sip:olga@other.example"), decided("sip:zzzz@other.example"));
    assert_eq!(decided("other.example/olga"), decided("zzzz"));
    let by = |id: &str| {
        let question = json!({ "subject": { "type": "contact", "id": id }, "action": { "name": "call.pickup.first" },
            "resource": { "type": "user", "id": "alice" } });
        server.client("reasons").post("/access/v1/evaluation", &question).json()
    };
    assert_eq!(by("sip:olga@other.example"), by("sip:zzzz@other.example"));
    // The history without the other's lines and change sets.
    let history = client.get("/v1/history").json();
    assert_eq!(history["sets"][0]["revision"], last);
    assert_eq!(history["sets"][0]["changes"], json!([{ "domain": "acme.example", "change": "set vip bob yes" }]));
    assert!(!history.to_string().contains("other.example"), "{history}");
    let sets = history["sets"].as_array().unwrap();
    assert!(sets.iter().all(|set| set["revision"] != last - 1), "{history}");
    assert!(client.get("/v1/history?match=otto").json()["sets"].as_array().unwrap().is_empty());
    // Changes of the other domain.
    for changes in [
        "in other.example\nset vip olga no",
        "set vip bob no\nin other.example\nset vip olga no",
        "in nodomain.test\nset vip x no",
    ] {
        for path in ["/v1/changes", "/v1/preview"] {
            let answer = client.post(path, &json!({ "changes": changes }));
            assert_eq!(answer.code(), "forbidden", "{}", answer.body);
            assert!(!answer.body.contains("did you mean"), "{}", answer.body);
        }
    }
    for domain in ["other.example", "nodomain.test"] {
        let answer = client.post("/v1/changes", &json!({ "changes": "set vip olga no", "domain": domain }));
        assert_eq!(answer.json()["detail"], "this caller may not ask about that domain");
    }
    assert_eq!(server.engine.revision(), last);
    // Its own administrator may.
    let mut other = server.client("otheradmin");
    assert_eq!(other.post("/v1/changes", &json!({ "changes": "set vip olga no" })).status, 200);
    assert_eq!(server.client("all").get("/v1/who?right=call.pickup&target=other.example/olga").status, 200);
}

#[test]
fn a_user_sees_what_concerns_it_only() {
    let server = Server::usual();
    let mut client = server.client("alice");
    for (path, status) in [
        ("/v1/explain?actor=bob&right=call.pickup.first&target=alice", 200),
        ("/v1/explain?actor=alice&right=call.pickup.first&target=bob", 200),
        ("/v1/explain?actor=bob&right=call.pickup.first&target=carol", 403),
        ("/v1/rights?actor=bob&target=carol", 403),
        ("/v1/pending?owner=alice", 200),
        ("/v1/pending?owner=bob", 403),
    ] {
        assert_eq!(client.get(path).status, status, "{path}");
    }
    let who = |name| format!("/v1/who?right=presence.status.read&target={name}");
    assert!(client.get(&who("alice")).json()["total"].as_u64() >= client.get(&who("bob")).json()["total"].as_u64());
    let others = client.get(&who("bob")).json();
    assert!(others["parties"].as_array().unwrap().iter().all(|party| party == "alice"), "{others}");
    let pair = json!({ "subject": { "type": "user", "id": "bob" }, "action": { "name": "call.pickup.first" },
        "resource": { "type": "user", "id": "carol" } });
    assert_eq!(client.post("/access/v1/evaluation", &pair).code(), "forbidden");
    let batch = json!({ "evaluations": [pair] });
    assert_eq!(client.post("/access/v1/evaluations", &batch).json()["evaluations"][0]["decision"], false);
    // The history has the user's own changes only.
    server.engine.apply_text(Author::Administrator, Some("acme.example"), "set vip bob yes").unwrap();
    let change = json!({ "changes": ["set relationship alice carol assistant"] });
    let made = client.post("/v1/changes", &change);
    assert_eq!(made.status, 200, "{}", made.body);
    let history = client.get("/v1/history").json();
    let sets = history["sets"].as_array().unwrap();
    assert_eq!((sets.len(), &sets[0]["by"]), (1, &json!("alice")), "{history}");
    // What another's settings are is not its to change.
    let foreign = client.post("/v1/changes", &json!({ "changes": "set relationship bob carol assistant" }));
    assert_eq!((foreign.status, foreign.code().as_str()), (403, "refused"), "{}", foreign.body);
}
