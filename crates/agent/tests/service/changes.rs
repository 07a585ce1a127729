//! Changes, previews, history, status and conditions.
#![forbid(unsafe_code)]

use crate::server::{Server, companies};
use linewarden::{Author, diff};
use serde_json::json;

#[test]
fn a_change_is_in_force_when_it_is_answered_and_stands_in_the_history() {
    let server = Server::usual();
    let mut client = server.client("change");
    let asked = json!({ "changes": "set relationship alice carol assistant", "user": "alice" });
    let made = client.post("/v1/changes", &asked);
    assert_eq!(made.status, 200, "{}", made.body);
    let made = made.json();
    assert_eq!(made["revision"], server.engine.revision());
    assert_eq!(made["token"], server.engine.token(server.engine.revision()).unwrap().to_string());
    let carol = server.engine.resolve(Some("acme.example"), "carol").unwrap();
    let alice = server.engine.resolve(Some("acme.example"), "alice").unwrap();
    assert!(server.engine.may(carol, "call.pickup.first".parse().unwrap(), alice));
    let history = server.client("reasons").get("/v1/history?limit=1").json();
    let set = &history["sets"][0];
    assert_eq!((&set["revision"], &set["by"]), (&made["revision"], &json!("alice")));
    assert_eq!(set["changes"][0]["change"], "set relationship alice carol assistant");
    assert_eq!(set["hash"].as_str().unwrap().len(), 64);
    assert_eq!(history["below"], made["revision"]);
    let next = server.client("reasons").get(&format!("/v1/history?below={}", history["below"])).json();
    assert!(next["sets"].as_array().unwrap().iter().all(|set| set["revision"].as_u64() < made["revision"].as_u64()));
    assert_eq!(client.get("/v1/history?by=administrator&match=carol+assistant").json()["sets"], json!([]));
    for wrong in ["set vip nosuch yes", "nonsense", "set vip alice perhaps", ""] {
        let answer = server.client("admin").post("/v1/changes", &json!({ "changes": wrong }));
        assert!(answer.status == 400 || answer.status == 404, "{wrong}: {}", answer.body);
        answer.code();
    }
    assert_eq!(server.engine.revision(), made["revision"].as_u64().unwrap());
}

#[test]
fn a_preview_says_what_diff_says_and_changes_nothing() {
    let server = Server::usual();
    let before = server.engine.revision();
    let changes = "set relationship alice carol assistant\nclear relationship alice bob";
    let answer = server.client("admin").post("/v1/preview", &json!({ "changes": changes }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = answer.json();
    let entries = server.engine.entries(Some("acme.example"), changes).unwrap();
    let new = server.engine.preview(Some(Author::Administrator), &entries).unwrap();
    let wanted = serde_json::to_value(diff(&server.engine, &new)).unwrap();
    for key in ["groups", "gained", "lost"] {
        assert_eq!(answer[key], wanted[key], "{key}");
    }
    assert!(answer["groups"][0]["sentence"].as_str().unwrap().contains("carol"), "{answer}");
    assert_eq!((server.engine.revision(), &answer["revision"]), (before, &json!(before)));
    let refused = json!({ "changes": "set relationship bob carol assistant", "user": "alice" });
    assert_eq!(server.client("change").post("/v1/preview", &refused).code(), "refused");
}

#[test]
fn a_request_can_ask_for_a_revision_or_a_token() {
    let server = Server::new(&companies(), &format!("limits.wait_seconds = 1\n{}", crate::server::callers()));
    let mut client = server.client("ask");
    let now = server.engine.revision();
    let token = server.engine.token(now).unwrap().to_string();
    let mut asks = |at_least: &str| client.request("GET", "/v1/status", &[("linewarden-at-least", at_least)], b"");
    assert_eq!((asks(&token).status, asks(&now.to_string()).status), (200, 200));
    assert_eq!(asks(&(now + 1).to_string()).code(), "too_old");
    assert_eq!(asks("tomorrow").code(), "not_understood");
    let mut other = linewarden::Token::parse(&token).unwrap();
    other.hash[0] ^= 1;
    assert_eq!(asks(&other.to_string()).code(), "forked");
    other.store[0] ^= 1;
    assert_eq!(asks(&other.to_string()).code(), "not_understood");
    let status = client.get("/v1/status").json();
    assert_eq!(
        (&status["state"], &status["revision"], &status["token"]),
        (&json!("alone"), &json!(now), &json!(token))
    );
    assert_eq!(client.get(&format!("/v1/wait?at_least={}&seconds=0", now + 1)).code(), "too_old");
    assert_eq!(client.get(&format!("/v1/wait?at_least={token}")).json()["revision"], now);
    // One that waits is answered when the change has come.
    let address = server.address.clone();
    let waiting = std::thread::spawn(move || {
        let mut client = crate::client::Client::new(&address, "ask");
        client.request("GET", "/v1/status", &[("linewarden-at-least", &(now + 1).to_string())], b"").status
    });
    server.engine.apply_text(Author::Administrator, Some("acme.example"), "set vip carol yes").unwrap();
    assert_eq!(waiting.join().unwrap(), 200);
}

#[test]
fn a_pending_inquiry_is_listed_and_answered() {
    let server = Server::usual();
    let asked = json!({ "changes": "request carol alice", "user": "carol" });
    let made = server.client("change").post("/v1/changes", &asked);
    assert_eq!(made.status, 200, "{}", made.body);
    let pending = server.client("alice").get("/v1/pending?owner=alice").json();
    assert_eq!(pending["pending"], json!(["carol"]));
}
