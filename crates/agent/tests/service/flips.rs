//! The stream of flips: each once, across breaks, and no word of others.
#![forbid(unsafe_code)]

use crate::client::Client;
use crate::server::{Seed, Server, callers, companies};
use linewarden::{Author, Party, Right};
use serde_json::Value;
use std::collections::BTreeSet;

/// An event: its name, its id, its data.
type Event = (String, String, Value);

/// A stream that was begun, from an id.
fn begin(server: &Server, token: &str, path: &str, id: &str) -> Client {
    let mut client = server.client(token);
    let id = if id.is_empty() { String::new() } else { format!("last-event-id: {id}\r\n") };
    client.write(
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n{id}\r\n").as_bytes(),
    );
    let head = client.head();
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")), "{}", client.line());
    client
}

fn event(client: &mut Client) -> Event {
    // A chunk is a length, an event and an empty line.
    let mut event = (String::new(), String::new(), Value::Null);
    loop {
        let line = client.line();
        if let Some(name) = line.strip_prefix("event: ") {
            event.0 = name.into();
        } else if let Some(id) = line.strip_prefix("id: ") {
            event.1 = id.into();
        } else if let Some(data) = line.strip_prefix("data: ") {
            event.2 = serde_json::from_str(data).unwrap();
        } else if line.is_empty() && !event.0.is_empty() {
            return event;
        }
    }
}

/// The single flips of an event: actor, right, target, and whether it is allowed now.
fn flips(event: &Event) -> Vec<(String, String, String, bool)> {
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let mut all = Vec::new();
    for flip in event.2["flips"].as_array().unwrap() {
        assert_eq!(flip["everything"], false);
        let (actors, targets, rights) = (texts(&flip["actors"]), texts(&flip["targets"]), texts(&flip["rights"]));
        for actor in &actors {
            let targets = if targets.is_empty() { vec![actor.clone()] } else { targets.clone() };
            for (target, right) in targets.iter().flat_map(|target| rights.iter().map(move |right| (target, right))) {
                all.push((actor.clone(), right.clone(), target.clone(), flip["allowed"].as_bool().unwrap()));
            }
        }
    }
    all
}

/// Every answer of a domain that is yes.
fn answers(server: &Server) -> BTreeSet<(String, String, String)> {
    let engine = &server.engine;
    let parties: Vec<Party> = engine.parties(engine.domain("acme.example").unwrap());
    let mut all = BTreeSet::new();
    for actor in &parties {
        for target in &parties {
            for right in engine.rights(*actor, *target).iter() {
                all.insert((engine.text(*actor), Right::name(right).to_owned(), engine.text(*target)));
            }
        }
    }
    all
}

/// Takes flips into account: each must change an answer, so that one that comes twice or never is found.
fn take(known: &mut BTreeSet<(String, String, String)>, event: &Event) {
    for (actor, right, target, allowed) in flips(event) {
        let answer = (actor, right, target);
        let changed = if allowed { known.insert(answer.clone()) } else { known.remove(&answer) };
        assert!(changed, "{answer:?} is {allowed} twice");
    }
}

/// Reads until the stream is at the server's revision.
fn catch_up(server: &Server, client: &mut Client, known: &mut BTreeSet<(String, String, String)>, id: &mut String) {
    while !id.starts_with(&server.engine.token(server.engine.revision()).unwrap().to_string()) {
        let event = event(client);
        if event.0 == "flips" {
            take(known, &event);
        }
        *id = event.1;
    }
}

#[test]
fn each_flip_comes_once_across_breaks() {
    let server = Server::new(&companies(), &format!("limits.heartbeat_seconds = 1\n{}", callers()));
    let mut seed = Seed(5);
    let mut known = answers(&server);
    let mut client = begin(&server, "ask", "/v1/flips", "");
    let first = event(&mut client);
    assert_eq!((first.0.as_str(), &first.2["state"]), ("heartbeat", &Value::from("alone")));
    let mut id = first.1;
    for round in 0..30 {
        for _ in 0..seed.next() % 4 {
            let levels = ["assistant", "assistant_plus", "team_colleague", "blocked", "employee"];
            let users = ["alice", "bob", "carol"];
            let (owner, viewer) = (*seed.pick(&users), *seed.pick(&users));
            let change = match seed.next() % 4 {
                0 => format!("set vip {owner} {}", seed.pick(&["yes", "no"])),
                _ if owner == viewer => continue,
                1 => format!("clear relationship {owner} {viewer}"),
                _ => format!("set relationship {owner} {viewer} {}", seed.pick(&levels)),
            };
            // What says nothing new is an error of some changes, and then there is nothing to report.
            let _ = server.engine.apply_text(Author::Administrator, Some("acme.example"), &change);
        }
        match round % 3 {
            // Broken off before what was changed is read, and gone on with.
            0 => client = begin(&server, "ask", "/v1/flips", &id),
            1 => client = begin(&server, "ask", &format!("/v1/flips?since={id}"), ""),
            _ => {}
        }
        catch_up(&server, &mut client, &mut known, &mut id);
        assert_eq!(known, answers(&server), "round {round}");
    }
}

#[test]
fn a_date_that_passes_during_a_break_is_reported_after_it() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let begins = linewarden::instant_text(now + 2);
    let document = format!(
        r#"
        domain = "acme.example"
        systems = ["linewarden"]
        user = [{{ name = "alice", lines = ["100"] }}, {{ name = "bob", lines = ["110"] }}]
        [[rule]]
        name = "holidays"
        actors = ["bob"]
        targets = ["alice"]
        rights = ["call.pickup"]
        from = {begins}
    "#
    );
    let document = linewarden::Document { name: "acme.toml".into(), text: document };
    let server =
        Server::new(&[document], &callers().replace("otheradmin", "x").replace("other.example", "acme.example"));
    let mut known = answers(&server);
    let mut client = begin(&server, "ask", "/v1/flips", "");
    let id = event(&mut client).1;
    drop(client);
    let bob = server.engine.resolve(None, "bob").unwrap();
    let alice = server.engine.resolve(None, "alice").unwrap();
    while !server.engine.may(bob, "call.pickup".parse().unwrap(), alice) {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let mut client = begin(&server, "ask", "/v1/flips", &id);
    let mut seen = event(&mut client);
    while seen.0 != "flips" {
        seen = event(&mut client);
    }
    take(&mut known, &seen);
    assert_eq!(known, answers(&server));
}

#[test]
fn a_stream_has_what_its_caller_may_see() {
    let server = Server::new(&companies(), &format!("limits.heartbeat_seconds = 1\nlimits.streams = 3\n{}", callers()));
    let mut acme = begin(&server, "ask", "/v1/flips?rights=call.pickup.first", "");
    let mut user = begin(&server, "alice", "/v1/flips", "");
    let mut other = begin(&server, "otheradmin", "/v1/flips", "");
    let firsts = [&mut acme, &mut user, &mut other].map(event);
    assert!(firsts.iter().all(|first| first.0 == "heartbeat"));
    assert_eq!(server.client("ask").get("/v1/flips").code(), "busy");
    let change = |text: &str| server.engine.apply_text(Author::Administrator, None, text).unwrap();
    change("in acme.example\nset relationship bob carol assistant");
    let last = change(
        "in acme.example\nset relationship alice carol assistant\nin other.example\nset relationship otto olga assistant",
    );
    let until = |client: &mut Client| {
        let mut all = Vec::new();
        loop {
            let event = event(client);
            if event.0 == "flips" {
                all.extend(flips(&event));
            } else if event.2["revision"] == last {
                return all;
            }
        }
    };
    let of_acme = until(&mut acme);
    assert!(of_acme.iter().all(|(_, right, ..)| right == "call.pickup.first"), "{of_acme:?}");
    assert!(of_acme.contains(&("carol".into(), "call.pickup.first".into(), "bob".into(), true)), "{of_acme:?}");
    let of_alice = until(&mut user);
    assert!(!of_alice.is_empty() && of_alice.iter().all(|(actor, _, target, _)| actor == "alice" || target == "alice"));
    let of_other = until(&mut other);
    assert!(
        !of_other.is_empty() && of_other.iter().all(|(actor, ..)| actor == "olga" || actor == "otto"),
        "{of_other:?}"
    );
    for (path, code) in [
        ("/v1/flips?since=nonsense", "not_understood"),
        ("/v1/flips?rights=nothing", "not_understood"),
        ("/v1/flips?other=1", "not_understood"),
    ] {
        assert_eq!(server.client("ask").get(path).code(), code);
    }
}

#[test]
fn an_id_of_another_line_is_refused() {
    let server = Server::usual();
    let token = server.engine.token(server.engine.revision()).unwrap();
    let mut other = token;
    other.hash[0] ^= 1;
    assert_eq!(server.client("ask").get(&format!("/v1/flips?since={other}@0")).code(), "forked");
    let mut other = token;
    other.store[0] ^= 1;
    assert_eq!(server.client("ask").get(&format!("/v1/flips?since={other}@0")).code(), "not_understood");
}
